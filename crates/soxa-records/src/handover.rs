//! Handovers: the operations and their bodies. A handover is asynchronous, an offer and never a lock.

use soxa_ledger::Time;
use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::RecordId;

use crate::body::{self, Body, words};
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
word_values!(HandoverKind, ConditionBasis);

operations! {
    /// What is done in a handover.
    HandoverOperation of "handover" {
        /// Creates the record: parties, terms and lines.
        Draft(HandoverDraft) = "draft",
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

/// A party of a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverParty {
    /// The unit.
    pub unit: RecordId,
    /// Its name at the time, as it is printed.
    pub name: String,
}

/// One line of a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLine {
    /// The asset or person.
    pub subject: RecordId,
    /// Its name at the time, as it is printed.
    pub subject_name: String,
    /// The custody link that the handover builds on.
    pub prev: LinkId,
    /// The depth of the new link: one more than that of `prev`.
    pub depth: u32,
    /// How much.
    pub quantity: Quantity,
    /// The condition as the giver states it.
    pub condition: String,
    /// A remark.
    pub remark: String,
    /// The cost in đồng.
    pub cost: i64,
}

/// Body of `handover.draft`: `[kind, giver, receiver, witness or null, basis, condition basis, place, date, expires
/// or null, [line…]]`, where a party is `[unit, name]` and a line `[subject, subject name, prev, depth, quantity,
/// condition, remark, cost]`. Line 1 is the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverDraft {
    /// What is handed over.
    pub kind: HandoverKind,
    /// Bên giao.
    pub giver: HandoverParty,
    /// Bên nhận.
    pub receiver: HandoverParty,
    /// Cơ quan chứng kiến.
    pub witness: Option<HandoverParty>,
    /// The decision it rests on.
    pub basis: String,
    /// On what terms.
    pub condition_basis: ConditionBasis,
    /// Where.
    pub place: String,
    /// The day of the minutes.
    pub date: Date,
    /// Until when the offer is meant to be taken: shown and checked at signing, never a verdict.
    pub expires: Option<Time>,
    /// The lines, at least one; each subject once.
    pub lines: Vec<DraftLine>,
}

/// Body of `handover.offer`: `[minutes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverOffer {
    /// Which of the commit's minutes, from 0.
    pub minutes: u32,
}

/// One counted line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// The line, from 1.
    pub line: u32,
    /// How much is there.
    pub quantity: Quantity,
    /// In which condition.
    pub condition: String,
    /// A remark.
    pub remark: String,
}

/// Body of `handover.count`: `[[[line, quantity, condition, remark]…]]`, lines ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverCount {
    /// The counted lines.
    pub rows: Vec<CountRow>,
}

/// Body of `handover.accept`: `[minutes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverAccept {
    /// Which of the commit's minutes, from 0.
    pub minutes: u32,
}

/// Body of `handover.refuse`: `[reason]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverRefuse {
    /// Why.
    pub reason: String,
}

/// Body of `handover.withdraw`: `[reason]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverWithdraw {
    /// Why.
    pub reason: String,
}

/// Body of `handover.witness`: `[minutes]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverWitness {
    /// Which of the commit's minutes, from 0.
    pub minutes: u32,
}

/// A line that moves custody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectLine {
    /// The line, from 1.
    pub line: u32,
    /// The asset or person.
    pub subject: RecordId,
    /// The link it builds on.
    pub prev: LinkId,
    /// The depth of the new link.
    pub depth: u32,
}

/// Body of `handover.effect`: `[minutes, kind, giver, receiver, [[line, subject, prev, depth]…]]`, lines ascending.
/// It holds all that the custody operations which cite it must be checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverEffect {
    /// Which of the commit's minutes, from 0.
    pub minutes: u32,
    /// What is handed over.
    pub kind: HandoverKind,
    /// The giver's unit.
    pub giver: RecordId,
    /// The receiver's unit.
    pub receiver: RecordId,
    /// The accepted lines.
    pub lines: Vec<EffectLine>,
}

impl HandoverParty {
    fn write(&self, w: &mut Writer) {
        w.array(2).bytes(&self.unit.0).text(&self.name);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("party", 2)?;
        Ok(Self {
            unit: body::record(r, "party's unit")?,
            name: body::name(r, "party's name")?,
        })
    }
}

impl DraftLine {
    fn write(&self, w: &mut Writer) {
        w.array(8)
            .bytes(&self.subject.0)
            .text(&self.subject_name)
            .bytes(&self.prev.0);
        w.uint(self.depth.into()).uint(self.quantity.thousandths);
        w.text(&self.condition).text(&self.remark).int(self.cost);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("line", 8)?;
        Ok(Self {
            subject: body::record(r, "subject")?,
            subject_name: body::name(r, "subject's name")?,
            prev: body::link(r, "previous link")?,
            depth: body::depth(r, "depth")?,
            quantity: body::quantity(r, "quantity")?,
            condition: body::text(r, "condition")?,
            remark: body::text(r, "remark")?,
            cost: body::dong(r, "cost")?,
        })
    }
}

