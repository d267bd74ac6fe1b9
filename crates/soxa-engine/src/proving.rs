//! Making proofs: what a handover rests on, gathered into one file for people who have no node.
//!
//! With a handover go those that contest it, the minutes that correct it, and those that it corrects itself.
//!
//! Where a checkpoint of this node that others co-signed covers the entries of the acts, the proof shows that too.
//!
//! The same store, with the same checkpoints, gives the same bytes: of several entries that carry the same thing the one is shown that has the fewest
//! headers up to a signed tip, then the first by feed and number.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::checkpoint::{CosignedLog, SignedCheckpoint};
use soxa_ledger::minutes::{Minutes, Party};
use soxa_ledger::proof::Proof;
use soxa_ledger::{OpId, OpKind, RecordId};
use soxa_records::handover::HandoverStage;
use soxa_records::handover::minutes::minutes_of;
use soxa_records::handover::view::HandoverView;
use soxa_records::{CustodyView, History, LinkId, OpVerdict};

use self::chains::Cover;
use self::gathering::Gathering;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::past::Past;

mod chains;
mod gathering;

/// Why no proof of a handover can be made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProvable {
    /// The record is another thing.
    NotAHandover,
    /// It is not in effect, and these have not signed: none when only the effect itself is outstanding.
    NotEffective {
        /// How far it has come.
        stage: HandoverStage,
        /// Who has not signed.
        unsigned: Vec<Party>,
    },
    /// It was put into effect, and that has none, for example because a cut severed it.
    WithoutEffect(OpVerdict),
    /// No entry held here carries this signature where it counts; a node that holds more may make the proof.
    SignatureElsewhere(Party),
}

/// What making a proof comes to: the proof, or why there is none.
pub type Provable<T> = Result<T, NotProvable>;

/// Handovers by the subjects, and the links below them, that they share with another.
type Rivals = BTreeMap<RecordId, BTreeSet<(RecordId, LinkId)>>;

impl Engine {
    /// The proof of a handover in effect, with the handovers that contest or correct it and the one that it corrects, and
    /// with the checkpoint of this node's log that covers their entries and that most others co-signed, if there is one.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`], or a local fault.
    pub fn prove_handover(
        &self,
        handover: RecordId,
        log: Option<&CosignedLog>,
    ) -> Result<Provable<Proof>, EngineError> {
        let history = self.history(handover)?;
        let mut gathering = Gathering::new(self);
        let mut acts = match gathering.act(&history)? {
            Ok(act) => vec![act],
            Err(not) => return Ok(Err(not)),
        };
        let (mut others, mut contested) = (Vec::new(), BTreeSet::new());
        let mut companions = self.rivals(handover, &history)?;
        let corrections = self.corrections(handover)?;
        let corrected = HandoverView::of(history.state()).and_then(|view| view.corrects);
        for other in corrections.into_iter().chain(corrected) {
            companions.entry(other).or_default();
        }
        for (other, links) in companions {
            // One that has no effect, or none any more, leaves no trace.
            let mut with_other = gathering.clone();
            if let Ok(act) = with_other.act(&*self.history(other)?)? {
                gathering = with_other;
                others.push(act);
                contested.extend(links);
            }
        }
        others.sort_by(|a, b| a.commit.cmp(&b.commit));
        acts.extend(others);
        for (subject, link) in contested {
            gathering.ruling(subject, link)?;
        }
        if let Some(log) = log {
            let past = Past::read(self)?;
            for note in self.notes_by_weight(log) {
                let past = &past;
                let cover = Cover { log, note, past };
                if let Some(proof) = gathering.clone().finish_covered(&acts, &cover)? {
                    return Ok(Ok(proof));
                }
            }
        }
        gathering.finish(acts).map(Ok)
    }

    /// The notes of a log with the cosignatures of nodes that are admitted, those with most of them first, then the newest.
    fn notes_by_weight(&self, log: &CosignedLog) -> Vec<SignedCheckpoint> {
        let mut notes = log.notes.clone();
        for note in &mut notes {
            note.retain(|node| self.authority().unit_of_node(node).is_some());
        }
        notes.retain(|note| !note.cosignatures().is_empty());
        notes.sort_by_key(|note| Reverse(note.cosignatures().len()));
        notes
    }

    /// The handovers whose links stand on the same links as this one's, with the subjects and links that they share.
    fn rivals(&self, handover: RecordId, history: &History) -> Result<Rivals, EngineError> {
        let mut rivals = Rivals::new();
        let lines = HandoverView::of(history.state()).map(|view| view.lines);
        let moved = lines.iter().flatten().filter(|line| line.moved);
        for subject in moved.filter_map(|line| line.content.of.subject()) {
            let history = self.history(subject.record)?;
            let links = CustodyView::of(history.state()).links;
            let same = links.iter().filter(|link| link.prev == Some(subject.prev));
            for (rival, _) in same.filter_map(|link| link.handover) {
                rivals
                    .entry(rival)
                    .or_default()
                    .insert((subject.record, subject.prev));
            }
        }
        rivals.remove(&handover);
        Ok(rivals)
    }
}

/// The effect of a handover: the operation, and the minutes that it carries.
fn effect_of(history: &History) -> Provable<(OpId, &Minutes)> {
    let without_effect = |act: Option<&str>| {
        let wanted =
            |kind: &OpKind| kind.record_kind() == "handover" && act.is_none_or(|wanted| kind.act() == wanted);
        let mut verdicts = history.verdicts();
        verdicts.find(|(facts, verdict)| wanted(&facts.kind) && !verdict.is_valid())
    };
    let Some(view) = HandoverView::of(history.state()) else {
        // Without a valid draft there is no handover.
        return Err(match without_effect(None) {
            Some((_, verdict)) => NotProvable::WithoutEffect(verdict.clone()),
            None => NotProvable::NotAHandover,
        });
    };
    if let Some(effect) = view.effects.first() {
        let minutes = minutes_of(history, effect).ok_or(NotProvable::NotAHandover)?;
        return Ok((*effect, &minutes.minutes));
    }
    if let Some((_, verdict)) = without_effect(Some("effect")) {
        return Err(NotProvable::WithoutEffect(verdict.clone()));
    }
    let witness = view.witness.as_ref().map(|_| Party::Witness);
    let parties = [Party::Giver, Party::Receiver].into_iter().chain(witness);
    Err(NotProvable::NotEffective {
        stage: view.stage,
        unsigned: parties.filter(|party| !view.has_signed(*party)).collect(),
    })
}
