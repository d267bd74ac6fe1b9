//! Ed25519 keys and signatures (RFC 8032). The only place that names the signature library.
//!
//! `verify_strict` alone decides: the laxer check and batch verification accept other sets of signatures, so a
//! signer could make nodes disagree.

use std::collections::HashMap;
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
        strictly(*self, &self.open()?, message, signature)
    }

    /// The point that the bytes name.
    fn open(&self) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAKey(*self))
    }

    /// Refuses bytes that are no key and keys of small order. To be called wherever a key is given rights.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`] or [`KeyError::Weak`].
    pub fn check(&self) -> Result<(), KeyError> {
        if self.open()?.is_weak() {
            Err(KeyError::Weak(*self))
        } else {
            Ok(())
        }
    }
}

/// Keys opened ahead: who checks many signatures of few keys finds the point of each once, an eighth of the work.
#[derive(Debug, Clone, Default)]
pub struct OpenKeys(HashMap<PublicKey, VerifyingKey>);

impl OpenKeys {
    /// These keys. Bytes that are no key are left out, and found to be none when they are asked for.
    pub fn of(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut open = HashMap::new();
        for key in keys {
            if !open.contains_key(&key)
                && let Ok(point) = key.open()
            {
                open.insert(key, point);
            }
        }
        Self(open)
    }

    /// Checks a signature as [`PublicKey::verify`] does, of whichever key.
    ///
    /// # Errors
    /// When the key is none or weak, or the signature is not its own over `message`.
    pub fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        match self.0.get(key) {
            Some(point) => strictly(*key, point, message, signature),
            None => key.verify(message, signature),
        }
    }
}

/// Whether a signature is a key's own over a message.
fn strictly(
    name: PublicKey,
    key: &VerifyingKey,
    message: &[u8],
    signature: &Signature,
) -> Result<(), KeyError> {
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
        .map_err(|_| KeyError::Forged(name))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_opened_ahead_say_the_same() {
        let key = SecretKey::from_seed(&[7; 32]);
        let (mine, other) = (key.public(), SecretKey::from_seed(&[8; 32]).public());
        let none = PublicKey([2; 32]);
        let weak = PublicKey([0; 32]);
        let good = key.sign(b"act");
        let ahead = OpenKeys::of([mine, mine, none, weak]);
        for (key, message, holds) in [
            (mine, b"act", true),
            (mine, b"art", false),
            (other, b"act", false),
            (none, b"act", false),
            (weak, b"act", false),
        ] {
            let answer = ahead.verify(&key, message, &good);
            assert_eq!(answer, key.verify(message, &good));
            assert_eq!(answer.is_ok(), holds);
        }
        assert_eq!(ahead.verify(&none, b"act", &good), Err(KeyError::NotAKey(none)));
        // The point that signs for everything under a weak key.
        let mut forged = [0; 64];
        forged[0] = 1;
        assert!(ahead.verify(&weak, b"act", &Signature(forged)).is_err());
    }
}
