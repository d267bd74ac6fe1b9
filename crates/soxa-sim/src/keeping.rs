//! Files that records name, as a daemon deals with them: a node keeps those of what few read and it reads, the province's those of
//! what all read; it serves them to the record's readers, and fetches what it lacks.

use std::collections::VecDeque;

use soxa_engine::keeping::keep_whole;
use soxa_engine::{Engine, EngineError};
use soxa_ledger::{ContentKey, FileHash, NodeKey, Scope, Time};
use soxa_store::{Attachments, StoreError};
use soxa_sync::Failure as NoAnswer;
use soxa_sync::file_words::{FileQuestion, FileReply};
use soxa_sync::files::{Fetching, FileEffect, serve};
use soxa_sync::limits::FILES_LOOK_MS;

use crate::agenda::Coming;
use crate::chaos::VICTIM;
use crate::limits::{FILE_ANSWER_WITHIN_MS, FILE_BYTES_FEW, FILE_BYTES_MANY};
use crate::network::Content;
use crate::report::Defect;
use crate::run::Simulation;
use crate::sabotage::Sabotage;

/// Of a hundred files, how many come in several pieces.
const LONG_PERCENT: u32 = 8;

/// The files of a node that runs.
pub(crate) struct Keeping {
    kept: Attachments,
    fetching: Fetching,
    /// What is still to be done.
    waiting: VecDeque<FileEffect>,
    look_at: Time,
}

/// A file that an act is to name.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    pub hash: FileHash,
    stored: Vec<u8>,
    key: Option<ContentKey>,
}

impl Keeping {
    pub fn new(kept: Attachments, now: Time) -> Self {
        Self {
            kept,
            fetching: Fetching::default(),
            waiting: VecDeque::new(),
            look_at: now,
        }
    }

    pub fn next_wake(&self) -> Time {
        self.fetching
            .next_wake()
            .map_or(self.look_at, |at| at.min(self.look_at))
    }

    pub fn peer_up(&mut self, now: Time, peer: NodeKey, engine: &Engine) {
        self.waiting.extend(self.fetching.peer_up(now, peer, engine));
    }

    pub fn peer_down(&mut self, now: Time, peer: NodeKey, engine: &Engine) {
        self.waiting.extend(self.fetching.peer_down(now, peer, engine));
    }

    /// Wants what this node is to keep and lacks.
    fn look(&mut self, now: Time, files: Vec<FileHash>, engine: &Engine) -> Result<(), EngineError> {
        for file in files {
            if self.kept.holds(&file)? {
                continue;
            }
            let due = engine.namings(&file)?.into_iter().find(|naming| naming.keeps);
            if let Some(naming) = due {
                let of = (naming.record, naming.readers);
                let begun = self.kept.begun(&file)?;
                let wanted = self.fetching.want(now, file, of, false, begun, engine);
                self.waiting.extend(wanted);
            }
        }
        Ok(())
    }
}

