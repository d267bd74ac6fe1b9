//! An asset officer's files, with real processes: imported whole or not at all, once however often, and out again.

mod support;

use serde_json::{Value, json};
use soxa_lang::Lang;
use soxa_office::assets::COLUMNS;
use soxa_office::write::{Entry, List};
use soxa_records::{Date, Quantity};

use support::acts::Officer;
use support::program::{Ended, soxa, soxa_signed};

/// Lines of an inventory: more than one commit holds.
const LINES: i64 = 310;

impl Officer {
    fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.province.file(name), bytes).expect("a file of the test");
        self.province.path(name)
    }

    fn run(&self, args: &[&str]) -> Ended {
        soxa(&self.province.node.home, args)
    }

    /// Imports with the officer's key.
    fn import(&self, file: &str, args: &[&str]) -> Ended {
        let key = self.province.path("officer.pem");
        let own = ["import", "assets", file, "--format", "json", "--key", &key];
        soxa_signed(&self.province.node.home, &[&own, args].concat())
    }
}

fn inventory() -> Vec<u8> {
    let row = |number: i64| {
        let of = |column: &str| match column {
            "code" => Entry::Text(format!("MT-{number:04}")),
            "name" => Entry::Text(format!("Máy vi tính số {number}")),
            "unit" => Entry::Text("Xã Mường Bú".to_owned()),
            "quantity" => Entry::Amount(Quantity::whole(1)),
            "cost" => Entry::Sum(15_000_000 + number),
            "residual" => Entry::Sum(number),
            _ => Entry::Empty,
        };
        COLUMNS.iter().map(|column| of(column.name)).collect()
    };
    let list = List {
        name: "Kiểm kê".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: (1..=LINES).map(row).collect(),
    };
    let day = Date::new(2025, 12, 31).expect("a day");
    list.xlsx(Lang::Vi, day).expect("a workbook")
}

fn totals(told: &Value, of: &str) -> (Value, Value, Value) {
    let rows = told["totals"].as_array().expect("totals");
    let row = rows
        .iter()
        .find(|row| row["of"] == of)
        .unwrap_or_else(|| panic!("{of} in {told}"));
    (row["count"].clone(), row["cost"].clone(), row["residual"].clone())
}

#[test]
fn an_inventory_is_imported_whole_and_once_and_comes_out_again() {
    let officer = Officer::appointed(&[]);
    let file = officer.write("kiemke.xlsx", &inventory());
    let cost = LINES * 15_000_000 + LINES * (LINES + 1) / 2;
    let all = (json!(LINES), json!(cost), json!(LINES * (LINES + 1) / 2));
    let none = (json!(0), json!(0), json!(0));

    // A dry run needs no key and signs nothing.
    let dry = officer
        .run(&["import", "assets", &file, "--dry-run", "--format", "json"])
        .with(0)
        .json();
    assert_eq!((&dry["new"], &dry["same"]), (&json!(LINES), &json!(0)));
    assert_eq!(
        (totals(&dry, "file"), totals(&dry, "before")),
        (all.clone(), none.clone())
    );
    assert!(officer.province.node.records("asset").is_empty());

    let told = officer.import(&file, &[]).with(0).json();
    assert_eq!(
        told["stored"].as_array().map(Vec::len),
        Some(2),
        "{}",
        told["stored"]
    );
    assert_eq!(
        (totals(&told, "before"), totals(&told, "after")),
        (none, all.clone())
    );

    // A second run finds everything there.
    let again = officer.import(&file, &[]).with(0).json();
    assert_eq!((&again["new"], &again["same"]), (&json!(0), &json!(LINES)));
    assert_eq!(again["stored"], json!([]));

    // So does an export in each kind; one with a changed value tells it, and changes nothing.
    for name in ["out.xlsx", "out.csv"] {
        let out = officer.province.path(name);
        officer
            .run(&["export", "assets", &out, "--unit", "03847"])
            .with(0);
        let back = officer.import(&out, &[]).with(0).json();
        assert_eq!(
            (&back["new"], &back["same"]),
            (&json!(0), &json!(LINES)),
            "{name}"
        );
        assert_eq!(totals(&back, "file"), all);
    }
    let out = officer.province.path("out.json");
    officer.run(&["export", "assets", &out]).with(0);
    let exported: Value = serde_json::from_slice(&std::fs::read(&out).expect("the export")).expect("JSON");
    assert_eq!(exported["schema"], json!("soxa.export.assets/1"));
    assert_eq!(
        exported["assets"].as_array().map(Vec::len),
        usize::try_from(LINES).ok()
    );
    let changed = officer.write(
        "changed.csv",
        "Mã tài sản;Tên tài sản;Nguyên giá;Đơn vị\nMT-0007;Máy vi tính số 7;16.000.000;Xã Mường Bú\nMT-0999;Máy in;5.000.000;Xã Mường Bú\n".as_bytes(),
    );
    let told = officer.import(&changed, &[]).with(3).json();
    assert_eq!((&told["new"], &told["different"]), (&json!(1), &json!(1)));
    let difference = &told["differences"][0];
    assert_eq!(
        (&difference["row"], &difference["column"]),
        (&json!(2), &json!("cost"))
    );
    assert_eq!(
        (&difference["file"], &difference["ledger"]),
        (&json!("16000000"), &json!("15000007"))
    );
    officer.daemon.stop();
}

