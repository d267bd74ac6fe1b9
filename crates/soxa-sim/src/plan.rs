//! What is played: how many nodes and steps, and what goes wrong.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::limits::{COMMUNES_STAFFED_ALL, COMMUNES_STAFFED_FEW, NODES_MAX, NODES_MIN, STEPS_MAX};

/// One simulation, but for its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Nodes at the start: the province's and one for each commune.
    pub nodes: usize,
    /// Communes with officials of their own. The machines of the others are set up from a copy of the province's disk, as it is when
    /// the province is founded; they hold and pass on what all do.
    pub staffed: usize,
    /// Acts and faults before everything heals.
    pub steps: u32,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether the story is kept, line by line.
    pub tell: bool,
    /// A defect put in on purpose, to see that the checks find it.
    #[cfg(feature = "sabotage")]
    pub sabotage: Option<crate::Sabotage>,
}

/// A kind of things that go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Messages take their time.
    Delay,
    /// Messages are lost.
    Loss,
    /// Messages arrive twice.
    Duplication,
    /// Later messages overtake earlier ones.
    Reordering,
    /// Links part, in any shape and for any time.
    Partition,
    /// A process is killed; or the power goes, at any write: what was not synced is lost, torn or holds zeros.
    Crash,
    /// A disk is full for a while.
    FullDisk,
    /// A disk is put back to what it held some time ago, with or without what lies beside the store.
    Restore,
    /// A disk is lost, and the key kept.
    LostDisk,
    /// A store is copied to a second machine, which runs at the same time under the same key.
    Clone,
    /// A node's clock jumps, forwards or back.
    Clock,
    /// A node answers so late that others give it up.
    Slow,
    /// An appointment is cut, at a position drawn at random.
    Cut,
    /// A key is declared compromised.
    Compromise,
    /// A node is admitted and joins, empty.
    Join,
    /// One subject is handed over, or one record written, at two nodes at once.
    Rivals,
    /// An admitted node puts something into its feed that no honest one would.
    Hostile,
    /// That node signs several histories of one feed, with honest work on each, and shows each to somebody else.
    Equivocation,
    /// An official's key is stolen and used at two nodes at once, while its owner works on; then it is cut.
    StolenKey,
    /// An official signs two things that exclude each other, each at another node.
    TwoFaced,
    /// Admitted nodes lie about what they hold, withhold it, replay old answers or send garbage.
    Liars,
    /// Nobody acts for hours or days: partitions last for weeks.
    Pause,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Delay,
        Self::Loss,
        Self::Duplication,
        Self::Reordering,
        Self::Partition,
        Self::Crash,
        Self::FullDisk,
        Self::Restore,
        Self::LostDisk,
        Self::Clone,
        Self::Clock,
        Self::Slow,
        Self::Cut,
        Self::Compromise,
        Self::Join,
        Self::Rivals,
        Self::Hostile,
        Self::Equivocation,
        Self::StolenKey,
        Self::TwoFaced,
        Self::Liars,
        Self::Pause,
    ];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Loss => "loss",
            Self::Duplication => "duplication",
            Self::Reordering => "reordering",
            Self::Partition => "partition",
            Self::Crash => "crash",
            Self::FullDisk => "full-disk",
            Self::Restore => "restore",
            Self::LostDisk => "lost-disk",
            Self::Clone => "clone",
            Self::Clock => "clock",
            Self::Slow => "slow",
            Self::Cut => "cut",
            Self::Compromise => "compromise",
            Self::Join => "join",
            Self::Rivals => "rivals",
            Self::Hostile => "hostile",
            Self::Equivocation => "equivocation",
            Self::StolenKey => "stolen-key",
            Self::TwoFaced => "two-faced",
            Self::Liars => "liars",
            Self::Pause => "pause",
        }
    }
}

/// The kinds of faults of a run. They share a fixed part of its steps, so the fewer they are, the more often each comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Everything that can go wrong.
    #[must_use]
    pub fn all() -> Self {
        Self(Fault::ALL.into())
    }

    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Only these.
    #[must_use]
    pub fn only(faults: &[Fault]) -> Self {
        Self(faults.iter().copied().collect())
    }

    /// Whether such things go wrong.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0 => write!(f, "none"),
            all if all == Fault::ALL.len() => write!(f, "all"),
            _ => {
                let words: Vec<&str> = self.0.iter().map(|fault| fault.word()).collect();
                write!(f, "{}", words.join(","))
            }
        }
    }
}

/// A word that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fault")]
pub struct UnknownFault(pub String);

impl FromStr for Faults {
    type Err = UnknownFault;

    /// `all`, `none`, or names with commas between them.
    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let named = |word: &str| {
            let fault = Fault::ALL.into_iter().find(|fault| fault.word() == word);
            fault.ok_or_else(|| UnknownFault(word.to_owned()))
        };
        match text {
            "all" => Ok(Self::all()),
            "none" => Ok(Self::none()),
            _ => text.split(',').map(named).collect::<Result<_, _>>().map(Self),
        }
    }
}

impl Plan {
    /// A plan of so many nodes and steps in which everything goes wrong; both are brought within the limits.
    #[must_use]
    pub fn of(nodes: usize, steps: u32) -> Self {
        Self {
            nodes: nodes.clamp(NODES_MIN, NODES_MAX),
            staffed: if nodes > COMMUNES_STAFFED_ALL {
                COMMUNES_STAFFED_FEW
            } else {
                COMMUNES_STAFFED_ALL
            },
            steps: steps.min(STEPS_MAX),
            faults: Faults::all(),
            tell: false,
            #[cfg(feature = "sabotage")]
            sabotage: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named() {
        let two = Faults::only(&[Fault::Crash, Fault::FullDisk]);
        for (text, faults) in [
            ("all", Faults::all()),
            ("none", Faults::none()),
            ("crash,full-disk", two),
        ] {
            assert_eq!(text.parse(), Ok(faults.clone()));
            assert_eq!(faults.to_string(), text);
        }
        for wrong in ["", "crash,", "Crash", "crash loss"] {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
        let words: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.word()).collect();
        assert_eq!(words.len(), Fault::ALL.len());
    }
}
