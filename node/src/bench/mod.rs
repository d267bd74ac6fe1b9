//! `soxa bench`: measures this program on this machine. Figures go to standard output, as a table or as one JSON object
//! with `"schema":"soxa.bench/1"`.

pub mod dice;
pub mod history;
pub mod meter;
pub mod pair;

pub mod bootstrap;
pub mod import;
pub mod ingest;
pub mod latency;
pub mod rejudge;
pub mod resync;

use std::path::{Path, PathBuf};

use serde_json::json;
use soxa_engine::{Engine, EngineError, Identity, TakenIn};
use soxa_lang::{Lang, number};
use soxa_ledger::{Body, Incarnation, SecretKey};
use soxa_store::{Store, StoreOptions};

use self::history::{BEGINNING, History};
use crate::failure::Failure;
use crate::output::Cell;

/// The version of the objects' form.
pub const SCHEMA: &str = "soxa.bench/1";

/// A folder that a measurement works in.
pub struct Workplace {
    folder: PathBuf,
    /// Made here and to be removed again.
    temporary: bool,
}

impl Workplace {
    /// The folder given, which stays, or a new one in the system's place for temporary files, which goes.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(given: Option<&Path>) -> Result<Self, Failure> {
        let temporary = given.is_none();
        let folder = given.map_or_else(
            || std::env::temp_dir().join(format!("soxa-bench-{}", std::process::id())),
            Path::to_path_buf,
        );
        std::fs::create_dir_all(&folder).map_err(|error| Failure::io(&folder, &error))?;
        Ok(Self { folder, temporary })
    }

    /// A place in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.folder)
        {
            tracing::warn!(folder = %self.folder.display(), %error, "a folder of a measurement stays");
        }
    }
}

/// A figure with two digits after the point.
pub fn decimal(lang: Lang, value: f64) -> Cell {
    let hundredths = (value * 100.0).round();
    let whole = number(lang, (hundredths / 100.0).trunc() as i64);
    let point = match lang {
        Lang::Vi => ',',
        Lang::En => '.',
    };
    let rest = hundredths.abs() as u64 % 100;
    Cell::of(format!("{whole}{point}{rest:02}"), json!(hundredths / 100.0))
}

/// An engine on a new store that holds the founding of a history and nothing else.
///
/// # Errors
/// Local faults of the store.
pub fn found(folder: &Path, history: &History) -> Result<Engine, Failure> {
    let fault = |error: EngineError| failed(folder, &error);
    let identity = Identity {
        key: SecretKey::from_seed(&[1; 32]),
        incarnation: Incarnation([1; 16]),
    };
    Store::create(folder).map_err(|error| fault(error.into()))?;
    let options = StoreOptions::default();
    let opened = Engine::open(folder, options, history.network, identity, &mut |_| {});
    let (mut engine, _) = opened.map_err(fault)?;
    let genesis = vec![vec![Body::Statement(history.genesis.clone())]];
    engine.submit(genesis, BEGINNING).map_err(fault)?;
    let taken = engine.take_in(vec![history.founding.clone()]).map_err(fault)?;
    expect_sound(&taken)?;
    Ok(engine)
}

/// What a history says is sound; a fault in it is a defect of the program.
///
/// # Errors
/// When something was not taken in.
pub fn expect_sound(taken: &TakenIn) -> Result<(), Failure> {
    match taken.faults.first() {
        Some((_, _, fault)) => Err(Failure::internal("bench", fault)),
        None => Ok(()),
    }
}

/// A local fault of the store that is measured.
pub fn failed(folder: &Path, error: &EngineError) -> Failure {
    match error {
        EngineError::Store(soxa_store::StoreError::Full { .. }) => {
            Failure::new("errors.disk_full", &[("path", &folder.display())])
        }
        other => Failure::internal("bench", other),
    }
}
