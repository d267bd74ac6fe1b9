//! Files: pieces from one peer after the other, none for strangers, and blame only where it is certain.

use std::collections::BTreeMap;

use soxa_ledger::{ContentKey, FileHash, NodeKey, RecordId, Scope, Time};
use soxa_sync::effect::Failure;
use soxa_sync::file_words::{FilePiece, FileQuestion, FileReply};
use soxa_sync::files::{Fetching, FileEffect, serve};
use soxa_sync::limits::{FILE_PIECE_BYTES_MAX, FILE_RETRY_MS, FILES_AT_ONCE_MAX, FILES_WANTED_MAX};
use soxa_sync::{Offence, OffenceKind};

use crate::replica::{Holdings, secret, unit};

const RECORD: RecordId = RecordId([7; 32]);

/// How a peer answers.
#[derive(Clone)]
enum Peer {
    /// With these bytes, as an honest node does.
    Holds(Vec<u8>, Option<ContentKey>),
    /// With nothing.
    Lacks,
    /// It sends this many pieces and goes away.
    Leaves(Vec<u8>, usize),
    /// One endless file.
    Endless,
}

/// A node of unit 1 that lacks a file.
struct Play {
    replica: Holdings,
    fetching: Fetching,
    peers: BTreeMap<NodeKey, Peer>,
    begun: Vec<u8>,
    kept: Option<Vec<u8>>,
    blamed: Vec<(NodeKey, OffenceKind)>,
    nowhere: usize,
    asked: Vec<NodeKey>,
    sealed: bool,
}

fn node(number: u8) -> NodeKey {
    secret(number).node()
}

fn readers() -> Scope {
    Scope::of([unit(1), unit(2)]).unwrap()
}

/// More than two pieces.
fn long() -> Vec<u8> {
    (0..2 * FILE_PIECE_BYTES_MAX + 5)
        .map(|n| (n % 251) as u8)
        .collect()
}

impl Play {
    fn with(peers: Vec<(u8, Peer)>) -> Self {
        let units = (1..=9).map(|n| (node(n), unit(if n < 6 { 1 + n % 2 } else { 3 })));
        let mut play = Self {
            replica: Holdings::new(node(1), units.collect()),
            fetching: Fetching::default(),
            peers: peers.into_iter().map(|(n, peer)| (node(n), peer)).collect(),
            begun: Vec::new(),
            kept: None,
            blamed: Vec::new(),
            nowhere: 0,
            asked: Vec::new(),
            sealed: false,
        };
        for peer in play.peers.keys() {
            assert!(play.fetching.peer_up(Time(0), *peer, &play.replica).is_empty());
        }
        play
    }

    fn want(&mut self, file: FileHash) {
        let begun = self.begun.len() as u64;
        let of = (RECORD, readers());
        let effects = self.fetching.want(Time(0), file, of, true, begun, &self.replica);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<FileEffect>) {
        let mut waiting = std::collections::VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            waiting.extend(match effect {
                FileEffect::Ask { peer, id, question } => self.ask(peer, id, question),
                FileEffect::Add { file, at, bytes } => {
                    assert_eq!(at, self.begun.len() as u64);
                    self.begun.extend(bytes);
                    self.fetching.added(file, self.begun.len() as u64)
                }
                FileEffect::Check { file, key, .. } => {
                    let bytes = std::mem::take(&mut self.begun);
                    let opens = !self.sealed || key.is_some_and(|key| key.open(&bytes).is_ok());
                    let good = FileHash::of(&bytes) == file && opens;
                    self.kept = good.then_some(bytes).or(self.kept.take());
                    self.fetching.checked(Time(1), file, good, &self.replica)
                }
                FileEffect::Offend { peer, offence } => {
                    self.blamed.push((peer, offence.kind()));
                    Vec::new()
                }
                FileEffect::Nowhere { .. } => {
                    self.nowhere += 1;
                    Vec::new()
                }
            });
        }
    }

    fn ask(&mut self, peer: NodeKey, id: u64, question: FileQuestion) -> Vec<FileEffect> {
        self.asked.push(peer);
        let question = FileQuestion::decode(&question.encode()).unwrap();
        let server = Holdings::new(peer, self.replica.units.clone());
        let answer = |bytes: &[u8], key| {
            let reply = serve(&server, node(1), &readers(), (bytes, key), question.offset);
            Ok(FileReply::decode(&reply.encode()).unwrap())
        };
        let result = match self.peers.get_mut(&peer).unwrap() {
            Peer::Holds(bytes, key) => answer(bytes, key.clone()),
            Peer::Lacks => Ok(FileReply { piece: None }),
            Peer::Leaves(_, 0) => {
                return self.fetching.peer_down(Time(1), peer, &self.replica);
            }
            Peer::Leaves(bytes, pieces) => {
                *pieces -= 1;
                answer(bytes, None)
            }
            Peer::Endless => Ok(FileReply {
                piece: Some(FilePiece {
                    length: question.offset + 2,
                    key: None,
                    bytes: vec![1],
                }),
            }),
        };
        self.fetching.answered(Time(1), peer, id, result, &self.replica)
    }
}

