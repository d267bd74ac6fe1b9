//! What officials say of an asset's category, against the categories that the province publishes.

use std::collections::BTreeSet;

use soxa_engine::EngineError;
use soxa_records::asset::Class;
use soxa_records::asset::category::AssetCategories;

use super::answers::Answers;
use super::objections::{warn, with};
use crate::control::protocol::Objection;

/// Categories that a refusal names.
const NEAR_SHOWN: usize = 8;

/// The categories as one commit is looked at: read when the first act names one, and each objected to once.
#[derive(Default)]
pub(super) struct Classes {
    published: Option<AssetCategories>,
    told: BTreeSet<(String, String, u32)>,
}

impl Answers<'_> {
    /// A category that nobody published is refused, with those that come near; one that does not hold on its day is warned of.
    pub(super) fn object_to_class(
        &self,
        classes: &mut Classes,
        class: &Class,
    ) -> Result<Option<Objection>, EngineError> {
        let once = (class.regime.clone(), class.code.clone(), class.from.number());
        if !classes.told.insert(once) {
            return Ok(None);
        }
        let published = match &mut classes.published {
            Some(published) => published,
            none => none.insert(self.asset_categories()?),
        };
        let key = class.key();
        let category = ("category", key.clone());
        if published.on(&key, class.from).is_some() {
            return Ok(None);
        }
        Ok(Some(match published.has(&key) {
            true => warn(
                "verdicts.warning.category_not_then",
                &[category, ("from", class.from.to_string())],
            ),
            false => {
                let near = published.near(&class.regime, &class.code, NEAR_SHOWN).join(", ");
                with("verdicts.warning.unknown_category", &[category, ("near", near)])
            }
        }))
    }

    fn asset_categories(&self) -> Result<AssetCategories, EngineError> {
        let published = self.references()?;
        Ok(AssetCategories::of(
            published.iter().map(|reference| &reference.view),
        ))
    }
}
