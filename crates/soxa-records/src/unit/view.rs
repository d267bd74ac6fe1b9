//! A unit as people read it: what it is called on a day, what became of it, what holds for it.

use soxa_ledger::ids::{NodeKey, OpId, RecordId};

use crate::measure::Date;
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::unit::{Extent, NoteTopic, NumberBlock, UnitKind, UnitStage, number_block, stage};
use crate::value::{Field, Row, counting};

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
    /// The decision that makes it a legal person.
    pub legal_person: Field<String>,
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
    /// What it was called: as registered, then what changed from which day on, in causal order.
    pub designations: Vec<Designation>,
    /// What else it is or was called.
    pub aliases: Vec<Alias>,
    /// The units that took over the whole of it or a part, in causal order.
    pub successors: Vec<Succession>,
    /// What is noted of it; several of one topic and name when officials noted concurrently.
    pub notes: Vec<Note>,
    /// The numbers that nodes give to its dossiers; they overlap only where officials gave them concurrently.
    pub numbers: Vec<(NodeKey, NumberBlock)>,
}

/// A name, code or kind from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Designation {
    /// From which day; none for what it was registered as.
    pub from: Option<Date>,
    /// The kind, where it changed.
    pub kind: Option<UnitKind>,
    /// The name, where it changed.
    pub name: Option<String>,
    /// The official code, where it changed.
    pub code: Option<String>,
    /// The decision.
    pub basis: String,
}

/// Another name or code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// A name.
    pub name: Option<String>,
    /// A code.
    pub code: Option<String>,
    /// Where it is called so.
    pub list: String,
    /// Since when.
    pub from: Option<Date>,
    /// Until when.
    pub until: Option<Date>,
}

/// A unit that took over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The operation that said so.
    pub op: OpId,
    /// The unit.
    pub unit: RecordId,
    /// How much.
    pub extent: Extent,
    /// From which day.
    pub date: Date,
    /// The resolution.
    pub basis: String,
}

/// Something that holds for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The operation.
    pub op: OpId,
    /// What it is about.
    pub topic: NoteTopic,
    /// What it is called.
    pub name: String,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// What it says.
    pub text: String,
    /// SHA-256 of the document.
    pub document: Option<[u8; 32]>,
}

impl Note {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
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
            legal_person: state.field("legal_person"),
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
            designations: state.list("designations").iter().map(designation).collect(),
            aliases: state.list("aliases").iter().map(alias).collect(),
            successors: state.list("successors").iter().filter_map(succession).collect(),
            notes: counting(state, "notes").filter_map(note).collect(),
            numbers: counting(state, "numbers").filter_map(number_block).collect(),
        })
    }

    /// What it is called on a day: what holds now when nothing was to change later, otherwise as registered and renamed
    /// until then.
    #[must_use]
    pub fn on(&self, day: Date) -> Designation {
        let mut changes: Vec<&Designation> = self.designations.iter().collect();
        changes.sort_by_key(|change| change.from);
        let begun = |change: &Designation| change.from.is_none_or(|from| from <= day);
        let mut on = Designation::default();
        for change in changes.iter().filter(|change| begun(change)) {
            on.from = change.from.or(on.from);
            on.kind = change.kind.or(on.kind);
            on.name = change.name.clone().or(on.name);
            on.code = change.code.clone().or(on.code);
            on.basis.clone_from(&change.basis);
        }
        if changes.iter().all(|change| begun(change)) {
            // What was spelt wrong and written right later.
            on.kind = self.kind.one().copied().or(on.kind);
            on.name = self.name.one().cloned().or(on.name);
            on.code = self.code.one().cloned().or(on.code);
        }
        on
    }

    /// Where it was in its life on a day; without days as it is now.
    #[must_use]
    pub fn stage_on(&self, day: Date) -> UnitStage {
        let closed = self.closed.distinct().into_iter().min();
        let opened = self.opened.distinct().into_iter().min();
        match self.stage {
            _ if opened.is_some_and(|opened| day < *opened) => UnitStage::Planned,
            UnitStage::Closed if closed.is_some_and(|closed| day < *closed) => UnitStage::Open,
            stage => stage,
        }
    }

    /// Every name that it has now, each once.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.name.distinct().into_iter().map(String::as_str).collect()
    }

    /// Every code that it has now, each once.
    #[must_use]
    pub fn codes(&self) -> Vec<&str> {
        let filled = |code: &&String| !code.is_empty();
        let codes = self.code.distinct().into_iter().filter(filled);
        codes.map(String::as_str).collect()
    }

    /// Names that it had or is called by elsewhere.
    pub fn other_names(&self) -> impl Iterator<Item = &str> {
        let former = self.designations.iter().filter_map(|one| one.name.as_deref());
        former.chain(self.aliases.iter().filter_map(|one| one.name.as_deref()))
    }

    /// Codes that it had or has elsewhere.
    pub fn other_codes(&self) -> impl Iterator<Item = &str> {
        let former = self.designations.iter().filter_map(|one| one.code.as_deref());
        former.chain(self.aliases.iter().filter_map(|one| one.code.as_deref()))
    }
}

fn designation(row: &Row) -> Designation {
    Designation {
        from: row.get("from"),
        kind: row.get("kind"),
        name: row.get("name"),
        code: row.get("code"),
        basis: row.text("basis"),
    }
}

fn alias(row: &Row) -> Alias {
    Alias {
        name: row.get("name"),
        code: row.get("code"),
        list: row.text("list"),
        from: row.get("from"),
        until: row.get("until"),
    }
}

fn succession(row: &Row) -> Option<Succession> {
    Some(Succession {
        op: row.op,
        unit: row.get("unit")?,
        extent: row.get("extent")?,
        date: row.get("date")?,
        basis: row.text("basis"),
    })
}

fn note(row: &Row) -> Option<Note> {
    Some(Note {
        op: row.op,
        topic: row.get("topic")?,
        name: row.text("name"),
        from: row.get("from"),
        until: row.get("until"),
        text: row.text("text"),
        document: row.get("document"),
    })
}
