//! Persons in public service: registered with a unit, moved by handovers of staff.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::RecordId;

use crate::body::{Body, Form, Id, Name, Opt, Text, Word, Year, body, words};
use crate::custody::{Custody, CustodyView, first_link};
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::state::CanonicalState;
use crate::typed::{RecordKind, operations};
use crate::value::{Change, Field, set, word_values};
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
}

impl PersonSet {
    fn change(&self) -> Change {
        match self {
            Self::Name(name) => set("name", name.as_str()),
            Self::Class(class) => set("class", *class),
            Self::Field(field) => set("field", *field),
            Self::Rank(rank) => set("rank", rank.as_str()),
        }
    }
}

impl Body for PersonSet {
    fn write(&self, w: &mut Writer) {
        let (field, value) = match self {
            Self::Name(name) => ("name", name.as_str()),
            Self::Class(class) => ("class", class.as_str()),
            Self::Field(field) => ("field", field.as_str()),
            Self::Rank(rank) => ("rank", rank.as_str()),
        };
        w.array(2).text(field).text(value);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("person.set", 2)?;
        Ok(match r.text("person field", 16)? {
            "name" => Self::Name(Name::read(r, "person name")?),
            "class" => Self::Class(Word::read(r, "person class")?),
            "field" => Self::Field(Word::read(r, "field of work")?),
            "rank" => Self::Rank(Text::read(r, "rank")?),
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
                scene.expect_refs(0)?;
                let custodian = CustodyView::of(scene.past).custodian;
                if custodian.is_none() || custodian != scene.actor.unit() {
                    return Err(Illegality::NotCustodian {
                        custodian,
                        actor: scene.actor.unit(),
                    }
                    .into());
                }
                Ok(vec![setting.change()])
            }
            Self::Custody(custody) => custody.judge(scene, HandoverKind::Staff),
        }
    }
}

/// A person as the record's state shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonView {
    /// The name.
    pub name: Field<String>,
    /// The year of birth.
    pub birth_year: Field<u16>,
    /// The class of service.
    pub class: Field<PersonClass>,
    /// The field of work.
    pub field: Field<WorkField>,
    /// The rank.
    pub rank: Field<String>,
    /// The unit that has the person.
    pub custody: CustodyView,
}

impl PersonView {
    /// The person of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        (state.kind == Some(RecordKind::Person)).then(|| Self {
            name: state.field("name"),
            birth_year: state.field("birth_year"),
            class: state.field("class"),
            field: state.field("field"),
            rank: state.field("rank"),
            custody: CustodyView::of(state),
        })
    }
}
