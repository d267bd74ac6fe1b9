//! The minutes of a handover: the one payload that giver, receiver and witness sign.
//!
//! The payload is JSON without spaces, with the members in exactly this order, so that it follows from the draft
//! to the byte and anybody can make it again:
//!
//! ```text
//! {"type":"soxa-handover-minutes","version":1,"network":"<hex>","handover":"<hex>","kind":"assets",
//!  "giver":{"unit":"<hex>","name":"…"},"receiver":{"unit":"<hex>","name":"…"},
//!  "witness":null or {"unit":"<hex>","name":"…","capacity":"witness"},"corrects":null or "<hex>","basis":"…",
//!  "condition_basis":"as_is","place":"…","date":"2025-11-15","expires":null or <milliseconds since 1970>,"duties":"…",
//!  "lines":[{"line":1,"subject":"<hex>","prev":"<hex>","depth":1,"name":"…","quantity":"12.5","measure":"…",
//!            "condition":"…","remark":"…","cost":1000000,"residual":null or 400000},…]}
//! ```
//!
//! Instead of `subject`, `prev` and `depth` a paper's line has `"paper":"original","about":null or <line>,"hash":null or
//! "<hex>"`, and a restated line `"restates":<line>`.
//!
//! Texts are UTF-8; only `"`, `\` and the control characters below U+0020 are escaped, the latter as `\u00xx` with
//! lower-case digits. Quantities are texts, since JSON numbers lose decimals in some readers.

use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::ids::{CommitId, NetworkId, RecordId, StatementId};
use soxa_ledger::minutes::{Minutes, MinutesError, MinutesSigner, Party, RefusedLine};
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{OpKind, SecretKey};

use crate::facts::MinutesFacts;
use crate::handover::{HandoverDraft, HandoverOperation, HandoverParty, LineOf};
use crate::history::History;
use crate::typed::TypedOperation;

mod reading;

pub use reading::{NotMinutes, read_minutes_payload};

