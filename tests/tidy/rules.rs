//! The rules: pure functions from a path and a text to complaints.

use std::collections::BTreeSet;

use crate::{
    manifest::{Dependency, dependencies},
    map::*,
    source::{Source, crate_named, first_word, group_members, line_of, without_test_items, word_positions},
    tree::owner_of,
};

pub type Complaints = Vec<String>;

pub fn forbidden_edges(path: &str, manifest: &str) -> Complaints {
    let owner = owner_of(path);
    if owner == "node" {
        return Vec::new();
    }
    let Some((_, allowed, in_tests)) = EDGES.iter().find(|(name, ..)| *name == owner) else {
        return vec![format!(
            "{path}:1: `{owner}` is not on the map: say what it may use"
        )];
    };
    let ours = dependencies(manifest)
        .into_iter()
        .filter(|d| d.name.starts_with("soxa-") || d.name == "node");
    let may = |d: &Dependency| allowed.contains(&&*d.name) || d.for_tests && in_tests.contains(&&*d.name);
    ours.filter(|d| !may(d))
        .map(|d| format!("{path}:{}: `{owner}` must not depend on `{}`", d.line, d.name))
        .collect()
}

pub fn foreign_dependencies(path: &str, manifest: &str) -> Complaints {
    let user = owner_of(path);
    let mut complaints = Vec::new();
    for dependency in dependencies(manifest) {
        let family = |name: &str| {
            let rest = dependency.name.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
        };
        for (name, owner) in OWNERS
            .iter()
            .filter(|(name, owner)| family(name) && *owner != user)
        {
            complaints.push(format!(
                "{path}:{}: only `{owner}` may name `{name}`",
                dependency.line
            ));
        }
    }
    complaints
}

pub fn foreign_names(source: &Source) -> Complaints {
    let user = owner_of(&source.path);
    let foreign = OWNERS.iter().filter(|(_, owner)| *owner != user);
    let mut complaints = Vec::new();
    for (name, owner) in foreign {
        for line in crate_named(&source.code, &name.replace('-', "_")) {
            complaints.push(format!(
                "{}:{line}: only `{owner}` may name `{name}`",
                source.path
            ));
        }
    }
    complaints
}

pub fn impure_dependencies(path: &str, manifest: &str) -> Complaints {
    let user = owner_of(path);
    if !PURE.contains(&user) {
        return Vec::new();
    }
    let used = dependencies(manifest).into_iter().filter(|d| !d.for_tests);
    let impure = used.filter(|d| IMPURE_CRATES.contains(&&*d.name));
    impure
        .map(|d| {
            format!(
                "{path}:{}: `{user}` is pure and must not use `{}`",
                d.line, d.name
            )
        })
        .collect()
}

pub fn impure_names(source: &Source) -> Complaints {
    let user = owner_of(&source.path);
    if !PURE.contains(&user) || source.is_test || source.path.ends_with("/build.rs") {
        return Vec::new();
    }
    let code = without_test_items(&source.code);
    let mut named: Vec<(usize, String)> = Vec::new();
    for name in IMPURE_CRATES {
        named.extend(
            crate_named(&code, &name.replace('-', "_"))
                .into_iter()
                .map(|line| (line, name.to_string())),
        );
    }
    for name in CLOCKS {
        named.extend(word_positions(&code, name).map(|at| (line_of(&code, at), name.to_string())));
    }
    for at in word_positions(&code, "std") {
        let rest = code[at..].strip_prefix("std::").unwrap_or_default();
        let modules = rest
            .strip_prefix('{')
            .map_or(vec![rest], |group| group_members(group));
        let named_modules = modules.into_iter().map(first_word);
        let impure = named_modules.filter(|module| IMPURE_STD_MODULES.contains(module));
        named.extend(impure.map(|module| (line_of(&code, at), format!("std::{module}"))));
    }
    named.sort();
    let complaint = |(line, name)| {
        format!(
            "{}:{line}: `{user}` is pure and must not use `{name}`",
            source.path
        )
    };
    named.into_iter().map(complaint).collect()
}

pub fn missing_header(source: &Source) -> Complaints {
    let first = source
        .text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let says = first
        .strip_prefix("//!")
        .is_some_and(|words| !words.trim().is_empty());
    if says {
        Vec::new()
    } else {
        vec![format!(
            "{}:1: begin with `//!` and what this file is",
            source.path
        )]
    }
}

