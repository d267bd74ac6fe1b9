//! Replication as small state machines without I/O: messages, timers and local appends in, one ordered list of
//! effects out.
//!
//! Two nodes compare one root over everything both may see; when it differs they page through one line for each
//! feed, ask for the runs they lack, and compare again until they are equal. Equal nodes settle with one round
//! trip of less than a hundred bytes each way. Gossiped hints make it quicker and are never needed.
//!
//! - [`message`], [`hint`]: what nodes say, to the byte.
//! - [`join`], [`token`]: how a newcomer is invited and taken in.
//! - [`card`], [`sessions`], [`clocks`]: where nodes are reached, whether two processes use one key, and whether this
//!   machine's clock can be believed.
//! - [`checkpoints`]: what nodes held, signed by them and co-signed by others; [`checkpoint_words`] has the bytes.
//! - [`holdings`], [`serve`]: what a node has, what a peer may see of it, and the answers to requests. Scope is
//!   enforced here, where data leaves the node.
//! - [`Puller`]: the asking side. Who is here (`peers.rs`), how many at a time (`places.rs`), what do I want
//!   (`wants.rs`), when next (`schedule.rs`).
//! - [`files`]: files that records name, fetched piece after piece; [`file_words`] has the bytes.
//! - [`Relay`]: which hints are passed on.
//! - [`Standing`]: what people are told of each peer.
//!
//! The crate never opens a body: whether a run continues its feed and what its entries mean is the engine's to
//! say, in an [`Outcome`]. A peer's bad data is a typed [`Offence`], never a panic. Two things are expected of
//! the [`Replica`](soxa_ledger::replica::Replica): the line of a closed feed ends at the entry that closed it, and
//! the line of a feed with a settled fork is the same at every node; else nodes compare unequal for ever, which
//! costs traffic, not correctness.

pub mod limits;

pub mod hint;
pub mod message;

pub mod card;
pub mod checkpoint_words;
pub mod checkpoints;
pub mod clocks;
pub mod file_words;
pub mod files;
pub mod join;
pub mod sessions;
pub mod token;

pub mod holdings;
pub mod serve;

mod announce;
mod answers;
pub mod effect;
mod evidence;
mod peers;
mod places;
pub mod pull;
mod relay;
mod schedule;
mod standing;
mod wants;

pub use effect::{Effect, Failure, Finding, Offence, OffenceKind, Outcome, RequestId};
pub use hint::{Hint, VerifiedHint};
pub use holdings::{shared_lines, shared_root};
pub use join::{JoinRefusal, JoinRequest, JoinResponse};
pub use message::{EntryId, Line, Program, Refusal, Request, Response, Root, Want};
pub use pull::Puller;
pub use relay::Relay;
pub use schedule::Parameters;
pub use serve::answer;
pub use standing::{Agreement, Offences, Standing};
pub use token::{Token, TokenError};
