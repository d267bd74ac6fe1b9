//! What is about to be signed, in plain words: one sentence for each act, or counts and control totals for many.

mod assets;
mod dossiers;
mod inventories;
mod minutes;
mod said;
mod staff;
mod units;

use std::collections::BTreeMap;

use soxa_lang::{Lang, collated, money, number, text};
use soxa_ledger::RecordId;
use soxa_ledger::operation::{Operation, RecordRef};
use soxa_records::asset::AssetOperation;
use soxa_records::custody::Custody;
use soxa_records::handover::HandoverOperation;
use soxa_records::person::PersonOperation;
use soxa_records::{Date, TypedOperation, decode};

pub use minutes::{Signing, of_all_minutes, of_minutes};

/// Acts that are told one by one; more are told as counts and totals.
pub const TOLD_ONE_BY_ONE: usize = 12;

/// How a record is called.
pub type Names<'a> = dyn Fn(&RecordId) -> String + 'a;

/// The label of a field that an act writes. A sum says its đồng itself.
fn label(lang: Lang, field: &str) -> String {
    let key = match field {
        "site" => "place",
        "residual" => "residual_value",
        other => other,
    };
    let label = text(lang, &format!("records.field.{key}"), &[]);
    label.strip_suffix(" (đồng)").unwrap_or(&label).to_owned()
}

/// The acts of one or several commits.
pub fn of_operations(lang: Lang, names: &Names<'_>, operations: &[&Operation]) -> Vec<String> {
    if operations.len() <= TOLD_ONE_BY_ONE {
        return operations
            .iter()
            .map(|operation| of_operation(lang, names, operation))
            .collect();
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut assets, mut people, mut minutes) = (Totals::new(), Totals::new(), Totals::new());
    for operation in operations {
        *counts.entry(operation.kind.as_str()).or_default() += 1;
        match decode(&operation.kind, operation.version, &operation.body) {
            Ok(TypedOperation::Asset(AssetOperation::Register(asset))) => {
                add(&mut assets, asset.unit, 1, asset.cost.total());
            }
            Ok(TypedOperation::Person(PersonOperation::Register(person))) => {
                add(&mut people, person.unit, 1, 0);
            }
            Ok(TypedOperation::Handover(HandoverOperation::Draft(draft))) => {
                let cost = draft.lines.iter().map(|line| line.cost);
                let cost = cost.fold(0, i64::saturating_add);
                add(&mut minutes, draft.receiver.unit, draft.lines.len() as u64, cost);
            }
            _ => {}
        }
    }
    let mut told: Vec<String> = counts
        .iter()
        .map(|(kind, count)| {
            text(
                lang,
                "preview.count",
                &[("count", &number(lang, *count)), ("act", &act_name(lang, kind))],
            )
        })
        .collect();
    told.extend(of_totals(
        lang,
        names,
        &assets,
        ["preview.total_of_unit", "preview.total"],
    ));
    told.extend(of_totals(
        lang,
        names,
        &people,
        ["preview.people_of_unit", "preview.people"],
    ));
    told.extend(of_totals(
        lang,
        names,
        &minutes,
        ["preview.lines_for_unit", "preview.lines"],
    ));
    told
}

/// How many there are, and what they cost together in đồng, by unit.
type Totals = BTreeMap<RecordId, (u64, i64)>;

fn add(totals: &mut Totals, unit: RecordId, count: u64, cost: i64) {
    let total = totals.entry(unit).or_default();
    *total = (total.0 + count, total.1.saturating_add(cost));
}

/// One sentence for each unit, in the order of their names, and one for all of them.
fn of_totals(lang: Lang, names: &Names<'_>, totals: &Totals, keys: [&str; 2]) -> Vec<String> {
    let sentence = |key: &str, unit: &str, count: u64, cost: i64| {
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("unit", &unit),
            ("count", &number(lang, count)),
            ("cost", &money(lang, cost)),
        ];
        text(lang, key, &values)
    };
    let [of_unit, of_all] = keys;
    let mut units: Vec<(String, u64, i64)> = totals
        .iter()
        .map(|(unit, (count, cost))| (names(unit), *count, *cost))
        .collect();
    units.sort_by_cached_key(|(name, ..)| collated(name));
    let mut told: Vec<String> = units
        .iter()
        .map(|(name, count, cost)| sentence(of_unit, name, *count, *cost))
        .collect();
    if !totals.is_empty() {
        let count = totals.values().map(|(count, _)| count).sum();
        let cost = totals
            .values()
            .map(|(_, cost)| *cost)
            .fold(0, i64::saturating_add);
        told.push(sentence(of_all, "", count, cost));
    }
    told
}

