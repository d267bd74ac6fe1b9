//! Answers about nodes: who is and was admitted, and what became of invites.

use std::collections::BTreeMap;

use soxa_ledger::statement::{Admission, Fact, Issuer};
use soxa_ledger::{NodeKey, StatementId};

use super::answers::Answers;
use super::joining::{InviteState, state_of};
use super::objections::Names as _;
use crate::control::reports::{InviteReport, NodeReport};

impl Answers<'_> {
    /// All nodes that are or were admitted, in the order of their keys.
    pub(super) fn nodes(&self) -> Vec<NodeReport> {
        let authority = self.engine.authority();
        let mut admissions: BTreeMap<NodeKey, Vec<(StatementId, &Admission)>> = BTreeMap::new();
        for node in authority.genesis().into_iter().flat_map(|genesis| &genesis.nodes) {
            admissions.entry(*node).or_default();
        }
        for (statement, verdict) in authority.statements() {
            if let (Fact::Admission(admission), true) = (&statement.value().fact, verdict.is_valid()) {
                let admitted = admissions.entry(admission.node).or_default();
                admitted.push((statement.id, admission));
            }
        }
        admissions
            .into_iter()
            .filter_map(|(node, admissions)| self.node(node, &admissions))
            .collect()
    }

    fn node(&self, node: NodeKey, admissions: &[(StatementId, &Admission)]) -> Option<NodeReport> {
        let authority = self.engine.authority();
        let genesis = authority.genesis()?;
        let founding = genesis.nodes.contains(&node);
        let said_at = |id: &StatementId| authority.positions_of(id).map(|at| at.time.0).min();
        let standing: Vec<&(StatementId, &Admission)> = admissions
            .iter()
            .filter(|(id, _)| authority.cuts_on(id).is_empty())
            .collect();
        // The one that counts now, else the one that ended last.
        let ended = |id: &StatementId| authority.cuts_on(id).iter().filter_map(said_at).max();
        let shown = standing
            .first()
            .copied()
            .or_else(|| admissions.iter().max_by_key(|(id, _)| ended(id)));
        let unit_path = shown.map_or_else(
            || vec![authority.network().province_unit()],
            |(_, admission)| admission.unit_path.clone(),
        );
        let admitted = authority.unit_of_node(&node).is_some();
        let state = match (founding, admitted) {
            (_, false) => "retired",
            (true, true) => "founding",
            (false, true) => "admitted",
        };
        Some(NodeReport {
            node: node.to_string(),
            name: shown.map_or_else(|| genesis.name.clone(), |(_, admission)| admission.name.clone()),
            unit_name: unit_path.last().map(|unit| self.name(unit)).unwrap_or_default(),
            unit_path: unit_path.iter().map(ToString::to_string).collect(),
            state: state.to_owned(),
            since_ms: shown.and_then(|(id, _)| said_at(id)).unwrap_or(genesis.created.0),
            by: shown.and_then(|(id, _)| self.issuer_of(id)),
            retired_ms: shown.filter(|_| !admitted).and_then(|(id, _)| ended(id)),
            addresses: self.live.addresses.get(&node).cloned().unwrap_or_default(),
            standing: standing.iter().map(|(id, _)| id.to_string()).collect(),
        })
    }

    /// Who made a statement, or the invite that it was made under; none for the root.
    fn issuer_of(&self, id: &StatementId) -> Option<String> {
        let authority = self.engine.authority();
        let Issuer::Under(issuer) = authority.statement(id)?.issuer else {
            return None;
        };
        match authority.appointment(&issuer) {
            Some(appointment) => Some(appointment.person.clone()),
            None => self.issuer_of(&issuer),
        }
    }

    /// All valid invites, the one that ends last first.
    pub(super) fn invites(&self) -> Vec<InviteReport> {
        let authority = self.engine.authority();
        let mut invites: Vec<InviteReport> = authority
            .statements()
            .filter(|(_, verdict)| verdict.is_valid())
            .filter_map(|(statement, _)| match &statement.value().fact {
                Fact::Invite(invite) => Some((statement.id, invite)),
                _ => None,
            })
            .map(|(id, invite)| {
                let state = state_of(authority, &id, invite, self.now);
                InviteReport {
                    id: id.to_string(),
                    unit: invite.unit().to_string(),
                    name: invite.name.clone(),
                    host: invite.node.to_string(),
                    expires_ms: invite.expires.0,
                    state: word(state).to_owned(),
                    used_by: match state {
                        InviteState::Used(node) => Some(node.to_string()),
                        _ => None,
                    },
                }
            })
            .collect();
        invites.sort_by(|a, b| (b.expires_ms, &a.id).cmp(&(a.expires_ms, &b.id)));
        invites
    }
}

fn word(state: InviteState) -> &'static str {
    match state {
        InviteState::Open => "open",
        InviteState::Used(_) => "used",
        InviteState::Withdrawn => "withdrawn",
        InviteState::Expired => "expired",
    }
}
