//! The node itself: run, stop, and the checks of a stopped store.

use soxa_lang::text;

use super::{ReadArgs, Session, fields};
use crate::control::protocol::{Reply, Request};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, Sheet, say};
use crate::progress::Progress;

/// `soxa run`: the daemon, until it is told to stop.
pub fn run(session: &Session) -> Result<Exit, Failure> {
    session.home.require()?;
    let config = session.home.config()?;
    crate::daemon::run(&session.home, config, session.lang)?;
    Ok(Exit::Done)
}

/// `soxa stop`.
pub fn stop(session: &mut Session) -> Result<Exit, Failure> {
    let client = session.client()?;
    match client.call(Request::Shutdown)? {
        Reply::ShuttingDown => {}
        other => return Err(client.other_reply(&other)),
    }
    say(&text(session.lang, "cli.answer.stopping", &[]));
    Ok(Exit::Done)
}

/// `soxa verify`: every byte of the stopped store against its hashes and signatures.
pub fn verify(args: &ReadArgs, session: &Session) -> Result<Exit, Failure> {
    session.home.require()?;
    let lang = session.lang;
    let progress = Progress::new(lang, "cli.progress.verifying", 0);
    let found = crate::daemon::verify(&session.home, &mut |done, total| progress.at(done, total));
    drop(progress);
    let found = found?;
    let mut sheet = Sheet::new("verify");
    let count = |value: u64| Cell::count(lang, value);
    sheet
        .field("entries", "cli.label.entries", count(found.entries))
        .field("signatures", "cli.label.signatures", count(found.signatures))
        .field("commits", "cli.label.commits", count(found.commits))
        .field("operations", "cli.label.operations", count(found.operations))
        .field("records", "cli.label.records", count(found.records))
        .field(
            "state_root",
            "cli.status.state_root",
            Cell::text(found.state_root.clone()),
        )
        .field("files", "cli.label.files", count(found.files.whole))
        .field(
            "files_lacking",
            "cli.label.files_lacking",
            count(found.files.lacking.len() as u64),
        )
        .field(
            "agrees",
            "cli.label.agrees",
            Cell::yes_no(lang, found.problems.is_empty()),
        );
    let mut problems = Listing::new("problems", &[("problem", "cli.label.problem")]);
    for problem in &found.problems {
        problems.push(vec![Cell::text(problem.clone())]);
    }
    sheet.list(problems);
    let mut files = Listing::new("open", &[("file", "cli.label.file"), ("says", "cli.label.says")]);
    let lacking = found.files.lacking.iter().map(|file| (file, "lacking"));
    let left = found.files.left.iter().map(|file| (file, "to_be_erased"));
    for (file, word) in lacking.chain(left) {
        let says = fields::translated(lang, "cli.file", word);
        files.push(vec![Cell::id(&file.to_string()), says]);
    }
    let open = found.files.lacking.len() + found.files.left.len();
    sheet.list(files);
    args.print_sheet(lang, &sheet)?;
    if found.problems.is_empty() {
        say(&text(
            lang,
            "cli.answer.verified",
            &[("count", &soxa_lang::number(lang, found.signatures))],
        ));
        if open > 0 {
            say(&text(lang, "cli.answer.findings", &[("count", &open)]));
            return Ok(Exit::Findings);
        }
        return Ok(Exit::Done);
    }
    let place = session.home.store_dir().display().to_string();
    let reason = text(lang, "cli.answer.problems", &[("count", &found.problems.len())]);
    let details = found
        .problems
        .iter()
        .map(|problem| Sentence::new("cli.answer.problem", &[("problem", problem)]));
    Err(Failure::new(
        "errors.verification_failed",
        &[("place", &place), ("reason", &reason)],
    )
    .with_details(details))
}

/// `soxa rebuild`: the index of the stopped store from its segments.
pub fn rebuild(session: &Session) -> Result<Exit, Failure> {
    session.home.require()?;
    let progress = Progress::new(session.lang, "cli.progress.rebuilding", 0);
    let entries = crate::daemon::rebuild(&session.home, &mut |done, total| progress.at(done, total))?;
    drop(progress);
    let entries = soxa_lang::number(session.lang, entries);
    say(&text(
        session.lang,
        "cli.answer.rebuilt",
        &[("entries", &entries)],
    ));
    Ok(Exit::Done)
}
