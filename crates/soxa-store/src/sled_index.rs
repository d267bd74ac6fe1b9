//! [`SledIndex`]: the index on disk. The only file that calls sled.
//!
//! sled 0.34 is a beta that answers damage to its files with errors, panics and, rarely, with older data. Three
//! things make that bearable. Its own sync does not flush the disk's cache, so [`Index::make_durable`] syncs its
//! files itself. Every call is guarded: a panic becomes an error and marks the index as unusable for the next start.
//! And nothing lives only here, so an unusable index is put aside and an empty one takes its place.
//!
//! Each index lives in a numbered folder of its own and is never cleared in place: sled's worker threads may still
//! write snapshots by path into the folder of an index that was dropped a moment ago.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::error::StoreError;
use crate::index::{Batch, Entry, Index, Keyspace, scan_start};
use crate::index_folder::{discard, numbered, numbers, sweep_torn_snapshots};
use crate::limits::{ATOMIC_CHANGES_MAX, INDEX_LOCK_ATTEMPTS, INDEX_LOCK_RETRY_MS};
use crate::position::LogPosition;
use crate::real_disk::sync_folder;

/// The stored key of the position: keyspace 0, which no caller has, and an empty key.
const POSITION_KEY: &[u8] = &[0];

/// A file beside the numbered folders that says: do not use the present index again.
const UNUSABLE_FILE: &str = "unusable";

/// An index kept by sled in a folder.
pub struct SledIndex {
    folder: PathBuf,
    cache_bytes: u64,
    open: RwLock<Open>,
    /// The blob files that are on the disk for certain.
    synced_blobs: Mutex<HashSet<PathBuf>>,
}

/// The index in use.
struct Open {
    number: u32,
    /// `None` after a failure; only clearing helps then.
    db: Option<sled::Db>,
}

/// Why an index was put aside when it was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unusable(pub String);

impl SledIndex {
    /// Opens the index in a folder, or begins one. An index that sled cannot open is put aside for an empty one,
    /// and the reason is returned beside it.
    ///
    /// `cache_bytes` bounds sled's memory.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if another handle has it open, [`StoreError::Index`] or [`StoreError::Full`] where the
    /// system and not the index is at fault.
    pub fn open(folder: &Path, cache_bytes: u64) -> Result<(Self, Option<Unusable>), StoreError> {
        fs::create_dir_all(folder)
            .map_err(|error| StoreError::io("create", folder.to_string_lossy(), error))?;
        let numbers =
            numbers(folder).map_err(|error| StoreError::io("list", folder.to_string_lossy(), error))?;
        let number = numbers.last().copied().unwrap_or(1);
        for &older in numbers.iter().filter(|&&older| older != number) {
            discard(folder, older);
        }
        let index = Self {
            folder: folder.to_owned(),
            cache_bytes,
            open: RwLock::new(Open { number, db: None }),
            synced_blobs: Mutex::default(),
        };
        let opened = if folder.join(UNUSABLE_FILE).exists() {
            Err(Failure::Unusable("it failed while it was in use".to_owned()))
        } else {
            open_db(folder, number, cache_bytes)
        };
        match opened {
            Ok(db) => {
                index.open.write().unwrap_or_else(PoisonError::into_inner).db = Some(db);
                Ok((index, None))
            }
            Err(Failure::Unusable(why)) => {
                tracing::warn!(folder = %folder.display(), why, "the index is unusable and begins anew");
                index.clear()?;
                Ok((index, Some(Unusable(why))))
            }
            Err(failure) => Err(failure.into_error("be opened", folder)),
        }
    }

    /// Runs one operation of sled. After a failure the index refuses everything until it is cleared or opened
    /// again: sled promises nothing about its state then.
    fn run<T>(
        &self,
        op: &'static str,
        operation: impl FnOnce(&sled::Db) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.run_numbered(op, |db, _| operation(db))
    }

