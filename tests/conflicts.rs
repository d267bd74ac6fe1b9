//! `soxa conflicts` across records with real processes: what two officials do without knowing of each other is told with who signed
//! each side, and the way out that it names settles it.

mod support;

use serde_json::{Value, json};

use support::acts::Officer;
use support::handing::Handing;
use support::program::soxa;
use support::province::{Node, Province, converge, created};

/// Something to look at.
const FINDINGS: i32 = 3;

/// The only conflict that a node tells.
#[track_caller]
fn only(node: &Node) -> Value {
    let told = soxa(&node.home, &["conflicts", "--format", "json"])
        .with(FINDINGS)
        .json();
    match &told["conflicts"].as_array().expect("conflicts")[..] {
        [only] => only.clone(),
        _ => panic!("{told}"),
    }
}

#[track_caller]
fn settled(node: &Node) {
    let told = soxa(&node.home, &["conflicts", "--format", "json"])
        .with(0)
        .json();
    assert_eq!(told["conflicts"], json!([]));
}

/// What the sides of a conflict say in a field, and who signed them, in order.
fn sides(conflict: &Value, field: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sides = conflict["sides"].as_array().expect("sides").iter();
    let mut sides: Vec<_> = sides
        .map(|side| (text(&side["says"][field]), text(&side["signer"])))
        .collect();
    sides.sort();
    sides
}

/// An inventory of the commune's only asset, counted, signed and approved, in which a fan was found at each of these sites.
#[track_caller]
fn approved(province: &Province, chair: [&str; 2], found: &[(&str, &str)]) -> String {
    let [key, name] = chair;
    let open = [
        "inventory",
        "open",
        "--unit",
        "03847",
        "--as-of",
        "2026-01-01",
        "--chair",
        name,
        "--format",
        "json",
    ];
    let inventory = created(&province.sign(key, &open).with(0));
    let act = |key: &str, act: &str, args: &[&str]| {
        province
            .sign(key, &[&["inventory", act, &inventory], args].concat())
            .with(0);
    };
    act(key, "count", &["--as-written"]);
    for (name, code) in found {
        act(
            key,
            "found",
            &["--name", name, "--code", code, "--site", "Hội trường"],
        );
    }
    act(key, "sign", &[]);
    act("giver.pem", "approve", &["--date", "2026-01-15"]);
    inventory
}

#[test]
fn a_found_thing_registered_twice_is_told_until_one_registration_is_called_a_mistake() {
    let Officer {
        province,
        daemon,
        unit,
        ..
    } = Officer::appointed(&[]);
    let second = "Lường Thị Ban";
    province.appoint("giver.pem", "second.pem", second, &unit, "asset_officer", &[]);
    province.register_asset("officer.pem", &unit, "BAN-1");
    let chair = ["officer.pem", Officer::NAME];
    let inventory = approved(&province, chair, &[("Quạt cây", "")]);
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);

    // Each of the two nodes is alone while somebody settles there.
    let settle = ["inventory", "settle", &inventory];
    other_daemon.stop();
    province.sign("officer.pem", &settle).with(0);
    settled(&province.node);
    daemon.stop();
    let other_daemon = other.start();
    province.sign_at(&other, "second.pem", &settle).with(0);
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let conflict = only(&other);
    assert_eq!(conflict, only(&province.node));
    assert_eq!(
        (&conflict["what"], &conflict["name"]),
        (&json!("registered_twice"), &json!("Quạt cây"))
    );
    let told = sides(&conflict, "inventory");
    let by = |name: &str| (inventory[..8].to_owned(), name.to_owned());
    assert_eq!(told, [by(second), by(Officer::NAME)]);
    let way_out = conflict["settle"].as_str().expect("a sentence");
    assert!(way_out.contains("soxa asset state mistaken"), "{way_out}");
    let asset = conflict["id"].as_str().expect("an asset");
    let mistaken = ["asset", "state", "mistaken", asset, "--reason", "ghi trùng"];
    province.sign("second.pem", &mistaken).with(0);
    settled(&province.node);

    // Two inventories of one unit that found one thing: here two things, of which one gets its own code.
    for name in ["Máy in", "máy in"] {
        let inventory = approved(&province, chair, &[(name, "")]);
        province
            .sign("officer.pem", &["inventory", "settle", &inventory])
            .with(0);
    }
    let conflict = only(&province.node);
    assert_eq!(sides(&conflict, "inventory").len(), 2, "{conflict}");
    let asset = conflict["id"].as_str().expect("an asset");
    let coded = ["asset", "set", asset, "code=MI-2"];
    province.sign("officer.pem", &coded).with(0);
    settled(&province.node);
}

