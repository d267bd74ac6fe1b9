//! [`Schedule`]: what happens in a run and when, drawn from its seed before the run begins. Each event throws its own dice, so a
//! schedule can be played with events left out, and the others stay what they were as far as they can.

use soxa_ledger::Time;
use soxa_sync::Parameters;

use crate::dice::{Dice, Purpose};
use crate::plan::{Fault, Plan};

/// Something that is going to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// An official acts.
    Act,
    /// Links part.
    Part,
    /// A process is killed.
    Kill,
    /// A node loses power at a write that is to come.
    CutPower,
    /// A disk fills up.
    FillDisk,
    /// A disk is put back to an earlier image.
    Restore,
    /// A disk is lost.
    LoseDisk,
    /// A store is copied to a second machine.
    Clone,
    /// A clock jumps.
    SetClock,
    /// A node becomes slow.
    Slow,
    /// An appointment is cut.
    Cut,
    /// A key is declared compromised.
    Compromise,
    /// A node is admitted and joins.
    Join,
    /// Two officials act on one record at two nodes.
    Rivals,
    /// The hostile node appends something.
    Hostile,
    /// The hostile node signs several histories of one feed.
    Equivocate,
    /// An official's key is used at two nodes by somebody else.
    StealKey,
    /// An official signs two things that exclude each other.
    TwoFaced,
    /// A lying node lies in another way.
    Lie,
}

/// How often what happens, among what goes wrong, and which fault it belongs to.
const WEIGHTS: [(Happening, Fault, u64); 18] = [
    (Happening::Part, Fault::Partition, 40),
    (Happening::Kill, Fault::Crash, 15),
    (Happening::CutPower, Fault::Crash, 30),
    (Happening::FillDisk, Fault::FullDisk, 8),
    (Happening::Restore, Fault::Restore, 14),
    (Happening::LoseDisk, Fault::LostDisk, 6),
    (Happening::Clone, Fault::Clone, 8),
    (Happening::SetClock, Fault::Clock, 12),
    (Happening::Slow, Fault::Slow, 10),
    (Happening::Cut, Fault::Cut, 28),
    (Happening::Compromise, Fault::Compromise, 7),
    (Happening::Join, Fault::Join, 8),
    (Happening::Rivals, Fault::Rivals, 25),
    (Happening::Hostile, Fault::Hostile, 15),
    (Happening::Equivocate, Fault::Equivocation, 10),
    (Happening::StealKey, Fault::StolenKey, 12),
    (Happening::TwoFaced, Fault::TwoFaced, 15),
    (Happening::Lie, Fault::Liars, 20),
];

impl Happening {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Act,
        Self::Part,
        Self::Kill,
        Self::CutPower,
        Self::FillDisk,
        Self::Restore,
        Self::LoseDisk,
        Self::Clone,
        Self::SetClock,
        Self::Slow,
        Self::Cut,
        Self::Compromise,
        Self::Join,
        Self::Rivals,
        Self::Hostile,
        Self::Equivocate,
        Self::StealKey,
        Self::TwoFaced,
        Self::Lie,
    ];

    /// The last part of its key in the catalogue of sentences.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Part => "part",
            Self::Kill => "kill",
            Self::CutPower => "cut_power",
            Self::FillDisk => "fill_disk",
            Self::Restore => "restore",
            Self::LoseDisk => "lose_disk",
            Self::Clone => "clone",
            Self::SetClock => "set_clock",
            Self::Slow => "slow",
            Self::Cut => "cut",
            Self::Compromise => "compromise",
            Self::Join => "join",
            Self::Rivals => "rivals",
            Self::Hostile => "hostile",
            Self::Equivocate => "equivocate",
            Self::StealKey => "steal_key",
            Self::TwoFaced => "two_faced",
            Self::Lie => "lie",
        }
    }
}

/// Of a hundred steps, how many go wrong when anything does.
const FAULTS_PERCENT: u32 = 35;
/// Milliseconds between two steps, unless there is a pause.
const GAP_MS: (u64, u64) = (20, 5_000);
/// Of a hundred steps, before how many there is a pause.
const PAUSES_PERCENT: u32 = 8;

/// The first moment of each province: 1 July 2025, 00:00 UTC.
pub(crate) const BEGINNING: Time = Time(1_751_328_000_000);
/// When the founding acts are done and the schedule begins.
pub(crate) const FOUNDED: Time = Time(BEGINNING.0 + DAY_MS);

/// One event of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Its number: 1 for the first. It keeps it when others are left out.
    pub number: u32,
    /// Milliseconds since the founding acts were done.
    pub after_ms: u64,
    /// What happens.
    pub what: Happening,
}

impl Planned {
    /// The moment, in simulated time.
    #[must_use]
    pub fn at(&self) -> Time {
        FOUNDED.plus_ms(self.after_ms)
    }
}

/// How fast life in a province is: seconds, hours or days between what matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tempo {
    /// Milliseconds between two comparisons of two nodes.
    pub interval_ms: u64,
    /// The longest pause, in milliseconds.
    pub pause_ms_max: u64,
    /// The longest partition that ends by itself, in milliseconds.
    pub parted_ms_max: u64,
}

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

