//! `soxa bench`: measures this program on this machine. Figures go to standard output, as a table or as one JSON object
//! with `"schema":"soxa.bench/1"`.

pub mod dice;
pub mod history;
pub mod ingest;
pub mod meter;

use std::path::{Path, PathBuf};

use soxa_engine::EngineError;

use crate::failure::Failure;

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

/// A local fault of the store that is measured.
pub fn failed(folder: &Path, error: &EngineError) -> Failure {
    match error {
        EngineError::Store(soxa_store::StoreError::Full { .. }) => {
            Failure::new("errors.disk_full", &[("path", &folder.display())])
        }
        other => Failure::internal("bench", other),
    }
}
