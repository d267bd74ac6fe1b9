//! Proofs with a co-signed checkpoint: which entries it covers, and what becomes of one that somebody changed.

use soxa_ledger::checkpoint::{Checkpoint, CosignedLog, LogId, ScopeName, SignedCheckpoint};
use soxa_ledger::merkle::TreeHash;
use soxa_ledger::proof::{Fault, Part, Proof, Proven};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::snapshot::{HeldTip, KeptSnapshot, Snapshot};
use soxa_ledger::{Body, SecretKey, Seq, Time};
use soxa_store::MemoryIndex;

use crate::province::{NOW, Node, Province, hand_over, node_key, pull, register};
use crate::proving::handed_over;
use crate::tampering::refuses_every_flipped_bit;

/// The log of a node's snapshots, as the daemon keeps it.
pub struct Log {
    key: SecretKey,
    snapshots: Vec<KeptSnapshot>,
}

impl Log {
    pub fn of(key: SecretKey) -> Self {
        Self {
            key,
            snapshots: Vec::new(),
        }
    }

    pub fn look(&mut self, node: &Node) {
        let lines = node.engine.lines();
        let held = lines.iter().filter(|line| line.head.seq > Seq(0));
        let tips: Vec<HeldTip> = held.map(HeldTip::from).collect();
        let time = NOW.plus_ms(self.snapshots.len() as u64);
        self.snapshots.push(KeptSnapshot {
            time,
            runs: node.engine.runs(),
            leaf: Snapshot::of(time, &tips).leaf(),
        });
    }

    /// The note over the first so many snapshots, co-signed by these nodes.
    pub fn note(&self, node: &Node, size: usize, cosigners: &[u8]) -> SignedCheckpoint {
        let leaves: Vec<TreeHash> = self.snapshots[..size].iter().map(|kept| kept.leaf).collect();
        let log = LogId {
            network: node.network,
            node: self.key.node(),
            scope: ScopeName::AllNodes,
            began: NOW,
        };
        let mut note = Checkpoint::of(log, &leaves).sign(&self.key);
        for cosigner in cosigners {
            note.cosign(&node_key(*cosigner), NOW.0 / 1_000, |_| false);
        }
        note
    }

    pub fn with(&self, notes: Vec<SignedCheckpoint>) -> CosignedLog {
        CosignedLog {
            notes,
            snapshots: self.snapshots.clone(),
        }
    }
}

/// A node that looked at what it held before, right after and long after a handover, and last after something else.
fn watched() -> (Province, Node, Log, soxa_ledger::RecordId) {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let mut log = Log::of(node_key(0));
    log.look(&node);
    let [one, other] = &province.communes;
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), ..] = hand_over(&province, &mut node, asset, &one.officer, &other.officer)
    else {
        panic!("no draft");
    };
    let handover = node.record(&draft, 0);
    for code in ["A2", "A3", "A4"] {
        log.look(&node);
        node.store(vec![Body::Commit(register(&province, &one.officer, &[code]))]);
    }
    (province, node, log, handover)
}

#[track_caller]
fn proven(proof: &Proof) -> Proven {
    let decoded = Proof::decode(&proof.encode()).unwrap();
    assert_eq!(&decoded, proof);
    decoded.verify(&[proof.network.0]).unwrap()
}

fn cosigners(proof: &Proof) -> Vec<soxa_ledger::NodeKey> {
    let cosigned = proven(proof).cosigned;
    let notes = cosigned.iter().map(|cosigned| cosigned.note.cosignatures());
    notes
        .flat_map(|cosignatures| cosignatures.keys().copied())
        .collect()
}

