//! `soxa handover correct`: correction minutes drafted from those that they correct, and signed as giver at once when asked.
//!
//! A restated line begins as the line stands, with what earlier corrections in effect say of it. Whoever drafts is the
//! giver of the correction; what is handed back must be with that unit.

use std::collections::BTreeMap;

use clap::Args;
use soxa_ledger::Time;
use soxa_records::Date;
use soxa_records::compose::Composer;
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{DraftLine, HandoverDraft, HandoverStage, LineOf, WitnessParty};

use super::draft::{lines, party, refuse_too_many};
use super::opened::open;
use super::papers::{self, PaperArg};
use super::{show, sign};
use crate::cli::acting::Acting;
use crate::cli::session::find_among;
use crate::cli::sign::{ActArgs, Done, Prepared, carry_through, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::short;

/// The fields of a line that can be restated.
const RESTATABLE: [&str; 7] = [
    "quantity",
    "condition",
    "remark",
    "cost",
    "residual",
    "measure",
    "name",
];

/// A field of a line as it should have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restatement {
    line: u32,
    field: String,
    value: String,
}

/// `soxa handover correct`.
#[derive(Debug, Args)]
pub struct CorrectArgs {
    #[arg(value_name = "HANDOVER")]
    handover: String,
    /// Lines as they should have been.
    #[arg(long, num_args = 1.., value_name = "LINE:FIELD=VALUE", value_parser = restatement,
          required_unless_present_any = ["back", "paper"])]
    line: Vec<Restatement>,
    /// Lines that were wrongly listed and are handed back.
    #[arg(long, num_args = 1.., value_name = "LINE")]
    back: Vec<u32>,
    /// Papers that were forgotten.
    #[arg(long, num_args = 1.., value_name = "NAME[:FORM[:COPIES[:SUBJECT[:SCAN]]]]", value_parser = papers::paper)]
    paper: Vec<PaperArg>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    basis: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    place: String,
    /// The day of the minutes; today when not given.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    date: Option<Date>,
    /// Until when the offer is meant to be taken.
    #[arg(long, value_name = "DATE", value_parser = fields::moment)]
    expires: Option<Time>,
    /// Sign as giver as well.
    #[arg(long)]
    offer: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// Reads `LINE:FIELD=VALUE`.
fn restatement(text: &str) -> Result<Restatement, String> {
    let refused = || text.to_owned();
    let (line, rest) = text.split_once(':').ok_or_else(refused)?;
    let (field, value) = fields::assignment(rest)?;
    let line = line.parse().ok().filter(|line| *line > 0).ok_or_else(refused)?;
    Ok(Restatement { line, field, value })
}

