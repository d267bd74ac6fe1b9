//! A whole province in one process and one thread: the real ledger, records, engine, sync and segments over a
//! simulated disk and simulated links. Everything that happens follows from one seed, so a seed is a bug report.
//!
//! [`run()`] plays a [`Plan`]: officials act at random at their nodes while links lose, double, delay and part, nodes
//! lose power in the middle of a write, some nodes lie, and authority is cut at random positions; then everything heals, and the
//! nodes must come to agree. After every step what must always hold is checked, at the end that all honest nodes hold
//! the same and that nothing answered with "stored" is missing. What was found is a value, a [`Failure`].
//!
//! What happens, and when, is drawn first: a [`Schedule`]. [`play`] plays one, also with events left out, and
//! [`shrink()`] finds the shortest that still fails.
//!
//! - [`plan`], [`schedule`]: what is played; `province.rs` and `founding.rs`: who lives there.
//! - `node.rs`, `disk.rs` with `life_files.rs`, `network.rs`: the three things that can fail; `liar.rs`: nodes that mean ill.
//! - `acts/`: what officials, and one hostile node, do.
//! - `run.rs`, `delivery.rs`, `keeping.rs`, `upkeep.rs`, `chaos.rs`, `mishaps.rs`, `agenda.rs`: the loop, what a daemon does, the events, what
//!   comes next.
//! - `check.rs`, `compare.rs`: what must hold always, and at the end; `shrink`: which events it takes to break it.
//!
//! The crate knows no clock, no thread and no randomness but the seed's; where it iterates, it is in an order.

pub mod limits;

pub mod plan;
pub mod schedule;

pub mod report;
pub mod story;

pub mod shrink;

mod dice;

mod province;

mod founding;

mod disk;
mod index;
mod liar;
mod life_files;
mod network;
mod node;

mod agenda;

mod acts;
mod answers;

mod chaos;
mod check;
mod compare;
mod mishaps;

mod delivery;
mod keeping;
mod run;
mod sabotage;
mod upkeep;

pub use plan::{Fault, Faults, Plan, UnknownFault};
pub use report::{Defect, Failure, Report};
pub use run::{Moment, play, play_watched, run};
#[cfg(feature = "sabotage")]
pub use sabotage::Sabotage;
pub use schedule::{Happening, Planned, Schedule};
pub use shrink::{Shrunk, shrink};
pub use story::Event;
