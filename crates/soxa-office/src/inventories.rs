//! Counting sheets: the books of an inventory with empty columns for what is there, and what people wrote into them.
//!
//! A line of the book is known again by its number; that its code is the book's is checked, because sheets are sorted and mixed up. A
//! line without a number is a thing that is in no book. A line that nobody counted says nothing, so several people can fill in
//! parts of one sheet, each in a copy.

use soxa_ledger::RecordId;
use soxa_records::Quantity;
use soxa_records::asset::state::AssetState;
use soxa_records::inventory::view::{Found, InventoryLine, InventoryView};
use soxa_records::inventory::{CountedLine, FoundThing};
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};

use crate::columns::{Column, Form, column, required};
use crate::plan::{Apart, Held, Kind, Places, SUMS_MAX, Said, Values};
use crate::problems::Reason;
use crate::take::{Taking, Words};
use crate::write::Entry;

/// The columns of a counting sheet: those of the books, and those that are filled in.
pub const COLUMNS: &[Column] = &[
    column("line", "cli.label.line", Form::Count, &["so dong", "dong so"]),
    column(
        "code",
        "records.field.code",
        Form::Text,
        &["ma tai san", "ma ts", "so the", "asset code"],
    ),
    column(
        "name",
        "records.field.name",
        Form::Text,
        &["ten tai san", "danh muc tai san", "ten ts", "asset", "asset name"],
    ),
    column(
        "measure",
        "records.field.measure",
        Form::Text,
        &["dvt", "don vi tinh", "dv tinh"],
    ),
    column(
        "site",
        "records.field.place",
        Form::Text,
        &["dia diem", "noi dat", "vi tri", "bo phan su dung", "site"],
    ),
    column(
        "book",
        "records.field.book_quantity",
        Form::Amount,
        &[
            "so luong so sach",
            "so luong theo so sach",
            "so luong theo so ke toan",
            "theo so",
            "theo so sach",
        ],
    ),
    required(column(
        "counted",
        "records.field.counted_quantity",
        Form::Amount,
        &[
            "so luong thuc te",
            "so luong theo kiem ke",
            "so luong kiem ke thuc te",
            "thuc te",
            "kiem ke",
            "theo kiem ke",
            "counted",
        ],
    )),
    column(
        "difference",
        "cli.label.difference",
        Form::Text,
        &["so luong chenh lech", "thua thieu"],
    ),
    column("cost", "records.field.cost", Form::Money, &["gia mua"]),
    column(
        "residual",
        "records.field.residual_value",
        Form::Money,
        &["gtcl", "residual"],
    ),
    column(
        "book_condition",
        "records.field.condition",
        Form::Text,
        &["hien trang theo so", "tinh trang theo so", "tinh trang"],
    ),
    column(
        "condition",
        "records.field.counted_condition",
        Form::Text,
        &["hien trang thuc te", "tinh trang kiem ke", "tinh trang thuc te"],
    ),
    column(
        "state",
        "records.field.asset_state",
        Form::Text,
        &["tinh trang su dung", "trang thai", "state"],
    ),
    column(
        "category",
        "records.field.category",
        Form::Text,
        &["loai", "nhom tai san"],
    ),
    column(
        "remark",
        "records.field.remark",
        Form::Text,
        &["ghi chu", "nhan xet", "note"],
    ),
];

/// The states that somebody who counts can see.
const STATES: Words<AssetState> = Words {
    all: AssetState::SEEN,
    as_str: AssetState::as_str,
    section: "records.asset_state",
};

/// What a line of a sheet becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// A count of a line of the book.
    Line(CountedLine),
    /// A thing that is in no book.
    Thing(FoundThing),
}

/// An inventory that sheets are counted for.
#[derive(Debug, Clone)]
pub struct CountSheet {
    /// The inventory.
    pub record: RecordId,
    /// What it says.
    pub view: InventoryView,
}

impl Kind for CountSheet {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[
        ("cost", "records.field.cost"),
        ("residual", "records.field.residual_value"),
    ];
    type New = Noted;

    fn read(&mut self, line: &mut Taking<'_, '_>, _: &mut Places<'_>) -> Option<Said<Noted>> {
        let number = line.count("line");
        let quantity = line.amount("counted");
        let condition = line.text("condition", TEXT_BYTES_MAX);
        let state = line.word("state", &STATES, &[]);
        let remark = line.text("remark", TEXT_BYTES_MAX);
        if !line.is_whole() {
            return None;
        }
        let Some(number) = number else {
            return self.thing(line, quantity, condition, remark);
        };
        let Some(known) = self.view.line(number) else {
            line.refuse("line", Reason::NoSuchLine(number));
            return None;
        };
        let code = line.text("code", CODE_BYTES_MAX);
        if !code.is_empty() && code != known.book.code {
            let book = known.book.code.clone();
            line.refuse("code", Reason::OtherThanBook { value: code, book });
            return None;
        }
        let Some(quantity) = quantity else {
            if !condition.is_empty() || !remark.is_empty() || state.is_some() {
                line.refuse("counted", Reason::Empty);
            }
            return None;
        };
        Some(Said {
            key: (self.view.unit, of_line(number)),
            apart: Apart::Nothing("line"),
            values: vec![("line", number.to_string())],
            sums: sums(known, quantity),
            new: Noted::Line(CountedLine {
                line: number,
                quantity,
                condition,
                state,
                remark,
                photo: None,
            }),
        })
    }

