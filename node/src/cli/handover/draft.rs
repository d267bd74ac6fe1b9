//! `soxa handover draft`: minutes of one receiver, or of all receivers in a table; signed as giver at once when asked.

use std::collections::BTreeMap;

use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_office::handovers::going::{self, Going};
use soxa_office::plan::Places;
use soxa_office::problems::Reason;
use soxa_records::compose::{Composer, draft_line};
use soxa_records::custody::CustodyView;
use soxa_records::handover::{
    DraftLine, HandoverDraft, HandoverKind, HandoverParty, WitnessCapacity, WitnessParty,
};
use soxa_records::limits::HANDOVER_LINES_MAX;

use crate::cli::acting::Acting;
use crate::cli::handover::DraftArgs;
use crate::cli::handover::sign;
use crate::cli::office::filled::Filled;
use crate::cli::session::{Read, Units, directory};
use crate::cli::sign::{Done, Prepared, carry_through, official};
use crate::cli::{Session, fields};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::resolve::{Directory, Unnamed};

/// One minutes to be written.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    receiver: RecordId,
    /// The third party, if any.
    witness: Option<RecordId>,
    place: String,
    /// What goes over.
    subjects: Vec<RecordId>,
}

/// The records among which the subjects are, and who gives.
struct Subjects<'a> {
    giver: RecordId,
    units: &'a Units,
    all: Vec<Read>,
    directory: Directory,
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
    let third = args.witness.as_deref().or(args.approver.as_deref());
    let witness = units.find_any(third)?;
    let table = args.table.read(session.lang, going::COLUMNS)?;
    let texts = match &table {
        Some(table) => table.texts(session.lang, "subject")?,
        None => args.line.clone(),
    };
    let subjects = Subjects::read(session, args, (giver, &units), &texts)?;
    let wanted = match (&table, &args.receiver) {
        (Some(table), _) => from_table(session, table, (witness, &args.place), &subjects)?,
        (None, Some(receiver)) => vec![Wanted {
            receiver: units.find(receiver)?,
            witness,
            place: args.place.clone(),
            subjects: subjects.named(args, session)?,
        }],
        (None, None) => return Err(Failure::new("errors.nothing_to_do", &[])),
    };
    let prepared = wanted
        .iter()
        .map(|one| minutes(args, session, one, &subjects))
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

/// What the lines of a table ask for. Each names its subject in full, once, and the giver holds it.
fn from_table(
    session: &Session,
    table: &Filled,
    (witness, place): (Option<RecordId>, &str),
    subjects: &Subjects<'_>,
) -> Result<Vec<Wanted>, Failure> {
    let lang = session.lang;
    let mut places = Places::new(subjects.units, None);
    let mut rows: BTreeMap<RecordId, u32> = BTreeMap::new();
    let lines = table.lines(lang, |line| {
        let row = line.row();
        going::read(line, &mut places, |text| {
            let subject = subjects.in_full(text)?;
            let held = subjects.held(session, subject);
            held.map_err(|failure| Reason::Refused(failure.what(lang)))?;
            let value = text.to_owned();
            match rows.insert(subject.id, row) {
                Some(row) => Err(Reason::Twice { value, row }),
                None => Ok(subject.id),
            }
        })
    })?;
    Ok(grouped(lines, witness, place))
}

/// One minutes for the lines of each receiver, witness and place.
fn grouped(lines: Vec<Going<RecordId>>, witness: Option<RecordId>, place: &str) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for going in lines {
        let wanted = Wanted {
            receiver: going.receiver,
            witness: going.witness.or(witness),
            place: match going.place.is_empty() {
                true => place.to_owned(),
                false => going.place,
            },
            subjects: vec![going.subject],
        };
        let same = |one: &&mut Wanted| {
            (one.receiver, one.witness, &one.place) == (wanted.receiver, wanted.witness, &wanted.place)
        };
        match all.iter_mut().find(same) {
            Some(minutes) => minutes.subjects.push(going.subject),
            None => all.push(wanted),
        }
    }
    all
}

