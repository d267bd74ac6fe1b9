//! Rulings: the common superior names the link that stands; the rest is set aside and shown, and can come back.

use std::collections::BTreeSet;

use proptest::prelude::*;
use soxa_ledger::OpId;
use soxa_ledger::ids::RecordId;
use soxa_records::RecordKind;
use soxa_records::asset::AssetSet;
use soxa_records::custody::Link;
use soxa_records::ruling::{Ruled, Ruling};
use soxa_records::{CustodyView, Illegality, LinkId};

use crate::custody::links;
use crate::province::{Official, Province};

/// A gave the asset to B and to C; the links of the two.
fn given_twice() -> (Province, RecordId, LinkId, LinkId) {
    let mut p = Province::new();
    let (a, b, c) = (p.a.clone(), p.b.clone(), p.c.clone());
    let asset = p.asset(&a, "House");
    let (to_b, to_c) = (p.offered(&a, &b, &[asset]), p.offered(&a, &c, &[asset]));
    let (accept_b, accept_c) = (p.acceptance(to_b, &b, &[]), p.acceptance(to_c, &c, &[]));
    p.commit(&b, accept_b);
    p.commit(&c, accept_c);
    (p, asset, LinkId::of_line(to_b, 1), LinkId::of_line(to_c, 1))
}

/// Rules that `stands` is the link, on what lies below.
fn rule(p: &mut Province, by: &Official, asset: RecordId, on: LinkId, stands: LinkId) -> OpId {
    let ruling = Ruling {
        on,
        stands,
        reason: "QĐ 15/UBND".to_owned(),
    };
    let units = ruling.units(p.history(asset).state()).unwrap_or_default();
    let mut at = p.at(asset);
    p.act(by, |c| {
        c.rule(&mut at, RecordKind::Asset, ruling, units);
    })
}

fn custody(p: &Province, asset: RecordId) -> CustodyView {
    p.asset_view(asset).custody
}

fn rename(p: &mut Province, by: &Official, asset: RecordId) -> OpId {
    let mut at = p.at(asset);
    p.act(by, |c| {
        c.set_asset(&mut at, AssetSet::Name("House".to_owned()));
    })
}

#[test]
fn the_common_superior_settles_a_contest() {
    let (mut p, asset, to_b, to_c) = given_twice();
    let (top, b, c, centre) = (p.top.clone(), p.b.clone(), p.c.clone(), p.centre.clone());
    let dispute = custody(&p, asset).dispute().unwrap();
    assert_eq!(dispute.on, LinkId::of_registration(asset));
    assert_eq!(BTreeSet::from_iter(dispute.choices), BTreeSet::from([to_b, to_c]));

    let ruling = rule(&mut p, &top, asset, dispute.on, to_b);
    p.expect_valid(ruling);
    let after = custody(&p, asset);
    assert_eq!(
        (after.custodian, after.contested, after.provisional),
        (Some(b.unit()), None, false)
    );
    assert_eq!(after.set_aside, [to_c]);
    assert_eq!(
        after.rulings.iter().map(|ruled| ruled.op).collect::<Vec<_>>(),
        [ruling]
    );
    assert_eq!(after.links.len(), 3, "what is set aside is shown");

    let op = rename(&mut p, &b, asset);
    p.expect_valid(op);
    let op = rename(&mut p, &c, asset);
    let custodian = Some(b.unit());
    p.expect_illegal(
        op,
        Illegality::NotCustodian {
            custodian,
            actor: Some(c.unit()),
        },
    );
    for op in p.hand_over(&b, &centre, &[asset]) {
        p.expect_valid(op);
    }
}

#[test]
fn rivals_that_nobody_had_shown_lose_too() {
    let (mut p, asset, to_b, to_c) = given_twice();
    let (top, a, centre) = (p.top.clone(), p.a.clone(), p.centre.clone());
    // Where nobody knows of the two, A gives it away once more.
    let mut elsewhere = p.clone();
    let newest: Vec<OpId> = p.history(asset).heads();
    newest.iter().for_each(|op| elsewhere.forget(*op));
    elsewhere.skip_commits(100);
    let third = elsewhere.hand_over(&a, &centre, &[asset]);
    rule(&mut p, &top, asset, LinkId::of_registration(asset), to_b);
    let theirs = elsewhere.ops.values().map(|op| op.as_ref().clone());
    let theirs = theirs.filter(|op| !p.ops.contains_key(&op.id)).collect();
    p.learn(theirs);
    third.iter().for_each(|op| p.expect_valid(*op));
    let after = custody(&p, asset);
    assert_eq!(after.custodian, Some(p.b.unit()));
    let third = LinkId::of_line(p.ops[&third[0]].record, 1);
    assert_eq!(
        BTreeSet::from_iter(after.set_aside),
        BTreeSet::from([to_c, third])
    );
}

