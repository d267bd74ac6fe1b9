//! Posts and who holds them on a day; what the province's rules say of it.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::person::WorkField;
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::staffing::{Breach, StaffingRule};
use soxa_records::roster::view::{Assignment, Post, RosterView};

use crate::figure::{Base, By, Group, Name, Report, Tally, lines};
use crate::limits::PLACES_OF_PEOPLE;
use crate::staffing::Everybody;
use crate::units::Units;

/// Whether somebody holds a post on a day. A regular post in a unit that the person has left was ended by the transfer; one who
/// has left the service holds none.
pub(crate) fn is_held(term: &Assignment, unit: RecordId, day: Date, everybody: &Everybody) -> bool {
    let runs = term.from <= day
        && term.until.is_none_or(|until| day <= until)
        && term.released.iter().all(|end| day <= end.date);
    let is_there = |somebody: &crate::staffing::Somebody| {
        let elsewhere = somebody.unit.is_some_and(|own| own != unit);
        somebody.serves && !(term.kind == AssignmentKind::Regular && elsewhere)
    };
    runs && everybody.get(&term.person).is_none_or(is_there)
}

/// Posts as they are counted.
#[derive(Debug, Default)]
pub(crate) struct Posts {
    posts: Tally,
    vacant: Tally,
    heads: u64,
    vacant_heads: Tally,
    in_charge: Tally,
    concurrent: BTreeMap<RecordId, Vec<String>>,
    regular: BTreeMap<RecordId, Vec<String>>,
    held_twice: Tally,
    rules: BTreeMap<Group, (u64, Tally)>,
}

impl Posts {
    /// Counts the posts of one roster, its record first, then its unit.
    pub(crate) fn take(
        &mut self,
        day: Date,
        units: &Units,
        everybody: &Everybody,
        (roster, unit): (RecordId, RecordId),
        view: &RosterView,
        rules: &[StaffingRule],
    ) {
        if !units.is_open(unit) {
            return;
        }
        let mut holders: BTreeMap<_, Vec<&Assignment>> = BTreeMap::new();
        for term in view.assignments.values() {
            if is_held(term, unit, day, everybody) {
                holders.entry(term.post).or_default().push(term);
            }
        }
        let mut staff: BTreeMap<WorkField, BTreeSet<RecordId>> = BTreeMap::new();
        for post in view.posts.values() {
            let held = holders.get(&post.id).map_or(&[][..], Vec::as_slice);
            self.take_post(roster, post, held);
            let regular = held.iter().filter(|term| term.kind == AssignmentKind::Regular);
            staff
                .entry(post.field)
                .or_default()
                .extend(regular.map(|term| term.person));
        }
        let kind = units.get(unit).and_then(|unit| unit.kind);
        for rule in rules
            .iter()
            .filter(|rule| kind.is_some_and(|kind| rule.is_for(kind)))
        {
            let people: BTreeSet<&RecordId> = staff
                .iter()
                .filter(|(field, _)| rule.counts(**field))
                .flat_map(|(_, people)| people)
                .collect();
            let people = u32::try_from(people.len()).unwrap_or(u32::MAX);
            let checked = self.rules.entry(Group::Text(rule.key.clone())).or_default();
            checked.0 += 1;
            match rule.breach(people) {
                Some(Breach::Below(least)) => checked.1.say(unit, format!("{people} < {least}")),
                Some(Breach::Above(most)) => checked.1.say(unit, format!("{people} > {most}")),
                None => {}
            }
        }
    }

    fn take_post(&mut self, roster: RecordId, post: &Post, held: &[&Assignment]) {
        let of_kind = |kind| held.iter().filter(move |term| term.kind == kind);
        for term in of_kind(AssignmentKind::Regular) {
            self.regular
                .entry(term.person)
                .or_default()
                .push(post.code.clone());
        }
        for term in of_kind(AssignmentKind::Concurrent) {
            self.concurrent
                .entry(term.person)
                .or_default()
                .push(post.code.clone());
        }
        let regular = of_kind(AssignmentKind::Regular).count();
        if regular > 1 || (post.closed && regular > 0) {
            self.held_twice.say(roster, post.code.clone());
        }
        if post.closed {
            return;
        }
        self.posts.say(roster, post.code.clone());
        if held.is_empty() {
            self.vacant.say(roster, post.code.clone());
        }
        if !post.head {
            return;
        }
        self.heads += 1;
        let provisional =
            |term: &&Assignment| matches!(term.kind, AssignmentKind::Acting | AssignmentKind::InCharge);
        if held.is_empty() {
            self.vacant_heads.say(roster, post.code.clone());
        } else if held.iter().all(provisional) {
            self.in_charge.say(roster, post.code.clone());
        }
    }

    pub(crate) fn tell(self, report: &mut Report) {
        let posts = self.posts.count();
        let mut double = self.held_twice;
        for (person, codes) in self.regular.into_iter().filter(|(_, codes)| codes.len() > 1) {
            double.say(person, said(codes));
        }
        let mut concurrent = Tally::default();
        for (person, codes) in self.concurrent {
            concurrent.say(person, said(codes));
        }
        let mut broken = Tally::default();
        let mut pairs = 0;
        for (rule, (checked, units)) in &self.rules {
            pairs += checked;
            let key = match rule {
                Group::Text(key) => key.as_str(),
                _ => "",
            };
            for behind in units.behind() {
                broken.say(behind.record, format!("{key}: {}", behind.says));
            }
        }
        let places = PLACES_OF_PEOPLE;
        report.figures.extend([
            self.posts.figure(Name::Posts, Base::OpenPosts),
            self.vacant
                .share(Name::VacantPosts, posts, places, Base::OpenPosts),
            self.vacant_heads
                .share(Name::VacantHeads, self.heads, places, Base::HeadPosts),
            self.in_charge
                .share(Name::HeadsInCharge, self.heads, places, Base::HeadPosts),
            double.figure(Name::DoublePostings, Base::People),
            concurrent.figure(Name::ConcurrentPosts, Base::People),
            broken.share(Name::OutOfBounds, pairs, places, Base::RulesForUnits),
        ]);
        report
            .breakdowns
            .extend(lines(By::Rule, self.rules, |(checked, units)| {
                vec![units.share(Name::OutOfBounds, checked, places, Base::RulesForUnits)]
            }));
    }
}

/// Codes of posts in one order.
fn said(mut codes: Vec<String>) -> String {
    codes.sort_unstable();
    codes.join(", ")
}
