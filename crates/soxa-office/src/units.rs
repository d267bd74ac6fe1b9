//! Units: lists of communes, old and new, as provinces and the statistics office publish them, against the units that the ledger
//! holds. A unit is known again by its code and name below the unit above it: codes alone are given anew.
//!
//! A line registers a unit, and opens it where a day is known. One that names a successor is of an old unit: it is closed, and
//! stands once for each successor. The old district that such a line names above it is registered and closed with its communes.

mod columns;
mod listed;

use std::collections::{BTreeMap, HashMap};

use soxa_lang::fold;
use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::limits::{CODE_BYTES_MAX, NAME_BYTES_MAX, SUCCESSORS_MAX, TEXT_BYTES_MAX, UNITS_ABOVE_MAX};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{Extent, UnitKind, UnitStage};

use crate::columns::Column;
use crate::plan::{Apart, Held, Kind, Places, Said, Values, written};
use crate::problems::Reason;
use crate::table::Table;
use crate::take::Taking;
use columns::{EXTENTS, KINDS, NAMED_KINDS, OTHER_EXTENTS};

pub use columns::COLUMNS;
pub use listed::rows;

/// A unit that a table names: one of the ledger, or one of the table by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// The ledger holds it.
    Known(RecordId),
    /// It is new.
    New(usize),
}

/// What becomes of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnit {
    /// The unit itself: known when something is added to it.
    pub unit: Named,
    /// What sort of unit.
    pub kind: UnitKind,
    /// The name.
    pub name: String,
    /// The code.
    pub code: Option<String>,
    /// Another code.
    pub other_code: Option<String>,
    /// The unit above it.
    pub parent: Named,
    /// The decision.
    pub basis: String,
    /// That it is opened, and from which day where it is known.
    pub opened: Option<Option<Date>>,
    /// That it is closed.
    pub closing: Option<Closing>,
}

/// The end of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// From which day.
    pub date: Date,
    /// The units in its place.
    pub successors: BTreeMap<Named, Extent>,
}

impl Closing {
    fn add(&mut self, successor: Named, extent: Extent) {
        self.successors.insert(successor, extent);
        if self.successors.len() > 1 {
            self.successors
                .values_mut()
                .for_each(|extent| *extent = Extent::Portion);
        }
    }
}

/// The lines of one unit.
#[derive(Debug, Clone, Default)]
struct Group {
    last_row: u32,
    code: String,
    name: String,
    parent_code: String,
    parent: String,
    survives: bool,
    closing: Option<Closing>,
    failed: bool,
}

/// The units that the ledger holds and those that a table names.
#[derive(Debug)]
pub struct Units {
    all: Vec<(RecordId, UnitView)>,
    known: HashMap<(RecordId, String), RecordId>,
    groups: Vec<Group>,
    of_row: HashMap<u32, usize>,
    by_code: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    by_both: HashMap<String, usize>,
    /// Old districts, by code and name, with their numbers, rows and what became of them.
    districts: BTreeMap<String, (u32, NewUnit, RecordId)>,
    date: Option<Date>,
}

