//! A store that is written to, killed, cut off from power, filled up and refused its syncs in any order: what was
//! answered for is there afterwards, in order, nothing is invented, and the index agrees with the log.

use std::sync::Arc;

use proptest::prelude::*;
use soxa_store::{
    Batch, Keyspace, Location, LogPosition, MemoryDisk, MemoryIndex, RecordKind, Store, StoreError,
    StoreOptions,
};

const ENTRY: RecordKind = RecordKind::new(1);
const KS: Keyspace = Keyspace::new(1);

#[derive(Clone, Debug)]
enum Step {
    /// Appends records of these sizes, synced or not.
    Append {
        sizes: Vec<usize>,
        sync: bool,
    },
    Sync,
    /// Takes the synced records into the index.
    TakeIn,
    Checkpoint,
    /// The disk fills up after this many bytes; or has room again.
    Room(Option<u64>),
    FailSyncs,
    /// Ends the process, orderly or not, and starts it again.
    Restart {
        orderly: bool,
    },
    /// Cuts the power and starts again.
    PowerCut,
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![4 => 0usize..100, 1 => 0usize..3_000];
    let append = (proptest::collection::vec(size, 1..5), any::<bool>());
    prop_oneof![
        8 => append.prop_map(|(sizes, sync)| Step::Append { sizes, sync }),
        2 => Just(Step::Sync),
        3 => Just(Step::TakeIn),
        2 => Just(Step::Checkpoint),
        1 => proptest::option::of(0u64..4_000).prop_map(Step::Room),
        1 => Just(Step::FailSyncs),
        1 => any::<bool>().prop_map(|orderly| Step::Restart { orderly }),
        4 => Just(Step::PowerCut),
    ]
}

