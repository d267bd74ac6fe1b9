//! Statements: signed facts about authority, as JWS. Each is judged by itself in [`crate::authority`].

use crate::feed::Seq;
use crate::ids::{CommitId, EntryHash, FeedId, NetworkId, NodeKey, PublicKey, RecordId, StatementId, sha256};
use crate::jws::{Jws, JwsError, JwsSignature};
use crate::key::{KeyError, SecretKey};
use crate::limits::STATEMENT_BYTES_MAX;
use crate::role::{Role, RoleTable, StatementKind};
use crate::signed::{Signed, Verified};
use crate::statement_wire as wire;
use crate::time::{Term, Time};

/// The founding statement of a network: root keys, quorum, roles, first nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The province's name, for people.
    pub name: String,
    /// The province's official code, for people.
    pub code: String,
    /// The root keys, ascending.
    pub roots: Vec<PublicKey>,
    /// How many of them a root statement needs.
    pub quorum: u32,
    /// What each role may do.
    pub roles: RoleTable,
    /// The nodes that exist from the start; they serve the province's own unit. Ascending.
    pub nodes: Vec<NodeKey>,
    /// When it was made.
    pub created: Time,
    /// 32 random bytes, so that two ledgers of one province never share an id.
    pub salt: [u8; 32],
}

/// On whose authority a statement is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issuer {
    /// A quorum of the root keys.
    Root,
    /// The holder of an appointment; for an admission also the holder of an invite's key.
    Under(StatementId),
}

/// A place in a feed, named by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedPosition {
    /// The feed.
    pub feed: FeedId,
    /// The entry's number; nothing stands in a feed that is cut at 0.
    pub seq: Seq,
    /// The entry's hash.
    pub hash: EntryHash,
}

/// This key, this person, this unit, this role, this term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// The official's key.
    pub key: PublicKey,
    /// The official's name as on the decision.
    pub person: String,
    /// The official's own record, when there is one: what tells two officials of one name apart. A verdict does not ask for it.
    pub record: Option<RecordId>,
    /// The unit with all units above it: the province first, the unit itself last.
    pub unit_path: Vec<RecordId>,
    /// The role.
    pub role: Role,
    /// The term.
    pub term: Term,
    /// The legal basis: number, date and issuer of the decision.
    pub basis: String,
}

impl Appointment {
    /// The unit that the appointment is for.
    #[must_use]
    pub fn unit(&self) -> RecordId {
        // Decoding refuses an empty path.
        self.unit_path.last().copied().unwrap_or(RecordId([0; 32]))
    }
}

/// Why an appointment or admission ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CutReason {
    /// Retirement or departure.
    Retirement,
    /// Transfer to another post.
    Transfer,
    /// Revocation by the superior.
    Revocation,
    /// The key was stolen or lost.
    Compromise,
}

/// Ends one appointment, one node's admission or one invite at positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The appointment, admission or invite.
    pub target: StatementId,
    /// Why.
    pub reason: CutReason,
    /// A remark for people.
    pub remark: String,
    /// For each feed the last entry that stands, ascending by feed. A feed not named is cut at zero.
    pub stands: Vec<FeedPosition>,
}

/// Declares a key compromised: cuts every appointment of the key below the declarer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compromise {
    /// The key.
    pub key: PublicKey,
    /// A remark for people.
    pub remark: String,
    /// For each feed the last entry that stands, ascending by feed. A feed not named is cut at zero.
    pub stands: Vec<FeedPosition>,
}

/// Admits a node for one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The node's key.
    pub node: NodeKey,
    /// The unit it serves, with all units above it.
    pub unit_path: Vec<RecordId>,
    /// A name for people.
    pub name: String,
}

impl Admission {
    /// The unit that the node serves.
    #[must_use]
    pub fn unit(&self) -> RecordId {
        self.unit_path.last().copied().unwrap_or(RecordId([0; 32]))
    }
}

/// Lets whoever holds a one-time key admit one node for one unit, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The one-time public key, whose secret travels in the token.
    pub key: PublicKey,
    /// The node in whose feeds the admission must be carried: it alone decides which node came first.
    pub node: NodeKey,
    /// The unit that the new node is to serve, with all units above it.
    pub unit_path: Vec<RecordId>,
    /// The new node's name for people.
    pub name: String,
    /// From when on it is worth nothing, in node time.
    pub expires: Time,
}

