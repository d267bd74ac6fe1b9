//! Reading: records, who signed what, what is not valid, and where acts stand.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use soxa_ledger::entry::BodyKind;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Commit, CommitId, FeedId, NodeKey, OpId, PublicKey, RecordId, Scope, Seq, Statement, StatementId, Time,
    Verified,
};
use soxa_records::handover::view::HandoverView;
use soxa_records::inventory::view::InventoryView;
use soxa_records::{CustodyView, History, OpFacts};
use soxa_store::Keyspace;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::fresh::entries_of;
use crate::layout::{
    BY_APPOINTMENT, BY_KEY, BY_KIND, CITED_BY, NOT_VALID, RECORD, REFUSED, commit_of, id_at, key,
    kind_prefix, run_number, split_feed_seq,
};
use crate::overlay::{scan_all, visit};
use crate::refusal::Refused;
use crate::rows::{Counts, NotValidRow, RecordRow, Row, RunRow};

/// A row names a commit that the log does not hold.
const UNKNOWN_COMMIT: EngineError = EngineError::Index {
    table: NotValidRow::TABLE,
};

/// A commit with all positions where it stands.
pub type CommitAt = (Verified<Commit>, Vec<Position>);

/// A commit some of whose operations have no effect.
#[derive(Debug, Clone)]
pub struct NotValid {
    /// The commit's id.
    pub id: CommitId,
    /// The commit.
    pub commit: Verified<Commit>,
    /// Whether some operation is void; else some are pending.
    pub void: bool,
    /// Where it stands.
    pub positions: Vec<Position>,
}

