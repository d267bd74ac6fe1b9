//! `soxa key officials|report|renew|replace`: who holds which office with which key, what needs looking after, and
//! giving an office a further term or another key.

use clap::Args;
use soxa_lang::{Lang, collated, collated_person, text};
use soxa_ledger::statement::{Appointment, Cut, CutReason, Fact};
use soxa_ledger::time::{Term, Time};
use soxa_ledger::{PublicKey, RecordId};
use soxa_views::keys::Finding;

use crate::cli::kept::{KeptArgs, kept};
use crate::cli::key::authority;
use crate::cli::key::authority::{appointment_preview, cut_reason, reason_word};
use crate::cli::statements::{self, IssuerArgs};
use crate::cli::{ReadArgs, Session, fields, report};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::OfficialReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::key_store;
use crate::output::{Cell, Listing, short};

/// `soxa key officials`.
#[derive(Debug, Args)]
pub struct OfficialsArgs {
    /// Only those of a unit.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Those whose office has ended too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa key report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Days ahead.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    within: u32,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa key renew`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    /// The appointment.
    #[arg(value_name = "APPOINTMENT")]
    appointment: String,
    /// The new term's end.
    #[arg(long, value_name = "DATE", value_parser = crate::cli::fields::moment)]
    until: Option<Time>,
    /// The decision.
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// `soxa key rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// The appointment.
    #[arg(value_name = "APPOINTMENT")]
    appointment: String,
    /// The new key.
    #[arg(long, value_name = "KEY|FILE")]
    holder: String,
    /// Why the old key ends.
    #[arg(long, default_value = "revocation", value_name = "revocation|compromise", value_parser = cut_reason)]
    reason: CutReason,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// All offices that were ever given.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn officials_of(session: &mut Session) -> Result<Vec<OfficialReport>, Failure> {
    let client = session.client()?;
    match client.call(Request::Officials)? {
        Reply::Officials(officials) => Ok(officials),
        other => Err(client.other_reply(&other)),
    }
}

/// The columns of a list of officials.
pub const COLUMNS: [(&str, &str); 9] = [
    ("id", "records.field.id"),
    ("person", "cli.label.person"),
    ("role", "records.field.role"),
    ("unit", "records.field.unit"),
    ("from", "records.field.from"),
    ("until", "records.field.until"),
    ("state", "records.field.state"),
    ("key", "cli.label.public_key"),
    ("record", "cli.label.persons_record"),
];

/// Lists who holds which office with which key.
pub fn list(args: &OfficialsArgs, session: &mut Session) -> Result<Exit, Failure> {
    let unit = session.units()?.find_any(args.unit.as_deref())?;
    let listing = listed(session, unit, args.all)?;
    args.read.print_listing(session.lang, &listing)?;
    Ok(Exit::Done)
}

/// The offices of all units or of one; those that have ended, too, when `all` are asked for.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn listed(session: &mut Session, unit: Option<RecordId>, all: bool) -> Result<Listing, Failure> {
    let lang = session.lang;
    let unit = unit.map(|unit| unit.to_string());
    let mut listing = Listing::new("officials", &COLUMNS);
    let mut officials = officials_of(session)?;
    officials.sort_by_cached_key(|one| {
        let place = (collated(&one.unit_name), collated_person(&one.person));
        (place, one.id.clone())
    });
    for official in officials {
        let current = matches!(official.state.as_str(), "in_force" | "planned");
        let fits = unit
            .as_ref()
            .is_none_or(|unit| official.unit_path.last() == Some(unit));
        if !fits || !(current || all) {
            continue;
        }
        listing.push(vec![
            Cell::id(&official.id),
            Cell::text(official.person.clone()),
            fields::translated(lang, "records.role", &official.role),
            Cell::text(official.unit_name.clone()),
            Cell::moment(official.from_ms),
            official.until_ms.map_or_else(Cell::none, Cell::moment),
            fields::translated(lang, "cli.office", &official.state),
            Cell::id(&official.key),
            official.record.as_deref().map_or_else(Cell::none, Cell::id),
        ]);
    }
    Ok(listing)
}

