//! [`Living`]: the life of a store as a program leads it: gone on with, or begun anew where the store is perhaps not the one
//! it was; the journal; and the wait at the beginning of a new life.
//!
//! What records, journal and reasons mean is decided in [`crate::life`]; where they are written, by the program.

use soxa_ledger::{Incarnation, NodeKey, Time};

use crate::engine::Engine;
use crate::life::{Begins, Journal, LifeRecord, Reach, Recovery, Why, is_shorter, judge};

/// Where a store's two life records and its journal are written, and what else a life needs of its surroundings.
pub trait LifeFiles {
    /// Why something cannot be written or told.
    type Error: std::fmt::Debug;

    /// A hash over what tells the place where the store lies from others.
    ///
    /// # Errors
    /// When it cannot be told.
    fn place(&self) -> Result<[u8; 32], Self::Error>;

    /// A random name.
    ///
    /// # Errors
    /// When there is no randomness.
    fn name(&mut self) -> Result<Incarnation, Self::Error>;

    /// The record in the store, if it can be read.
    fn inside(&self) -> Option<String>;

    /// The record beside the store, if it can be read.
    fn beside(&self) -> Option<String>;

    /// The journal beside the store, if it can be read.
    fn journal(&self) -> Option<String>;

    /// Writes both records, durably.
    ///
    /// # Errors
    /// When one of them cannot be written: then nothing may be signed.
    fn write_records(&mut self, line: &str) -> Result<(), Self::Error>;

    /// Writes the journal, durably.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write_journal(&mut self, line: &str) -> Result<(), Self::Error>;
}

/// The present life of a node's store.
#[derive(Debug)]
pub struct Living<F> {
    files: F,
    incarnation: Incarnation,
    /// Why it began, if it began in this process.
    why: Option<Why>,
    /// While own entries of the life before are to come back.
    recovery: Option<Recovery>,
    /// What the journal says, once this process has written it.
    noted: Option<u64>,
}

impl<F: LifeFiles> Living<F> {
    /// The life of a store that is there by now; `has_store` says whether it was there before. Of a store that is perhaps
    /// not the one it was, a new life begins.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub fn of(files: F, has_store: bool, now: Time) -> Result<Self, F::Error> {
        let place = files.place()?;
        let (inside, beside) = (files.inside(), files.beside());
        let mut life = Self {
            files,
            incarnation: Incarnation([0; 16]),
            why: None,
            recovery: None,
            noted: None,
        };
        match judge(has_store, inside.as_deref(), beside.as_deref(), &place) {
            Begins::GoesOn(incarnation) => life.incarnation = incarnation,
            Begins::First => life.record()?,
            Begins::Anew(why) => life.begin_anew(why, now)?,
        }
        Ok(life)
    }

    /// The name of the life.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Looks at the store, once it is open: a new life begins when its log ends before what was signed, or when two
    /// histories of a feed of this life are signed. `shortened` says that the log lost what was synced.
    ///
    /// # Errors
    /// As [`Living::begin`].
    pub fn look_at(&mut self, engine: &mut Engine, shortened: bool, now: Time) -> Result<(), F::Error> {
        let journal = self.files.journal();
        if shortened || is_shorter(journal.as_deref(), self.incarnation, engine.signed()) {
            // Entries that peers may hold are gone here: going on in the same feeds would write a second history of them.
            self.begin(engine, Why::Shorter, now)?;
        }
        if engine.is_own_forked() {
            self.begin(engine, Why::Forked, now)?;
        }
        Ok(())
    }

    /// Begins a new life, before anything more is signed.
    ///
    /// # Errors
    /// When its records cannot be written: then nothing may be signed.
    pub fn begin(&mut self, engine: &mut Engine, why: Why, now: Time) -> Result<(), F::Error> {
        self.begin_anew(why, now)?;
        engine.begin_life(self.incarnation);
        Ok(())
    }

    fn begin_anew(&mut self, why: Why, now: Time) -> Result<(), F::Error> {
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
    fn record(&mut self) -> Result<(), F::Error> {
        let record = LifeRecord {
            incarnation: self.files.name()?,
            place: self.files.place()?,
        };
        self.files.write_records(&record.encode())?;
        self.incarnation = record.incarnation;
        self.noted = None;
        Ok(())
    }

    /// Notes how much was signed, synced, before anybody else can hear of it. What cannot be noted is only protected
    /// less well: the log holds it.
    pub fn note(&mut self, engine: &Engine) {
        let (incarnation, signed) = (self.incarnation, engine.signed());
        if self.noted == Some(signed) {
            return;
        }
        match self
            .files
            .write_journal(&Journal { incarnation, signed }.encode())
        {
            Ok(()) => self.noted = Some(signed),
            Err(error) => tracing::error!(?error, "the journal beside the store could not be written"),
        }
    }

    /// Whether own entries of the life before may still come: until then nothing is to be appended.
    pub fn is_recovering(&self) -> bool {
        self.recovery.is_some()
    }

    /// Looks whether the wait is over. `is_connected` says whether some peer is reached now, `equal_at` when a peer was last
    /// found to hold nothing that this node lacks.
    pub fn recover(
        &mut self,
        engine: &Engine,
        is_connected: bool,
        equal_at: impl Fn(&NodeKey) -> Option<Time>,
        now: Time,
    ) {
        let Some(recovery) = self.recovery else { return };
        let admitted = engine.authority().admitted_nodes();
        let reach = if is_connected {
            Reach::Somebody
        } else if self.why != Some(Why::StoreLost) && admitted.iter().all(|(node, _)| *node == engine.node())
        {
            Reach::Alone
        } else {
            // A store that was lost does not know who there is.
            Reach::Nobody
        };
        let equal_at = admitted.iter().filter_map(|(node, _)| equal_at(node)).max();
        if recovery.is_over(now, equal_at, reach) {
            tracing::info!("this node goes on in its new life");
            self.recovery = None;
        }
    }

    /// Why the present life began, if it began in this process.
    pub fn why(&self) -> Option<Why> {
        self.why
    }
}
