//! Entering statements and commits into a judging: their rows, and which records they concern.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::authority::Touched;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, FeedId, OpId, Operation, RecordId, RecordRef, Statement, Verified};
use soxa_records::mentions::Mentions;
use soxa_store::Keyspace;

use crate::carried::{Carried, Standing};
use crate::error::EngineError;
use crate::fresh::Entered;
use crate::judging::Judging;
use crate::layout::{
    BY_APPOINTMENT, BY_KEY, BY_KIND, CITED_BY, CODE, ERASED, FILE, RUN, SIGNATURE, code_prefix, kind_prefix,
    run_number,
};
use crate::overlay::scan_all;
use crate::rows::{Judged, OpPlace, Place, RecordOp, RecordRow, Row as _, RunRow};

impl<'a> Judging<'a> {
    /// Enters a statement into this judging's own copy of the authority.
    pub fn enter_statement(&mut self, statement: &Verified<Statement>, at: Position) -> Touched {
        Arc::make_mut(&mut self.sources.authority).insert(statement, at)
    }

    /// Enters a commit that stands at a position by an entry that is at this place in the log if it is stored. A place is
    /// entered once.
    pub fn enter(
        &mut self,
        commit: &'a Commit,
        id: CommitId,
        standing: Standing,
        place: Place,
    ) -> Result<(), EngineError> {
        self.name_signers(commit, place);
        if standing.is_copy() {
            // The feed in which it stood first may not be held: its node's admission bears on the copy all the same.
            self.fresh.name(BY_KEY, standing.position.node.0, place);
        }
        self.fresh.enter(place, Entered { commit, id, standing });
        let mut again = None;
        for (index, operation) in (0_u16..).zip(&commit.operations) {
            let op = OpId::of(id, index.into());
            let record = operation.record_id(id, index.into());
            let row = self.rows.get(&record)?;
            self.name_cited(operation, id, &row, place)?;
            let known = self.places_of(&row, &op)?;
            let known: Vec<RecordOp> = known.iter().filter_map(|at| row.ops.get(*at)).copied().collect();
            drop(row);
            let op_place = OpPlace { entry: place, index };
            if known.is_empty() {
                self.growth.operations += 1;
                self.growth.commits += u64::from(index == 0);
                self.fresh.add_op(op, op_place);
                self.name_found(operation, place.run, record);
                self.grow(record);
            }
            self.rows.change(record, |row| {
                if known.is_empty() && operation.record == RecordRef::New {
                    row.scope = commit.scope.clone();
                }
                row.ops.push(RecordOp {
                    tag: RecordOp::tag(&op),
                    place: op_place,
                    judged: known.first().map_or(Judged::New, |known| known.judged),
                });
            })?;
            again = again.or(known.first().map(|known| known.place.entry));
        }
        // It stands at one more position now, which may make it stand.
        if let Some(earlier) = again {
            self.touch(earlier)?;
        }
        // Signatures under minutes count wherever they are carried.
        self.touch_sharing(commit)
    }

    /// Notes by what a record is found.
    fn name_found(&mut self, operation: &Operation, run: u32, record: RecordId) {
        if operation.record == RecordRef::New {
            let kind = kind_prefix(operation.kind.record_kind());
            self.fresh.find_by(BY_KIND, kind, run, record);
        }
        let Mentions { files, erased, code } = Mentions::in_operation(operation);
        for file in files {
            self.fresh.find_by(FILE, file.0.to_vec(), run, record);
        }
        if let Some(file) = erased {
            self.fresh.find_by(ERASED, file.0.to_vec(), run, record);
        }
        if let Some(code) = code {
            self.fresh.find_by(CODE, code_prefix(&code), run, record);
        }
    }

    fn name_signers(&mut self, commit: &Commit, place: Place) {
        let author = (commit.appointment, commit.author);
        let signers = commit.minutes.iter().flat_map(|minutes| minutes.signers());
        let signers = signers.map(|signer| (signer.appointment, signer.key));
        for (appointment, key) in std::iter::once(author).chain(signers) {
            self.fresh.name(BY_APPOINTMENT, appointment.0, place);
            self.fresh.name(BY_KEY, key.0, place);
        }
        for minutes in &commit.minutes {
            for signer in minutes.signers() {
                self.fresh.name(SIGNATURE, minutes.signature_id(signer), place);
            }
        }
    }

