//! `soxa ruling`: a superior decides which handover of a disputed custody stands.

use std::collections::BTreeSet;
use std::fmt::Display;

use clap::{Args, Subcommand};
use soxa_lang::{Lang, text};
use soxa_ledger::RecordId;
use soxa_records::RecordKind;
use soxa_records::compose::Composer;
use soxa_records::custody::{CustodyView, Dispute, Link};
use soxa_records::ruling::{Ruled, Ruling, rulings_of};

use super::session::{Read, Units, find_among};
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet, say, short};
use crate::resolve::ID_DIGITS_MIN;

/// What can be done with rulings.
#[derive(Debug, Subcommand)]
pub enum RulingCommand {
    /// Rule on a disputed custody.
    #[command(
        after_help = r#"soxa ruling make 893a9c94 --for "Xã Mường Bú" --reason "QĐ 15" --key head.pem"#
    )]
    Make(MakeArgs),
    /// All rulings.
    #[command(after_help = "soxa ruling list")]
    List(ReadArgs),
    /// The dispute over one subject, and what was ruled.
    #[command(after_help = "soxa ruling show 893a9c94")]
    Show(ShowArgs),
}

/// `soxa ruling make`.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// The asset or person.
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// The receiving unit, or the handover, that is to stand.
    #[arg(long = "for", value_name = "UNIT|HANDOVER")]
    standing: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa ruling show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "SUBJECT")]
    subject: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(command: RulingCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        RulingCommand::Make(args) => make(&args, session),
        RulingCommand::List(args) => list(args, session),
        RulingCommand::Show(args) => show(&args, session),
    }
}

/// The asset or person that somebody means.
fn find_subject(session: &mut Session, wanted: &str) -> Result<Read, Failure> {
    if let Ok(id) = wanted.parse::<RecordId>() {
        return session.record(id);
    }
    let mut all = session.records(RecordKind::Asset.as_str())?;
    all.extend(session.records(RecordKind::Person.as_str())?);
    find_among(wanted, &all).cloned()
}

fn make(args: &MakeArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let subject = find_subject(session, &args.subject)?;
    let called = session.name(&subject.id);
    let custody = CustodyView::of(&subject.state);
    let Some(dispute) = dispute_of(&custody) else {
        return Err(Failure::new("errors.no_dispute", &[("subject", &called)]));
    };
    let stands = chosen(&args.standing, &units, &custody, &dispute)?;
    let ruling = Ruling {
        on: dispute.on,
        stands: stands.link,
        reason: args.reason.clone(),
    };
    let concerned = ruling
        .units(&subject.state)
        .ok_or_else(|| Failure::new("errors.no_dispute", &[("subject", &called)]))?;
    let paths: Vec<Vec<RecordId>> = concerned.iter().map(|unit| units.path(unit)).collect();
    let kind = subject.state.kind.unwrap_or(RecordKind::Asset);
    let permission = match kind {
        RecordKind::Person => "ruling.person",
        _ => "ruling.asset",
    };
    let (signer, acting) = official(session, &args.act, &[permission], |acting| {
        paths.iter().all(|path| acting.is_at_or_above(path))
    })?;
    for line in told(lang, &units, &custody, &dispute, stands) {
        say(&line);
    }
    let mut composer = Composer::new();
    composer.rule(&mut subject.at()?, kind, ruling, concerned);
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// What there is to rule on: a dispute, or else one on which somebody has ruled, to decide it anew.
fn dispute_of(custody: &CustodyView) -> Option<Dispute> {
    custody.dispute().or_else(|| {
        let ruled = custody.rulings.last()?;
        let aside = custody.links.iter().map(|link| link.link);
        let aside = aside.filter(|link| custody.set_aside.contains(link));
        let direct = |link: &Link| {
            let base = link
                .prev
                .is_none_or(|prev| prev == ruled.on || custody.link(&prev).is_none());
            base.then_some(link.link)
        };
        let mut choices: Vec<_> = aside
            .filter_map(|link| custody.link(&link).and_then(direct))
            .collect();
        choices.push(ruled.stands);
        Some(Dispute {
            on: ruled.on,
            choices,
        })
    })
}

/// The one of the choices that somebody means: by its receiver, its handover or its own digits.
fn chosen<'a>(
    wanted: &str,
    units: &Units,
    custody: &'a CustodyView,
    dispute: &Dispute,
) -> Result<&'a Link, Failure> {
    let choices: Vec<&Link> = dispute
        .choices
        .iter()
        .filter_map(|choice| custody.link(choice))
        .collect();
    let by_digits = |link: &&&Link| {
        let handover = link.handover.map(|(handover, _)| handover.to_string());
        wanted.len() >= ID_DIGITS_MIN
            && (link.link.to_string().starts_with(wanted)
                || handover.is_some_and(|handover| handover.starts_with(wanted)))
    };
    let mut fitting: Vec<&Link> = choices.iter().filter(by_digits).copied().collect();
    if fitting.is_empty()
        && let Ok(unit) = units.find(wanted)
    {
        fitting = choices.iter().filter(|link| link.to == unit).copied().collect();
    }
    match fitting.as_slice() {
        [one] => Ok(one),
        _ => {
            let named: Vec<String> = choices.iter().map(|link| named(units, link)).collect();
            let values: [(&str, &dyn Display); 2] = [("wanted", &wanted), ("choices", &named.join("; "))];
            Err(Failure::new("errors.no_such_choice", &values))
        }
    }
}

