//! Branches of forked feeds that a statement names: every node comes to hold them, whichever it held, in whatever order
//! it heard of them.

use soxa_ledger::entry::BodyKind;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, Commit, EntryHash, FeedId, Run, Seq, Verified};
use soxa_store::MemoryIndex;

use crate::forking::proof_of;
use crate::province::{Feeder, Node, Official, Province, digest, forged, node_key, pull, raw, register};

const ROOM: usize = 4 << 20;

/// A feed of node 2 with one entry in common and three histories after it, and two nodes that can hold any.
pub struct Histories {
    pub province: Province,
    common: Run,
    /// From entry 2 on: three entries in two runs, two, and one.
    pub branches: [Vec<Run>; 3],
    /// What may follow the first run of the first branch instead, and is no commit.
    pub ending: Run,
    commits: [Vec<Verified<Commit>>; 3],
}

impl Histories {
    pub fn new() -> Self {
        let province = Province::new();
        let officer = province.communes[0].officer.clone();
        let second = province.communes[1].officer.clone();
        let mut feeder = Feeder::new(province.network, node_key(2), 1);
        let act = |by: &Official, code: &str| register(&province, by, &[code]);
        let common = feeder.acts(&[Body::Commit(act(&officer, "A1"))]);
        let commits = [
            vec![act(&officer, "B1"), act(&officer, "B2"), act(&officer, "B3")],
            vec![act(&officer, "C1"), act(&second, "C2")],
            vec![act(&officer, "D1")],
        ];
        let mut ending = None;
        let branches = commits.each_ref().map(|commits| {
            let mut feeder = feeder.clone();
            let acts: Vec<Body> = commits.iter().cloned().map(Body::Commit).collect();
            let (first, rest) = acts.split_at(acts.len().min(2));
            let mut runs = vec![feeder.acts(first)];
            let no_commit = (BodyKind::Commit, b"no commit".to_vec());
            ending.get_or_insert(feeder.clone().run(&[no_commit]));
            if !rest.is_empty() {
                runs.push(feeder.acts(rest));
            }
            runs
        });
        Self {
            province,
            common,
            branches,
            ending: ending.unwrap(),
            commits,
        }
    }

    fn feed(&self) -> FeedId {
        self.common.feed.id(self.province.network)
    }

    pub fn entry(&self, branch: usize, seq: u64) -> Position {
        let mut entries = self.branches[branch].iter().flat_map(|run| &run.entries);
        let entry = entries.find(|entry| entry.header.seq == Seq(seq)).unwrap();
        entry.header.position(self.common.feed.node)
    }

    /// Two nodes that know all feeds; each holds one history.
    pub fn nodes(&self, branches: [Option<usize>; 2]) -> [Node; 2] {
        let mut founder = Node::founded(&self.province);
        let mut other = Node::new(&self.province, 1);
        other.store(vec![Body::Statement(self.province.genesis.clone())]);
        pull(&mut other, &founder);
        pull(&mut founder, &other);
        let mut nodes = [founder, other];
        for (node, branch) in nodes.iter_mut().zip(branches) {
            let held = branch.map_or(&[][..], |branch| &self.branches[branch]);
            let runs = std::iter::once(&self.common).chain(held).cloned().collect();
            assert_eq!(node.take_in(runs).faults, []);
        }
        nodes
    }

    /// The end of an officer, whose acts in this feed stand up to an entry.
    pub fn cut(&self, by: Option<&Official>, of: &Official, last: Position) -> Body {
        self.province.cut(by, of.appointment, &[last])
    }

    fn is_valid(&self, node: &Node) -> [Vec<bool>; 3] {
        let known = |commit: &Verified<Commit>| {
            let id = commit.commit_id(self.province.network);
            node.engine.commit(&id).unwrap().is_some() && node.is_valid(commit)
        };
        self.commits
            .each_ref()
            .map(|commits| commits.iter().map(known).collect())
    }
}

/// Brings to one node what of the branches that another shows it lacks, as replication does.
fn fetch(to: &mut Node, from: &Node) -> usize {
    let mut runs = 0;
    for line in from.engine.lines() {
        let fork = line.forked.map_or(Seq(1), |fork| fork);
        for named in line.named {
            while let Some(through) = to.engine.lacking(&line.id, named).unwrap() {
                let run = from
                    .engine
                    .branch(&line.id, through, Seq(fork.0 - 1), ROOM)
                    .unwrap();
                assert!(to.engine.keep_branch(run.unwrap()).unwrap());
                runs += 1;
            }
        }
    }
    runs
}

/// What all nodes have to agree on.
fn state(node: &Node) -> impl PartialEq + std::fmt::Debug + use<> {
    let verdicts: Vec<_> = node
        .engine
        .authority()
        .statements()
        .map(|(s, v)| (s.id, v))
        .collect();
    (digest(node).root, node.engine.lines(), verdicts)
}

