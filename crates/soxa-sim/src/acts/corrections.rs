//! Minutes in effect that are corrected: a line restated, a subject handed back; and a correction by which somebody tries to
//! move what its minutes only restate.

use soxa_ledger::minutes::Party;
use soxa_ledger::{OpId, RecordId};
use soxa_records::History;
use soxa_records::compose::{At, Composer, draft_line};
use soxa_records::handover::minutes::{latest_minutes, minutes_payload};
use soxa_records::handover::view::{HandoverLine, HandoverView};
use soxa_records::handover::{DraftLine, HandoverDraft, HandoverStage, LineOf};

use super::handovers::{Drafted, draft_and_offer, duty_of, party, signed};
use super::receiving::{draft_of, has_signed, subjects_of};
use super::records::commit;
use crate::answers::{Expect, Intent};
use crate::report::Defect;
use crate::run::Simulation;

/// Of a hundred corrections that the receiver drafts, how many hand the subject back.
const HANDS_BACK_PERCENT: u32 = 40;
/// Of a hundred drafts, how many are offered at once.
const OFFERED_PERCENT: u32 = 85;

/// Minutes in effect that correct no others.
struct First {
    record: RecordId,
    draft: HandoverDraft,
    view: HandoverView,
    effect: OpId,
    /// Its giver and its receiver.
    parties: [usize; 2],
}

impl First {
    fn any(sim: &mut Simulation<'_>, node: usize) -> Result<Option<Self>, Defect> {
        let Some((record, history)) = sim.any_record(node, "handover")? else {
            return Ok(None);
        };
        Ok(Self::of(sim, record, &history))
    }

    fn of(sim: &Simulation<'_>, record: RecordId, history: &History) -> Option<Self> {
        let view = HandoverView::of(history.state())?;
        let in_effect = view.stage == HandoverStage::Effective && view.corrects.is_none();
        let effect = view.effects.first().copied().filter(|_| in_effect)?;
        let draft = draft_of(history)?;
        let unit = |id: &RecordId| sim.province.unit_by_id(id);
        let parties = [unit(&draft.giver.unit)?, unit(&draft.receiver.unit)?];
        Some(Self {
            record,
            draft,
            view,
            effect,
            parties,
        })
    }

    /// A line that the receiver did not refuse.
    fn line(&self, sim: &mut Simulation<'_>) -> Option<HandoverLine> {
        let taken = self.view.lines.iter().filter(|line| line.refusals.is_empty());
        let taken: Vec<HandoverLine> = taken.cloned().collect();
        sim.dice.pick(&taken).cloned()
    }

    /// Correction minutes from one of its parties to the other.
    fn corrected(
        &self,
        sim: &Simulation<'_>,
        [giver, receiver]: [usize; 2],
        line: DraftLine,
    ) -> Result<HandoverDraft, Defect> {
        Ok(HandoverDraft {
            giver: party(sim, giver)?,
            receiver: party(sim, receiver)?,
            corrects: Some(self.record),
            basis: "BB sửa".to_owned(),
            lines: vec![line],
            ..self.draft.clone()
        })
    }
}

/// A line as it should have been.
fn restated(line: &HandoverLine) -> DraftLine {
    DraftLine {
        of: LineOf::Restated(line.line),
        condition: "ghi nhầm".to_owned(),
        ..line.content.clone()
    }
}

/// A party corrects minutes in effect.
pub(super) fn correct(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(first) = First::any(sim, node)? else {
        return Ok(false);
    };
    let [gave, took] = first.parties;
    let [giver, receiver] = if sim.dice.chance(50) {
        [gave, took]
    } else {
        [took, gave]
    };
    let official = sim.officer(node, giver, duty_of(first.view.kind));
    let (Some(official), Some(line)) = (official, first.line(sim)) else {
        return Ok(false);
    };
    let back = match line.content.of.subject() {
        Some(subject) if giver == took && sim.dice.chance(HANDS_BACK_PERCENT) => {
            let history = sim.history(node, subject.record);
            let held = history.filter(|history| sim.custodian(history) == Some(took));
            held.and_then(|history| draft_line(subject.record, history.state()))
        }
        _ => None,
    };
    let (line, links) = match back {
        Some((line, link)) => (line, vec![link]),
        None => (restated(&line), Vec::new()),
    };
    let drafted = Drafted {
        draft: first.corrected(sim, [giver, receiver], line)?,
        links,
        effect: Some(first.effect),
    };
    let offer = sim.dice.chance(OFFERED_PERCENT);
    let offered = draft_and_offer(sim, node, &official, drafted, offer)?;
    sim.tally.corrected += u64::from(offered.is_some());
    Ok(true)
}

/// Minutes restate a line, and who signs them for the second party lists it as one that moves its subject.
pub(super) fn move_by_restating(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some(first) = First::any(sim, node)? else {
        return Ok(false);
    };
    let [gave, took] = first.parties;
    let duty = duty_of(first.view.kind);
    let Some(line) = first.line(sim).filter(|_| first.draft.witness.is_none()) else {
        return Ok(false);
    };
    let subject = line.content.of.subject().map(|subject| subject.record);
    let Some((record, history)) = subject.and_then(|record| Some((record, sim.history(node, record)?)))
    else {
        return Ok(false);
    };
    let (Some(gives), Some(takes)) = (sim.officer(node, took, duty), sim.officer(node, gave, duty)) else {
        return Ok(false);
    };
    let Some((moved, _)) = draft_line(record, history.state()) else {
        return Ok(false);
    };
    if sim.custodian(&history) != Some(took) || gives.key.public() == takes.key.public() {
        return Ok(false);
    }
    let draft = first.corrected(sim, [took, gave], restated(&line))?;
    let drafted = Drafted {
        draft: draft.clone(),
        links: Vec::new(),
        effect: Some(first.effect),
    };
    let Some(handover) = draft_and_offer(sim, node, &gives, drafted, true)? else {
        return Ok(false);
    };
    let Some(history) = sim.history(node, handover) else {
        return Ok(false);
    };
    let Some(earlier) = latest_minutes(&history).filter(|earlier| !has_signed(earlier, &takes)) else {
        return Ok(false);
    };
    let payload = minutes_payload(sim.province.network, handover, &draft);
    let minutes = signed(sim, &payload, Some(earlier), Party::Receiver, &takes, &[])?;
    let claimed = HandoverDraft {
        lines: vec![moved],
        ..draft
    };
    let mut subjects = subjects_of(sim, node, &claimed);
    let mut composed = Composer::new();
    let mut at = At::new(handover, &history.heads());
    if composed
        .accept(&mut at, handover, &claimed, &minutes, &mut subjects)
        .is_err()
    {
        return Ok(false);
    }
    let commit = commit(sim, node, &takes, composed)?;
    let intent = Intent::commit(&takes.name, "moves_by_restating", commit, Expect::Refused);
    sim.submit(node, intent)?;
    Ok(true)
}
