//! The records of soxa: their operations, lifecycles, legality, custody and handover, and the documents built from
//! operations. Pure.
//!
//! The engine turns verified commits into [`OpFacts`] and judges record by record ([`History::judge`]); people's
//! programs write operations with [`compose::Composer`] and read states through the views. Other records enter a
//! judgement only through operations that are cited. `OPERATIONS.md` beside this crate's manifest specifies every
//! operation to the byte, with its rules.
//!
//! This crate alone names automerge. No byte of a stranger ever reaches it: documents are built from valid typed
//! operations only.

pub mod limits;

mod body;
pub mod measure;
pub mod value;

pub mod facts;
pub mod typed;
pub mod verdict;

pub mod asset;
pub mod custody;
pub mod person;
pub mod roster;
pub mod ruling;
pub mod unit;

pub mod reference;
pub mod working_days;

pub mod procedure;

pub mod dossier;
pub mod handover;
pub mod inventory;

pub mod conflict;
pub mod document;
mod graph;
pub mod history;
mod legality;
mod lifecycles;
pub mod state;
pub mod summary;

pub mod compose;
pub mod mentions;

pub use body::NotAWord;
pub use custody::CustodyView;
pub use document::RecordDocument;
pub use facts::{Actor, MinutesFacts, OpFacts, SignerFacts, founding_unit};
pub use history::{History, Others, Referred};
pub use measure::{Date, LinkId, Quantity};
pub use state::{CanonicalState, StateHash};
pub use summary::Summary;
pub use typed::{DecodeError, RecordKind, TypedOperation, decode};
pub use value::{Field, Row, Value, Written};
pub use verdict::{Illegality, OpMissing, OpVerdict, OpVoid};
