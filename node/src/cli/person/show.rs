//! What is shown of people in service: who is where, secondments with their steps, departures, allowances, wishes.

use clap::Args;
use soxa_lang::{Lang, collated_person, text};
use soxa_ledger::RecordId;
use soxa_records::person::secondment::Secondment;
use soxa_records::person::view::PersonView;

use crate::cli::reference::today;
use crate::cli::session::{Read, Units, shown};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// `soxa person list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only those on a secondment today.
    #[arg(long)]
    seconded: bool,
    /// Only those who leave or have left the service.
    #[arg(long)]
    departed: bool,
    /// Only those with a longer way to work, the longest first.
    #[arg(long, value_name = "KM")]
    commute_over: Option<u32>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa person show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Lists people by given name.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let wanted = units.find_any(args.unit.as_deref())?;
    let mut listing = Listing::new(
        "persons",
        &[
            ("id", "records.field.id"),
            ("name", "records.field.name"),
            ("birth_year", "records.field.birth_year"),
            ("class", "records.field.class"),
            ("field", "records.field.work_field"),
            ("unit", "records.field.unit"),
            ("seconded_to", "records.field.host"),
            ("last_day", "records.field.last_day"),
            ("commute_km", "records.field.commute_km"),
            ("custody", "records.field.remark"),
        ],
    );
    let mut people: Vec<(Read, PersonView)> = session
        .records("person")?
        .into_iter()
        .filter_map(|read| PersonView::of(&read.state).map(|view| (read, view)))
        .collect();
    let way = |view: &PersonView| view.commute_km.distinct().into_iter().max().copied().unwrap_or(0);
    people.sort_by_cached_key(|(_, view)| {
        let farthest = std::cmp::Reverse(args.commute_over.map(|_| way(view)));
        (farthest, collated_person(&shown(view.name.distinct())))
    });
    for (read, view) in people {
        let holds =
            |unit: RecordId| view.custody.custodian == Some(unit) || view.custody.tied.contains(&unit);
        let away = today().and_then(|day| view.seconded_on(day));
        if !wanted.is_none_or(holds)
            || (args.seconded && away.is_none())
            || (args.departed && view.departures.is_empty())
            || args.commute_over.is_some_and(|km| way(&view) <= km)
        {
            continue;
        }
        let leaves = view.departures.iter().map(|one| one.last_day).min();
        listing.push(vec![
            Cell::id(&read.id.to_string()),
            fields::field_cell(&view.name),
            fields::field_cell(&view.birth_year),
            fields::word_cell(lang, "records.person_class", &view.class),
            fields::word_cell(lang, "records.work_field", &view.field),
            fields::custodian_cell(lang, &units, &view.custody),
            fields::unit_cell(&units, away.map(|one| &one.host)),
            leaves.map_or_else(Cell::none, fields::day_cell),
            fields::number_cell(lang, &view.commute_km),
            fields::custody_remark(lang, &view.custody),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// Shows one person.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let (person, view) = session.find_viewed("person", &args.person, PersonView::of)?;
    let mut sheet = sheet(lang, &units, &person, &view);
    sheet
        .list(secondments(lang, &units, &view))
        .list(steps(lang, &units, &person, &view))
        .list(departures(lang, &units, &view))
        .list(allowances(lang, &view))
        .list(preferences(&units, &view))
        .list(fields::chain(&units, &view.custody))
        .list(fields::disputed(lang, &person));
    args.read.print_sheet(lang, &sheet)?;
    let in_dispute = view.custody.contested.is_some() || !person.state.conflicts().is_empty();
    Ok(if in_dispute { Exit::Findings } else { Exit::Done })
}

fn sheet(lang: Lang, units: &Units, person: &Read, view: &PersonView) -> Sheet {
    let mut sheet = Sheet::new("person");
    let away = today().and_then(|day| view.seconded_on(day));
    sheet
        .field("id", "records.field.id", Cell::text(person.id.to_string()))
        .field("name", "records.field.name", fields::field_cell(&view.name))
        .field(
            "birth_year",
            "records.field.birth_year",
            fields::field_cell(&view.birth_year),
        )
        .field(
            "class",
            "records.field.class",
            fields::word_cell(lang, "records.person_class", &view.class),
        )
        .field(
            "field",
            "records.field.work_field",
            fields::word_cell(lang, "records.work_field", &view.field),
        )
        .field("rank", "records.field.rank", fields::field_cell(&view.rank))
        .field(
            "commute_km",
            "records.field.commute_km",
            fields::number_cell(lang, &view.commute_km),
        )
        .field(
            "unit",
            "records.field.unit",
            fields::custodian_cell(lang, units, &view.custody),
        )
        .field(
            "seconded_to",
            "records.field.host",
            fields::unit_cell(units, away.map(|one| &one.host)),
        )
        .field(
            "custody_state",
            "records.field.state",
            fields::custody_remark(lang, &view.custody),
        );
    sheet
}

fn secondments(lang: Lang, units: &Units, view: &PersonView) -> Listing {
    let mut listing = Listing::new(
        "secondments",
        &[
            ("host", "records.field.host"),
            ("field", "records.field.work_field"),
            ("programme", "records.field.programme"),
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("last_day", "records.field.last_day"),
            ("payer", "records.field.payer"),
            ("decision", "records.field.legal_basis"),
            ("stage", "records.field.state"),
            ("rating", "records.field.rating"),
        ],
    );
    for one in &view.secondments {
        listing.push(vec![
            fields::unit_cell(units, Some(&one.host)),
            fields::translated(lang, "records.work_field", one.field.as_str()),
            Cell::text(one.programme.clone()),
            fields::day_cell(one.from),
            fields::day_cell(one.until),
            fields::day_cell(one.last_day()),
            Cell::text(one.payer.clone()),
            Cell::text(one.decision.clone()),
            stage(lang, one),
            ratings(lang, one),
        ]);
    }
    listing
}

fn stage(lang: Lang, secondment: &Secondment) -> Cell {
    fields::translated(lang, "records.secondment_stage", secondment.stage().as_str())
}

fn ratings(lang: Lang, secondment: &Secondment) -> Cell {
    let words: Vec<&str> = secondment
        .ratings()
        .iter()
        .map(|rating| rating.as_str())
        .collect();
    let shown: Vec<String> = words
        .iter()
        .map(|word| text(lang, &format!("records.rating.{word}"), &[]))
        .collect();
    match words.is_empty() {
        true => Cell::none(),
        false => Cell::word(shown.join(" / "), &words.join(" / ")),
    }
}

/// What was done on secondments, with who signed it.
fn steps(lang: Lang, units: &Units, person: &Read, view: &PersonView) -> Listing {
    let mut listing = Listing::new(
        "steps",
        &[
            ("date", "records.field.date"),
            ("stage", "records.field.state"),
            ("unit", "records.field.unit"),
            ("signer", "cli.label.signer"),
            ("note", "records.field.remark"),
        ],
    );
    for step in view.secondments.iter().flat_map(|one| &one.steps) {
        let op = step.op.to_string();
        let signer = person.report.signers.iter().find(|signer| signer.operation == op);
        listing.push(vec![
            fields::day_cell(step.date),
            fields::translated(lang, "records.secondment_stage", step.stage.as_str()),
            fields::unit_cell(units, Some(&step.unit)),
            Cell::option(signer.map(|signer| signer.person.clone())),
            Cell::text(step.note.clone()),
        ]);
    }
    listing
}

fn departures(lang: Lang, units: &Units, view: &PersonView) -> Listing {
    let mut listing = Listing::new(
        "departures",
        &[
            ("last_day", "records.field.last_day"),
            ("ground", "records.field.ground"),
            ("decree", "records.field.decree"),
            ("decision", "records.field.legal_basis"),
            ("amount", "records.field.amount"),
            ("payer", "records.field.payer"),
            ("paid", "cli.label.paid"),
        ],
    );
    for one in &view.departures {
        listing.push(vec![
            fields::day_cell(one.last_day),
            fields::translated(lang, "records.ground", one.ground.as_str()),
            Cell::text(one.decree.clone()),
            Cell::text(one.decision.clone()),
            one.amount
                .map_or_else(Cell::none, |amount| Cell::number(lang, amount)),
            fields::unit_cell(units, one.payer.as_ref()),
            Cell::number(lang, one.paid()),
        ]);
    }
    listing
}

fn allowances(lang: Lang, view: &PersonView) -> Listing {
    let mut listing = Listing::new(
        "allowances",
        &[
            ("name", "records.field.allowance"),
            ("monthly", "records.field.amount"),
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("basis", "records.field.legal_basis"),
        ],
    );
    for one in &view.allowances {
        listing.push(vec![
            Cell::text(one.name.clone()),
            Cell::number(lang, one.monthly),
            fields::day_cell(one.from),
            one.until.map_or_else(Cell::none, fields::day_cell),
            Cell::text(one.basis.clone()),
        ]);
    }
    listing
}

fn preferences(units: &Units, view: &PersonView) -> Listing {
    let mut listing = Listing::new(
        "preferences",
        &[
            ("unit", "records.field.wished"),
            ("date", "records.field.date"),
            ("reason", "records.field.remark"),
        ],
    );
    for one in &view.preferences {
        listing.push(vec![
            fields::unit_cell(units, Some(&one.unit)),
            fields::day_cell(one.date),
            Cell::text(one.reason.clone()),
        ]);
    }
    listing
}
