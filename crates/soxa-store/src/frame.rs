//! One record in a segment file, byte by byte. The crate's front page has the whole format and its argument.

use std::fmt;

use crate::limits::RECORD_BYTES_MAX;
use crate::position::LogPosition;

/// Bytes at the head of a segment file.
pub const SEGMENT_HEADER_BYTES: usize = 16;

/// Bytes before the payload of each record.
pub const FRAME_HEADER_BYTES: usize = 9;

/// The version of the segment format written here, and the newest known.
pub const SEGMENT_FORMAT: u16 = 1;

/// The kind byte of a sync mark, which is not a record.
pub(crate) const MARK_KIND: u8 = 0;

/// Bytes of a sync mark with its frame.
pub(crate) const MARK_BYTES: usize = FRAME_HEADER_BYTES + LogPosition::BYTES;

const MAGIC: &[u8; 6] = b"soxseg";

/// What a record is, chosen by the caller. 0 is taken by the log itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKind(u8);

impl RecordKind {
    /// The kind with this number. Kinds are constants of the code, so a wrong one does not compile:
    ///
    /// ```
    /// const ENTRY: soxa_store::RecordKind = soxa_store::RecordKind::new(1);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is 0.
    pub const fn new(kind: u8) -> Self {
        assert!(kind != MARK_KIND, "kind 0 is the log's own");
        Self(kind)
    }

    /// The number of the kind, never 0.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The kind of a frame that was read; `None` for a sync mark.
    pub(crate) fn read(kind: u8) -> Option<Self> {
        (kind != MARK_KIND).then_some(Self(kind))
    }
}

impl fmt::Debug for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordKind({})", self.0)
    }
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadFrame {
    #[error("the record is cut off")]
    CutOff,
    #[error("the record claims {0} bytes, more than any may have")]
    TooLong(u32),
    #[error("the record does not match its checksum")]
    Checksum,
    #[error("a sync mark is not where it says it is")]
    MisplacedMark,
}

/// The bytes before a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FrameHeader {
    pub(crate) len: u32,
    pub(crate) checksum: u32,
    pub(crate) kind: u8,
}

impl FrameHeader {
    pub(crate) fn new(kind: u8, payload: &[u8]) -> Self {
        // Callers have checked the length against the limit, which fits.
        let len = payload.len() as u32;
        Self {
            len,
            checksum: checksum(len, kind, payload),
            kind,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[..4].copy_from_slice(&self.len.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[8] = self.kind;
        bytes
    }

    /// Reads a header and refuses a length that no record has, so that nobody allocates it.
    pub(crate) fn from_bytes(bytes: [u8; FRAME_HEADER_BYTES]) -> Result<Self, BadFrame> {
        let [l0, l1, l2, l3, c0, c1, c2, c3, kind] = bytes;
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        if len > RECORD_BYTES_MAX {
            return Err(BadFrame::TooLong(len));
        }
        Ok(Self {
            len,
            checksum: u32::from_le_bytes([c0, c1, c2, c3]),
            kind,
        })
    }

    /// Checks a payload that was read, and that a mark lies where it says.
    pub(crate) fn check(self, payload: &[u8], at: LogPosition) -> Result<(), BadFrame> {
        if checksum(self.len, self.kind, payload) != self.checksum {
            return Err(BadFrame::Checksum);
        }
        if self.kind == MARK_KIND && payload != at.to_bytes() {
            return Err(BadFrame::MisplacedMark);
        }
        Ok(())
    }
}

/// CRC32C over the length as written, the kind and the payload.
fn checksum(len: u32, kind: u8, payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&len.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &[kind]);
    crc32c::crc32c_append(crc, payload)
}

/// Appends a frame to a buffer.
pub(crate) fn push_frame(buffer: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    buffer.extend_from_slice(&FrameHeader::new(kind, payload).to_bytes());
    buffer.extend_from_slice(payload);
}

/// The mark that says: what lies before `at` in its segment was synced before this was written.
pub(crate) fn mark(at: LogPosition) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MARK_BYTES);
    push_frame(&mut bytes, MARK_KIND, &at.to_bytes());
    bytes
}

