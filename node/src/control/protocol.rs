//! What the command line and the daemon say to each other over the local socket: one JSON object a line.
//!
//! Ids are 64 hexadecimal digits, bytes are base64 (RFC 4648). A request is answered by exactly one [`Reply`]. No private key ever
//! travels here: the command line signs on its own side and submits what is signed.

use serde::{Deserialize, Serialize};

use super::reports::{
    AppointmentReport, CommitReport, ConflictReport, FileReport, ForeseenReport, InviteReport, LogReport,
    NetworkReport, NodeReport, OfficialReport, PositionReport, RecordReport, StatementReport, StatusReport,
    StoredReport, VoidReport,
};

/// The version of these messages; a daemon refuses another.
pub const VERSION: u32 = 1;
/// Bytes of one line: a signed commit in base64 with room to spare.
pub const LINE_BYTES_MAX: usize = 4 << 20;

/// One line from the command line to the daemon.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// [`VERSION`] of the caller.
    pub version: u32,
    /// What is asked.
    pub request: Request,
}

/// What may be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How the node is.
    Status,
    /// The network and its roles.
    Network,
    /// All statements with their verdicts.
    Statements,
    /// All valid invites.
    Invites,
    /// All nodes that are or were admitted.
    Nodes,
    /// The appointments of a key that have effect.
    Appointments {
        /// The official's public key.
        key: String,
    },
    /// Where acts under an appointment, or by a node, stand: what a cut must name to keep them.
    Positions {
        /// The appointment or admission.
        target: String,
        /// Only what stands earlier than this moment, in milliseconds.
        before_ms: Option<u64>,
    },
    /// Where acts by a key stand, under whichever appointment.
    KeyPositions {
        /// The key.
        key: String,
        /// Only what stands earlier than this moment, in milliseconds.
        before_ms: Option<u64>,
    },
    /// Where what the root has said stands.
    RootPositions,
    /// The newest positions that this node knows of every feed of all nodes.
    Tips,
    /// All records of a kind: `unit`, `roster`, `person`, `asset`, `handover`.
    Records {
        /// The kind.
        kind: String,
        /// Start after this record's id, for the next page.
        after: Option<String>,
    },
    /// One record.
    Record {
        /// Its id, or the first digits of it when no other record's id begins so.
        id: String,
    },
    /// The dossiers that have a code.
    Coded {
        /// The code.
        code: String,
    },
    /// The dossiers whose codes have a text in them, without accents and case, each word of it anywhere.
    CodedLike {
        /// The text.
        part: String,
        /// How many at most.
        most: u32,
    },
    /// The next code that this node may give to a dossier.
    FreeCode {
        /// The receiving office's record.
        office: String,
        /// The day, as `yyyymmdd`.
        day: u64,
    },
    /// A record's operations in causal order, and its state at a past moment.
    Log {
        /// Its id or the first digits of it.
        id: String,
        /// The moment: only operations whose authors' time is not later, in milliseconds.
        at_time_ms: Option<u64>,
        /// The moment: these operations and what they build on.
        at_operations: Vec<String>,
    },
    /// The file that proves a handover in effect.
    Proof {
        /// The handover's id or the first digits of it.
        id: String,
    },
    /// The handovers whose minutes correct those of this one, however far they have come.
    Corrections {
        /// The handover's id or the first digits of it.
        id: String,
    },
    /// The inventories whose books list an asset, however far they have come.
    Inventories {
        /// The asset's id or the first digits of it.
        id: String,
    },
    /// Things of which not all can hold, in one record or across records.
    Conflicts,
    /// Commits that are void or pending.
    Void,
    /// One commit, whatever its verdict.
    Commit {
        /// Its id.
        id: String,
    },
    /// What a statement would do: nothing is stored.
    Foresee {
        /// The payload that would be signed, base64.
        statement: String,
        /// The keys that would sign it.
        signers: Vec<String>,
    },
    /// All appointments that have effect or had, with what became of them.
    Officials,
    /// What would become of a commit: nothing is stored.
    Check {
        /// The unsigned commit's bytes, base64.
        commit: String,
    },
    /// Store signed commits.
    Submit {
        /// The signed commits' bytes, base64.
        commits: Vec<String>,
    },
    /// Store signed statements.
    SubmitStatements {
        /// The JWS containers, base64.
        statements: Vec<String>,
    },
    /// A file that a record names, opened. It is fetched when it is not here.
    File {
        /// The record's id or the first digits of it.
        record: String,
        /// The file.
        file: String,
        /// Milliseconds to wait for it; beyond a minute, a minute.
        within_ms: u64,
    },
    /// Keep a part of a file that an act to be submitted names.
    AddFile {
        /// The file.
        file: String,
        /// Bytes of the whole.
        length: u64,
        /// Where this part belongs; the first begins anew.
        offset: u64,
        /// The content key of a sealed file, in hexadecimal digits.
        key: Option<String>,
        /// The bytes, base64.
        bytes: String,
    },
    /// Answer as soon as something has come about here, or when the time is up.
    Await {
        /// What.
        event: Event,
        /// Milliseconds to wait; beyond a minute, a minute.
        within_ms: u64,
    },
    /// Stop the daemon cleanly.
    Shutdown,
}

