//! An asset officer's files, with real processes: imported whole or not at all, once however often, and out again.

mod support;

use serde_json::{Value, json};
use soxa_lang::Lang;
use soxa_office::assets::COLUMNS;
use soxa_office::write::{Entry, List};
use soxa_records::{Date, Quantity};

use support::acts::Officer;
use support::program::{Ended, soxa, soxa_signed};
use support::province::Province;

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
fn a_list_of_staff_is_imported_with_posts_and_comes_out_by_given_name() {
    let officer = Officer::appointed(&[]);
    let posts = officer.write(
        "vitri.csv",
        "Mã vị trí;Tên vị trí việc làm;Lĩnh vực;Đứng đầu;Đối tượng;Năm;Biên chế\n\
         GD;Giám đốc;quản lý;x;;;\nVH-1;Viên chức văn hóa;văn hóa;;;;\n;;;;VC;2026;11\n"
            .as_bytes(),
    );
    let people = officer.write(
        "canbo.csv",
        "STT;Họ và tên;Ngày sinh;Đối tượng;Ngạch;Chức vụ;Số CCCD\n\
         1;Quàng Văn Ước;15/11/1979;VC;V.10;Viên chức văn hóa;014079000001\n\
         2;Lò Thị Ánh;1985;Công chức;;Giám đốc;014085000002\n3;Cà Văn Mới;1999;NLĐ;;;\n"
            .as_bytes(),
    );
    let run = |args: &[&str]| {
        let own = ["--unit", "03847", "--format", "json"];
        officer.province.sign("giver.pem", &[args, &own].concat())
    };
    // Nobody can hold a post that there is not.
    let early = run(&["import", "persons", &people, "--from", "2026-01-05"]).with(1);
    assert_eq!(early.json()["problems"][0]["reason"], json!("unknown_post"));
    let rosters = run(&["import", "roster", &posts]).with(0);
    assert!(rosters.said.contains("post: Giám đốc"), "{}", rosters.said);
    let rosters = rosters.json();
    assert_eq!(
        (&rosters["new"], totals(&rosters, "after").0),
        (&json!(3), json!(3))
    );
    assert_eq!(
        run(&["import", "roster", &posts]).with(0).json()["same"],
        json!(3)
    );

    let told = run(&["import", "persons", &people, "--from", "2026-01-05"]).with(0);
    assert!(told.said.contains("Số CCCD"), "left out, and said: {}", told.said);
    assert!(
        told.said.contains("post: VH-1 Viên chức văn hóa"),
        "{}",
        told.said
    );
    assert_eq!(told.json()["stored"].as_array().map(Vec::len), Some(1));
    let again = run(&["import", "persons", &people, "--from", "2026-01-05"])
        .with(0)
        .json();
    assert_eq!((&again["new"], &again["same"]), (&json!(0), &json!(3)));
    let told = told.json();
    for person in told["stored"][0]["created"].as_array().into_iter().flatten() {
        let id = person.as_str().expect("an id");
        let log = officer.run(&["log", id, "--format", "json"]).with(0);
        assert!(
            !log.told.contains("014079000001"),
            "an identity number in the ledger"
        );
    }

    let out = officer.province.path("out.csv");
    officer
        .run(&["export", "persons", &out, "--unit", "03847"])
        .with(0);
    let written = std::fs::read_to_string(&out).expect("the export");
    let names: Vec<&str> = written
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(names, ["Lò Thị Ánh", "Cà Văn Mới", "Quàng Văn Ước"]);
    assert!(
        written.contains("public employee") && written.contains("VH-1"),
        "{written}"
    );
    let back = run(&["import", "persons", &out]).with(0).json();
    assert_eq!((&back["new"], &back["same"]), (&json!(0), &json!(3)), "{back}");
    for (kind, rows) in [("roster", 3), ("handovers", 0)] {
        let out = officer.province.path("out.json");
        officer.run(&["export", kind, &out]).with(0);
        let exported: Value =
            serde_json::from_slice(&std::fs::read(&out).expect("the export")).expect("JSON");
        assert_eq!(exported[kind].as_array().map(Vec::len), Some(rows), "{exported}");
    }
    // As CSV an import tells rows of one kind: here the control totals.
    let csv = officer.province.sign(
        "giver.pem",
        &["import", "roster", &posts, "--unit", "03847", "--format", "csv"],
    );
    assert_eq!(csv.with(0).told.lines().next(), Some("of,count,quota"));
    officer.daemon.stop();
}

