//! Things of which not all can hold, each side with who signed it: those of each record, then those across records.

use soxa_ledger::{OpId, RecordId};
use soxa_records::conflict::Conflict;
use soxa_records::{History, RecordKind, Value};

use super::answers::{Answer, Answers};
use super::objections::Names as _;
use crate::control::reports::{ConflictReport, SaidReport, SideReport};

impl Answers<'_> {
    /// All that this node reads.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn conflicts(&self) -> Answer<Vec<ConflictReport>> {
        let mut found = Vec::new();
        for kind in RecordKind::ALL {
            for id in self.all_of(*kind)? {
                let history = self.history(id)?;
                let own = Conflict::all_of(history.state()).into_iter();
                found.extend(own.map(|conflict| self.conflict(id, *kind, &history, &conflict)));
            }
        }
        found.extend(self.spanning()?);
        Ok(found)
    }

    fn conflict(
        &self,
        id: RecordId,
        kind: RecordKind,
        history: &History,
        conflict: &Conflict,
    ) -> ConflictReport {
        let sides = conflict
            .sides
            .iter()
            .map(|side| self.side(history, side.op, &side.says));
        ConflictReport {
            what: conflict.kind.to_string(),
            record: id.to_string(),
            kind: kind.to_string(),
            name: self.name(&id),
            sides: sides.collect(),
        }
    }

    /// One side, with who signed it.
    pub(super) fn side<F: AsRef<str>>(&self, history: &History, op: OpId, says: &[(F, Value)]) -> SideReport {
        let facts = history.operations().iter().find(|facts| facts.id == op);
        SideReport {
            operation: op.to_string(),
            says: says
                .iter()
                .map(|(field, value)| (field.as_ref().to_owned(), self.said(value)))
                .collect(),
            signer: facts.and_then(|facts| self.signer(facts)),
        }
    }

    fn said(&self, value: &Value) -> SaidReport {
        match value {
            Value::Text(text) => SaidReport::Text(text.clone()),
            Value::Int(number) => SaidReport::Int(*number),
            Value::Bool(yes) => SaidReport::Bool(*yes),
            Value::Id(id) => SaidReport::Text(self.name(&RecordId(*id))),
        }
    }
}
