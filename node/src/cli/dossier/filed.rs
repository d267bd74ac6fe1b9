//! `soxa dossier file`: a scan, a draft or a decision of a dossier, opened and written to a file.

use std::path::PathBuf;

use clap::Args;
use soxa_ledger::FileHash;
use soxa_records::dossier::view::DossierView;

use super::Found;
use crate::cli::Session;
use crate::cli::files::{by_digits, write_out};
use crate::exit::Exit;
use crate::failure::Failure;

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
    let file = chosen(&found.view, &args.which)
        .ok_or_else(|| Failure::new("errors.no_such_file", &[("file", &args.which)]))?;
    write_out(session, found.read.id, file, &args.output)?;
    Ok(Exit::Done)
}

/// The file that somebody means: the scan of a paper by its number, or any by the first digits of its hash.
fn chosen(view: &DossierView, which: &str) -> Option<FileHash> {
    let by_number = which.parse::<usize>().ok().and_then(|number| {
        let paper = view.papers.get(number.checked_sub(1)?)?;
        paper.scan.map(FileHash)
    });
    let scans = view.papers.iter().filter_map(|paper| paper.scan);
    let documents = view.acts.iter().filter_map(|act| act.document);
    let applicant = view.applicant.values.iter().map(|written| written.value);
    by_number.or_else(|| by_digits(which, scans.chain(documents).chain(applicant).map(FileHash)))
}
