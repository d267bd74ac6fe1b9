//! One operation of every kind on inventories, in the order of the golden vectors.

use soxa_ledger::ids::{OpId, PublicKey};
use soxa_ledger::operation::OpRef;
use soxa_records::asset::state::AssetState;
use soxa_records::inventory::*;
use soxa_records::{LinkId, Quantity};

use crate::bodies::{day, id, text};

pub fn open() -> InventoryOpen {
    let member = |name: &str, post: &str, role, key: Option<u8>| CouncilMember {
        name: text(name),
        post: text(post),
        role,
        key: key.map(|n| PublicKey([n; 32])),
    };
    InventoryOpen {
        unit: id(2),
        path: vec![id(1)],
        unit_name: text("Xã Mường Bú"),
        extent: InventoryExtent::Site,
        place: text("Mường Chùm"),
        as_of: day(2026, 1, 1),
        basis: text("QĐ 213"),
        corrects: Some(id(6)),
        council: vec![
            member("Lò Văn An", "Phó Chủ tịch", CouncilRole::Chair, Some(7)),
            member("Cầm Thị Bình", "", CouncilRole::Secretary, None),
        ],
        lines: vec![BookLine {
            asset: id(4),
            link: LinkId([4; 32]),
            depth: 0,
            code: text("MT-01"),
            name: text("Máy tính"),
            quantity: Quantity::whole(2),
            measure: text("cái"),
            condition: text("tốt"),
            state: AssetState::InUse,
            site: text("Mường Chùm"),
            cost: 30_000_000,
            residual: Some(6_000_000),
        }],
    }
}

pub fn counted() -> CountedLine {
    CountedLine {
        line: 1,
        quantity: Quantity::whole(1),
        condition: text("xước"),
        state: Some(AssetState::Idle),
        remark: String::new(),
        photo: Some([8; 32]),
    }
}

pub fn found() -> FoundThing {
    FoundThing {
        code: String::new(),
        name: text("Quạt"),
        category: text("thiết bị"),
        quantity: Quantity::whole(3),
        measure: text("cái"),
        cost: 900_000,
        condition: text("tốt"),
        site: text("Hội trường"),
        remark: text("được tặng"),
        photo: None,
    }
}

fn thing() -> FoundAt {
    FoundAt {
        found: OpRef::Id(OpId([9; 32])),
        number: 1,
    }
}

pub fn inventories() -> [InventoryOperation; 9] {
    [
        InventoryOperation::Open(Box::new(open())),
        InventoryOperation::Book(InventoryBook { lines: open().lines }),
        InventoryOperation::Count(InventoryCount {
            rows: vec![counted()],
        }),
        InventoryOperation::Found(InventoryFound {
            things: vec![found()],
        }),
        InventoryOperation::Strike(InventoryStrike {
            thing: thing(),
            reason: text("ghi hai lần"),
        }),
        InventoryOperation::Sign(InventorySign {
            member: 2,
            remark: text("đồng ý"),
            scan: Some([5; 32]),
        }),
        InventoryOperation::Approve(InventoryApprove {
            date: day(2026, 1, 15),
            conclusion: text("KL 01"),
        }),
        InventoryOperation::Cancel(InventoryCancel {
            reason: text("lập lại"),
        }),
        InventoryOperation::Settle(InventorySettle {
            settled: vec![SettledOf::Line(1), SettledOf::Found(thing())],
        }),
    ]
}
