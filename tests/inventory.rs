//! An inventory with real processes: opened at one node, counted at two that have no link, disputed, counted again from a sheet,
//! signed by all members, approved, and settled in the books.

mod support;

use serde_json::{Value, json};

use support::acts::Officer;
use support::program::{Daemon, Ended, soxa};
use support::province::{Node, Province, converge, created};

/// The council: an officer of the commune, one of finance, and one who signs on paper.
const COUNCIL: [&str; 6] = [
    "--chair",
    Officer::NAME,
    "--member",
    "ha thi lan:Sở Tài chính",
    "--secretary",
    "Cầm Thị Bình:Kế toán:paper",
];

/// An inventory of a commune's three assets, at the province's node.
struct Counting {
    province: Province,
    unit: String,
    assets: [String; 3],
    inventory: String,
}

impl Counting {
    #[track_caller]
    fn opened() -> (Self, Daemon) {
        let Officer {
            province,
            daemon,
            unit,
            ..
        } = Officer::appointed(&[]);
        let role = "finance_witness";
        province.appoint("head.pem", "finance.pem", "Hà Thị Lan", &province.unit, role, &[]);
        let assets =
            ["BAN-1", "MT-1", "XE-1"].map(|name| province.register_asset("officer.pem", &unit, name));
        let own = [
            "inventory",
            "open",
            "--unit",
            "03847",
            "--as-of",
            "2026-01-01",
            "--basis",
            "QĐ 213",
            "--format",
            "json",
        ];
        let told = province
            .sign("officer.pem", &[&own[..], &COUNCIL].concat())
            .with(0);
        let paper = "Cầm Thị Bình (secretary, signs on paper)";
        assert!(told.said.contains(paper), "{}", told.said);
        let counting = Self {
            inventory: created(&told),
            province,
            unit,
            assets,
        };
        (counting, daemon)
    }

    fn act_at(&self, node: &Node, key: &str, act: &str, args: &[&str]) -> Ended {
        let own = ["inventory", act, &self.inventory];
        self.province.sign_at(node, key, &[&own, args].concat())
    }

    fn act(&self, key: &str, act: &str, args: &[&str]) -> Ended {
        self.act_at(&self.province.node, key, act, args)
    }

    fn shown(&self, exit: i32) -> Value {
        self.province.told(exit, &["inventory", "show", &self.inventory])
    }

    fn asset(&self, at: usize) -> Value {
        self.province.told(0, &["asset", "show", &self.assets[at]])
    }
}

