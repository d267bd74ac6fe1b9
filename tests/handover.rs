//! Handovers with real processes: correction minutes, all parties at one machine, papers, and hundreds of lines.

mod support;

use serde_json::{Value, json};
use soxa_lang::Lang;
use soxa_office::columns::Column;
use soxa_office::handovers::going;
use soxa_office::write::{Entry, List};
use soxa_records::Date;

use support::handing::Handing;
use support::program::{Ended, PASSPHRASE, soxa, soxa_signed, soxa_with};
use support::province::created;
use support::terminal::Terminal;

/// Lines of a large handover.
const LINES: usize = 300;

impl Handing {
    fn shown(&self, handover: &str) -> Value {
        self.province.told(0, &["handover", "show", handover])
    }

    fn custodian(&self, asset: &str) -> Value {
        self.province.told(0, &["asset", "show", asset])["custodian"].clone()
    }

    /// A handover that the giver has drafted with these further arguments.
    #[track_caller]
    fn drafted(&self, args: &[&str]) -> String {
        let own = ["handover", "draft", "--receiver", "03850", "--format", "json"];
        created(&self.sign("giver.pem", &[&own, args].concat()).with(0))
    }

    /// `handover sign` with the giver's key and these others, with one line on the pipe for each.
    fn together(&self, handover: &str, others: &[&str], passphrases: &[&str], args: &[&str]) -> Ended {
        let keys: Vec<String> = others.iter().map(|key| self.province.path(key)).collect();
        let giver = self.province.path("giver.pem");
        let mut all = vec![
            "handover",
            "sign",
            handover,
            "--key",
            &giver,
            "--yes",
            "--passphrase-stdin",
        ];
        if !keys.is_empty() {
            all.push("--also-key");
            all.extend(keys.iter().map(String::as_str));
        }
        all.extend(args);
        let input = passphrases.join("\n");
        soxa_with(&self.province.node.home, Lang::En, &all, &input)
    }
}

#[test]
fn a_correction_stands_beside_the_first_and_hands_back_what_was_wrongly_listed() {
    let handing = Handing::found();
    let asset = handing.register("Máy cày");
    let first = handing.drafted(&[
        "--kind", "assets", "--line", &asset, "--offer", "--basis", "QĐ 2733",
    ]);
    let correct = |key: &str, args: &[&str]| {
        let own = [
            "handover",
            "correct",
            &first,
            "--basis",
            "kiểm lại",
            "--offer",
            "--format",
            "json",
        ];
        handing.sign(key, &[&own, args].concat())
    };
    // Nothing is in effect yet that could be corrected.
    let early = correct("giver.pem", &["--line", "1:quantity=2"]);
    assert!(early.with(1).said.contains("not in effect"));
    handing
        .sign("receiver.pem", &["handover", "accept", &first])
        .with(0);
    let before = handing.shown(&first);
    assert_eq!(before["corrections"], json!([]));

    let wrong = correct("giver.pem", &["--line", "2:quantity=2"]);
    assert!(wrong.with(1).said.contains("no line 2"));
    let told = correct("giver.pem", &["--line", "1:quantity=2", "1:condition=hỏng"]).with(0);
    let correction = created(&told);
    let says = format!("Draft correction minutes to handover {}", &first[..8]);
    assert!(told.said.contains(&says), "{}", told.said);
    let accepted = handing
        .sign("receiver.pem", &["handover", "accept", &correction])
        .with(0);
    assert!(accepted.said.contains("line 1 should read"), "{}", accepted.said);

    let after = handing.shown(&first);
    assert_eq!(
        (&after["lines"], &after["signatures"]),
        (&before["lines"], &before["signatures"])
    );
    let row = &after["corrections"][0];
    assert_eq!(
        (&row["handover"], &row["line"], &row["stage"]),
        (&json!(correction), &json!(1), &json!("effective"))
    );
    assert_eq!(row["was"], json!("Quantity: 1; Condition: –"));
    assert_eq!(row["is"], json!("Quantity: 2; Condition: hỏng"));
    assert_eq!(handing.shown(&correction)["corrects"], json!(first));
    // What the first correction said stands in the next one, until it says otherwise.
    let told = correct("receiver.pem", &["--line", "1:remark=có biên bản"]).with(0);
    let line = &handing.shown(&created(&told))["lines"][0];
    assert_eq!(
        (
            &line["sort"],
            &line["quantity"],
            &line["condition"],
            &line["remark"]
        ),
        (
            &json!("restated"),
            &json!("2"),
            &json!("hỏng"),
            &json!("có biên bản")
        )
    );

    // The unit that has it hands it back.
    let receiver = handing.custodian(&asset);
    assert!(
        correct("giver.pem", &["--back", "1"])
            .with(1)
            .said
            .contains("does not hand back")
    );
    let back = created(&correct("receiver.pem", &["--back", "1"]).with(0));
    handing.sign("giver.pem", &["handover", "accept", &back]).with(0);
    assert_ne!(handing.custodian(&asset), receiver);
    assert_eq!(
        handing.shown(&first)["corrections"][2]["is"],
        json!("handed back")
    );
}

