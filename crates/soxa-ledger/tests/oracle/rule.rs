//! The verdict rule once more, naively: straight from the numbered rules of `soxa_ledger::authority`, over plain
//! vectors, worked out from scratch. Slow, short, and without anything in common with the real one but its types.

// Beside this file, also where another crate's tests take it in by its path.
#[path = "cuts.rs"]
pub mod cuts;

use std::cell::RefCell;
use std::collections::HashMap;

use soxa_ledger::authority::Act;
use soxa_ledger::limits::APPOINTMENT_DEPTH_MAX;
use soxa_ledger::role::Permissions;
use soxa_ledger::statement::{Appointment, Fact, FeedPosition, Genesis, Invite, Issuer, RootChange};
use soxa_ledger::verdict::{Missing, Position, Verdict, VoidReason};
use soxa_ledger::{
    EntryHash, FeedId, ForkProof, NetworkId, NodeKey, OpKind, PublicKey, RecordId, Seq, Statement,
    StatementId, Verified,
};

use cuts::{Target, in_feed};

pub struct Facts {
    pub network: NetworkId,
    /// Containers with one of their positions each.
    pub entered: Vec<(Statement, Position)>,
    pub forks: Vec<Verified<ForkProof>>,
    /// Entries that are held past forks: feed, number, hash, and the hash before.
    pub links: Vec<(FeedId, Seq, EntryHash, EntryHash)>,
    known: RefCell<HashMap<StatementId, Verdict>>,
}

/// A set of root keys, and what ended it.
struct Set<'a> {
    id: StatementId,
    roots: &'a [PublicKey],
    quorum: u32,
    ended: Option<(StatementId, &'a [FeedPosition])>,
}

impl Set<'_> {
    fn signed(&self, signers: &[PublicKey]) -> bool {
        self.roots.iter().filter(|root| signers.contains(root)).count() >= self.quorum as usize
    }
}

fn void(reason: VoidReason) -> Verdict {
    Verdict::Void(reason)
}

fn unless(bad: bool, reason: VoidReason) -> Verdict {
    if bad { void(reason) } else { Verdict::Valid }
}

fn all(requirements: Vec<Verdict>) -> Verdict {
    requirements.into_iter().fold(Verdict::Valid, Verdict::and)
}

fn any(ways: Vec<Verdict>, otherwise: Missing) -> Verdict {
    let mut ways = ways.into_iter();
    match ways.next() {
        Some(first) => ways.fold(first, Verdict::or),
        None => Verdict::Pending(otherwise),
    }
}

