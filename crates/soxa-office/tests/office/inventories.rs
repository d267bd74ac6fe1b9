//! Counting sheets: written from an inventory, filled in, read again.

use soxa_lang::Lang;
use soxa_ledger::ids::PublicKey;
use soxa_ledger::{OpId, RecordId};
use soxa_office::inventories::{COLUMNS, CountSheet, Noted, rows};
use soxa_office::plan::Plan;
use soxa_office::write::List;
use soxa_records::asset::state::AssetState;
use soxa_records::inventory::view::{Found, InventoryLine, InventoryView, LineCount, Member};
use soxa_records::inventory::{BookLine, CouncilMember, CouncilRole, InventoryExtent, InventoryStage};
use soxa_records::{Date, LinkId, Quantity};

use crate::make::{COMMUNE, places, planned};

fn line(number: u8, code: &str, quantity: u64) -> InventoryLine {
    InventoryLine {
        line: number.into(),
        book: BookLine {
            asset: RecordId([number; 32]),
            link: LinkId([number; 32]),
            depth: 0,
            code: code.to_owned(),
            name: format!("Tài sản {number}"),
            quantity: Quantity::whole(quantity),
            measure: "cái".to_owned(),
            condition: "tốt".to_owned(),
            state: AssetState::InUse,
            site: "Trụ sở".to_owned(),
            cost: 4_000_000,
            residual: Some(1_000_000),
        },
        counts: Vec::new(),
        late: Vec::new(),
        settled: Vec::new(),
    }
}

/// An inventory of three lines, of which nobody has counted any.
pub fn sheet() -> CountSheet {
    CountSheet {
        record: RecordId([9; 32]),
        view: InventoryView {
            unit: COMMUNE,
            unit_name: "Xã Mường Bú".to_owned(),
            extent: InventoryExtent::Whole,
            place: String::new(),
            as_of: Date::new(2026, 1, 1).unwrap(),
            basis: String::new(),
            corrects: None,
            stage: InventoryStage::Open,
            council: vec![Member {
                member: 1,
                content: CouncilMember {
                    name: "Lò Văn An".to_owned(),
                    post: String::new(),
                    role: CouncilRole::Chair,
                    key: Some(PublicKey([1; 32])),
                },
                signatures: Vec::new(),
            }],
            lines: vec![line(1, "BAN-1", 4), line(2, "MT-1", 1), line(3, "", 2)],
            found: Vec::new(),
            approvals: Vec::new(),
            cancellations: Vec::new(),
        },
    }
}

fn written(sheet: &CountSheet, lang: Lang) -> String {
    let list = List {
        name: "x".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: rows(&sheet.view),
    };
    String::from_utf8(list.csv(lang)).unwrap()
}

/// A sheet with these rows below a heading of its own.
fn filled(text: &str) -> String {
    format!(
        "Dòng;Mã tài sản;Tên tài sản;Số lượng kiểm kê;Hiện trạng khi kiểm kê;Tình trạng sử dụng;Nguyên giá;Ghi chú\n{text}"
    )
}

fn plan_of(sheet: &mut CountSheet, text: &str) -> Plan<Noted> {
    planned(sheet, text.as_bytes(), None)
}

#[test]
fn a_sheet_that_nobody_filled_in_says_nothing() {
    for lang in Lang::ALL {
        let plan = plan_of(&mut sheet(), &written(&sheet(), lang));
        assert!(plan.problems.is_empty(), "{:?}", plan.problems);
        assert_eq!((plan.new.len(), plan.same), (0, 0), "{lang:?}");
    }
}

#[test]
fn counted_lines_and_found_things_are_taken_and_the_rest_left() {
    let text = filled(
        "1;BAN-1;;3;gãy chân;không sử dụng;;thiếu một\n2;MT-1;;;;;;\n3;;;2;;;;\n;;Quạt;2;tốt;;900.000;được tặng\n",
    );
    let plan = plan_of(&mut sheet(), &text);
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    let noted: Vec<&Noted> = plan.new.iter().map(|(_, noted)| noted).collect();
    let [Noted::Line(first), Noted::Line(third), Noted::Thing(fan)] = noted[..] else {
        panic!("{noted:?}");
    };
    assert_eq!(
        (first.line, first.quantity, first.condition.as_str(), first.state),
        (1, Quantity::whole(3), "gãy chân", Some(AssetState::Idle))
    );
    assert_eq!((third.line, third.remark.as_str()), (3, ""));
    assert_eq!((fan.name.as_str(), fan.cost), ("Quạt", 900_000));
    // Three of four desks are worth three quarters of what the book says.
    assert_eq!(
        plan.file.sums,
        [3_000_000 + 4_000_000 + 900_000, 750_000 + 1_000_000, 0]
    );
}

#[test]
fn a_second_time_everything_is_there_and_another_count_is_a_new_one() {
    let mut sheet = sheet();
    sheet.view.lines[0].counts.push(LineCount {
        op: OpId([1; 32]),
        quantity: Quantity::whole(3),
        condition: "gãy chân".to_owned(),
        state: Some(AssetState::Idle),
        remark: String::new(),
        photo: None,
    });
    let things = plan_of(&mut sheet, &filled(";;Quạt;2;tốt;;900.000;\n")).new;
    let Some((_, Noted::Thing(thing))) = things.into_iter().next() else {
        panic!("no thing");
    };
    sheet.view.found.push(Found {
        op: OpId([2; 32]),
        number: 1,
        thing,
        struck: Vec::new(),
        late: false,
        settled: Vec::new(),
    });
    for lang in Lang::ALL {
        let again = written(&sheet, lang);
        let plan = plan_of(&mut sheet, &again);
        assert_eq!((plan.new.len(), plan.same), (0, 2), "{again}");
    }
    let plan = plan_of(&mut sheet, &filled("1;BAN-1;;4;gãy chân;không sử dụng;;\n"));
    assert_eq!((plan.new.len(), plan.same, plan.differences.len()), (1, 0, 0));
    assert_eq!(plan.before.count, 2);
}

#[test]
fn what_cannot_be_is_named_with_its_place() {
    let text = filled(
        "7;;;1;;;;\n1;MT-1;;1;;;;\n2;MT-1;;;mất;;;\n3;;;1;;đã mất;;\n;;;1;;;;\n;;Ghế;;hỏng;;;\n;;Bàn;0;;;;\n2;;;1;;;;\n2;;;1;;;;\n",
    );
    let found = places(&plan_of(&mut sheet(), &text).problems);
    let expected = [
        (2, "A", "no_such_line"),
        (3, "B", "other_than_book"),
        (4, "D", "empty"),
        (5, "F", "not_a_word"),
        (6, "C", "empty"),
        (7, "D", "empty"),
        (8, "D", "not_an_amount"),
        (10, "A", "twice"),
    ];
    let expected: Vec<_> = expected
        .map(|(row, column, why)| (row, column.to_owned(), why))
        .into();
    assert_eq!(found, expected);
}
