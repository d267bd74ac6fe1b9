//! Canonical states read back: the inverse of [`CanonicalState::encode`], for programs that are shown a state.

use soxa_ledger::OpId;
use soxa_ledger::cbor::{CborError, Item, Reader, expect_canonical};

use crate::state::{CanonicalState, STATE_VERSION};
use crate::typed::RecordKind;
use crate::value::{Row, Value};

/// Bytes of a name in a state: those of fields, lists and row members are the program's own words.
const NAME_BYTES_MAX: usize = 64;
/// Bytes of one text in a state.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Entries of one list in a state; far more than any record gathers.
const ENTRIES_MAX: usize = 1 << 20;

impl CanonicalState {
    /// Decodes what [`CanonicalState::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are not the encoding of a state.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let state = Self::read(&mut Reader::new(bytes), |r| r.fixed("operation").map(OpId))?;
        expect_canonical("state", bytes, &state.encode())?;
        Ok(state)
    }

    /// Reads a state in which operations are named as the caller knows.
    pub(crate) fn read(
        r: &mut Reader<'_>,
        op: impl Fn(&mut Reader<'_>) -> Result<OpId, CborError>,
    ) -> Result<Self, CborError> {
        r.tuple("state", 4)?;
        r.version("state version", STATE_VERSION)?;
        let kind = r.option("kind", |r| {
            let unknown = |_| CborError::Value {
                field: "kind",
                what: "no kind of record",
            };
            r.text("kind", NAME_BYTES_MAX)?
                .parse::<RecordKind>()
                .map_err(unknown)
        })?;
        let fields = r.list("fields", ENTRIES_MAX, |r| {
            r.tuple("field", 2)?;
            let name = r.text("field name", NAME_BYTES_MAX)?.to_owned();
            let values = r.list("values", ENTRIES_MAX, |r| {
                r.tuple("written value", 2)?;
                Ok((op(r)?, value(r)?))
            })?;
            Ok((name, values.into_iter().collect()))
        })?;
        let lists = r.list("lists", ENTRIES_MAX, |r| {
            r.tuple("list", 2)?;
            let name = r.text("list name", NAME_BYTES_MAX)?.to_owned();
            Ok((name, r.list("rows", ENTRIES_MAX, |r| row(r, &op))?))
        })?;
        Ok(Self {
            kind,
            fields: fields.into_iter().collect(),
            lists: lists.into_iter().collect(),
        })
    }
}

fn row(
    r: &mut Reader<'_>,
    op: impl Fn(&mut Reader<'_>) -> Result<OpId, CborError>,
) -> Result<Row, CborError> {
    r.tuple("row", 3)?;
    let op = op(r)?;
    let n = u32::try_from(r.uint("row number")?).map_err(|_| CborError::Value {
        field: "row number",
        what: "beyond 32 bits",
    })?;
    let values = r.list("row values", ENTRIES_MAX, |r| {
        r.tuple("row value", 2)?;
        Ok((r.text("row value's name", NAME_BYTES_MAX)?.to_owned(), value(r)?))
    })?;
    Ok(Row {
        op,
        n,
        values: values.into_iter().collect(),
    })
}

fn value(r: &mut Reader<'_>) -> Result<Value, CborError> {
    const FIELD: &str = "value";
    Ok(match r.peek(FIELD)? {
        Item::Text => Value::Text(r.text(FIELD, TEXT_BYTES_MAX)?.to_owned()),
        Item::Bytes => Value::Id(r.fixed(FIELD)?),
        Item::Bool => Value::Bool(r.bool(FIELD)?),
        _ => Value::Int(r.int(FIELD)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> CanonicalState {
        let op = OpId([7; 32]);
        let values = [
            ("unit".to_owned(), Value::Id([9; 32])),
            ("held".to_owned(), Value::Bool(true)),
        ];
        CanonicalState {
            kind: Some(RecordKind::Asset),
            fields: [
                (
                    "cost".to_owned(),
                    [(op, Value::Int(-5)), (OpId([8; 32]), Value::Int(5))].into(),
                ),
                (
                    "name".to_owned(),
                    [(op, Value::Text("Nhà văn hoá".to_owned()))].into(),
                ),
            ]
            .into(),
            lists: [(
                "links".to_owned(),
                vec![Row {
                    op,
                    n: 3,
                    values: values.into(),
                }],
            )]
            .into(),
        }
    }

    #[test]
    fn states_come_back_as_they_were_sent() {
        for state in [state(), CanonicalState::default()] {
            assert_eq!(CanonicalState::decode(&state.encode()), Ok(state));
        }
    }

    #[test]
    fn garbage_is_refused() {
        let whole = state().encode();
        for cut in 0..whole.len() {
            assert!(CanonicalState::decode(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(CanonicalState::decode(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    }
}
