//! What is shown of units: what they are called on a day, where they sit, what became of them, what holds for them.

use clap::Args;
use soxa_lang::{Lang, collated};
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::unit::view::{Designation, UnitView};
use soxa_records::unit::{UnitKind, UnitStage};

use crate::cli::reference::today;
use crate::cli::session::{Read, Units};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// `soxa unit list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND")]
    kind: Option<UnitKind>,
    #[arg(long, value_parser = fields::words(UnitStage::ALL, UnitStage::as_str), value_name = "planned|open|closed")]
    stage: Option<UnitStage>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa unit find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    #[arg(value_name = "TEXT")]
    text: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa unit show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    /// As it was, and what held for it, on this day.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    on: Option<Date>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Lists the units.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let wanted = |view: &UnitView| {
        args.kind.is_none_or(|kind| view.kind.distinct().contains(&&kind))
            && args.stage.is_none_or(|stage| view.stage == stage)
    };
    let mut listed: Vec<_> = units.all().iter().filter(|(_, view)| wanted(view)).collect();
    listed.sort_by_cached_key(|(id, _)| collated(&units.name(id)));
    let listing = listing(
        session.lang,
        &units,
        listed.into_iter().map(|(id, view)| (id, view)),
    );
    args.read.print_listing(session.lang, &listing)?;
    Ok(Exit::Done)
}

/// Lists the units that a text may mean.
pub fn find(args: &FindArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let found = units.search(&args.text);
    if found.is_empty() {
        return Err(Failure::new("errors.unknown_record", &[("id", &args.text)]));
    }
    let views = found.iter().filter_map(|id| Some((id, units.get(id)?)));
    args.read
        .print_listing(session.lang, &listing(session.lang, &units, views))?;
    Ok(Exit::Done)
}

fn listing<'a>(
    lang: Lang,
    units: &Units,
    views: impl Iterator<Item = (&'a RecordId, &'a UnitView)>,
) -> Listing {
    let mut listing = Listing::new(
        "units",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("code", "records.field.code"),
            ("name", "records.field.name"),
            ("parent", "records.field.parent_unit"),
            ("stage", "records.field.state"),
            ("today", "cli.label.today"),
        ],
    );
    for (id, view) in views {
        listing.push(vec![
            Cell::id(&id.to_string()),
            fields::word_cell(lang, "records.unit_kind", &view.kind),
            fields::field_cell(&view.code),
            fields::field_cell(&view.name),
            fields::unit_cell(units, view.path.last()),
            fields::translated(lang, "records.unit_stage", view.stage.as_str()),
            today_cell(units, id, view),
        ]);
    }
    listing
}

/// Which units at work a closed one has become.
fn today_cell(units: &Units, id: &RecordId, view: &UnitView) -> Cell {
    if view.stage != UnitStage::Closed {
        return Cell::none();
    }
    let today = units.today(id);
    let names: Vec<String> = today.iter().map(|unit| units.name(unit)).collect();
    let ids: Vec<String> = today.iter().map(ToString::to_string).collect();
    Cell::of(names.join(" / "), serde_json::json!(ids))
}

/// Shows one unit.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let (unit, _) = crate::cli::unit::find(session, &args.unit)?;
    let view = UnitView::of(&unit.state).ok_or_else(|| fields::not_that_kind(&unit))?;
    let mut sheet = sheet(lang, &units, &unit, &view, args.on);
    sheet
        .list(successors(lang, &units, &view))
        .list(predecessors(lang, &units, &unit.id))
        .list(names(lang, &view))
        .list(notes(lang, &view, args.on))
        .list(numbers(lang, &view))
        .list(fields::disputed(lang, &unit));
    args.read.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

fn sheet(lang: Lang, units: &Units, unit: &Read, view: &UnitView, on: Option<Date>) -> Sheet {
    let mut sheet = Sheet::new("unit");
    let path: Vec<String> = view.path.iter().map(|above| units.name(above)).collect();
    sheet.field("id", "records.field.id", Cell::text(unit.id.to_string()));
    let stage = match on {
        None => {
            sheet
                .field(
                    "kind",
                    "records.field.kind",
                    fields::word_cell(lang, "records.unit_kind", &view.kind),
                )
                .field("code", "records.field.code", fields::field_cell(&view.code))
                .field("name", "records.field.name", fields::field_cell(&view.name));
            view.stage
        }
        Some(day) => {
            let called = units.designation(&unit.id, day);
            sheet
                .field("on", "records.field.date", fields::day_cell(day))
                .field("kind", "records.field.kind", kind_cell(lang, &called))
                .field("code", "records.field.code", Cell::option(called.code))
                .field("name", "records.field.name", Cell::option(called.name));
            view.stage_on(day)
        }
    };
    sheet
        .field(
            "parent",
            "records.field.parent_unit",
            fields::unit_cell(units, view.path.last()),
        )
        .field("path", "records.field.path", Cell::text(path.join(" › ")))
        .field(
            "stage",
            "records.field.state",
            fields::translated(lang, "records.unit_stage", stage.as_str()),
        )
        .field("opened", "records.field.opened", fields::date_cell(&view.opened))
        .field("closed", "records.field.closed", fields::date_cell(&view.closed))
        .field("today", "cli.label.today", today_cell(units, &unit.id, view));
    for (name, label, field) in [
        ("seat", "records.field.seat", &view.seat),
        ("legal_person", "records.field.legal_person", &view.legal_person),
        ("seal", "records.field.seal", &view.seal),
        ("account", "records.field.account", &view.account),
        ("functions", "records.field.functions", &view.functions),
        ("basis", "records.field.legal_basis", &view.basis),
    ] {
        sheet.field(name, label, fields::field_cell(field));
    }
    sheet
}

