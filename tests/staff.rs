//! A staff officer's day, with real processes: posts, secondments, ratings and departures; what is refused with figures or the nearest
//! choice, what two officials do at once, and units under their old and new names.

#[path = "staff/asking.rs"]
mod asking;
#[path = "staff/counting.rs"]
mod counting;
#[path = "staff/ending.rs"]
mod ending;
mod support;

use serde_json::{Value, json};

use support::program::{Ended, soxa};
use support::province::{Province, converge, created};

/// Something to look at.
const FINDINGS: i32 = 3;
const HOME: &str = "03847";
const HOST: &str = "03721";

/// A province of two communes, each with a head; the first has a staff officer and a roster.
struct Staff {
    province: Province,
}

impl Staff {
    fn found() -> (Self, support::program::Daemon) {
        let province = Province::found();
        let daemon = province.node.start();
        let home = province.add_commune(HOME, "Xã Mường Bú", "home.pem");
        province.add_commune(HOST, "Xã Thuận Châu", "host.pem");
        let role = "staff_officer";
        province.appoint("home.pem", "staff.pem", "Hoàng Thị Mai", &home, role, &[]);
        let staff = Self { province };
        staff.done(&["roster", "create", HOME]);
        for (code, field, head) in [
            ("CT", "management", true),
            ("DC-1", "land", false),
            ("DC-2", "land", false),
        ] {
            let mut args = vec!["roster", "add-post", HOME, "--code", code, "--title", code];
            args.extend(["--field", field]);
            args.extend(head.then_some("--head"));
            staff.done(&args);
        }
        (staff, daemon)
    }

    /// An act of the staff officer.
    fn sign(&self, args: &[&str]) -> Ended {
        self.province.sign("staff.pem", args)
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> Ended {
        self.sign(args).with(0)
    }

    #[track_caller]
    fn refused(&self, key: &str, args: &[&str], words: &[&str]) {
        let ended = self.province.sign(key, args).with(1);
        for word in words {
            assert!(ended.said.contains(word), "{word:?} in {}", ended.said);
        }
    }

    #[track_caller]
    fn register(&self, name: &str) -> String {
        let args = [
            "person", "register", "--unit", HOME, "--name", name, "--field", "land", "--format", "json",
        ];
        created(&self.done(&args))
    }

    fn post<'a>(person: &'a str, post: &'a str) -> [&'a str; 9] {
        [
            "person",
            "post",
            person,
            "--unit",
            HOME,
            "--post",
            post,
            "--from",
            "2026-01-05",
        ]
    }

    fn second<'a>(person: &'a str, from: &'a str, until: &'a str) -> [&'a str; 11] {
        [
            "person",
            "second",
            person,
            "--host",
            HOST,
            "--from",
            from,
            "--until",
            until,
            "--payer",
            "Sở Nội vụ",
        ]
    }

    #[track_caller]
    fn show(&self, person: &str) -> Value {
        self.province.told(0, &["person", "show", person])
    }
}

