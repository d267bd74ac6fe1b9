//! A report with what it is about and what it does not hold, and its tables for people.

use std::path::Path;

use soxa_lang::{Lang, collated, decimal, number, text};
use soxa_ledger::RecordId;
use soxa_views::{Amount, Breakdown, By, Figure, Group, Report};

use super::heard::{Known, silent};
use super::reading::Reading;
use super::records::Named;
use super::words::{group_name, place, sentence};
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
    pub(super) lang: Lang,
    pub(super) report: Report,
    pub(super) units: std::rc::Rc<Units>,
    pub(super) unit: Option<RecordId>,
    pub(super) asked: soxa_views::Asked,
    pub(super) silent: Vec<Known>,
    /// The unit whose node this is, when it reads the dossiers of that unit alone.
    pub(super) own: Option<String>,
    pub(super) names: Option<std::collections::BTreeMap<RecordId, Named>>,
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
            (Form::Csv, _) => self
                .plain()
                .csv()
                .map_err(|error| Failure::internal("report", error))?,
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

    pub(super) fn name(&self, by: By, group: &Group) -> String {
        group_name(self.lang, &self.units, by, group)
    }

    pub(super) fn silent_words(&self) -> String {
        let one = |silent: &Known| match silent.last_ms {
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

    pub(super) fn named(&self, record: RecordId) -> Named {
        let known = self.names.as_ref().and_then(|names| names.get(&record));
        known
            .cloned()
            .unwrap_or_else(|| Named::new("", String::new(), String::new()))
    }
}