    /// As [`Self::run`], for operations that must know which index they run on.
    fn run_numbered<T>(
        &self,
        op: &'static str,
        operation: impl FnOnce(&sled::Db, u32) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let (failed, failure) = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            let Some(db) = &open.db else {
                return Err(StoreError::Index {
                    op,
                    why: "it failed before".to_owned(),
                });
            };
            match guarded(|| operation(db, open.number)) {
                Ok(done) => return Ok(done),
                Err(failure) => (open.number, failure),
            }
        };
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have cleared it meanwhile; the new one is good.
        if open.number == failed
            && let Some(db) = open.db.take()
        {
            close_db(db);
        }
        if let (Failure::Unusable(_), true) = (&failure, open.number == failed)
            && let Err(error) = fs::write(self.folder.join(UNUSABLE_FILE), b"")
        {
            tracing::warn!(%error, "the index could not be marked as unusable");
        }
        Err(failure.into_error(op, &self.folder))
    }

    /// Makes the changes of a large batch in the order of their keys. For sled that takes half the disk and a tenth of the
    /// memory of one atomic step. Meanwhile the index has no position, so one that was left in between is begun anew.
    fn apply_one_by_one(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        // Of several changes for one key the last counts.
        let changes: BTreeMap<_, _> = batch.changes.into_iter().collect();
        self.run("apply a large batch", |db| {
            db.remove(POSITION_KEY)?;
            for (key, value) in changes {
                match value {
                    Some(value) => db.insert(key, value)?,
                    None => db.remove(key)?,
                };
            }
            db.insert(POSITION_KEY, position.to_bytes().as_slice())?;
            Ok(())
        })
    }

    /// Syncs the files that sled has written but not synced: its log, and the blobs, which hold what does not fit
    /// into a page.
    fn sync_files(&self, number: u32) -> io::Result<()> {
        let folder = numbered(&self.folder, number);
        let blobs = folder.join("blobs");
        let mut synced = self.synced_blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut present = HashSet::new();
        for entry in fs::read_dir(&blobs)? {
            let path = entry?.path();
            if !synced.contains(&path) {
                match File::open(&path).and_then(|blob| blob.sync_all()) {
                    // sled removes a blob when its value is replaced.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    synced => synced?,
                }
            }
            present.insert(path);
        }
        *synced = present;
        File::open(folder.join("conf"))?.sync_all()?;
        File::open(folder.join("db"))?.sync_all()?;
        sync_folder(&blobs)?;
        sync_folder(&folder)?;
        sync_folder(&self.folder)
    }
}

impl Index for SledIndex {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.run("get a value", |db| {
            Ok(db.get(keyspace.stored_key(key))?.map(|value| value.to_vec()))
        })
    }

    fn contains(&self, keyspace: Keyspace, key: &[u8]) -> Result<bool, StoreError> {
        self.run("look for a key", |db| {
            Ok(db.contains_key(keyspace.stored_key(key))?)
        })
    }

    fn scan(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let (start, excluded) = scan_start(keyspace, prefix, after);
        let stored_prefix = keyspace.stored_key(prefix);
        self.run("scan", |db| {
            let mut found = Vec::new();
            for entry in db.range(start.as_slice()..) {
                if found.len() >= limit {
                    break;
                }
                let (key, value) = entry?;
                if excluded && key == start {
                    continue;
                }
                if !key.starts_with(&stored_prefix) {
                    break;
                }
                found.push((key[1..].to_vec(), value.to_vec()));
            }
            Ok(found)
        })
    }

    fn apply(&self, batch: Batch, position: LogPosition) -> Result<(), StoreError> {
        batch.check_sizes()?;
        if batch.len() > ATOMIC_CHANGES_MAX {
            return self.apply_one_by_one(batch, position);
        }
        let mut changes = sled::Batch::default();
        for (key, value) in batch.changes {
            match value {
                Some(value) => changes.insert(key, value),
                None => changes.remove(key),
            }
        }
        changes.insert(POSITION_KEY, position.to_bytes().as_slice());
        self.run("apply a batch", |db| Ok(db.apply_batch(changes)?))
    }

    fn position(&self) -> Result<Option<LogPosition>, StoreError> {
        self.run("read its position", read_position)
    }

    fn make_durable(&self) -> Result<Option<LogPosition>, StoreError> {
        self.run_numbered("be made durable", |db, number| {
            // The position before the flush: what other threads apply meanwhile may or may not be in it.
            let position = read_position(db)?;
            db.flush()?;
            // Of a failed sync it is unknown what reached the disk, whatever the reason given.
            self.sync_files(number)
                .map_err(|error| Failure::Unusable(error.to_string()))?;
            Ok(position)
        })
    }

    fn clear(&self) -> Result<(), StoreError> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = open.db.take() {
            close_db(db);
        }
        let (old, new) = (open.number, open.number.saturating_add(1));
        let db = open_db(&self.folder, new, self.cache_bytes);
        open.db = Some(db.map_err(|failure| failure.into_error("begin anew", &self.folder))?);
        open.number = new;
        self.synced_blobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        // The old one goes first: while it is there and the mark is not, it would be taken for usable.
        if discard(&self.folder, old) {
            match fs::remove_file(self.folder.join(UNUSABLE_FILE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "the next start will begin the index anew once more");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = open.db.take() {
            close_db(db);
        }
    }
}

