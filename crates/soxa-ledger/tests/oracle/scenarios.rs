//! Single stories told in full: what each part of the rule is for.

use std::collections::BTreeSet;

use soxa_ledger::StatementId;
use soxa_ledger::authority::Authority;
use soxa_ledger::limits::APPOINTMENT_DEPTH_MAX;
use soxa_ledger::statement::{Admission, Fact, Issuer};
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};

use super::story::{Story, at, up_to};
use super::world::WORLD;

#[test]
fn offices_outlive_people() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let before = s.appoint(Issuer::Under(head), 1, "officer", at(0, 3));
    let after = s.appoint(Issuer::Under(head), 2, "officer", at(0, 6));
    let cut = s.cut(Issuer::Root, head, vec![up_to(0, 4)], at(0, 7));
    assert_eq!(s.standing(before), Verdict::Valid);
    assert_eq!(
        s.act(before, &[at(0, 8)]),
        Verdict::Valid,
        "its maker's retirement does not end it"
    );
    assert_eq!(s.standing(after), Verdict::Void(VoidReason::Cut(cut)));
    assert_eq!(
        s.act(after, &[at(0, 8)]),
        Verdict::Void(VoidReason::AppointmentVoid(after))
    );
    assert_eq!(s.act(head, &[at(0, 4)]), Verdict::Valid);
    assert_eq!(s.act(head, &[at(0, 5)]), Verdict::Void(VoidReason::Cut(cut)));
}

#[test]
fn late_cut_touches_only_its_branch() {
    let mut s = Story::new();
    let (a, b) = (
        s.appoint(Issuer::Root, 0, "head", at(0, 1)),
        s.appoint(Issuer::Root, 1, "head", at(0, 1)),
    );
    let a_low = s.appoint(Issuer::Under(a), 2, "head", at(0, 2));
    let a_high = s.appoint(Issuer::Under(a), 3, "head", at(0, 6));
    let below_high = s.appoint(Issuer::Under(a_high), 4, "officer", at(0, 7));
    let b_child = s.appoint(Issuer::Under(b), 2, "officer", at(0, 6));
    let cut = s.cut(Issuer::Root, a, vec![up_to(0, 4)], at(0, 8));
    assert_eq!(
        s.touched.appointments,
        BTreeSet::from([a, a_high, below_high, cut])
    );
    assert_eq!(s.touched.statements, BTreeSet::from([cut, a_high, below_high]));
    assert!(s.touched.nodes.is_empty() && s.touched.feeds.is_empty());
    assert!(!s.touched.appointments.contains(&b_child) && !s.touched.appointments.contains(&a_low));
}

#[test]
fn secondment_ends_by_itself_and_is_renewed() {
    let mut s = Story::new();
    // The entry number n of every feed has the node time 10 n.
    let first = s.appoint_for(Issuer::Root, 0, "officer", 0, Some(40), at(0, 1));
    let again = s.appoint_for(Issuer::Root, 0, "officer", 50, Some(70), at(0, 4));
    assert_eq!(s.act(first, &[at(0, 3)]), Verdict::Valid);
    assert_eq!(
        s.act(first, &[at(0, 4)]),
        Verdict::Void(VoidReason::OutsideTerm),
        "the end is excluded"
    );
    assert_eq!(s.act(again, &[at(0, 4)]), Verdict::Void(VoidReason::OutsideTerm));
    assert_eq!(
        s.act(again, &[at(0, 5)]),
        Verdict::Valid,
        "the beginning is included"
    );
    assert_eq!(
        s.act(again, &[at(0, 7), at(0, 6)]),
        Verdict::Valid,
        "one entry that stands is enough"
    );
}

#[test]
fn compromise_reaches_later_appointments_below_but_not_those_of_others() {
    let mut s = Story::new();
    let ours = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let theirs = s.appoint(Issuer::Root, 1, "head", at(0, 1));
    let declared = s.compromise(Issuer::Under(ours), &WORLD.officials[2], at(0, 2));
    let later = s.appoint(Issuer::Under(ours), 2, "officer", at(0, 3));
    let other = s.appoint(Issuer::Under(theirs), 2, "officer", at(0, 3));
    assert_eq!(
        s.act(later, &[at(0, 4)]),
        Verdict::Void(VoidReason::Cut(declared))
    );
    assert_eq!(s.act(other, &[at(0, 4)]), Verdict::Valid);
    let by_root = s.compromise(Issuer::Root, &WORLD.officials[2], at(0, 5));
    assert_eq!(s.act(other, &[at(0, 4)]), Verdict::Void(VoidReason::Cut(by_root)));
    assert_eq!(
        s.act(later, &[at(0, 4)]),
        Verdict::Void(VoidReason::Cut(by_root)),
        "the highest counts"
    );
}

