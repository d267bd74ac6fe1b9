//! Feeds that were forked: every node that is linked with others comes to hold a proof, and all come to the same line,
//! whichever branch they hold.

use soxa_ledger::replica::Replica;
use soxa_ledger::{EntryHash, FeedId, Scope, Seq};

use crate::replica::feed_of;
use crate::world::World;

/// The last node forks its own feed: some nodes hold one branch, some the other, some neither.
fn fork(world: &mut World, scope: &Scope, common: u8, branches: [&[usize]; 2]) -> FeedId {
    let key = world.nodes.last().unwrap().key.clone();
    let feed = feed_of(&key, scope.clone());
    for number in 0..common {
        for at in branches.concat() {
            world.nodes[at].holdings.append(&key, &feed, &[vec![number; 50]]);
        }
    }
    let mut id = None;
    for (branch, nodes) in (1_u8..).zip(branches) {
        for at in nodes {
            for number in 0..=branch {
                id = Some(
                    world.nodes[*at]
                        .holdings
                        .append(&key, &feed, &[vec![branch, number]]),
                );
            }
        }
    }
    id.unwrap()
}

#[track_caller]
fn check(world: &World, nodes: &[usize], feed: FeedId, seq: u64) {
    for at in nodes {
        let holdings = &world.nodes[*at].holdings;
        let line = holdings.line(&feed).unwrap();
        assert_eq!(
            (line.head.seq.0, line.forked),
            (seq - 1, Some(Seq(seq))),
            "node {at}"
        );
        assert_eq!(holdings.fork_of(&feed).unwrap().seq(), Seq(seq));
        assert_eq!(world.findings(*at), [], "nobody is blamed at node {at}");
    }
}

#[test]
fn all_nodes_come_to_the_same_line_of_a_forked_feed() {
    for (seed, common) in [(1, 0), (2, 1), (3, 20)] {
        let mut world = World::new(seed, &[1, 2, 3, 4, 5, 6]);
        world.weather.loss = 10;
        world.weather.doubling = 10;
        let feed = fork(&mut world, &Scope::all_nodes(), common, [&[0, 1], &[2, 3]]);
        // A line, not a mesh: what the middle finds out reaches both ends.
        for at in 0..4 {
            world.link(at, at + 1);
        }
        world.append(0, Scope::all_nodes(), &[b"honest".to_vec()]);
        world.run_until_equal(&[0, 1, 2, 3, 4], 30 * 60_000);
        check(&world, &[0, 1, 2, 3, 4], feed, u64::from(common) + 1);
    }
}

#[test]
fn of_three_branches_the_lowest_fork_is_the_one_that_counts() {
    let mut world = World::new(7, &[1, 2, 3, 4]);
    let key = world.nodes[3].key.clone();
    let feed = feed_of(&key, Scope::all_nodes());
    let bodies: [&[&[u8]]; 3] = [&[b"a", b"b", b"c"], &[b"a", b"b", b"d", b"e"], &[b"a", b"f"]];
    let mut id = None;
    for (at, bodies) in bodies.iter().enumerate() {
        for body in *bodies {
            id = Some(world.nodes[at].holdings.append(&key, &feed, &[body.to_vec()]));
        }
    }
    world.link(0, 1);
    world.run_until_equal(&[0, 1], 30 * 60_000);
    check(&world, &[0, 1], id.unwrap(), 3);
    world.link(1, 2);
    world.run_until_equal(&[0, 1, 2], 30 * 60_000);
    check(&world, &[0, 1, 2], id.unwrap(), 2);
}

#[test]
fn a_fork_of_a_restricted_feed_is_shown_to_its_members_only() {
    use crate::replica::unit;
    let mut world = World::new(9, &[1, 2, 3, 1]);
    let scope = Scope::of([unit(1), unit(2)]).unwrap();
    let feed = fork(&mut world, &scope, 2, [&[0], &[1]]);
    world.link_all();
    world.run_until_equal(&[0, 1, 2], 30 * 60_000);
    world.run_for(10 * 60_000);
    check(&world, &[0, 1], feed, 3);
    assert!(world.nodes[2].holdings.line(&feed).is_none());
    assert!(world.nodes[2].holdings.fork_of(&feed).is_none());
}

#[test]
fn a_node_that_forked_its_feed_learns_it_too() {
    let mut world = World::new(11, &[1, 2, 3]);
    let feed = fork(&mut world, &Scope::all_nodes(), 1, [&[0, 1], &[2]]);
    world.link_all();
    world.run_for(30 * 60_000);
    check(&world, &[0, 1], feed, 2);
    assert_eq!(world.nodes[2].holdings.line(&feed).unwrap().forked, Some(Seq(2)));
}

