//! Public assets: registered with a unit, edited by their custodian, moved by handovers.

use soxa_ledger::cbor::{CborError, Reader, Writer};
use soxa_ledger::ids::RecordId;

use crate::asset_state::{AssetState, AssetStateChange};
use crate::body::{Amount, Body, CodeOrNone, Dong, Form, Id, Name, Opt, Text, Year, body};
use crate::custody::{Custody, CustodyView, first_link};
use crate::handover::HandoverKind;
use crate::legality::{Scene, Stop};
use crate::measure::Quantity;
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
    }
}

body! {
    /// Body of `asset.register`: `[code, name, category, unit, quantity, measure, cost, residual or null, in use since
    /// year or null, condition, site]`.
    AssetRegister = "asset.register" {
        /// The inventory code.
        code: String => CodeOrNone,
        /// The name.
        name: String => Name,
        /// The category.
        category: String => Text,
        /// The unit that holds it.
        unit: RecordId => Id,
        /// How much.
        quantity: Quantity => Amount,
        /// Of what: pieces, square metres.
        measure: String => Text,
        /// The original cost in đồng.
        cost: i64 => Dong,
        /// The residual value in đồng.
        residual: Option<i64> => Opt<Dong>,
        /// The year in which it was put to use.
        in_use_year: Option<u16> => Opt<Year>,
        /// Its condition.
        condition: String => Text,
        /// Where it is.
        site: String => Text,
    }
}

/// Body of `asset.set`: `[field, value]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetSet {
    /// The condition.
    Condition(String),
    /// The site.
    Site(String),
    /// The quantity.
    Quantity(Quantity),
    /// The name.
    Name(String),
    /// The code; empty when there is none any more.
    Code(String),
    /// The residual value in đồng.
    Residual(i64),
    /// A remark; empty when there is none any more.
    Remark(String),
}

impl AssetSet {
    /// The field's name.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Condition(_) => "condition",
            Self::Site(_) => "site",
            Self::Quantity(_) => "quantity",
            Self::Name(_) => "name",
            Self::Code(_) => "code",
            Self::Residual(_) => "residual",
            Self::Remark(_) => "remark",
        }
    }

    fn change(&self) -> Change {
        match self {
            Self::Condition(text)
            | Self::Site(text)
            | Self::Name(text)
            | Self::Code(text)
            | Self::Remark(text) => set(self.field(), text.as_str()),
            Self::Quantity(quantity) => set(self.field(), *quantity),
            Self::Residual(dong) => set(self.field(), *dong),
        }
    }
}

impl Body for AssetSet {
    fn write(&self, w: &mut Writer) {
        w.array(2).text(self.field());
        match self {
            Self::Condition(text)
            | Self::Site(text)
            | Self::Name(text)
            | Self::Code(text)
            | Self::Remark(text) => w.text(text),
            Self::Quantity(quantity) => w.uint(quantity.thousandths),
            Self::Residual(dong) => w.int(*dong),
        };
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("asset.set", 2)?;
        Ok(match r.text("asset field", 16)? {
            "condition" => Self::Condition(Text::read(r, "condition")?),
            "site" => Self::Site(Text::read(r, "site")?),
            "quantity" => Self::Quantity(Amount::read(r, "quantity")?),
            "name" => Self::Name(Name::read(r, "asset name")?),
            "code" => Self::Code(CodeOrNone::read(r, "asset code")?),
            "residual" => Self::Residual(Dong::read(r, "residual value")?),
            "remark" => Self::Remark(Text::read(r, "remark")?),
            _ => {
                return Err(CborError::Value {
                    field: "asset field",
                    what: "no field of an asset",
                });
            }
        })
    }
}

impl AssetOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        match self {
            Self::Register(register) => register.judge(scene),
            Self::State(change) => {
                scene.expect_refs(0)?;
                let (custodian, actor) = (CustodyView::of(scene.past).custodian, scene.actor.unit());
                if actor.is_none() || custodian != actor {
                    return Err(Illegality::NotCustodian { custodian, actor }.into());
                }
                Ok(change.changes(scene.past)?)
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
                Ok(vec![setting.change()])
            }
            Self::Custody(custody) => custody.judge(scene, HandoverKind::Assets),
        }
    }
}

impl AssetRegister {
    fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        scene.expect_refs(1)?;
        scene.expect_at_or_above(&scene.cited_unit(self.unit)?)?;
        let mut changes = vec![
            set("code", self.code.as_str()),
            set("name", self.name.as_str()),
            set("category", self.category.as_str()),
            set("quantity", self.quantity),
            set("measure", self.measure.as_str()),
            set("cost", self.cost),
            set("condition", self.condition.as_str()),
            set("site", self.site.as_str()),
        ];
        changes.extend(self.residual.map(|dong| set("residual", dong)));
        changes.extend(self.in_use_year.map(|year| set("in_use_year", year)));
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
    /// The category.
    pub category: Field<String>,
    /// How much.
    pub quantity: Field<Quantity>,
    /// Of what.
    pub measure: Field<String>,
    /// The original cost in đồng.
    pub cost: Field<i64>,
    /// The residual value in đồng.
    pub residual: Field<i64>,
    /// The year in which it was put to use.
    pub in_use_year: Field<u16>,
    /// Its condition.
    pub condition: Field<String>,
    /// Where it is.
    pub site: Field<String>,
    /// A remark.
    pub remark: Field<String>,
    /// Where it is in its life: several states when officials changed it without knowing of each other.
    pub states: Vec<AssetState>,
    /// Who holds it.
    pub custody: CustodyView,
}

impl AssetView {
    /// The asset of a state; none when the record is another thing or does not exist.
    #[must_use]
    pub fn of(state: &CanonicalState) -> Option<Self> {
        (state.kind == Some(RecordKind::Asset)).then(|| Self {
            code: state.field("code"),
            name: state.field("name"),
            category: state.field("category"),
            quantity: state.field("quantity"),
            measure: state.field("measure"),
            cost: state.field("cost"),
            residual: state.field("residual"),
            in_use_year: state.field("in_use_year"),
            condition: state.field("condition"),
            site: state.field("site"),
            remark: state.field("remark"),
            states: AssetState::of(state),
            custody: CustodyView::of(state),
        })
    }
}
