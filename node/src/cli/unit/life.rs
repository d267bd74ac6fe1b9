//! What happens to a unit in its life: other names, codes and kinds, who takes over from it, what holds for it.

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{
    Extent, NoteTopic, NumberBlock, UnitAlias, UnitKind, UnitLineage, UnitNote, UnitNumbers, UnitOperation,
    UnitRename,
};

use crate::cli::files::NewFile;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::unit::find;
use crate::cli::{Session, fields, nodes};
use crate::exit::Exit;
use crate::failure::Failure;

/// `soxa unit rename`.
#[derive(Debug, Args)]
pub struct RenameArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "NAME", required_unless_present_any = ["code", "kind"])]
    name: Option<String>,
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND")]
    kind: Option<UnitKind>,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Date,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit alias`.
#[derive(Debug, Args)]
pub struct AliasArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_name = "NAME", required_unless_present = "code")]
    name: Option<String>,
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Where it is called so.
    #[arg(long, default_value = "", value_name = "TEXT")]
    list: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Option<Date>,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit lineage`.
#[derive(Debug, Args)]
pub struct LineageArgs {
    /// The old unit.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// Who takes over.
    #[arg(long, value_name = "UNIT")]
    successor: String,
    #[arg(long, default_value = "whole", value_name = "whole|part",
          value_parser = fields::words(Extent::ALL, Extent::as_str))]
    extent: Extent,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Date,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    #[arg(long, value_parser = fields::words(NoteTopic::ALL, NoteTopic::as_str), value_name = "TOPIC")]
    topic: NoteTopic,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Option<Date>,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    text: String,
    /// The document.
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa unit numbers`.
#[derive(Debug, Args)]
pub struct NumbersArgs {
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The node: its key, first digits of it, or its name.
    #[arg(long, value_name = "NODE")]
    node: String,
    /// The first number.
    #[arg(long, value_name = "NUMBER", required_unless_present = "none", value_parser = clap::value_parser!(u32).range(1..))]
    first: Option<u32>,
    /// The last number.
    #[arg(long, value_name = "NUMBER", required_unless_present = "none", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
    /// It gives none any more.
    #[arg(long, conflicts_with_all = ["first", "last"])]
    none: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Assigns a node the numbers that it gives to the unit's dossiers.
pub fn numbers(args: &NumbersArgs, session: &mut Session) -> Result<Exit, Failure> {
    let node = nodes::named(session, &args.node)?.0;
    let block = match (args.first, args.last) {
        (Some(first), Some(last)) if first > last => {
            let last = last.to_string();
            return Err(fields::bad_value(session.lang, "unit numbers", "--last", &last));
        }
        (Some(first), Some(last)) => Some(NumberBlock { first, last }),
        _ => None,
    };
    let numbers = UnitNumbers { node, block };
    act(session, &args.act, &args.unit, UnitOperation::Numbers(numbers))
}

/// Gives a unit another name, code or kind from a day on.
pub fn rename(args: &RenameArgs, session: &mut Session) -> Result<Exit, Failure> {
    let rename = UnitRename {
        kind: args.kind,
        name: args.name.clone(),
        code: args.code.clone(),
        from: args.from,
        basis: args.basis.clone(),
    };
    act(session, &args.act, &args.unit, UnitOperation::Rename(rename))
}

/// Notes another name or code.
pub fn alias(args: &AliasArgs, session: &mut Session) -> Result<Exit, Failure> {
    let alias = UnitAlias {
        name: args.name.clone(),
        code: args.code.clone(),
        list: args.list.clone(),
        from: args.from,
        until: args.until,
    };
    act(session, &args.act, &args.unit, UnitOperation::Alias(alias))
}

/// Names a unit that takes over.
pub fn lineage(args: &LineageArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lineage = UnitLineage {
        unit: session.units()?.find(&args.successor)?,
        extent: args.extent,
        date: args.date,
        basis: args.basis.clone(),
    };
    act(session, &args.act, &args.unit, UnitOperation::Lineage(lineage))
}

/// Notes what holds for a unit.
pub fn note(args: &NoteArgs, session: &mut Session) -> Result<Exit, Failure> {
    let document = NewFile::read_plain(args.document.as_deref())?;
    let note = UnitNote {
        topic: args.topic,
        name: args.name.clone(),
        from: args.from,
        until: args.until,
        text: args.text.clone(),
        document: document.as_ref().map(|file| file.hash()),
    };
    act_with(
        session,
        &args.act,
        &args.unit,
        UnitOperation::Note(note),
        document,
    )
}

fn act(
    session: &mut Session,
    args: &ActArgs,
    wanted: &str,
    operation: UnitOperation,
) -> Result<Exit, Failure> {
    act_with(session, args, wanted, operation, None)
}

fn act_with(
    session: &mut Session,
    args: &ActArgs,
    wanted: &str,
    operation: UnitOperation,
    file: Option<Rc<NewFile>>,
) -> Result<Exit, Failure> {
    let (unit, path) = find(session, wanted)?;
    let mut composer = Composer::new();
    let kind = operation.act();
    composer.on_unit(&mut unit.at()?, operation);
    let (signer, acting) = official(session, args, &[kind], |acting| acting.is_at_or_above(&path))?;
    let prepared = Prepared::of(composer).with_file(file);
    carry_out(session, args, signer, &acting, &[prepared])
}
