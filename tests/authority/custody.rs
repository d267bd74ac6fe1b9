//! Disputed custody: given away twice, or resting on what a cut took away; a superior rules.

use serde_json::json;

use crate::FINDINGS;
use crate::support::program::{Ended, soxa};
use crate::support::province::{Node, Province, converge};

#[test]
fn a_contest_is_ruled_on_and_every_node_follows() {
    let province = Province::found();
    let daemon = province.node.start();
    let giver = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let one = province.add_commune("03850", "Xã Phiêng Cằm", "one.pem");
    let two = province.add_commune("03646", "Xã Thuận Châu", "two.pem");
    let asset = province.register_asset("giver.pem", &giver, "Máy cày");
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);

    // Each of the two nodes is alone while the giver gives the same thing away.
    other_daemon.stop();
    province.hand_over(&province.node, "assets", ["giver.pem", "one.pem"], &one, &asset);
    daemon.stop();
    let other_daemon = other.start();
    let to_two = province.hand_over(&other, "assets", ["giver.pem", "two.pem"], &two, &asset);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let conflicts = province.told(FINDINGS, &["conflicts"]);
    assert_eq!(conflicts["conflicts"][0]["what"], "contested_custody");
    let contest = &conflicts["conflicts"][0];
    let way_out = contest["settle"].as_str().unwrap();
    assert!(way_out.contains("soxa ruling make"), "{way_out}");
    let sides = contest["sides"].as_array().unwrap();
    let of = |unit: &str| sides.iter().find(|side| side["says"]["receiver"] == unit);
    for receiver in ["Xã Phiêng Cằm", "Xã Thuận Châu"] {
        assert_eq!(of(receiver).expect(receiver)["unit"], receiver, "{contest}");
    }
    let shown = province.told(FINDINGS, &["ruling", "show", &asset]);
    assert_eq!(shown["choices"].as_array().unwrap().len(), 2, "{shown}");

    // Until then nobody holds it: who would use it is told where that is settled.
    let idle = ["asset", "state", "idle", &asset, "--reason", "dôi dư"];
    let said = province.sign("one.pem", &idle).with(1).said;
    assert!(said.contains("nobody holds it for certain"), "{said}");
    let draft = [
        "handover",
        "draft",
        "--kind",
        "assets",
        "--receiver",
        "03847",
        "--line",
        &asset,
    ];
    let said = province.sign("one.pem", &draft).with(1).said;
    assert!(
        said.contains("Nobody holds") && said.contains("soxa conflicts"),
        "{said}"
    );

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
    let conflicts = province.told(0, &["conflicts"]);
    assert_eq!(conflicts["conflicts"][0]["what"], "ruled", "{conflicts}");
    let rulings = province.told(0, &["ruling", "list"]);
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
fn one_asset_offered_at_two_nodes_is_told_until_one_offer_is_taken_back() {
    let province = Province::found();
    let daemon = province.node.start();
    let giver = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let one = province.add_commune("03850", "Xã Phiêng Cằm", "one.pem");
    let two = province.add_commune("03646", "Xã Thuận Châu", "two.pem");
    let asset = province.register_asset("giver.pem", &giver, "Máy cày");
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    let offer = |node: &Node, to: &str| {
        let handover = province.draft(node, "assets", "giver.pem", to, &asset);
        let offer = ["handover", "offer", &handover];
        province.sign_at(node, "giver.pem", &offer).with(0);
        handover
    };
    // Each of the two nodes is alone while the giver offers the same thing.
    other_daemon.stop();
    let to_one = offer(&province.node, &one);
    province.told(0, &["conflicts"]);
    daemon.stop();
    let other_daemon = other.start();
    let to_two = offer(&other, &two);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let told = province.told(FINDINGS, &["conflicts"]);
    let [conflict] = &told["conflicts"].as_array().unwrap()[..] else {
        panic!("{told}");
    };
    assert_eq!(
        (&conflict["what"], &conflict["id"]),
        (&json!("two_offers"), &json!(asset))
    );
    for (handover, receiver) in [(&to_one, "Xã Phiêng Cằm"), (&to_two, "Xã Thuận Châu")] {
        let says = json!({ "handover": handover[..8], "receiver": receiver });
        let sides = conflict["sides"].as_array().unwrap();
        let side = sides.iter().find(|side| side["says"] == says);
        assert_eq!(side.expect(receiver)["unit"], "Xã Mường Bú", "{conflict}");
    }
    let withdraw = ["handover", "withdraw", &to_two, "--reason", "đã giao nơi khác"];
    province.sign("giver.pem", &withdraw).with(0);
    province.told(0, &["conflicts"]);
}

#[test]
fn custody_that_lost_its_basis_to_a_cut_is_listed_and_ruled_on() {
    let province = Province::found();
    let _daemon = province.node.start();
    let giver = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    let one = province.add_commune("03850", "Xã Phiêng Cằm", "one.pem");
    let two = province.add_commune("03646", "Xã Thuận Châu", "two.pem");
    let officer = province.appoint(
        "giver.pem",
        "officer.pem",
        "Quàng Đức Sơn",
        &giver,
        "asset_officer",
        &[],
    );
    let asset = province.register_asset("giver.pem", &giver, "Máy cày");
    province.hand_over(&province.node, "assets", ["officer.pem", "one.pem"], &one, &asset);
    province.hand_over(&province.node, "assets", ["one.pem", "two.pem"], &two, &asset);

    let cut = [
        "key",
        "cut",
        &officer,
        "--reason",
        "compromise",
        "--keep-through",
        "none",
    ];
    let said = province.sign("giver.pem", &cut).with(0).said;
    for words in [
        "would become: void",
        "The custody of “Máy cày” (now Xã Thuận Châu) would be in dispute until a superior rules; for the time being: Xã Thuận Châu",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let conflicts = province.told(FINDINGS, &["conflicts"]);
    assert_eq!(
        conflicts["conflicts"][0]["what"], "unfounded_custody",
        "{conflicts}"
    );
    let way_out = conflicts["conflicts"][0]["settle"].as_str().expect("a sentence");
    assert!(way_out.contains("soxa ruling make"), "{way_out}");
    let shown = province.told(FINDINGS, &["ruling", "show", &asset]);
    assert!(
        !shown["choices"].as_array().expect("choices").is_empty(),
        "{shown}"
    );

    let make = ["ruling", "make", &asset, "--for", "03646", "--reason", "QĐ 15"];
    let said = province.sign("head.pem", &make).with(0).said;
    assert!(said.contains("This handover stands: Xã Thuận Châu"), "{said}");
    let conflicts = province.told(0, &["conflicts"]);
    assert_eq!(conflicts["conflicts"][0]["what"], "ruled", "{conflicts}");
    let shown = province.told(0, &["asset", "show", &asset]);
    assert_eq!(shown["custodian"], json!(two));
    province
        .sign("two.pem", &["asset", "set", &asset, "site=Bản Nà"])
        .with(0);
}
