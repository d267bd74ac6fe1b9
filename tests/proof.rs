//! Proofs that travel: a handover made with the program, proven by a running node, checked with no node at all.

mod support;

#[path = "proof/python.rs"]
mod python;
#[path = "proof/trust.rs"]
mod trust;

use std::path::Path;

use data_encoding::BASE64;
use serde_json::{Value, json};
use soxa_lang::Lang;

use support::handing::Handing;
use support::program::{soxa, soxa_with};
use support::province::created;

const NOWHERE: &str = "/nonexistent";

/// `soxa verify` on a machine without a node.
fn verify(lang: Lang, args: &[&str]) -> support::program::Ended {
    soxa_with(Path::new(NOWHERE), lang, &[&["verify"], args].concat(), "")
}

/// One field of each of a list's objects.
#[track_caller]
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().map(|one| &one[field]).collect()
}

#[test]
fn a_proof_is_checked_without_a_node() {
    let handing = Handing::found();
    let handover = handing.hand_over("Máy cày");
    let file = handing.province.path("bàn giao.json");
    let home = &handing.province.node.home;
    soxa(home, &["handover", "proof", &handover, "-o", &file]).with(0);
    let first = std::fs::read(&file).unwrap();
    soxa(home, &["handover", "proof", &handover, "-o", &file]).with(0);
    assert_eq!(
        std::fs::read(&file).unwrap(),
        first,
        "the same store gives the same bytes"
    );

    let network = soxa(home, &["network", "--format", "json"]).with(0).json();
    let root = network["roots"][0]["key"].as_str().unwrap().to_owned();
    let genesis = home.join("network.jws");
    let keys = handing.province.path("khóa gốc.txt");
    std::fs::write(&keys, format!("# Sơn La\n{root}  # Sở Nội vụ\n")).unwrap();
    for trusted in [
        root.as_str(),
        &handing.province.network,
        genesis.to_str().unwrap(),
        &keys,
    ] {
        let told = verify(Lang::En, &[&file, "--root", trusted, "--format", "json"])
            .with(0)
            .json();
        assert_eq!(told["schema"], "soxa.proven/1");
        assert_eq!(
            (&told["outcome"], &told["handover"]),
            (&json!("proven"), &json!(handover))
        );
        assert_eq!(told["date"], "2025-11-15");
        assert_eq!(each(&told["signers"], "party"), ["giver", "receiver"]);
        assert_eq!(told["lines"][0]["name"], "Máy cày");
        // The last of them: nobody has co-signed.
        assert_eq!(told["not_proven"].as_array().unwrap().len(), 5);
        assert_eq!(told["cosigners"], json!([]));
    }
    let shown = verify(Lang::Vi, &[&file, "--root", &root]).with(0).told;
    for words in [
        "Xã Mường Bú",
        "thủ trưởng đơn vị",
        "15/11/2025",
        "Nghị định 68/2024",
        "Máy cày",
    ] {
        assert!(shown.contains(words), "{words} is missing:\n{shown}");
    }
}

