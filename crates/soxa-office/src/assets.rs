//! Assets: the lines of an inventory against the assets that the ledger holds.
//!
//! A line is known again by its code within the unit, wherever the asset has gone since; a line without a code by all its
//! values. What is there already with equal values is skipped, so that a file can be imported twice; what differs is told
//! and not changed.

use std::collections::{BTreeSet, HashMap};

use soxa_ledger::RecordId;
use soxa_records::asset::{AssetRegister, AssetView};
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::{Field, Quantity};

use crate::columns::{Column, Form};
use crate::problems::{Problems, Reason};
use crate::table::Table;
use crate::take::Taking;
use crate::write::Entry;

const fn column(
    name: &'static str,
    label: &'static str,
    form: Form,
    synonyms: &'static [&'static str],
) -> Column {
    Column {
        name,
        label,
        synonyms,
        form,
        required: false,
    }
}

const fn required(column: Column) -> Column {
    Column {
        required: true,
        ..column
    }
}

/// The columns of an inventory: those of the asset card and of the forms of minutes and inventories.
pub const COLUMNS: &[Column] = &[
    column(
        "code",
        "records.field.code",
        Form::Text,
        &[
            "ma tai san",
            "ma ts",
            "so the",
            "so the tai san",
            "ma so",
            "ma tscd",
            "ma dinh danh",
            "so dang ky",
            "bien kiem soat",
            "code",
            "asset code",
            "inventory number",
        ],
    ),
    required(column(
        "name",
        "records.field.name",
        Form::Text,
        &[
            "ten tai san",
            "danh muc tai san",
            "ten ts",
            "ten tai san co dinh",
            "ten tscd",
            "tai san",
            "ten nhan hieu",
            "ten nhan hieu quy cach",
            "ten loai tai san",
            "noi dung",
            "asset",
            "asset name",
        ],
    )),
    column(
        "category",
        "records.field.category",
        Form::Text,
        &[
            "loai",
            "nhom tai san",
            "ma loai",
            "ma loai tai san",
            "phan loai",
            "category",
        ],
    ),
    column(
        "unit_code",
        "cli.label.unit_code",
        Form::Text,
        &["ma don vi", "ma dvsd", "unit code"],
    ),
    column(
        "unit",
        "records.field.unit",
        Form::Text,
        &[
            "don vi su dung",
            "don vi quan ly",
            "don vi quan ly su dung",
            "ten don vi",
            "co quan",
            "co quan don vi",
            "don vi giu",
            "noi su dung",
            "unit",
            "custodian",
        ],
    ),
    column(
        "quantity",
        "records.field.quantity",
        Form::Amount,
        &[
            "so luong so sach",
            "so luong theo so",
            "so luong theo so sach",
            "so luong theo so ke toan",
            "sl",
            "so luong dien tich",
            "so luong khoi luong",
            "quantity",
        ],
    ),
    column(
        "measure",
        "records.field.measure",
        Form::Text,
        &["dvt", "don vi tinh", "dv tinh", "measure"],
    ),
    required(column(
        "cost",
        "records.field.cost",
        Form::Money,
        &[
            "nguyen gia",
            "nguyen gia tong",
            "nguyen gia tong so",
            "nguyen gia tong cong",
            "nguyen gia theo so",
            "nguyen gia theo so sach",
            "nguyen gia theo so ke toan",
            "theo so ke toan nguyen gia",
            "gia tri theo so sach nguyen gia",
            "gia tri nguyen gia",
            "cost",
            "original cost",
        ],
    )),
    column(
        "residual",
        "records.field.residual_value",
        Form::Money,
        &[
            "gia tri con lai",
            "gtcl",
            "gia tri con lai theo so",
            "gia tri con lai theo so sach",
            "theo so ke toan gia tri con lai",
            "gia tri theo so sach gia tri con lai",
            "gia tri gia tri con lai",
            "residual",
            "residual value",
        ],
    ),
    column(
        "in_use_year",
        "records.field.in_use_year",
        Form::Year,
        &[
            "nam dua vao su dung",
            "nam su dung",
            "ngay dua vao su dung",
            "nam bat dau su dung",
            "ngay su dung",
            "nam dua vao",
            "in use year",
            "in use since",
        ],
    ),
    column(
        "condition",
        "records.field.condition",
        Form::Text,
        &[
            "tinh trang",
            "tinh trang su dung",
            "hien trang",
            "hien trang tai san",
            "hien trang su dung",
            "tinh trang tai san",
            "condition",
        ],
    ),
    column(
        "site",
        "records.field.place",
        Form::Text,
        &[
            "dia diem",
            "dia chi",
            "noi dat",
            "vi tri",
            "noi de",
            "bo phan su dung",
            "bo phan nguoi su dung",
            "place",
            "site",
        ],
    ),
];

/// What the ledger is asked while a table is read.
pub trait Ledger {
    /// The unit that a code or name means.
    ///
    /// # Errors
    /// The reason, with the names that come near.
    fn unit(&self, text: &str) -> Result<RecordId, Reason>;
    /// The assets that the ledger holds for a unit or that began there.
    fn assets(&self) -> &[(RecordId, AssetView)];
}

