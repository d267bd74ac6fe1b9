//! What a report consists of.

use std::collections::BTreeMap;

use soxa_ledger::RecordId;
use soxa_records::Date;

pub use crate::names::{Base, By, Name, ReportKind};

use crate::rounding::Decimal;

/// A record behind a figure, and what of it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Behind {
    /// The record.
    pub record: RecordId,
    /// What of it: a post's code, a rule, days; empty when it is the record itself.
    pub says: String,
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u64),
    /// So many more or fewer.
    Difference(i64),
    /// A sum in đồng.
    Dong(i128),
    /// Days.
    Days(u64),
    /// Some of so many.
    Share {
        /// How many.
        part: u64,
        /// Of how many.
        of: u64,
        /// Decimals of the percentage.
        places: u32,
    },
    /// A sum for each of so many.
    Mean {
        /// The sum.
        sum: i128,
        /// For how many.
        over: u64,
        /// Decimals.
        places: u32,
    },
}

impl Amount {
    /// The percentage or mean, rounded half up; none when there is nothing to take it of.
    #[must_use]
    pub fn rounded(self) -> Option<Decimal> {
        match self {
            Self::Share { part, of, places } => Decimal::percent(part, of, places),
            Self::Mean { sum, over, places } => Decimal::ratio(sum, over, places),
            Self::Count(_) | Self::Difference(_) | Self::Dong(_) | Self::Days(_) => None,
        }
    }
}

/// One figure with its base, and the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it says.
    pub name: Name,
    /// How much.
    pub amount: Amount,
    /// What it is a count or a share of.
    pub base: Base,
    /// The records behind it, by id; empty where those of another figure are meant.
    pub behind: Vec<Behind>,
}

/// What a line of a breakdown is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// A unit.
    Unit(RecordId),
    /// A word of the records, as its breakdown says.
    Word(&'static str),
    /// A text that people wrote.
    Text(String),
    /// A day.
    Day(Date),
    /// Officials disagree, or two units hold one thing.
    Disputed,
    /// Nothing is said.
    None,
}

/// A line of a breakdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub group: Group,
    /// Its figures, the same in each line.
    pub figures: Vec<Figure>,
}

/// Figures by something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    /// By what.
    pub by: By,
    /// The lines, in the order of their groups.
    pub lines: Vec<Line>,
}

impl Breakdown {
    /// Whether percentages of parts that make up a whole do not make up 100, because each was rounded.
    #[must_use]
    pub fn rounding_shows(&self) -> bool {
        let mut sums: BTreeMap<(Name, Base), (u64, u64, i128, u32)> = BTreeMap::new();
        for figure in self.lines.iter().flat_map(|line| &line.figures) {
            if let (Amount::Share { part, of, places }, Some(rounded)) =
                (figure.amount, figure.amount.rounded())
            {
                let sum = sums
                    .entry((figure.name, figure.base))
                    .or_insert((0, of, 0, places));
                sum.0 = sum.0.saturating_add(part);
                sum.2 = sum.2.saturating_add(rounded.units);
            }
        }
        sums.values().any(|(parts, of, rounded, places)| {
            let hundred = 10_i128.checked_pow(*places).map(|scale| 100 * scale);
            parts == of && Some(*rounded) != hundred
        })
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which one.
    pub kind: ReportKind,
    /// The figures for all together.
    pub figures: Vec<Figure>,
    /// The same by something.
    pub breakdowns: Vec<Breakdown>,
}

impl Report {
    /// A figure for all together.
    #[must_use]
    pub fn figure(&self, name: Name, base: Base) -> Option<&Figure> {
        let mut figures = self.figures.iter();
        figures.find(|figure| figure.name == name && figure.base == base)
    }

    /// A breakdown.
    #[must_use]
    pub fn by(&self, by: By) -> Option<&Breakdown> {
        self.breakdowns.iter().find(|breakdown| breakdown.by == by)
    }
}

/// A count that grows, with the records behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    behind: Vec<Behind>,
}

impl Tally {
    pub(crate) fn add(&mut self, record: RecordId) {
        self.say(record, String::new());
    }

    pub(crate) fn say(&mut self, record: RecordId, says: impl Into<String>) {
        let says = says.into();
        self.behind.push(Behind { record, says });
    }

    pub(crate) fn add_if(&mut self, counts: bool, record: RecordId) {
        if counts {
            self.add(record);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.behind.len() as u64
    }

    pub(crate) fn behind(&self) -> &[Behind] {
        &self.behind
    }

    /// So many, counted among a base.
    pub(crate) fn figure(self, name: Name, base: Base) -> Figure {
        let amount = Amount::Count(self.count());
        self.with(name, amount, base)
    }

    /// So many of all in a base.
    pub(crate) fn share(self, name: Name, of: u64, places: u32, base: Base) -> Figure {
        let part = self.count();
        self.with(name, Amount::Share { part, of, places }, base)
    }

    /// Another amount with these records behind it.
    pub(crate) fn with(self, name: Name, amount: Amount, base: Base) -> Figure {
        let mut behind = self.behind;
        behind.sort_unstable();
        Figure {
            name,
            amount,
            base,
            behind,
        }
    }
}

/// A figure without records of its own.
pub(crate) fn plain(name: Name, amount: Amount, base: Base) -> Figure {
    Tally::default().with(name, amount, base)
}

/// Lines from what was gathered by group; a breakdown without lines is left out.
pub(crate) fn lines<T>(
    by: By,
    groups: BTreeMap<Group, T>,
    figures: impl Fn(T) -> Vec<Figure>,
) -> Option<Breakdown> {
    let lines = groups.into_iter().map(|(group, gathered)| Line {
        group,
        figures: figures(gathered),
    });
    let lines: Vec<Line> = lines.collect();
    (!lines.is_empty()).then_some(Breakdown { by, lines })
}

/// The word of a field, or that officials disagree, or that nobody wrote it.
pub(crate) fn word_group<T: PartialEq>(
    field: &soxa_records::Field<T>,
    word: impl Fn(&T) -> &'static str,
) -> Group {
    match field.one() {
        Some(value) => Group::Word(word(value)),
        None if field.is_empty() => Group::None,
        None => Group::Disputed,
    }
}

/// The same of a text.
pub(crate) fn text_group(field: &soxa_records::Field<String>) -> Group {
    match field.one() {
        Some(text) if text.is_empty() => Group::None,
        Some(text) => Group::Text(text.clone()),
        None if field.is_empty() => Group::None,
        None => Group::Disputed,
    }
}

/// The unit that has something, or that several have it.
pub(crate) fn unit_group(unit: Option<RecordId>) -> Group {
    unit.map_or(Group::Disputed, Group::Unit)
}
