//! Proofs that somebody changed: bit by bit, and part by part.

use soxa_ledger::entry::BodyKind;
use soxa_ledger::jws::Jws;
use soxa_ledger::minutes::{Minutes, Party};
use soxa_ledger::proof::{Chain, Fault, Part, Proof};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::{Position, Verdict, VoidReason};
use soxa_ledger::{Body, Commit, Header, Run, SecretKey, Seq, Signed, Verified};
use soxa_records::handover::minutes::{SigningParty, sign_minutes};
use soxa_records::handover::proof::{HandoverFault, read_handover_proof};
use soxa_records::{Illegality, OpVerdict, OpVoid};

use crate::province::{Feeder, Node, Province, key, node_key};
use crate::proving::{check, handed_over, prove};

/// Whether somebody who trusts these roots would take the file for a proof.
pub fn accepted(file: &[u8], roots: &[[u8; 32]]) -> bool {
    Proof::decode(file)
        .and_then(|proof| proof.verify(roots))
        .is_ok_and(|proven| read_handover_proof(&proven).is_ok())
}

/// What flipping one of these bits leaves accepted; both processors look.
fn accepted_flips(good: &[u8], bits: &[usize], accepted: impl Fn(&[u8]) -> bool + Sync) -> Vec<usize> {
    let look = |bits: &[usize]| -> Vec<usize> {
        let mut file = good.to_vec();
        let flipped = bits.iter().copied().filter(|bit| {
            file[bit / 8] ^= 1 << (bit % 8);
            let accepted = accepted(&file);
            file[bit / 8] ^= 1 << (bit % 8);
            accepted
        });
        flipped.collect()
    };
    let (one, other) = bits.split_at(bits.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| look(other));
        [look(one), other.join().unwrap()].concat()
    })
}

#[test]
fn a_flipped_bit_in_any_byte_of_the_file_is_refused() {
    let (province, node, handover) = handed_over();
    let good = prove(&node, handover).encode();
    refuses_every_flipped_bit(&good, 0..good.len(), &[province.network.0]);
}

/// One bit of each of these bytes of a good file.
#[track_caller]
pub fn refuses_every_flipped_bit(good: &[u8], bytes: impl Iterator<Item = usize>, roots: &[[u8; 32]]) {
    assert!(accepted(good, roots));
    let bits: Vec<usize> = bytes.map(|byte| 8 * byte + byte % 8).collect();
    let left = accepted_flips(good, &bits, |file| accepted(file, roots));
    assert_eq!(left, Vec::<usize>::new());
}

#[test]
fn every_flipped_bit_of_every_part_is_refused() {
    let (province, node, handover) = handed_over();
    let proof = prove(&node, handover);
    let roots = [province.network.0];
    // A part, and the proof with another in its place; false when that is not even of the form.
    type Replace = Box<dyn Fn(&mut Proof, &[u8]) -> bool + Sync>;
    let mut parts: Vec<(Vec<u8>, Replace)> = vec![
        (
            proof.network.0.to_vec(),
            Box::new(|p, b| {
                p.network.0.copy_from_slice(b);
                true
            }),
        ),
        (
            proof.acts[0].minutes.clone(),
            Box::new(|p, b| {
                p.acts[0].minutes = b.to_vec();
                true
            }),
        ),
        (
            proof.acts[0].commit.clone(),
            Box::new(|p, b| {
                p.acts[0].commit = b.to_vec();
                true
            }),
        ),
    ];
    for (at, statement) in proof.statements.iter().enumerate() {
        parts.push((
            statement.clone(),
            Box::new(move |p, b| {
                p.statements[at] = b.to_vec();
                true
            }),
        ));
    }
    for (at, chain) in proof.chains.iter().enumerate() {
        parts.push((
            chain.tip.0.to_vec(),
            Box::new(move |p, b| {
                p.chains[at].tip.0.copy_from_slice(b);
                true
            }),
        ));
        let node = chain.feed.node.0.to_vec();
        parts.push((
            node,
            Box::new(move |p, b| {
                p.chains[at].feed.node.0.copy_from_slice(b);
                true
            }),
        ));
        let life = chain.feed.incarnation.0.to_vec();
        parts.push((
            life,
            Box::new(move |p, b| {
                p.chains[at].feed.incarnation.0.copy_from_slice(b);
                true
            }),
        ));
        for (number, header) in chain.headers.iter().enumerate() {
            let replace = move |p: &mut Proof, b: &[u8]| {
                let header = Header::decode(b);
                header.map(|header| p.chains[at].headers[number] = header).is_ok()
            };
            parts.push((header.encode(), Box::new(replace)));
        }
    }
    for (part, replace) in &parts {
        let accepted = |bytes: &[u8]| {
            let mut changed = proof.clone();
            replace(&mut changed, bytes)
                && changed
                    .verify(&roots)
                    .is_ok_and(|proven| read_handover_proof(&proven).is_ok())
        };
        assert!(accepted(part));
        let bits: Vec<usize> = (0..part.len() * 8).collect();
        let left = accepted_flips(part, &bits, accepted);
        assert_eq!(left, Vec::<usize>::new(), "{}", String::from_utf8_lossy(part));
    }
}

