//! Reading minutes back: from the signed payload to the draft it was made from.

use serde::Deserialize;
use soxa_ledger::Time;
use soxa_ledger::ids::{NetworkId, RecordId};

use super::minutes_payload;
use crate::dossier::PaperForm;
use crate::handover::{
    ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverOperation, HandoverParty, LineOf, Paper,
    Subject, WitnessCapacity, WitnessParty,
};
use crate::measure::LinkId;
use crate::typed::{TypedOperation, decode};

/// A payload that is not, to the byte, what [`minutes_payload`] makes of a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the minutes of a handover: {0}")]
pub struct NotMinutes(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    #[serde(rename = "type")]
    kind_of_payload: String,
    version: u32,
    network: String,
    handover: String,
    kind: String,
    giver: Party,
    receiver: Party,
    witness: Option<Witness>,
    corrects: Option<String>,
    basis: String,
    condition_basis: String,
    place: String,
    date: String,
    expires: Option<u64>,
    duties: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Party {
    unit: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Witness {
    unit: String,
    name: String,
    capacity: String,
}

/// Which members a sort of line has is checked in the end: the payload must be what its draft gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    line: u32,
    subject: Option<String>,
    prev: Option<String>,
    depth: Option<u32>,
    paper: Option<String>,
    about: Option<u32>,
    hash: Option<String>,
    restates: Option<u32>,
    name: String,
    quantity: String,
    measure: String,
    condition: String,
    remark: String,
    cost: i64,
    residual: Option<i64>,
}

/// The network, the handover and the draft that a payload was made from.
///
/// # Errors
/// When no draft that the format allows gives exactly these bytes.
pub fn read_minutes_payload(payload: &[u8]) -> Result<(NetworkId, RecordId, HandoverDraft), NotMinutes> {
    let form = |error: &dyn std::fmt::Display| NotMinutes(error.to_string());
    let read: Payload = serde_json::from_slice(payload).map_err(|e| form(&e))?;
    if read.kind_of_payload != "soxa-handover-minutes" || read.version != 1 {
        return Err(NotMinutes("another type or version".to_owned()));
    }
    let network = read.network.parse().map_err(|e| form(&e))?;
    let handover = record(&read.handover)?;
    let mut lines = Vec::with_capacity(read.lines.len());
    for (number, line) in (1..).zip(read.lines) {
        if line.line != number {
            return Err(NotMinutes("lines out of order".to_owned()));
        }
        lines.push(DraftLine {
            of: line.of()?,
            name: line.name,
            quantity: line.quantity.parse().map_err(|e| form(&e))?,
            measure: line.measure,
            condition: line.condition,
            remark: line.remark,
            cost: line.cost,
            residual: line.residual,
        });
    }
    let draft = HandoverDraft {
        kind: word(&read.kind, HandoverKind::ALL, HandoverKind::as_str)?,
        giver: party(read.giver)?,
        receiver: party(read.receiver)?,
        witness: read.witness.map(witness).transpose()?,
        corrects: read.corrects.as_deref().map(record).transpose()?,
        basis: read.basis,
        condition_basis: word(&read.condition_basis, ConditionBasis::ALL, ConditionBasis::as_str)?,
        place: read.place,
        date: read.date.parse().map_err(|e| form(&e))?,
        expires: read.expires.map(Time),
        duties: read.duties,
        lines,
    };
    // The limits of a draft are those of its operation.
    let operation = TypedOperation::Handover(HandoverOperation::Draft(Box::new(draft.clone())));
    decode(&operation.kind(), operation.version(), &operation.body()).map_err(|e| form(&e))?;
    if minutes_payload(network, handover, &draft) == payload {
        Ok((network, handover, draft))
    } else {
        Err(NotMinutes(
            "white space, members in another order, or needless escapes".to_owned(),
        ))
    }
}

fn record(text: &str) -> Result<RecordId, NotMinutes> {
    text.parse().map_err(|_| NotMinutes(format!("{text:?} is no id")))
}

fn party(read: Party) -> Result<HandoverParty, NotMinutes> {
    Ok(HandoverParty {
        unit: record(&read.unit)?,
        name: read.name,
    })
}

fn witness(read: Witness) -> Result<WitnessParty, NotMinutes> {
    Ok(WitnessParty {
        unit: record(&read.unit)?,
        name: read.name,
        capacity: word(&read.capacity, WitnessCapacity::ALL, WitnessCapacity::as_str)?,
    })
}

impl Line {
    fn of(&self) -> Result<LineOf, NotMinutes> {
        if let Some(line) = self.restates {
            return Ok(LineOf::Restated(line));
        }
        if let Some(form) = &self.paper {
            return Ok(LineOf::Paper(Paper {
                form: word(form, PaperForm::ALL, PaperForm::as_str)?,
                about: self.about,
                hash: self.hash.as_deref().map(record).transpose()?.map(|id| id.0),
            }));
        }
        match (&self.subject, &self.prev, self.depth) {
            (Some(subject), Some(prev), Some(depth)) => Ok(LineOf::Subject(Subject {
                record: record(subject)?,
                prev: LinkId(record(prev)?.0),
                depth,
            })),
            _ => Err(NotMinutes("a line of nothing".to_owned())),
        }
    }
}

fn word<T: Copy>(text: &str, all: &[T], as_str: impl Fn(T) -> &'static str) -> Result<T, NotMinutes> {
    let found = all.iter().copied().find(|one| as_str(*one) == text);
    found.ok_or_else(|| NotMinutes(format!("{text:?} is no word of the format")))
}
