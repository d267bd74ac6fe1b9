//! Peers that answer well and then fall silent in the middle: they hold nobody up for long, and they are remembered.

use soxa_ledger::{Incarnation, NodeKey, Scope, Time};
use soxa_sync::limits::{OVERDUE_MAX, PATIENCE_SHARE};
use soxa_sync::{Effect, Parameters, Program, Puller, Request, RequestId, Response, answer};

use crate::chance::Dice;
use crate::replica::{Holdings, feed_of, secret, unit};
use crate::world::World;

const ME: usize = 0;
/// More than there are places.
const SILENT: std::ops::Range<usize> = 1..12;
const HONEST: usize = 12;
/// Milliseconds after which an answer of these worlds is overdue.
const PATIENCE_MS: u64 = 5_000 / PATIENCE_SHARE;

/// Shows what it holds, and gives none of it.
fn shows_and_withholds(
    _: &mut Dice,
    holdings: &Holdings,
    peer: NodeKey,
    request: &Request,
) -> Option<Vec<u8>> {
    match request {
        Request::Runs { .. } => None,
        _ => Some(answer(holdings, peer, request).unwrap().encode()),
    }
}

/// A world in which more than there are places show what they hold and give nothing of it.
fn with_silent(seed: u64) -> World {
    let mut world = World::new(seed, &[1; HONEST + 1]);
    world.hints = false;
    for at in SILENT {
        world.lies(at, shows_and_withholds);
    }
    world
}

#[test]
fn silent_peers_in_every_place_hold_up_nobody_longer_than_one_patience() {
    let mut world = with_silent(3);
    for at in SILENT {
        world.append(at, Scope::all_nodes(), &[vec![7; 500]]);
        world.link(ME, at);
    }
    world.run_for(PATIENCE_MS - 1);
    let asked = |(_, effect): &&(Time, Effect)| {
        matches!(
            effect,
            Effect::Ask {
                request: Request::Runs { .. },
                ..
            }
        )
    };
    let places = Parameters::default().exchanges_max;
    assert_eq!(world.nodes[ME].effects.iter().filter(asked).count(), places);
    world.append(HONEST, Scope::all_nodes(), &[vec![8; 500]]);
    world.link(ME, HONEST);
    world.run_until_equal(&[ME, HONEST], PATIENCE_MS);
}

/// The honest node's feed grows, and the silent ones hold it as well. How long until this node has it.
fn grow(world: &mut World, body: u8) -> u64 {
    let key = world.nodes[HONEST].key.clone();
    let feed = feed_of(&key, Scope::all_nodes());
    for at in SILENT {
        world.nodes[at].holdings.append(&key, &feed, &[vec![body; 500]]);
    }
    world.append(HONEST, Scope::all_nodes(), &[vec![body; 500]]);
    let before = world.now;
    world.run_until_equal(&[ME, HONEST], 60_000);
    world.now.0 - before.0
}

#[test]
fn who_withheld_a_feed_is_asked_for_the_next_one_after_the_others() {
    let mut world = with_silent(4);
    world.link_all();
    let interval_ms = Parameters::default().interval_ms * 5 / 4;
    // Each of them may be asked for it first, and costs one patience.
    let first = grow(&mut world, 1);
    assert!(
        first <= interval_ms + (SILENT.len() as u64 + 2) * PATIENCE_MS,
        "{first} ms"
    );
    for body in 2..20 {
        world.run_for(20_000);
        let again = grow(&mut world, body);
        assert!(again <= interval_ms + 2 * PATIENCE_MS, "{again} ms for {body}");
    }
}

fn asked(effects: &[Effect]) -> Vec<(NodeKey, RequestId)> {
    let ask = |effect: &Effect| match effect {
        Effect::Ask { peer, id, .. } => Some((*peer, *id)),
        _ => None,
    };
    effects.iter().filter_map(ask).collect()
}

/// Time goes on until a moment; what is asked meanwhile.
fn until(puller: &mut Puller, until: Time, holdings: &Holdings) -> Vec<(NodeKey, RequestId)> {
    let mut all = Vec::new();
    while let Some(wake) = puller.next_wake().filter(|wake| *wake <= until) {
        all.extend(asked(&puller.tick(wake, holdings)));
    }
    all
}

