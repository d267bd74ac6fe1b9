//! Every sentence a person reads, in Vietnamese and English, and how numbers, money and dates are written.
//!
//! The sentences stand in `locales/`, one file per area, both languages side by side under each key. A key is
//! `area.section.name`, its area being the name of its file. The language is an argument of every function:
//! there is no global one, so that one daemon can answer two people at once.
//!
//! This crate knows nothing of the ledger. Callers pass what has already become text or a number.

mod catalogue;
mod collation;
mod fingerprint;
mod folding;
mod format;
mod language;

pub use catalogue::{has, keys, text};
pub use collation::{Collated, collated, collated_person};
pub use fingerprint::{WORDS, fingerprint, read_fingerprint};
pub use folding::fold;
pub use format::{Whole, amount, date, decimal, money, number};
pub use language::{Lang, UnknownLanguage};
