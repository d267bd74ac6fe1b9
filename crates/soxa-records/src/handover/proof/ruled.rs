//! Rulings in a proof: which of several handovers of one thing a superior made stand.
//!
//! The author's authority is judged by the ledger's rule. Of the ruling's legality the file shows what it can: that it is about
//! the link on which the rivals build, and that its author stands above all their parties. That no other ruling counts
//! instead only the whole ledger can tell.

use soxa_ledger::Time;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::minutes::Party;
use soxa_ledger::proof::{Part, Proven, ProvenCommit};

use crate::facts::{Actor, OpFacts};
use crate::handover::HandoverKind;
use crate::measure::LinkId;
use crate::ruling::{Ruling, RulingOperation};
use crate::typed::{TypedOperation, decode};

use super::{HandoverFault, HandoverProofError, ProvenHandover};

/// What a ruling made stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// The handover that the file proves.
    This,
    /// One of its rivals in the file.
    Rival(RecordId),
    /// None of them.
    Neither,
}

/// A ruling on a line of a proven handover.
#[derive(Debug, Clone)]
pub struct ProvenRuling {
    /// The operation.
    pub op: OpId,
    /// The line that was contested.
    pub line: u32,
    /// What stands.
    pub stands: Stands,
    /// Why, with the decision's number.
    pub reason: String,
    /// Who ruled.
    pub author: Actor,
    /// The node time of the first shown entry that carries it.
    pub time: Time,
}

/// The rulings of a file, each on a line of the handover that a rival shares.
pub(super) fn read(
    proven: &Proven,
    handover: &ProvenHandover,
    rivals: &[ProvenHandover],
) -> Result<Vec<ProvenRuling>, HandoverProofError> {
    let mut found: Vec<ProvenRuling> = Vec::new();
    for (number, commit) in (1..).zip(&proven.rulings) {
        let wrong = |fault| HandoverProofError {
            part: Part::Ruling(number),
            fault,
        };
        let rulings = in_commit(proven, commit, handover, rivals).map_err(wrong)?;
        if rulings.is_empty() {
            return Err(wrong(HandoverFault::Unneeded));
        }
        for ruling in rulings {
            if found.iter().any(|other| other.line == ruling.line) {
                return Err(wrong(HandoverFault::TwoRulings { line: ruling.line }));
            }
            found.push(ruling);
        }
    }
    found.sort_by_key(|ruling| ruling.line);
    Ok(found)
}

fn in_commit(
    proven: &Proven,
    commit: &ProvenCommit,
    handover: &ProvenHandover,
    rivals: &[ProvenHandover],
) -> Result<Vec<ProvenRuling>, HandoverFault> {
    let appointment = commit.commit.appointment;
    let held = proven.authority.appointment(&appointment);
    let Some(author) = held.map(|held| Actor::of(appointment, held)) else {
        return Ok(Vec::new());
    };
    let verdict = soxa_ledger::verdict::Verdict::Valid;
    let none = std::sync::Arc::from([]);
    let mut found = Vec::new();
    for facts in OpFacts::of_commit(&commit.commit, commit.id, Some(&author), &verdict, none) {
        let Some(ruling) = ruling_of(&facts, handover.draft.kind) else {
            continue;
        };
        let mut lines = handover.moved_lines();
        let line = lines.find(|(_, line)| line.record == facts.record && line.prev == ruling.on);
        let Some((number, _)) = line else { continue };
        // The rivals on this line, with the links that they made of it.
        let rivals: Vec<(LinkId, &ProvenHandover)> = rivals
            .iter()
            .filter_map(|rival| Some((link_on(rival, facts.record, ruling.on)?, rival)))
            .collect();
        if rivals.is_empty() {
            continue;
        }
        let parties = rivals.iter().map(|(_, rival)| *rival).chain([handover]);
        if !parties.into_iter().all(|one| is_above(&author, one)) {
            return Err(HandoverFault::NotAbove);
        }
        let rival = rivals.iter().find(|(link, _)| *link == ruling.stands);
        let stands = match rival {
            _ if link_on(handover, facts.record, ruling.on) == Some(ruling.stands) => Stands::This,
            Some((_, rival)) => Stands::Rival(rival.id),
            None => Stands::Neither,
        };
        found.push(ProvenRuling {
            op: facts.id,
            line: number,
            stands,
            reason: ruling.reason,
            author: author.clone(),
            time: commit.at.iter().map(|at| at.time).min().unwrap_or_default(),
        });
    }
    Ok(found)
}

/// A ruling on what such handovers move.
fn ruling_of(facts: &OpFacts, kind: HandoverKind) -> Option<Ruling> {
    match (decode(&facts.kind, facts.version, &facts.body), kind) {
        (Ok(TypedOperation::Ruling(RulingOperation::Asset(ruling))), HandoverKind::Assets)
        | (Ok(TypedOperation::Ruling(RulingOperation::Person(ruling))), HandoverKind::Staff) => Some(ruling),
        _ => None,
    }
}

/// The link that a handover made of a subject on another link.
fn link_on(handover: &ProvenHandover, subject: RecordId, prev: LinkId) -> Option<LinkId> {
    let mut lines = handover.moved_lines();
    let line = lines.find(|(_, line)| line.record == subject && line.prev == prev);
    line.map(|(number, _)| LinkId::of_line(handover.id, number))
}

/// Whether somebody stands at or above giver and receiver.
fn is_above(author: &Actor, handover: &ProvenHandover) -> bool {
    let parties = handover
        .signers
        .iter()
        .filter(|signer| signer.party != Party::Witness);
    let mut parties = parties.map(|signer| &signer.actor.unit_path);
    parties.all(|path| path.starts_with(&author.unit_path))
}
