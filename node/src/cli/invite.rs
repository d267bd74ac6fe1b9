//! `soxa invite`: make, list and withdraw invites.

use std::time::Duration;

use clap::{Args, Subcommand};
use soxa_lang::{fingerprint, text};
use soxa_ledger::statement::{Cut, CutReason, Fact, Invite};
use soxa_ledger::{NodeKey, RecordId, Time};
use soxa_sync::Token;
use soxa_sync::limits::TOKEN_ADDRESSES_MAX;

use super::key::authority::{self, invite_preview};
use super::statements::{self, IssuerArgs};
use super::{ReadArgs, Session};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::InviteReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::of_invite;
use crate::key_store;
use crate::output::{Cell, Format, Listing, Sheet, print, say};

/// Days that an invite is good for when nothing else is said.
const EXPIRES: &str = "7d";

/// `soxa invite`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct InviteArgs {
    #[command(subcommand)]
    command: Option<InviteCommand>,
    #[command(flatten)]
    new: NewArgs,
}

#[derive(Debug, Subcommand)]
enum InviteCommand {
    /// All invites and what became of them.
    #[command(after_help = "soxa invite list")]
    List(ReadArgs),
    /// End an invite that nobody has used.
    #[command(after_help = "soxa invite withdraw 4f2a91c0 --key operator.pem")]
    Withdraw(WithdrawArgs),
}

#[derive(Debug, Args)]
struct NewArgs {
    /// The unit that the new node will serve.
    #[arg(required = true, value_name = "UNIT")]
    unit: Option<String>,
    /// The node's name for people; the unit's when not given.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long the invite is good for.
    #[arg(long, default_value = EXPIRES, value_name = "DURATION", value_parser = duration)]
    expires: Duration,
    /// Where the new node finds this one.
    #[arg(long, num_args = 1.., value_name = "ADDRESS")]
    address: Vec<String>,
    #[command(flatten)]
    issuer: IssuerArgs,
}

#[derive(Debug, Args)]
struct WithdrawArgs {
    /// The invite.
    #[arg(value_name = "STATEMENT")]
    invite: String,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// Reads `90s`, `30m`, `12h` or `7d`.
fn duration(text: &str) -> Result<Duration, String> {
    let bad = || text.to_owned();
    let unit = text.chars().last().ok_or_else(bad)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(bad()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    if count == 0 {
        return Err(bad());
    }
    Ok(Duration::from_secs(u64::from(count) * seconds))
}

/// Does what the command says.
pub fn run(args: &InviteArgs, session: &mut Session) -> Result<Exit, Failure> {
    match &args.command {
        None => new(&args.new, session),
        Some(InviteCommand::List(args)) => list(args, session),
        Some(InviteCommand::Withdraw(args)) => withdraw(args, session),
    }
}

fn new(args: &NewArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let unit = units.find(args.unit.as_deref().unwrap_or_default())?;
    let status = session.client()?.status()?;
    let garbage = |e: &dyn std::fmt::Display| Failure::internal("status", e);
    let node: NodeKey = status.node.parse().map_err(|e| garbage(&e))?;
    let addresses = match args.address.as_slice() {
        [] => reachable(status.announced, status.listening),
        given => given.to_vec(),
    };
    check_addresses(&addresses)?;
    let key = key_store::generate()?;
    let span = u64::try_from(args.expires.as_millis()).unwrap_or(u64::MAX);
    let invite = Invite {
        key: key.public(),
        node,
        unit_path: units.path(&unit),
        name: args.name.clone().unwrap_or_else(|| units.name(&unit)),
        expires: Time(clock::now().0.saturating_add(span)),
    };
    let preview = vec![invite_preview(lang, &units, &invite)];
    let path = invite.unit_path.clone();
    let (ids, stored) = statements::make(
        session,
        &args.issuer,
        &[Fact::Invite(invite.clone())],
        preview,
        |acting| acting.is_at_or_above(&path),
    )?;
    let Some(id) = ids
        .first()
        .copied()
        .filter(|_| stored.iter().all(|one| one.verdict == "valid"))
    else {
        return statements::report(session, args.issuer.read.format, &stored);
    };
    let token = Token {
        network: session.network()?,
        invite: id,
        node,
        key,
        expires: invite.expires,
        addresses,
    };
    let mut sheet = Sheet::new("invite");
    sheet
        .field("invite", "cli.label.invite", Cell::text(id.to_string()))
        .field("unit", "records.field.unit", Cell::text(units.name(&unit)))
        .field("name", "records.field.name", Cell::text(invite.name))
        .field("expires", "cli.label.expires", Cell::moment(invite.expires.0))
        .field(
            "addresses",
            "cli.label.addresses",
            Cell::text(token.addresses.join(", ")),
        )
        .field(
            "fingerprint",
            "cli.label.fingerprint",
            Cell::text(fingerprint(lang, of_invite(&id))),
        );
    let format = args.issuer.read.format;
    if format == Format::Table {
        // By itself on its line: a line of a table is too short for it and cannot be copied.
        args.issuer.read.print_sheet(lang, &sheet)?;
        print(format!("{token}\n").as_bytes())?;
    } else {
        sheet.field("token", "cli.label.token", Cell::text(token.to_string()));
        args.issuer.read.print_sheet(lang, &sheet)?;
    }
    if args.issuer.into.is_some() {
        say(&text(lang, "cli.answer.invited_later", &[]));
    }
    say(&text(lang, "cli.answer.invited", &[]));
    Ok(Exit::Done)
}

/// Addresses that others may reach: those announced, else those listened on, this machine's own last.
fn reachable(announced: Vec<String>, mut listening: Vec<String>) -> Vec<String> {
    if !announced.is_empty() {
        return announced;
    }
    let is_own = |address: &String| address.contains("/127.0.0.1/") || address.contains("/::1/");
    if listening.iter().any(|address| !is_own(address)) {
        listening.retain(|address| !is_own(address));
    }
    listening.truncate(TOKEN_ADDRESSES_MAX);
    listening
}

fn check_addresses(addresses: &[String]) -> Result<(), Failure> {
    let refuse = |address: &str, reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.address_unusable",
            &[("address", &address), ("reason", reason)],
        )
    };
    if addresses.is_empty() || addresses.len() > TOKEN_ADDRESSES_MAX {
        let reason = format!("1..{TOKEN_ADDRESSES_MAX}");
        return Err(refuse(&addresses.join(" "), &reason));
    }
    addresses
        .iter()
        .try_for_each(|address| soxa_net::check_address(address).map_err(|why| refuse(address, &why)))
}

