//! Inventories from the opening to the approval: every act, by whom it is for, in the right stage, over the right counts.

use soxa_ledger::ids::{OpId, RecordId};
use soxa_ledger::operation::OpRef;
use soxa_records::compose::{At, Composer};
use soxa_records::conflict::{Conflict, ConflictKind};
use soxa_records::handover::LineTotals;
use soxa_records::inventory::view::{Difference, InventoryView};
use soxa_records::inventory::*;
use soxa_records::limits::INVENTORY_LINES_MAX;
use soxa_records::verdict::RefNeed;
use soxa_records::{DecodeError, Illegality, Quantity, RecordDocument, TypedOperation, decode};

use crate::bodies::{day, text};
use crate::inventory_samples;
use crate::province::{Official, Province, asset_of};

/// A commune that counts its assets, with a council of its own officer and one of finance.
pub struct Counting {
    pub p: Province,
    pub a: Official,
    pub officer: Official,
    pub finance: Official,
    pub assets: Vec<RecordId>,
    pub inventory: RecordId,
}

fn member(of: &Official, role: CouncilRole) -> CouncilMember {
    CouncilMember {
        name: of.person.clone(),
        post: String::new(),
        role,
        key: Some(of.key.public()),
    }
}

/// The opening for these assets, and the operations it cites for them.
pub fn opening(
    p: &Province,
    unit: &Official,
    council: Vec<CouncilMember>,
    assets: &[RecordId],
) -> (InventoryOpen, Vec<OpId>) {
    let book = |asset: &RecordId| BookLine::of(*asset, p.history(*asset).state()).unwrap();
    let (lines, links) = assets.iter().map(book).unzip();
    let open = InventoryOpen {
        unit: unit.unit(),
        path: unit.unit_path.split_last().unwrap().1.to_vec(),
        unit_name: text("Mường Bú"),
        extent: InventoryExtent::Whole,
        place: String::new(),
        as_of: day(2026, 1, 1),
        basis: text("QĐ 213"),
        corrects: None,
        council,
        lines,
    };
    (open, links)
}

pub fn counted(line: u32, quantity: u64) -> CountedLine {
    CountedLine {
        line,
        quantity: Quantity::whole(quantity),
        condition: String::new(),
        state: None,
        remark: String::new(),
        photo: None,
    }
}

impl Counting {
    pub fn of(names: &[&str]) -> Self {
        Self::over(Province::new(), names)
    }

    /// The same in a province in which things have happened.
    pub fn over(mut p: Province, names: &[&str]) -> Self {
        let (a, finance) = (p.a.clone(), p.finance.clone());
        let officer = p.official(&a, 31);
        let assets: Vec<RecordId> = names.iter().map(|name| p.asset(&a, name)).collect();
        let council = vec![
            member(&officer, CouncilRole::Chair),
            member(&finance, CouncilRole::Member),
        ];
        let (open, links) = opening(&p, &a, council, &assets);
        let opened = p.act(&officer, |c| {
            c.open_inventory(open, None, &links);
        });
        p.expect_valid(opened);
        Self {
            p,
            a,
            officer,
            finance,
            assets,
            inventory: opened.into(),
        }
    }

    pub fn at(&self) -> At {
        self.p.at(self.inventory)
    }

    pub fn act(&mut self, by: &Official, operation: InventoryOperation) -> OpId {
        let at = self.at();
        self.act_at(at, by, operation)
    }

    pub fn act_at(&mut self, mut at: At, by: &Official, operation: InventoryOperation) -> OpId {
        self.p.act(by, |c| {
            c.on_inventory(&mut at, operation);
        })
    }

    pub fn count(&mut self, rows: Vec<CountedLine>) -> OpId {
        let by = self.officer.clone();
        self.act(&by, InventoryOperation::Count(InventoryCount { rows }))
    }

    pub fn sign(&mut self, by: &Official, member: u32) -> OpId {
        let sign = InventorySign {
            member,
            remark: String::new(),
            scan: None,
        };
        self.act(by, InventoryOperation::Sign(sign))
    }

    pub fn approve(&mut self) -> OpId {
        let by = self.a.clone();
        self.act(&by, approval())
    }

