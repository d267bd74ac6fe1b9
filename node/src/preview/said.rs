//! An act in plain words, part by part: each with its label, in the order of the form.

use soxa_lang::{Lang, money, text};
use soxa_ledger::{RecordId, Time};
use soxa_records::Date;

use super::{Names, act_name, day};
use crate::clock;

/// What an act says, part by part.
pub struct Said<'a> {
    /// The reader's language.
    pub lang: Lang,
    names: &'a Names<'a>,
    parts: Vec<String>,
}

impl<'a> Said<'a> {
    /// Nothing yet.
    pub fn new(lang: Lang, names: &'a Names<'a>) -> Self {
        Self {
            lang,
            names,
            parts: Vec::new(),
        }
    }

    /// One part, unless it says nothing.
    pub fn add(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            let label = text(self.lang, &format!("preview.part.{label}"), &[]);
            self.parts.push(format!("{label}: {value}"));
        }
    }

    /// A word of an enumeration.
    pub fn word(&mut self, label: &str, section: &str, word: &str) {
        let value = text(self.lang, &format!("records.{section}.{word}"), &[]);
        self.add(label, &value);
    }

    /// A moment.
    pub fn moment(&mut self, label: &str, time: Time) {
        self.add(label, &clock::moment(time.0));
    }

    /// A sum in đồng.
    pub fn sum(&mut self, label: &str, dong: i64) {
        self.add(label, &money(self.lang, dong));
    }

    /// A unit or another record.
    pub fn unit(&mut self, label: &str, unit: &RecordId) {
        let name = (self.names)(unit);
        self.add(label, &name);
    }

    /// A unit or another record, when there is one.
    pub fn unit_if(&mut self, label: &str, unit: Option<&RecordId>) {
        if let Some(unit) = unit {
            self.unit(label, unit);
        }
    }

    /// A hash, when there is one.
    pub fn hash(&mut self, label: &str, hash: Option<&[u8; 32]>) {
        if let Some(hash) = hash {
            self.add(label, &data_encoding::HEXLOWER.encode(hash));
        }
    }

    /// A day, when there is one.
    pub fn day(&mut self, label: &str, date: Option<Date>) {
        self.add(label, &date.map(day).unwrap_or_default());
    }

    /// A part that brings its own label.
    pub fn add_named(&mut self, label: &str, value: &str) {
        self.parts.push(format!("{label}: {value}"));
    }

    /// The parts alone.
    pub fn parts(&self) -> String {
        self.parts.join("; ")
    }

    /// The act with its parts.
    pub fn sentence(&self, record: &str, kind: &str) -> String {
        let act = act_name(self.lang, kind);
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("record", &record), ("act", &act), ("parts", &self.parts())];
        let key = if self.parts.is_empty() {
            "preview.act.bare"
        } else {
            "preview.act.with_parts"
        };
        text(self.lang, key, &values)
    }
}
