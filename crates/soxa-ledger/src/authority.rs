//! The verdict rule: which statements and acts have effect. A function of the set of entries and fork proofs
//! known, never of a clock or of the order in which they came.
//!
//! **Words.** A *position* is an entry that carries a statement or commit. A copy of a commit ([`crate::copy`]) stands for the
//! position of which it shows the entry, in whichever feed it lies. A statement's *chain* is its issuer,
//! the issuer of that appointment, and so on up to the root; that of an admission under an invite is the invite's.
//! *Above* a statement are the appointments in its chain, and the root above all. Several requirements combine
//! with [`Verdict::and`] (void precedes pending), several ways to meet one with [`Verdict::or`] (valid precedes pending
//! precedes void).
//!
//! **The ground**
//! 1. Statements form a grow-only set. One payload may stand in several *containers* (sets of signatures), each
//!    carried by one or more positions. Entering is idempotent. Statements of other networks are not entered.
//! 2. The genesis is known once a container is entered whose payload's hash is the network's id and which a quorum
//!    of its own root keys signed; other containers of it add nothing. It is valid. Without it every verdict is
//!    `Pending(Genesis)`. With it, a statement that is not known is `Pending(Statement)`.
//!
//! **Statements**
//! 3. One of an unknown kind is `Pending(Program)`, and nothing more is asked.
//! 4. An appointment with [`APPOINTMENT_DEPTH_MAX`] or more known appointments above it is `Void(TooDeep)`, and nothing
//!    more is asked.
//! 5. By the root: one of its containers must be signed by a quorum of root keys that are in office (rule 22) at one of
//!    its positions; without such a quorum `Void(NoQuorum)`, with one that had ended before `Void(Cut)`. Terms do not
//!    matter, nor which node carries it.
//! 6. Under an appointment B: B unknown is `Pending(Statement(B))`; B another thing is `Void(NotAnAppointment(B))`. Else
//!    rules 7 and 8 hold, and one container meets both: its signers are B's key alone (else `Void(WrongKey)`), and B is
//!    *in force* at one of the container's positions (rule 9).
//! 7. B's verdict: void gives `Void(AppointmentVoid(B))`, pending gives what B misses.
//! 8. B's role may make this kind of statement, and an invite where it may admit; may appoint the role appointed; and
//!    the unit path of an appointment, admission or invite lies within its reach from B's unit path. Else `Void(RoleForbidsStatement)`.
//! 9. In force at a position: B's term covers its node time (else `Void(OutsideTerm)`), and B's cuts do not exclude it
//!    (rule 14, else `Void(Cut)`).
//! 10. An admission may also be made under an invite I. Then rule 7 holds for I, and one container, signed by I's key
//!     alone (else `WrongKey`), has a position in a feed of the node that I names (without any, `Pending(Entry)`)
//!     whose node time lies before I's end (else `OutsideTerm`) and that I's cuts do not exclude (else `Cut`). Its unit
//!     path and name are I's (else `RoleForbidsStatement`).
//!     Of the admissions that stand so under one invite, the one with the first such position has effect: by node time,
//!     feed, number, hash, and last by its own id. The others are `Void(InviteUsed)`. Only positions in the feeds of
//!     one node count because a single honest node knows an order: whoever finds a token later, even with another
//!     node's help and any time it likes, cannot undo an admission. An invite lets one do nothing else: any other
//!     statement under it is `Void(NotAnAppointment)`.
//! 11. Nothing here asks for the admission of the node that carries a statement. Otherwise the admission of a node
//!     could rest on an entry of that node, and a cut that excludes the entry carrying it would undo itself.
//!     What an appointment did stands by its own position: *offices outlive people*.
//! 12. A cut must besides name a known target (else `Pending(Statement)`) that is an appointment, admission or invite
//!     (else `Void(NotAnAppointment)`), and its issuer must be above the target: else `Void(NotAbove)`, or, while the target's
//!     chain ends in a statement that is not known, `Pending` on that one. One looks at no more than
//!     [`APPOINTMENT_DEPTH_MAX`] links, and none beyond a statement that is no appointment.
//!
//! **Cuts**
//! 13. To an appointment, admission or invite apply the valid cuts that name it, and to the first two the valid
//!     compromises of its key (the node's, for an admission) whose issuer is above it: those made already and those still to come. To a founding
//!     node apply the root's compromises of its key. A compromise does not reach what others appoint: if it
//!     needed to be above all of a key's appointments, any other head could undo it by appointing the key.
//!     Of those that apply, those of the highest issuer *count*: the root, then who is further above.
//! 14. A cut names for each feed the last (seq, hash) that stands, and nothing stands of a feed that it does not name. A
//!     position stands by it when its seq is lower, or equal with the same hash; from a fork on (rule 17) only when it is
//!     the named one, or lies below it in one chain of entries. It must stand by each of the counting cuts: of two that
//!     name different branches only what both have in common is left. The smallest id among those that exclude a
//!     position is reported.
//!
//! **Nodes**
//! 15. A node is admitted in one or more ways: as a founding node, and by each valid admission. No way:
//!     `Pending(Admission)`. A way excludes positions by its cuts: `Void(NodeCut)`. One way is enough.
//! 16. A node serves now the unit of its first way that has no counting cut at all: as a founding node the province's
//!     own unit, then that of the valid admission with the smallest id.
//!
//! **Forks**
//! 17. Of the fork proofs of a feed the lowest counts ([`crate::fork`]). A position before its seq *counts*. From its seq
//!     on one counts that a cut, compromise or change of root keys names, or that lies below a named one in one chain of
//!     entries that are held; several branches may count so. Whoever names, for whatever it wanted to end, and whether
//!     it is valid or not: nothing is gained by it, since what counts is judged as anywhere else; it makes everybody
//!     hold the branch. So no later cut and no later proof takes back what was named, and no verdict depends on itself.
//!     A position that does not count is as if it were not there, because others need not hold it. Statements that
//!     only such positions carry are not known, and what they name is not named. Honest holders append the statement or
//!     act again in feeds of their own. (The genesis is known wherever it stands.)
//!
//! **Acts**
//! 18. An act under A: A unknown is `Pending(Statement(A))`, another thing `Void(NotAnAppointment(A))`. Else the key is A's
//!     (`WrongKey`), A's role permits every kind of operation (`RoleForbidsOperation`, the first that it does not), rule 7
//!     holds for A, and rule 19 at one of its positions; without any, `Pending(Entry)`. An act of which no position counts,
//!     though it has some, is `Pending(Forked)`, and nothing more is asked.
//! 19. At a position A is in force (rule 9) and the node is admitted (rule 15).
//! 20. An act that is carried by some position and whose key is A's, whatever rules 18 and 19 make of it, is valid if
//!     a valid adoption names one of its commits, by the root or under an appointment B whose role permits every kind
//!     of operation in it, and B is above A (in A's chain), or A's unit path lies within B's reach. The commits of a
//!     signature under minutes are all that carry it. An adoption is given for a commit as it is: nothing is repeated, who
//!     did what stays as it was signed, and adopting again adds nothing. One that falls takes the effect with it.
//!
//! **Root keys**
//! 21. The genesis names the first set of root keys, each valid change another. A change is the root's, names what it
//!     follows (unknown: `Pending(Statement)`; neither the genesis nor a change: `Void(NotAnAppointment)`; a change that is not valid:
//!     `Void(AppointmentVoid)`) and must be signed by a quorum of that set, else `Void(NoQuorum)`; wherever it stands. Of the
//!     changes that follow one set so, the one with the smallest id is valid; the others are `Void(RootsChanged)`. After
//!     [`ROOT_CHANGES_MAX`] changes further ones are `Void(TooDeep)`. No appointment lets one change root keys.
//! 22. A set that a valid change follows is in office at the positions that stand by what the change names (as in rule
//!     14); in a feed that it does not name, nowhere. A set that none follows is in office everywhere.
//!
//! The recursion ends: root keys depend on signatures alone. a statement depends on its issuer's verdict and cuts, and cuts on statements of issuers
//! strictly above what they cut. Nothing depends on an act, so nothing on an adoption but acts. Which admission was first under an invite depends on the invite's verdict and cuts
//! and on positions, not on the verdicts of the other admissions. Which positions count depends on no verdict: statements that
//! count name positions, which may let more statements count, and the least such set is taken. Statements come first by their
//! depth, then nodes, then acts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::fork::ForkProof;
use crate::ids::{CommitId, FeedId, NetworkId, NodeKey, PublicKey, RecordId, StatementId};
#[cfg(doc)]
use crate::limits::{APPOINTMENT_DEPTH_MAX, ROOT_CHANGES_MAX};
use crate::operation::OpKind;
use crate::signed::Verified;
use crate::statement::{Appointment, Fact, Genesis, Issuer, Statement, Supposed};
use crate::verdict::{Missing, Position, Verdict};

