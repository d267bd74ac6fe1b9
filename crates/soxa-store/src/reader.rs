//! Reading the log: one record by its location, or all from a position on.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use crate::disk::Disk;
use crate::error::StoreError;
use crate::frame::{BadFrame, FRAME_HEADER_BYTES, FrameHeader, RecordKind, SEGMENT_HEADER_BYTES};
use crate::limits::RECORD_BYTES_MAX;
use crate::position::{Location, LogPosition};
use crate::walk::{Stop, Walk, read_segment_header, segment_file};

/// What was appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What the record is.
    pub kind: RecordKind,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// Reads a log while another handle appends to it. Cheap to clone.
#[derive(Clone)]
pub struct SegmentReader {
    disk: Arc<dyn Disk>,
    /// The end of the last record, moved by the writer.
    end: Arc<RwLock<LogPosition>>,
}

impl SegmentReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, end: LogPosition) -> Self {
        Self {
            disk,
            end: Arc::new(RwLock::new(end)),
        }
    }

    pub(crate) fn set_end(&self, end: LogPosition) {
        *self.end.write().unwrap_or_else(PoisonError::into_inner) = end;
    }

    /// The end of the last record, synced or not; [`LogPosition::ZERO`] if there is none.
    pub fn end(&self) -> LogPosition {
        *self.end.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one record and checks it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchRecord`] beyond the end, [`StoreError::Damaged`] if the bytes there are no record of
    /// that length, whether the segment is damaged or the location is not one that an append returned.
    pub fn read(&self, location: Location) -> Result<Record, StoreError> {
        let end = self.end();
        if location.segment == 0 || location.end() > end {
            return Err(StoreError::NoSuchRecord { location, end });
        }
        let file = segment_file(location.segment);
        let damaged =
            |what: &dyn ToString| StoreError::damaged(file.clone(), location.offset, what.to_string());
        if location.len > RECORD_BYTES_MAX {
            return Err(damaged(&BadFrame::TooLong(location.len)));
        }
        let mut bytes = vec![0; FRAME_HEADER_BYTES + location.len as usize];
        match self.disk.read_at(&file, location.offset, &mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged(&BadFrame::CutOff));
            }
            Err(error) => return Err(StoreError::io("read", file, error)),
        }
        let Some((header, payload)) = bytes.split_first_chunk() else {
            return Err(damaged(&BadFrame::CutOff));
        };
        let header = FrameHeader::from_bytes(*header).map_err(|bad| damaged(&bad))?;
        if header.len != location.len {
            return Err(damaged(&format_args!(
                "no record of {} bytes begins here",
                location.len
            )));
        }
        header
            .check(payload, location.start())
            .map_err(|bad| damaged(&bad))?;
        let kind =
            RecordKind::read(header.kind).ok_or_else(|| damaged(&"this is a sync mark, not a record"))?;
        bytes.drain(..FRAME_HEADER_BYTES);
        Ok(Record { kind, payload: bytes })
    }

    /// The records from a position on, in order, up to the end at the time of the call. The position must be one
    /// at which a record begins or ends, or [`LogPosition::ZERO`].
    pub fn scan(&self, from: LogPosition) -> Scan {
        Scan {
            disk: Arc::clone(&self.disk),
            end: self.end(),
            next: from,
            walk: None,
            done: false,
        }
    }
}

/// The records of the log in order. Holds one piece of one segment at a time. Ends after the first error.
pub struct Scan {
    disk: Arc<dyn Disk>,
    end: LogPosition,
    /// Where to go on when there is no walk.
    next: LogPosition,
    walk: Option<Walk>,
    done: bool,
}

impl Scan {
    fn step(&mut self) -> Result<Option<(Location, Record)>, StoreError> {
        loop {
            let Some(walk) = &mut self.walk else {
                let Some(walk) = self.open_next()? else {
                    return Ok(None);
                };
                self.walk = Some(walk);
                continue;
            };
            let segment = walk.segment();
            match walk.next_frame() {
                Ok(Some(frame)) => {
                    // Marks are the log's own business.
                    let Some(kind) = RecordKind::read(frame.kind) else {
                        continue;
                    };
                    let len = frame.payload.len() as u32;
                    let location = Location {
                        segment,
                        offset: frame.offset,
                        len,
                    };
                    return Ok(Some((
                        location,
                        Record {
                            kind,
                            payload: frame.payload.to_vec(),
                        },
                    )));
                }
                Ok(None) => {
                    self.next = LogPosition {
                        segment: segment.saturating_add(1),
                        offset: 0,
                    };
                    self.walk = None;
                }
                Err(Stop::Bad { offset, why }) => return Err(StoreError::damaged(walk.file(), offset, why)),
                Err(Stop::Disk(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(StoreError::damaged(walk.file(), 0, "the file became shorter"));
                }
                Err(Stop::Disk(error)) => return Err(StoreError::io("read", walk.file(), error)),
            }
        }
    }

    /// A walk over the segment at `next`; `None` if the log ends there.
    fn open_next(&mut self) -> Result<Option<Walk>, StoreError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let segment = self.next.segment.max(1);
        let file = segment_file(segment);
        if let Err(bad) = read_segment_header(&*self.disk, segment)? {
            return Err(StoreError::damaged(file, 0, bad));
        }
        let end = if segment == self.end.segment {
            self.end.offset
        } else {
            self.disk
                .len(&file)
                .map_err(|error| StoreError::io("measure", file, error))?
        };
        let offset = self.next.offset.max(SEGMENT_HEADER_BYTES as u64);
        Ok(Some(Walk::new(Arc::clone(&self.disk), segment, offset, end)))
    }
}

impl Iterator for Scan {
    type Item = Result<(Location, Record), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.step().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}
