//! Bad input, and what it gets: a clear message in both languages, the documented exit code, and nothing lost or stored.

mod support;

#[path = "bad_input/acts.rs"]
mod acts;
#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/garbage.rs"]
mod garbage;
#[path = "bad_input/keys.rs"]
mod keys;
#[path = "bad_input/lifecycles.rs"]
mod lifecycles;
#[path = "bad_input/starting.rs"]
mod starting;
#[path = "bad_input/store.rs"]
mod store;

/// What all tests here rest on: a sentence fits only what was said.
#[test]
fn the_check_of_what_was_said_can_fail() {
    use soxa_lang::{Lang, text};
    use support::sentences::{ANY, check_parts};

    let error = "errors.wrong_passphrase";
    let said = |lang: Lang, file: &str| {
        let part = |label: &str, part: &str| {
            format!(
                "{}: {}\n",
                text(lang, label, &[]),
                text(lang, &format!("{error}.{part}"), &[("file", &file)])
            )
        };
        [
            ("cli.label.error", "what"),
            ("cli.label.where", "where"),
            ("cli.label.next", "next"),
        ]
        .map(|(label, name)| part(label, name))
        .concat()
    };
    let fits = |said: &str, lang: Lang, file: &str| {
        std::panic::catch_unwind(|| check_parts(said, lang, error, &[("file", &file)])).is_ok()
    };
    for (lang, other) in [(Lang::Vi, Lang::En), (Lang::En, Lang::Vi)] {
        let right = said(lang, "an.pem");
        assert!(fits(&right, lang, "an.pem") && fits(&right, lang, ANY));
        assert!(!fits(&right, lang, "other.pem"), "another file");
        assert!(!fits(&right, other, ANY), "another language");
        assert!(
            !fits(&right.replacen(": ", " – ", 1), lang, ANY),
            "without its label"
        );
        let last = right.trim_end().rfind('\n').expect("lines");
        assert!(!fits(&right[..last], lang, ANY), "without what to do");
    }
}
