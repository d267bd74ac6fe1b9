//! What records are called where a report lists those behind a figure.

use soxa_records::Field;
use soxa_records::asset::AssetView;
use soxa_records::dossier::view::DossierView;
use soxa_records::handover::view::HandoverView;
use soxa_records::inventory::view::InventoryView;
use soxa_records::person::view::PersonView;
use soxa_records::roster::view::RosterView;

use crate::cli::fields;
use crate::cli::session::{Units, shown};

/// A record's kind and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What it is.
    pub kind: &'static str,
    /// What people call it.
    pub name: String,
}

impl Named {
    /// A record with its code, if it has one.
    pub fn new(kind: &'static str, name: String, code: String) -> Self {
        let words = [code, name].into_iter().filter(|word| !word.is_empty());
        Self {
            kind,
            name: words.collect::<Vec<_>>().join(" "),
        }
    }
}

fn called(field: &Field<String>) -> String {
    shown(field.distinct())
}

/// A person.
pub fn person(view: &PersonView) -> Named {
    Named::new("person", called(&view.name), String::new())
}

/// An asset.
pub fn asset(view: &AssetView) -> Named {
    Named::new("asset", called(&view.name), called(&view.code))
}

/// A dossier.
pub fn dossier(view: &DossierView) -> Named {
    Named::new("dossier", String::new(), called(&view.code))
}

/// A handover: from whom to whom, and the day of its minutes.
pub fn handover(view: &HandoverView) -> Named {
    let parties = format!("{} → {}", view.giver.name, view.receiver.name);
    Named::new(
        "handover",
        format!("{parties}, {}", fields::day(view.date)),
        String::new(),
    )
}

/// An inventory: of whom, and the day of the books.
pub fn inventory(view: &InventoryView) -> Named {
    let name = format!("{}, {}", view.unit_name, fields::day(view.as_of));
    Named::new("inventory", name, String::new())
}

/// A roster: that of its unit.
pub fn roster(units: &Units, view: &RosterView) -> Named {
    let names: Vec<String> = view
        .unit
        .distinct()
        .into_iter()
        .map(|unit| units.name(unit))
        .collect();
    Named::new("roster", names.join(" / "), String::new())
}