#[test]
fn a_fork_is_found_although_its_branches_ended_at_a_body_that_nobody_takes() {
    for ends in [[true, true], [true, false], [false, true]] {
        let mut world = World::new(12, &[1, 2, 3]);
        let feed = fork(&mut world, &Scope::all_nodes(), 2, [&[0], &[1]]);
        for (at, ended) in ends.into_iter().enumerate() {
            if ended {
                world.nodes[at].holdings.close(&feed);
            }
        }
        world.link(0, 1);
        world.run_until_equal(&[0, 1], 30 * 60_000);
        for at in [0, 1] {
            let line = world.nodes[at].holdings.line(&feed).unwrap();
            assert_eq!(line.forked, Some(Seq(3)), "{ends:?} at node {at}");
        }
    }
}

/// Where the branch ends that a node holds of a feed.
fn end(world: &World, at: usize, feed: FeedId) -> (Seq, EntryHash) {
    let mut end = None;
    let mut after = Seq(0);
    while let Some(run) = world.nodes[at].holdings.run_after(&feed, after, 0).unwrap() {
        let head = run.entries.last().unwrap().header.head();
        after = head.seq;
        end = Some((head.seq, head.hash));
    }
    end.unwrap()
}

#[test]
fn every_node_comes_to_hold_the_branches_that_statements_name() {
    for (seed, common) in [(21, 0), (22, 1), (23, 20)] {
        let mut world = World::new(seed, &[1, 2, 3, 4, 5, 6]);
        world.weather.loss = 10;
        world.weather.doubling = 10;
        let feed = fork(&mut world, &Scope::all_nodes(), common, [&[0, 1], &[2, 3]]);
        let ends = [end(&world, 0, feed), end(&world, 3, feed)];
        let lost = (Seq(40), EntryHash([7; 32]));
        for at in 0..4 {
            world.link(at, at + 1);
        }
        // Some nodes know what is named before the fork is found, some later.
        for at in 0..3 {
            world.nodes[at].holdings.name(feed, ends[1]);
            world.nodes[at].holdings.name(feed, lost);
        }
        world.run_for(10 * 60_000);
        for named in [ends[0], ends[1], lost] {
            for at in 0..5 {
                world.nodes[at].holdings.name(feed, named);
            }
        }
        world.run_until_equal(&[0, 1, 2, 3, 4], 30 * 60_000);
        check(&world, &[0, 1, 2, 3, 4], feed, u64::from(common) + 1);
        let mut named = ends.to_vec();
        named.sort_unstable();
        for at in 0..5 {
            let line = world.nodes[at].holdings.line(&feed).unwrap();
            assert_eq!(line.named, named, "node {at}");
        }
    }
}

#[test]
fn a_branch_of_a_restricted_feed_is_shown_to_its_members_only() {
    use crate::replica::unit;
    let mut world = World::new(24, &[1, 2, 3, 1]);
    let scope = Scope::of([unit(1), unit(2)]).unwrap();
    let feed = fork(&mut world, &scope, 2, [&[0], &[1]]);
    let named = end(&world, 0, feed);
    for at in 0..3 {
        world.nodes[at].holdings.name(feed, named);
    }
    world.link_all();
    world.run_until_equal(&[0, 1, 2], 30 * 60_000);
    world.run_for(10 * 60_000);
    for at in [0, 1] {
        assert_eq!(world.nodes[at].holdings.line(&feed).unwrap().named, [named]);
    }
    assert!(world.nodes[2].holdings.line(&feed).is_none());
}

#[test]
fn a_new_node_fetches_the_named_branch_of_a_feed_that_forked_before_it_came() {
    let mut world = World::new(25, &[1, 2, 3, 4]);
    let feed = fork(&mut world, &Scope::all_nodes(), 3, [&[0], &[1]]);
    let named = end(&world, 1, feed);
    for at in 0..3 {
        world.nodes[at].holdings.name(feed, named);
    }
    world.link(0, 1);
    world.run_until_equal(&[0, 1], 30 * 60_000);
    // It meets one that holds the other branch as its own.
    world.link(0, 2);
    world.run_until_equal(&[0, 1, 2], 30 * 60_000);
    check(&world, &[0, 1, 2], feed, 4);
    assert_eq!(world.nodes[2].holdings.line(&feed).unwrap().named, [named]);
}
