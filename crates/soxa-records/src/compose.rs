//! From what somebody wants to do to the operations of a commit.
//!
//! A [`Composer`] collects the operations and minutes of one commit, so several intents share one signature and
//! indices inside the commit are always right. An [`At`] says where the next operation on a record goes: after
//! each act it stands on that act. Nothing here judges: the engine judges before it stores, and a program may judge
//! with [`crate::History::insert`] beforehand.
//!
//! Bodies that hold record ids (`unit`, `path`, a draft's lines, parties) can only name records of earlier commits,
//! since a new record's id follows from its commit's. Posts, assignments and persons in a roster's operations may
//! be of the same commit. A draft and its offer are always two commits: the minutes name the draft's id.

use std::collections::BTreeMap;

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::operation::{OpRef, Operation, RecordRef};

use crate::asset::state::AssetStateChange;
use crate::asset::{AssetOperation, AssetRegister, AssetSet, AssetView};
use crate::custody::{Custody, CustodyView};
use crate::dossier::{DecisionOperation, DossierOperation, DossierRegister};
use crate::handover::{
    CountRow, DraftLine, HandoverAccept, HandoverCount, HandoverDraft, HandoverEffect, HandoverKind,
    HandoverOffer, HandoverOperation, HandoverRefuse, HandoverWithdraw, HandoverWitness, LineOf, Subject,
};
use crate::history::History;
use crate::inventory::{
    CountedLine, InventoryBook, InventoryCount, InventoryOpen, InventoryOperation, InventorySettle, SettledOf,
};
use crate::limits::INVENTORY_LINES_MAX;
use crate::measure::{LinkId, Quantity};
use crate::person::view::PersonView;
use crate::person::{PersonOperation, PersonRegister, PersonSet};
use crate::reference::{ReferenceOperation, ReferenceVersion};
use crate::roster::{Assign, PostAdd, PostClose, QuotaSet, Release, RosterCreate, RosterOperation};
use crate::ruling::{Ruling, RulingOperation};
use crate::state::CanonicalState;
use crate::typed::{RecordKind, TypedOperation};
use crate::unit::{UnitClose, UnitOpen, UnitOperation, UnitRegister, UnitSet};
use crate::value::Field;

/// Where the next operation on a record goes: the record and the operations to build on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The record.
    pub record: RecordRef,
    /// What the next operation builds on.
    pub heads: Vec<OpRef>,
}

impl At {
    /// The heads of a record, as [`History::heads`] gives them.
    #[must_use]
    pub fn new(record: RecordId, heads: &[OpId]) -> Self {
        Self {
            record: RecordRef::Id(record),
            heads: heads.iter().copied().map(OpRef::Id).collect(),
        }
    }

    /// The heads of a record; none when it does not exist.
    #[must_use]
    pub fn of(history: &History) -> Option<Self> {
        history.exists().then_some(())?;
        Some(Self::new(history.record()?, &history.heads()))
    }
}

/// What cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The heads of a line's subject were not given.
    #[error("composing the effect of a handover: the heads of subject {} are missing", .0.short())]
    NoSubject(RecordId),
}

/// The operations and minutes of one commit in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composer {
    operations: Vec<Operation>,
    minutes: Vec<Minutes>,
}

impl Composer {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many operations there are: the index of the next one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether there is nothing to sign.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The operations and minutes, for [`soxa_ledger::Commit`].
    #[must_use]
    pub fn finish(self) -> (Vec<Operation>, Vec<Minutes>) {
        (self.operations, self.minutes)
    }

    /// Any operation that creates a record.
    pub fn create(&mut self, operation: &TypedOperation, refs: Vec<OpRef>) -> At {
        let index = self.push(operation.operation(RecordRef::New, Vec::new(), refs));
        At {
            record: RecordRef::Here(index),
            heads: vec![OpRef::Here(index)],
        }
    }

    /// Any operation on a record that there is. Afterwards `at` stands on it.
    pub fn act(&mut self, at: &mut At, operation: &TypedOperation, refs: Vec<OpRef>) -> OpRef {
        let index = self.push(operation.operation(at.record, std::mem::take(&mut at.heads), refs));
        at.heads = vec![OpRef::Here(index)];
        OpRef::Here(index)
    }

