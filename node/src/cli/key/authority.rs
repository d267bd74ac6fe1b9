//! Statements about officials' authority: appoint, cut, declare compromised; and the list of all statements.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use data_encoding::BASE64;
use soxa_lang::{Lang, number, text};
use soxa_ledger::statement::{Admission, Appointment, Compromise, Cut, CutReason, Fact, Invite};
use soxa_ledger::time::Time;
use soxa_ledger::{RecordId, Signed, Statement, StatementId};

use crate::cli::acting::{Acting, role_name};
use crate::cli::kept::{KeptArgs, kept};
use crate::cli::key::appointments;
use crate::cli::key::holders::{self, Holders};
use crate::cli::key::root_keys;
use crate::cli::office::filled::TableArgs;
use crate::cli::session::Units;
use crate::cli::statements::{self, IssuerArgs, verdict_cell};
use crate::cli::{ReadArgs, Session};
use crate::clock;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::StatementReport;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::key_store;
use crate::output::{Cell, Listing, short};
use crate::preview::TOLD_ONE_BY_ONE;

/// `soxa key appoint`.
#[derive(Debug, Args)]
pub struct AppointArgs {
    /// A table.
    #[command(flatten)]
    pub table: TableArgs,
    /// The official's public key, or a key file that tells it.
    #[arg(
        long,
        value_name = "KEY|FILE",
        required_unless_present = "table",
        conflicts_with = "table"
    )]
    pub holder: Option<String>,
    /// The official's name; that of the record when not given.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["table", "record"], conflicts_with = "table")]
    pub person: Option<String>,
    /// The official's record, by name or id; the only person of the name in the unit when not given.
    #[arg(long, value_name = "PERSON", conflicts_with = "table")]
    pub record: Option<String>,
    /// The unit; for a table that of lines that name none.
    #[arg(long, value_name = "UNIT", required_unless_present = "table")]
    pub unit: Option<String>,
    /// The role; for a table that of lines that name none.
    #[arg(long, value_name = "ROLE", required_unless_present = "table")]
    pub role: Option<String>,
    /// The term's first moment.
    #[arg(long, value_name = "DATE", value_parser = crate::cli::fields::moment)]
    pub from: Option<Time>,
    /// The first moment after the term.
    #[arg(long, value_name = "DATE", value_parser = crate::cli::fields::moment)]
    pub until: Option<Time>,
    /// The decision.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub basis: String,
    #[command(flatten)]
    pub issuer: IssuerArgs,
}

/// `soxa key cut`.
#[derive(Debug, Args)]
pub struct CutArgs {
    /// The appointment or admission.
    #[arg(value_name = "STATEMENT")]
    target: String,
    /// Why.
    #[arg(long, value_name = "retirement|transfer|revocation|compromise", value_parser = cut_reason)]
    reason: CutReason,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// `soxa key compromise`.
#[derive(Debug, Args)]
pub struct CompromiseArgs {
    /// The key.
    #[arg(value_name = "KEY|FILE")]
    compromised: String,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    issuer: IssuerArgs,
}

/// A reason from the command line.
pub fn cut_reason(word: &str) -> Result<CutReason, String> {
    use CutReason::{Compromise, Retirement, Revocation, Transfer};
    [Retirement, Transfer, Revocation, Compromise]
        .into_iter()
        .find(|reason| reason_word(*reason) == word)
        .ok_or_else(|| word.to_owned())
}

/// The word for a reason.
pub fn reason_word(reason: CutReason) -> &'static str {
    match reason {
        CutReason::Retirement => "retirement",
        CutReason::Transfer => "transfer",
        CutReason::Revocation => "revocation",
        CutReason::Compromise => "compromise",
    }
}

/// `soxa key appoint`.
pub fn appoint(args: &AppointArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let holders = Holders::read(session)?;
    let appointments = appointments::asked_for(args, session, &units, &holders)?;
    let paths: Vec<Vec<RecordId>> = appointments.iter().map(|a| a.unit_path.clone()).collect();
    let preview = appointments_preview(lang, &units, &holders, &appointments);
    let facts: Vec<Fact> = appointments.into_iter().map(Fact::Appointment).collect();
    statements::issue_all(session, &args.issuer, &facts, preview, |acting: &Acting| {
        paths.iter().all(|path| acting.is_at_or_above(path))
    })
}