#[test]
fn a_file_that_is_cut_short_or_full_of_one_thing_is_refused() {
    let (province, node, handover) = handed_over();
    let proof = prove(&node, handover);
    let (good, roots) = (proof.encode(), [province.network.0]);
    let cut_short = (0..good.len()).step_by(101).chain([good.len() - 1]);
    for length in cut_short {
        assert!(!accepted(&good[..length], &roots), "{length} bytes");
    }
    // One statement entered a hundred times: each would have to be judged at all of them.
    let mut feeder = Feeder::new(province.network, node_key(0), 9);
    let again = vec![(BodyKind::Statement, proof.statements[1].clone()); 100];
    let mut changed = proof.clone();
    changed.chains.push(chain_of(&feeder.run(&again)));
    changed
        .chains
        .sort_by_key(|chain| chain.feed.id(province.network));
    let error = changed.verify(&roots).map(|_| ()).unwrap_err();
    assert!(matches!(error.fault, Fault::Limit { .. }), "{error}");
    assert_eq!(error.part, Part::Statement(2));
}

/// Changes a good proof; the change must be refused for this part, with this fault.
#[track_caller]
fn refused(
    change: impl FnOnce(&mut Proof, &Province, &Node),
    part: Part,
    fault: impl FnOnce(&Fault) -> bool,
) {
    let (province, node, handover) = handed_over();
    let mut proof = prove(&node, handover);
    change(&mut proof, &province, &node);
    let error = proof.verify(&[province.network.0]).map(|_| ()).unwrap_err();
    assert_eq!(error.part, part, "{error}");
    assert!(fault(&error.fault), "{error}");
}

fn change_minutes(proof: &mut Proof, change: impl FnOnce(&mut Jws)) {
    let mut jws = Jws::decode(&proof.acts[0].minutes, 1 << 20).unwrap();
    change(&mut jws);
    proof.acts[0].minutes = jws.encode();
}