    /// Adds minutes, equal ones once, and gives their index.
    pub fn carry(&mut self, minutes: &Minutes) -> u32 {
        let known = self
            .minutes
            .iter()
            .position(|other| other.bytes() == minutes.bytes());
        let index = known.unwrap_or_else(|| {
            self.minutes.push(minutes.clone());
            self.minutes.len() - 1
        });
        number(index)
    }

    fn push(&mut self, operation: Operation) -> u32 {
        self.operations.push(operation);
        number(self.operations.len() - 1)
    }

    /// Registers a unit below the one that `parent` (its registration) created.
    pub fn register_unit(&mut self, parent: OpRef, register: UnitRegister) -> At {
        self.create(
            &TypedOperation::Unit(UnitOperation::Register(register)),
            vec![parent],
        )
    }

    /// Writes a field of a unit.
    pub fn set_unit(&mut self, unit: &mut At, set: UnitSet) -> OpRef {
        self.act(unit, &TypedOperation::Unit(UnitOperation::Set(set)), Vec::new())
    }

    /// Opens a unit.
    pub fn open_unit(&mut self, unit: &mut At, open: UnitOpen) -> OpRef {
        self.act(unit, &TypedOperation::Unit(UnitOperation::Open(open)), Vec::new())
    }

    /// Closes a unit.
    pub fn close_unit(&mut self, unit: &mut At, close: UnitClose) -> OpRef {
        self.act(
            unit,
            &TypedOperation::Unit(UnitOperation::Close(close)),
            Vec::new(),
        )
    }

    /// Does anything else to a unit.
    pub fn on_unit(&mut self, unit: &mut At, operation: UnitOperation) -> OpRef {
        self.act(unit, &TypedOperation::Unit(operation), Vec::new())
    }

    /// Creates the roster of a unit. A unit's registration has the unit's id, so it needs no look-up.
    pub fn create_roster(&mut self, create: RosterCreate) -> At {
        let unit = OpRef::Id(create.unit.into());
        self.create(
            &TypedOperation::Roster(RosterOperation::Create(create)),
            vec![unit],
        )
    }

    /// Adds a post; the answer names it.
    pub fn add_post(&mut self, roster: &mut At, post: PostAdd) -> OpRef {
        self.act(
            roster,
            &TypedOperation::Roster(RosterOperation::AddPost(post)),
            Vec::new(),
        )
    }

    /// Closes a post.
    pub fn close_post(&mut self, roster: &mut At, post: OpRef) -> OpRef {
        self.act(
            roster,
            &TypedOperation::Roster(RosterOperation::ClosePost(PostClose { post })),
            Vec::new(),
        )
    }

    /// Gives a person a post. `link` is the person's current custody operation or registration; see
    /// [`current_link`].
    pub fn assign(&mut self, roster: &mut At, assign: Assign, link: OpRef) -> OpRef {
        self.act(
            roster,
            &TypedOperation::Roster(RosterOperation::Assign(assign)),
            vec![link],
        )
    }

    /// Ends an assignment.
    pub fn release(&mut self, roster: &mut At, release: Release) -> OpRef {
        self.act(
            roster,
            &TypedOperation::Roster(RosterOperation::Release(release)),
            Vec::new(),
        )
    }

    /// Registers a person.
    pub fn register_person(&mut self, register: PersonRegister) -> At {
        let unit = OpRef::Id(register.unit.into());
        self.create(
            &TypedOperation::Person(PersonOperation::Register(register)),
            vec![unit],
        )
    }

    /// Writes a field of a person of the own unit.
    pub fn set_person(&mut self, person: &mut At, set: PersonSet) -> OpRef {
        let set = TypedOperation::Person(PersonOperation::Set(set));
        self.act(person, &set, Vec::new())
    }

    /// Writes a field of a person of a unit, which is the own one or below it.
    pub fn set_person_of(&mut self, person: &mut At, unit: RecordId, set: PersonSet) -> OpRef {
        let set = TypedOperation::Person(PersonOperation::Set(set));
        self.act(person, &set, vec![OpRef::Id(unit.into())])
    }

    /// Does anything else to a person; the operation says which units it cites.
    pub fn on_person(&mut self, person: &mut At, operation: PersonOperation) -> OpRef {
        let units = operation.units().into_iter();
        let refs = units.map(|unit| OpRef::Id(unit.into())).collect();
        self.act(person, &TypedOperation::Person(operation), refs)
    }

