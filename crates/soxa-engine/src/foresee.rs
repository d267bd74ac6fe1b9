//! What a statement would do, before anybody signs it: judged like an intake, and thrown away.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::entry::{BodyKind, Header};
use soxa_ledger::statement::Supposed;
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{CommitId, NodeKey, OpKind, RecordId, Scope, StatementId, Time};
use soxa_records::{CustodyView, OpVerdict};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::judging::Judging;
use crate::rows::Judged;

/// An operation that would have another verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenOperation {
    /// Its commit.
    pub commit: CommitId,
    /// Its index there.
    pub index: u32,
    /// Its record.
    pub record: RecordId,
    /// What it does.
    pub kind: OpKind,
    /// The verdict that it would have.
    pub becomes: OpVerdict,
}

/// An asset or person that another unit would hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenCustody {
    /// The asset or person.
    pub record: RecordId,
    /// Who holds it.
    pub from: Option<RecordId>,
    /// Who would hold it.
    pub to: Option<RecordId>,
    /// Whether a superior would have to rule.
    pub disputed: bool,
}

/// What a statement would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The verdict that it would have itself.
    pub verdict: Verdict,
    /// Operations that would have another verdict, by record.
    pub operations: Vec<ForeseenOperation>,
    /// Custody that would be with another unit or in dispute.
    pub custody: Vec<ForeseenCustody>,
    /// Other statements that would have another verdict, which is named.
    pub statements: Vec<(StatementId, Verdict)>,
    /// Nodes that would be admitted no longer.
    pub dropped: Vec<NodeKey>,
}

impl Engine {
    /// What a statement would do if it were stored here now. Nothing is stored, and no cache changes.
    ///
    /// # Errors
    /// Local faults only.
    pub fn foresee(&self, statement: &Supposed, clock: Time) -> Result<Foreseen, EngineError> {
        let (feed, head) = self.own_feed(&Scope::all_nodes());
        let feed_id = feed.id(self.derived.network);
        // No verdict depends on the hash of an entry that nobody could name.
        let header = Header::following(
            feed_id,
            &head,
            clock,
            BodyKind::Statement,
            &statement.statement().id.0,
        );
        let mut judging = self.derived.judging(&self.store, self.store.index());
        let before = Arc::clone(&judging.sources.authority);
        let authority = Arc::make_mut(&mut judging.sources.authority);
        let touched = authority.suppose(statement, header.position(feed.node));
        judging.touch_concerned(&touched)?;
        judging.settle()?;

        let after = Arc::clone(&judging.sources.authority);
        let others = touched
            .statements
            .iter()
            .filter(|id| **id != statement.statement().id);
        let changed = others.map(|id| (*id, after.judge_statement(id)));
        let statements = changed.filter(|(id, now)| before.judge_statement(id) != *now);
        let left =
            |node: &&NodeKey| before.unit_of_node(node).is_some() && after.unit_of_node(node).is_none();
        let (mut operations, mut custody) = (Vec::new(), Vec::new());
        for record in judging.judged.clone() {
            let changed = self.changed(&judging, record)?;
            if changed.is_empty() {
                continue;
            }
            operations.extend(changed);
            custody.extend(self.moved(&judging, record)?);
        }
        Ok(Foreseen {
            verdict: after.judge_statement(&statement.statement().id),
            operations,
            custody,
            statements: statements.collect(),
            dropped: touched.nodes.iter().filter(left).copied().collect(),
        })
    }

    /// The operations of a record that were judged otherwise than they stand in the index.
    fn changed(
        &self,
        judging: &Judging<'_>,
        record: RecordId,
    ) -> Result<Vec<ForeseenOperation>, EngineError> {
        let now = judging.rows.get(&record)?;
        let stored = self.derived.judging(&self.store, self.store.index());
        let before = stored.rows.get(&record)?;
        let without = |judged| matches!(judged, Judged::Severed | Judged::Void);
        let means = |was: Judged, is: Judged| was.means(is) || (without(was) && without(is));
        if now
            .ops
            .iter()
            .zip(&before.ops)
            .all(|(now, then)| means(then.judged, now.judged))
        {
            return Ok(Vec::new());
        }
        let history = judging.history(&record)?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (now, then) in now.ops.iter().zip(&before.ops) {
            let id = judging.op_at(now.place)?;
            if means(then.judged, now.judged) || !seen.insert(id) {
                continue;
            }
            if let (Some(facts), Some(verdict)) = (history.operation(&id), history.verdict(&id)) {
                found.push(ForeseenOperation {
                    commit: facts.commit,
                    index: facts.index,
                    record,
                    kind: facts.kind.clone(),
                    becomes: verdict.clone(),
                });
            }
        }
        Ok(found)
    }

    /// Whether a record's custody would be another.
    fn moved(&self, judging: &Judging<'_>, record: RecordId) -> Result<Option<ForeseenCustody>, EngineError> {
        let before = CustodyView::of(self.derived.history(&self.store, record)?.state());
        let after = CustodyView::of(judging.history(&record)?.state());
        let disputed = after.dispute().is_some();
        let same = before.custodian == after.custodian && before.dispute().is_some() == disputed;
        Ok((!same).then_some(ForeseenCustody {
            record,
            from: before.custodian,
            to: after.custodian,
            disputed,
        }))
    }
}
