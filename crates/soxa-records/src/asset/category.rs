//! Categories of assets as the province publishes them, circular by circular: what an asset wears by.
//!
//! A new circular has other codes, lives and rates and holds from a day on. What was classified under the old one stays so until
//! somebody classifies it anew, and stays in every report.

use std::collections::BTreeMap;

use crate::asset::Class;
use crate::measure::{Date, Quantity};
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion, ReferenceView};

/// A category of assets. Its key is the regime, a space and the code. Parts: `regime`, `name`; `name_en`, `parent`, `unit`,
/// `useful_life_years` and `annual_rate_pct`, all optional: what has no rate, as tools and land, does not wear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetCategory {
    /// The text that has it: `TT141/2025`.
    pub regime: String,
    /// Its code there: `0503`.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The same in English; empty when nobody said it.
    pub name_en: String,
    /// How many years it serves.
    pub life_years: Option<u16>,
    /// What wears of the cost in a year, in thousandths of a per cent.
    pub rate: Option<u32>,
    /// The first day on which this version holds.
    pub from: Date,
    /// The last one, when it is known.
    pub until: Option<Date>,
    /// The text that orders it.
    pub basis: String,
}

/// The whole cost in the unit of rates.
const WHOLE: u32 = 100_000;

impl AssetCategory {
    /// Reads a version of a category.
    ///
    /// # Errors
    /// When it is no category, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Self, BadReference> {
        if version.table != ReferenceTable::AssetCategory {
            return Err(version.bad("table", "not a category of assets"));
        }
        let regime = version.text("regime")?.to_owned();
        let code = version
            .key
            .strip_prefix(&regime)
            .and_then(|rest| rest.strip_prefix(' '));
        let code = code.filter(|code| !code.trim().is_empty());
        let code = code.ok_or_else(|| version.bad("regime", "the key is not regime, space, code"))?;
        let life_years = version.parsed("useful_life_years", "not a number of years")?;
        let rate: Option<Quantity> = version.parsed("annual_rate_pct", "not a percentage")?;
        let rate = rate.map(|rate| u32::try_from(rate.thousandths).ok().filter(|rate| *rate <= WHOLE));
        let rate = match rate {
            Some(None) => return Err(version.bad("annual_rate_pct", "more than 100 per cent")),
            rate => rate.flatten(),
        };
        Ok(Self {
            code: code.to_owned(),
            name: version.text("name")?.to_owned(),
            name_en: version.optional("name_en")?.unwrap_or_default().to_owned(),
            regime,
            life_years,
            rate,
            from: version.from,
            until: version.until,
            basis: version.basis.clone(),
        })
    }

    /// The key of its reference record.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.regime, self.code)
    }

    /// What an asset is that counts as one of it from its first day on.
    #[must_use]
    pub fn class(&self) -> Class {
        Class {
            regime: self.regime.clone(),
            code: self.code.clone(),
            from: self.from,
        }
    }

    /// Whether this version holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The rate in per cent, with at most three decimals.
    #[must_use]
    pub fn percent(&self) -> Option<Quantity> {
        let rate = self.rate?;
        Some(Quantity {
            thousandths: rate.into(),
        })
    }

    /// What wears in a year of something of this cost: cost × rate, rounded half up; nothing without a rate.
    #[must_use]
    pub fn yearly(&self, cost: i64) -> i64 {
        let rate = i128::from(self.rate.unwrap_or(0));
        let (doubled, whole) = (2 * i128::from(cost) * rate, i128::from(WHOLE));
        // At most the cost itself.
        i64::try_from((doubled + whole) / (2 * whole)).unwrap_or(cost)
    }
}

/// All published categories.
#[derive(Debug, Clone, Default)]
pub struct AssetCategories(BTreeMap<String, Vec<AssetCategory>>);

impl AssetCategories {
    /// Those of these reference records. A version that cannot be read binds nobody.
    pub fn of<'a>(references: impl IntoIterator<Item = &'a ReferenceView>) -> Self {
        let mut all: BTreeMap<String, Vec<AssetCategory>> = BTreeMap::new();
        for (_, version) in references.into_iter().flat_map(|view| &view.versions) {
            if let Ok(category) = AssetCategory::read(version) {
                all.entry(category.key()).or_default().push(category);
            }
        }
        Self(all)
    }

    /// The version of a category that holds on a day: the one with the latest first day, and of several the last published.
    #[must_use]
    pub fn on(&self, key: &str, day: Date) -> Option<&AssetCategory> {
        let holding = self.0.get(key)?.iter().filter(|version| version.holds_on(day));
        holding.max_by_key(|version| version.from)
    }

    /// The version of a category that was published last, on whatever days it holds.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<&AssetCategory> {
        self.0.get(key)?.last()
    }

    /// Whether a category was ever published.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The keys that come near one: its code in other regimes, then what its regime has that begins alike, the longest likeness first.
    #[must_use]
    pub fn near(&self, regime: &str, code: &str, most: usize) -> Vec<String> {
        let latest = self.0.values().filter_map(|versions| versions.last());
        let likeness = |category: &AssetCategory| {
            let both = category.code.chars().zip(code.chars());
            let alike = both.take_while(|(a, b)| a == b).count();
            match category.code == code {
                true => usize::MAX,
                false if category.regime == regime => alike,
                false => 0,
            }
        };
        let mut near: Vec<(usize, String)> = latest.map(|one| (likeness(one), one.key())).collect();
        near.retain(|(alike, _)| *alike > 0);
        near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        near.into_iter().take(most).map(|(_, key)| key).collect()
    }

    /// By which category an asset of these classes counts on a day. Of classes whose category holds then, the one that began last;
    /// when none had begun, the one that begins first. Before the first day of all of them the oldest version counts, for nothing older is
    /// published; after their last day none does.
    #[must_use]
    pub fn of_classes(&self, classes: &[Class], day: Date) -> Option<&AssetCategory> {
        let held = |class: &Class| self.on(&class.key(), day);
        let begun = classes
            .iter()
            .filter(|class| class.from <= day && held(class).is_some());
        let to_come = classes
            .iter()
            .filter(|class| class.from > day && held(class).is_some());
        let class = begun
            .max_by_key(|class| class.from)
            .or_else(|| to_come.min_by_key(|class| class.from));
        class.and_then(held).or_else(|| {
            let versions = classes
                .iter()
                .filter_map(|class| self.0.get(&class.key()))
                .flatten();
            let oldest = versions.min_by_key(|version| version.from);
            oldest.filter(|oldest| day < oldest.from)
        })
    }
}
