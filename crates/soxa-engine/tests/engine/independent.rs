//! The independent checker in Python weighs cuts, invites and forks as the rule does: of each file both say the same.
//!
//! `SOXA_PYTHON` names a Python that has jwcrypto; without it `python3` is tried.

use std::path::Path;
use std::process::Command;

use soxa_ledger::ids::sha256;
use soxa_ledger::proof::{Chain, Proof};
use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, RecordId, Run, Seq};

use crate::forking::proof_of;
use crate::province::{Feeder, Invited, Node, Province, hand_over, node_key, pull, register};
use crate::proving::{handed_over, prove};
use crate::tampering::{accepted, chain_of, cut_giver, sort_statements};

/// A proof, told by both checkers to whoever trusts the network: it holds, or it does not.
#[track_caller]
fn check(proof: &Proof, province: &Province, holds: bool) {
    let file = proof.encode();
    assert_eq!(accepted(&file, &[province.network.0]), holds, "the rule");
    let asked_for = std::env::var("SOXA_PYTHON").ok();
    let python = asked_for.clone().unwrap_or_else(|| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import jwcrypto"]).output();
    if asked_for.is_none() && !has.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP: {python} lacks jwcrypto; set SOXA_PYTHON to one that has it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proof.json");
    std::fs::write(&path, file).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify_proof.py");
    let mut command = Command::new(&python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(&path);
    let output = command
        .args(["--root", &province.network.to_string()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(!holds)), "{told}{said}");
}

/// Adds a statement and the chain that carries it.
fn add(proof: &Proof, (statement, chain): (Vec<u8>, Chain), province: &Province) -> Proof {
    let mut with = proof.clone();
    with.statements.push(statement);
    sort_statements(&mut with);
    with.chains.push(chain);
    with.chains
        .sort_by_key(|chain| (chain.feed.id(province.network), chain.headers[0].seq));
    with
}

#[test]
fn what_a_cut_lets_stand_is_proven_and_what_it_severs_is_not() {
    let (province, mut node, handover) = handed_over();
    let before = prove(&node, handover);
    check(&before, &province, true);
    let officer = &province.communes[0].officer;
    let stands = node.engine.positions_under(&officer.appointment, None).unwrap();
    // Below the offer: what it names by a lower number stands, whatever its hash.
    let lower = stands.iter().map(|at| Position {
        seq: Seq(at.seq.0 - 3),
        ..*at
    });
    let lower: Vec<Position> = lower.collect();
    let kept = cut_giver(&province, &mut node, &stands);
    check(&add(&before, kept.clone(), &province), &province, true);
    check(&prove(&node, handover), &province, true);
    // One of the same rank that leaves less: now that counts as well.
    let severs = cut_giver(&province, &mut node, &lower);
    check(&add(&before, severs.clone(), &province), &province, false);
    check(
        &add(&add(&before, kept, &province), severs, &province),
        &province,
        false,
    );
}

#[test]
fn a_cut_counts_by_who_makes_it() {
    let (province, node, handover) = handed_over();
    let before = prove(&node, handover);
    let commune = &province.communes[0];
    let officer = commune.officer.appointment;
    // By the officer it has no effect itself; by the root it severs the handover, and so does one of the office above.
    for cut in [
        province.cut(Some(&commune.officer), officer, &[]),
        province.cut(None, officer, &[]),
        province.cut(None, commune.head.appointment, &[]),
    ] {
        let Body::Statement(statement) = &cut else {
            panic!("no statement")
        };
        let mut feeder = Feeder::new(province.network, node_key(2), 7);
        let run = feeder.acts(std::slice::from_ref(&cut));
        let with = (statement.bytes().to_vec(), chain_of(&run));
        check(&add(&before, with, &province), &province, false);
    }
}

#[test]
fn a_node_stands_by_the_invite_that_admitted_it() {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let invite = Invited::at(&province, node.identity.node());
    let (invited, admit) = (invite.statement.clone(), |name: &str| invite.admission(name));
    let admission = admit("nút 3");
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Statement(invited.clone())]);
    let acts = vec![
        Body::Statement(admission.clone()),
        Body::Commit(registered.clone()),
    ];
    node.store(acts);
    let mut newcomer = Node::new(&province, 3);
    newcomer.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut newcomer, &node);
    let asset = node.record(&registered, 0);
    let [Body::Commit(draft), ..] = hand_over(&province, &mut newcomer, asset, &one.officer, &other.officer)
    else {
        panic!("no draft");
    };
    let proof = prove(&newcomer, newcomer.record(&draft, 0));
    check(&proof, &province, true);
    check(&without(&proof, invited.bytes()), &province, false);
    check(&without(&proof, admission.bytes()), &province, false);
    // One under another name than the invite's counts nowhere; the right one is not undone by standing elsewhere too.
    for (other, by, holds) in [(admit("nút 4"), 0, false), (admission.clone(), 2, true)] {
        let mut feeder = Feeder::new(province.network, node_key(by), 9);
        let run = feeder.acts(&[Body::Statement(other.clone())]);
        let without = without(&proof, admission.bytes());
        let changed = add(&without, (other.bytes().to_vec(), chain_of(&run)), &province);
        check(&changed, &province, holds);
    }
}