    /// Both members sign and the head approves.
    pub fn close(&mut self) -> OpId {
        let (officer, finance) = (self.officer.clone(), self.finance.clone());
        for op in [self.sign(&officer, 1), self.sign(&finance, 2), self.approve()] {
            self.p.expect_valid(op);
        }
        *self.p.history(self.inventory).heads().first().unwrap()
    }

    pub fn view(&self) -> InventoryView {
        InventoryView::of(self.p.history(self.inventory).state()).unwrap()
    }

    #[track_caller]
    fn expect_stage(&self, stage: InventoryStage) {
        assert_eq!(self.view().stage, stage);
    }
}

fn approval() -> InventoryOperation {
    InventoryOperation::Approve(InventoryApprove {
        date: day(2026, 1, 15),
        conclusion: text("KL 01"),
    })
}

fn cancellation() -> InventoryOperation {
    InventoryOperation::Cancel(InventoryCancel {
        reason: text("lập lại"),
    })
}

fn found(name: &str) -> InventoryOperation {
    InventoryOperation::Found(InventoryFound {
        things: vec![FoundThing {
            name: text(name),
            ..inventory_samples::found()
        }],
    })
}

fn in_stage(found: InventoryStage) -> Illegality {
    Illegality::InventoryStage { found }
}

#[test]
fn the_whole_way_with_every_difference() {
    let mut c = Counting::of(&["Same", "Missing", "More", "Worn"]);
    c.expect_stage(InventoryStage::Open);
    let worn = CountedLine {
        condition: text("worn"),
        ..counted(4, 1)
    };
    c.count(vec![counted(1, 1), counted(2, 0)]);
    c.expect_stage(InventoryStage::Open);
    c.count(vec![counted(3, 3), worn]);
    let finance = c.finance.clone();
    c.act(&finance, found("Fan"));
    c.expect_stage(InventoryStage::Counted);
    let differences: Vec<Difference> = c.view().lines.iter().map(|line| line.difference()).collect();
    assert_eq!(
        differences,
        [
            Difference::Same,
            Difference::Missing,
            Difference::More,
            Difference::Changed
        ]
    );
    let sum = |lines, quantity, cost, residual| LineTotals {
        lines,
        quantity: Quantity::whole(quantity),
        cost,
        residual,
    };
    let totals = c.view().totals();
    assert_eq!(totals.book, sum(4, 4, 6_000_000_000, 3_600_000_000));
    assert_eq!(totals.counted, sum(3, 5, 7_500_000_000, 4_500_000_000));
    assert_eq!(totals.short, sum(1, 1, 1_500_000_000, 900_000_000));
    assert_eq!(totals.over, sum(1, 2, 3_000_000_000, 1_800_000_000));
    assert_eq!(totals.found, sum(1, 3, 900_000, 0));
    assert_eq!((totals.open.lines, totals.changed), (0, 1));

    let early = c.approve();
    c.p.expect_illegal(early, in_stage(InventoryStage::Counted));
    let officer = c.officer.clone();
    let signed = c.sign(&officer, 1);
    c.p.expect_valid(signed);
    c.expect_stage(InventoryStage::Counted);
    c.sign(&finance, 2);
    c.expect_stage(InventoryStage::Signed);
    let approved = c.approve();
    c.p.expect_valid(approved);
    c.expect_stage(InventoryStage::Approved);
    let late = c.count(vec![counted(1, 0)]);
    c.p.expect_illegal(late, in_stage(InventoryStage::Approved));
    let cancelled = c.act(&officer, cancellation());
    c.p.expect_illegal(cancelled, in_stage(InventoryStage::Approved));
    let document = RecordDocument::build(c.p.history(c.inventory)).unwrap();
    assert_eq!(&document.canonical().unwrap(), c.p.history(c.inventory).state());
}

