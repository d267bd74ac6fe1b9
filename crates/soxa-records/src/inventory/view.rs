//! An inventory as people read it: what the books say, what was counted, how both differ, and who has signed what.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::Time;
use soxa_ledger::ids::{OpId, PublicKey, RecordId};

use crate::asset::state::AssetState;
use crate::body::words;
use crate::handover::view::{Reasoned, only};
use crate::inventory::totals::InventoryTotals;
use crate::inventory::{BookLine, CouncilMember, FoundThing, InventoryExtent, InventoryStage};
use crate::measure::{Date, Quantity};
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::value::Row;

words! {
    /// How what is there differs from the book.
    Difference, "difference of an inventory" {
        /// Nobody has counted it.
        Uncounted = "uncounted",
        /// Two counted it differently, without knowing of each other.
        Disputed = "disputed",
        /// As the book says.
        Same = "same",
        /// Thiếu: nothing is there.
        Missing = "missing",
        /// Less than the book says.
        Less = "less",
        /// More than the book says.
        More = "more",
        /// As much as the book says, in another condition or state.
        Changed = "changed",
    }
}

/// What somebody found of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCount {
    /// The operation; its author is who counted.
    pub op: OpId,
    /// How much.
    pub quantity: Quantity,
    /// In which condition; empty when nobody looked.
    pub condition: String,
    /// In which state, when somebody looked.
    pub state: Option<AssetState>,
    /// A remark.
    pub remark: String,
    /// SHA-256 of a photo.
    pub photo: Option<[u8; 32]>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryLine {
    /// Its number, from 1.
    pub line: u32,
    /// What the book says.
    pub book: BookLine,
    /// The counts that nothing has taken the place of: several when people counted without knowing of each other.
    pub counts: Vec<LineCount>,
    /// Counts that the approval did not know: they are in no figure.
    pub late: Vec<LineCount>,
    /// The acts on the asset by which the difference was settled.
    pub settled: Vec<OpId>,
}

/// A thing that is there and in no book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The operation that noted it.
    pub op: OpId,
    /// Its number there, from 1.
    pub number: u32,
    /// What was found.
    pub thing: FoundThing,
    /// Why it was struck off again.
    pub struck: Vec<Reasoned>,
    /// Whether the approval did not know of it.
    pub late: bool,
    /// The assets as which it was registered, with the operations.
    pub settled: Vec<(RecordId, OpId)>,
}

/// A member's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSignature {
    /// The operation.
    pub op: OpId,
    /// Who signed: the member, or who brought the signed paper.
    pub person: String,
    /// The key.
    pub key: PublicKey,
    /// When, by the signer's clock.
    pub at: Time,
    /// What the member remarked; empty when nothing.
    pub remark: String,
    /// SHA-256 of the signed paper.
    pub scan: Option<[u8; 32]>,
    /// What was counted beside or after it: operations that the member did not know.
    pub without: Vec<OpId>,
}

/// A member of the council.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The number, from 1.
    pub member: u32,
    /// Name, post, role, key.
    pub content: CouncilMember,
    /// The signatures, oldest first.
    pub signatures: Vec<MemberSignature>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The operation.
    pub op: OpId,
    /// Who approved.
    pub person: String,
    /// When, by the author's clock.
    pub at: Time,
    /// The day it says.
    pub date: Date,
    /// The conclusion.
    pub conclusion: String,
}

/// An inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryView {
    /// The unit whose assets are counted.
    pub unit: RecordId,
    /// What it was called at the time.
    pub unit_name: String,
    /// Which of its assets.
    pub extent: InventoryExtent,
    /// The site, when it is about one.
    pub place: String,
    /// The day of which the books are.
    pub as_of: Date,
    /// The decision.
    pub basis: String,
    /// The approved inventory whose mistake this one mends.
    pub corrects: Option<RecordId>,
    /// How far it has come.
    pub stage: InventoryStage,
    /// The council.
    pub council: Vec<Member>,
    /// The lines.
    pub lines: Vec<InventoryLine>,
    /// What was found beside them, also what was struck off again.
    pub found: Vec<Found>,
    /// Approvals: several when more than one gave it.
    pub approvals: Vec<Approval>,
    /// Who gave it up, and why.
    pub cancellations: Vec<Reasoned>,
}

impl InventoryLine {
    /// What was counted, when all who counted agree in quantity and state.
    #[must_use]
    pub fn counted(&self) -> Option<&LineCount> {
        let (first, rest) = self.counts.split_first()?;
        let agrees = |other: &LineCount| other.quantity == first.quantity && other.state == first.state;
        rest.iter().all(agrees).then_some(first)
    }

