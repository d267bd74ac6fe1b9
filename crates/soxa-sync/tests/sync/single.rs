//! One puller, step by step: the order of effects, forks, restores, hints, rests.

use soxa_ledger::replica::Replica;
use soxa_ledger::run::RunError;
use soxa_ledger::{FeedId, Incarnation, NodeKey, Run, Scope, Seq, Time};
use soxa_sync::{
    Effect, Failure, Finding, Hint, Offence, Outcome, Parameters, Program, Puller, Refusal, Request,
    RequestId, Response, Root, answer,
};

use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};

/// Of a smaller key than the others: it compares first.
const ME: u8 = 2;
const YOU: u8 = 1;
const OTHER: u8 = 3;

fn holdings(of: u8) -> Holdings {
    let admitted = [ME, YOU, OTHER].map(|number| (secret(number).node(), unit(number)));
    Holdings::new(secret(of).node(), admitted.into())
}

fn puller() -> Puller {
    Puller::new(Parameters::default(), node(ME), Incarnation([1; 16]), 1)
}

fn node(number: u8) -> NodeKey {
    secret(number).node()
}

fn append(holdings: &mut Holdings, writer: u8, bodies: &[&[u8]]) -> FeedId {
    let key = secret(writer);
    let bodies: Vec<Vec<u8>> = bodies.iter().map(|body| body.to_vec()).collect();
    holdings.append(&key, &feed_of(&key, Scope::all_nodes()), &bodies)
}

/// What a peer compares with.
fn question() -> Request {
    Request::Compare {
        root: Root([9; 32]),
        program: Program::own(),
    }
}

fn equal() -> Response {
    Response::Equal {
        program: Program::own(),
    }
}

/// The requests among effects.
fn asks(effects: &[Effect]) -> Vec<(NodeKey, RequestId, Request)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { peer, id, request } => Some((*peer, *id, request.clone())),
            _ => None,
        })
        .collect()
}

/// Answers requests of one peer honestly from its holdings until none is left or runs are to be taken in;
/// returns the effects that are no requests, and the moment.
fn talk(
    puller: &mut Puller,
    mine: &Holdings,
    theirs: &Holdings,
    mut effects: Vec<Effect>,
    now: Time,
) -> Vec<Effect> {
    let mut rest = Vec::new();
    loop {
        let open = asks(&effects);
        rest.extend(
            effects
                .into_iter()
                .filter(|effect| !matches!(effect, Effect::Ask { .. })),
        );
        let Some((peer, id, request)) = open.into_iter().next() else {
            return rest;
        };
        let response = answer(theirs, node(ME), &request).unwrap();
        effects = puller.answered(now, peer, id, Ok(response), mine);
    }
}

#[test]
fn runs_are_taken_in_before_the_peer_is_asked_again() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    let feed = append(&mut theirs, YOU, &[b"one"]);
    let mut puller = puller();
    let now = Time(5);
    let effects = puller.peer_up(now, node(YOU), &mine);
    let rest = talk(&mut puller, &mine, &theirs, effects, now);
    let [Effect::TakeIn { peer, runs }] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!((*peer, runs.len()), (node(YOU), 1));
    // Nothing wakes it, nothing makes it ask: not time, not a reconnection, not a difference.
    assert_eq!(puller.next_wake(), None);
    let differs = Response::Differs {
        lines: Vec::new(),
        more: false,
        program: Program::own(),
    };
    for effects in [
        puller.tick(Time(1_000_000), &mine),
        puller.served(Time(1_000_001), node(YOU), &question(), &differs, &mine),
        puller.peer_down(Time(1_000_002), node(YOU), &mine),
        puller.peer_up(Time(1_000_003), node(YOU), &mine),
    ] {
        assert_eq!(effects, []);
    }
    let outcome = mine.take_in(runs.clone());
    assert_eq!(outcome.advanced, [feed]);
    let effects = puller.taken_in(Time(1_000_004), node(YOU), outcome, &mine);
    let [(_, id, Request::Compare { .. })] = asks(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        puller.answered(Time(1_000_005), node(YOU), id, Ok(equal()), &mine),
        []
    );
    assert!(
        puller
            .next_wake()
            .is_some_and(|wake| wake >= Time(1_000_005 + 22_500))
    );
}