    /// Notes which operations are cited. A parent that is known to be of the same record needs no note: the record is
    /// judged whole.
    fn name_cited(
        &mut self,
        operation: &Operation,
        id: CommitId,
        row: &RecordRow,
        place: Place,
    ) -> Result<(), EngineError> {
        for cited in &operation.refs {
            self.fresh.name(CITED_BY, cited.resolve(id).0, place);
        }
        for parent in &operation.parents {
            let parent = parent.resolve(id);
            let is_head = row
                .summary
                .as_ref()
                .is_some_and(|(heads, _)| heads.contains(&parent));
            if !is_head && self.places_of(row, &parent)?.is_empty() {
                self.fresh.name(CITED_BY, parent.0, place);
            }
        }
        Ok(())
    }

    /// The verdict on the commit that an entry carries may have changed: its records are judged again whole.
    fn touch(&mut self, place: Place) -> Result<(), EngineError> {
        let carried = self.carried(place)?;
        // What is known of it by other entries has changed as well.
        for place in self.also_at(&carried, place)?.into_iter().chain([place]) {
            self.touched.insert(place);
            self.facts.get_mut().forget(&place);
        }
        for record in carried.records() {
            self.reopen(record);
        }
        self.touch_sharing(carried.commit())
    }

    /// The other entries that carry the same commit.
    fn also_at(&self, carried: &Carried<'_>, place: Place) -> Result<Vec<Place>, EngineError> {
        let first = OpId::of(carried.id(), 0);
        let Some(operation) = carried.commit().operations.first() else {
            return Ok(Vec::new());
        };
        let row = self.rows.get(&operation.record_id(carried.id(), 0))?;
        let tag = RecordOp::tag(&first);
        if row.ops.iter().filter(|op| op.tag == tag).count() < 2 {
            return Ok(Vec::new());
        }
        let known = self.places_of(&row, &first)?.into_iter();
        let places = known.filter_map(|at| row.ops.get(at)).map(|op| op.place.entry);
        Ok(places.filter(|other| *other != place).collect())
    }

    /// Touches all commits that carry a signature under minutes which this one carries.
    fn touch_sharing(&mut self, commit: &Commit) -> Result<(), EngineError> {
        let signatures: BTreeSet<[u8; 32]> = commit
            .minutes
            .iter()
            .flat_map(|minutes| {
                minutes
                    .signers()
                    .iter()
                    .map(|signer| minutes.signature_id(signer))
            })
            .collect();
        for signature in signatures {
            for place in self.named(SIGNATURE, &signature)? {
                self.touched.insert(place);
                self.facts.get_mut().forget(&place);
                for record in self.carried(place)?.records() {
                    self.reopen(record);
                }
            }
        }
        Ok(())
    }

    fn touch_named(&mut self, keyspace: Keyspace, id: &[u8; 32]) -> Result<(), EngineError> {
        for place in self.named(keyspace, id)? {
            self.touch(place)?;
        }
        Ok(())
    }

    /// Touches the commits that statements bear on, and no others.
    pub fn touch_concerned(&mut self, touched: &Touched) -> Result<(), EngineError> {
        if touched.everything {
            // The genesis came: it creates the province's own unit.
            self.reopen(self.sources.log.network.province_unit());
            for key in scan_all(self.sources.log.index, RUN, &[])?.into_keys() {
                self.touch_run(run_number(&key, RunRow::TABLE)?)?;
            }
            return self.touch_entered(|_| true);
        }
        for appointment in &touched.appointments {
            self.touch_named(BY_APPOINTMENT, &appointment.0)?;
        }
        for commit in &touched.commits {
            for place in self.places_of_commit(commit)? {
                self.touch(place)?;
            }
        }
        let sources = &self.sources;
        let of_nodes = sources
            .feeds
            .values()
            .filter(|line| touched.nodes.contains(&line.feed.node))
            .map(|line| line.id);
        let feeds: BTreeSet<FeedId> = of_nodes.chain(touched.feeds.iter().copied()).collect();
        for feed in &feeds {
            for run in self.sources.log.runs_of(feed)? {
                self.touch_run(run)?;
            }
        }
        for node in &touched.nodes {
            self.touch_named(BY_KEY, &node.0)?;
        }
        self.touch_entered(|at| touched.nodes.contains(&at.node) || touched.feeds.contains(&at.feed))
    }

    /// Touches all commits of a run in the log that count.
    fn touch_run(&mut self, run: u32) -> Result<(), EngineError> {
        let sound = self.sources.log.row(run)?.sound as usize;
        let entries = self.sources.log.run(run)?;
        for (at, entry) in (0_u16..).zip(&entries.entries).take(sound) {
            if entry.header.kind.is_commit() {
                self.touch(Place { run, at })?;
            }
        }
        Ok(())
    }

    fn touch_entered(&mut self, concerned: impl Fn(&Position) -> bool) -> Result<(), EngineError> {
        let places = self.fresh.concerned(concerned);
        places.into_iter().try_for_each(|place| self.touch(place))
    }
}
