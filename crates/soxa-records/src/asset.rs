//! Public assets: registered with a unit, edited by their custodian, moved by handovers.
//!
//! One operation registers an asset with all that its card says, so that an inventory of 50,000 lines is as many operations. What
//! nearly every card has stands in its place; what few have stands behind it as in `asset.set`, and costs nothing where it is missing.

mod card;
pub mod category;
pub mod state;
pub mod wear;

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::RecordId;

use crate::asset::card::FURTHER;
pub use crate::asset::card::{AssetPaper, AssetPhoto, AssetSet, Class, Cost, Residual, Sources};
use crate::asset::state::{AssetState, AssetStateChange};
use crate::body::{Amount, CodeOrNone, Id, List, Name, Opt, Part, Text, Year, body};
use crate::custody::{Custody, CustodyView, first_link};
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::measure::{Date, Quantity};
use crate::state::CanonicalState;
use crate::typed::{RecordKind, operations};
use crate::value::{Change, Field, set};
use crate::verdict::Illegality;

operations! {
    /// What is done to assets.
    AssetOperation of "asset" {
        /// Creates the record.
        Register(AssetRegister) = "register",
        /// Writes a field.
        Set(AssetSet) = "set",
        /// The asset comes to another unit by an effective handover.
        Custody(Custody) = "custody",
        /// Its life goes on: put to use, left over, lost, written off.
        State(AssetStateChange) = "state",
        /// It counts as one of a category from a day on.
        Classify(Class) = "classify",
        /// A legal paper of it, perhaps with its scan.
        Paper(AssetPaper) = "paper",
        /// A photo of it.
        Photo(AssetPhoto) = "photo",
    }
}

body! {
    /// Body of `asset.register`: `[code, name, category, unit, quantity, measure, cost, residual or null, in use since
    /// year or null, condition, site, class or null, [[field, value]…]]`.
    AssetRegister = "asset.register" checked by AssetRegister::check {
        /// The inventory code.
        code: String => CodeOrNone,
        /// The name.
        name: String => Name,
        /// The category as people write it; kept as it was entered.
        category: String => Text,
        /// The unit that holds it.
        unit: RecordId => Id,
        /// How much.
        quantity: Quantity => Amount,
        /// Of what: pieces, square metres.
        measure: String => Text,
        /// The original cost.
        cost: Cost => Part,
        /// The residual value that the books state.
        residual: Option<Residual> => Opt<Part>,
        /// The year in which it was put to use.
        in_use_year: Option<u16> => Opt<Year>,
        /// Its condition.
        condition: String => Text,
        /// Where it is.
        site: String => Text,
        /// Its category in a published table.
        class: Option<Class> => Opt<Part>,
        /// What else its card says: each field once, ascending by name, and none that stands before.
        card: Vec<AssetSet> => List<Part, { FURTHER.len() }>,
    }
}

impl AssetOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        match self {
            Self::Register(register) => register.judge(scene),
            Self::State(change) => {
                expect_custodian(scene)?;
                Ok(change.changes(scene.past)?)
            }
            Self::Classify(class) => {
                expect_custodian(scene)?;
                Ok(class.changes(scene.past))
            }
            Self::Paper(paper) => {
                expect_custodian(scene)?;
                Ok(paper.changes(scene.past))
            }
            Self::Photo(photo) => {
                expect_custodian(scene)?;
                Ok(photo.changes(scene.past))
            }
            Self::Set(setting) => {
                scene.expect_refs(0)?;
                let custody = CustodyView::of(scene.past);
                let actor = scene.actor.unit();
                let tied = actor.is_some_and(|unit| custody.tied.contains(&unit));
                match setting {
                    AssetSet::Condition(_) | AssetSet::Site(_) if tied => {}
                    _ if tied => return Err(Illegality::ContestedField.into()),
                    _ if actor.is_some() && custody.custodian == actor => {}
                    _ => {
                        return Err(Illegality::NotCustodian {
                            custodian: custody.custodian,
                            actor,
                        }
                        .into());
                    }
                }
                Ok(setting.changes())
            }
            Self::Custody(custody) => custody.judge(scene, HandoverKind::Assets),
        }
    }
}

/// Who acts must be of the unit that holds the asset.
fn expect_custodian(scene: &Scene<'_>) -> Result<(), Stop> {
    scene.expect_refs(0)?;
    let (custodian, actor) = (CustodyView::of(scene.past).custodian, scene.actor.unit());
    match actor.is_some() && custodian == actor {
        true => Ok(()),
        false => Err(Illegality::NotCustodian { custodian, actor }.into()),
    }
}