impl Units {
    /// These units, and the lines of a table; `date` is the day on which new units open and old ones close where a line says none.
    #[must_use]
    pub fn of(all: Vec<(RecordId, UnitView)>, table: &Table<'_>, date: Option<Date>) -> Self {
        let mut units = Self {
            known: HashMap::new(),
            groups: Vec::new(),
            of_row: HashMap::new(),
            by_code: HashMap::new(),
            by_name: HashMap::new(),
            by_both: HashMap::new(),
            districts: BTreeMap::new(),
            date,
            all,
        };
        for (record, view) in &units.all {
            for key in keys(view) {
                units.known.insert(key, *record);
            }
        }
        let mut by_key: HashMap<String, usize> = HashMap::new();
        for line in &table.lines {
            let text = |column| {
                table
                    .cell(line, column)
                    .map(|cell| cell.text())
                    .unwrap_or_default()
            };
            let group = Group {
                code: padded(&text("code"), kind_of(&text("name"))),
                name: text("name"),
                parent_code: text("parent_code"),
                parent: text("parent"),
                survives: text("successor_code").is_empty() && text("successor").is_empty(),
                ..Group::default()
            };
            let key = format!(
                "{}|{}|{}",
                group.parent_code,
                fold(&group.parent),
                key_text(&group.code, &group.name)
            );
            let at = *by_key.entry(key).or_insert_with(|| {
                units.groups.push(group);
                units.groups.len() - 1
            });
            units.of_row.insert(line.row, at);
            if let Some(group) = units.groups.get_mut(at) {
                group.last_row = line.row;
                let both = key_text(&group.code, &group.name);
                units.by_both.entry(both).or_insert(at);
                // A code or a name means the unit that goes on with it.
                if group.survives {
                    units.by_code.entry(group.code.clone()).or_insert(at);
                    units.by_name.entry(fold(&group.name)).or_insert(at);
                }
            }
        }
        units
    }

    /// The unit that a code or name means: one that goes on in the table, else one of the ledger.
    fn named(&self, places: &mut Places<'_>, code: &str, name: &str, depth: usize) -> Result<Named, Reason> {
        let in_table = match code.is_empty() {
            true => self.by_name.get(&fold(name)),
            false => self.by_code.get(code),
        };
        if let Some(at) = in_table {
            return self.group(places, *at, depth);
        }
        let text = if code.is_empty() { name } else { code };
        places.unit(text.to_owned()).map(Named::Known)
    }

    /// A unit of the table: of the ledger when it is known below the unit above it.
    fn group(&self, places: &mut Places<'_>, at: usize, depth: usize) -> Result<Named, Reason> {
        let Some(group) = self.groups.get(at) else {
            return Ok(Named::New(at));
        };
        if depth > UNITS_ABOVE_MAX {
            return Err(Reason::TooDeep(group.name.clone()));
        }
        Ok(match self.above(places, group, depth + 1)? {
            Some(Named::Known(parent)) => self
                .known
                .get(&(parent, key_text(&group.code, &group.name)))
                .map_or(Named::New(at), |record| Named::Known(*record)),
            _ => Named::New(at),
        })
    }

    fn above(&self, places: &mut Places<'_>, group: &Group, depth: usize) -> Result<Option<Named>, Reason> {
        if group.parent_code.is_empty() && group.parent.is_empty() {
            return Ok(places.default().map(Named::Known));
        }
        self.named(places, &group.parent_code, &group.parent, depth)
            .map(Some)
    }

    /// The old district above a unit that ends: of the ledger, or new below the unit of lines that name none.
    fn district(&mut self, row: u32, group: &Group, top: RecordId, basis: &str) -> Option<Named> {
        let key = key_text(&group.parent_code, &group.parent);
        let is_district = kind_of(&group.parent) == Some(UnitKind::District);
        if !is_district || group.parent_code.is_empty() {
            return None;
        }
        let number = self.groups.len() + self.districts.len();
        let known = self.known.get(&(top, key.clone())).copied();
        let (_, district, _) = self.districts.entry(key).or_insert_with(|| {
            let district = NewUnit {
                unit: known.map_or(Named::New(number), Named::Known),
                kind: UnitKind::District,
                name: group.parent.clone(),
                code: Some(group.parent_code.clone()),
                other_code: None,
                parent: Named::Known(top),
                basis: basis.to_owned(),
                opened: Some(None),
                closing: None,
            };
            (row, district, top)
        });
        Some(district.unit)
    }

