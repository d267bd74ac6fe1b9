//! What is shown of inventories: books and count side by side, the council, what follows.

use std::collections::BTreeMap;

use clap::Args;
use soxa_lang::{Lang, collated};
use soxa_ledger::{OpId, RecordId};
use soxa_records::Quantity;
use soxa_records::handover::LineTotals;
use soxa_records::inventory::InventoryStage;
use soxa_records::inventory::view::{Difference, Found, InventoryLine, InventoryView, LineCount, Member};

use super::opened::open;
use crate::cli::session::{Read, decoded};
use crate::cli::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, short};

/// `soxa inventory show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "INVENTORY")]
    inventory: String,
    /// The lines alone.
    #[arg(long)]
    lines: bool,
    /// The lines alone that differ from the books, with what was found.
    #[arg(long, conflicts_with = "lines")]
    differences: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa inventory list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    #[arg(long, value_parser = fields::words(InventoryStage::ALL, InventoryStage::as_str), value_name = "STAGE")]
    stage: Option<InventoryStage>,
    #[command(flatten)]
    read: ReadArgs,
}

/// The columns of a list of inventories.
pub const COLUMNS: [(&str, &str); 9] = [
    ("id", "records.field.id"),
    ("unit", "records.field.unit"),
    ("as_of", "records.field.as_of"),
    ("extent", "records.field.extent"),
    ("lines", "cli.label.lines"),
    ("counted", "cli.label.lines_counted"),
    ("differing", "cli.label.lines_differing"),
    ("found", "cli.label.found_things"),
    ("stage", "records.field.state"),
];

/// Lists all inventories, or those of a unit or stage.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let unit = session.units()?.find_any(args.unit.as_deref())?;
    let listing = listed(session, unit, args.stage)?;
    args.read.print_listing(session.lang, &listing)?;
    Ok(Exit::Done)
}

/// The inventories of all units or of one, in every stage or in one.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn listed(
    session: &mut Session,
    unit: Option<RecordId>,
    stage: Option<InventoryStage>,
) -> Result<Listing, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let mut listing = Listing::new("inventories", &COLUMNS);
    let mut all = session.viewed("inventory", InventoryView::of)?;
    all.sort_by_cached_key(|(id, view)| (view.as_of, collated(&view.unit_name), *id));
    for (id, view) in all {
        if unit.is_some_and(|unit| unit != view.unit) || stage.is_some_and(|stage| stage != view.stage) {
            continue;
        }
        let counted = view.lines.iter().filter(|line| line.counted().is_some());
        let differing = view.lines.iter().filter(|line| differs(line));
        let found = view.found.iter().filter(|found| found.counts());
        listing.push(vec![
            Cell::id(&id.to_string()),
            fields::unit_cell(&units, Some(&view.unit)),
            fields::day_cell(view.as_of),
            fields::translated(lang, "records.inventory_extent", view.extent.as_str()),
            Cell::count(lang, view.lines.len() as u64),
            Cell::count(lang, counted.count() as u64),
            Cell::count(lang, differing.count() as u64),
            Cell::count(lang, found.count() as u64),
            fields::translated(lang, "records.inventory_stage", view.stage.as_str()),
        ]);
    }
    Ok(listing)
}

fn differs(line: &InventoryLine) -> bool {
    !matches!(line.difference(), Difference::Same | Difference::Uncounted)
}

/// The inventories that list an asset, the last first, with what was counted of it.
pub fn of_asset(session: &mut Session, asset: RecordId) -> Result<Listing, Failure> {
    let lang = session.lang;
    let mut listing = Listing::new(
        "inventories",
        &[
            ("id", "records.kind.inventory"),
            ("as_of", "records.field.as_of"),
            ("line", "cli.label.line"),
            ("book", "records.field.book_quantity"),
            ("counted", "records.field.counted_quantity"),
            ("is", "cli.label.finding"),
            ("stage", "records.field.state"),
        ],
    );
    let mut all = Vec::new();
    for report in session.client()?.inventories(asset.to_string())? {
        let read = decoded(report)?;
        all.extend(InventoryView::of(&read.state).map(|view| (read.id, view)));
    }
    all.sort_by_key(|(id, view)| (std::cmp::Reverse(view.as_of), *id));
    for (id, view) in &all {
        for line in view.lines.iter().filter(|line| line.book.asset == asset) {
            let counts = line.counts.iter();
            let (shown, counts): (Vec<String>, Vec<String>) = counts
                .map(|count| {
                    let amount = soxa_lang::amount(lang, count.quantity.thousandths);
                    (amount, count.quantity.to_string())
                })
                .unzip();
            listing.push(vec![
                Cell::id(&id.to_string()),
                fields::day_cell(view.as_of),
                number(line.line),
                Cell::amount(lang, line.book.quantity),
                Cell::of(shown.join(" / "), serde_json::json!(counts.join(" / "))),
                fields::translated(lang, "records.inventory_difference", line.difference().as_str()),
                fields::translated(lang, "records.inventory_stage", view.stage.as_str()),
            ]);
        }
    }
    Ok(listing)
}