/// Counts and sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many assets.
    pub count: u64,
    /// Their cost in đồng.
    pub cost: i64,
    /// Their residual value in đồng, where it is known.
    pub residual: i64,
}

impl Totals {
    /// One more asset.
    pub fn add(&mut self, cost: i64, residual: Option<i64>) {
        self.count += 1;
        self.cost = self.cost.saturating_add(cost);
        self.residual = self.residual.saturating_add(residual.unwrap_or(0));
    }
}

/// A value that the ledger holds otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line's row.
    pub row: u32,
    /// The asset.
    pub record: RecordId,
    /// The column's name.
    pub column: &'static str,
    /// What the file says.
    pub file: String,
    /// What the ledger says.
    pub ledger: String,
}

/// What an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be registered, with the rows.
    pub new: Vec<(u32, AssetRegister)>,
    /// How many lines are there already, with equal values.
    pub same: u64,
    /// Values that the ledger holds otherwise; nothing is done about them.
    pub differences: Vec<Difference>,
    /// The units that the lines belong to.
    pub units: BTreeSet<RecordId>,
    /// Control totals of the file.
    pub file: Totals,
    /// Control totals of what would be registered.
    pub added: Totals,
    /// What is wrong; nothing is done while something is.
    pub problems: Problems,
}

/// Plans the import of a table. Lines that name no unit belong to `unit`.
pub fn plan(table: &Table<'_>, ledger: &impl Ledger, unit: Option<RecordId>) -> Plan {
    let mut plan = Plan {
        problems: table.problems.clone(),
        ..Plan::default()
    };
    if !plan.problems.is_empty() && table.heading("name").is_none() {
        return plan;
    }
    let mut units: HashMap<String, Result<RecordId, Reason>> = HashMap::new();
    let mut codes: HashMap<(RecordId, String), u32> = HashMap::new();
    let mut known = Known::of(ledger.assets());
    for line in &table.lines {
        let mut taking = Taking::new(table, line, &mut plan.problems);
        let quantity = taking.amount("quantity");
        let mut asset = AssetRegister {
            code: taking.text("code", CODE_BYTES_MAX),
            name: taking.required_text("name", NAME_BYTES_MAX),
            category: taking.text("category", TEXT_BYTES_MAX),
            unit: RecordId([0; 32]),
            quantity: quantity.unwrap_or(Quantity::whole(1)),
            measure: taking.text("measure", TEXT_BYTES_MAX),
            cost: 0,
            residual: taking.money("residual"),
            in_use_year: taking.year("in_use_year"),
            condition: taking.text("condition", TEXT_BYTES_MAX),
            site: taking.text("site", TEXT_BYTES_MAX),
        };
        asset.cost = required_money(&mut taking, table, line);
        match holder(&mut taking, &mut units, ledger, unit) {
            Some(holder) => asset.unit = holder,
            None => continue,
        }
        if !asset.code.is_empty() {
            let key = (asset.unit, asset.code.clone());
            if let Some(earlier) = codes.insert(key, line.row) {
                taking.refuse(
                    "code",
                    Reason::Twice {
                        value: asset.code.clone(),
                        row: earlier,
                    },
                );
            }
        }
        if !taking.is_whole() {
            continue;
        }
        plan.units.insert(asset.unit);
        plan.file.add(asset.cost, asset.residual);
        let said = Said {
            asset: &asset,
            quantity,
        };
        match known.take(&said) {
            Some((record, view)) => {
                let before = plan.differences.len();
                said.compare(line.row, record, view, &mut plan.differences);
                plan.same += u64::from(plan.differences.len() == before);
            }
            None => {
                plan.added.add(asset.cost, asset.residual);
                plan.new.push((line.row, asset));
            }
        }
    }
    plan
}

fn required_money(taking: &mut Taking<'_, '_>, table: &Table<'_>, line: &crate::table::Line<'_>) -> i64 {
    if table.cell(line, "cost").is_none() && table.heading("cost").is_some() {
        taking.refuse("cost", Reason::Empty);
    }
    taking.money("cost").unwrap_or(0)
}

/// The unit of a line, looked up once for each spelling.
fn holder(
    taking: &mut Taking<'_, '_>,
    units: &mut HashMap<String, Result<RecordId, Reason>>,
    ledger: &impl Ledger,
    unit: Option<RecordId>,
) -> Option<RecordId> {
    let code = taking.text("unit_code", CODE_BYTES_MAX);
    let (column, text) = if code.is_empty() {
        ("unit", taking.text("unit", NAME_BYTES_MAX))
    } else {
        ("unit_code", code)
    };
    if text.is_empty() {
        if unit.is_none() {
            taking.refuse("unit", Reason::NoUnit);
        }
        return unit;
    }
    let found = units.entry(text).or_insert_with_key(|text| ledger.unit(text));
    found.clone().map_err(|reason| taking.refuse(column, reason)).ok()
}