/// The exact bytes that the parties of a handover sign.
#[must_use]
pub fn minutes_payload(network: NetworkId, handover: RecordId, draft: &HandoverDraft) -> Vec<u8> {
    let mut json = String::with_capacity(512 + draft.lines.len() * 384);
    json.push_str(r#"{"type":"soxa-handover-minutes","version":1"#);
    text(&mut json, "network", &network.to_string());
    text(&mut json, "handover", &handover.to_string());
    text(&mut json, "kind", draft.kind.as_str());
    party(&mut json, "giver", &draft.giver);
    party(&mut json, "receiver", &draft.receiver);
    match &draft.witness {
        None => number(&mut json, "witness", "null"),
        Some(witness) => {
            json.push_str(&format!(r#","witness":{{"unit":"{}""#, witness.unit));
            text(&mut json, "name", &witness.name);
            text(&mut json, "capacity", witness.capacity.as_str());
            json.push('}');
        }
    }
    optional(&mut json, "corrects", draft.corrects.as_ref());
    text(&mut json, "basis", &draft.basis);
    text(&mut json, "condition_basis", draft.condition_basis.as_str());
    text(&mut json, "place", &draft.place);
    text(&mut json, "date", &draft.date.to_string());
    number(
        &mut json,
        "expires",
        &or_null(draft.expires.map(|time| time.0).as_ref()),
    );
    text(&mut json, "duties", &draft.duties);
    json.push_str(r#","lines":["#);
    for (line, content) in draft.numbered() {
        if line > 1 {
            json.push(',');
        }
        json.push_str(&format!(r#"{{"line":{line}"#));
        match &content.of {
            LineOf::Subject(subject) => {
                text(&mut json, "subject", &subject.record.to_string());
                text(&mut json, "prev", &subject.prev.to_string());
                number(&mut json, "depth", &subject.depth.to_string());
            }
            LineOf::Paper(paper) => {
                text(&mut json, "paper", paper.form.as_str());
                number(&mut json, "about", &or_null(paper.about.as_ref()));
                optional(&mut json, "hash", paper.hash.map(RecordId).as_ref());
            }
            LineOf::Restated(line) => number(&mut json, "restates", &line.to_string()),
        }
        text(&mut json, "name", &content.name);
        text(&mut json, "quantity", &content.quantity.to_string());
        text(&mut json, "measure", &content.measure);
        text(&mut json, "condition", &content.condition);
        text(&mut json, "remark", &content.remark);
        number(&mut json, "cost", &content.cost.to_string());
        number(&mut json, "residual", &or_null(content.residual.as_ref()));
        json.push('}');
    }
    json.push_str("]}");
    json.into_bytes()
}

/// What a signature under minutes is worth when it stands at these positions, carried by these commits: it counts as an
/// act of its party.
#[must_use]
pub fn signature_verdict(
    authority: &Authority,
    signer: &MinutesSigner,
    at: &[Position],
    commits: &[CommitId],
) -> Verdict {
    let kind = match signer.party {
        Party::Giver => "handover.offer",
        Party::Receiver => "handover.accept",
        Party::Witness => "handover.witness",
    };
    let kind: Option<OpKind> = kind.parse().ok();
    let act = Act {
        key: signer.key,
        appointment: signer.appointment,
        kinds: kind.iter().collect(),
        commits: commits.to_vec(),
    };
    authority.judge_act(&act, at)
}

/// One more signature under the minutes of a handover.
#[derive(Debug, Clone, Copy)]
pub struct SigningParty<'a> {
    /// The capacity.
    pub party: Party,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// The lines that a receiver refuses, ascending; empty for others.
    pub refused: &'a [RefusedLine],
    /// What the party remarks; empty when nothing.
    pub remark: &'a str,
    /// The key.
    pub key: &'a SecretKey,
}

/// Signs the payload of a handover, on top of the signatures of earlier minutes (none for the giver's offer).
///
/// # Errors
/// When the minutes would break the format, for example by a second signature of one key.
pub fn sign_minutes(
    network: NetworkId,
    payload: &[u8],
    earlier: Option<&Minutes>,
    by: SigningParty<'_>,
) -> Result<Minutes, MinutesError> {
    let mut signatures: Vec<_> = earlier
        .into_iter()
        .flat_map(|minutes| {
            minutes
                .signers()
                .iter()
                .map(|signer| minutes.signature_of(signer).clone())
        })
        .collect();
    signatures.push(Minutes::sign(
        payload,
        network,
        by.appointment,
        by.party,
        by.refused,
        by.remark,
        by.key,
    ));
    Minutes::assemble(payload, signatures)
}

/// The minutes that an operation of a handover carries; none when it carries none or is unknown.
#[must_use]
pub fn minutes_of<'a>(history: &'a History, op: &soxa_ledger::OpId) -> Option<&'a MinutesFacts> {
    let index = match history.typed(op)? {
        TypedOperation::Handover(HandoverOperation::Offer(body)) => body.minutes,
        TypedOperation::Handover(HandoverOperation::Accept(body)) => body.minutes,
        TypedOperation::Handover(HandoverOperation::Witness(body)) => body.minutes,
        TypedOperation::Handover(HandoverOperation::Effect(body)) => body.minutes,
        _ => return None,
    };
    history.operation(op)?.minutes.get(index as usize)
}

/// The minutes with the most signatures among those of the valid operations: what the next party signs on top of.
/// Of several the first in causal order.
#[must_use]
pub fn latest_minutes(history: &History) -> Option<&Minutes> {
    let mut latest: Option<&Minutes> = None;
    for (facts, _) in history.verdicts().filter(|(_, verdict)| verdict.is_valid()) {
        let Some(carried) = minutes_of(history, &facts.id) else {
            continue;
        };
        if latest.is_none_or(|known| known.signers().len() < carried.minutes.signers().len()) {
            latest = Some(&carried.minutes);
        }
    }
    latest
}

fn number(json: &mut String, name: &str, digits: &str) {
    json.push_str(&format!(r#","{name}":{digits}"#));
}

fn or_null(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "null".to_owned(), ToString::to_string)
}

/// 32 bytes in hexadecimal digits, or null.
fn optional(json: &mut String, name: &str, id: Option<&RecordId>) {
    match id {
        None => number(json, name, "null"),
        Some(id) => text(json, name, &id.to_string()),
    }
}

fn party(json: &mut String, name: &str, party: &HandoverParty) {
    json.push_str(&format!(r#","{name}":{{"unit":"{}""#, party.unit));
    text(json, "name", &party.name);
    json.push('}');
}

fn text(json: &mut String, name: &str, content: &str) {
    json.push_str(&format!(r#","{name}":""#));
    for c in content.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
}
