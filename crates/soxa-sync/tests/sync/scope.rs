//! A restricted feed never reaches a node outside its scope: in no line, run, root or hint.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use soxa_ledger::replica::Replica;
use soxa_ledger::{FeedId, NodeKey, Scope, Seq};
use soxa_sync::{Hint, Program, Refusal, Request, Response, Root, Want, answer, shared_lines, shared_root};

use crate::replica::{Holdings, feed_of, secret, unit};

/// A node of unit `own` with one feed for each scope, each of another node.
fn holdings(own: Option<u8>, peer: Option<u8>, scopes: &[Vec<u8>]) -> (Holdings, NodeKey) {
    let (me, you) = (secret(1).node(), secret(2).node());
    let admitted = [(me, own), (you, peer)]
        .into_iter()
        .filter_map(|(key, at)| Some((key, unit(at?))));
    let mut holdings = Holdings::new(me, admitted.collect::<BTreeMap<_, _>>());
    for (at, units) in scopes.iter().enumerate() {
        let key = secret(10 + at as u8);
        let feed = feed_of(&key, Scope::of(units.iter().map(|number| unit(*number))).unwrap());
        holdings.append(&key, &feed, &[vec![1, 2, 3]]);
    }
    (holdings, you)
}

/// All feeds that a peer can learn of by asking everything.
fn seen(holdings: &Holdings, peer: NodeKey) -> BTreeSet<FeedId> {
    let network = holdings.network();
    let wants = holdings
        .ids()
        .into_iter()
        .map(|feed| Want { feed, after: Seq(0) })
        .collect();
    let requests = [
        Request::Compare {
            root: Root([0; 32]),
            program: Program::own(),
        },
        Request::Lines { after: None },
        Request::Runs { wants },
    ];
    let answers = requests
        .iter()
        .map(|request| answer(holdings, peer, request).unwrap());
    answers
        .flat_map(|response| match response {
            Response::Differs { lines, .. } | Response::Lines { lines, .. } => {
                lines.iter().map(|line| line.id(network)).collect()
            }
            Response::Runs { runs, .. } => runs.iter().map(|run| run.feed.id(network)).collect(),
            Response::Branch { run } => run.iter().map(|run| run.feed.id(network)).collect(),
            Response::Equal { .. }
            | Response::Refused { .. }
            | Response::Fork { .. }
            | Response::Named { .. } => Vec::new(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_members_of_both_sides_see_a_feed(
        own in proptest::option::weighted(0.9, 0..4_u8),
        peer in proptest::option::weighted(0.9, 0..4_u8),
        scopes in proptest::collection::vec(proptest::collection::vec(0..4_u8, 0..3), 0..8),
    ) {
        let (mut holdings, you) = holdings(own, peer, &scopes);
        let allowed: BTreeSet<FeedId> = holdings
            .lines()
            .into_iter()
            .filter(|line| {
                let both = [own, peer].iter().all(|at| at.is_some_and(|at| line.feed.scope.admits(&unit(at))));
                peer.is_some() && (line.feed.scope.is_all_nodes() || both)
            })
            .map(|line| line.id)
            .collect();
        prop_assert_eq!(seen(&holdings, you), allowed.clone());
        let shown: BTreeSet<FeedId> = shared_lines(&holdings, you).iter().map(|line| line.id).collect();
        prop_assert_eq!(&shown, &allowed);

        for line in holdings.lines() {
            let hint = Hint::of(&holdings, &line.id).unwrap();
            prop_assert_eq!(hint.is_some(), line.feed.scope.is_all_nodes());
        }

        // The root does not depend on what is hidden.
        let root = shared_root(&holdings, you);
        for feed in holdings.ids().into_iter().filter(|feed| !allowed.contains(feed)) {
            holdings.forget(&feed);
        }
        prop_assert_eq!(shared_root(&holdings, you), root);
    }
}

#[test]
fn a_hidden_feed_is_answered_like_an_unknown_one() {
    let (mut holdings, you) = holdings(Some(1), Some(2), &[vec![1]]);
    let feed = holdings.ids()[0];
    let request = Request::Runs {
        wants: vec![Want { feed, after: Seq(0) }],
    };
    let hidden = answer(&holdings, you, &request).unwrap();
    holdings.forget(&feed);
    assert_eq!(answer(&holdings, you, &request).unwrap(), hidden);
    assert_eq!(
        hidden,
        Response::Runs {
            runs: Vec::new(),
            unserved: vec![feed]
        }
    );
}

#[test]
fn a_node_that_is_not_admitted_is_refused_whatever_it_asks() {
    let (holdings, you) = holdings(Some(1), None, &[vec![]]);
    let refused = Response::Refused {
        reason: Refusal::NotAdmitted,
    };
    for request in [
        Request::Compare {
            root: shared_root(&holdings, you),
            program: Program::own(),
        },
        Request::Lines { after: None },
        Request::Runs { wants: Vec::new() },
    ] {
        assert_eq!(answer(&holdings, you, &request).unwrap(), refused);
    }
}
