//! The report on staff: who is there, what the quotas allow, posts and their holders, secondments, departures.
//!
//! Who is there is who is in service and held by a unit: a secondee counts at home, and nobody counts twice. Staffing rules
//! count as they do at signing: people in regular posts, by the field of the post.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::person::programme::Programme;
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::roster::staffing::StaffingRule;
use soxa_records::roster::view::RosterView;
use soxa_records::unit::{UnitKind, UnitStage};

use crate::asked::Asked;
use crate::departures::Departures;
use crate::figure::{
    Amount, Base, By, Figure, Group, Name, Report, ReportKind, Tally, lines, plain, unit_group, word_group,
};
use crate::holding::Minutes;
use crate::limits::{PLACES, PLACES_OF_PEOPLE};
use crate::posts::Posts;
use crate::secondments::Secondments;
use crate::structure::Regulations;
use crate::units::Units;

/// What a report on staff goes by, beside the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// The staffing rules that hold on the day.
    pub rules: Vec<StaffingRule>,
    /// From how many kilometres on a way to work is long.
    pub far_km: u32,
    /// The programmes of secondments, each with the day on which it begins.
    pub programmes: Vec<(Date, Programme)>,
}

/// Somebody on the day.
#[derive(Debug, Clone)]
pub(crate) struct Somebody {
    /// The unit that has the person; none while two have.
    pub(crate) unit: Option<RecordId>,
    /// Whether the person has not left the service.
    pub(crate) serves: bool,
    classes: Vec<PersonClass>,
}

/// Everybody that there is a record of.
pub(crate) type Everybody = BTreeMap<RecordId, Somebody>;

impl Somebody {
    pub(crate) fn on(asked: &Asked, minutes: &Minutes, person: &PersonView) -> Self {
        Self {
            unit: minutes.holder(&person.custody, asked.day),
            serves: !person.has_left_by(asked.day),
            classes: person.class.distinct().into_iter().copied().collect(),
        }
    }
}

/// A unit's people and quotas.
#[derive(Debug, Default)]
struct Headcount {
    present: Tally,
    classes: Vec<Vec<PersonClass>>,
    quotas: BTreeMap<PersonClass, u32>,
}

impl Headcount {
    fn quota(&self) -> u64 {
        self.quotas.values().map(|number| u64::from(*number)).sum()
    }

    fn under_quota(&self) -> u64 {
        let has = |class: &PersonClass| self.quotas.contains_key(class);
        self.classes
            .iter()
            .filter(|classes| classes.iter().any(has))
            .count() as u64
    }
}

/// The report on staff.
pub fn staffing(
    asked: &Asked,
    measures: &Measures,
    units: &Units,
    minutes: &Minutes,
    persons: impl IntoIterator<Item = (RecordId, PersonView)>,
    rosters: impl IntoIterator<Item = (RecordId, RosterView)>,
) -> Report {
    let mut everybody = Everybody::new();
    let mut gathered = Gathered::default();
    let mut secondments = Secondments::of(asked, &measures.programmes);
    let mut departures = Departures::default();
    for (id, person) in persons {
        let somebody = Somebody::on(asked, minutes, &person);
        secondments.take(asked, id, &person);
        let tied = person.custody.tied.iter().copied();
        if asked.is_about_any(somebody.unit.into_iter().chain(tied)) {
            departures.take(asked, id, &person);
            if somebody.serves {
                gathered.take(measures, units, id, &person, &somebody);
            }
        }
        everybody.insert(id, somebody);
    }
    let mut posts = Posts::default();
    for (id, roster) in rosters {
        let Some(unit) = roster.unit.one().copied().filter(|unit| asked.is_about(*unit)) else {
            continue;
        };
        for class in PersonClass::ALL {
            if let Some(number) = roster.quota(*class, asked.day.year()) {
                let quotas = &mut gathered.units.entry(Some(unit)).or_default().quotas;
                // Of two rosters of one unit the least, as of two quotas.
                let least = quotas.entry(*class).or_insert(number);
                *least = (*least).min(number);
            }
        }
        posts.take(asked.day, units, &everybody, (id, unit), &roster, &measures.rules);
    }
    let mut report = Report {
        kind: ReportKind::Staffing,
        figures: Vec::new(),
        breakdowns: Vec::new(),
    };
    gathered.tell(asked, units, &mut report);
    posts.tell(&mut report);
    secondments.tell(&mut report);
    departures.tell(&mut report);
    report.figures.push(Regulations::of(asked, units).all.figure());
    report
}

/// People in service, as they are counted.
#[derive(Debug, Default)]
struct Gathered {
    units: BTreeMap<Option<RecordId>, Headcount>,
    present: Tally,
    classes: BTreeMap<Group, Tally>,
    fields: BTreeMap<Group, Tally>,
    in_closed_units: Tally,
    disputed: Tally,
    far: Tally,
}

