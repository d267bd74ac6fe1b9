//! A roster as people read it: posts, holders, heads, vacancies, double postings, counts.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::ids::{OpId, RecordId};

use crate::measure::Date;
use crate::person::{PersonClass, WorkField};
use crate::roster::{AssignmentKind, is_roster};
use crate::state::CanonicalState;
use crate::value::{Field, Row, counting};

/// A post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The operation that added it, which is its id.
    pub id: OpId,
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The field of work.
    pub field: WorkField,
    /// Whether its holder heads the unit.
    pub head: bool,
    /// Whether it was closed.
    pub closed: bool,
    /// Who holds it now: the assignments that have not been ended.
    pub holders: Vec<OpId>,
}

/// Somebody's time in a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The operation that assigned, which is its id.
    pub id: OpId,
    /// The post.
    pub post: OpId,
    /// The person.
    pub person: RecordId,
    /// How.
    pub kind: AssignmentKind,
    /// First day.
    pub from: Date,
    /// Last day as decided.
    pub until: Option<Date>,
    /// The decision.
    pub decision: String,
    /// The releases that ended it: several when officials released concurrently.
    pub released: Vec<Released>,
}

/// The end of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The operation.
    pub op: OpId,
    /// Last day.
    pub date: Date,
    /// Why.
    pub reason: String,
}

/// How many people of a class a unit may have in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The operation.
    pub op: OpId,
    /// The class of service.
    pub class: PersonClass,
    /// The year.
    pub year: u16,
    /// How many people.
    pub number: u32,
    /// The decision.
    pub decision: String,
}

/// A roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterView {
    /// The unit.
    pub unit: Field<RecordId>,
    /// The posts, by id.
    pub posts: BTreeMap<OpId, Post>,
    /// All assignments, ended ones too, by id.
    pub assignments: BTreeMap<OpId, Assignment>,
    /// The quotas; several of one class and year when officials set them concurrently.
    pub quotas: Vec<Quota>,
}

impl RosterView {
    /// The roster of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if !is_roster(state) {
            return None;
        }
        let assignments = terms_of(state);
        let mut posts = posts_of(state);
        for term in assignments.values().filter(|term| term.released.is_empty()) {
            if let Some(post) = posts.get_mut(&term.post) {
                post.holders.push(term.id);
            }
        }
        Some(Self {
            unit: state.field("unit"),
            posts,
            assignments,
            quotas: counting(state, "quotas").filter_map(quota).collect(),
        })
    }

    /// The regular assignments that have not been ended, with their posts: those that count. Who is here for a time counts
    /// at home.
    pub fn regular(&self) -> impl Iterator<Item = (&Assignment, &Post)> {
        self.current()
            .filter(|(term, _)| term.kind == AssignmentKind::Regular)
    }

    /// The quota of a class in a year; of several set concurrently the least.
    #[must_use]
    pub fn quota(&self, class: PersonClass, year: u16) -> Option<u32> {
        let own = self
            .quotas
            .iter()
            .filter(|quota| quota.class == class && quota.year == year);
        own.map(|quota| quota.number).min()
    }

    /// The posts that are not closed.
    pub fn open_posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values().filter(|post| !post.closed)
    }

    /// The assignments that have not been ended, with their posts.
    pub fn current(&self) -> impl Iterator<Item = (&Assignment, &Post)> {
        let held = self
            .posts
            .values()
            .flat_map(|post| post.holders.iter().map(move |id| (id, post)));
        held.filter_map(|(id, post)| Some((self.assignments.get(id)?, post)))
    }

    /// Who heads the unit, and how; none when it has no head, several when more than one was named.
    pub fn heads(&self) -> impl Iterator<Item = &Assignment> {
        self.current().filter(|(_, post)| post.head).map(|(term, _)| term)
    }

    /// Open posts that nobody holds.
    pub fn vacancies(&self) -> impl Iterator<Item = &Post> {
        self.open_posts().filter(|post| post.holders.is_empty())
    }

    /// Assignments that cannot all stand: several regular holders of one post, several regular posts of one person,
    /// and holders of a post that was closed concurrently. Each group is one conflict.
    #[must_use]
    pub fn double_postings(&self) -> Vec<Vec<&Assignment>> {
        let mut by_post: BTreeMap<OpId, Vec<&Assignment>> = BTreeMap::new();
        let mut by_person: BTreeMap<RecordId, Vec<&Assignment>> = BTreeMap::new();
        for (term, post) in self.regular() {
            by_post.entry(post.id).or_default().push(term);
            by_person.entry(term.person).or_default().push(term);
        }
        let closed = self
            .posts
            .values()
            .filter(|post| post.closed && !post.holders.is_empty());
        let closed = closed.map(|post| {
            post.holders
                .iter()
                .filter_map(|id| self.assignments.get(id))
                .collect()
        });
        by_post
            .into_values()
            .chain(by_person.into_values())
            .filter(|group| group.len() > 1)
            .chain(closed)
            .collect()
    }

    /// The unit's own people by field of their regular post, of those for whom `is_here` holds; everybody counts once in each field.
    #[must_use]
    pub fn counts(&self, is_here: impl Fn(&RecordId) -> bool) -> BTreeMap<WorkField, usize> {
        let mut people: BTreeMap<WorkField, BTreeSet<RecordId>> = BTreeMap::new();
        for (term, post) in self.regular().filter(|(term, _)| is_here(&term.person)) {
            people.entry(post.field).or_default().insert(term.person);
        }
        people
            .into_iter()
            .map(|(field, people)| (field, people.len()))
            .collect()
    }
}

fn quota(row: &Row) -> Option<Quota> {
    Some(Quota {
        op: row.op,
        class: row.get("class")?,
        year: row.get("year")?,
        number: row.get("number")?,
        decision: row.text("decision"),
    })
}

pub(crate) fn posts_of(state: &CanonicalState) -> BTreeMap<OpId, Post> {
    let closed: BTreeSet<OpId> = state
        .list("closed_posts")
        .iter()
        .filter_map(|row| row.get("post"))
        .collect();
    state
        .list("posts")
        .iter()
        .filter_map(|row| {
            let post = Post {
                id: row.op,
                code: row.text("code"),
                title: row.text("title"),
                field: row.get("field")?,
                head: row.get("head")?,
                closed: closed.contains(&row.op),
                holders: Vec::new(),
            };
            Some((row.op, post))
        })
        .collect()
}

pub(crate) fn terms_of(state: &CanonicalState) -> BTreeMap<OpId, Assignment> {
    let mut terms: BTreeMap<OpId, Assignment> = state
        .list("assignments")
        .iter()
        .filter_map(|row| {
            let term = Assignment {
                id: row.op,
                post: row.get("post")?,
                person: row.get("person")?,
                kind: row.get("kind")?,
                from: row.get("from")?,
                until: row.get("until"),
                decision: row.text("decision"),
                released: Vec::new(),
            };
            Some((row.op, term))
        })
        .collect();
    for row in state.list("releases") {
        let term = row.get::<OpId>("assignment").and_then(|id| terms.get_mut(&id));
        if let (Some(term), Some(date)) = (term, row.get("date")) {
            term.released.push(Released {
                op: row.op,
                date,
                reason: row.text("reason"),
            });
        }
    }
    terms
}
