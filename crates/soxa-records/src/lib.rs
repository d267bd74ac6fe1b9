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

pub mod unit;
pub mod unit_view;

pub mod person;
pub mod person_view;
pub mod secondment;
pub mod service;

pub mod roster;
pub mod roster_view;

pub mod asset;
mod asset_card;
pub mod asset_category;
pub mod asset_state;
pub mod asset_wear;
pub mod custody;
pub mod ruling;

pub mod reference;
pub mod working_days;

pub mod procedure;
pub mod staffing;

pub mod applicant;
pub mod dossier;
pub mod dossier_code;
pub mod dossier_rules;
pub mod dossier_view;

pub mod handover;
pub mod handover_line;
pub mod handover_minutes;
pub mod handover_proof;
mod handover_rules;
pub mod handover_view;

pub mod inventory;
mod inventory_book;
mod inventory_rules;
pub mod inventory_settlement;
pub mod inventory_totals;
pub mod inventory_view;

pub mod conflict;
pub mod document;
mod graph;
pub mod history;
mod legality;
mod lifecycles;
pub mod state;
mod state_reading;
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
