//! Every limit of replication, with its unit and its reason.
//!
//! Those of the messages are part of the protocol: a message beyond one is malformed. Those of the puller bound
//! what strangers can make a node remember, and may differ between nodes. Times that somebody may want to tune
//! are in [`crate::Parameters`].

use soxa_ledger::limits::{HEADER_BYTES_MAX, RUN_BYTES_MAX, RUN_ENTRIES_MAX, STATEMENT_BYTES_MAX};

/// Lines in one page: about 35 kB for feeds that all nodes read, so a page fits a slow link's time limit.
pub const LINES_PER_PAGE_MAX: usize = 256;
/// Feeds asked for in one request: more than a response of [`RESPONSE_BYTES_TARGET`] usually answers.
pub const WANTS_PER_REQUEST_MAX: usize = 64;
/// Entries in one page of what statements name past a fork: more than any feed has, unless somebody means ill.
pub const NAMED_PER_PAGE_MAX: usize = 256;
/// Runs in one response: small runs of many feeds, never an endless list of tiny ones.
pub const RUNS_PER_RESPONSE_MAX: usize = 256;
/// Bytes of runs that a response is filled up to, before they are compressed. Small enough that a broken or slow link
/// loses little, large enough that the engine has several runs to check at a time and round trips do not decide the
/// speed. A single run may be larger, see [`RESPONSE_BYTES_MAX`].
pub const RESPONSE_BYTES_TARGET: usize = 2 << 20;
/// Bytes of one response: the largest run with its headers, and the list of feeds not served.
pub const RESPONSE_BYTES_MAX: usize = RUN_BYTES_MAX + RUN_ENTRIES_MAX * (HEADER_BYTES_MAX + 16) + (64 << 10);
/// Bytes of one request: [`WANTS_PER_REQUEST_MAX`] feeds with their numbers.
pub const REQUEST_BYTES_MAX: usize = 4 << 10;
/// Bytes of one hint: a feed of all nodes, a number, a hash and a signature.
pub const HINT_BYTES_MAX: usize = 320;
/// Bytes of one request of a newcomer: an admission with a unit path and a name in its container.
pub const JOIN_REQUEST_BYTES_MAX: usize = 8 << 10;
/// Bytes of the answer to a newcomer: the genesis and the invite.
pub const JOIN_RESPONSE_BYTES_MAX: usize = 2 * STATEMENT_BYTES_MAX + 64;
/// Addresses in a token: a public one, one in the office's network, one of each kind. More would make the line long.
pub const TOKEN_ADDRESSES_MAX: usize = 4;
/// Bytes of an address in a token: the longest multiaddress of an IP and a port.
pub const TOKEN_ADDRESS_BYTES_MAX: usize = 64;
/// Bytes of a token's text behind its prefix, with white space: three times what the longest needs.
pub const TOKEN_TEXT_BYTES_MAX: usize = 2_048;

/// Bytes of the version by which a node names its program.
pub const PROGRAM_BYTES_MAX: usize = 32;
/// Addresses on a card, as in a token.
pub const CARD_ADDRESSES_MAX: usize = TOKEN_ADDRESSES_MAX;
/// Bytes of a signed card: its addresses, a key, a time and a signature.
pub const CARD_BYTES_MAX: usize = 512;
/// Cards kept: one for each node of a province, with room. More would not fit one answer.
pub const CARDS_MAX: usize = 1_024;
/// Milliseconds that a card may lie ahead of the own clock: a day, as much as clocks may differ.
pub const CARD_FUTURE_MS_MAX: u64 = 86_400_000;
/// Milliseconds that this machine's clock may lie before or after those of its peers: a day.
pub const CLOCK_MS_MAX: u64 = 86_400_000;
/// Processes remembered under one key: two that run, and those before them.
pub const SESSIONS_PER_NODE_MAX: usize = 4;
/// Milliseconds after which a process that is silent is forgotten: some rounds of greetings.
pub const SESSION_REMEMBERED_MS: u64 = 600_000;

