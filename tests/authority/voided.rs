//! Cuts that take effect from work, told before they are signed, and the work adopted.

use serde_json::json;

use crate::FINDINGS;
use crate::support::acts::Officer;

#[test]
fn a_cut_says_what_it_voids_and_the_work_is_adopted() {
    let Officer {
        province,
        daemon,
        unit,
        appointment: officer,
    } = Officer::appointed(&[]);
    let assets: Vec<String> = ["Máy cày", "Máy bơm"]
        .iter()
        .map(|name| province.register_asset("officer.pem", &unit, name))
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
    let void = province.told(FINDINGS, &["void", "list"]);
    assert_eq!(void["void"].as_array().unwrap().len(), 3, "{void}");
    let theirs = province.told(FINDINGS, &["void", "list", "--signed-by", "Quàng Đức Sơn"]);
    let theirs = theirs["void"].as_array().unwrap().clone();
    assert_eq!(theirs.len(), 2);
    assert!(
        theirs.iter().all(|one| one["adoptable"] == json!(true)),
        "{theirs:?}"
    );
    let commit = theirs[0]["commit"].as_str().unwrap().to_owned();
    let shown = province.told(FINDINGS, &["void", "show", &commit[..8]]);
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
    assert_eq!(province.told(0, &["void", "list"])["void"], json!([]));
    let shown = province.told(0, &["void", "show", &commit]);
    assert_eq!(shown["adopted_by"][0]["remark"], "QĐ 21", "{shown}");
    let asset = province.told(0, &["asset", "show", &assets[0]]);
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
fn the_successor_adopts_all_that_fell_with_a_stolen_key() {
    let Officer {
        province,
        daemon: _daemon,
        unit,
        ..
    } = Officer::appointed(&[]);
    let other = province.add_commune("03850", "Xã Phiêng Cằm", "other.pem");
    let second = [
        "key",
        "appoint",
        "--holder",
        &province.path("officer.pem"),
        "--person",
        "Quàng Đức Sơn",
        "--unit",
        &other,
        "--role",
        "asset_officer",
    ];
    province.sign("other.pem", &second).with(0);
    let asset = province.register_asset("officer.pem", &unit, "Máy cày");
    province.register_asset("officer.pem", &other, "Máy bơm");
    let own = province.register_asset("giver.pem", &unit, "Máy kéo");

    // A stolen key loses all its offices at once, in whichever unit.
    let key = province.path("officer.pem");
    let said = province
        .sign("head.pem", &["key", "compromise", &key, "--keep-through", "none"])
        .with(0)
        .said;
    for words in [
        "Every appointment of this key ends",
        "2 × “register an asset” on 2 records would become: void",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let offices = province.told(0, &["key", "officials", "--all"]);
    let ended = offices["officials"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["state"] == "ended")
        .count();
    assert_eq!(ended, 2, "{offices}");
    let said = province
        .sign("officer.pem", &["asset", "set", &own, "site=Bản Nà"])
        .said;
    assert!(said.contains("None of the appointments"), "{said}");

    // The successor answers for the work of the own unit, and for no other.
    let role = "asset_officer";
    province.appoint("giver.pem", "successor.pem", "Lường Thị Hoa", &unit, role, &[]);
    let adopt = [
        "void",
        "adopt",
        "--signed-by",
        "Quàng Đức Sơn",
        "--remark",
        "QĐ 21",
    ];
    let here = [&adopt[..], &["--unit", &unit]].concat();
    let said = province.sign("successor.pem", &here).with(0).said;
    for words in [
        "answer for 1 commit signed by Quàng Đức Sơn",
        "“Máy cày” would be with Xã Mường Bú; now with nobody",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let left = province.told(FINDINGS, &["void", "list"]);
    assert_eq!(left["void"].as_array().expect("a list").len(), 1, "{left}");
    let said = province.sign("successor.pem", &adopt).said;
    assert_eq!(province.told(FINDINGS, &["void", "list"]), left, "{said}");
    province
        .sign("successor.pem", &["asset", "set", &asset, "site=Bản Nà"])
        .with(0);
    let commit = left["void"][0]["commit"].as_str().expect("an id");
    province.sign("head.pem", &["void", "adopt", commit]).with(0);
    assert_eq!(province.told(0, &["void", "list"])["void"], json!([]));
}
