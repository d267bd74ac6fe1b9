//! A node that is no engine: it puts whatever it is told into feeds and signs the tips.

use soxa_ledger::entry::BodyKind;
use soxa_ledger::{
    Body, Commit, Entry, Feed, Head, Header, Incarnation, NetworkId, OpKind, Operation, RecordRef, Run,
    Scope, SecretKey, Tip, Verified,
};

use super::{NOW, Official, Province, unsigned_commit};

#[derive(Clone)]
pub struct Feeder {
    network: NetworkId,
    key: SecretKey,
    pub feed: Feed,
    pub head: Head,
}

impl Feeder {
    pub fn new(network: NetworkId, key: SecretKey, life: u8) -> Self {
        Self::of_life(network, key, u16::from_be_bytes([life; 2]))
    }

    /// One of very many lives.
    pub fn of_life(network: NetworkId, key: SecretKey, life: u16) -> Self {
        let [high, low] = life.to_be_bytes();
        let mut incarnation = [low; 16];
        incarnation[0] = high;
        let feed = Feed {
            node: key.node(),
            incarnation: Incarnation(incarnation),
            scope: Scope::all_nodes(),
            follows: None,
        };
        let head = Head::empty(feed.id(network));
        Self {
            network,
            key,
            feed,
            head,
        }
    }

    /// The next entries of the feed, under one tip.
    pub fn run(&mut self, bodies: &[(BodyKind, Vec<u8>)]) -> Run {
        let id = self.feed.id(self.network);
        let mut entries = Vec::new();
        for (kind, body) in bodies {
            let header = Header::following(id, &self.head, NOW, *kind, body);
            self.head = header.head();
            entries.push(Entry {
                header,
                body: body.clone(),
            });
        }
        let tip = Tip {
            feed: id,
            seq: self.head.seq,
            hash: self.head.hash,
        };
        Run {
            feed: self.feed.clone(),
            entries,
            tip: tip.sign(self.network, &self.key),
        }
    }

    /// The next entries, which are what a node should put there.
    pub fn acts(&mut self, acts: &[Body]) -> Run {
        self.run(&acts.iter().map(raw).collect::<Vec<_>>())
    }
}

pub fn raw(act: &Body) -> (BodyKind, Vec<u8>) {
    match act {
        Body::Commit(commit) => (BodyKind::Commit, commit.bytes().to_vec()),
        Body::Statement(statement) => (BodyKind::Statement, statement.bytes().to_vec()),
    }
}

/// The same commit under a signature that does not hold.
pub fn forged(commit: &Verified<Commit>) -> (BodyKind, Vec<u8>) {
    let mut bytes = commit.bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    (BodyKind::Commit, bytes)
}

/// A commit whose only operation has a body of the wrong form, and an honest signature.
pub fn malformed_operation(province: &Province, by: &Official) -> Verified<Commit> {
    let operation = Operation {
        record: RecordRef::New,
        kind: "asset.register".parse::<OpKind>().unwrap(),
        version: 1,
        parents: Vec::new(),
        refs: Vec::new(),
        body: b"no asset".to_vec(),
    };
    let mut commit = unsigned_commit(by, soxa_records::compose::Composer::new());
    commit.operations.push(operation);
    commit.sign(province.network, &by.key).unwrap()
}
