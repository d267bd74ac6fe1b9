//! A handover as people read it: parties, lines, signatures, and how far it has come.

use std::collections::BTreeMap;

use soxa_ledger::Time;
use soxa_ledger::ids::{OpId, PublicKey, RecordId};
use soxa_ledger::minutes::Party;

use crate::handover::rules::stage;
use crate::handover::{
    ConditionBasis, DraftLine, HandoverKind, HandoverParty, HandoverStage, LineTotals, WitnessParty,
};
use crate::measure::{Date, Quantity};
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::value::{FromValue, Row};

/// What the receiver found on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The operation.
    pub op: OpId,
    /// How much.
    pub quantity: Quantity,
    /// In which condition.
    pub condition: String,
    /// A remark.
    pub remark: String,
}

/// An act with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoned {
    /// The operation.
    pub op: OpId,
    /// Why.
    pub reason: String,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverLine {
    /// Its number, from 1.
    pub line: u32,
    /// What the minutes say.
    pub content: DraftLine,
    /// What the receiver found, oldest first; several counts stand beside each other.
    pub counts: Vec<Counted>,
    /// The refusals of this line.
    pub refusals: Vec<Reasoned>,
    /// Whether an effect lists it. Whether custody followed is in the subject's own record: it does not when the
    /// subject had moved on already.
    pub moved: bool,
}

/// A signature under the minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureShown {
    /// In which capacity.
    pub party: Party,
    /// The signer's name.
    pub person: String,
    /// The key.
    pub key: PublicKey,
    /// The operation that showed it first.
    pub op: OpId,
    /// When, by the clock of that operation's author.
    pub at: Time,
    /// What the party remarked; empty when nothing.
    pub remark: String,
}

/// A handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverView {
    /// What is handed over.
    pub kind: HandoverKind,
    /// Bên giao.
    pub giver: HandoverParty,
    /// Bên nhận.
    pub receiver: HandoverParty,
    /// Cơ quan chứng kiến or who approves.
    pub witness: Option<WitnessParty>,
    /// The handover whose minutes these correct.
    pub corrects: Option<RecordId>,
    /// The decision it rests on.
    pub basis: String,
    /// On what terms.
    pub condition_basis: ConditionBasis,
    /// Where.
    pub place: String,
    /// The day of the minutes.
    pub date: Date,
    /// Until when the offer is meant to be taken.
    pub expires: Option<Time>,
    /// Trách nhiệm của các bên.
    pub duties: String,
    /// How far it has come.
    pub stage: HandoverStage,
    /// The lines.
    pub lines: Vec<HandoverLine>,
    /// The signatures, each once, by party, then key.
    pub signatures: Vec<SignatureShown>,
    /// Withdrawals by the giver.
    pub withdrawals: Vec<Reasoned>,
    /// Refusals of the whole by the receiver.
    pub refusals: Vec<Reasoned>,
    /// The effects: several when more than one program issued the same.
    pub effects: Vec<OpId>,
    /// Whether it is in effect although somebody, not knowing that, withdrew or refused it.
    pub withdrawn_too_late: bool,
}

