//! Kills a node 50 times while commits are in flight; no commit that was answered "stored" may be missing afterwards,
//! on the node itself or on another.

mod support;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use support::chance::Chance;
use support::program::Daemon;
use support::province::{Node, Province, converge};
use support::signing::Presigned;
use support::socket::{Socket, call, submit};
use support::spin;

/// Kills with commits in flight, and how many of them must hit the middle of a batch.
const KILLS: usize = 50;
const MID_BATCH_MIN: usize = 30;
/// The seed of the moments: the same moments in another run hit other places, since processes have no seed.
const SEED: u64 = 0x50C5_A001;
/// Connections that submit at the same time, and commits in each request: together they make the node's batches.
const SUBMITTERS: usize = 6;
const COMMITS_PER_REQUEST: usize = 4;
/// Commits to submit; what a kill leaves unanswered is not submitted again.
const COMMITS: u64 = 8_000;

/// A request that was written to the socket and not answered.
struct Unanswered {
    written: Instant,
    commits: Vec<Presigned>,
}

/// What the submitters share.
#[derive(Default)]
struct Shared {
    waiting: Mutex<VecDeque<Presigned>>,
    stored: Mutex<Vec<Presigned>>,
    unanswered: Mutex<Vec<Unanswered>>,
    answers: AtomicU64,
    outstanding: AtomicU64,
    over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn take(&self) -> Vec<Presigned> {
        let mut waiting = lock(&self.waiting);
        let count = waiting.len().min(COMMITS_PER_REQUEST);
        waiting.drain(..count).collect()
    }

