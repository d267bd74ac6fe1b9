//! What the province sees, with real processes: reports with their base, the records behind each figure, and the nodes not heard
//! from; the same at every node that holds the same. And what is found by what people remember of it.

mod support;

use std::path::Path;

use serde_json::{Value, json};

use support::acts::Officer;
use support::program::soxa;
use support::province::{Node, Province, converge, created};

/// A report of a node as JSON.
#[track_caller]
fn report(node: &Node, args: &[&str]) -> Value {
    let args = [&["report"], args, &["--format", "json"]].concat();
    soxa(&node.home, &args).with(0).json()
}

/// A figure of a report for all together.
#[track_caller]
fn figure<'a>(report: &'a Value, name: &str, base: &str) -> &'a Value {
    let figures = report["figures"].as_array().expect("figures");
    let found = figures
        .iter()
        .find(|one| one["figure"] == name && one["base"] == base);
    found.unwrap_or_else(|| panic!("no {name} of {base} in {report}"))
}

/// The lines of a breakdown as group and first figure.
fn lines(report: &Value, by: &str) -> Vec<(Value, Value)> {
    let breakdowns = report["breakdowns"].as_array().expect("breakdowns");
    let found = breakdowns
        .iter()
        .find(|one| one["by"] == by)
        .expect("a breakdown");
    let lines = found["lines"].as_array().expect("lines");
    let line = |line: &Value| (line["name"].clone(), line["figures"][0]["value"].clone());
    lines.iter().map(line).collect()
}

/// The names of the records behind a figure.
fn behind(figure: &Value) -> Vec<&str> {
    let records = figure["records"].as_array().expect("records");
    records.iter().filter_map(|one| one["name"].as_str()).collect()
}

/// A commune with posts, people and assets, another one, and what was handed over between them.
fn staffed(officer: &Officer) {
    let Officer { province, unit, .. } = officer;
    let other = province.add_commune("03721", "Xã Thuận Châu", "other.pem");
    let role = "staff_officer";
    province.appoint("giver.pem", "staff.pem", "Hoàng Thị Mai", unit, role, &[]);
    let act = |args: &[&str]| province.sign("staff.pem", args).with(0);
    act(&["roster", "create", "03847"]);
    for (code, field) in [("DC-1", "land"), ("DC-2", "land")] {
        let post = [
            "roster", "add-post", "03847", "--code", code, "--title", code, "--field", field,
        ];
        act(&post);
    }
    let head = [
        "roster",
        "add-post",
        "03847",
        "--code",
        "CT",
        "--title",
        "CT",
        "--field",
        "management",
        "--head",
    ];
    act(&head);
    let quota = [
        "roster",
        "quota",
        "03847",
        "--class",
        "public_employee",
        "--year",
        "2026",
        "--number",
        "5",
    ];
    act(&quota);
    let register = |name: &str| {
        let args = [
            "person", "register", "--unit", "03847", "--name", name, "--field", "land", "--format", "json",
        ];
        created(&act(&args))
    };
    let [an, binh, anh] = ["Lò Văn An", "Cầm Thị Bình", "Quàng Văn Ánh"].map(register);
    act(&[
        "person",
        "post",
        &an,
        "--unit",
        "03847",
        "--post",
        "DC-1",
        "--from",
        "2026-01-05",
    ]);
    let second = [
        "person",
        "second",
        &binh,
        "--host",
        "03721",
        "--from",
        "2026-02-01",
        "--until",
        "2026-04-30",
        "--payer",
        "Sở Nội vụ",
    ];
    province.sign("head.pem", &second).with(0);
    province
        .sign("other.pem", &["person", "accept", &binh, "--date", "2026-02-01"])
        .with(0);
    province.hand_over(&province.node, "staff", ["giver.pem", "other.pem"], &other, &anh);
    for name in ["Máy cày", "Máy bơm"] {
        province.register_asset("officer.pem", unit, name);
    }
    province.hand_over(
        &province.node,
        "assets",
        ["giver.pem", "other.pem"],
        &other,
        "Máy cày",
    );
    let waits = province.draft(&province.node, "assets", "giver.pem", &other, "Máy bơm");
    province.sign("giver.pem", &["handover", "offer", &waits]).with(0);
}

