//! Inventories against what the ledger holds.

use soxa_ledger::{OpId, RecordId};
use soxa_office::assets::{COLUMNS, Ledger, Plan, Totals, plan};
use soxa_office::problems::Reason;
use soxa_office::{table, workbook};
use soxa_records::asset::{AssetRegister, AssetView};
use soxa_records::custody::{CustodyView, Link};
use soxa_records::measure::LinkId;
use soxa_records::{Field, Written};

use crate::files::{inventory, read};

const COMMUNE: RecordId = RecordId([1; 32]);
const CENTRE: RecordId = RecordId([2; 32]);

/// A ledger with two units.
#[derive(Default)]
struct Held(Vec<(RecordId, AssetView)>);

impl Ledger for Held {
    fn unit(&self, text: &str) -> Result<RecordId, Reason> {
        match text {
            "03847" | "Xã Mường Bú" => Ok(COMMUNE),
            "Trung tâm" => Ok(CENTRE),
            _ => Err(Reason::UnknownUnit {
                value: text.to_owned(),
                near: vec!["Xã Mường Bú".to_owned()],
            }),
        }
    }

    fn assets(&self) -> &[(RecordId, AssetView)] {
        &self.0
    }
}

fn field<T>(value: T) -> Field<T> {
    Field {
        values: vec![Written {
            value,
            op: OpId([0; 32]),
        }],
    }
}

/// The ledger after a plan was carried out.
fn after(plan: &Plan) -> Held {
    let view = |asset: &AssetRegister, record| AssetView {
        code: field(asset.code.clone()),
        name: field(asset.name.clone()),
        category: field(asset.category.clone()),
        quantity: field(asset.quantity),
        measure: field(asset.measure.clone()),
        cost: field(asset.cost),
        residual: asset.residual.map(field).unwrap_or_default(),
        in_use_year: asset.in_use_year.map(field).unwrap_or_default(),
        condition: field(asset.condition.clone()),
        site: field(asset.site.clone()),
        remark: Field::default(),
        custody: CustodyView::resolve(
            [Link {
                link: LinkId::of_registration(record),
                prev: None,
                depth: 0,
                from: None,
                to: asset.unit,
                handover: None,
                ops: vec![record.into()],
            }],
            [],
        ),
    };
    let records = plan.new.iter().map(|(row, asset)| {
        let record = RecordId([u8::try_from(*row).unwrap(); 32]);
        (record, view(asset, record))
    });
    Held(records.collect())
}

fn planned(bytes: &[u8], ledger: &Held, unit: Option<RecordId>) -> Plan {
    let workbook = workbook::read(bytes).unwrap();
    let sheet = table::choose(&workbook, COLUMNS, None).unwrap();
    plan(&table::read(sheet, COLUMNS).unwrap(), ledger, unit)
}

#[test]
fn an_inventory_becomes_registrations_with_control_totals() {
    let planned = planned(&inventory(), &Held::default(), Some(COMMUNE));
    assert!(planned.problems.is_empty(), "{:?}", planned.problems);
    let told: Vec<String> = planned
        .new
        .iter()
        .map(|(row, a)| {
            format!(
                "{row} {} {} {:?} {:?} {}",
                a.code, a.cost, a.residual, a.in_use_year, a.quantity
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
        cost: 4_680_000_500,
        residual: 1_861_000_000,
    };
    assert_eq!((planned.file, planned.added), (totals, totals));
}

#[test]
fn a_second_run_finds_everything_there_and_tells_what_differs() {
    let first = planned(&inventory(), &Held::default(), Some(COMMUNE));
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
        (third.same, third.new.len(), third.new[0].1.code.as_str()),
        (0, 1, "MT-002")
    );
    // The same code in another unit is another asset.
    assert_eq!(planned(changed.as_bytes(), &ledger, Some(CENTRE)).new.len(), 2);
}

#[test]
fn lines_without_a_code_are_known_again_by_all_their_values() {
    let twice = "Tên tài sản;Nguyên giá\nBàn;5.000\nBàn;5.000\n";
    let first = planned(twice.as_bytes(), &Held::default(), Some(COMMUNE));
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
    let planned = planned(bad.as_bytes(), &Held::default(), None);
    let found: Vec<(u32, String, &str)> = planned
        .problems
        .kept
        .iter()
        .map(|p| (p.place.row, p.place.letters(), p.reason.key()))
        .collect();
    let expected = [
        (3, "D", "not_an_amount"),
        (3, "F", "not_a_year"),
        (3, "C", "not_money"),
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
        &Held::default(),
        Some(COMMUNE),
    );
    assert_eq!(planned.problems.kept[0].reason, Reason::MissingColumn);
    assert_eq!(planned.problems.kept[0].place.heading, "cost");
    let sheets = read("Mã;Tên;Tên;Nguyên giá\nB1;Bàn;Bàn;1\n".as_bytes());
    let table = table::read(&sheets.sheets[0], COLUMNS).unwrap();
    assert_eq!(table.problems.kept[0].reason, Reason::ColumnTwice);
}
