//! `soxa key roots` and `soxa key cosign`: other root keys, and root signatures of several people on several machines.
//!
//! A statement by the root needs a quorum. Who begins it writes it into a file with `--into`; the file goes round, and
//! each adds a signature to the same payload; whoever has a node stores it when there are enough. The file is the
//! statement's own container (JWS), so nothing in it has to be trusted: each sees what it says before signing.

use std::path::{Path, PathBuf};

use clap::Args;
use soxa_lang::{Lang, text};
use soxa_ledger::jws::{Jws, JwsSignature};
use soxa_ledger::limits::STATEMENT_BYTES_MAX;
use soxa_ledger::statement::{Fact, Issuer, RootChange, UnsignedStatement};
use soxa_ledger::{NetworkId, PublicKey, Signed, Statement, StatementId, Verified};

use crate::cli::Session;
use crate::cli::acting::ConsentArgs;
use crate::cli::kept::{KeptArgs, kept};
use crate::cli::key::authority::says;
use crate::cli::session::Units;
use crate::cli::statements::{self, IssuerArgs, unlock_roots};
use crate::control::protocol::{Reply, Request};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{read_limited, write_file};
use crate::key_store;
use crate::output::{Format, say, short};

/// `soxa key roots`.
#[derive(Debug, Args)]
pub struct RootsArgs {
    /// All root keys from now on.
    #[arg(long = "new", required = true, num_args = 1.., value_name = "KEY|FILE")]
    roots: Vec<String>,
    /// How many of them have to sign.
    #[arg(long, value_name = "COUNT")]
    quorum: u32,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// `soxa key cosign`.
#[derive(Debug, Args)]
pub struct CosignArgs {
    /// The file that goes round.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Root key files.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    root_key: Vec<PathBuf>,
    /// Store it at this node.
    #[arg(long)]
    store: bool,
    #[command(flatten)]
    consent: ConsentArgs,
}

/// The root keys in office.
pub struct Roots {
    /// The statement that names them.
    pub set: StatementId,
    /// The keys.
    pub keys: Vec<PublicKey>,
    /// How many have to sign.
    pub quorum: u32,
}

/// The root keys in office, as the node knows them.
///
/// # Errors
/// When the node cannot be asked.
pub fn in_office(session: &mut Session) -> Result<Roots, Failure> {
    let client = session.client()?;
    let report = match client.call(Request::Network)? {
        Reply::Network(report) => report,
        other => return Err(client.other_reply(&other)),
    };
    let garbage = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.socket_garbage",
            &[("socket", &"soxa.sock"), ("reason", reason)],
        )
    };
    let set = report.root_set.unwrap_or_default();
    let keys = report
        .roots
        .iter()
        .map(|key| key.parse().map_err(|e| garbage(&e)));
    Ok(Roots {
        set: set.parse().map_err(|e| garbage(&e))?,
        keys: keys.collect::<Result<_, _>>()?,
        quorum: report.quorum,
    })
}

/// What a change says, in plain words.
pub fn told(lang: Lang, change: &RootChange) -> String {
    let keys: Vec<String> = change.roots.iter().map(|key| short(&key.to_string())).collect();
    text(
        lang,
        "preview.roots",
        &[
            ("quorum", &change.quorum),
            ("count", &keys.len()),
            ("keys", &keys.join(", ")),
        ],
    )
}

/// Puts other root keys into office.
pub fn change(args: &RootsArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    if args.issuer.root_key.is_empty() {
        return Err(Failure::new("errors.root_keys_needed", &[]));
    }
    let mut roots = args
        .roots
        .iter()
        .map(|key| key_store::public_key(key))
        .collect::<Result<Vec<_>, _>>()?;
    roots.sort_unstable();
    roots.dedup();
    let office = in_office(session)?;
    let mut found = session.client()?.positions(Request::RootPositions)?;
    if let Some(before) = args.kept.before_ms() {
        found.retain(|position| position.time_ms < before);
    }
    let (stands, kept) = kept(lang, &args.kept, found)?;
    let change = RootChange {
        roots,
        quorum: args.quorum,
        follows: office.set,
        remark: args.kept.remark.clone(),
        stands,
    };
    let preview = vec![told(lang, &change), kept];
    statements::issue(session, &args.issuer, &Fact::Roots(change), preview, |_| true)
}

/// Writes a statement with the signatures so far, to be passed round.
///
/// # Errors
/// When there are several, or the file cannot be written.
pub fn write_gathering(
    session: &mut Session,
    file: &Path,
    signed: &[Verified<Statement>],
) -> Result<(), Failure> {
    let [statement] = signed else {
        return Err(Failure::new(
            "errors.one_statement_a_file",
            &[("count", &signed.len())],
        ));
    };
    let office = in_office(session)?;
    write_file(file, statement.bytes(), 0o644)?;
    tell_count(session.lang, file, &statement.signers, &office);
    Ok(())
}

fn tell_count(lang: Lang, file: &Path, signers: &[PublicKey], office: &Roots) {
    let signed = office.keys.iter().filter(|key| signers.contains(key)).count();
    say(&text(
        lang,
        "cli.answer.gathered",
        &[
            ("file", &file.display()),
            ("signed", &signed),
            ("quorum", &office.quorum),
        ],
    ));
}

/// A statement in a file, with the network that it is made for.
fn read(file: &Path, network: NetworkId) -> Result<(Verified<Statement>, Jws), Failure> {
    let malformed =
        |reason: &dyn std::fmt::Display| Failure::new("errors.statement_malformed", &[("reason", reason)]);
    let bytes = read_limited(file, STATEMENT_BYTES_MAX as u64)?;
    let signed = Signed::<Statement>::decode(&bytes).map_err(|e| malformed(&e))?;
    let statement = signed.verify(network).map_err(|e| malformed(&e))?;
    let jws = Jws::decode(&bytes, STATEMENT_BYTES_MAX).map_err(|e| malformed(&e))?;
    if statement.issuer != Issuer::Root {
        return Err(Failure::new("errors.not_by_root", &[("file", &file.display())]));
    }
    Ok((statement, jws))
}

/// Adds root signatures to a statement in a file, and stores it when asked to.
pub fn cosign(args: &CosignArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (mut statement, jws) = read(&args.file, session.network()?)?;
    if !args.root_key.is_empty() {
        // No daemon is needed: the machine on which a root key lives may have no node.
        let preview = vec![
            text(lang, "preview.root_signers", &[("count", &args.root_key.len())]),
            says(lang, &Units::default(), &statement),
        ];
        let keys = unlock_roots(session, &args.root_key, args.consent, &preview)?;
        let unsigned = UnsignedStatement::from_payload(jws.payload);
        let mut signatures: Vec<JwsSignature> = jws.signatures;
        let fresh = keys
            .iter()
            .filter(|key| !statement.signers.contains(&key.public()));
        signatures.extend(fresh.map(|key| unsigned.sign(key)));
        statement = unsigned
            .assemble(signatures)
            .map_err(|error| Failure::new("errors.statement_malformed", &[("reason", &error)]))?;
        write_file(&args.file, statement.bytes(), 0o644)?;
    }
    if !args.store {
        say(&text(
            lang,
            "cli.answer.cosigned",
            &[
                ("file", &args.file.display()),
                ("signed", &statement.signers.len()),
            ],
        ));
        return Ok(Exit::Done);
    }
    let office = in_office(session)?;
    tell_count(lang, &args.file, &statement.signers, &office);
    let stored = session
        .client()?
        .submit_statements(&[statement.bytes().to_vec()])?;
    statements::report(session, Format::Table, &stored)
}
