//! The examples in the help of commands: they stand beside the commands, as clap's `after_help`.
//!
//! Each begins with `soxa`; a line that does not goes on with the one before. Tests hold that every command has one, and that each
//! would be understood as it stands.

use clap::Command;
use soxa_lang::{Lang, text};

/// Columns of an example in the help; what is longer goes on in the next line.
const COLUMNS_MAX: usize = 96;
/// What begins an example.
const PROGRAM: &str = "soxa ";

/// The examples that stand beside a command.
pub fn of(command: &Command) -> Vec<String> {
    let written = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut examples: Vec<String> = Vec::new();
    for line in written.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match examples.last_mut() {
            Some(last) if !line.starts_with(PROGRAM) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => examples.push(line.to_owned()),
        }
    }
    examples
}

/// The examples of a command as its help shows them; nothing when there are none.
pub fn shown(lang: Lang, command: &Command) -> Option<String> {
    let examples = of(command);
    if examples.is_empty() {
        return None;
    }
    let heading = text(lang, "help.heading.examples", &[]);
    let lines: String = examples.iter().map(|example| laid_out(example)).collect();
    Some(format!("{heading}:\n{lines}"))
}

/// An example in lines that a shell reads as one: long ones are broken before an option.
fn laid_out(example: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("  ");
    for (at, part) in example.split(" --").enumerate() {
        let part = if at == 0 {
            part.to_owned()
        } else {
            format!("--{part}")
        };
        if at > 0 && line.chars().count() + part.chars().count() + 1 > COLUMNS_MAX {
            lines.push_str(&line);
            lines.push_str(" \\\n");
            line = String::from("     ");
        }
        if at > 0 {
            line.push(' ');
        }
        line.push_str(&part);
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help;

    /// The words of a command line as a shell reads them, with double quotes and lines that go on.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let (mut word, mut quoted) = (String::new(), false);
        for letter in line.replace("\\\n", " ").chars() {
            match letter {
                '"' => quoted = !quoted,
                _ if letter.is_whitespace() && !quoted => {
                    words.push(std::mem::take(&mut word));
                }
                _ => word.push(letter),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    /// Every command that does something by itself, with the words that name it.
    fn leaves(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
        let required = command.get_arguments().any(clap::Arg::is_required_set);
        if command.get_subcommands().next().is_none() || required {
            found.push((path.to_vec(), command.clone()));
        }
        for sub in command.get_subcommands() {
            let below = [path, &[sub.get_name().to_owned()]].concat();
            leaves(sub, &below, found);
        }
    }

    #[test]
    fn every_command_shows_examples_that_are_understood() {
        let mut complaints = Vec::new();
        for lang in [Lang::Vi, Lang::En] {
            let tree = help::tree(lang);
            let mut found = Vec::new();
            leaves(&tree, &[], &mut found);
            for (path, mut command) in found {
                let path = path.join(" ");
                let help = command.render_help().to_string();
                let heading = format!("\n{}:\n", text(lang, "help.heading.examples", &[]));
                let Some((_, shown)) = help.split_once(&heading) else {
                    complaints.push(format!("{path}: no example ({lang})"));
                    continue;
                };
                for example in shown.replace("\\\n", " ").lines().filter(|line| !line.is_empty()) {
                    let words = words(example);
                    if !words.join(" ").starts_with(&format!("soxa {path}"))
                        && !words.contains(&"--home".into())
                    {
                        complaints.push(format!("{path}: {example}: another command"));
                    }
                    if let Err(error) = tree.clone().try_get_matches_from(&words) {
                        complaints.push(format!("{path}: {example}: {}", error.kind()));
                    }
                }
            }
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    #[test]
    fn long_examples_are_broken_before_an_option() {
        let command = |help: &'static str| Command::new("a").after_help(help);
        let long = command(
            "soxa person second \"Lò Văn An\" --host 03721 --from 2026-02-01 --until 2026-04-30\n  --payer \"Sở Nội vụ\" --key head.pem",
        );
        let shown = shown(Lang::En, &long).unwrap();
        assert!(
            shown.lines().all(|line| line.chars().count() <= COLUMNS_MAX + 2),
            "{shown}"
        );
        assert_eq!(words(shown.split_once('\n').unwrap().1), words(&of(&long)[0]));
        assert_eq!(shown.lines().count(), 3);
        assert_eq!(of(&command("soxa a\nsoxa b\n c")), ["soxa a", "soxa b c"]);
    }
}
