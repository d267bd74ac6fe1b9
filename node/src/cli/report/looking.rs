//! What the reports on the data, on names and on conflicts are made of.

use std::collections::BTreeMap;

use soxa_lang::fold;
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::asset::AssetView;
use soxa_records::conflict::{Conflict, ConflictKind};
use soxa_records::dossier::view::DossierView;
use soxa_records::person::programme::Programme;
use soxa_records::person::view::PersonView;
use soxa_records::reference::ReferenceTable;
use soxa_records::unit::UnitStage;
use soxa_records::unit::view::UnitView;
use soxa_views::quality::QualityRow;
use soxa_views::structure::{Called, WrittenName};
use soxa_views::sync::ConflictRow;

use super::reading::Reading;
use super::records::{self, Named};
use crate::cli::reference::Published;
use crate::cli::session::{Read, Units};
use crate::control::protocol::{Reply, Request};
use crate::failure::Failure;

impl Reading<'_> {
    /// The programmes as the province publishes them until the day, also those that are over, each with its first day.
    pub fn programmes(&mut self) -> Result<Vec<(Date, Programme)>, Failure> {
        let published = Published::read(self.session)?;
        let mut found = Vec::new();
        for reference in published.of_table(ReferenceTable::Programme) {
            let versions = reference.view.versions.iter().map(|(_, version)| version);
            let known = versions.filter(|version| version.from <= self.asked.day);
            let known: Vec<_> = known.collect();
            let first = known.iter().map(|version| version.from).min();
            let last = known.iter().max_by_key(|version| version.from);
            // One that cannot be read says of nobody that they are counted apart.
            if let (Some(first), Some(Ok(last))) = (first, last.map(|last| Programme::read(last))) {
                found.push((first, last));
            }
        }
        Ok(found)
    }

    /// The names of units that stand in dossiers: who holds the originals of papers.
    pub fn written_names(&mut self) -> Result<Vec<WrittenName>, Failure> {
        let units = self.session.units()?;
        let mut written = Vec::new();
        let mut means: BTreeMap<String, Called> = BTreeMap::new();
        let dossiers = self.views("dossier", DossierView::of, records::dossier)?;
        for (record, view) in dossiers {
            let offices = [view.receiving, view.competent].into_iter().flatten();
            let offices: Vec<RecordId> = offices.chain(view.forwarded.iter().copied()).collect();
            for name in view.papers.iter().map(|paper| &paper.component.original_held_by) {
                let means = *means.entry(name.clone()).or_insert_with(|| called(&units, name));
                written.push(WrittenName {
                    record,
                    units: offices.clone(),
                    name: name.clone(),
                    means,
                });
            }
        }
        Ok(written)
    }

    /// The conflicts that nobody has settled.
    pub fn conflicts(&mut self) -> Result<Vec<ConflictRow>, Failure> {
        let client = self.session.client()?;
        let reports = match client.call(Request::Conflicts)? {
            Reply::Conflicts(reports) => reports,
            other => return Err(client.other_reply(&other)),
        };
        let mut rows = Vec::new();
        for report in reports {
            let record = report.record.parse().ok();
            if let Some(record) = record.filter(|_| report.what != ConflictKind::Ruled.as_str()) {
                if let (Some(names), Some(kind)) = (&mut self.names, known_kind(&report.kind)) {
                    names.insert(record, Named::new(kind, report.name, String::new()));
                }
                rows.push(ConflictRow {
                    record,
                    what: report.what,
                });
            }
        }
        Ok(rows)
    }

    /// What there is to say of the data in units, people, assets and dossiers.
    pub fn quality(&mut self) -> Result<Vec<(RecordId, QualityRow)>, Failure> {
        let mut rows = Vec::new();
        for kind in ["unit", "person", "asset", "dossier"] {
            let (day, names) = (self.asked.day, &mut self.names);
            self.session.each(kind, |read| {
                let Some((row, name)) = row_of(&read, day) else {
                    return;
                };
                if let Some(names) = names {
                    names.insert(read.id, name);
                }
                rows.extend(row.map(|row| (read.id, row)));
            })?;
        }
        Ok(rows)
    }
}

/// The row of a record, where it is at work, and what the record is called.
fn row_of(read: &Read, day: Date) -> Option<(Option<QualityRow>, Named)> {
    let state = &read.state;
    let disputed = Conflict::all_of(state).iter().any(Conflict::is_open);
    if let Some(view) = AssetView::of(state) {
        return Some((QualityRow::asset(&view, disputed, fold), records::asset(&view)));
    }
    if let Some(view) = PersonView::of(state) {
        let row = QualityRow::person(&view, disputed, day, fold);
        return Some((row, records::person(&view)));
    }
    if let Some(view) = DossierView::of(state) {
        let row = QualityRow::dossier(&view, disputed, fold);
        return Some((Some(row), records::dossier(&view)));
    }
    let view = UnitView::of(state)?;
    let named = Named::new("unit", view.names().join(" / "), view.codes().join(" "));
    Some((QualityRow::unit(read.id, &view, disputed, fold), named))
}

fn known_kind(kind: &str) -> Option<&'static str> {
    let kind: soxa_records::RecordKind = kind.parse().ok()?;
    Some(kind.as_str())
}

/// Whom a name means: a unit that is called so today, with or without the word for the kind of place; one that was.
fn called(units: &Units, name: &str) -> Called {
    let Ok(id) = units.named(name) else {
        return Called::Nobody;
    };
    let view = units.get(&id).filter(|view| view.stage != UnitStage::Closed);
    let wanted = fold(name.trim());
    let is_now = view.is_some_and(|view| {
        view.names().iter().any(|own| fold(own).ends_with(&wanted)) || view.codes().contains(&name.trim())
    });
    match is_now {
        true => Called::Now,
        false => Called::Formerly,
    }
}