/// The ledger's assets, by what lines are known again.
struct Known<'a> {
    by_code: HashMap<(RecordId, String), (RecordId, &'a AssetView)>,
    without_code: HashMap<(RecordId, String), Vec<(RecordId, &'a AssetView)>>,
}

impl<'a> Known<'a> {
    fn of(assets: &'a [(RecordId, AssetView)]) -> Self {
        let mut known = Self {
            by_code: HashMap::new(),
            without_code: HashMap::new(),
        };
        for (record, view) in assets {
            let mut units: Vec<RecordId> = view.custody.links.iter().map(|link| link.to).collect();
            units.sort_unstable();
            units.dedup();
            let codes: Vec<&String> = view
                .code
                .distinct()
                .into_iter()
                .filter(|code| !code.is_empty())
                .collect();
            for unit in units {
                for code in &codes {
                    known
                        .by_code
                        .entry((unit, (*code).clone()))
                        .or_insert((*record, view));
                }
                if let (true, Some(name)) = (codes.is_empty(), view.name.one()) {
                    known
                        .without_code
                        .entry((unit, name.clone()))
                        .or_default()
                        .push((*record, view));
                }
            }
        }
        known
    }

    /// The asset that a line is; one without a code is each found once.
    fn take(&mut self, said: &Said<'_>) -> Option<(RecordId, &'a AssetView)> {
        let asset = said.asset;
        if !asset.code.is_empty() {
            return self.by_code.get(&(asset.unit, asset.code.clone())).copied();
        }
        let alike = self.without_code.get_mut(&(asset.unit, asset.name.clone()))?;
        let at = alike.iter().position(|(record, view)| {
            let mut differences = Vec::new();
            said.compare(0, *record, view, &mut differences);
            differences.is_empty()
        })?;
        Some(alike.swap_remove(at))
    }
}

/// What a line says of an asset. Cells that are empty say nothing.
struct Said<'a> {
    asset: &'a AssetRegister,
    quantity: Option<Quantity>,
}

impl Said<'_> {
    /// What it says otherwise than the ledger.
    fn compare(&self, row: u32, record: RecordId, view: &AssetView, differences: &mut Vec<Difference>) {
        let asset = self.asset;
        let said = |value: Option<String>| value.unwrap_or_default();
        let pairs: [(&'static str, String, String); 9] = [
            ("name", asset.name.clone(), held(&view.name)),
            ("category", asset.category.clone(), held(&view.category)),
            (
                "quantity",
                said(self.quantity.map(|amount| amount.to_string())),
                held(&view.quantity),
            ),
            ("measure", asset.measure.clone(), held(&view.measure)),
            ("cost", asset.cost.to_string(), held(&view.cost)),
            (
                "residual",
                said(asset.residual.map(|sum| sum.to_string())),
                held(&view.residual),
            ),
            (
                "in_use_year",
                said(asset.in_use_year.map(|year| year.to_string())),
                held(&view.in_use_year),
            ),
            ("condition", asset.condition.clone(), held(&view.condition)),
            ("site", asset.site.clone(), held(&view.site)),
        ];
        let differing = pairs
            .into_iter()
            .filter(|(_, file, ledger)| !file.is_empty() && file != ledger);
        differences.extend(differing.map(|(column, file, ledger)| Difference {
            row,
            record,
            column,
            file,
            ledger,
        }));
    }
}

/// An asset as a row of a list with these columns; its unit has this code and name. Values that officials disagree in stand beside
/// each other as text.
#[must_use]
pub fn row(asset: &AssetView, unit_code: &str, unit: &str) -> Vec<Entry> {
    fn entry<T: ToString + PartialEq>(field: &Field<T>, one: impl Fn(&T) -> Entry) -> Entry {
        field.one().map_or_else(|| Entry::text(held(field)), one)
    }
    let text = |field: &Field<String>| entry(field, |text| Entry::text(text.clone()));
    let sum = |field: &Field<i64>| entry(field, |sum| Entry::Sum(*sum));
    let of = |column: &Column| match column.name {
        "code" => text(&asset.code),
        "name" => text(&asset.name),
        "category" => text(&asset.category),
        "unit_code" => Entry::text(unit_code.to_owned()),
        "unit" => Entry::text(unit.to_owned()),
        "quantity" => entry(&asset.quantity, |amount| Entry::Amount(*amount)),
        "measure" => text(&asset.measure),
        "cost" => sum(&asset.cost),
        "residual" => sum(&asset.residual),
        "in_use_year" => entry(&asset.in_use_year, |year| Entry::Year(*year)),
        "condition" => text(&asset.condition),
        "site" => text(&asset.site),
        _ => Entry::Empty,
    };
    COLUMNS.iter().map(of).collect()
}

/// The values of a field as text.
fn held<T: ToString + PartialEq>(field: &Field<T>) -> String {
    let values: Vec<String> = field.distinct().iter().map(|value| value.to_string()).collect();
    values.join(" / ")
}
