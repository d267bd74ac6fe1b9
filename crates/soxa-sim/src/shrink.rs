//! [`shrink`]: the shortest schedule that still fails in the same way.
//!
//! Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002): ever smaller parts
//! of the schedule are left out, and stay out when it fails without them.

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::report::Failure;
use crate::run::play;
use crate::schedule::Schedule;

/// What is left of a schedule that fails.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The events that are needed, as far as was tried.
    pub schedule: Schedule,
    /// How it fails with only these.
    pub failure: Failure,
    /// How often it was played.
    pub plays: u32,
}

/// Leaves events out of a schedule that failed, as long as it fails in the same way; it is played at most `plays_max`
/// times. `played` is called after each.
#[must_use]
pub fn shrink(
    schedule: &Schedule,
    plan: &Plan,
    failure: &Failure,
    plays_max: u32,
    played: &mut dyn FnMut(),
) -> Shrunk {
    let mut plays = 0;
    let mut fails = |schedule: &Schedule| {
        plays += 1;
        let found = play(schedule, plan).err();
        played();
        found.filter(|other| other.defect.word() == failure.defect.word())
    };
    let mut found = failure.clone();
    // What came after it failed is not needed, unless it failed at the very end.
    let mut left = schedule.only(|event| event.number <= failure.step);
    if left != *schedule {
        match fails(&left) {
            Some(failure) => found = failure,
            None => left = schedule.clone(),
        }
    }
    let mut parts = 2;
    let mut tried = 1;
    while left.planned().len() > 1 && tried < plays_max {
        let numbers: Vec<u32> = left.planned().iter().map(|event| event.number).collect();
        let size = numbers.len().div_ceil(parts);
        let mut smaller = None;
        for part in numbers.chunks(size) {
            if tried >= plays_max {
                break;
            }
            let part: BTreeSet<u32> = part.iter().copied().collect();
            let without = left.only(|event| !part.contains(&event.number));
            tried += 1;
            if let Some(failure) = fails(&without) {
                smaller = Some((without, failure));
                break;
            }
        }
        match smaller {
            Some((without, failure)) => {
                left = without;
                found = failure;
                parts = (parts - 1).max(2);
            }
            // No single event can be left out any more.
            None if size == 1 => break,
            None => parts = (parts * 2).min(numbers.len()),
        }
    }
    Shrunk {
        schedule: left,
        failure: found,
        plays,
    }
}
