//! `soxa import assets`: what the ledger holds of assets, and how lines are registered.

use soxa_office::assets::Assets;
use soxa_office::plan::Plan;
use soxa_office::table::Table;
use soxa_records::asset::{AssetRegister, AssetView};
use soxa_records::compose::Composer;

use super::super::Session;
use super::super::session::Units;
use super::super::sign::{BULK_OPERATIONS, Prepared};
use super::importing::{Importable, Round};
use crate::failure::Failure;

impl Importable for Assets {
    type Options = ();
    const NAME: &'static str = "assets";

    fn known(session: &mut Session, _: &Units, _: &Table<'_>, (): &()) -> Result<Self, Failure> {
        let mut assets = Vec::new();
        // A province has more of them than of anything else: no more is kept than what lines are compared with.
        session.each("asset", |read| {
            assets.extend(AssetView::of(&read.state).map(|view| (read.id, view)));
        })?;
        Ok(Self(assets))
    }

    fn acts(_: &Plan<AssetRegister>) -> Vec<&'static str> {
        vec!["asset.register"]
    }

    fn round(
        &mut self,
        _: &mut Session,
        _: &Units,
        plan: &Plan<AssetRegister>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        let left = if round.number == 0 {
            plan.new.as_slice()
        } else {
            &[]
        };
        let commit = |chunk: &[(u32, AssetRegister)]| {
            let mut composer = Composer::new();
            for (_, asset) in chunk {
                composer.register_asset(asset.clone());
            }
            Prepared::of(composer)
        };
        Ok(left.chunks(BULK_OPERATIONS).map(commit).collect())
    }
}
