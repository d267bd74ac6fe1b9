//! What it costs two equal nodes of a whole province to find out that they are: one request, one answer.

#[allow(dead_code, reason = "the tests' replica; a measurement uses a part of it")]
#[path = "../tests/sync/replica.rs"]
mod replica;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use soxa_ledger::Scope;
use soxa_sync::{Program, Request, Response, answer, shared_root};

use self::replica::{Holdings, feed_of, secret, unit};

/// Nodes of a province, each with a feed.
const NODES: u8 = 76;

fn equal_nodes(c: &mut Criterion) {
    let admitted: BTreeMap<_, _> = (1..=NODES).map(|at| (secret(at).node(), unit(at))).collect();
    let mut ours = Holdings::new(secret(1).node(), admitted);
    for at in 1..=NODES {
        let key = secret(at);
        ours.append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![at; 40]]);
    }
    let mut theirs = ours.clone();
    theirs.own = secret(2).node();
    c.bench_function("compare/equal_76_feeds", |b| {
        b.iter(|| {
            let request = Request::Compare {
                root: shared_root(black_box(&ours), theirs.own),
                program: Program::own(),
            };
            let found = answer(&theirs, ours.own, &request);
            assert!(matches!(found, Ok(Response::Equal { .. })));
        });
    });
}

criterion_group!(benches, equal_nodes);
criterion_main!(benches);
