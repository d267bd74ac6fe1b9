//! `soxa import roster`: posts and quotas into the rosters of units, which are created where there is none.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_ledger::limits::COMMIT_OPERATIONS_MAX;
use soxa_office::plan::Plan;
use soxa_office::rosters::{NewRow, RosterRow, Rosters};
use soxa_office::table::Table;
use soxa_records::compose::{At, Composer};
use soxa_records::roster::RosterCreate;
use soxa_records::roster::view::RosterView;

use super::super::Session;
use super::super::session::Units;
use super::super::sign::{BULK_OPERATIONS, Prepared};
use super::importing::{Importable, Round, Takes, needed};
use crate::failure::Failure;

/// Rows that are written into one roster by one commit.
const ROWS_OF_A_ROSTER: usize = COMMIT_OPERATIONS_MAX - 1;

/// The rosters of units, each with where its next operation goes: the oldest when officials created several.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn by_unit(session: &mut Session) -> Result<BTreeMap<RecordId, At>, Failure> {
    let mut rosters = BTreeMap::new();
    for read in session.records("roster")? {
        let unit = RosterView::of(&read.state).and_then(|view| view.unit.one().copied());
        if let Some(unit) = unit {
            let at = read.at()?;
            rosters.entry(unit).or_insert(at);
        }
    }
    Ok(rosters)
}

/// Packs what belongs together into commits, each with its number of operations: of one unit, for it builds on one roster, or of one
/// asset; and small things together.
pub fn packed(of_units: Vec<(usize, impl FnOnce(&mut Composer))>) -> Vec<Prepared> {
    let mut prepared = Vec::new();
    let mut composer = Composer::new();
    for (operations, compose) in of_units {
        if !composer.is_empty() && composer.len() + operations > BULK_OPERATIONS {
            prepared.push(Prepared::of(std::mem::take(&mut composer)));
        }
        compose(&mut composer);
    }
    if !composer.is_empty() {
        prepared.push(Prepared::of(composer));
    }
    prepared
}

/// What is new of each unit, so many of each in one round.
pub fn of_round<N>(
    new: &[(u32, N)],
    unit: impl Fn(&N) -> RecordId,
    round: usize,
    at_once: usize,
) -> BTreeMap<RecordId, Vec<&N>> {
    let mut of_units: BTreeMap<RecordId, Vec<&N>> = BTreeMap::new();
    for (_, one) in new {
        of_units.entry(unit(one)).or_default().push(one);
    }
    for rows in of_units.values_mut() {
        *rows = rows.chunks(at_once).nth(round).unwrap_or_default().to_vec();
    }
    of_units.retain(|_, rows| !rows.is_empty());
    of_units
}

impl Importable for Rosters {
    type Options = ();
    const NAME: &'static str = "roster";

    fn known(session: &mut Session, _: &Units, _: &Table<'_>, (): &()) -> Result<Self, Failure> {
        Ok(Self::of(&session.viewed("roster", RosterView::of)?))
    }

    fn acts(plan: &Plan<NewRow>) -> Vec<&'static str> {
        let kinds: [Takes<NewRow>; 3] = [
            // Which units have a roster already is seen when it is signed.
            ("roster.create", |_| true),
            ("roster.add_post", |new| matches!(new.row, RosterRow::Post(_))),
            ("roster.quota", |new| matches!(new.row, RosterRow::Quota(_))),
        ];
        needed(plan, &kinds)
    }

    fn round(
        &mut self,
        session: &mut Session,
        units: &Units,
        plan: &Plan<NewRow>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        let mut rosters = by_unit(session)?;
        let of_units = of_round(&plan.new, |new| new.unit, round.number, ROWS_OF_A_ROSTER);
        let of_units = of_units.into_iter().map(|(unit, rows)| {
            let roster = rosters.remove(&unit);
            let path = units.path(&unit);
            (rows.len() + 1, move |composer: &mut Composer| {
                let above = path.iter().copied().take(path.len().saturating_sub(1)).collect();
                let mut at =
                    roster.unwrap_or_else(|| composer.create_roster(RosterCreate { unit, path: above }));
                for new in rows {
                    match &new.row {
                        RosterRow::Post(post) => composer.add_post(&mut at, post.clone()),
                        RosterRow::Quota(quota) => composer.set_quota(&mut at, quota.clone()),
                    };
                }
            })
        });
        Ok(packed(of_units.collect()))
    }
}
