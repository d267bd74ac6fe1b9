//! Proofs of handovers that were contested until a superior ruled.

use soxa_ledger::proof::{Fault, Part, Proof};
use soxa_ledger::{Body, RecordId};
use soxa_records::LinkId;
use soxa_records::handover::proof::{HandoverFault, Outcome, Stands, read_handover_proof};

use crate::covering::Log;
use crate::province::{Node, Official, Province, hand_over, node_key, pull, register, rule};
use crate::proving::{check, prove};

/// An asset that was handed to the other commune here, and to the province elsewhere.
struct Contest {
    province: Province,
    node: Node,
    asset: RecordId,
    here: RecordId,
    there: RecordId,
}

fn contest() -> Contest {
    let province = Province::new();
    let mut node = Node::founded(&province);
    let [one, other] = &province.communes;
    let registered = register(&province, &one.officer, &["A1"]);
    node.store(vec![Body::Commit(registered.clone())]);
    let asset = node.record(&registered, 0);
    let mut apart = Node::new(&province, 1);
    apart.store(vec![Body::Statement(province.genesis.clone())]);
    pull(&mut apart, &node);
    let handover = |node: &mut Node, to: &Official| {
        let [Body::Commit(draft), ..] = hand_over(&province, node, asset, &one.officer, to) else {
            panic!("no draft");
        };
        node.record(&draft, 0)
    };
    let here = handover(&mut node, &other.officer);
    let there = handover(&mut apart, &province.head);
    pull(&mut node, &apart);
    Contest {
        province,
        node,
        asset,
        here,
        there,
    }
}

impl Contest {
    fn rule(&mut self, stands: LinkId) {
        let on = LinkId::of_registration(self.asset);
        let by = &self.province.operator;
        let ruling = rule(&self.province, &self.node, by, self.asset, [on, stands]);
        self.node.store(vec![Body::Commit(ruling.clone())]);
        assert!(self.node.is_valid(&ruling));
    }

    #[track_caller]
    fn says(&self, handover: RecordId) -> (Outcome, Vec<Stands>) {
        let found = check(&prove(&self.node, handover), &self.province);
        let stands = found.rulings.iter().map(|ruling| ruling.stands).collect();
        (found.outcome(), stands)
    }
}

#[test]
fn a_ruling_says_which_handover_stands() {
    let mut contest = contest();
    let (here, there) = (contest.here, contest.there);
    assert_eq!(contest.says(here), (Outcome::Contested, vec![]));
    contest.rule(LinkId::of_line(here, 1));
    assert_eq!(contest.says(here), (Outcome::Proven, vec![Stands::This]));
    assert_eq!(
        contest.says(there),
        (Outcome::SetAside, vec![Stands::Rival(here)])
    );
    let found = check(&prove(&contest.node, here), &contest.province);
    let [ruling] = &found.rulings[..] else {
        panic!("{:?}", found.rulings)
    };
    assert_eq!((ruling.line, ruling.reason.as_str()), (1, "Quyết định 15"));
    assert_eq!(ruling.author.key, contest.province.operator.key.public());
    assert_eq!(found.rulings_between(&found.rivals[0]).count(), 1);
    // Whoever ruled may think again: the later one counts, and it alone is in the file.
    contest.rule(LinkId::of_line(there, 1));
    assert_eq!(
        contest.says(here),
        (Outcome::SetAside, vec![Stands::Rival(there)])
    );
    assert_eq!(contest.says(there), (Outcome::Proven, vec![Stands::This]));
}

