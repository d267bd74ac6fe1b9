//! The simulator's limits, with units and reasons.

/// The fewest nodes: a province and two communes, so that one can pass on what two others say.
pub const NODES_MIN: usize = 3;
/// The most nodes: the communes of a middling province and the province itself.
pub const NODES_MAX: usize = 76;
/// Steps of one run. Each is an official's act or a fault; a run keeps all it made in memory.
pub const STEPS_MAX: u32 = 20_000;
/// Simulated milliseconds that healed nodes have to come to agree. Far more than a few rounds of comparison.
pub const SETTLE_MS_MAX: u64 = 30 * 60 * 1_000;
/// Milliseconds between two looks at whether all agree.
pub const SETTLE_LOOK_MS: u64 = 1_000;
/// Partitions that may be in force at once; more would hardly leave a link.
pub const PARTITIONS_MAX: usize = 4;
/// Times that an act is looked for before a step stays empty: in a young province little can be done.
pub const TRIES_PER_STEP: u32 = 12;
/// Records of a kind that an official looks through to find one to act on.
pub const RECORDS_LOOKED_AT: usize = 400;
/// Announcements that a node remembers to have passed on.
pub const HINTS_SEEN_MAX: usize = 512;
/// Lines of a story that are kept; the rest is only counted.
pub const STORY_LINES_MAX: usize = 200_000;