/// What a caller may wait for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A commit is durable and valid here.
    Commit {
        /// Its id.
        id: String,
    },
    /// A comparison with a node found that both hold the same.
    Equal {
        /// The node's key.
        node: String,
        /// The earliest moment that counts, in milliseconds since 1970.
        after_ms: u64,
    },
}

/// One line from the daemon.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To [`Request::Status`].
    Status(Box<StatusReport>),
    /// To [`Request::Network`].
    Network(NetworkReport),
    /// To [`Request::Statements`].
    Statements(Vec<StatementReport>),
    /// To [`Request::Appointments`].
    Appointments(Vec<AppointmentReport>),
    /// To [`Request::Positions`], [`Request::KeyPositions`], [`Request::RootPositions`] and [`Request::Tips`].
    Positions(Vec<PositionReport>),
    /// To [`Request::Invites`].
    Invites(Vec<InviteReport>),
    /// To [`Request::Nodes`].
    Nodes(Vec<NodeReport>),
    /// To [`Request::Records`].
    Records {
        /// A page of records in the order of their ids.
        records: Vec<RecordReport>,
        /// Whether there are more after the last.
        more: bool,
    },
    /// To [`Request::Record`].
    Record(Box<RecordReport>),
    /// To [`Request::Coded`] and [`Request::CodedLike`]: their ids.
    Found(Vec<String>),
    /// To [`Request::FreeCode`].
    FreeCode {
        /// The code.
        code: String,
    },
    /// To [`Request::Log`].
    Log(Box<LogReport>),
    /// To [`Request::Proof`].
    Proof {
        /// The file's bytes, base64.
        file: String,
    },
    /// To [`Request::Proof`] when there is none: why.
    NotProvable(Vec<Objection>),
    /// To [`Request::Conflicts`].
    Conflicts(Vec<ConflictReport>),
    /// To [`Request::Void`].
    Void(Vec<VoidReport>),
    /// To [`Request::Commit`].
    Commit(Box<CommitReport>),
    /// To [`Request::Foresee`].
    Foreseen(Box<ForeseenReport>),
    /// To [`Request::Officials`].
    Officials(Vec<OfficialReport>),
    /// To [`Request::Check`]: every objection, none when it would be valid.
    Checked(Vec<Objection>),
    /// To [`Request::Submit`] and [`Request::SubmitStatements`]: durable, each with its verdict, in the order given.
    Stored(Vec<StoredReport>),
    /// To [`Request::File`]; none when nobody who is reached holds it.
    File(Option<FileReport>),
    /// To [`Request::AddFile`].
    FileAdded {
        /// Bytes of it that are here.
        begun: u64,
        /// Whether the file is whole, and durable.
        kept: bool,
    },
    /// To [`Request::Await`].
    Awaited {
        /// Whether it came about; else the time is up.
        came: bool,
    },
    /// To [`Request::Shutdown`].
    ShuttingDown,
    /// The request was not carried out, and nothing was stored.
    Refused(Refusal),
}

/// Why a request was not carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No JSON of this protocol, or a field that is no id or no base64.
    BadRequest {
        /// What is wrong.
        what: String,
    },
    /// A caller of another protocol version.
    OtherVersion {
        /// The daemon's.
        daemon: u32,
    },
    /// No such record, statement or key.
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// Several records begin with these digits.
    Ambiguous {
        /// What was looked for.
        what: String,
        /// Some of them.
        candidates: Vec<String>,
    },
    /// A signature does not hold or the form is wrong.
    BadSignature {
        /// What is wrong.
        what: String,
    },
    /// The act would have no effect: refused before it is stored.
    Objections(Vec<Objection>),
    /// The disk is full; nothing was stored.
    DiskFull {
        /// The file.
        file: String,
    },
    /// The node only reads: its clock, its identity or its disk is not in order.
    ReadOnly {
        /// Why.
        why: String,
    },
    /// The node stops before it knows the outcome: a part may be durable, and has effect when it runs again.
    Unfinished {
        /// Why it stops.
        why: String,
    },
    /// A local fault; nothing was stored.
    Failed {
        /// What failed.
        what: String,
    },
}

/// One reason why an act would have no effect, or should not be signed.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Objection {
    /// The operation's index in the commit; none when it is about the commit as a whole.
    pub operation: Option<u32>,
    /// A key of the sentence catalogue.
    pub key: String,
    /// Named values for the sentence.
    pub values: Vec<(String, String)>,
    /// Whether it only warns: the act may be signed all the same.
    pub warning: bool,
}
