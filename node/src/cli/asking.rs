//! Questions for what a command line lacks, when somebody sits at a terminal who can answer them.
//!
//! clap knows what a command needs. Each argument that it misses is asked for with the sentence of its help; the answers are put into the
//! command line, and that is read again. So no command has questions of its own, and whatever can be answered can be typed.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, Error};
use soxa_lang::{Lang, fold, text};

use super::help::{self, option_key};
use super::{Session, usage};
use crate::failure::{Failure, Sentence};
use crate::output::say;
use crate::passphrase::answer;

/// Words among the arguments that say that nobody is to be asked.
const FOR_SCRIPTS: [&str; 1] = ["--passphrase-stdin"];

/// Whether somebody can be asked: what is asked goes to standard error, what is answered comes from standard input.
pub fn somebody(arguments: &[OsString]) -> bool {
    let scripted = arguments.iter().any(|a| FOR_SCRIPTS.iter().any(|word| a == word));
    !scripted && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for what the error says is missing, and puts the answers into the arguments. Says whether anything was put there.
///
/// # Errors
/// When a question is left without an answer, or the node that knows what an answer may mean cannot be asked.
pub fn complete(lang: Lang, arguments: &mut Vec<OsString>, error: &Error) -> Result<bool, Failure> {
    let (path, command) = usage::command_of(lang, arguments);
    let missing: Vec<Arg> = missing(&command, error).into_iter().cloned().collect();
    if missing.is_empty() {
        return Ok(false);
    }
    say(&text(lang, "cli.ask.missing", &[]));
    let mut session = Session::new(lang, help::home_of(arguments));
    for arg in &missing {
        let question = Question::of(lang, &path.join("."), arg);
        let answers = question.ask(lang, &mut session)?;
        put(arguments, arg, &answers);
    }
    Ok(true)
}

/// Asks for the key file of an official.
///
/// # Errors
/// When nobody can be asked or nothing is answered.
pub fn key_file(lang: Lang) -> Result<PathBuf, Failure> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if !somebody(&arguments) {
        return Err(Failure::new("errors.no_key_file", &[]));
    }
    let given = line(&text(lang, "cli.ask.key_file", &[]), "--key")?;
    given.map(PathBuf::from).ok_or_else(|| unanswered("--key"))
}

/// The arguments of a command that the error says are missing, in the order in which the command has them.
fn missing<'a>(command: &'a Command, error: &Error) -> Vec<&'a Arg> {
    let Some(ContextValue::Strings(named)) = error.get(ContextKind::InvalidArg) else {
        return Vec::new();
    };
    let is_named = |arg: &&Arg| {
        let word = name_of(arg);
        let first = |named: &str| named.split([' ', '=']).next().unwrap_or_default().to_owned();
        let bare = |named: &str| {
            named
                .trim_end_matches('.')
                .trim_matches(['<', '>', '[', ']'])
                .to_owned()
        };
        named
            .iter()
            .any(|named| first(named) == word || bare(named) == word)
    };
    command.get_arguments().filter(is_named).collect()
}

/// What an argument is called on the command line: `--unit`, or the word for its value where it has no name.
fn name_of(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_value_names()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some([name, ..])) => name.to_string(),
        (None, _) => arg.get_id().to_string(),
    }
}

/// Puts answers where the argument stands: options before a lone `--`, all else behind it.
fn put(arguments: &mut Vec<OsString>, arg: &Arg, answers: &[String]) {
    let lone = arguments.iter().position(|argument| argument == "--");
    match (arg.get_long(), lone) {
        (Some(long), lone) => {
            let at = lone.unwrap_or(arguments.len());
            let options = answers.iter().map(|answer| format!("--{long}={answer}").into());
            arguments.splice(at..at, options);
        }
        (None, lone) => {
            let separator = lone.is_none().then(|| "--".into());
            arguments.extend(separator.into_iter().chain(answers.iter().map(OsString::from)));
        }
    }
}

/// One thing to ask for.
struct Question {
    sentence: String,
    argument: String,
    arg: Arg,
    /// The kind of record that an answer names.
    kind: Option<&'static str>,
    /// The words to choose among, with what they mean.
    choices: Vec<(String, String)>,
    several: bool,
}

