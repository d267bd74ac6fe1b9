//! The card of an asset (thẻ tài sản cố định): its fields as they are registered and written later, its cost by source, its
//! categories by regime and day, its legal papers and its photos.

use soxa_ledger::cbor::{CborError, Item, Reader, Writer};

use crate::body::{
    Amount, Body, Code, CodeOrNone, Day, Dong, Id, Name, Opt, Part, Text, Year, body, settings,
};
use crate::measure::{Date, Quantity};
use crate::state::CanonicalState;
use crate::value::{Change, Row, Value, append, counting, replace, set};

settings! {
    /// Body of `asset.set`: `[field, value]`. An empty text takes the value away.
    AssetSet = "asset field" {
        /// The condition.
        Condition(String) = "condition" => Text,
        /// Where it is.
        Site(String) = "site" => Text,
        /// How much.
        Quantity(Quantity) = "quantity" => Amount,
        /// Of what.
        Measure(String) = "measure" => Text,
        /// The name.
        Name(String) = "name" => Name,
        /// The code.
        Code(String) = "code" => CodeOrNone,
        /// The category as people write it.
        Category(String) = "category" => Text,
        /// The original cost.
        Cost(Cost) = "cost" => Part,
        /// The residual value.
        Residual(Residual) = "residual" => Part,
        /// The year in which it was put to use.
        InUseYear(u16) = "in_use_year" => Year,
        /// A remark.
        Remark(String) = "remark" => Text,
        /// Who made it, and where: nước sản xuất.
        Maker(String) = "maker" => Text,
        /// The serial number: số sê-ri.
        Serial(String) = "serial" => Text,
        /// The day on which it was bought.
        Purchased(Date) = "purchased" => Day,
        /// The area of the land in square metres.
        LandArea(Quantity) = "land_area" => Amount,
        /// The area of the floors in square metres.
        FloorArea(Quantity) = "floor_area" => Amount,
        /// Who in the unit uses it: bộ phận sử dụng.
        Department(String) = "department" => Text,
    }
}

/// The fields that a registration writes only where the card has them, ascending.
pub(crate) const FURTHER: [&str; 7] = [
    "department",
    "floor_area",
    "land_area",
    "maker",
    "purchased",
    "remark",
    "serial",
];

/// The original cost in đồng (nguyên giá), never negative. By source it is the sum of them, so that no total stands beside parts that
/// make another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Nothing is said of where the money came from.
    Whole(i64),
    /// From which sources.
    BySource(Sources),
}

body! {
    /// The cost by source: `[budget, other]`.
    #[derive(Copy)]
    Sources = "cost by source" checked by Sources::check {
        /// From the budget (ngân sách), in đồng.
        budget: i64 => Dong,
        /// From other sources (nguồn khác), in đồng.
        other: i64 => Dong,
    }
}

body! {
    /// A residual value (giá trị còn lại) as somebody states it: `[đồng, day or null]`.
    #[derive(Copy)]
    Residual = "residual value" {
        /// How much, in đồng.
        dong: i64 => Dong,
        /// The day of the books that say so.
        on: Option<Date> => Opt<Day>,
    }
}

body! {
    /// The category of an asset from a day on, and the body of `asset.classify`: `[regime, code, from]`.
    Class = "asset.classify" {
        /// The text that has the category: `TT141/2025`.
        regime: String => Code,
        /// Its code there.
        code: String => Code,
        /// The day from which the asset counts as one of it.
        from: Date => Day,
    }
}

