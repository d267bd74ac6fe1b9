//! Departures as they are counted: by their last day in service; what was paid by the day of the report.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::person::service::Ground;
use soxa_records::person::view::PersonView;

use crate::asked::Asked;
use crate::figure::{Amount, Base, By, Figure, Group, Name, Report, Tally, lines, plain};
use crate::limits::PLACES_OF_PEOPLE;

/// Departures as they are counted.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    all: Counted,
    grounds: BTreeMap<Group, Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    decided: Tally,
    paid: Tally,
    partly: Tally,
    unpaid: Tally,
    nothing: Tally,
    due: i128,
    spent: i128,
    spent_in_full: i128,
}

impl Departures {
    /// Counts somebody who leaves once, whatever number of officials decided it without knowing of each other: by the earliest
    /// last day.
    pub(crate) fn take(&mut self, asked: &Asked, person: RecordId, view: &PersonView) {
        let decided = view.departures.iter().min_by_key(|one| (one.last_day, one.id));
        let Some(decided) = decided.filter(|one| asked.period.has(one.last_day)) else {
            return;
        };
        let payments = view.departures.iter().flat_map(|one| &one.payments);
        let by_then = payments.filter(|(_, date, _)| *date <= asked.day);
        let spent: i128 = by_then.map(|(amount, ..)| i128::from(*amount)).sum();
        let ground = Group::Word(Ground::as_str(decided.ground));
        for counted in [&mut self.all, self.grounds.entry(ground).or_default()] {
            counted.add(person, decided.amount.map(i128::from), spent);
        }
    }

    pub(crate) fn tell(self, report: &mut Report) {
        report.figures.extend(self.all.figures());
        report
            .breakdowns
            .extend(lines(By::Ground, self.grounds, Counted::figures));
    }
}

impl Counted {
    fn add(&mut self, person: RecordId, due: Option<i128>, spent: i128) {
        self.decided.add(person);
        self.due += due.unwrap_or(0);
        self.spent += spent;
        match due {
            Some(due) if due <= spent => {
                self.paid.add(person);
                self.spent_in_full += spent;
            }
            Some(_) => {
                self.unpaid.add(person);
                self.partly.add_if(spent > 0, person);
            }
            None => self.nothing.add(person),
        }
    }

    fn figures(self) -> Vec<Figure> {
        let (decided, paid) = (self.decided.count(), self.paid.count());
        let mean = Amount::Mean {
            sum: self.spent_in_full,
            over: paid,
            places: 0,
        };
        vec![
            self.decided.figure(Name::Departures, Base::Departures),
            self.paid
                .share(Name::Paid, decided, PLACES_OF_PEOPLE, Base::Departures),
            self.unpaid
                .share(Name::Unpaid, decided, PLACES_OF_PEOPLE, Base::Departures),
            self.partly.figure(Name::PartlyPaid, Base::Departures),
            self.nothing.figure(Name::NothingToPay, Base::Departures),
            plain(Name::AmountDue, Amount::Dong(self.due), Base::Departures),
            plain(Name::AmountPaid, Amount::Dong(self.spent), Base::Departures),
            plain(Name::MeanPaid, mean, Base::DeparturesPaid),
        ]
    }
}
