//! What is done to a dossier on its way: each step one signed act.

use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, Subcommand};
use soxa_ledger::{Scope, Time};
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::dossier::rules::in_line;
use soxa_records::dossier::{
    Asked, Channel, Component, DecisionIssue, DecisionOperation, DecisionSign, DossierAsk, DossierExtend,
    DossierOperation, DossierPaper, DossierPass, DossierPay, DossierPropose, DossierRecode, DossierReport,
    DossierReturn, Outcome, PaperForm, Remark,
};
use soxa_records::typed::TypedOperation;

use super::going::{ForwardArgs, TakeArgs, forward, take};
use super::receiving::{day, given_or_free};
use super::{Found, moment};
use crate::cli::files::NewFile;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// The steps.
#[derive(Debug, Subcommand)]
pub enum StepCommand {
    /// Another code.
    #[command(after_help = r#"
        soxa dossier recode 7c19b2aa --reason "cấp trùng mã" --key clerk.pem"#)]
    Recode(RecodeArgs),
    /// Not taken in.
    #[command(
        after_help = r#"soxa dossier refuse 7c19b2aa --reason "không thuộc thẩm quyền" --key clerk.pem"#
    )]
    Refuse(ReasonArgs),
    /// Work begins.
    #[command(after_help = "soxa dossier process 03847-251103-0001 --key clerk.pem")]
    Process(RemarkArgs),
    /// The applicant is asked for something; the clock stands.
    #[command(after_help = r#"
        soxa dossier ask 03847-251103-0001 --for papers --reason "thiếu tờ khai" --key clerk.pem"#)]
    Ask(AskArgs),
    /// It has come; the clock runs.
    #[command(after_help = "soxa dossier resume 03847-251103-0001 --key clerk.pem")]
    Resume(RemarkArgs),
    /// A later due time.
    #[command(after_help = r#"
        soxa dossier extend 03847-251103-0001 --due 2025-11-20 --reason "chờ xác minh" --key clerk.pem"#)]
    Extend(ExtendArgs),
    /// Work is stopped.
    #[command(
        after_help = r#"soxa dossier stop 03847-251103-0001 --reason "quá hạn bổ sung" --key clerk.pem"#
    )]
    Stop(ReasonArgs),
    /// The applicant takes it back.
    #[command(after_help = "soxa dossier withdraw 03847-251103-0001 --key clerk.pem")]
    Withdraw(RemarkArgs),
    /// To another desk.
    #[command(after_help = r#"soxa dossier pass 03847-251103-0001 --to "Bộ phận Tư pháp" --key clerk.pem"#)]
    Pass(PassArgs),
    /// Taken over from another desk or office.
    #[command(after_help = "
        soxa dossier take 03847-251103-0001 --key justice.pem
        soxa dossier take --all-of-unit 03721 --key chair.pem")]
    Take(TakeArgs),
    /// To another office, whose nodes read it from now on.
    #[command(after_help = r#"
        soxa dossier forward 03847-251103-0001 --to 03721 --reason "người dân cư trú ở đó" --key clerk.pem
        soxa dossier forward --all-of-unit 03847 --to 03721 --reason "bàn giao" --key chair.pem"#)]
    Forward(ForwardArgs),
    /// A paper.
    #[command(after_help = r#"
        soxa dossier paper 03847-251103-0001 --name "Giấy chứng sinh" --form original --scan scan.pdf
            --key clerk.pem"#)]
    Paper(PaperArgs),
    /// A payment.
    #[command(
        after_help = "soxa dossier pay 03847-251103-0001 --amount 8.000 --receipt BL-17 --key clerk.pem"
    )]
    Pay(PayArgs),
    /// A draft for signature.
    #[command(after_help = r#"
        soxa dossier propose 03847-251103-0001 --title "Giấy khai sinh" --document khaisinh.pdf
            --key clerk.pem"#)]
    Propose(DocumentArgs),
    /// The decision, signed.
    #[command(after_help = r#"
        soxa dossier sign 03847-251103-0001 --title "Giấy khai sinh" --document khaisinh.pdf --key chair.pem"#)]
    Sign(SignDecisionArgs),
    /// Its number and day.
    #[command(after_help = "
        soxa dossier issue 03847-251103-0001 --number 125/2025 --day 2025-11-07 --key clerk.pem")]
    Issue(IssueArgs),
    /// The result goes to the applicant.
    #[command(after_help = "soxa dossier return 03847-251103-0001 --key clerk.pem")]
    Return(ReturnArgs),
    /// Another system was told.
    #[command(after_help = r#"
        soxa dossier report 03847-251103-0001 --to "Cổng dịch vụ công quốc gia" --answer OK --key clerk.pem"#)]
    Report(ReportArgs),
}

