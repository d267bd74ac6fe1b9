//! Inventories: which act is legal when, and by whom.

use std::collections::BTreeSet;

use soxa_ledger::ids::{OpId, RecordId};

use crate::asset::AssetOperation;
use crate::custody::cited_link;
use crate::handover::HandoverKind;
use crate::inventory::view::{InventoryView, counting_acts};
use crate::inventory::{
    BookLine, FoundAt, FoundThing, InventoryBook, InventoryCount, InventoryFound, InventoryOpen,
    InventoryOperation, InventorySettle, InventorySign, InventoryStage, InventoryStrike, SettledOf,
};
use crate::legality::{Scene, Stop};
use crate::limits::INVENTORY_BOOK_MAX;
use crate::typed::TypedOperation;
use crate::value::{Change, append, set};
use crate::verdict::{Illegality, RefNeed};

/// The operations that an opening cites before those of its lines: the unit's registration, and the approval of the inventory
/// that it corrects.
fn refs_before_lines(open: &InventoryOpen) -> usize {
    1 + usize::from(open.corrects.is_some())
}

fn wrong_ref(index: usize, needed: RefNeed) -> Stop {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    Illegality::WrongRef { index, needed }.into()
}

fn act(name: &'static str) -> Change {
    append("acts", [("act", name.into())])
}

/// Each line cites the operation by which the unit holds its asset; `before` are what is cited before these, `first` is the number of
/// the first line.
fn expect_held(
    scene: &Scene<'_>,
    unit: RecordId,
    before: usize,
    first: u32,
    lines: &[BookLine],
) -> Result<(), Stop> {
    for ((index, number), line) in (before..).zip(first..).zip(lines) {
        let (referred, operation) = scene.cited(index, RefNeed::SubjectLink)?;
        let (kind, link) = cited_link(referred.facts.record, referred.facts.id, &operation)
            .ok_or_else(|| wrong_ref(index, RefNeed::SubjectLink))?;
        if kind != HandoverKind::Assets || referred.facts.record != line.asset {
            return Err(wrong_ref(index, RefNeed::SubjectLink));
        }
        if link.link != line.link || link.depth != line.depth || link.to != unit {
            return Err(Illegality::LineNotHeld { line: number }.into());
        }
    }
    Ok(())
}

impl InventoryBook {
    /// Legal in the commit that opens the inventory, before anybody acts in it: so nobody lists other books beside these.
    fn judge(
        &self,
        open: &InventoryOpen,
        view: &InventoryView,
        scene: &Scene<'_>,
    ) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(self.lines.len())?;
        let (commit, record) = (scene.facts.commit, scene.facts.record);
        let opens = (0..scene.facts.index).any(|index| RecordId::from(OpId::of(commit, index)) == record);
        let listed: BTreeSet<RecordId> = view.lines.iter().map(|line| line.book.asset).collect();
        let anew = self.lines.iter().all(|line| !listed.contains(&line.asset));
        let fits = listed.len() + self.lines.len() <= INVENTORY_BOOK_MAX;
        if !(opens && anew && fits && scene.past.list("acts").is_empty()) {
            return Err(Illegality::InventoryBook.into());
        }
        let first = u32::try_from(view.lines.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        expect_held(scene, open.unit, 0, first, &self.lines)?;
        Ok((first..)
            .zip(&self.lines)
            .map(|(number, line)| line.row(number))
            .collect())
    }
}

impl InventoryOpen {
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let before = refs_before_lines(self);
        scene.expect_refs(before + self.lines.len())?;
        let path = scene.cited_unit(self.unit)?;
        if path.split_last().map(|(_, above)| above) != Some(self.path.as_slice()) {
            return Err(Illegality::PathMismatch.into());
        }
        scene.expect_at_or_above(&path)?;
        if let Some(first) = self.corrects {
            let (approved, operation) = scene.cited(1, RefNeed::InventoryApproval)?;
            let approves = matches!(
                operation,
                TypedOperation::Inventory(InventoryOperation::Approve(_))
            );
            if !approves || approved.facts.record != first {
                return Err(wrong_ref(1, RefNeed::InventoryApproval));
            }
        }
        expect_held(scene, self.unit, before, 1, &self.lines)?;
        Ok(self.changes())
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = vec![
            set("unit", self.unit),
            set("unit_name", self.unit_name.as_str()),
            set("extent", self.extent),
            set("place", self.place.as_str()),
            set("as_of", self.as_of),
            set("basis", self.basis.as_str()),
        ];
        changes.extend(self.corrects.map(|first| set("corrects", first)));
        changes.extend((1_u32..).zip(&self.council).map(|(number, member)| {
            append(
                "council",
                [
                    ("member", number.into()),
                    ("name", member.name.as_str().into()),
                    ("post", member.post.as_str().into()),
                    ("role", member.role.into()),
                ],
            )
            .and("key", member.key)
        }));
        changes.extend((1_u32..).zip(&self.lines).map(|(number, line)| line.row(number)));
        changes
    }

    /// Who acts must be of the unit, of one above it, or a member of the council.
    fn expect_counter(&self, scene: &Scene<'_>) -> Result<(), Stop> {
        let member = |key| self.council.iter().any(|member| member.key == Some(key));
        match member(scene.actor.key) {
            true => Ok(()),
            false => self.expect_power(scene),
        }
    }

    /// Who acts must be of the unit or of one above it.
    fn expect_power(&self, scene: &Scene<'_>) -> Result<(), Stop> {
        let path: Vec<RecordId> = self.path.iter().copied().chain([self.unit]).collect();
        scene.expect_at_or_above(&path)
    }
}

