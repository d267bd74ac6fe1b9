//! The engine's limits, with units and reasons.

/// Feeds of one node that are taken in: its incarnations times its scopes. More need a word of the unit above.
pub const FEEDS_PER_NODE_MAX: usize = 64;
/// Histories of records kept in memory. About 10 kB each.
pub const HISTORIES_CACHED: usize = 2_048;
/// Commits kept decoded in memory.
pub const COMMITS_CACHED: usize = 1_024;
/// Runs kept decoded in memory; up to 4 MiB each, usually a few kilobytes.
pub const RUNS_CACHED: usize = 32;
/// Runs taken in between two index batches while a log is replayed.
pub const REPLAY_RUNS: usize = 256;
/// Index batches between two checkpoints: how much is replayed after an unclean stop.
pub const BATCHES_PER_CHECKPOINT: u32 = 256;
/// Entries read from the index at once.
pub const SCAN_PAGE: usize = 512;
/// Rounds of judging before the engine takes the op graph for circular, which hashes make impossible.
pub const JUDGING_ROUNDS_MAX: usize = 1_000_000;