#[test]
fn what_is_counted_after_a_signature_takes_a_new_one() {
    let mut c = Counting::of(&["House"]);
    let (officer, finance) = (c.officer.clone(), c.finance.clone());
    let early = c.sign(&officer, 1);
    c.p.expect_illegal(early, in_stage(InventoryStage::Open));
    c.count(vec![counted(1, 1)]);
    c.sign(&officer, 1);
    let before = c.at();
    c.sign(&finance, 2);
    // Somebody who does not know of the second signature finds a thing.
    let beside = c.act_at(before, &officer, found("Fan"));
    c.expect_stage(InventoryStage::Counted);
    for member in &c.view().council {
        assert_eq!(member.signatures[0].without, [beside]);
    }
    let too_early = c.approve();
    c.p.expect_illegal(too_early, in_stage(InventoryStage::Counted));
    c.close();
    assert_eq!(c.view().council[0].signatures.len(), 2);
}

/// What stands against each other, with how many sides.
fn conflicts(c: &Counting) -> Vec<(ConflictKind, usize)> {
    let found = Conflict::all_of(c.p.history(c.inventory).state());
    found.iter().map(|one| (one.kind, one.sides.len())).collect()
}

#[test]
fn concurrent_counts_stand_beside_each_other_until_a_later_one_settles_them() {
    let mut c = Counting::of(&["Chairs"]);
    let (officer, finance) = (c.officer.clone(), c.finance.clone());
    let before = c.at();
    let count = |rows| InventoryOperation::Count(InventoryCount { rows });
    c.act_at(before.clone(), &officer, count(vec![counted(1, 9)]));
    c.act_at(before.clone(), &finance, count(vec![counted(1, 10)]));
    c.expect_stage(InventoryStage::Open);
    let line = c.view().lines.remove(0);
    assert_eq!((line.counts.len(), line.difference()), (2, Difference::Disputed));
    assert_eq!(c.view().disputed().count(), 1);
    assert_eq!(conflicts(&c), [(ConflictKind::Counts, 2)]);
    assert_eq!(c.view().totals().open.lines, 1);
    let early = c.sign(&officer, 1);
    c.p.expect_illegal(early, in_stage(InventoryStage::Open));
    c.count(vec![counted(1, 10)]);
    c.expect_stage(InventoryStage::Counted);
    assert_eq!(c.view().lines[0].counts.len(), 1);
    // Equal counts are no dispute.
    c.act_at(before, &finance, count(vec![counted(1, 10)]));
    assert_eq!(c.view().lines[0].counts.len(), 2);
    assert_eq!(c.view().lines[0].difference(), Difference::More);
    assert_eq!(conflicts(&c), []);
}

#[test]
fn what_an_approval_does_not_know_is_in_no_figure() {
    let mut c = Counting::of(&["House"]);
    let officer = c.officer.clone();
    c.count(vec![counted(1, 1)]);
    let before = c.at();
    c.close();
    let count = InventoryOperation::Count(InventoryCount {
        rows: vec![counted(1, 0)],
    });
    let late = c.act_at(before.clone(), &officer, count);
    let thing = c.act_at(before.clone(), &officer, found("Fan"));
    let cancelled = c.act_at(before, &officer, cancellation());
    for op in [late, thing, cancelled] {
        c.p.expect_valid(op);
    }
    let view = c.view();
    assert_eq!(view.stage, InventoryStage::Approved);
    assert!(view.cancelled_too_late());
    let told = [(ConflictKind::LateCounts, 3), (ConflictKind::CalledOff, 2)];
    assert_eq!(conflicts(&c), told);
    assert_eq!(view.lines[0].difference(), Difference::Same);
    assert_eq!(view.late(), [late, thing].into());
    assert_eq!((view.totals().found.lines, view.totals().counted.lines), (0, 1));
    assert!(view.council.iter().all(|member| member.has_signed()));
}