#[test]
fn who_cosigned_is_told_and_checked_without_a_node() {
    let mut handing = Handing::found();
    let handover = handing.hand_over("Máy cày");
    let other = handing.cosign("Bắc Mê");
    let file = handing.province.path("bàn giao.json");
    let home = &handing.province.node.home;
    let made = ["handover", "proof", &handover, "-o", &file, "--format", "json"];
    let made = soxa(home, &made).with(0);
    assert!(!made.said.contains("Without a checkpoint"), "{}", made.said);
    let named = "Bắc Mê (province)";
    assert_eq!(each(&made.json()["proofs"], "cosigned_by"), [named]);
    let network = &handing.province.network;
    let told = verify(Lang::En, &[&file, "--root", network, "--format", "json"]);
    let told = told.with(0).json();
    assert_eq!(each(&told["cosigners"], "node"), [&other.0.key]);
    assert_eq!(each(&told["cosigners"], "name"), [named]);
    let shown = verify(Lang::Vi, &[&file, "--root", network]).with(0).told;
    assert!(shown.contains("Nơi đồng ký, tính đến"), "{shown}");

    // A cosignature that somebody wrote himself.
    let bad = handing.province.path("sửa.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, note) = text.split_once(",\"checkpoint\":\"").unwrap();
    let note = note.strip_suffix("\"}\n").unwrap();
    let note = String::from_utf8(BASE64.decode(note.as_bytes()).unwrap()).unwrap();
    let (log, cosignature) = note.trim_end().rsplit_once('\n').unwrap();
    let (name, _) = cosignature.rsplit_once(' ').unwrap();
    let mut signed = BASE64
        .decode(cosignature.rsplit(' ').next().unwrap().as_bytes())
        .unwrap();
    signed[70] ^= 1;
    let note = format!("{log}\n{name} {}\n", BASE64.encode(&signed));
    let note = BASE64.encode(note.as_bytes());
    std::fs::write(&bad, format!("{before},\"checkpoint\":\"{note}\"}}\n")).unwrap();
    let said = verify(Lang::En, &[&bad, "--root", network]).with(13).said;
    assert!(said.contains("the checkpoint: malformed"), "{said}");
}

/// A proof of a handover that a superior made stand against its rival, co-signed: one of the golden vectors.
const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/soxa-ledger/tests/vectors/proof.json"
);

fn golden_network() -> String {
    let proof: Value = serde_json::from_slice(&std::fs::read(GOLDEN).unwrap()).unwrap();
    proof["network"].as_str().unwrap().to_owned()
}

#[test]
fn a_contest_that_was_ruled_on_is_contested_no_more() {
    let network = golden_network();
    let told = verify(Lang::En, &[GOLDEN, "--root", &network, "--format", "json"]);
    let told = told.with(0).json();
    assert_eq!(told["outcome"], "proven");
    assert_eq!(told["lines"][0]["contested"], json!(false));
    assert_eq!(told["lines"][0]["set_aside"], json!(false));
    let several = ["--root", &network, "--format", "json"];
    let several = verify(Lang::En, &[&[GOLDEN, GOLDEN], &several[..]].concat())
        .with(0)
        .json();
    assert_eq!(
        (&several["proven"], &several["contested"]),
        (&json!(2), &json!(0))
    );
    let shown = verify(Lang::En, &[GOLDEN, "--root", &network]).with(0).told;
    for words in [
        "this handover stands",
        "a superior has ruled on that",
        "Quyết định 15",
    ] {
        assert!(shown.contains(words), "{words} is missing:\n{shown}");
    }
    let shown = verify(Lang::Vi, &[GOLDEN, "--root", &network]).with(0).told;
    assert!(shown.contains("biên bản này được công nhận"), "{shown}");
}

#[test]
fn what_proves_nothing_ends_with_13() {
    let handing = Handing::found();
    let handover = handing.hand_over("Máy cày");
    let folder = handing.province.path("chứng minh");
    let home = &handing.province.node.home;
    let made = soxa(
        home,
        &["handover", "proof", "--all", "-o", &folder, "--format", "json"],
    )
    .with(0)
    .json();
    let file = made["proofs"][0]["file"].as_str().unwrap().to_owned();
    assert_eq!(file, format!("{folder}/{handover}.json"));
    let network = &handing.province.network;

    let stranger = "ab".repeat(32);
    let said = verify(Lang::En, &[&file, "--root", &stranger]).with(13).said;
    assert!(
        said.contains(&stranger) && said.contains("neither this ledger's id"),
        "{said}"
    );
    let bad = handing.province.path("sửa.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&bad, text.replacen("\"carriers\":[]", "\"carriers\": []", 1)).unwrap();
    let said = verify(Lang::Vi, &[&bad, "--root", network]).with(13).said;
    assert!(said.contains("toàn bộ tệp: có khoảng trắng"), "{said}");

    let told = verify(
        Lang::En,
        &[
            &file,
            &bad,
            "/nonexistent/x",
            "--root",
            network,
            "--format",
            "json",
        ],
    )
    .with(13);
    let told = told.json();
    assert_eq!((&told["files"], &told["proven"]), (&json!(3), &json!(1)));
    let outcomes = each(&told["proofs"], "outcome");
    assert_eq!(outcomes, ["proven", "failed", "failed"]);
    verify(Lang::En, &[&file, &file, "--root", network]).with(0);
    // Without what is trusted, or without a file, there is nothing to say.
    verify(Lang::En, &[&file]).with(2);
    verify(Lang::En, &["--root", network]).with(2);
    verify(Lang::En, &[&file, "--root", "khóa"]).with(1);
}

