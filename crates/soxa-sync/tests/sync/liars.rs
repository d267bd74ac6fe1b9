//! Peers that lie: they never stall honest nodes, never make them panic, and pay for it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use soxa_ledger::fork::Branch;
use soxa_ledger::replica::Replica;
use soxa_ledger::{EntryHash, FeedId, ForkProof, NodeKey, Scope, SecretKey, Seq, Signed, Verified};
use soxa_sync::limits::{LINES_PER_PAGE_MAX, PAGES_PER_WALK_MAX};
use soxa_sync::{Effect, Finding, Line, Offence, Program, Refusal, Request, Response, answer};

use crate::chance::Dice;
use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};
use crate::world::{Lie, World};

/// Two honest nodes with much to exchange and one liar that holds everything, all linked.
fn with_liar(seed: u64, lie: Lie) -> World {
    let mut world = World::new(seed, &[1, 1, 1]);
    world.lies(2, lie);
    world.link_all();
    for round in 0..10_u8 {
        world.append(0, Scope::all_nodes(), &[vec![round; 500]]);
        world.append(
            1,
            Scope::of([unit(1), unit(50 + round)]).unwrap(),
            &[vec![round; 500]],
        );
        world.append(
            2,
            Scope::of([unit(1), unit(80 + round)]).unwrap(),
            &[vec![round; 500]],
        );
        world.run_for(700);
    }
    world
}

fn offences(world: &World) -> Vec<Offence> {
    let of = |at| world.findings(at).into_iter();
    of(0)
        .chain(of(1))
        .filter_map(|finding| match finding {
            Finding::Offence(offence) => Some(offence),
            _ => None,
        })
        .collect()
}

/// Honest nodes become equal in what they have from each other within a minute, remember little, and the liar is
/// asked ever more rarely.
#[track_caller]
fn check(lie: Lie, expected: Option<fn(&Offence) -> bool>) {
    let mut world = with_liar(7, lie);
    world.run_until_equal(&[0, 1], 60_000);
    let asked = |world: &World| {
        let liar = secret(3).node();
        let to_liar = |node: &crate::world::Node| {
            node.effects
                .iter()
                .filter(|(_, e)| matches!(e, Effect::Ask { peer, .. } if *peer == liar))
                .count()
        };
        to_liar(&world.nodes[0]) + to_liar(&world.nodes[1])
    };
    world.run_for(10 * 60_000);
    let before = asked(&world);
    world.run_for(10 * 60_000);
    let often = asked(&world) - before;
    assert!(often <= 120, "asked {often} times in ten minutes");
    for at in 0..2 {
        let size = format!("{:?}", world.nodes[at].puller).len();
        assert!(size < 1 << 20, "remembers {size} bytes");
    }
    if let Some(expected) = expected {
        let offences = offences(&world);
        assert!(offences.iter().any(expected), "{offences:?}");
    }
}

fn fake_lines(dice: &mut Dice, count: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = (0..count)
        .map(|_| {
            let mut feed = feed_of(&secret(3), Scope::all_nodes());
            feed.incarnation.0[..8].copy_from_slice(&dice.next().to_be_bytes());
            Line {
                feed,
                seq: Seq(1 + dice.below(1_000)),
                hash: EntryHash([7; 32]),
                closed: false,
                forked: None,
                named: None,
            }
        })
        .collect();
    lines.sort_by_cached_key(|line| line.id(NETWORK));
    lines
}

fn honest(holdings: &Holdings, peer: NodeKey, request: &Request) -> Response {
    answer(holdings, peer, request).unwrap()
}

fn silence(_: &mut Dice, _: &Holdings, _: NodeKey, _: &Request) -> Option<Vec<u8>> {
    None
}

fn garbage(dice: &mut Dice, _: &Holdings, _: NodeKey, _: &Request) -> Option<Vec<u8>> {
    Some((0..dice.below(300)).map(|_| dice.next() as u8).collect())
}

fn busy(_: &mut Dice, _: &Holdings, _: NodeKey, _: &Request) -> Option<Vec<u8>> {
    Some(
        Response::Refused {
            reason: Refusal::Busy,
        }
        .encode(),
    )
}

