//! A trial: an admitted node turns hostile. Every node that takes its feeds names it and counts what it did.

use std::time::Duration;

use soxa_ledger::{SecretKey, StatementId};
use tokio::runtime::Handle;

use super::cast::Official;
use super::error::DemoError;
use super::founding::{self, CARELESS_COMMUNE};
use super::hostile::{Hostile, Plan};
use super::report::Refused;
use super::stage::Stage;
use super::story::Story;
use super::tally::refused_of;
use crate::key_store::{self, LockedKey};

/// Until every node has seen what the hostile node offers.
const LIMIT: Duration = Duration::from_secs(60);
/// The commune whose name the hostile node would like to change.
const TARGET: &str = "03847";

/// Admits the hostile node, lets it do its worst, and waits until every node counts it. Gives back its key.
///
/// # Errors
/// When it cannot be played or a node does not count what it should.
pub fn play(story: &Story<'_>, runtime: &Handle) -> Result<String, DemoError> {
    let Story {
        stage,
        cast,
        inventory,
        voice,
        ..
    } = story;
    let place = story.place(CARELESS_COMMUNE)?;
    let local = || DemoError::failure("hostile");
    let node = key_store::generate().map_err(local())?;
    let name = node.node().to_string();
    founding::admit(stage, &cast.operator, &name, CARELESS_COMMUNE, "Máy chủ dự phòng")?;
    stage.settle()?;
    let own = story.assets_of(place);
    let asset = own.first();
    let asset = asset.ok_or_else(|| DemoError::Unexpected("no asset to write about".to_owned()))?;
    let target = stage.nodes[stage.find(TARGET)?]
        .status()?
        .unit
        .unwrap_or_default();
    let official = open(&cast.careless)?;
    let unreadable = |e| DemoError::Unexpected(format!("not an id: {e}"));
    let plan = Plan {
        network: stage.nodes[0].identity()?.1,
        stranger: key_store::generate().map_err(local())?,
        claimed: appointment_of(stage, &open(&cast.province_head)?)?,
        appointment: appointment_of(stage, &official)?,
        official,
        asset: inventory.asset(&asset.code)?.parse().map_err(unreadable)?,
        unit: target.parse().map_err(unreadable)?,
        now: crate::clock::now(),
        node,
    };
    let victims = [0, place.node];
    let mut keys = std::collections::BTreeSet::new();
    let mut addresses = Vec::new();
    for victim in victims.map(|victim| &stage.nodes[victim]) {
        keys.insert(victim.identity()?.0);
        addresses.extend(victim.status()?.listening);
    }
    let hostile = Hostile::start(runtime, &plan, keys, addresses)?;
    let expected = Refused {
        forged: 1,
        unauthorised: 1,
        malformed: 1,
    };
    let counted = stage.each(
        "count the hostile node's acts",
        &stage.everybody(),
        LIMIT,
        |_, status| match refused_of(status, &name) {
            counted if counted == expected => Ok(()),
            counted => Err(format!("{counted:?}")),
        },
    );
    hostile.stop(runtime);
    counted?;
    stage.settle()?;
    voice.tell(
        "demo.intruder",
        &[
            ("node", &crate::output::short(&name)),
            ("nodes", &stage.nodes.len()),
        ],
    );
    Ok(name)
}

/// The key in an official's file: this official's machine is in the wrong hands.
fn open(official: &Official) -> Result<SecretKey, DemoError> {
    let opened = LockedKey::read(&official.key.file).and_then(|key| key.open(&official.key.passphrase));
    opened.map_err(DemoError::failure(&official.name))
}

fn appointment_of(stage: &Stage, key: &SecretKey) -> Result<StatementId, DemoError> {
    let node = &stage.nodes[0];
    let appointments = node.ask(|client| client.appointments(key.public().to_string()))?;
    let first = appointments
        .first()
        .and_then(|appointment| appointment.id.parse().ok());
    first.ok_or_else(|| DemoError::node(&node.name, format!("no appointment of {}", key.public().short())))
}
