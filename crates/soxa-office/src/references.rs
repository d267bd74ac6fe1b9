//! Reference records: the tables that a province publishes for everybody, against the versions that it has published.
//!
//! A line is one version of one record, from its first day on; every column beside table, key and term is a named text of it. Columns
//! whose names stand more than once in a version hold several texts with `|` between. What a line says otherwise than the
//! published version of that day is published again: of two versions from one day the last one holds.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::category::AssetCategory;
use soxa_records::dossier::code::CodePattern;
use soxa_records::dossier::retention::Retention;
use soxa_records::limits::{CODE_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::person::programme::Programme;
use soxa_records::procedure::Procedure;
use soxa_records::reference::{BadReference, Reference, ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::roster::staffing::{SecondmentRule, StaffingRule};
use soxa_records::working_days::WorkingDays;

use crate::columns::{Column, Form, column, required};
use crate::plan::{Apart, Held, Kind, Places, SUMS_MAX, Said, Values};
use crate::problems::Reason;
use crate::take::{Taking, Words};
use crate::write::Entry;

const TABLES: Words<ReferenceTable> = Words {
    all: ReferenceTable::ALL,
    as_str: ReferenceTable::as_str,
    section: "records.reference_table",
};
/// What stands between several texts of one cell: no mark that may also stand between the cells of a CSV file, or in a text.
const BETWEEN: [char; 2] = ['|', '\n'];
/// Columns that are no texts of a version.
const FRAME: [&str; 5] = ["table", "key", "from", "until", "basis"];
/// Columns whose cells hold several texts.
const SEVERAL: [&str; 6] = [
    "component",
    "holiday",
    "worked",
    "unit_kind",
    "work_field",
    "procedure",
];
/// Names of texts that differ from their column's: a field of work in a rule, a field of procedures.
const RENAMED: [(&str, &str); 1] = [("work_field", "field")];

const fn part(name: &'static str, label: &'static str, synonyms: &'static [&'static str]) -> Column {
    column(name, label, Form::Text, synonyms)
}

/// The columns of tables of reference records.
pub const COLUMNS: &[Column] = &[
    required(part("table", "cli.label.table", &["bang danh muc", "danh muc"])),
    required(part(
        "key",
        "cli.label.key_of_table",
        &["ma", "khoa", "code", "nam"],
    )),
    column(
        "from",
        "records.field.from",
        Form::Day,
        &["hieu luc tu", "ngay hieu luc", "effective from"],
    ),
    column(
        "until",
        "records.field.until",
        Form::Day,
        &["hieu luc den", "het hieu luc", "effective to"],
    ),
    part("name", "records.field.name", &["ten goi", "name vi"]),
    part("name_en", "cli.label.english_name", &[]),
    part(
        "field",
        "records.field.work_field",
        &["linh vuc thu tuc", "field vi"],
    ),
    part("level", "cli.label.level", &["cap thuc hien", "cap"]),
    part(
        "limit_days",
        "cli.label.limit_days",
        &["so ngay giai quyet", "thoi han"],
    ),
    part(
        "same_day_before",
        "cli.label.same_day_before",
        &["trong ngay neu nhan truoc"],
    ),
    part("fee", "cli.label.fee", &["le phi", "phi le phi"]),
    part("component", "cli.label.components", &["thanh phan ho so"]),
    part("holiday", "cli.label.holidays", &["ngay nghi"]),
    part("worked", "cli.label.worked_days", &["ngay lam bu"]),
    part("pattern", "cli.label.pattern", &["mau ma"]),
    part("digits", "cli.label.digits", &["so chu so"]),
    part("unit_kind", "cli.label.unit_kind", &["loai don vi"]),
    part("work_field", "cli.label.counted_field", &["linh vuc tinh"]),
    part("min", "cli.label.least", &["it nhat"]),
    part("max", "cli.label.most", &["nhieu nhat"]),
    part(
        "secondment_months",
        "cli.label.secondment_months",
        &["so thang biet phai"],
    ),
    part("action", "cli.label.rule_action", &["xu ly"]),
    part("regime", "cli.label.regime", &["che do", "thong tu"]),
    part("parent", "cli.label.category_above", &["nhom cap tren"]),
    part("unit", "records.field.measure", &["don vi tinh", "dvt"]),
    part("useful_life_years", "cli.label.useful_life", &["so nam su dung"]),
    part("annual_rate_pct", "cli.label.annual_rate", &["ty le hao mon"]),
    part("number", "cli.label.number_of_status", &["so trang thai"]),
    part("clock_runs", "cli.label.clock_runs", &["tinh thoi gian"]),
    part("terminal", "cli.label.terminal", &["ket thuc"]),
    part("form", "cli.label.form", &["mau don"]),
    part(
        "period",
        "cli.label.period",
        &["thoi han luu tru", "thoi han bao quan"],
    ),
    part("procedure", "cli.label.procedure", &["ma thu tuc"]),
    part("apart", "cli.label.counted_apart", &["so nguoi theo doi rieng"]),
    part("register", "cli.label.register_apart", &["so theo doi rieng"]),
    part(
        "basis",
        "records.field.legal_basis",
        &["can cu phap ly", "van ban"],
    ),
];

/// A version to be published: in the records that there are of its key, or as the first one of a new record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// The records.
    pub records: Vec<RecordId>,
    /// What is published.
    pub version: ReferenceVersion,
}

/// The reference records that the ledger holds.
#[derive(Debug)]
pub struct References {
    province: RecordId,
    /// Each record's newest version of each first day.
    versions: Vec<(RecordId, ReferenceVersion)>,
    records: BTreeMap<(String, String), Vec<RecordId>>,
}

