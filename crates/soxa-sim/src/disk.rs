//! [`SimDisk`]: the disk in memory with a fuse. Power goes in the middle of a write, not between two calls.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use soxa_ledger::{Body, Run};
use soxa_store::{Disk, Location, LogPosition, MemoryDisk, Record, SegmentOptions, Segments, StoreError};

use crate::life_files::BESIDE;

/// Where the log is; its bytes are what "stored" rests on.
const LOG_FOLDER: &str = "segments/";

/// The files of a disk with their bytes.
pub(crate) type Image = Vec<(String, Vec<u8>)>;

/// A disk whose power can go, and that knows what of the log was synced.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimDisk {
    files: MemoryDisk,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Writes and syncs until the power goes.
    fuse: Option<u64>,
    out: bool,
    skips_syncs: bool,
    /// Bytes of each file of the log that were synced.
    synced: BTreeMap<String, usize>,
    /// Where the synced part ended when it was last looked through.
    looked: LogPosition,
}

fn no_power<T>() -> io::Result<T> {
    Err(io::Error::other("the power is cut"))
}

impl SimDisk {
    /// Another disk with the same files, all of them synced.
    pub fn copy(&self) -> Self {
        let copy = Self {
            files: self.files.copy(),
            state: Arc::default(),
        };
        let names = copy
            .files
            .list(LOG_FOLDER.trim_end_matches('/'))
            .unwrap_or_default();
        let logs = names.into_iter().filter_map(|name| {
            let name = format!("{LOG_FOLDER}{name}");
            let bytes = copy.files.len(&name).ok()?;
            Some((name, bytes as usize))
        });
        copy.state().synced = logs.collect();
        copy
    }

    /// The power goes at the write or sync after the next `count` ones.
    pub fn light_fuse(&self, count: u64) {
        self.state().fuse = Some(count);
    }

    /// Whether the power is gone.
    pub fn is_out(&self) -> bool {
        self.state().out
    }

    /// Sabotage: says "synced" and does nothing.
    pub fn skip_syncs(&self) {
        self.state().skips_syncs = true;
    }

    /// The power comes back. What was not synced when it went is lost, torn or there, as `choose` decides.
    pub fn power_returns(&self, choose: &mut dyn FnMut(u64) -> u64) {
        self.files.crash(choose);
        self.process_ends();
    }

    /// The process is gone, the system goes on: all that was written stays.
    pub fn process_ends(&self) {
        let mut state = self.state();
        state.fuse = None;
        state.out = false;
    }

    /// Lets so many more bytes be written.
    pub fn fill(&self, room: u64) {
        self.files.fail_writes_after(room);
    }

    /// There is room again.
    pub fn empty(&self) {
        self.files.allow_writes();
    }

    /// Whether an entry with this body is in the part of the log that was synced: read as after a loss of power, and not
    /// by the node that wrote it.
    pub fn has_synced(&self, body: &[u8]) -> bool {
        let Ok(log) = self.synced_log() else {
            return false;
        };
        // What was just stored lies behind what was looked at last, unless the log was cut since.
        let looked = std::mem::replace(&mut self.state().looked, log.end());
        let holds = |from| {
            let mut runs = log
                .scan(from)
                .map(|record| Run::decode(&record.ok()?.1.payload).ok());
            runs.any(|run| run.is_some_and(|run| run.entries.iter().any(|entry| entry.body[..] == *body)))
        };
        (looked <= log.end() && holds(looked)) || holds(LogPosition::ZERO)
    }

    /// The log as it would be found if all that was not synced were lost.
    fn synced_log(&self) -> Result<Segments, StoreError> {
        let files = MemoryDisk::new();
        Segments::create(&files)?;
        for (file, synced) in &self.state().synced {
            let mut content = self.files.contents(file).unwrap_or_default();
            content.truncate(*synced);
            files.set_contents(file, content);
        }
        Ok(Segments::open(Arc::new(files), SegmentOptions::default())?.0)
    }

    /// The bytes of a file; none if it is not there.
    pub fn contents(&self, file: &str) -> Option<Vec<u8>> {
        self.files.contents(file)
    }

    /// The files as they are now, to be put back later or elsewhere: the store's, and those beside it.
    pub fn image(&self) -> Image {
        let names = self.files.names().into_iter();
        names
            .filter_map(|name| Some((name.clone(), self.files.contents(&name)?)))
            .collect()
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.files.names()
    }

    /// Puts an image back: all files as they were then, or, without those beside the store, only the store's.
    pub fn restore(&self, image: &Image, beside: bool) {
        let meant = |name: &str| beside || !name.starts_with(BESIDE);
        self.remove_all(meant);
        let mut state = self.state();
        state.synced.clear();
        for (name, bytes) in image.iter().filter(|(name, _)| meant(name)) {
            if name.starts_with(LOG_FOLDER) {
                state.synced.insert(name.clone(), bytes.len());
            }
            self.files.set_contents(name, bytes.clone());
        }
    }

