//! [`Store`]: a log and its index in one folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::buffered_index::BufferedIndex;
use crate::disk::{Disk, read_small};
use crate::error::StoreError;
use crate::frame::{RecordKind, SEGMENT_HEADER_BYTES};
use crate::index::Index;
use crate::limits::{INDEX_BUFFER_BYTES_DEFAULT, INDEX_CACHE_BYTES_DEFAULT, SEGMENT_BYTES_DEFAULT};
use crate::lock::FolderLock;
use crate::opening::{Evidence, IndexState, Opening, judge};
use crate::position::{Location, LogPosition};
use crate::position_file::PositionFile;
use crate::reader::{Record, Scan, SegmentReader};
use crate::real_disk::{RealDisk, sync_folder};
use crate::second_index::{self, SecondIndex};
use crate::segments::{SegmentOptions, Segments};
use crate::sled_index::{SledIndex, Unusable};
use crate::walk::{SEGMENTS_FOLDER, segment_file};

/// The version of the folder's layout, and the newest known.
pub const STORE_FORMAT: u32 = 1;

/// The file that tells the version: this text, the number, and a line feed.
const FORMAT_FILE: &str = "format";
const FORMAT_TEXT: &str = "soxa-store/";

/// The folder of the index, below the store's own.
const INDEX_FOLDER: &str = "index";

/// How to open a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoreOptions {
    /// Bytes after which a new segment is begun.
    pub segment_bytes: u64,
    /// Bytes of memory the index may use for its cache.
    pub index_cache_bytes: u64,
    /// Bytes of changes to the index that are gathered in memory before they are written.
    pub index_buffer_bytes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            index_cache_bytes: INDEX_CACHE_BYTES_DEFAULT,
            index_buffer_bytes: INDEX_BUFFER_BYTES_DEFAULT,
        }
    }
}

/// A log of records and an index over it. All methods may be called from several threads; reading never waits for
/// writing.
///
/// Dropping a store without [`Store::close`] loses nothing that was synced, but the next start has to replay.
pub struct Store {
    disk: Arc<dyn Disk>,
    log: Mutex<Segments>,
    reader: SegmentReader,
    index: Box<dyn Index>,
    options: StoreOptions,
    /// The folder; none when it was opened from parts.
    folder: Option<PathBuf>,
    /// Held while `index.position` is changed, so that no checkpoint of an index that was cleared is written.
    checkpointing: Mutex<()>,
    /// Declared last, so that it is dropped last: the folder is free when everything in it is closed.
    _lock: Option<FolderLock>,
}

