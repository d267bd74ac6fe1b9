//! Second act: the old units write down what they have and whom, from tables, as a real inventory would.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cast::Official;
use super::error::DemoError;
use super::people::Person;
use super::process::side_by_side;
use super::scenario::{Asset, CentreHead, OldUnit};
use super::stage::{NodeIndex, Stage};
use super::story::Story;
use super::tables;

/// The records that were made: inventory codes and names to record ids.
#[derive(Debug, Default)]
pub struct Inventory {
    assets: BTreeMap<String, String>,
    persons: BTreeMap<String, String>,
}

impl Inventory {
    /// The record of an asset.
    ///
    /// # Errors
    /// When there is none: a defect of the play.
    pub fn asset(&self, code: &str) -> Result<&str, DemoError> {
        let found = self.assets.get(code).map(String::as_str);
        found.ok_or_else(|| DemoError::Unexpected(format!("no asset {code}")))
    }

    /// The record of a person.
    ///
    /// # Errors
    /// When there is none: a defect of the play.
    pub fn person(&self, name: &str) -> Result<&str, DemoError> {
        let found = self.persons.get(name).map(String::as_str);
        found.ok_or_else(|| DemoError::Unexpected(format!("no person {name}")))
    }
}

/// Registers assets and staff of all old units at the province's node, and the vice-chairs in their communes.
///
/// # Errors
/// When an act fails.
pub fn play(story: &Story<'_>) -> Result<Inventory, DemoError> {
    let Story {
        stage,
        scenario,
        cast,
        places,
        voice,
        ..
    } = *story;
    let mut jobs = Vec::new();
    for (number, (unit, head)) in scenario.old_units.iter().zip(&cast.old_heads).enumerate() {
        jobs.push(Job::assets(stage, head, unit, &scenario.assets_of(number))?);
        let (staff, field) = (scenario.staff_from(number), unit.field.word());
        jobs.push(Job::persons(stage, 0, head, &unit.code, field, &staff)?);
    }
    for place in places {
        if let CentreHead::InCharge(person) = &place.commune.centre_head {
            let (head, code) = (&place.cast.head, &place.commune.code);
            jobs.push(Job::persons(
                stage,
                place.node,
                head,
                code,
                VICE_CHAIR_FIELD,
                &[person],
            )?);
        }
    }
    let answers = side_by_side(&jobs, |job| job.run(stage))?;
    let mut inventory = Inventory::default();
    for (job, answer) in jobs.iter().zip(answers) {
        let ids = created(&answer);
        if ids.len() != job.names.len() {
            return Err(DemoError::Unexpected(format!(
                "{} records from {}",
                ids.len(),
                job.table
            )));
        }
        let records = job.names.iter().cloned().zip(ids);
        match job.kind {
            Imported::Assets => inventory.assets.extend(records),
            Imported::Persons => inventory.persons.extend(records),
        }
    }
    stage.settle()?;
    let (assets, people) = (inventory.assets.len() as u64, inventory.persons.len() as u64);
    voice.tell(
        "demo.registered",
        &[
            ("assets", &voice.number(assets)),
            ("people", &voice.number(people)),
        ],
    );
    Ok(inventory)
}

/// The class of all staff, as a word of the records.
const STAFF_CLASS: &str = "public_employee";
/// The field of work of somebody who leads a commune, as a word of the records.
const VICE_CHAIR_FIELD: &str = "other";
/// The columns of a table of assets.
const ASSET_COLUMNS: [&str; 9] = [
    "code",
    "name",
    "category",
    "quantity",
    "measure",
    "cost",
    "in_use_year",
    "condition",
    "site",
];

/// What a table is imported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Imported {
    Assets,
    Persons,
}

/// One table to be imported by one official at one node.
struct Job<'a> {
    kind: Imported,
    node: NodeIndex,
    official: &'a Official,
    unit: &'a str,
    table: String,
    names: Vec<String>,
}

impl<'a> Job<'a> {
    fn assets(
        stage: &Stage,
        official: &'a Official,
        unit: &'a OldUnit,
        assets: &[&Asset],
    ) -> Result<Self, DemoError> {
        let row = |asset: &&Asset| {
            let (quantity, cost, year) = (
                asset.quantity.to_string(),
                asset.cost.to_string(),
                asset.in_use_year.to_string(),
            );
            let texts = [
                &asset.code,
                &asset.name,
                &asset.category,
                &quantity,
                &asset.measure,
            ];
            let rest = [&cost, &year, &asset.condition, &unit.name];
            texts.into_iter().chain(rest).cloned().collect::<Vec<String>>()
        };
        let name = format!("{}-assets", unit.code);
        Ok(Self {
            kind: Imported::Assets,
            node: 0,
            official,
            unit: &unit.code,
            table: tables::write(stage, &name, &ASSET_COLUMNS, assets.iter().map(row))?,
            names: assets.iter().map(|asset| asset.code.clone()).collect(),
        })
    }

    fn persons(
        stage: &Stage,
        node: NodeIndex,
        official: &'a Official,
        unit: &'a str,
        field: &str,
        people: &[&Person],
    ) -> Result<Self, DemoError> {
        let row = |p: &&Person| vec![p.name.clone(), p.birth_year.to_string(), field.to_owned()];
        let name = format!("{unit}-people");
        let headings = ["name", "birth_year", "field"];
        Ok(Self {
            kind: Imported::Persons,
            node,
            official,
            unit,
            table: tables::write(stage, &name, &headings, people.iter().map(row))?,
            names: people.iter().map(|person| person.name.clone()).collect(),
        })
    }

    fn run(&self, stage: &Stage) -> Result<Value, DemoError> {
        let (kind, more): (&str, &[&str]) = match self.kind {
            Imported::Assets => ("assets", &[]),
            Imported::Persons => ("persons", &["--class", STAFF_CLASS]),
        };
        let args = ["import", kind, &self.table, "--unit", self.unit];
        stage.act(self.node, &self.official.key, &[&args, more].concat())
    }
}

/// The ids of the records that an act created, in the order of its operations.
pub fn created(answer: &Value) -> Vec<String> {
    let stored = answer["stored"].as_array().into_iter().flatten();
    let ids = stored.flat_map(|commit| commit["created"].as_array().into_iter().flatten());
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// The ids of the commits that an act was answered "stored" for.
pub fn stored(answer: &Value) -> Vec<String> {
    let stored = answer["stored"].as_array().into_iter().flatten();
    stored
        .filter_map(|commit| commit["id"].as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use soxa_records::person::{PersonClass, WorkField};

    use super::super::scenario::Field;

    use super::*;

    #[test]
    fn fields_and_classes_are_words_of_the_records() {
        assert!(STAFF_CLASS.parse::<PersonClass>().is_ok());
        for word in Field::ALL.map(Field::word).into_iter().chain([VICE_CHAIR_FIELD]) {
            assert!(word.parse::<WorkField>().is_ok(), "{word}");
        }
    }

    #[test]
    fn answers_name_what_was_created_in_order() {
        let answer = serde_json::json!({
            "schema": "soxa.stored/1",
            "stored": [{ "id": "c1", "created": ["a", "b"] }, { "id": "c2", "created": ["c"] }],
        });
        assert_eq!(created(&answer), ["a", "b", "c"]);
        assert_eq!(stored(&answer), ["c1", "c2"]);
        assert!(created(&Value::Null).is_empty());
    }
}
