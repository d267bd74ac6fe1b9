//! What the daemon tells: how the node is, and what it holds. The forms that replies carry.

use serde::{Deserialize, Serialize};

use super::protocol::Objection;

/// A file that a record names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileReport {
    /// What is in it, base64: of a sealed file, what was sealed.
    pub bytes: String,
    /// Whether what was here was damaged, and fetched again.
    pub mended: bool,
}

/// How a node is.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct StatusReport {
    /// The program's version.
    pub version: String,
    /// The network.
    pub network: String,
    /// The province's name, once the genesis is known.
    pub province: Option<String>,
    /// The node's key.
    pub node: String,
    /// The unit it serves, once admitted.
    pub unit: Option<String>,
    /// That unit's name.
    pub unit_name: Option<String>,
    /// Addresses it listens on.
    pub listening: Vec<String>,
    /// Addresses at which it says to be reached.
    pub announced: Vec<String>,
    /// Why it only reads, when it does: a word.
    pub read_only: Option<String>,
    /// Why the present life of its store began, if it began since the start: a word.
    pub begun: Option<String>,
    /// Feeds of earlier lives of this node that are held.
    pub earlier_feeds: u64,
    /// Feeds that are proved to be forked.
    pub forks: Vec<ForkReport>,
    /// Peers whose key two machines use at the same time.
    pub doubled: Vec<String>,
    /// SHA-256 over all records of the scope of all nodes.
    pub state_root: String,
    /// Feeds held.
    pub feeds: u64,
    /// Entries held.
    pub entries: u64,
    /// Commits held.
    pub commits: u64,
    /// Operations held.
    pub operations: u64,
    /// Statements held.
    pub statements: u64,
    /// Records held.
    pub records: u64,
    /// Commits by verdict.
    pub valid: u64,
    /// Commits waiting for something.
    pub pending: u64,
    /// Commits without effect.
    pub void: u64,
    /// What nodes put into their feeds and was refused, counted.
    pub refused: Vec<RefusedReport>,
    /// The peers.
    pub peers: Vec<PeerReport>,
    /// The newest checkpoint known of each node and scope, this node's first.
    pub checkpoints: Vec<CheckpointReport>,
    /// Connections of strangers turned away since the start.
    pub strangers: u64,
    /// What replication carried since the start.
    pub traffic: TrafficReport,
}

/// A feed of which its node has signed two histories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkReport {
    /// The feed.
    pub feed: String,
    /// Its node.
    pub node: String,
    /// The first entry that differs.
    pub seq: u64,
    /// Entries past the fork that statements name and that this node still asks for.
    #[serde(default)]
    pub awaited: Vec<EntryReport>,
    /// The proof's bytes, base64.
    pub proof: String,
}

/// An entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryReport {
    /// Its place in the feed.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

/// What replication carried: requests and their responses, without hints and without what the line adds.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct TrafficReport {
    /// Own requests that got their response: so many round trips.
    pub round_trips: u64,
    /// Requests of peers.
    pub asked: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
}

/// What one node put into its feeds and was refused.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct RefusedReport {
    /// The node whose feed carries it.
    pub node: String,
    /// `forged`, `malformed` (the body or an operation) or `unauthorised`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// The newest reason, technical.
    pub reason: String,
}

/// The newest checkpoint known of one node and scope.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct CheckpointReport {
    /// Whose holdings.
    pub node: String,
    /// Its unit's name.
    pub unit: Option<String>,
    /// `all`, or the hash of a restricted scope.
    pub scope: String,
    /// Snapshots in the log.
    pub snapshots: u64,
    /// The root, base64.
    pub root: String,
    /// The nodes that co-signed it.
    pub cosigned_by: Vec<CosignerReport>,
    /// `in_order`, `not_continued` or `split`.
    pub state: String,
    /// The checkpoint with all signatures, as stock tools read it (c2sp.org/tlog-checkpoint).
    pub note: String,
    /// The two checkpoints that prove a split view; else none.
    pub split_view: Vec<String>,
}

/// Who co-signed a checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct CosignerReport {
    /// The node.
    pub node: String,
    /// Its unit's name.
    pub unit: Option<String>,
    /// Milliseconds since 1970, by its clock.
    pub time_ms: u64,
}

/// One peer.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct PeerReport {
    /// Its key.
    pub node: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Whether it is connected now.
    pub connected: bool,
    /// Where it is connected.
    pub address: Option<String>,
    /// How its holdings stand to ours.
    pub sync: Standing,
    /// Milliseconds since 1970: since when that is so.
    pub since_ms: Option<u64>,
    /// Entries that it has, as it says, and that this node lacks.
    pub we_lack: Option<u64>,
    /// Entries that this node has and that the peer neither named nor was sent.
    pub they_lack: Option<u64>,
    /// Milliseconds since 1970: when it last asked, answered or passed something on.
    pub heard_at_ms: Option<u64>,
    /// The version of its program, as it says.
    pub program: Option<String>,
    /// What it did wrong since the start, the newest first.
    pub offences: Vec<OffenceReport>,
    /// Milliseconds since 1970: until when it is refused, after it was disconnected for cause.
    pub dropped_until_ms: Option<u64>,
}

