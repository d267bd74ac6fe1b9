//! `soxa person`: people in public service, one by one or from a table.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_records::compose::Composer;
use soxa_records::person::{PersonClass, PersonRegister, PersonSet, PersonView, WorkField};

use super::bulk::{self, Column, Line, Problems};
use super::session::{Read, Units, shown};
use super::sign::{ActArgs, BULK_OPERATIONS, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};
use soxa_lang::fold;

/// The columns of a table of persons.
const COLUMNS: [Column; 5] = [
    Column {
        name: "name",
        label: "records.field.name",
        required: true,
    },
    Column {
        name: "birth_year",
        label: "records.field.birth_year",
        required: false,
    },
    Column {
        name: "class",
        label: "records.field.class",
        required: false,
    },
    Column {
        name: "field",
        label: "records.field.work_field",
        required: true,
    },
    Column {
        name: "unit",
        label: "records.field.unit",
        required: false,
    },
];
/// The fields that can be written.
const SETTABLE: [&str; 4] = ["name", "class", "field", "rank"];

/// What can be done with persons.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Register one or a table of them.
    Register(RegisterArgs),
    /// Write fields.
    Set(SetArgs),
    /// All persons, or those of a unit.
    List(ListArgs),
    /// One person.
    Show(ShowArgs),
}

/// `soxa person register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// A table.
    #[arg(long = "from", value_name = "FILE.csv", conflicts_with = "name")]
    from_file: Option<PathBuf>,
    /// The unit that has the person; for a table the unit of lines that name none.
    #[arg(long, value_name = "UNIT", required_unless_present = "from_file")]
    unit: Option<String>,
    #[arg(long, value_name = "NAME", required_unless_present = "from_file")]
    name: Option<String>,
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

/// `soxa person list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa person show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(command: PersonCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        PersonCommand::Register(args) => register(&args, session),
        PersonCommand::Set(args) => set(&args, session),
        PersonCommand::List(args) => list(&args, session),
        PersonCommand::Show(args) => show(&args, session),
    }
}

fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let unit = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
    let registers = match (&args.from_file, &args.name, unit) {
        (Some(file), ..) => from_lines(lang, &units, args, unit, file, &bulk::read(lang, file, &COLUMNS)?)?,
        (None, Some(name), Some(unit)) => vec![PersonRegister {
            name: name.clone(),
            birth_year: args.birth_year,
            class: args.class,
            field: args.field,
            unit,
        }],
        _ => return Err(Failure::new("errors.nothing_to_do", &[])),
    };
    let mut paths: Vec<Vec<RecordId>> = registers.iter().map(|person| units.path(&person.unit)).collect();
    paths.sort_unstable();
    paths.dedup();
    let prepared: Vec<Prepared> = registers
        .chunks(BULK_OPERATIONS)
        .map(|chunk| {
            let mut composer = Composer::new();
            for person in chunk {
                composer.register_person(person.clone());
            }
            Prepared::of(composer)
        })
        .collect();
    let fits = |acting: &super::acting::Acting| paths.iter().all(|path| acting.is_at_or_above(path));
    let (signer, acting) = official(session, &args.act, &["person.register"], fits)?;
    carry_out(session, &args.act, signer, &acting, &prepared)
}

fn from_lines(
    lang: Lang,
    units: &Units,
    args: &RegisterArgs,
    unit: Option<RecordId>,
    file: &Path,
    lines: &[Line],
) -> Result<Vec<PersonRegister>, Failure> {
    let mut problems = Problems::new(file);
    let mut registers = Vec::with_capacity(lines.len());
    for line in lines {
        let name = problems.take(lang, line, "name", |cell| {
            (!cell.is_empty()).then(|| cell.to_owned())
        });
        let year = problems.take_optional(lang, line, "birth_year", |cell| cell.parse().ok());
        let class = problems.take_optional(lang, line, "class", |cell| cell.parse().ok());
        let field = problems.take(lang, line, "field", |cell| cell.parse().ok());
        let holder = match line.get("unit") {
            "" if unit.is_some() => unit,
            _ => problems.take(lang, line, "unit", |cell| units.find(cell).ok()),
        };
        let (Some(name), Some(birth_year), Some(class), Some(field), Some(unit)) =
            (name, year, class, field, holder)
        else {
            continue;
        };
        registers.push(PersonRegister {
            name,
            birth_year,
            class: class.unwrap_or(args.class),
            field,
            unit,
        });
    }
    problems.finish()?;
    Ok(registers)
}

