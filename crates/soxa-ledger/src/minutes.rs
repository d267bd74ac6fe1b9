//! Minutes: one JSON payload that several people sign (biên bản). The payload's content belongs to
//! `soxa-records`; here it is who signed it, under which appointment, and whether the signatures hold.
//!
//! A signature of another algorithm than EdDSA (a government token's certificate) is kept beside the others and
//! counts as evidence only.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::ids::{NetworkId, PublicKey, StatementId};
use crate::jws::{EDDSA, Jws, JwsError, JwsSignature};
use crate::key::{KeyError, SecretKey};
use crate::limits::{MINUTES_BYTES_MAX, TEXT_BYTES_MAX};

/// The `typ` of a minutes signature's header.
pub const TYPE: &str = "soxa-minutes";

/// What is wrong with minutes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MinutesError {
    /// The container.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A protected header that is not ours.
    #[error("a minutes signature with a bad protected header: {0}")]
    Header(String),
    /// The same key signed the payload twice.
    #[error("two minutes signatures by key {}", .0.short())]
    Twice(PublicKey),
    /// Signed for another province's ledger.
    #[error("a minutes signature made for another network")]
    Network,
    /// A signature that does not hold.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// In which capacity somebody signs minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Bên giao.
    Giver,
    /// Bên nhận.
    Receiver,
    /// Cơ quan chứng kiến.
    Witness,
}

impl Party {
    /// The word in the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Giver => "giver",
            Self::Receiver => "receiver",
            Self::Witness => "witness",
        }
    }
}

/// A refused line, as its receiver signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// The line's number, from 1.
    pub line: u32,
    /// Why.
    pub reason: String,
}

/// One ledger signature under minutes. Its refusals and its remark are signed in the header, so that giver and receiver
/// sign the same payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesSigner {
    /// Who signed.
    pub key: PublicKey,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// The capacity.
    pub party: Party,
    /// The lines that a receiver refuses; all others are accepted. Ascending.
    pub refused: Vec<RefusedLine>,
    /// What the party remarks; empty when nothing.
    pub remark: String,
    network: NetworkId,
    at: usize,
}

