//! The records against a second, naive judge, over random histories in three orders of arrival: who may do what changes while
//! they act, and what an operation is worth and the state of each record must come out the same, folded and as a document.
//!
//! Nothing is signed but minutes, which carry who signed them. `SOXA_ORACLE_CASES` sets how many histories are gone through and
//! `SOXA_ORACLE_FIRST` the seed of the first.

mod cast;
mod ledger;
mod naive;
mod plan;
#[path = "../../../../soxa-ledger/tests/oracle/rule.rs"]
#[expect(dead_code, reason = "only acts are asked for here")]
mod rule;
#[path = "../../../../soxa-ledger/tests/oracle/seeds.rs"]
mod seeds;

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};
use soxa_records::{CustodyView, OpMissing, OpVerdict, OpVoid, RecordDocument};

use cast::CAST;
use ledger::Ledger;
use naive::Naive;
use plan::{Item, Plan};

/// Histories in the gate.
const CASES_DEFAULT: u64 = 150;
/// Histories among which everything has to happen.
const SEEN_IN: u64 = 300;
/// Shorter histories that are tried when one fails.
const SHRINKING: u32 = 300;

fn ordered<'a>(plan: &'a Plan, order: &[u32]) -> Vec<&'a Item> {
    let mut items: Vec<_> = plan.items.iter().zip(order.iter().cycle()).collect();
    items.sort_by_key(|(_, place)| **place);
    items.into_iter().map(|(item, _)| item).collect()
}

/// What a node that kept up holds must be what the naive judge says.
fn compare(ledger: &Ledger, naive: &Naive<'_>, documents: bool) {
    for (op, record) in naive.operations() {
        let history = &ledger.histories[&record];
        let found = (history.verdict(&op).cloned(), history.is_severed(&op));
        assert_eq!(found, (Some(naive.verdict(op)), naive.is_severed(op)), "{op:?}");
    }
    let records: BTreeSet<_> = naive.operations().map(|(_, record)| record).collect();
    for record in &records {
        let history = &ledger.histories[record];
        let state = naive.state(*record);
        assert_eq!(*history.state(), state, "{record:?}");
        assert_eq!(history.state_hash(), state.hash());
        assert_eq!(history.heads(), naive.heads(*record));
        if documents {
            let document = RecordDocument::build(history).unwrap();
            assert_eq!(document.canonical().unwrap(), state, "{record:?} as a document");
        }
    }
    assert_eq!(
        ledger.histories.len(),
        records.len() + CAST.province.histories.len()
    );
}

fn check_plan(plan: &Plan) {
    let orders: [&[u32]; 3] = [&[0], &plan.orders[0], &plan.orders[1]];
    let truth = Naive::new(plan.items.iter());
    for (turn, order) in orders.into_iter().enumerate() {
        let items = ordered(plan, order);
        let mut ledger = Ledger::new();
        for (count, item) in items.iter().enumerate() {
            ledger.take_in(item);
            if turn == 1 && count == items.len() / 2 {
                let so_far = Naive::new(items[..=count].iter().copied());
                compare(&ledger, &so_far, false);
            }
        }
        compare(&ledger, &truth, plan.documents);
    }
}

#[test]
fn agrees_with_the_oracle_in_every_order() {
    let check = |seed| seeds::check_seed(seed, &plan::plans(), SHRINKING, check_plan);
    if let Some(fault) = seeds::first_fault(seeds::seeds(CASES_DEFAULT), check) {
        panic!("{fault}");
    }
}

/// What an operation is worth, in a word or two.
fn word(verdict: &OpVerdict) -> &'static str {
    match verdict {
        OpVerdict::Valid => "valid",
        OpVerdict::Pending(OpMissing::Authority(_)) => "pending on authority",
        OpVerdict::Pending(OpMissing::Operation(_)) => "pending on an operation",
        OpVerdict::Pending(OpMissing::NewerProgram { .. }) => "pending on a program",
        OpVerdict::Void(OpVoid::Authority(_)) => "void by authority",
        OpVerdict::Void(OpVoid::Malformed(_)) => "malformed",
        OpVerdict::Void(OpVoid::Signer(..)) => "void by a signature",
        OpVerdict::Void(OpVoid::RefVoid(_)) => "void by what it cites",
        OpVerdict::Void(OpVoid::Illegal(why)) => why.code(),
    }
}

/// Histories in which something never happens test nothing about it.
#[test]
fn histories_have_everything_in_them() {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |what: &str, is: bool| *seen.entry(what.to_owned()).or_default() += u64::from(is);
    for seed in 1..=SEEN_IN {
        let mut runner = TestRunner::new_with_rng(Config::default(), seeds::dice(seed));
        let plan = plan::plans().new_tree(&mut runner).unwrap().current();
        let naive = Naive::new(plan.items.iter());
        for (op, record) in naive.operations() {
            count(word(&naive.verdict(op)), true);
            count("severed", naive.is_severed(op));
            if op == record.into() {
                let custody = CustodyView::of(&naive.state(record));
                count("moved", custody.links.len() > 1);
                count("tied", custody.tied.len() > 1);
                count("provisional", custody.provisional);
            }
        }
    }
    for (what, least) in [
        ("valid", 2_000),
        ("void by authority", 500),
        ("void by a signature", 20),
        ("void by what it cites", 300),
        ("pending on authority", 100),
        ("pending on an operation", 200),
        ("severed", 200),
        ("moved", 150),
        ("tied", 2),
        ("provisional", 5),
        ("handover_stage", 50),
        ("line_not_givers", 5),
        ("link_moved", 5),
        ("no_party", 2),
        ("no_record", 200),
        ("not_custodian", 30),
        ("not_party", 10),
        ("signer_not_author", 1),
        ("signer_unit", 3),
    ] {
        let found = seen.get(what).copied().unwrap_or(0);
        assert!(found >= least, "{what} only {found} times: {seen:#?}");
    }
}
