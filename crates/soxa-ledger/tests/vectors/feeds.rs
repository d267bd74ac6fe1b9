//! Feeds with their entries and tips, copies of commits, and proofs of forks.

use serde_json::{Value, json};
use soxa_ledger::cbor::Writer;
use soxa_ledger::copy::CommitCopy;
use soxa_ledger::entry::{BodyKind, Entry, Header};
use soxa_ledger::fork::Branch;
use soxa_ledger::{
    Feed, ForkProof, Head, Incarnation, NetworkId, RecordId, Run, Scope, Seq, Signed, Time, Tip, Verified,
};

use crate::commits::commits;
use crate::statements::genesis;
use crate::{check, hex, key};

/// A feed with a statement and two commits, and its tip.
fn run(network: NetworkId, feed: &Feed, last_time: u64) -> Run {
    let id = feed.id(network);
    let mut head = Head::empty(id);
    let commit = commits(network).remove(0).1.bytes().to_vec();
    let bodies = [
        (BodyKind::Statement, genesis().bytes().to_vec(), 5),
        (BodyKind::Commit, commit.clone(), 3),
        (BodyKind::Commit, commit, last_time),
    ];
    let entries = bodies
        .into_iter()
        .map(|(kind, body, time)| {
            let header = Header::following(id, &head, Time(time), kind, &body);
            head = header.head();
            Entry { header, body }
        })
        .collect();
    let tip = Tip {
        feed: id,
        seq: head.seq,
        hash: head.hash,
    }
    .sign(network, &key(20));
    Run {
        feed: feed.clone(),
        entries,
        tip,
    }
}

fn feeds(network: NetworkId) -> [Feed; 2] {
    let first = Feed {
        node: key(20).node(),
        incarnation: Incarnation([0x77; 16]),
        scope: Scope::all_nodes(),
        follows: None,
    };
    let second = Feed {
        incarnation: Incarnation([0x78; 16]),
        scope: Scope::of([RecordId([1; 32]), RecordId([2; 32])]).unwrap(),
        follows: Some(first.id(network)),
        ..first.clone()
    };
    [first, second]
}

#[test]
fn feed_vectors() {
    let network = genesis().network;
    let list: Vec<Value> = feeds(network)
        .iter()
        .map(|feed| {
            let mut w = Writer::new();
            feed.write(&mut w);
            json!({ "feed": hex(w.into_bytes()), "id": feed.id(network).to_string() })
        })
        .collect();
    let [feed, _] = feeds(network);
    let run = run(network, &feed, 9);
    let entries: Vec<Value> = run
        .entries
        .iter()
        .map(|entry| {
            json!({ "header": hex(entry.header.encode()), "body": hex(&entry.body), "hash": entry.header.hash().to_string() })
        })
        .collect();
    run.clone()
        .verify(network, &Head::empty(feed.id(network)))
        .unwrap();
    assert_eq!(Run::decode(&run.encode()).as_ref(), Ok(&run));
    check(
        "feeds.json",
        &json!({
            "network": network.to_string(),
            "feeds": list,
            "entries": entries,
            "tip": hex(run.tip.0),
            "run": hex(run.encode()),
        }),
    );
}

#[test]
fn copy_vectors() {
    let network = genesis().network;
    let [_, feed] = feeds(network);
    let copy = CommitCopy::from_run(&run(network, &feed, 9), 1).unwrap();
    copy.verify_origin(network).unwrap();
    let at = copy.position();
    assert_eq!(
        CommitCopy::decode(&copy.encode()).unwrap().encode(),
        copy.encode()
    );
    check(
        "copies.json",
        &json!({
            "network": network.to_string(),
            "copies": [{
                "copy": hex(copy.encode()),
                "feed": at.feed.to_string(),
                "seq": at.seq.0,
                "entry": at.hash.to_string(),
                "commit": hex(copy.commit().bytes()),
            }],
        }),
    );
}

#[test]
fn fork_vectors() {
    let network = genesis().network;
    let [feed, _] = feeds(network);
    let (one, other) = (run(network, &feed, 9), run(network, &feed, 10));
    let proof = ForkProof::between(feed.clone(), Branch::of_run(&one), Branch::of_run(&other)).unwrap();
    let signed = Signed::<ForkProof>::decode(&proof.encode())
        .unwrap()
        .verify(network)
        .unwrap();
    assert_eq!(signed.seq(), Seq(3));
    let mut longer = one.clone();
    let header = Header::following(
        feed.id(network),
        &one.entries[2].header.head(),
        Time(11),
        BodyKind::Commit,
        &[],
    );
    longer.entries.push(Entry { header, body: vec![] });
    longer.tip = Tip {
        feed: feed.id(network),
        seq: header.seq,
        hash: header.hash(),
    }
    .sign(network, &key(20));
    let linked = ForkProof::between(feed, Branch::of_run(&longer), Branch::of_run(&other)).unwrap();
    let linked = Signed::<ForkProof>::decode(&linked.encode())
        .unwrap()
        .verify(network)
        .unwrap();
    let vector = |name: &str, proof: &Verified<ForkProof>| json!({ "name": name, "proof": hex(proof.bytes()), "feed": proof.feed_id().to_string(), "seq": proof.seq().0 });
    check(
        "forks.json",
        &json!({
            "network": network.to_string(),
            "proofs": [vector("both tips at the fork", &signed), vector("one branch goes on", &linked)],
        }),
    );
}
