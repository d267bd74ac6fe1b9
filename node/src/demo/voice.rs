//! What the play tells: short sentences of the catalogue, each with the seconds since the beginning.

use std::fmt::Display;
use std::time::Instant;

use soxa_lang::{Lang, text};

use crate::output::{print, say};

/// The narrator.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    lang: Lang,
    to_stderr: bool,
    begun: Instant,
}

impl Voice {
    /// Begins to tell, on standard output or, where that is for data, on standard error.
    pub fn new(lang: Lang, to_stderr: bool) -> Self {
        Self {
            lang,
            to_stderr,
            begun: Instant::now(),
        }
    }

    /// Whole seconds since the beginning, begun ones counted.
    pub fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs() + 1
    }

    /// A sentence with its time.
    pub fn tell(&self, key: &str, values: &[(&str, &dyn Display)]) {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.line(&format!("{seconds:5.1} s  {}", text(self.lang, key, values)));
    }

    /// A heading.
    pub fn heading(&self, key: &str, values: &[(&str, &dyn Display)]) {
        self.line(&format!("\n{}", text(self.lang, key, values)));
    }

    /// A number as the reader's language writes it.
    pub fn number(&self, number: u64) -> String {
        soxa_lang::number(self.lang, number)
    }

    /// A sum in đồng as the reader's language writes it.
    pub fn money(&self, dong: i64) -> String {
        soxa_lang::money(self.lang, dong)
    }

    fn line(&self, line: &str) {
        if self.to_stderr {
            say(line);
        } else {
            // A listener who goes away does not stop the play.
            let _ = print(format!("{line}\n").as_bytes());
        }
    }
}
