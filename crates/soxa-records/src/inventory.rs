//! Inventories (kiểm kê): what a unit has, counted by a council and held against the books. The operations and their bodies.
//!
//! The opening carries the **book side**: each line names an asset and the custody link by which the unit holds it, with the
//! figures that the ledger showed there, so the minutes say against which book was counted; long books go on in further acts of the
//! same commit. Several people **count** parts
//! of it, also without a link to one another; a later count of a line takes the place of those in its past, and of two that did not
//! know of each other both stand until somebody who knows both counts again. What is in no book is **found**.
//!
//! A member of the council **signs** everything that was counted in the past of the signature, and nothing else: whatever comes
//! beside or after it is shown as counted without it, and is signed anew. A member without a key signs on paper, and who
//! brings that in adds its scan. The unit, or one above it, **approves** what all members have signed; from then on nothing is
//! counted. A mistake is mended by a new inventory that names the first.
//!
//! An inventory changes no asset. What follows from it stays the custodian's own act on the asset, and **settling** lists those acts
//! beside the lines that they settle.

mod book;
mod rules;
pub mod settlement;
pub mod totals;
pub mod view;

use std::collections::BTreeSet;

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::{PublicKey, RecordId};
use soxa_ledger::operation::OpRef;

use crate::asset::state::AssetState;
use crate::body::{
    Amount, CodeOrNone, Day, Dong, Id, Line, List, Name, Op, Opt, Part, Path, Reason, Text, Word, body, words,
};
pub use crate::inventory::book::BookLine;
use crate::limits::{
    COUNCIL_MAX, INVENTORY_FOUND_MAX, INVENTORY_LINES_MAX, INVENTORY_SETTLED_MAX, UNITS_ABOVE_MAX,
};
use crate::measure::{Date, Quantity};
use crate::typed::operations;
use crate::value::word_values;

words! {
    /// Which of a unit's assets are counted.
    InventoryExtent, "extent of an inventory" {
        /// All that the unit holds.
        Whole = "whole",
        /// All that it holds at one site.
        Site = "site",
        /// Those that are listed.
        List = "list",
    }
}

words! {
    /// What somebody is in a council.
    CouncilRole, "role in a council" {
        /// Chủ tịch hội đồng, trưởng ban.
        Chair = "chair",
        /// Ủy viên.
        Member = "member",
        /// Thư ký.
        Secretary = "secretary",
    }
}

words! {
    /// How far an inventory has come.
    InventoryStage, "stage of an inventory" {
        /// Lines are not counted yet, or counted differently by two.
        Open = "open",
        /// Every line is counted; members have not signed, or not what was counted last.
        Counted = "counted",
        /// Every member of the council has signed all that was counted.
        Signed = "signed",
        /// Approved: nothing more is counted.
        Approved = "approved",
        /// Given up before it was approved.
        Cancelled = "cancelled",
    }
}
word_values!(InventoryExtent, CouncilRole, InventoryStage);

operations! {
    /// What is done in an inventory.
    InventoryOperation of "inventory" {
        /// Creates the record: unit, day, decision, council and books.
        Open(Box<InventoryOpen>) = "open",
        /// Goes on with the books, in the commit that creates the record.
        Book(InventoryBook) = "book",
        /// Somebody notes what is there of some lines.
        Count(InventoryCount) = "count",
        /// Somebody notes what is there and in no book.
        Found(InventoryFound) = "found",
        /// Takes a found thing off again: it was in the books, or noted twice.
        Strike(InventoryStrike) = "strike",
        /// A member of the council signs what was counted.
        Sign(InventorySign) = "sign",
        /// Closes it.
        Approve(InventoryApprove) = "approve",
        /// Gives it up.
        Cancel(InventoryCancel) = "cancel",
        /// Lists the acts on assets by which differences were settled.
        Settle(InventorySettle) = "settle",
    }
}

