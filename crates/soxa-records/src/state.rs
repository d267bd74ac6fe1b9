//! The canonical state of a record: what "byte-identical" means. A pure function of the record's valid operations.

mod reading;

use std::collections::BTreeMap;
use std::fmt;

use soxa_ledger::cbor::Writer;
use soxa_ledger::ids::{OpId, sha256};

use crate::typed::RecordKind;
use crate::value::{Change, Field, FromValue, Row, Value, Written};
use soxa_ledger::small::SmallMap;

/// The version of [`CanonicalState::encode`].
pub const STATE_VERSION: u64 = 1;

/// A record's state: every field with every concurrent value and who wrote it, every list in causal order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CanonicalState {
    /// What the record is; none when it does not exist (its creation is void, pending or unknown).
    pub kind: Option<RecordKind>,
    /// The values of each field, by the operation that wrote them.
    pub fields: BTreeMap<String, SmallMap<OpId, Value>>,
    /// The rows of each list, in causal order, ties by operation id.
    pub lists: BTreeMap<String, Vec<Row>>,
}

/// SHA-256 of a canonical state, with a domain prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateHash(pub [u8; 32]);

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateHash(")?;
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

impl CanonicalState {
    /// Deterministic CBOR: `[1, kind or null, [[field, [[operation, value]…]]…], [[list, [[operation, n, [[name,
    /// value]…]]…]]…]]`. Maps are arrays of pairs in ascending order of their keys (bytes of UTF-8), so the format
    /// needs no CBOR maps; a value is a text, an integer, a boolean or 32 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w, |w, op| {
            w.bytes(&op.0);
        });
        w.into_bytes()
    }

    /// Writes the state, with operations as the caller names them.
    pub(crate) fn write(&self, w: &mut Writer, name: impl Fn(&mut Writer, &OpId)) {
        w.array(4).uint(STATE_VERSION).option(self.kind, |w, kind| {
            w.text(kind.as_str());
        });
        w.array(self.fields.len());
        for (field, values) in &self.fields {
            w.array(2).text(field).array(values.len());
            for (op, value) in values {
                name(w.array(2), op);
                write_value(w, value);
            }
        }
        w.array(self.lists.len());
        for (list, rows) in &self.lists {
            w.array(2).text(list).array(rows.len());
            for row in rows {
                name(w.array(3), &row.op);
                w.uint(row.n.into()).array(row.values.len());
                for (name, value) in &row.values {
                    write_value(w.array(2).text(name), value);
                }
            }
        }
    }

    /// The operations that wrote what stands in the state, ascending.
    pub(crate) fn writers(&self) -> Vec<OpId> {
        let fields = self.fields.values().flat_map(SmallMap::keys).copied();
        let rows = self.lists.values().flatten().map(|row| row.op);
        let mut writers: Vec<OpId> = fields.chain(rows).collect();
        writers.sort_unstable();
        writers.dedup();
        writers
    }

    /// SHA-256 of `soxa/state/1`, a zero byte and the encoding.
    #[must_use]
    pub fn hash(&self) -> StateHash {
        StateHash(sha256(&[b"soxa/state/1\0", self.encode().as_slice()].concat()))
    }

    /// The fields in which different values stand beside each other, with the operations that wrote them.
    #[must_use]
    pub fn conflicts(&self) -> BTreeMap<String, Vec<(OpId, Value)>> {
        self.fields
            .iter()
            .filter(|(_, values)| {
                let mut distinct = values.values();
                let first = distinct.next();
                distinct.any(|other| Some(other) != first)
            })
            .map(|(field, values)| {
                (
                    field.clone(),
                    values.iter().map(|(op, v)| (*op, v.clone())).collect(),
                )
            })
            .collect()
    }

    /// Applies an operation's changes. `replaces` says which operations lie in its causal past.
    pub(crate) fn apply(&mut self, op: OpId, changes: &[Change], replaces: impl Fn(&OpId) -> bool) {
        let mut n = 0;
        for change in changes {
            match change {
                Change::Set { field, value } => {
                    let values = entry(&mut self.fields, field);
                    values.retain(|writer, _| !replaces(writer));
                    values.insert(op, value.clone());
                }
                Change::Append { list, row } => {
                    let values = row
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), value.clone()))
                        .collect();
                    entry(&mut self.lists, list).push(Row { op, n, values });
                    n += 1;
                }
            }
        }
    }

    pub(crate) fn field<T: FromValue>(&self, name: &str) -> Field<T> {
        let values = self.fields.get(name).into_iter().flatten();
        Field {
            values: values
                .filter_map(|(op, value)| {
                    Some(Written {
                        op: *op,
                        value: T::from_value(value)?,
                    })
                })
                .collect(),
        }
    }

    pub(crate) fn list(&self, name: &str) -> &[Row] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }
}

fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, name: &str) -> &'a mut T {
    map.entry(name.to_owned()).or_default()
}

impl Row {
    pub(crate) fn get<T: FromValue>(&self, name: &str) -> Option<T> {
        T::from_value(self.values.get(name)?)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }
}

fn write_value(w: &mut Writer, value: &Value) {
    match value {
        Value::Text(text) => w.text(text),
        Value::Int(number) => w.int(*number),
        Value::Bool(yes) => w.bool(*yes),
        Value::Id(id) => w.bytes(id),
    };
}
