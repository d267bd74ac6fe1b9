//! The lock file: one process at a time has a store open.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::StoreError;
use crate::limits::SMALL_FILE_BYTES_MAX;

/// The file's name in the store's folder.
const LOCK_FILE: &str = "lock";

/// Holds the lock of a store until it is dropped, or the process ends in whatever way. The file stays; what counts
/// is the system's lock on it. It holds the number of the process, for people and for the error of the next one.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of the store in a folder, which must exist.
    pub(crate) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let failed = |op, error| StoreError::io(op, path.to_string_lossy(), error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open", error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Who holds it is only a hint.
                let _ = (&file).take(SMALL_FILE_BYTES_MAX).read_to_string(&mut text);
                return Err(StoreError::InUse {
                    folder: folder.to_owned(),
                    pid: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", error)),
        }
        let named = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes()));
        // A full disk must not keep a store from being opened and read.
        if let Err(error) = named {
            tracing::warn!(%error, file = %path.display(), "the process could not be named in the lock");
        }
        Ok(Self { _file: file })
    }
}
