//! Persons in public service: registered with a unit, moved by handovers of staff, seconded for a time, leaving the service.

pub mod programme;
pub mod secondment;
pub mod service;
pub mod view;

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::RecordId;

use crate::body::{Body, Form, Id, Name, Opt, Small, Text, Word, Year, body, words};
use crate::custody::{Custody, CustodyView, first_link};
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::measure::Date;
use crate::person::secondment::{Evaluate, Second, SecondmentAct, SecondmentStage};
use crate::person::service::{Allow, Depart, DeparturePay, Prefer};
use crate::person::view::departures_of;
use crate::state::CanonicalState;
use crate::typed::operations;
use crate::value::{Change, set, word_values};
use crate::verdict::Illegality;

words! {
    /// The class of public service.
    PersonClass, "person class" {
        /// Cán bộ.
        Cadre = "cadre",
        /// Công chức.
        CivilServant = "civil_servant",
        /// Viên chức.
        PublicEmployee = "public_employee",
        /// Người lao động.
        Worker = "worker",
    }
}

words! {
    /// The field of work that posts and people are counted by.
    WorkField, "field of work" {
        /// Culture, sport, information.
        Culture = "culture",
        /// Agriculture, extension, plant and animal health.
        Agriculture = "agriculture",
        /// Land, environment.
        Land = "land",
        /// Finance, planning, accounts.
        Finance = "finance",
        /// Justice, civil status.
        Justice = "justice",
        /// Construction, transport.
        Construction = "construction",
        /// Information technology, digital transformation.
        Technology = "technology",
        /// Education.
        Education = "education",
        /// Health.
        Health = "health",
        /// Labour, social affairs, home affairs.
        Labour = "labour",
        /// Management.
        Management = "management",
        /// Anything else.
        Other = "other",
    }
}
word_values!(PersonClass, WorkField);

operations! {
    /// What is done to the records of persons.
    PersonOperation of "person" {
        /// Creates the record.
        Register(PersonRegister) = "register",
        /// Writes a field.
        Set(PersonSet) = "set",
        /// The person comes to another unit by an effective handover.
        Custody(Custody) = "custody",
        /// The person is seconded to another unit.
        Second(Second) = "second",
        /// The host takes the person.
        Accept(SecondmentAct) = "accept",
        /// The host does not.
        Decline(SecondmentAct) = "decline",
        /// The home or the host ends it early.
        Recall(SecondmentAct) = "recall",
        /// The host rates the work.
        Evaluate(Evaluate) = "evaluate",
        /// The home confirms the rating.
        Confirm(SecondmentAct) = "confirm",
        /// The person leaves the service.
        Depart(Depart) = "depart",
        /// Something is paid for the departure.
        Pay(DeparturePay) = "pay",
        /// An allowance.
        Allow(Allow) = "allow",
        /// Where the person would like to be transferred.
        Prefer(Prefer) = "prefer",
    }
}

body! {
    /// Body of `person.register`: `[name, birth year or null, class, field, unit]`.
    PersonRegister = "person.register" {
        /// The name.
        name: String => Name,
        /// The year of birth.
        birth_year: Option<u16> => Opt<Year>,
        /// The class of service.
        class: PersonClass => Word,
        /// The field of work.
        field: WorkField => Word,
        /// The unit that has the person.
        unit: RecordId => Id,
    }
}

/// Body of `person.set`: `[field, value]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonSet {
    /// The name.
    Name(String),
    /// The class.
    Class(PersonClass),
    /// The field of work.
    Field(WorkField),
    /// The rank; empty when there is none any more.
    Rank(String),
    /// The way to work in kilometres; 0 when it is not known.
    CommuteKm(u32),
}

impl PersonSet {
    fn change(&self) -> Change {
        match self {
            Self::Name(name) => set("name", name.as_str()),
            Self::Class(class) => set("class", *class),
            Self::Field(field) => set("field", *field),
            Self::Rank(rank) => set("rank", rank.as_str()),
            Self::CommuteKm(km) => set("commute_km", *km),
        }
    }
}