    /// Removes files for good, behind the back of whoever uses them.
    fn remove_all(&self, meant: impl Fn(&str) -> bool) {
        for name in self.files.names().into_iter().filter(|name| meant(name)) {
            // What was just listed is there, and this disk does not fail behind anybody's back.
            let _ = self.files.remove(&name);
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let _ = self.files.sync_dir(folder);
        }
    }

    /// What lies beside the store is gone.
    pub fn forget_beside(&self) {
        self.remove_all(|name| name.starts_with(BESIDE));
    }

    /// The acts in the part of the log that was synced.
    pub fn bodies(&self) -> Vec<Body> {
        let records = self
            .synced_log()
            .and_then(|log| log.scan(LogPosition::ZERO).collect());
        let records: Vec<(Location, Record)> = records.unwrap_or_default();
        let runs = records
            .iter()
            .filter_map(|(_, record)| Run::decode(&record.payload).ok());
        runs.flat_map(|run| run.entries)
            .filter_map(|entry| entry.open_stored().ok())
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the power lasts for one more change.
    fn lasts(&self) -> bool {
        let mut state = self.state();
        match state.fuse {
            Some(0) => state.out = true,
            Some(left) => state.fuse = Some(left - 1),
            None => {}
        }
        !state.out
    }
}

impl Disk for SimDisk {
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.files.list(folder)
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        if self.lasts() {
            self.files.create_folder(folder)
        } else {
            no_power()
        }
    }

    fn create(&self, file: &str) -> io::Result<()> {
        if self.lasts() {
            self.files.create(file)
        } else {
            no_power()
        }
    }

    fn len(&self, file: &str) -> io::Result<u64> {
        self.files.len(file)
    }

    fn read_at(&self, file: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if self.is_out() {
            no_power()
        } else {
            self.files.read_at(file, offset, buffer)
        }
    }

    fn append(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let was_out = self.is_out();
        if self.lasts() {
            return self.files.append(file, bytes);
        }
        if !was_out {
            // The write that the power cut met: a part of it reached the system.
            self.files
                .append(file, bytes.get(..bytes.len() * 2 / 3).unwrap_or_default())?;
        }
        no_power()
    }

    fn sync(&self, file: &str) -> io::Result<()> {
        if !self.lasts() {
            return no_power();
        }
        if self.state().skips_syncs {
            return Ok(());
        }
        self.files.sync(file)?;
        if file.starts_with(LOG_FOLDER) {
            let len = self.files.len(file)? as usize;
            self.state().synced.insert(file.to_owned(), len);
        }
        Ok(())
    }

    fn truncate(&self, file: &str, len: u64) -> io::Result<()> {
        if !self.lasts() {
            return no_power();
        }
        if let Some(synced) = self.state().synced.get_mut(file) {
            *synced = (*synced).min(len as usize);
        }
        self.files.truncate(file, len)
    }

    fn overwrite(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        if self.lasts() {
            self.files.overwrite(file, bytes)
        } else {
            no_power()
        }
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        if !self.lasts() {
            return no_power();
        }
        self.state().synced.remove(file);
        self.files.remove(file)
    }

    fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        if self.lasts() {
            self.files.replace(file, bytes)
        } else {
            no_power()
        }
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        if self.lasts() {
            self.files.sync_dir(folder)
        } else {
            no_power()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_goes_in_the_middle_of_a_write_and_what_was_synced_stays() {
        let disk = SimDisk::default();
        disk.create("segments/1").unwrap();
        disk.sync_dir("segments").unwrap();
        disk.append("segments/1", b"kept").unwrap();
        disk.sync("segments/1").unwrap();
        disk.light_fuse(1);
        disk.append("segments/1", b"one").unwrap();
        assert!(disk.append("segments/1", b"two").is_err() && disk.is_out());
        assert!(disk.read_at("segments/1", 0, &mut [0]).is_err());
        disk.power_returns(&mut |_| 0);
        assert_eq!(disk.len("segments/1").unwrap(), 4);
    }

    #[test]
    fn an_image_is_put_back_as_it_was() {
        let disk = SimDisk::default();
        disk.create("segments/1").unwrap();
        disk.append("segments/1", b"old").unwrap();
        let image = disk.image();
        disk.append("segments/1", b"new").unwrap();
        disk.create("format").unwrap();
        disk.replace("home/signed", b"newer").unwrap();
        disk.restore(&image, false);
        assert_eq!(disk.len("segments/1").unwrap(), 3);
        assert!(disk.list("").unwrap().is_empty());
        assert!(disk.contents("home/signed").is_some());
        disk.restore(&image, true);
        assert!(disk.contents("home/signed").is_none());
    }
}
