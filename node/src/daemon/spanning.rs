//! What stands against each other across records: never a verdict, always shown with who signed each side.

use std::collections::BTreeMap;

use soxa_ledger::{OpId, RecordId};
use soxa_records::person_view::PersonView;
use soxa_records::roster_view::{Assignment, RosterView};
use soxa_records::unit::UnitStage;
use soxa_records::unit_view::UnitView;
use soxa_records::{CustodyView, History, RecordKind};

use super::answers::{Answer, Answers, local};
use super::objections::Names as _;
use crate::control::reports::{SideReport, SpanningReport};

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
    pub(super) fn spanning(&self) -> Answer<Vec<SpanningReport>> {
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
        Ok(found)
    }

    /// Regular posts of one person. A post in a unit that the person has left does not count: the transfer ended it.
    fn posted_twice(&self, postings: &[Posting]) -> Answer<Option<SpanningReport>> {
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
            sides.push(self.side(
                &history,
                posting.op,
                format!("{} {}", self.name(&posting.unit), posting.post),
            ));
        }
        Ok((sides.len() > 1).then(|| SpanningReport {
            what: "two_regular_posts".to_owned(),
            record: person.to_string(),
            kind: RecordKind::Person.to_string(),
            name: self.name(&person),
            sides,
        }))
    }

    /// Posts with several regular holders, or with one although they were closed.
    fn posts_held_twice(&self, history: &History, view: &RosterView, unit: RecordId) -> Vec<SpanningReport> {
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
                .map(|term| self.side(history, term.id, self.name(&term.person)));
            found.push(SpanningReport {
                what: "double_posting".to_owned(),
                record: unit.to_string(),
                kind: RecordKind::Roster.to_string(),
                name: format!("{} {}", self.name(&unit), post.code),
                sides: sides.collect(),
            });
        }
        found
    }

    /// A unit at work whose last head was released.
    fn headless(
        &self,
        history: &History,
        view: &RosterView,
        unit: RecordId,
    ) -> Answer<Option<SpanningReport>> {
        if view.heads().next().is_some() {
            return Ok(None);
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
        Ok(Some(SpanningReport {
            what: "no_head".to_owned(),
            record: unit.to_string(),
            kind: RecordKind::Unit.to_string(),
            name: self.name(&unit),
            sides: releases
                .map(|(person, op)| self.side(history, op, self.name(&person)))
                .collect(),
        }))
    }

    pub(super) fn side(&self, history: &History, op: OpId, says: String) -> SideReport {
        let facts = history.operations().iter().find(|facts| facts.id == op);
        let signer = facts.and_then(|facts| self.signer(facts));
        SideReport { says, signer }
    }

    /// The ids of all records of a kind.
    pub(super) fn all_of(&self, kind: RecordKind) -> Answer<Vec<RecordId>> {
        let mut all: Vec<RecordId> = Vec::new();
        loop {
            let after = all.last().copied();
            let page = self
                .engine
                .records_of_kind(kind.as_str(), after, AT_ONCE)
                .map_err(|error| local(&error))?;
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
