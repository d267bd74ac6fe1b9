//! Progress bars on long work, on standard error and only at a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use soxa_lang::{Lang, text};

/// How a bar looks: what is done, how far, how long still, and what there is to say besides.
const TEMPLATE: &str = "{prefix} {bar:30} {pos}/{len} {eta} {wide_msg}";
/// How it looks while nobody knows how much there is.
const TEMPLATE_OPEN: &str = "{prefix} {spinner} {pos} {wide_msg}";

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
        let bar = ProgressBar::with_draw_target(Some(total), target).with_prefix(text(lang, title, &[]));
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
        self.steps(1);
    }

    /// So many more are done.
    pub fn steps(&self, done: u64) {
        self.bar.inc(done);
    }

    /// Says beside the bar what is being done; not asked for where there is no terminal.
    pub fn say(&self, what: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(what());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
