//! The state root: one hash for the states of all records of a scope.
//!
//! Records fall into 256 sections by the first byte of their ids. A section's hash is SHA-256 over its records, ascending,
//! each as its id and the hash of its state; the root is SHA-256 over the hashes of all sections. So a change costs
//! reading one section, whatever the number of records.

use std::ops::ControlFlow;

use soxa_ledger::ids::sha256;
use soxa_ledger::{RecordId, Scope};
use soxa_store::Index;

use crate::error::EngineError;
use crate::layout::RECORD;
use crate::overlay::visit;
use crate::rows::{RecordRow, Row as _};

/// The hashes of a scope's sections, as far as they are known.
pub(crate) struct Sections(Vec<Option<[u8; 32]>>);

impl Default for Sections {
    fn default() -> Self {
        Self(vec![None; 256])
    }
}

impl Sections {
    /// The record changed.
    pub fn forget(&mut self, record: &RecordId) {
        let [section, ..] = record.0;
        if let Some(known) = self.0.get_mut(usize::from(section)) {
            *known = None;
        }
    }

    /// The root, for which the sections that are not known are read.
    pub fn root(&mut self, index: &dyn Index, scope: &Scope) -> Result<[u8; 32], EngineError> {
        let mut hashes = Vec::with_capacity(32 * self.0.len());
        for (section, known) in (0_u8..=255).zip(&mut self.0) {
            let hash = match known {
                Some(hash) => *hash,
                None => section_hash(index, section, scope)?,
            };
            *known = Some(hash);
            hashes.extend_from_slice(&hash);
        }
        Ok(sha256(&hashes))
    }
}

fn section_hash(index: &dyn Index, section: u8, scope: &Scope) -> Result<[u8; 32], EngineError> {
    let mut bytes = Vec::new();
    visit(index, RECORD, &[section], |record, row| {
        let row = RecordRow::from_bytes(&row)?;
        if row.kind.is_some() && row.scope == *scope {
            bytes.extend_from_slice(&record);
            bytes.extend_from_slice(&row.state);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(sha256(&bytes))
}
