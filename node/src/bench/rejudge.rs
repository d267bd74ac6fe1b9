//! `soxa bench rejudge`: an official's appointment ends from its beginning on, and all that was done under it is judged
//! again. The acts are spread over the whole history and over records that another official registered and keeps, so
//! nearly each touches a record of its own, with lawful acts before and after it. Beside it, as the base, the end of an
//! appointment under which nothing was done.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soxa_engine::work::{Stage, Work};
use soxa_engine::{Engine, EngineError};
use soxa_lang::{Lang, number};
use soxa_ledger::{Run, Scope};

use super::history::{Deputy, Ended, History, Shape};
use super::{SCHEMA, Workplace, decimal, expect_sound, failed, found, meter};
use crate::cli::RejudgeArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};
use crate::progress::Progress;

/// Operations made and taken in at a time while the store is filled; all communes do as many.
const PORTION: u64 = 32_768;
/// Communes, each with a feed. The appointments that end are of the first.
const COMMUNES: usize = 4;
/// Operations of one record.
const RECORD_OPERATIONS: u32 = 8;
/// Records that a commune works on at once, at most.
const RECORDS_OPEN_MAX: u64 = 2_048;
/// A small history works on so many records one after the other at each place, so that records get all their operations.
const RECORDS_IN_TURN: u64 = 4;
/// From which all chance of the made-up history comes.
const SEED: u64 = 1;

/// What one cut took.
struct Taken {
    wall: Duration,
    /// None where the system does not tell.
    cpu: Option<Duration>,
    memory_peak: Option<u64>,
    work: Work,
    after: Verdicts,
}

/// What holds at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Verdicts {
    root: [u8; 32],
    pending: u64,
    /// Commits, each of one operation.
    void: u64,
}

/// What was measured.
struct Measured<'a> {
    args: &'a RejudgeArgs,
    records: u64,
    before: Verdicts,
    idle: Taken,
    cut: Taken,
}

