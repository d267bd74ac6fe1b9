//! [`Segments`]: the log, and the one handle that appends to it.

use std::sync::Arc;

use crate::disk::Disk;
use crate::error::StoreError;
use crate::frame::{FRAME_HEADER_BYTES, RecordKind, SEGMENT_HEADER_BYTES, mark, push_frame};
use crate::limits::{APPEND_BYTES_MAX, RECORD_BYTES_MAX, SEGMENT_BYTES_DEFAULT, SEGMENTS_MAX};
use crate::position::{Location, LogPosition};
use crate::reader::{Record, Scan, SegmentReader};
use crate::recovery::{OpenReport, begin_segment, recover};
use crate::walk::{SEGMENTS_FOLDER, segment_file};

/// How to open a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentOptions {
    /// Bytes after which a new segment is begun.
    pub segment_bytes: u64,
    /// A position the caller knows to be synced: below it nothing is a torn tail. [`LogPosition::ZERO`] if it
    /// knows of none.
    pub at_least: LogPosition,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            at_least: LogPosition::ZERO,
        }
    }
}

/// The log: append-only segment files on a disk.
pub struct Segments {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    reader: SegmentReader,
    /// The last segment.
    segment: u32,
    /// The length of its file.
    len: u64,
    /// How much of it is known to be on the disk.
    synced_len: u64,
    /// The end of the last synced record.
    synced: LogPosition,
    /// Why nothing more is accepted, if so.
    stopped: Option<String>,
}

impl Segments {
    /// Makes an empty log of one segment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] with `AlreadyExists` if there is a log.
    pub fn create(disk: &dyn Disk) -> Result<(), StoreError> {
        disk.create_folder(SEGMENTS_FOLDER)
            .map_err(|error| StoreError::io("create", SEGMENTS_FOLDER, error))?;
        // The folder's own name.
        disk.sync_dir("")
            .map_err(|error| StoreError::io("sync", "the store's folder", error))?;
        let file = segment_file(1);
        if disk.len(&file).is_ok() {
            return Err(StoreError::io(
                "create",
                file,
                std::io::ErrorKind::AlreadyExists.into(),
            ));
        }
        begin_segment(disk, 1).map_err(|(error, _)| error)
    }

    /// Opens a log: checks the head of every segment and every record of the last one, cuts a torn tail.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] for anything that a crash cannot have caused; nothing is changed then.
    /// [`StoreError::NewerFormat`] if a newer program wrote a segment.
    pub fn open(disk: Arc<dyn Disk>, options: SegmentOptions) -> Result<(Self, OpenReport), StoreError> {
        let found = recover(&disk, options.at_least)?;
        let mut segments = Self {
            reader: SegmentReader::new(Arc::clone(&disk), found.end),
            disk,
            segment_bytes: options.segment_bytes,
            segment: found.segment,
            len: found.len,
            synced_len: found.len,
            synced: found.end,
            stopped: None,
        };
        if found.unmarked {
            segments.write_mark();
        }
        Ok((segments, found.report))
    }

    /// Appends records with one write, all in one segment and all or none. They are safe after [`Self::sync`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] if the disk is full, [`StoreError::Io`] if it refused otherwise; the log is then as it
    /// was. [`StoreError::TooLarge`] beyond [`RECORD_BYTES_MAX`] or [`APPEND_BYTES_MAX`].
    /// [`StoreError::Stopped`] after a failure that leaves it unknown what the disk holds.
    pub fn append(&mut self, records: &[(RecordKind, &[u8])]) -> Result<Vec<Location>, StoreError> {
        self.check_running()?;
        let bytes = check_sizes(records)?;
        if bytes == 0 {
            return Ok(Vec::new());
        }
        if self.len > SEGMENT_HEADER_BYTES as u64 && self.len.saturating_add(bytes) > self.segment_bytes {
            self.begin_next()?;
        }
        let mut buffer = Vec::with_capacity(bytes as usize);
        let mut locations = Vec::with_capacity(records.len());
        for (kind, payload) in records {
            let offset = self.len + buffer.len() as u64;
            locations.push(Location {
                segment: self.segment,
                offset,
                len: payload.len() as u32,
            });
            push_frame(&mut buffer, kind.get(), payload);
        }
        self.write("append to", &buffer)?;
        if let Some(last) = locations.last() {
            self.reader.set_end(last.end());
        }
        Ok(locations)
    }

    /// Makes all that was appended durable and returns the end of the last record.
    ///
    /// # Errors
    ///
    /// If the disk fails to sync, what was appended since the last sync is taken back and the log is stopped.
    pub fn sync(&mut self) -> Result<LogPosition, StoreError> {
        self.check_running()?;
        if self.end() != self.synced {
            self.sync_file()?;
            self.write_mark();
        }
        Ok(self.synced)
    }

