//! The card of an asset: registered whole, written field by field, with its papers and photos.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::Lang;
use soxa_ledger::{FileHash, RecordId};
use soxa_records::Date;
use soxa_records::asset::{
    AssetOperation, AssetPaper, AssetPhoto, AssetRegister, AssetSet, AssetView, Cost, Residual, Sources,
};
use soxa_records::compose::Composer;

use super::classes;
use crate::cli::acting::Acting;
use crate::cli::files::{NewFile, by_digits, write_out};
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// Parts of a cost and of a residual value, which are written together.
const PARTS: [&str; 3] = ["budget", "other", "residual_on"];

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
    /// The whole cost.
    #[arg(long, value_name = "AMOUNT", value_parser = fields::sum, required_unless_present_any = ["budget", "other"])]
    cost: Option<i64>,
    /// What of it came from the budget.
    #[arg(long, value_name = "AMOUNT", value_parser = fields::sum)]
    budget: Option<i64>,
    /// What of it came from other sources.
    #[arg(long, value_name = "AMOUNT", value_parser = fields::sum)]
    other: Option<i64>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    category: String,
    /// The category of a circular.
    #[arg(long, value_name = "CATEGORY")]
    class: Option<String>,
    /// The day from which it counts as one of that.
    #[arg(long, value_name = "DATE", value_parser = fields::date, requires = "class")]
    class_from: Option<Date>,
    #[arg(long, default_value = "1", value_name = "AMOUNT")]
    quantity: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    measure: String,
    #[arg(long, value_name = "AMOUNT", value_parser = fields::sum)]
    residual: Option<i64>,
    /// The day of the books that state the residual value.
    #[arg(long, value_name = "DATE", value_parser = fields::date, requires = "residual")]
    residual_on: Option<Date>,
    #[arg(long, value_name = "YEAR")]
    in_use_year: Option<u16>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    condition: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    site: String,
    #[command(flatten)]
    further: FurtherArgs,
    #[command(flatten)]
    act: ActArgs,
}

