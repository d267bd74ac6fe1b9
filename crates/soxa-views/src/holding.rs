//! Who held an asset or had a person on a day.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::handover::HandoverStage;
use soxa_records::handover::view::HandoverView;
use soxa_records::{CustodyView, Date};

/// The days of the minutes of handovers in effect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Minutes(BTreeMap<RecordId, Date>);

impl Minutes {
    /// The days of these handovers.
    pub fn of<'a>(handovers: impl IntoIterator<Item = (RecordId, &'a HandoverView)>) -> Self {
        let effective = handovers
            .into_iter()
            .filter(|(_, view)| view.stage == HandoverStage::Effective);
        Self(effective.map(|(id, view)| (id, view.date)).collect())
    }

    /// Who held a subject on a day: the receiver of the last link of its branch whose minutes are not of a later day. None
    /// where several units hold it today.
    #[must_use]
    pub fn holder(&self, custody: &CustodyView, day: Date) -> Option<RecordId> {
        let mut link = custody.current_link()?;
        loop {
            let later = link
                .handover
                .and_then(|(handover, _)| self.0.get(&handover))
                .is_some_and(|date| *date > day);
            // Depths fall on the way down, or the walk ends.
            let below = link.prev.and_then(|prev| custody.link(&prev));
            match below.filter(|below| later && below.depth < link.depth) {
                Some(below) => link = below,
                None => return Some(link.to),
            }
        }
    }
}
