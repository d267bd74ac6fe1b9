//! Ed25519 keys and signatures (RFC 8032). The only place that names the signature library.
//!
//! `verify_strict` alone decides: the laxer check and batch verification accept other sets of signatures, so a
//! signer could make nodes disagree.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::ids::{NodeKey, PublicKey};

/// An ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// A signature that is not the key's over the message, or a key that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The signature is not this key's over these bytes.
    #[error("the signature is not that of key {}", .0.short())]
    Forged(PublicKey),
    /// The 32 bytes are no point of the curve.
    #[error("{} is not an ed25519 public key", .0.short())]
    NotAKey(PublicKey),
    /// A point of small order: anybody can make signatures that it accepts.
    #[error("{} is a weak ed25519 key", .0.short())]
    Weak(PublicKey),
}

impl PublicKey {
    /// Checks a signature strictly.
    ///
    /// # Errors
    /// When the key is none or weak, or the signature is not its own over `message`.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAKey(*self))?;
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| KeyError::Forged(*self))
    }

    /// Refuses bytes that are no key and keys of small order. To be called wherever a key is given rights.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] or [`KeyError::Weak`].
    pub fn check(&self) -> Result<(), KeyError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAKey(*self))?;
        if key.is_weak() {
            Err(KeyError::Weak(*self))
        } else {
            Ok(())
        }
    }
}

impl NodeKey {
    /// The same 32 bytes as a key that verifies.
    #[must_use]
    pub fn public(self) -> PublicKey {
        PublicKey(self.0)
    }
}

/// A private key. Wiped from memory when dropped; its `Debug` shows the public key only.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a 32-byte seed, which must come from a good source of randomness.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, for an encrypted key file.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The public key as that of a node.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        NodeKey(self.public().0)
    }

    /// Signs a message. Callers put a domain prefix before it; as commits and tips do.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public().short())
    }
}