fn kind_cell(lang: Lang, called: &Designation) -> Cell {
    called.kind.map_or_else(Cell::none, |kind| {
        fields::translated(lang, "records.unit_kind", kind.as_str())
    })
}

fn successors(lang: Lang, units: &Units, view: &UnitView) -> Listing {
    let mut listing = Listing::new("successors", &lineage_columns("records.field.successor"));
    for one in &view.successors {
        listing.push(vec![
            Cell::id(&one.unit.to_string()),
            Cell::text(units.name(&one.unit)),
            fields::translated(lang, "records.extent", one.extent.as_str()),
            fields::day_cell(one.date),
            Cell::text(one.basis.clone()),
        ]);
    }
    listing
}

fn predecessors(lang: Lang, units: &Units, unit: &RecordId) -> Listing {
    let mut listing = Listing::new("predecessors", &lineage_columns("records.field.predecessor"));
    for (id, view) in units.all() {
        for one in view.successors.iter().filter(|one| one.unit == *unit) {
            listing.push(vec![
                Cell::id(&id.to_string()),
                Cell::text(units.name(id)),
                fields::translated(lang, "records.extent", one.extent.as_str()),
                fields::day_cell(one.date),
                Cell::text(one.basis.clone()),
            ]);
        }
    }
    listing
}

/// The columns of lineage, with what the other unit is.
fn lineage_columns(other: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("id", "records.field.id"),
        ("name", other),
        ("extent", "records.field.extent"),
        ("date", "records.field.date"),
        ("basis", "records.field.legal_basis"),
    ]
}

/// What it was called, and is called elsewhere; nothing for a unit that was never called otherwise.
fn names(lang: Lang, view: &UnitView) -> Listing {
    let mut listing = Listing::new(
        "names",
        &[
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("kind", "records.field.kind"),
            ("code", "records.field.code"),
            ("name", "records.field.name"),
            ("where", "records.field.legal_basis"),
        ],
    );
    let day = |day: Option<Date>| day.map_or_else(Cell::none, fields::day_cell);
    if view.designations.len() > 1 {
        for one in &view.designations {
            listing.push(vec![
                day(one.from),
                Cell::none(),
                kind_cell(lang, one),
                Cell::option(one.code.clone()),
                Cell::option(one.name.clone()),
                Cell::text(one.basis.clone()),
            ]);
        }
    }
    for one in &view.aliases {
        listing.push(vec![
            day(one.from),
            day(one.until),
            Cell::none(),
            Cell::option(one.code.clone()),
            Cell::option(one.name.clone()),
            Cell::text(one.list.clone()),
        ]);
    }
    listing
}

/// What holds for it: on a day, or at any time, with a mark at what holds today.
/// Which node gives which numbers to the unit's dossiers.
fn numbers(lang: Lang, view: &UnitView) -> Listing {
    let mut listing = Listing::new(
        "numbers",
        &[
            ("node", "cli.label.node"),
            ("first", "cli.label.first_number"),
            ("last", "cli.label.last_number"),
        ],
    );
    for (node, block) in &view.numbers {
        listing.push(vec![
            Cell::id(&node.to_string()),
            Cell::count(lang, block.first.into()),
            Cell::count(lang, block.last.into()),
        ]);
    }
    listing
}

fn notes(lang: Lang, view: &UnitView, on: Option<Date>) -> Listing {
    let mut listing = Listing::new(
        "notes",
        &[
            ("topic", "records.field.topic"),
            ("name", "records.field.name"),
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("holds", "cli.label.holds"),
            ("text", "records.field.remark"),
            ("document", "cli.label.document"),
        ],
    );
    let asked = on.or_else(today);
    let day = |day: Option<Date>| day.map_or_else(Cell::none, fields::day_cell);
    for note in &view.notes {
        let holds = asked.is_some_and(|asked| note.holds_on(asked));
        if on.is_some() && !holds {
            continue;
        }
        listing.push(vec![
            fields::translated(lang, "records.note_topic", note.topic.as_str()),
            Cell::text(note.name.clone()),
            day(note.from),
            day(note.until),
            fields::mark(holds),
            Cell::text(note.text.clone()),
            note.document
                .map_or_else(Cell::none, |hash| Cell::id(&RecordId(hash).to_string())),
        ]);
    }
    listing
}
