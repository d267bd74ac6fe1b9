//! The report on units: where they are in their lives, who heads them, what they lack, what became of them.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::handover::HandoverStage;
use soxa_records::handover::view::HandoverView;
use soxa_records::person::view::PersonView;
use soxa_records::roster::view::RosterView;
use soxa_records::unit::{UnitKind, UnitStage};

use crate::asked::Asked;
use crate::figure::{Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines};
use crate::holding::Minutes;
use crate::limits::PLACES_OF_PEOPLE;
use crate::posts::is_held;
use crate::staffing::{Everybody, Somebody};
use crate::units::{Unit, Units};
use crate::written::names;
pub use crate::written::{Called, WrittenName};

/// Units at work, and those of them without a regulation.
#[derive(Debug, Default)]
pub(crate) struct Regulated {
    open: Tally,
    without: Tally,
}

impl Regulated {
    fn take(&mut self, id: RecordId, unit: &Unit) {
        self.open.add(id);
        self.without.add_if(!unit.has_regulation, id);
    }

    pub(crate) fn figure(self) -> Figure {
        let open = self.open.count();
        self.without
            .share(Name::WithoutRegulation, open, PLACES_OF_PEOPLE, Base::OpenUnits)
    }
}

/// Units at work and their regulations, together and by kind.
#[derive(Debug, Default)]
pub(crate) struct Regulations {
    pub(crate) all: Regulated,
    kinds: BTreeMap<Group, Regulated>,
}

impl Regulations {
    pub(crate) fn of(asked: &Asked, units: &Units) -> Self {
        let mut found = Self::default();
        for (id, unit) in units.iter().filter(|(id, _)| asked.is_about(*id)) {
            if unit.stage == UnitStage::Open {
                found.all.take(id, unit);
                found.kinds.entry(kind_group(unit)).or_default().take(id, unit);
            }
        }
        found
    }
}

fn kind_group(unit: &Unit) -> Group {
    unit.kind
        .map_or(Group::Disputed, |kind| Group::Word(UnitKind::as_str(kind)))
}

/// The report on units. Heads are looked for in rosters: a unit that has none has no head that anybody could name.
pub fn structure(
    asked: &Asked,
    units: &Units,
    minutes: &Minutes,
    persons: impl IntoIterator<Item = (RecordId, PersonView)>,
    rosters: impl IntoIterator<Item = (RecordId, RosterView)>,
    handovers: impl IntoIterator<Item = (RecordId, HandoverView)>,
    written: impl IntoIterator<Item = WrittenName>,
) -> Report {
    let everybody: Everybody = persons
        .into_iter()
        .map(|(id, person)| (id, Somebody::on(asked, minutes, &person)))
        .collect();
    let mut headed: BTreeMap<RecordId, bool> = BTreeMap::new();
    for (_, roster) in rosters {
        let Some(unit) = roster.unit.one().copied() else {
            continue;
        };
        let head = |post| {
            roster
                .posts
                .get(&post)
                .is_some_and(|post| post.head && !post.closed)
        };
        let has_head = roster
            .assignments
            .values()
            .any(|term| head(term.post) && is_held(term, unit, asked.day, &everybody));
        *headed.entry(unit).or_default() |= has_head;
    }
    let mut stages: BTreeMap<UnitStage, Tally> = BTreeMap::new();
    let (mut without_head, mut without_roster) = (Tally::default(), Tally::default());
    let mut with_roster = 0;
    let mut lineage: BTreeMap<Group, Tally> = BTreeMap::new();
    for (id, unit) in units.iter().filter(|(id, _)| asked.is_about(*id)) {
        stages.entry(unit.stage).or_default().add(id);
        match unit.stage {
            UnitStage::Open => match headed.get(&id) {
                Some(has_head) => {
                    with_roster += 1;
                    without_head.add_if(!has_head, id);
                }
                None => without_roster.add(id),
            },
            UnitStage::Closed => {
                let successors = lineage.entry(Group::Unit(id)).or_default();
                unit.successors.iter().for_each(|unit| successors.add(*unit));
            }
            UnitStage::Planned => {}
        }
    }
    let mut of_stage = |stage| stages.remove(&stage).unwrap_or_default();
    let regulations = Regulations::of(asked, units);
    let open = regulations.all.open.count();
    let mut report = Report {
        kind: ReportKind::Units,
        figures: vec![
            of_stage(UnitStage::Planned).figure(Name::Planned, Base::Units),
            of_stage(UnitStage::Open).figure(Name::Open, Base::Units),
            of_stage(UnitStage::Closed).figure(Name::Closed, Base::Units),
            without_roster.share(Name::WithoutRoster, open, PLACES_OF_PEOPLE, Base::OpenUnits),
            without_head.share(
                Name::WithoutHead,
                with_roster,
                PLACES_OF_PEOPLE,
                Base::OpenUnitsWithRoster,
            ),
        ],
        breakdowns: Vec::new(),
    };
    let kinds = lines(By::UnitKind, regulations.kinds, |kind| {
        vec![
            kind.open.clone().figure(Name::Open, Base::OpenUnits),
            kind.figure(),
        ]
    });
    report.figures.extend([
        regulations.all.figure(),
        old_names(asked, units, handovers).figure(Name::OldNames, Base::HandoversWaiting),
    ]);
    report.figures.extend(names(asked, written));
    let lineage = lines(By::ClosedUnit, lineage, |successors| {
        vec![successors.figure(Name::Successors, Base::ClosedUnits)]
    });
    report.breakdowns.extend(kinds.into_iter().chain(lineage));
    report
}

/// Handovers under way in whose papers a unit is called otherwise than it is called on the day: its minutes would be signed
/// with an old name.
fn old_names(
    asked: &Asked,
    units: &Units,
    handovers: impl IntoIterator<Item = (RecordId, HandoverView)>,
) -> Tally {
    let mut found = Tally::default();
    for (id, view) in handovers {
        let under_way = matches!(
            view.stage,
            HandoverStage::Draft | HandoverStage::Offered | HandoverStage::Counted | HandoverStage::Accepted
        );
        let both = [&view.giver, &view.receiver].map(|party| (party.unit, &party.name));
        let witness = view.witness.as_ref().map(|witness| (witness.unit, &witness.name));
        for (unit, written) in both.into_iter().chain(witness).filter(|_| under_way) {
            let is_called = units.get(unit).map(|unit| unit.name.as_str());
            let otherwise = is_called.is_some_and(|name| !name.is_empty() && name != written);
            if otherwise && asked.is_about(unit) {
                found.say(id, written.clone());
            }
        }
    }
    found
}
