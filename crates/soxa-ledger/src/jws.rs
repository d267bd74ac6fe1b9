//! JSON Web Signatures (RFC 7515, general JSON serialization; EdDSA as in RFC 8037).
//!
//! Used for what is low in volume, legal, and meant to outlive this software: statements and minutes. The
//! container is `{"payload":…,"signatures":[{"protected":…,"signature":…}]}` in exactly this form: unprotected
//! headers, unknown and doubled members, another order and white space are refused, so that one content has one
//! accepted byte string.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::ids::PublicKey;
use crate::key::{KeyError, SecretKey, Signature};
use crate::limits::JWS_SIGNATURES_MAX;

/// The algorithm name of ed25519 in JOSE (RFC 8037, section 3.1).
pub const EDDSA: &str = "EdDSA";

/// What is wrong with a JWS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// More bytes than the format allows.
    #[error("a JWS of {found} bytes exceeds the limit of {limit}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// No JSON of the shape above.
    #[error("not a JWS in general JSON serialization: {0}")]
    Form(String),
    /// The right content in another form than the one that we write.
    #[error("a JWS with white space, or members in another order")]
    NotCanonical,
    /// No signature, or more than allowed.
    #[error("a JWS with {0} signatures")]
    SignatureCount(usize),
}

/// One signature of a JWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwsSignature {
    /// The protected header as it was sent: base64url of JSON.
    pub protected: String,
    /// The decoded protected header: JSON bytes.
    pub header: Vec<u8>,
    /// The signature's bytes; 64 for EdDSA, other lengths for other algorithms.
    pub signature: Vec<u8>,
}

/// A decoded JWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jws {
    /// The payload's exact bytes.
    pub payload: Vec<u8>,
    /// The signatures, at least one.
    pub signatures: Vec<JwsSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Container {
    payload: String,
    signatures: Vec<ContainerSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContainerSignature {
    protected: String,
    signature: String,
}

impl Jws {
    /// Decodes a container of at most `limit` bytes.
    ///
    /// # Errors
    /// When it is too long, of another shape, or its parts are no base64url without padding.
    pub fn decode(bytes: &[u8], limit: usize) -> Result<Self, JwsError> {
        if bytes.len() > limit {
            return Err(JwsError::TooLong {
                found: bytes.len(),
                limit,
            });
        }
        let container: Container =
            serde_json::from_slice(bytes).map_err(|error| JwsError::Form(error.to_string()))?;
        let count = container.signatures.len();
        if count == 0 || count > JWS_SIGNATURES_MAX {
            return Err(JwsError::SignatureCount(count));
        }
        let base64 = |text: &str| {
            BASE64URL_NOPAD
                .decode(text.as_bytes())
                .map_err(|error| JwsError::Form(error.to_string()))
        };
        let payload = base64(&container.payload)?;
        let signatures = container
            .signatures
            .into_iter()
            .map(|s| {
                Ok(JwsSignature {
                    header: base64(&s.protected)?,
                    signature: base64(&s.signature)?,
                    protected: s.protected,
                })
            })
            .collect::<Result<_, JwsError>>()?;
        let jws = Self { payload, signatures };
        if jws.encode() != bytes {
            return Err(JwsError::NotCanonical);
        }
        Ok(jws)
    }

    /// Encodes the container without spaces.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let container = Container {
            payload: BASE64URL_NOPAD.encode(&self.payload),
            signatures: self
                .signatures
                .iter()
                .map(|s| ContainerSignature {
                    protected: s.protected.clone(),
                    signature: BASE64URL_NOPAD.encode(&s.signature),
                })
                .collect(),
        };
        // Two strings in a struct: serialising them to memory has no way to fail.
        serde_json::to_vec(&container).unwrap_or_default()
    }

    /// Signs a payload under a protected header (JSON bytes).
    #[must_use]
    pub fn sign(payload: &[u8], header: Vec<u8>, key: &SecretKey) -> JwsSignature {
        let protected = BASE64URL_NOPAD.encode(&header);
        let signature = key.sign(&signing_input(&protected, payload)).0.to_vec();
        JwsSignature {
            protected,
            header,
            signature,
        }
    }
}

impl JwsSignature {
    /// Checks this signature as EdDSA by `key`.
    ///
    /// # Errors
    /// When it is of another length than 64 bytes or not the key's.
    pub fn verify(&self, payload: &[u8], key: &PublicKey) -> Result<(), KeyError> {
        let signature: [u8; 64] = self
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| KeyError::Forged(*key))?;
        key.verify(&signing_input(&self.protected, payload), &Signature(signature))
    }
}

fn signing_input(protected: &str, payload: &[u8]) -> Vec<u8> {
    format!("{protected}.{}", BASE64URL_NOPAD.encode(payload)).into_bytes()
}
