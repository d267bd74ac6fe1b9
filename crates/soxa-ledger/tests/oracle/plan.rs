//! Random sets of statements, fork proofs and acts. A plan is plain numbers, where zeros mean the plainest case,
//! so that a failing one shrinks to something that can be read.

use proptest::prelude::*;
use soxa_ledger::authority::Stretch;
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Invite, Issuer,
    RootChange, Supposed,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    CommitId, FeedId, ForkProof, NodeKey, OpKind, PublicKey, SecretKey, Statement, StatementId, Time,
    Verified,
};

use super::seeds::Dice;
use super::world::{FEEDS, KINDS, LENGTH, OFFICIALS, ROLES, WORLD};

/// One thing that can come in.
#[derive(Debug, Clone)]
pub enum Item {
    /// The genesis, in one of its containers.
    Genesis(Verified<Statement>, Position),
    /// Any other, as if its signers had signed it: signatures decide no verdict once they hold, and take most of the time.
    Statement(Supposed, Position),
    Fork(Verified<ForkProof>),
    /// Entries that are held of a feed, by their links.
    Held(FeedId, Stretch),
}

/// An act whose verdict is asked.
#[derive(Debug, Clone)]
pub struct PlannedAct {
    pub key: PublicKey,
    pub appointment: StatementId,
    pub kinds: Vec<OpKind>,
    pub commits: Vec<CommitId>,
    pub at: Vec<Position>,
}

/// A whole case.
#[derive(Debug, Clone)]
pub struct Case {
    pub items: Vec<Item>,
    pub acts: Vec<PlannedAct>,
    /// Statements to ask for, some of which never come in.
    pub ids: Vec<StatementId>,
    /// Where each item goes in two other orders.
    pub orders: [Vec<u32>; 2],
}

impl Dice<'_> {
    /// An entry; mostly one of this node, if it has to carry what stands there.
    fn position(&mut self, carrier: Option<NodeKey>) -> Position {
        let carrier = carrier.filter(|_| self.chance(65));
        let carries = |feed: &usize| carrier.is_none_or(|node| WORLD.position(*feed, 0, 0).node == node);
        let feeds: Vec<usize> = (0..FEEDS).filter(carries).collect();
        let feed = feeds[self.roll(feeds.len())];
        let seq = self.roll(8) as u64;
        let branch = self.branch();
        WORLD.position(feed, seq, branch)
    }

    /// The trunk more often than not.
    fn branch(&mut self) -> usize {
        self.roll(5).saturating_sub(2)
    }

    /// One of few commits, or two.
    fn commits(&mut self) -> Vec<CommitId> {
        let mut one = || CommitId([u8::try_from(self.roll(4)).unwrap(); 32]);
        let mut commits = vec![one(), one()];
        commits.sort_unstable();
        commits.dedup();
        commits
    }

    fn stands(&mut self) -> Vec<FeedPosition> {
        let mut stands: Vec<FeedPosition> = Vec::new();
        for feed in 0..FEEDS {
            if !self.chance(25) {
                let seq = LENGTH - 1 - self.roll(8) as u64;
                stands.push(WORLD.feed_position(feed, seq, self.branch()));
            }
        }
        stands.sort_by_key(|position| position.feed);
        stands
    }
}

struct Maker {
    made: Vec<Statement>,
    items: Vec<Item>,
}

impl Maker {
    /// One of the appointments made; mostly one that may say something.
    fn appointment(&self, dice: &mut Dice<'_>) -> Option<&Statement> {
        let wanted = |s: &&Statement| matches!(&s.fact, Fact::Appointment(_));
        let all: Vec<_> = self.made.iter().filter(wanted).collect();
        if all.is_empty() {
            None
        } else {
            Some(all[dice.roll(all.len())])
        }
    }

    fn issuer(&self, dice: &mut Dice<'_>) -> Issuer {
        if dice.chance(3) && !self.made.is_empty() {
            return Issuer::Under(self.made[dice.roll(self.made.len())].id);
        }
        if !dice.chance(70) {
            return Issuer::Root;
        }
        self.appointment(dice)
            .map_or(Issuer::Root, |s| Issuer::Under(s.id))
    }

