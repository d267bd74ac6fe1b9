//! What nodes say to each other: requests, responses, and the lines they carry.
//!
//! Every message is deterministic CBOR, an array that starts with the format version and a kind:
//!
//! | message | array |
//! | --- | --- |
//! | request: compare | `[1, 0, root, program]` |
//! | request: lines | `[1, 1, after or null]` |
//! | request: runs | `[1, 2, [[feed, after], …]]`, most important first, no feed twice |
//! | request: fork | `[1, 3, feed]` |
//! | request: named | `[1, 4, feed, [seq, hash] or null]` |
//! | request: branch | `[1, 5, feed, [seq, hash], above]` |
//! | response: equal | `[1, 0, program]` |
//! | response: differs | `[1, 1, [line, …], more, program]` |
//! | response: lines | `[1, 2, [line, …], more]` |
//! | response: runs | `[1, 3, [run, …], [feed, …]]` |
//! | response: refused | `[1, 4, reason]` |
//! | response: fork | `[1, 5, fork proof or null]` |
//! | response: named | `[1, 6, [[seq, hash], …], more]` |
//! | response: branch | `[1, 7, run or null]` |
//!
//! The program is the version of who speaks, text of 1 to [`PROGRAM_BYTES_MAX`] letters, digits, `.`, `+` and `-`: what
//! cannot hide or move anything on a screen. A line is `[feed, seq, hash, closed, forked, named]` with the feed as the ledger writes it; its id is computed by the reader,
//! never taken from the sender. `forked` is null, or the entry from which on the sender can prove two histories; its
//! seq and hash then are of an entry before that. `named` is null, or SHA-256 of the array of `[seq, hash]` of all entries
//! past the fork that statements name and the sender holds, in order. Requests have at most [`REQUEST_BYTES_MAX`] bytes, responses
//! [`RESPONSE_BYTES_MAX`].

use std::collections::BTreeSet;
use std::fmt;

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::ids::sha256;
use soxa_ledger::limits::FORK_PROOF_BYTES_MAX;
use soxa_ledger::replica::FeedLine;
use soxa_ledger::{EntryHash, Feed, FeedId, NetworkId, Run, Seq};

use crate::limits::{
    LINES_PER_PAGE_MAX, NAMED_PER_PAGE_MAX, PROGRAM_BYTES_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX,
    RUNS_PER_RESPONSE_MAX, WANTS_PER_REQUEST_MAX,
};

/// The version of the message format.
pub const VERSION: u64 = 1;

/// A hash over everything that two nodes may both see; equal roots mean equal holdings.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Root(pub [u8; 32]);

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({})", EntryHash(self.0).short())
    }
}

/// The version of a node's program, as the node itself tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program(String);

impl Program {
    /// This program.
    #[must_use]
    pub fn own() -> Self {
        Self(env!("CARGO_PKG_VERSION").to_owned())
    }

    /// Takes a version over from elsewhere; none for what is no version.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
        let fits = (1..=PROGRAM_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a peer says it holds one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The feed.
    pub feed: Feed,
    /// The number of its newest entry held; of a forked feed, of the newest before the fork.
    pub seq: Seq,
    /// That entry's hash.
    pub hash: EntryHash,
    /// Whether the feed ended there, at a malformed or forged body.
    pub closed: bool,
    /// The entry from which on two histories of it are proved.
    pub forked: Option<Seq>,
    /// A hash over what is held of its branches because statements name it; none when nothing is.
    pub named: Option<[u8; 32]>,
}

/// An entry by its number and hash.
pub type EntryId = (Seq, EntryHash);

/// One feed to be continued after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// The feed.
    pub feed: FeedId,
    /// The newest entry that the asking node holds; 0 for none.
    pub after: Seq,
}

