//! What a commit would make of a unit's staff: rules of the province, quotas, the head; told with figures.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::EngineError;
use soxa_ledger::{Commit, OpId, OpRef, RecordId, RecordRef};
use soxa_records::person::secondment::Second;
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::reference::ReferenceVersion;
use soxa_records::roster::staffing::{Breach, SecondmentRule, StaffingRule};
use soxa_records::roster::view::RosterView;
use soxa_records::roster::{AssignmentKind, RosterOperation};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::{Date, RecordKind, TypedOperation, decode};

use super::answers::Answers;
use super::objections::{Names as _, warn, with};
use crate::control::protocol::Objection;

/// One roster before a commit and after it.
#[derive(Clone, Default)]
struct Staff {
    /// Regular holders with the field of their post.
    regular: BTreeMap<OpId, (RecordId, WorkField)>,
    /// Assignments to posts whose holder heads the unit, with these.
    heads: BTreeMap<OpId, RecordId>,
}

impl Staff {
    fn of(view: &RosterView) -> Self {
        let mut staff = Self::default();
        for (term, post) in view.current() {
            if term.kind == AssignmentKind::Regular {
                staff.regular.insert(term.id, (term.person, post.field));
            }
            if post.head {
                staff.heads.insert(term.id, term.person);
            }
        }
        staff
    }

    fn count(&self, counts: impl Fn(WorkField) -> bool) -> u32 {
        let people: BTreeSet<&RecordId> = self
            .regular
            .values()
            .filter(|(_, field)| counts(*field))
            .map(|(person, _)| person)
            .collect();
        u32::try_from(people.len()).unwrap_or(u32::MAX)
    }
}

