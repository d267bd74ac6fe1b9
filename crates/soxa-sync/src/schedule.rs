//! When next: the puller's times, their jitter and how they grow after setbacks.

use soxa_ledger::{NodeKey, Time};

use crate::limits::{DOUBLINGS_MAX, PATIENCE_SHARE};

/// The puller's times and counts. The default suits nodes of a province on slow links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Milliseconds between two comparisons with one peer when nothing happens, give or take a quarter.
    pub interval_ms: u64,
    /// Milliseconds between two comparisons that something gave a reason for; long enough to see several reasons.
    pub soon_ms: u64,
    /// Milliseconds that a peer has to answer one request.
    pub answer_within_ms: u64,
    /// Milliseconds of rest after a first setback (no answer, refused, nothing served); doubled each time.
    pub retry_ms: u64,
    /// The longest such rest, in milliseconds.
    pub retry_max_ms: u64,
    /// Milliseconds of rest after a first offence; doubled each time.
    pub cool_down_ms: u64,
    /// Milliseconds without an offence after which earlier ones are forgotten; also the longest cool-down.
    pub forgiven_after_ms: u64,
    /// Announcements that may follow each other at once: acts of people, each told without delay.
    pub announce_burst: u32,
    /// Milliseconds between two announcements after such a burst, for each node known: many appends are announced
    /// once, and what all nodes together announce stays within what each of them takes in.
    pub announce_gap_ms: u64,
    /// Exchanges with all peers together: requests under way and runs being taken in, but for requests whose answer is
    /// overdue. Each can hold one response in memory.
    pub exchanges_max: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            interval_ms: 30_000,
            soon_ms: 300,
            answer_within_ms: 60_000,
            retry_ms: 1_000,
            retry_max_ms: 5 * 60_000,
            cool_down_ms: 60_000,
            forgiven_after_ms: 60 * 60_000,
            announce_burst: 16,
            announce_gap_ms: 5,
            exchanges_max: 8,
        }
    }
}

impl Parameters {
    /// Milliseconds after which an answer is overdue. It is still waited for, but others are asked meanwhile.
    pub(crate) fn patience_ms(&self) -> u64 {
        (self.answer_within_ms / PATIENCE_SHARE).max(1)
    }

    /// The rest after the `count`th setback in a row.
    pub(crate) fn rest_ms(&self, count: u32) -> u64 {
        doubled(self.retry_ms, count.saturating_sub(1)).min(self.retry_max_ms)
    }

    /// The rest after the `count`th offence.
    pub(crate) fn cool_down_ms(&self, count: u32) -> u64 {
        doubled(self.cool_down_ms, count.saturating_sub(1)).min(self.forgiven_after_ms)
    }

    /// The least time between two comparisons with a peer, of which the last `fruitless` found nothing to ask for:
    /// two nodes that can never be equal must not keep each other busy.
    pub(crate) fn gap_ms(&self, fruitless: u32) -> u64 {
        doubled(self.soon_ms, fruitless).min(self.interval_ms)
    }
}

pub(crate) fn doubled(milliseconds: u64, times: u32) -> u64 {
    milliseconds.saturating_mul(1 << times.min(DOUBLINGS_MAX))
}

/// Spreads waiting times, so that nodes that started together do not stay in step. Not random: the same seed and
/// the same inputs give the same times.
#[derive(Debug, Clone)]
pub(crate) struct Jitter {
    state: u64,
}

impl Jitter {
    pub(crate) fn new(seed: u64, own: &NodeKey) -> Self {
        // Nodes that are given one seed by mistake still differ by their keys.
        let mut state = seed;
        for byte in own.0 {
            state = state.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte);
        }
        Self { state }
    }

    /// A moment after `now`: the time given, less or more by up to a quarter.
    pub(crate) fn after(&mut self, now: Time, milliseconds: u64) -> Time {
        let spread = milliseconds / 2;
        let part = if spread == 0 {
            0
        } else {
            self.next() % (spread + 1)
        };
        now.plus_ms((milliseconds - spread / 2).saturating_add(part))
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
