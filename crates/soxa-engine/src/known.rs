//! [`Known`]: bodies that the engines of one process have opened already. The same bytes are the same body with the same
//! signatures, so none is read and checked twice: where a whole province runs in one process, each entry is held by every node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use soxa_ledger::entry::{BodyKind, Defect};
use soxa_ledger::ids::sha256;
use soxa_ledger::{Body, Entry, NetworkId, Scope};

/// A network, what a body is, and the SHA-256 of its bytes.
type Key = (NetworkId, BodyKind, [u8; 32]);

/// Bodies whose every signature was checked, just now or before they were stored, by their exact bytes. It grows without bound and is for simulations, which
/// keep all they make in memory anyway; the default one remembers nothing. Clones share what they know.
#[derive(Clone, Default)]
pub struct Known(Option<Arc<Mutex<HashMap<Key, Body>>>>);

impl Known {
    /// One that remembers.
    #[must_use]
    pub fn remembering() -> Self {
        Self(Some(Arc::default()))
    }

    /// The body of an entry, if it was opened before and a feed of this scope may carry it. What proves where a copy stood
    /// first is no part of its body: it is looked at each time.
    pub(crate) fn find(&self, network: NetworkId, entry: &Entry, scope: &Scope) -> Option<Body> {
        if entry.header.kind == BodyKind::Copy {
            return None;
        }
        let fits = |body: &Body| match body {
            Body::Commit(commit) => scope.may_carry(&commit.scope),
            Body::Statement(_) => scope.is_all_nodes(),
        };
        self.get(network, entry).filter(fits)
    }

    /// Remembers a body whose signatures hold.
    pub(crate) fn remember(&self, network: NetworkId, entry: &Entry, body: &Body) {
        if let Some(known) = &self.0 {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(key(network, entry), body.clone());
        }
    }

    /// The body of an entry that was opened before it was stored.
    pub(crate) fn open_stored(&self, network: NetworkId, entry: &Entry) -> Result<Body, Defect> {
        match self.get(network, entry) {
            Some(body) => Ok(body),
            None => {
                let body = entry.open_stored()?;
                self.remember(network, entry, &body);
                Ok(body)
            }
        }
    }

    fn get(&self, network: NetworkId, entry: &Entry) -> Option<Body> {
        let known = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key(network, entry)).cloned()
    }
}

/// By the bytes themselves: what a header says of them may be anything.
fn key(network: NetworkId, entry: &Entry) -> Key {
    (network, entry.header.kind, sha256(&entry.body))
}
