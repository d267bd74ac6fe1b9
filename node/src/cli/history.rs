//! `soxa log`: what was done to a record, and its state now or at a past moment.

use clap::Args;
use data_encoding::BASE64;
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::handover::view::HandoverView;
use soxa_records::{CanonicalState, decode};

use super::session::{Read, Units, decoded};
use super::statements::verdict_cell;
use super::{ReadArgs, Session, fields, handover};
use crate::clock;
use crate::control::protocol::Request;
use crate::control::reports::OperationReport;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, Sheet, short};
use crate::preview;
use crate::resolve::ID_DIGITS_MIN;

/// `soxa log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The record.
    #[arg(value_name = "RECORD")]
    record: String,
    /// The state at a moment, or at these operations.
    #[arg(long, num_args = 1.., value_name = "DATE|OPERATION")]
    at: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Shows a record's history, and its state now or at a past moment.
pub fn log(args: &LogArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let id = record_id(session, &args.record)?;
    let (mut at_time_ms, mut at_operations) = (None, Vec::new());
    for word in &args.at {
        match clock::parse_moment(word) {
            Some(moment) => at_time_ms = Some(moment.0),
            None => at_operations.push(word.clone()),
        }
    }
    let request = Request::Log {
        id: id.to_string(),
        at_time_ms,
        at_operations,
    };
    let report = session.client()?.log(request)?;
    let units = session.units()?;
    let read = decoded(report.record)?;
    let mut sheet = Sheet::new("log");
    sheet
        .field("id", "records.field.id", Cell::text(id.to_string()))
        .field(
            "kind",
            "records.field.kind",
            fields::translated(lang, "records.kind", &read.report.kind),
        )
        .field(
            "state_hash",
            "cli.label.state_hash",
            Cell::text(read.report.state_hash.clone()),
        );
    if let Some(time) = at_time_ms {
        sheet.field("at", "cli.label.at", Cell::moment(time));
    }
    let called = match name_in(&read.state) {
        name if name.is_empty() => short(&id.to_string()),
        name => name,
    };
    let mut operations = Listing::new("operations", OPERATION_COLUMNS);
    for operation in &report.operations {
        operations.push(operation_row(lang, &units, &called, operation));
    }
    sheet.list(operations);
    // Minutes in effect stay as they were signed; others may correct them.
    if let Some(view) = HandoverView::of(&read.state) {
        sheet.list(handover::show::corrected(session, id, &view)?);
    }
    sheet
        .list(state(lang, &units, &read))
        .list(fields::disputed(lang, &read));
    args.read.print_sheet(lang, &sheet)?;
    Ok(if report.conflicts.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The columns of [`operation_row`].
pub const OPERATION_COLUMNS: &[(&str, &str)] = &[
    ("id", "records.field.id"),
    ("time", "cli.label.time"),
    ("signer", "cli.label.signer"),
    ("unit", "records.field.unit"),
    ("says", "cli.label.says"),
    ("verdict", "cli.label.verdict"),
    ("reason", "cli.label.reason"),
    ("note", "records.field.remark"),
    ("kind", "records.field.kind"),
    ("commit", "cli.label.commit"),
];

/// The record somebody means: an id or its first digits, or a unit by code or name.
fn record_id(session: &mut Session, wanted: &str) -> Result<RecordId, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let unit = session.units()?.find(wanted);
    let is_digits = wanted.len() >= ID_DIGITS_MIN && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    match unit {
        Err(error) if error.error() == "errors.unknown_record" && is_digits => {
            let report = session.client()?.record(&wanted.to_ascii_lowercase())?;
            Ok(decoded(report)?.id)
        }
        // Assets are called by their codes as well.
        Err(error) if error.error() == "errors.unknown_record" => Ok(session.find("asset", wanted)?.id),
        other => other,
    }
}

/// One operation of a record or commit.
pub fn operation_row(lang: Lang, units: &Units, record: &str, operation: &OperationReport) -> Vec<Cell> {
    let names = |id: &RecordId| units.name(id);
    let body = BASE64.decode(operation.body.as_bytes()).ok();
    let kind = operation.kind.parse().ok();
    let typed = kind
        .zip(body)
        .and_then(|(kind, body)| decode(&kind, operation.version, &body).ok());
    let says = typed.map_or_else(
        || operation.kind.clone(),
        |op| preview::of_typed(lang, &names, record, &op),
    );
    let reason = operation
        .reason
        .as_ref()
        .map(|reason| Sentence::from(reason).say(lang));
    let signer = operation.signer.as_ref();
    vec![
        Cell::id(&operation.id),
        signer.map_or_else(Cell::none, |signer| Cell::moment(signer.time_ms)),
        Cell::option(signer.map(|signer| signer.person.clone())),
        Cell::option(signer.map(|signer| signer.unit.clone())),
        Cell::text(says),
        verdict_cell(lang, &operation.verdict),
        Cell::option(reason),
        Cell::option(operation.note.clone()),
        Cell::text(operation.kind.clone()),
        Cell::id(&operation.commit),
    ]
}

/// The fields of a state and who wrote each value; lists are counted.
fn state(lang: Lang, units: &Units, read: &Read) -> Listing {
    let mut listing = Listing::new(
        "state",
        &[
            ("field", "cli.label.field"),
            ("value", "cli.label.value"),
            ("signer", "cli.label.signer"),
        ],
    );
    for (field, values) in &read.state.fields {
        for (op, value) in values {
            let shown = match value {
                soxa_records::Value::Id(unit) if units.get(&RecordId(*unit)).is_some() => {
                    Cell::word(units.name(&RecordId(*unit)), &RecordId(*unit).to_string())
                }
                other => fields::value_cell(lang, field, other),
            };
            let id = op.to_string();
            let signer = read.report.signers.iter().find(|signer| signer.operation == id);
            listing.push(vec![
                Cell::text(field.clone()),
                shown,
                Cell::option(signer.map(|signer| signer.person.clone())),
            ]);
        }
    }
    for (list, rows) in &read.state.lists {
        listing.push(vec![
            Cell::text(list.clone()),
            Cell::count(lang, rows.len() as u64),
            Cell::none(),
        ]);
    }
    listing
}

fn name_in(state: &CanonicalState) -> String {
    let names = state
        .fields
        .get("name")
        .map(soxa_ledger::small::SmallMap::values)
        .into_iter()
        .flatten();
    let texts = names.filter_map(|value| match value {
        soxa_records::Value::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" / ")
}
