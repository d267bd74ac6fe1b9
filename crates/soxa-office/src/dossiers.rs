//! Dossiers: the lines of a register (form 07 of Circular 03/2025/TT-VPCP) against the dossiers that the ledger holds.
//!
//! A line is known again by its code at the office that took it in. It says where the dossier is and since when; how it came there
//! nobody signed, so it becomes one act that says what the register says. Who applies is read into a sealed file, stands in no
//! list, and is not compared.

mod columns;
mod listed;

use std::collections::HashMap;

use soxa_ledger::{OpId, RecordId, Time};
use soxa_records::Date;
use soxa_records::dossier::applicant::Applicant;
use soxa_records::dossier::view::{Clock, DossierView};
use soxa_records::dossier::{Channel, DossierStatus, DossierTranscribe};
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use soxa_records::working_days::{WorkingDays, at, day_of};

use crate::columns::Column;
use crate::plan::{Apart, Held, Kind, Places, Said, Values, written};
use crate::problems::Reason;
use crate::procedures::{Found, Procedures};
use crate::take::Taking;
use columns::{CHANNELS, OTHER_CHANNELS, OTHER_STATUSES, STATUSES};
use listed::{remark, result};

pub use columns::COLUMNS;
pub use listed::{Beside, listed, row};

const MINUTE_MS: u64 = 60 * 1_000;
/// The minute of the day at which offices close: when what is due on a day is due.
const CLOSING: u16 = 17 * 60;
/// Digits of an identity number, and of a telephone number; spreadsheets take the zero away that most begin with.
const IDENTITY_DIGITS: usize = 12;
const PHONE_DIGITS: usize = 10;

/// What a line becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDossier {
    /// The office that took it in, or has taken that office's place.
    pub receiving: RecordId,
    /// The office that decides, when the line names one.
    pub competent: Option<RecordId>,
    /// Where the applicant lives.
    pub residence: Option<RecordId>,
    /// The province where the applicant lives, when that is another one.
    pub province: String,
    /// The procedure's code.
    pub procedure: String,
    /// The operation that published the version in force when it was received.
    pub version: OpId,
    /// How it came.
    pub channel: Channel,
    /// The fee, in đồng.
    pub fee: Option<i64>,
    /// Who applies.
    pub applicant: Option<Applicant>,
    /// Who filled it in for the applicant.
    pub assisted_by: String,
    /// What the register says of its way.
    pub said: DossierTranscribe,
}

/// A dossier that the ledger holds, with the names of its units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The record.
    pub record: RecordId,
    /// What it is.
    pub view: DossierView,
    /// What the office that decides is called.
    pub competent: String,
    /// What the unit is called where the applicant lives.
    pub residence: String,
}

/// The dossiers that the ledger holds, and what lines are read by.
#[derive(Debug, Default)]
pub struct Dossiers {
    all: Vec<Known>,
    /// Places among them by code.
    by_code: HashMap<String, Vec<usize>>,
    /// Rows of codes that the table has, with the office.
    rows: HashMap<String, (RecordId, u32)>,
    procedures: Procedures,
    days: WorkingDays,
    now: Time,
}

