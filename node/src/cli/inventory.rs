//! `soxa inventory`: what may be typed. How the acts are made is in [`open`], [`count`], [`sign`] and [`settle`]; a sheet that was
//! counted comes in by `soxa import inventory`.

mod count;
pub mod open;
pub mod opened;
mod settle;
pub mod show;
mod sign;

use clap::{Args, Subcommand};
use soxa_records::Date;

use super::sign::ActArgs;
use super::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// What can be done in an inventory.
#[derive(Debug, Subcommand)]
pub enum InventoryCommand {
    /// Name unit, day, decision and council, and take the books.
    #[command(after_help = r#"
        soxa inventory open --unit 03847 --as-of 2026-01-01 --basis "QĐ 213/QĐ-TTg" --chair "Lò Văn An:Phó Chủ tịch"
            --secretary "Cầm Thị Bình:Kế toán" --key officer.pem
        soxa inventory open --unit 03847 --as-of 2026-01-01 --site "Mường Chùm" --chair "Lò Văn An"
            --member "Hà Thị Lan:Sở Tài chính:paper" --key officer.pem"#)]
    Open(open::OpenArgs),
    /// Note what is there of some lines.
    #[command(after_help = r#"
        soxa inventory count 0ee8f7c3 --line 3=2 "MT-04=1:xước:under_repair" --key officer.pem
        soxa inventory count 0ee8f7c3 --as-written --line 7=0 --key officer.pem"#)]
    Count(count::CountArgs),
    /// Note what is there and in no book.
    #[command(after_help = r#"
        soxa inventory found 0ee8f7c3 --name "Quạt cây" --quantity 3 --measure cái --cost 900.000 --site "Hội trường"
            --key officer.pem"#)]
    Found(count::FoundArgs),
    /// Strike a found thing off again.
    #[command(
        after_help = r#"soxa inventory strike 0ee8f7c3 9b1c22d0:1 --reason "đã có trong sổ" --key officer.pem"#
    )]
    Strike(count::StrikeArgs),
    /// Sign what was counted, as a member of the council.
    #[command(after_help = r#"
        soxa inventory sign 0ee8f7c3 --key chair.pem
        soxa inventory sign 0ee8f7c3 --key chair.pem --also-key secretary.pem finance.pem
        soxa inventory sign 0ee8f7c3 --member 3 --scan bienban.pdf --key officer.pem"#)]
    Sign(sign::SignedArgs),
    /// Approve what all members have signed.
    #[command(after_help = r#"soxa inventory approve 0ee8f7c3 --conclusion "KL 01/KL-UBND" --key head.pem"#)]
    Approve(ApproveArgs),
    /// Give it up before it is approved.
    #[command(after_help = r#"soxa inventory cancel 0ee8f7c3 --reason "lập lại hội đồng" --key officer.pem"#)]
    Cancel(CancelArgs),
    /// Make the books say what was counted.
    #[command(after_help = "
        soxa inventory settle 0ee8f7c3 --dry-run --key officer.pem
        soxa inventory settle 0ee8f7c3 --minutes bienban.pdf --except 7 --key officer.pem")]
    Settle(settle::SettleArgs),
    /// One inventory.
    #[command(after_help = "
        soxa inventory show 0ee8f7c3
        soxa inventory show 0ee8f7c3 --differences --format csv")]
    Show(show::ShowArgs),
    /// All inventories.
    #[command(after_help = "soxa inventory list --unit 03847 --stage signed")]
    List(show::ListArgs),
}

/// `soxa inventory approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    /// The day; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    pub date: Option<Date>,
    /// The conclusion, or the decision's number.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub conclusion: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// `soxa inventory cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    #[arg(value_name = "INVENTORY")]
    pub inventory: String,
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Does what the command says.
pub fn run(command: InventoryCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        InventoryCommand::Open(args) => open::open(&args, session),
        InventoryCommand::Count(args) => count::count(&args, session),
        InventoryCommand::Found(args) => count::found(&args, session),
        InventoryCommand::Strike(args) => count::strike(&args, session),
        InventoryCommand::Sign(args) => sign::sign(&args, session),
        InventoryCommand::Approve(args) => sign::approve(&args, session),
        InventoryCommand::Cancel(args) => sign::cancel(&args, session),
        InventoryCommand::Settle(args) => settle::settle(&args, session),
        InventoryCommand::Show(args) => show::show(&args, session),
        InventoryCommand::List(args) => show::list(&args, session),
    }
}
