//! What has been said: all statements with the entries that carry them, and where to find them. Grow-only, so
//! the order in which they come in leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::feed::Seq;
use crate::ids::{CommitId, EntryHash, FeedId, NodeKey, PublicKey, StatementId};
use crate::limits::APPOINTMENT_DEPTH_MAX;
use crate::signed::Verified;
use crate::small::{SmallMap, SmallSet};
use crate::statement::{Admission, Appointment, Fact, Invite, Issuer, Statement};
use crate::time::Time;
use crate::verdict::Position;

use super::branches::names;

/// One set of signatures under a payload, and the entries that carry it.
#[derive(Debug, Clone)]
pub(super) struct Container {
    pub statement: Arc<Verified<Statement>>,
    pub at: SmallSet<Position>,
}

/// A statement: one payload in one or more containers, keyed by their signers in ascending order.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub containers: SmallMap<Vec<PublicKey>, Container>,
}

/// What entering a statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// The statement was not known.
    New,
    /// It was known; this container or this position was not.
    More,
    /// Nothing.
    Known,
}

/// One admission at one position, in the order in which a node took them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    time: Time,
    /// Within one node ordered by feed, number and hash.
    pub at: Position,
    pub admission: StatementId,
}

/// The issuers of a statement, nearest first.
pub(super) struct Chain {
    /// Appointments, at most [`APPOINTMENT_DEPTH_MAX`].
    pub links: Vec<StatementId>,
    pub end: ChainEnd,
}

/// Where a chain of issuers ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChainEnd {
    Root,
    /// A statement that is not known.
    Unknown(StatementId),
    /// A statement that is no appointment, or a chain longer than anybody looks.
    Nowhere,
}

impl Chain {
    /// How many steps an issuer stands above the end of the chain; the root stands above all.
    pub fn steps_to(&self, issuer: Issuer) -> Option<usize> {
        match issuer {
            Issuer::Root => Some(usize::MAX),
            Issuer::Under(appointment) => self.links.iter().position(|link| *link == appointment),
        }
    }
}

/// An entry, and who names it as the last that stands.
pub(super) type Named = ((Seq, EntryHash), StatementId);

/// Small sets where mostly one statement is meant; trees where one official or one feed may have thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct Book {
    statements: BTreeMap<StatementId, Said>,
    under: BTreeMap<StatementId, BTreeSet<StatementId>>,
    cuts: BTreeMap<StatementId, SmallSet<StatementId>>,
    compromises: BTreeMap<[u8; 32], SmallSet<StatementId>>,
    appointments: BTreeMap<PublicKey, SmallSet<StatementId>>,
    admissions: BTreeMap<NodeKey, SmallSet<StatementId>>,
    adoptions: BTreeMap<CommitId, SmallSet<StatementId>>,
    changes: BTreeMap<StatementId, SmallSet<StatementId>>,
    carried: BTreeMap<FeedId, BTreeSet<StatementId>>,
    named: BTreeMap<FeedId, BTreeSet<Named>>,
    uses: BTreeMap<(StatementId, NodeKey), SmallSet<Use>>,
}

/// The ids filed under a key, ascending; none when nothing is.
fn filed<'a, K: Ord, S>(
    index: &'a BTreeMap<K, S>,
    key: &K,
) -> impl Iterator<Item = StatementId> + use<'a, K, S>
where
    &'a S: IntoIterator<Item = &'a StatementId>,
{
    index.get(key).into_iter().flatten().copied()
}

impl Said {
    /// The statement; all containers hold the same payload.
    pub fn content(&self) -> Option<&Arc<Verified<Statement>>> {
        self.containers
            .values()
            .next()
            .map(|container| &container.statement)
    }

    /// Its containers at all their positions.
    fn entries(&self) -> impl Iterator<Item = (Arc<Verified<Statement>>, Position)> {
        self.containers.values().flat_map(|container| {
            let positions = container.at.iter();
            positions.map(|at| (Arc::clone(&container.statement), *at))
        })
    }