/// The name of an act, for example "register an asset".
pub fn act_name(lang: Lang, kind: &str) -> String {
    let key = format!("preview.kind.{}", kind.replace('.', "_"));
    if soxa_lang::has(&key) {
        text(lang, &key, &[])
    } else {
        kind.to_owned()
    }
}

/// One act.
pub fn of_operation(lang: Lang, names: &Names<'_>, operation: &Operation) -> String {
    let record = match operation.record {
        RecordRef::Id(id) => names(&id),
        RecordRef::New => text(lang, "preview.new_record", &[]),
        RecordRef::Here(_) => text(lang, "preview.this_record", &[]),
    };
    match decode(&operation.kind, operation.version, &operation.body) {
        Ok(typed) => of_typed(lang, names, &record, &typed),
        Err(_) => text(
            lang,
            "preview.act.other",
            &[("kind", &operation.kind), ("record", &record)],
        ),
    }
}

/// One act on a record with this name.
pub fn of_typed(lang: Lang, names: &Names<'_>, record: &str, operation: &TypedOperation) -> String {
    let say = |key: &str, values: &[(&str, String)]| {
        let mut all: Vec<(&str, &dyn std::fmt::Display)> = vec![("record", &record)];
        all.extend(
            values
                .iter()
                .map(|(name, value)| (*name, value as &dyn std::fmt::Display)),
        );
        text(lang, key, &all)
    };
    let passes = |custody: &Custody| {
        let (giver, receiver) = (names(&custody.from), names(&custody.to));
        say("preview.act.custody", &[("giver", giver), ("receiver", receiver)])
    };
    match operation {
        TypedOperation::Unit(unit) => units::of_unit(lang, names, record, unit),
        TypedOperation::Roster(roster) => staff::of_roster(lang, names, record, roster),
        TypedOperation::Person(PersonOperation::Custody(custody)) => passes(custody),
        TypedOperation::Person(person) => staff::of_person(lang, names, record, person),
        TypedOperation::Asset(AssetOperation::Custody(custody)) => passes(custody),
        TypedOperation::Asset(asset) => assets::of_asset(lang, names, record, asset, operation.name()),
        TypedOperation::Handover(handover) => of_handover(lang, names, record, handover),
        TypedOperation::Inventory(act) => {
            inventories::of_inventory(lang, names, record, act, operation.name())
        }
        TypedOperation::Ruling(ruling) => say(
            "preview.act.ruling",
            &[("reason", ruling.ruling().reason.clone())],
        ),
        TypedOperation::Dossier(act) => dossiers::of_dossier(lang, names, record, act, operation.name()),
        TypedOperation::Decision(act) => dossiers::of_decision(lang, names, record, act, operation.name()),
        TypedOperation::Reference(act) => dossiers::of_reference(lang, names, record, act, operation.name()),
    }
}

fn of_handover(lang: Lang, names: &Names<'_>, record: &str, operation: &HandoverOperation) -> String {
    let say = |key: &str, values: &[(&str, String)]| {
        let mut all: Vec<(&str, &dyn std::fmt::Display)> = vec![("record", &record)];
        all.extend(
            values
                .iter()
                .map(|(name, value)| (*name, value as &dyn std::fmt::Display)),
        );
        text(lang, key, &all)
    };
    let count = |count: usize| number(lang, count);
    match operation {
        HandoverOperation::Draft(draft) if draft.corrects.is_some() => {
            let first = draft.corrects.map(|first| names(&first)).unwrap_or_default();
            say(
                "preview.act.handover_correct",
                &[
                    ("first", first),
                    ("giver", draft.giver.name.clone()),
                    ("receiver", draft.receiver.name.clone()),
                    ("lines", count(draft.lines.len())),
                ],
            )
        }
        HandoverOperation::Draft(draft) => {
            let cost: i64 = draft
                .lines
                .iter()
                .fold(0, |sum, line| sum.saturating_add(line.cost));
            say(
                "preview.act.handover_draft",
                &[
                    (
                        "kind",
                        text(lang, &format!("records.handover_kind.{}", draft.kind), &[]),
                    ),
                    ("giver", draft.giver.name.clone()),
                    ("receiver", draft.receiver.name.clone()),
                    ("lines", count(draft.lines.len())),
                    ("cost", money(lang, cost)),
                ],
            )
        }
        HandoverOperation::Offer(_) => say("preview.act.handover_offer", &[]),
        HandoverOperation::Count(counted) => say(
            "preview.act.handover_count",
            &[("lines", count(counted.rows.len()))],
        ),
        HandoverOperation::Accept(_) => say("preview.act.handover_accept", &[]),
        HandoverOperation::Refuse(refuse) => say(
            "preview.act.handover_refuse",
            &[("reason", refuse.reason.clone())],
        ),
        HandoverOperation::Withdraw(withdraw) => say(
            "preview.act.handover_withdraw",
            &[("reason", withdraw.reason.clone())],
        ),
        HandoverOperation::Witness(_) => say("preview.act.handover_witness", &[]),
        HandoverOperation::Effect(effect) => say(
            "preview.act.handover_effect",
            &[
                ("lines", count(effect.lines.len())),
                ("giver", names(&effect.giver)),
                ("receiver", names(&effect.receiver)),
            ],
        ),
    }
}

