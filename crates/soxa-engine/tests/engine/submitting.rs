//! Groups are stored whole or not at all, and what is only checked leaves no trace.

use soxa_engine::{Refusal, Submitted};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::time::Term;
use soxa_ledger::verdict::{Verdict, VoidReason};
use soxa_ledger::{Body, Time};
use soxa_records::compose::Composer;
use soxa_records::{OpVerdict, OpVoid};

use crate::province::{
    Feeder, NOW, Node, Official, Province, appointment, asset, digest, key, malformed_operation, node_key,
    register, set_condition, unsigned_commit,
};

fn stored(outcome: &Submitted) -> usize {
    match outcome {
        Submitted::Stored(positions) => positions.len(),
        Submitted::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

#[test]
fn a_group_with_a_void_act_is_refused_whole() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let good = Body::Commit(register(&province, &one.officer, &["A1"]));
    let bad = Body::Commit(malformed_operation(&province, &one.officer));
    let before = digest(&node);
    let Submitted::Refused(Refusal::Operations(void)) = node.submit(vec![good.clone(), bad]) else {
        panic!("not refused");
    };
    assert!(matches!(
        void.as_slice(),
        [(0, OpVerdict::Void(OpVoid::Malformed(_)))]
    ));
    assert_eq!(digest(&node), before);

    // An officer may not appoint.
    let fact = appointment(&key(3, 1), "auditor", &one.officer.path, crate::province::FOREVER);
    let by_officer = province.state(&fact, Some(&one.officer));
    let Submitted::Refused(refusal) = node.submit(vec![good.clone(), Body::Statement(by_officer.clone())])
    else {
        panic!("not refused");
    };
    let why = Verdict::Void(VoidReason::RoleForbidsStatement);
    assert_eq!(refusal, Refusal::Statement(by_officer.id, why));
    assert_eq!(digest(&node), before);
    assert!(node.engine.authority().statement(&by_officer.id).is_none());

    // Of several groups in one call the refused leaves no gap: the others stand in one chain.
    let groups = vec![
        vec![Body::Commit(register(&province, &one.officer, &["A2"]))],
        vec![
            Body::Commit(malformed_operation(&province, &other.officer)),
            good.clone(),
        ],
        vec![good, Body::Commit(register(&province, &other.officer, &["A3"]))],
    ];
    let outcomes = node.engine.submit(groups, NOW).unwrap();
    assert_eq!(stored(&outcomes[0]), 1);
    assert!(matches!(outcomes[1], Submitted::Refused(_)));
    assert_eq!(stored(&outcomes[2]), 2);
    let line = node.engine.lines().remove(0);
    assert_eq!(line.head.seq.0, province.founding().len() as u64 + 3);
    let (node, _) = node.reopen();
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

#[test]
fn a_group_may_rest_on_an_earlier_one_of_the_call() {
    let province = Province::new();
    let officer = &province.communes[0].officer;
    // What the second commit builds on is only in the first: composed where that one is stored already.
    let mut twin = Node::founded(&province);
    let registered = register(&province, officer, &["A1"]);
    twin.store(vec![Body::Commit(registered.clone())]);
    let set = set_condition(&province, &twin, twin.record(&registered, 0), officer, "hỏng");

    let mut node = Node::founded(&province);
    let groups = vec![
        vec![Body::Commit(registered.clone())],
        vec![Body::Commit(set.clone())],
    ];
    let outcomes = node.engine.submit(groups, NOW).unwrap();
    assert_eq!(outcomes.iter().map(stored).sum::<usize>(), 2);
    assert!(node.is_valid(&set));
    // Without the first it waits, and is stored all the same.
    let mut node = Node::founded(&province);
    assert_eq!(stored(&node.submit(vec![Body::Commit(set.clone())])), 1);
    assert!(!node.is_valid(&set));
    // What it waits for comes to be refused with its group: it still waits.
    let bad = Body::Commit(malformed_operation(&province, officer));
    assert!(matches!(
        node.submit(vec![Body::Commit(registered.clone()), bad]),
        Submitted::Refused(_)
    ));
    assert!(!node.is_valid(&set));
    node.store(vec![Body::Commit(registered)]);
    assert!(node.is_valid(&set));
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 0));
}

#[test]
fn an_appointment_and_what_is_done_under_it_may_come_in_one_group() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let commune = &province.communes[0];
    let fresh = key(3, 7);
    let fact = appointment(
        &fresh,
        "asset_officer",
        &commune.officer.path,
        crate::province::FOREVER,
    );
    let statement = province.state(&fact, Some(&commune.head));
    let official = Official {
        key: fresh,
        appointment: statement.id,
        path: commune.officer.path.clone(),
    };
    let registered = register(&province, &official, &["A1"]);
    node.store(vec![Body::Commit(registered.clone()), Body::Statement(statement)]);
    assert!(node.is_valid(&registered));
}