    /// The issuer of something, or one further up.
    fn issuer_above(&self, target: &Statement, dice: &mut Dice<'_>) -> Issuer {
        let mut issuer = target.issuer;
        while let (Issuer::Under(id), true) = (issuer, dice.chance(30)) {
            issuer = self
                .made
                .iter()
                .find(|s| s.id == id)
                .map_or(Issuer::Root, |s| s.issuer);
        }
        issuer
    }

    fn fact(&self, dice: &mut Dice<'_>) -> (Issuer, Fact) {
        let kind = dice.roll(100);
        if kind < 45 || self.made.is_empty() {
            let issuer = self.issuer(dice);
            let from = if dice.chance(15) {
                10 * dice.roll(6) as u64
            } else {
                0
            };
            let until = dice
                .chance(25)
                .then(|| Time(from + 10 * (1 + dice.roll(7) as u64)));
            let fact = Fact::Appointment(Appointment {
                key: WORLD.officials[dice.roll(OFFICIALS)].public(),
                person: "Nông Thị Mai".to_owned(),
                record: None,
                unit_path: WORLD.units[dice.roll(6) % 4].clone(),
                role: ROLES[dice.roll(13).saturating_sub(6) / 2].parse().unwrap(),
                term: Term {
                    from: Time(from),
                    until,
                },
                basis: format!("{}/QĐ", dice.roll(1000)),
            });
            return (issuer, fact);
        }
        if kind < 68 {
            let target = if dice.chance(5) { None } else { self.cuttable(dice) };
            let target = target.unwrap_or_else(|| &self.made[dice.roll(self.made.len())]);
            let issuer = if self.is_cut(target) && dice.chance(50) {
                Issuer::Root
            } else if dice.chance(80) {
                self.issuer_above(target, dice)
            } else {
                self.issuer(dice)
            };
            let fact = Fact::Cut(Cut {
                target: target.id,
                reason: CutReason::Transfer,
                remark: String::new(),
                stands: dice.stands(),
            });
            return (issuer, fact);
        }
        if kind < 78 {
            let issuer = self.issuer(dice);
            let key = match dice.roll(3) {
                0 => WORLD.nodes[dice.roll(3)].public(),
                _ => WORLD.officials[dice.roll(OFFICIALS)].public(),
            };
            let stands = dice.stands();
            return (
                issuer,
                Fact::Compromise(Compromise {
                    key,
                    remark: String::new(),
                    stands,
                }),
            );
        }
        if kind < 84 {
            let fact = Fact::Invite(Invite {
                key: WORLD.officials[dice.roll(OFFICIALS)].public(),
                node: WORLD.nodes[dice.roll(6).saturating_sub(3)].node(),
                unit_path: WORLD.units[dice.roll(4)].clone(),
                name: "máy mới".to_owned(),
                expires: Time(90 - 10 * dice.roll(10).saturating_sub(4) as u64),
            });
            let issuer = if dice.chance(50) {
                self.issuer(dice)
            } else {
                Issuer::Root
            };
            return (issuer, fact);
        }
        if kind < 92
            && let Some((id, invite)) = self.invite(dice)
        {
            let mut admission = invite.admission(WORLD.nodes[2 - dice.roll(3)].node());
            if dice.chance(6) {
                admission.name.push('!');
            }
            return (Issuer::Under(id), Fact::Admission(admission));
        }
        if kind < 95 {
            let fact = Fact::Admission(Admission {
                node: WORLD.nodes[2 - dice.roll(3)].node(),
                unit_path: WORLD.units[dice.roll(4)].clone(),
                name: format!("máy {}", dice.roll(1000)),
            });
            return (self.issuer(dice), fact);
        }
        if kind < 96 {
            let named = |s: &&Statement| matches!(&s.fact, Fact::Roots(_));
            let earlier: Vec<StatementId> = self.made.iter().filter(named).map(|s| s.id).collect();
            let follows = match earlier.as_slice() {
                [.., last] if dice.chance(40) => *last,
                _ => StatementId(WORLD.network.0),
            };
            let first = dice.roll(3);
            let fact = Fact::Roots(RootChange {
                roots: WORLD
                    .roots
                    .iter()
                    .skip(first)
                    .take(3)
                    .map(SecretKey::public)
                    .collect(),
                quorum: 2 - u32::from(dice.chance(20)),
                follows,
                remark: String::new(),
                stands: dice.stands(),
            });
            let issuer = if dice.chance(5) {
                self.issuer(dice)
            } else {
                Issuer::Root
            };
            return (issuer, fact);
        }
        if kind < 99 {
            let issuer = match self.appointment(dice) {
                Some(adopted) if dice.chance(80) => self.issuer_above(adopted, dice),
                Some(own) => Issuer::Under(own.id),
                None => Issuer::Root,
            };
            let fact = Fact::Adoption(Adoption {
                commits: dice.commits(),
                remark: format!("{}", dice.roll(10)),
            });
            return (issuer, fact);
        }
        (
            self.issuer(dice),
            Fact::Unknown {
                kind: "quota/1".to_owned(),
            },
        )
    }