/// A question to a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Do you hold the same as I do, of what both of us may see?
    Compare {
        /// The asking node's root for the asked node.
        root: Root,
        /// The asking node's program.
        program: Program,
    },
    /// How far do you hold each feed that I may see?
    Lines {
        /// The last feed of the page before.
        after: Option<FeedId>,
    },
    /// Give me what follows.
    Runs {
        /// The feeds, most important first.
        wants: Vec<Want>,
    },
    /// Show me that the feed forked.
    Fork {
        /// The feed.
        feed: FeedId,
    },
    /// Which entries past the fork of a feed do you hold because statements name them?
    Named {
        /// The feed.
        feed: FeedId,
        /// The last entry of the page before.
        after: Option<EntryId>,
    },
    /// Give me entries of a branch, from above downwards.
    Branch {
        /// The feed.
        feed: FeedId,
        /// The entry that has to be among them.
        through: EntryId,
        /// Nothing with this number or a lower one is wanted.
        above: Seq,
    },
}

/// The answer to a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// To compare: the roots are equal.
    Equal {
        /// The answering node's program.
        program: Program,
    },
    /// To compare: they are not; the first page of lines comes along.
    Differs {
        /// Lines in the order of their feeds' ids.
        lines: Vec<Line>,
        /// Whether more lines follow.
        more: bool,
        /// The answering node's program.
        program: Program,
    },
    /// To lines: one page.
    Lines {
        /// Lines in the order of their feeds' ids.
        lines: Vec<Line>,
        /// Whether more lines follow.
        more: bool,
    },
    /// To runs: what fitted. A feed in neither list did not fit and can be asked for again.
    Runs {
        /// Runs, those of one feed in order.
        runs: Vec<Run>,
        /// Feeds that are unknown here, end there, or are not for the asking node: it cannot tell which.
        unserved: Vec<FeedId>,
    },
    /// To fork.
    Fork {
        /// The bytes of the fork proof kept; none when the feed is not known to be forked, unknown, or not for the
        /// asking node.
        proof: Option<Vec<u8>>,
    },
    /// To named: one page.
    Named {
        /// The entries, in order.
        entries: Vec<EntryId>,
        /// Whether more follow.
        more: bool,
    },
    /// To branch.
    Branch {
        /// Entries up to a signed tip; none when the entry is not held, or not for the asking node.
        run: Option<Run>,
    },
    /// No answer.
    Refused {
        /// Why.
        reason: Refusal,
    },
}

/// Why a request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// The asking node is not admitted, as far as the asked node knows.
    #[error("the asking node is not admitted")]
    NotAdmitted,
    /// The request is malformed or beyond its limits.
    #[error("the request is malformed or too large")]
    TooLarge,
    /// Too many requests at once.
    #[error("the asked node is busy")]
    Busy,
    /// The asked node cannot read its own store.
    #[error("the asked node cannot read its store")]
    Unable,
}

impl Refusal {
    const ALL: [Self; 4] = [Self::NotAdmitted, Self::TooLarge, Self::Busy, Self::Unable];

    fn code(self) -> u64 {
        match self {
            Self::NotAdmitted => 0,
            Self::TooLarge => 1,
            Self::Busy => 2,
            Self::Unable => 3,
        }
    }
}

impl Line {
    /// The feed's id in a network.
    #[must_use]
    pub fn id(&self, network: NetworkId) -> FeedId {
        self.feed.id(network)
    }

    fn write(&self, w: &mut Writer) {
        w.array(6);
        self.feed.write(w);
        w.uint(self.seq.0).bytes(&self.hash.0).bool(self.closed);
        w.option(self.forked, |w, seq| {
            w.uint(seq.0);
        });
        w.option(self.named, |w, named| {
            w.bytes(&named);
        });
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        r.tuple("line", 6)?;
        Ok(Self {
            feed: Feed::read(r)?,
            seq: Seq(r.uint("seq")?),
            hash: EntryHash(r.fixed("entry hash")?),
            closed: r.bool("closed")?,
            forked: r.option("forked", |r| r.uint("forked").map(Seq))?,
            named: r.option("named", |r| r.fixed("named"))?,
        })
    }
}

impl From<FeedLine> for Line {
    fn from(line: FeedLine) -> Self {
        Self {
            named: named_root(&line.named),
            feed: line.feed,
            seq: line.head.seq,
            hash: line.head.hash,
            closed: line.closed,
            forked: line.forked,
        }
    }
}

