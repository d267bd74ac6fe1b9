//! The story of a run: one line for each event, who and what, and a hash over all of them.

use std::fmt;

use soxa_ledger::Time;
use soxa_ledger::ids::sha256;

use crate::limits::STORY_LINES_MAX;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, in simulated time.
    pub at: Time,
    /// Who: a node, an official, or the network.
    pub who: String,
    /// What: the last part of a key in the catalogue of sentences.
    pub what: &'static str,
    /// What the sentence needs besides.
    pub values: Vec<(&'static str, String)>,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.at.0, self.who, self.what)?;
        self.values
            .iter()
            .try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// Collects events; the hash counts even when the lines are not kept.
#[derive(Debug, Default)]
pub(crate) struct Story {
    hash: [u8; 32],
    kept: bool,
    lines: Vec<Event>,
}

impl Story {
    pub fn new(kept: bool) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    pub fn tell(
        &mut self,
        at: Time,
        who: &str,
        what: &'static str,
        values: &[(&'static str, &dyn fmt::Display)],
    ) {
        let values = values
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect();
        let event = Event {
            at,
            who: who.to_owned(),
            what,
            values,
        };
        let mut bytes = self.hash.to_vec();
        bytes.extend_from_slice(event.to_string().as_bytes());
        self.hash = sha256(&bytes);
        if self.kept && self.lines.len() < STORY_LINES_MAX {
            self.lines.push(event);
        }
    }

    /// A hash over everything told: equal for equal seeds and plans.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    pub fn into_lines(self) -> Vec<Event> {
        self.lines
    }
}