    /// Submits over one connection until the daemon goes away or the round is over.
    fn converse(&self, home: &Path) {
        let Ok(mut socket) = Socket::connect(home) else {
            return;
        };
        while !self.over.load(Ordering::SeqCst) {
            let commits = self.take();
            assert!(!commits.is_empty(), "more commits are needed for {KILLS} kills");
            let line = call(&submit(commits.iter().map(|commit| commit.bytes.as_slice())));
            if socket.write(&line).is_err() {
                // Perhaps a part of the line arrived, which is no request.
                return;
            }
            let written = Instant::now();
            self.outstanding.fetch_add(1, Ordering::SeqCst);
            let answer = socket.line().ok().flatten();
            self.outstanding.fetch_sub(1, Ordering::SeqCst);
            let Some(answer) = answer else {
                lock(&self.unanswered).push(Unanswered { written, commits });
                return;
            };
            let reports = answer["stored"]
                .as_array()
                .unwrap_or_else(|| panic!("not stored: {answer}"));
            assert_eq!(reports.len(), commits.len());
            for (report, commit) in reports.iter().zip(commits) {
                assert_eq!(
                    (&report["id"], &report["verdict"]),
                    (&commit.id.to_string().into(), &"valid".into())
                );
                lock(&self.stored).push(commit);
            }
            self.answers.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// What one kill hit.
#[derive(Debug)]
struct Kill {
    /// The moment was chosen by the growth of the log: between the write and the answer.
    log_grew: bool,
    /// Requests that had been written before the kill and were never answered.
    requests: usize,
    /// Their commits.
    commits: Vec<Presigned>,
}

fn log_bytes(store: &Path) -> u64 {
    let segments = std::fs::read_dir(store.join("segments")).expect("segments");
    segments
        .map(|file| file.expect("a segment").metadata().expect("a segment").len())
        .sum()
}

/// Lets the submitters work on a fresh daemon and kills it at a moment that chance decides.
fn round(shared: &Shared, node: &Node, daemon: &mut Daemon, chance: &mut Chance) -> Kill {
    let store: PathBuf = node.home.join("store");
    shared.over.store(false, Ordering::SeqCst);
    let before = shared.answers.load(Ordering::SeqCst);
    let answers = chance.below(12);
    let log_grew = chance.below(5) > 0;
    let delay = Duration::from_micros(chance.below(30_000));
    let killed = std::thread::scope(|scope| {
        for _ in 0..SUBMITTERS {
            scope.spawn(|| shared.converse(&node.home));
        }
        spin("answers and requests in flight", || {
            shared.answers.load(Ordering::SeqCst) >= before + answers
                && shared.outstanding.load(Ordering::SeqCst) > 0
        });
        if log_grew {
            let length = log_bytes(&store);
            spin("the log's growth", || log_bytes(&store) > length);
        } else {
            let moment = Instant::now() + delay;
            spin("the moment", || Instant::now() >= moment);
        }
        let killed = Instant::now();
        daemon.kill();
        shared.over.store(true, Ordering::SeqCst);
        killed
    });
    let unanswered = std::mem::take(&mut *lock(&shared.unanswered));
    let hit: Vec<Unanswered> = unanswered
        .into_iter()
        .filter(|one| one.written < killed)
        .collect();
    Kill {
        log_grew,
        requests: hit.len(),
        commits: hit.into_iter().flat_map(|one| one.commits).collect(),
    }
}

#[test]
fn no_stored_commit_is_lost_by_fifty_kills() {
    let begun = Instant::now();
    let province = Province::found();
    let node = &province.node;
    let mut daemon = node.start();
    let (mut other, _) = province.add_node("other", &[]);

    let head = province.head();
    let shared = Shared::default();
    lock(&shared.waiting).extend((0..COMMITS).map(|number| head.register(number)));
    let signed = begun.elapsed();

    let mut chance = Chance::new(SEED);
    let mut kills: Vec<Kill> = Vec::new();
    // One that finds nothing in flight does not count.
    while kills.iter().filter(|kill| kill.requests > 0).count() < KILLS {
        kills.push(round(&shared, node, &mut daemon, &mut chance));
        daemon = node.start();
    }
    let killed = begun.elapsed();

    other.dial(&node.addresses());
    let other_daemon = other.start();
    let root = converge(&[node, &other]);
    let converged = begun.elapsed();

    let stored = lock(&shared.stored);
    let mut held_after: Vec<BTreeSet<String>> = Vec::new();
    for (name, place) in [("itself", node), ("another", &other)] {
        let held: BTreeSet<String> = place.records("asset").into_iter().collect();
        let lost: Vec<String> = stored
            .iter()
            .map(|commit| commit.record.to_string())
            .filter(|record| !held.contains(record))
            .collect();
        assert!(
            lost.is_empty(),
            "{} of {} stored commits are lost on {name}: {lost:?}",
            lost.len(),
            stored.len()
        );
        held_after.push(held);
    }
    assert_eq!(held_after[0], held_after[1]);

    daemon.stop();
    other_daemon.stop();
    for place in [node, &other] {
        let found = place.verify();
        assert_eq!(found["state_root"], root.as_str());
        assert_eq!(found["agrees"], true);
    }

    // What the log holds and nobody was told: the kill came after the batch was written and before it was answered.
    let kept = |kill: &Kill| {
        let in_log = |commit: &&Presigned| held_after[0].contains(&commit.record.to_string());
        kill.commits.iter().filter(in_log).count()
    };
    let mid_batch = kills.iter().filter(|kill| kept(kill) > 0).count();
    println!(
        "{} kills with {} commits in flight, {} of them when the log had just grown; {mid_batch} in the middle of a \
         batch, which left {} commits in the log that were never answered; {} commits answered as stored, all there; \
         signing {:.1} s, kills {:.1} s, convergence {:.1} s, all {:.1} s",
        kills.len(),
        kills.iter().map(|kill| kill.commits.len()).sum::<usize>(),
        kills.iter().filter(|kill| kill.log_grew).count(),
        kills.iter().map(kept).sum::<usize>(),
        stored.len(),
        signed.as_secs_f64(),
        (killed - signed).as_secs_f64(),
        (converged - killed).as_secs_f64(),
        begun.elapsed().as_secs_f64(),
    );
    assert!(
        mid_batch >= MID_BATCH_MIN,
        "{mid_batch} kills hit the middle of a batch"
    );
    assert!(stored.len() >= KILLS, "{} commits stored", stored.len());
}
