//! `soxa bench import`: a table of assets into the books of a running node as an officer brings it in, with one command that
//! checks, sums up and signs it; and the same table once more, of which nothing is new. The command is a process of its own, and
//! its key file has a passphrase.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soxa_lang::Lang;

use super::meter::{cpu_time_of, cpu_time_of_ended_children, memory_peak_of};
use super::pair::{Pair, Side};
use super::{SCHEMA, decimal};
use crate::cli::ImportBenchArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key_store;
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};

/// Operations of one record of the history before: there are none.
const RECORD_OPERATIONS: u32 = 1;
/// The commune whose officer imports, as [`super::history`] numbers them.
const UNIT: &str = "00001";
/// Opens the officer's key file, which goes with the folder.
const PASSPHRASE: &str = "one two three four five six";
/// Đồng that the first line's asset cost; each line after it one more, so that no two are alike.
const COST: u64 = 15_000_000;
const MIB: f64 = 1_048_576.0;

/// What one run of the command took.
struct Taken {
    time: Duration,
    /// Processor time of the command.
    command: Option<Duration>,
    /// Processor time of the node meanwhile.
    node: Option<Duration>,
}

/// Runs the measurement and prints what it gave.
///
/// # Errors
/// When the node or the command does not do what it should, or standard output cannot be written.
pub fn run(args: &ImportBenchArgs, lang: Lang) -> Result<Exit, Failure> {
    let mut pair = Pair::new(args.dir.as_deref(), 1, RECORD_OPERATIONS, lang)?;
    pair.found(Side::Province)?;
    pair.fill(Side::Province, 0)?;
    let home = pair.node(Side::Province).home.dir().to_path_buf();
    let (table, key) = (home.join("assets.csv"), home.join("officer.pem"));
    std::fs::write(&table, rows(args.rows)).map_err(|error| Failure::io(&table, &error))?;
    let officer = pair.history.officer(0);
    let officer = officer.ok_or_else(|| Failure::internal("bench", "a history without communes"))?;
    key_store::write(&key, officer, None, PASSPHRASE)?;
    pair.start_province()?;
    let first = import(&pair, &table, &key)?;
    let again = import(&pair, &table, &key)?;
    let memory = pair.process(Side::Province).and_then(memory_peak_of);
    let assets = pair.status(Side::Province)?.records;
    pair.stop_one(Side::Province)?;
    // The province and the commune are records as well.
    let as_expected = assets == args.rows + 2;
    if args.json {
        print_json(&json!({
            "schema": SCHEMA,
            "bench": "import",
            "rows": args.rows,
            "first": first.json(),
            "again": again.json(),
            "node_memory_peak_bytes": memory,
            "as_expected": as_expected,
        }))?;
    } else {
        print_sheet(
            lang,
            Format::Table,
            &sheet(lang, args.rows, &first, &again, memory),
        )?;
    }
    Ok(if as_expected { Exit::Done } else { Exit::Findings })
}

/// The table, as CSV.
fn rows(count: u64) -> String {
    let mut table = "Mã tài sản;Tên tài sản;Nguyên giá;Giá trị còn lại;Năm sử dụng;Tình trạng\n".to_owned();
    for number in 0..count {
        let (cost, year) = (COST + number, 2010 + number % 15);
        // Writing into a string does not fail.
        let _ = writeln!(
            table,
            "TS-{number:06};Máy vi tính để bàn số {number};{cost};{number};{year};Đang sử dụng"
        );
    }
    table
}

/// One run of the command.
fn import(pair: &Pair, table: &Path, key: &Path) -> Result<Taken, Failure> {
    let node = || pair.process(Side::Province).and_then(cpu_time_of);
    let (before, command) = (node(), cpu_time_of_ended_children());
    let begun = Instant::now();
    let (table, key) = (table.to_string_lossy(), key.to_string_lossy());
    pair.command(
        Side::Province,
        PASSPHRASE,
        &[
            "import",
            "assets",
            &table,
            "--unit",
            UNIT,
            "--key",
            &key,
            "--yes",
            "--passphrase-stdin",
        ],
    )?;
    let time = begun.elapsed();
    let since = |now: Option<Duration>, then: Option<Duration>| Some(now?.saturating_sub(then?));
    Ok(Taken {
        time,
        command: since(cpu_time_of_ended_children(), command),
        node: since(node(), before),
    })
}

impl Taken {
    fn json(&self) -> Value {
        json!({
            "seconds": self.time.as_secs_f64(),
            "command_cpu_seconds": self.command.map(|time| time.as_secs_f64()),
            "node_cpu_seconds": self.node.map(|time| time.as_secs_f64()),
        })
    }
}

fn sheet(lang: Lang, rows: u64, first: &Taken, again: &Taken, memory: Option<u64>) -> Sheet {
    let seconds =
        |time: Option<Duration>| time.map_or_else(Cell::none, |time| decimal(lang, time.as_secs_f64()));
    let mut sheet = Sheet::new("bench");
    sheet
        .field("rows", "cli.bench.rows", Cell::count(lang, rows))
        .field("first", "cli.bench.import_first", seconds(Some(first.time)))
        .field(
            "first_command",
            "cli.bench.import_first_command",
            seconds(first.command),
        )
        .field("first_node", "cli.bench.import_first_node", seconds(first.node))
        .field("again", "cli.bench.import_again", seconds(Some(again.time)))
        .field(
            "again_command",
            "cli.bench.import_again_command",
            seconds(again.command),
        )
        .field("again_node", "cli.bench.import_again_node", seconds(again.node))
        .field(
            "memory",
            "cli.bench.import_memory",
            memory.map_or_else(Cell::none, |bytes| decimal(lang, bytes as f64 / MIB)),
        );
    sheet
}
