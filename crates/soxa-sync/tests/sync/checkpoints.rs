//! Checkpoints between nodes: who co-signs what, and how two histories come to light.

use proptest::prelude::*;
use soxa_ledger::checkpoint::{ScopeName, SignedCheckpoint};
use soxa_ledger::{NodeKey, Scope, SecretKey, Time};
use soxa_sync::checkpoint_words::{Question, Reply};
use soxa_sync::checkpoints::{Checkpoints, Discovery, LogView};
use soxa_sync::limits::{SNAPSHOT_GAP_MS, SNAPSHOT_QUIET_MS};

use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};

/// A node with what it holds and has seen.
#[derive(Clone)]
struct Node {
    key: SecretKey,
    holdings: Holdings,
    checkpoints: Checkpoints,
}

fn node(number: u8) -> NodeKey {
    secret(number).node()
}

/// A node of a province of five; number 9 is admitted nowhere.
fn started(number: u8) -> Node {
    let admitted = (1..=5).map(|number| (node(number), unit(number))).collect();
    Node {
        key: secret(number),
        holdings: Holdings::new(node(number), admitted),
        checkpoints: Checkpoints::new(NETWORK),
    }
}

/// A moment of the province: so many gaps between snapshots after the first.
fn at(gaps: u64) -> Time {
    Time(1_763_800_000_000 + gaps * SNAPSHOT_GAP_MS)
}

impl Node {
    /// Holds one entry more of a node's feed of all nodes, and makes a checkpoint.
    fn grows(&mut self, writer: u8, body: u8, now: Time) {
        let key = secret(writer);
        self.holdings
            .append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![body]]);
        assert!(self.checkpoints.make(now, &self.key, &self.holdings));
    }

    /// Asks another, in bytes, and takes the answer in.
    fn asks(&mut self, other: &Node, now: Time) -> Vec<Discovery> {
        let question = Question::decode(&self.checkpoints.ask(other.key.node())).unwrap();
        let reply = other
            .checkpoints
            .answer(self.key.node(), &question, &other.holdings);
        let reply = Reply::decode(&reply).unwrap();
        self.checkpoints
            .take(now, &self.key, other.key.node(), &reply, &self.holdings)
    }

    fn log_of(&self, other: u8) -> Option<LogView<'_>> {
        self.checkpoints
            .logs()
            .find(|log| log.newest.checkpoint().log.node == node(other))
    }

    fn size_of(&self, other: u8) -> u64 {
        self.log_of(other).map_or(0, |log| log.newest.checkpoint().size)
    }

    /// Who co-signed the newest checkpoint of a node, as known here.
    fn cosigners(&self, of: u8) -> Vec<NodeKey> {
        let log = self.log_of(of).unwrap();
        log.newest.cosignatures().keys().copied().collect()
    }
}

fn sorted(numbers: &[u8]) -> Vec<NodeKey> {
    let mut nodes: Vec<NodeKey> = numbers.iter().map(|number| node(*number)).collect();
    nodes.sort_unstable();
    nodes
}

#[test]
fn nodes_cosign_each_other_and_everybody_learns_who_did() {
    let mut nodes = [1, 2, 3].map(started);
    for (place, node) in nodes.iter_mut().enumerate() {
        node.grows(4, place as u8, at(0));
    }
    for round in 0..3 {
        for one in 0..3 {
            for other in (0..3).filter(|other| *other != one) {
                let asked = nodes[other].clone();
                assert_eq!(nodes[one].asks(&asked, at(round)), []);
            }
        }
    }
    for node in &nodes {
        assert_eq!(node.cosigners(1), sorted(&[2, 3]));
        assert_eq!(node.cosigners(2), sorted(&[1, 3]));
        assert_eq!(node.cosigners(3), sorted(&[1, 2]));
    }
    // Who has everything is sent nothing.
    let (one, other) = (&nodes[0], &nodes[1]);
    let question = Question::decode(&one.checkpoints.ask(node(2))).unwrap();
    let reply = other.checkpoints.answer(node(1), &question, &other.holdings);
    assert!(reply.len() < 300, "{} bytes", reply.len());
}

