//! Every history of three actors, one and all: the root, a head whom it appoints, and an officer below.
//!
//! A history is a sequence of letters of [`LETTERS`]; letter number n stands at entry n of the feed of whoever acts, so what
//! a cut names as standing lies below, at or above the acts it is about, depending on where the letters stand. All
//! histories of 3 letters are gone through in the gate; `SOXA_ORACLE_LENGTH=5` goes through all 759,375 of five.

use std::sync::atomic::{AtomicU64, Ordering};

use soxa_ledger::authority::{Act, Authority, Stretch};
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Issuer, RootChange,
    Supposed,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Position, Verdict, VoidReason};
use soxa_ledger::{CommitId, FeedId, ForkProof, OpKind, PublicKey, SecretKey, StatementId, Time, Verified};

use super::rule::{self, Facts};
use super::seeds;
use super::world::{LENGTH, WORLD};

const LENGTH_DEFAULT: u64 = 3;
/// The commit that is each of the officer's acts.
const COMMIT: CommitId = CommitId([7; 32]);

/// What the three can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    /// The root appoints the head.
    Head,
    /// The root cuts the head; what stood before the last two entries stands.
    CutHeadLow,
    /// The root cuts the head, and names no feed.
    CutHeadWhole,
    /// The head appoints the officer, until half time.
    Officer,
    /// The head renews the officer, from half time on.
    Renewal,
    /// The head cuts the first appointment; all in the first feed stands, the second is not named.
    CutOfficer,
    /// The head declares the officer's key compromised; what stood before the last two entries stands.
    Compromise,
    /// The head adopts the officer's commit.
    Adopt,
    /// The officer acts in the first feed.
    Act,
    /// The same commit in the second feed.
    ActElsewhere,
    /// The officer, or whoever holds the key, adopts.
    AdoptOwn,
    /// The root ends the second feed's node; all but the last entry stands.
    CutNode,
    /// The first feed is shown to have forked at its third entry, and held is what all letters but this one stand in.
    Fork,
    /// The root keys pass to others; what stood before the last entry stands.
    Roots,
    /// The root keys that follow appoint the head.
    HeadAgain,
}

const LETTERS: [Letter; 15] = [
    Letter::Head,
    Letter::CutHeadLow,
    Letter::CutHeadWhole,
    Letter::Officer,
    Letter::Renewal,
    Letter::CutOfficer,
    Letter::Compromise,
    Letter::Adopt,
    Letter::Act,
    Letter::ActElsewhere,
    Letter::AdoptOwn,
    Letter::CutNode,
    Letter::Fork,
    Letter::Roots,
    Letter::HeadAgain,
];

/// One thing that comes in.
#[derive(Clone)]
enum Item {
    Said(Supposed, Position),
    Fork(Verified<ForkProof>),
}

impl Item {
    fn enter(&self, authority: &mut Authority) {
        match self {
            Self::Said(said, at) => authority.suppose(said, *at),
            Self::Fork(proof) => {
                let (feed, held) = trunk();
                authority.insert_stretch(feed, held);
                authority.insert_fork(proof)
            }
        };
    }
}

/// Two of the root keys, from one on: from 0 on they are in office first, from 3 on after the change.
fn roots(first: usize) -> Vec<PublicKey> {
    WORLD
        .roots
        .iter()
        .skip(first)
        .take(2)
        .map(SecretKey::public)
        .collect()
}

/// The links of the first feed's entries.
fn trunk() -> (FeedId, Stretch) {
    WORLD.stretch(0, 0, 0, LENGTH - 1)
}

/// Entry n of a feed.
fn at(feed: usize, n: u64) -> Position {
    WORLD.position(feed, n, 0)
}

/// All of the first two feeds up to some entries before this one.
fn up_to(n: u64, before: u64, feeds: usize) -> Vec<FeedPosition> {
    let Some(last) = n.checked_sub(before) else {
        return Vec::new();
    };
    let mut stands: Vec<FeedPosition> = (0..feeds)
        .map(|feed| WORLD.feed_position(feed, last, 0))
        .collect();
    stands.sort_by_key(|position| position.feed);
    stands
}

