//! Opening a log: what is whole is kept, a torn tail is cut, anything else is reported. The argument is on the
//! crate's front page.

use std::io;
use std::sync::Arc;

use crate::disk::Disk;
use crate::error::StoreError;
use crate::frame::{MARK_KIND, SEGMENT_HEADER_BYTES};
use crate::limits::SEGMENTS_MAX;
use crate::position::{Location, LogPosition};
use crate::walk::{SEGMENTS_FOLDER, Stop, Walk, find_mark, read_segment_header, segment_file};

/// Bytes at the end of the log that were never synced and make no whole record, and were therefore cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutTail {
    /// The last segment's file.
    pub file: String,
    /// Where the torn bytes began, and the file now ends; 0 if the file itself was removed.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
}

/// The log reached further once.
///
/// Bytes that were synced are gone without a trace: older segments were restored from a backup, or the disk did
/// not keep its word. Whoever signs its own chain must learn what it had signed before it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortened {
    /// The position that was synced.
    pub was: LogPosition,
    /// Where the records end now.
    pub is: LogPosition,
}

/// What opening a log found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OpenReport {
    /// The torn tail that was cut, if there was one.
    pub cut: Option<CutTail>,
    /// Set if the log ends before a position that was synced.
    pub shortened: Option<Shortened>,
}

/// A log as it was found, all of it synced.
pub(crate) struct Recovered {
    /// The number of the last segment.
    pub(crate) segment: u32,
    /// The length of its file.
    pub(crate) len: u64,
    /// The end of the last record.
    pub(crate) end: LogPosition,
    /// Whether records follow the last mark.
    pub(crate) unmarked: bool,
    pub(crate) report: OpenReport,
}

/// Checks and repairs the log. Bytes below `at_least` are known to have been synced.
pub(crate) fn recover(disk: &Arc<dyn Disk>, at_least: LogPosition) -> Result<Recovered, StoreError> {
    let segments = count_segments(&**disk)?;
    let (mut last, mut vouched) = (segments, at_least);
    let mut report = OpenReport::default();
    for segment in 1..=segments {
        let Err(bad) = read_segment_header(&**disk, segment)? else {
            continue;
        };
        let file = segment_file(segment);
        let len = measure(&**disk, &file)?;
        // The head is synced before the first record is written, so a file no longer than a head holds nothing
        // and is what a crash leaves of the creation of a segment. The first one is created with the store.
        let torn = segment == segments && segment > 1 && at_least.segment < segment;
        if !torn || len > SEGMENT_HEADER_BYTES as u64 {
            return Err(StoreError::damaged(file, 0, bad));
        }
        report.cut = Some(CutTail {
            file,
            offset: 0,
            bytes: len,
        });
        last = segment - 1;
        // A segment is begun only when the one before it is synced.
        vouched = LogPosition { segment, offset: 0 };
    }

    let found = walk_last(disk, last)?;
    let mut len = found.file_len;
    if let Some((offset, what)) = found.bad {
        let file = segment_file(last);
        let bad = LogPosition {
            segment: last,
            offset,
        };
        let mark = find_mark(&**disk, last, offset.saturating_add(1), len)
            .map_err(|error| StoreError::io("read", file.as_str(), error))?;
        if bad < vouched || mark.is_some() {
            return Err(StoreError::damaged(file, offset, what));
        }
        disk.truncate(&file, offset)
            .map_err(|error| StoreError::io("cut the torn tail of", file.as_str(), error))?;
        report.cut = Some(CutTail {
            file,
            offset,
            bytes: len - offset,
        });
        len = offset;
    }
    // Not earlier: while it is there, it vouches for the segment before it.
    if let Some(CutTail { file, offset: 0, .. }) = &report.cut {
        disk.remove(file)
            .map_err(|error| StoreError::io("remove", file.as_str(), error))?;
    }
    // A killed process leaves whole records that are in the system's memory only. What is reported as the log's
    // end will be built upon, so it must be on the disk.
    let file = segment_file(last);
    disk.sync(&file)
        .map_err(|error| StoreError::io("sync", file, error))?;
    disk.sync_dir(SEGMENTS_FOLDER)
        .map_err(|error| StoreError::io("sync", SEGMENTS_FOLDER, error))?;

    let end = match found.end {
        Some(end) => end,
        None if last > 1 => {
            // A segment is begun only when the one before it has records.
            let offset = measure(&**disk, &segment_file(last - 1))?;
            LogPosition {
                segment: last - 1,
                offset,
            }
        }
        None => LogPosition::ZERO,
    };
    if end < at_least {
        report.shortened = Some(Shortened {
            was: at_least,
            is: end,
        });
    }
    Ok(Recovered {
        segment: last,
        len,
        end,
        unmarked: found.unmarked,
        report,
    })
}

