//! Sealed files: what is known of people outside the ledger, readable only with a content key.
//!
//! A record names a file by SHA-256 of the bytes that are stored and sent. Of few words, such as a name and a number, a plain
//! hash would tell them to whoever tries all; a file is therefore sealed with a key of its own, drawn at random and used
//! once, before it is hashed. The key never stands in a commit. It is kept beside the file and handed on with it, and
//! without the key nothing of the file can be read again: who erases it erases the data.
//!
//! The file begins with a hash over its key. So the hash in the ledger fixes the key as well: nobody can hand two keys
//! on with which one file shows two things, which the cipher alone does not exclude.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use zeroize::Zeroizing;

use crate::ids::{FileHash, hash, sha256};
use crate::limits::FILE_BYTES_MAX;

/// What a sealed file begins with.
pub const MAGIC: &[u8; 14] = b"soxa-sealed/1\n";
/// The domain of the hash over the key.
pub const KEY_DOMAIN: &str = "soxa/content-key/1";
/// Bytes before what is sealed: the magic and the hash over the key.
const HEAD_BYTES: usize = MAGIC.len() + 32;
/// Bytes that sealing adds: the head, and the cipher's tag at the end.
pub const SEALED_BYTES_MORE: usize = HEAD_BYTES + 16;

/// The key of one sealed file.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentKey(Zeroizing<[u8; 32]>);

/// Why a sealed file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Longer than a file may be.
    #[error("a file of more than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// No sealed file of this version.
    #[error("not a sealed file")]
    NotSealed,
    /// Sealed with another key.
    #[error("sealed with another key")]
    OtherKey,
    /// The bytes are not those that were sealed.
    #[error("not the bytes that were sealed")]
    Damaged,
}

impl ContentKey {
    /// A key of 32 bytes, which are random when a file is sealed.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals a file. The key must never have sealed anything else.
    ///
    /// # Errors
    /// [`SealError::TooLarge`].
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        if plain.len() > FILE_BYTES_MAX - SEALED_BYTES_MORE {
            return Err(SealError::TooLarge);
        }
        let mut sealed = self.head().to_vec();
        let payload = Payload {
            msg: plain,
            aad: &sealed,
        };
        let text = self.cipher().encrypt(&Nonce::default(), payload);
        sealed.extend(text.map_err(|_| SealError::TooLarge)?);
        Ok(sealed)
    }

    /// Opens a sealed file.
    ///
    /// # Errors
    /// When it is none, was sealed with another key, or is damaged.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (head, text) = sealed.split_at_checked(HEAD_BYTES).ok_or(SealError::NotSealed)?;
        if !head.starts_with(MAGIC) {
            return Err(SealError::NotSealed);
        }
        if head != self.head() {
            return Err(SealError::OtherKey);
        }
        let payload = Payload { msg: text, aad: head };
        let plain = self.cipher().decrypt(&Nonce::default(), payload);
        plain.map(Zeroizing::new).map_err(|_| SealError::Damaged)
    }

    fn head(&self) -> [u8; HEAD_BYTES] {
        let mut head = [0; HEAD_BYTES];
        head[..MAGIC.len()].copy_from_slice(MAGIC);
        head[MAGIC.len()..].copy_from_slice(&hash(KEY_DOMAIN, &[self.as_bytes()]));
        head
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(self.as_bytes().into())
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

impl FileHash {
    /// The name of a file with these bytes.
    #[must_use]
    pub fn of(stored: &[u8]) -> Self {
        Self(sha256(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_with_its_key_and_no_other() {
        let (key, other) = (ContentKey::new([7; 32]), ContentKey::new([8; 32]));
        for plain in [&b""[..], b"L\xc3\xb2 Th\xe1\xbb\x8b Mai", &[9; 5000]] {
            let sealed = key.seal(plain).unwrap();
            assert_eq!(sealed.len(), plain.len() + SEALED_BYTES_MORE);
            assert_eq!(key.open(&sealed).unwrap().as_slice(), plain);
            assert_eq!(other.open(&sealed), Err(SealError::OtherKey));
        }
    }

    #[test]
    fn a_changed_or_shortened_file_does_not_open() {
        let key = ContentKey::new([7; 32]);
        let sealed = key.seal(b"012345678901").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(&changed).is_err(), "byte {at}");
            assert!(key.open(&sealed[..at]).is_err(), "{at} bytes");
        }
        // A head that another key fits does not make that key open it.
        let other = ContentKey::new([8; 32]);
        let mut swapped = other.seal(b"012345678901").unwrap();
        swapped[HEAD_BYTES..].copy_from_slice(&sealed[HEAD_BYTES..]);
        assert_eq!(other.open(&swapped), Err(SealError::Damaged));
    }

    #[test]
    fn what_is_too_large_is_not_sealed() {
        let key = ContentKey::new([7; 32]);
        let most = vec![0; FILE_BYTES_MAX - SEALED_BYTES_MORE];
        assert_eq!(key.seal(&most).unwrap().len(), FILE_BYTES_MAX);
        assert_eq!(key.seal(&[&most[..], &[0]].concat()), Err(SealError::TooLarge));
    }
}