#[test]
fn parts_stand_for_themselves_and_in_their_place() {
    let not_carried = |fault: &Fault| *fault == Fault::NotCarried;
    let order = |fault: &Fault| *fault == Fault::Order;
    let unneeded = |fault: &Fault| *fault == Fault::Unneeded;
    // A signature left out, two of them swapped, a stranger's added.
    let fewer =
        |proof: &mut Proof, _: &Province, _: &Node| change_minutes(proof, |jws| drop(jws.signatures.pop()));
    refused(fewer, Part::Minutes(1), not_carried);
    refused(
        |proof, _, _| change_minutes(proof, |jws| jws.signatures.swap(0, 1)),
        Part::Minutes(1),
        not_carried,
    );
    let add = |proof: &mut Proof, province: &Province, _: &Node| {
        let stranger = key(77, 1);
        let (appointment, network) = (province.head.appointment, province.network);
        change_minutes(proof, |jws| {
            let by = Minutes::sign(
                &jws.payload,
                network,
                appointment,
                Party::Witness,
                &[],
                "",
                &stranger,
            );
            jws.signatures.push(by);
        });
    };
    refused(add, Part::Minutes(1), not_carried);
    // Statements swapped, doubled, left out, taken for one another.
    refused(
        |proof, _, _| proof.statements.swap(1, 2),
        Part::Statement(3),
        order,
    );
    refused(
        |proof, _, _| proof.statements.swap(0, 1),
        Part::Statement(1),
        |f| *f == Fault::NoGenesis,
    );
    refused(
        |proof, _, _| proof.statements.insert(1, proof.statements[1].clone()),
        Part::Statement(3),
        order,
    );
    refused(
        |proof, _, _| proof.statements.push(proof.statements[0].clone()),
        Part::Statement(7),
        order,
    );
    let without_head = |proof: &mut Proof, _: &Province, _: &Node| drop_statement(proof, "\"under\":null");
    refused(without_head, Part::Commit(1), |f| {
        matches!(f, Fault::Verdict(Verdict::Pending(_)))
    });
    // A chain doubled, left out, with a header too many at either end.
    refused(
        |proof, _, _| proof.chains.push(proof.chains[1].clone()),
        Part::Chain(3),
        order,
    );
    refused(
        |proof, _, _| drop(proof.chains.remove(1)),
        Part::Commit(1),
        |f| *f == Fault::NoEntry,
    );
    let longer = |proof: &mut Proof, _: &Province, node: &Node| {
        let last = *proof.chains[0].headers.last().unwrap();
        let next = run_from(node, last.seq.next());
        proof.chains[0].headers.push(next.entries[0].header);
    };
    refused(longer, Part::Chain(1), |f| matches!(f, Fault::Tip(_)));
    let earlier = |proof: &mut Proof, _: &Province, node: &Node| {
        let first = proof.chains[1].headers[0];
        let run = run_from(node, Seq(first.seq.0 - 1));
        proof.chains[1].headers.insert(0, run.entries[0].header);
    };
    refused(earlier, Part::Chain(2), |f| *f == Fault::Unneeded);
    let gap = |proof: &mut Proof, _: &Province, _: &Node| {
        proof.chains[0].headers.retain(|header| header.seq != Seq(5))
    };
    refused(gap, Part::Chain(1), |f| matches!(f, Fault::Broken(_)));
    // An act doubled; an earlier commit that nothing needs.
    refused(
        |proof, _, _| proof.acts.clear(),
        Part::File,
        |f| matches!(f, Fault::Form(_)),
    );
    let carrier = |proof: &mut Proof, _: &Province, _: &Node| {
        let own = proof.acts[0].commit.clone();
        proof.acts[0].carriers.push(own);
    };
    refused(carrier, Part::Carrier(1, 1), unneeded);
    // A true statement that is not about this.
    let more = |proof: &mut Proof, province: &Province, node: &Node| {
        let Body::Statement(operator) = &province.appointments[1] else {
            panic!()
        };
        let run = run_from(node, Seq(3));
        assert_eq!(run.entries[0].body, operator.bytes());
        proof.statements.push(operator.bytes().to_vec());
        sort_statements(proof);
    };
    let (province, node, handover) = handed_over();
    let mut proof = prove(&node, handover);
    more(&mut proof, &province, &node);
    let error = proof.verify(&[province.network.0]).map(|_| ()).unwrap_err();
    assert_eq!(error.fault, Fault::Unneeded, "{error}");
}

fn run_from(node: &Node, seq: Seq) -> Run {
    let line = node.engine.lines().remove(0);
    node.engine
        .run_after(&line.id, Seq(seq.0 - 1), 0)
        .unwrap()
        .unwrap()
}

/// Leaves out the statements whose payload holds these characters, except the genesis.
fn drop_statement(proof: &mut Proof, with: &str) {
    let holds = |jws: &[u8]| {
        let payload = Jws::decode(jws, 1 << 20).unwrap().payload;
        String::from_utf8(payload).unwrap().contains(with)
    };
    proof.statements.retain(|jws| !holds(jws));
}

pub fn sort_statements(proof: &mut Proof) {
    let id = |jws: &Vec<u8>| soxa_ledger::ids::sha256(&Jws::decode(jws, 1 << 20).unwrap().payload);
    proof.statements[1..].sort_by_key(id);
}