    fn invites(&self) -> impl Iterator<Item = (StatementId, &Invite)> {
        self.made.iter().filter_map(|s| match &s.fact {
            Fact::Invite(invite) => Some((s.id, invite)),
            _ => None,
        })
    }

    fn invite(&self, dice: &mut Dice<'_>) -> Option<(StatementId, &Invite)> {
        let all: Vec<_> = self.invites().collect();
        (!all.is_empty()).then(|| all[dice.roll(all.len())])
    }

    fn is_cut(&self, target: &Statement) -> bool {
        let cuts = |s: &Statement| matches!(&s.fact, Fact::Cut(cut) if cut.target == target.id);
        self.made.iter().any(cuts)
    }

    /// What can be cut; now and then what somebody cut already.
    fn cuttable(&self, dice: &mut Dice<'_>) -> Option<&Statement> {
        let again = dice.chance(35);
        let wanted = |s: &&Statement| {
            let cuttable = matches!(
                &s.fact,
                Fact::Appointment(_) | Fact::Admission(_) | Fact::Invite(_)
            );
            cuttable && (!again || s.issuer != Issuer::Root && self.is_cut(s))
        };
        let all: Vec<_> = self.made.iter().filter(wanted).collect();
        if all.is_empty() {
            None
        } else {
            Some(all[dice.roll(all.len())])
        }
    }

    fn key_of(&self, issuer: StatementId) -> SecretKey {
        let statement = self.made.iter().find(|s| s.id == issuer);
        let key = match statement.map(|s| &s.fact) {
            Some(Fact::Appointment(a)) => WORLD.officials.iter().find(|k| k.public() == a.key),
            Some(Fact::Invite(i)) => WORLD.officials.iter().find(|k| k.public() == i.key),
            _ => None,
        };
        key.unwrap_or(&WORLD.officials[0]).clone()
    }

    fn step(&mut self, dice: &mut Dice<'_>) {
        let (issuer, fact) = self.fact(dice);
        let right = match issuer {
            Issuer::Root => {
                let first = if dice.chance(30) { 1 + dice.roll(3) } else { 0 };
                vec![
                    WORLD.roots[first].clone(),
                    WORLD.roots[(first + 1 + dice.roll(2)).min(4)].clone(),
                ]
            }
            Issuer::Under(id) => vec![self.key_of(id)],
        };
        let wrong = match dice.roll(3) {
            0 => vec![WORLD.roots[2].clone()],
            1 => right.iter().chain([&WORLD.nodes[0]]).cloned().collect(),
            _ => vec![WORLD.officials[4].clone()],
        };
        let mut containers = vec![if dice.chance(6) {
            wrong.clone()
        } else {
            right.clone()
        }];
        if dice.chance(10) {
            containers.push(if dice.chance(50) { right } else { wrong });
        }
        let withheld = dice.chance(7);
        let carrier = match issuer {
            Issuer::Root => None,
            Issuer::Under(id) => self
                .invites()
                .find(|(other, _)| *other == id)
                .map(|(_, invite)| invite.node),
        };
        for (number, signers) in containers.iter().enumerate() {
            let signers = signers.iter().map(SecretKey::public).collect();
            let supposed = WORLD.suppose(issuer, &fact, signers);
            for _ in 0..1 + usize::from(dice.chance(30)) {
                let at = dice.position(carrier);
                if !withheld {
                    self.items.push(Item::Statement(supposed.clone(), at));
                }
            }
            let statement = supposed.statement();
            if number == 0 && self.made.iter().all(|other| other.id != statement.id) {
                self.made.push(statement.clone());
            }
        }
    }

