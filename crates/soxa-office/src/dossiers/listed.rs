//! Dossiers as rows of a register.

use std::collections::BTreeMap;

use soxa_ledger::Time;
use soxa_records::Field;
use soxa_records::dossier::view::{Act, Clock, DossierView};
use soxa_records::working_days::WorkingDays;

use super::columns::{COLUMNS, FOLLOWING};
use super::{day, promised};
use crate::columns::{Column, shown};
use crate::plan::written;
use crate::write::Entry;

/// What came of it: as a register says, else the title of the decision.
pub(super) fn result(view: &DossierView) -> &str {
    let decided =
        |act: &&Act| act.act == "decision.sign" || act.transcribed.is_some() && !act.title.is_empty();
    view.acts.iter().rev().find(decided).map_or("", |act| &act.title)
}

/// What else a register says of it.
pub(super) fn remark(view: &DossierView) -> &str {
    view.transcribed().map_or("", |act| &act.note)
}

/// What a row tells beside the dossier itself.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// What its clock shows.
    pub clock: &'a Clock,
    /// The days that are worked.
    pub days: &'a WorkingDays,
    /// How it keeps its time: a word of `records.punctuality`.
    pub punctuality: &'a str,
    /// The names of procedures by code.
    pub procedures: &'a BTreeMap<String, String>,
    /// The name of the office that took it in.
    pub receiving: &'a str,
    /// The name of the office that decides.
    pub competent: &'a str,
    /// The name of the unit where the applicant lives.
    pub residence: &'a str,
}

/// The columns of lists of dossiers: those of the register without what is sealed, and what follows from it.
#[must_use]
pub fn listed() -> Vec<Column> {
    let mut columns = shown(COLUMNS);
    columns.extend(FOLLOWING);
    columns
}

/// A dossier as a row of a list with the columns of [`listed`]. What officials wrote concurrently stands side by side.
#[must_use]
pub fn row(dossier: &DossierView, beside: &Beside<'_>) -> Vec<Entry> {
    fn entry<T: ToString + PartialEq>(field: &Field<T>, one: impl Fn(&T) -> Entry) -> Entry {
        field.one().map_or_else(|| Entry::text(written(field)), one)
    }
    let word = |section: &str, word: &str| Entry::Word {
        section: format!("records.{section}"),
        word: word.to_owned(),
    };
    let text = |field: &Field<String>| Entry::text(written(field));
    let name = |name: &str| Entry::text(name.to_owned());
    let day = |time: Option<Time>| day(time).map_or(Entry::Empty, Entry::Day);
    let of = |column: &Column| match column.name {
        "code" => text(&dossier.code),
        "procedure_code" => text(&dossier.procedure),
        "procedure" => {
            let code = dossier.procedure.one();
            code.and_then(|code| beside.procedures.get(code))
                .map_or(Entry::Empty, |title| name(title))
        }
        "receiving" => name(beside.receiving),
        "competent" => name(beside.competent),
        "residence" => name(beside.residence),
        "province" => text(&dossier.province),
        "channel" => entry(&dossier.channel, |channel| word("channel", channel.as_str())),
        "received" => day(dossier.received.distinct().into_iter().min().copied()),
        "due" => day(promised(dossier, beside.clock, beside.days)),
        "ended" => day(beside.clock.ended),
        "returned" => day(dossier.returned()),
        "status" => entry(&dossier.status, |status| word("dossier_status", status.as_str())),
        "punctuality" => word("punctuality", beside.punctuality),
        "decision_number" => text(&dossier.decision_number),
        "decision_day" => entry(&dossier.decision_day, |day| Entry::Day(*day)),
        "result" => name(result(dossier)),
        "papers" => Entry::Count(u64::try_from(dossier.papers.len()).unwrap_or(u64::MAX)),
        "fee" => entry(&dossier.fee, |fee| Entry::Sum(*fee)),
        "paid" => Entry::Sum(dossier.paid()),
        "assisted_by" => text(&dossier.assisted_by),
        "remark" => name(remark(dossier)),
        _ => Entry::Empty,
    };
    listed().iter().map(of).collect()
}