impl Store {
    /// Makes an empty store in a folder, which is created where needed.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyInitialised`] if there is one, [`StoreError::FormatUnknown`] if there are segments
    /// without a format file.
    pub fn create(folder: &Path) -> Result<(), StoreError> {
        let failed = |op| move |error| StoreError::io(op, folder.to_string_lossy(), error);
        fs::create_dir_all(folder).map_err(failed("create"))?;
        let _lock = FolderLock::take(folder)?;
        initialise(&RealDisk::new(folder), folder)?;
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => {
                sync_folder(parent).map_err(failed("sync the name of"))
            }
            _ => Ok(()),
        }
    }

    /// Opens the store in a folder. The caller then replays what [`Opening::replay_from`] asks for.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotInitialised`], [`StoreError::FormatUnknown`], [`StoreError::NewerFormat`],
    /// [`StoreError::InUse`], [`StoreError::Damaged`].
    pub fn open(folder: &Path, options: StoreOptions) -> Result<(Self, Opening), StoreError> {
        let disk = Arc::new(RealDisk::new(folder));
        // Before the lock: where there is no store, nothing is to be created.
        check_format(&*disk, folder)?;
        let lock = FolderLock::take(folder)?;
        second_index::sweep(folder);
        let (index, unusable) = SledIndex::open(&folder.join(INDEX_FOLDER), options.index_cache_bytes)?;
        let index = BufferedIndex::new(index, options.index_buffer_bytes);
        let (mut store, opening) = Self::assemble(disk, Box::new(index), unusable, options, Some(lock))?;
        store.folder = Some(folder.to_owned());
        Ok((store, opening))
    }

    /// Opens a store on a disk and an index of the caller's, without a lock. A blank disk is initialised.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn from_parts(
        disk: Arc<dyn Disk>,
        index: Box<dyn Index>,
        options: StoreOptions,
    ) -> Result<(Self, Opening), StoreError> {
        match check_format(&*disk, Path::new("")) {
            Err(StoreError::NotInitialised { .. }) => initialise(&*disk, Path::new(""))?,
            checked => checked?,
        }
        Self::assemble(disk, index, None, options, None)
    }

    fn assemble(
        disk: Arc<dyn Disk>,
        index: Box<dyn Index>,
        unusable: Option<Unusable>,
        options: StoreOptions,
        lock: Option<FolderLock>,
    ) -> Result<(Self, Opening), StoreError> {
        let clean = PositionFile::Clean.read(&*disk)?;
        let checkpoint = PositionFile::Checkpoint.read(&*disk)?;
        let segment_bytes = options.segment_bytes;
        // Both are written only after the log was synced that far.
        let at_least = clean
            .position()
            .max(checkpoint.position())
            .unwrap_or(LogPosition::ZERO);
        let (log, report) = Segments::open(
            Arc::clone(&disk),
            SegmentOptions {
                segment_bytes,
                at_least,
            },
        )?;

        let index_position = match (unusable, index.position()) {
            (Some(Unusable(why)), _) | (None, Err(StoreError::Index { why, .. })) => Err(why),
            (None, position) => Ok(position?),
        };
        let evidence = Evidence {
            index: index_position,
            checkpoint,
            clean: clean.position().is_some(),
            log_end: log.end(),
        };
        let (state, replay_from) = judge(evidence);
        let store = Self {
            reader: log.reader(),
            log: Mutex::new(log),
            disk,
            index,
            options,
            folder: None,
            checkpointing: Mutex::new(()),
            _lock: lock,
        };
        if let IndexState::Cleared(why) = &state {
            tracing::warn!(%why, "the index is rebuilt from the log");
            store.start_rebuild()?;
        }
        // Only now that the store is good: an attempt that failed has changed nothing.
        PositionFile::Clean.remove(&*store.disk)?;
        if let Some(cut) = &report.cut {
            tracing::warn!(
                file = cut.file,
                offset = cut.offset,
                bytes = cut.bytes,
                "a torn tail was cut"
            );
        }
        if let Some(shortened) = &report.shortened {
            tracing::warn!(was = %shortened.was, is = %shortened.is, "the log lost records that were synced");
        }
        let opening = Opening {
            cut: report.cut,
            shortened: report.shortened,
            index: state,
            replay_from,
        };
        Ok((store, opening))
    }

    /// Appends records, all or none, and returns when they are on the disk: one sync for all of them.
    ///
    /// # Errors
    ///
    /// As [`Segments::append`] and [`Segments::sync`].
    pub fn append_and_sync(&self, records: &[(RecordKind, &[u8])]) -> Result<Vec<Location>, StoreError> {
        let mut log = self.log();
        let locations = log.append(records)?;
        log.sync()?;
        Ok(locations)
    }

    /// Appends records, all or none. They may be lost until [`Store::sync`] returns; nothing may be told about
    /// them, and no index batch with their position applied, before.
    ///
    /// # Errors
    ///
    /// As [`Segments::append`].
    pub fn append_unsynced(&self, records: &[(RecordKind, &[u8])]) -> Result<Vec<Location>, StoreError> {
        self.log().append(records)
    }

    /// Makes durable all that was appended and returns the end of the last record.
    ///
    /// # Errors
    ///
    /// As [`Segments::sync`].
    pub fn sync(&self) -> Result<LogPosition, StoreError> {
        self.log().sync()
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

    /// The index.
    pub fn index(&self) -> &dyn Index {
        &*self.index
    }

    /// An empty index beside the store's own, in its folder or, when it was opened from parts, in memory. One at a time.
    ///
    /// # Errors
    ///
    /// [`StoreError::Index`], [`StoreError::Full`], [`StoreError::Io`]; [`StoreError::InUse`] while there is another.
    pub fn second_index(&self) -> Result<SecondIndex, StoreError> {
        match &self.folder {
            Some(folder) => SecondIndex::below(folder, self.options),
            None => Ok(SecondIndex::in_memory()),
        }
    }

    /// Makes the index durable and remembers its position, from which the next start replays if it follows an
    /// unclean stop. Returns that position.
    ///
    /// # Errors
    ///
    /// [`StoreError::Index`], [`StoreError::Full`], [`StoreError::Io`]; the earlier checkpoint then still stands.
    pub fn checkpoint(&self) -> Result<Option<LogPosition>, StoreError> {
        let _checkpointing = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        let durable = self.index.make_durable()?;
        if let Some(position) = durable {
            PositionFile::Checkpoint.write(&*self.disk, position)?;
        }
        Ok(durable)
    }

    /// The position of the last checkpoint, if there is a readable one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn durable_position(&self) -> Result<Option<LogPosition>, StoreError> {
        Ok(PositionFile::Checkpoint.read(&*self.disk)?.position())
    }

    /// Empties the index. The caller then replays the whole log, from [`LogPosition::ZERO`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Index`], [`StoreError::Full`], [`StoreError::Io`].
    pub fn start_rebuild(&self) -> Result<(), StoreError> {
        let _checkpointing = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        // First, or a crash in between leaves a checkpoint that vouches for an index that is no more.
        PositionFile::Checkpoint.remove(&*self.disk)?;
        self.index.clear()
    }

    /// Ends orderly: syncs the log, makes the index durable and marks the store as clean, so that the next start
    /// has nothing to repeat. Nothing can be appended afterwards.
    ///
    /// # Errors
    ///
    /// Whatever failed; the stop is then an unclean one.
    pub fn close(&self) -> Result<(), StoreError> {
        let mut log = self.log();
        let end = log.settle()?;
        log.stop("it was closed");
        self.checkpoint()?;
        PositionFile::Clean.write(&*self.disk, end)
    }

    fn log(&self) -> MutexGuard<'_, Segments> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an empty store on a disk. The format file comes last: without it there is no store yet.