/// Why an operation of sled failed.
enum Failure {
    /// The files are damaged, or sled has a bug: this index must not be trusted any more.
    Unusable(String),
    /// The system refused a file operation: the index may be good.
    Outside(io::Error),
    /// Another handle has the index open.
    Locked,
}

impl Failure {
    fn into_error(self, op: &'static str, folder: &Path) -> StoreError {
        match self {
            Self::Outside(error) if crate::error::is_full(error.kind()) => StoreError::Full {
                op,
                file: folder.display().to_string(),
                source: error,
            },
            Self::Outside(error) => StoreError::Index {
                op,
                why: error.to_string(),
            },
            Self::Unusable(why) => StoreError::Index { op, why },
            Self::Locked => StoreError::InUse {
                folder: folder.to_owned(),
                pid: None,
            },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if is_outside(error.kind()) {
            Self::Outside(error)
        } else {
            Self::Unusable(error.to_string())
        }
    }
}

impl From<sled::Error> for Failure {
    fn from(error: sled::Error) -> Self {
        match error {
            // sled gives the lock's refusal no kind of its own.
            sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock") => Self::Locked,
            sled::Error::Io(error) => error.into(),
            other => Self::Unusable(other.to_string()),
        }
    }
}

/// Whether this error of the system says nothing about the files themselves.
fn is_outside(kind: io::ErrorKind) -> bool {
    crate::error::is_full(kind)
        || matches!(
            kind,
            io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::OutOfMemory
                | io::ErrorKind::Interrupted
        )
}

/// Runs code of sled and turns a panic into a failure. sled keeps no borrow of ours across the call, and after the
/// failure nothing of it is used again.
fn guarded<T>(operation: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(operation)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(Failure::Unusable(format!("sled panicked: {said}")))
    })
}

fn read_position(db: &sled::Db) -> Result<Option<LogPosition>, Failure> {
    let Some(bytes) = db.get(POSITION_KEY)? else {
        return Ok(None);
    };
    let position = LogPosition::from_bytes(&bytes);
    position
        .map(Some)
        .ok_or_else(|| Failure::Unusable("its position is unreadable".to_owned()))
}

fn open_db(folder: &Path, number: u32, cache_bytes: u64) -> Result<sled::Db, Failure> {
    let folder = numbered(folder, number);
    sweep_torn_snapshots(&folder)?;
    let mut attempts = 0;
    loop {
        let opened = guarded(|| {
            let config = sled::Config::new()
                .path(&folder)
                .cache_capacity(cache_bytes)
                .flush_every_ms(None);
            let db = config.open()?;
            // Also that it can be read: a good start may hide a bad page.
            read_position(&db)?;
            Ok(db)
        });
        attempts += 1;
        match opened {
            Err(Failure::Locked) if attempts < INDEX_LOCK_ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(INDEX_LOCK_RETRY_MS));
            }
            opened => return opened,
        }
    }
}

/// Drops a handle of sled, which flushes and may panic over damaged files.
fn close_db(db: sled::Db) {
    if let Err(Failure::Unusable(why)) = guarded(|| {
        drop(db);
        Ok(())
    }) {
        tracing::warn!(why, "the index was not closed properly");
    }
}
