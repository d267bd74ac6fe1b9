//! A clerk's day, with real processes: procedures published by the province, dossiers received, signed by the head and taken
//! to their return, read by the commune and the province and by nobody else.

#[path = "dossier/codes.rs"]
mod codes;
#[path = "dossier/erasing.rs"]
mod erasing;
#[path = "dossier/files.rs"]
mod files;
#[path = "dossier/forwarding.rs"]
mod forwarding;
#[path = "dossier/interrupted.rs"]
mod interrupted;
#[path = "dossier/register.rs"]
mod register;
mod support;

use serde_json::{Value, json};

use support::program::{Daemon, Ended, soxa};
use support::province::{Node, Province, converge, created};
use support::wait_for;

/// A province that published a procedure and a calendar, and two communes with nodes of their own. The first has a head
/// (`first.pem`) and a clerk (`clerk.pem`), the second a head.
struct Desk {
    province: Province,
    first: Node,
    second: Node,
}

impl Desk {
    /// Signs at the first commune's node.
    fn sign(&self, key: &str, args: &[&str]) -> Ended {
        self.province.sign_at(&self.first, key, args)
    }

    #[track_caller]
    fn show(&self, node: &Node, dossier: &str) -> Value {
        soxa(&node.home, &["dossier", "show", dossier, "--format", "json"])
            .with(0)
            .json()
    }

    /// The clerk receives a dossier on Monday, at a node of the commune.
    fn receive_at(&self, node: &Node, more: &[&str]) -> Ended {
        let monday = at(3);
        let receive = [
            "dossier",
            "receive",
            "--procedure",
            "1.001193",
            "--unit",
            "03847",
            "--at",
            &monday,
        ];
        let args = [&receive[..], more, &["--format", "json"]].concat();
        self.province.sign_at(node, "clerk.pem", &args)
    }

    /// The same at the first commune's node; returns its record.
    #[track_caller]
    fn receive(&self, more: &[&str]) -> String {
        created(&self.receive_at(&self.first, more).with(0))
    }

    /// The clerk takes a step.
    #[track_caller]
    fn step(&self, args: &[&str]) {
        self.sign("clerk.pem", &[&["dossier"], args].concat()).with(0);
    }

    /// The clerk forwards a dossier to the second commune.
    #[track_caller]
    fn forward(&self, dossier: &str) {
        let reason = "người dân cư trú tại Thuận Châu";
        let to = ["--to", "Xã Thuận Châu", "--reason", reason, "--at", &at(4)];
        self.step(&[&["forward", dossier], &to[..]].concat());
    }
}

/// Monday, 3 November 2025, at ten in the morning in Viet Nam, and later days.
fn at(day: u8) -> String {
    format!("2025-11-{day:02}T10:00:00+07:00")
}

/// Publishes a procedure and a calendar.
pub fn publish_procedure(province: &Province) {
    let publish = |args: &[&str]| {
        province
            .sign("operator.pem", &[&["reference", "publish"], args].concat())
            .with(0);
    };
    publish(&[
        "procedure",
        "1.001193",
        "--from",
        "2025-07-01",
        "--basis",
        "QĐ 1",
        "--set",
        "name=Đăng ký khai sinh",
        "limit_days=5",
        "fee=8000",
    ]);
    publish(&[
        "calendar",
        "2025",
        "--from",
        "2025-01-01",
        "--set",
        "holiday=2025-09-02",
    ]);
}

#[track_caller]
fn refused(ended: Ended, why: &str) {
    let ended = ended.with(1);
    assert!(ended.said.contains(why), "{}", ended.said);
}

fn with_desk(play: impl FnOnce(&Desk)) {
    with_daemons(|desk, _| play(desk));
}

/// The same with the daemons of the communes.
fn with_daemons(play: impl FnOnce(&Desk, &mut [Daemon; 2])) {
    let province = Province::found();
    let daemon = province.node.start();
    publish_procedure(&province);
    let first = province.add_commune("03847", "Xã Mường Bú", "first.pem");
    let second = province.add_commune("03721", "Xã Thuận Châu", "second.pem");
    province.appoint(
        "first.pem",
        "clerk.pem",
        "Hoàng Thị Mai",
        &first,
        "dossier_officer",
        &[],
    );
    let peers = province.node.addresses();
    let (first_node, _) = province.add_node_of(&first, "muong-bu", &peers);
    let (second_node, _) = province.add_node_of(&second, "thuan-chau", &peers);
    let mut daemons = [first_node.start(), second_node.start()];
    converge(&[&province.node, &first_node, &second_node]);
    // The folder has to outlive the daemons.
    let desk = Desk {
        province,
        first: first_node,
        second: second_node,
    };
    play(&desk, &mut daemons);
    daemons.into_iter().for_each(Daemon::stop);
    daemon.stop();
}

