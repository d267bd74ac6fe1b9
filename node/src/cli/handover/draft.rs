//! `soxa handover draft`: minutes of one receiver, or of all receivers in a table; signed as giver at once when asked.

use std::path::Path;

use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_records::compose::{Composer, draft_line};
use soxa_records::custody::CustodyView;
use soxa_records::handover::{
    DraftLine, HandoverDraft, HandoverKind, HandoverParty, WitnessCapacity, WitnessParty,
};
use soxa_records::limits::HANDOVER_LINES_MAX;

use crate::cli::acting::Acting;
use crate::cli::bulk::{self, Column, Line, Problems};
use crate::cli::handover::DraftArgs;
use crate::cli::handover::sign;
use crate::cli::session::{Read, Units, find_among};
use crate::cli::sign::{Done, Prepared, carry_through, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};

/// The columns of a table of what goes to whom: the lines of one receiver, witness and place are one minutes.
const COLUMNS: [Column; 4] = [
    Column {
        name: "subject",
        label: "records.field.code",
        required: true,
    },
    Column {
        name: "receiver",
        label: "records.field.receiver",
        required: true,
    },
    Column {
        name: "witness",
        label: "records.field.witness",
        required: false,
    },
    Column {
        name: "place",
        label: "records.field.place",
        required: false,
    },
];

/// One minutes to be written.
struct Wanted {
    receiver: RecordId,
    /// The third party, if any.
    witness: Option<RecordId>,
    place: String,
    /// What goes over, as typed; all that the giver holds when nothing is said.
    lines: Vec<String>,
}

/// Does what the command says.
///
/// # Errors
/// When a unit or subject is not known, the giver does not hold what is to be handed over, or an act fails.
pub fn draft(args: &DraftArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let giver = args.giver.as_deref().map(|giver| units.find(giver)).transpose()?;
    let fits = |acting: &Acting| giver.is_none() || acting.unit() == giver;
    let kinds: &[&str] = match args.offer {
        true => &["handover.draft", "handover.offer"],
        false => &["handover.draft"],
    };
    let (mut signer, acting) = official(session, &args.act, kinds, fits)?;
    let giver = giver
        .or(acting.unit())
        .ok_or_else(|| Failure::internal("handover", "no giver"))?;
    let wanted = wanted(args, session.lang, &units)?;
    let all = candidates(session, args, &wanted)?;
    let prepared = wanted
        .iter()
        .map(|one| minutes(args, session, &units, giver, one, &all))
        .collect::<Result<Vec<_>, _>>()?;
    let mut done = Done::default();
    let mut carried = carry_through(session, &args.act, &mut signer, &acting, &prepared, &mut done);
    if carried.is_ok() && args.offer && !args.act.dry_run {
        carried = sign::offers_of(session, &done.created(), &signer, &acting)
            .and_then(|offers| carry_through(session, &args.act, &mut signer, &acting, &offers, &mut done));
    }
    // Drafts that were stored before an offer failed are told all the same.
    let exit = done.report(session.lang, &args.act.read)?;
    carried.map(|()| exit)
}

fn wanted(args: &DraftArgs, lang: Lang, units: &Units) -> Result<Vec<Wanted>, Failure> {
    let third = args.witness.as_deref().or(args.approver.as_deref());
    let witness = units.find_any(third)?;
    match (&args.from_file, &args.receiver) {
        (Some(file), _) => from_lines(
            lang,
            units,
            &args.place,
            witness,
            file,
            &bulk::read(lang, file, &COLUMNS)?,
        ),
        (None, Some(receiver)) => Ok(vec![Wanted {
            receiver: units.find(receiver)?,
            witness,
            place: args.place.clone(),
            lines: args.line.clone(),
        }]),
        (None, None) => Err(Failure::new("errors.nothing_to_do", &[])),
    }
}

fn from_lines(
    lang: Lang,
    units: &Units,
    place: &str,
    witness: Option<RecordId>,
    file: &Path,
    lines: &[Line],
) -> Result<Vec<Wanted>, Failure> {
    let mut problems = Problems::new(file);
    let mut all: Vec<Wanted> = Vec::new();
    for line in lines {
        let filled = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        let unit = |cell: &str| units.find(cell).ok();
        let subject = problems.take(lang, line, "subject", filled);
        let receiver = problems.take(lang, line, "receiver", unit);
        let named = problems.take_optional(lang, line, "witness", unit);
        let (Some(subject), Some(receiver), Some(named)) = (subject, receiver, named) else {
            continue;
        };
        let witness = named.or(witness);
        let place = filled(line.get("place")).unwrap_or_else(|| place.to_owned());
        let same =
            |one: &&mut Wanted| one.receiver == receiver && one.witness == witness && one.place == place;
        match all.iter_mut().find(same) {
            Some(minutes) => minutes.lines.push(subject),
            None => all.push(Wanted {
                receiver,
                witness,
                place,
                lines: vec![subject],
            }),
        }
    }
    problems.finish()?;
    Ok(all)
}

/// The records among which the subjects are.
fn candidates(session: &mut Session, args: &DraftArgs, wanted: &[Wanted]) -> Result<Vec<Read>, Failure> {
    let kind = match args.kind {
        HandoverKind::Assets => "asset",
        HandoverKind::Staff => "person",
        HandoverKind::Papers => return Ok(Vec::new()),
    };
    if args.all_of_unit {
        return session.records(kind);
    }
    session.named(
        kind,
        wanted
            .iter()
            .flat_map(|minutes| &minutes.lines)
            .map(String::as_str),
    )
}

