//! Caches bounded by what they hold, not by how many: one record may weigh a thousand times another.

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// The values last used, up to a weight in bytes. One value stays however heavy it is.
pub(crate) struct Weighed<K: Hash + Eq, V> {
    entries: LruCache<K, (usize, V)>,
    weight: usize,
    max: usize,
}

impl<K: Hash + Eq, V: Clone> Weighed<K, V> {
    pub fn new(max_bytes: usize) -> Self {
        Self {
            entries: LruCache::unbounded(),
            weight: 0,
            max: max_bytes,
        }
    }

    pub fn get(&mut self, key: &K) -> Option<V> {
        self.entries.get(key).map(|(_, value)| value.clone())
    }

    pub fn put(&mut self, key: K, value: V, weight: usize) {
        self.weight = self.weight.saturating_add(weight);
        if let Some((old, _)) = self.entries.put(key, (weight, value)) {
            self.weight = self.weight.saturating_sub(old);
        }
        while self.weight > self.max && self.entries.len() > 1 {
            let Some((_, (gone, _))) = self.entries.pop_lru() else {
                break;
            };
            self.weight = self.weight.saturating_sub(gone);
        }
    }

    pub fn forget(&mut self, key: &K) {
        if let Some((gone, _)) = self.entries.pop(key) {
            self.weight = self.weight.saturating_sub(gone);
        }
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.weight = 0;
    }

    /// Takes over what another cache holds, the least used first.
    pub fn absorb(&mut self, mut other: Self) {
        while let Some((key, (weight, value))) = other.entries.pop_lru() {
            self.put(key, value, weight);
        }
    }
}

/// A cache that readers share. A panic while it was held leaves nothing half done that matters: it is a cache.
pub(crate) struct Shared<K: Hash + Eq, V>(Mutex<Weighed<K, V>>);

impl<K: Hash + Eq, V: Clone> Shared<K, V> {
    pub fn new(max_bytes: usize) -> Self {
        Self(Mutex::new(Weighed::new(max_bytes)))
    }

    pub fn get(&self, key: &K) -> Option<V> {
        self.lock().get(key)
    }

    pub fn put(&self, key: K, value: V, weight: usize) {
        self.lock().put(key, value, weight);
    }

    /// Drops what became stale and takes over what was learnt.
    pub fn renew<'k>(&self, stale: impl IntoIterator<Item = &'k K>, fresh: Weighed<K, V>)
    where
        K: 'k,
    {
        let mut cache = self.lock();
        for key in stale {
            cache.forget(key);
        }
        cache.absorb(fresh);
    }

    fn lock(&self) -> MutexGuard<'_, Weighed<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(puts: &[(u8, usize)], kept: &[u8]) {
        let mut cache = Weighed::new(100);
        for (key, weight) in puts {
            cache.put(*key, *key, *weight);
        }
        for key in 0..10 {
            assert_eq!(
                cache.get(&key).is_some(),
                kept.contains(&key),
                "{key} after {puts:?}"
            );
        }
        let weight: usize = cache.entries.iter().map(|(_, (weight, _))| *weight).sum();
        assert_eq!(cache.weight, weight);
    }

    #[test]
    fn the_least_used_go_when_the_weight_is_reached() {
        check(&[(1, 40), (2, 40), (3, 40)], &[2, 3]);
        check(&[(1, 40), (2, 40), (1, 10), (3, 50)], &[1, 2, 3]);
        check(&[(1, 1), (2, 1), (3, 1_000)], &[3]);
        check(&[(3, 1_000), (1, 1)], &[1]);
    }
}
