//! Third act, with two trials in it: the assets are counted and taken over while a third of the communes are cut off.
//! These go on signing and answering and join again; and at two of them one asset is handed over to two centres.

use std::time::Duration;

use soxa_ledger::RecordId;

use super::correction;
use super::error::DemoError;
use super::founding::FINANCE;
use super::handing::{self, Minutes, Offer, Subjects};
use super::process::side_by_side;
use super::scenario::Portion;
use super::stage::Stage;
use super::story::{Place, Story};
use super::theft::{asset_at, is_tied_between};

/// The commune whose centre sends the culture centre's minutes back at first.
const REFUSING: &str = "03721";
/// Why.
const REFUSED_BECAUSE: &str = "Chưa có biên bản giao đất của sân thể thao";
/// Until a node that is cut off has noticed.
const CUT_LIMIT: Duration = Duration::from_secs(30);

/// Minutes that a giver has signed.
struct Offered<'a> {
    handover: String,
    number: usize,
    portion: &'a Portion,
    place: &'a Place<'a>,
}

/// Hands all assets over.
///
/// # Errors
/// When an act fails, or the records do not show in the end what they should.
pub fn play(story: &Story<'_>) -> Result<(), DemoError> {
    let Story { stage, voice, .. } = story;
    let mut offered = offer_all(story)?;
    stage.settle()?;
    voice.tell("demo.offered", &[("minutes", &offered.len())]);

    let apart = story.cut_off()?;
    cut_off(stage, &apart)?;
    let alone = story.rivals()?[0].1;
    let before = stage.nodes[alone.node].status()?;
    side_by_side(story.places, |place| take_over(story, place, &offered))?;
    let rivals = story.rivals()?;
    side_by_side(&rivals, |(portion, place)| take_twice(story, portion, place))?;
    let after = stage.nodes[alone.node].status()?;
    let province = stage.nodes[0].status()?;
    if after.state_root == province.state_root || after.operations <= before.operations {
        return Err(DemoError::node(
            &alone.commune.name,
            "did not go on by itself while it was cut off",
        ));
    }
    let signed = after.operations - before.operations;
    let name = &alone.commune.name;
    voice.tell(
        "demo.went_on_alone",
        &[("nodes", &apart.len()), ("unit", name), ("operations", &signed)],
    );

    for place in &apart {
        stage.reconnect(place.node);
    }
    stage.settle()?;
    voice.tell(
        "demo.rejoined",
        &[("links", &apart.len()), ("nodes", &stage.nodes.len())],
    );
    expect_contested(story)?;
    let name: &dyn std::fmt::Display = &story.scenario.twice.asset.name;
    voice.tell(
        "demo.contested",
        &[("asset", name), ("nodes", &stage.nodes.len())],
    );

    hand_over_again(story, &mut offered)?;
    let witnessed: Vec<&str> = offered.iter().map(|one| one.handover.as_str()).collect();
    handing::witness(stage, 0, &story.cast.finance, &witnessed)?;
    stage.settle()?;
    let units = 0..story.scenario.old_units.len();
    let assets: usize = units.map(|unit| story.scenario.assets_of(unit).len()).sum();
    voice.tell(
        "demo.assets_taken_over",
        &[
            ("assets", &voice.number(assets as u64)),
            ("minutes", &story.scenario.portions.len()),
            ("witnessed", &witnessed.len()),
        ],
    );
    let mistaken = offered
        .iter()
        .find(|one| one.place.commune.code == correction::FOUND_AT);
    if let Some(one) = mistaken {
        correction::play(story, &one.handover, one.portion, one.place)?;
    }
    stage.settle()
}

/// The heads of the old units sign at the province's node, all but the minutes with the asset that goes twice.
fn offer_all<'a>(story: &Story<'a>) -> Result<Vec<Offered<'a>>, DemoError> {
    let twice = &story.scenario.twice.portions;
    let by_unit = side_by_side(&story.old_units(), |(number, ..)| {
        let portions = story.scenario.portions.iter().enumerate();
        let portions: Vec<(usize, &Portion)> = portions
            .filter(|(at, portion)| portion.unit == *number && !twice.contains(at))
            .collect();
        let minutes = portions
            .iter()
            .map(|(_, portion)| minutes(story, portion))
            .collect::<Result<Vec<_>, _>>()?;
        let Some((_, first)) = portions.first() else {
            return Ok(Vec::new());
        };
        let offer = offer(story, first, Some(FINANCE), "asset-minutes")?;
        let handovers = offer.sign(story.stage, 0, &minutes)?;
        let offered = portions.into_iter().zip(minutes).zip(handovers);
        let offered = offered.map(|(((number, portion), minutes), handover)| Offered {
            handover,
            number,
            portion,
            place: minutes.receiver,
        });
        Ok(offered.collect::<Vec<_>>())
    })?;
    Ok(by_unit.into_iter().flatten().collect())
}

