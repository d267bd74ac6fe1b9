//! What one more operation costs a record of 8 or 50, and what its state and its document cost.

#[allow(dead_code, reason = "the tests' province; a measurement uses a part of it")]
#[path = "../tests/records/province.rs"]
mod province;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use soxa_records::asset::AssetSet;
use soxa_records::compose::Composer;
use soxa_records::{History, OpFacts, RecordDocument};

use self::province::Province;

/// An asset with so many operations, and one more that builds on the last.
fn asset_of(operations: usize) -> (Province, History, Arc<OpFacts>) {
    let mut province = Province::new();
    let officer = province.a.clone();
    let asset = province.asset(&officer, "House");
    for number in 1..operations {
        let mut at = province.at(asset);
        province.act(&officer, |c| {
            c.set_asset(&mut at, AssetSet::Site(format!("Room {number}")));
        });
    }
    let mut at = province.at(asset);
    let mut composer = Composer::new();
    composer.set_asset(&mut at, AssetSet::Condition("Good".to_owned()));
    let next = province.facts(&officer, composer).remove(0);
    let history = province.history(asset).clone();
    (province, history, Arc::new(next))
}

fn records(c: &mut Criterion) {
    for operations in [8, 50] {
        let (province, history, next) = asset_of(operations);
        let world = province.world();
        c.bench_with_input(
            BenchmarkId::new("judge_one_more", operations),
            &history,
            |b, history| {
                b.iter_batched(
                    || history.clone(),
                    |mut history| {
                        history.insert(Arc::clone(&next), &world);
                        history
                    },
                    BatchSize::SmallInput,
                );
            },
        );
        c.bench_with_input(
            BenchmarkId::new("state_hash", operations),
            &history,
            |b, history| {
                b.iter(|| black_box(history).state().hash());
            },
        );
        c.bench_with_input(
            BenchmarkId::new("document_build", operations),
            &history,
            |b, history| {
                b.iter(|| RecordDocument::build(black_box(history)));
            },
        );
    }
}

criterion_group!(benches, records);
criterion_main!(benches);