/// Runs the measurement and prints what it gave. The end is [`Exit::Failed`] when other operations are void afterwards
/// than those of the appointment that ended.
///
/// # Errors
/// When the numbers do not go together, the folder cannot be used or standard output cannot be written.
pub fn run(args: &RejudgeArgs, lang: Lang) -> Result<Exit, Failure> {
    let shape = shape(args, lang)?;
    let place = Workplace::new(args.dir.as_deref())?;
    let folder = place.join("store");
    let mut history = History::new(shape).map_err(|error| Failure::internal("bench", error))?;
    let mut engine = found(&folder, &history)?;
    fill(&mut engine, &folder, &mut history, args.operations, lang)?;
    engine.measure(meter::nanoseconds);
    let fault = |error: EngineError| failed(&folder, &error);
    let before = verdicts(&engine).map_err(fault)?;
    let mut end = |ended| {
        let run = history.end(ended);
        let run = run.map_err(|error| Failure::internal("bench", error))?;
        let run = run.ok_or_else(|| Failure::internal("bench", "a history without a deputy"))?;
        take_in(&mut engine, &folder, run)
    };
    let idle = end(Ended::Idle)?;
    let cut = end(Ended::Deputy)?;
    engine.close().map_err(fault)?;

    let measured = Measured {
        args,
        records: history.records(),
        before,
        idle,
        cut,
    };
    if args.json {
        print_json(&measured.json())?;
    } else {
        print_sheet(lang, Format::Table, &measured.sheet(lang))?;
    }
    Ok(if measured.is_right() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn shape(args: &RejudgeArgs, lang: Lang) -> Result<Shape, Failure> {
    let of_commune = args.operations / COMMUNES as u64;
    let most = of_commune / 2;
    if args.under_key > most {
        let reason = Sentence::new(
            "cli.usage.invalid_value_of",
            &[
                ("value", &args.under_key),
                ("argument", &"--under-key"),
                ("known", &format!("1–{most}")),
            ],
        );
        return Err(Failure::usage(lang, "bench rejudge", &reason));
    }
    let records = of_commune / u64::from(RECORD_OPERATIONS);
    let open = (records / RECORDS_IN_TURN).clamp(1, RECORDS_OPEN_MAX);
    Ok(Shape {
        seed: SEED,
        communes: COMMUNES,
        record_operations: RECORD_OPERATIONS,
        records_open: usize::try_from(open).unwrap_or(usize::MAX),
        run_entries: soxa_ledger::limits::RUN_ENTRIES_MAX,
        deputy: Some(Deputy {
            acts: args.under_key,
            among: of_commune,
        }),
    })
}

fn fill(
    engine: &mut Engine,
    folder: &Path,
    history: &mut History,
    operations: u64,
    lang: Lang,
) -> Result<(), Failure> {
    let progress = Progress::new(lang, "cli.bench.filling", operations);
    let mut done = 0;
    while done < operations {
        let portion = PORTION.min(operations - done);
        let runs = history
            .go_on(portion)
            .map_err(|error| Failure::internal("bench", error))?;
        let taken = engine.take_in(runs).map_err(|error| failed(folder, &error))?;
        expect_sound(&taken)?;
        done += portion;
        progress.at(done, operations);
    }
    Ok(())
}

/// Takes in the run with the one statement. All that is measured happens here: when the engine has taken it in, it is
/// durable and everything that it bears on is judged again.
fn take_in(engine: &mut Engine, folder: &Path, run: Run) -> Result<Taken, Failure> {
    let fault = |error: EngineError| failed(folder, &error);
    let since_here = meter::restart_memory_peak();
    let work = engine.work();
    let cpu = meter::cpu_time();
    let started = Instant::now();
    let taken = engine.take_in(vec![run]).map_err(fault)?;
    let wall = started.elapsed();
    let spent = meter::cpu_time().zip(cpu);
    let memory_peak = meter::memory_peak().filter(|_| since_here);
    expect_sound(&taken)?;
    Ok(Taken {
        wall,
        cpu: spent.map(|(after, before)| after.saturating_sub(before)),
        memory_peak,
        work: engine.work().since(&work),
        after: verdicts(engine).map_err(fault)?,
    })
}

fn verdicts(engine: &Engine) -> Result<Verdicts, EngineError> {
    let (pending, void) = engine.not_valid_counts()?;
    Ok(Verdicts {
        root: engine.state_root(&Scope::all_nodes())?,
        pending,
        void,
    })
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10_000.0
}

impl Taken {
    fn json(&self) -> Value {
        let spent = |stage| seconds(self.work.spent(stage));
        json!({
            "seconds": seconds(self.wall),
            "cpu_seconds": self.cpu.map(seconds),
            "judge_seconds": spent(Stage::Judge),
            "log_seconds": spent(Stage::Log),
            "index_seconds": spent(Stage::Index),
            "records_judged": self.work.records_judged,
            "commits_decoded": self.work.commits_decoded,
            "runs_decoded": self.work.runs_decoded,
            "void_operations": self.after.void,
            "memory_peak_bytes": self.memory_peak,
        })
    }
}

impl Measured<'_> {
    /// Whether the ends voided what they had to and nothing else.
    fn is_right(&self) -> bool {
        let all_valid = |verdicts: &Verdicts| verdicts.pending == 0 && verdicts.void == 0;
        let after = &self.cut.after;
        all_valid(&self.before)
            && self.idle.after == self.before
            && (after.pending, after.void) == (0, self.args.under_key)
            && after.root != self.before.root
    }

    fn json(&self) -> Value {
        let hex = |verdicts: &Verdicts| data_encoding::HEXLOWER.encode(&verdicts.root);
        json!({
            "schema": SCHEMA,
            "bench": "rejudge",
            "operations": self.args.operations,
            "under_key": self.args.under_key,
            "records": self.records,
            "communes": COMMUNES,
            "idle": self.idle.json(),
            "cut": self.cut.json(),
            "as_expected": self.is_right(),
            "state_root": { "before": hex(&self.before), "after": hex(&self.cut.after) },
        })
    }

    fn sheet(&self, lang: Lang) -> Sheet {
        let mut sheet = Sheet::new("bench");
        let time = |time: Duration| decimal(lang, time.as_secs_f64());
        let cpu = self.cut.cpu.map_or_else(Cell::none, time);
        let idle = self.idle.wall.as_secs_f64() * 1_000.0;
        let memory = self.cut.memory_peak.map_or_else(Cell::none, |bytes| {
            let mebibytes = bytes >> 20;
            Cell::of(number(lang, mebibytes as i64), json!(mebibytes))
        });
        sheet
            .field(
                "operations",
                "cli.label.operations",
                Cell::count(lang, self.args.operations),
            )
            .field(
                "under_key",
                "cli.bench.under_key",
                Cell::count(lang, self.args.under_key),
            )
            .field("seconds", "cli.bench.cut_seconds", time(self.cut.wall))
            .field("cpu", "cli.bench.cut_cpu", cpu)
            .field(
                "records",
                "cli.bench.cut_records",
                Cell::count(lang, self.cut.work.records_judged),
            )
            .field(
                "void",
                "cli.bench.cut_void",
                Cell::count(lang, self.cut.after.void),
            )
            .field("memory", "cli.bench.cut_memory", memory)
            .field("idle_ms", "cli.bench.idle_ms", decimal(lang, idle));
        sheet
    }
}
