//! Inventories against what the ledger holds.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use soxa_lang::Lang;
use soxa_ledger::RecordId;
use soxa_office::assets::{Assets, Beside, COLUMNS, Categories, NewAsset, row};
use soxa_office::plan::Totals;
use soxa_office::problems::{Problem, Reason};
use soxa_office::write::{List, template};
use soxa_office::{annotate, table, workbook};
use soxa_records::asset::{AssetRegister, AssetSet, AssetView, Class, Cost, Sources};
use soxa_records::{CanonicalState, Date, Quantity, RecordKind};

use crate::files::{inventory, read};
use crate::make::{self, CENTRE, COMMUNE, field, held_by, places};

type Plan = soxa_office::plan::Plan<NewAsset>;

/// One category is published.
pub struct Published;

impl Categories for Published {
    fn class(&self, text: &str) -> Result<Class, Reason> {
        match text {
            "TT141/2025 0503" | "0503" => Ok(class()),
            other => Err(Reason::UnknownCategory {
                value: other.to_owned(),
                near: vec!["TT141/2025 0503".to_owned()],
            }),
        }
    }
}

fn class() -> Class {
    Class {
        regime: "TT141/2025".to_owned(),
        code: "0503".to_owned(),
        from: day("2026-01-01"),
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The ledger after a plan was carried out.
fn after(plan: &Plan) -> Ledger {
    let nothing = AssetView::of(&CanonicalState {
        kind: Some(RecordKind::Asset),
        ..CanonicalState::default()
    })
    .unwrap();
    let text = |text: Option<&String>| text.cloned().map(field).unwrap_or_default();
    let view = |NewAsset {
                    register: asset,
                    paper,
                }: &NewAsset,
                record| AssetView {
        code: field(asset.code.clone()),
        name: field(asset.name.clone()),
        category: field(asset.category.clone()),
        quantity: field(asset.quantity),
        measure: field(asset.measure.clone()),
        cost: field(asset.cost.total()),
        residual: asset
            .residual
            .map(|stated| field(stated.dong))
            .unwrap_or_default(),
        residual_on: asset
            .residual
            .and_then(|stated| stated.on)
            .map(field)
            .unwrap_or_default(),
        cost_budget: asset
            .cost
            .sources()
            .map(|sources| field(sources.budget))
            .unwrap_or_default(),
        cost_other: asset
            .cost
            .sources()
            .map(|sources| field(sources.other))
            .unwrap_or_default(),
        in_use_year: asset.in_use_year.map(field).unwrap_or_default(),
        condition: field(asset.condition.clone()),
        site: field(asset.site.clone()),
        classes: asset.class.iter().cloned().collect(),
        papers: paper.iter().cloned().collect(),
        remark: text(said(asset, "remark")),
        maker: text(said(asset, "maker")),
        serial: text(said(asset, "serial")),
        department: text(said(asset, "department")),
        purchased: asset
            .card
            .iter()
            .find_map(|one| match one {
                AssetSet::Purchased(day) => Some(field(*day)),
                _ => None,
            })
            .unwrap_or_default(),
        floor_area: asset
            .card
            .iter()
            .find_map(|one| match one {
                AssetSet::FloorArea(area) => Some(field(*area)),
                _ => None,
            })
            .unwrap_or_default(),
        custody: held_by(record, asset.unit),
        ..nothing.clone()
    };
    let records = plan.new.iter().map(|(row, asset)| {
        let record = RecordId([u8::try_from(*row).unwrap(); 32]);
        (record, view(asset, record))
    });
    records.collect()
}

/// A text of a card.
fn said<'a>(asset: &'a AssetRegister, wanted: &str) -> Option<&'a String> {
    asset.card.iter().find_map(|one| match one {
        AssetSet::Remark(text)
        | AssetSet::Maker(text)
        | AssetSet::Serial(text)
        | AssetSet::Department(text) => (one.field() == wanted).then_some(text),
        _ => None,
    })
}

