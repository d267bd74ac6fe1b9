//! `soxa conflicts`: things of which not all can hold, each with who signed it and how it is settled. Nothing is decided here.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use soxa_lang::{Lang, text};
use soxa_records::Value;
use soxa_records::conflict::ConflictKind;

use super::verify::{forks, splits};
use super::{ReadArgs, Session, fields};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{CheckpointReport, ConflictReport, ForkReport, SaidReport, SideReport};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, short};

/// `soxa conflicts`.
#[derive(Debug, Args)]
pub struct ConflictsArgs {
    /// A folder for the proofs of forks and split views.
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// The columns of the list of conflicts.
pub const COLUMNS: [(&str, &str); 6] = [
    ("id", "records.field.id"),
    ("kind", "records.field.kind"),
    ("name", "records.field.name"),
    ("what", "cli.label.conflict"),
    ("sides", "cli.label.sides"),
    ("settle", "cli.label.settle"),
];

/// What officials or nodes did differently.
pub struct Conflicts {
    reports: Vec<ConflictReport>,
    forks: Vec<ForkReport>,
    split_views: Vec<CheckpointReport>,
}

/// Shows what officials or nodes did differently, and what was ruled on it. Only what is not settled is a finding.
pub fn conflicts(args: &ConflictsArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let found = Conflicts::read(session)?;
    args.read.print_listing(lang, &found.listed(lang))?;
    if let Some(folder) = &args.proofs {
        forks::write(lang, &found.forks, folder)?;
        let split_views: Vec<_> = found.split_views.iter().collect();
        splits::write(lang, &split_views, folder)?;
    }
    let mut reports = found.reports.iter();
    let open = reports.any(|report| report.what != ConflictKind::Ruled.as_str());
    Ok(
        if open || !found.forks.is_empty() || !found.split_views.is_empty() {
            Exit::Findings
        } else {
            Exit::Done
        },
    )
}

impl Conflicts {
    /// Asks the daemon.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn read(session: &mut Session) -> Result<Self, Failure> {
        let client = session.client()?;
        let reports = match client.call(Request::Conflicts)? {
            Reply::Conflicts(reports) => reports,
            other => return Err(client.other_reply(&other)),
        };
        let (forks, mut checkpoints) = match client.call(Request::Status)? {
            Reply::Status(report) => (report.forks, report.checkpoints),
            other => return Err(client.other_reply(&other)),
        };
        checkpoints.retain(|log| !log.split_view.is_empty());
        Ok(Self {
            reports,
            forks,
            split_views: checkpoints,
        })
    }

    /// One row for each.
    pub fn listed(&self, lang: Lang) -> Listing {
        let mut listing = Listing::new("conflicts", &COLUMNS);
        for report in &self.reports {
            listing.push(vec![
                Cell::id(&report.record),
                fields::translated(lang, "records.kind", &report.kind),
                Cell::text(report.name.clone()),
                fields::translated(lang, "verdicts.conflict", &report.what),
                sides(lang, &report.sides),
                Cell::text(way_out(lang, report)),
            ]);
        }
        for fork in &self.forks {
            listing.push(vec![
                Cell::id(&fork.feed),
                fields::translated(lang, "records.kind", "feed"),
                Cell::text(fork.node.clone()),
                fields::translated(lang, "verdicts.conflict", "fork"),
                Cell::of(fork_words(lang, fork), json!([{ "says": { "seq": fork.seq } }])),
                Cell::text(text(lang, "verdicts.way_out.fork", &[])),
            ]);
        }
        for split in &self.split_views {
            let at = text(lang, "verdicts.conflict.split_at", &[("size", &split.snapshots)]);
            listing.push(vec![
                Cell::id(&split.node),
                fields::translated(lang, "records.kind", "checkpoint"),
                Cell::option(split.unit.clone()),
                fields::translated(lang, "verdicts.conflict", "split"),
                Cell::of(at, json!([{ "says": { "snapshots": split.snapshots } }])),
                Cell::text(text(lang, "verdicts.way_out.split", &[])),
            ]);
        }
        listing
    }
}

