//! What is shown of handovers: parties, lines, signatures, reasons.

use clap::Args;
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::handover::HandoverStage;
use soxa_records::handover_view::HandoverView;

use crate::cli::session::{Read, Units};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, short};

/// `soxa handover show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "HANDOVER")]
    handover: String,
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
    let wanted = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
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
    for read in session.records("handover")? {
        let Some(view) = HandoverView::of(&read.state) else {
            continue;
        };
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
            Cell::number(lang, cost(&view)),
            fields::translated(lang, "records.handover_state", view.stage.as_str()),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

fn parties(view: &HandoverView) -> Vec<RecordId> {
    let witness = view.witness.as_ref().map(|witness| witness.unit);
    [view.giver.unit, view.receiver.unit]
        .into_iter()
        .chain(witness)
        .collect()
}

fn cost(view: &HandoverView) -> i64 {
    view.lines
        .iter()
        .fold(0, |sum, line| sum.saturating_add(line.cost))
}

/// Shows one handover. One that was withdrawn too late is a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let read = session.find("handover", &args.handover)?;
    let view = HandoverView::of(&read.state).ok_or_else(|| fields::not_that_kind(&read))?;
    args.read
        .print_sheet(session.lang, &sheet(session.lang, &units, &read, &view))?;
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
        .field("cost", "records.field.cost", Cell::number(lang, cost(view)))
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
    let mut listing = Listing::new(
        "lines",
        &[
            ("line", "cli.label.number"),
            ("subject", "records.field.id"),
            ("name", "records.field.name"),
            ("quantity", "records.field.quantity"),
            ("counted", "cli.label.counted"),
            ("cost", "records.field.cost"),
            ("condition", "records.field.condition"),
            ("refused", "cli.label.refused_because"),
            ("moved", "cli.label.moved"),
        ],
    );
    for line in &view.lines {
        let counts: Vec<String> = line
            .counts
            .iter()
            .map(|count| {
                format!("{} {}", count.quantity, count.condition)
                    .trim()
                    .to_owned()
            })
            .collect();
        let refusals: Vec<String> = line
            .refusals
            .iter()
            .map(|refusal| refusal.reason.clone())
            .collect();
        listing.push(vec![
            Cell::of(line.line.to_string(), serde_json::json!(line.line)),
            Cell::id(&line.subject.to_string()),
            Cell::text(line.subject_name.clone()),
            Cell::text(line.quantity.to_string()),
            Cell::text(counts.join(" / ")),
            Cell::number(lang, line.cost),
            Cell::text(line.condition.clone()),
            Cell::text(refusals.join(" / ")),
            Cell::of(if line.moved { "✓" } else { "" }, serde_json::json!(line.moved)),
        ]);
    }
    listing
}

fn signatures(lang: Lang, view: &HandoverView) -> Listing {
    let mut listing = Listing::new(
        "signatures",
        &[
            ("party", "cli.label.capacity"),
            ("person", "cli.label.signer"),
            ("key", "cli.label.public_key"),
            ("at", "records.field.date"),
        ],
    );
    for signature in &view.signatures {
        listing.push(vec![
            fields::translated(lang, "records.field", signature.party.as_str()),
            Cell::text(signature.person.clone()),
            Cell::id(&signature.key.to_string()),
            Cell::moment(signature.at.0),
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
