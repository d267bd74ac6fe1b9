//! What a checked proof says of a handover: that it took effect, between whom, signed by whom in which capacity, and
//! which other handovers of the same things contest it, and which of them a superior made stand; and the minutes that
//! correct it, or that it corrects.
//!
//! The rules are those by which a node judges: the effect is put before the same judge, with the draft read back from the
//! signed minutes. What only the whole ledger can tell is not asked here and stays unproven: whether the giver held the
//! things, and whether an act that the effect builds on had ended the handover before.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::Time;
use soxa_ledger::authority::Authority;
use soxa_ledger::ids::{OpId, RecordId, StatementId};
use soxa_ledger::minutes::{MinutesSigner, Party, RefusedLine};
use soxa_ledger::proof::{Part, Proven, ProvenAct};
use soxa_ledger::statement::Appointment;
use soxa_ledger::verdict::{Missing, Position, Verdict};

use crate::facts::{Actor, MinutesFacts, OpFacts, SignerFacts};
use crate::handover::minutes::{NotMinutes, read_minutes_payload, signature_verdict};
use crate::handover::{HandoverDraft, HandoverEffect, HandoverOperation, Subject};
use crate::legality::{Scene, Stop, World};
use crate::state::CanonicalState;
use crate::typed::{TypedOperation, decode};
use crate::verdict::OpVerdict;

mod ruled;

pub use ruled::{ProvenRuling, Stands};

/// Why a checked proof shows no handover in effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part:?}: {fault}")]
pub struct HandoverProofError {
    /// The part of the file.
    pub part: Part,
    /// What is wrong with it.
    pub fault: HandoverFault,
}

/// What is wrong with the minutes or the effect in a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandoverFault {
    /// The payload is not that of a handover's minutes.
    #[error(transparent)]
    Payload(#[from] NotMinutes),
    /// No operation of the commit puts the minutes into effect.
    #[error("no operation of the commit puts these minutes into effect")]
    NoEffect,
    /// The effect has none by the rules of handovers.
    #[error("the effect is without effect: {0:?}")]
    Judged(OpVerdict),
    /// A handover of none of the same things that corrects nothing here either: it does not belong into the file.
    #[error("it hands over none of the same things, and neither corrects the other")]
    NoRival,
    /// Nobody's signature needs this earlier commit, or no contested line this ruling.
    #[error("nothing in the file needs it")]
    Unneeded,
    /// A ruling by somebody who does not stand above the parties.
    #[error("its author does not stand above all parties")]
    NotAbove,
    /// Two rulings on one line.
    #[error("line {line} is ruled on twice")]
    TwoRulings {
        /// The line.
        line: u32,
    },
}

/// A handover that is proven to have taken effect.
#[derive(Debug, Clone)]
pub struct ProvenHandover {
    /// The handover.
    pub id: RecordId,
    /// The operation that put it into effect.
    pub effect: OpId,
    /// What the parties signed.
    pub draft: HandoverDraft,
    /// The numbers of the lines that moved.
    pub moved: Vec<u32>,
    /// The lines that the receiver refused, with the reasons.
    pub refused: Vec<RefusedLine>,
    /// Who signed the minutes: giver, receiver, witness.
    pub signers: Vec<ProvenSigner>,
    /// How many signatures of other algorithms the minutes carry: evidence that nobody checked.
    pub other_signatures: usize,
    /// Who put it into effect.
    pub author: Actor,
    /// The entries that carry the effect, ascending.
    pub at: Vec<Position>,
}

/// A signature under proven minutes.
#[derive(Debug, Clone)]
pub struct ProvenSigner {
    /// In which capacity.
    pub party: Party,
    /// What the party remarked; empty when nothing.
    pub remark: String,
    /// Who, in which role, for which unit.
    pub actor: Actor,
    /// The legal basis of the appointment.
    pub basis: String,
    /// The node time of the first shown entry that carries the signature and at which it counts.
    pub time: Time,
    /// Cuts and compromises that count on the appointment: the signature stands below them.
    pub cuts: Vec<StatementId>,
}

