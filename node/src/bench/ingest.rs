//! `soxa bench ingest`: runs of foreign feeds, as they come from a peer, into an empty store on a real disk: decoded,
//! verified, durable and judged.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soxa_engine::Engine;
use soxa_engine::work::{Stage, Work};
use soxa_lang::{Lang, number};
use soxa_ledger::{Run, Scope};

use super::history::{History, Shape};
use super::{Workplace, expect_sound, failed, found, meter};
use crate::cli::IngestArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};
use crate::progress::Progress;

/// Operations made at a time, so that a million need little memory and making them falls out of the measurement.
const PORTION: u64 = 32_768;
/// Records that a commune works on at once.
const RECORDS_OPEN: usize = 2_048;

/// What was measured.
#[derive(Default)]
struct Measured {
    wall: Duration,
    /// None where the system does not tell.
    cpu: Option<Duration>,
    /// Decoding the runs themselves, before the engine sees them.
    decoded: Duration,
    wire_bytes: u64,
}

/// Runs the measurement and prints what it gave.
///
/// # Errors
/// When the folder cannot be used or standard output cannot be written.
pub fn run(args: &IngestArgs, lang: Lang) -> Result<Exit, Failure> {
    let place = Workplace::new(args.dir.as_deref())?;
    let folder = place.join("store");
    let mut history = History::new(Shape {
        seed: args.seed,
        communes: args.communes,
        record_operations: args.records_of,
        records_open: RECORDS_OPEN,
        run_entries: args.run_of,
        deputy: None,
    })
    .map_err(|error| Failure::internal("bench", error))?;
    let mut engine = found(&folder, &history)?;
    engine.measure(meter::nanoseconds);
    let before = engine.work();
    let mut measured = Measured {
        cpu: meter::cpu_time().map(|_| Duration::ZERO),
        ..Measured::default()
    };
    let progress = Progress::new(lang, "cli.bench.progress", args.operations);
    let mut done = 0;
    while done < args.operations {
        let portion = PORTION.max(args.batch).min(args.operations - done);
        let runs = history
            .go_on(portion)
            .map_err(|error| Failure::internal("bench", error))?;
        let runs: Vec<Vec<u8>> = runs.iter().map(Run::encode).collect();
        take_in(&mut engine, &folder, runs, args, &mut measured)?;
        done += portion;
        progress.at(done, args.operations);
    }
    drop(progress);
    let work = engine.work().since(&before);
    let root = engine
        .state_root(&Scope::all_nodes())
        .map_err(|error| failed(&folder, &error))?;
    let counts = engine.counts();
    engine.close().map_err(|error| failed(&folder, &error))?;

    let report = Report {
        args,
        measured: &measured,
        work: &work,
        records: history.records(),
        log_bytes: meter::bytes_below(&folder.join("segments")),
        index_bytes: meter::bytes_below(&folder.join("index")),
    };
    if args.json {
        let mut json = report.json();
        json["state_root"] = json!(data_encoding::HEXLOWER.encode(&root));
        json["records_judged_valid"] = json!(counts.records);
        print_json(&json)?;
    } else {
        print_sheet(lang, Format::Table, &report.sheet(lang))?;
    }
    Ok(Exit::Done)
}

/// Hands in runs, in calls of at most the batch asked for. All that is measured happens here.
fn take_in(
    engine: &mut Engine,
    folder: &Path,
    runs: Vec<Vec<u8>>,
    args: &IngestArgs,
    measured: &mut Measured,
) -> Result<(), Failure> {
    let cpu = meter::cpu_time();
    let started = Instant::now();
    let mut batch = Vec::new();
    let mut entries = 0;
    let count = runs.len();
    for (at, bytes) in runs.into_iter().enumerate() {
        measured.wire_bytes += bytes.len() as u64;
        let decoding = Instant::now();
        let run = Run::decode(&bytes).map_err(|error| Failure::internal("bench", error))?;
        measured.decoded += decoding.elapsed();
        entries += run.entries.len() as u64;
        batch.push(run);
        if entries >= args.batch || at + 1 == count {
            let taken = engine.take_in(std::mem::take(&mut batch));
            expect_sound(&taken.map_err(|error| failed(folder, &error))?)?;
            entries = 0;
        }
    }
    measured.wall += started.elapsed();
    let spent = meter::cpu_time()
        .zip(cpu)
        .map(|(after, before)| after.saturating_sub(before));
    measured.cpu = measured.cpu.zip(spent).map(|(sum, one)| sum + one);
    Ok(())
}

