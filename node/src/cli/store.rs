//! The node itself: run, status, stop, and the checks of a stopped store.

use soxa_lang::{Lang, text};

use super::{ReadArgs, Session};
use crate::control::protocol::{Reply, Request, StatusReport};
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

/// `soxa status`. A node that only reads or whose feeds carry refused acts is a finding.
pub fn status(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let client = session.client()?;
    let report = match client.call(Request::Status)? {
        Reply::Status(report) => report,
        other => return Err(client.other_reply(&other)),
    };
    args.print_sheet(session.lang, &status_sheet(session.lang, &report))?;
    if let Some(reason) = &report.read_only {
        say(&text(session.lang, "cli.status.read_only", &[("reason", reason)]));
        return Ok(Exit::Findings);
    }
    Ok(Exit::Done)
}

fn status_sheet(lang: Lang, report: &StatusReport) -> Sheet {
    let mut sheet = Sheet::new("status");
    let count = |value: u64| Cell::count(lang, value);
    sheet
        .field("version", "cli.label.version", Cell::text(report.version.clone()))
        .field(
            "network",
            "cli.status.network",
            Cell::text(report.network.clone()),
        )
        .field(
            "province",
            "cli.label.province",
            Cell::option(report.province.clone()),
        )
        .field("node", "cli.label.node_key", Cell::text(report.node.clone()))
        .field("unit", "cli.label.unit_id", Cell::option(report.unit.clone()))
        .field(
            "unit_name",
            "records.field.unit",
            Cell::option(report.unit_name.clone()),
        )
        .field("listening", "cli.label.listening", list_cell(&report.listening))
        .field(
            "read_only",
            "cli.label.read_only",
            Cell::option(report.read_only.clone()),
        )
        .field(
            "state_root",
            "cli.status.state_root",
            Cell::text(report.state_root.clone()),
        )
        .field("feeds", "cli.label.feeds", count(report.feeds))
        .field("entries", "cli.label.entries", count(report.entries))
        .field("commits", "cli.label.commits", count(report.commits))
        .field("operations", "cli.label.operations", count(report.operations))
        .field("statements", "cli.label.statements", count(report.statements))
        .field("records", "cli.label.records", count(report.records))
        .field("valid", "cli.label.valid", count(report.valid))
        .field("pending", "cli.status.pending", count(report.pending))
        .field("void", "cli.status.void", count(report.void))
        .field("strangers", "cli.label.strangers", count(report.strangers));
    let mut peers = Listing::new(
        "peers",
        &[
            ("node", "cli.status.node"),
            ("unit", "records.field.unit"),
            ("connected", "cli.label.connected"),
            ("equal_at", "cli.label.equal_at"),
            ("offences", "cli.label.offences"),
        ],
    );
    for peer in &report.peers {
        peers.push(vec![
            Cell::id(&peer.node),
            Cell::option(peer.unit.clone()),
            Cell::yes_no(lang, peer.connected),
            peer.equal_at_ms.map_or_else(Cell::none, Cell::moment),
            count(peer.offences),
        ]);
    }
    let mut refused = Listing::new(
        "refused",
        &[
            ("node", "cli.status.node"),
            ("what", "cli.label.refused_what"),
            ("count", "cli.label.count"),
            ("reason", "cli.label.reason"),
        ],
    );
    for one in &report.refused {
        let key = format!("cli.refused.{}", one.what);
        let what = if soxa_lang::has(&key) {
            text(lang, &key, &[])
        } else {
            one.what.clone()
        };
        refused.push(vec![
            Cell::id(&one.node),
            Cell::word(what, &one.what),
            count(one.count),
            Cell::text(one.reason.clone()),
        ]);
    }
    sheet.list(peers).list(refused);
    sheet
}

fn list_cell(texts: &[String]) -> Cell {
    Cell::of(texts.join(", "), serde_json::json!(texts))
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
    args.print_sheet(lang, &sheet)?;
    if found.problems.is_empty() {
        say(&text(
            lang,
            "cli.answer.verified",
            &[("count", &soxa_lang::number(lang, found.signatures))],
        ));
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