fn appointment(official: usize, role: &str, term: (u64, Option<u64>)) -> Fact {
    Fact::Appointment(Appointment {
        key: WORLD.officials[official].public(),
        person: "Lò Thị Lan".to_owned(),
        record: None,
        unit_path: WORLD.units[1].clone(),
        role: role.parse().unwrap(),
        term: Term {
            from: Time(term.0),
            until: term.1.map(Time),
        },
        basis: String::new(),
    })
}

fn cut(target: StatementId, stands: Vec<FeedPosition>) -> Fact {
    Fact::Cut(Cut {
        target,
        reason: CutReason::Retirement,
        remark: String::new(),
        stands,
    })
}

/// The three appointments, with the same ids in all histories, and the admission of the second feed's node, which is
/// in all of them.
struct Cast {
    admission: Supposed,
    head: Supposed,
    head_again: Supposed,
    officer: Supposed,
    renewal: Supposed,
    fork: Verified<ForkProof>,
}

impl Cast {
    fn new() -> Self {
        let appointed = appointment(0, "head", (0, None));
        let head = WORLD.suppose(Issuer::Root, &appointed, roots(0));
        let under = |fact: &Fact| {
            let issuer = Issuer::Under(head.statement().id);
            WORLD.suppose(issuer, fact, vec![WORLD.officials[0].public()])
        };
        let half = at(0, 3).time.0;
        let admission = Fact::Admission(Admission {
            node: WORLD.nodes[1].node(),
            unit_path: WORLD.units[1].clone(),
            name: "máy xã".to_owned(),
        });
        let (fork, _) = WORLD.fork(0, (0, 7), (1, 4)).unwrap();
        Self {
            admission: WORLD.suppose(Issuer::Root, &admission, roots(0)),
            head_again: WORLD.suppose(Issuer::Root, &appointed, roots(3)),
            fork,
            officer: under(&appointment(1, "officer", (0, Some(half)))),
            renewal: under(&appointment(1, "officer", (half, None))),
            head,
        }
    }

    /// What a letter says as number n, and where.
    fn say(&self, letter: Letter, n: u64) -> Option<Item> {
        let by_root = |fact: Fact| (WORLD.suppose(Issuer::Root, &fact, roots(0)), at(0, n));
        let by_head = |fact: Fact| {
            let issuer = Issuer::Under(self.head.statement().id);
            let key = WORLD.officials[0].public();
            (WORLD.suppose(issuer, &fact, vec![key]), at(0, n))
        };
        let adoption = || {
            Fact::Adoption(Adoption {
                commits: vec![COMMIT],
                remark: n.to_string(),
            })
        };
        let (said, at) = match letter {
            Letter::Head => (self.head.clone(), at(0, n)),
            Letter::HeadAgain => (self.head_again.clone(), at(0, n)),
            Letter::Officer => (self.officer.clone(), at(0, n)),
            Letter::Renewal => (self.renewal.clone(), at(0, n)),
            // Where no fork takes it.
            Letter::CutHeadLow => (by_root(cut(self.head.statement().id, up_to(n, 2, 2))).0, at(1, n)),
            Letter::CutHeadWhole => by_root(cut(self.head.statement().id, Vec::new())),
            Letter::CutOfficer => by_head(cut(self.officer.statement().id, up_to(n, 0, 1))),
            Letter::Compromise => by_head(Fact::Compromise(Compromise {
                key: WORLD.officials[1].public(),
                remark: String::new(),
                stands: up_to(n, 2, 2),
            })),
            Letter::Adopt => by_head(adoption()),
            Letter::AdoptOwn => {
                let issuer = Issuer::Under(self.renewal.statement().id);
                let key = WORLD.officials[1].public();
                (WORLD.suppose(issuer, &adoption(), vec![key]), at(1, n))
            }
            Letter::CutNode => by_root(cut(self.admission.statement().id, up_to(n, 1, 2))),
            Letter::Roots => by_root(Fact::Roots(RootChange {
                roots: WORLD.roots.iter().skip(2).map(SecretKey::public).collect(),
                quorum: 2,
                follows: StatementId(WORLD.network.0),
                remark: String::new(),
                stands: up_to(n, 1, 2),
            })),
            Letter::Fork => return Some(Item::Fork(self.fork.clone())),
            Letter::Act | Letter::ActElsewhere => return None,
        };
        Some(Item::Said(said, at))
    }
}

