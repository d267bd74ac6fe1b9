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
use crate::cli::session::Units;
use crate::clock;
use crate::failure::{Failure, Sentence};
use crate::key_store;

/// The columns of a table of appointments.
const COLUMNS: [Column; 7] = [
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
/// When a key file cannot be read, a unit or role is not known, or the table is not in order.
pub fn asked_for(args: &AppointArgs, session: &Session, units: &Units) -> Result<Vec<Appointment>, Failure> {
    let lang = session.lang;
    let known = known_roles(session)?;
    let given = Given {
        unit: args.unit.as_deref().map(|unit| units.find(unit)).transpose()?,
        role: match &args.role {
            Some(word) => Some(role(&known, word).ok_or_else(|| unknown_role(lang, word, &known))?),
            None => None,
        },
    };
    let term = Term {
        from: args.from.unwrap_or_else(clock::now),
        until: args.until,
    };
    match (
        &args.from_file,
        &args.holder,
        &args.person,
        given.unit,
        &given.role,
    ) {
        (Some(file), ..) => {
            let lines = bulk::read(lang, file, &COLUMNS)?;
            from_lines(lang, units, (term, &args.basis), &given, &known, file, &lines)
        }
        (None, Some(holder), Some(person), Some(unit), Some(role)) => Ok(vec![Appointment {
            key: key_store::public_key(holder)?,
            person: person.clone(),
            unit_path: units.path(&unit),
            role: role.clone(),
            term,
            basis: args.basis.clone(),
        }]),
        _ => Err(Failure::new("errors.nothing_to_do", &[])),
    }
}

/// What the options say for lines that do not.
struct Given {
    unit: Option<RecordId>,
    role: Option<Role>,
}

fn from_lines(
    lang: Lang,
    units: &Units,
    (term, basis): (Term, &str),
    given: &Given,
    known: &[Role],
    file: &Path,
    lines: &[Line],
) -> Result<Vec<Appointment>, Failure> {
    let mut problems = Problems::new(file);
    let mut appointments = Vec::with_capacity(lines.len());
    for line in lines {
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
        appointments.push(Appointment {
            key,
            person,
            unit_path: units.path(&unit),
            role,
            term: Term {
                from: from.unwrap_or(term.from),
                until: until.or(term.until),
            },
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
            from_lines(Lang::En, &units, (term, "QĐ 1"), &given, &known, &file, &lines)
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