impl Request {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let items = match self {
            Self::Compare { .. } | Self::Named { .. } => 4,
            Self::Branch { .. } => 5,
            Self::Lines { .. } | Self::Runs { .. } | Self::Fork { .. } => 3,
        };
        w.array(items).uint(VERSION);
        match self {
            Self::Compare { root, program } => {
                w.uint(0).bytes(&root.0).text(program.as_str());
            }
            Self::Lines { after } => {
                w.uint(1).option(*after, |w, feed| {
                    w.bytes(&feed.0);
                });
            }
            Self::Runs { wants } => {
                w.uint(2).array(wants.len());
                for want in wants {
                    w.array(2).bytes(&want.feed.0).uint(want.after.0);
                }
            }
            Self::Fork { feed } => {
                w.uint(3).bytes(&feed.0);
            }
            Self::Named { feed, after } => {
                w.uint(4).bytes(&feed.0).option(*after, write_entry);
            }
            Self::Branch { feed, through, above } => {
                w.uint(5).bytes(&feed.0);
                write_entry(&mut w, *through);
                w.uint(above.0);
            }
        }
        w.into_bytes()
    }

    /// Decodes what [`Request::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("request", bytes, REQUEST_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        let items = r.array("request", 5)?;
        r.version("request version", VERSION)?;
        let request = match (r.uint("request kind")?, items) {
            (0, 4) => Self::Compare {
                root: Root(r.fixed("root")?),
                program: read_program(&mut r)?,
            },
            (1, 3) => Self::Lines {
                after: r.option("after", |r| r.fixed("after").map(FeedId))?,
            },
            (2, 3) => {
                let wants = r.list("wants", WANTS_PER_REQUEST_MAX, |r| {
                    r.tuple("want", 2)?;
                    Ok(Want {
                        feed: FeedId(r.fixed("feed")?),
                        after: Seq(r.uint("after")?),
                    })
                })?;
                let different: BTreeSet<FeedId> = wants.iter().map(|want| want.feed).collect();
                if different.len() != wants.len() {
                    return Err(CborError::Value {
                        field: "wants",
                        what: "a feed that is asked for twice",
                    });
                }
                Self::Runs { wants }
            }
            (3, 3) => Self::Fork {
                feed: FeedId(r.fixed("feed")?),
            },
            (4, 4) => Self::Named {
                feed: FeedId(r.fixed("feed")?),
                after: r.option("after", read_entry)?,
            },
            (5, 5) => Self::Branch {
                feed: FeedId(r.fixed("feed")?),
                through: read_entry(&mut r)?,
                above: Seq(r.uint("above")?),
            },
            _ => {
                return Err(CborError::Value {
                    field: "request kind",
                    what: "unknown",
                });
            }
        };
        expect_canonical("request", bytes, &request.encode())?;
        Ok(request)
    }
}