impl<'a> Subjects<'a> {
    /// Reads the records that these texts may mean.
    fn read(
        session: &mut Session,
        args: &DraftArgs,
        (giver, units): (RecordId, &'a Units),
        texts: &[String],
    ) -> Result<Self, Failure> {
        let kind = match args.kind {
            HandoverKind::Assets => Some("asset"),
            HandoverKind::Staff => Some("person"),
            HandoverKind::Papers => None,
        };
        let all = match kind {
            Some(kind) if args.all_of_unit => session.records(kind)?,
            Some(kind) => session.named(kind, texts.iter().map(String::as_str))?,
            None => Vec::new(),
        };
        Ok(Self {
            giver,
            units,
            directory: directory(&all),
            all,
        })
    }

    fn get(&self, id: RecordId) -> Option<&Read> {
        self.all.iter().find(|read| read.id == id)
    }

    /// The record that somebody means.
    fn find(&self, text: &str) -> Result<&Read, Failure> {
        let found = self.get(self.directory.find(text)?);
        found.ok_or_else(|| Failure::new("errors.unknown_record", &[("id", &text)]))
    }

    /// The record that a line of a table names in full.
    fn in_full(&self, text: &str) -> Result<&Read, Reason> {
        let value = || text.to_owned();
        let found = self.directory.named(text).map_err(|unnamed| match unnamed {
            Unnamed::Nearly(near) => Reason::UnknownRecord { value: value(), near },
            Unnamed::Several(near) => Reason::SeveralRecords { value: value(), near },
        })?;
        let nothing = || Reason::UnknownRecord {
            value: value(),
            near: Vec::new(),
        };
        self.get(found).ok_or_else(nothing)
    }

    fn gives(&self, read: &Read) -> bool {
        CustodyView::of(&read.state).custodian == Some(self.giver)
    }

    /// That the giver holds it.
    fn held(&self, session: &Session, read: &Read) -> Result<(), Failure> {
        if self.gives(read) {
            return Ok(());
        }
        let asset = session.name(&read.id);
        let Some(holder) = CustodyView::of(&read.state).custodian else {
            return Err(Failure::new("errors.no_custodian", &[("subject", &asset)]));
        };
        let (holder, unit) = (self.units.name(&holder), self.units.name(&self.giver));
        Err(Failure::new(
            "errors.handover_not_custodian",
            &[("asset", &asset), ("holder", &holder), ("unit", &unit)],
        ))
    }

    /// What the command line names, each held by the giver.
    fn named(&self, args: &DraftArgs, session: &Session) -> Result<Vec<RecordId>, Failure> {
        let mut found: Vec<RecordId> = Vec::new();
        if args.all_of_unit {
            let but = args.except.iter().map(|text| Ok(self.find(text)?.id));
            let but = but.collect::<Result<Vec<RecordId>, Failure>>()?;
            let own = self.all.iter().filter(|read| self.gives(read));
            found.extend(own.map(|read| read.id).filter(|id| !but.contains(id)));
        }
        for text in &args.line {
            let read = self.find(text)?;
            self.held(session, read)?;
            found.push(read.id);
        }
        if found.is_empty() && args.paper.is_empty() {
            return Err(Failure::new("errors.nothing_to_do", &[]));
        }
        Ok(found)
    }
}

fn minutes(
    args: &DraftArgs,
    session: &Session,
    wanted: &Wanted,
    subjects: &Subjects<'_>,
) -> Result<Prepared, Failure> {
    let Subjects { giver, units, .. } = *subjects;
    let going: Vec<&Read> = wanted
        .subjects
        .iter()
        .filter_map(|id| subjects.get(*id))
        .collect();
    let (mut lines, links) = lines(session, &going)?;
    let mut scans = Vec::new();
    for paper in &args.paper {
        let about = paper
            .about
            .as_deref()
            .map(|about| subjects.find(about))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_one_receiver_are_one_minutes() {
        let (first, second) = (RecordId([1; 32]), RecordId([2; 32]));
        let line = |number: u8, receiver, witness, place: &str| Going {
            subject: RecordId([number; 32]),
            receiver,
            witness,
            place: place.to_owned(),
        };
        let lines = vec![
            line(11, first, None, ""),
            line(12, second, None, ""),
            line(13, first, Some(second), "Trụ sở"),
            line(14, first, None, "Kho"),
            line(15, first, Some(first), ""),
        ];
        let wanted = |receiver, witness, place: &str, subjects: &[u8]| Wanted {
            receiver,
            witness: Some(witness),
            place: place.to_owned(),
            subjects: subjects.iter().map(|number| RecordId([*number; 32])).collect(),
        };
        assert_eq!(
            grouped(lines, Some(second), "Trụ sở"),
            [
                wanted(first, second, "Trụ sở", &[11, 13]),
                wanted(second, second, "Trụ sở", &[12]),
                wanted(first, second, "Kho", &[14]),
                wanted(first, first, "Trụ sở", &[15]),
            ]
        );
    }
}