#[test]
fn the_longer_branch_may_lose_and_what_it_did_before_stays_legal() {
    let (mut p, asset, _, to_c) = given_twice();
    let (top, b, c, centre) = (p.top.clone(), p.b.clone(), p.c.clone(), p.centre.clone());
    // B hands on without knowing of the contest.
    let mut elsewhere = p.clone();
    let cs: Vec<OpId> = elsewhere
        .ops
        .values()
        .filter(|op| op.actor.as_ref().is_some_and(|actor| actor.key == c.key.public()))
        .map(|op| op.id)
        .collect();
    cs.iter().for_each(|op| elsewhere.forget(*op));
    elsewhere.skip_commits(100);
    let onward = elsewhere.hand_over(&b, &centre, &[asset]);
    let edited = rename(&mut elsewhere, &centre, asset);
    let theirs = elsewhere.ops.values().map(|op| op.as_ref().clone());
    let theirs = theirs.filter(|op| !p.ops.contains_key(&op.id)).collect();
    p.learn(theirs);
    assert_eq!(
        custody(&p, asset).custodian,
        Some(centre.unit()),
        "the longer branch goes on"
    );
    rule(&mut p, &top, asset, LinkId::of_registration(asset), to_c);
    let after = custody(&p, asset);
    assert_eq!(after.custodian, Some(c.unit()));
    assert_eq!(after.set_aside.len(), 2, "the whole branch");
    for op in onward.iter().chain([&edited]) {
        p.expect_valid(*op);
    }
    let op = rename(&mut p, &centre, asset);
    assert!(p.verdict(op).is_void(), "from now on it is C's");
}

#[test]
fn only_a_superior_of_all_may_rule_and_only_where_there_is_something() {
    let (mut p, asset, to_b, to_c) = given_twice();
    let (top, b, centre) = (p.top.clone(), p.b.clone(), p.centre.clone());
    let base = LinkId::of_registration(asset);
    let op = rule(&mut p, &b, asset, base, to_b);
    assert!(matches!(
        p.verdict(op),
        soxa_records::OpVerdict::Void(soxa_records::OpVoid::Illegal(Illegality::NotAbove { .. }))
    ));
    // One unit is left out of what the ruling cites.
    let ruling = Ruling {
        on: base,
        stands: to_b,
        reason: "x".to_owned(),
    };
    let mut units = ruling.units(p.history(asset).state()).unwrap();
    let last = units.pop_last().unwrap();
    let mut at = p.at(asset);
    let op = p.act(&top, |c| {
        c.rule(&mut at, RecordKind::Asset, ruling, units);
    });
    p.expect_illegal(op, Illegality::UnitNotCited(last));
    for (on, stands) in [
        (base, base),
        (to_b, to_c),
        (to_c, to_b),
        (base, LinkId([9; 32])),
        (LinkId([9; 32]), to_b),
    ] {
        let op = rule(&mut p, &top, asset, on, stands);
        p.expect_illegal(op, Illegality::NothingToRule);
    }
    let a = p.a.clone();
    let other = p.asset(&a, "Car");
    p.hand_over(&a, &centre, &[other]);
    let link = custody(&p, other).current.unwrap();
    let op = rule(&mut p, &top, other, LinkId::of_registration(other), link);
    p.expect_illegal(op, Illegality::NothingToRule);
    // The same asset, ruled as if it were a person.
    let mut at = p.at(asset);
    let op = p.act(&top, |c| {
        let ruling = Ruling {
            on: base,
            stands: to_b,
            reason: "x".to_owned(),
        };
        c.rule(&mut at, RecordKind::Person, ruling, []);
    });
    p.expect_illegal(op, Illegality::OtherKind(soxa_records::RecordKind::Asset));
}

