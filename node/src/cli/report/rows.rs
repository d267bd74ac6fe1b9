//! A report as rows, one for each figure or for each record behind it: words of the program for CSV, words for people in a workbook.

use soxa_lang::text;
use soxa_office::columns::{Column, Form as Holds};
use soxa_office::write::{Entry, List};
use soxa_records::Quantity;
use soxa_views::{Amount, Behind, Breakdown, By, Figure, Line};

use super::told::Told;
use super::words::{machine, sentence};
use crate::clock;
use crate::output::{Cell, Listing};

impl Told {
    /// Every figure, for all together and of each line.
    fn every(&self) -> impl Iterator<Item = (Option<(By, &Line)>, &Figure)> {
        let all = self.report.figures.iter().map(|figure| (None, figure));
        let by = self.report.breakdowns.iter().flat_map(|breakdown| {
            let lines = breakdown.lines.iter();
            lines.flat_map(move |line| {
                let figures = line.figures.iter();
                figures.map(move |figure| (Some((breakdown.by, line)), figure))
            })
        });
        all.chain(by)
    }

    /// Whether a percentage stands in a list whose percentages do not make up 100, because each was rounded.
    fn footnote(&self, line: Option<(By, &Line)>, figure: &Figure) -> bool {
        let of_line = line.and_then(|(by, _)| self.report.by(by));
        matches!(figure.amount, Amount::Share { .. }) && of_line.is_some_and(Breakdown::rounding_shows)
    }

    /// The records behind a figure where they are asked for, each for a row of its own; otherwise one row without.
    fn rows_of<'a>(&self, figure: &'a Figure) -> Vec<Option<&'a Behind>> {
        match self.names {
            Some(_) if !figure.behind.is_empty() => figure.behind.iter().map(Some).collect(),
            _ => vec![None],
        }
    }

    /// One row for each figure, or for each record behind it: words of the program, whole ids, plain numbers.
    pub fn plain(&self) -> Listing {
        let names: Vec<&'static str> = self.columns().iter().map(|column| column.name).collect();
        let columns = names.into_iter().map(|name| (name.into(), name.into()));
        let mut listing = Listing::of("figures", columns.collect());
        let day = |day: Option<soxa_records::Date>| Cell::option(day.map(|day| day.to_string()));
        for (line, figure) in self.every() {
            let rounded = figure.amount.rounded().map(|rounded| rounded.to_string());
            let (value, of, percent) = match figure.amount {
                Amount::Count(count) | Amount::Days(count) => (count.to_string(), None, None),
                Amount::Difference(difference) => (difference.to_string(), None, None),
                Amount::Dong(dong) => (dong.to_string(), None, None),
                Amount::Share { part, of, .. } => (part.to_string(), Some(of.to_string()), rounded),
                Amount::Mean { over, .. } => (rounded.unwrap_or_default(), Some(over.to_string()), None),
            };
            let silent: Vec<&str> = self.silent.iter().map(|one| one.unit.as_str()).collect();
            let row = vec![
                Cell::option(line.map(|(by, _)| by.as_str())),
                Cell::option(line.and_then(|(_, line)| machine(&line.group))),
                Cell::option(line.map(|(by, line)| self.name(by, &line.group))),
                Cell::text(figure.name.as_str()),
                Cell::text(value),
                Cell::option(of),
                Cell::option(percent),
                Cell::text(figure.base.as_str()),
                day(self.asked.period.from),
                day(self.asked.period.until),
                Cell::moment(self.asked.as_of.0),
                Cell::text(silent.join(", ")),
                Cell::option(self.footnote(line, figure).then_some("not_100_by_rounding")),
            ];
            for behind in self.rows_of(figure) {
                let mut row = row.clone();
                if self.names.is_some() {
                    row.extend([
                        Cell::option(behind.map(|behind| behind.record.to_string())),
                        Cell::option(behind.map(|behind| self.named(behind.record).name)),
                        Cell::option(behind.map(|behind| behind.says.clone())),
                    ]);
                }
                listing.push(row);
            }
        }
        listing
    }

    fn columns(&self) -> Vec<Column> {
        let mut columns = COLUMNS.to_vec();
        if self.names.is_some() {
            columns.extend_from_slice(RECORD_COLUMNS);
        }
        columns
    }

    /// The same rows for a workbook: words for people, numbers and days as numbers and days.
    pub fn list(&self) -> List {
        let mut rows = Vec::new();
        for (line, figure) in self.every() {
            let row = self.row(line, figure);
            for behind in self.rows_of(figure) {
                let mut row = row.clone();
                if self.names.is_some() {
                    let text = |text: Option<String>| Entry::text(text.unwrap_or_default());
                    row.extend([
                        text(behind.map(|behind| behind.record.to_string())),
                        text(behind.map(|behind| self.named(behind.record).name)),
                        text(behind.map(|behind| behind.says.clone())),
                    ]);
                }
                rows.push(row);
            }
        }
        List {
            name: text(
                self.lang,
                &format!("reports.kind.{}", self.report.kind.as_str()),
                &[],
            ),
            columns: self.columns(),
            rows,
        }
    }

    fn row(&self, line: Option<(By, &Line)>, figure: &Figure) -> Vec<Entry> {
        let (value, of) = match figure.amount {
            Amount::Count(count) | Amount::Days(count) => (sum(i128::from(count)), None),
            Amount::Share { part, of, .. } => (sum(i128::from(part)), Some(of)),
            Amount::Difference(difference) => (Entry::Sum(difference), None),
            Amount::Dong(dong) => (sum(dong), None),
            Amount::Mean { over, .. } => (decimal_entry(figure), Some(over)),
        };
        let percent = match figure.amount {
            Amount::Share { .. } => decimal_entry(figure),
            _ => Entry::Empty,
        };
        let (by, group, name) = line.map_or_else(Default::default, |(by, line)| {
            let group = machine(&line.group).unwrap_or_default();
            (
                sentence(self.lang, "by", by.as_str()),
                group,
                self.name(by, &line.group),
            )
        });
        vec![
            Entry::text(by),
            Entry::text(group),
            Entry::text(name),
            Entry::text(sentence(self.lang, "figure", figure.name.as_str())),
            value,
            of.map_or(Entry::Empty, |of| sum(i128::from(of))),
            percent,
            Entry::text(sentence(self.lang, "base", figure.base.as_str())),
            self.asked.period.from.map_or(Entry::Empty, Entry::Day),
            self.asked.period.until.map_or(Entry::Empty, Entry::Day),
            Entry::text(clock::moment(self.asked.as_of.0)),
            Entry::text(self.silent_words()),
            match self.footnote(line, figure) {
                true => Entry::text(text(self.lang, "cli.report.rounding_shows", &[])),
                false => Entry::Empty,
            },
        ]
    }
}

