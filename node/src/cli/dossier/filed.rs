//! `soxa dossier file`: a scan, a draft or a decision of a dossier, opened and written to a file.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::text;
use soxa_ledger::FileHash;
use soxa_records::dossier_view::DossierView;

use super::Found;
use crate::cli::Session;
use crate::cli::files::fetch;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::write_file;
use crate::output::say;

/// Digits by which a file can be named at least.
const DIGITS_MIN: usize = 4;

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
    if args.output.exists() {
        return Err(Failure::new(
            "errors.file_exists",
            &[("path", &args.output.display())],
        ));
    }
    let lang = session.lang;
    let Some(bytes) = fetch(session, found.read.id, file)? else {
        return Err(Failure::new("errors.file_away", &[("file", &file.short())]));
    };
    write_file(&args.output, &bytes, 0o600)?;
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("file", &args.output.display()), ("count", &bytes.len())];
    say(&text(lang, "cli.answer.file_written", &values));
    Ok(Exit::Done)
}

/// The file that somebody means: the scan of a paper by its number, or any by the first digits of its hash.
fn chosen(view: &DossierView, which: &str) -> Option<FileHash> {
    let by_number = which.parse::<usize>().ok().and_then(|number| {
        let paper = view.papers.get(number.checked_sub(1)?)?;
        paper.scan.map(FileHash)
    });
    if by_number.is_some() || which.len() < DIGITS_MIN {
        return by_number;
    }
    let scans = view.papers.iter().filter_map(|paper| paper.scan);
    let documents = view.acts.iter().filter_map(|act| act.document);
    let applicant = view.applicant.values.iter().map(|written| written.value);
    let mut fitting = scans
        .chain(documents)
        .chain(applicant)
        .map(FileHash)
        .filter(|file| file.to_string().starts_with(which));
    let first = fitting.next()?;
    fitting.all(|other| other == first).then_some(first)
}
