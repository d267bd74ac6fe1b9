//! Cards: who may sign them, which one counts, what they may hold; and two processes under one key.

use proptest::prelude::*;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, Time};
use soxa_sync::card::{Card, Cards, Greeting, GreetingAnswer, VerifiedCard};
use soxa_sync::clocks::Clocks;
use soxa_sync::limits::{CARD_ADDRESSES_MAX, CARD_FUTURE_MS_MAX, SESSION_REMEMBERED_MS};
use soxa_sync::sessions::Sessions;
use soxa_sync::{Request, Root};

const NETWORK: NetworkId = NetworkId([9; 32]);
const NOW: Time = Time(1_795_000_000_000);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn card(seed: u8, port: u16, time: Time) -> VerifiedCard {
    let card = Card {
        node: key(seed).node(),
        addresses: vec![format!("/ip4/10.0.0.1/tcp/{port}")],
        time,
    };
    card.sign(NETWORK, &key(seed))
}

#[test]
fn a_card_is_its_own_nodes_and_of_its_network() {
    let good = card(1, 7, NOW);
    assert_eq!(VerifiedCard::read(NETWORK, good.bytes()).as_ref(), Ok(&good));
    assert!(VerifiedCard::read(NetworkId([8; 32]), good.bytes()).is_err());
    let forged = Card {
        node: key(2).node(),
        ..good.card().clone()
    };
    let forged = forged.sign(NETWORK, &key(1));
    assert!(VerifiedCard::read(NETWORK, forged.bytes()).is_err());
    for at in 0..good.bytes().len() {
        let mut wrong = good.bytes().to_vec();
        wrong[at] ^= 1;
        assert!(VerifiedCard::read(NETWORK, &wrong).is_err(), "byte {at}");
    }
    let many = Card {
        addresses: vec!["/ip4/10.0.0.1/tcp/7".to_owned(); CARD_ADDRESSES_MAX + 1],
        ..good.card().clone()
    };
    assert!(VerifiedCard::read(NETWORK, many.sign(NETWORK, &key(1)).bytes()).is_err());
}

#[test]
fn the_newest_card_counts_in_whatever_order_they_come() {
    let (old, new, same) = (
        card(1, 1, NOW),
        card(1, 2, Time(NOW.0 + 5)),
        card(1, 3, Time(NOW.0 + 5)),
    );
    let orders: [[&VerifiedCard; 3]; 3] = [[&old, &new, &same], [&same, &new, &old], [&new, &old, &same]];
    let roots = orders.map(|order| {
        let mut cards = Cards::default();
        for card in order {
            cards.insert(card.clone(), NOW);
        }
        cards.insert(card(2, 9, NOW), NOW);
        cards.root()
    });
    assert_eq!(roots[0], roots[1]);
    assert_eq!(roots[0], roots[2]);
    let mut cards = Cards::default();
    assert!(cards.insert(old.clone(), NOW) && !cards.insert(old, NOW));
    assert!(
        !cards.insert(card(1, 4, Time(NOW.0 + CARD_FUTURE_MS_MAX + 1)), NOW),
        "from the future"
    );
    assert!(cards.retain(|_| false) && cards.root() == Cards::default().root());
}

#[test]
fn golden_cards() {
    let node = key(1).node();
    let card = Card {
        node,
        addresses: vec!["/ip4/10.0.0.1/tcp/7".to_owned()],
        time: Time(5),
    };
    let inner = [
        &[0x84, 1, 0x58, 32][..],
        &node.0,
        &[0x81, 0x73],
        b"/ip4/10.0.0.1/tcp/7",
        &[5],
    ]
    .concat();
    let signature = key(1).sign(&[&b"soxa/card/1\0"[..], &NETWORK.0, &inner].concat());
    let golden = [&[0x82, 0x58, 58][..], &inner, &[0x58, 64], &signature.0].concat();
    assert_eq!(card.sign(NETWORK, &key(1)).bytes(), golden);
}

#[test]
fn golden_greetings() {
    let greeting = Greeting {
        root: Root([1; 32]),
        session: [2; 16],
        time: Time(5),
        card: None,
    };
    let bytes = greeting.encode();
    let golden = [
        &[0x86, 1, 16, 0x58, 32][..],
        &[1; 32],
        &[0x50],
        &[2; 16],
        &[5, 0xf6],
    ];
    assert_eq!(bytes, golden.concat());
    assert_eq!(Greeting::decode(&bytes), Ok(greeting));
    assert!(Request::decode(&bytes).is_err(), "no question of replication");
    let answer = GreetingAnswer {
        cards: vec![vec![7]],
        doubled: true,
        time: Time(9),
    };
    assert_eq!(answer.encode(), [0x85, 1, 16, 0x81, 0x41, 7, 0xf5, 9]);
    assert_eq!(GreetingAnswer::decode(&answer.encode()), Ok(answer));
}

#[test]
fn two_processes_under_one_key_are_told_from_one_started_again() {
    let node = NodeKey([1; 32]);
    let at = |seconds: u64| Time(NOW.0 + seconds * 1_000);
    let mut sessions = Sessions::default();
    assert!(!sessions.hear(node, [1; 16], at(0)));
    assert!(!sessions.hear(node, [1; 16], at(1)));
    assert!(!sessions.hear(node, [2; 16], at(2)), "started again");
    assert!(!sessions.hear(node, [2; 16], at(3)));
    assert!(sessions.hear(node, [1; 16], at(4)), "the first one still runs");
    assert!(sessions.hear(node, [2; 16], at(5)));
    assert!(!sessions.is_doubled(&NodeKey([2; 32]), at(5)));
    let later = SESSION_REMEMBERED_MS / 1_000;
    assert!(
        !sessions.hear(node, [2; 16], at(4 + later)),
        "the other one is gone"
    );
}

proptest! {
    #[test]
    fn strangers_cards_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = VerifiedCard::read(NETWORK, &bytes);
        let _ = Greeting::decode(&bytes);
        let _ = GreetingAnswer::decode(&bytes);
    }
}

#[test]
fn a_clock_is_off_when_most_peers_say_so_or_the_ledger_is_younger() {
    const DAY: u64 = 86_400_000;
    let node = |number: u8| NodeKey([number; 32]);
    let mut clocks = Clocks::default();
    assert!(!clocks.is_off(None, NOW), "nobody said anything");
    clocks.hear(node(1), NOW);
    assert!(!clocks.is_off(Some(Time(1)), Time(NOW.0 + DAY)));
    assert!(clocks.is_off(None, Time(NOW.0 + DAY + 1)), "set forward");
    assert!(clocks.is_off(None, Time(NOW.0 - DAY - 1)), "set back");
    // One peer among three whose own clock is wrong.
    clocks.hear(node(2), Time(NOW.0 + 1_000 * DAY));
    clocks.hear(node(3), NOW);
    assert!(!clocks.is_off(None, NOW));
    clocks.forget(&node(3));
    clocks.hear(node(4), Time(NOW.0 + 900 * DAY));
    assert!(clocks.is_off(None, NOW), "two of three");
    clocks.hear(node(2), NOW);
    assert!(!clocks.is_off(None, NOW));
    assert!(
        clocks.is_off(Some(Time(NOW.0 + DAY + 1)), NOW),
        "before the founding"
    );
}
