//! [`SimFiles`]: the life records and the journal of a simulated node, on its disk: one in the store's folder, the others
//! beside it.

use std::io;

use soxa_engine::living::LifeFiles;
use soxa_ledger::Incarnation;
use soxa_ledger::ids::sha256;
use soxa_store::Disk as _;

use crate::disk::SimDisk;

/// The record in the store.
const INSIDE: &str = "incarnation";
/// What lies beside the store: one machine's folder holds both.
pub(crate) const BESIDE: &str = "home/";
const RECORD: &str = "home/incarnation";
const JOURNAL: &str = "home/signed";

/// The records and the journal on a node's disk.
#[derive(Debug, Clone)]
pub(crate) struct SimFiles {
    pub disk: SimDisk,
    /// What tells machine and folder from others.
    pub place: [u8; 32],
    /// What the names of lives are drawn from: another for each start.
    pub chance: [u8; 32],
    /// Sabotage: the node takes any store for the one that it was.
    pub ignored: bool,
}

impl SimFiles {
    fn read(&self, file: &str) -> Option<String> {
        String::from_utf8(self.disk.contents(file)?).ok()
    }
}

impl LifeFiles for SimFiles {
    type Error = io::Error;

    fn place(&self) -> io::Result<[u8; 32]> {
        Ok(if self.ignored { [0; 32] } else { self.place })
    }

    fn name(&mut self) -> io::Result<Incarnation> {
        self.chance = sha256(&self.chance);
        let mut name = [0; 16];
        name.copy_from_slice(&self.chance[..16]);
        Ok(Incarnation(name))
    }

    fn inside(&self) -> Option<String> {
        self.read(INSIDE)
    }

    fn beside(&self) -> Option<String> {
        self.read(if self.ignored { INSIDE } else { RECORD })
    }

    fn journal(&self) -> Option<String> {
        self.read(JOURNAL).filter(|_| !self.ignored)
    }

    fn write_records(&mut self, line: &str) -> io::Result<()> {
        self.disk.replace(RECORD, line.as_bytes())?;
        self.disk.replace(INSIDE, line.as_bytes())
    }

    fn write_journal(&mut self, line: &str) -> io::Result<()> {
        self.disk.replace(JOURNAL, line.as_bytes())
    }
}