impl Gathered {
    fn take(
        &mut self,
        measures: &Measures,
        units: &Units,
        id: RecordId,
        person: &PersonView,
        somebody: &Somebody,
    ) {
        let own = self.units.entry(somebody.unit).or_default();
        own.present.add(id);
        own.classes.push(somebody.classes.clone());
        self.present.add(id);
        let class = word_group(&person.class, |class: &PersonClass| class.as_str());
        let field = word_group(&person.field, |field: &WorkField| field.as_str());
        self.classes.entry(class).or_default().add(id);
        self.fields.entry(field).or_default().add(id);
        self.in_closed_units
            .add_if(somebody.unit.is_some_and(|unit| units.is_closed(unit)), id);
        self.disputed.add_if(somebody.unit.is_none(), id);
        let way = person.commute_km.distinct().into_iter().max();
        if let Some(km) = way.filter(|km| **km >= measures.far_km) {
            self.far.say(id, format!("{km} km"));
        }
    }

    fn tell(self, asked: &Asked, units: &Units, report: &mut Report) {
        let all = self.present.count();
        let by_kind = self.by_kind(asked, units);
        report
            .figures
            .push(self.present.figure(Name::Present, Base::People));
        let mut sums = Shortage::default();
        for (unit, own) in &self.units {
            if let Some(unit) = unit.filter(|_| !own.quotas.is_empty()) {
                sums.add(unit, own.quota(), own.under_quota());
            }
        }
        report.figures.extend(sums.figures());
        report.figures.extend([
            self.in_closed_units.figure(Name::InClosedUnits, Base::People),
            self.disputed.figure(Name::DisputedCustody, Base::People),
            self.far.figure(Name::LongCommutes, Base::People),
        ]);
        let shared = |people: Tally| vec![people.share(Name::Present, all, PLACES_OF_PEOPLE, Base::People)];
        let with_quota = self.units.iter().filter_map(|(unit, own)| {
            let unit = unit.filter(|_| !own.quotas.is_empty())?;
            let mut shortage = Shortage::default();
            shortage.add(unit, own.quota(), own.under_quota());
            Some((Group::Unit(unit), shortage))
        });
        let with_quota = lines(By::QuotaUnit, with_quota.collect(), Shortage::figures);
        let with_people = self.units.into_iter().filter(|(_, own)| own.present.count() > 0);
        let by_unit = with_people.map(|(unit, own)| (unit_group(unit), own.present));
        let breakdowns = [
            lines(By::UnitKind, by_kind, KindOfUnit::figures),
            lines(By::Class, self.classes, shared),
            lines(By::Field, self.fields, shared),
            lines(By::Unit, by_unit.collect(), |people| {
                vec![people.figure(Name::Present, Base::People)]
            }),
            with_quota,
        ];
        report.breakdowns.extend(breakdowns.into_iter().flatten());
    }

    /// Units at work by their kind, with their people.
    fn by_kind(&self, asked: &Asked, units: &Units) -> BTreeMap<Group, KindOfUnit> {
        let mut kinds: BTreeMap<Group, KindOfUnit> = BTreeMap::new();
        let open = units
            .iter()
            .filter(|(id, unit)| unit.stage == UnitStage::Open && asked.is_about(*id));
        for (id, unit) in open {
            let of_kind = kinds
                .entry(
                    unit.kind
                        .map_or(Group::Disputed, |kind| Group::Word(UnitKind::as_str(kind))),
                )
                .or_default();
            of_kind.units.add(id);
            of_kind.people += self.units.get(&Some(id)).map_or(0, |own| own.present.count());
        }
        kinds
    }
}

/// Units of one kind.
#[derive(Debug, Default)]
struct KindOfUnit {
    units: Tally,
    people: u64,
}

impl KindOfUnit {
    fn figures(self) -> Vec<Figure> {
        let over = self.units.count();
        let (sum, places) = (i128::from(self.people), PLACES);
        vec![
            self.units.figure(Name::Units, Base::OpenUnits),
            plain(Name::Present, Amount::Count(self.people), Base::OpenUnits),
            plain(
                Name::MeanPerUnit,
                Amount::Mean { sum, over, places },
                Base::OpenUnits,
            ),
        ]
    }
}

/// What units lack and have beyond their quotas.
#[derive(Debug, Default)]
struct Shortage {
    units: BTreeSet<RecordId>,
    quota: u64,
    people: u64,
    short: (u64, Tally),
    surplus: (u64, Tally),
}

impl Shortage {
    fn add(&mut self, unit: RecordId, quota: u64, people: u64) {
        self.units.insert(unit);
        self.quota += quota;
        self.people += people;
        for (sum, more) in [
            (&mut self.short, quota.saturating_sub(people)),
            (&mut self.surplus, people.saturating_sub(quota)),
        ] {
            sum.0 += more;
            if more > 0 {
                sum.1.say(unit, more.to_string());
            }
        }
    }

    fn figures(self) -> Vec<Figure> {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let net = signed(self.quota).saturating_sub(signed(self.people));
        let mut with_quota = Tally::default();
        self.units.iter().for_each(|unit| with_quota.add(*unit));
        let base = Base::UnitsWithQuota;
        vec![
            with_quota.with(Name::Quota, Amount::Count(self.quota), base),
            plain(
                Name::UnderQuota,
                Amount::Count(self.people),
                Base::PeopleUnderQuota,
            ),
            plain(Name::NetShort, Amount::Difference(net), base),
            self.short
                .1
                .with(Name::GrossShort, Amount::Count(self.short.0), base),
            self.surplus
                .1
                .with(Name::Surplus, Amount::Count(self.surplus.0), base),
        ]
    }
}