fn initialise(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    match check_format(disk, folder) {
        Err(StoreError::NotInitialised { .. }) => {}
        Ok(()) | Err(StoreError::NewerFormat { .. }) => {
            return Err(StoreError::AlreadyInitialised {
                folder: folder.to_owned(),
            });
        }
        Err(error) => return Err(error),
    }
    // Of an attempt that was interrupted.
    match disk.remove(&segment_file(1)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", segment_file(1), error));
        }
        _ => {}
    }
    Segments::create(disk)?;
    disk.replace(FORMAT_FILE, format!("{FORMAT_TEXT}{STORE_FORMAT}\n").as_bytes())
        .map_err(|error| StoreError::io("write", FORMAT_FILE, error))
}

/// Checks that there is a store on a disk and that its format is known.
fn check_format(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    let unknown = |what| StoreError::FormatUnknown {
        folder: folder.to_owned(),
        what,
    };
    let read = read_small(disk, FORMAT_FILE).map_err(|error| StoreError::io("read", FORMAT_FILE, error))?;
    let Some(bytes) = read else {
        return Err(if has_segments(disk)? {
            unknown("is missing")
        } else {
            StoreError::NotInitialised {
                folder: folder.to_owned(),
            }
        });
    };
    let text = str::from_utf8(&bytes).ok();
    let number = text.and_then(|text| text.strip_prefix(FORMAT_TEXT)?.strip_suffix('\n')?.parse().ok());
    match number {
        Some(STORE_FORMAT) => Ok(()),
        Some(found) if found > STORE_FORMAT => Err(StoreError::NewerFormat {
            file: FORMAT_FILE.to_owned(),
            found,
            known: STORE_FORMAT,
        }),
        _ => Err(unknown("is unreadable")),
    }
}

/// Whether a disk without a format file holds segments all the same. One that holds no record is what an
/// interrupted creation leaves.
fn has_segments(disk: &dyn Disk) -> Result<bool, StoreError> {
    let names = disk
        .list(SEGMENTS_FOLDER)
        .map_err(|error| StoreError::io("list", SEGMENTS_FOLDER, error))?;
    for name in names {
        let file = format!("{SEGMENTS_FOLDER}/{name}");
        let len = disk
            .len(&file)
            .map_err(|error| StoreError::io("measure", file.as_str(), error))?;
        if file != segment_file(1) || len > SEGMENT_HEADER_BYTES as u64 {
            return Ok(true);
        }
    }
    Ok(false)
}