/// Judges a history in three orders and by the naive rule; gives the verdicts.
fn check(cast: &Cast, history: &[Letter]) -> Vec<Verdict> {
    let numbered = || (0_u64..).zip(history.iter().copied());
    let mut items = vec![Item::Said(cast.admission.clone(), at(0, 0))];
    items.extend(numbered().filter_map(|(n, letter)| cast.say(letter, n)));
    let acted: Vec<Position> = numbered()
        .filter_map(|(n, letter)| match letter {
            Letter::Act => Some(at(0, n)),
            Letter::ActElsewhere => Some(at(1, n)),
            _ => None,
        })
        .collect();
    let kind: OpKind = "asset.edit".parse().unwrap();
    let acts: Vec<Act<'_>> = [&cast.officer, &cast.renewal, &cast.head]
        .iter()
        .zip([1, 1, 0])
        .map(|(appointment, official)| Act {
            key: WORLD.officials[official].public(),
            appointment: appointment.statement().id,
            kinds: vec![&kind],
            commits: vec![COMMIT],
        })
        .collect();
    let mut entered = vec![(WORLD.genesis.value().clone(), at(0, 0))];
    let (mut forks, mut links) = (Vec::new(), Vec::new());
    for item in &items {
        match item {
            Item::Said(said, at) => entered.push((said.statement().clone(), *at)),
            Item::Fork(proof) => {
                let (feed, held) = trunk();
                links.extend(rule::cuts::links(feed, &held));
                forks.push(proof.clone());
            }
        }
    }
    let ids: Vec<StatementId> = entered.iter().map(|(statement, _)| statement.id).collect();
    let facts = Facts::new(WORLD.network, entered, forks, links);
    let mut truth: Vec<Verdict> = ids.iter().map(|id| facts.statement(*id)).collect();
    truth.extend(acts.iter().map(|act| facts.act(act, &acted)));
    let order = |turn: usize| {
        let mut order: Vec<&Item> = items.iter().collect();
        match turn {
            0 => {}
            1 => order.reverse(),
            _ => order.rotate_left(items.len() / 2),
        }
        order
    };
    for turn in 0..3 {
        let mut authority = Authority::new(WORLD.network);
        if turn != 1 {
            authority.insert(&WORLD.genesis, at(0, 0));
        }
        for item in order(turn) {
            item.enter(&mut authority);
        }
        authority.insert(&WORLD.genesis, at(0, 0));
        let mut verdicts: Vec<Verdict> = ids.iter().map(|id| authority.judge_statement(id)).collect();
        verdicts.extend(acts.iter().map(|act| authority.judge_act(act, &acted)));
        assert_eq!(verdicts, truth, "{history:?} in order {turn}");
    }
    truth
}

#[test]
fn every_history_is_judged_alike_in_every_order() {
    let length = seeds::asked_for("SOXA_ORACLE_LENGTH").unwrap_or(LENGTH_DEFAULT);
    let letters = LETTERS.len() as u64;
    let cast = Cast::new();
    let (valid_acts, void_acts) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = |counter: &AtomicU64, is: bool| counter.fetch_add(u64::from(is), Ordering::Relaxed);
    let check_number = |number: u64| {
        let mut rest = number;
        let history: Vec<Letter> = (0..length)
            .map(|_| {
                let letter = LETTERS[(rest % letters) as usize];
                rest /= letters;
                letter
            })
            .collect();
        for verdict in check(&cast, &history).iter().rev().take(3) {
            count(&valid_acts, verdict.is_valid());
            count(&void_acts, matches!(verdict, Verdict::Void(_)));
        }
        Ok(())
    };
    let histories = letters.pow(u32::try_from(length).unwrap());
    assert_eq!(seeds::first_fault(0..histories, check_number), None);
    let (valid_acts, void_acts) = (valid_acts.into_inner(), void_acts.into_inner());
    // Three letters are enough for an officer to act by right; that a cut or an adoption changes it takes more.
    assert!(
        valid_acts > 0 && void_acts > 0,
        "{valid_acts} valid, {void_acts} void"
    );
}

