//! The nodes that were not heard from since the moment of a report: what they have done is not in it.

use std::collections::BTreeMap;

use soxa_ledger::Time;

use crate::cli::Session;
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::NodeReport;
use crate::failure::Failure;

/// Milliseconds for which a silent node counts as heard: three times the five minutes after which each node publishes a checkpoint
/// at the latest.
const SILENCE_MS: u64 = 15 * 60 * 1_000;

/// A node that was not heard from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// The node's key.
    pub node: String,
    /// Its name.
    pub name: String,
    /// Its unit's name.
    pub unit: String,
    /// When it was heard of last, in milliseconds since 1970; none when never.
    pub last_ms: Option<u64>,
}

/// The admitted nodes of which nothing later than a moment is known: no contact, no entry, no checkpoint.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn silent(session: &mut Session, as_of: Time) -> Result<Vec<Silent>, Failure> {
    let client = session.client()?;
    let nodes = match client.call(Request::Nodes)? {
        Reply::Nodes(nodes) => nodes,
        other => return Err(client.other_reply(&other)),
    };
    let status = client.status()?;
    let tips = client.positions(Request::Tips)?;
    let mut heard: BTreeMap<&str, u64> = BTreeMap::new();
    let mut hear = |node, time_ms: u64| {
        let last = heard.entry(node).or_default();
        *last = time_ms.max(*last);
    };
    hear(&status.node, clock::now().0);
    for peer in &status.peers {
        if peer.connected {
            hear(&peer.node, clock::now().0);
        } else if let Some(heard_ms) = peer.heard_at_ms {
            hear(&peer.node, heard_ms);
        }
    }
    tips.iter().for_each(|tip| hear(&tip.node, tip.time_ms));
    for cosigner in status.checkpoints.iter().flat_map(|one| &one.cosigned_by) {
        hear(&cosigner.node, cosigner.time_ms);
    }
    Ok(among(&nodes, &heard, as_of))
}

fn among(nodes: &[NodeReport], heard: &BTreeMap<&str, u64>, as_of: Time) -> Vec<Silent> {
    let admitted = nodes.iter().filter(|node| node.state != "retired");
    let silent = admitted.filter_map(|node| {
        let last_ms = heard.get(node.node.as_str()).copied();
        let is_heard = last_ms.is_some_and(|last| as_of.0 <= last.saturating_add(SILENCE_MS));
        (!is_heard).then(|| Silent {
            node: node.node.clone(),
            name: node.name.clone(),
            unit: node.unit_name.clone(),
            last_ms,
        })
    });
    silent.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_node_is_silent_when_nothing_later_is_known_of_it() {
        let nodes = ["heard", "late", "never", "gone"]
            .map(|key| node(key, if key == "gone" { "retired" } else { "admitted" }));
        let heard = BTreeMap::from([("heard", 1_000), ("late", 999)]);
        let as_of = Time(1_000 + SILENCE_MS);
        let found = among(&nodes, &heard, as_of);
        let found: Vec<_> = found.iter().map(|one| (one.node.as_str(), one.last_ms)).collect();
        assert_eq!(found, [("late", Some(999)), ("never", None)]);
    }
}
