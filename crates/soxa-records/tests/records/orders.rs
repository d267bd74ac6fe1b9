//! Random graphs of operations: any order of arrival gives the same verdicts and state, the document agrees with
//! the fold, and a void operation is as if it had never been.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use soxa_ledger::ids::{CommitId, OpId, RecordId, sha256};
use soxa_ledger::operation::OpRef;
use soxa_ledger::verdict::{Missing, Verdict, VoidReason};
use soxa_ledger::{Scope, Time};
use soxa_records::asset::{AssetOperation, AssetSet};
use soxa_records::inventory::*;
use soxa_records::person::WorkField;
use soxa_records::roster::{PostAdd, PostClose, RosterCreate, RosterOperation};
use soxa_records::{History, OpFacts, OpVerdict, RecordDocument, RecordKind, Summary, TypedOperation};

use crate::inventories::{counted, opening};
use crate::inventory_samples;
use crate::province::{CUT, Official, Province, asset_of, date};

static PROVINCE: LazyLock<Province> = LazyLock::new(|| {
    let mut p = Province::new();
    let a = p.a.clone();
    p.asset(&a, "House");
    p.asset(&a, "Car");
    p
});

/// What the record of a graph is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Asset,
    Roster,
    Inventory,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Asset), Just(Kind::Roster), Just(Kind::Inventory)]
}