const TEMPI: [Tempo; 3] = [
    Tempo {
        interval_ms: 20_000,
        pause_ms_max: 10 * MINUTE_MS,
        parted_ms_max: 30 * MINUTE_MS,
    },
    Tempo {
        interval_ms: 10 * MINUTE_MS,
        pause_ms_max: 6 * HOUR_MS,
        parted_ms_max: 2 * DAY_MS,
    },
    Tempo {
        interval_ms: 3 * HOUR_MS,
        pause_ms_max: 3 * DAY_MS,
        parted_ms_max: 21 * DAY_MS,
    },
];

impl Tempo {
    /// Waiting times that fit: a run sees many rounds.
    pub fn parameters(&self) -> Parameters {
        Parameters {
            interval_ms: self.interval_ms,
            soon_ms: 200,
            answer_within_ms: 15_000,
            retry_ms: 500,
            retry_max_ms: self.interval_ms,
            cool_down_ms: 5_000,
            forgiven_after_ms: 30 * self.interval_ms,
            announce_burst: 4,
            announce_gap_ms: 50,
            exchanges_max: 8,
        }
    }
}

/// What happens in a run, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    seed: u64,
    tempo: Tempo,
    planned: Vec<Planned>,
    ends_ms: u64,
}

impl Schedule {
    /// The schedule of a plan and a seed.
    #[must_use]
    pub fn draw(seed: u64, plan: &Plan) -> Self {
        let mut dice = Dice::new(seed, Purpose::Schedule);
        let pauses = plan.faults.has(Fault::Pause);
        let tempo = TEMPI[if pauses { dice.index(TEMPI.len()) } else { 0 }];
        let wrong: Vec<_> = WEIGHTS
            .into_iter()
            .filter(|(_, fault, _)| plan.faults.has(*fault))
            .collect();
        let weights = wrong.iter().map(|(_, _, weight)| weight).sum();
        let mut after_ms = 0;
        let planned = (1..=plan.steps).map(|number| {
            after_ms += if pauses && dice.chance(PAUSES_PERCENT) {
                dice.between(MINUTE_MS, tempo.pause_ms_max)
            } else {
                dice.between(GAP_MS.0, GAP_MS.1)
            };
            let mut thrown = dice.below(weights);
            let mut what = Happening::Act;
            if dice.chance(FAULTS_PERCENT) {
                for (happening, _, weight) in &wrong {
                    if thrown < *weight {
                        what = *happening;
                        break;
                    }
                    thrown -= weight;
                }
            }
            Planned {
                number,
                after_ms,
                what,
            }
        });
        let planned = planned.collect();
        Self {
            seed,
            tempo,
            planned,
            ends_ms: after_ms + GAP_MS.1,
        }
    }

    /// The same schedule with only some of its events. Whatever they threw, they throw again.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Planned) -> bool) -> Self {
        Self {
            planned: self.planned.iter().filter(|event| keep(event)).copied().collect(),
            ..self.clone()
        }
    }

    /// The seed it was drawn from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Its events.
    #[must_use]
    pub fn planned(&self) -> &[Planned] {
        &self.planned
    }

    pub(crate) fn tempo(&self) -> Tempo {
        self.tempo
    }

    /// When everything heals.
    pub(crate) fn ends_at(&self) -> Time {
        FOUNDED.plus_ms(self.ends_ms)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::Faults;

    #[test]
    fn a_schedule_follows_from_seed_and_plan_and_keeps_numbers_and_moments() {
        let plan = Plan::of(12, 800);
        let schedule = Schedule::draw(5, &plan);
        assert_eq!(schedule, Schedule::draw(5, &plan));
        assert_ne!(schedule, Schedule::draw(6, &plan));
        let kinds: BTreeSet<Happening> = schedule.planned().iter().map(|event| event.what).collect();
        assert_eq!(kinds, Happening::ALL.into());
        let few = schedule.only(|event| event.number % 200 == 0);
        let numbers: Vec<u32> = few.planned().iter().map(|event| event.number).collect();
        assert_eq!(numbers, [200, 400, 600, 800]);
        assert_eq!(few.planned()[1], schedule.planned()[399]);
        assert_eq!(few.ends_at(), schedule.ends_at());
    }

    #[test]
    fn only_the_faults_of_a_plan_happen() {
        let check = |faults: Faults, kinds: &[Happening]| {
            let schedule = Schedule::draw(
                1,
                &Plan {
                    faults,
                    ..Plan::of(3, 200)
                },
            );
            let found: BTreeSet<Happening> = schedule.planned().iter().map(|event| event.what).collect();
            assert_eq!(found, kinds.iter().copied().collect());
        };
        check(Faults::none(), &[Happening::Act]);
        check(
            Faults::only(&[Fault::Crash]),
            &[Happening::Act, Happening::Kill, Happening::CutPower],
        );
    }

    #[test]
    fn partitions_last_for_weeks_in_some_provinces_and_for_minutes_in_others() {
        let longest = |seed| {
            let schedule = Schedule::draw(seed, &Plan::of(3, 300));
            schedule.planned().last().map_or(0, |last| last.after_ms)
        };
        let lengths: Vec<u64> = (0..12).map(longest).collect();
        assert!(lengths.iter().any(|ms| *ms > 14 * DAY_MS), "{lengths:?}");
        assert!(lengths.iter().any(|ms| *ms < 6 * HOUR_MS), "{lengths:?}");
    }
}