    /// What of it one position carries.
    pub fn only_at(&self, at: &Position) -> Self {
        let carried = self
            .containers
            .iter()
            .filter(|(_, container)| container.at.contains(at));
        let only = |container: &Container| Container {
            statement: Arc::clone(&container.statement),
            at: SmallSet::from([*at]),
        };
        Self {
            containers: carried
                .map(|(signers, container)| (signers.clone(), only(container)))
                .collect(),
        }
    }
}

impl Book {
    pub fn enter(&mut self, statement: &Verified<Statement>, at: Position) -> Entered {
        let mut signers = statement.signers.clone();
        signers.sort_unstable();
        let id = statement.id;
        let new = !self.statements.contains_key(&id);
        let said = self.statements.entry(id).or_insert_with(|| Said {
            containers: SmallMap::default(),
        });
        let mut more = false;
        let container = said.containers.get_or_insert_with(signers, || {
            more = true;
            Container {
                statement: Arc::new(statement.clone()),
                at: SmallSet::default(),
            }
        });
        // Of containers with the same signers the smallest is shown: which came first must not matter.
        if statement.bytes() < container.statement.bytes() {
            container.statement = Arc::new(statement.clone());
        }
        more |= container.at.insert(at);
        self.carried.entry(at.feed).or_default().insert(id);
        if let (Fact::Admission(_), Issuer::Under(issuer)) = (&statement.fact, statement.issuer) {
            self.uses.entry((issuer, at.node)).or_default().insert(Use {
                time: at.time,
                at,
                admission: id,
            });
        }
        if new {
            self.file(statement);
            Entered::New
        } else if more {
            Entered::More
        } else {
            Entered::Known
        }
    }

    fn file(&mut self, statement: &Statement) {
        let id = statement.id;
        if let Issuer::Under(appointment) = statement.issuer {
            self.under.entry(appointment).or_default().insert(id);
        }
        for at in names(statement) {
            let named = self.named.entry(at.feed).or_default();
            named.insert(((at.seq, at.hash), id));
        }
        match &statement.fact {
            Fact::Appointment(a) => {
                self.appointments.entry(a.key).or_default().insert(id);
            }
            Fact::Cut(cut) => {
                self.cuts.entry(cut.target).or_default().insert(id);
            }
            Fact::Compromise(c) => {
                self.compromises.entry(c.key.0).or_default().insert(id);
            }
            Fact::Admission(a) => {
                self.admissions.entry(a.node).or_default().insert(id);
            }
            Fact::Adoption(a) => {
                for commit in &a.commits {
                    self.adoptions.entry(*commit).or_default().insert(id);
                }
            }
            Fact::Roots(change) => {
                self.changes.entry(change.follows).or_default().insert(id);
            }
            Fact::Genesis(_) | Fact::Invite(_) | Fact::Unknown { .. } => {}
        }
    }

    pub fn get(&self, id: &StatementId) -> Option<&Said> {
        self.statements.get(id)
    }

    pub fn statement(&self, id: &StatementId) -> Option<&Arc<Verified<Statement>>> {
        self.statements.get(id).and_then(Said::content)
    }

    pub fn appointment(&self, id: &StatementId) -> Option<&Appointment> {
        match &self.statement(id)?.fact {
            Fact::Appointment(appointment) => Some(appointment),
            _ => None,
        }
    }

    pub fn admission(&self, id: &StatementId) -> Option<&Admission> {
        match &self.statement(id)?.fact {
            Fact::Admission(admission) => Some(admission),
            _ => None,
        }
    }

    pub fn invite(&self, id: &StatementId) -> Option<&Invite> {
        match &self.statement(id)?.fact {
            Fact::Invite(invite) => Some(invite),
            _ => None,
        }
    }

    /// The invite that an admission was made under.
    pub fn invite_of(&self, statement: &Statement) -> Option<(StatementId, &Invite)> {
        match (&statement.fact, statement.issuer) {
            (Fact::Admission(_), Issuer::Under(id)) => Some((id, self.invite(&id)?)),
            _ => None,
        }
    }

