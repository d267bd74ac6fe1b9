//! Units as rows of a list.

use soxa_ledger::RecordId;
use soxa_records::unit::Extent;
use soxa_records::unit::view::UnitView;
use soxa_records::{Date, Field};

use super::columns::COLUMNS;
use crate::columns::Column;
use crate::plan::written;
use crate::write::Entry;

/// A unit as rows of a list with these columns: one for each successor. `name` gives the code and name of another unit.
#[must_use]
pub fn rows(unit: &UnitView, name: impl Fn(RecordId) -> (String, String)) -> Vec<Vec<Entry>> {
    let parent = unit.path.last().map(|parent| name(*parent)).unwrap_or_default();
    let day = |days: &Field<Date>| days.one().map_or(Entry::Empty, |day| Entry::Day(*day));
    let word = |section: &str, word: String| Entry::Word {
        section: format!("records.{section}"),
        word,
    };
    let row = |successor: Option<((String, String), Extent)>| {
        let of = |column: &Column| match (column.name, &successor) {
            ("kind", _) => unit
                .kind
                .one()
                .map_or(Entry::Empty, |kind| word("unit_kind", kind.to_string())),
            ("name", _) => Entry::text(written(&unit.name)),
            ("code", _) => Entry::text(written(&unit.code)),
            ("parent_code", _) => Entry::text(parent.0.clone()),
            ("parent", _) => Entry::text(parent.1.clone()),
            ("opened", _) => day(&unit.opened),
            ("closed", _) => day(&unit.closed),
            ("basis", _) => Entry::text(written(&unit.basis)),
            ("successor_code", Some(((code, _), _))) => Entry::text(code.clone()),
            ("successor", Some(((_, name), _))) => Entry::text(name.clone()),
            ("extent", Some((_, extent))) => word("extent", extent.to_string()),
            _ => Entry::Empty,
        };
        COLUMNS.iter().map(of).collect::<Vec<_>>()
    };
    match unit.successors.as_slice() {
        [] => vec![row(None)],
        several => several
            .iter()
            .map(|one| row(Some((name(one.unit), one.extent))))
            .collect(),
    }
}
