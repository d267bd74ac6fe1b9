//! [`Attachments`]: files that records name by their hashes, each under its hash, beside the log.
//!
//! | name | what |
//! | --- | --- |
//! | `attachments/ab/abcd…` | the stored bytes, of which `abcd…` is the SHA-256 in hexadecimal digits |
//! | `attachments/ab/abcd….key` | 32 bytes: the key of a sealed file. Without it nobody can read the file |
//! | `attachments/begun/abcd…` | the first bytes of a file that is still to come |
//! | `attachments/handed/abcd…` | nothing: somebody handed the file in, and no act is known to name it yet |
//!
//! A file appears as one step and durably, its key before it: a crash leaves the whole file or none. It is checked by its hash
//! whenever it is read, so that damage is told and what is damaged is never passed on; others hold the same bytes. What has
//! begun is checked when it is whole, and a lost or torn end of it costs a repetition.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use soxa_ledger::FileHash;
use soxa_ledger::limits::FILE_BYTES_MAX;

use crate::disk::Disk;
use crate::error::StoreError;
use crate::limits::BEGUN_FILES_MAX;
use crate::real_disk::RealDisk;

/// The folder, below the store's own.
const FOLDER: &str = "attachments";
/// Below it, what is still to come.
const BEGUN: &str = "attachments/begun";
/// Below it, an empty file for each one that an act is still to name.
const HANDED: &str = "attachments/handed";
/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The attachments of a store.
#[derive(Clone)]
pub struct Attachments {
    disk: Arc<dyn Disk>,
}

/// One attachment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The bytes, which give its hash.
    pub bytes: Vec<u8>,
    /// The key of a sealed file.
    pub key: Option<[u8; 32]>,
}

impl Attachments {
    /// Those on a disk.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// Those of the store in a folder.
    pub fn of_store(folder: &Path) -> Self {
        Self::new(Arc::new(RealDisk::new(folder)))
    }

    /// Keeps a file, durably. What has begun of it is not needed any more.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`], [`StoreError::Full`], [`StoreError::Io`]; then the file is held as before, or not at all.
    pub fn put(&self, bytes: &[u8], key: Option<&[u8; 32]>) -> Result<FileHash, StoreError> {
        within(bytes.len() as u64)?;
        let file = FileHash::of(bytes);
        let (folder, name) = (folder_of(&file), name_of(&file));
        let made = self.disk.create_folder(&folder);
        made.and_then(|()| self.disk.sync_dir(FOLDER))
            .map_err(|error| StoreError::io("create", folder, error))?;
        if let Some(key) = key {
            let name = key_name_of(&file);
            let kept = self.disk.replace(&name, key);
            kept.map_err(|error| StoreError::io("write", name, error))?;
        }
        let kept = self.disk.replace(&name, bytes);
        kept.map_err(|error| StoreError::io("write", name, error))?;
        self.give_up(&file)?;
        Ok(file)
    }

    /// Keeps a file that an act is to name, durably, and notes that none does yet, so that it can be found should the act never
    /// come. Whether it was noted: what is here without a note is not to be found so.
    ///
    /// The note itself is not synced: file systems with a journal write it no later than the file.
    ///
    /// # Errors
    ///
    /// As for [`Attachments::put`].
    pub fn hand_in(&self, bytes: &[u8], key: Option<&[u8; 32]>) -> Result<bool, StoreError> {
        let file = FileHash::of(bytes);
        let note = handed_name_of(&file);
        if self.len(&note)?.is_none() {
            if self.holds(&file)? {
                return Ok(false);
            }
            let made = self.disk.create_folder(HANDED);
            made.and_then(|()| self.disk.create(&note))
                .map_err(|error| StoreError::io("create", note, error))?;
        }
        self.put(bytes, key)?;
        Ok(true)
    }

