//! First act: the province's ledger is founded, nodes are admitted, units registered, officials appointed.

use super::cast::{Cast, CommuneCast, Official};
use super::error::DemoError;
use super::process::side_by_side;
use super::scenario::{BASIS, Commune, Scenario};
use super::stage::{NodeIndex, Stage};
use super::voice::Voice;

/// Where every node listens: any free port of the loopback.
const LISTEN: &str = "/ip4/127.0.0.1/tcp/0";
/// The day on which the communes of today began.
const COMMUNES_SINCE: &str = "2025-07-01";
/// The day that the demonstration gives for the beginning of the old units.
const OLD_UNITS_SINCE: &str = "2019-01-01";
/// The resolution that made the communes of today.
const COMMUNES_BASIS: &str = "Nghị quyết 1681/NQ-UBTVQH15";
/// The commune whose own asset officer is careless with the key.
pub const CARELESS_COMMUNE: &str = "03980";

/// A commune with its node, the officials, and the scenario.
pub struct Place<'a> {
    /// Its node.
    pub node: NodeIndex,
    /// The commune.
    pub commune: &'a Commune,
    /// Its officials.
    pub cast: &'a CommuneCast,
}

/// All communes with their nodes and officials.
///
/// # Errors
/// When a commune has no node: a defect of the play.
pub fn places<'a>(
    stage: &Stage,
    scenario: &'a Scenario,
    cast: &'a Cast,
) -> Result<Vec<Place<'a>>, DemoError> {
    let communes = scenario.communes.iter().zip(&cast.communes);
    communes
        .map(|(commune, cast)| {
            Ok(Place {
                node: stage.find(&commune.code)?,
                commune,
                cast,
            })
        })
        .collect()
}

/// Founds the province and brings all nodes and officials into being.
///
/// # Errors
/// When a step fails.
pub fn play(stage: &Stage, scenario: &Scenario, cast: &Cast, voice: &Voice) -> Result<(), DemoError> {
    found(stage, scenario, cast)?;
    stage.start(0)?;
    voice.tell(
        "demo.founded",
        &[
            ("province", &scenario.province.name),
            ("roots", &cast.roots.len()),
        ],
    );
    let places = places(stage, scenario, cast)?;
    register_units(stage, scenario, cast)?;
    admit_nodes(stage, cast, &places)?;
    stage.settle(&stage.everybody())?;
    voice.tell("demo.connected", &[("nodes", &stage.nodes.len())]);
    appoint_heads(stage, scenario, cast)?;
    stage.settle(&stage.everybody())?;
    side_by_side(&places, |place| open_centre(stage, scenario, cast, place))?;
    stage.settle(&stage.everybody())?;
    voice.tell(
        "demo.appointed",
        &[
            ("officials", &(cast.everybody().len() - cast.roots.len())),
            ("centres", &places.len()),
        ],
    );
    Ok(())
}

fn found(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), DemoError> {
    let file = |official: &Official| official.key.file.display().to_string();
    let roots: Vec<String> = cast.roots.iter().map(file).collect();
    let [first, second, absent] = roots.as_slice() else {
        return Err(DemoError::Unexpected("three root keys are needed".to_owned()));
    };
    let (head, operator) = (file(&cast.province_head), file(&cast.operator));
    let mut args = vec![
        "init",
        "province",
        "--name",
        &scenario.province.name,
        "--code",
        &scenario.province.code,
    ];
    args.extend([
        "--root-key",
        first,
        second,
        "--absent-root",
        absent,
        "--quorum",
        "2",
    ]);
    args.extend(["--head-key", &head, "--head-name", &cast.province_head.name]);
    args.extend([
        "--operator-key",
        &operator,
        "--operator-name",
        &cast.operator.name,
    ]);
    args.extend(["--basis", BASIS, "--listen", LISTEN]);
    args.extend(["--yes", "--passphrase-stdin", "--format", "json"]);
    let passphrases: Vec<&str> = cast
        .roots
        .iter()
        .take(2)
        .map(|root| root.key.passphrase.as_str())
        .collect();
    stage.run(0, Some(&passphrases.join("\n")), &args)?;
    stage.hasten(0)
}