/// Shows one inventory. A line that two counted differently, a found thing that two registered, or what was counted without those
/// who signed or approved, is a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let opened = open(session, &args.inventory)?;
    let (read, view) = (&opened.read, &opened.view);
    let signers = Signers::of(read);
    if args.lines || args.differences {
        let wanted = |line: &&InventoryLine| !args.differences || differs(line);
        let mut listing = lines(lang, view.lines.iter().filter(wanted), &signers);
        if args.differences {
            let found = view.found.iter().filter(|found| found.counts());
            found.for_each(|found| listing.push(found_line(lang, found, &signers)));
        }
        args.read.print_listing(lang, &listing)?;
    } else {
        args.read.print_sheet(lang, &sheet(lang, read, view, &signers))?;
    }
    let without = view
        .council
        .iter()
        .any(|member| !member.signatures.is_empty() && !member.has_signed());
    let twice = view.found.iter().any(|found| found.settled.len() > 1);
    let findings = twice
        || view.disputed().next().is_some()
        || !view.late().is_empty()
        || view.cancelled_too_late()
        || without;
    Ok(if findings { Exit::Findings } else { Exit::Done })
}

/// Who signed which operation.
struct Signers(BTreeMap<String, String>);

impl Signers {
    fn of(read: &Read) -> Self {
        let signers = read.report.signers.iter();
        Self(
            signers
                .map(|signer| (signer.operation.clone(), signer.person.clone()))
                .collect(),
        )
    }

    fn name(&self, op: &OpId) -> String {
        let id = op.to_string();
        self.0.get(&id).cloned().unwrap_or_else(|| short(&id))
    }
}

fn sheet(lang: Lang, read: &Read, view: &InventoryView, signers: &Signers) -> Sheet {
    let mut sheet = Sheet::new("inventory");
    let corrects = view.corrects.map(|first: RecordId| Cell::id(&first.to_string()));
    sheet
        .field("id", "records.field.id", Cell::text(read.id.to_string()))
        .field(
            "unit",
            "records.field.unit",
            Cell::word(view.unit_name.clone(), &view.unit.to_string()),
        )
        .field(
            "stage",
            "records.field.state",
            fields::translated(lang, "records.inventory_stage", view.stage.as_str()),
        )
        .field("as_of", "records.field.as_of", fields::day_cell(view.as_of))
        .field(
            "extent",
            "records.field.extent",
            fields::translated(lang, "records.inventory_extent", view.extent.as_str()),
        )
        .field("site", "records.field.place", Cell::text(view.place.clone()))
        .field(
            "basis",
            "records.field.legal_basis",
            Cell::text(view.basis.clone()),
        )
        .field(
            "corrects",
            "records.field.corrects_inventory",
            corrects.unwrap_or_else(Cell::none),
        )
        .field(
            "cancelled_too_late",
            "cli.label.cancelled_too_late",
            Cell::yes_no(lang, view.cancelled_too_late()),
        );
    let found = found(lang, view, signers);
    sheet
        .list(council(lang, view))
        .list(totals(lang, view))
        .list(lines(lang, view.lines.iter(), signers))
        .list(found)
        .list(late(lang, view, signers))
        .list(ends(lang, view, signers));
    sheet
}

fn council(lang: Lang, view: &InventoryView) -> Listing {
    let mut listing = Listing::new(
        "council",
        &[
            ("member", "cli.label.number"),
            ("name", "records.field.name"),
            ("post", "records.field.post"),
            ("role", "records.field.council_role"),
            ("signed", "cli.label.signed"),
            ("at", "records.field.date"),
            ("by", "cli.label.signer"),
            ("scan", "cli.label.scan"),
            ("remark", "records.field.remark"),
            ("without", "cli.label.counted_without"),
        ],
    );
    for member in &view.council {
        listing.push(seat(lang, member));
    }
    listing
}

