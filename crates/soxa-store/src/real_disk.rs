//! [`RealDisk`]: a folder of the file system.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::Disk;
use crate::limits::OPEN_FILES_MAX;

/// A folder of the file system.
#[derive(Debug)]
pub struct RealDisk {
    root: PathBuf,
    /// Open files by name. Appending and reading share a handle: it is in append mode, and reads name their offset.
    open: Mutex<HashMap<String, Arc<File>>>,
}

impl RealDisk {
    /// The folder at `root`, which must exist before the first operation.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            open: Mutex::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() {
            self.root.clone()
        } else {
            self.root.join(name)
        }
    }

    fn file(&self, name: &str) -> io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(name) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(OpenOptions::new().read(true).append(true).open(self.path(name))?);
        if open.len() >= OPEN_FILES_MAX {
            open.clear();
        }
        open.insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    /// Forgets the handle of a file that is about to be another one.
    fn forget(&self, name: &str) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

impl Disk for RealDisk {
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.path(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            // A name that is not UTF-8 was not given by us.
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        fs::create_dir_all(self.path(folder))
    }

    fn create(&self, file: &str) -> io::Result<()> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.path(file))
            .map(drop)
    }

    fn len(&self, file: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.path(file))?.len())
    }

    fn read_at(&self, file: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        read_exact_at(&*self.file(file)?, offset, buffer)
    }

    fn append(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        (&*self.file(file)?).write_all(bytes)
    }

    fn sync(&self, file: &str) -> io::Result<()> {
        self.file(file)?.sync_data()
    }

    fn truncate(&self, file: &str, len: u64) -> io::Result<()> {
        self.file(file)?.set_len(len)
    }

    fn overwrite(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        // Not the handle that appends.
        let mut opened = OpenOptions::new().write(true).open(self.path(file))?;
        opened.write_all(bytes)?;
        opened.sync_data()
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        self.forget(file);
        // What a replacement was interrupted at.
        let _ = fs::remove_file(self.path(&fresh_name_of(file)));
        fs::remove_file(self.path(file))
    }

    fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        self.forget(file);
        let path = self.path(file);
        let fresh = self.path(&fresh_name_of(file));
        let written = File::create(&fresh).and_then(|mut opened| {
            opened.write_all(bytes)?;
            // Without it the rename can reach the disk before the bytes do, and an empty file takes the place of
            // the old one.
            opened.sync_all()
        });
        if let Err(error) = written.and_then(|()| fs::rename(&fresh, &path)) {
            // It may never have been made; a leftover does no harm and is overwritten the next time.
            let _ = fs::remove_file(&fresh);
            return Err(error);
        }
        sync_folder(path.parent().unwrap_or(&self.root))
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        sync_folder(&self.path(folder))
    }
}

/// What a file is called that is to take the place of another.
fn fresh_name_of(file: &str) -> String {
    format!("{file}.new")
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows has no such call for folders; NTFS journals the names itself.
#[cfg(windows)]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_appended_read_cut_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path());
        disk.create_folder("a").unwrap();
        disk.create("a/log").unwrap();
        disk.append("a/log", b"hello ").unwrap();
        disk.append("a/log", b"world").unwrap();
        disk.truncate("a/log", 8).unwrap();
        disk.append("a/log", b"!").unwrap();
        disk.sync("a/log").unwrap();
        let mut bytes = [0; 9];
        disk.read_at("a/log", 0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello wo!");
        assert_eq!(
            disk.read_at("a/log", 8, &mut bytes).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        disk.replace("a/small", b"one").unwrap();
        disk.replace("a/small", b"two").unwrap();
        let mut bytes = [0; 3];
        disk.read_at("a/small", 0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"two");
        assert_eq!(disk.list("a").unwrap(), ["log", "small"]);
        disk.remove("a/log").unwrap();
        disk.sync_dir("a").unwrap();
        assert_eq!(disk.list("a").unwrap(), ["small"]);
        assert_eq!(disk.list("nowhere").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn more_files_than_are_kept_open_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path());
        let names: Vec<String> = (0..OPEN_FILES_MAX + 5).map(|n| format!("{n}")).collect();
        for name in &names {
            disk.create(name).unwrap();
            disk.append(name, name.as_bytes()).unwrap();
        }
        for name in &names {
            let mut bytes = vec![0; name.len()];
            disk.read_at(name, 0, &mut bytes).unwrap();
            assert_eq!(bytes, name.as_bytes());
        }
        assert!(disk.open.lock().unwrap().len() <= OPEN_FILES_MAX);
    }
}
