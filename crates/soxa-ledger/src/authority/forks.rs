//! Fork proofs and the links of what is held past them: taken in, and what follows when positions begin or cease to count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::fork::ForkProof;
use crate::ids::{FeedId, PublicKey, StatementId};
use crate::signed::Verified;
use crate::statement::{Fact, Statement};
use crate::verdict::Position;

use super::branches::Stretch;
use super::cuts::Cuttable;
use super::rejudge::Agenda;
use super::{Authority, Touched};

/// Statements by position, id and signers.
pub(super) type Aside = BTreeMap<(Position, StatementId, Vec<PublicKey>), Arc<Verified<Statement>>>;

impl Authority {
    /// Takes in the proof that a feed forked. Idempotent, and independent of the order of calls.
    pub fn insert_fork(&mut self, proof: &Verified<ForkProof>) -> Touched {
        let mut touched = Touched::default();
        let feed = proof.feed_id();
        if proof.feed().id(self.network) != feed
            || self.forks.get(&feed).is_some_and(|kept| !proof.precedes(kept))
        {
            return touched;
        }
        self.changes += 1;
        self.forks.insert(feed, Arc::new(proof.clone()));
        self.recount(feed);
        touched.feeds.insert(feed);
        // What only what it carries itself names does not count: so even what is named has to be looked at again.
        let mut carried = self.book.entries_in(&feed);
        let past_fork = carried.any(|(statement, at)| at.seq >= proof.seq() && !is_genesis(&statement));
        drop(carried);
        if past_fork {
            self.begin_anew(&mut touched);
        } else {
            self.judge_carried(&feed, &mut touched);
        }
        touched
    }

    /// Takes in links between entries of a feed that are held. Those from a fork on matter: what is below a named entry
    /// counts as far as it is linked to it. Idempotent, and independent of the order of calls.
    pub fn insert_stretch(&mut self, feed: FeedId, stretch: Stretch) -> Touched {
        let mut touched = Touched::default();
        if self.add_stretch(feed, stretch) && self.forks.contains_key(&feed) {
            self.changes += 1;
            touched.feeds.insert(feed);
            self.judge_carried(&feed, &mut touched);
            self.admit_aside(BTreeSet::from([feed]), &mut touched);
        }
        touched
    }

    /// The fork proofs kept, in the order of their feeds.
    pub fn forks(&self) -> impl Iterator<Item = &Verified<ForkProof>> {
        self.forks.values().map(|proof| &**proof)
    }

    /// The fork proof of a feed.
    #[must_use]
    pub fn fork_of(&self, feed: &FeedId) -> Option<&Verified<ForkProof>> {
        self.forks.get(feed).map(|proof| &**proof)
    }

    /// Whether a statement is known, with these signatures: some position that counts carries it so.
    #[must_use]
    pub fn knows(&self, statement: &Verified<Statement>) -> bool {
        let mut signers = statement.signers.clone();
        signers.sort_unstable();
        let said = self.book.get(&statement.id);
        said.and_then(|said| said.containers.get(&signers))
            .is_some_and(|container| container.at.iter().any(|at| self.counts(at)))
    }

    /// The statements at positions that do not count, in the order of their feeds and positions: they are as if nobody had
    /// made them, unless another position counts.
    pub fn aside(&self) -> impl Iterator<Item = &Verified<Statement>> {
        self.aside
            .values()
            .flat_map(|aside| aside.values().map(|statement| &**statement))
    }

    /// Remembers a statement at a position that does not count.
    pub(super) fn set_aside(&mut self, statement: Arc<Verified<Statement>>, at: Position) {
        let key = (at, statement.id, statement.signers.clone());
        self.aside.entry(at.feed).or_default().insert(key, statement);
    }

    /// What a statement that counts names begins to count.
    pub(super) fn follow_names(&mut self, statement: &Statement, touched: &mut Touched) {
        let grown = self.count_named(statement);
        self.admit_aside(grown, touched);
    }

