//! [`Dice`]: the only source of chance, made from the seed.
//!
//! Each event, message and life of a node has a stream of its own. So an event that is left out of a schedule changes
//! what it did and not what all others throw: that is what makes a failure shrink.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A stream of chance. Streams of different purposes do not disturb each other.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

/// What a stream of chance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The keys of roots, nodes and officials at the start.
    Keys,
    /// What the network is like: neighbours, loss, delays, tempo.
    Links,
    /// The schedule of a run.
    Schedule,
    /// What one event of it does, by the event's number.
    Event(u32),
    /// Which disk an event puts back, and to what it held when: drawn before the run begins.
    Image(u32),
    /// How nodes notice that a partition has ended, by its number.
    Healing(u32),
    /// What becomes of one message: who sends it to whom, and how many it sent before.
    Message { from: usize, to: usize, number: u64 },
    /// How a stolen key is found out, by the number of the event that stole it.
    Exposure(u32),
    /// How one life of a node ends and the next begins.
    Life { node: usize, life: u64 },
}

impl Purpose {
    fn words(self) -> [u64; 3] {
        match self {
            Self::Keys => [1, 0, 0],
            Self::Links => [2, 0, 0],
            Self::Schedule => [3, 0, 0],
            Self::Event(number) => [4, u64::from(number), 0],
            Self::Image(number) => [8, u64::from(number), 0],
            Self::Healing(number) => [7, u64::from(number), 0],
            Self::Message { from, to, number } => [5, (from as u64) << 32 | to as u64, number],
            Self::Exposure(number) => [9, u64::from(number), 0],
            Self::Life { node, life } => [6, node as u64, life],
        }
    }
}

impl Dice {
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        let [kind, first, second] = purpose.words();
        for (part, word) in key.chunks_exact_mut(8).zip([seed, kind, first, second]) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        // The product's upper half: even enough for numbers far below 2^64.
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < u64::from(percent)
    }

    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.index(from.len()))
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_throws_and_purposes_differ() {
        let throws = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            (0..8).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(7, Purpose::Keys), throws(7, Purpose::Keys));
        assert_ne!(throws(7, Purpose::Keys), throws(8, Purpose::Keys));
        let message = |from, to, number| throws(7, Purpose::Message { from, to, number });
        let all = [
            throws(7, Purpose::Keys),
            throws(7, Purpose::Event(1)),
            throws(7, Purpose::Event(2)),
            message(0, 1, 0),
            message(1, 0, 0),
            message(0, 1, 1),
        ];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn throws_stay_within_their_bounds() {
        let mut dice = Dice::new(1, Purpose::Keys);
        assert!((0..1_000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