impl Answers<'_> {
    /// The objections to what a commit makes of rosters that there are.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_staffing(&self, commit: &Commit) -> Result<Vec<Objection>, EngineError> {
        let mut changed: BTreeMap<RecordId, Vec<(OpId, RosterOperation)>> = BTreeMap::new();
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let RecordRef::Id(record) = operation.record else {
                continue;
            };
            let typed = decode(&operation.kind, operation.version, &operation.body);
            if let Ok(TypedOperation::Roster(act)) = typed {
                // Only told apart from the others of this commit: the real id depends on the signature.
                let id = OpId::of(soxa_ledger::ids::CommitId([0; 32]), index);
                changed.entry(record).or_default().push((id, act));
            }
        }
        let mut objections = Vec::new();
        for (roster, acts) in &changed {
            objections.extend(self.object_to_roster(*roster, acts)?);
        }
        Ok(objections)
    }

    fn object_to_roster(
        &self,
        roster: RecordId,
        acts: &[(OpId, RosterOperation)],
    ) -> Result<Vec<Objection>, EngineError> {
        let history = match self.engine.history(roster) {
            Ok(history) => history,
            Err(EngineError::NoRecord(_)) => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let Some(view) = RosterView::of(history.state()) else {
            return Ok(Vec::new());
        };
        let Some(unit) = view.unit.one().copied() else {
            return Ok(Vec::new());
        };
        let day = acts.iter().filter_map(|(_, act)| match act {
            RosterOperation::Assign(assign) => Some(assign.from),
            RosterOperation::Release(release) => Some(release.date),
            _ => None,
        });
        let Some(day) = day.max() else {
            return Ok(Vec::new());
        };
        let before = self.without_those_gone(Staff::of(&view), unit, day)?;
        let mut after = before.clone();
        for (id, act) in acts {
            match act {
                RosterOperation::Assign(assign) => {
                    let (OpRef::Id(post), RecordRef::Id(person)) = (assign.post, assign.person) else {
                        continue;
                    };
                    let Some(post) = view.posts.get(&post) else {
                        continue;
                    };
                    if assign.kind == AssignmentKind::Regular {
                        after.regular.insert(*id, (person, post.field));
                    }
                    if post.head {
                        after.heads.insert(*id, person);
                    }
                }
                RosterOperation::Release(release) => {
                    if let OpRef::Id(term) = release.assignment {
                        after.regular.remove(&term);
                        after.heads.remove(&term);
                    }
                }
                _ => {}
            }
        }
        let Some(kind) = self.open_kind(unit)? else {
            return Ok(Vec::new());
        };
        let mut objections = Vec::new();
        if !before.heads.is_empty() && after.heads.is_empty() {
            objections.push(with("verdicts.warning.no_head", &[("unit", self.name(&unit))]));
        }
        for rule in self.staffing_rules(day)?.iter().filter(|rule| rule.is_for(kind)) {
            let counts = |staff: &Staff| staff.count(|field| rule.counts(field));
            objections.extend(self.breach(rule, unit, counts(&before), counts(&after)));
        }
        objections.extend(self.beyond_quota(&view, unit, day, &before, &after)?);
        Ok(objections)
    }

    /// What a rule has against a change; nothing when the change leads towards it.
    fn breach(&self, rule: &StaffingRule, unit: RecordId, have: u32, after: u32) -> Option<Objection> {
        let (key, limit) = match rule.breach(after)? {
            Breach::Above(max) if after > have => ("verdicts.warning.staff_above", max),
            Breach::Below(min) if after < have => ("verdicts.warning.staff_below", min),
            Breach::Above(_) | Breach::Below(_) => return None,
        };
        let values = [
            ("unit", self.name(&unit)),
            ("rule", rule.key.clone()),
            ("have", have.to_string()),
            ("limit", limit.to_string()),
            ("after", after.to_string()),
        ];
        Some(match rule.refuses {
            true => with(key, &values),
            false => warn(key, &values),
        })
    }

    fn beyond_quota(
        &self,
        view: &RosterView,
        unit: RecordId,
        day: Date,
        before: &Staff,
        after: &Staff,
    ) -> Result<Vec<Objection>, EngineError> {
        let mut objections = Vec::new();
        for class in PersonClass::ALL {
            let Some(quota) = view.quota(*class, day.year()) else {
                continue;
            };
            let (have, after) = (self.of_class(before, *class)?, self.of_class(after, *class)?);
            if after > have && after > quota {
                let values = [
                    ("unit", self.name(&unit)),
                    ("class", class.to_string()),
                    ("have", have.to_string()),
                    ("limit", quota.to_string()),
                    ("after", after.to_string()),
                ];
                objections.push(warn("verdicts.warning.above_quota", &values));
            }
        }
        Ok(objections)
    }

    fn of_class(&self, staff: &Staff, class: PersonClass) -> Result<u32, EngineError> {
        let people: BTreeSet<RecordId> = staff.regular.values().map(|(person, _)| *person).collect();
        let mut count = 0;
        for person in people {
            let view = self.person(person)?;
            count += u32::from(view.is_some_and(|view| view.class.distinct().contains(&&class)));
        }
        Ok(count)
    }

    /// Those who have gone to another unit or left the service by a day no longer count, although nobody has ended their posting.
    fn without_those_gone(&self, mut staff: Staff, unit: RecordId, day: Date) -> Result<Staff, EngineError> {
        let (mut gone, mut leaving) = (BTreeSet::new(), BTreeSet::new());
        let regular = staff.regular.values().map(|(person, _)| person);
        let people: BTreeSet<RecordId> = regular.chain(staff.heads.values()).copied().collect();
        for person in people {
            let Some(view) = self.person(person)? else {
                continue;
            };
            let elsewhere = view.custody.custodian.is_some_and(|custodian| custodian != unit);
            if elsewhere || view.has_left_by(day) {
                gone.insert(person);
            }
            // What ends on the last day of a head leaves the unit as the departure does.
            if view.departures.iter().any(|one| one.last_day <= day) {
                leaving.insert(person);
            }
        }
        staff.regular.retain(|_, (person, _)| !gone.contains(person));
        staff.heads.retain(|_, person| !leaving.contains(person));
        Ok(staff)
    }

    /// A unit has one roster.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_roster_of(&self, unit: RecordId) -> Result<Vec<Objection>, EngineError> {
        for (_, view) in self.rosters()? {
            if view.unit.distinct().contains(&&unit) {
                let values = [("unit", self.name(&unit))];
                return Ok(vec![with("verdicts.warning.has_roster", &values)]);
            }
        }
        Ok(Vec::new())
    }

    /// Who leaves the service may be the last who heads a unit: that is said.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_departure(
        &self,
        person: &RecordRef,
        last_day: Date,
    ) -> Result<Vec<Objection>, EngineError> {
        let RecordRef::Id(person) = person else {
            return Ok(Vec::new());
        };
        let mut objections = Vec::new();
        for (_, view) in self.rosters()? {
            let Some(unit) = view.unit.one().copied() else {
                continue;
            };
            let staff = self.without_those_gone(Staff::of(&view), unit, last_day)?;
            let last = !staff.heads.is_empty() && staff.heads.values().all(|head| head == person);
            if last && self.open_kind(unit)?.is_some() {
                let values = [("unit", self.name(&unit))];
                objections.push(warn("verdicts.warning.has_head_leaving", &values));
            }
        }
        Ok(objections)
    }

    fn rosters(&self) -> Result<Vec<(RecordId, RosterView)>, EngineError> {
        let mut rosters = Vec::new();
        for roster in self.ids_of(RecordKind::Roster)? {
            let view = RosterView::of(self.engine.history(roster)?.state());
            rosters.extend(view.map(|view| (roster, view)));
        }
        Ok(rosters)
    }

    fn person(&self, person: RecordId) -> Result<Option<PersonView>, EngineError> {
        match self.engine.history(person) {
            Ok(history) => Ok(PersonView::of(history.state())),
            Err(EngineError::NoRecord(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// What kind of unit it is; none while it is not at work.
    fn open_kind(&self, unit: RecordId) -> Result<Option<UnitKind>, EngineError> {
        let history = self.engine.history(unit)?;
        let view = UnitView::of(history.state()).filter(|unit| unit.stage == UnitStage::Open);
        Ok(view.and_then(|view| view.kind.one().copied()))
    }

    /// The objections to how long a secondment lasts.
    ///
    /// # Errors
    /// A local fault.
    pub(super) fn object_to_length(&self, second: &Second) -> Result<Vec<Objection>, EngineError> {
        let rules = self.rules(second.from, |version| {
            SecondmentRule::read(version).ok().flatten()
        })?;
        let broken = rules
            .iter()
            .filter(|rule| rule.is_broken(second.from, second.until));
        let objections = broken.map(|rule| {
            let values = [
                ("rule", rule.key.clone()),
                ("months", rule.months.to_string()),
                ("until", second.until.to_string()),
            ];
            match rule.refuses {
                true => with("verdicts.warning.secondment_long", &values),
                false => warn("verdicts.warning.secondment_long", &values),
            }
        });
        Ok(objections.collect())
    }

    fn staffing_rules(&self, day: Date) -> Result<Vec<StaffingRule>, EngineError> {
        self.rules(day, |version| StaffingRule::read(version).ok())
    }

    /// The rules that hold on a day. One that cannot be read binds nobody.
    fn rules<T>(
        &self,
        day: Date,
        read: impl Fn(&ReferenceVersion) -> Option<T>,
    ) -> Result<Vec<T>, EngineError> {
        let published = self.references()?;
        let held = published.iter().filter_map(|reference| reference.view.on(day));
        Ok(held.filter_map(|(_, version)| read(version)).collect())
    }
}