impl Dossiers {
    /// These dossiers and procedures, by the calendar of these days, at this moment.
    #[must_use]
    pub fn of(all: Vec<Known>, procedures: Procedures, days: WorkingDays, now: Time) -> Self {
        let mut by_code: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, known) in all.iter().enumerate() {
            for code in known.view.code.distinct() {
                by_code.entry(code.clone()).or_default().push(at);
            }
        }
        Self {
            all,
            by_code,
            rows: HashMap::new(),
            procedures,
            days,
            now,
        }
    }

    /// The version of the line's procedure that was in force on a day.
    fn procedure(&self, line: &mut Taking<'_, '_>, day: Option<Date>) -> Option<Found> {
        let code = line.text("procedure_code", CODE_BYTES_MAX);
        let (column, said) = match code.is_empty() {
            true => ("procedure", line.required_text("procedure", TEXT_BYTES_MAX)),
            false => ("procedure_code", code),
        };
        if said.is_empty() {
            return None;
        }
        let found = self.procedures.find(&said, day?);
        found.map_err(|reason| line.refuse(column, reason)).ok()
    }

    /// A code is one dossier's: of another office or procedure it is another's.
    fn expect_own_code(
        &mut self,
        line: &mut Taking<'_, '_>,
        code: &str,
        receiving: RecordId,
        procedure: &str,
    ) {
        let own = |known: &&Known| {
            let procedures = known.view.procedure.distinct();
            known.view.receiving == Some(receiving) && procedures.iter().any(|one| *one == procedure)
        };
        let places = self.by_code.get(code).into_iter().flatten();
        let mut others = places
            .filter_map(|at| self.all.get(*at))
            .filter(|known| !own(known));
        let value = code.to_owned();
        if let Some(other) = others.next() {
            let dossier = other.record.short();
            line.refuse("code", Reason::CodeTaken { value, dossier });
            return;
        }
        match self.rows.get(code) {
            Some((office, row)) if *office != receiving => {
                line.refuse("code", Reason::Twice { value, row: *row });
            }
            _ => {
                self.rows.insert(value, (receiving, line.row()));
            }
        }
    }

    /// Where a dossier is and since when.
    fn way(&self, line: &mut Taking<'_, '_>, days: &Days, procedure: Option<&Found>) -> Option<Way> {
        let status = line.word("status", &STATUSES, OTHER_STATUSES);
        for (column, stated) in [
            ("received", days.received),
            ("ended", days.ended),
            ("returned", days.returned),
        ] {
            if let Some(day) = day(stated)
                && Some(day) > day_of(self.now).map(|(day, _)| day)
            {
                line.refuse(column, Reason::ToCome(shown_day(day)));
            }
        }
        let received = days.received?;
        let status = status.unwrap_or(match (days.ended, days.returned) {
            (_, Some(_)) => DossierStatus::Returned,
            (Some(_), None) => DossierStatus::Decided,
            (None, None) => DossierStatus::Received,
        });
        let fits = match status {
            DossierStatus::Submitted => false,
            DossierStatus::Returned => true,
            status => days.returned.is_none() && (days.ended.is_none() || status.has_result()),
        };
        if !fits {
            line.refuse("status", Reason::StatusAndDays);
            return None;
        }
        let is_returned = status == DossierStatus::Returned;
        let (column, since) = match days.ended {
            // A register seldom says since when the applicant was asked: the clock stands from now on.
            None if !status.has_result() => ("status", status.awaits_applicant().then_some(self.now)),
            None if days.issued.is_some() => ("decision_day", days.issued),
            None => ("returned", days.returned),
            Some(ended) => ("ended", Some(ended)),
        };
        if status.has_result() && since.is_none() {
            line.refuse(if is_returned { "returned" } else { "ended" }, Reason::NoEnd);
        }
        let since = not_before(line, column, since, received);
        let returned = days.returned.or(since).filter(|_| is_returned);
        let due = match days.due {
            Some(due) => not_before(line, "due", Some(due), received),
            None => procedure.and_then(|found| found.procedure.due(received, &self.days)),
        };
        Some(Way {
            received,
            due,
            status,
            since,
            returned: not_before(line, "returned", returned, since.unwrap_or(received)),
        })
    }
}

/// The days of a line, as moments of them.
struct Days {
    received: Option<Time>,
    due: Option<Time>,
    ended: Option<Time>,
    returned: Option<Time>,
    /// When the decision was issued.
    issued: Option<Time>,
}

impl Days {
    /// What was received on a day was so from its beginning, the rest happened when offices close, unless the cell tells the time.
    fn take(line: &mut Taking<'_, '_>) -> Self {
        let received = line.required("received", |line, column| {
            line.moment(column).and_then(|moment| time_of(moment, 0))
        });
        let mut later = |column| line.moment(column).and_then(|moment| time_of(moment, CLOSING));
        Self {
            received,
            due: later("due"),
            ended: later("ended"),
            returned: later("returned"),
            issued: later("decision_day"),
        }
    }
}

