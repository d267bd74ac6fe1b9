//! Rules switched off, one at a time: the histories that the gate goes through must find each.

use soxa_ledger::sabotage::{Rule, switch_off};

use super::{CASES_DEFAULT, check_case, plan, seeds};

#[track_caller]
fn check(rule: Rule) {
    let found = seeds::first_fault(1..CASES_DEFAULT + 1, |seed| {
        switch_off(Some(rule));
        let outcome = seeds::check_seed(seed, &plan::cases(), 0, check_case);
        switch_off(None);
        outcome
    });
    assert!(found.is_some(), "nothing noticed that {rule:?} was off");
}

#[test]
fn a_cut_that_lets_unnamed_feeds_stand_is_found() {
    check(Rule::UnnamedFeedsAreCut);
}

#[test]
fn a_term_that_never_ends_is_found() {
    check(Rule::TermsEnd);
}

#[test]
fn a_role_that_may_do_anything_is_found() {
    check(Rule::RolesForbid);
}

#[test]
fn lower_cuts_that_count_beside_the_highest_are_found() {
    check(Rule::HighestCutsCount);
}

#[test]
fn an_invite_that_admits_twice_is_found() {
    check(Rule::InvitesAdmitOnce);
}

#[test]
fn root_keys_that_stay_in_office_are_found() {
    check(Rule::RootKeysEnd);
}

#[test]
fn an_adoption_by_somebody_without_the_right_is_found() {
    check(Rule::AdoptersMay);
}

#[test]
fn a_void_appointment_that_counts_for_what_rests_on_it_is_found() {
    check(Rule::VoidParentsVoid);
}

#[test]
fn judging_too_little_again_is_found() {
    check(Rule::JudgedAgainBelow);
}

#[test]
fn entries_past_a_fork_that_count_are_found() {
    check(Rule::ForksEndFeeds);
}

#[test]
fn a_named_branch_that_does_not_count_is_found() {
    check(Rule::NamedBranchesCount);
}
