//! Where the life of the node's store is written down: its two records and the journal beside it.
//!
//! What these mean is decided in `soxa_engine::life`, and when a new life begins in `soxa_engine::living`.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use soxa_engine::living::{LifeFiles, Living};
use soxa_ledger::Incarnation;
use soxa_ledger::ids::sha256;

use crate::failure::Failure;
use crate::home::{Home, read_limited, write_file};

/// Where the system says which machine it is.
const MACHINE_ID: &str = "/etc/machine-id";
/// Bytes of a record or journal: one line.
const RECORD_BYTES_MAX: u64 = 256;

/// The present life of a node's store.
pub type Life = Living<HomeFiles>;

/// The records and the journal in a home folder.
#[derive(Debug)]
pub struct HomeFiles {
    home: Home,
    journal: Option<File>,
}

impl HomeFiles {
    /// Those of a home folder.
    pub fn of(home: &Home) -> Self {
        Self {
            home: home.clone(),
            journal: None,
        }
    }

    fn open_journal(&self) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.open(self.home.journal_file())
    }
}

impl LifeFiles for HomeFiles {
    type Error = Failure;

    fn place(&self) -> Result<[u8; 32], Failure> {
        place_of(&self.home.store_dir())
    }

    fn name(&mut self) -> Result<Incarnation, Failure> {
        let mut name = [0; 16];
        crate::key_store::fill_random(&mut name)?;
        Ok(Incarnation(name))
    }

    fn inside(&self) -> Option<String> {
        read(&self.home.inner_life_file())
    }

    fn beside(&self) -> Option<String> {
        read(&self.home.life_file())
    }

    fn journal(&self) -> Option<String> {
        read(&self.home.journal_file())
    }

    fn write_records(&mut self, line: &str) -> Result<(), Failure> {
        self.journal = None;
        write_file(&self.home.life_file(), line.as_bytes(), 0o600)?;
        write_file(&self.home.inner_life_file(), line.as_bytes(), 0o600)
    }

    fn write_journal(&mut self, line: &str) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::io(&self.home.journal_file(), &error);
        let file = match self.journal.take() {
            Some(file) => file,
            None => self.open_journal().map_err(failed)?,
        };
        // In place, and always as long: nothing but these bytes has to reach the disk.
        file.write_all_at(line.as_bytes(), 0).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        self.journal = Some(file);
        Ok(())
    }
}

fn read(file: &Path) -> Option<String> {
    String::from_utf8(read_limited(file, RECORD_BYTES_MAX).ok()?).ok()
}

/// A hash over what tells this machine and this folder from others: the machine's id, and the folder's number and moment
/// of creation in its file system. Numbers of devices are left out: they may change with every start.
fn place_of(folder: &Path) -> Result<[u8; 32], Failure> {
    let about = std::fs::metadata(folder).map_err(|error| Failure::io(folder, &error))?;
    let created = about
        .created()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let mut place = read_limited(Path::new(MACHINE_ID), RECORD_BYTES_MAX).unwrap_or_default();
    place.push(0);
    place.extend(about.ino().to_be_bytes());
    place.extend(created.unwrap_or_default().as_nanos().to_be_bytes());
    Ok(sha256(&place))
}