/// A member with the signature that knows most of what was counted.
fn seat(lang: Lang, member: &Member) -> Vec<Cell> {
    let content = &member.content;
    let mut row = vec![
        number(member.member),
        Cell::text(content.name.clone()),
        Cell::text(content.post.clone()),
        fields::translated(lang, "records.council_role", content.role.as_str()),
        Cell::yes_no(lang, member.has_signed()),
    ];
    let best = member
        .signatures
        .iter()
        .rev()
        .min_by_key(|signature| signature.without.len());
    row.extend(match best {
        None => vec![
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::none(),
            Cell::none(),
        ],
        Some(signature) => vec![
            Cell::moment(signature.at.0),
            Cell::text(signature.person.clone()),
            signature.scan.map_or_else(Cell::none, |scan| {
                Cell::id(&data_encoding::HEXLOWER.encode(&scan))
            }),
            Cell::text(signature.remark.clone()),
            Cell::count(lang, signature.without.len() as u64),
        ],
    });
    row
}

fn number(number: u32) -> Cell {
    Cell::of(number.to_string(), serde_json::json!(number))
}

fn totals(lang: Lang, view: &InventoryView) -> Listing {
    let mut listing = Listing::new(
        "totals",
        &[
            ("of", "cli.label.totals_of"),
            ("lines", "cli.label.lines"),
            ("quantity", "records.field.quantity"),
            ("cost", "records.field.cost"),
            ("residual", "records.field.residual_value"),
        ],
    );
    let totals = view.totals();
    let rows: [(&str, LineTotals); 6] = [
        ("book", totals.book),
        ("open", totals.open),
        ("counted", totals.counted),
        ("short", totals.short),
        ("over", totals.over),
        ("found", totals.found),
    ];
    for (of, totals) in rows {
        listing.push(vec![
            fields::translated(lang, "cli.inventory.totals", of),
            Cell::count(lang, totals.lines),
            Cell::amount(lang, totals.quantity),
            Cell::number(lang, totals.cost),
            Cell::number(lang, totals.residual),
        ]);
    }
    listing
}

/// Books and count side by side, with what differs.
const LINES: [(&str, &str); 16] = [
    ("line", "cli.label.number"),
    ("asset", "records.field.id"),
    ("code", "records.field.code"),
    ("name", "records.field.name"),
    ("measure", "records.field.measure"),
    ("book", "records.field.book_quantity"),
    ("counted", "records.field.counted_quantity"),
    ("difference", "cli.label.difference"),
    ("is", "cli.label.finding"),
    ("cost", "records.field.cost"),
    ("residual", "records.field.residual_value"),
    ("condition", "records.field.condition"),
    ("found_condition", "records.field.counted_condition"),
    ("remark", "records.field.remark"),
    ("counted_by", "cli.label.counted_by"),
    ("settled", "cli.label.settled"),
];

fn lines<'a>(lang: Lang, all: impl Iterator<Item = &'a InventoryLine>, signers: &Signers) -> Listing {
    let mut listing = Listing::new("lines", &LINES);
    for line in all {
        let each = |of: &dyn Fn(&LineCount) -> String| {
            let mut said: Vec<String> = line.counts.iter().map(of).collect();
            said.dedup();
            said.retain(|text| !text.is_empty());
            said.join(" / ")
        };
        let condition = |count: &LineCount| {
            let state = count
                .state
                .map(|state| fields::translation(lang, "records.asset_state", state.as_str()));
            let parts = [count.condition.clone(), state.unwrap_or_default()];
            let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(", ")
        };
        let difference = line
            .counted()
            .map(|count| fields::difference_cell(lang, count.quantity, line.book.quantity));
        listing.push(vec![
            number(line.line),
            Cell::id(&line.book.asset.to_string()),
            Cell::text(line.book.code.clone()),
            Cell::text(line.book.name.clone()),
            Cell::text(line.book.measure.clone()),
            Cell::amount(lang, line.book.quantity),
            Cell::of(
                each(&|count| soxa_lang::amount(lang, count.quantity.thousandths)),
                serde_json::json!(each(&|count| count.quantity.to_string())),
            ),
            difference.unwrap_or_else(Cell::none),
            fields::translated(lang, "records.inventory_difference", line.difference().as_str()),
            Cell::number(lang, line.book.cost),
            line.book
                .residual
                .map_or_else(Cell::none, |sum| Cell::number(lang, sum)),
            Cell::text(line.book.condition.clone()),
            Cell::text(each(&condition)),
            Cell::text(each(&|count| count.remark.clone())),
            Cell::text(each(&|count| signers.name(&count.op))),
            fields::mark(!line.settled.is_empty()),
        ]);
    }
    listing
}

