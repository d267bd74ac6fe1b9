//! What follows from the log: authority, feeds, verdicts, record states. Memory and index hold it; the log alone can make
//! it again, here and in a second index when a store is verified.

use std::collections::BTreeMap;
use std::sync::Arc;

use soxa_ledger::authority::{Authority, Touched};
use soxa_ledger::replica::FeedLine;
use soxa_ledger::run::VerifiedRun;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, CommitId, Entry, Feed, FeedId, Head, NetworkId, NodeKey, RecordId, Run};
use soxa_records::History;
use soxa_store::{Index, Location, Store};

use crate::error::EngineError;
use crate::facts::FactsCache;
use crate::judging::{HistoryCache, Judging, Sources};
use crate::layout::{
    BY_APPOINTMENT, BY_FEED, BY_NODE, COMMIT, COUNTS, Counts, FEED, FeedRow, Place, REFUSED, RUN, Row, RunRow,
    STATEMENT, feed_seq, id_at,
};
use crate::overlay::scan_all;
use crate::refusal::{Refused, RefusedWhat};
use crate::runs::Runs;

/// A run that was checked whole: its bodies up to the first defect, and that defect.
#[derive(Debug, Clone)]
pub(crate) struct OpenedRun {
    pub feed_id: FeedId,
    pub feed: Feed,
    pub entries: Vec<Entry>,
    pub head: Head,
    pub bodies: Vec<Body>,
    /// Why the feed ends after `bodies`: what kind of defect, and the reason.
    pub defect: Option<(RefusedWhat, String)>,
}

impl OpenedRun {
    pub fn new(run: &VerifiedRun, bodies: Vec<Body>, defect: Option<(RefusedWhat, String)>) -> Self {
        Self {
            feed_id: run.feed_id(),
            feed: run.feed().clone(),
            entries: run.entries().to_vec(),
            head: run.head(),
            bodies,
            defect,
        }
    }

    /// Where the feed ends with this run: at the entry with the defect, if there is one.
    fn end(&self) -> Head {
        match (&self.defect, self.entries.get(self.bodies.len())) {
            (Some(_), Some(defective)) => defective.header.head(),
            _ => self.head,
        }
    }

    fn position(&self, entry: &Entry) -> Position {
        Position {
            feed: self.feed_id,
            node: self.feed.node,
            seq: entry.header.seq,
            hash: entry.header.hash(),
            time: entry.header.node_time,
        }
    }
}

/// Everything that follows from the log, as far as it is kept in memory.
pub(crate) struct Derived {
    pub network: NetworkId,
    pub authority: Authority,
    pub feeds: BTreeMap<FeedId, FeedLine>,
    pub counts: Counts,
    pub runs: Runs,
    facts: FactsCache,
    histories: HistoryCache,
}

impl Derived {
    /// Nothing yet.
    pub fn empty(network: NetworkId) -> Self {
        Self {
            network,
            authority: Authority::new(network),
            feeds: BTreeMap::new(),
            counts: Counts::default(),
            runs: Runs::new(),
            facts: FactsCache::new(),
            histories: HistoryCache::new(),
        }
    }

    /// What the index holds.
    pub fn load(network: NetworkId, store: &Store) -> Result<Self, EngineError> {
        let mut derived = Self::empty(network);
        let index = store.index();
        if let Some(bytes) = index.get(COUNTS, &[])? {
            derived.counts = Counts::from_bytes(&bytes)?;
        }
        for (key, bytes) in scan_all(index, FEED, &[])? {
            let id = FeedId(id_at(&key, 0, FeedRow::TABLE)?);
            let FeedRow { feed, head, closed } = FeedRow::from_bytes(&bytes)?;
            derived.feeds.insert(id, FeedLine { id, feed, head, closed });
        }
        for (key, bytes) in scan_all(index, STATEMENT, &[])? {
            let feed = key
                .get(..32)
                .and_then(|id| <[u8; 32]>::try_from(id).ok())
                .and_then(|id| derived.feeds.get(&FeedId(id)))
                .ok_or(EngineError::Index { table: Place::TABLE })?;
            let entry = derived.runs.entry(store, Place::from_bytes(&bytes)?)?;
            let at = Position {
                feed: feed.id,
                node: feed.feed.node,
                seq: entry.header.seq,
                hash: entry.header.hash(),
                time: entry.header.node_time,
            };
            match entry.open_stored() {
                Ok(Body::Statement(statement)) => {
                    derived.authority.insert(&statement, at);
                }
                _ => return Err(EngineError::Index { table: Place::TABLE }),
            }
        }
        Ok(derived)
    }