#[test]
fn the_longest_stories_are_among_them() {
    use Letter::{
        Act, ActElsewhere, Adopt, CutHeadLow, CutHeadWhole, CutNode, CutOfficer, Fork, Head, HeadAgain,
        Officer, Renewal, Roots,
    };
    use VoidReason::{AppointmentVoid, NodeCut, OutsideTerm};
    let cast = Cast::new();
    // Of the acts asked for, the first is the officer's own and the second the same under the renewed appointment.
    let asked = |history: &[Letter], which: usize| {
        let mut verdicts = check(&cast, history);
        verdicts.swap_remove(verdicts.len() - 3 + which)
    };
    let stands = |history: &[Letter]| asked(history, 0).is_valid();
    let renewed = |history: &[Letter]| asked(history, 1).is_valid();
    let why = |history: &[Letter]| match asked(history, 0) {
        Verdict::Void(reason) => reason,
        other => panic!("{history:?}: {other:?}"),
    };
    let is_cut = |history: &[Letter]| matches!(why(history), VoidReason::Cut(_));

    assert!(stands(&[Head, Officer, Act]));
    assert!(stands(&[Head, Officer, Act, CutOfficer]), "at or below the cut");
    assert!(is_cut(&[Head, CutOfficer, Act, Officer]), "above it");
    assert!(stands(&[Head, Officer, ActElsewhere]));
    assert!(
        is_cut(&[Head, Officer, ActElsewhere, CutOfficer]),
        "in a feed that it does not name"
    );
    assert!(
        stands(&[Head, Officer, Act, ActElsewhere, CutOfficer]),
        "one of two entries is enough"
    );
    assert!(stands(&[Head, CutOfficer, Act, Officer, Adopt]), "adopted");
    assert!(
        matches!(why(&[Head, Officer, Act, CutHeadWhole]), AppointmentVoid(_)),
        "the chain is cut in its middle"
    );
    assert!(
        stands(&[Head, Officer, Act, CutHeadLow, CutHeadLow]),
        "below both of two cuts"
    );
    assert!(
        matches!(
            why(&[Head, Officer, Act, CutHeadLow, CutHeadWhole]),
            AppointmentVoid(_)
        ),
        "of two cuts the lower counts"
    );
    assert!(
        matches!(why(&[Head, CutNode, ActElsewhere, Officer]), NodeCut(_)),
        "by a node whose end had come"
    );
    assert!(stands(&[Head, Officer, ActElsewhere, CutNode, CutNode]));
    assert!(!stands(&[Head, Officer, Act, Fork]), "past a fork");
    assert!(
        !renewed(&[Head, Fork, Renewal, ActElsewhere]),
        "appointed past a fork"
    );
    assert!(
        renewed(&[Head, Fork, Renewal, ActElsewhere, CutHeadLow]),
        "on the branch that a cut names"
    );
    assert!(
        renewed(&[Head, Roots, Renewal, Act]),
        "whoever the first root keys appointed stays"
    );
    assert!(
        !renewed(&[Roots, Head, Renewal, Act]),
        "unless it was after they had passed on"
    );
    assert!(renewed(&[Roots, HeadAgain, Renewal, Act]));
    let history = [Head, Officer, Renewal, Officer, Act];
    assert_eq!(why(&history), OutsideTerm, "the secondment ended");
    assert!(renewed(&history));
}
