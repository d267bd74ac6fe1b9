//! Reads the source tree and holds it to the rules of `ARCHITECTURE.md`: who may use whom, what the pure
//! crates do not know, where things lie, and that no sentence or path is named that does not exist.
//!
//! A rule is a pure function from a path and a text to complaints (`path:line: why`). Each test here applies
//! one rule to the whole tree and reports everything at once; `can_fail` shows that every rule can fail.

use std::fs;

#[path = "tidy/can_fail.rs"]
mod can_fail;
#[path = "tidy/manifest.rs"]
mod manifest;
#[path = "tidy/map.rs"]
mod map;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/threats.rs"]
mod threats;
#[path = "tidy/tree.rs"]
mod tree;

use rules::*;
use tree::{catalogue, manifests, names_in, root, sources};

#[test]
fn crates_depend_only_on_what_the_map_allows() {
    report(
        manifests()
            .iter()
            .flat_map(|(path, text)| forbidden_edges(path, text)),
    );
}

#[test]
fn each_dependency_is_named_by_its_owner_alone() {
    let in_manifests = manifests()
        .into_iter()
        .flat_map(|(path, text)| foreign_dependencies(&path, &text));
    let in_sources = sources().into_iter().flat_map(|source| foreign_names(&source));
    report(in_manifests.chain(in_sources));
}

#[test]
fn nothing_but_a_test_is_built_with_sabotage() {
    let manifests = manifests().into_iter();
    report(manifests.flat_map(|(path, text)| sabotage_switched_on(&path, &text)));
}

#[test]
fn pure_crates_know_no_outside_world() {
    let in_manifests = manifests()
        .into_iter()
        .flat_map(|(path, text)| impure_dependencies(&path, &text));
    let in_sources = sources().into_iter().flat_map(|source| impure_names(&source));
    report(in_manifests.chain(in_sources));
}

#[test]
fn every_file_says_what_it_is() {
    report(sources().iter().flat_map(missing_header));
}

#[test]
fn nothing_is_left_over() {
    report(sources().iter().flat_map(leftovers));
}

#[test]
fn files_are_rooms_one_person_can_hold_in_mind() {
    report(sources().iter().flat_map(too_long));
}

#[test]
fn names_say_something() {
    report(sources().iter().flat_map(empty_names));
}

#[test]
fn everything_lies_where_the_map_says() {
    let top_level = names_in(&root()).into_iter().flat_map(|name| stray_entry(&name));
    let manifests = manifests();
    report(
        top_level.chain(
            manifests
                .iter()
                .flat_map(|(path, text)| misnamed_folder(path, text)),
        ),
    );
}

#[test]
fn paths_in_the_pages_exist() {
    let pages = map::PAGES
        .iter()
        .filter_map(|page| Some((page, fs::read_to_string(root().join(page)).ok()?)));
    report(pages.flat_map(|(page, text)| dead_paths(page, &text, |path| root().join(path).exists())));
}

#[test]
fn every_threat_has_a_test_that_shows_it() {
    let tests: Vec<_> = sources().iter().flat_map(threats::tests_in).collect();
    let text = fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md");
    report(threats::threats_without_a_test("SECURITY.md", &text, &tests));
}

#[test]
fn sentences_are_in_the_catalogue() {
    let keys = catalogue();
    assert!(!keys.is_empty(), "no keys found in the locale files");
    let node = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("node/"));
    report(node.flat_map(|source| unknown_keys(&source, &keys)));
}

#[track_caller]
fn report(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<_> = complaints.into_iter().collect();
    assert!(
        complaints.is_empty(),
        "{} complaints\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}
