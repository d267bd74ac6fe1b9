//! Acts that cannot be: on a record that is not there or not meant, on what somebody else holds, on what is over.

use std::collections::BTreeMap;

use soxa_lang::Lang;

use crate::support::program::{PASSPHRASE, soxa_with};
use crate::support::province::{Province, created};
use crate::support::sentences::{ANY, check_error};
use crate::support::socket::{ask, submit};

#[test]
fn a_record_that_does_not_exist() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let before = node.held();
    let whole = "5".repeat(64);
    for lang in Lang::ALL {
        for id in [whole.as_str(), "5555", "TS-0001"] {
            for command in [
                &["asset", "show"][..],
                &["handover", "show"],
                &["unit", "show"],
                &["log"],
            ] {
                let ended = soxa_with(&node.home, lang, &[command, &[id]].concat(), "");
                check_error(&ended, 1, lang, "errors.unknown_record", &[("id", &id)]);
            }
            let args = ["asset", "set", id, "condition=hỏng"];
            let ended = province.sign_with("head.pem", lang, PASSPHRASE, &args);
            check_error(&ended, 1, lang, "errors.unknown_record", &[("id", &id)]);
        }
        // The id of a record of another kind.
        let ended = soxa_with(&node.home, lang, &["asset", "show", &province.unit], "");
        check_error(
            &ended,
            1,
            lang,
            "errors.unknown_record",
            &[("id", &province.unit)],
        );
    }
    assert_eq!(node.held(), before);
}

#[test]
fn digits_that_begin_several_ids() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    // Signs until two records' ids begin with the same four digits: about 300 times.
    let head = province.head();
    let mut by_digits = BTreeMap::new();
    let (digits, pair) = (0..)
        .find_map(|number| {
            let commit = head.register(number);
            let digits = commit.record.to_string()[..4].to_owned();
            let earlier = by_digits.insert(digits.clone(), commit.clone())?;
            Some((digits, [earlier, commit]))
        })
        .expect("two of them");
    let answer = ask(
        &node.home,
        &submit(pair.iter().map(|commit| commit.bytes.as_slice())),
    );
    assert_eq!(answer["stored"].as_array().map(Vec::len), Some(2), "{answer}");
    let before = node.held();
    for lang in Lang::ALL {
        for command in [&["asset", "show", digits.as_str()][..], &["log", &digits]] {
            let ended = soxa_with(&node.home, lang, command, "");
            check_error(
                &ended,
                1,
                lang,
                "errors.record_ambiguous",
                &[("id", &digits), ("candidates", &ANY)],
            );
            for candidate in &pair {
                let shown = candidate.record.short();
                assert!(
                    ended.said.contains(&shown),
                    "{shown} is not among the candidates of {command:?}: {}",
                    ended.said
                );
            }
        }
        // One digit more names one of them, unless that is the same too.
        let more = &pair[0].record.to_string()[..12];
        assert_eq!(
            soxa_with(&node.home, lang, &["asset", "show", more], "").exit,
            Some(0)
        );
    }
    assert_eq!(node.held(), before);
}

#[test]
fn handovers_of_what_another_holds_and_of_what_is_withdrawn() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let commune = province.add_commune("03847", "Xã Mường Bú", "commune.pem");
    let register = |unit: &str, code: &str, key: &str| {
        let args = [
            "asset", "register", "--unit", unit, "--code", code, "--name", "Bàn", "--cost", "1500000",
            "--format", "json",
        ];
        created(&province.sign(key, &args).with(0))
    };
    let theirs = register(&commune, "B1", "commune.pem");
    let ours = register(&province.unit, "B2", "head.pem");

    let before = node.held();
    for lang in Lang::ALL {
        let args = [
            "handover",
            "draft",
            "--kind",
            "assets",
            "--receiver",
            &commune,
            "--giver",
            &province.unit,
            "--line",
        ];
        let ended = province.sign_with("head.pem", lang, PASSPHRASE, &[&args[..], &[&theirs]].concat());
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("asset", &"B1 Bàn"),
            ("holder", &"Xã Mường Bú"),
            ("unit", &"Sơn La"),
        ];
        check_error(&ended, 1, lang, "errors.handover_not_custodian", &values);
    }
    assert_eq!(node.held(), before);

    let args = [
        "handover",
        "draft",
        "--kind",
        "assets",
        "--receiver",
        &commune,
        "--giver",
        &province.unit,
        "--line",
        &ours,
        "--format",
        "json",
    ];
    let handover = created(&province.sign("head.pem", &args).with(0));
    province
        .sign("head.pem", &["handover", "offer", &handover])
        .with(0);
    province
        .sign(
            "head.pem",
            &["handover", "withdraw", &handover, "--reason", "kiểm kê lại"],
        )
        .with(0);
    let before = node.held();
    for lang in Lang::ALL {
        let args = ["handover", "accept", &handover];
        let ended = province.sign_with("commune.pem", lang, PASSPHRASE, &args);
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("handover", &&handover[..8]), ("giver", &"Sơn La")];
        check_error(&ended, 1, lang, "errors.offer_withdrawn", &values);
    }
    assert_eq!(node.held(), before);
}
