//! [`SecondIndex`]: an empty index beside a store's own, to make everything anew from the log and compare.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::buffered_index::BufferedIndex;
use crate::error::StoreError;
use crate::index::Index;
use crate::memory_index::MemoryIndex;
use crate::sled_index::SledIndex;
use crate::store::StoreOptions;

/// Its folder, below the store's own.
const SECOND_FOLDER: &str = "index.second";

/// An index that is gone when it is dropped. On disk where the store is, so that its size costs no memory.
pub struct SecondIndex {
    /// Declared first, so that it is closed before its folder is removed.
    index: Box<dyn Index>,
    _folder: Option<Folder>,
}

/// A folder that is gone when this is dropped.
struct Folder(PathBuf);

impl SecondIndex {
    pub(crate) fn in_memory() -> Self {
        Self {
            index: Box::new(MemoryIndex::new()),
            _folder: None,
        }
    }

    pub(crate) fn below(store: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let folder = store.join(SECOND_FOLDER);
        let (index, _) = SledIndex::open(&folder, options.index_cache_bytes)?;
        // What an attempt left that could not be removed.
        if index.position()?.is_some() {
            index.clear()?;
        }
        let index = BufferedIndex::new(index, options.index_buffer_bytes);
        Ok(Self {
            index: Box::new(index),
            _folder: Some(Folder(folder)),
        })
    }

    /// The index.
    pub fn index(&self) -> &dyn Index {
        &*self.index
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a second index that a killed process left. Nobody else has it open: the store is locked.
pub(crate) fn sweep(store: &Path) {
    remove(&store.join(SECOND_FOLDER));
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "a second index could not be removed");
        }
        _ => {}
    }
}
