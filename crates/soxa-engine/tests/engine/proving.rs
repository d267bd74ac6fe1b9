//! Proofs of handovers: made from a store, checked without one.

use soxa_ledger::proof::{Fault, Part, Proof, ProofError};
use soxa_ledger::{Body, RecordId};
use soxa_records::handover_proof::{HandoverProof, read_handover_proof};

use crate::province::{Node, Province, hand_over, register};

/// A handover of one asset that has taken effect at a node, which still holds its tail.
fn handed_over() -> (Province, Node, RecordId) {
    let province = Province::new();
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
fn prove(node: &Node, handover: RecordId) -> Proof {
    node.engine.prove_handover(handover).unwrap().unwrap()
}

#[track_caller]
fn check(proof: &Proof, province: &Province) -> HandoverProof {
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
