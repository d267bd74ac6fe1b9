//! What an import would do: the lines of a table against what the ledger holds, for every kind of record in one way.
//!
//! A [`Kind`] says what is its own: columns, what a line says, what the ledger holds. Here every line is read, known again or not,
//! compared and counted. What is there already with equal values is skipped, so that a file can be imported twice; what differs is told
//! and not changed; while one line is wrong nothing is done.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use soxa_ledger::RecordId;
use soxa_records::Field;
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX};

use crate::columns::Column;
use crate::problems::{Problems, Reason};
use crate::table::Table;
use crate::take::Taking;
use crate::workbook::Cell;

/// Sums that a kind may have beside the count.
pub const SUMS_MAX: usize = 3;

/// A kind of record that tables are imported as.
pub trait Kind {
    /// The columns that its tables may have.
    const COLUMNS: &'static [Column];
    /// What is added up beside the count: names and the keys of their labels, at most [`SUMS_MAX`].
    const SUMS: &'static [(&'static str, &'static str)];
    /// What records are counted by in the control totals beside all: the section of the words' translations.
    const COUNTED_BY: Option<&'static str> = None;
    /// What a line becomes when the ledger has no such record.
    type New;

    /// What a line says. None when it says nothing of its own, or something is wrong, which is noted then.
    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<Self::New>>;

    /// Records that the table names in passing, with the row of the first line that does; asked for after the last line.
    fn in_passing(&mut self) -> Vec<(u32, Said<Self::New>)> {
        Vec::new()
    }

    /// The word of [`Kind::COUNTED_BY`] for what a line says.
    fn word(&self, _new: &Self::New) -> Option<&'static str> {
        None
    }

    /// The same for a record that the ledger holds.
    fn word_held(&self, _held: &Held) -> Option<&'static str> {
        None
    }

    /// The records that the ledger holds, as lines are compared with them.
    fn held(&self) -> Vec<Held>;

    /// What one of them holds in the columns.
    fn values(&self, held: &Held) -> Values;

    /// What is to be added to a record that is known again, when the line says more than the ledger holds.
    fn addition(&self, _new: &Self::New, _held: &Held) -> Option<Self::New> {
        None
    }
}

/// Values by column. An empty one says nothing.
pub type Values = Vec<(&'static str, String)>;

/// What records are known again by: a unit, and a text within it.
pub type Key = (RecordId, String);

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<N> {
    /// What its record is known again by.
    pub key: Key,
    /// What tells records of one key apart.
    pub apart: Apart,
    /// What it says, by column.
    pub values: Values,
    /// What is added up.
    pub sums: [i64; SUMS_MAX],
    /// What it would become.
    pub new: N,
}

/// What tells records of one key apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// Nothing: there is one. A second line with the key is a mistake in this column.
    Nothing(&'static str),
    /// These columns, where line and record both say something.
    Columns(&'static [&'static str]),
    /// All that a line says.
    Everything,
}

/// A record that the ledger holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its place in the list of the kind that holds it.
    pub at: usize,
    /// The record.
    pub record: RecordId,
    /// What it is known by.
    pub keys: Vec<Key>,
    /// The unit that has it now.
    pub unit: Option<RecordId>,
    /// What is added up.
    pub sums: [i64; SUMS_MAX],
}

/// A count and sums.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many records.
    pub count: u64,
    /// What they add up to, as [`Kind::SUMS`] names it.
    pub sums: [i64; SUMS_MAX],
    /// How many by the words of [`Kind::COUNTED_BY`].
    pub words: BTreeMap<&'static str, u64>,
}

impl Totals {
    /// One more record.
    pub fn add(&mut self, sums: [i64; SUMS_MAX], word: Option<&'static str>) {
        self.count += 1;
        if let Some(word) = word {
            *self.words.entry(word).or_default() += 1;
        }
        for (total, sum) in self.sums.iter_mut().zip(sums) {
            *total = total.saturating_add(sum);
        }
    }

    /// Those of the records of the ledger that these units have.
    #[must_use]
    pub fn of<K: Kind>(kind: &K, units: &BTreeSet<RecordId>) -> Self {
        Self::of_held(kind, &kind.held(), units)
    }

    fn of_held<K: Kind>(kind: &K, held: &[Held], units: &BTreeSet<RecordId>) -> Self {
        let mut totals = Self::default();
        let own = held
            .iter()
            .filter(|one| one.unit.is_some_and(|unit| units.contains(&unit)));
        own.for_each(|one| totals.add(one.sums, kind.word_held(one)));
        totals
    }
}

