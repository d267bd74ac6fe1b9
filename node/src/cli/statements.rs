//! Statements: signed facts about authority, made by an official under an appointment or by root key holders.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::text;
use soxa_ledger::limits::KNOWN_TIPS_MAX;
use soxa_ledger::role::{Permissions, StatementKind};
use soxa_ledger::statement::{Fact, FeedPosition, Issuer, UnsignedStatement};
use soxa_ledger::{NetworkId, PublicKey, SecretKey, Seq, Statement, StatementId, Verified};

use super::acting::{Acting, ConsentArgs, SignArgs, Signer};
use super::key::root_keys;
use super::{Session, foreseen};
use crate::control::protocol::Request;
use crate::control::reports::{PositionReport, StoredReport};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key_store::LockedKey;
use crate::output::{Cell, Listing, print_listing, say};
use crate::passphrase::Passphrases;

/// Who makes a statement.
#[derive(Debug, Clone, Args)]
pub struct IssuerArgs {
    #[command(flatten)]
    pub sign: SignArgs,
    /// Root key files: the statement is made by the root instead of by an official.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub root_key: Vec<PathBuf>,
    /// A file to gather root signatures in, instead of storing the statement.
    #[arg(long, value_name = "FILE", requires = "root_key")]
    pub into: Option<PathBuf>,
    #[command(flatten)]
    pub read: super::ReadArgs,
}

/// Makes a statement: shows it in plain words, asks, signs, stores. `fits` says which of the official's
/// appointments is meant.
///
/// # Errors
/// When it cannot be signed or the node refuses it.
pub fn issue(
    session: &mut Session,
    args: &IssuerArgs,
    fact: &Fact,
    preview: Vec<String>,
    fits: impl Fn(&Acting) -> bool,
) -> Result<Exit, Failure> {
    issue_all(session, args, std::slice::from_ref(fact), preview, fits)
}

/// Makes statements and says what was stored; see [`make`].
///
/// # Errors
/// When one cannot be signed or the node refuses one.
pub fn issue_all(
    session: &mut Session,
    args: &IssuerArgs,
    facts: &[Fact],
    preview: Vec<String>,
    fits: impl Fn(&Acting) -> bool,
) -> Result<Exit, Failure> {
    let (_, stored) = make(session, args, facts, preview, fits)?;
    if args.into.is_some() {
        return Ok(Exit::Done);
    }
    report(session, args.read.format, &stored)
}

/// Makes several statements under one appointment that allows all of them: shown, asked for and stored together, each with a
/// signature of its own.
///
/// # Errors
/// When one cannot be signed or the node refuses one.
pub fn make(
    session: &mut Session,
    args: &IssuerArgs,
    facts: &[Fact],
    preview: Vec<String>,
    fits: impl Fn(&Acting) -> bool,
) -> Result<(Vec<StatementId>, Vec<StoredReport>), Failure> {
    if args.root_key.is_empty() {
        let mut signer = Signer::new(session, &args.sign)?;
        return make_as(session, &mut signer, facts, preview, fits);
    }
    let knew = newest(session.client()?.positions(Request::Tips)?)?;
    let network = session.network()?;
    let keys = {
        let mut lines = vec![text(
            session.lang,
            "preview.root_signers",
            &[("count", &args.root_key.len())],
        )];
        lines.extend(preview);
        let roots = root_keys::in_office(session)?.keys;
        lines.extend(foreseen(session, network, Issuer::Root, facts, &roots)?);
        unlock_roots(session, &args.root_key, args.sign.consent, &lines)?
    };
    let signed = signed(network, Issuer::Root, facts, &knew, &keys)?;
    if let Some(file) = &args.into {
        root_keys::write_gathering(session, file, &signed)?;
        return Ok((signed.iter().map(|one| one.id).collect(), Vec::new()));
    }
    submit(session, &signed)
}

/// The same by an official whose key file is read already: a key that was opened before is not asked for again.
///
/// # Errors
/// As for [`make`].
pub fn make_as(
    session: &mut Session,
    signer: &mut Signer,
    facts: &[Fact],
    preview: Vec<String>,
    fits: impl Fn(&Acting) -> bool,
) -> Result<(Vec<StatementId>, Vec<StoredReport>), Failure> {
    let knew = newest(session.client()?.positions(Request::Tips)?)?;
    let network = session.network()?;
    let kinds = facts.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
    let units = session.units()?;
    let permits = |permissions: &Permissions| kinds.iter().all(|kind| permissions.statements.contains(kind));
    let acting = signer.acting(&units, permits, fits)?;
    let mut lines = vec![acting.preview(session.lang, &units)];
    lines.extend(preview);
    let issuer = Issuer::Under(acting.appointment);
    lines.extend(foreseen(session, network, issuer, facts, &[signer.public])?);
    signer.consent(&lines)?;
    let signed = signed(network, issuer, facts, &knew, &[signer.secret()?])?;
    submit(session, &signed)
}

fn signed(
    network: NetworkId,
    issuer: Issuer,
    facts: &[Fact],
    knew: &[FeedPosition],
    keys: &[SecretKey],
) -> Result<Vec<Verified<Statement>>, Failure> {
    let unsigned = facts
        .iter()
        .map(|fact| UnsignedStatement::new(network, issuer, fact, knew));
    unsigned.map(|unsigned| assemble(&unsigned, keys)).collect()
}