/// What few cards have, by the names of the fields.
#[derive(Debug, Args)]
struct FurtherArgs {
    #[arg(long, value_name = "TEXT")]
    department: Option<String>,
    #[arg(long, value_name = "AMOUNT")]
    floor_area: Option<String>,
    #[arg(long, value_name = "AMOUNT")]
    land_area: Option<String>,
    #[arg(long, value_name = "TEXT")]
    maker: Option<String>,
    #[arg(long, value_name = "DATE")]
    purchased: Option<String>,
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    #[arg(long, value_name = "TEXT")]
    serial: Option<String>,
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

/// `soxa asset paper`.
#[derive(Debug, Args)]
pub struct PaperArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    /// What it is.
    #[arg(long, value_name = "TEXT")]
    form: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    number: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    issuer: String,
    /// Its scan, which every node may read.
    #[arg(long, value_name = "FILE")]
    scan: Option<PathBuf>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa asset photo`.
#[derive(Debug, Args)]
pub struct PhotoArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    /// The photo, which every node may read.
    #[arg(value_name = "FILE")]
    photo: PathBuf,
    #[arg(long, default_value = "", value_name = "TEXT")]
    shows: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa asset file`.
#[derive(Debug, Args)]
pub struct FileArgs {
    #[arg(value_name = "ASSET")]
    asset: String,
    /// Which: first digits of the file's hash.
    #[arg(value_name = "HASH")]
    which: String,
    /// Where to write it.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Registers an asset.
pub fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let asset = from_options(session, args, units.find(&args.unit)?)?;
    let path = units.path(&asset.unit);
    let mut composer = Composer::new();
    composer.register_asset(asset);
    let fits = |acting: &Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &["asset.register"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn from_options(
    session: &mut Session,
    args: &RegisterArgs,
    unit: RecordId,
) -> Result<AssetRegister, Failure> {
    let (lang, command) = (session.lang, "asset register");
    let class = match &args.class {
        Some(text) => Some(classes::find(session, text, args.class_from)?),
        None => None,
    };
    let quantity = fields::quantity(&args.quantity);
    Ok(AssetRegister {
        code: args.code.clone(),
        name: args.name.clone(),
        category: args.category.clone(),
        unit,
        quantity: quantity.ok_or_else(|| fields::bad_value(lang, command, "--quantity", &args.quantity))?,
        measure: args.measure.clone(),
        cost: cost(lang, command, args.cost, args.budget, args.other)?,
        residual: args.residual.map(|dong| Residual {
            dong,
            on: args.residual_on,
        }),
        in_use_year: args.in_use_year,
        condition: args.condition.clone(),
        site: args.site.clone(),
        class,
        card: further(lang, &args.further)?,
    })
}

/// What few cards have, in the order of the fields' names.
fn further(lang: Lang, args: &FurtherArgs) -> Result<Vec<AssetSet>, Failure> {
    let given = [
        ("department", &args.department),
        ("floor_area", &args.floor_area),
        ("land_area", &args.land_area),
        ("maker", &args.maker),
        ("purchased", &args.purchased),
        ("remark", &args.remark),
        ("serial", &args.serial),
    ];
    let given = given
        .into_iter()
        .filter_map(|(field, text)| Some((field, text.as_deref()?)));
    given
        .map(|(field, text)| setting(lang, "asset register", field, text))
        .collect()
}

/// The cost: whole, by source, or by source with the total said as well, which then has to be their sum.
fn cost(
    lang: Lang,
    command: &str,
    whole: Option<i64>,
    budget: Option<i64>,
    other: Option<i64>,
) -> Result<Cost, Failure> {
    let sources = Sources {
        budget: budget.unwrap_or(0),
        other: other.unwrap_or(0),
    };
    let cost = match (budget, other, whole) {
        (None, None, whole) => Cost::Whole(whole.unwrap_or(0)),
        _ => Cost::BySource(sources),
    };
    let sum = sources.budget.checked_add(sources.other);
    match whole.filter(|whole| *whole != cost.total()) {
        None if sum.is_some() => Ok(cost),
        whole => {
            let said = soxa_lang::money(lang, whole.unwrap_or(i64::MAX));
            Err(fields::bad_value(lang, command, "budget + other", &said))
        }
    }
}

/// What is to be written into a field.
fn setting(lang: Lang, command: &str, field: &str, value: &str) -> Result<AssetSet, Failure> {
    let bad = || fields::bad_value(lang, command, field, value);
    let amount = || fields::quantity(value).ok_or_else(bad);
    let text = value.to_owned();
    Ok(match field {
        "condition" => AssetSet::Condition(text),
        "site" => AssetSet::Site(text),
        "measure" => AssetSet::Measure(text),
        "name" => AssetSet::Name(text),
        "code" => AssetSet::Code(text),
        "category" => AssetSet::Category(text),
        "remark" => AssetSet::Remark(text),
        "maker" => AssetSet::Maker(text),
        "serial" => AssetSet::Serial(text),
        "department" => AssetSet::Department(text),
        "quantity" => AssetSet::Quantity(amount()?),
        "land_area" => AssetSet::LandArea(amount()?),
        "floor_area" => AssetSet::FloorArea(amount()?),
        "in_use_year" => AssetSet::InUseYear(value.parse().map_err(|_| bad())?),
        "purchased" => AssetSet::Purchased(fields::date(value).map_err(|_| bad())?),
        _ => {
            let known = [AssetSet::FIELDS, &PARTS].concat();
            return Err(fields::unknown_field(lang, command, field, &known));
        }
    })
}

/// What is to be written: the parts of a cost or a residual value make one setting, each other field its own.
fn settings(lang: Lang, values: &[(String, String)]) -> Result<Vec<AssetSet>, Failure> {
    let command = "asset set";
    let of = |name: &str| values.iter().rev().find(|(field, _)| field == name);
    let sum = |name: &str| {
        let given = of(name).map(|(field, value)| {
            fields::dong(value).ok_or_else(|| fields::bad_value(lang, command, field, value))
        });
        given.transpose()
    };
    let mut settings = Vec::new();
    let (whole, budget, other) = (sum("cost")?, sum("budget")?, sum("other")?);
    if whole.or(budget).or(other).is_some() {
        settings.push(AssetSet::Cost(cost(lang, command, whole, budget, other)?));
    }
    let on = match of("residual_on") {
        Some((field, day)) => fields::date(day).map_err(|_| fields::bad_value(lang, command, field, day))?,
        None => fields::today()?,
    };
    match (sum("residual")?, of("residual_on")) {
        (Some(dong), _) => settings.push(AssetSet::Residual(Residual { dong, on: Some(on) })),
        (None, Some((field, day))) => return Err(fields::bad_value(lang, command, field, day)),
        (None, None) => {}
    }
    let own = values.iter().filter(|(field, _)| {
        !matches!(field.as_str(), "cost" | "residual") && !PARTS.contains(&field.as_str())
    });
    for (field, value) in own {
        settings.push(setting(lang, command, field, value)?);
    }
    Ok(settings)
}

/// Writes fields of an asset.
pub fn set(args: &SetArgs, session: &mut Session) -> Result<Exit, Failure> {
    let settings = settings(session.lang, &args.values)?;
    let (asset, view) = session.find_viewed("asset", &args.asset, AssetView::of)?;
    let mut at = asset.at()?;
    let mut composer = Composer::new();
    for setting in settings {
        composer.set_asset(&mut at, setting);
    }
    let holders: Vec<RecordId> = view
        .custody
        .custodian
        .into_iter()
        .chain(view.custody.tied)
        .collect();
    let fits = |acting: &Acting| acting.unit().is_some_and(|unit| holders.contains(&unit));
    let (signer, acting) = official(session, &args.act, &["asset.set"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// Adds a legal paper, or a scan to one that is there.
pub fn paper(args: &PaperArgs, session: &mut Session) -> Result<Exit, Failure> {
    let scan = NewFile::read_plain(args.scan.as_deref())?;
    let operation = AssetOperation::Paper(AssetPaper {
        form: args.form.clone(),
        number: args.number.clone(),
        date: args.date,
        issuer: args.issuer.clone(),
        scan: scan.as_ref().map(|file| file.hash()),
    });
    by_custodian(session, &args.asset, operation, scan, &args.act)
}

/// Adds a photo.
pub fn photo(args: &PhotoArgs, session: &mut Session) -> Result<Exit, Failure> {
    let photo = NewFile::read_plain(Some(&args.photo))?;
    let operation = AssetOperation::Photo(AssetPhoto {
        photo: photo.as_ref().map(|file| file.hash()).unwrap_or_default(),
        shows: args.shows.clone(),
        date: args.date,
    });
    by_custodian(session, &args.asset, operation, photo, &args.act)
}

fn by_custodian(
    session: &mut Session,
    asset: &str,
    operation: AssetOperation,
    file: Option<std::rc::Rc<NewFile>>,
    act: &ActArgs,
) -> Result<Exit, Failure> {
    let (asset, view) = session.find_viewed("asset", asset, AssetView::of)?;
    let kind = operation.act();
    let mut composer = Composer::new();
    composer.on_asset(&mut asset.at()?, operation);
    let fits = |acting: &Acting| view.custody.custodian == acting.unit();
    let (signer, acting) = official(session, act, &[kind], fits)?;
    let prepared = Prepared::of(composer).with_file(file);
    carry_out(session, act, signer, &acting, &[prepared])
}

/// Writes a scan, a photo or minutes of an asset to a file.
pub fn file(args: &FileArgs, session: &mut Session) -> Result<Exit, Failure> {
    let (asset, view) = session.find_viewed("asset", &args.asset, AssetView::of)?;
    let scans = view.papers.iter().filter_map(|paper| paper.scan);
    let photos = view.photos.iter().map(|photo| photo.photo);
    let minutes = view.documents.iter().copied();
    let file = by_digits(&args.which, scans.chain(photos).chain(minutes).map(FileHash));
    let file = file.ok_or_else(|| Failure::new("errors.no_such_file", &[("file", &args.which)]))?;
    write_out(session, asset.id, file, &args.output)?;
    Ok(Exit::Done)
}