mod adoptions;
mod book;
mod branches;
mod cuts;
mod forks;
mod invites;
mod nodes;
mod rejudge;
mod roots;
mod standing;

pub use branches::Stretch;

use book::{Book, Entered, Said};
use branches::Histories;
use cuts::CountingCuts;
use forks::Aside;
use rejudge::Agenda;
use roots::RootSet;

/// What one statement or fork proof may have changed: acts under these appointments, in feeds of these nodes and
/// in these feeds are to be judged again, and no others. The sets are complete: nobody need look further down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The genesis has come: every act is to be judged again.
    pub everything: bool,
    /// Statements whose own verdict changed.
    pub statements: BTreeSet<StatementId>,
    /// Appointments whose acts may have another verdict now, with all below them for which that holds.
    pub appointments: BTreeSet<StatementId>,
    /// Nodes whose admission may have changed.
    pub nodes: BTreeSet<NodeKey>,
    /// Feeds found to be forked.
    pub feeds: BTreeSet<FeedId>,
    /// Commits that were adopted, or are no longer: these, and whatever carries a signature that one of them carries.
    pub commits: BTreeSet<CommitId>,
}

impl Touched {
    /// Whether nothing has to be judged again.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what something else touched.
    pub fn merge(&mut self, other: Self) {
        self.everything |= other.everything;
        self.statements.extend(other.statements);
        self.appointments.extend(other.appointments);
        self.nodes.extend(other.nodes);
        self.feeds.extend(other.feeds);
        self.commits.extend(other.commits);
    }