#[test]
fn minutes_in_effect_that_were_called_off_are_settled_by_correction_minutes() {
    let handing = Handing::found();
    let province = &handing.province;
    let asset = handing.register("Máy cày");
    let handover = handing.draft(&asset);
    handing
        .sign("giver.pem", &["handover", "offer", &handover])
        .with(0);
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    other_daemon.stop();
    handing
        .sign("receiver.pem", &["handover", "accept", &handover])
        .with(0);
    // The giver, alone at the other node, takes back what is in effect.
    let peers = province.node.addresses();
    other.dial(&[]);
    let other_daemon = other.start();
    let withdraw = ["handover", "withdraw", &handover, "--reason", "nhầm danh mục"];
    province.sign_at(&other, "giver.pem", &withdraw).with(0);
    other_daemon.stop();
    other.dial(&peers);
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);
    let conflict = only(&province.node);
    assert_eq!(conflict["what"], "called_off");
    let by = |stage: &str, name: &str| (stage.to_owned(), name.to_owned());
    assert_eq!(
        sides(&conflict, "handover_state"),
        [by("effective", "Xã Phiêng Cằm"), by("withdrawn", "Xã Mường Bú")]
    );
    let correct = [
        "handover", "correct", &handover, "--back", "1", "--basis", "BB sửa", "--format", "json",
    ];
    let correction = created(&handing.sign("receiver.pem", &correct).with(0));
    handing
        .sign("receiver.pem", &["handover", "offer", &correction])
        .with(0);
    assert_eq!(only(&province.node)["what"], "called_off");
    handing
        .sign("giver.pem", &["handover", "accept", &correction])
        .with(0);
    settled(&province.node);

    // The history of the first minutes tells of those that correct it.
    let log = province.told(0, &["log", &handover]);
    assert_eq!(log["corrections"][0]["handover"], json!(correction), "{log}");
}

#[test]
fn what_was_published_twice_is_told_until_it_is_published_once_more() {
    let Officer { province, daemon, .. } = Officer::appointed(&[]);
    let (mut other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    let publish = |node: &Node, entry: &str, days: &str| {
        let limit = format!("limit_days={days}");
        let publish = ["reference", "publish", "procedure", entry, "--from", "2025-07-01"];
        let says = ["--set", "name=Đăng ký khai sinh", &limit];
        province
            .sign_at(node, "operator.pem", &[&publish[..], &says].concat())
            .with(0);
    };

    // Each of the two nodes is alone while somebody publishes there; of one key both say the same.
    other_daemon.stop();
    publish(&province.node, "1.001193", "5");
    publish(&province.node, "1.000001", "3");
    daemon.stop();
    let other_daemon = other.start();
    publish(&other, "1.001193", "4");
    publish(&other, "1.000001", "3");
    other_daemon.stop();
    let _daemon = province.node.start();
    other.dial(&province.node.addresses());
    let _other_daemon = other.start();
    converge(&[&province.node, &other]);

    let conflict = only(&other);
    assert_eq!(conflict, only(&province.node));
    assert_eq!(conflict["what"], json!("double_reference"));
    let says = sides(&conflict, "says");
    let named = |days: u8| format!("name=Đăng ký khai sinh; limit_days={days}");
    let [(four, one), (five, two)] = &says[..] else {
        panic!("{conflict}");
    };
    assert_eq!([four, five], [&named(4), &named(5)]);
    assert!(!one.is_empty() && one == two, "{conflict}");
    let way_out = conflict["settle"].as_str().expect("a sentence");
    let command = "soxa reference publish procedure \"1.001193\" --from";
    assert!(way_out.contains(command), "{way_out}");
    // Until then every node goes by the same one.
    let listed = |node: &Node| {
        let list = ["reference", "list", "procedure", "--format", "json"];
        soxa(&node.home, &list).with(0).json()["references"].clone()
    };
    assert_eq!(listed(&other), listed(&province.node));
    assert_eq!(listed(&other).as_array().map(Vec::len), Some(2));

    publish(&province.node, "1.001193", "5");
    settled(&province.node);
    converge(&[&province.node, &other]);
    settled(&other);
    assert_eq!(
        listed(&other)[1]["says"],
        json!([["name", "Đăng ký khai sinh"], ["limit_days", "5"]])
    );
}
