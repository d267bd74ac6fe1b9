//! A report on paper: tables for people, one object or one line a figure for programs.

use std::path::Path;

use serde_json::{Map, Value, json};
use soxa_lang::{Lang, collated, decimal, number, text};
use soxa_ledger::RecordId;
use soxa_office::columns::{Column, Form as Holds};
use soxa_office::write::{Entry, List};
use soxa_records::Quantity;
use soxa_views::{Amount, Behind, Breakdown, By, Figure, Group, Line, Report};

use super::heard::{Silent, silent};
use super::reading::Reading;
use super::records::Named;
use super::{Form, ReportArgs};
use crate::cli::fields;
use crate::cli::office::opened;
use crate::cli::session::Units;
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, print, print_json, say};

/// Silent nodes that a table names; the others are counted.
const SILENT_SHOWN: usize = 12;

/// A report with what it is about and what it does not hold.
pub struct Told {
    lang: Lang,
    report: Report,
    units: std::rc::Rc<Units>,
    unit: Option<RecordId>,
    asked: soxa_views::Asked,
    silent: Vec<Silent>,
    /// The unit whose node this is, when it reads the dossiers of that unit alone.
    own: Option<String>,
    names: Option<std::collections::BTreeMap<RecordId, Named>>,
}

impl Told {
    /// Adds to a report what the node knows of itself and of the others.
    ///
    /// # Errors
    /// When the daemon cannot be asked.
    pub fn of(mut report: Report, reading: Reading<'_>) -> Result<Self, Failure> {
        let Reading {
            session,
            unit,
            asked,
            names,
            ..
        } = reading;
        let units = session.units()?;
        let silent = silent(session, asked.as_of)?;
        let client = session.client()?;
        let status = client.status()?;
        let network = match client.call(Request::Network)? {
            Reply::Network(network) => network,
            other => return Err(client.other_reply(&other)),
        };
        let reads_all = status.unit.as_ref() == Some(&network.province_unit);
        for breakdown in &mut report.breakdowns {
            let by = breakdown.by;
            let lang = session.lang;
            breakdown.lines.sort_by_cached_key(|line| {
                (
                    place(&line.group),
                    collated(&group_name(lang, &units, by, &line.group)),
                )
            });
        }
        Ok(Self {
            lang: session.lang,
            report,
            units,
            unit,
            asked,
            silent,
            own: (!reads_all).then(|| status.unit_name.unwrap_or_default()),
            names,
        })
    }