#[test]
fn a_file_comes_piece_after_piece_and_another_peer_goes_on_with_it() {
    let file = FileHash::of(&long());
    let mut play = Play::with(vec![
        (2, Peer::Leaves(long(), 2)),
        (3, Peer::Lacks),
        (4, Peer::Holds(long(), None)),
    ]);
    play.want(file);
    assert_eq!(play.kept, Some(long()));
    assert_eq!((play.nowhere, play.blamed.len()), (0, 0));
    // A start with what an earlier one left goes on after it.
    let mut play = Play::with(vec![(4, Peer::Holds(long(), None))]);
    play.begun = long()[..FILE_PIECE_BYTES_MAX + 1].to_vec();
    play.want(file);
    assert_eq!((play.kept, play.asked.len()), (Some(long()), 2));
}

#[test]
fn who_gives_wrong_bytes_is_named_and_the_next_peer_is_asked() {
    let mut wrong = long();
    wrong[FILE_PIECE_BYTES_MAX] ^= 1;
    let mut play = Play::with(vec![(2, Peer::Holds(wrong.clone(), None))]);
    play.want(FileHash::of(&long()));
    assert_eq!(play.blamed, [(node(2), OffenceKind::BadFile)]);
    assert_eq!((play.kept.as_ref(), play.nowhere), (None, 1));

    // What was left of an earlier start blames nobody: from then on it comes from one alone.
    let mut play = Play::with(vec![(2, Peer::Holds(long(), None))]);
    play.begun = wrong[..FILE_PIECE_BYTES_MAX + 1].to_vec();
    play.want(FileHash::of(&long()));
    assert_eq!((play.kept, play.blamed.len()), (Some(long()), 0));
    let mut play = Play::with(vec![(2, Peer::Holds(wrong, None))]);
    play.begun = long()[..1].to_vec();
    play.want(FileHash::of(&long()));
    assert_eq!(play.blamed, [(node(2), OffenceKind::BadFile)]);

    for (liar, kind) in [
        (Peer::Endless, OffenceKind::BadAnswer),
        (Peer::Holds(vec![1], None), OffenceKind::BadFile),
        (Peer::Holds(Vec::new(), None), OffenceKind::BadFile),
    ] {
        let mut play = Play::with(vec![(2, liar)]);
        play.want(FileHash::of(&long()));
        assert_eq!(play.blamed, [(node(2), kind)]);
    }
}

#[test]
fn a_wrong_key_is_found_out() {
    let key = ContentKey::new([1; 32]);
    let stored = key.seal(b"a name").unwrap();
    let play = |key| {
        let mut play = Play::with(vec![(2, Peer::Holds(stored.clone(), key))]);
        play.sealed = true;
        play.want(FileHash::of(&stored));
        (play.kept.is_some(), play.blamed.len())
    };
    assert_eq!(play(Some(key.clone())), (true, 0));
    assert_eq!(play(Some(ContentKey::new([2; 32]))), (false, 1));
    assert_eq!(play(None), (false, 1));
}