#[test]
fn a_dossier_goes_from_the_counter_to_its_return_and_only_its_readers_see_it() {
    with_desk(|desk| {
        let dossier = desk.receive(&["--original", "Giấy chứng sinh", "--province", "Tỉnh An Giang"]);
        let shown = desk.show(&desk.first, &dossier);
        assert_eq!(shown["code"], json!("03847-251103-0001"));
        assert_eq!(shown["status"], json!("received"));
        assert_eq!(shown["due"], json!("2025-11-10T03:00:00Z"));
        assert_eq!(shown["fee"], json!(8000));
        let code = "03847-251103-0001";
        desk.step(&["process", code, "--at", &at(3)]);
        desk.step(&["pass", code, "--to", "Bộ phận hộ tịch", "--at", &at(3)]);
        desk.step(&["take", code, "--at", &at(4)]);
        desk.step(&["ask", code, "--reason", "thiếu tờ khai", "--at", &at(5)]);
        desk.step(&["resume", code, "--at", &at(7)]);
        assert_eq!(desk.show(&desk.first, code)["due"], json!("2025-11-12T03:00:00Z"));
        desk.step(&[
            "pay",
            code,
            "--amount",
            "8.000",
            "--channel",
            "online",
            "--at",
            &at(7),
        ]);
        desk.step(&["propose", code, "--title", "Giấy khai sinh", "--at", &at(7)]);
        let list = ["dossier", "list", "--unsigned", "--format", "json"];
        let unsigned = soxa(&desk.first.home, &list).with(0).json();
        assert_eq!(
            unsigned["dossiers"].as_array().map(Vec::len),
            Some(1),
            "{unsigned}"
        );
        let tenth = at(10);
        let sign = [
            "dossier",
            "sign",
            code,
            "--title",
            "Giấy khai sinh",
            "--at",
            &tenth,
        ];
        let clerk = desk.sign("clerk.pem", &sign).with(1);
        assert!(
            clerk
                .said
                .contains("None of the appointments of this key permits the act"),
            "{}",
            clerk.said
        );
        desk.sign("first.pem", &sign).with(0);
        let issue = [
            "dossier",
            "issue",
            code,
            "--number",
            "12/KS",
            "--day",
            "2025-11-10",
        ];
        desk.sign("first.pem", &issue).with(0);
        desk.step(&["return", code, "--at", &at(10)]);

        // The province reads it, with every signature; the other commune does not.
        wait_for("the dossier at the province", || {
            let held = desk.province.node.records("dossier");
            if held.is_empty() {
                Err(format!("{held:?}"))
            } else {
                Ok(())
            }
        });
        wait_for("its return at the province", || {
            let there = desk.show(&desk.province.node, &dossier);
            if there["status"] == json!("returned") {
                Ok(())
            } else {
                Err(there.to_string())
            }
        });
        let (here, there) = (
            desk.show(&desk.first, &dossier),
            desk.show(&desk.province.node, &dossier),
        );
        assert_eq!(here, there);
        assert_eq!(here["punctuality"], json!("early"));
        assert_eq!(here["decision"], json!("12/KS"));
        let acts = here["acts"].as_array().unwrap();
        assert_eq!(acts.len(), 10, "{acts:?}");
        let by = |signer: &str| acts.iter().filter(|act| act["signer"] == json!(signer)).count();
        assert_eq!((by("Hoàng Thị Mai"), by("Xã Mường Bú")), (9, 1), "{acts:?}");
        converge(&[&desk.province.node, &desk.first]);
        assert!(desk.second.records("dossier").is_empty());
        // Each node reports on what it reads, and says whose dossiers these are.
        for (node, received, of) in [
            (&desk.province.node, 1, Value::Null),
            (&desk.first, 1, json!("Xã Mường Bú")),
            (&desk.second, 0, json!("Xã Thuận Châu")),
        ] {
            let report = soxa(&node.home, &["report", "dossiers", "--format", "json"])
                .with(0)
                .json();
            assert_eq!(report["dossiers_of"], of, "{report}");
            for figure in ["received", "resolved", "on_time", "returned", "paid_online"] {
                let figures = report["figures"].as_array().expect("figures");
                let found = figures.iter().find(|one| one["figure"] == figure).expect(figure);
                assert_eq!(found["value"], json!(received), "{figure}");
            }
            let breakdowns = report["breakdowns"].as_array().expect("breakdowns");
            let homes = breakdowns.iter().find(|one| one["by"] == "province");
            let from: Vec<&Value> = homes
                .iter()
                .flat_map(|one| one["lines"].as_array())
                .flatten()
                .collect();
            assert_eq!(from.len(), received, "{report}");
            assert!(
                from.iter().all(|line| line["name"] == "Tỉnh An Giang"),
                "{from:?}"
            );
            // So does the register, in which nobody is named who applied.
            let register = node.home.join("register.json");
            let written = register.to_str().expect("a path");
            soxa(&node.home, &["export", "dossiers", written, "--unit", "03847"]).with(0);
            let register: Value = serde_json::from_slice(&std::fs::read(&register).unwrap()).unwrap();
            let rows = register["dossiers"].as_array().expect("rows").clone();
            assert_eq!(rows.len(), received, "{register}");
            for row in rows {
                assert_eq!(
                    (&row["code"], &row["status"], &row["punctuality"], &row["paid"]),
                    (&here["code"], &json!("returned"), &json!("early"), &json!(8000)),
                    "{row}"
                );
            }
        }
    });
}

