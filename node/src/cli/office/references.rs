//! `soxa import reference`: tables that the province publishes, version by version.

use std::collections::BTreeMap;

use soxa_office::plan::Plan;
use soxa_office::references::{NewVersion, References};
use soxa_office::table::Table;
use soxa_records::compose::Composer;

use super::super::Session;
use super::super::reference::Published;
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
        Ok(Self::of(*province, Published::read(session)?.all()))
    }

    fn acts(plan: &Plan<NewVersion>) -> Vec<&'static str> {
        let kinds: [Takes<NewVersion>; 2] = [
            ("reference.publish", |_| true),
            ("reference.revise", |new| !new.records.is_empty()),
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
        let published = Published::read(session)?;
        // All versions of a record stand in one commit, for each builds on the one before.
        let mut of_records: BTreeMap<(String, &str), Vec<&NewVersion>> = BTreeMap::new();
        for (_, new) in &plan.new {
            let key = (new.version.table.to_string(), new.version.key.as_str());
            of_records.entry(key).or_default().push(new);
        }
        let of_records = of_records.into_values().map(|versions| {
            let records = versions.first().map(|new| new.records.as_slice());
            let mut heads = published.heads(records.unwrap_or_default())?;
            let operations = versions.len() * heads.len().max(1);
            Ok((operations, move |composer: &mut Composer| {
                for new in versions {
                    if heads.is_empty() {
                        heads.push(composer.publish(new.version.clone()));
                        continue;
                    }
                    for at in &mut heads {
                        composer.revise(at, new.version.clone());
                    }
                }
            }))
        });
        Ok(packed(of_records.collect::<Result<_, Failure>>()?))
    }
}