    /// Takes in what was set aside in these feeds and counts now, and what that lets count in its turn.
    fn admit_aside(&mut self, mut grown: BTreeSet<FeedId>, touched: &mut Touched) {
        while let Some(feed) = grown.pop_first() {
            touched.feeds.insert(feed);
            let Some(aside) = self.aside.remove(&feed) else {
                continue;
            };
            for ((at, ..), statement) in aside {
                if self.counts(&at) {
                    touched.merge(self.enter(&statement, at));
                    grown.extend(self.count_named(&statement));
                } else {
                    self.set_aside(statement, at);
                }
            }
        }
    }

    /// Judges the statements again that a feed carries.
    fn judge_carried(&mut self, feed: &FeedId, touched: &mut Touched) {
        let mut agenda = Agenda::default();
        for id in self.book.carried_in(feed) {
            self.ask_again(&mut agenda, id);
        }
        self.answer(agenda, touched);
    }

    /// Takes in all statements anew: some that counted do no longer, with all that they named. Rare, since only a new or
    /// lower fork of a feed that carries statements does it.
    fn begin_anew(&mut self, touched: &mut Touched) {
        let fresh = Self {
            changes: self.changes,
            forks: self.forks.clone(),
            histories: self.histories.clone(),
            ..Self::new(self.network)
        };
        let before = std::mem::replace(self, fresh);
        for feed in self.forks.keys().copied().collect::<Vec<_>>() {
            self.recount(feed);
        }
        // The genesis first, so that nothing has to wait for it.
        let genesis = StatementId(self.network.0);
        let (first, others): (Vec<_>, Vec<_>) = before
            .book
            .entries()
            .partition(|(statement, _)| statement.id == genesis);
        for (statement, at) in first.into_iter().chain(others) {
            self.insert(&statement, at);
        }
        for ((at, ..), statement) in before.aside.values().flatten() {
            self.insert(statement, *at);
        }
        self.changes = self.changes.max(before.changes);
        self.compare(&before, touched);
    }

    /// What is judged otherwise than before.
    fn compare(&self, before: &Self, touched: &mut Touched) {
        let both = [before, self];
        let ids: BTreeSet<StatementId> = both
            .iter()
            .flat_map(|one| one.book.all().map(|(id, _)| *id))
            .collect();
        for id in ids {
            let known = both.map(|one| one.book.statement(&id));
            let [was, is] = both.map(|one| one.judge_statement(&id));
            if known.iter().any(Option::is_none) {
                let below = both.iter().flat_map(|one| one.book.subtree(id));
                touched.appointments.extend(below);
            }
            if was == is {
                continue;
            }
            touched.statements.insert(id);
            match known
                .into_iter()
                .flatten()
                .next()
                .map(|statement| &statement.fact)
            {
                Some(Fact::Appointment(_)) => {
                    touched.appointments.insert(id);
                }
                Some(Fact::Admission(admission)) if was.is_valid() != is.is_valid() => {
                    touched.nodes.insert(admission.node);
                }
                Some(Fact::Adoption(adoption)) if was.is_valid() != is.is_valid() => {
                    touched.commits.extend(&adoption.commits);
                }
                _ => {}
            }
        }
        let targets: BTreeSet<Cuttable> = both.iter().flat_map(|one| one.counting.keys().copied()).collect();
        for target in targets {
            if before.counting.get(&target) == self.counting.get(&target) {
                continue;
            }
            match target {
                Cuttable::Founding(node) => {
                    touched.nodes.insert(node);
                }
                Cuttable::Statement(id) => {
                    let admissions = both.iter().filter_map(|one| one.book.admission(&id));
                    touched.nodes.extend(admissions.map(|admission| admission.node));
                    touched.appointments.insert(id);
                }
            }
        }
        let [was, is] = both.map(Self::counted);
        let feeds: BTreeSet<FeedId> = was.keys().chain(is.keys()).copied().collect();
        let changed = feeds.into_iter().filter(|feed| was.get(feed) != is.get(feed));
        touched.feeds.extend(changed);
    }
}

fn is_genesis(statement: &Statement) -> bool {
    matches!(statement.fact, Fact::Genesis(_))
}
