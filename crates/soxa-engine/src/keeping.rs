//! Which files a node keeps, for whom, and when one that came is what it should be.
//!
//! A node keeps the files of the restricted records that it reads, so that none is lost with one machine; of what all nodes read
//! those of the province keep the files.

use soxa_ledger::replica::Replica as _;
use soxa_ledger::{ContentKey, FileHash, RecordId, Scope};
use soxa_store::{Attachments, StoreError};

use crate::engine::Engine;
use crate::error::EngineError;

/// A record that names a file by what counts, or may come to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The record.
    pub record: RecordId,
    /// Who may read the file for that.
    pub readers: Scope,
    /// Whether this node is to keep the file for that.
    pub keeps: bool,
}

impl Engine {
    /// The records that name a file by what counts, or may come to count.
    ///
    /// # Errors
    /// Local faults only.
    pub fn namings(&self, file: &FileHash) -> Result<Vec<Naming>, EngineError> {
        let own = self.unit_of(&self.node());
        let province = self.network().province_unit();
        let mut found = Vec::new();
        for record in self.records_with_file(file)? {
            let Some(readers) = self.readers_of_file(&record, file)? else {
                continue;
            };
            let keeps = own.is_some_and(|own| match readers.is_all_nodes() {
                true => own == province,
                false => readers.admits(&own),
            });
            found.push(Naming {
                record,
                readers,
                keeps,
            });
        }
        Ok(found)
    }
}

/// Keeps a file that has come whole. False when it is not what it should be: it has another hash, or few read it and the key
/// does not open it; what came is then forgotten.
///
/// # Errors
/// Faults of the disk.
pub fn keep_whole(
    kept: &Attachments,
    file: &FileHash,
    key: Option<&ContentKey>,
    readers: &Scope,
) -> Result<bool, StoreError> {
    let Some(bytes) = kept.whole(file)? else {
        return Ok(false);
    };
    let opens = key.is_some_and(|key| key.open(&bytes).is_ok());
    if !readers.is_all_nodes() && !opens {
        kept.give_up(file)?;
        return Ok(false);
    }
    kept.put(&bytes, key.map(ContentKey::as_bytes))?;
    Ok(true)
}
