//! `soxa handover`: what may be typed, and what is shown. How the acts are made is in [`super::handover_sign`].

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::minutes::RefusedLine;
use soxa_ledger::{RecordId, Time};
use soxa_records::Date;
use soxa_records::handover::{ConditionBasis, CountRow, HandoverKind, HandoverStage};
use soxa_records::handover_view::HandoverView;

use super::session::{Read, Units};
use super::sign::ActArgs;
use super::{ReadArgs, Session, fields, handover_sign};
use crate::clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, short};

/// What can be done in a handover.
#[derive(Debug, Subcommand)]
pub enum HandoverCommand {
    /// Write down parties, terms and lines.
    Draft(DraftArgs),
    /// Sign as giver.
    Offer(ManyArgs),
    /// Note what is there.
    Count(CountArgs),
    /// Sign as receiver.
    Accept(AcceptArgs),
    /// Refuse the whole as receiver.
    Refuse(ReasonArgs),
    /// Take the offer back as giver.
    Withdraw(ReasonArgs),
    /// Sign as witness.
    Witness(ManyArgs),
    /// One handover.
    Show(ShowArgs),
    /// All handovers.
    List(ListArgs),
}

/// `soxa handover draft`.
#[derive(Debug, Args)]
pub struct DraftArgs {
    #[arg(long, value_parser = fields::words(HandoverKind::ALL, HandoverKind::as_str), value_name = "assets|staff")]
    pub kind: HandoverKind,
    #[arg(long, value_name = "UNIT")]
    pub receiver: String,
    /// The giver, when the official acts for several units.
    #[arg(long, value_name = "UNIT")]
    pub giver: Option<String>,
    #[arg(long, value_name = "UNIT")]
    pub witness: Option<String>,
    /// The subjects.
    #[arg(long, num_args = 1.., value_name = "SUBJECT", required_unless_present = "all_of_unit")]
    pub line: Vec<String>,
    /// All that the giver holds.
    #[arg(long, conflicts_with = "line")]
    pub all_of_unit: bool,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub basis: String,
    #[arg(long, default_value = "as_is", value_name = "as_is|inspected",
          value_parser = fields::words(ConditionBasis::ALL, ConditionBasis::as_str))]
    pub condition_basis: ConditionBasis,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub place: String,
    /// The day of the minutes; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub date: Option<Date>,
    /// Until when the offer is meant to be taken.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub expires: Option<Time>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// One or many handovers.
#[derive(Debug, Args)]
pub struct ManyArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa handover count`.
#[derive(Debug, Args)]
pub struct CountArgs {
    #[arg(value_name = "HANDOVER")]
    pub handover: String,
    /// What was found on a line.
    #[arg(long, required = true, num_args = 1.., value_name = "LINE:QUANTITY:CONDITION", value_parser = counted)]
    pub row: Vec<CountRow>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa handover accept`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    /// Lines that are refused, with the reason.
    #[arg(long, num_args = 1.., value_name = "LINE=REASON", value_parser = refusal)]
    pub refuse: Vec<RefusedLine>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Handovers with a reason.
#[derive(Debug, Args)]
pub struct ReasonArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub act: ActArgs,
}

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

fn moment(text: &str) -> Result<Time, String> {
    clock::parse_moment(text).ok_or_else(|| text.to_owned())
}

/// Reads `LINE:QUANTITY:CONDITION`; the condition may be left out.
fn counted(text: &str) -> Result<CountRow, String> {
    let refused = || text.to_owned();
    let mut parts = text.splitn(3, ':');
    let line = parts.next().and_then(|line| line.parse().ok()).filter(|line| *line > 0).ok_or_else(refused)?;
    let quantity = parts.next().and_then(fields::quantity).ok_or_else(refused)?;
    let condition = parts.next().unwrap_or_default().to_owned();
    Ok(CountRow { line, quantity, condition, remark: String::new() })
}

/// Reads `LINE=REASON`.
fn refusal(text: &str) -> Result<RefusedLine, String> {
    let refused = || text.to_owned();
    let (line, reason) = text.split_once('=').ok_or_else(refused)?;
    let line = line.parse().ok().filter(|line| *line > 0).ok_or_else(refused)?;
    if reason.trim().is_empty() {
        return Err(refused());
    }
    Ok(RefusedLine { line, reason: reason.to_owned() })
}

