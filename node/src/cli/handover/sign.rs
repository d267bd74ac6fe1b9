//! The acts of a handover: draft, offer, count, accept, refuse, withdraw, witness. Each handover is a commit of its own,
//! so that one that the node objects to holds no other up once it is left out.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use soxa_ledger::jws::JwsSignature;
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::{PublicKey, RecordId};
use soxa_records::compose::{At, Composer};
use soxa_records::handover::{CountRow, HandoverDraft, HandoverKind, HandoverOperation, HandoverStage};
use soxa_records::handover_minutes::minutes_payload;
use soxa_records::handover_view::HandoverView;
use soxa_records::{TypedOperation, decode};

use crate::cli::acting::{Acting, Signer};
use crate::cli::handover::{AcceptArgs, CountArgs, ManyArgs, ReasonArgs};
use crate::cli::sign::{ActArgs, Prepared, UnsignedMinutes, carry_out, official};
use crate::cli::{Session, fields};
use crate::clock;
use crate::control::protocol::Request;
use crate::control::reports::LogReport;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::short;

/// A handover with what is needed to act on it.
struct Opened {
    id: RecordId,
    at: At,
    draft: HandoverDraft,
    view: HandoverView,
    payload: Vec<u8>,
    minutes: Vec<Minutes>,
}

fn open(session: &mut Session, wanted: &str) -> Result<Opened, Failure> {
    let network = session.network()?;
    let read = session.find("handover", wanted)?;
    let view = HandoverView::of(&read.state).ok_or_else(|| fields::not_that_kind(&read))?;
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

fn open_all(session: &mut Session, wanted: &[String]) -> Result<Vec<Opened>, Failure> {
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
        TypedOperation::Handover(HandoverOperation::Draft(draft)) => Some(draft),
        _ => None,
    }
}

impl Opened {
    /// The signatures of these parties from one minutes, each shown as valid by the record's state.
    fn signed_by(&self, parties: &[Party]) -> Option<Vec<JwsSignature>> {
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

    fn earlier(&self, parties: &[Party]) -> Result<Vec<JwsSignature>, Failure> {
        let stage = |stage: HandoverStage| self.view.stage == stage;
        let handover = short(&self.id.to_string());
        if stage(HandoverStage::Withdrawn) {
            let giver = &self.view.giver.name;
            return Err(Failure::new(
                "errors.offer_withdrawn",
                &[("handover", &handover), ("giver", giver)],
            ));
        }
        self.signed_by(parties)
            .ok_or_else(|| Failure::new("errors.signatures_missing", &[("handover", &handover)]))
    }

    /// Where the next operations on the subjects of the accepted lines go.
    fn subjects(
        &self,
        session: &mut Session,
        refused: &[RefusedLine],
    ) -> Result<BTreeMap<RecordId, At>, Failure> {
        let lines = self.draft.accepted_lines(refused);
        let at = |subject: RecordId| Ok((subject, session.record(subject)?.at()?));
        lines.iter().map(|line| line.subject).map(at).collect()
    }

    /// Every line as found in the amount and condition that the minutes say.
    fn as_written(&self) -> Vec<CountRow> {
        let lines = (1_u32..).zip(&self.draft.lines);
        let found = lines.map(|(line, written)| CountRow {
            line,
            quantity: written.quantity,
            condition: written.condition.clone(),
            remark: String::new(),
        });
        found.collect()
    }

    fn custody_kind(&self) -> &'static str {
        match self.draft.kind {
            HandoverKind::Assets => "asset.custody",
            HandoverKind::Staff => "person.custody",
        }
    }
}

/// The official who acts for a unit that all these handovers have as this party.
fn party_official(
    session: &mut Session,
    act: &ActArgs,
    kinds: &[&str],
    all: &[Opened],
    unit: impl Fn(&HandoverDraft) -> Option<RecordId>,
) -> Result<(Signer, Acting), Failure> {
    let fits = |acting: &Acting| all.iter().all(|opened| unit(&opened.draft) == acting.unit());
    official(session, act, kinds, fits)
}

/// `soxa handover offer`.
pub fn offer(args: &ManyArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let giver = |draft: &HandoverDraft| Some(draft.giver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.offer"], &all, giver)?;
    let prepared = offers(all, &signer, &acting)?;
    carry_out(session, &args.act, signer, &acting, &prepared)
}

/// The giver's signatures under drafts that were just written.
///
/// # Errors
/// When a draft cannot be read back.
pub fn offers_of(
    session: &mut Session,
    drafts: &[RecordId],
    signer: &Signer,
    acting: &Acting,
) -> Result<Vec<Prepared>, Failure> {
    let drafts: Vec<String> = drafts.iter().map(ToString::to_string).collect();
    offers(open_all(session, &drafts)?, signer, acting)
}

fn offers(all: Vec<Opened>, signer: &Signer, acting: &Acting) -> Result<Vec<Prepared>, Failure> {
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let minutes = UnsignedMinutes {
            payload: opened.payload,
            earlier: Vec::new(),
            party: Party::Giver,
            refused: Vec::new(),
        };
        let mut composer = Composer::new();
        composer.offer(&mut opened.at, &minutes.form(signer, acting)?);
        prepared.push(Prepared::with_minutes(composer, minutes));
    }
    Ok(prepared)
}