#[test]
fn somebody_is_posted_seconded_rated_and_leaves() {
    let (staff, daemon) = Staff::found();
    let an = staff.register("Lò Văn An");
    staff.done(&Staff::post("lo van an", "DC-1"));
    let said = staff.province.sign(
        "head.pem",
        &Staff::second("Lò Văn An", "2026-02-01", "2026-04-30"),
    );
    let said = said.with(0).said;
    for words in [
        "Xã Thuận Châu",
        "01/02/2026",
        "until 30/04/2026 at the latest",
        "--record",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    let evaluate = ["person", "evaluate", &an, "--rating", "good", "--date"];
    // Nothing is rated before the host has taken the person, nor before the end, nor by the home.
    staff.refused(
        "host.pem",
        &[&evaluate[..], &["2026-04-30"]].concat(),
        &["decided"],
    );
    let accept = ["person", "accept", &an, "--date", "2026-02-01"];
    staff.refused("home.pem", &accept, &["neither this unit nor above it"]);
    staff.province.sign("host.pem", &accept).with(0);
    staff.refused("host.pem", &accept, &["accepted"]);
    staff.refused(
        "host.pem",
        &[&evaluate[..], &["2026-03-01"]].concat(),
        &["30/04/2026"],
    );
    staff
        .province
        .sign("host.pem", &[&evaluate[..], &["2026-04-30"]].concat())
        .with(0);
    staff.done(&["person", "confirm", &an, "--date", "2026-05-05"]);
    let shown = staff.show(&an);
    assert_eq!(shown["secondments"][0]["stage"], json!("confirmed"));
    assert_eq!(shown["secondments"][0]["rating"], json!("good"));
    let signers: Vec<_> = (0..3).map(|at| shown["steps"][at]["signer"].clone()).collect();
    assert_eq!(signers, ["Xã Thuận Châu", "Xã Thuận Châu", "Hoàng Thị Mai"]);
    // Who was away counted at home all the time.
    let roster = staff.province.told(0, &["roster", "show", HOME]);
    assert_eq!(roster["assignments"][1]["person"], json!(an), "{roster}");

    staff.done(&[
        "person",
        "allowance",
        &an,
        "--name",
        "Hỗ trợ đi lại",
        "--monthly",
        "5.000.000",
        "--from",
        "2026-01-05",
    ]);
    staff.done(&[
        "person",
        "prefer",
        &an,
        "--unit",
        "thuan chau",
        "--reason",
        "gần nhà",
    ]);
    staff.done(&["person", "set", &an, "commute_km=80"]);
    let depart = [
        "person",
        "depart",
        &an,
        "--ground",
        "early_retirement",
        "--decree",
        "178/2024/NĐ-CP",
        "--last-day",
        "2026-06-30",
        "--amount",
        "120.000.000",
    ];
    staff.done(&depart);
    staff.done(&[
        "person",
        "pay",
        &an,
        "--amount",
        "120.000.000",
        "--receipt",
        "UNC 7",
    ]);
    let shown = staff.show(&an);
    assert_eq!(shown["departures"][0]["paid"], json!(120_000_000));
    assert_eq!(shown["allowances"][0]["monthly"], json!(5_000_000));
    assert_eq!(
        (&shown["preferences"][0]["reason"], &shown["commute_km"]),
        (&json!("gần nhà"), &json!(80))
    );
    let departed = staff.province.told(0, &["person", "list", "--departed"]);
    assert_eq!(departed["persons"][0]["last_day"], json!("2026-06-30"));
    // Whoever has left gets no post and goes nowhere.
    let late = [
        "person",
        "post",
        &an,
        "--unit",
        HOME,
        "--post",
        "DC-2",
        "--kind",
        "concurrent",
        "--from",
        "2026-07-01",
    ];
    staff.refused("staff.pem", &late, &["left the service"]);
    staff.refused(
        "head.pem",
        &Staff::second(&an, "2026-06-01", "2026-08-31"),
        &["2026-06-30"],
    );
    daemon.stop();
}

#[test]
fn what_staff_must_not_be_is_refused_with_figures_or_the_nearest_choice() {
    let (staff, daemon) = Staff::found();
    let rule = [
        "reference",
        "publish",
        "staffing_rule",
        "DC",
        "--from",
        "2025-07-01",
        "--set",
        "unit_kind=commune",
        "field=land",
        "max=1",
        "action=refuse",
    ];
    staff.province.sign("operator.pem", &rule).with(0);
    let [an, binh] = ["Lò Văn An", "Cầm Thị Bình"].map(|name| staff.register(name));
    staff.done(&[
        "roster",
        "quota",
        HOME,
        "--class",
        "public_employee",
        "--year",
        "2026",
        "--number",
        "1",
    ]);
    staff.done(&Staff::post(&an, "DC-1"));
    staff.refused(
        "staff.pem",
        &Staff::post(&an, "DC-2"),
        &["already has a regular post", "concurrent"],
    );
    staff.refused(
        "staff.pem",
        &Staff::post(&binh, "DC-2"),
        &["at most 1", "has 1", "have 2"],
    );
    staff.refused(
        "staff.pem",
        &[&Staff::post(&binh, "DC-2")[..], &["--until", "2026-01-04"]].concat(),
        &["The last day is before the first"],
    );
    // Beyond a quota is warned of, and may be signed.
    let head = staff.done(&Staff::post(&binh, "CT")).said;
    assert!(
        head.contains("quota of Xã Mường Bú") && head.contains("would have 2"),
        "{head}"
    );
    // A unit at work is never without its head.
    let release = [
        "roster",
        "release",
        HOME,
        "--post",
        "CT",
        "--date",
        "2026-02-01",
        "--reason",
        "QĐ 3",
    ];
    staff.refused("staff.pem", &release, &["no head", "--instead"]);
    let instead = [
        "person",
        "post",
        &an,
        "--unit",
        HOME,
        "--post",
        "CT",
        "--kind",
        "in_charge",
        "--from",
        "2026-02-01",
        "--instead",
    ];
    staff.done(&instead);
    let roster = staff.province.told(0, &["roster", "show", HOME]);
    assert_eq!(roster["assignments"][0]["kind"], json!("in_charge"), "{roster}");

    let term = staff
        .province
        .sign("head.pem", &Staff::second(&an, "2020-02-01", "2020-04-30"));
    assert!(
        term.with(0).said.contains("the term was over on 30/04/2020"),
        "a term in the past"
    );
    staff.refused(
        "head.pem",
        &Staff::second(&binh, "2026-05-01", "2026-04-30"),
        &["The last day is before the first"],
    );
    let transfer = ["person", "transfer", &an, "--to", "Xã Thuân Châo"];
    staff.refused(
        "staff.pem",
        &transfer,
        &["Nearly the same", "03721 Xã Thuận Châu"],
    );
    daemon.stop();
}

#[test]
fn two_who_post_somebody_at_once_are_both_shown_until_one_posting_ends() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    let an = staff.register("Lò Văn An");
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    // Each of the two nodes is alone while An gets a post there.
    other_daemon.stop();
    staff.done(&Staff::post(&an, "DC-1"));
    daemon.stop();
    let other_daemon = other.start();
    let there = province.sign_at(&other, "home.pem", &Staff::post(&an, "DC-2"));
    there.with(0);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);
    for node in [&province.node, &other] {
        let told = soxa(&node.home, &["conflicts", "--format", "json"])
            .with(FINDINGS)
            .json();
        let conflict = &told["conflicts"][0];
        assert_eq!(conflict["what"], json!("two_regular_posts"), "{told}");
        let way_out = conflict["settle"].as_str().unwrap();
        assert!(way_out.contains("soxa roster release"), "{way_out}");
        let sides = conflict["sides"].as_array().unwrap();
        let mut posts: Vec<_> = sides
            .iter()
            .map(|side| (&side["says"]["post"], &side["signer"]))
            .collect();
        posts.sort_by_key(|(post, _)| post.to_string());
        assert_eq!(
            json!(posts),
            json!([["DC-1", "Hoàng Thị Mai"], ["DC-2", "Xã Mường Bú"]])
        );
    }
    // The superior decides by a signed act which one ends.
    let release = [
        "roster",
        "release",
        HOME,
        "--post",
        "DC-2",
        "--date",
        "2026-01-06",
        "--reason",
        "QĐ 4",
    ];
    province.sign("head.pem", &release).with(0);
    province.told(0, &["conflicts"]);
}

