//! The engine's limits, with units and reasons.

/// Feeds of one node that are taken in: its incarnations times its scopes. More need a word of the unit above.
pub const FEEDS_PER_NODE_MAX: usize = 64;
/// Bytes of judged records kept in memory: some thousands of usual ones, whatever a few large ones weigh.
pub const HISTORIES_CACHED_BYTES: usize = 32 << 20;
/// Bytes of operations' facts kept in memory; they share their content with the judged records.
pub const FACTS_CACHED_BYTES: usize = 16 << 20;
/// Bytes of runs kept decoded in memory: four of the largest, thousands of usual ones.
pub const RUNS_CACHED_BYTES: usize = 16 << 20;
/// What one operation weighs in a cache besides its body: ids, actor, typed content, verdict.
pub const OPERATION_WEIGHT_BYTES: usize = 1_024;
/// State roots remembered until something changes: one for each scope asked for.
pub const ROOTS_CACHED: usize = 64;
/// Runs taken in between two index batches while a log is replayed.
pub const REPLAY_RUNS: usize = 256;
/// Bytes of bodies after which a replay begins a new index batch, so that large runs do not add up.
pub const REPLAY_BYTES: usize = 16 << 20;
/// Bytes of peers' runs that are appended to the log at once; below what the store takes in one append.
pub const APPEND_BYTES: usize = 32 << 20;
/// Index batches between two checkpoints: how much is replayed after an unclean stop.
pub const BATCHES_PER_CHECKPOINT: u32 = 256;
/// Entries read from the index at once.
pub const SCAN_PAGE: usize = 512;
/// Rows of runs read from the index at once while runs are joined.
pub const JOIN_PAGE: usize = 16;
/// Passes of judging before the engine takes the graph of operations for circular, which hashes make impossible.
/// A pass settles one more level of what builds on what.
pub const JUDGING_PASSES_MAX: usize = 1_000_000;
