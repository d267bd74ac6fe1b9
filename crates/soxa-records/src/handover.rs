//! Handovers: the operations and their bodies. A handover is asynchronous, an offer and never a lock.
//!
//! Assets, people and papers are handed over; what a line may be is in [`crate::handover::line`]. **Dossiers** are no kind of
//! their own: who reads and decides one moves with `dossier.forward`, who works on it with `dossier.pass`, and the other side
//! takes either over with `dossier.take`, all under the dossier's own readers, while minutes are read by every node. What goes over on paper beside that, the
//! originals, are lines of papers: a dossier's code and what lies in it, counted and refused line by line like all else.
//!
//! **Correction minutes** are a handover that names the first (`corrects`). Its lines restate lines of the first as they
//! should have been, which moves nothing, list papers that were forgotten, or hand one of the first's subjects back, which
//! moves custody like any line. The first is never changed. Both parties sign again, and the first's witness with them.

pub mod line;
pub mod minutes;
pub mod proof;
mod rules;
pub mod view;

use soxa_ledger::Time;
use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::RecordId;

use crate::body::{
    Amount, Day, Depth, Id, Line, List, Moment, Name, Opt, Part, Reason, Small, Text, Word, body, words,
};
pub use crate::handover::line::{DraftLine, LineOf, LineTotals, Paper, Subject};
use crate::limits::HANDOVER_LINES_MAX;
use crate::measure::{Date, LinkId, Quantity};
use crate::typed::operations;
use crate::value::word_values;

words! {
    /// What is handed over.
    HandoverKind, "handover kind" {
        /// Assets.
        Assets = "assets",
        /// People with their posts.
        Staff = "staff",
        /// Papers alone: files, originals of dossiers.
        Papers = "papers",
    }
}

words! {
    /// On what terms the subjects are taken over.
    ConditionBasis, "condition basis" {
        /// Nguyên trạng: as it is.
        AsIs = "as_is",
        /// After counting and inspection.
        Inspected = "inspected",
    }
}

words! {
    /// In which capacity a third party signs.
    WitnessCapacity, "capacity of a witness" {
        /// Chứng kiến: it was there.
        Witness = "witness",
        /// Phê duyệt: it agrees.
        Approver = "approver",
    }
}

words! {
    /// How far a handover has come.
    HandoverStage, "handover stage" {
        /// Written; nobody has signed.
        Draft = "draft",
        /// Signed by the giver: the lines are frozen.
        Offered = "offered",
        /// The receiver has counted.
        Counted = "counted",
        /// Signed by the receiver; waits for the witness or the effect.
        Accepted = "accepted",
        /// Refused as a whole by the receiver.
        Returned = "returned",
        /// Withdrawn by the giver.
        Withdrawn = "withdrawn",
        /// In effect: custody moves.
        Effective = "effective",
    }
}
word_values!(HandoverKind, ConditionBasis, WitnessCapacity);

operations! {
    /// What is done in a handover.
    HandoverOperation of "handover" {
        /// Creates the record: parties, terms and lines.
        Draft(Box<HandoverDraft>) = "draft",
        /// The giver signs.
        Offer(HandoverOffer) = "offer",
        /// The receiver notes what is there.
        Count(HandoverCount) = "count",
        /// The receiver signs, for all lines or all but some.
        Accept(HandoverAccept) = "accept",
        /// The receiver refuses the whole.
        Refuse(HandoverRefuse) = "refuse",
        /// The giver takes the offer back.
        Withdraw(HandoverWithdraw) = "withdraw",
        /// The named witness signs.
        Witness(HandoverWitness) = "witness",
        /// All required signatures are there: custody moves.
        Effect(HandoverEffect) = "effect",
    }
}

body! {
    /// A party of a handover.
    HandoverParty = "party" {
        /// The unit.
        unit: RecordId => Id,
        /// Its name at the time, as it is printed.
        name: String => Name,
    }
}

body! {
    /// A third party that signs last.
    WitnessParty = "witness" {
        /// The unit.
        unit: RecordId => Id,
        /// Its name at the time, as it is printed.
        name: String => Name,
        /// In which capacity it signs.
        capacity: WitnessCapacity => Word,
    }
}

body! {
    /// Body of `handover.draft`: `[kind, giver, receiver, witness or null, corrected handover or null, basis, condition basis,
    /// place, date, expires or null, duties, [line…]]`, where a party is `[unit, name]` and a witness `[unit, name, capacity]`.
    /// Line 1 is the first.
    HandoverDraft = "handover.draft" checked by HandoverDraft::check {
        /// What is handed over.
        kind: HandoverKind => Word,
        /// Bên giao.
        giver: HandoverParty => Part,
        /// Bên nhận.
        receiver: HandoverParty => Part,
        /// Cơ quan chứng kiến or who approves.
        witness: Option<WitnessParty> => Opt<Part>,
        /// The handover whose minutes these correct.
        corrects: Option<RecordId> => Opt<Id>,
        /// The decision it rests on.
        basis: String => Text,
        /// On what terms.
        condition_basis: ConditionBasis => Word,
        /// Where.
        place: String => Text,
        /// The day of the minutes.
        date: Date => Day,
        /// Until when the offer is meant to be taken: shown and checked at signing, never a verdict.
        expires: Option<Time> => Opt<Moment>,
        /// Trách nhiệm của các bên: what each side has to do yet.
        duties: String => Text,
        /// The lines, at least one; each subject once.
        lines: Vec<DraftLine> => List<Part, HANDOVER_LINES_MAX>,
    }
}

