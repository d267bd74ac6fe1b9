//! What a command says when it cannot do what was asked: what, where, what to do next, in the reader's language.

use std::fmt::Display;
use std::path::Path;

use soxa_lang::{Lang, text};

use crate::clock;
use crate::control::protocol::{Objection, Refusal};
use crate::exit::Exit;

/// A sentence of the catalogue with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    key: String,
    values: Vec<(String, String)>,
}

impl Sentence {
    /// A sentence by its key.
    pub fn new(key: impl Into<String>, values: &[(&str, &dyn Display)]) -> Self {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_string()));
        Self {
            key: key.into(),
            values: values.collect(),
        }
    }

    /// The sentence in a language; a key of another program version is shown as it is.
    pub fn say(&self, lang: Lang) -> String {
        if !soxa_lang::has(&self.key) {
            return self.key.clone();
        }
        let translated: Vec<(&str, String)> = self
            .values
            .iter()
            .map(|(name, value)| (name.as_str(), translated(lang, name, value)))
            .collect();
        let values: Vec<(&str, &dyn Display)> = translated
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        text(lang, &self.key, &values)
    }
}

/// Things in a sentence that may be none.
pub fn listed(all: &[String]) -> String {
    if all.is_empty() {
        "–".to_owned()
    } else {
        all.join(", ")
    }
}

/// Words of the program among the values, in the reader's language; other values as they are.
fn translated(lang: Lang, name: &str, value: &str) -> String {
    let sections: &[&str] = match name {
        "stage" => &[
            "records.handover_state",
            "records.unit_stage",
            "records.secondment_stage",
        ],
        "reached" => &["records.inventory_stage"],
        // Several where officials went on without knowing of each other.
        "status" => &["records.dossier_status"],
        "state" => &["records.asset_state"],
        "party" => &["records.field"],
        "kind" => &["records.kind"],
        "field_name" => &["records.field", "cli.label"],
        "role" => &["records.role"],
        "class" => &["records.person_class"],
        "until" => return days(value),
        _ => return value.to_owned(),
    };
    let said = |word: &str| {
        let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let keys = sections.iter().map(|section| format!("{section}.{word}"));
        let known = keys.into_iter().find(|key| is_word && soxa_lang::has(key));
        known.map_or_else(|| word.to_owned(), |key| text(lang, &key, &[]))
    };
    let words: Vec<String> = value.split(", ").map(said).collect();
    words.join(", ")
}

/// Days as people write them.
fn days(value: &str) -> String {
    let day = |text: &str| match clock::parse_day(text) {
        Some(day) => soxa_lang::date(day.year(), day.month(), day.day()),
        None => text.to_owned(),
    };
    value.split(", ").map(day).collect::<Vec<_>>().join(", ")
}

impl From<&Objection> for Sentence {
    fn from(objection: &Objection) -> Self {
        Self {
            key: objection.key.clone(),
            values: objection.values.clone(),
        }
    }
}

/// An error of the catalogue (`errors.<name>` with the parts `what`, `where` and `next`) and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    error: &'static str,
    values: Vec<(&'static str, String)>,
    details: Vec<Sentence>,
}

