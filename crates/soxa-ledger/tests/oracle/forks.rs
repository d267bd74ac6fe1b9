//! Stories of forks: what a fork takes away, what a statement that names a branch keeps, and that all keep one proof.

use std::collections::BTreeSet;

use soxa_ledger::authority::Authority;
use soxa_ledger::statement::{Appointment, Fact, Issuer};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_ledger::{Seq, Time};

use super::story::{Story, at, up_to};
use super::world::{LENGTH, WORLD};

/// Lets a story know the links of a branch of a feed, all of them.
fn hold(s: &mut Story, feed: usize, branch: usize) {
    let (feed, held) = WORLD.stretch(feed, branch, 0, LENGTH - 1);
    s.touched = s.authority.insert_stretch(feed, held);
}

#[test]
fn branch_that_a_cut_names_survives_the_fork() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let officer = s.appoint(Issuer::Root, 1, "officer", at(0, 1));
    let in_fork = s.appoint(Issuer::Under(head), 2, "officer", at(0, 4));
    let below = s.appoint(Issuer::Under(head), 3, "officer", at(0, 6));
    let feed = at(0, 1).feed;
    let (proof, _) = WORLD.fork(0, (0, LENGTH - 1), (1, 4)).unwrap();
    s.touched = s.authority.insert_fork(&proof);
    assert_eq!(
        (proof.seq(), s.touched.feeds.clone()),
        (Seq(3), BTreeSet::from([feed]))
    );
    assert_eq!(s.touched.appointments, BTreeSet::from([in_fork, below]));
    let unknown = |id| Verdict::Pending(Missing::Statement(id));
    assert_eq!(s.standing(in_fork), unknown(in_fork), "as if nobody had shown it");
    let forked = Verdict::Pending(Missing::Forked(feed));
    assert_eq!(
        (s.act(officer, &[at(0, 2)]), s.act(officer, &[at(0, 3)])),
        (Verdict::Valid, forked.clone())
    );
    let cut = s.cut(Issuer::Root, officer, vec![up_to(0, 5)], at(1, 1));
    assert_eq!(
        s.authority.named(&feed).collect::<Vec<_>>(),
        [((Seq(5), at(0, 5).hash), cut)]
    );
    assert_eq!(s.act(officer, &[at(0, 5)]), Verdict::Valid, "named by hash");
    assert_eq!(
        s.act(officer, &[at(0, 3)]),
        forked,
        "nobody here holds the links down to it"
    );
    hold(&mut s, 0, 0);
    assert_eq!(s.act(officer, &[at(0, 3)]), Verdict::Valid);
    assert_eq!(
        s.act(officer, &[WORLD.position(0, 2, 1)]),
        forked,
        "the same number on the other branch"
    );
    assert_eq!(s.standing(in_fork), Verdict::Valid, "whatever the cut was about");
    assert_eq!(s.act(in_fork, &[at(0, 5)]), Verdict::Valid);
    assert_eq!(s.act(in_fork, &[at(0, 6)]), forked);
    // Another holder appends above the named entry again.
    let again = WORLD.sign(
        Issuer::Under(head),
        &Fact::Appointment(Appointment {
            key: WORLD.officials[3].public(),
            person: "Hoàng Văn Đức".to_owned(),
            record: None,
            unit_path: WORLD.units[1].clone(),
            role: "officer".parse().unwrap(),
            term: Term {
                from: Time(0),
                until: None,
            },
            basis: "12/QĐ-UBND".to_owned(),
        }),
        &[&WORLD.officials[0]],
    );
    assert_eq!((again.id, s.standing(below)), (below, unknown(below)));
    s.authority.insert(&again, at(2, 1));
    assert_eq!(s.standing(below), Verdict::Valid);
}

#[test]
fn who_names_a_branch_needs_no_right_and_no_later_cut_takes_it_back() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(2, 1));
    let officer = s.appoint(Issuer::Root, 1, "officer", at(2, 1));
    let (proof, _) = WORLD.fork(0, (0, LENGTH - 1), (2, 6)).unwrap();
    s.authority.insert_fork(&proof);
    hold(&mut s, 0, 0);
    hold(&mut s, 0, 2);
    let other = WORLD.position(0, 5, 2);
    let forked = Verdict::Pending(Missing::Forked(other.feed));
    assert_eq!(
        [s.act(officer, &[at(0, 6)]), s.act(officer, &[other])],
        [forked.clone(), forked]
    );
    // An officer cuts nobody; that it names a branch makes everybody hold it, and no more.
    let named = WORLD.feed_position(0, 5, 2);
    let cut = s.cut(Issuer::Under(officer), head, vec![named], at(2, 2));
    assert_eq!(s.standing(cut), Verdict::Void(VoidReason::RoleForbidsStatement));
    assert_eq!(s.act(officer, &[other]), Verdict::Valid);
    s.cut(Issuer::Root, officer, vec![up_to(0, 6), up_to(2, 1)], at(2, 3));
    assert!(matches!(s.standing(cut), Verdict::Void(_)));
    assert_eq!(s.act(head, &[other]), Verdict::Valid, "named once, it stays");
    // Two branches stand now, and the cut on the officer names one of them.
    assert_eq!(s.act(officer, &[at(0, 6)]), Verdict::Valid);
    assert!(matches!(
        s.act(officer, &[other]),
        Verdict::Void(VoidReason::Cut(_))
    ));
    assert!(matches!(
        s.act(officer, &[WORLD.position(0, 4, 2)]),
        Verdict::Void(VoidReason::Cut(_))
    ));
}