    fn fork(&mut self, dice: &mut Dice<'_>) {
        let branches = [(0, 1), (0, 2), (1, 2)][dice.roll(3)];
        let feed = dice.roll(FEEDS);
        let proof = WORLD.fork(
            feed,
            (branches.0, 7 - dice.roll(6) as u64),
            (branches.1, 7 - dice.roll(6) as u64),
        );
        self.items.extend(proof.map(|(proof, _)| Item::Fork(proof)));
        // Mostly what is named is held down to the fork.
        for branch in [branches.0, branches.1, dice.branch()] {
            if !dice.chance(15) {
                let (from, to) = (dice.roll(3) as u64, 7 - dice.roll(3) as u64);
                let (feed, held) = WORLD.stretch(feed, branch, from, to);
                self.items.push(Item::Held(feed, held));
            }
        }
    }

    fn act(&self, dice: &mut Dice<'_>) -> PlannedAct {
        let appointment = match self.appointment(dice) {
            Some(appointment) if !dice.chance(4) => appointment,
            _ => &self.made[dice.roll(self.made.len())],
        };
        let key = if dice.chance(5) {
            WORLD.officials[3].public()
        } else {
            self.key_of(appointment.id).public()
        };
        let kinds = KINDS[..1 + dice.roll(5).saturating_sub(2)]
            .iter()
            .map(|k| k.parse().unwrap())
            .collect();
        let positions = dice.roll(10).min(3);
        let at = (0..positions).map(|_| dice.position(None)).collect();
        PlannedAct {
            key,
            appointment: appointment.id,
            kinds,
            commits: dice.commits(),
            at,
        }
    }
}

fn build(steps: &[Vec<u16>], forks: &[Vec<u16>], acts: &[Vec<u16>], orders: [Vec<u32>; 2]) -> Case {
    let mut maker = Maker {
        made: Vec::new(),
        items: Vec::new(),
    };
    let first = WORLD.position(0, 0, 0);
    maker.items.push(Item::Genesis(WORLD.bare_genesis.clone(), first));
    maker.items.push(Item::Genesis(WORLD.genesis.clone(), first));
    for step in steps {
        maker.step(&mut Dice::of(step));
    }
    for fork in forks {
        maker.fork(&mut Dice::of(fork));
    }
    let acts = acts.iter().map(|act| maker.act(&mut Dice::of(act))).collect();
    let mut ids: Vec<_> = maker.made.iter().map(|s| s.id).collect();
    ids.extend([StatementId(WORLD.network.0), StatementId([7; 32])]);
    Case {
        items: maker.items,
        acts,
        ids,
        orders,
    }
}

/// Cases of a few statements up to some twenty.
pub fn cases() -> impl Strategy<Value = Case> {
    let numbers = |count| prop::collection::vec(any::<u16>(), count);
    let order = || prop::collection::vec(any::<u32>(), 100);
    (
        prop::collection::vec(numbers(32), 3..24),
        prop::collection::vec(numbers(16), 0..4),
        prop::collection::vec(numbers(18), 1..20),
        order(),
        order(),
    )
        .prop_map(|(steps, forks, acts, one, other)| build(&steps, &forks, &acts, [one, other]))
}
