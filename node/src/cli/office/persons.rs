//! `soxa import persons`: people registered with the posts they hold.

use clap::Args;
use soxa_ledger::limits::COMMIT_OPERATIONS_MAX;
use soxa_ledger::operation::{OpRef, RecordRef};
use soxa_office::persons::{NewPerson, Persons, Posting, Who};
use soxa_office::plan::Plan;
use soxa_office::table::Table;
use soxa_records::Date;
use soxa_records::compose::{At, Composer};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, PersonSet};
use soxa_records::roster::view::RosterView;
use soxa_records::roster::{Assign, AssignmentKind};

use super::super::roster::call_posts;
use super::super::session::Units;
use super::super::sign::Prepared;
use super::super::{Session, fields};
use super::importing::{ImportArgs, Importable, Round, Takes, needed};
use super::rosters::{by_unit, of_round, packed};
use crate::failure::Failure;

/// Operations that one person takes at most: registration, rank, assignment.
const OPERATIONS_OF_A_PERSON: usize = 3;

/// `soxa import persons`.
#[derive(Debug, Args)]
pub struct PersonsArgs {
    #[command(flatten)]
    pub import: ImportArgs,
    #[command(flatten)]
    pub defaults: Defaults,
}

/// What holds for lines that do not say.
#[derive(Debug, Args)]
pub struct Defaults {
    /// The class of service.
    #[arg(long, value_name = "CLASS", value_parser = fields::words(PersonClass::ALL, PersonClass::as_str))]
    class: Option<PersonClass>,
    /// Since when they hold their posts.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Option<Date>,
}

impl Importable for Persons {
    type Options = Defaults;
    const NAME: &'static str = "persons";

    fn known(session: &mut Session, _: &Units, _: &Table<'_>, defaults: &Defaults) -> Result<Self, Failure> {
        let rosters = session.viewed("roster", RosterView::of)?;
        for (_, roster) in &rosters {
            call_posts(session, roster);
        }
        let people = session.viewed("person", PersonView::of)?;
        Ok(Self::of(people, &rosters).with_defaults(defaults.class, defaults.from))
    }

    fn acts(plan: &Plan<NewPerson>) -> Vec<&'static str> {
        let kinds: [Takes<NewPerson>; 3] = [
            ("person.register", |new| matches!(new.who, Who::New(..))),
            (
                "person.set",
                |new| matches!(&new.who, Who::New(_, rank) if !rank.is_empty()),
            ),
            ("roster.assign", |new| new.posting.is_some()),
        ];
        needed(plan, &kinds)
    }

    fn round(
        &mut self,
        session: &mut Session,
        _: &Units,
        plan: &Plan<NewPerson>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure> {
        let mut rosters = by_unit(session)?;
        let at_once = COMMIT_OPERATIONS_MAX / OPERATIONS_OF_A_PERSON;
        let of_units = of_round(&plan.new, |new| new.unit, round.number, at_once).into_iter();
        let of_units = of_units.map(|(unit, people)| {
            let mut roster = rosters.remove(&unit);
            let operations = people.len() * OPERATIONS_OF_A_PERSON;
            (operations, move |composer: &mut Composer| {
                for new in people {
                    compose(composer, roster.as_mut(), new);
                }
            })
        });
        Ok(packed(of_units.collect()))
    }
}

fn compose(composer: &mut Composer, roster: Option<&mut At>, new: &NewPerson) {
    let (person, link) = match &new.who {
        Who::New(register, rank) => {
            let mut at = composer.register_person(register.clone());
            let (record, link) = (at.record, at.heads.first().copied());
            if !rank.is_empty() {
                composer.set_person_of(&mut at, new.unit, PersonSet::Rank(rank.clone()));
            }
            (record, link)
        }
        Who::Known(record, link) => (RecordRef::Id(*record), Some(OpRef::Id(*link))),
    };
    if let (Some(posting), Some(roster), Some(link)) = (&new.posting, roster, link) {
        composer.assign(roster, regular(posting, person), link);
    }
}

fn regular(posting: &Posting, person: RecordRef) -> Assign {
    Assign {
        post: OpRef::Id(posting.post),
        person,
        kind: AssignmentKind::Regular,
        from: posting.from,
        until: None,
        decision: posting.decision.clone(),
    }
}