/// Two holdings with one feed that parts after some entries, and goes on for more in each.
fn forked(common: usize, mine: usize, theirs: usize) -> (Holdings, Holdings, FeedId) {
    let (mut one, mut other) = (holdings(ME), holdings(YOU));
    // Of different lengths, so that signed tips lie at different numbers.
    let mut left = common;
    while left > 0 {
        let several = vec![b"same".as_slice(); left.min(7)];
        append(&mut one, OTHER, &several);
        append(&mut other, OTHER, &several);
        left -= several.len();
    }
    let mut feed = None;
    for (holdings, count, body) in [
        (&mut one, mine, b"mine".as_slice()),
        (&mut other, theirs, b"theirs"),
    ] {
        for _ in 0..count {
            feed = Some(append(holdings, OTHER, &[body]));
        }
    }
    (one, other, feed.unwrap())
}

#[track_caller]
fn check_fork(common: usize, mine: usize, theirs: usize) {
    let (mut mine, theirs, feed) = forked(common, mine, theirs);
    let mut puller = puller();
    let mut effects = puller.peer_up(Time(5), node(YOU), &mine);
    let mut proof = None;
    for _ in 0..100 {
        let rest = talk(&mut puller, &mine, &theirs, effects, Time(5));
        match &rest[..] {
            [Effect::TakeIn { runs, .. }] => {
                let outcome = mine.take_in(runs.clone());
                assert!(matches!(outcome.refused[..], [(_, RunError::Fork(_)), ..]));
                effects = puller.taken_in(Time(5), node(YOU), outcome, &mine);
            }
            [Effect::KeepProof { proof: found, .. }] => {
                proof = Some(found.clone());
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let proof = proof.expect("no proof in a hundred steps");
    assert_eq!((proof.feed_id(), proof.seq()), (feed, Seq(common as u64 + 1)));
    mine.keep_proof(&proof);
    let line = mine.line(&feed).unwrap();
    assert_eq!((line.head.seq.0, line.forked), (common as u64, Some(proof.seq())));
    let effects = puller.proof_kept(Time(5), node(YOU), feed, &mine);
    assert_eq!(talk(&mut puller, &mine, &theirs, effects, Time(5)), []);
    // The other side is told, and nothing more is asked for of that feed.
    for _ in 0..5 {
        let wake = puller.next_wake().unwrap();
        let effects = puller.tick(wake, &mine);
        for (_, _, request) in asks(&effects) {
            assert!(matches!(request, Request::Compare { .. }), "{request:?}");
        }
        assert_eq!(talk(&mut puller, &mine, &theirs, effects, wake), []);
    }
}

#[test]
fn a_fork_is_proved_at_the_entry_where_the_histories_part() {
    check_fork(0, 1, 1);
    check_fork(1, 1, 1);
    check_fork(1, 3, 3);
    check_fork(100, 1, 1);
    check_fork(100, 20, 20);
}

#[test]
fn a_longer_history_is_no_proof_by_itself() {
    check_fork(0, 1, 2);
    check_fork(1, 1, 5);
    check_fork(30, 10, 11);
    check_fork(200, 300, 1_500);
}

#[test]
fn a_known_fork_is_learnt_by_its_proof_alone() {
    let (mut mine, mut theirs, feed) = forked(3, 2, 5);
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    let [Effect::TakeIn { runs, .. }] = &talk(&mut puller, &mine, &theirs, effects, Time(5))[..] else {
        panic!()
    };
    let outcome = mine.take_in(runs.clone());
    let effects = puller.taken_in(Time(5), node(YOU), outcome, &mine);
    let rest = talk(&mut puller, &mine, &theirs, effects, Time(5));
    let [Effect::KeepProof { proof, .. }] = &rest[..] else {
        panic!("{rest:?}")
    };
    // Now the other way round: the peer has the proof, and we do not hold the feed at all.
    theirs.keep_proof(proof);
    let mut mine = holdings(ME);
    let mut puller = self::puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    let rest = talk(&mut puller, &mine, &theirs, effects, Time(5));
    let [Effect::KeepProof { proof: learnt, .. }] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(learnt, proof);
    mine.keep_proof(learnt);
    let effects = puller.proof_kept(Time(5), node(YOU), feed, &mine);
    let mut rest = talk(&mut puller, &mine, &theirs, effects, Time(5));
    if rest.is_empty() {
        let wake = puller.next_wake().unwrap();
        let effects = puller.tick(wake, &mine);
        rest = talk(&mut puller, &mine, &theirs, effects, wake);
    }
    // What stands before the fork is still to be had.
    let [Effect::TakeIn { runs, .. }] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(runs[0].entries[0].header.seq, Seq(1));
}

#[test]
fn a_restored_node_learns_it_from_its_own_signature_and_fetches_its_old_feeds_in_a_new_life() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    append(&mut mine, ME, &[b"kept"]);
    let feed = append(&mut theirs, ME, &[b"kept"]);
    append(&mut theirs, ME, &[b"lost", b"lost too"]);
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    let rest = talk(&mut puller, &mine, &theirs, effects, Time(5));
    let finding = Finding::OwnFeedAhead {
        feed,
        ours: Seq(1),
        theirs: Seq(3),
    };
    assert_eq!(
        rest,
        [Effect::Report {
            peer: node(YOU),
            finding
        }]
    );
    let effects = puller.begin_life(Time(6), Incarnation([2; 16]), &mine);
    let rest = talk(&mut puller, &mine, &theirs, effects, Time(6));
    let [Effect::TakeIn { runs, .. }] = &rest[..] else {
        panic!("{rest:?}")
    };
    assert_eq!(mine.take_in(runs.clone()).advanced, [feed]);
}

#[test]
fn a_restore_that_two_peers_tell_of_begins_one_life() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    append(&mut mine, ME, &[b"kept"]);
    append(&mut theirs, ME, &[b"kept"]);
    append(&mut theirs, ME, &[b"lost"]);
    let mut puller = puller();
    // Both have shown their lines when one of them proves it.
    let mut asked = Vec::new();
    for peer in [YOU, OTHER] {
        let effects = puller.peer_up(Time(5), node(peer), &mine);
        let compared = asks(&effects)
            .into_iter()
            .chain(asks(&puller.tick(Time(500), &mine)));
        let (peer, id, request) = compared.last().unwrap();
        let response = answer(&theirs, node(ME), &request).unwrap();
        asked.extend(asks(&puller.answered(Time(500), peer, id, Ok(response), &mine)));
    }
    let proved = |effects: &[Effect]| {
        let is = |effect: &&Effect| matches!(effect, Effect::Report { .. });
        effects.iter().filter(is).count()
    };
    let (peer, id, request) = asked.remove(0);
    let response = answer(&theirs, node(ME), &request).unwrap();
    let mut effects = puller.answered(Time(500), peer, id, Ok(response), &mine);
    assert_eq!(proved(&effects), 1);
    effects.extend(puller.begin_life(Time(500), Incarnation([2; 16]), &mine));
    assert_eq!(proved(&talk(&mut puller, &mine, &theirs, effects, Time(500))), 1);
}

#[test]
fn who_passes_on_a_hint_of_another_history_is_not_blamed_for_it() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    let mut rival = holdings(OTHER);
    let feed = append(&mut mine, OTHER, &[b"one"]);
    append(&mut theirs, OTHER, &[b"one"]);
    append(&mut rival, OTHER, &[b"another"]);
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    assert_eq!(talk(&mut puller, &mine, &theirs, effects, Time(5)), []);
    let hint = Hint::of(&rival, &feed).unwrap().unwrap().encode();
    let (_, mut effects) = puller.gossiped(Time(9), node(YOU), &hint, &mine);
    effects.extend(puller.tick(Time(20_000), &mine));
    assert!(!asks(&effects).is_empty());
    assert_eq!(talk(&mut puller, &mine, &theirs, effects, Time(20_000)), []);
}

