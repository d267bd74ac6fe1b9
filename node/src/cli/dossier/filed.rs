//! `soxa dossier file`: a scan, a draft or a decision of a dossier, opened and written to a file.

use std::path::PathBuf;

use clap::Args;
use soxa_ledger::FileHash;
use soxa_records::dossier::rules::files_of;

use super::{Found, erasing};
use crate::cli::Session;
use crate::cli::files::{by_digits, write_out};
use crate::exit::Exit;
use crate::failure::Failure;

/// What the file about the applicant is called.
const APPLICANT: &str = "applicant";

/// `soxa dossier file`.
#[derive(Debug, Args)]
pub struct FileArgs {
    #[arg(value_name = "DOSSIER")]
    dossier: String,
    /// Which: the number of a paper, or first digits of the file's hash.
    #[arg(value_name = "NUMBER|HASH")]
    which: String,
    /// Where to write it.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Writes a file of a dossier, for its owner only.
pub fn file(args: &FileArgs, session: &mut Session) -> Result<Exit, Failure> {
    let found = Found::of(session, &args.dossier)?;
    let file = chosen(&found, &args.which)
        .ok_or_else(|| Failure::new("errors.no_such_file", &[("file", &args.which)]))?;
    if let Some(told) = erasing::told(session.lang, &found, file) {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("file", &file.short()), ("told", &told)];
        return Err(Failure::new("errors.file_erased", &values));
    }
    write_out(session, found.read.id, file, &args.output)?;
    Ok(Exit::Done)
}

/// The file that somebody means: that about the applicant, the scan of a paper by its number, or any by the first digits of
/// its hash.
pub fn chosen(found: &Found, which: &str) -> Option<FileHash> {
    if which == APPLICANT {
        return found.view.applicant.one().copied().map(FileHash);
    }
    let by_number = which.parse::<usize>().ok().and_then(|number| {
        let paper = found.view.papers.get(number.checked_sub(1)?)?;
        paper.scan.map(FileHash)
    });
    by_number.or_else(|| by_digits(which, files_of(&found.read.state).into_iter()))
}
