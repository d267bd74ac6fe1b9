//! Secondments as they are counted: by their first day, and by where they stand on the day of the report. People whom another
//! register counts have no records here: of them there is a number, which the province publishes with the programme.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::person::WorkField;
use soxa_records::person::programme::Programme;
use soxa_records::person::secondment::{Rating, Secondment, SecondmentStage};
use soxa_records::person::view::PersonView;

use crate::asked::{Asked, days_until};
use crate::figure::{Amount, Base, By, Figure, Group, Name, Report, Tally, lines, plain};
use crate::limits::{PLACES_OF_PEOPLE, SECONDMENT_ENDS_WITHIN_DAYS};

#[derive(Debug, Default)]
struct Counted {
    taken: Tally,
    active: Tally,
}

impl Counted {
    fn figures(self) -> Vec<Figure> {
        vec![
            self.taken.figure(Name::Secondments, Base::Secondments),
            self.active.figure(Name::Seconded, Base::Secondments),
        ]
    }
}

/// Secondments of a programme, and people who are counted apart.
#[derive(Debug, Default)]
struct Programmed {
    counted: Counted,
    apart: u64,
}

impl Programmed {
    fn figures(self) -> Vec<Figure> {
        let together = self.counted.taken.count() + self.apart;
        let count = |name, number| plain(name, Amount::Count(number), Base::Programmes);
        let mut figures = self.counted.figures();
        figures.extend([
            count(Name::CountedApart, self.apart),
            count(Name::WithCountedApart, together),
        ]);
        figures
    }
}

/// Secondments as they are counted.
#[derive(Debug, Default)]
pub(crate) struct Secondments {
    all: Counted,
    to_accept: Tally,
    ending: Tally,
    over: u64,
    overdue: Tally,
    ratings: BTreeMap<Group, Tally>,
    fields: BTreeMap<Group, Counted>,
    programmes: BTreeMap<Group, Counted>,
    hosts: BTreeMap<Group, Counted>,
    /// Programmes that begin in the period, whole.
    published: Vec<Programme>,
}

impl Secondments {
    /// None counted yet. A programme's number is that of the whole province: of some units alone nobody knows it.
    pub(crate) fn of(asked: &Asked, programmes: &[(Date, Programme)]) -> Self {
        let begun = programmes
            .iter()
            .filter(|(from, _)| asked.area.is_none() && asked.period.has(*from));
        Self {
            published: begun.map(|(_, programme)| programme.clone()).collect(),
            ..Self::default()
        }
    }

    /// The group of a programme as a secondment names it.
    fn programme(&self, text: &str) -> Group {
        let known = self.published.iter().find(|known| known.is_named(text));
        match known.map_or(text, |known| known.name.as_str()) {
            "" => Group::None,
            name => Group::Text(name.to_owned()),
        }
    }
    pub(crate) fn take(&mut self, asked: &Asked, person: RecordId, view: &PersonView) {
        let own = view.secondments.iter();
        for one in own.filter(|one| asked.is_about_any([one.home, one.host]) && asked.period.has(one.from)) {
            if one.was_accepted() {
                self.accepted(asked, person, one);
            } else if one.stage() == SecondmentStage::Decided && asked.day <= one.last_day() {
                self.to_accept.add(person);
            }
        }
    }

    fn accepted(&mut self, asked: &Asked, person: RecordId, one: &Secondment) {
        let active = one.is_active_on(asked.day);
        let programme = self.programme(&one.programme);
        let field = Group::Word(WorkField::as_str(one.field));
        for counted in [
            &mut self.all,
            self.fields.entry(field).or_default(),
            self.programmes.entry(programme).or_default(),
            self.hosts.entry(Group::Unit(one.host)).or_default(),
        ] {
            counted.taken.add(person);
            counted.active.add_if(active, person);
        }
        let left = days_until(asked.day, one.last_day());
        if active && left <= i64::from(SECONDMENT_ENDS_WITHIN_DAYS) {
            self.ending.say(person, one.last_day().to_string());
        }
        if one.last_day() < asked.day {
            self.over += 1;
            let mut ratings = one.ratings();
            ratings.sort_unstable();
            ratings.dedup();
            let group = match ratings.as_slice() {
                [] => Group::None,
                [rating] => Group::Word(Rating::as_str(*rating)),
                _ => Group::Disputed,
            };
            if group == Group::None {
                self.overdue.say(person, one.last_day().to_string());
            }
            self.ratings.entry(group).or_default().add(person);
        }
    }

    pub(crate) fn tell(self, report: &mut Report) {
        let (over, places) = (self.over, PLACES_OF_PEOPLE);
        let apart: u64 = self.published.iter().map(|programme| programme.apart).sum();
        let together = self.all.taken.count() + apart;
        report.figures.extend(self.all.figures());
        if apart > 0 {
            let count = |name, number| plain(name, Amount::Count(number), Base::Programmes);
            report.figures.extend([
                count(Name::CountedApart, apart),
                count(Name::WithCountedApart, together),
            ]);
        }
        let mut programmes: BTreeMap<Group, Programmed> = BTreeMap::new();
        for (group, counted) in self.programmes {
            programmes.entry(group).or_default().counted = counted;
        }
        let mut registers: BTreeMap<Group, u64> = BTreeMap::new();
        for programme in self.published.iter().filter(|programme| programme.apart > 0) {
            let own = programmes.entry(Group::Text(programme.name.clone()));
            own.or_default().apart += programme.apart;
            let register = Group::Text(programme.register.clone());
            *registers.entry(register).or_default() += programme.apart;
        }
        report.figures.extend([
            self.to_accept.figure(Name::ToAccept, Base::Secondments),
            self.ending.figure(Name::EndingSoon, Base::Secondments),
            self.overdue
                .share(Name::OverdueRating, over, places, Base::SecondmentsOver),
        ]);
        let rated = lines(By::Rating, self.ratings, |rated| {
            vec![rated.share(Name::Secondments, over, places, Base::SecondmentsOver)]
        });
        let breakdowns = [
            rated,
            lines(By::SecondmentField, self.fields, Counted::figures),
            lines(By::Programme, programmes, Programmed::figures),
            lines(By::Register, registers, |apart| {
                vec![plain(Name::CountedApart, Amount::Count(apart), Base::Programmes)]
            }),
            lines(By::Host, self.hosts, Counted::figures),
        ];
        report.breakdowns.extend(breakdowns.into_iter().flatten());
    }
}