#[test]
fn a_snapshot_is_made_when_something_changed_and_not_too_often() {
    let mut one = started(1);
    assert!(
        !one.checkpoints.make(at(0), &one.key, &one.holdings),
        "nothing is held"
    );
    one.grows(1, 1, at(0));
    assert!(
        !one.checkpoints.make(at(2), &one.key, &one.holdings),
        "nothing changed"
    );
    let key = secret(2);
    one.holdings
        .append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![1]]);
    let soon = Time(at(1).0 - 1);
    assert!(!one.checkpoints.make(soon, &one.key, &one.holdings), "too soon");
    assert!(one.checkpoints.make(at(1), &one.key, &one.holdings));
    assert_eq!(one.size_of(1), 2);
    let quiet = Time(at(1).0 + SNAPSHOT_QUIET_MS);
    let early = Time(quiet.0 - 1);
    assert!(!one.checkpoints.make(early, &one.key, &one.holdings));
    assert!(
        one.checkpoints.make(quiet, &one.key, &one.holdings),
        "a sign of life"
    );
    assert_eq!(one.size_of(1), 3);
}

/// Three nodes of which the first and the last never speak: in a province where nothing happens each knows that the other is there.
#[test]
fn nodes_that_are_no_peers_hear_of_each_other_though_nothing_happens() {
    let mut nodes = [1, 2, 3].map(started);
    for node in &mut nodes {
        node.grows(4, 1, at(0));
    }
    let mut heard = Vec::new();
    for minute in (0..180).step_by(2) {
        let now = Time(at(0).0 + minute * 60_000);
        for (one, other) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
            let node = &mut nodes[one];
            node.checkpoints.make(now, &node.key, &node.holdings);
            let asked = nodes[other].clone();
            assert_eq!(nodes[one].asks(&asked, now), []);
        }
        let logs = nodes[0].checkpoints.logs();
        let of_last = logs.filter(|log| log.newest.checkpoint().log.node == node(3));
        let times = of_last.flat_map(|log| log.newest.cosignatures().values());
        let last_s = times.map(|cosigned| cosigned.time_s).max().unwrap_or_default();
        heard.push(now.0.saturating_sub(last_s * 1_000));
    }
    let longest = heard.iter().skip(2).max().copied().unwrap_or(u64::MAX);
    assert!(
        longest <= SNAPSHOT_QUIET_MS + 4 * 60_000,
        "{longest} ms of silence"
    );
    assert_eq!(nodes[0].cosigners(3), [node(2)]);
}

#[test]
fn a_clock_that_was_set_back_keeps_no_snapshot_waiting() {
    let mut one = started(1);
    one.grows(1, 1, at(1_000_000));
    one.grows(1, 2, at(0));
    assert_eq!(one.size_of(1), 2);
}

#[test]
fn a_log_that_goes_on_is_cosigned_again_and_again() {
    let (mut one, mut other) = (started(1), started(2));
    for step in 0..20 {
        other.grows(3, step as u8, at(step));
        if step % 3 == 0 {
            assert_eq!(one.asks(&other, at(step)), []);
            assert_eq!(one.size_of(2), step + 1);
            assert_eq!(one.cosigners(2), [node(1)]);
        }
    }
}

#[test]
fn what_was_only_heard_of_is_not_cosigned_before_its_node_has_shown_it() {
    let (mut one, mut between, mut other) = (started(1), started(2), started(3));
    other.grows(3, 1, at(0));
    between.asks(&other, at(0));
    one.asks(&between, at(0));
    assert_eq!((one.size_of(3), one.cosigners(3)), (1, sorted(&[2])));
    one.asks(&other, at(0));
    assert_eq!(one.cosigners(3), sorted(&[1, 2]));
}

#[test]
fn who_does_not_show_that_its_log_goes_on_is_not_cosigned() {
    let (mut one, mut other) = (started(1), started(3));
    other.grows(3, 1, at(0));
    one.asks(&other, at(0));
    other.grows(3, 2, at(1));
    // The answer to somebody who knows nothing has no proof in it.
    let question = Question::decode(&Checkpoints::new(NETWORK).ask(node(3))).unwrap();
    let reply = other.checkpoints.answer(node(1), &question, &other.holdings);
    let reply = Reply::decode(&reply).unwrap();
    let found = one
        .checkpoints
        .take(at(1), &one.key, node(3), &reply, &one.holdings);
    assert_eq!((found, one.size_of(3), one.cosigners(3)), (vec![], 2, vec![]));
    one.asks(&other, at(1));
    assert_eq!(one.cosigners(3), [node(1)]);
}

