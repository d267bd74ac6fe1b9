//! Reference records: what the province publishes for everybody, version by version.
//!
//! Procedures, asset categories, the names of statuses, calendars, forms, retention periods, staffing rules and
//! patterns of codes change by decree, each from a day on. So they are records and never constants of a program: an
//! operation that rests on one cites the version that it was made under, and keeps it.
//!
//! A version is a list of named texts. The ledger does not judge what they say: [`crate::procedure`] and
//! [`crate::working_days`] read them, strictly, and a program that publishes one checks it by reading it first. An attribute
//! that a decree brings is a new name, not a new format.

mod merged;

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::OpId;

use crate::body::{Code, Day, List, Opt, Part, Text, Word, body, check_days, words};
use crate::legality::{Scene, Stop};
use crate::limits::REFERENCE_PARTS_MAX;
use crate::measure::Date;
use crate::state::CanonicalState;
use crate::typed::{RecordKind, TypedOperation, operations};
use crate::value::{Change, Field, Row, append, set, word_values};
use crate::verdict::Illegality;

pub use merged::{Reference, Rival};

words! {
    /// What a reference record is about.
    ReferenceTable, "reference table" {
        /// An administrative procedure (thủ tục hành chính).
        Procedure = "procedure",
        /// A category of assets.
        AssetCategory = "asset_category",
        /// The name of a dossier's status.
        DossierStatus = "dossier_status",
        /// The holidays of a year.
        Calendar = "calendar",
        /// A printed form.
        Form = "form",
        /// How long a kind of record is kept.
        Retention = "retention",
        /// How many people of a field of work a unit may have.
        StaffingRule = "staffing_rule",
        /// How codes are made.
        CodePattern = "code_pattern",
        /// A programme of secondments.
        Programme = "programme",
    }
}
word_values!(ReferenceTable);

operations! {
    /// What is done to reference records.
    ReferenceOperation of "reference" {
        /// Creates the record with its first version.
        Publish(ReferenceVersion) = "publish",
        /// Adds a version.
        Revise(ReferenceVersion) = "revise",
    }
}

body! {
    /// Body of `reference.publish` and `reference.revise`: `[table, key, from, until or null, [[name, text]…], basis]`.
    ReferenceVersion = "reference version" checked by check_version {
        /// What the record is about.
        table: ReferenceTable => Word,
        /// Which one of the table: a procedure's code, a year, a form's number.
        key: String => Code,
        /// The first day on which it holds.
        from: Date => Day,
        /// The last day, when it is known.
        until: Option<Date> => Opt<Day>,
        /// What it says. A name may stand more than once.
        parts: Vec<ReferencePart> => List<Part, REFERENCE_PARTS_MAX>,
        /// The text that orders it: number, date, issuer.
        basis: String => Text,
    }
}

body! {
    /// A named text of a version: `[name, text]`.
    ReferencePart = "part" {
        /// Its name.
        name: String => Code,
        /// What it says.
        text: String => Text,
    }
}

fn check_version(version: &ReferenceVersion) -> Result<(), CborError> {
    check_days(version.from, version.until)
}

impl ReferenceVersion {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The texts of a name, in the order in which they were written.
    pub fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parts
            .iter()
            .filter(move |part| part.name == name)
            .map(|part| part.text.as_str())
    }

    /// The only text of a name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn text(&self, name: &'static str) -> Result<&str, BadReference> {
        self.optional(name)?.ok_or_else(|| self.bad(name, "missing"))
    }

    /// The text of a name that need not stand there.
    ///
    /// # Errors
    /// When there is more than one.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, BadReference> {
        let mut texts = self.texts(name);
        match (texts.next(), texts.next()) {
            (text, None) => Ok(text),
            _ => Err(self.bad(name, "more than one")),
        }
    }

    /// The text of a name, parsed; none when it does not stand there.
    ///
    /// # Errors
    /// When there is more than one, or it is not of the form.
    pub fn parsed<T: std::str::FromStr>(
        &self,
        name: &'static str,
        what: &'static str,
    ) -> Result<Option<T>, BadReference> {
        self.optional(name)?
            .map(|text| text.trim().parse().map_err(|_| self.bad(name, what)))
            .transpose()
    }

    /// The error that one of its parts is not what a reader needs.
    #[must_use]
    pub fn bad(&self, part: &'static str, what: &'static str) -> BadReference {
        BadReference {
            table: self.table,
            key: self.key.clone(),
            part,
            what,
        }
    }
}

/// A version of a reference record that does not say what its table asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table} {key}: {part}: {what}")]
pub struct BadReference {
    /// The table.
    pub table: ReferenceTable,
    /// The record's key.
    pub key: String,
    /// The part in question.
    pub part: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
}

impl ReferenceOperation {
    /// What is published.
    #[must_use]
    pub fn version(&self) -> &ReferenceVersion {
        match self {
            Self::Publish(version) | Self::Revise(version) => version,
        }
    }

    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(0)?;
        scene.expect_province()?;
        let version = self.version();
        let mut changes = Vec::new();
        match scene.creation {
            None => changes.extend([set("table", version.table), set("key", version.key.as_str())]),
            Some(TypedOperation::Reference(first)) => {
                let first = first.version();
                if (first.table, &first.key) != (version.table, &version.key) {
                    return Err(Illegality::OtherReference.into());
                }
            }
            Some(_) => return Err(Illegality::NoRecord.into()),
        }
        let row = append(
            "versions",
            [
                ("from", version.from.into()),
                ("basis", version.basis.as_str().into()),
            ],
        );
        changes.push(row.and("until", version.until));
        changes.extend(version.parts.iter().map(|part| {
            append(
                "parts",
                [
                    ("name", part.name.as_str().into()),
                    ("text", part.text.as_str().into()),
                ],
            )
        }));
        Ok(changes)
    }
}

/// A reference record as its state shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceView {
    /// What it is about.
    pub table: Field<ReferenceTable>,
    /// Which one of the table.
    pub key: Field<String>,
    /// Its versions in causal order, each with the operation that published it.
    pub versions: Vec<(OpId, ReferenceVersion)>,
}

impl ReferenceView {
    /// The reference record of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if state.kind != Some(RecordKind::Reference) {
            return None;
        }
        let (table, key) = (state.field("table"), state.field("key"));
        let (of_table, of_key) = (*table.one()?, String::clone(key.one()?));
        let versions = state.list("versions").iter().filter_map(|row| {
            let parts = state.list("parts").iter().filter(|part| part.op == row.op);
            let version = ReferenceVersion {
                table: of_table,
                key: of_key.clone(),
                from: row.get("from")?,
                until: row.get("until"),
                parts: parts.map(part_of).collect(),
                basis: row.text("basis"),
            };
            Some((row.op, version))
        });
        let versions = versions.collect();
        Some(Self { table, key, versions })
    }

    /// The version that holds on a day: of those that do the one with the latest first day, and of several with the same
    /// one the last published. None when none holds.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&(OpId, ReferenceVersion)> {
        let holding = self.versions.iter().filter(|(_, version)| version.holds_on(day));
        holding.max_by_key(|(_, version)| version.from)
    }
}

fn part_of(row: &Row) -> ReferencePart {
    ReferencePart {
        name: row.text("name"),
        text: row.text("text"),
    }
}
