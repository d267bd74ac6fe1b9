//! A whole province in one process and one thread: the real ledger, records, engine, sync and segments over a
//! simulated disk and simulated links. Everything that happens follows from one seed, so a seed is a bug report.
//!
//! [`run`] plays a [`Plan`]: officials act at random at their nodes while links lose, double, delay and part, nodes
//! lose power in the middle of a write, and authority is cut at random positions; then everything heals, and the
//! nodes must come to agree. After every step what must always hold is checked, at the end that all nodes hold the
//! same and that nothing answered with "stored" is missing. What was found is a value, a [`Failure`].
//!
//! - [`plan`]: what is played; `province.rs` and `founding.rs`: who lives there.
//! - `node.rs`, `disk.rs`, `network.rs`: the three things that can fail.
//! - `acts/`: what officials, and one hostile node, do.
//! - `run.rs`, `delivery.rs`, `chaos.rs`, `schedule.rs`: the loop, what a daemon does, the faults, what comes next.
//! - `check.rs`, `compare.rs`: what must hold always, and at the end.
//!
//! The crate knows no clock, no thread and no randomness but the seed's; where it iterates, it is in an order.

pub mod limits;
pub mod plan;

pub mod report;
pub mod story;

mod dice;

mod province;

mod founding;

mod disk;
mod index;
mod network;
mod node;

mod schedule;

mod acts;
mod answers;

mod chaos;
mod check;
mod compare;

mod delivery;
mod run;

pub use plan::{Faults, Plan, Sabotage};
pub use report::{Defect, Failure, Report};
pub use run::run;
pub use story::Event;
