//! `soxa import assets`: what the ledger holds of assets, and how lines are registered.

use clap::Args;
use soxa_office::assets::{Assets, Categories, NewAsset};
use soxa_office::plan::Plan;
use soxa_office::problems::Reason;
use soxa_office::table::Table;
use soxa_records::Date;
use soxa_records::asset::{AssetOperation, AssetView, Class};
use soxa_records::compose::Composer;

use super::super::asset::classes;
use super::super::reference::Published;
use super::super::session::Units;
use super::super::sign::Prepared;
use super::super::{Session, fields};
use super::importing::{ImportArgs, Importable, Round};
use super::rosters::packed;
use crate::failure::Failure;
use crate::resolve::Unnamed;

/// `soxa import assets`.
#[derive(Debug, Args)]
pub struct AssetsArgs {
    #[command(flatten)]
    pub import: ImportArgs,
    #[command(flatten)]
    pub defaults: Defaults,
}

/// What holds for lines that do not say.
#[derive(Debug, Args)]
pub struct Defaults {
    /// The day of the books that the residual values are from.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    residual_on: Option<Date>,
}

impl Categories for classes::Categories {
    fn class(&self, text: &str) -> Result<Class, Reason> {
        let value = text.to_owned();
        self.named(text)
            .map(|category| category.class())
            .map_err(|unnamed| match unnamed {
                Unnamed::Nearly(near) | Unnamed::Several(near) => Reason::UnknownCategory { value, near },
            })
    }
}

impl Importable for Assets {
    type Options = Defaults;
    const NAME: &'static str = "assets";

    fn known(session: &mut Session, _: &Units, _: &Table<'_>, defaults: &Defaults) -> Result<Self, Failure> {
        let categories = classes::Categories::of(&Published::read(session)?);
        let mut assets = Vec::new();
        // A province has more of them than of anything else: no more is kept than what lines are compared with.
        session.each("asset", |read| {
            assets.extend(AssetView::of(&read.state).map(|view| (read.id, view)));
        })?;
        Ok(Self::of(assets, Box::new(categories)).with_residual_on(defaults.residual_on))
    }

    fn acts(plan: &Plan<NewAsset>) -> Vec<&'static str> {
        let papers = plan.new.iter().any(|(_, new)| new.paper.is_some());
        let acts = ["asset.register"].into_iter();
        acts.chain(papers.then_some("asset.paper")).collect()
    }

    fn round(
        &mut self,
        _: &mut Session,
        _: &Units,
        plan: &Plan<NewAsset>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        let left = if round.number == 0 {
            plan.new.as_slice()
        } else {
            &[]
        };
        let registered = |(_, new): &'_ (u32, NewAsset)| {
            let new = new.clone();
            let operations = 1 + usize::from(new.paper.is_some());
            (operations, move |composer: &mut Composer| {
                let mut asset = composer.register_asset(new.register);
                if let Some(paper) = new.paper {
                    composer.on_asset(&mut asset, AssetOperation::Paper(paper));
                }
            })
        };
        Ok(packed(left.iter().map(registered).collect()))
    }
}
