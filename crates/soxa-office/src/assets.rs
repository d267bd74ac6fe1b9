//! Assets: the lines of an inventory against the assets that the ledger holds.
//!
//! A line is known again by its code within the unit, wherever the asset has gone since; a line without a code by all its
//! values. What people write as its category is kept as it stands; a category of a published table has a column of its own, and one
//! that nobody published is refused there.

use std::collections::HashMap;

use soxa_ledger::RecordId;
use soxa_records::asset::category::AssetCategory;
use soxa_records::asset::{AssetPaper, AssetRegister, AssetSet, AssetView, Class, Cost, Residual, Sources};
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::{Date, Field, Quantity};

pub use crate::asset_columns::COLUMNS;
use crate::columns::Column;
use crate::plan::{Apart, Held, Key, Kind, Places, SUMS_MAX, Said, Values, written};
use crate::problems::Reason;
use crate::take::Taking;
use crate::write::Entry;

/// The published categories, as tables name them.
pub trait Categories {
    /// The category that a text means, from its first day on.
    ///
    /// # Errors
    /// The reason, with those that come near.
    fn class(&self, text: &str) -> Result<Class, Reason>;
}

/// The assets that the ledger holds, and what lines are read with.
pub struct Assets {
    held: Vec<(RecordId, AssetView)>,
    categories: Box<dyn Categories>,
    /// Each spelling of a category is looked up once.
    seen: HashMap<String, Result<Class, Reason>>,
    residual_on: Option<Date>,
}

/// An asset that is to be registered, with a paper that its line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAsset {
    /// The registration.
    pub register: AssetRegister,
    /// A legal paper of it.
    pub paper: Option<AssetPaper>,
}

impl Assets {
    /// These assets.
    #[must_use]
    pub fn of(held: Vec<(RecordId, AssetView)>, categories: Box<dyn Categories>) -> Self {
        Self {
            held,
            categories,
            seen: HashMap::new(),
            residual_on: None,
        }
    }

    /// Lines that do not say of which day their residual value is have it of this one.
    #[must_use]
    pub fn with_residual_on(self, residual_on: Option<Date>) -> Self {
        Self { residual_on, ..self }
    }

    fn class(&mut self, line: &mut Taking<'_, '_>) -> Option<Class> {
        let text = line.text("class", NAME_BYTES_MAX);
        if text.is_empty() {
            return None;
        }
        let categories = &self.categories;
        let found = self
            .seen
            .entry(text)
            .or_insert_with_key(|text| categories.class(text));
        found.clone().map_err(|reason| line.refuse("class", reason)).ok()
    }

    /// The residual value: as it stands, or as cost less wear, which must agree where both stand.
    fn residual(&self, line: &mut Taking<'_, '_>, cost: i64) -> Option<Residual> {
        let (stated, gone) = (line.money("residual"), line.money("accumulated"));
        let on = line.day("residual_on").or(self.residual_on);
        let left = gone.map(|gone| cost.saturating_sub(gone));
        // While the cost is not known, nothing can be said of it.
        let whole = line.is_whole();
        for (column, value) in [("residual", stated), ("accumulated", gone)] {
            if let Some(value) = value.filter(|value| whole && *value > cost) {
                line.refuse(column, Reason::MoreThanCost { value, cost });
                return None;
            }
        }
        if let (Some(stated), Some(left)) = (stated, left)
            && stated != left
        {
            line.refuse("residual", sum_differs(stated, left));
        }
        Some(Residual {
            dong: stated.or(left)?,
            on,
        })
    }
}

fn sum_differs(value: i64, sum: i64) -> Reason {
    Reason::SumDiffers { value, sum }
}

/// The cost: whole, or by source, which must agree where all stand.
fn cost(line: &mut Taking<'_, '_>) -> Cost {
    let (budget, other) = (line.money("cost_budget"), line.money("cost_other"));
    if budget.or(other).is_none() {
        return line.required("cost", Taking::money).unwrap_or(0).into();
    }
    let sources = Sources {
        budget: budget.unwrap_or(0),
        other: other.unwrap_or(0),
    };
    let sum = sources.budget.saturating_add(sources.other);
    if let Some(whole) = line.money("cost").filter(|whole| *whole != sum) {
        line.refuse("cost", sum_differs(whole, sum));
    }
    Cost::BySource(sources)
}

/// What few cards have, in the order of the fields' names. Where country and number stand in one cell they are parted at the dash.
fn card(line: &mut Taking<'_, '_>) -> Vec<AssetSet> {
    let mut text = |column| Some(line.text(column, TEXT_BYTES_MAX)).filter(|text| !text.is_empty());
    let (department, remark) = (text("department"), text("remark"));
    let (mut maker, mut serial) = (text("maker"), text("serial"));
    if maker.is_none()
        && let Some((country, number)) = serial
            .as_deref()
            .and_then(|both| both.split_once(" – ").or_else(|| both.split_once(" - ")))
    {
        (maker, serial) = (Some(country.trim().to_owned()), Some(number.trim().to_owned()));
    }
    let all = [
        department.map(AssetSet::Department),
        line.amount("floor_area").map(AssetSet::FloorArea),
        line.amount("land_area").map(AssetSet::LandArea),
        maker.map(AssetSet::Maker),
        line.day("purchased").map(AssetSet::Purchased),
        remark.map(AssetSet::Remark),
        serial.map(AssetSet::Serial),
    ];
    all.into_iter().flatten().collect()
}