#[test]
fn closed_feeds_are_not_continued() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    let feed = append(&mut mine, OTHER, &[b"bad"]);
    mine.close(&feed);
    append(&mut theirs, OTHER, &[b"bad"]);
    append(&mut theirs, OTHER, &[b"more"]);
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    // Who goes on past it has either another history, which is looked for, or holds what no honest node does.
    assert_eq!(
        talk(&mut puller, &mine, &theirs, effects, Time(5)),
        [Effect::Report {
            peer: node(YOU),
            finding: Finding::Offence(Offence::FalseLine(feed))
        }]
    );
}

#[test]
fn a_hint_is_followed_to_its_origin_and_one_of_a_stranger_is_not() {
    let (mine, mut theirs) = (holdings(ME), holdings(OTHER));
    let feed = append(&mut theirs, OTHER, &[b"new"]);
    let hint = Hint::of(&theirs, &feed)
        .unwrap()
        .unwrap()
        .verify(NETWORK)
        .unwrap();
    let stranger = append(&mut theirs, 9, &[b"new"]);
    let strange = Hint::of(&theirs, &stranger)
        .unwrap()
        .unwrap()
        .verify(NETWORK)
        .unwrap();
    let mut puller = puller();
    for peer in [YOU, OTHER] {
        let (_, id, _) = asks(&puller.peer_up(Time(5), node(peer), &mine)).remove(0);
        puller.answered(Time(5), node(peer), id, Ok(equal()), &mine);
    }
    assert_eq!(puller.hinted(Time(6), node(YOU), &strange, &mine), []);
    let effects = puller.hinted(Time(6), node(YOU), &hint, &mine);
    let [(peer, _, Request::Runs { wants })] = &asks(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((*peer, wants[0].feed), (node(OTHER), feed));
}

#[test]
fn a_few_appends_are_announced_at_once_and_an_endless_burst_of_them_together() {
    let parameters = Parameters {
        announce_burst: 3,
        announce_gap_ms: 100,
        ..Parameters::default()
    };
    let mut mine = holdings(ME);
    // Two nodes share what may be announced.
    append(&mut mine, OTHER, &[b"another node's"]);
    let mut puller = Puller::new(parameters, node(ME), Incarnation([1; 16]), 1);
    let mut announced = Vec::new();
    for at in 0..50 {
        let feed = append(&mut mine, ME, &[b"one more"]);
        let effects = puller.appended(Time(1_000 + at), &[feed], &mine);
        announced.extend(effects.iter().map(|effect| (at, effect.clone())));
    }
    let at: Vec<u64> = announced.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [0, 1, 2]);
    let wake = puller.next_wake().unwrap();
    assert_eq!(wake, Time(1_000 + 200));
    let [Effect::Announce { hint }] = &puller.tick(wake, &mine)[..] else {
        panic!()
    };
    assert_eq!(hint.clone().verify(mine.network()).unwrap().seq(), Seq(50));
    assert_eq!(puller.next_wake(), None);
}

