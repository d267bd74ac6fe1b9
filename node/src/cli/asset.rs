//! `soxa asset`: public assets, one by one or from a table.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::Quantity;
use soxa_records::asset::{AssetRegister, AssetSet, AssetView};
use soxa_records::compose::Composer;

use super::bulk::{self, Column, Problems};
use super::session::Units;
use super::sign::{ActArgs, BULK_OPERATIONS, Prepared, carry_out, official};
use super::{Session, asset_show, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// The columns of a table of assets.
const COLUMNS: [Column; 11] = [
    Column {
        name: "code",
        label: "records.field.code",
        required: true,
    },
    Column {
        name: "name",
        label: "records.field.name",
        required: true,
    },
    Column {
        name: "category",
        label: "records.field.category",
        required: false,
    },
    Column {
        name: "unit",
        label: "records.field.unit",
        required: false,
    },
    Column {
        name: "quantity",
        label: "records.field.quantity",
        required: false,
    },
    Column {
        name: "measure",
        label: "records.field.measure",
        required: false,
    },
    Column {
        name: "cost",
        label: "records.field.cost",
        required: true,
    },
    Column {
        name: "residual",
        label: "records.field.residual_value",
        required: false,
    },
    Column {
        name: "in_use_year",
        label: "records.field.in_use_year",
        required: false,
    },
    Column {
        name: "condition",
        label: "records.field.condition",
        required: false,
    },
    Column {
        name: "site",
        label: "records.field.place",
        required: false,
    },
];
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
    /// Register one or a table of them.
    Register(Box<RegisterArgs>),
    /// Write fields.
    Set(SetArgs),
    /// All assets, or those of a unit.
    List(asset_show::ListArgs),
    /// One asset.
    Show(asset_show::ShowArgs),
}

/// `soxa asset register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// A table.
    #[arg(long = "from", value_name = "FILE.csv", conflicts_with_all = ["code", "name", "cost"])]
    from_file: Option<PathBuf>,
    /// The unit that holds it; for a table the unit of lines that name none.
    #[arg(long, value_name = "UNIT", required_unless_present = "from_file")]
    unit: Option<String>,
    #[arg(long, value_name = "CODE", required_unless_present = "from_file")]
    code: Option<String>,
    #[arg(long, value_name = "NAME", required_unless_present = "from_file")]
    name: Option<String>,
    #[arg(long, value_name = "AMOUNT", required_unless_present = "from_file")]
    cost: Option<String>,
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

/// Does what the command says.
pub fn run(command: AssetCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        AssetCommand::Register(args) => register(&args, session),
        AssetCommand::Set(args) => set(&args, session),
        AssetCommand::List(args) => asset_show::list(&args, session),
        AssetCommand::Show(args) => asset_show::show(&args, session),
    }
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let unit = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
    let registers = match &args.from_file {
        Some(file) => from_lines(lang, &units, unit, file, &bulk::read(lang, file, &COLUMNS)?)?,
        None => vec![from_options(lang, args, unit)?],
    };
    let mut paths: Vec<Vec<RecordId>> = registers.iter().map(|asset| units.path(&asset.unit)).collect();
    paths.sort_unstable();
    paths.dedup();
    let prepared: Vec<Prepared> = registers
        .chunks(BULK_OPERATIONS)
        .map(|chunk| {
            let mut composer = Composer::new();
            for asset in chunk {
                composer.register_asset(asset.clone());
            }
            Prepared::of(composer)
        })
        .collect();
    let fits = |acting: &super::acting::Acting| paths.iter().all(|path| acting.is_at_or_above(path));
    let (signer, acting) = official(session, &args.act, &["asset.register"], fits)?;
    carry_out(session, &args.act, signer, &acting, &prepared)
}

fn from_options(lang: Lang, args: &RegisterArgs, unit: Option<RecordId>) -> Result<AssetRegister, Failure> {
    let bad = |field: &str, value: &str| fields::bad_value(lang, "asset register", field, value);
    let given = |value: &Option<String>, field: &str| value.clone().ok_or_else(|| bad(field, ""));
    let cost = given(&args.cost, "--cost")?;
    let residual = optional(&args.residual, fields::dong).ok_or_else(|| bad("--residual", &args.residual))?;
    let year = optional(&args.in_use_year, |text| text.parse().ok());
    Ok(AssetRegister {
        code: given(&args.code, "--code")?,
        name: given(&args.name, "--name")?,
        category: args.category.clone(),
        unit: unit.ok_or_else(|| bad("--unit", ""))?,
        quantity: fields::quantity(&args.quantity).ok_or_else(|| bad("--quantity", &args.quantity))?,
        measure: args.measure.clone(),
        cost: fields::dong(&cost).ok_or_else(|| bad("--cost", &cost))?,
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

fn from_lines(
    lang: Lang,
    units: &Units,
    unit: Option<RecordId>,
    file: &std::path::Path,
    lines: &[bulk::Line],
) -> Result<Vec<AssetRegister>, Failure> {
    let mut problems = Problems::new(file);
    let mut registers = Vec::with_capacity(lines.len());
    let mut codes = std::collections::BTreeSet::new();
    for line in lines {
        let text = |column: &str| line.get(column).to_owned();
        let filled = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        let name = problems.take(lang, line, "name", filled);
        let cost = problems.take(lang, line, "cost", fields::dong);
        let residual = problems.take_optional(lang, line, "residual", fields::dong);
        let year = problems.take_optional(lang, line, "in_use_year", |cell| cell.parse().ok());
        let quantity = problems.take_optional(lang, line, "quantity", fields::quantity);
        let holder = match line.get("unit") {
            "" if unit.is_some() => unit,
            _ => problems.take(lang, line, "unit", |cell| units.find(cell).ok()),
        };
        let code = text("code");
        if !code.is_empty() && !codes.insert(code.clone()) {
            problems.add(lang, line.number, "code", "cli.import.code_twice", &code);
        }
        let parts = (name, cost, residual, year, quantity, holder);
        let (Some(name), Some(cost), Some(residual), Some(in_use_year), Some(quantity), Some(unit)) = parts
        else {
            continue;
        };
        registers.push(AssetRegister {
            code,
            name,
            category: text("category"),
            unit,
            quantity: quantity.unwrap_or(Quantity::whole(1)),
            measure: text("measure"),
            cost,
            residual,
            in_use_year,
            condition: text("condition"),
            site: text("site"),
        });
    }
    problems.finish()?;
    Ok(registers)
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn lines(folder: &tempfile::TempDir, content: &str) -> Vec<bulk::Line> {
        let file = folder.path().join("a.csv");
        std::fs::write(&file, content).unwrap();
        bulk::read(Lang::En, &file, &COLUMNS).unwrap()
    }

    #[test]
    fn a_table_is_taken_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let unit = Some(RecordId([1; 32]));
        let read = |content: &str| {
            from_lines(
                Lang::En,
                &Units::default(),
                unit,
                Path::new("a.csv"),
                &lines(&folder, content),
            )
        };
        let good = read("code,name,cost,quantity\nB1,Desk,\"1,500,000\",2\nB2,Hall,36.500.000,\n").unwrap();
        assert_eq!((good[0].cost, good[0].quantity), (1_500_000, Quantity::whole(2)));
        assert_eq!((good[1].cost, good[1].quantity), (36_500_000, Quantity::whole(1)));
        let bad = read("code,name,cost,unit,quantity\nB1,Desk,5,,x\nB1,,5,nowhere,1\n").unwrap_err();
        let said = bad.say(Lang::En);
        for part in ["line 2, quantity", "line 3, name", "line 3, unit", "line 3, code"] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }
}
