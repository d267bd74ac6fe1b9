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

#[test]
fn what_no_act_can_say_is_named_in_words() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let commune = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
    province.add_commune("03850", "Xã Phiêng Cằm", "receiver.pem");
    province.register_asset("giver.pem", &commune, "MC-1");
    province.register_asset("giver.pem", &commune, "MC-2");
    let draft = |receiver: &str, further: &[&str]| {
        let own = ["handover", "draft", "--kind", "assets", "--receiver", receiver];
        let args: Vec<String> = [&own[..], further]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect();
        args
    };
    let long = "dài ".repeat(2_000);
    let set = |value: &str| ["asset", "set", "MC-1", value].map(str::to_owned).to_vec();
    let head = "Xã Mường Bú";
    let council = ["--as-of", "2026-01-01", "--chair", head, "--member", head];
    let opened = [&["inventory", "open", "--unit", "03847"][..], &council].concat();
    for (args, vi, en) in [
        (
            draft("03847", &["--line", "MC-1"]),
            "là cùng một đơn vị",
            "the same unit",
        ),
        (
            draft("03850", &["--line", "MC-1", "MC-1"]),
            "được ghi hai lần",
            "stands twice in the minutes",
        ),
        (
            draft("03850", &["--line", "MC-1", "--witness", "03850"]),
            "tự chứng kiến",
            "cannot witness",
        ),
        (
            draft("03850", &["--line", "MC-1", "--duties", &long]),
            "quá dài",
            "is too long",
        ),
        (
            set("name="),
            "«Tên» không được để trống",
            "“Name” must not be empty",
        ),
        (
            opened.iter().map(|arg| (*arg).to_owned()).collect(),
            "một cán bộ được ghi hai lần",
            "one official stands twice",
        ),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        for (lang, why) in [(Lang::Vi, vi), (Lang::En, en)] {
            let said = province
                .sign_with("giver.pem", lang, PASSPHRASE, &args)
                .with(1)
                .said;
            assert!(said.contains(why), "{why:?} in {said}");
        }
    }

    // What is about to be signed is said as people write it.
    for (lang, said) in [
        (Lang::Vi, "«Số lượng» của MC-1 MC-1 là «1.200,5»"),
        (Lang::En, "to «1,200.5»"),
    ] {
        let args = ["asset", "set", "MC-1", "quantity=1.200,5", "--dry-run"];
        let shown = province.sign_with("giver.pem", lang, PASSPHRASE, &args).with(0);
        assert!(shown.said.contains(said), "{}", shown.said);
    }

    let args = ["asset", "set", "MC-1", "cost=9.000.000", "--dry-run"];
    let shown = province
        .sign_with("giver.pem", Lang::Vi, PASSPHRASE, &args)
        .with(0);
    let said = "«Nguyên giá» của MC-1 MC-1 là «9.000.000 đồng»";
    assert!(shown.said.contains(said), "{}", shown.said);

    // A line that is not there is not refused, and none twice.
    let args = draft(
        "03850",
        &["--line", "MC-1", "MC-2", "--offer", "--format", "json"],
    );
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let handover = created(&province.sign("giver.pem", &args).with(0));
    for lines in [&["7=hỏng"][..], &["1=hỏng", "7=hỏng"], &["1=hỏng", "1=vỡ"]] {
        let args = [&["handover", "accept", &handover, "--refuse"][..], lines].concat();
        let said = province.sign("receiver.pem", &args).with(2).said;
        let wrong = match lines {
            ["1=hỏng", "1=vỡ"] => "names line 1 twice",
            lines => lines.last().expect("a line"),
        };
        assert!(said.contains(wrong) && !said.contains("every line"), "{said}");
    }
    let args = ["handover", "count", &handover, "--row", "1:1:tốt", "1:2:vỡ"];
    let said = province.sign("receiver.pem", &args).with(2).said;
    assert!(said.contains("--row names line 1 twice"), "{said}");
}
