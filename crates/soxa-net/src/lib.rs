//! The network adapter: moves opaque bytes between admitted nodes and knows no rule of the protocol.
//!
//! It alone names libp2p. [`Net::start`] binds the ports and gives a [`NetHandle`] for commands and a receiver
//! of [`NetEvent`]s; in between, one task owns the connections. There are two ways to move bytes:
//!
//! - **requests**, each with one response, to one connected node;
//! - **hints**, small gossip to all, which may get lost. A received hint is passed on only after the node has
//!   judged it.
//!
//! What holds:
//!
//! - Only admitted node keys stay connected, and an empty set admits nobody. A stranger is refused after the
//!   handshake that proves its key and before any protocol is spoken with it.
//! - Networks are apart by protocol name, so two provinces cannot even negotiate.
//! - Every queue, message, time and count has a limit, see [`limits`]. When the node does not take its events,
//!   the adapter stops reading, and the peers feel it. Commands never wait.
//! - It keeps nothing on disk and decides nothing about what the bytes mean.
//!
//! # On the wire
//!
//! TCP, Noise with the node's ed25519 key as identity, Yamux. `<network>` is the first four bytes of the network
//! id in lower-case hexadecimal.
//!
//! | protocol | content |
//! | --- | --- |
//! | `/soxa/<network>/sync/1` | one request and one response: length (4 bytes, big-endian), then the bytes |
//! | `/soxa/<network>/join/1` | the same, for guests: holders of an invite's key, which is their identity on the connection. Nodes do not have it, guests have nothing else |
//! | `/soxa/<network>/tips/1.1.0` | gossipsub 1.1 without author, sequence number or signature, on the one topic `soxa/<network>/tips`; a message's id is SHA-256 of its data |

pub mod limits;

mod config;
mod error;
mod event;

mod handle;
mod start;

mod task;

mod reactions;

mod admission;
mod behaviour;
mod bucket;
mod codec;
mod conduct;
mod counters;
mod dialling;
mod guests;
mod hallway;
mod hints;
mod identity;
mod joining;
mod meter;
mod neighbours;
mod peers;

#[cfg(test)]
mod tests;

pub use conduct::{Conduct, Misconduct};
pub use config::{Allowance, NetConfig, check_address};
pub use counters::Counters;
pub use error::{AddressError, AskError, CommandRefused, DialFailure, NetError, RefusedReason};
pub use event::{HintId, HintVerdict, NetEvent, ReplyTo};
pub use handle::NetHandle;
pub use joining::{JoinError, Unreached, ask_as_guest};
pub use neighbours::neighbours_of;
pub use start::Net;