/// The lists of Sơn La's 75 communes and of those that they were made of, as they are published.
#[test]
fn the_national_lists_of_a_province_are_imported_old_units_and_new() {
    let province = Province::found();
    let daemon = province.node.start();
    let import = |file: &str, args: &[&str]| {
        let file = format!("{}/data/{file}", env!("CARGO_MANIFEST_DIR"));
        let own = ["import", "units", &file, "--unit", "14", "--format", "json"];
        province.sign("operator.pem", &[&own, args].concat())
    };
    let day = ["--date", "2025-07-01"];
    // Nobody says when the old communes ended.
    let undated = import("old_to_new.csv", &["--dry-run"]).with(1).json();
    assert_eq!(undated["problems"][0]["reason"], json!("unknown_unit"));
    let told = import("communes.csv", &day).with(0).json();
    assert_eq!((&told["new"], totals(&told, "after").0), (&json!(75), json!(75)));
    let undated = import("old_to_new.csv", &["--dry-run"]).with(1).json();
    assert_eq!(undated["problems"][0]["reason"], json!("no_day"));

    let told = import("old_to_new.csv", &day).with(0).json();
    // 200 old communes, two of them in two parts, and 12 districts.
    assert_eq!(told["new"], json!(212), "{}", told["totals"]);
    for file in ["communes.csv", "old_to_new.csv"] {
        let again = import(file, &day).with(0).json();
        assert_eq!(
            (&again["new"], &again["different"]),
            (&json!(0), &json!(0)),
            "{file}"
        );
    }
    let shown = |unit: &str| province.told(0, &["unit", "show", unit]);
    let old = shown("Xã Tạ Bú");
    assert_eq!(old["stage"], json!("closed"), "{old}");
    assert_eq!(old["successors"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown("Huyện Mường La")["stage"], json!("closed"));
    // An old code means the unit that has it now.
    assert_eq!(shown("03646")["name"], json!("Phường Tô Hiệu"));

    let out = province.path("out.xlsx");
    soxa(&province.node.home, &["export", "units", &out]).with(0);
    let args = [
        "import",
        "units",
        &out,
        "--unit",
        "14",
        "--dry-run",
        "--format",
        "json",
    ];
    let back = soxa(&province.node.home, &args).with(0).json();
    assert_eq!(
        (&back["new"], &back["different"]),
        (&json!(0), &json!(0)),
        "{back}"
    );
    daemon.stop();
}

#[test]
fn a_template_can_be_filled_in() {
    let officer = Officer::appointed(&[]);
    for ending in ["xlsx", "csv"] {
        let file = officer.province.path(&format!("mau.{ending}"));
        officer.run(&["export", "template", "assets", &file]).with(0);
        let read =
            soxa_office::workbook::read(&std::fs::read(&file).expect("the template")).expect("a workbook");
        assert_eq!(read.sheets[0].rows[0].cells.len(), COLUMNS.len());
    }
    for ending in ["json", "doc"] {
        let file = officer.province.path(&format!("mau.{ending}"));
        let usage = officer.run(&["export", "template", "assets", &file]).with(2);
        assert!(usage.said.contains(".xlsx or .csv"), "{}", usage.said);
    }
    let usage = officer
        .run(&["export", "assets", &officer.province.path("list.doc")])
        .with(2);
    assert!(usage.said.contains(".xlsx"), "{}", usage.said);
    officer.daemon.stop();
}

/// Lists that can be exported.
const LISTS: [&str; 11] = [
    "assets",
    "conflicts",
    "dossiers",
    "handovers",
    "inventories",
    "nodes",
    "officials",
    "persons",
    "reference",
    "roster",
    "units",
];

#[test]
fn every_list_comes_out_in_every_format() {
    let officer = Officer::appointed(&[]);
    officer
        .province
        .register_asset("giver.pem", &officer.unit, "Máy cày");
    for name in LISTS {
        let file = |ending: &str| officer.province.path(&format!("{name}.{ending}"));
        for ending in ["xlsx", "csv", "json"] {
            officer.run(&["export", name, &file(ending)]).with(0);
        }
        let bytes = |ending: &str| std::fs::read(file(ending)).expect("the export");
        let told: Value = serde_json::from_slice(&bytes("json")).expect("JSON");
        let rows = told[name].as_array().expect("rows");
        // Of these there is one at least.
        if ["assets", "nodes", "officials", "units"].contains(&name) {
            assert!(!rows.is_empty(), "{name}");
        }
        let mut headings = Vec::new();
        for ending in ["xlsx", "csv"] {
            let read = soxa_office::workbook::read(&bytes(ending)).expect("a table");
            let header = read.sheets[0].rows[0].cells.iter();
            headings.push(header.map(|(_, cell)| cell.text()).collect::<Vec<_>>());
            let lines = read.sheets[0].rows.iter().skip(1);
            let lines = lines.filter(|row| row.cells.len() > 2).count();
            assert!(lines >= rows.len(), "{name}.{ending}: {lines} of {}", rows.len());
        }
        assert_eq!(headings[0], headings[1], "{name}");
    }
    let officials = std::fs::read_to_string(officer.province.path("officials.csv")).expect("the export");
    assert!(
        officials.contains(Officer::NAME) && officials.contains(&officer.appointment),
        "{officials}"
    );
    officer.daemon.stop();
}

#[test]
fn one_bad_line_of_any_kind_is_named_and_nothing_is_stored() {
    let officer = Officer::appointed(&[]);
    let before = officer.province.node.held();
    let check = |key: &str, args: &[&str], table: &str, parts: &[&str]| {
        let file = officer.write("bad.csv", table.as_bytes());
        let args: Vec<&str> = args
            .iter()
            .map(|arg| if *arg == "FILE" { file.as_str() } else { *arg })
            .collect();
        let ended = officer.province.sign(key, &args).with(1);
        for part in parts {
            let found = ended.said.contains(part) || ended.told.contains(part);
            assert!(found, "{part:?} in {}{}", ended.told, ended.said);
        }
        // What is no table at all is as clear an answer.
        std::fs::write(&file, b"PK\x03\x04broken").expect("a file of the test");
        let broken = officer.province.sign(key, &args).with(1).said;
        assert!(
            broken.contains("damaged") && broken.contains("bad.csv"),
            "{broken}"
        );
        assert_eq!(officer.province.node.held(), before, "{args:?}");
    };
    let import = |kind: &str, unit: &str, table: &str, parts: &[&str]| {
        let annotated = officer.province.path(&format!("{kind}.xlsx"));
        let args = ["import", kind, "FILE", "--unit", unit, "--annotated", &annotated];
        let key = if kind == "reference" {
            "operator.pem"
        } else {
            "giver.pem"
        };
        check(key, &args, table, parts);
        let copy = soxa_office::workbook::read(&std::fs::read(&annotated).expect("the copy"));
        let marked = copy.expect("a workbook").sheets[0].rows.iter().any(|row| {
            let texts = row.cells.iter().map(|(_, cell)| cell.text());
            texts.into_iter().any(|text| text.contains(parts[0]))
        });
        assert!(marked, "the annotated copy of {kind}");
    };
    import(
        "assets",
        "03847",
        "Mã;Tên tài sản;Nguyên giá\nB1;Bàn;1.500.000\nB2;Ghế;nhiều\n",
        &["«nhiều»", "sum of money"],
    );
    import(
        "persons",
        "03847",
        "Họ và tên;Đối tượng;Năm sinh\nLò Văn An;công chức;1985\nCà Thị Bình;công chức;mười chín\n",
        &["«mười chín»", "is no year"],
    );
    import(
        "roster",
        "03847",
        "Mã vị trí;Tên vị trí việc làm;Lĩnh vực\nGD;Giám đốc;quản lý\nVH-1;Viên chức;phép thuật\n",
        &["«phép thuật»", "is none of"],
    );
    import(
        "units",
        "14",
        "Tên đơn vị;Mã số;Ngày thành lập\nXã A;00001;01/07/2025\nXã B;00002;31/02/2025\n",
        &["«31/02/2025»", "is no day"],
    );
    import(
        "dossiers",
        "03847",
        "Mã hồ sơ;Tên thủ tục hành chính;Ngày nhận\n1/SHS;Cấp phép bay;03/11/2025\n",
        &["«Cấp phép bay»", "procedure"],
    );
    import(
        "reference",
        "14",
        "table;key;from;holiday\ncalendar;2025;01/01/2025;02/09/2025\nmagic;1;01/01/2025;\n",
        &["«magic»", "is none of"],
    );
    let key = officer.province.path("officer.pem");
    check(
        "giver.pem",
        &["key", "appoint", "--table", "FILE", "--unit", "03847"],
        &format!("Khóa;Họ và tên;Vai trò\n{key};Lò Lan;asset_officer\n{key};Cà Sơn;vua\n"),
        &["line 3, C «Vai trò»", "«vua»", "asset_officer"],
    );
    check(
        "giver.pem",
        &["handover", "draft", "--kind", "assets", "--table", "FILE"],
        "Mã tài sản;Bên nhận\nMT-01;14\nMT-02;Xã Mường Bo\n",
        &["line 2, A", "MT-01", "line 3, B «Bên nhận»", "Xã Mường Bú"],
    );
    officer.daemon.stop();
}