/// How many segments there are; they must be numbered from 1 without a gap.
fn count_segments(disk: &dyn Disk) -> Result<u32, StoreError> {
    let names = disk
        .list(SEGMENTS_FOLDER)
        .map_err(|error| StoreError::io("list", SEGMENTS_FOLDER, error))?;
    let mut numbers: Vec<u32> = names.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    let missing = (1..)
        .zip(&numbers)
        .find(|(expected, found)| expected != *found)
        .map(|(expected, _)| expected);
    match (missing, numbers.last()) {
        (None, Some(&last)) => Ok(last),
        (missing, _) => Err(StoreError::damaged(
            segment_file(missing.unwrap_or(1)),
            0,
            "the segment is missing",
        )),
    }
}

/// The number in a segment's file name; `None` for any other file.
fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    if digits.len() != 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|number| (1..=SEGMENTS_MAX).contains(number))
}

fn measure(disk: &dyn Disk, file: &str) -> Result<u64, StoreError> {
    disk.len(file)
        .map_err(|error| StoreError::io("measure", file, error))
}

/// What the last segment holds.
struct Found {
    file_len: u64,
    /// The end of its last record.
    end: Option<LogPosition>,
    /// Whether records follow the last mark.
    unmarked: bool,
    /// Where it stops being readable, and why.
    bad: Option<(u64, String)>,
}

/// Walks the last segment from its start. A walk from a remembered position would be shorter, but if that position
/// were wrong it would find no record there and cut off good ones.
fn walk_last(disk: &Arc<dyn Disk>, segment: u32) -> Result<Found, StoreError> {
    let file_len = measure(&**disk, &segment_file(segment))?;
    let mut walk = Walk::new(Arc::clone(disk), segment, SEGMENT_HEADER_BYTES as u64, file_len);
    let mut found = Found {
        file_len,
        end: None,
        unmarked: false,
        bad: None,
    };
    loop {
        match walk.next_frame() {
            Ok(Some(frame)) if frame.kind == MARK_KIND => found.unmarked = false,
            Ok(Some(frame)) => {
                let (offset, len) = (frame.offset, frame.payload.len() as u32);
                found.end = Some(Location { segment, offset, len }.end());
                found.unmarked = true;
            }
            Ok(None) => return Ok(found),
            Err(Stop::Bad { offset, why }) => {
                found.bad = Some((offset, why.to_string()));
                return Ok(found);
            }
            Err(Stop::Disk(error)) => return Err(StoreError::io("read", segment_file(segment), error)),
        }
    }
}

/// Begins a new segment, durably. After an error its file is gone again, unless removing it failed too, which the
/// inner error tells.
pub(crate) fn begin_segment(disk: &dyn Disk, segment: u32) -> Result<(), (StoreError, io::Result<()>)> {
    let file = segment_file(segment);
    let begun = disk
        .create(&file)
        .and_then(|()| disk.append(&file, &crate::frame::segment_header(segment)))
        .and_then(|()| disk.sync(&file))
        // Without it the records of the new segment could be on the disk and the file's name not.
        .and_then(|()| disk.sync_dir(SEGMENTS_FOLDER));
    begun.map_err(|error| {
        let removed = match disk.remove(&file) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        (StoreError::io("begin", file, error), removed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_file_names_are_segments() {
        for (name, number) in [
            ("00000001.seg", Some(1)),
            ("99999999.seg", Some(99_999_999)),
            ("00000000.seg", None),
            ("1.seg", None),
            ("+0000001.seg", None),
            ("00000001.seg.new", None),
            ("000000001.seg", None),
            ("readme", None),
        ] {
            assert_eq!(segment_number(name), number, "{name}");
        }
    }
}