/// Two officials at one terminal, the receiver first: whoever answers no, or mistypes, ends it for both.
#[test]
fn whoever_declines_at_the_terminal_ends_it_for_all() {
    let handing = Handing::found();
    let node = &handing.province.node;
    let asset = handing.register("Máy cày");
    let handover = handing.drafted(&["--kind", "assets", "--line", &asset]);
    let held = node.held();
    let (giver, receiver) = (
        handing.province.path("giver.pem"),
        handing.province.path("receiver.pem"),
    );
    let args = [
        "handover",
        "sign",
        &handover,
        "--key",
        &giver,
        "--also-key",
        &receiver,
    ];
    // What each answers and types, up to where it ends.
    type Answers<'a> = &'a [(&'a str, Option<&'a str>)];
    let cases: [(Answers<'_>, i32, &str); 5] = [
        (&[("n", None)], 1, "It was not confirmed"),
        (&[("", None)], 1, "It was not confirmed"),
        (&[("y", Some("sai mật khẩu"))], 12, "receiver.pem"),
        (
            &[("y", Some(PASSPHRASE)), ("không", None)],
            1,
            "It was not confirmed",
        ),
        (
            &[("y", Some(PASSPHRASE)), ("y", Some("sai mật khẩu"))],
            12,
            "giver.pem",
        ),
    ];
    for (answers, exit, words) in cases {
        let mut terminal = Terminal::start(&node.home, Lang::En, &args);
        let names = ["Xã Phiêng Cằm", "Xã Mường Bú"];
        for ((answer, passphrase), name) in answers.iter().zip(names) {
            terminal.shows(name).shows("[y/N]").types(answer);
            if let Some(passphrase) = passphrase {
                terminal.shows("Passphrase").types_unseen(passphrase);
            }
        }
        let (code, said) = terminal.ends();
        assert_eq!(code, Some(exit), "{said}");
        assert!(said.contains(words), "{words:?} in {said}");
        assert!(!said.contains(PASSPHRASE), "{said}");
        assert_eq!(node.held(), held, "{answers:?}");
    }
    assert_eq!(handing.shown(&handover)["stage"], json!("draft"));

    // The same terminal, and all answer yes.
    let mut terminal = Terminal::start(&node.home, Lang::En, &args);
    for _ in 0..2 {
        terminal.shows("[y/N]").types("y");
        terminal.shows("Passphrase").types_unseen(PASSPHRASE);
    }
    assert_eq!(terminal.ends().0, Some(0));
    assert_eq!(handing.shown(&handover)["stage"], json!("effective"));
}

#[test]
fn at_one_machine_all_sign_or_nothing_is_stored() {
    let handing = Handing::found();
    let province = &handing.province;
    let asset = handing.register("Máy ảnh");
    let witness = province.add_commune("03721", "Xã Thuận Châu", "witness.pem");
    let papers = [
        "--paper",
        "Sổ đỏ:original:1:Máy ảnh",
        "Bản vẽ:copy:2",
        "--duties",
        "giao chìa khóa",
    ];
    let handover = handing.drafted(
        &[
            &["--kind", "assets", "--line", &asset, "--approver", &witness],
            &papers[..],
        ]
        .concat(),
    );
    let held = province.node.held();
    let own = PASSPHRASE;

    // The witness declines at the end: nothing of it is stored.
    let both = ["receiver.pem", "witness.pem"];
    let declined = handing.together(&handover, &both, &[own, "sai mật khẩu", own], &[]);
    assert!(declined.with(12).said.contains("witness.pem"));
    // Nobody for the witness, and a key for nobody.
    assert!(
        handing
            .together(&handover, &["receiver.pem"], &[own, own], &[])
            .with(1)
            .said
            .contains("Thuận Châu")
    );
    let stranger = handing.together(
        &handover,
        &["receiver.pem", "witness.pem", "head.pem"],
        &[own],
        &[],
    );
    assert!(stranger.with(1).said.contains("head.pem"));
    assert_eq!(province.node.held(), held);
    assert_eq!(handing.shown(&handover)["stage"], json!("draft"));

    // One line opens all, and each is shown what it signs.
    let told = handing
        .together(&handover, &both, &[own], &["--refuse", "3=thiếu trang"])
        .with(0);
    for part in [
        "Xã Phiêng Cằm",
        "approver",
        "giao chìa khóa",
        "paper Sổ đỏ",
        "Line 3 is refused",
    ] {
        assert!(told.said.contains(part), "{part:?} in {}", told.said);
    }
    let shown = handing.shown(&handover);
    assert_eq!(
        (&shown["stage"], &shown["capacity"]),
        (&json!("effective"), &json!("approver"))
    );
    assert_eq!(shown["signatures"].as_array().map(Vec::len), Some(3));
    assert_eq!(shown["lines"][2]["refused"], json!("thiếu trang"));
    assert_eq!(
        (&shown["lines"][0]["moved"], &shown["lines"][1]["moved"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(province.node.held()["void"], held["void"]);
    let again = handing.together(&handover, &both, &[own], &[]);
    assert!(again.with(1).said.contains("Everybody has signed"));

    // An offer made before is only completed.
    let second = handing.register("Máy quay");
    let offered = handing.drafted(&["--kind", "assets", "--line", &second, "--offer"]);
    let receiver = province.path("receiver.pem");
    let args = ["handover", "sign", &offered, "--key", &receiver];
    soxa_signed(&province.node.home, &args).with(0);
    assert_eq!(handing.shown(&offered)["stage"], json!("effective"));
}

#[test]
fn three_hundred_lines_go_over_under_one_signature() {
    let handing = Handing::found();
    let province = &handing.province;
    let mut table = String::from("Mã tài sản;Tên tài sản;Số lượng;Nguyên giá;Giá trị còn lại\n");
    for n in 1..=LINES + 1 {
        table.push_str(&format!("MT-{n:04};Máy vi tính {n};2;1.000.000;400.000\n"));
    }
    let file = province.path("kiemke.csv");
    std::fs::write(&file, table).expect("an inventory");
    handing
        .sign("giver.pem", &["import", "assets", &file, "--unit", "03847"])
        .with(0);

    let all = [
        "--kind",
        "assets",
        "--all-of-unit",
        "--except",
        "MT-0007",
        "--offer",
    ];
    let offered = handing.drafted(&all);
    // An asset that is under way is in no second offer, which names the first.
    let again = [
        "handover",
        "draft",
        "--kind",
        "assets",
        "--receiver",
        "14",
        "--line",
        "MT-0001",
    ];
    let refused = handing.sign("giver.pem", &again).with(1).said;
    assert!(
        refused.contains("Máy vi tính 1") && refused.contains(&offered[..8]),
        "{refused}"
    );

    // The table of the lines goes out, is counted, and comes back: one computer of the first line is missing.
    let lines = ["handover", "show", &offered, "--lines", "--format", "csv"];
    let table = soxa(&province.node.home, &lines).with(0).told;
    assert_eq!(table.lines().count(), LINES + 1);
    let counted: Vec<String> = table
        .lines()
        .map(|line| match line.starts_with("1,") {
            true => line.replace(",2,cái,,", ",2,cái,1,").replace(",2,,,", ",2,,1,"),
            false => line.to_owned(),
        })
        .collect();
    let file = province.path("dem.csv");
    std::fs::write(&file, counted.join("\n")).expect("what was counted");
    let count = ["handover", "count", &offered, "--as-written", "--table", &file];
    handing.sign("receiver.pem", &count).with(0);
    let told = handing
        .sign("receiver.pem", &["handover", "accept", &offered])
        .with(0)
        .said;
    for part in [
        "Handed over by the giver: 300 lines, quantity 600, cost 300,000,000",
        "Taken over by the receiver: 300 lines, quantity 599, cost 300,000,000",
        "OTHERWISE",
    ] {
        assert!(told.contains(part), "{part:?} in {told}");
    }
    let shown = handing.shown(&offered);
    assert_eq!(shown["stage"], json!("effective"));
    assert_eq!(
        (&shown["count"], &shown["residual"]),
        (&json!(LINES), &json!(120_000_000))
    );
    let moved = shown["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .filter(|line| line["moved"] == json!(true));
    assert_eq!(moved.count(), LINES);
    let left = province.told(0, &["asset", "list", "--unit", "03847"]);
    assert_eq!(left["assets"].as_array().map(Vec::len), Some(1));
}

/// A workbook of what goes to whom.
fn division(handing: &Handing, rows: &[(&str, &str)]) -> String {
    let row = |(subject, receiver): &(&str, &str)| {
        let of = |column: &Column| match column.name {
            "subject" => Entry::Text((*subject).to_owned()),
            "receiver" => Entry::Text((*receiver).to_owned()),
            _ => Entry::Empty,
        };
        going::COLUMNS.iter().map(of).collect()
    };
    let list = List {
        name: "Chia tài sản".to_owned(),
        columns: going::COLUMNS.to_vec(),
        rows: rows.iter().map(row).collect(),
    };
    let day = Date::new(2025, 12, 31).expect("a day");
    let file = handing.province.path("chia.xlsx");
    std::fs::write(&file, list.xlsx(Lang::Vi, day).expect("a workbook")).expect("the division");
    file
}

#[test]
fn minutes_for_several_receivers_are_drafted_from_a_workbook_whole_or_not_at_all() {
    let handing = Handing::found();
    let assets = ["Máy cày", "Máy bơm", "Xe tải"].map(|name| handing.register(name));
    let draft = |rows: &[(&str, &str)]| {
        let file = division(&handing, rows);
        let args = ["--kind", "assets", "--offer", "--format", "json"];
        handing.sign(
            "giver.pem",
            &[&["handover", "draft", "--table", &file], &args[..]].concat(),
        )
    };
    let refused = draft(&[
        ("Máy cày", "Xã Phiêng Cằm"),
        ("Máy bay", "Xã Phiêng Cầm Cố"),
        ("Máy cày", "14"),
        ("Máy bơm", "14"),
    ])
    .with(1)
    .said;
    for part in [
        "line 3, A",
        "Máy bay",
        "line 3, B",
        "Xã Phiêng Cằm",
        "line 4, A",
        "stands in row 2 already",
    ] {
        assert!(refused.contains(part), "{part:?} in {refused}");
    }
    assert!(handing.province.node.records("handover").is_empty());

    let told = draft(&[
        ("Máy cày", "Xã Phiêng Cằm"),
        ("Máy bơm", "14"),
        ("Xe tải", "03850"),
    ]);
    let told = told.with(0).json();
    let drafts = told["stored"].as_array().into_iter().flatten();
    let drafts = drafts.flat_map(|commit| commit["created"].as_array().into_iter().flatten());
    let lines = drafts.map(|draft| {
        let shown = handing.shown(draft.as_str().expect("an id"));
        let lines = shown["lines"].as_array().expect("lines").iter();
        lines.map(|line| line["subject"].clone()).collect::<Vec<_>>()
    });
    let [tractor, pump, lorry] = assets.map(Value::from);
    assert_eq!(lines.collect::<Vec<_>>(), [vec![tractor, lorry], vec![pump]]);

    // What goes already is in no second table.
    let again = draft(&[("Máy bơm", "Xã Phiêng Cằm")]).with(1).said;
    assert!(again.contains("Máy bơm"), "{again}");
}

#[test]
fn papers_alone_are_handed_over_and_remarked_on() {
    let handing = Handing::found();
    let papers = ["Hồ sơ 03847-251103-0001:original", "Sổ địa chính:original:3"];
    let handover = handing.drafted(&[&["--kind", "papers", "--paper"], &papers[..]].concat());
    let remark = ["handover", "offer", &handover, "--remark", "đã niêm phong"];
    handing.sign("giver.pem", &remark).with(0);
    let count = ["handover", "count", &handover, "--row", "2:2:rách bìa"];
    handing.sign("receiver.pem", &count).with(0);
    handing
        .sign("receiver.pem", &["handover", "accept", &handover])
        .with(0);
    let shown = handing.shown(&handover);
    assert_eq!(shown["stage"], json!("effective"));
    assert_eq!(shown["signatures"][0]["remark"], json!("đã niêm phong"));
    assert_eq!(shown["lines"][1]["counted"], json!("2 rách bìa"));
}

#[test]
fn what_is_gone_is_handed_over_to_nobody() {
    let handing = Handing::found();
    let asset = handing.register("Máy chiếu");
    let become_ = |state: &str, args: &[&str]| {
        let own = ["asset", "state", state, &asset, "--reason", "BB 07"];
        handing.sign("giver.pem", &[&own, args].concat())
    };
    become_("idle", &[]).with(0);
    // A loss has minutes.
    become_("lost", &[]).with(2);
    let minutes = handing.province.path("bienban.pdf");
    std::fs::write(&minutes, b"%PDF-1.4").expect("minutes");
    become_("lost", &["--document", &minutes]).with(0);
    assert_eq!(
        handing.province.told(0, &["asset", "show", &asset])["state"],
        json!("lost")
    );
    assert!(become_("liquidated", &[]).with(1).said.contains("lost"));
    let draft = [
        "handover",
        "draft",
        "--kind",
        "assets",
        "--receiver",
        "03850",
        "--line",
        &asset,
    ];
    let said = handing.sign("giver.pem", &draft).with(1).said;
    assert!(said.contains("nothing to hand over"), "{said}");
}

#[test]
fn whoever_witnesses_is_shown_what_the_receiver_leaves_out() {
    let handing = Handing::found();
    let witness = handing
        .province
        .add_commune("03721", "Xã Thuận Châu", "witness.pem");
    let assets = ["Máy cày", "Máy gặt"].map(|name| handing.register(name));
    let lines = [
        "--kind",
        "assets",
        "--witness",
        &witness,
        "--offer",
        "--paper",
        "Sổ:copy:2",
        "--line",
    ];
    let lines: Vec<&str> = lines
        .into_iter()
        .chain(assets.iter().map(String::as_str))
        .collect();
    let handover = handing.drafted(&lines);
    let accept = ["handover", "accept", &handover, "--refuse", "2=gãy lưỡi"];
    handing.sign("receiver.pem", &accept).with(0);
    let witnessed = handing
        .sign("witness.pem", &["handover", "witness", &handover])
        .with(0);
    for words in [
        "Taken over by the receiver: 1 lines, quantity 1",
        "OTHERWISE",
        "Line 2 is refused: gãy lưỡi",
        "3. paper Sổ: 2, –",
    ] {
        assert!(witnessed.said.contains(words), "{words} in {}", witnessed.said);
    }
    assert_eq!(handing.shown(&handover)["stage"], json!("effective"));
}
