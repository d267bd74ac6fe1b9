//! What is about to be signed, in plain words: one sentence for each act, or counts and control totals for many.

mod dossiers;
mod minutes;
mod said;
mod staff;
mod units;

use std::collections::BTreeMap;

use soxa_lang::{Lang, money, number, text};
use soxa_ledger::RecordId;
use soxa_ledger::operation::{Operation, RecordRef};
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::custody::Custody;
use soxa_records::handover::HandoverOperation;
use soxa_records::person::PersonOperation;
use soxa_records::{Date, TypedOperation, decode};

pub use minutes::of_minutes;

/// Acts that are told one by one; more are told as counts and totals.
const TOLD_ONE_BY_ONE: usize = 12;

/// How a record is called.
pub type Names<'a> = dyn Fn(&RecordId) -> String + 'a;

/// The acts of one or several commits.
pub fn of_operations(lang: Lang, names: &Names<'_>, operations: &[&Operation]) -> Vec<String> {
    if operations.len() <= TOLD_ONE_BY_ONE {
        return operations
            .iter()
            .map(|operation| of_operation(lang, names, operation))
            .collect();
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut units: BTreeMap<RecordId, (u64, i64)> = BTreeMap::new();
    let mut cost: i64 = 0;
    for operation in operations {
        *counts.entry(operation.kind.as_str()).or_default() += 1;
        let (unit, value) = match decode(&operation.kind, operation.version, &operation.body) {
            Ok(TypedOperation::Asset(AssetOperation::Register(asset))) => (asset.unit, asset.cost),
            Ok(TypedOperation::Person(PersonOperation::Register(person))) => (person.unit, 0),
            _ => continue,
        };
        cost = cost.saturating_add(value);
        let total = units.entry(unit).or_default();
        *total = (total.0 + 1, total.1.saturating_add(value));
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
    for (unit, (count, cost)) in &units {
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("unit", &names(unit)),
            ("count", &number(lang, *count)),
            ("cost", &money(lang, *cost)),
        ];
        told.push(text(lang, "preview.total_of_unit", &values));
    }
    if !units.is_empty() {
        let all: u64 = units.values().map(|(count, _)| count).sum();
        told.push(text(
            lang,
            "preview.total",
            &[("count", &number(lang, all)), ("cost", &money(lang, cost))],
        ));
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
    let set = |field: &str, value: String| {
        say(
            "preview.act.set",
            &[("field", field.to_owned()), ("value", value)],
        )
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
        TypedOperation::Asset(AssetOperation::Register(asset)) => say(
            "preview.act.asset_register",
            &[
                ("code", asset.code.clone()),
                ("name", asset.name.clone()),
                (
                    "quantity",
                    format!("{} {}", asset.quantity, asset.measure).trim().to_owned(),
                ),
                ("cost", money(lang, asset.cost)),
                ("unit", names(&asset.unit)),
            ],
        ),
        TypedOperation::Asset(AssetOperation::Set(setting)) => {
            let value = match setting {
                AssetSet::Quantity(quantity) => quantity.to_string(),
                AssetSet::Residual(dong) => money(lang, *dong),
                AssetSet::Condition(text)
                | AssetSet::Site(text)
                | AssetSet::Name(text)
                | AssetSet::Code(text)
                | AssetSet::Remark(text) => text.clone(),
            };
            set(setting.field(), value)
        }
        TypedOperation::Asset(AssetOperation::Custody(custody)) => passes(custody),
        TypedOperation::Handover(handover) => of_handover(lang, names, record, handover),
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
    use soxa_records::Quantity;
    use soxa_records::asset::AssetRegister;
    use soxa_records::compose::Composer;

    use super::*;

    fn registered(count: usize) -> Vec<Operation> {
        let mut composer = Composer::new();
        for n in 0..count {
            composer.register_asset(AssetRegister {
                code: format!("B{n}"),
                name: "Máy tính".to_owned(),
                category: String::new(),
                unit: RecordId([u8::from(n % 2 == 1); 32]),
                quantity: Quantity::whole(1),
                measure: "cái".to_owned(),
                cost: 1_000_000,
                residual: None,
                in_use_year: None,
                condition: String::new(),
                site: String::new(),
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