/// `soxa handover count`.
pub fn count(args: &CountArgs, session: &mut Session) -> Result<Exit, Failure> {
    if !args.as_written && args.handovers.len() > 1 {
        let reason = Sentence::new("cli.usage.rows_in_one", &[]);
        return Err(Failure::usage(session.lang, "handover count", &reason));
    }
    let mut all = open_all(session, &args.handovers)?;
    let receiver = |draft: &HandoverDraft| Some(draft.receiver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.count"], &all, receiver)?;
    let prepared = all.iter_mut().map(|opened| {
        let rows = match args.as_written {
            true => opened.as_written(),
            false => args.row.clone(),
        };
        let mut composer = Composer::new();
        composer.count(&mut opened.at, rows);
        Prepared::of(composer)
    });
    let prepared: Vec<Prepared> = prepared.collect();
    carry_out(session, &args.act, signer, &acting, &prepared)
}

/// `soxa handover accept`. Without a named witness, effect and custody follow in the same commit.
pub fn accept(args: &AcceptArgs, session: &mut Session) -> Result<Exit, Failure> {
    if !args.refuse.is_empty() && args.handovers.len() > 1 {
        let reason = Sentence::new("cli.usage.refuse_in_one", &[]);
        return Err(Failure::usage(session.lang, "handover accept", &reason));
    }
    let mut refused = args.refuse.clone();
    refused.sort_by_key(|line| line.line);
    let all = open_all(session, &args.handovers)?;
    let mut kinds = vec!["handover.accept"];
    for opened in all.iter().filter(|opened| opened.draft.witness.is_none()) {
        kinds.extend(["handover.effect", opened.custody_kind()]);
    }
    let receiver = |draft: &HandoverDraft| Some(draft.receiver.unit);
    let (signer, acting) = party_official(session, &args.act, &kinds, &all, receiver)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        refuse_expired(&opened)?;
        if refused.len() >= opened.draft.lines.len() {
            let reason = Sentence::new("cli.usage.all_refused", &[]);
            return Err(Failure::usage(session.lang, "handover accept", &reason));
        }
        let minutes = UnsignedMinutes {
            payload: opened.payload.clone(),
            earlier: opened.earlier(&[Party::Giver])?,
            party: Party::Receiver,
            refused: refused.clone(),
        };
        let form = minutes.form(&signer, &acting)?;
        let mut subjects = match opened.draft.witness {
            Some(_) => BTreeMap::new(),
            None => opened.subjects(session, &refused)?,
        };
        let mut composer = Composer::new();
        composer
            .accept(&mut opened.at, opened.id, &opened.draft, &form, &mut subjects)
            .map_err(|e| Failure::internal("handover", e))?;
        prepared.push(Prepared::with_minutes(composer, minutes));
    }
    carry_out(session, &args.act, signer, &acting, &prepared)
}

fn refuse_expired(opened: &Opened) -> Result<(), Failure> {
    match opened.draft.expires {
        Some(expires) if expires < clock::now() => Err(Failure::new(
            "errors.offer_expired",
            &[
                ("handover", &short(&opened.id.to_string())),
                ("giver", &opened.draft.giver.name),
                ("expires", &clock::moment(expires.0)),
            ],
        )),
        _ => Ok(()),
    }
}

/// `soxa handover refuse`.
pub fn refuse(args: &ReasonArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let receiver = |draft: &HandoverDraft| Some(draft.receiver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.refuse"], &all, receiver)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let mut composer = Composer::new();
        composer.refuse(&mut opened.at, &args.reason);
        prepared.push(Prepared::of(composer));
    }
    carry_out(session, &args.act, signer, &acting, &prepared)
}

/// `soxa handover withdraw`.
pub fn withdraw(args: &ReasonArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let giver = |draft: &HandoverDraft| Some(draft.giver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.withdraw"], &all, giver)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let mut composer = Composer::new();
        composer.withdraw(&mut opened.at, &args.reason);
        prepared.push(Prepared::of(composer));
    }
    carry_out(session, &args.act, signer, &acting, &prepared)
}

/// `soxa handover witness`: the last required signature, so effect and custody follow in the same commit.
pub fn witness(args: &ManyArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let mut kinds = vec!["handover.witness", "handover.effect"];
    kinds.extend(all.iter().map(Opened::custody_kind));
    let named = |draft: &HandoverDraft| draft.witness.as_ref().map(|witness| witness.unit);
    let (signer, acting) = party_official(session, &args.act, &kinds, &all, named)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let minutes = UnsignedMinutes {
            payload: opened.payload.clone(),
            earlier: opened.earlier(&[Party::Giver, Party::Receiver])?,
            party: Party::Witness,
            refused: Vec::new(),
        };
        let form = minutes.form(&signer, &acting)?;
        let refused = soxa_records::compose::refused_in(&form).to_vec();
        let mut subjects = opened.subjects(session, &refused)?;
        let mut composer = Composer::new();
        composer
            .witness(&mut opened.at, opened.id, &opened.draft, &form, &mut subjects)
            .map_err(|e| Failure::internal("handover", e))?;
        prepared.push(Prepared::with_minutes(composer, minutes));
    }
    carry_out(session, &args.act, signer, &acting, &prepared)
}