    fn line(
        &mut self,
        line: &mut Taking<'_, '_>,
        places: &mut Places<'_>,
        at: usize,
    ) -> Option<Said<NewUnit>> {
        let group = self.groups.get(at)?.clone();
        let name = line.required_text("name", NAME_BYTES_MAX);
        let said_kind = line.word("kind", &KINDS, &[]);
        let kind = said_kind.or_else(|| kind_of(&name));
        if kind.is_none() && line.is_whole() {
            line.refuse("kind", Reason::Empty);
        }
        line.text("code", CODE_BYTES_MAX);
        let other_code = Some(line.text("other_code", CODE_BYTES_MAX)).filter(|code| !code.is_empty());
        let basis = line.text("basis", TEXT_BYTES_MAX);
        let opened = line.day("opened");
        let closed = line.day("closed").or(self.date);
        let extent = line
            .word("extent", &EXTENTS, OTHER_EXTENTS)
            .unwrap_or(Extent::Whole);
        let (successor_code, successor) = (
            line.text("successor_code", CODE_BYTES_MAX),
            line.text("successor", NAME_BYTES_MAX),
        );
        let ends = !group.survives;
        let district = match (ends, places.default()) {
            // A list that has the district's own line says all of it.
            (true, Some(top)) => match self.by_both.get(&key_text(&group.parent_code, &group.parent)) {
                Some(listed) => self.group(places, *listed, 0).ok(),
                None => self.district(line.row(), &group, top, &basis),
            },
            _ => None,
        };
        let parent = match district {
            Some(district) => Some(district),
            None => match self.above(places, &group, 0) {
                Ok(parent) => parent,
                Err(reason) => {
                    line.refuse(
                        if group.parent_code.is_empty() {
                            "parent"
                        } else {
                            "parent_code"
                        },
                        reason,
                    );
                    None
                }
            },
        };
        if parent.is_none() && line.is_whole() {
            line.refuse("parent", Reason::NoUnit);
        }
        if ends {
            let found = self.named(places, &successor_code, &successor, 0);
            match (found, closed) {
                (Ok(found), Some(date)) => self.close(at, found, extent, date, district),
                (Ok(_), None) => line.refuse("closed", Reason::NoDay),
                (Err(reason), _) => line.refuse(
                    if successor_code.is_empty() {
                        "successor"
                    } else {
                        "successor_code"
                    },
                    reason,
                ),
            }
        }
        let of_group = self.groups.get_mut(at)?;
        of_group.failed |= !line.is_whole();
        let closing = of_group.closing.clone();
        if closing
            .as_ref()
            .is_some_and(|closing| closing.successors.len() > SUCCESSORS_MAX)
        {
            line.refuse("successor", Reason::TooMany(SUCCESSORS_MAX));
        }
        // A unit with several successors has as many lines: the last one speaks for all.
        if of_group.last_row != line.row() || of_group.failed {
            return None;
        }
        let (kind, parent) = (kind?, parent?);
        let from_table = if ends { opened } else { opened.or(self.date) };
        let new = NewUnit {
            unit: Named::New(at),
            kind,
            name,
            code: Some(group.code.clone()).filter(|code| !code.is_empty()),
            other_code,
            parent,
            basis,
            opened: (ends || from_table.is_some()).then_some(from_table),
            closing,
        };
        let nearest = match parent {
            Named::Known(parent) => parent,
            Named::New(_) => places.default()?,
        };
        let text = match parent {
            Named::Known(_) => key_text(&group.code, &group.name),
            Named::New(number) => format!("{number} {}", key_text(&group.code, &group.name)),
        };
        Some(said(new, nearest, text))
    }

    /// Notes who takes the place of a unit, and so of its district.
    fn close(&mut self, at: usize, successor: Named, extent: Extent, date: Date, district: Option<Named>) {
        let fresh = || Closing {
            date,
            successors: BTreeMap::new(),
        };
        if let Some(group) = self.groups.get_mut(at) {
            group.closing.get_or_insert_with(fresh).add(successor, extent);
        }
        let mut above = self.districts.values_mut().map(|(_, unit, _)| unit);
        if let Some(unit) = above.find(|unit| Some(unit.unit) == district) {
            unit.closing
                .get_or_insert_with(fresh)
                .add(successor, Extent::Whole);
        }
    }
}

