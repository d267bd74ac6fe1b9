//! The one place where verified entries are judged, stored and turned into record state; the only writer.
//!
//! What comes in, from an official at this node or from a peer, takes one way: checked ([`intake`]), made durable,
//! indexed and judged ([`judging`]), and read through typed queries. A verdict is a function of the set of entries,
//! so everything but the log can be made again: the index by replaying, the record states by judging.
//!
//! Invariants:
//! - "stored" is said after the log's sync, never before;
//! - an index batch is one intake: entries, verdicts and record states change together or not at all;
//! - nothing pending or void is dropped, and when what an act misses arrives, or a cut touches it, exactly the records
//!   concerned are judged again;
//! - the engine reads no clock: node times are arguments.

pub mod limits;

pub mod engine;



pub mod intake;

pub mod judging;

pub mod facts;

pub mod query;
pub mod refusal;
pub mod replica;

pub mod verify;

mod error;
mod derived;
mod layout;
mod overlay;
mod runs;

pub use engine::{Engine, Identity, Opened, Refusal, Submitted};
pub use error::EngineError;
pub use intake::{RunFault, TakenIn};
pub use layout::Counts;
pub use query::NotValid;
pub use refusal::{Refused, RefusedWhat};