/// What a file proves of a handover.
#[derive(Debug, Clone)]
pub struct HandoverProof {
    /// The handover.
    pub handover: ProvenHandover,
    /// Others in effect that hand over one of the same things on the same basis.
    pub rivals: Vec<ProvenHandover>,
    /// Minutes in effect that correct it.
    pub corrections: Vec<ProvenHandover>,
    /// The handover that it corrects itself.
    pub corrected: Option<Box<ProvenHandover>>,
    /// Rulings on the lines that rivals share, by the number of the line.
    pub rulings: Vec<ProvenRuling>,
}

/// What a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The handover stands: nobody contests it, or a superior ruled so.
    Proven,
    /// A line is contested, and nobody has ruled.
    Contested,
    /// A superior ruled that another stands in the place of one of its lines.
    SetAside,
}

impl HandoverProof {
    /// What the file comes to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let shared = self
            .rivals
            .iter()
            .flat_map(|rival| self.handover.shared_with(rival));
        let mut open = shared.filter(|line| !self.rulings.iter().any(|ruling| ruling.line == *line));
        if open.next().is_some() {
            Outcome::Contested
        } else if self.rulings.iter().all(|ruling| ruling.stands == Stands::This) {
            Outcome::Proven
        } else {
            Outcome::SetAside
        }
    }

    /// Whether a rival shares a line, and nobody has ruled on it.
    #[must_use]
    pub fn is_contested(&self, line: u32) -> bool {
        let shares = |rival: &ProvenHandover| self.handover.shared_with(rival).any(|shared| shared == line);
        self.ruling_on(line).is_none() && self.rivals.iter().any(shares)
    }

    /// The ruling on a line.
    #[must_use]
    pub fn ruling_on(&self, line: u32) -> Option<&ProvenRuling> {
        self.rulings.iter().find(|ruling| ruling.line == line)
    }

    /// The rulings on lines that the handover shares with a rival.
    pub fn rulings_between(&self, rival: &ProvenHandover) -> impl Iterator<Item = &ProvenRuling> {
        let shared: BTreeSet<u32> = self.handover.shared_with(rival).collect();
        self.rulings
            .iter()
            .filter(move |ruling| shared.contains(&ruling.line))
    }
}

impl ProvenHandover {
    /// The subjects that moved, with the numbers of their lines.
    pub fn moved_lines(&self) -> impl Iterator<Item = (u32, &Subject)> {
        self.draft
            .subjects()
            .filter(|(number, _)| self.moved.contains(number))
    }

    /// Whether it is minutes of the same parties that correct another.
    #[must_use]
    pub fn is_correction_of(&self, first: &Self) -> bool {
        let units = |one: &Self| BTreeSet::from([one.draft.giver.unit, one.draft.receiver.unit]);
        self.draft.corrects == Some(first.id) && units(self) == units(first)
    }

    /// The numbers of those lines that the other handed over too, on the same custody link.
    pub fn shared_with<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let same = |a: &Subject, b: &Subject| a.record == b.record && a.prev == b.prev;
        self.moved_lines()
            .filter(move |(_, line)| other.moved_lines().any(|(_, theirs)| same(line, theirs)))
            .map(|(number, _)| number)
    }

    /// The node time of the first shown entry that carries the effect.
    #[must_use]
    pub fn time(&self) -> Time {
        self.at.iter().map(|at| at.time).min().unwrap_or_default()
    }
}

