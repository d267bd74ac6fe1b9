//! `soxa import inventory`: a counting sheet that was filled in. `soxa export inventory` writes it.

use clap::Args;
use soxa_office::inventories::{CountSheet, Noted};
use soxa_office::plan::Plan;
use soxa_office::table::Table;
use soxa_records::compose::Composer;
use soxa_records::inventory::{InventoryFound, InventoryOperation};
use soxa_records::limits::INVENTORY_FOUND_MAX;

use super::super::Session;
use super::super::inventory::opened::{Opened, open};
use super::super::session::Units;
use super::super::sign::Prepared;
use super::importing::{ImportArgs, Importable, Round};
use crate::failure::Failure;

/// `soxa import inventory`.
#[derive(Debug, Args)]
pub struct CountedArgs {
    /// The inventory that was counted for.
    #[arg(long, value_name = "INVENTORY")]
    pub inventory: String,
    #[command(flatten)]
    pub import: ImportArgs,
}

impl Importable for CountSheet {
    type Options = String;
    const NAME: &'static str = "inventory";
    // A counting sheet is that of one inventory.
    const TEMPLATE: Option<&'static str> = None;

    fn known(session: &mut Session, _: &Units, _: &Table<'_>, inventory: &String) -> Result<Self, Failure> {
        let Opened { read, view, .. } = open(session, inventory)?;
        Ok(Self {
            record: read.id,
            view,
        })
    }

    fn acts(plan: &Plan<Noted>) -> Vec<&'static str> {
        let is_line = |(_, noted): &(u32, Noted)| matches!(noted, Noted::Line(_));
        let counts = plan.new.iter().any(is_line).then_some("inventory.count");
        let finds = (!plan.new.iter().all(is_line)).then_some("inventory.found");
        counts.into_iter().chain(finds).collect()
    }

    fn round(
        &mut self,
        session: &mut Session,
        _: &Units,
        plan: &Plan<Noted>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        if round.number > 0 {
            return Ok(Vec::new());
        }
        let (mut rows, mut things) = (Vec::new(), Vec::new());
        for (_, noted) in &plan.new {
            match noted {
                Noted::Line(row) => rows.push(row.clone()),
                Noted::Thing(thing) => things.push(thing.clone()),
            }
        }
        rows.sort_by_key(|row| row.line);
        let mut at = session.record(self.record)?.at()?;
        let mut composer = Composer::new();
        composer.count_inventory(&mut at, &rows);
        for things in things.chunks(INVENTORY_FOUND_MAX) {
            let things = things.to_vec();
            let found = InventoryOperation::Found(InventoryFound { things });
            composer.on_inventory(&mut at, found);
        }
        Ok(vec![Prepared::of(composer)])
    }
}
