//! Handovers as rows of a list. They are never imported: only their parties' signatures make them. Tables say what goes to whom
//! ([`going`]) and what was counted ([`counted`]).

pub mod counted;
pub mod going;

use soxa_records::handover::view::HandoverView;

use crate::columns::{Column, Form, column};
use crate::write::Entry;

/// The columns of a list of handovers.
pub const COLUMNS: &[Column] = &[
    column("id", "records.field.id", Form::Text, &[]),
    column("kind", "records.field.kind", Form::Text, &[]),
    column("date", "records.field.date", Form::Day, &[]),
    column("giver", "records.field.giver", Form::Text, &[]),
    column("receiver", "records.field.receiver", Form::Text, &[]),
    column("witness", "records.field.witness", Form::Text, &[]),
    column("state", "records.field.state", Form::Text, &[]),
    column("lines", "cli.label.lines", Form::Count, &[]),
    column("moved", "cli.label.lines_moved", Form::Count, &[]),
    column("cost", "records.field.cost", Form::Money, &[]),
    column("place", "records.field.place", Form::Text, &[]),
    column("basis", "records.field.legal_basis", Form::Text, &[]),
];

/// A handover as a row of a list with these columns; `id` are the digits that people know it by.
#[must_use]
pub fn row(id: &str, handover: &HandoverView) -> Vec<Entry> {
    let word = |section: &str, word: &str| Entry::Word {
        section: format!("records.{section}"),
        word: word.to_owned(),
    };
    let count = |count: usize| Entry::Count(u64::try_from(count).unwrap_or(u64::MAX));
    let cost = handover.lines.iter().map(|line| line.content.cost);
    let of = |column: &Column| match column.name {
        "id" => Entry::text(id.to_owned()),
        "kind" => word("handover_kind", handover.kind.as_str()),
        "date" => Entry::Day(handover.date),
        "giver" => Entry::text(handover.giver.name.clone()),
        "receiver" => Entry::text(handover.receiver.name.clone()),
        "witness" => Entry::text(
            handover
                .witness
                .as_ref()
                .map(|one| one.name.clone())
                .unwrap_or_default(),
        ),
        "state" => word("handover_state", handover.stage.as_str()),
        "lines" => count(handover.lines.len()),
        "moved" => count(handover.lines.iter().filter(|line| line.moved).count()),
        "cost" => Entry::Sum(cost.clone().fold(0, i64::saturating_add)),
        "place" => Entry::text(handover.place.clone()),
        "basis" => Entry::text(handover.basis.clone()),
        _ => Entry::Empty,
    };
    COLUMNS.iter().map(of).collect()
}