/// What a setting of a card says, as its column compares it.
fn of_setting(setting: &AssetSet) -> Option<(&'static str, String)> {
    Some(match setting {
        AssetSet::Department(text) => ("department", text.clone()),
        AssetSet::FloorArea(area) => ("floor_area", area.to_string()),
        AssetSet::LandArea(area) => ("land_area", area.to_string()),
        AssetSet::Maker(text) => ("maker", text.clone()),
        AssetSet::Purchased(day) => ("purchased", day.to_string()),
        AssetSet::Remark(text) => ("remark", text.clone()),
        AssetSet::Serial(text) => ("serial", text.clone()),
        _ => return None,
    })
}

impl Kind for Assets {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[
        ("cost", "records.field.cost"),
        ("residual", "records.field.residual_value"),
        ("accumulated", "records.field.accumulated"),
    ];
    type New = NewAsset;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<NewAsset>> {
        let quantity = line.amount("quantity");
        let (code, name) = (
            line.text("code", CODE_BYTES_MAX),
            line.required_text("name", NAME_BYTES_MAX),
        );
        let cost = cost(line);
        let asset = AssetRegister {
            code,
            name,
            category: line.text("category", TEXT_BYTES_MAX),
            quantity: quantity.unwrap_or(Quantity::whole(1)),
            measure: line.text("measure", TEXT_BYTES_MAX),
            cost,
            residual: self.residual(line, cost.total()),
            in_use_year: line.year("in_use_year"),
            condition: line.text("condition", TEXT_BYTES_MAX),
            site: line.text("site", TEXT_BYTES_MAX),
            class: self.class(line),
            card: card(line),
            unit: places.of_line(line, "unit_code", "unit")?,
        };
        let paper = line.text("papers", NAME_BYTES_MAX);
        let (key, apart) = match asset.code.is_empty() {
            true => (without_code(&asset.name, cost.total()), Apart::Everything),
            false => (of_code(&asset.code), Apart::Nothing("code")),
        };
        let said = |value: Option<String>| value.unwrap_or_default();
        let sum = |sum: Option<i64>| said(sum.map(|sum| sum.to_string()));
        let (sources, residual) = (cost.sources(), asset.residual);
        let mut values = vec![
            ("code", asset.code.clone()),
            ("name", asset.name.clone()),
            ("category", asset.category.clone()),
            ("class", said(asset.class.as_ref().map(Class::key))),
            ("quantity", said(quantity.map(|amount| amount.to_string()))),
            ("measure", asset.measure.clone()),
            ("cost", cost.total().to_string()),
            ("cost_budget", sum(sources.map(|sources| sources.budget))),
            ("cost_other", sum(sources.map(|sources| sources.other))),
            ("residual", sum(residual.map(|stated| stated.dong))),
            (
                "residual_on",
                said(residual.and_then(|stated| stated.on).map(|day| day.to_string())),
            ),
            (
                "in_use_year",
                said(asset.in_use_year.map(|year| year.to_string())),
            ),
            ("condition", asset.condition.clone()),
            ("site", asset.site.clone()),
            ("papers", paper.clone()),
        ];
        values.extend(asset.card.iter().filter_map(of_setting));
        let paper = Some(paper)
            .filter(|paper| !paper.is_empty())
            .map(|form| AssetPaper {
                form,
                number: String::new(),
                date: None,
                issuer: String::new(),
                scan: None,
            });
        Some(Said {
            key: (asset.unit, key),
            apart,
            values,
            sums: sums_of(Some(cost.total()), residual.map(|stated| stated.dong)),
            new: NewAsset {
                register: asset,
                paper,
            },
        })
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, (record, view)): (usize, &(RecordId, AssetView))| Held {
            at,
            record: *record,
            keys: keys(view),
            unit: view.custody.custodian,
            sums: sums(view),
        };
        self.held.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let Some((_, view)) = self.held.get(held.at) else {
            return Vec::new();
        };
        vec![
            ("name", written(&view.name)),
            ("category", written(&view.category)),
            ("class", class_of(view).unwrap_or_default()),
            ("quantity", written(&view.quantity)),
            ("measure", written(&view.measure)),
            ("cost", written(&view.cost)),
            ("cost_budget", written(&view.cost_budget)),
            ("cost_other", written(&view.cost_other)),
            ("residual", written(&view.residual)),
            ("residual_on", written(&view.residual_on)),
            ("in_use_year", written(&view.in_use_year)),
            ("condition", written(&view.condition)),
            ("site", written(&view.site)),
            ("papers", papers_of(view)),
            ("department", written(&view.department)),
            ("floor_area", written(&view.floor_area)),
            ("land_area", written(&view.land_area)),
            ("maker", written(&view.maker)),
            ("purchased", written(&view.purchased)),
            ("remark", written(&view.remark)),
            ("serial", written(&view.serial)),
        ]
    }
}