/// Reads what a checked proof says of a handover.
///
/// # Errors
/// The first part that does not show a handover in effect or has no purpose.
pub fn read_handover_proof(proven: &Proven) -> Result<HandoverProof, HandoverProofError> {
    let mut handovers = Vec::with_capacity(proven.acts.len());
    for (number, act) in (1..).zip(&proven.acts) {
        handovers.push(handover(&proven.authority, number, act)?);
    }
    let nothing = HandoverProofError {
        part: Part::File,
        fault: HandoverFault::NoEffect,
    };
    let mut handovers = handovers.into_iter();
    let handover = handovers.next().ok_or(nothing)?;
    let (mut rivals, mut corrections, mut corrected) = (Vec::new(), Vec::new(), None);
    let mut seen = BTreeSet::from([handover.id]);
    for (number, other) in (2..).zip(handovers) {
        let is_new = seen.insert(other.id);
        if is_new && handover.shared_with(&other).next().is_some() {
            rivals.push(other);
        } else if is_new && other.is_correction_of(&handover) {
            corrections.push(other);
        } else if is_new && handover.is_correction_of(&other) {
            corrected = Some(Box::new(other));
        } else {
            return Err(HandoverProofError {
                part: Part::Minutes(number),
                fault: HandoverFault::NoRival,
            });
        }
    }
    let rulings = ruled::read(proven, &handover, &rivals)?;
    Ok(HandoverProof {
        handover,
        rivals,
        corrections,
        corrected,
        rulings,
    })
}

fn handover(
    authority: &Authority,
    number: usize,
    act: &ProvenAct,
) -> Result<ProvenHandover, HandoverProofError> {
    let wrong = |part: Part, fault: HandoverFault| HandoverProofError { part, fault };
    let (_, id, draft) = read_minutes_payload(act.minutes.payload())
        .map_err(|error| wrong(Part::Minutes(number), error.into()))?;
    let resolve = |signer: &MinutesSigner| {
        SignerFacts::of(
            signer,
            authority.appointment(&signer.appointment),
            judged(authority, act, signer).0,
        )
    };
    // Other minutes of the commit are not the matter of this proof, and nobody's signature under them is judged.
    let others = |signer: &MinutesSigner| SignerFacts::of(signer, None, Verdict::Pending(Missing::Entry));
    let minutes: Arc<[MinutesFacts]> = act
        .commit
        .minutes
        .iter()
        .map(|minutes| match *minutes == act.minutes {
            true => MinutesFacts::of(minutes, resolve),
            false => MinutesFacts::of(minutes, others),
        })
        .collect();
    let author = authority
        .appointment(&act.commit.appointment)
        .map(|appointment| Actor::of(act.commit.appointment, appointment));
    let operations = OpFacts::of_commit(
        &act.commit,
        act.id,
        author.as_ref(),
        &Verdict::Valid,
        Arc::clone(&minutes),
    );
    let effect = operations.iter().find_map(|facts| {
        let effect = effect_of(facts)?;
        let named = minutes.get(effect.minutes as usize)?;
        (facts.record == id && named.minutes == act.minutes).then_some((facts, effect))
    });
    let ((facts, effect), author) = effect
        .zip(author)
        .ok_or_else(|| wrong(Part::Commit(number), HandoverFault::NoEffect))?;
    judge(authority, facts, &author, &draft)
        .map_err(|verdict| wrong(Part::Commit(number), HandoverFault::Judged(verdict)))?;
    expect_needed(authority, act).map_err(|at| wrong(Part::Carrier(number, at), HandoverFault::Unneeded))?;
    Ok(ProvenHandover {
        id,
        effect: facts.id,
        moved: effect.lines.iter().map(|line| line.line).collect(),
        refused: act
            .minutes
            .signers()
            .iter()
            .flat_map(|signer| signer.refused.clone())
            .collect(),
        signers: signers(authority, act),
        other_signatures: act.minutes.other_signatures(),
        author,
        at: act.at.clone(),
        draft,
    })
}

fn effect_of(facts: &OpFacts) -> Option<HandoverEffect> {
    match decode(&facts.kind, facts.version, &facts.body) {
        Ok(TypedOperation::Handover(HandoverOperation::Effect(effect))) => Some(effect),
        _ => None,
    }
}

