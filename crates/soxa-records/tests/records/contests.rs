//! One asset given away twice: both handovers stand and are shown; the longer branch goes on; a tie holds nobody.

use soxa_ledger::ids::RecordId;
use soxa_records::asset::AssetSet;
use soxa_records::{Illegality, LinkId};

use crate::province::{Official, Province, subject_of};

/// A gave the asset to B and to C, each by an effective handover.
fn given_twice() -> (Province, RecordId) {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let to_b = p.offered(&a, &b, &[asset]);
    let to_c = p.offered(&a, &c, &[asset]);
    let (accept_b, accept_c) = (p.acceptance(to_b, &b, &[]), p.acceptance(to_c, &c, &[]));
    for (by, composer) in [(&b, accept_b), (&c, accept_c)] {
        for op in p.commit(by, composer) {
            p.expect_valid(op);
        }
    }
    (p, asset)
}

fn set(p: &mut Province, by: &Official, asset: RecordId, setting: AssetSet) -> soxa_ledger::OpId {
    let mut at = p.at(asset);
    p.act(by, |c| {
        c.set_asset(&mut at, setting);
    })
}

#[test]
fn on_a_tie_nobody_is_custodian() {
    let (p, asset) = given_twice();
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, None);
    let mut tied = vec![p.b.unit(), p.c.unit()];
    tied.sort_unstable();
    assert_eq!(custody.tied, tied);
    let contest = custody.contested.unwrap();
    assert_eq!(contest.prev, LinkId::of_registration(asset));
    assert_eq!(contest.rivals.len(), 2);
    assert!(custody.unfounded.is_empty());
}

#[test]
fn tied_receivers_record_condition_and_site_only() {
    let (mut p, asset) = given_twice();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    for by in [&b, &c] {
        let op = set(&mut p, by, asset, AssetSet::Condition("seen".to_owned()));
        p.expect_valid(op);
        let op = set(&mut p, by, asset, AssetSet::Site("here".to_owned()));
        p.expect_valid(op);
        let op = set(&mut p, by, asset, AssetSet::Name("mine".to_owned()));
        p.expect_illegal(op, Illegality::ContestedField);
    }
    let op = set(&mut p, &a, asset, AssetSet::Site("mine".to_owned()));
    p.expect_illegal(
        op,
        Illegality::NotCustodian {
            custodian: None,
            actor: Some(a.unit()),
        },
    );
}

#[test]
fn the_longer_branch_goes_on_working() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let to_c = p.offered(&a, &c, &[asset]);
    // C accepts without having seen that B has the asset already, and handed it on to the centre.
    let late = p.acceptance(to_c, &c, &[]);
    p.hand_over(&a, &b, &[asset]);
    let centre = p.centre.clone();
    p.hand_over(&b, &centre, &[asset]);
    let ops = p.commit(&c, late);
    for op in &ops {
        p.expect_valid(*op);
    }
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, Some(centre.unit()));
    assert!(custody.contested.is_some(), "flagged all the same");
    let op = set(&mut p, &centre, asset, AssetSet::Name("House".to_owned()));
    p.expect_valid(op);
    let op = set(&mut p, &c, asset, AssetSet::Site("here".to_owned()));
    p.expect_illegal(
        op,
        Illegality::NotCustodian {
            custodian: Some(centre.unit()),
            actor: Some(c.unit()),
        },
    );
    for op in p.hand_over(&centre, &a, &[asset]) {
        p.expect_valid(op);
    }
}

#[test]
fn what_is_known_to_have_moved_cannot_be_given_again() {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let to_c = p.offered(&a, &c, &[asset]);
    let ops = p.hand_over(&a, &b, &[asset]);
    let current = LinkId::of_line(p.ops[&ops[0]].record, 1);
    // Now C's acceptance builds on a history of the asset in which it has moved.
    let composer = p.acceptance(to_c, &c, &[]);
    let ops = p.commit(&c, composer);
    p.expect_valid(ops[0]);
    p.expect_valid(ops[1]);
    let prev = LinkId::of_registration(asset);
    p.expect_illegal(
        ops[2],
        Illegality::LinkMoved {
            prev,
            current: Some(current),
        },
    );
    let custody = p.asset_view(asset).custody;
    assert_eq!(custody.custodian, Some(b.unit()));
    assert_eq!(custody.contested, None);
}

#[test]
fn on_a_tie_new_handovers_wait() {
    let mut p = Province::new();
    let (a, b, c, centre) = (p.a.clone(), p.b.clone(), p.c.clone(), p.centre.clone());
    let asset = p.asset(&a, "House");
    let to_c = p.offered(&a, &c, &[asset]);
    let late = p.acceptance(to_c, &c, &[]);
    p.hand_over(&a, &b, &[asset]);
    // B offered before the contest was known; the receiver's program sees the tie.
    let onward = p.offered(&b, &centre, &[asset]);
    p.commit(&c, late);
    let composer = p.acceptance(onward, &centre, &[]);
    let ops = p.commit(&centre, composer);
    let prev = subject_of(&mut p.draft_of(onward).lines[0]).prev;
    p.expect_illegal(ops[2], Illegality::LinkMoved { prev, current: None });
}