    /// The condition that all who looked found, when it is another than the book's.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        let mut found = self.counts.iter().map(|count| count.condition.trim());
        let first = found.find(|condition| !condition.is_empty())?;
        let same = found.all(|other| other.is_empty() || other == first);
        (same && first != self.book.condition.trim()).then_some(first)
    }

    /// How the count differs from the book.
    #[must_use]
    pub fn difference(&self) -> Difference {
        let Some(counted) = self.counted() else {
            return match self.counts.is_empty() {
                true => Difference::Uncounted,
                false => Difference::Disputed,
            };
        };
        match counted.quantity.cmp(&self.book.quantity) {
            std::cmp::Ordering::Less if counted.quantity == Quantity::default() => Difference::Missing,
            std::cmp::Ordering::Less => Difference::Less,
            std::cmp::Ordering::Greater => Difference::More,
            std::cmp::Ordering::Equal => {
                let state = counted.state.is_some_and(|state| state != self.book.state);
                match state || self.condition().is_some() {
                    true => Difference::Changed,
                    false => Difference::Same,
                }
            }
        }
    }
}

impl Found {
    /// Whether it is in the figures.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.struck.is_empty() && !self.late
    }
}

impl Member {
    /// Whether the member has signed all that was counted.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.signatures
            .iter()
            .any(|signature| signature.without.is_empty())
    }
}

impl InventoryView {
    /// The inventory of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        if state.kind != Some(RecordKind::Inventory) {
            return None;
        }
        let approvals = approvals(state);
        let known: Option<BTreeSet<OpId>> = (!approvals.is_empty()).then(|| {
            let covered = state.list("covers").iter();
            let approved = covered.filter(|row| approvals.iter().any(|one| one.op == row.op));
            approved.filter_map(|row| row.get("act")).collect()
        });
        let late = |op: &OpId| known.as_ref().is_some_and(|known| !known.contains(op));
        let mut view = Self {
            unit: only(state, "unit")?,
            unit_name: only(state, "unit_name")?,
            extent: only(state, "extent")?,
            place: only(state, "place")?,
            as_of: only(state, "as_of")?,
            basis: only(state, "basis")?,
            corrects: only(state, "corrects"),
            stage: InventoryStage::Open,
            council: council(state, late),
            lines: lines(state, late),
            found: found(state, late),
            approvals,
            cancellations: cancellations(state),
        };
        view.stage = view.reached();
        Some(view)
    }

    /// An approval outweighs a cancellation that did not know of it.
    fn reached(&self) -> InventoryStage {
        if !self.approvals.is_empty() {
            InventoryStage::Approved
        } else if !self.cancellations.is_empty() {
            InventoryStage::Cancelled
        } else if self.lines.iter().any(|line| line.counted().is_none()) {
            InventoryStage::Open
        } else if self.council.iter().all(Member::has_signed) {
            InventoryStage::Signed
        } else {
            InventoryStage::Counted
        }
    }

    /// The line with this number.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&InventoryLine> {
        self.lines.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The lines that two counted differently.
    pub fn disputed(&self) -> impl Iterator<Item = &InventoryLine> {
        self.lines
            .iter()
            .filter(|line| line.difference() == Difference::Disputed)
    }

    /// Operations that counted something without which it was approved.
    #[must_use]
    pub fn late(&self) -> BTreeSet<OpId> {
        let counts = self
            .lines
            .iter()
            .flat_map(|line| &line.late)
            .map(|count| count.op);
        let found = self.found.iter().filter(|found| found.late).map(|found| found.op);
        counts.chain(found).collect()
    }

    /// Whether it is approved although somebody, not knowing that, gave it up.
    #[must_use]
    pub fn cancelled_too_late(&self) -> bool {
        self.stage == InventoryStage::Approved && !self.cancellations.is_empty()
    }

    /// What books and count come to.
    #[must_use]
    pub fn totals(&self) -> InventoryTotals {
        InventoryTotals::of(self)
    }
}

/// The acts that counted, found or struck something off.
pub(crate) fn counting_acts(state: &CanonicalState) -> impl Iterator<Item = OpId> + '_ {
    let acts = state.list("acts").iter();
    acts.filter(|row| matches!(row.text("act").as_str(), "count" | "found" | "strike"))
        .map(|row| row.op)
}

fn approvals(state: &CanonicalState) -> Vec<Approval> {
    let rows = state
        .list("acts")
        .iter()
        .filter(|row| row.text("act") == "approve");
    rows.filter_map(|row| {
        Some(Approval {
            op: row.op,
            person: row.text("person"),
            at: row.get("at")?,
            date: row.get("date")?,
            conclusion: row.text("conclusion"),
        })
    })
    .collect()
}

