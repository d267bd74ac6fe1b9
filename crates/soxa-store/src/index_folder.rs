//! The numbered folders in which the index on disk lives, one of them in use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Removes snapshots that a crash left unfinished: sled takes them for finished ones and does not start.
pub(crate) fn sweep_torn_snapshots(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The folder of an index.
pub(crate) fn numbered(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}"))
}

/// The numbers of the indexes in a folder, in order.
pub(crate) fn numbers(folder: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_str().filter(|name| name.len() == 8);
        if let Some(number) = name.and_then(|name| name.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes an index and tells whether it is gone; a part that stays is removed at the next start.
pub(crate) fn discard(folder: &Path, number: u32) -> bool {
    match fs::remove_dir_all(numbered(folder, number)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, number, "an old index could not be removed");
            false
        }
        _ => true,
    }
}
