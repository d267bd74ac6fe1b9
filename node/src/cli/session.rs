//! What one command works with: language, home folder, the connection to the daemon, and what it has read there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use data_encoding::BASE64;
use soxa_lang::Lang;
use soxa_ledger::{NetworkId, OpId, RecordId};
use soxa_office::problems::Reason;
use soxa_records::asset::AssetView;
use soxa_records::compose::At;
use soxa_records::dossier::view::DossierView;
use soxa_records::inventory::view::InventoryView;
use soxa_records::person::view::PersonView;
use soxa_records::unit::UnitStage;
use soxa_records::unit::view::{Designation, UnitView};
use soxa_records::{CanonicalState, Date, RecordKind};

use crate::client::Client;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::RecordReport;
use crate::failure::Failure;
use crate::home::Home;
use crate::output::short;
use crate::resolve::{Candidate, Directory, Unnamed};
use crate::search::PartOfCode;

/// Dossiers among which one is looked for by a part of its code: far more than a message lists.
const CODED_MAX: u32 = 50;

/// One command's surroundings.
pub struct Session {
    /// The reader's language.
    pub lang: Lang,
    /// The home folder.
    pub home: Home,
    client: Option<Client>,
    units: Option<Rc<Units>>,
    names: BTreeMap<RecordId, String>,
    key_file: Option<PathBuf>,
}

/// A record with its decoded state.
#[derive(Debug, Clone)]
pub struct Read {
    /// The record.
    pub id: RecordId,
    /// What the daemon said of it.
    pub report: RecordReport,
    /// Its state.
    pub state: CanonicalState,
}

impl Read {
    /// Where the next operation on the record goes.
    ///
    /// # Errors
    /// When the daemon answered with what is no operation.
    pub fn at(&self) -> Result<At, Failure> {
        let parsed = self
            .report
            .heads
            .iter()
            .map(|head| head.parse::<OpId>())
            .collect::<Result<Vec<_>, _>>();
        parsed.map(|heads| At::new(self.id, &heads)).map_err(|error| {
            Failure::new(
                "errors.socket_garbage",
                &[("socket", &"soxa.sock"), ("reason", &error)],
            )
        })
    }
}

/// All units of the network as this node knows them.
#[derive(Debug, Default)]
pub struct Units {
    all: Vec<(RecordId, UnitView)>,
    directory: Directory,
}

impl Units {
    /// These units.
    pub fn of(all: Vec<(RecordId, UnitView)>) -> Self {
        Self {
            directory: Directory::of(all.iter().map(|(id, view)| unit_candidate(*id, view))),
            all,
        }
    }

    /// Units of these names.
    #[cfg(test)]
    pub fn known(names: &[(RecordId, &str)]) -> Self {
        use soxa_records::{Field, Written};
        let name = |name: &str| Field {
            values: vec![Written {
                value: name.to_owned(),
                op: OpId([0; 32]),
            }],
        };
        let view = |text: &str| {
            let mut view = UnitView::of(&CanonicalState {
                kind: Some(soxa_records::RecordKind::Unit),
                ..CanonicalState::default()
            })?;
            view.name = name(text);
            Some(view)
        };
        Self::of(
            names
                .iter()
                .filter_map(|(id, name)| Some((*id, view(name)?)))
                .collect(),
        )
    }

    /// The units.
    pub fn all(&self) -> &[(RecordId, UnitView)] {
        &self.all
    }

    /// One unit.
    pub fn get(&self, id: &RecordId) -> Option<&UnitView> {
        self.all.iter().find(|(unit, _)| unit == id).map(|(_, view)| view)
    }

    /// A unit's name for people; its first digits while its record is unknown.
    pub fn name(&self, id: &RecordId) -> String {
        let names = self
            .get(id)
            .map(|view| shown(view.name.distinct()))
            .unwrap_or_default();
        if names.is_empty() {
            short(&id.to_string())
        } else {
            names
        }
    }

    /// The unit with all units above it, the province first.
    pub fn path(&self, id: &RecordId) -> Vec<RecordId> {
        let mut path = self.get(id).map(|view| view.path.clone()).unwrap_or_default();
        path.push(*id);
        path
    }

