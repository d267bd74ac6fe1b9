//! Files that records name: kept beside the log, served to those who may read the record, and fetched where they are lacking.
//!
//! A node keeps the files of the restricted records that it reads, so that none is lost with one machine; of what all nodes read
//! the province keeps the files, and others fetch one when somebody asks for it. What is found damaged is fetched again.

pub mod checked;
mod handed;
mod local;

use std::collections::BTreeMap;
use std::sync::Arc;

use soxa_engine::keeping::keep_whole;
use soxa_engine::{Engine, EngineError};
use soxa_ledger::{ContentKey, FileHash, NodeKey, RecordId, Scope, Time};
use soxa_net::{AskError, NetHandle};
use soxa_store::{Attachment, Attachments, StoreError};
use soxa_sync::file_words::{FileQuestion, FileReply};
use soxa_sync::files::{Fetching, FileEffect, serve};
use soxa_sync::limits::FILES_LOOK_MS;
use soxa_sync::{Failure, Offence};

use self::local::Caller;
use crate::clock::steady;

/// Ids of these questions among the requests to peers: between those of replication and of checkpoints.
const IDS_FROM: u64 = 1 << 61;
/// Files looked at between two inputs.
const LOOK_FILES: usize = 64;

/// The files of a node.
pub struct Files {
    kept: Attachments,
    fetching: Fetching,
    callers: Vec<Caller>,
    /// When the files were handed in here that no act is known to name yet.
    handed: BTreeMap<FileHash, Time>,
    /// The file that a peer last asked for: it is mostly asked for again, from where the piece before ended.
    served: Option<(FileHash, Arc<Attachment>)>,
    /// How far the look at all files has come; none between two looks.
    looked: Option<Option<FileHash>>,
    look_at: Time,
    /// What peers did wrong, until it is told.
    offences: Vec<(NodeKey, Offence)>,
}

impl Files {
    /// The files of a store.
    pub fn new(kept: Attachments) -> Self {
        Self {
            handed: handed::left_by_an_earlier_run(&kept),
            kept,
            fetching: Fetching::default(),
            callers: Vec::new(),
            served: None,
            looked: Some(None),
            look_at: steady(),
            offences: Vec::new(),
        }
    }

    /// When there is something to do.
    pub fn wake(&self) -> Option<Time> {
        let look = match self.looked {
            Some(_) => steady(),
            None => self.look_at,
        };
        let callers = self.callers.iter().map(|caller| caller.until);
        callers.chain(self.fetching.next_wake()).chain([look]).min()
    }

    /// A peer is connected.
    pub fn peer_up(&mut self, net: &NetHandle, engine: &Engine, node: NodeKey) {
        let effects = self.fetching.peer_up(steady(), node, engine);
        self.carry_out(net, engine, effects);
    }

    /// A peer is gone.
    pub fn peer_down(&mut self, net: &NetHandle, engine: &Engine, node: NodeKey) {
        let effects = self.fetching.peer_down(steady(), node, engine);
        self.carry_out(net, engine, effects);
    }

    /// Looks for files that are lacking, asks for what it is time to ask for, and tells those who have waited long enough.
    pub fn tick(&mut self, net: &NetHandle, engine: &mut Engine) -> Result<(), EngineError> {
        for file in engine.take_new_files() {
            self.keep(net, engine, file)?;
        }
        self.look(net, engine)?;
        let effects = self.fetching.tick(steady(), engine);
        self.carry_out(net, engine, effects);
        let now = steady();
        let (over, waiting) = self.callers.drain(..).partition(|caller| caller.until <= now);
        self.callers = waiting;
        over.into_iter().for_each(Caller::tell_nothing);
        Ok(())
    }

    /// What peers did wrong since this was last asked.
    pub fn take_offences(&mut self) -> Vec<(NodeKey, Offence)> {
        std::mem::take(&mut self.offences)
    }