body! {
    /// A member of the council.
    CouncilMember = "council member" {
        /// The name.
        name: String => Name,
        /// The post: which office the member comes from.
        post: String => Text,
        /// What the member is in the council.
        role: CouncilRole => Word,
        /// The key that the member signs with; none for a member who signs on paper.
        key: Option<PublicKey> => Opt<Id>,
    }
}

body! {
    /// Body of `inventory.open`: `[unit, [unit above…], name, extent, place, date, decision, corrected or null, [member…],
    /// [book line…]]`. Member 1 and line 1 are the first.
    InventoryOpen = "inventory.open" checked by InventoryOpen::check {
        /// The unit whose assets are counted.
        unit: RecordId => Id,
        /// The units above it, the province first.
        path: Vec<RecordId> => Path<UNITS_ABOVE_MAX>,
        /// What the unit is called at the time.
        unit_name: String => Name,
        /// Which of its assets.
        extent: InventoryExtent => Word,
        /// The site, when it is about one; else empty.
        place: String => Text,
        /// The day of which the books are: 0 o'clock.
        as_of: Date => Day,
        /// The decision it rests on.
        basis: String => Text,
        /// The approved inventory whose mistake this one mends.
        corrects: Option<RecordId> => Opt<Id>,
        /// The council: at least one, one of them its chair.
        council: Vec<CouncilMember> => List<Part, COUNCIL_MAX>,
        /// What the books say, each asset once.
        lines: Vec<BookLine> => List<Part, INVENTORY_LINES_MAX>,
    }
}

body! {
    /// Body of `inventory.book`: `[[book line…]]`, numbered on from the lines before it.
    InventoryBook = "inventory.book" checked by InventoryBook::check {
        /// What the books say further, at least one line, each asset once.
        lines: Vec<BookLine> => List<Part, INVENTORY_LINES_MAX>,
    }
}

