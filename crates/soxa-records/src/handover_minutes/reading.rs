//! Reading minutes back: from the signed payload to the draft it was made from.

use serde::Deserialize;
use soxa_ledger::Time;
use soxa_ledger::ids::{NetworkId, RecordId};

use super::minutes_payload;
use crate::handover::{
    ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverOperation, HandoverParty,
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
    witness: Option<Party>,
    basis: String,
    condition_basis: String,
    place: String,
    date: String,
    expires: Option<u64>,
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
struct Line {
    line: u32,
    subject: String,
    name: String,
    prev: String,
    depth: u32,
    quantity: String,
    condition: String,
    remark: String,
    cost: i64,
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
            subject: record(&line.subject)?,
            subject_name: line.name,
            prev: LinkId(record(&line.prev)?.0),
            depth: line.depth,
            quantity: line.quantity.parse().map_err(|e| form(&e))?,
            condition: line.condition,
            remark: line.remark,
            cost: line.cost,
        });
    }
    let draft = HandoverDraft {
        kind: word(&read.kind, HandoverKind::ALL, HandoverKind::as_str)?,
        giver: party(read.giver)?,
        receiver: party(read.receiver)?,
        witness: read.witness.map(party).transpose()?,
        basis: read.basis,
        condition_basis: word(&read.condition_basis, ConditionBasis::ALL, ConditionBasis::as_str)?,
        place: read.place,
        date: read.date.parse().map_err(|e| form(&e))?,
        expires: read.expires.map(Time),
        lines,
    };
    // The limits of a draft are those of its operation.
    let operation = TypedOperation::Handover(HandoverOperation::Draft(draft.clone()));
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

fn word<T: Copy>(text: &str, all: &[T], as_str: impl Fn(T) -> &'static str) -> Result<T, NotMinutes> {
    let found = all.iter().copied().find(|one| as_str(*one) == text);
    found.ok_or_else(|| NotMinutes(format!("{text:?} is no word of the format")))
}
