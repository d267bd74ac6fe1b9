//! Handovers of assets and of staff, from the giver's side; and the same subject given away at two nodes.

use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::{OpId, OpRef, RecordId};
use soxa_records::Date;
use soxa_records::compose::{At, Composer, draft_line};
use soxa_records::dossier::PaperForm;
use soxa_records::handover::minutes::{SigningParty, minutes_payload, sign_minutes};
use soxa_records::handover::{
    ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverParty, LineOf, Paper, WitnessCapacity,
    WitnessParty,
};

use super::receiving::accept;
use super::records::commit;
use crate::answers::{Expect, Intent};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

/// Lines of one handover, at most.
const LINES_MAX: usize = 3;
/// Of a hundred drafts of assets or persons, how many have a paper with them.
const PAPERS_PERCENT: u32 = 25;

pub(super) fn duty_of(kind: HandoverKind) -> Duty {
    match kind {
        HandoverKind::Assets | HandoverKind::Papers => Duty::Assets,
        HandoverKind::Staff => Duty::Staff,
    }
}

fn record_kind(kind: HandoverKind) -> &'static str {
    match kind {
        HandoverKind::Assets | HandoverKind::Papers => "asset",
        HandoverKind::Staff => "person",
    }
}

fn composing(error: impl std::fmt::Display) -> Defect {
    Defect::Simulator(error.to_string())
}

/// A giver hands over some of what its unit holds, or papers.
pub(super) fn offer(sim: &mut Simulation<'_>, node: usize) -> Result<bool, Defect> {
    let kind = match sim.dice.below(100) {
        0..65 => HandoverKind::Assets,
        65..90 => HandoverKind::Staff,
        _ => HandoverKind::Papers,
    };
    let giver = sim.unit_for(node);
    let Some(official) = sim.officer(node, giver, duty_of(kind)) else {
        return Ok(false);
    };
    let mut chosen = Vec::new();
    if kind != HandoverKind::Papers {
        let mut subjects = sim.held(node, record_kind(kind), giver)?;
        for _ in 0..sim.dice.between(1, LINES_MAX as u64) {
            if !subjects.is_empty() {
                let at = sim.dice.index(subjects.len());
                chosen.push(subjects.swap_remove(at).0);
            }
        }
        if chosen.is_empty() {
            return Ok(false);
        }
    }
    let receiver = sim.dice.index(sim.province.units.len());
    if receiver == giver {
        return Ok(false);
    }
    let offer = sim.dice.chance(85);
    if let Some(drafted) = drafted(sim, node, giver, kind, receiver, &chosen)? {
        draft_and_offer(sim, node, &official, drafted, offer)?;
    }
    Ok(true)
}

/// What is drafted, and what the draft cites.
pub(super) struct Drafted {
    pub draft: HandoverDraft,
    /// The operations that made the custody links of the subjects.
    pub links: Vec<OpRef>,
    /// The effect of the minutes that it corrects.
    pub effect: Option<OpId>,
}

pub(super) fn party(sim: &Simulation<'_>, unit: usize) -> Result<HandoverParty, Defect> {
    let unit = sim.province.unit(unit)?;
    Ok(HandoverParty {
        unit: unit.id,
        name: unit.name.clone(),
    })
}

/// A paper, about the first line or about none.
fn paper(sim: &mut Simulation<'_>, about: Option<u32>) -> DraftLine {
    let paper = Paper {
        form: PaperForm::Original,
        about,
        hash: None,
    };
    DraftLine::new(LineOf::Paper(paper), format!("sổ {}", sim.dice.below(1_000)))
}

/// A draft of these subjects with their papers; none when the node does not show a subject, or nobody holds it.
fn drafted(
    sim: &mut Simulation<'_>,
    node: usize,
    giver: usize,
    kind: HandoverKind,
    receiver: usize,
    subjects: &[RecordId],
) -> Result<Option<Drafted>, Defect> {
    let (mut lines, mut links) = (Vec::new(), Vec::new());
    for subject in subjects {
        let Some(history) = sim.history(node, *subject) else {
            return Ok(None);
        };
        let Some((line, link)) = draft_line(*subject, history.state()) else {
            return Ok(None);
        };
        lines.push(line);
        links.push(link);
    }
    if lines.is_empty() || sim.dice.chance(PAPERS_PERCENT) {
        let about = (!lines.is_empty()).then_some(1);
        lines.push(paper(sim, about));
    }
    let with_witness = giver != 0 && receiver != 0 && sim.dice.chance(20);
    let witness = if with_witness { Some(party(sim, 0)?) } else { None };
    let draft = HandoverDraft {
        kind,
        giver: party(sim, giver)?,
        receiver: party(sim, receiver)?,
        witness: witness.map(|party| WitnessParty {
            unit: party.unit,
            name: party.name,
            capacity: WitnessCapacity::Witness,
        }),
        corrects: None,
        basis: "QĐ 12/2025".to_owned(),
        condition_basis: ConditionBasis::AsIs,
        place: "trụ sở".to_owned(),
        date: Date::new(2025, 11, 4).map_err(composing)?,
        expires: None,
        duties: String::new(),
        lines,
    };
    Ok(Some(Drafted {
        draft,
        links,
        effect: None,
    }))
}

