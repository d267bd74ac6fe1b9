//! Runs in the log: one log record holds one run, so a feed in the log always ends at a signed tip.

use std::sync::Arc;

use soxa_ledger::{Body, Commit, Run, Statement, Verified};
use soxa_store::{Location, RecordKind, Store};

use crate::cache::Shared;
use crate::error::EngineError;
use crate::limits::RUNS_CACHED_BYTES;
use crate::rows::Place;
use crate::work::Tally;

/// A run whose every body was opened before it was written.
pub(crate) const SOUND: RecordKind = RecordKind::new(1);
/// A run with a body that ends its feed: opened again when it is replayed, since the defect is not written down.
pub(crate) const CLOSING: RecordKind = RecordKind::new(2);

/// Reads runs back, keeping the last ones decoded.
pub(crate) struct Runs {
    cache: Shared<Location, Arc<Run>>,
}

impl Runs {
    pub fn new() -> Self {
        Self {
            cache: Shared::new(RUNS_CACHED_BYTES),
        }
    }

    pub fn read(&self, store: &Store, tally: &Tally, location: Location) -> Result<Arc<Run>, EngineError> {
        if let Some(run) = self.cache.get(&location) {
            return Ok(run);
        }
        let record = store.read(location)?;
        let run = Arc::new(decode(&record.payload)?);
        tally.run_decoded();
        self.cache.put(location, Arc::clone(&run), location.len as usize);
        Ok(run)
    }

    /// The commit at a place where the index says that one stands.
    pub fn commit(
        &self,
        store: &Store,
        tally: &Tally,
        place: Place,
    ) -> Result<Verified<Commit>, EngineError> {
        tally.commit_decoded();
        match self.body(store, tally, place)? {
            Body::Commit(commit) => Ok(commit),
            Body::Statement(_) => Err(EngineError::Index { table: "commits" }),
        }
    }

    /// The statement at a place where the index says that one stands.
    pub fn statement(
        &self,
        store: &Store,
        tally: &Tally,
        place: Place,
    ) -> Result<Verified<Statement>, EngineError> {
        match self.body(store, tally, place)? {
            Body::Statement(statement) => Ok(statement),
            Body::Commit(_) => Err(EngineError::Index { table: "statements" }),
        }
    }

    fn body(&self, store: &Store, tally: &Tally, place: Place) -> Result<Body, EngineError> {
        let run = self.read(store, tally, place.location)?;
        let entry = run.entries.get(place.at as usize);
        let entry = entry.ok_or_else(|| EngineError::Log {
            what: format!("a run without entry {}", place.at),
        })?;
        entry.open_stored().map_err(|defect| EngineError::Log {
            what: defect.to_string(),
        })
    }
}

pub(crate) fn decode(payload: &[u8]) -> Result<Run, EngineError> {
    Run::decode(payload).map_err(|error| EngineError::Log {
        what: error.to_string(),
    })
}