/// What stands against each other, a line a side.
fn sides(lang: Lang, sides: &[SideReport]) -> Cell {
    let shown: Vec<String> = sides.iter().map(|side| side_words(lang, side)).collect();
    let told: Vec<serde_json::Value> = sides.iter().map(side_data).collect();
    Cell::of(shown.join("\n"), json!(told))
}

fn side_words(lang: Lang, side: &SideReport) -> String {
    let said = side.says.iter().map(|(field, said)| {
        let shown = fields::value_text(lang, field, &value_of(said));
        match ["records.field", "cli.label"]
            .map(|section| format!("{section}.{field}"))
            .into_iter()
            .find(|key| soxa_lang::has(key))
        {
            Some(key) => format!("{}: {shown}", text(lang, &key, &[])),
            None => shown,
        }
    });
    let said = said.collect::<Vec<_>>().join(", ");
    match &side.signer {
        Some(signer) => {
            let at = clock::moment(signer.time_ms);
            format!("{said} ({}, {}, {at})", signer.person, signer.unit)
        }
        None => said,
    }
}

fn side_data(side: &SideReport) -> serde_json::Value {
    let says: serde_json::Map<String, serde_json::Value> = side
        .says
        .iter()
        .map(|(field, said)| {
            let value = match said {
                SaidReport::Text(text) => json!(text),
                SaidReport::Int(number) => json!(number),
                SaidReport::Bool(yes) => json!(yes),
            };
            (field.clone(), value)
        })
        .collect();
    let signer = side.signer.as_ref();
    json!({
        "operation": side.operation,
        "says": says,
        "signer": signer.map(|signer| &signer.person),
        "unit": signer.map(|signer| &signer.unit),
        "time": signer.map(|signer| clock::machine(signer.time_ms)),
    })
}

fn value_of(said: &SaidReport) -> Value {
    match said {
        SaidReport::Text(text) => Value::Text(text.clone()),
        SaidReport::Int(number) => Value::Int(*number),
        SaidReport::Bool(yes) => Value::Bool(*yes),
    }
}

fn says(report: &ConflictReport, field: &str) -> bool {
    let mut said = report.sides.iter().flat_map(|side| &side.says);
    said.any(|(name, _)| name == field)
}

/// How it is settled; empty when it is.
fn way_out(lang: Lang, report: &ConflictReport) -> String {
    let way = match report.what.as_str() {
        "contested_custody" | "unfounded_custody" => "ruling",
        "two_regular_posts" | "double_posting" => "posting",
        "called_off" if report.kind == "inventory" => "called_off_inventory",
        "double_code" if report.kind == "unit" => "double_code_unit",
        "field" if says(report, "outcome") => "outcome",
        "ruled" => return String::new(),
        other => other,
    };
    let id = short(&report.record);
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("id", &id), ("kind", &report.kind), ("name", &report.name)];
    text(lang, &format!("verdicts.way_out.{way}"), &values)
}

/// From where a feed is forked, and what of its branches is named and still to come.
fn fork_words(lang: Lang, fork: &ForkReport) -> String {
    let at = text(lang, "verdicts.conflict.fork_at", &[("seq", &fork.seq)]);
    match forks::awaited(lang, fork) {
        Some(entries) => {
            let awaited = text(lang, "verdicts.conflict.fork_awaited", &[("entries", &entries)]);
            format!("{at}; {awaited}")
        }
        None => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_conflict_has_its_words_and_its_way_out() {
        let across = [
            "two_regular_posts",
            "double_posting",
            "no_head",
            "double_code",
            "double_reference",
            "two_offers",
            "registered_twice",
        ];
        let within = ConflictKind::ALL.iter().map(|kind| kind.as_str());
        for what in within.chain(across) {
            assert!(soxa_lang::has(&format!("verdicts.conflict.{what}")), "{what}");
            let report = ConflictReport {
                what: what.to_owned(),
                record: "0123456789abcdef".to_owned(),
                kind: "asset".to_owned(),
                name: String::new(),
                sides: Vec::new(),
            };
            let way_out = way_out(Lang::En, &report);
            assert_eq!(way_out.is_empty(), what == "ruled", "{what}: {way_out}");
            assert!(!way_out.starts_with("verdicts."), "{way_out}");
        }
    }
}
