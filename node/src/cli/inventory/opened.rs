//! An inventory as an act on it needs it: what it says, and where the next operation goes.

use soxa_ledger::RecordId;
use soxa_records::compose::{At, Composer};
use soxa_records::inventory::InventoryOperation;
use soxa_records::inventory::view::{InventoryLine, InventoryView};

use crate::cli::Session;
use crate::cli::acting::{Acting, Signer};
use crate::cli::session::Read;
use crate::cli::sign::{ActArgs, Prepared, official};
use crate::failure::Failure;
use crate::output::short;

/// An inventory with what is needed to act on it.
pub struct Opened {
    pub read: Read,
    pub at: At,
    pub view: InventoryView,
    /// The unit with all units above it.
    path: Vec<RecordId>,
}

/// Reads one.
///
/// # Errors
/// When the text names none, or several.
pub fn open(session: &mut Session, wanted: &str) -> Result<Opened, Failure> {
    let units = session.units()?;
    let (read, view) = session.find_viewed("inventory", wanted, InventoryView::of)?;
    Ok(Opened {
        at: read.at()?,
        path: units.path(&view.unit),
        read,
        view,
    })
}

impl Opened {
    /// The official who acts for the unit, or for one above it.
    ///
    /// # Errors
    /// When there is no key file or no appointment that permits these kinds of operations.
    pub fn official(
        &self,
        session: &mut Session,
        act: &ActArgs,
        kinds: &[&str],
    ) -> Result<(Signer, Acting), Failure> {
        official(session, act, kinds, |acting| acting.is_at_or_above(&self.path))
    }

    /// One act.
    pub fn prepared(&mut self, operation: InventoryOperation) -> Prepared {
        let mut composer = Composer::new();
        composer.on_inventory(&mut self.at, operation);
        Prepared::of(composer)
    }

    /// The line of this number, or else of the asset with this code.
    ///
    /// # Errors
    /// `errors.no_inventory_line` when there is none, or several have the code.
    pub fn line(&self, wanted: &str) -> Result<&InventoryLine, Failure> {
        if let Some(line) = wanted.parse().ok().and_then(|number| self.view.line(number)) {
            return Ok(line);
        }
        let mut coded = self.view.lines.iter().filter(|line| line.book.code == wanted);
        match (coded.next(), coded.next()) {
            (Some(line), None) => Ok(line),
            _ => Err(Failure::new(
                "errors.no_inventory_line",
                &[("line", &wanted), ("inventory", &self.short())],
            )),
        }
    }

    /// Its first digits.
    pub fn short(&self) -> String {
        short(&self.read.id.to_string())
    }
}