#[test]
fn a_checkpoint_that_covers_the_acts_is_in_the_proof() {
    let (_, node, log, handover) = watched();
    let note = log.note(&node, 4, &[1, 2]);
    let prove = |node: &Node, notes: Vec<SignedCheckpoint>| {
        let proof = node.engine.prove_handover(handover, Some(&log.with(notes)));
        proof.unwrap().unwrap()
    };
    let proof = prove(&node, vec![note.clone()]);
    let cosigned = proven(&proof).cosigned.unwrap();
    assert_eq!(cosigned.note, note);
    // By the snapshot that was made right after it: three later ones would need more headers.
    assert_eq!(cosigned.held, Time(NOW.0 + 1));
    let held: Vec<_> = proof
        .chains
        .iter()
        .filter_map(|chain| chain.held.as_ref())
        .collect();
    assert!(held.iter().all(|held| held.number == 1) && !held.is_empty());

    // Without a log, without a cosigner, or where the cosigners saw only what was before, there is no checkpoint.
    let plain = node.engine.prove_handover(handover, None).unwrap().unwrap();
    assert_eq!((&plain.checkpoint, proven(&plain).cosigned), (&None, None));
    for note in [
        log.note(&node, 4, &[]),
        log.note(&node, 1, &[1]),
        log.note(&node, 4, &[77]),
    ] {
        assert_eq!(prove(&node, vec![note]), plain);
    }
    // Of several the one with the most cosigners that covers it.
    let notes = [(4, &[1][..]), (3, &[1, 2]), (1, &[1, 2])];
    let notes = notes.map(|(size, by)| log.note(&node, size, by)).to_vec();
    let chosen = prove(&node, notes.clone());
    assert_eq!(proven(&chosen).cosigned.unwrap().note, notes[1]);
    // The numbers of runs are those of the log: an index made anew gives the same.
    let (node, _) = node.reopen_with(MemoryIndex::new());
    assert_eq!(prove(&node, vec![note]), proof);
}

#[test]
fn a_snapshot_that_does_not_come_out_as_it_was_is_passed_over() {
    let (_, node, mut log, handover) = watched();
    log.snapshots[1].leaf = TreeHash([9; 32]);
    let note = log.note(&node, 4, &[1]);
    let prove = |log: &Log, note| {
        let proof = node.engine.prove_handover(handover, Some(&log.with(vec![note])));
        proof.unwrap().unwrap()
    };
    assert_eq!(proven(&prove(&log, note)).cosigned.unwrap().held, Time(NOW.0 + 2));
    for kept in &mut log.snapshots {
        kept.runs += 1;
    }
    let note = log.note(&node, 4, &[1]);
    assert_eq!(prove(&log, note).checkpoint, None);
}

#[test]
fn the_acts_of_rivals_are_covered_or_none_is() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let mut apart = Node::new(&province, 1);
    apart.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut apart, &node);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), ..] = hand_over(&province, &mut node, asset, &one.officer, &other.officer)
    else {
        panic!("no draft");
    };
    let mut log = Log::of(node_key(0));
    log.look(&node);
    hand_over(&province, &mut apart, asset, &one.officer, &province.head);
    pull(&mut node, &apart);
    log.look(&node);
    let prove = |size: usize| {
        let log = log.with(vec![log.note(&node, size, &[2])]);
        let proof = node.engine.prove_handover(node.record(&draft, 0), Some(&log));
        proof.unwrap().unwrap()
    };
    let proof = prove(2);
    assert_eq!(
        (proof.acts.len(), cosigners(&proof)),
        (2, vec![node_key(2).node()])
    );
    let held = proof.chains.iter().filter_map(|chain| chain.held.as_ref());
    assert_eq!(held.map(|held| held.number).max(), Some(1));
    assert_eq!(prove(1).checkpoint, None);
}