impl Facts {
    pub fn new(
        network: NetworkId,
        entered: Vec<(Statement, Position)>,
        forks: Vec<Verified<ForkProof>>,
        links: Vec<(FeedId, Seq, EntryHash, EntryHash)>,
    ) -> Self {
        let mut facts = Self {
            network,
            entered: Vec::new(),
            forks,
            links,
            known: RefCell::default(),
        };
        // Rule 17, from the ground up: what counts names what else counts.
        let mut rest = entered;
        loop {
            let (counting, others): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|(s, at)| matches!(s.fact, Fact::Genesis(_)) || facts.counts(at));
            rest = others;
            if counting.is_empty() {
                return facts;
            }
            facts.entered.extend(counting);
        }
    }

    /// Rule 2.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.entered
            .iter()
            .find_map(|(statement, _)| match &statement.fact {
                Fact::Genesis(genesis)
                    if statement.id.0 == self.network.0 && self.has_quorum(genesis, statement) =>
                {
                    Some(genesis)
                }
                _ => None,
            })
    }

    fn has_quorum(&self, genesis: &Genesis, statement: &Statement) -> bool {
        let mut count = 0;
        for root in &genesis.roots {
            if statement.signers.contains(root) {
                count += 1;
            }
        }
        count >= genesis.quorum
    }

    fn find(&self, id: StatementId) -> Option<&Statement> {
        let (statement, _) = self.entered.iter().find(|(s, _)| s.id == id)?;
        // A genesis without quorum was never entered.
        if matches!(statement.fact, Fact::Genesis(_)) && self.genesis().is_none() {
            return None;
        }
        Some(statement)
    }

    fn find_appointment(&self, id: StatementId) -> Option<&Appointment> {
        match &self.find(id)?.fact {
            Fact::Appointment(appointment) => Some(appointment),
            _ => None,
        }
    }

    /// The invite that an admission cites.
    fn find_invite(&self, statement: &Statement) -> Option<(&Statement, &Invite)> {
        let (Fact::Admission(_), Issuer::Under(id)) = (&statement.fact, statement.issuer) else {
            return None;
        };
        let found = self.find(id)?;
        match &found.fact {
            Fact::Invite(invite) => Some((found, invite)),
            _ => None,
        }
    }

    fn role(&self, appointment: &Appointment) -> Option<&Permissions> {
        self.genesis()?.roles.get(&appointment.role)
    }

    /// The known appointments above a statement, nearest first, and the statement that is missing above them.
    fn above(&self, statement: &Statement) -> (Vec<StatementId>, Option<StatementId>) {
        let mut chain = Vec::new();
        let mut issuer = statement.issuer;
        if let Some((invite, _)) = self.find_invite(statement) {
            issuer = invite.issuer;
        }
        while let Issuer::Under(id) = issuer {
            if chain.len() == APPOINTMENT_DEPTH_MAX {
                return (chain, None);
            }
            let Some(found) = self.find(id) else {
                return (chain, Some(id));
            };
            if self.find_appointment(id).is_none() {
                return (chain, None);
            }
            chain.push(id);
            issuer = found.issuer;
        }
        (chain, None)
    }

    /// How far above something an issuer is: the root highest. None when it is not above.
    fn height(&self, issuer: Issuer, over: &Statement) -> Option<usize> {
        match issuer {
            Issuer::Root => Some(1_000),
            Issuer::Under(id) => self
                .above(over)
                .0
                .iter()
                .position(|link| *link == id)
                .map(|i| i + 1),
        }
    }

    pub fn statement(&self, id: StatementId) -> Verdict {
        if let Some(verdict) = self.known.borrow().get(&id) {
            return verdict.clone();
        }
        let verdict = self.work_out(id);
        self.known.borrow_mut().insert(id, verdict.clone());
        verdict
    }

    fn work_out(&self, id: StatementId) -> Verdict {
        let Some(genesis) = self.genesis() else {
            return Verdict::Pending(Missing::Genesis);
        };
        let Some(statement) = self.find(id) else {
            return Verdict::Pending(Missing::Statement(id));
        };
        match &statement.fact {
            Fact::Genesis(_) => return Verdict::Valid,
            // Rule 3.
            Fact::Unknown { kind } => return Verdict::Pending(Missing::Program(kind.clone())),
            // Rule 4.
            Fact::Appointment(_) if self.above(statement).0.len() >= APPOINTMENT_DEPTH_MAX => {
                return void(VoidReason::TooDeep);
            }
            _ => {}
        }
        all(vec![
            self.said_by_right(genesis, statement),
            self.target_fits(statement),
        ])
    }

    fn said_by_right(&self, genesis: &Genesis, statement: &Statement) -> Verdict {
        let containers = || self.entered.iter().filter(|(s, _)| s.id == statement.id);
        let issuer = match statement.issuer {
            // Rule 5.
            Issuer::Root => {
                if let Fact::Roots(change) = &statement.fact {
                    return self.root_change(genesis, statement, change);
                }
                let mut ways = Vec::new();
                for set in self.sets(genesis) {
                    for (_, at) in containers().filter(|(s, _)| set.signed(&s.signers)) {
                        let stands = set.ended.is_none_or(|(_, kept)| {
                            in_feed(kept, at.feed).is_some_and(|last| self.is_below(at, last))
                        });
                        ways.push(match set.ended {
                            Some((change, _)) if !stands => void(VoidReason::Cut(change)),
                            _ => Verdict::Valid,
                        });
                    }
                }
                if ways.is_empty() {
                    return void(VoidReason::NoQuorum);
                }
                return any(ways, Missing::Entry);
            }
            Issuer::Under(issuer) => issuer,
        };
        // Rule 6.
        let Some(issuing) = self.find(issuer) else {
            return Verdict::Pending(Missing::Statement(issuer));
        };
        if let Some((said, invite)) = self.find_invite(statement) {
            return all(vec![
                self.resting_on(issuer),
                self.invited(said, invite, statement),
            ]);
        }
        let Some(appointment) = self.find_appointment(issuer) else {
            return void(VoidReason::NotAnAppointment(issuer));
        };
        let ways = containers()
            .map(|(container, at)| {
                all(vec![
                    unless(container.signers != vec![appointment.key], VoidReason::WrongKey),
                    self.in_force(issuing, appointment, at),
                ])
            })
            .collect();
        all(vec![
            self.resting_on(issuer),
            unless(
                !self.may_say(appointment, statement),
                VoidReason::RoleForbidsStatement,
            ),
            any(ways, Missing::Entry),
        ])
    }

    /// Rules 21 and 22: the sets of root keys that count.
    fn sets<'a>(&'a self, genesis: &'a Genesis) -> Vec<Set<'a>> {
        let mut sets = vec![Set {
            id: StatementId(self.network.0),
            roots: &genesis.roots,
            quorum: genesis.quorum,
            ended: None,
        }];
        loop {
            let last = sets.last_mut().unwrap();
            let follows = |(s, _): &&'a (Statement, Position)| {
                s.issuer == Issuer::Root
                    && matches!(&s.fact, Fact::Roots(change) if change.follows == last.id)
                    && last.signed(&s.signers)
            };
            let Some((next, _)) = self.entered.iter().filter(follows).min_by_key(|(s, _)| s.id) else {
                return sets;
            };
            let Fact::Roots(change) = &next.fact else {
                unreachable!()
            };
            last.ended = Some((next.id, &change.stands));
            sets.push(Set {
                id: next.id,
                roots: &change.roots,
                quorum: change.quorum,
                ended: None,
            });
        }
    }

    fn root_change(&self, genesis: &Genesis, statement: &Statement, change: &RootChange) -> Verdict {
        let sets = self.sets(genesis);
        if sets.iter().any(|set| set.id == statement.id) {
            return Verdict::Valid;
        }
        let Some(set) = sets.iter().find(|set| set.id == change.follows) else {
            return match self.find(change.follows).map(|s| &s.fact) {
                None => Verdict::Pending(Missing::Statement(change.follows)),
                Some(Fact::Roots(_)) => void(VoidReason::AppointmentVoid(change.follows)),
                Some(_) => void(VoidReason::NotAnAppointment(change.follows)),
            };
        };
        let own = self.entered.iter().filter(|(s, _)| s.id == statement.id);
        match own.clone().any(|(s, _)| set.signed(&s.signers)) {
            true => void(VoidReason::RootsChanged(set.ended.unwrap().0)),
            false => void(VoidReason::NoQuorum),
        }
    }

    /// Rule 10 but for the invite's own verdict.
    fn invited(&self, said: &Statement, invite: &Invite, statement: &Statement) -> Verdict {
        let fits = |statement: &Statement| match &statement.fact {
            Fact::Admission(a) => a.unit_path == invite.unit_path && a.name == invite.name,
            _ => false,
        };
        let carried = |container: &Statement, at: &Position| {
            let cut = self.excluded(Target::Statement(said), at);
            let here = all(vec![
                unless(at.time >= invite.expires, VoidReason::OutsideTerm),
                cut.map_or(Verdict::Valid, |id| void(VoidReason::Cut(id))),
            ]);
            let here = if at.node == invite.node {
                here
            } else {
                Verdict::Pending(Missing::Entry)
            };
            all(vec![
                unless(container.signers != vec![invite.key], VoidReason::WrongKey),
                here,
            ])
        };
        let own: Vec<_> = self
            .entered
            .iter()
            .filter(|(s, _)| s.id == statement.id)
            .collect();
        // Positions elsewhere do not count beside one at the node.
        let own = own.iter().filter(|(s, at)| {
            let at_node =
                |(other, at): &&&(Statement, Position)| other.signers == s.signers && at.node == invite.node;
            at.node == invite.node || !own.iter().any(|one| at_node(&one))
        });
        let own = all(vec![
            unless(!fits(statement), VoidReason::RoleForbidsStatement),
            any(own.map(|(s, at)| carried(s, at)).collect(), Missing::Entry),
        ]);
        let mut uses: Vec<_> = self
            .entered
            .iter()
            .filter(|(s, _)| s.issuer == statement.issuer && matches!(s.fact, Fact::Admission(_)))
            .filter(|(s, at)| fits(s) && carried(s, at).is_valid())
            .map(|(s, at)| (at.time, at.feed, at.seq, at.hash, s.id))
            .collect();
        uses.sort();
        match uses.first() {
            Some((.., first)) if own.is_valid() && *first != statement.id => {
                void(VoidReason::InviteUsed(*first))
            }
            _ => own,
        }
    }

    /// Rule 7.
    fn resting_on(&self, appointment: StatementId) -> Verdict {
        match self.statement(appointment) {
            Verdict::Void(_) => void(VoidReason::AppointmentVoid(appointment)),
            other => other,
        }
    }

    /// Rule 8.
    fn may_say(&self, issuer: &Appointment, statement: &Statement) -> bool {
        let Some(role) = self.role(issuer) else {
            return false;
        };
        let reaches = |path: &[RecordId]| role.reach.covers(&issuer.unit_path, path);
        role.statements.iter().any(|kind| Some(*kind) == statement.kind())
            && match &statement.fact {
                Fact::Appointment(a) => role.appoints.contains(&a.role) && reaches(&a.unit_path),
                Fact::Admission(a) => reaches(&a.unit_path),
                Fact::Invite(i) => reaches(&i.unit_path),
                Fact::Cut(_) | Fact::Compromise(_) | Fact::Adoption(_) => true,
                _ => false,
            }
    }

    /// Rule 9.
    fn in_force(&self, statement: &Statement, appointment: &Appointment, at: &Position) -> Verdict {
        let in_term =
            appointment.term.from <= at.time && appointment.term.until.is_none_or(|end| at.time < end);
        let cut = self
            .excluded(Target::Statement(statement), at)
            .map(|id| void(VoidReason::Cut(id)));
        all(vec![
            unless(!in_term, VoidReason::OutsideTerm),
            cut.unwrap_or(Verdict::Valid),
        ])
    }

    /// Rule 15: the ways in which a node is admitted.
    fn ways(&self, node: NodeKey) -> Vec<Target<'_>> {
        let mut ways = Vec::new();
        if self
            .genesis()
            .is_some_and(|genesis| genesis.nodes.contains(&node))
        {
            ways.push(Target::Founding(node));
        }
        let mut admissions: Vec<&Statement> = self
            .entered
            .iter()
            .map(|(s, _)| s)
            .filter(|s| matches!(&s.fact, Fact::Admission(a) if a.node == node))
            .filter(|s| self.statement(s.id).is_valid())
            .collect();
        admissions.sort_by_key(|s| s.id);
        admissions.dedup_by_key(|s| s.id);
        ways.extend(admissions.into_iter().map(Target::Statement));
        ways
    }

    /// Rule 16.
    pub fn unit_of_node(&self, node: NodeKey) -> Option<RecordId> {
        let way = self
            .ways(node)
            .into_iter()
            .find(|way| self.counting(*way).is_empty())?;
        Some(match way {
            Target::Founding(_) => self.network.province_unit(),
            Target::Statement(s) => match &s.fact {
                Fact::Admission(a) => *a.unit_path.last().unwrap(),
                _ => unreachable!(),
            },
        })
    }

    /// Rules 18 to 20.
    pub fn act(&self, act: &Act<'_>, at: &[Position]) -> Verdict {
        let counted: Vec<Position> = at.iter().filter(|at| self.counts(at)).copied().collect();
        if self.genesis().is_some() && counted.is_empty() && !at.is_empty() {
            return Verdict::Pending(Missing::Forked(at.iter().min().unwrap().feed));
        }
        let at = &counted;
        let own = self.own_act(act.key, act.appointment, &act.kinds, at);
        let adopted = |statement: &Statement, appointment: &Appointment| {
            self.entered.iter().any(|(adoption, _)| {
                let Fact::Adoption(adopts) = &adoption.fact else {
                    return false;
                };
                let names = adopts.commits.iter().any(|one| act.commits.contains(one));
                names
                    && self.statement(adoption.id).is_valid()
                    && match adoption.issuer {
                        Issuer::Root => true,
                        Issuer::Under(by) => self.find_appointment(by).is_some_and(|adopter| {
                            self.role(adopter).is_some_and(|role| {
                                act.kinds
                                    .iter()
                                    .all(|kind| role.operations.iter().any(|o| o.covers(kind)))
                                    && (self.height(adoption.issuer, statement).is_some()
                                        || role.reach.covers(&adopter.unit_path, &appointment.unit_path))
                            })
                        }),
                    }
            })
        };
        match (
            self.genesis(),
            self.find(act.appointment),
            self.find_appointment(act.appointment),
        ) {
            (Some(_), Some(statement), Some(appointment))
                if appointment.key == act.key && !at.is_empty() && adopted(statement, appointment) =>
            {
                Verdict::Valid
            }
            _ => own,
        }
    }

    fn own_act(&self, key: PublicKey, id: StatementId, kinds: &[&OpKind], at: &[Position]) -> Verdict {
        if self.genesis().is_none() {
            return Verdict::Pending(Missing::Genesis);
        }
        let Some(statement) = self.find(id) else {
            return Verdict::Pending(Missing::Statement(id));
        };
        let Some(appointment) = self.find_appointment(id) else {
            return void(VoidReason::NotAnAppointment(id));
        };
        let may = |kind: &OpKind| {
            self.role(appointment)
                .is_some_and(|role| role.operations.iter().any(|o| o.covers(kind)))
        };
        let forbidden = kinds.iter().find(|kind| !may(kind));
        let positions = at
            .iter()
            .map(|at| {
                let ways = self.ways(at.node);
                let admitted = ways
                    .iter()
                    .map(|way| {
                        self.excluded(*way, at)
                            .map_or(Verdict::Valid, |c| void(VoidReason::NodeCut(c)))
                    })
                    .collect();
                all(vec![
                    self.in_force(statement, appointment, at),
                    any(admitted, Missing::Admission(at.node)),
                ])
            })
            .collect();
        all(vec![
            unless(key != appointment.key, VoidReason::WrongKey),
            forbidden.map_or(Verdict::Valid, |k| {
                void(VoidReason::RoleForbidsOperation((*k).clone()))
            }),
            self.resting_on(id),
            any(positions, Missing::Entry),
        ])
    }
}