/// A link as people know it: its receiver, and the handover that made it.
fn named(units: &Units, link: &Link) -> String {
    match link.handover {
        Some((handover, line)) => format!(
            "{} ({} / {line})",
            units.name(&link.to),
            short(&handover.to_string())
        ),
        None => units.name(&link.to),
    }
}

/// What the ruling does, in plain words.
fn told(lang: Lang, units: &Units, custody: &CustodyView, dispute: &Dispute, stands: &Link) -> Vec<String> {
    let line = |key: &str, link: &Link| text(lang, key, &[("link", &named(units, link))]);
    let mut lines = vec![if stands.link == dispute.on {
        line("preview.ruling.returns", stands)
    } else {
        line("preview.ruling.stands", stands)
    }];
    let lost = dispute
        .choices
        .iter()
        .filter(|choice| **choice != stands.link && **choice != dispute.on);
    lines.extend(
        lost.filter_map(|choice| custody.link(choice))
            .map(|link| line("preview.ruling.set_aside", link)),
    );
    lines.push(text(lang, "preview.ruling.unknown_rivals", &[]));
    lines
}

fn subjects(session: &mut Session) -> Result<Vec<Read>, Failure> {
    let mut all = session.records(RecordKind::Asset.as_str())?;
    all.extend(session.records(RecordKind::Person.as_str())?);
    Ok(all)
}

const COLUMNS: [(&str, &str); 8] = [
    ("id", "records.field.id"),
    ("subject", "records.field.name"),
    ("stands", "cli.label.stands"),
    ("unit", "cli.label.ruled_by"),
    ("person", "cli.label.signer"),
    ("reason", "cli.label.reason"),
    ("counts", "cli.label.counts"),
    ("set_aside", "cli.label.set_aside"),
];

fn row(units: &Units, subject: &str, custody: &CustodyView, ruled: &Ruled) -> Vec<Cell> {
    let counts = custody.rulings.iter().any(|other| other.op == ruled.op);
    let aside: Vec<String> = custody
        .links
        .iter()
        .filter(|link| counts && custody.set_aside.contains(&link.link))
        .map(|link| named(units, link))
        .collect();
    vec![
        Cell::id(&ruled.op.to_string()),
        Cell::text(subject),
        Cell::option(custody.link(&ruled.stands).map(|link| named(units, link))),
        Cell::text(units.name(&ruled.unit)),
        Cell::text(ruled.person.clone()),
        Cell::text(ruled.reason.clone()),
        fields::mark(counts),
        Cell::of(aside.join("; "), serde_json::json!(aside)),
    ]
}

fn list(args: ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let units = session.units()?;
    let mut listing = Listing::new("rulings", &COLUMNS);
    for read in subjects(session)? {
        let custody = CustodyView::of(&read.state);
        let called = session.name(&read.id);
        for ruled in rulings_of(&read.state) {
            listing.push(row(&units, &called, &custody, &ruled));
        }
    }
    args.print_listing(session.lang, &listing)?;
    Ok(Exit::Done)
}

/// Shows a dispute with its ways out. One that nobody has ruled on is a finding.
fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let read = find_subject(session, &args.subject)?;
    let called = session.name(&read.id);
    let custody = CustodyView::of(&read.state);
    let mut rulings = Listing::new("rulings", &COLUMNS);
    for ruled in rulings_of(&read.state) {
        rulings.push(row(&units, &called, &custody, &ruled));
    }
    let mut choices = Listing::new(
        "choices",
        &[
            ("unit", "records.field.custodian"),
            ("handover", "cli.label.handover"),
            ("goes_on", "cli.label.goes_on"),
        ],
    );
    let dispute = custody.dispute();
    for link in dispute.iter().flat_map(|dispute| &dispute.choices) {
        let Some(link) = custody.link(link) else { continue };
        let above: BTreeSet<String> = custody
            .links
            .iter()
            .filter(|other| other.prev == Some(link.link))
            .map(|other| named(&units, other))
            .collect();
        let above: Vec<String> = above.into_iter().collect();
        choices.push(vec![
            Cell::text(units.name(&link.to)),
            Cell::option(link.handover.map(|(handover, _)| handover.to_string())),
            Cell::of(above.join("; "), serde_json::json!(above)),
        ]);
    }
    let mut sheet = Sheet::new("ruling");
    sheet
        .field("id", "records.field.id", Cell::text(read.id.to_string()))
        .field("name", "records.field.name", Cell::text(called))
        .field(
            "custodian",
            "records.field.custodian",
            fields::custodian_cell(lang, &units, &custody),
        )
        .list(choices)
        .list(rulings);
    args.read.print_sheet(lang, &sheet)?;
    Ok(if dispute.is_some() {
        Exit::Findings
    } else {
        Exit::Done
    })
}
