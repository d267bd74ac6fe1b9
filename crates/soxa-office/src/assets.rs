//! Assets: the lines of an inventory against the assets that the ledger holds.
//!
//! A line is known again by its code within the unit, wherever the asset has gone since; a line without a code by all its
//! values.

use soxa_ledger::RecordId;
use soxa_records::asset::{AssetRegister, AssetView, Residual};
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::{Field, Quantity};

use crate::columns::{Column, Form, UNIT, UNIT_CODE, column, required};
use crate::plan::{Apart, Held, Key, Kind, Places, SUMS_MAX, Said, Values, written};
use crate::take::Taking;
use crate::write::Entry;

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
    UNIT_CODE,
    UNIT,
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

/// The assets that the ledger holds.
#[derive(Debug, Default)]
pub struct Assets(pub Vec<(RecordId, AssetView)>);

impl Kind for Assets {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[
        ("cost", "records.field.cost"),
        ("residual", "records.field.residual_value"),
    ];
    type New = AssetRegister;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<AssetRegister>> {
        let quantity = line.amount("quantity");
        let asset = AssetRegister {
            code: line.text("code", CODE_BYTES_MAX),
            name: line.required_text("name", NAME_BYTES_MAX),
            category: line.text("category", TEXT_BYTES_MAX),
            quantity: quantity.unwrap_or(Quantity::whole(1)),
            measure: line.text("measure", TEXT_BYTES_MAX),
            cost: line.required("cost", Taking::money).unwrap_or(0).into(),
            residual: line.money("residual").map(Residual::from),
            in_use_year: line.year("in_use_year"),
            condition: line.text("condition", TEXT_BYTES_MAX),
            site: line.text("site", TEXT_BYTES_MAX),
            unit: places.of_line(line, "unit_code", "unit")?,
            class: None,
            card: Vec::new(),
        };
        let (cost, residual) = (asset.cost.total(), asset.residual.map(|stated| stated.dong));
        let (key, apart) = match asset.code.is_empty() {
            true => (without_code(&asset.name, cost), Apart::Everything),
            false => (of_code(&asset.code), Apart::Nothing("code")),
        };
        let said = |value: Option<String>| value.unwrap_or_default();
        let values = vec![
            ("code", asset.code.clone()),
            ("name", asset.name.clone()),
            ("category", asset.category.clone()),
            ("quantity", said(quantity.map(|amount| amount.to_string()))),
            ("measure", asset.measure.clone()),
            ("cost", cost.to_string()),
            ("residual", said(residual.map(|sum| sum.to_string()))),
            (
                "in_use_year",
                said(asset.in_use_year.map(|year| year.to_string())),
            ),
            ("condition", asset.condition.clone()),
            ("site", asset.site.clone()),
        ];
        Some(Said {
            key: (asset.unit, key),
            apart,
            values,
            sums: [cost, residual.unwrap_or(0)],
            new: asset,
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
        self.0.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let Some((_, view)) = self.0.get(held.at) else {
            return Vec::new();
        };
        vec![
            ("name", written(&view.name)),
            ("category", written(&view.category)),
            ("quantity", written(&view.quantity)),
            ("measure", written(&view.measure)),
            ("cost", written(&view.cost)),
            ("residual", written(&view.residual)),
            ("in_use_year", written(&view.in_use_year)),
            ("condition", written(&view.condition)),
            ("site", written(&view.site)),
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
    [&asset.cost, &asset.residual].map(|sum| sum.one().copied().unwrap_or(0))
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

/// An asset as a row of a list with these columns; its unit has this code and name. Values that officials disagree in stand beside
/// each other as text.
#[must_use]
pub fn row(asset: &AssetView, unit_code: &str, unit: &str) -> Vec<Entry> {
    fn entry<T: ToString + PartialEq>(field: &Field<T>, one: impl Fn(&T) -> Entry) -> Entry {
        field.one().map_or_else(|| Entry::text(written(field)), one)
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