/// One random operation: what it does, what it builds on, what its commit is worth.
#[derive(Debug, Clone)]
struct Step {
    act: u8,
    value: u8,
    parents: Vec<Index>,
    verdict: u8,
    salt: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let parents = proptest::collection::vec(any::<Index>(), 1..4);
    (any::<u8>(), 0_u8..3, parents, 0_u8..12, any::<u8>()).prop_map(|(act, value, parents, verdict, salt)| {
        Step {
            act,
            value,
            parents,
            verdict,
            salt,
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 0..14)
}

fn facts(
    by: &Official,
    n: usize,
    salt: u8,
    operation: &TypedOperation,
    parents: Vec<OpId>,
    record: RecordId,
) -> OpFacts {
    let commit = CommitId(sha256(&[u8::try_from(n).unwrap(), salt]));
    OpFacts {
        id: OpId::of(commit, 0),
        commit,
        index: 0,
        record: if parents.is_empty() {
            OpId::of(commit, 0).into()
        } else {
            record
        },
        kind: operation.kind(),
        version: 1,
        parents,
        refs: Vec::new(),
        body: operation.body(),
        actor: PROVINCE
            .ops
            .values()
            .find_map(|op| op.actor.clone())
            .map(|mut actor| {
                actor.unit_path.clone_from(&by.unit_path);
                actor.key = by.key.public();
                actor
            }),
        author_time: Time(u64::from(salt) * 1_000),
        verdict: Verdict::Valid,
        minutes: Arc::from([]),
        note: None,
        scope: Scope::all_nodes(),
    }
}

fn act_on_roster(step: &Step, earlier: &[OpFacts]) -> TypedOperation {
    let target = step.parents[0].get(earlier).id;
    TypedOperation::Roster(if step.act.is_multiple_of(3) {
        RosterOperation::ClosePost(PostClose {
            post: OpRef::Id(target),
        })
    } else {
        RosterOperation::AddPost(PostAdd {
            code: format!("P{}", step.value),
            title: "Post".to_owned(),
            field: WorkField::ALL[usize::from(step.act) % 4],
            head: false,
        })
    })
}

fn act_on_asset(step: &Step) -> TypedOperation {
    let text = format!("value {}", step.value);
    TypedOperation::Asset(AssetOperation::Set(match step.act % 4 {
        0 => AssetSet::Condition(text),
        1 => AssetSet::Site(text),
        2 => AssetSet::Residual(i64::from(step.value).into()),
        _ => AssetSet::Remark(text),
    }))
}

/// Counts of two lines, things found and struck off, signatures of the only member, approvals and cancellations.
fn act_on_inventory(step: &Step, earlier: &[OpFacts]) -> TypedOperation {
    TypedOperation::Inventory(match step.act % 16 {
        0..=7 => InventoryOperation::Count(InventoryCount {
            rows: vec![counted(1 + u32::from(step.act % 2), step.value.into())],
        }),
        8 | 9 => InventoryOperation::Found(InventoryFound {
            things: vec![inventory_samples::found()],
        }),
        10 => InventoryOperation::Strike(InventoryStrike {
            thing: FoundAt {
                found: OpRef::Id(step.parents[0].get(earlier).id),
                number: 1,
            },
            reason: "twice".to_owned(),
        }),
        11 | 12 => InventoryOperation::Sign(InventorySign {
            member: 1,
            remark: String::new(),
            scan: None,
        }),
        13 | 14 => InventoryOperation::Approve(InventoryApprove {
            date: date(),
            conclusion: String::new(),
        }),
        _ => InventoryOperation::Cancel(InventoryCancel {
            reason: "again".to_owned(),
        }),
    })
}

/// What creates the record, and what it cites.
fn creation(kind: Kind) -> (TypedOperation, Vec<OpId>) {
    let a = &PROVINCE.a;
    let unit = OpId::from(a.unit());
    match kind {
        Kind::Roster => {
            let create = RosterCreate {
                unit: a.unit(),
                path: vec![PROVINCE.top.unit()],
            };
            (
                TypedOperation::Roster(RosterOperation::Create(create)),
                vec![unit],
            )
        }
        Kind::Asset => {
            let register = asset_of(a.unit(), "House");
            (
                TypedOperation::Asset(AssetOperation::Register(register)),
                vec![unit],
            )
        }
        Kind::Inventory => {
            let assets: Vec<RecordId> = PROVINCE
                .histories
                .values()
                .filter(|history| history.kind() == Some(RecordKind::Asset))
                .filter_map(History::record)
                .collect();
            let chair = CouncilMember {
                name: a.person.clone(),
                post: String::new(),
                role: CouncilRole::Chair,
                key: Some(a.key.public()),
            };
            let (open, links) = opening(&PROVINCE, a, vec![chair], &assets);
            let refs = [unit].into_iter().chain(links).collect();
            (
                TypedOperation::Inventory(InventoryOperation::Open(Box::new(open))),
                refs,
            )
        }
    }
}

/// The operations of one record, each after those it builds on.
fn graph(steps: &[Step], kind: Kind) -> Vec<OpFacts> {
    let a = &PROVINCE.a;
    let (created, refs) = creation(kind);
    let mut ops = vec![facts(a, 0, 0, &created, Vec::new(), RecordId([0; 32]))];
    ops[0].refs = refs;
    let record = ops[0].record;
    for (n, step) in steps.iter().enumerate() {
        let parents: BTreeSet<OpId> = step.parents.iter().map(|at| at.get(&ops).id).collect();
        let operation = match kind {
            Kind::Roster => act_on_roster(step, &ops),
            Kind::Asset => act_on_asset(step),
            Kind::Inventory => act_on_inventory(step, &ops),
        };
        let by = if step.act == 7 { &PROVINCE.b } else { a };
        let mut op = facts(
            by,
            n + 1,
            step.salt,
            &operation,
            parents.into_iter().collect(),
            record,
        );
        match step.verdict {
            0 => op.verdict = Verdict::Void(VoidReason::OutsideTerm),
            1 => op.verdict = Verdict::Void(VoidReason::Cut(CUT)),
            2 => op.verdict = Verdict::Pending(Missing::Genesis),
            3 => op.body = vec![step.salt],
            4 => op.version = 2,
            _ => {}
        }
        ops.push(op);
    }
    ops
}

fn judge(ops: &[OpFacts]) -> History {
    History::judge(ops.iter().cloned().map(Arc::new).collect(), &PROVINCE.world())
}

fn same(one: &History, other: &History) -> Result<(), TestCaseError> {
    for (facts, verdict) in one.verdicts() {
        prop_assert_eq!(other.verdict(&facts.id), Some(verdict));
        prop_assert_eq!(other.is_severed(&facts.id), one.is_severed(&facts.id));
    }
    prop_assert_eq!(one.state(), other.state());
    prop_assert_eq!(one.heads(), other.heads());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_gives_the_same(steps in steps(), kind in kind(), order in any::<Vec<Index>>()) {
        let ops = graph(&steps, kind);
        let expected = judge(&ops);
        let mut shuffled = ops.clone();
        for (at, index) in order.iter().enumerate() {
            let other = index.index(shuffled.len());
            let at = at % shuffled.len();
            shuffled.swap(at, other);
        }
        same(&judge(&shuffled), &expected)?;
        let mut history = History::default();
        let mut document = RecordDocument::build(&history).unwrap();
        for op in shuffled {
            history.insert(Arc::new(op), &PROVINCE.world());
            document.update(&history).unwrap();
            prop_assert_eq!(&document.canonical().unwrap(), history.state());
        }
        same(&history, &expected)?;
    }

    #[test]
    fn the_document_agrees_with_the_fold_at_every_moment(steps in steps(), kind in kind(), at in any::<Vec<Index>>()) {
        let ops = graph(&steps, kind);
        let history = judge(&ops);
        let built = RecordDocument::build(&history).unwrap();
        let loaded = RecordDocument::load(&built.save()).unwrap();
        let valid: Vec<OpId> =
            history.verdicts().filter(|(_, verdict)| verdict.is_valid()).map(|(facts, _)| facts.id).collect();
        prop_assert_eq!(built.history().len(), valid.len());
        prop_assert_eq!(built.history(), loaded.history());
        let picked: BTreeSet<OpId> = at.iter().take(3).map(|index| *index.get(&valid)).collect();
        let picked: Vec<OpId> = picked.into_iter().collect();
        // Judged alone, the operations below the picked ones give the same.
        let mut below: BTreeSet<OpId> = picked.iter().copied().collect();
        for op in history.operations().iter().rev().filter(|op| below.contains(&op.id)).cloned().collect::<Vec<_>>() {
            below.extend(&op.parents);
        }
        let mut open: Vec<OpId> = below.iter().copied().collect();
        while let Some(op) = open.pop() {
            let parents = &history.operation(&op).unwrap().parents;
            open.extend(parents.iter().filter(|parent| below.insert(**parent)));
        }
        let prefix: Vec<OpFacts> = ops.iter().filter(|op| below.contains(&op.id)).cloned().collect();
        let expected = judge(&prefix);
        prop_assert_eq!(&history.state_at(&picked), expected.state());
        for document in [&built, &loaded] {
            prop_assert_eq!(&document.canonical().unwrap(), history.state());
            prop_assert_eq!(document.conflicts().unwrap(), history.state().conflicts());
            prop_assert_eq!(&document.at_operations(&picked).unwrap(), expected.state());
        }
    }

    #[test]
    fn a_void_operation_is_as_if_it_had_never_been(steps in steps(), kind in kind(), which: Index) {
        let mut ops = graph(&steps, kind);
        prop_assume!(ops.len() > 1);
        let which = 1 + which.index(ops.len() - 1);
        ops[which].verdict = Verdict::Void(VoidReason::OutsideTerm);
        let with = judge(&ops);
        let gone = ops.remove(which);
        for op in &mut ops {
            if let Some(at) = op.parents.iter().position(|parent| *parent == gone.id) {
                op.parents.remove(at);
                let parents: BTreeSet<OpId> = op.parents.iter().chain(&gone.parents).copied().collect();
                op.parents = parents.into_iter().collect();
            }
        }
        let without = judge(&ops);
        same(&without, &with)?;
    }

    /// Also for operations that are not on the heads, void, malformed, cut or newer: then the summary has to say no.
    #[test]
    fn a_summary_extends_to_what_judging_the_whole_gives(steps in steps(), kind in kind(), on_heads in 0_u8..4) {
        let mut ops: Vec<OpFacts> = Vec::new();
        let mut summary = Some(Summary::default());
        for mut op in graph(&steps, kind) {
            let before = judge(&ops);
            if on_heads > 0 && before.exists() && !op.parents.is_empty() {
                op.parents = before.heads();
            }
            ops.push(op);
            let op = ops.last().unwrap();
            let whole = judge(&ops);
            let judged = summary.take().and_then(|mut summary| {
                let valid_and_plain = summary.extend(op, &PROVINCE.world());
                valid_and_plain.then_some(summary)
            });
            let expected = Summary::of(&whole);
            match judged {
                Some(extended) => {
                    let read = Summary::unpack(extended.heads().to_vec(), &extended.pack());
                    prop_assert_eq!(read.as_ref(), Ok(&extended));
                    prop_assert_eq!(whole.verdict(&op.id), Some(&OpVerdict::Valid));
                    prop_assert_eq!(Some(&extended), expected.as_ref());
                    summary = Some(extended);
                }
                None => {
                    // What is plain and on the heads must not need the long way.
                    let linear = before.heads() == op.parents && Summary::of(&before).is_some();
                    prop_assert!(!linear || expected.is_none());
                    summary = expected;
                }
            }
        }
    }

    #[test]
    fn the_state_at_a_moment_is_that_of_what_was_there(steps in steps(), kind in kind(), seconds in 0_u64..256) {
        let history = judge(&graph(&steps, kind));
        let document = RecordDocument::build(&history).unwrap();
        let time = Time(seconds * 1_000);
        let mut standing = BTreeSet::new();
        for change in document.history() {
            if change.time <= time && change.parents.iter().all(|parent| standing.contains(parent)) {
                standing.insert(change.op);
            }
        }
        let standing: Vec<OpId> = standing.into_iter().collect();
        prop_assert_eq!(document.at_time(time).unwrap(), history.state_at(&standing));
    }
}
