//! Units: registered below another unit, opened, renamed and retyped from a day on, closed with successors named.
//!
//! A unit is its record: official codes are given anew to other units, and names change. What it was called when, and what
//! became of it, stands in the record and is never taken away; [`crate::unit::view`] reads it for a day. The units above it are
//! fixed, for who may act in it hangs on them: a unit that comes under another one is registered anew, and its lineage says so.

pub mod view;

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::{NodeKey, RecordId};

use crate::body::{
    Body, Code, CodeOrNone, Day, Form, Id, Line, List, Name, Opt, Part, Path, Text, Word, body, words,
};
use crate::legality::{Scene, Stop};
use crate::limits::{SUCCESSORS_MAX, UNITS_ABOVE_MAX};
use crate::measure::Date;
use crate::state::CanonicalState;
use crate::typed::{TypedOperation, operations};
use crate::value::{Change, Row, Value, append, counting, replace, set, word_values};
use crate::verdict::Illegality;

words! {
    /// What sort of unit it is.
    UnitKind, "unit kind" {
        /// Tỉnh, thành phố.
        Province = "province",
        /// Sở, ban, ngành.
        Department = "department",
        /// Quận, huyện, thị xã, thành phố of a province: before July 2025.
        District = "district",
        /// Xã.
        Commune = "commune",
        /// Phường.
        Ward = "ward",
        /// Thị trấn: before July 2025.
        Township = "township",
        /// Đặc khu.
        SpecialZone = "special_zone",
        /// Phòng of a commune.
        Division = "division",
        /// Trung tâm phục vụ hành chính công.
        PublicServiceCentre = "public_service_centre",
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
        /// The name, spelt right: a unit that is called otherwise from a day on is renamed.
        Name = "name",
        /// The official code, written right.
        Code = "code",
        /// Where it sits.
        Seat = "seat",
        /// The decision that makes it a legal person; empty when it is none.
        LegalPerson = "legal_person",
        /// The seal's number.
        Seal = "seal",
        /// The treasury account.
        Account = "account",
        /// What it does.
        Functions = "functions",
    }
}

words! {
    /// How much of a unit goes to a successor.
    Extent, "extent" {
        /// All of it.
        Whole = "whole",
        /// A part of its area, people or tasks.
        Portion = "part",
    }
}

words! {
    /// What is noted of a unit beside its fields.
    NoteTopic, "topic of a note" {
        /// A policy that the place or its people have a right to, in its time.
        Policy = "policy",
        /// A place where it works, beside its seat.
        Site = "site",
        /// A function that it has.
        Function = "function",
        /// A regulation of its functions, tasks and structure.
        Regulation = "regulation",
    }
}
word_values!(UnitKind, UnitStage, Extent, NoteTopic);

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
        /// Another name, code or kind from a day on.
        Rename(UnitRename) = "rename",
        /// Another name or code by which it is or was known.
        Alias(UnitAlias) = "alias",
        /// A unit that takes over the whole of it or a part.
        Lineage(UnitLineage) = "lineage",
        /// Something that holds for it, from a day until a day.
        Note(UnitNote) = "note",
        /// The numbers that a node gives to the unit's dossiers.
        Numbers(UnitNumbers) = "numbers",
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
    /// Body of `unit.open`: `[date or null, basis]`.
    UnitOpen = "unit.open" {
        /// From which day; none for a unit that has worked since before anybody knows.
        date: Option<Date> => Opt<Day>,
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
        successors: Vec<Successor> => List<Part, SUCCESSORS_MAX>,
        /// The decision.
        basis: String => Text,
    }
}

body! {
    /// A unit that takes the place of another: `[unit, extent]`.
    Successor = "successor" {
        /// The unit.
        unit: RecordId => Id,
        /// How much goes to it.
        extent: Extent => Word,
    }
}

body! {
    /// Body of `unit.rename`: `[kind or null, name or null, code or null, from, basis]`, at least one of the three.
    UnitRename = "unit.rename" checked by check_renamed {
        /// Another kind.
        kind: Option<UnitKind> => Opt<Word>,
        /// Another name.
        name: Option<String> => Opt<Name>,
        /// Another official code.
        code: Option<String> => Opt<Code>,
        /// From which day.
        from: Date => Day,
        /// The decision.
        basis: String => Text,
    }
}

