//! `soxa bench latency`: from handing a signed commit in at the commune's node until the province's node has it durable and
//! judged. It is durable at the commune by then, or the measurement waits for that too.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use soxa_lang::Lang;
use soxa_ledger::CommitId;

use super::pair::{Pair, Side, wait_at};
use super::{SCHEMA, decimal};
use crate::cli::LatencyArgs;
use crate::client::Client;
use crate::control::protocol::{Event, Reply, Request};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Sheet, print_json, print_sheet};
use crate::progress::Progress;

/// Operations that both hold before.
const HISTORY: u64 = 1_000;
/// Operations of one record of it.
const RECORD_OPERATIONS: u32 = 8;

/// One commit's times.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Until the commune's node answered "stored".
    stored: Duration,
    /// Until it was durable and judged at both.
    both: Duration,
}

/// Runs the measurement and prints what it gave.
///
/// # Errors
/// When a node does not do what it should, or standard output cannot be written.
pub fn run(args: &LatencyArgs, lang: Lang) -> Result<Exit, Failure> {
    let mut pair = Pair::new(args.dir.as_deref(), 1, RECORD_OPERATIONS, lang)?;
    pair.found(Side::Province)?;
    pair.found(Side::Commune)?;
    pair.fill(Side::Province, HISTORY)?;
    pair.start_province()?;
    pair.start_commune(true)?;
    for commit in pair.newest.clone() {
        pair.wait_for_commit(Side::Commune, commit)?;
    }
    let samples = measure(&mut pair, args, lang)?;
    pair.stop()?;
    let report = Report {
        stored: Spread::of(samples.iter().map(|sample| sample.stored)),
        both: Spread::of(samples.iter().map(|sample| sample.both)),
        every_ms: args.every_ms,
    };
    if args.json {
        print_json(&report.json())?;
    } else {
        print_sheet(lang, Format::Table, &report.sheet(lang))?;
    }
    Ok(Exit::Done)
}

fn measure(pair: &mut Pair, args: &LatencyArgs, lang: Lang) -> Result<Vec<Sample>, Failure> {
    let mut commune = Client::connect(&pair.node(Side::Commune).home)?;
    let mut province = Client::connect(&pair.node(Side::Province).home)?;
    let interrupt = pair.interrupt.clone();
    // Whoever waits at the province does so from before the act is handed in.
    let (ask, asked) = mpsc::sync_channel::<CommitId>(1);
    let (tell, told) = mpsc::sync_channel::<Result<Instant, Failure>>(1);
    let waiting = std::thread::spawn(move || {
        for commit in asked {
            let event = Event::Commit {
                id: commit.to_string(),
            };
            let came = wait_at(&mut province, &event, &interrupt).map(|()| Instant::now());
            if tell.send(came).is_err() {
                return;
            }
        }
    });
    let ended = |_| Failure::internal("bench", "the waiting thread ended");
    let progress = Progress::new(lang, "cli.bench.progress", args.commits);
    let mut samples = Vec::new();
    for done in 0..args.commits {
        let (bytes, id) = pair.next_commit(0)?;
        let request = Request::Submit {
            commits: vec![BASE64.encode(&bytes)],
        };
        ask.send(id)
            .map_err(|_| Failure::internal("bench", "the waiting thread ended"))?;
        // Acts come one by one, as people sign them.
        std::thread::sleep(Duration::from_millis(args.every_ms));
        let begun = Instant::now();
        let reply = commune.call(request)?;
        let stored = begun.elapsed();
        if !matches!(&reply, Reply::Stored(reports) if reports.iter().all(|report| report.verdict == "valid"))
        {
            return Err(commune.other_reply(&reply));
        }
        let judged = told.recv().map_err(ended)??.saturating_duration_since(begun);
        samples.push(Sample {
            stored,
            both: judged.max(stored),
        });
        progress.at(done + 1, args.commits);
    }
    drop(ask);
    waiting
        .join()
        .map_err(|_| Failure::internal("bench", "the waiting thread panicked"))?;
    Ok(samples)
}

/// How times are spread, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    count: usize,
    median: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl Spread {
    fn of(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<f64> = times.map(|time| time.as_secs_f64() * 1_000.0).collect();
        times.sort_unstable_by(f64::total_cmp);
        // The smallest time that so many of a hundred do not exceed.
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1) - 1;
            times.get(rank).copied().unwrap_or_default()
        };
        Self {
            count: times.len(),
            median: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        }
    }

    fn json(&self) -> Value {
        let round = |ms: f64| (ms * 1_000.0).round() / 1_000.0;
        json!({
            "median": round(self.median),
            "p90": round(self.p90),
            "p99": round(self.p99),
            "max": round(self.max),
        })
    }
}

struct Report {
    stored: Spread,
    both: Spread,
    every_ms: u64,
}

impl Report {
    fn json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "bench": "latency",
            "commits": self.both.count,
            "every_ms": self.every_ms,
            "stored_ms": self.stored.json(),
            "both_ms": self.both.json(),
        })
    }

    fn sheet(&self, lang: Lang) -> Sheet {
        let mut sheet = Sheet::new("bench");
        sheet
            .field(
                "commits",
                "cli.label.commits",
                Cell::count(lang, self.both.count as u64),
            )
            .field(
                "stored_median",
                "cli.bench.stored_median",
                decimal(lang, self.stored.median),
            )
            .field("median", "cli.bench.median", decimal(lang, self.both.median))
            .field("p90", "cli.bench.p90", decimal(lang, self.both.p90))
            .field("p99", "cli.bench.p99", decimal(lang, self.both.p99))
            .field("max", "cli.bench.max", decimal(lang, self.both.max));
        sheet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_the_sorted_times() {
        let spread = Spread::of((1..=200).rev().map(Duration::from_millis));
        let found = [spread.median, spread.p90, spread.p99, spread.max];
        assert_eq!(found, [100.0, 180.0, 198.0, 200.0]);
        let one = Spread::of(std::iter::once(Duration::from_millis(7)));
        assert_eq!([one.median, one.p99], [7.0, 7.0]);
        assert_eq!(Spread::of(std::iter::empty()).count, 0);
    }
}