fn another_question(_: &mut Dice, _: &Holdings, _: NodeKey, request: &Request) -> Option<Vec<u8>> {
    Some(match request {
        Request::Compare { .. } => Response::Runs {
            runs: Vec::new(),
            unserved: Vec::new(),
        }
        .encode(),
        _ => Response::Equal {
            program: Program::own(),
        }
        .encode(),
    })
}

/// Claims feeds, real and invented, and serves none.
fn boasting(dice: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Differs { lines, .. } | Response::Lines { lines, .. } = &mut response {
        for line in lines.iter_mut() {
            line.seq = Seq(line.seq.0 + 1_000);
        }
        let invented = LINES_PER_PAGE_MAX - lines.len();
        lines.extend(fake_lines(dice, invented));
        lines.sort_by_cached_key(|line| line.id(NETWORK));
    }
    if let Response::Runs { runs, unserved } = &mut response {
        runs.clear();
        unserved.clear();
    }
    Some(response.encode())
}

/// Pages of one line each, in order, and always one more.
fn endless_pages(_: &mut Dice, _: &Holdings, _: NodeKey, request: &Request) -> Option<Vec<u8>> {
    static LINES: OnceLock<Vec<(FeedId, Line)>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        // Empty feeds: they cost the reader nothing but the pages.
        let lines = fake_lines(&mut Dice(1), PAGES_PER_WALK_MAX + 10).into_iter();
        lines
            .map(|line| (line.id(NETWORK), Line { seq: Seq(0), ..line }))
            .collect()
    });
    let page = |after: Option<FeedId>| {
        let next = lines.iter().find(|(id, _)| after.is_none_or(|after| *id > after));
        next.map(|(_, line)| line.clone()).into_iter().collect()
    };
    Some(match request {
        Request::Compare { .. } => Response::Differs {
            lines: page(None),
            more: true,
            program: Program::own(),
        }
        .encode(),
        Request::Lines { after } => Response::Lines {
            lines: page(*after),
            more: true,
        }
        .encode(),
        Request::Runs { .. } => Response::Runs {
            runs: Vec::new(),
            unserved: Vec::new(),
        }
        .encode(),
        Request::Fork { .. } => Response::Fork { proof: None }.encode(),
        Request::Named { .. } => Response::Named {
            entries: Vec::new(),
            more: false,
        }
        .encode(),
        Request::Branch { .. } => Response::Branch { run: None }.encode(),
    })
}

/// Says that honest feeds are proved to be forked, and shows a proof of another feed, or none.
fn invented_forks(dice: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Differs { lines, .. } | Response::Lines { lines, .. } = &mut response {
        for line in lines.iter_mut() {
            line.forked = Some(Seq(1));
        }
    }
    if let Response::Fork { proof } = &mut response {
        *proof = (dice.below(2) == 0).then(|| fork_of(&secret(9)).bytes().to_vec());
    }
    Some(response.encode())
}

/// The proof that a node which nobody admitted has forked a feed.
fn fork_of(key: &SecretKey) -> Verified<ForkProof> {
    let feed = feed_of(key, Scope::all_nodes());
    let branch = |body: &[u8]| {
        let mut alone = Holdings::new(key.node(), BTreeMap::new());
        let id = alone.append(key, &feed, &[body.to_vec()]);
        Branch::of_run(&alone.run_after(&id, Seq(0), 0).unwrap().unwrap())
    };
    let proof = ForkProof::between(feed.clone(), branch(b"one"), branch(b"other")).unwrap();
    Signed::<ForkProof>::decode(&proof.encode())
        .unwrap()
        .verify(NETWORK)
        .unwrap()
}

fn broken_bodies(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Runs { runs, .. } = &mut response {
        for run in runs {
            run.entries[0].body[0] ^= 1;
        }
    }
    Some(response.encode())
}

fn forged_tips(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Runs { runs, .. } = &mut response {
        for run in runs {
            run.tip.0[0] ^= 1;
        }
    }
    Some(response.encode())
}

fn unasked_runs(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Runs { runs, .. } = &mut response {
        let feeds = holdings.ids();
        let all = feeds
            .iter()
            .filter_map(|feed| holdings.run_after(feed, Seq(0), 0).unwrap());
        runs.splice(.., all);
    }
    Some(response.encode())
}

