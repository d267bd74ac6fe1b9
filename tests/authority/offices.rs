//! Offices and their keys: listed, reported, renewed, given another key, ended.

use std::time::Duration;

use serde_json::{Value, json};

use crate::FINDINGS;
use crate::support::acts::Officer;
use crate::support::program::Ended;
use crate::support::province::{Province, created, new_key};
use crate::support::wait_for;

#[test]
fn keys_are_listed_reported_renewed_and_rotated() {
    let soon = "2999-01-01";
    let Officer {
        province,
        daemon: _daemon,
        unit,
        appointment: officer,
    } = Officer::appointed(&["--until", soon]);
    let officials = |args: &[&str]| -> Vec<Value> {
        let all = province.told(0, &[&["key", "officials", "--unit", "03847"], args].concat());
        all["officials"].as_array().unwrap().clone()
    };
    assert_eq!(officials(&[]).len(), 2);
    assert_eq!(province.told(0, &["key", "report"])["key_report"], json!([]));
    let report = province.told(FINDINGS, &["key", "report", "--within", "4000000000"]);
    assert_eq!(report["key_report"][0]["what"], "ending", "{report}");

    let renew = ["key", "renew", &officer, "--until", "2999-02-01"];
    province.sign("giver.pem", &renew).with(0);
    assert_eq!(
        officials(&[]).len(),
        3,
        "the further term begins when the first ends"
    );
    let said = province
        .sign("giver.pem", &["key", "renew", &officer, "--until", "2998-01-01"])
        .said;
    assert!(said.contains("would end before it begins"), "{said}");

    let asset = province.register_asset("officer.pem", &unit, "Máy cày");
    new_key(&province.file("new.pem"), "Quàng Đức Sơn");
    let new = province.path("new.pem");
    let rotate = [
        "key",
        "rotate",
        &officer,
        "--holder",
        &new,
        "--reason",
        "compromise",
    ];
    let said = province.sign("giver.pem", &rotate).with(0).said;
    assert!(
        said.contains("Nothing that this node holds gains or loses effect"),
        "{said}"
    );
    let site = ["asset", "set", &asset, "site=Bản Nà"];
    let old = province.sign("officer.pem", &site).said;
    assert!(old.contains("None of the appointments"), "{old}");
    province.sign("new.pem", &site).with(0);
    let states: Vec<String> = officials(&["--all"])
        .iter()
        .map(|one| one["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        states.iter().filter(|state| *state == "ended").count(),
        1,
        "{states:?}"
    );
}

#[test]
fn whoever_retires_keeps_what_was_done_and_can_do_no_more() {
    let Officer {
        province,
        daemon: _daemon,
        unit,
        appointment: officer,
    } = Officer::appointed(&[]);
    let asset = province.register_asset("officer.pem", &unit, "Máy cày");
    let said = province
        .sign("giver.pem", &["key", "cut", &officer, "--reason", "retirement"])
        .with(0)
        .said;
    for words in [
        "End (retirement)",
        "what came later falls",
        "Nothing that this node holds gains or loses effect",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let set = |key: &str| -> Ended { province.sign(key, &["asset", "set", &asset, "site=Bản Nà"]) };
    assert!(set("officer.pem").said.contains("None of the appointments"));
    assert_eq!(province.told(0, &["void", "list"])["void"], json!([]));
    province.appoint(
        "giver.pem",
        "successor.pem",
        "Lường Thị Hoa",
        &unit,
        "asset_officer",
        &[],
    );
    set("successor.pem").with(0);
}

#[test]
fn a_term_ends_by_itself_and_is_renewed() {
    let Officer {
        province,
        daemon: _daemon,
        unit,
        ..
    } = Officer::appointed(&[]);
    let ends = jiff::Timestamp::now() + Duration::from_secs(3);
    let until = ends.to_string();
    let (name, role) = ("Lường Thị Hoa", "asset_officer");
    let brief = province.appoint("giver.pem", "brief.pem", name, &unit, role, &["--until", &until]);
    let asset = province.register_asset("giver.pem", &unit, "Máy cày");
    let set = || province.sign("brief.pem", &["asset", "set", &asset, "site=Bản Nà"]);
    wait_for("the end of the term", || {
        let said = set().said;
        if said.contains("None of the appointments") {
            Ok(())
        } else {
            Err(said)
        }
    });
    let offices = province.told(0, &["key", "officials", "--unit", "03847", "--all"]);
    assert!(offices.to_string().contains("expired"), "{offices}");
    assert_eq!(
        province.told(0, &["void", "list"])["void"],
        json!([]),
        "what was done in it stands"
    );
    province
        .sign("giver.pem", &["key", "renew", &brief, "--until", "2999-01-01"])
        .with(0);
    set().with(0);
}

#[test]
fn the_report_names_heads_without_a_key_and_keys_of_people_who_moved() {
    let province = Province::found();
    let _daemon = province.node.start();
    let unit = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let other = province.add_commune("03850", "Xã Phiêng Cằm", "other.pem");
    let person = |name: &str| {
        let args = [
            "person", "register", "--unit", &unit, "--name", name, "--format", "json",
        ];
        created(&province.sign("giver.pem", &args).with(0))
    };
    let [head, officer] = [person("Cầm Văn Thịnh"), person("Quàng Đức Sơn")];
    province.sign("giver.pem", &["roster", "create", "03847"]).with(0);
    let post = [
        "roster",
        "add-post",
        "03847",
        "--code",
        "GĐ",
        "--title",
        "Giám đốc",
        "--field",
        "management",
        "--head",
    ];
    province.sign("giver.pem", &post).with(0);
    let give = format!("GĐ={head}");
    province
        .sign(
            "giver.pem",
            &[
                "roster",
                "assign",
                "03847",
                "--give",
                &give,
                "--from",
                "2025-11-15",
            ],
        )
        .with(0);
    let found = |exit: i32| -> Vec<(String, String)> {
        let report = province.told(exit, &["key", "report"]);
        let rows = report["key_report"].as_array().expect("rows").clone();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        rows.iter()
            .map(|row| (text(row, "what"), text(row, "person")))
            .collect()
    };
    let finding = |what: &str, person: &str| (what.to_owned(), person.to_owned());
    assert_eq!(found(FINDINGS), [finding("without_key", "Cầm Văn Thịnh")]);

    province.appoint("head.pem", "thinh.pem", "Cầm Văn Thịnh", &unit, "unit_head", &[]);
    let office = province.appoint(
        "giver.pem",
        "son.pem",
        "Quàng Đức Sơn",
        &unit,
        "asset_officer",
        &[],
    );
    assert_eq!(found(0), []);
    province.hand_over(
        &province.node,
        "staff",
        ["giver.pem", "other.pem"],
        &other,
        &officer,
    );
    assert_eq!(found(FINDINGS), [finding("moved", "Quàng Đức Sơn")]);
    let cut = ["key", "cut", &office, "--reason", "transfer"];
    let said = province.sign("giver.pem", &cut).with(0).said;
    assert!(said.contains("End (transfer)"), "{said}");
    assert_eq!(found(0), []);
}
