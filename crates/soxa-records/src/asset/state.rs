//! The life of an asset: in use, left over, under repair, lost, written off.
//!
//! An asset that nobody has said anything of is declared. Whether it is under way to another unit is no state: an open handover
//! that lists it says so, and it ends with that.

use soxa_ledger::cbor::CborError;

use crate::body::{Day, Id, Opt, Text, Word, body, words};
use crate::measure::Date;
use crate::state::CanonicalState;
use crate::value::{Change, append, set, word_values};
use crate::verdict::Illegality;

words! {
    /// Where an asset is in its life.
    AssetState, "state of an asset" {
        /// Kê khai: nothing more has been said.
        Declared = "declared",
        /// Đang sử dụng.
        InUse = "in_use",
        /// Không sử dụng.
        Idle = "idle",
        /// Dôi dư: for others to use.
        Surplus = "surplus",
        /// Đang sửa chữa.
        UnderRepair = "under_repair",
        /// Mất.
        Lost = "lost",
        /// Hư hỏng.
        Damaged = "damaged",
        /// Ghi giảm.
        WrittenOff = "written_off",
        /// Thanh lý.
        Liquidated = "liquidated",
        /// Ghi nhầm, ghi trùng: it should not be in the books.
        Mistaken = "mistaken",
    }
}
word_values!(AssetState);

body! {
    /// Body of `asset.state`: `[state, date, reason, minutes or null]`.
    AssetStateChange = "asset.state" checked by AssetStateChange::check {
        /// The new state.
        state: AssetState => Word,
        /// The day from which it holds.
        date: Date => Day,
        /// Why: the decision, what happened.
        reason: String => Text,
        /// SHA-256 of the minutes or the decision; what is lost or damaged has one.
        document: Option<[u8; 32]> => Opt<Id>,
    }
}

impl AssetState {
    /// The states that may follow.
    #[must_use]
    pub fn followed_by(self) -> &'static [Self] {
        use AssetState::{
            Damaged, Idle, InUse, Liquidated, Lost, Mistaken, Surplus, UnderRepair, WrittenOff,
        };
        match self {
            Self::Declared => &[InUse, Idle, Surplus, UnderRepair, Lost, Damaged, Mistaken],
            Self::InUse => &[Idle, Surplus, UnderRepair, Lost, Damaged, Liquidated, Mistaken],
            Self::Idle => &[InUse, Surplus, UnderRepair, Lost, Damaged, Liquidated, Mistaken],
            Self::Surplus => &[InUse, Idle, UnderRepair, Lost, Damaged, Liquidated, Mistaken],
            Self::UnderRepair => &[InUse, Idle, Surplus, Lost, Damaged, Liquidated, Mistaken],
            Self::Lost => &[InUse, WrittenOff],
            Self::Damaged => &[UnderRepair, WrittenOff, Liquidated],
            Self::Mistaken => &[InUse],
            Self::WrittenOff | Self::Liquidated => &[],
        }
    }

    /// Whether somebody who stands before the asset can see it.
    #[must_use]
    pub fn is_seen(self) -> bool {
        Self::SEEN.contains(&self)
    }

    /// The states that somebody who counts can see.
    pub const SEEN: &'static [Self] = &[
        Self::InUse,
        Self::Idle,
        Self::Surplus,
        Self::UnderRepair,
        Self::Damaged,
    ];

    /// Whether there is nothing that could be handed over.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self == Self::Lost || self.is_off_books()
    }

    /// Whether it is in the books no more: what is lost stays there until it is written off.
    #[must_use]
    pub fn is_off_books(self) -> bool {
        matches!(self, Self::WrittenOff | Self::Liquidated | Self::Mistaken)
    }

    /// The states in which an asset is: several when officials changed it without knowing of each other.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Vec<Self> {
        let found: Vec<Self> = state.field("state").distinct().into_iter().copied().collect();
        match found.is_empty() {
            true => vec![Self::Declared],
            false => found,
        }
    }
}

impl AssetStateChange {
    fn check(&self) -> Result<(), CborError> {
        let bad = |field, what| Err(CborError::Value { field, what });
        match self.state {
            AssetState::Declared => bad("state", "nothing becomes declared"),
            AssetState::Lost | AssetState::Damaged if self.document.is_none() => {
                bad("document", "a loss or damage without minutes")
            }
            AssetState::Mistaken if self.reason.trim().is_empty() => {
                bad("reason", "a mistake that nobody explains")
            }
            _ => Ok(()),
        }
    }

    /// Legal when one of the states in which the asset is may be followed by the new one, or when officials disagree and it is one
    /// of theirs.
    pub(crate) fn changes(&self, past: &CanonicalState) -> Result<Vec<Change>, Illegality> {
        let found = AssetState::of(past);
        let settles = found.len() > 1 && found.contains(&self.state);
        let follows = |state: &AssetState| state.followed_by().contains(&self.state);
        if !settles && !found.iter().any(follows) {
            return Err(Illegality::AssetState { found });
        }
        let row = append(
            "states",
            [
                ("state", self.state.into()),
                ("date", self.date.into()),
                ("reason", self.reason.as_str().into()),
            ],
        );
        Ok(vec![set("state", self.state), row.and("document", self.document)])
    }
}
