//! `soxa verify`: the whole store of the stopped node, or files of proof with no node and no store.

pub mod forks;
pub mod splits;

use std::path::{Path, PathBuf};

use clap::Args;
use soxa_lang::text;
use soxa_ledger::checkpoint::SignedCheckpoint;
use soxa_ledger::limits::{PROOF_BYTES_MAX, STATEMENT_BYTES_MAX};
use soxa_ledger::proof::{Proof, Proven};
use soxa_ledger::{ForkProof, RecordId, Verified};
use soxa_records::handover::proof::{HandoverProof, Outcome, read_handover_proof};

use super::proof::cosigned;
use super::proof::words;
use super::{ReadArgs, Session, fields, store};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::{read_genesis, read_limited};
use crate::output::{Cell, Listing, Sheet, say};

/// `soxa verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Files of proof; the store when there is none.
    #[arg(value_name = "FILE", requires = "root")]
    files: Vec<PathBuf>,
    /// What the reader trusts.
    #[arg(long, value_name = "KEY|NETWORK|FILE", requires = "files")]
    root: Vec<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// What a file turned out to be: what it proves, or which part is wrong and why.
type Checked = Result<Shown, String>;

/// What a file proves.
enum Shown {
    Handover(Box<(Proven, HandoverProof)>),
    Fork(Box<Verified<ForkProof>>),
    Checkpoint(Box<SignedCheckpoint>),
}

/// Checks the files, or the store when none is named.
pub fn run(args: &VerifyArgs, session: &Session) -> Result<Exit, Failure> {
    if args.files.is_empty() {
        return store::verify(&args.read, session);
    }
    let mut roots = Vec::new();
    for given in &args.root {
        roots.extend(trusted(given, session)?);
    }
    match args.files.as_slice() {
        [file] => one(args, session, file, &roots),
        files => several(args, session, files, &roots),
    }
}

/// Root keys and network ids: as digits, or in a file with one in each line, or as the genesis statement itself.
fn trusted(given: &str, session: &Session) -> Result<Vec<[u8; 32]>, Failure> {
    let id = |text: &str| text.parse::<RecordId>().map(|id| id.0);
    if let Ok(id) = id(given) {
        return Ok(vec![id]);
    }
    let file = Path::new(given);
    let refuse = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.not_a_public_key",
            &[("given", &given), ("reason", reason)],
        )
    };
    if !file.exists() {
        return Err(refuse(&text(session.lang, "cli.usage.no_such_root", &[])));
    }
    let bytes = read_limited(file, STATEMENT_BYTES_MAX as u64)?;
    if bytes.starts_with(b"{") {
        return Ok(vec![read_genesis(file)?.0.0]);
    }
    let lines = String::from_utf8_lossy(&bytes).into_owned();
    let lines = lines
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let found: Result<Vec<_>, _> = lines.filter(|line| !line.is_empty()).map(id).collect();
    found.map_err(|error| refuse(&error))
}

fn check(session: &Session, file: &Path, roots: &[[u8; 32]]) -> Result<Checked, Failure> {
    let lang = session.lang;
    let bytes = read_limited(file, PROOF_BYTES_MAX as u64)?;
    if splits::is_one(&bytes) {
        return Ok(splits::verify(lang, &bytes, roots).map(|note| Shown::Checkpoint(Box::new(note))));
    }
    if forks::is_one(&bytes) {
        return Ok(forks::verify(&bytes, roots).map(|proof| Shown::Fork(Box::new(proof))));
    }
    let proven = match Proof::decode(&bytes).and_then(|proof| proof.verify(roots)) {
        Ok(proven) => proven,
        Err(error) => return Ok(Err(words::ledger_error(lang, &error))),
    };
    Ok(match read_handover_proof(&proven) {
        Ok(says) => Ok(Shown::Handover(Box::new((proven, says)))),
        Err(error) => Err(words::handover_error(lang, &error)),
    })
}

