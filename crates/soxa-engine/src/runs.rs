//! Runs in the log: one log record holds one run, so a feed in the log always ends at a signed tip.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use soxa_ledger::{Entry, Run};
use soxa_store::{Location, RecordKind, Store};

use crate::error::EngineError;
use crate::layout::Place;
use crate::limits::RUNS_CACHED;

/// A run whose every body was opened before it was written.
pub(crate) const SOUND: RecordKind = RecordKind::new(1);
/// A run with a body that ends its feed: opened again when it is replayed, since the defect is not written down.
pub(crate) const CLOSING: RecordKind = RecordKind::new(2);

/// Reads runs back, keeping the last ones decoded.
pub(crate) struct Runs {
    cache: Mutex<LruCache<Location, Arc<Run>>>,
}

impl Runs {
    pub fn new() -> Self {
        let size = NonZeroUsize::new(RUNS_CACHED).unwrap_or(NonZeroUsize::MIN);
        Self { cache: Mutex::new(LruCache::new(size)) }
    }

    pub fn read(&self, store: &Store, location: Location) -> Result<Arc<Run>, EngineError> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = cache.get(&location) {
            return Ok(Arc::clone(run));
        }
        let record = store.read(location)?;
        let run = Arc::new(decode(&record.payload)?);
        cache.put(location, Arc::clone(&run));
        Ok(run)
    }

    pub fn entry(&self, store: &Store, place: Place) -> Result<Entry, EngineError> {
        let run = self.read(store, place.location)?;
        run.entries
            .get(place.at as usize)
            .cloned()
            .ok_or_else(|| EngineError::Log { what: format!("a run without entry {}", place.at) })
    }
}

pub(crate) fn decode(payload: &[u8]) -> Result<Run, EngineError> {
    Run::decode(payload).map_err(|error| EngineError::Log { what: error.to_string() })
}