    /// What a unit is called on a day.
    pub fn designation(&self, id: &RecordId, day: Date) -> Designation {
        self.get(id).map(|view| view.on(day)).unwrap_or_default()
    }

    /// The unit that somebody means: by any name or code, of today or of old.
    ///
    /// # Errors
    /// When it fits none or several.
    pub fn find(&self, text: &str) -> Result<RecordId, Failure> {
        self.directory.find(text)
    }

    /// The unit that somebody names, when one is named.
    ///
    /// # Errors
    /// As for [`Units::find`].
    pub fn find_any(&self, text: Option<&str>) -> Result<Option<RecordId>, Failure> {
        text.map(|text| self.find(text)).transpose()
    }

    /// The unit that a table names in full.
    ///
    /// # Errors
    /// When it names none or several, with those that come near.
    pub fn named(&self, text: &str) -> Result<RecordId, Reason> {
        let value = text.to_owned();
        self.directory.named(text).map_err(|unnamed| match unnamed {
            Unnamed::Nearly(near) => Reason::UnknownUnit { value, near },
            Unnamed::Several(near) => Reason::SeveralUnits { value, near },
        })
    }

    /// Every unit that the text may mean, the best first.
    pub fn search(&self, text: &str) -> Vec<RecordId> {
        self.directory.search(text)
    }

    /// The units at work that have in the end taken over what a unit was, each once; the unit itself while it is not closed.
    pub fn today(&self, id: &RecordId) -> Vec<RecordId> {
        let mut seen = std::collections::BTreeSet::new();
        let mut waiting = vec![*id];
        let mut found = Vec::new();
        while let Some(unit) = waiting.pop() {
            if !seen.insert(unit) {
                continue;
            }
            match self.get(&unit) {
                Some(view) if view.stage == UnitStage::Closed => {
                    waiting.extend(view.successors.iter().rev().map(|one| one.unit));
                }
                _ => found.push(unit),
            }
        }
        found
    }
}

/// Several values as people read them: each once, with a slash between.
pub fn shown<T: ToString>(values: Vec<T>) -> String {
    values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" / ")
}

impl Session {
    /// Nothing is connected yet.
    pub fn new(lang: Lang, home: Home) -> Self {
        Self {
            lang,
            home,
            client: None,
            units: None,
            names: BTreeMap::new(),
            key_file: None,
        }
    }

    /// The official's key file: the one given, otherwise the one that is answered, asked for once.
    ///
    /// # Errors
    /// When none is given and nobody can be asked.
    pub fn key_file(&mut self, given: Option<&Path>) -> Result<PathBuf, Failure> {
        if let Some(file) = given.or(self.key_file.as_deref()) {
            return Ok(file.to_owned());
        }
        let file = super::asking::key_file(self.lang)?;
        Ok(self.key_file.insert(file).clone())
    }