    /// Writes it where and how the command says.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, form: Form, args: &ReportArgs) -> Result<(), Failure> {
        let bytes = match (form, &args.output) {
            (Form::Json, None) => return print_json(&self.json()),
            (Form::Json, Some(_)) => format!("{}\n", self.json()).into_bytes(),
            (Form::Table, _) => self.tables().into_bytes(),
            (Form::Csv, _) => self.list().csv(self.lang),
            (Form::Xlsx, output) => {
                let file = output.as_deref().unwrap_or(Path::new(""));
                self.list()
                    .xlsx(self.lang, opened::today()?)
                    .map_err(|error| opened::not_written(file, &error))?
            }
        };
        match &args.output {
            Some(file) => {
                opened::write(file, &bytes)?;
                say(&text(
                    self.lang,
                    "cli.report.written",
                    &[("file", &file.display())],
                ));
                Ok(())
            }
            None => print(&bytes),
        }
    }

    fn name(&self, by: By, group: &Group) -> String {
        group_name(self.lang, &self.units, by, group)
    }

    fn silent_words(&self) -> String {
        let one = |silent: &Silent| match silent.last_ms {
            Some(last) => format!("{} ({})", silent.unit, clock::moment(last)),
            None => text(self.lang, "cli.report.never_heard", &[("unit", &silent.unit)]),
        };
        let mut words: Vec<String> = self.silent.iter().take(SILENT_SHOWN).map(one).collect();
        if let Some(more) = self
            .silent
            .len()
            .checked_sub(SILENT_SHOWN)
            .filter(|more| *more > 0)
        {
            words.push(text(self.lang, "cli.report.more", &[("count", &more)]));
        }
        words.join(", ")
    }

    fn period_words(&self) -> String {
        let day = |day: Option<soxa_records::Date>| day.map_or_else(|| "…".to_owned(), fields::day);
        let period = self.asked.period;
        match (period.from, period.until) {
            (None, None) => text(self.lang, "cli.report.any_time", &[]),
            (from, until) => format!("{} – {}", day(from), day(until)),
        }
    }

    fn tables(&self) -> String {
        let kind = self.report.kind.as_str();
        let not_heard = match self.silent.is_empty() {
            true => text(self.lang, "cli.report.all_heard", &[]),
            false => self.silent_words(),
        };
        let mut sheet = Sheet::new("report");
        let about = self.unit.map_or_else(
            || text(self.lang, "cli.report.all_units", &[]),
            |unit| self.units.name(&unit),
        );
        let covers = self
            .own
            .as_ref()
            .filter(|_| kind == "dossiers")
            .map(|unit| text(self.lang, "cli.report.own_dossiers", &[("unit", unit)]));
        sheet
            .field(
                "report",
                "cli.report.report",
                Cell::text(text(self.lang, &format!("reports.kind.{kind}"), &[])),
            )
            .field("unit", "records.field.unit", Cell::text(about))
            .field("as_of", "cli.report.as_of", Cell::moment(self.asked.as_of.0))
            .field("period", "cli.report.period", Cell::text(self.period_words()))
            .field("covers", "cli.report.covers", Cell::option(covers))
            .field("not_heard", "cli.report.not_heard", Cell::text(not_heard));
        sheet.list(self.figures());
        for breakdown in &self.report.breakdowns {
            sheet.list(self.breakdown(breakdown));
        }
        if self.names.is_some() {
            sheet.list(self.behind());
        }
        let mut shown = format!("{}\n", sheet.table(self.lang));
        if self.report.breakdowns.iter().any(Breakdown::rounding_shows) {
            shown.push_str(&text(self.lang, "cli.report.rounding_shows", &[]));
            shown.push('\n');
        }
        shown
    }

    fn figures(&self) -> Listing {
        let mut listing = Listing::new(
            "figures",
            &[
                ("figure", "cli.report.figure"),
                ("value", "cli.label.value"),
                ("of", "cli.report.of"),
                ("percent", "cli.report.percent"),
                ("base", "cli.report.base"),
            ],
        );
        for figure in &self.report.figures {
            let (value, of, percent) = match figure.amount {
                Amount::Share { part, of, .. } => (
                    number(self.lang, part),
                    number(self.lang, of),
                    self.rounded(figure),
                ),
                _ => (self.shown(figure), String::new(), String::new()),
            };
            listing.push(vec![
                Cell::text(sentence(self.lang, "figure", figure.name.as_str())),
                Cell::right(value),
                Cell::right(of),
                Cell::right(percent),
                Cell::text(sentence(self.lang, "base", figure.base.as_str())),
            ]);
        }
        listing
    }

    /// The percentage or mean as it is printed; a dash where there is nothing to take it of.
    fn rounded(&self, figure: &Figure) -> String {
        let sign = if matches!(figure.amount, Amount::Share { .. }) {
            "%"
        } else {
            ""
        };
        figure.amount.rounded().map_or_else(
            || "–".to_owned(),
            |rounded| format!("{}{sign}", decimal(self.lang, rounded.units, rounded.places)),
        )
    }

    fn shown(&self, figure: &Figure) -> String {
        match figure.amount {
            Amount::Count(count) | Amount::Days(count) => number(self.lang, count),
            Amount::Difference(difference) => number(self.lang, difference),
            Amount::Dong(dong) => number(self.lang, dong),
            Amount::Mean { .. } => self.rounded(figure),
            Amount::Share { part, .. } => format!("{} ({})", number(self.lang, part), self.rounded(figure)),
        }
    }

    fn breakdown(&self, breakdown: &Breakdown) -> Listing {
        let by = breakdown.by.as_str();
        let names = breakdown
            .lines
            .first()
            .map_or(&[][..], |line| line.figures.as_slice());
        let heading = |figure: &Figure| {
            let name = figure.name.as_str();
            (name.into(), format!("reports.figure.{name}").into())
        };
        let mut columns = vec![(by.into(), format!("reports.by.{by}").into())];
        columns.extend(names.iter().map(heading));
        let mut listing = Listing::of(by, columns);
        for line in &breakdown.lines {
            let cells = line.figures.iter().map(|figure| Cell::right(self.shown(figure)));
            let group = Cell::text(self.name(breakdown.by, &line.group));
            listing.push([group].into_iter().chain(cells).collect());
        }
        listing
    }

    /// The records behind the figures for all together; those of each line are told to programs.
    fn behind(&self) -> Listing {
        let mut listing = Listing::new(
            "records",
            &[
                ("figure", "cli.report.figure"),
                ("id", "records.field.id"),
                ("name", "records.field.name"),
                ("says", "cli.label.says"),
            ],
        );
        for figure in &self.report.figures {
            for behind in &figure.behind {
                let named = self.named(behind.record);
                listing.push(vec![
                    Cell::text(sentence(self.lang, "figure", figure.name.as_str())),
                    Cell::id(&behind.record.to_string()),
                    Cell::text(named.name),
                    Cell::text(behind.says.clone()),
                ]);
            }
        }
        listing
    }

    fn named(&self, record: RecordId) -> Named {
        let known = self.names.as_ref().and_then(|names| names.get(&record));
        known
            .cloned()
            .unwrap_or_else(|| Named::new("", String::new(), String::new()))
    }

    fn json(&self) -> Value {
        let period = self.asked.period;
        let day = |day: Option<soxa_records::Date>| day.map(|day| day.to_string());
        let silent = self.silent.iter().map(|one| {
            json!({ "node": one.node, "name": one.name, "unit": one.unit, "last_heard": one.last_ms.map(clock::machine) })
        });
        let breakdown = |breakdown: &Breakdown| {
            let lines = breakdown.lines.iter().map(|line| {
                let figures: Vec<Value> = line
                    .figures
                    .iter()
                    .map(|figure| self.figure_json(figure))
                    .collect();
                json!({
                    "group": machine(&line.group),
                    "name": self.name(breakdown.by, &line.group),
                    "figures": figures,
                })
            });
            json!({
                "by": breakdown.by.as_str(),
                "sums_to_hundred": !breakdown.rounding_shows(),
                "lines": lines.collect::<Vec<_>>(),
            })
        };
        json!({
            "schema": format!("soxa.report.{}/1", self.report.kind.as_str()),
            "unit": self.unit.map(|unit| unit.to_string()),
            "unit_name": self.unit.map(|unit| self.units.name(&unit)),
            "day": self.asked.day.to_string(),
            "as_of": clock::machine(self.asked.as_of.0),
            "from": day(period.from),
            "until": day(period.until),
            "dossiers_of": self.own,
            "not_heard_since": silent.collect::<Vec<_>>(),
            "figures": self.report.figures.iter().map(|figure| self.figure_json(figure)).collect::<Vec<_>>(),
            "breakdowns": self.report.breakdowns.iter().map(breakdown).collect::<Vec<_>>(),
        })
    }

    fn figure_json(&self, figure: &Figure) -> Value {
        let rounded = figure
            .amount
            .rounded()
            .and_then(|rounded| rounded.to_string().parse::<f64>().ok());
        let mut object = Map::new();
        object.insert("figure".to_owned(), json!(figure.name.as_str()));
        object.insert("base".to_owned(), json!(figure.base.as_str()));
        let (value, of, percent) = match figure.amount {
            Amount::Count(count) | Amount::Days(count) => (json!(count), None, None),
            Amount::Difference(difference) => (json!(difference), None, None),
            Amount::Dong(dong) => (whole(dong), None, None),
            Amount::Share { part, of, .. } => (json!(part), Some(json!(of)), Some(json!(rounded))),
            Amount::Mean { sum, over, .. } => {
                object.insert("sum".to_owned(), whole(sum));
                (json!(rounded), Some(json!(over)), None)
            }
        };
        object.insert("value".to_owned(), value);
        object.extend(of.map(|of| ("of".to_owned(), of)));
        object.extend(percent.map(|percent| ("percent".to_owned(), percent)));
        if self.names.is_some() {
            let record = |behind: &Behind| {
                let named = self.named(behind.record);
                json!({ "id": behind.record.to_string(), "kind": named.kind, "name": named.name, "says": behind.says })
            };
            let records: Vec<Value> = figure.behind.iter().map(record).collect();
            object.insert("records".to_owned(), Value::Array(records));
        }
        Value::Object(object)
    }

    /// One line for each figure, or for each record behind it.
    fn list(&self) -> List {
        let mut rows = Vec::new();
        for figure in &self.report.figures {
            self.rows(&mut rows, None, figure);
        }
        for breakdown in &self.report.breakdowns {
            for line in &breakdown.lines {
                for figure in &line.figures {
                    self.rows(&mut rows, Some((breakdown.by, line)), figure);
                }
            }
        }
        let mut columns = COLUMNS.to_vec();
        if self.names.is_some() {
            columns.extend_from_slice(RECORD_COLUMNS);
        }
        List {
            name: text(
                self.lang,
                &format!("reports.kind.{}", self.report.kind.as_str()),
                &[],
            ),
            columns,
            rows,
        }
    }

    fn rows(&self, rows: &mut Vec<Vec<Entry>>, line: Option<(By, &Line)>, figure: &Figure) {
        let (of, rounded) = match figure.amount {
            Amount::Share { of, .. } => (Some(of), figure.amount.rounded()),
            Amount::Mean { over, .. } => (Some(over), None),
            _ => (None, None),
        };
        let value = match figure.amount {
            Amount::Count(count) | Amount::Days(count) | Amount::Share { part: count, .. } => {
                sum(i128::from(count))
            }
            Amount::Difference(difference) => Entry::Sum(difference),
            Amount::Dong(dong) => sum(dong),
            Amount::Mean { .. } => figure.amount.rounded().map_or(Entry::Empty, |mean| {
                amount(mean.units, mean.places).unwrap_or_else(|| Entry::text(mean.to_string()))
            }),
        };
        let (by, group, name) = line.map_or_else(Default::default, |(by, line)| {
            let group = match machine(&line.group) {
                Value::String(text) => text,
                _ => String::new(),
            };
            (
                sentence(self.lang, "by", by.as_str()),
                group,
                self.name(by, &line.group),
            )
        });
        let row = vec![
            Entry::text(by),
            Entry::text(group),
            Entry::text(name),
            Entry::text(sentence(self.lang, "figure", figure.name.as_str())),
            value,
            of.map_or(Entry::Empty, |of| sum(i128::from(of))),
            rounded
                .and_then(|percent| amount(percent.units, percent.places))
                .unwrap_or(Entry::Empty),
            Entry::text(sentence(self.lang, "base", figure.base.as_str())),
            self.asked.period.from.map_or(Entry::Empty, Entry::Day),
            self.asked.period.until.map_or(Entry::Empty, Entry::Day),
            Entry::text(clock::machine(self.asked.as_of.0)),
            Entry::text(self.silent_words()),
        ];
        if self.names.is_none() {
            rows.push(row);
            return;
        }
        for behind in &figure.behind {
            let named = self.named(behind.record);
            let mut row = row.clone();
            row.extend([
                Entry::text(behind.record.to_string()),
                Entry::text(named.name),
                Entry::text(behind.says.clone()),
            ]);
            rows.push(row);
        }
        if figure.behind.is_empty() {
            let mut row = row;
            row.extend([Entry::Empty, Entry::Empty, Entry::Empty]);
            rows.push(row);
        }
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

/// A number with at most three decimals, where it is not negative.
fn amount(units: i128, places: u32) -> Option<Entry> {
    let thousandths = units.checked_mul(10_i128.checked_pow(3_u32.checked_sub(places)?)?)?;
    let thousandths = u64::try_from(thousandths).ok()?;
    Some(Entry::Amount(Quantity { thousandths }))
}

fn whole(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| json!(number.to_string()), |number| json!(number))
}

