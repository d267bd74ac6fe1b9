//! Files that people handed in for acts that never came: refused, not signed to the end, or lost with a process. They are erased.

use std::collections::BTreeMap;

use soxa_engine::{Engine, EngineError};
use soxa_ledger::{FileHash, Time};
use soxa_store::Attachments;

use super::Files;
use crate::clock::steady;

/// Milliseconds for which a file waits for the act that names it: one command hands in the files of tens of thousands of acts before
/// the first of these.
const ACT_WITHIN_MS: u64 = 86_400_000;

/// What was handed in and not settled, or had begun to come, when the daemon ended: whoever was handing it in has lost the connection.
pub(super) fn left_by_an_earlier_run(kept: &Attachments) -> BTreeMap<FileHash, Time> {
    let left = kept.unsettled().unwrap_or_else(|error| {
        tracing::warn!(%error, "what was left of files cannot be looked for");
        Default::default()
    });
    left.into_iter().map(|file| (file, Time(0))).collect()
}

impl Files {
    /// Erases what has waited too long for an act that names it, and forgets about what is named.
    pub(super) fn settle(&mut self, engine: &Engine) -> Result<(), EngineError> {
        let before = Time(steady().0.saturating_sub(ACT_WITHIN_MS));
        let waited = self.handed.iter().filter(|(_, since)| **since <= before);
        let waited: Vec<FileHash> = waited.map(|(file, _)| *file).collect();
        for file in waited {
            let settled = match engine.is_named(&file)? {
                true => self.kept.settle(&file).map(|()| false),
                false => self.kept.erase(&file),
            };
            match settled {
                Ok(erased) => {
                    self.handed.remove(&file);
                    if erased {
                        tracing::info!(file = %file.short(), "a file that no act names is erased");
                    }
                }
                Err(error) => tracing::error!(%error, "a file that no act names cannot be erased"),
            }
        }
        Ok(())
    }
}