/// Drafts, and offers in a second commit. The handover, when both were stored.
pub(super) fn draft_and_offer(
    sim: &mut Simulation<'_>,
    node: usize,
    official: &Official,
    drafted: Drafted,
    offer: bool,
) -> Result<Option<RecordId>, Defect> {
    let Drafted { draft, links, effect } = drafted;
    let mut composed = Composer::new();
    match effect {
        Some(effect) => composed.draft_correction(draft.clone(), effect, links),
        None => composed.draft_handover(draft.clone(), links),
    };
    let drafted = commit(sim, node, official, composed)?;
    let op = OpId::of(drafted.commit_id(sim.province.network), 0);
    let handover: RecordId = op.into();
    let what = if effect.is_some() {
        "drafts_correction"
    } else {
        "drafts"
    };
    let stored = sim.submit(
        node,
        Intent::commit(&official.name, what, drafted, Expect::Stored),
    )?;
    if !stored || !offer {
        return Ok(None);
    }
    let network = sim.province.network;
    let payload = minutes_payload(network, handover, &draft);
    let minutes = signed(sim, &payload, None, Party::Giver, official, &[])?;
    let mut composed = Composer::new();
    composed.offer(&mut At::new(handover, &[op]), &minutes);
    let offered = commit(sim, node, official, composed)?;
    let stored = sim.submit(
        node,
        Intent::commit(&official.name, "offers", offered, Expect::Stored),
    )?;
    Ok(stored.then_some(handover))
}

pub(super) fn signed(
    sim: &Simulation<'_>,
    payload: &[u8],
    earlier: Option<&Minutes>,
    party: Party,
    official: &Official,
    refused: &[RefusedLine],
) -> Result<Minutes, Defect> {
    let by = SigningParty {
        party,
        appointment: official.appointment,
        refused,
        remark: "",
        key: &official.key,
    };
    sign_minutes(sim.province.network, payload, earlier, by).map_err(composing)
}

/// A subject is given away at two nodes, in good or bad faith: each by signatures that hold.
pub(super) fn give_twice(sim: &mut Simulation<'_>) -> Result<bool, Defect> {
    let up = sim.up();
    let (Some(here), Some(there)) = (sim.dice.pick(&up).copied(), sim.dice.pick(&up).copied()) else {
        return Ok(false);
    };
    let Some((subject, _)) = sim.any_record(here, "asset")? else {
        return Ok(false);
    };
    let mut given = false;
    for node in [here, there] {
        let Some(history) = sim.history(node, subject) else {
            continue;
        };
        let Some(giver) = sim.custodian(&history) else {
            continue;
        };
        if let Some(gives) = sim.officer(node, giver, Duty::Assets) {
            given |= give_away(sim, node, &gives, subject)?;
        }
    }
    Ok(given)
}

/// An official gives an asset of the own unit away, and somebody takes it in good faith. Whether it was tried.
pub(super) fn give_away(
    sim: &mut Simulation<'_>,
    node: usize,
    gives: &Official,
    subject: RecordId,
) -> Result<bool, Defect> {
    let receiver = sim.dice.index(sim.province.units.len());
    if receiver == gives.unit {
        return Ok(false);
    }
    let Some(takes) = sim.officer(node, receiver, Duty::Assets) else {
        return Ok(false);
    };
    let kind = HandoverKind::Assets;
    let Some(drafted) = drafted(sim, node, gives.unit, kind, receiver, &[subject])? else {
        return Ok(true);
    };
    if let Some(handover) = draft_and_offer(sim, node, gives, drafted, true)? {
        accept(sim, node, handover, &takes)?;
    }
    Ok(true)
}
