//! `soxa bench resync`: what it takes two nodes that meet again to be sure that they hold the same, whatever the history:
//! once when they do, and once when each has acted alone meanwhile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soxa_lang::{Lang, number};

use super::pair::{Pair, Side};
use super::{SCHEMA, decimal};
use crate::cli::ResyncArgs;
use crate::clock::now;
use crate::control::protocol::Event;
use crate::control::reports::TrafficReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};

/// Operations of one record.
const RECORD_OPERATIONS: u32 = 8;
/// Communes of the history. The first acts at its own node, the second at the province's.
const COMMUNES: usize = 4;
/// For a moment more the line is listened to: what else is said without need counts too.
const AFTER: Duration = Duration::from_millis(500);

/// One meeting.
struct Meeting {
    /// From the first byte on the line until each has what the other had.
    held: Duration,
    /// Until both know that they hold the same.
    equal: Duration,
    round_trips: u64,
    /// Bytes of requests and responses, both ways.
    message_bytes: u64,
    /// Bytes on the line, with the connection's own.
    line_bytes: u64,
    same: bool,
}

/// Runs the measurement and prints what it gave.
///
/// # Errors
/// When a node does not do what it should, or standard output cannot be written.
pub fn run(args: &ResyncArgs, lang: Lang) -> Result<Exit, Failure> {
    let mut pair = Pair::new(args.dir.as_deref(), COMMUNES, RECORD_OPERATIONS, lang)?;
    pair.found(Side::Province)?;
    pair.found(Side::Commune)?;
    pair.fill(Side::Province, args.operations)?;
    pair.copy_store()?;
    let equal = meet(&pair, &[])?;
    let theirs = pair.append(Side::Commune, 0, args.apart)?;
    let ours = pair.append(Side::Province, 1, args.apart)?;
    let apart = meet(&pair, &[(Side::Province, theirs), (Side::Commune, ours)])?;
    let same = equal.same && apart.same;
    if args.json {
        print_json(&json!({
            "schema": SCHEMA,
            "bench": "resync",
            "operations": args.operations,
            "apart": args.apart,
            "equal": equal.json(),
            "differing": apart.json(),
        }))?;
    } else {
        print_sheet(lang, Format::Table, &sheet(lang, args, &equal, &apart))?;
    }
    Ok(if same { Exit::Done } else { Exit::Findings })
}

/// Lets the two nodes meet, until each has the commits named for it and both know that they are equal.
fn meet(pair: &Pair, news: &[(Side, soxa_ledger::CommitId)]) -> Result<Meeting, Failure> {
    pair.start_province()?;
    // What a person asks for the first time is summed up now and not while the nodes talk.
    pair.status(Side::Province)?;
    let bytes_before = pair.line.bytes();
    let after = now();
    pair.line.forget_first_connection();
    pair.start_commune(false)?;
    let mut held = None;
    for (side, commit) in news {
        pair.wait_for_commit(*side, *commit)?;
        held = Some(Instant::now());
    }
    for (side, other) in [(Side::Commune, Side::Province), (Side::Province, Side::Commune)] {
        let event = Event::Equal {
            node: pair.key(other)?.node().to_string(),
            after_ms: after.0,
        };
        pair.wait(side, &event)?;
    }
    let equal = Instant::now();
    let begun = pair.line.first_connection().unwrap_or(equal);
    std::thread::sleep(AFTER);
    let line_bytes = pair.line.bytes() - bytes_before;
    let (province, commune) = (pair.status(Side::Province)?, pair.status(Side::Commune)?);
    pair.stop()?;
    let sent = |traffic: &TrafficReport| traffic.bytes_sent;
    Ok(Meeting {
        held: held.unwrap_or(equal).saturating_duration_since(begun),
        equal: equal.saturating_duration_since(begun),
        round_trips: province.traffic.round_trips + commune.traffic.round_trips,
        message_bytes: sent(&province.traffic) + sent(&commune.traffic),
        line_bytes,
        same: province.state_root == commune.state_root && province.entries == commune.entries,
    })
}

impl Meeting {
    fn json(&self) -> Value {
        let ms = |time: Duration| (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        json!({
            "held_ms": ms(self.held),
            "equal_ms": ms(self.equal),
            "round_trips": self.round_trips,
            "message_bytes": self.message_bytes,
            "line_bytes": self.line_bytes,
            "same": self.same,
        })
    }
}

fn sheet(lang: Lang, args: &ResyncArgs, equal: &Meeting, apart: &Meeting) -> Sheet {
    let mut sheet = Sheet::new("bench");
    let count = |value: u64| Cell::of(number(lang, value.cast_signed()), json!(value));
    let ms = |time: Duration| decimal(lang, time.as_secs_f64() * 1_000.0);
    sheet
        .field(
            "operations",
            "cli.label.operations",
            Cell::count(lang, args.operations),
        )
        .field("equal_ms", "cli.bench.equal_ms", ms(equal.equal))
        .field(
            "equal_round_trips",
            "cli.bench.equal_round_trips",
            count(equal.round_trips),
        )
        .field("equal_bytes", "cli.bench.equal_bytes", count(equal.message_bytes))
        .field("equal_line", "cli.bench.equal_line", count(equal.line_bytes))
        .field("apart", "cli.bench.apart", count(args.apart))
        .field("apart_held_ms", "cli.bench.apart_held_ms", ms(apart.held))
        .field("apart_equal_ms", "cli.bench.apart_equal_ms", ms(apart.equal))
        .field(
            "apart_round_trips",
            "cli.bench.apart_round_trips",
            count(apart.round_trips),
        )
        .field("apart_line", "cli.bench.apart_line", count(apart.line_bytes));
    sheet
}