impl References {
    /// These records of a province.
    #[must_use]
    pub fn of(province: RecordId, all: &[Reference]) -> Self {
        let mut newest: BTreeMap<(RecordId, Date), ReferenceVersion> = BTreeMap::new();
        let mut records = BTreeMap::new();
        for Reference {
            records: of_key,
            view,
        } in all
        {
            if let (Some(table), Some(key)) = (view.table.one(), view.key.one()) {
                records.insert((table.to_string(), key.clone()), of_key.clone());
            }
            for (record, (_, version)) in of_key.first().into_iter().cycle().zip(&view.versions) {
                newest.insert((*record, version.from), version.clone());
            }
        }
        Self {
            province,
            versions: newest
                .into_iter()
                .map(|((record, _), version)| (record, version))
                .collect(),
            records,
        }
    }

    fn version(&self, line: &mut Taking<'_, '_>) -> Option<ReferenceVersion> {
        let table = line.required("table", |line, at| line.word(at, &TABLES, &[]));
        let key = line.required_text("key", CODE_BYTES_MAX);
        let from = line.required("from", Taking::day);
        let until = line.day("until");
        let mut parts = Vec::new();
        for column in COLUMNS.iter().filter(|column| !FRAME.contains(&column.name)) {
            let text = line.text(column.name, TEXT_BYTES_MAX);
            let name = RENAMED.iter().find(|(other, _)| *other == column.name);
            let name = name.map_or(column.name, |(_, name)| *name);
            let texts: Vec<&str> = match SEVERAL.contains(&column.name) {
                true => text.split(BETWEEN).collect(),
                false => vec![text.as_str()],
            };
            let texts = texts.into_iter().map(str::trim).filter(|text| !text.is_empty());
            parts.extend(texts.map(|text| ReferencePart {
                name: name.to_owned(),
                text: text.to_owned(),
            }));
        }
        let basis = line.text("basis", TEXT_BYTES_MAX);
        let version = ReferenceVersion {
            table: table?,
            key,
            from: from?,
            until,
            parts,
            basis,
        };
        if until.is_some_and(|until| until < version.from) {
            line.refuse("until", Reason::NotADay(version.from.to_string()));
            return None;
        }
        match check(&version) {
            Ok(()) => Some(version),
            Err(bad) => {
                let column = RENAMED
                    .iter()
                    .find(|(_, name)| *name == bad.part && version.table == ReferenceTable::StaffingRule);
                line.refuse(
                    column.map_or(bad.part, |(column, _)| *column),
                    Reason::BadPart(bad.to_string()),
                );
                None
            }
        }
    }
}

/// Whether a version says what the programs that read its table need.
///
/// # Errors
/// The part that does not.
pub fn check(version: &ReferenceVersion) -> Result<(), BadReference> {
    match version.table {
        ReferenceTable::Procedure => Procedure::read(version).map(drop),
        ReferenceTable::AssetCategory => AssetCategory::read(version).map(drop),
        ReferenceTable::Calendar => WorkingDays::default().add(version),
        ReferenceTable::CodePattern => CodePattern::read(version).map(drop),
        ReferenceTable::Retention => Retention::read(version).map(drop),
        ReferenceTable::Programme => Programme::read(version).map(drop),
        ReferenceTable::StaffingRule => match SecondmentRule::read(version)? {
            Some(_) => Ok(()),
            None => StaffingRule::read(version).map(drop),
        },
        _ => Ok(()),
    }
}

fn key_text(version: &ReferenceVersion) -> String {
    format!("{} {} {}", version.table, version.key, version.from)
}

impl Kind for References {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[];
    type New = NewVersion;

    fn read(&mut self, line: &mut Taking<'_, '_>, _: &mut Places<'_>) -> Option<Said<NewVersion>> {
        let version = self.version(line)?;
        let records = self
            .records
            .get(&(version.table.to_string(), version.key.clone()));
        Some(Said {
            key: (self.province, key_text(&version)),
            apart: Apart::Nothing("key"),
            values: vec![("key", version.key.clone())],
            sums: [0; SUMS_MAX],
            new: NewVersion {
                records: records.cloned().unwrap_or_default(),
                version,
            },
        })
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, (record, version)): (usize, &(RecordId, ReferenceVersion))| Held {
            at,
            record: *record,
            keys: vec![(self.province, key_text(version))],
            unit: Some(self.province),
            sums: [0; SUMS_MAX],
        };
        self.versions.iter().enumerate().map(held).collect()
    }

    fn values(&self, _: &Held) -> Values {
        // What differs is published again, and stands in the record's history.
        Vec::new()
    }

    fn addition(&self, new: &NewVersion, held: &Held) -> Option<NewVersion> {
        let (_, published) = self.versions.get(held.at)?;
        (*published != new.version).then(|| new.clone())
    }
}

/// A version as a row of a list with these columns.
#[must_use]
pub fn row(version: &ReferenceVersion) -> Vec<Entry> {
    let is_rule = version.table == ReferenceTable::StaffingRule;
    let of = |column: &Column| match column.name {
        "table" => Entry::Word {
            section: "records.reference_table".to_owned(),
            word: version.table.to_string(),
        },
        "key" => Entry::text(version.key.clone()),
        "from" => Entry::Day(version.from),
        "until" => version.until.map_or(Entry::Empty, Entry::Day),
        "basis" => Entry::text(version.basis.clone()),
        "field" if is_rule => Entry::Empty,
        "work_field" if !is_rule => Entry::Empty,
        name => {
            let name = RENAMED
                .iter()
                .find(|(other, _)| *other == name)
                .map_or(name, |(_, name)| *name);
            Entry::text(version.texts(name).collect::<Vec<_>>().join(" | "))
        }
    };
    COLUMNS.iter().map(of).collect()
}