    /// The admissions under an invite that its node carries, first by when it took them in.
    pub fn uses(&self, id: StatementId, invite: &Invite) -> impl Iterator<Item = &Use> {
        self.uses.get(&(id, invite.node)).into_iter().flatten()
    }

    pub fn all(&self) -> impl Iterator<Item = (&StatementId, &Said)> {
        self.statements.iter()
    }

    pub fn issued_under(&self, id: &StatementId) -> impl Iterator<Item = StatementId> {
        filed(&self.under, id)
    }

    pub fn cuts_of(&self, target: &StatementId) -> impl Iterator<Item = StatementId> {
        filed(&self.cuts, target)
    }

    pub fn compromises_of(&self, key: &[u8; 32]) -> impl Iterator<Item = StatementId> {
        filed(&self.compromises, key)
    }

    pub fn appointments_of(&self, key: &PublicKey) -> impl Iterator<Item = StatementId> {
        filed(&self.appointments, key)
    }

    pub fn admissions_of(&self, node: &NodeKey) -> impl Iterator<Item = StatementId> {
        filed(&self.admissions, node)
    }

    pub fn adoptions_of(&self, commit: &CommitId) -> impl Iterator<Item = StatementId> {
        filed(&self.adoptions, commit)
    }

    /// The changes of root keys that name what they follow.
    pub fn changes_of(&self, set: &StatementId) -> impl Iterator<Item = StatementId> {
        filed(&self.changes, set)
    }

    /// All nodes that some statement admits, whatever its verdict.
    pub fn named_nodes(&self) -> impl Iterator<Item = NodeKey> {
        self.admissions.keys().copied()
    }

    /// The statements that a feed carries.
    pub fn carried_in(&self, feed: &FeedId) -> impl Iterator<Item = StatementId> {
        filed(&self.carried, feed)
    }

    /// All containers at all their positions.
    pub fn entries(&self) -> impl Iterator<Item = (Arc<Verified<Statement>>, Position)> {
        self.statements.values().flat_map(Said::entries)
    }

    /// The containers that a feed carries, with their positions there.
    pub fn entries_in(&self, feed: &FeedId) -> impl Iterator<Item = (Arc<Verified<Statement>>, Position)> {
        let said = self.carried_in(feed).filter_map(|id| self.get(&id));
        said.flat_map(Said::entries)
            .filter(move |(_, at)| at.feed == *feed)
    }

    /// The entries of a feed that statements name as the last that stand, with who names each.
    pub fn named(&self, feed: &FeedId) -> impl Iterator<Item = Named> {
        self.named.get(feed).into_iter().flatten().copied()
    }

    /// The issuers above a statement; above an admission under an invite those above the invite. Ids are hashes, so no
    /// chain closes into a circle.
    pub fn chain(&self, of: &Statement) -> Chain {
        let mut links = Vec::new();
        let mut issuer = match self.invite_of(of).and_then(|(id, _)| self.statement(&id)) {
            Some(invite) => invite.issuer,
            None => of.issuer,
        };
        let end = loop {
            let Issuer::Under(id) = issuer else {
                break ChainEnd::Root;
            };
            if links.len() == APPOINTMENT_DEPTH_MAX {
                break ChainEnd::Nowhere;
            }
            let Some(statement) = self.statement(&id) else {
                break ChainEnd::Unknown(id);
            };
            if !matches!(statement.fact, Fact::Appointment(_)) {
                break ChainEnd::Nowhere;
            }
            links.push(id);
            issuer = statement.issuer;
        };
        Chain { links, end }
    }

    /// A statement with all that is issued under it, directly or further down.
    pub fn subtree(&self, top: StatementId) -> BTreeSet<StatementId> {
        let mut found = BTreeSet::from([top]);
        let mut open = vec![top];
        while let Some(id) = open.pop() {
            open.extend(self.issued_under(&id).filter(|child| found.insert(*child)));
        }
        found
    }
}