/// A node that goes on from two ends: one history for these, another for those.
fn two_faced() -> [Node; 2] {
    let mut face = started(3);
    face.grows(3, 1, at(0));
    let mut other_face = face.clone();
    face.grows(3, 2, at(1));
    other_face.grows(3, 3, at(1));
    [face, other_face]
}

#[test]
fn a_split_view_is_found_by_whoever_sees_both_sides_and_told_to_all() {
    let [face, other_face] = two_faced();
    let (mut one, mut other, mut third) = (started(1), started(2), started(4));
    assert_eq!(one.asks(&face, at(1)), []);
    assert_eq!(other.asks(&other_face, at(1)), []);
    let log = face.checkpoints.logs().next().unwrap().newest.checkpoint().log;
    assert_eq!(one.asks(&other, at(2)), [Discovery::Split(log)]);
    assert_eq!(one.asks(&other, at(2)), [], "once");
    assert_eq!(third.asks(&one, at(2)), [Discovery::Split(log)]);
    for node in [&one, &third] {
        let split = node.log_of(3).unwrap().split.unwrap();
        let [a, b] = split.checkpoints();
        assert_eq!(a.checkpoint().size, b.checkpoint().size);
        for side in [a, b] {
            assert_eq!(
                &SignedCheckpoint::read(side.to_string().as_bytes()).unwrap(),
                side
            );
        }
    }
    // It is co-signed no more.
    let [mut face, _] = [face, other_face];
    face.grows(3, 9, at(3));
    one.asks(&face, at(3));
    assert!(!one.cosigners(3).contains(&node(1)));
}

#[test]
fn a_log_that_does_not_continue_what_was_shown_is_not_cosigned() {
    let [face, mut other_face] = two_faced();
    let mut one = started(1);
    assert_eq!(one.asks(&face, at(1)), []);
    other_face.grows(3, 4, at(2));
    let log = face.checkpoints.logs().next().unwrap().newest.checkpoint().log;
    assert_eq!(one.asks(&other_face, at(2)), [Discovery::NotContinued(log)]);
    let view = one.log_of(3).unwrap();
    assert!(view.broken && view.newest.cosignatures().is_empty());
    assert_eq!(one.asks(&other_face, at(2)), [], "once");
}

#[test]
fn sizes_that_never_meet_do_not_hide_two_histories() {
    let [face, mut other_face] = two_faced();
    let (mut one, mut other) = (started(1), started(2));
    one.asks(&face, at(1));
    other_face.grows(3, 4, at(2));
    other.asks(&other_face, at(2));
    // What the other was shown must be continued as well as what this one was.
    assert_eq!(one.asks(&other, at(2)), []);
    let mut longer = face.clone();
    longer.grows(3, 5, at(2));
    longer.grows(3, 6, at(3));
    let found = one.asks(&longer, at(3));
    assert!(matches!(found[..], [Discovery::NotContinued(_)]), "{found:?}");
}

#[test]
fn a_log_begun_anew_follows_the_one_that_was_lost() {
    let (mut one, mut other) = (started(1), started(3));
    other.grows(3, 1, at(0));
    one.asks(&other, at(0));
    let old = other.clone();
    other.checkpoints = Checkpoints::new(NETWORK);
    other.grows(3, 2, at(5));
    assert_eq!(one.asks(&other, at(5)), []);
    assert_eq!(one.log_of(3).unwrap().newest.checkpoint().log.began, at(5));
    assert_eq!(one.cosigners(3), [node(1)]);
    assert_eq!(one.asks(&old, at(5)), [], "the old one does not come back");
    assert_eq!(one.log_of(3).unwrap().newest.checkpoint().log.began, at(5));
}