#[test]
fn highest_rank_counts_and_within_it_the_lowest() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let middle = s.appoint(Issuer::Under(head), 1, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(middle), 2, "officer", at(0, 1));
    let low = s.cut(Issuer::Under(middle), officer, vec![up_to(0, 2)], at(0, 3));
    assert_eq!(s.act(officer, &[at(0, 5)]), Verdict::Void(VoidReason::Cut(low)));
    let wide = s.cut(Issuer::Under(head), officer, vec![up_to(0, 6)], at(0, 3));
    assert_eq!(
        s.act(officer, &[at(0, 5)]),
        Verdict::Valid,
        "the higher revoker lets more stand"
    );
    assert_eq!(s.authority.cuts_on(&officer), [wide]);
    let narrow = s.cut(
        Issuer::Under(head),
        officer,
        vec![up_to(0, 4), up_to(1, 3)],
        at(0, 3),
    );
    assert_eq!(
        s.act(officer, &[at(0, 5)]),
        Verdict::Void(VoidReason::Cut(narrow))
    );
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Valid);
    s.admit(Issuer::Root, 1, at(0, 1));
    assert_eq!(
        s.act(officer, &[at(1, 1)]),
        Verdict::Void(VoidReason::Cut(wide)),
        "one of the two does not name it"
    );
}

#[test]
fn only_those_above_cut() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let peer = s.appoint(Issuer::Root, 1, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(head), 2, "officer", at(0, 1));
    let cut = s.cut(Issuer::Under(peer), officer, vec![], at(0, 2));
    assert_eq!(s.standing(cut), Verdict::Void(VoidReason::NotAbove));
    let own = s.cut(Issuer::Under(head), head, vec![], at(0, 2));
    assert_eq!(s.standing(own), Verdict::Void(VoidReason::NotAbove));
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Valid);
    // A revoker who was cut before revoking.
    let end = s.cut(Issuer::Root, head, vec![up_to(0, 3)], at(0, 8));
    let late = s.cut(Issuer::Under(head), officer, vec![], at(0, 4));
    assert_eq!(s.standing(late), Verdict::Void(VoidReason::Cut(end)));
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Valid);
}

#[test]
fn unfounded_nodes_carry_nothing_until_admitted() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let node = WORLD.nodes[1].node();
    assert_eq!(
        s.act(head, &[at(1, 5)]),
        Verdict::Pending(Missing::Admission(node))
    );
    // Carried by the node's own feed: a statement's standing does not ask who carries it.
    let admission = s.admit(Issuer::Under(head), 1, at(1, 1));
    assert_eq!(s.touched.nodes, BTreeSet::from([node]));
    assert_eq!(s.act(head, &[at(1, 5)]), Verdict::Valid);
    assert_eq!(s.authority.unit_of_node(&node), WORLD.units[1].last().copied());
    let cut = s.cut(Issuer::Root, admission, vec![up_to(1, 4)], at(0, 1));
    assert_eq!(s.act(head, &[at(1, 4)]), Verdict::Valid);
    assert_eq!(s.act(head, &[at(1, 5)]), Verdict::Void(VoidReason::NodeCut(cut)));
    assert_eq!(s.authority.unit_of_node(&node), None);
    s.admit(Issuer::Root, 1, at(0, 6));
    assert_eq!(s.act(head, &[at(1, 5)]), Verdict::Valid, "admitted again");
}

#[test]
fn what_a_node_appended_stays_known_when_whoever_admitted_it_is_cut() {
    let node = WORLD.nodes[1].node();
    let mut s = Story::new();
    assert!(!s.authority.knows_node(&node));
    let officer = s.appoint(Issuer::Root, 1, "officer", at(0, 1));
    s.admit(Issuer::Under(officer), 1, at(0, 2));
    assert!(!s.authority.knows_node(&node), "an officer admits nobody");
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let admission = s.admit(Issuer::Under(head), 1, at(0, 2));
    assert!(s.authority.knows_node(&node));
    // The cut lies below the admission and voids it: nodes that hold the feed and nodes that do not yet must agree.
    let cut = s.cut(Issuer::Root, head, vec![], at(0, 3));
    assert_eq!(s.standing(admission), Verdict::Void(VoidReason::Cut(cut)));
    assert_eq!(s.authority.unit_of_node(&node), None);
    assert!(s.authority.knows_node(&node));
}

