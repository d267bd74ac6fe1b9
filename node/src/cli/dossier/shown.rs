//! What is shown of dossiers: what is due when, papers, the control slip, the clock.

use std::collections::BTreeSet;

use clap::Args;
use soxa_lang::{Lang, money, text};
use soxa_ledger::{FileHash, Time};
use soxa_records::dossier::DossierStatus;
use soxa_records::dossier::view::{Clock, DossierView, Punctuality, Transcribed};

use super::retained::Retained;
use super::{Found, applicant, erasing};
use crate::cli::reference::Published;
use crate::cli::session::{Read, Units};
use crate::cli::{ReadArgs, Session, fields};
use crate::clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, say};

/// Dossiers that a list by a part of their codes has.
const CODED_MAX: u32 = 1_000;

/// `soxa dossier list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those that an office deals with.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only those whose code has this in it.
    #[arg(long, value_name = "TEXT")]
    code: Option<String>,
    /// Only those of this status.
    #[arg(long, value_name = "STATUS", value_parser = fields::words(DossierStatus::ALL, DossierStatus::as_str))]
    status: Option<DossierStatus>,
    /// Only those past their due time.
    #[arg(long)]
    late: bool,
    /// Only those whose originals somebody else holds.
    #[arg(long)]
    without_originals: bool,
    /// Only those that wait for a signature.
    #[arg(long)]
    unsigned: bool,
    /// Only those that are past their retention period and still have a sealed file.
    #[arg(long)]
    past_retention: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa dossier show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "DOSSIER")]
    dossier: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Lists dossiers.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let now = clock::now();
    let units = session.units()?;
    let unit = units.find_any(args.unit.as_deref())?;
    let published = Published::read(session)?;
    let (days, retained) = (published.working_days()?, Retained::of(&published)?);
    let mut listing = Listing::new(
        "dossiers",
        &[
            ("code", "records.field.code"),
            ("procedure", "cli.label.procedure"),
            ("status", "cli.label.status"),
            ("receiving", "cli.label.receiving"),
            ("competent", "cli.label.competent"),
            ("received", "cli.label.received"),
            ("due", "cli.label.due"),
            ("punctuality", "cli.label.punctuality"),
            ("original_held_by", "cli.label.original_held_by"),
            ("kept_until", "cli.label.kept_until"),
            ("id", "records.field.id"),
        ],
    );
    let read = match &args.code {
        Some(part) => coded_like(session, part)?,
        None => session.records("dossier")?,
    };
    for read in read {
        let Some(view) = DossierView::of(&read.state) else {
            continue;
        };
        let found = Found { read, view };
        let clock = found.view.clock(now, &days);
        let wanted = unit.is_none_or(|unit| found.offices().contains(&unit))
            && args
                .status
                .is_none_or(|status| found.view.status.distinct().contains(&&status))
            && (!args.late || clock.punctuality(now) == Punctuality::Late)
            && (!args.without_originals || found.view.originals_elsewhere().next().is_some())
            && (!args.unsigned || found.view.awaits_signature())
            && (!args.past_retention || retained.is_over(&found.view) && found.left().next().is_some());
        if wanted {
            listing.push(row(lang, &units, &found, &clock, now, &retained));
        }
    }
    listing.sort(&["code"]);
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// The dossiers in whose codes a text stands. That there are more than a list should have is said.
fn coded_like(session: &mut Session, part: &str) -> Result<Vec<Read>, Failure> {
    let mut read = session.dossiers_coded_like(part, CODED_MAX + 1)?;
    if read.len() > CODED_MAX as usize {
        read.truncate(CODED_MAX as usize);
        say(&text(
            session.lang,
            "cli.search.coded_more",
            &[("count", &CODED_MAX)],
        ));
    }
    Ok(read)
}