/// Lets nodes exchange all they have.
fn exchange(nodes: &mut [Node; 2]) {
    for _ in 0..3 {
        for _ in 0..2 {
            nodes.reverse();
            let [to, from] = &mut *nodes;
            for proof in from.engine.authority().forks().cloned().collect::<Vec<_>>() {
                to.engine.keep_proof(&proof).unwrap();
            }
            pull(to, from);
            fetch(to, from);
        }
    }
}

#[track_caller]
fn check_sound(node: Node) {
    let (before, shown) = (digest(&node), format!("{:?}", state(&node)));
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    let (node, _) = node.reopen();
    assert_eq!(
        (digest(&node), format!("{:?}", state(&node))),
        (before.clone(), shown.clone())
    );
    let (mut node, opened) = node.reopen_with(MemoryIndex::new());
    assert!(opened.replayed > 0);
    assert_eq!(
        (digest(&node), format!("{:?}", state(&node))),
        (before.clone(), shown.clone())
    );
    node.engine.rebuild(&mut |_| {}).unwrap();
    assert_eq!((digest(&node), format!("{:?}", state(&node))), (before, shown));
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn a_node_that_holds_another_branch_fetches_the_one_that_a_cut_names() {
    let all = Histories::new();
    let mut nodes = all.nodes([Some(0), Some(1)]);
    let proof = proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]);
    for node in &mut nodes {
        node.engine.keep_proof(&proof).unwrap();
        assert_eq!(all.is_valid(node).concat(), [false; 6]);
    }
    let officer = all.province.communes[0].officer.clone();
    let last = all.entry(0, 3);
    nodes[0].store(vec![all.cut(None, &officer, last)]);
    let [one, other] = &mut nodes;
    assert_eq!(
        all.is_valid(one),
        [vec![true, true, false], vec![false, false], vec![false]]
    );
    pull(other, one);
    assert_eq!(
        all.is_valid(other).concat(),
        [false; 6],
        "it does not hold that branch yet"
    );
    assert_eq!(
        other.engine.lacking(&all.feed(), (last.seq, last.hash)).unwrap(),
        Some((last.seq, last.hash))
    );
    assert_ne!(other.engine.line(&all.feed()), one.engine.line(&all.feed()));
    assert_eq!(fetch(other, one), 1);
    assert_eq!(all.is_valid(other), all.is_valid(one));
    assert_eq!(
        other.engine.lacking(&all.feed(), (last.seq, last.hash)).unwrap(),
        None
    );
    assert_eq!(state(other), state(one));
    nodes.into_iter().for_each(check_sound);
}

#[test]
fn a_branch_comes_from_above_and_is_judged_when_it_is_whole_also_after_a_restart() {
    let all = Histories::new();
    let mut nodes = all.nodes([Some(0), Some(1)]);
    let proof = proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]);
    let officer = all.province.communes[0].officer.clone();
    let last = all.entry(0, 4);
    nodes[0].store(vec![all.cut(None, &officer, last)]);
    let [mut one, mut other] = nodes;
    for node in [&mut one, &mut other] {
        node.engine.keep_proof(&proof).unwrap();
    }
    pull(&mut other, &one);
    let named = (last.seq, last.hash);
    // There is room for one run at a time.
    let upper = one.engine.branch(&all.feed(), named, Seq(1), 0).unwrap().unwrap();
    assert_eq!(upper, all.branches[0][1]);
    let lower = all.branches[0][0].clone();
    let expected = (Seq(3), lower.entries[1].header.hash());
    assert!(
        !other.engine.keep_branch(lower.clone()).unwrap(),
        "nothing proves it yet"
    );
    assert!(other.engine.keep_branch(upper.clone()).unwrap());
    assert_eq!(all.is_valid(&other).concat(), [false; 6]);
    assert!(!other.engine.keep_branch(upper).unwrap(), "once");
    let (mut other, _) = other.reopen_with(MemoryIndex::new());
    assert_eq!(other.engine.lacking(&all.feed(), named).unwrap(), Some(expected));
    assert!(
        !other.engine.keep_branch(all.branches[2][0].clone()).unwrap(),
        "of another branch"
    );
    assert!(other.engine.keep_branch(lower).unwrap());
    assert_eq!(all.is_valid(&other)[0], [true; 3]);
    assert_eq!(state(&other), state(&one));
    check_sound(other);
}