/// What appointments say: few one by one, many as totals by role.
fn appointments_preview(
    lang: Lang,
    units: &Units,
    holders: &Holders,
    appointments: &[Appointment],
) -> Vec<String> {
    if appointments.len() <= TOLD_ONE_BY_ONE {
        let told = appointments.iter().flat_map(|one| {
            let bound = holders::told(lang, units, holders, one);
            [appointment_preview(lang, units, one), bound]
        });
        return told.collect();
    }
    let mut roles: BTreeMap<String, (usize, BTreeSet<RecordId>)> = BTreeMap::new();
    for one in appointments {
        let (count, of) = roles.entry(role_name(lang, &one.role)).or_default();
        *count += 1;
        of.insert(one.unit());
    }
    let told = roles.iter().map(|(role, (count, of))| {
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("role", role),
            ("count", &number(lang, *count)),
            ("units", &number(lang, of.len())),
        ];
        text(lang, "preview.appointments_of_role", &values)
    });
    let bound = appointments.iter().filter(|one| one.record.is_some()).count();
    let values: [(&str, &dyn std::fmt::Display); 2] = [
        ("count", &number(lang, bound)),
        ("all", &number(lang, appointments.len())),
    ];
    told.chain([text(lang, "preview.appointments_bound", &values)])
        .collect()
}

/// What an appointment says, in plain words.
pub fn appointment_preview(lang: Lang, units: &Units, appointment: &Appointment) -> String {
    let until = match appointment.term.until {
        Some(until) => clock::moment(until.0),
        None => text(lang, "preview.without_end", &[]),
    };
    text(
        lang,
        "preview.appointment",
        &[
            ("person", &appointment.person),
            ("key", &short(&appointment.key.to_string())),
            ("role", &role_name(lang, &appointment.role)),
            ("unit", &units.name(&appointment.unit())),
            ("from", &clock::moment(appointment.term.from.0)),
            ("until", &until),
            (
                "basis",
                &if appointment.basis.is_empty() {
                    "–"
                } else {
                    &appointment.basis
                },
            ),
        ],
    )
}

/// `soxa key cut`.
pub fn cut(args: &CutArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let (target, about, path) = target_of(&args.target, session)?;
    let found = session.client()?.positions(Request::Positions {
        target: target.to_string(),
        before_ms: args.kept.before_ms(),
    })?;
    let (stands, kept) = kept(lang, &args.kept, found)?;
    let preview = vec![
        text(
            lang,
            "preview.cut",
            &[
                ("about", &about),
                (
                    "reason",
                    &text(lang, &format!("preview.reason.{}", reason_word(args.reason)), &[]),
                ),
            ],
        ),
        kept,
    ];
    let fact = Fact::Cut(Cut {
        target,
        reason: args.reason,
        remark: args.kept.remark.clone(),
        stands,
    });
    statements::issue(session, &args.issuer, &fact, preview, |acting| {
        acting.is_at_or_above(&path)
    })
}

/// `soxa key compromise`.
pub fn compromise(args: &CompromiseArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let key = key_store::public_key(&args.compromised)?;
    let appointments = session.client()?.appointments(key.to_string())?;
    let found = session.client()?.positions(Request::KeyPositions {
        key: key.to_string(),
        before_ms: args.kept.before_ms(),
    })?;
    let (stands, kept) = kept(lang, &args.kept, found)?;
    let people: Vec<String> = appointments
        .iter()
        .map(|a| {
            format!(
                "{} ({}, {})",
                a.person,
                a.role,
                a.unit_name.as_deref().unwrap_or("–")
            )
        })
        .collect();
    let person = if people.is_empty() {
        "–".to_owned()
    } else {
        people.join(", ")
    };
    let preview = vec![
        text(
            lang,
            "preview.compromise",
            &[("key", &short(&key.to_string())), ("person", &person)],
        ),
        kept,
    ];
    let fact = Fact::Compromise(Compromise {
        key,
        remark: args.kept.remark.clone(),
        stands,
    });
    let path: Vec<RecordId> = appointments
        .first()
        .map(|a| a.unit_path.iter().filter_map(|unit| unit.parse().ok()).collect())
        .unwrap_or_default();
    statements::issue(session, &args.issuer, &fact, preview, |acting| {
        acting.is_at_or_above(&path)
    })
}

/// The appointment, admission or invite that somebody means, what it says, and for which unit it is.
fn target_of(wanted: &str, session: &mut Session) -> Result<(StatementId, String, Vec<RecordId>), Failure> {
    let units = session.units()?;
    let lang = session.lang;
    let (id, (about, path)) = statement_among(session, wanted, |statement| match &statement.fact {
        Fact::Appointment(a) => Some((appointment_preview(lang, &units, a), a.unit_path.clone())),
        Fact::Admission(a) => Some((admission_preview(lang, &units, a), a.unit_path.clone())),
        Fact::Invite(i) => Some((invite_preview(lang, &units, i), i.unit_path.clone())),
        _ => None,
    })?;
    Ok((id, about, path))
}

