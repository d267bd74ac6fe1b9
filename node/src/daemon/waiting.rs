//! Callers that wait for something to come about here, instead of asking again and again.

use soxa_engine::{Engine, EngineError};
use soxa_ledger::{CommitId, NodeKey, Time};
use soxa_sync::Puller;
use tokio::sync::oneshot;

use super::answers::{Answer, parse_id};
use crate::clock::shown;
use crate::control::protocol::{Event, Refusal, Reply};

/// The longest that one request may wait, in milliseconds: shorter than a command waits for any reply.
const WITHIN_MS_MAX: u64 = 60_000;
/// Callers that may wait at once. Each holds a connection of the local socket, of which there are not more.
const WAITING_MAX: usize = 64;

/// What somebody waits for.
enum Awaited {
    /// A commit, durable and judged to be valid.
    Commit(CommitId),
    /// A comparison with a node, not before this moment, that finds it equal.
    Equal(NodeKey, Time),
}

impl Awaited {
    fn read(event: &Event) -> Answer<Self> {
        Ok(match event {
            Event::Commit { id } => Self::Commit(CommitId(parse_id(id)?)),
            Event::Equal { node, after_ms } => Self::Equal(NodeKey(parse_id(node)?), Time(*after_ms)),
        })
    }

    fn has_come(&self, engine: &Engine, puller: &Puller) -> Result<bool, EngineError> {
        match self {
            Self::Commit(id) => engine.is_valid(id),
            Self::Equal(node, after) => Ok(puller.equal_at(node).is_some_and(|at| shown(at) >= *after)),
        }
    }
}

/// A caller that waits.
struct Caller {
    awaited: Awaited,
    until: Time,
    reply: oneshot::Sender<Reply>,
}

/// Everybody who waits.
#[derive(Default)]
pub struct Waiting {
    callers: Vec<Caller>,
}

impl Waiting {
    /// Somebody begins to wait; answered by [`Waiting::answer`], which is to be called soon after.
    pub fn add(&mut self, event: &Event, within_ms: u64, now: Time, reply: oneshot::Sender<Reply>) {
        // Callers that went away wait no more.
        self.callers.retain(|caller| !caller.reply.is_closed());
        let refusal = match Awaited::read(event) {
            Ok(awaited) if self.callers.len() < WAITING_MAX => {
                let until = now.plus_ms(within_ms.min(WITHIN_MS_MAX));
                self.callers.push(Caller {
                    awaited,
                    until,
                    reply,
                });
                return;
            }
            Ok(_) => Refusal::Failed {
                what: format!("more than {WAITING_MAX} callers wait"),
            },
            Err(refusal) => refusal,
        };
        let _ = reply.send(Reply::Refused(refusal));
    }

    /// When somebody has waited long enough.
    pub fn wake(&self) -> Option<Time> {
        self.callers.iter().map(|caller| caller.until).min()
    }

    /// Answers those whose event has come or whose time is up.
    ///
    /// # Errors
    /// Local faults of the store.
    pub fn answer(&mut self, engine: &Engine, puller: &Puller, now: Time) -> Result<(), EngineError> {
        for caller in std::mem::take(&mut self.callers) {
            let came = caller.awaited.has_come(engine, puller)?;
            if came || caller.until <= now {
                // Who went away does not want to know.
                let _ = caller.reply.send(Reply::Awaited { came });
            } else {
                self.callers.push(caller);
            }
        }
        Ok(())
    }
}