/// A value that the ledger holds otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The line's row.
    pub row: u32,
    /// The record.
    pub record: RecordId,
    /// The column's name.
    pub column: &'static str,
    /// What the file says.
    pub file: String,
    /// What the ledger says.
    pub ledger: String,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<N> {
    /// What would be done, with the rows.
    pub new: Vec<(u32, N)>,
    /// How many lines are there already, with equal values.
    pub same: u64,
    /// Values that the ledger holds otherwise; nothing is done about them.
    pub differences: Vec<Difference>,
    /// The units that the lines belong to.
    pub units: BTreeSet<RecordId>,
    /// Control totals of the file.
    pub file: Totals,
    /// Control totals of the records that would be made.
    pub added: Totals,
    /// Control totals of what the units hold.
    pub before: Totals,
    /// What is wrong; nothing is done while something is.
    pub problems: Problems,
}

impl<N> Default for Plan<N> {
    fn default() -> Self {
        Self {
            new: Vec::new(),
            same: 0,
            differences: Vec::new(),
            units: BTreeSet::new(),
            file: Totals::default(),
            added: Totals::default(),
            before: Totals::default(),
            problems: Problems::default(),
        }
    }
}

/// Plans the import of a table.
pub fn plan<K: Kind>(kind: &mut K, table: &Table<'_>, places: &mut Places<'_>) -> Plan<K::New> {
    let mut plan = Plan {
        problems: table.problems.clone(),
        ..Plan::default()
    };
    if table.lacks_a_column() {
        return plan;
    }
    let held = kind.held();
    let mut known = Known::of(&held);
    let mut seen: HashMap<Key, u32> = HashMap::new();
    for line in &table.lines {
        let mut taking = Taking::new(table, line, &mut plan.problems);
        let Some(said) = kind.read(&mut taking, places) else {
            continue;
        };
        if let Apart::Nothing(column) = said.apart
            && let Some(row) = seen.insert(said.key.clone(), line.row)
        {
            let value = said.values.iter().find(|(name, _)| *name == column);
            let written = || {
                table
                    .cell(line, column)
                    .map_or_else(|| said.key.1.clone(), Cell::text)
            };
            let value = value.map_or_else(written, |(_, value)| value.clone());
            taking.refuse(column, Reason::Twice { value, row });
        }
        if taking.is_whole() {
            plan.take(kind, &mut known, line.row, said);
        }
    }
    for (row, said) in kind.in_passing() {
        plan.take(kind, &mut known, row, said);
    }
    plan.before = Totals::of_held(kind, &held, &plan.units);
    plan
}

impl<N> Plan<N> {
    fn take<K: Kind<New = N>>(&mut self, kind: &K, known: &mut Known<'_>, row: u32, said: Said<N>) {
        self.units.insert(said.key.0);
        let word = kind.word(&said.new);
        self.file.add(said.sums, word);
        let Some((held, differing)) = known.take(kind, &said) else {
            self.added.add(said.sums, word);
            self.new.push((row, said.new));
            return;
        };
        let addition = kind.addition(&said.new, held);
        self.same += u64::from(differing.is_empty() && addition.is_none());
        self.differences
            .extend(differing.into_iter().map(|(column, file, ledger)| Difference {
                row,
                record: held.record,
                column,
                file,
                ledger,
            }));
        self.new.extend(addition.map(|addition| (row, addition)));
    }
}

/// The ledger's records by what lines are known again by. One that a line was is no other line's.
struct Known<'h>(HashMap<&'h Key, Vec<&'h Held>>);

/// A column with what the file says and what the ledger says.
type Differing = (&'static str, String, String);

impl<'h> Known<'h> {
    fn of(held: &'h [Held]) -> Self {
        let mut known: HashMap<&Key, Vec<&Held>> = HashMap::new();
        for one in held {
            for key in &one.keys {
                known.entry(key).or_default().push(one);
            }
        }
        Self(known)
    }

    /// The record that a line is: of several that it may be, the one that differs least.
    fn take<K: Kind>(&mut self, kind: &K, said: &Said<K::New>) -> Option<(&'h Held, Vec<Differing>)> {
        let alike = self.0.get_mut(&said.key)?;
        let compared = alike
            .iter()
            .enumerate()
            .map(|(at, held)| (at, differing(&said.values, &kind.values(held), said.apart)));
        let possible = compared.filter(|(_, differing)| match said.apart {
            Apart::Nothing(_) => true,
            Apart::Everything => differing.is_empty(),
            Apart::Columns(columns) => differing
                .iter()
                .all(|(column, _, ledger)| ledger.is_empty() || !columns.contains(column)),
        });
        let (at, differing) = possible.min_by_key(|(_, differing)| differing.len())?;
        Some((alike.remove(at), differing))
    }
}

fn differing(said: &Values, held: &Values, apart: Apart) -> Vec<Differing> {
    let mut differing = Vec::new();
    for (column, file) in said.iter().filter(|(_, file)| !file.is_empty()) {
        let Some((_, ledger)) = held.iter().find(|(name, _)| name == column) else {
            continue;
        };
        if file != ledger {
            differing.push((*column, file.clone(), ledger.clone()));
            if apart == Apart::Everything {
                break;
            }
        }
    }
    differing
}

/// The units that the ledger has, as tables name them.
pub trait Units {
    /// The unit that a code or name means.
    ///
    /// # Errors
    /// The reason, with the names that come near.
    fn unit(&self, text: &str) -> Result<RecordId, Reason>;

    /// What a unit is called.
    fn name(&self, unit: RecordId) -> String;

    /// The unit at work that has taken over what a unit was; the unit itself while it is not closed.
    ///
    /// # Errors
    /// When these are several.
    fn at_work(&self, unit: RecordId) -> Result<RecordId, Reason>;
}

/// The units that lines belong to; each spelling is looked up once.
pub struct Places<'l> {
    units: &'l dyn Units,
    default: Option<RecordId>,
    seen: HashMap<String, Result<RecordId, Reason>>,
}

