//! `soxa import reference`: tables that the province publishes, version by version.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_office::plan::Plan;
use soxa_office::references::{NewVersion, References};
use soxa_office::table::Table;
use soxa_records::compose::{At, Composer};
use soxa_records::reference::ReferenceView;

use super::super::Session;
use super::super::session::Units;
use super::super::sign::Prepared;
use super::importing::{Importable, Round, Takes, needed};
use super::rosters::packed;
use crate::failure::Failure;

impl Importable for References {
    type Options = ();
    const NAME: &'static str = "reference";

    fn known(session: &mut Session, units: &Units, _: &Table<'_>, (): &()) -> Result<Self, Failure> {
        let province = units.all().iter().find(|(_, view)| view.path.is_empty());
        let (province, _) = province.ok_or_else(|| Failure::internal("office", "no province"))?;
        let published = session.viewed("reference", ReferenceView::of)?;
        Ok(Self::of(*province, &published))
    }

    fn acts(plan: &Plan<NewVersion>) -> Vec<&'static str> {
        let kinds: [Takes<NewVersion>; 2] = [
            ("reference.publish", |_| true),
            ("reference.revise", |new| new.record.is_some()),
        ];
        needed(plan, &kinds)
    }

    fn round(
        &mut self,
        session: &mut Session,
        _: &Units,
        plan: &Plan<NewVersion>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        if round.number > 0 {
            return Ok(Vec::new());
        }
        let mut heads: BTreeMap<RecordId, At> = BTreeMap::new();
        for read in session.records("reference")? {
            heads.insert(read.id, read.at()?);
        }
        // All versions of a record stand in one commit, for each builds on the one before.
        let mut of_records: BTreeMap<(String, &str), Vec<&NewVersion>> = BTreeMap::new();
        for (_, new) in &plan.new {
            let key = (new.version.table.to_string(), new.version.key.as_str());
            of_records.entry(key).or_default().push(new);
        }
        let of_records = of_records.into_values().map(|versions| {
            let mut at = versions.first().and_then(|new| heads.remove(&new.record?));
            (versions.len(), move |composer: &mut Composer| {
                for new in versions {
                    match &mut at {
                        Some(at) => {
                            composer.revise(at, new.version.clone());
                        }
                        None => at = Some(composer.publish(new.version.clone())),
                    }
                }
            })
        });
        Ok(packed(of_records.collect()))
    }
}
