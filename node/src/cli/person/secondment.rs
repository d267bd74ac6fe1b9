//! Secondments on the command line: decided, taken by the host, ended, rated, confirmed.

use clap::Args;
use soxa_lang::text;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::person::secondment::{
    Evaluate, Rating, Second, Secondment, SecondmentAct, SecondmentStage,
};
use soxa_records::person::{PersonOperation, WorkField};

use crate::cli::person::{Found, act, find};
use crate::cli::reference::today;
use crate::cli::session::shown;
use crate::cli::sign::ActArgs;
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{say, short};

/// `soxa person second`.
#[derive(Debug, Args)]
pub struct SecondArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    /// Where the person works meanwhile.
    #[arg(long, value_name = "UNIT")]
    host: String,
    /// The field of work; the person's own when not given.
    #[arg(long, value_name = "FIELD", value_parser = fields::words(WorkField::ALL, WorkField::as_str))]
    field: Option<WorkField>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    programme: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Date,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Date,
    /// Who pays meanwhile.
    #[arg(long, value_name = "TEXT")]
    payer: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    decision: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person accept`, `decline`, `recall` and `confirm`.
#[derive(Debug, Args)]
pub struct StepArgs {
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// From which day; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub date: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa person decline`: nobody is sent back without a reason.
#[derive(Debug, Args)]
pub struct DeclineArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    /// From which day; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

impl From<DeclineArgs> for StepArgs {
    fn from(args: DeclineArgs) -> Self {
        Self {
            person: args.person,
            date: args.date,
            reason: args.reason,
            act: args.act,
        }
    }
}

/// `soxa person evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(long, value_name = "RATING", value_parser = fields::words(Rating::ALL, Rating::as_str))]
    rating: Rating,
    /// On which day; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Seconds somebody. Says how the host gives rights that end with the secondment.
pub fn second(args: &SecondArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let units = session.units()?;
    let host = units.find(&args.host)?;
    fields::term(args.from, Some(args.until))?;
    if host == person.home {
        return Err(Failure::new(
            "errors.host_is_home",
            &[("unit", &units.name(&host))],
        ));
    }
    let second = Second {
        home: person.home,
        host,
        field: args
            .field
            .or(person.view.field.one().copied())
            .unwrap_or(WorkField::Other),
        programme: args.programme.clone(),
        from: args.from,
        until: args.until,
        payer: args.payer.clone(),
        decision: args.decision.clone(),
    };
    let home = [person.home];
    let exit = act(
        session,
        &args.act,
        &person,
        &home,
        PersonOperation::Second(second),
    )?;
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("person", &shown(person.view.name.distinct())),
        ("unit", &units.name(&host)),
        ("until", &fields::day(args.until)),
        ("id", &short(&person.read.id.to_string())),
    ];
    say(&text(session.lang, "cli.answer.rights_of_secondee", &values));
    Ok(exit)
}

/// Takes a step: the host accepts or declines, the home confirms.
pub fn step(args: &StepArgs, session: &mut Session, to: SecondmentStage) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let secondment = latest(&person)?;
    let unit = match to {
        SecondmentStage::Confirmed => person.home,
        _ => secondment.host,
    };
    let step = SecondmentAct {
        secondment: OpRef::Id(secondment.id),
        unit,
        date: day(args.date)?,
        note: args.reason.clone(),
    };
    let operation = match to {
        SecondmentStage::Accepted => PersonOperation::Accept(step),
        SecondmentStage::Declined => PersonOperation::Decline(step),
        _ => PersonOperation::Confirm(step),
    };
    act(session, &args.act, &person, &[unit], operation)
}

/// Rates the work of a secondee.
pub fn evaluate(args: &EvaluateArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let secondment = latest(&person)?;
    let host = secondment.host;
    let evaluate = Evaluate {
        secondment: OpRef::Id(secondment.id),
        unit: host,
        rating: args.rating,
        date: day(args.date)?,
        note: args.reason.clone(),
    };
    let operation = PersonOperation::Evaluate(evaluate);
    act(session, &args.act, &person, &[host], operation)
}

/// The secondment that a step is about: the last that was not declined.
///
/// # Errors
/// When there is none.
pub fn latest(person: &Found) -> Result<&Secondment, Failure> {
    let declined = |one: &&Secondment| one.stage() != SecondmentStage::Declined;
    let standing = person.view.secondments.iter().rev().find(declined);
    let name = || shown(person.view.name.distinct());
    standing
        .or(person.view.secondments.last())
        .ok_or_else(|| Failure::new("errors.not_seconded", &[("person", &name())]))
}

/// The day given, or today.
///
/// # Errors
/// When the clock stands at no day of the calendar.
pub fn day(given: Option<Date>) -> Result<Date, Failure> {
    given
        .or_else(today)
        .ok_or_else(|| Failure::internal("clock", "no day of the calendar"))
}
