//! A token bucket: so much a second, so much at once. Time is an argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Allowance;

/// A rate and how much of it may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Tokens that come back each second.
    pub(crate) per_second: u32,
    /// Tokens of a full bucket.
    pub(crate) burst: u32,
}

/// Counts in thousandths of a token, so that slow rates lose nothing to rounding.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    rate: Rate,
    millitokens: u64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            millitokens: u64::from(rate.burst) * 1_000,
            filled: now,
        }
    }

    /// Takes one token; false when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let enough = self.millitokens >= 1_000;
        if enough {
            self.millitokens -= 1_000;
        }
        enough
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled);
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed_ms.saturating_mul(u64::from(self.rate.per_second));
        self.millitokens = self
            .millitokens
            .saturating_add(gained)
            .min(u64::from(self.rate.burst) * 1_000);
        self.filled += Duration::from_millis(elapsed_ms);
    }
}

/// What becomes of one thing more from a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It is within the peer's rate.
    Open,
    /// It is above: dropped.
    Dropped,
    /// It is above what is forgiven: the peer is to be disconnected.
    Flood,
}

/// What one peer may send, and what of the rest is forgiven.
#[derive(Debug, Clone)]
pub(crate) struct Gauge {
    open: Bucket,
    forgiven: Bucket,
}

impl Gauge {
    pub(crate) fn new(allowance: Allowance, now: Instant) -> Self {
        let Allowance {
            per_second,
            burst,
            forgiven,
        } = allowance;
        let bucket = |burst| Bucket::new(Rate { per_second, burst }, now);
        Self {
            open: bucket(burst),
            forgiven: bucket(forgiven),
        }
    }

    /// One thing more.
    pub(crate) fn pass(&mut self, now: Instant) -> Gate {
        if self.open.take(now) {
            Gate::Open
        } else if self.forgiven.take(now) {
            Gate::Dropped
        } else {
            Gate::Flood
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_admits_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(
            Rate {
                per_second: 10,
                burst: 3,
            },
            start,
        );
        let at = |ms: u64| start + Duration::from_millis(ms);
        let admitted = |bucket: &mut Bucket, ms| (0..100).filter(|_| bucket.take(at(ms))).count();
        assert_eq!(admitted(&mut bucket, 0), 3);
        assert_eq!(admitted(&mut bucket, 99), 0);
        assert_eq!(admitted(&mut bucket, 100), 1);
        assert_eq!(admitted(&mut bucket, 300), 2);
        assert_eq!(admitted(&mut bucket, 60_000), 3, "never more than the burst");
    }

    #[test]
    fn what_is_above_the_rate_is_dropped_and_then_too_much() {
        use Gate::{Dropped, Flood, Open};
        let now = Instant::now();
        let allowance = Allowance {
            per_second: 10,
            burst: 2,
            forgiven: 3,
        };
        let mut gauge = Gauge::new(allowance, now);
        let gates: Vec<Gate> = (0..6).map(|_| gauge.pass(now)).collect();
        assert_eq!(gates, [Open, Open, Dropped, Dropped, Dropped, Flood]);
        assert_eq!(gauge.pass(now + Duration::from_secs(1)), Open);
    }

    #[test]
    fn many_small_steps_give_what_one_large_step_gives() {
        let start = Instant::now();
        let mut bucket = Bucket::new(
            Rate {
                per_second: 1,
                burst: 1,
            },
            start,
        );
        assert!(bucket.take(start));
        let admitted = (1..=10_000_u64)
            .filter(|us| bucket.take(start + Duration::from_micros(us * 500)))
            .count();
        assert_eq!(admitted, 5);
    }
}