#[test]
fn only_readers_are_asked_and_only_readers_get_anything() {
    let mut play = Play::with(vec![
        (6, Peer::Holds(long(), None)),
        (7, Peer::Holds(long(), None)),
    ]);
    play.want(FileHash::of(&long()));
    assert_eq!((play.asked.len(), play.nowhere), (0, 1));
    let server = Holdings::new(node(2), play.replica.units.clone());
    let reply = |peer| serve(&server, peer, &readers(), (&long(), None), 0);
    assert_eq!(reply(node(6)).piece, None);
    assert_eq!(reply(secret(50).node()).piece, None);
    assert!(reply(node(1)).piece.is_some());
    let all = serve(&server, node(6), &Scope::all_nodes(), (&long(), None), 0);
    assert!(all.piece.is_some());
}

#[test]
fn what_nobody_has_is_asked_for_again_later_and_when_somebody_comes() {
    let file = FileHash::of(&long());
    let mut play = Play::with(vec![(2, Peer::Lacks)]);
    play.want(file);
    assert_eq!((play.nowhere, play.asked.len()), (1, 1));
    let effects = play.fetching.tick(Time(FILE_RETRY_MS), &play.replica);
    assert!(effects.is_empty(), "too early: {effects:?}");
    assert_eq!(play.fetching.next_wake(), Some(Time(1 + FILE_RETRY_MS)));
    let effects = play.fetching.tick(Time(1 + FILE_RETRY_MS), &play.replica);
    play.carry_out(effects);
    assert_eq!((play.nowhere, play.asked.len()), (1, 2), "nobody waits any more");
    play.peers.insert(node(4), Peer::Holds(long(), None));
    let effects = play.fetching.peer_up(Time(2), node(4), &play.replica);
    play.carry_out(effects);
    assert_eq!(play.kept, Some(long()));
    assert_eq!(play.fetching.next_wake(), None);
}

#[test]
fn few_are_under_way_at_once_but_what_somebody_waits_for_goes_at_once() {
    let mut play = Play::with(vec![(2, Peer::Lacks)]);
    let want = |play: &mut Play, n: usize, urgent| {
        let file = FileHash::of(&n.to_be_bytes());
        let of = (RECORD, readers());
        play.fetching.want(Time(0), file, of, urgent, 0, &play.replica)
    };
    let asked: usize = (0..FILES_WANTED_MAX)
        .map(|n| want(&mut play, n, false).len())
        .sum();
    assert_eq!(asked, FILES_AT_ONCE_MAX);
    assert!(want(&mut play, FILES_WANTED_MAX, false).is_empty(), "no room");
    assert_eq!(want(&mut play, FILES_WANTED_MAX + 1, true).len(), 1);
    // Late and foreign answers change nothing.
    for id in 0..100 {
        let late = Err(Failure::Timeout);
        assert!(
            play.fetching
                .answered(Time(1), node(4), id, late, &play.replica)
                .is_empty()
        );
    }
    assert_eq!(Offence::BadFile(FileHash([0; 32])).kind().word(), "bad_file");
}

#[test]
fn what_is_no_word_about_files_is_refused() {
    let question = FileQuestion {
        record: RECORD,
        file: FileHash([3; 32]),
        offset: 70_000,
    };
    let reply = FileReply {
        piece: Some(FilePiece {
            length: 9,
            key: Some(ContentKey::new([4; 32])),
            bytes: vec![1, 2],
        }),
    };
    assert_eq!(FileQuestion::decode(&question.encode()), Ok(question));
    assert_eq!(FileReply::decode(&reply.encode()), Ok(reply.clone()));
    let (question, reply) = (question.encode(), reply.encode());
    assert!(FileReply::decode(&question).is_err() && FileQuestion::decode(&reply).is_err());
    for at in 0..question.len() {
        assert!(FileQuestion::decode(&question[..at]).is_err());
    }
    for at in 0..reply.len() {
        assert!(FileReply::decode(&reply[..at]).is_err());
    }
    let far = FileQuestion {
        offset: u64::MAX,
        ..FileQuestion::decode(&question).unwrap()
    };
    assert!(FileQuestion::decode(&far.encode()).is_err());
}
