//! `soxa node`: the nodes of the network: list, admit by key, retire.

use clap::{Args, Subcommand};
use soxa_lang::{Lang, text};
use soxa_ledger::statement::{Admission, Cut, CutReason, Fact};
use soxa_ledger::{NodeKey, RecordId};

use super::kept::{KeptArgs, kept};
use super::key::authority::admission_preview;
use super::statements::{self, IssuerArgs};
use super::{ReadArgs, Session};
use crate::control::protocol::{Reply, Request};
use crate::control::reports::NodeReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::node_words;
use crate::key_store;
use crate::output::{Cell, Listing, short};

/// What can be done with nodes.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List the nodes.
    #[command(after_help = "soxa node list")]
    List(ReadArgs),
    /// Admit a node by its key.
    #[command(after_help = r#"
        soxa node admit 9d61b19deffd5a60 --unit 03847 --name "Xã Mường Bú" --key operator.pem"#)]
    Admit(AdmitArgs),
    /// End a node's admission; what it has appended stands.
    #[command(after_help = "soxa node retire 9d61b19d --key operator.pem")]
    Retire(RetireArgs),
}

/// `soxa node admit`.
#[derive(Debug, Args)]
pub struct AdmitArgs {
    /// The node's key.
    #[arg(value_name = "NODEKEY")]
    node: String,
    /// The unit that it serves.
    #[arg(long, value_name = "UNIT")]
    unit: String,
    /// A name for people.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// `soxa node retire`.
#[derive(Debug, Args)]
pub struct RetireArgs {
    /// The node: the first digits of its key, or its name.
    #[arg(value_name = "NODE")]
    node: String,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// Does what the command says.
pub fn run(command: NodeCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        NodeCommand::List(args) => list(&args, session),
        NodeCommand::Admit(args) => admit(&args, session),
        NodeCommand::Retire(args) => retire(&args, session),
    }
}

fn nodes(session: &mut Session) -> Result<Vec<NodeReport>, Failure> {
    let client = session.client()?;
    match client.call(Request::Nodes)? {
        Reply::Nodes(nodes) => Ok(nodes),
        other => Err(client.other_reply(&other)),
    }
}

/// The columns of a list of nodes.
pub const COLUMNS: [(&str, &str); 9] = [
    ("node", "cli.status.node"),
    ("name", "records.field.name"),
    ("unit", "records.field.unit"),
    ("state", "cli.label.state"),
    ("since", "cli.label.since"),
    ("by", "cli.label.by"),
    ("retired", "cli.label.retired"),
    ("addresses", "cli.label.addresses"),
    ("fingerprint", "cli.label.node_fingerprint"),
];

fn list(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let listing = listed(session, None)?;
    args.print_listing(session.lang, &listing)?;
    Ok(Exit::Done)
}

/// All nodes that were ever admitted, or those of a unit.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn listed(session: &mut Session, unit: Option<RecordId>) -> Result<Listing, Failure> {
    let lang = session.lang;
    let unit = unit.map(|unit| unit.to_string());
    let mut listing = Listing::new("nodes", &COLUMNS);
    let mut all = nodes(session)?;
    all.retain(|node| unit.is_none() || node.unit_path.last() == unit.as_ref());
    for node in all {
        let key: Option<NodeKey> = node.node.parse().ok();
        listing.push(vec![
            Cell::id(&node.node),
            Cell::text(node.name.clone()),
            Cell::text(node.unit_name.clone()),
            Cell::word(
                text(lang, &format!("cli.node_state.{}", node.state), &[]),
                &node.state,
            ),
            Cell::moment(node.since_ms),
            Cell::option(node.by.clone()),
            node.retired_ms.map_or_else(Cell::none, Cell::moment),
            Cell::text(node.addresses.join(", ")),
            Cell::option(key.map(|key| node_words(lang, &key))),
        ]);
    }
    listing.sort(&["unit", "name", "node"]);
    Ok(listing)
}

/// `soxa node admit`.
fn admit(args: &AdmitArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let node = key_store::public_key(&args.node)?;
    let units = session.units()?;
    let unit = units.find(&args.unit)?;
    let admission = Admission {
        node: NodeKey(node.0),
        unit_path: units.path(&unit),
        name: args.name.clone(),
    };
    let path = admission.unit_path.clone();
    let preview = vec![admission_preview(lang, &units, &admission)];
    statements::issue(
        session,
        &args.issuer,
        &Fact::Admission(admission),
        preview,
        |acting| acting.is_at_or_above(&path),
    )
}

/// The node that somebody means: by its key, first digits of it, or its name.
///
/// # Errors
/// When it fits none or several.
pub fn named(session: &mut Session, wanted: &str) -> Result<NodeKey, Failure> {
    let found = find(wanted, nodes(session)?)?;
    let key = found.node.parse();
    key.map_err(|error| Failure::internal("nodes", error))
}

fn find(wanted: &str, all: Vec<NodeReport>) -> Result<NodeReport, Failure> {
    let by_key = wanted.len() >= crate::resolve::ID_DIGITS_MIN;
    let folded = soxa_lang::fold(wanted);
    let mut found: Vec<NodeReport> = all
        .into_iter()
        .filter(|node| by_key && node.node.starts_with(wanted) || soxa_lang::fold(&node.name) == folded)
        .collect();
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one),
        (None, _) => Err(Failure::new("errors.unknown_node", &[("node", &wanted)])),
        (Some(last), others) => {
            let keys = others.iter().chain([&last]).map(|node| short(&node.node));
            let candidates = keys.collect::<Vec<_>>().join(", ");
            Err(Failure::new(
                "errors.record_ambiguous",
                &[("id", &wanted), ("candidates", &candidates)],
            ))
        }
    }
}

fn retire(args: &RetireArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let all = nodes(session)?;
    let node = find(&args.node, all)?;
    if node.standing.is_empty() {
        let error = if node.state == "founding" {
            "errors.node_of_the_founding"
        } else {
            "errors.node_retired_already"
        };
        return Err(Failure::new(error, &[("node", &short(&node.node))]));
    }
    let mut preview = vec![retirement_preview(lang, &node)];
    let mut facts = Vec::new();
    for target in &node.standing {
        let found = session.client()?.positions(Request::Positions {
            target: target.clone(),
            before_ms: args.kept.before_ms(),
        })?;
        let (stands, said) = kept(lang, &args.kept, found)?;
        if facts.is_empty() {
            preview.push(said);
        }
        facts.push(Fact::Cut(Cut {
            target: target.parse().map_err(|e| Failure::internal("node", e))?,
            reason: CutReason::Retirement,
            remark: args.kept.remark.clone(),
            stands,
        }));
    }
    let path: Vec<RecordId> = node
        .unit_path
        .iter()
        .filter_map(|unit| unit.parse().ok())
        .collect();
    statements::issue_all(session, &args.issuer, &facts, preview, |acting| {
        acting.is_at_or_above(&path)
    })
}

fn retirement_preview(lang: Lang, node: &NodeReport) -> String {
    text(
        lang,
        "preview.retire",
        &[
            ("name", &node.name),
            ("node", &short(&node.node)),
            ("unit", &node.unit_name),
        ],
    )
}
