//! `soxa asset`: public assets, one by one; `soxa import assets` takes whole inventories.

mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::{AssetRegister, AssetSet, AssetView};
use soxa_records::asset_state::{AssetState, AssetStateChange};
use soxa_records::compose::Composer;

use super::files::NewFile;
use super::session::find_among;
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// The fields that can be written.
const SETTABLE: [&str; 7] = [
    "condition",
    "site",
    "quantity",
    "name",
    "code",
    "residual",
    "remark",
];

/// What can be done with assets.
#[derive(Debug, Subcommand)]
pub enum AssetCommand {
    /// Register one.
    #[command(after_help = r#"
        soxa asset register --unit 03847 --code MT-01 --name "Máy tính để bàn" --cost 15.000.000
            --in-use-year 2023 --key officer.pem"#)]
    Register(Box<RegisterArgs>),
    /// Write fields.
    #[command(after_help = r#"
        soxa asset set MT-01 "condition=hỏng ổ cứng" "site=Nhà văn hóa bản Giàn" --key officer.pem"#)]
    Set(SetArgs),
    /// What becomes of assets: put to use, left over, under repair, lost, written off.
    #[command(after_help = r#"
        soxa asset state idle MT-01 MT-02 --reason "dôi dư sau sắp xếp" --key officer.pem
        soxa asset state lost MT-03 --reason "BB 07" --document bienban.pdf --key officer.pem"#)]
    State(StateArgs),
    /// All assets, or those of a unit.
    #[command(after_help = "soxa asset list --unit 03847")]
    List(show::ListArgs),
    /// One asset.
    #[command(after_help = "soxa asset show MT-01")]
    Show(show::ShowArgs),
}

/// `soxa asset register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The unit that holds it.
    #[arg(long, value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "CODE")]
    code: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "AMOUNT")]
    cost: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    category: String,
    #[arg(long, default_value = "1", value_name = "AMOUNT")]
    quantity: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    measure: String,
    #[arg(long, default_value = "", value_name = "AMOUNT")]
    residual: String,
    #[arg(long, default_value = "", value_name = "YEAR")]
    in_use_year: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    condition: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    site: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa asset set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    #[arg(required = true, num_args = 1.., value_name = "FIELD=VALUE", value_parser = fields::assignment)]
    values: Vec<(String, String)>,
    #[command(flatten)]
    act: ActArgs,
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
        AssetCommand::Register(args) => register(&args, session),
        AssetCommand::Set(args) => set(&args, session),
        AssetCommand::State(args) => state(&args, session),
        AssetCommand::List(args) => show::list(&args, session),
        AssetCommand::Show(args) => show::show(&args, session),
    }
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let asset = from_options(lang, args, units.find(&args.unit)?)?;
    let path = units.path(&asset.unit);
    let mut composer = Composer::new();
    composer.register_asset(asset);
    let fits = |acting: &super::acting::Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &["asset.register"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn from_options(lang: Lang, args: &RegisterArgs, unit: RecordId) -> Result<AssetRegister, Failure> {
    let bad = |field: &str, value: &str| fields::bad_value(lang, "asset register", field, value);
    let residual = optional(&args.residual, fields::dong).ok_or_else(|| bad("--residual", &args.residual))?;
    let year = optional(&args.in_use_year, |text| text.parse().ok());
    Ok(AssetRegister {
        code: args.code.clone(),
        name: args.name.clone(),
        category: args.category.clone(),
        unit,
        quantity: fields::quantity(&args.quantity).ok_or_else(|| bad("--quantity", &args.quantity))?,
        measure: args.measure.clone(),
        cost: fields::dong(&args.cost).ok_or_else(|| bad("--cost", &args.cost))?,
        residual,
        in_use_year: year.ok_or_else(|| bad("--in-use-year", &args.in_use_year))?,
        condition: args.condition.clone(),
        site: args.site.clone(),
    })
}

/// A value that may be empty; none when it is there and wrong.
fn optional<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() {
        Some(None)
    } else {
        parse(text).map(Some)
    }
}

fn set(args: &SetArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let asset = session.find("asset", &args.asset)?;
    let mut at = asset.at()?;
    let mut composer = Composer::new();
    for (field, value) in &args.values {
        let bad = || fields::bad_value(lang, "asset set", field, value);
        let setting = match field.as_str() {
            "condition" => AssetSet::Condition(value.clone()),
            "site" => AssetSet::Site(value.clone()),
            "name" => AssetSet::Name(value.clone()),
            "code" => AssetSet::Code(value.clone()),
            "remark" => AssetSet::Remark(value.clone()),
            "quantity" => AssetSet::Quantity(fields::quantity(value).ok_or_else(bad)?),
            "residual" => AssetSet::Residual(fields::dong(value).ok_or_else(bad)?),
            _ => return Err(fields::unknown_field(lang, "asset set", field, &SETTABLE)),
        };
        composer.set_asset(&mut at, setting);
    }
    let view = AssetView::of(&asset.state).ok_or_else(|| fields::not_that_kind(&asset))?;
    let holders: Vec<RecordId> = view
        .custody
        .custodian
        .into_iter()
        .chain(view.custody.tied)
        .collect();
    let fits = |acting: &super::acting::Acting| acting.unit().is_some_and(|unit| holders.contains(&unit));
    let (signer, acting) = official(session, &args.act, &["asset.set"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
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
