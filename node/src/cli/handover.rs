//! `soxa handover`: what may be typed. How the acts are made is in [`draft`], [`correct`], [`sign`] and [`together`].

mod correct;
pub mod draft;
mod opened;
mod papers;
pub mod show;
mod sign;
mod together;

use clap::{Args, Subcommand};
use soxa_ledger::Time;
use soxa_ledger::minutes::RefusedLine;
use soxa_records::Date;
use soxa_records::handover::{ConditionBasis, CountRow, HandoverKind};

use super::office::filled::TableArgs;
use super::sign::ActArgs;
use super::{Session, fields, proof};
use crate::exit::Exit;
use crate::failure::Failure;

/// What can be done in a handover.
#[derive(Debug, Subcommand)]
pub enum HandoverCommand {
    /// Write down parties, terms and lines.
    #[command(after_help = r#"
        soxa handover draft --kind assets --receiver 03721 --line MT-01 MT-02 --basis "QĐ 2733" --offer
            --key officer.pem
        soxa handover draft --kind assets --table chia.xlsx --offer --key officer.pem
        soxa handover draft --kind assets --receiver 03721 --all-of-unit --except MT-03 --paper "Sổ đỏ:original:1:NHA-01"
            --approver 14 --key officer.pem"#)]
    Draft(DraftArgs),
    /// Sign as giver.
    #[command(after_help = "soxa handover offer 0ee8f7c3 --key officer.pem")]
    Offer(SignedArgs),
    /// Note what is there.
    #[command(after_help = r#"
        soxa handover count 0ee8f7c3 --row "1:2:xước mặt bàn" 2:1 --key receiver.pem
        soxa handover count 0ee8f7c3 --as-written --row 7:0:mất --key receiver.pem
        soxa handover count 0ee8f7c3 --table dem.xlsx --key receiver.pem"#)]
    Count(CountArgs),
    /// Sign as receiver.
    #[command(after_help = r#"soxa handover accept 0ee8f7c3 --refuse "2=không có máy" --key receiver.pem"#)]
    Accept(AcceptArgs),
    /// Refuse the whole as receiver.
    #[command(after_help = r#"soxa handover refuse 0ee8f7c3 --reason "sai danh mục" --key receiver.pem"#)]
    Refuse(ReasonArgs),
    /// Take the offer back as giver.
    #[command(
        after_help = r#"soxa handover withdraw 0ee8f7c3 --reason "lập lại biên bản" --key officer.pem"#
    )]
    Withdraw(ReasonArgs),
    /// Sign as witness.
    #[command(after_help = "soxa handover witness 0ee8f7c3 --key finance.pem")]
    Witness(SignedArgs),
    /// All who have not signed sign at one machine.
    #[command(
        after_help = "soxa handover sign 0ee8f7c3 --key officer.pem --also-key receiver.pem finance.pem"
    )]
    Sign(together::TogetherArgs),
    /// Draft correction minutes.
    #[command(after_help = r#"
        soxa handover correct 0ee8f7c3 --line "3:quantity=10" "3:condition=cũ" --basis "kiểm lại ngày 20/11" --offer
            --key officer.pem
        soxa handover correct 0ee8f7c3 --back 5 --basis "giao nhầm" --offer --key receiver.pem"#)]
    Correct(correct::CorrectArgs),
    /// One handover.
    #[command(after_help = "
        soxa handover show 0ee8f7c3
        soxa handover show 0ee8f7c3 --lines --format csv")]
    Show(show::ShowArgs),
    /// Files that prove handovers in effect.
    #[command(after_help = "
        soxa handover proof 0ee8f7c3 --out minutes.json
        soxa handover proof --all --out proofs")]
    Proof(proof::ProofArgs),
    /// All handovers.
    #[command(after_help = "soxa handover list --unit 03847 --stage offered")]
    List(show::ListArgs),
}

/// `soxa handover draft`.
#[derive(Debug, Args)]
pub struct DraftArgs {
    #[arg(long, value_parser = fields::words(HandoverKind::ALL, HandoverKind::as_str), value_name = "assets|staff|papers")]
    pub kind: HandoverKind,
    /// A table of what goes to whom: one minutes for each receiver.
    #[command(flatten)]
    pub table: TableArgs,
    #[arg(
        long,
        value_name = "UNIT",
        required_unless_present = "table",
        conflicts_with = "table"
    )]
    pub receiver: Option<String>,
    /// The giver, when the official acts for several units.
    #[arg(long, value_name = "UNIT")]
    pub giver: Option<String>,
    #[arg(long, value_name = "UNIT")]
    pub witness: Option<String>,
    /// A third party that signs last because it has to agree.
    #[arg(long, value_name = "UNIT", conflicts_with = "witness")]
    pub approver: Option<String>,
    /// The subjects.
    #[arg(long, num_args = 1.., value_name = "SUBJECT", conflicts_with = "table",
          required_unless_present_any = ["all_of_unit", "table", "paper"])]
    pub line: Vec<String>,
    /// All that the giver holds.
    #[arg(long, conflicts_with_all = ["line", "table"])]
    pub all_of_unit: bool,
    /// But not these.
    #[arg(long, num_args = 1.., value_name = "SUBJECT", requires = "all_of_unit")]
    pub except: Vec<String>,
    /// Papers that go with them, or alone.
    #[arg(long, num_args = 1.., value_name = "NAME[:FORM[:COPIES[:SUBJECT[:SCAN]]]]", value_parser = papers::paper,
          conflicts_with = "table")]
    pub paper: Vec<papers::PaperArg>,
    /// What each side has to do yet.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub duties: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub basis: String,
    #[arg(long, default_value = "as_is", value_name = "as_is|inspected",
          value_parser = fields::words(ConditionBasis::ALL, ConditionBasis::as_str))]
    pub condition_basis: ConditionBasis,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub place: String,
    /// The day of the minutes; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub date: Option<Date>,
    /// Until when the offer is meant to be taken.
    #[arg(long, value_name = "DATE", value_parser = fields::moment)]
    pub expires: Option<Time>,
    /// Sign as giver as well.
    #[arg(long)]
    pub offer: bool,
    #[command(flatten)]
    pub act: ActArgs,
}