#[test]
fn each_act_belongs_to_somebody() {
    let mut c = Counting::of(&["House"]);
    let (a, b, officer, finance) = (c.a.clone(), c.p.b.clone(), c.officer.clone(), c.finance.clone());
    let not_above = Illegality::NotAbove {
        unit: a.unit(),
        actor: Some(b.unit()),
    };
    let count = || {
        InventoryOperation::Count(InventoryCount {
            rows: vec![counted(1, 1)],
        })
    };
    for operation in [count(), found("Fan"), cancellation()] {
        let op = c.act(&b, operation);
        c.p.expect_illegal(op, not_above.clone());
    }
    let member = c.act(&finance, count());
    c.p.expect_valid(member);
    let op = c.sign(&finance, 1);
    c.p.expect_illegal(
        op,
        Illegality::OtherMember {
            member: 1,
            key: officer.key.public(),
        },
    );
    let op = c.sign(&officer, 3);
    c.p.expect_illegal(op, Illegality::NoSuchMember(3));
    c.sign(&officer, 1);
    c.sign(&finance, 2);
    // A member of the council does not close what it signed; the unit does, or one above it.
    let op = c.act(&finance, approval());
    c.p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(finance.unit()),
        },
    );
    let top = c.p.top.clone();
    let op = c.act(&top, approval());
    c.p.expect_valid(op);
    let op = c.act(
        &b,
        InventoryOperation::Count(InventoryCount {
            rows: vec![counted(2, 1)],
        }),
    );
    c.p.expect_illegal(op, not_above);
}

#[test]
fn a_member_without_a_key_signs_on_paper() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let council = vec![CouncilMember {
        key: None,
        ..member(&a, CouncilRole::Chair)
    }];
    let (open, links) = opening(&p, &a, council, &[asset]);
    let opened = p.act(&a, |c| {
        c.open_inventory(open, None, &links);
    });
    let on = |p: &mut Province, by: &Official, operation| {
        let mut at = p.at(opened.into());
        p.act(by, |c| {
            c.on_inventory(&mut at, operation);
        })
    };
    let sign = |scan| {
        InventoryOperation::Sign(InventorySign {
            member: 1,
            remark: String::new(),
            scan,
        })
    };
    let rows = vec![counted(1, 1)];
    on(&mut p, &a, InventoryOperation::Count(InventoryCount { rows }));
    let op = on(&mut p, &a, sign(None));
    p.expect_illegal(op, Illegality::NoScan(1));
    let op = on(&mut p, &b, sign(Some([5; 32])));
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
    let op = on(&mut p, &a, sign(Some([5; 32])));
    p.expect_valid(op);
    let view = InventoryView::of(p.history(opened.into()).state()).unwrap();
    assert_eq!(view.stage, InventoryStage::Signed);
    assert_eq!(view.council[0].signatures[0].scan, Some([5; 32]));
}

#[test]
fn a_found_thing_can_be_struck_off_again() {
    let mut c = Counting::of(&[]);
    let officer = c.officer.clone();
    let first = c.act(&officer, found("Fan"));
    let strike = |number| {
        InventoryOperation::Strike(InventoryStrike {
            thing: FoundAt {
                found: OpRef::Id(first),
                number,
            },
            reason: text("ghi hai lần"),
        })
    };
    let op = c.act(&officer, strike(2));
    let unknown = |number| Illegality::NoSuchThing { op: first, number };
    c.p.expect_illegal(op, unknown(2));
    let (member, finance) = (c.sign(&officer, 1), c.finance.clone());
    c.p.expect_valid(member);
    c.sign(&finance, 2);
    c.expect_stage(InventoryStage::Signed);
    let op = c.act(&officer, strike(1));
    c.p.expect_valid(op);
    c.expect_stage(InventoryStage::Counted);
    assert_eq!(c.view().totals().found.lines, 0);
    assert_eq!(c.view().found[0].struck[0].reason, "ghi hai lần");
    let again = c.act(&officer, strike(1));
    c.p.expect_illegal(again, unknown(1));
}

