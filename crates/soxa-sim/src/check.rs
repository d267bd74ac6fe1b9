//! [`Watch`]: what must hold after every step. It remembers what was promised and what was seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use soxa_ledger::replica::Replica as _;
use soxa_ledger::sealed::MAGIC;
use soxa_ledger::{
    Commit, CommitId, ContentKey, EntryHash, Feed, FeedId, FileHash, NetworkId, RecordId, Scope, Seq,
    StatementId, Verified,
};

use soxa_records::mentions::Mentions;

use crate::node::SimNode;
use crate::report::Defect;

/// Something that was answered with "stored".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    Commit(CommitId),
    Statement(StatementId),
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commit(id) => write!(f, "commit {}", id.short()),
            Self::Statement(id) => write!(f, "statement {}", id.short()),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// What was answered with "stored", and the nodes that did.
    stored: BTreeMap<Act, Vec<usize>>,
    /// The newest of them.
    recent: VecDeque<(Act, usize)>,
    /// The entry seen at each number of each feed, wherever a node's holdings ended.
    seen: BTreeMap<(FeedId, Seq), EntryHash>,
    /// What was on one disk alone when that was lost.
    excepted: BTreeSet<Act>,
    /// What officials did at lying nodes, which may keep it to themselves.
    confided: BTreeSet<Act>,
    /// What got no answer, since the node died over it: its disk may hold it all the same.
    unanswered: BTreeSet<Act>,
    /// The acts on each dossier that was ever signed, and all for whom any of them was.
    few: BTreeMap<RecordId, Few>,
    /// The honest nodes that said they keep a file.
    kept: BTreeMap<FileHash, BTreeSet<usize>>,
    /// How far each node was seen to hold each feed.
    held: BTreeMap<(usize, FeedId), Seq>,
}

/// What few may read of one dossier.
#[derive(Debug, Clone, Default)]
pub(crate) struct Few {
    /// The units for whose nodes something of it was signed.
    pub meant: BTreeSet<RecordId>,
    /// What was signed.
    pub commits: BTreeMap<CommitId, Scope>,
    /// The files that these name.
    pub files: BTreeSet<FileHash>,
}

/// Acts that are looked for again and again after they were stored.
const RECENT_MAX: usize = 64;