/// Which dossier, when, and how it is signed.
#[derive(Debug, Args)]
pub struct StepArgs {
    #[arg(value_name = "DOSSIER")]
    dossier: String,
    /// When.
    #[arg(long, value_name = "TIME", value_parser = fields::moment)]
    at: Option<Time>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa dossier recode`.
#[derive(Debug, Args)]
pub struct RecodeArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The code; otherwise the next one that the node may give.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Steps with nothing but a remark.
#[derive(Debug, Args)]
pub struct RemarkArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Why, or what was found.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
}

/// Steps that the applicant is told the reason of.
#[derive(Debug, Args)]
pub struct ReasonArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    #[command(flatten)]
    step: StepArgs,
    #[arg(long = "for", default_value = "papers", value_name = "WORD", value_parser = fields::words(Asked::ALL, Asked::as_str))]
    what: Asked,
    /// What is missing.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier extend`.
#[derive(Debug, Args)]
pub struct ExtendArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The new due time.
    #[arg(long, value_name = "TIME", value_parser = fields::deadline)]
    due: Time,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier pass`.
#[derive(Debug, Args)]
pub struct PassArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The desk or official.
    #[arg(long, value_name = "TEXT")]
    to: String,
    /// What is to be done there.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier paper`.
#[derive(Debug, Args)]
pub struct PaperArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Which of its papers; a new one when nothing is said.
    #[arg(long, value_name = "NUMBER")]
    number: Option<u32>,
    /// What it is. What is not said of one of its papers stays as it stands there.
    #[arg(long, value_name = "TEXT", required_unless_present = "number")]
    name: Option<String>,
    #[arg(long, value_name = "FORM", value_parser = fields::words(PaperForm::ALL, PaperForm::as_str))]
    form: Option<PaperForm>,
    #[arg(long, value_name = "COUNT")]
    copies: Option<u32>,
    /// Who holds the original.
    #[arg(long, value_name = "TEXT")]
    original_held_by: Option<String>,
    /// Its scan, which is kept sealed.
    #[arg(long, value_name = "FILE")]
    scan: Option<PathBuf>,
}

/// `soxa dossier pay`.
#[derive(Debug, Args)]
pub struct PayArgs {
    #[command(flatten)]
    step: StepArgs,
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    #[arg(long, default_value = "counter", value_name = "CHANNEL", value_parser = fields::words(Channel::ALL, Channel::as_str))]
    channel: Channel,
    /// The receipt's number.
    #[arg(long, default_value = "", value_name = "TEXT")]
    receipt: String,
}

/// `soxa dossier propose`.
#[derive(Debug, Args)]
pub struct DocumentArgs {
    #[command(flatten)]
    step: StepArgs,
    /// What is to be signed.
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// The document, which is kept sealed.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
}

/// `soxa dossier sign`.
#[derive(Debug, Args)]
pub struct SignDecisionArgs {
    #[command(flatten)]
    document: DocumentArgs,
    #[arg(long, default_value = "granted", value_name = "WORD", value_parser = fields::words(Outcome::ALL, Outcome::as_str))]
    outcome: Outcome,
}

/// `soxa dossier issue`.
#[derive(Debug, Args)]
pub struct IssueArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The number in the registry.
    #[arg(long, value_name = "CODE")]
    number: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    day: Date,
}

