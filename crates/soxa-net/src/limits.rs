//! Every limit of the network adapter, with its unit and its reason.
//!
//! None is part of a format: a node with other limits still talks to this one, only what exceeds the smaller of
//! two limits does not get through.

use std::time::Duration;

/// Bytes of one request. A request names feeds and positions, never entries.
pub const REQUEST_BYTES_MAX: usize = 256 << 10;
/// Bytes of one response: the largest run of entries with its headers, and as much again for the page around it.
pub const RESPONSE_BYTES_MAX: usize = 8 << 20;
/// Bytes of one hint: some signed tips. What is larger is fetched by a request.
pub const HINT_BYTES_MAX: usize = 1 << 10;
/// Bytes of one gossip frame: several hints, or the ids of those a peer offers. A stranger to these limits is cut off.
pub const GOSSIP_FRAME_BYTES_MAX: usize = 16 << 10;
/// Memory taken for a message before its bytes arrive. A length is only a claim.
pub const READ_AHEAD_BYTES: usize = 64 << 10;

/// Time for one request and its response together, by default. Slow lines set more in [`crate::NetConfig`].
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a connection's handshake, so that a silent stranger does not hold a place for long.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time without any use after which a connection is closed; longer than any timer of the sync protocol.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(600);
/// Time for open connections to close at shutdown.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// Time to wait for a listener to name its address, which needs no network.
pub const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests to one peer that wait for a response; sync pages, it does not fan out.
pub const ASKS_PER_PEER_MAX: usize = 8;
/// Requests to all peers that wait for a response. Bounds memory: each may bring [`RESPONSE_BYTES_MAX`].
pub const ASKS_MAX: usize = 64;
/// Requests in both directions on one connection: our own and as many of the peer's.
pub const STREAMS_PER_CONNECTION_MAX: usize = 2 * ASKS_PER_PEER_MAX;
/// Streams of all kinds on one connection. Each may hold a quarter of a mebibyte that nobody has read yet.
pub const MULTIPLEXED_STREAMS_MAX: usize = 64;
/// Requests from all peers that wait for our response.
pub const REPLIES_MAX: usize = 256;
/// Requests from one peer that wait for our response, so that no peer takes all places.
pub const REPLIES_PER_PEER_MAX: usize = ASKS_PER_PEER_MAX;
/// Bytes of responses that one peer has asked for and not read yet: two of the largest, or eight common ones.
pub const REPLY_BYTES_PER_PEER_MAX: usize = 2 * RESPONSE_BYTES_MAX;
/// Bytes of responses to all peers that are not read yet.
pub const REPLY_BYTES_MAX: usize = 16 * RESPONSE_BYTES_MAX;
/// Unanswered requests in a row after which a link counts as dead and is closed, to be dialled anew: a pulled
/// cable shows no other sign for a quarter of an hour.
pub const TIMEOUTS_IN_A_ROW_MAX: u32 = 2;

/// Bytes of one request of a guest: an admission in its container.
pub const JOIN_REQUEST_BYTES_MAX: usize = soxa_sync::limits::JOIN_REQUEST_BYTES_MAX;
/// Bytes of the answer to a guest: the genesis and the invite.
pub const JOIN_RESPONSE_BYTES_MAX: usize = soxa_sync::limits::JOIN_RESPONSE_BYTES_MAX;
/// Guests connected at once. Joining takes a second, and a province invites some dozens of communes.
pub const GUESTS_MAX: usize = 8;
/// Invites whose keys are let in: those of a province and its mistakes. Beyond, the oldest are turned away unheard.
pub const GUEST_KEYS_MAX: usize = 1_024;
/// Time for a guest from its handshake to the end of its connection.
pub const GUEST_TIME: Duration = Duration::from_secs(20);
/// Requests of a guest at once.
pub const STREAMS_PER_GUEST_MAX: usize = 1;

