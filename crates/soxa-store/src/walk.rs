//! Walking the frames of one segment file from the disk, in bounded memory.

use std::io;
use std::sync::Arc;

use crate::disk::Disk;
use crate::error::StoreError;
use crate::frame::{BadFrame, FRAME_HEADER_BYTES, FrameHeader, MARK_BYTES, check_segment_header, mark};
use crate::frame::{BadHeader, SEGMENT_FORMAT, SEGMENT_HEADER_BYTES};
use crate::limits::WALK_CHUNK_BYTES;
use crate::position::LogPosition;

/// The folder of the segment files, below the store's own.
pub const SEGMENTS_FOLDER: &str = "segments";

/// The file of a segment.
pub(crate) fn segment_file(segment: u32) -> String {
    format!("{SEGMENTS_FOLDER}/{segment:08}.seg")
}

/// Reads and checks the head of a segment file; the inner error says what is wrong with it. A newer format is an
/// error of the whole operation: nothing in the file can be judged.
pub(crate) fn read_segment_header(
    disk: &dyn Disk,
    segment: u32,
) -> Result<Result<(), BadHeader>, StoreError> {
    let file = segment_file(segment);
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    match disk.read_at(&file, 0, &mut bytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Err(BadHeader::Unknown)),
        Err(error) => return Err(StoreError::io("read", file, error)),
    }
    match check_segment_header(&bytes, segment) {
        Err(BadHeader::Newer(found)) => Err(StoreError::NewerFormat {
            file,
            found: found.into(),
            known: SEGMENT_FORMAT.into(),
        }),
        checked => Ok(checked),
    }
}

/// A frame that matches its checksum.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) offset: u64,
    pub(crate) kind: u8,
    pub(crate) payload: &'a [u8],
}

/// Why a walk stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes from this offset on are no frame.
    Bad { offset: u64, why: BadFrame },
    /// The disk could not be read.
    Disk(io::Error),
}

/// A walk over the frames of one segment file.
pub(crate) struct Walk {
    disk: Arc<dyn Disk>,
    file: String,
    segment: u32,
    /// Where the next frame begins.
    offset: u64,
    /// Where the walk ends: a frame must not reach beyond it.
    end: u64,
    buffer: Vec<u8>,
    /// The offset in the file of the buffer's first byte.
    buffer_at: u64,
}

impl Walk {
    /// A walk from `offset`, which must be where a frame begins, to `end`.
    pub(crate) fn new(disk: Arc<dyn Disk>, segment: u32, offset: u64, end: u64) -> Self {
        let file = segment_file(segment);
        Self {
            disk,
            file,
            segment,
            offset,
            end,
            buffer: Vec::new(),
            buffer_at: offset,
        }
    }

    pub(crate) fn segment(&self) -> u32 {
        self.segment
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The next frame, or `None` at the end.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Stop> {
        let offset = self.offset;
        if offset >= self.end {
            return Ok(None);
        }
        let bad = |why| Stop::Bad { offset, why };
        let Some(&header) = self.bytes(FRAME_HEADER_BYTES)?.and_then(<[u8]>::first_chunk) else {
            return Err(bad(BadFrame::CutOff));
        };
        let header = FrameHeader::from_bytes(header).map_err(bad)?;
        let total = FRAME_HEADER_BYTES + header.len as usize;
        let at = LogPosition {
            segment: self.segment,
            offset,
        };
        let Some(bytes) = self.bytes(total)? else {
            return Err(bad(BadFrame::CutOff));
        };
        header.check(&bytes[FRAME_HEADER_BYTES..], at).map_err(bad)?;
        self.offset += total as u64;
        let start = (offset - self.buffer_at) as usize;
        let payload = &self.buffer[start + FRAME_HEADER_BYTES..start + total];
        Ok(Some(Frame {
            offset,
            kind: header.kind,
            payload,
        }))
    }

    /// The `count` bytes from the current offset on; `None` if the walk ends before them.
    fn bytes(&mut self, count: usize) -> Result<Option<&[u8]>, Stop> {
        if self.end - self.offset < count as u64 {
            return Ok(None);
        }
        let mut start = (self.offset - self.buffer_at) as usize;
        if self.buffer.len() < start + count {
            self.buffer.drain(..start.min(self.buffer.len()));
            self.buffer_at = self.offset;
            start = 0;
            let have = self.buffer.len();
            let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
            let want = count.max(WALK_CHUNK_BYTES).min(left);
            self.buffer.resize(want, 0);
            let from = self.offset + have as u64;
            if let Err(error) = self.disk.read_at(&self.file, from, &mut self.buffer[have..]) {
                self.buffer.truncate(have);
                return Err(Stop::Disk(error));
            }
        }
        Ok(Some(&self.buffer[start..start + count]))
    }
}

/// Looks for a sync mark anywhere from `from` on, also where no frame is expected to begin: after damage nobody
/// knows where frames begin. A mark names its own place, so bytes that merely look like one are not taken for it.
pub(crate) fn find_mark(disk: &dyn Disk, segment: u32, from: u64, end: u64) -> io::Result<Option<u64>> {
    let file = segment_file(segment);
    let mut start = from;
    let mut buffer = Vec::new();
    while end.saturating_sub(start) >= MARK_BYTES as u64 {
        let count = (end - start).min(WALK_CHUNK_BYTES as u64) as usize;
        buffer.resize(count, 0);
        disk.read_at(&file, start, &mut buffer)?;
        for (at, bytes) in (start..).zip(buffer.windows(MARK_BYTES)) {
            // The place first: comparing it is cheaper than a checksum at every byte of the segment.
            let place = LogPosition { segment, offset: at };
            if bytes[FRAME_HEADER_BYTES..] == place.to_bytes() && bytes == mark(place) {
                return Ok(Some(at));
            }
        }
        // The next piece overlaps this one by all but one byte of a mark, so that none is cut in two.
        start += (count - (MARK_BYTES - 1)) as u64;
    }
    Ok(None)
}
