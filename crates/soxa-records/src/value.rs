//! What operations write: registers that keep every concurrent value, and rows of lists.

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::small::SmallMap;

use crate::measure::{Date, LinkId, Quantity};
use crate::state::CanonicalState;

/// One value of a record's state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number: counts, sums in đồng, thousandths, days as `yyyymmdd`, moments in milliseconds.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A record, an operation, a link or a key.
    Id([u8; 32]),
}

/// What one legal operation does to its record's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a field. It replaces the values that the operation has in its causal past; concurrent ones are kept.
    Set {
        /// The field.
        field: &'static str,
        /// Its value.
        value: Value,
    },
    /// Adds a row to a list.
    Append {
        /// The list.
        list: &'static str,
        /// The row's values by name.
        row: SmallMap<&'static str, Value>,
    },
}

/// A row of a list in a record's state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The operation that added it.
    pub op: OpId,
    /// Its number among the rows that the operation added, to any list, from 0.
    pub n: u32,
    /// Its values by name.
    pub values: SmallMap<String, Value>,
}

/// One value of a field and the operation that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// The operation; its author is who says so.
    pub op: OpId,
    /// The value.
    pub value: T,
}

/// All values of a field that stand beside each other, in the order of their operations' ids; none when nobody
/// wrote it. There is never a silent winner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    /// The values.
    pub values: Vec<Written<T>>,
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T: PartialEq> Field<T> {
    /// The value, when there is one and all who wrote concurrently agree.
    #[must_use]
    pub fn one(&self) -> Option<&T> {
        let (first, rest) = self.values.split_first()?;
        rest.iter()
            .all(|other| other.value == first.value)
            .then_some(&first.value)
    }

    /// Whether different values stand beside each other.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        !self.values.is_empty() && self.one().is_none()
    }

    /// Whether nobody wrote it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The different values, without the operations.
    #[must_use]
    pub fn distinct(&self) -> Vec<&T> {
        let mut distinct: Vec<&T> = Vec::new();
        for written in &self.values {
            if !distinct.contains(&&written.value) {
                distinct.push(&written.value);
            }
        }
        distinct
    }
}

/// A type that a [`Value`] of a state stands for.
pub(crate) trait FromValue: Sized {
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

macro_rules! from_int {
    ($($t:ty),+) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Option<Self> {
                i64::from_value(value)?.try_into().ok()
            }
        }
    )+};
}
from_int!(u16, u32, u64);

impl FromValue for [u8; 32] {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Id(id) => Some(*id),
            _ => None,
        }
    }
}

impl FromValue for Date {
    fn from_value(value: &Value) -> Option<Self> {
        Self::from_number(u64::from_value(value)?).ok()
    }
}

impl FromValue for Quantity {
    fn from_value(value: &Value) -> Option<Self> {
        Some(Self {
            thousandths: u64::from_value(value)?,
        })
    }
}

impl FromValue for soxa_ledger::Time {
    fn from_value(value: &Value) -> Option<Self> {
        u64::from_value(value).map(Self)
    }
}

macro_rules! from_id {
    ($($t:ident),+) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Id(id) => Some($t(*id)),
                    _ => None,
                }
            }
        }

        impl From<$t> for Value {
            fn from(id: $t) -> Self {
                Self::Id(id.0)
            }
        }
    )+};
}
use soxa_ledger::ids::PublicKey;
from_id!(RecordId, OpId, LinkId, PublicKey);

/// Makes the enumerations of words values of states.
macro_rules! word_values {
    ($($t:ty),+ $(,)?) => {$(
        impl $crate::value::FromValue for $t {
            fn from_value(value: &$crate::value::Value) -> Option<Self> {
                match value {
                    $crate::value::Value::Text(word) => word.parse().ok(),
                    _ => None,
                }
            }
        }

        impl From<$t> for $crate::value::Value {
            fn from(word: $t) -> Self {
                Self::Text(word.as_str().to_owned())
            }
        }
    )+};
}
pub(crate) use word_values;

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl From<[u8; 32]> for Value {
    fn from(id: [u8; 32]) -> Self {
        Self::Id(id)
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Int(date.number().into())
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Self::Int(i64::try_from(quantity.thousandths).unwrap_or(i64::MAX))
    }
}

impl From<soxa_ledger::Time> for Value {
    fn from(time: soxa_ledger::Time) -> Self {
        Self::Int(crate::measure::time_value(time))
    }
}

pub(crate) fn set(field: &'static str, value: impl Into<Value>) -> Change {
    Change::Set {
        field,
        value: value.into(),
    }
}

pub(crate) fn append<const N: usize>(list: &'static str, row: [(&'static str, Value); N]) -> Change {
    Change::Append {
        list,
        row: row.into(),
    }
}

impl Change {
    /// The row with one more value, when there is one.
    pub(crate) fn and(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let (Self::Append { row, .. }, Some(value)) = (&mut self, value) {
            row.insert(name, value.into());
        }
        self
    }
}

/// The list that names the operations whose rows count no longer.
const REPLACED: &str = "replaced";

/// Takes the place of the rows of a list that count in the past and speak of the same thing. Of two officials who do so
/// without knowing of each other both rows count afterwards, until a third one takes the place of both.
pub(crate) fn replace(
    past: &CanonicalState,
    list: &str,
    same: impl Fn(&Row) -> bool,
) -> impl Iterator<Item = Change> {
    let rows: Vec<OpId> = counting(past, list)
        .filter(|row| same(row))
        .map(|row| row.op)
        .collect();
    rows.into_iter().map(|op| append(REPLACED, [("row", op.into())]))
}

/// The rows of a list that nothing has taken the place of.
pub(crate) fn counting<'a>(state: &'a CanonicalState, list: &str) -> impl Iterator<Item = &'a Row> {
    let replaced: Vec<OpId> = state
        .list(REPLACED)
        .iter()
        .filter_map(|row| row.get("row"))
        .collect();
    state
        .list(list)
        .iter()
        .filter(move |row| !replaced.contains(&row.op))
}
