//! Proofs of handovers: made from a store, checked without one.

use soxa_ledger::proof::{Chain, Fault, Part, Proof, ProofError};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::time::Term;
use soxa_ledger::{Body, RecordId, Seq, Time};
use soxa_records::handover::proof::{HandoverFault, HandoverProof, read_handover_proof};

use crate::province::{
    Invited, NOW, Node, Official, Province, appointment, hand_over, hand_over_slowly, key, pull, register,
};

/// A handover of one asset that has taken effect at a node, which still holds its tail.
pub fn handed_over() -> (Province, Node, RecordId) {
    handed_over_in(Province::new())
}

/// The same in a province.
pub fn handed_over_in(province: Province) -> (Province, Node, RecordId) {
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), ..] = hand_over(&province, &mut node, asset, &one.officer, &other.officer)
    else {
        panic!("no draft");
    };
    let handover = node.record(&draft, 0);
    (province, node, handover)
}

#[track_caller]
pub fn prove(node: &Node, handover: RecordId) -> Proof {
    node.engine.prove_handover(handover, None).unwrap().unwrap()
}

#[track_caller]
pub fn check(proof: &Proof, province: &Province) -> HandoverProof {
    let decoded = Proof::decode(&proof.encode()).unwrap();
    assert_eq!(&decoded, proof);
    let proven = decoded.verify(&[province.network.0]).unwrap();
    read_handover_proof(&proven).unwrap()
}

#[test]
fn a_handover_in_effect_is_proven_without_the_store() {
    let (province, node, handover) = handed_over();
    let proof = prove(&node, handover);
    let found = check(&proof, &province);
    assert_eq!(found.handover.id, handover);
    assert_eq!(found.handover.moved, [1]);
    assert_eq!(found.handover.signers.len(), 2);
    assert!(found.rivals.is_empty());
    assert_eq!(prove(&node, handover).encode(), proof.encode());
}

#[test]
fn a_proof_is_worth_what_its_reader_trusts() {
    let (province, node, handover) = handed_over();
    let proof = prove(&node, handover);
    let root = |number: usize| province.roots[number].public().0;
    let refused = |roots: &[[u8; 32]]| proof.verify(roots).map(|_| ()).unwrap_err();
    // Two of three root keys signed the genesis.
    for trusted in [
        vec![root(0)],
        vec![root(1), root(0)],
        vec![root(0), root(1), root(2)],
    ] {
        proof.verify(&trusted).unwrap();
    }
    let silent = ProofError {
        part: Part::Statement(1),
        fault: Fault::RootSilent,
    };
    assert_eq!(refused(&[root(2)]), silent);
    assert_eq!(refused(&[root(0), root(2)]), silent);
    assert_eq!(refused(&[]), silent);
    assert!(matches!(refused(&[[7; 32]]).fault, Fault::OtherRoot(_)));
}

#[test]
fn a_contested_handover_is_proven_with_its_rival() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let registered = register(&province, &one.officer, &["A1", "A2"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let mut apart = Node::new(&province, 1);
    apart.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut apart, &node);
    let [contested, unrelated] = [0, 1].map(|index| node.record(&registered, index));
    let handover = |node: &mut Node, asset, to: &Official| {
        let [Body::Commit(draft), ..] = hand_over(&province, node, asset, &one.officer, to) else {
            panic!("no draft");
        };
        node.record(&draft, 0)
    };
    let here = handover(&mut node, contested, &other.officer);
    let there = handover(&mut apart, contested, &province.head);
    let elsewhere = handover(&mut node, unrelated, &other.officer);
    let mut mixed = prove(&node, here);
    assert!(check(&mixed, &province).rivals.is_empty(), "nobody knows yet");
    // A handover of something else contests nothing.
    let stranger = prove(&node, elsewhere);
    mixed.acts.extend(stranger.acts);
    mixed.chains.extend(stranger.chains);
    mixed.chains.sort_by_key(|chain| chain.headers[0].seq);
    mixed.chains.dedup();
    let proven = mixed.verify(&[province.network.0]).unwrap();
    let error = read_handover_proof(&proven).map(|_| ()).unwrap_err();
    assert_eq!(
        (error.part, error.fault),
        (Part::Minutes(2), HandoverFault::NoRival)
    );

    pull(&mut node, &apart);
    pull(&mut apart, &node);

    let proof = prove(&node, here);
    let found = check(&proof, &province);
    let rivals: Vec<RecordId> = found.rivals.iter().map(|rival| rival.id).collect();
    assert_eq!((found.handover.id, rivals), (here, vec![there]));
    assert_eq!(
        found.handover.shared_with(&found.rivals[0]).collect::<Vec<_>>(),
        [1]
    );
    let found = check(&prove(&apart, there), &province);
    assert_eq!((found.handover.id, found.rivals[0].id), (there, here));
    // The node that carries the rival is admitted by a statement of the file.
    assert!(
        proof
            .chains
            .iter()
            .any(|chain| chain.feed.node == apart.identity.node())
    );
}