/// Puts the effect before its judge. Its causal past is not in the file, so the handover counts as just drafted.
fn judge(
    authority: &Authority,
    facts: &OpFacts,
    actor: &Actor,
    draft: &HandoverDraft,
) -> Result<(), OpVerdict> {
    let creation = TypedOperation::Handover(HandoverOperation::Draft(Box::new(draft.clone())));
    let scene = Scene {
        network: authority.network(),
        world: World::Actual,
        facts,
        actor,
        refs: &[],
        creation: Some(&creation),
        past: &CanonicalState::default(),
        severed: &[],
    };
    let outcome = match decode(&facts.kind, facts.version, &facts.body) {
        Ok(TypedOperation::Handover(operation)) if facts.refs.is_empty() => operation.judge(&scene),
        _ => return Err(OpVerdict::Void(crate::OpVoid::Malformed(facts.kind.to_string()))),
    };
    match outcome {
        Ok(_) => Ok(()),
        Err(Stop::Void(void)) => Err(OpVerdict::Void(void)),
        Err(Stop::Pending(missing)) => Err(OpVerdict::Pending(missing)),
    }
}

/// What a signature is worth, and the entry by which: the first shown one that carries it and at which it counts.
fn judged(authority: &Authority, act: &ProvenAct, signer: &MinutesSigner) -> (Verdict, Option<Position>) {
    let signature = act.minutes.signature_id(signer);
    let earlier = act.carriers.iter().filter(|(carrier, _)| {
        let carries = |minutes: &soxa_ledger::minutes::Minutes| {
            minutes
                .signers()
                .iter()
                .any(|signer| minutes.signature_id(signer) == signature)
        };
        carrier.minutes.iter().any(carries)
    });
    let mut at = act.at.clone();
    let mut commits = vec![act.id];
    for (carrier, places) in earlier {
        at.extend(places);
        commits.push(carrier.commit_id(authority.network()));
    }
    at.sort_unstable_by_key(|at| (at.time, *at));
    let worth = |at: &[Position]| signature_verdict(authority, signer, at, &commits);
    let first = at.iter().find(|at| worth(&[**at]).is_valid()).copied();
    (worth(&at), first)
}

/// Every earlier commit is needed by a signature that does not stand where the effect stands. Numbers count from 1.
fn expect_needed(authority: &Authority, act: &ProvenAct) -> Result<(), usize> {
    let lacking: BTreeSet<[u8; 32]> = act
        .minutes
        .signers()
        .iter()
        .filter(|signer| !signature_verdict(authority, signer, &act.at, &[act.id]).is_valid())
        .map(|signer| act.minutes.signature_id(signer))
        .collect();
    for (number, (carrier, _)) in (1..).zip(&act.carriers) {
        let carried = carrier.minutes.iter().flat_map(|minutes| {
            let id = |signer| minutes.signature_id(signer);
            minutes.signers().iter().map(id)
        });
        if !carried.into_iter().any(|signature| lacking.contains(&signature)) {
            return Err(number);
        }
    }
    Ok(())
}

fn signers(authority: &Authority, act: &ProvenAct) -> Vec<ProvenSigner> {
    let mut signers: Vec<ProvenSigner> = act
        .minutes
        .signers()
        .iter()
        .filter_map(|signer| {
            let appointment: &Appointment = authority.appointment(&signer.appointment)?;
            let (_, at) = judged(authority, act, signer);
            Some(ProvenSigner {
                party: signer.party,
                remark: signer.remark.clone(),
                actor: Actor::of(signer.appointment, appointment),
                basis: appointment.basis.clone(),
                time: at?.time,
                cuts: authority.cuts_on(&signer.appointment).to_vec(),
            })
        })
        .collect();
    signers.sort_by_key(|signer| signer.party);
    signers
}
