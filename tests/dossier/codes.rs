//! Codes: each node has numbers of its own, so that two of one office give no code twice while they have no link; what is given
//! twice all the same is told with both signers.

use serde_json::Value;

use crate::support::program::soxa;
use crate::support::province::{Node, Province, converge, created};
use crate::support::wait_for;
use crate::{Desk, at, publish_procedure, refused, with_desk};

#[track_caller]
fn code_of(desk: &Desk, node: &Node, more: &[&str]) -> String {
    let dossier = created(&desk.receive_at(node, more).with(0));
    let code = desk.show(node, &dossier)["code"].clone();
    code.as_str().expect("one code").to_owned()
}

#[test]
fn two_nodes_of_an_office_give_no_code_twice_while_they_are_apart() {
    with_desk(|desk| {
        let unit = desk.province.told(0, &["unit", "show", "03847"])["id"].clone();
        let peers = desk.province.node.addresses();
        let (mut other, _) = desk
            .province
            .add_node_of(unit.as_str().unwrap(), "muong-bu-2", &peers);
        let daemon = other.start();
        converge(&[&desk.province.node, &desk.first, &other]);
        // The first node of the office has all numbers that no other has; the second is told how to get some.
        assert_eq!(code_of(desk, &desk.first, &[]), "03847-251103-0001");
        refused(desk.receive_at(&other, &[]), "soxa unit numbers 03847 --node");
        let assign = |node: &str, first: &str, last: &str| {
            let args = [
                "unit", "numbers", "03847", "--node", node, "--first", first, "--last", last,
            ];
            desk.sign("first.pem", &args)
        };
        assign(&other.key, "5000", "5001").with(0);
        refused(assign(&desk.first.key, "1", "5000"), "has some of these numbers");
        converge(&[&desk.province.node, &desk.first, &other]);

        daemon.stop();
        other.dial(&[]);
        let daemon = other.start();
        assert_eq!(code_of(desk, &other, &[]), "03847-251103-5000");
        assert_eq!(code_of(desk, &desk.first, &[]), "03847-251103-0002");
        assert_eq!(code_of(desk, &other, &[]), "03847-251103-5001");
        refused(desk.receive_at(&other, &[]), "are used up");
        // What is taken is refused with what is free.
        let taken = desk.receive_at(&desk.first, &["--code", "03847-251103-0001"]);
        refused(taken, "the next free one is 03847-251103-0003");

        // A number that another node gives is warned of, and not refused.
        for (node, giver, number) in [
            (&desk.first, Some(&other.key), "5001"),
            (&other, Some(&desk.first.key), "0009"),
            (&desk.first, None, "0009"),
            (&desk.first, None, "x"),
        ] {
            let code = format!("03847-251103-{number}");
            let said = desk
                .receive_at(node, &["--dry-run", "--code", &code])
                .with(0)
                .said;
            let warned = |key: &String| said.contains(&format!("is one of those that node {key} gives"));
            assert_eq!(
                giver.is_some(),
                said.contains("Warning: number"),
                "{number}: {said}"
            );
            assert!(giver.is_none_or(warned), "{number}: {said}");
        }

        // A code that both name by hand is told when they meet, with both signers.
        for node in [&desk.first, &other] {
            assert_eq!(code_of(desk, node, &["--code", "A-7"]), "A-7");
        }
        assert_eq!(double_codes(&other), Vec::<Value>::new());
        daemon.stop();
        other.dial(&peers);
        let daemon = other.start();
        let double = wait_for("the double code", || {
            let found = double_codes(&desk.first);
            if found.is_empty() {
                Err("none".to_owned())
            } else {
                Ok(found)
            }
        });
        let said = double[0].to_string();
        assert_eq!(said.matches("Hoàng Thị Mai").count(), 2, "{said}");
        assert!(double.len() == 1 && said.contains("A-7"), "{double:?}");
        refused(desk.sign("clerk.pem", &["dossier", "process", "A-7"]), "A-7");
        // One of them gets another code, and the dispute is over.
        let dossier = double[0]["id"].as_str().expect("a dossier").to_owned();
        let recode = |more: &[&str]| {
            let args = ["dossier", "recode", &dossier, "--reason", "cấp trùng"];
            desk.sign("clerk.pem", &[&args[..], more].concat())
        };
        refused(recode(&["--code", "03847-251103-0001"]), "the next free one is");
        recode(&[]).with(0);
        assert_eq!(desk.show(&desk.first, &dossier)["code"], "03847-251103-0003");
        assert_eq!(double_codes(&desk.first), Vec::<Value>::new());
        desk.sign("clerk.pem", &["dossier", "process", "A-7"]).with(0);
        daemon.stop();
    });
}