#[test]
fn figures_are_told_with_base_records_and_silent_nodes_and_alike_everywhere() {
    let officer = Officer::appointed(&[]);
    staffed(&officer);
    let province: &Province = &officer.province;
    let node = &province.node;
    let staffing = report(node, &["staffing", "--on", "2026-03-01", "--records"]);
    assert_eq!(staffing["schema"], "soxa.report.staffing/1");
    assert_eq!(staffing["day"], "2026-03-01");
    // Who is seconded counts at home, who was handed over counts where they are.
    assert_eq!(figure(&staffing, "present", "people")["value"], 3);
    let units = [
        (json!("Xã Mường Bú"), json!(2)),
        (json!("Xã Thuận Châu"), json!(1)),
    ];
    assert_eq!(lines(&staffing, "unit"), units);
    assert_eq!(
        behind(figure(&staffing, "seconded", "secondments")),
        ["Cầm Thị Bình"]
    );
    let short = figure(&staffing, "net_short", "units_with_quota");
    assert_eq!(short["value"], 3);
    let vacant = figure(&staffing, "vacant_posts", "open_posts");
    assert_eq!(
        (&vacant["value"], &vacant["of"], &vacant["percent"]),
        (&json!(2), &json!(3), &json!(66.7))
    );
    let codes: Vec<_> = vacant["records"].as_array().expect("records").iter().collect();
    assert!(
        codes
            .iter()
            .any(|one| one["says"] == "DC-2" && one["name"] == "Xã Mường Bú")
    );
    // Before the minutes all three were at the first commune.
    let before = report(node, &["staffing", "--on", "2025-11-14"]);
    assert_eq!(lines(&before, "unit"), [(json!("Xã Mường Bú"), json!(3))]);
    assert!(figure(&before, "present", "people").get("records").is_none());

    let assets = report(node, &["assets", "--unit", "thuan chau"]);
    assert_eq!(assets["unit_name"], "Xã Thuận Châu");
    assert_eq!(figure(&assets, "cost", "assets")["value"], 1_000_000);
    let handovers = report(node, &["handovers", "--records"]);
    assert_eq!(
        figure(&handovers, "lines_received", "lines_effective")["value"],
        2
    );
    assert_eq!(
        figure(&handovers, "totals_differ", "handovers_effective")["value"],
        0
    );
    assert_eq!(
        lines(&handovers, "waiting_for"),
        [(json!("Xã Thuận Châu"), json!(1))]
    );
    let waiting = behind(figure(&handovers, "waiting", "handovers_waiting"));
    assert_eq!(waiting, ["Xã Mường Bú → Xã Thuận Châu, 15/11/2025"]);
    let units = report(node, &["units"]);
    let headless = figure(&units, "without_head", "open_units_with_roster");
    assert_eq!((&headless["value"], &headless["of"]), (&json!(1), &json!(1)));
    let keys = report(node, &["keys"]);
    assert_eq!(figure(&keys, "offices", "offices")["value"], 6);

    // Another node is heard of, goes on alike, and is named once it is silent for good.
    let (other, _) = province.add_node("other", &node.addresses());
    let never = report(node, &["units"]);
    assert_eq!(never["not_heard_since"][0]["node"], json!(other.key));
    assert_eq!(never["not_heard_since"][0]["last_heard"], Value::Null);
    let running = other.start();
    converge(&[node, &other]);
    for args in [
        &["staffing", "--on", "2026-03-01"][..],
        &["assets"],
        &["handovers"],
        &["keys"],
    ] {
        let [here, there] = [node, &other].map(|node| report(node, args));
        assert_eq!(here["figures"], there["figures"], "{args:?}");
        assert_eq!(here["breakdowns"], there["breakdowns"], "{args:?}");
        assert_eq!(there["not_heard_since"], json!([]));
    }
    running.stop();
}

#[test]
fn reports_are_written_for_people_programs_and_spreadsheets() {
    let officer = Officer::appointed(&[]);
    staffed(&officer);
    let province = &officer.province;
    let told = |args: &[&str]| soxa(&province.node.home, &[&["report"], args].concat());
    let table = told(&["assets", "--records"]).with(0).told;
    for words in [
        "2,000,000",
        "Counted among",
        "any time",
        "Máy bơm",
        "not heard from",
    ] {
        assert!(
            table.to_lowercase().contains(&words.to_lowercase()),
            "{words:?} in {table}"
        );
    }
    let file = |name: &str| province.path(name);
    let said = told(&["staffing", "-o", &file("nhansu.csv")]).with(0).said;
    assert!(said.contains("nhansu.csv"), "{said}");
    let csv = std::fs::read_to_string(file("nhansu.csv")).expect("a report");
    let present = csv
        .lines()
        .find(|line| line.contains(",present,"))
        .expect("a figure");
    assert!(present.starts_with(",,,present,3,,,people,,,20"), "{present}");
    let share = csv.lines().find(|line| line.contains(",vacant_posts,"));
    assert!(
        share.is_some_and(|line| line.starts_with(",,,vacant_posts,2,3,66.7,open_posts,")),
        "{csv}"
    );
    told(&["staffing", "--records", "-o", &file("nhansu.xlsx")]).with(0);
    assert!(
        std::fs::read(Path::new(&file("nhansu.xlsx")))
            .expect("a workbook")
            .starts_with(b"PK")
    );

    // The data, the nodes and the inventories have reports of their own.
    let quality = report(&province.node, &["quality", "--records"]);
    assert_eq!(
        figure(&quality, "records", "records")["value"],
        json!(8),
        "{quality}"
    );
    assert!(
        lines(&quality, "lacking_field")
            .iter()
            .any(|(name, _)| name == "Birth year")
    );
    let sync = report(&province.node, &["sync"]);
    let heard = figure(&sync, "nodes_heard", "nodes");
    assert_eq!(
        (&heard["value"], &heard["of"], &heard["percent"]),
        (&json!(1), &json!(1), &json!(100.0))
    );
    let inventories = report(&province.node, &["inventories"]);
    assert_eq!(
        figure(&inventories, "inventories", "inventories")["value"],
        json!(0)
    );

    // What cannot be told is refused with the reason.
    for (args, word) in [
        (&["staffing", "--format", "xlsx"][..], "--output"),
        (&["staffing", "-o", "report.doc"], "report.doc"),
        (&["units", "--on", "2999-01-01"], "2999"),
    ] {
        let said = told(args).with(2).said;
        assert!(said.contains(word), "{word:?} in {said}");
    }
    let backwards = ["units", "--from", "2026-02-01", "--until", "2026-01-01"];
    assert!(told(&backwards).with(1).said.contains("before the first"));
    assert!(
        told(&["units", "--unit", "Xã Mường Bụi"])
            .with(1)
            .said
            .contains("Mường Bú")
    );
}

