//! Which appointments `soxa key appoint` is to make: the one that the options say, or those of a table.

use soxa_lang::{Lang, fold};
use soxa_ledger::RecordId;
use soxa_ledger::role::Role;
use soxa_ledger::statement::Appointment;
use soxa_ledger::time::Term;
use soxa_office::appointments;
use soxa_office::plan::Places;
use soxa_office::problems::Reason;

use crate::cli::Session;
use crate::cli::fields::translation;
use crate::cli::key::authority::AppointArgs;
use crate::cli::key::holders::{Holder, Holders};
use crate::cli::office::filled::Filled;
use crate::cli::session::{Units, shown};
use crate::clock;
use crate::failure::{Failure, Sentence};
use crate::key_store;

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
    let roles = Roles(known_roles(session)?);
    let unit = units.find_any(args.unit.as_deref())?;
    let usage = |reason| Failure::usage(lang, "key appoint", &reason);
    let role = args.role.as_deref().map(|word| roles.find(word));
    let role = role.transpose().map_err(usage)?;
    let term = Term {
        from: args.from.unwrap_or_else(clock::now),
        until: args.until,
    };
    if term.until.is_some_and(|until| until <= term.from) {
        let from = clock::moment(term.from.0);
        return Err(Failure::new("errors.term_backwards", &[("from", &from)]));
    }
    let table = args.table.read(lang, appointments::COLUMNS)?;
    match (&table, &args.holder, unit, role) {
        (Some(table), _, unit, role) => {
            let given = Given {
                unit,
                role,
                term,
                basis: &args.basis,
            };
            from_table(lang, units, holders, &roles, &given, table)
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
                role,
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
struct Given<'a> {
    unit: Option<RecordId>,
    role: Option<Role>,
    term: Term,
    basis: &'a str,
}

fn from_table(
    lang: Lang,
    units: &Units,
    holders: &Holders,
    roles: &Roles,
    given: &Given<'_>,
    table: &Filled,
) -> Result<Vec<Appointment>, Failure> {
    let mut places = Places::new(units, given.unit);
    let said = |failure: Failure| Reason::Refused(failure.what(lang));
    table.lines(lang, |line| {
        let asked = appointments::read(line, &mut places)?;
        let key = key_store::public_key(&asked.holder);
        let key = key.map_err(|failure| line.refuse("holder", said(failure))).ok();
        let role = match (&given.role, asked.role.as_str()) {
            (Some(role), "") => Ok(role.clone()),
            (None, "") => Err(Reason::Empty),
            (_, word) => roles
                .find(word)
                .map_err(|reason| Reason::Refused(reason.say(lang))),
        };
        let role = role.map_err(|reason| line.refuse("role", reason)).ok();
        // Of several people of one name in the unit the table has to name one.
        let record = official(holders, Some(&asked.person), Some(&asked.record), asked.unit);
        let (person, record) = record
            .map_err(|failure| line.refuse("record", said(failure)))
            .ok()?;
        let unit_path = units.path(&asked.unit);
        let term = Term {
            from: asked.from.unwrap_or(given.term.from),
            until: asked.until.or(given.term.until),
        };
        let term = match record {
            Some(holder) => holders.term(holder, &unit_path, term),
            None => Ok(term),
        };
        let term = term.map_err(|failure| line.refuse("until", said(failure))).ok();
        Some(Appointment {
            key: key?,
            person,
            record: record.map(|holder| holder.id),
            unit_path,
            role: role?,
            term: term?,
            basis: match asked.basis.is_empty() {
                true => given.basis.to_owned(),
                false => asked.basis,
            },
        })
    })
}

/// The roles of the network.
struct Roles(Vec<Role>);

impl Roles {
    /// The role that a word of the program means, or its translation.
    fn find(&self, word: &str) -> Result<Role, Sentence> {
        let wanted = fold(word);
        let is_meant = |role: &&Role| {
            let translated = |lang: &Lang| fold(&translation(*lang, "records.role", role.as_str())) == wanted;
            fold(role.as_str()) == wanted || Lang::ALL.iter().any(translated)
        };
        let found = self.0.iter().find(is_meant).cloned();
        found.ok_or_else(|| {
            let known: Vec<String> = self.0.iter().map(ToString::to_string).collect();
            let values: [(&str, &dyn std::fmt::Display); 3] = [
                ("argument", &"--role"),
                ("value", &word),
                ("known", &known.join(", ")),
            ];
            Sentence::new("cli.usage.invalid_value_of", &values)
        })
    }
}

fn known_roles(session: &Session) -> Result<Vec<Role>, Failure> {
    let (_, genesis) = session.home.network()?;
    let roles = genesis.as_genesis().map(|g| g.roles.keys().cloned().collect());
    Ok(roles.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use soxa_ledger::SecretKey;
    use soxa_ledger::time::Time;

    use super::*;
    use crate::cli::office::filled::tests::filled;

    #[test]
    fn a_line_says_what_the_options_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (RecordId([1; 32]), RecordId([2; 32]));
        let units = Units::known(&[(first, "Xã Mường Bú"), (second, "Xã Phiêng Cằm")]);
        let roles = ["unit_head", "asset_officer"].map(|role| role.parse().unwrap());
        let roles = Roles(roles.to_vec());
        let given = Given {
            unit: Some(first),
            role: roles.0.first().cloned(),
            term: Term {
                from: Time(5),
                until: None,
            },
            basis: "QĐ 1",
        };
        let key = SecretKey::from_seed(&[1; 32]).public();
        let read = |content: &str| {
            let table = filled(folder.path(), content, appointments::COLUMNS)?;
            from_table(Lang::En, &units, &Holders::default(), &roles, &given, &table)
        };
        let found = read(&format!(
            "Khóa;Họ và tên;Đơn vị công tác;Vai trò;Từ ngày;Quyết định\n\
             {key};Lò Lan;;;;\n{key};Cà Sơn;Phieng Cam;Công chức phụ trách tài sản;15/11/2025;QĐ 2\n"
        ));
        let found = found.unwrap();
        assert_eq!(found[0].unit_path, [first]);
        assert_eq!(
            (found[0].term, found[0].basis.as_str()),
            (given.term, given.basis)
        );
        assert_eq!(
            (found[1].unit_path.as_slice(), &found[1].role),
            ([second].as_slice(), &roles.0[1])
        );
        assert_eq!(found[1].basis, "QĐ 2");
        assert_eq!(Some(found[1].term.from), clock::parse_moment("2025-11-15"));
        let headings = "holder,person,unit,role,from,basis";
        let refused = read(&format!(
            "{headings}\nnobody,Lò Lan,,king,,\n{key},,nowhere,,soon,QĐ 3\n"
        ));
        let said = refused.unwrap_err().say(Lang::En);
        for part in [
            "line 2, A «holder»",
            "line 2, D «role»",
            "unit_head, asset_officer",
            "line 3, B «person»",
            "line 3, C «unit»",
            "line 3, E «from»",
        ] {
            assert!(said.contains(part), "{part:?} in {said}");
        }
    }
}
