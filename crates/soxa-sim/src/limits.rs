//! The simulator's limits, with units and reasons.

use soxa_sync::limits::{FILE_PIECE_BYTES_MAX, FILE_RETRY_MS_MAX, FILES_LOOK_MS};

/// The fewest nodes: a province and two communes, so that one can pass on what two others say.
pub const NODES_MIN: usize = 3;
/// The most nodes: as many as the country has communes.
pub const NODES_MAX: usize = 3_321;
/// The most communes of a province in which all have officials of their own, where a plan does not say how many have: more than
/// any province has.
pub const COMMUNES_STAFFED_ALL: usize = 170;
/// Communes with officials of their own in a larger one: what the others hold of them takes memory in each.
pub const COMMUNES_STAFFED_FEW: usize = 60;
/// Bytes of caches of all nodes together.
pub const CACHED_BYTES_MAX: usize = 1 << 30;
/// Neighbours that the province's node has: fewer than a node remembers peers.
pub const PROVINCE_PEERS_MAX: usize = 200;
/// Neighbours that each node picks, some of them twice; others pick it.
pub const PEERS_PICKED: usize = 3;
/// Steps of one run. Each is an official's act or a fault; a run keeps all it made in memory.
pub const STEPS_MAX: u32 = 20_000;
/// Rounds of comparison that healed nodes have to come to agree.
pub const SETTLE_ROUNDS_MAX: u64 = 90;
/// Milliseconds that healed nodes have to get all files: a look at what is lacking, and the longest wait until it is asked for again.
pub const FILES_SETTLE_MS: u64 = FILES_LOOK_MS + 2 * FILE_RETRY_MS_MAX;
/// Milliseconds that a node waits for a piece of a file.
pub const FILE_ANSWER_WITHIN_MS: u64 = 15_000;
/// Bytes of most files, at most.
pub const FILE_BYTES_FEW: u64 = 600;
/// Bytes of the others, at most: more than one piece.
pub const FILE_BYTES_MANY: u64 = FILE_PIECE_BYTES_MAX as u64 + 4_000;
/// Milliseconds between two looks at whether all agree.
pub const SETTLE_LOOK_MS: u64 = 1_000;
/// Messages after which it is said how far a run is: some a second.
pub const MESSAGES_PER_LOOK: u64 = 1_000;
/// Partitions that may be in force at once; more would hardly leave a link.
pub const PARTITIONS_MAX: usize = 4;
/// Times that an act is looked for before a step stays empty: in a young province little can be done.
pub const TRIES_PER_STEP: u32 = 12;
/// Records of a kind that an official looks through to find one to act on.
pub const RECORDS_LOOKED_AT: usize = 400;
/// Announcements that a node remembers to have passed on.
pub const HINTS_SEEN_MAX: usize = 512;
/// Of so many nodes one lies, where nodes lie.
pub const NODES_PER_LIAR: usize = 10;
/// Answers that a lying node keeps to give them again.
pub const ANSWERS_KEPT_MAX: usize = 8;
/// The most that a clock is wrong, in milliseconds: below the day beyond which a node is not to append.
pub const CLOCK_OFF_MS_MAX: u64 = 20 * 60 * 60 * 1_000;
/// Stores of a run that are copied to a second machine.
pub const CLONES_MAX: u64 = 4;
/// Lines of a story that are kept; the rest is only counted.
pub const STORY_LINES_MAX: usize = 200_000;