    /// A judging over an index, by what the authority says now.
    pub fn judging<'a>(
        &'a self,
        authority: &'a Authority,
        store: &'a Store,
        index: &'a dyn Index,
    ) -> Judging<'a> {
        Judging::new(Sources {
            network: self.network,
            authority,
            store,
            index,
            runs: &self.runs,
            facts: &self.facts,
        })
    }

    /// Indexes and judges runs that are durable at these locations: one index batch. Returns the commits judged.
    pub fn take_in(
        &mut self,
        store: &Store,
        index: &dyn Index,
        runs: &[(OpenedRun, Location)],
    ) -> Result<(), EngineError> {
        let Some((_, last)) = runs.last() else { return Ok(()) };
        let knew_genesis = self.authority.genesis().is_some();
        let touched = self.enter_statements(runs);
        let mut counts = self.counts;
        let mut lines = Vec::new();
        let mut judging = self.judging(&self.authority, store, index);
        for (run, location) in runs {
            enter_run(&mut judging, run, *location)?;
            counts.entries += run.bodies.len() as u64 + u64::from(run.defect.is_some());
            lines.push(FeedLine {
                id: run.feed_id,
                feed: run.feed.clone(),
                head: run.end(),
                closed: run.defect.is_some(),
            });
        }
        rejudge_touched(&mut judging, &touched)?;
        if !knew_genesis && self.authority.genesis().is_some() {
            judging.mark(self.network.province_unit());
        }
        judging.settle()?;
        counts.commits += judging.new_commits;
        counts.operations += judging.new_operations;
        judging.view.put(COUNTS, &[], counts.to_bytes());
        let (view, histories, facts) = judging.finish();
        index.apply(view.into_batch(), last.end())?;

        self.counts = counts;
        self.feeds.extend(lines.into_iter().map(|line| (line.id, line)));
        for (record, history) in histories {
            self.histories.put(record, history);
        }
        for (commit, facts) in facts {
            self.facts.put(commit, facts);
        }
        Ok(())
    }

    fn enter_statements(&mut self, runs: &[(OpenedRun, Location)]) -> Touched {
        let mut touched = Touched::default();
        for (run, _) in runs {
            for (entry, body) in run.entries.iter().zip(&run.bodies) {
                if let Body::Statement(statement) = body {
                    touched.merge(self.authority.insert(statement, run.position(entry)));
                }
            }
        }
        touched
    }

    /// A judged record, from memory or judged by what the index says.
    pub fn history(&self, store: &Store, record: RecordId) -> Result<Arc<History>, EngineError> {
        if let Some(history) = self.histories.get(&record) {
            return Ok(history);
        }
        let history = Arc::new(self.judging(&self.authority, store, store.index()).history(&record)?);
        self.histories.put(record, Arc::clone(&history));
        Ok(history)
    }

    /// Feeds of a node that are held.
    pub fn feeds_of(&self, node: &NodeKey) -> usize {
        self.feeds.values().filter(|line| line.feed.node == *node).count()
    }
}

fn enter_run(judging: &mut Judging<'_>, run: &OpenedRun, location: Location) -> Result<(), EngineError> {
    let end = run.end();
    let row = FeedRow { feed: run.feed.clone(), head: end, closed: run.defect.is_some() };
    judging.view.put(FEED, &run.feed_id.0, row.to_bytes());
    if let Some(first) = run.entries.first() {
        let row = RunRow { location, first: first.header.seq };
        judging.view.put(RUN, &feed_seq(&run.feed_id, run.head.seq), row.to_bytes());
    }
    for (at, (entry, body)) in (0_u32..).zip(run.entries.iter().zip(&run.bodies)) {
        let place = Place { location, at };
        match body {
            Body::Statement(_) => {
                judging.view.put(STATEMENT, &feed_seq(&run.feed_id, entry.header.seq), place.to_bytes());
            }
            Body::Commit(commit) => {
                let id = commit.commit_id(judging.sources.network);
                judging.enter(commit, id, run.position(entry), Some(place))?;
            }
        }
    }
    if let Some((what, reason)) = &run.defect {
        let refused =
            Refused { node: run.feed.node, seq: end.seq, what: *what, reason: reason.clone() };
        judging.view.put(REFUSED, &feed_seq(&run.feed_id, end.seq), refused.to_bytes());
    }
    Ok(())
}

pub(crate) fn rejudge_touched(judging: &mut Judging<'_>, touched: &Touched) -> Result<(), EngineError> {
    if touched.everything {
        for key in judging.view.scan(COMMIT, &[])?.into_keys() {
            judging.touch(&CommitId(id_at(&key, 0, "commits")?))?;
        }
        return Ok(());
    }
    for appointment in &touched.appointments {
        judging.touch_all(BY_APPOINTMENT, &appointment.0)?;
    }
    for node in &touched.nodes {
        judging.touch_all(BY_NODE, &node.0)?;
    }
    for feed in &touched.feeds {
        judging.touch_all(BY_FEED, &feed.0)?;
    }
    Ok(())
}

/// Opens the bodies of a run that was checked before it was stored.
pub(crate) fn reopen(run: Run, network: NetworkId, closing: bool) -> Result<OpenedRun, EngineError> {
    let feed_id = run.feed.id(network);
    let mut bodies = Vec::new();
    let mut defect = None;
    for entry in &run.entries {
        // What closes a feed is not written down but found again.
        let opened = if closing { entry.open(network, &run.feed.scope) } else { entry.open_stored() };
        match opened {
            Ok(body) => bodies.push(body),
            Err(found) if closing => {
                defect = Some(named(&found));
                break;
            }
            Err(found) => return Err(EngineError::Log { what: found.to_string() }),
        }
    }
    let head = run
        .entries
        .last()
        .map(|entry| entry.header.head())
        .ok_or_else(|| EngineError::Log { what: "a run without entries".to_owned() })?;
    Ok(OpenedRun { feed_id, feed: run.feed, entries: run.entries, head, bodies, defect })
}

/// A defect as it is counted and shown.
pub(crate) fn named(defect: &soxa_ledger::entry::Defect) -> (RefusedWhat, String) {
    let what = if defect.is_forgery() { RefusedWhat::Forged } else { RefusedWhat::Malformed };
    (what, defect.to_string())
}