#[test]
fn a_signature_stands_by_the_entry_that_carried_it_in_its_term() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let secondee = key(2, 50);
    let term = Term {
        from: Time(0),
        until: Some(NOW.plus_ms(1_000)),
    };
    let fact = appointment(&secondee, "asset_officer", &one.officer.path, term);
    let appointed = province.state(&fact, Some(&one.head));
    let giver = Official {
        key: secondee,
        appointment: appointed.id,
        path: one.officer.path.clone(),
    };
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Statement(appointed), Body::Commit(registered.clone())]);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), offer, _] =
        hand_over_slowly(&province, &mut node, asset, &giver, &other.officer, 2_000)
    else {
        panic!("no draft");
    };
    let proof = prove(&node, node.record(&draft, 0));
    let Body::Commit(offer) = offer else {
        panic!("no offer")
    };
    assert_eq!(proof.acts[0].carriers, [offer.bytes()]);
    let found = check(&proof, &province);
    let times: Vec<Time> = found.handover.signers.iter().map(|signer| signer.time).collect();
    assert_eq!(times, [NOW, NOW.plus_ms(2_000)]);
    // Without the offer the giver's term was over.
    let mut late = proof.clone();
    late.acts[0].carriers.clear();
    let offered = soxa_ledger::ids::sha256(offer.bytes());
    late.chains.retain(|chain| chain.headers[0].body_hash != offered);
    let proven = late.verify(&[province.network.0]).unwrap();
    let fault = read_handover_proof(&proven).map(|_| ()).unwrap_err().fault;
    assert!(format!("{fault}").contains("OutsideTerm"), "{fault}");
    // An earlier commit that nobody's signature needs is refused, although it carries one.
    let (province, node, handover) = handed_over();
    let mut proof = prove(&node, handover);
    let history = node.history(handover);
    let offer = history
        .operations()
        .iter()
        .find(|op| op.kind.act() == "offer")
        .unwrap();
    let (offer, at) = node.engine.commit(&offer.commit).unwrap().unwrap();
    proof.acts[0].carriers = vec![offer.bytes().to_vec()];
    let run = node
        .engine
        .run_after(&at[0].feed, Seq(at[0].seq.0 - 1), 0)
        .unwrap()
        .unwrap();
    let chain = Chain {
        feed: run.feed,
        headers: run.entries.iter().map(|entry| entry.header).collect(),
        tip: run.tip,
        held: None,
    };
    proof.chains.insert(1, chain);
    let proven = proof.verify(&[province.network.0]).unwrap();
    let error = read_handover_proof(&proven).map(|_| ()).unwrap_err();
    assert_eq!(
        (error.part, error.fault),
        (Part::Carrier(1, 1), HandoverFault::Unneeded)
    );
}

#[test]
fn a_node_that_came_by_an_invite_is_proven_with_it() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let invited = Invited::at(&province, node.identity.node());
    let admission = invited.admission("nút 3");
    let invited = invited.statement;
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Statement(invited.clone())]);
    node.store(vec![
        Body::Statement(admission.clone()),
        Body::Commit(registered.clone()),
    ]);
    let mut newcomer = Node::new(&province, 3);
    newcomer.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut newcomer, &node);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), ..] = hand_over(&province, &mut newcomer, asset, &one.officer, &other.officer)
    else {
        panic!("no draft");
    };
    let proof = prove(&newcomer, newcomer.record(&draft, 0));
    check(&proof, &province);
    for statement in [invited.bytes(), admission.bytes()] {
        assert!(proof.statements.iter().any(|shown| shown == statement));
        let mut without = proof.clone();
        without.statements.retain(|shown| shown != statement);
        assert!(without.verify(&[province.network.0]).is_err());
    }
}
