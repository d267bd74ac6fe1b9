//! `soxa status`: how the node is, and what it knows of its peers.

use serde_json::{Value, json};
use soxa_lang::{Lang, number, text};

use super::verify::forks;
use super::{ReadArgs, Session};
use crate::clock::machine;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{OffenceReport, StatusReport};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, say, short};

/// `soxa status`. A node that only reads, a key that two machines use and a split view are findings.
pub fn status(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let client = session.client()?;
    let report = match client.call(Request::Status)? {
        Reply::Status(report) => report,
        other => return Err(client.other_reply(&other)),
    };
    args.print_sheet(session.lang, &status_sheet(session.lang, &report))?;
    for node in &report.doubled {
        say(&text(session.lang, "cli.status.doubled", &[("node", node)]));
    }
    for log in report.checkpoints.iter().filter(|log| !log.split_view.is_empty()) {
        say(&text(session.lang, "cli.status.split", &[("node", &log.node)]));
    }
    for fork in &report.forks {
        say(&text(
            session.lang,
            "cli.status.forked",
            &[("node", &fork.node), ("seq", &fork.seq)],
        ));
        if let Some(entries) = forks::awaited(session.lang, fork) {
            say(&text(
                session.lang,
                "cli.status.awaited",
                &[("node", &fork.node), ("entries", &entries)],
            ));
        }
    }
    if let Some(why) = &report.begun {
        let why = word(session.lang, "cli.begun", why);
        say(&text(session.lang, "cli.status.begun", &[("reason", &why)]));
    }
    if let Some(reason) = &report.read_only {
        let reason = word(session.lang, "cli.read_only", reason);
        say(&text(
            session.lang,
            "cli.status.read_only",
            &[("reason", &reason)],
        ));
        return Ok(Exit::Findings);
    }
    let split = report.checkpoints.iter().any(|log| !log.split_view.is_empty());
    Ok(
        if report.doubled.is_empty() && report.forks.is_empty() && !split {
            Exit::Done
        } else {
            Exit::Findings
        },
    )
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
            word_cell(lang, "cli.read_only", report.read_only.as_deref()),
        )
        .field(
            "begun",
            "cli.label.begun",
            word_cell(lang, "cli.begun", report.begun.as_deref()),
        )
        .field(
            "earlier_feeds",
            "cli.label.earlier_feeds",
            count(report.earlier_feeds),
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
    sheet
        .list(peers(lang, report))
        .list(checkpoints(lang, report))
        .list(refused(lang, report))
        .list(forks::listing(lang, &report.forks));
    sheet
}

fn peers(lang: Lang, report: &StatusReport) -> Listing {
    let mut peers = Listing::new(
        "peers",
        &[
            ("node", "cli.status.node"),
            ("unit", "records.field.unit"),
            ("connected", "cli.label.connected"),
            ("sync", "cli.status.sync"),
            ("we_lack", "cli.status.we_lack"),
            ("they_lack", "cli.status.they_lack"),
            ("since", "cli.status.since"),
            ("last_heard", "cli.status.last_heard"),
            ("version", "cli.label.version"),
            ("offences", "cli.label.offences"),
            ("dropped_until", "cli.status.dropped_until"),
            ("address", "cli.label.address"),
        ],
    );
    let lack = |count: Option<u64>| count.map_or_else(Cell::none, |count| Cell::count(lang, count));
    let moment = |at: Option<u64>| at.map_or_else(Cell::none, Cell::moment);
    for peer in &report.peers {
        let sync = peer.sync.word();
        peers.push(vec![
            Cell::id(&peer.node),
            Cell::option(peer.unit.clone()),
            Cell::yes_no(lang, peer.connected),
            Cell::word(text(lang, &format!("cli.status.sync.{sync}"), &[]), sync),
            lack(peer.we_lack),
            lack(peer.they_lack),
            moment(peer.since_ms),
            moment(peer.heard_at_ms),
            Cell::option(peer.program.clone()),
            offences(lang, &peer.offences),
            moment(peer.dropped_until_ms),
            Cell::option(peer.address.clone()),
        ]);
    }
    peers
}

/// What a peer did: people see words and counts, programs a list.
fn offences(lang: Lang, offences: &[OffenceReport]) -> Cell {
    let shown = offences.iter().map(|offence| {
        let what = word(lang, "cli.offence", &offence.what);
        format!("{what}: {}", number(lang, offence.count))
    });
    let values = offences.iter().map(|offence| {
        let last = machine(offence.last_ms);
        json!({ "what": offence.what, "count": offence.count, "last": last })
    });
    Cell::of(
        shown.collect::<Vec<_>>().join("; "),
        Value::Array(values.collect()),
    )
}

/// Who published what it holds, and who co-signed it. Programs find the notes here, as stock tools read them.
fn checkpoints(lang: Lang, report: &StatusReport) -> Listing {
    let mut checkpoints = Listing::new(
        "checkpoints",
        &[
            ("node", "cli.status.node"),
            ("unit", "records.field.unit"),
            ("scope", "cli.status.scope"),
            ("snapshots", "cli.status.snapshots"),
            ("note", "cli.status.root"),
            ("cosigned_by", "cli.status.cosigned_by"),
            ("state", "cli.status.checkpoint"),
            ("split_view", "cli.status.split_view"),
        ],
    );
    for log in &report.checkpoints {
        let named = log.cosigned_by.iter();
        let named = named.map(|one| one.unit.clone().unwrap_or_else(|| short(&one.node)));
        let cosigners = log
            .cosigned_by
            .iter()
            .map(|one| json!({ "node": one.node, "unit": one.unit, "time": machine(one.time_ms) }));
        let yes_or_no = if log.split_view.is_empty() {
            "cli.label.no"
        } else {
            "cli.label.yes"
        };
        checkpoints.push(vec![
            Cell::id(&log.node),
            Cell::option(log.unit.clone()),
            Cell::of(short(&log.scope), json!(log.scope)),
            Cell::count(lang, log.snapshots),
            Cell::of(short(&log.root), json!(log.note)),
            Cell::of(named.collect::<Vec<_>>().join("; "), cosigners.collect()),
            Cell::word(word(lang, "cli.status.checkpoint", &log.state), &log.state),
            Cell::of(text(lang, yes_or_no, &[]), json!(log.split_view)),
        ]);
    }
    checkpoints
}

fn refused(lang: Lang, report: &StatusReport) -> Listing {
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
        refused.push(vec![
            Cell::id(&one.node),
            Cell::word(word(lang, "cli.refused", &one.what), &one.what),
            Cell::count(lang, one.count),
            Cell::text(one.reason.clone()),
        ]);
    }
    refused
}

/// A word that may be there, in the person's language.
fn word_cell(lang: Lang, area: &str, value: Option<&str>) -> Cell {
    value.map_or_else(Cell::none, |value| Cell::word(word(lang, area, value), value))
}

/// A word in the person's language; as it is when the catalogue lacks it, as with a newer daemon's.
fn word(lang: Lang, area: &str, word: &str) -> String {
    let key = format!("{area}.{word}");
    if soxa_lang::has(&key) {
        text(lang, &key, &[])
    } else {
        word.to_owned()
    }
}

fn list_cell(texts: &[String]) -> Cell {
    Cell::of(texts.join(", "), json!(texts))
}
