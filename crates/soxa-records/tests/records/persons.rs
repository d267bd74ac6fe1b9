//! What happens to people in service: secondments step by step, departures, allowances, wishes.

use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::person::secondment::{Evaluate, Rating, Second, SecondmentAct, SecondmentStage};
use soxa_records::person::service::{Allow, Depart, DeparturePay, Ground, Prefer};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonOperation, PersonSet, WorkField};
use soxa_records::{Date, Illegality};

use crate::province::{Official, Province};

fn day(month: u8, day: u8) -> Date {
    Date::new(2025, month, day).unwrap()
}

fn view(p: &Province, person: RecordId) -> PersonView {
    PersonView::of(p.history(person).state()).unwrap()
}

fn act(p: &mut Province, by: &Official, person: RecordId, operation: PersonOperation) -> OpId {
    let mut at = p.at(person);
    p.act(by, |c| {
        c.on_person(&mut at, operation);
    })
}

fn second(home: &Official, host: &Official, from: Date, until: Date) -> PersonOperation {
    PersonOperation::Second(Second {
        home: home.unit(),
        host: host.unit(),
        field: WorkField::Land,
        programme: "Tôi là cán bộ xã".to_owned(),
        from,
        until,
        payer: "Sở Nội vụ".to_owned(),
        decision: "QĐ 15".to_owned(),
    })
}

fn step(secondment: OpId, unit: &Official, date: Date) -> SecondmentAct {
    SecondmentAct {
        secondment: OpRef::Id(secondment),
        unit: unit.unit(),
        date,
        note: String::new(),
    }
}

fn evaluate(secondment: OpId, unit: &Official, date: Date) -> PersonOperation {
    PersonOperation::Evaluate(Evaluate {
        secondment: OpRef::Id(secondment),
        unit: unit.unit(),
        rating: Rating::Good,
        date,
        note: String::new(),
    })
}

/// Somebody of A, seconded to B for August to October by the province.
fn seconded(p: &mut Province) -> (RecordId, OpId) {
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    let op = act(p, &top, person, second(&a, &b, day(8, 1), day(10, 31)));
    p.expect_valid(op);
    (person, op)
}

#[test]
fn a_field_is_written_by_the_unit_that_has_the_person_or_by_one_above_that_cites_it() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    let set = |p: &mut Province, by: &Official, of: Option<&Official>| {
        let mut at = p.at(person);
        p.act(by, |c| {
            let rank = PersonSet::Rank("bậc 3".to_owned());
            match of {
                Some(unit) => c.set_person_of(&mut at, unit.unit(), rank),
                None => c.set_person(&mut at, rank),
            };
        })
    };
    for (by, of) in [(&a, None), (&a, Some(&a)), (&top, Some(&a))] {
        let op = set(&mut p, by, of);
        p.expect_valid(op);
    }
    let not_custodian = |actor: &Official| Illegality::NotCustodian {
        custodian: Some(a.unit()),
        actor: Some(actor.unit()),
    };
    for (by, of) in [(&top, None), (&b, None), (&top, Some(&b)), (&b, Some(&b))] {
        let op = set(&mut p, by, of);
        p.expect_illegal(op, not_custodian(by));
    }
    let op = set(&mut p, &b, Some(&a));
    let not_above = Illegality::NotAbove {
        unit: a.unit(),
        actor: Some(b.unit()),
    };
    p.expect_illegal(op, not_above);
}

#[test]
fn a_secondment_is_decided_accepted_rated_and_confirmed() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let (person, id) = seconded(&mut p);
    assert!(view(&p, person).seconded_on(day(9, 1)).is_none());
    let steps = [
        (&b, PersonOperation::Accept(step(id, &b, day(8, 1)))),
        (&b, evaluate(id, &b, day(10, 31))),
        (&a, PersonOperation::Confirm(step(id, &a, day(11, 5)))),
    ];
    for (by, operation) in steps {
        let op = act(&mut p, by, person, operation);
        p.expect_valid(op);
    }
    let person = view(&p, person);
    let found = &person.secondments[0];
    assert_eq!(found.stage(), SecondmentStage::Confirmed);
    assert_eq!(found.ratings(), [Rating::Good]);
    // The term ends by itself, and the person was at home all the time.
    assert!(person.seconded_on(day(10, 31)).is_some() && person.seconded_on(day(11, 1)).is_none());
    assert_eq!(person.custody.custodian, Some(a.unit()));
}