    /// Whether an act at these positions is to be judged again.
    #[must_use]
    pub fn concerns(&self, act: &Act<'_>, at: &[Position]) -> bool {
        self.everything
            || self.appointments.contains(&act.appointment)
            || act.commits.iter().any(|commit| self.commits.contains(commit))
            || at
                .iter()
                .any(|at| self.nodes.contains(&at.node) || self.feeds.contains(&at.feed))
    }
}

/// An act to be judged: operations of these kinds, by this key, under this appointment.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Who signed.
    pub key: PublicKey,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// The kinds of operations in it.
    pub kinds: Vec<&'a OpKind>,
    /// The commit that it is; for a signature under minutes all commits that carry it.
    pub commits: Vec<CommitId>,
}

/// All statements of a network with the entries that carry them, and their verdicts. Judging only reads; verdicts
/// are worked out when something comes in.
#[derive(Debug, Clone)]
pub struct Authority {
    network: NetworkId,
    changes: u64,
    genesis: Option<Arc<Genesis>>,
    book: Book,
    forks: BTreeMap<FeedId, Arc<Verified<ForkProof>>>,
    histories: BTreeMap<FeedId, Histories>,
    /// Statements at positions that do not count (rule 17), by feed.
    aside: BTreeMap<FeedId, Aside>,
    /// The sets of root keys that count, the first one first.
    succession: Vec<RootSet>,
    verdicts: BTreeMap<StatementId, Verdict>,
    counting: CountingCuts,
}

