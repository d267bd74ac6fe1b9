//! What a stranger may send: any operation, citing anything, on any record. Nothing panics, nothing depends on the
//! order, and the records of others stay as they are.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::minutes::Party;
use soxa_ledger::verdict::{Verdict, VoidReason};
use soxa_ledger::{Commit, Scope, SecretKey, Time};
use soxa_records::compose::Composer;
use soxa_records::inventory::{InventoryFound, InventoryOperation};
use soxa_records::{Actor, History, OpFacts, RecordDocument};

use crate::inventories::{Counting, counted};
use crate::inventory_samples;
use crate::province::{CUT, Province, asset_of};

/// A province in which much has happened.
static PROVINCE: LazyLock<Province> = LazyLock::new(|| {
    let mut p = Province::new();
    let (a, b, c, finance) = (p.a.clone(), p.b.clone(), p.c.clone(), p.finance.clone());
    let (asset, person) = (p.asset(&a, "House"), p.person(&a, "An"));
    let first = p.hand_over(&a, &b, &[asset]);
    p.hand_over(&b, &c, &[asset]);
    p.hand_over(&a, &b, &[person]);
    let car = p.asset(&a, "Car");
    let (_, composer) = p.draft_with(&a, &b, Some(&finance), &[car]);
    let handover = RecordId::from(p.commit(&a, composer)[0]);
    let minutes = p.signed(handover, &a, Party::Giver, &[]);
    let mut at = p.at(handover);
    p.act(&a, |c| {
        c.offer(&mut at, &minutes);
    });
    let composer = p.acceptance(handover, &b, &[]);
    p.commit(&b, composer);
    let mut c = Counting::over(p, &["Desk"]);
    let officer = c.officer.clone();
    c.count(vec![counted(1, 0)]);
    let things = vec![inventory_samples::found()];
    c.act(&officer, InventoryOperation::Found(InventoryFound { things }));
    c.close();
    let mut p = c.p;
    p.cut(&first);
    p
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_operation_is_judged_without_panic(
        seeds in proptest::collection::vec(
            (any::<[Index; 4]>(), any::<Option<Index>>(), any::<Option<Index>>(), any::<[u8; 3]>()),
            1..6,
        ),
    ) {
        let known: Vec<Arc<OpFacts>> = PROVINCE.ops.values().cloned().collect();
        let record = seeds[0].0[0].get(&known).record;
        let mut ops: Vec<Arc<OpFacts>> = PROVINCE.history(record).operations().to_vec();
        for (n, ([body, by, _, _], parent, cited, [byte, at, verdict])) in seeds.iter().enumerate() {
            // Somebody else's act, replayed on this record, on any basis, perhaps damaged.
            let mut op = body.get(&known).as_ref().clone();
            op.id = OpId([u8::try_from(n).unwrap() + 1; 32]);
            op.record = record;
            op.actor.clone_from(&by.get(&known).actor);
            op.parents = parent.iter().map(|at| at.get(&ops).id).collect();
            if let Some(cited) = cited {
                op.refs = vec![cited.get(&known).id; 1 + usize::from(byte % 2)];
            }
            if *byte < 64 {
                let position = usize::from(*at) % op.body.len();
                op.body[position] ^= byte;
            }
            if *verdict < 32 {
                op.verdict = Verdict::Void(VoidReason::Cut(CUT));
            }
            ops.push(Arc::new(op));
        }
        let judged = History::judge(ops.clone(), &PROVINCE.world());
        let mut one_by_one = History::default();
        for op in ops.into_iter().rev() {
            one_by_one.insert(op, &PROVINCE.world());
        }
        prop_assert_eq!(judged.state(), one_by_one.state());
        prop_assert_eq!(judged.heads(), one_by_one.heads());
        let document = RecordDocument::build(&judged).unwrap();
        prop_assert_eq!(&document.canonical().unwrap(), judged.state());
        // What stood before stands on: none of it cites or builds on the stranger's operations.
        for (facts, verdict) in PROVINCE.history(record).verdicts() {
            prop_assert_eq!(judged.verdict(&facts.id), Some(verdict));
        }
    }
}

#[test]
fn facts_are_those_of_the_signed_commit() {
    let p = Province::new();
    let key = SecretKey::from_seed(&[11; 32]);
    let mut composer = Composer::new();
    let mut at = composer.register_asset(asset_of(p.a.unit(), "House"));
    composer.set_asset(&mut at, soxa_records::asset::AssetSet::Site("x".to_owned()));
    let (operations, minutes) = composer.finish();
    let commit = Commit {
        author: key.public(),
        appointment: p.a.appointment(),
        scope: Scope::all_nodes(),
        time: Time(5),
        operations,
        minutes,
        note: Some("import".to_owned()),
    };
    let commit = commit.sign(p.network, &key).unwrap();
    let actor = Actor {
        key: key.public(),
        appointment: p.a.appointment(),
        person: "Head".to_owned(),
        role: "unit_head".parse().unwrap(),
        unit_path: p.a.unit_path.clone(),
    };
    let facts = OpFacts::of_commit(
        &commit,
        commit.commit_id(p.network),
        Some(&actor),
        &Verdict::Valid,
        Arc::from([]),
    );
    let ids: Vec<OpId> = commit
        .operations_of(commit.commit_id(p.network))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(facts.iter().map(|f| f.id).collect::<Vec<_>>(), ids);
    assert_eq!(facts[1].record, RecordId::from(ids[0]));
    assert_eq!(facts[1].parents, [ids[0]]);
    assert_eq!(facts[0].refs, [OpId::from(p.a.unit())]);
    let history = History::judge(facts.into_iter().map(Arc::new).collect(), &p.world());
    assert!(history.verdicts().all(|(_, verdict)| verdict.is_valid()));
    assert_eq!(history.operations()[1].note.as_deref(), Some("import"));
}

#[test]
fn the_founding_unit_is_the_networks_own() {
    let p = Province::new();
    let founding = p.ops[&p.network.founding_op()].as_ref();
    assert_eq!(founding.record, p.network.province_unit());
    assert!(
        founding
            .actor
            .as_ref()
            .is_some_and(|actor| actor.unit().is_none())
    );
}
