//! The step from a stranger's bytes to checked facts.

use std::ops::Deref;
use std::sync::Arc;

use crate::ids::NetworkId;

/// Something decoded, whose signatures nobody has checked yet. Holds the exact bytes it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    pub(crate) value: T,
    pub(crate) bytes: Arc<[u8]>,
}

/// Something whose every signature holds. Nothing outside this crate can make one without the check. Clones share it.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified<T> {
    value: Arc<T>,
    bytes: Arc<[u8]>,
}

// Derived, it would ask that the value can be cloned.
impl<T> Clone for Verified<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            bytes: Arc::clone(&self.bytes),
        }
    }
}

impl<T> Signed<T> {
    pub(crate) fn new(value: T, bytes: &[u8]) -> Self {
        Self {
            value,
            bytes: bytes.into(),
        }
    }

    /// The value, unchecked: for showing, never for deciding.
    pub fn unchecked(&self) -> &T {
        &self.value
    }

    /// The bytes as received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_verified(self) -> Verified<T> {
        Verified {
            value: Arc::new(self.value),
            bytes: self.bytes,
        }
    }

    /// Takes the value for checked because it was checked before it was written to this node's own store.
    /// For reading that store back, and nothing else: no signature is checked twice.
    #[must_use]
    pub fn checked_before_storing(self) -> Verified<T> {
        self.into_verified()
    }
}

impl<T> Verified<T> {
    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The bytes as received: what is stored and sent on.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, shared.
    pub fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The message a signature covers: domain, zero byte, network, then the bytes.
pub(crate) fn message(domain: &str, network: NetworkId, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(domain.len() + 33 + bytes.len());
    message.extend_from_slice(domain.as_bytes());
    message.push(0);
    message.extend_from_slice(&network.0);
    message.extend_from_slice(bytes);
    message
}
