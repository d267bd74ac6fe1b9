//! Verdicts as sentences of the catalogue with their values.

use soxa_engine::NotProvable;
use soxa_ledger::RecordId;
use soxa_ledger::minutes::Party;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_records::handover::HandoverStage;
use soxa_records::{Illegality, OpMissing, OpVerdict, OpVoid};

use crate::control::protocol::Objection;

/// How records are named for people.
pub trait Names {
    /// A unit's or another record's name, or the short form of its id.
    fn name(&self, record: &RecordId) -> String;
}

/// The word of a verdict in reports.
pub fn word(verdict: &OpVerdict) -> &'static str {
    match verdict {
        OpVerdict::Valid => "valid",
        OpVerdict::Pending(_) => "pending",
        OpVerdict::Void(_) => "void",
    }
}

/// The word of a statement's verdict.
pub fn statement_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Pending(_) => "pending",
        Verdict::Void(_) => "void",
    }
}

/// Why an operation is not valid; none when it is.
pub fn of_operation(verdict: &OpVerdict, index: Option<u32>, names: &dyn Names) -> Option<Objection> {
    let mut objection = match verdict {
        OpVerdict::Valid => return None,
        OpVerdict::Pending(OpMissing::Authority(missing)) => missing_authority(missing),
        OpVerdict::Pending(OpMissing::Operation(_)) => plain("verdicts.pending.missing_operation"),
        OpVerdict::Pending(OpMissing::NewerProgram { kind, version }) => with(
            "verdicts.pending.needs_version",
            &[("version", format!("{kind}/{version}"))],
        ),
        OpVerdict::Void(OpVoid::Authority(reason)) => void_authority(reason),
        OpVerdict::Void(OpVoid::Malformed(what)) => malformed(what),
        OpVerdict::Void(OpVoid::Signer(..)) => plain("verdicts.void.signer"),
        OpVerdict::Void(OpVoid::RefVoid(_)) => plain("verdicts.void.reference_void"),
        OpVerdict::Void(OpVoid::Illegal(rule)) => illegal(rule, names),
    };
    objection.operation = index;
    Some(objection)
}

/// What the format does not allow and people can ask for, with the sentence that says so.
const MISSHAPEN: [(&str, &str); 15] = [
    ("an empty text", "verdicts.form.empty_text"),
    ("giver and receiver are one unit", "verdicts.form.one_party"),
    (
        "a party is no witness of its own handover",
        "verdicts.form.own_witness",
    ),
    ("a subject twice in one handover", "verdicts.form.subject_twice"),
    ("a handover of nothing", "verdicts.form.nothing_given"),
    ("neither an asset nor a person", "verdicts.form.nothing_given"),
    ("papers alone are handed over", "verdicts.form.papers_alone"),
    ("one line restated twice", "verdicts.form.line_twice"),
    ("one key for two members", "verdicts.form.member_twice"),
    ("not one chair", "verdicts.form.one_chair"),
    ("an asset twice in one inventory", "verdicts.form.asset_twice"),
    ("a list of nothing", "verdicts.form.nothing_counted"),
    ("before the first day", "verdicts.form.ends_before"),
    ("before the first", "verdicts.form.ends_before"),
    ("the home itself", "verdicts.form.host_is_home"),
];

/// An operation that does not follow the format: what its reader found, which is the field and what is wrong with it.
fn malformed(what: &str) -> Objection {
    let none = || plain("verdicts.void.malformed_operation");
    let Some((field, wrong)) = what.split_once(": ") else {
        return none();
    };
    let field = ("field_name", field.replace(' ', "_"));
    if let Some((found, limit)) = wrong.split_once(" exceeds the limit of ") {
        let (found, limit) = (("found", found.to_owned()), ("limit", limit.to_owned()));
        return with("verdicts.form.too_long", &[field, found, limit]);
    }
    let known = MISSHAPEN.iter().find(|(said, _)| *said == wrong);
    known.map_or_else(none, |(_, key)| with(key, &[field]))
}

/// Why no proof of a handover can be made.
pub fn not_provable(not: &NotProvable, names: &dyn Names) -> Vec<Objection> {
    let party = |key: &str, party: Party| with(key, &[("party", party_word(party))]);
    match not {
        NotProvable::NotAHandover => vec![plain("proof.reason.not_a_handover")],
        NotProvable::NotEffective { stage, unsigned } => {
            let mut reasons = vec![with("proof.reason.stage", &[("stage", stage.to_string())])];
            reasons.extend(unsigned.iter().map(|one| party("proof.reason.unsigned", *one)));
            if *stage == HandoverStage::Accepted && unsigned.is_empty() {
                reasons.push(plain("proof.reason.awaits_effect"));
            }
            reasons
        }
        NotProvable::WithoutEffect(verdict) => {
            let mut reasons = vec![plain("proof.reason.without_effect")];
            reasons.extend(of_operation(verdict, None, names));
            reasons
        }
        NotProvable::SignatureElsewhere(one) => vec![party("proof.reason.elsewhere", *one)],
    }
}

/// Why a statement is not valid; none when it is.
pub fn of_statement(verdict: &Verdict) -> Option<Objection> {
    match verdict {
        Verdict::Valid => None,
        Verdict::Pending(missing) => Some(missing_authority(missing)),
        Verdict::Void(reason) => Some(void_authority(reason)),
    }
}

fn missing_authority(missing: &Missing) -> Objection {
    match missing {
        Missing::Forked(_) => plain("verdicts.pending.forked"),
        Missing::Admission(_) => plain("verdicts.pending.missing_admission"),
        Missing::Program(kind) => with("verdicts.pending.needs_version", &[("version", kind.to_string())]),
        Missing::Genesis | Missing::Statement(_) | Missing::Entry => {
            plain("verdicts.pending.missing_authority")
        }
    }
}

