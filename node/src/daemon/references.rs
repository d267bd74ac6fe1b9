//! What the province publishes, as the node reads it for its advice, and what was published twice under one key.

use soxa_engine::EngineError;
use soxa_ledger::RecordId;
use soxa_records::reference::{Reference, ReferenceView, Rival};
use soxa_records::working_days::day_of;
use soxa_records::{History, RecordKind};

use super::answers::{Answer, Answers, local};
use crate::control::reports::ConflictReport;

impl Answers<'_> {
    /// All that is published, key by key.
    pub(super) fn references(&self) -> Result<Vec<Reference>, EngineError> {
        let mut views = Vec::new();
        for record in self.ids_of(RecordKind::Reference)? {
            let view = ReferenceView::of(self.engine.history(record)?.state());
            views.extend(view.map(|view| (record, view)));
        }
        Ok(Reference::merged(views))
    }

    /// Keys of which operators who did not know of each other published different things, for today or a day to come.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn published_twice(&self) -> Answer<Vec<ConflictReport>> {
        let mut found = Vec::new();
        let Some((today, _)) = day_of(self.now) else {
            return Ok(found);
        };
        for reference in self.references().map_err(|error| local(&error))? {
            let mut histories: Vec<(RecordId, _)> = Vec::new();
            for record in &reference.records {
                histories.push((*record, self.history(*record)?));
            }
            let history = |record: &RecordId| -> Option<&History> {
                let found = histories.iter().find(|(id, _)| id == record);
                found.map(|(_, history)| &**history)
            };
            let rivals = reference.rivals(today, history);
            let Some(first) = rivals.first() else { continue };
            let side = |rival: &Rival| {
                let parts = rival.version.parts.iter();
                let says: Vec<String> = parts.map(|part| format!("{}={}", part.name, part.text)).collect();
                let says = [
                    ("from", rival.version.from.into()),
                    ("says", says.join("; ").into()),
                    ("legal_basis", rival.version.basis.as_str().into()),
                ];
                history(&rival.record).map(|history| self.side(history, rival.op, &says))
            };
            found.push(ConflictReport {
                what: "double_reference".to_owned(),
                record: first.record.to_string(),
                kind: RecordKind::Reference.to_string(),
                name: format!("{} \"{}\"", first.version.table, first.version.key),
                sides: rivals.iter().filter_map(side).collect(),
            });
        }
        Ok(found)
    }
}
