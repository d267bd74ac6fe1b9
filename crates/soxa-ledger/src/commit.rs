//! Commits: operations under one official's signature.

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::ids::{CommitId, NetworkId, OpId, PublicKey, StatementId, sha256};
use crate::key::{KeyError, OpenKeys, SecretKey, Signature};
use crate::limits::{
    COMMIT_BYTES_MAX, COMMIT_MINUTES_MAX, COMMIT_OPERATIONS_MAX, MINUTES_BYTES_MAX, NOTE_BYTES_MAX,
};
use crate::minutes::{Minutes, MinutesError};
use crate::operation::Operation;
use crate::scope::Scope;
use crate::signed::{Signed, Verified, message};
use crate::time::Time;

/// The version of the commit format.
pub const VERSION: u64 = 1;
/// The domain that commit signatures are made in.
pub const DOMAIN: &str = "soxa/commit/1";

/// One to many operations, as their author signs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Who signs.
    pub author: PublicKey,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// Who may read it; the scope of every feed that carries it.
    pub scope: Scope,
    /// The author's own clock; shown, never judged.
    pub time: Time,
    /// What is done, at least one.
    pub operations: Vec<Operation>,
    /// Minutes that operations of this commit carry, named by index in their bodies.
    pub minutes: Vec<Minutes>,
    /// A remark for people.
    pub note: Option<String>,
}

/// What is wrong with a commit's bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The bytes are malformed.
    #[error("malformed commit: {0}")]
    Form(#[from] CborError),
    /// Minutes inside are malformed or a signature under them does not hold.
    #[error("commit with bad minutes: {0}")]
    Minutes(#[from] MinutesError),
    /// The author's signature does not hold.
    #[error("forged commit: {0}")]
    Forged(#[from] KeyError),
}

impl CommitError {
    /// Whether a signature was false, rather than the form.
    #[must_use]
    pub fn is_forgery(&self) -> bool {
        matches!(
            self,
            Self::Forged(_) | Self::Minutes(MinutesError::Key(_) | MinutesError::Network)
        )
    }
}

impl Commit {
    /// The bytes that are signed and hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(8)
            .uint(VERSION)
            .bytes(&self.author.0)
            .bytes(&self.appointment.0);
        self.scope.write(&mut w);
        w.uint(self.time.0).array(self.operations.len());
        for operation in &self.operations {
            operation.write(&mut w);
        }
        w.array(self.minutes.len());
        for minutes in &self.minutes {
            w.bytes(minutes.bytes());
        }
        w.option(self.note.as_deref(), |w, note| {
            w.text(note);
        });
        w.into_bytes()
    }

    /// Decodes what [`Commit::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed, beyond a limit or not the deterministic encoding.
    pub fn decode(bytes: &[u8]) -> Result<Self, CommitError> {
        if bytes.len() > COMMIT_BYTES_MAX {
            return Err(CborError::Limit {
                field: "commit",
                found: bytes.len() as u64,
                limit: COMMIT_BYTES_MAX,
            }
            .into());
        }
        let mut r = Reader::new(bytes);
        r.tuple("commit", 8)?;
        r.version("commit version", VERSION)?;
        let author = PublicKey(r.fixed("author")?);
        let appointment = StatementId(r.fixed("appointment")?);
        let scope = Scope::read(&mut r)?;
        let time = Time(r.uint("author's time")?);
        let mut index = 0;
        let operations = r.list("operations", COMMIT_OPERATIONS_MAX, |r| {
            index += 1;
            Operation::read(r, index - 1)
        })?;
        if operations.is_empty() {
            return Err(CborError::Value {
                field: "operations",
                what: "a commit without operations",
            }
            .into());
        }
        let minutes = r
            .list("minutes", COMMIT_MINUTES_MAX, |r| {
                r.bytes("minutes", MINUTES_BYTES_MAX)
            })?
            .into_iter()
            .map(Minutes::decode)
            .collect::<Result<_, _>>()?;
        let note = r.option("note", |r| r.text("note", NOTE_BYTES_MAX).map(str::to_owned))?;
        let commit = Self {
            author,
            appointment,
            scope,
            time,
            operations,
            minutes,
            note,
        };
        expect_canonical("commit", bytes, &commit.encode())?;
        Ok(commit)
    }

    /// The commit's id in a network.
    #[must_use]
    pub fn id(&self, network: NetworkId) -> CommitId {
        CommitId(sha256(&message(DOMAIN, network, &self.encode())))
    }

    /// Signs the commit. The key must be the author's.
    ///
    /// # Errors
    /// [`CommitError::Forged`] when it is another's; [`CommitError::Form`] or [`CommitError::Minutes`] when the
    /// content breaks the format, so that a program never signs what nobody will accept.
    pub fn sign(&self, network: NetworkId, key: &SecretKey) -> Result<Verified<Commit>, CommitError> {
        Signed::<Commit>::decode(&self.seal(network, key))?.verify(network)
    }

    /// The bytes of the signed commit, as they travel. Nothing is checked: neither the form nor whose key it is.
    #[must_use]
    pub fn seal(&self, network: NetworkId, key: &SecretKey) -> Vec<u8> {
        let body = self.encode();
        let signature = key.sign(&message(DOMAIN, network, &body));
        container(&body, &signature)
    }
}

fn container(body: &[u8], signature: &Signature) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(2).bytes(body).bytes(&signature.0);
    w.into_bytes()
}

fn split(bytes: &[u8]) -> Result<(&[u8], Signature), CborError> {
    let mut r = Reader::new(bytes);
    r.tuple("signed commit", 2)?;
    let body = r.bytes("commit", COMMIT_BYTES_MAX)?;
    let signature = Signature(r.fixed("signature")?);
    expect_canonical("signed commit", bytes, &container(body, &signature))?;
    Ok((body, signature))
}

impl Signed<Commit> {
    /// Decodes a signed commit: a CBOR array of the commit's bytes and the signature.
    ///
    /// # Errors
    /// When the bytes are malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CommitError> {
        let (body, _) = split(bytes)?;
        Ok(Self::new(Commit::decode(body)?, bytes))
    }

    /// Checks the author's signature and every signature under the minutes inside.
    ///
    /// # Errors
    /// When one of them does not hold.
    pub fn verify(self, network: NetworkId) -> Result<Verified<Commit>, CommitError> {
        self.verify_with(network, &OpenKeys::default())
    }

    /// The same, with the authors' keys opened ahead.
    ///
    /// # Errors
    /// When one of the signatures does not hold.
    pub fn verify_with(self, network: NetworkId, keys: &OpenKeys) -> Result<Verified<Commit>, CommitError> {
        let (body, signature) = split(&self.bytes)?;
        keys.verify(&self.value.author, &message(DOMAIN, network, body), &signature)?;
        for minutes in &self.value.minutes {
            minutes.verify(network)?;
        }
        Ok(self.into_verified())
    }
}

impl Verified<Commit> {
    /// The commit's id.
    #[must_use]
    pub fn commit_id(&self, network: NetworkId) -> CommitId {
        match split(self.bytes()) {
            Ok((body, _)) => CommitId(sha256(&message(DOMAIN, network, body))),
            // Cannot be: these bytes were split when they were verified.
            Err(_) => self.id(network),
        }
    }

    /// The operations with their ids.
    pub fn operations_of(&self, id: CommitId) -> impl Iterator<Item = (OpId, &Operation)> {
        (0_u32..)
            .zip(&self.operations)
            .map(move |(index, operation)| (OpId::of(id, index), operation))
    }
}
