//! A report as one object for programs: plain numbers, whole ids, RFC 3339.

use serde_json::{Map, Value, json};
use soxa_views::{Amount, Behind, Breakdown, Figure};

use super::told::Told;
use super::words::machine;
use crate::clock;

impl Told {
    /// The whole report.
    pub fn json(&self) -> Value {
        let period = self.asked.period;
        let day = |day: Option<soxa_records::Date>| day.map(|day| day.to_string());
        let silent = self.silent.iter().map(|one| {
            json!({ "node": one.node, "name": one.name, "unit": one.unit, "last_heard": one.last_ms.map(clock::machine) })
        });
        let breakdown = |breakdown: &Breakdown| {
            let lines = breakdown.lines.iter().map(|line| {
                let figures: Vec<Value> = line
                    .figures
                    .iter()
                    .map(|figure| self.figure_json(figure))
                    .collect();
                json!({
                    "group": machine(&line.group),
                    "name": self.name(breakdown.by, &line.group),
                    "figures": figures,
                })
            });
            json!({
                "by": breakdown.by.as_str(),
                "sums_to_hundred": !breakdown.rounding_shows(),
                "lines": lines.collect::<Vec<_>>(),
            })
        };
        json!({
            "schema": format!("soxa.report.{}/1", self.report.kind.as_str()),
            "unit": self.unit.map(|unit| unit.to_string()),
            "unit_name": self.unit.map(|unit| self.units.name(&unit)),
            "day": self.asked.day.to_string(),
            "as_of": clock::machine(self.asked.as_of.0),
            "from": day(period.from),
            "until": day(period.until),
            "dossiers_of": self.own,
            "not_heard_since": silent.collect::<Vec<_>>(),
            "figures": self.report.figures.iter().map(|figure| self.figure_json(figure)).collect::<Vec<_>>(),
            "breakdowns": self.report.breakdowns.iter().map(breakdown).collect::<Vec<_>>(),
        })
    }

    fn figure_json(&self, figure: &Figure) -> Value {
        let rounded = figure
            .amount
            .rounded()
            .and_then(|rounded| rounded.to_string().parse::<f64>().ok());
        let mut object = Map::new();
        object.insert("figure".to_owned(), json!(figure.name.as_str()));
        object.insert("base".to_owned(), json!(figure.base.as_str()));
        let (value, of, percent) = match figure.amount {
            Amount::Count(count) | Amount::Days(count) => (json!(count), None, None),
            Amount::Difference(difference) => (json!(difference), None, None),
            Amount::Dong(dong) => (whole(dong), None, None),
            Amount::Share { part, of, .. } => (json!(part), Some(json!(of)), Some(json!(rounded))),
            Amount::Mean { sum, over, .. } => {
                object.insert("sum".to_owned(), whole(sum));
                (json!(rounded), Some(json!(over)), None)
            }
        };
        object.insert("value".to_owned(), value);
        object.extend(of.map(|of| ("of".to_owned(), of)));
        object.extend(percent.map(|percent| ("percent".to_owned(), percent)));
        if self.names.is_some() {
            let record = |behind: &Behind| {
                let named = self.named(behind.record);
                json!({ "id": behind.record.to_string(), "kind": named.kind, "name": named.name, "says": behind.says })
            };
            let records: Vec<Value> = figure.behind.iter().map(record).collect();
            object.insert("records".to_owned(), Value::Array(records));
        }
        Value::Object(object)
    }
}

fn whole(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| json!(number.to_string()), |number| json!(number))
}