/// Does what the command says.
///
/// # Errors
/// When the handover is not in effect, a line is not of it, or an act fails.
pub fn correct(args: &CorrectArgs, session: &mut Session) -> Result<Exit, Failure> {
    let first = open(session, &args.handover)?;
    let handover = short(&first.id.to_string());
    let effect = *first
        .view
        .effects
        .first()
        .ok_or_else(|| Failure::new("errors.not_in_effect", &[("handover", &handover)]))?;
    let kinds: &[&str] = match args.offer {
        true => &["handover.draft", "handover.offer"],
        false => &["handover.draft"],
    };
    let parties = [first.draft.giver.unit, first.draft.receiver.unit];
    let fits = |acting: &Acting| acting.unit().is_some_and(|unit| parties.contains(&unit));
    let (mut signer, acting) = official(session, &args.act, kinds, fits)?;
    let units = session.units()?;
    let own = acting.unit().unwrap_or(first.draft.giver.unit);
    let other = if own == parties[0] { parties[1] } else { parties[0] };

    let earlier = show::corrections(session, first.id)?;
    let earlier: Vec<&HandoverView> = earlier
        .iter()
        .map(|(_, view)| view)
        .filter(|view| view.stage == HandoverStage::Effective)
        .collect();
    let mut all = restated(session, args, &first.view.as_corrected(earlier))?;
    let mut backs = Vec::with_capacity(args.back.len());
    for line in &args.back {
        let subject = first.draft.line(*line).and_then(|line| line.of.subject());
        let subject = subject.ok_or_else(|| no_line(&handover, *line))?;
        backs.push(session.record(subject.record)?);
    }
    let (back, links) = lines(session, &backs.iter().collect::<Vec<_>>())?;
    all.extend(back);
    let mut scans = Vec::new();
    for paper in &args.paper {
        let about = paper
            .about
            .as_deref()
            .map(|about| find_among(about, &backs))
            .transpose()?;
        let (line, scan) = paper.line(about.map(|read| read.id), &all)?;
        all.push(line);
        scans.push(scan);
    }
    refuse_too_many(session.lang, all.len())?;
    let draft = HandoverDraft {
        kind: first.draft.kind,
        giver: party(&units, own),
        receiver: party(&units, other),
        witness: first.draft.witness.as_ref().map(|witness| WitnessParty {
            name: units.name(&witness.unit),
            ..witness.clone()
        }),
        corrects: Some(first.id),
        basis: args.basis.clone(),
        condition_basis: first.draft.condition_basis,
        place: args.place.clone(),
        date: args.date.map_or_else(fields::today, Ok)?,
        expires: args.expires,
        duties: String::new(),
        lines: all,
    };
    let mut composer = Composer::new();
    composer.draft_correction(draft, effect, links);
    let mut done = Done::default();
    let prepared = [scans
        .into_iter()
        .fold(Prepared::of(composer), Prepared::with_file)];
    let mut carried = carry_through(session, &args.act, &mut signer, &acting, &prepared, &mut done);
    if carried.is_ok() && args.offer && !args.act.dry_run {
        carried = sign::offers_of(session, &done.created(), &signer, &acting)
            .and_then(|offers| carry_through(session, &args.act, &mut signer, &acting, &offers, &mut done));
    }
    let exit = done.report(session.lang, &args.act.read)?;
    carried.map(|()| exit)
}

fn no_line(handover: &str, line: u32) -> Failure {
    Failure::new("errors.no_such_line", &[("handover", &handover), ("line", &line)])
}

/// The lines that are restated, each once, with all that is said of it.
fn restated(
    session: &Session,
    args: &CorrectArgs,
    standing: &BTreeMap<u32, DraftLine>,
) -> Result<Vec<DraftLine>, Failure> {
    let mut lines: BTreeMap<u32, DraftLine> = BTreeMap::new();
    for Restatement { line, field, value } in &args.line {
        let stands = standing.get(line).ok_or_else(|| no_line(&args.handover, *line))?;
        let content = lines.entry(*line).or_insert_with(|| DraftLine {
            of: LineOf::Restated(*line),
            ..stands.clone()
        });
        let bad = || fields::bad_value(session.lang, "handover correct", field, value);
        match field.as_str() {
            "quantity" => content.quantity = fields::quantity(value).ok_or_else(bad)?,
            "condition" => content.condition = value.clone(),
            "remark" => content.remark = value.clone(),
            "cost" => content.cost = fields::dong(value).ok_or_else(bad)?,
            "residual" => content.residual = Some(fields::dong(value).ok_or_else(bad)?),
            "measure" => content.measure = value.clone(),
            "name" if !value.trim().is_empty() => content.name = value.clone(),
            "name" => return Err(bad()),
            _ => {
                return Err(fields::unknown_field(
                    session.lang,
                    "handover correct",
                    field,
                    &RESTATABLE,
                ));
            }
        }
    }
    Ok(lines.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restatements_name_line_and_field() {
        let read = restatement("3:condition=cũ: xước=2").unwrap();
        assert_eq!(
            (read.line, read.field.as_str(), read.value.as_str()),
            (3, "condition", "cũ: xước=2")
        );
        for wrong in ["", "3", "3:quantity", "0:quantity=1", "x:quantity=1", "3:=1"] {
            assert!(restatement(wrong).is_err(), "{wrong}");
        }
    }
}