/// What the head of the old unit that gives a portion is about to sign.
fn offer<'a>(
    story: &Story<'a>,
    portion: &Portion,
    witness: Option<&'a str>,
    table: &'a str,
) -> Result<Offer<'a>, DemoError> {
    let (unit, head) = story.giver(portion)?;
    Ok(Offer {
        subjects: Subjects::Assets,
        giver: &unit.code,
        head,
        witness,
        day: &story.scenario.day,
        table,
    })
}

fn minutes<'a>(story: &Story<'a>, portion: &'a Portion) -> Result<Minutes<'a>, DemoError> {
    let lines = portion
        .assets
        .iter()
        .map(|asset| story.inventory.asset(&asset.code));
    Ok(Minutes {
        receiver: story.receiver(portion)?,
        lines: lines.collect::<Result<_, _>>()?,
    })
}

/// Whether these are the minutes that are sent back at first: the first of the refusing commune.
fn is_refused(story: &Story<'_>, one: &Offered<'_>) -> bool {
    let first = story
        .scenario
        .portions
        .iter()
        .position(|portion| portion.commune == one.portion.commune);
    one.place.commune.code == REFUSING && first == Some(one.number)
}

/// The centre's asset officer counts, then takes over; one sends one minutes back.
fn take_over(story: &Story<'_>, place: &Place<'_>, offered: &[Offered<'_>]) -> Result<(), DemoError> {
    let officer = &place.cast.asset_officer;
    let own = offered.iter().filter(|one| one.place.node == place.node);
    let (refused, accepted): (Vec<_>, Vec<_>) = own.partition(|one| is_refused(story, one));
    let accepted: Vec<&str> = accepted.iter().map(|one| one.handover.as_str()).collect();
    handing::count(story.stage, place.node, officer, &accepted)?;
    handing::accept(story.stage, place.node, officer, &accepted)?;
    for one in refused {
        handing::refuse(story.stage, place.node, officer, &one.handover, REFUSED_BECAUSE)?;
    }
    Ok(())
}

/// The old unit's head signs at a node that knows nothing of the other, and its centre takes the assets over. No
/// witness can come there.
fn take_twice(story: &Story<'_>, portion: &Portion, place: &Place<'_>) -> Result<(), DemoError> {
    let table = format!("asset-minutes-{}", place.commune.code);
    let handovers =
        offer(story, portion, None, &table)?.sign(story.stage, place.node, &[minutes(story, portion)?])?;
    let handovers: Vec<&str> = handovers.iter().map(String::as_str).collect();
    handing::accept(story.stage, place.node, &place.cast.asset_officer, &handovers)
}

/// What was sent back is offered once more with what was missing, and taken over.
fn hand_over_again(story: &Story<'_>, offered: &mut [Offered<'_>]) -> Result<(), DemoError> {
    for one in offered.iter_mut() {
        if !is_refused(story, one) {
            continue;
        }
        let offer = offer(story, one.portion, Some(FINANCE), "asset-minutes-again")?;
        let handovers = offer.sign(story.stage, one.place.node, &[minutes(story, one.portion)?])?;
        one.handover = handovers.into_iter().next().unwrap_or_default();
        let officer = &one.place.cast.asset_officer;
        handing::count(story.stage, one.place.node, officer, &[&one.handover])?;
        handing::accept(story.stage, one.place.node, officer, &[&one.handover])?;
    }
    story.stage.settle()?;
    Ok(())
}

/// Cuts nodes off and waits until they have noticed.
fn cut_off(stage: &Stage, places: &[&Place<'_>]) -> Result<(), DemoError> {
    places.iter().for_each(|place| stage.cut_off(place.node));
    let nodes: Vec<_> = places.iter().map(|place| place.node).collect();
    stage.each("be alone", &nodes, CUT_LIMIT, |_, status| {
        match status.peers.iter().filter(|peer| peer.connected).count() {
            0 => Ok(()),
            connected => Err(format!("{connected} peers connected")),
        }
    })
}

/// Every node shows the two rivals and no custodian.
fn expect_contested(story: &Story<'_>) -> Result<(), DemoError> {
    let asset = &story.scenario.twice.asset;
    let centres = story.rivals()?.map(|(_, place)| place.commune.centre_code());
    let units = super::tally::units(&story.stage.nodes[0])?;
    let rival = |code: &String| -> Option<RecordId> {
        let found = units.iter().find(|(_, view)| view.code.one() == Some(code));
        found.map(|(id, _)| *id)
    };
    let rivals: Vec<RecordId> = centres.iter().filter_map(rival).collect();
    for node in &story.stage.nodes {
        let view = asset_at(node, story.inventory.asset(&asset.code)?)?;
        if rivals.len() != centres.len() || !is_tied_between(&view.custody, &rivals) {
            let what = format!("asset {} is not contested: {:?}", asset.code, view.custody);
            return Err(DemoError::node(&node.name, what));
        }
    }
    Ok(())
}