fn sentence(lang: Lang, section: &str, word: &str) -> String {
    text(lang, &format!("reports.{section}.{word}"), &[])
}

/// Days and what is named first, then what is disputed and what is not said.
fn place(group: &Group) -> (u8, Option<soxa_records::Date>) {
    match group {
        Group::Day(day) => (0, Some(*day)),
        Group::Unit(_) | Group::Word(_) | Group::Text(_) => (0, None),
        Group::Disputed => (1, None),
        Group::None => (2, None),
    }
}

/// A line's group for programs.
fn machine(group: &Group) -> Value {
    match group {
        Group::Unit(unit) => json!(unit.to_string()),
        Group::Word(word) => json!(word),
        Group::Text(text) => json!(text),
        Group::Day(day) => json!(day.to_string()),
        Group::Disputed => json!("disputed"),
        Group::None => Value::Null,
    }
}

fn group_name(lang: Lang, units: &Units, by: By, group: &Group) -> String {
    let words = |word: &str| match section(by) {
        Some(section) => fields::translation(lang, section, word),
        None => word.to_owned(),
    };
    match group {
        Group::Unit(unit) => units.name(unit),
        Group::Word(word) => words(word),
        Group::Text(text) => words(text),
        Group::Day(day) => fields::day(*day),
        Group::Disputed => text(lang, "cli.report.disputed", &[]),
        Group::None if by == By::Rating => text(lang, "cli.report.not_rated", &[]),
        Group::None => text(lang, "cli.report.not_said", &[]),
    }
}