#[test]
fn every_byte_of_a_covered_proof_counts() {
    let (province, node, log, handover) = watched();
    let log = log.with(vec![log.note(&node, 4, &[1])]);
    let proof = node.engine.prove_handover(handover, Some(&log)).unwrap().unwrap();
    let file = proof.encode();
    let text = std::str::from_utf8(&file).unwrap();
    let (held, end) = (text.find("\"held\":{").unwrap(), text.find("]}}").unwrap());
    let note = text.find(",\"checkpoint\"").unwrap();
    let bytes = (held..end + 3).chain(note..file.len());
    refuses_every_flipped_bit(&file, bytes, &[province.network.0]);
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused() {
    let (_, node, log, handover) = watched();
    let good = log.with(vec![log.note(&node, 4, &[1])]);
    let good = node
        .engine
        .prove_handover(handover, Some(&good))
        .unwrap()
        .unwrap();
    let act = good.chains.iter().position(|chain| chain.held.is_some()).unwrap();
    let refused = |change: &dyn Fn(&mut Proof)| {
        let mut proof = good.clone();
        change(&mut proof);
        let error = proof.verify(&[proof.network.0]).map(|_| ()).unwrap_err();
        (error.part, error.fault)
    };
    let noted =
        |note: &SignedCheckpoint| refused(&|proof| proof.checkpoint = Some(note.to_string().into_bytes()));
    let chain = Part::Chain(act + 1);
    assert_eq!(
        refused(&|proof| proof.checkpoint = None),
        (chain, Fault::Unneeded)
    );
    assert_eq!(
        refused(&|proof| proof.chains[act].held = None),
        (chain, Fault::NotHeld)
    );
    let closed = |proof: &mut Proof| proof.chains[act].held.as_mut().unwrap().closed = true;
    assert_eq!(refused(&closed), (chain, Fault::NotHeld));
    // Another size of the log, a log of somebody else, cosigners whom nobody admitted or whom the file does not name.
    assert_eq!(noted(&log.note(&node, 3, &[1])), (chain, Fault::NotHeld));
    let of = |key: SecretKey| Log {
        key,
        snapshots: log.snapshots.clone(),
    };
    let stranger = node_key(77).node();
    for note in [
        of(node_key(77)).note(&node, 4, &[1]),
        log.note(&node, 4, &[1, 77]),
    ] {
        assert_eq!(noted(&note), (Part::Checkpoint, Fault::NotAdmitted(stranger)));
    }
    let unnamed = node_key(2).node();
    assert_eq!(
        noted(&log.note(&node, 4, &[1, 2])),
        (Part::Checkpoint, Fault::NotAdmitted(unnamed))
    );
    let (part, fault) = noted(&log.note(&node, 4, &[]));
    assert!(
        part == Part::Checkpoint && matches!(fault, Fault::Form(_)),
        "{fault}"
    );
    // The same lines in another order say the same; there is one form of it.
    let two = log.note(&node, 4, &[1, 2]).to_string();
    let (text, lines) = two.rsplit_once("\n\n").unwrap();
    let turned: Vec<&str> = lines.lines().rev().collect();
    let turned = format!("{text}\n\n{}\n", turned.join("\n"));
    let (part, fault) = refused(&|proof| proof.checkpoint = Some(turned.clone().into_bytes()));
    assert_eq!((part, fault), (Part::Checkpoint, Fault::NotCanonical));
    // A statement's chain needs no such step, so it has none.
    let other = good.chains.iter().position(|chain| chain.held.is_none()).unwrap();
    let more = |proof: &mut Proof| proof.chains[other].held = proof.chains[act].held.clone();
    assert_eq!(refused(&more), (Part::Chain(other + 1), Fault::Unneeded));
}

#[test]
fn a_proof_without_its_checkpoint_is_a_proof() {
    let (_, node, handover) = handed_over();
    let mut log = Log::of(node_key(0));
    log.look(&node);
    let note = log.note(&node, 1, &[1]);
    let log = log.with(vec![note]);
    let mut proof = node.engine.prove_handover(handover, Some(&log)).unwrap().unwrap();
    assert!(proven(&proof).cosigned.is_some());
    proof.checkpoint = None;
    proof.chains.iter_mut().for_each(|chain| chain.held = None);
    let error = proof.verify(&[proof.network.0]).map(|_| ()).unwrap_err();
    // What the cosigners' admission was needed for is gone.
    assert_eq!(error.fault, Fault::Unneeded);
}