body! {
    /// Body of `asset.paper`: `[form, number, date or null, issuer, scan or null]`.
    AssetPaper = "asset.paper" {
        /// What it is: giấy chứng nhận quyền sử dụng đất.
        form: String => Name,
        /// Its number.
        number: String => Text,
        /// Its day.
        date: Option<Date> => Opt<Day>,
        /// Who issued it.
        issuer: String => Text,
        /// SHA-256 of the scan.
        scan: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `asset.photo`: `[photo, what it shows, date or null]`.
    AssetPhoto = "asset.photo" {
        /// SHA-256 of the photo.
        photo: [u8; 32] => Id,
        /// What it shows.
        shows: String => Text,
        /// The day on which it was taken.
        date: Option<Date> => Opt<Day>,
    }
}

impl Cost {
    /// All of it, in đồng.
    #[must_use]
    pub fn total(&self) -> i64 {
        match self {
            Self::Whole(dong) => *dong,
            Self::BySource(sources) => sources.budget.saturating_add(sources.other),
        }
    }

    /// Where it came from, when that is said.
    #[must_use]
    pub fn sources(&self) -> Option<Sources> {
        match self {
            Self::Whole(_) => None,
            Self::BySource(sources) => Some(*sources),
        }
    }
}

impl From<i64> for Cost {
    fn from(dong: i64) -> Self {
        Self::Whole(dong)
    }
}

impl From<i64> for Residual {
    /// A value whose day nobody told.
    fn from(dong: i64) -> Self {
        Self { dong, on: None }
    }
}

impl Body for Cost {
    fn write(&self, w: &mut Writer) {
        match self {
            Self::Whole(dong) => {
                w.int(*dong);
            }
            Self::BySource(sources) => sources.write(w),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        match r.peek("cost")? {
            Item::Array => Sources::read(r).map(Self::BySource),
            _ => <Dong as crate::body::Form<i64>>::read(r, "cost").map(Self::Whole),
        }
    }
}

impl Sources {
    fn check(&self) -> Result<(), CborError> {
        match self.budget.checked_add(self.other) {
            Some(_) => Ok(()),
            None => Err(CborError::Value {
                field: "cost by source",
                what: "a sum beyond 63 bits",
            }),
        }
    }
}

/// What stands where nothing is said any more.
fn or_nothing(value: Option<impl Into<Value>>) -> Value {
    value.map_or_else(|| Value::Text(String::new()), Into::into)
}

impl Cost {
    pub(crate) fn changes(&self) -> Vec<Change> {
        let sources = self.sources();
        vec![
            set("cost", self.total()),
            set("cost_budget", or_nothing(sources.map(|sources| sources.budget))),
            set("cost_other", or_nothing(sources.map(|sources| sources.other))),
        ]
    }
}

impl Residual {
    pub(crate) fn changes(&self) -> Vec<Change> {
        vec![
            set("residual", self.dong),
            set("residual_on", or_nothing(self.on)),
        ]
    }
}

impl AssetSet {
    pub(crate) fn changes(&self) -> Vec<Change> {
        match self {
            Self::Condition(text)
            | Self::Site(text)
            | Self::Measure(text)
            | Self::Name(text)
            | Self::Code(text)
            | Self::Category(text)
            | Self::Remark(text)
            | Self::Maker(text)
            | Self::Serial(text)
            | Self::Department(text) => vec![set(self.field(), text.as_str())],
            Self::Quantity(amount) | Self::LandArea(amount) | Self::FloorArea(amount) => {
                vec![set(self.field(), *amount)]
            }
            Self::InUseYear(year) => vec![set(self.field(), *year)],
            Self::Purchased(day) => vec![set(self.field(), *day)],
            Self::Cost(cost) => cost.changes(),
            Self::Residual(residual) => residual.changes(),
        }
    }
}

impl Class {
    /// The key of its reference record: `TT141/2025 0503`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.regime, self.code)
    }

    /// The row; it takes the place of those of its regime that begin on its day or later.
    pub(crate) fn changes(&self, past: &CanonicalState) -> Vec<Change> {
        let same = |row: &Row| row.text("regime") == self.regime && row.get("from") >= Some(self.from);
        let mut changes: Vec<Change> = replace(past, "classes", same).collect();
        changes.push(append(
            "classes",
            [
                ("regime", self.regime.as_str().into()),
                ("code", self.code.as_str().into()),
                ("from", self.from.into()),
            ],
        ));
        changes
    }

    /// The categories of an asset, in causal order.
    pub(crate) fn of(state: &CanonicalState) -> Vec<Self> {
        let class = |row: &Row| {
            Some(Self {
                regime: row.text("regime"),
                code: row.text("code"),
                from: row.get("from")?,
            })
        };
        counting(state, "classes").filter_map(class).collect()
    }
}

impl AssetPaper {
    /// The row; it takes the place of that of the same form and number.
    pub(crate) fn changes(&self, past: &CanonicalState) -> Vec<Change> {
        let same = |row: &Row| row.text("form") == self.form && row.text("number") == self.number;
        let mut changes: Vec<Change> = replace(past, "papers", same).collect();
        let row = append(
            "papers",
            [
                ("form", self.form.as_str().into()),
                ("number", self.number.as_str().into()),
                ("issuer", self.issuer.as_str().into()),
            ],
        );
        changes.push(row.and("date", self.date).and("scan", self.scan));
        changes
    }

    /// The papers of an asset, in causal order.
    pub(crate) fn of(state: &CanonicalState) -> Vec<Self> {
        let paper = |row: &Row| Self {
            form: row.text("form"),
            number: row.text("number"),
            date: row.get("date"),
            issuer: row.text("issuer"),
            scan: row.get("scan"),
        };
        counting(state, "papers").map(paper).collect()
    }
}

impl AssetPhoto {
    /// The row; it takes the place of that of the same photo.
    pub(crate) fn changes(&self, past: &CanonicalState) -> Vec<Change> {
        let same = |row: &Row| row.get("photo") == Some(self.photo);
        let mut changes: Vec<Change> = replace(past, "photos", same).collect();
        let row = append(
            "photos",
            [
                ("photo", self.photo.into()),
                ("shows", self.shows.as_str().into()),
            ],
        );
        changes.push(row.and("date", self.date));
        changes
    }

    /// The photos of an asset, in causal order.
    pub(crate) fn of(state: &CanonicalState) -> Vec<Self> {
        let photo = |row: &Row| {
            Some(Self {
                photo: row.get("photo")?,
                shows: row.text("shows"),
                date: row.get("date"),
            })
        };
        counting(state, "photos").filter_map(photo).collect()
    }
}