#[test]
fn an_inventory_is_counted_apart_disputed_approved_and_settled() {
    let (c, daemon) = Counting::opened();
    let province = &c.province.node;
    let (mut commune, _) = c.province.add_node_of(&c.unit, "xa", &province.addresses());
    let commune_runs = commune.start();
    converge(&[province, &commune]);
    commune_runs.stop();

    // Without a link finance counts at the province, and the officer at the commune.
    c.act("finance.pem", "count", &["--line", "MT-1=1", "1=1"])
        .with(0);
    let fan = ["--name", "Quạt cây", "--quantity", "3", "--cost", "900.000"];
    c.act("finance.pem", "found", &fan).with(0);
    daemon.stop();
    let apart = commune.start();
    let lost = ["--line", "2=0:mất", "3=1:xước:idle", "--remark", "2=không thấy"];
    c.act_at(&commune, "officer.pem", "count", &lost).with(0);
    apart.stop();
    let _daemon = province.start();
    commune.dial(&province.addresses());
    let _commune_runs = commune.start();
    converge(&[province, &commune]);

    let shown = c.shown(3);
    assert_eq!(
        (&shown["stage"], &shown["lines"][1]["is"]),
        (&json!("open"), &json!("disputed"))
    );
    assert!(
        matches!(shown["lines"][1]["counted"].as_str(), Some("0 / 1" | "1 / 0")),
        "{shown}"
    );
    let early = c.act("officer.pem", "sign", &[]).with(1);
    assert!(
        early.said.contains("the inventory is now: open"),
        "{}",
        early.said
    );

    // Somebody who knows both looks again, on a sheet.
    let sheet = c.province.path("kiemke.csv");
    soxa(&province.home, &["export", "inventory", &c.inventory, &sheet]).with(0);
    let written = std::fs::read_to_string(&sheet).expect("a sheet");
    let again: Vec<String> = written
        .lines()
        .map(|line| match line.starts_with("2,") {
            true => line.replacen(",,,1,,", ",,,1,0,", 1),
            false => line.to_owned(),
        })
        .collect();
    assert_ne!(again.join("\n") + "\n", written, "{written}");
    std::fs::write(&sheet, again.join("\n") + "\n").expect("a sheet");
    let import = ["import", "inventory", &sheet, "--inventory", &c.inventory];
    let told = c
        .province
        .sign("officer.pem", &[&import[..], &["--format", "json"]].concat())
        .with(0);
    assert_eq!(
        (&told.json()["new"], &told.json()["same"]),
        (&json!(1), &json!(3)),
        "{}",
        told.told
    );
    let told = c.province.told(0, &import);
    assert_eq!(
        (&told["new"], &told["same"]),
        (&json!(0), &json!(4)),
        "a second time"
    );

    // All members sign: two at one machine, one on paper.
    let finance = c.province.path("finance.pem");
    let signed = c.act("officer.pem", "sign", &["--also-key", &finance]).with(0);
    assert!(
        signed.said.contains("Short: 1 lines, quantity 1, cost 1,000,000"),
        "{}",
        signed.said
    );
    let scan = c.province.path("bienban.pdf");
    std::fs::write(&scan, b"%PDF bien ban").expect("a scan");
    let early = c.act("giver.pem", "approve", &[]).with(1);
    assert!(
        early.said.contains("what was counted last: ") && early.said.contains(" (3)\n"),
        "{}",
        early.said
    );
    c.act("officer.pem", "sign", &["--member", "3", "--scan", &scan])
        .with(0);
    let refused = c.act("officer.pem", "approve", &[]).with(1);
    assert!(refused.said.contains("permits"), "{}", refused.said);
    c.act(
        "giver.pem",
        "approve",
        &["--conclusion", "KL 01", "--date", "2026-01-15"],
    )
    .with(0);
    let shown = c.shown(0);
    assert_eq!(
        (&shown["stage"], &shown["ends"][0]["reason"]),
        (&json!("approved"), &json!("KL 01"))
    );

    // What follows stays the custodian's own act.
    let without = c.act("officer.pem", "settle", &[]).with(1);
    assert!(without.said.contains("needs minutes"), "{}", without.said);
    c.act("officer.pem", "settle", &["--minutes", &scan]).with(0);
    let lost = c.asset(1);
    assert_eq!(lost["state"], json!("lost"));
    let counted = &lost["inventories"][0];
    assert_eq!(
        (&counted["id"], &counted["is"], &counted["stage"]),
        (&json!(c.inventory), &json!("missing"), &json!("approved"))
    );
    let scratched = c.asset(2);
    assert_eq!(
        (&scratched["condition"], &scratched["state"]),
        (&json!("xước"), &json!("idle"))
    );
    let shown = c.shown(0);
    let settled: Vec<&Value> = shown["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| &line["settled"])
        .collect();
    assert_eq!(settled, [&json!(false), &json!(true), &json!(true)]);
    let fan = shown["found"][0]["registered"][0].as_str().expect("a record");
    let fan = c.province.told(0, &["asset", "show", fan]);
    assert_eq!(
        (&fan["name"], &fan["quantity"]),
        (&json!("Quạt cây"), &json!("3"))
    );
    let nothing = c.act("officer.pem", "settle", &["--minutes", &scan]).with(1);
    assert!(nothing.said.contains("nothing"), "{}", nothing.said);
    converge(&[province, &commune]);
}

#[test]
fn a_found_thing_is_struck_off_and_an_inventory_given_up() {
    let (c, _daemon) = Counting::opened();
    c.act("officer.pem", "count", &["--as-written"]).with(0);
    c.act("officer.pem", "found", &["--name", "Ghế"]).with(0);
    let thing = c.shown(0)["found"][0]["thing"].clone();
    let named = format!(
        "{}:{}",
        thing["operation"].as_str().expect("an operation"),
        thing["number"]
    );
    c.act("officer.pem", "strike", &[&named, "--reason", "có trong sổ"])
        .with(0);
    let shown = c.shown(0);
    assert_eq!(
        (&shown["stage"], &shown["found"][0]["struck"]),
        (&json!("counted"), &json!("có trong sổ"))
    );
    let stranger = c.act("giver.pem", "sign", &[]).with(1);
    assert!(
        stranger.said.contains("no member of the council"),
        "{}",
        stranger.said
    );
    let second = [
        "inventory",
        "open",
        "--unit",
        "03847",
        "--as-of",
        "2026-01-02",
        "--dry-run",
    ];
    let warned = c
        .province
        .sign("officer.pem", &[&second[..], &COUNCIL].concat())
        .with(0);
    let counted = "3 of these assets are being counted";
    assert!(warned.said.contains(counted), "{}", warned.said);
    c.act("officer.pem", "cancel", &["--reason", "lập lại"]).with(0);
    let quiet = c
        .province
        .sign("officer.pem", &[&second[..], &COUNCIL].concat())
        .with(0);
    assert!(!quiet.said.contains(counted), "{}", quiet.said);
    let listed = c.province.told(
        0,
        &["inventory", "list", "--unit", "03847", "--stage", "cancelled"],
    );
    assert_eq!(listed["inventories"][0]["id"], json!(c.inventory));
    let over = c.act("officer.pem", "count", &["--line", "1=0"]).with(1);
    assert!(
        over.said.contains("the inventory is now: cancelled"),
        "{}",
        over.said
    );
}
