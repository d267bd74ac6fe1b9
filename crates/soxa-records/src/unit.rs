//! Units: registered below another unit, opened, closed with successors named.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::{OpId, RecordId};

use crate::body::{Body, Code, CodeOrNone, Day, Form, Id, List, Name, Opt, Path, Text, Word, body, words};
use crate::legality::{Scene, Stop};
use crate::limits::{SUCCESSORS_MAX, UNITS_ABOVE_MAX};
use crate::measure::Date;
use crate::state::CanonicalState;
use crate::typed::{RecordKind, TypedOperation, operations};
use crate::value::{Change, Field, FromValue as _, append, set, word_values};
use crate::verdict::Illegality;

words! {
    /// What sort of unit it is.
    UnitKind, "unit kind" {
        /// Tỉnh, thành phố.
        Province = "province",
        /// Sở, ban, ngành.
        Department = "department",
        /// Xã.
        Commune = "commune",
        /// Phường.
        Ward = "ward",
        /// Đặc khu.
        SpecialZone = "special_zone",
        /// Trung tâm dịch vụ tổng hợp of a commune.
        ServiceCentre = "service_centre",
        /// Trung tâm of an old district.
        DistrictCentre = "district_centre",
        /// Trạm of an old district.
        DistrictStation = "district_station",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Where a unit is in its life.
    UnitStage, "unit stage" {
        /// Registered, not at work yet.
        Planned = "planned",
        /// At work.
        Open = "open",
        /// Closed; its successors are named.
        Closed = "closed",
    }
}

words! {
    /// The fields of a unit that can be written.
    UnitField, "unit field" {
        /// The name.
        Name = "name",
        /// The official code.
        Code = "code",
        /// Where it sits.
        Seat = "seat",
        /// The seal's number.
        Seal = "seal",
        /// The treasury account.
        Account = "account",
        /// What it does.
        Functions = "functions",
    }
}
word_values!(UnitKind, UnitStage);

operations! {
    /// What is done to units.
    UnitOperation of "unit" {
        /// Creates the record of a unit.
        Register(UnitRegister) = "register",
        /// Writes a field.
        Set(UnitSet) = "set",
        /// A planned unit goes to work.
        Open(UnitOpen) = "open",
        /// An open unit ends.
        Close(UnitClose) = "close",
    }
}

body! {
    /// Body of `unit.register`: `[kind, name, code or null, [unit above…], basis]`.
    UnitRegister = "unit.register" {
        /// What sort of unit.
        kind: UnitKind => Word,
        /// Its name.
        name: String => Name,
        /// Its official code.
        code: Option<String> => Opt<Code>,
        /// The units above it, the province first; empty for the province's own unit alone.
        path: Vec<RecordId> => Path<UNITS_ABOVE_MAX>,
        /// The decision that founds it.
        basis: String => Text,
    }
}

/// Body of `unit.set`: `[field, value]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitSet {
    /// The field.
    pub field: UnitField,
    /// Its value; empty when there is none any more.
    pub value: String,
}

body! {
    /// Body of `unit.open`: `[date, basis]`.
    UnitOpen = "unit.open" {
        /// From which day.
        date: Date => Day,
        /// The decision.
        basis: String => Text,
    }
}

body! {
    /// Body of `unit.close`: `[date, [successor…], basis]`.
    UnitClose = "unit.close" checked by check_successors {
        /// From which day.
        date: Date => Day,
        /// The units that take its place, at least one.
        successors: Vec<RecordId> => List<Id, SUCCESSORS_MAX>,
        /// The decision.
        basis: String => Text,
    }
}

impl Body for UnitSet {
    fn write(&self, w: &mut Writer) {
        w.array(2).text(self.field.as_str()).text(&self.value);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("unit.set", 2)?;
        let field = Word::read(r, "unit field")?;
        let value = match field {
            UnitField::Name => Name::read(r, "unit name")?,
            UnitField::Code => CodeOrNone::read(r, "unit code")?,
            _ => Text::read(r, "unit field value")?,
        };
        Ok(Self { field, value })
    }
}

fn check_successors(close: &UnitClose) -> Result<(), CborError> {
    if !close.successors.is_empty() {
        return Ok(());
    }
    Err(CborError::Value {
        field: "successors",
        what: "a closed unit names its successors",
    })
}

fn stage(past: &CanonicalState) -> UnitStage {
    let stages = past.field::<UnitStage>("stage");
    stages
        .distinct()
        .into_iter()
        .copied()
        .max()
        .unwrap_or(UnitStage::Planned)
}

