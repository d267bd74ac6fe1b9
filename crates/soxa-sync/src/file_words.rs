//! What nodes say of files that records name.
//!
//! ```text
//! question = [1, 18, record, file, offset]: the bytes of this file from there on
//! reply    = [1, 18, [length, key or null, bytes]]: so long is it, with this content key, and these are its next bytes
//!          / [1, 18, null]: not here, not named by the record, or not for you: which of these is not told
//! ```
//!
//! A file is named by SHA-256 of all its bytes, and the key of a sealed one by the file's head (`FORMAT.md` of the ledger): the
//! pieces prove themselves when they are whole.

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::limits::FILE_BYTES_MAX;
use soxa_ledger::{ContentKey, FileHash, RecordId};

use crate::limits::{FILE_PIECE_BYTES_MAX, FILE_REPLY_BYTES_MAX};
use crate::message::within;

const VERSION: u64 = 1;
const KIND: u64 = 18;

/// What a node asks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileQuestion {
    /// A record that names it, which the asking node may read.
    pub record: RecordId,
    /// The file.
    pub file: FileHash,
    /// How many of its bytes the asking node has.
    pub offset: u64,
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReply {
    /// The next bytes; none when there are none for the asking node.
    pub piece: Option<FilePiece>,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePiece {
    /// Bytes of the whole file.
    pub length: u64,
    /// The key of a sealed file.
    pub key: Option<ContentKey>,
    /// Bytes from the offset on; none only at the end.
    pub bytes: Vec<u8>,
}

fn begin(r: &mut Reader<'_>, field: &'static str, items: usize) -> Result<(), CborError> {
    r.tuple(field, items)?;
    r.version(field, VERSION)?;
    match r.uint(field)? {
        KIND => Ok(()),
        _ => Err(CborError::Value {
            field,
            what: "another kind",
        }),
    }
}

impl FileQuestion {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(5)
            .uint(VERSION)
            .uint(KIND)
            .bytes(&self.record.0)
            .bytes(&self.file.0)
            .uint(self.offset);
        w.into_bytes()
    }

    /// Decodes what a node asks.
    ///
    /// # Errors
    /// When the bytes are malformed, beyond a limit, or ask something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        begin(&mut r, "question of a file", 5)?;
        let question = Self {
            record: RecordId(r.fixed("record")?),
            file: FileHash(r.fixed("file")?),
            offset: bounded(r.uint("offset")?, "offset")?,
        };
        expect_canonical("question of a file", bytes, &question.encode())?;
        Ok(question)
    }
}

impl FileReply {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(3).uint(VERSION).uint(KIND);
        w.option(self.piece.as_ref(), |w, piece| {
            w.array(3).uint(piece.length);
            w.option(piece.key.as_ref(), |w, key| {
                w.bytes(key.as_bytes());
            });
            w.bytes(&piece.bytes);
        });
        w.into_bytes()
    }

    /// Decodes what a node is answered.
    ///
    /// # Errors
    /// When the bytes are malformed, beyond a limit, or answer something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("reply of a file", bytes, FILE_REPLY_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        begin(&mut r, "reply of a file", 3)?;
        let piece = r.option("piece", |r| {
            r.tuple("piece", 3)?;
            Ok(FilePiece {
                length: bounded(r.uint("length")?, "length")?,
                key: r.option("key", |r| r.fixed("key").map(ContentKey::new))?,
                bytes: r.bytes("bytes", FILE_PIECE_BYTES_MAX)?.to_vec(),
            })
        })?;
        let reply = Self { piece };
        expect_canonical("reply of a file", bytes, &reply.encode())?;
        Ok(reply)
    }
}

fn bounded(number: u64, field: &'static str) -> Result<u64, CborError> {
    if number <= FILE_BYTES_MAX as u64 {
        return Ok(number);
    }
    Err(CborError::Value {
        field,
        what: "longer than a file may be",
    })
}
