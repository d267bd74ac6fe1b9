//! `soxa person`: people in public service, one by one. `soxa import persons` takes whole lists.

mod moves;
mod recall;
mod secondment;
mod show;

use clap::{Args, Subcommand};
use soxa_ledger::RecordId;
use soxa_records::compose::Composer;
use soxa_records::person::secondment::SecondmentStage;
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, PersonOperation, PersonRegister, PersonSet, WorkField};

use super::session::{Read, shown};
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// The fields that can be written.
const SETTABLE: [&str; 5] = ["name", "class", "field", "rank", "commute_km"];

/// What can be done with persons.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Register somebody.
    #[command(after_help = r#"
        soxa person register --unit 03847 --name "Lò Văn An" --class civil_servant --field land
            --key staff.pem"#)]
    Register(RegisterArgs),
    /// Write fields.
    #[command(after_help = r#"soxa person set "Lò Văn An" commute_km=35 rank=01.003 --key staff.pem"#)]
    Set(SetArgs),
    /// Give somebody a post.
    #[command(after_help = r#"
        soxa person post "Lò Văn An" --unit 03847 --post DC-1 --from 2026-01-05 --decision "QĐ 12"
            --key staff.pem"#)]
    Post(moves::PostArgs),
    /// Draft the minutes by which people go over to another unit.
    #[command(after_help = r#"soxa person transfer "Lò Văn An" --to 03721 --offer --key staff.pem"#)]
    Transfer(moves::TransferArgs),
    /// Second somebody to another unit for a time.
    #[command(after_help = r#"
        soxa person second "Lò Văn An" --host 03721 --from 2026-02-01 --until 2026-04-30 --payer "Sở Nội vụ"
            --key head.pem"#)]
    Second(secondment::SecondArgs),
    /// The host takes the secondee.
    #[command(after_help = r#"soxa person accept "Lò Văn An" --date 2026-02-01 --key host.pem"#)]
    Accept(secondment::StepArgs),
    /// The host does not take the secondee.
    #[command(after_help = r#"soxa person decline "Lò Văn An" --reason "đã đủ người" --key host.pem"#)]
    Decline(secondment::DeclineArgs),
    /// End a secondment early.
    #[command(after_help = r#"
        soxa person recall "Lò Văn An" --date 2026-03-15 --reason "việc gấp tại xã" --key head.pem"#)]
    Recall(secondment::StepArgs),
    /// The host rates a secondee's work.
    #[command(
        after_help = r#"soxa person evaluate "Lò Văn An" --rating good --date 2026-04-30 --key host.pem"#
    )]
    Evaluate(secondment::EvaluateArgs),
    /// The home confirms the rating.
    #[command(after_help = r#"soxa person confirm "Lò Văn An" --date 2026-05-05 --key staff.pem"#)]
    Confirm(secondment::StepArgs),
    /// Somebody leaves the service.
    #[command(after_help = r#"
        soxa person depart "Lò Văn An" --ground resignation --last-day 2026-06-30 --amount 120.000.000
            --payer "Sở Tài chính" --key staff.pem"#)]
    Depart(moves::DepartArgs),
    /// What was paid for a departure.
    #[command(
        after_help = r#"soxa person pay "Lò Văn An" --amount 120.000.000 --receipt "UNC 7" --key finance.pem"#
    )]
    Pay(moves::PayArgs),
    /// An allowance.
    #[command(after_help = r#"
        soxa person allowance "Lò Văn An" --name "hỗ trợ đi lại" --monthly 5.000.000 --from 2025-07-01
            --key staff.pem"#)]
    Allowance(moves::AllowanceArgs),
    /// Where somebody would like to be transferred.
    #[command(after_help = r#"
        soxa person prefer "Lò Văn An" --unit 03721 04144 --reason "gần nhà" --key staff.pem"#)]
    Prefer(moves::PreferArgs),
    /// All persons, or those of a unit.
    #[command(after_help = "soxa person list --unit 03847")]
    List(show::ListArgs),
    /// One person.
    #[command(after_help = r#"soxa person show "Lò Văn An""#)]
    Show(show::ShowArgs),
}

