//! Which appointments `soxa key appoint` is to make: the one that the options say, or those of a table.

use std::path::Path;

use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_ledger::role::Role;
use soxa_ledger::statement::Appointment;
use soxa_ledger::time::Term;

use crate::cli::Session;
use crate::cli::bulk::{self, Column, Line, Problems};
use crate::cli::key::authority::AppointArgs;
use crate::cli::key::holders::{Holder, Holders};
use crate::cli::session::{Units, shown};
use crate::clock;
use crate::failure::{Failure, Sentence};
use crate::key_store;

/// The columns of a table of appointments.
const COLUMNS: [Column; 8] = [
    Column {
        name: "holder",
        label: "cli.label.public_key",
        required: true,
    },
    Column {
        name: "person",
        label: "cli.label.person",
        required: true,
    },
    Column {
        name: "record",
        label: "cli.label.persons_record",
        required: false,
    },
    Column {
        name: "unit",
        label: "records.field.unit",
        required: false,
    },
    Column {
        name: "role",
        label: "records.field.role",
        required: false,
    },
    Column {
        name: "from",
        label: "records.field.from",
        required: false,
    },
    Column {
        name: "until",
        label: "records.field.until",
        required: false,
    },
    Column {
        name: "basis",
        label: "records.field.legal_basis",
        required: false,
    },
];

/// The appointments that the command line asks for.
///
/// # Errors
/// When a key file cannot be read, a unit, role or person is not known, or the table is not in order.
pub fn asked_for(
    args: &AppointArgs,
    session: &Session,
    units: &Units,
    holders: &Holders,
) -> Result<Vec<Appointment>, Failure> {
    let lang = session.lang;
    let known = known_roles(session)?;
    let given = Given {
        unit: units.find_any(args.unit.as_deref())?,
        role: match &args.role {
            Some(word) => Some(role(&known, word).ok_or_else(|| unknown_role(lang, word, &known))?),
            None => None,
        },
    };
    let term = Term {
        from: args.from.unwrap_or_else(clock::now),
        until: args.until,
    };
    if term.until.is_some_and(|until| until <= term.from) {
        let from = clock::moment(term.from.0);
        return Err(Failure::new("errors.term_backwards", &[("from", &from)]));
    }
    match (&args.from_file, &args.holder, given.unit, &given.role) {
        (Some(file), ..) => {
            let lines = bulk::read(lang, file, &COLUMNS)?;
            let from = Lines { file, lines: &lines };
            from_lines(lang, units, holders, (term, &args.basis), &given, &known, &from)
        }
        (None, Some(holder), Some(unit), Some(role)) => {
            let (person, record) = official(holders, args.person.as_deref(), args.record.as_deref(), unit)?;
            let unit_path = units.path(&unit);
            Ok(vec![Appointment {
                key: key_store::public_key(holder)?,
                term: match record {
                    Some(holder) => holders.term(holder, &unit_path, term)?,
                    None => term,
                },
                person,
                record: record.map(|holder| holder.id),
                unit_path,
                role: role.clone(),
                basis: args.basis.clone(),
            }])
        }
        _ => Err(Failure::new("errors.nothing_to_do", &[])),
    }
}

/// The official's name and record: the record given, otherwise that of the only person of the name in the unit.
fn official<'a>(
    holders: &'a Holders,
    name: Option<&str>,
    record: Option<&str>,
    unit: RecordId,
) -> Result<(String, Option<Holder<'a>>), Failure> {
    let holder = match (record.filter(|record| !record.is_empty()), name) {
        (Some(record), _) => Some(holders.find(record)?),
        (None, Some(name)) => holders.of_unit(name, unit)?,
        (None, None) => None,
    };
    let own = || holder.map(|holder| shown(holder.view.name.distinct()));
    let name = name.map(str::to_owned).or_else(own);
    Ok((name.unwrap_or_default(), holder))
}

/// What the options say for lines that do not.
struct Given {
    unit: Option<RecordId>,
    role: Option<Role>,
}

/// A table that was read.
struct Lines<'a> {
    file: &'a Path,
    lines: &'a [Line],
}