impl InventoryOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        if let Self::Open(open) = self {
            return open.judge(scene);
        }
        let Some(TypedOperation::Inventory(Self::Open(open))) = scene.creation else {
            return Err(Illegality::NoRecord.into());
        };
        let view = InventoryView::of(scene.past).ok_or(Stop::from(Illegality::NoRecord))?;
        let settles = match self {
            Self::Book(book) => return book.judge(open, &view, scene),
            Self::Settle(settle) => settle.settled.len(),
            _ => 0,
        };
        scene.expect_refs(settles)?;
        use InventoryStage::{Approved, Counted, Open, Signed};
        let expect = |allowed: &[InventoryStage]| match allowed.contains(&view.stage) {
            true => Ok(()),
            false => Err(Stop::from(Illegality::InventoryStage { found: view.stage })),
        };
        match self {
            Self::Open(_) | Self::Book(_) => Err(Illegality::NoRecord.into()),
            Self::Count(count) => {
                open.expect_counter(scene)?;
                expect(&[Open, Counted, Signed])?;
                count.changes(&view)
            }
            Self::Found(found) => {
                open.expect_counter(scene)?;
                expect(&[Open, Counted, Signed])?;
                Ok(found.changes())
            }
            Self::Strike(strike) => {
                open.expect_counter(scene)?;
                expect(&[Open, Counted, Signed])?;
                strike.changes(&view, scene)
            }
            Self::Sign(sign) => {
                expect(&[Counted, Signed])?;
                sign.changes(open, scene)
            }
            Self::Approve(approve) => {
                open.expect_power(scene)?;
                expect(&[Signed])?;
                let row = append(
                    "acts",
                    [
                        ("act", "approve".into()),
                        ("person", scene.actor.person.as_str().into()),
                        ("at", scene.facts.author_time.into()),
                        ("date", approve.date.into()),
                        ("conclusion", approve.conclusion.as_str().into()),
                    ],
                );
                Ok([row].into_iter().chain(covers(scene)).collect())
            }
            Self::Cancel(cancel) => {
                open.expect_power(scene)?;
                expect(&[Open, Counted, Signed])?;
                let reason = cancel.reason.as_str().into();
                Ok(vec![append(
                    "acts",
                    [("act", "cancel".into()), ("reason", reason)],
                )])
            }
            Self::Settle(settle) => {
                open.expect_power(scene)?;
                expect(&[Approved])?;
                settle.changes(open, &view, scene)
            }
        }
    }
}

/// A signature or approval is for what was counted in its past: one row for each act of counting there.
fn covers<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = Change> + 'a {
    counting_acts(scene.past).map(|op| append("covers", [("act", op.into())]))
}

impl InventoryCount {
    fn changes(&self, view: &InventoryView) -> Result<Vec<Change>, Stop> {
        let mut changes = vec![act("count")];
        for row in &self.rows {
            let line = view
                .line(row.line)
                .ok_or(Stop::from(Illegality::NoSuchLine(row.line)))?;
            let counted = append(
                "counts",
                [
                    ("line", row.line.into()),
                    ("quantity", row.quantity.into()),
                    ("condition", row.condition.as_str().into()),
                    ("remark", row.remark.as_str().into()),
                ],
            );
            changes.push(counted.and("state", row.state).and("photo", row.photo));
            changes.extend(
                line.counts
                    .iter()
                    .map(|count| append("recounts", [("line", row.line.into()), ("act", count.op.into())])),
            );
        }
        Ok(changes)
    }
}

