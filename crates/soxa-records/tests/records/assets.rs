//! Assets: registered by who stands above, edited by their custodian.

use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::{Illegality, OpVoid, Quantity, TypedOperation};

use crate::province::{Official, Province, asset_of, date};

#[test]
fn an_asset_is_registered_from_its_unit_or_above() {
    let mut p = Province::new();
    let (top, a, b, centre) = (p.top.clone(), p.a.clone(), p.b.clone(), p.centre.clone());
    for by in [&top, &a, &centre] {
        let op = p.act(by, |c| {
            c.register_asset(asset_of(centre.unit(), "House"));
        });
        p.expect_valid(op);
        let view = p.asset_view(op.into());
        assert_eq!(view.custody.custodian, Some(centre.unit()));
        assert_eq!(view.cost.one(), Some(&1_500_000_000));
        assert_eq!(view.in_use_year.one(), Some(&2015));
    }
    let op = p.act(&b, |c| {
        c.register_asset(asset_of(centre.unit(), "House"));
    });
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: centre.unit(),
            actor: Some(b.unit()),
        },
    );
}

#[test]
fn a_registration_cites_the_unit() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let register = TypedOperation::Asset(AssetOperation::Register(asset_of(a.unit(), "House")));
    let other = OpRef::Id(b.unit().into());
    let op = p.act(&a, |c| {
        c.create(&register, vec![other]);
    });
    let needed = soxa_records::verdict::RefNeed::UnitRegister;
    p.expect_illegal(op, Illegality::WrongRef { index: 0, needed });
    let op = p.act(&a, |c| {
        c.create(&register, vec![]);
    });
    p.expect_void(
        op,
        OpVoid::Malformed("asset.register cites 0 operations instead of 1".to_owned()),
    );
}

#[test]
fn only_the_custodian_edits() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let settings = [
        AssetSet::Condition("leaks".to_owned()),
        AssetSet::Site("Mường Chùm".to_owned()),
        AssetSet::Quantity(Quantity { thousandths: 125_750 }),
        AssetSet::Name("Old house".to_owned()),
        AssetSet::Code("TS-2".to_owned()),
        AssetSet::Residual(1.into()),
        AssetSet::Remark("as is".to_owned()),
    ];
    for setting in &settings {
        let mut at = p.at(asset);
        let op = p.act(&a, |c| {
            c.set_asset(&mut at, setting.clone());
        });
        p.expect_valid(op);
        for stranger in [&top, &b] {
            let mut at = p.at(asset);
            let op = p.act(stranger, |c| {
                c.set_asset(&mut at, setting.clone());
            });
            let custodian = Some(a.unit());
            p.expect_illegal(
                op,
                Illegality::NotCustodian {
                    custodian,
                    actor: Some(stranger.unit()),
                },
            );
        }
    }
    let view = p.asset_view(asset);
    assert_eq!(
        view.quantity.one().map(ToString::to_string).as_deref(),
        Some("125.75")
    );
    assert_eq!(view.remark.one().map(String::as_str), Some("as is"));
}

#[test]
fn fields_written_concurrently_keep_both_values_until_somebody_settles_it() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    let at = p.at(asset);
    let mut ops = Vec::new();
    for condition in ["leaks", "dry"] {
        let mut at = at.clone();
        ops.push(p.act(&a, |c| {
            c.set_asset(&mut at, AssetSet::Condition(condition.to_owned()));
        }));
    }
    ops.sort_unstable();
    let view = p.asset_view(asset);
    assert!(view.condition.is_conflict());
    assert_eq!(view.condition.one(), None);
    assert_eq!(
        view.condition.values.iter().map(|w| w.op).collect::<Vec<_>>(),
        ops
    );
    let conflicts = p.history(asset).state().conflicts();
    assert_eq!(conflicts.keys().collect::<Vec<_>>(), ["condition"]);
    assert_eq!(
        conflicts["condition"]
            .iter()
            .map(|(op, _)| *op)
            .collect::<Vec<_>>(),
        ops
    );

    let mut at = p.at(asset);
    assert_eq!(at.heads.len(), 2);
    let op = p.act(&a, |c| {
        c.set_asset(&mut at, AssetSet::Condition("dry since May".to_owned()));
    });
    p.expect_valid(op);
    assert_eq!(
        p.asset_view(asset).condition.one().map(String::as_str),
        Some("dry since May")
    );
    assert!(p.history(asset).state().conflicts().is_empty());
}

#[test]
fn custody_moves_with_the_right_to_edit() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset: RecordId = p.asset(&a, "House");
    for op in p.hand_over(&a, &b, &[asset]) {
        p.expect_valid(op);
    }
    for (by, legal) in [(&b, true), (&a, false)] {
        let mut at = p.at(asset);
        let op = p.act(by, |c| {
            c.set_asset(&mut at, AssetSet::Site("here".to_owned()));
        });
        assert_eq!(p.verdict(op).is_valid(), legal);
    }
}

fn change(state: AssetState) -> AssetStateChange {
    AssetStateChange {
        state,
        date: date(),
        reason: "QĐ 5".to_owned(),
        document: matches!(state, AssetState::Lost | AssetState::Damaged).then_some([7; 32]),
    }
}

#[test]
fn an_asset_goes_its_way_and_ends_for_good() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    assert_eq!(p.asset_view(asset).states, [AssetState::Declared]);
    let become_ = |p: &mut Province, by: &Official, state: AssetState| {
        let mut at = p.at(asset);
        p.act(by, |c| {
            c.change_asset(&mut at, change(state));
        })
    };
    let refused = |found| Illegality::AssetState { found: vec![found] };
    for (state, found) in [
        (AssetState::Liquidated, Some(AssetState::Declared)),
        (AssetState::InUse, None),
        (AssetState::InUse, Some(AssetState::InUse)),
        (AssetState::UnderRepair, None),
        (AssetState::Surplus, None),
        (AssetState::WrittenOff, Some(AssetState::Surplus)),
        (AssetState::Lost, None),
        (AssetState::Liquidated, Some(AssetState::Lost)),
        (AssetState::WrittenOff, None),
        (AssetState::InUse, Some(AssetState::WrittenOff)),
        (AssetState::Mistaken, Some(AssetState::WrittenOff)),
    ] {
        let op = become_(&mut p, &a, state);
        match found {
            None => p.expect_valid(op),
            Some(found) => p.expect_illegal(op, refused(found)),
        }
    }
    assert_eq!(p.asset_view(asset).states, [AssetState::WrittenOff]);
    let op = become_(&mut p, &b, AssetState::InUse);
    let (custodian, actor) = (Some(a.unit()), Some(b.unit()));
    p.expect_illegal(op, Illegality::NotCustodian { custodian, actor });
}