/// Bytes of a file in one reply: a few seconds on a slow line, and some dozen round trips for the largest file.
pub const FILE_PIECE_BYTES_MAX: usize = 256 << 10;
/// Bytes of one reply about a file: its piece, its length and its key.
pub const FILE_REPLY_BYTES_MAX: usize = FILE_PIECE_BYTES_MAX + 128;
/// Files that are wanted at once. A node looks again at what all its records name, so none is forgotten.
pub const FILES_WANTED_MAX: usize = 1_024;
/// Files under way at once for which nobody waits.
pub const FILES_AT_ONCE_MAX: usize = 4;
/// Milliseconds after which a file that nobody had is asked for again; twice as many each further time.
pub const FILE_RETRY_MS: u64 = 60_000;
/// The most of these: what is on nobody's disk any more costs a question now and then.
pub const FILE_RETRY_MS_MAX: u64 = 960_000;
/// Milliseconds between two looks at all files that records name: who reads a record changes, and an act may become valid.
pub const FILES_LOOK_MS: u64 = 3_600_000;

/// Milliseconds between two snapshots of one scope: often enough for evidence, and a year of them in four megabytes.
pub const SNAPSHOT_GAP_MS: u64 = 300_000;
/// Milliseconds after which a snapshot of the scope of all nodes is made though nothing changed: what others then co-sign tells every node, also one that is no
/// peer, that this one was there. In a province of 168 nodes these are some 300 bytes a second for each.
pub const SNAPSHOT_QUIET_MS: u64 = 900_000;
/// Snapshots in one log, ten years of them. Then the node begins another.
pub const SNAPSHOTS_MAX: usize = 1 << 20;
/// Logs of other nodes that are remembered: one for each node of a province and scope, with room.
pub const CHECKPOINT_LOGS_MAX: usize = 1_024;
/// Bytes of notes in one answer about checkpoints. What does not fit is asked for the next time.
pub const CHECKPOINT_ANSWER_BYTES: usize = 1 << 20;
/// Hashes in the proof that one log continues: two for each doubling.
pub const CONSISTENCY_STEPS_MAX: usize = 64;
/// Bytes of a log's origin: a network, a node and a scope in hex, and a time.
pub const ORIGIN_BYTES_MAX: usize = 256;

/// Peers remembered at once, with those that are gone, their standing and their offences. A province has about a
/// hundred communes; a node needs a few dozen of them at most.
pub const PEERS_MAX: usize = 256;
/// Feeds that one peer is remembered to have ahead of us. More are found by the comparison after these came.
pub const OFFERS_PER_PEER_MAX: usize = 1_024;
/// Pages of one walk through a peer's lines: some ten thousand feeds, ten times a large province's.
pub const PAGES_PER_WALK_MAX: usize = 256;
/// Feeds remembered for each peer in which it is ahead of us, and as many in which it is behind: what `status` shows.
/// What goes beyond is not counted.
pub const UNEVEN_FEEDS_PER_PEER_MAX: usize = 1_024;
/// How much longer each step back is in the search for the entry in which two histories part.
pub const FORK_STEP_GROWTH: u64 = 8;
/// Feeds remembered for each peer of which it has another history that cannot be proved, so that it is not asked again.
pub const FORKS_PER_PEER_MAX: usize = 64;
/// Own feeds whose announcement can wait at once; one feed for each scope the node writes to.
pub const ANNOUNCEMENTS_WAITING_MAX: usize = 64;
/// Nodes whose announcements are counted at once; admitted ones only.
pub const RELAY_ORIGINS_MAX: usize = 1_024;
/// Hints of one node that are passed on at once.
pub const RELAY_BURST: u64 = 64;
/// Hints of one node above that, not passed on, before it counts as an offence of that node.
pub const RELAY_FORGIVEN: u64 = 256;
/// How many times its share of what all nodes together may announce a node's hints are passed on: several nodes may
/// announce beyond their share before it adds up to what a peer may send.
pub const RELAY_LENIENCY: u64 = 4;
/// Times that a peer which forwarded a hint is asked for entries that it does not have yet.
pub const HINT_TRIES_MAX: u32 = 4;
/// Requests at most that go on waiting for an overdue answer without a place: more peers than these would have to fall
/// silent at once to hold up the others. With the places, less than what soxa-net lets wait.
pub const OVERDUE_MAX: usize = 24;
/// The share of the time for an answer, one in so many, after which it is overdue.
pub const PATIENCE_SHARE: u64 = 12;
/// Offences after which a peer is disconnected and not just left alone for a while.
pub const OFFENCES_BEFORE_DISCONNECT: u32 = 3;
/// Doublings of a waiting time; the parameters cap it well before.
pub const DOUBLINGS_MAX: u32 = 16;