/// `soxa person register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The unit that has the person.
    #[arg(long, value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "YEAR")]
    birth_year: Option<u16>,
    #[arg(long, default_value = "public_employee", value_name = "CLASS",
          value_parser = fields::words(PersonClass::ALL, PersonClass::as_str))]
    class: PersonClass,
    #[arg(long, default_value = "other", value_name = "FIELD",
          value_parser = fields::words(WorkField::ALL, WorkField::as_str))]
    field: WorkField,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa person set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[arg(required = true, num_args = 1.., value_name = "FIELD=VALUE", value_parser = fields::assignment)]
    values: Vec<(String, String)>,
    #[command(flatten)]
    act: ActArgs,
}

/// Does what the command says.
pub fn run(command: PersonCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        PersonCommand::Register(args) => register(&args, session),
        PersonCommand::Set(args) => set(&args, session),
        PersonCommand::Post(args) => moves::post(args, session),
        PersonCommand::Transfer(args) => moves::transfer(args, session),
        PersonCommand::Second(args) => secondment::second(&args, session),
        PersonCommand::Accept(args) => secondment::step(&args, session, SecondmentStage::Accepted),
        PersonCommand::Decline(args) => secondment::step(&args.into(), session, SecondmentStage::Declined),
        PersonCommand::Recall(args) => recall::recall(&args, session),
        PersonCommand::Evaluate(args) => secondment::evaluate(&args, session),
        PersonCommand::Confirm(args) => secondment::step(&args, session, SecondmentStage::Confirmed),
        PersonCommand::Depart(args) => moves::depart(&args, session),
        PersonCommand::Pay(args) => moves::pay(&args, session),
        PersonCommand::Allowance(args) => moves::allowance(&args, session),
        PersonCommand::Prefer(args) => moves::prefer(&args, session),
        PersonCommand::List(args) => show::list(&args, session),
        PersonCommand::Show(args) => show::show(&args, session),
    }
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let unit = units.find(&args.unit)?;
    let path = units.path(&unit);
    let mut composer = Composer::new();
    composer.register_person(PersonRegister {
        name: args.name.clone(),
        birth_year: args.birth_year,
        class: args.class,
        field: args.field,
        unit,
    });
    let fits = |acting: &super::acting::Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &["person.register"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn set(args: &SetArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let person = find(session, &args.person)?;
    let path = session.units()?.path(&person.home);
    let mut at = person.read.at()?;
    let mut composer = Composer::new();
    for (field, value) in &args.values {
        let bad = |_| fields::bad_value(lang, "person set", field, value);
        let setting = match field.as_str() {
            "name" => PersonSet::Name(value.clone()),
            "rank" => PersonSet::Rank(value.clone()),
            "class" => PersonSet::Class(value.parse().map_err(bad)?),
            "field" => PersonSet::Field(value.parse().map_err(bad)?),
            "commute_km" => {
                let bad = |_| fields::bad_value(lang, "person set", field, value);
                PersonSet::CommuteKm(value.parse().map_err(bad)?)
            }
            _ => return Err(fields::unknown_field(lang, "person set", field, &SETTABLE)),
        };
        composer.set_person_of(&mut at, person.home, setting);
    }
    let fits = |acting: &super::acting::Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &["person.set"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// A person with the unit that has them.
pub struct Found {
    /// The record.
    pub read: Read,
    /// The person.
    pub view: PersonView,
    /// The unit that has them.
    pub home: RecordId,
}

/// The person that somebody means.
///
/// # Errors
/// When the text fits none or several, or nobody has the person for sure.
pub fn find(session: &mut Session, wanted: &str) -> Result<Found, Failure> {
    let (read, view) = session.find_viewed("person", wanted, PersonView::of)?;
    let contested = || {
        let name = shown(view.name.distinct());
        Failure::new("errors.no_custodian", &[("subject", &name)])
    };
    let home = view.custody.custodian.ok_or_else(contested)?;
    Ok(Found { read, view, home })
}

/// Signs one act on a person as somebody of one of these units or above.
///
/// # Errors
/// When the node objects, or the official declines.
pub fn act(
    session: &mut Session,
    args: &ActArgs,
    person: &Found,
    units: &[RecordId],
    operation: PersonOperation,
) -> Result<Exit, Failure> {
    let known = session.units()?;
    let paths: Vec<Vec<RecordId>> = units.iter().map(|unit| known.path(unit)).collect();
    let kind = operation.act();
    let mut composer = Composer::new();
    composer.on_person(&mut person.read.at()?, operation);
    let (signer, acting) = official(session, args, &[kind], |acting| {
        paths.iter().any(|path| acting.is_at_or_above(path))
    })?;
    carry_out(session, args, signer, &acting, &[Prepared::of(composer)])
}
