//! The report on assets: how many, what they cost and are worth, by unit, category and condition.
//!
//! Of values in which officials disagree the lowest is summed, and the asset is listed.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::Field;
use soxa_records::asset::AssetView;

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
    known: u64,
}

impl Worth {
    fn add(&mut self, asset: RecordId, cost: i128, residual: Option<i128>) {
        self.assets.add(asset);
        self.cost += cost;
        if let Some(residual) = residual {
            self.residual += residual;
            self.accumulated += cost - residual;
            self.known += 1;
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
        ]
    }
}

/// The report on assets.
pub fn assets(
    asked: &Asked,
    units: &Units,
    minutes: &Minutes,
    assets: impl IntoIterator<Item = (RecordId, AssetView)>,
) -> Report {
    let mut all = Worth::default();
    let (mut unknown, mut closed) = (Tally::default(), Tally::default());
    let (mut disputed, mut several) = (Tally::default(), Tally::default());
    let mut by: [BTreeMap<Group, Worth>; 3] = Default::default();
    for (id, asset) in assets {
        let holder = minutes.holder(&asset.custody, asked.day);
        if !asked.is_about_any(holder.into_iter().chain(asset.custody.tied.iter().copied())) {
            continue;
        }
        let cost = least(&asset.cost).unwrap_or(0);
        let residual = least(&asset.residual);
        let groups = [
            unit_group(holder),
            text_group(&asset.category),
            text_group(&asset.condition),
        ];
        all.add(id, cost, residual);
        for (by, group) in by.iter_mut().zip(groups) {
            by.entry(group).or_default().add(id, cost, residual);
        }
        unknown.add_if(residual.is_none(), id);
        closed.add_if(holder.is_some_and(|unit| units.is_closed(unit)), id);
        disputed.add_if(holder.is_none(), id);
        several.add_if(asset.cost.is_conflict() || asset.residual.is_conflict(), id);
    }
    let mut figures = all.figures();
    figures.extend([
        unknown.figure(Name::ResidualUnknown, Base::Assets),
        closed.figure(Name::InClosedUnits, Base::Assets),
        disputed.figure(Name::DisputedCustody, Base::Assets),
        several.figure(Name::DisputedValues, Base::Assets),
    ]);
    let names = [By::Unit, By::Category, By::Condition];
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

fn least(field: &Field<i64>) -> Option<i128> {
    field.distinct().into_iter().min().map(|dong| i128::from(*dong))
}