    /// A part of the look at all files that records name.
    fn look(&mut self, net: &NetHandle, engine: &Engine) -> Result<(), EngineError> {
        if self.looked.is_none() && steady() >= self.look_at {
            self.looked = Some(None);
        }
        let Some(after) = self.looked else { return Ok(()) };
        if after.is_none() {
            self.settle(engine)?;
        }
        let files = engine.files_after(after, LOOK_FILES)?;
        self.looked = files.last().map(|last| Some(*last));
        if self.looked.is_none() {
            self.look_at = steady().plus_ms(FILES_LOOK_MS);
        }
        for file in files {
            self.keep(net, engine, file)?;
        }
        Ok(())
    }

    /// Wants a file that this node is to keep and lacks; one that was erased by an order is erased here.
    fn keep(&mut self, net: &NetHandle, engine: &Engine, file: FileHash) -> Result<(), EngineError> {
        if engine.is_erased(&file)? {
            self.erase(&file);
            return Ok(());
        }
        if self.holds(&file) {
            return Ok(());
        }
        let due = engine.namings(&file)?.into_iter().find(|naming| naming.keeps);
        if let Some(naming) = due {
            self.want(net, engine, file, (naming.record, naming.readers), false);
        }
        Ok(())
    }

    /// Erases a file, its key, and what has begun of it. What cannot be erased now is tried again at the next look.
    fn erase(&mut self, file: &FileHash) {
        self.fetching.forget(file);
        self.served.take_if(|(served, _)| served == file);
        match self.kept.erase(file) {
            Ok(true) => tracing::info!(file = %file.short(), "a file is erased by a signed order"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "a file cannot be erased; it is tried again"),
        }
        self.tell_nothing_of(file);
    }

    fn want(
        &mut self,
        net: &NetHandle,
        engine: &Engine,
        file: FileHash,
        of: (RecordId, Scope),
        urgent: bool,
    ) {
        // What cannot be read is begun anew.
        let begun = self.kept.begun(&file).unwrap_or(0);
        let effects = self.fetching.want(steady(), file, of, urgent, begun, engine);
        self.carry_out(net, engine, effects);
    }

    fn holds(&self, file: &FileHash) -> bool {
        self.kept.holds(file).unwrap_or_else(|error| {
            tracing::warn!(%error, "an attachment cannot be looked for");
            false
        })
    }

    /// A file as it is kept. One that is damaged is removed, and told as such.
    fn read(&self, file: &FileHash, sealed: bool) -> Result<Attachment, Missing> {
        let damaged = match self.kept.get(file) {
            Ok(None) => return Err(Missing::Away),
            Ok(Some(held)) if !sealed || opened(&held).is_some() => return Ok(held),
            Ok(Some(_)) => "its key is damaged".to_owned(),
            Err(StoreError::Damaged { what, .. }) => what,
            Err(error) => {
                tracing::error!(%error, "an attachment cannot be read");
                return Err(Missing::Away);
            }
        };
        tracing::warn!(file = %file, why = damaged, "an attachment is damaged; it is fetched again");
        if let Err(error) = self.kept.erase(file) {
            tracing::error!(%error, "a damaged attachment cannot be removed");
        }
        Err(Missing::Damaged)
    }

    /// Whether an answer is one to such a question.
    pub fn is_own(request_id: u64) -> bool {
        (IDS_FROM..2 * IDS_FROM).contains(&request_id)
    }

    /// Answers a peer: nothing unless an act of the record names the file and the peer reads the record.
    pub fn answer(
        &mut self,
        net: &NetHandle,
        engine: &Engine,
        node: NodeKey,
        question: &FileQuestion,
    ) -> Vec<u8> {
        let none = FileReply { piece: None };
        let reply = match engine.readers_of_file(&question.record, &question.file) {
            Ok(Some(readers)) => self.piece(net, engine, node, question, readers).unwrap_or(none),
            Ok(None) => none,
            Err(error) => {
                tracing::error!(%error, "a peer's question about a file cannot be answered");
                none
            }
        };
        reply.encode()
    }