    /// The connection to the daemon.
    ///
    /// # Errors
    /// When there is no node here or it does not run.
    pub fn client(&mut self) -> Result<&mut Client, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::connect(&self.home)?,
        };
        Ok(self.client.insert(client))
    }

    /// The network that the home folder belongs to.
    ///
    /// # Errors
    /// When the folder is not initialised or its genesis statement does not hold.
    pub fn network(&self) -> Result<NetworkId, Failure> {
        Ok(self.home.network()?.0)
    }

    /// All units, read once.
    ///
    /// # Errors
    /// When the daemon cannot be asked.
    pub fn units(&mut self) -> Result<Rc<Units>, Failure> {
        if let Some(units) = &self.units {
            return Ok(Rc::clone(units));
        }
        let units = Rc::new(Units::of(self.viewed("unit", UnitView::of)?));
        self.units = Some(Rc::clone(&units));
        Ok(units)
    }

    /// All records of a kind.
    ///
    /// # Errors
    /// When the daemon cannot be asked or answers with what is no record.
    pub fn records(&mut self, kind: &str) -> Result<Vec<Read>, Failure> {
        let mut all = Vec::new();
        self.each(kind, |read| all.push(read))?;
        all.iter().for_each(|read| self.remember(read));
        Ok(all)
    }

    /// All records of a kind one after the other: none is kept but what `take` keeps.
    ///
    /// # Errors
    /// As for [`Session::records`].
    pub fn each(&mut self, kind: &str, mut take: impl FnMut(Read)) -> Result<(), Failure> {
        self.client()?.each_record(kind, |report| {
            take(decoded(report)?);
            Ok(())
        })
    }

    /// All records of a kind as they are read.
    ///
    /// # Errors
    /// As for [`Session::records`].
    pub fn viewed<V>(
        &mut self,
        kind: &str,
        view: impl Fn(&CanonicalState) -> Option<V>,
    ) -> Result<Vec<(RecordId, V)>, Failure> {
        let read = self.records(kind)?.into_iter();
        Ok(read
            .filter_map(|read| Some((read.id, view(&read.state)?)))
            .collect())
    }

    /// One record by its whole id.
    ///
    /// # Errors
    /// As for [`Session::records`].
    pub fn record(&mut self, id: RecordId) -> Result<Read, Failure> {
        let found = decoded(self.client()?.record(&id.to_string())?)?;
        self.remember(&found);
        Ok(found)
    }

    fn remember(&mut self, read: &Read) {
        let known = candidate(read.id, &read.state);
        let words: Vec<&str> = known
            .codes
            .iter()
            .chain(&known.names)
            .map(String::as_str)
            .filter(|w| !w.is_empty())
            .collect();
        if !words.is_empty() {
            self.names.insert(read.id, words.join(" "));
        }
    }

    /// Remembers what something is called in previews: a post or an assignment, by the operation that made it.
    pub fn call(&mut self, op: OpId, name: String) {
        self.names.insert(op.into(), name);
    }

    /// A record as it is called in previews: code and name where this command has read it, otherwise the first digits.
    pub fn name(&self, id: &RecordId) -> String {
        self.names
            .get(id)
            .cloned()
            .unwrap_or_else(|| short(&id.to_string()))
    }

    /// The records of a kind among which all these texts can be looked up: those named, when each text is a whole id,
    /// otherwise all of the kind. A province has far more records than one act is about.
    ///
    /// # Errors
    /// As for [`Session::find`].
    pub fn named<'a>(
        &mut self,
        kind: &str,
        texts: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Vec<Read>, Failure> {
        if texts.clone().all(|text| text.parse::<RecordId>().is_ok()) {
            texts.map(|text| self.find(kind, text)).collect()
        } else {
            self.records(kind)
        }
    }

    /// The record of a kind that somebody means.
    ///
    /// # Errors
    /// As for [`Session::records`], and when the text fits no record or several.
    pub fn find(&mut self, kind: &str, text: &str) -> Result<Read, Failure> {
        if let Ok(id) = text.parse::<RecordId>() {
            let found = self.record(id)?;
            if found.state.kind.is_some_and(|k| k.as_str() == kind) {
                return Ok(found);
            }
            return Err(Failure::new("errors.unknown_record", &[("id", &text)]));
        }
        if kind == RecordKind::Dossier.as_str()
            && let Some(found) = self.dossier_with_code(text)?
        {
            return Ok(found);
        }
        if kind == RecordKind::Dossier.as_str() && PartOfCode::of(text).names_something() {
            let coded = self.dossiers_coded_like(text, CODED_MAX)?;
            if !coded.is_empty() {
                return find_among(text, &coded).cloned();
            }
        }
        let all = self.records(kind)?;
        find_among(text, &all).cloned()
    }

    /// The record of a kind that somebody means, as it is read.
    ///
    /// # Errors
    /// As for [`Session::find`].
    pub fn find_viewed<V>(
        &mut self,
        kind: &str,
        text: &str,
        view: impl Fn(&CanonicalState) -> Option<V>,
    ) -> Result<(Read, V), Failure> {
        let read = self.find(kind, text)?;
        let view = view(&read.state).ok_or_else(|| super::fields::not_that_kind(&read))?;
        Ok((read, view))
    }

    /// The dossiers in whose codes each word of a text stands, at most so many.
    ///
    /// # Errors
    /// As for [`Session::records`].
    pub fn dossiers_coded_like(&mut self, text: &str, most: u32) -> Result<Vec<Read>, Failure> {
        let part = text.to_owned();
        let client = self.client()?;
        let ids = match client.call(Request::CodedLike { part, most })? {
            Reply::Found(ids) => ids,
            other => return Err(client.other_reply(&other)),
        };
        let read = ids.iter().map(|id| decoded(self.client()?.record(id)?));
        let read: Vec<Read> = read.collect::<Result<_, _>>()?;
        read.iter().for_each(|read| self.remember(read));
        Ok(read)
    }
}