fn said(new: NewUnit, nearest: RecordId, text: String) -> Said<NewUnit> {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    Said {
        key: (nearest, text),
        apart: Apart::Nothing("name"),
        values: vec![
            ("name", new.name.clone()),
            ("kind", new.kind.to_string()),
            ("opened", day(new.opened.flatten())),
            ("closed", day(new.closing.as_ref().map(|closing| closing.date))),
        ],
        sums: [i64::from(new.closing.is_none() && new.opened.is_some()), 0, 0],
        new,
    }
}

impl Kind for Units {
    const COLUMNS: &'static [Column] = COLUMNS;
    const SUMS: &'static [(&'static str, &'static str)] = &[("open", "cli.label.open_units")];
    type New = NewUnit;

    fn read(&mut self, line: &mut Taking<'_, '_>, places: &mut Places<'_>) -> Option<Said<NewUnit>> {
        let at = *self.of_row.get(&line.row())?;
        self.line(line, places, at)
    }

    fn in_passing(&mut self) -> Vec<(u32, Said<NewUnit>)> {
        let districts = self
            .districts
            .values()
            .filter(|(_, unit, _)| unit.closing.is_some());
        let said = districts.map(|(row, unit, top)| {
            let text = key_text(unit.code.as_deref().unwrap_or_default(), &unit.name);
            (*row, said(unit.clone(), *top, text))
        });
        said.collect()
    }

    fn held(&self) -> Vec<Held> {
        let held = |(at, (record, view)): (usize, &(RecordId, UnitView))| Held {
            at,
            record: *record,
            keys: keys(view),
            unit: view.path.last().copied(),
            sums: [i64::from(view.stage == UnitStage::Open), 0, 0],
        };
        self.all.iter().enumerate().map(held).collect()
    }

    fn values(&self, held: &Held) -> Values {
        let Some((_, view)) = self.all.get(held.at) else {
            return Vec::new();
        };
        let days = [
            ("opened", written(&view.opened)),
            ("closed", written(&view.closed)),
        ];
        // What the ledger does not say may be added.
        let said = days.into_iter().filter(|(_, day)| !day.is_empty());
        std::iter::once(("kind", written(&view.kind)))
            .chain(said)
            .collect()
    }

    fn addition(&self, new: &NewUnit, held: &Held) -> Option<NewUnit> {
        let (record, view) = self.all.get(held.at)?;
        let opened = new.opened.filter(|_| view.stage == UnitStage::Planned);
        let closing = new.closing.clone().filter(|_| view.stage != UnitStage::Closed);
        (opened.is_some() || closing.is_some()).then(|| NewUnit {
            unit: Named::Known(*record),
            opened,
            closing,
            other_code: None,
            ..new.clone()
        })
    }
}

/// What units of any time are known again by: code and name below the unit above.
fn keys(view: &UnitView) -> Vec<(RecordId, String)> {
    let Some(parent) = view.path.last().copied() else {
        return Vec::new();
    };
    let codes: Vec<&str> = view.codes().into_iter().chain(view.other_codes()).collect();
    let codes = if codes.is_empty() { vec![""] } else { codes };
    let names: Vec<&str> = view.names().into_iter().chain(view.other_names()).collect();
    let of = |code: &&str| {
        names
            .iter()
            .map(|name| (parent, key_text(code, name)))
            .collect::<Vec<_>>()
    };
    let mut keys: Vec<(RecordId, String)> = codes.iter().flat_map(of).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn key_text(code: &str, name: &str) -> String {
    format!("{code} {}", fold(name))
}

/// The kind that a name begins with.
fn kind_of(name: &str) -> Option<UnitKind> {
    let name = fold(name);
    let begins = |word: &str| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '));
    NAMED_KINDS
        .iter()
        .find(|(word, _)| begins(word))
        .map(|(_, kind)| *kind)
}

/// A code with the zeros that spreadsheets take away from those of communes.
fn padded(code: &str, kind: Option<UnitKind>) -> String {
    let digits = match kind {
        Some(UnitKind::Commune | UnitKind::Ward | UnitKind::Township | UnitKind::SpecialZone) => 5,
        _ => 0,
    };
    match !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("{code:0>digits$}"),
        false => code.to_owned(),
    }
}
