//! Codes of dossiers: the next that this node may give, and what stands against one that is given.
//!
//! Two nodes of one office that have no link must never give one code. Each has numbers of its own, which the office's head
//! assigned to it (`unit.numbers`); the node of the office that was admitted first has, without that, all that no other has. A
//! node in a new life of its store may have lost what it gave on the day that the life began: until another reader of the
//! office's dossiers confirms what it holds, it gives no code of such a day by itself. Codes that came with a
//! register of the time before use no numbers up: they are only never given again.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::EngineError;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::statement::Fact;
use soxa_ledger::{Commit, NodeKey, OpId, RecordId, RecordRef, Seq, Time};
use soxa_records::dossier::DossierOperation;
use soxa_records::dossier::code::{CodePattern, numbers_beside};
use soxa_records::dossier::view::DossierView;
use soxa_records::reference::ReferenceTable;
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{NumberBlock, UnitStage};
use soxa_records::working_days::day_of;
use soxa_records::{Date, RecordKind, TypedOperation, decode};

use super::answers::{Answer, Answers, local};
use super::objections::{warn, with};
use crate::control::protocol::{Objection, Refusal, Reply};
use crate::control::reports::ConflictReport;
use crate::search::PartOfCode;

/// The key under which the pattern of dossiers' codes is published.
const PATTERN_KEY: &str = "dossier";
/// Dossiers that one answer names by a part of their codes: more than people look through.
const CODED_LIKE_MAX: usize = 1_001;

/// The unit under whose code an office numbers its dossiers.
struct Numbering {
    /// The unit with those above it, the province first.
    path: Vec<RecordId>,
    code: String,
    numbers: Vec<(NodeKey, NumberBlock)>,
}