impl<'l> Places<'l> {
    /// Lines that name no unit belong to `default`.
    #[must_use]
    pub fn new(units: &'l dyn Units, default: Option<RecordId>) -> Self {
        Self {
            units,
            default,
            seen: HashMap::new(),
        }
    }

    /// The unit of lines that name none.
    #[must_use]
    pub fn default(&self) -> Option<RecordId> {
        self.default
    }

    /// The unit that a text means.
    ///
    /// # Errors
    /// The reason, with the names that come near.
    pub fn unit(&mut self, text: String) -> Result<RecordId, Reason> {
        let units = self.units;
        let found = self.seen.entry(text).or_insert_with_key(|text| units.unit(text));
        found.clone()
    }

    /// What a unit is called.
    #[must_use]
    pub fn name(&self, unit: RecordId) -> String {
        self.units.name(unit)
    }

    /// The office that a column names: the unit at work that has taken over what the unit named there was, with that unit's
    /// name when it is another. None inside when the cell is empty.
    pub fn office(
        &mut self,
        line: &mut Taking<'_, '_>,
        column: &'static str,
    ) -> Option<Option<(RecordId, String)>> {
        let text = line.text(column, NAME_BYTES_MAX);
        if text.is_empty() {
            return Some(None);
        }
        let units = self.units;
        let found = self
            .unit(text.clone())
            .and_then(|said| Ok((said, units.at_work(said)?)));
        match found {
            Ok((said, office)) if said == office => Some(Some((office, String::new()))),
            Ok((_, office)) => Some(Some((office, text))),
            Err(reason) => {
                line.refuse(column, reason);
                None
            }
        }
    }

    /// The unit of a line: by the column of codes, else by that of names, else the one of lines that name none.
    pub fn of_line(
        &mut self,
        line: &mut Taking<'_, '_>,
        code: &'static str,
        name: &'static str,
    ) -> Option<RecordId> {
        match self.named(line, code, name)? {
            Some(unit) => Some(unit),
            None => {
                if self.default.is_none() {
                    line.refuse(name, Reason::NoUnit);
                }
                self.default
            }
        }
    }

    /// The unit that a line names: none inside when it names none.
    pub fn named(
        &mut self,
        line: &mut Taking<'_, '_>,
        code: &'static str,
        name: &'static str,
    ) -> Option<Option<RecordId>> {
        let codes = line.text(code, CODE_BYTES_MAX);
        match codes.is_empty() {
            true => self.in_column(line, name),
            false => self.looked_up(line, code, codes).map(Some),
        }
    }

    /// The unit that a column names: none inside when it names none.
    pub fn in_column(&mut self, line: &mut Taking<'_, '_>, column: &'static str) -> Option<Option<RecordId>> {
        let text = line.text(column, NAME_BYTES_MAX);
        if text.is_empty() {
            return Some(None);
        }
        self.looked_up(line, column, text).map(Some)
    }

    /// The unit that a column names, which must name one.
    pub fn required_in(&mut self, line: &mut Taking<'_, '_>, column: &'static str) -> Option<RecordId> {
        let text = line.required_text(column, NAME_BYTES_MAX);
        if text.is_empty() {
            return None;
        }
        self.looked_up(line, column, text)
    }

    fn looked_up(&mut self, line: &mut Taking<'_, '_>, column: &str, text: String) -> Option<RecordId> {
        let found = self.unit(text);
        found.map_err(|reason| line.refuse(column, reason)).ok()
    }
}

/// The values of a field as text: several stand beside each other.
#[must_use]
pub fn written<T: ToString + PartialEq>(field: &Field<T>) -> String {
    let values: Vec<String> = field.distinct().iter().map(|value| value.to_string()).collect();
    values.join(" / ")
}
