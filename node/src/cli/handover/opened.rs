//! A handover as an act on it needs it: the draft as it was signed, where the next operation goes, who has signed.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use soxa_lang::Lang;
use soxa_ledger::jws::JwsSignature;
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::{PublicKey, RecordId};
use soxa_records::compose::At;
use soxa_records::handover::minutes::minutes_payload;
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{CountRow, HandoverDraft, HandoverKind, HandoverOperation, HandoverStage};
use soxa_records::{Quantity, TypedOperation, decode};

use crate::cli::sign::UnsignedMinutes;
use crate::cli::{Session, fields};
use crate::clock;
use crate::control::protocol::Request;
use crate::control::reports::LogReport;
use crate::failure::{Failure, Sentence};
use crate::output::short;

/// A handover with what is needed to act on it.
pub(super) struct Opened {
    pub id: RecordId,
    pub at: At,
    pub draft: HandoverDraft,
    pub view: HandoverView,
    pub payload: Vec<u8>,
    minutes: Vec<Minutes>,
}

/// Reads one.
pub(super) fn open(session: &mut Session, wanted: &str) -> Result<Opened, Failure> {
    let network = session.network()?;
    let (read, view) = session.find_viewed("handover", wanted, HandoverView::of)?;
    let id = read.id.to_string();
    let log = session.client()?.log(Request::Log {
        id,
        at_time_ms: None,
        at_operations: Vec::new(),
    })?;
    let draft = drafted(&log).ok_or_else(|| fields::not_that_kind(&read))?;
    let payload = minutes_payload(network, read.id, &draft);
    let carried = log.operations.iter().flat_map(|operation| &operation.minutes);
    let minutes = carried
        .filter_map(|minutes| Minutes::decode(&BASE64.decode(minutes.as_bytes()).ok()?).ok())
        .collect();
    Ok(Opened {
        id: read.id,
        at: read.at()?,
        draft,
        view,
        payload,
        minutes,
    })
}

/// Reads all of these.
pub(super) fn open_all(session: &mut Session, wanted: &[String]) -> Result<Vec<Opened>, Failure> {
    wanted.iter().map(|one| open(session, one)).collect()
}

/// The draft as it was signed.
fn drafted(log: &LogReport) -> Option<HandoverDraft> {
    let operation = log
        .operations
        .iter()
        .find(|operation| operation.id == log.record.id)?;
    let body = BASE64.decode(operation.body.as_bytes()).ok()?;
    match decode(&operation.kind.parse().ok()?, operation.version, &body).ok()? {
        TypedOperation::Handover(HandoverOperation::Draft(draft)) => Some(*draft),
        _ => None,
    }
}

impl Opened {
    /// The signatures of these parties from one minutes, each shown as valid by the record's state.
    pub fn signed_by(&self, parties: &[Party]) -> Option<Vec<JwsSignature>> {
        let valid = |party: Party, key: PublicKey| {
            self.view
                .signatures
                .iter()
                .any(|signature| signature.party == party && signature.key == key)
        };
        let of_all = |minutes: &Minutes| {
            let of_party = |party: &Party| {
                let signer = minutes
                    .signers()
                    .iter()
                    .find(|s| s.party == *party && valid(*party, s.key))?;
                Some(minutes.signature_of(signer).clone())
            };
            parties.iter().map(of_party).collect::<Option<Vec<_>>>()
        };
        self.minutes
            .iter()
            .rev()
            .filter(|minutes| minutes.payload() == self.payload)
            .find_map(of_all)
    }

    /// The same, or why they are missing.
    pub fn earlier(&self, parties: &[Party]) -> Result<Vec<JwsSignature>, Failure> {
        let stage = |stage: HandoverStage| self.view.stage == stage;
        let handover = short(&self.id.to_string());
        if stage(HandoverStage::Withdrawn) {
            let giver = &self.view.giver.name;
            return Err(Failure::new(
                "errors.offer_withdrawn",
                &[("handover", &handover), ("giver", giver)],
            ));
        }
        if parties.is_empty() {
            return Ok(Vec::new());
        }
        self.signed_by(parties)
            .ok_or_else(|| Failure::new("errors.signatures_missing", &[("handover", &handover)]))
    }