/// Where a dossier is, and when it came there.
struct Way {
    received: Time,
    due: Option<Time>,
    status: DossierStatus,
    since: Option<Time>,
    returned: Option<Time>,
}

fn time_of((day, minute): (Date, Option<u16>), otherwise: u16) -> Option<Time> {
    at(day, u64::from(minute.unwrap_or(otherwise)) * MINUTE_MS)
}

fn day(time: Option<Time>) -> Option<Date> {
    time.and_then(day_of).map(|(day, _)| day)
}

fn shown_day(day: Date) -> String {
    soxa_lang::date(day.year(), day.month(), day.day())
}

/// A moment that is no earlier than another: of one day it is made as late. What is earlier is a problem of the column.
fn not_before(
    line: &mut Taking<'_, '_>,
    column: &'static str,
    time: Option<Time>,
    before: Time,
) -> Option<Time> {
    let stated = day(time)?;
    if Some(stated) < day(Some(before)) {
        line.refuse(column, Reason::TooEarly(shown_day(stated)));
    }
    time.map(|time| time.max(before))
}

/// Who applies, when the line says anything of that.
fn applicant(line: &mut Taking<'_, '_>) -> Option<Applicant> {
    let applicant = Applicant {
        name: line.text("applicant", NAME_BYTES_MAX),
        id_number: with_zero(line.text("id_number", TEXT_BYTES_MAX), IDENTITY_DIGITS),
        phone: with_zero(line.text("phone", TEXT_BYTES_MAX), PHONE_DIGITS),
        address: line.text("address", TEXT_BYTES_MAX),
    };
    let parts = [&applicant.id_number, &applicant.phone, &applicant.address];
    if !applicant.name.is_empty() {
        return Some(applicant);
    }
    if parts.iter().any(|part| !part.is_empty()) {
        line.refuse("applicant", Reason::Empty);
    }
    None
}

/// A number of so many digits with the zero that a spreadsheet took away.
fn with_zero(number: String, digits: usize) -> String {
    let lacks_one = number.len() + 1 == digits && number.bytes().all(|b| b.is_ascii_digit());
    if lacks_one && !number.starts_with('0') {
        format!("0{number}")
    } else {
        number
    }
}

