//! Where in the log: [`LogPosition`], a place between records, and [`Location`], one record.

use std::fmt;

use crate::frame::FRAME_HEADER_BYTES;

/// A place in the log at which a record begins or ends. Ordered as the log is.
///
/// Encoded to 12 bytes: segment `u32`, offset `u64`, both little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogPosition {
    /// The segment's number; the first is 1.
    pub segment: u32,
    /// Bytes from the start of the segment file.
    pub offset: u64,
}

impl LogPosition {
    /// Before the first record, and the end of an empty log.
    pub const ZERO: Self = Self {
        segment: 0,
        offset: 0,
    };

    /// Bytes in the encoded form.
    pub const BYTES: usize = 12;

    /// The position as bytes, to be stored.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.segment.to_le_bytes());
        bytes[4..].copy_from_slice(&self.offset.to_le_bytes());
        bytes
    }

    /// The position that [`Self::to_bytes`] encoded; `None` if the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (segment, rest) = bytes.split_first_chunk::<4>()?;
        let offset = <[u8; 8]>::try_from(rest).ok()?;
        Some(Self {
            segment: u32::from_le_bytes(*segment),
            offset: u64::from_le_bytes(offset),
        })
    }
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}

impl fmt::Debug for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where one record lies, to be kept in the index.
///
/// Encoded to 16 bytes: segment `u32`, offset `u64`, len `u32`, all little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The segment's number; the first is 1.
    pub segment: u32,
    /// Bytes from the start of the segment file to the start of the record.
    pub offset: u64,
    /// Bytes in the record's payload.
    pub len: u32,
}

impl Location {
    /// Bytes in the encoded form.
    pub const BYTES: usize = 16;

    /// Where the record begins.
    pub fn start(self) -> LogPosition {
        LogPosition {
            segment: self.segment,
            offset: self.offset,
        }
    }

    /// Where the record ends: the position of an index that has taken in the log up to and with this record.
    pub fn end(self) -> LogPosition {
        let bytes = FRAME_HEADER_BYTES as u64 + u64::from(self.len);
        LogPosition {
            segment: self.segment,
            offset: self.offset.saturating_add(bytes),
        }
    }

    /// The location as bytes, to be stored.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..12].copy_from_slice(&self.start().to_bytes());
        bytes[12..].copy_from_slice(&self.len.to_le_bytes());
        bytes
    }

    /// The location that [`Self::to_bytes`] encoded; `None` if the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (start, len) = bytes.split_at_checked(LogPosition::BYTES)?;
        let LogPosition { segment, offset } = LogPosition::from_bytes(start)?;
        let len = u32::from_le_bytes(<[u8; 4]>::try_from(len).ok()?);
        Some(Self { segment, offset, len })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}+{}", self.segment, self.offset, self.len)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_pinned() {
        let location = Location {
            segment: 0x0102_0304,
            offset: 0x1112_1314_1516_1718,
            len: 0x2122_2324,
        };
        let bytes = location.to_bytes();
        assert_eq!(
            bytes,
            [
                4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x24, 0x23, 0x22, 0x21
            ]
        );
        assert_eq!(Location::from_bytes(&bytes), Some(location));
        assert_eq!(LogPosition::from_bytes(&bytes[..12]), Some(location.start()));
    }

    #[test]
    fn other_lengths_are_refused() {
        for len in (0..40).filter(|&len| len != LogPosition::BYTES) {
            assert_eq!(LogPosition::from_bytes(&vec![0; len]), None, "{len} bytes");
        }
        for len in (0..40).filter(|&len| len != Location::BYTES) {
            assert_eq!(Location::from_bytes(&vec![0; len]), None, "{len} bytes");
        }
    }

    #[test]
    fn positions_are_ordered_as_the_log_is() {
        let at = |segment, offset| LogPosition { segment, offset };
        assert!(LogPosition::ZERO < at(1, 16));
        assert!(at(1, u64::MAX) < at(2, 0));
        assert!(at(2, 256) < at(2, 257));
    }
}
