//! What a plain history has come to: enough to judge the next operation without looking back.
//!
//! A history is plain when all its operations are valid, none of them met a cut, and its record is of a kind whose rules
//! look at the state alone, as nearly all records are: assets and persons. An operation that builds on exactly the
//! heads of such a history is judged by its state; everything else asks for [`History::judge`]. A property test holds
//! both equal.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::OpId;
use soxa_ledger::verdict::Verdict;

use crate::facts::OpFacts;
use crate::history::{History, Others};
use crate::state::CanonicalState;
use crate::typed::RecordKind;

/// Where the next operation of a plain history goes, and the state there. The default is that of a record without
/// operations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    heads: Vec<OpId>,
    state: CanonicalState,
}

impl Summary {
    /// The summary of a history; none when it is not plain.
    #[must_use]
    pub fn of(history: &History) -> Option<Self> {
        let plain = history.is_uncut()
            && history.verdicts().all(|(_, verdict)| verdict.is_valid())
            && history.kind().is_some_and(is_plain);
        plain.then(|| Self {
            heads: history.heads(),
            state: history.state().clone(),
        })
    }

    /// The state for keeping: each operation that wrote something stands there once, so it is about half as long as
    /// what [`CanonicalState::encode`] gives.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let writers = self.state.writers();
        let mut w = Writer::new();
        w.array(2).array(writers.len());
        for writer in &writers {
            w.bytes(&writer.0);
        }
        self.state.write(&mut w, |w, op| {
            // Every one of them is there.
            w.uint(writers.binary_search(op).unwrap_or(writers.len()) as u64);
        });
        w.into_bytes()
    }

    /// The summary with these heads and this state, as [`Summary::pack`] gave it.
    ///
    /// # Errors
    /// When the bytes are no state.
    pub fn unpack(heads: Vec<OpId>, packed: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(packed);
        r.tuple("packed state", 2)?;
        let writers = r.list("writers", usize::MAX, |r| r.fixed("writer").map(OpId))?;
        let state = CanonicalState::read(&mut r, |r| {
            let at = usize::try_from(r.uint("writer")?).ok();
            at.and_then(|at| writers.get(at))
                .copied()
                .ok_or(CborError::Value {
                    field: "writer",
                    what: "not among the writers",
                })
        })?;
        Ok(Self { heads, state })
    }

    /// What the next operation builds on, ascending.
    #[must_use]
    pub fn heads(&self) -> &[OpId] {
        &self.heads
    }

    /// The state there.
    #[must_use]
    pub fn state(&self) -> &CanonicalState {
        &self.state
    }

    /// Takes in one more operation if it is valid and the history stays plain with it. Otherwise nothing changes, and
    /// the history has to be judged whole.
    pub fn extend(&mut self, facts: &OpFacts, others: &dyn Others) -> bool {
        let on_heads = match facts.parents.as_slice() {
            [only] => self.heads == [*only],
            several => {
                let mut parents = several.to_vec();
                parents.sort_unstable();
                self.heads == parents
            }
        };
        if !on_heads || facts.verdict != Verdict::Valid {
            return false;
        }
        let Some((kind, changes)) = History::judge_next(&self.state, facts, others) else {
            return false;
        };
        if !is_plain(kind) {
            return false;
        }
        self.state.kind = Some(kind);
        self.state.apply(facts.id, &changes, |_| true);
        self.heads = vec![facts.id];
        true
    }
}

/// Whether the rules of a kind of record look at the state alone. Those of units, rosters and handovers look at what
/// created the record as well.
fn is_plain(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Asset | RecordKind::Person)
}