    /// Sets a quota.
    pub fn set_quota(&mut self, roster: &mut At, quota: QuotaSet) -> OpRef {
        self.act(
            roster,
            &TypedOperation::Roster(RosterOperation::Quota(quota)),
            Vec::new(),
        )
    }

    /// Registers an asset.
    pub fn register_asset(&mut self, register: AssetRegister) -> At {
        let unit = OpRef::Id(register.unit.into());
        self.create(
            &TypedOperation::Asset(AssetOperation::Register(register)),
            vec![unit],
        )
    }

    /// Writes a field of an asset.
    pub fn set_asset(&mut self, asset: &mut At, set: AssetSet) -> OpRef {
        self.on_asset(asset, AssetOperation::Set(set))
    }

    /// Takes an asset on in its life.
    pub fn change_asset(&mut self, asset: &mut At, change: AssetStateChange) -> OpRef {
        self.on_asset(asset, AssetOperation::State(change))
    }

    /// Does anything else to an asset that cites no other record.
    pub fn on_asset(&mut self, asset: &mut At, operation: AssetOperation) -> OpRef {
        self.act(asset, &TypedOperation::Asset(operation), Vec::new())
    }

    /// Rules on the custody of an asset or person. `units` are those of [`Ruling::units`].
    pub fn rule(
        &mut self,
        subject: &mut At,
        kind: RecordKind,
        ruling: Ruling,
        units: impl IntoIterator<Item = RecordId>,
    ) -> OpRef {
        let operation = match kind {
            RecordKind::Person => RulingOperation::Person(ruling),
            _ => RulingOperation::Asset(ruling),
        };
        let units = units.into_iter().map(|unit| OpRef::Id(unit.into())).collect();
        self.act(subject, &TypedOperation::Ruling(operation), units)
    }

    /// Publishes a reference record with its first version.
    pub fn publish(&mut self, version: ReferenceVersion) -> At {
        let operation = TypedOperation::Reference(ReferenceOperation::Publish(version));
        self.create(&operation, Vec::new())
    }

    /// Adds a version to a reference record.
    pub fn revise(&mut self, reference: &mut At, version: ReferenceVersion) -> OpRef {
        let operation = TypedOperation::Reference(ReferenceOperation::Revise(version));
        self.act(reference, &operation, Vec::new())
    }

    /// Registers a dossier under a published version of its procedure. The commit's scope has to be
    /// [`DossierRegister::scope`].
    pub fn register_dossier(&mut self, register: DossierRegister, procedure: OpRef) -> At {
        let units = register.units().into_iter().map(|unit| OpRef::Id(unit.into()));
        let refs = std::iter::once(procedure).chain(units).collect();
        self.create(
            &TypedOperation::Dossier(DossierOperation::Register(register)),
            refs,
        )
    }

    /// Does something to a dossier.
    pub fn on_dossier(&mut self, dossier: &mut At, operation: DossierOperation) -> OpRef {
        let refs = match &operation {
            DossierOperation::Forward(forward) => vec![OpRef::Id(forward.office.unit.into())],
            _ => Vec::new(),
        };
        self.act(dossier, &TypedOperation::Dossier(operation), refs)
    }

    /// Decides on a dossier.
    pub fn decide(&mut self, dossier: &mut At, operation: DecisionOperation) -> OpRef {
        self.act(dossier, &TypedOperation::Decision(operation), Vec::new())
    }

    /// Drafts a handover. `links` are the operations that made the `prev` links of the subjects' lines, in the order of the
    /// lines; [`draft_line`] gives both.
    pub fn draft_handover(&mut self, draft: HandoverDraft, links: Vec<OpRef>) -> At {
        self.create(
            &TypedOperation::Handover(HandoverOperation::Draft(Box::new(draft))),
            links,
        )
    }

    /// Drafts correction minutes; `effect` put the first into effect.
    pub fn draft_correction(&mut self, draft: HandoverDraft, effect: OpId, links: Vec<OpRef>) -> At {
        let first = draft.corrects.map(|first| OpRef::Id(first.into()));
        let refs = [OpRef::Id(effect)]
            .into_iter()
            .chain(first)
            .chain(links)
            .collect();
        self.draft_handover(draft, refs)
    }

    /// The giver offers, with minutes that carry the giver's signature.
    pub fn offer(&mut self, handover: &mut At, minutes: &Minutes) -> OpRef {
        let minutes = self.carry(minutes);
        self.handover(handover, HandoverOperation::Offer(HandoverOffer { minutes }))
    }

