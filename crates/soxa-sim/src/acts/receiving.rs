//! What becomes of a handover that was offered: counted, accepted line by line, refused, withdrawn, witnessed.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_records::compose::{At, Composer, refused_in};
use soxa_records::handover::minutes::{latest_minutes, minutes_payload};
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{CountRow, HandoverDraft, HandoverOperation, HandoverParty, HandoverStage};
use soxa_records::{CustodyView, History, TypedOperation};

use super::handovers::{duty_of, signed};
use super::records::commit;
use crate::answers::{Expect, Intent};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Somebody goes on with a handover that the node shows.
pub(super) fn answer(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let Some((handover, history)) = sim.any_record(node, "handover")? else {
        return Ok(false);
    };
    let Some(view) = HandoverView::of(history.state()) else {
        return Ok(false);
    };
    let duty = duty_of(view.kind);
    let unit_of = |sim: &Simulation<'_>, party: &HandoverParty| sim.province.unit_by_id(&party.unit);
    let (Some(giver), Some(receiver)) = (unit_of(sim, &view.giver), unit_of(sim, &view.receiver)) else {
        return Ok(false);
    };
    match view.stage {
        HandoverStage::Offered | HandoverStage::Counted => match sim.dice.below(10) {
            0 => close(sim, node, handover, &history, receiver, duty, false),
            1 => close(sim, node, handover, &history, giver, duty, true),
            2 | 3 => count(sim, node, &history, receiver, duty),
            _ => {
                let Some(official) = sim.officer(node, receiver, duty) else {
                    return Ok(false);
                };
                accept(sim, node, handover, &official)
            }
        },
        HandoverStage::Accepted if view.witness.is_some() => witness(sim, node, handover, &history),
        _ => Ok(false),
    }
}

/// The giver withdraws, or the receiver refuses the whole.
fn close(
    sim: &mut Simulation<'_>,
    node: usize,
    handover: RecordId,
    history: &History,
    unit: usize,
    duty: Duty,
    withdraw: bool,
) -> Result<bool, Defect> {
    let Some(official) = sim.officer(node, unit, duty) else {
        return Ok(false);
    };
    let mut at = At::new(handover, &history.heads());
    let mut composed = Composer::new();
    let what = if withdraw {
        composed.withdraw(&mut at, "nhầm");
        "withdraws"
    } else {
        composed.refuse(&mut at, "thiếu hồ sơ");
        "refuses"
    };
    let commit = commit(sim, node, &official, composed)?;
    sim.submit(node, Intent::commit(&official.name, what, commit, Expect::Stored))?;
    Ok(true)
}

fn count(
    sim: &mut Simulation<'_>,
    node: usize,
    history: &History,
    unit: usize,
    duty: Duty,
) -> Result<bool, Defect> {
    let (Some(official), Some(mut at)) = (sim.officer(node, unit, duty), At::of(history)) else {
        return Ok(false);
    };
    let Some(draft) = draft_of(history) else {
        return Ok(false);
    };
    let rows = draft.numbered().map(|(line, content)| CountRow {
        line,
        quantity: content.quantity,
        condition: "đủ".to_owned(),
        remark: String::new(),
    });
    let mut composed = Composer::new();
    composed.count(&mut at, rows.collect());
    let commit = commit(sim, node, &official, composed)?;
    sim.submit(
        node,
        Intent::commit(&official.name, "counts", commit, Expect::Stored),
    )?;
    Ok(true)
}

pub(super) fn draft_of(history: &History) -> Option<HandoverDraft> {
    match history.typed(&history.record()?.into())? {
        TypedOperation::Handover(HandoverOperation::Draft(draft)) => Some(HandoverDraft::clone(draft)),
        _ => None,
    }
}

pub(super) fn has_signed(minutes: &Minutes, official: &Official) -> bool {
    minutes
        .signers()
        .iter()
        .any(|signer| signer.key == official.key.public())
}