/// Decoded minutes. The signatures have been checked when they are part of a `Verified` commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    jws: Jws,
    signers: Vec<MinutesSigner>,
    bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeader {
    alg: String,
    kid: String,
    typ: String,
    network: String,
    appointment: String,
    party: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<WireRefused>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    remark: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRefused {
    line: u32,
    reason: String,
}

#[derive(Deserialize)]
struct WireAlgorithm {
    alg: String,
}

impl Minutes {
    /// Decodes minutes without checking signatures.
    ///
    /// # Errors
    /// When the container or an EdDSA signature's header is not of our shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, MinutesError> {
        let jws = Jws::decode(bytes, MINUTES_BYTES_MAX)?;
        let mut signers: Vec<MinutesSigner> = Vec::new();
        for (at, signature) in jws.signatures.iter().enumerate() {
            let header = |error: serde_json::Error| MinutesError::Header(error.to_string());
            let algorithm: WireAlgorithm = serde_json::from_slice(&signature.header).map_err(header)?;
            // Not even as evidence: RFC 7515 allows "none" to stand for no signature at all.
            if algorithm.alg.eq_ignore_ascii_case("none") || !signature.header.starts_with(b"{") {
                return Err(MinutesError::Header(
                    "neither EdDSA nor another signature".to_owned(),
                ));
            }
            if algorithm.alg != EDDSA {
                continue;
            }
            let wire: WireHeader = serde_json::from_slice(&signature.header).map_err(header)?;
            if serde_json::to_vec(&wire).map_err(header)? != signature.header {
                return Err(MinutesError::Header("not in the form that we write".to_owned()));
            }
            let signer = read_header(wire, at)?;
            if signers.iter().any(|other| other.key == signer.key) {
                return Err(MinutesError::Twice(signer.key));
            }
            signers.push(signer);
        }
        Ok(Self {
            jws,
            signers,
            bytes: bytes.to_vec(),
        })
    }

    /// Minutes over a payload with the signatures given.
    ///
    /// # Errors
    /// As for [`Minutes::decode`].
    pub fn assemble(payload: &[u8], signatures: Vec<JwsSignature>) -> Result<Self, MinutesError> {
        Self::decode(
            &Jws {
                payload: payload.to_vec(),
                signatures,
            }
            .encode(),
        )
    }

    /// Signs a payload as one party, with the lines that it refuses and what it remarks.
    #[must_use]
    pub fn sign(
        payload: &[u8],
        network: NetworkId,
        appointment: StatementId,
        party: Party,
        refused: &[RefusedLine],
        remark: &str,
        key: &SecretKey,
    ) -> JwsSignature {
        let header = WireHeader {
            alg: EDDSA.to_owned(),
            kid: key.public().to_string(),
            typ: TYPE.to_owned(),
            network: network.to_string(),
            appointment: appointment.to_string(),
            party: party.as_str().to_owned(),
            refused: refused
                .iter()
                .map(|r| WireRefused {
                    line: r.line,
                    reason: r.reason.clone(),
                })
                .collect(),
            remark: remark.to_owned(),
        };
        // Strings and numbers only: serialising them to memory has no way to fail.
        Jws::sign(payload, serde_json::to_vec(&header).unwrap_or_default(), key)
    }

    /// Checks every ledger signature.
    ///
    /// # Errors
    /// When one is for another network or does not hold.
    pub fn verify(&self, network: NetworkId) -> Result<(), MinutesError> {
        for signer in &self.signers {
            if signer.network != network {
                return Err(MinutesError::Network);
            }
            self.jws.signatures[signer.at].verify(&self.jws.payload, &signer.key)?;
        }
        Ok(())
    }

    /// The payload's exact bytes: what was signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.jws.payload
    }

    /// The ledger signatures.
    #[must_use]
    pub fn signers(&self) -> &[MinutesSigner] {
        &self.signers
    }

    /// How many signatures of other algorithms there are: kept as evidence, not checked.
    #[must_use]
    pub fn other_signatures(&self) -> usize {
        self.jws.signatures.len().saturating_sub(self.signers.len())
    }

    /// The JWS signature of a signer, for carrying it on into minutes with more signatures.
    #[must_use]
    pub fn signature_of(&self, signer: &MinutesSigner) -> &JwsSignature {
        &self.jws.signatures[signer.at]
    }

    /// What names this one signature across all minutes that carry it: SHA-256 of header and signature.
    #[must_use]
    pub fn signature_id(&self, signer: &MinutesSigner) -> [u8; 32] {
        let signature = self.signature_of(signer);
        crate::ids::hash(
            "soxa/minutes-signature/1",
            &[
                &crate::ids::sha256(signature.protected.as_bytes()),
                &signature.signature,
            ],
        )
    }

    /// The container's exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn read_header(wire: WireHeader, at: usize) -> Result<MinutesSigner, MinutesError> {
    let bad = |what: &str| MinutesError::Header(what.to_owned());
    if wire.typ != TYPE {
        return Err(bad("typ is not soxa-minutes"));
    }
    let party = match wire.party.as_str() {
        "giver" => Party::Giver,
        "receiver" => Party::Receiver,
        "witness" => Party::Witness,
        _ => return Err(bad("party is none of giver, receiver, witness")),
    };
    if !wire.refused.is_sorted_by(|a, b| a.line < b.line) || wire.refused.first().is_some_and(|r| r.line == 0)
    {
        return Err(bad("refused lines are not in ascending order from 1"));
    }
    if wire
        .refused
        .iter()
        .any(|r| r.reason.is_empty() || r.reason.len() > TEXT_BYTES_MAX)
    {
        return Err(bad("a refused line needs a reason of at most 1,000 bytes"));
    }
    if !wire.refused.is_empty() && party != Party::Receiver {
        return Err(bad("only the receiver refuses lines"));
    }
    if wire.remark.len() > TEXT_BYTES_MAX {
        return Err(bad("a remark has at most 1,000 bytes"));
    }
    let id = |text: &str, what: &str| {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| bad(what))
    };
    Ok(MinutesSigner {
        key: PublicKey(id(&wire.kid, "kid is not a key")?),
        appointment: StatementId(id(&wire.appointment, "appointment is not an id")?),
        party,
        refused: wire
            .refused
            .into_iter()
            .map(|r| RefusedLine {
                line: r.line,
                reason: r.reason,
            })
            .collect(),
        remark: wire.remark,
        network: NetworkId(id(&wire.network, "network is not an id")?),
        at,
    })
}
