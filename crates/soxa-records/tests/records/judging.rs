//! What comes before legality: authority, form, and what is not known yet.

use soxa_ledger::ids::RecordId;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_ledger::{OpId, StatementId};
use soxa_records::asset::AssetSet;
use soxa_records::{History, Illegality, OpMissing, OpVerdict, OpVoid};

use crate::province::Province;

fn site(p: &mut Province, asset: RecordId, site: &str) -> OpId {
    let mut at = p.at(asset);
    p.act(&p.a.clone(), |c| {
        c.set_asset(&mut at, AssetSet::Site(site.to_owned()));
    })
}

fn three() -> (Province, RecordId, [OpId; 3]) {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    let ops = ["one", "two", "three"].map(|text| site(&mut p, asset, text));
    (p, asset, ops)
}

#[test]
fn void_operations_are_as_if_they_had_never_been() {
    let (mut p, asset, ops) = three();
    p.change(&ops[1..2], |facts| {
        facts.verdict = Verdict::Void(VoidReason::OutsideTerm)
    });
    p.expect_void(ops[1], OpVoid::Authority(VoidReason::OutsideTerm));
    p.expect_valid(ops[2]);
    assert_eq!(p.history(asset).heads(), [ops[2]]);
    let with = p.history(asset).state_hash();
    p.forget(ops[1]);
    assert_eq!(
        p.verdict(ops[2]),
        &OpVerdict::Pending(OpMissing::Operation(ops[1]))
    );
    p.change(&ops[2..3], |facts| facts.parents = vec![ops[0]]);
    assert_eq!(p.history(asset).state_hash(), with);
}

#[test]
fn unknown_and_pending_parents_make_pending() {
    let (mut p, asset, ops) = three();
    let missing = Missing::Statement(StatementId([1; 32]));
    p.change(&ops[1..2], |facts| {
        facts.verdict = Verdict::Pending(missing.clone())
    });
    assert_eq!(
        p.verdict(ops[1]),
        &OpVerdict::Pending(OpMissing::Authority(missing))
    );
    assert_eq!(
        p.verdict(ops[2]),
        &OpVerdict::Pending(OpMissing::Operation(ops[1]))
    );
    assert_eq!(p.history(asset).heads(), [ops[0]]);
    p.change(&ops[1..2], |facts| {
        facts.verdict = Verdict::Valid;
        facts.actor = None;
    });
    assert!(p.verdict(ops[1]).is_pending());
}

#[test]
fn void_precedes_pending() {
    let (mut p, _, ops) = three();
    p.forget(ops[1]);
    p.change(&ops[2..3], |facts| {
        facts.verdict = Verdict::Void(VoidReason::WrongKey)
    });
    p.expect_void(ops[2], OpVoid::Authority(VoidReason::WrongKey));
    p.change(&ops[2..3], |facts| {
        facts.verdict = Verdict::Pending(Missing::Genesis);
        facts.body = vec![0xff];
    });
    assert!(matches!(p.verdict(ops[2]), OpVerdict::Void(OpVoid::Malformed(_))));
}

#[test]
fn newer_kinds_and_versions_wait_for_a_newer_program() {
    let (mut p, asset, ops) = three();
    for (kind, version) in [("asset.set", 2), ("asset.polish", 1), ("spaceship.launch", 1)] {
        p.change(&ops[1..2], |facts| {
            facts.kind = kind.parse().unwrap();
            facts.version = version;
        });
        let newer = OpMissing::NewerProgram {
            kind: kind.parse().unwrap(),
            version,
        };
        assert_eq!(p.verdict(ops[1]), &OpVerdict::Pending(newer));
        assert_eq!(
            p.verdict(ops[2]),
            &OpVerdict::Pending(OpMissing::Operation(ops[1]))
        );
        assert_eq!(p.history(asset).heads(), [ops[0]]);
    }
    p.change(&ops[1..2], |facts| {
        facts.kind = "asset.set".parse().unwrap();
        facts.version = 0;
    });
    assert!(matches!(p.verdict(ops[1]), OpVerdict::Void(OpVoid::Malformed(_))));
}

#[test]
fn parents_are_of_the_same_record_and_cited_operations_of_others() {
    let (mut p, asset, ops) = three();
    let other = p.asset(&p.b.clone(), "Car");
    p.change(&ops[1..2], |facts| facts.parents = vec![OpId::from(other)]);
    let what = "a parent is an operation of another record";
    p.expect_void(ops[1], OpVoid::Malformed(what.to_owned()));
    // Whoever builds on it has nothing to build on.
    p.expect_illegal(ops[2], Illegality::NoRecord);
    p.change(&ops[1..2], |facts| {
        facts.parents = vec![ops[0]];
        facts.refs = vec![OpId::from(asset)];
    });
    let what = "a cited operation is of the same record";
    p.expect_void(ops[1], OpVoid::Malformed(what.to_owned()));
    p.expect_valid(ops[2]);
}

#[test]
fn only_creations_have_no_parents() {
    let (mut p, asset, ops) = three();
    let creation = p.ops[&OpId::from(asset)].as_ref().clone();
    p.change(&ops[0..1], |facts| {
        facts.kind = creation.kind.clone();
        facts.body.clone_from(&creation.body);
        facts.refs.clone_from(&creation.refs);
    });
    assert!(matches!(p.verdict(ops[0]), OpVerdict::Void(OpVoid::Malformed(_))));
    p.expect_valid(ops[1]);
}

#[test]
fn a_void_cited_operation_voids_and_a_pending_one_waits() {
    let (mut p, asset, ops) = three();
    let unit = OpId::from(p.a.unit());
    p.change(&[unit], |facts| {
        facts.verdict = Verdict::Pending(Missing::Genesis)
    });
    assert_eq!(
        p.verdict(asset.into()),
        &OpVerdict::Pending(OpMissing::Operation(unit))
    );
    p.change(&[unit], |facts| {
        facts.verdict = Verdict::Void(VoidReason::WrongKey)
    });
    p.expect_void(asset.into(), OpVoid::RefVoid(unit));
    p.expect_illegal(ops[2], Illegality::NoRecord);
    // Nor does a registration rest on a unit that a cut took away.
    p.cut(&[unit]);
    p.expect_void(asset.into(), OpVoid::RefVoid(unit));
    p.change(&[unit], |facts| facts.verdict = Verdict::Valid);
    p.expect_valid(ops[2]);
}

#[test]
fn inserting_one_by_one_is_judging_all() {
    let (mut p, asset, ops) = three();
    p.cut(&ops[1..2]);
    let all = p.history(asset).operations().to_vec();
    let whole = p.history(asset);
    for order in [vec![0, 1, 2, 3], vec![3, 2, 1, 0], vec![2, 0, 3, 1]] {
        let mut history = History::default();
        for at in order {
            history.insert(all[at].clone(), &p.world());
        }
        for op in ops {
            assert_eq!(history.verdict(&op), whole.verdict(&op));
        }
        assert_eq!(history.state(), whole.state());
        assert_eq!(history.heads(), whole.heads());
    }
}

#[test]
fn an_empty_history_is_no_record() {
    let history = History::default();
    assert!(!history.exists());
    assert!(history.heads().is_empty());
    assert_eq!(history.record(), None);
    assert_eq!(history.state_at(&[OpId([1; 32])]), *history.state());
}
