//! Progress bars on long work, on standard error and only at a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use soxa_lang::{Lang, text};

/// How a bar looks: what is done, how far, how long still.
const TEMPLATE: &str = "{msg} {bar:30} {pos}/{len} {eta}";
/// How it looks while nobody knows how much there is.
const TEMPLATE_OPEN: &str = "{msg} {spinner} {pos}";

/// A bar for some work, titled by a sentence of the catalogue.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Begins; a total of 0 is one that nobody knows.
    pub fn new(lang: Lang, title: &str, total: u64) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(text(lang, title, &[]));
        let template = if total == 0 { TEMPLATE_OPEN } else { TEMPLATE };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// So much is done of so much.
    pub fn at(&self, done: u64, total: u64) {
        if total > 0 {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }

    /// One more is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
