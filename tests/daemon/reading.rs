//! Reading commands: tables for people, JSON and CSV for programs, in both languages.

use serde_json::Value;
use soxa_lang::Lang;

use crate::support::program::soxa_with;
use crate::support::province::{Province, created};

/// Expects JSON with its schema, CSV of equal rows and a table from a command.
#[track_caller]
fn check(province: &Province, command: &[&str], schema: &str, names: &str) {
    let read = |lang: Lang, format: &str| {
        let args = [command, &["--format", format]].concat();
        let ended = soxa_with(&province.node.home, lang, &args, "").with(0);
        ended.told
    };
    for lang in Lang::ALL {
        let json: Value = serde_json::from_str(&read(lang, "json")).expect("JSON");
        assert_eq!(json["schema"], schema, "{command:?}");
        let mut csv = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(std::io::Cursor::new(read(lang, "csv")));
        let heading = csv.headers().expect("a heading").clone();
        assert!(
            !heading.is_empty() && csv.records().all(|row| row.is_ok()),
            "{command:?}"
        );
        let table = read(lang, "table");
        assert!(
            table.contains(names),
            "{names:?} is not in the table of {command:?}: {table}"
        );
        assert!(!table.contains("%{"), "{table}");
    }
    // What programs read does not depend on the language, but for the sentences that say what was signed.
    let json = |lang| without_sentences(serde_json::from_str(&read(lang, "json")).expect("JSON"));
    assert_eq!(json(Lang::Vi), json(Lang::En), "{command:?}");
}

/// The value without members that are sentences for people.
fn without_sentences(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_sentences).collect(),
        Value::Object(members) => {
            let kept = members
                .into_iter()
                .filter(|(name, _)| !["says", "reason", "settle"].contains(&name.as_str()));
            kept.map(|(name, member)| (name, without_sentences(member)))
                .collect()
        }
        other => other,
    }
}

#[test]
fn reading_commands_speak_to_people_and_programs() {
    let province = Province::found();
    let _daemon = province.node.start();
    let commune = province.add_commune("03847", "Xã Mường Bú", "commune.pem");
    let act = |args: &[&str]| {
        province
            .sign("head.pem", &[args, &["--format", "json"]].concat())
            .with(0)
    };
    let asset = created(&act(&[
        "asset",
        "register",
        "--unit",
        &province.unit,
        "--code",
        "B1",
        "--name",
        "Bàn, \"cũ\"",
        "--cost",
        "1500000",
    ]));
    let person = created(&act(&[
        "person",
        "register",
        "--unit",
        &province.unit,
        "--name",
        "Quàng Thị Hoa",
    ]));
    act(&["roster", "create", &province.unit]);
    act(&[
        "roster",
        "add-post",
        &province.unit,
        "--code",
        "GD",
        "--title",
        "Giám đốc",
        "--field",
        "other",
    ]);
    let handover = created(&act(&[
        "handover",
        "draft",
        "--kind",
        "assets",
        "--giver",
        &province.unit,
        "--receiver",
        &commune,
        "--line",
        &asset,
    ]));

    check(&province, &["status"], "soxa.status/1", "Sơn La");
    check(&province, &["unit", "list"], "soxa.units/1", "Xã Mường Bú");
    check(
        &province,
        &["unit", "show", "03847"],
        "soxa.unit/1",
        "Xã Mường Bú",
    );
    check(&province, &["asset", "list"], "soxa.assets/1", "Bàn, \"cũ\"");
    check(&province, &["asset", "show", &asset], "soxa.asset/1", "1");
    check(&province, &["person", "list"], "soxa.persons/1", "Quàng Thị Hoa");
    check(
        &province,
        &["person", "show", &person],
        "soxa.person/1",
        "Quàng Thị Hoa",
    );
    check(&province, &["roster", "list"], "soxa.rosters/1", "Sơn La");
    check(
        &province,
        &["roster", "show", &province.unit],
        "soxa.roster/1",
        "Giám đốc",
    );
    check(
        &province,
        &["handover", "list"],
        "soxa.handovers/1",
        "Xã Mường Bú",
    );
    check(
        &province,
        &["handover", "show", &handover],
        "soxa.handover/1",
        "Bàn",
    );
    check(&province, &["log", &asset], "soxa.log/1", "Lò Thị Lan");
    check(&province, &["key", "list"], "soxa.statements/1", "Lò Thị Lan");
    check(&province, &["conflicts"], "soxa.conflicts/1", "");
    check(&province, &["void", "list"], "soxa.void/1", "");
    check(&province, &["ruling", "list"], "soxa.rulings/1", "");
    check(&province, &["key", "officials"], "soxa.officials/1", "Lò Thị Lan");
    check(&province, &["key", "report"], "soxa.key_report/1", "");
    check(
        &province,
        &["key", "show", &province.path("head.pem")],
        "soxa.key/1",
        "Lò Thị Lan",
    );
}