impl Response {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::Equal { program } => {
                w.array(3).uint(VERSION).uint(0).text(program.as_str());
            }
            Self::Differs { lines, more, program } => {
                w.array(5).uint(VERSION).uint(1);
                write_page(&mut w, lines, *more);
                w.text(program.as_str());
            }
            Self::Lines { lines, more } => {
                w.array(4).uint(VERSION).uint(2);
                write_page(&mut w, lines, *more);
            }
            Self::Runs { runs, unserved } => {
                w.array(4).uint(VERSION).uint(3).array(runs.len());
                for run in runs {
                    run.write(&mut w);
                }
                w.array(unserved.len());
                for feed in unserved {
                    w.bytes(&feed.0);
                }
            }
            Self::Fork { proof } => {
                w.array(3)
                    .uint(VERSION)
                    .uint(5)
                    .option(proof.as_ref(), |w, proof| {
                        w.bytes(proof);
                    });
            }
            Self::Named { entries, more } => {
                w.array(4).uint(VERSION).uint(6).array(entries.len());
                for entry in entries {
                    write_entry(&mut w, *entry);
                }
                w.bool(*more);
            }
            Self::Branch { run } => {
                w.array(3).uint(VERSION).uint(7).option(run.as_ref(), |w, run| {
                    run.write(w);
                });
            }
            Self::Refused { reason } => {
                w.array(3).uint(VERSION).uint(4).uint(reason.code());
            }
        }
        w.into_bytes()
    }

    /// Decodes what [`Response::encode`] gives, and nothing else; of runs, whatever packing of them.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("response", bytes, RESPONSE_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        let items = r.array("response", 5)?;
        r.version("response version", VERSION)?;
        let response = match (r.uint("response kind")?, items) {
            (0, 3) => Self::Equal {
                program: read_program(&mut r)?,
            },
            (1, 5) => {
                let (lines, more) = read_page(&mut r)?;
                let program = read_program(&mut r)?;
                Self::Differs { lines, more, program }
            }
            (2, 4) => {
                let (lines, more) = read_page(&mut r)?;
                Self::Lines { lines, more }
            }
            (3, 4) => Self::Runs {
                runs: r.list("runs", RUNS_PER_RESPONSE_MAX, Run::read)?,
                unserved: r.list("unserved feeds", WANTS_PER_REQUEST_MAX, |r| {
                    r.fixed("feed").map(FeedId)
                })?,
            },
            (4, 3) => {
                let code = r.uint("refusal")?;
                let reason = Refusal::ALL.into_iter().find(|reason| reason.code() == code);
                let reason = reason.ok_or(CborError::Value {
                    field: "refusal",
                    what: "unknown",
                })?;
                Self::Refused { reason }
            }
            (5, 3) => Self::Fork {
                proof: r.option("fork proof", |r| {
                    r.bytes("fork proof", FORK_PROOF_BYTES_MAX).map(<[u8]>::to_vec)
                })?,
            },
            (6, 4) => Self::Named {
                entries: r.list("named entries", NAMED_PER_PAGE_MAX, read_entry)?,
                more: r.bool("more")?,
            },
            (7, 3) => Self::Branch {
                run: r.option("run", Run::read)?,
            },
            _ => {
                return Err(CborError::Value {
                    field: "response kind",
                    what: "unknown",
                });
            }
        };
        // Runs may be packed in several ways: they are not packed a second time to see in which.
        if matches!(response, Self::Runs { .. } | Self::Branch { .. }) {
            r.end("response")?;
        } else {
            expect_canonical("response", bytes, &response.encode())?;
        }
        Ok(response)
    }
}

pub(crate) fn within(field: &'static str, bytes: &[u8], limit: usize) -> Result<(), CborError> {
    if bytes.len() <= limit {
        Ok(())
    } else {
        Err(CborError::Limit {
            field,
            found: bytes.len() as u64,
            limit,
        })
    }
}

/// The hash over entries that statements name and that are held; none when there are none.
#[must_use]
pub fn named_root(named: &[EntryId]) -> Option<[u8; 32]> {
    let mut w = Writer::new();
    w.array(named.len());
    for entry in named {
        write_entry(&mut w, *entry);
    }
    (!named.is_empty()).then(|| sha256(&w.into_bytes()))
}

fn write_entry(w: &mut Writer, (seq, hash): EntryId) {
    w.array(2).uint(seq.0).bytes(&hash.0);
}

fn read_entry(r: &mut Reader<'_>) -> Result<EntryId, CborError> {
    r.tuple("entry", 2)?;
    Ok((Seq(r.uint("seq")?), EntryHash(r.fixed("entry hash")?)))
}

fn write_page(w: &mut Writer, lines: &[Line], more: bool) {
    w.array(lines.len());
    for line in lines {
        line.write(w);
    }
    w.bool(more);
}

fn read_page(r: &mut Reader<'_>) -> Result<(Vec<Line>, bool), CborError> {
    let lines = r.list("lines", LINES_PER_PAGE_MAX, Line::read)?;
    Ok((lines, r.bool("more")?))
}

fn read_program(r: &mut Reader<'_>) -> Result<Program, CborError> {
    let field = "program";
    let text = r.text(field, PROGRAM_BYTES_MAX)?;
    Program::read(text).ok_or(CborError::Value {
        field,
        what: "no version",
    })
}
