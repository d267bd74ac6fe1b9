//! `soxa bench`: what can be measured, and with which figures.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Session;
use crate::exit::Exit;
use crate::failure::Failure;

/// The measurements.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// A peer's history into an empty store.
    #[command(after_help = "soxa bench ingest --operations 10000")]
    Ingest(IngestArgs),
    /// An empty second process catches up.
    #[command(after_help = "soxa bench bootstrap --operations 10000 --json")]
    Bootstrap(BootstrapArgs),
    /// A table of assets into a node's books.
    #[command(after_help = "soxa bench import --rows 5000")]
    Import(ImportBenchArgs),
    /// From one node to the other.
    #[command(after_help = "soxa bench latency --commits 100")]
    Latency(LatencyArgs),
    /// An official's acts are judged again.
    #[command(after_help = "soxa bench rejudge --operations 10000 --under-key 1000")]
    Rejudge(RejudgeArgs),
    /// Two nodes meet again.
    #[command(after_help = "soxa bench resync --operations 1000 --apart 100")]
    Resync(ResyncArgs),
}

/// `soxa bench ingest`.
#[derive(Debug, Clone, Args)]
pub struct IngestArgs {
    /// How many operations, each a commit of its own.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub operations: u64,
    /// Operations of one record.
    #[arg(long, default_value_t = 8, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub records_of: u32,
    /// Communes, each with a feed.
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = communes)]
    pub communes: usize,
    /// Entries under one signed tip.
    #[arg(long, default_value_t = 1_024, value_name = "NUMBER", value_parser = run_of)]
    pub run_of: usize,
    /// Operations handed in at once.
    #[arg(long, default_value_t = 8_192, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: u64,
    /// From which all chance comes.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// Where the store is made; it stays there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `soxa bench bootstrap`.
#[derive(Debug, Clone, Args)]
pub struct BootstrapArgs {
    /// How many operations, each a commit of its own.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub operations: u64,
    /// Operations of one record.
    #[arg(long, default_value_t = 8, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub records_of: u32,
    /// Communes, each with a feed.
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = communes)]
    pub communes: usize,
    /// Where the stores are made; they stay there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `soxa bench import`.
#[derive(Debug, Clone, Args)]
pub struct ImportBenchArgs {
    /// How many assets the table lists.
    #[arg(long, default_value_t = 50_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub rows: u64,
    /// Where the store is made; it stays there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `soxa bench latency`.
#[derive(Debug, Clone, Args)]
pub struct LatencyArgs {
    /// How many commits, one after the other.
    #[arg(long, default_value_t = 300, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub commits: u64,
    /// Milliseconds between the end of one and the next.
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub every_ms: u64,
    /// Where the stores are made; they stay there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `soxa bench rejudge`.
#[derive(Debug, Clone, Args)]
pub struct RejudgeArgs {
    /// How many operations the store holds, each a commit of its own.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub operations: u64,
    /// How many of them are made under the appointment that ends.
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub under_key: u64,
    /// Where the store is made; it stays there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `soxa bench resync`.
#[derive(Debug, Clone, Args)]
pub struct ResyncArgs {
    /// Operations that both hold before.
    #[arg(long, default_value_t = 1_000, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub operations: u64,
    /// Operations that each does alone.
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub apart: u64,
    /// Where the stores are made; they stay there.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Communes that a history may have: a large province, and within what one founding run holds.
const COMMUNES_MAX: usize = 250;

fn between(text: &str, limit: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=limit).contains(&count) => Ok(count),
        _ => Err(text.to_owned()),
    }
}

fn communes(text: &str) -> Result<usize, String> {
    between(text, COMMUNES_MAX)
}

fn run_of(text: &str) -> Result<usize, String> {
    between(text, soxa_ledger::limits::RUN_ENTRIES_MAX)
}

/// Runs a measurement.
///
/// # Errors
/// When its folder cannot be used or standard output cannot be written.
pub fn run(command: BenchCommand, session: &Session) -> Result<Exit, Failure> {
    match command {
        BenchCommand::Ingest(args) => crate::bench::ingest::run(&args, session.lang),
        BenchCommand::Bootstrap(args) => crate::bench::bootstrap::run(&args, session.lang),
        BenchCommand::Import(args) => crate::bench::import::run(&args, session.lang),
        BenchCommand::Latency(args) => crate::bench::latency::run(&args, session.lang),
        BenchCommand::Rejudge(args) => crate::bench::rejudge::run(&args, session.lang),
        BenchCommand::Resync(args) => crate::bench::resync::run(&args, session.lang),
    }
}
