//! The simulator finds defects: each is put in on purpose, and some of a few seeds must fail, in the way that the
//! defect makes it fail. And a seed is a bug report: played again, it plays the same.

use soxa_ledger::sabotage::Rule;
use soxa_sim::{Defect, Fault, Faults, Plan, Sabotage, Schedule, play, run, shrink};

/// Seeds that are tried; a sabotage needs the right occasion.
const SEEDS: std::ops::Range<u64> = 0..6;

#[track_caller]
fn check(sabotage: Sabotage, faults: Faults, finds: impl Fn(&Defect) -> bool) {
    check_in(60, sabotage, faults, finds);
}

#[track_caller]
fn check_in(steps: u32, sabotage: Sabotage, faults: Faults, finds: impl Fn(&Defect) -> bool) {
    let plan = Plan {
        sabotage: Some(sabotage),
        faults,
        ..Plan::of(3, steps)
    };
    let mut found = Vec::new();
    for seed in SEEDS {
        match run(seed, &plan) {
            Err(failure) if finds(&failure.defect) => return,
            Err(failure) => found.push(failure.to_string()),
            Ok(_) => found.push(format!("seed {seed}: nothing")),
        }
    }
    panic!("{sabotage:?} was not found:\n{}", found.join("\n"));
}

fn crashes() -> Faults {
    Faults::only(&[Fault::Crash, Fault::Partition, Fault::Cut])
}

#[test]
fn a_disk_that_does_not_sync_is_found() {
    check(Sabotage::SkipSync, crashes(), |defect| {
        matches!(defect, Defect::NotDurable { .. })
    });
}

#[test]
fn entries_that_are_thrown_away_are_found() {
    check(Sabotage::DropRuns, Faults::none(), |defect| {
        matches!(defect, Defect::NotConverged { .. })
    });
}

#[test]
fn an_index_that_lies_is_found() {
    let finds = |defect: &Defect| {
        matches!(
            defect,
            Defect::Differ { .. }
                | Defect::NotVerified { .. }
                | Defect::Local { .. }
                | Defect::WronglyRefused { .. }
        )
    };
    check(Sabotage::LoseIndexBatch, Faults::none(), finds);
}

#[test]
fn a_node_that_goes_on_in_an_old_store_is_found() {
    let faults = Faults::only(&[Fault::Restore]);
    check(Sabotage::IgnoreLife, faults, signs_twice);
}

#[test]
fn a_clone_that_signs_in_the_same_life_is_found() {
    let faults = Faults::only(&[Fault::Clone]);
    check(Sabotage::IgnoreLife, faults, signs_twice);
}

fn signs_twice(defect: &Defect) -> bool {
    matches!(defect, Defect::Fork { .. } | Defect::WronglyBlamed { .. })
}

#[test]
fn a_node_that_never_compares_is_found() {
    check(Sabotage::NeverCompare, Faults::none(), |defect| {
        matches!(defect, Defect::NotConverged { .. })
    });
}

#[test]
fn honest_work_that_is_left_past_a_fork_is_found() {
    let faults = Faults::only(&[Fault::Equivocation]);
    check(Sabotage::NeverCarryOver, faults, |defect| {
        matches!(defect, Defect::Lost { .. })
    });
}

#[test]
fn entries_past_a_fork_that_count_are_found() {
    let faults = Faults::only(&[Fault::Equivocation]);
    // Which of the histories a node holds depends on which it saw first.
    check(Sabotage::RuleOff(Rule::ForksEndFeeds), faults, |defect| {
        matches!(defect, Defect::Differ { .. })
    });
}

