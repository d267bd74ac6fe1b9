//! `soxa asset`: public assets, one by one; `soxa import assets` takes whole inventories.

mod card;
pub mod classes;
mod sheet;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::asset::state::{AssetState, AssetStateChange};
use soxa_records::compose::Composer;

use super::files::NewFile;
use super::session::find_among;
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// What can be done with assets.
#[derive(Debug, Subcommand)]
pub enum AssetCommand {
    /// Register one.
    #[command(after_help = r#"
        soxa asset register --unit 03847 --code MT-01 --name "Máy tính để bàn" --cost 15.000.000
            --in-use-year 2023 --class "TT141/2025 0503" --key officer.pem
        soxa asset register --unit 03847 --code NHA-01 --name "Nhà văn hóa" --budget 900.000.000
            --other 300.000.000 --floor-area 360,5 --key officer.pem"#)]
    Register(Box<card::RegisterArgs>),
    /// Write fields.
    #[command(after_help = r#"
        soxa asset set MT-01 "condition=hỏng ổ cứng" "site=Nhà văn hóa bản Giàn" --key officer.pem
        soxa asset set NHA-01 budget=900.000.000 other=300.000.000 --key officer.pem
        soxa asset set MT-01 residual=9.000.000 residual_on=31/12/2024 --key officer.pem"#)]
    Set(card::SetArgs),
    /// The category of a circular that assets count as from a day on.
    #[command(after_help = r#"
        soxa asset classify "TT141/2025 0503" MT-01 MT-02 --from 2026-01-01 --key officer.pem"#)]
    Classify(classes::ClassifyArgs),
    /// A legal paper of one.
    #[command(after_help = r#"
        soxa asset paper NHA-01 --form "Giấy chứng nhận quyền sử dụng đất" --number "BK 123456"
            --date 05/05/2010 --issuer "UBND huyện" --scan so-do.pdf --key officer.pem"#)]
    Paper(card::PaperArgs),
    /// A photo of one.
    #[command(after_help = r#"soxa asset photo NHA-01 truoc.jpg --shows "mặt trước" --key officer.pem"#)]
    Photo(card::PhotoArgs),
    /// A scan, a photo or minutes of one.
    #[command(after_help = "soxa asset file NHA-01 3f9c -o so-do.pdf")]
    File(card::FileArgs),
    /// What becomes of assets: put to use, left over, under repair, lost, written off.
    #[command(after_help = r#"
        soxa asset state idle MT-01 MT-02 --reason "dôi dư sau sắp xếp" --key officer.pem
        soxa asset state lost MT-03 --reason "BB 07" --document bienban.pdf --key officer.pem"#)]
    State(StateArgs),
    /// All assets, or those of a unit.
    #[command(after_help = r#"
        soxa asset list --unit 03847 --state idle
        soxa asset list --category "TT141/2025 0503""#)]
    List(show::ListArgs),
    /// One asset.
    #[command(after_help = "
        soxa asset show MT-01
        soxa asset show MT-01 --on 2025-12-31")]
    Show(show::ShowArgs),
}

/// `soxa asset state`.
#[derive(Debug, Args)]
pub struct StateArgs {
    #[arg(value_name = "STATE", value_parser = fields::words(AssetState::ALL, AssetState::as_str))]
    state: AssetState,
    #[arg(required = true, num_args = 1.., value_name = "ASSET")]
    assets: Vec<String>,
    /// The day from which it holds; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The minutes or the decision: what is lost or damaged needs them.
    #[arg(long, value_name = "FILE", required_if_eq_any = [("state", "lost"), ("state", "damaged")])]
    document: Option<PathBuf>,
    #[command(flatten)]
    act: ActArgs,
}

/// Does what the command says.
pub fn run(command: AssetCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        AssetCommand::Register(args) => card::register(&args, session),
        AssetCommand::Set(args) => card::set(&args, session),
        AssetCommand::Classify(args) => classes::classify(&args, session),
        AssetCommand::Paper(args) => card::paper(&args, session),
        AssetCommand::Photo(args) => card::photo(&args, session),
        AssetCommand::File(args) => card::file(&args, session),
        AssetCommand::State(args) => state(&args, session),
        AssetCommand::List(args) => show::list(&args, session),
        AssetCommand::Show(args) => show::show(&args, session),
    }
}

/// Takes assets of one unit on in their lives, all under one signature.
fn state(args: &StateArgs, session: &mut Session) -> Result<Exit, Failure> {
    let all = session.named("asset", args.assets.iter().map(String::as_str))?;
    let document = NewFile::read_plain(args.document.as_deref())?;
    let change = AssetStateChange {
        state: args.state,
        date: args.date.map_or_else(fields::today, Ok)?,
        reason: args.reason.clone(),
        document: document.as_ref().map(|file| file.hash()),
    };
    let mut composer = Composer::new();
    let mut holders = Vec::with_capacity(args.assets.len());
    for wanted in &args.assets {
        let asset = find_among(wanted, &all)?;
        let view = AssetView::of(&asset.state).ok_or_else(|| fields::not_that_kind(asset))?;
        holders.push(view.custody.custodian);
        composer.change_asset(&mut asset.at()?, change.clone());
    }
    let fits = |acting: &super::acting::Acting| holders.iter().all(|holder| *holder == acting.unit());
    let (signer, acting) = official(session, &args.act, &["asset.state"], fits)?;
    let prepared = Prepared::of(composer).with_file(document);
    carry_out(session, &args.act, signer, &acting, &[prepared])
}