fn set(args: &SetArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let person = session.find("person", &args.person)?;
    let mut at = person.at()?;
    let mut composer = Composer::new();
    for (field, value) in &args.values {
        let bad = |_| fields::bad_value(lang, "person set", field, value);
        let setting = match field.as_str() {
            "name" => PersonSet::Name(value.clone()),
            "rank" => PersonSet::Rank(value.clone()),
            "class" => PersonSet::Class(value.parse().map_err(bad)?),
            "field" => PersonSet::Field(value.parse().map_err(bad)?),
            _ => return Err(fields::unknown_field(lang, "person set", field, &SETTABLE)),
        };
        composer.set_person(&mut at, setting);
    }
    let view = PersonView::of(&person.state).ok_or_else(|| fields::not_that_kind(&person))?;
    let fits = |acting: &super::acting::Acting| acting.unit() == view.custody.custodian;
    let (signer, acting) = official(session, &args.act, &["person.set"], fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let wanted = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
    let mut listing = Listing::new(
        "persons",
        &[
            ("id", "records.field.id"),
            ("name", "records.field.name"),
            ("birth_year", "records.field.birth_year"),
            ("class", "records.field.class"),
            ("field", "records.field.work_field"),
            ("unit", "records.field.unit"),
            ("custody", "records.field.remark"),
        ],
    );
    let mut people: Vec<(Read, PersonView)> = session
        .records("person")?
        .into_iter()
        .filter_map(|read| PersonView::of(&read.state).map(|view| (read, view)))
        .collect();
    people.sort_by_cached_key(|(_, view)| by_given_name(&shown(view.name.distinct())));
    for (read, view) in people {
        let holds =
            |unit: RecordId| view.custody.custodian == Some(unit) || view.custody.tied.contains(&unit);
        if !wanted.is_none_or(holds) {
            continue;
        }
        listing.push(vec![
            Cell::id(&read.id.to_string()),
            fields::field_cell(&view.name),
            fields::field_cell(&view.birth_year),
            fields::word_cell(lang, "records.person_class", &view.class),
            fields::word_cell(lang, "records.work_field", &view.field),
            fields::custodian_cell(lang, &units, &view.custody),
            fields::custody_remark(lang, &view.custody),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// The order of Vietnamese lists of people: by the given name, which stands last, then by the rest.
fn by_given_name(name: &str) -> (String, String) {
    let folded = fold(name);
    let given = folded.rsplit(' ').next().unwrap_or_default().to_owned();
    (given, folded)
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let person = session.find("person", &args.person)?;
    let view = PersonView::of(&person.state).ok_or_else(|| fields::not_that_kind(&person))?;
    args.read
        .print_sheet(session.lang, &sheet(session.lang, &units, &person, &view))?;
    let in_dispute = view.custody.contested.is_some() || !person.state.conflicts().is_empty();
    Ok(if in_dispute { Exit::Findings } else { Exit::Done })
}

fn sheet(lang: Lang, units: &Units, person: &Read, view: &PersonView) -> Sheet {
    let mut sheet = Sheet::new("person");
    sheet
        .field("id", "records.field.id", Cell::text(person.id.to_string()))
        .field("name", "records.field.name", fields::field_cell(&view.name))
        .field(
            "birth_year",
            "records.field.birth_year",
            fields::field_cell(&view.birth_year),
        )
        .field(
            "class",
            "records.field.class",
            fields::word_cell(lang, "records.person_class", &view.class),
        )
        .field(
            "field",
            "records.field.work_field",
            fields::word_cell(lang, "records.work_field", &view.field),
        )
        .field("rank", "records.field.rank", fields::field_cell(&view.rank))
        .field(
            "unit",
            "records.field.unit",
            fields::custodian_cell(lang, units, &view.custody),
        )
        .field(
            "custody_state",
            "records.field.state",
            fields::custody_remark(lang, &view.custody),
        );
    sheet
        .list(fields::chain(units, &view.custody))
        .list(fields::disputed(lang, person));
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_listed_by_given_name() {
        let mut names = ["Vàng A Sùng", "Lò Văn Ánh", "Cầm Thị Đào", "Hoàng Văn Ánh"];
        names.sort_by_cached_key(|name| by_given_name(name));
        assert_eq!(
            names,
            ["Hoàng Văn Ánh", "Lò Văn Ánh", "Cầm Thị Đào", "Vàng A Sùng"]
        );
    }
}
