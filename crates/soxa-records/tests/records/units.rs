//! Units: who may register where, and the stages of their life.

use soxa_ledger::ids::{NodeKey, RecordId};
use soxa_ledger::operation::OpRef;
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{
    Extent, NoteTopic, NumberBlock, Successor, UnitAlias, UnitClose, UnitField, UnitKind, UnitLineage,
    UnitNote, UnitNumbers, UnitOpen, UnitOperation, UnitRegister, UnitRename, UnitSet, UnitStage,
};
use soxa_records::{Date, Illegality};

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

fn whole(unit: RecordId) -> Successor {
    Successor {
        unit,
        extent: Extent::Whole,
    }
}

fn day(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
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
                date: Some(date()),
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
        let successors = vec![whole(successor)];
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
        unit.successors.iter().map(|one| one.unit).collect::<Vec<_>>(),
        [a.unit()]
    );
    assert_eq!(unit.stage_on(date()), UnitStage::Closed);
    assert_eq!(unit.stage_on(day(2025, 11, 14)), UnitStage::Planned);

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
        successors: vec![whole(successor)],
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
                date: None,
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

fn on(p: &mut Province, by: &Official, unit: RecordId, operation: UnitOperation) -> soxa_ledger::OpId {
    let mut at = p.at(unit);
    p.act(by, |c| {
        c.on_unit(&mut at, operation);
    })
}

fn renamed(kind: UnitKind, name: &str, from: Date) -> UnitOperation {
    UnitOperation::Rename(UnitRename {
        kind: Some(kind),
        name: Some(name.to_owned()),
        code: None,
        from,
        basis: "237/NQ-UBTVQH16".to_owned(),
    })
}

#[test]
fn a_unit_is_called_on_a_day_as_it_was_renamed_until_then() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let op = on(
        &mut p,
        &top,
        a.unit(),
        renamed(UnitKind::Ward, "Phường Mường Bú", day(2026, 4, 30)),
    );
    p.expect_valid(op);
    let unit = view(&p, a.unit());
    assert_eq!(unit.name.one().map(String::as_str), Some("Phường Mường Bú"));
    assert_eq!(unit.kind.one(), Some(&UnitKind::Ward));
    let called = |day: Date| {
        let on = unit.on(day);
        (on.kind, on.name)
    };
    assert_eq!(
        called(day(2026, 4, 29)),
        (Some(UnitKind::Commune), Some("Mường Bú".to_owned()))
    );
    assert_eq!(
        called(day(2026, 4, 30)),
        (Some(UnitKind::Ward), Some("Phường Mường Bú".to_owned()))
    );
    // A name written right is no new name: it is what the unit is called from the last change on.
    let mut at = p.at(a.unit());
    p.act(&top, |c| {
        let value = "Phường Mường Bù".to_owned();
        let field = UnitField::Name;
        c.set_unit(&mut at, UnitSet { field, value });
    });
    let unit = view(&p, a.unit());
    assert_eq!(unit.on(day(2026, 5, 1)).name.as_deref(), Some("Phường Mường Bù"));
    assert_eq!(unit.on(day(2026, 1, 1)).name.as_deref(), Some("Mường Bú"));
    assert!(unit.other_names().any(|name| name == "Phường Mường Bú"));
}

#[test]
fn concurrent_names_stand_beside_each_other() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let at = p.at(a.unit());
    for name in ["Xã Một", "Xã Hai"] {
        let mut at = at.clone();
        p.act(&top, |c| {
            c.on_unit(&mut at, renamed(UnitKind::Commune, name, date()));
        });
    }
    assert!(view(&p, a.unit()).name.is_conflict());
}

