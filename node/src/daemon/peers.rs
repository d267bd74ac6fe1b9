//! What `status` says of each peer: what replication and the network know of it, put together.

use soxa_ledger::Time;
use soxa_sync::Agreement;

use super::answers::Answers;
use super::live::LivePeer;
use super::objections::Names as _;
use crate::clock::shown;
use crate::control::reports::{OffenceReport, PeerReport, Standing};

impl Answers<'_> {
    /// All admitted nodes but this one, connected or not.
    pub(super) fn peers(&self) -> Vec<PeerReport> {
        let admitted = self.engine.authority().admitted_nodes().into_iter();
        admitted
            .filter(|(node, _)| *node != self.engine.node())
            .map(|(node, unit)| {
                let seen = self.live.peers.get(&node).cloned().unwrap_or_default();
                report(node.to_string(), self.name(&unit), seen, self.now)
            })
            .collect()
    }
}

fn report(node: String, unit: String, seen: LivePeer, now: Time) -> PeerReport {
    let LivePeer { standing, conduct } = seen;
    let agreement = standing
        .as_ref()
        .map_or(Agreement::Unknown, |standing| standing.agreement);
    let since = |at: Time| Some(shown(at).0);
    let (sync, since, lacks) = match agreement {
        Agreement::Unknown => (Standing::Unknown, None, None),
        Agreement::Synced { since: at } => (Standing::Synced, since(at), Some((0, 0))),
        Agreement::Behind {
            since: at,
            we_lack,
            they_lack,
        } => (Standing::Behind, since(at), Some((we_lack, they_lack))),
        Agreement::Apart { since: at } => (Standing::Apart, since(at), Some((0, 0))),
    };
    let mut offences: Vec<OffenceReport> = Vec::new();
    if let Some(standing) = &standing {
        offences.extend(standing.offences.iter().map(|(kind, of)| OffenceReport {
            what: kind.word().to_owned(),
            count: of.count,
            last_ms: shown(of.last).0,
        }));
    }
    let ago = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    offences.extend(
        conduct
            .misconduct
            .iter()
            .map(|(rule, (count, last))| OffenceReport {
                what: rule.word().to_owned(),
                count: *count,
                last_ms: now.0.saturating_sub(ago(*last)),
            }),
    );
    offences.sort_by_key(|offence| std::cmp::Reverse(offence.last_ms));
    PeerReport {
        node,
        unit: Some(unit),
        connected: conduct.address.is_some(),
        address: conduct.address,
        sync,
        since_ms: since,
        we_lack: lacks.map(|lacks| lacks.0),
        they_lack: lacks.map(|lacks| lacks.1),
        heard_at_ms: standing
            .as_ref()
            .and_then(|known| known.heard_at)
            .map(|at| shown(at).0),
        program: standing
            .and_then(|known| known.program)
            .map(|program| program.as_str().to_owned()),
        offences,
        dropped_until_ms: conduct.held_off.map(|left| now.0.saturating_add(ago(left))),
    }
}
