//! Files that records name: who gets them, and how a node fetches what it lacks.
//!
//! A file is fetched from one peer at a time, piece after piece, and checked when it is whole. What has come stays when the
//! peer goes away, and the next goes on with it. If the whole is then wrong and came from one peer alone, that peer is
//! named; else it is fetched once more from a single one. What somebody waits for comes first; of the rest few are under
//! way at a time, so that entries are not held up.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::replica::Replica;
use soxa_ledger::{ContentKey, FileHash, NodeKey, RecordId, Scope, Time};

use crate::effect::{Failure, Offence};
use crate::file_words::{FilePiece, FileQuestion, FileReply};
use crate::holdings::shares;
use crate::limits::{
    FILE_PIECE_BYTES_MAX, FILE_RETRY_MS, FILE_RETRY_MS_MAX, FILES_AT_ONCE_MAX, FILES_WANTED_MAX,
};

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEffect {
    /// Send a question; its answer or failure goes to [`Fetching::answered`].
    Ask {
        /// Whom.
        peer: NodeKey,
        /// The question's number.
        id: u64,
        /// What.
        question: FileQuestion,
    },
    /// Add bytes to what has begun of a file; how much is there then goes to [`Fetching::added`].
    Add {
        /// The file.
        file: FileHash,
        /// Where the bytes belong.
        at: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file has come whole: check and keep it, or forget what has begun of it. The outcome goes to [`Fetching::checked`].
    Check {
        /// The file.
        file: FileHash,
        /// What is to open it; none when it is no sealed one.
        key: Option<ContentKey>,
        /// Who reads the record: a file of few is sealed.
        readers: Scope,
    },
    /// A peer broke the protocol.
    Offend {
        /// The peer.
        peer: NodeKey,
        /// How.
        offence: Offence,
    },
    /// No peer that is connected now has the file: who waits for it is told.
    Nowhere {
        /// The file.
        file: FileHash,
    },
}

/// A file under way from one peer.
#[derive(Debug, Clone)]
struct Transfer {
    peer: NodeKey,
    /// The question that is open.
    id: u64,
    /// What the peer said of the file.
    told: Option<(u64, Option<ContentKey>)>,
    /// Whether all that has begun of it came from this peer.
    alone: bool,
}

#[derive(Debug, Clone)]
struct Wanted {
    record: RecordId,
    readers: Scope,
    urgent: bool,
    /// Bytes of it that are here.
    begun: u64,
    /// Peers that do not have it.
    without: BTreeSet<NodeKey>,
    /// When it is asked for again, once nobody had it or something failed.
    again_at: Time,
    /// Milliseconds that this takes the next time.
    retry_ms: u64,
    transfer: Option<Transfer>,
}

/// The files that a node lacks and fetches.
#[derive(Debug, Clone, Default)]
pub struct Fetching {
    wanted: BTreeMap<FileHash, Wanted>,
    connected: BTreeSet<NodeKey>,
    asked: u64,
}

/// The answer to a peer's question about a file that is held here, and that a record with these readers names.
#[must_use]
pub fn serve(
    replica: &dyn Replica,
    peer: NodeKey,
    readers: &Scope,
    (stored, key): (&[u8], Option<ContentKey>),
    offset: u64,
) -> FileReply {
    if !shares(replica, &peer, readers) {
        return FileReply { piece: None };
    }
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(stored.len());
    let end = start.saturating_add(FILE_PIECE_BYTES_MAX).min(stored.len());
    FileReply {
        piece: Some(FilePiece {
            length: stored.len() as u64,
            key,
            bytes: stored.get(start..end).unwrap_or_default().to_vec(),
        }),
    }
}

impl Fetching {
    /// A file is lacking that a record names. `begun` bytes of it are here. Somebody may wait for it: then it comes before
    /// those for which nobody does. Beyond a limit these are left out, and wanted again later.
    pub fn want(
        &mut self,
        now: Time,
        file: FileHash,
        (record, readers): (RecordId, Scope),
        urgent: bool,
        begun: u64,
        replica: &dyn Replica,
    ) -> Vec<FileEffect> {
        if let Some(known) = self.wanted.get_mut(&file) {
            if urgent && !known.urgent {
                known.urgent = true;
                known.again_at = now;
                known.without.clear();
            }
        } else if self.make_room(urgent) {
            let wanted = Wanted {
                record,
                readers,
                urgent,
                begun,
                without: BTreeSet::new(),
                again_at: now,
                retry_ms: FILE_RETRY_MS,
                transfer: None,
            };
            self.wanted.insert(file, wanted);
        }
        self.pump(now, replica, Vec::new())
    }

    fn make_room(&mut self, urgent: bool) -> bool {
        if self.wanted.len() < FILES_WANTED_MAX {
            return true;
        }
        let idle = |wanted: &Wanted| !wanted.urgent && wanted.transfer.is_none();
        let place = self.wanted.iter().find(|(_, wanted)| idle(wanted));
        match place.map(|(file, _)| *file).filter(|_| urgent) {
            Some(file) => self.wanted.remove(&file).is_some(),
            None => false,
        }
    }

    /// The file has come another way, or is not wanted any more.
    pub fn forget(&mut self, file: &FileHash) {
        self.wanted.remove(file);
    }

    /// A peer is connected.
    pub fn peer_up(&mut self, now: Time, peer: NodeKey, replica: &dyn Replica) -> Vec<FileEffect> {
        self.connected.insert(peer);
        for wanted in self.wanted.values_mut() {
            wanted.without.remove(&peer);
            if wanted.transfer.is_none() {
                wanted.again_at = now;
            }
        }
        self.pump(now, replica, Vec::new())
    }

    /// A peer is gone; others go on with what it was sending.
    pub fn peer_down(&mut self, now: Time, peer: NodeKey, replica: &dyn Replica) -> Vec<FileEffect> {
        self.connected.remove(&peer);
        for wanted in self.wanted.values_mut() {
            wanted.transfer.take_if(|transfer| transfer.peer == peer);
        }
        self.pump(now, replica, Vec::new())
    }

    /// A question was answered or failed. What answers no open one is too late, and ignored.
    pub fn answered(
        &mut self,
        now: Time,
        peer: NodeKey,
        id: u64,
        result: Result<FileReply, Failure>,
        replica: &dyn Replica,
    ) -> Vec<FileEffect> {
        let is_open = |transfer: &Transfer| transfer.peer == peer && transfer.id == id;
        let open = self
            .wanted
            .iter_mut()
            .find(|(_, wanted)| wanted.transfer.as_ref().is_some_and(is_open));
        let Some((file, wanted)) = open else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        match result.map(|reply| reply.piece) {
            Ok(Some(piece)) => match wanted.take(*file, piece) {
                Some(effect) => {
                    effects.push(effect);
                    return effects;
                }
                None => wanted.leave(peer, &mut effects, Some(Offence::Malformed)),
            },
            Ok(None) => wanted.leave(peer, &mut effects, None),
            Err(Failure::Malformed) => wanted.leave(peer, &mut effects, Some(Offence::Malformed)),
            Err(Failure::Timeout | Failure::Unreachable) => wanted.leave(peer, &mut effects, None),
        }
        self.pump(now, replica, effects)
    }

    /// Bytes were added: so much of the file is here now.
    pub fn added(&mut self, file: FileHash, begun: u64) -> Vec<FileEffect> {
        let Some(wanted) = self.wanted.get_mut(&file) else {
            return Vec::new();
        };
        wanted.begun = begun;
        let Some(transfer) = &mut wanted.transfer else {
            return Vec::new();
        };
        match &transfer.told {
            Some((length, key)) if begun >= *length => vec![FileEffect::Check {
                file,
                key: key.clone(),
                readers: wanted.readers.clone(),
            }],
            _ => {
                self.asked = self.asked.wrapping_add(1);
                transfer.id = self.asked;
                let peer = transfer.peer;
                vec![wanted.ask(file, peer, self.asked)]
            }
        }
    }

    /// The file was checked: it is kept, or what has begun of it is forgotten.
    pub fn checked(
        &mut self,
        now: Time,
        file: FileHash,
        good: bool,
        replica: &dyn Replica,
    ) -> Vec<FileEffect> {
        let mut effects = Vec::new();
        if good {
            self.wanted.remove(&file);
        } else if let Some(wanted) = self.wanted.get_mut(&file) {
            wanted.begun = 0;
            // What several sent, or was left of an earlier start, blames nobody: fetched once more it comes from one alone.
            if let Some(transfer) = wanted.transfer.take()
                && transfer.alone
            {
                wanted.without.insert(transfer.peer);
                effects.push(FileEffect::Offend {
                    peer: transfer.peer,
                    offence: Offence::BadFile(file),
                });
            }
        }
        self.pump(now, replica, effects)
    }

    /// A local fault: the file cannot be kept now.
    pub fn failed(&mut self, now: Time, file: FileHash) -> Vec<FileEffect> {
        let Some(wanted) = self.wanted.get_mut(&file) else {
            return Vec::new();
        };
        wanted.transfer = None;
        wanted.again_at = now.plus_ms(FILE_RETRY_MS);
        wanted.urgent = false;
        vec![FileEffect::Nowhere { file }]
    }

    /// Time has passed; to be called at [`Fetching::next_wake`], harmless at any other moment.
    pub fn tick(&mut self, now: Time, replica: &dyn Replica) -> Vec<FileEffect> {
        self.pump(now, replica, Vec::new())
    }

    /// When something is asked for again.
    #[must_use]
    pub fn next_wake(&self) -> Option<Time> {
        let waiting = self.wanted.values().filter(|wanted| wanted.transfer.is_none());
        waiting.map(|wanted| wanted.again_at).min()
    }

    /// Asks for what it is time to ask for.
    fn pump(&mut self, now: Time, replica: &dyn Replica, mut effects: Vec<FileEffect>) -> Vec<FileEffect> {
        let mut busy: BTreeMap<NodeKey, usize> = BTreeMap::new();
        for transfer in self.wanted.values().filter_map(|wanted| wanted.transfer.as_ref()) {
            *busy.entry(transfer.peer).or_default() += 1;
        }
        let mut under_way: usize = busy.values().sum();
        for urgent in [true, false] {
            for (file, wanted) in &mut self.wanted {
                let due = wanted.transfer.is_none() && wanted.again_at <= now && wanted.urgent == urgent;
                if !due || (!urgent && under_way >= FILES_AT_ONCE_MAX) {
                    continue;
                }
                let has = |peer: &&NodeKey| {
                    !wanted.without.contains(*peer) && shares(replica, peer, &wanted.readers)
                };
                let peers = self.connected.iter().filter(has);
                let Some(peer) = peers.min_by_key(|peer| busy.get(*peer).copied().unwrap_or(0)) else {
                    wanted.again_at = now.plus_ms(wanted.retry_ms);
                    wanted.retry_ms = FILE_RETRY_MS_MAX.min(2 * wanted.retry_ms);
                    wanted.without.clear();
                    if std::mem::take(&mut wanted.urgent) {
                        effects.push(FileEffect::Nowhere { file: *file });
                    }
                    continue;
                };
                self.asked = self.asked.wrapping_add(1);
                wanted.transfer = Some(Transfer {
                    peer: *peer,
                    id: self.asked,
                    told: None,
                    alone: wanted.begun == 0,
                });
                effects.push(wanted.ask(*file, *peer, self.asked));
                *busy.entry(*peer).or_default() += 1;
                under_way += 1;
            }
        }
        effects
    }
}

impl Wanted {
    fn ask(&self, file: FileHash, peer: NodeKey, id: u64) -> FileEffect {
        FileEffect::Ask {
            peer,
            id,
            question: FileQuestion {
                record: self.record,
                file,
                offset: self.begun,
            },
        }
    }

    /// What is done with a piece; none when it does not fit what the peer said before, or leads nowhere.
    fn take(&mut self, file: FileHash, piece: FilePiece) -> Option<FileEffect> {
        let FilePiece { length, key, bytes } = piece;
        let transfer = self.transfer.as_mut()?;
        let told = (length, key);
        if transfer.told.as_ref().is_some_and(|before| *before != told) {
            return None;
        }
        if self.begun >= length {
            // More is here than this peer says there is: one of them is wrong.
            let (_, key) = transfer.told.insert(told).clone();
            return Some(FileEffect::Check {
                file,
                key,
                readers: self.readers.clone(),
            });
        }
        transfer.told = Some(told);
        let fits = self.begun.saturating_add(bytes.len() as u64) <= length;
        (fits && !bytes.is_empty()).then_some(FileEffect::Add {
            file,
            at: self.begun,
            bytes,
        })
    }

    /// This peer is not asked for it again soon.
    fn leave(&mut self, peer: NodeKey, effects: &mut Vec<FileEffect>, offence: Option<Offence>) {
        self.transfer = None;
        self.without.insert(peer);
        effects.extend(offence.map(|offence| FileEffect::Offend { peer, offence }));
    }
}