fn submit(
    session: &mut Session,
    signed: &[Verified<Statement>],
) -> Result<(Vec<StatementId>, Vec<StoredReport>), Failure> {
    let ids = signed.iter().map(|one| one.id).collect();
    let bytes: Vec<Vec<u8>> = signed.iter().map(|one| one.bytes().to_vec()).collect();
    let stored = session.client()?.submit_statements(&bytes)?;
    Ok((ids, stored))
}

/// What the statements among these that take or give effect would do.
fn foreseen(
    session: &mut Session,
    network: NetworkId,
    issuer: Issuer,
    facts: &[Fact],
    signers: &[PublicKey],
) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for fact in facts.iter().filter(|fact| foreseen::is_weighty(fact)) {
        let unsigned = UnsignedStatement::new(network, issuer, fact, &[]);
        let report = foreseen::ask(session, &unsigned, signers)?;
        lines.extend(foreseen::lines(session, &report)?);
    }
    Ok(lines)
}

fn kind(fact: &Fact) -> Result<StatementKind, Failure> {
    match fact {
        Fact::Appointment(_) => Ok(StatementKind::Appointment),
        Fact::Cut(_) => Ok(StatementKind::Cut),
        Fact::Compromise(_) => Ok(StatementKind::Compromise),
        Fact::Admission(_) | Fact::Invite(_) => Ok(StatementKind::Admission),
        Fact::Adoption(_) => Ok(StatementKind::Adoption),
        Fact::Genesis(_) | Fact::Roots(_) | Fact::Unknown { .. } => Err(Failure::internal(
            "statements",
            "a fact that is not issued this way",
        )),
    }
}

/// Shows, asks, and opens the root keys, one passphrase each.
///
/// # Errors
/// When the answer is no or a key does not open.
pub fn unlock_roots(
    session: &Session,
    files: &[PathBuf],
    consent: ConsentArgs,
    preview: &[String],
) -> Result<Vec<SecretKey>, Failure> {
    let locked = files
        .iter()
        .map(|file| LockedKey::read(file))
        .collect::<Result<Vec<_>, _>>()?;
    let mut passphrases = Passphrases::new(session.lang, consent.passphrase_stdin);
    consent.obtain(&passphrases, preview)?;
    locked.iter().map(|key| key.unlock(&mut passphrases)).collect()
}

/// Signs with each key and checks the whole.
///
/// # Errors
/// When the content breaks the format.
pub fn assemble(unsigned: &UnsignedStatement, keys: &[SecretKey]) -> Result<Verified<Statement>, Failure> {
    let signatures = keys.iter().map(|key| unsigned.sign(key)).collect();
    unsigned
        .assemble(signatures)
        .map_err(|error| Failure::new("errors.statement_malformed", &[("reason", &error)]))
}

/// The newest tips, as many as a statement may cite.
fn newest(mut tips: Vec<PositionReport>) -> Result<Vec<FeedPosition>, Failure> {
    tips.sort_by_key(|tip| std::cmp::Reverse(tip.time_ms));
    tips.truncate(KNOWN_TIPS_MAX);
    positions(&tips)
}

/// Positions as statements name them, in the order of their feeds.
///
/// # Errors
/// When the daemon answered with what is no position.
pub fn positions(reports: &[PositionReport]) -> Result<Vec<FeedPosition>, Failure> {
    let garbage = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.socket_garbage",
            &[("socket", &"soxa.sock"), ("reason", reason)],
        )
    };
    let position = |report: &PositionReport| {
        Ok(FeedPosition {
            feed: report.feed.parse().map_err(|e| garbage(&e))?,
            seq: Seq(report.seq),
            hash: report.hash.parse().map_err(|e| garbage(&e))?,
        })
    };
    let mut positions = reports
        .iter()
        .map(position)
        .collect::<Result<Vec<_>, Failure>>()?;
    positions.sort_by_key(|position| position.feed);
    Ok(positions)
}

/// Says what was stored. What is stored and not valid is a finding.
///
/// # Errors
/// When standard output cannot be written.
pub fn report(
    session: &Session,
    format: crate::output::Format,
    stored: &[StoredReport],
) -> Result<Exit, Failure> {
    let lang = session.lang;
    let mut listing = Listing::new(
        "stored",
        &[("id", "records.field.id"), ("verdict", "cli.label.verdict")],
    );
    for one in stored {
        listing.push(vec![Cell::text(one.id.clone()), verdict_cell(lang, &one.verdict)]);
    }
    print_listing(lang, format, &listing)?;
    let without_effect = stored.iter().filter(|one| one.verdict != "valid").count();
    if without_effect == 0 {
        return Ok(Exit::Done);
    }
    say(&text(lang, "cli.answer.findings", &[("count", &without_effect)]));
    Ok(Exit::Findings)
}

/// A verdict with its translation.
pub fn verdict_cell(lang: soxa_lang::Lang, verdict: &str) -> Cell {
    let key = format!("verdicts.word.{verdict}");
    if soxa_lang::has(&key) {
        Cell::word(text(lang, &key, &[]), verdict)
    } else {
        Cell::text(verdict)
    }
}
