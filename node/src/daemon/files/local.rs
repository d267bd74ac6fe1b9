//! What people at this node ask of files: to read one that a record names, or to add one that an act will name.

use std::path::Path;

use data_encoding::BASE64;
use soxa_engine::{Engine, EngineError};
use soxa_ledger::{ContentKey, FileHash, RecordId, Scope, Time};
use soxa_net::NetHandle;
use soxa_store::{Attachment, StoreError};
use tokio::sync::oneshot;

use super::{Files, Missing, opened};
use crate::clock::{now, steady};
use crate::control::protocol::{Refusal, Reply, Request};
use crate::control::reports::FileReport;
use crate::daemon::answers::{Answer, Answers, local, parse_bytes, parse_id};
use crate::daemon::core::Core;

/// Milliseconds that somebody may wait for a file: shorter than a command waits for any reply.
const WITHIN_MS_MAX: u64 = 60_000;
/// Callers that may wait at once. Each holds a connection of the local socket, of which there are not more.
const WAITING_MAX: usize = 64;

/// Somebody at this node who waits for a file.
pub(super) struct Caller {
    pub(super) file: FileHash,
    sealed: bool,
    pub(super) until: Time,
    /// Whether it was here and damaged.
    mended: bool,
    reply: oneshot::Sender<Reply>,
}

/// What is asked of a file by somebody at this node.
struct Wish<'a> {
    /// The record that names it.
    record: RecordId,
    /// The file, in hexadecimal digits.
    file: &'a str,
    /// Milliseconds to wait for it.
    within_ms: u64,
}

/// A part of a file that somebody at this node adds.
struct Part<'a> {
    /// The file, in hexadecimal digits.
    file: &'a str,
    /// Bytes of the whole.
    length: u64,
    /// Where this part belongs.
    offset: u64,
    /// The content key of a sealed file, in hexadecimal digits.
    key: Option<&'a str>,
    /// The bytes, base64.
    bytes: &'a str,
}

impl Core {
    /// Somebody at this node asks for a file, or adds one.
    pub fn asked_of_files(&mut self, request: &Request, reply: oneshot::Sender<Reply>) {
        match request {
            Request::File {
                record,
                file,
                within_ms,
            } => {
                let answers = Answers {
                    engine: &self.engine,
                    live: &self.live,
                    now: now(),
                };
                match answers.find(record) {
                    Ok(record) => {
                        let within_ms = *within_ms;
                        let wish = Wish {
                            record,
                            file,
                            within_ms,
                        };
                        self.files.wish(&self.net, &self.engine, &wish, reply);
                    }
                    Err(refusal) => drop(reply.send(Reply::Refused(refusal))),
                }
            }
            Request::AddFile {
                file,
                length,
                offset,
                key,
                bytes,
            } => {
                let part = Part {
                    file,
                    length: *length,
                    offset: *offset,
                    key: key.as_deref(),
                    bytes,
                };
                let added = self.files.add(&part, &self.live.store);
                drop(reply.send(added.unwrap_or_else(Reply::Refused)));
            }
            _ => {}
        }
    }

    /// Peers that gave wrong files pay for it.
    pub fn blame(&mut self) -> Result<(), EngineError> {
        for (peer, offence) in self.files.take_offences() {
            let effects = self.puller.broke(steady(), peer, offence, &self.engine);
            self.carry_out(effects)?;
        }
        Ok(())
    }
}

impl Files {
    /// Somebody at this node wants to read a file. Answered when it is here, at once or later.
    fn wish(&mut self, net: &NetHandle, engine: &Engine, wish: &Wish<'_>, reply: oneshot::Sender<Reply>) {
        let (file, readers) = match named(engine, wish) {
            Ok(found) => found,
            Err(refusal) => {
                // The command may have gone away.
                let _ = reply.send(Reply::Refused(refusal));
                return;
            }
        };
        let sealed = !readers.is_all_nodes();
        let mut caller = Caller {
            file,
            sealed,
            until: steady().plus_ms(wish.within_ms.min(WITHIN_MS_MAX)),
            mended: false,
            reply,
        };
        match self.read(&file, sealed) {
            Ok(held) => return caller.tell(&held),
            Err(Missing::Damaged) => caller.mended = true,
            Err(Missing::Away) => {}
        }
        self.callers.retain(|caller| !caller.reply.is_closed());
        if self.callers.len() >= WAITING_MAX {
            return caller.tell_nothing();
        }
        self.callers.push(caller);
        self.want(net, engine, file, (wish.record, readers), true);
    }