impl Answers<'_> {
    /// The dossiers with a code.
    pub(super) fn coded(&self, code: &str) -> Answer<Reply> {
        let dossiers = self.with_code(code).map_err(|error| local(&error))?;
        let ids = dossiers.iter().map(ToString::to_string);
        Ok(Reply::Found(ids.collect()))
    }

    /// The dossiers whose codes have a text in them.
    pub(super) fn coded_like(&self, part: &str, most: u32) -> Answer<Reply> {
        let part = PartOfCode::of(part);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(CODED_LIKE_MAX);
        let found = self.engine.dossiers_with_codes(|code| part.is_in(code), most);
        let mut now = Vec::new();
        for dossier in found.map_err(|error| local(&error))? {
            // One that was given another code since has it in no list.
            let view = DossierView::of(self.history(dossier)?.state());
            let has = view.is_some_and(|view| view.code.distinct().iter().any(|code| part.is_in(code)));
            now.extend(has.then(|| dossier.to_string()));
        }
        Ok(Reply::Found(now))
    }

    /// The next code that this node may give a dossier of an office on a day.
    pub(super) fn free_code(&self, office: RecordId, day: u64) -> Answer<Reply> {
        let day = Date::from_number(day).map_err(|error| Refusal::BadRequest {
            what: error.to_string(),
        })?;
        match self.next_code(office, day).map_err(|error| local(&error))? {
            Ok(code) => Ok(Reply::FreeCode { code }),
            Err(objection) => Err(Refusal::Objections(vec![objection])),
        }
    }

    /// A dossier's code is its own: the objection names the next that is free.
    pub(super) fn object_to_code(
        &self,
        commit: &Commit,
        own: &RecordRef,
        code: &str,
        given: Time,
    ) -> Result<Vec<Objection>, EngineError> {
        let others = self.with_code(code)?.into_iter();
        let Some(other) = others.into_iter().find(|id| *own != RecordRef::Id(*id)) else {
            return Ok(Vec::new());
        };
        let mut values = vec![("code", code.to_owned()), ("dossier", other.short())];
        let office = self.office_of(commit, own)?;
        let day = day_of(given).map(|(day, _)| day);
        if let (Some(office), Some(day)) = (office, day)
            && let Ok(next) = self.next_code(office, day)?
        {
            values.push(("next", next));
            return Ok(vec![with("verdicts.warning.dossier_code_taken", &values)]);
        }
        Ok(vec![with("verdicts.warning.code_taken", &values)])
    }

    /// The same of a code that is given now, and was not copied from a register of before: its number should be this node's.
    pub(super) fn object_to_new_code(
        &self,
        commit: &Commit,
        own: &RecordRef,
        code: &str,
        given: Time,
    ) -> Result<Vec<Objection>, EngineError> {
        let taken = self.object_to_code(commit, own, code, given)?;
        if !taken.is_empty() {
            return Ok(taken);
        }
        let warning = self.object_to_number(commit, own, code, given)?;
        Ok(warning.into_iter().collect())
    }

    /// A number that another node gives is warned of: that node may give it at any time.
    fn object_to_number(
        &self,
        commit: &Commit,
        own: &RecordRef,
        code: &str,
        given: Time,
    ) -> Result<Option<Objection>, EngineError> {
        let day = day_of(given).map(|(day, _)| day);
        let (Some(office), Some(day)) = (self.office_of(commit, own)?, day) else {
            return Ok(None);
        };
        let numbering = self.numbering(office)?;
        let Some(number) = self.code_pattern(day)?.number(code, &numbering.code, day) else {
            return Ok(None);
        };
        let giver = self.giver_of(&numbering, number)?;
        let giver = giver.filter(|node| *node != self.engine.node());
        Ok(giver.map(|node| {
            let values = [
                ("code", code.to_owned()),
                ("number", number.to_string()),
                ("node", node.to_string()),
            ];
            warn("verdicts.warning.number_of_other_node", &values)
        }))
    }

    /// The node that gives a number: one that has it, another than this one if several do; else the first one, if it has no
    /// numbers of its own.
    fn giver_of(&self, numbering: &Numbering, number: u32) -> Result<Option<NodeKey>, EngineError> {
        let having = numbering.numbers.iter();
        let having = having.filter(|(_, block)| (block.first..=block.last).contains(&number));
        let having: BTreeSet<NodeKey> = having.map(|(node, _)| *node).collect();
        let own = self.engine.node();
        if let Some(node) = having.iter().find(|node| **node != own).or(having.first()) {
            return Ok(Some(*node));
        }
        let has_own = |first: &NodeKey| numbering.numbers.iter().any(|(node, _)| node == first);
        Ok(self.first_node(numbering)?.filter(|first| !has_own(first)))
    }

    /// The dossiers that have a code now.
    fn with_code(&self, code: &str) -> Result<Vec<RecordId>, EngineError> {
        let mut found = Vec::new();
        for dossier in self.engine.dossiers_with_code(code)? {
            let history = self.engine.history(dossier)?;
            let view = DossierView::of(history.state());
            if view.is_some_and(|view| view.code.distinct().iter().any(|own| *own == code)) {
                found.push(dossier);
            }
        }
        Ok(found)
    }

    /// The office that receives a dossier: as the commit registers it, or as its record says.
    fn office_of(&self, commit: &Commit, own: &RecordRef) -> Result<Option<RecordId>, EngineError> {
        if let RecordRef::Id(dossier) = own {
            let history = self.engine.history(*dossier)?;
            return Ok(DossierView::of(history.state()).and_then(|view| view.receiving));
        }
        let registered = commit.operations.iter().find_map(|operation| {
            match decode(&operation.kind, operation.version, &operation.body) {
                Ok(TypedOperation::Dossier(DossierOperation::Register(register))) => Some(register),
                _ => None,
            }
        });
        Ok(registered.map(|register| register.receiving.unit))
    }

    /// The next code of an office on a day, or why this node gives none.
    fn next_code(&self, office: RecordId, day: Date) -> Result<Result<String, Objection>, EngineError> {
        let numbering = self.numbering(office)?;
        let pattern = self.code_pattern(day)?;
        let unit = [("unit", numbering.code.clone())];
        if self.may_have_forgotten(&numbering, &pattern, day)? {
            return Ok(Err(with("verdicts.warning.numbers_uncertain", &unit)));
        }
        let blocks = self.own_blocks(&numbering)?;
        if blocks.is_empty() {
            let node = ("node", self.engine.node().to_string());
            let [unit] = unit;
            return Ok(Err(with("verdicts.warning.no_numbers", &[unit, node])));
        }
        let known = self.engine.codes_from(&pattern.start(&numbering.code, day))?;
        let known: BTreeMap<&str, &BTreeSet<RecordId>> = known
            .iter()
            .map(|(code, dossiers)| (code.as_str(), dossiers))
            .collect();
        let mut fault = None;
        let copied = |code: &str| {
            let dossiers = known.get(code).into_iter().copied().flatten();
            self.is_copied(code, dossiers)
                .unwrap_or_else(|error| fault.replace(error).is_some())
        };
        let next = pattern.next(&numbering.code, day, &blocks, known.keys().copied(), copied);
        if let Some(fault) = fault {
            return Err(fault);
        }
        Ok(next.ok_or_else(|| {
            let [unit] = unit;
            let values = [
                unit,
                ("day", day.to_string()),
                ("node", self.engine.node().to_string()),
            ];
            with("verdicts.warning.no_number_left", &values)
        }))
    }

    /// Whether a code is one of the time before: every dossier that has it was copied with it from a register.
    fn is_copied<'a>(
        &self,
        code: &str,
        dossiers: impl Iterator<Item = &'a RecordId>,
    ) -> Result<bool, EngineError> {
        for dossier in dossiers {
            let view = DossierView::of(self.engine.history(*dossier)?.state());
            let copied = view.is_some_and(|view| {
                let recoded = view.acts.iter().any(|act| act.act == "dossier.recode");
                view.transcribed().is_some()
                    && !recoded
                    && view.code.distinct().iter().any(|own| *own == code)
            });
            if !copied {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// An office without a code of its own numbers under that of the nearest unit above it.
    fn numbering(&self, office: RecordId) -> Result<Numbering, EngineError> {
        let mut path = self.path_of(&office)?;
        while let Some(unit) = path.last().copied() {
            let view = UnitView::of(self.engine.history(unit)?.state());
            let code = view
                .as_ref()
                .and_then(|view| view.codes().first().map(|code| (*code).to_owned()));
            if let (Some(code), Some(view)) = (code, view) {
                return Ok(Numbering {
                    path,
                    code,
                    numbers: view.numbers,
                });
            }
            path.pop();
        }
        Ok(Numbering {
            path: vec![office],
            code: String::new(),
            numbers: Vec::new(),
        })
    }

    /// A unit with all units above it, the province first.
    fn path_of(&self, unit: &RecordId) -> Result<Vec<RecordId>, EngineError> {
        let view = match self.engine.history(*unit) {
            Ok(history) => UnitView::of(history.state()),
            Err(EngineError::NoRecord(_)) => None,
            Err(fault) => return Err(fault),
        };
        let mut path = view.map(|view| view.path).unwrap_or_default();
        path.push(*unit);
        Ok(path)
    }

    /// The pattern that holds on a day; the default where none does, or what was published is none.
    fn code_pattern(&self, day: Date) -> Result<CodePattern, EngineError> {
        let published = self.references()?;
        let held = published.iter().filter_map(|reference| reference.view.on(day));
        let mut patterns = held.filter(|(_, version)| {
            version.table == ReferenceTable::CodePattern && version.key == PATTERN_KEY
        });
        let pattern = patterns.next().map(|(_, version)| CodePattern::read(version));
        Ok(pattern.and_then(Result::ok).unwrap_or_default())
    }

    /// The numbers that this node gives. What officials gave to it and to another at once neither of them gives.
    fn own_blocks(&self, numbering: &Numbering) -> Result<Vec<NumberBlock>, EngineError> {
        let node = self.engine.node();
        let (own, others): (Vec<_>, Vec<_>) = numbering.numbers.iter().partition(|(of, _)| *of == node);
        let others: Vec<NumberBlock> = others.into_iter().map(|(_, block)| block.clone()).collect();
        let beside = numbers_beside(&others);
        if own.is_empty() {
            let is_first = self.first_node(numbering)? == Some(node);
            return Ok(if is_first { beside } else { Vec::new() });
        }
        let common = |one: &NumberBlock, other: &NumberBlock| {
            let (first, last) = (one.first.max(other.first), one.last.min(other.last));
            (first <= last).then_some(NumberBlock { first, last })
        };
        let own = own.iter().map(|(_, block)| block);
        Ok(own
            .flat_map(|block| beside.iter().filter_map(|free| common(block, free)))
            .collect())
    }

    /// Of the nodes of the numbering unit and the units below it the one that was admitted first; where it has none, of the
    /// nearest unit above that has.
    fn first_node(&self, numbering: &Numbering) -> Result<Option<NodeKey>, EngineError> {
        let mut nodes = Vec::new();
        for (node, unit) in self.engine.authority().admitted_nodes() {
            nodes.push((self.admitted_since(&node), node, self.path_of(&unit)?));
        }
        nodes.sort();
        for (depth, unit) in numbering.path.iter().enumerate().rev() {
            let below = depth + 1 == numbering.path.len();
            let of_unit = |path: &[RecordId]| match below {
                true => path.contains(unit),
                false => path.last() == Some(unit),
            };
            if let Some((_, node, _)) = nodes.iter().find(|(_, _, path)| of_unit(path)) {
                return Ok(Some(*node));
            }
        }
        Ok(None)
    }

    /// When a node was first admitted; zero for one of the founding.
    fn admitted_since(&self, node: &NodeKey) -> Time {
        let authority = self.engine.authority();
        let admissions = authority.statements().filter(|(statement, verdict)| {
            verdict.is_valid() && matches!(&statement.fact, Fact::Admission(one) if one.node == *node)
        });
        let times = admissions.flat_map(|(statement, _)| authority.positions_of(&statement.id));
        times.map(|at| at.time).min().unwrap_or(Time(0))
    }

    /// Whether this node may have given codes of that day that it does not hold any more.
    fn may_have_forgotten(
        &self,
        numbering: &Numbering,
        pattern: &CodePattern,
        day: Date,
    ) -> Result<bool, EngineError> {
        if self.engine.earlier_feeds() == 0 {
            return Ok(false);
        }
        let readers = numbering.path.get(..2).unwrap_or(&numbering.path);
        let confirmed = self.live.equal.iter().any(|node| {
            let unit = self.engine.unit_of(node);
            unit.is_some_and(|unit| readers.contains(&unit))
        });
        if confirmed {
            return Ok(false);
        }
        let began = self.life_began()?.and_then(day_of).map(|(day, _)| day);
        Ok(!pattern.is_daily() || began.is_none_or(|began| began >= day))
    }

    /// The time of the first entry of this node's present life.
    fn life_began(&self) -> Result<Option<Time>, EngineError> {
        let own = |feed: &soxa_ledger::Feed| {
            feed.node == self.engine.node() && feed.incarnation == self.engine.life()
        };
        let mut began: Option<Time> = None;
        for line in self.engine.lines().iter().filter(|line| own(&line.feed)) {
            // What cannot be read back says nothing of when it began.
            let run = self.engine.run_after(&line.id, Seq(0), 1).unwrap_or_default();
            let first = run.and_then(|run| run.entries.first().map(|entry| entry.header.node_time));
            began = began.into_iter().chain(first).min();
        }
        Ok(began)
    }

    /// Codes that several dossiers have, or several units at work.
    pub(super) fn double_codes(&self) -> Answer<Vec<ConflictReport>> {
        let mut found = Vec::new();
        for (code, dossiers) in self.engine.codes_from("").map_err(|error| local(&error))? {
            if dossiers.len() < 2 {
                continue;
            }
            let mut holders = Vec::new();
            for dossier in dossiers {
                let view = DossierView::of(self.history(dossier)?.state());
                let Some(view) = view else { continue };
                let own = view.code.values.iter().find(|written| written.value == code);
                let office = view.receiving.unwrap_or(dossier);
                holders.extend(own.map(|written| (dossier, written.op, office)));
            }
            found.extend(self.double_code(&code, RecordKind::Dossier, &holders)?);
        }
        let mut by_code: BTreeMap<String, Vec<(RecordId, OpId, RecordId)>> = BTreeMap::new();
        for unit in self.all_of(RecordKind::Unit)? {
            let view = UnitView::of(self.history(unit)?.state());
            // A closed unit's code is given anew.
            let Some(view) = view.filter(|view| view.stage != UnitStage::Closed) else {
                continue;
            };
            for written in view
                .code
                .values
                .iter()
                .filter(|written| !written.value.is_empty())
            {
                let holder = (unit, written.op, unit);
                by_code.entry(written.value.clone()).or_default().push(holder);
            }
        }
        for (code, holders) in by_code {
            found.extend(self.double_code(&code, RecordKind::Unit, &holders)?);
        }
        Ok(found)
    }

    fn double_code(
        &self,
        code: &str,
        kind: RecordKind,
        holders: &[(RecordId, OpId, RecordId)],
    ) -> Answer<Option<ConflictReport>> {
        let Some((first, ..)) = holders.first() else {
            return Ok(None);
        };
        if holders.iter().all(|(record, ..)| record == first) {
            return Ok(None);
        }
        let mut sides = Vec::new();
        for (record, op, office) in holders {
            let says = [("id", record.short().into()), ("unit", (*office).into())];
            sides.push(self.side(&*self.history(*record)?, *op, &says));
        }
        Ok(Some(ConflictReport {
            what: "double_code".to_owned(),
            record: first.to_string(),
            kind: kind.to_string(),
            name: code.to_owned(),
            sides,
        }))
    }
}
