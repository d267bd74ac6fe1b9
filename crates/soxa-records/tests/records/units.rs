//! Units: who may register where, and the stages of their life.

use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::Illegality;
use soxa_records::unit::{
    UnitClose, UnitField, UnitKind, UnitOpen, UnitRegister, UnitSet, UnitStage, UnitView,
};

use crate::province::{Official, Province, date};

fn register(path: Vec<RecordId>) -> UnitRegister {
    UnitRegister {
        kind: UnitKind::Other,
        name: "New".to_owned(),
        code: None,
        path,
        basis: String::new(),
    }
}

fn view(p: &Province, unit: RecordId) -> UnitView {
    UnitView::of(p.history(unit).state()).unwrap()
}

#[test]
fn the_genesis_creates_the_provinces_own_unit() {
    let p = Province::new();
    let unit = view(&p, p.network.province_unit());
    assert_eq!(unit.stage, UnitStage::Open);
    assert_eq!(unit.name.one().map(String::as_str), Some("Sơn La"));
    assert_eq!(unit.kind.one(), Some(&UnitKind::Province));
    assert!(unit.path.is_empty());
}

#[test]
fn nobody_else_registers_a_unit_without_one_above() {
    let mut p = Province::new();
    let top = p.top.clone();
    let op = p.act(&top, |c| {
        c.create(
            &soxa_records::TypedOperation::Unit(soxa_records::unit::UnitOperation::Register(register(
                vec![],
            ))),
            vec![],
        );
    });
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: op.into(),
            actor: Some(top.unit()),
        },
    );
}

#[test]
fn a_unit_is_registered_by_who_stands_at_or_above_its_parent() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    for by in [&top, &a] {
        let op = p.act(by, |c| {
            c.register_unit(OpRef::Id(a.unit().into()), register(a.unit_path.clone()));
        });
        p.expect_valid(op);
        assert_eq!(view(&p, op.into()).path, a.unit_path);
    }
    let op = p.act(&b, |c| {
        c.register_unit(OpRef::Id(a.unit().into()), register(a.unit_path.clone()));
    });
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
}

#[test]
fn a_units_path_is_that_of_its_parent() {
    let mut p = Province::new();
    let (top, a, centre) = (p.top.clone(), p.a.clone(), p.centre.clone());
    let op = p.act(&top, |c| {
        c.register_unit(
            OpRef::Id(centre.unit().into()),
            register(vec![top.unit(), centre.unit()]),
        );
    });
    p.expect_illegal(op, Illegality::PathMismatch);
    let op = p.act(&top, |c| {
        c.register_unit(OpRef::Id(a.unit().into()), register(centre.unit_path.clone()));
    });
    let needed = soxa_records::verdict::RefNeed::UnitRegister;
    p.expect_illegal(op, Illegality::WrongRef { index: 0, needed });
}

fn life(p: &mut Province, by: &Official, unit: RecordId, successor: RecordId) -> [soxa_ledger::OpId; 3] {
    let mut at = p.at(unit);
    let open = p.act(by, |c| {
        c.open_unit(
            &mut at,
            UnitOpen {
                date: date(),
                basis: "QĐ".to_owned(),
            },
        );
    });
    let mut at = p.at(unit);
    let set = p.act(by, |c| {
        c.set_unit(
            &mut at,
            UnitSet {
                field: UnitField::Seat,
                value: "Mường Chùm".to_owned(),
            },
        );
    });
    let mut at = p.at(unit);
    let close = p.act(by, |c| {
        let successors = vec![successor];
        c.close_unit(
            &mut at,
            UnitClose {
                date: date(),
                successors,
                basis: "QĐ".to_owned(),
            },
        );
    });
    [open, set, close]
}

#[test]
fn a_unit_is_planned_then_open_then_closed() {
    let mut p = Province::new();
    let (a, centre) = (p.a.clone(), p.centre.clone());
    assert_eq!(view(&p, centre.unit()).stage, UnitStage::Planned);
    for op in life(&mut p, &a, centre.unit(), a.unit()) {
        p.expect_valid(op);
    }
    let unit = view(&p, centre.unit());
    assert_eq!(unit.stage, UnitStage::Closed);
    assert_eq!(unit.seat.one().map(String::as_str), Some("Mường Chùm"));
    assert_eq!(unit.closed.one(), Some(&date()));
    assert_eq!(
        unit.successors.iter().map(|(_, unit)| *unit).collect::<Vec<_>>(),
        [a.unit()]
    );

    let closed = Illegality::UnitStage {
        found: UnitStage::Closed,
    };
    for op in life(&mut p, &a, centre.unit(), a.unit()) {
        p.expect_illegal(op, closed.clone());
    }
}

#[test]
fn a_planned_unit_cannot_close_and_none_succeeds_itself() {
    let mut p = Province::new();
    let (a, centre) = (p.a.clone(), p.centre.clone());
    let close = |successor| UnitClose {
        date: date(),
        successors: vec![successor],
        basis: String::new(),
    };
    let mut at = p.at(centre.unit());
    let op = p.act(&a, |c| {
        c.close_unit(&mut at, close(a.unit()));
    });
    p.expect_illegal(
        op,
        Illegality::UnitStage {
            found: UnitStage::Planned,
        },
    );
    let mut at = p.at(centre.unit());
    p.act(&a, |c| {
        c.open_unit(
            &mut at,
            UnitOpen {
                date: date(),
                basis: String::new(),
            },
        );
    });
    let mut at = p.at(centre.unit());
    let op = p.act(&a, |c| {
        c.close_unit(&mut at, close(centre.unit()));
    });
    p.expect_illegal(op, Illegality::OwnSuccessor);
}

#[test]
fn a_unit_is_edited_from_itself_or_above_only() {
    let mut p = Province::new();
    let (top, a, b, centre) = (p.top.clone(), p.a.clone(), p.b.clone(), p.centre.clone());
    for (by, legal) in [(&top, true), (&a, true), (&centre, true), (&b, false)] {
        let mut at = p.at(centre.unit());
        let op = p.act(by, |c| {
            c.set_unit(
                &mut at,
                UnitSet {
                    field: UnitField::Seal,
                    value: "123".to_owned(),
                },
            );
        });
        if legal {
            p.expect_valid(op);
        } else {
            p.expect_illegal(
                op,
                Illegality::NotAbove {
                    unit: centre.unit(),
                    actor: Some(by.unit()),
                },
            );
        }
    }
}