/// A found thing among the lines that differ.
fn found_line(lang: Lang, found: &Found, signers: &Signers) -> Vec<Cell> {
    let thing = &found.thing;
    vec![
        Cell::none(),
        Cell::text(named(found)),
        Cell::text(thing.code.clone()),
        Cell::text(thing.name.clone()),
        Cell::text(thing.measure.clone()),
        Cell::none(),
        Cell::amount(lang, thing.quantity),
        fields::difference_cell(lang, thing.quantity, Quantity::default()),
        fields::translated(lang, "records.inventory_difference", "found"),
        Cell::number(lang, thing.cost),
        Cell::none(),
        Cell::none(),
        Cell::text(thing.condition.clone()),
        Cell::text(thing.remark.clone()),
        Cell::text(signers.name(&found.op)),
        fields::mark(!found.settled.is_empty()),
    ]
}

/// A found thing as commands name it.
fn named(found: &Found) -> String {
    format!("{}:{}", short(&found.op.to_string()), found.number)
}

fn found(lang: Lang, view: &InventoryView, signers: &Signers) -> Listing {
    let mut listing = Listing::new(
        "found",
        &[
            ("thing", "cli.label.found_things"),
            ("name", "records.field.name"),
            ("quantity", "records.field.quantity"),
            ("measure", "records.field.measure"),
            ("cost", "records.field.cost"),
            ("condition", "records.field.condition"),
            ("site", "records.field.place"),
            ("remark", "records.field.remark"),
            ("counted_by", "cli.label.counted_by"),
            ("struck", "cli.label.struck_because"),
            ("registered", "cli.label.registered_as"),
        ],
    );
    for found in &view.found {
        let struck: Vec<&str> = found.struck.iter().map(|one| one.reason.as_str()).collect();
        let registered: Vec<String> = found.settled.iter().map(|(asset, _)| asset.to_string()).collect();
        let thing = &found.thing;
        let shown: Vec<String> = registered.iter().map(|id| short(id)).collect();
        listing.push(vec![
            Cell::of(
                named(found),
                serde_json::json!({ "operation": found.op.to_string(), "number": found.number }),
            ),
            Cell::text(thing.name.clone()),
            Cell::amount(lang, thing.quantity),
            Cell::text(thing.measure.clone()),
            Cell::number(lang, thing.cost),
            Cell::text(thing.condition.clone()),
            Cell::text(thing.site.clone()),
            Cell::text(thing.remark.clone()),
            Cell::text(signers.name(&found.op)),
            Cell::text(struck.join(" / ")),
            Cell::of(shown.join(" "), serde_json::json!(registered)),
        ]);
    }
    listing
}

/// What was counted without those who approved: it is in no figure.
fn late(lang: Lang, view: &InventoryView, signers: &Signers) -> Listing {
    let mut listing = Listing::new(
        "late",
        &[
            ("line", "cli.label.number"),
            ("name", "records.field.name"),
            ("counted", "records.field.counted_quantity"),
            ("counted_by", "cli.label.counted_by"),
            ("operation", "cli.label.operation"),
        ],
    );
    for line in &view.lines {
        for count in &line.late {
            listing.push(vec![
                number(line.line),
                Cell::text(line.book.name.clone()),
                Cell::amount(lang, count.quantity),
                Cell::text(signers.name(&count.op)),
                Cell::id(&count.op.to_string()),
            ]);
        }
    }
    for found in view.found.iter().filter(|found| found.late) {
        listing.push(vec![
            Cell::none(),
            Cell::text(found.thing.name.clone()),
            Cell::amount(lang, found.thing.quantity),
            Cell::text(signers.name(&found.op)),
            Cell::id(&found.op.to_string()),
        ]);
    }
    listing
}

/// Who approved it or gave it up.
fn ends(lang: Lang, view: &InventoryView, signers: &Signers) -> Listing {
    let mut listing = Listing::new(
        "ends",
        &[
            ("act", "cli.label.act"),
            ("person", "cli.label.signer"),
            ("date", "records.field.date"),
            ("reason", "cli.label.reason"),
            ("operation", "cli.label.operation"),
        ],
    );
    for approval in &view.approvals {
        listing.push(vec![
            fields::translated(lang, "records.inventory_stage", "approved"),
            Cell::text(approval.person.clone()),
            fields::day_cell(approval.date),
            Cell::text(approval.conclusion.clone()),
            Cell::id(&approval.op.to_string()),
        ]);
    }
    for cancelled in &view.cancellations {
        listing.push(vec![
            fields::translated(lang, "records.inventory_stage", "cancelled"),
            Cell::text(signers.name(&cancelled.op)),
            Cell::none(),
            Cell::text(cancelled.reason.clone()),
            Cell::id(&cancelled.op.to_string()),
        ]);
    }
    listing
}
