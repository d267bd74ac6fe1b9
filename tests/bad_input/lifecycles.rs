//! Acts at the wrong time: refused before anything is signed, with what may come instead.

use soxa_lang::Lang;

use crate::support::program::PASSPHRASE;
use crate::support::province::{Province, created};

#[test]
fn what_cannot_be_now_is_refused_with_what_can() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let commune = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    province.add_commune("03850", "Xã Phiêng Cằm", "receiver.pem");
    let asset = province.register_asset("giver.pem", &commune, "Máy cày");
    let draft = |further: &[&str]| {
        let args = [
            "handover",
            "draft",
            "--kind",
            "assets",
            "--receiver",
            "03850",
            "--basis",
            "QĐ 2",
            "--line",
            &asset,
            "--format",
            "json",
        ];
        [&args[..], further]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let drafted = |further: &[&str]| {
        let args = draft(further);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        created(&province.sign("giver.pem", &args).with(0))
    };
    let (first, second) = (drafted(&[]), drafted(&[]));
    let person = {
        let args = [
            "person",
            "register",
            "--unit",
            &commune,
            "--name",
            "Lò Văn An",
            "--field",
            "land",
            "--format",
            "json",
        ];
        created(&province.sign("giver.pem", &args).with(0))
    };
    let seconded = [
        "person",
        "second",
        &person,
        "--host",
        "03850",
        "--from",
        "2026-02-01",
        "--until",
        "2026-04-30",
        "--payer",
        "Sở Nội vụ",
    ];
    province.sign("giver.pem", &seconded).with(0);
    let refused = |key: &str, args: &[&str], [vi, en]: [&str; 2], next: &str| {
        let before = node.held();
        for lang in Lang::ALL {
            let said = province.sign_with(key, lang, PASSPHRASE, args).with(1).said;
            let why = if lang == Lang::Vi { vi } else { en };
            for words in [why, next] {
                assert!(said.contains(words), "{words:?} in {said}");
            }
        }
        assert_eq!(node.held(), before, "{args:?}");
    };

    // Not at this stage.
    refused(
        "receiver.pem",
        &["handover", "refuse", &first, "--reason", "hỏng"],
        [
            "biên bản bàn giao đang ở trạng thái: nháp",
            "the handover is now: draft",
        ],
        "soxa handover offer, soxa handover withdraw",
    );
    refused(
        "giver.pem",
        &["person", "confirm", &person],
        [
            "đợt biệt phái hiện ở bước: đã quyết định",
            "the secondment is now: decided",
        ],
        "soxa person accept, soxa person decline, soxa person recall",
    );
    // In two handovers.
    province.sign("giver.pem", &["handover", "offer", &first]).with(0);
    refused(
        "giver.pem",
        &["handover", "offer", &second],
        ["biên bản khác chưa xong", "already in another open handover"],
        &format!("soxa handover show {}", &first[..8]),
    );
    province
        .sign(
            "giver.pem",
            &["handover", "withdraw", &first, "--reason", "lập lại"],
        )
        .with(0);
    // A deadline in the past.
    let late = draft(&["--expires", "2026-01-01"]);
    let late: Vec<&str> = late.iter().map(String::as_str).collect();
    refused(
        "giver.pem",
        &late,
        ["đã hết hạn từ", "would be over already"],
        "--expires",
    );
    let appoint = [
        "key",
        "appoint",
        "--holder",
        &province.path("giver.pem"),
        "--person",
        "Lò Văn An",
        "--unit",
        "03847",
        "--role",
        "auditor",
        "--until",
        "2026-01-01",
    ];
    refused(
        "giver.pem",
        &appoint,
        ["kết thúc trước khi bắt đầu", "end before it begins"],
        "--until",
    );
    // A unit that is none, and is nearly one.
    let elsewhere = [
        "asset", "register", "--unit", "Muong Bo", "--code", "B1", "--name", "Bàn", "--cost", "1",
    ];
    refused("giver.pem", &elsewhere, ["Muong Bo", "Muong Bo"], "Xã Mường Bú");
}