impl Session {
    /// The dossier with exactly this code, if there is one and no other.
    fn dossier_with_code(&mut self, code: &str) -> Result<Option<Read>, Failure> {
        let code = code.to_owned();
        let client = self.client()?;
        match client.call(Request::Coded { code })? {
            Reply::Found(ids) => match ids.as_slice() {
                [only] => decoded(client.record(only)?).map(Some),
                _ => Ok(None),
            },
            other => Err(client.other_reply(&other)),
        }
    }
}

/// The record that somebody means, among those read.
///
/// # Errors
/// When the text fits none or several.
pub fn find_among<'a>(text: &str, all: &'a [Read]) -> Result<&'a Read, Failure> {
    let id = directory(all).find(text)?;
    all.iter()
        .find(|read| read.id == id)
        .ok_or_else(|| Failure::new("errors.unknown_record", &[("id", &text)]))
}

/// What records are called, to look several of them up.
pub fn directory(all: &[Read]) -> Directory {
    Directory::of(all.iter().map(|read| candidate(read.id, &read.state)))
}

fn candidate(id: RecordId, state: &CanonicalState) -> Candidate {
    if let Some(unit) = UnitView::of(state) {
        return unit_candidate(id, &unit);
    }
    let owned = |texts: Vec<&String>| texts.into_iter().cloned().collect::<Vec<String>>();
    let (codes, names) = if let Some(asset) = AssetView::of(state) {
        (owned(asset.code.distinct()), owned(asset.name.distinct()))
    } else if let Some(person) = PersonView::of(state) {
        let known = Candidate::new(id, Vec::new(), owned(person.name.distinct()));
        return known.told_apart_by(shown(person.birth_year.distinct()));
    } else if let Some(dossier) = DossierView::of(state) {
        (owned(dossier.code.distinct()), Vec::new())
    } else if let Some(inventory) = InventoryView::of(state) {
        // As it is called in previews: an inventory has no name of its own.
        let name = format!("{} {}", inventory.unit_name, inventory.as_of);
        (Vec::new(), vec![name])
    } else {
        (Vec::new(), Vec::new())
    };
    Candidate::new(id, codes, names)
}

fn unit_candidate(id: RecordId, unit: &UnitView) -> Candidate {
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<String>>();
    Candidate {
        id,
        codes: owned(unit.codes()),
        names: owned(unit.names()),
        other_codes: owned(unit.other_codes().collect()),
        other_names: owned(unit.other_names().collect()),
        ended: unit.stage == UnitStage::Closed,
        apart: String::new(),
    }
}

/// A record as the daemon reports it, with its state decoded.
///
/// # Errors
/// When the report is no record.
pub fn decoded(report: RecordReport) -> Result<Read, Failure> {
    let garbage = |reason: &dyn std::fmt::Display| {
        Failure::new(
            "errors.socket_garbage",
            &[("socket", &"soxa.sock"), ("reason", reason)],
        )
    };
    let id = report.id.parse().map_err(|e| garbage(&e))?;
    let bytes = BASE64.decode(report.state.as_bytes()).map_err(|e| garbage(&e))?;
    let state = CanonicalState::decode(&bytes).map_err(|e| garbage(&e))?;
    Ok(Read { id, report, state })
}