fn day(date: Date) -> String {
    soxa_lang::date(date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use soxa_ledger::operation::OpRef;
    use soxa_records::asset::AssetRegister;
    use soxa_records::compose::Composer;
    use soxa_records::person::{PersonClass, PersonRegister, WorkField};

    use super::*;

    fn registered(count: usize) -> Vec<Operation> {
        let mut composer = Composer::new();
        for n in 0..count {
            let unit = RecordId([u8::from(n % 2 == 1); 32]);
            composer.register_asset(AssetRegister {
                code: format!("B{n}"),
                measure: "cái".to_owned(),
                ..AssetRegister::new(unit, "Máy tính", 1_000_000)
            });
        }
        composer.finish().0
    }

    fn told(lang: Lang, count: usize) -> Vec<String> {
        let operations = registered(count);
        of_operations(
            lang,
            &|id| format!("unit {}", id.0[0]),
            &operations.iter().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn few_acts_are_told_one_by_one() {
        for lang in Lang::ALL {
            let told = told(lang, 2);
            assert_eq!(told.len(), 2);
            for part in ["B1", "Máy tính", "1 cái", "unit 1", &money(lang, 1_000_000)] {
                assert!(told[1].contains(part), "{part} in {}", told[1]);
            }
        }
    }

    #[test]
    fn many_acts_are_told_with_control_totals() {
        let told = told(Lang::Vi, 301);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].contains("301"), "{}", told[0]);
        assert!(
            told[1].contains("unit 0") && told[1].contains("151.000.000 đồng"),
            "{}",
            told[1]
        );
        assert!(told[3].contains("301.000.000 đồng"), "{}", told[3]);
    }

    #[test]
    fn many_people_and_minutes_have_totals_of_their_own() {
        let mut composer = Composer::new();
        for n in 0..20 {
            composer.register_person(PersonRegister {
                name: format!("Lò Văn {n}"),
                birth_year: None,
                class: PersonClass::Worker,
                field: WorkField::Culture,
                unit: RecordId([u8::from(n < 5); 32]),
            });
        }
        let operations = composer.finish().0;
        let operations: Vec<&Operation> = operations.iter().collect();
        // In the order of the units' names, not of their ids.
        let names = |id: &RecordId| {
            (if id.0[0] == 1 {
                "Mường Bú"
            } else {
                "Ngọc Chiến"
            })
            .to_owned()
        };
        let told = of_operations(Lang::Vi, &names, &operations);
        assert_eq!(
            told[1..],
            ["Mường Bú: 5 người", "Ngọc Chiến: 15 người", "Tổng cộng: 20 người"]
        );
    }

    #[test]
    fn an_act_of_a_newer_program_is_named_by_its_kind() {
        let mut operation = registered(1).remove(0);
        operation.version = 9;
        operation.parents = vec![OpRef::Here(0)];
        assert!(of_operation(Lang::En, &|_| String::new(), &operation).contains("asset.register"));
    }

    #[test]
    fn every_kind_of_operation_has_a_name() {
        for kind in TypedOperation::kinds() {
            assert!(
                soxa_lang::has(&format!("preview.kind.{}", kind.replace('.', "_"))),
                "{kind}"
            );
        }
    }
}
