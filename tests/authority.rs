//! Authority in daily life, with real processes: rulings, adoption of voided work, previews of cuts, keys of officials.

mod support;

use serde_json::{Value, json};

use support::program::{Ended, soxa, soxa_signed};
use support::province::{Node, Province, converge, created, new_key};

/// The exit code when there is something to look at.
const FINDINGS: i32 = 3;

/// What a command at the province's node tells as JSON.
#[track_caller]
fn told(province: &Province, exit: i32, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    soxa(&province.node.home, &args).with(exit).json()
}

#[track_caller]
fn register(province: &Province, key: &str, unit: &str, name: &str) -> String {
    let args = [
        "asset", "register", "--unit", unit, "--code", name, "--name", name, "--cost", "1000000", "--format",
        "json",
    ];
    created(&province.sign(key, &args).with(0))
}

/// Hands an asset of the giver's over at a node, whole; gives the handover.
#[track_caller]
fn hand_over(province: &Province, node: &Node, receiver: &str, key: &str, asset: &str) -> String {
    let sign = |key: &str, args: &[&str]| {
        let key = province.path(key);
        soxa_signed(&node.home, &[args, &["--key", &key]].concat()).with(0)
    };
    let args = [
        "handover",
        "draft",
        "--kind",
        "assets",
        "--receiver",
        receiver,
        "--line",
        asset,
        "--basis",
        "Quyết định 2",
        "--date",
        "2025-11-15",
        "--format",
        "json",
    ];
    let handover = created(&sign("giver.pem", &args));
    sign("giver.pem", &["handover", "offer", &handover]);
    sign(key, &["handover", "accept", &handover]);
    handover
}

