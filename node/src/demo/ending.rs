//! Last act: the old units close, everything is counted, the nodes stop, and every stopped store is checked.

use std::collections::BTreeSet;
use std::num::NonZero;

use serde_json::Value;

use super::error::DemoError;
use super::footprint;
use super::process::{a_few_at_a_time, side_by_side};
use super::proofs;
use super::report::{Refused, Report};
use super::scenario::BASIS;
use super::stage::Stage;
use super::story::Story;
use super::tally::{Tally, refused_of};
use super::voice::Voice;
use crate::control::reports::StatusReport;

/// The operator closes the old units; the centres that took something over are their successors.
///
/// # Errors
/// When an act fails.
pub fn close_old_units(story: &Story<'_>) -> Result<(), DemoError> {
    side_by_side(&story.old_units(), |(number, unit, _)| {
        let portions = story.scenario.portions.iter();
        let successors = portions
            .filter(|portion| portion.unit == *number && !portion.staff.is_empty())
            .map(|portion| Ok(story.receiver(portion)?.commune.centre_code()))
            .collect::<Result<Vec<_>, DemoError>>()?;
        let mut args = vec!["unit", "close", &unit.code, "--date", &story.scenario.day];
        args.extend(["--basis", BASIS, "--successor"]);
        args.extend(successors.iter().map(String::as_str));
        story.stage.act(0, &story.cast.operator.key, &args)
    })?;
    let units = story.scenario.old_units.len();
    story.voice.tell("demo.closed", &[("units", &units)]);
    Ok(())
}

/// Counts at one node what all hold, stops all nodes and checks their stores.
///
/// # Errors
/// When a node does not answer, stop or verify at all; figures that differ are left to the report.
pub fn count_and_stop(
    stage: &Stage,
    hostile: &str,
    report: &mut Report,
    voice: &Voice,
) -> Result<(), DemoError> {
    let everybody = stage.everybody();
    stage.settle()?;
    let settled = statuses(stage)?;
    let tallied = Tally::of(&stage.nodes[0])?;
    tallied.fill(report);
    // Asked again after counting: what was counted is what they hold.
    let statuses = statuses(stage)?;
    let roots: BTreeSet<&str> = statuses.iter().map(|status| status.state_root.as_str()).collect();
    report.nodes = statuses.len() as u64;
    report.distinct_state_roots = roots.len() as u64;
    report.converged = roots.len() == 1 && settled.iter().zip(&statuses).all(|(a, b)| a.entries == b.entries);
    report.operations = statuses.iter().map(|status| status.operations).min().unwrap_or(0);
    report.refused = counted_everywhere(&statuses, hostile)?;
    let records = statuses.first().map_or(0, |status| status.records);
    voice.tell(
        "demo.converged",
        &[
            ("nodes", &report.nodes),
            ("records", &voice.number(records)),
            ("roots", &roots.len()),
        ],
    );
    let proofs = proofs::write(stage)?;
    side_by_side(&everybody, |node| stage.stop(*node))?;
    // A check of a small store waits for the disk as long as it computes.
    let at_once = 2 * std::thread::available_parallelism().map_or(1, NonZero::get);
    let checked = a_few_at_a_time(at_once, &everybody, |node| {
        stage.run(*node, None, &["verify", "--format", "json"])
    })?;
    let agrees = |(found, status): (&Value, &StatusReport)| {
        let same = |name: &str, value: u64| found[name].as_u64() == Some(value);
        found["agrees"] == true
            && found["state_root"] == status.state_root.as_str()
            && same("entries", status.entries)
            && same("operations", status.operations)
    };
    report.stores_verified = checked.iter().zip(&statuses).filter(|pair| agrees(*pair)).count() as u64;
    let signatures: u64 = checked
        .iter()
        .filter_map(|found| found["signatures"].as_u64())
        .sum();
    report.proofs_verified = proofs::verify(stage, &proofs)?;
    report.proofs_dir = proofs.display().to_string();
    let daemons: u64 = stage.nodes.iter().map(super::node::Node::peak_bytes).sum();
    report.memory_mib = (daemons + footprint::peak_bytes("self").unwrap_or(0)) >> 20;
    voice.tell(
        "demo.verified",
        &[
            ("stores", &report.stores_verified),
            ("signatures", &voice.number(signatures)),
        ],
    );
    voice.tell(
        "demo.proofs",
        &[("proofs", &report.proofs_verified), ("dir", &report.proofs_dir)],
    );
    Ok(())
}

fn statuses(stage: &Stage) -> Result<Vec<StatusReport>, DemoError> {
    stage.nodes.iter().map(super::node::Node::status).collect()
}

/// What all nodes count of the hostile node alike.
fn counted_everywhere(statuses: &[StatusReport], hostile: &str) -> Result<Refused, DemoError> {
    let counts: Vec<Refused> = statuses
        .iter()
        .map(|status| refused_of(status, hostile))
        .collect();
    match counts.as_slice() {
        [first, rest @ ..] if rest.iter().all(|count| count == first) => Ok(first.clone()),
        _ => Err(DemoError::Unexpected(format!(
            "the nodes count the hostile node's acts differently: {counts:?}"
        ))),
    }
}
