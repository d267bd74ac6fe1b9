//! All operations of all record kinds, decoded.

use soxa_ledger::OpKind;
use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::operation::{OpRef, Operation, RecordRef};

use crate::asset::AssetOperation;
use crate::body::words;
use crate::dossier::{DecisionOperation, DossierOperation};
use crate::handover::HandoverOperation;
use crate::inventory::InventoryOperation;
use crate::person::PersonOperation;
use crate::reference::ReferenceOperation;
use crate::roster::RosterOperation;
use crate::ruling::RulingOperation;
use crate::unit::UnitOperation;

words! {
    /// The kinds of records.
    RecordKind, "record kind" {
        /// An organisational unit.
        Unit = "unit",
        /// The posts of a unit and who holds them.
        Roster = "roster",
        /// A person in public service.
        Person = "person",
        /// A public asset.
        Asset = "asset",
        /// A handover with its minutes.
        Handover = "handover",
        /// What a unit has, counted and held against the books.
        Inventory = "inventory",
        /// What the province publishes for all: a procedure, a calendar, a rule.
        Reference = "reference",
        /// A dossier of an administrative procedure.
        Dossier = "dossier",
    }
}

/// Why a body is not an operation that this program can judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A kind that this program does not know.
    #[error("operation kind {0} is unknown to this program")]
    Unknown(OpKind),
    /// A version of a known kind that this program does not know.
    #[error("version {version} of {kind} is newer than this program")]
    Newer {
        /// The kind.
        kind: OpKind,
        /// The version.
        version: u32,
    },
    /// Not a body of this kind and version.
    #[error("malformed body: {0}")]
    Malformed(#[from] CborError),
}

/// An operation of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedOperation {
    /// On a unit.
    Unit(UnitOperation),
    /// On a roster.
    Roster(RosterOperation),
    /// On a person.
    Person(PersonOperation),
    /// On an asset.
    Asset(AssetOperation),
    /// On a handover.
    Handover(HandoverOperation),
    /// In an inventory.
    Inventory(InventoryOperation),
    /// A ruling on the custody of an asset or a person.
    Ruling(RulingOperation),
    /// On a reference record.
    Reference(ReferenceOperation),
    /// On a dossier.
    Dossier(DossierOperation),
    /// A decision on a dossier.
    Decision(DecisionOperation),
}

/// Decodes the body of an operation.
///
/// # Errors
/// When the kind or version is not known, or the bytes are not exactly what [`TypedOperation::body`] gives.
pub fn decode(kind: &OpKind, version: u32, body: &[u8]) -> Result<TypedOperation, DecodeError> {
    let operation = read(kind, version, &mut Reader::new(body))?;
    expect_canonical("body", body, &operation.body())?;
    Ok(operation)
}

