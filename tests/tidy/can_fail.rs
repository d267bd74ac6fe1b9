//! A rule that cannot fail guards nothing: each is shown a text that breaks it and one that does not.

use std::collections::BTreeSet;

use crate::{
    manifest::dependencies,
    rules::*,
    source::Source,
    threats::{tests_in, threats_without_a_test},
};

/// `bad` must be the start of the one complaint about the first text; the second text is in order.
#[track_caller]
fn check(rule: impl Fn(&str) -> Complaints, broken: &str, bad: &str, fine: &str) {
    let complaints = rule(broken);
    assert!(
        complaints.len() == 1 && complaints[0].starts_with(bad),
        "expected {bad:?}, got {complaints:#?}"
    );
    assert_eq!(rule(fine), Complaints::new());
}

/// Turns a rule about sources into one about a text that lies at `path`.
fn at<'a>(path: &'a str, rule: impl Fn(&Source) -> Complaints + 'a) -> impl Fn(&str) -> Complaints + 'a {
    move |text| rule(&Source::new(path, text))
}

const NET: &str = "crates/soxa-net/Cargo.toml";
const LEDGER: &str = "crates/soxa-ledger/src/lib.rs";

#[test]
fn rules_about_manifests() {
    let edges = |text: &str| forbidden_edges(NET, text);
    check(
        edges,
        "[dependencies]\nsoxa-sync.workspace = true\nsoxa-store.workspace = true\n",
        "crates/soxa-net/Cargo.toml:3: `soxa-net` must not depend on `soxa-store`",
        "[dependencies]\nsoxa-sync.workspace = true\n[dev-dependencies]\nsoxa-records.workspace = true\n",
    );
    check(
        edges,
        "[dependencies]\nx = { package = \"node\" }",
        "crates/soxa-net/Cargo.toml:2",
        "",
    );
    assert_eq!(forbidden_edges("crates/soxa-new/Cargo.toml", "").len(), 1);
    assert_eq!(
        forbidden_edges("node/Cargo.toml", "[dependencies]\nsoxa-net.workspace = true"),
        Complaints::new()
    );
    check(
        |text| foreign_dependencies(NET, text),
        "[dev-dependencies]\nclap_complete = \"4\"",
        "crates/soxa-net/Cargo.toml:2: only `node`",
        "[dependencies.libp2p]\nfeatures = [\n    \"sled\",\n]\n# clap = 4\n[package.metadata]\nclap = 4",
    );
    check(
        |text| impure_dependencies("crates/soxa-sync/Cargo.toml", text),
        "[target.'cfg(unix)'.dependencies]\ntokio = \"1\"",
        "crates/soxa-sync/Cargo.toml:2",
        "[dev-dependencies]\ntokio = \"1\"",
    );
    check(
        |text| misnamed_folder("crates/soxa-net/Cargo.toml", text),
        "[package]\nname = \"soxa-wire\"",
        "crates/soxa-net/Cargo.toml:1",
        "[package]\nname = \"soxa-net\"",
    );
    check(
        |text| sabotage_switched_on("node/Cargo.toml", text),
        "[dependencies]\nsoxa-sim = { workspace = true, features = [\"sabotage\"] }",
        "node/Cargo.toml:2: only the tests of `soxa-sim`",
        "[features]\n# For tests.\nsabotage = [\"soxa-ledger/sabotage\"]",
    );
    check(
        |text| sabotage_switched_on("crates/soxa-sim/Cargo.toml", text),
        "[features]\ndefault = [\"sabotage\"]",
        "crates/soxa-sim/Cargo.toml:2",
        "[dev-dependencies]\nsoxa-sim = { path = \".\", features = [\"sabotage\"] }",
    );
    let renamed = dependencies("[dependencies.kv]\npackage = \"sled\"\n");
    assert_eq!(
        (renamed.len(), &*renamed[0].name, renamed[0].line),
        (1, "sled", 1)
    );
}

#[test]
fn rules_about_names_in_sources() {
    let foreign = at(LEDGER, foreign_names);
    check(
        &foreign,
        "//! x\nuse sled::{Db, Tree};",
        "crates/soxa-ledger/src/lib.rs:2",
        "// sled::Db\nlet sled = 1;",
    );
    check(
        &foreign,
        "use automerge as am;",
        "crates/soxa-ledger/src/lib.rs:1",
        "let x = \"automerge::x\";",
    );
    check(
        &foreign,
        "fn f(x: ::libp2p::PeerId) {}",
        "crates/soxa-ledger/src/lib.rs:1",
        "crate::libp2p::f()",
    );
    check(
        at("tests/a.rs", foreign_names),
        "rusqlite::open();",
        "tests/a.rs:1",
        "use clap::Parser;",
    );

    let impure = at(LEDGER, impure_names);
    check(
        &impure,
        "use std::time::{Duration, Instant};",
        "crates/soxa-ledger/src/lib.rs:1",
        "struct InstantNoodle;",
    );
    check(
        &impure,
        "\nuse std::{fmt, fs::{self, File}};",
        "crates/soxa-ledger/src/lib.rs:2",
        "use std::{fmt, io};",
    );
    check(
        &impure,
        "let r = rand::rng();",
        "crates/soxa-ledger/src/lib.rs:1",
        "let rand = 1;",
    );
    check(
        &impure,
        "#[cfg(test)]\nmod tests { use std::fs; }\nuse std::net::IpAddr;",
        "crates/soxa-ledger/src/lib.rs:3",
        "#[cfg(test)]\nmod tests {\n    fn f() { std::thread::yield_now() }\n}\n",
    );
    check(
        &impure,
        "const C: char = '\"';\nstd::thread::yield_now();",
        "crates/soxa-ledger/src/lib.rs:2",
        "r#\"\"std::fs\"#",
    );
    assert_eq!(
        impure_names(&Source::new("crates/soxa-ledger/tests/a.rs", "use std::fs;")),
        Complaints::new()
    );
    assert_eq!(
        impure_names(&Source::new("crates/soxa-store/src/a.rs", "use std::fs;")),
        Complaints::new()
    );
}

