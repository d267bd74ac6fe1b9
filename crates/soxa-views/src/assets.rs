//! The report on assets: how many, what they cost and are worth, by unit, category, circular, condition and state.
//!
//! Residual values stand there twice, named apart: as books state them, and as the published categories make them on the day. An asset that
//! was classified under an old circular alone stays in the report, under its category there; what is written off, liquidated or was
//! registered by mistake is counted apart, and in no sum. Of values in which officials disagree the
//! lowest is summed, and the asset is listed.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::Field;
use soxa_records::asset::AssetView;
use soxa_records::asset::category::AssetCategories;
use soxa_records::asset::state::AssetState;
use soxa_records::asset::wear::Wear;
use soxa_records::{Date, Quantity};

use crate::asked::Asked;
use crate::figure::{
    Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain, text_group, unit_group,
};
use crate::holding::Minutes;
use crate::units::Units;

/// Assets and their values.
#[derive(Debug, Default)]
struct Worth {
    assets: Tally,
    cost: i128,
    residual: i128,
    accumulated: i128,
    worn: i128,
    left: i128,
}

impl Worth {
    fn add(&mut self, asset: RecordId, cost: i128, residual: Option<i128>, wear: Option<&Wear<'_>>) {
        self.assets.add(asset);
        self.cost += cost;
        if let Some(residual) = residual {
            self.residual += residual;
            self.accumulated += cost - residual;
        }
        if let Some(wear) = wear {
            self.worn += i128::from(wear.accumulated);
            self.left += i128::from(wear.residual);
        }
    }

    fn figures(self) -> Vec<Figure> {
        vec![
            self.assets.figure(Name::Assets, Base::Assets),
            plain(Name::Cost, Amount::Dong(self.cost), Base::Assets),
            plain(
                Name::Accumulated,
                Amount::Dong(self.accumulated),
                Base::AssetsWithResidual,
            ),
            plain(
                Name::Residual,
                Amount::Dong(self.residual),
                Base::AssetsWithResidual,
            ),
            plain(Name::Worn, Amount::Dong(self.worn), Base::AssetsWithWear),
            plain(Name::LeftAfterWear, Amount::Dong(self.left), Base::AssetsWithWear),
        ]
    }
}

/// The report on assets, with the categories that the province publishes.
pub fn assets(
    asked: &Asked,
    units: &Units,
    minutes: &Minutes,
    categories: &AssetCategories,
    assets: impl IntoIterator<Item = (RecordId, AssetView)>,
) -> Report {
    let mut all = Worth::default();
    let mut off_books = Tally::default();
    let mut counted: [Tally; 9] = Default::default();
    let mut by: [BTreeMap<Group, Worth>; 5] = Default::default();
    for (id, asset) in assets {
        let holder = minutes.holder(&asset.custody, asked.day);
        if !asked.is_about_any(holder.into_iter().chain(asset.custody.tied.iter().copied())) {
            continue;
        }
        if !asset.was_in_books(asked.day) {
            let states = asset.states.iter().map(|state| state.as_str());
            off_books.say(id, states.collect::<Vec<_>>().join(", "));
            continue;
        }
        let cost = least(&asset.cost).unwrap_or(0);
        let residual = least(&asset.residual);
        let wear = Wear::on(&asset, categories, asked.day);
        let groups = [
            unit_group(holder),
            text_group(&asset.category),
            class_group(&asset, categories, asked.day),
            text_group(&asset.condition),
            state_group(&asset),
        ];
        all.add(id, cost, residual, wear.as_ref().ok());
        for (by, group) in by.iter_mut().zip(groups) {
            by.entry(group)
                .or_default()
                .add(id, cost, residual, wear.as_ref().ok());
        }
        let is = |state| asset.states.contains(&state);
        let findings = [
            residual.is_none(),
            wear.is_err(),
            wear.is_ok_and(|wear| wear.unruled_from.is_some()),
            is(AssetState::Idle),
            is(AssetState::Surplus) && is_site(&asset),
            asset.papers.is_empty(),
            holder.is_some_and(|unit| units.is_closed(unit)),
            holder.is_none(),
            asset.cost.is_conflict() || asset.residual.is_conflict(),
        ];
        for (tally, counts) in counted.iter_mut().zip(findings) {
            tally.add_if(counts, id);
        }
    }
    let names = [
        Name::ResidualUnknown,
        Name::WearUnknown,
        Name::WearUnruled,
        Name::Idle,
        Name::SurplusSites,
        Name::WithoutPapers,
        Name::InClosedUnits,
        Name::DisputedCustody,
        Name::DisputedValues,
    ];
    let mut figures = all.figures();
    let counted = names.into_iter().zip(counted);
    figures.extend(counted.map(|(name, tally)| tally.figure(name, Base::Assets)));
    figures.push(off_books.figure(Name::OffBooks, Base::AssetsOffBooks));
    let names = [
        By::Unit,
        By::Category,
        By::AssetClass,
        By::Condition,
        By::AssetState,
    ];
    let breakdowns = names
        .into_iter()
        .zip(by)
        .filter_map(|(name, groups)| lines(name, groups, Worth::figures));
    Report {
        kind: ReportKind::Assets,
        figures,
        breakdowns: breakdowns.collect(),
    }
}

/// The category that holds on the day; where none does the one that was given last, for nothing leaves a report by a new circular.
fn class_group(asset: &AssetView, categories: &AssetCategories, day: Date) -> Group {
    let holding = categories.of_classes(&asset.classes, day);
    let last = || asset.classes.iter().max_by_key(|class| class.from);
    let key = holding
        .map(|category| category.key())
        .or_else(|| last().map(|class| class.key()));
    key.map_or(Group::None, Group::Text)
}

fn state_group(asset: &AssetView) -> Group {
    match asset.states.as_slice() {
        [state] => Group::Word(state.as_str()),
        _ => Group::Disputed,
    }
}

/// Land or a building: it has an area.
fn is_site(asset: &AssetView) -> bool {
    let areas = asset.land_area.values.iter().chain(&asset.floor_area.values);
    areas.into_iter().any(|area| area.value > Quantity::default())
}

fn least(field: &Field<i64>) -> Option<i128> {
    field.distinct().into_iter().min().map(|dong| i128::from(*dong))
}