pub fn leftovers(source: &Source) -> Complaints {
    let mut found = Vec::new();
    for name in LEFTOVER_MACROS {
        let calls =
            word_positions(&source.code, name).filter(|at| source.code[at + name.len()..].starts_with('!'));
        found.extend(calls.map(|at| (line_of(&source.code, at), format!("{name}!"))));
    }
    found.extend(
        word_positions(&source.code, "unsafe").map(|at| (line_of(&source.code, at), "unsafe".into())),
    );
    for attribute in ["#[ignore]", "#[ignore ="] {
        let places = source.code.match_indices(attribute);
        found.extend(places.map(|(at, _)| (line_of(&source.code, at), "#[ignore]".into())));
    }
    for mark in ["FIXME", "XXX"] {
        let places = word_positions(&source.comments, mark);
        found.extend(places.map(|at| (line_of(&source.comments, at), mark.into())));
    }
    found.sort();
    found
        .into_iter()
        .map(|(line, what)| format!("{}:{line}: `{what}` is left over", source.path))
        .collect()
}

pub fn too_long(source: &Source) -> Complaints {
    let lines = source.text.lines().count();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    vec![format!(
        "{}:{MAX_LINES}: {lines} lines; split by question, {MAX_LINES} are the limit",
        source.path
    )]
}

pub fn empty_names(source: &Source) -> Complaints {
    let says_nothing = |name: &str| name.split('_').any(|word| EMPTY_NAMES.contains(&word));
    let in_path = source
        .path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| says_nothing(part));
    let mut complaints: Vec<_> = in_path
        .map(|part| format!("{}:1: `{part}` is no name for a module", source.path))
        .collect();
    for at in word_positions(&source.code, "mod") {
        let name = first_word(source.code[at + 3..].trim_start());
        if says_nothing(name) {
            let line = line_of(&source.code, at);
            complaints.push(format!(
                "{}:{line}: `{name}` is no name for a module",
                source.path
            ));
        }
    }
    complaints
}

/// The feature `sabotage` may be declared; the tests of the simulator alone switch it on.
pub fn sabotage_switched_on(path: &str, manifest: &str) -> Complaints {
    let mut section = "";
    let mut complaints = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        }
        let declared = section == "features" && line.starts_with("sabotage =");
        let by_its_tests = section == "dev-dependencies" && owner_of(path) == "soxa-sim";
        if line.contains("sabotage") && !declared && !by_its_tests {
            complaints.push(format!(
                "{path}:{}: only the tests of `soxa-sim` may switch `sabotage` on",
                index + 1
            ));
        }
    }
    complaints
}

pub fn stray_entry(name: &str) -> Complaints {
    let known = TOP_LEVEL.contains(&name) || name.starts_with("LICENSE");
    if known {
        Vec::new()
    } else {
        vec![format!("{name}:1: has no place at the top level")]
    }
}

pub fn misnamed_folder(path: &str, manifest: &str) -> Complaints {
    let Some(folder) = path
        .strip_prefix("crates/")
        .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
    else {
        return Vec::new();
    };
    let name = manifest
        .lines()
        .find_map(|line| line.strip_prefix("name = "))
        .unwrap_or_default()
        .trim_matches('"');
    if folder == name {
        Vec::new()
    } else {
        vec![format!("{path}:1: the crate `{name}` lies in `{folder}`")]
    }
}

/// Checks what stands in backticks and begins with an entry of the top level, and relative links.
pub fn dead_paths(page: &str, text: &str, exists: impl Fn(&str) -> bool) -> Complaints {
    let is_plain = |path: &str| {
        path.chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
    };
    let is_ours = |path: &str| {
        let top = path.split('/').next().unwrap_or_default();
        is_plain(path) && TOP_LEVEL.contains(&top) && !NOT_IN_THE_REPOSITORY.contains(&top)
    };
    let mut complaints = Vec::new();
    let mut in_block = false;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        if in_block || fence {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2).filter(|path| is_ours(path));
        let targets = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let linked = targets.filter(|target| !target.is_empty() && is_plain(target));
        for path in quoted.chain(linked).filter(|path| !exists(path)) {
            complaints.push(format!("{page}:{}: `{path}` does not exist", index + 1));
        }
    }
    complaints
}

/// Checks literals that look like `area.some_key`. A part of a key counts as well, if it ends at a dot, so
/// that the rest may be computed: `errors.disk_full`, or `records.kind.{}` up to the brace.
pub fn unknown_keys(source: &Source, keys: &BTreeSet<String>) -> Complaints {
    let areas: BTreeSet<&str> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    let mut complaints = Vec::new();
    for (line, literal) in &source.literals {
        let fixed = literal.split('{').next().unwrap_or_default();
        let stem = fixed.trim_end_matches('.');
        let Some((area, rest)) = fixed.split_once('.') else {
            continue;
        };
        let shaped = rest
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
        if !areas.contains(area) || !shaped || FILE_ENDINGS.contains(&rest) {
            continue;
        }
        let computed = fixed.len() < literal.len() && !fixed.ends_with('.');
        let begins = |key: &String| {
            key.strip_prefix(stem)
                .is_some_and(|rest| computed || rest.is_empty() || rest.starts_with('.'))
        };
        if !keys.iter().any(begins) {
            complaints.push(format!(
                "{}:{line}: no sentence `{literal}` in the catalogue",
                source.path
            ));
        }
    }
    complaints
}