/// A puller of the smallest key, so that it compares first, and the keys of so many peers.
fn puller_with(count: u8) -> (Puller, Holdings, Vec<NodeKey>) {
    let mut keys: Vec<NodeKey> = (1..=count + 1).map(|number| secret(number).node()).collect();
    keys.sort_unstable();
    let units = keys.iter().map(|key| (*key, unit(1))).collect();
    let me = keys.remove(0);
    let puller = Puller::new(Parameters::default(), me, Incarnation([1; 16]), 1);
    (puller, Holdings::new(me, units), keys)
}

#[test]
fn overdue_requests_give_their_places_away_up_to_a_limit() {
    let parameters = Parameters::default();
    let most = parameters.exchanges_max + OVERDUE_MAX;
    let (mut puller, holdings, peers) = puller_with(most as u8 + 8);
    let mut open = Vec::new();
    for peer in &peers {
        open.extend(asked(&puller.peer_up(Time(0), *peer, &holdings)));
    }
    assert_eq!(open.len(), parameters.exchanges_max);
    let patience_ms = parameters.answer_within_ms / PATIENCE_SHARE;
    open.extend(until(&mut puller, Time(patience_ms - 1), &holdings));
    assert_eq!(open.len(), parameters.exchanges_max);
    open.extend(until(&mut puller, Time(patience_ms), &holdings));
    assert_eq!(open.len(), 2 * parameters.exchanges_max);
    open.extend(until(
        &mut puller,
        Time(parameters.answer_within_ms - 1),
        &holdings,
    ));
    assert_eq!(open.len(), most);
}

#[test]
fn who_was_silent_shares_half_of_the_places_until_it_answers_in_time() {
    let parameters = Parameters::default();
    let (mut puller, holdings, mut peers) = puller_with(parameters.exchanges_max as u8 + 1);
    let honest = peers.pop().unwrap();
    for peer in &peers {
        assert_eq!(asked(&puller.peer_up(Time(0), *peer, &holdings)).len(), 1);
    }
    let now = Time(parameters.answer_within_ms + parameters.retry_ms);
    let again = until(&mut puller, now, &holdings);
    assert_eq!(again.len(), parameters.exchanges_max / 2);
    // Who comes now need not wait for them, and takes nothing from them.
    let [(peer, id)] = asked(&puller.peer_up(now, honest, &holdings))[..] else {
        panic!("there is a place")
    };
    assert_eq!(peer, honest);
    let equal = || {
        Ok(Response::Equal {
            program: Program::own(),
        })
    };
    assert_eq!(puller.answered(now, honest, id, equal(), &holdings), []);
    // One of the late ones answers in time, and one more of them has a turn.
    let (late, id) = again[0];
    let next = asked(&puller.answered(now, late, id, equal(), &holdings));
    assert_eq!(next.len(), 1);
    assert!(again.iter().all(|(peer, _)| *peer != next[0].0));
}

#[test]
fn a_place_that_becomes_free_goes_to_who_was_never_late() {
    let parameters = Parameters::default();
    let places = parameters.exchanges_max;
    // In the order of their turns.
    let (mut puller, holdings, peers) = puller_with(2 * places as u8 + 1);
    let (busy, others) = peers.split_at(places);
    let (late, honest) = others.split_at(places);
    for peer in late {
        assert_eq!(asked(&puller.peer_up(Time(0), *peer, &holdings)).len(), 1);
    }
    let given_up = Time(parameters.answer_within_ms);
    assert_eq!(until(&mut puller, given_up, &holdings), []);
    let mut open = Vec::new();
    for peer in busy.iter().chain(honest) {
        open.extend(asked(&puller.peer_up(given_up, *peer, &holdings)));
    }
    assert_eq!(open.len(), places);
    // All of the late ones may be asked again, and one more who waits.
    let now = given_up.plus_ms(2 * parameters.retry_ms);
    assert_eq!(asked(&puller.tick(now, &holdings)), []);
    let (peer, id) = open[places - 1];
    let equal = Response::Equal {
        program: Program::own(),
    };
    let next = asked(&puller.answered(now, peer, id, Ok(equal), &holdings));
    assert_eq!(next.iter().map(|(peer, _)| *peer).collect::<Vec<_>>(), honest);
}