/// Every order in which a node can hear of proofs, of statements that name branches, and of the branches.
#[test]
fn in_every_order_all_nodes_end_with_the_same() {
    let all = Histories::new();
    let [officer, second] = all.province.communes.each_ref().map(|commune| &commune.officer);
    let proofs = [(0, 1), (1, 2), (0, 2)]
        .map(|(one, other)| proof_of(&all.province, &all.branches[one][0], &all.branches[other][0]));
    let cuts = [
        all.cut(None, officer, all.entry(0, 3)),
        all.cut(None, second, all.entry(1, 3)),
    ];
    // What happens: 0 and 1 a statement is made at a node, 2 to 4 it gets a proof.
    let happen = |node: &mut Node, what: usize| match what {
        0 | 1 => drop(node.submit(vec![cuts[what].clone()])),
        _ => drop(node.engine.keep_proof(&proofs[what - 2]).unwrap()),
    };
    let mut states = Vec::new();
    for (number, order) in orders(&[0, 1, 2, 3]).into_iter().enumerate() {
        let mut nodes = all.nodes([Some(number % 3), [Some(1), Some(2), None][number / 3 % 3]]);
        for (at, what) in order.into_iter().enumerate() {
            happen(&mut nodes[(number + at) % 2], what);
            if number / 2 % 2 == 0 {
                exchange(&mut nodes);
            }
        }
        // Somebody who holds what is named comes last, if nobody did.
        for branch in 0..2 {
            let mut holder = all.nodes([Some(branch), None]);
            holder[0].engine.keep_proof(&proofs[0]).unwrap();
            pull(&mut holder[0], &nodes[0]);
            pull(&mut holder[0], &nodes[1]);
            let [holder, _] = holder;
            for node in &mut nodes {
                pull(node, &holder);
                node.engine.keep_proof(&proofs[0]).unwrap();
                fetch(node, &holder);
            }
        }
        exchange(&mut nodes);
        let [one, other] = &nodes;
        assert_eq!(state(one), state(other), "in order {number}");
        let valid = all.is_valid(one);
        assert_eq!(valid, all.is_valid(other));
        assert_eq!(
            valid,
            [vec![true, true, false], vec![false, true], vec![false]],
            "in order {number}"
        );
        states.push(digest(one).root);
        if number % 6 == 0 {
            nodes.into_iter().for_each(check_sound);
        }
    }
    states.dedup();
    assert_eq!(states.len(), 1);
}

fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for first in of {
        let rest: Vec<usize> = of.iter().copied().filter(|other| other != first).collect();
        for mut order in orders(&rest) {
            order.insert(0, *first);
            found.push(order);
        }
    }
    found
}

/// The admission of a machine was ended where it stood; then whoever finds its key forks its feed from its start.
#[test]
fn the_key_of_a_discarded_node_touches_nothing_that_the_end_of_its_admission_named() {
    let all = Histories::new();
    let mut nodes = all.nodes([Some(0), Some(0)]);
    let Body::Statement(admission) = &all.province.admissions[1] else {
        panic!()
    };
    let end = all.province.cut(None, admission.id, &[all.entry(0, 4)]);
    nodes[0].store(vec![end]);
    exchange(&mut nodes);
    let before = [all.is_valid(&nodes[0]), all.is_valid(&nodes[1])];
    assert_eq!(before[0][0], [true; 3]);
    let root = digest(&nodes[0]).root;
    let officer = &all.province.communes[0].officer;
    let mut thief = Feeder::new(all.province.network, node_key(2), 1);
    let forged = thief.acts(&[Body::Commit(register(&all.province, officer, &["E1"]))]);
    let whole = nodes[0]
        .engine
        .run_after(&all.feed(), Seq(0), ROOM)
        .unwrap()
        .unwrap();
    // First from its second entry on, then from its first.
    let higher = proof_of(&all.province, &all.branches[0][0], &all.branches[2][0]);
    let lower = proof_of(&all.province, &whole, &forged);
    assert_eq!((higher.seq(), lower.seq()), (Seq(2), Seq(1)));
    for (at, proof) in [higher, lower].iter().enumerate() {
        assert!(nodes[at].engine.keep_proof(proof).unwrap());
        exchange(&mut nodes);
        for node in &nodes {
            assert_eq!(all.is_valid(node), before[0]);
            assert_eq!(digest(node).root, root);
        }
        assert_eq!(state(&nodes[0]), state(&nodes[1]));
    }
    // A node that comes new, and hears the thief first, comes to the same.
    let mut late = Node::new(&all.province, 1);
    late.store(vec![Body::Statement(all.province.genesis.clone())]);
    pull(&mut late, &Node::founded(&all.province));
    assert_eq!(late.take_in(vec![forged]).faults, []);
    let mut pair = [late, nodes.into_iter().next().unwrap()];
    exchange(&mut pair);
    assert_eq!(all.is_valid(&pair[0]), before[0]);
    assert_eq!(digest(&pair[0]).root, root);
    pair.into_iter().for_each(check_sound);
}