fn cancellations(state: &CanonicalState) -> Vec<Reasoned> {
    let rows = state
        .list("acts")
        .iter()
        .filter(|row| row.text("act") == "cancel");
    rows.map(reasoned).collect()
}

fn reasoned(row: &Row) -> Reasoned {
    Reasoned {
        op: row.op,
        reason: row.text("reason"),
    }
}

/// Rows by the line that they speak of.
fn by_line<'a>(state: &'a CanonicalState, list: &str) -> BTreeMap<u32, Vec<&'a Row>> {
    let mut lines: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    for row in state.list(list) {
        if let Some(line) = row.get("line") {
            lines.entry(line).or_default().push(row);
        }
    }
    lines
}

fn lines(state: &CanonicalState, late: impl Fn(&OpId) -> bool) -> Vec<InventoryLine> {
    let (counts, recounts, settled) = (
        by_line(state, "counts"),
        by_line(state, "recounts"),
        by_line(state, "settled"),
    );
    let none = Vec::new();
    let line = |row: &Row| {
        let number: u32 = row.get("line")?;
        let replaced: BTreeSet<OpId> = recounts
            .get(&number)
            .unwrap_or(&none)
            .iter()
            .filter(|row| !late(&row.op))
            .filter_map(|row| row.get("act"))
            .collect();
        let of_line = counts.get(&number).unwrap_or(&none).iter();
        let all = of_line.filter_map(|row| count(row));
        let (late, known): (Vec<LineCount>, Vec<LineCount>) = all.partition(|count| late(&count.op));
        Some(InventoryLine {
            line: number,
            book: BookLine::of_row(row)?,
            counts: known
                .into_iter()
                .filter(|count| !replaced.contains(&count.op))
                .collect(),
            late,
            settled: settled
                .get(&number)
                .unwrap_or(&none)
                .iter()
                .filter_map(|row| row.get("act"))
                .collect(),
        })
    };
    state.list("lines").iter().filter_map(line).collect()
}

fn count(row: &Row) -> Option<LineCount> {
    Some(LineCount {
        op: row.op,
        quantity: row.get("quantity")?,
        condition: row.text("condition"),
        state: row.get("state"),
        remark: row.text("remark"),
        photo: row.get("photo"),
    })
}

fn found(state: &CanonicalState, late: impl Fn(&OpId) -> bool) -> Vec<Found> {
    let about = |list: &str, op: OpId, number: u32| {
        let same = move |row: &&Row| row.get("found") == Some(op) && row.get::<u32>("number") == Some(number);
        state.list(list).iter().filter(same).collect::<Vec<&Row>>()
    };
    let one = |row: &Row| {
        let number: u32 = row.get("number")?;
        let struck = about("struck", row.op, number);
        let settled = about("settled", row.op, number);
        Some(Found {
            op: row.op,
            number,
            thing: FoundThing {
                code: row.text("code"),
                name: row.text("name"),
                category: row.text("category"),
                quantity: row.get("quantity")?,
                measure: row.text("measure"),
                cost: row.get("cost")?,
                condition: row.text("condition"),
                site: row.text("site"),
                remark: row.text("remark"),
                photo: row.get("photo"),
            },
            struck: struck
                .into_iter()
                .filter(|row| !late(&row.op))
                .map(reasoned)
                .collect(),
            late: late(&row.op),
            settled: settled
                .into_iter()
                .filter_map(|row| Some((row.get("asset")?, row.get("act")?)))
                .collect(),
        })
    };
    state.list("found").iter().filter_map(one).collect()
}

fn council(state: &CanonicalState, late: impl Fn(&OpId) -> bool) -> Vec<Member> {
    let all: Vec<OpId> = counting_acts(state).filter(|op| !late(op)).collect();
    let signature = |row: &Row| {
        let covers = state.list("covers").iter().filter(|covered| covered.op == row.op);
        let known: BTreeSet<OpId> = covers.filter_map(|covered| covered.get("act")).collect();
        Some(MemberSignature {
            op: row.op,
            person: row.text("person"),
            key: row.get("key")?,
            at: row.get("at")?,
            remark: row.text("remark"),
            scan: row.get("scan"),
            without: all.iter().filter(|op| !known.contains(op)).copied().collect(),
        })
    };
    let member = |row: &Row| {
        let number: u32 = row.get("member")?;
        let signed = state.list("signatures").iter();
        let own = signed.filter(|row| row.get("member") == Some(number));
        Some(Member {
            member: number,
            content: CouncilMember {
                name: row.text("name"),
                post: row.text("post"),
                role: row.get("role")?,
                key: row.get("key"),
            },
            signatures: own.filter_map(signature).collect(),
        })
    };
    state.list("council").iter().filter_map(member).collect()
}