/// `soxa dossier return`.
#[derive(Debug, Args)]
pub struct ReturnArgs {
    #[command(flatten)]
    step: StepArgs,
    #[arg(long, default_value = "counter", value_name = "CHANNEL", value_parser = fields::words(Channel::ALL, Channel::as_str))]
    channel: Channel,
    /// A remark.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Which system.
    #[arg(long, value_name = "TEXT")]
    to: String,
    /// Its acknowledgement.
    #[arg(long, default_value = "", value_name = "TEXT")]
    answer: String,
}

/// Takes the step.
pub fn run(command: StepCommand, session: &mut Session) -> Result<Exit, Failure> {
    use DossierOperation as Op;
    let remark = |args: &RemarkArgs| Remark {
        at: moment(args.step.at),
        note: args.reason.clone(),
    };
    let reason = |args: &ReasonArgs| Remark {
        at: moment(args.step.at),
        note: args.reason.clone(),
    };
    match command {
        StepCommand::Recode(args) => recode(args, session),
        StepCommand::Refuse(args) => on_dossier(&args.step, session, Op::Refuse(reason(&args))),
        StepCommand::Process(args) => on_dossier(&args.step, session, Op::Process(remark(&args))),
        StepCommand::Resume(args) => on_dossier(&args.step, session, Op::Resume(remark(&args))),
        StepCommand::Stop(args) => on_dossier(&args.step, session, Op::Stop(reason(&args))),
        StepCommand::Withdraw(args) => on_dossier(&args.step, session, Op::Withdraw(remark(&args))),
        StepCommand::Ask(args) => {
            let ask = DossierAsk {
                what: args.what,
                at: moment(args.step.at),
                reason: args.reason,
            };
            on_dossier(&args.step, session, Op::Ask(ask))
        }
        StepCommand::Extend(args) => {
            let extend = DossierExtend {
                at: moment(args.step.at),
                due: args.due,
                reason: args.reason,
            };
            on_dossier(&args.step, session, Op::Extend(extend))
        }
        StepCommand::Pass(args) => {
            let pass = DossierPass {
                at: moment(args.step.at),
                to: args.to,
                note: args.reason,
            };
            on_dossier(&args.step, session, Op::Pass(pass))
        }
        StepCommand::Take(args) => take(&args, session),
        StepCommand::Forward(args) => forward(&args, session),
        StepCommand::Paper(args) => paper(args, session),
        StepCommand::Pay(args) => {
            let bad = || fields::bad_value(session.lang, "dossier pay", "--amount", &args.amount);
            let pay = DossierPay {
                at: moment(args.step.at),
                amount: fields::dong(&args.amount).ok_or_else(bad)?,
                channel: args.channel,
                receipt: args.receipt,
            };
            on_dossier(&args.step, session, Op::Pay(pay))
        }
        StepCommand::Propose(args) => {
            let draft = NewFile::read_sealed(args.document.as_deref())?;
            let propose = DossierPropose {
                at: moment(args.step.at),
                document: draft.as_ref().map(|file| file.hash()),
                title: args.title,
            };
            let found = Found::of(session, &args.step.dossier)?;
            let readers = found.scope();
            step(&args.step, session, &found, Op::Propose(propose), draft, readers)
        }
        StepCommand::Sign(args) => {
            let document = NewFile::read_sealed(args.document.document.as_deref())?;
            let sign = DecisionSign {
                at: moment(args.document.step.at),
                outcome: args.outcome,
                document: document.as_ref().map(|file| file.hash()),
                title: args.document.title,
            };
            let sign = DecisionOperation::Sign(sign);
            decide(&args.document.step, session, sign, document)
        }
        StepCommand::Issue(args) => {
            let issue = DecisionIssue {
                number: args.number,
                day: args.day,
            };
            decide(&args.step, session, DecisionOperation::Issue(issue), None)
        }
        StepCommand::Return(args) => {
            let back = DossierReturn {
                at: moment(args.step.at),
                channel: args.channel,
                note: args.reason,
            };
            on_dossier(&args.step, session, Op::Return(back))
        }
        StepCommand::Report(args) => {
            let report = DossierReport {
                at: moment(args.step.at),
                target: args.to,
                answer: args.answer,
            };
            on_dossier(&args.step, session, Op::Report(report))
        }
    }
}

