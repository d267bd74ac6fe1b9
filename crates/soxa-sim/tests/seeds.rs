//! Whole provinces from many seeds: everything holds, the same seed plays the same, and a defect put in on purpose is
//! found.

use soxa_sim::{Defect, Faults, Plan, Sabotage, run};

#[track_caller]
fn check(seeds: std::ops::Range<u64>, plan: &Plan) {
    let failures: Vec<String> =
        seeds.filter_map(|seed| run(seed, plan).err()).map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{} nodes, {} steps:\n{}", plan.nodes, plan.steps, failures.join("\n"));
}

#[test]
fn a_calm_province_agrees() {
    check(0..2, &Plan { faults: Faults::none(), ..Plan::of(4, 60) });
}

#[test]
fn small_provinces_agree_after_chaos() {
    check(0..10, &Plan::of(3, 120));
}
