//! Operation bodies: one accepted byte string for each value.
//!
//! A body is declared by its fields, each with the form in which it is written ([`forms`]); enumerations are declared by their
//! words.

use soxa_ledger::cbor::{CborError, Reader, Writer};

mod forms;

pub(crate) use forms::*;

/// What stands in a body as one item.
pub(crate) trait Body: Sized {
    fn write(&self, w: &mut Writer);
    fn read(r: &mut Reader<'_>) -> Result<Self, CborError>;
}

impl<T: Body> Body for Box<T> {
    fn write(&self, w: &mut Writer) {
        T::write(self, w);
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        T::read(r).map(Self::new)
    }
}

/// How a value is written, and which values there are: the words of the table in `OPERATIONS.md`.
pub(crate) trait Form<T> {
    fn write(w: &mut Writer, value: &T);
    fn read(r: &mut Reader<'_>, field: &'static str) -> Result<T, CborError>;
}

/// Declares a body that is one CBOR array of its fields, each with its form.
macro_rules! body {
    (
        $(#[$doc:meta])*
        $name:ident = $what:literal $(checked by $check:path)? {
            $($(#[$field_doc:meta])* $field:ident: $type:ty => $form:ty,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl $crate::body::Body for $name {
            fn write(&self, w: &mut soxa_ledger::cbor::Writer) {
                w.array([$(stringify!($field)),+].len());
                $(<$form as $crate::body::Form<$type>>::write(w, &self.$field);)+
            }

            fn read(r: &mut soxa_ledger::cbor::Reader<'_>) -> Result<Self, soxa_ledger::cbor::CborError> {
                r.tuple($what, [$(stringify!($field)),+].len())?;
                let body = Self {
                    $($field: <$form as $crate::body::Form<$type>>::read(r, stringify!($field))?,)+
                };
                $($check(&body)?;)?
                Ok(body)
            }
        }
    };
}
pub(crate) use body;

/// Declares the body of an operation that writes one field of a record, `[field, value]`: the fields, each with the form of its value.
macro_rules! settings {
    ($(#[$doc:meta])* $name:ident = $what:literal { $($(#[$vdoc:meta])* $variant:ident($type:ty) = $field:literal => $form:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($type),)+
        }

        impl $name {
            /// The names of all fields, in the order of declaration.
            pub const FIELDS: &'static [&'static str] = &[$($field,)+];

            /// The field's name.
            #[must_use]
            pub fn field(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $field,)+
                }
            }
        }

        impl $crate::body::Body for $name {
            fn write(&self, w: &mut soxa_ledger::cbor::Writer) {
                w.array(2).text(self.field());
                match self {
                    $(Self::$variant(value) => <$form as $crate::body::Form<$type>>::write(w, value),)+
                }
            }

            fn read(r: &mut soxa_ledger::cbor::Reader<'_>) -> Result<Self, soxa_ledger::cbor::CborError> {
                r.tuple($what, 2)?;
                Ok(match r.text($what, 32)? {
                    $($field => Self::$variant(<$form as $crate::body::Form<$type>>::read(r, $field)?),)+
                    _ => {
                        return Err(soxa_ledger::cbor::CborError::Value {
                            field: $what,
                            what: "no field that can be written",
                        });
                    }
                })
            }
        }
    };
}
pub(crate) use settings;

/// Declares an enumeration of words: the variants in their order, and the word for each.
#[macro_export]
macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
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
        }
    };
}

/// Declares an enumeration of words that stand in bodies: the same in bodies, states and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $field:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $crate::enumeration! {
            $(#[$doc])*
            $name { $($(#[$vdoc])* $variant = $word,)+ }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::body::Form<$name> for $crate::body::Word {
            fn write(w: &mut soxa_ledger::cbor::Writer, value: &$name) {
                w.text(value.as_str());
            }

            fn read(
                r: &mut soxa_ledger::cbor::Reader<'_>,
                field: &'static str,
            ) -> Result<$name, soxa_ledger::cbor::CborError> {
                r.text(field, 32)?.parse().map_err(|_| soxa_ledger::cbor::CborError::Value {
                    field,
                    what: "none of the words that the format knows",
                })
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
