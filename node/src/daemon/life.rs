//! The life of the node's store: its two records, the journal beside it, and the wait at the beginning of a new one.
//!
//! What these mean is decided in `soxa_engine::life`; here they are read and written.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use soxa_engine::Engine;
use soxa_engine::life::{Begins, Journal, LifeRecord, Reach, Recovery, Why, is_shorter, judge};
use soxa_ledger::ids::sha256;
use soxa_ledger::{Incarnation, Time};

use crate::failure::Failure;
use crate::home::{Home, read_limited, write_file};

/// Where the system says which machine it is.
const MACHINE_ID: &str = "/etc/machine-id";
/// Bytes of a record or journal: one line.
const RECORD_BYTES_MAX: u64 = 256;

/// The present life of a node's store.
#[derive(Debug)]
pub struct Life {
    home: Home,
    incarnation: Incarnation,
    /// Why it began, if it began in this process.
    why: Option<Why>,
    /// While own entries of the life before are to come back.
    recovery: Option<Recovery>,
    journal: Option<File>,
    /// What the journal says.
    noted: u64,
}

impl Life {
    /// The life of the store of a home folder, which is there by now; `has_store` says whether it was there before. Of a
    /// store that is perhaps not the one it was, a new life begins.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn of(home: &Home, has_store: bool, now: Time) -> Result<Self, Failure> {
        let place = place_of(&home.store_dir())?;
        let (inside, beside) = (read(&home.inner_life_file()), read(&home.life_file()));
        let mut life = Self {
            home: home.clone(),
            incarnation: Incarnation([0; 16]),
            why: None,
            recovery: None,
            journal: None,
            noted: 0,
        };
        match judge(has_store, inside.as_deref(), beside.as_deref(), &place) {
            Begins::GoesOn(incarnation) => life.incarnation = incarnation,
            Begins::First => life.record()?,
            Begins::Anew(why) => life.begin(why, now)?,
        }
        Ok(life)
    }

    /// The name of the life.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Whether the log ends before what was signed in this life.
    pub fn is_longer_than(&self, engine: &Engine) -> bool {
        let journal = read(&self.home.journal_file());
        is_shorter(journal.as_deref(), self.incarnation, engine.signed())
    }

    /// Begins a new life, before anything more is signed.
    ///
    /// # Errors
    /// When its records cannot be written: then nothing may be signed.
    pub fn begin(&mut self, why: Why, now: Time) -> Result<(), Failure> {
        tracing::warn!(
            why = why.word(),
            "a new life of this node's store begins, with new feeds"
        );
        self.record()?;
        self.why = Some(why);
        self.recovery = Some(Recovery::begin(now));
        Ok(())
    }

    /// Draws a name and writes both records. In between they differ, which begins another life and does no harm.
    fn record(&mut self) -> Result<(), Failure> {
        let mut name = [0; 16];
        crate::key_store::fill_random(&mut name)?;
        let record = LifeRecord {
            incarnation: Incarnation(name),
            place: place_of(&self.home.store_dir())?,
        };
        let line = record.encode();
        write_file(&self.home.life_file(), line.as_bytes(), 0o600)?;
        write_file(&self.home.inner_life_file(), line.as_bytes(), 0o600)?;
        self.incarnation = record.incarnation;
        self.journal = None;
        self.noted = 0;
        Ok(())
    }

    /// Notes how much was signed, synced, before anybody else can hear of it. What cannot be noted is only protected
    /// less well: the log holds it.
    pub fn note(&mut self, engine: &Engine) {
        let signed = engine.signed();
        if signed == self.noted && self.journal.is_some() {
            return;
        }
        match self.write(signed) {
            Ok(()) => self.noted = signed,
            Err(error) => tracing::error!(%error, "the journal beside the store could not be written"),
        }
    }

    fn write(&mut self, signed: u64) -> std::io::Result<()> {
        if self.journal.is_none() {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            self.journal = Some(options.open(self.home.journal_file())?);
        }
        let incarnation = self.incarnation;
        let line = Journal { incarnation, signed }.encode();
        match &self.journal {
            // In place, and always as long: nothing but these bytes has to reach the disk.
            Some(file) => {
                file.write_all_at(line.as_bytes(), 0)?;
                file.sync_data()
            }
            None => Ok(()),
        }
    }

    /// Whether own entries of the life before may still come.
    pub fn is_recovering(&self) -> bool {
        self.recovery.is_some()
    }

    /// Looks whether the wait is over: `equal_at` is when a peer was last found to hold nothing that this node lacks.
    pub fn recover(&mut self, now: Time, equal_at: Option<Time>, reach: Reach) {
        // A store that was lost does not know who there is.
        let reach = match (reach, self.why) {
            (Reach::Alone, Some(Why::StoreLost)) => Reach::Nobody,
            (reach, _) => reach,
        };
        if self
            .recovery
            .is_some_and(|recovery| recovery.is_over(now, equal_at, reach))
        {
            tracing::info!("this node goes on in its new life");
            self.recovery = None;
        }
    }

    /// Why the present life began, if it began in this process.
    pub fn why(&self) -> Option<Why> {
        self.why
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