impl Authority {
    /// Nothing known yet but the network's id. The genesis comes in like any statement.
    #[must_use]
    pub fn new(network: NetworkId) -> Self {
        Self {
            network,
            changes: 0,
            genesis: None,
            book: Book::default(),
            forks: BTreeMap::new(),
            histories: BTreeMap::new(),
            aside: BTreeMap::new(),
            succession: Vec::new(),
            verdicts: BTreeMap::new(),
            counting: CountingCuts::new(),
        }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// How often something new came in: what was worked out from this authority holds while the number stays.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes in a statement at one more position. Idempotent, and independent of the order of calls.
    pub fn insert(&mut self, statement: &Verified<Statement>, at: Position) -> Touched {
        let is_genesis = matches!(statement.fact, Fact::Genesis(_));
        if statement.network != self.network || (is_genesis && statement.as_genesis().is_none()) {
            return Touched::default();
        }
        if !is_genesis && !self.counts(&at) {
            self.set_aside(Arc::new(statement.clone()), at);
            return Touched::default();
        }
        let mut touched = self.enter(statement, at);
        self.follow_names(statement, &mut touched);
        touched
    }

    /// Takes in a statement at a position that counts.
    fn enter(&mut self, statement: &Verified<Statement>, at: Position) -> Touched {
        let mut touched = Touched::default();
        let entered = self.book.enter(statement, at);
        if entered == Entered::Known {
            return touched;
        }
        self.changes += 1;
        let mut agenda = Agenda::default();
        if self.genesis.is_none() {
            let Some(genesis) = statement.as_genesis() else {
                return touched;
            };
            self.genesis = Some(Arc::new(genesis.clone()));
            self.succession = self.succession(genesis);
            touched.everything = true;
            touched.nodes.extend(genesis.nodes.iter().copied());
            touched.nodes.extend(self.book.named_nodes());
            touched.feeds.extend(self.forks.keys().copied());
            self.ask_all(&mut agenda, genesis);
        } else if entered == Entered::New {
            // Acts under a statement that nobody had shown were pending on it; those further down may be adopted now.
            touched.appointments.extend(self.book.subtree(statement.id));
            self.ask_subtree(&mut agenda, statement.id);
            for change in self.book.changes_of(&statement.id) {
                self.ask_standing(&mut agenda, change);
            }
        } else {
            self.ask_again(&mut agenda, statement.id);
        }
        if let (Fact::Roots(_), Some(genesis)) = (&statement.fact, self.genesis.clone()) {
            self.follow_roots(&genesis, &mut agenda);
        }
        self.answer(agenda, &mut touched);
        touched
    }

    /// What a statement would do at a position if it were signed: for telling people before they sign. Judges like
    /// [`Authority::insert`]; what is supposed must never be stored, so one supposes in a copy.
    pub fn suppose(&mut self, statement: &Supposed, at: Position) -> Touched {
        self.insert(statement.as_verified(), at)
    }

    fn answer(&mut self, agenda: Agenda, touched: &mut Touched) {
        if let Some(genesis) = self.genesis.clone() {
            self.settle(&genesis, agenda, touched);
        }
    }

    /// The genesis, once known.
    #[must_use]
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_deref()
    }

    /// The statement that names the root keys in office now: the genesis or the newest change. None before the genesis.
    #[must_use]
    pub fn root_set(&self) -> Option<StatementId> {
        self.succession.last().map(|set| set.id)
    }

    /// The sets of root keys, one after the other: the statement that names it, the keys, how many of them have to sign.
    pub fn root_sets_in_order(&self) -> impl Iterator<Item = (StatementId, &[PublicKey], u32)> {
        self.succession.iter().map(|set| {
            let (keys, quorum) = set.keys();
            (set.id, keys, quorum)
        })
    }

    /// The root keys in office now, ascending, and how many of them a root statement needs.
    #[must_use]
    pub fn root_keys(&self) -> Option<(&[PublicKey], u32)> {
        self.succession.last().map(RootSet::keys)
    }

    /// The verdict on a statement.
    #[must_use]
    pub fn judge_statement(&self, id: &StatementId) -> Verdict {
        if self.genesis.is_none() {
            return Verdict::Pending(Missing::Genesis);
        }
        self.verdicts
            .get(id)
            .cloned()
            .unwrap_or(Verdict::Pending(Missing::Statement(*id)))
    }

    /// What a statement would be worth if one of its positions were its only one, everything else being as it is.
    #[must_use]
    pub fn judge_statement_at(&self, id: &StatementId, at: &Position) -> Verdict {
        match (&self.genesis, self.book.get(id)) {
            (None, _) => Verdict::Pending(Missing::Genesis),
            (Some(_), None) => Verdict::Pending(Missing::Statement(*id)),
            (Some(genesis), Some(said)) => self.standing(genesis, &said.only_at(at)),
        }
    }

