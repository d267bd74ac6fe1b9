//! What is judged again when something comes late, and what is not.

use soxa_ledger::minutes::Party;
use soxa_ledger::verdict::{Missing, VoidReason};

use soxa_ledger::{Body, Commit, RecordId, Verified};
use soxa_records::{OpMissing, OpVerdict, OpVoid};

use crate::province::{
    Feeder, Node, Province, digest, hand_over, malformed_operation, node_key, pull, register, set_condition,
};

/// A node that holds the founding of the province, and then exactly what a test shows it, through another's feed.
fn shown(province: &Province) -> (Node, Feeder) {
    let mut node = Node::new(province, 1);
    pull_founding(&mut node, province);
    (node, Feeder::new(province.network, node_key(2), 77))
}

fn pull_founding(node: &mut Node, province: &Province) {
    let office = Node::founded(province);
    node.store(vec![Body::Statement(province.genesis.clone())]);
    assert_eq!(pull(node, &office).faults, []);
}

#[track_caller]
fn show(node: &mut Node, feeder: &mut Feeder, acts: &[Body]) -> u64 {
    let run = feeder.acts(acts);
    let before = node.engine.work().records_judged;
    assert_eq!(node.take_in(vec![run]).faults, []);
    node.engine.work().records_judged - before
}

#[test]
fn what_waits_for_an_appointment_becomes_valid_when_it_comes() {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    // The offices are: head, officer of one; head, officer of the other.
    let mut acts = province.founding();
    let offices = acts.split_off(acts.len() - 4);
    let mut office = Node::new(&province, 0);
    office.store(acts);
    let mut node = Node::new(&province, 1);
    node.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut node, &office);
    let mut feeder = Feeder::new(province.network, node_key(2), 77);

    let first = register(&province, &one.officer, &["A1", "A2"]);
    let second = register(&province, &other.officer, &["B1"]);
    let acts = [Body::Commit(first.clone()), Body::Commit(second.clone())];
    assert_eq!(show(&mut node, &mut feeder, &acts), 3);
    assert_eq!(node.engine.not_valid_counts().unwrap(), (2, 0));
    let waits = OpVerdict::Pending(OpMissing::Authority(Missing::Statement(one.officer.appointment)));
    assert_eq!(node.verdicts(&first), [waits.clone(), waits]);
    let listing = digest(&node);

    // The officer's appointment without that of the head who made it: still pending, for the head's now.
    assert_eq!(show(&mut node, &mut feeder, &offices[1..2]), 2);
    let waits = OpVerdict::Pending(OpMissing::Authority(Missing::Statement(one.head.appointment)));
    assert_eq!(node.verdicts(&first), [waits.clone(), waits]);
    assert_eq!(digest(&node).not_valid, listing.not_valid);

    assert_eq!(show(&mut node, &mut feeder, &offices[..1]), 2);
    assert!(node.is_valid(&first) && !node.is_valid(&second));
    assert_eq!(show(&mut node, &mut feeder, &offices[2..]), 1);
    assert!(node.is_valid(&second));
    assert_eq!(digest(&node).not_valid, []);
    assert_eq!(node.engine.record_count().unwrap(), 1 + 2 + 3);
}

#[test]
fn what_waits_for_an_operation_becomes_valid_when_it_comes() {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let mut office = Node::founded(&province);
    let registered = register(&province, &one.officer, &["A1", "A2", "A3"]);
    office.store(vec![Body::Commit(registered.clone())]);
    let subject = office.record(&registered, 0);
    let [draft, offer, accept] = hand_over(&province, &mut office, subject, &one.officer, &other.officer);
    let set = set_condition(&province, &office, subject, &other.officer, "hỏng");

    let (mut node, mut feeder) = shown(&province);
    // The last first. What is judged is the asset, the handover, and whatever cites what changed.
    for act in [Body::Commit(set.clone()), accept, offer, draft] {
        show(&mut node, &mut feeder, &[act]);
        assert!(!node.is_valid(&set));
        assert_eq!(node.engine.record_count().unwrap(), 3);
    }
    assert_eq!(node.engine.not_valid_counts().unwrap(), (4, 0));
    show(&mut node, &mut feeder, &[Body::Commit(registered)]);
    assert!(node.is_valid(&set));
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 0));
    assert_eq!(
        node.asset(subject).condition.one().map(String::as_str),
        Some("hỏng")
    );
    assert_eq!(digest(&node).root, {
        office.store(vec![Body::Commit(set)]);
        digest(&office).root
    });
}

