//! Who counts in a roster: nobody twice, nobody who has left; what is told of posts and heads when that is not so.

use serde_json::{Value, json};

use crate::support::program::soxa;
use crate::support::province::converge;
use crate::{FINDINGS, HOME, Staff};

/// The only conflict of its kind that is told.
#[track_caller]
fn only(told: &Value, what: &str) -> Value {
    let conflicts = told["conflicts"].as_array().expect("conflicts").iter();
    let of_kind: Vec<&Value> = conflicts.filter(|one| one["what"] == json!(what)).collect();
    match of_kind[..] {
        [one] => one.clone(),
        _ => panic!("{what} in {told}"),
    }
}

#[test]
fn who_has_left_counts_no_more_and_a_unit_without_a_head_is_told() {
    let (staff, daemon) = Staff::found();
    staff.refused(
        "staff.pem",
        &["roster", "create", HOME],
        &["has a roster already"],
    );
    staff.register("Lò Văn An");
    staff.register("Lò Văn Ân");
    let binh = staff.register("Cầm Thị Bình");
    let in_charge = [&Staff::post("lò văn an", "CT")[..], &["--kind", "in_charge"]].concat();
    staff.done(&in_charge);
    staff.refused("staff.pem", &in_charge, &["Lò Văn An", "in the same way already"]);
    staff.done(&Staff::post(&binh, "DC-1"));
    let quota = [
        "roster",
        "quota",
        HOME,
        "--class",
        "public_employee",
        "--year",
        "2026",
        "--number",
        "1",
    ];
    staff.done(&quota);
    let depart = |person: &str| {
        let ground = ["--ground", "resignation", "--last-day", "2026-01-31"];
        staff
            .done(&[&["person", "depart", person], &ground[..]].concat())
            .said
    };
    assert!(!depart(&binh).contains("nobody will head"), "she heads nothing");
    let said = depart("Lò Văn An");
    assert!(said.contains("nobody will head Xã Mường Bú after that"), "{said}");

    let told = staff.province.told(FINDINGS, &["conflicts"]);
    let headless = only(&told, "no_head");
    assert_eq!(headless["sides"][0]["says"], json!({ "left": "Lò Văn An" }));
    assert_eq!(headless["sides"][0]["signer"], json!("Hoàng Thị Mai"));

    let post = Staff::post("Lò Văn Ân", "DC-2").map(|word| word.replace("01-05", "03-02"));
    let said = staff.done(&post.each_ref().map(String::as_str)).said;
    assert!(!said.contains("quota"), "{said}");
    let roster = staff.province.told(0, &["roster", "show", HOME]);
    assert_eq!(
        json!([
            roster["heads"],
            roster["held"],
            roster["vacant"],
            roster["people"]
        ]),
        json!([[], 1, 2, { "land": 1 }]),
        "{roster}"
    );
    assert_eq!(roster["quotas"][0]["have"], json!(1), "{roster}");
    let shown = soxa(&staff.province.node.home, &["roster", "show", HOME])
        .with(0)
        .told;
    assert!(
        shown.contains("Cầm Thị Bình (left, last day 31/01/2026)"),
        "{shown}"
    );
    // Whoever has left is released without a successor, for the unit has no head any more.
    let end = ["--date", "2026-01-31", "--reason", "QĐ 3"];
    staff.done(&[&["roster", "release", HOME, "--post", "CT"], &end[..]].concat());
    daemon.stop();
}

#[test]
fn a_post_code_given_at_two_nodes_at_once_is_told_until_one_post_is_closed() {
    let (staff, daemon) = Staff::found();
    let province = &staff.province;
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    let add = |title| {
        [
            "roster", "add-post", HOME, "--code", "TP", "--title", title, "--field", "justice",
        ]
    };
    let quota = |number| {
        let of = ["--class", "worker", "--year", "2026", "--number", number];
        [&["roster", "quota", HOME], &of[..]].concat()
    };
    other_daemon.stop();
    staff.done(&add("Tư pháp"));
    staff.done(&quota("4"));
    daemon.stop();
    let other_daemon = other.start();
    province.sign_at(&other, "home.pem", &add("Hộ tịch")).with(0);
    province.sign_at(&other, "home.pem", &quota("5")).with(0);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let told = province.told(FINDINGS, &["conflicts"]);
    assert_eq!(only(&told, "quotas")["name"], json!("Xã Mường Bú"));
    let conflict = only(&told, "post_code");
    assert_eq!(conflict["name"], json!("Xã Mường Bú TP"));
    let sides = conflict["sides"].as_array().expect("sides").iter();
    let mut sides: Vec<_> = sides
        .map(|side| (&side["says"]["post"], &side["signer"]))
        .collect();
    sides.sort_by_key(|(post, _)| post.to_string());
    assert_eq!(
        json!(sides),
        json!([["Hộ tịch", "Xã Mường Bú"], ["Tư pháp", "Hoàng Thị Mai"]])
    );
    let id = conflict["sides"][0]["says"]["id"].as_str().expect("an id");
    staff.done(&["roster", "close-post", HOME, "--post", id]);
    staff.done(&quota("4"));
    province.told(0, &["conflicts"]);
}