    /// Syncs for the last time before the log is put away: also the mark, so that no tail is left to be torn.
    pub(crate) fn settle(&mut self) -> Result<LogPosition, StoreError> {
        self.sync()?;
        self.sync_file()?;
        Ok(self.synced)
    }

    /// Accepts nothing more.
    pub(crate) fn stop(&mut self, why: impl Into<String>) {
        self.stopped = Some(why.into());
    }

    /// Reads one record and checks it; see [`SegmentReader::read`].
    pub fn read(&self, location: Location) -> Result<Record, StoreError> {
        self.reader.read(location)
    }

    /// The records from a position on; see [`SegmentReader::scan`].
    pub fn scan(&self, from: LogPosition) -> Scan {
        self.reader.scan(from)
    }

    /// The end of the last record, synced or not; [`LogPosition::ZERO`] if there is none.
    pub fn end(&self) -> LogPosition {
        self.reader.end()
    }

    /// A handle that reads while this one appends.
    pub fn reader(&self) -> SegmentReader {
        self.reader.clone()
    }

    fn check_running(&self) -> Result<(), StoreError> {
        match &self.stopped {
            Some(why) => Err(StoreError::Stopped { why: why.clone() }),
            None => Ok(()),
        }
    }

    /// Writes at the end of the last segment. A refused write leaves nothing behind: whatever part of it was
    /// written is cut off again, or the next append would follow a torn record.
    fn write(&mut self, op: &'static str, bytes: &[u8]) -> Result<(), StoreError> {
        let file = segment_file(self.segment);
        if let Err(error) = self.disk.append(&file, bytes) {
            if let Err(stuck) = self.disk.truncate(&file, self.len) {
                self.stop(format!(
                    "{file} could not be cut back after a failed write: {stuck}"
                ));
            }
            return Err(StoreError::io(op, file, error));
        }
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Syncs all of the last segment's file, if any of it is not.
    fn sync_file(&mut self) -> Result<(), StoreError> {
        if self.len == self.synced_len {
            return Ok(());
        }
        let file = segment_file(self.segment);
        if let Err(error) = self.disk.sync(&file) {
            // After a failed sync the system forgets which pages did not reach the disk, and the next sync
            // succeeds without writing them. Nothing since the last good sync may be believed, so it goes, and
            // only opening the log anew tells what is there.
            self.reader.set_end(self.synced);
            let taken_back = self.disk.truncate(&file, self.synced_len);
            self.len = self.synced_len;
            self.stop(match taken_back {
                Ok(()) => format!("{file} could not be synced: {error}"),
                Err(stuck) => format!("{file} could not be synced: {error}; nor cut back: {stuck}"),
            });
            return Err(StoreError::io("sync", file, error));
        }
        self.synced_len = self.len;
        self.synced = self.end();
        Ok(())
    }

    /// Writes the mark that vouches for all before it, without syncing it. It only sharpens the judgement of
    /// damage found later, so a disk that refuses it has not broken any promise.
    fn write_mark(&mut self) {
        let at = LogPosition {
            segment: self.segment,
            offset: self.len,
        };
        if let Err(error) = self.write("mark", &mark(at)) {
            tracing::warn!(%error, "the log goes on without a sync mark");
        }
    }

    /// Syncs the last segment and begins the next.
    fn begin_next(&mut self) -> Result<(), StoreError> {
        if self.segment >= SEGMENTS_MAX {
            return Err(StoreError::TooManySegments);
        }
        // Also a mark that follows the last record: only of the last segment may anything be torn.
        self.sync_file()?;
        let next = self.segment + 1;
        if let Err((error, removed)) = begin_segment(&*self.disk, next) {
            if let Err(stuck) = removed {
                self.stop(format!(
                    "{} could not be removed again: {stuck}",
                    segment_file(next)
                ));
            }
            return Err(error);
        }
        self.segment = next;
        self.len = SEGMENT_HEADER_BYTES as u64;
        self.synced_len = self.len;
        Ok(())
    }
}

/// The bytes that records take with their framing, if each and all are within the limits.
fn check_sizes(records: &[(RecordKind, &[u8])]) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for (_, payload) in records {
        let (found, limit) = (payload.len() as u64, u64::from(RECORD_BYTES_MAX));
        if found > limit {
            return Err(StoreError::TooLarge {
                what: "a record",
                found,
                limit,
            });
        }
        bytes += FRAME_HEADER_BYTES as u64 + found;
    }
    if bytes > APPEND_BYTES_MAX {
        return Err(StoreError::TooLarge {
            what: "an append",
            found: bytes,
            limit: APPEND_BYTES_MAX,
        });
    }
    Ok(bytes)
}