/// The code given, or the next free one of the day on which the dossier was received.
fn recode(args: RecodeArgs, session: &mut Session) -> Result<Exit, Failure> {
    let found = Found::of(session, &args.step.dossier)?;
    let at = moment(args.step.at);
    let received = found.view.received.distinct().first().map_or(at, |time| **time);
    let office = found.view.receiving;
    let office = office.ok_or_else(|| fields::not_that_kind(&found.read))?;
    let code = given_or_free(args.code.as_deref(), session, office, day(received)?)?;
    let recode = DossierRecode {
        at,
        code,
        reason: args.reason,
    };
    let operation = DossierOperation::Recode(recode);
    step(&args.step, session, &found, operation, None, found.scope())
}

fn paper(args: PaperArgs, session: &mut Session) -> Result<Exit, Failure> {
    let scan = NewFile::read_sealed(args.scan.as_deref())?;
    let found = Found::of(session, &args.step.dossier)?;
    let readers = found.scope();
    let stands = match args.number {
        Some(number) => {
            let index = usize::try_from(number).unwrap_or(usize::MAX).checked_sub(1);
            let paper = index.and_then(|index| found.view.papers.get(index));
            let bad = || fields::bad_value(session.lang, "dossier paper", "--number", &number.to_string());
            Some(paper.ok_or_else(bad)?.component.clone())
        }
        None => None,
    };
    let new = Component {
        name: String::new(),
        form: PaperForm::Copy,
        copies: 1,
        original_held_by: String::new(),
    };
    let stands = stands.unwrap_or(new);
    let paper = DossierPaper {
        number: args.number,
        component: Component {
            name: args.name.unwrap_or(stands.name),
            form: args.form.unwrap_or(stands.form),
            copies: args.copies.unwrap_or(stands.copies),
            original_held_by: args.original_held_by.unwrap_or(stands.original_held_by),
        },
        scan: scan.as_ref().map(|file| file.hash()),
        at: moment(args.step.at),
    };
    step(
        &args.step,
        session,
        &found,
        DossierOperation::Paper(paper),
        scan,
        readers,
    )
}

fn on_dossier(args: &StepArgs, session: &mut Session, operation: DossierOperation) -> Result<Exit, Failure> {
    let found = Found::of(session, &args.dossier)?;
    step(args, session, &found, operation, None, found.scope())
}

fn step(
    args: &StepArgs,
    session: &mut Session,
    found: &Found,
    operation: DossierOperation,
    file: Option<Rc<NewFile>>,
    readers: Scope,
) -> Result<Exit, Failure> {
    let kind = TypedOperation::Dossier(operation.clone()).name();
    let prepared = found.prepare(operation, readers)?.with_file(file);
    sign(args, session, found, prepared, kind)
}

fn decide(
    args: &StepArgs,
    session: &mut Session,
    operation: DecisionOperation,
    file: Option<Rc<NewFile>>,
) -> Result<Exit, Failure> {
    let found = Found::of(session, &args.dossier)?;
    let kind = TypedOperation::Decision(operation.clone()).name();
    let (mut at, mut composer) = (found.read.at()?, Composer::new());
    composer.decide(&mut at, operation);
    let prepared = Prepared::of(composer).read_by(found.scope()).with_file(file);
    sign(args, session, &found, prepared, kind)
}

fn sign(
    args: &StepArgs,
    session: &mut Session,
    found: &Found,
    prepared: Prepared,
    kind: &str,
) -> Result<Exit, Failure> {
    let units = session.units()?;
    let offices: Vec<_> = found.offices().iter().map(|unit| units.path(unit)).collect();
    let (signer, acting) = official(session, &args.act, &[kind], |acting| {
        offices.iter().any(|office| in_line(&acting.unit_path, office))
    })?;
    carry_out(session, &args.act, signer, &acting, &[prepared])
}