fn invites(session: &mut Session) -> Result<Vec<InviteReport>, Failure> {
    let client = session.client()?;
    match client.call(Request::Invites)? {
        Reply::Invites(invites) => Ok(invites),
        other => Err(client.other_reply(&other)),
    }
}

fn list(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let mut listing = Listing::new(
        "invites",
        &[
            ("invite", "cli.label.invite"),
            ("unit", "records.field.unit"),
            ("name", "records.field.name"),
            ("state", "cli.label.state"),
            ("expires", "cli.label.expires"),
            ("node", "cli.label.node_key"),
            ("fingerprint", "cli.label.fingerprint"),
        ],
    );
    for invite in invites(session)? {
        let words = invite
            .id
            .parse()
            .map(|id| fingerprint(lang, of_invite(&id)))
            .unwrap_or_default();
        let unit = invite.unit.parse().map(|unit: RecordId| units.name(&unit));
        listing.push(vec![
            Cell::id(&invite.id),
            Cell::option(unit.ok()),
            Cell::text(invite.name.clone()),
            Cell::word(
                text(lang, &format!("cli.invite_state.{}", invite.state), &[]),
                &invite.state,
            ),
            Cell::moment(invite.expires_ms),
            invite.used_by.as_deref().map_or_else(Cell::none, Cell::id),
            Cell::text(words),
        ]);
    }
    args.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

fn withdraw(args: &WithdrawArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let all = invites(session)?;
    let (id, invite) =
        authority::statement_among(session, &args.invite, |statement| match &statement.fact {
            Fact::Invite(invite) => Some(invite.clone()),
            _ => None,
        })?;
    if let Some(node) = all
        .iter()
        .find(|one| one.id == id.to_string())
        .and_then(|one| one.used_by.clone())
    {
        return Err(Failure::new("errors.invite_used_already", &[("node", &node)]));
    }
    let preview = vec![text(
        lang,
        "preview.withdraw",
        &[("about", &invite_preview(lang, &units, &invite))],
    )];
    let fact = Fact::Cut(Cut {
        target: id,
        reason: CutReason::Revocation,
        remark: String::new(),
        stands: Vec::new(),
    });
    let path = invite.unit_path;
    statements::issue(session, &args.issuer, &fact, preview, |acting| {
        acting.is_at_or_above(&path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_minutes_hours_and_days() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1_800)));
        assert_eq!(duration("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "7", "d", "0d", "-1d", "7 d", "7w", "9999999999d", "ngày"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_of_this_machine_come_last() {
        let address = |ip: &str| format!("/ip4/{ip}/tcp/7470");
        let listening = vec![address("127.0.0.1"), address("10.0.0.2")];
        assert_eq!(reachable(Vec::new(), listening.clone()), [address("10.0.0.2")]);
        assert_eq!(
            reachable(Vec::new(), vec![address("127.0.0.1")]),
            [address("127.0.0.1")]
        );
        assert_eq!(
            reachable(vec![address("203.0.113.5")], listening),
            [address("203.0.113.5")]
        );
    }
}