impl Simulation<'_> {
    /// A file that an act is to name: sealed, when few read that.
    pub fn new_file(&mut self, seal: Option<ContentKey>) -> NewFile {
        let most = match self.dice.chance(LONG_PERCENT) {
            true => FILE_BYTES_MANY,
            false => FILE_BYTES_FEW,
        };
        let start: [u8; 16] = self.dice.bytes();
        let mut stored = start.repeat(most as usize / start.len());
        stored.truncate(self.dice.between(most / 2, most) as usize);
        // It is far shorter than a sealed file may be.
        let sealed = seal.as_ref().and_then(|key| key.seal(&stored).ok());
        let stored = sealed.unwrap_or(stored);
        NewFile {
            hash: FileHash::of(&stored),
            stored,
            key: seal,
        }
    }

    /// The same for those who read a dossier.
    pub fn new_sealed_file(&mut self) -> NewFile {
        let key = ContentKey::new(self.dice.bytes());
        self.new_file(Some(key))
    }

    /// Hands a file to a node. Whether it keeps it.
    pub fn hand_over(&mut self, node: usize, file: &NewFile) -> Result<bool, Defect> {
        let Some(running) = &self.nodes[node].running else {
            return Ok(false);
        };
        let key = file.key.as_ref().map(ContentKey::as_bytes);
        let kept = running.files.kept.put(&file.stored, key).map(|_| ());
        let kept = self.survives(node, kept.map_err(EngineError::Store))?;
        if kept.is_some() {
            self.keeps_now(node, file.hash);
        }
        Ok(kept.is_some())
    }

    fn keeps_now(&mut self, node: usize, file: FileHash) {
        if self.nodes[node].is_honest() {
            self.watch.kept(file, node);
        }
    }

    /// What came of something that touches a node's disk; none when the node did not survive it, or had no room.
    fn survives<T>(&mut self, node: usize, done: Result<T, EngineError>) -> Result<Option<T>, Defect> {
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(None);
        }
        match done {
            Ok(done) => Ok(Some(done)),
            Err(EngineError::Store(StoreError::Full { .. })) => Ok(None),
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }

    /// Looks for files that are lacking, and asks for what it is time to ask for.
    pub fn tend(&mut self, node: usize) -> Result<(), Defect> {
        let now = self.now;
        let fetches = !self.plan.is_sabotaged(Sabotage::FetchNoFiles) || node != VICTIM;
        let Some(r) = self.nodes[node].running.as_mut() else {
            return Ok(());
        };
        let mut files = Ok(r.engine.take_new_files());
        if r.files.look_at <= now {
            r.files.look_at = now.plus_ms(FILES_LOOK_MS);
            files = r.engine.files_after(None, usize::MAX);
        }
        let files = files.map(|files| if fetches { files } else { Vec::new() });
        let looked = files.and_then(|files| r.files.look(now, files, &r.engine));
        if self.survives(node, looked)?.is_none() {
            return Ok(());
        }
        if let Some(r) = self.nodes[node].running.as_mut() {
            r.files.waiting.extend(r.files.fetching.tick(now, &r.engine));
        }
        self.do_with_files(node)
    }

    fn do_with_files(&mut self, node: usize) -> Result<(), Defect> {
        let now = self.now;
        while let Some(r) = self.nodes[node].running.as_mut()
            && let Some(effect) = r.files.waiting.pop_front()
        {
            match effect {
                FileEffect::Ask { peer, id, question } => {
                    let life = self.nodes[node].life;
                    let late = now.plus_ms(FILE_ANSWER_WITHIN_MS);
                    self.agenda
                        .push(late, Coming::Unanswered { node, life, peer, id });
                    if let Some(to) = self.node_by_key_at(node, &peer) {
                        let bytes = question.encode();
                        self.send(node, to, Content::FileQuestion { id, bytes });
                    }
                }
                FileEffect::Add { file, at, bytes } => {
                    let added = r.files.kept.add(&file, at, &bytes);
                    let Some(begun) = self.kept_or_failed(node, file, added)? else {
                        continue;
                    };
                    if let Some(r) = self.nodes[node].running.as_mut() {
                        r.files.waiting.extend(r.files.fetching.added(file, begun));
                    }
                }
                FileEffect::Check { file, key, readers } => {
                    let key = key.filter(|_| !readers.is_all_nodes());
                    let kept = keep_whole(&r.files.kept, &file, key.as_ref(), &readers);
                    let Some(good) = self.kept_or_failed(node, file, kept)? else {
                        continue;
                    };
                    if good {
                        self.tell_node(node, "fetched_file", &[("file", &file.short())]);
                        self.keeps_now(node, file);
                    }
                    if let Some(r) = self.nodes[node].running.as_mut() {
                        let checked = r.files.fetching.checked(now, file, good, &r.engine);
                        r.files.waiting.extend(checked);
                    }
                }
                FileEffect::Offend { peer, offence } => {
                    self.pull(node, |r| r.puller.broke(now, peer, offence, &r.engine))?;
                }
                FileEffect::Nowhere { .. } => {}
            }
        }
        Ok(())
    }

    /// The same for a file that has come, or a part of it: what could not be kept is tried again.
    fn kept_or_failed<T>(
        &mut self,
        node: usize,
        file: FileHash,
        done: Result<T, StoreError>,
    ) -> Result<Option<T>, Defect> {
        let now = self.now;
        let kept = self.survives(node, done.map_err(EngineError::Store))?;
        if kept.is_none()
            && let Some(r) = self.nodes[node].running.as_mut()
        {
            r.files.waiting.extend(r.files.fetching.failed(now, file));
        }
        Ok(kept)
    }

    /// A node is asked for a piece of a file, and answers as it means to.
    pub fn asked_of_file(&mut self, from: usize, to: usize, id: u64, bytes: &[u8]) -> Result<(), Defect> {
        let peer = self.nodes[from].key();
        let Ok(question) = FileQuestion::decode(bytes) else {
            return self.expect_garbage(from, to, "a question of a file");
        };
        let reply = self.piece_for(to, peer, &question)?.encode();
        let reply = match &mut self.nodes[to].liar {
            Some(liar) => liar.send_piece(reply),
            None => Some(reply),
        };
        if let Some(bytes) = reply {
            self.send(to, from, Content::FileReply { id, bytes });
        }
        Ok(())
    }

    /// What a node answers a peer who asks for a file.
    pub fn piece_for(
        &self,
        node: usize,
        peer: NodeKey,
        question: &FileQuestion,
    ) -> Result<FileReply, Defect> {
        let failed = |error: &dyn std::fmt::Display| Defect::local(&self.nodes[node].name, error);
        let none = FileReply { piece: None };
        let Some(r) = &self.nodes[node].running else {
            return Ok(none);
        };
        let readers = r.engine.readers_of_file(&question.record, &question.file);
        let Some(mut readers) = readers.map_err(|error| failed(&error))? else {
            return Ok(none);
        };
        if self.plan.is_sabotaged(Sabotage::ServeFilesToAll) {
            readers = Scope::all_nodes();
        }
        let held = r.files.kept.get(&question.file).map_err(|error| failed(&error))?;
        Ok(held.map_or(none, |held| {
            let stored = (held.bytes.as_slice(), held.key.map(ContentKey::new));
            serve(&r.engine, peer, &readers, stored, question.offset)
        }))
    }

    /// A node is answered about a file.
    pub fn answered_of_file(&mut self, from: usize, to: usize, id: u64, bytes: &[u8]) -> Result<(), Defect> {
        let peer = self.nodes[from].key();
        let reply = FileReply::decode(bytes).map_err(|_| NoAnswer::Malformed);
        if reply.is_err() {
            self.expect_garbage(from, to, "a piece of a file")?;
        }
        self.answer_of_file(to, peer, id, reply)
    }

    /// A node has waited long enough for a piece of a file.
    pub fn gives_up(&mut self, node: usize, life: u64, peer: NodeKey, id: u64) -> Result<(), Defect> {
        if self.nodes[node].life != life {
            return Ok(());
        }
        self.answer_of_file(node, peer, id, Err(NoAnswer::Timeout))
    }

    fn answer_of_file(
        &mut self,
        node: usize,
        peer: NodeKey,
        id: u64,
        reply: Result<FileReply, NoAnswer>,
    ) -> Result<(), Defect> {
        let now = self.now;
        self.pull(node, |r| {
            let effects = r.files.fetching.answered(now, peer, id, reply, &r.engine);
            r.files.waiting.extend(effects);
            Vec::new()
        })
    }
}