impl Kind for Dossiers {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] =
        &[("fee", "cli.label.fee"), ("paid", "cli.label.paid")];
    const COUNTED_BY: Option<&'static str> = Some("records.dossier_status");
    type New = NewDossier;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<NewDossier>> {
        let code = line.required_text("code", CODE_BYTES_MAX);
        let days = Days::take(line);
        let found = self.procedure(line, day(days.received));
        let receiving = places.office(line, "receiving")?;
        let (receiving, office) = match receiving {
            Some(named) => named,
            None => match places.default() {
                Some(unit) => (unit, String::new()),
                None => {
                    line.refuse("receiving", Reason::NoUnit);
                    return None;
                }
            },
        };
        let competent = places.office(line, "competent")?.map(|(office, _)| office);
        let residence = places.named(line, "residence", "residence")?;
        let province = line.text("province", NAME_BYTES_MAX);
        let channel = line.word("channel", &CHANNELS, OTHER_CHANNELS);
        let fee = line.money("fee");
        let assisted_by = line.text("assisted_by", TEXT_BYTES_MAX);
        let applicant = applicant(line);
        let way = self.way(line, &days, found.as_ref())?;
        let found = found?;
        let procedure = found.procedure.code;
        self.expect_own_code(line, &code, receiving, &procedure);
        let text = |text: Option<String>| text.unwrap_or_default();
        let name = |unit: Option<RecordId>| unit.map(|unit| places.name(unit)).unwrap_or_default();
        let sum = |sum: Option<i64>| text(sum.map(|sum| sum.to_string()));
        let number = line.text("decision_number", CODE_BYTES_MAX);
        let said = DossierTranscribe {
            code: code.clone(),
            office,
            received: way.received,
            due: way.due,
            status: way.status,
            since: way.since,
            returned: way.returned,
            result: line.text("result", TEXT_BYTES_MAX),
            number: Some(number.clone()).filter(|number| !number.is_empty()),
            day: day(days.issued),
            paid: line.money("paid"),
            note: line.text("remark", TEXT_BYTES_MAX),
        };
        let values = vec![
            ("code", code.clone()),
            ("procedure", procedure.clone()),
            ("competent", name(competent)),
            ("residence", name(residence)),
            ("province", province.clone()),
            ("channel", text(channel.map(|channel| channel.to_string()))),
            ("received", day_text(Some(said.received))),
            ("due", day_text(days.due)),
            ("ended", day_text(said.since.filter(|_| said.status.has_result()))),
            ("returned", day_text(said.returned)),
            ("status", said.status.to_string()),
            ("decision_number", number),
            ("decision_day", text(said.day.map(|day| day.to_string()))),
            ("result", said.result.clone()),
            ("fee", sum(fee)),
            ("paid", sum(said.paid)),
            ("assisted_by", assisted_by.clone()),
            ("remark", said.note.clone()),
        ];
        Some(Said {
            key: (receiving, code),
            apart: Apart::Nothing("code"),
            values,
            sums: [fee.unwrap_or(0), said.paid.unwrap_or(0), 0],
            new: NewDossier {
                receiving,
                competent,
                residence,
                province,
                procedure,
                version: found.version,
                channel: channel.unwrap_or(Channel::Counter),
                fee,
                applicant,
                assisted_by,
                said,
            },
        })
    }

    fn word(&self, new: &NewDossier) -> Option<&'static str> {
        Some(new.said.status.as_str())
    }

    fn word_held(&self, held: &Held) -> Option<&'static str> {
        let known = self.all.get(held.at)?;
        known.view.status.one().map(|status| status.as_str())
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, known): (usize, &Known)| {
            let codes = known.view.code.distinct().into_iter().cloned();
            Held {
                at,
                record: known.record,
                keys: known
                    .view
                    .receiving
                    .map(|unit| codes.map(|code| (unit, code)).collect())
                    .unwrap_or_default(),
                unit: known.view.receiving,
                sums: [known.view.fee.one().copied().unwrap_or(0), known.view.paid(), 0],
            }
        };
        self.all.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let Some(known) = self.all.get(held.at) else {
            return Vec::new();
        };
        let view = &known.view;
        let clock = view.clock(self.now, &self.days);
        let due = promised(view, &clock, &self.days);
        vec![
            ("procedure", written(&view.procedure)),
            ("competent", known.competent.clone()),
            ("residence", known.residence.clone()),
            ("province", written(&view.province)),
            ("channel", written(&view.channel)),
            (
                "received",
                day_text(view.received.distinct().into_iter().min().copied()),
            ),
            ("due", day_text(due)),
            ("ended", day_text(clock.ended)),
            ("returned", day_text(view.returned())),
            ("status", written(&view.status)),
            ("decision_number", written(&view.decision_number)),
            ("decision_day", written(&view.decision_day)),
            ("result", result(view).to_owned()),
            ("fee", written(&view.fee)),
            ("paid", view.paid().to_string()),
            ("assisted_by", written(&view.assisted_by)),
            ("remark", remark(view).to_owned()),
        ]
    }
}

fn day_text(time: Option<Time>) -> String {
    day(time).map(|day| day.to_string()).unwrap_or_default()
}

/// When the result is due as the applicant was last told: while the clock stands nobody knows how far it will move.
fn promised(view: &DossierView, clock: &Clock, days: &WorkingDays) -> Option<Time> {
    match clock.standing_since {
        Some(since) => view.clock(since, days).due,
        None => clock.due,
    }
}
