//! `soxa bench bootstrap`: an empty second process catches up with one that holds a history: over the line, verified,
//! durable and judged.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soxa_lang::{Lang, number};

use super::pair::{Pair, Side};
use super::{SCHEMA, meter};
use crate::cli::BootstrapArgs;
use crate::control::reports::StatusReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};

/// What was measured.
struct Measured {
    operations: u64,
    wall: Duration,
    line_bytes: u64,
    receiver: Process,
    sender: Process,
    status: StatusReport,
    equal: bool,
}

/// What a process used.
#[derive(Clone, Copy)]
struct Process {
    cpu: Option<Duration>,
    memory_peak: Option<u64>,
}

/// Runs the measurement and prints what it gave.
///
/// # Errors
/// When a node does not do what it should, or standard output cannot be written.
pub fn run(args: &BootstrapArgs, lang: Lang) -> Result<Exit, Failure> {
    let mut pair = Pair::new(args.dir.as_deref(), args.communes, args.records_of, lang)?;
    pair.found(Side::Province)?;
    pair.found(Side::Commune)?;
    pair.fill(Side::Province, args.operations)?;
    pair.start_province()?;
    let before = used(&pair, Side::Province).cpu.unwrap_or_default();
    let started = Instant::now();
    pair.start_commune(false)?;
    for commit in pair.newest.clone() {
        pair.wait_for_commit(Side::Commune, commit)?;
    }
    let wall = started.elapsed();
    let mut sender = used(&pair, Side::Province);
    sender.cpu = sender.cpu.map(|cpu| cpu.saturating_sub(before));
    let receiver = used(&pair, Side::Commune);
    let line_bytes = pair.line.bytes();
    let (theirs, status) = (pair.status(Side::Province)?, pair.status(Side::Commune)?);
    let measured = Measured {
        operations: args.operations,
        wall,
        line_bytes,
        receiver,
        sender,
        equal: theirs.state_root == status.state_root && theirs.commits == status.commits,
        status,
    };
    pair.stop()?;
    if args.json {
        print_json(&measured.json())?;
    } else {
        print_sheet(lang, Format::Table, &measured.sheet(lang))?;
    }
    Ok(if measured.equal {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn used(pair: &Pair, side: Side) -> Process {
    let process = pair.process(side);
    Process {
        cpu: process.and_then(meter::cpu_time_of),
        memory_peak: process.and_then(meter::memory_peak_of),
    }
}

impl Process {
    fn json(self) -> Value {
        json!({
            "cpu_seconds": self.cpu.map(|cpu| cpu.as_secs_f64()),
            "memory_peak_bytes": self.memory_peak,
        })
    }
}

impl Measured {
    fn rate(&self) -> f64 {
        (self.operations as f64 / self.wall.as_secs_f64().max(1e-9)).round()
    }

    fn bytes_per_operation(&self) -> f64 {
        (self.line_bytes as f64 / self.operations.max(1) as f64).round()
    }

    fn json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "bench": "bootstrap",
            "operations": self.operations,
            "seconds": self.wall.as_secs_f64(),
            "operations_per_second": self.rate(),
            "line_bytes": self.line_bytes,
            "line_bytes_per_operation": self.bytes_per_operation(),
            "message_bytes": self.status.traffic.bytes_sent + self.status.traffic.bytes_received,
            "round_trips": self.status.traffic.round_trips,
            "receiver": self.receiver.json(),
            "sender": self.sender.json(),
            "entries": self.status.entries,
            "valid_commits": self.status.valid,
            "not_valid_commits": self.status.pending + self.status.void,
            "equal": self.equal,
            "state_root": self.status.state_root,
        })
    }

    fn sheet(&self, lang: Lang) -> Sheet {
        let mut sheet = Sheet::new("bench");
        let count = |value: f64| Cell::of(number(lang, value.round() as i64), json!(value));
        let seconds = |time: Option<Duration>| {
            time.map_or_else(Cell::none, |time| super::decimal(lang, time.as_secs_f64()))
        };
        let mebibytes = |bytes: Option<u64>| {
            bytes.map_or_else(Cell::none, |bytes| count(bytes as f64 / f64::from(1 << 20)))
        };
        sheet
            .field(
                "operations",
                "cli.label.operations",
                Cell::count(lang, self.operations),
            )
            .field("seconds", "cli.bench.seconds", seconds(Some(self.wall)))
            .field("rate", "cli.bench.rate", count(self.rate()))
            .field("line", "cli.bench.line", count(self.bytes_per_operation()))
            .field(
                "round_trips",
                "cli.bench.round_trips",
                Cell::count(lang, self.status.traffic.round_trips),
            )
            .field(
                "cpu_receiver",
                "cli.bench.cpu_receiver",
                seconds(self.receiver.cpu),
            )
            .field("cpu_sender", "cli.bench.cpu_sender", seconds(self.sender.cpu))
            .field(
                "memory_receiver",
                "cli.bench.memory_receiver",
                mebibytes(self.receiver.memory_peak),
            )
            .field(
                "memory_sender",
                "cli.bench.memory_sender",
                mebibytes(self.sender.memory_peak),
            )
            .field("equal", "cli.bench.equal", Cell::yes_no(lang, self.equal));
        sheet
    }
}
