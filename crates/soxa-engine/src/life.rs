//! The life of a node's store: whether it is the one it was, or an old copy, or one of two.
//!
//! A record stands in two places, in the store and beside it. Both hold the random name of the life and the place where the
//! store lies: a hash over what tells this machine and this folder from others. Beside the store a journal says how many
//! entries were signed in this life; it is synced before a tip leaves. A store that was copied, moved to another machine,
//! restored without what lay beside it, or is older than the journal does not agree, and a new life begins, with new feeds.
//! A new life never conflicts with anything, so that in doubt one begins; the entries of the old one come back from peers.

use data_encoding::HEXLOWER;
use soxa_ledger::{Incarnation, Time};

use crate::limits::{ALONE_MS, RECOVERY_MS_MAX};

/// What the two records begin with.
const RECORD: &str = "soxa-life/1";
/// What the journal begins with.
const JOURNAL: &str = "soxa-signed/1";

/// One of the two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeRecord {
    /// The name of the life.
    pub incarnation: Incarnation,
    /// A hash over what tells the place of the store from others.
    pub place: [u8; 32],
}

impl LifeRecord {
    /// The record as one line.
    #[must_use]
    pub fn encode(&self) -> String {
        let (life, place) = (HEXLOWER.encode(&self.incarnation.0), HEXLOWER.encode(&self.place));
        format!("{RECORD} {life} {place}\n")
    }

    /// Reads a record; none for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix('\n')?.split(' ');
        let (name, life, place) = (words.next()?, words.next()?, words.next()?);
        if name != RECORD || words.next().is_some() {
            return None;
        }
        Some(Self {
            incarnation: Incarnation(HEXLOWER.decode(life.as_bytes()).ok()?.try_into().ok()?),
            place: HEXLOWER.decode(place.as_bytes()).ok()?.try_into().ok()?,
        })
    }
}

/// The journal: how many entries of this life were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journal {
    /// The name of the life.
    pub incarnation: Incarnation,
    /// Entries in all its feeds.
    pub signed: u64,
}

impl Journal {
    /// The journal as one line of always the same length, so that it can be written over.
    #[must_use]
    pub fn encode(&self) -> String {
        let life = HEXLOWER.encode(&self.incarnation.0);
        format!("{JOURNAL} {life} {:020}\n", self.signed)
    }

    /// Reads a journal; none for anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut words = text.strip_suffix('\n')?.split(' ');
        let (name, life, signed) = (words.next()?, words.next()?, words.next()?);
        if name != JOURNAL || words.next().is_some() {
            return None;
        }
        Some(Self {
            incarnation: Incarnation(HEXLOWER.decode(life.as_bytes()).ok()?.try_into().ok()?),
            signed: signed.parse().ok()?,
        })
    }
}

/// Why a new life begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The store is gone, and there was one.
    StoreLost,
    /// One of the records is missing or unreadable: the store was put back without what lies beside it.
    RecordLost,
    /// The two records are of different lives: the store is an old copy.
    OtherLife,
    /// The store lies on another machine or in another folder than it did: it is a copy, or was put back.
    OtherPlace,
    /// The log ends before what was signed: the store is an old copy.
    Shorter,
    /// Peers hold more of this node's feed than it does.
    PeersAhead,
    /// Two histories of this node's feed are signed.
    Forked,
    /// The newest entries are of a time to come: the clock was wrong when they were signed.
    ClockAhead,
    /// Nothing was here, and peers hold entries of this node: a disk was lost, and the key kept.
    DiskLost,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::StoreLost,
        Self::RecordLost,
        Self::OtherLife,
        Self::OtherPlace,
        Self::Shorter,
        Self::PeersAhead,
        Self::Forked,
        Self::ClockAhead,
        Self::DiskLost,
    ];

    /// The word for it in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::StoreLost => "store_lost",
            Self::RecordLost => "record_lost",
            Self::OtherLife => "other_life",
            Self::OtherPlace => "other_place",
            Self::Shorter => "shorter",
            Self::PeersAhead => "peers_ahead",
            Self::Forked => "forked",
            Self::ClockAhead => "clock_ahead",
            Self::DiskLost => "disk_lost",
        }
    }
}

/// What a store is found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// The one it was.
    GoesOn(Incarnation),
    /// A first one: there is no store and never was.
    First,
    /// Perhaps not the one it was: a new life begins.
    Anew(Why),
}

/// Judges what a store is, from the record in it (none when there is no store), the record beside it and the place where
/// it lies now.
#[must_use]
pub fn judge(has_store: bool, inside: Option<&str>, beside: Option<&str>, place: &[u8; 32]) -> Begins {
    if !has_store {
        return match beside {
            None => Begins::First,
            Some(_) => Begins::Anew(Why::StoreLost),
        };
    }
    let read = |text: Option<&str>| text.and_then(LifeRecord::decode);
    match (read(inside), read(beside)) {
        (Some(inside), Some(beside)) if inside.incarnation != beside.incarnation => {
            Begins::Anew(Why::OtherLife)
        }
        (Some(inside), Some(beside)) if inside.place != *place || beside.place != *place => {
            Begins::Anew(Why::OtherPlace)
        }
        (Some(inside), Some(_)) => Begins::GoesOn(inside.incarnation),
        _ => Begins::Anew(Why::RecordLost),
    }
}

/// Whether the log of a life ends before what the journal says was signed in it. A journal that cannot be read vouches
/// for nothing, and one of another life for that one.
#[must_use]
pub fn is_shorter(journal: Option<&str>, incarnation: Incarnation, held: u64) -> bool {
    let journal = journal.and_then(Journal::decode);
    journal.is_some_and(|journal| journal.incarnation == incarnation && held < journal.signed)
}

/// Whom a node reaches at the beginning of a new life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// There is no other node, as its own store says.
    Alone,
    /// Others, and none of them now.
    Nobody,
    /// Others, and some of them now.
    Somebody,
}

/// The wait at the beginning of a new life: own entries of the old one come back first, so that what is signed now
/// builds on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    since: Time,
}

impl Recovery {
    /// A new life has begun.
    #[must_use]
    pub fn begin(now: Time) -> Self {
        Self { since: now }
    }

    /// Whether the node may append: some peer was found to hold nothing that this node lacks, or nobody is reachable, or it
    /// has taken too long. A new life conflicts with nothing, so going on too early costs order and no entry.
    #[must_use]
    pub fn is_over(&self, now: Time, equal_at: Option<Time>, reach: Reach) -> bool {
        let longest = match reach {
            Reach::Alone => 0,
            Reach::Nobody => ALONE_MS,
            Reach::Somebody => RECOVERY_MS_MAX,
        };
        equal_at.is_some_and(|at| at > self.since) || now.0.saturating_sub(self.since.0) >= longest
    }
}
