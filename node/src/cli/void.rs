//! `soxa void`: what has no effect, by whom and why; and giving it effect by adopting it.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use soxa_lang::text;
use soxa_ledger::limits::ADOPTED_COMMITS_MAX;
use soxa_ledger::statement::{Adoption, Fact};
use soxa_ledger::{CommitId, RecordId};

use super::history::operation_row;
use super::statements::{self, IssuerArgs, verdict_cell};
use super::{ReadArgs, Session};
use crate::control::protocol::{Reply, Request};
use crate::control::reports::{CommitReport, VoidReport};
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, Sheet, say, short};
use crate::resolve::ID_DIGITS_MIN;

/// What can be done with what has no effect.
#[derive(Debug, Subcommand)]
pub enum VoidCommand {
    /// Everything without effect.
    #[command(after_help = "soxa void list --unit 03847")]
    List(ListArgs),
    /// One commit.
    #[command(after_help = "soxa void show 5b1e77d0")]
    Show(ShowArgs),
    /// Give commits effect.
    #[command(after_help = r#"
        soxa void adopt --signed-by "Quàng Đức Sơn" --unit 03847 --remark "QĐ 21" --key successor.pem"#)]
    Adopt(AdoptArgs),
}

/// Which of what has no effect is meant.
#[derive(Debug, Args)]
pub struct ChoiceArgs {
    /// Only what this official signed: name, key or appointment.
    #[arg(long, value_name = "NAME|KEY|APPOINTMENT")]
    signed_by: Option<String>,
    /// Only what was signed for this unit.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

/// `soxa void list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa void show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The commit.
    #[arg(value_name = "COMMIT")]
    commit: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa void adopt`.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The commits; without any, all that the options choose.
    #[arg(value_name = "COMMIT")]
    commits: Vec<String>,
    #[command(flatten)]
    choice: ChoiceArgs,
    /// A remark for people.
    #[arg(long, default_value = "", value_name = "TEXT")]
    remark: String,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// Does what the command says.
pub fn run(command: VoidCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        VoidCommand::List(args) => list(&args, session),
        VoidCommand::Show(args) => show(&args, session),
        VoidCommand::Adopt(args) => adopt(&args, session),
    }
}

fn all(session: &mut Session) -> Result<Vec<VoidReport>, Failure> {
    let client = session.client()?;
    match client.call(Request::Void)? {
        Reply::Void(reports) => Ok(reports),
        other => Err(client.other_reply(&other)),
    }
}

fn chosen(session: &mut Session, choice: &ChoiceArgs) -> Result<Vec<VoidReport>, Failure> {
    let unit = match &choice.unit {
        Some(unit) => Some(session.units()?.find(unit)?.to_string()),
        None => None,
    };
    let mut found = all(session)?;
    found.retain(|report| {
        let by = choice.signed_by.as_ref().is_none_or(|who| {
            let digits = |id: &str| who.len() >= ID_DIGITS_MIN && id.starts_with(who.as_str());
            report.signer.as_ref().is_some_and(|signer| signer.person == *who)
                || digits(&report.key)
                || digits(&report.appointment)
        });
        by && unit
            .as_ref()
            .is_none_or(|unit| report.unit_path.last() == Some(unit))
    });
    Ok(found)
}

/// Shows what has no effect, or none yet.
fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let mut listing = Listing::new(
        "void",
        &[
            ("commit", "cli.label.commit"),
            ("verdict", "cli.label.verdict"),
            ("reason", "cli.label.reason"),
            ("signer", "cli.label.signer"),
            ("unit", "records.field.unit"),
            ("operations", "cli.label.operations"),
            ("adoptable", "cli.label.adoptable"),
            ("nodes", "cli.label.nodes"),
        ],
    );
    for report in &chosen(session, &args.choice)? {
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for (kind, _) in &report.operations {
            *kinds.entry(kind).or_default() += 1;
        }
        let shown: Vec<String> = kinds
            .iter()
            .map(|(kind, count)| format!("{kind} × {count}"))
            .collect();
        let all: Vec<serde_json::Value> = report
            .operations
            .iter()
            .map(|(kind, record)| serde_json::json!({ "kind": kind, "record": record }))
            .collect();
        let nodes: Vec<String> = report.nodes.iter().map(|node| short(node)).collect();
        listing.push(vec![
            Cell::id(&report.commit),
            verdict_cell(lang, &report.verdict),
            Cell::option(
                report
                    .reason
                    .as_ref()
                    .map(|reason| Sentence::from(reason).say(lang)),
            ),
            Cell::option(report.signer.as_ref().map(|signer| signer.person.clone())),
            Cell::option(report.signer.as_ref().map(|signer| signer.unit.clone())),
            Cell::of(shown.join(", "), serde_json::Value::Array(all)),
            Cell::yes_no(lang, report.adoptable),
            Cell::of(nodes.join(" "), serde_json::json!(report.nodes)),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(if listing.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The whole id that somebody means by the first digits, among what has no effect; a whole id may be of any commit.
fn commit_id(wanted: &str, among: &[VoidReport]) -> Result<CommitId, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let enough = wanted.len() >= ID_DIGITS_MIN;
    let found: Vec<&VoidReport> = among
        .iter()
        .filter(|report| enough && report.commit.starts_with(wanted))
        .collect();
    match found.as_slice() {
        [one] => one
            .commit
            .parse()
            .map_err(|error| Failure::internal("void", error)),
        [] => Err(Failure::new("errors.unknown_commit", &[("id", &wanted)])),
        several => {
            let ids: Vec<String> = several.iter().map(|report| short(&report.commit)).collect();
            Err(Failure::new(
                "errors.record_ambiguous",
                &[("id", &wanted), ("candidates", &ids.join(", "))],
            ))
        }
    }
}

fn read(session: &mut Session, id: CommitId) -> Result<CommitReport, Failure> {
    let client = session.client()?;
    match client.call(Request::Commit { id: id.to_string() })? {
        Reply::Commit(report) => Ok(*report),
        other => Err(client.other_reply(&other)),
    }
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let known = all(session)?;
    let id = commit_id(&args.commit, &known)?;
    let report = read(session, id)?;
    let mut operations = Listing::new("operations", super::history::OPERATION_COLUMNS);
    for operation in &report.operations {
        operations.push(operation_row(lang, &units, &short(&operation.id), operation));
    }
    let mut adopters = Listing::new(
        "adopted_by",
        &[
            ("id", "records.field.id"),
            ("person", "cli.label.signer"),
            ("unit", "records.field.unit"),
            ("time", "cli.label.time"),
            ("remark", "records.field.remark"),
        ],
    );
    for adopter in &report.adopted_by {
        adopters.push(vec![
            Cell::id(&adopter.statement),
            Cell::option(adopter.person.clone()),
            Cell::option(adopter.unit.clone()),
            adopter.time_ms.map_or_else(Cell::none, Cell::moment),
            Cell::text(adopter.remark.clone()),
        ]);
    }
    let what = &report.what;
    let mut sheet = Sheet::new("commit");
    sheet
        .field("id", "records.field.id", Cell::text(what.commit.clone()))
        .field("verdict", "cli.label.verdict", verdict_cell(lang, &what.verdict))
        .field(
            "signer",
            "cli.label.signer",
            Cell::option(what.signer.as_ref().map(|signer| signer.person.clone())),
        )
        .field(
            "unit",
            "records.field.unit",
            Cell::option(what.signer.as_ref().map(|signer| signer.unit.clone())),
        )
        .field("key", "cli.label.public_key", Cell::text(what.key.clone()))
        .field(
            "appointment",
            "cli.label.appointment",
            Cell::text(what.appointment.clone()),
        )
        .field(
            "adoptable",
            "cli.label.adoptable",
            Cell::yes_no(lang, what.adoptable),
        )
        .list(operations)
        .list(adopters);
    args.read.print_sheet(lang, &sheet)?;
    Ok(if what.verdict == "valid" {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn adopt(args: &AdoptArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let by_choice = args.choice.signed_by.is_some() || args.choice.unit.is_some();
    if args.commits.is_empty() && !by_choice {
        return Err(Failure::new("errors.nothing_to_adopt", &[]));
    }
    let mut wanted = chosen(session, &args.choice)?;
    if args.commits.is_empty() {
        wanted.retain(|report| report.adoptable);
    } else {
        let mut ids = Vec::with_capacity(args.commits.len());
        for commit in &args.commits {
            ids.push(commit_id(commit, &wanted)?.to_string());
        }
        wanted.retain(|report| ids.contains(&report.commit));
    }
    let mut commits = Vec::with_capacity(wanted.len());
    for report in &wanted {
        let id: Result<CommitId, _> = report.commit.parse();
        commits.push(id.map_err(|error| Failure::internal("void", error))?);
    }
    commits.sort_unstable();
    if commits.is_empty() {
        return Err(Failure::new("errors.nothing_to_adopt", &[]));
    }
    let facts: Vec<Fact> = commits
        .chunks(ADOPTED_COMMITS_MAX)
        .map(|commits| {
            Fact::Adoption(Adoption {
                commits: commits.to_vec(),
                remark: args.remark.clone(),
            })
        })
        .collect();
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for report in &wanted {
        let who = report.signer.as_ref().map_or("–", |signer| &signer.person);
        *people.entry(who.to_owned()).or_default() += 1;
    }
    let preview = people
        .iter()
        .map(|(person, count)| text(lang, "preview.adoption", &[("count", count), ("person", person)]))
        .collect();
    let paths: Vec<Vec<RecordId>> = wanted
        .iter()
        .map(|report| {
            report
                .unit_path
                .iter()
                .filter_map(|unit| unit.parse().ok())
                .collect()
        })
        .collect();
    let exit = statements::issue_all(session, &args.issuer, &facts, preview, |acting| {
        paths.iter().all(|path| acting.is_at_or_above(path))
    })?;
    let left = commits.iter().filter(|commit| {
        let found = read(session, **commit);
        found.is_ok_and(|report| report.what.verdict != "valid")
    });
    let left = left.count();
    if left > 0 {
        say(&text(lang, "cli.answer.still_void", &[("count", &left)]));
        return Ok(Exit::Findings);
    }
    Ok(exit)
}
