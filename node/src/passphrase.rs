//! Where passphrases and answers come from: the terminal, or lines on a pipe.
//!
//! On a pipe one line opens every key file of the command; a command with several key files (root keys) reads one
//! line for each, and goes on with the last when the lines end. Nothing is ever taken from arguments or the
//! environment, where other users of the machine could read it.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use soxa_lang::{Lang, text};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Bytes of one passphrase on a pipe.
const LINE_BYTES_MAX: u64 = 1_024;
/// Letters of a new passphrase: shorter ones are found by trying, whatever the key derivation costs.
pub const NEW_LETTERS_MIN: usize = 8;

/// The source of passphrases and of answers to questions.
pub struct Passphrases {
    lang: Lang,
    from_pipe: bool,
    last: Option<Zeroizing<String>>,
}

impl Passphrases {
    /// The terminal, or standard input when that is no terminal or `--passphrase-stdin` says so.
    pub fn new(lang: Lang, from_stdin: bool) -> Self {
        Self {
            lang,
            from_pipe: from_stdin || !std::io::stdin().is_terminal(),
            last: None,
        }
    }

    /// The passphrase of an existing key file.
    ///
    /// # Errors
    /// When none can be read.
    pub fn ask(&mut self, file: &Path) -> Result<Zeroizing<String>, Failure> {
        if !self.from_pipe {
            return self.prompt("cli.ask.passphrase", file);
        }
        if let Some(line) = self.line(file)? {
            self.last = Some(line.clone());
            return Ok(line);
        }
        self.last
            .clone()
            .ok_or_else(|| Failure::new("errors.no_passphrase", &[("file", &file.display())]))
    }

    /// A new passphrase; asked for twice at a terminal.
    ///
    /// # Errors
    /// When none can be read, the two differ, or it is too short.
    pub fn ask_new(&mut self, file: &Path) -> Result<Zeroizing<String>, Failure> {
        let refused = |error: &'static str| {
            Failure::new(error, &[("file", &file.display()), ("count", &NEW_LETTERS_MIN)])
        };
        let new = if self.from_pipe {
            self.line(file)?.ok_or_else(|| refused("errors.no_passphrase"))?
        } else {
            let first = self.prompt("cli.ask.new_passphrase", file)?;
            let again = self.prompt("cli.ask.repeat_passphrase", file)?;
            if first != again {
                return Err(refused("errors.passphrases_differ"));
            }
            first
        };
        if new.chars().count() < NEW_LETTERS_MIN {
            return Err(refused("errors.passphrase_too_short"));
        }
        self.last = Some(new.clone());
        Ok(new)
    }

    /// Asks whether to go on.
    ///
    /// # Errors
    /// When there is nobody to ask: `--yes` is needed then.
    pub fn confirm(&self) -> Result<bool, Failure> {
        if self.from_pipe {
            return Err(Failure::new("errors.confirmation_needed", &[]));
        }
        let given = answer(&text(self.lang, "cli.ask.confirm", &[]));
        Ok(given.is_ok_and(|given| is_yes(&given)))
    }

    fn prompt(&self, key: &str, file: &Path) -> Result<Zeroizing<String>, Failure> {
        let question = format!("{}: {}", file.display(), text(self.lang, key, &[]));
        rpassword::prompt_password(question)
            .map(Zeroizing::new)
            .map_err(|_| Failure::new("errors.no_passphrase", &[("file", &file.display())]))
    }

    fn line(&self, file: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(Zeroizing::new(
                line.trim_end_matches(['\r', '\n']).to_owned(),
            ))),
            Err(_) => Err(Failure::new("errors.no_passphrase", &[("file", &file.display())])),
        }
    }
}

/// Shows a question at the terminal and reads the line that answers it.
///
/// # Errors
/// When the question cannot be shown or no line can be read; also at the end of the input.
pub fn answer(question: &str) -> std::io::Result<String> {
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut answer = String::new();
    let read = std::io::stdin()
        .lock()
        .take(LINE_BYTES_MAX)
        .read_line(&mut answer)?;
    if read == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}

fn is_yes(answer: &str) -> bool {
    matches!(
        answer.trim().to_lowercase().as_str(),
        "y" | "yes" | "c" | "có" | "co"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "Yes", " CÓ \n", "co"] {
            assert!(is_yes(yes), "{yes}");
        }
        for no in ["", "\n", "n", "không", "yeah"] {
            assert!(!is_yes(no), "{no}");
        }
    }
}
