//! Whose record an appointment names: what tells the officials of one name apart, and ends a secondee's rights with the secondment.

use std::collections::BTreeMap;

use soxa_lang::{Lang, fold, text};
use soxa_ledger::statement::Appointment;
use soxa_ledger::time::Term;
use soxa_ledger::{RecordId, StatementId};
use soxa_records::Date;
use soxa_records::person::secondment::Secondment;
use soxa_records::person::view::PersonView;
use soxa_records::working_days::{WorkingTime, at};

use crate::cli::Session;
use crate::cli::key::officials::officials_of;
use crate::cli::reference::today;
use crate::cli::session::{Read, Units, find_among, shown};
use crate::control::reports::OfficialReport;
use crate::failure::Failure;
use crate::output::{say, short};

/// Everybody who is registered, as holders of offices.
#[derive(Default)]
pub struct Holders {
    persons: Vec<Read>,
    views: BTreeMap<RecordId, PersonView>,
    today: Option<Date>,
}

/// A person who is registered.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// The record.
    pub id: RecordId,
    /// The person.
    pub view: &'a PersonView,
}

impl Holders {
    /// Reads everybody.
    ///
    /// # Errors
    /// When the daemon cannot be asked.
    pub fn read(session: &mut Session) -> Result<Self, Failure> {
        let persons = session.records("person")?;
        let views = persons
            .iter()
            .filter_map(|read| Some((read.id, PersonView::of(&read.state)?)));
        Ok(Self {
            views: views.collect(),
            persons,
            today: today(),
        })
    }

    /// The person that somebody means by a name or an id.
    ///
    /// # Errors
    /// When the text fits none or several.
    pub fn find(&self, wanted: &str) -> Result<Holder<'_>, Failure> {
        let found = find_among(wanted, &self.persons)?.id;
        self.of(found)
            .ok_or_else(|| Failure::new("errors.unknown_record", &[("id", &wanted)]))
    }

    /// The person of a record.
    pub fn of(&self, id: RecordId) -> Option<Holder<'_>> {
        self.views.get(&id).map(|view| Holder { id, view })
    }

    /// The only person of a name whom a unit has or hosts.
    ///
    /// # Errors
    /// When there are several: one of them has to be named.
    pub fn of_unit(&self, name: &str, unit: RecordId) -> Result<Option<Holder<'_>>, Failure> {
        let wanted = fold(name);
        let is_called = |view: &PersonView| view.name.distinct().iter().any(|name| fold(name) == wanted);
        let is_there =
            |view: &PersonView| view.custody.custodian == Some(unit) || self.hosted(view, &[unit]).is_some();
        let fitting = self
            .views
            .iter()
            .filter(|(_, view)| is_called(view) && is_there(view));
        let fitting: Vec<Holder<'_>> = fitting.map(|(id, view)| Holder { id: *id, view }).collect();
        match fitting.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            several => {
                let listed = several.iter().map(|holder| {
                    let born = shown(holder.view.birth_year.distinct());
                    format!("{} ({born})", short(&holder.id.to_string()))
                });
                let listed: Vec<String> = listed.collect();
                Err(Failure::new(
                    "errors.namesakes",
                    &[("person", &name), ("candidates", &listed.join(", "))],
                ))
            }
        }
    }

    /// The secondment that brings a person to a unit with this path and is not over.
    fn hosted<'a>(&self, view: &'a PersonView, path: &[RecordId]) -> Option<&'a Secondment> {
        let is_over = |one: &Secondment| self.today.is_some_and(|today| one.last_day() < today);
        let mut running = view
            .secondments
            .iter()
            .filter(|one| one.was_accepted() && !is_over(one));
        running.find(|one| path.contains(&one.host))
    }

    /// The term of an office of a person in a unit with this path: that of a secondee ends with the secondment.
    ///
    /// # Errors
    /// When it was to last longer.
    pub fn term(&self, holder: Holder<'_>, path: &[RecordId], term: Term) -> Result<Term, Failure> {
        let is_guest = holder
            .view
            .custody
            .custodian
            .is_none_or(|home| !path.contains(&home));
        let Some(secondment) = self.hosted(holder.view, path).filter(|_| is_guest) else {
            return Ok(term);
        };
        let last = secondment.last_day();
        let end = at(last, WorkingTime::days(1).ms);
        match (term.until, end) {
            (Some(until), Some(end)) if until > end => Err(outlasts(holder, last)),
            (None, Some(end)) if end <= term.from => Err(outlasts(holder, last)),
            (None, end) => Ok(Term { until: end, ..term }),
            _ => Ok(term),
        }
    }
}

fn outlasts(holder: Holder<'_>, last: Date) -> Failure {
    let values: [(&str, &dyn std::fmt::Display); 2] = [
        ("person", &shown(holder.view.name.distinct())),
        ("until", &crate::cli::fields::day(last)),
    ];
    Failure::new("errors.office_outlasts_secondment", &values)
}

/// Whose record an appointment names, in plain words.
pub fn told(lang: Lang, units: &Units, holders: &Holders, appointment: &Appointment) -> String {
    let Some(holder) = appointment.record.and_then(|record| holders.of(record)) else {
        return text(
            lang,
            "preview.appointment_unbound",
            &[("person", &appointment.person)],
        );
    };
    let home = holder.view.custody.custodian;
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("person", &shown(holder.view.name.distinct())),
        ("id", &short(&holder.id.to_string())),
        ("born", &shown(holder.view.birth_year.distinct())),
        ("unit", &home.map(|unit| units.name(&unit)).unwrap_or_default()),
    ];
    text(lang, "preview.appointment_bound", &values)
}

/// An office in force, as a person who leaves a unit is told of it.
pub struct Held {
    /// The appointment.
    pub id: StatementId,
    /// The unit with all units above it.
    pub path: Vec<RecordId>,
    /// Person, role and unit, in plain words.
    pub said: String,
}

/// The offices in force in a unit and those below it of a person: for sure, and those of the name that name nobody's record.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn offices_of(
    session: &mut Session,
    id: RecordId,
    person: &PersonView,
    under: &[RecordId],
) -> Result<(Vec<Held>, Vec<Held>), Failure> {
    let lang = session.lang;
    let names: Vec<String> = person.name.distinct().iter().map(|name| fold(name)).collect();
    let (mut sure, mut perhaps) = (Vec::new(), Vec::new());
    for one in officials_of(session)?
        .iter()
        .filter(|one| one.state == "in_force")
    {
        let of = match &one.record {
            Some(record) if *record == id.to_string() => &mut sure,
            None if names.contains(&fold(&one.person)) => &mut perhaps,
            _ => continue,
        };
        of.extend(held(lang, one).filter(|office| office.path.starts_with(under)));
    }
    Ok((sure, perhaps))
}

fn held(lang: Lang, one: &OfficialReport) -> Option<Held> {
    let path = one.unit_path.iter().map(|unit| unit.parse().ok());
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("person", &one.person),
        (
            "role",
            &crate::cli::fields::translation(lang, "records.role", &one.role),
        ),
        ("unit", &one.unit_name),
    ];
    Some(Held {
        id: one.id.parse().ok()?,
        path: path.collect::<Option<_>>()?,
        said: text(lang, "preview.office", &values),
    })
}

/// Says which offices are left, each with the command that ends it.
pub fn tell_left(lang: Lang, sentence: &str, offices: &[Held]) {
    for office in offices {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("says", &office.said), ("id", &short(&office.id.to_string()))];
        say(&text(lang, &format!("cli.answer.{sentence}"), &values));
    }
}