struct Report<'a> {
    args: &'a IngestArgs,
    measured: &'a Measured,
    work: &'a Work,
    records: u64,
    log_bytes: u64,
    index_bytes: u64,
}

impl Report<'_> {
    fn per_operation(&self, amount: f64) -> f64 {
        (amount / self.args.operations.max(1) as f64 * 100.0).round() / 100.0
    }

    fn micros(&self, time: Duration) -> f64 {
        self.per_operation(time.as_secs_f64() * 1_000_000.0)
    }

    fn rate(&self) -> f64 {
        (self.args.operations as f64 / self.measured.wall.as_secs_f64().max(1e-9)).round()
    }

    /// Each stage with the time that it took on whichever core, stages of several cores added up.
    fn stages(&self) -> Vec<(&'static str, Duration)> {
        let spent = |stage| self.work.spent(stage);
        vec![
            ("decode", self.measured.decoded + spent(Stage::Decode)),
            ("hash", spent(Stage::Hash)),
            ("signature", spent(Stage::Signature)),
            ("judge", spent(Stage::Judge)),
            ("log", spent(Stage::Log)),
            ("index", spent(Stage::Index)),
        ]
    }

    fn json(&self) -> Value {
        let stages = self.stages();
        let sum: f64 = stages.iter().map(|(_, time)| time.as_secs_f64()).sum();
        let stages: serde_json::Map<String, Value> = stages
            .into_iter()
            .map(|(name, time)| {
                let share = (time.as_secs_f64() / sum.max(1e-9) * 1_000.0).round() / 1_000.0;
                let stage = json!({ "us_per_operation": self.micros(time), "share": share });
                (name.to_owned(), stage)
            })
            .chain([
                // Documents are built when somebody asks for one, and nobody did.
                (
                    "document".to_owned(),
                    json!({ "us_per_operation": 0.0, "share": 0.0 }),
                ),
                // There is no projection of views yet.
                ("projection".to_owned(), Value::Null),
            ])
            .collect();
        let bytes = self.log_bytes + self.index_bytes;
        json!({
            "schema": "soxa.bench/1",
            "bench": "ingest",
            "operations": self.args.operations,
            "records": self.records,
            "communes": self.args.communes,
            "batch": self.args.batch,
            "run_of": self.args.run_of,
            "seconds": (self.measured.wall.as_secs_f64() * 1_000.0).round() / 1_000.0,
            "operations_per_second": self.rate(),
            "cpu_us_per_operation": self.measured.cpu.map(|cpu| self.micros(cpu)),
            "stages": stages,
            "wire_bytes_per_operation": self.per_operation(self.measured.wire_bytes as f64),
            "log_bytes": self.log_bytes,
            "index_bytes": self.index_bytes,
            "log_bytes_per_operation": self.per_operation(self.log_bytes as f64),
            "index_bytes_per_operation": self.per_operation(self.index_bytes as f64),
            "disk_bytes_per_operation": self.per_operation(bytes as f64),
            "memory_peak_bytes": meter::memory_peak(),
        })
    }

    fn sheet(&self, lang: Lang) -> Sheet {
        let mut sheet = Sheet::new("bench");
        let count = |value: f64| Cell::of(number(lang, value.round() as i64), json!(value));
        let cpu = self
            .measured
            .cpu
            .map_or_else(Cell::none, |cpu| count(self.micros(cpu)));
        let bytes = (self.log_bytes + self.index_bytes) as f64;
        sheet
            .field(
                "operations",
                "cli.label.operations",
                Cell::count(lang, self.args.operations),
            )
            .field("rate", "cli.bench.rate", count(self.rate()))
            .field("cpu", "cli.bench.cpu", cpu)
            .field("disk", "cli.bench.disk", count(self.per_operation(bytes)));
        sheet
    }
}