impl UnitOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        match self {
            Self::Register(register) => register.judge(scene),
            Self::Set(UnitSet { field, value }) => {
                expect_own_or_above(scene)?;
                match stage(scene.past) {
                    UnitStage::Closed => Err(Illegality::UnitStage {
                        found: UnitStage::Closed,
                    }
                    .into()),
                    _ => Ok(vec![set(field.as_str(), value.as_str())]),
                }
            }
            Self::Open(open) => {
                expect_own_or_above(scene)?;
                expect_stage(scene, UnitStage::Planned)?;
                Ok(vec![
                    set("stage", UnitStage::Open),
                    set("opened", open.date),
                    set("opening_basis", open.basis.as_str()),
                ])
            }
            Self::Close(close) => {
                expect_own_or_above(scene)?;
                expect_stage(scene, UnitStage::Open)?;
                if close.successors.contains(&scene.facts.record) {
                    return Err(Illegality::OwnSuccessor.into());
                }
                let mut changes = vec![
                    set("stage", UnitStage::Closed),
                    set("closed", close.date),
                    set("closing_basis", close.basis.as_str()),
                ];
                changes.extend(
                    close
                        .successors
                        .iter()
                        .map(|s| append("successors", [("unit", (*s).into())])),
                );
                Ok(changes)
            }
        }
    }
}

impl UnitRegister {
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let stage = match self.path.last() {
            // Only the genesis itself stands above the province's unit.
            None => {
                scene.expect_refs(0)?;
                scene.expect_at_or_above(&[])?;
                UnitStage::Open
            }
            Some(parent) => {
                scene.expect_refs(1)?;
                if scene.cited_unit(*parent)? != self.path {
                    return Err(Illegality::PathMismatch.into());
                }
                scene.expect_at_or_above(&self.path)?;
                UnitStage::Planned
            }
        };
        let mut changes = vec![
            set("kind", self.kind),
            set("name", self.name.as_str()),
            set("basis", self.basis.as_str()),
            set("stage", stage),
        ];
        changes.extend(self.code.as_deref().map(|code| set("code", code)));
        changes.extend(
            self.path
                .iter()
                .map(|unit| append("path", [("unit", (*unit).into())])),
        );
        Ok(changes)
    }
}

fn expect_own_or_above(scene: &Scene<'_>) -> Result<(), Stop> {
    scene.expect_refs(0)?;
    let mut path = match scene.creation {
        Some(TypedOperation::Unit(UnitOperation::Register(register))) => register.path.clone(),
        _ => return Err(Illegality::NoRecord.into()),
    };
    path.push(scene.facts.record);
    scene.expect_at_or_above(&path)
}

fn expect_stage(scene: &Scene<'_>, needed: UnitStage) -> Result<(), Stop> {
    let found = stage(scene.past);
    if found == needed {
        Ok(())
    } else {
        Err(Illegality::UnitStage { found }.into())
    }
}

/// A unit as its record's state shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitView {
    /// What sort of unit.
    pub kind: Field<UnitKind>,
    /// The name.
    pub name: Field<String>,
    /// The official code.
    pub code: Field<String>,
    /// The seat.
    pub seat: Field<String>,
    /// The seal's number.
    pub seal: Field<String>,
    /// The treasury account.
    pub account: Field<String>,
    /// What it does.
    pub functions: Field<String>,
    /// The units above it, the province first.
    pub path: Vec<RecordId>,
    /// The stage of its life: the furthest that anybody brought it to.
    pub stage: UnitStage,
    /// The day it opened.
    pub opened: Field<Date>,
    /// The day it closed.
    pub closed: Field<Date>,
    /// The decision that founded it.
    pub basis: Field<String>,
    /// The units in its place, with the operation that named each.
    pub successors: Vec<(OpId, RecordId)>,
}

impl UnitView {
    /// The unit of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if state.kind != Some(RecordKind::Unit) {
            return None;
        }
        Some(Self {
            kind: state.field("kind"),
            name: state.field("name"),
            code: state.field("code"),
            seat: state.field("seat"),
            seal: state.field("seal"),
            account: state.field("account"),
            functions: state.field("functions"),
            path: state
                .list("path")
                .iter()
                .filter_map(|row| row.get("unit"))
                .collect(),
            stage: stage(state),
            opened: state.field("opened"),
            closed: state.field("closed"),
            basis: state.field("basis"),
            successors: state
                .list("successors")
                .iter()
                .filter_map(|row| Some((row.op, RecordId::from_value(row.values.get("unit")?)?)))
                .collect(),
        })
    }
}
