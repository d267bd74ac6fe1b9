//! [`Sabotage`]: defects put in on purpose, to see that the checks find them. Only programs built with the feature
//! `sabotage`, which is for this crate's tests alone, can be told to; in any other nothing asks for one.

use crate::plan::Plan;

/// A defect put in on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// One node's disk says "synced" and does nothing.
    SkipSync,
    /// One node throws away every run of one other node's feed.
    DropRuns,
    /// One node's index loses a batch now and then, and moves its position all the same.
    LoseIndexBatch,
    /// No node looks at the records of its store's life: it goes on in any store that it finds.
    IgnoreLife,
    /// A simulated program answers "stored" without having submitted.
    AnswerUnheard,
    /// What officials signed past a fork is left there, by all nodes.
    NeverCarryOver,
    /// One node compares with nobody, and hints do not reach it.
    NeverCompare,
    /// One node fetches no files.
    FetchNoFiles,
    /// All nodes send files to whoever asks.
    ServeFilesToAll,
    /// A rule of the ledger is off, in all nodes.
    #[cfg(feature = "sabotage")]
    RuleOff(soxa_ledger::sabotage::Rule),
}

impl Plan {
    /// Whether this defect is put in.
    #[cfg(feature = "sabotage")]
    pub(crate) fn is_sabotaged(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// Without the feature nothing is.
    #[cfg(not(feature = "sabotage"))]
    pub(crate) fn is_sabotaged(&self, _: Sabotage) -> bool {
        false
    }

    /// Switches a rule off for this thread when the plan says so, and all on again when not.
    pub(crate) fn switch_rules(&self) {
        #[cfg(feature = "sabotage")]
        soxa_ledger::sabotage::switch_off(match self.sabotage {
            Some(Sabotage::RuleOff(rule)) => Some(rule),
            _ => None,
        });
    }
}