#[test]
fn another_networks_chain_is_no_chain() {
    let (province, node, handover) = handed_over();
    let (other, other_node, other_handover) = crate::proving::handed_over_in(Province::with_salt([8; 32]));
    let (proof, foreign) = (prove(&node, handover), prove(&other_node, other_handover));
    let roots = [province.network.0, other.network.0];
    let fault = |proof: &Proof| proof.verify(&roots[..1]).map(|_| ()).unwrap_err().fault;
    let mut changed = proof.clone();
    changed.chains = foreign.chains.clone();
    assert!(matches!(fault(&changed), Fault::Broken(_)));
    changed.network = foreign.network;
    assert_eq!(fault(&changed), Fault::NoEntry);
    changed.acts = foreign.acts.clone();
    assert_eq!(fault(&changed), Fault::NoEntry);
    changed.statements = foreign.statements.clone();
    assert!(matches!(fault(&changed), Fault::OtherRoot(_)));
    changed.verify(&roots[1..]).unwrap();
}

/// The proof with another commit in place of the effect, which an admitted node has put into a new feed of its own.
fn with_effect(province: &Province, proof: &Proof, commit: &Verified<Commit>) -> Proof {
    let mut feeder = Feeder::new(province.network, node_key(0), 9);
    let run = feeder.run(&[(BodyKind::Commit, commit.bytes().to_vec())]);
    let mut changed = proof.clone();
    changed.acts[0].commit = commit.bytes().to_vec();
    changed.acts[0].minutes = commit.minutes[0].bytes().to_vec();
    changed.chains.pop();
    changed.chains.push(chain_of(&run));
    changed
        .chains
        .sort_by_key(|chain| chain.feed.id(province.network));
    changed
}

pub fn chain_of(run: &Run) -> Chain {
    Chain {
        feed: run.feed.clone(),
        headers: run.entries.iter().map(|entry| entry.header).collect(),
        tip: run.tip,
        held: None,
    }
}

/// The effect's commit with other minutes, signed by its own author.
fn resigned(province: &Province, proof: &Proof, minutes: Minutes) -> Verified<Commit> {
    let signed = Signed::<Commit>::decode(&proof.acts[0].commit).unwrap();
    let mut commit = signed.unchecked().clone();
    commit.minutes = vec![minutes];
    commit
        .sign(province.network, &province.communes[1].officer.key)
        .unwrap()
}

/// Minutes over this payload by the giver's and the receiver's appointments, signed with these keys.
fn minutes_by(province: &Province, payload: &[u8], keys: [&SecretKey; 2]) -> Minutes {
    let mut minutes = None;
    let parties = [Party::Giver, Party::Receiver];
    for ((party, commune), key) in parties.into_iter().zip(&province.communes).zip(keys) {
        let by = SigningParty {
            party,
            appointment: commune.officer.appointment,
            refused: &[],
            remark: "",
            key,
        };
        minutes = Some(sign_minutes(province.network, payload, minutes.as_ref(), by).unwrap());
    }
    minutes.unwrap()
}

