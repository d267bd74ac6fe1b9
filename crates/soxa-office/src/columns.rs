//! The columns that a table of one kind of record may have, and how people head them.

use std::collections::HashMap;

use soxa_lang::{Lang, fold, text};

/// A column that a table may have. One entry makes a new column known to imports, templates and exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the program.
    pub name: &'static str,
    /// The key of its label, which is how templates and exports head it.
    pub label: &'static str,
    /// Other headings in use, folded: lower case without accents, words only.
    pub synonyms: &'static [&'static str],
    /// What its cells hold.
    pub form: Form,
    /// Whether every table has it.
    pub required: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// A sum in đồng.
    Money,
    /// An amount with decimals.
    Amount,
    /// A year.
    Year,
    /// A day.
    Day,
    /// A whole number of people or papers.
    Count,
    /// Personal data that goes into a sealed file: imports read it, lists do not show it.
    Sealed,
    /// Personal data, which the ledger does not hold in clear: recognised so that it can be left out and said.
    Personal,
}

/// A column that a table need not have.
#[must_use]
pub const fn column(
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

/// The same, which every table has.
#[must_use]
pub const fn required(column: Column) -> Column {
    Column {
        required: true,
        ..column
    }
}

/// The code of the unit that a line belongs to.
pub const UNIT_CODE: Column = column(
    "unit_code",
    "cli.label.unit_code",
    Form::Text,
    &["ma don vi", "ma dvsd", "unit code"],
);
/// Its name.
pub const UNIT: Column = column(
    "unit",
    "records.field.unit",
    Form::Text,
    &[
        "don vi su dung",
        "don vi quan ly",
        "don vi quan ly su dung",
        "don vi cong tac",
        "noi cong tac",
        "ten don vi",
        "co quan",
        "co quan don vi",
        "don vi giu",
        "unit",
        "custodian",
    ],
);

/// The columns of a kind that a template has: all but those that nothing is read from.
#[must_use]
pub fn fillable(columns: &[Column]) -> Vec<Column> {
    let fillable = columns.iter().filter(|column| column.form != Form::Personal);
    fillable.copied().collect()
}

/// The columns of a kind that lists have: all but those of personal data.
#[must_use]
pub fn shown(columns: &[Column]) -> Vec<Column> {
    let shown = columns
        .iter()
        .filter(|column| !matches!(column.form, Form::Personal | Form::Sealed));
    shown.copied().collect()
}

/// Words of headings that say in which unit sums are, folded, with what one of the sheet's numbers is in đồng. Longer ones first.
const SCALES: &[(&str, i64)] = &[
    ("1 000 000 000 dong", 1_000_000_000),
    ("1 000 000 dong", 1_000_000),
    ("1000000 dong", 1_000_000),
    ("1 000 dong", 1_000),
    ("1000 dong", 1_000),
    ("1 000 d", 1_000),
    ("1000 d", 1_000),
    ("1 000d", 1_000),
    ("1000d", 1_000),
    ("nghin dong", 1_000),
    ("ngan dong", 1_000),
    ("nghin d", 1_000),
    ("trieu dong", 1_000_000),
    ("trieu d", 1_000_000),
    ("trd", 1_000_000),
    ("tr d", 1_000_000),
    ("ty dong", 1_000_000_000),
    ("ti dong", 1_000_000_000),
    ("vnd", 1),
    ("dong", 1),
    ("d", 1),
];

/// A heading as it is compared: folded, words and figures only, without what stands in brackets.
#[must_use]
pub fn normal(heading: &str) -> String {
    let mut outside = String::with_capacity(heading.len());
    let mut depth = 0_u32;
    for c in heading.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
        if matches!(c, '(' | '[') {
            outside.push(' ');
        }
    }
    words(&outside)
}

/// A text folded to words and figures with single spaces.
#[must_use]
pub fn words(text: &str) -> String {
    let plain: String = fold(text)
        .chars()
        .map(|c| match c {
            '²' => '2',
            c if c.is_ascii_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    plain.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// In which unit a heading or a title says that sums are: đồng in one of the sheet's numbers.
#[must_use]
pub fn scale(heading: &str) -> Option<i64> {
    let words = words(heading);
    SCALES
        .iter()
        .find(|(unit, _)| words == *unit || words.ends_with(&format!(" {unit}")))
        .map(|(_, scale)| *scale)
}

/// A normal heading without a unit of money at its end.
fn without_unit(normal: &str) -> &str {
    SCALES
        .iter()
        .find_map(|(unit, _)| normal.strip_suffix(unit)?.strip_suffix(' '))
        .unwrap_or(normal)
}

impl Column {
    /// How templates and exports head it.
    #[must_use]
    pub fn heading(&self, lang: Lang) -> String {
        text(lang, self.label, &[])
    }

    /// Whether another column is a part of this one: it is named after it, and may stand in its place.
    #[must_use]
    pub fn has_part(&self, other: &Self) -> bool {
        let rest = other.name.strip_prefix(self.name);
        rest.is_some_and(|rest| rest.starts_with('_'))
    }

    /// The headings that it is known by, in normal form.
    fn known_by(&self) -> impl Iterator<Item = String> {
        let labels = Lang::ALL.iter().map(|lang| normal(&self.heading(*lang)));
        let others = self.synonyms.iter().map(|synonym| (*synonym).to_owned());
        labels.chain(others).chain([words(self.name)])
    }
}

/// All headings that a table's columns are known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headings(HashMap<String, usize>);

impl Headings {
    /// The headings of some columns; what two are known by is the first one's.
    #[must_use]
    pub fn of(columns: &[Column]) -> Self {
        let mut all = HashMap::new();
        for (at, column) in columns.iter().enumerate() {
            for heading in column.known_by() {
                all.entry(heading).or_insert(at);
            }
        }
        Self(all)
    }

    /// The column that a heading is of, by its place among the table's.
    #[must_use]
    pub fn column(&self, heading: &str) -> Option<usize> {
        let heading = normal(heading);
        self.0
            .get(&heading)
            .or_else(|| self.0.get(without_unit(&heading)))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_accents_brackets_and_units() {
        let cost = Column {
            name: "cost",
            label: "records.field.cost",
            synonyms: &["gia mua"],
            form: Form::Money,
            required: true,
        };
        let headings = Headings::of(&[cost]);
        for heading in [
            "Nguyên giá (đồng)",
            "NGUYÊN GIÁ",
            "Nguyên giá\n(nghìn đồng)",
            "Nguyên giá, triệu đồng",
            "Gia  mua",
            "cost",
            "Cost (đồng)",
        ] {
            assert_eq!(headings.column(heading), Some(0), "{heading}");
        }
        for heading in ["Giá trị còn lại", "Nguyên", ""] {
            assert_eq!(headings.column(heading), None, "{heading}");
        }
    }

    #[test]
    fn units_of_sums_are_found_in_headings_and_titles() {
        for (heading, expected) in [
            ("Nguyên giá (nghìn đồng)", Some(1_000)),
            ("Nguyên giá (1.000đ)", Some(1_000)),
            ("ĐVT: 1.000 đồng", Some(1_000)),
            ("Đơn vị tính: triệu đồng", Some(1_000_000)),
            ("Nguyên giá (đồng)", Some(1)),
            ("Giá trị (Tr.đ)", Some(1_000_000)),
            ("Nguyên giá", None),
            ("Hội đồng", Some(1)),
        ] {
            assert_eq!(scale(heading), expected, "{heading}");
        }
    }
}
