//! How assets wear (hao mòn tài sản cố định): what of their cost is gone on a day, by the categories that the province publishes.
//!
//! In a year wears cost × rate, rounded half up to whole đồng; once a year, for all that is there on 31 December, so that the year in
//! which an asset is put to use counts whole and the day on which it leaves does not matter; in the last year of its life, what is left; and
//! what is worn out wears no further. The rate of a year is that of the category that holds on its 31 December: so a circular of another
//! rate changes the years from its first day on and none before. What a category without a rate has, as land and tools, does not wear.
//! Cost, rate and residual are so defined by Circular 23/2023/TT-BTC and Circular 141/2025/TT-BTC as public programs cite
//! them; neither was compared with the official text (`config/reference/PROVENANCE.md`).

use crate::asset::category::{AssetCategories, AssetCategory};
use crate::asset::{AssetView, Residual};
use crate::measure::Date;
use crate::value::Field;

/// What of an asset's cost is gone on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wear<'c> {
    /// From where it is counted.
    pub base: WearBase,
    /// By which rules, the oldest first.
    pub spans: Vec<WearSpan<'c>>,
    /// What wears in a year, in đồng, by the category that holds on the day; none when none does.
    pub yearly: Option<i64>,
    /// What is gone of the cost, in đồng.
    pub accumulated: i64,
    /// What is left of it, in đồng.
    pub residual: i64,
    /// The first year whose wear is not counted, since no category of the asset holds on its last day.
    pub unruled_from: Option<u16>,
}

/// From where wear is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WearBase {
    /// From the year in which the asset was put to use.
    InUse(u16),
    /// From what the books of a day state.
    Stated(Residual),
}

/// Years that wear by one version of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WearSpan<'c> {
    /// The version.
    pub category: &'c AssetCategory,
    /// The first year.
    pub first: u16,
    /// The last one.
    pub last: u16,
}

/// Why the wear of an asset cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unworn {
    /// It has no category in a published table.
    NoCategory,
    /// Neither the year in which it was put to use nor the residual value of a day is known.
    NoYear,
    /// Officials disagree about what it is counted from.
    Disputed,
}

impl Unworn {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCategory => "no_category",
            Self::NoYear => "no_year",
            Self::Disputed => "disputed",
        }
    }
}

impl<'c> Wear<'c> {
    /// The wear of an asset on a day. A residual value that the books of a day state is what it is counted from after that day.
    ///
    /// # Errors
    /// When something is missing that it is counted from, or officials disagree about it.
    pub fn on(asset: &AssetView, categories: &'c AssetCategories, day: Date) -> Result<Self, Unworn> {
        let cost = agreed(&asset.cost)?.unwrap_or(0);
        let in_use = agreed(&asset.in_use_year)?;
        let (dong, on) = (agreed(&asset.residual)?, agreed(&asset.residual_on)?);
        let doubled = asset.classes.iter().enumerate().any(|(at, class)| {
            let mut before = asset.classes.iter().take(at);
            before.any(|other| other.regime == class.regime && other.from == class.from)
        });
        if doubled {
            return Err(Unworn::Disputed);
        }
        if !asset.classes.iter().any(|class| categories.has(&class.key())) {
            return Err(Unworn::NoCategory);
        }
        let stated = dong.zip(on).filter(|(_, on)| *on <= day);
        let (base, first, left) = match (stated, in_use) {
            (Some((dong, on)), _) => {
                let stated = Residual { dong, on: Some(on) };
                (WearBase::Stated(stated), first_end_after(on), dong)
            }
            (None, Some(year)) => (WearBase::InUse(year), year, cost),
            (None, None) => return Err(Unworn::NoYear),
        };
        let mut wear = Self {
            base,
            spans: Vec::new(),
            yearly: categories
                .of_classes(&asset.classes, day)
                .map(|category| category.yearly(cost)),
            accumulated: 0,
            residual: left,
            unruled_from: None,
        };
        for year in first..first_end_after(day) {
            let end = Date::new(year, 12, 31).ok();
            let Some(category) = end.and_then(|end| categories.of_classes(&asset.classes, end)) else {
                wear.unruled_from = Some(year);
                break;
            };
            let age = in_use.map(|first| year.saturating_sub(first).saturating_add(1));
            wear.count(cost, year, age, category);
            if wear.residual <= 0 {
                break;
            }
        }
        wear.accumulated = cost.saturating_sub(wear.residual);
        Ok(wear)
    }

    /// One year more, the so manieth of the asset's life.
    fn count(&mut self, cost: i64, year: u16, age: Option<u16>, category: &'c AssetCategory) {
        match self.spans.last_mut().filter(|span| span.category == category) {
            Some(span) => span.last = year,
            None => self.spans.push(WearSpan {
                category,
                first: year,
                last: year,
            }),
        }
        let last_of_life = age
            .zip(category.life_years)
            .is_some_and(|(age, life)| age >= life);
        let worn = match category.rate.is_some() && last_of_life {
            true => self.residual,
            false => category.yearly(cost).min(self.residual),
        };
        self.residual = self.residual.saturating_sub(worn);
    }
}

/// The year of the first 31 December after a day.
fn first_end_after(day: Date) -> u16 {
    day.year() + u16::from((day.month(), day.day()) == (12, 31))
}

/// What a field says; nothing when nobody wrote it.
fn agreed<T: Copy + PartialEq>(field: &Field<T>) -> Result<Option<T>, Unworn> {
    match field.is_conflict() {
        true => Err(Unworn::Disputed),
        false => Ok(field.one().copied()),
    }
}
