//! Dossiers as rows of a register (form 07 of Circular 03/2025/TT-VPCP). They are never imported: each is signed by who takes it
//! in. Who applied stands in no list: that is sealed.

use soxa_ledger::Time;
use soxa_records::dossier_view::{Clock, DossierView};
use soxa_records::working_days::day_of;

use crate::columns::{Column, Form, column};
use crate::write::Entry;

/// The columns of a register of dossiers.
pub const COLUMNS: &[Column] = &[
    column("code", "records.field.code", Form::Text, &[]),
    column("procedure", "cli.label.procedure", Form::Text, &[]),
    column("receiving", "cli.label.receiving", Form::Text, &[]),
    column("competent", "cli.label.competent", Form::Text, &[]),
    column("channel", "cli.label.channel", Form::Text, &[]),
    column("received", "cli.label.received", Form::Day, &[]),
    column("due", "cli.label.due", Form::Day, &[]),
    column("ended", "cli.label.ended", Form::Day, &[]),
    column("returned", "cli.label.returned", Form::Day, &[]),
    column("status", "cli.label.status", Form::Text, &[]),
    column("punctuality", "cli.label.punctuality", Form::Text, &[]),
    column("decision_number", "cli.label.decision_number", Form::Text, &[]),
    column("papers", "cli.label.papers", Form::Count, &[]),
    column("fee", "cli.label.fee", Form::Money, &[]),
    column("paid", "cli.label.paid", Form::Money, &[]),
    column("assisted_by", "cli.label.assisted_by", Form::Text, &[]),
];

/// What a row tells beside the dossier itself.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// What its clock shows.
    pub clock: &'a Clock,
    /// How it keeps its time: a word of `records.punctuality`.
    pub punctuality: &'a str,
    /// The name of the office that took it in.
    pub receiving: &'a str,
    /// The name of the office that decides.
    pub competent: &'a str,
}

/// A dossier as a row of a register with these columns. What officials wrote concurrently stands side by side.
#[must_use]
pub fn row(dossier: &DossierView, beside: &Beside<'_>) -> Vec<Entry> {
    let word = |section: &str, word: &str| Entry::Word {
        section: format!("records.{section}"),
        word: word.to_owned(),
    };
    let day = |time: Option<Time>| {
        let day = time.and_then(day_of).map(|(day, _)| day);
        day.map_or(Entry::Empty, Entry::Day)
    };
    let joined = |values: Vec<&String>| {
        let values: Vec<&str> = values.into_iter().map(String::as_str).collect();
        Entry::text(values.join(" / "))
    };
    let returned = dossier.acts.iter().find(|act| act.act == "dossier.return");
    let of = |column: &Column| match column.name {
        "code" => joined(dossier.code.distinct()),
        "procedure" => joined(dossier.procedure.distinct()),
        "receiving" => Entry::text(beside.receiving.to_owned()),
        "competent" => Entry::text(beside.competent.to_owned()),
        "channel" => dossier
            .channel
            .one()
            .map_or(Entry::Empty, |channel| word("channel", channel.as_str())),
        "received" => day(dossier.received.distinct().into_iter().min().copied()),
        "due" => day(beside.clock.due),
        "ended" => day(beside.clock.ended),
        "returned" => day(returned.and_then(|act| act.at)),
        "status" => match dossier.status.distinct().as_slice() {
            [status] => word("dossier_status", status.as_str()),
            several => {
                let words: Vec<&str> = several.iter().map(|status| status.as_str()).collect();
                Entry::text(words.join(" / "))
            }
        },
        "punctuality" => word("punctuality", beside.punctuality),
        "decision_number" => joined(dossier.decision_number.distinct()),
        "papers" => Entry::Count(u64::try_from(dossier.papers.len()).unwrap_or(u64::MAX)),
        "fee" => dossier.fee.one().map_or(Entry::Empty, |fee| Entry::Sum(*fee)),
        "paid" => Entry::Sum(dossier.paid()),
        "assisted_by" => joined(dossier.assisted_by.distinct()),
        _ => Entry::Empty,
    };
    COLUMNS.iter().map(of).collect()
}
