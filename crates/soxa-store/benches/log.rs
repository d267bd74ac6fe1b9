//! What "stored" costs: an append to the log with our own sync, on the disk that holds the system's temporary files.
//! `TMPDIR` chooses another.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use soxa_store::{RecordKind, Store, StoreOptions};

const ENTRY: RecordKind = RecordKind::new(1);
/// Bytes of one act with its header.
const ACT_BYTES: usize = 400;

fn append(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().join("store");
    Store::create(&folder).expect("a new store");
    let (store, _) = Store::open(&folder, StoreOptions::default()).expect("an open store");
    let mut group = c.benchmark_group("append_and_sync");
    for acts in [1_usize, 100] {
        let bytes = vec![7; acts * ACT_BYTES];
        group.throughput(Throughput::Elements(acts as u64));
        group.bench_function(format!("acts_{acts}"), |b| {
            b.iter(|| {
                store
                    .append_and_sync(&[(ENTRY, &bytes)])
                    .expect("room on the disk")
            });
        });
    }
    group.finish();
    store.close().expect("an orderly end");
}

criterion_group!(benches, append);
criterion_main!(benches);
