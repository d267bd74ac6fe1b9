//! Reading a document back, strictly: it holds what this crate writes and nothing else.

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge, ChangeHash, ObjId, ObjType, ReadDoc, ScalarValue};
use soxa_ledger::ids::OpId;

use super::{DocumentError, Known, failed, strange};
use crate::value::{Row, Value};
use soxa_ledger::small::SmallMap;

fn from_scalar(value: &automerge::Value<'_>) -> Result<Value, DocumentError> {
    let automerge::Value::Scalar(scalar) = value else {
        return Err(strange("an object where a value belongs"));
    };
    match scalar.as_ref() {
        ScalarValue::Str(text) => Ok(Value::Text(text.to_string())),
        ScalarValue::Int(number) => Ok(Value::Int(*number)),
        ScalarValue::Boolean(yes) => Ok(Value::Bool(*yes)),
        ScalarValue::Bytes(bytes) => match bytes.as_slice().try_into() {
            Ok(id) => Ok(Value::Id(id)),
            Err(_) => Err(strange("an id of another length than 32 bytes")),
        },
        _ => Err(strange("a value of a type that is never written")),
    }
}

/// The changes of a document, which say by their actors which operations they are.
pub(super) fn changes_of(document: &Automerge) -> Result<BTreeMap<OpId, Known>, DocumentError> {
    let metas = document.get_changes_meta(&[]);
    let op = |actor: &ActorId| match actor.to_bytes().try_into() {
        Ok(id) => Ok(OpId(id)),
        Err(_) => Err(strange("an actor that is no operation")),
    };
    let mut by_hash = BTreeMap::new();
    for meta in &metas {
        by_hash.insert(meta.hash, op(&meta.actor)?);
    }
    let mut changes = BTreeMap::new();
    for meta in &metas {
        let parents: Option<Vec<OpId>> = meta.deps.iter().map(|hash| by_hash.get(hash).copied()).collect();
        let mut parents = parents.ok_or_else(|| strange("a change on an unknown one"))?;
        parents.sort_unstable();
        changes.insert(
            op(&meta.actor)?,
            Known {
                hash: meta.hash,
                time: meta.timestamp,
                parents,
            },
        );
    }
    Ok(changes)
}

/// Reads the document at some heads.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Automerge,
    pub(super) heads: &'a [ChangeHash],
}

impl Reader<'_> {
    pub(super) fn values(&self, object: &ObjId, key: &str) -> Result<SmallMap<OpId, Value>, DocumentError> {
        let all = self
            .document
            .get_all_at(object, key, self.heads)
            .map_err(failed("reading"))?;
        all.iter()
            .map(|(value, id)| {
                let writer = match id {
                    ObjId::Id(_, actor, _) => actor.to_bytes().try_into().ok(),
                    ObjId::Root => None,
                };
                let writer = writer
                    .map(OpId)
                    .ok_or_else(|| strange("a value that no operation wrote"))?;
                Ok((writer, from_scalar(value)?))
            })
            .collect()
    }

    pub(super) fn value(&self, object: &ObjId, key: &str) -> Result<Value, DocumentError> {
        match self
            .document
            .get_at(object, key, self.heads)
            .map_err(failed("reading"))?
        {
            Some((value, _)) => from_scalar(&value),
            None => Err(strange("a value is missing")),
        }
    }

    pub(super) fn object(&self, object: &ObjId, key: &str) -> Result<ObjId, DocumentError> {
        match self
            .document
            .get_at(object, key, self.heads)
            .map_err(failed("reading"))?
        {
            Some((automerge::Value::Object(ObjType::Map), id)) => Ok(id),
            _ => Err(strange("a map is missing")),
        }
    }

    pub(super) fn row(&self, rows: &ObjId, key: &str) -> Result<(String, Row), DocumentError> {
        let wrong = || strange("a row whose key is not an operation and a number");
        let (op, n) = key.split_once('/').ok_or_else(wrong)?;
        let (op, n) = (op.parse().map_err(|_| wrong())?, n.parse().map_err(|_| wrong())?);
        let object = self.object(rows, key)?;
        let Value::Text(list) = self.value(&object, "list")? else {
            return Err(strange("a row of no list"));
        };
        let object = self.object(&object, "values")?;
        let mut values = SmallMap::default();
        for name in self.document.keys_at(&object, self.heads) {
            values.insert(name.clone(), self.value(&object, &name)?);
        }
        Ok((list, Row { op, n, values }))
    }
}
