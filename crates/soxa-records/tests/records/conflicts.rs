//! What officials do to one record without knowing of each other: every side is listed until a later act settles it.

use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::asset::AssetSet;
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::compose::{At, Composer};
use soxa_records::conflict::{Conflict, ConflictKind};
use soxa_records::person::secondment::{Evaluate, Rating, Second, SecondmentAct};
use soxa_records::person::service::{Depart, Ground};
use soxa_records::person::{PersonClass, PersonOperation, WorkField};
use soxa_records::roster::{QuotaSet, RosterCreate};
use soxa_records::{Date, Value};

use crate::province::{Official, Province};

fn day(month: u8, day: u8) -> Date {
    Date::new(2025, month, day).unwrap()
}

fn found(p: &Province, record: RecordId) -> Vec<Conflict> {
    Conflict::all_of(p.history(record).state())
}

/// The one conflict of a record: its kind and who says what.
fn only(p: &Province, record: RecordId) -> (ConflictKind, Vec<OpId>) {
    let found = found(p, record);
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].kind, found[0].sides.iter().map(|side| side.op).collect())
}

fn sorted(mut ops: Vec<OpId>) -> Vec<OpId> {
    ops.sort_unstable();
    ops
}

/// Each does theirs at once, knowing the record as it is now.
fn at_once(p: &mut Province, person: RecordId, acts: Vec<(&Official, PersonOperation)>) -> Vec<OpId> {
    let at = p.at(person);
    let mut ops = Vec::new();
    for (by, operation) in acts {
        let mut at = at.clone();
        let op = p.act(by, |c| {
            c.on_person(&mut at, operation);
        });
        p.expect_valid(op);
        ops.push(op);
    }
    ops
}

fn second(home: &Official, host: &Official, from: Date, until: Date) -> PersonOperation {
    PersonOperation::Second(Second {
        home: home.unit(),
        host: host.unit(),
        field: WorkField::Land,
        programme: String::new(),
        from,
        until,
        payer: "Sở Nội vụ".to_owned(),
        decision: "QĐ 15".to_owned(),
    })
}

fn step(secondment: OpId, unit: &Official) -> SecondmentAct {
    SecondmentAct {
        secondment: OpRef::Id(secondment),
        unit: unit.unit(),
        date: day(8, 1),
        note: String::new(),
    }
}

#[test]
fn a_value_is_disputed_until_somebody_who_knows_both_writes_it() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    assert_eq!(found(&p, asset), []);
    let at = p.at(asset);
    let write = |p: &mut Province, mut at: At, text: &str| {
        p.act(&a, |c| {
            c.set_asset(&mut at, AssetSet::Condition(text.to_owned()));
        })
    };
    let ops = vec![write(&mut p, at.clone(), "leaks"), write(&mut p, at, "dry")];
    assert_eq!(only(&p, asset), (ConflictKind::Field, sorted(ops)));
    let says = &found(&p, asset)[0].sides[0].says;
    assert!(
        matches!(&says[..], [(field, Value::Text(_))] if field == "condition"),
        "{says:?}"
    );
    let at = p.at(asset);
    write(&mut p, at, "dry again");
    assert_eq!(found(&p, asset), []);
}

#[test]
fn two_ways_on_in_a_life_are_a_transition() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "Máy cày");
    let at = p.at(asset);
    let mut ops = Vec::new();
    for state in [AssetState::Idle, AssetState::UnderRepair] {
        let mut at = at.clone();
        ops.push(p.act(&a, |c| {
            let change = AssetStateChange {
                state,
                date: day(8, 1),
                reason: String::new(),
                document: None,
            };
            c.change_asset(&mut at, change);
        }));
    }
    assert_eq!(only(&p, asset), (ConflictKind::Transition, sorted(ops)));
}

#[test]
fn a_handover_in_effect_that_was_called_off_is_told_with_both() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let handover = p.offered(&a, &b, &[asset]);
    let acceptance = p.acceptance(handover, &b, &[]);
    let mut at = p.at(handover);
    let withdrawal = p.act(&a, |c| {
        c.withdraw(&mut at, "wrong list");
    });
    assert_eq!(found(&p, handover), []);
    p.commit(&b, acceptance);
    let (kind, sides) = only(&p, handover);
    assert_eq!((kind, sides.len()), (ConflictKind::CalledOff, 2));
    assert_eq!(sides[1], withdrawal);
}

