//! Opening a home folder's ledger: its identity, its store, and what can be wrong with them.

use soxa_engine::{Engine, EngineError, Identity, Opened};
use soxa_ledger::{Body, Incarnation};
use soxa_store::{Store, StoreError, StoreOptions};

use crate::clock::now;
use crate::failure::Failure;
use crate::home::{Home, write_file};

/// Opens the ledger of a home folder. A store that is not there yet is made, and begins a new life: feeds of an
/// earlier one are never written again. A ledger without the genesis gets it from the home folder, since only with it
/// does a node know whom it may speak to. `progress` is told the runs replayed so far.
///
/// # Errors
/// When the store is in use, damaged, of a newer format, or cannot be read.
pub fn open(home: &Home, progress: &mut dyn FnMut(u64)) -> Result<(Engine, Identity, Opened), Failure> {
    let (network, genesis) = home.network()?;
    let folder = home.store_dir();
    if !folder.exists() {
        forget_life(home)?;
        Store::create(&folder).map_err(|error| failed(home, &error.into()))?;
    }
    let mut start = |identity: &Identity| {
        Engine::open(
            &folder,
            StoreOptions::default(),
            network,
            identity.clone(),
            progress,
        )
        .map_err(|error| failed(home, &error))
    };
    let mut identity = self::identity(home)?;
    let (mut engine, mut opened) = start(&identity)?;
    if let Some(lost) = opened.store.shortened.take() {
        // Entries that peers may hold are gone here: going on in the same feeds would write a second history of them.
        tracing::error!(was = %lost.was, is = %lost.is, "the log lost what was synced; a new life with new feeds begins");
        engine.close().map_err(|error| failed(home, &error))?;
        forget_life(home)?;
        identity = self::identity(home)?;
        (engine, opened) = start(&identity)?;
    }
    if engine.authority().genesis().is_none() {
        let founding = vec![vec![Body::Statement(genesis)]];
        engine
            .submit(founding, now())
            .map_err(|error| failed(home, &error))?;
    }
    Ok((engine, identity, opened))
}

fn life_file(home: &Home) -> std::path::PathBuf {
    home.dir().join("incarnation")
}

fn forget_life(home: &Home) -> Result<(), Failure> {
    let file = life_file(home);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io(&file, &error)),
        _ => Ok(()),
    }
}

/// The node's identity: its key, and the life of its store, which begins when first asked for.
fn identity(home: &Home) -> Result<Identity, Failure> {
    let file = life_file(home);
    let key = home.node_key()?;
    let known = std::fs::read_to_string(&file)
        .ok()
        .and_then(|text| data_encoding::HEXLOWER.decode(text.trim().as_bytes()).ok())
        .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    if let Some(incarnation) = known {
        return Ok(Identity {
            key,
            incarnation: Incarnation(incarnation),
        });
    }
    // A missing or damaged file begins a new life with new feeds: never a second history over the first.
    let mut incarnation = [0; 16];
    getrandom::fill(&mut incarnation).map_err(|error| Failure::internal("randomness", error))?;
    let text = format!("{}\n", data_encoding::HEXLOWER.encode(&incarnation));
    write_file(&file, text.as_bytes(), 0o600)?;
    Ok(Identity {
        key,
        incarnation: Incarnation(incarnation),
    })
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
