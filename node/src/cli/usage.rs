//! What is said when the command line is not understood.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Error, FromArgMatches as _};
use soxa_lang::Lang;

use super::{Cli, asking, help};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};

/// Parses the command line; help and mistakes are printed here. What is missing is asked for where somebody can answer.
pub fn parse(lang: Lang, mut arguments: Vec<OsString>) -> Result<Cli, Exit> {
    loop {
        let parsed = help::tree(lang)
            .try_get_matches_from(&arguments)
            .and_then(|m| Cli::from_arg_matches(&m));
        let error = match parsed {
            Ok(cli) => return Ok(cli),
            Err(error) => error,
        };
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            // A reader who goes away early is no error.
            let _ = error.print();
            return Err(match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Done,
            });
        }
        let can_be_asked = error.kind() == ErrorKind::MissingRequiredArgument && asking::somebody(&arguments);
        let completed = match can_be_asked {
            true => asking::complete(lang, &mut arguments, &error),
            false => Ok(false),
        };
        let failure = match completed {
            Ok(true) => continue,
            Ok(false) => Failure::usage(lang, &path_of(lang, &arguments), &reason(&error)),
            Err(failure) => failure,
        };
        crate::output::say(&failure.say(lang));
        return Err(failure.exit());
    }
}

/// The command that a command line means as far as it is understood, and the words that name it.
pub fn command_of(lang: Lang, arguments: &[OsString]) -> (Vec<String>, clap::Command) {
    let mut command = help::tree(lang);
    let mut path = Vec::new();
    let understood = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(arguments);
    let mut matches = understood.ok();
    while let Some((name, below)) = matches.as_mut().and_then(clap::ArgMatches::remove_subcommand) {
        if let Some(sub) = command.find_subcommand(&name).cloned() {
            command = sub;
        }
        path.push(name);
        matches = Some(below);
    }
    (path, command)
}

/// The words of the command line that name the command, for the message.
fn path_of(lang: Lang, arguments: &[OsString]) -> String {
    command_of(lang, arguments).0.join(" ")
}

fn reason(error: &Error) -> Sentence {
    let context = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let like = context(ContextKind::SuggestedArg);
            if like.is_empty() {
                Sentence::new("cli.usage.unknown_argument", &[("argument", &argument)])
            } else {
                Sentence::new(
                    "cli.usage.unknown_argument_like",
                    &[("argument", &argument), ("like", &like)],
                )
            }
        }
        ErrorKind::InvalidSubcommand => {
            let given = context(ContextKind::InvalidSubcommand);
            Sentence::new("cli.usage.unknown_command", &[("command", &given)])
        }
        ErrorKind::MissingRequiredArgument => {
            Sentence::new("cli.usage.missing_argument", &[("argument", &argument)])
        }
        ErrorKind::MissingSubcommand => Sentence::new("cli.usage.missing_command", &[]),
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg);
            Sentence::new(
                "cli.usage.argument_conflict",
                &[("argument", &argument), ("other", &other)],
            )
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            Sentence::new("cli.usage.missing_value", &[("argument", &argument)])
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let known = context(ContextKind::ValidValue);
            if known.is_empty() {
                Sentence::new(
                    "cli.usage.invalid_value",
                    &[("argument", &argument), ("value", &value)],
                )
            } else {
                Sentence::new(
                    "cli.usage.invalid_value_of",
                    &[("argument", &argument), ("value", &value), ("known", &known)],
                )
            }
        }
        ErrorKind::WrongNumberOfValues | ErrorKind::TooManyValues | ErrorKind::TooFewValues => {
            Sentence::new("cli.usage.missing_value", &[("argument", &argument)])
        }
        _ => Sentence::new("cli.usage.other", &[("reason", &error.kind())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arguments: &[&str], lang: Lang, parts: &[&str]) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let error = help::tree(lang).try_get_matches_from(&arguments).unwrap_err();
        let said = Failure::usage(lang, &path_of(lang, &arguments), &reason(&error)).say(lang);
        for part in parts {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }

    #[test]
    fn mistakes_are_told_in_the_readers_language() {
        check(&["soxa", "key", "newer"], Lang::Vi, &["Lỗi", "newer", "soxa key"]);
        check(
            &["soxa", "status", "--formt", "json"],
            Lang::En,
            &["--formt", "--format"],
        );
        check(
            &["soxa", "status", "--format", "xml"],
            Lang::En,
            &["xml", "table, json, csv"],
        );
        check(&["soxa", "key", "new"], Lang::Vi, &["FILE", "soxa key new"]);
        check(&["soxa", "key", "show", "a", "b"], Lang::En, &["b"]);
    }
}