#[test]
fn a_late_cut_voids_what_is_above_it_and_leaves_the_rest_alone() {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let mut office = Node::founded(&province);
    let codes: Vec<String> = (0..60).map(|number| format!("A{number}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let many = register(&province, &one.officer, &codes);
    office.store(vec![Body::Commit(many)]);
    let before = register(&province, &other.officer, &["B1"]);
    let positions = office.store(vec![Body::Commit(before.clone())]);
    let b1 = office.record(&before, 0);
    let above = register(&province, &other.officer, &["B2", "B3"]);
    let set = set_condition(&province, &office, b1, &other.officer, "hỏng");
    office.store(vec![Body::Commit(above.clone()), Body::Commit(set.clone())]);
    // The head works on, on top of what will fall.
    let honest = set_condition(&province, &office, b1, &other.head, "cũ");
    office.store(vec![Body::Commit(honest.clone())]);

    let (mut node, mut feeder) = shown(&province);
    pull(&mut node, &office);
    let cut = province.cut(Some(&other.head), other.officer.appointment, &positions);
    let judged = show(&mut node, &mut feeder, std::slice::from_ref(&cut));
    // B1, B2 and B3; not the sixty of the other commune.
    assert_eq!(judged, 3);
    assert!(node.is_valid(&before) && node.is_valid(&honest));
    for commit in [&above, &set] {
        for verdict in node.verdicts(commit) {
            assert!(
                matches!(verdict, OpVerdict::Void(OpVoid::Authority(VoidReason::Cut(_)))),
                "{verdict:?}"
            );
        }
    }
    assert_eq!(node.asset(b1).condition.one().map(String::as_str), Some("cũ"));
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 2));
    // Registered by the province, sixty assets, and B1.
    assert_eq!(node.engine.record_count().unwrap(), 1 + 2 + 60 + 1);
    assert!(
        !node
            .engine
            .records_of_kind("asset", None, 100)
            .unwrap()
            .contains(&node.record(&above, 0))
    );
    assert_eq!(node.engine.refused().unwrap(), []);
    office.store(vec![cut]);
    assert_eq!(digest(&office).root, digest(&node).root);
    assert_eq!(digest(&office).verdicts, digest(&node).verdicts);

    // The head above goes further: of the cuts that count the highest issuer's, and B1 falls as well.
    let harder = province.cut(Some(&province.head), other.officer.appointment, &[]);
    assert_eq!(show(&mut node, &mut feeder, &[harder]), 3);
    assert!(!node.is_valid(&before));
    assert_eq!(node.engine.record_count().unwrap(), 1 + 2 + 60);
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 4));
}