impl Watch {
    pub fn stored(&mut self, act: Act, node: usize) {
        self.excepted.remove(&act);
        let nodes = self.stored.entry(act).or_default();
        if !nodes.contains(&node) {
            nodes.push(node);
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((act, node));
    }

    /// Somebody signed something that few may read.
    pub fn signed_for_few(&mut self, network: NetworkId, commit: &Verified<Commit>) {
        let id = commit.commit_id(network);
        let Some(operation) = commit.operations.first().filter(|_| !commit.scope.is_all_nodes()) else {
            return;
        };
        let few = self.few.entry(operation.record_id(id, 0)).or_default();
        few.meant.extend(commit.scope.units());
        let named = commit.operations.iter().map(Mentions::in_operation);
        few.files.extend(named.flat_map(|mentions| mentions.files));
        few.commits.insert(id, commit.scope.clone());
    }

    /// What few may read, by dossiers.
    pub fn all_for_few(&self) -> impl Iterator<Item = (&RecordId, &Few)> {
        self.few.iter()
    }

    /// Whether nodes of a unit may have a file: one that all may read, or that something signed for them names.
    pub fn may_have(&self, file: &FileHash, unit: &RecordId) -> bool {
        let mut few = self
            .few
            .values()
            .filter(|few| few.files.contains(file))
            .peekable();
        few.peek().is_none() || few.any(|few| few.meant.contains(unit))
    }

    /// For whom an act was signed: everybody, unless few.
    pub fn readers_of(&self, act: &Act) -> Option<(RecordId, &Scope)> {
        let Act::Commit(id) = act else { return None };
        let mut few = self.few.iter();
        few.find_map(|(record, few)| Some((*record, few.commits.get(id)?)))
    }

    /// A node's disk is another one now: what it answered for is not to be looked for at it, and it holds what it holds.
    pub fn forget(&mut self, node: usize) {
        for nodes in self.stored.values_mut() {
            nodes.retain(|other| *other != node);
        }
        self.recent.retain(|(_, other)| *other != node);
        self.held.retain(|(other, _), _| *other != node);
        for nodes in self.kept.values_mut() {
            nodes.remove(&node);
        }
    }

    /// An honest node said that it keeps a file.
    pub fn kept(&mut self, file: FileHash, node: usize) {
        self.kept.entry(file).or_default().insert(node);
    }

    /// Whether an honest node keeps a file: if not, nobody can have it.
    pub fn is_kept(&self, file: &FileHash) -> bool {
        self.kept.get(file).is_some_and(|nodes| !nodes.is_empty())
    }

    /// An act was nowhere but on a disk that is lost.
    pub fn except(&mut self, act: &Act) {
        self.stored.remove(act);
        self.excepted.insert(*act);
        self.recent.retain(|(other, _)| other != act);
    }

    pub fn excepted(&self) -> &BTreeSet<Act> {
        &self.excepted
    }

    /// A lying node took something in. What it answers counts for nothing.
    pub fn confided(&mut self, act: Act) {
        self.confided.insert(act);
    }

    /// A node died before it answered.
    pub fn unanswered(&mut self, act: Act) {
        self.unanswered.insert(act);
    }

    /// What got no answer and is nowhere, now that a disk is gone, may have been on that one.
    pub fn except_unanswered(&mut self, is_held: impl Fn(&Act) -> bool) {
        let gone = self.unanswered.extract_if(.., |act| !is_held(act));
        self.excepted.extend(gone);
    }

    pub fn all_confided(&self) -> impl Iterator<Item = &Act> {
        self.confided.iter()
    }

    pub fn all_stored(&self) -> impl Iterator<Item = &Act> {
        self.stored.keys()
    }

    /// A commit that was stored somewhere, to be handed in again elsewhere.
    pub fn commits(&self) -> Vec<(CommitId, usize)> {
        let commits = self.stored.iter().filter_map(|(act, nodes)| match act {
            Act::Commit(id) => Some((*id, *nodes.first()?)),
            Act::Statement(_) => None,
        });
        commits.collect()
    }

    /// No feed that is certain, of those that this node holds, was ever seen to go on differently, and none has become
    /// shorter there: of these feeds, or of all.
    pub fn see_feeds(
        &mut self,
        at: usize,
        node: &SimNode,
        feeds: Option<&[FeedId]>,
        certain: impl Fn(&Feed) -> bool,
    ) -> Result<(), Defect> {
        let Some(running) = &node.running else {
            return Ok(());
        };
        let lines = match feeds {
            Some(feeds) => feeds
                .iter()
                .filter_map(|feed| running.engine.line(feed))
                .collect(),
            None => running.engine.lines(),
        };
        for line in lines {
            if !certain(&line.feed) {
                continue;
            }
            let seen = self
                .seen
                .entry((line.id, line.head.seq))
                .or_insert(line.head.hash);
            if *seen != line.head.hash {
                return Err(Defect::Fork {
                    feed: line.id,
                    seq: line.head.seq,
                    node: node.name.clone(),
                });
            }
            let held = self.held.entry((at, line.id)).or_default();
            if line.head.seq < *held {
                return Err(Defect::WentBack {
                    node: node.name.clone(),
                    was: *held,
                    is: line.head.seq,
                });
            }
            *held = line.head.seq;
        }
        Ok(())
    }

    /// The newest of what nodes answered for is there.
    pub fn check_recent(&self, nodes: &[SimNode]) -> Result<(), Defect> {
        self.recent
            .iter()
            .filter_map(|(act, at)| Some((act, nodes.get(*at)?)))
            .try_for_each(|(act, node)| check_held(act, node))
    }

    /// What a node answered for is there again after a restart.
    pub fn check_kept(&self, at: usize, node: &SimNode) -> Result<(), Defect> {
        for (act, _) in self.stored.iter().filter(|(_, nodes)| nodes.contains(&at)) {
            check_held(act, node)?;
        }
        for (file, _) in self.kept.iter().filter(|(_, nodes)| nodes.contains(&at)) {
            check_file(file, node)?;
        }
        Ok(())
    }
}

/// The file is on the node's disk, and opens when it is a sealed one.
pub(crate) fn check_file(file: &FileHash, node: &SimNode) -> Result<(), Defect> {
    let held = node.attachments().get(file);
    let held = held.map_err(|error| Defect::local(&node.name, error))?;
    let good = held.is_some_and(|held| {
        let opens = |key| ContentKey::new(key).open(&held.bytes).is_ok();
        !held.bytes.starts_with(MAGIC) || held.key.is_some_and(opens)
    });
    if good {
        return Ok(());
    }
    Err(Defect::Lost {
        act: format!("file {}", file.short()),
        node: node.name.clone(),
    })
}

/// The act is held by the node.
pub(crate) fn check_held(act: &Act, node: &SimNode) -> Result<(), Defect> {
    let Some(running) = &node.running else {
        return Ok(());
    };
    let held = match act {
        Act::Commit(id) => {
            let found = running
                .engine
                .commit(id)
                .map_err(|error| Defect::local(&node.name, error))?;
            found.is_some_and(|(_, positions)| !positions.is_empty())
        }
        Act::Statement(id) => {
            let authority = running.engine.authority();
            authority.statement(id).is_some() || authority.aside().any(|statement| statement.id == *id)
        }
    };
    if held {
        Ok(())
    } else {
        Err(Defect::Lost {
            act: act.to_string(),
            node: node.name.clone(),
        })
    }
}
