//! Stories of those who come after others: other root keys, the successor of a unit's last official, whoever adopts
//! what was left behind, and whoever finds a key. Told with the words of [`super::story`].

use std::collections::BTreeSet;

use soxa_ledger::authority::Touched;
use soxa_ledger::statement::{Adoption, Appointment, Fact, FeedPosition, Issuer, RootChange};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_ledger::{CommitId, SecretKey, StatementId, Time};

use super::story::{COMMIT, Story, at, up_to};
use super::world::WORLD;

/// Other root keys, three of which two must sign, after those of the genesis.
fn change(remark: &str, stands: Vec<FeedPosition>) -> Fact {
    Fact::Roots(RootChange {
        roots: WORLD.roots.iter().skip(2).map(SecretKey::public).collect(),
        quorum: 2,
        follows: StatementId(WORLD.network.0),
        remark: remark.to_owned(),
        stands,
    })
}

fn head(official: usize, unit: usize) -> Fact {
    Fact::Appointment(Appointment {
        key: WORLD.officials[official].public(),
        person: "Bế Văn Đàn".to_owned(),
        record: None,
        unit_path: WORLD.units[unit].clone(),
        role: "head".parse().unwrap(),
        term: Term {
            from: Time(0),
            until: None,
        },
        basis: String::new(),
    })
}

#[test]
fn other_root_keys_follow_and_what_the_first_did_stands() {
    let [first, second, third, fourth, fifth] = WORLD.roots.as_slice() else {
        panic!("five root keys");
    };
    let mut s = Story::new();
    let before = s.say_signed(Issuer::Root, &head(0, 1), &[first, second], at(0, 2));
    let lone = s.say_signed(Issuer::Root, &change("alone", vec![]), &[first], at(0, 3));
    assert_eq!(s.standing(lone), Verdict::Void(VoidReason::NoQuorum));
    let stands = vec![up_to(0, 4)];
    let changed = s.say_signed(Issuer::Root, &change("", stands), &[first, third], at(0, 4));
    assert_eq!(s.standing(changed), Verdict::Valid);
    assert_eq!(s.authority.root_set(), Some(changed));
    assert_eq!(s.standing(before), Verdict::Valid);
    assert_eq!(s.act(before, &[at(0, 8)]), Verdict::Valid);

    // The first keys were lost, and somebody has two of them.
    let ended = Verdict::Void(VoidReason::Cut(changed));
    let by_thief = s.say_signed(Issuer::Root, &head(1, 1), &[first, second], at(0, 5));
    assert_eq!(s.standing(by_thief), ended);
    let elsewhere = s.say_signed(Issuer::Root, &head(2, 1), &[first, second], at(1, 1));
    assert_eq!(
        s.standing(elsewhere),
        ended,
        "in a feed that the change does not name"
    );
    let by_others = s.say_signed(Issuer::Root, &head(3, 1), &[fourth, fifth], at(0, 5));
    assert_eq!(s.standing(by_others), Verdict::Valid);
    assert_eq!(s.act(by_others, &[at(0, 6)]), Verdict::Valid);
    // Those in office say it once more.
    s.say_signed(Issuer::Root, &head(1, 1), &[third, fifth], at(0, 6));
    assert_eq!(s.standing(by_thief), Verdict::Valid);
}

#[test]
fn of_two_changes_of_the_root_keys_the_smaller_id_counts_everywhere() {
    let signers = [&WORLD.roots[0], &WORLD.roots[1]];
    let changes = ["one", "other"].map(|remark| change(remark, vec![up_to(0, 4)]));
    let by_others = [&WORLD.roots[3], &WORLD.roots[4]];
    for order in [[0, 1], [1, 0]] {
        let mut s = Story::new();
        let appointed = s.say_signed(Issuer::Root, &head(0, 1), &by_others, at(0, 2));
        assert_eq!(s.standing(appointed), Verdict::Void(VoidReason::NoQuorum));
        let mut ids = order.map(|which| s.say_signed(Issuer::Root, &changes[which], &signers, at(0, 3)));
        ids.sort_unstable();
        let [counts, other] = ids;
        assert_eq!(s.standing(counts), Verdict::Valid);
        assert_eq!(s.standing(other), Verdict::Void(VoidReason::RootsChanged(counts)));
        assert_eq!(s.authority.root_set(), Some(counts));
        assert_eq!(s.standing(appointed), Verdict::Valid);
    }
}

#[test]
fn last_official_of_a_unit_goes_and_the_unit_above_goes_on() {
    let mut s = Story::new();
    let above = s.say_signed(
        Issuer::Root,
        &head(0, 0),
        &[&WORLD.roots[0], &WORLD.roots[1]],
        at(0, 1),
    );
    let last = s.appoint(Issuer::Under(above), 1, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(last), 2, "officer", at(0, 2));
    let gone = s.cut(Issuer::Under(last), officer, vec![up_to(0, 3)], at(0, 3));
    // Nobody else in the unit may do anything now; then the last one goes as well.
    let cut = s.cut(Issuer::Under(above), last, vec![up_to(0, 4)], at(0, 5));
    assert_eq!(s.act(last, &[at(0, 4)]), Verdict::Valid);
    assert_eq!(s.act(last, &[at(0, 5)]), Verdict::Void(VoidReason::Cut(cut)));
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Void(VoidReason::Cut(gone)));
    // Whoever has the key appoints nobody and takes nothing back.
    let helper = s.appoint(Issuer::Under(last), 3, "officer", at(0, 6));
    assert_eq!(s.standing(helper), Verdict::Void(VoidReason::Cut(cut)));
    let undone = s.cut(Issuer::Under(last), officer, vec![up_to(0, 7)], at(0, 6));
    assert_eq!(s.standing(undone), Verdict::Void(VoidReason::Cut(cut)));
    assert_eq!(s.authority.cuts_on(&officer), [gone]);
    // The unit above appoints the next one, who takes over what had lost its effect.
    let next = s.appoint(Issuer::Under(above), 4, "head", at(0, 6));
    assert_eq!(s.act(next, &[at(0, 7)]), Verdict::Valid);
    let adoption = Fact::Adoption(Adoption {
        commits: vec![COMMIT],
        remark: String::new(),
    });
    s.say(Issuer::Under(next), &adoption, at(0, 7));
    assert_eq!(s.act(officer, &[at(0, 4)]), Verdict::Valid);
    // Offices outlive people: what the last one appointed, the successor did not, and only those above may end it.
    let by_successor = s.cut(Issuer::Under(next), officer, vec![], at(0, 8));
    assert_eq!(s.standing(by_successor), Verdict::Void(VoidReason::NotAbove));
    let by_superior = s.cut(Issuer::Under(above), officer, vec![], at(0, 8));
    assert_eq!(s.authority.cuts_on(&officer), [by_superior]);
}

