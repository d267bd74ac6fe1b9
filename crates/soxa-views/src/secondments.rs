//! Secondments as they are counted: by their first day, and by where they stand on the day of the report.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::person::WorkField;
use soxa_records::person::secondment::{Rating, Secondment, SecondmentStage};
use soxa_records::person::view::PersonView;

use crate::asked::{Asked, days_until};
use crate::figure::{Base, By, Figure, Group, Name, Report, Tally, lines};
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
}

impl Secondments {
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
        let programme = match one.programme.as_str() {
            "" => Group::None,
            name => Group::Text(name.to_owned()),
        };
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
        report.figures.extend(self.all.figures());
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
            lines(By::Programme, self.programmes, Counted::figures),
            lines(By::Host, self.hosts, Counted::figures),
        ];
        report.breakdowns.extend(breakdowns.into_iter().flatten());
    }
}