fn of_code(code: &str) -> String {
    format!("code {code}")
}

/// What such lines always say, so that a thousand equal chairs are not compared with each desk.
fn without_code(name: &str, cost: i64) -> String {
    format!("name {name} {cost}")
}

fn sums(asset: &AssetView) -> [i64; SUMS_MAX] {
    sums_of(asset.cost.one().copied(), asset.residual.one().copied())
}

/// Cost, residual value, and what is gone of the cost where the residual value is known.
fn sums_of(cost: Option<i64>, residual: Option<i64>) -> [i64; SUMS_MAX] {
    let cost = cost.unwrap_or(0);
    let gone = residual.map_or(0, |residual| cost.saturating_sub(residual));
    [cost, residual.unwrap_or(0), gone]
}

/// The key of the category that an asset was given last.
fn class_of(asset: &AssetView) -> Option<String> {
    let last = asset.classes.iter().max_by_key(|class| class.from);
    last.map(Class::key)
}

/// The papers of an asset in one cell.
fn papers_of(asset: &AssetView) -> String {
    let paper = |paper: &AssetPaper| format!("{} {}", paper.form, paper.number).trim().to_owned();
    let papers: Vec<String> = asset.papers.iter().map(paper).collect();
    papers.join("; ")
}

/// By its code in every unit that ever had it; by its name and cost there when it has none.
fn keys(asset: &AssetView) -> Vec<Key> {
    let mut units: Vec<RecordId> = asset.custody.links.iter().map(|link| link.to).collect();
    units.sort_unstable();
    units.dedup();
    let codes = asset.code.distinct().into_iter().filter(|code| !code.is_empty());
    let mut texts: Vec<String> = codes.map(|code| of_code(code)).collect();
    if texts.is_empty() {
        let known = asset.name.one().zip(asset.cost.one());
        texts.extend(known.map(|(name, cost)| without_code(name, *cost)));
    }
    let of = |unit: RecordId| texts.iter().map(move |text| (unit, text.clone()));
    units.into_iter().flat_map(of).collect()
}

/// What a row of a list says beside the record.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// The code of the asset's unit.
    pub unit_code: &'a str,
    /// Its name.
    pub unit: &'a str,
    /// The category that holds for the asset today, whose rate is shown.
    pub category: Option<&'a AssetCategory>,
}

/// An asset as a row of a list with these columns. Values that officials disagree in stand beside each other as text.
#[must_use]
pub fn row(asset: &AssetView, beside: &Beside<'_>) -> Vec<Entry> {
    fn entry<T: ToString + PartialEq>(field: &Field<T>, one: impl Fn(&T) -> Entry) -> Entry {
        field.one().map_or_else(|| Entry::text(written(field)), one)
    }
    let text = |field: &Field<String>| entry(field, |text| Entry::text(text.clone()));
    let sum = |field: &Field<i64>| entry(field, |sum| Entry::Sum(*sum));
    let amount = |field: &Field<Quantity>| entry(field, |amount| Entry::Amount(*amount));
    let day = |field: &Field<Date>| entry(field, |day| Entry::Day(*day));
    let of = |column: &Column| match column.name {
        "code" => text(&asset.code),
        "name" => text(&asset.name),
        "category" => text(&asset.category),
        "class" => Entry::text(class_of(asset).unwrap_or_default()),
        "unit_code" => Entry::text(beside.unit_code.to_owned()),
        "unit" => Entry::text(beside.unit.to_owned()),
        "quantity" => amount(&asset.quantity),
        "measure" => text(&asset.measure),
        "cost" => sum(&asset.cost),
        "cost_budget" => sum(&asset.cost_budget),
        "cost_other" => sum(&asset.cost_other),
        "rate" => beside
            .category
            .and_then(AssetCategory::percent)
            .map_or(Entry::Empty, Entry::Amount),
        "accumulated" => match (asset.cost.one(), asset.residual.one()) {
            (Some(cost), Some(residual)) if residual <= cost => Entry::Sum(cost - residual),
            _ => Entry::Empty,
        },
        "residual" => sum(&asset.residual),
        "residual_on" => day(&asset.residual_on),
        "in_use_year" => entry(&asset.in_use_year, |year| Entry::Year(*year)),
        "purchased" => day(&asset.purchased),
        "maker" => text(&asset.maker),
        "serial" => text(&asset.serial),
        "land_area" => amount(&asset.land_area),
        "floor_area" => amount(&asset.floor_area),
        "department" => text(&asset.department),
        "condition" => text(&asset.condition),
        "site" => text(&asset.site),
        "papers" => Entry::text(papers_of(asset)),
        "remark" => text(&asset.remark),
        _ => Entry::Empty,
    };
    COLUMNS.iter().map(of).collect()
}