#[test]
fn what_is_only_checked_leaves_no_trace() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let commune = &province.communes[0];
    // An officer whose term is over: stored in time by a slow clock, checked with today's.
    let past = key(3, 9);
    let term = Term {
        from: Time(0),
        until: Some(Time(NOW.0 + 10)),
    };
    let fact = appointment(&past, "asset_officer", &commune.officer.path, term);
    let statement = province.state(&fact, Some(&commune.head));
    let official = Official {
        key: past,
        appointment: statement.id,
        path: commune.officer.path.clone(),
    };
    let registered = register(&province, &official, &["A1"]);
    let subject = node.record(&registered, 0);
    node.store(vec![Body::Statement(statement)]);

    // Nothing of it is there yet: a check at a position that is never taken.
    let late = Time(NOW.0 + 1_000);
    let before = digest(&node);
    assert_eq!(node.engine.check(&registered, NOW).unwrap(), [OpVerdict::Valid]);
    assert!(matches!(
        node.engine.check(&registered, late).unwrap().as_slice(),
        [OpVerdict::Void(OpVoid::Authority(VoidReason::OutsideTerm))]
    ));
    assert_eq!(digest(&node), before);
    assert!(node.engine.history(subject).is_err());

    node.store(vec![Body::Commit(registered.clone())]);
    let before = digest(&node);
    let history = node.history(subject);
    // The same commit at one more position, in force nowhere, or in force by the one only: facts made for a position
    // that is not there must not be found by anybody later.
    for clock in [late, NOW, late] {
        node.engine.check(&registered, clock).unwrap();
        let set = set_condition(&province, &node, subject, &official, "hỏng");
        let verdicts = node.engine.check(&set, clock).unwrap();
        assert_eq!(verdicts[0].is_valid(), clock == NOW);
        assert_eq!(digest(&node), before);
        assert_eq!(node.history(subject).state_hash(), history.state_hash());
    }
    node.engine.rebuild(&mut |_| {}).unwrap();
    assert_eq!(digest(&node), before);
    let set = set_condition(&province, &node, subject, &official, "hỏng");
    node.clock = late;
    assert!(matches!(
        node.submit(vec![Body::Commit(set.clone())]),
        Submitted::Refused(_)
    ));
    assert_eq!(digest(&node), before);

    // A commit that has no effect where it stands, but would at one more position: what is known of it must not be
    // taken for what the check asks, nor the other way round.
    let coming = Term {
        from: Time(NOW.0 + 100),
        until: None,
    };
    let future = key(3, 10);
    let fact = appointment(&future, "asset_officer", &commune.officer.path, coming);
    let statement = province.state(&fact, Some(&commune.head));
    let official = Official {
        key: future,
        appointment: statement.id,
        path: commune.officer.path.clone(),
    };
    let early = register(&province, &official, &["A8"]);
    let mut feeder = Feeder::new(province.network, node_key(2), 1);
    // Time in a feed never runs backwards: what is stored late makes every later entry late.
    node.clock = NOW;
    node.store(vec![Body::Statement(statement)]);
    let early_run = feeder.acts(&[Body::Commit(early.clone())]);
    assert_eq!(node.take_in(vec![early_run]).faults, []);
    let before = digest(&node);
    assert!(!node.is_valid(&early));
    assert!(node.engine.check(&early, NOW).unwrap()[0].is_void());
    assert!(node.engine.check(&early, late).unwrap()[0].is_valid());
    assert!(node.engine.check(&early, NOW).unwrap()[0].is_void());
    assert_eq!(digest(&node), before);

    // A cut that is refused with its group has cut nothing, not even for the rest of the call.
    let cut = province.cut(Some(&commune.head), official.appointment, &[]);
    let bad = Body::Commit(malformed_operation(&province, &commune.officer));
    assert!(matches!(
        node.submit(vec![cut.clone(), bad.clone()]),
        Submitted::Refused(_)
    ));
    assert_eq!(digest(&node), before);
    let again = register(&province, &official, &["A9"]);
    let groups = vec![vec![cut, bad], vec![Body::Commit(again.clone())]];
    let outcomes = node.engine.submit(groups, late).unwrap();
    assert!(matches!(outcomes[0], Submitted::Refused(_)));
    assert_eq!(stored(&outcomes[1]), 1);
    assert!(node.is_valid(&again) && node.is_valid(&registered));
}

#[test]
fn a_bulk_commit_is_decoded_a_few_times_not_a_thousand() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let officer = &province.communes[0].officer;
    let mut composer = Composer::new();
    for number in 0..1_000 {
        composer.register_asset(asset(officer.unit(), &format!("TS-{number}")));
    }
    let commit = unsigned_commit(officer, composer)
        .sign(province.network, &officer.key)
        .unwrap();
    let before = node.engine.work();
    node.store(vec![Body::Commit(commit.clone())]);
    let stored = node.engine.work();
    assert_eq!(stored.commits_decoded - before.commits_decoded, 0);
    // Once to check and once to store; each asset cites the commune, none makes another be judged again.
    assert_eq!(stored.records_judged - before.records_judged, 2 * 1_000);

    // Read one after the other after a restart, as a listing does, in pages.
    let (mut node, _) = node.reopen();
    node.engine.rebuild(&mut |_| {}).unwrap();
    let (mut node, _) = node.reopen();
    let before = node.engine.work();
    let mut seen = Vec::new();
    loop {
        let page = node
            .engine
            .records_of_kind("asset", seen.last().copied(), 300)
            .unwrap();
        if page.is_empty() {
            break;
        }
        for record in page {
            assert!(node.history(record).exists());
            seen.push(record);
        }
    }
    let signed: Vec<_> = (0..1_000).map(|number| node.record(&commit, number)).collect();
    assert_eq!(seen, signed);
    let listed = node.engine.work();
    // The bulk commit and the one that registered the commune.
    assert_eq!(listed.commits_decoded - before.commits_decoded, 2);
    assert!(listed.runs_decoded - before.runs_decoded <= 2);

    // One asset changes: the thousand others are left alone, and so is their commit.
    let set = set_condition(&province, &node, seen[7], officer, "hỏng");
    let before = node.engine.work();
    node.store(vec![Body::Commit(set)]);
    let changed = node.engine.work();
    assert_eq!(changed.records_judged - before.records_judged, 2);
    assert_eq!(changed.commits_decoded - before.commits_decoded, 0);
}
