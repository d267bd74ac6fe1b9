//! Several nodes end with the same entries, whatever the network does.

use soxa_ledger::Scope;

use crate::chance::Weather;
use crate::replica::unit;
use crate::world::World;

fn bodies(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|at| vec![at; 40]).collect()
}

#[test]
fn equal_nodes_settle_with_one_request_of_less_than_a_kilobyte() {
    let mut world = World::new(1, &[1, 2]);
    for round in 0..20 {
        let feed = world.append(0, Scope::all_nodes(), &bodies(round + 1));
        let key = world.nodes[0].key.clone();
        world.nodes[1].holdings.append(&key, &feed, &bodies(round + 1));
    }
    world.link(0, 1);
    world.run_for(5_000);
    // One of them asked, once.
    assert_eq!(world.messages, 2);
    assert!(world.bytes < 100, "{} bytes", world.bytes);
}

#[test]
fn a_new_node_catches_up_and_then_is_quiet() {
    let mut world = World::new(2, &[1, 2, 3]);
    for at in 0..2 {
        for _ in 0..30 {
            world.append(at, Scope::all_nodes(), &bodies(9));
        }
    }
    world.link_all();
    world.run_until_equal(&[0, 1, 2], 3_000);
    world.run_for(5_000);
    let messages = world.messages;
    // The shortest interval is three quarters of 30 s.
    world.run_for(14_000);
    assert_eq!(world.messages, messages);
}

#[test]
fn a_hint_brings_an_append_across_two_hops_before_any_timer() {
    let mut world = World::new(3, &[1, 2, 3]);
    world.link(0, 1);
    world.link(1, 2);
    world.run_for(5_000);
    world.append(0, Scope::all_nodes(), &bodies(1));
    world.run_until_equal(&[0, 1, 2], 1_500);
}

#[test]
fn a_restricted_append_reaches_its_members_before_any_timer_and_nobody_else() {
    let mut world = World::new(4, &[1, 2, 3]);
    world.link_all();
    world.run_for(5_000);
    let feed = world.append(0, Scope::of([unit(1), unit(2)]).unwrap(), &bodies(2));
    world.run_until_equal(&[0, 1, 2], 2_000);
    world.run_for(120_000);
    let id = feed.id(crate::replica::NETWORK);
    let held: Vec<bool> = (0..3)
        .map(|at| world.nodes[at].holdings.ids().contains(&id))
        .collect();
    assert_eq!(held, [true, true, false]);
}

#[test]
fn several_peers_share_what_a_new_node_lacks() {
    let mut world = World::new(5, &[1, 1, 1, 1, 1]);
    for at in 0..4 {
        for number in 0..6 {
            let scope = Scope::of([unit(1), unit(100 + number)]).unwrap();
            world.append(at, scope, &[vec![7; 300 << 10], vec![8; 300 << 10]]);
        }
    }
    for one in 0..4 {
        for two in one + 1..4 {
            world.link(one, two);
        }
    }
    world.run_until_equal(&[0, 1, 2, 3], 60_000);
    for at in 0..4 {
        world.link(at, 4);
    }
    world.run_until_equal(&[0, 1, 2, 3, 4], 10_000);
    let mut sources: Vec<_> = world.nodes[4]
        .effects
        .iter()
        .filter_map(|(_, effect)| match effect {
            soxa_sync::Effect::TakeIn { peer, .. } => Some(*peer),
            _ => None,
        })
        .collect();
    sources.sort_unstable();
    sources.dedup();
    assert!(sources.len() >= 3, "{} sources", sources.len());
}

#[test]
fn more_feeds_than_a_page_and_than_can_be_remembered_all_come() {
    let mut world = World::new(6, &[1, 1]);
    for number in 0..1_300_u32 {
        let mut extra = [0; 32];
        extra[..4].copy_from_slice(&number.to_be_bytes());
        let scope = Scope::of([unit(1), soxa_ledger::RecordId(extra)]).unwrap();
        let key = world.nodes[0].key.clone();
        let feed = crate::replica::feed_of(&key, scope);
        world.nodes[0].holdings.append(&key, &feed, &[vec![1]]);
    }
    world.link(0, 1);
    world.run_until_equal(&[0, 1], 30_000);
}

/// Random appends, links going up and down, losses; then fair weather. One seed is one history.
fn storm(seed: u64) -> World {
    let mut world = World::new(seed, &[1, 2, 3, 4, 1]);
    world.weather = Weather {
        loss: 20,
        doubling: 20,
        delay_ms: 400,
    };
    world.link_all();
    for _ in 0..120 {
        let one = world.dice.below(5) as usize;
        let two = world.dice.below(5) as usize;
        match world.dice.below(6) {
            0 => world.unlink(one, two),
            1 if one != two => world.link(one, two),
            2 => {
                let members = [
                    unit(1 + world.dice.below(4) as u8),
                    unit(1 + world.dice.below(4) as u8),
                ];
                world.append(one, Scope::of(members).unwrap(), &bodies(2));
            }
            3 | 4 => {
                world.append(one, Scope::all_nodes(), &bodies(3));
            }
            _ => {}
        }
        let pause = world.dice.below(3_000);
        world.run_for(pause);
    }
    world.weather = Weather {
        loss: 0,
        doubling: 0,
        delay_ms: 20,
    };
    world.link_all();
    world
}

#[test]
fn storms_end_in_equality() {
    for seed in 0..12 {
        let mut world = storm(seed);
        eprintln!("seed {seed}");
        // The longest: a peer rests after many setbacks, then two comparisons.
        world.run_until_equal(&[0, 1, 2, 3, 4], 6 * 60_000);
        for at in 0..5 {
            assert_eq!(world.findings(at), [], "honest nodes blame nobody");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_effects() {
    let (one, two) = (storm(77), storm(77));
    for (one, two) in one.nodes.iter().zip(&two.nodes) {
        assert!(!one.effects.is_empty());
        assert_eq!(one.effects, two.effects);
    }
}
