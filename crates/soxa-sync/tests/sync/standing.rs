//! What people are told of a peer: who lacks how much, since when, and what it did wrong.

use soxa_ledger::{NodeKey, Scope, Time};
use soxa_sync::{Agreement, OffenceKind, Program, Response, Standing};

use crate::replica::{secret, unit};
use crate::world::World;

fn bodies(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|at| vec![at; 40]).collect()
}

fn key(at: u8) -> NodeKey {
    secret(at + 1).node()
}

#[track_caller]
fn standing(world: &World, of: u8, with: u8) -> Standing {
    let puller = &world.nodes[usize::from(of)].puller;
    puller.standing(&key(with)).expect("the peer was here")
}

#[track_caller]
fn check_behind(world: &World, of: u8, with: u8, lacks: (u64, u64)) -> Time {
    match standing(world, of, with).agreement {
        Agreement::Behind {
            since,
            we_lack,
            they_lack,
        } => {
            assert_eq!((we_lack, they_lack), lacks);
            since
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_synced(world: &World, of: u8, with: u8) -> Time {
    match standing(world, of, with).agreement {
        Agreement::Synced { since } => since,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_is_cut_off_is_behind_by_what_grew_since_and_synced_when_it_is_back() {
    let mut world = World::new(1, &[1, 2, 3]);
    assert_eq!(world.nodes[0].puller.standing(&key(1)), None);
    world.append(0, Scope::all_nodes(), &bodies(5));
    world.link_all();
    world.run_for(2_000);
    let synced = check_synced(&world, 0, 1);
    check_synced(&world, 1, 0);
    assert_eq!(standing(&world, 0, 1).program, Some(Program::own()));
    assert_eq!(standing(&world, 1, 0).program, Some(Program::own()));
    // Equal for ten minutes: since when does not move, the last contact does.
    let heard = standing(&world, 0, 1).heard_at;
    world.run_for(600_000);
    assert_eq!(check_synced(&world, 0, 1), synced);
    assert!(standing(&world, 0, 1).heard_at > heard);

    world.unlink(0, 1);
    world.unlink(2, 1);
    let cut = world.now;
    world.append(0, Scope::all_nodes(), &bodies(3));
    world.run_for(60_000);
    world.append(2, Scope::all_nodes(), &bodies(4));
    world.append(1, Scope::all_nodes(), &bodies(9));
    world.run_for(60_000);
    // What came from elsewhere it lacks too; what it wrote alone nobody can know.
    assert_eq!(check_behind(&world, 0, 1, (0, 7)), cut);
    assert!(standing(&world, 0, 1).heard_at < Some(cut));
    check_synced(&world, 0, 2);
    world.link(0, 1);
    world.run_for(5_000);
    assert!(check_synced(&world, 0, 1) > cut);
    assert!(check_synced(&world, 1, 0) > cut);
}

#[test]
fn what_a_peer_has_counts_down_as_it_comes() {
    let mut world = World::new(2, &[1, 1]);
    for number in 0..9 {
        let scope = Scope::of([unit(1), unit(100 + number)]).unwrap();
        world.append(0, scope, &[vec![7; 400 << 10], vec![8; 400 << 10]]);
    }
    world.link(0, 1);
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        world.run_for(1);
        match standing(&world, 1, 0).agreement {
            Agreement::Behind {
                we_lack, they_lack, ..
            } => {
                assert_eq!(they_lack, 0);
                seen.push(we_lack);
            }
            Agreement::Unknown => assert!(seen.is_empty()),
            Agreement::Synced { .. } => break,
            Agreement::Apart { .. } => panic!("after {seen:?}"),
        }
    }
    seen.dedup();
    assert_eq!(seen.first(), Some(&18));
    assert!(
        seen.len() > 2 && seen.is_sorted_by(|one, two| one > two),
        "{seen:?}"
    );
    check_synced(&world, 1, 0);
}

#[test]
fn an_append_is_lacking_until_it_was_fetched() {
    let mut world = World::new(3, &[1, 2]);
    world.link(0, 1);
    world.run_for(2_000);
    world.append(0, Scope::all_nodes(), &bodies(2));
    let since = check_behind(&world, 0, 1, (0, 2));
    assert_eq!(since, world.now);
    // Long before the next comparison.
    world.run_for(1_000);
    assert!(check_synced(&world, 0, 1) > since);
    check_synced(&world, 1, 0);
}

#[test]
fn offences_are_counted_by_kind_and_outlive_the_connection() {
    let mut world = World::new(4, &[1, 1]);
    world.lies(1, |_, _, _, _| {
        Some(
            Response::Runs {
                runs: Vec::new(),
                unserved: Vec::new(),
            }
            .encode(),
        )
    });
    world.link(0, 1);
    world.run_for(400_000);
    world.unlink(0, 1);
    let standing = standing(&world, 0, 1);
    let kinds: Vec<OffenceKind> = standing.offences.keys().copied().collect();
    assert_eq!(kinds, [OffenceKind::WrongAnswer]);
    let offences = standing.offences[&OffenceKind::WrongAnswer];
    assert_eq!(offences.count, 3, "then it was disconnected");
    assert!(standing.rest_until > offences.last);
}