    /// The verdict on an act that stands at these positions: the best that any of them gives.
    #[must_use]
    pub fn judge_act(&self, act: &Act<'_>, at: &[Position]) -> Verdict {
        match &self.genesis {
            Some(genesis) => self.act(genesis, act, at),
            None => Verdict::Pending(Missing::Genesis),
        }
    }

    /// A statement with its signatures, whatever its verdict. Of several containers one that makes it stand, if any
    /// does.
    #[must_use]
    pub fn statement(&self, id: &StatementId) -> Option<&Verified<Statement>> {
        self.book.get(id).and_then(|said| self.shown(said))
    }

    /// The container shown for a statement: the first by its signers that is signed as its issuer demands.
    fn shown<'a>(&self, said: &'a Said) -> Option<&'a Verified<Statement>> {
        let rightful = |statement: &Statement| match statement.issuer {
            Issuer::Root => self.genesis.is_none() || self.signed_by_root(&statement.signers),
            Issuer::Under(issuer) => {
                let appointment = self.book.appointment(&issuer).map(|issuer| issuer.key);
                let invite = self.book.invite_of(statement).map(|(_, invite)| invite.key);
                appointment
                    .or(invite)
                    .is_none_or(|issuer| statement.signers == [issuer])
            }
        };
        let mut containers = said.containers.values().map(|container| &*container.statement);
        let first = containers.clone().next();
        containers.find(|statement| rightful(statement)).or(first)
    }

    /// The entries that carry a statement, in all its containers.
    pub fn positions_of(&self, id: &StatementId) -> impl Iterator<Item = &Position> {
        self.book
            .get(id)
            .into_iter()
            .flat_map(|said| said.containers.values())
            .flat_map(|c| &c.at)
    }

    /// An appointment, whatever its verdict; none when unknown or no appointment.
    #[must_use]
    pub fn appointment(&self, id: &StatementId) -> Option<&Appointment> {
        self.book.appointment(id)
    }

    /// The appointments of a key with their verdicts, in the order of their ids.
    #[must_use]
    pub fn appointments_of(&self, key: &PublicKey) -> Vec<(StatementId, &Appointment, Verdict)> {
        self.book
            .appointments_of(key)
            .filter_map(|id| Some((id, self.book.appointment(&id)?, self.judge_statement(&id))))
            .collect()
    }

    /// The cuts and compromises that count for an appointment, admission or invite, in the order of their ids: those of the
    /// highest issuer among the valid ones.
    #[must_use]
    pub fn cuts_on(&self, target: &StatementId) -> &[StatementId] {
        self.counting
            .get(&cuts::Cuttable::Statement(*target))
            .map_or(&[], Vec::as_slice)
    }

    /// All statements with their verdicts, in the order of their ids.
    pub fn statements(&self) -> impl Iterator<Item = (&Verified<Statement>, Verdict)> {
        self.book
            .all()
            .filter_map(|(id, said)| Some((self.shown(said)?, self.judge_statement(id))))
    }

    /// The unit that an admitted node serves now: founding nodes serve the province's own unit; none for a node
    /// without a standing admission or whose admissions are all cut.
    #[must_use]
    pub fn unit_of_node(&self, node: &NodeKey) -> Option<RecordId> {
        self.unit_now(self.genesis()?, node)
    }

    /// Whether anybody with the right to it ever admitted the node, even if a cut, of the admission or of whoever made it,
    /// has ended that: what such a node appended is evidence that every node holds. The answer only ever turns from no
    /// to yes as statements come in, in whatever order, so that all nodes end with the same feeds.
    #[must_use]
    pub fn knows_node(&self, node: &NodeKey) -> bool {
        self.genesis().is_some_and(|genesis| {
            genesis.nodes.contains(node)
                || self
                    .book
                    .admissions_of(node)
                    .any(|id| self.is_in_form(genesis, id))
        })
    }

    /// All nodes admitted now, with their units.
    #[must_use]
    pub fn admitted_nodes(&self) -> Vec<(NodeKey, RecordId)> {
        let founding = self
            .genesis()
            .into_iter()
            .flat_map(|genesis| genesis.nodes.iter().copied());
        let nodes: BTreeSet<NodeKey> = founding.chain(self.book.named_nodes()).collect();
        nodes
            .into_iter()
            .filter_map(|node| Some((node, self.unit_of_node(&node)?)))
            .collect()
    }
}