/// Connections with one peer. Two when both dial at once, and as many again that still wait to close on a dead line.
pub const CONNECTIONS_PER_PEER_MAX: u32 = 4;
/// Connections in all: the nodes of a large province at its centre.
pub const CONNECTIONS_MAX: u32 = 256;
/// Incoming connections in their handshake. A stranger costs a key exchange before it can be named and refused. When
/// one more comes, the oldest gives way: who opens connections and says nothing keeps nobody else out.
pub const CONNECTIONS_PENDING_INCOMING_MAX: usize = 64;
/// Outgoing connections in their handshake.
pub const CONNECTIONS_PENDING_OUTGOING_MAX: u32 = 64;
/// Nodes of the province's own unit that every node keeps a connection to.
pub const PROVINCE_LINKS: usize = 3;
/// Further nodes that a node dials, picked by lot. Others pick it too, so it has about twice as many: enough for all
/// to hear of everything without the province, and far from everybody with everybody.
pub const NEIGHBOURS: usize = 4;
/// Addresses listened on.
pub const LISTEN_ADDRESSES_MAX: usize = 16;
/// Addresses that are dialled until they are connected.
pub const DIAL_ADDRESSES_MAX: usize = 256;

/// Delay before the first repeated dial. The real delay lies between half of it and all of it.
pub const REDIAL_DELAY_MIN: Duration = Duration::from_millis(250);
/// Longest delay before a repeated dial.
pub const REDIAL_DELAY_MAX: Duration = Duration::from_secs(30);
/// How long a connection must have lasted for the delay to start again from its minimum: a peer that accepts and
/// hangs up at once is not to be dialled four times a second.
pub const REDIAL_STEADY: Duration = Duration::from_secs(10);
/// How long a peer that was disconnected for cause stays refused the first time; doubled each further time.
pub const HOLD_OFF: Duration = Duration::from_secs(60);
/// The longest such time.
pub const HOLD_OFF_MAX: Duration = Duration::from_secs(3_600);
/// How long after a disconnection for cause the next one counts as the first again.
pub const HOLD_OFF_FORGIVEN: Duration = Duration::from_secs(6 * 3_600);

/// Hints a second from one peer. A peer also passes on what others announced, so this is twice the rate at which the
/// nodes of a whole province together announce (see `announce_gap_ms` of soxa-sync).
pub const HINTS_PER_SECOND: u32 = 400;
/// Hints from one peer at once: the first announcements of a large province that all come at the same moment.
pub const HINTS_BURST: u32 = 4_000;
/// Dropped hints that are forgiven. Each second forgives as many as a second admits; beyond, the peer is disconnected.
pub const HINTS_FORGIVEN: u32 = 4_000;
/// Gossip frames a second from one peer, copies of known hints included: each new hint in a frame of its own, and
/// half as much again for what gossip says about itself.
pub const GOSSIP_FRAMES_PER_SECOND: u32 = 600;
/// Gossip frames from one peer at once.
pub const GOSSIP_FRAMES_BURST: u32 = 6_000;
/// Frames dropped unread that are forgiven, as with hints.
pub const GOSSIP_FRAMES_FORGIVEN: u32 = 6_000;
/// False hints from a peer on its connections, after which it is disconnected. An honest peer passes none on.
pub const FALSE_HINTS_MAX: u32 = 2;
/// Gossip streams that a peer may break off on its connections before it is disconnected. Each is a frame that was
/// too large or none at all; gossip itself gives up a little later.
pub const GOSSIP_BROKEN_MAX: u32 = 3;
/// Requests a second from one peer. A bootstrap asks for a mebibyte at a time, a busy day for each announcement.
pub const REQUESTS_PER_SECOND: u32 = 500;
/// Requests from one peer at once.
pub const REQUESTS_BURST: u32 = 2_000;
/// Requests dropped unanswered that are forgiven, as with hints.
pub const REQUESTS_FORGIVEN: u32 = 2_000;
/// Responses in a row that a peer asked for and did not read in time, after which it is disconnected.
pub const UNREAD_IN_A_ROW_MAX: u32 = 4;
/// Gossip frames waiting for one slow peer; a hint that is late is worth nothing.
pub const GOSSIP_QUEUE_FRAMES: usize = 512;
/// Refusals reported a second: strangers must not fill the node's queue or its log.
pub const REFUSALS_PER_SECOND: u32 = 5;
/// Refusals reported at once.
pub const REFUSALS_BURST: u32 = 64;

/// Commands waiting for the network task.
pub const COMMANDS_QUEUE: usize = 256;
/// Events waiting for the node.
pub const EVENTS_QUEUE: usize = 64;
/// Events waiting inside the task above which it stops reading from the network: peers then feel the pressure.
pub const OUTBOX_PAUSES_NETWORK: usize = 32;
/// Events waiting inside the task above which it stops taking commands.
pub const OUTBOX_PAUSES_COMMANDS: usize = 1_024;