    fn held(&self) -> Vec<Held> {
        let unit = self.view.unit;
        let held = |at: usize, record: RecordId, key: String, sums| Held {
            at,
            record,
            keys: vec![(unit, key)],
            unit: Some(unit),
            sums,
        };
        let counted = self.view.lines.iter().enumerate().filter_map(|(at, line)| {
            let sums = sums(line, line.counted()?.quantity);
            Some(held(at, line.book.asset, of_line(line.line), sums))
        });
        let found = (self.view.lines.len()..).zip(&self.view.found);
        let found = found.filter(|(_, found)| found.counts()).map(|(at, found)| {
            let thing = &found.thing;
            held(at, found.op.into(), of_thing(&thing.name), [thing.cost, 0, 0])
        });
        counted.chain(found).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let found = held.at.checked_sub(self.view.lines.len());
        let found: Option<&Found> = found.and_then(|at| self.view.found.get(at));
        found.map(|found| values(&found.thing)).unwrap_or_default()
    }

    /// A line that was counted otherwise is counted anew: that is no difference between file and ledger, but what counting is for.
    fn addition(&self, new: &Noted, held: &Held) -> Option<Noted> {
        let Noted::Line(row) = new else {
            return None;
        };
        let known = self.view.lines.get(held.at)?.counted()?;
        let same = row.quantity == known.quantity
            && row.condition == known.condition
            && row.state == known.state
            && row.remark == known.remark;
        (!same).then(|| new.clone())
    }
}

impl CountSheet {
    fn thing(
        &self,
        line: &mut Taking<'_, '_>,
        quantity: Option<Quantity>,
        condition: String,
        remark: String,
    ) -> Option<Said<Noted>> {
        let thing = FoundThing {
            code: line.text("code", CODE_BYTES_MAX),
            name: line.required_text("name", NAME_BYTES_MAX),
            category: line.text("category", TEXT_BYTES_MAX),
            quantity: quantity.unwrap_or_default(),
            measure: line.text("measure", TEXT_BYTES_MAX),
            cost: line.money("cost").unwrap_or(0),
            condition,
            site: line.text("site", TEXT_BYTES_MAX),
            remark,
            photo: None,
        };
        match quantity {
            None => line.refuse("counted", Reason::Empty),
            Some(nothing) if nothing == Quantity::default() => {
                line.refuse("counted", Reason::NotAnAmount(nothing.to_string()));
            }
            Some(_) => {}
        }
        line.is_whole().then(|| Said {
            key: (self.view.unit, of_thing(&thing.name)),
            apart: Apart::Everything,
            values: values(&thing),
            sums: [thing.cost, 0, 0],
            new: Noted::Thing(thing),
        })
    }
}

fn of_line(number: u32) -> String {
    format!("line {number}")
}

fn of_thing(name: &str) -> String {
    format!("thing {name}")
}

fn sums(line: &InventoryLine, quantity: Quantity) -> [i64; SUMS_MAX] {
    let figures = line.book.figures(quantity);
    [figures.cost, figures.residual, 0]
}

fn values(thing: &FoundThing) -> Values {
    vec![
        ("code", thing.code.clone()),
        ("name", thing.name.clone()),
        ("category", thing.category.clone()),
        ("counted", thing.quantity.to_string()),
        ("measure", thing.measure.clone()),
        ("cost", thing.cost.to_string()),
        ("condition", thing.condition.clone()),
        ("site", thing.site.clone()),
        ("remark", thing.remark.clone()),
    ]
}

/// The counting sheet of an inventory: its lines with what was counted of them so far, then what was found.
#[must_use]
pub fn rows(view: &InventoryView) -> Vec<Vec<Entry>> {
    let found = view.found.iter().filter(|found| found.counts());
    let things = found.map(|found| row(|column| of_found(column, &found.thing)));
    let lines = view.lines.iter().map(|line| row(|column| of_book(column, line)));
    lines.chain(things).collect()
}

fn row(of: impl Fn(&str) -> Entry) -> Vec<Entry> {
    COLUMNS.iter().map(|column| of(column.name)).collect()
}

fn of_book(column: &str, line: &InventoryLine) -> Entry {
    let (book, counted) = (&line.book, line.counted());
    let text = |text: &str| Entry::text(text.to_owned());
    match column {
        "line" => Entry::Count(line.line.into()),
        "code" => text(&book.code),
        "name" => text(&book.name),
        "measure" => text(&book.measure),
        "site" => text(&book.site),
        "book" => Entry::Amount(book.quantity),
        "counted" => counted.map_or(Entry::Empty, |count| Entry::Amount(count.quantity)),
        "difference" => counted.map_or(Entry::Empty, |count| {
            Entry::Text(count.quantity.signed_difference(book.quantity))
        }),
        "cost" => Entry::Sum(book.cost),
        "residual" => book.residual.map_or(Entry::Empty, Entry::Sum),
        "book_condition" => text(&book.condition),
        "condition" => counted.map_or(Entry::Empty, |count| text(&count.condition)),
        "state" => counted
            .and_then(|count| count.state)
            .map_or(Entry::Empty, |state| Entry::Word {
                section: STATES.section.to_owned(),
                word: state.as_str().to_owned(),
            }),
        "remark" => counted.map_or(Entry::Empty, |count| text(&count.remark)),
        _ => Entry::Empty,
    }
}

fn of_found(column: &str, thing: &FoundThing) -> Entry {
    let text = |text: &str| Entry::text(text.to_owned());
    match column {
        "code" => text(&thing.code),
        "name" => text(&thing.name),
        "measure" => text(&thing.measure),
        "site" => text(&thing.site),
        "counted" => Entry::Amount(thing.quantity),
        "difference" => Entry::Text(thing.quantity.signed_difference(Quantity::default())),
        "cost" => Entry::Sum(thing.cost),
        "condition" => text(&thing.condition),
        "category" => text(&thing.category),
        "remark" => text(&thing.remark),
        _ => Entry::Empty,
    }
}
