//! The words of a report: of its figures, bases and groups, and the order of its lines.

use soxa_lang::{Lang, text};
use soxa_views::{By, Group};

use crate::cli::fields;
use crate::cli::session::Units;

/// The sentence of a word of reports.
pub fn sentence(lang: Lang, section: &str, word: &str) -> String {
    text(lang, &format!("reports.{section}.{word}"), &[])
}

/// Days and what is named first, then what is disputed and what is not said.
pub fn place(group: &Group) -> (u8, Option<soxa_records::Date>) {
    match group {
        Group::Day(day) => (0, Some(*day)),
        Group::Unit(_) | Group::Word(_) | Group::Text(_) => (0, None),
        Group::Disputed => (1, None),
        Group::None => (2, None),
    }
}

/// A line's group for programs; none where nothing is said.
pub fn machine(group: &Group) -> Option<String> {
    match group {
        Group::Unit(unit) => Some(unit.to_string()),
        Group::Word(word) => Some((*word).to_owned()),
        Group::Text(text) => Some(text.clone()),
        Group::Day(day) => Some(day.to_string()),
        Group::Disputed => Some("disputed".to_owned()),
        Group::None => None,
    }
}

/// A line's group for people.
pub fn group_name(lang: Lang, units: &Units, by: By, group: &Group) -> String {
    let words = |word: &str| match section(by) {
        Some(section) => fields::translation(lang, section, word),
        None => word.to_owned(),
    };
    match group {
        Group::Unit(unit) => units.name(unit),
        Group::Word(word) => words(word),
        Group::Text(text) => words(text),
        Group::Day(day) => fields::day(*day),
        Group::Disputed if by == By::Unit => text(lang, "cli.report.contested", &[]),
        Group::Disputed => text(lang, "cli.report.disputed", &[]),
        Group::None if by == By::Rating => text(lang, "cli.report.not_rated", &[]),
        Group::None => text(lang, "cli.report.not_said", &[]),
    }
}

/// Where the words of a breakdown's groups are translated.
fn section(by: By) -> Option<&'static str> {
    Some(match by {
        By::UnitKind => "records.unit_kind",
        By::AssetState => "records.asset_state",
        By::Class => "records.person_class",
        By::Field | By::SecondmentField => "records.work_field",
        By::Rating => "records.rating",
        By::Ground => "records.ground",
        By::HandoverKind => "records.handover_kind",
        By::Stage => "records.handover_state",
        By::Status => "records.dossier_status",
        By::Role => "records.role",
        By::Cause => "records.lateness",
        By::InventoryStage => "records.inventory_stage",
        By::RecordKind => "records.kind",
        By::LackingField => "records.field",
        By::Conflict => "verdicts.conflict",
        By::Unit
        | By::QuotaUnit
        | By::Programme
        | By::Host
        | By::Rule
        | By::ClosedUnit
        | By::Category
        | By::Condition
        | By::AssetClass
        | By::WaitingFor
        | By::Procedure
        | By::OriginalHeldBy
        | By::Province
        | By::Register
        | By::Day => return None,
    })
}

#[cfg(test)]
mod tests {
    use soxa_views::{Base, Name, ReportKind};

    use super::*;

    /// Words are looked up by keys that are made while the program runs, which no other test sees.
    #[test]
    fn every_word_of_a_report_has_its_sentence() {
        let words = [
            (
                "kind",
                ReportKind::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
            ),
            ("figure", Name::ALL.iter().map(|one| one.as_str()).collect()),
            ("base", Base::ALL.iter().map(|one| one.as_str()).collect()),
            ("by", By::ALL.iter().map(|one| one.as_str()).collect()),
        ];
        let keys = words.into_iter().flat_map(|(section, words)| {
            words
                .into_iter()
                .map(move |word| format!("reports.{section}.{word}"))
        });
        let mut keys: std::collections::BTreeSet<String> = keys.collect();
        let known = soxa_lang::keys(Lang::En)
            .into_iter()
            .filter(|key| key.starts_with("reports."));
        let known: std::collections::BTreeSet<String> = known.collect();
        let missing: Vec<_> = keys.difference(&known).cloned().collect();
        assert!(missing.is_empty(), "no sentence for {missing:?}");
        keys = known.difference(&keys).cloned().collect();
        assert!(keys.is_empty(), "nothing says {keys:?}");
    }
}