#[test]
fn a_unit_is_found_under_every_name_and_tells_what_became_of_it() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    let operator = |args: &[&str]| {
        let args = [args, &["--format", "json"]].concat();
        province.sign("operator.pem", &args).with(0)
    };
    let old = |name: &str, code: &str, kind: &str| {
        operator(&[
            "unit", "register", "--kind", kind, "--name", name, "--code", code, "--parent", "Sơn La",
        ]);
        operator(&["unit", "open", name, "--since-before"]);
        operator(&[
            "unit",
            "note",
            name,
            "--topic",
            "policy",
            "--name",
            "ATK",
            "--until",
            "2030-12-31",
        ]);
        operator(&[
            "unit",
            "close",
            name,
            "--date",
            "2025-07-01",
            "--successor",
            HOME,
            "--basis",
            "1681/NQ-UBTVQH15",
        ])
    };
    old("Thị trấn Tạ Bú", HOST, "township");
    // A code that was given anew is that of the unit that has it now.
    assert_eq!(
        province.told(0, &["unit", "show", HOST])["name"],
        json!("Xã Thuận Châu")
    );
    let found = province.told(0, &["unit", "find", "TT. ta bu"]);
    assert_eq!(found["units"][0]["stage"], json!("closed"), "{found}");
    let shown = province.told(0, &["unit", "show", "Thị trấn Tạ Bú", "--on", "2025-08-01"]);
    assert_eq!(shown["stage"], json!("closed"));
    let successor = &shown["successors"][0];
    assert_eq!(
        (&successor["name"], &successor["extent"], &successor["basis"]),
        (&json!("Xã Mường Bú"), &json!("whole"), &json!("1681/NQ-UBTVQH15"))
    );
    assert_eq!(shown["notes"][0]["name"], json!("ATK"));
    let later = province.told(0, &["unit", "show", "Thị trấn Tạ Bú", "--on", "2031-01-01"]);
    assert_eq!(later["notes"], json!([]));

    operator(&[
        "unit",
        "rename",
        HOME,
        "--name",
        "Phường Mường Bú Mới",
        "--kind",
        "ward",
        "--from",
        "2026-04-30",
    ]);
    for name in ["Xã Mường Bú", "P. Mường Bú Mới", "03847"] {
        let on = |day: &str| {
            let shown = province.told(0, &["unit", "show", name, "--on", day]);
            (shown["kind"].clone(), shown["name"].clone())
        };
        assert_eq!(on("2026-04-29"), (json!("commune"), json!("Xã Mường Bú")));
        assert_eq!(on("2026-04-30"), (json!("ward"), json!("Phường Mường Bú Mới")));
    }
    daemon.stop();
}
