//! [`SmallMap`] and [`SmallSet`]: sorted, of few entries, in one piece of memory.
//!
//! A statement mostly stands in one entry, a record's fields mostly have one value each. A tree has room for eleven in its
//! smallest node, so that a province's statements and states in trees take several times what they hold.

use std::borrow::Borrow;

/// A map from few keys, ascending. Finding takes a binary search, inserting moves what stands behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmallMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SmallMap<K, V> {
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(known, _)| known.borrow().cmp(key))
    }

    /// The value of a key.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let at = self.place(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Whether a key has a value.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Gives a key its value, in place of the one it had.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => {
                if let Some(known) = self.0.get_mut(at) {
                    known.1 = value;
                }
            }
            Err(at) => {
                // A map rarely grows again: no room beyond what it holds.
                self.0.reserve_exact(1);
                self.0.insert(at, (key, value));
            }
        }
    }

    /// The value of a key, which is made if there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.place(&key) {
            Ok(at) => at,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (key, make()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Keeps the entries of which this is true.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keeps(key, value));
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, ascending by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys, ascending.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values, ascending by key.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.0.iter().map(|(_, value)| value)
    }
}

/// Of several entries with one key, the last counts.
impl<K: Ord, V> FromIterator<(K, V)> for SmallMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        // Stable: of equal keys the last stays last, and takes the place of those before it.
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        entries.shrink_to_fit();
        Self(entries)
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for SmallMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

type AsPair<K, V> = fn(&(K, V)) -> (&K, &V);

impl<'a, K, V> IntoIterator for &'a SmallMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (K, V)>, AsPair<K, V>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

/// A set of few values, ascending. Finding takes a binary search, inserting moves what stands behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmallSet<T>(Vec<T>);

impl<T> Default for SmallSet<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> SmallSet<T> {
    /// Whether the set holds a value.
    #[must_use]
    pub fn contains(&self, value: &T) -> bool {
        self.0.binary_search(value).is_ok()
    }

    /// Takes a value in; false when it was there.
    pub fn insert(&mut self, value: T) -> bool {
        let Err(at) = self.0.binary_search(&value) else {
            return false;
        };
        // Mostly one value comes; where more do, room grows by steps.
        if self.0.is_empty() {
            self.0.reserve_exact(1);
        }
        self.0.insert(at, value);
        true
    }

    /// The values, ascending.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SmallSet<T> {
    fn from(values: [T; N]) -> Self {
        let mut set = Self::default();
        for value in values {
            set.insert(value);
        }
        set
    }
}

impl<'a, T> IntoIterator for &'a SmallSet<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(entries in proptest::collection::vec((0_u8..20, any::<u8>()), 0..40), even in any::<bool>()) {
            let mut tree: BTreeMap<u8, u8> = entries.iter().copied().collect();
            let mut map: SmallMap<u8, u8> = entries.iter().copied().collect();
            if even {
                tree.retain(|key, _| key % 2 == 0);
                map.retain(|key, _| key % 2 == 0);
            }
            tree.insert(7, 1);
            map.insert(7, 1);
            prop_assert_eq!(map.get_or_insert_with(9, || 3), tree.entry(9).or_insert(3));
            prop_assert!(map.iter().eq(tree.iter()));
            prop_assert!((&map).into_iter().eq(&tree));
            prop_assert!(map.keys().eq(tree.keys()) && map.values().eq(tree.values()));
            prop_assert_eq!((map.len(), map.is_empty()), (tree.len(), tree.is_empty()));
            for key in 0..20 {
                prop_assert_eq!(map.get(&key), tree.get(&key));
                prop_assert_eq!(map.contains_key(&key), tree.contains_key(&key));
            }
        }

        #[test]
        fn a_set_holds_what_a_tree_holds(values in proptest::collection::vec(0_u8..20, 0..40)) {
            let mut tree = BTreeSet::new();
            let mut set = SmallSet::default();
            for value in values {
                prop_assert_eq!(set.insert(value), tree.insert(value));
            }
            prop_assert!(set.iter().eq(&tree) && (&set).into_iter().eq(&tree));
            for value in 0..20 {
                prop_assert_eq!(set.contains(&value), tree.contains(&value));
            }
        }
    }
}
