//! [`MemoryDisk`]: a disk in memory that loses unsynced bytes, fills up and fails when told to.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::Disk;

/// Bytes that reach a disk together. In a crash each such piece of what was not synced is there or is zeros.
const PAGE_BYTES: usize = 512;

/// A disk in memory for simulation and tests. Clones share the same files, so a node can be dropped and opened
/// again on the same disk. All that happens to it is decided by its caller.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Content>,
    /// Files removed from a folder that was not synced since: a crash may bring them back.
    removed: BTreeMap<String, Content>,
    /// Bytes that still fit, if the disk is limited.
    room: Option<u64>,
    syncs_fail: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    /// Shared with copies of the disk until it is written to.
    bytes: Arc<Vec<u8>>,
    /// How many of the bytes survive any crash.
    synced: usize,
    /// Whether the file's name survives any crash.
    entered: bool,
}

impl MemoryDisk {
    /// An empty disk without limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another disk with the same files, durable there. What neither writes to stands in memory once.
    #[must_use]
    pub fn copy(&self) -> Self {
        let files = self.state().files.clone();
        let durable = |(name, content): (String, Content)| {
            let content = Content {
                synced: content.bytes.len(),
                entered: true,
                ..content
            };
            (name, content)
        };
        Self(Arc::new(Mutex::new(State {
            files: files.into_iter().map(durable).collect(),
            ..State::default()
        })))
    }

    /// Cuts the power: synced bytes stay, and `choose` decides the fate of the rest. It is called with an upper
    /// bound `n` and returns a number below it: how many of a file's unsynced bytes survive, which of their pages
    /// hold zeros since they were not written in order, and whether a creation or removal in an unsynced folder
    /// happened.
    pub fn crash(&self, choose: &mut dyn FnMut(u64) -> u64) {
        let mut state = self.state();
        let State { files, removed, .. } = &mut *state;
        for (name, content) in std::mem::take(removed) {
            if choose(2) == 1 {
                files.entry(name).or_insert(content);
            }
        }
        files.retain(|_, content| content.entered || choose(2) == 1);
        for content in files.values_mut() {
            let unsynced = content.bytes.len() - content.synced;
            let kept = (choose(unsynced as u64 + 1) as usize).min(unsynced);
            let bytes = Arc::make_mut(&mut content.bytes);
            bytes.truncate(content.synced + kept);
            for page in bytes[content.synced..].chunks_mut(PAGE_BYTES) {
                if choose(8) == 1 {
                    page.fill(0);
                }
            }
            content.synced = content.bytes.len();
            content.entered = true;
        }
        state.syncs_fail = false;
    }

    /// Lets `bytes` more bytes be written; what goes beyond is refused as on a full disk, after as much of it as
    /// fits was written.
    pub fn fail_writes_after(&self, bytes: u64) {
        self.state().room = Some(bytes);
    }

    /// Ends the effect of [`Self::fail_writes_after`]: there is room again.
    pub fn allow_writes(&self) {
        self.state().room = None;
    }

    /// Makes every sync fail, or succeed again.
    pub fn fail_syncs(&self, fail: bool) {
        self.state().syncs_fail = fail;
    }