/// Does what the command says.
pub fn run(command: HandoverCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        HandoverCommand::Draft(args) => handover_sign::draft(&args, session),
        HandoverCommand::Offer(args) => handover_sign::offer(&args, session),
        HandoverCommand::Count(args) => handover_sign::count(&args, session),
        HandoverCommand::Accept(args) => handover_sign::accept(&args, session),
        HandoverCommand::Refuse(args) => handover_sign::refuse(&args, session),
        HandoverCommand::Withdraw(args) => handover_sign::withdraw(&args, session),
        HandoverCommand::Witness(args) => handover_sign::witness(&args, session),
        HandoverCommand::Show(args) => show(&args, session),
        HandoverCommand::List(args) => list(&args, session),
    }
}

fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
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
        let Some(view) = HandoverView::of(&read.state) else { continue };
        let is_party = |unit: RecordId| parties(&view).contains(&unit);
        if !wanted.is_none_or(is_party) || !args.stage.is_none_or(|stage| view.stage == stage) {
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
    [view.giver.unit, view.receiver.unit].into_iter().chain(witness).collect()
}

fn cost(view: &HandoverView) -> i64 {
    view.lines.iter().fold(0, |sum, line| sum.saturating_add(line.cost))
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let read = session.find("handover", &args.handover)?;
    let view = HandoverView::of(&read.state).ok_or_else(|| fields::not_that_kind(&read))?;
    args.read.print_sheet(session.lang, &sheet(session.lang, &units, &read, &view))?;
    Ok(if view.withdrawn_too_late { Exit::Findings } else { Exit::Done })
}

fn sheet(lang: Lang, units: &Units, read: &Read, view: &HandoverView) -> Sheet {
    let party = |unit: RecordId, name: &str| {
        // The name of the minutes, and the present one where it differs.
        let now = units.name(&unit);
        let shown = if now == name { now } else { format!("{name} ({now})") };
        Cell::word(shown, &unit.to_string())
    };
    let mut sheet = Sheet::new("handover");
    let witness = view.witness.as_ref();
    sheet
        .field("id", "records.field.id", Cell::text(read.id.to_string()))
        .field("kind", "records.field.kind", fields::translated(lang, "records.handover_kind", view.kind.as_str()))
        .field("stage", "records.field.state", fields::translated(lang, "records.handover_state", view.stage.as_str()))
        .field("giver", "records.field.giver", party(view.giver.unit, &view.giver.name))
        .field("receiver", "records.field.receiver", party(view.receiver.unit, &view.receiver.name))
        .field("witness", "records.field.witness", witness.map_or_else(Cell::none, |w| party(w.unit, &w.name)))
        .field("date", "records.field.date", fields::day_cell(view.date))
        .field("place", "records.field.place", Cell::text(view.place.clone()))
        .field("basis", "records.field.legal_basis", Cell::text(view.basis.clone()))
        .field(
            "condition_basis",
            "records.field.condition_basis",
            fields::translated(lang, "records.condition_basis", view.condition_basis.as_str()),
        )
        .field("expires", "records.field.expires", view.expires.map_or_else(Cell::none, |time| Cell::moment(time.0)))
        .field("cost", "records.field.cost", Cell::number(lang, cost(view)))
        .field("withdrawn_too_late", "cli.label.withdrawn_too_late", Cell::yes_no(lang, view.withdrawn_too_late));
    sheet.list(lines(lang, view)).list(signatures(lang, view)).list(reasons(lang, view));
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
            ("counted", "records.handover_state.counted"),
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
            .map(|count| format!("{} {}", count.quantity, count.condition).trim().to_owned())
            .collect();
        let refusals: Vec<String> = line.refusals.iter().map(|refusal| refusal.reason.clone()).collect();
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
        &[("act", "cli.label.act"), ("reason", "cli.label.reason"), ("operation", "cli.label.operation")],
    );
    let acts = [("withdrawn", &view.withdrawals), ("returned", &view.refusals)];
    for (act, reasoned) in acts.into_iter().flat_map(|(act, all)| all.iter().map(move |one| (act, one))) {
        listing.push(vec![
            fields::translated(lang, "records.handover_state", act),
            Cell::text(reasoned.reason.clone()),
            Cell::text(short(&reasoned.op.to_string())),
        ]);
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_lines_are_read() {
        let row = counted("3:1,5:cũ: xước").unwrap();
        assert_eq!((row.line, row.quantity.thousandths, row.condition.as_str()), (3, 1_500, "cũ: xước"));
        assert_eq!(counted("1:2").unwrap().condition, "");
        for wrong in ["", "0:1:a", "1", "x:1:a", "1:x:a"] {
            assert!(counted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refusals_have_a_reason() {
        assert_eq!(refusal("2=gãy=chân"), Ok(RefusedLine { line: 2, reason: "gãy=chân".to_owned() }));
        for wrong in ["", "2", "2=", "2= ", "0=a", "a=b"] {
            assert!(refusal(wrong).is_err(), "{wrong}");
        }
    }
}