impl Question {
    fn of(lang: Lang, path: &str, arg: &Arg) -> Self {
        let kind = arg
            .get_value_names()
            .and_then(|names| match names.first()?.as_str() {
                "UNIT" => Some("unit"),
                "PERSON" => Some("person"),
                "ASSET" => Some("asset"),
                "DOSSIER" => Some("dossier"),
                "HANDOVER" => Some("handover"),
                "INVENTORY" => Some("inventory"),
                _ => None,
            });
        let words: Vec<String> = arg
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        let section = section_of(&words);
        let meaning = |word: &String| {
            let key = section.as_ref().map(|section| format!("{section}.{word}"));
            key.map(|key| text(lang, &key, &[])).unwrap_or_default()
        };
        Self {
            sentence: text(
                lang,
                &option_key(&path.replace('-', "_"), arg.get_id().as_str()),
                &[],
            ),
            argument: name_of(arg),
            kind,
            choices: words.iter().map(|word| (word.clone(), meaning(word))).collect(),
            several: arg.get_num_args().is_some_and(|range| range.max_values() > 1),
            arg: arg.clone(),
        }
    }

    /// Asks until there is an answer that can be used; where several may be given, until an empty line.
    fn ask(&self, lang: Lang, session: &mut Session) -> Result<Vec<String>, Failure> {
        let width = self.choices.iter().map(|(word, _)| word.chars().count()).max();
        let width = width.unwrap_or_default();
        for (at, (word, meaning)) in self.choices.iter().enumerate() {
            say(format!("  {:>2}  {word:width$}  {meaning}", at + 1).trim_end());
        }
        let more = text(lang, "cli.ask.another", &[]);
        let mut answers = Vec::new();
        loop {
            let sentence = if answers.is_empty() { &self.sentence } else { &more };
            let Some(given) = line(sentence, &self.argument)? else {
                break;
            };
            match self.understood(session, &given)? {
                Ok(answer) if self.several => answers.push(answer),
                Ok(answer) => return Ok(vec![answer]),
                Err(why) => say(&why),
            }
        }
        if answers.is_empty() {
            return Err(unanswered(&self.argument));
        }
        Ok(answers)
    }

    /// The answer as it stands on the command line; `Err` with what is wrong with it.
    fn understood(&self, session: &mut Session, given: &str) -> Result<Result<String, String>, Failure> {
        let lang = session.lang;
        let chosen = self.chosen(given);
        if self.reads(&chosen) {
            return match self.kind {
                Some(kind) => found(session, kind, &chosen),
                None => Ok(Ok(chosen)),
            };
        }
        let values: [(&str, &dyn std::fmt::Display); 2] = [("argument", &self.argument), ("value", &given)];
        Ok(Err(Sentence::new("cli.usage.invalid_value", &values).say(lang)))
    }

    /// A choice by its number, its word or its meaning; anything else as it was given.
    fn chosen(&self, given: &str) -> String {
        let wanted = fold(given);
        let by_number = given
            .parse::<usize>()
            .ok()
            .and_then(|at| self.choices.get(at.checked_sub(1)?));
        let mut choices = self.choices.iter();
        let by_word = choices.find(|(word, meaning)| fold(word) == wanted || fold(meaning) == wanted);
        by_word
            .or(by_number)
            .map_or_else(|| given.to_owned(), |(word, _)| word.clone())
    }

    /// Whether the argument would take this.
    fn reads(&self, answer: &str) -> bool {
        let alone = Arg::new("answer")
            .allow_hyphen_values(true)
            .value_parser(self.arg.get_value_parser().clone());
        let command = Command::new("answer").no_binary_name(true).arg(alone);
        command.try_get_matches_from(["--", answer]).is_ok()
    }
}

/// That the answer names a record, which is told; or why it names none, with those that come near.
fn found(session: &mut Session, kind: &str, given: &str) -> Result<Result<String, String>, Failure> {
    let looked_up = match kind {
        "unit" => session.units()?.find(given),
        _ => session.find(kind, given).map(|read| read.id),
    };
    let lang = session.lang;
    match looked_up {
        Ok(id) => {
            let name = match kind {
                "unit" => session.units()?.name(&id),
                _ => session.name(&id),
            };
            say(&format!("  → {name}"));
            Ok(Ok(given.to_owned()))
        }
        Err(failure) => match failure.error() {
            "errors.unknown_record" => Ok(Err(failure.what(lang))),
            "errors.unknown_near" | "errors.record_ambiguous" => {
                Ok(Err(format!("{} {}", failure.what(lang), failure.next(lang))))
            }
            _ => Err(failure),
        },
    }
}

