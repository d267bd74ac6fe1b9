//! `soxa sim`: plays seeds of the simulator and tells what held, or the story of a run line by line.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::json;
use soxa_lang::{Lang, has, number, text};
use soxa_sim::{Event, Moment, Plan, Report, Schedule, play_watched, shrink};

use crate::cli::SimArgs;
use crate::clock;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{print, print_json, say};
use crate::progress::Progress;

/// The seed that is played when none is given.
const SEED_DEFAULT: u64 = 1;

/// How often a failing schedule is played to make it shorter.
const SHRINKING_PLAYS_MAX: u32 = 300;

/// Plays the seeds asked for.
///
/// # Errors
/// When the numbers lie outside what the simulator plays, or standard output cannot be written.
pub fn run(args: &SimArgs, lang: Lang) -> Result<Exit, Failure> {
    let (first, last) = match (&args.seeds, args.seed) {
        (Some(seeds), _) => (*seeds.start(), *seeds.end()),
        (None, seed) => (seed.unwrap_or(SEED_DEFAULT), seed.unwrap_or(SEED_DEFAULT)),
    };
    let plan = plan(args, lang)?;
    let started = Instant::now();
    let runs = play_all(lang, args, &plan, first, last);
    let mut sum = Sum::default();
    for run in runs.into_values() {
        match run {
            Ok(report) => {
                tell(lang, &report.story)?;
                sum.held(&report);
            }
            Err(failure) => {
                tell(lang, &failure.story)?;
                say(&failed(lang, &failure));
                if args.only.is_none() {
                    say_shortest(lang, args, &plan, &failure);
                }
                sum.failed(&failure);
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    sum.say(lang);
    if args.json {
        print_json(&sum.json(seconds))?;
    }
    Ok(if sum.failed.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// What did not hold, in a sentence.
fn failed(lang: Lang, failure: &soxa_sim::Failure) -> String {
    let values = failure.defect.values();
    let what = sentence(lang, "cli.sim.failure", failure.defect.word(), &values);
    let values: [(&str, &dyn Display); 3] =
        [("seed", &failure.seed), ("step", &failure.step), ("what", &what)];
    text(lang, "cli.sim.failed", &values)
}

/// Looks for the shortest schedule that still fails, and says which it is and how to play it.
fn say_shortest(lang: Lang, args: &SimArgs, plan: &Plan, failure: &soxa_sim::Failure) {
    let progress = Progress::new(lang, "cli.sim.shrinking", u64::from(SHRINKING_PLAYS_MAX));
    let silent = Plan {
        tell: false,
        ..plan.clone()
    };
    let schedule = Schedule::draw(failure.seed, &silent);
    let shrunk = shrink(&schedule, &silent, failure, SHRINKING_PLAYS_MAX, &mut || {
        progress.step()
    });
    drop(progress);
    let left = shrunk.schedule.planned();
    let (of, events) = (schedule.planned().len(), left.len());
    say(&text(
        lang,
        "cli.sim.shortest",
        &[("events", &events), ("of", &of)],
    ));
    for event in left {
        let what = text(lang, &format!("cli.sim.planned.{}", event.what.word()), &[]);
        let at = clock::machine(event.at().0);
        say(&format!("  {:>5}  {at}  {what}", event.number));
    }
    say(&failed(lang, &shrunk.failure));
    let numbers: Vec<String> = left.iter().map(|event| event.number.to_string()).collect();
    let values: [(&str, &dyn Display); 5] = [
        ("seed", &failure.seed),
        ("nodes", &plan.nodes),
        ("steps", &plan.steps),
        ("faults", &args.faults),
        ("numbers", &numbers.join(",")),
    ];
    say(&text(lang, "cli.sim.again", &values));
}

fn plan(args: &SimArgs, lang: Lang) -> Result<Plan, Failure> {
    let steps = u32::try_from(args.steps).unwrap_or(u32::MAX);
    let plan = Plan {
        tell: args.trace,
        faults: args.faults.clone(),
        ..Plan::of(args.nodes, steps)
    };
    let check = |name: &str, found: u64, taken: u64| {
        if found == taken {
            return Ok(());
        }
        let reason = Sentence::new("cli.sim.out_of_range", &[("name", &name), ("limit", &taken)]);
        Err(Failure::usage(lang, "sim", &reason))
    };
    check("--nodes", args.nodes as u64, plan.nodes as u64)?;
    check("--steps", args.steps, u64::from(plan.steps))?;
    Ok(plan)
}

type Outcomes = BTreeMap<u64, Result<Report, soxa_sim::Failure>>;

/// Plays the seeds on all cores: a run itself uses one.
fn play_all(lang: Lang, args: &SimArgs, plan: &Plan, first: u64, last: u64) -> Outcomes {
    let seeds = (last - first).saturating_add(1);
    let steps = u64::from(plan.steps);
    let progress = Progress::new(lang, "cli.sim.progress", seeds.saturating_mul(steps));
    let next = AtomicU64::new(first);
    let outcomes = Mutex::new(Outcomes::new());
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last || seed < first {
                        return;
                    }
                    let schedule = Schedule::draw(seed, plan);
                    let schedule = match &args.only {
                        Some(only) => schedule.only(|event| only.contains(&event.number)),
                        None => schedule,
                    };
                    let mut done = 0;
                    let outcome = play_watched(&schedule, plan, &mut |moment| {
                        let played = u64::from(moment.played);
                        progress.steps(played - done);
                        done = played;
                        progress.say(|| so_far(lang, seed, &moment));
                    });
                    progress.steps(steps.saturating_sub(done));
                    outcomes
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(seed, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// How far the run of a seed is.
fn so_far(lang: Lang, seed: u64, moment: &Moment) -> String {
    let values: [(&str, &dyn Display); 4] = [
        ("seed", &seed),
        ("step", &number(lang, u64::from(moment.played))),
        ("time", &clock::machine(moment.now.0)),
        ("messages", &number(lang, moment.messages)),
    ];
    text(lang, "cli.sim.so_far", &values)
}

/// Prints a story: the moment, the sentence, and what an act was answered.
fn tell(lang: Lang, story: &[Event]) -> Result<(), Failure> {
    let mut lines = String::new();
    for event in story {
        let mut values = event.values.clone();
        values.push(("who", event.who.clone()));
        for (name, value) in &mut values {
            let translated = format!("cli.sim.{name}.{value}");
            if has(&translated) {
                *value = text(lang, &translated, &[]);
            }
        }
        let said = sentence(lang, "cli.sim.event", event.what, &values);
        let answer = values.iter().find(|(name, _)| *name == "answer");
        let answer = answer.map_or_else(String::new, |(_, answer)| format!(" – {answer}"));
        lines.push_str(&format!("{} {said}{answer}\n", clock::machine(event.at.0)));
    }
    print(lines.as_bytes())
}

fn sentence(lang: Lang, area: &str, word: &str, values: &[(&'static str, String)]) -> String {
    let values: Vec<(&str, &dyn Display)> = values
        .iter()
        .map(|(name, value)| (*name, value as &dyn Display))
        .collect();
    text(lang, &format!("{area}.{word}"), &values)
}

/// What all seeds together gave.
#[derive(Debug, Default)]
struct Sum {
    seeds: u64,
    failed: Vec<u64>,
    steps: u64,
    crashes: u64,
    partitions: u64,
    cuts: u64,
    hostile: u64,
    byzantine: u64,
    restores: u64,
    lost_disks: u64,
    clones: u64,
    lives: u64,
    carried: u64,
    excepted: u64,
    stored: u64,
    refused: u64,
    contested: u64,
    stolen_keys: u64,
    two_faced: u64,
    corrected: u64,
    forwarded: u64,
    rulings: u64,
    lost: u64,
    diverged: bool,
}

impl Sum {
    fn held(&mut self, report: &Report) {
        self.seeds += 1;
        self.steps += u64::from(report.steps);
        self.crashes += report.crashes;
        self.partitions += report.partitions;
        self.cuts += report.cuts;
        self.hostile += report.hostile;
        self.byzantine += report.byzantine;
        self.restores += report.restores;
        self.lost_disks += report.lost_disks;
        self.clones += report.clones;
        self.lives += report.lives;
        self.carried += report.carried;
        self.excepted += report.excepted;
        self.stored += report.stored;
        self.refused += report.refused;
        self.contested += report.contested;
        self.stolen_keys += report.stolen_keys;
        self.two_faced += report.two_faced;
        self.corrected += report.corrected;
        self.forwarded += report.forwarded;
        self.rulings += report.rulings;
    }

    fn failed(&mut self, failure: &soxa_sim::Failure) {
        self.seeds += 1;
        self.steps += u64::from(failure.step);
        self.failed.push(failure.seed);
        self.lost += u64::from(failure.defect.is_loss());
        self.diverged |= failure.defect.is_divergence();
    }

    fn say(&self, lang: Lang) {
        let shown = |value: u64| number(lang, value);
        let held = shown(self.seeds - self.failed.len() as u64);
        say(&text(
            lang,
            "cli.sim.held",
            &[("held", &held), ("seeds", &shown(self.seeds))],
        ));
        let values: [(&str, &dyn Display); 8] = [
            ("steps", &shown(self.steps)),
            ("crashes", &shown(self.crashes)),
            ("restores", &shown(self.restores + self.lost_disks)),
            ("clones", &shown(self.clones)),
            ("partitions", &shown(self.partitions)),
            ("cuts", &shown(self.cuts)),
            ("stored", &shown(self.stored)),
            ("lost", &shown(self.lost)),
        ];
        say(&text(lang, "cli.sim.tally", &values));
    }

    fn json(&self, seconds: f64) -> serde_json::Value {
        json!({
            "schema": "soxa.sim/1",
            "seeds": self.seeds,
            "failed": self.failed,
            "steps": self.steps,
            "crashes": self.crashes,
            "partitions": self.partitions,
            "cuts": self.cuts,
            "hostile": self.hostile,
            "byzantine": self.byzantine,
            "restores": self.restores,
            "lost_disks": self.lost_disks,
            "clones": self.clones,
            "lives": self.lives,
            "carried": self.carried,
            "excepted": self.excepted,
            "stored": self.stored,
            "refused": self.refused,
            "contested": self.contested,
            "stolen_keys": self.stolen_keys,
            "two_faced": self.two_faced,
            "corrected": self.corrected,
            "forwarded": self.forwarded,
            "rulings": self.rulings,
            "lost": self.lost,
            "distinct_state_roots": if self.diverged { 2 } else { 1 },
            "seconds": (seconds * 1_000.0).round() / 1_000.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use soxa_sim::{Fault, Happening};

    use super::*;

    #[test]
    fn every_event_of_a_run_has_its_sentence_in_both_languages() {
        let plan = Plan {
            tell: true,
            ..Plan::of(3, 60)
        };
        let story = match soxa_sim::run(3, &plan) {
            Ok(report) => report.story,
            Err(failure) => failure.story,
        };
        assert!(story.len() > 60, "{}", story.len());
        for event in &story {
            let key = format!("cli.sim.event.{}", event.what);
            assert!(has(&key), "{key}");
        }
        for lang in Lang::ALL {
            tell(lang, &story[..1]).unwrap();
        }
        for what in Happening::ALL {
            let key = format!("cli.sim.planned.{}", what.word());
            assert!(has(&key), "{key}");
        }
        for lang in Lang::ALL {
            let help = text(lang, "help.option.faults", &[]);
            let named = |fault: &Fault| help.split([' ', ',']).any(|word| word == fault.word());
            assert!(Fault::ALL.iter().all(named), "{help}");
        }
    }
}
