//! The report on officials: heads without a key, offices that end soon, offices of people who work elsewhere now or have left.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::{RecordId, StatementId};
use soxa_records::person::view::PersonView;
use soxa_records::roster::view::RosterView;
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
    /// The official's record, when the appointment names it.
    pub record: Option<RecordId>,
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
    /// Whoever holds the office has left the service.
    Left {
        /// The office.
        office: Office,
    },
}

/// What was found among officials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// What needs looking after: heads, then offices that end, then offices of people who moved or left.
    pub found: Vec<Finding>,
    heads: u64,
    unbound: Tally,
    roles: BTreeMap<Group, u64>,
}

/// Somebody, and where they work.
struct Official {
    name: Option<String>,
    serves: bool,
    unit: Option<RecordId>,
    /// Whether a handover brought the person there. Who was never handed over is where the person was registered, which says
    /// nothing about an office.
    came: bool,
    /// Units where the person works: its own, those that host it, those where it has a post.
    works: BTreeSet<RecordId>,
    /// Units that have hosted the person and do no more.
    hosted: BTreeSet<RecordId>,
}

impl Official {
    fn on(asked: &Asked, somebody: &Somebody, person: &PersonView) -> Self {
        let link = person.custody.current_link();
        let accepted = person.secondments.iter().filter(|one| one.was_accepted());
        let (runs, over): (Vec<_>, Vec<_>) = accepted.partition(|one| one.is_active_on(asked.day));
        let over = over.iter().filter(|one| one.last_day() < asked.day);
        Self {
            name: person.name.one().cloned(),
            serves: somebody.serves,
            unit: somebody.unit,
            came: link.is_some_and(|link| link.prev.is_some()),
            works: somebody
                .unit
                .into_iter()
                .chain(runs.iter().map(|one| one.host))
                .collect(),
            hosted: over.map(|one| one.host).collect(),
        }
    }

    /// Where the person works now who held an office with this path, when that is elsewhere. Who works in a unit may hold offices
    /// of those below it; of the province that says nothing, for everything is below it.
    fn gone_from(&self, path: &[RecordId]) -> Option<RecordId> {
        let own = match path {
            [_, below @ ..] if !below.is_empty() => below,
            all => all,
        };
        let is_of = |units: &BTreeSet<RecordId>| own.iter().any(|unit| units.contains(unit));
        let was_there = self.came || is_of(&self.hosted);
        self.unit.filter(|_| was_there && !is_of(&self.works))
    }
}

/// Everybody, by record and by name.
#[derive(Default)]
struct Officials {
    known: BTreeMap<RecordId, Official>,
    named: BTreeMap<String, Vec<RecordId>>,
}

impl Officials {
    fn insert(&mut self, id: RecordId, official: Official) {
        if let Some(name) = &official.name {
            self.named.entry(name.clone()).or_default().push(id);
        }
        self.known.insert(id, official);
    }

    /// Who holds an office: the person of the record that it names; otherwise the only one of the name.
    fn holder(&self, office: &Office) -> Option<&Official> {
        let only = || match self.named.get(&office.person)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        self.known.get(&office.record.or_else(only)?)
    }
}

/// Looks through officials, rosters and persons. An office that names nobody's record is known by the name alone; of two people of
/// one name nothing is said then.
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
    let mut officials = Officials::default();
    for (id, person) in persons {
        let somebody = Somebody::on(asked, minutes, &person);
        officials.insert(id, Official::on(asked, &somebody, &person));
        everybody.insert(id, somebody);
    }
    let mut heads: BTreeSet<(RecordId, RecordId)> = BTreeSet::new();
    for (_, roster) in rosters {
        let Some(unit) = roster.unit.one().copied().filter(|unit| units.is_open(*unit)) else {
            continue;
        };
        let is_head = |post| {
            let post = roster.posts.get(&post);
            post.is_some_and(|post| post.head && !post.closed)
        };
        let terms = roster.assignments.values();
        for term in terms.filter(|term| is_held(term, unit, asked.day, &everybody)) {
            let Some(holder) = officials.known.get_mut(&term.person) else {
                continue;
            };
            holder.works.insert(unit);
            if is_head(term.post) && asked.is_about(unit) {
                heads.insert((unit, term.person));
            }
        }
    }
    let mut offices: Vec<Office> = offices.into_iter().collect();
    offices.sort_by_key(|office| office.appointment);
    let named = |head: &RecordId| officials.known.get(head).and_then(|known| known.name.clone());
    let has_key = |unit: &RecordId, head: &RecordId| {
        offices.iter().any(|office| {
            let is_theirs = match &office.record {
                Some(record) => record == head,
                None => named(head).as_ref() == Some(&office.person),
            };
            is_theirs && office.path.last() == Some(unit)
        })
    };
    let keyless = heads.iter().filter(|(unit, head)| !has_key(unit, head));
    let mut keyless: Vec<(RecordId, String)> = keyless
        .filter_map(|(unit, head)| Some((*unit, named(head)?)))
        .collect();
    keyless.sort_unstable();
    let without_key = |(unit, person)| Finding::WithoutKey { unit, person };
    let mut found: Vec<Finding> = keyless.into_iter().map(without_key).collect();
    offices.retain(|office| asked.is_about_any(office.path.last().copied()));
    let mut roles: BTreeMap<Group, u64> = BTreeMap::new();
    let mut unbound = Tally::default();
    for office in &offices {
        *roles.entry(Group::Text(office.role.clone())).or_default() += 1;
        if let (None, Some(unit)) = (office.record, office.path.last()) {
            unbound.say(*unit, office.person.clone());
        }
        if let Some(days) = ends_in(office, asked).filter(|days| *days <= u64::from(within_days)) {
            let office = office.clone();
            found.push(Finding::Ending { office, days });
        }
    }
    for office in offices {
        let Some(holder) = officials.holder(&office) else {
            continue;
        };
        if !holder.serves {
            found.push(Finding::Left { office });
        } else if let Some(to) = holder.gone_from(&office.path) {
            found.push(Finding::Moved { office, to });
        }
    }
    Findings {
        found,
        heads: heads.len() as u64,
        unbound,
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
        let [mut keyless, mut ending, mut moved, mut left]: [Tally; 4] = Default::default();
        for finding in &self.found {
            let (tally, unit, person) = match finding {
                Finding::WithoutKey { unit, person } => (&mut keyless, Some(unit), person),
                Finding::Ending { office, .. } => (&mut ending, office.path.last(), &office.person),
                Finding::Moved { office, .. } => (&mut moved, office.path.last(), &office.person),
                Finding::Left { office } => (&mut left, office.path.last(), &office.person),
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
                office(left, Name::OfficesOfLeft),
                office(self.unbound.clone(), Name::OfficesUnbound),
            ],
            breakdowns: lines(By::Role, self.roles.clone(), |number| {
                vec![crate::figure::plain(Name::Offices, count(number), Base::Offices)]
            })
            .into_iter()
            .collect(),
        }
    }
}