/// One or many handovers to sign.
#[derive(Debug, Args)]
pub struct SignedArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    /// What the party remarks, in its signature.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub remark: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa handover count`.
#[derive(Debug, Args)]
pub struct CountArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    /// What was found on a line.
    #[arg(long, num_args = 1.., value_name = "LINE:QUANTITY:CONDITION", value_parser = counted,
          required_unless_present_any = ["as_written", "table"])]
    pub row: Vec<CountRow>,
    /// A table of what was found.
    #[command(flatten)]
    pub table: TableArgs,
    /// Everything else was found as the minutes say.
    #[arg(long)]
    pub as_written: bool,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa handover accept`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    /// Lines that are refused, with the reason.
    #[arg(long, num_args = 1.., value_name = "LINE=REASON", value_parser = refusal)]
    pub refuse: Vec<RefusedLine>,
    /// What the party remarks, in its signature.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub remark: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Handovers with a reason.
#[derive(Debug, Args)]
pub struct ReasonArgs {
    #[arg(required = true, num_args = 1.., value_name = "HANDOVER")]
    pub handovers: Vec<String>,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Reads `LINE:QUANTITY:CONDITION`; the condition may be left out.
fn counted(text: &str) -> Result<CountRow, String> {
    let refused = || text.to_owned();
    let mut parts = text.splitn(3, ':');
    let line = parts
        .next()
        .and_then(|line| line.parse().ok())
        .filter(|line| *line > 0)
        .ok_or_else(refused)?;
    let quantity = parts.next().and_then(fields::quantity).ok_or_else(refused)?;
    let condition = parts.next().unwrap_or_default().to_owned();
    Ok(CountRow {
        line,
        quantity,
        condition,
        remark: String::new(),
    })
}

/// Reads `LINE=REASON`.
fn refusal(text: &str) -> Result<RefusedLine, String> {
    let refused = || text.to_owned();
    let (line, reason) = text.split_once('=').ok_or_else(refused)?;
    let line = line.parse().ok().filter(|line| *line > 0).ok_or_else(refused)?;
    if reason.trim().is_empty() {
        return Err(refused());
    }
    Ok(RefusedLine {
        line,
        reason: reason.to_owned(),
    })
}

/// Does what the command says.
pub fn run(command: HandoverCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        HandoverCommand::Draft(args) => draft::draft(&args, session),
        HandoverCommand::Offer(args) => sign::offer(&args, session),
        HandoverCommand::Count(args) => sign::count(&args, session),
        HandoverCommand::Accept(args) => sign::accept(&args, session),
        HandoverCommand::Refuse(args) => sign::refuse(&args, session),
        HandoverCommand::Withdraw(args) => sign::withdraw(&args, session),
        HandoverCommand::Witness(args) => sign::witness(&args, session),
        HandoverCommand::Sign(args) => together::sign(&args, session),
        HandoverCommand::Correct(args) => correct::correct(&args, session),
        HandoverCommand::Show(args) => show::show(&args, session),
        HandoverCommand::Proof(args) => proof::run(&args, session),
        HandoverCommand::List(args) => show::list(&args, session),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_lines_are_read() {
        let row = counted("3:1,5:cũ: xước").unwrap();
        assert_eq!(
            (row.line, row.quantity.thousandths, row.condition.as_str()),
            (3, 1_500, "cũ: xước")
        );
        assert_eq!(counted("1:2").unwrap().condition, "");
        for wrong in ["", "0:1:a", "1", "x:1:a", "1:x:a"] {
            assert!(counted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refusals_have_a_reason() {
        assert_eq!(
            refusal("2=gãy=chân"),
            Ok(RefusedLine {
                line: 2,
                reason: "gãy=chân".to_owned()
            })
        );
        for wrong in ["", "2", "2=", "2= ", "0=a", "a=b"] {
            assert!(refusal(wrong).is_err(), "{wrong}");
        }
    }
}