#[test]
fn a_dossier_is_found_by_a_part_of_its_code_without_accents() {
    with_desk(|desk| {
        let first = desk.receive(&[]);
        let second = desk.receive(&[]);
        let third = desk.receive(&["--code", "Đ.HT-2025/77"]);
        for (part, dossier) in [
            ("1103-0002", &second),
            ("3847-25 0001", &first),
            ("d.ht-2025", &third),
            ("ht-2025/7", &third),
        ] {
            assert_eq!(desk.show(&desk.first, part)["id"], **dossier, "{part}");
        }
        let several = soxa(&desk.first.home, &["dossier", "show", "251103-000"]);
        refused(several, "03847-251103-0001");
        let ids = |args: &[&str], list: &str| {
            let told = soxa(&desk.first.home, &[args, &["--format", "json"]].concat())
                .with(0)
                .json();
            let rows = told[list].as_array().expect("rows").iter();
            rows.map(|row| row["id"].as_str().expect("an id").to_owned())
                .collect::<Vec<_>>()
        };
        let both = [first, second];
        assert_eq!(ids(&["dossier", "list", "--code", "251103"], "dossiers"), both);
        // What is too short to name one dossier still tells which have it.
        assert_eq!(ids(&["dossier", "list", "--code", "251"], "dossiers"), both);
        assert_eq!(ids(&["dossier", "list", "--code", "ht"], "dossiers").len(), 1);
        assert_eq!(ids(&["dossier", "list"], "dossiers").len(), 3);
        assert_eq!(ids(&["search", "1103-000", "--kind", "dossier"], "found"), both);
        assert_eq!(ids(&["search", "ĐHT 2025"], "found").len(), 0);
        assert_eq!(ids(&["search", "2025/7"], "found"), [third]);
        // What no code has in it is looked for in all that is said of dossiers.
        assert_eq!(
            ids(&["search", "1.001193", "--kind", "dossier"], "found").len(),
            3
        );
    });
}

fn double_codes(node: &Node) -> Vec<Value> {
    let ended = soxa(&node.home, &["conflicts", "--format", "json"]);
    let told = ended.json();
    let all = told["conflicts"].as_array().cloned().unwrap_or_default();
    let is_double = |one: &Value| one["what"] == "double_code";
    all.into_iter().filter(is_double).collect()
}

#[test]
fn units_at_work_with_one_code_are_told() {
    with_desk(|desk| {
        assert_eq!(double_codes(&desk.first), Vec::<Value>::new());
        let register = [
            "unit",
            "register",
            "--kind",
            "commune",
            "--name",
            "Xã Khác",
            "--code",
            "03721",
            "--parent",
            &desk.province.unit,
        ];
        desk.province.sign("head.pem", &register).with(0);
        converge(&[&desk.province.node, &desk.first]);
        let said = double_codes(&desk.first)[0].to_string();
        assert!(
            said.contains("Xã Thuận Châu") && said.contains("Xã Khác"),
            "{said}"
        );
    });
}

#[test]
fn a_node_that_may_have_forgotten_codes_gives_none_of_that_day_by_itself() {
    let province = Province::found();
    let daemon = province.node.start();
    publish_procedure(&province);
    province.appoint(
        "head.pem",
        "clerk.pem",
        "Hoàng Thị Mai",
        &province.unit,
        "dossier_officer",
        &[],
    );
    let monday = at(3);
    let receive = |more: &[&str]| {
        let args = [
            "dossier",
            "receive",
            "--procedure",
            "1.001193",
            "--unit",
            "14",
            "--at",
            &monday,
        ];
        province.sign("clerk.pem", &[&args[..], more].concat())
    };
    receive(&[]).with(0);
    daemon.stop();
    // As a store that is put back without what lies beside it.
    std::fs::remove_file(province.node.home.join("incarnation")).unwrap();
    let daemon = province.node.start();
    refused(receive(&[]), "was put back from a copy");
    receive(&["--code", "14-251103-0002"]).with(0);
    refused(receive(&[]), "was put back from a copy");
    daemon.stop();
}