impl Invite {
    /// The unit that the new node is to serve.
    #[must_use]
    pub fn unit(&self) -> RecordId {
        self.unit_path.last().copied().unwrap_or(RecordId([0; 32]))
    }

    /// The admission that the holder of the key makes of it.
    #[must_use]
    pub fn admission(&self, node: NodeKey) -> Admission {
        Admission {
            node,
            unit_path: self.unit_path.clone(),
            name: self.name.clone(),
        }
    }
}

/// Gives commits effect that have none by their own authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// The commits, ascending; at least one.
    pub commits: Vec<CommitId>,
    /// A remark for people: why, with the decision's number.
    pub remark: String,
}

/// Other root keys from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootChange {
    /// The root keys, ascending.
    pub roots: Vec<PublicKey>,
    /// How many of them a root statement needs.
    pub quorum: u32,
    /// The set that they follow: the genesis or an earlier change. A quorum of that set signs.
    pub follows: StatementId,
    /// A remark for people.
    pub remark: String,
    /// For each feed the last entry at which the earlier set was in office, ascending by feed.
    pub stands: Vec<FeedPosition>,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The founding statement.
    Genesis(Genesis),
    /// A key gets a role.
    Appointment(Appointment),
    /// An appointment or admission ends.
    Cut(Cut),
    /// A key is compromised.
    Compromise(Compromise),
    /// A node is admitted.
    Admission(Admission),
    /// A node may be admitted by the holder of a one-time key.
    Invite(Invite),
    /// Commits get the effect that they lack.
    Adoption(Adoption),
    /// Other root keys.
    Roots(RootChange),
    /// A kind that a newer program knows: kept, forwarded, without effect here until then.
    Unknown {
        /// Its kind.
        kind: String,
    },
}

/// A statement: who says what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// SHA-256 of the payload.
    pub id: StatementId,
    /// The network it belongs to; for the genesis its own.
    pub network: NetworkId,
    /// On whose authority. The genesis is its own: it is signed by its root keys.
    pub issuer: Issuer,
    /// What is said.
    pub fact: Fact,
    /// The tips that the author knew.
    pub knew: Vec<FeedPosition>,
    /// The keys whose signatures it carries.
    pub signers: Vec<PublicKey>,
}

/// What is wrong with a statement's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The container.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The protected header of a signature.
    #[error("a statement signature with a bad protected header: {0}")]
    Header(String),
    /// The payload.
    #[error("malformed statement: {0}")]
    Payload(String),
    /// The same key signed twice.
    #[error("two signatures by key {}", .0.short())]
    Twice(PublicKey),
    /// A signature that does not hold.
    #[error("forged statement: {0}")]
    Forged(#[from] KeyError),
    /// Another network's statement.
    #[error("a statement of another network, {}", .0.short())]
    Network(NetworkId),
}

impl StatementError {
    /// Whether a signature was false, rather than the form.
    #[must_use]
    pub fn is_forgery(&self) -> bool {
        matches!(self, Self::Forged(_) | Self::Network(_))
    }
}

impl Statement {
    /// The kind of statement that a role must be allowed to make; none for the root's own and unknown kinds.
    #[must_use]
    pub fn kind(&self) -> Option<StatementKind> {
        match self.fact {
            Fact::Genesis(_) | Fact::Roots(_) | Fact::Unknown { .. } => None,
            Fact::Appointment(_) => Some(StatementKind::Appointment),
            Fact::Cut(_) => Some(StatementKind::Cut),
            Fact::Compromise(_) => Some(StatementKind::Compromise),
            // Who may admit may invite.
            Fact::Admission(_) | Fact::Invite(_) => Some(StatementKind::Admission),
            Fact::Adoption(_) => Some(StatementKind::Adoption),
        }
    }
}

/// A payload that is ready to be signed, by one official or by several root key holders one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedStatement {
    payload: Vec<u8>,
}

impl UnsignedStatement {
    /// The genesis of a new network.
    #[must_use]
    pub fn genesis(genesis: &Genesis) -> Self {
        Self {
            payload: wire::encode_genesis(genesis),
        }
    }

    /// Any other statement of a network.
    #[must_use]
    pub fn new(network: NetworkId, issuer: Issuer, fact: &Fact, knew: &[FeedPosition]) -> Self {
        Self {
            payload: wire::encode(network, issuer, fact, knew),
        }
    }

