//! What stands against each other across records: never a verdict, always shown with who signed each side.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::EngineError;
use soxa_ledger::minutes::Party;
use soxa_ledger::{OpId, RecordId};
use soxa_records::handover::HandoverStage;
use soxa_records::handover::view::HandoverView;
use soxa_records::person::view::PersonView;
use soxa_records::roster::view::{Assignment, Post, RosterView};
use soxa_records::unit::UnitStage;
use soxa_records::unit::view::UnitView;
use soxa_records::working_days::day_of;
use soxa_records::{CustodyView, History, RecordKind};

use super::answers::{Answer, Answers, local};
use super::objections::Names as _;
use crate::control::reports::ConflictReport;

/// Records looked at between two readings of the index.
const AT_ONCE: usize = 500;

/// Somebody in a post.
struct Posting {
    roster: RecordId,
    unit: RecordId,
    person: RecordId,
    op: OpId,
    post: String,
}

impl Answers<'_> {
    /// Everything that stands against something in another record.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn spanning(&self) -> Answer<Vec<ConflictReport>> {
        let mut found = Vec::new();
        let mut by_person: BTreeMap<RecordId, Vec<Posting>> = BTreeMap::new();
        for roster in self.all_of(RecordKind::Roster)? {
            let history = self.history(roster)?;
            let Some(view) = RosterView::of(history.state()) else {
                continue;
            };
            let Some(unit) = view.unit.one().copied() else {
                continue;
            };
            found.extend(self.posts_held_twice(&history, &view, unit));
            found.extend(self.codes_of_several_posts(&history, &view, unit));
            found.extend(self.headless(&history, &view, unit)?);
            for (term, post) in view.regular() {
                by_person.entry(term.person).or_default().push(Posting {
                    roster,
                    unit,
                    person: term.person,
                    op: term.id,
                    post: post.code.clone(),
                });
            }
        }
        for postings in by_person.into_values().filter(|postings| postings.len() > 1) {
            found.extend(self.posted_twice(&postings)?);
        }
        found.extend(self.double_codes()?);
        found.extend(self.offered_twice()?);
        found.extend(self.registered_twice()?);
        found.extend(self.published_twice()?);
        Ok(found)
    }

    /// Assets and people that several open handovers list.
    fn offered_twice(&self) -> Answer<Vec<ConflictReport>> {
        let mut by_subject: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
        for handover in self.all_of(RecordKind::Handover)? {
            let view = HandoverView::of(self.history(handover)?.state());
            let open = |view: &HandoverView| {
                use HandoverStage::{Accepted, Counted, Offered};
                matches!(view.stage, Offered | Counted | Accepted)
            };
            let Some(view) = view.filter(open) else { continue };
            let taken = view.lines.iter().filter(|line| line.refusals.is_empty());
            for subject in taken.filter_map(|line| line.content.of.subject()) {
                by_subject.entry(subject.record).or_default().insert(handover);
            }
        }
        let mut found = Vec::new();
        for (subject, handovers) in by_subject.into_iter().filter(|(_, open)| open.len() > 1) {
            let mut sides = Vec::new();
            for handover in handovers {
                let history = self.history(handover)?;
                let Some(view) = HandoverView::of(history.state()) else {
                    continue;
                };
                let given = view.signatures.iter().find(|one| one.party == Party::Giver);
                let op = given.map_or_else(|| handover.into(), |given| given.op);
                let says = [
                    ("handover", handover.short().into()),
                    ("receiver", view.receiver.unit.into()),
                ];
                sides.push(self.side(&history, op, &says));
            }
            let kind = self.history(subject)?.kind();
            found.push(ConflictReport {
                what: "two_offers".to_owned(),
                record: subject.to_string(),
                kind: kind.map(|kind| kind.to_string()).unwrap_or_default(),
                name: self.name(&subject),
                sides,
            });
        }
        Ok(found)
    }

    /// Regular posts of one person. A post in a unit that the person has left does not count: the transfer ended it.
    fn posted_twice(&self, postings: &[Posting]) -> Answer<Option<ConflictReport>> {
        let Some(person) = postings.first().map(|posting| posting.person) else {
            return Ok(None);
        };
        let custody = CustodyView::of(self.history(person)?.state());
        let counts = |posting: &&Posting| {
            custody.custodian.is_none_or(|unit| unit == posting.unit) || custody.tied.contains(&posting.unit)
        };
        let mut sides = Vec::new();
        for posting in postings.iter().filter(counts) {
            let history = self.history(posting.roster)?;
            let says = [
                ("unit", posting.unit.into()),
                ("post", posting.post.as_str().into()),
            ];
            sides.push(self.side(&history, posting.op, &says));
        }
        Ok((sides.len() > 1).then(|| ConflictReport {
            what: "two_regular_posts".to_owned(),
            record: person.to_string(),
            kind: RecordKind::Person.to_string(),
            name: self.name(&person),
            sides,
        }))
    }

    /// Posts with several regular holders, or with one although they were closed.
    fn posts_held_twice(&self, history: &History, view: &RosterView, unit: RecordId) -> Vec<ConflictReport> {
        let mut found = Vec::new();
        for post in view.posts.values() {
            let of_post = |term: &&Assignment| term.post == post.id;
            let holders: Vec<&Assignment> = match post.closed {
                true => view.current().map(|(term, _)| term).filter(of_post).collect(),
                false => view.regular().map(|(term, _)| term).filter(of_post).collect(),
            };
            if holders.is_empty() || (holders.len() == 1 && !post.closed) {
                continue;
            }
            let sides = holders
                .iter()
                .map(|term| self.side(history, term.id, &[("person", term.person.into())]));
            found.push(ConflictReport {
                what: "double_posting".to_owned(),
                record: unit.to_string(),
                kind: RecordKind::Roster.to_string(),
                name: format!("{} {}", self.name(&unit), post.code),
                sides: sides.collect(),
            });
        }
        found
    }

    /// Codes that several posts have which are not closed.
    fn codes_of_several_posts(
        &self,
        history: &History,
        view: &RosterView,
        unit: RecordId,
    ) -> Vec<ConflictReport> {
        let mut by_code: BTreeMap<&str, Vec<&Post>> = BTreeMap::new();
        for post in view.open_posts() {
            by_code.entry(&post.code).or_default().push(post);
        }
        let several = by_code.into_iter().filter(|(_, posts)| posts.len() > 1);
        let told = several.map(|(code, posts)| ConflictReport {
            what: "post_code".to_owned(),
            record: unit.to_string(),
            kind: RecordKind::Roster.to_string(),
            name: format!("{} {code}", self.name(&unit)),
            sides: posts
                .iter()
                .map(|post| {
                    let says = [
                        ("id", post.id.short().into()),
                        ("post", post.title.as_str().into()),
                    ];
                    self.side(history, post.id, &says)
                })
                .collect(),
        });
        told.collect()
    }

    /// A unit at work whose last head was released or has left the service.
    fn headless(
        &self,
        history: &History,
        view: &RosterView,
        unit: RecordId,
    ) -> Answer<Option<ConflictReport>> {
        let mut left = Vec::new();
        for term in view.heads() {
            let person = self.history(term.person)?;
            let today = day_of(self.now).map(|(day, _)| day);
            let departures = PersonView::of(person.state()).map(|person| person.departures);
            let gone = departures
                .into_iter()
                .flatten()
                .find(|one| today.is_some_and(|today| one.last_day < today));
            match gone {
                Some(gone) => left.push(self.side(&person, gone.id, &[("left", term.person.into())])),
                None => return Ok(None),
            }
        }
        let headed = |post: &OpId| view.posts.get(post).is_some_and(|post| post.head);
        let former: Vec<_> = view
            .assignments
            .values()
            .filter(|term| headed(&term.post))
            .collect();
        let open =
            UnitView::of(self.history(unit)?.state()).is_some_and(|unit| unit.stage == UnitStage::Open);
        if former.is_empty() || !open {
            return Ok(None);
        }
        let releases = former
            .iter()
            .flat_map(|term| term.released.iter().map(|released| (term.person, released.op)));
        Ok(Some(ConflictReport {
            what: "no_head".to_owned(),
            record: unit.to_string(),
            kind: RecordKind::Unit.to_string(),
            name: self.name(&unit),
            sides: releases
                .map(|(person, op)| self.side(history, op, &[("released", person.into())]))
                .chain(left)
                .collect(),
        }))
    }

    /// The ids of all records of a kind.
    pub(super) fn all_of(&self, kind: RecordKind) -> Answer<Vec<RecordId>> {
        self.ids_of(kind).map_err(|error| local(&error))
    }

    /// The same, for advice.
    pub(super) fn ids_of(&self, kind: RecordKind) -> Result<Vec<RecordId>, EngineError> {
        let mut all: Vec<RecordId> = Vec::new();
        loop {
            let after = all.last().copied();
            let page = self.engine.records_of_kind(kind.as_str(), after, AT_ONCE)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }
}

/// Whether somebody has left the service by a day.
pub(super) fn has_left(history: &History, day: soxa_records::Date) -> bool {
    PersonView::of(history.state()).is_some_and(|person| person.has_left_by(day))
}
