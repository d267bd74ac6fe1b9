//! Acts on units in plain words.

use soxa_lang::{Lang, text};
use soxa_ledger::{NodeKey, RecordId};
use soxa_records::unit::{Extent, UnitOperation};

use super::said::Said;
use super::{Names, day, label};

/// An act on a unit.
pub fn of_unit(lang: Lang, names: &Names<'_>, record: &str, operation: &UnitOperation) -> String {
    let word = |section: &str, word: &str| text(lang, &format!("records.{section}.{word}"), &[]);
    let or_dash = |text: &str| {
        if text.is_empty() {
            "–".to_owned()
        } else {
            text.to_owned()
        }
    };
    let say = |key: &str, values: &[(&str, &dyn std::fmt::Display)]| {
        let values = [&[("record", &record as &dyn std::fmt::Display)], values].concat();
        text(lang, key, &values)
    };
    let mut said = Said::new(lang, names);
    match operation {
        UnitOperation::Register(unit) => {
            let parent = unit.path.last().map(names).unwrap_or_default();
            return say(
                "preview.act.unit_register",
                &[
                    ("kind", &word("unit_kind", unit.kind.as_str())),
                    ("name", &unit.name),
                    ("code", &or_dash(unit.code.as_deref().unwrap_or_default())),
                    ("parent", &parent),
                ],
            );
        }
        UnitOperation::Set(unit) => {
            return say(
                "preview.act.set",
                &[
                    ("field", &label(lang, unit.field.as_str())),
                    ("value", &unit.value),
                ],
            );
        }
        UnitOperation::Open(open) => {
            let date = open.date.map(day).unwrap_or_default();
            let basis = or_dash(&open.basis);
            return say(
                "preview.act.unit_open",
                &[("date", &or_dash(&date)), ("basis", &basis)],
            );
        }
        UnitOperation::Close(close) => {
            let successor = |unit: &RecordId, extent: Extent| match extent {
                Extent::Whole => names(unit),
                Extent::Portion => format!("{} ({})", names(unit), word("extent", extent.as_str())),
            };
            let successors = close.successors.iter();
            let successors: Vec<String> = successors.map(|one| successor(&one.unit, one.extent)).collect();
            return say(
                "preview.act.unit_close",
                &[
                    ("date", &day(close.date)),
                    ("successors", &successors.join(", ")),
                    ("basis", &or_dash(&close.basis)),
                ],
            );
        }
        UnitOperation::Rename(rename) => {
            if let Some(kind) = rename.kind {
                said.word("kind", "unit_kind", kind.as_str());
            }
            said.add("name", rename.name.as_deref().unwrap_or_default());
            said.add("code", rename.code.as_deref().unwrap_or_default());
            said.day("from", Some(rename.from));
            said.add("basis", &rename.basis);
        }
        UnitOperation::Alias(alias) => {
            said.add("name", alias.name.as_deref().unwrap_or_default());
            said.add("code", alias.code.as_deref().unwrap_or_default());
            said.add("list", &alias.list);
            said.day("from", alias.from);
            said.day("until", alias.until);
        }
        UnitOperation::Lineage(lineage) => {
            said.unit("successor", &lineage.unit);
            said.word("extent", "extent", lineage.extent.as_str());
            said.day("day", Some(lineage.date));
            said.add("basis", &lineage.basis);
        }
        UnitOperation::Note(note) => {
            said.word("topic", "note_topic", note.topic.as_str());
            said.add("name", &note.name);
            said.day("from", note.from);
            said.day("until", note.until);
            said.add("note", &note.text);
            said.hash("document", note.document.as_ref());
        }
        UnitOperation::Numbers(numbers) => {
            said.add("node", &NodeKey(numbers.node).short());
            if let Some(block) = &numbers.block {
                said.add("number", &format!("{}–{}", block.first, block.last));
            }
        }
    }
    said.sentence(record, operation.act())
}