/// The proof that the golden vectors hold: contested, ruled on, co-signed. `SOXA_WRITE_VECTORS=1` writes it anew.
#[test]
fn the_golden_proof_is_made_again() {
    let mut contest = contest();
    contest.rule(LinkId::of_line(contest.here, 1));
    let mut log = Log::of(node_key(0));
    log.look(&contest.node);
    let log = log.with(vec![log.note(&contest.node, 1, &[1, 2])]);
    let proof = contest.node.engine.prove_handover(contest.here, Some(&log));
    let proof = proof.unwrap().unwrap();
    assert_eq!(check(&proof, &contest.province).outcome(), Outcome::Proven);
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../soxa-ledger/tests/vectors/proof.json"
    );
    if std::env::var_os("SOXA_WRITE_VECTORS").is_some() {
        std::fs::write(path, proof.encode()).unwrap();
    }
    assert!(
        std::fs::read(path).unwrap() == proof.encode(),
        "another proof than in {path}"
    );
}

#[test]
fn a_ruling_that_was_changed_or_does_not_belong_is_refused() {
    let mut contest = contest();
    let before = prove(&contest.node, contest.here);
    contest.rule(LinkId::of_line(contest.here, 1));
    let good = prove(&contest.node, contest.here);
    let roots = [contest.province.network.0];
    let refused = |proof: &Proof| match proof.verify(&roots) {
        Ok(proven) => panic!("{:?}", read_handover_proof(&proven).map(|_| ())),
        Err(error) => (error.part, error.fault),
    };
    // Left out alone, its chain is there for nothing; left out with it, the contest is open.
    let mut changed = good.clone();
    changed.rulings.clear();
    assert_eq!(refused(&changed).1, Fault::Unneeded);
    assert_eq!(check(&before, &contest.province).outcome(), Outcome::Contested);
    // Twice, forged, or none.
    let mut changed = good.clone();
    changed.rulings.push(good.rulings[0].clone());
    assert_eq!(refused(&changed), (Part::Ruling(2), Fault::Order));
    for at in 0..good.rulings[0].len() {
        let mut changed = good.clone();
        changed.rulings[0][at] ^= 1;
        assert_eq!(refused(&changed).0, Part::Ruling(1), "byte {at}");
    }
    // What rules on nothing in the file: the effect of a rival.
    let mut changed = good.clone();
    changed.rulings.push(good.acts[1].commit.clone());
    changed.rulings.sort();
    let proven = changed.verify(&roots).unwrap();
    let error = read_handover_proof(&proven).map(|_| ()).unwrap_err();
    assert_eq!(error.fault, HandoverFault::Unneeded);
    assert!(matches!(error.part, Part::Ruling(_)), "{error}");
    // A ruling without the contest that it decides.
    let mut changed = good.clone();
    changed.acts.truncate(1);
    assert_eq!(refused(&changed).1, Fault::Unneeded);
}

#[test]
fn who_is_not_above_both_cannot_rule_in_a_proof() {
    let mut contest = contest();
    contest.rule(LinkId::of_line(contest.here, 1));
    // The receiver's own head rules: void in the ledger, so no node puts it into a proof; somebody by hand may.
    let head = &contest.province.communes[1].head;
    let on = LinkId::of_registration(contest.asset);
    let stands = LinkId::of_line(contest.here, 1);
    let own = rule(
        &contest.province,
        &contest.node,
        head,
        contest.asset,
        [on, stands],
    );
    let mut proof = prove(&contest.node, contest.here);
    let mut feeder = crate::province::Feeder::new(contest.province.network, node_key(0), 9);
    let run = feeder.acts(&[Body::Commit(own.clone())]);
    let old = proof.rulings[0].clone();
    proof.chains.retain(|chain| {
        let hash = soxa_ledger::ids::sha256(&old);
        !chain.headers.iter().any(|header| header.body_hash == hash)
    });
    proof.rulings = vec![own.bytes().to_vec()];
    proof.chains.push(crate::tampering::chain_of(&run));
    proof.chains.sort_by_key(|chain| chain.feed.id(proof.network));
    let verified = proof.verify(&[proof.network.0]);
    let fault = match &verified {
        Ok(proven) => read_handover_proof(proven).map(|_| ()).unwrap_err().fault,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(fault, HandoverFault::NotAbove);
}
