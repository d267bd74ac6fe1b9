//! How a dossier comes in: its procedure, offices, papers, code and due time.

use std::rc::Rc;

use clap::Args;
use soxa_lang::text;
use soxa_ledger::operation::OpRef;
use soxa_ledger::{OpId, RecordId, Time};
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::dossier::rules::in_line;
use soxa_records::dossier::{
    Channel, Component, DossierOperation, DossierReceive, DossierRegister, PaperForm,
};
use soxa_records::procedure::Procedure;
use soxa_records::reference::ReferenceTable;
use soxa_records::unit::UnitKind;
use soxa_records::working_days::day_of;

use super::applicant::ApplicantArgs;
use super::{Found, moment, office};
use crate::cli::files::NewFile;
use crate::cli::reference::{Published, bad_reference};
use crate::cli::session::Units;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// What a dossier is about.
#[derive(Debug, Args)]
pub struct MatterArgs {
    /// The office that decides; the commune of the receiving one when nothing else is said.
    #[arg(long, value_name = "UNIT")]
    competent: Option<String>,
    /// Where the applicant lives.
    #[arg(long, value_name = "UNIT")]
    residence: Option<String>,
    /// The province where the applicant lives, when it is another one.
    #[arg(long, default_value = "", value_name = "TEXT", conflicts_with = "residence")]
    province: String,
    #[arg(long, default_value = "counter", value_name = "CHANNEL", value_parser = fields::words(Channel::ALL, Channel::as_str))]
    channel: Channel,
    /// Originals that were handed in.
    #[arg(long, num_args = 1.., value_name = "TEXT")]
    original: Vec<String>,
    /// Copies that were handed in.
    #[arg(long, num_args = 1.., value_name = "TEXT")]
    copy: Vec<String>,
    /// Electronic papers that were handed in.
    #[arg(long, num_args = 1.., value_name = "TEXT")]
    electronic: Vec<String>,
    /// Papers whose originals somebody else holds.
    #[arg(long, num_args = 1.., value_name = "PAPER=HOLDER", value_parser = fields::assignment)]
    held_by: Vec<(String, String)>,
    /// The fee; that of the procedure when nothing else is said.
    #[arg(long, value_name = "AMOUNT")]
    fee: Option<String>,
    /// Who filled it in for the applicant.
    #[arg(long, default_value = "", value_name = "TEXT")]
    assisted_by: String,
    #[command(flatten)]
    applicant: ApplicantArgs,
    /// When it was handed in or taken in.
    #[arg(long, value_name = "TIME", value_parser = fields::moment)]
    at: Option<Time>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa dossier submit`.
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// The procedure's code.
    #[arg(long, value_name = "CODE")]
    procedure: String,
    /// The office that takes it in.
    #[arg(long, value_name = "UNIT")]
    unit: String,
    #[command(flatten)]
    matter: MatterArgs,
}

/// `soxa dossier receive`.
#[derive(Debug, Args)]
pub struct ReceiveArgs {
    /// One that was submitted.
    #[arg(value_name = "DOSSIER", conflicts_with_all = ["procedure", "unit", "applicant", "applicant_name"])]
    dossier: Option<String>,
    /// The procedure's code.
    #[arg(long, value_name = "CODE", required_unless_present = "dossier")]
    procedure: Option<String>,
    /// The office that takes it in.
    #[arg(long, value_name = "UNIT", required_unless_present = "dossier")]
    unit: Option<String>,
    /// Its code; the next one of the office and day when nothing else is said.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// When the result is due; as the procedure says when nothing else is said.
    #[arg(long, value_name = "TIME", value_parser = fields::deadline)]
    due: Option<Time>,
    #[command(flatten)]
    matter: MatterArgs,
}

/// Registers a dossier that is not taken in yet.
pub fn submit(args: &SubmitArgs, session: &mut Session) -> Result<Exit, Failure> {
    let matter = Matter::of(&args.procedure, &args.unit, &args.matter, session)?;
    let mut composer = Composer::new();
    composer.register_dossier(matter.register.clone(), matter.version);
    sign(
        session,
        &args.matter.act,
        composer,
        &matter,
        &["dossier.register"],
    )
}

/// Takes a dossier in.
pub fn receive(args: &ReceiveArgs, session: &mut Session) -> Result<Exit, Failure> {
    let (procedure, unit) = match (&args.dossier, &args.procedure, &args.unit) {
        (Some(dossier), ..) => return receive_submitted(dossier, args, session),
        (None, Some(procedure), Some(unit)) => (procedure, unit),
        _ => return Err(Failure::new("errors.nothing_to_do", &[])),
    };
    let matter = Matter::of(procedure, unit, &args.matter, session)?;
    let receive = matter.receipt(args, session)?;
    let mut composer = Composer::new();
    let mut at = composer.register_dossier(matter.register.clone(), matter.version);
    composer.on_dossier(&mut at, DossierOperation::Receive(receive));
    let kinds = ["dossier.register", "dossier.receive"];
    sign(session, &args.matter.act, composer, &matter, &kinds)
}

fn sign(
    session: &mut Session,
    act: &ActArgs,
    composer: Composer,
    matter: &Matter,
    kinds: &[&str],
) -> Result<Exit, Failure> {
    let register = &matter.register;
    let scope = register
        .scope()
        .ok_or_else(|| Failure::new("errors.too_many_readers", &[]))?;
    let path = register.receiving.path();
    let (signer, acting) = official(session, act, kinds, |acting| in_line(&acting.unit_path, &path))?;
    carry_out(
        session,
        act,
        signer,
        &acting,
        &[Prepared::of(composer)
            .read_by(scope)
            .with_file(matter.applicant.clone())],
    )
}

fn receive_submitted(dossier: &str, args: &ReceiveArgs, session: &mut Session) -> Result<Exit, Failure> {
    let found = Found::of(session, dossier)?;
    let units = session.units()?;
    let received = moment(args.matter.at);
    let today = day(received)?;
    let published = Published::read(session)?;
    let procedure = found.view.procedure.distinct().first().and_then(|code| {
        let (_, version) = published.on(ReferenceTable::Procedure, code, today)?;
        Some(Procedure::read(version))
    });
    let procedure = procedure.transpose().map_err(|bad| bad_reference(&bad))?;
    let receiving = found
        .view
        .receiving
        .ok_or_else(|| fields::not_that_kind(&found.read))?;
    let due = match &procedure {
        Some(procedure) => due_of(args.due, procedure, received, &published, session)?,
        None => args.due,
    };
    let receive = DossierReceive {
        code: given_or_free(args.code.as_deref(), session, receiving, today)?,
        received,
        due,
    };
    let (mut at, mut composer) = (found.read.at()?, Composer::new());
    composer.on_dossier(&mut at, DossierOperation::Receive(receive));
    let path = units.path(&receiving);
    let (signer, acting) = official(session, &args.matter.act, &["dossier.receive"], |acting| {
        in_line(&acting.unit_path, &path)
    })?;
    let prepared = Prepared::of(composer).read_by(found.scope());
    carry_out(session, &args.matter.act, signer, &acting, &[prepared])
}

/// A dossier about to be registered, with the version of its procedure.
struct Matter {
    register: DossierRegister,
    applicant: Option<Rc<NewFile>>,
    version: OpRef,
    procedure: Procedure,
    published: Published,
}

impl Matter {
    fn of(procedure: &str, unit: &str, args: &MatterArgs, session: &mut Session) -> Result<Self, Failure> {
        let lang = session.lang;
        let units = session.units()?;
        let find = |text: &Option<String>| text.as_deref().map(|text| units.find(text)).transpose();
        let receiving = units.find(unit)?;
        let competent = find(&args.competent)?.unwrap_or_else(|| deciding(&units, receiving));
        let submitted = moment(args.at);
        let code = procedure.to_owned();
        let published = Published::read(session)?;
        let (op, procedure) = procedure_of(&published, &code, day(submitted)?)?;
        let fee = match &args.fee {
            Some(fee) => {
                let bad = || fields::bad_value(lang, "dossier", "--fee", fee);
                Some(fields::dong(fee).ok_or_else(bad)?)
            }
            None => procedure.fee,
        };
        let applicant = args.applicant.file()?;
        let register = DossierRegister {
            procedure: code,
            receiving: office(&units, receiving),
            competent: office(&units, competent),
            residence: find(&args.residence)?,
            province: args.province.clone(),
            channel: args.channel,
            submitted,
            components: components(args),
            fee,
            applicant: applicant.as_ref().map(|file| file.hash()),
            assisted_by: args.assisted_by.clone(),
        };
        Ok(Self {
            register,
            applicant,
            version: OpRef::Id(op),
            procedure,
            published,
        })
    }

    fn receipt(&self, args: &ReceiveArgs, session: &mut Session) -> Result<DossierReceive, Failure> {
        let received = self.register.submitted;
        let today = day(received)?;
        let unit = self.register.receiving.unit;
        let due = due_of(args.due, &self.procedure, received, &self.published, session)?;
        Ok(DossierReceive {
            code: given_or_free(args.code.as_deref(), session, unit, today)?,
            received,
            due,
        })
    }
}

/// When a dossier is due: as was said, else by its procedure. That the holidays of a year in between are not published is said.
fn due_of(
    said: Option<Time>,
    procedure: &Procedure,
    received: Time,
    published: &Published,
    session: &Session,
) -> Result<Option<Time>, Failure> {
    let days = published.working_days()?;
    let usual = procedure.due(received, &days);
    if let Some(due) = said {
        if due >= received {
            return Ok(said);
        }
        let usual = usual.map_or_else(|| "–".to_owned(), |usual| clock::moment(usual.0));
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("due", &clock::moment(due.0)),
            ("received", &clock::moment(received.0)),
            ("usual", &usual),
        ];
        return Err(Failure::new("errors.due_before_received", &values));
    }
    let Some(due) = usual else { return Ok(None) };
    for year in day(received)?.year()..=day(due)?.year() {
        if !days.knows(year) {
            let label = text(session.lang, "cli.label.warning", &[]);
            let unknown = text(session.lang, "cli.answer.no_calendar", &[("year", &year)]);
            say(&format!("{label}: {unknown}"));
        }
    }
    Ok(usual)
}

/// A service centre takes in what its commune decides; other units decide themselves.
pub fn deciding(units: &Units, receiving: RecordId) -> RecordId {
    let path = units.path(&receiving);
    let centre = units
        .get(&receiving)
        .is_some_and(|view| view.kind.distinct().contains(&&UnitKind::ServiceCentre));
    match path.as_slice() {
        [.., parent, _] if centre => *parent,
        _ => receiving,
    }
}

fn procedure_of(published: &Published, code: &str, day: Date) -> Result<(OpId, Procedure), Failure> {
    let (op, version) = published
        .on(ReferenceTable::Procedure, code, day)
        .ok_or_else(|| {
            Failure::new(
                "errors.unknown_procedure",
                &[("code", &code), ("day", &fields::day(day))],
            )
        })?;
    let procedure = Procedure::read(version).map_err(|bad| bad_reference(&bad))?;
    Ok((*op, procedure))
}

/// The code given, or the next one that the node may give for an office and day.
pub fn given_or_free(
    given: Option<&str>,
    session: &mut Session,
    office: RecordId,
    day: Date,
) -> Result<String, Failure> {
    if let Some(code) = given {
        return Ok(code.to_owned());
    }
    let client = session.client()?;
    let asked = Request::FreeCode {
        office: office.to_string(),
        day: day.number().into(),
    };
    match client.call(asked)? {
        Reply::FreeCode { code } => Ok(code),
        other => Err(client.other_reply(&other)),
    }
}

/// The day of a moment, in the province.
pub fn day(time: Time) -> Result<Date, Failure> {
    day_of(time)
        .map(|(day, _)| day)
        .ok_or_else(|| Failure::internal("dossier", "a moment outside the calendar"))
}

fn components(args: &MatterArgs) -> Vec<Component> {
    let of = |form: PaperForm, names: &[String]| {
        names
            .iter()
            .map(|name| Component {
                name: name.clone(),
                form,
                copies: 1,
                original_held_by: String::new(),
            })
            .collect::<Vec<_>>()
    };
    let mut all = of(PaperForm::Original, &args.original);
    all.extend(of(PaperForm::Copy, &args.copy));
    all.extend(of(PaperForm::Electronic, &args.electronic));
    for (name, holder) in &args.held_by {
        // A paper that was handed in as a copy is not another one because its original is named.
        let copy = all
            .iter_mut()
            .find(|paper| paper.name == *name && paper.form != PaperForm::Original);
        match copy {
            Some(paper) => paper.original_held_by.clone_from(holder),
            None => all.push(Component {
                name: name.clone(),
                form: PaperForm::Copy,
                copies: 1,
                original_held_by: holder.clone(),
            }),
        }
    }
    all
}
