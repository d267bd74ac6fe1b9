//! Third act, with two trials in it: the assets are counted and taken over while two nodes are cut off. One of them goes
//! on signing and answering and joins again; and one asset is handed over at both, to two centres.

use std::time::Duration;

use soxa_ledger::RecordId;

use super::error::DemoError;
use super::founding::Place;
use super::handing::{Minutes, Subjects, accept, count, offer};
use super::inventory::Inventory;
use super::process::{side_by_side, wait_for};
use super::scenario::{Asset, OldUnit, Scenario};
use super::stage::{NodeIndex, Stage};
use super::theft::{asset_at, is_tied_between};
use super::voice::Voice;

/// The commune that goes on alone; its old culture centre gives one asset away twice.
const ALONE: &str = "04144";
/// The other commune that is cut off, to whose centre that asset is given too.
const RIVAL: &str = "03980";
/// The number of that asset among those of the old culture centre, from 0: its car.
const TWICE: usize = 4;
/// The commune whose centre refuses a line at first.
const REFUSING: &str = "03721";
/// The line that is refused, from 1: the sports ground.
const REFUSED_LINE: u32 = 3;
/// Why.
const REFUSED_BECAUSE: &str = "Chưa có biên bản giao đất";
/// Until a node that is cut off has noticed.
const CUT_LIMIT: Duration = Duration::from_secs(30);

/// One old unit's minutes with its commune's centre.
struct Job<'a> {
    place: &'a Place<'a>,
    unit: &'a OldUnit,
    head: &'a super::cast::Official,
}

impl<'a> Job<'a> {
    /// The lines of the minutes: all assets but the one that is kept for being handed over twice.
    fn assets(&self, twice: &Twice<'_>) -> Vec<&'a Asset> {
        self.unit
            .assets
            .iter()
            .filter(|asset| asset.code != twice.asset.code)
            .collect()
    }
}

/// Hands all assets over.
///
/// # Errors
/// When an act fails, or the records do not show in the end what they should.
pub fn play(
    stage: &Stage,
    scenario: &Scenario,
    places: &[Place<'_>],
    inventory: &Inventory,
    voice: &Voice,
) -> Result<(), DemoError> {
    let jobs: Vec<Job<'_>> = places
        .iter()
        .flat_map(|place| {
            let units = place.commune.old_units.iter().zip(&place.cast.old_heads);
            units.map(move |(unit, head)| Job { place, unit, head })
        })
        .collect();
    let (alone, rival) = (at(places, ALONE)?, at(places, RIVAL)?);
    let twice = Twice::find(alone)?;
    let offers = side_by_side(&jobs, |job| {
        let lines = job
            .assets(&twice)
            .into_iter()
            .map(|asset| inventory.asset(&asset.code));
        offer(
            stage,
            0,
            job.head,
            &minutes(scenario, job.place, job.unit, lines.collect::<Result<_, _>>()?),
        )
    })?;
    stage.settle(&stage.everybody())?;
    voice.tell("demo.offered", &[("minutes", &offers.len())]);

    cut_off(stage, &[alone, rival])?;
    let before = stage.nodes[alone.node].status()?;
    let offered: Vec<_> = jobs.iter().zip(&offers).collect();
    side_by_side(&offered, |(job, handover)| {
        take_over(stage, job, handover, &job.assets(&twice))
    })?;
    side_by_side(&[alone, rival], |place| {
        twice.hand_over(stage, scenario, place, inventory)
    })?;
    let after = stage.nodes[alone.node].status()?;
    let province = stage.nodes[0].status()?;
    if after.state_root == province.state_root || after.operations <= before.operations {
        return Err(DemoError::node(
            &alone.commune.name,
            "did not go on by itself while it was cut off",
        ));
    }
    let signed = after.operations - before.operations;
    voice.tell(
        "demo.went_on_alone",
        &[("unit", &alone.commune.name), ("operations", &signed)],
    );

    for place in [alone, rival] {
        stage.reconnect(place.node);
    }
    stage.settle(&stage.everybody())?;
    voice.tell(
        "demo.rejoined",
        &[("unit", &alone.commune.name), ("nodes", &stage.nodes.len())],
    );
    twice.expect_contested(
        stage,
        inventory,
        &[alone.commune.centre_code(), rival.commune.centre_code()],
    )?;
    let name: &dyn std::fmt::Display = &twice.asset.name;
    voice.tell(
        "demo.contested",
        &[("asset", name), ("nodes", &stage.nodes.len())],
    );

    hand_over_again(stage, scenario, &jobs, inventory)?;
    stage.settle(&stage.everybody())?;
    let assets: usize = jobs.iter().map(|job| job.unit.assets.len()).sum();
    voice.tell(
        "demo.assets_taken_over",
        &[("assets", &assets), ("minutes", &jobs.len())],
    );
    Ok(())
}

fn at<'a>(places: &'a [Place<'a>], code: &str) -> Result<&'a Place<'a>, DemoError> {
    let found = places.iter().find(|place| place.commune.code == code);
    found.ok_or_else(|| DemoError::Unexpected(format!("no commune {code}")))
}

fn minutes<'a>(
    scenario: &'a Scenario,
    place: &'a Place<'_>,
    unit: &'a OldUnit,
    lines: Vec<&'a str>,
) -> Minutes<'a> {
    Minutes {
        subjects: Subjects::Assets,
        giver: &unit.code,
        receiver: place.commune.centre_code(),
        lines,
        day: &scenario.day,
        place: &place.commune.name,
    }
}

