//! Finding records by what operations say of them: files that belong to them, and codes of dossiers.
//!
//! The rows are made when an operation is entered, whatever its verdict: what is found is a candidate, and the record tells.

use std::collections::BTreeSet;

use soxa_ledger::{FileHash, RecordId, Scope};
use soxa_records::mentions::Mentions;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::{CODE, ERASED, FILE, code_prefix, id_at};
use crate::overlay::{Rows, scan_all};

/// Bytes of a run's number at the end of a key.
const RUN_BYTES: usize = 4;

/// What a record says of a file.
enum FileOf {
    /// Nothing that counts.
    Unnamed,
    /// It belongs to the record, which these read.
    ReadBy(Scope),
    /// It was erased.
    Erased,
}

impl Engine {
    /// Files that operations name which came since this was last asked; not all when there were very many.
    pub fn take_new_files(&mut self) -> Vec<FileHash> {
        std::mem::take(&mut self.derived.new_files)
    }

    /// The files that operations name, each once, at most `limit` after the one given, in the order of their hashes.
    ///
    /// # Errors
    /// Local faults only.
    pub fn files_after(&self, after: Option<FileHash>, limit: usize) -> Result<Vec<FileHash>, EngineError> {
        let mut files: Vec<FileHash> = Vec::new();
        // Behind all rows of that file.
        let mut last = after.map(|file| [&file.0[..], &[0xff; RUN_BYTES]].concat());
        while files.len() < limit {
            let page = self.store.index().scan(FILE, &[], last.as_deref(), 1)?;
            let Some((key, _)) = page.into_iter().next() else {
                break;
            };
            let hash = key.get(..32).unwrap_or_default();
            let file = FileHash(id_at(hash, 0, "files")?);
            last = Some([&file.0[..], &[0xff; RUN_BYTES]].concat());
            files.push(file);
        }
        Ok(files)
    }

    /// The records to which some operation says that a file belongs.
    ///
    /// # Errors
    /// Local faults only.
    pub fn records_with_file(&self, file: &FileHash) -> Result<BTreeSet<RecordId>, EngineError> {
        let rows = scan_all(self.store.index(), FILE, &file.0)?;
        Ok(rows.values().flat_map(|row| ids(row)).collect())
    }

    /// Who may read a file of a record: the record's readers, when an operation names the file that is valid, or pending
    /// while more is to come, and no valid order says that it is erased. None when no such operation is known.
    ///
    /// # Errors
    /// Local faults only.
    pub fn readers_of_file(&self, record: &RecordId, file: &FileHash) -> Result<Option<Scope>, EngineError> {
        match self.file_of(record, file)? {
            FileOf::ReadBy(readers) => Ok(Some(readers)),
            FileOf::Erased | FileOf::Unnamed => Ok(None),
        }
    }

    /// Whether a file is erased: a valid order says so, and no other record says that the file belongs to it, so that nobody
    /// erases what another record names by naming it, too. The order is in the synced log.
    ///
    /// # Errors
    /// Local faults only.
    pub fn is_erased(&self, file: &FileHash) -> Result<bool, EngineError> {
        // Few files are ever ordered to be erased, and this is asked of each.
        if self.store.index().scan(ERASED, &file.0, None, 1)?.is_empty() {
            return Ok(false);
        }
        let mut erased = false;
        for record in self.records_with_file(file)? {
            match self.file_of(&record, file)? {
                FileOf::ReadBy(_) => return Ok(false),
                FileOf::Erased => erased = true,
                FileOf::Unnamed => {}
            }
        }
        Ok(erased)
    }

    /// Whether some operation, whatever its verdict, says that a file belongs to a record.
    ///
    /// # Errors
    /// Local faults only.
    pub fn is_named(&self, file: &FileHash) -> Result<bool, EngineError> {
        Ok(!self.store.index().scan(FILE, &file.0, None, 1)?.is_empty())
    }

    fn file_of(&self, record: &RecordId, file: &FileHash) -> Result<FileOf, EngineError> {
        if !self.records_with_file(file)?.contains(record) {
            return Ok(FileOf::Unnamed);
        }
        let history = self.history(*record)?;
        let mut named = None;
        for (facts, verdict) in history.verdicts().filter(|(_, verdict)| !verdict.is_void()) {
            let Some(mentions) = history.typed(&facts.id).map(Mentions::of) else {
                continue;
            };
            if verdict.is_valid() && mentions.erased == Some(*file) {
                return Ok(FileOf::Erased);
            }
            if named.is_none() && mentions.files.contains(file) {
                named = Some(facts.scope.clone());
            }
        }
        Ok(match (named, history.kind()) {
            (None, _) => FileOf::Unnamed,
            (Some(_), Some(_)) => FileOf::ReadBy(self.derived.readers(&self.store, record)?),
            // While the creation is unknown nobody knows the record's readers but by the act itself.
            (Some(of_act), None) => FileOf::ReadBy(of_act),
        })
    }

    /// The dossiers to which some operation gives a code.
    ///
    /// # Errors
    /// Local faults only.
    pub fn dossiers_with_code(&self, code: &str) -> Result<BTreeSet<RecordId>, EngineError> {
        let prefix = code_prefix(code);
        let rows = scan_all(self.store.index(), CODE, &prefix)?;
        let of_code = rows
            .iter()
            .filter(|(key, _)| key.len() == prefix.len() + RUN_BYTES);
        Ok(of_code.flat_map(|(_, row)| ids(row)).collect())
    }

    /// The dossiers to which operations give codes that `fits` takes, in the order of the codes, until `most` are found. All codes
    /// are looked at one after the other, and no record is read.
    ///
    /// # Errors
    /// Local faults only.
    pub fn dossiers_with_codes(
        &self,
        fits: impl Fn(&str) -> bool,
        most: usize,
    ) -> Result<Vec<RecordId>, EngineError> {
        let mut found: Vec<RecordId> = Vec::new();
        let mut rows = Rows::of(self.store.index(), CODE, &[]);
        while let Some((key, row)) = rows.next()? {
            if !fits(code_in(&key)?) {
                continue;
            }
            for dossier in ids(&row) {
                if found.len() >= most {
                    return Ok(found);
                }
                if !found.contains(&dossier) {
                    found.push(dossier);
                }
            }
        }
        Ok(found)
    }

    /// The codes that begin so and that operations give to dossiers, with these dossiers.
    ///
    /// # Errors
    /// Local faults only.
    pub fn codes_from(&self, start: &str) -> Result<Vec<(String, BTreeSet<RecordId>)>, EngineError> {
        let mut codes: Vec<(String, BTreeSet<RecordId>)> = Vec::new();
        for (key, row) in scan_all(self.store.index(), CODE, start.as_bytes())? {
            let code = code_in(&key)?;
            match codes.last_mut() {
                Some((known, dossiers)) if known == code => dossiers.extend(ids(&row)),
                _ => codes.push((code.to_owned(), ids(&row).collect())),
            }
        }
        Ok(codes)
    }
}

/// The code in a key.
fn code_in(key: &[u8]) -> Result<&str, EngineError> {
    let end = key.len().checked_sub(RUN_BYTES + 1);
    let code = end.and_then(|end| key.get(..end));
    let code = code.and_then(|code| str::from_utf8(code).ok());
    code.ok_or(EngineError::Index { table: "codes" })
}

fn ids(row: &[u8]) -> impl Iterator<Item = RecordId> {
    row.as_chunks().0.iter().map(|id| RecordId(*id))
}