/// Where the words of a breakdown's groups are translated.
fn section(by: By) -> Option<&'static str> {
    Some(match by {
        By::UnitKind => "records.unit_kind",
        By::Class => "records.person_class",
        By::Field | By::SecondmentField => "records.work_field",
        By::Rating => "records.rating",
        By::Ground => "records.ground",
        By::HandoverKind => "records.handover_kind",
        By::Stage => "records.handover_state",
        By::Status => "records.dossier_status",
        By::Role => "records.role",
        By::Unit
        | By::QuotaUnit
        | By::Programme
        | By::Host
        | By::Rule
        | By::ClosedUnit
        | By::Category
        | By::Condition
        | By::WaitingFor
        | By::Procedure
        | By::OriginalHeldBy
        | By::Day => return None,
    })
}

#[cfg(test)]
mod tests {
    use soxa_views::{Base, Name, ReportKind};

    use super::*;

    /// Words are looked up by keys that are made while the program runs, which no other test sees.
    #[test]
    fn every_word_of_a_report_has_its_sentence() {
        let words = [
            (
                "kind",
                ReportKind::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            ),
            ("figure", Name::ALL.iter().map(|one| one.as_str()).collect()),
            ("base", Base::ALL.iter().map(|one| one.as_str()).collect()),
            ("by", By::ALL.iter().map(|one| one.as_str()).collect()),
        ];
        let keys = words.into_iter().flat_map(|(section, words)| {
            words
                .into_iter()
                .map(move |word| format!("reports.{section}.{word}"))
        });
        let mut keys: std::collections::BTreeSet<String> = keys.collect();
        let known = soxa_lang::keys(Lang::En)
            .into_iter()
            .filter(|key| key.starts_with("reports."));
        let known: std::collections::BTreeSet<String> = known.collect();
        let missing: Vec<_> = keys.difference(&known).cloned().collect();
        assert!(missing.is_empty(), "no sentence for {missing:?}");
        keys = known.difference(&keys).cloned().collect();
        assert!(keys.is_empty(), "nothing says {keys:?}");
    }

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
