//! The lines of a handover's minutes: what is handed over, which papers go with it, and what earlier minutes should have said.
//!
//! One list and one numbering for all three, so that whatever is listed can be counted, remarked on and refused line by line.
//! Only a subject's line moves custody; a paper follows the minutes that list it, and a restated line moves nothing.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::RecordId;

use crate::body::{Amount, Body, Depth, Dong, Form, Id, Line, Name, Opt, Part, Text, Word, body};
use crate::dossier::PaperForm;
use crate::measure::{LinkId, Quantity};
use crate::value::{Change, Row, append};

body! {
    /// An asset or person of a line, and where its custody stands.
    Subject = "subject" {
        /// The asset or person.
        record: RecordId => Id,
        /// The custody link that the handover builds on.
        prev: LinkId => Id,
        /// The depth of the new link: one more than that of `prev`.
        depth: u32 => Depth,
    }
}

body! {
    /// A paper of a line: a file about an asset, a dossier's original, a bundle.
    Paper = "paper" {
        /// Its form.
        form: PaperForm => Word,
        /// The line of the asset or person that it is about, when it is about one of these.
        about: Option<u32> => Opt<Line>,
        /// SHA-256 of its scan.
        hash: Option<[u8; 32]> => Opt<Id>,
    }
}

/// What a line is about, written as `[word, content]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOf {
    /// An asset or person that comes to the receiver: `["subject", …]`.
    Subject(Subject),
    /// A paper that comes to the receiver: `["paper", …]`.
    Paper(Paper),
    /// A line of the minutes that these correct, as it should have been: `["restated", line]`.
    Restated(u32),
}

body! {
    /// One line of a handover.
    DraftLine = "line" {
        /// What it is about.
        of: LineOf => Part,
        /// What it is called at the time, as it is printed.
        name: String => Name,
        /// How much.
        quantity: Quantity => Amount,
        /// Of what: pieces, square metres, sheets.
        measure: String => Text,
        /// The condition as the giver states it.
        condition: String => Text,
        /// A remark.
        remark: String => Text,
        /// The cost in đồng.
        cost: i64 => Dong,
        /// The residual value in đồng, where there is one.
        residual: Option<i64> => Opt<Dong>,
    }
}

impl Body for LineOf {
    fn write(&self, w: &mut Writer) {
        w.array(2).text(self.word());
        match self {
            Self::Subject(subject) => subject.write(w),
            Self::Paper(paper) => paper.write(w),
            Self::Restated(line) => Line::write(w, line),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("what a line is about", 2)?;
        Ok(match r.text("sort of line", 16)? {
            "subject" => Self::Subject(Subject::read(r)?),
            "paper" => Self::Paper(Paper::read(r)?),
            "restated" => Self::Restated(Line::read(r, "restated line")?),
            _ => {
                return Err(CborError::Value {
                    field: "sort of line",
                    what: "none that the format knows",
                });
            }
        })
    }
}

impl LineOf {
    /// The word for the sort of line.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Subject(_) => "subject",
            Self::Paper(_) => "paper",
            Self::Restated(_) => "restated",
        }
    }

    /// The asset or person that moves.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Subject(subject) => Some(subject),
            _ => None,
        }
    }

    /// The paper that goes over.
    #[must_use]
    pub fn paper(&self) -> Option<&Paper> {
        match self {
            Self::Paper(paper) => Some(paper),
            _ => None,
        }
    }

    /// The line of the corrected minutes that is restated.
    #[must_use]
    pub fn restated(&self) -> Option<u32> {
        match self {
            Self::Restated(line) => Some(*line),
            _ => None,
        }
    }

    pub(crate) fn of_row(row: &Row) -> Option<Self> {
        if let Some(line) = row.get("restates") {
            return Some(Self::Restated(line));
        }
        if let Some(form) = row.get("form") {
            return Some(Self::Paper(Paper {
                form,
                about: row.get("about"),
                hash: row.get("hash"),
            }));
        }
        Some(Self::Subject(Subject {
            record: row.get("subject")?,
            prev: row.get("prev")?,
            depth: row.get("depth")?,
        }))
    }
}

impl DraftLine {
    /// A line of one, of which nothing else is said.
    #[must_use]
    pub fn new(of: LineOf, name: String) -> Self {
        Self {
            of,
            name,
            quantity: Quantity::whole(1),
            measure: String::new(),
            condition: String::new(),
            remark: String::new(),
            cost: 0,
            residual: None,
        }
    }

    /// The row of the list `lines` that stands for it.
    pub(crate) fn row(&self, number: u32) -> Change {
        let row = append(
            "lines",
            [
                ("line", number.into()),
                ("name", self.name.as_str().into()),
                ("quantity", self.quantity.into()),
                ("measure", self.measure.as_str().into()),
                ("condition", self.condition.as_str().into()),
                ("remark", self.remark.as_str().into()),
                ("cost", self.cost.into()),
            ],
        )
        .and("residual", self.residual);
        match &self.of {
            LineOf::Subject(subject) => row
                .and("subject", Some(subject.record))
                .and("prev", Some(subject.prev))
                .and("depth", Some(subject.depth)),
            LineOf::Paper(paper) => row
                .and("form", Some(paper.form))
                .and("about", paper.about)
                .and("hash", paper.hash),
            LineOf::Restated(line) => row.and("restates", Some(*line)),
        }
    }

    pub(crate) fn of_row(row: &Row) -> Option<Self> {
        Some(Self {
            of: LineOf::of_row(row)?,
            name: row.text("name"),
            quantity: row.get("quantity")?,
            measure: row.text("measure"),
            condition: row.text("condition"),
            remark: row.text("remark"),
            cost: row.get("cost")?,
            residual: row.get("residual"),
        })
    }
}

/// What the lines of one sort come to: a control total, the same for giver and receiver when both hold the same minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineTotals {
    /// How many lines.
    pub lines: u64,
    /// The sum of the quantities, whatever their measures.
    pub quantity: Quantity,
    /// The sum of the costs in đồng.
    pub cost: i64,
    /// The sum of the residual values in đồng, where there are any.
    pub residual: i64,
}

impl LineTotals {
    /// The totals of these lines. Sums stop at the largest number.
    #[must_use]
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a DraftLine>) -> Self {
        let mut totals = Self::default();
        for line in lines {
            totals.lines += 1;
            totals.quantity = totals.quantity.plus(line.quantity);
            totals.cost = totals.cost.saturating_add(line.cost);
            totals.residual = totals.residual.saturating_add(line.residual.unwrap_or(0));
        }
        totals
    }
}
