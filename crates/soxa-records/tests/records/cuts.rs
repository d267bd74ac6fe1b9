//! Cuts: what is void for no other reason than a cut takes its custody with it, and honest handovers above it stay.

use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_ledger::verdict::{Verdict, VoidReason};
use soxa_records::asset::AssetSet;
use soxa_records::{Illegality, LinkId, OpVoid};

use crate::province::{CUT, Province};

/// A to B to C; the operations of both acceptances (accept, effect, custody).
fn handed_on() -> (Province, RecordId, Vec<OpId>, Vec<OpId>) {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let first = p.hand_over(&a, &b, &[asset]);
    let second = p.hand_over(&b, &c, &[asset]);
    (p, asset, first, second)
}

#[test]
fn honest_handovers_above_a_cut_link_survive_as_unfounded() {
    let (mut p, asset, first, second) = handed_on();
    p.cut(&first);
    p.expect_void(first[2], OpVoid::Authority(VoidReason::Cut(CUT)));
    assert!(p.history(asset).is_severed(&first[2]));
    for op in &second {
        p.expect_valid(*op);
    }
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, Some(p.c.unit()));
    assert!(custody.provisional);
    let link = LinkId::of_line(p.ops[&second[0]].record, 1);
    assert_eq!(custody.unfounded, [link]);
    assert_eq!(custody.contested, None);
}

#[test]
fn a_cut_signature_severs_like_a_cut_commit() {
    let (mut p, asset, first, second) = handed_on();
    // The giver's signature falls, while the receiver who issued accept and effect stands.
    let giver = p.a.clone();
    let offer = p.ops[&first[0]].parents.clone();
    p.cut(&offer);
    p.cut_signatures(&giver, &Verdict::Void(VoidReason::Cut(CUT)));
    assert!(p.verdict(first[1]).is_void());
    p.expect_void(first[2], OpVoid::RefVoid(first[1]));
    assert!(p.history(asset).is_severed(&first[2]));
    for op in &second {
        p.expect_valid(*op);
    }
    assert!(p.asset_view(asset).custody.provisional);
}

#[test]
fn a_link_that_would_be_void_anyway_severs_nothing() {
    let (mut p, asset, first, second) = handed_on();
    p.change(&first, |facts| {
        facts.verdict = Verdict::Void(VoidReason::OutsideTerm)
    });
    assert!(!p.history(asset).is_severed(&first[2]));
    let draft = OpId::from(p.ops[&second[0]].record);
    p.expect_void(draft, OpVoid::RefVoid(first[2]));
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, Some(p.a.unit()));
    assert!(!custody.provisional);
}

#[test]
fn a_forged_link_under_a_cut_appointment_founds_nothing() {
    let (mut p, asset, first, second) = handed_on();
    p.cut(&first);
    // The thief goes on with the cut key: a custody operation whose effect never was.
    let c = p.c.clone();
    let mut forged = p.ops[&second[2]].as_ref().clone();
    forged.id = OpId([0xee; 32]);
    forged.refs = vec![first[0]];
    forged.verdict = Verdict::Void(VoidReason::Cut(CUT));
    p.learn(vec![forged]);
    assert!(!p.history(asset).is_severed(&OpId([0xee; 32])));
    assert_eq!(p.asset_view(asset).custody.custodian, Some(c.unit()));
}

#[test]
fn whole_chains_may_be_severed() {
    let (mut p, asset, first, second) = handed_on();
    let (c, centre) = (p.c.clone(), p.centre.clone());
    let third = p.hand_over(&c, &centre, &[asset]);
    p.cut(&first);
    p.cut(&second);
    for op in &third {
        p.expect_valid(*op);
    }
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, Some(centre.unit()));
    assert_eq!(custody.unfounded, [LinkId::of_line(p.ops[&third[0]].record, 1)]);
    // Also when the handovers themselves began under the cut appointment.
    let handover = p.ops[&second[0]].record;
    let all: Vec<OpId> = p.history(handover).operations().iter().map(|op| op.id).collect();
    p.cut(&all);
    for op in &third {
        p.expect_valid(*op);
    }
}

#[test]
fn after_a_cut_the_giver_holds_again_what_nobody_handed_on() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let first = p.hand_over(&a, &b, &[asset]);
    p.cut(&first);
    assert_eq!(p.asset_view(asset).custody.custodian, Some(a.unit()));
    for (by, legal) in [(&a, true), (&b, false)] {
        let mut at = p.at(asset);
        let op = p.act(by, |c| {
            c.set_asset(&mut at, AssetSet::Site("x".to_owned()));
        });
        assert_eq!(p.verdict(op).is_valid(), legal);
    }
    for op in p.hand_over(&a, &c, &[asset]) {
        p.expect_valid(op);
    }
    let custody = p.asset_view(asset).custody;
    assert_eq!((custody.custodian, custody.provisional), (Some(c.unit()), false));
}

#[test]
fn an_unfounded_branch_and_the_giver_may_tie() {
    let mut p = Province::new();
    let (a, b, c, centre) = (p.a.clone(), p.b.clone(), p.c.clone(), p.centre.clone());
    let asset = p.asset(&a, "House");
    let mut fork = p.clone();
    let first = p.hand_over(&a, &b, &[asset]);
    let second = p.hand_over(&b, &c, &[asset]);
    p.cut(&first);
    // Where nobody saw those, A goes on with two handovers of its own.
    fork.skip_commits(100);
    fork.hand_over(&a, &centre, &[asset]);
    fork.hand_over(&centre, &a, &[asset]);
    let theirs = fork
        .ops
        .values()
        .map(|op| op.as_ref().clone())
        .filter(|op| !p.ops.contains_key(&op.id));
    let theirs = theirs.collect();
    p.learn(theirs);
    p.expect_valid(second[2]);
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, None);
    let mut tied = vec![a.unit(), c.unit()];
    tied.sort_unstable();
    assert_eq!(custody.tied, tied);
    assert_eq!(custody.contested.map(|contest| contest.rivals.len()), Some(2));
}

#[test]
fn a_void_registration_leaves_no_record() {
    let (mut p, asset, _, second) = handed_on();
    p.cut(&[OpId::from(asset)]);
    assert!(!p.history(asset).exists());
    p.expect_illegal(second[2], Illegality::NoRecord);
    assert!(p.history(asset).heads().is_empty());
}
