//! Whole provinces from many seeds: everything holds in all of them.

use std::ops::Range;

use soxa_sim::{Faults, Plan, run};

#[track_caller]
fn check(seeds: Range<u64>, plan: &Plan) {
    let failures: Vec<String> = seeds
        .filter_map(|seed| run(seed, plan).err())
        .map(|failure| failure.to_string())
        .collect();
    assert!(
        failures.is_empty(),
        "{} nodes, {} steps:\n{}",
        plan.nodes,
        plan.steps,
        failures.join("\n")
    );
}

#[test]
fn a_province_in_which_nothing_goes_wrong() {
    check(
        0..2,
        &Plan {
            faults: Faults::none(),
            ..Plan::of(4, 40)
        },
    );
}

#[test]
fn three_nodes() {
    check(100..108, &Plan::of(3, 60));
}

#[test]
fn four_nodes() {
    check(200..206, &Plan::of(4, 60));
}

#[test]
fn six_nodes() {
    check(300..303, &Plan::of(6, 60));
}

#[test]
fn twelve_nodes() {
    check(400..402, &Plan::of(12, 30));
}

#[test]
fn nodes_that_die_all_the_time() {
    let faults = Faults {
        power_cut: 200,
        kill: 100,
        disk_full: 40,
        ..Faults::default()
    };
    check(
        500..504,
        &Plan {
            faults,
            ..Plan::of(3, 60)
        },
    );
}

#[test]
fn authority_that_changes_all_the_time() {
    let faults = Faults {
        cut: 250,
        compromise: 60,
        ..Faults::default()
    };
    check(
        600..604,
        &Plan {
            faults,
            ..Plan::of(4, 60)
        },
    );
}

#[test]
fn links_that_are_mostly_down() {
    let faults = Faults {
        partition: 400,
        loss_percent_max: 50,
        ..Faults::default()
    };
    check(
        700..704,
        &Plan {
            faults,
            ..Plan::of(5, 60)
        },
    );
}
