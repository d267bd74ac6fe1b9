//! Deterministic CBOR (RFC 8949, section 4.2.1) without floats, tags, maps and indefinite lengths.
//!
//! Reading is strict in form but not in shortest encoding; whoever decodes a structure encodes it again and
//! compares ([`expect_canonical`]), so that one value has exactly one accepted byte string. Nothing is
//! allocated from a length that a stranger claims: byte strings and texts are slices of the input, and arrays
//! are bounded by the caller before anything is reserved.

use minicbor::decode::Decoder;
use minicbor::encode::Encoder;

/// What is wrong with some bytes that should be a structure of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes are no CBOR, are cut short, or hold another type than the format asks for here.
    #[error("{field}: {what}")]
    Form {
        /// The field being read.
        field: &'static str,
        /// What was found wrong.
        what: String,
    },
    /// A count or length beyond its limit.
    #[error("{field}: {found} exceeds the limit of {limit}")]
    Limit {
        /// The field being read.
        field: &'static str,
        /// The claimed count or length.
        found: u64,
        /// The limit.
        limit: usize,
    },
    /// A value that the format does not allow here.
    #[error("{field}: {what}")]
    Value {
        /// The field being read.
        field: &'static str,
        /// Why the value is refused.
        what: &'static str,
    },
    /// A version of the format that this program does not know.
    #[error("{field}: format version {found} is newer than this program, which knows {known}")]
    Version {
        /// The structure.
        field: &'static str,
        /// The version found.
        found: u64,
        /// The newest version known.
        known: u64,
    },
    /// Bytes after the structure, or an encoding that is not the deterministic one.
    #[error("{field}: not the deterministic encoding")]
    NotCanonical {
        /// The structure.
        field: &'static str,
    },
}

/// Writes deterministic CBOR.
pub struct Writer {
    encoder: Encoder<Vec<u8>>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

/// Writing to memory has no way to fail; this keeps the calls free of results that mean nothing.
fn infallible<T, E: std::fmt::Debug>(result: Result<T, E>) {
    debug_assert!(result.is_ok());
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            encoder: Encoder::new(Vec::with_capacity(256)),
        }
    }

    /// The bytes written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.encoder.into_writer()
    }

    /// Starts an array of exactly `len` items.
    pub fn array(&mut self, len: usize) -> &mut Self {
        infallible(self.encoder.array(len as u64).map(|_| ()));
        self
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        infallible(self.encoder.u64(value).map(|_| ()));
        self
    }

    /// A signed integer.
    pub fn int(&mut self, value: i64) -> &mut Self {
        infallible(self.encoder.i64(value).map(|_| ()));
        self
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        infallible(self.encoder.bool(value).map(|_| ()));
        self
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        infallible(self.encoder.bytes(value).map(|_| ()));
        self
    }

    /// A text string.
    pub fn text(&mut self, value: &str) -> &mut Self {
        infallible(self.encoder.str(value).map(|_| ()));
        self
    }

    /// Null.
    pub fn null(&mut self) -> &mut Self {
        infallible(self.encoder.null().map(|_| ()));
        self
    }

    /// A value or null.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => {
                self.null();
            }
        }
        self
    }
}

/// What kind of item comes next; see [`Reader::peek`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// An unsigned integer.
    Uint,
    /// A negative integer.
    Negative,
    /// A byte string.
    Bytes,
    /// A text string.
    Text,
    /// An array.
    Array,
    /// A boolean.
    Bool,
    /// Null.
    Null,
}

/// Reads CBOR from a slice.
pub struct Reader<'a> {
    decoder: Decoder<'a>,
}

