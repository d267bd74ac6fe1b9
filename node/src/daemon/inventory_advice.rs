//! What is said before somebody opens an inventory of assets, or hands assets over, that another inventory counts at the moment.
//! Both may be meant, so it is a warning.

use std::collections::BTreeSet;

use soxa_engine::EngineError;
use soxa_ledger::{OpRef, RecordId};
use soxa_records::handover::HandoverDraft;
use soxa_records::inventory::view::InventoryView;
use soxa_records::inventory::{BookLine, InventoryStage};

use super::answers::Answers;
use super::objections::warn;
use crate::control::protocol::Objection;

impl Answers<'_> {
    /// Books of assets that are being counted already; `refs` is what the opening cites.
    pub(super) fn object_to_books(
        &self,
        lines: &[BookLine],
        refs: &[OpRef],
    ) -> Result<Vec<Objection>, EngineError> {
        let assets = lines.iter().map(|line| line.asset).collect();
        self.being_counted(&assets, lines.len(), refs)
    }

    /// Lines of assets that are being counted; `refs` is what the draft cites.
    pub(super) fn object_to_moving(
        &self,
        draft: &HandoverDraft,
        refs: &[OpRef],
    ) -> Result<Vec<Objection>, EngineError> {
        let assets = draft.subjects().map(|(_, subject)| subject.record).collect();
        self.being_counted(&assets, draft.subjects().count(), refs)
    }

    /// The last so many of these operations made the assets' custody links, which the inventories that list them cite as well.
    fn being_counted(
        &self,
        assets: &BTreeSet<RecordId>,
        links: usize,
        refs: &[OpRef],
    ) -> Result<Vec<Objection>, EngineError> {
        let before = refs.len().saturating_sub(links);
        let mut citing = BTreeSet::new();
        for op in refs.iter().skip(before) {
            if let OpRef::Id(op) = op {
                citing.extend(self.engine.citing(op)?);
            }
        }
        let mut warnings = Vec::new();
        for record in citing {
            let history = self.engine.history(record)?;
            let Some(view) = InventoryView::of(history.state()) else {
                continue;
            };
            let over = matches!(view.stage, InventoryStage::Approved | InventoryStage::Cancelled);
            let listed = view.lines.iter().filter(|line| assets.contains(&line.book.asset));
            let count = listed.count();
            if !over && count > 0 {
                let values = [
                    ("count", count.to_string()),
                    ("unit", view.unit_name),
                    ("inventory", record.short()),
                ];
                warnings.push(warn("verdicts.warning.being_counted", &values));
            }
        }
        Ok(warnings)
    }
}