/// How a peer's holdings stand to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing was compared since the start.
    #[default]
    Unknown,
    /// The same.
    Synced,
    /// One of the two lacks entries.
    Behind,
    /// Neither lacks an entry, yet they are not the same.
    Apart,
}

impl Standing {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Synced => "synced",
            Self::Behind => "behind",
            Self::Apart => "apart",
        }
    }
}

/// One way in which a peer broke the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffenceReport {
    /// A word, for example `hint_flood`.
    pub what: String,
    /// How often.
    pub count: u64,
    /// Milliseconds since 1970: when last.
    pub last_ms: u64,
}

/// The network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NetworkReport {
    /// Its id.
    pub network: String,
    /// The genesis payload's name and code, once known.
    pub name: Option<String>,
    /// The province's official code.
    pub code: Option<String>,
    /// The statement that names the root keys in office: the genesis or a change.
    pub root_set: Option<String>,
    /// Root keys.
    pub roots: Vec<String>,
    /// How many of them a root statement needs.
    pub quorum: u32,
    /// Role names.
    pub roles: Vec<String>,
    /// The province's own unit.
    pub province_unit: String,
}

/// A statement with its verdict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatementReport {
    /// Its id.
    pub id: String,
    /// `genesis`, `appointment`, `cut`, `compromise`, `admission`, `invite` or another program's word.
    pub kind: String,
    /// `valid`, `pending`, `void`.
    pub verdict: String,
    /// The reason when not valid: a key of the catalogue and its values.
    pub reason: Option<Objection>,
    /// The JWS container, base64, so that the caller reads the content itself.
    pub bytes: String,
}

/// A valid invite and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InviteReport {
    /// Its id.
    pub id: String,
    /// The unit that the invited node will serve.
    pub unit: String,
    /// The invited node's name.
    pub name: String,
    /// The node that takes the newcomer in.
    pub host: String,
    /// When it ends.
    pub expires_ms: u64,
    /// `open`, `used`, `withdrawn`, `expired`.
    pub state: String,
    /// The node admitted under it.
    pub used_by: Option<String>,
}

/// A node that is or was admitted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeReport {
    /// Its key.
    pub node: String,
    /// Its name.
    pub name: String,
    /// The unit it serves, with all units above it.
    pub unit_path: Vec<String>,
    /// That unit's name.
    pub unit_name: String,
    /// `founding`, `admitted`, `retired`.
    pub state: String,
    /// When it was admitted: milliseconds since 1970.
    pub since_ms: u64,
    /// Who admitted it; none for the root.
    pub by: Option<String>,
    /// When it was retired.
    pub retired_ms: Option<u64>,
    /// Where it is reached, as far as known.
    pub addresses: Vec<String>,
    /// The admissions that a retirement has to end.
    pub standing: Vec<String>,
}

/// An appointment that has effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AppointmentReport {
    /// Its id.
    pub id: String,
    /// The official's name.
    pub person: String,
    /// The unit path.
    pub unit_path: Vec<String>,
    /// The unit's name, when its record is known.
    pub unit_name: Option<String>,
    /// The role.
    pub role: String,
    /// The term's first moment.
    pub from_ms: u64,
    /// The first moment after the term.
    pub until_ms: Option<u64>,
}

/// A position in a feed.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct PositionReport {
    /// The feed.
    pub feed: String,
    /// The node whose feed it is.
    pub node: String,
    /// The entry's number.
    pub seq: u64,
    /// The entry's hash.
    pub hash: String,
    /// Its node time.
    pub time_ms: u64,
}

/// Things of which not all can hold: in one record, or across records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConflictReport {
    /// In which way: a word of [`soxa_records::conflict::ConflictKind`], or, across records, `two_regular_posts`,
    /// `double_posting`, `no_head`, `double_code`, `double_reference`, `two_offers`.
    pub what: String,
    /// The record that it is about.
    pub record: String,
    /// What the record is.
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// What stands against each other.
    pub sides: Vec<SideReport>,
}

/// One of several things that cannot all stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SideReport {
    /// The operation.
    pub operation: String,
    /// What it says, by the names of fields; records stand under their names.
    pub says: Vec<(String, SaidReport)>,
    /// Who signed it.
    pub signer: Option<SignerReport>,
}

/// A value of a record's field.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SaidReport {
    /// A text or a word.
    Text(String),
    /// A whole number, as [`soxa_records::Value::Int`] has it.
    Int(i64),
    /// Yes or no.
    Bool(bool),
}

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordReport {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// The canonical state, CBOR in base64: decoded by `soxa_records::CanonicalState::decode`.
    pub state: String,
    /// The canonical state's hash.
    pub state_hash: String,
    /// The operations that the next one builds on.
    pub heads: Vec<String>,
    /// Who signed each operation that the state names: operation, person, unit name.
    pub signers: Vec<SignerReport>,
    /// How many of its operations are void or pending.
    pub without_effect: u64,
}