#[test]
fn a_node_restored_from_an_old_copy_begins_another_log_and_splits_none() {
    let (mut one, mut other) = (started(1), started(3));
    other.grows(3, 1, at(0));
    let copy = other.checkpoints.encode();
    other.grows(3, 2, at(1));
    one.asks(&other, at(1));
    other.checkpoints = Checkpoints::decode(&copy).unwrap();
    other
        .holdings
        .append(&secret(3), &feed_of(&secret(3), Scope::all_nodes()), &[vec![9]]);
    assert!(
        !other.checkpoints.make(at(5), &other.key, &other.holdings),
        "nobody has said yet how far the log went"
    );
    assert_eq!(other.asks(&one, at(5)), []);
    assert!(other.checkpoints.make(at(5), &other.key, &other.holdings));
    assert_eq!(one.asks(&other, at(5)), []);
    let log = one.log_of(3).unwrap();
    assert_eq!(log.newest.checkpoint().log.began, at(5));
    assert!(log.split.is_none() && !log.broken);
    // A restart without a loss goes on.
    one.checkpoints.make(at(5), &one.key, &one.holdings);
    let mut again = other.clone();
    again.checkpoints = Checkpoints::decode(&other.checkpoints.encode()).unwrap();
    again.asks(&one, at(6));
    again.grows(3, 4, at(6));
    assert_eq!(one.asks(&again, at(6)), []);
    assert_eq!((one.size_of(3), one.cosigners(3)), (2, vec![node(1)]));
}

#[test]
fn restricted_scopes_are_told_to_their_members_alone() {
    let scope = Scope::of([unit(1), unit(2)]).unwrap();
    let (mut member, mut stranger, mut one) = (started(2), started(3), started(1));
    let key = secret(1);
    one.holdings
        .append(&key, &feed_of(&key, scope.clone()), &[vec![1]]);
    one.grows(1, 1, at(0));
    let name = ScopeName::of(NETWORK, &scope);
    let knows = |node: &Node| {
        let mut logs = node.checkpoints.logs();
        logs.any(|log| log.newest.checkpoint().log.scope == name)
    };
    assert!(knows(&one));
    stranger.asks(&one, at(0));
    assert!(!knows(&stranger));
    member.asks(&one, at(0));
    assert!(knows(&member));
    stranger.asks(&member, at(0));
    assert!(!knows(&stranger), "nor by others");
}

#[test]
fn nodes_that_are_not_admitted_neither_publish_nor_cosign() {
    let (mut one, mut other, stranger) = (started(1), started(2), started(9));
    let key = secret(1);
    other
        .holdings
        .append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![1]]);
    other.checkpoints.make(at(0), &other.key, &other.holdings);
    let question = Question::decode(&stranger.checkpoints.ask(node(2))).unwrap();
    let reply = other.checkpoints.answer(node(9), &question, &other.holdings);
    assert_eq!(
        Reply::decode(&reply).unwrap(),
        Reply::decode(&[0x84, 1, 17, 0x80, 0x80]).unwrap()
    );
    one.asks(&other, at(0));
    assert_eq!(one.size_of(2), 1);
    one.holdings.units.remove(&node(2));
    assert!(one.checkpoints.make(at(0), &one.key, &one.holdings));
    assert_eq!(one.size_of(2), 0, "forgotten when its admission ends");
    one.asks(&other, at(0));
    assert_eq!(one.size_of(2), 0);
}

#[test]
fn what_is_kept_reads_as_written() {
    let [face, other_face] = two_faced();
    let (mut one, mut other) = (started(1), started(2));
    one.grows(4, 1, at(0));
    one.asks(&face, at(1));
    other.asks(&other_face, at(1));
    one.asks(&other, at(2));
    let kept = one.checkpoints.encode();
    assert_eq!(Checkpoints::decode(&kept).unwrap().encode(), kept);
    for end in 0..kept.len() {
        assert!(Checkpoints::decode(&kept[..end]).is_err());
    }
}

proptest! {
    #[test]
    fn strangers_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let tagged = [&[0x84, 1, 17], bytes.as_slice()].concat();
        for bytes in [&bytes, &tagged] {
            let _ = Question::decode(bytes);
            let _ = Reply::decode(bytes);
            let _ = Checkpoints::decode(bytes);
        }
    }
}
