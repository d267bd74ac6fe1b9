//! Options that all reading commands share.

use clap::Args;

use crate::failure::Failure;
use crate::output::{Format, Listing, Sheet, print_listing, print_sheet};
use soxa_lang::Lang;

/// How to print.
#[derive(Debug, Clone, Copy, Args)]
pub struct ReadArgs {
    /// Table, JSON or CSV.
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "table|json|csv")]
    pub format: Format,
}

impl ReadArgs {
    /// Prints a list.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print_listing(&self, lang: Lang, listing: &Listing) -> Result<(), Failure> {
        print_listing(lang, self.format, listing)
    }

    /// Prints one thing.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print_sheet(&self, lang: Lang, sheet: &Sheet) -> Result<(), Failure> {
        print_sheet(lang, self.format, sheet)
    }
}