impl AssetRegister {
    /// The registration of one piece of which no more is known.
    #[must_use]
    pub fn new(unit: RecordId, name: &str, cost: impl Into<Cost>) -> Self {
        Self {
            code: String::new(),
            name: name.to_owned(),
            category: String::new(),
            unit,
            quantity: Quantity::whole(1),
            measure: String::new(),
            cost: cost.into(),
            residual: None,
            in_use_year: None,
            condition: String::new(),
            site: String::new(),
            class: None,
            card: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), CborError> {
        let fields = self.card.iter().map(AssetSet::field);
        if fields.clone().is_sorted_by(|a, b| a < b) && fields.clone().all(|field| FURTHER.contains(&field)) {
            return Ok(());
        }
        Err(CborError::Value {
            field: "card",
            what: "a field twice, out of order, or one that stands before",
        })
    }

    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        scene.expect_at_or_above(&scene.cited_unit(self.unit)?)?;
        let mut changes = vec![
            set("code", self.code.as_str()),
            set("name", self.name.as_str()),
            set("category", self.category.as_str()),
            set("quantity", self.quantity),
            set("measure", self.measure.as_str()),
            set("condition", self.condition.as_str()),
            set("site", self.site.as_str()),
        ];
        match self.cost.sources() {
            Some(_) => changes.extend(self.cost.changes()),
            None => changes.push(set("cost", self.cost.total())),
        }
        if let Some(residual) = &self.residual {
            changes.push(set("residual", residual.dong));
            changes.extend(residual.on.map(|day| set("residual_on", day)));
        }
        changes.extend(self.in_use_year.map(|year| set("in_use_year", year)));
        changes.extend(self.card.iter().flat_map(AssetSet::changes));
        changes.extend(self.class.iter().flat_map(|class| class.changes(scene.past)));
        changes.push(first_link(scene.facts.record, self.unit));
        Ok(changes)
    }
}

/// An asset as its record's state shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetView {
    /// The inventory code.
    pub code: Field<String>,
    /// The name.
    pub name: Field<String>,
    /// The category as people wrote it.
    pub category: Field<String>,
    /// Its categories in published tables, by regime and day, in causal order.
    pub classes: Vec<Class>,
    /// How much.
    pub quantity: Field<Quantity>,
    /// Of what.
    pub measure: Field<String>,
    /// The original cost in đồng.
    pub cost: Field<i64>,
    /// What of it came from the budget, in đồng.
    pub cost_budget: Field<i64>,
    /// What of it came from other sources, in đồng.
    pub cost_other: Field<i64>,
    /// The residual value in đồng, as the books state it.
    pub residual: Field<i64>,
    /// The day of those books.
    pub residual_on: Field<Date>,
    /// The year in which it was put to use.
    pub in_use_year: Field<u16>,
    /// Its condition.
    pub condition: Field<String>,
    /// Where it is.
    pub site: Field<String>,
    /// A remark.
    pub remark: Field<String>,
    /// Who made it, and where.
    pub maker: Field<String>,
    /// The serial number.
    pub serial: Field<String>,
    /// The day on which it was bought.
    pub purchased: Field<Date>,
    /// The area of the land in square metres.
    pub land_area: Field<Quantity>,
    /// The area of the floors in square metres.
    pub floor_area: Field<Quantity>,
    /// Who in the unit uses it.
    pub department: Field<String>,
    /// Its legal papers, in causal order.
    pub papers: Vec<AssetPaper>,
    /// Its photos, in causal order.
    pub photos: Vec<AssetPhoto>,
    /// SHA-256 of the minutes and decisions of its states, in causal order.
    pub documents: Vec<[u8; 32]>,
    /// Where it is in its life: several states when officials changed it without knowing of each other.
    pub states: Vec<AssetState>,
    /// From which day it is in the books no more, when it is not.
    pub left_books: Option<Date>,
    /// Who holds it.
    pub custody: CustodyView,
}

impl AssetView {
    /// The asset of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        let states = AssetState::of(state);
        let left = states.iter().all(|state| state.is_off_books());
        let written = state.list("states").iter().rev();
        let mut leaving = written.filter(|row| {
            row.get::<AssetState>("state")
                .is_some_and(|state| state.is_off_books())
        });
        (state.kind == Some(RecordKind::Asset)).then(|| Self {
            left_books: leaving.find_map(|row| row.get("date")).filter(|_| left),
            states,
            code: state.field("code"),
            name: state.field("name"),
            category: state.field("category"),
            classes: Class::of(state),
            quantity: state.field("quantity"),
            measure: state.field("measure"),
            cost: state.field("cost"),
            cost_budget: state.field("cost_budget"),
            cost_other: state.field("cost_other"),
            residual: state.field("residual"),
            residual_on: state.field("residual_on"),
            in_use_year: state.field("in_use_year"),
            condition: state.field("condition"),
            site: state.field("site"),
            remark: state.field("remark"),
            maker: state.field("maker"),
            serial: state.field("serial"),
            purchased: state.field("purchased"),
            land_area: state.field("land_area"),
            floor_area: state.field("floor_area"),
            department: state.field("department"),
            papers: AssetPaper::of(state),
            photos: AssetPhoto::of(state),
            documents: state
                .list("states")
                .iter()
                .filter_map(|row| row.get("document"))
                .collect(),
            custody: CustodyView::of(state),
        })
    }

    /// Whether it is in the books of whoever holds it, at least for one of the officials who disagree.
    #[must_use]
    pub fn is_in_books(&self) -> bool {
        !self.states.iter().all(|state| state.is_off_books())
    }

    /// Whether it was in the books on a day.
    #[must_use]
    pub fn was_in_books(&self, day: Date) -> bool {
        self.is_in_books() || self.left_books.is_some_and(|left| day < left)
    }
}
