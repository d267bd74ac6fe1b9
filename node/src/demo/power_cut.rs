//! A trial: one node is killed while officials sign there, and comes back with everything it had answered "stored" for.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::error::DemoError;
use super::founding::Place;
use super::inventory::{Inventory, stored};
use super::node::Node;
use super::process::{side_by_side, wait_for};
use super::stage::Stage;
use super::voice::Voice;
use crate::control::protocol::{Reply, Request};

/// The commune whose node is killed.
pub const COMMUNE: &str = "03847";
/// Acts that are being signed around the moment.
const ACTS: usize = 24;
/// Acts that have been answered "stored" when the node is killed.
const STORED_BEFORE: usize = 8;
/// Until that many have.
const STREAM_LIMIT: Duration = Duration::from_secs(60);

/// An act of the stream that was answered "stored".
struct Kept {
    asset: String,
    commits: Vec<String>,
}

/// Kills the node in the middle of a stream of acts, starts it again, does what failed once more, and looks on the
/// province's node for every act that was answered "stored". Returns the nodes that had them all.
///
/// # Errors
/// When something else goes wrong than what the kill brings with it.
pub fn play(
    stage: &Stage,
    place: &Place<'_>,
    inventory: &Inventory,
    voice: &Voice,
) -> Result<u64, DemoError> {
    let codes = place
        .commune
        .old_units
        .iter()
        .flat_map(|unit| &unit.assets)
        .take(ACTS);
    let assets = codes
        .map(|asset| inventory.asset(&asset.code))
        .collect::<Result<Vec<_>, _>>()?;
    let kept: Mutex<Vec<Kept>> = Mutex::default();
    let keep = |asset: &str, commits| {
        let mut kept = kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.push(Kept {
            asset: asset.to_owned(),
            commits,
        });
    };
    let (begun, ended, answered) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let in_flight = std::thread::scope(|scope| {
        let stream = scope.spawn(|| {
            // What the kill makes fail is done again below, so a failure does not end the stream.
            side_by_side(&assets, |asset| {
                begun.fetch_add(1, Ordering::SeqCst);
                if let Ok(commits) = visit(stage, place, asset) {
                    keep(asset, commits);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
                ended.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        });
        let killed = wait_for("acts to be stored", STREAM_LIMIT, &stage.interrupt, || {
            match (
                answered.load(Ordering::SeqCst),
                begun.load(Ordering::SeqCst) - ended.load(Ordering::SeqCst),
            ) {
                (answered, in_flight) if answered >= STORED_BEFORE && in_flight > 0 => Ok(in_flight),
                (answered, in_flight) => Err(format!("{answered} stored, {in_flight} in flight").into()),
            }
        })
        .and_then(|in_flight| stage.kill(place.node).map(|()| in_flight));
        let streamed = stream
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        killed.and_then(|in_flight| streamed.map(|_| in_flight))
    })?;
    let kept = kept
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let name: &dyn std::fmt::Display = &place.commune.name;
    voice.tell(
        "demo.killed",
        &[("unit", name), ("stored", &kept.len()), ("in_flight", &in_flight)],
    );
    stage.start(place.node)?;
    let again: Vec<&str> = assets
        .iter()
        .copied()
        .filter(|asset| !kept.iter().any(|kept| kept.asset == *asset))
        .collect();
    side_by_side(&again, |asset| visit(stage, place, asset))?;
    stage.settle(&stage.everybody())?;
    let mut found = 0;
    for act in &kept {
        let commits = commits_of(&stage.nodes[0], &act.asset)?;
        found += usize::from(act.commits.iter().all(|commit| commits.contains(commit)));
    }
    voice.tell(
        "demo.recovered",
        &[("unit", name), ("stored", &kept.len()), ("found", &found)],
    );
    Ok(u64::from(found == kept.len() && !kept.is_empty()))
}

/// The asset officer goes and looks where an asset is. Gives back the commits that were answered "stored".
fn visit(stage: &Stage, place: &Place<'_>, asset: &str) -> Result<Vec<String>, DemoError> {
    let site = format!("site=Trụ sở {}", place.commune.centre_name());
    let answer = stage.act(
        place.node,
        &place.cast.asset_officer.key,
        &["asset", "set", asset, &site, "remark=Đã kiểm tra thực địa"],
    )?;
    match stored(&answer) {
        commits if commits.is_empty() => {
            Err(DemoError::Unexpected(format!("nothing stored for asset {asset}")))
        }
        commits => Ok(commits),
    }
}

/// The commits whose operations on a record have effect at a node.
fn commits_of(node: &Node, record: &str) -> Result<Vec<String>, DemoError> {
    let request = Request::Log {
        id: record.to_owned(),
        at_time_ms: None,
        at_operations: Vec::new(),
    };
    match node.ask(|client| client.call(request))? {
        Reply::Log(log) => {
            let valid = log
                .operations
                .into_iter()
                .filter(|operation| operation.verdict == "valid");
            Ok(valid.map(|operation| operation.commit).collect())
        }
        other => Err(DemoError::node(
            &node.name,
            format!("{other:?} instead of a history"),
        )),
    }
}