fn row(
    lang: Lang,
    units: &Units,
    found: &Found,
    clock: &Clock,
    now: Time,
    retained: &Retained<'_>,
) -> Vec<Cell> {
    let view = &found.view;
    vec![
        fields::field_cell(&view.code),
        fields::field_cell(&view.procedure),
        fields::word_cell(lang, "records.dossier_status", &view.status),
        fields::unit_cell(units, view.receiving.as_ref()),
        fields::unit_cell(units, view.competent.as_ref()),
        view.received
            .distinct()
            .first()
            .map_or_else(Cell::none, |time| Cell::moment(time.0)),
        clock.due.map_or_else(Cell::none, |time| Cell::moment(time.0)),
        punctuality(lang, clock, now),
        Cell::text(holders(view)),
        retained.until(lang, view),
        Cell::id(&found.read.id.to_string()),
    ]
}

/// Who holds the originals that are not with the dossier, each once.
fn holders(view: &DossierView) -> String {
    let elsewhere = view.originals_elsewhere();
    let holders: BTreeSet<&str> = elsewhere
        .map(|paper| paper.component.original_held_by.as_str())
        .collect();
    holders.into_iter().collect::<Vec<_>>().join(", ")
}

/// How a dossier keeps its time, as a word of `records.punctuality`.
pub fn punctuality_word(clock: &Clock, now: Time) -> &'static str {
    match clock.punctuality(now) {
        Punctuality::Early => "early",
        Punctuality::OnDueDay => "on_due_day",
        Punctuality::Late => "late",
        Punctuality::Running if clock.standing_since.is_some() => "standing",
        Punctuality::Running => "running",
        Punctuality::NoLimit => "no_limit",
    }
}

fn punctuality(lang: Lang, clock: &Clock, now: Time) -> Cell {
    fields::translated(lang, "records.punctuality", punctuality_word(clock, now))
}

/// Shows one dossier.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let now = clock::now();
    let found = Found::of(session, &args.dossier)?;
    let units = session.units()?;
    let published = Published::read(session)?;
    let (days, retained) = (published.working_days()?, Retained::of(&published)?);
    let applies = applicant::shown(session, &found)?;
    let view = &found.view;
    let clock = view.clock(now, &days);
    let moment = |time: Option<Time>| time.map_or_else(Cell::none, |time| Cell::moment(time.0));
    let mut sheet = Sheet::new("dossier");
    sheet
        .field("id", "records.field.id", Cell::text(found.read.id.to_string()))
        .field("code", "records.field.code", fields::field_cell(&view.code))
        .field(
            "status",
            "cli.label.status",
            fields::word_cell(lang, "records.dossier_status", &view.status),
        )
        .field(
            "procedure",
            "cli.label.procedure",
            fields::field_cell(&view.procedure),
        )
        .field(
            "receiving",
            "cli.label.receiving",
            fields::unit_cell(&units, view.receiving.as_ref()),
        )
        .field(
            "competent",
            "cli.label.competent",
            fields::unit_cell(&units, view.competent.as_ref()),
        )
        .field("forwarded", "cli.label.forwarded", {
            let names: Vec<String> = view.forwarded.iter().map(|unit| units.name(unit)).collect();
            let ids: Vec<String> = view.forwarded.iter().map(ToString::to_string).collect();
            Cell::of(names.join(", "), serde_json::json!(ids))
        })
        .field(
            "residence",
            "cli.label.residence",
            fields::unit_cell(&units, view.residence.distinct().first().copied()),
        )
        .field(
            "province",
            "cli.label.province",
            fields::field_cell(&view.province),
        )
        .field(
            "channel",
            "cli.label.channel",
            fields::word_cell(lang, "records.channel", &view.channel),
        )
        .field("applicant", "cli.label.applicant", applies)
        .field(
            "assisted_by",
            "cli.label.assisted_by",
            fields::field_cell(&view.assisted_by),
        )
        .field(
            "submitted",
            "cli.label.submitted",
            moment(view.submitted.distinct().first().map(|t| **t)),
        )
        .field(
            "received",
            "cli.label.received",
            moment(view.received.distinct().first().map(|t| **t)),
        )
        .field("due", "cli.label.due", moment(clock.due))
        .field(
            "punctuality",
            "cli.label.punctuality",
            punctuality(lang, &clock, now),
        )
        .field(
            "standing_since",
            "cli.label.standing_since",
            moment(clock.standing_since),
        )
        .field("fee", "cli.label.fee", fields::number_cell(lang, &view.fee))
        .field("paid", "cli.label.paid", Cell::number(lang, view.paid()))
        .field(
            "outcome",
            "cli.label.outcome",
            fields::word_cell(lang, "records.outcome", &view.outcome),
        )
        .field(
            "decision",
            "cli.label.decision_number",
            fields::field_cell(&view.decision_number),
        )
        .field(
            "awaits_signature",
            "cli.label.awaits_signature",
            fields::mark(view.awaits_signature()),
        )
        .field("kept_until", "cli.label.kept_until", retained.until(lang, view));
    sheet.list(papers(lang, &found));
    sheet.list(acts(lang, &units, &found));
    args.read.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

