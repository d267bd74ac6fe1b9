//! Opening a home folder's ledger: its identity, its store, and what can be wrong with them.

use soxa_engine::{Engine, EngineError, Identity, Opened};
use soxa_ledger::Body;
use soxa_store::{Store, StoreError, StoreOptions};

use super::life::{HomeFiles, Life};
use crate::clock::now;
use crate::failure::Failure;
use crate::home::Home;

/// Opens the ledger of a home folder. A store that is not there yet is made, and begins a new life: feeds of an
/// earlier one are never written again; see [`Life`]. A ledger without the genesis gets it from the home folder, since only with it
/// does a node know whom it may speak to. `progress` is told the runs replayed so far.
///
/// # Errors
/// When the store is in use, damaged, of a newer format, or cannot be read.
pub fn open(home: &Home, progress: &mut dyn FnMut(u64)) -> Result<(Engine, Life, Opened), Failure> {
    let (network, genesis) = home.network()?;
    let folder = home.store_dir();
    let has_store = folder.exists();
    if !has_store {
        Store::create(&folder).map_err(|error| failed(home, &error.into()))?;
    }
    let mut life = Life::of(HomeFiles::of(home), has_store, now())?;
    let identity = Identity {
        key: home.node_key()?,
        incarnation: life.incarnation(),
    };
    let (mut engine, opened) = Engine::open(&folder, StoreOptions::default(), network, identity, progress)
        .map_err(|error| failed(home, &error))?;
    life.look_at(&mut engine, opened.store.shortened.is_some(), now())?;
    if engine.authority().genesis().is_none() {
        let founding = vec![vec![Body::Statement(genesis)]];
        engine
            .submit(founding, now())
            .map_err(|error| failed(home, &error))?;
    }
    life.note(&engine);
    Ok((engine, life, opened))
}

/// A local fault as the error that a person reads.
pub fn failed(home: &Home, error: &EngineError) -> Failure {
    let store = home.store_dir();
    let error = match error {
        EngineError::Store(error) => error,
        // What could not be finished is finished when the store is opened again.
        EngineError::Unfinished(cause) => {
            let socket = home.socket();
            return Failure::new(
                "errors.outcome_unknown",
                &[("reason", cause), ("socket", &socket.display())],
            );
        }
        other => return Failure::internal("store", other),
    };
    // The store names its files from its own folder; who reads the message does not know which.
    let path = |file: &str| store.join(file).display().to_string();
    match error {
        StoreError::InUse { pid, .. } => Failure::new(
            "errors.store_in_use",
            &[
                ("dir", &store.display()),
                ("pid", &pid.map_or_else(|| "?".to_owned(), |p| p.to_string())),
            ],
        ),
        StoreError::NewerFormat { file, found, known } => Failure::new(
            "errors.store_newer_format",
            &[("dir", &path(file)), ("found", found), ("known", known)],
        ),
        StoreError::Full { file, .. } => Failure::new("errors.disk_full", &[("path", &path(file))]),
        StoreError::Damaged { file, offset, what } => Failure::new(
            "errors.store_damaged",
            &[("file", &path(file)), ("offset", offset), ("reason", what)],
        ),
        StoreError::NotInitialised { .. } => {
            Failure::new("errors.not_initialised", &[("dir", &store.display())])
        }
        other => Failure::internal("store", other),
    }
}