#[test]
fn while_one_line_is_wrong_nothing_is_signed_and_each_problem_has_its_place() {
    let officer = Officer::appointed(&[]);
    let bad = officer.write(
        "bad.csv",
        "Mã;Tên tài sản;Nguyên giá;Đơn vị\nB1;Bàn;1.500.000;Xã Mường Bú\nB2;Ghế;nhiều;Xã Mường Pú\nB1;Tủ;5;3847\n".as_bytes(),
    );
    let copy = officer.province.path("bad-copy.xlsx");
    let told = officer.import(&bad, &["--annotated", &copy]).with(1);
    assert!(told.said.contains("problems: 3"), "{}", told.said);
    let problems = told.json()["problems"].clone();
    let place = |at: usize| {
        (
            problems[at]["row"].clone(),
            problems[at]["column"].clone(),
            problems[at]["reason"].clone(),
        )
    };
    assert_eq!(place(0), (json!(3), json!("C"), json!("not_money")));
    assert_eq!(place(1), (json!(3), json!("D"), json!("unknown_unit_near")));
    // Excel took the zero from the unit's code; the code of the asset is another matter.
    assert_eq!(place(2), (json!(4), json!("A"), json!("twice")));
    assert!(officer.province.node.records("asset").is_empty());
    let shown = officer.run(&["import", "assets", &bad, "--dry-run"]).with(1);
    assert!(
        shown.told.contains("Xã Mường Bú"),
        "what comes near is named: {}",
        shown.told
    );
    let marked = soxa_office::workbook::read(&std::fs::read(&copy).expect("the copy")).expect("a workbook");
    let reasons = marked.sheets[0].rows[2]
        .cells
        .last()
        .map(|(_, cell)| cell.text())
        .unwrap_or_default();
    assert!(
        reasons.contains("«nhiều»") && reasons.contains("Mường Bú"),
        "{reasons}"
    );

    for (name, bytes, part) in [
        ("macros.xlsx", b"PK\x03\x04broken".as_slice(), "damaged"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        ("notes.csv", b"Month;Words\n1;2\n", "soxa export template assets"),
    ] {
        let file = officer.write(name, bytes);
        let refused = officer.import(&file, &[]).with(1);
        assert!(refused.said.contains(part), "{name}: {}", refused.said);
    }
    officer.daemon.stop();
}

#[test]
fn a_template_can_be_filled_in() {
    let officer = Officer::appointed(&[]);
    let file = officer.province.path("mau.xlsx");
    officer.run(&["export", "template", "assets", &file]).with(0);
    let read = soxa_office::workbook::read(&std::fs::read(&file).expect("the template")).expect("a workbook");
    assert_eq!(read.sheets[0].rows[0].cells.len(), COLUMNS.len());
    let usage = officer
        .run(&["export", "assets", &officer.province.path("list.doc")])
        .with(2);
    assert!(usage.said.contains(".xlsx"), "{}", usage.said);
    officer.daemon.stop();
}
