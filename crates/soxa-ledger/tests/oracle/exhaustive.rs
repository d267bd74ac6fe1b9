//! Every history of three actors, one and all: the root, a head whom it appoints, and an officer below.
//!
//! A history is a sequence of letters of [`LETTERS`]; letter number n stands at entry n of the feed of whoever acts, so what
//! a cut names as standing lies below, at or above the acts it is about, depending on where the letters stand. All
//! histories of 3 letters are gone through in the gate; `SOXA_ORACLE_LENGTH=5` goes through all of five.

use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Issuer, Supposed,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{CommitId, OpKind, Statement, StatementId, Time};

use super::rule::Facts;
use super::world::WORLD;

const LENGTH_DEFAULT: u32 = 3;
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
}

const LETTERS: [Letter; 11] = [
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
];

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
    officer: Supposed,
    renewal: Supposed,
}

impl Cast {
    fn new() -> Self {
        let roots = WORLD.roots.iter().take(2).map(|root| root.public()).collect();
        let head = WORLD.suppose(Issuer::Root, &appointment(0, "head", (0, None)), roots);
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
        let roots = WORLD.roots.iter().take(2).map(|root| root.public()).collect();
        Self {
            admission: WORLD.suppose(Issuer::Root, &admission, roots),
            officer: under(&appointment(1, "officer", (0, Some(half)))),
            renewal: under(&appointment(1, "officer", (half, None))),
            head,
        }
    }

    /// What a letter says as number n, and where.
    fn say(&self, letter: Letter, n: u64) -> Option<(Supposed, Position)> {
        let by_root = |fact: Fact| {
            let roots = WORLD.roots.iter().take(2).map(|root| root.public()).collect();
            (WORLD.suppose(Issuer::Root, &fact, roots), at(0, n))
        };
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
        Some(match letter {
            Letter::Head => (self.head.clone(), at(0, n)),
            Letter::Officer => (self.officer.clone(), at(0, n)),
            Letter::Renewal => (self.renewal.clone(), at(0, n)),
            Letter::CutHeadLow => by_root(cut(self.head.statement().id, up_to(n, 2, 2))),
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
            Letter::Act | Letter::ActElsewhere => return None,
        })
    }
}

/// Judges a history in three orders and by the naive rule; gives the verdicts.
fn check(cast: &Cast, history: &[Letter]) -> Vec<Verdict> {
    let numbered = || (0_u64..).zip(history.iter().copied());
    let mut said = vec![(cast.admission.clone(), at(0, 0))];
    said.extend(numbered().filter_map(|(n, letter)| cast.say(letter, n)));
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
    let genesis = (WORLD.genesis.value().clone(), at(0, 0));
    let entered: Vec<(Statement, Position)> = [genesis]
        .into_iter()
        .chain(said.iter().map(|(said, at)| (said.statement().clone(), *at)))
        .collect();
    let ids: Vec<StatementId> = entered.iter().map(|(statement, _)| statement.id).collect();
    let facts = Facts::new(WORLD.network, entered, Vec::new());
    let mut truth: Vec<Verdict> = ids.iter().map(|id| facts.statement(*id)).collect();
    truth.extend(acts.iter().map(|act| facts.act(act, &acted)));
    let order = |turn: usize| {
        let mut order: Vec<&(Supposed, Position)> = said.iter().collect();
        match turn {
            0 => {}
            1 => order.reverse(),
            _ => order.rotate_left(said.len() / 2),
        }
        order
    };
    for turn in 0..3 {
        let mut authority = Authority::new(WORLD.network);
        if turn != 1 {
            authority.insert(&WORLD.genesis, at(0, 0));
        }
        for (said, at) in order(turn) {
            authority.suppose(said, *at);
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
    let length = std::env::var("SOXA_ORACLE_LENGTH").ok();
    let length = length.and_then(|n| n.parse().ok()).unwrap_or(LENGTH_DEFAULT);
    let cast = Cast::new();
    let (mut valid_acts, mut void_acts) = (0_u64, 0_u64);
    for number in 0..LETTERS.len().pow(length) {
        let mut rest = number;
        let history: Vec<Letter> = (0..length)
            .map(|_| {
                let letter = LETTERS[rest % LETTERS.len()];
                rest /= LETTERS.len();
                letter
            })
            .collect();
        for verdict in check(&cast, &history).iter().rev().take(3) {
            valid_acts += u64::from(verdict.is_valid());
            void_acts += u64::from(matches!(verdict, Verdict::Void(_)));
        }
    }
    // Three letters are enough for an officer to act by right; that a cut or an adoption changes it takes more.
    assert!(
        valid_acts > 0 && void_acts > 0,
        "{valid_acts} valid, {void_acts} void"
    );
}

#[test]
fn the_longest_stories_are_among_them() {
    use Letter::{Act, ActElsewhere, Adopt, CutHeadWhole, CutOfficer, Head, Officer, Renewal};
    let cast = Cast::new();
    let officer = |history: &[Letter]| {
        let verdicts = check(&cast, history);
        verdicts[verdicts.len() - 3].is_valid()
    };
    assert!(officer(&[Head, Officer, Act]));
    assert!(officer(&[Head, Officer, Act, CutOfficer]), "at or below the cut");
    assert!(!officer(&[Head, Officer, CutOfficer, Act]), "above it");
    assert!(officer(&[Head, Officer, ActElsewhere]));
    assert!(
        !officer(&[Head, Officer, ActElsewhere, CutOfficer]),
        "in a feed that it does not name"
    );
    assert!(
        officer(&[Head, Officer, Act, ActElsewhere, CutOfficer]),
        "one of two entries is enough"
    );
    assert!(officer(&[Head, Officer, CutOfficer, Act, Adopt]), "adopted");
    assert!(
        !officer(&[Head, Officer, Act, CutHeadWhole]),
        "the chain is cut in its middle"
    );
    let renewed = check(&cast, &[Head, Officer, Renewal, Officer, Act]);
    let [first, again] = [&renewed[renewed.len() - 3], &renewed[renewed.len() - 2]];
    assert!(
        !first.is_valid() && again.is_valid(),
        "the secondment ended and was renewed"
    );
}
