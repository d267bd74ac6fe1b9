//! What a report is made of, read from the node page by page.

use std::collections::BTreeMap;

use soxa_ledger::{RecordId, StatementId, Time};
use soxa_records::asset::category::AssetCategories;
use soxa_records::dossier::view::{Act, DossierView};
use soxa_records::handover::view::HandoverView;
use soxa_records::person::view::PersonView;
use soxa_records::reference::ReferenceTable;
use soxa_records::roster::staffing::StaffingRule;
use soxa_records::roster::view::RosterView;
use soxa_records::unit::view::UnitView;
use soxa_records::working_days::{WorkingDays, WorkingTime, at};
use soxa_records::{CanonicalState, Date};
use soxa_views::dossiers::DossierRow;
use soxa_views::holding::Minutes;
use soxa_views::keys::Office;
use soxa_views::units::Units;
use soxa_views::{Asked, Period};

use super::records::{self, Named};
use crate::cli::reference::{Published, today};
use crate::cli::session::Read;
use crate::cli::{Session, fields};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::failure::Failure;

/// One report's surroundings.
pub struct Reading<'a> {
    /// The connection, and the units as people know them.
    pub session: &'a mut Session,
    /// The unit asked for.
    pub unit: Option<RecordId>,
    /// What is asked.
    pub asked: Asked,
    /// The units on the day.
    pub units: Units,
    /// What records are called, where they are to be listed.
    pub names: Option<BTreeMap<RecordId, Named>>,
}

impl<'a> Reading<'a> {
    /// Reads the units and settles what is asked.
    ///
    /// # Errors
    /// When the daemon cannot be asked, the unit is unknown, or the day is to come.
    pub fn begin(
        session: &'a mut Session,
        on: Option<Date>,
        period: Period,
        unit: Option<&str>,
        with_names: bool,
    ) -> Result<Self, Failure> {
        let now = clock::now();
        let today =
            today().ok_or_else(|| Failure::internal("report", "the clock shows no day of the calendar"))?;
        let day = on.unwrap_or(today);
        if day > today {
            return Err(fields::bad_value(
                session.lang,
                "report",
                "--on",
                &fields::day(day),
            ));
        }
        let all = session.units()?;
        let unit = unit.map(|unit| all.find(unit)).transpose()?;
        let units = Units::on(day, all.all().iter().map(|(id, view)| (*id, view)));
        let asked = Asked {
            day,
            as_of: end_of(day).map_or(now, |end| end.min(now)),
            period,
            area: unit.map(|unit| units.area(unit)),
        };
        let called = |(id, view): &(RecordId, UnitView)| {
            (*id, Named::new("unit", all.name(id), view.codes().join(" ")))
        };
        Ok(Self {
            names: with_names.then(|| all.all().iter().map(called).collect()),
            session,
            unit,
            asked,
            units,
        })
    }

    /// The views of all records of a kind.
    pub fn views<V>(
        &mut self,
        kind: &'static str,
        view: impl Fn(&CanonicalState) -> Option<V>,
        name: impl Fn(&V) -> Named,
    ) -> Result<Vec<(RecordId, V)>, Failure> {
        let (mut all, names) = (Vec::new(), &mut self.names);
        self.session.each(kind, |read| {
            if let Some(view) = view(&read.state) {
                if let Some(names) = names {
                    names.insert(read.id, name(&view));
                }
                all.push((read.id, view));
            }
        })?;
        Ok(all)
    }

    /// Everybody.
    pub fn persons(&mut self) -> Result<Vec<(RecordId, PersonView)>, Failure> {
        self.views("person", PersonView::of, records::person)
    }

    /// All rosters; each is called as its unit.
    pub fn rosters(&mut self) -> Result<Vec<(RecordId, RosterView)>, Failure> {
        let units = self.session.units()?;
        self.views("roster", RosterView::of, |roster| records::roster(&units, roster))
    }

    /// All handovers.
    pub fn handovers(&mut self) -> Result<Vec<(RecordId, HandoverView)>, Failure> {
        self.views("handover", HandoverView::of, records::handover)
    }

    /// The days of the minutes in effect, from which it is known who held what when.
    pub fn minutes(&mut self) -> Result<Minutes, Failure> {
        let handovers = self.handovers()?;
        Ok(Minutes::of(handovers.iter().map(|(id, view)| (*id, view))))
    }

    /// The staffing rules that hold on the day. One that cannot be read binds nobody.
    pub fn staffing_rules(&mut self) -> Result<Vec<StaffingRule>, Failure> {
        let published = Published::read(self.session)?;
        let versions = published.all_on(ReferenceTable::StaffingRule, self.asked.day);
        Ok(versions
            .filter_map(|version| StaffingRule::read(version).ok())
            .collect())
    }

    /// The categories of assets, of all circulars.
    pub fn asset_categories(&mut self) -> Result<AssetCategories, Failure> {
        Ok(Published::read(self.session)?.asset_categories())
    }

    /// The calendars of all years: pauses of the clock are counted by them.
    pub fn working_days(&mut self) -> Result<WorkingDays, Failure> {
        Published::read(self.session)?.working_days()
    }

    /// All dossiers that this node reads, as of the moment of the report.
    pub fn dossiers(&mut self, days: &WorkingDays) -> Result<Vec<(RecordId, DossierRow)>, Failure> {
        let (as_of, names) = (self.asked.as_of, &mut self.names);
        let mut rows = Vec::new();
        self.session.each("dossier", |read: Read| {
            let Some(view) = DossierView::of(&read.state) else {
                return;
            };
            if let Some(names) = names {
                names.insert(read.id, records::dossier(&view));
            }
            let signer = |act: &Act| {
                let id = act.op.to_string();
                let mut signers = read.report.signers.iter();
                signers
                    .find(|one| one.operation == id)
                    .map(|one| one.person.clone())
            };
            rows.extend(DossierRow::of(view, as_of, days, signer).map(|row| (read.id, row)));
        })?;
        Ok(rows)
    }

    /// The offices in force.
    pub fn offices(&mut self) -> Result<Vec<Office>, Failure> {
        let client = self.session.client()?;
        let officials = match client.call(Request::Officials)? {
            Reply::Officials(officials) => officials,
            other => return Err(client.other_reply(&other)),
        };
        let in_force = officials.into_iter().filter(|one| one.state == "in_force");
        let office = |one: crate::control::reports::OfficialReport| {
            let path = one
                .unit_path
                .iter()
                .map(|unit| unit.parse())
                .collect::<Result<_, _>>();
            let appointment: RecordId = one.id.parse().ok()?;
            Some(Office {
                appointment: StatementId(appointment.0),
                person: one.person,
                record: one.record.and_then(|record| record.parse().ok()),
                role: one.role,
                path: path.ok()?,
                until: one.until_ms.map(Time),
            })
        };
        Ok(in_force.filter_map(office).collect())
    }
}

/// The last moment of a day.
fn end_of(day: Date) -> Option<Time> {
    let end = at(day, 0)?.0.checked_add(WorkingTime::days(1).ms)?;
    Some(Time(end.saturating_sub(1)))
}