impl HandoverView {
    /// The handover of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if state.kind != Some(RecordKind::Handover) {
            return None;
        }
        let stage = stage(state);
        let withdrawals = acts(state, "withdraw");
        let refusals = acts(state, "refuse");
        Some(Self {
            kind: only(state, "kind")?,
            giver: party(state, "giver", "giver_name")?,
            receiver: party(state, "receiver", "receiver_name")?,
            witness: witness(state),
            corrects: only(state, "corrects"),
            basis: only(state, "basis")?,
            condition_basis: only(state, "condition_basis")?,
            place: only(state, "place")?,
            date: only(state, "date")?,
            expires: only(state, "expires"),
            duties: only(state, "duties")?,
            stage,
            lines: state
                .list("lines")
                .iter()
                .filter_map(|row| line(state, row))
                .collect(),
            signatures: signatures(state),
            withdrawn_too_late: stage == HandoverStage::Effective
                && !(withdrawals.is_empty() && refusals.is_empty()),
            withdrawals,
            refusals,
            effects: acts(state, "effect").into_iter().map(|act| act.op).collect(),
        })
    }

    /// The lines as corrections in effect restate them, by number; of two on one line the later day's counts, of one day the
    /// one that is given last.
    #[must_use]
    pub fn as_corrected<'a>(
        &self,
        corrections: impl IntoIterator<Item = &'a Self>,
    ) -> BTreeMap<u32, DraftLine> {
        let mut corrections: Vec<&Self> = corrections.into_iter().collect();
        corrections.sort_by_key(|one| one.date);
        let own = self.lines.iter().map(|line| (line.line, line.content.clone()));
        let mut lines: BTreeMap<u32, DraftLine> = own.collect();
        for restated in corrections.into_iter().flat_map(|one| &one.lines) {
            if !restated.refusals.is_empty() {
                continue;
            }
            let number = restated.content.of.restated();
            if let Some(line) = number.and_then(|number| lines.get_mut(&number)) {
                *line = DraftLine {
                    of: line.of.clone(),
                    ..restated.content.clone()
                };
            }
        }
        lines
    }

    /// What the subjects' lines come to.
    #[must_use]
    pub fn totals(&self) -> LineTotals {
        let lines = self.lines.iter().map(|line| &line.content);
        LineTotals::of(lines.filter(|line| line.of.subject().is_some()))
    }

    /// Whether it is on its way: offered, and neither in effect nor sent back or withdrawn.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.stage,
            HandoverStage::Offered | HandoverStage::Counted | HandoverStage::Accepted
        )
    }

    /// The subjects that it is to move: those of lines that nobody refused.
    pub fn taken(&self) -> impl Iterator<Item = RecordId> {
        let lines = self.lines.iter().filter(|line| line.refusals.is_empty());
        lines.filter_map(|line| line.content.of.subject().map(|subject| subject.record))
    }

    /// Whether a party has signed.
    #[must_use]
    pub fn has_signed(&self, party: Party) -> bool {
        self.signatures.iter().any(|signature| signature.party == party)
    }
}

/// A field that only the creation writes, so that there is one value.
pub(crate) fn only<T: FromValue + Clone + PartialEq>(state: &CanonicalState, name: &str) -> Option<T> {
    state.field(name).one().cloned()
}

fn party(state: &CanonicalState, unit: &str, name: &str) -> Option<HandoverParty> {
    Some(HandoverParty {
        unit: only(state, unit)?,
        name: only(state, name)?,
    })
}

fn witness(state: &CanonicalState) -> Option<WitnessParty> {
    let HandoverParty { unit, name } = party(state, "witness", "witness_name")?;
    Some(WitnessParty {
        unit,
        name,
        capacity: only(state, "capacity")?,
    })
}

fn acts(state: &CanonicalState, act: &str) -> Vec<Reasoned> {
    let rows = state.list("acts").iter().filter(|row| row.text("act") == act);
    rows.map(|row| Reasoned {
        op: row.op,
        reason: row.text("reason"),
    })
    .collect()
}

fn line(state: &CanonicalState, row: &Row) -> Option<HandoverLine> {
    let number: u32 = row.get("line")?;
    let of_line = |list: &str| {
        state
            .list(list)
            .iter()
            .filter(|row| row.get("line") == Some(number))
            .collect::<Vec<_>>()
    };
    Some(HandoverLine {
        line: number,
        content: DraftLine::of_row(row)?,
        counts: of_line("counts")
            .into_iter()
            .filter_map(|row| {
                Some(Counted {
                    op: row.op,
                    quantity: row.get("quantity")?,
                    condition: row.text("condition"),
                    remark: row.text("remark"),
                })
            })
            .collect(),
        refusals: refusals(of_line("refusals")),
        moved: !of_line("moved").is_empty(),
    })
}

/// The acceptance and the effect both say what the receiver refused: the first one that does is shown.
fn refusals(rows: Vec<&Row>) -> Vec<Reasoned> {
    let mut shown: Vec<Reasoned> = Vec::new();
    for row in rows {
        let reason = row.text("reason");
        if !shown.iter().any(|known| known.reason == reason) {
            shown.push(Reasoned { op: row.op, reason });
        }
    }
    shown
}

fn signatures(state: &CanonicalState) -> Vec<SignatureShown> {
    let mut shown: Vec<SignatureShown> = Vec::new();
    for row in state.list("signatures") {
        let party = match row.text("party").as_str() {
            "giver" => Party::Giver,
            "receiver" => Party::Receiver,
            _ => Party::Witness,
        };
        if let (Some(key), Some(at)) = (row.get("key"), row.get("at")) {
            // Rows come in causal order: the first one that shows a signature is the one that brought it.
            if !shown.iter().any(|known| known.party == party && known.key == key) {
                shown.push(SignatureShown {
                    party,
                    person: row.text("person"),
                    key,
                    op: row.op,
                    at,
                    remark: row.text("remark"),
                });
            }
        }
    }
    shown.sort_by_key(|signature| (signature.party, signature.key));
    shown
}