/// Leaves out a statement, with the chain that carries it.
fn without(proof: &Proof, statement: &[u8]) -> Proof {
    let mut without = proof.clone();
    without.statements.retain(|shown| shown != statement);
    let hash = sha256(statement);
    without.chains.retain(|chain| chain.headers[0].body_hash != hash);
    without
}

/// A handover in the feed of another node, one entry before it in common with a second history, and one after it with a third.
struct Forked {
    province: Province,
    node: Node,
    handover: RecordId,
    /// Entry 1, and entries 2 to 4 with the handover, and entry 5.
    trunk: [Run; 3],
    /// Entry 2 and entry 5 of other histories.
    others: [Run; 2],
}

impl Forked {
    fn new() -> Self {
        let province = Province::new();
        let [one, other] = &province.communes;
        // Somewhere else it came about; here it comes in another node's feed alone.
        let mut elsewhere = Node::founded(&province);
        let registered = register(&province, &one.officer, &["A1"]);
        elsewhere.store(vec![Body::Commit(registered.clone())]);
        let asset = elsewhere.record(&registered, 0);
        let acts = hand_over(&province, &mut elsewhere, asset, &one.officer, &other.officer);
        let Body::Commit(draft) = &acts[0] else {
            panic!("no draft")
        };
        let handover = elsewhere.record(draft, 0);
        let act = |code: &str| Body::Commit(register(&province, &one.officer, &[code]));
        let mut feeder = Feeder::new(province.network, node_key(2), 1);
        let first = feeder.acts(&[Body::Commit(registered)]);
        let below = feeder.clone().acts(&[act("B1")]);
        let handing = feeder.acts(&acts);
        let above = feeder.clone().acts(&[act("C1")]);
        let trunk = [first, handing, feeder.acts(&[act("D1")])];
        let mut node = Node::founded(&province);
        assert_eq!(node.take_in(trunk.to_vec()).faults, []);
        Self {
            province,
            node,
            handover,
            trunk,
            others: [below, above],
        }
    }

    fn last(&self, run: usize) -> Position {
        let last = self.trunk[run].entries.last().unwrap();
        last.header.position(self.trunk[run].feed.node)
    }
}

#[test]
fn a_fork_above_a_handover_takes_nothing_from_it_and_one_below_takes_all() {
    let mut forked = Forked::new();
    let above = proof_of(&forked.province, &forked.trunk[2], &forked.others[1]);
    let below = proof_of(&forked.province, &forked.trunk[1], &forked.others[0]);
    assert!(forked.node.engine.keep_proof(&above).unwrap());
    let good = prove(&forked.node, forked.handover);
    assert_eq!(good.forks, [above.bytes().to_vec()]);
    check(&good, &forked.province, true);
    let with = |bytes: Vec<u8>| Proof {
        forks: vec![bytes],
        ..good.clone()
    };
    check(&with(below.bytes().to_vec()), &forked.province, false);
    for place in (0..above.bytes().len()).step_by(97) {
        let mut bytes = above.bytes().to_vec();
        bytes[place] ^= 1;
        check(&with(bytes), &forked.province, false);
    }
}

#[test]
fn what_a_cut_names_past_a_fork_is_proven_and_nothing_else_there() {
    let mut forked = Forked::new();
    let below = proof_of(&forked.province, &forked.trunk[1], &forked.others[0]);
    let unnamed = prove(&forked.node, forked.handover);
    assert!(forked.node.engine.keep_proof(&below).unwrap());
    let not = forked.node.engine.prove_handover(forked.handover, None).unwrap();
    assert!(not.is_err(), "it lies past the fork");
    let with_fork = |proof: &Proof| Proof {
        forks: vec![below.bytes().to_vec()],
        ..proof.clone()
    };
    check(&with_fork(&unnamed), &forked.province, false);
    let last = forked.last(1);
    let kept = cut_giver(&forked.province, &mut forked.node, &[last]);
    let named = prove(&forked.node, forked.handover);
    assert!(named.statements.contains(&kept.0));
    check(&named, &forked.province, true);
    check(&with_fork(&named), &forked.province, true);
    check(&with_fork(&without(&named, &kept.0)), &forked.province, false);
}
