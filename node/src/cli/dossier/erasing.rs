//! `soxa dossier erase`: the order by which every node erases sealed files of a dossier, and their keys.

use std::collections::BTreeSet;

use clap::Args;
use soxa_lang::{Lang, text};
use soxa_ledger::{FileHash, Time};
use soxa_records::compose::Composer;
use soxa_records::dossier::{DecisionErase, DecisionOperation, ErasureGround};
use soxa_records::typed::TypedOperation;

use super::filed::chosen;
use super::retained::Retained;
use super::{Found, moment};
use crate::cli::reference::Published;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// `soxa dossier erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    #[arg(value_name = "DOSSIER")]
    dossier: String,
    /// Which: `applicant`, the number of a paper, or first digits of a file's hash.
    #[arg(value_name = "NUMBER|HASH", required_unless_present = "all")]
    which: Vec<String>,
    /// All files of the dossier.
    #[arg(long, conflicts_with = "which")]
    all: bool,
    /// On what ground.
    #[arg(long, value_name = "GROUND", value_parser = fields::words(ErasureGround::ALL, ErasureGround::as_str))]
    ground: ErasureGround,
    /// The rule or the request.
    #[arg(long, value_name = "TEXT")]
    basis: String,
    /// When.
    #[arg(long, value_name = "TIME", value_parser = fields::moment)]
    at: Option<Time>,
    #[command(flatten)]
    act: ActArgs,
}

/// Orders that files are erased, all of them in one commit.
pub fn erase(args: &EraseArgs, session: &mut Session) -> Result<Exit, Failure> {
    let found = Found::of(session, &args.dossier)?;
    let chosen: BTreeSet<FileHash> = match args.all {
        true => found.left().collect(),
        false => {
            let chosen = args.which.iter().map(|which| {
                let file = chosen(&found, which);
                file.ok_or_else(|| Failure::new("errors.no_such_file", &[("file", which)]))
            });
            chosen.collect::<Result<_, _>>()?
        }
    };
    if chosen.is_empty() {
        return Err(Failure::new("errors.no_such_file", &[("file", &"--all")]));
    }
    let (mut at, mut composer) = (found.read.at()?, Composer::new());
    let mut kind = "";
    for file in chosen {
        let operation = DecisionOperation::Erase(DecisionErase {
            at: moment(args.at),
            file: file.0,
            ground: args.ground,
            basis: args.basis.clone(),
        });
        kind = TypedOperation::Decision(operation.clone()).name();
        composer.decide(&mut at, operation);
    }
    let units = session.units()?;
    let deciding = found.view.competent.iter().chain(&found.view.forwarded);
    let offices: Vec<_> = deciding.map(|unit| units.path(unit)).collect();
    let (signer, acting) = official(session, &args.act, &[kind], |acting| {
        offices.iter().any(|office| office.starts_with(&acting.unit_path))
    })?;
    let published = Published::read(session)?;
    let (lang, retained) = (session.lang, Retained::of(&published)?);
    let period = retained.told(lang, &found.view);
    match retained.is_over(&found.view) {
        true => say(&period),
        false => say(&format!("{}: {period}", text(lang, "cli.label.warning", &[]))),
    }
    say(&text(lang, "cli.answer.erase_is_final", &[]));
    let prepared = Prepared::of(composer).read_by(found.scope());
    carry_out(session, &args.act, signer, &acting, &[prepared])
}

/// That a file was erased, by whom, when and on what ground; none for one that was not.
pub fn told(lang: Lang, found: &Found, file: FileHash) -> Option<String> {
    let order = found.view.erasure(&file.0)?;
    let operation = order.op.to_string();
    let mut signers = found.read.report.signers.iter();
    let signer = signers.find(|signer| signer.operation == operation);
    let ground = order.ground.map_or("", ErasureGround::as_str);
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("who", &signer.map_or("", |signer| signer.person.as_str())),
        ("at", &order.at.map(|at| clock::moment(at.0)).unwrap_or_default()),
        (
            "ground",
            &text(lang, &format!("records.erasure_ground.{ground}"), &[]),
        ),
        ("basis", &order.note),
    ];
    Some(text(lang, "cli.label.erased_by", &values))
}