#[test]
fn the_node_that_is_asked_need_not_ask() {
    let mine = holdings(YOU);
    let mut puller = Puller::new(Parameters::default(), node(YOU), Incarnation([1; 16]), 1);
    assert_eq!(puller.peer_up(Time(1_000), node(ME), &mine), []);
    assert_eq!(
        puller.served(Time(1_001), node(ME), &question(), &equal(), &mine),
        []
    );
    assert!(
        puller
            .next_wake()
            .is_some_and(|wake| wake >= Time(1_001 + 22_500))
    );
    // Where it cannot say that they are equal, it asks at once.
    for answer in [
        Response::Differs {
            lines: Vec::new(),
            more: false,
            program: Program::own(),
        },
        Response::Refused {
            reason: Refusal::NotAdmitted,
        },
    ] {
        let effects = puller
            .clone()
            .served(Time(1_002), node(ME), &question(), &answer, &mine);
        assert!(matches!(asks(&effects)[..], [(_, _, Request::Compare { .. })]));
    }
}

#[test]
fn what_follows_is_asked_for_while_the_engine_is_busy() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    let large = vec![7; 1_200 << 10];
    for _ in 0..4 {
        append(&mut theirs, YOU, &[&large]);
    }
    let mut puller = puller();
    let mut effects = puller.peer_up(Time(5), node(YOU), &mine);
    let mut order = Vec::new();
    let mut taking: Vec<Vec<Run>> = Vec::new();
    for now in (6..60).map(Time) {
        let Some(effect) = (!effects.is_empty()).then(|| effects.remove(0)) else {
            let Some(runs) = taking.pop() else { break };
            order.push("taken in");
            let outcome = mine.take_in(runs);
            effects = puller.taken_in(now, node(YOU), outcome, &mine);
            continue;
        };
        match effect {
            Effect::Ask { id, request, .. } => {
                order.push(match request {
                    Request::Runs { .. } => "asked for runs",
                    _ => "compared",
                });
                let response = answer(&theirs, node(ME), &request).unwrap();
                effects.extend(puller.answered(now, node(YOU), id, Ok(response), &mine));
            }
            Effect::TakeIn { runs, .. } => taking.push(runs),
            other => panic!("{other:?}"),
        }
    }
    let expected = [
        &["compared", "asked for runs"][..],
        &["asked for runs", "taken in"].repeat(3),
        &["taken in", "compared"],
    ];
    assert_eq!(order, expected.concat());
    assert_eq!(mine.lines(), theirs.lines());
}

