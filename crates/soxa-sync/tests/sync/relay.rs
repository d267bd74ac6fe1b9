//! Which hints are passed on, and who pays for too many.

use soxa_ledger::cbor::Writer;
use soxa_ledger::{FeedId, Incarnation, NodeKey, Scope, Seq, Signature, Time, Tip};
use soxa_sync::limits::{RELAY_BURST, RELAY_FORGIVEN};
use soxa_sync::{Effect, Finding, Offence, OffenceKind, Parameters, Puller, Relay};

use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};

const ME: u8 = 1;
const PEER: u8 = 2;
const ORIGIN: u8 = 3;
const STRANGER: u8 = 9;

fn node(number: u8) -> NodeKey {
    secret(number).node()
}

fn holdings() -> Holdings {
    let admitted = [ME, PEER, ORIGIN].map(|number| (node(number), unit(number)));
    Holdings::new(node(ME), admitted.into())
}

fn puller(holdings: &Holdings) -> Puller {
    let mut puller = Puller::new(Parameters::default(), node(ME), Incarnation([1; 16]), 1);
    for peer in [PEER, ORIGIN] {
        puller.peer_up(Time(1_000), node(peer), holdings);
    }
    puller
}

/// A hint that says entry `seq` of the node's feed is there, whether it is or not.
fn hint(of: u8, seq: u64) -> Vec<u8> {
    let (key, feed) = (secret(of), feed_of(&secret(of), Scope::all_nodes()));
    let hash = soxa_ledger::EntryHash([5; 32]);
    let tip = Tip {
        feed: feed.id(NETWORK),
        seq: Seq(seq),
        hash,
    };
    let Signature(signature) = tip.sign(NETWORK, &key);
    let mut w = Writer::new();
    w.array(5).uint(1);
    feed.write(&mut w);
    w.uint(seq).bytes(&hash.0).bytes(&signature);
    w.into_bytes()
}

#[track_caller]
fn check(bytes: &[u8], expected: Relay) {
    let mut mine = holdings();
    let key = secret(ORIGIN);
    let _: FeedId = mine.append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![1], vec![2]]);
    let (relay, _) = puller(&mine).gossiped(Time(2_000), node(PEER), bytes, &mine);
    assert_eq!(relay, expected);
}

#[test]
fn only_news_of_admitted_nodes_is_passed_on() {
    check(&hint(ORIGIN, 3), Relay::PassOn);
    check(&hint(ORIGIN, 2), Relay::PassOn);
    // A replay of what everybody has moved on from.
    check(&hint(ORIGIN, 1), Relay::Keep);
    check(&hint(STRANGER, 3), Relay::Keep);
    let mut newer = hint(ORIGIN, 3);
    newer[1] = 2;
    check(&newer, Relay::Keep);
    let mut forged = hint(ORIGIN, 3);
    *forged.last_mut().unwrap() ^= 1;
    check(&forged, Relay::False);
    check(b"", Relay::False);
    check(&[0xff; 300], Relay::False);
}

#[test]
fn who_announces_without_end_is_no_longer_passed_on_and_pays_whoever_sends_it() {
    let mine = holdings();
    let mut puller = puller(&mine);
    let mut passed = 0;
    let mut reported = Vec::new();
    for seq in 1..=RELAY_BURST + RELAY_FORGIVEN + 1 {
        let (relay, effects) = puller.gossiped(Time(2_000), node(PEER), &hint(ORIGIN, seq), &mine);
        passed += u64::from(relay == Relay::PassOn);
        reported.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Report { peer, finding } => Some((peer, finding)),
            _ => None,
        }));
    }
    assert_eq!(passed, RELAY_BURST);
    let offence = Finding::Offence(Offence::Announcements);
    assert_eq!(reported, [(node(ORIGIN), offence)]);
    let standing = |of| puller.standing(&node(of)).unwrap();
    assert_eq!(standing(ORIGIN).offences[&OffenceKind::Announcements].count, 1);
    assert!(
        standing(PEER).offences.is_empty(),
        "who only passes on is not to blame"
    );
    // Another node is heard as before, and the same one later.
    let later = Time(2_000 + 60_000);
    assert_eq!(
        puller
            .gossiped(Time(2_000), node(ORIGIN), &hint(PEER, 1), &mine)
            .0,
        Relay::PassOn
    );
    assert_eq!(
        puller.gossiped(later, node(PEER), &hint(ORIGIN, 999), &mine).0,
        Relay::PassOn
    );
}

#[test]
fn replayed_hints_of_the_past_cost_nothing_and_ask_nothing() {
    let mut mine = holdings();
    let (key, feed) = (secret(ORIGIN), feed_of(&secret(ORIGIN), Scope::all_nodes()));
    mine.append(&key, &feed, &vec![vec![7]; 500]);
    let mut puller = puller(&mine);
    for round in 0..10 {
        for seq in 1..500 {
            let now = Time(2_000 + round);
            let (relay, effects) = puller.gossiped(now, node(PEER), &hint(ORIGIN, seq), &mine);
            assert_eq!((relay, effects), (Relay::Keep, Vec::new()));
        }
    }
    let (relay, _) = puller.gossiped(Time(3_000), node(PEER), &hint(ORIGIN, 501), &mine);
    assert_eq!(relay, Relay::PassOn, "the honest origin's budget is untouched");
}