body! {
    /// Body of `handover.offer`: `[minutes]`.
    HandoverOffer = "handover.offer" {
        /// Which of the commit's minutes, from 0.
        minutes: u32 => Small,
    }
}

body! {
    /// One counted line.
    CountRow = "counted line" {
        /// The line, from 1.
        line: u32 => Line,
        /// How much is there.
        quantity: Quantity => Amount,
        /// In which condition.
        condition: String => Text,
        /// A remark.
        remark: String => Text,
    }
}

body! {
    /// Body of `handover.count`: `[[[line, quantity, condition, remark]…]]`, lines ascending.
    HandoverCount = "handover.count" checked by check_counted {
        /// The counted lines.
        rows: Vec<CountRow> => List<Part, HANDOVER_LINES_MAX>,
    }
}

body! {
    /// Body of `handover.accept`: `[minutes]`.
    HandoverAccept = "handover.accept" {
        /// Which of the commit's minutes, from 0.
        minutes: u32 => Small,
    }
}

body! {
    /// Body of `handover.refuse`: `[reason]`.
    HandoverRefuse = "handover.refuse" {
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `handover.withdraw`: `[reason]`.
    HandoverWithdraw = "handover.withdraw" {
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `handover.witness`: `[minutes]`.
    HandoverWitness = "handover.witness" {
        /// Which of the commit's minutes, from 0.
        minutes: u32 => Small,
    }
}

body! {
    /// A line that moves custody.
    EffectLine = "line" {
        /// The line, from 1.
        line: u32 => Line,
        /// The asset or person.
        subject: RecordId => Id,
        /// The link it builds on.
        prev: LinkId => Id,
        /// The depth of the new link.
        depth: u32 => Depth,
    }
}

body! {
    /// Body of `handover.effect`: `[minutes, kind, giver, receiver, [[line, subject, prev, depth]…]]`, lines ascending.
    /// It holds all that the custody operations which cite it must be checked against.
    HandoverEffect = "handover.effect" checked by check_effect {
        /// Which of the commit's minutes, from 0.
        minutes: u32 => Small,
        /// What is handed over.
        kind: HandoverKind => Word,
        /// The giver's unit.
        giver: RecordId => Id,
        /// The receiver's unit.
        receiver: RecordId => Id,
        /// The accepted lines that move custody; none where only papers or corrections were signed.
        lines: Vec<EffectLine> => List<Part, HANDOVER_LINES_MAX>,
    }
}

impl HandoverDraft {
    fn check(&self) -> Result<(), CborError> {
        let bad = |field, what| Err(CborError::Value { field, what });
        if self.lines.is_empty() {
            return bad("lines", "a handover of nothing");
        }
        let mut subjects: Vec<RecordId> = self.subjects().map(|(_, subject)| subject.record).collect();
        subjects.sort_unstable();
        if !subjects.is_sorted_by(|a, b| a < b) {
            return bad("lines", "a subject twice in one handover");
        }
        match (self.kind, self.corrects) {
            (HandoverKind::Papers, _) if !subjects.is_empty() => {
                return bad("lines", "papers alone are handed over");
            }
            (HandoverKind::Assets | HandoverKind::Staff, None) if subjects.is_empty() => {
                return bad("lines", "neither an asset nor a person");
            }
            _ => {}
        }
        let mut restated: Vec<u32> = self.lines.iter().filter_map(|line| line.of.restated()).collect();
        restated.sort_unstable();
        if !restated.is_sorted_by(|a, b| a < b) {
            return bad("lines", "one line restated twice");
        }
        if self.corrects.is_none() && !restated.is_empty() {
            return bad("lines", "a line is restated where nothing is corrected");
        }
        let is_subject = |number: u32| self.line(number).is_some_and(|line| line.of.subject().is_some());
        let strays = |line: &DraftLine| match &line.of {
            LineOf::Paper(Paper {
                about: Some(line), ..
            }) => !is_subject(*line),
            _ => false,
        };
        if self.lines.iter().any(strays) {
            return bad("about", "no line of an asset or person");
        }
        if self.giver.unit == self.receiver.unit {
            return bad("receiver", "giver and receiver are one unit");
        }
        match &self.witness {
            Some(witness) if witness.unit == self.giver.unit || witness.unit == self.receiver.unit => {
                bad("witness", "a party is no witness of its own handover")
            }
            _ => Ok(()),
        }
    }

    /// The assets or persons that move, with the numbers of their lines.
    pub fn subjects(&self) -> impl Iterator<Item = (u32, &Subject)> {
        self.numbered()
            .filter_map(|(number, line)| Some((number, line.of.subject()?)))
    }

    /// The line with this number, counted from 1.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&DraftLine> {
        self.lines.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The lines with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &DraftLine)> {
        (1_u32..).zip(&self.lines)
    }
}

fn check_counted(count: &HandoverCount) -> Result<(), CborError> {
    if count.rows.is_empty() {
        return Err(CborError::Value {
            field: "counted lines",
            what: "not at least one",
        });
    }
    check_ascending("counted lines", count.rows.iter().map(|row| row.line))
}

fn check_effect(effect: &HandoverEffect) -> Result<(), CborError> {
    check_ascending("lines", effect.lines.iter().map(|line| line.line))
}

fn check_ascending(field: &'static str, lines: impl Iterator<Item = u32>) -> Result<(), CborError> {
    if lines.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(CborError::Value {
        field,
        what: "not ascending",
    })
}