/// Declares the operations of one kind of record: the variants, their names and their bodies.
macro_rules! operations {
    ($(#[$doc:meta])* $name:ident of $record:literal { $($(#[$vdoc:meta])* $variant:ident($body:ty) = $act:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vdoc])* $variant($body),)+
        }

        impl $name {
            /// The kinds of operations, each in version 1.
            pub const KINDS: &'static [&'static str] = &[$(concat!($record, ".", $act),)+];

            /// The kind of the operation.
            #[must_use]
            pub fn act(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => concat!($record, ".", $act),)+
                }
            }

            pub(crate) fn write(&self, w: &mut soxa_ledger::cbor::Writer) {
                match self {
                    $(Self::$variant(body) => $crate::body::Body::write(body, w),)+
                }
            }

            /// `None` for an act that this program does not know.
            pub(crate) fn read(
                act: &str,
                r: &mut soxa_ledger::cbor::Reader<'_>,
            ) -> Option<Result<Self, soxa_ledger::cbor::CborError>> {
                match act {
                    $($act => Some(<$body as $crate::body::Body>::read(r).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use operations;

/// The only version of every kind so far.
const VERSION: u32 = 1;

fn read(kind: &OpKind, version: u32, r: &mut Reader<'_>) -> Result<TypedOperation, DecodeError> {
    let known = TypedOperation::kinds().any(|name| name == kind.as_str());
    if !known {
        return Err(DecodeError::Unknown(kind.clone()));
    }
    if version > VERSION {
        return Err(DecodeError::Newer {
            kind: kind.clone(),
            version,
        });
    }
    if version == 0 {
        let what = "versions are counted from 1";
        return Err(CborError::Value {
            field: "operation version",
            what,
        }
        .into());
    }
    let act = kind.act();
    let operation = match kind.record_kind() {
        "unit" => UnitOperation::read(act, r).map(|o| o.map(TypedOperation::Unit)),
        "roster" => RosterOperation::read(act, r).map(|o| o.map(TypedOperation::Roster)),
        "person" => PersonOperation::read(act, r).map(|o| o.map(TypedOperation::Person)),
        "asset" => AssetOperation::read(act, r).map(|o| o.map(TypedOperation::Asset)),
        "handover" => HandoverOperation::read(act, r).map(|o| o.map(TypedOperation::Handover)),
        "inventory" => InventoryOperation::read(act, r).map(|o| o.map(TypedOperation::Inventory)),
        "ruling" => RulingOperation::read(act, r).map(|o| o.map(TypedOperation::Ruling)),
        "reference" => ReferenceOperation::read(act, r).map(|o| o.map(TypedOperation::Reference)),
        "dossier" => DossierOperation::read(act, r).map(|o| o.map(TypedOperation::Dossier)),
        "decision" => DecisionOperation::read(act, r).map(|o| o.map(TypedOperation::Decision)),
        _ => None,
    };
    Ok(operation.ok_or_else(|| DecodeError::Unknown(kind.clone()))??)
}

impl TypedOperation {
    /// The names of all kinds of operations that this program knows.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        [
            UnitOperation::KINDS,
            RosterOperation::KINDS,
            PersonOperation::KINDS,
            AssetOperation::KINDS,
            HandoverOperation::KINDS,
            InventoryOperation::KINDS,
            RulingOperation::KINDS,
            ReferenceOperation::KINDS,
            DossierOperation::KINDS,
            DecisionOperation::KINDS,
        ]
        .into_iter()
        .flatten()
        .copied()
    }

    /// The kind of record that it belongs to.
    #[must_use]
    pub fn record_kind(&self) -> RecordKind {
        match self {
            Self::Unit(_) => RecordKind::Unit,
            Self::Roster(_) => RecordKind::Roster,
            Self::Person(_) => RecordKind::Person,
            Self::Asset(_) => RecordKind::Asset,
            Self::Handover(_) => RecordKind::Handover,
            Self::Inventory(_) => RecordKind::Inventory,
            Self::Ruling(RulingOperation::Asset(_)) => RecordKind::Asset,
            Self::Ruling(RulingOperation::Person(_)) => RecordKind::Person,
            Self::Reference(_) => RecordKind::Reference,
            Self::Dossier(_) | Self::Decision(_) => RecordKind::Dossier,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unit(o) => o.act(),
            Self::Roster(o) => o.act(),
            Self::Person(o) => o.act(),
            Self::Asset(o) => o.act(),
            Self::Handover(o) => o.act(),
            Self::Inventory(o) => o.act(),
            Self::Ruling(o) => o.act(),
            Self::Reference(o) => o.act(),
            Self::Dossier(o) => o.act(),
            Self::Decision(o) => o.act(),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OpKind {
        // Every name of the tables is a kind, which a test holds.
        self.name()
            .parse()
            .unwrap_or_else(|_| unreachable!("an operation's name is a kind"))
    }

    /// The version of its body.
    #[must_use]
    pub fn version(&self) -> u32 {
        VERSION
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::Unit(o) => o.write(&mut w),
            Self::Roster(o) => o.write(&mut w),
            Self::Person(o) => o.write(&mut w),
            Self::Asset(o) => o.write(&mut w),
            Self::Handover(o) => o.write(&mut w),
            Self::Inventory(o) => o.write(&mut w),
            Self::Ruling(o) => o.write(&mut w),
            Self::Reference(o) => o.write(&mut w),
            Self::Dossier(o) => o.write(&mut w),
            Self::Decision(o) => o.write(&mut w),
        }
        w.into_bytes()
    }

    /// Whether it creates its record.
    #[must_use]
    pub fn is_creation(&self) -> bool {
        matches!(
            self,
            Self::Unit(UnitOperation::Register(_))
                | Self::Roster(RosterOperation::Create(_))
                | Self::Person(PersonOperation::Register(_))
                | Self::Asset(AssetOperation::Register(_))
                | Self::Handover(HandoverOperation::Draft(_))
                | Self::Inventory(InventoryOperation::Open(_))
                | Self::Reference(ReferenceOperation::Publish(_))
                | Self::Dossier(DossierOperation::Register(_))
        )
    }

    /// The operation for a commit. Parents are put in order, each once.
    #[must_use]
    pub fn operation(&self, record: RecordRef, mut parents: Vec<OpRef>, refs: Vec<OpRef>) -> Operation {
        parents.sort_unstable();
        parents.dedup();
        Operation {
            record,
            kind: self.kind(),
            version: self.version(),
            parents,
            refs,
            body: self.body(),
        }
    }
}
