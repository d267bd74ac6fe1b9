//! Records made by hand.

use std::collections::BTreeMap;

use soxa_ledger::{OpId, RecordId};
use soxa_records::custody::Link;
use soxa_records::person::secondment::{Rating, Secondment, SecondmentStage, Step};
use soxa_records::person::service::Ground;
use soxa_records::person::view::{Departure, PersonView};
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::view::{Assignment, Post, Quota, RosterView};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::value::Written;
use soxa_records::working_days::at;
use soxa_records::{CanonicalState, CustodyView, Date, Field, LinkId, RecordKind};
use soxa_views::holding::Minutes;
use soxa_views::staffing::Measures;
use soxa_views::{Amount, Asked, Base, By, Group, Name, Period, Report};

/// Reads a day.
pub fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A record's id.
pub fn id(kind: u8, number: u32) -> RecordId {
    let mut id = [kind; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    RecordId(id)
}

/// An operation's id.
pub fn op(number: u32) -> OpId {
    OpId(id(0xee, number).0)
}

/// A field on which all agree.
pub fn one<T>(value: T) -> Field<T> {
    Field {
        values: vec![Written { op: op(0), value }],
    }
}

/// A field in which two officials disagree.
pub fn two<T>(first: T, second: T) -> Field<T> {
    let written = |number, value| Written {
        op: op(number),
        value,
    };
    Field {
        values: vec![written(0, first), written(1, second)],
    }
}

/// A report about a day.
pub fn on(text: &str) -> Asked {
    Asked {
        day: day(text),
        as_of: at(day(text), 23 * 60 * 60 * 1_000).expect("a moment"),
        period: Period::default(),
        area: None,
    }
}

pub fn unit(kind: UnitKind, name: &str) -> UnitView {
    let state = CanonicalState {
        kind: Some(RecordKind::Unit),
        ..CanonicalState::default()
    };
    let mut view = UnitView::of(&state).expect("a unit");
    view.kind = one(kind);
    view.name = one(name.to_owned());
    view.stage = UnitStage::Open;
    view
}

/// Custody that began with a registration.
pub fn held_by(unit: RecordId) -> CustodyView {
    let link = LinkId([1; 32]);
    CustodyView {
        links: vec![Link {
            link,
            prev: None,
            depth: 0,
            from: None,
            to: unit,
            handover: None,
            ops: vec![op(0)],
        }],
        current: Some(link),
        custodian: Some(unit),
        ..CustodyView::default()
    }
}

/// Custody that went on to another unit.
pub fn handed_to(mut custody: CustodyView, handover: RecordId, to: RecordId) -> CustodyView {
    let prev = custody.current;
    let link = LinkId::of_line(handover, 1);
    custody.links.push(Link {
        link,
        prev,
        depth: 1,
        from: custody.custodian,
        to,
        handover: Some((handover, 1)),
        ops: vec![op(1)],
    });
    custody.current = Some(link);
    custody.custodian = Some(to);
    custody
}

pub fn person(unit: RecordId, name: &str, field: WorkField) -> PersonView {
    let state = CanonicalState {
        kind: Some(RecordKind::Person),
        ..CanonicalState::default()
    };
    let mut view = PersonView::of(&state).expect("a person");
    view.name = one(name.to_owned());
    view.class = one(PersonClass::CivilServant);
    view.field = one(field);
    view.custody = held_by(unit);
    view
}

pub fn roster(unit: RecordId) -> RosterView {
    RosterView {
        unit: one(unit),
        posts: BTreeMap::new(),
        assignments: BTreeMap::new(),
        quotas: Vec::new(),
    }
}

pub fn with_quota(mut roster: RosterView, number: u32) -> RosterView {
    roster.quotas.push(Quota {
        op: op(0),
        class: PersonClass::CivilServant,
        year: 2025,
        number,
        decision: String::new(),
    });
    roster
}

/// Adds a post; returns its id.
pub fn add_post(roster: &mut RosterView, number: u32, field: WorkField, head: bool) -> OpId {
    let post = Post {
        id: op(number),
        code: format!("VT-{number}"),
        title: String::new(),
        field,
        head,
        closed: false,
        holders: Vec::new(),
    };
    roster.posts.insert(post.id, post);
    op(number)
}

/// Gives somebody a post from 2025-07-01 on.
pub fn assign(roster: &mut RosterView, number: u32, post: OpId, person: RecordId, kind: AssignmentKind) {
    let term = Assignment {
        id: op(number),
        post,
        person,
        kind,
        from: day("2025-07-01"),
        until: None,
        decision: String::new(),
        released: Vec::new(),
    };
    roster.assignments.insert(term.id, term);
}

/// The programme of every secondment here.
pub const PROGRAMME: &str = "Tôi là cán bộ xã";

/// A secondment from August to October 2025 that came so far.
pub fn secondment(number: u32, host: RecordId, stages: &[(SecondmentStage, Option<Rating>)]) -> Secondment {
    let step = |(at, (stage, rating)): (u32, &(SecondmentStage, Option<Rating>))| Step {
        op: op(number * 10 + at + 1),
        stage: *stage,
        unit: host,
        date: day("2025-11-05"),
        rating: *rating,
        replaced: false,
        note: String::new(),
    };
    Secondment {
        id: op(number * 10),
        home: id(1, 0),
        host,
        field: WorkField::Land,
        programme: PROGRAMME.to_owned(),
        from: day("2025-08-01"),
        until: day("2025-10-31"),
        payer: String::new(),
        decision: String::new(),
        steps: (0..).zip(stages).map(step).collect(),
    }
}

/// A departure of which nothing is paid yet.
pub fn departure(number: u32, last_day: &str, amount: Option<i64>) -> Departure {
    Departure {
        id: op(number),
        ground: Ground::Resignation,
        decree: String::new(),
        decision: String::new(),
        last_day: day(last_day),
        amount,
        payer: None,
        payments: Vec::new(),
    }
}

/// No staffing rules.
pub fn measures() -> Measures {
    Measures {
        rules: Vec::new(),
        far_km: 40,
        programmes: Vec::new(),
    }
}

pub fn no_minutes() -> Minutes {
    Minutes::default()
}

/// Checks an amount of a report.
#[track_caller]
pub fn check(report: &Report, name: Name, base: Base, amount: Amount) {
    let found = report.figure(name, base).map(|figure| figure.amount);
    assert_eq!(found, Some(amount), "{name:?} of {base:?}");
}

/// Checks a share: how many of how many, and the percentage as it is printed.
#[track_caller]
pub fn check_share(report: &Report, name: Name, base: Base, part: u64, of: u64, percent: &str) {
    let found = report
        .figure(name, base)
        .map(|figure| figure.amount)
        .expect("a figure");
    let rounded = found.rounded().map(|decimal| decimal.to_string());
    let Amount::Share {
        part: own, of: whole, ..
    } = found
    else {
        panic!("{name:?} is {found:?}");
    };
    assert_eq!(
        (own, whole, rounded.as_deref()),
        (part, of, Some(percent)),
        "{name:?} of {base:?}"
    );
}

/// The amounts of a line of a breakdown.
#[track_caller]
pub fn line(report: &Report, by: By, group: &Group) -> Vec<Amount> {
    let breakdown = report.by(by).unwrap_or_else(|| panic!("no {by:?}"));
    let line = breakdown.lines.iter().find(|line| line.group == *group);
    let line = line.unwrap_or_else(|| panic!("no {group:?} in {breakdown:?}"));
    line.figures.iter().map(|figure| figure.amount).collect()
}