impl Body for PersonSet {
    fn write(&self, w: &mut Writer) {
        w.array(2);
        match self {
            Self::Name(name) => w.text("name").text(name),
            Self::Class(class) => w.text("class").text(class.as_str()),
            Self::Field(field) => w.text("field").text(field.as_str()),
            Self::Rank(rank) => w.text("rank").text(rank),
            Self::CommuteKm(km) => w.text("commute_km").uint((*km).into()),
        };
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("person.set", 2)?;
        Ok(match r.text("person field", 16)? {
            "name" => Self::Name(Name::read(r, "person name")?),
            "class" => Self::Class(Word::read(r, "person class")?),
            "field" => Self::Field(Word::read(r, "field of work")?),
            "rank" => Self::Rank(Text::read(r, "rank")?),
            "commute_km" => Self::CommuteKm(Small::read(r, "kilometres")?),
            _ => {
                return Err(CborError::Value {
                    field: "person field",
                    what: "no field of a person",
                });
            }
        })
    }
}

impl PersonOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        match self {
            Self::Register(register) => {
                scene.expect_refs(1)?;
                scene.expect_at_or_above(&scene.cited_unit(register.unit)?)?;
                let mut changes = vec![
                    set("name", register.name.as_str()),
                    set("class", register.class),
                    set("field", register.field),
                ];
                changes.extend(register.birth_year.map(|year| set("birth_year", year)));
                changes.push(first_link(scene.facts.record, register.unit));
                Ok(changes)
            }
            Self::Set(setting) => {
                let custodian = CustodyView::of(scene.past).custodian;
                let of = match scene.refs.is_empty() {
                    true => scene.actor.unit(),
                    // Who is of a unit above cites the one that has the person.
                    false => {
                        scene.expect_refs(1)?;
                        let path = scene.registered_path(0)?;
                        scene.expect_at_or_above(&path)?;
                        path.last().copied()
                    }
                };
                if custodian.is_none() || custodian != of {
                    return Err(Illegality::NotCustodian {
                        custodian,
                        actor: scene.actor.unit(),
                    }
                    .into());
                }
                Ok(vec![setting.change()])
            }
            Self::Custody(custody) => custody.judge(scene, HandoverKind::Staff),
            Self::Second(second) => second.judge(scene),
            Self::Accept(act) => act.judge(scene, SecondmentStage::Accepted),
            Self::Decline(act) => act.judge(scene, SecondmentStage::Declined),
            Self::Recall(act) => act.judge(scene, SecondmentStage::Ended),
            Self::Evaluate(evaluate) => evaluate.judge(scene),
            Self::Confirm(act) => act.judge(scene, SecondmentStage::Confirmed),
            Self::Depart(depart) => depart.judge(scene),
            Self::Pay(pay) => pay.judge(scene),
            Self::Allow(allow) => allow.judge(scene),
            Self::Prefer(prefer) => prefer.judge(scene),
        }
    }

    /// The units whose registrations the operation cites, in order; a custody operation cites an effect instead.
    #[must_use]
    pub fn units(&self) -> Vec<RecordId> {
        match self {
            Self::Register(register) => vec![register.unit],
            Self::Set(_) | Self::Custody(_) => Vec::new(),
            Self::Second(second) => vec![second.home, second.host],
            Self::Accept(act) | Self::Decline(act) | Self::Recall(act) | Self::Confirm(act) => {
                vec![act.unit]
            }
            Self::Evaluate(evaluate) => vec![evaluate.unit],
            Self::Depart(depart) => [depart.home].into_iter().chain(depart.payer).collect(),
            Self::Pay(pay) => vec![pay.home],
            Self::Allow(allow) => vec![allow.home],
            Self::Prefer(prefer) => vec![prefer.home],
        }
    }
}

/// The unit, whose registration is cited first, has the person, and who acts is of it or of a unit above.
pub(crate) fn expect_home(scene: &Scene<'_>, home: RecordId) -> Result<(), Stop> {
    scene.expect_at_or_above(&home_path(scene, home)?)
}

/// The path of the unit whose registration is cited first, which has the person.
pub(crate) fn home_path(scene: &Scene<'_>, home: RecordId) -> Result<Vec<RecordId>, Stop> {
    let path = scene.cited_unit(home)?;
    match CustodyView::of(scene.past).custodian {
        Some(custodian) if custodian == home => Ok(path),
        Some(custodian) => Err(Illegality::PersonElsewhere {
            person: scene.facts.record,
            custodian,
        }
        .into()),
        None => Err(Illegality::NotCustodian {
            custodian: None,
            actor: scene.actor.unit(),
        }
        .into()),
    }
}

/// The last day in service, when one is decided.
pub(crate) fn departed_on(past: &CanonicalState) -> Option<Date> {
    departures_of(past).iter().map(|one| one.last_day).min()
}