body! {
    /// What somebody found of one line.
    CountedLine = "counted line" {
        /// The line, from 1.
        line: u32 => Line,
        /// How much is there.
        quantity: Quantity => Amount,
        /// In which condition; empty when nobody looked.
        condition: String => Text,
        /// In use, idle, under repair, damaged, when somebody looked.
        state: Option<AssetState> => Opt<Word>,
        /// A remark.
        remark: String => Text,
        /// SHA-256 of a photo.
        photo: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `inventory.count`: `[[[line, quantity, condition, state or null, remark, photo or null]…]]`, lines ascending.
    InventoryCount = "inventory.count" checked by InventoryCount::check {
        /// The counted lines, at least one.
        rows: Vec<CountedLine> => List<Part, INVENTORY_LINES_MAX>,
    }
}

body! {
    /// A thing that is there and in no book.
    FoundThing = "found thing" {
        /// A code that is written on it.
        code: String => CodeOrNone,
        /// What it is.
        name: String => Name,
        /// The category.
        category: String => Text,
        /// How much.
        quantity: Quantity => Amount,
        /// Of what.
        measure: String => Text,
        /// What it would cost, in đồng.
        cost: i64 => Dong,
        /// In which condition.
        condition: String => Text,
        /// Where it is.
        site: String => Text,
        /// A remark: whose it may be.
        remark: String => Text,
        /// SHA-256 of a photo.
        photo: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `inventory.found`: `[[[code, name, category, quantity, measure, cost, condition, site, remark, photo or null]…]]`.
    InventoryFound = "inventory.found" checked by InventoryFound::check {
        /// The things, at least one; the first is number 1.
        things: Vec<FoundThing> => List<Part, INVENTORY_FOUND_MAX>,
    }
}

body! {
    /// Which found thing: `[operation, number]`.
    FoundAt = "found thing" {
        /// The operation that noted it.
        found: OpRef => Op,
        /// Its number there, from 1.
        number: u32 => Line,
    }
}

body! {
    /// Body of `inventory.strike`: `[[operation, number], reason]`.
    InventoryStrike = "inventory.strike" {
        /// The thing.
        thing: FoundAt => Part,
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `inventory.sign`: `[member, remark, scan or null]`. It is for what was counted in its own past.
    InventorySign = "inventory.sign" {
        /// Which member of the council, from 1.
        member: u32 => Line,
        /// What the member remarks.
        remark: String => Text,
        /// SHA-256 of the signed paper; a member without a key has one.
        scan: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `inventory.approve`: `[date, conclusion]`. It is for what was counted in its own past.
    InventoryApprove = "inventory.approve" {
        /// The day.
        date: Date => Day,
        /// The conclusion, or the decision's number.
        conclusion: String => Text,
    }
}

body! {
    /// Body of `inventory.cancel`: `[reason]`.
    InventoryCancel = "inventory.cancel" {
        /// Why.
        reason: String => Reason,
    }
}

/// What an act on an asset settles, written as a line's number or as a found thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettledOf {
    /// A line of the book.
    Line(u32),
    /// A found thing.
    Found(FoundAt),
}

body! {
    /// Body of `inventory.settle`: `[[settled…]]`. What follows on each is the operation that is cited in its place.
    InventorySettle = "inventory.settle" checked by InventorySettle::check {
        /// What was settled, at least one.
        settled: Vec<SettledOf> => List<Part, INVENTORY_SETTLED_MAX>,
    }
}

fn wrong<T>(field: &'static str, what: &'static str) -> Result<T, CborError> {
    Err(CborError::Value { field, what })
}

impl InventoryOpen {
    fn check(&self) -> Result<(), CborError> {
        let chairs = self
            .council
            .iter()
            .filter(|member| member.role == CouncilRole::Chair);
        if chairs.count() != 1 {
            return wrong("council", "not one chair");
        }
        let mut keys = BTreeSet::new();
        if !self
            .council
            .iter()
            .filter_map(|member| member.key)
            .all(|key| keys.insert(key))
        {
            return wrong("council", "one key for two members");
        }
        expect_each_once(&self.lines)?;
        match (self.extent, self.place.trim().is_empty()) {
            (InventoryExtent::Site, true) => wrong("place", "no site"),
            (InventoryExtent::Whole | InventoryExtent::List, false) => wrong("place", "not of a site"),
            (InventoryExtent::List, true) if self.lines.is_empty() => wrong("lines", "a list of nothing"),
            _ => Ok(()),
        }
    }

    /// The member with this number, counted from 1.
    #[must_use]
    pub fn member(&self, number: u32) -> Option<&CouncilMember> {
        self.council.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}

fn expect_each_once(lines: &[BookLine]) -> Result<(), CborError> {
    let mut assets = BTreeSet::new();
    match lines.iter().all(|line| assets.insert(line.asset)) {
        true => Ok(()),
        false => wrong("lines", "an asset twice in one inventory"),
    }
}

impl InventoryBook {
    fn check(&self) -> Result<(), CborError> {
        match self.lines.is_empty() {
            true => wrong("lines", "not at least one"),
            false => expect_each_once(&self.lines),
        }
    }
}

impl InventoryCount {
    fn check(&self) -> Result<(), CborError> {
        if self.rows.is_empty() {
            return wrong("counted lines", "not at least one");
        }
        if !self.rows.is_sorted_by(|a, b| a.line < b.line) {
            return wrong("counted lines", "not ascending");
        }
        let seen = |row: &CountedLine| row.state.is_none_or(AssetState::is_seen);
        if !self.rows.iter().all(seen) {
            return wrong("state", "none that somebody who counts can see");
        }
        Ok(())
    }
}

impl InventoryFound {
    fn check(&self) -> Result<(), CborError> {
        if self.things.is_empty() {
            return wrong("found things", "not at least one");
        }
        if self.things.iter().any(|thing| thing.quantity.thousandths == 0) {
            return wrong("quantity", "nothing was found");
        }
        Ok(())
    }
}

impl InventorySettle {
    fn check(&self) -> Result<(), CborError> {
        match self.settled.is_empty() {
            true => wrong("settled", "not at least one"),
            false => Ok(()),
        }
    }
}
