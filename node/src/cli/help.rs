//! Help texts: hung onto the command tree from the catalogue, in the reader's language.
//!
//! A command at the path `key appoint` is described by `help.command.key.appoint`; its option `--unit` by
//! `help.option.key.appoint.unit` where that exists, otherwise by `help.option.key.unit`, which the commands below `key` share, or by
//! `help.option.unit`, which all do.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use soxa_lang::{Lang, has, text};

use super::examples;
use crate::exit::Exit;
use crate::home::Home;

/// Columns of a help text on a wide terminal: longer lines are hard to read.
const COLUMNS_MAX: usize = 110;

/// Reads a language for the command line.
pub fn language(code: &str) -> Result<Lang, soxa_lang::UnknownLanguage> {
    code.parse()
}

/// The language asked for, looked up before the command line is parsed so that help and mistakes are told in it:
/// `--lang`, then the environment's `SOXA_LANG`, then the home folder's configuration, then `LC_ALL` and `LANG`.
pub fn language_of(arguments: &[OsString]) -> Lang {
    let variable = |name: &str| std::env::var(name).ok();
    let asked = option_of(arguments, "--lang").or_else(|| variable(super::LANG_ENVIRONMENT));
    if let Some(lang) = asked.and_then(|code| code.parse().ok()) {
        return lang;
    }
    home_of(arguments)
        .config()
        .ok()
        .and_then(|config| config.lang)
        .unwrap_or_else(|| Lang::from_environment(variable("LC_ALL").as_deref(), variable("LANG").as_deref()))
}

/// The home folder that a command line names, looked up before it is parsed.
pub fn home_of(arguments: &[OsString]) -> Home {
    let variable = || std::env::var(crate::home::ENVIRONMENT).ok();
    let home = option_of(arguments, "--home").or_else(variable);
    Home::locate(home.as_deref().map(Path::new))
}

/// The value of a long option, as `--name value` or `--name=value`; the last one counts.
fn option_of(arguments: &[OsString], name: &str) -> Option<String> {
    let texts: Vec<&str> = arguments.iter().map_while(|argument| argument.to_str()).collect();
    let given = texts
        .iter()
        .take_while(|text| **text != "--")
        .enumerate()
        .filter_map(|(at, text)| match text.strip_prefix(name)? {
            "" => texts.get(at + 1).map(|value| (*value).to_owned()),
            rest => rest.strip_prefix('=').map(str::to_owned),
        });
    given.last()
}

/// The whole command tree with its sentences.
pub fn tree(lang: Lang) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .global(true)
        .action(ArgAction::Help);
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version);
    let root = super::Cli::command()
        .arg(help)
        .arg(version)
        .max_term_width(COLUMNS_MAX);
    describe(root, lang, "").after_help(exit_codes(lang))
}

fn describe(command: Command, lang: Lang, path: &str) -> Command {
    let about = if path.is_empty() {
        "help.about".to_owned()
    } else {
        format!("help.command.{path}")
    };
    let options = text(lang, "help.heading.options", &[]);
    let arguments = text(lang, "help.heading.arguments", &[]);
    let usage = text(lang, "help.heading.usage", &[]);
    let examples = examples::shown(lang, &command);
    let command = match examples {
        Some(examples) => command.after_help(examples),
        None => command,
    };
    let template = format!("{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}");
    command
        .about(sentence(lang, &about))
        .long_about(Resettable::Reset)
        .help_template(template)
        .subcommand_help_heading(text(lang, "help.heading.commands", &[]))
        .mut_args(|arg| {
            let heading = if arg.is_positional() { &arguments } else { &options };
            let key = option_key(path, arg.get_id().as_str());
            let takes_values = arg.get_action().takes_values();
            let arg = arg
                .help(sentence(lang, &key))
                .long_help(Resettable::Reset)
                .help_heading(heading.clone());
            // The sentences name words, defaults and environment in the reader's language.
            if takes_values {
                arg.hide_env(true)
                    .hide_possible_values(true)
                    .hide_default_value(true)
            } else {
                arg
            }
        })
        .mut_subcommands(|sub| {
            let name = sub.get_name().replace('-', "_");
            let below = if path.is_empty() {
                name
            } else {
                format!("{path}.{name}")
            };
            describe(sub, lang, &below)
        })
}

/// The key of the sentence for an option of the command at a path.
pub fn option_key(path: &str, id: &str) -> String {
    let mut above = path;
    while !above.is_empty() {
        let own = format!("help.option.{above}.{id}");
        if has(&own) {
            return own;
        }
        above = above.rsplit_once('.').map_or("", |(above, _)| above);
    }
    format!("help.option.{id}")
}

fn sentence(lang: Lang, key: &str) -> String {
    if has(key) {
        text(lang, key, &[])
    } else {
        key.to_owned()
    }
}

fn exit_codes(lang: Lang) -> String {
    let line = |exit: &Exit| {
        let key = format!("help.exit_code.{}", exit.code());
        format!("  {:>2}  {}\n", exit.code(), text(lang, &key, &[]))
    };
    let lines: String = Exit::ALL.iter().map(line).collect();
    format!("{}:\n{lines}", text(lang, "help.heading.exit_codes", &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(command: &Command, path: &str, complaints: &mut Vec<String>) {
        let about = if path.is_empty() {
            "help.about".to_owned()
        } else {
            format!("help.command.{path}")
        };
        if !has(&about) {
            complaints.push(about);
        }
        for arg in command.get_arguments() {
            let key = option_key(path, arg.get_id().as_str());
            if !has(&key) {
                complaints.push(format!("{key} (for {path})"));
            }
        }
        for sub in command.get_subcommands() {
            let name = sub.get_name().replace('-', "_");
            let below = if path.is_empty() {
                name
            } else {
                format!("{path}.{name}")
            };
            missing(sub, &below, complaints);
        }
    }

    #[test]
    fn every_command_and_option_has_its_sentence() {
        let mut complaints = Vec::new();
        missing(&tree(Lang::En), "", &mut complaints);
        assert!(
            complaints.is_empty(),
            "no sentence for:\n{}",
            complaints.join("\n")
        );
    }

    #[test]
    fn the_tree_is_well_formed() {
        tree(Lang::Vi).debug_assert();
    }

    #[track_caller]
    fn check(arguments: &[&str], name: &str, expected: Option<&str>) {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        assert_eq!(option_of(&arguments, name).as_deref(), expected);
    }

    #[test]
    fn options_are_found_before_parsing() {
        check(&["soxa", "--lang", "vi", "status"], "--lang", Some("vi"));
        check(&["soxa", "status", "--lang=en"], "--lang", Some("en"));
        check(&["soxa", "--lang=en", "--lang", "vi"], "--lang", Some("vi"));
        check(&["soxa", "log", "--", "--lang", "vi"], "--lang", None);
        check(&["soxa", "--language", "vi"], "--lang", None);
    }
}
