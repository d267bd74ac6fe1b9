//! Assets listed, and one shown with its card.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use soxa_lang::{Lang, fold};
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::asset::state::AssetState;
use soxa_records::handover::view::HandoverView;

use super::sheet::{Beside, sheet};
use crate::cli::reference::Published;
use crate::cli::{ReadArgs, Session, fields, inventory};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing};

/// Under way to another unit: an open handover lists it. No state of the record, it ends with the handover.
const PENDING_TRANSFER: &str = "pending_transfer";

/// `soxa asset list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Only those in this state.
    #[arg(long, value_name = "STATE", value_parser = states())]
    state: Option<String>,
    /// Only those of this category: its key, its code, or a part of what people wrote.
    #[arg(long, value_name = "TEXT")]
    category: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa asset show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    /// The day of its category and wear; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    on: Option<Date>,
    #[command(flatten)]
    read: ReadArgs,
}

fn states() -> impl clap::builder::TypedValueParser<Value = String> {
    let words = AssetState::ALL.iter().map(|state| state.as_str());
    PossibleValuesParser::new(words.chain([PENDING_TRANSFER])).map(|word| word)
}

/// The open handovers that assets are under way by.
pub type Offers = BTreeMap<RecordId, RecordId>;

/// Which assets are under way to another unit, and by which open handover.
pub fn offers(session: &mut Session) -> Result<Offers, Failure> {
    let mut offers = Offers::new();
    session.each("handover", |read| {
        if let Some(view) = HandoverView::of(&read.state).filter(HandoverView::is_open) {
            offers.extend(view.taken().map(|subject| (subject, read.id)));
        }
    })?;
    Ok(offers)
}

/// The states in which an asset is, and that it is under way.
pub fn state_cell(lang: Lang, view: &AssetView, under_way: bool) -> Cell {
    let words = state_words(view, under_way);
    let shown: Vec<String> = words
        .iter()
        .map(|word| fields::translation(lang, "records.asset_state", word))
        .collect();
    Cell::word(shown.join(" / "), &words.join(" / "))
}

fn state_words(view: &AssetView, under_way: bool) -> Vec<&'static str> {
    let states = view.states.iter().map(|state| state.as_str());
    states.chain(under_way.then_some(PENDING_TRANSFER)).collect()
}

/// Whether an asset is of a category that somebody asks for.
fn is_of(view: &AssetView, wanted: &str) -> bool {
    let mut classes = view.classes.iter();
    let mut written = view.category.values.iter();
    classes.any(|class| class.key() == wanted || class.code == wanted)
        || written.any(|written| fold(&written.value).contains(&fold(wanted)))
}

/// Lists all assets, or those of a unit, a state or a category.
pub fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let wanted = units.find_any(args.unit.as_deref())?;
    let offers = offers(session)?;
    let mut listing = Listing::new(
        "assets",
        &[
            ("id", "records.field.id"),
            ("code", "records.field.code"),
            ("name", "records.field.name"),
            ("quantity", "records.field.quantity"),
            ("cost", "records.field.cost"),
            ("condition", "records.field.condition"),
            ("state", "records.field.asset_state"),
            ("custodian", "records.field.custodian"),
            ("custody", "records.field.remark"),
        ],
    );
    session.each("asset", |read| {
        let Some(view) = AssetView::of(&read.state) else {
            return;
        };
        let holds =
            |unit: RecordId| view.custody.custodian == Some(unit) || view.custody.tied.contains(&unit);
        let under_way = offers.contains_key(&read.id);
        let states = state_words(&view, under_way);
        let of_state = |state: &str| states.contains(&state);
        let is_wanted = wanted.is_none_or(holds)
            && args.state.as_deref().is_none_or(of_state)
            && args.category.as_deref().is_none_or(|text| is_of(&view, text));
        if is_wanted {
            listing.push(vec![
                Cell::id(&read.id.to_string()),
                fields::field_cell(&view.code),
                fields::field_cell(&view.name),
                fields::amount_cell(lang, &view.quantity),
                fields::number_cell(lang, &view.cost),
                fields::field_cell(&view.condition),
                state_cell(lang, &view, under_way),
                fields::custodian_cell(lang, &units, &view.custody),
                fields::custody_remark(lang, &view.custody),
            ]);
        }
    })?;
    listing.sort(&["custodian", "code", "name"]);
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// Shows one asset. A contest or a field of several values is a finding.
pub fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let (asset, view) = session.find_viewed("asset", &args.asset, AssetView::of)?;
    let beside = Beside {
        units: &units,
        categories: &Published::read(session)?.asset_categories(),
        day: args.on.map_or_else(fields::today, Ok)?,
        under_way: offers(session)?.remove(&asset.id),
    };
    let mut sheet = sheet(session.lang, &beside, &asset, &view);
    sheet.list(inventory::show::of_asset(session, asset.id)?);
    args.read.print_sheet(session.lang, &sheet)?;
    let in_dispute = view.custody.contested.is_some() || !asset.state.conflicts().is_empty();
    Ok(if in_dispute { Exit::Findings } else { Exit::Done })
}
