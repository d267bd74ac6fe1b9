//! `soxa network`: which ledger this is, and which keys stand above it: what a stranger needs to trust its proofs.

use data_encoding::BASE64;
use soxa_lang::{Lang, text};
use soxa_ledger::statement::Fact;
use soxa_ledger::{NetworkId, PublicKey, Signed, Statement, StatementId, Verified};

use super::{ReadArgs, Session};
use crate::client::Client;
use crate::control::protocol::{Reply, Request};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, say};

/// A set of root keys: that of the founding, or of a change.
struct RootSet {
    statement: Verified<Statement>,
    keys: Vec<PublicKey>,
    quorum: u32,
}

/// Shows the founding statement of the home folder, and the changes of the root keys that a running daemon knows.
pub fn run(args: &ReadArgs, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (network, founding) = session.home.network()?;
    let mut sets = vec![founding_set(&founding)];
    match Client::connect(&session.home) {
        Ok(mut client) => follow(&mut sets, changes(&mut client, network)?),
        Err(_) => say(&text(lang, "proof.answer.founding_only", &[])),
    }
    let mut sheet = Sheet::new("network");
    sheet
        .field("network", "cli.status.network", Cell::text(network.to_string()))
        .list(keys_of(lang, &sets));
    describe(&mut sheet, network, &founding);
    let newest = sets.last();
    sheet
        .field(
            "quorum",
            "proof.label.quorum",
            Cell::count(lang, newest.map_or(0, |set| set.quorum.into())),
        )
        .field(
            "changes",
            "proof.label.root_changes",
            Cell::count(lang, sets.len().saturating_sub(1) as u64),
        );
    args.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

fn founding_set(founding: &Verified<Statement>) -> RootSet {
    let genesis = founding.as_genesis();
    RootSet {
        statement: founding.clone(),
        keys: genesis.map(|genesis| genesis.roots.clone()).unwrap_or_default(),
        quorum: genesis.map_or(0, |genesis| genesis.quorum),
    }
}

/// The valid changes of root keys that the daemon holds.
fn changes(client: &mut Client, network: NetworkId) -> Result<Vec<Verified<Statement>>, Failure> {
    let statements = match client.call(Request::Statements)? {
        Reply::Statements(statements) => statements,
        other => return Err(client.other_reply(&other)),
    };
    let garbage = |reason: &dyn std::fmt::Display| Failure::internal("network", reason);
    let valid = statements
        .iter()
        .filter(|statement| statement.kind == "roots" && statement.verdict == "valid");
    let read = |bytes: &str| {
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(|error| garbage(&error))?;
        let signed = Signed::<Statement>::decode(&bytes).map_err(|error| garbage(&error))?;
        signed.verify(network).map_err(|error| garbage(&error))
    };
    valid.map(|statement| read(&statement.bytes)).collect()
}

/// Puts the changes one after the other. Of those that follow one set at most one is valid.
fn follow(sets: &mut Vec<RootSet>, mut changes: Vec<Verified<Statement>>) {
    let follows = |change: &Statement, last: StatementId| match &change.fact {
        Fact::Roots(roots) if roots.follows == last => Some((roots.roots.clone(), roots.quorum)),
        _ => None,
    };
    while let Some(last) = sets.last().map(|set| set.statement.id) {
        let next = changes.iter().position(|change| follows(change, last).is_some());
        let Some(statement) = next.map(|next| changes.swap_remove(next)) else {
            return;
        };
        if let Some((keys, quorum)) = follows(&statement, last) {
            sets.push(RootSet {
                statement,
                keys,
                quorum,
            });
        }
    }
}

fn describe(sheet: &mut Sheet, network: NetworkId, founding: &Verified<Statement>) {
    let Some(genesis) = founding.as_genesis() else {
        return;
    };
    sheet
        .field("name", "cli.label.province", Cell::text(genesis.name.clone()))
        .field("code", "records.field.code", Cell::text(genesis.code.clone()))
        .field(
            "province_unit",
            "cli.label.province_unit",
            Cell::text(network.province_unit().to_string()),
        );
}

/// The root keys, those in office first, with the statements that named them and whether they signed the founding.
fn keys_of(lang: Lang, sets: &[RootSet]) -> Listing {
    let columns = [
        ("key", "proof.label.root_key"),
        ("in_office", "proof.label.in_office"),
        ("signed", "proof.label.signed"),
        ("named_by", "proof.label.named_by"),
    ];
    let mut listing = Listing::new("roots", &columns);
    for (age, set) in sets.iter().rev().enumerate() {
        for key in &set.keys {
            let founding = sets.first().map(|set| &set.statement);
            let signed = founding.is_some_and(|founding| founding.signers.contains(key));
            listing.push(vec![
                Cell::text(key.to_string()),
                Cell::yes_no(lang, age == 0),
                Cell::yes_no(lang, signed),
                Cell::id(&set.statement.id.to_string()),
            ]);
        }
    }
    listing
}

/// The root keys of a founding statement, and which of them signed it.
pub fn root_listing(lang: Lang, founding: &Verified<Statement>) -> Listing {
    let columns = [("key", "proof.label.root_key"), ("signed", "proof.label.signed")];
    let mut listing = Listing::new("roots", &columns);
    for key in founding_set(founding).keys {
        listing.push(vec![
            Cell::text(key.to_string()),
            Cell::yes_no(lang, founding.signers.contains(&key)),
        ]);
    }
    listing
}