/// A signature under minutes is an act of whoever signed, at every entry that carries it, as part of each commit there.
#[test]
fn a_thiefs_signature_in_an_accomplices_commit_counts_where_that_stands() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let robbed = s.appoint(Issuer::Under(head), 1, "officer", at(0, 1));
    let accomplice = s.appoint(Issuer::Under(head), 2, "officer", at(0, 1));
    let cut = s.cut(Issuer::Under(head), robbed, vec![up_to(0, 3)], at(0, 4));
    let carrying = at(0, 6);
    assert_eq!(
        s.act(accomplice, &[carrying]),
        Verdict::Valid,
        "the commit itself stands"
    );
    let void = Verdict::Void(VoidReason::Cut(cut));
    assert_eq!(s.act(robbed, &[carrying]), void, "the signature in it does not");
    assert_eq!(
        s.act(robbed, &[carrying, at(0, 3)]),
        Verdict::Valid,
        "unless an entry below the cut carries it as well"
    );
    assert_eq!(
        s.act(robbed, &[carrying, at(1, 1)]),
        void,
        "an older number in a feed that the cut does not name is no help"
    );
}

#[test]
fn work_that_a_cut_voided_is_adopted_by_a_superior_or_the_successor() {
    let adopt = |s: &mut Story, issuer, commit| {
        let commits = vec![commit];
        let fact = Fact::Adoption(Adoption {
            commits,
            remark: "QĐ 9".to_owned(),
        });
        s.say(issuer, &fact, at(0, 6))
    };
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(head), 1, "officer", at(0, 1));
    let successor = s.appoint(Issuer::Under(head), 2, "officer", at(0, 4));
    let cut = s.cut(Issuer::Under(head), officer, vec![up_to(0, 2)], at(0, 4));
    let void = Verdict::Void(VoidReason::Cut(cut));
    assert_eq!(s.act(officer, &[at(0, 3)]), void);
    adopt(&mut s, Issuer::Under(head), CommitId([8; 32]));
    assert_eq!(s.act(officer, &[at(0, 3)]), void, "another commit");
    for issuer in [Issuer::Root, Issuer::Under(head), Issuer::Under(successor)] {
        let mut s = Story {
            authority: s.authority.clone(),
            touched: Touched::default(),
        };
        let adoption = adopt(&mut s, issuer, COMMIT);
        assert_eq!(s.standing(adoption), Verdict::Valid);
        assert_eq!(s.touched.commits, BTreeSet::from([COMMIT]));
        assert_eq!(s.act(officer, &[at(0, 3)]), Verdict::Valid);
        assert_eq!(
            s.act(officer, &[]),
            Verdict::Pending(Missing::Entry),
            "carried by nothing"
        );
    }
    // An officer's role does not permit what the head did; and what a thief adopts after the cut is void like the rest.
    let cut_head = s.cut(Issuer::Root, head, vec![up_to(0, 5)], at(0, 6));
    adopt(&mut s, Issuer::Under(successor), COMMIT);
    assert_eq!(
        s.act(head, &[at(0, 7)]),
        Verdict::Valid,
        "an officer may edit, whoever did it"
    );
    let thief = adopt(&mut s, Issuer::Under(officer), COMMIT);
    assert_eq!(s.standing(thief), Verdict::Void(VoidReason::Cut(cut)));
    let late = s.say(
        Issuer::Under(head),
        &Fact::Adoption(Adoption {
            commits: vec![CommitId([9; 32])],
            remark: String::new(),
        }),
        at(0, 7),
    );
    assert_eq!(s.standing(late), Verdict::Void(VoidReason::Cut(cut_head)));
}

#[test]
fn an_adoption_that_is_cut_takes_the_effect_with_it() {
    let mut s = Story::new();
    let head = s.appoint(Issuer::Root, 0, "head", at(0, 1));
    let officer = s.appoint(Issuer::Under(head), 1, "officer", at(0, 1));
    s.cut(Issuer::Under(head), officer, Vec::new(), at(0, 4));
    let fact = Fact::Adoption(Adoption {
        commits: vec![COMMIT],
        remark: String::new(),
    });
    s.say(Issuer::Under(head), &fact, at(0, 6));
    assert_eq!(s.act(officer, &[at(0, 3)]), Verdict::Valid);
    let cut = s.cut(Issuer::Root, head, vec![up_to(0, 5)], at(0, 7));
    assert_eq!(s.touched.commits, BTreeSet::from([COMMIT]));
    assert!(matches!(s.act(officer, &[at(0, 3)]), Verdict::Void(VoidReason::Cut(by)) if by != cut));
}