#[test]
fn of_two_cuts_that_name_different_branches_what_both_have_stands() {
    let mut s = Story::new();
    let officer = s.appoint(Issuer::Root, 1, "officer", at(2, 1));
    let (proof, _) = WORLD.fork(0, (0, LENGTH - 1), (2, 6)).unwrap();
    assert_eq!(proof.seq(), Seq(5));
    s.authority.insert_fork(&proof);
    hold(&mut s, 0, 0);
    hold(&mut s, 0, 2);
    s.cut(Issuer::Root, officer, vec![up_to(0, 7)], at(2, 2));
    assert_eq!(s.act(officer, &[at(0, 6)]), Verdict::Valid);
    s.cut(
        Issuer::Root,
        officer,
        vec![WORLD.feed_position(0, 5, 2)],
        at(2, 3),
    );
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Valid);
    for beyond in [
        at(0, 5),
        at(0, 6),
        WORLD.position(0, 4, 2),
        WORLD.position(0, 5, 2),
    ] {
        assert!(matches!(
            s.act(officer, &[beyond]),
            Verdict::Void(VoidReason::Cut(_))
        ));
    }
}

#[test]
fn a_cut_that_only_the_forked_part_carries_names_nothing_until_somebody_appends_it_again() {
    let mut s = Story::new();
    let officer = s.appoint(Issuer::Root, 1, "officer", at(2, 1));
    s.cut(Issuer::Root, officer, vec![up_to(0, 7), up_to(2, 1)], at(0, 8));
    let (proof, _) = WORLD.fork(0, (0, LENGTH - 1), (2, 6)).unwrap();
    s.authority.insert_fork(&proof);
    hold(&mut s, 0, 0);
    let act = [at(0, 6)];
    assert_eq!(
        s.act(officer, &act),
        Verdict::Pending(Missing::Forked(act[0].feed))
    );
    s.cut(Issuer::Root, officer, vec![up_to(0, 7), up_to(2, 1)], at(2, 2));
    assert_eq!(s.act(officer, &act), Verdict::Valid);
    assert!(matches!(
        s.act(officer, &[at(2, 3)]),
        Verdict::Void(VoidReason::Cut(_))
    ));
}

/// A discarded machine: its admission was ended where it stood. Whoever finds its key forks its feed from the start.
#[test]
fn a_discarded_node_touches_nothing_that_the_end_of_its_admission_has_named() {
    let mut s = Story::new();
    let admission = s.admit(Issuer::Root, 1, at(2, 1));
    let head = s.appoint(Issuer::Root, 0, "head", at(1, 4));
    let officer = s.appoint(Issuer::Under(head), 1, "officer", at(1, 6));
    s.cut(Issuer::Root, admission, vec![up_to(1, 7)], at(2, 2));
    let verdicts = |s: &Story| {
        let acts = (1..=LENGTH).map(|seq| s.act(officer, &[at(1, seq)]));
        (s.standing(head), s.standing(officer), acts.collect::<Vec<_>>())
    };
    let before = verdicts(&s);
    assert_eq!(before.2.iter().filter(|verdict| verdict.is_valid()).count(), 7);
    hold(&mut s, 1, 0);
    for branch in [2, 1] {
        let (proof, _) = WORLD.fork(1, (0, LENGTH - 1), (branch, 6)).unwrap();
        s.authority.insert_fork(&proof);
        hold(&mut s, 1, branch);
        let after = verdicts(&s);
        assert_eq!(
            (&after.0, &after.1, &after.2[..7]),
            (&before.0, &before.1, &before.2[..7])
        );
        assert_eq!(after.2[7], Verdict::Pending(Missing::Forked(at(1, 1).feed)));
    }
    // With an accomplice that names its other history, it gains nothing.
    s.cut(
        Issuer::Under(officer),
        head,
        vec![WORLD.feed_position(1, 5, 1)],
        at(2, 3),
    );
    let forged = WORLD.position(1, 4, 1);
    assert!(matches!(
        s.act(officer, &[forged]),
        Verdict::Void(VoidReason::NodeCut(_))
    ));
    assert_eq!(verdicts(&s).2[..7], before.2[..7]);
}

#[test]
fn every_node_keeps_the_same_fork_proof() {
    // All for one fork: two show alike much, so that only their bytes tell which is kept.
    let proofs = [
        ((0, 4), (1, 3)),
        ((0, 3), (1, 4)),
        ((0, 4), (2, 6)),
        ((0, 2), (1, 2)),
        ((0, 3), (1, 3)),
    ]
    .map(|(one, other)| WORLD.fork(0, one, other).unwrap().0);
    let mut kept = BTreeSet::new();
    for start in 0..proofs.len() {
        for step in 1..proofs.len() {
            let mut authority = Authority::new(WORLD.network);
            for i in 0..proofs.len() {
                authority.insert_fork(&proofs[(start + i * step) % proofs.len()]);
            }
            let feed = at(0, 1).feed;
            kept.insert(authority.fork_of(&feed).unwrap().bytes().to_vec());
        }
    }
    assert_eq!(kept.len(), 1);
    assert!(kept.contains(proofs[0].bytes()) || kept.contains(proofs[1].bytes()));
}