/// Says that honest feeds are forked, and that the reader was restored.
fn slander(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Differs { lines, .. } | Response::Lines { lines, .. } = &mut response {
        for line in lines
            .iter_mut()
            .filter(|line| line.feed.node != holdings.own_node())
        {
            line.hash = EntryHash([6; 32]);
            if line.feed.node == peer {
                line.seq = Seq(line.seq.0 + 1);
            }
        }
    }
    Some(response.encode())
}

/// Says that there is nothing to have.
fn always_equal(_: &mut Dice, _: &Holdings, _: NodeKey, request: &Request) -> Option<Vec<u8>> {
    Some(match request {
        Request::Compare { .. } => Response::Equal {
            program: Program::own(),
        }
        .encode(),
        Request::Lines { .. } => Response::Lines {
            lines: Vec::new(),
            more: false,
        }
        .encode(),
        Request::Runs { wants } => Response::Runs {
            runs: Vec::new(),
            unserved: wants.iter().map(|want| want.feed).collect(),
        }
        .encode(),
        Request::Fork { .. } => Response::Fork { proof: None }.encode(),
        Request::Named { .. } => Response::Named {
            entries: Vec::new(),
            more: false,
        }
        .encode(),
        Request::Branch { .. } => Response::Branch { run: None }.encode(),
    })
}

/// Shows all it holds, and then has none of it.
fn withholding(dice: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    match request {
        Request::Runs { .. } => always_equal(dice, holdings, peer, request),
        _ => Some(honest(holdings, peer, request).encode()),
    }
}

/// Answers as it did when each feed had one entry.
fn the_past(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let first = |feed: &FeedId| holdings.run_after(feed, Seq(0), 0).unwrap();
    let mut response = honest(holdings, peer, request);
    if let Response::Differs { lines, .. } | Response::Lines { lines, .. } = &mut response {
        for line in lines {
            let newest = first(&line.id(NETWORK)).unwrap().entries[0].header.head();
            (line.seq, line.hash) = (newest.seq, newest.hash);
        }
    }
    if let (Response::Runs { runs, .. }, Request::Runs { wants }) = (&mut response, request) {
        *runs = wants.iter().filter_map(|want| first(&want.feed)).collect();
    }
    Some(response.encode())
}

/// Leaves out the first entry of each run.
fn gaps(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let (Response::Runs { runs, .. }, Request::Runs { wants }) = (&mut response, request) {
        let next = |feed: &FeedId, after: Seq| holdings.run_after(feed, after.next(), 1 << 20).unwrap();
        *runs = wants
            .iter()
            .filter_map(|want| next(&want.feed, want.after))
            .collect();
    }
    Some(response.encode())
}

/// Gives entries in another order than they were written.
fn shuffled(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let (Response::Runs { runs, .. }, Request::Runs { wants }) = (&mut response, request) {
        for (run, want) in runs.iter_mut().zip(wants) {
            let more = holdings.run_after(&want.feed, want.after, 1 << 20).unwrap();
            if let Some(more) = more.filter(|more| more.entries.len() > 2) {
                *run = more;
                run.entries[1..].reverse();
            }
        }
    }
    Some(response.encode())
}

/// Says that feeds which go on are closed.
fn closing(_: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    let mut response = honest(holdings, peer, request);
    if let Response::Differs { lines, .. } | Response::Lines { lines, .. } = &mut response {
        lines.iter_mut().for_each(|line| line.closed = true);
    }
    Some(response.encode())
}

/// Another lie each time, or none.
fn anything(dice: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    const LIES: [Lie; 17] = [
        silence,
        garbage,
        busy,
        another_question,
        boasting,
        endless_pages,
        broken_bodies,
        forged_tips,
        unasked_runs,
        slander,
        always_equal,
        withholding,
        the_past,
        gaps,
        shuffled,
        closing,
        invented_forks,
    ];
    match dice.below(2 * LIES.len() as u64) as usize {
        at if at < LIES.len() => LIES[at](dice, holdings, peer, request),
        _ => Some(honest(holdings, peer, request).encode()),
    }
}

#[test]
fn silence_does_not_stall_honest_nodes() {
    check(silence, None);
}

#[test]
fn a_refusal_does_not_stall_honest_nodes() {
    check(busy, None);
}

