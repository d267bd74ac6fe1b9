//! What was said before a node was started anew, said to it again: it costs nothing and changes nothing.

use soxa_ledger::{Incarnation, NodeKey, Scope, Time};
use soxa_sync::card::{Card, Cards};
use soxa_sync::{
    Effect, Failure, Hint, Parameters, Program, Puller, Relay, Request, RequestId, Response, answer,
    shared_root,
};

use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};

/// Of a smaller key than the peer: it compares first.
const ME: u8 = 2;
const PEER: u8 = 1;
const WRITERS: [u8; 3] = [3, 4, 5];

fn node(number: u8) -> NodeKey {
    secret(number).node()
}

fn holdings() -> Holdings {
    let everybody = WRITERS.into_iter().chain([ME, PEER]);
    Holdings::new(
        node(ME),
        everybody.map(|number| (node(number), unit(number))).collect(),
    )
}

/// A writer appends; the hint that announces it.
fn append(holdings: &mut Holdings, writer: u8, body: u8) -> Vec<u8> {
    let key = secret(writer);
    let feed = holdings.append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![body]]);
    Hint::of(holdings, &feed).unwrap().unwrap().encode()
}

/// The process that runs now, with its peers connected.
fn started(now: Time, holdings: &Holdings) -> (Puller, Vec<Effect>) {
    let mut puller = Puller::new(Parameters::default(), node(ME), Incarnation([1; 16]), 1);
    let effects = puller.peer_up(now, node(PEER), holdings);
    (puller, effects)
}

fn asks(effects: &[Effect]) -> Vec<(RequestId, Request)> {
    let ask = |effect: &Effect| match effect {
        Effect::Ask { id, request, .. } => Some((*id, request.clone())),
        _ => None,
    };
    effects.iter().filter_map(ask).collect()
}

#[test]
fn old_hints_are_neither_passed_on_nor_followed_and_cost_their_writers_nothing() {
    let mut mine = holdings();
    let mut heard: Vec<Vec<u8>> = Vec::new();
    for body in 0..200 {
        heard.extend(WRITERS.map(|writer| append(&mut mine, writer, body)));
    }
    let newest = heard.split_off(heard.len() - WRITERS.len());
    let (mut puller, _) = started(Time(1_000), &mine);
    for _ in 0..5 {
        for hint in &heard {
            let replayed = puller.gossiped(Time(2_000), node(PEER), hint, &mine);
            assert_eq!(replayed, (Relay::Keep, Vec::new()));
        }
    }
    // The newest may be news to others. This node has it.
    for hint in &newest {
        let replayed = puller.gossiped(Time(3_000), node(PEER), hint, &mine);
        assert_eq!(replayed, (Relay::PassOn, Vec::new()));
    }
    for writer in WRITERS {
        let mut ahead = mine.clone();
        let (relay, _) = puller.gossiped(Time(4_000), node(PEER), &append(&mut ahead, writer, 0), &mine);
        assert_eq!(relay, Relay::PassOn);
    }
    assert!(puller.standing(&node(PEER)).unwrap().offences.is_empty());
}

#[test]
fn answers_to_the_process_before_are_not_read() {
    let mut theirs = holdings();
    append(&mut theirs, WRITERS[0], 1);
    let mine = holdings();
    let (_, effects) = started(Time(1_000), &mine);
    let [(first, request)] = &asks(&effects)[..] else {
        panic!("{effects:?}")
    };
    let response = answer(&theirs, node(ME), request).unwrap();
    // The next process has asked nobody yet.
    let mut puller = Puller::new(Parameters::default(), node(ME), Incarnation([1; 16]), 1);
    let late = puller.answered(Time(2_000), node(PEER), *first, Ok(response.clone()), &mine);
    assert_eq!(late, []);
    // It has asked, and the same answer comes twice, and then its failure: the first one is read.
    let effects = puller.peer_up(Time(3_000), node(PEER), &mine);
    let (open, _) = asks(&effects)[0];
    let read = puller.answered(Time(3_001), node(PEER), open, Ok(response.clone()), &mine);
    assert!(matches!(asks(&read)[..], [(_, Request::Runs { .. })]), "{read:?}");
    for again in [Ok(response), Err(Failure::Malformed)] {
        assert_eq!(puller.answered(Time(3_002), node(PEER), open, again, &mine), []);
    }
    assert!(puller.standing(&node(PEER)).unwrap().offences.is_empty());
}

#[test]
fn old_requests_are_answered_from_what_is_held_now() {
    let mut mine = holdings();
    append(&mut mine, WRITERS[0], 1);
    let old = Request::Compare {
        root: shared_root(&mine, node(PEER)),
        program: Program::own(),
    };
    assert!(matches!(
        answer(&mine, node(PEER), &old).unwrap(),
        Response::Equal { .. }
    ));
    append(&mut mine, WRITERS[1], 2);
    let (mut puller, _) = started(Time(1_000), &mine);
    for round in 0..1_000 {
        let response = answer(&mine, node(PEER), &old).unwrap();
        assert!(matches!(&response, Response::Differs { lines, .. } if lines.len() == 2));
        let effects = puller.served(Time(2_000 + round), node(PEER), &old, &response, &mine);
        assert!(asks(&effects).len() <= 1, "it compares for itself at most");
    }
}

#[test]
fn an_old_card_gives_way_to_a_newer_one_whenever_it_comes() {
    let card = |port: u16, time: u64| {
        let card = Card {
            node: node(PEER),
            addresses: vec![format!("/ip4/10.0.0.1/tcp/{port}")],
            time: Time(time),
        };
        card.sign(NETWORK, &secret(PEER))
    };
    let (old, new) = (card(1, 1_000), card(2, 2_000));
    let mut cards = Cards::default();
    assert!(
        cards.insert(old.clone(), Time(5_000)),
        "nothing else is known yet"
    );
    assert!(cards.insert(new.clone(), Time(5_000)));
    let root = cards.root();
    for _ in 0..10 {
        assert!(!cards.insert(old.clone(), Time(6_000)));
    }
    assert_eq!(cards.root(), root);
}
