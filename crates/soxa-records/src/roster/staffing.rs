//! Staffing rules, as the province publishes them: how many people of a field of work a unit may have, and what comes of it
//! when there are fewer or more; and how long a secondment may last.

use crate::measure::Date;
use crate::person::WorkField;
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion};
use crate::unit::UnitKind;

/// A staffing rule. Parts: `unit_kind` and `field`, each as often as there are kinds of units and fields of work that it holds for
/// (none: for all); `min` and `max`, one of them at least; `action`, `warn` or `refuse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffingRule {
    /// What it is called.
    pub key: String,
    /// The kinds of units; empty for all.
    pub unit_kinds: Vec<UnitKind>,
    /// The fields of work whose people count together; empty for all.
    pub fields: Vec<WorkField>,
    /// The least.
    pub min: Option<u32>,
    /// The most.
    pub max: Option<u32>,
    /// Whether what breaks it is refused at signing; else it is warned of.
    pub refuses: bool,
}

/// How a number of people breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// Fewer than this least.
    Below(u32),
    /// More than this most.
    Above(u32),
}

impl StaffingRule {
    /// Reads a version of a staffing rule.
    ///
    /// # Errors
    /// When it is no staffing rule, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Self, BadReference> {
        expect_rule(version)?;
        let kinds = version.texts("unit_kind").map(str::parse);
        let fields = version.texts("field").map(str::parse);
        let (min, max): (Option<u32>, Option<u32>) = (
            version.parsed("min", "not a number of people")?,
            version.parsed("max", "not a number of people")?,
        );
        match (min, max) {
            (None, None) => return Err(version.bad("max", "neither a least nor a most")),
            (Some(min), Some(max)) if min > max => return Err(version.bad("min", "more than the most")),
            _ => {}
        }
        Ok(Self {
            key: version.key.clone(),
            unit_kinds: kinds
                .collect::<Result<_, _>>()
                .map_err(|_| version.bad("unit_kind", "no kind of unit"))?,
            fields: fields
                .collect::<Result<_, _>>()
                .map_err(|_| version.bad("field", "no field of work"))?,
            min,
            max,
            refuses: refuses(version)?,
        })
    }

    /// Whether it holds for units of this kind.
    #[must_use]
    pub fn is_for(&self, kind: UnitKind) -> bool {
        self.unit_kinds.is_empty() || self.unit_kinds.contains(&kind)
    }

    /// Whether people of this field count.
    #[must_use]
    pub fn counts(&self, field: WorkField) -> bool {
        self.fields.is_empty() || self.fields.contains(&field)
    }

    /// How a number of people breaks it; none when it does not.
    #[must_use]
    pub fn breach(&self, people: u32) -> Option<Breach> {
        match (self.min, self.max) {
            (_, Some(max)) if people > max => Some(Breach::Above(max)),
            (Some(min), _) if people < min => Some(Breach::Below(min)),
            _ => None,
        }
    }
}

/// How long a secondment may last: a staffing rule with the parts `secondment_months` and `action`, `warn` or `refuse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondmentRule {
    /// What it is called.
    pub key: String,
    /// The most months from the first day to the last.
    pub months: u32,
    /// Whether a longer one is refused at signing; else it is warned of.
    pub refuses: bool,
}

impl SecondmentRule {
    /// Reads a version of a staffing rule that limits secondments; none when it limits something else.
    ///
    /// # Errors
    /// When it is no staffing rule, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Option<Self>, BadReference> {
        expect_rule(version)?;
        let Some(months) = version.parsed("secondment_months", "not a number of months")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            key: version.key.clone(),
            months,
            refuses: refuses(version)?,
        }))
    }

    /// Whether a secondment of these days lasts longer.
    #[must_use]
    pub fn is_broken(&self, from: Date, until: Date) -> bool {
        from.after_months(self.months)
            .is_some_and(|first_beyond| until >= first_beyond)
    }
}

fn expect_rule(version: &ReferenceVersion) -> Result<(), BadReference> {
    match version.table {
        ReferenceTable::StaffingRule => Ok(()),
        _ => Err(version.bad("table", "not a staffing rule")),
    }
}

fn refuses(version: &ReferenceVersion) -> Result<bool, BadReference> {
    match version.text("action")? {
        "warn" => Ok(false),
        "refuse" => Ok(true),
        _ => Err(version.bad("action", "neither warn nor refuse")),
    }
}
