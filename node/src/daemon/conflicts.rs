//! Things of which not all can hold, each side with who signed it: those of each record, then those across records.

use std::collections::BTreeSet;

use soxa_ledger::{OpId, RecordId};
use soxa_records::conflict::{Conflict, ConflictKind};
use soxa_records::handover::HandoverStage;
use soxa_records::handover::view::HandoverView;
use soxa_records::inventory::InventoryStage;
use soxa_records::inventory::view::InventoryView;
use soxa_records::roster::view::RosterView;
use soxa_records::{History, RecordKind, Value};

use super::answers::{Answer, Answers, local};
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
                for conflict in Conflict::all_of(history.state()) {
                    if !self.is_corrected(id, &history, conflict.kind)? {
                        found.push(self.conflict(id, *kind, &history, &conflict));
                    }
                }
            }
        }
        found.extend(self.spanning()?);
        Ok(found)
    }

    /// What nothing in a record can settle any more, since it was signed to its end, is settled by a correction that names it.
    fn is_corrected(&self, id: RecordId, history: &History, kind: ConflictKind) -> Answer<bool> {
        if !matches!(kind, ConflictKind::CalledOff | ConflictKind::LateCounts) {
            return Ok(false);
        }
        let mut ends: Vec<OpId> = Vec::new();
        ends.extend(
            HandoverView::of(history.state())
                .into_iter()
                .flat_map(|view| view.effects),
        );
        let inventory = InventoryView::of(history.state());
        ends.extend(
            inventory
                .iter()
                .flat_map(|view| &view.approvals)
                .map(|one| one.op),
        );
        let mut citing = BTreeSet::new();
        for end in ends {
            citing.extend(self.engine.citing(&end).map_err(|error| local(&error))?);
        }
        for record in citing {
            let other = self.history(record)?;
            let of_handover = HandoverView::of(other.state())
                .is_some_and(|view| view.corrects == Some(id) && view.stage == HandoverStage::Effective);
            let of_inventory = InventoryView::of(other.state())
                .is_some_and(|view| view.corrects == Some(id) && view.stage == InventoryStage::Approved);
            if of_handover || of_inventory {
                return Ok(true);
            }
        }
        Ok(false)
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
        // A roster has no name but its unit's.
        let roster = RosterView::of(history.state()).and_then(|roster| roster.unit.one().copied());
        ConflictReport {
            what: conflict.kind.to_string(),
            record: id.to_string(),
            kind: kind.to_string(),
            name: self.name(&roster.unwrap_or(id)),
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