/// The columns of a report for programs and spreadsheets.
const COLUMNS: &[Column] = &[
    column("by", "cli.report.by", Holds::Text),
    column("group", "cli.report.group", Holds::Text),
    column("group_name", "cli.report.group_name", Holds::Text),
    column("figure", "cli.report.figure", Holds::Text),
    column("value", "cli.label.value", Holds::Amount),
    column("of", "cli.report.of", Holds::Amount),
    column("percent", "cli.report.percent", Holds::Amount),
    column("base", "cli.report.base", Holds::Text),
    column("from", "cli.report.from", Holds::Day),
    column("until", "cli.report.until", Holds::Day),
    column("as_of", "cli.report.as_of", Holds::Text),
    column("not_heard", "cli.report.not_heard", Holds::Text),
    column("note", "records.field.remark", Holds::Text),
];

/// Those of the records behind the figures.
const RECORD_COLUMNS: &[Column] = &[
    column("id", "records.field.id", Holds::Text),
    column("name", "records.field.name", Holds::Text),
    column("says", "cli.label.says", Holds::Text),
];

const fn column(name: &'static str, label: &'static str, form: Holds) -> Column {
    Column {
        name,
        label,
        synonyms: &[],
        form,
        required: false,
    }
}

fn sum(number: i128) -> Entry {
    i64::try_from(number).map_or_else(|_| Entry::text(number.to_string()), Entry::Sum)
}

/// A percentage or mean; nothing where there is none to take.
fn decimal_entry(figure: &Figure) -> Entry {
    figure.amount.rounded().map_or(Entry::Empty, |rounded| {
        amount(rounded.units, rounded.places).unwrap_or_else(|| Entry::text(rounded.to_string()))
    })
}

/// A number with at most three decimals, where it is not negative.
fn amount(units: i128, places: u32) -> Option<Entry> {
    let thousandths = units.checked_mul(10_i128.checked_pow(3_u32.checked_sub(places)?)?)?;
    let thousandths = u64::try_from(thousandths).ok()?;
    Some(Entry::Amount(Quantity { thousandths }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_go_into_spreadsheets_as_numbers() {
        assert_eq!(
            amount(9_180, 2),
            Some(Entry::Amount(Quantity { thousandths: 91_800 }))
        );
        assert_eq!(amount(847, 2).map(|entry| entry.plain()).as_deref(), Some("8.47"));
        assert_eq!(amount(-1, 1), None);
        assert_eq!(amount(1, 4), None);
    }
}
