//! Reports over the records of a province: plain functions from records to figures. Pure.
//!
//! - [`figure`]: what a report consists of: figures with their base and the records behind them, and lines of figures by
//!   unit, field, day. `names.rs` has the words for all of them; the sentences are `soxa-lang`'s.
//! - [`rounding`]: percentages and means, rounded half up from whole numbers.
//! - [`asked`]: the day, the period and the units that a report is about; [`units`] are the units on that day, and
//!   [`holding`] says who held what then.
//! - [`staffing`] with `posts`, `secondments` and `departures`; [`structure`], the report on units, with `written` for how people
//!   call them; [`assets`]; [`inventories`]; [`handovers`]; [`dossiers`], with `late` for what made one late; [`keys`].
//! - [`quality`], the report on the data themselves, and [`sync`], on the nodes.
//!
//! A function takes iterators over records as their views show them, or over rows made of one view each, and does not care
//! where these come from. *The same records in any order give the same report*, at every node.
//!
//! Nothing here is a verdict: what is disputed among officials is counted as disputed and listed, not decided.

pub mod limits;

mod names;

pub mod figure;
pub mod rounding;

pub mod asked;
pub mod holding;
pub mod units;

mod departures;
mod posts;
mod secondments;
pub mod staffing;

pub mod structure;
mod written;

pub mod assets;
pub mod handovers;
pub mod inventories;

pub mod dossiers;
mod late;

pub mod keys;
pub mod quality;
pub mod sync;

pub use asked::{Asked, Period};
pub use figure::{Amount, Base, Behind, Breakdown, By, Figure, Group, Line, Name, Report, ReportKind};