/// The assets that a ledger holds.
type Ledger = Vec<(RecordId, AssetView)>;

fn planned(bytes: &[u8], ledger: &Ledger, unit: Option<RecordId>) -> Plan {
    make::planned(&mut Assets::of(ledger.clone(), Box::new(Published)), bytes, unit)
}

#[test]
fn an_inventory_becomes_registrations_with_control_totals() {
    let planned = planned(&inventory(), &Vec::new(), Some(COMMUNE));
    assert!(planned.problems.is_empty(), "{:?}", planned.problems);
    let told: Vec<String> = planned
        .new
        .iter()
        .map(|(row, new)| (row, &new.register))
        .map(|(row, a)| {
            format!(
                "{row} {} {} {:?} {:?} {}",
                a.code,
                a.cost.total(),
                a.residual.map(|stated| stated.dong),
                a.in_use_year,
                a.quantity
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "9 NHA-001 3650000000 Some(1825000000) Some(2012) 420.5",
            "10 NHA-002 850000500 Some(0) Some(2014) 120",
            "12 MT-001 180000000 Some(36000000) Some(2021) 12",
        ]
    );
    let totals = Totals {
        count: 3,
        sums: [4_680_000_500, 1_861_000_000, 2_819_000_500],
        ..Totals::default()
    };
    assert_eq!((&planned.file, &planned.added), (&totals, &totals));
}

#[test]
fn a_second_run_finds_everything_there_and_tells_what_differs() {
    let first = planned(&inventory(), &Vec::new(), Some(COMMUNE));
    let ledger = after(&first);
    let second = planned(&inventory(), &ledger, Some(COMMUNE));
    assert_eq!(
        (second.new.len(), second.same, second.differences.len()),
        (0, 3, 0)
    );
    assert_eq!((second.file, second.added), (first.file, Totals::default()));
    let changed = "Mã;Tên tài sản;Nguyên giá;Tình trạng\nMT-001;Máy vi tính để bàn;180.000.000;Hỏng\nMT-002;Máy in;5.000.000;\n";
    let third = planned(changed.as_bytes(), &ledger, Some(COMMUNE));
    let told: Vec<(u32, &str, &str, &str)> = third
        .differences
        .iter()
        .map(|d| (d.row, d.column, d.file.as_str(), d.ledger.as_str()))
        .collect();
    assert_eq!(told, [(2, "condition", "Hỏng", "Đang sử dụng")]);
    assert_eq!(
        (third.same, third.new.len(), third.new[0].1.register.code.as_str()),
        (0, 1, "MT-002")
    );
    // The same code in another unit is another asset.
    assert_eq!(planned(changed.as_bytes(), &ledger, Some(CENTRE)).new.len(), 2);
}

#[test]
fn lines_without_a_code_are_known_again_by_all_their_values() {
    let twice = "Tên tài sản;Nguyên giá\nBàn;5.000\nBàn;5.000\n";
    let first = planned(twice.as_bytes(), &Vec::new(), Some(COMMUNE));
    assert_eq!(first.new.len(), 2);
    let ledger = after(&first);
    assert_eq!(planned(twice.as_bytes(), &ledger, Some(COMMUNE)).same, 2);
    let more = format!("{twice}Bàn;5.000\nBàn;6.000\n");
    let again = planned(more.as_bytes(), &ledger, Some(COMMUNE));
    assert_eq!((again.same, again.new.len()), (2, 2));
}

#[test]
fn every_problem_has_its_place_and_reason() {
    let bad = "Mã;Tên tài sản;Nguyên giá;Số lượng;Đơn vị;Năm sử dụng\n\
               B1;Bàn;5.000;1;Xã Mường Bú;2019\n\
               B1;Ghế;x;hai;Xã Mường Bu;19\n\
               B3;;;1;;2019\n\
               B1;Tủ;5.000;1;03847;2019\n";
    let planned = planned(bad.as_bytes(), &Vec::new(), None);
    let found = places(&planned.problems);
    let expected = [
        (3, "D", "not_an_amount"),
        (3, "C", "not_money"),
        (3, "F", "not_a_year"),
        (3, "E", "unknown_unit_near"),
        (4, "B", "empty"),
        (4, "C", "empty"),
        (4, "E", "no_unit"),
        (5, "A", "twice"),
    ];
    assert_eq!(
        found,
        expected.map(|(row, letters, key)| (row, letters.to_owned(), key))
    );
    assert_eq!(
        planned.problems.kept[7].reason,
        Reason::Twice {
            value: "B1".to_owned(),
            row: 2
        }
    );
}

#[test]
fn a_table_without_what_every_line_needs_is_refused_as_a_whole() {
    let planned = planned(
        "Mã;Tên;Số lượng\nB1;Bàn;1\n".as_bytes(),
        &Vec::new(),
        Some(COMMUNE),
    );
    assert_eq!(planned.problems.kept[0].reason, Reason::MissingColumn);
    assert_eq!(planned.problems.kept[0].place.heading, "cost");
    let sheets = read("Mã;Tên;Tên;Nguyên giá\nB1;Bàn;Bàn;1\n".as_bytes());
    let table = table::read(&sheets.sheets[0], COLUMNS).unwrap();
    assert_eq!(table.problems.kept[0].reason, Reason::ColumnTwice);
}

fn alone(register: AssetRegister) -> NewAsset {
    NewAsset {
        register,
        paper: None,
    }
}

/// A card as offices keep it: the cost by source under one heading, country and serial number in one cell.
const CARDS: &str = "Mã;Tên tài sản;Loại tài sản;Mã loại theo quy định;Nguyên giá ngân sách;Nguyên giá nguồn khác;Hao mòn lũy kế;\
     Nước SX – số sê-ri;Ngày mua;Diện tích sàn (m²);Bộ phận sử dụng;Hồ sơ pháp lý;Ghi chú\n\
     MT-01;Máy vi tính;máy bàn;0503;12.000.000;3.000.000;6.000.000;Việt Nam – S/N 123;20/11/2023;;Văn phòng;;mới\n\
     NHA-01;Nhà văn hóa;;;900.000.000;;;;;360,5;;Quyết định 12/QĐ-UBND;\n";

#[test]
fn a_line_is_a_whole_card() {
    let planned = planned(CARDS.as_bytes(), &Vec::new(), Some(COMMUNE));
    assert!(planned.problems.is_empty(), "{:?}", planned.problems);
    let [(_, computer), (_, house)] = planned.new.as_slice() else {
        panic!("{:?}", planned.new);
    };
    let expected = AssetRegister {
        code: "MT-01".to_owned(),
        category: "máy bàn".to_owned(),
        residual: Some(9_000_000.into()),
        class: Some(class()),
        card: vec![
            AssetSet::Department("Văn phòng".to_owned()),
            AssetSet::Maker("Việt Nam".to_owned()),
            AssetSet::Purchased(day("2023-11-20")),
            AssetSet::Remark("mới".to_owned()),
            AssetSet::Serial("S/N 123".to_owned()),
        ],
        ..AssetRegister::new(
            COMMUNE,
            "Máy vi tính",
            Cost::BySource(Sources {
                budget: 12_000_000,
                other: 3_000_000,
            }),
        )
    };
    assert_eq!(computer.register, expected);
    assert_eq!(house.register.cost.total(), 900_000_000);
    assert_eq!(
        house.register.card,
        [AssetSet::FloorArea("360.5".parse().unwrap())]
    );
    let paper = house.paper.as_ref().map(|paper| paper.form.as_str());
    assert_eq!(paper, Some("Quyết định 12/QĐ-UBND"));
    assert_eq!(planned.added.sums, [915_000_000, 9_000_000, 6_000_000]);
}

#[test]
fn a_second_run_finds_whole_cards_there() {
    let first = planned(CARDS.as_bytes(), &Vec::new(), Some(COMMUNE));
    let ledger = after(&first);
    let second = planned(CARDS.as_bytes(), &ledger, Some(COMMUNE));
    assert_eq!(
        (second.new.len(), second.same),
        (0, 2),
        "{:?}",
        second.differences
    );
    check_round_trip_of(&ledger).unwrap();
}

#[test]
fn sums_that_disagree_and_unknown_categories_are_refused() {
    let bad = "Mã;Tên tài sản;Nguyên giá;Ngân sách;Nguồn khác;Giá trị còn lại;Hao mòn lũy kế;Mã loại theo quy định\n\
               B1;Bàn;5.000;3.000;2.000;4.000;1.000;0503\n\
               B2;Bàn;5.000;3.000;1.000;4.000;;\n\
               B3;Bàn;5.000;;;4.000;2.000;\n\
               B4;Bàn;5.000;;;;;0504\n\
               B5;Bàn;5.000;;;50.000;;\nB6;Bàn;5.000;;;;6.000;\nB7;Bàn;x;;;5;;\n";
    let planned = planned(bad.as_bytes(), &Vec::new(), Some(COMMUNE));
    let expected = [
        (3, "C", "sum_differs"),
        (4, "F", "sum_differs"),
        (5, "H", "unknown_category_near"),
        (6, "F", "more_than_cost"),
        (7, "G", "more_than_cost"),
        (8, "C", "not_money"),
    ];
    assert_eq!(
        places(&planned.problems),
        expected.map(|(row, letters, key)| (row, letters.to_owned(), key))
    );
}

#[test]
fn a_dash_says_nothing() {
    let lines = "Mã;Tên tài sản;Số lượng;Nguyên giá;Giá trị còn lại;Năm sử dụng;Tình trạng\n\
                 B1;Bàn;-;5.000;–;-;—\nB2;Ghế;1;-;;;\n";
    let planned = planned(lines.as_bytes(), &Vec::new(), Some(COMMUNE));
    assert_eq!(places(&planned.problems), [(3, "D".to_owned(), "empty")]);
    let [(_, table)] = planned.new.as_slice() else {
        panic!("{:?}", planned.new);
    };
    let table = &table.register;
    assert_eq!((table.residual, table.in_use_year), (None, None));
    assert_eq!(
        (table.quantity, table.condition.as_str()),
        (Quantity::whole(1), "")
    );
}

#[test]
fn the_day_of_residual_values_is_that_of_the_line_or_of_the_command() {
    let lines = "Tên tài sản;Nguyên giá;Giá trị còn lại;Giá trị còn lại tính đến ngày\n\
                 Bàn;5.000;4.000;31/12/2024\nGhế;5.000;4.000;\n";
    let mut assets = Assets::of(Vec::new(), Box::new(Published)).with_residual_on(Some(day("2025-06-30")));
    let planned = make::planned(&mut assets, lines.as_bytes(), Some(COMMUNE));
    let days: Vec<_> = planned
        .new
        .iter()
        .map(|(_, new)| new.register.residual.unwrap().on)
        .collect();
    assert_eq!(days, [Some(day("2024-12-31")), Some(day("2025-06-30"))]);
}

/// What the export of a ledger holds is there when it is imported again, as a workbook and as CSV, in both languages.
fn check_round_trip(assets: &[AssetRegister]) -> Result<(), TestCaseError> {
    let plan = Plan {
        new: (1_u32..).zip(assets.iter().cloned().map(alone)).collect(),
        ..Plan::default()
    };
    check_round_trip_of(&after(&plan))
}

fn check_round_trip_of(ledger: &Ledger) -> Result<(), TestCaseError> {
    let beside = Beside {
        unit_code: "03847",
        unit: "Xã Mường Bú",
        category: None,
    };
    let rows = ledger.iter().map(|(_, view)| row(view, &beside));
    let list = List {
        name: "Tài sản".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
    };
    let day = Date::new(2025, 11, 15).unwrap();
    for lang in Lang::ALL {
        for bytes in [list.xlsx(lang, day).unwrap(), list.csv(lang)] {
            let again = planned(&bytes, ledger, None);
            prop_assert!(again.problems.is_empty(), "{:?}", again.problems);
            prop_assert_eq!(&again.differences, &[]);
            prop_assert_eq!((again.same, again.new.len()), (ledger.len() as u64, 0));
        }
    }
    Ok(())
}

/// Code, name, condition, sums, year and site as they are drawn.
type Drawn = (
    Option<String>,
    String,
    String,
    (u64, i64, Option<i64>),
    Option<u16>,
    String,
);

fn assets() -> impl Strategy<Value = Vec<AssetRegister>> {
    const WORDS: [&str; 14] = [
        "Bàn",
        "ghế",
        "máy tính",
        "Nhà làm việc",
        "xã Mường Bú",
        "ô tô",
        "Tủ",
        "điều hòa",
        "=1+1",
        "-5%",
        "120 m²",
        "\"ngoặc\"",
        "a;b,c",
        "@Đèn",
    ];
    let text =
        || prop::collection::vec(prop::sample::select(&WORDS[..]), 1..4).prop_map(|words| words.join(" "));
    let asset = (
        prop::option::of("[=+@A-Z]{1,3}[0-9]{1,4}"),
        text(),
        text(),
        (
            0_u64..10_000_000,
            0_i64..(1 << 53),
            prop::option::of(0_i64..(1 << 53)),
        ),
        prop::option::of(1900_u16..2100),
        text(),
    );
    let register =
        |(code, name, condition, (thousandths, cost, residual), in_use_year, site): Drawn| AssetRegister {
            code: code.unwrap_or_default(),
            quantity: Quantity { thousandths },
            measure: "m²".to_owned(),
            residual: residual.map(|residual| residual.min(cost).into()),
            in_use_year,
            condition,
            site,
            ..AssetRegister::new(COMMUNE, &name, cost)
        };
    prop::collection::vec(asset.prop_map(register), 1..6).prop_map(|mut all| {
        let mut codes = std::collections::BTreeSet::new();
        all.retain(|asset| asset.code.is_empty() || codes.insert(asset.code.clone()));
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_exported_is_there_when_it_is_imported_again(assets in assets()) {
        check_round_trip(&assets)?;
    }
}

#[test]
fn a_template_is_read_as_a_table_without_lines() {
    let bytes = template(Lang::Vi, "Tài sản", COLUMNS, Date::new(2025, 11, 15).unwrap()).unwrap();
    let workbook = workbook::read(&bytes).unwrap();
    assert_eq!(workbook.sheets.len(), 2);
    let table = table::read(table::choose(&workbook, COLUMNS, None).unwrap(), COLUMNS).unwrap();
    assert!(table.problems.is_empty() && table.lines.is_empty(), "{table:?}");
    assert_eq!(table.header.score(), COLUMNS.len());
}

#[test]
fn the_annotated_copy_shows_each_reason_behind_its_row() {
    let bad = "Mã;Tên tài sản;Nguyên giá\nB1;Bàn;5.000\nB2;Ghế;x\nB3;;7\n";
    let workbook = read(bad.as_bytes());
    let problems = planned(bad.as_bytes(), &Vec::new(), Some(COMMUNE)).problems;
    let day = Date::new(2025, 11, 15).unwrap();
    let say = |problem: &Problem| format!("! {}", problem.reason.key());
    let copy = read(&annotate::copy(&workbook, &problems, say, Lang::En, day).unwrap());
    let texts = |row: usize| -> Vec<String> {
        copy.sheets[0].rows[row]
            .cells
            .iter()
            .map(|(_, cell)| cell.text())
            .collect()
    };
    assert_eq!(texts(1), ["B1", "Bàn", "5.000", "Problems"]);
    assert_eq!(texts(2), ["B2", "Ghế", "x", "! not_money"]);
    assert_eq!(texts(3), ["B3", "7", "! empty"]);
}
