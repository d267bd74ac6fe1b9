//! The engine's limits, with units and reasons.

/// Feeds of one node that are taken in: its incarnations times its scopes. A commune has one scope with each other commune that
/// it forwards dossiers to or from, and a province has some 170.
pub const FEEDS_PER_NODE_MAX: usize = 1_024;
/// Bytes of judged records kept in memory: a thousand of usual ones or two, whatever a few large ones weigh.
pub const HISTORIES_CACHED_BYTES: usize = 16 << 20;
/// Bytes of operations' facts kept in memory; they share their content with the judged records.
pub const FACTS_CACHED_BYTES: usize = 4 << 20;
/// Bytes of rows of records that one judging keeps decoded besides those it changes: the units that are cited all the time.
pub const ROWS_CACHED_BYTES: usize = 4 << 20;
/// Bytes of runs kept decoded in memory: two of the largest, thousands of usual ones.
pub const RUNS_CACHED_BYTES: usize = 8 << 20;
/// What one operation's facts weigh in a cache besides its body: ids, actor, verdict.
pub const OPERATION_WEIGHT_BYTES: usize = 1_024;
/// What one operation of a judged record weighs besides that: its typed content and changes, its part of the state.
pub const JUDGED_WEIGHT_BYTES: usize = 2_048;
/// What one entry weighs in a cache besides its body: its header.
pub const ENTRY_WEIGHT_BYTES: usize = 160;
/// State roots whose sections are remembered: one for each scope asked for.
pub const ROOTS_CACHED: usize = 64;
/// Runs taken in between two index batches while a log is replayed.
pub const REPLAY_RUNS: usize = 256;
/// Bytes of bodies after which a replay begins a new index batch, so that large runs do not add up: decoded, indexed and
/// judged they take some ten times as much memory.
pub const REPLAY_BYTES: usize = 4 << 20;
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
/// Newest operations that are found by id in memory, 16 bytes each and what a tree needs; then they become a table.
pub const ID_TABLE_OPERATIONS: usize = 32_768;
/// Operations in one row of a table: some kilobytes, read whole for a lookup.
pub const ID_ROW_OPERATIONS: usize = 256;
/// Tables of one level that are joined: each level looks up in fewer than so many.
pub const ID_TABLES_PER_LEVEL: u32 = 8;
/// Entries of peers' runs that are made durable, indexed and judged together: one sync for so many, and a record with
/// several operations among them is judged once. More come together when runs are large.
pub const WRITE_ENTRIES_MAX: u64 = 16_384;
/// Entries that are written although more are being checked, so that no core waits for the others: a sync costs as
/// much as a few of them.
pub const WRITE_ENTRIES_MIN: u64 = 1_024;
/// Runs that are checked before those before them are taken, each of some megabytes at most.
pub const RUNS_AHEAD: usize = 4;
/// Entries of a run from which on all cores check them: waking the others costs as much as some signatures.
pub const SHARED_ENTRIES_MIN: usize = 8;
/// Milliseconds after a fork became known before anybody carries over what lies past it: what others hold comes first.
pub const CARRY_AFTER_MS: u64 = 2_000;
/// Milliseconds that each node in the order of a feed waits longer than the one before it: about what its entries need to
/// reach the others.
pub const CARRY_STEP_MS: u64 = 3_000;
/// Milliseconds after which it is looked again whether more of a forked feed can be carried over.
pub const CARRY_AGAIN_MS: u64 = 60_000;
/// Acts carried over from one feed at a time: one run.
pub const CARRY_ACTS_MAX: usize = 256;
/// Milliseconds that a node in a new life waits for peers before it goes on alone: an office whose line is down works.
pub const ALONE_MS: u64 = 120_000;
/// Milliseconds after which it goes on although peers still have more: a peer that never agrees stops nobody.
pub const RECOVERY_MS_MAX: u64 = 600_000;
/// Headers from an entry in a proof to the tip by which a checkpoint covers it: some 700 kB of the file. A node that
/// took in a long history at once has no snapshot between.
pub const COVERED_HEADERS_MAX: usize = 4_096;

/// Files that what came in names, kept until they are asked for. What goes beyond is found by a look at all of them.
pub const NEW_FILES_MAX: usize = 4_096;