fn register_units(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), DemoError> {
    let province = scenario.province.code.as_str();
    let communes = scenario
        .communes
        .iter()
        .map(|c| [c.kind.as_str(), &c.name, &c.code, COMMUNES_SINCE, COMMUNES_BASIS]);
    let old = scenario
        .old_units()
        .map(|(_, unit)| [unit.kind(), &unit.name, &unit.code, OLD_UNITS_SINCE, BASIS]);
    let units: Vec<[&str; 5]> = communes.chain(old).collect();
    side_by_side(&units, |[kind, name, code, since, basis]| {
        let mut args = vec!["unit", "register", "--kind", kind, "--name", name, "--code", code];
        args.extend(["--parent", province, "--open", since, "--basis", basis]);
        stage.act(0, &cast.operator.key, &args)
    })?;
    Ok(())
}

/// Sets up the communes' nodes, lets the operator admit them, and starts them.
fn admit_nodes(stage: &Stage, cast: &Cast, places: &[Place<'_>]) -> Result<(), DemoError> {
    let network = stage.nodes[0].home.network_file().display().to_string();
    side_by_side(places, |place| {
        let dials = stage.dials(place.node);
        let mut args = vec!["init", "node", "--network", &network, "--listen", LISTEN];
        if !dials.is_empty() {
            args.push("--peer");
            args.extend(dials.iter().map(String::as_str));
        }
        stage.run(place.node, None, &args)?;
        stage.hasten(place.node)?;
        let (key, _) = stage.nodes[place.node].identity()?;
        admit(
            stage,
            &cast.operator,
            &key.to_string(),
            &place.commune.code,
            &place.commune.name,
        )?;
        stage.start(place.node)
    })?;
    Ok(())
}

/// Admits a node for a unit.
///
/// # Errors
/// When the act fails.
pub fn admit(
    stage: &Stage,
    operator: &Official,
    node: &str,
    unit: &str,
    name: &str,
) -> Result<(), DemoError> {
    stage.act(
        0,
        &operator.key,
        &["key", "admit-node", node, "--unit", unit, "--name", name],
    )?;
    Ok(())
}

/// The province's head appoints the heads of the communes and of the old units.
fn appoint_heads(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), DemoError> {
    let mut heads: Vec<(&Official, &str)> = Vec::new();
    for (commune, people) in scenario.communes.iter().zip(&cast.communes) {
        heads.push((&people.head, &commune.code));
        heads.extend(
            people
                .old_heads
                .iter()
                .zip(&commune.old_units)
                .map(|(head, unit)| (head, unit.code.as_str())),
        );
    }
    side_by_side(&heads, |(head, unit)| {
        appoint(stage, 0, &cast.province_head, head, unit, "unit_head")
    })?;
    Ok(())
}

/// The commune's head opens the centre and appoints its head, who appoints the asset officer and sets up the roster.
fn open_centre(stage: &Stage, scenario: &Scenario, cast: &Cast, place: &Place<'_>) -> Result<(), DemoError> {
    let Place {
        node,
        commune,
        cast: people,
    } = place;
    let (code, name) = (commune.centre_code(), commune.centre_name());
    let mut args = vec![
        "unit",
        "register",
        "--kind",
        "service_centre",
        "--name",
        &name,
        "--code",
        &code,
    ];
    args.extend([
        "--parent",
        &commune.code,
        "--open",
        &scenario.day,
        "--basis",
        BASIS,
    ]);
    stage.act(*node, &people.head.key, &args)?;
    appoint(
        stage,
        *node,
        &people.head,
        &people.centre_head,
        &code,
        "unit_head",
    )?;
    if commune.code == CARELESS_COMMUNE {
        appoint(
            stage,
            *node,
            &people.head,
            &cast.careless,
            &commune.code,
            "asset_officer",
        )?;
    }
    appoint(
        stage,
        *node,
        &people.centre_head,
        &people.asset_officer,
        &code,
        "asset_officer",
    )?;
    stage.act(*node, &people.centre_head.key, &["roster", "create", &code])?;
    Ok(())
}

/// Gives somebody a role in a unit.
///
/// # Errors
/// When the act fails.
fn appoint(
    stage: &Stage,
    node: NodeIndex,
    superior: &Official,
    official: &Official,
    unit: &str,
    role: &str,
) -> Result<(), DemoError> {
    let holder = official.key.file.display().to_string();
    let mut args = vec!["key", "appoint", "--holder", &holder, "--person", &official.name];
    args.extend(["--unit", unit, "--role", role, "--basis", BASIS]);
    stage.act(node, &superior.key, &args)?;
    Ok(())
}
