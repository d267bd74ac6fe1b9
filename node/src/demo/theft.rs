//! A trial: an official's key is stolen, used at two nodes, and declared compromised. What was done with it since then is
//! void; what honest officials did on top of it stays.

use soxa_ledger::RecordId;
use soxa_records::CustodyView;
use soxa_records::asset::AssetView;

use super::cast::Official;
use super::error::DemoError;
use super::node::Node;
use super::process::side_by_side;
use super::stage::{NodeIndex, Stage};
use super::story::{Place, Story};
use crate::control::protocol::Request;
use crate::key_store;

/// The commune whose centre's asset officer loses the key.
const COMMUNE: &str = "03646";
/// Another commune, whose node the thief uses too.
const ELSEWHERE: &str = "03980";
/// Assets that the thief writes about.
const ASSETS: usize = 3;
/// What the thief writes.
const FALSE_SITE: &str = "Đã chuyển đi nơi khác";
/// What the honest head of the centre writes on top.
const HONEST_CONDITION: &str = "Đã kiểm tra, còn tốt";

/// Plays the theft and its discovery.
///
/// # Errors
/// When an act fails, or the records do not show in the end what they should.
pub fn play(story: &Story<'_>) -> Result<(), DemoError> {
    let Story {
        stage,
        inventory,
        voice,
        ..
    } = story;
    let place = story.place(COMMUNE)?;
    let Place { node, cast, .. } = place;
    let elsewhere = stage.find(ELSEWHERE)?;
    let own = story.scenario.portions_of(place.number);
    let own = own.flat_map(|(portion, unit)| portion.assets.iter().map(move |asset| (unit, asset)));
    let chosen: Vec<(usize, &str, &str)> = own
        .take(ASSETS)
        .enumerate()
        .map(|(n, (unit, asset))| {
            let at = if n == 0 { *node } else { elsewhere };
            Ok((at, inventory.asset(&asset.code)?, unit.name.as_str()))
        })
        .collect::<Result<_, DemoError>>()?;
    let honest = stands_until_now(stage, *node, &cast.asset_officer)?;
    side_by_side(&chosen, |(at, asset, _)| {
        let site = format!("site={FALSE_SITE}");
        stage.act(*at, &cast.asset_officer.key, &["asset", "set", asset, &site])
    })?;
    stage.settle()?;
    side_by_side(&chosen, |(_, asset, _)| {
        let condition = format!("condition={HONEST_CONDITION}");
        stage.act(*node, &cast.centre_head.key, &["asset", "set", asset, &condition])
    })?;
    stage.settle()?;
    expect_everywhere(
        stage,
        &chosen,
        |view, _| is(&view.site.distinct(), FALSE_SITE),
        "the thief's entries",
    )?;
    let file = cast.asset_officer.key.file.display().to_string();
    let mut args = vec![
        "key",
        "compromise",
        &file,
        "--remark",
        "Mất máy tính có tệp khóa",
        "--keep-through",
    ];
    args.extend(honest.iter().map(String::as_str));
    stage.act(*node, &cast.head.key, &args)?;
    stage.settle()?;
    let restored = |view: &AssetView, site: &str| {
        is(&view.site.distinct(), site) && is(&view.condition.distinct(), HONEST_CONDITION)
    };
    expect_everywhere(stage, &chosen, restored, "the state without the thief's entries")?;
    let person: &dyn std::fmt::Display = &cast.asset_officer.name;
    voice.tell(
        "demo.compromised",
        &[
            ("person", person),
            ("void", &chosen.len()),
            ("kept", &chosen.len()),
        ],
    );
    Ok(())
}

/// Where the official's acts stand while the key is still in the right hands, as a command line names it.
fn stands_until_now(stage: &Stage, node: NodeIndex, official: &Official) -> Result<Vec<String>, DemoError> {
    let node = &stage.nodes[node];
    let key = key_store::public_key(&official.key.file.display().to_string());
    let key = key.map_err(DemoError::failure(&official.name))?.to_string();
    let positions = node.ask(|client| client.positions(Request::KeyPositions { key, before_ms: None }))?;
    Ok(positions
        .iter()
        .map(|at| format!("{}:{}:{}", at.feed, at.seq, at.hash))
        .collect())
}

fn is(values: &[&String], expected: &str) -> bool {
    matches!(values, [only] if *only == expected)
}

fn expect_everywhere(
    stage: &Stage,
    assets: &[(usize, &str, &str)],
    holds: impl Fn(&AssetView, &str) -> bool,
    what: &str,
) -> Result<(), DemoError> {
    for node in &stage.nodes {
        for (_, asset, site) in assets {
            let view = asset_at(node, asset)?;
            if !holds(&view, site) {
                return Err(DemoError::node(
                    &node.name,
                    format!("asset {asset} does not show {what}: {view:?}"),
                ));
            }
        }
    }
    Ok(())
}

/// An asset as a node shows it.
///
/// # Errors
/// When the node does not answer or the record is no asset.
pub fn asset_at(node: &Node, asset: &str) -> Result<AssetView, DemoError> {
    let report = node.ask(|client| client.record(asset))?;
    let state = super::tally::state(&report).map_err(|e| DemoError::node(&node.name, e))?;
    AssetView::of(&state).ok_or_else(|| DemoError::node(&node.name, format!("{asset} is no asset")))
}

/// Whether custody is contested between exactly these units, and nobody is custodian.
pub fn is_tied_between(custody: &CustodyView, units: &[RecordId]) -> bool {
    let mut expected = units.to_vec();
    expected.sort_unstable();
    custody.contested.is_some() && custody.custodian.is_none() && custody.tied == expected
}
