//! Dossiers that go to another office, and what a desk or an office takes over: one by one or all of an office, each one signed act, all
//! under one passphrase.

use clap::Args;
use soxa_lang::{Lang, number, text};
use soxa_ledger::operation::OpRef;
use soxa_ledger::{OpId, RecordId, Scope, Time};
use soxa_records::dossier::rules::in_line;
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{DossierForward, DossierOperation, DossierStatus, DossierTake};

use super::{Found, moment, office};
use crate::cli::acting::Acting;
use crate::cli::session::Units;
use crate::cli::sign::{ActArgs, Prepared, carry_out, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// Which dossiers, when, and how it is signed.
#[derive(Debug, Args)]
pub struct GoingArgs {
    #[arg(value_name = "DOSSIER", num_args = 1.., required_unless_present = "all_of_unit")]
    dossiers: Vec<String>,
    /// All of an office.
    #[arg(long, value_name = "UNIT", conflicts_with = "dossiers")]
    all_of_unit: Option<String>,
    /// When.
    #[arg(long, value_name = "TIME", value_parser = fields::moment)]
    at: Option<Time>,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa dossier forward`.
#[derive(Debug, Args)]
pub struct ForwardArgs {
    #[command(flatten)]
    going: GoingArgs,
    /// The office.
    #[arg(long, value_name = "UNIT")]
    to: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `soxa dossier take`.
#[derive(Debug, Args)]
pub struct TakeArgs {
    #[command(flatten)]
    going: GoingArgs,
    /// A remark.
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
}

/// Signed for the new readers as well: the nodes of the old ones copy what came before it for them.
pub fn forward(args: &ForwardArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let to = units.find(&args.to)?;
    let chosen = args.going.chosen(session, &units, |view, unit| {
        view.at_office() == Some(*unit) && *unit != to
    })?;
    let (signer, acting) = official(session, &args.going.act, &["dossier.forward"], |acting| {
        chosen.iter().all(|found| is_for(&units, found, acting))
    })?;
    let prepared = chosen.iter().map(|found| {
        let forward = DossierForward {
            at: moment(args.going.at),
            office: office(&units, to),
            reason: args.reason.clone(),
        };
        let now = found.scope();
        let readers = now.units().iter().copied().chain(forward.office.readers());
        let readers = Scope::of(readers).ok_or_else(|| Failure::new("errors.too_many_readers", &[]))?;
        found.prepare(DossierOperation::Forward(forward), readers)
    });
    let prepared: Vec<Prepared> = prepared.collect::<Result<_, _>>()?;
    tell_totals(session.lang, &chosen);
    carry_out(session, &args.going.act, signer, &acting, &prepared)
}

/// What was forwarded to the signer's office, otherwise the newest hop between desks that nobody has taken over.
pub fn take(args: &TakeArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let all_of = units.find_any(args.going.all_of_unit.as_deref())?;
    let waits = |view: &DossierView, unit: &RecordId| view.waiting_at(unit).is_some();
    let chosen = args.going.chosen(session, &units, waits)?;
    let (signer, acting) = official(
        session,
        &args.going.act,
        &["dossier.take"],
        |acting| match &all_of {
            Some(unit) => in_line(&acting.unit_path, &units.path(unit)),
            None => chosen.iter().all(|found| is_for(&units, found, acting)),
        },
    )?;
    let prepared = chosen.iter().map(|found| {
        let waiting = match &all_of {
            Some(unit) => found.view.waiting_at(unit).map(|hop| hop.pass.op),
            None => waiting_for(&units, &found.view, &acting),
        };
        let take = DossierTake {
            pass: OpRef::Id(waiting.ok_or_else(|| Failure::new("errors.nothing_passed", &[]))?),
            at: moment(args.going.at),
            note: args.reason.clone(),
        };
        found.prepare(DossierOperation::Take(take), found.scope())
    });
    let prepared: Vec<Prepared> = prepared.collect::<Result<_, _>>()?;
    tell_totals(session.lang, &chosen);
    carry_out(session, &args.going.act, signer, &acting, &prepared)
}

impl GoingArgs {
    /// The dossiers named, or all that are to be done for an office and have not ended.
    fn chosen(
        &self,
        session: &mut Session,
        units: &Units,
        is_due: impl Fn(&DossierView, &RecordId) -> bool,
    ) -> Result<Vec<Found>, Failure> {
        let Some(named) = &self.all_of_unit else {
            return self
                .dossiers
                .iter()
                .map(|text| Found::of(session, text))
                .collect();
        };
        let unit = units.find(named)?;
        let read = session.records("dossier")?.into_iter();
        let found = read.filter_map(|read| DossierView::of(&read.state).map(|view| Found { read, view }));
        let due = found.filter(|found| !found.view.has_ended() && is_due(&found.view, &unit));
        let due: Vec<Found> = due.collect();
        match due.is_empty() {
            true => Err(Failure::new(
                "errors.no_dossiers",
                &[("unit", &units.name(&unit))],
            )),
            false => Ok(due),
        }
    }
}

/// Whether who is appointed there may act for one of the dossier's offices.
fn is_for(units: &Units, found: &Found, acting: &Acting) -> bool {
    let mut offices = found.offices().into_iter();
    offices.any(|unit| in_line(&acting.unit_path, &units.path(&unit)))
}

fn waiting_for(units: &Units, view: &DossierView, acting: &Acting) -> Option<OpId> {
    let waiting = || view.hops().filter(|hop| hop.take.is_none());
    let forwarded = waiting().filter(|hop| {
        let unit = hop.pass.unit.as_ref();
        unit.is_some_and(|unit| in_line(&acting.unit_path, &units.path(unit)))
    });
    let passed = waiting().filter(|hop| hop.pass.unit.is_none());
    let newest = forwarded.last().or_else(|| passed.last());
    newest.map(|hop| hop.pass.op)
}

/// How many go, in which statuses: what both sides can compare.
fn tell_totals(lang: Lang, chosen: &[Found]) {
    if chosen.len() < 2 {
        return;
    }
    let status = |status: &DossierStatus| {
        let count = chosen
            .iter()
            .filter(|found| found.view.status.distinct().contains(&status));
        let count = count.count();
        let word = || text(lang, &format!("records.dossier_status.{status}"), &[]);
        (count > 0).then(|| format!("{} {}", word(), number(lang, count as i64)))
    };
    let statuses: Vec<String> = DossierStatus::ALL.iter().filter_map(status).collect();
    let originals = chosen
        .iter()
        .filter(|found| found.view.originals_elsewhere().next().is_some());
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("count", &number(lang, chosen.len() as i64)),
        ("statuses", &statuses.join(", ")),
        ("elsewhere", &number(lang, originals.count() as i64)),
    ];
    say(&text(lang, "cli.answer.dossiers", &values));
}