    /// Where the next operations on the subjects of the accepted lines go.
    pub fn subjects(
        &self,
        session: &mut Session,
        refused: &[RefusedLine],
    ) -> Result<BTreeMap<RecordId, At>, Failure> {
        let lines = self.draft.accepted_lines(refused);
        let at = |subject: RecordId| Ok((subject, session.record(subject)?.at()?));
        lines.iter().map(|line| line.subject).map(at).collect()
    }

    /// The lines that the receiver refuses, in order: each is one of the minutes, named once, and something is left.
    pub fn refusing(
        &self,
        lang: Lang,
        command: &str,
        wanted: &[RefusedLine],
    ) -> Result<Vec<RefusedLine>, Failure> {
        let mut refused = wanted.to_vec();
        refused.sort_by_key(|line| line.line);
        let mut before = None;
        for RefusedLine { line, reason } in &refused {
            if before.replace(line) == Some(line) {
                return Err(fields::line_twice(lang, command, "--refuse", &line.to_string()));
            }
            if self.draft.line(*line).is_none() {
                return Err(fields::bad_value(
                    lang,
                    command,
                    "--refuse",
                    &format!("{line}={reason}"),
                ));
            }
        }
        if refused.len() >= self.draft.lines.len() {
            let reason = Sentence::new("cli.usage.all_refused", &[]);
            return Err(Failure::usage(lang, command, &reason));
        }
        Ok(refused)
    }

    /// Every line as found in the amount and condition that the minutes say.
    pub fn as_written(&self) -> Vec<CountRow> {
        let lines = (1_u32..).zip(&self.draft.lines);
        let found = lines.map(|(line, written)| CountRow {
            line,
            quantity: written.quantity,
            condition: written.condition.clone(),
            remark: String::new(),
        });
        found.collect()
    }

    /// The kinds of operations that follow when all have signed.
    pub fn effect_kinds(&self) -> Vec<&'static str> {
        let mut kinds = vec!["handover.effect"];
        if self.draft.subjects().next().is_some() {
            kinds.push(match self.draft.kind {
                HandoverKind::Staff => "person.custody",
                HandoverKind::Assets | HandoverKind::Papers => "asset.custody",
            });
        }
        kinds
    }

    /// What the receiver counted, where it differs from what the minutes say: the last count of each line.
    pub fn counted(&self) -> BTreeMap<u32, Quantity> {
        let lines = self.view.lines.iter();
        let last =
            lines.filter_map(|line| Some((line.line, line.content.quantity, line.counts.last()?.quantity)));
        last.filter(|(_, written, counted)| written != counted)
            .map(|(line, _, counted)| (line, counted))
            .collect()
    }

    /// The lines that the receiver has refused.
    fn refused(&self) -> Vec<RefusedLine> {
        let lines = self.view.lines.iter();
        let refused = lines.filter_map(|line| Some((line.line, line.refusals.first()?)));
        refused
            .map(|(line, refusal)| RefusedLine {
                line,
                reason: refusal.reason.clone(),
            })
            .collect()
    }

    /// The minutes for one more signature. Whoever signs after the receiver, or beside it, is shown what it refuses.
    pub fn unsigned(
        &self,
        earlier: Vec<JwsSignature>,
        party: Party,
        refused: &[RefusedLine],
        remark: &str,
    ) -> UnsignedMinutes {
        UnsignedMinutes {
            payload: self.payload.clone(),
            earlier,
            party,
            refused: match party {
                Party::Receiver => refused.to_vec(),
                Party::Giver | Party::Witness => Vec::new(),
            },
            left_out: match party {
                Party::Giver => Vec::new(),
                Party::Witness if refused.is_empty() => self.refused(),
                Party::Receiver | Party::Witness => refused.to_vec(),
            },
            remark: remark.to_owned(),
            counted: match party {
                Party::Giver => BTreeMap::new(),
                Party::Receiver | Party::Witness => self.counted(),
            },
        }
    }

    /// An offer that is out of date is taken no more.
    pub fn refuse_expired(&self) -> Result<(), Failure> {
        match self.draft.expires {
            Some(expires) if expires < clock::now() => Err(Failure::new(
                "errors.offer_expired",
                &[
                    ("handover", &short(&self.id.to_string())),
                    ("giver", &self.draft.giver.name),
                    ("expires", &clock::moment(expires.0)),
                ],
            )),
            _ => Ok(()),
        }
    }
}
