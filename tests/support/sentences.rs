//! Whether a command said what the catalogue has: what happened, where, and what to do, in the reader's language.

use std::fmt::Display;

use soxa_lang::{Lang, text};

use super::program::Ended;

/// Stands for any value in a sentence.
pub const ANY: &str = "\u{1}";

/// Expects a line that is the sentence with these values, after its label.
#[track_caller]
pub fn check_said(said: &str, lang: Lang, label: &str, sentence: &str, values: &[(&str, &dyn Display)]) {
    let expected = format!("{}: {}", text(lang, label, &[]), text(lang, sentence, values));
    let fits = said.lines().any(|line| fits(line, &expected));
    assert!(
        fits,
        "expected a line\n  {}\nin\n{said}",
        expected.replace(ANY, "…")
    );
}

/// Expects an error in its three parts and the exit code.
#[track_caller]
pub fn check_error(ended: &Ended, exit: i32, lang: Lang, error: &str, values: &[(&str, &dyn Display)]) {
    assert_eq!(ended.exit, Some(exit), "{error}\n{}\n{}", ended.told, ended.said);
    assert_eq!(ended.told, "", "data on standard output beside {error}");
    check_parts(&ended.said, lang, error, values);
}

/// Expects an error in its three parts.
#[track_caller]
pub fn check_parts(said: &str, lang: Lang, error: &str, values: &[(&str, &dyn Display)]) {
    for (label, part) in [
        ("cli.label.error", "what"),
        ("cli.label.where", "where"),
        ("cli.label.next", "next"),
    ] {
        check_said(said, lang, label, &format!("{error}.{part}"), values);
    }
}

/// Whether the line is the expected one, with anything in the place of each [`ANY`].
fn fits(line: &str, expected: &str) -> bool {
    let mut parts = expected.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    // Anything may stand at the end only where the expected line ends with it.
    rest.is_empty() || last == Some("") || last.is_some_and(|last| rest.ends_with(last))
}
