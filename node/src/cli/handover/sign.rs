//! The acts of a handover: draft, offer, count, accept, refuse, withdraw, witness. Each handover is a commit of its own,
//! so that one that the node objects to holds no other up once it is left out.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_ledger::minutes::Party;
use soxa_office::handovers::counted::{self, Counted};
use soxa_records::compose::Composer;
use soxa_records::handover::{CountRow, HandoverDraft};

use super::opened::{Opened, open_all};
use super::{AcceptArgs, CountArgs, ReasonArgs, SignedArgs};
use crate::cli::acting::{Acting, Signer};
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};

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
pub fn offer(args: &SignedArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let giver = |draft: &HandoverDraft| Some(draft.giver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.offer"], &all, giver)?;
    let prepared = offers(all, &signer, &acting, &args.remark)?;
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
    offers(open_all(session, &drafts)?, signer, acting, "")
}

fn offers(
    all: Vec<Opened>,
    signer: &Signer,
    acting: &Acting,
    remark: &str,
) -> Result<Vec<Prepared>, Failure> {
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let minutes = opened.unsigned(Vec::new(), Party::Giver, &[], remark);
        let mut composer = Composer::new();
        composer.offer(&mut opened.at, &minutes.form(signer, acting)?);
        prepared.push(Prepared::with_minutes(composer, minutes));
    }
    Ok(prepared)
}

/// `soxa handover count`: line by line, from a table, or as the minutes say but for some lines.
pub fn count(args: &CountArgs, session: &mut Session) -> Result<Exit, Failure> {
    if (!args.row.is_empty() || args.table.table.is_some()) && args.handovers.len() > 1 {
        let reason = Sentence::new("cli.usage.rows_in_one", &[]);
        return Err(Failure::usage(session.lang, "handover count", &reason));
    }
    let lang = session.lang;
    let in_table = match args.table.read(lang, counted::COLUMNS)? {
        Some(table) => {
            let mut counted = Counted::default();
            table.lines(lang, |line| counted.read(line))?
        }
        None => Vec::new(),
    };
    let mut numbers = BTreeSet::new();
    if let Some(twice) = args.row.iter().find(|row| !numbers.insert(row.line)) {
        let value = twice.line.to_string();
        return Err(fields::line_twice(lang, "handover count", "--row", &value));
    }
    let mut all = open_all(session, &args.handovers)?;
    let receiver = |draft: &HandoverDraft| Some(draft.receiver.unit);
    let (signer, acting) = party_official(session, &args.act, &["handover.count"], &all, receiver)?;
    let prepared = all.iter_mut().map(|opened| {
        let mut rows: BTreeMap<u32, CountRow> = BTreeMap::new();
        if args.as_written {
            rows.extend(opened.as_written().into_iter().map(|row| (row.line, row)));
        }
        rows.extend(
            in_table
                .iter()
                .chain(&args.row)
                .map(|row| (row.line, row.clone())),
        );
        let mut composer = Composer::new();
        composer.count(&mut opened.at, rows.into_values().collect());
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
    let all = open_all(session, &args.handovers)?;
    let mut kinds = vec!["handover.accept"];
    for opened in all.iter().filter(|opened| opened.draft.witness.is_none()) {
        kinds.extend(opened.effect_kinds());
    }
    let receiver = |draft: &HandoverDraft| Some(draft.receiver.unit);
    let (signer, acting) = party_official(session, &args.act, &kinds, &all, receiver)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        opened.refuse_expired()?;
        let refused = opened.refusing(session.lang, "handover accept", &args.refuse)?;
        let minutes = opened.unsigned(
            opened.earlier(&[Party::Giver])?,
            Party::Receiver,
            &refused,
            &args.remark,
        );
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
pub fn witness(args: &SignedArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = open_all(session, &args.handovers)?;
    let mut kinds = vec!["handover.witness"];
    kinds.extend(all.iter().flat_map(Opened::effect_kinds));
    let named = |draft: &HandoverDraft| draft.witness.as_ref().map(|witness| witness.unit);
    let (signer, acting) = party_official(session, &args.act, &kinds, &all, named)?;
    let mut prepared = Vec::with_capacity(all.len());
    for mut opened in all {
        let earlier = opened.earlier(&[Party::Giver, Party::Receiver])?;
        let minutes = opened.unsigned(earlier, Party::Witness, &[], &args.remark);
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