/// Who signed an operation.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct SignerReport {
    /// The operation.
    pub operation: String,
    /// The official's name as in the appointment.
    pub person: String,
    /// The role.
    pub role: String,
    /// The unit's name, or its id when unknown.
    pub unit: String,
    /// The author's time.
    pub time_ms: u64,
}

/// A record's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogReport {
    /// The record as it is now or was at the moment asked for; from the record's document.
    pub record: RecordReport,
    /// Its operations in causal order.
    pub operations: Vec<OperationReport>,
    /// Fields with several concurrent values, from the record's document.
    pub conflicts: Vec<String>,
}

/// One operation of a record's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OperationReport {
    /// Its id.
    pub id: String,
    /// The commit that holds it.
    pub commit: String,
    /// What is done, for example `asset.set`.
    pub kind: String,
    /// The version of the body.
    pub version: u32,
    /// The body, base64: decoded by `soxa_records::decode`.
    pub body: String,
    /// Who signed.
    pub signer: Option<SignerReport>,
    /// `valid`, `pending`, `void`.
    pub verdict: String,
    /// The reason when not valid.
    pub reason: Option<Objection>,
    /// The remark that came with the commit.
    pub note: Option<String>,
    /// The minutes that the operation's commit carries, base64, for operations on handovers: whoever signs next
    /// takes the signatures over from there.
    pub minutes: Vec<String>,
}

/// A commit without effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VoidReport {
    /// The commit.
    pub commit: String,
    /// `pending` or `void`.
    pub verdict: String,
    /// Why.
    pub reason: Option<Objection>,
    /// The operations in it: kind and record.
    pub operations: Vec<(String, String)>,
    /// Who signed, as far as known.
    pub signer: Option<SignerReport>,
    /// The key that signed.
    pub key: String,
    /// The appointment acted under.
    pub appointment: String,
    /// That appointment's unit with all units above it; empty while it is unknown.
    pub unit_path: Vec<String>,
    /// Whether it lacks authority, which an adoption can give; else only what the rules of its records forbid.
    pub adoptable: bool,
    /// The nodes whose feeds carry it.
    pub nodes: Vec<String>,
}

/// One commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommitReport {
    /// Who signed it where, and the worst of its operations' verdicts.
    pub what: VoidReport,
    /// Its operations with their verdicts.
    pub operations: Vec<OperationReport>,
    /// The adoptions that have effect.
    pub adopted_by: Vec<AdopterReport>,
}

/// Who adopted a commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AdopterReport {
    /// The adoption.
    pub statement: String,
    /// Who signed; none for the root.
    pub person: Option<String>,
    /// For which unit.
    pub unit: Option<String>,
    /// Why.
    pub remark: String,
    /// Node time of the first entry that carries it.
    pub time_ms: Option<u64>,
}

/// What a statement would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForeseenReport {
    /// The verdict that it would have itself.
    pub verdict: String,
    /// Why, when that is not valid.
    pub reason: Option<Objection>,
    /// How many operations of which kind would become what.
    pub counts: Vec<ForeseenCount>,
    /// Some of them.
    pub operations: Vec<ForeseenOperationReport>,
    /// Some of what would be held by another unit or be in dispute.
    pub custody: Vec<ForeseenCustodyReport>,
    /// How much of that there is.
    pub custody_count: u64,
    /// Statements that would have another verdict, and which.
    pub statements: Vec<(String, String)>,
    /// Nodes that would be admitted no longer.
    pub dropped: Vec<String>,
}

/// Operations of one kind that would become the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForeseenCount {
    /// The kind.
    pub kind: String,
    /// `valid`, `pending`, `void`.
    pub becomes: String,
    /// How many.
    pub count: u64,
    /// On how many records.
    pub records: u64,
}

/// An operation that would have another verdict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForeseenOperationReport {
    /// Its commit.
    pub commit: String,
    /// What it does.
    pub kind: String,
    /// Its record.
    pub record: String,
    /// The record's name.
    pub name: String,
    /// `valid`, `pending`, `void`.
    pub becomes: String,
}

/// An asset or person that another unit would hold, or nobody for certain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ForeseenCustodyReport {
    /// The record.
    pub record: String,
    /// Its name.
    pub name: String,
    /// The unit that holds it.
    pub from: Option<String>,
    /// The unit that would hold it.
    pub to: Option<String>,
    /// Whether a superior would have to rule.
    pub disputed: bool,
}

/// An appointment and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OfficialReport {
    /// The appointment.
    pub id: String,
    /// The official.
    pub person: String,
    /// The official's record, when the appointment names it.
    pub record: Option<String>,
    /// The key.
    pub key: String,
    /// The role.
    pub role: String,
    /// The unit with all units above it.
    pub unit_path: Vec<String>,
    /// That unit's name.
    pub unit_name: String,
    /// The term's first moment.
    pub from_ms: u64,
    /// The first moment after the term.
    pub until_ms: Option<u64>,
    /// `in_force`, `planned`, `expired`, `ended`.
    pub state: String,
    /// The legal basis.
    pub basis: String,
}

/// Something that is durable now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredReport {
    /// The commit's or statement's id.
    pub id: String,
    /// `valid`, `pending`, `void`.
    pub verdict: String,
}