#[test]
fn a_secondment_takes_no_step_out_of_its_order_or_by_another_unit() {
    let mut p = Province::new();
    let (top, a, b, c) = (p.top.clone(), p.a.clone(), p.b.clone(), p.c.clone());
    let (person, id) = seconded(&mut p);
    let decided = Illegality::SecondmentStage {
        found: SecondmentStage::Decided,
    };
    let op = act(&mut p, &b, person, evaluate(id, &b, day(10, 31)));
    p.expect_illegal(op, decided.clone());
    let op = act(
        &mut p,
        &a,
        person,
        PersonOperation::Confirm(step(id, &a, day(10, 31))),
    );
    p.expect_illegal(op, decided);
    // Neither another unit nor the home takes the person in.
    for (by, illegality) in [
        (&c, Illegality::NotHost { host: b.unit() }),
        (&a, Illegality::NotHost { host: b.unit() }),
    ] {
        let operation = PersonOperation::Accept(step(id, by, day(8, 1)));
        let op = act(&mut p, by, person, operation);
        p.expect_illegal(op, illegality);
    }
    let op = act(
        &mut p,
        &c,
        person,
        PersonOperation::Accept(step(id, &b, day(8, 1))),
    );
    let not_above = Illegality::NotAbove {
        unit: b.unit(),
        actor: Some(c.unit()),
    };
    p.expect_illegal(op, not_above);
    let accept = PersonOperation::Accept(step(id, &b, day(8, 1)));
    let op = act(&mut p, &b, person, accept.clone());
    p.expect_valid(op);
    let accepted = Illegality::SecondmentStage {
        found: SecondmentStage::Accepted,
    };
    for operation in [accept, PersonOperation::Decline(step(id, &b, day(8, 2)))] {
        let op = act(&mut p, &b, person, operation);
        p.expect_illegal(op, accepted.clone());
    }
    let op = act(&mut p, &b, person, evaluate(id, &b, day(10, 30)));
    p.expect_illegal(op, Illegality::SecondmentRuns { until: day(10, 31) });
    let op = act(&mut p, &top, person, second(&a, &c, day(10, 31), day(12, 31)));
    p.expect_illegal(op, Illegality::Seconded { until: day(10, 31) });
    let op = act(&mut p, &top, person, second(&a, &c, day(11, 1), day(12, 31)));
    p.expect_valid(op);
    let op = act(&mut p, &b, person, evaluate(person.into(), &b, day(10, 31)));
    p.expect_illegal(op, Illegality::NoSuchSecondment(person.into()));
}

#[test]
fn only_the_home_or_a_unit_above_seconds() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    let op = act(&mut p, &b, person, second(&a, &b, day(8, 1), day(10, 31)));
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
    let op = act(&mut p, &b, person, second(&b, &a, day(8, 1), day(10, 31)));
    p.expect_illegal(
        op,
        Illegality::PersonElsewhere {
            person,
            custodian: a.unit(),
        },
    );
}

#[test]
fn either_side_ends_a_secondment_early_and_it_is_rated_from_then_on() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    for by in [&a, &b] {
        let (person, id) = seconded(&mut p);
        let op = act(
            &mut p,
            &b,
            person,
            PersonOperation::Accept(step(id, &b, day(8, 1))),
        );
        p.expect_valid(op);
        let op = act(
            &mut p,
            &c,
            person,
            PersonOperation::Recall(step(id, &c, day(9, 15))),
        );
        let custodian = a.unit();
        p.expect_illegal(op, Illegality::PersonElsewhere { person, custodian });
        let op = act(
            &mut p,
            by,
            person,
            PersonOperation::Recall(step(id, by, day(9, 15))),
        );
        p.expect_valid(op);
        assert!(view(&p, person).seconded_on(day(9, 16)).is_none());
        let op = act(&mut p, &b, person, evaluate(id, &b, day(9, 15)));
        p.expect_valid(op);
    }
}

