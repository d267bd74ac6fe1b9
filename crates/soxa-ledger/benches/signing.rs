//! What every entry costs whoever takes it in: decoding a commit, its signature, and a run of them up to its tip.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use soxa_ledger::entry::BodyKind;
use soxa_ledger::{
    Commit, Entry, Feed, Head, Header, Incarnation, NetworkId, OpId, OpRef, Operation, RecordId, RecordRef,
    Run, Scope, SecretKey, Signed, StatementId, Time, Tip,
};

const NETWORK: NetworkId = NetworkId([9; 32]);
/// Entries of the run.
const ENTRIES: u64 = 64;
/// Bytes of an operation's content, as of a condition or a place.
const CONTENT_BYTES: usize = 40;

/// A commit of one operation that builds on another.
fn commit(key: &SecretKey, number: u64) -> Commit {
    Commit {
        author: key.public(),
        appointment: StatementId([3; 32]),
        scope: Scope::all_nodes(),
        time: Time(number),
        operations: vec![Operation {
            record: RecordRef::Id(RecordId([4; 32])),
            kind: "asset.set".parse().expect("a kind"),
            version: 1,
            parents: vec![OpRef::Id(OpId([5; 32]))],
            refs: Vec::new(),
            body: vec![6; CONTENT_BYTES],
        }],
        minutes: Vec::new(),
        note: None,
    }
}

fn run(key: &SecretKey) -> (Run, Head) {
    let feed = Feed {
        node: key.node(),
        incarnation: Incarnation([1; 16]),
        scope: Scope::all_nodes(),
        follows: None,
    };
    let empty = Head::empty(feed.id(NETWORK));
    let mut head = empty;
    let mut entries = Vec::new();
    for number in 0..ENTRIES {
        let body = commit(key, number).seal(NETWORK, key);
        let header = Header::following(feed.id(NETWORK), &head, Time(number), BodyKind::Commit, &body);
        head = header.head();
        entries.push(Entry { header, body });
    }
    let tip = Tip {
        feed: feed.id(NETWORK),
        seq: head.seq,
        hash: head.hash,
    };
    let tip = tip.sign(NETWORK, key);
    (Run { feed, entries, tip }, empty)
}

fn commits(c: &mut Criterion) {
    let key = SecretKey::from_seed(&[7; 32]);
    let made = commit(&key, 1);
    let sealed = made.seal(NETWORK, &key);
    c.bench_function("commit/sign", |b| b.iter(|| black_box(&made).seal(NETWORK, &key)));
    c.bench_function("commit/decode", |b| {
        b.iter(|| Signed::<Commit>::decode(black_box(&sealed)))
    });
    let message = vec![8; sealed.len()];
    let signature = key.sign(&message);
    c.bench_function("signature/verify_strict", |b| {
        b.iter(|| key.public().verify(black_box(&message), &signature));
    });
}

fn runs(c: &mut Criterion) {
    let key = SecretKey::from_seed(&[7; 32]);
    let (run, empty) = run(&key);
    let bytes = run.encode();
    let mut group = c.benchmark_group("run");
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("decode", |b| b.iter(|| Run::decode(black_box(&bytes))));
    group.bench_function("verify_chain_and_tip", |b| {
        b.iter_batched(
            || run.clone(),
            |run| run.verify(NETWORK, &empty),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, commits, runs);
criterion_main!(benches);
