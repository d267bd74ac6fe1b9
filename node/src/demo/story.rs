//! What every act of the play works with, and who meets which trial.

use super::cast::{Cast, CommuneCast, Official};
use super::error::DemoError;
use super::inventory::Inventory;
use super::scenario::{Asset, Commune, OldUnit, Portion, Scenario};
use super::stage::{NodeIndex, Stage};
use super::voice::Voice;

/// The commune of the story whose node is killed first.
const KILLED: &str = "03847";
/// Of so many communes one is cut off.
const CUT_OFF_ONE_IN: usize = 3;
/// Of so many communes so many are killed.
const KILLED_OF: (usize, usize) = (24, 75);

/// A commune with its node and its officials.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its node.
    pub node: NodeIndex,
    /// Its number in the scenario.
    pub number: usize,
    /// The commune.
    pub commune: &'a Commune,
    /// Its officials.
    pub cast: &'a CommuneCast,
}

/// All communes with their nodes and officials, in the order of the scenario.
///
/// # Errors
/// When a commune has no node: a defect of the play.
pub fn places<'a>(
    stage: &Stage,
    scenario: &'a Scenario,
    cast: &'a Cast,
) -> Result<Vec<Place<'a>>, DemoError> {
    let communes = scenario.communes.iter().zip(&cast.communes).enumerate();
    let place = |(number, (commune, cast)): (usize, (&'a Commune, &'a CommuneCast))| {
        let node = stage.find(&commune.code)?;
        Ok(Place {
            node,
            number,
            commune,
            cast,
        })
    };
    communes.map(place).collect()
}

/// What all acts share.
#[derive(Clone, Copy)]
pub struct Story<'a> {
    /// The stage.
    pub stage: &'a Stage,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The officials.
    pub cast: &'a Cast,
    /// The communes.
    pub places: &'a [Place<'a>],
    /// The records of assets and people, as far as they are registered.
    pub inventory: &'a Inventory,
    /// The narrator.
    pub voice: &'a Voice,
}

impl<'a> Story<'a> {
    /// A commune by its code.
    ///
    /// # Errors
    /// When it does not play: a defect of the play.
    pub fn place(&self, code: &str) -> Result<&'a Place<'a>, DemoError> {
        let found = self.places.iter().find(|place| place.commune.code == code);
        found.ok_or_else(|| DemoError::Unexpected(format!("no commune {code}")))
    }

    /// Every old unit with its head and its number.
    pub fn old_units(&self) -> Vec<(usize, &'a OldUnit, &'a Official)> {
        let heads = self.scenario.old_units.iter().zip(&self.cast.old_heads);
        heads
            .enumerate()
            .map(|(number, (unit, head))| (number, unit, head))
            .collect()
    }

    /// The old unit that gives a portion, with its head.
    ///
    /// # Errors
    /// When there is none: a defect of the scenario.
    pub fn giver(&self, portion: &Portion) -> Result<(&'a OldUnit, &'a Official), DemoError> {
        let unit = self.scenario.old_units.get(portion.unit);
        let giver = unit.zip(self.cast.old_heads.get(portion.unit));
        giver.ok_or_else(|| DemoError::Unexpected(format!("no old unit {}", portion.unit)))
    }

    /// The commune to which a portion goes.
    ///
    /// # Errors
    /// When there is none: a defect of the scenario.
    pub fn receiver(&self, portion: &Portion) -> Result<&'a Place<'a>, DemoError> {
        self.of_number(portion.commune)
    }

    /// A commune by its number in the scenario.
    ///
    /// # Errors
    /// When there is none: a defect of the scenario.
    pub fn of_number(&self, number: usize) -> Result<&'a Place<'a>, DemoError> {
        let found = self.places.get(number);
        found.ok_or_else(|| DemoError::Unexpected(format!("no commune {number}")))
    }

    /// The assets that a commune's centre gets, without the one that is handed over twice.
    pub fn assets_of(&self, place: &Place<'_>) -> Vec<&'a Asset> {
        let portions = self.scenario.portions_of(place.number);
        let assets = portions.flat_map(|(portion, _)| &portion.assets);
        assets
            .filter(|asset| asset.code != self.scenario.twice.asset.code)
            .collect()
    }

    /// The two communes whose centres are given the same asset.
    ///
    /// # Errors
    /// When there are none: a defect of the scenario.
    pub fn rivals(&self) -> Result<[(&'a Portion, &'a Place<'a>); 2], DemoError> {
        let [first, second] = self.scenario.twice.portions;
        let rival = |number: usize| {
            let portion = self.scenario.portions.get(number);
            let portion = portion.ok_or_else(|| DemoError::Unexpected(format!("no portion {number}")))?;
            Ok::<_, DemoError>((portion, self.receiver(portion)?))
        };
        Ok([rival(first)?, rival(second)?])
    }

    /// The communes that are cut off: the two rivals and others, a third of all.
    ///
    /// # Errors
    /// As for [`Story::rivals`].
    pub fn cut_off(&self) -> Result<Vec<&'a Place<'a>>, DemoError> {
        let mut chosen: Vec<&Place<'_>> = self.rivals()?.map(|(_, place)| place).to_vec();
        let rivals = [chosen[0].node, chosen[1].node];
        let others = self.places.iter().filter(|place| !rivals.contains(&place.node));
        let more = (self.places.len() / CUT_OFF_ONE_IN).saturating_sub(chosen.len());
        chosen.extend(others.take(more));
        Ok(chosen)
    }

    /// The communes whose nodes are killed: one of the story, and the last ones of the others.
    ///
    /// # Errors
    /// When the one of the story does not play: a defect of the play.
    pub fn killed(&self) -> Result<Vec<&'a Place<'a>>, DemoError> {
        let first = self.place(KILLED)?;
        let others = self.places.iter().rev().filter(|place| place.node != first.node);
        Ok(std::iter::once(first)
            .chain(others)
            .take(killed(self.places.len()))
            .collect())
    }
}

/// How many nodes are killed among so many communes.
pub fn killed(communes: usize) -> usize {
    (communes * KILLED_OF.0 / KILLED_OF.1).max(1)
}
