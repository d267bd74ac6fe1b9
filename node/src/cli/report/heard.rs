//! When each node was heard of last. What those have done that were not heard from since the moment of a report is not in it.

use std::collections::BTreeMap;

use soxa_ledger::{RecordId, Time};
use soxa_views::sync::NodeRow;

use crate::cli::Session;
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{CheckpointReport, NodeReport, PeerReport, PositionReport};
use crate::failure::Failure;

/// Milliseconds for which a silent node counts as heard: three times the quarter of an hour after which each node publishes a
/// checkpoint at the latest. Nodes that are no peers are heard of through others, who co-sign it and pass it on.
const SILENCE_MS: u64 = 3 * soxa_sync::limits::SNAPSHOT_QUIET_MS;

/// An admitted node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The node's key.
    pub node: String,
    /// Its name.
    pub name: String,
    /// Its unit; none when that cannot be read.
    pub unit_id: Option<RecordId>,
    /// Its unit's name.
    pub unit: String,
    /// When it was heard of last, in milliseconds since 1970; none when never.
    pub last_ms: Option<u64>,
    /// Whether something later than the moment is known of it, or nearly.
    pub is_heard: bool,
}

/// The admitted nodes of which nothing later than a moment is known: no contact, no entry, no checkpoint.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn silent(session: &mut Session, as_of: Time) -> Result<Vec<Known>, Failure> {
    let (mut all, _) = known(session, as_of)?;
    all.retain(|one| !one.is_heard);
    Ok(all)
}

/// The admitted nodes for the report on them, with what each lacks of what the other holds.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn rows(session: &mut Session, as_of: Time) -> Result<Vec<NodeRow>, Failure> {
    let (all, peers) = known(session, as_of)?;
    let row = |one: Known| {
        let peer = peers.iter().find(|peer| peer.node == one.node);
        Some(NodeRow {
            name: one.name,
            unit: one.unit_id?,
            last: one.last_ms.map(Time),
            is_heard: one.is_heard,
            we_lack: peer.and_then(|peer| peer.we_lack),
            it_lacks: peer.and_then(|peer| peer.they_lack),
        })
    };
    Ok(all.into_iter().filter_map(row).collect())
}

fn known(session: &mut Session, as_of: Time) -> Result<(Vec<Known>, Vec<PeerReport>), Failure> {
    let client = session.client()?;
    let nodes = match client.call(Request::Nodes)? {
        Reply::Nodes(nodes) => nodes,
        other => return Err(client.other_reply(&other)),
    };
    let status = client.status()?;
    let tips = client.positions(Request::Tips)?;
    let now = clock::now();
    let mut heard = heard(&status.peers, &tips, &status.checkpoints, now);
    heard.insert(&status.node, now.0);
    let all = among(&nodes, &heard, as_of);
    Ok((all, status.peers))
}

/// When each node was heard of last: by a contact, by an entry of its own, by a checkpoint of its own that another co-signed when it
/// was shown that, or by one of another's that it co-signed. No moment is later than now, whatever a clock elsewhere says.
fn heard<'a>(
    peers: &'a [PeerReport],
    tips: &'a [PositionReport],
    checkpoints: &'a [CheckpointReport],
    now: Time,
) -> BTreeMap<&'a str, u64> {
    let mut heard: BTreeMap<&str, u64> = BTreeMap::new();
    let mut hear = |node: &'a str, time_ms: u64| {
        let last = heard.entry(node).or_default();
        *last = time_ms.min(now.0).max(*last);
    };
    for peer in peers {
        if peer.connected {
            hear(&peer.node, now.0);
        } else if let Some(heard_ms) = peer.heard_at_ms {
            hear(&peer.node, heard_ms);
        }
    }
    tips.iter().for_each(|tip| hear(&tip.node, tip.time_ms));
    for checkpoint in checkpoints {
        for cosigner in &checkpoint.cosigned_by {
            hear(&cosigner.node, cosigner.time_ms);
            hear(&checkpoint.node, cosigner.time_ms);
        }
    }
    heard
}

fn among(nodes: &[NodeReport], heard: &BTreeMap<&str, u64>, as_of: Time) -> Vec<Known> {
    let admitted = nodes.iter().filter(|node| node.state != "retired");
    let known = admitted.map(|node| {
        let last_ms = heard.get(node.node.as_str()).copied();
        Known {
            node: node.node.clone(),
            name: node.name.clone(),
            unit_id: node.unit_path.last().and_then(|unit| unit.parse().ok()),
            unit: node.unit_name.clone(),
            last_ms,
            is_heard: last_ms.is_some_and(|last| as_of.0 <= last.saturating_add(SILENCE_MS)),
        }
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::reports::CosignerReport;

    fn node(key: &str, state: &str) -> NodeReport {
        NodeReport {
            node: key.to_owned(),
            name: key.to_owned(),
            unit_path: Vec::new(),
            unit_name: String::new(),
            state: state.to_owned(),
            since_ms: 0,
            by: None,
            retired_ms: None,
            addresses: Vec::new(),
            standing: Vec::new(),
        }
    }

    /// A checkpoint of a node that others co-signed.
    fn checkpoint(of: &str, cosigned_by: &[(&str, u64)]) -> CheckpointReport {
        let cosigner = |(node, time_ms): &(&str, u64)| CosignerReport {
            node: (*node).to_owned(),
            unit: None,
            time_ms: *time_ms,
        };
        CheckpointReport {
            node: of.to_owned(),
            unit: None,
            scope: "all".to_owned(),
            snapshots: 1,
            root: String::new(),
            cosigned_by: cosigned_by.iter().map(cosigner).collect(),
            state: "in_order".to_owned(),
            note: String::new(),
            split_view: Vec::new(),
        }
    }

    #[test]
    fn a_node_that_is_no_peer_is_heard_of_through_others() {
        let tip = PositionReport {
            feed: String::new(),
            node: "writes".to_owned(),
            seq: 1,
            hash: String::new(),
            time_ms: 700,
        };
        let checkpoints = [
            checkpoint("quiet", &[("between", 800), ("fast clock", 9_999)]),
            checkpoint("between", &[("quiet", 600)]),
        ];
        let tips = [tip];
        let heard = heard(&[], &tips, &checkpoints, Time(1_000));
        let expected = [
            ("between", 800),
            ("fast clock", 1_000),
            ("quiet", 1_000),
            ("writes", 700),
        ];
        assert_eq!(heard, BTreeMap::from(expected));
    }

    #[test]
    fn a_node_is_silent_when_nothing_later_is_known_of_it() {
        let nodes = ["heard", "late", "never", "gone"]
            .map(|key| node(key, if key == "gone" { "retired" } else { "admitted" }));
        let heard = BTreeMap::from([("heard", 1_000), ("late", 999)]);
        let as_of = Time(1_000 + SILENCE_MS);
        let found = among(&nodes, &heard, as_of);
        let told = |one: &Known| (one.node.clone(), one.last_ms, one.is_heard);
        let is = |node: &str, last_ms, is_heard| (node.to_owned(), last_ms, is_heard);
        assert_eq!(
            found.iter().map(told).collect::<Vec<_>>(),
            [
                is("heard", Some(1_000), true),
                is("late", Some(999), false),
                is("never", None, false)
            ]
        );
    }
}
