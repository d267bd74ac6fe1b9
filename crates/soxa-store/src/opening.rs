//! What opening a store found, and the judgement of its index: use it, replay into it, or begin it anew.

use std::fmt;

use crate::position::LogPosition;
use crate::position_file::Saved;
use crate::recovery::{CutTail, Shortened};

/// What opening a store found, and what its caller must do: replay the records from [`Opening::replay_from`] to
/// the end of the log into the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// The torn tail that was cut off the log, if there was one.
    pub cut: Option<CutTail>,
    /// Set if the log ends before a position that was synced.
    pub shortened: Option<Shortened>,
    /// In what state the index was found.
    pub index: IndexState,
    /// From where the records must be replayed into the index. Nothing is to be done if it is the log's end.
    pub replay_from: LogPosition,
}

/// In what state an index was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IndexState {
    /// The last stop was an orderly one: the index is as it was left.
    Clean,
    /// The last stop was not: the index is good up to the position at which it was last made durable, and may hold
    /// more.
    Unclean,
    /// The index could not be relied upon. It is empty now.
    Cleared(Distrust),
}

/// Why an index could not be relied upon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Distrust {
    /// There was none, though the log has records.
    Missing,
    /// It could not be opened or read; with the reason it gave.
    Unusable(String),
    /// It claims to have read further than the log goes.
    Ahead {
        /// How far it claims to have read.
        index: LogPosition,
    },
    /// It has read less than it had when it was last made durable.
    Behind {
        /// How far it has read.
        index: LogPosition,
        /// How far it had read.
        durable: LogPosition,
    },
    /// It was never made durable.
    NeverDurable,
    /// The file that tells when it was last made durable is unreadable.
    CheckpointUnreadable,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "there is no index"),
            Self::Unusable(why) => write!(f, "the index is unusable: {why}"),
            Self::Ahead { index } => write!(f, "the index is at {index}, beyond the end of the log"),
            Self::Behind { index, durable } => {
                write!(
                    f,
                    "the index is at {index}, though it had been stored up to {durable}"
                )
            }
            Self::NeverDurable => write!(f, "the index was never stored completely"),
            Self::CheckpointUnreadable => write!(f, "the file index.position is unreadable"),
        }
    }
}

/// What is known about an index when the store is opened.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// Its own position, or why it cannot tell.
    pub(crate) index: Result<Option<LogPosition>, String>,
    /// The position at which it was last made durable.
    pub(crate) checkpoint: Saved,
    /// Whether the last stop was an orderly one.
    pub(crate) clean: bool,
    /// The end of the log.
    pub(crate) log_end: LogPosition,
}

/// Judges an index, and says from where to replay.
pub(crate) fn judge(evidence: Evidence) -> (IndexState, LogPosition) {
    let Evidence {
        index,
        checkpoint,
        clean,
        log_end,
    } = evidence;
    let distrust = |why| (IndexState::Cleared(why), LogPosition::ZERO);
    let index = match (index, checkpoint) {
        (Err(why), _) => return distrust(Distrust::Unusable(why)),
        (Ok(None), Saved::Absent) if log_end == LogPosition::ZERO => {
            // A store in which nothing has happened yet.
            let state = if clean {
                IndexState::Clean
            } else {
                IndexState::Unclean
            };
            return (state, LogPosition::ZERO);
        }
        (Ok(None), _) => return distrust(Distrust::Missing),
        (Ok(Some(index)), _) => index,
    };
    let durable = match checkpoint {
        _ if index > log_end => return distrust(Distrust::Ahead { index }),
        Saved::Absent => return distrust(Distrust::NeverDurable),
        Saved::Unreadable => return distrust(Distrust::CheckpointUnreadable),
        Saved::At(durable) => durable,
    };
    if index < durable {
        return distrust(Distrust::Behind { index, durable });
    }
    // An orderly stop makes the index durable last, so both agree; otherwise the marker is of another time.
    let state = if clean && index == durable {
        IndexState::Clean
    } else {
        IndexState::Unclean
    };
    (state, durable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> LogPosition {
        LogPosition { segment: 1, offset }
    }

    #[track_caller]
    fn check(
        (index, checkpoint, clean, log_end): (Option<u64>, Saved, bool, LogPosition),
        expected: (IndexState, LogPosition),
    ) {
        let evidence = Evidence {
            index: Ok(index.map(at)),
            checkpoint,
            clean,
            log_end,
        };
        assert_eq!(judge(evidence), expected);
    }

    #[test]
    fn a_reliable_index_is_replayed_into_from_where_it_is_durable() {
        check(
            (Some(50), Saved::At(at(50)), true, at(90)),
            (IndexState::Clean, at(50)),
        );
        check(
            (Some(70), Saved::At(at(50)), false, at(90)),
            (IndexState::Unclean, at(50)),
        );
        check(
            (Some(90), Saved::At(at(90)), false, at(90)),
            (IndexState::Unclean, at(90)),
        );
        // The marker is of another time than the index.
        check(
            (Some(70), Saved::At(at(50)), true, at(90)),
            (IndexState::Unclean, at(50)),
        );
        let zero = LogPosition::ZERO;
        check((None, Saved::Absent, true, zero), (IndexState::Clean, zero));
        check((None, Saved::Absent, false, zero), (IndexState::Unclean, zero));
    }

    #[test]
    fn an_unreliable_index_is_cleared_and_replayed_into_from_zero() {
        for clean in [false, true] {
            for (index, checkpoint, log_end, why) in [
                (None, Saved::Absent, at(90), Distrust::Missing),
                (None, Saved::At(at(50)), at(90), Distrust::Missing),
                (None, Saved::At(at(50)), LogPosition::ZERO, Distrust::Missing),
                (
                    Some(91),
                    Saved::At(at(50)),
                    at(90),
                    Distrust::Ahead { index: at(91) },
                ),
                (Some(91), Saved::Absent, at(90), Distrust::Ahead { index: at(91) }),
                (
                    Some(50),
                    Saved::At(at(51)),
                    at(90),
                    Distrust::Behind {
                        index: at(50),
                        durable: at(51),
                    },
                ),
                (Some(50), Saved::Absent, at(90), Distrust::NeverDurable),
                (
                    Some(50),
                    Saved::Unreadable,
                    at(90),
                    Distrust::CheckpointUnreadable,
                ),
            ] {
                check(
                    (index, checkpoint, clean, log_end),
                    (IndexState::Cleared(why), LogPosition::ZERO),
                );
            }
        }
        let index = Err("bad page".to_owned());
        let evidence = Evidence {
            index,
            checkpoint: Saved::At(at(5)),
            clean: true,
            log_end: at(9),
        };
        let why = Distrust::Unusable("bad page".to_owned());
        assert_eq!(judge(evidence), (IndexState::Cleared(why), LogPosition::ZERO));
    }
}