    /// A payload received for signing.
    #[must_use]
    pub fn from_payload(payload: Vec<u8>) -> Self {
        Self { payload }
    }

    /// The exact bytes that are signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// One key's signature.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> JwsSignature {
        Jws::sign(&self.payload, wire::encode_header(&key.public()), key)
    }

    /// The statement with its signatures, checked.
    ///
    /// # Errors
    /// When the content breaks the format or a signature does not hold.
    pub fn assemble(&self, signatures: Vec<JwsSignature>) -> Result<Verified<Statement>, StatementError> {
        let jws = Jws {
            payload: self.payload.clone(),
            signatures,
        };
        let signed = Signed::<Statement>::decode(&jws.encode())?;
        let network = signed.unchecked().network;
        signed.verify(network)
    }
}

/// A statement that nobody has signed yet, as if these keys had: for asking what it would do, and nothing else.
#[derive(Debug, Clone)]
pub struct Supposed(Verified<Statement>);

impl Supposed {
    /// As if it had been checked; for [`crate::authority`] alone.
    pub(crate) fn as_verified(&self) -> &Verified<Statement> {
        &self.0
    }

    /// What is supposed to be said, and by which keys.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.0
    }
}

impl UnsignedStatement {
    /// Supposes that these keys had signed it.
    ///
    /// # Errors
    /// When the payload is malformed or the genesis.
    pub fn suppose(&self, signers: Vec<PublicKey>) -> Result<Supposed, StatementError> {
        let payload = wire::decode(&self.payload).map_err(StatementError::Payload)?;
        let network = payload
            .network
            .ok_or_else(|| StatementError::Payload("a founding statement cannot be supposed".to_owned()))?;
        let statement = Statement {
            id: StatementId(sha256(&self.payload)),
            network,
            issuer: payload.issuer,
            fact: payload.fact,
            knew: payload.knew,
            signers,
        };
        Ok(Supposed(Signed::new(statement, &self.payload).into_verified()))
    }
}

impl Signed<Statement> {
    /// Decodes a statement in its JWS container.
    ///
    /// # Errors
    /// When the container, a header or the payload is malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        let jws = Jws::decode(bytes, STATEMENT_BYTES_MAX)?;
        let mut signers = Vec::new();
        for signature in &jws.signatures {
            let key = wire::decode_header(&signature.header).map_err(StatementError::Header)?;
            if signers.contains(&key) {
                return Err(StatementError::Twice(key));
            }
            signers.push(key);
        }
        let id = StatementId(sha256(&jws.payload));
        let payload = wire::decode(&jws.payload).map_err(StatementError::Payload)?;
        let network = payload.network.unwrap_or(NetworkId(id.0));
        let statement = Statement {
            id,
            network,
            issuer: payload.issuer,
            fact: payload.fact,
            knew: payload.knew,
            signers,
        };
        Ok(Self::new(statement, bytes))
    }

    /// Checks that the statement belongs to the network and that every signature is its key's. Whether those keys
    /// have the right to say it is judged in [`crate::authority`].
    ///
    /// # Errors
    /// When it is another network's or a signature does not hold.
    pub fn verify(self, network: NetworkId) -> Result<Verified<Statement>, StatementError> {
        if self.value.network != network {
            return Err(StatementError::Network(self.value.network));
        }
        let jws = Jws::decode(&self.bytes, STATEMENT_BYTES_MAX)?;
        for (signature, key) in jws.signatures.iter().zip(&self.value.signers) {
            signature.verify(&jws.payload, key)?;
        }
        Ok(self.into_verified())
    }
}

impl Verified<Statement> {
    /// The genesis inside, when the statement is one and a quorum of its own root keys signed it.
    #[must_use]
    pub fn as_genesis(&self) -> Option<&Genesis> {
        match &self.fact {
            Fact::Genesis(genesis) if quorum_signed(genesis, &self.signers) => Some(genesis),
            _ => None,
        }
    }
}

/// Whether at least the quorum of root keys are among the signers.
#[must_use]
pub fn quorum_signed(genesis: &Genesis, signers: &[PublicKey]) -> bool {
    let signed = genesis.roots.iter().filter(|root| signers.contains(root)).count();
    signed >= genesis.quorum as usize
}