/// The centre's asset officer counts, then takes over; at one commune all lines but one.
fn take_over(stage: &Stage, job: &Job<'_>, handover: &str, assets: &[&Asset]) -> Result<(), DemoError> {
    let officer = &job.place.cast.asset_officer;
    count(stage, job.place.node, officer, handover, assets)?;
    let refused: &[(u32, &str)] = if refuses(job) {
        &[(REFUSED_LINE, REFUSED_BECAUSE)]
    } else {
        &[]
    };
    accept(stage, job.place.node, officer, handover, refused)
}

fn refuses(job: &Job<'_>) -> bool {
    job.place.commune.code == REFUSING && job.unit == &job.place.commune.old_units[0]
}

/// The refused line is offered once more with what was missing, and taken over.
fn hand_over_again(
    stage: &Stage,
    scenario: &Scenario,
    jobs: &[Job<'_>],
    inventory: &Inventory,
) -> Result<(), DemoError> {
    for job in jobs.iter().filter(|job| refuses(job)) {
        let line = job.unit.assets.get(REFUSED_LINE as usize - 1);
        let asset = line.ok_or_else(|| DemoError::Unexpected("no line to refuse".to_owned()))?;
        let lines = vec![inventory.asset(&asset.code)?];
        let handover = offer(
            stage,
            job.place.node,
            job.head,
            &minutes(scenario, job.place, job.unit, lines),
        )?;
        count(
            stage,
            job.place.node,
            &job.place.cast.asset_officer,
            &handover,
            &[asset],
        )?;
        accept(
            stage,
            job.place.node,
            &job.place.cast.asset_officer,
            &handover,
            &[],
        )?;
    }
    Ok(())
}

/// Cuts nodes off and waits until they have noticed.
fn cut_off(stage: &Stage, places: &[&Place<'_>]) -> Result<(), DemoError> {
    let nodes: Vec<NodeIndex> = places.iter().map(|place| place.node).collect();
    nodes.iter().for_each(|node| stage.cut_off(*node));
    for node in nodes.iter().map(|node| &stage.nodes[*node]) {
        wait_for(
            &format!("{} to be alone", node.name),
            CUT_LIMIT,
            &stage.interrupt,
            || {
                let peers = node.status().map_err(|e| e.to_string())?.peers;
                match peers.iter().filter(|peer| peer.connected).count() {
                    0 => Ok(()),
                    connected => Err(format!("{connected} peers connected").into()),
                }
            },
        )?;
    }
    Ok(())
}

/// The asset that is handed over twice, and who does it.
struct Twice<'a> {
    unit: &'a OldUnit,
    head: &'a super::cast::Official,
    asset: &'a Asset,
}

impl<'a> Twice<'a> {
    fn find(alone: &'a Place<'a>) -> Result<Self, DemoError> {
        let unit = alone.commune.old_units.first();
        let found = unit.zip(alone.cast.old_heads.first()).and_then(|(unit, head)| {
            Some(Self {
                unit,
                head,
                asset: unit.assets.get(TWICE)?,
            })
        });
        found.ok_or_else(|| DemoError::Unexpected("no asset to hand over twice".to_owned()))
    }

    /// The old unit's head signs at a node that knows nothing of the other, and its centre takes the asset over.
    fn hand_over(
        &self,
        stage: &Stage,
        scenario: &Scenario,
        place: &Place<'_>,
        inventory: &Inventory,
    ) -> Result<(), DemoError> {
        let lines = vec![inventory.asset(&self.asset.code)?];
        let handover = offer(
            stage,
            place.node,
            self.head,
            &minutes(scenario, place, self.unit, lines),
        )?;
        accept(stage, place.node, &place.cast.asset_officer, &handover, &[])
    }

    /// Every node shows the two rivals and no custodian.
    fn expect_contested(
        &self,
        stage: &Stage,
        inventory: &Inventory,
        centres: &[String],
    ) -> Result<(), DemoError> {
        for node in &stage.nodes {
            let units = super::tally::units(node)?;
            let rival = |code: &String| -> Option<RecordId> {
                let found = units.iter().find(|(_, view)| view.code.one() == Some(code));
                found.map(|(id, _)| *id)
            };
            let rivals: Vec<RecordId> = centres.iter().filter_map(rival).collect();
            let view = asset_at(node, inventory.asset(&self.asset.code)?)?;
            if rivals.len() != centres.len() || !is_tied_between(&view.custody, &rivals) {
                let what = format!("asset {} is not contested: {:?}", self.asset.code, view.custody);
                return Err(DemoError::node(&node.name, what));
            }
        }
        Ok(())
    }
}