    /// An act names a file that was handed in.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn settle(&self, file: &FileHash) -> Result<(), StoreError> {
        self.remove_file(&handed_name_of(file)).map(drop)
    }

    /// The files that were handed in and not settled, and those of which a part is here, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn unsettled(&self) -> Result<BTreeSet<FileHash>, StoreError> {
        let mut files = BTreeSet::new();
        for folder in [HANDED, BEGUN] {
            let listed = self.disk.list(folder);
            let names = listed.map_err(|error| StoreError::io("list", folder, error))?;
            files.extend(names.iter().filter_map(|name| name.parse::<FileHash>().ok()));
        }
        Ok(files)
    }

    /// Whether there is a file of this name, whole or damaged.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn holds(&self, file: &FileHash) -> Result<bool, StoreError> {
        Ok(self.len(&name_of(file))?.is_some())
    }

    /// A file; none when it is not here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the bytes do not give the hash; [`StoreError::Io`].
    pub fn get(&self, file: &FileHash) -> Result<Option<Attachment>, StoreError> {
        let name = name_of(file);
        let Some(bytes) = self.read(&name)? else {
            return Ok(None);
        };
        if FileHash::of(&bytes) != *file {
            return Err(StoreError::damaged(name, 0, "the bytes do not give the hash"));
        }
        let key = self.read(&key_name_of(file))?;
        // A key of another length is none; that it is the right one is shown by the file.
        let key = key.and_then(|key| key.try_into().ok());
        Ok(Some(Attachment { bytes, key }))
    }

    /// Erases a file, its key and what has begun of it, durably. Whether any of it was here.
    ///
    /// The key is overwritten where it stands before it is removed, and the bytes, which say nothing without it, are removed. A
    /// file system or a device that writes elsewhere keeps the old key until that place is used again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]; then some of it may be gone, the key first.
    pub fn erase(&self, file: &FileHash) -> Result<bool, StoreError> {
        let key = key_name_of(file);
        match self.disk.overwrite(&key, &[0; KEY_BYTES]) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("overwrite", key, error));
            }
            _ => {}
        }
        // The key first: what remains of an attempt that was interrupted cannot be read.
        let kept = self.remove_file(&key)? | self.remove_file(&name_of(file))?;
        if kept {
            let folder = folder_of(file);
            let synced = self.disk.sync_dir(&folder);
            synced.map_err(|error| StoreError::io("sync", folder, error))?;
        }
        let kept = self.remove_file(&begun_name_of(file))? | kept;
        self.settle(file)?;
        Ok(kept)
    }

    /// How many bytes of a file that is still to come are here.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn begun(&self, file: &FileHash) -> Result<u64, StoreError> {
        Ok(self.len(&begun_name_of(file))?.unwrap_or(0))
    }

    /// Adds bytes of a file that is still to come, when these are the ones that follow. Returns how many are here then. They
    /// are not synced: what is lost of them is asked for again.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`], [`StoreError::Full`], [`StoreError::Io`].
    pub fn add(&self, file: &FileHash, at: u64, bytes: &[u8]) -> Result<u64, StoreError> {
        let name = begun_name_of(file);
        let begun = match self.len(&name)? {
            Some(begun) => begun,
            None => {
                self.make_room()?;
                let made = self.disk.create_folder(BEGUN);
                made.and_then(|()| self.disk.create(&name))
                    .map_err(|error| StoreError::io("create", name.as_str(), error))?;
                0
            }
        };
        if at != begun {
            return Ok(begun);
        }
        let grown = begun.saturating_add(bytes.len() as u64);
        within(grown)?;
        let added = self.disk.append(&name, bytes);
        added.map_err(|error| StoreError::io("write", name, error))?;
        Ok(grown)
    }

    /// The bytes of a file that has come whole; none when what came is not that file: it is then forgotten.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn whole(&self, file: &FileHash) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.read(&begun_name_of(file))?.unwrap_or_default();
        if FileHash::of(&bytes) == *file {
            return Ok(Some(bytes));
        }
        self.give_up(file)?;
        Ok(None)
    }

    /// Forgets what has begun of a file.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`].
    pub fn give_up(&self, file: &FileHash) -> Result<(), StoreError> {
        self.remove_file(&begun_name_of(file)).map(drop)
    }

    /// So that what nobody goes on with does not fill the disk.
    fn make_room(&self) -> Result<(), StoreError> {
        let listed = self.disk.list(BEGUN);
        let begun = listed.map_err(|error| StoreError::io("list", BEGUN, error))?;
        let many = (begun.len() + 1).saturating_sub(BEGUN_FILES_MAX);
        for name in begun.iter().take(many) {
            self.remove_file(&format!("{BEGUN}/{name}"))?;
        }
        Ok(())
    }

    fn len(&self, name: &str) -> Result<Option<u64>, StoreError> {
        match self.disk.len(name) {
            Ok(len) => Ok(Some(len)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("measure", name, error)),
        }
    }

    /// As much of a file as a file may have: what is longer does not give its hash.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(len) = self.len(name)? else {
            return Ok(None);
        };
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(FILE_BYTES_MAX)];
        let read = self.disk.read_at(name, 0, &mut bytes);
        read.map_err(|error| StoreError::io("read", name, error))?;
        Ok(Some(bytes))
    }

    /// Whether it was there.
    fn remove_file(&self, name: &str) -> Result<bool, StoreError> {
        match self.disk.remove(name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("remove", name, error)),
        }
    }
}

fn within(bytes: u64) -> Result<(), StoreError> {
    if bytes <= FILE_BYTES_MAX as u64 {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        what: "a file",
        found: bytes,
        limit: FILE_BYTES_MAX as u64,
    })
}

fn folder_of(file: &FileHash) -> String {
    let [first, ..] = file.0;
    format!("{FOLDER}/{first:02x}")
}

fn name_of(file: &FileHash) -> String {
    format!("{}/{file}", folder_of(file))
}

fn key_name_of(file: &FileHash) -> String {
    format!("{}.key", name_of(file))
}

fn begun_name_of(file: &FileHash) -> String {
    format!("{BEGUN}/{file}")
}

fn handed_name_of(file: &FileHash) -> String {
    format!("{HANDED}/{file}")
}