/// What needs looking after: heads of open units without a key, offices that end soon, keys of people who moved or left.
pub fn report(args: &ReportArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let findings = report::officials(session, args.within)?;
    let mut listing = Listing::new(
        "key_report",
        &[
            ("what", "cli.label.finding"),
            ("person", "cli.label.person"),
            ("unit", "records.field.unit"),
            ("role", "records.field.role"),
            ("until", "records.field.until"),
            ("appointment", "cli.label.appointment"),
            ("says", "cli.label.says"),
        ],
    );
    for finding in &findings.found {
        let (what, unit, person, office) = match finding {
            Finding::WithoutKey { unit, person } => ("without_key", Some(unit), person, None),
            Finding::Ending { office, .. } => ("ending", office.path.last(), &office.person, Some(office)),
            Finding::Moved { office, .. } => ("moved", office.path.last(), &office.person, Some(office)),
            Finding::Left { office } => ("left", office.path.last(), &office.person, Some(office)),
        };
        let says = match finding {
            Finding::WithoutKey { .. } => text(lang, "cli.key_report.says_without_key", &[]),
            Finding::Ending { days, .. } => text(lang, "cli.key_report.says_ending", &[("days", days)]),
            Finding::Moved { to, .. } => {
                text(lang, "cli.key_report.says_moved", &[("unit", &units.name(to))])
            }
            Finding::Left { .. } => text(lang, "cli.key_report.says_left", &[]),
        };
        listing.push(vec![
            Cell::word(text(lang, &format!("cli.key_report.{what}"), &[]), what),
            Cell::text(person.clone()),
            Cell::text(unit.map(|unit| units.name(unit)).unwrap_or_default()),
            office.map_or_else(Cell::none, |one| {
                fields::translated(lang, "records.role", &one.role)
            }),
            office
                .and_then(|one| one.until)
                .map_or_else(Cell::none, |until| Cell::moment(until.0)),
            office.map_or_else(Cell::none, |one| Cell::id(&one.appointment.to_string())),
            Cell::text(says),
        ]);
    }
    args.read.print_listing(lang, &listing)?;
    Ok(if listing.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// The appointment that somebody means.
fn appointment_of(
    session: &mut Session,
    wanted: &str,
) -> Result<(soxa_ledger::StatementId, Appointment), Failure> {
    authority::statement_among(session, wanted, |statement| match &statement.fact {
        Fact::Appointment(appointment) => Some(appointment.clone()),
        _ => None,
    })
}

/// Gives an office a further term with the same key: from the end of the old one, or from now if that has passed.
pub fn renew(args: &RenewArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (_, old) = appointment_of(session, &args.appointment)?;
    let now = clock::now();
    let Some(ends) = old.term.until else {
        return Err(Failure::new(
            "errors.no_term_to_renew",
            &[("person", &old.person)],
        ));
    };
    let from = ends.max(now);
    if args.until.is_some_and(|until| until <= from) {
        return Err(Failure::new(
            "errors.term_backwards",
            &[("from", &clock::moment(from.0))],
        ));
    }
    let further = Appointment {
        term: Term {
            from,
            until: args.until,
        },
        basis: args.basis.clone(),
        ..old
    };
    issue(session, &args.issuer, lang, further, Vec::new(), Vec::new())
}

/// Gives an office another key under the same person, and ends the old one at a position.
pub fn rotate(args: &RotateArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (target, old) = appointment_of(session, &args.appointment)?;
    let key: PublicKey = key_store::public_key(&args.holder)?;
    if key == old.key {
        return Err(Failure::new(
            "errors.same_key",
            &[("key", &short(&key.to_string()))],
        ));
    }
    let found = session.client()?.positions(Request::Positions {
        target: target.to_string(),
        before_ms: args.kept.before_ms(),
    })?;
    let (stands, said) = kept(lang, &args.kept, found)?;
    let reason = text(lang, &format!("preview.reason.{}", reason_word(args.reason)), &[]);
    let about = short(&target.to_string());
    let cut_said = text(lang, "preview.cut", &[("about", &about), ("reason", &reason)]);
    let cut = Fact::Cut(Cut {
        target,
        reason: args.reason,
        remark: args.kept.remark.clone(),
        stands,
    });
    let term = Term {
        from: old.term.from.max(clock::now()),
        until: old.term.until,
    };
    let new = Appointment { key, term, ..old };
    issue(session, &args.issuer, lang, new, vec![cut], vec![cut_said, said])
}

fn issue(
    session: &mut Session,
    issuer: &IssuerArgs,
    lang: Lang,
    new: Appointment,
    further: Vec<Fact>,
    said: Vec<String>,
) -> Result<Exit, Failure> {
    let units = session.units()?;
    let path = new.unit_path.clone();
    let mut preview = vec![appointment_preview(lang, &units, &new)];
    preview.extend(said);
    let facts: Vec<Fact> = [Fact::Appointment(new)].into_iter().chain(further).collect();
    statements::issue_all(session, issuer, &facts, preview, |acting| {
        acting.is_at_or_above(&path)
    })
}