/// The receiver accepts, all lines or all but one. Without a witness custody moves at once.
pub(super) fn accept(
    sim: &mut Simulation<'_>,
    node: usize,
    handover: RecordId,
    official: &Official,
) -> Result<bool, Defect> {
    let Some(history) = sim.history(node, handover) else {
        return Ok(false);
    };
    let (Some(draft), Some(earlier)) = (draft_of(&history), latest_minutes(&history)) else {
        return Ok(false);
    };
    // A key signs minutes once: giver and receiver may be one person in two offices.
    if has_signed(earlier, official) {
        return Ok(false);
    }
    let mut refused = Vec::new();
    if draft.lines.len() > 1 && sim.dice.chance(25) {
        let line = 1 + sim.dice.index(draft.lines.len()) as u32;
        refused.push(RefusedLine {
            line,
            reason: "hỏng".to_owned(),
        });
    }
    let payload = minutes_payload(sim.province.network, handover, &draft);
    let minutes = signed(sim, &payload, Some(earlier), Party::Receiver, official, &refused)?;
    let mut subjects = subjects_of(sim, node, &draft);
    let expect = expect_effect(sim, node, &draft, &minutes, &history);
    let mut composed = Composer::new();
    let mut at = At::new(handover, &history.heads());
    if composed
        .accept(&mut at, handover, &draft, &minutes, &mut subjects)
        .is_err()
    {
        return Ok(false);
    }
    let commit = commit(sim, node, official, composed)?;
    sim.submit(node, Intent::commit(&official.name, "accepts", commit, expect))?;
    Ok(true)
}

fn witness(
    sim: &mut Simulation<'_>,
    node: usize,
    handover: RecordId,
    history: &History,
) -> Result<bool, Defect> {
    let Some(official) = sim.officer(node, 0, Duty::Head) else {
        return Ok(false);
    };
    let (Some(draft), Some(earlier)) = (draft_of(history), latest_minutes(history)) else {
        return Ok(false);
    };
    if earlier.signers().len() != 2 || has_signed(earlier, &official) {
        return Ok(false);
    }
    let payload = minutes_payload(sim.province.network, handover, &draft);
    let minutes = signed(sim, &payload, Some(earlier), Party::Witness, &official, &[])?;
    let mut subjects = subjects_of(sim, node, &draft);
    let expect = expect_effect(sim, node, &draft, &minutes, history);
    let mut composed = Composer::new();
    let mut at = At::new(handover, &history.heads());
    if composed
        .witness(&mut at, handover, &draft, &minutes, &mut subjects)
        .is_err()
    {
        return Ok(false);
    }
    let commit = commit(sim, node, &official, composed)?;
    sim.submit(node, Intent::commit(&official.name, "witnesses", commit, expect))?;
    Ok(true)
}

pub(super) fn subjects_of(
    sim: &Simulation<'_>,
    node: usize,
    draft: &HandoverDraft,
) -> BTreeMap<RecordId, At> {
    let at = |subject: RecordId| Some((subject, At::of(&*sim.history(node, subject)?)?));
    draft
        .subjects()
        .filter_map(|(_, subject)| at(subject.record))
        .collect()
}

/// An acceptance is right when the signatures under it are still in force and, when it moves custody, every line
/// builds on the current link. Otherwise it is not judged here: a link may have moved, a signer may be cut.
fn expect_effect(
    sim: &Simulation<'_>,
    node: usize,
    draft: &HandoverDraft,
    minutes: &Minutes,
    history: &History,
) -> Expect {
    let Some(engine) = sim.engine(node) else {
        return Expect::Any;
    };
    let authority = engine.authority();
    let signers_hold = minutes.signers().iter().all(|signer| {
        sim.province
            .officials
            .iter()
            .any(|official| official.appointment == signer.appointment && sim.in_force(node, official))
            && authority.cuts_on(&signer.appointment).is_empty()
    });
    let current = |subject: RecordId| {
        sim.history(node, subject)
            .and_then(|history| CustodyView::of(history.state()).current)
    };
    let links_hold = draft
        .subjects()
        .all(|(_, subject)| current(subject.record) == Some(subject.prev));
    let nothing_refused = draft.lines.len() > refused_in(minutes).len();
    if signers_hold && links_hold && nothing_refused && history.exists() {
        Expect::Stored
    } else {
        Expect::Any
    }
}
