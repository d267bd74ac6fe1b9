//! Acts on rosters and persons in plain words.

use soxa_lang::{Lang, number, text};
use soxa_ledger::RecordId;
use soxa_ledger::operation::{OpRef, RecordRef};
use soxa_records::person::secondment::SecondmentAct;
use soxa_records::person::{PersonOperation, PersonSet};
use soxa_records::roster::RosterOperation;

use super::said::Said;
use super::{Names, day, label};

/// What an operation of a record is called: posts and assignments are known by the operations that made them.
fn called(names: &Names<'_>, op: OpRef) -> String {
    match op {
        OpRef::Id(op) => names(&RecordId::from(op)),
        OpRef::Here(_) => String::new(),
    }
}

/// An act on a roster.
pub fn of_roster(lang: Lang, names: &Names<'_>, record: &str, operation: &RosterOperation) -> String {
    let mut said = Said::new(lang, names);
    match operation {
        RosterOperation::Create(roster) => {
            let unit = names(&roster.unit);
            return text(lang, "preview.act.roster_create", &[("unit", &unit)]);
        }
        RosterOperation::AddPost(post) => {
            said.add("code", &post.code);
            said.add("post", &post.title);
            said.word("field", "work_field", post.field.as_str());
            if post.head {
                said.add("head", &text(lang, "cli.label.yes", &[]));
            }
        }
        RosterOperation::ClosePost(close) => said.add("post", &called(names, close.post)),
        RosterOperation::Assign(assign) => {
            let person = match assign.person {
                RecordRef::Id(id) => names(&id),
                RecordRef::New | RecordRef::Here(_) => text(lang, "preview.this_record", &[]),
            };
            said.add("person", &person);
            said.add("post", &called(names, assign.post));
            said.word("kind", "appointment_kind", assign.kind.as_str());
            said.day("from", Some(assign.from));
            said.day("until", assign.until);
            said.add("basis", &assign.decision);
        }
        RosterOperation::Release(release) => {
            said.add("post", &called(names, release.assignment));
            said.day("until", Some(release.date));
            said.add("note", &release.reason);
        }
        RosterOperation::Quota(quota) => {
            said.word("class", "person_class", quota.class.as_str());
            said.add("year", &quota.year.to_string());
            said.add("number", &number(lang, quota.number));
            said.add("basis", &quota.decision);
        }
    }
    said.sentence(record, operation.act())
}

/// An act on a person.
pub fn of_person(lang: Lang, names: &Names<'_>, record: &str, operation: &PersonOperation) -> String {
    let word = |section: &str, word: &str| text(lang, &format!("records.{section}.{word}"), &[]);
    let mut said = Said::new(lang, names);
    match operation {
        PersonOperation::Register(person) => {
            let values: [(&str, &dyn std::fmt::Display); 4] = [
                ("name", &person.name),
                ("class", &word("person_class", person.class.as_str())),
                ("field", &word("work_field", person.field.as_str())),
                ("unit", &names(&person.unit)),
            ];
            return text(lang, "preview.act.person_register", &values);
        }
        PersonOperation::Set(setting) => {
            let (field, value) = match setting {
                PersonSet::Name(name) => ("name", name.clone()),
                PersonSet::Rank(rank) => ("rank", rank.clone()),
                PersonSet::Class(class) => ("class", word("person_class", class.as_str())),
                PersonSet::Field(field) => ("work_field", word("work_field", field.as_str())),
                PersonSet::CommuteKm(km) => ("commute_km", number(lang, *km)),
            };
            let values: [(&str, &dyn std::fmt::Display); 3] = [
                ("record", &record),
                ("field", &label(lang, field)),
                ("value", &value),
            ];
            return text(lang, "preview.act.set", &values);
        }
        PersonOperation::Custody(custody) => {
            said.unit("from_unit", &custody.from);
            said.unit("to", &custody.to);
        }
        PersonOperation::Second(second) => {
            said.unit("home", &second.home);
            said.unit("host", &second.host);
            said.word("field", "work_field", second.field.as_str());
            said.add("programme", &second.programme);
            said.day("from", Some(second.from));
            said.day("until", Some(second.until));
            said.add("payer", &second.payer);
            said.add("basis", &second.decision);
        }
        PersonOperation::Accept(act)
        | PersonOperation::Decline(act)
        | PersonOperation::Recall(act)
        | PersonOperation::Confirm(act) => step(&mut said, act),
        PersonOperation::Evaluate(evaluate) => {
            said.unit("unit", &evaluate.unit);
            said.word("rating", "rating", evaluate.rating.as_str());
            said.day("day", Some(evaluate.date));
            said.add("note", &evaluate.note);
        }
        PersonOperation::Depart(depart) => {
            said.unit("home", &depart.home);
            said.word("ground", "ground", depart.ground.as_str());
            said.day("last_day", Some(depart.last_day));
            said.add("decree", &depart.decree);
            if let Some(amount) = depart.amount {
                said.sum("amount", amount);
            }
            if let Some(payer) = &depart.payer {
                said.unit("payer", payer);
            }
            said.add("basis", &depart.decision);
        }
        PersonOperation::Pay(pay) => {
            said.add("departure", &called(names, pay.departure));
            said.sum("amount", pay.amount);
            said.day("day", Some(pay.date));
            said.add("note", &pay.receipt);
        }
        PersonOperation::Allow(allow) => {
            said.add("name", &allow.name);
            said.sum("monthly", allow.monthly);
            said.day("from", Some(allow.from));
            said.day("until", allow.until);
            said.add("basis", &allow.basis);
        }
        PersonOperation::Prefer(prefer) => {
            prefer.units.iter().for_each(|unit| said.unit("to", unit));
            said.add("day", &day(prefer.date));
            said.add("note", &prefer.reason);
        }
    }
    said.sentence(record, operation.act())
}

fn step(said: &mut Said<'_>, act: &SecondmentAct) {
    said.unit("unit", &act.unit);
    said.day("day", Some(act.date));
    said.add("note", &act.note);
}