#[test]
fn rests_grow_with_setbacks_and_survive_a_reconnection() {
    let mine = holdings(ME);
    let mut puller = puller();
    let mut now = Time(5);
    let mut effects = puller.peer_up(now, node(YOU), &mine);
    let mut rests = Vec::new();
    for _ in 0..4 {
        let (_, id, _) = asks(&effects).remove(0);
        assert_eq!(
            puller.answered(now, node(YOU), id, Err(Failure::Unreachable), &mine),
            []
        );
        puller.peer_down(now, node(YOU), &mine);
        assert_eq!(puller.peer_up(now, node(YOU), &mine), []);
        let wake = puller.next_wake().unwrap();
        rests.push(wake.0 - now.0);
        now = wake;
        effects = puller.tick(now, &mine);
    }
    assert_eq!(rests, [1_000, 2_000, 4_000, 8_000]);
}

#[test]
fn the_third_offence_disconnects() {
    let mine = holdings(ME);
    let mut puller = puller();
    let mut effects = puller.peer_up(Time(5), node(YOU), &mine);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let wake = puller.next_wake().unwrap();
        let (_, id, _) = asks(&effects).remove(0);
        seen.extend(puller.answered(wake, node(YOU), id, Err(Failure::Malformed), &mine));
        let wake = puller.next_wake().unwrap();
        effects = puller.tick(wake, &mine);
    }
    let report = Effect::Report {
        peer: node(YOU),
        finding: Finding::Offence(Offence::Malformed),
    };
    let disconnect = Effect::Disconnect {
        peer: node(YOU),
        offence: Offence::Malformed,
    };
    assert_eq!(seen, [report.clone(), report, disconnect]);
}

#[test]
fn feeds_of_strangers_are_asked_for_once_their_node_is_known() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    let known = append(&mut theirs, YOU, &[b"one"]);
    let strange = append(&mut theirs, OTHER, &[b"two"]);
    mine.strangers.insert(node(OTHER));
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    let taken = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::TakeIn { runs, .. }] => runs.clone(),
        other => panic!("{other:?}"),
    };
    let runs = taken(talk(&mut puller, &mine, &theirs, effects, Time(5)));
    assert_eq!(
        runs.iter().map(|run| run.feed.id(NETWORK)).collect::<Vec<_>>(),
        [known]
    );
    // What was taken in made the other node known: the comparison that follows progress finds its feed.
    let outcome = mine.take_in(runs);
    mine.strangers.clear();
    let effects = puller.taken_in(Time(6), node(YOU), outcome, &mine);
    let runs = taken(talk(&mut puller, &mine, &theirs, effects, Time(6)));
    assert_eq!(
        runs.iter().map(|run| run.feed.id(NETWORK)).collect::<Vec<_>>(),
        [strange]
    );
}

#[test]
fn a_node_that_begins_anew_does_not_ask_for_its_old_feeds_before_it_is_known() {
    let (mut mine, mut theirs) = (holdings(ME), holdings(YOU));
    append(&mut theirs, ME, &[b"of an earlier life"]);
    mine.strangers.insert(node(ME));
    let mut puller = Puller::new(Parameters::default(), node(ME), Incarnation([2; 16]), 1);
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    assert_eq!(talk(&mut puller, &mine, &theirs, effects, Time(5)), []);
}

#[test]
fn an_engine_that_could_take_nothing_in_rests_the_peer_without_blame() {
    let (mine, mut theirs) = (holdings(ME), holdings(YOU));
    append(&mut theirs, YOU, &[b"one"]);
    let mut puller = puller();
    let effects = puller.peer_up(Time(5), node(YOU), &mine);
    talk(&mut puller, &mine, &theirs, effects, Time(5));
    assert_eq!(puller.taken_in(Time(6), node(YOU), Outcome::default(), &mine), []);
    assert_eq!(puller.next_wake(), Some(Time(1_006)));
    // It begins with a comparison: what was not taken in does not stand in the way of what else the peer has.
    assert!(matches!(
        asks(&puller.tick(Time(1_006), &mine))[..],
        [(_, _, Request::Compare { .. })]
    ));
}