#[test]
fn a_cut_that_leaves_feeds_it_does_not_name_is_found() {
    let faults = Faults::only(&[Fault::Cut]);
    check(Sabotage::RuleOff(Rule::UnnamedFeedsAreCut), faults, |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn a_cut_that_leaves_what_a_thief_signed_is_found() {
    // The thief signed in feeds where the owner never did, and the cut names none of those.
    let faults = Faults::only(&[Fault::StolenKey]);
    check(Sabotage::RuleOff(Rule::UnnamedFeedsAreCut), faults, |defect| {
        matches!(defect, Defect::WronglyCut { .. })
    });
}

#[test]
fn terms_that_never_end_are_found() {
    let faults = Faults::only(&[Fault::Pause]);
    // Somebody must be appointed for a while, and try again after it.
    check_in(400, Sabotage::RuleOff(Rule::TermsEnd), faults, |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn void_appointments_that_count_for_what_rests_on_them_are_found() {
    // Somebody must have been appointed above the cut of who appointed.
    let rule = Sabotage::RuleOff(Rule::VoidParentsVoid);
    let faults = Faults::only(&[Fault::Cut, Fault::Compromise, Fault::Partition]);
    check_in(300, rule, faults, |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn roles_that_may_do_everything_are_found() {
    check(Sabotage::RuleOff(Rule::RolesForbid), Faults::none(), |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn an_effect_that_moves_what_its_minutes_only_restate_is_found() {
    // Minutes must be in effect, and somebody must try.
    let rule = Sabotage::RuleOff(Rule::EffectsFollowMinutes);
    check_in(300, rule, Faults::none(), |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn acts_on_a_dossier_for_readers_whom_nobody_forwarded_it_to_are_found() {
    let rule = Sabotage::RuleOff(Rule::DossiersKeepReaders);
    check_in(200, rule, Faults::none(), |defect| {
        matches!(defect, Defect::NotRefused { .. })
    });
}

#[test]
fn the_history_of_a_forwarded_dossier_that_stays_with_its_old_readers_is_found() {
    check(Sabotage::NeverCarryOver, Faults::none(), |defect| {
        matches!(defect, Defect::Differ { .. })
    });
}

#[test]
fn feeds_of_few_that_are_served_to_all_are_found() {
    check(Sabotage::RuleOff(Rule::ScopesKeepOut), Faults::none(), |defect| {
        matches!(defect, Defect::Leaked { .. })
    });
}

#[test]
fn files_that_a_node_does_not_fetch_are_found() {
    check_in(100, Sabotage::FetchNoFiles, Faults::none(), |defect| {
        matches!(defect, Defect::Lost { .. })
    });
}

#[test]
fn files_that_are_sent_to_whoever_asks_are_found() {
    check_in(200, Sabotage::ServeFilesToAll, Faults::none(), |defect| {
        matches!(defect, Defect::Leaked { .. })
    });
}

#[test]
fn time_that_runs_backwards_is_found() {
    let faults = Faults::only(&[Fault::Clock]);
    check(Sabotage::RuleOff(Rule::TimeGoesOn), faults, |defect| {
        matches!(defect, Defect::WronglyBlamed { .. } | Defect::Local { .. })
    });
}

#[test]
fn an_answer_without_a_store_is_found() {
    check(Sabotage::AnswerUnheard, Faults::none(), |defect| {
        matches!(defect, Defect::Lost { .. })
    });
}

#[test]
fn a_failure_shrinks_to_the_events_that_it_takes() {
    let plan = Plan {
        sabotage: Some(Sabotage::AnswerUnheard),
        faults: Faults::only(&[Fault::Partition, Fault::Cut]),
        ..Plan::of(3, 60)
    };
    let (schedule, failure) = SEEDS
        .map(|seed| Schedule::draw(seed, &plan))
        .find_map(|schedule| Some((schedule.clone(), play(&schedule, &plan).err()?)))
        .unwrap();
    let shrunk = shrink(&schedule, &plan, &failure, 60, &mut || {});
    // One act at that node, and another to notice it by, at most.
    assert!(shrunk.schedule.planned().len() <= 2, "{shrunk:?}");
    let again = play(&shrunk.schedule, &plan).unwrap_err();
    assert_eq!(again.to_string(), shrunk.failure.to_string());
    assert_eq!(again.defect.word(), failure.defect.word());
}

#[test]
fn the_same_seed_plays_the_same() {
    let plan = Plan {
        tell: true,
        ..Plan::of(4, 80)
    };
    let play = |seed| {
        let report = run(seed, &plan).map_err(|failure| failure.to_string());
        report.map(|report| (report.story_hash, report.state_root, report.story.len()))
    };
    let first = play(11).unwrap();
    assert_eq!(Ok(first), play(11));
    assert_ne!(first.0, play(12).unwrap().0);
}
