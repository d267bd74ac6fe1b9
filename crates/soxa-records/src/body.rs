//! How the parts of operation bodies are written and read: one accepted byte string for each value.

use soxa_ledger::Time;
use soxa_ledger::cbor::{CborError, Item, Reader, Writer};
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::{OpRef, RecordRef};

use crate::limits::{CODE_BYTES_MAX, DEPTH_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, UNITS_ABOVE_MAX, YEARS};
use crate::measure::{Date, LinkId, Quantity};

/// A body that is one CBOR array.
pub(crate) trait Body: Sized {
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self, CborError>;
}

/// Declares an enumeration of words: the same words in bodies, states and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            #[allow(dead_code, reason = "some words are never a body's own part")]
            pub(crate) fn read(r: &mut soxa_ledger::cbor::Reader<'_>) -> Result<Self, soxa_ledger::cbor::CborError> {
                r.text($field, 32)?.parse().map_err(|_| soxa_ledger::cbor::CborError::Value {
                    field: $field,
                    what: "none of the words that the format knows",
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::body::NotAWord;
            fn from_str(text: &str) -> Result<Self, $crate::body::NotAWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::body::NotAWord { field: $field }),
                }
            }
        }
    };
}
pub(crate) use words;

/// A text that is none of the words allowed in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: none of the words that are known")]
pub struct NotAWord {
    /// What the word was to say.
    pub field: &'static str,
}

/// A text that must not be empty.
pub(crate) fn name(r: &mut Reader<'_>, field: &'static str) -> Result<String, CborError> {
    required(r.text(field, NAME_BYTES_MAX)?, field)
}

pub(crate) fn code(r: &mut Reader<'_>, field: &'static str) -> Result<String, CborError> {
    required(r.text(field, CODE_BYTES_MAX)?, field)
}

/// A text that may be empty.
pub(crate) fn text(r: &mut Reader<'_>, field: &'static str) -> Result<String, CborError> {
    r.text(field, TEXT_BYTES_MAX).map(str::to_owned)
}

/// A reason: a text that must say something.
pub(crate) fn reason(r: &mut Reader<'_>, field: &'static str) -> Result<String, CborError> {
    required(r.text(field, TEXT_BYTES_MAX)?, field)
}

fn required(text: &str, field: &'static str) -> Result<String, CborError> {
    if text.trim().is_empty() {
        Err(CborError::Value {
            field,
            what: "an empty text",
        })
    } else {
        Ok(text.to_owned())
    }
}

pub(crate) fn date(r: &mut Reader<'_>, field: &'static str) -> Result<Date, CborError> {
    Date::from_number(r.uint(field)?).map_err(|_| CborError::Value {
        field,
        what: "no day of the calendar",
    })
}

pub(crate) fn year(r: &mut Reader<'_>, field: &'static str) -> Result<u16, CborError> {
    match u16::try_from(r.uint(field)?) {
        Ok(year) if YEARS.contains(&year) => Ok(year),
        _ => Err(CborError::Value {
            field,
            what: "a year that cannot be",
        }),
    }
}

pub(crate) fn time(r: &mut Reader<'_>, field: &'static str) -> Result<Time, CborError> {
    match r.uint(field)? {
        ms if i64::try_from(ms).is_ok() => Ok(Time(ms)),
        _ => Err(CborError::Value {
            field,
            what: "a moment beyond 63 bits",
        }),
    }
}

pub(crate) fn quantity(r: &mut Reader<'_>, field: &'static str) -> Result<Quantity, CborError> {
    match r.uint(field)? {
        thousandths if thousandths <= Quantity::MAX.thousandths => Ok(Quantity { thousandths }),
        _ => Err(CborError::Value {
            field,
            what: "an amount beyond 63 bits",
        }),
    }
}

/// A sum in đồng, never negative.
pub(crate) fn dong(r: &mut Reader<'_>, field: &'static str) -> Result<i64, CborError> {
    i64::try_from(r.uint(field)?).map_err(|_| CborError::Value {
        field,
        what: "a sum beyond 63 bits",
    })
}

pub(crate) fn record(r: &mut Reader<'_>, field: &'static str) -> Result<RecordId, CborError> {
    r.fixed(field).map(RecordId)
}

pub(crate) fn link(r: &mut Reader<'_>, field: &'static str) -> Result<LinkId, CborError> {
    r.fixed(field).map(LinkId)
}

pub(crate) fn small(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
    u32::try_from(r.uint(field)?).map_err(|_| CborError::Value {
        field,
        what: "a number beyond 32 bits",
    })
}

/// The number of a line, from 1.
pub(crate) fn line(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
    match small(r, field)? {
        0 => Err(CborError::Value {
            field,
            what: "lines are numbered from 1",
        }),
        line => Ok(line),
    }
}

/// The depth of a link that a handover makes: at least 1.
pub(crate) fn depth(r: &mut Reader<'_>, field: &'static str) -> Result<u32, CborError> {
    match small(r, field)? {
        depth if (1..=DEPTH_MAX).contains(&depth) => Ok(depth),
        _ => Err(CborError::Value {
            field,
            what: "a depth that no handover makes",
        }),
    }
}

pub(crate) fn path(
    r: &mut Reader<'_>,
    field: &'static str,
    limit: usize,
) -> Result<Vec<RecordId>, CborError> {
    debug_assert!(limit <= UNITS_ABOVE_MAX + 1);
    let path = r.list(field, limit, |r| record(r, field))?;
    let twice = path
        .iter()
        .enumerate()
        .any(|(i, unit)| path.iter().take(i).any(|other| other == unit));
    if twice {
        Err(CborError::Value {
            field,
            what: "a unit twice in one path",
        })
    } else {
        Ok(path)
    }
}

pub(crate) fn write_records(w: &mut Writer, records: &[RecordId]) {
    w.array(records.len());
    for record in records {
        w.bytes(&record.0);
    }
}

/// An operation of this or another commit: an index or 32 bytes.
pub(crate) fn write_op(w: &mut Writer, op: OpRef) {
    match op {
        OpRef::Id(id) => w.bytes(&id.0),
        OpRef::Here(index) => w.uint(index.into()),
    };
}

pub(crate) fn read_op(r: &mut Reader<'_>, field: &'static str) -> Result<OpRef, CborError> {
    if r.peek(field)? == Item::Uint {
        small(r, field).map(OpRef::Here)
    } else {
        r.fixed(field).map(|id| OpRef::Id(OpId(id)))
    }
}

/// An existing record, of this or another commit. [`RecordRef::New`] names none and is written as null, which no
/// reader accepts.
pub(crate) fn write_record(w: &mut Writer, record: RecordRef) {
    match record {
        RecordRef::New => w.null(),
        RecordRef::Id(id) => w.bytes(&id.0),
        RecordRef::Here(index) => w.uint(index.into()),
    };
}

pub(crate) fn read_record(r: &mut Reader<'_>, field: &'static str) -> Result<RecordRef, CborError> {
    if r.peek(field)? == Item::Uint {
        small(r, field).map(RecordRef::Here)
    } else {
        record(r, field).map(RecordRef::Id)
    }
}