/// An asset that one commune gave to the other, whose head gave it back.
fn there_and_back(province: &Province, node: &mut Node) -> (RecordId, Vec<Body>) {
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let registered = register(province, &one.officer, &["A1"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let subject = node.record(&registered, 0);
    let mut acts = vec![Body::Commit(registered)];
    acts.extend(hand_over(province, node, subject, &one.officer, &other.officer));
    acts.extend(hand_over(province, node, subject, &other.head, &one.officer));
    (subject, acts)
}

#[test]
fn honest_custody_above_a_cut_one_is_unfounded_everywhere() {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let cut = province.cut(Some(&other.head), other.officer.appointment, &[]);
    let mut office = Node::founded(&province);
    let (subject, acts) = there_and_back(&province, &mut office);
    assert_eq!(office.custody(subject).custodian, Some(one.unit));
    assert!(!office.custody(subject).provisional);

    // The cut last, first, and in between.
    let mut digests = Vec::new();
    for at in [acts.len(), 0, 3, 5] {
        let (mut node, mut feeder) = shown(&province);
        let mut acts = acts.clone();
        acts.insert(at, cut.clone());
        for act in acts {
            show(&mut node, &mut feeder, &[act]);
        }
        let custody = node.custody(subject);
        assert_eq!((custody.custodian, custody.provisional), (Some(one.unit), true));
        assert_eq!(custody.unfounded.len(), 1);
        assert_eq!(custody.links.len(), 2);
        let digest = digest(&node);
        digests.push((
            digest.root,
            digest.not_valid.iter().map(|n| (n.0, n.1)).collect::<Vec<_>>(),
        ));
    }
    digests.dedup();
    assert_eq!(digests.len(), 1);
    // Only the acceptance was the cut officer's own; draft and offer of it stand.
    assert_eq!(digests[0].1.len(), 1);
}

#[test]
fn an_asset_given_away_twice_is_contested_everywhere() {
    let province = Province::new();
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let mut left = Node::founded(&province);
    let registered = register(&province, &one.officer, &["A1"]);
    left.store(vec![Body::Commit(registered.clone())]);
    let subject = left.record(&registered, 0);
    let mut right = Node::new(&province, 1);
    right.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut right, &left);
    // Cut off from each other; two receivers of two units.
    hand_over(&province, &mut left, subject, &one.officer, &other.officer);
    hand_over(&province, &mut right, subject, &one.head, &province.head);
    for node in [&left, &right] {
        assert!(node.custody(subject).contested.is_none());
    }
    pull(&mut left, &right);
    pull(&mut right, &left);
    assert_eq!(digest(&left), digest(&right));
    let custody = left.custody(subject);
    assert_eq!(custody.contested.map(|contest| contest.rivals.len()), Some(2));
    assert_eq!(custody.custodian, None);
    assert_eq!(custody.tied.len(), 2);
    assert_eq!(digest(&left).not_valid, []);
}

#[test]
fn an_offence_stays_listed_when_another_record_of_its_commit_is_judged_again() {
    let province = Province::new();
    let one = &province.communes[0];
    // One commit with a good asset and a malformed one.
    let good = register(&province, &one.officer, &["A1"]);
    let mut both = good.value().clone();
    both.operations
        .extend(malformed_operation(&province, &one.officer).operations.clone());
    let both: Verified<_> = both.sign(province.network, &one.officer.key).unwrap();

    let (mut node, mut feeder) = shown(&province);
    show(&mut node, &mut feeder, &[Body::Commit(both.clone())]);
    let refused = node.engine.refused().unwrap();
    assert_eq!(refused.len(), 1);
    let set = set_condition(&province, &node, node.record(&both, 0), &one.officer, "hỏng");
    assert_eq!(show(&mut node, &mut feeder, &[Body::Commit(set.clone())]), 1);
    assert!(node.is_valid(&set) && !node.is_valid(&both));
    assert_eq!(node.engine.refused().unwrap(), refused);
    assert_eq!(node.engine.not_valid_counts().unwrap(), (0, 1));
    assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
}

/// A giver's signature inside the receiver's acceptance, which comes in another feed; the giver is cut in the feed of the
/// offer, above it or below it. The nodes that took this in, in four orders, with the subject and the acceptance.
fn giver_is_cut(province: &Province, above_the_offer: bool) -> (Vec<Node>, RecordId, Verified<Commit>) {
    let [one, other] = [&province.communes[0], &province.communes[1]];
    let mut office = Node::founded(province);
    let registered = register(province, &one.officer, &["A1"]);
    office.store(vec![Body::Commit(registered.clone())]);
    let subject = office.record(&registered, 0);
    let [draft, offer, accept] = hand_over(province, &mut office, subject, &one.officer, &other.officer);

    let mut givers = Feeder::new(province.network, node_key(2), 1);
    let mut receivers = Feeder::new(province.network, node_key(2), 2);
    let first = givers.acts(&[Body::Commit(registered), draft]);
    let offered = givers.acts(&[offer]);
    let accepted = receivers.acts(std::slice::from_ref(&accept));
    let last = if above_the_offer { &offered } else { &first };
    let stands = last.entries.last().unwrap().header.position(node_key(2).node());
    let mut cutter = Feeder::new(province.network, node_key(2), 3);
    let cut = cutter.acts(&[province.cut(Some(&one.head), one.officer.appointment, &[stands])]);
    let orders = [
        [&first, &offered, &accepted, &cut],
        [&cut, &first, &accepted, &offered],
        [&accepted, &cut, &first, &offered],
        [&first, &cut, &offered, &accepted],
    ];
    let nodes = orders.map(|order| {
        let (mut node, _) = shown(province);
        for run in order {
            assert_eq!(node.take_in(vec![run.clone()]).faults, []);
        }
        node
    });
    let Body::Commit(accepted) = accept else {
        panic!("an acceptance is a commit");
    };
    (nodes.into(), subject, accepted)
}

#[track_caller]
fn check_alike(nodes: &[Node]) {
    let mut digests: Vec<_> = nodes.iter().map(digest).collect();
    digests.dedup();
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_signature_under_minutes_counts_from_whichever_entry_carries_it() {
    let province = Province::new();
    let (nodes, subject, accepted) = giver_is_cut(&province, true);
    for node in &nodes {
        assert_eq!(node.custody(subject).custodian, Some(province.communes[1].unit));
        assert!(node.is_valid(&accepted));
        assert_eq!(digest(node).not_valid, []);
    }
    check_alike(&nodes);
}

/// The key was found by somebody, who signs the offer after the cut; the accomplice's own acts stand, and that signature in them
/// does not.
#[test]
fn a_thiefs_signature_in_an_accomplices_commit_moves_nothing() {
    let province = Province::new();
    let (nodes, subject, accepted) = giver_is_cut(&province, false);
    for node in &nodes {
        let custody = node.custody(subject);
        assert_eq!(custody.custodian, Some(province.communes[0].unit));
        assert_eq!((custody.links.len(), custody.unfounded.len()), (1, 0));
        let [accept, effect, moved] = node.verdicts(&accepted).try_into().unwrap();
        assert!(
            matches!(accept, OpVerdict::Void(OpVoid::Illegal(_))),
            "{accept:?}"
        );
        let OpVerdict::Void(OpVoid::Signer(Party::Giver, VoidReason::Cut(_))) = effect else {
            panic!("{effect:?}");
        };
        assert!(matches!(moved, OpVerdict::Void(OpVoid::RefVoid(_))), "{moved:?}");
    }
    check_alike(&nodes);
}