/// A store and what is known about it.
struct World {
    disk: MemoryDisk,
    index: MemoryIndex,
    store: Option<Store>,
    /// Draws the fate of unsynced bytes.
    state: u64,
    appended: u32,
    /// Answered for.
    synced: Vec<Vec<u8>>,
    locations: Vec<Location>,
    /// Appended since: they may be lost, the later ones before the earlier.
    pending: Vec<Vec<u8>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            disk: MemoryDisk::new(),
            index: MemoryIndex::new(),
            store: None,
            state: seed,
            appended: 0,
            synced: Vec::new(),
            locations: Vec::new(),
            pending: Vec::new(),
        };
        world.start();
        world
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// Opens the store as a process does, with room on the disk, and checks what is found.
    fn start(&mut self) {
        self.disk.allow_writes();
        self.disk.fail_syncs(false);
        let options = StoreOptions {
            segment_bytes: 2_000,
            ..StoreOptions::default()
        };
        let parts = (Arc::new(self.disk.clone()), Box::new(self.index.clone()));
        let (store, opening) = Store::from_parts(parts.0, parts.1, options).unwrap();
        assert_eq!(opening.shortened, None);
        self.store = Some(store);
        self.take_in(opening.replay_from);

        let found: Vec<_> = self.store().scan(LogPosition::ZERO).map(Result::unwrap).collect();
        let payloads: Vec<_> = found.iter().map(|(_, record)| record.payload.clone()).collect();
        assert!(
            payloads.starts_with(&self.synced),
            "{} of {}",
            payloads.len(),
            self.synced.len()
        );
        assert!(self.pending.starts_with(&payloads[self.synced.len()..]));
        for (location, payload) in self.locations.iter().zip(&self.synced) {
            assert_eq!(self.store().read(*location).unwrap().payload, *payload);
        }
        let indexed = self.index().scan(KS, b"", None, usize::MAX).unwrap();
        let mut expected: Vec<_> = found
            .iter()
            .map(|(at, record)| (record.payload.clone(), at.to_bytes().to_vec()))
            .collect();
        expected.sort();
        assert_eq!(indexed, expected);

        // Opening synced what it found.
        self.locations = found.iter().map(|(location, _)| *location).collect();
        self.synced = payloads;
        self.pending.clear();
    }

    fn index(&self) -> &dyn soxa_store::Index {
        self.store().index()
    }

    fn take_in(&self, from: LogPosition) {
        for item in self.store().scan(from) {
            let (location, record) = item.unwrap();
            let mut batch = Batch::new();
            batch.put(KS, &record.payload, location.to_bytes());
            self.index().apply(batch, location.end()).unwrap();
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Append { sizes, sync } => self.append(&sizes, sync),
            Step::Sync => match self.store().sync() {
                Ok(_) => self.answered(),
                Err(error) => check_expected(&error),
            },
            Step::TakeIn => {
                // Only what is synced may go into the index.
                if self.store().sync().is_ok() {
                    self.answered();
                    self.take_in(self.index().position().unwrap().unwrap_or_default());
                }
            }
            Step::Checkpoint => {
                if let Err(error) = self.store().checkpoint() {
                    check_expected(&error);
                }
            }
            Step::Room(Some(bytes)) => self.disk.fail_writes_after(bytes),
            Step::Room(None) => self.disk.allow_writes(),
            Step::FailSyncs => self.disk.fail_syncs(true),
            Step::Restart { orderly } => {
                if orderly {
                    match self.store().close() {
                        Ok(()) => self.answered(),
                        Err(error) => check_expected(&error),
                    }
                }
                self.store = None;
                self.start();
            }
            Step::PowerCut => {
                self.store = None;
                let mut state = self.state;
                let mut choose = |n: u64| {
                    // Any full-period generator will do.
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) % n
                };
                self.disk.crash(&mut choose);
                self.index.crash(&mut choose);
                self.state = state;
                self.start();
            }
        }
    }

    fn append(&mut self, sizes: &[usize], sync: bool) {
        let payloads: Vec<Vec<u8>> = sizes
            .iter()
            .map(|&size| {
                self.appended += 1;
                let mut payload = self.appended.to_be_bytes().to_vec();
                // Of varied bytes, zeros among them; short enough to be a key where it is small.
                payload.extend((0..size.min(1_000)).map(|n| (n / 3 % 4) as u8));
                payload
            })
            .collect();
        let records: Vec<_> = payloads
            .iter()
            .map(|payload| (ENTRY, payload.as_slice()))
            .collect();
        let appended = if sync {
            self.store().append_and_sync(&records)
        } else {
            self.store().append_unsynced(&records)
        };
        match appended {
            Ok(locations) => {
                assert_eq!(locations.len(), payloads.len());
                self.pending.extend(payloads);
                if sync {
                    self.answered();
                }
            }
            Err(error) => {
                check_expected(&error);
                // They were appended, and whether they reached the disk is unknown.
                if matches!(error, StoreError::Io { op: "sync", .. }) {
                    self.pending.extend(payloads);
                }
            }
        }
    }

    /// All that is pending was synced.
    fn answered(&mut self) {
        let end = self.store().end();
        self.synced.append(&mut self.pending);
        let found: Vec<_> = self.store().scan(LogPosition::ZERO).map(Result::unwrap).collect();
        assert_eq!(found.len(), self.synced.len());
        self.locations = found.into_iter().map(|(location, _)| location).collect();
        assert_eq!(
            self.locations
                .last()
                .map_or(LogPosition::ZERO, |last| last.end())
                .max(end),
            end
        );
    }
}

/// Of a full disk and of failing syncs come these errors and no others.
#[track_caller]
fn check_expected(error: &StoreError) {
    let expected = matches!(
        error,
        StoreError::Full { .. }
            | StoreError::Stopped { .. }
            | StoreError::Io {
                op: "sync" | "begin" | "write" | "sync the store's folder",
                ..
            }
    );
    assert!(expected, "{error:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_was_synced_survives_and_nothing_is_invented(
        seed in any::<u64>(),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new(seed);
        for step in steps {
            world.run(step);
        }
        world.run(Step::PowerCut);
    }
}

/// A power cut while a store is made leaves something that can be made.
#[test]
fn a_power_cut_during_creation_leaves_a_store_or_none() {
    for choices in 0..64u64 {
        for room in 0..40 {
            let disk = MemoryDisk::new();
            disk.fail_writes_after(room);
            let open = || {
                let parts = (Arc::new(disk.clone()), Box::new(MemoryIndex::new()));
                Store::from_parts(parts.0, parts.1, StoreOptions::default())
            };
            let made = open().is_ok();
            let mut state = choices;
            disk.crash(&mut |n| {
                state = state.rotate_right(1);
                state % n
            });
            disk.allow_writes();
            let (store, _) = open().unwrap();
            assert_eq!(made, room >= 29);
            store.append_and_sync(&[(ENTRY, b"works")]).unwrap();
        }
    }
}