#[test]
fn rules_about_files() {
    let file = "node/src/a.rs";
    check(
        at(file, missing_header),
        "use a::b;",
        "node/src/a.rs:1",
        "\n//! What this is.\n",
    );
    check(
        at(file, missing_header),
        "//!\nuse a::b;",
        "node/src/a.rs:1",
        "//! What this is.",
    );
    let leftover = at(file, leftovers);
    check(
        &leftover,
        "fn f() {\n    todo!()\n}",
        "node/src/a.rs:2: `todo!`",
        "// todo!() and dbg!(1)\nlet todo = 1;",
    );
    check(
        &leftover,
        "/* a\n XXX */",
        "node/src/a.rs:2: `XXX`",
        "let x = \"XXX\"; // XXXL",
    );
    check(
        &leftover,
        "let c = '\\'';\nunsafe { f() }",
        "node/src/a.rs:2",
        "#![forbid(unsafe_code)] // unsafe",
    );
    check(
        &leftover,
        "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        "node/src/a.rs:2",
        "let x: &'a str = \"#[ignore]\";",
    );
    check(
        at(file, too_long),
        &"\n".repeat(701),
        "node/src/a.rs:700",
        &"\n".repeat(700),
    );
    check(
        at(file, empty_names),
        "pub mod string_utils {}",
        "node/src/a.rs:1",
        "pub mod strings;",
    );
    assert_eq!(empty_names(&Source::new("node/src/helpers/mod.rs", "")).len(), 1);
    check(stray_entry, "docs", "docs:1", "LICENSE-MIT");
}

#[test]
fn rules_about_words() {
    check(
        |text| dead_paths("README.md", text, |path| path == "crates/soxa-net"),
        "Read `crates/soxa-net`.\n```\n`crates/gone`\n```\nThen `crates/gone`, not `soxa run a/b`.",
        "README.md:5: `crates/gone`",
        "`target/debug/soxa` is made from [this](crates/soxa-net#x), not [that](https://example.org/a).",
    );
    check(
        |text| dead_paths("README.md", text, |_| false),
        "[x](GONE.md)",
        "README.md:1",
        "`node/*/x`, `text`",
    );

    let keys = BTreeSet::from(["cli.ask.confirm", "errors.io.next", "errors.io.what"].map(str::to_owned));
    let unknown = at("node/src/a.rs", |source| unknown_keys(source, &keys));
    check(
        &unknown,
        "say(\n\"cli.ask.gone\")",
        "node/src/a.rs:2",
        "say(\"cli.ask.confirm\") // \"cli.gone\"",
    );
    check(
        &unknown,
        "format!(\"errors.i.{x}\")",
        "node/src/a.rs:1",
        "format!(\"errors.{x}.what\", \"errors.io\")",
    );
    check(
        &unknown,
        "\"cli.answer{}\"",
        "node/src/a.rs:1",
        "(\"cli.as{}\", \"errors.log\", \"serde.rs\", \"cli.Ask\")",
    );
}

#[test]
fn rules_about_threats() {
    let tests = tests_in(&Source::new(
        "crates/soxa-net/tests/net/abuse.rs",
        "#[test]\nfn floods_end() {}\n#[tokio::test(flavor = \"current_thread\")]\nasync fn hints_end() {}",
    ));
    let table = |row: &str| {
        let head = "| threat | what the design does | the test that shows it | what remains |\n| --- | --- | --- | --- |";
        threats_without_a_test("SECURITY.md", &format!("{head}\n{row}\n\nText."), &tests)
    };
    let fine = "| a | b | `cargo test -p soxa-net --test net -- abuse::floods hints_end` | d |";
    for (broken, why) in [
        ("| a | b | - | d |", "no `cargo test"),
        (
            "| a | b | `cargo test -p soxa-net --test net floats` | d |",
            "`cargo test -p soxa-net --test net floats`: no test is called `floats`",
        ),
        (
            "| a | b | `cargo test -p soxa-sync --test net` | d |",
            "`cargo test -p soxa-sync --test net`: no such",
        ),
        (
            "| a | b | `cargo test -p soxa-net --lib` | d |",
            "`cargo test -p soxa-net --lib`: no such",
        ),
        ("| a | b | d |", "a row has four"),
    ] {
        check(table, broken, &format!("SECURITY.md:3: {why}"), fine);
    }
    assert_eq!(threats_without_a_test("SECURITY.md", "Text.", &tests).len(), 1);
}