    /// All files, by their whole names.
    pub fn names(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// The bytes of a file as a reader sees them; `None` if it is not there.
    pub fn contents(&self, file: &str) -> Option<Vec<u8>> {
        self.state().files.get(file).map(|content| content.bytes.to_vec())
    }

    /// Sets the bytes of a file, durably, behind the back of whoever uses it: damage, or a restored backup.
    pub fn set_contents(&self, file: &str, bytes: Vec<u8>) {
        let content = Content {
            synced: bytes.len(),
            bytes: Arc::new(bytes),
            entered: true,
        };
        self.state().files.insert(file.to_owned(), content);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn file(&mut self, file: &str) -> io::Result<&mut Content> {
        self.files
            .get_mut(file)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn check_sync(&self) -> io::Result<()> {
        if self.syncs_fail {
            Err(io::Error::other("the disk failed to sync"))
        } else {
            Ok(())
        }
    }
}

/// The folder part of a file's name.
fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Disk for MemoryDisk {
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        let names = state.files.keys().filter(|file| folder_of(file) == folder);
        Ok(names
            .map(|file| file.rsplit('/').next().unwrap_or(file).to_owned())
            .collect())
    }

    fn create_folder(&self, _folder: &str) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, file: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.files.contains_key(file) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.insert(file.to_owned(), Content::default());
        Ok(())
    }

    fn len(&self, file: &str) -> io::Result<u64> {
        Ok(self.state().file(file)?.bytes.len() as u64)
    }

    fn read_at(&self, file: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut state = self.state();
        let bytes = &state.file(file)?.bytes;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let found = start
            .checked_add(buffer.len())
            .and_then(|end| bytes.get(start..end));
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn append(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let room = state.room.unwrap_or(u64::MAX);
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        Arc::make_mut(&mut state.file(file)?.bytes).extend_from_slice(&bytes[..fits]);
        state.room = state.room.map(|room| room - fits as u64);
        if fits < bytes.len() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    fn sync(&self, file: &str) -> io::Result<()> {
        let mut state = self.state();
        state.check_sync()?;
        let content = state.file(file)?;
        content.synced = content.bytes.len();
        Ok(())
    }

    fn truncate(&self, file: &str, len: u64) -> io::Result<()> {
        let mut state = self.state();
        let content = state.file(file)?;
        Arc::make_mut(&mut content.bytes).resize(len as usize, 0);
        content.synced = content.synced.min(content.bytes.len());
        Ok(())
    }

    fn overwrite(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.check_sync()?;
        let content = state.file(file)?;
        let all = Arc::make_mut(&mut content.bytes);
        all.resize(all.len().max(bytes.len()), 0);
        all[..bytes.len()].copy_from_slice(bytes);
        content.synced = content.synced.max(bytes.len());
        Ok(())
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        let mut state = self.state();
        let content = state.files.remove(file).ok_or(io::ErrorKind::NotFound)?;
        if content.entered {
            state.removed.insert(file.to_owned(), content);
        }
        Ok(())
    }

    fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.check_sync()?;
        if let Some(room) = state.room {
            let room = room
                .checked_sub(bytes.len() as u64)
                .ok_or(io::ErrorKind::StorageFull)?;
            state.room = Some(room);
        }
        state.removed.remove(file);
        let content = Content {
            bytes: Arc::new(bytes.to_vec()),
            synced: bytes.len(),
            entered: true,
        };
        state.files.insert(file.to_owned(), content);
        Ok(())
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        let mut state = self.state();
        state.check_sync()?;
        state.removed.retain(|file, _| folder_of(file) != folder);
        for (file, content) in &mut state.files {
            if folder_of(file) == folder {
                content.entered = true;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_keeps_what_was_synced_and_as_much_of_the_rest_as_chosen() {
        let disk = MemoryDisk::new();
        disk.create("f").unwrap();
        disk.sync_dir("").unwrap();
        disk.append("f", b"synced").unwrap();
        disk.sync("f").unwrap();
        disk.append("f", b"lost").unwrap();
        let mut asked = Vec::new();
        disk.crash(&mut |n| {
            asked.push(n);
            if n == 5 { 2 } else { 0 }
        });
        assert_eq!(disk.contents("f").unwrap(), b"syncedlo");
        assert_eq!(asked, [5, 8]);
    }

    #[test]
    fn a_name_in_an_unsynced_folder_may_vanish_or_come_back() {
        for (choice, left) in [(0, vec!["old"]), (1, vec!["gone", "new", "old"])] {
            let disk = MemoryDisk::new();
            disk.set_contents("d/old", b"1".to_vec());
            disk.set_contents("d/gone", b"2".to_vec());
            disk.create("d/new").unwrap();
            disk.remove("d/gone").unwrap();
            disk.crash(&mut |n| if n == 2 { choice } else { 0 });
            assert_eq!(disk.list("d").unwrap(), left);
        }
    }

    #[test]
    fn a_full_disk_writes_what_fits_and_says_so() {
        let disk = MemoryDisk::new();
        disk.create("f").unwrap();
        disk.fail_writes_after(3);
        assert_eq!(
            disk.append("f", b"hello").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert_eq!(disk.contents("f").unwrap(), b"hel");
        assert_eq!(
            disk.replace("g", b"x").unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        disk.allow_writes();
        disk.append("f", b"p").unwrap();
        assert_eq!(disk.contents("f").unwrap(), b"help");
    }
}