#[test]
fn the_books_are_what_the_unit_holds() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let (own, other) = (p.asset(&a, "House"), p.asset(&b, "Car"));
    let person = p.person(&a, "An");
    let council = || vec![member(&a, CouncilRole::Chair)];
    let open = |p: &mut Province, open: InventoryOpen, links: &[OpId], by: &Official| {
        p.act(by, |c| {
            c.open_inventory(open, None, links);
        })
    };
    let (whole, links) = opening(&p, &a, council(), &[own, other]);
    let op = open(&mut p, whole.clone(), &links, &a);
    p.expect_illegal(op, Illegality::LineNotHeld { line: 2 });
    let mut deeper = whole.clone();
    deeper.lines.truncate(1);
    deeper.lines[0].depth = 1;
    let op = open(&mut p, deeper, &links[..1], &a);
    p.expect_illegal(op, Illegality::LineNotHeld { line: 1 });
    for (asset, link) in [(own, links[1]), (person, person.into())] {
        let (mut one, _) = opening(&p, &a, council(), &[own]);
        one.lines[0].asset = asset;
        let op = open(&mut p, one, &[link], &a);
        let wrong = Illegality::WrongRef {
            index: 1,
            needed: RefNeed::SubjectLink,
        };
        p.expect_illegal(op, wrong);
    }
    let (one, links) = opening(&p, &a, council(), &[own]);
    let op = open(&mut p, one.clone(), &links, &b);
    p.expect_illegal(
        op,
        Illegality::NotAbove {
            unit: a.unit(),
            actor: Some(b.unit()),
        },
    );
    let path = vec![b.unit()];
    let op = open(&mut p, InventoryOpen { path, ..one }, &links, &a);
    p.expect_illegal(op, Illegality::PathMismatch);
}

#[test]
fn what_was_counted_in_good_faith_survives_a_cut_below_it() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&b, "House");
    let ops = p.hand_over(&b, &a, &[asset]);
    let (open, links) = opening(&p, &a, vec![member(&a, CouncilRole::Chair)], &[asset]);
    let opened = p.act(&a, |c| {
        c.open_inventory(open, None, &links);
    });
    p.expect_valid(opened);
    p.cut(&ops);
    p.expect_valid(opened);
}

#[test]
fn an_inventory_that_corrects_another_names_an_approved_one() {
    let mut c = Counting::of(&["House"]);
    let a = c.a.clone();
    c.count(vec![counted(1, 1)]);
    let signed = c.sign(&c.officer.clone(), 1);
    let approved = c.close();
    let open = |c: &mut Counting, approval: OpId, corrects: RecordId| {
        let (mut open, links) = opening(&c.p, &a, vec![member(&a, CouncilRole::Chair)], &c.assets);
        open.corrects = Some(corrects);
        c.p.act(&a, |composer| {
            composer.open_inventory(open, Some(approval), &links);
        })
    };
    let wrong = Illegality::WrongRef {
        index: 1,
        needed: RefNeed::InventoryApproval,
    };
    let first = c.inventory;
    let op = open(&mut c, signed, first);
    c.p.expect_illegal(op, wrong.clone());
    let op = open(&mut c, approved, a.unit());
    c.p.expect_illegal(op, wrong);
    let op = open(&mut c, approved, first);
    c.p.expect_valid(op);
}

#[test]
fn a_cancelled_inventory_is_over() {
    let mut c = Counting::of(&["House"]);
    let officer = c.officer.clone();
    let op = c.act(&officer, cancellation());
    c.p.expect_valid(op);
    c.expect_stage(InventoryStage::Cancelled);
    let op = c.count(vec![counted(1, 1)]);
    c.p.expect_illegal(op, in_stage(InventoryStage::Cancelled));
}

