//! Runs that were checked whole, on their way into the log or out of it.

use soxa_ledger::authority::Stretch;
use soxa_ledger::entry::Defect;
use soxa_ledger::run::VerifiedRun;
use soxa_ledger::{Body, Commit, Entry, EntryHash, Feed, FeedId, Head, NetworkId, Run, Seq, Verified};
use soxa_store::{Location, RecordKind};

use crate::carried::Standing;
use crate::error::EngineError;
use crate::known::Known;
use crate::limits::{REPLAY_BYTES, REPLAY_RUNS};
use crate::refusal::RefusedWhat;
use crate::rows::Place;
use crate::runs::{BRANCH_CLOSING, BRANCH_SOUND, CLOSING, SOUND};

/// A run that was checked whole: its bodies up to the first defect, and that defect.
#[derive(Debug, Clone)]
pub(crate) struct OpenedRun {
    pub feed_id: FeedId,
    pub feed: Feed,
    /// At least one.
    pub entries: Vec<Entry>,
    /// The last of the entries, which the tip signature covers.
    pub tip: Head,
    pub bodies: Vec<Body>,
    /// Why the feed ends after `bodies`: what kind of defect, and the reason.
    pub defect: Option<(RefusedWhat, String)>,
}

impl OpenedRun {
    pub fn new(verified: VerifiedRun, bodies: Vec<Body>, defect: Option<(RefusedWhat, String)>) -> Self {
        let (feed_id, tip) = (verified.feed_id(), verified.head());
        let run = verified.into_run();
        Self {
            feed_id,
            feed: run.feed,
            entries: run.entries,
            tip,
            bodies,
            defect,
        }
    }

    /// Opens the bodies of a run that was checked before it was stored.
    pub fn reopen(
        run: Run,
        network: NetworkId,
        kind: RecordKind,
        known: &Known,
    ) -> Result<Self, EngineError> {
        let closing = match kind {
            SOUND | BRANCH_SOUND => false,
            CLOSING | BRANCH_CLOSING => true,
            other => {
                return Err(EngineError::Log {
                    what: format!("a record of kind {other:?}"),
                });
            }
        };
        let feed_id = run.feed.id(network);
        let mut bodies = Vec::with_capacity(run.entries.len());
        let mut defect = None;
        for entry in &run.entries {
            // What closes a feed is not written down but found again.
            let opened = if closing {
                entry.open(network, &run.feed.scope)
            } else {
                known.open_stored(network, entry)
            };
            match opened {
                Ok(body) => bodies.push(body),
                Err(found) if closing => {
                    defect = Some(named(&found));
                    break;
                }
                Err(found) => {
                    return Err(EngineError::Log {
                        what: found.to_string(),
                    });
                }
            }
        }
        let tip = run.entries.last().map(|entry| entry.header.head());
        let tip = tip.ok_or_else(|| EngineError::Log {
            what: "a run without entries".to_owned(),
        })?;
        Ok(Self {
            feed_id,
            feed: run.feed,
            entries: run.entries,
            tip,
            bodies,
            defect,
        })
    }

    /// What the log calls it.
    pub fn kind(&self) -> RecordKind {
        if self.is_closing() { CLOSING } else { SOUND }
    }

    /// What the log calls it as a part of a branch.
    pub fn branch_kind(&self) -> RecordKind {
        if self.is_closing() {
            BRANCH_CLOSING
        } else {
            BRANCH_SOUND
        }
    }

    /// The links of the entries that count.
    pub fn links(&self) -> Stretch {
        let held = self
            .entries
            .iter()
            .take(self.bodies.len() + usize::from(self.is_closing()));
        let first = self.entries.first().map(|entry| &entry.header);
        Stretch {
            first: first.map_or(Seq(0), |first| first.seq),
            prev: first.map_or(EntryHash(self.feed_id.0), |first| first.prev),
            hashes: held.map(|entry| entry.header.hash()).collect(),
        }
    }

    /// Whether the feed ends with it, for every node.
    pub fn is_closing(&self) -> bool {
        self.defect.is_some()
    }

    /// Where the feed ends with this run: at the entry with the defect, if there is one. What a node has put after
    /// that is carried along, since the tip signature covers it, and is nothing.
    pub fn end(&self) -> Head {
        match (&self.defect, self.entries.get(self.bodies.len())) {
            (Some(_), Some(defective)) => defective.header.head(),
            _ => self.tip,
        }
    }

    /// How many entries count.
    pub fn entries_held(&self) -> u64 {
        self.bodies.len() as u64 + u64::from(self.is_closing())
    }

    /// The bodies that count and are what they should be, with where they stand.
    pub fn sound(&self) -> impl Iterator<Item = (Standing, &Body)> {
        let standing = |entry: &Entry| Standing::of(entry, &self.feed);
        self.entries.iter().map(standing).zip(&self.bodies)
    }

    /// The commits that count, with the places that they have when the run has this number.
    pub fn commits(&self, run: u32) -> impl Iterator<Item = (Place, &Verified<Commit>)> {
        let places = (0_u16..).map(move |at| Place { run, at });
        places.zip(&self.bodies).filter_map(|(place, body)| match body {
            Body::Commit(commit) => Some((place, commit)),
            Body::Statement(_) => None,
        })
    }

    fn body_bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.body.len()).sum()
    }
}

/// A defect as it is counted and shown.
pub(crate) fn named(defect: &Defect) -> (RefusedWhat, String) {
    let what = if defect.is_forgery() {
        RefusedWhat::Forged
    } else {
        RefusedWhat::Malformed
    };
    (what, defect.to_string())
}

/// Runs read from the log that wait to be taken in together.
#[derive(Default)]
pub(crate) struct Waiting {
    runs: Vec<(OpenedRun, Location)>,
    bytes: usize,
}

impl Waiting {
    pub fn push(&mut self, run: OpenedRun, location: Location) {
        self.bytes += run.body_bytes();
        self.runs.push((run, location));
    }

    pub fn is_full(&self) -> bool {
        self.runs.len() >= REPLAY_RUNS || self.bytes >= REPLAY_BYTES
    }

    pub fn take(&mut self) -> Vec<(OpenedRun, Location)> {
        self.bytes = 0;
        std::mem::take(&mut self.runs)
    }
}
