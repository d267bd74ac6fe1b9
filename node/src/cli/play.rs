//! Options of the simulator and of the demonstration.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use soxa_sim::{Faults, UnknownFault};

/// `soxa demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// How many communes play.
    #[arg(long, default_value_t = 5, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(5..=75))]
    pub communes: u8,
    /// Keep the nodes' folders here.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// One JSON object as the last line of standard output.
    #[arg(long)]
    pub json: bool,
}

/// `soxa sim`.
#[derive(Debug, Clone, Args)]
pub struct SimArgs {
    /// How many nodes.
    #[arg(long, default_value_t = 4, value_name = "NUMBER")]
    pub nodes: usize,
    /// Several seeds, both ends included.
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed")]
    pub seeds: Option<RangeInclusive<u64>>,
    /// One seed.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// How many steps each seed plays.
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    pub steps: u64,
    /// What goes wrong: all, none, or names with commas between them.
    #[arg(long, default_value = "all", value_name = "LIST", value_parser = faults)]
    pub faults: Faults,
    /// Play only these events of the seed's schedule.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', requires = "seed")]
    pub only: Option<Vec<u32>>,
    /// Tell each run as a story, one line for each event.
    #[arg(long)]
    pub trace: bool,
    /// One JSON object as the last line of standard output.
    #[arg(long)]
    pub json: bool,
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let refused = || text.to_owned();
    let (first, last) = text.split_once("..").ok_or_else(refused)?;
    let first: u64 = first.parse().map_err(|_| refused())?;
    let last: u64 = last.trim_start_matches('=').parse().map_err(|_| refused())?;
    if first <= last {
        Ok(first..=last)
    } else {
        Err(refused())
    }
}

fn faults(text: &str) -> Result<Faults, String> {
    text.parse().map_err(|UnknownFault(word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range() {
        assert_eq!(seeds("1..20"), Ok(1..=20));
        assert_eq!(seeds("3..=3"), Ok(3..=3));
        for wrong in ["", "1", "5..1", "a..b", "1...3x"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }
}
