//! The book side of an inventory: what the ledger said of each asset on the day of the books.

use soxa_ledger::cbor::{CborError, Item, Reader, Writer};
use soxa_ledger::ids::{OpId, RecordId};

use crate::asset::AssetView;
use crate::asset::state::AssetState;
use crate::body::{Amount, Body, CodeOrNone, Dong, Form, Id, Line, Name, Opt, Small, Text, Word, body};
use crate::compose::{all_of, first_of};
use crate::custody::CustodyView;
use crate::handover::LineTotals;
use crate::inventory::{FoundAt, SettledOf};
use crate::limits::DEPTH_MAX;
use crate::measure::{LinkId, Quantity};
use crate::state::CanonicalState;
use crate::value::{Change, Row, append};

body! {
    /// A line of the book: `[asset, link, depth, code, name, quantity, measure, condition, state, site, cost, residual or null]`.
    BookLine = "book line" checked by BookLine::check {
        /// The asset.
        asset: RecordId => Id,
        /// The custody link by which the unit holds it.
        link: LinkId => Id,
        /// How many links lie below that one: 0 for the registration.
        depth: u32 => Small,
        /// The code.
        code: String => CodeOrNone,
        /// The name.
        name: String => Name,
        /// How much.
        quantity: Quantity => Amount,
        /// Of what.
        measure: String => Text,
        /// The condition.
        condition: String => Text,
        /// Where it is in its life.
        state: AssetState => Word,
        /// Where it is.
        site: String => Text,
        /// The cost in đồng.
        cost: i64 => Dong,
        /// The residual value in đồng, where there is one.
        residual: Option<i64> => Opt<Dong>,
    }
}

impl BookLine {
    fn check(&self) -> Result<(), CborError> {
        match self.depth > DEPTH_MAX {
            true => Err(CborError::Value {
                field: "depth",
                what: "a depth that no handover makes",
            }),
            false => Ok(()),
        }
    }

    /// The line of an asset as its state shows it, and the operation that the opening cites for it. Of a field with several
    /// values all texts are named, and the first number. None when nobody is custodian or the record is another thing.
    #[must_use]
    pub fn of(asset: RecordId, state: &CanonicalState) -> Option<(Self, OpId)> {
        let view = AssetView::of(state)?;
        let custody = CustodyView::of(state);
        let link = custody.current_link()?;
        let line = Self {
            asset,
            link: link.link,
            depth: link.depth,
            code: view
                .code
                .values
                .first()
                .map(|code| code.value.clone())
                .unwrap_or_default(),
            name: all_of(&view.name),
            quantity: first_of(&view.quantity).unwrap_or(Quantity::whole(1)),
            measure: all_of(&view.measure),
            condition: all_of(&view.condition),
            state: view.states.first().copied().unwrap_or(AssetState::Declared),
            site: all_of(&view.site),
            cost: first_of(&view.cost).unwrap_or(0),
            residual: first_of(&view.residual),
        };
        Some((line, *link.ops.first()?))
    }

    /// The line at this quantity: its cost and residual value in proportion, rounded half up. A book of quantity 0 has its values
    /// whole.
    #[must_use]
    pub fn figures(&self, quantity: Quantity) -> LineTotals {
        let share = |dong: i64| match self.quantity.thousandths {
            0 => dong,
            whole => {
                let (whole, part) = (i128::from(whole), i128::from(quantity.thousandths));
                let rounded = (i128::from(dong) * part * 2 + whole) / (whole * 2);
                i64::try_from(rounded).unwrap_or(i64::MAX)
            }
        };
        LineTotals {
            lines: 1,
            quantity,
            cost: share(self.cost),
            residual: share(self.residual.unwrap_or(0)),
        }
    }

    pub(crate) fn row(&self, number: u32) -> Change {
        append(
            "lines",
            [
                ("line", number.into()),
                ("asset", self.asset.into()),
                ("link", self.link.into()),
                ("depth", self.depth.into()),
                ("code", self.code.as_str().into()),
                ("name", self.name.as_str().into()),
                ("quantity", self.quantity.into()),
                ("measure", self.measure.as_str().into()),
                ("condition", self.condition.as_str().into()),
                ("state", self.state.into()),
                ("site", self.site.as_str().into()),
                ("cost", self.cost.into()),
            ],
        )
        .and("residual", self.residual)
    }

    pub(crate) fn of_row(row: &Row) -> Option<Self> {
        Some(Self {
            asset: row.get("asset")?,
            link: row.get("link")?,
            depth: row.get("depth")?,
            code: row.text("code"),
            name: row.text("name"),
            quantity: row.get("quantity")?,
            measure: row.text("measure"),
            condition: row.text("condition"),
            state: row.get("state")?,
            site: row.text("site"),
            cost: row.get("cost")?,
            residual: row.get("residual"),
        })
    }
}

impl Body for SettledOf {
    fn write(&self, w: &mut Writer) {
        match self {
            Self::Line(line) => Line::write(w, line),
            Self::Found(thing) => thing.write(w),
        }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        Ok(match r.peek("settled")? {
            Item::Uint => Self::Line(Line::read(r, "settled line")?),
            _ => Self::Found(FoundAt::read(r)?),
        })
    }
}
