//! Officials who get a role: the lines of a table that appointments are made from. Keys, roles and records are the program's to look up.

use soxa_ledger::{RecordId, Time};
use soxa_records::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::working_days::at;

use crate::columns::{Column, Form, UNIT, column, required};
use crate::plan::Places;
use crate::problems::Reason;
use crate::take::Taking;

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// The columns of such a table.
pub const COLUMNS: &[Column] = &[
    required(column(
        "holder",
        "cli.label.public_key",
        Form::Text,
        &["khoa", "ma khoa", "tep khoa", "key", "key file"],
    )),
    required(column(
        "person",
        "cli.label.person",
        Form::Text,
        &["ho ten", "ho va ten", "can bo", "nguoi duoc giao", "name"],
    )),
    column(
        "record",
        "cli.label.persons_record",
        Form::Text,
        &["ho so can bo", "ma ho so"],
    ),
    UNIT,
    column(
        "role",
        "records.field.role",
        Form::Text,
        &["vai tro", "quyen", "chuc nang"],
    ),
    column(
        "from",
        "records.field.from",
        Form::Day,
        &["tu ngay", "ngay bat dau", "since"],
    ),
    column(
        "until",
        "records.field.until",
        Form::Day,
        &["den ngay", "ngay ket thuc", "ngay het han"],
    ),
    column(
        "basis",
        "records.field.legal_basis",
        Form::Text,
        &["quyet dinh", "so quyet dinh", "can cu"],
    ),
];

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The public key, or a file that tells it.
    pub holder: String,
    /// The official's name.
    pub person: String,
    /// The official's record, by name or id; empty when the line names none.
    pub record: String,
    /// The unit.
    pub unit: RecordId,
    /// The role; empty when the line names none.
    pub role: String,
    /// The first moment of the term.
    pub from: Option<Time>,
    /// The first moment after it.
    pub until: Option<Time>,
    /// The decision.
    pub basis: String,
}

/// What a line says. None when something is wrong, which is noted then.
pub fn read(line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Asked> {
    let holder = line.required_text("holder", TEXT_BYTES_MAX);
    let person = line.required_text("person", NAME_BYTES_MAX);
    let record = line.text("record", NAME_BYTES_MAX);
    let role = line.text("role", NAME_BYTES_MAX);
    let (from, until) = (moment(line, "from"), moment(line, "until"));
    let basis = line.text("basis", TEXT_BYTES_MAX);
    let unit = places
        .in_column(line, UNIT.name)
        .map(|unit| unit.or(places.default()));
    if unit == Some(None) {
        line.refuse(UNIT.name, Reason::NoUnit);
    }
    line.is_whole().then_some(())?;
    Some(Asked {
        holder,
        person,
        record,
        unit: unit??,
        role,
        from,
        until,
        basis,
    })
}

/// A day, or a moment of it, in Viet Nam.
fn moment(line: &mut Taking<'_, '_>, column: &str) -> Option<Time> {
    let (day, minute) = line.moment(column)?;
    at(day, u64::from(minute.unwrap_or(0)) * MINUTE_MS)
}
