//! Things that inventories found and that were registered more than once: two officials settled one thing without knowing of each
//! other, or two inventories of one unit found it. Never a verdict: one of the registrations is said to be a mistake.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::EngineError;
use soxa_lang::fold;
use soxa_ledger::{OpId, OpRef, RecordId, RecordRef};
use soxa_records::asset::AssetView;
use soxa_records::inventory::view::{Found, InventoryView};
use soxa_records::inventory::{InventorySettle, SettledOf};
use soxa_records::{Quantity, RecordKind};

use super::answers::{Answer, Answers};
use super::objections::with;
use crate::control::protocol::Objection;
use crate::control::reports::ConflictReport;

/// An asset that stands in the books for a thing that an inventory found.
struct Registered {
    inventory: RecordId,
    asset: RecordId,
    /// Its registration.
    op: OpId,
    name: String,
    says: Says,
}

/// What tells whether two such assets may be one thing: the code that is written on it; without one what it is, where, and how
/// much of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Code(RecordId, String),
    Thing(RecordId, String, String, Quantity),
}

impl Says {
    fn of(unit: RecordId, asset: &AssetView) -> Self {
        let text = |field: &soxa_records::Field<String>| {
            let written = field.distinct().into_iter().map(|text| fold(text));
            written.collect::<Vec<_>>().join(" / ")
        };
        match text(&asset.code) {
            code if code.is_empty() => Self::Thing(
                unit,
                text(&asset.name),
                text(&asset.site),
                asset
                    .quantity
                    .distinct()
                    .into_iter()
                    .max()
                    .copied()
                    .unwrap_or_default(),
            ),
            code => Self::Code(unit, code),
        }
    }
}

impl Answers<'_> {
    /// Found things for which several assets stand in the books.
    pub(super) fn registered_twice(&self) -> Answer<Vec<ConflictReport>> {
        let mut found = Vec::new();
        let mut alike: BTreeMap<Says, Vec<Registered>> = BTreeMap::new();
        for inventory in self.all_of(RecordKind::Inventory)? {
            let Some(view) = InventoryView::of(self.history(inventory)?.state()) else {
                continue;
            };
            for thing in view.found.iter().filter(|thing| !thing.settled.is_empty()) {
                let registered = self.registered(inventory, view.unit, thing)?;
                if registered.len() > 1 {
                    found.push(self.twice(&registered)?);
                }
                for one in registered {
                    alike.entry(one.says.clone()).or_default().push(one);
                }
            }
        }
        for registered in alike.into_values() {
            let inventories: BTreeSet<RecordId> = registered.iter().map(|one| one.inventory).collect();
            if inventories.len() > 1 {
                found.push(self.twice(&registered)?);
            }
        }
        Ok(found)
    }

    /// The assets that stand in the books for a thing, each once.
    fn registered(&self, inventory: RecordId, unit: RecordId, thing: &Found) -> Answer<Vec<Registered>> {
        let mut assets: BTreeMap<RecordId, Registered> = BTreeMap::new();
        for (asset, op) in &thing.settled {
            let Some(view) = AssetView::of(self.history(*asset)?.state()) else {
                continue;
            };
            if view.is_in_books() {
                let one = Registered {
                    inventory,
                    asset: *asset,
                    op: *op,
                    name: thing.thing.name.clone(),
                    says: Says::of(unit, &view),
                };
                assets.insert(*asset, one);
            }
        }
        Ok(assets.into_values().collect())
    }

    fn twice(&self, registered: &[Registered]) -> Answer<ConflictReport> {
        let mut sides = Vec::new();
        for one in registered {
            let says = [
                ("id", one.asset.short().into()),
                ("inventory", one.inventory.short().into()),
            ];
            sides.push(self.side(&*self.history(one.asset)?, one.op, &says));
        }
        let first = registered.first();
        Ok(ConflictReport {
            what: "registered_twice".to_owned(),
            record: first.map(|one| one.asset.to_string()).unwrap_or_default(),
            kind: RecordKind::Asset.to_string(),
            name: first.map(|one| one.name.clone()).unwrap_or_default(),
            sides,
        })
    }

    /// Nobody registers a found thing again for which an asset stands in the books.
    pub(super) fn object_to_settling(
        &self,
        inventory: &RecordRef,
        settle: &InventorySettle,
    ) -> Result<Vec<Objection>, EngineError> {
        let RecordRef::Id(inventory) = inventory else {
            return Ok(Vec::new());
        };
        let Some(view) = InventoryView::of(self.engine.history(*inventory)?.state()) else {
            return Ok(Vec::new());
        };
        let mut objections = Vec::new();
        for settled in &settle.settled {
            let SettledOf::Found(thing) = settled else {
                continue;
            };
            let same = |found: &&Found| OpRef::Id(found.op) == thing.found && found.number == thing.number;
            let Some(found) = view.found.iter().find(same) else {
                continue;
            };
            for (asset, _) in &found.settled {
                let stands = AssetView::of(self.engine.history(*asset)?.state());
                if stands.is_some_and(|asset| asset.is_in_books()) {
                    let values = [("name", found.thing.name.clone()), ("asset", asset.short())];
                    objections.push(with("verdicts.warning.found_registered", &values));
                }
            }
        }
        Ok(objections)
    }
}