#[test]
fn founding_node_ends_by_compromise_only() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let node = WORLD.nodes[0].node();
    assert_eq!(
        s.authority.admitted_nodes(),
        [(node, WORLD.network.province_unit())]
    );
    s.compromise(Issuer::Under(head), &WORLD.nodes[0], at(0, 2));
    assert_eq!(
        s.act(head, &[at(0, 5)]),
        Verdict::Valid,
        "only the root is above a founding node"
    );
    let declared = s.compromise(Issuer::Root, &WORLD.nodes[0], at(1, 2));
    assert_eq!(
        s.act(head, &[at(0, 5)]),
        Verdict::Void(VoidReason::NodeCut(declared))
    );
    assert!(s.authority.admitted_nodes().is_empty());
}

#[test]
fn chain_of_appointments_is_bounded() {
    let mut s = Story::new();
    let mut issuer = Issuer::Root;
    let mut last = StatementId([0; 32]);
    for depth in 1..=APPOINTMENT_DEPTH_MAX + 2 {
        let before = last;
        last = s.appoint(issuer, depth % 5, "head", at(0, 1));
        issuer = Issuer::Under(last);
        if depth <= APPOINTMENT_DEPTH_MAX {
            assert_eq!(s.standing(last), Verdict::Valid, "at depth {depth}");
            let node = s.admit(issuer, 1, at(0, 1));
            assert_eq!(s.standing(node), Verdict::Valid, "an admission at depth {depth}");
            let cut = s.cut(Issuer::Root, node, vec![], at(0, 1));
            assert_eq!(s.standing(cut), Verdict::Valid);
        } else {
            assert_eq!(
                s.standing(last),
                Verdict::Void(VoidReason::TooDeep),
                "at depth {depth}"
            );
            let node = s.admit(issuer, 1, at(0, 1));
            assert_eq!(s.standing(node), Verdict::Void(VoidReason::AppointmentVoid(last)));
            assert_ne!(before, last);
        }
    }
}

#[test]
fn nothing_is_judged_before_the_genesis() {
    let mut authority = Authority::new(WORLD.network);
    assert!(authority.insert(&WORLD.bare_genesis, at(0, 1)).is_empty());
    assert_eq!(
        authority.judge_statement(&StatementId([1; 32])),
        Verdict::Pending(Missing::Genesis)
    );
    assert_eq!(authority.statements().count(), 0);
    assert!(authority.insert(&WORLD.genesis, at(0, 1)).everything);
    assert_eq!(
        authority.judge_statement(&StatementId(WORLD.network.0)),
        Verdict::Valid
    );
}

#[test]
fn authority_crosses_threads() {
    fn check<T: Send + Sync + Clone>() {}
    check::<Authority>();
}

#[test]
fn void_admission_touches_no_node() {
    let mut s = Story::new();
    let officer = s.appoint(Issuer::Root, 1, "officer", at(0, 1));
    let void = s.admit(Issuer::Under(officer), 0, at(0, 2));
    assert_eq!(s.standing(void), Verdict::Void(VoidReason::RoleForbidsStatement));
    assert!(s.touched.nodes.is_empty());
    s.cut(Issuer::Root, void, vec![], at(0, 3));
    assert!(s.touched.nodes.is_empty());
}

#[test]
fn container_shown_does_not_depend_on_the_order() {
    let fact = Fact::Admission(Admission {
        node: WORLD.nodes[1].node(),
        unit_path: WORLD.units[1].clone(),
        name: "máy xã".to_owned(),
    });
    let signed = |signers: [usize; 2]| {
        let signers = signers.map(|root| &WORLD.roots[root]);
        WORLD.sign(Issuer::Root, &fact, &signers)
    };
    let (one, other) = (signed([0, 1]), signed([1, 0]));
    assert!(one.id == other.id && one.bytes() != other.bytes());
    let shown = |first, second| {
        let mut s = Story::new();
        s.authority.insert(first, at(0, 1));
        s.authority.insert(second, at(0, 2));
        s.authority.statement(&one.id).unwrap().bytes().to_vec()
    };
    assert_eq!(shown(&one, &other), shown(&other, &one));
}
