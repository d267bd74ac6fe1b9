//! Handovers: which act is legal when, and by whom.

use std::collections::BTreeSet;

use soxa_ledger::ids::RecordId;
use soxa_ledger::minutes::{Party, RefusedLine};
use soxa_ledger::sabotage::{self, Rule};

use crate::custody::cited_link;
use crate::facts::{MinutesFacts, SignerFacts};
use crate::handover::minutes::minutes_payload;
use crate::handover::{EffectLine, HandoverDraft, HandoverEffect, HandoverOperation, HandoverStage, LineOf};
use crate::legality::{Scene, Stop};
use crate::state::CanonicalState;
use crate::typed::TypedOperation;
use crate::value::{Change, append, set};
use crate::verdict::{Illegality, RefNeed};

/// Operations that correction minutes cite of the first: its effect, then its draft.
const CORRECTED_REFS: usize = 2;

fn wrong_ref(index: usize, needed: RefNeed) -> Illegality {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    Illegality::WrongRef { index, needed }
}

/// How far a handover has come in a state. An effect outweighs a withdrawal that was made without knowing of it;
/// a withdrawal or refusal outweighs an acceptance that is not in effect yet.
pub(crate) fn stage(state: &CanonicalState) -> HandoverStage {
    let acts: BTreeSet<String> = state.list("acts").iter().map(|row| row.text("act")).collect();
    let did = |act: &str| acts.contains(act);
    if did("effect") {
        HandoverStage::Effective
    } else if did("withdraw") {
        HandoverStage::Withdrawn
    } else if did("refuse") {
        HandoverStage::Returned
    } else if did("accept") {
        HandoverStage::Accepted
    } else if did("count") {
        HandoverStage::Counted
    } else if did("offer") {
        HandoverStage::Offered
    } else {
        HandoverStage::Draft
    }
}

fn act(name: &'static str) -> Change {
    append("acts", [("act", name.into())])
}

fn act_because(name: &'static str, reason: &str) -> Change {
    append("acts", [("act", name.into()), ("reason", reason.into())])
}

fn signatures<'a>(minutes: &'a MinutesFacts, scene: &'a Scene<'_>) -> impl Iterator<Item = Change> + 'a {
    minutes.signers.iter().map(|signer| {
        let remark = Some(signer.remark.as_str()).filter(|remark| !remark.is_empty());
        append(
            "signatures",
            [
                ("party", signer.party.as_str().into()),
                ("key", signer.key.into()),
                ("person", signer.person.as_str().into()),
                ("at", scene.facts.author_time.into()),
            ],
        )
        .and("remark", remark)
    })
}

fn refusals(refused: &[RefusedLine]) -> impl Iterator<Item = Change> + '_ {
    refused.iter().map(|refusal| {
        let reason = refusal.reason.as_str();
        append(
            "refusals",
            [("line", refusal.line.into()), ("reason", reason.into())],
        )
    })
}

fn refused_in(minutes: &MinutesFacts) -> &[RefusedLine] {
    let receiver: Option<&SignerFacts> = minutes.signers.iter().find(|s| s.party == Party::Receiver);
    receiver.map_or(&[][..], |s| &s.refused)
}

/// The lines that the receiver refused, each of which must exist; refusing all is another act.
fn refused<'a>(minutes: &'a MinutesFacts, draft: &HandoverDraft) -> Result<&'a [RefusedLine], Stop> {
    let refused = refused_in(minutes);
    if let Some(unknown) = refused.iter().find(|r| draft.line(r.line).is_none()) {
        return Err(Illegality::NoSuchLine(unknown.line).into());
    }
    if refused.len() >= draft.lines.len() {
        return Err(Illegality::AllRefused.into());
    }
    Ok(refused)
}

impl HandoverDraft {
    /// Who has to sign before custody moves.
    pub(crate) fn required_parties(&self) -> Vec<(Party, RecordId)> {
        let mut parties = vec![
            (Party::Giver, self.giver.unit),
            (Party::Receiver, self.receiver.unit),
        ];
        parties.extend(
            self.witness
                .as_ref()
                .map(|witness| (Party::Witness, witness.unit)),
        );
        parties
    }