#[test]
fn long_books_go_on_in_the_commit_that_opens_them_and_nowhere_else() {
    let mut p = Province::new();
    let (a, finance) = (p.a.clone(), p.finance.clone());
    let names: Vec<String> = (0..INVENTORY_LINES_MAX + 2).map(|n| format!("Ghế {n}")).collect();
    let mut composer = Composer::new();
    for name in &names {
        composer.register_asset(asset_of(a.unit(), name));
    }
    let assets: Vec<RecordId> = p.commit(&a, composer).into_iter().map(RecordId::from).collect();
    let council = vec![member(&finance, CouncilRole::Chair)];
    let (open, links) = opening(&p, &a, council, &assets);
    let mut composer = Composer::new();
    composer.open_inventory(open.clone(), None, &links);
    let ops = p.commit(&a, composer);
    assert_eq!(ops.len(), 2);
    ops.iter().for_each(|op| p.expect_valid(*op));
    let inventory = RecordId::from(ops[0]);
    let view = |p: &Province| InventoryView::of(p.history(inventory).state()).unwrap();
    let last = view(&p).lines.pop().unwrap();
    assert_eq!((last.line, last.book.asset), (502, assets[501]));

    // Every line is counted, in as many acts as that takes.
    let rows: Vec<CountedLine> = (1..=502).map(|line| counted(line, 1)).collect();
    let mut at = p.at(inventory);
    let mut composer = Composer::new();
    composer.count_inventory(&mut at, &rows);
    let counts = p.commit(&finance, composer);
    assert_eq!(counts.len(), 2);
    counts.iter().for_each(|op| p.expect_valid(*op));
    assert_eq!(view(&p).stage, InventoryStage::Counted);

    // Nobody lists further books later, nor one asset twice.
    let one = p.asset(&a, "Bàn");
    let (more, links) = opening(&p, &a, Vec::new(), &[one]);
    let book = |lines| TypedOperation::Inventory(InventoryOperation::Book(InventoryBook { lines }));
    let mut at = p.at(inventory);
    let mut composer = Composer::new();
    composer.act(&mut at, &book(more.lines), vec![OpRef::Id(links[0])]);
    let later = p.commit(&a, composer)[0];
    p.expect_illegal(later, Illegality::InventoryBook);
    let (twice, links) = opening(&p, &a, open.council.clone(), &[one]);
    let mut composer = Composer::new();
    let mut at = composer.open_inventory(twice.clone(), None, &links);
    composer.act(&mut at, &book(twice.lines), vec![OpRef::Id(links[0])]);
    let ops = p.commit(&a, composer);
    p.expect_valid(ops[0]);
    p.expect_illegal(ops[1], Illegality::InventoryBook);
}

#[test]
fn a_count_of_a_line_that_is_not_there_is_illegal() {
    let mut c = Counting::of(&["House"]);
    let op = c.count(vec![counted(1, 1), counted(2, 1)]);
    c.p.expect_illegal(op, Illegality::NoSuchLine(2));
}

#[test]
fn values_that_the_format_forbids_are_malformed() {
    let refuse = |operation: InventoryOperation| {
        let operation = TypedOperation::Inventory(operation);
        let decoded = decode(&operation.kind(), 1, &operation.body());
        assert!(matches!(decoded, Err(DecodeError::Malformed(_))), "{decoded:?}");
    };
    let open = |change: &dyn Fn(&mut InventoryOpen)| {
        let mut bad = inventory_samples::open();
        change(&mut bad);
        refuse(InventoryOperation::Open(Box::new(bad)));
    };
    open(&|o| o.council.clear());
    open(&|o| o.council[1].role = CouncilRole::Chair);
    open(&|o| o.council[0].role = CouncilRole::Member);
    open(&|o| o.council[1].key = o.council[0].key);
    open(&|o| o.lines.push(o.lines[0].clone()));
    let line = inventory_samples::open().lines;
    for lines in [vec![], [line.clone(), line].concat()] {
        refuse(InventoryOperation::Book(InventoryBook { lines }));
    }
    open(&|o| o.place = text(" "));
    open(&|o| o.extent = InventoryExtent::Whole);
    open(&|o| {
        o.extent = InventoryExtent::List;
        o.place.clear();
        o.lines.clear();
    });
    open(&|o| o.lines[0].depth = 1_000_001);
    open(&|o| o.lines[0].cost = -1);
    let count = |rows| refuse(InventoryOperation::Count(InventoryCount { rows }));
    count(Vec::new());
    count(vec![counted(2, 1), counted(1, 1)]);
    count(vec![counted(1, 1), counted(1, 1)]);
    for state in soxa_records::asset::state::AssetState::ALL {
        let row = CountedLine {
            state: Some(*state),
            ..counted(1, 1)
        };
        if !["in_use", "idle", "surplus", "under_repair", "damaged"].contains(&state.as_str()) {
            count(vec![row]);
        }
    }
    let nothing = FoundThing {
        quantity: Quantity::whole(0),
        ..inventory_samples::found()
    };
    for things in [vec![], vec![nothing]] {
        refuse(InventoryOperation::Found(InventoryFound { things }));
    }
    let settled = Vec::new();
    refuse(InventoryOperation::Settle(InventorySettle { settled }));
}
