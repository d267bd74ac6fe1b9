//! Proofs that people take elsewhere: a file for each handover of assets in effect, written by the province's node and then
//! checked with no node and no store, against the network's founding statement alone.

use std::path::{Path, PathBuf};

use super::error::DemoError;
use super::stage::Stage;

/// Writes the proofs while the province's node runs. They lie in the kept folder, or in one of their own among the
/// system's temporary files, which stays. Gives back the folder.
///
/// # Errors
/// When a handover in effect cannot be proven or its file cannot be written.
pub fn write(stage: &Stage) -> Result<PathBuf, DemoError> {
    let folder = match stage.kept() {
        Some(kept) => kept.join("proofs"),
        None => std::env::temp_dir().join(format!("soxa-proofs-{}", std::process::id())),
    };
    let out = folder.display().to_string();
    let args = ["handover", "proof", "--all", "--kind", "assets", "--out", &out];
    stage.run(0, None, &args)?;
    Ok(folder)
}

/// Checks the files and gives back how many prove a handover. The figures of those that do not are left to the report.
///
/// # Errors
/// When the folder cannot be read or the check does not come to an answer.
pub fn verify(stage: &Stage, folder: &Path) -> Result<u64, DemoError> {
    let entries = std::fs::read_dir(folder).map_err(DemoError::file(folder))?;
    let files = entries.map(|entry| Ok(entry?.path().display().to_string()));
    let files = files.collect::<std::io::Result<Vec<String>>>();
    let files = files.map_err(DemoError::file(folder))?;
    let root = stage.nodes[0].home.network_file().display().to_string();
    let mut args = vec!["verify"];
    args.extend(files.iter().map(String::as_str));
    args.extend(["--root", &root, "--format", "json"]);
    let answer = stage.try_run(0, &args)?;
    answer.json["proven"]
        .as_u64()
        .ok_or_else(|| answer.error(&args[..1]))
}