body! {
    /// Body of `unit.alias`: `[name or null, code or null, list, from or null, until or null]`, a name or a code at least.
    UnitAlias = "unit.alias" checked by check_alias {
        /// A name.
        name: Option<String> => Opt<Name>,
        /// A code.
        code: Option<String> => Opt<Code>,
        /// Where it is called so: a list of codes, a document, what people say.
        list: String => Text,
        /// Since when.
        from: Option<Date> => Opt<Day>,
        /// Until when.
        until: Option<Date> => Opt<Day>,
    }
}

body! {
    /// Body of `unit.lineage`: `[unit, extent, date, basis]`.
    UnitLineage = "unit.lineage" {
        /// The unit that takes over.
        unit: RecordId => Id,
        /// How much.
        extent: Extent => Word,
        /// From which day.
        date: Date => Day,
        /// The resolution.
        basis: String => Text,
    }
}

body! {
    /// Body of `unit.note`: `[topic, name, from or null, until or null, text, document or null]`.
    UnitNote = "unit.note" checked by check_note {
        /// What it is about.
        topic: NoteTopic => Word,
        /// What it is called. A later note of the same topic and name takes the place of an earlier one.
        name: String => Name,
        /// First day.
        from: Option<Date> => Opt<Day>,
        /// Last day.
        until: Option<Date> => Opt<Day>,
        /// What it says, and the text that orders it.
        text: String => Text,
        /// SHA-256 of the document.
        document: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Numbers from one to another: `[first, last]`.
    NumberBlock = "block of numbers" checked by check_block {
        /// The first.
        first: u32 => Line,
        /// The last; not before it.
        last: u32 => Line,
    }
}

body! {
    /// Body of `unit.numbers`: `[node, block or null]`.
    UnitNumbers = "unit.numbers" {
        /// The node's key.
        node: [u8; 32] => Id,
        /// What it gives from now on in place of what it gave; none takes it away.
        block: Option<NumberBlock> => Opt<Part>,
    }
}

fn check_block(block: &NumberBlock) -> Result<(), CborError> {
    if block.first <= block.last {
        return Ok(());
    }
    Err(CborError::Value {
        field: "last",
        what: "before the first",
    })
}

impl NumberBlock {
    /// Whether both have a number.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
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

fn refused(field: &'static str, what: &'static str) -> Result<(), CborError> {
    Err(CborError::Value { field, what })
}

fn check_successors(close: &UnitClose) -> Result<(), CborError> {
    let whole = |successor: &Successor| successor.extent == Extent::Whole;
    match close.successors.as_slice() {
        [] => refused("successors", "a closed unit names its successors"),
        [_] => Ok(()),
        several if several.iter().any(whole) => refused("successors", "the whole of a unit to several"),
        _ => Ok(()),
    }
}

fn check_renamed(rename: &UnitRename) -> Result<(), CborError> {
    if rename.kind.is_none() && rename.name.is_none() && rename.code.is_none() {
        return refused("name", "neither another name nor another code nor another kind");
    }
    Ok(())
}

fn check_alias(alias: &UnitAlias) -> Result<(), CborError> {
    if alias.name.is_none() && alias.code.is_none() {
        return refused("name", "neither a name nor a code");
    }
    check_between(alias.from, alias.until)
}

fn check_note(note: &UnitNote) -> Result<(), CborError> {
    check_between(note.from, note.until)
}

fn check_between(from: Option<Date>, until: Option<Date>) -> Result<(), CborError> {
    match from {
        Some(from) => crate::body::check_days(from, until),
        None => Ok(()),
    }
}

pub(crate) fn stage(past: &CanonicalState) -> UnitStage {
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
        if let Self::Register(register) = self {
            return register.judge(scene);
        }
        expect_own_or_above(scene)?;
        match self {
            Self::Register(_) => Err(Illegality::NoRecord.into()),
            Self::Set(UnitSet { field, value }) => {
                expect_not_closed(scene)?;
                Ok(vec![set(field.as_str(), value.as_str())])
            }
            Self::Open(open) => {
                expect_stage(scene, UnitStage::Planned)?;
                let mut changes = vec![
                    set("stage", UnitStage::Open),
                    set("opening_basis", open.basis.as_str()),
                ];
                changes.extend(open.date.map(|date| set("opened", date)));
                Ok(changes)
            }
            Self::Close(close) => close.judge(scene),
            Self::Rename(rename) => {
                expect_not_closed(scene)?;
                Ok(rename.changes())
            }
            Self::Alias(alias) => Ok(vec![alias.row()]),
            Self::Lineage(lineage) => {
                if lineage.unit == scene.facts.record {
                    return Err(Illegality::OwnSuccessor.into());
                }
                let UnitLineage {
                    unit,
                    extent,
                    date,
                    basis,
                } = lineage;
                Ok(vec![succession(*unit, *extent, *date, basis)])
            }
            Self::Note(note) => {
                let same = |row: &crate::value::Row| {
                    row.get("topic") == Some(note.topic) && row.text("name") == note.name
                };
                let mut changes: Vec<Change> = replace(scene.past, "notes", same).collect();
                changes.push(note.row());
                Ok(changes)
            }
            Self::Numbers(numbers) => {
                expect_not_closed(scene)?;
                numbers.judge(scene.past)
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
        changes.push(
            append(
                "designations",
                [("kind", self.kind.into()), ("name", self.name.as_str().into())],
            )
            .and("code", self.code.as_deref()),
        );
        changes.extend(
            self.path
                .iter()
                .map(|unit| append("path", [("unit", (*unit).into())])),
        );
        Ok(changes)
    }
}

impl UnitClose {
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        expect_stage(scene, UnitStage::Open)?;
        if self.successors.iter().any(|one| one.unit == scene.facts.record) {
            return Err(Illegality::OwnSuccessor.into());
        }
        let mut changes = vec![
            set("stage", UnitStage::Closed),
            set("closed", self.date),
            set("closing_basis", self.basis.as_str()),
        ];
        let rows = self.successors.iter();
        changes.extend(rows.map(|one| succession(one.unit, one.extent, self.date, &self.basis)));
        Ok(changes)
    }
}

impl UnitRename {
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        changes.extend(self.kind.map(|kind| set("kind", kind)));
        changes.extend(self.name.as_deref().map(|name| set("name", name)));
        changes.extend(self.code.as_deref().map(|code| set("code", code)));
        let row = append(
            "designations",
            [("from", self.from.into()), ("basis", self.basis.as_str().into())],
        );
        changes.push(
            row.and("kind", self.kind)
                .and("name", self.name.as_deref())
                .and("code", self.code.as_deref()),
        );
        changes
    }
}

impl UnitAlias {
    fn row(&self) -> Change {
        append("aliases", [("list", self.list.as_str().into())])
            .and("name", self.name.as_deref())
            .and("code", self.code.as_deref())
            .and("from", self.from)
            .and("until", self.until)
    }
}

impl UnitNote {
    fn row(&self) -> Change {
        let row = append(
            "notes",
            [
                ("topic", self.topic.into()),
                ("name", self.name.as_str().into()),
                ("text", self.text.as_str().into()),
            ],
        );
        row.and("from", self.from)
            .and("until", self.until)
            .and("document", self.document)
    }
}

impl UnitNumbers {
    fn judge(&self, past: &CanonicalState) -> Result<Vec<Change>, Stop> {
        let own = |row: &Row| row.get("node") == Some(RecordId(self.node));
        let Some(block) = &self.block else {
            return Ok(replace(past, "numbers", own).collect());
        };
        let taken = counting(past, "numbers")
            .filter(|row| !own(row))
            .filter_map(number_block);
        if let Some((node, _)) = taken.into_iter().find(|(_, other)| other.overlaps(block)) {
            return Err(Illegality::NumbersTaken { node }.into());
        }
        let mut changes: Vec<Change> = replace(past, "numbers", own).collect();
        changes.push(append(
            "numbers",
            [
                ("node", Value::Id(self.node)),
                ("first", block.first.into()),
                ("last", block.last.into()),
            ],
        ));
        Ok(changes)
    }
}

/// A node and the numbers that a row gives it.
pub(crate) fn number_block(row: &Row) -> Option<(NodeKey, NumberBlock)> {
    let RecordId(node) = row.get("node")?;
    let block = NumberBlock {
        first: row.get("first")?,
        last: row.get("last")?,
    };
    Some((NodeKey(node), block))
}

fn succession(unit: RecordId, extent: Extent, date: Date, basis: &str) -> Change {
    append(
        "successors",
        [
            ("unit", unit.into()),
            ("extent", extent.into()),
            ("date", date.into()),
            ("basis", basis.into()),
        ],
    )
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

fn expect_not_closed(scene: &Scene<'_>) -> Result<(), Stop> {
    match stage(scene.past) {
        found @ UnitStage::Closed => Err(Illegality::UnitStage { found }.into()),
        _ => Ok(()),
    }
}

fn expect_stage(scene: &Scene<'_>, needed: UnitStage) -> Result<(), Stop> {
    let found = stage(scene.past);
    if found == needed {
        Ok(())
    } else {
        Err(Illegality::UnitStage { found }.into())
    }
}