    /// The receiver notes what is there.
    pub fn count(&mut self, handover: &mut At, mut rows: Vec<CountRow>) -> OpRef {
        rows.sort_by_key(|row| row.line);
        self.handover(handover, HandoverOperation::Count(HandoverCount { rows }))
    }

    /// The receiver refuses the whole.
    pub fn refuse(&mut self, handover: &mut At, reason: &str) -> OpRef {
        self.handover(
            handover,
            HandoverOperation::Refuse(HandoverRefuse {
                reason: reason.to_owned(),
            }),
        )
    }

    /// The giver withdraws.
    pub fn withdraw(&mut self, handover: &mut At, reason: &str) -> OpRef {
        self.handover(
            handover,
            HandoverOperation::Withdraw(HandoverWithdraw {
                reason: reason.to_owned(),
            }),
        )
    }

    /// The receiver accepts, with minutes that carry the signatures of giver and receiver; the lines that the
    /// receiver refuses are in the receiver's signature. Without a named witness all required signatures are there,
    /// so the effect and the custody of every accepted line follow at once.
    ///
    /// # Errors
    /// When the heads of a subject are missing from `subjects`.
    pub fn accept(
        &mut self,
        handover: &mut At,
        id: RecordId,
        draft: &HandoverDraft,
        minutes: &Minutes,
        subjects: &mut BTreeMap<RecordId, At>,
    ) -> Result<(), ComposeError> {
        let index = self.carry(minutes);
        self.handover(
            handover,
            HandoverOperation::Accept(HandoverAccept { minutes: index }),
        );
        if draft.witness.is_some() {
            return Ok(());
        }
        self.effect(handover, id, draft, minutes, subjects)
    }

    /// The witness signs, with minutes that carry all three signatures; effect and custody follow at once.
    ///
    /// # Errors
    /// When the heads of a subject are missing from `subjects`.
    pub fn witness(
        &mut self,
        handover: &mut At,
        id: RecordId,
        draft: &HandoverDraft,
        minutes: &Minutes,
        subjects: &mut BTreeMap<RecordId, At>,
    ) -> Result<(), ComposeError> {
        let index = self.carry(minutes);
        self.handover(
            handover,
            HandoverOperation::Witness(HandoverWitness { minutes: index }),
        );
        self.effect(handover, id, draft, minutes, subjects)
    }

    /// The effect with one custody operation for each accepted line, from minutes that carry every required
    /// signature. Whoever's program first sees those may issue it.
    ///
    /// # Errors
    /// When the heads of a subject are missing from `subjects`. Nothing is composed then.
    pub fn effect(
        &mut self,
        handover: &mut At,
        id: RecordId,
        draft: &HandoverDraft,
        minutes: &Minutes,
        subjects: &mut BTreeMap<RecordId, At>,
    ) -> Result<(), ComposeError> {
        let lines = draft.accepted_lines(refused_in(minutes));
        if let Some(line) = lines.iter().find(|line| !subjects.contains_key(&line.subject)) {
            return Err(ComposeError::NoSubject(line.subject));
        }
        let (giver, receiver) = (draft.giver.unit, draft.receiver.unit);
        let index = self.carry(minutes);
        let effect = HandoverEffect {
            minutes: index,
            kind: draft.kind,
            giver,
            receiver,
            lines: lines.clone(),
        };
        let effect = self.handover(handover, HandoverOperation::Effect(effect));
        for line in lines {
            let custody = Custody {
                handover: id,
                line: line.line,
                link: LinkId::of_line(id, line.line),
                prev: line.prev,
                depth: line.depth,
                from: giver,
                to: receiver,
            };
            let operation = match draft.kind {
                HandoverKind::Staff => TypedOperation::Person(PersonOperation::Custody(custody)),
                HandoverKind::Assets | HandoverKind::Papers => {
                    TypedOperation::Asset(AssetOperation::Custody(custody))
                }
            };
            if let Some(subject) = subjects.get_mut(&line.subject) {
                self.act(subject, &operation, vec![effect]);
            }
        }
        Ok(())
    }

