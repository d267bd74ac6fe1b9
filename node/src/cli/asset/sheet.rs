//! The card of an asset as people read it: its fields, what of its cost is gone by which rule, its papers and photos, who held it.

use soxa_lang::{Lang, text};
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::asset::category::{AssetCategories, AssetCategory};
use soxa_records::asset::wear::{Unworn, Wear, WearBase};

use super::show::state_cell;
use crate::cli::fields;
use crate::cli::session::{Read, Units};
use crate::output::{Cell, Listing, Sheet};

/// What is known beside the record.
pub struct Beside<'a> {
    /// The units.
    pub units: &'a Units,
    /// The published categories.
    pub categories: &'a AssetCategories,
    /// The day of category and wear.
    pub day: Date,
    /// The open handover by which it is under way to another unit.
    pub under_way: Option<RecordId>,
}

/// All that the card says.
pub fn sheet(lang: Lang, beside: &Beside<'_>, asset: &Read, view: &AssetView) -> Sheet {
    let sum = |field| fields::number_cell(lang, field);
    let rows = [
        ("id", "records.field.id", Cell::text(asset.id.to_string())),
        ("code", "records.field.code", fields::field_cell(&view.code)),
        ("name", "records.field.name", fields::field_cell(&view.name)),
        (
            "category",
            "records.field.category",
            fields::field_cell(&view.category),
        ),
        (
            "quantity",
            "records.field.quantity",
            fields::amount_cell(lang, &view.quantity),
        ),
        (
            "measure",
            "records.field.measure",
            fields::field_cell(&view.measure),
        ),
        ("cost", "records.field.cost", sum(&view.cost)),
        ("cost_budget", "records.field.cost_budget", sum(&view.cost_budget)),
        ("cost_other", "records.field.cost_other", sum(&view.cost_other)),
        ("residual", "records.field.residual_value", sum(&view.residual)),
        (
            "residual_on",
            "records.field.residual_on",
            fields::date_cell(&view.residual_on),
        ),
        (
            "in_use_year",
            "records.field.in_use_year",
            fields::field_cell(&view.in_use_year),
        ),
        (
            "purchased",
            "records.field.purchased",
            fields::date_cell(&view.purchased),
        ),
        ("maker", "records.field.maker", fields::field_cell(&view.maker)),
        ("serial", "records.field.serial", fields::field_cell(&view.serial)),
        (
            "land_area",
            "records.field.land_area",
            fields::amount_cell(lang, &view.land_area),
        ),
        (
            "floor_area",
            "records.field.floor_area",
            fields::amount_cell(lang, &view.floor_area),
        ),
        (
            "department",
            "records.field.department",
            fields::field_cell(&view.department),
        ),
        (
            "condition",
            "records.field.condition",
            fields::field_cell(&view.condition),
        ),
        ("site", "records.field.place", fields::field_cell(&view.site)),
        ("remark", "records.field.remark", fields::field_cell(&view.remark)),
        (
            "state",
            "records.field.asset_state",
            state_cell(lang, view, beside.under_way.is_some()),
        ),
        (
            "under_way",
            "records.field.under_way",
            beside
                .under_way
                .map_or_else(Cell::none, |id| Cell::id(&id.to_string())),
        ),
        (
            "custodian",
            "records.field.custodian",
            fields::custodian_cell(lang, beside.units, &view.custody),
        ),
        (
            "custody_state",
            "records.field.state",
            fields::custody_remark(lang, &view.custody),
        ),
    ];
    let wear = Wear::on(view, beside.categories, beside.day);
    let mut sheet = Sheet::new("asset");
    for (name, label, cell) in rows {
        sheet.field(name, label, cell);
    }
    wear_fields(lang, &mut sheet, beside, view, wear.as_ref());
    sheet.list(classes(lang, beside, view));
    if let Ok(wear) = &wear {
        sheet.list(rules(lang, wear));
    }
    sheet
        .list(papers(view))
        .list(photos(view))
        .list(fields::chain(beside.units, &view.custody))
        .list(fields::disputed(lang, asset));
    sheet
}