    /// Tells those who wait for a file what is in it.
    pub(super) fn tell(&mut self, file: &FileHash) {
        for caller in self.waiting_for(file) {
            match self.read(file, caller.sealed) {
                Ok(held) => caller.tell(&held),
                Err(_) => caller.tell_nothing(),
            }
        }
    }

    /// Tells those who wait for a file that nobody has it.
    pub(super) fn tell_nothing_of(&mut self, file: &FileHash) {
        self.waiting_for(file).into_iter().for_each(Caller::tell_nothing);
    }

    fn waiting_for(&mut self, file: &FileHash) -> Vec<Caller> {
        let all = std::mem::take(&mut self.callers);
        let (told, waiting) = all.into_iter().partition(|caller| caller.file == *file);
        self.callers = waiting;
        told
    }

    /// Somebody at this node adds a part of a file. What is sealed has to open; the file is kept when it is whole.
    ///
    /// # Errors
    /// When the parts do not give the file, or it cannot be kept.
    fn add(&mut self, part: &Part<'_>, store: &Path) -> Answer<Reply> {
        let file = FileHash(parse_id(part.file)?);
        let key = part.key.map(parse_id).transpose()?.map(ContentKey::new);
        let bytes = parse_bytes(part.bytes)?;
        let failed = |error: StoreError| match error {
            // The store names its files from its own folder.
            StoreError::Full { file, .. } => Refusal::DiskFull {
                file: store.join(file).display().to_string(),
            },
            error => Refusal::Failed {
                what: error.to_string(),
            },
        };
        if part.offset == 0 {
            self.kept.give_up(&file).map_err(failed)?;
        }
        let begun = self.kept.add(&file, part.offset, &bytes).map_err(failed)?;
        if begun < part.length {
            return Ok(Reply::FileAdded { begun, kept: false });
        }
        let whole = self.kept.whole(&file).map_err(failed)?;
        let good = whole.filter(|bytes| key.as_ref().is_none_or(|key| key.open(bytes).is_ok()));
        let Some(bytes) = good else {
            self.kept.give_up(&file).map_err(failed)?;
            return Err(Refusal::BadRequest {
                what: format!("{file}: the bytes are not those of this file"),
            });
        };
        let key = key.as_ref().map(ContentKey::as_bytes);
        if self.kept.hand_in(&bytes, key).map_err(failed)? {
            self.handed.insert(file, steady());
        }
        self.fetching.forget(&file);
        self.tell(&file);
        Ok(Reply::FileAdded { begun, kept: true })
    }
}

impl Caller {
    fn tell(self, held: &Attachment) {
        let bytes = if self.sealed {
            opened(held)
        } else {
            Some(held.bytes.clone())
        };
        let report = bytes.map(|bytes| FileReport {
            bytes: BASE64.encode(&bytes),
            mended: self.mended,
        });
        // The command may have gone away.
        let _ = self.reply.send(Reply::File(report));
    }

    pub(super) fn tell_nothing(self) {
        let _ = self.reply.send(Reply::File(None));
    }
}

/// The file that somebody at this node wants, and who reads it.
fn named(engine: &Engine, wish: &Wish<'_>) -> Answer<(FileHash, Scope)> {
    let file = FileHash(parse_id(wish.file)?);
    let readers = engine
        .readers_of_file(&wish.record, &file)
        .map_err(|error| local(&error))?;
    let readers = readers.ok_or_else(|| Refusal::NotFound {
        what: wish.file.to_owned(),
    })?;
    Ok((file, readers))
}
