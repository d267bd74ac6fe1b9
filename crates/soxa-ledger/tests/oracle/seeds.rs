//! Many histories on all cores. Each random one has a number, its seed, so that one that fails can be had again.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// What a variable of the environment says; nothing where it is not set or no number.
pub fn asked_for(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seeds to go through: so many from the first on, unless the environment asks for others.
pub fn seeds(count: u64) -> Range<u64> {
    let first = asked_for("SOXA_ORACLE_FIRST").unwrap_or(1);
    first..first + asked_for("SOXA_ORACLE_CASES").unwrap_or(count)
}

/// Does something for each number, on all cores, until it fails for one: what it says then.
pub fn first_fault(numbers: Range<u64>, check: impl Fn(u64) -> Result<(), String> + Sync) -> Option<String> {
    let next = AtomicU64::new(numbers.start);
    let fault = Mutex::new(None);
    let go_on = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= numbers.end {
                return;
            }
            if let Err(what) = check(number) {
                *fault.lock().unwrap() = Some(what);
                next.store(numbers.end, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(go_on);
        }
    });
    fault.into_inner().unwrap()
}

/// The dice of a seed.
pub fn dice(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// Checks the history of one seed. What fails is told after it has shrunk, for which at most so many others are tried.
pub fn check_seed<S: Strategy>(
    seed: u64,
    histories: &S,
    shrinking: u32,
    check: impl Fn(&S::Value),
) -> Result<(), String> {
    let config = Config {
        cases: 1,
        max_shrink_iters: shrinking,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, dice(seed));
    let outcome = runner.run(histories, |history| {
        check(&history);
        Ok(())
    });
    outcome.map_err(|error| match error {
        TestError::Fail(why, history) => format!(
            "SOXA_ORACLE_FIRST={seed} SOXA_ORACLE_CASES=1 finds it again.\n{why}\nThe shortest such history: {history:#?}"
        ),
        TestError::Abort(why) => format!("seed {seed}: {why}"),
    })
}

/// Numbers drawn one after the other, and zeros after the last: what they stand for is plainest for zeros.
pub struct Dice<'a>(std::slice::Iter<'a, u16>);

impl<'a> Dice<'a> {
    pub fn of(numbers: &'a [u16]) -> Self {
        Self(numbers.iter())
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) * sides / 65_536
    }

    /// True in `in_hundred` cases of a hundred, and never for a zero.
    pub fn chance(&mut self, in_hundred: usize) -> bool {
        self.roll(100) >= 100 - in_hundred
    }
}