#[test]
fn a_named_entry_that_nobody_holds_waits_and_holds_up_nothing() {
    let all = Histories::new();
    let mut nodes = all.nodes([Some(0), Some(1)]);
    let proof = proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]);
    let officer = &all.province.communes[0].officer;
    let lost = Position {
        seq: Seq(9),
        hash: EntryHash([9; 32]),
        ..all.entry(0, 3)
    };
    nodes[0].store(vec![
        all.cut(None, officer, lost),
        all.cut(None, &all.province.communes[1].officer, all.entry(0, 3)),
    ]);
    nodes[0].engine.keep_proof(&proof).unwrap();
    exchange(&mut nodes);
    let [one, other] = &mut nodes;
    assert_eq!(state(one), state(other));
    let named: Vec<_> = one
        .engine
        .authority()
        .named(&all.feed())
        .map(|(named, _)| named)
        .collect();
    assert_eq!(named.len(), 2);
    for node in [one, other] {
        // The branch that the other cut names counts; of what it keeps for the officer nobody knows where it lies.
        assert_eq!(node.engine.line(&all.feed()).unwrap().named, [named[0]]);
        assert_eq!(
            node.engine.lacking(&all.feed(), named[1]).unwrap(),
            Some(named[1])
        );
        assert_eq!(all.is_valid(node).concat(), [false; 6]);
    }
}

#[test]
fn a_branch_ends_at_a_forged_body_whatever_a_statement_names_above_it() {
    let all = Histories::new();
    let officer = &all.province.communes[0].officer;
    let act = |code: &str| register(&all.province, officer, &[code]);
    let mut feeder = Feeder::new(all.province.network, node_key(2), 1);
    feeder.acts(&[Body::Commit(act("A1"))]);
    let mut twin = feeder.clone();
    assert_eq!(feeder.head, all.common.entries[0].header.head());
    let good = act("F1");
    let bad = feeder.run(&[raw(&Body::Commit(good.clone())), forged(&act("F2"))]);
    let above = feeder.acts(&[Body::Commit(act("F3"))]);
    let other = twin.acts(&[Body::Commit(act("G1"))]);
    let position = |run: &Run| run.entries.last().unwrap().header.position(all.common.feed.node);
    let mut nodes = all.nodes([None, None]);
    assert_eq!(nodes[0].take_in(vec![bad.clone()]).faults, []);
    assert_eq!(nodes[1].take_in(vec![other.clone()]).faults, []);
    nodes[0]
        .engine
        .keep_proof(&proof_of(&all.province, &bad, &other))
        .unwrap();
    let second = &all.province.communes[1].officer;
    nodes[0].store(vec![
        all.cut(None, second, position(&above)),
        all.cut(None, officer, position(&bad)),
    ]);
    exchange(&mut nodes);
    let [one, other] = &mut nodes;
    assert_eq!(state(one), state(other));
    assert!(one.is_valid(&good) && other.is_valid(&good));
    assert_eq!(one.engine.refused().unwrap(), other.engine.refused().unwrap());
    // What lies above comes when somebody sends it, and leads nowhere.
    let named = (position(&above).seq, position(&above).hash);
    for node in [one, other] {
        assert_eq!(node.engine.lacking(&all.feed(), named).unwrap(), Some(named));
        assert!(node.engine.keep_branch(above.clone()).unwrap());
        assert_eq!(node.engine.lacking(&all.feed(), named).unwrap(), None);
        assert!(!node.engine.keep_branch(above.clone()).unwrap());
    }
    let [one, other] = &nodes;
    assert_eq!(state(one), state(other));
    nodes.into_iter().for_each(check_sound);
}

/// The branch that is named leaves the feed's history below the fork that is known.
#[test]
fn a_branch_that_leaves_lower_shows_a_lower_fork() {
    let all = Histories::new();
    let officer = &all.province.communes[0].officer;
    let mut feeder = Feeder::new(all.province.network, node_key(2), 1);
    let early = feeder.acts(&[
        Body::Commit(register(&all.province, officer, &["E1"])),
        Body::Commit(register(&all.province, officer, &["E2"])),
    ]);
    let mut nodes = all.nodes([Some(0), Some(1)]);
    nodes[0]
        .engine
        .keep_proof(&proof_of(&all.province, &all.branches[0][0], &all.branches[1][0]))
        .unwrap();
    let last = early.entries[1].header.position(all.common.feed.node);
    let second = &all.province.communes[1].officer;
    nodes[0].store(vec![all.cut(None, second, last)]);
    exchange(&mut nodes);
    assert!(nodes[0].engine.keep_branch(early).unwrap());
    exchange(&mut nodes);
    let [one, other] = &nodes;
    for node in [one, other] {
        let line = node.engine.line(&all.feed()).unwrap();
        assert_eq!((line.forked, line.head.seq), (Some(Seq(1)), Seq(0)));
        assert_eq!(line.named, [(last.seq, last.hash)]);
    }
    assert_eq!(state(one), state(other));
    nodes.into_iter().for_each(check_sound);
}