#[test]
fn boasting_does_not_stall_honest_nodes() {
    check(boasting, None);
}

#[test]
fn slander_does_not_stall_honest_nodes() {
    check(slander, None);
}

#[test]
fn garbage_does_not_stall_honest_nodes() {
    check(garbage, Some(|offence| *offence == Offence::Malformed));
}

#[test]
fn an_answer_to_another_question_does_not_stall_honest_nodes() {
    check(another_question, Some(|offence| *offence == Offence::WrongAnswer));
}

#[test]
fn a_walk_without_end_does_not_stall_honest_nodes() {
    check(endless_pages, Some(|offence| *offence == Offence::Page));
}

#[test]
fn a_broken_body_does_not_stall_honest_nodes() {
    check(
        broken_bodies,
        Some(|offence| matches!(offence, Offence::BadRun { .. })),
    );
}

#[test]
fn a_forged_tip_does_not_stall_honest_nodes() {
    check(
        forged_tips,
        Some(|offence| matches!(offence, Offence::BadRun { .. })),
    );
}

#[test]
fn an_unasked_run_does_not_stall_honest_nodes() {
    check(
        unasked_runs,
        Some(|offence| matches!(offence, Offence::Unasked(_))),
    );
}

#[test]
fn saying_that_there_is_nothing_does_not_stall_honest_nodes() {
    check(always_equal, None);
}

#[test]
fn withholding_does_not_stall_honest_nodes() {
    check(withholding, None);
}

#[test]
fn lines_of_the_past_do_not_stall_honest_nodes() {
    check(the_past, None);
}

/// Runs of the present are asked for, and those of the past come.
fn past_runs(dice: &mut Dice, holdings: &Holdings, peer: NodeKey, request: &Request) -> Option<Vec<u8>> {
    match request {
        Request::Runs { .. } => the_past(dice, holdings, peer, request),
        _ => Some(honest(holdings, peer, request).encode()),
    }
}

/// A liar with a feed of several tips is found out, and what honest nodes have from each other goes on.
#[track_caller]
fn check_runs(lie: Lie, expected: fn(&Offence) -> bool) {
    let mut world = World::new(9, &[1, 1, 1]);
    world.lies(2, lie);
    for body in 0..3 {
        world.append(
            2,
            Scope::all_nodes(),
            &[vec![body; 50], vec![body + 10; 50], vec![body + 20; 50]],
        );
    }
    world.link_all();
    world.run_for(60_000);
    let offences = offences(&world);
    assert!(offences.iter().any(expected), "{offences:?}");
    world.append(1, Scope::all_nodes(), &[vec![2; 50]]);
    world.run_until_equal(&[0, 1], 60_000);
}

#[test]
fn runs_of_the_past_are_not_taken_for_what_was_asked() {
    check_runs(past_runs, |offence| matches!(offence, Offence::Unasked(_)));
}

#[test]
fn a_gap_is_not_taken_for_what_was_asked() {
    check_runs(gaps, |offence| matches!(offence, Offence::Unasked(_)));
}

#[test]
fn another_order_is_a_bad_run() {
    check_runs(shuffled, |offence| matches!(offence, Offence::BadRun { .. }));
}

#[test]
fn closing_other_peoples_feeds_does_not_stall_honest_nodes() {
    check(closing, None);
}

#[test]
fn an_invented_fork_does_not_stall_honest_nodes() {
    check(
        invented_forks,
        Some(|offence| matches!(offence, Offence::FalseLine(_))),
    );
}

#[test]
fn any_mixture_does_not_stall_honest_nodes() {
    check(anything, Some(|_| true));
}

#[test]
fn slander_is_never_reported_as_a_fork_or_a_restore() {
    for lie in [slander, invented_forks] {
        let mut world = with_liar(8, lie);
        world.run_for(10 * 60_000);
        check_no_slander(&world);
    }
}

#[track_caller]
fn check_no_slander(world: &World) {
    for at in 0..2 {
        let effects = &world.nodes[at].effects;
        assert!(
            !effects
                .iter()
                .any(|(_, effect)| matches!(effect, Effect::KeepProof { .. }))
        );
        for finding in world.findings(at) {
            assert!(matches!(finding, Finding::Offence(_)), "{finding:?}");
        }
    }
}
