//! Single stories told in full: what each part of the rule is for.

use std::collections::BTreeSet;

use soxa_ledger::authority::{Act, Authority, Touched};
use soxa_ledger::limits::APPOINTMENT_DEPTH_MAX;
use soxa_ledger::statement::{
    Admission, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Issuer,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Missing, Position, Verdict, VoidReason};
use soxa_ledger::{CommitId, SecretKey, Seq, StatementId, Time};

use super::world::{LENGTH, WORLD};

/// The commit that every act of these stories is.
pub(super) const COMMIT: CommitId = CommitId([7; 32]);

/// A ledger in which the genesis is known.
pub(super) struct Story {
    pub(super) authority: Authority,
    pub(super) touched: Touched,
}

/// The entry number `seq`, from 1, of a feed's trunk.
pub(super) fn at(feed: usize, seq: u64) -> Position {
    WORLD.position(feed, seq - 1, 0)
}

pub(super) fn up_to(feed: usize, seq: u64) -> FeedPosition {
    WORLD.feed_position(feed, seq - 1, 0)
}

impl Story {
    pub(super) fn new() -> Self {
        let mut authority = Authority::new(WORLD.network);
        let touched = authority.insert(&WORLD.genesis, at(0, 1));
        assert!(touched.everything);
        Self { authority, touched }
    }

    pub(super) fn say(&mut self, issuer: Issuer, fact: &Fact, at: Position) -> StatementId {
        let signer: Vec<&SecretKey> = match issuer {
            Issuer::Root => WORLD.roots.iter().take(2).collect(),
            Issuer::Under(id) => {
                let key = self.authority.appointment(&id).unwrap().key;
                vec![
                    WORLD
                        .officials
                        .iter()
                        .find(|official| official.public() == key)
                        .unwrap(),
                ]
            }
        };
        self.say_signed(issuer, fact, &signer, at)
    }

    pub(super) fn say_signed(
        &mut self,
        issuer: Issuer,
        fact: &Fact,
        signers: &[&SecretKey],
        at: Position,
    ) -> StatementId {
        let statement = WORLD.sign(issuer, fact, signers);
        self.touched = self.authority.insert(&statement, at);
        statement.id
    }

    pub(super) fn appoint(
        &mut self,
        issuer: Issuer,
        official: usize,
        role: &str,
        at: Position,
    ) -> StatementId {
        self.appoint_for(issuer, official, role, 0, None, at)
    }

    pub(super) fn appoint_for(
        &mut self,
        issuer: Issuer,
        official: usize,
        role: &str,
        from: u64,
        until: Option<u64>,
        at: Position,
    ) -> StatementId {
        let fact = Fact::Appointment(Appointment {
            key: WORLD.officials[official].public(),
            person: "Hoàng Văn Đức".to_owned(),
            unit_path: WORLD.units[1].clone(),
            role: role.parse().unwrap(),
            term: Term {
                from: Time(from),
                until: until.map(Time),
            },
            basis: "12/QĐ-UBND".to_owned(),
        });
        self.say(issuer, &fact, at)
    }

    pub(super) fn cut(
        &mut self,
        issuer: Issuer,
        target: StatementId,
        stands: Vec<FeedPosition>,
        at: Position,
    ) -> StatementId {
        let fact = Fact::Cut(Cut {
            target,
            reason: CutReason::Retirement,
            remark: String::new(),
            stands: sorted(stands),
        });
        self.say(issuer, &fact, at)
    }

    pub(super) fn compromise(&mut self, issuer: Issuer, key: &SecretKey, at: Position) -> StatementId {
        let fact = Fact::Compromise(Compromise {
            key: key.public(),
            remark: String::new(),
            stands: Vec::new(),
        });
        self.say(issuer, &fact, at)
    }

    pub(super) fn admit(&mut self, issuer: Issuer, node: usize, at: Position) -> StatementId {
        let fact = Fact::Admission(Admission {
            node: WORLD.nodes[node].node(),
            unit_path: WORLD.units[1].clone(),
            name: "máy xã".to_owned(),
        });
        self.say(issuer, &fact, at)
    }

    pub(super) fn act(&self, appointment: StatementId, at: &[Position]) -> Verdict {
        let kind = "asset.edit".parse().unwrap();
        let key = self.authority.appointment(&appointment).unwrap().key;
        self.authority.judge_act(
            &Act {
                key,
                appointment,
                kinds: vec![&kind],
                commits: vec![COMMIT],
            },
            at,
        )
    }

    pub(super) fn standing(&self, id: StatementId) -> Verdict {
        self.authority.judge_statement(&id)
    }
}

fn sorted(mut stands: Vec<FeedPosition>) -> Vec<FeedPosition> {
    stands.sort_by_key(|position| position.feed);
    stands
}

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