fn papers(lang: Lang, found: &Found) -> Listing {
    let mut listing = Listing::new(
        "papers",
        &[
            ("number", "cli.label.number"),
            ("name", "records.field.name"),
            ("form", "cli.label.form"),
            ("copies", "cli.label.copies"),
            ("original_held_by", "cli.label.original_held_by"),
            ("digitised", "cli.label.digitised"),
            ("scan", "cli.label.file"),
            ("erased", "cli.label.erased"),
        ],
    );
    for (number, paper) in (1_u64..).zip(&found.view.papers) {
        listing.push(vec![
            Cell::count(lang, number),
            Cell::text(paper.component.name.clone()),
            fields::translated(lang, "records.paper_form", paper.component.form.as_str()),
            Cell::count(lang, paper.component.copies.into()),
            Cell::text(paper.component.original_held_by.clone()),
            fields::mark(paper.scan.is_some()),
            file_cell(paper.scan),
            Cell::option(
                paper
                    .scan
                    .and_then(|scan| erasing::told(lang, found, FileHash(scan))),
            ),
        ]);
    }
    listing
}

fn file_cell(file: Option<[u8; 32]>) -> Cell {
    file.map_or_else(Cell::none, |file| Cell::id(&FileHash(file).to_string()))
}

/// The control slip and all else that was done, with who signed it.
fn acts(lang: Lang, units: &Units, found: &Found) -> Listing {
    let mut listing = Listing::new(
        "acts",
        &[
            ("at", "cli.label.time"),
            ("act", "cli.label.act"),
            ("signer", "cli.label.signer"),
            ("unit", "records.field.unit"),
            ("to", "cli.label.to_desk"),
            ("says", "cli.label.says"),
            ("file", "cli.label.file"),
            ("operation", "cli.label.operation"),
        ],
    );
    for act in &found.view.acts {
        let id = act.op.to_string();
        let signer = found
            .read
            .report
            .signers
            .iter()
            .find(|signer| signer.operation == id);
        let ground = act
            .ground
            .map(|ground| format!("records.erasure_ground.{}", ground.as_str()));
        let said = [
            ground.map(|key| text(lang, &key, &[])).unwrap_or_default(),
            act.office.clone(),
            act.transcribed
                .map(|said| transcribed(lang, &said))
                .unwrap_or_default(),
            act.title.clone(),
            act.amount.map(|dong| money(lang, dong)).unwrap_or_default(),
            act.note.clone(),
        ];
        let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
        listing.push(vec![
            act.at.map_or_else(Cell::none, |time| Cell::moment(time.0)),
            Cell::word(crate::preview::act_name(lang, &act.act), &act.act),
            Cell::option(signer.map(|signer| signer.person.clone())),
            Cell::option(signer.map(|signer| signer.unit.clone())),
            Cell::text(act.unit.map_or_else(|| act.to.clone(), |unit| units.name(&unit))),
            Cell::text(said.join(" – ")),
            file_cell(act.document),
            Cell::id(&id),
        ]);
    }
    listing
}

/// Where a register says that a dossier is, and since when.
fn transcribed(lang: Lang, said: &Transcribed) -> String {
    let status = text(lang, &format!("records.dossier_status.{}", said.status), &[]);
    let since = said.since.map(|since| clock::moment(since.0));
    let returned = said.returned.map(|returned| {
        let label = text(lang, "cli.label.returned", &[]);
        format!("{label} {}", clock::moment(returned.0))
    });
    let parts = [Some(status), since, returned];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