fn minutes(
    args: &DraftArgs,
    session: &Session,
    units: &Units,
    giver: RecordId,
    wanted: &Wanted,
    all: &[Read],
) -> Result<Prepared, Failure> {
    let subjects = subjects(args, session, giver, units, wanted, all)?;
    let (mut lines, links) = lines(session, &subjects)?;
    let mut scans = Vec::new();
    for paper in &args.paper {
        let about = paper
            .about
            .as_deref()
            .map(|about| find_among(about, all))
            .transpose()?;
        let (line, scan) = paper.line(about.map(|read| read.id), &lines)?;
        lines.push(line);
        scans.push(scan);
    }
    refuse_too_many(session.lang, lines.len())?;
    let capacity = match args.approver {
        Some(_) => WitnessCapacity::Approver,
        None => WitnessCapacity::Witness,
    };
    let draft = HandoverDraft {
        kind: args.kind,
        giver: party(units, giver),
        receiver: party(units, wanted.receiver),
        witness: wanted.witness.map(|unit| WitnessParty {
            unit,
            name: units.name(&unit),
            capacity,
        }),
        corrects: None,
        basis: args.basis.clone(),
        condition_basis: args.condition_basis,
        place: wanted.place.clone(),
        date: args.date.map_or_else(fields::today, Ok)?,
        expires: args.expires,
        duties: args.duties.clone(),
        lines,
    };
    let mut composer = Composer::new();
    composer.draft_handover(draft, links);
    Ok(scans
        .into_iter()
        .fold(Prepared::of(composer), Prepared::with_file))
}

/// A party with its name of today.
pub(super) fn party(units: &Units, unit: RecordId) -> HandoverParty {
    HandoverParty {
        unit,
        name: units.name(&unit),
    }
}

/// The lines of these assets or persons as they are, and what the draft cites for each.
pub(super) fn lines(session: &Session, subjects: &[&Read]) -> Result<(Vec<DraftLine>, Vec<OpRef>), Failure> {
    let line = |read: &&Read| {
        draft_line(read.id, &read.state)
            .ok_or_else(|| Failure::new("errors.no_custodian", &[("subject", &session.name(&read.id))]))
    };
    subjects.iter().map(line).collect()
}

/// No minutes have more lines than fit under one signature.
pub(super) fn refuse_too_many(lang: Lang, lines: usize) -> Result<(), Failure> {
    if lines <= HANDOVER_LINES_MAX {
        return Ok(());
    }
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("argument", &"--line"), ("count", &HANDOVER_LINES_MAX)];
    let reason = Sentence::new("cli.usage.too_long", &values);
    Err(Failure::usage(lang, "handover draft", &reason))
}

/// The assets or persons to hand over, each held by the giver.
fn subjects<'a>(
    args: &DraftArgs,
    session: &Session,
    giver: RecordId,
    units: &Units,
    wanted: &Wanted,
    all: &'a [Read],
) -> Result<Vec<&'a Read>, Failure> {
    let held = |read: &&Read| CustodyView::of(&read.state).custodian == Some(giver);
    let mut found: Vec<&Read> = Vec::new();
    if args.all_of_unit {
        let but = args.except.iter().map(|text| Ok(find_among(text, all)?.id));
        let but = but.collect::<Result<Vec<RecordId>, Failure>>()?;
        found.extend(all.iter().filter(held).filter(|read| !but.contains(&read.id)));
    }
    for text in &wanted.lines {
        let read = find_among(text, all)?;
        if !held(&read) {
            let custody = CustodyView::of(&read.state);
            let asset = session.name(&read.id);
            let Some(holder) = custody.custodian else {
                return Err(Failure::new("errors.no_custodian", &[("subject", &asset)]));
            };
            let (holder, unit) = (units.name(&holder), units.name(&giver));
            return Err(Failure::new(
                "errors.handover_not_custodian",
                &[("asset", &asset), ("holder", &holder), ("unit", &unit)],
            ));
        }
        found.push(read);
    }
    if found.is_empty() && args.paper.is_empty() {
        return Err(Failure::new("errors.nothing_to_do", &[]));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_one_receiver_are_one_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let (first, second) = (RecordId([1; 32]), RecordId([2; 32]));
        let units = Units::known(&[(first, "Xã Mường Bú"), (second, "Xã Phiêng Cằm")]);
        let content = "subject,receiver,place\nA1,muong bu,\nA2,phieng cam,\nA3,muong bu,\nA4,muong bu,Kho\n";
        let read = |content: &str| {
            std::fs::write(&file, content).unwrap();
            let lines = bulk::read(Lang::En, &file, &COLUMNS)?;
            from_lines(Lang::En, &units, "Trụ sở", Some(second), &file, &lines)
        };
        let found = read(content).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.receiver, one.place.as_str(), one.lines.join(" "), one.witness))
            .collect();
        assert_eq!(
            found,
            [
                (first, "Trụ sở", "A1 A3".to_owned(), Some(second)),
                (second, "Trụ sở", "A2".to_owned(), Some(second)),
                (first, "Kho", "A4".to_owned(), Some(second)),
            ]
        );
        let refused = read("subject,receiver\nA1,nowhere\n,muong bu\n")
            .map(|_| ())
            .unwrap_err();
        let said = refused.say(Lang::En);
        for part in ["line 2, receiver", "line 3, subject"] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }
}