#[test]
fn what_the_lifecycle_forbids_is_refused_before_anything_is_signed() {
    with_desk(|desk| {
        let receive = |more: &[&str]| desk.receive_at(&desk.first, more);
        let held = ["--original", "Sổ đỏ", "--held-by", "Sổ đỏ=Huyện Mường La cũ"];
        let dossier = created(&receive(&[&["--code", "A-1"][..], &held].concat()).with(0));
        let waiting = ["dossier", "list", "--without-originals", "--format", "json"];
        let waiting = soxa(&desk.first.home, &waiting).with(0).json();
        assert_eq!(
            waiting["dossiers"][0]["original_held_by"],
            json!("Huyện Mường La cũ"),
            "{waiting}"
        );
        // What is not possible yet is refused with what is.
        let due = ["--due", "2025-11-02"];
        for (args, words) in [
            (&["return", &dossier][..], "the dossier is now: "),
            (
                &["return", &dossier],
                "soxa dossier process, soxa dossier withdraw",
            ),
            (
                &["extend", &dossier, due[0], due[1], "--reason", "chờ"],
                "is not after",
            ),
        ] {
            let refused = desk.sign("clerk.pem", &[&["dossier"], args].concat()).with(1);
            assert!(refused.said.contains(words), "{words:?} in {}", refused.said);
        }
        let past = receive(&due).with(1);
        assert!(past.said.contains("Leave --due out"), "{}", past.said);
        let twice = receive(&["--code", "A-1"]).with(1);
        assert!(twice.said.contains("A-1"), "{}", twice.said);
        let stranger = desk.sign("second.pem", &["dossier", "process", &dossier]).with(1);
        assert!(stranger.said.contains("none of the offices"), "{}", stranger.said);
        let unknown = desk
            .sign(
                "clerk.pem",
                &["dossier", "receive", "--procedure", "9.9", "--unit", "03847"],
            )
            .with(1);
        assert!(unknown.said.contains("9.9"), "{}", unknown.said);
        assert_eq!(desk.show(&desk.first, &dossier)["status"], json!("received"));
    });
}