#[test]
fn what_is_missing_is_told() {
    let handing = Handing::found();
    let asset = handing.register("Máy cày");
    let draft = handing.draft(&asset);
    let home = &handing.province.node.home;
    let file = handing.province.path("x.json");
    let ask = || {
        soxa_with(home, Lang::Vi, &["handover", "proof", &draft, "-o", &file], "")
            .with(1)
            .said
    };
    let said = ask();
    assert!(
        said.contains("chưa ký: Bên giao") && said.contains("chưa ký: Bên nhận"),
        "{said}"
    );
    handing.sign("giver.pem", &["handover", "offer", &draft]).with(0);
    let said = ask();
    assert!(
        !said.contains("chưa ký: Bên giao") && said.contains("chưa ký: Bên nhận"),
        "{said}"
    );
    assert!(!Path::new(&file).exists());
    // Of several, those in effect are written, and the others are named.
    let effective = handing.hand_over("Máy kéo");
    let folder = handing.province.path("nhiều");
    let both = [
        "handover", "proof", &draft, &effective, "-o", &folder, "--format", "json",
    ];
    let told = soxa(home, &both).with(3).json();
    assert_eq!(each(&told["proofs"], "outcome"), ["failed", "proven"]);
    assert!(
        told["proofs"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("not signed yet")
    );
}

#[test]
fn a_correction_is_proven_with_the_first_and_the_first_with_it() {
    let handing = Handing::found();
    let first = handing.hand_over("Máy cày");
    let args = [
        "handover",
        "correct",
        &first,
        "--line",
        "1:quantity=2",
        "--basis",
        "đếm lại",
        "--offer",
    ];
    let told = handing
        .sign("giver.pem", &[&args[..], &["--format", "json"]].concat())
        .with(0);
    let correction = created(&told);
    let (home, network) = (&handing.province.node.home, handing.province.network.as_str());
    let file = handing.province.path("proof.json");
    let prove = |handover: &str| {
        soxa(home, &["handover", "proof", handover, "-o", &file]).with(0);
        let told = verify(Lang::En, &[&file, "--root", network, "--format", "json"])
            .with(0)
            .json();
        assert_eq!(told["outcome"], json!("proven"));
        let said: Vec<String> = each(&told["proven"], "sentence")
            .iter()
            .map(ToString::to_string)
            .collect();
        (
            said.join("\n"),
            python::independent(&file, network, 0).unwrap_or_default(),
        )
    };
    // What is offered only corrects nothing yet.
    let (said, _) = prove(&first);
    assert!(!said.contains("CORRECTED"), "{said}");
    handing
        .sign(
            "receiver.pem",
            &["handover", "accept", &correction, "--remark", "đúng 2 máy"],
        )
        .with(0);
    let (said, independent) = prove(&first);
    assert!(
        said.contains("CORRECTED") && said.contains("line 1 should read Máy cày, quantity 2"),
        "{said}"
    );
    assert!(
        independent.is_empty() || independent.contains("CORRECTED by handover"),
        "{independent}"
    );
    let (said, independent) = prove(&correction);
    assert!(
        said.contains("These minutes correct those of 15/11/2025") && said.contains("đúng 2 máy"),
        "{said}"
    );
    assert!(
        independent.is_empty() || independent.contains("corrects handover"),
        "{independent}"
    );
}