fn void_authority(reason: &VoidReason) -> Objection {
    plain(match reason {
        VoidReason::NotAnAppointment(_) => "verdicts.void.not_an_appointment",
        VoidReason::WrongKey => "verdicts.void.wrong_key",
        VoidReason::RoleForbidsOperation(_) | VoidReason::RoleForbidsStatement => {
            "verdicts.void.role_forbids"
        }
        VoidReason::OutsideTerm => "verdicts.void.outside_term",
        VoidReason::Cut(_) => "verdicts.void.cut",
        VoidReason::AppointmentVoid(_) => "verdicts.void.appointment_void",
        VoidReason::NodeCut(_) => "verdicts.void.node_cut",
        VoidReason::NoQuorum => "verdicts.void.no_quorum",
        VoidReason::NotAbove => "verdicts.void.not_above",
        VoidReason::TooDeep => "verdicts.void.too_deep",
        VoidReason::InviteUsed(_) => "verdicts.void.invite_used",
        VoidReason::RootsChanged(_) => "verdicts.void.roots_changed",
    })
}

fn illegal(rule: &Illegality, names: &dyn Names) -> Objection {
    let values: Vec<(&str, String)> = match rule {
        Illegality::OtherKind(kind) => vec![("kind", kind.to_string())],
        Illegality::UnitStage { found } => vec![("stage", found.to_string())],
        Illegality::NumbersTaken { node } => vec![("node", node.short())],
        Illegality::PostCodeTaken(code) => vec![("code", code.clone())],
        Illegality::NoSuchPost(post) | Illegality::PostClosed(post) => vec![("post", post.short())],
        Illegality::PostHeld { person, .. } => vec![("person", names.name(person))],
        Illegality::NoSuchAssignment(assignment) | Illegality::AssignmentEnded(assignment) => {
            vec![("assignment", assignment.short())]
        }
        Illegality::PersonElsewhere { person, custodian } => {
            vec![
                ("person", names.name(person)),
                ("custodian", names.name(custodian)),
            ]
        }
        Illegality::NoSuchSecondment(id) | Illegality::NoSuchDeparture(id) => {
            vec![("operation", id.short())]
        }
        Illegality::SecondmentStage { found } => {
            vec![
                ("stage", found.to_string()),
                ("next", commands(&found.next_acts())),
            ]
        }
        Illegality::SecondmentRuns { until } | Illegality::Seconded { until } => {
            vec![("until", until.to_string())]
        }
        Illegality::NotHost { host } => vec![("unit", names.name(host))],
        Illegality::NotPayer { payer } => vec![("unit", names.name(payer))],
        Illegality::Departed { on } => vec![("date", on.to_string())],
        Illegality::NotCustodian { custodian: None, .. } => return plain("verdicts.illegal.nobody_holds"),
        Illegality::NotCustodian {
            custodian: Some(unit),
            ..
        } => vec![("custodian", names.name(unit))],
        Illegality::NotInEffect { line }
        | Illegality::LineNotGivers { line }
        | Illegality::LineNotHeld { line }
        | Illegality::NotOfCorrected { line }
        | Illegality::NoSuchLine(line) => {
            vec![("line", line.to_string())]
        }
        Illegality::NotParty { party, unit } => {
            vec![("party", party_word(*party)), ("unit", names.name(unit))]
        }
        Illegality::InventoryStage { found } => vec![("reached", found.to_string())],
        Illegality::NoSuchMember(member)
        | Illegality::NoScan(member)
        | Illegality::OtherMember { member, .. } => {
            vec![("member", member.to_string())]
        }
        Illegality::NoSuchThing { number, .. } => vec![("number", number.to_string())],
        Illegality::HandoverStage { found } => {
            vec![
                ("stage", found.to_string()),
                ("next", commands(&found.next_acts())),
            ]
        }
        Illegality::DossierStatus { found } => {
            let mut next: Vec<&str> = found.iter().flat_map(|status| status.next_acts()).collect();
            next.dedup();
            let found: Vec<&str> = found.iter().map(|status| status.as_str()).collect();
            vec![("status", found.join(", ")), ("next", commands(&next))]
        }
        Illegality::AssetState { found } => {
            let found: Vec<&str> = found.iter().map(|state| state.as_str()).collect();
            vec![("state", found.join(", "))]
        }
        Illegality::NoSuchPaper(number) => vec![("number", number.to_string())],
        Illegality::NoSuchFile(file) => vec![("file", file.short())],
        Illegality::SignerUnit { unit, .. } => vec![("unit", names.name(unit))],
        _ => Vec::new(),
    };
    with(&format!("verdicts.illegal.{}", rule.code()), &values)
}

/// The commands of these acts; a dash when nothing may come next.
fn commands(acts: &[&str]) -> String {
    let command = |act: &&str| {
        let (record, act) = act.split_once('.').unwrap_or_default();
        // What only those do who may decide is a dossier's step on the command line.
        let noun = if record == "decision" { "dossier" } else { record };
        format!("soxa {noun} {act}")
    };
    match acts {
        [] => "–".to_owned(),
        acts => acts.iter().map(command).collect::<Vec<_>>().join(", "),
    }
}

fn party_word(party: Party) -> String {
    party.as_str().to_owned()
}

fn plain(key: &str) -> Objection {
    with(key, &[])
}

/// The same as a warning: the act may be signed all the same.
pub fn warn(key: &str, values: &[(&str, String)]) -> Objection {
    Objection {
        warning: true,
        ..with(key, values)
    }
}

/// A sentence with values.
pub fn with(key: &str, values: &[(&str, String)]) -> Objection {
    Objection {
        operation: None,
        key: key.to_owned(),
        values: values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        warning: false,
    }
}
