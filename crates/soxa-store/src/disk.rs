//! The few file operations that the segments and their small companions need.
//!
//! Files are named by a path relative to the store's folder, with `/` between the parts
//! (`segments/00000001.seg`). Nothing here knows what the bytes mean.

use std::io;

/// A place that holds files. [`crate::RealDisk`] is a folder; [`crate::MemoryDisk`] can crash and fill up on
/// demand.
///
/// Written bytes are durable only after [`Disk::sync`]; a created or removed file only after [`Disk::sync_dir`]
/// of its folder.
pub trait Disk: Send + Sync {
    /// The names of the files directly in a folder, in order, without the folder. `""` is the store's own folder.
    /// A folder that is not there holds nothing.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Creates a folder and those above it; no error if it is there.
    fn create_folder(&self, folder: &str) -> io::Result<()>;

    /// Creates an empty file. Error `AlreadyExists` if there is one.
    fn create(&self, file: &str) -> io::Result<()>;

    /// The length of a file in bytes.
    fn len(&self, file: &str) -> io::Result<u64>;

    /// Fills the buffer with the bytes from `offset` on. Error `UnexpectedEof` if there are fewer.
    fn read_at(&self, file: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Writes bytes at the end of a file. After an error any number of them may have been written.
    fn append(&self, file: &str, bytes: &[u8]) -> io::Result<()>;

    /// Makes all that was written to a file durable, as `fdatasync` does.
    fn sync(&self, file: &str) -> io::Result<()>;

    /// Cuts a file to a length in bytes.
    fn truncate(&self, file: &str, len: u64) -> io::Result<()>;

    /// Writes bytes over the start of a file where they stand, durably: what must not be found on the disk again, as far as the
    /// file system and the device write in place.
    fn overwrite(&self, file: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, file: &str) -> io::Result<()>;

    /// Replaces or creates a small file, durably and as one step: after a crash it has its old content or the new
    /// one.
    fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()>;

    /// Makes the creations and removals in a folder durable.
    fn sync_dir(&self, folder: &str) -> io::Result<()>;
}

/// The content of a small file, cut off at the limit for small files; `None` if the file is not there.
pub(crate) fn read_small(disk: &dyn Disk, file: &str) -> io::Result<Option<Vec<u8>>> {
    let len = match disk.len(file) {
        Ok(len) => len.min(crate::limits::SMALL_FILE_BYTES_MAX),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = vec![0; len as usize];
    disk.read_at(file, 0, &mut bytes)?;
    Ok(Some(bytes))
}
