//! What is shown of assets: their fields, who holds them and how that came.

use clap::Args;
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::asset::AssetView;

use crate::cli::session::{Read, Units};
use crate::cli::{ReadArgs, Session, fields, inventory};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// `soxa asset list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa asset show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Lists all assets, or those of a unit.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let wanted = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
    let mut listing = Listing::new(
        "assets",
        &[
            ("id", "records.field.id"),
            ("code", "records.field.code"),
            ("name", "records.field.name"),
            ("quantity", "records.field.quantity"),
            ("cost", "records.field.cost"),
            ("condition", "records.field.condition"),
            ("custodian", "records.field.custodian"),
            ("custody", "records.field.remark"),
        ],
    );
    for read in session.records("asset")? {
        let Some(view) = AssetView::of(&read.state) else {
            continue;
        };
        let holds =
            |unit: RecordId| view.custody.custodian == Some(unit) || view.custody.tied.contains(&unit);
        if !wanted.is_none_or(holds) {
            continue;
        }
        listing.push(vec![
            Cell::id(&read.id.to_string()),
            fields::field_cell(&view.code),
            fields::field_cell(&view.name),
            fields::field_cell(&view.quantity),
            fields::number_cell(lang, &view.cost),
            fields::field_cell(&view.condition),
            fields::custodian_cell(lang, &units, &view.custody),
            fields::custody_remark(lang, &view.custody),
        ]);
    }
    listing.sort(&["custodian", "code", "name"]);
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// Shows one asset. A contest or a field of several values is a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let asset = session.find("asset", &args.asset)?;
    let view = AssetView::of(&asset.state).ok_or_else(|| fields::not_that_kind(&asset))?;
    let mut sheet = sheet(session.lang, &units, &asset, &view);
    sheet.list(inventory::show::of_asset(session, asset.id)?);
    args.read.print_sheet(session.lang, &sheet)?;
    let in_dispute = view.custody.contested.is_some() || !asset.state.conflicts().is_empty();
    Ok(if in_dispute { Exit::Findings } else { Exit::Done })
}

/// The states in which an asset is.
fn state_cell(lang: Lang, view: &AssetView) -> Cell {
    let words: Vec<&str> = view.states.iter().map(|state| state.as_str()).collect();
    let shown: Vec<String> = words
        .iter()
        .map(|word| fields::translation(lang, "records.asset_state", word))
        .collect();
    Cell::word(shown.join(" / "), &words.join(" / "))
}

fn sheet(lang: Lang, units: &Units, asset: &Read, view: &AssetView) -> Sheet {
    let mut sheet = Sheet::new("asset");
    sheet
        .field("id", "records.field.id", Cell::text(asset.id.to_string()))
        .field("code", "records.field.code", fields::field_cell(&view.code))
        .field("name", "records.field.name", fields::field_cell(&view.name))
        .field(
            "category",
            "records.field.category",
            fields::field_cell(&view.category),
        )
        .field(
            "quantity",
            "records.field.quantity",
            fields::field_cell(&view.quantity),
        )
        .field(
            "measure",
            "records.field.measure",
            fields::field_cell(&view.measure),
        )
        .field(
            "cost",
            "records.field.cost",
            fields::number_cell(lang, &view.cost),
        )
        .field(
            "residual",
            "records.field.residual_value",
            fields::number_cell(lang, &view.residual),
        )
        .field(
            "in_use_year",
            "records.field.in_use_year",
            fields::field_cell(&view.in_use_year),
        )
        .field(
            "condition",
            "records.field.condition",
            fields::field_cell(&view.condition),
        )
        .field("site", "records.field.place", fields::field_cell(&view.site))
        .field("remark", "records.field.remark", fields::field_cell(&view.remark))
        .field("state", "records.field.asset_state", state_cell(lang, view))
        .field(
            "custodian",
            "records.field.custodian",
            fields::custodian_cell(lang, units, &view.custody),
        )
        .field(
            "custody_state",
            "records.field.state",
            fields::custody_remark(lang, &view.custody),
        );
    sheet
        .list(fields::chain(units, &view.custody))
        .list(fields::disputed(lang, asset));
    sheet
}
