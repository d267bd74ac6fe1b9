//! Answers to newcomers: what they are invited to, and the admission they sign for themselves.

use std::collections::BTreeSet;

use soxa_engine::{Engine, EngineError, Submitted};
use soxa_ledger::authority::Authority;
use soxa_ledger::statement::{Fact, Invite, Issuer};
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{Body, FeedId, NodeKey, PublicKey, Signed, Statement, StatementId, Time};
use soxa_sync::{JoinRefusal, JoinRequest, JoinResponse};

use super::submission::is_of_the_log;

/// How an invite stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InviteState {
    /// It waits for a node.
    Open,
    /// This node was admitted under it.
    Used(NodeKey),
    /// It was withdrawn.
    Withdrawn,
    /// Its time is over.
    Expired,
}

/// How a valid invite stands at a moment. A used invite counts as used whatever happened to it later.
pub fn state_of(authority: &Authority, id: &StatementId, invite: &Invite, now: Time) -> InviteState {
    let under = |statement: &Statement| statement.issuer == Issuer::Under(*id);
    let used = authority
        .statements()
        .filter(|(statement, verdict)| under(statement) && verdict.is_valid())
        .find_map(|(statement, _)| match &statement.fact {
            Fact::Admission(admission) => Some(admission.node),
            _ => None,
        });
    match used {
        Some(node) => InviteState::Used(node),
        None if !authority.cuts_on(id).is_empty() => InviteState::Withdrawn,
        None if now >= invite.expires => InviteState::Expired,
        None => InviteState::Open,
    }
}

/// The invites in effect that are this node's to answer, newest end first.
fn own_invites(engine: &Engine) -> Vec<(StatementId, &Invite)> {
    let mut own: Vec<(StatementId, &Invite)> = engine
        .authority()
        .statements()
        .filter(|(_, verdict)| verdict.is_valid())
        .filter_map(|(statement, _)| match &statement.value().fact {
            Fact::Invite(invite) if invite.node == engine.node() => Some((statement.id, invite)),
            _ => None,
        })
        .collect();
    own.sort_by_key(|(_, invite)| std::cmp::Reverse(invite.expires));
    own
}

/// The keys that guests may come with: also those of invites that are over, so that their holders are told.
pub fn guests(engine: &Engine) -> BTreeSet<PublicKey> {
    own_invites(engine)
        .into_iter()
        .take(soxa_net::limits::GUEST_KEYS_MAX)
        .map(|(_, invite)| invite.key)
        .collect()
}

/// Answers a guest; the admission it brings is stored. Returns the feeds that grew.
///
/// # Errors
/// Local faults that leave the engine unusable.
pub fn receive(
    engine: &mut Engine,
    read_only: bool,
    key: PublicKey,
    request: &[u8],
    now: Time,
) -> Result<(JoinResponse, Vec<FeedId>), EngineError> {
    let (node, admission) = match JoinRequest::decode(request) {
        Ok(JoinRequest::Look { node }) => (node, None),
        Ok(JoinRequest::Join { admission }) => match own_admission(engine, &admission) {
            Some((node, statement)) => (node, Some(statement)),
            None => return Ok(refused(JoinRefusal::Malformed)),
        },
        Err(_) => return Ok(refused(JoinRefusal::Malformed)),
    };
    let found = own_invites(engine)
        .into_iter()
        .find(|(_, invite)| invite.key == key);
    let Some((id, invite)) = found else {
        return Ok(refused(JoinRefusal::UnknownInvite));
    };
    let authority = engine.authority();
    let admitted = authority.unit_of_node(&node).is_some();
    let refusal = match state_of(authority, &id, invite, now) {
        InviteState::Used(other) if other != node => Some(JoinRefusal::Used),
        InviteState::Withdrawn => Some(JoinRefusal::Withdrawn),
        InviteState::Expired => Some(JoinRefusal::Expired),
        InviteState::Open if admitted => Some(JoinRefusal::Admitted),
        _ if !admitted && authority.knows_node(&node) => Some(JoinRefusal::Retired),
        InviteState::Used(_) | InviteState::Open => None,
    };
    if let Some(refusal) = refusal {
        return Ok(refused(refusal));
    }
    let Some(admission) = admission else {
        return Ok((invited(authority, &id), Vec::new()));
    };
    if admitted {
        return Ok((JoinResponse::Welcome, Vec::new()));
    }
    if admission.issuer != Issuer::Under(id) {
        return Ok(refused(JoinRefusal::Malformed));
    }
    if read_only {
        return Ok(refused(JoinRefusal::Unable));
    }
    store(engine, admission, now)
}

fn refused(reason: JoinRefusal) -> (JoinResponse, Vec<FeedId>) {
    (JoinResponse::Refused(reason), Vec::new())
}

/// The admission that a newcomer signed, its signature checked.
fn own_admission(engine: &Engine, bytes: &[u8]) -> Option<(NodeKey, soxa_ledger::Verified<Statement>)> {
    let network = engine.authority().network();
    let statement = Signed::<Statement>::decode(bytes).ok()?.verify(network).ok()?;
    match &statement.fact {
        Fact::Admission(admission) => Some((admission.node, statement.clone())),
        _ => None,
    }
}

fn invited(authority: &Authority, id: &StatementId) -> JoinResponse {
    let genesis = authority.statement(&StatementId(authority.network().0));
    match (genesis, authority.statement(id)) {
        (Some(genesis), Some(invite)) => JoinResponse::Invited {
            genesis: genesis.bytes().to_vec(),
            invite: invite.bytes().to_vec(),
        },
        _ => JoinResponse::Refused(JoinRefusal::Unable),
    }
}

fn store(
    engine: &mut Engine,
    admission: soxa_ledger::Verified<Statement>,
    now: Time,
) -> Result<(JoinResponse, Vec<FeedId>), EngineError> {
    let id = admission.id;
    match engine.submit(vec![vec![Body::Statement(admission)]], now) {
        Ok(outcomes) => Ok(match outcomes.into_iter().next() {
            Some(Submitted::Stored(at)) if engine.authority().judge_statement(&id) == Verdict::Valid => {
                tracing::info!(statement = %id.short(), "a node has joined");
                (JoinResponse::Welcome, at.iter().map(|at| at.feed).collect())
            }
            // Another name or unit than the invite's: no honest newcomer makes that.
            _ => refused(JoinRefusal::Malformed),
        }),
        Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
            tracing::error!(%fault, "an admission could not be stored");
            Ok(refused(JoinRefusal::Unable))
        }
        Err(fault) => Err(super::submission::unfinished(fault)),
    }
}