fn one(args: &VerifyArgs, session: &Session, file: &Path, roots: &[[u8; 32]]) -> Result<Exit, Failure> {
    match check(session, file, roots)? {
        Ok(shown) => {
            let sheet = match shown {
                Shown::Handover(shown) => words::sheet(session.lang, file, &shown.0, &shown.1),
                Shown::Fork(proof) => forks::sheet(session.lang, file, &proof),
                Shown::Checkpoint(note) => splits::sheet(session.lang, file, &note),
            };
            args.read.print_sheet(session.lang, &sheet)?;
            Ok(Exit::Done)
        }
        Err(reason) => Err(Failure::new(
            "errors.verification_failed",
            &[("place", &file.display()), ("reason", &reason)],
        )),
    }
}

fn several(
    args: &VerifyArgs,
    session: &Session,
    files: &[PathBuf],
    roots: &[[u8; 32]],
) -> Result<Exit, Failure> {
    let lang = session.lang;
    let mut listing = Listing::new(
        "proofs",
        &[
            ("file", "cli.label.file"),
            ("outcome", "proof.label.outcome"),
            ("handover", "cli.label.handover"),
            ("date", "records.field.date"),
            ("giver", "records.field.giver"),
            ("receiver", "records.field.receiver"),
            ("lines", "cli.label.lines"),
            ("entered", "proof.label.entered"),
            ("cosigned_by", "cli.status.cosigned_by"),
            ("reason", "cli.label.reason"),
        ],
    );
    // A file that cannot be read proves nothing; the others are looked at all the same.
    let check = |file| check(session, file, roots).unwrap_or_else(|failure| Err(failure.what(lang)));
    let checked: Vec<Checked> = files.iter().map(|file| check(file)).collect();
    let notes = || {
        checked.iter().filter_map(|checked| match checked {
            Ok(Shown::Checkpoint(note)) => Some(&**note),
            _ => None,
        })
    };
    let without_handover = |shown: Cell, outcome: &str, cosigners: Option<String>, says: String| {
        let mut row = vec![shown, fields::translated(lang, "proof.outcome", outcome)];
        row.extend((0..6).map(|_| Cell::none()));
        row.extend([Cell::option(cosigners), Cell::text(says)]);
        row
    };
    let (mut proven, mut contested) = (0_usize, 0_usize);
    for (file, checked) in files.iter().zip(&checked) {
        let shown = Cell::text(file.display().to_string());
        match checked {
            Ok(Shown::Fork(proof)) => {
                proven += 1;
                let says = forks::sentence(lang, proof);
                listing.push(without_handover(shown, "forked", None, says));
            }
            Ok(Shown::Checkpoint(note)) => {
                proven += 1;
                let split = splits::is_split(note, notes());
                let outcome = if split { "split" } else { "checkpoint" };
                let cosigners = Some(splits::cosigners(note)).filter(|names| !names.is_empty());
                let says = splits::sentence(lang, note, split);
                listing.push(without_handover(shown, outcome, cosigners, says));
            }
            Ok(Shown::Handover(found)) => {
                let says = &found.1;
                proven += 1;
                contested += usize::from(says.outcome() == Outcome::Contested);
                let handover = &says.handover;
                listing.push(vec![
                    shown,
                    fields::translated(lang, "proof.outcome", words::outcome(says)),
                    Cell::id(&handover.id.to_string()),
                    fields::day_cell(handover.draft.date),
                    Cell::text(handover.draft.giver.name.clone()),
                    Cell::text(handover.draft.receiver.name.clone()),
                    Cell::count(lang, handover.moved.len() as u64),
                    Cell::moment(handover.time().0),
                    Cell::option(cosigned::cosigners(lang, &found.0)),
                    Cell::none(),
                ]);
            }
            Err(reason) => {
                listing.push(without_handover(shown, "failed", None, reason.clone()));
            }
        }
    }
    let count = |value: usize| Cell::count(lang, value as u64);
    let mut sheet = Sheet::new("proofs");
    sheet
        .field("files", "cli.label.file", count(files.len()))
        .field("proven", "proof.label.says", count(proven))
        .field("contested", "proof.label.contested", count(contested))
        .list(listing);
    args.read.print_sheet(lang, &sheet)?;
    say(&text(
        lang,
        "proof.answer.checked",
        &[("proven", &proven), ("count", &files.len())],
    ));
    Ok(if proven == files.len() {
        Exit::Done
    } else {
        Exit::VerificationFailed
    })
}