    fn piece(
        &mut self,
        net: &NetHandle,
        engine: &Engine,
        node: NodeKey,
        question: &FileQuestion,
        readers: Scope,
    ) -> Option<FileReply> {
        // Whoever may not have it is not worth reading it.
        let may = serve(engine, node, &readers, (&[], None), 0);
        may.piece?;
        let file = question.file;
        let held = match &self.served {
            Some((served, held)) if *served == file => Arc::clone(held),
            _ => match self.read(&file, !readers.is_all_nodes()) {
                Ok(held) => Arc::new(held),
                Err(Missing::Away) => return None,
                Err(Missing::Damaged) => {
                    self.want(net, engine, file, (question.record, readers), false);
                    return None;
                }
            },
        };
        self.served = Some((file, Arc::clone(&held)));
        let stored = (held.bytes.as_slice(), held.key.map(ContentKey::new));
        Some(serve(engine, node, &readers, stored, question.offset))
    }

    /// A peer answered, or did not.
    pub fn answered(
        &mut self,
        net: &NetHandle,
        engine: &Engine,
        node: NodeKey,
        request_id: u64,
        result: Result<Vec<u8>, AskError>,
    ) {
        let result = match result {
            Ok(bytes) => FileReply::decode(&bytes).map_err(|_| Failure::Malformed),
            Err(AskError::TooLarge) => Err(Failure::Malformed),
            Err(AskError::TimedOut) => Err(Failure::Timeout),
            Err(_) => Err(Failure::Unreachable),
        };
        let id = request_id - IDS_FROM;
        let effects = self.fetching.answered(steady(), node, id, result, engine);
        self.carry_out(net, engine, effects);
    }

    fn carry_out(&mut self, net: &NetHandle, engine: &Engine, effects: Vec<FileEffect>) {
        let mut waiting = std::collections::VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            match effect {
                FileEffect::Ask { peer, id, question } => {
                    let number = IDS_FROM + id % IDS_FROM;
                    if let Err(refused) = net.ask(peer, number, question.encode()) {
                        tracing::debug!(node = %peer.short(), %refused, "a file could not be asked for");
                        let failed = Err(Failure::Unreachable);
                        waiting.extend(self.fetching.answered(steady(), peer, id, failed, engine));
                    }
                }
                FileEffect::Add { file, at, bytes } => {
                    waiting.extend(match self.kept.add(&file, at, &bytes) {
                        Ok(begun) => self.fetching.added(file, begun),
                        Err(error) => {
                            tracing::error!(%error, "a file could not be kept");
                            self.fetching.failed(steady(), file)
                        }
                    })
                }
                FileEffect::Check { file, key, readers } => {
                    let key = key.filter(|_| !readers.is_all_nodes());
                    waiting.extend(match keep_whole(&self.kept, &file, key.as_ref(), &readers) {
                        Ok(good) => {
                            if good {
                                tracing::info!(file = %file.short(), "a file has come");
                                self.tell(&file);
                            }
                            self.fetching.checked(steady(), file, good, engine)
                        }
                        Err(error) => {
                            tracing::error!(%error, "a file could not be kept");
                            self.fetching.failed(steady(), file)
                        }
                    });
                }
                FileEffect::Offend { peer, offence } => self.offences.push((peer, offence)),
                FileEffect::Nowhere { file } => self.tell_nothing_of(&file),
            }
        }
    }
}

/// Why a file cannot be read here.
enum Missing {
    /// It is not here.
    Away,
    /// What was here is not the file.
    Damaged,
}

/// What is in a file: of a sealed one, what was sealed.
fn opened(held: &Attachment) -> Option<Vec<u8>> {
    let key = ContentKey::new(held.key?);
    key.open(&held.bytes).ok().map(|plain| plain.to_vec())
}
