//! `soxa unit register`: one unit below another. `soxa import units` takes whole lists.

use clap::Args;
use soxa_ledger::operation::OpRef;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitKind, UnitOpen, UnitRegister};

use crate::cli::acting::Acting;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;

/// `soxa unit register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    #[arg(long, value_parser = fields::words(UnitKind::ALL, UnitKind::as_str), value_name = "KIND")]
    kind: UnitKind,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The unit above.
    #[arg(long, value_name = "UNIT")]
    parent: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    /// Open it as well, from this day.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    open: Option<Date>,
    #[command(flatten)]
    act: ActArgs,
}

/// Registers, and opens where a day is given.
pub fn register(args: &RegisterArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let parent = units.find(&args.parent)?;
    let path = units.path(&parent);
    let register = UnitRegister {
        kind: args.kind,
        name: args.name.clone(),
        code: args.code.clone().filter(|code| !code.is_empty()),
        path: path.clone(),
        basis: args.basis.clone(),
    };
    let mut composer = Composer::new();
    let mut at = composer.register_unit(OpRef::Id(parent.into()), register);
    let mut kinds = vec!["unit.register"];
    if let Some(date) = args.open {
        let open = UnitOpen {
            date: Some(date),
            basis: args.basis.clone(),
        };
        composer.open_unit(&mut at, open);
        kinds.push("unit.open");
    }
    let fits = |acting: &Acting| acting.is_at_or_above(&path);
    let (signer, acting) = official(session, &args.act, &kinds, fits)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}
