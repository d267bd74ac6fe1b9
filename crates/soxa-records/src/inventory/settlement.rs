//! What follows from an approved inventory: the acts on assets that would make the books say what was counted.
//!
//! They stay the custodian's own. Nothing is proposed over the head of somebody who changed or handed over the asset after the
//! books were drawn up.

use soxa_ledger::ids::RecordId;

use crate::asset::state::{AssetState, AssetStateChange};
use crate::asset::{AssetOperation, AssetRegister, AssetSet, AssetView};
use crate::inventory::FoundThing;
use crate::inventory::view::{Difference, InventoryLine};
use crate::measure::Date;
use crate::value::Field;

/// What follows on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: it is as the book says, or was made so.
    Nothing,
    /// These acts on the asset, at least one.
    Acts(Vec<AssetOperation>),
    /// The unit holds the asset by another link than the book says, or not at all.
    MovedOn,
    /// What would be written was changed since the books were drawn up.
    ChangedSince,
}

/// What the acts say beside the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// The day from which a new state holds.
    pub date: Date,
    /// Why: which inventory found it.
    pub reason: String,
    /// SHA-256 of the minutes; an asset that is lost or damaged has them.
    pub minutes: Option<[u8; 32]>,
}

/// Somebody wrote it after the books were drawn up.
struct WrittenSince;

impl Settlement {
    /// What follows on a line, given its asset as it is now.
    #[must_use]
    pub fn of(line: &InventoryLine, asset: &AssetView, grounds: &Grounds) -> Self {
        let difference = line.difference();
        if difference == Difference::Same || !line.settled.is_empty() {
            return Self::Nothing;
        }
        if asset.custody.current_link().map(|link| link.link) != Some(line.book.link) {
            return Self::MovedOn;
        }
        match acts(line, asset, grounds) {
            Ok(acts) if acts.is_empty() => Self::Nothing,
            Ok(acts) => Self::Acts(acts),
            Err(WrittenSince) => Self::ChangedSince,
        }
    }
}

fn acts(
    line: &InventoryLine,
    asset: &AssetView,
    grounds: &Grounds,
) -> Result<Vec<AssetOperation>, WrittenSince> {
    let Some(counted) = line.counted() else {
        return Ok(Vec::new());
    };
    if line.difference() == Difference::Missing {
        return Ok(state(asset, AssetState::Lost, grounds)?.into_iter().collect());
    }
    let quantity = written(&asset.quantity, &line.book.quantity, &counted.quantity)?;
    let condition = match line.condition() {
        Some(found) => written(&asset.condition, &line.book.condition, &found.to_owned())?,
        None => None,
    };
    let found = counted.state.filter(|found| *found != line.book.state);
    let state = found.map(|found| state(asset, found, grounds)).transpose()?;
    let quantity = quantity.map(AssetSet::Quantity);
    let condition = condition.map(AssetSet::Condition);
    let set = [quantity, condition]
        .into_iter()
        .flatten()
        .map(AssetOperation::Set);
    Ok(set.chain(state.flatten()).collect())
}

/// What has to be written into a field that is as the book says; nothing when it is as counted already.
fn written<T: PartialEq + Clone>(field: &Field<T>, book: &T, counted: &T) -> Result<Option<T>, WrittenSince> {
    match field.one() {
        _ if book == counted => Ok(None),
        Some(now) if now == counted => Ok(None),
        Some(now) if now == book => Ok(Some(counted.clone())),
        _ => Err(WrittenSince),
    }
}

fn state(
    asset: &AssetView,
    found: AssetState,
    grounds: &Grounds,
) -> Result<Option<AssetOperation>, WrittenSince> {
    if asset.states.iter().all(|now| *now == found) {
        return Ok(None);
    }
    if !asset.states.iter().any(|now| now.followed_by().contains(&found)) {
        return Err(WrittenSince);
    }
    let document = matches!(found, AssetState::Lost | AssetState::Damaged).then_some(grounds.minutes);
    Ok(Some(AssetOperation::State(AssetStateChange {
        state: found,
        date: grounds.date,
        reason: grounds.reason.clone(),
        document: document.flatten(),
    })))
}

/// The registration of a found thing with the unit.
#[must_use]
pub fn registered(thing: &FoundThing, unit: RecordId) -> AssetRegister {
    AssetRegister {
        code: thing.code.clone(),
        category: thing.category.clone(),
        quantity: thing.quantity,
        measure: thing.measure.clone(),
        condition: thing.condition.clone(),
        site: thing.site.clone(),
        ..AssetRegister::new(unit, &thing.name, thing.cost)
    }
}
