//! Reads the files of the repository.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::source::{Source, item_length};

/// The crate that a file belongs to; the tests at the top level are those of `node`.
pub fn owner_of(path: &str) -> &str {
    let mut parts = path.split('/');
    match parts.next() {
        Some("crates") => parts.next().unwrap_or_default(),
        _ => "node",
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The files below the places where code lies, as (path from the root, content), in order.
fn files(wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<String> = ["tests", "node", "crates"].map(str::to_owned).into();
    while let Some(path) = open.pop() {
        let full = root().join(&path);
        if full.is_dir() {
            let inside = names_in(&full).into_iter().rev().filter(|name| name != "target");
            open.extend(inside.map(|name| format!("{path}/{name}")));
        } else if wanted(&path) {
            found.push((path, fs::read_to_string(full).unwrap()));
        }
    }
    found
}

pub fn manifests() -> Vec<(String, String)> {
    files(|path| path.ends_with("/Cargo.toml"))
}

/// All Rust files; those that another file declares as `#[cfg(test)] mod name;` count as tests.
pub fn sources() -> Vec<Source> {
    let files = files(|path| path.ends_with(".rs"));
    let mut sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
    let mut test_files = BTreeSet::new();
    for source in &sources {
        let stem = source.path.trim_end_matches(".rs");
        let folder = ["/lib", "/main", "/mod"]
            .iter()
            .find_map(|name| stem.strip_suffix(name))
            .unwrap_or(stem);
        for item in source.code.split("#[cfg(test)]").skip(1) {
            let item = &item[..item_length(item)];
            let declared = item
                .split_once("mod ")
                .and_then(|(_, rest)| rest.strip_suffix(';'));
            test_files.extend(declared.map(|name| format!("{folder}/{}", name.trim())));
        }
    }
    for source in &mut sources {
        source.is_test |= test_files.iter().any(|file| {
            let below = source.path.strip_prefix(file.as_str());
            below.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
    }
    sources
}

/// The keys of the locale files; each stands alone at the start of a line.
pub fn catalogue() -> BTreeSet<String> {
    let locales = "crates/soxa-lang/locales/";
    let files = files(|path| path.starts_with(locales));
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let top = lines.filter(|line| !line.starts_with([' ', '#', '_']));
    top.filter_map(|line| line.strip_suffix(':'))
        .map(str::to_owned)
        .collect()
}
