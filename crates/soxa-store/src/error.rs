//! What can go wrong in the store. Each error names the operation or the object it concerns.

use std::io;
use std::path::PathBuf;

use crate::limits::SEGMENTS_MAX;
use crate::position::{Location, LogPosition};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused a file operation.
    #[error("could not {op} {file}")]
    Io {
        /// The operation, as a verb.
        op: &'static str,
        /// The file or folder it was asked for.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk is full. Nothing of the refused write remains and what was stored is untouched.
    #[error("the disk is full: could not {op} {file}")]
    Full {
        /// The operation, as a verb.
        op: &'static str,
        /// The file it was asked for.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Stored bytes are not what was written. Nothing was changed; the bytes are still there to be examined.
    #[error("{file} is damaged at byte {offset}: {what}")]
    Damaged {
        /// The damaged file.
        file: String,
        /// The byte at which the first unreadable record or header begins.
        offset: u64,
        /// What was found there.
        what: String,
    },
    /// A newer program wrote this store.
    #[error("{file} has format {found}; this program knows formats up to {known}")]
    NewerFormat {
        /// The file that tells its format.
        file: String,
        /// The format it tells.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// There is no store in this folder.
    #[error("{} holds no store", folder.display())]
    NotInitialised {
        /// The folder that was to be opened.
        folder: PathBuf,
    },
    /// A store is to be created where there is one.
    #[error("{} already holds a store", folder.display())]
    AlreadyInitialised {
        /// The folder that was to be initialised.
        folder: PathBuf,
    },
    /// There are segments but no readable `format` file beside them.
    #[error("{} holds segments, but its format file {what}", folder.display())]
    FormatUnknown {
        /// The folder of the store.
        folder: PathBuf,
        /// What is wrong with the file.
        what: &'static str,
    },
    /// Another process, or another handle of this one, has the store open.
    #[error("{} is in use{}", folder.display(), holder(*pid))]
    InUse {
        /// The folder of the store.
        folder: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
    },
    /// The log accepts nothing more until it is opened again.
    #[error("the log is stopped until it is opened again: {why}")]
    Stopped {
        /// What stopped it.
        why: String,
    },
    /// Something is larger than a limit allows. Nothing was written.
    #[error("{what} has {found} bytes; the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The last segment number is used up.
    #[error("the log already has {SEGMENTS_MAX} segments")]
    TooManySegments,
    /// A location beyond the end of the log: it was never appended, or it was taken back.
    #[error("there is no record at {location}: the log ends at {end}")]
    NoSuchRecord {
        /// The location asked for.
        location: Location,
        /// Where the records end.
        end: LogPosition,
    },
    /// The index failed. No entry is lost: the index can be rebuilt from the segments.
    #[error("the index could not {op}: {why}")]
    Index {
        /// The operation, as a verb.
        op: &'static str,
        /// What the index said.
        why: String,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

impl StoreError {
    /// The error for a refused file operation, with the full disk told apart.
    pub(crate) fn io(op: &'static str, file: impl Into<String>, source: io::Error) -> Self {
        let file = file.into();
        if is_full(source.kind()) {
            Self::Full { op, file, source }
        } else {
            Self::Io { op, file, source }
        }
    }

    /// The error for stored bytes that are not what was written.
    pub(crate) fn damaged(file: impl Into<String>, offset: u64, what: impl ToString) -> Self {
        Self::Damaged {
            file: file.into(),
            offset,
            what: what.to_string(),
        }
    }
}

/// Whether this kind of error says that there is no room left. A quota is a full disk to whoever meets it.
pub(crate) fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