/// The statement that somebody means by the first digits of its id, among those that `what` takes.
///
/// # Errors
/// When they fit none or several.
pub fn statement_among<T>(
    session: &mut Session,
    wanted: &str,
    what: impl Fn(&Statement) -> Option<T>,
) -> Result<(StatementId, T), Failure> {
    let enough = wanted.len() >= crate::resolve::ID_DIGITS_MIN;
    let mut found: Vec<(StatementId, T)> = all_statements(session)?
        .iter()
        .filter_map(decode)
        .filter(|statement| enough && statement.id.to_string().starts_with(wanted))
        .filter_map(|statement| Some((statement.id, what(&statement)?)))
        .collect();
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one),
        (None, _) => Err(Failure::new("errors.unknown_statement", &[("id", &wanted)])),
        (Some(last), others) => {
            let ids = others.iter().chain([&last]).map(|(id, _)| short(&id.to_string()));
            let ids: Vec<String> = ids.collect();
            Err(Failure::new(
                "errors.record_ambiguous",
                &[("id", &wanted), ("candidates", &ids.join(", "))],
            ))
        }
    }
}

/// What an admission says, in plain words.
pub fn admission_preview(lang: Lang, units: &Units, admission: &Admission) -> String {
    text(
        lang,
        "preview.admission",
        &[
            ("name", &admission.name),
            ("node", &short(&admission.node.to_string())),
            ("unit", &units.name(&admission.unit())),
        ],
    )
}

/// What an invite says, in plain words.
pub fn invite_preview(lang: Lang, units: &Units, invite: &Invite) -> String {
    text(
        lang,
        "preview.invite",
        &[
            ("name", &invite.name),
            ("unit", &units.name(&invite.unit())),
            ("expires", &clock::moment(invite.expires.0)),
        ],
    )
}

fn all_statements(session: &mut Session) -> Result<Vec<StatementReport>, Failure> {
    let client = session.client()?;
    match client.call(Request::Statements)? {
        Reply::Statements(statements) => Ok(statements),
        other => Err(client.other_reply(&other)),
    }
}

fn decode(report: &StatementReport) -> Option<Statement> {
    let bytes = BASE64.decode(report.bytes.as_bytes()).ok()?;
    Signed::<Statement>::decode(&bytes)
        .ok()
        .map(|signed| signed.unchecked().clone())
}

/// `soxa key list`.
pub fn list(args: &ReadArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let units = session.units()?;
    let mut listing = Listing::new(
        "statements",
        &[
            ("id", "records.field.id"),
            ("kind", "records.field.kind"),
            ("verdict", "cli.label.verdict"),
            ("says", "cli.label.says"),
            ("reason", "cli.label.reason"),
        ],
    );
    for report in all_statements(session)? {
        let says = decode(&report)
            .map(|statement| says(lang, &units, &statement))
            .unwrap_or_default();
        let reason = report
            .reason
            .as_ref()
            .map(|reason| Sentence::from(reason).say(lang));
        listing.push(vec![
            Cell::id(&report.id),
            Cell::text(report.kind.clone()),
            verdict_cell(lang, &report.verdict),
            Cell::text(says),
            Cell::option(reason),
        ]);
    }
    args.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

/// What a statement says, in plain words.
pub fn says(lang: Lang, units: &Units, statement: &Statement) -> String {
    match &statement.fact {
        Fact::Genesis(genesis) => text(
            lang,
            "preview.genesis",
            &[
                ("name", &genesis.name),
                ("code", &genesis.code),
                ("roots", &genesis.roots.len()),
                ("quorum", &genesis.quorum),
            ],
        ),
        Fact::Appointment(appointment) => appointment_preview(lang, units, appointment),
        Fact::Admission(admission) => admission_preview(lang, units, admission),
        Fact::Invite(invite) => invite_preview(lang, units, invite),
        Fact::Cut(cut) => text(
            lang,
            "preview.cut",
            &[
                ("about", &short(&cut.target.to_string())),
                (
                    "reason",
                    &text(lang, &format!("preview.reason.{}", reason_word(cut.reason)), &[]),
                ),
            ],
        ),
        Fact::Compromise(compromise) => text(
            lang,
            "preview.compromise",
            &[("key", &short(&compromise.key.to_string())), ("person", &"–")],
        ),
        Fact::Adoption(adoption) => text(
            lang,
            "preview.adopts",
            &[("count", &adoption.commits.len()), ("remark", &adoption.remark)],
        ),
        Fact::Roots(change) => root_keys::told(lang, change),
        Fact::Unknown { kind } => kind.clone(),
    }
}

/// What a statement with this id says; its first digits while it is unknown.
///
/// # Errors
/// When the daemon cannot be asked.
pub fn says_of(session: &mut Session, id: &str) -> Result<String, Failure> {
    let units = session.units()?;
    let lang = session.lang;
    let found = all_statements(session)?
        .into_iter()
        .find(|report| report.id == id);
    Ok(found
        .as_ref()
        .and_then(decode)
        .map_or_else(|| short(id), |statement| says(lang, &units, &statement)))
}