#[test]
fn records_are_found_by_what_people_remember_of_them() {
    let officer = Officer::appointed(&[]);
    staffed(&officer);
    let province = &officer.province;
    let operator = |args: &[&str]| province.sign("operator.pem", args).with(0);
    operator(&[
        "unit",
        "register",
        "--kind",
        "township",
        "--name",
        "Thị trấn Tạ Bú",
        "--code",
        "03844",
        "--parent",
        "14",
    ]);
    operator(&["unit", "open", "03844", "--since-before"]);
    operator(&[
        "unit",
        "close",
        "03844",
        "--date",
        "2025-07-01",
        "--successor",
        "03847",
        "--basis",
        "1681/NQ-UBTVQH15",
    ]);
    let found = |args: &[&str]| -> Vec<(String, String)> {
        let told = province.told(0, &[&["search"], args].concat());
        assert_eq!(told["schema"], "soxa.found/1");
        let text = |hit: &Value, name: &str| hit[name].as_str().unwrap_or_default().to_owned();
        let hits = told["found"].as_array().expect("hits");
        hits.iter()
            .map(|hit| (text(hit, "kind"), text(hit, "name")))
            .collect()
    };
    let hit = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    // Any order, no accents, only beginnings; people by their given names.
    assert_eq!(found(&["an", "lo"]), [hit("person", "Lò Văn An")]);
    assert_eq!(
        found(&["van", "--kind", "person"]),
        [hit("person", "Lò Văn An"), hit("person", "Quàng Văn Ánh")]
    );
    assert_eq!(found(&["MÁY C"]), [hit("asset", "Máy cày")]);
    // Posts by their titles, what the province publishes by its names, an inventory by its council and decision.
    assert_eq!(found(&["DC-2"]), [hit("roster", "Xã Mường Bú")]);
    operator(&[
        "reference",
        "publish",
        "programme",
        "TCX-2025",
        "--from",
        "2025-08-01",
        "--set",
        "name=Tôi là cán bộ xã",
        "apart=470",
        "register=Lực lượng vũ trang",
    ]);
    assert_eq!(
        found(&["toi la can bo"]),
        [hit("reference", "TCX-2025 Tôi là cán bộ xã")]
    );
    let open = [
        "inventory",
        "open",
        "--unit",
        "03847",
        "--as-of",
        "2026-01-01",
        "--basis",
        "Quyết định 213",
        "--chair",
        Officer::NAME,
    ];
    province.sign("officer.pem", &open).with(0);
    let day = hit("inventory", "Xã Mường Bú, 01/01/2026");
    assert_eq!(found(&["quyet dinh 213"]), std::slice::from_ref(&day));
    assert_eq!(found(&["son quang", "--kind", "inventory"]), [day]);
    // An old unit is found with what became of it, and before those that only have the words.
    let told = province.told(0, &["search", "tt. ta bu"]);
    assert_eq!(told["found"][0]["name"], "Thị trấn Tạ Bú");
    assert!(
        told["found"][0]["says"]
            .as_str()
            .is_some_and(|says| says.contains("Xã Mường Bú"))
    );
    // Exact ones first, then kind by kind: the unit, handovers that name it, its officials.
    let kinds: Vec<String> = found(&["muong bu"]).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.first().map(String::as_str), Some("unit"));
    for kind in ["handover", "official"] {
        assert!(kinds.iter().any(|one| one == kind), "{kinds:?}");
    }
    assert_eq!(found(&["muong bu", "--limit", "1"]).len(), 1);
    assert_eq!(found(&["Nguyễn"]), []);
    assert!(
        soxa(&province.node.home, &["search", " "])
            .with(2)
            .said
            .contains("TEXT")
    );
}
