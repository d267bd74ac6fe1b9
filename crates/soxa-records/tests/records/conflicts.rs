//! What officials do to one record without knowing of each other: every side is listed until a later act settles it.

use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::asset::AssetSet;
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::compose::{At, Composer};
use soxa_records::conflict::{Conflict, ConflictKind};
use soxa_records::person::secondment::{Evaluate, Rating, Second, SecondmentAct};
use soxa_records::person::service::{Allow, Depart, Ground};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, PersonOperation, WorkField};
use soxa_records::roster::{QuotaSet, RosterCreate};
use soxa_records::unit::{NoteTopic, NumberBlock, UnitNote, UnitNumbers, UnitOperation, UnitRename};
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
    // Whoever knows both takes the asset on.
    change_state(&mut p, &a, asset, AssetState::InUse);
    assert_eq!(found(&p, asset), []);
}

fn change_state(p: &mut Province, by: &Official, asset: RecordId, state: AssetState) -> OpId {
    let mut at = p.at(asset);
    p.act(by, |c| {
        let change = AssetStateChange {
            state,
            date: day(8, 1),
            reason: "QĐ 1".to_owned(),
            document: (state == AssetState::Damaged).then_some([7; 32]),
        };
        c.change_asset(&mut at, change);
    })
}

#[test]
fn two_ends_of_an_assets_life_are_settled_by_saying_one_of_them_once_more() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "Máy cày");
    change_state(&mut p, &a, asset, AssetState::Damaged);
    let at = p.at(asset);
    for state in [AssetState::WrittenOff, AssetState::Liquidated] {
        let mut at = at.clone();
        p.act(&a, |c| {
            let change = AssetStateChange {
                state,
                date: day(8, 2),
                reason: String::new(),
                document: None,
            };
            c.change_asset(&mut at, change);
        });
    }
    assert_eq!(only(&p, asset).0, ConflictKind::Transition);
    let other = change_state(&mut p, &a, asset, AssetState::Damaged);
    assert!(!p.verdict(other).is_valid());
    let one = change_state(&mut p, &a, asset, AssetState::Liquidated);
    p.expect_valid(one);
    assert_eq!(found(&p, asset), []);
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
    // The host rates once more, knowing both; nobody else may, and not twice.
    let good = || rate(Rating::Good);
    at_once(&mut p, person, vec![(&b, good())]);
    assert_eq!(found(&p, person).len(), 1);
    let mut at = p.at(person);
    let again = p.act(&b, |c| {
        c.on_person(&mut at, good());
    });
    assert!(!p.verdict(again).is_valid());
    let view = PersonView::of(p.history(person).state()).unwrap();
    assert_eq!(view.secondments[0].ratings(), [Rating::Good]);

    let other = p.person(&a, "Bình");
    let early = second(&a, &b, day(8, 1), day(10, 31));
    let late = second(&a, &c, day(10, 31), day(12, 31));
    let both = at_once(&mut p, other, vec![(&top, early), (&a, late)]);
    assert_eq!(only(&p, other), (ConflictKind::Secondments, both.clone()));
    // One of them ends before the other begins.
    let recall = PersonOperation::Recall(SecondmentAct {
        date: day(10, 30),
        ..step(both[0], &b)
    });
    at_once(&mut p, other, vec![(&top, recall)]);
    assert_eq!(found(&p, other), []);
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
    set(&mut p, [(2026, 25), (2026, 25)]);
    assert_eq!(found(&p, roster), []);
}

#[test]
fn what_was_said_twice_of_an_allowance_or_a_unit_is_settled_by_saying_it_again() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let person = p.person(&a, "An");
    let allow = |monthly| {
        PersonOperation::Allow(Allow {
            home: a.unit(),
            name: "Hỗ trợ đi lại".to_owned(),
            monthly,
            from: day(7, 1),
            until: None,
            basis: "NQ 12".to_owned(),
        })
    };
    at_once(
        &mut p,
        person,
        vec![(&a, allow(5_000_000)), (&top, allow(4_000_000))],
    );
    assert_eq!(only(&p, person).0, ConflictKind::Allowances);
    at_once(&mut p, person, vec![(&a, allow(5_000_000))]);
    assert_eq!(found(&p, person), []);

    let unit = a.unit();
    let say = |p: &mut Province, said: &[(ConflictKind, [UnitOperation; 2], UnitOperation)]| {
        for (kind, both, then) in said {
            let at = p.at(unit);
            for operation in both {
                let mut at = at.clone();
                p.act(&a, |c| {
                    c.on_unit(&mut at, operation.clone());
                });
            }
            assert_eq!(only(p, unit).0, *kind);
            let mut at = p.at(unit);
            p.act(&a, |c| {
                c.on_unit(&mut at, then.clone());
            });
            assert_eq!(found(p, unit), [], "{kind}");
        }
    };
    let note = |text: &str| {
        UnitOperation::Note(UnitNote {
            topic: NoteTopic::Policy,
            name: "ATK".to_owned(),
            from: None,
            until: None,
            text: text.to_owned(),
            document: None,
        })
    };
    let numbers = |node, first| {
        UnitOperation::Numbers(UnitNumbers {
            node: [node; 32],
            block: Some(NumberBlock {
                first,
                last: first + 99,
            }),
        })
    };
    let code = |code: &str| {
        UnitOperation::Rename(UnitRename {
            kind: None,
            name: None,
            code: Some(code.to_owned()),
            from: day(8, 1),
            basis: String::new(),
        })
    };
    let said = [
        (ConflictKind::Notes, [note("A"), note("B")], note("A")),
        (
            ConflictKind::Numbers,
            [numbers(1, 1), numbers(2, 1)],
            numbers(2, 101),
        ),
        (ConflictKind::Field, [code("1"), code("2")], code("2")),
    ];
    say(&mut p, &said);
}

#[test]
fn a_secondment_that_was_taken_and_declined_is_settled_by_its_end() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    let ids = at_once(
        &mut p,
        person,
        vec![(&top, second(&a, &b, day(8, 1), day(10, 31)))],
    );
    let taken = PersonOperation::Accept(step(ids[0], &b));
    let declined = PersonOperation::Decline(step(ids[0], &b));
    at_once(&mut p, person, vec![(&b, taken), (&top, declined)]);
    assert_eq!(only(&p, person).0, ConflictKind::TakenAndDeclined);
    let recall = PersonOperation::Recall(step(ids[0], &b));
    at_once(&mut p, person, vec![(&b, recall)]);
    assert_eq!(found(&p, person), []);
}
