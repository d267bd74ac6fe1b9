//! The one place where verified entries are judged, stored and turned into record state; the only writer.
//!
//! What comes in, from a peer ([`intake`]) or from an official at this node ([`submit`]), takes one way: checked, made
//! durable, indexed and judged (`judging`), and read through typed queries ([`query`]). A verdict is a function of the set
//! of entries, so everything but the log can be made again: the index by replaying, the record states by judging.
//!
//! Invariants:
//! - "stored" is said after the log's sync, never before;
//! - an index batch is one intake: entries, verdicts and record states change together or not at all;
//! - nothing pending or void is dropped, and when what an act misses arrives, or a cut touches it, exactly the records
//!   concerned are judged again;
//! - what is only checked leaves no trace, in the index or in any cache;
//! - while the log may be ahead of what follows from it, nothing is appended: this node never writes a second history
//!   of its feeds;
//! - the engine reads no clock: node times are arguments.

pub mod limits;

pub mod engine;

pub mod opening;

pub mod branches;
pub mod forks;
pub mod intake;
pub mod submit;

pub mod foresee;
pub mod found;
pub mod keeping;
pub mod life;
pub mod living;

pub mod proving;
pub mod query;
pub mod refusal;
pub mod replica;

pub mod verify;
pub mod work;

mod cache;
mod carried;
mod carrying;
mod cited;
mod derived;
mod entering;
mod error;
mod facts;
mod fresh;
mod judging;
mod known;
mod layout;
mod memory;
mod op_ids;
mod opened;
mod overlay;
mod past;
mod record_rows;
mod root;
mod rows;
mod runs;
mod widening;

pub use engine::{Engine, Identity};
pub use error::EngineError;
pub use foresee::{Foreseen, ForeseenCustody, ForeseenOperation};
pub use intake::{RunFault, TakenIn};
pub use known::Known;
pub use memory::Memory;
pub use opening::Opened;
pub use proving::NotProvable;
pub use query::NotValid;
pub use refusal::{Refused, RefusedWhat};
pub use rows::Counts;
pub use submit::{Refusal, Submitted};
pub use work::Work;