impl<'a> Reader<'a> {
    /// A reader at the start of the bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            decoder: Decoder::new(bytes),
        }
    }

    fn form<T>(field: &'static str, result: Result<T, minicbor::decode::Error>) -> Result<T, CborError> {
        result.map_err(|error| CborError::Form {
            field,
            what: error.to_string(),
        })
    }

    /// The kind of the next item.
    ///
    /// # Errors
    /// When the input ends or the item is of a kind that the format never uses.
    pub fn peek(&self, field: &'static str) -> Result<Item, CborError> {
        use minicbor::data::Type;
        Ok(match Self::form(field, self.decoder.datatype())? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Item::Uint,
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => Item::Negative,
            Type::Bytes => Item::Bytes,
            Type::String => Item::Text,
            Type::Array => Item::Array,
            Type::Bool => Item::Bool,
            Type::Null => Item::Null,
            _ => {
                return Err(CborError::Value {
                    field,
                    what: "an item of a kind that the format never uses",
                });
            }
        })
    }

    /// The length of an array of at most `limit` items.
    ///
    /// # Errors
    /// When the next item is no definite array or is longer than the limit.
    pub fn array(&mut self, field: &'static str, limit: usize) -> Result<usize, CborError> {
        let len = Self::form(field, self.decoder.array())?.ok_or(CborError::Value {
            field,
            what: "an array of indefinite length",
        })?;
        match usize::try_from(len) {
            Ok(short) if short <= limit => Ok(short),
            _ => Err(CborError::Limit {
                field,
                found: len,
                limit,
            }),
        }
    }

    /// An array of exactly `len` items.
    ///
    /// # Errors
    /// When the next item is another thing.
    pub fn tuple(&mut self, field: &'static str, len: usize) -> Result<(), CborError> {
        if self.array(field, len)? == len {
            Ok(())
        } else {
            Err(CborError::Value {
                field,
                what: "an array with too few items",
            })
        }
    }

    /// Reads an array of at most `limit` items, each with `read`.
    ///
    /// # Errors
    /// Those of the array and of its items.
    pub fn list<T>(
        &mut self,
        field: &'static str,
        limit: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, CborError>,
    ) -> Result<Vec<T>, CborError> {
        let len = self.array(field, limit)?;
        // Grown item by item: a short input that claims many items reserves nothing for them.
        let mut items = Vec::new();
        for _ in 0..len {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// When the next item is another thing.
    pub fn uint(&mut self, field: &'static str) -> Result<u64, CborError> {
        Self::form(field, self.decoder.u64())
    }

    /// A signed integer that fits 64 bits.
    ///
    /// # Errors
    /// When the next item is another thing.
    pub fn int(&mut self, field: &'static str) -> Result<i64, CborError> {
        Self::form(field, self.decoder.i64())
    }

    /// A boolean.
    ///
    /// # Errors
    /// When the next item is another thing.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, CborError> {
        Self::form(field, self.decoder.bool())
    }

    /// A byte string of at most `limit` bytes, as a slice of the input.
    ///
    /// # Errors
    /// When the next item is another thing or too long.
    pub fn bytes(&mut self, field: &'static str, limit: usize) -> Result<&'a [u8], CborError> {
        let bytes = Self::form(field, self.decoder.bytes())?;
        if bytes.len() > limit {
            return Err(CborError::Limit {
                field,
                found: bytes.len() as u64,
                limit,
            });
        }
        Ok(bytes)
    }

    /// A byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// When the next item is another thing or of another length.
    pub fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], CborError> {
        self.bytes(field, N)?.try_into().map_err(|_| CborError::Value {
            field,
            what: "a byte string that is too short",
        })
    }

    /// A text of at most `limit` bytes, as a slice of the input.
    ///
    /// # Errors
    /// When the next item is another thing, too long, or no UTF-8.
    pub fn text(&mut self, field: &'static str, limit: usize) -> Result<&'a str, CborError> {
        let text = Self::form(field, self.decoder.str())?;
        if text.len() > limit {
            return Err(CborError::Limit {
                field,
                found: text.len() as u64,
                limit,
            });
        }
        Ok(text)
    }

    /// Null or a value read with `read`.
    ///
    /// # Errors
    /// Those of the value.
    pub fn option<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, CborError>,
    ) -> Result<Option<T>, CborError> {
        if self.peek(field)? == Item::Null {
            Self::form(field, self.decoder.null())?;
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// Nothing must follow.
    ///
    /// # Errors
    /// [`CborError::NotCanonical`] when something does.
    pub fn end(&self, field: &'static str) -> Result<(), CborError> {
        if self.decoder.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(CborError::NotCanonical { field })
        }
    }

    /// A format version that must be `known`.
    ///
    /// # Errors
    /// [`CborError::Version`] for a newer one, [`CborError::Value`] for zero or an older one.
    pub fn version(&mut self, field: &'static str, known: u64) -> Result<(), CborError> {
        match self.uint(field)? {
            found if found == known => Ok(()),
            found if found > known => Err(CborError::Version { field, found, known }),
            _ => Err(CborError::Value {
                field,
                what: "a format version that never existed",
            }),
        }
    }
}

/// Refuses bytes that are not what encoding the decoded value gives.
///
/// # Errors
/// [`CborError::NotCanonical`].
pub fn expect_canonical(field: &'static str, received: &[u8], encoded: &[u8]) -> Result<(), CborError> {
    if received == encoded {
        Ok(())
    } else {
        Err(CborError::NotCanonical { field })
    }
}
