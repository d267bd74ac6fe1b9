//! `soxa log`, `soxa conflicts`: what was done to a record, and what stands against each other; what has no
//! effect.

use std::path::PathBuf;

use clap::Args;
use data_encoding::BASE64;
use soxa_lang::{Lang, text};
use soxa_ledger::RecordId;
use soxa_records::custody::CustodyView;
use soxa_records::{CanonicalState, RecordKind, decode};

use super::session::{Read, Units, decoded};
use super::statements::verdict_cell;
use super::verify::forks;
use super::verify::splits;
use super::{ReadArgs, Session, fields};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{ForkReport, OperationReport, SideReport, SpanningReport};
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
    sheet
        .list(operations)
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

/// `soxa conflicts`.
#[derive(Debug, Args)]
pub struct ConflictsArgs {
    /// A folder for the proofs of forks and split views.
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// The word for a dispute that is settled.
const RULED: &str = "ruled";

/// Shows what officials or nodes did differently, and what was ruled on it. Only what is not settled is a finding.
pub fn conflicts(args: &ConflictsArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let client = session.client()?;
    let (reports, spanning) = match client.call(Request::Conflicts)? {
        Reply::Conflicts { records, spanning } => (records, spanning),
        other => return Err(client.other_reply(&other)),
    };
    let mut listing = Listing::new(
        "conflicts",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("name", "records.field.name"),
            ("what", "cli.label.conflict"),
            ("says", "cli.label.says"),
        ],
    );
    let mut open = false;
    for report in reports {
        let read = decoded(report)?;
        for (what, says) in conflicts_of(lang, &units, &read) {
            open |= what != RULED;
            listing.push(vec![
                Cell::id(&read.id.to_string()),
                fields::translated(lang, "records.kind", &read.report.kind),
                Cell::text(name_in(&read.state)),
                Cell::text(what),
                Cell::text(says),
            ]);
        }
    }
    for one in &spanning {
        open = true;
        listing.push(vec![
            Cell::id(&one.record),
            fields::translated(lang, "records.kind", &one.kind),
            Cell::text(one.name.clone()),
            Cell::text(one.what.clone()),
            Cell::text(spanning_words(lang, one)),
        ]);
    }
    let (forks, checkpoints) = match session.client()?.call(Request::Status)? {
        Reply::Status(report) => (report.forks, report.checkpoints),
        other => return Err(session.client()?.other_reply(&other)),
    };
    let split_views: Vec<_> = checkpoints
        .iter()
        .filter(|log| !log.split_view.is_empty())
        .collect();
    for fork in &forks {
        listing.push(vec![
            Cell::id(&fork.feed),
            fields::translated(lang, "records.kind", "feed"),
            Cell::text(fork.node.clone()),
            Cell::text(text(lang, "verdicts.conflict.fork", &[("node", &fork.node)])),
            Cell::text(fork_words(lang, fork)),
        ]);
    }
    for split in &split_views {
        listing.push(vec![
            Cell::id(&split.node),
            fields::translated(lang, "records.kind", "checkpoint"),
            Cell::option(split.unit.clone()),
            Cell::text(text(lang, "verdicts.conflict.split", &[("node", &split.node)])),
            Cell::text(text(
                lang,
                "verdicts.conflict.split_at",
                &[("size", &split.snapshots)],
            )),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    if let Some(folder) = &args.proofs {
        forks::write(lang, &forks, folder)?;
        splits::write(lang, &split_views, folder)?;
    }
    Ok(if open || !forks.is_empty() || !split_views.is_empty() {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// From where a feed is forked, and what of its branches is named and still to come.
fn fork_words(lang: Lang, fork: &ForkReport) -> String {
    let at = text(lang, "verdicts.conflict.fork_at", &[("seq", &fork.seq)]);
    match forks::awaited(lang, fork) {
        Some(entries) => {
            let awaited = text(lang, "verdicts.conflict.fork_awaited", &[("entries", &entries)]);
            format!("{at}; {awaited}")
        }
        None => at,
    }
}

/// What stands against each other across records, each side with who signed it.
fn spanning_words(lang: Lang, one: &SpanningReport) -> String {
    let side = |side: &SideReport| match &side.signer {
        Some(signer) => format!("{} ({}, {})", side.says, signer.person, signer.unit),
        None => side.says.clone(),
    };
    let sides: Vec<String> = one.sides.iter().map(side).collect();
    let sides = sides.join(" | ");
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("name", &one.name),
        ("person", &one.name),
        ("people", &sides),
        ("code", &one.name),
    ];
    let said = text(lang, &format!("verdicts.conflict.{}", one.what), &values);
    match one.what.as_str() {
        "no_head" => format!("{said} {sides}"),
        "double_code" => format!(
            "{said} {sides}. {}",
            text(lang, "verdicts.conflict.way_out_code", &[])
        ),
        "two_regular_posts" => format!(
            "{said} {sides}. {}",
            text(lang, "verdicts.conflict.way_out_posting", &[])
        ),
        _ => format!("{said}. {}", text(lang, "verdicts.conflict.way_out_posting", &[])),
    }
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

fn conflicts_of(lang: Lang, units: &Units, read: &Read) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let subject = name_in(&read.state);
    let custody = match read.state.kind {
        Some(RecordKind::Asset | RecordKind::Person) => CustodyView::of(&read.state),
        _ => CustodyView::default(),
    };
    let way_out = || {
        text(
            lang,
            "verdicts.conflict.way_out",
            &[("id", &short(&read.id.to_string()))],
        )
    };
    if let Some(contest) = &custody.contested {
        let rivals: Vec<String> = contest.rivals.iter().map(|rival| units.name(&rival.to)).collect();
        let said = text(
            lang,
            "verdicts.conflict.contested_custody",
            &[("subject", &subject)],
        );
        found.push((
            "contested_custody",
            format!("{said} ({}) {}", rivals.join(" / "), way_out()),
        ));
    }
    if !custody.unfounded.is_empty() {
        let said = text(
            lang,
            "verdicts.conflict.unfounded_custody",
            &[("subject", &subject)],
        );
        found.push(("unfounded_custody", format!("{said} {}", way_out())));
    }
    for ruled in &custody.rulings {
        let stands = custody.link(&ruled.stands).map(|link| units.name(&link.to));
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("subject", &subject),
            ("unit", &units.name(&ruled.unit)),
            ("person", &ruled.person),
            ("stands", &stands.unwrap_or_default()),
            ("reason", &ruled.reason),
        ];
        found.push((RULED, text(lang, "verdicts.conflict.ruled", &values)));
    }
    for (field, values) in read.state.conflicts() {
        let mut sides = Vec::new();
        for (op, value) in &values {
            let id = op.to_string();
            let signer = read.report.signers.iter().find(|signer| signer.operation == id);
            let who = signer.map(|signer| format!(" ({}, {})", signer.person, signer.unit));
            sides.push(format!(
                "{}{}",
                fields::value_text(lang, &field, value),
                who.unwrap_or_default()
            ));
        }
        let said = text(lang, "verdicts.conflict.field", &[("field", &field)]);
        found.push(("field", format!("{said} {}", sides.join(" | "))));
    }
    found
}