impl Failure {
    /// An error by its key without the part, for example `errors.disk_full`.
    pub fn new(error: &'static str, values: &[(&'static str, &dyn Display)]) -> Self {
        let values = values
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .collect();
        Self {
            error,
            values,
            details: Vec::new(),
        }
    }

    /// With more sentences under it, one for each single problem.
    #[must_use]
    pub fn with_details(mut self, details: impl IntoIterator<Item = Sentence>) -> Self {
        self.details.extend(details);
        self
    }

    /// A file or folder could not be read or written.
    pub fn io(path: &Path, reason: &std::io::Error) -> Self {
        let of = |error| Self::new(error, &[("path", &path.display())]);
        match reason.kind() {
            std::io::ErrorKind::StorageFull => of("errors.disk_full"),
            std::io::ErrorKind::NotFound => of("errors.no_file"),
            std::io::ErrorKind::PermissionDenied => of("errors.no_permission"),
            _ => Self::new("errors.io", &[("path", &path.display()), ("reason", reason)]),
        }
    }

    /// A value on the command line cannot be used.
    pub fn usage(lang: Lang, command: &str, reason: &Sentence) -> Self {
        Self::new(
            "errors.usage",
            &[("command", &command), ("reason", &reason.say(lang))],
        )
    }

    /// A situation that is a defect of the program.
    pub fn internal(place: &str, reason: impl Display) -> Self {
        Self::new("errors.internal", &[("place", &place), ("reason", &reason)])
    }

    /// What the daemon refused.
    pub fn refused(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::BadRequest { what } => Self::new(
                "errors.socket_garbage",
                &[("reason", what), ("socket", &"soxa.sock")],
            ),
            Refusal::OtherVersion { daemon } => Self::new(
                "errors.other_version",
                &[("daemon", daemon), ("here", &crate::control::protocol::VERSION)],
            ),
            Refusal::NotFound { what } => Self::new("errors.unknown_record", &[("id", what)]),
            Refusal::Ambiguous { what, candidates } => Self::new(
                "errors.record_ambiguous",
                &[("id", what), ("candidates", &candidates.join(", "))],
            ),
            Refusal::BadSignature { what } => Self::new(
                "errors.verification_failed",
                &[("reason", what), ("place", &"soxa.sock")],
            ),
            Refusal::Objections(objections) => Self::objections(objections),
            Refusal::DiskFull { file } => Self::new("errors.disk_full", &[("path", file)]),
            Refusal::ReadOnly { why } if why == "clock" => Self::new("errors.read_only_clock", &[]),
            Refusal::ReadOnly { why } if why == "doubled" => Self::new("errors.read_only_doubled", &[]),
            Refusal::ReadOnly { .. } => Self::new("errors.read_only_recovering", &[]),
            Refusal::Unfinished { why } => Self::new(
                "errors.outcome_unknown",
                &[("reason", why), ("socket", &"soxa.sock")],
            ),
            Refusal::Failed { what } => Self::internal("daemon", what),
        }
    }

    /// The ledger would give the act no effect: every reason is named.
    pub fn objections(objections: &[Objection]) -> Self {
        let hard: Vec<&Objection> = objections.iter().filter(|o| !o.warning).collect();
        Self::new("errors.act_without_effect", &[("count", &hard.len())])
            .with_details(hard.into_iter().map(Sentence::from))
    }

    /// How the command ends because of it.
    pub fn exit(&self) -> Exit {
        Exit::of_error(self.error)
    }

    /// The error's key.
    pub fn error(&self) -> &'static str {
        self.error
    }

    /// What went wrong, in one sentence.
    pub fn what(&self, lang: Lang) -> String {
        self.part(lang, "what")
    }

    /// What to do next, in one sentence.
    pub fn next(&self, lang: Lang) -> String {
        self.part(lang, "next")
    }

    fn part(&self, lang: Lang, part: &str) -> String {
        let values: Vec<(&str, &dyn Display)> = self
            .values
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        text(lang, &format!("{}.{part}", self.error), &values)
    }

    /// The lines for the reader: what, each detail, where, next.
    pub fn say(&self, lang: Lang) -> String {
        let part =
            |label: &str, part: &str| format!("{}: {}\n", text(lang, label, &[]), self.part(lang, part));
        let mut said = part("cli.label.error", "what");
        for detail in &self.details {
            said.push_str(&format!("  - {}\n", detail.say(lang)));
        }
        said.push_str(&part("cli.label.where", "where"));
        said.push_str(&part("cli.label.next", "next"));
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_three_parts_in_both_languages() {
        let failure = Failure::new("errors.wrong_passphrase", &[("file", &"an.pem")]);
        let vi = failure.say(Lang::Vi);
        assert!(vi.starts_with("Lỗi: Mật khẩu"), "{vi}");
        assert!(vi.contains("an.pem") && vi.lines().count() == 3, "{vi}");
        assert!(failure.say(Lang::En).contains("What to do: "));
        assert_eq!(failure.exit(), Exit::WrongPassphrase);
    }

    #[test]
    fn what_the_system_says_of_files_is_said_in_the_readers_language() {
        let said = |kind: std::io::ErrorKind| Failure::io(Path::new("an.pem"), &kind.into()).say(Lang::Vi);
        let missing = said(std::io::ErrorKind::NotFound);
        assert!(
            missing.contains("Không có tệp") && missing.contains("an.pem"),
            "{missing}"
        );
        assert!(said(std::io::ErrorKind::PermissionDenied).contains("không có quyền"));
        assert!(said(std::io::ErrorKind::StorageFull).contains("đầy"));
    }

    #[test]
    fn objections_become_sentences_and_warnings_do_not() {
        let objection = |key: &str, warning| Objection {
            operation: Some(0),
            key: key.to_owned(),
            values: Vec::new(),
            warning,
        };
        let failure = Failure::objections(&[
            objection("verdicts.void.role_forbids", false),
            objection("verdicts.void.outside_term", true),
            objection("of_a_later_version", false),
        ]);
        let said = failure.say(Lang::En);
        assert!(
            said.contains("the author's role does not allow this act"),
            "{said}"
        );
        assert!(!said.contains("outside the term"), "{said}");
        assert!(said.contains("of_a_later_version"), "{said}");
        assert_eq!(failure.exit(), Exit::Failed);
    }

    #[test]
    fn words_of_the_program_are_translated() {
        assert_eq!(translated(Lang::Vi, "stage", "withdrawn"), "đã rút");
        assert_eq!(translated(Lang::En, "party", "giver"), "Giver");
        assert_eq!(
            translated(Lang::Vi, "stage", "Of another program"),
            "Of another program"
        );
        assert_eq!(translated(Lang::Vi, "unit", "open"), "open");
    }
}