/// The section of the catalogue that translates all these words: of several the one with the fewest others.
fn section_of(words: &[String]) -> Option<String> {
    let keys = soxa_lang::keys(Lang::En);
    let first = words.first()?;
    let sections = keys.iter().filter_map(|key| {
        let section = key.strip_suffix(first.as_str())?.strip_suffix('.')?;
        section.starts_with("records.").then_some(section)
    });
    let all_of = |section: &&str| {
        words
            .iter()
            .all(|word| keys.contains(&format!("{section}.{word}")))
    };
    let size = |section: &&str| {
        keys.iter()
            .filter(|key| key.starts_with(&format!("{section}.")))
            .count()
    };
    sections.filter(all_of).min_by_key(size).map(str::to_owned)
}

/// One line from the terminal; nothing when it is empty.
fn line(sentence: &str, argument: &str) -> Result<Option<String>, Failure> {
    answer(&format!("{sentence} ({argument}):"))
        .map_err(|_| unanswered(argument))
        .map(|given| {
            let given = given.trim();
            (!given.is_empty()).then(|| given.to_owned())
        })
}

fn unanswered(argument: &str) -> Failure {
    Failure::new("errors.not_answered", &[("argument", &argument)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(arguments: &[&str]) -> (Vec<OsString>, Vec<String>) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let error = help::tree(Lang::En).try_get_matches_from(&arguments).unwrap_err();
        let (_, command) = usage::command_of(Lang::En, &arguments);
        let names = missing(&command, &error).into_iter().map(name_of).collect();
        (arguments, names)
    }

    #[track_caller]
    fn check(arguments: &[&str], expected: &[&str]) {
        assert_eq!(lacking(arguments).1, expected, "{arguments:?}");
    }

    #[test]
    fn what_is_missing_is_told_by_the_error() {
        check(
            &["soxa", "person", "post"],
            &["PERSON", "--unit", "--post", "--from"],
        );
        check(
            &["soxa", "person", "post", "An", "--unit=1", "--post", "A"],
            &["--from"],
        );
        check(&["soxa", "handover", "accept"], &["HANDOVER"]);
        check(
            &["soxa", "handover", "draft", "--kind", "assets"],
            &["--receiver", "--line"],
        );
        check(&["soxa", "unit", "register"], &["--kind", "--name", "--parent"]);
        check(&["soxa", "dossier", "receive"], &["--procedure", "--unit"]);
        check(
            &["soxa", "--home", "unit", "asset", "set"],
            &["ASSET", "FIELD=VALUE"],
        );
        check(&["soxa", "invite"], &["UNIT"]);
        // Nobody is turned away without a reason.
        for refusal in [["dossier", "refuse"], ["dossier", "stop"], ["person", "decline"]] {
            check(&[&["soxa"], &refusal[..], &["A"]].concat(), &["--reason"]);
        }
    }

    #[test]
    fn answers_complete_the_command_line() {
        for arguments in [
            vec!["soxa", "person", "set"],
            vec!["soxa", "person", "set", "An"],
            vec!["soxa", "handover", "refuse", "--note", "a"],
            vec!["soxa", "handover", "refuse", "--", "a1b2"],
        ] {
            let (mut arguments, _) = lacking(&arguments);
            let tree = help::tree(Lang::En);
            let error = tree.clone().try_get_matches_from(&arguments).unwrap_err();
            let (_, command) = usage::command_of(Lang::En, &arguments);
            for arg in missing(&command, &error) {
                put(&mut arguments, arg, &["--a=b".to_owned(), "c=d".to_owned()][..1]);
            }
            let parsed = tree.try_get_matches_from(&arguments);
            assert!(parsed.is_ok(), "{arguments:?}: {:?}", parsed.unwrap_err().kind());
        }
    }

    #[test]
    fn choices_are_named_by_number_word_or_meaning() {
        let (arguments, _) = lacking(&["soxa", "roster", "add-post"]);
        let (path, command) = usage::command_of(Lang::Vi, &arguments);
        let field = command.get_arguments().find(|arg| name_of(arg) == "--field");
        let question = Question::of(Lang::Vi, &path.join("."), field.unwrap());
        let (word, meaning) = question.choices.get(1).unwrap();
        assert!(!meaning.is_empty() && meaning != word);
        for given in ["2", word, meaning, &fold(meaning)] {
            assert_eq!(&question.chosen(given), word, "{given}");
        }
        assert!(!question.reads("99") && question.reads(word));
    }
}
