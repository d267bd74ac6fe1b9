//! Spreadsheets in and out: what people keep in Excel becomes intended operations, and lists become workbooks. Pure: bytes
//! in, a plan out, and the other way round; no file, clock or node.
//!
//! - [`workbook`]: bytes of .xlsx or .csv → sheets of typed cells, each with its place. `package.rs` looks through a
//!   stranger's file before anything parses it, `delimited.rs` reads CSV, `encoding.rs` settles Vietnamese text: one Unicode form,
//!   TCVN3 and VNI converted.
//! - [`columns`]: what a table may hold, by name and synonyms. `headers.rs` finds the header rows and says which column is which,
//!   `table.rs` tells lines of data from titles, numbering, groups, totals and signatures.
//! - [`cells`]: sums, amounts, years and days as people type them; [`take`] takes them from a line or notes a problem.
//! - [`problems`]: what is wrong where, and what was noticed, as data: the sentences are `soxa-lang`'s.
//! - [`mod@plan`]: the lines of a table against what the ledger holds → a plan, in one way for every kind of record. What is its own
//!   of each says [`assets`], [`dossiers`] (with [`procedures`] as registers name them), [`inventories`], [`persons`], [`references`],
//!   [`rosters`], [`units`].
//! - [`appointments`], [`handovers`]: tables that one act is made from, and what is only listed. [`mod@write`]: lists and templates for people; [`annotate`]: a copy of a workbook with its problems marked.
//!
//! *A stranger's file never panics and never takes more memory than `limits.rs` allows*: what is inflated is counted before it is
//! parsed, and the parser of the workbook runs behind a guard, because it is somebody else's.

pub mod limits;

pub mod problems;

mod delimited;
mod encoding;
mod package;
pub mod workbook;
mod xlsx;

pub mod cells;
pub mod columns;
mod headers;
mod near;
pub mod table;
pub mod take;

pub mod appointments;
mod asset_columns;
pub mod assets;
pub mod dossiers;
pub mod handovers;
pub mod inventories;
pub mod persons;
pub mod plan;
pub mod procedures;
pub mod references;
pub mod rosters;
pub mod units;

pub mod annotate;
pub mod write;
