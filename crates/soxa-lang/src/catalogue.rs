//! Looking sentences up and filling their placeholders in.

use std::{collections::BTreeSet, fmt::Display};

use crate::Lang;

/// The tables that the macro builds from `locales/` at compile time; only their backend is used, because the
/// rest of what it makes reads a global language (which it also sets, to no effect here).
#[allow(clippy::disallowed_methods, dead_code, unused_imports)]
mod tables {
    rust_i18n::i18n!("locales");

    pub fn backend() -> &'static dyn rust_i18n::Backend {
        _RUST_I18N_BACKEND.as_ref()
    }
}

/// The sentence `key` in `lang`, each `%{name}` replaced by the value that `args` gives for it, and each
/// `%{name|one|many}` by the words for one or for several, as the value is `1` or not: `%{nodes|node is|nodes are}`.
///
/// A value is inserted as it is and never searched for placeholders. Values that the sentence does not use
/// are ignored, so that one list serves all parts of an error. An unknown key or a missing value is a defect
/// of the caller: debug builds panic, release builds return the key or leave the placeholder.
pub fn text(lang: Lang, key: &str, args: &[(&str, &dyn Display)]) -> String {
    let Some(sentence) = tables::backend().translate(lang.code(), key) else {
        debug_assert!(false, "no sentence `{key}` in `{lang}`");
        return key.to_owned();
    };
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = &*sentence;
    while let Some((before, placeholder, after)) = next_placeholder(rest) {
        filled.push_str(before);
        let (name, forms) = read(placeholder);
        match (args.iter().find(|(given, _)| *given == name), forms) {
            (Some((_, value)), None) => filled.push_str(&value.to_string()),
            (Some((_, value)), Some((one, many))) => {
                filled.push_str(if value.to_string() == "1" { one } else { many });
            }
            (None, _) => {
                debug_assert!(false, "`{key}` needs a value for `{name}`");
                filled.push_str(&format!("%{{{name}}}"));
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Whether there is a sentence `key`; both languages have the same keys.
pub fn has(key: &str) -> bool {
    tables::backend().translate(Lang::En.code(), key).is_some()
}

/// All keys that have a sentence in `lang`.
pub fn keys(lang: Lang) -> BTreeSet<String> {
    let sentences = tables::backend()
        .messages_for_locale(lang.code())
        .unwrap_or_default();
    sentences.into_iter().map(|(key, _)| key.into_owned()).collect()
}

/// Splits `sentence` at its first placeholder: what stands before, what stands in its braces, what stands after.
fn next_placeholder(sentence: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = sentence.split_once("%{")?;
    let (placeholder, after) = opened.split_once('}')?;
    Some((before, placeholder, after))
}

/// The name in a placeholder, and its words for one and for several if it has any.
fn read(placeholder: &str) -> (&str, Option<(&str, &str)>) {
    match placeholder.split_once('|') {
        Some((name, forms)) => (name, forms.split_once('|')),
        None => (placeholder, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that are the same in both languages for a reason.
    const SAME_IN_BOTH: [&str; 0] = [];
    /// What an error has to say, as the last part of its keys.
    const ERROR_PARTS: [&str; 3] = ["next", "what", "where"];

    fn sentence(lang: Lang, key: &str) -> String {
        tables::backend()
            .translate(lang.code(), key)
            .unwrap_or_default()
            .into_owned()
    }

    fn placeholders(mut sentence: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        while let Some((_, placeholder, after)) = next_placeholder(sentence) {
            names.insert(read(placeholder).0);
            sentence = after;
        }
        names
    }

    /// How many bars stand in each placeholder.
    fn bars(mut sentence: &str) -> Vec<usize> {
        let mut counts = Vec::new();
        while let Some((_, placeholder, after)) = next_placeholder(sentence) {
            counts.push(placeholder.matches('|').count());
            sentence = after;
        }
        counts
    }

    /// The locale files: their area and the keys in the order in which they stand.
    fn files() -> Vec<(String, Vec<String>)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/locales");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let area = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let top = text.lines().filter(|line| !line.starts_with([' ', '#', '_']));
            let keys = top
                .filter_map(|line| line.strip_suffix(':'))
                .map(str::to_owned)
                .collect();
            files.push((area, keys));
        }
        files.sort();
        files
    }

    /// Fails with all complaints at once, so that a translator needs one run.
    #[track_caller]
    fn check(complaints: Vec<String>) {
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let (vi, en) = (keys(Lang::Vi), keys(Lang::En));
        assert!(!en.is_empty(), "the catalogue is empty");
        check(
            vi.symmetric_difference(&en)
                .map(|key| format!("{key}: in one language only"))
                .collect(),
        );
    }

    #[test]
    fn every_key_of_the_files_has_two_sentences() {
        let mut complaints = Vec::new();
        for (area, keys) in files() {
            for key in keys {
                for lang in Lang::ALL {
                    if sentence(lang, &key).trim().is_empty() {
                        complaints.push(format!("{area}.yml: {key}: nothing in `{lang}`"));
                    }
                }
            }
        }
        check(complaints);
    }

    #[test]
    fn both_languages_have_the_same_placeholders() {
        let mut complaints = Vec::new();
        for key in keys(Lang::En) {
            let (vi, en) = (sentence(Lang::Vi, &key), sentence(Lang::En, &key));
            if placeholders(&vi) != placeholders(&en) {
                complaints.push(format!(
                    "{key}: {:?} but {:?}",
                    placeholders(&vi),
                    placeholders(&en)
                ));
            }
            for text in [vi, en] {
                let well_formed = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                let names = placeholders(&text);
                let braces = text.matches("%{").count() == text.matches('}').count();
                let forms = bars(&text).into_iter().all(|bars| bars == 0 || bars == 2);
                if !names.iter().all(well_formed) || !braces || !forms {
                    complaints.push(format!(
                        "{key}: a placeholder is not of the form %{{name}} or %{{name|one|many}}"
                    ));
                }
            }
        }
        check(complaints);
    }

    #[test]
    fn vietnamese_is_translated() {
        let same = |key: &String| sentence(Lang::Vi, key) == sentence(Lang::En, key);
        let untranslated = keys(Lang::En).into_iter().filter(same);
        check(
            untranslated
                .filter(|key| !SAME_IN_BOTH.contains(&key.as_str()))
                .collect(),
        );
    }

    /// Every Vietnamese letter has a composed code point, so text without combining marks is in normal form C.
    #[test]
    fn sentences_are_in_normal_form_c() {
        let combining = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
        let decomposed = |key: &String| {
            Lang::ALL
                .iter()
                .any(|&lang| sentence(lang, key).contains(combining))
        };
        check(keys(Lang::Vi).into_iter().filter(decomposed).collect());
    }

    #[test]
    fn files_are_sorted_and_hold_their_own_area() {
        let mut complaints = Vec::new();
        for (area, keys) in files() {
            for pair in keys.windows(2).filter(|pair| pair[0] >= pair[1]) {
                complaints.push(format!(
                    "{area}.yml: `{}` must come before `{}`",
                    pair[1], pair[0]
                ));
            }
            let foreign = keys.iter().filter(|key| !key.starts_with(&format!("{area}.")));
            complaints.extend(foreign.map(|key| format!("{area}.yml: `{key}` belongs to another file")));
        }
        check(complaints);
    }

    #[test]
    fn every_error_says_what_where_and_what_to_do() {
        let keys = keys(Lang::En);
        let mut complaints = Vec::new();
        for key in keys.iter().filter(|key| key.starts_with("errors.")) {
            let (error, part) = key.rsplit_once('.').unwrap();
            if !ERROR_PARTS.contains(&part) {
                complaints.push(format!("{key}: an error has the parts {ERROR_PARTS:?}"));
            }
            let missing = ERROR_PARTS.iter().map(|part| format!("{error}.{part}"));
            complaints.extend(
                missing
                    .filter(|key| !keys.contains(key))
                    .map(|key| format!("{key}: missing")),
            );
        }
        check(complaints);
    }

    #[test]
    fn placeholders_are_filled_in_both_languages() {
        let args: [(&str, &dyn Display); 2] = [("file", &"khoá/%{file}.pem"), ("unused", &1)];
        let vi = text(Lang::Vi, "errors.wrong_passphrase.where", &args);
        let en = text(Lang::En, "errors.wrong_passphrase.where", &args);
        assert_eq!(vi, "Tệp khóa khoá/%{file}.pem");
        assert_eq!(en, "Key file khoá/%{file}.pem");
        assert!(has("errors.wrong_passphrase.where") && !has("errors.wrong_passphrase"));
    }

    #[test]
    fn one_and_several_have_their_own_words() {
        let rejoined = |lang, links: u64| text(lang, "demo.rejoined", &[("links", &links), ("nodes", &6)]);
        assert_eq!(
            rejoined(Lang::En, 1),
            "The link of 1 node is back; 6 nodes hold the same again"
        );
        assert_eq!(
            rejoined(Lang::En, 21),
            "The links of 21 nodes are back; 6 nodes hold the same again"
        );
        assert!(rejoined(Lang::Vi, 1).contains(" 1 "));
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "no sentence `errors.nothing`"))]
    fn an_unknown_key_is_a_defect() {
        assert_eq!(text(Lang::En, "errors.nothing", &[]), "errors.nothing");
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "needs a value for `file`"))]
    fn a_missing_value_is_a_defect() {
        assert_eq!(
            text(Lang::En, "errors.wrong_passphrase.where", &[]),
            "Key file %{file}"
        );
    }
}