/// The head of a segment file.
pub(crate) fn segment_header(segment: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    bytes[..6].copy_from_slice(MAGIC);
    bytes[6..8].copy_from_slice(&SEGMENT_FORMAT.to_le_bytes());
    bytes[8..12].copy_from_slice(&segment.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..12]);
    bytes[12..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Why bytes are not the head of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BadHeader {
    #[error("this is not the head of a segment")]
    Unknown,
    #[error("the head is of segment {0}")]
    OtherSegment(u32),
    #[error("the format is {0}")]
    Newer(u16),
}

/// Checks the head of a segment file. Its checksum comes before its version, so that a flipped bit is not taken
/// for a newer format.
pub(crate) fn check_segment_header(
    bytes: &[u8; SEGMENT_HEADER_BYTES],
    segment: u32,
) -> Result<(), BadHeader> {
    let [m0, m1, m2, m3, m4, m5, v0, v1, s0, s1, s2, s3, crc @ ..] = *bytes;
    if [m0, m1, m2, m3, m4, m5] != *MAGIC || crc32c::crc32c(&bytes[..12]) != u32::from_le_bytes(crc) {
        return Err(BadHeader::Unknown);
    }
    let (version, number) = (u16::from_le_bytes([v0, v1]), u32::from_le_bytes([s0, s1, s2, s3]));
    if version > SEGMENT_FORMAT {
        return Err(BadHeader::Newer(version));
    }
    if version != SEGMENT_FORMAT {
        return Err(BadHeader::Unknown);
    }
    if number != segment {
        return Err(BadHeader::OtherSegment(number));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_pinned() {
        assert_eq!(segment_header(1), *b"soxseg\x01\0\x01\0\0\0\xe9\x76\x34\x11");
        let mut record = Vec::new();
        push_frame(&mut record, 7, b"soxa");
        assert_eq!(record, b"\x04\0\0\0\x83\xf1\xf9\xe1\x07soxa");
        assert_eq!(
            mark(LogPosition {
                segment: 1,
                offset: 29
            }),
            b"\x0c\0\0\0\x6a\x8d\x71\xcb\0\x01\0\0\0\x1d\0\0\0\0\0\0\0"
        );
    }

    #[test]
    fn zeros_are_no_record() {
        let header = FrameHeader::from_bytes([0; FRAME_HEADER_BYTES]).unwrap();
        assert_eq!(header.check(&[], LogPosition::ZERO), Err(BadFrame::Checksum));
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_the_payload_is_looked_at() {
        let mut header = FrameHeader {
            len: RECORD_BYTES_MAX,
            checksum: 0,
            kind: 1,
        };
        assert_eq!(FrameHeader::from_bytes(header.to_bytes()), Ok(header));
        header.len += 1;
        assert_eq!(
            FrameHeader::from_bytes(header.to_bytes()),
            Err(BadFrame::TooLong(RECORD_BYTES_MAX + 1))
        );
    }

    #[test]
    fn a_mark_counts_only_in_its_place() {
        let at = LogPosition {
            segment: 3,
            offset: 400,
        };
        let header = FrameHeader::new(MARK_KIND, &at.to_bytes());
        assert_eq!(header.check(&at.to_bytes(), at), Ok(()));
        for elsewhere in [
            LogPosition { segment: 2, ..at },
            LogPosition { offset: 401, ..at },
        ] {
            assert_eq!(
                header.check(&at.to_bytes(), elsewhere),
                Err(BadFrame::MisplacedMark)
            );
        }
    }

    #[test]
    fn segment_headers_are_told_apart() {
        let good = segment_header(5);
        assert_eq!(check_segment_header(&good, 5), Ok(()));
        assert_eq!(check_segment_header(&good, 6), Err(BadHeader::OtherSegment(5)));
        for byte in 0..SEGMENT_HEADER_BYTES {
            let mut flipped = good;
            flipped[byte] ^= 0x40;
            assert_eq!(
                check_segment_header(&flipped, 5),
                Err(BadHeader::Unknown),
                "byte {byte}"
            );
        }
        let mut newer = good;
        newer[6] = 2;
        let crc = crc32c::crc32c(&newer[..12]);
        newer[12..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(check_segment_header(&newer, 5), Err(BadHeader::Newer(2)));
    }
}
