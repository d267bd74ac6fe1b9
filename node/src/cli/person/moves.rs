//! What else happens to people: posted, handed over to another unit, leaving, paid, wishing to go elsewhere.

use clap::Args;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::handover::{ConditionBasis, HandoverKind};
use soxa_records::person::PersonOperation;
use soxa_records::person::service::{Allow, Depart, DeparturePay, Ground, Prefer};
use soxa_records::roster::AssignmentKind;

use crate::cli::handover::DraftArgs;
use crate::cli::handover::draft;
use crate::cli::key::holders::{offices_of, tell_left};
use crate::cli::office::filled::TableArgs;
use crate::cli::person::secondment::day;
use crate::cli::person::{act, find};
use crate::cli::roster::{AssignArgs, assign};
use crate::cli::session::shown;
use crate::cli::sign::ActArgs;
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// `soxa person post`.
#[derive(Debug, Args)]
pub struct PostArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(long, value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "CODE")]
    post: String,
    #[arg(long, default_value = "regular", value_name = "KIND",
          value_parser = fields::words(AssignmentKind::ALL, AssignmentKind::as_str))]
    kind: AssignmentKind,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Date,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    decision: String,
    /// Whoever holds the post is released in the same act.
    #[arg(long)]
    instead: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person transfer`.
#[derive(Debug, Args)]
pub struct TransferArgs {
    #[arg(required = true, num_args = 1.., value_name = "PERSON")]
    people: Vec<String>,
    #[arg(long, value_name = "UNIT")]
    to: String,
    #[arg(long, value_name = "UNIT")]
    giver: Option<String>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    /// Sign as giver as well.
    #[arg(long)]
    offer: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person depart`.
#[derive(Debug, Args)]
pub struct DepartArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(long, value_name = "GROUND", value_parser = fields::words(Ground::ALL, Ground::as_str))]
    ground: Ground,
    #[arg(long, default_value = "", value_name = "TEXT")]
    decree: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    decision: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    last_day: Date,
    #[arg(long, value_name = "ĐỒNG", value_parser = fields::sum)]
    amount: Option<i64>,
    /// Who pays it, when neither the unit nor one above it does.
    #[arg(long, value_name = "UNIT")]
    payer: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person pay`.
#[derive(Debug, Args)]
pub struct PayArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(long, value_name = "ĐỒNG", value_parser = fields::sum)]
    amount: i64,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    receipt: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person allowance`.
#[derive(Debug, Args)]
pub struct AllowanceArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "ĐỒNG", value_parser = fields::sum)]
    monthly: i64,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Date,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person prefer`.
#[derive(Debug, Args)]
pub struct PreferArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    /// The first wish first.
    #[arg(long, num_args = 1.., value_name = "UNIT", required_unless_present = "none")]
    unit: Vec<String>,
    /// There is no wish any more.
    #[arg(long, conflicts_with = "unit")]
    none: bool,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

/// Gives somebody a post: one of the ways into a roster.
pub fn post(args: PostArgs, session: &mut Session) -> Result<Exit, Failure> {
    let args = AssignArgs {
        unit: args.unit,
        give: vec![(args.post, args.person)],
        kind: args.kind,
        from: args.from,
        until: args.until,
        decision: args.decision,
        instead: args.instead,
        act: args.act,
    };
    assign(&args, session)
}

/// Drafts the minutes by which people go over to another unit.
pub fn transfer(args: TransferArgs, session: &mut Session) -> Result<Exit, Failure> {
    let args = DraftArgs {
        kind: HandoverKind::Staff,
        table: TableArgs::default(),
        receiver: Some(args.to),
        giver: args.giver,
        witness: None,
        approver: None,
        line: args.people,
        all_of_unit: false,
        except: Vec::new(),
        paper: Vec::new(),
        duties: String::new(),
        basis: args.basis,
        condition_basis: ConditionBasis::AsIs,
        place: String::new(),
        date: args.date,
        expires: None,
        offer: args.offer,
        act: args.act,
    };
    draft::draft(&args, session)
}

/// Notes that somebody leaves the service.
pub fn depart(args: &DepartArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let units = session.units()?;
    let payer = args.payer.as_deref().map(|payer| units.find(payer)).transpose()?;
    let depart = Depart {
        home: person.home,
        ground: args.ground,
        decree: args.decree.clone(),
        decision: args.decision.clone(),
        last_day: args.last_day,
        amount: args.amount,
        payer,
    };
    let home = [person.home];
    let exit = act(
        session,
        &args.act,
        &person,
        &home,
        PersonOperation::Depart(depart),
    )?;
    let (offices, _) = offices_of(session, person.read.id, &person.view, &[])?;
    tell_left(session.lang, "office_of_leaver", &offices);
    Ok(exit)
}

/// Notes what was paid for a departure.
pub fn pay(args: &PayArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let name = || shown(person.view.name.distinct());
    let departure = person
        .view
        .departures
        .last()
        .ok_or_else(|| Failure::new("errors.not_departed", &[("person", &name())]))?;
    let ground = fields::translation(session.lang, "records.ground", departure.ground.as_str());
    session.call(
        departure.id,
        format!("{ground}, {}", fields::day(departure.last_day)),
    );
    let pay = DeparturePay {
        departure: OpRef::Id(departure.id),
        home: person.home,
        amount: args.amount,
        date: day(args.date)?,
        receipt: args.receipt.clone(),
    };
    let payers: Vec<RecordId> = [person.home].into_iter().chain(departure.payer).collect();
    act(session, &args.act, &person, &payers, PersonOperation::Pay(pay))
}

/// Notes an allowance.
pub fn allowance(args: &AllowanceArgs, session: &mut Session) -> Result<Exit, Failure> {
    fields::term(args.from, args.until)?;
    let person = find(session, &args.person)?;
    let allow = Allow {
        home: person.home,
        name: args.name.clone(),
        monthly: args.monthly,
        from: args.from,
        until: args.until,
        basis: args.basis.clone(),
    };
    let home = [person.home];
    act(session, &args.act, &person, &home, PersonOperation::Allow(allow))
}

/// Notes where somebody would like to be transferred.
pub fn prefer(args: &PreferArgs, session: &mut Session) -> Result<Exit, Failure> {
    let person = find(session, &args.person)?;
    let units = session.units()?;
    let wished = args.unit.iter().map(|unit| units.find(unit));
    let prefer = Prefer {
        home: person.home,
        units: wished.collect::<Result<_, _>>()?,
        date: day(args.date)?,
        reason: args.reason.clone(),
    };
    let home = [person.home];
    act(
        session,
        &args.act,
        &person,
        &home,
        PersonOperation::Prefer(prefer),
    )
}
