//! Categories of assets in the tables that the province publishes: found as people name them, and given to assets.

use clap::Args;
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::category::{AssetCategories, AssetCategory};
use soxa_records::asset::{AssetOperation, AssetView, Class};
use soxa_records::compose::Composer;
use soxa_records::reference::ReferenceTable;

use crate::cli::acting::Acting;
use crate::cli::reference::Published;
use crate::cli::session::find_among;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::{Failure, listed};
use crate::resolve::{Candidate, Directory, Unnamed};

/// `soxa asset classify`.
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// The category: its key, its code or its name.
    #[arg(value_name = "CATEGORY")]
    class: String,
    #[arg(required = true, num_args = 1.., value_name = "ASSET")]
    assets: Vec<String>,
    /// The day from which they count as such; otherwise the first day of the category.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Option<Date>,
    #[command(flatten)]
    act: ActArgs,
}

/// Categories as people name them: by key, by the code alone, or by the name in either language.
pub struct Categories {
    directory: Directory,
    published: AssetCategories,
    all: Vec<(RecordId, AssetCategory)>,
}

/// Categories that a refusal names.
const NEAR_SHOWN: usize = 8;

impl Categories {
    /// Those that were published; of each the version that was published last.
    pub fn of(published: &Published) -> Self {
        let read = published
            .of_table(ReferenceTable::AssetCategory)
            .filter_map(|reference| {
                let (_, version) = reference.view.versions.last()?;
                let category = AssetCategory::read(version).ok()?;
                Some((*reference.records.first()?, category))
            });
        let all: Vec<(RecordId, AssetCategory)> = read.collect();
        let candidate = |(id, category): &(RecordId, AssetCategory)| {
            let names = [&category.name, &category.name_en]
                .into_iter()
                .filter(|name| !name.is_empty());
            Candidate::new(
                *id,
                vec![category.key(), category.code.clone()],
                names.cloned().collect(),
            )
        };
        Self {
            directory: Directory::of(all.iter().map(candidate)),
            published: published.asset_categories(),
            all,
        }
    }

    /// The one that somebody means.
    ///
    /// # Errors
    /// `errors.unknown_category` with what comes near, when the text fits none or several.
    pub fn find(&self, text: &str) -> Result<&AssetCategory, Failure> {
        if let Some(found) = self.directory.find(text).ok().and_then(|id| self.get(id)) {
            return Ok(found);
        }
        self.named(text).map_err(|unnamed| {
            let (Unnamed::Nearly(near) | Unnamed::Several(near)) = unnamed;
            let values: [(&str, &dyn std::fmt::Display); 2] = [("category", &text), ("near", &listed(&near))];
            Failure::new("errors.unknown_category", &values)
        })
    }

    /// The one that a text names in full, for tables that nobody looks at line by line.
    ///
    /// # Errors
    /// Those that it may mean, or whose codes come near.
    pub fn named(&self, text: &str) -> Result<&AssetCategory, Unnamed> {
        let found = self.directory.named(text).map(|id| self.get(id));
        match found {
            Ok(Some(category)) => Ok(category),
            Err(Unnamed::Several(several)) => Err(Unnamed::Several(several)),
            Err(Unnamed::Nearly(near)) if !near.is_empty() => Err(Unnamed::Nearly(near)),
            Ok(None) | Err(Unnamed::Nearly(_)) => {
                let (regime, code) = text.rsplit_once(' ').unwrap_or(("", text));
                Err(Unnamed::Nearly(self.published.near(regime, code, NEAR_SHOWN)))
            }
        }
    }

    fn get(&self, id: RecordId) -> Option<&AssetCategory> {
        let found = self.all.iter().find(|(one, _)| *one == id);
        found.map(|(_, category)| category)
    }
}

/// The category that somebody means, from a day on; otherwise from its first day.
///
/// # Errors
/// As for [`Categories::find`], and when the node cannot be asked.
pub fn find(session: &mut Session, text: &str, from: Option<Date>) -> Result<Class, Failure> {
    let categories = Categories::of(&Published::read(session)?);
    let class = categories.find(text)?.class();
    Ok(Class {
        from: from.unwrap_or(class.from),
        ..class
    })
}

/// Says as what assets of one unit count from a day on, all under one signature.
pub fn classify(args: &ClassifyArgs, session: &mut Session) -> Result<Exit, Failure> {
    let class = find(session, &args.class, args.from)?;
    let all = session.named("asset", args.assets.iter().map(String::as_str))?;
    let mut composer = Composer::new();
    let mut holders = Vec::with_capacity(args.assets.len());
    for wanted in &args.assets {
        let asset = find_among(wanted, &all)?;
        let view = AssetView::of(&asset.state).ok_or_else(|| fields::not_that_kind(asset))?;
        holders.push(view.custody.custodian);
        composer.on_asset(&mut asset.at()?, AssetOperation::Classify(class.clone()));
    }
    let fits = |acting: &Acting| holders.iter().all(|holder| *holder == acting.unit());
    let (signer, acting) = official(session, &args.act, &["asset.classify"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}