/// Appoints an official of a unit with a new key file, signed by `by`; gives the appointment.
#[track_caller]
fn appoint(
    province: &Province,
    by: &str,
    key: &str,
    person: &str,
    unit: &str,
    until: Option<&str>,
) -> String {
    new_key(&province.file(key), person);
    let path = province.path(key);
    let mut args = vec![
        "key",
        "appoint",
        "--holder",
        &path,
        "--person",
        person,
        "--unit",
        unit,
        "--role",
        "asset_officer",
        "--format",
        "json",
    ];
    args.extend(until.iter().flat_map(|until| ["--until", *until]));
    let stored = province.sign(by, &args).with(0).json();
    stored["stored"][0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_contest_is_ruled_on_and_every_node_follows() {
    let province = Province::found();
    let daemon = province.node.start();
    let giver = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let one = province.add_commune("03850", "Xã Phiêng Cằm", "one.pem");
    let two = province.add_commune("03646", "Xã Thuận Châu", "two.pem");
    let asset = register(&province, "giver.pem", &giver, "Máy cày");
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);

    // Each of the two nodes is alone while the giver gives the same thing away.
    other_daemon.stop();
    hand_over(&province, &province.node, &one, "one.pem", &asset);
    daemon.stop();
    let other_daemon = other.start();
    let to_two = hand_over(&province, &other, &two, "two.pem", &asset);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let conflicts = told(&province, FINDINGS, &["conflicts"]);
    assert_eq!(conflicts["conflicts"][0]["what"], "contested_custody");
    let says = conflicts["conflicts"][0]["says"].as_str().unwrap().to_owned();
    assert!(says.contains("soxa ruling make"), "{says}");
    let shown = told(&province, FINDINGS, &["ruling", "show", &asset]);
    assert_eq!(shown["choices"].as_array().unwrap().len(), 2, "{shown}");

    let make = |key: &str, standing: &str| -> Ended {
        let reason = "QĐ 15/QĐ-UBND";
        province.sign(
            key,
            &["ruling", "make", &asset, "--for", standing, "--reason", reason],
        )
    };
    let said = make("one.pem", "03850").said;
    assert!(
        said.contains("your unit is neither this unit nor above it"),
        "{said}"
    );
    let said = make("head.pem", "03847").said;
    assert!(said.contains("not exactly one of the handovers"), "{said}");
    let said = make("head.pem", &to_two[..8]).with(0).said;
    for words in [
        "This handover stands: Xã Thuận Châu",
        "Set aside",
        "Xã Phiêng Cằm",
        "nobody has shown yet",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let conflicts = told(&province, 0, &["conflicts"]);
    assert_eq!(conflicts["conflicts"][0]["what"], "ruled", "{conflicts}");
    let rulings = told(&province, 0, &["ruling", "list"]);
    assert_eq!(rulings["rulings"][0]["counts"], json!(true));
    assert_eq!(rulings["rulings"][0]["set_aside"].as_array().unwrap().len(), 1);
    converge(&[&province.node, &other]);
    let shown = soxa(&other.home, &["asset", "show", &asset, "--format", "json"])
        .with(0)
        .json();
    assert_eq!(shown["custodian"], json!(two));
    // The one who lost cannot act on it any more, the other can.
    let site = ["asset", "set", &asset, "site=Bản Nà"];
    let said = province.sign("one.pem", &site).said;
    assert!(said.contains("Thuận Châu"), "{said}");
    province.sign("two.pem", &site).with(0);
}

#[test]
fn a_cut_says_what_it_voids_and_the_work_is_adopted() {
    let province = Province::found();
    let daemon = province.node.start();
    let unit = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let officer = appoint(
        &province,
        "giver.pem",
        "officer.pem",
        "Quàng Đức Sơn",
        &unit,
        None,
    );
    let assets: Vec<String> = ["Máy cày", "Máy bơm"]
        .iter()
        .map(|name| register(&province, "officer.pem", &unit, name))
        .collect();
    // What an honest head writes on top falls with the record, and comes back with it.
    province
        .sign("giver.pem", &["asset", "set", &assets[0], "site=Bản Nà"])
        .with(0);

    let cut = [
        "key",
        "cut",
        &officer,
        "--reason",
        "transfer",
        "--keep-through",
        "none",
    ];
    let said = province.sign("giver.pem", &cut).with(0).said;
    for words in [
        "2 × “register an asset” on 2 records would become: void",
        "“Máy cày” would be with nobody; now: Xã Mường Bú",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let void = told(&province, FINDINGS, &["void", "list"]);
    assert_eq!(void["void"].as_array().unwrap().len(), 3, "{void}");
    let theirs = told(
        &province,
        FINDINGS,
        &["void", "list", "--signed-by", "Quàng Đức Sơn"],
    );
    let theirs = theirs["void"].as_array().unwrap().clone();
    assert_eq!(theirs.len(), 2);
    assert!(
        theirs.iter().all(|one| one["adoptable"] == json!(true)),
        "{theirs:?}"
    );
    let commit = theirs[0]["commit"].as_str().unwrap().to_owned();
    let shown = told(&province, FINDINGS, &["void", "show", &commit[..8]]);
    assert_eq!(
        (&shown["verdict"], &shown["signer"]),
        (&json!("void"), &json!("Quàng Đức Sơn"))
    );

    let adopt = [
        "void",
        "adopt",
        "--signed-by",
        "Quàng Đức Sơn",
        "--remark",
        "QĐ 21",
    ];
    let said = province.sign("giver.pem", &adopt).with(0).said;
    for words in [
        "answer for 2 commits signed by Quàng Đức Sơn",
        "would become: valid",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(told(&province, 0, &["void", "list"])["void"], json!([]));
    let shown = told(&province, 0, &["void", "show", &commit]);
    assert_eq!(shown["adopted_by"][0]["remark"], "QĐ 21", "{shown}");
    let asset = told(&province, 0, &["asset", "show", &assets[0]]);
    assert!(
        asset.to_string().contains("Bản Nà"),
        "what was built on it has effect again: {asset}"
    );
    let said = province.sign("giver.pem", &adopt).said;
    assert!(said.contains("No commit was chosen"), "{said}");
    let held = province.node.held();
    daemon.stop();
    assert_eq!(province.node.verify()["agrees"], json!(true));
    let _daemon = province.node.start();
    assert_eq!(province.node.held(), held, "the same after a start from the disk");
}

#[test]
fn keys_are_listed_reported_renewed_and_rotated() {
    let province = Province::found();
    let _daemon = province.node.start();
    let unit = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let soon = "2999-01-01";
    let officer = appoint(
        &province,
        "giver.pem",
        "officer.pem",
        "Quàng Đức Sơn",
        &unit,
        Some(soon),
    );
    let officials = |args: &[&str]| -> Vec<Value> {
        let all = told(
            &province,
            0,
            &[&["key", "officials", "--unit", "03847"], args].concat(),
        );
        all["officials"].as_array().unwrap().clone()
    };
    assert_eq!(officials(&[]).len(), 2);
    assert_eq!(told(&province, 0, &["key", "report"])["key_report"], json!([]));
    let report = told(&province, FINDINGS, &["key", "report", "--within", "4000000000"]);
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

    let asset = register(&province, "officer.pem", &unit, "Máy cày");
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
fn root_keys_are_changed_and_signatures_gathered_in_a_file() {
    let province = Province::found();
    let _daemon = province.node.start();
    let home = &province.node.home;
    let root = |args: &[&str], key: &str| {
        let key = province.path(key);
        soxa_signed(home, &[args, &["--root-key", &key]].concat())
    };
    for key in ["a.pem", "b.pem", "c.pem"] {
        new_key(&province.file(key), key);
    }
    let [a, b, c] = ["a.pem", "b.pem", "c.pem"].map(|key| province.path(key));
    let change = ["key", "roots", "--new", &a, &b, &c, "--quorum", "2"];
    let said = root(&change, "root.pem").with(0).said;
    for words in [
        "2 of these 3 root keys",
        "Nothing that this node holds gains or loses effect",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }

    let holder = province.path("a.pem");
    let appoint = [
        "key",
        "appoint",
        "--holder",
        &holder,
        "--person",
        "Lò Thị Lan",
        "--unit",
        &province.unit,
        "--role",
        "unit_head",
    ];
    let said = root(&appoint, "root.pem").said;
    assert!(said.contains("ended"), "the old key speaks for nobody: {said}");
    let said = root(&appoint, "a.pem").said;
    assert!(
        said.contains("quorum") || said.contains("root keys"),
        "one of two is not enough: {said}"
    );

    let file = province.path("appointment.jws");
    let said = root(&[&appoint[..], &["--into", &file]].concat(), "a.pem")
        .with(0)
        .said;
    assert!(said.contains("1 of 2 root signatures"), "{said}");
    // Whoever signs next needs no running node; whoever stores it needs no key.
    let said = root(&["key", "cosign", &file], "c.pem").with(0).said;
    assert!(
        said.contains("carries 2 signatures") && said.contains("Lò Thị Lan"),
        "{said}"
    );
    soxa(home, &["key", "cosign", &file, "--store"]).with(0);
    let officials = told(&province, 0, &["key", "officials"]);
    assert_eq!(officials["officials"].as_array().unwrap().len(), 3, "{officials}");
    // What the old keys had said stands: the head still signs.
    province.add_commune("03847", "Xã Mường Bú", "giver.pem");
}
