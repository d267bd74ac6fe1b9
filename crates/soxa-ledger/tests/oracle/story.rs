//! A ledger in which stories are told step by step: who says what at which position, and what comes of it.

use soxa_ledger::authority::{Act, Authority, Touched};
use soxa_ledger::statement::{
    Admission, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Issuer,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{CommitId, SecretKey, StatementId, Time};

use super::world::WORLD;

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
            record: None,
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
