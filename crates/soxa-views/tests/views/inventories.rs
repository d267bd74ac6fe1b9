//! Inventories: which are open, what differs, what is not settled.

use soxa_ledger::RecordId;
use soxa_records::asset::state::AssetState;
use soxa_records::inventory::view::{Approval, Found, InventoryLine, InventoryView, LineCount};
use soxa_records::inventory::{BookLine, FoundThing, InventoryExtent, InventoryStage};
use soxa_records::{LinkId, Quantity};
use soxa_views::inventories::inventories;
use soxa_views::{Amount, Base, By, Group, Name, Report};

use crate::make::{check, day, id, line, on, op};

/// A line of four pieces for 400 đồng of which so many were counted.
fn counted(number: u32, counts: &[u64]) -> InventoryLine {
    let count = |(at, pieces): (u32, &u64)| LineCount {
        op: op(number * 10 + at),
        quantity: Quantity::whole(*pieces),
        condition: String::new(),
        state: None,
        remark: String::new(),
        photo: None,
    };
    InventoryLine {
        line: number,
        book: BookLine {
            asset: id(6, number),
            link: LinkId([0; 32]),
            depth: 0,
            code: String::new(),
            name: "Ghế".to_owned(),
            quantity: Quantity::whole(4),
            measure: String::new(),
            condition: String::new(),
            state: AssetState::InUse,
            site: String::new(),
            cost: 400,
            residual: None,
        },
        counts: (0..).zip(counts).map(count).collect(),
        late: Vec::new(),
        settled: Vec::new(),
    }
}

fn fan(settled: &[RecordId]) -> Found {
    Found {
        op: op(900),
        number: 1,
        thing: FoundThing {
            code: String::new(),
            name: "Quạt cây".to_owned(),
            category: String::new(),
            quantity: Quantity::whole(1),
            measure: String::new(),
            cost: 900,
            condition: String::new(),
            site: String::new(),
            remark: String::new(),
            photo: None,
        },
        struck: Vec::new(),
        late: false,
        settled: settled.iter().map(|asset| (*asset, op(901))).collect(),
    }
}

fn inventory(unit: u32, as_of: &str, stage: InventoryStage, lines: Vec<InventoryLine>) -> InventoryView {
    let approved = stage == InventoryStage::Approved;
    let approval = Approval {
        op: op(800),
        person: String::new(),
        at: soxa_ledger::Time(0),
        date: day(as_of),
        conclusion: String::new(),
    };
    InventoryView {
        unit: id(1, unit),
        unit_name: "Xã".to_owned(),
        extent: InventoryExtent::Whole,
        place: String::new(),
        as_of: day(as_of),
        basis: String::new(),
        corrects: None,
        stage,
        council: Vec::new(),
        lines,
        found: Vec::new(),
        approvals: approved.then_some(approval).into_iter().collect(),
        cancellations: Vec::new(),
    }
}

fn told(asked: &soxa_views::Asked, all: &[(RecordId, InventoryView)]) -> Report {
    inventories(asked, all.to_vec())
}

#[test]
fn differences_are_counted_once_and_those_that_nobody_settled_are_named() {
    use InventoryStage::{Approved, Cancelled, Open};
    let mut settled = counted(4, &[0]);
    settled.settled = vec![op(1)];
    let lines = vec![counted(1, &[4]), counted(2, &[1]), counted(3, &[5]), settled];
    let mut first = inventory(0, "2026-01-01", Approved, lines);
    first.found = vec![fan(&[]), fan(&[id(6, 9)])];
    let open = inventory(1, "2026-02-01", Open, vec![counted(1, &[]), counted(2, &[3, 4])]);
    let early = inventory(1, "2025-01-01", Approved, vec![counted(1, &[0])]);
    let given_up = inventory(0, "2026-01-05", Cancelled, vec![counted(1, &[0])]);
    let mut all = vec![
        (id(9, 1), first),
        (id(9, 2), open),
        (id(9, 3), early),
        (id(9, 4), given_up),
    ];
    let mut asked = on("2026-02-15");
    asked.period.from = Some(day("2026-01-01"));
    let report = told(&asked, &all);
    for (name, base, count) in [
        (Name::Inventories, Base::Inventories, 3),
        (Name::InventoriesOpen, Base::Inventories, 1),
        (Name::InventoriesApproved, Base::Inventories, 1),
        (Name::InventoriesCancelled, Base::Inventories, 1),
        (Name::InventoriesCorrected, Base::Inventories, 0),
        (Name::BookLines, Base::InventoryLines, 6),
        (Name::Uncounted, Base::InventoryLines, 1),
        (Name::CountedDifferently, Base::InventoryLines, 1),
        (Name::CountedShort, Base::InventoryLines, 2),
        (Name::CountedOver, Base::InventoryLines, 1),
        (Name::FoundThings, Base::Inventories, 2),
        (Name::Unsettled, Base::InventoriesApproved, 3),
    ] {
        check(&report, name, base, Amount::Count(count));
    }
    for (name, base, dong) in [
        (Name::CostShort, Base::InventoryLines, 700),
        (Name::CostOver, Base::InventoryLines, 100),
        (Name::CostFound, Base::Inventories, 1_800),
    ] {
        check(&report, name, base, Amount::Dong(dong));
    }
    let unsettled = report.figure(Name::Unsettled, Base::InventoriesApproved).unwrap();
    let says: Vec<_> = unsettled
        .behind
        .iter()
        .map(|behind| behind.says.as_str())
        .collect();
    assert_eq!(says, ["2", "3", "Quạt cây"]);
    assert_eq!(
        line(&report, By::Unit, &Group::Unit(id(1, 1)))[..3],
        [2, 1, 1].map(Amount::Count)
    );
    assert_eq!(
        line(&report, By::InventoryStage, &Group::Word("approved")),
        [Amount::Count(1)]
    );

    // What another one mends is told beside it, and no difference counts twice.
    let mut mends = inventory(0, "2026-01-20", Approved, vec![counted(1, &[4])]);
    mends.corrects = Some(id(9, 1));
    all.push((id(9, 5), mends));
    let report = told(&asked, &all);
    check(
        &report,
        Name::InventoriesCorrected,
        Base::Inventories,
        Amount::Count(1),
    );
    check(
        &report,
        Name::CountedShort,
        Base::InventoryLines,
        Amount::Count(0),
    );
    check(&report, Name::BookLines, Base::InventoryLines, Amount::Count(3));
    asked.area = Some([id(1, 1)].into());
    check(
        &told(&asked, &all),
        Name::Inventories,
        Base::Inventories,
        Amount::Count(1),
    );
}