#[test]
fn moments_that_cannot_be_are_refused_and_days_end_at_closing_time() {
    with_desk(|desk| {
        let receive = |more: &[&str]| desk.receive_at(&desk.first, more);
        let receive_on = |day: &str| {
            let args = ["dossier", "receive", "--procedure", "1.001193", "--unit", "03847"];
            desk.sign(
                "clerk.pem",
                &[&args[..], &["--at", day, "--format", "json"]].concat(),
            )
        };
        refused(receive_on("2999-01-04"), "is yet to come");
        // A calendar that ended with its year still says what was free in it, and one that is not published is missed.
        let calendar = |year: &str, holiday: &str, until: &str| {
            let holds = [
                "--from",
                &format!("{year}-01-01"),
                "--until",
                until,
                "--set",
                holiday,
            ];
            let args = [&["reference", "publish", "calendar", year], &holds[..]].concat();
            desk.province.sign("operator.pem", &args).with(0);
        };
        calendar("2024", "holiday=2024-01-01", "2024-12-31");
        desk.province
            .sign(
                "operator.pem",
                &[
                    "reference",
                    "publish",
                    "procedure",
                    "1.001193",
                    "--from",
                    "2023-12-01",
                    "--set",
                    "name=Khai sinh",
                    "limit_days=5",
                ],
            )
            .with(0);
        converge(&[&desk.province.node, &desk.first]);
        let old = receive_on("2023-12-28T10:00:00+07:00").with(0);
        let warned = |year| format!("The calendar of {year} is not published");
        assert!(
            old.said.contains(&warned(2023)) && !old.said.contains(&warned(2024)),
            "{}",
            old.said
        );
        let old = created(&old);
        assert_eq!(desk.show(&desk.first, &old)["due"], json!("2024-01-05T03:00:00Z"));

        let held = ["--copy", "Bản đồ", "--held-by", "Bản đồ=Văn phòng đất đai"];
        let dossier = created(&receive(&[&["--due", "2025-11-14"][..], &held].concat()).with(0));
        let shown = desk.show(&desk.first, &dossier);
        assert_eq!(shown["due"], json!("2025-11-14T10:00:00Z"));
        assert_eq!(shown["papers"].as_array().map(Vec::len), Some(1), "{shown}");
        let step = |args: &[&str]| desk.sign("clerk.pem", &[&["dossier"], args].concat());
        refused(
            step(&["process", &dossier, "--at", "2025-11-02"]),
            "the dossier was received",
        );
        step(&["process", &dossier, "--at", "2025-11-03"]).with(0);
        step(&["ask", &dossier, "--reason", "thiếu", "--at", &at(5)]).with(0);
        refused(
            step(&["resume", &dossier, "--at", &at(4)]),
            "the applicant was asked",
        );
        step(&["resume", &dossier, "--at", &at(6)]).with(0);
        refused(
            step(&["forward", &dossier, "--to", "03847", "--reason", "x"]),
            "lies at Xã Mường Bú already",
        );
        // A scan of a paper leaves the rest of it as it was.
        let scan = desk.province.path("scan.pdf");
        std::fs::write(&scan, "a scan").expect("a scan");
        step(&["paper", &dossier, "--number", "1", "--scan", &scan]).with(0);
        let paper = &desk.show(&desk.first, &dossier)["papers"][0];
        assert_eq!(
            json!([paper["name"], paper["form"], paper["original_held_by"]]),
            json!(["Bản đồ", "copy", "Văn phòng đất đai"])
        );
        step(&["paper", &dossier, "--number", "2", "--scan", &scan]).with(2);

        let submit = [
            "submit",
            "--procedure",
            "1.001193",
            "--unit",
            "03847",
            "--at",
            &at(4),
            "--format",
            "json",
        ];
        let submitted = created(&step(&submit).with(0));
        refused(step(&["receive", &submitted, "--at", &at(3)]), "was handed in");
        let past = step(&["receive", &submitted, "--at", &at(4), "--due", "2025-11-03"]).with(1);
        assert!(past.said.contains("Leave --due out"), "{}", past.said);
    });
}

#[test]
fn only_the_province_publishes_and_only_what_can_be_read() {
    let province = Province::found();
    let daemon = province.node.start();
    let publish = |args: &[&str]| province.sign("operator.pem", &[&["reference", "publish"], args].concat());
    for (args, said) in [
        (
            &[
                "procedure",
                "1.1",
                "--from",
                "2025-07-01",
                "--set",
                "limit_days=5",
            ][..],
            "name",
        ),
        (
            &[
                "procedure",
                "1.1",
                "--from",
                "2025-07-01",
                "--set",
                "name=A",
                "limit_days=x",
            ],
            "limit_days",
        ),
        (
            &[
                "calendar",
                "2025",
                "--from",
                "2025-01-01",
                "--set",
                "holiday=2026-01-01",
            ],
            "holiday",
        ),
        (
            &[
                "code_pattern",
                "dossier",
                "--from",
                "2025-01-01",
                "--set",
                "pattern={unit}",
            ],
            "pattern",
        ),
    ] {
        let refused = publish(args).with(1);
        assert!(refused.said.contains(said), "{}", refused.said);
    }
    publish(&[
        "code_pattern",
        "dossier",
        "--from",
        "2025-01-01",
        "--set",
        "pattern={unit}/{number}",
        "digits=6",
    ])
    .with(0);
    publish(&[
        "code_pattern",
        "dossier",
        "--from",
        "2026-01-01",
        "--set",
        "pattern={yyyy}/{number}",
    ])
    .with(0);
    let on = |day: &str| {
        let args = [
            "reference",
            "list",
            "code_pattern",
            "--on",
            day,
            "--format",
            "json",
        ];
        soxa(&province.node.home, &args).with(0).json()["references"][0]["says"][0][1].clone()
    };
    assert_eq!(on("2025-12-31"), json!("{unit}/{number}"));
    assert_eq!(on("2026-01-01"), json!("{yyyy}/{number}"));
    daemon.stop();
}