    /// Opens an inventory; `approval` approved the one that it corrects. `links` are the operations that
    /// [`BookLine::of`](crate::inventory::BookLine::of) gives with the lines, in their order. Long books go on in further acts.
    pub fn open_inventory(&mut self, mut open: InventoryOpen, approval: Option<OpId>, links: &[OpId]) -> At {
        let unit = OpRef::Id(open.unit.into());
        let further = open.lines.split_off(open.lines.len().min(INVENTORY_LINES_MAX));
        let (own, links) = links.split_at(open.lines.len().min(links.len()));
        let refs = [unit]
            .into_iter()
            .chain(approval.map(OpRef::Id))
            .chain(own.iter().copied().map(OpRef::Id))
            .collect();
        let mut at = self.create(
            &TypedOperation::Inventory(InventoryOperation::Open(Box::new(open))),
            refs,
        );
        let links = links.chunks(INVENTORY_LINES_MAX);
        for (lines, links) in further.chunks(INVENTORY_LINES_MAX).zip(links) {
            let lines = lines.to_vec();
            let refs = links.iter().copied().map(OpRef::Id).collect();
            let book = InventoryOperation::Book(InventoryBook { lines });
            self.act(&mut at, &TypedOperation::Inventory(book), refs);
        }
        at
    }

    /// Notes what is there of some lines, by their numbers: of many in several acts.
    pub fn count_inventory(&mut self, inventory: &mut At, rows: &[CountedLine]) {
        for rows in rows.chunks(INVENTORY_LINES_MAX) {
            let rows = rows.to_vec();
            self.on_inventory(inventory, InventoryOperation::Count(InventoryCount { rows }));
        }
    }

    /// Does something in an inventory that cites nothing.
    pub fn on_inventory(&mut self, inventory: &mut At, operation: InventoryOperation) -> OpRef {
        self.act(inventory, &TypedOperation::Inventory(operation), Vec::new())
    }

    /// Lists acts on assets, of this commit or earlier ones, by which differences of an inventory were settled.
    pub fn settle_inventory(&mut self, inventory: &mut At, acts: Vec<(SettledOf, OpRef)>) -> OpRef {
        let (settled, refs) = acts.into_iter().unzip();
        let operation = InventoryOperation::Settle(InventorySettle { settled });
        self.act(inventory, &TypedOperation::Inventory(operation), refs)
    }

    fn handover(&mut self, handover: &mut At, operation: HandoverOperation) -> OpRef {
        self.act(handover, &TypedOperation::Handover(operation), Vec::new())
    }
}

/// Commits are limited far below 32 bits; an index that would not fit is one that no commit accepts.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The lines that the receiver refused in its signature.
#[must_use]
pub fn refused_in(minutes: &Minutes) -> &[RefusedLine] {
    minutes
        .signers()
        .iter()
        .find(|s| s.party == Party::Receiver)
        .map_or(&[], |s| &s.refused)
}

/// The operation that made the current custody link of an asset or person; none on a tie or for other records.
#[must_use]
pub fn current_link(state: &CanonicalState) -> Option<OpId> {
    CustodyView::of(state)
        .current_link()
        .and_then(|link| link.ops.first().copied())
}

/// The line of a handover for an asset or person as its state shows it, and the operation that the draft cites for
/// it. Of a field with several values all are named. None when nobody is custodian or the record is another thing.
#[must_use]
pub fn draft_line(subject: RecordId, state: &CanonicalState) -> Option<(DraftLine, OpRef)> {
    let custody = CustodyView::of(state);
    let link = custody.current_link()?;
    let cited = OpRef::Id(*link.ops.first()?);
    let of = LineOf::Subject(Subject {
        record: subject,
        prev: link.link,
        depth: link.depth.saturating_add(1),
    });
    let line = match AssetView::of(state) {
        Some(asset) => DraftLine {
            of,
            name: all_of(&asset.name),
            quantity: first_of(&asset.quantity).unwrap_or(Quantity::whole(1)),
            measure: all_of(&asset.measure),
            condition: all_of(&asset.condition),
            remark: String::new(),
            cost: first_of(&asset.cost).unwrap_or(0),
            residual: first_of(&asset.residual),
        },
        None => DraftLine::new(of, all_of(&PersonView::of(state)?.name)),
    };
    Some((line, cited))
}

pub(crate) fn first_of<T: Copy>(field: &Field<T>) -> Option<T> {
    field.values.first().map(|written| written.value)
}

pub(crate) fn all_of(field: &Field<String>) -> String {
    field
        .distinct()
        .into_iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" / ")
}