#[test]
fn a_later_ruling_replaces_the_earlier_and_of_concurrent_ones_the_smaller_id_counts() {
    let (mut p, asset, to_b, to_c) = given_twice();
    let top = p.top.clone();
    let base = LinkId::of_registration(asset);
    let mut elsewhere = p.clone();
    elsewhere.skip_commits(100);
    let one = rule(&mut p, &top, asset, base, to_b);
    let other = rule(&mut elsewhere, &top, asset, base, to_c);
    p.learn(vec![elsewhere.ops[&other].as_ref().clone()]);
    p.expect_valid(one);
    p.expect_valid(other);
    let (winner, holder) = if one < other {
        (one, p.b.unit())
    } else {
        (other, p.c.unit())
    };
    let view = custody(&p, asset);
    assert_eq!((view.rulings[0].op, view.custodian), (winner, Some(holder)));
    // Who knows both may decide anew.
    for (stands, holder) in [(to_b, p.b.unit()), (to_c, p.c.unit())] {
        let op = rule(&mut p, &top, asset, base, stands);
        p.expect_valid(op);
        assert_eq!(custody(&p, asset).custodian, Some(holder));
    }
}

#[test]
fn a_higher_unit_overrules_and_is_not_overruled() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let one = p.unit(&a, 21, "One", soxa_records::unit::UnitKind::ServiceCentre);
    let two = p.unit(&a, 22, "Two", soxa_records::unit::UnitKind::ServiceCentre);
    let asset = p.asset(&a, "House");
    let (to_one, to_two) = (p.offered(&a, &one, &[asset]), p.offered(&a, &two, &[asset]));
    let (first, second) = (p.acceptance(to_one, &one, &[]), p.acceptance(to_two, &two, &[]));
    p.commit(&one, first);
    p.commit(&two, second);
    let (to_one, to_two) = (LinkId::of_line(to_one, 1), LinkId::of_line(to_two, 1));
    let base = LinkId::of_registration(asset);
    let mut elsewhere = p.clone();
    elsewhere.skip_commits(100);
    let op = rule(&mut p, &a, asset, base, to_one);
    p.expect_valid(op);
    assert_eq!(custody(&p, asset).custodian, Some(one.unit()));
    // Concurrently, from above: it counts, whatever the ids.
    let above = rule(&mut elsewhere, &top, asset, base, to_two);
    p.learn(vec![elsewhere.ops[&above].as_ref().clone()]);
    assert_eq!(custody(&p, asset).custodian, Some(two.unit()));
    let op = rule(&mut p, &a, asset, base, to_one);
    p.expect_illegal(op, Illegality::RuledAbove);
    let op = rule(&mut p, &top, asset, base, to_one);
    p.expect_valid(op);
    assert_eq!(custody(&p, asset).custodian, Some(one.unit()));
}

#[test]
fn an_unfounded_link_is_given_a_basis_or_set_aside() {
    for confirm in [true, false] {
        let mut p = Province::new();
        let (top, a, b, c, centre) = (
            p.top.clone(),
            p.a.clone(),
            p.b.clone(),
            p.c.clone(),
            p.centre.clone(),
        );
        let asset = p.asset(&a, "House");
        let first = p.hand_over(&a, &b, &[asset]);
        let second = p.hand_over(&b, &c, &[asset]);
        p.cut(&first);
        let link = LinkId::of_line(p.ops[&second[0]].record, 1);
        let dispute = custody(&p, asset).dispute().unwrap();
        assert_eq!(
            (dispute.on, dispute.choices),
            (
                LinkId::of_registration(asset),
                vec![link, LinkId::of_registration(asset)]
            )
        );
        let stands = if confirm { link } else { dispute.on };
        let op = rule(&mut p, &top, asset, dispute.on, stands);
        p.expect_valid(op);
        let (holder, other) = if confirm { (&c, &a) } else { (&a, &c) };
        let after = custody(&p, asset);
        assert_eq!((after.custodian, after.provisional), (Some(holder.unit()), false));
        assert_eq!(after.unfounded, []);
        assert_eq!(after.dispute(), None);
        assert_eq!(after.set_aside.is_empty(), confirm);
        let op = rename(&mut p, other, asset);
        assert!(p.verdict(op).is_void());
        for op in p.hand_over(holder, &centre, &[asset]) {
            p.expect_valid(op);
        }
        assert_eq!(
            custody(&p, asset).custodian,
            Some(centre.unit()),
            "what is handed on afterwards counts"
        );
    }
}

