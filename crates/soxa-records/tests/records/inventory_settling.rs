//! What follows from an approved inventory: acts on the assets, and the act that lists them.

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::OpRef;
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::compose::Composer;
use soxa_records::inventory::settlement::{Grounds, Settlement, registered};
use soxa_records::inventory::{
    CountedLine, FoundAt, InventoryFound, InventoryOperation, InventoryStage, SettledOf,
};
use soxa_records::verdict::RefNeed;
use soxa_records::{Illegality, Quantity, TypedOperation};

use crate::bodies::{day, text};
use crate::inventories::{Counting, counted};
use crate::inventory_samples;

fn grounds() -> Grounds {
    Grounds {
        date: day(2026, 1, 1),
        reason: text("kiểm kê"),
        minutes: Some([5; 32]),
    }
}

fn lost() -> AssetOperation {
    AssetOperation::State(AssetStateChange {
        state: AssetState::Lost,
        date: day(2026, 1, 1),
        reason: text("kiểm kê"),
        document: Some([5; 32]),
    })
}

fn settlement(c: &Counting, line: u32) -> Settlement {
    let view = c.view();
    let line = view.line(line).unwrap();
    Settlement::of(line, &c.p.asset_view(line.book.asset), &grounds())
}

/// Signs acts on assets together with the act that lists them.
fn settle(c: &mut Counting, acts: Vec<(SettledOf, RecordId, AssetOperation)>) -> Vec<OpId> {
    let mut composer = Composer::new();
    let settled = acts
        .into_iter()
        .map(|(settled, asset, operation)| {
            let operation = TypedOperation::Asset(operation);
            let act = match operation.is_creation() {
                true => {
                    composer
                        .create(&operation, vec![OpRef::Id(c.a.unit().into())])
                        .heads[0]
                }
                false => composer.act(&mut c.p.at(asset), &operation, Vec::new()),
            };
            (settled, act)
        })
        .collect();
    composer.settle_inventory(&mut c.at(), settled);
    let officer = c.officer.clone();
    c.p.commit(&officer, composer)
}

/// Of four lines one is missing, one less, one idle and worn, one as it was; a fan is found.
fn approved() -> (Counting, OpId) {
    let mut c = Counting::of(&["Missing", "Chairs", "Worn", "Same"]);
    let less = CountedLine {
        quantity: Quantity { thousandths: 500 },
        ..counted(2, 1)
    };
    let worn = CountedLine {
        condition: text("worn"),
        state: Some(AssetState::Idle),
        ..counted(3, 1)
    };
    c.count(vec![counted(1, 0), less, worn, counted(4, 1)]);
    let officer = c.officer.clone();
    let things = vec![inventory_samples::found()];
    let found = c.act(&officer, InventoryOperation::Found(InventoryFound { things }));
    c.close();
    (c, found)
}

#[test]
fn each_difference_has_its_acts() {
    let (mut c, found) = approved();
    assert_eq!(settlement(&c, 1), Settlement::Acts(vec![lost()]));
    let half = AssetOperation::Set(AssetSet::Quantity(Quantity { thousandths: 500 }));
    assert_eq!(settlement(&c, 2), Settlement::Acts(vec![half.clone()]));
    let idle = AssetStateChange {
        state: AssetState::Idle,
        document: None,
        ..match lost() {
            AssetOperation::State(change) => change,
            other => panic!("{other:?}"),
        }
    };
    let condition = AssetOperation::Set(AssetSet::Condition(text("worn")));
    assert_eq!(
        settlement(&c, 3),
        Settlement::Acts(vec![condition, AssetOperation::State(idle)])
    );
    assert_eq!(settlement(&c, 4), Settlement::Nothing);

    let thing = SettledOf::Found(FoundAt {
        found: OpRef::Id(found),
        number: 1,
    });
    let register = AssetOperation::Register(registered(&c.view().found[0].thing, c.a.unit()));
    let acts = vec![
        (SettledOf::Line(1), c.assets[0], lost()),
        (SettledOf::Line(2), c.assets[1], half),
        (thing, c.assets[0], register),
    ];
    let ops = settle(&mut c, acts);
    for op in &ops {
        c.p.expect_valid(*op);
    }
    let view = c.view();
    assert_eq!(view.stage, InventoryStage::Approved);
    assert_eq!(view.lines[0].settled, [ops[0]]);
    assert_eq!(view.found[0].settled, [(ops[2].into(), ops[2])]);
    assert_eq!(settlement(&c, 1), Settlement::Nothing);
    assert_eq!(c.p.asset_view(c.assets[0]).states, [AssetState::Lost]);
}

#[test]
fn what_was_changed_or_handed_over_since_is_left_alone() {
    let (mut c, _) = approved();
    let (a, b) = (c.a.clone(), c.p.b.clone());
    let mut at = c.p.at(c.assets[1]);
    c.p.act(&a, |composer| {
        composer.set_asset(&mut at, AssetSet::Quantity(Quantity::whole(7)));
    });
    assert_eq!(settlement(&c, 2), Settlement::ChangedSince);
    let mut at = c.p.at(c.assets[1]);
    c.p.act(&a, |composer| {
        composer.set_asset(&mut at, AssetSet::Quantity(Quantity { thousandths: 500 }));
    });
    assert_eq!(settlement(&c, 2), Settlement::Nothing);
    let worn = c.assets[2];
    c.p.hand_over(&a, &b, &[worn]);
    assert_eq!(settlement(&c, 3), Settlement::MovedOn);
    let mut at = c.p.at(c.assets[0]);
    for state in [AssetState::InUse, AssetState::Liquidated] {
        c.p.act(&a, |composer| {
            composer.change_asset(
                &mut at,
                AssetStateChange {
                    state,
                    date: day(2026, 1, 2),
                    reason: String::new(),
                    document: None,
                },
            );
        });
        at = c.p.at(c.assets[0]);
    }
    assert_eq!(settlement(&c, 1), Settlement::ChangedSince);
}

#[test]
fn only_acts_on_the_asset_settle_a_line() {
    let (mut c, found) = approved();
    let wrong = Illegality::WrongRef {
        index: 0,
        needed: RefNeed::AssetAct,
    };
    let other = c.assets[1];
    let ops = settle(&mut c, vec![(SettledOf::Line(1), other, lost())]);
    c.p.expect_illegal(ops[1], wrong.clone());
    let thing = |number| {
        SettledOf::Found(FoundAt {
            found: OpRef::Id(found),
            number,
        })
    };
    let asset = c.assets[3];
    let ops = settle(&mut c, vec![(thing(1), asset, lost())]);
    c.p.expect_illegal(ops[1], wrong);
    let register = |c: &Counting| AssetOperation::Register(registered(&c.view().found[0].thing, c.a.unit()));
    let acts = vec![(thing(2), asset, register(&c))];
    let ops = settle(&mut c, acts);
    let unknown = Illegality::NoSuchThing { op: found, number: 2 };
    c.p.expect_illegal(ops[1], unknown);
    let acts = vec![(SettledOf::Line(9), c.assets[2], lost())];
    let ops = settle(&mut c, acts);
    c.p.expect_illegal(ops[1], Illegality::NoSuchLine(9));
}

#[test]
fn nothing_is_settled_before_the_approval() {
    let mut c = Counting::of(&["House"]);
    c.count(vec![counted(1, 0)]);
    let asset = c.assets[0];
    let ops = settle(&mut c, vec![(SettledOf::Line(1), asset, lost())]);
    c.p.expect_illegal(
        ops[1],
        Illegality::InventoryStage {
            found: InventoryStage::Counted,
        },
    );
}
