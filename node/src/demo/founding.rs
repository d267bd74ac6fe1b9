//! First act: the province's ledger is founded, nodes are admitted, units registered, officials appointed.

use super::cast::{Cast, Official};
use super::error::DemoError;
use super::process::side_by_side;
use super::scenario::{BASIS, Scenario};
use super::staff;
use super::stage::{NodeIndex, Stage};
use super::story::{Place, Story};
use super::tables;

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
/// The commune whose node comes in by an invite; the operator admits the others by their keys.
const JOINING: &str = "03721";
/// The code of the department that witnesses handovers of assets.
pub const FINANCE: &str = "STC";

/// Founds the province and brings all nodes and officials into being.
///
/// # Errors
/// When a step fails.
pub fn play(story: &Story<'_>) -> Result<(), DemoError> {
    let Story {
        stage,
        scenario,
        cast,
        places,
        voice,
        ..
    } = *story;
    found(stage, scenario, cast)?;
    stage.start(0)?;
    voice.tell(
        "demo.founded",
        &[
            ("province", &scenario.province.name),
            ("roots", &cast.roots.len()),
        ],
    );
    register_units(stage, scenario, cast)?;
    admit_nodes(stage, cast, places)?;
    stage.settle()?;
    let joined: &dyn std::fmt::Display = &stage.nodes[stage.find(JOINING)?].name;
    voice.tell(
        "demo.connected",
        &[("nodes", &stage.nodes.len()), ("joined", joined)],
    );
    appoint_heads(stage, scenario, cast)?;
    stage.settle()?;
    side_by_side(places, |place| open_centre(stage, scenario, cast, place))?;
    stage.settle()?;
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
    stage.configure(0)
}

/// The operator imports communes, old units and the department of finance from one table.
fn register_units(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), DemoError> {
    let communes = scenario
        .communes
        .iter()
        .map(|c| [&c.kind, &c.name, &c.code, COMMUNES_SINCE, COMMUNES_BASIS]);
    let old = scenario
        .old_units
        .iter()
        .map(|unit| [unit.kind(), &unit.name, &unit.code, OLD_UNITS_SINCE, BASIS]);
    let finance = ["department", "Sở Tài chính", FINANCE, OLD_UNITS_SINCE, ""];
    let rows = communes.chain(old).chain([finance]).map(Vec::from);
    let table = tables::write(stage, "units", &["kind", "name", "code", "opened", "basis"], rows)?;
    let args = ["import", "units", &table, "--unit", &scenario.province.code];
    stage.act(0, &cast.operator.key, &args)?;
    Ok(())
}

/// Sets up the communes' nodes, lets the operator admit them, and starts them; one comes in by an invite.
fn admit_nodes(stage: &Stage, cast: &Cast, places: &[Place<'_>]) -> Result<(), DemoError> {
    let network = stage.nodes[0].home.network_file().display().to_string();
    side_by_side(places, |place| {
        if place.commune.code == JOINING {
            return join(stage, &cast.operator, place);
        }
        let args = ["init", "node", "--network", &network, "--listen", LISTEN];
        stage.run(place.node, None, &args)?;
        let (key, _) = stage.nodes[place.node].identity()?;
        admit(
            stage,
            &cast.operator,
            &key.to_string(),
            &place.commune.code,
            &place.commune.name,
        )?;
        stage.configure(place.node)?;
        stage.start(place.node)
    })?;
    Ok(())
}

/// The operator invites, the commune joins with the token, comparing the words that were read out to it.
fn join(stage: &Stage, operator: &Official, place: &Place<'_>) -> Result<(), DemoError> {
    let mut args = vec!["invite", &place.commune.code, "--address"];
    let province = stage.address_of(place.node, 0)?;
    args.push(&province);
    let invite = stage.act(0, &operator.key, &args)?;
    let part = |name: &str| {
        let missing = || DemoError::Unexpected(format!("an invite without {name}"));
        invite[name].as_str().ok_or_else(missing)
    };
    let (token, words) = (part("token")?, part("fingerprint")?);
    let args = ["join", token, "--fingerprint", words, "--listen", LISTEN];
    stage.run(place.node, None, &args)?;
    stage.configure(place.node)?;
    stage.start(place.node)
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
        &["node", "admit", node, "--unit", unit, "--name", name],
    )?;
    Ok(())
}

/// The province's head appoints the heads of the communes and of the old units, and the witness.
fn appoint_heads(stage: &Stage, scenario: &Scenario, cast: &Cast) -> Result<(), DemoError> {
    let communes = scenario.communes.iter().zip(&cast.communes);
    let communes = communes.map(|(commune, people)| appointed(&people.head, &commune.code, "unit_head"));
    let old = scenario.old_units.iter().zip(&cast.old_heads);
    let old = old.map(|(unit, head)| appointed(head, &unit.code, "unit_head"));
    let finance = appointed(&cast.finance, FINANCE, "finance_witness");
    let rows = communes.chain(old).chain([finance]);
    appoint(stage, 0, &cast.province_head, "heads", rows)
}

/// The commune's head opens the centre, writes down its seal and account (invented) and appoints its head and asset
/// officer; the centre's head sets up the roster.
fn open_centre(stage: &Stage, scenario: &Scenario, cast: &Cast, place: &Place<'_>) -> Result<(), DemoError> {
    let Place {
        node,
        commune,
        cast: people,
        ..
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
    let (seal, account) = (
        format!("seal=Con dấu {}", commune.code),
        format!("account=TK {}", commune.code),
    );
    stage.act(*node, &people.head.key, &["unit", "set", &code, &seal, &account])?;
    let mut rows = vec![
        appointed(&people.centre_head, &code, "unit_head"),
        appointed(&people.asset_officer, &code, "asset_officer"),
    ];
    if commune.code == CARELESS_COMMUNE {
        rows.push(appointed(&cast.careless, &commune.code, "asset_officer"));
    }
    appoint(stage, *node, &people.head, &format!("{code}-officials"), rows)?;
    staff::create_roster(stage, scenario, place)
}

/// A row in a table of appointments.
fn appointed(official: &Official, unit: &str, role: &str) -> Vec<String> {
    let holder = official.key.file.display().to_string();
    vec![holder, official.name.clone(), unit.to_owned(), role.to_owned()]
}

/// Gives officials their roles from a table.
fn appoint(
    stage: &Stage,
    node: NodeIndex,
    superior: &Official,
    table: &str,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<(), DemoError> {
    let table = tables::write(stage, table, &["holder", "person", "unit", "role"], rows)?;
    stage.act(
        node,
        &superior.key,
        &["key", "appoint", "--table", &table, "--basis", BASIS],
    )?;
    Ok(())
}
