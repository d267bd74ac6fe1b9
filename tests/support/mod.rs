//! What the end-to-end tests stand on: the program as child processes, a province of one or more nodes in a temporary
//! folder, the local socket spoken by hand, and commits that are signed before they are needed.
//!
//! Nothing here waits for a fixed time: what takes longer than [`LIMIT`] has failed.

#![allow(dead_code, reason = "every test program uses its own part")]

pub mod acts;
pub mod chance;
pub mod clock;
pub mod handing;
pub mod program;
pub mod province;
pub mod sentences;
pub mod signing;
pub mod socket;
pub mod terminal;

use std::time::{Duration, Instant};

/// What takes longer has failed: an unoptimised build on a busy machine stays far below it.
pub const LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at something that is being waited for.
const LOOK: Duration = Duration::from_millis(10);

/// Looks until there is something; fails with what was seen last.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if begun.elapsed() > LIMIT => panic!("waited {LIMIT:?} for {what}; last seen: {seen}"),
            Err(_) => std::thread::sleep(LOOK),
        }
    }
}

/// Looks without a pause until something is reached that does not last.
#[track_caller]
pub fn spin(what: &str, mut reached: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
        std::thread::yield_now();
    }
}
