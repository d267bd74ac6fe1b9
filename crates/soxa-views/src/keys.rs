//! The report on officials: heads without a key, offices that end soon, offices of people who work elsewhere now.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::{RecordId, StatementId};
use soxa_records::person_view::PersonView;
use soxa_records::roster_view::RosterView;
use soxa_records::working_days::day_of;

use crate::asked::{Asked, days_until};
use crate::figure::{Base, By, Group, Name, Report, ReportKind, Tally, lines};
use crate::holding::Minutes;
use crate::limits::PLACES_OF_PEOPLE;
use crate::posts::is_held;
use crate::staffing::{Everybody, Somebody};
use crate::units::Units;

/// An office in force: who may sign for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The appointment.
    pub appointment: StatementId,
    /// The official's name.
    pub person: String,
    /// The role.
    pub role: String,
    /// The unit with all units above it, the province first.
    pub path: Vec<RecordId>,
    /// The first moment after the term.
    pub until: Option<soxa_ledger::Time>,
}

/// What needs looking after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Somebody heads a unit at work and holds no office there.
    WithoutKey {
        /// The unit.
        unit: RecordId,
        /// The head's name.
        person: String,
    },
    /// An office ends soon.
    Ending {
        /// The office.
        office: Office,
        /// In so many days.
        days: u64,
    },
    /// Whoever holds the office works elsewhere now.
    Moved {
        /// The office.
        office: Office,
        /// Where.
        to: RecordId,
    },
}

/// What was found among officials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What needs looking after: heads, then offices that end, then offices of people who moved.
    pub found: Vec<Finding>,
    heads: u64,
    roles: BTreeMap<Group, u64>,
}

/// Looks through officials, rosters and persons. Of two people of one name nothing is said: they are not told apart.
pub fn findings(
    asked: &Asked,
    within_days: u32,
    units: &Units,
    minutes: &Minutes,
    persons: impl IntoIterator<Item = (RecordId, PersonView)>,
    rosters: impl IntoIterator<Item = (RecordId, RosterView)>,
    offices: impl IntoIterator<Item = Office>,
) -> Findings {
    let mut everybody = Everybody::new();
    let mut names: BTreeMap<RecordId, String> = BTreeMap::new();
    let mut moved: BTreeMap<String, Vec<Option<RecordId>>> = BTreeMap::new();
    for (id, person) in persons {
        let somebody = Somebody::on(asked, minutes, &person);
        if let Some(name) = person.name.one() {
            // Who was never handed over is still where the person was registered, which says nothing about the office.
            let link = person.custody.current_link();
            let was_moved = link.is_some_and(|link| link.prev.is_some());
            let at = somebody.unit.filter(|_| was_moved);
            moved.entry(name.clone()).or_default().push(at);
            names.insert(id, name.clone());
        }
        everybody.insert(id, somebody);
    }
    let mut offices: Vec<Office> = offices.into_iter().collect();
    offices.sort_by_key(|office| office.appointment);
    let holders: BTreeSet<(RecordId, &str)> = offices
        .iter()
        .filter_map(|office| Some((*office.path.last()?, office.person.as_str())))
        .collect();
    let mut heads: BTreeSet<(RecordId, String)> = BTreeSet::new();
    for (_, roster) in rosters {
        let Some(unit) = roster.unit.one().copied().filter(|unit| units.is_open(*unit)) else {
            continue;
        };
        let head = |post| {
            roster
                .posts
                .get(&post)
                .is_some_and(|post| post.head && !post.closed)
        };
        let terms = roster.assignments.values();
        let held = terms.filter(|term| head(term.post) && is_held(term, unit, asked.day, &everybody));
        let named = held.filter_map(|term| Some((unit, names.get(&term.person)?.clone())));
        heads.extend(named.filter(|_| asked.is_about(unit)));
    }
    let keyless = heads
        .iter()
        .filter(|(unit, person)| !holders.contains(&(*unit, person.as_str())));
    let mut found: Vec<Finding> = keyless
        .map(|(unit, person)| Finding::WithoutKey {
            unit: *unit,
            person: person.clone(),
        })
        .collect();
    offices.retain(|office| asked.is_about_any(office.path.last().copied()));
    let mut roles: BTreeMap<Group, u64> = BTreeMap::new();
    for office in &offices {
        *roles.entry(Group::Text(office.role.clone())).or_default() += 1;
        if let Some(days) = ends_in(office, asked).filter(|days| *days <= u64::from(within_days)) {
            let office = office.clone();
            found.push(Finding::Ending { office, days });
        }
    }
    for office in offices {
        let Some([Some(to)]) = moved.get(&office.person).map(Vec::as_slice) else {
            continue;
        };
        if office.path.last() != Some(to) {
            found.push(Finding::Moved { office, to: *to });
        }
    }
    Findings {
        found,
        heads: heads.len() as u64,
        roles,
    }
}

/// Whole days until an office ends; none without a term.
fn ends_in(office: &Office, asked: &Asked) -> Option<u64> {
    let (last, _) = day_of(office.until?)?;
    let (today, _) = day_of(asked.as_of)?;
    u64::try_from(days_until(today, last).max(0)).ok()
}

impl Findings {
    /// The same as figures.
    #[must_use]
    pub fn report(&self) -> Report {
        let (mut keyless, mut ending, mut moved) = (Tally::default(), Tally::default(), Tally::default());
        for finding in &self.found {
            let (tally, unit, person) = match finding {
                Finding::WithoutKey { unit, person } => (&mut keyless, Some(unit), person),
                Finding::Ending { office, .. } => (&mut ending, office.path.last(), &office.person),
                Finding::Moved { office, .. } => (&mut moved, office.path.last(), &office.person),
            };
            if let Some(unit) = unit {
                tally.say(*unit, person.clone());
            }
        }
        let offices: u64 = self.roles.values().sum();
        let office = |tally: Tally, name| tally.share(name, offices, PLACES_OF_PEOPLE, Base::Offices);
        let count = |number| crate::figure::Amount::Count(number);
        Report {
            kind: ReportKind::Keys,
            figures: vec![
                crate::figure::plain(Name::Offices, count(offices), Base::Offices),
                keyless.share(Name::WithoutKey, self.heads, PLACES_OF_PEOPLE, Base::Heads),
                office(ending, Name::OfficesEnding),
                office(moved, Name::OfficesOfMoved),
            ],
            breakdowns: lines(By::Role, self.roles.clone(), |number| {
                vec![crate::figure::plain(Name::Offices, count(number), Base::Offices)]
            })
            .into_iter()
            .collect(),
        }
    }
}
