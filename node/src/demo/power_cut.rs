//! A trial: nodes are killed while officials sign there, and come back with everything they had answered "stored" for;
//! meanwhile the province's node is restarted.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::DemoError;
use super::inventory::stored;
use super::node::Node;
use super::process::{Seen, side_by_side, wait_for};
use super::stage::{NodeIndex, Stage};
use super::story::{Place, Story};
use crate::control::protocol::{Reply, Request};

/// Acts that are being signed around the moment, in all.
const ACTS: usize = 24;
/// Acts at each node at least.
const ACTS_EACH_MIN: usize = 4;
/// Of so many acts one has been answered "stored" when the nodes are killed.
const STORED_ONE_IN: usize = 3;
/// Until that many have.
const STREAM_LIMIT: Duration = Duration::from_secs(60);

/// An act of the stream.
struct Act<'a> {
    place: &'a Place<'a>,
    asset: &'a str,
}

/// An act that was answered "stored".
struct Kept {
    node: NodeIndex,
    asset: String,
    commits: Vec<String>,
}

/// Kills nodes in the middle of a stream of acts, restarts the province's, starts them again, does what failed once more,
/// and looks on the province's node for every act that was answered "stored". Returns the nodes that had them all.
///
/// # Errors
/// When something else goes wrong than what the kill brings with it.
pub fn play(story: &Story<'_>) -> Result<u64, DemoError> {
    let Story { stage, voice, .. } = story;
    let killed = story.killed()?;
    let acts = acts(story, &killed)?;
    let (kept, in_flight) = stream(stage, &acts, &killed)?;
    let name: &dyn std::fmt::Display = &killed[0].commune.name;
    voice.tell(
        "demo.killed",
        &[
            ("nodes", &killed.len()),
            ("stored", &kept.len()),
            ("in_flight", &in_flight),
        ],
    );
    stage.stop(0)?;
    let mut nodes: Vec<NodeIndex> = killed.iter().map(|place| place.node).collect();
    nodes.push(0);
    side_by_side(&nodes, |node| stage.start(*node))?;
    let done: BTreeSet<&str> = kept.iter().map(|kept| kept.asset.as_str()).collect();
    let again: Vec<&Act<'_>> = acts.iter().filter(|act| !done.contains(act.asset)).collect();
    side_by_side(&again, |act| visit(stage, act))?;
    stage.settle()?;
    let mut missing: BTreeSet<NodeIndex> = BTreeSet::new();
    for act in &kept {
        let commits = commits_of(&stage.nodes[0], &act.asset)?;
        if !act.commits.iter().all(|commit| commits.contains(commit)) {
            missing.insert(act.node);
        }
    }
    let found = kept.iter().filter(|act| !missing.contains(&act.node)).count();
    voice.tell(
        "demo.recovered",
        &[
            ("unit", name),
            ("nodes", &killed.len()),
            ("stored", &kept.len()),
            ("found", &found),
        ],
    );
    let with_acts: BTreeSet<NodeIndex> = kept.iter().map(|act| act.node).collect();
    Ok(with_acts.difference(&missing).count() as u64)
}

/// One act at every node in turn, and again.
fn acts<'a>(story: &Story<'a>, killed: &[&'a Place<'a>]) -> Result<Vec<Act<'a>>, DemoError> {
    let each = (ACTS / killed.len()).max(ACTS_EACH_MIN);
    let mut acts = Vec::new();
    for turn in 0..each {
        for place in killed {
            if let Some(asset) = story.assets_of(place).get(turn) {
                acts.push(Act {
                    place,
                    asset: story.inventory.asset(&asset.code)?,
                });
            }
        }
    }
    Ok(acts)
}

/// Officials sign; when a part of the acts has been answered and others are under way, the nodes are killed. Gives back
/// what was answered "stored", and how many acts were under way.
fn stream(stage: &Stage, acts: &[Act<'_>], killed: &[&Place<'_>]) -> Result<(Vec<Kept>, usize), DemoError> {
    let kept: Mutex<Vec<Kept>> = Mutex::default();
    let failed: Mutex<Option<DemoError>> = Mutex::default();
    let (begun, ended, answered) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let in_flight = std::thread::scope(|scope| {
        let stream = scope.spawn(|| {
            // What the kill makes fail is done again later, so a failure does not end the stream.
            side_by_side(acts, |act| {
                begun.fetch_add(1, Ordering::SeqCst);
                match visit(stage, act) {
                    Ok(commits) => {
                        kept.lock().unwrap_or_else(PoisonError::into_inner).push(Kept {
                            node: act.place.node,
                            asset: act.asset.to_owned(),
                            commits,
                        });
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                }
                ended.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        });
        let enough = wait_for("acts to be stored", STREAM_LIMIT, &stage.interrupt, || {
            // Before the kill nothing should fail.
            if let Some(error) = failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return Err(Seen::Hopeless(error));
            }
            match (
                answered.load(Ordering::SeqCst),
                begun.load(Ordering::SeqCst) - ended.load(Ordering::SeqCst),
            ) {
                (answered, in_flight) if answered >= acts.len() / STORED_ONE_IN && in_flight > 0 => {
                    Ok(in_flight)
                }
                (answered, in_flight) => Err(format!("{answered} stored, {in_flight} in flight").into()),
            }
        });
        let kill = |in_flight| {
            let all = killed.iter().map(|place| stage.kill(place.node));
            all.collect::<Result<Vec<_>, _>>().map(|_| in_flight)
        };
        let was_killed = enough.and_then(kill);
        let streamed = stream
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        was_killed.and_then(|in_flight| streamed.map(|_| in_flight))
    })?;
    Ok((
        kept.into_inner().unwrap_or_else(PoisonError::into_inner),
        in_flight,
    ))
}

/// The asset officer goes and looks where an asset is. Gives back the commits that were answered "stored".
fn visit(stage: &Stage, act: &Act<'_>) -> Result<Vec<String>, DemoError> {
    let Act { place, asset } = act;
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
