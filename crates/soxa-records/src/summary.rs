//! What a plain history has come to: enough to judge the next operation without looking back.
//!
//! A history is plain when all its operations are valid, none of them met a cut, and its record is of a kind whose rules
//! look at the state alone, as nearly all records are: assets and persons. An operation that builds on exactly the
//! heads of such a history is judged by its state; everything else asks for [`History::judge`]. A property test holds
//! both equal.

use soxa_ledger::cbor::{CborError, Reader};
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

    /// The summary with these heads and this state, as [`CanonicalState::encode`] gave it.
    ///
    /// # Errors
    /// When the bytes are no state.
    pub fn read(heads: Vec<OpId>, state: &[u8]) -> Result<Self, CborError> {
        let state = CanonicalState::read(&mut Reader::new(state))?;
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