#[test]
fn what_a_stranger_signed_again_has_no_effect() {
    let (province, node, handover) = handed_over();
    let proof = prove(&node, handover);
    let judged = |commit: &Verified<Commit>| {
        let proven = with_effect(&province, &proof, commit)
            .verify(&[province.network.0])
            .unwrap();
        match read_handover_proof(&proven).map(|_| ()).unwrap_err().fault {
            HandoverFault::Judged(OpVerdict::Void(void)) => void,
            fault => panic!("{fault}"),
        }
    };
    let [giver, receiver] = [0, 1].map(|commune| &province.communes[commune].officer.key);
    let stranger = key(77, 1);
    let payload = Jws::decode(&proof.acts[0].minutes, 1 << 20).unwrap().payload;
    // What both parties sign is theirs, whatever it says.
    let text = String::from_utf8(payload.clone()).unwrap();
    let altered = text.replace("\"cost\":1000000", "\"cost\":1");
    assert_ne!(altered, text);
    let genuine = resigned(
        &province,
        &proof,
        minutes_by(&province, altered.as_bytes(), [giver, receiver]),
    );
    with_effect(&province, &proof, &genuine)
        .verify(&[province.network.0])
        .unwrap();
    // The same with a stranger in the giver's place.
    let forged = resigned(
        &province,
        &proof,
        minutes_by(&province, altered.as_bytes(), [&stranger, receiver]),
    );
    assert_eq!(
        judged(&forged),
        OpVoid::Signer(Party::Giver, VoidReason::WrongKey)
    );
    // A stranger as witness beside the two who were asked.
    let both = minutes_by(&province, &payload, [giver, receiver]);
    let by = SigningParty {
        party: Party::Witness,
        appointment: province.head.appointment,
        refused: &[],
        remark: "",
        key: &stranger,
    };
    let third = sign_minutes(province.network, &payload, Some(&both), by).unwrap();
    let void = judged(&resigned(&province, &proof, third));
    assert!(
        matches!(void, OpVoid::Illegal(Illegality::Signatures { .. })),
        "{void:?}"
    );
    // A commit that the stranger signed throughout.
    let mut commit = resigned(&province, &proof, both).value().clone();
    commit.author = stranger.public();
    let commit = commit.sign(province.network, &stranger).unwrap();
    let error = with_effect(&province, &proof, &commit).verify(&[province.network.0]);
    assert_eq!(
        error.map(|_| ()).unwrap_err().fault,
        Fault::Verdict(Verdict::Void(VoidReason::WrongKey))
    );
}

/// Stores a cut on the giver's appointment that leaves these positions.
pub fn cut_giver(province: &Province, node: &mut Node, stands: &[Position]) -> (Vec<u8>, Chain) {
    let target = province.communes[0].officer.appointment;
    let cut = province.cut(Some(&province.communes[0].head), target, stands);
    let at = node.store(vec![cut]).remove(0);
    let run = node
        .engine
        .run_after(&at.feed, Seq(at.seq.0 - 1), 0)
        .unwrap()
        .unwrap();
    (run.entries[0].body.clone(), chain_of(&run))
}

#[test]
fn a_cut_is_shown_and_a_hidden_one_cannot_be_missed_by_accident() {
    let (province, mut node, handover) = handed_over();
    let before = prove(&node, handover);
    let stands = node
        .engine
        .positions_under(&province.communes[0].officer.appointment, None)
        .unwrap();
    let (cut, chain) = cut_giver(&province, &mut node, &stands);
    let proof = prove(&node, handover);
    let found = check(&proof, &province);
    assert_eq!(found.handover.signers[0].cuts.len(), 1, "the giver's");
    assert!(proof.statements.contains(&cut));
    // Left out by itself: the chain that carried it is there for nothing.
    let mut hidden = proof.clone();
    hidden.statements.retain(|statement| *statement != cut);
    let error = hidden.verify(&[province.network.0]).map(|_| ()).unwrap_err();
    assert_eq!(error.fault, Fault::Unneeded);
    // Left out with its chain: that is the proof as it was before, and it says that it knows no more.
    hidden.chains.retain(|one| *one != chain);
    assert_eq!(hidden, before);
    assert!(check(&hidden, &province).handover.signers[0].cuts.is_empty());
}

#[test]
fn a_cut_that_severs_the_handover_refutes_its_proof() {
    let (province, mut node, handover) = handed_over();
    let mut proof = prove(&node, handover);
    let (cut, chain) = cut_giver(&province, &mut node, &[]);
    let not = node.engine.prove_handover(handover, None).unwrap().unwrap_err();
    assert!(
        matches!(not, soxa_engine::NotProvable::WithoutEffect(_)),
        "{not:?}"
    );
    // Somebody adds the cut to the file that was made before.
    proof.statements.push(cut);
    sort_statements(&mut proof);
    proof.chains.push(chain);
    let proven = proof.verify(&[province.network.0]).unwrap();
    let fault = read_handover_proof(&proven).map(|_| ()).unwrap_err().fault;
    assert!(
        matches!(
            fault,
            HandoverFault::Judged(OpVerdict::Void(OpVoid::Signer(Party::Giver, VoidReason::Cut(_))))
        ),
        "{fault}"
    );
}