#[test]
fn a_ruling_that_falls_leaves_the_contest_as_it_was() {
    let (mut p, asset, to_b, _) = given_twice();
    let (top, b) = (p.top.clone(), p.b.clone());
    let before = custody(&p, asset);
    let ruling = rule(&mut p, &top, asset, LinkId::of_registration(asset), to_b);
    let renamed = rename(&mut p, &b, asset);
    p.expect_valid(renamed);
    p.cut(&[ruling]);
    assert_eq!(custody(&p, asset), before);
    assert!(p.verdict(renamed).is_void(), "it rested on the ruling alone");
    // Where the standing link itself falls, the ruling decides nothing and the rival holds.
    let (mut p, asset, to_b, to_c) = given_twice();
    rule(&mut p, &top, asset, LinkId::of_registration(asset), to_b);
    let link = custody(&p, asset).link(&to_b).unwrap().ops.clone();
    p.cut(&link);
    assert_eq!(custody(&p, asset).current, Some(to_c));
}

/// What rulings mean, written once more from the words alone: go through all links for each ruling.
fn plainly(links: &[Link], rulings: &[Ruled]) -> (BTreeSet<LinkId>, Option<LinkId>) {
    let mut counting: Vec<&Ruled> = rulings
        .iter()
        .filter(|one| {
            !rulings.iter().any(|two| {
                two.on == one.on
                    && (two.rank < one.rank
                        || two.rank == one.rank
                            && (two.round > one.round || two.round == one.round && two.op < one.op))
            })
        })
        .collect();
    let depth = |id: LinkId| links.iter().find(|link| link.link == id).map(|link| link.depth);
    counting.sort_by_key(|ruled| (depth(ruled.on), ruled.on));
    let mut left: Vec<Link> = links.to_vec();
    for ruled in counting {
        let there = |id: LinkId, left: &[Link]| left.iter().any(|link| link.link == id);
        if !there(ruled.on, &left) || !there(ruled.stands, &left) {
            continue;
        }
        let under = depth(ruled.on).unwrap();
        let all = left.clone();
        left.retain(|link| {
            let mut at = Some(link.clone());
            while let Some(below) = &at {
                if below.link == ruled.stands {
                    return true;
                }
                at = all.iter().find(|other| Some(other.link) == below.prev).cloned();
            }
            link.depth <= under
        });
    }
    let kept: BTreeSet<LinkId> = left.iter().map(|link| link.link).collect();
    let tips: Vec<&Link> = left
        .iter()
        .filter(|link| !left.iter().any(|other| other.prev == Some(link.link)))
        .collect();
    let deepest: Vec<&&Link> = tips
        .iter()
        .filter(|tip| tips.iter().all(|other| other.depth <= tip.depth))
        .collect();
    let current = match deepest.as_slice() {
        [one] => Some(one.link),
        _ => None,
    };
    (kept, current)
}

fn ruled() -> impl Strategy<Value = Ruled> {
    (0_u8..9, 0_u8..9, 1_u32..3, 1_u32..3).prop_map(|(on, stands, rank, round)| Ruled {
        op: OpId([0; 32]),
        on: LinkId([on; 32]),
        stands: LinkId([stands; 32]),
        reason: "x".to_owned(),
        unit: RecordId([0; 32]),
        person: String::new(),
        rank,
        round,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_writings_of_the_rule_agree(links in links(), rulings in proptest::collection::vec(ruled(), 0..4)) {
        let mut rulings = rulings;
        (1_u8..).zip(&mut rulings).for_each(|(n, ruled)| ruled.op = OpId([n; 32]));
        let view = CustodyView::resolve(links.clone(), rulings.clone());
        let (kept, current) = plainly(&links, &rulings);
        let aside: BTreeSet<LinkId> = view.set_aside.iter().copied().collect();
        let shown: BTreeSet<LinkId> = view.links.iter().map(|link| link.link).filter(|link| !aside.contains(link)).collect();
        prop_assert_eq!(shown, kept);
        prop_assert_eq!(view.current, current);
        // What one can rule on, one can settle: some choice leaves a single branch or less to settle.
        if let Some(dispute) = view.dispute() {
            prop_assert!(view.link(&dispute.on).is_some());
            prop_assert!(dispute.choices.iter().all(|choice| view.link(choice).is_some()));
        }
        let mut turned = rulings;
        turned.reverse();
        prop_assert_eq!(CustodyView::resolve(links.into_iter().rev(), turned), view);
    }
}