    /// The lines that move custody when these are refused, as the effect lists them.
    #[must_use]
    pub fn accepted_lines(&self, refused: &[RefusedLine]) -> Vec<EffectLine> {
        self.subjects()
            .filter(|(number, _)| !refused.iter().any(|r| r.line == *number))
            .map(|(number, subject)| EffectLine {
                line: number,
                subject: subject.record,
                prev: subject.prev,
                depth: subject.depth,
            })
            .collect()
    }

    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let of_first = match self.corrects {
            Some(_) => CORRECTED_REFS,
            None => 0,
        };
        scene.expect_refs(of_first + self.subjects().count())?;
        scene.expect_party(Party::Giver, self.giver.unit)?;
        if let Some(first) = self.corrects {
            self.judge_correction(scene, first)?;
        }
        for (index, (number, subject)) in (of_first..).zip(self.subjects()) {
            let (referred, operation) = scene.cited(index, RefNeed::SubjectLink)?;
            let wrong = wrong_ref(index, RefNeed::SubjectLink);
            let (kind, link) = cited_link(referred.facts.record, referred.facts.id, &operation)
                .ok_or(Stop::from(wrong.clone()))?;
            if kind != self.kind || referred.facts.record != subject.record {
                return Err(wrong.into());
            }
            if link.link != subject.prev || link.depth + 1 != subject.depth || link.to != self.giver.unit {
                return Err(Illegality::LineNotGivers { line: number }.into());
            }
        }
        Ok(self.changes())
    }

    /// Correction minutes are of the same parties and witness as the first, which is in effect, and speak of its lines.
    fn judge_correction(&self, scene: &Scene<'_>, first: RecordId) -> Result<(), Stop> {
        let (put, effect) = scene.cited(0, RefNeed::HandoverEffect)?;
        let (drafted, draft) = scene.cited(1, RefNeed::HandoverDraft)?;
        let TypedOperation::Handover(HandoverOperation::Effect(effect)) = effect else {
            return Err(wrong_ref(0, RefNeed::HandoverEffect).into());
        };
        let TypedOperation::Handover(HandoverOperation::Draft(draft)) = draft else {
            return Err(wrong_ref(1, RefNeed::HandoverDraft).into());
        };
        if put.facts.record != first {
            return Err(wrong_ref(0, RefNeed::HandoverEffect).into());
        }
        if drafted.facts.record != first {
            return Err(wrong_ref(1, RefNeed::HandoverDraft).into());
        }
        let parties = [self.giver.unit, self.receiver.unit];
        let witness = |draft: &Self| draft.witness.as_ref().map(|witness| witness.unit);
        if self.kind != draft.kind
            || !parties.contains(&draft.giver.unit)
            || !parties.contains(&draft.receiver.unit)
            || (draft.witness.is_some() && witness(self) != witness(&draft))
        {
            return Err(Illegality::OtherParties.into());
        }
        let minutes = put.facts.minutes.get(effect.minutes as usize);
        let refused = minutes.map_or(&[][..], refused_in);
        for (number, line) in self.numbered() {
            match &line.of {
                LineOf::Restated(line)
                    if draft.line(*line).is_none() || refused.iter().any(|r| r.line == *line) =>
                {
                    return Err(Illegality::NoSuchLine(*line).into());
                }
                LineOf::Subject(subject)
                    if self.giver.unit != effect.receiver
                        || !effect.lines.iter().any(|line| line.subject == subject.record) =>
                {
                    return Err(Illegality::NotOfCorrected { line: number }.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = vec![
            set("kind", self.kind),
            set("giver", self.giver.unit),
            set("giver_name", self.giver.name.as_str()),
            set("receiver", self.receiver.unit),
            set("receiver_name", self.receiver.name.as_str()),
            set("basis", self.basis.as_str()),
            set("condition_basis", self.condition_basis),
            set("place", self.place.as_str()),
            set("date", self.date),
            set("duties", self.duties.as_str()),
        ];
        if let Some(witness) = &self.witness {
            changes.push(set("witness", witness.unit));
            changes.push(set("witness_name", witness.name.as_str()));
            changes.push(set("capacity", witness.capacity));
        }
        changes.extend(self.corrects.map(|first| set("corrects", first)));
        changes.extend(self.expires.map(|expires| set("expires", expires)));
        changes.extend(self.numbered().map(|(number, line)| line.row(number)));
        changes
    }
}

impl HandoverOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        if let Self::Draft(draft) = self {
            return draft.judge(scene);
        }
        scene.expect_refs(0)?;
        let Some(TypedOperation::Handover(Self::Draft(draft))) = scene.creation else {
            return Err(Illegality::NoRecord.into());
        };
        let payload = || minutes_payload(scene.network, scene.facts.record, draft);
        let (giver, receiver) = (
            (Party::Giver, draft.giver.unit),
            (Party::Receiver, draft.receiver.unit),
        );
        use HandoverStage::{Returned, Withdrawn};
        match self {
            Self::Draft(_) => Err(Illegality::NoRecord.into()),
            Self::Offer(offer) => {
                scene.expect_party(giver.0, giver.1)?;
                expect_stage(scene, self.act())?;
                let minutes = scene.signed_minutes(offer.minutes, &payload(), &[giver])?;
                scene.expect_author_signed(minutes, Party::Giver)?;
                Ok([act("offer")]
                    .into_iter()
                    .chain(signatures(minutes, scene))
                    .collect())
            }
            Self::Count(count) => {
                scene.expect_party(receiver.0, receiver.1)?;
                expect_stage(scene, self.act())?;
                if let Some(unknown) = count.rows.iter().find(|row| draft.line(row.line).is_none()) {
                    return Err(Illegality::NoSuchLine(unknown.line).into());
                }
                let rows = count.rows.iter().map(|row| {
                    append(
                        "counts",
                        [
                            ("line", row.line.into()),
                            ("quantity", row.quantity.into()),
                            ("condition", row.condition.as_str().into()),
                            ("remark", row.remark.as_str().into()),
                        ],
                    )
                });
                Ok([act("count")].into_iter().chain(rows).collect())
            }
            Self::Accept(accept) => {
                scene.expect_party(receiver.0, receiver.1)?;
                expect_stage(scene, self.act())?;
                let minutes = scene.signed_minutes(accept.minutes, &payload(), &[giver, receiver])?;
                scene.expect_author_signed(minutes, Party::Receiver)?;
                let refusals = refusals(refused(minutes, draft)?);
                Ok([act("accept")]
                    .into_iter()
                    .chain(signatures(minutes, scene))
                    .chain(refusals)
                    .collect())
            }
            Self::Refuse(refuse) => {
                scene.expect_party(receiver.0, receiver.1)?;
                expect_stage(scene, self.act())?;
                Ok(vec![act_because("refuse", &refuse.reason)])
            }
            Self::Withdraw(withdraw) => {
                scene.expect_party(giver.0, giver.1)?;
                expect_stage(scene, self.act())?;
                Ok(vec![act_because("withdraw", &withdraw.reason)])
            }
            Self::Witness(witness) => {
                let named = draft.witness.as_ref().ok_or(Stop::from(Illegality::NoWitness))?;
                scene.expect_party(Party::Witness, named.unit)?;
                expect_stage(scene, self.act())?;
                let minutes = scene.signed_minutes(witness.minutes, &payload(), &draft.required_parties())?;
                scene.expect_author_signed(minutes, Party::Witness)?;
                refused(minutes, draft)?;
                Ok([act("witness")]
                    .into_iter()
                    .chain(signatures(minutes, scene))
                    .collect())
            }
            Self::Effect(effect) => {
                let parties = draft.required_parties();
                if !parties.iter().any(|(_, unit)| scene.actor.unit() == Some(*unit)) {
                    return Err(Illegality::NoParty.into());
                }
                let found = stage(scene.past);
                if matches!(found, Returned | Withdrawn) {
                    return Err(Illegality::HandoverStage { found }.into());
                }
                let minutes = scene.signed_minutes(effect.minutes, &payload(), &parties)?;
                let refused = refused(minutes, draft)?;
                effect.expect_matches(draft, refused)?;
                let moved = effect
                    .lines
                    .iter()
                    .map(|line| append("moved", [("line", line.line.into())]));
                Ok([act("effect")]
                    .into_iter()
                    .chain(signatures(minutes, scene))
                    .chain(refusals(refused))
                    .chain(moved)
                    .collect())
            }
        }
    }
}

impl HandoverEffect {
    fn expect_matches(&self, draft: &HandoverDraft, refused: &[RefusedLine]) -> Result<(), Stop> {
        let same = self.kind == draft.kind
            && self.giver == draft.giver.unit
            && self.receiver == draft.receiver.unit
            && self.lines == draft.accepted_lines(refused);
        if same || sabotage::is_off(Rule::EffectsFollowMinutes) {
            Ok(())
        } else {
            Err(Illegality::EffectMismatch.into())
        }
    }
}

fn expect_stage(scene: &Scene<'_>, act: &str) -> Result<(), Stop> {
    let found = stage(scene.past);
    if found.allows(act) {
        Ok(())
    } else {
        Err(Illegality::HandoverStage { found }.into())
    }
}