fn from_lines(
    lang: Lang,
    units: &Units,
    holders: &Holders,
    (term, basis): (Term, &str),
    given: &Given,
    known: &[Role],
    from: &Lines<'_>,
) -> Result<Vec<Appointment>, Failure> {
    let mut problems = Problems::new(from.file);
    let mut appointments = Vec::with_capacity(from.lines.len());
    for line in from.lines {
        let filled = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        let key = problems.take(lang, line, "holder", |cell| key_store::public_key(cell).ok());
        let person = problems.take(lang, line, "person", filled);
        let from = problems.take_optional(lang, line, "from", clock::parse_moment);
        let until = problems.take_optional(lang, line, "until", clock::parse_moment);
        let unit = match line.get("unit") {
            "" if given.unit.is_some() => given.unit,
            _ => problems.take(lang, line, "unit", |cell| units.find(cell).ok()),
        };
        let role = match line.get("role") {
            "" if given.role.is_some() => given.role.clone(),
            _ => problems.take(lang, line, "role", |cell| role(known, cell)),
        };
        let parts = (key, person, from, until, unit, role);
        let (Some(key), Some(person), Some(from), Some(until), Some(unit), Some(role)) = parts else {
            continue;
        };
        // Of several people of one name in the unit the table has to name one.
        let record = problems.take(lang, line, "record", |cell| {
            official(holders, Some(&person), Some(cell), unit).ok()
        });
        let Some((_, record)) = record else {
            continue;
        };
        let unit_path = units.path(&unit);
        let asked = Term {
            from: from.unwrap_or(term.from),
            until: until.or(term.until),
        };
        let within = |holder| holders.term(holder, &unit_path, asked).ok();
        let term = match record {
            Some(holder) => problems.take(lang, line, "until", |_| within(holder)),
            None => Some(asked),
        };
        let Some(term) = term else {
            continue;
        };
        appointments.push(Appointment {
            key,
            person,
            record: record.map(|holder| holder.id),
            unit_path,
            role,
            term,
            basis: filled(line.get("basis")).unwrap_or_else(|| basis.to_owned()),
        });
    }
    problems.finish()?;
    Ok(appointments)
}

fn known_roles(session: &Session) -> Result<Vec<Role>, Failure> {
    let (_, genesis) = session.home.network()?;
    let roles = genesis.as_genesis().map(|g| g.roles.keys().cloned().collect());
    Ok(roles.unwrap_or_default())
}

fn role(known: &[Role], word: &str) -> Option<Role> {
    let role: Role = word.parse().ok()?;
    known.contains(&role).then_some(role)
}

fn unknown_role(lang: Lang, word: &str, known: &[Role]) -> Failure {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("argument", &"--role"),
        ("value", &word),
        ("known", &known.join(", ")),
    ];
    Failure::usage(
        lang,
        "key appoint",
        &Sentence::new("cli.usage.invalid_value_of", &values),
    )
}

#[cfg(test)]
mod tests {
    use soxa_ledger::SecretKey;
    use soxa_ledger::time::Time;

    use super::*;

    #[test]
    fn a_line_says_what_the_options_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.csv");
        let (first, second) = (RecordId([1; 32]), RecordId([2; 32]));
        let units = Units::known(&[(first, "Xã Mường Bú"), (second, "Xã Phiêng Cằm")]);
        let known: Vec<Role> = ["unit_head", "asset_officer"]
            .map(|role| role.parse().unwrap())
            .to_vec();
        let given = Given {
            unit: Some(first),
            role: known.first().cloned(),
        };
        let term = Term {
            from: Time(5),
            until: None,
        };
        let key = SecretKey::from_seed(&[1; 32]).public();
        let read = |content: &str| {
            std::fs::write(&file, content).unwrap();
            let lines = bulk::read(Lang::En, &file, &COLUMNS)?;
            let from = Lines {
                file: &file,
                lines: &lines,
            };
            let holders = Holders::default();
            from_lines(Lang::En, &units, &holders, (term, "QĐ 1"), &given, &known, &from)
        };
        let headings = "holder,person,unit,role,from,basis";
        let table =
            format!("{headings}\n{key},Lò Lan,,,,\n{key},Cà Sơn,phieng cam,asset_officer,2025-11-15,QĐ 2\n");
        let found = read(&table).unwrap();
        assert_eq!(found[0].unit_path, [first]);
        assert_eq!((found[0].term, found[0].basis.as_str()), (term, "QĐ 1"));
        assert_eq!(
            (found[1].unit_path.as_slice(), &found[1].role),
            ([second].as_slice(), &known[1])
        );
        assert_eq!(found[1].basis, "QĐ 2");
        assert_ne!(found[1].term.from, term.from);
        let refused = read(&format!(
            "{headings}\nnobody,Lò Lan,,,,\n{key},,nowhere,king,soon,\n"
        ))
        .unwrap_err();
        let said = refused.say(Lang::En);
        for part in [
            "line 2, holder",
            "line 3, person",
            "line 3, unit",
            "line 3, role",
            "line 3, from",
        ] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }
}
