//! Work on a store that no daemon uses: founding a network, verifying, rebuilding.

use data_encoding::HEXLOWER;
use soxa_engine::Submitted;
use soxa_ledger::{Body, Statement};
use soxa_store::Attachments;

use super::files::checked::{CheckedFiles, check_files};
use super::opening::{failed, open};
use crate::clock::now;
use crate::failure::Failure;
use crate::home::Home;

/// What verifying a store found.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Entries whose chain and signatures hold.
    pub entries: u64,
    /// Signatures checked.
    pub signatures: u64,
    /// Different commits.
    pub commits: u64,
    /// Operations in them.
    pub operations: u64,
    /// Records that exist.
    pub records: u64,
    /// SHA-256 over all records of the scope of all nodes, hexadecimal.
    pub state_root: String,
    /// The files that acts name.
    pub files: CheckedFiles,
    /// What does not agree; empty when the store is sound.
    pub problems: Vec<String>,
}

/// Makes the store of the first node of a network and stores the first statements, after the genesis that every store
/// begins with.
///
/// # Errors
/// When the store cannot be made or a statement would have no effect.
pub fn found(home: &Home, statements: Vec<soxa_ledger::Verified<Statement>>) -> Result<(), Failure> {
    let (mut engine, ..) = open(home, &mut |_| {})?;
    let acts = statements.into_iter().map(Body::Statement).collect();
    let outcome = engine
        .submit(vec![acts], now())
        .map_err(|error| failed(home, &error))?;
    engine.close().map_err(|error| failed(home, &error))?;
    match outcome.into_iter().next() {
        Some(Submitted::Refused(refusal)) => Err(Failure::internal("init", format!("{refusal:?}"))),
        _ => Ok(()),
    }
}

/// Verifies the whole store. `progress` is told how many runs of how many are done; 0 while the number is unknown.
///
/// # Errors
/// When the store is in use or cannot be read; damage is named with file and offset.
pub fn verify(home: &Home, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Failure> {
    let (engine, ..) = open(home, &mut |runs| progress(runs, 0))?;
    let found = engine
        .verify(&mut |runs| progress(runs, 0))
        .map_err(|error| failed(home, &error))?;
    let kept = Attachments::of_store(&home.store_dir());
    let files = check_files(&engine, &kept, &mut |files| progress(files, 0));
    let files = files.map_err(|error| failed(home, &error))?;
    engine.close().map_err(|error| failed(home, &error))?;
    let faults = found.faults.iter().map(ToString::to_string);
    Ok(Verified {
        entries: found.entries,
        signatures: found.signatures,
        commits: found.counts.commits,
        operations: found.counts.operations,
        records: found.records,
        state_root: HEXLOWER.encode(&found.state_root),
        problems: faults.chain(files.wrong.iter().cloned()).collect(),
        files,
    })
}

/// Empties the index and makes it again from the log. Returns the entries.
///
/// # Errors
/// As [`verify`].
pub fn rebuild(home: &Home, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, Failure> {
    let (mut engine, ..) = open(home, &mut |runs| progress(runs, 0))?;
    engine
        .rebuild(&mut |runs| progress(runs, 0))
        .map_err(|error| failed(home, &error))?;
    let entries = engine.counts().entries;
    engine.close().map_err(|error| failed(home, &error))?;
    Ok(entries)
}
