//! The files of a stopped store against the acts that name them.

use soxa_engine::{Engine, EngineError};
use soxa_ledger::FileHash;
use soxa_store::{Attachments, StoreError};

use super::{LOOK_FILES, opened};

/// What a store holds of the files that acts name.
#[derive(Debug, Clone, Default)]
pub struct CheckedFiles {
    /// Files whose bytes give their hashes, and that open where they are sealed.
    pub whole: u64,
    /// Files that this node is to keep and lacks: they have not come yet, or nobody has them any more.
    pub lacking: Vec<FileHash>,
    /// Files that an order says are erased and that are here: the daemon erases them when it starts.
    pub left: Vec<FileHash>,
    /// What is wrong with others.
    pub wrong: Vec<String>,
}

/// Reads every file that an act names. `progress` is told how many.
///
/// # Errors
/// When the store cannot be read.
pub fn check_files(
    engine: &Engine,
    kept: &Attachments,
    progress: &mut dyn FnMut(u64),
) -> Result<CheckedFiles, EngineError> {
    let (mut found, mut after, mut looked) = (CheckedFiles::default(), None, 0);
    loop {
        let files = engine.files_after(after, LOOK_FILES)?;
        if files.is_empty() {
            return Ok(found);
        }
        for file in &files {
            check_file(engine, kept, file, &mut found)?;
        }
        after = files.last().copied();
        looked += files.len() as u64;
        progress(looked);
    }
}

fn check_file(
    engine: &Engine,
    kept: &Attachments,
    file: &FileHash,
    found: &mut CheckedFiles,
) -> Result<(), EngineError> {
    if engine.is_erased(file)? {
        if kept.holds(file)? || kept.begun(file)? > 0 {
            found.left.push(*file);
        }
        return Ok(());
    }
    let named = engine.namings(file)?;
    let is_sealed = named.iter().any(|named| !named.readers.is_all_nodes());
    match kept.get(file) {
        Ok(None) if named.iter().any(|named| named.keeps) => found.lacking.push(*file),
        Ok(None) => {}
        Ok(Some(held)) if is_sealed && opened(&held).is_none() => {
            let what = format!("file {file}: its key is missing or does not open it");
            found.wrong.push(what);
        }
        Ok(Some(_)) => found.whole += 1,
        Err(damaged @ StoreError::Damaged { .. }) => found.wrong.push(damaged.to_string()),
        Err(fault) => return Err(fault.into()),
    }
    Ok(())
}
