//! What is shown of handovers: parties, lines, signatures, reasons.

use clap::Args;
use soxa_lang::{Lang, collated, money, text};
use soxa_ledger::RecordId;
use soxa_office::handovers::counted;
use soxa_records::handover::view::{Counted, HandoverLine, HandoverView};
use soxa_records::handover::{DraftLine, HandoverStage, LineOf};

use crate::cli::session::{Read, Units, decoded};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, short};

/// `soxa handover show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "HANDOVER")]
    handover: String,
    /// The lines alone: as a table, what the receiver counts goes into its column `counted`.
    #[arg(long)]
    lines: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa handover list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those in which this unit is a party.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    #[arg(long, value_parser = fields::words(HandoverStage::ALL, HandoverStage::as_str), value_name = "STAGE")]
    stage: Option<HandoverStage>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Lists all handovers, or those of a unit or stage.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let wanted = units.find_any(args.unit.as_deref())?;
    let mut listing = Listing::new(
        "handovers",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("date", "records.field.date"),
            ("giver", "records.field.giver"),
            ("receiver", "records.field.receiver"),
            ("lines", "cli.label.lines"),
            ("cost", "records.field.cost"),
            ("stage", "records.field.state"),
        ],
    );
    let read = session.records("handover")?.into_iter();
    let mut handovers: Vec<_> = read
        .filter_map(|read| HandoverView::of(&read.state).map(|view| (read, view)))
        .collect();
    handovers.sort_by_cached_key(|(_, view)| {
        (
            view.date,
            collated(&view.giver.name),
            collated(&view.receiver.name),
        )
    });
    for (read, view) in handovers {
        let is_party = |unit: RecordId| parties(&view).contains(&unit);
        if !wanted.is_none_or(is_party) || args.stage.is_some_and(|stage| view.stage != stage) {
            continue;
        }
        listing.push(vec![
            Cell::id(&read.id.to_string()),
            fields::translated(lang, "records.handover_kind", view.kind.as_str()),
            fields::day_cell(view.date),
            Cell::word(view.giver.name.clone(), &view.giver.unit.to_string()),
            Cell::word(view.receiver.name.clone(), &view.receiver.unit.to_string()),
            Cell::count(lang, view.lines.len() as u64),
            Cell::number(lang, view.totals().cost),
            fields::translated(lang, "records.handover_state", view.stage.as_str()),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

pub fn parties(view: &HandoverView) -> Vec<RecordId> {
    let witness = view.witness.as_ref().map(|witness| witness.unit);
    [view.giver.unit, view.receiver.unit]
        .into_iter()
        .chain(witness)
        .collect()
}

/// Shows one handover. One that was withdrawn too late is a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let (read, view) = session.find_viewed("handover", &args.handover, HandoverView::of)?;
    if args.lines {
        args.read
            .print_listing(session.lang, &lines(session.lang, &view))?;
        return Ok(Exit::Done);
    }
    let mut sheet = sheet(session.lang, &units, &read, &view);
    sheet.list(corrected(session, read.id, &view)?);
    args.read.print_sheet(session.lang, &sheet)?;
    Ok(if view.withdrawn_too_late {
        Exit::Findings
    } else {
        Exit::Done
    })
}

fn sheet(lang: Lang, units: &Units, read: &Read, view: &HandoverView) -> Sheet {
    let party = |unit: RecordId, name: &str| {
        // The name of the minutes, and the present one where it differs.
        let now = units.name(&unit);
        let shown = if now == name {
            now
        } else {
            format!("{name} ({now})")
        };
        Cell::word(shown, &unit.to_string())
    };
    let totals = view.totals();
    let mut sheet = Sheet::new("handover");
    let witness = view.witness.as_ref();
    sheet
        .field("id", "records.field.id", Cell::text(read.id.to_string()))
        .field(
            "kind",
            "records.field.kind",
            fields::translated(lang, "records.handover_kind", view.kind.as_str()),
        )
        .field(
            "stage",
            "records.field.state",
            fields::translated(lang, "records.handover_state", view.stage.as_str()),
        )
        .field(
            "giver",
            "records.field.giver",
            party(view.giver.unit, &view.giver.name),
        )
        .field(
            "receiver",
            "records.field.receiver",
            party(view.receiver.unit, &view.receiver.name),
        )
        .field(
            "witness",
            "records.field.witness",
            witness.map_or_else(Cell::none, |w| party(w.unit, &w.name)),
        )
        .field(
            "capacity",
            "cli.label.capacity",
            witness.map_or_else(Cell::none, |w| {
                fields::translated(lang, "records.witness_capacity", w.capacity.as_str())
            }),
        )
        .field(
            "corrects",
            "records.field.corrects",
            view.corrects
                .map_or_else(Cell::none, |first| Cell::id(&first.to_string())),
        )
        .field("date", "records.field.date", fields::day_cell(view.date))
        .field("place", "records.field.place", Cell::text(view.place.clone()))
        .field(
            "basis",
            "records.field.legal_basis",
            Cell::text(view.basis.clone()),
        )
        .field(
            "condition_basis",
            "records.field.condition_basis",
            fields::translated(lang, "records.condition_basis", view.condition_basis.as_str()),
        )
        .field(
            "expires",
            "records.field.expires",
            view.expires.map_or_else(Cell::none, |time| Cell::moment(time.0)),
        )
        .field("duties", "records.field.duties", Cell::text(view.duties.clone()))
        .field("count", "cli.label.lines", Cell::count(lang, totals.lines))
        .field(
            "quantity",
            "records.field.quantity",
            Cell::amount(lang, totals.quantity),
        )
        .field("cost", "records.field.cost", Cell::number(lang, totals.cost))
        .field(
            "residual",
            "records.field.residual_value",
            Cell::number(lang, totals.residual),
        )
        .field(
            "withdrawn_too_late",
            "cli.label.withdrawn_too_late",
            Cell::yes_no(lang, view.withdrawn_too_late),
        );
    sheet
        .list(lines(lang, view))
        .list(signatures(lang, view))
        .list(reasons(lang, view));
    sheet
}

fn lines(lang: Lang, view: &HandoverView) -> Listing {
    // As `handover count --table` reads them back.
    let columns = counted::COLUMNS.iter().map(|column| (column.name, column.label));
    let mut listing = Listing::new("lines", &columns.collect::<Vec<_>>());
    for line in &view.lines {
        let content = &line.content;
        let counted = |count: &Counted| {
            let quantity = soxa_lang::amount(lang, count.quantity.thousandths);
            let with = |quantity: &str| format!("{quantity} {}", count.condition).trim().to_owned();
            (with(&quantity), with(&count.quantity.to_string()))
        };
        let (shown, counts): (Vec<String>, Vec<String>) = line.counts.iter().map(counted).unzip();
        let refusals: Vec<&str> = line
            .refusals
            .iter()
            .map(|refusal| refusal.reason.as_str())
            .collect();
        let subject = content.of.subject();
        listing.push(vec![
            Cell::of(line.line.to_string(), serde_json::json!(line.line)),
            fields::translated(lang, "records.line_sort", content.of.word()),
            subject.map_or_else(Cell::none, |subject| Cell::id(&subject.record.to_string())),
            Cell::text(content.name.clone()),
            Cell::amount(lang, content.quantity),
            Cell::text(content.measure.clone()),
            Cell::of(shown.join(" / "), serde_json::json!(counts.join(" / "))),
            Cell::number(lang, content.cost),
            content
                .residual
                .map_or_else(Cell::none, |residual| Cell::number(lang, residual)),
            Cell::text(content.condition.clone()),
            Cell::text(content.remark.clone()),
            Cell::text(refusals.join(" / ")),
            Cell::of(if line.moved { "✓" } else { "" }, serde_json::json!(line.moved)),
        ]);
    }
    listing
}

/// The minutes that correct a handover, by their days and when they were first signed; those that nobody has signed come last.
pub(super) fn corrections(
    session: &mut Session,
    handover: RecordId,
) -> Result<Vec<(RecordId, HandoverView)>, Failure> {
    let reports = session.client()?.corrections(handover.to_string())?;
    let mut all = Vec::with_capacity(reports.len());
    for read in reports.into_iter().map(decoded) {
        let read = read?;
        all.extend(HandoverView::of(&read.state).map(|view| (read.id, view)));
    }
    all.sort_by_key(|(id, view)| {
        let signed = view.signatures.iter().map(|signature| signature.at).min();
        (view.date, signed.is_none(), signed, *id)
    });
    Ok(all)
}

/// What corrections say instead of lines of a handover, also those that not everybody has signed.
pub fn corrected(session: &mut Session, id: RecordId, first: &HandoverView) -> Result<Listing, Failure> {
    let (lang, corrections) = (session.lang, corrections(session, id)?);
    let mut listing = Listing::new(
        "corrections",
        &[
            ("handover", "cli.label.handover"),
            ("date", "records.field.date"),
            ("stage", "records.field.state"),
            ("line", "cli.label.number"),
            ("was", "cli.label.was"),
            ("is", "cli.label.should_be"),
        ],
    );
    let of_line = |number: u32| {
        first
            .lines
            .iter()
            .find(|line| line.line == number)
            .map(|line| &line.content)
    };
    for (id, view) in &corrections {
        for line in &view.lines {
            let (number, was, is) = match &line.content.of {
                LineOf::Restated(number) => {
                    let (was, is) = of_line(*number)
                        .map_or_else(Default::default, |was| differ(lang, was, &line.content));
                    (Some(*number), was, is)
                }
                LineOf::Subject(subject) => {
                    let listed = |line: &&HandoverLine| {
                        line.content
                            .of
                            .subject()
                            .is_some_and(|own| own.record == subject.record)
                    };
                    let number = first.lines.iter().find(listed).map(|line| line.line);
                    let back = text(lang, "cli.label.handed_back", &[]);
                    (number, line.content.name.clone(), back)
                }
                LineOf::Paper(_) => (None, String::new(), line.content.name.clone()),
            };
            listing.push(vec![
                Cell::id(&id.to_string()),
                fields::day_cell(view.date),
                fields::translated(lang, "records.handover_state", view.stage.as_str()),
                number.map_or_else(Cell::none, |n| Cell::of(n.to_string(), serde_json::json!(n))),
                Cell::text(was),
                Cell::text(is),
            ]);
        }
    }
    Ok(listing)
}

/// What two lines say otherwise, field by field.
fn differ(lang: Lang, was: &DraftLine, is: &DraftLine) -> (String, String) {
    let amount = |line: &DraftLine| soxa_lang::amount(lang, line.quantity.thousandths);
    let residual = |line: &DraftLine| line.residual.map(|sum| money(lang, sum)).unwrap_or_default();
    let fields = [
        ("name", was.name.clone(), is.name.clone()),
        ("quantity", amount(was), amount(is)),
        ("measure", was.measure.clone(), is.measure.clone()),
        ("condition", was.condition.clone(), is.condition.clone()),
        ("remark", was.remark.clone(), is.remark.clone()),
        ("cost", money(lang, was.cost), money(lang, is.cost)),
        ("residual_value", residual(was), residual(is)),
    ];
    let told = |field: &str, value: &str| {
        let label = text(lang, &format!("records.field.{field}"), &[]);
        format!("{label}: {}", if value.is_empty() { "–" } else { value })
    };
    let other = || fields.iter().filter(|(_, was, is)| was != is);
    let before: Vec<String> = other().map(|(field, was, _)| told(field, was)).collect();
    let after: Vec<String> = other().map(|(field, _, is)| told(field, is)).collect();
    (before.join("; "), after.join("; "))
}

fn signatures(lang: Lang, view: &HandoverView) -> Listing {
    let mut listing = Listing::new(
        "signatures",
        &[
            ("party", "cli.label.capacity"),
            ("person", "cli.label.signer"),
            ("key", "cli.label.public_key"),
            ("at", "records.field.date"),
            ("remark", "records.field.remark"),
        ],
    );
    for signature in &view.signatures {
        listing.push(vec![
            fields::translated(lang, "records.field", signature.party.as_str()),
            Cell::text(signature.person.clone()),
            Cell::id(&signature.key.to_string()),
            Cell::moment(signature.at.0),
            Cell::text(signature.remark.clone()),
        ]);
    }
    listing
}

fn reasons(lang: Lang, view: &HandoverView) -> Listing {
    let mut listing = Listing::new(
        "reasons",
        &[
            ("act", "cli.label.act"),
            ("reason", "cli.label.reason"),
            ("operation", "cli.label.operation"),
        ],
    );
    let acts = [("withdrawn", &view.withdrawals), ("returned", &view.refusals)];
    for (act, reasoned) in acts
        .into_iter()
        .flat_map(|(act, all)| all.iter().map(move |one| (act, one)))
    {
        listing.push(vec![
            fields::translated(lang, "records.handover_state", act),
            Cell::text(reasoned.reason.clone()),
            Cell::text(short(&reasoned.op.to_string())),
        ]);
    }
    listing
}
