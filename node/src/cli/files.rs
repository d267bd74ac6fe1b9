//! Files that acts name: sealed or plain, handed to the node before the act is, and read again.

use std::path::Path;
use std::rc::Rc;

use data_encoding::{BASE64, HEXLOWER};
use soxa_lang::text;
use soxa_ledger::limits::FILE_BYTES_MAX;
use soxa_ledger::sealed::SEALED_BYTES_MORE;
use soxa_ledger::{ContentKey, FileHash, RecordId};

use super::Session;
use crate::client::Client;
use crate::control::protocol::{Reply, Request};
use crate::failure::Failure;
use crate::home::{read_limited, write_file};
use crate::output::say;

/// Bytes of a file in one request to the node.
const PART_BYTES: usize = 1 << 20;
/// Milliseconds to wait for a file that is not at this node.
const WITHIN_MS: u64 = 20_000;

/// A file that an act is to name.
#[derive(Debug)]
pub struct NewFile {
    stored: Vec<u8>,
    key: Option<ContentKey>,
    hash: FileHash,
}

impl NewFile {
    /// A file of a record that few read: sealed with a key of its own.
    ///
    /// # Errors
    /// When there is no randomness, or the file is too large.
    pub fn sealed(plain: &[u8]) -> Result<Rc<Self>, Failure> {
        let mut key = [0; 32];
        crate::key_store::fill_random(&mut key)?;
        let key = ContentKey::new(key);
        let stored = key
            .seal(plain)
            .map_err(|error| Failure::internal("seal", error))?;
        Ok(Rc::new(Self {
            hash: FileHash::of(&stored),
            key: Some(key),
            stored,
        }))
    }

    /// The same of a file on this machine, when there is one.
    ///
    /// # Errors
    /// When it cannot be read or is too large.
    pub fn read_sealed(file: Option<&Path>) -> Result<Option<Rc<Self>>, Failure> {
        let bytes = file.map(|file| read(file, FILE_BYTES_MAX - SEALED_BYTES_MORE));
        bytes.map(|bytes| Self::sealed(&bytes?)).transpose()
    }

    /// A file on this machine that all nodes may read, when there is one.
    ///
    /// # Errors
    /// When it cannot be read or is too large.
    pub fn read_plain(file: Option<&Path>) -> Result<Option<Rc<Self>>, Failure> {
        let bytes = file.map(|file| read(file, FILE_BYTES_MAX)).transpose()?;
        Ok(bytes.map(|stored| {
            Rc::new(Self {
                hash: FileHash::of(&stored),
                key: None,
                stored,
            })
        }))
    }

    /// What the act says of it.
    pub fn hash(&self) -> [u8; 32] {
        self.hash.0
    }

    /// Hands the file to the node, which keeps it.
    ///
    /// # Errors
    /// When the node cannot keep it.
    pub fn hand_over(&self, client: &mut Client) -> Result<(), Failure> {
        let mut offset = 0_usize;
        loop {
            let end = offset.saturating_add(PART_BYTES).min(self.stored.len());
            let part = self.stored.get(offset..end).unwrap_or_default();
            let reply = client.call(Request::AddFile {
                file: self.hash.to_string(),
                length: self.stored.len() as u64,
                offset: offset as u64,
                key: self.key.as_ref().map(|key| HEXLOWER.encode(key.as_bytes())),
                bytes: BASE64.encode(part),
            })?;
            match reply {
                Reply::FileAdded { kept: true, .. } => return Ok(()),
                Reply::FileAdded { begun, .. } if begun == end as u64 && end > offset => offset = end,
                other => return Err(client.other_reply(&other)),
            }
        }
    }
}

fn read(file: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("file", &file.display()), ("reason", reason)];
        Failure::new("errors.document_unreadable", &values)
    };
    let about = std::fs::metadata(file).map_err(|error| unreadable(&error))?;
    if about.len() > most as u64 {
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("file", &file.display()),
            ("bytes", &about.len()),
            ("limit", &most),
        ];
        return Err(Failure::new("errors.file_too_large", &values));
    }
    read_limited(file, most as u64)
}

/// Digits by which a file can be named at least.
const DIGITS_MIN: usize = 4;

/// The file whose hash begins with these digits; none when none does, or several do, or they are too few.
pub fn by_digits(digits: &str, files: impl Iterator<Item = FileHash>) -> Option<FileHash> {
    if digits.len() < DIGITS_MIN {
        return None;
    }
    let mut fitting = files.filter(|file| file.to_string().starts_with(digits));
    let first = fitting.next()?;
    fitting.all(|other| other == first).then_some(first)
}

/// Writes a file that a record names to a new file, for its owner only.
///
/// # Errors
/// As for [`fetch`], when nobody who is reached holds it, and when something is there already.
pub fn write_out(session: &mut Session, record: RecordId, file: FileHash, to: &Path) -> Result<(), Failure> {
    if to.exists() {
        return Err(Failure::new("errors.file_exists", &[("path", &to.display())]));
    }
    let lang = session.lang;
    let Some(bytes) = fetch(session, record, file)? else {
        return Err(Failure::new("errors.file_away", &[("file", &file.short())]));
    };
    write_file(to, &bytes, 0o600)?;
    let values: [(&str, &dyn std::fmt::Display); 2] = [("file", &to.display()), ("count", &bytes.len())];
    say(&text(lang, "cli.answer.file_written", &values));
    Ok(())
}

/// What is in a file that a record names, fetched from another node when it is not at this one. None when nobody who is
/// reached holds it. That it was damaged here is said.
///
/// # Errors
/// When the record does not name it, or the node fails.
pub fn fetch(session: &mut Session, record: RecordId, file: FileHash) -> Result<Option<Vec<u8>>, Failure> {
    let lang = session.lang;
    let client = session.client()?;
    let reply = client.call(Request::File {
        record: record.to_string(),
        file: file.to_string(),
        within_ms: WITHIN_MS,
    })?;
    let report = match reply {
        Reply::File(Some(report)) => report,
        Reply::File(None) => return Ok(None),
        other => return Err(client.other_reply(&other)),
    };
    if report.mended {
        say(&text(lang, "cli.answer.file_mended", &[("file", &file.short())]));
    }
    BASE64
        .decode(report.bytes.as_bytes())
        .map(Some)
        .map_err(|error| Failure::internal("file", error))
}