impl Body for HandoverDraft {
    fn write(&self, w: &mut Writer) {
        w.array(10).text(self.kind.as_str());
        self.giver.write(w);
        self.receiver.write(w);
        w.option(self.witness.as_ref(), |w, witness| witness.write(w));
        w.text(&self.basis)
            .text(self.condition_basis.as_str())
            .text(&self.place);
        w.uint(self.date.number().into())
            .option(self.expires, |w, expires| {
                w.uint(expires.0);
            });
        w.array(self.lines.len());
        for line in &self.lines {
            line.write(w);
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("handover.draft", 10)?;
        let draft = Self {
            kind: HandoverKind::read(r)?,
            giver: HandoverParty::read(r)?,
            receiver: HandoverParty::read(r)?,
            witness: r.option("witness", HandoverParty::read)?,
            basis: body::text(r, "basis")?,
            condition_basis: ConditionBasis::read(r)?,
            place: body::text(r, "place")?,
            date: body::date(r, "date")?,
            expires: r.option("expires", |r| body::time(r, "expires"))?,
            lines: r.list("lines", HANDOVER_LINES_MAX, DraftLine::read)?,
        };
        draft.check()?;
        Ok(draft)
    }
}

impl HandoverDraft {
    fn check(&self) -> Result<(), CborError> {
        let bad = |field, what| Err(CborError::Value { field, what });
        if self.lines.is_empty() {
            return bad("lines", "a handover of nothing");
        }
        let mut subjects: Vec<RecordId> = self.lines.iter().map(|line| line.subject).collect();
        subjects.sort_unstable();
        if !subjects.is_sorted_by(|a, b| a < b) {
            return bad("lines", "a subject twice in one handover");
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

/// Bodies that name the commit's minutes and nothing else.
macro_rules! minutes_body {
    ($($name:ident = $kind:literal),+) => {$(
        impl Body for $name {
            fn write(&self, w: &mut Writer) {
                w.array(1).uint(self.minutes.into());
            }

            fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
                r.tuple($kind, 1)?;
                Ok(Self { minutes: body::small(r, "minutes")? })
            }
        }
    )+};
}
minutes_body!(
    HandoverOffer = "handover.offer",
    HandoverAccept = "handover.accept",
    HandoverWitness = "handover.witness"
);

/// Bodies that are a reason.
macro_rules! reason_body {
    ($($name:ident = $kind:literal),+) => {$(
        impl Body for $name {
            fn write(&self, w: &mut Writer) {
                w.array(1).text(&self.reason);
            }

            fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
                r.tuple($kind, 1)?;
                Ok(Self { reason: body::reason(r, "reason")? })
            }
        }
    )+};
}
reason_body!(
    HandoverRefuse = "handover.refuse",
    HandoverWithdraw = "handover.withdraw"
);

impl Body for HandoverCount {
    fn write(&self, w: &mut Writer) {
        w.array(1).array(self.rows.len());
        for row in &self.rows {
            w.array(4).uint(row.line.into()).uint(row.quantity.thousandths);
            w.text(&row.condition).text(&row.remark);
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("handover.count", 1)?;
        let rows = r.list("counted lines", HANDOVER_LINES_MAX, |r| {
            r.tuple("counted line", 4)?;
            Ok(CountRow {
                line: body::line(r, "line")?,
                quantity: body::quantity(r, "quantity")?,
                condition: body::text(r, "condition")?,
                remark: body::text(r, "remark")?,
            })
        })?;
        if rows.is_empty() || !rows.is_sorted_by(|a, b| a.line < b.line) {
            return Err(CborError::Value {
                field: "counted lines",
                what: "not at least one, ascending",
            });
        }
        Ok(Self { rows })
    }
}

impl Body for HandoverEffect {
    fn write(&self, w: &mut Writer) {
        w.array(5).uint(self.minutes.into()).text(self.kind.as_str());
        w.bytes(&self.giver.0)
            .bytes(&self.receiver.0)
            .array(self.lines.len());
        for line in &self.lines {
            w.array(4)
                .uint(line.line.into())
                .bytes(&line.subject.0)
                .bytes(&line.prev.0);
            w.uint(line.depth.into());
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("handover.effect", 5)?;
        let effect = Self {
            minutes: body::small(r, "minutes")?,
            kind: HandoverKind::read(r)?,
            giver: body::record(r, "giver")?,
            receiver: body::record(r, "receiver")?,
            lines: r.list("lines", HANDOVER_LINES_MAX, |r| {
                r.tuple("line", 4)?;
                Ok(EffectLine {
                    line: body::line(r, "line")?,
                    subject: body::record(r, "subject")?,
                    prev: body::link(r, "previous link")?,
                    depth: body::depth(r, "depth")?,
                })
            })?,
        };
        if effect.lines.is_empty() || !effect.lines.is_sorted_by(|a, b| a.line < b.line) {
            return Err(CborError::Value {
                field: "lines",
                what: "not at least one, ascending",
            });
        }
        Ok(effect)
    }
}
