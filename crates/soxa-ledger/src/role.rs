//! Roles and what they may do: data in the genesis statement, with a sensible default.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::operation::OpKind;

/// The name of a role: ASCII lower case and `_`, for example `asset_officer`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(String);

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is one word of lower-case letters and _, at most 48")]
pub struct NotARole;

impl Role {
    /// The role's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Role {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        let good =
            !text.is_empty() && text.len() <= 48 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARole)
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which operations a role may sign: one kind (`handover.witness`), all acts on a kind of record (`asset.*`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KindPattern(String);

impl KindPattern {
    /// Whether the pattern covers an operation kind.
    #[must_use]
    pub fn covers(&self, kind: &OpKind) -> bool {
        match self.0.strip_suffix(".*") {
            Some(record_kind) => kind.record_kind() == record_kind,
            None => self.0 == kind.as_str(),
        }
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KindPattern {
    type Err = NotARole;
    fn from_str(text: &str) -> Result<Self, NotARole> {
        let whole = text
            .strip_suffix(".*")
            .map_or_else(|| text.to_owned(), |record| format!("{record}.any"));
        if whole.parse::<OpKind>().is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARole)
        }
    }
}

/// The statements that a role may make. Genesis is nobody's: it makes the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementKind {
    /// Giving a key a role in a unit.
    Appointment,
    /// Ending an appointment or a node's admission.
    Cut,
    /// Declaring a key compromised.
    Compromise,
    /// Admitting a node, or inviting one.
    Admission,
    /// Giving effect to commits that lack it.
    Adoption,
}

impl StatementKind {
    /// The word for it in statements.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Cut => "cut",
            Self::Compromise => "compromise",
            Self::Admission => "admission",
            Self::Adoption => "adoption",
        }
    }

    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Appointment,
        Self::Cut,
        Self::Compromise,
        Self::Admission,
        Self::Adoption,
    ];
}

/// For which units, seen from the own unit, a role may make appointments and admissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// The own unit.
    Unit,
    /// The own unit and its direct children.
    Children,
    /// The own unit and everything below.
    Subtree,
}

impl Reach {
    /// The word for it in the genesis statement.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Children => "children",
            Self::Subtree => "subtree",
        }
    }

    /// Whether a unit path lies within reach of `own`.
    #[must_use]
    pub fn covers<T: PartialEq>(self, own: &[T], other: &[T]) -> bool {
        other.starts_with(own)
            && match self {
                Self::Unit => other.len() == own.len(),
                Self::Children => other.len() <= own.len() + 1,
                Self::Subtree => true,
            }
    }
}

/// What one role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// Operations it may sign.
    pub operations: Vec<KindPattern>,
    /// Statements it may make.
    pub statements: Vec<StatementKind>,
    /// Roles it may appoint.
    pub appoints: Vec<Role>,
    /// Where it may appoint and admit.
    pub reach: Reach,
}

impl Permissions {
    /// Whether the role may sign operations of this kind.
    #[must_use]
    pub fn permits(&self, kind: &OpKind) -> bool {
        self.operations.iter().any(|pattern| pattern.covers(kind))
    }
}

/// The table of roles of a network.
pub type RoleTable = BTreeMap<Role, Permissions>;

/// One row of the default table: role, operations, statements, roles it appoints, where.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [StatementKind],
    &'static [&'static str],
    Reach,
);

/// The default table: the roles of a province and its communes.
#[must_use]
pub fn default_table() -> RoleTable {
    use StatementKind::{Admission, Adoption, Appointment, Compromise, Cut};
    const OFFICERS: &[&str] = &[
        "unit_head",
        "asset_officer",
        "staff_officer",
        "dossier_officer",
        "finance_witness",
        "auditor",
    ];
    let rows: [Row; 7] = [
        (
            "province_operator",
            &["unit.*", "ruling.*", "reference.*"],
            &[Admission, Cut, Adoption],
            &[],
            Reach::Subtree,
        ),
        (
            "unit_head",
            &[
                "unit.*",
                "roster.*",
                "person.*",
                "asset.*",
                "handover.*",
                "inventory.*",
                "ruling.*",
                "dossier.*",
                "decision.*",
            ],
            &[Appointment, Cut, Compromise, Adoption],
            OFFICERS,
            Reach::Children,
        ),
        (
            "asset_officer",
            &[
                "asset.*",
                "handover.*",
                "inventory.open",
                "inventory.book",
                "inventory.count",
                "inventory.found",
                "inventory.strike",
                "inventory.sign",
                "inventory.cancel",
                "inventory.settle",
            ],
            &[Adoption],
            &[],
            Reach::Unit,
        ),
        (
            "staff_officer",
            &[
                "person.*",
                "roster.*",
                "handover.*",
                "inventory.count",
                "inventory.found",
                "inventory.strike",
                "inventory.sign",
            ],
            &[Adoption],
            &[],
            Reach::Unit,
        ),
        (
            "dossier_officer",
            &[
                "dossier.*",
                "handover.*",
                "inventory.count",
                "inventory.found",
                "inventory.strike",
                "inventory.sign",
            ],
            &[Adoption],
            &[],
            Reach::Unit,
        ),
        (
            "finance_witness",
            &[
                "handover.witness",
                "handover.effect",
                "asset.custody",
                "person.custody",
                "person.pay",
                "inventory.count",
                "inventory.found",
                "inventory.strike",
                "inventory.sign",
            ],
            &[],
            &[],
            Reach::Unit,
        ),
        ("auditor", &[], &[], &[], Reach::Unit),
    ];
    rows.into_iter()
        .map(|(role, operations, statements, appoints, reach)| {
            let permissions = Permissions {
                operations: operations.iter().filter_map(|p| p.parse().ok()).collect(),
                statements: statements.to_vec(),
                appoints: appoints.iter().filter_map(|r| r.parse().ok()).collect(),
                reach,
            };
            (Role(role.to_owned()), permissions)
        })
        .collect()
}