impl InventoryFound {
    fn changes(&self) -> Vec<Change> {
        let things = (1_u32..)
            .zip(&self.things)
            .map(|(number, thing)| thing.row(number));
        [act("found")].into_iter().chain(things).collect()
    }
}

impl FoundThing {
    fn row(&self, number: u32) -> Change {
        append(
            "found",
            [
                ("number", number.into()),
                ("code", self.code.as_str().into()),
                ("name", self.name.as_str().into()),
                ("category", self.category.as_str().into()),
                ("quantity", self.quantity.into()),
                ("measure", self.measure.as_str().into()),
                ("cost", self.cost.into()),
                ("condition", self.condition.as_str().into()),
                ("site", self.site.as_str().into()),
                ("remark", self.remark.as_str().into()),
            ],
        )
        .and("photo", self.photo)
    }
}

/// The operation and number of a thing that was found and not struck off in the past.
fn known_thing(thing: &FoundAt, view: &InventoryView, scene: &Scene<'_>) -> Result<(OpId, u32), Stop> {
    let op = thing.found.resolve(scene.facts.commit);
    let known = |found: &&crate::inventory::view::Found| {
        found.op == op && found.number == thing.number && found.struck.is_empty()
    };
    match view.found.iter().find(known) {
        Some(_) => Ok((op, thing.number)),
        None => Err(Illegality::NoSuchThing {
            op,
            number: thing.number,
        }
        .into()),
    }
}

impl InventoryStrike {
    fn changes(&self, view: &InventoryView, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let (op, number) = known_thing(&self.thing, view, scene)?;
        let struck = append(
            "struck",
            [
                ("found", op.into()),
                ("number", number.into()),
                ("reason", self.reason.as_str().into()),
            ],
        );
        Ok(vec![act("strike"), struck])
    }
}

impl InventorySign {
    /// A member with a key signs with it; for one without a key somebody of the unit, or another member, brings the signed paper.
    fn changes(&self, open: &InventoryOpen, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        let member = open
            .member(self.member)
            .ok_or(Stop::from(Illegality::NoSuchMember(self.member)))?;
        match member.key {
            Some(key) if key != scene.actor.key => {
                return Err(Illegality::OtherMember {
                    member: self.member,
                    key,
                }
                .into());
            }
            Some(_) => {}
            None => {
                open.expect_counter(scene)?;
                if self.scan.is_none() {
                    return Err(Illegality::NoScan(self.member).into());
                }
            }
        }
        let signature = append(
            "signatures",
            [
                ("member", self.member.into()),
                ("key", scene.actor.key.into()),
                ("person", scene.actor.person.as_str().into()),
                ("at", scene.facts.author_time.into()),
                ("remark", self.remark.as_str().into()),
            ],
        );
        let signature = signature.and("scan", self.scan);
        Ok([act("sign"), signature]
            .into_iter()
            .chain(covers(scene))
            .collect())
    }
}

impl InventorySettle {
    /// Each cited operation is an act on the line's asset, or registers something with the unit for a found thing.
    fn changes(
        &self,
        open: &InventoryOpen,
        view: &InventoryView,
        scene: &Scene<'_>,
    ) -> Result<Vec<Change>, Stop> {
        let mut changes = vec![act("settle")];
        for (index, settled) in self.settled.iter().enumerate() {
            let (referred, operation) = scene.cited(index, RefNeed::AssetAct)?;
            let TypedOperation::Asset(operation) = operation else {
                return Err(wrong_ref(index, RefNeed::AssetAct));
            };
            let row = match settled {
                SettledOf::Line(number) => {
                    let line = view
                        .line(*number)
                        .ok_or(Stop::from(Illegality::NoSuchLine(*number)))?;
                    let changes_it = matches!(operation, AssetOperation::Set(_) | AssetOperation::State(_));
                    if !changes_it || referred.facts.record != line.book.asset {
                        return Err(wrong_ref(index, RefNeed::AssetAct));
                    }
                    append("settled", [("line", (*number).into())])
                }
                SettledOf::Found(thing) => {
                    let (op, number) = known_thing(thing, view, scene)?;
                    match operation {
                        AssetOperation::Register(register) if register.unit == open.unit => {}
                        _ => return Err(wrong_ref(index, RefNeed::AssetAct)),
                    }
                    append("settled", [("found", op.into()), ("number", number.into())])
                }
            };
            let act = row
                .and("asset", Some(referred.facts.record))
                .and("act", Some(referred.facts.id));
            changes.push(act);
        }
        Ok(changes)
    }
}