#[test]
fn what_became_of_a_closed_unit_and_what_held_for_it_can_be_added() {
    let mut p = Province::new();
    let (top, a, b, centre) = (p.top.clone(), p.a.clone(), p.b.clone(), p.centre.clone());
    life(&mut p, &a, centre.unit(), a.unit());
    let lineage = |unit| {
        UnitOperation::Lineage(UnitLineage {
            unit,
            extent: Extent::Portion,
            date: date(),
            basis: "1681/NQ-UBTVQH15".to_owned(),
        })
    };
    let alias = UnitOperation::Alias(UnitAlias {
        name: None,
        code: Some("06978".to_owned()),
        list: "1027/CTK-CSCL".to_owned(),
        from: None,
        until: None,
    });
    let note = |text: &str| {
        UnitOperation::Note(UnitNote {
            topic: NoteTopic::Policy,
            name: "ATK".to_owned(),
            from: Some(day(1999, 1, 1)),
            until: Some(day(2030, 12, 31)),
            text: text.to_owned(),
            document: None,
        })
    };
    for operation in [lineage(b.unit()), alias, note("QĐ 1"), note("QĐ 2")] {
        let op = on(&mut p, &a, centre.unit(), operation);
        p.expect_valid(op);
    }
    let unit = view(&p, centre.unit());
    let extents: Vec<_> = unit.successors.iter().map(|one| (one.unit, one.extent)).collect();
    assert_eq!(extents, [(a.unit(), Extent::Whole), (b.unit(), Extent::Portion)]);
    assert_eq!(unit.other_codes().collect::<Vec<_>>(), ["06978"]);
    // The later note took the place of the earlier one.
    let notes: Vec<_> = unit.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["QĐ 2"]);
    assert!(unit.notes[0].holds_on(day(2026, 1, 1)) && !unit.notes[0].holds_on(day(2031, 1, 1)));

    let op = on(&mut p, &a, centre.unit(), lineage(centre.unit()));
    p.expect_illegal(op, Illegality::OwnSuccessor);
    let op = on(&mut p, &b, centre.unit(), note("QĐ 3"));
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: centre.unit(),
            actor: Some(b.unit()),
        },
    );
    let op = on(
        &mut p,
        &top,
        centre.unit(),
        renamed(UnitKind::Ward, "Phường", date()),
    );
    p.expect_illegal(
        op,
        Illegality::UnitStage {
            found: UnitStage::Closed,
        },
    );
    // Two who note at once are both shown, until somebody who knows of both notes again.
    let at = p.at(centre.unit());
    for text in ["A", "B"] {
        let mut at = at.clone();
        p.act(&top, |c| {
            c.on_unit(&mut at, note(text));
        });
    }
    assert_eq!(view(&p, centre.unit()).notes.len(), 2);
    on(&mut p, &top, centre.unit(), note("C"));
    let unit = view(&p, centre.unit());
    assert_eq!(
        unit.notes
            .iter()
            .map(|note| note.text.as_str())
            .collect::<Vec<_>>(),
        ["C"]
    );
}

#[test]
fn no_two_nodes_get_one_number_from_officials_who_know_of_each_other() {
    let mut p = Province::new();
    let a = p.a.clone();
    let numbers = |node, block: Option<(u32, u32)>| {
        let block = block.map(|(first, last)| NumberBlock { first, last });
        UnitOperation::Numbers(UnitNumbers {
            node: [node; 32],
            block,
        })
    };
    for (node, block, valid) in [
        (1, Some((1, 4_999)), true),
        (2, Some((4_999, 9_999)), false),
        (2, Some((5_000, 9_999)), true),
        (1, Some((1, 5_000)), false),
        (1, None, true),
        (2, Some((1, 100)), true),
    ] {
        let op = on(&mut p, &a, a.unit(), numbers(node, block));
        match valid {
            true => p.expect_valid(op),
            false => p.expect_illegal(
                op,
                Illegality::NumbersTaken {
                    node: NodeKey([3 - node; 32]),
                },
            ),
        }
    }
    let first_hundred = NumberBlock { first: 1, last: 100 };
    assert_eq!(view(&p, a.unit()).numbers, [(NodeKey([2; 32]), first_hundred)]);
}