#[test]
fn a_secondment_taken_and_declined_rated_twice_or_meeting_another_is_told() {
    let mut p = Province::new();
    let (top, a, b, c) = (p.top.clone(), p.a.clone(), p.b.clone(), p.c.clone());
    let person = p.person(&a, "An");
    let one = second(&a, &b, day(8, 1), day(10, 31));
    let ids = at_once(&mut p, person, vec![(&top, one)]);
    assert_eq!(found(&p, person), []);
    let taken = PersonOperation::Accept(step(ids[0], &b));
    let declined = PersonOperation::Decline(step(ids[0], &b));
    let answers = at_once(&mut p, person, vec![(&b, taken), (&top, declined)]);
    let (kind, sides) = only(&p, person);
    assert_eq!(
        (kind, sorted(sides)),
        (ConflictKind::TakenAndDeclined, sorted(answers))
    );

    let rate = |rating| {
        PersonOperation::Evaluate(Evaluate {
            secondment: OpRef::Id(ids[0]),
            unit: b.unit(),
            rating,
            date: day(10, 31),
            note: String::new(),
        })
    };
    let rated = vec![(&b, rate(Rating::Good)), (&top, rate(Rating::Excellent))];
    let rated = at_once(&mut p, person, rated);
    let ratings = &found(&p, person)[1];
    assert_eq!(ratings.kind, ConflictKind::Ratings);
    assert_eq!(
        sorted(ratings.sides.iter().map(|side| side.op).collect()),
        sorted(rated)
    );

    let other = p.person(&a, "Bình");
    let early = second(&a, &b, day(8, 1), day(10, 31));
    let late = second(&a, &c, day(10, 31), day(12, 31));
    let both = at_once(&mut p, other, vec![(&top, early), (&a, late)]);
    assert_eq!(only(&p, other), (ConflictKind::Secondments, both));
    let third = p.person(&a, "Chi");
    let early = second(&a, &b, day(8, 1), day(9, 30));
    let late = second(&a, &c, day(10, 1), day(12, 31));
    at_once(&mut p, third, vec![(&top, early), (&a, late)]);
    assert_eq!(found(&p, third), []);
}

#[test]
fn two_departures_stand_until_a_third_takes_their_place() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let person = p.person(&a, "An");
    let leave = |last_day| {
        PersonOperation::Depart(Depart {
            home: a.unit(),
            ground: Ground::Resignation,
            decree: String::new(),
            decision: "QĐ 3".to_owned(),
            last_day,
            amount: None,
            payer: None,
        })
    };
    let both = vec![(&a, leave(day(8, 31))), (&top, leave(day(9, 30)))];
    let both = at_once(&mut p, person, both);
    let (kind, sides) = only(&p, person);
    assert_eq!((kind, sorted(sides)), (ConflictKind::Departures, sorted(both)));
    at_once(&mut p, person, vec![(&a, leave(day(9, 15)))]);
    assert_eq!(found(&p, person), []);
}

#[test]
fn quotas_are_in_conflict_within_one_class_and_year_and_where_they_differ() {
    let mut p = Province::new();
    let (a, top) = (p.a.clone(), p.top.clone());
    let mut c = Composer::new();
    c.create_roster(RosterCreate {
        unit: a.unit(),
        path: vec![top.unit()],
    });
    let roster = p.commit(&a, c)[0].into();
    let set = |p: &mut Province, numbers: [(u16, u32); 2]| {
        let at = p.at(roster);
        for ((year, number), by) in numbers.into_iter().zip([&a, &top]) {
            let mut at = at.clone();
            p.act(by, |c| {
                let quota = QuotaSet {
                    class: PersonClass::CivilServant,
                    year,
                    number,
                    decision: "NQ 30".to_owned(),
                };
                c.set_quota(&mut at, quota);
            });
        }
    };
    set(&mut p, [(2025, 20), (2026, 24)]);
    assert_eq!(found(&p, roster), []);
    set(&mut p, [(2026, 24), (2026, 24)]);
    assert_eq!(found(&p, roster), []);
    set(&mut p, [(2026, 22), (2026, 23)]);
    let (kind, sides) = only(&p, roster);
    assert_eq!((kind, sides.len()), (ConflictKind::Quotas, 2));
}
