//! A look through a workbook before anything parses it: is it one, does it hold macros, and how much does it swell up to.
//! Every part is inflated and counted here, because a zip file's own figures are its author's claims.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::limits::{INFLATED_BYTES_MAX, PARTS_MAX, SHARED_TEXTS_MAX};
use crate::workbook::Unreadable;

/// How a zip file begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How the compound files of Excel 97 to 2003 and of workbooks with a password begin.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// The stream of a compound file that holds a workbook with a password, in UTF-16.
const ENCRYPTED: &str = "EncryptedPackage";
/// How PDF files begin.
const PDF: &[u8] = b"%PDF";
/// The attribute by whose number the parser of workbooks reserves room.
const COUNT: &[u8] = b"uniqueCount";
/// Bytes of a part that are looked at for its encoding.
const DECLARATION_BYTES: usize = 200;
/// Bytes inflated at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// What was seen in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Whether it refers to other files.
    pub external_links: bool,
}

/// Whether the bytes may be a workbook.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP)
}

/// Names the formats that people have and that are not read.
pub fn refuse_other_formats(bytes: &[u8]) -> Result<(), Unreadable> {
    if bytes.starts_with(COMPOUND) {
        let name: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if bytes.windows(name.len()).any(|window| window == name) {
            return Err(Unreadable::Protected);
        }
        return Err(Unreadable::OtherFormat("Excel 97-2003 (.xls)"));
    }
    if bytes.starts_with(PDF) {
        return Err(Unreadable::OtherFormat("PDF"));
    }
    Ok(())
}

/// Looks through a workbook.
///
/// # Errors
/// When it is none, holds macros, is damaged, or swells up to more than the limits allow.
pub fn inspect(bytes: &[u8]) -> Result<Package, Unreadable> {
    let damaged = |error: &dyn std::fmt::Display| Unreadable::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    if archive.len() > PARTS_MAX {
        return Err(Unreadable::TooLarge {
            what: "parts",
            limit: PARTS_MAX as u64,
        });
    }
    let mut package = Package {
        external_links: false,
    };
    let (mut inflated, mut is_workbook) = (0, false);
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| damaged(&e))?;
        let name = part
            .name()
            .map_err(|e| damaged(&e))?
            .to_lowercase()
            .replace('\\', "/");
        if name.ends_with("vbaproject.bin") {
            return Err(Unreadable::Macros);
        }
        if name == "mimetype" || name.starts_with("word/") || name.starts_with("ppt/") {
            return Err(Unreadable::OtherFormat("OpenDocument, Word, PowerPoint"));
        }
        package.external_links |= name.contains("externallinks/");
        is_workbook |= name.ends_with("workbook.xml");
        inflated = look_through(part, &name, inflated)?;
    }
    if is_workbook {
        Ok(package)
    } else {
        Err(Unreadable::OtherFormat("zip"))
    }
}

/// Inflates one part and gives the bytes of all parts so far.
fn look_through(mut part: impl Read, name: &str, before: u64) -> Result<u64, Unreadable> {
    let is_text = name.ends_with(".xml") || name.ends_with(".rels");
    let (mut total, mut at_start) = (before, true);
    // The end of what was read before, so that an attribute on a border is seen.
    let mut seen: Vec<u8> = Vec::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match part.read(&mut chunk) {
            Ok(0) => return Ok(total),
            Ok(length) => length,
            Err(error) => return Err(Unreadable::Damaged(format!("{name}: {error}"))),
        };
        total += length as u64;
        if total > INFLATED_BYTES_MAX {
            return Err(Unreadable::TooLarge {
                what: "bytes, inflated",
                limit: INFLATED_BYTES_MAX,
            });
        }
        if !is_text {
            continue;
        }
        seen.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if at_start {
            expect_utf8(&seen, name)?;
            at_start = false;
        }
        if name.ends_with("sharedstrings.xml") {
            expect_small_counts(&seen)?;
        }
        let keep = seen.len().saturating_sub(DECLARATION_BYTES);
        seen.drain(..keep);
    }
}

/// Parts in another encoding would hide from us what they say.
fn expect_utf8(start: &[u8], name: &str) -> Result<(), Unreadable> {
    let start = start.get(..DECLARATION_BYTES).unwrap_or(start);
    let text = String::from_utf8_lossy(start).to_lowercase();
    let declared = text
        .split_once("encoding=")
        .map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
    if start.contains(&0) || declared.is_some_and(|name| !name.starts_with("utf-8")) {
        return Err(Unreadable::Damaged(format!("{name}: not UTF-8")));
    }
    Ok(())
}

/// The parser reserves room for as many texts as the file claims to share.
fn expect_small_counts(text: &[u8]) -> Result<(), Unreadable> {
    let mut rest = text;
    while let Some(at) = rest.windows(COUNT.len()).position(|window| window == COUNT) {
        rest = rest.get(at + COUNT.len()..).unwrap_or_default();
        let digits = rest.iter().skip_while(|b| !b.is_ascii_digit() && **b != b'>');
        let count = digits.take_while(|b| b.is_ascii_digit()).fold(0_u64, |count, b| {
            count.saturating_mul(10).saturating_add(u64::from(b - b'0'))
        });
        if count > SHARED_TEXTS_MAX {
            return Err(Unreadable::TooLarge {
                what: "shared texts",
                limit: SHARED_TEXTS_MAX,
            });
        }
    }
    Ok(())
}