fn wear_fields(
    lang: Lang,
    sheet: &mut Sheet,
    beside: &Beside<'_>,
    view: &AssetView,
    wear: Result<&Wear<'_>, &Unworn>,
) {
    let category = beside.categories.of_classes(&view.classes, beside.day);
    let named = category.map(|category| format!("{} {}", category.key(), name(lang, category)));
    sheet
        .field("class", "records.field.asset_class", Cell::option(named))
        .field("wear_on", "records.field.wear_on", fields::day_cell(beside.day));
    match wear {
        Ok(wear) => {
            let yearly = wear
                .yearly
                .map_or_else(Cell::none, |dong| Cell::number(lang, dong));
            let base = match wear.base {
                WearBase::InUse(year) => text(lang, "records.wear.in_use", &[("year", &year)]),
                WearBase::Stated(stated) => {
                    let on = stated.on.map(fields::day).unwrap_or_default();
                    text(lang, "records.wear.stated", &[("day", &on)])
                }
            };
            let unruled = wear
                .unruled_from
                .map(|year| text(lang, "records.wear.unruled", &[("year", &year)]));
            sheet
                .field("wear_base", "records.field.wear_base", Cell::text(base))
                .field("wear_yearly", "records.field.wear_yearly", yearly)
                .field(
                    "wear_accumulated",
                    "records.field.wear_accumulated",
                    Cell::number(lang, wear.accumulated),
                )
                .field(
                    "wear_residual",
                    "records.field.wear_residual",
                    Cell::number(lang, wear.residual),
                )
                .field(
                    "wear_unruled",
                    "records.field.wear_unruled",
                    Cell::option(unruled),
                );
        }
        Err(why) => {
            let why = Cell::word(
                fields::translation(lang, "records.unworn", why.as_str()),
                why.as_str(),
            );
            sheet.field("wear_unknown", "records.field.wear_unknown", why);
        }
    }
}

fn name(lang: Lang, category: &AssetCategory) -> &str {
    match lang {
        Lang::En if !category.name_en.is_empty() => &category.name_en,
        _ => &category.name,
    }
}

/// A rate in per cent.
fn rate(category: &AssetCategory) -> Cell {
    category
        .percent()
        .map_or_else(Cell::none, |rate| Cell::right(rate.to_string()))
}

/// The categories of all regimes, each from its day.
fn classes(lang: Lang, beside: &Beside<'_>, view: &AssetView) -> Listing {
    let mut listing = Listing::new(
        "classes",
        &[
            ("class", "records.field.asset_class"),
            ("name", "records.field.name"),
            ("from", "records.field.from"),
        ],
    );
    for class in &view.classes {
        let category = beside.categories.last(&class.key());
        listing.push(vec![
            Cell::text(class.key()),
            Cell::option(category.map(|category| name(lang, category).to_owned())),
            fields::day_cell(class.from),
        ]);
    }
    listing
}

/// By which versions of the table the years were counted.
fn rules(lang: Lang, wear: &Wear<'_>) -> Listing {
    let mut listing = Listing::new(
        "wear_rules",
        &[
            ("first", "records.field.from"),
            ("last", "records.field.until"),
            ("class", "records.field.asset_class"),
            ("rate", "records.field.rate"),
            ("life_years", "records.field.life_years"),
            ("version_from", "records.field.version_from"),
            ("basis", "records.field.legal_basis"),
        ],
    );
    for span in &wear.spans {
        let category = span.category;
        let life = category.life_years.map(|years| years.to_string());
        listing.push(vec![
            Cell::right(span.first.to_string()),
            Cell::right(span.last.to_string()),
            Cell::text(format!("{} {}", category.key(), name(lang, category))),
            rate(category),
            Cell::option(life),
            fields::day_cell(category.from),
            Cell::text(category.basis.clone()),
        ]);
    }
    listing
}

fn papers(view: &AssetView) -> Listing {
    let mut listing = Listing::new(
        "papers",
        &[
            ("form", "records.field.paper_form"),
            ("number", "records.field.number"),
            ("date", "records.field.date"),
            ("issuer", "records.field.issuer"),
            ("scan", "records.field.scan"),
        ],
    );
    for paper in &view.papers {
        listing.push(vec![
            Cell::text(paper.form.clone()),
            Cell::text(paper.number.clone()),
            paper.date.map_or_else(Cell::none, fields::day_cell),
            Cell::text(paper.issuer.clone()),
            paper.scan.map_or_else(Cell::none, hash),
        ]);
    }
    listing
}

fn photos(view: &AssetView) -> Listing {
    let mut listing = Listing::new(
        "photos",
        &[
            ("photo", "records.field.photo"),
            ("shows", "records.field.shows"),
            ("date", "records.field.date"),
        ],
    );
    for photo in &view.photos {
        listing.push(vec![
            hash(photo.photo),
            Cell::text(photo.shows.clone()),
            photo.date.map_or_else(Cell::none, fields::day_cell),
        ]);
    }
    listing
}

fn hash(file: [u8; 32]) -> Cell {
    Cell::id(&soxa_ledger::FileHash(file).to_string())
}