impl Engine {
    /// How much is held.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.derived.counts
    }

    /// A judged record.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`] when no operation on it is known, or a local fault.
    pub fn history(&self, record: RecordId) -> Result<Arc<History>, EngineError> {
        let history = self.derived.history(&self.store, record)?;
        if history.operations().is_empty() {
            return Err(EngineError::NoRecord(record));
        }
        Ok(history)
    }

    /// The records of a kind that exist, at most `limit` after the one given, in the order in which the log creates
    /// them: so whoever reads all of them opens each commit once, whatever it holds.
    ///
    /// # Errors
    /// Local faults only.
    pub fn records_of_kind(
        &self,
        kind: &str,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<RecordId>, EngineError> {
        let index = self.store.index();
        let prefix = kind_prefix(kind);
        let founding = self.derived.network.province_unit();
        let mut found = Vec::new();
        // The genesis creates one unit, before all that stands in runs.
        if after.is_none() && self.kind_of(&founding)?.as_deref() == Some(kind) {
            found.push(founding);
        }
        let mut last = match after.filter(|after| *after != founding) {
            Some(after) => self.creating_run(&after)?.map(|run| (run, Some(after))),
            None => Some((0, None)),
        };
        while let Some((run, after)) = last.take()
            && found.len() < limit
        {
            // The row of the run itself comes first, unless it was shown whole.
            let before = run.checked_sub(1).map(|run| key(&[&prefix, &run.to_be_bytes()]));
            let page = index.scan(BY_KIND, &prefix, before.as_deref(), 1)?;
            let Some((name, records)) = page.into_iter().next() else {
                break;
            };
            let number = run_number(&name, "records by kind")?;
            let records: &[[u8; 32]] = records.as_chunks().0;
            let last_shown = after
                .filter(|_| number == run)
                .and_then(|after| records.iter().position(|id| *id == after.0));
            for id in records.iter().skip(last_shown.map_or(0, |last| last + 1)) {
                if found.len() == limit {
                    break;
                }
                let record = RecordId(*id);
                if self.kind_of(&record)?.as_deref() == Some(kind) {
                    found.push(record);
                }
            }
            last = number.checked_add(1).map(|next| (next, None));
        }
        Ok(found)
    }

    /// The run whose operation created a record.
    fn creating_run(&self, record: &RecordId) -> Result<Option<u32>, EngineError> {
        let judging = self.derived.judging(&self.store, self.store.index());
        let row = judging.rows.get(record)?;
        let places = judging.places_of(&row, &OpId::from(*record))?;
        let creation = places.first().and_then(|at| row.ops.get(*at));
        Ok(creation.map(|op| op.place.entry.run))
    }

    /// The kind of a record that exists.
    ///
    /// # Errors
    /// Local faults only.
    pub fn kind_of(&self, record: &RecordId) -> Result<Option<String>, EngineError> {
        let row = self.store.index().get(RECORD, &record.0)?;
        let row = row.map(|bytes| RecordRow::from_bytes(&bytes)).transpose()?;
        Ok(row.and_then(|row| row.kind))
    }

    /// Records whose ids begin with these hexadecimal digits, at most `limit`.
    ///
    /// # Errors
    /// Local faults only.
    pub fn records_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<RecordId>, EngineError> {
        let whole: Vec<u8> = (0..digits.len() / 2)
            .map_while(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        if whole.len() != digits.len() / 2 {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        visit(self.store.index(), RECORD, &whole, |key, row| {
            if found.len() == limit {
                return Ok(ControlFlow::Break(()));
            }
            let record = RecordId(id_at(&key, 0, RecordRow::TABLE)?);
            if record.to_string().starts_with(digits) && RecordRow::from_bytes(&row)?.kind.is_some() {
                found.push(record);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// One operation as a fact; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn operation(&self, op: &OpId) -> Result<Option<Arc<OpFacts>>, EngineError> {
        let judging = self.derived.judging(&self.store, self.store.index());
        let Some((row, at)) = judging.find(op)? else {
            return Ok(None);
        };
        judging.op_facts(&row, at).map(Some)
    }

    /// The records some of whose operations cite an operation of another record, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn citing(&self, op: &OpId) -> Result<Vec<RecordId>, EngineError> {
        let judging = self.derived.judging(&self.store, self.store.index());
        let mut citing = BTreeSet::new();
        for place in judging.named(CITED_BY, &op.0)? {
            citing.extend(judging.carried(place)?.citing(op));
        }
        Ok(citing.into_iter().collect())
    }

    /// The handovers whose minutes correct those of this one, however far they have come, in the order of their ids.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`], or a local fault.
    pub fn corrections(&self, handover: RecordId) -> Result<Vec<RecordId>, EngineError> {
        let effects = HandoverView::of(self.history(handover)?.state()).map(|view| view.effects);
        let mut found = BTreeSet::new();
        for effect in effects.into_iter().flatten() {
            for record in self.citing(&effect)? {
                let view = HandoverView::of(self.history(record)?.state());
                if view.is_some_and(|view| view.corrects == Some(handover)) {
                    found.insert(record);
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The inventories whose books list an asset, however far they have come, in the order of their ids.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`], or a local fault.
    pub fn inventories(&self, asset: RecordId) -> Result<Vec<RecordId>, EngineError> {
        let custody = CustodyView::of(self.history(asset)?.state());
        let mut citing = BTreeSet::new();
        for op in custody.links.iter().flat_map(|link| &link.ops) {
            citing.extend(self.citing(op)?);
        }
        let mut found = Vec::new();
        for record in citing {
            let view = InventoryView::of(self.history(record)?.state());
            if view.is_some_and(|view| view.lines.iter().any(|line| line.book.asset == asset)) {
                found.push(record);
            }
        }
        Ok(found)
    }

    /// How many records exist.
    ///
    /// # Errors
    /// Local faults only.
    pub fn record_count(&self) -> Result<u64, EngineError> {
        Ok(self.derived.counts.records)
    }

    /// One hash over the sorted (record id, canonical state hash) of the records of one scope, in 256 sections by the
    /// first byte of the id. Only sections in which something changed are read again.
    ///
    /// # Errors
    /// Local faults only.
    pub fn state_root(&self, scope: &Scope) -> Result<[u8; 32], EngineError> {
        self.derived.state_root(&self.store, scope)
    }

    /// Commits that are not wholly valid, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid(&self) -> Result<Vec<NotValid>, EngineError> {
        let mut commits: BTreeMap<CommitId, bool> = BTreeMap::new();
        for (key, bytes) in scan_all(self.store.index(), NOT_VALID, &[])? {
            *commits.entry(commit_of(&key)?).or_default() |= NotValidRow::from_bytes(&bytes)?.void;
        }
        let mut found = Vec::with_capacity(commits.len());
        for (id, void) in commits {
            let (commit, positions) = self.commit(&id)?.ok_or(UNKNOWN_COMMIT)?;
            found.push(NotValid {
                id,
                commit,
                void,
                positions,
            });
        }
        Ok(found)
    }

    /// How many commits are pending and how many void, at least in part; a commit with both counts as void. Kept until
    /// something changes.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid_counts(&self) -> Result<(u64, u64), EngineError> {
        self.derived.not_valid_counts(&self.store)
    }

    /// A commit with the positions where it stands; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn commit(&self, id: &CommitId) -> Result<Option<CommitAt>, EngineError> {
        let mut found: Option<CommitAt> = None;
        let log = self.log();
        for place in self.derived.op_ids.candidates(log.index, &OpId::of(*id, 0))? {
            let read = log.commit(place.entry)?;
            if read.id == *id && place.index == 0 {
                let (_, positions) = found.get_or_insert((read.commit, Vec::new()));
                positions.push(read.standing.position);
            }
        }
        if let Some((_, positions)) = &mut found {
            positions.sort_unstable();
            // A copy stands where the commit stood first.
            positions.dedup();
        }
        Ok(found)
    }

    /// Whether every operation of a known commit is valid.
    ///
    /// # Errors
    /// Local faults only.
    pub fn is_valid(&self, id: &CommitId) -> Result<bool, EngineError> {
        let index = self.store.index();
        Ok(index.scan(NOT_VALID, &id.0, None, 1)?.is_empty() && self.commit(id)?.is_some())
    }

    /// What nodes put into their feeds and was refused, in the order of feeds and numbers: bodies that ended their
    /// feed, and commits that no honest node would have let in, each with the first of its offences.
    ///
    /// # Errors
    /// Local faults only.
    pub fn refused(&self) -> Result<Vec<Refused>, EngineError> {
        let mut found: BTreeMap<(FeedId, Seq), Refused> = BTreeMap::new();
        for (key, bytes) in scan_all(self.store.index(), REFUSED, &[])? {
            found.insert(
                split_feed_seq(&key, Refused::TABLE)?,
                Refused::from_bytes(&bytes)?,
            );
        }
        let mut last = None;
        for (key, bytes) in scan_all(self.store.index(), NOT_VALID, &[])? {
            let id = commit_of(&key)?;
            let Some((what, reason)) = NotValidRow::from_bytes(&bytes)?.offence else {
                continue;
            };
            if last.replace(id) == Some(id) {
                continue;
            }
            let (_, positions) = self.commit(&id)?.ok_or(UNKNOWN_COMMIT)?;
            for at in positions {
                let refused = Refused {
                    node: at.node,
                    seq: at.seq,
                    what,
                    reason: reason.clone(),
                };
                found.insert((at.feed, at.seq), refused);
            }
        }
        Ok(found.into_values().collect())
    }

    /// For each feed the newest position, earlier than a moment if one is given, of an act under an appointment or of
    /// anything a node appended under an admission: what a cut must name to leave it standing.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_under(
        &self,
        target: &StatementId,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        use soxa_ledger::statement::{Fact, Issuer};
        let authority = self.authority();
        if let Some(Fact::Admission(admission)) = authority.statement(target).map(|s| &s.fact) {
            let node = admission.node;
            if before.is_none() {
                return Ok(self.ends_of(node));
            }
            let mut positions = self.statements_at(|_, at| at.node == node);
            for line in self.derived.feeds.values().filter(|line| line.feed.node == node) {
                for number in self.log().runs_of(&line.id)? {
                    let sound = self.log().row(number)?.sound as usize;
                    let run = self.log().run(number)?;
                    let acts = run.entries.iter().take(sound);
                    let acts = acts.filter(|entry| entry.header.kind == BodyKind::Commit);
                    positions.extend(acts.map(|entry| entry.header.position(node)));
                }
            }
            return Ok(newest(positions, before));
        }
        let issued = self.statements_at(|statement, _| statement.issuer == Issuer::Under(*target));
        self.newest_named(BY_APPOINTMENT, &target.0, issued, before)
    }

    /// For each feed the newest position, earlier than a moment if one is given, of an act by a key, under whichever
    /// appointment.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_by_key(
        &self,
        key: &PublicKey,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        let issued = self.statements_at(|statement, _| statement.signers.contains(key));
        self.newest_named(BY_KEY, &key.0, issued, before)
    }

    /// For each feed the newest position of what the root has said: what a change of its keys must name to leave standing.
    #[must_use]
    pub fn positions_of_root(&self) -> Vec<Position> {
        use soxa_ledger::statement::Issuer;
        newest(
            self.statements_at(|statement, _| statement.issuer == Issuer::Root),
            None,
        )
    }

    fn statements_at(&self, wanted: impl Fn(&Statement, &Position) -> bool) -> Vec<Position> {
        let authority = self.authority();
        let mut found = Vec::new();
        for (statement, _) in authority.statements() {
            let at = authority.positions_of(&statement.id);
            found.extend(at.filter(|at| wanted(statement, at)));
        }
        found
    }

    /// Where the feeds of a node end.
    fn ends_of(&self, node: NodeKey) -> Vec<Position> {
        let lines = self.derived.feeds.values().filter(|line| line.feed.node == node);
        lines
            .map(|line| Position {
                feed: line.id,
                node,
                seq: line.head.seq,
                hash: line.head.hash,
                time: line.head.time,
            })
            .collect()
    }

    fn newest_named(
        &self,
        keyspace: Keyspace,
        id: &[u8; 32],
        mut positions: Vec<Position>,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        let log = self.log();
        for (key, entries) in scan_all(log.index, keyspace, id)? {
            let number = run_number(&key, RunRow::TABLE)?;
            let run = log.run(number)?;
            for place in entries_of(&entries, number) {
                let entry = run.entries.get(usize::from(place.at));
                positions.extend(entry.map(|entry| entry.position(run.feed.node)));
            }
        }
        Ok(newest(positions, before))
    }
}

/// The newest position of each feed that is earlier than a moment.
fn newest(mut positions: Vec<Position>, before: Option<Time>) -> Vec<Position> {
    // Before the newest of each feed is taken: one act after the moment must not hide those before it.
    positions.retain(|position| before.is_none_or(|moment| position.time < moment));
    let mut newest: BTreeMap<FeedId, Position> = BTreeMap::new();
    for position in positions {
        let best = newest.entry(position.feed).or_insert(position);
        if best.seq < position.seq {
            *best = position;
        }
    }
    newest.into_values().collect()
}