#[test]
fn a_departure_is_decided_paid_and_ends_what_comes_after() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let person = p.person(&a, "An");
    let depart = |last_day| {
        PersonOperation::Depart(Depart {
            home: a.unit(),
            ground: Ground::EarlyRetirement,
            decree: "178/2024/NĐ-CP".to_owned(),
            decision: "QĐ 9".to_owned(),
            last_day,
            amount: Some(1_047_600_000),
            payer: None,
        })
    };
    let pay = |departure| {
        PersonOperation::Pay(DeparturePay {
            departure: OpRef::Id(departure),
            home: a.unit(),
            amount: 1_000_000_000,
            date: day(9, 30),
            receipt: "UNC 7".to_owned(),
        })
    };
    let op = act(&mut p, &a, person, pay(person.into()));
    p.expect_illegal(op, Illegality::NoSuchDeparture(person.into()));
    let op = act(&mut p, &b, person, depart(day(9, 30)));
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
    let wrong = act(&mut p, &a, person, depart(day(9, 3)));
    p.expect_valid(wrong);
    let departure = act(&mut p, &a, person, depart(day(9, 30)));
    p.expect_valid(departure);
    let op = act(&mut p, &a, person, pay(departure));
    p.expect_valid(op);
    let op = act(&mut p, &a, person, pay(wrong));
    p.expect_illegal(op, Illegality::NoSuchDeparture(wrong));
    let found = view(&p, person);
    assert_eq!(found.departures.len(), 1);
    assert_eq!(found.departures[0].paid(), 1_000_000_000);
    assert!(found.has_left_by(day(10, 1)) && !found.has_left_by(day(9, 30)));
    let op = act(&mut p, &top, person, second(&a, &b, day(8, 1), day(10, 31)));
    p.expect_illegal(op, Illegality::Departed { on: day(9, 30) });
}

#[test]
fn the_unit_that_a_departure_names_pays_it_and_no_other_beside() {
    let mut p = Province::new();
    let (top, a, b, finance) = (p.top.clone(), p.a.clone(), p.b.clone(), p.finance.clone());
    let person = p.person(&a, "An");
    let depart = |payer| {
        PersonOperation::Depart(Depart {
            home: a.unit(),
            ground: Ground::Downsizing,
            decree: "154/2025/NĐ-CP".to_owned(),
            decision: "QĐ 10".to_owned(),
            last_day: day(9, 30),
            amount: Some(1_000_000_000),
            payer,
        })
    };
    let pay = |departure| {
        PersonOperation::Pay(DeparturePay {
            departure: OpRef::Id(departure),
            home: a.unit(),
            amount: 250_000_000,
            date: day(9, 30),
            receipt: "UNC 7".to_owned(),
        })
    };
    let own = act(&mut p, &a, person, depart(None));
    p.expect_valid(own);
    let op = act(&mut p, &finance, person, pay(own));
    let (unit, actor) = (a.unit(), Some(finance.unit()));
    p.expect_illegal(op, Illegality::NotAbove { unit, actor });
    let named = act(&mut p, &top, person, depart(Some(finance.unit())));
    p.expect_valid(named);
    for by in [&finance, &a, &top] {
        let op = act(&mut p, by, person, pay(named));
        p.expect_valid(op);
    }
    let op = act(&mut p, &b, person, pay(named));
    let payer = finance.unit();
    p.expect_illegal(op, Illegality::NotPayer { payer });
    let found = &view(&p, person).departures[0];
    assert_eq!((found.payer, found.paid()), (Some(payer), 750_000_000));
    // To name who pays is to cite the unit, and decides nothing else for it.
    let op = act(&mut p, &finance, person, depart(Some(payer)));
    let unit = a.unit();
    p.expect_illegal(op, Illegality::NotAbove { unit, actor });
}

#[test]
fn allowances_and_wishes_take_the_place_of_earlier_ones() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let person = p.person(&a, "An");
    let allow = |from, until| {
        PersonOperation::Allow(Allow {
            home: a.unit(),
            name: "Hỗ trợ đi lại".to_owned(),
            monthly: 5_000_000,
            from,
            until,
            basis: "NQ 12".to_owned(),
        })
    };
    let prefer = |units: &[&Official]| {
        PersonOperation::Prefer(Prefer {
            home: a.unit(),
            units: units.iter().map(|unit| unit.unit()).collect(),
            date: day(11, 1),
            reason: "gần nhà".to_owned(),
        })
    };
    let all = [
        allow(day(7, 1), None),
        allow(day(7, 1), Some(day(9, 30))),
        allow(day(10, 1), None),
        prefer(&[&b, &c]),
        prefer(&[&c]),
        PersonOperation::Set(PersonSet::CommuteKm(80)),
    ];
    for operation in all {
        let op = act(&mut p, &a, person, operation);
        p.expect_valid(op);
    }
    let found = view(&p, person);
    let terms: Vec<_> = found.allowances.iter().map(|one| (one.from, one.until)).collect();
    assert_eq!(terms, [(day(7, 1), Some(day(9, 30))), (day(10, 1), None)]);
    let wishes: Vec<_> = found.preferences.iter().map(|wish| wish.unit).collect();
    assert_eq!(wishes, [c.unit()]);
    assert_eq!(found.commute_km.one(), Some(&80));
    let op = act(&mut p, &a, person, prefer(&[]));
    p.expect_valid(op);
    assert!(view(&p, person).preferences.is_empty());
}
