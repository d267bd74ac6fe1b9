//! Sealed files that are erased by a signed order: at every reader's node, with their keys, and again at one that is put back.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::files::{kept, place, wait_for_files};
use crate::forwarding::wait_for_status;
use crate::support::program::{Ended, soxa};
use crate::support::province::{Node, converge, created};
use crate::support::wait_for;
use crate::{Desk, at, with_desk};

const CODE: &str = "03847-251103-0001";

/// Whether the file or its key lies anywhere in a node's folder.
fn lies(node: &Node, file: &str) -> bool {
    let path = place(node, file);
    path.exists() || path.with_extension("key").exists()
}

#[track_caller]
fn wait_until_gone(node: &Node, file: &str) {
    wait_for(
        &format!("the erasure at {}", node.home.display()),
        || match lies(node, file) {
            true => Err(format!("{:?}", kept(node))),
            false => Ok(()),
        },
    );
}

fn order(desk: &Desk, key: &str, which: &[&str]) -> Ended {
    let ground = ["--ground", "request", "--basis", "Đơn ngày 5/11/2025"];
    desk.sign(key, &[&["dossier", "erase", CODE], which, &ground].concat())
}

#[test]
fn an_erased_file_is_gone_at_every_reader_and_the_order_stays() {
    with_desk(|desk| {
        let written = desk.province.file("applicant.json");
        std::fs::write(&written, json!({"name": "Lò Thị Mai"}).to_string()).unwrap();
        let scan = desk.province.file("scan.pdf");
        std::fs::write(&scan, b"a scan").unwrap();
        let dossier = desk.receive(&["--applicant", written.to_str().unwrap()]);
        let applicant = kept(&desk.first);
        let scan = [
            "paper",
            CODE,
            "--name",
            "Tờ khai",
            "--scan",
            scan.to_str().unwrap(),
        ];
        desk.step(&["process", CODE, "--at", &at(3)]);
        desk.step(&scan);
        let files = kept(&desk.first);
        wait_for_files(&desk.province.node, &files);
        let erased = applicant.first().unwrap();
        let left = files.difference(&applicant).cloned().collect();

        // Somebody else who decides, so that what falls with the key later is the order alone.
        let deputy = ["Lường Văn Pọm", "03847", "unit_head"];
        desk.province
            .appoint("head.pem", "deputy.pem", deputy[0], deputy[1], deputy[2], &[]);
        converge(&[&desk.province.node, &desk.first]);

        // Only who decides, or is above, may; and only what the dossier names.
        let clerk = order(desk, "clerk.pem", &["applicant"]);
        assert_ne!(clerk.exit, Some(0), "{}", clerk.said);
        order(desk, "deputy.pem", &["7"]).with(1);
        assert_eq!(kept(&desk.first), files);

        // The copy of a node's folder from before.
        let copy: PathBuf = desk.province.file("copy");
        copy_attachments(&desk.first.home, &copy);
        let ordered = order(desk, "deputy.pem", &["applicant"]).with(0);
        for words in [
            "No retention period is published for procedure 1.001193",
            "cannot be brought back",
        ] {
            assert!(ordered.said.contains(words), "{words}: {}", ordered.said);
        }
        for node in [&desk.first, &desk.province.node] {
            wait_until_gone(node, erased);
            wait_for_files(node, &left);
            let shown = desk.show(node, &dossier);
            assert_eq!(shown["applicant"], json!(null), "{shown}");
            let acts = shown["acts"].as_array().unwrap();
            let act = acts.iter().find(|act| act["act"] == "decision.erase").unwrap();
            assert_eq!(act["file"], json!(erased));
            assert!(
                act["says"].as_str().unwrap().contains("Đơn ngày 5/11/2025"),
                "{act}"
            );
            let out = desk.province.path("out");
            let args = ["dossier", "file", CODE, "applicant", "-o", &out];
            let refused = soxa(&node.home, &args).with(1);
            assert!(refused.said.contains("was erased"), "{}", refused.said);
        }
        // It was erased once, and once is enough.
        order(desk, "deputy.pem", &["applicant"]).with(1);

        // Whoever becomes a reader afterwards gets the rest.
        let forward = [
            "forward",
            CODE,
            "--to",
            "03721",
            "--reason",
            "cư trú tại đó",
            "--at",
            &at(4),
        ];
        desk.step(&forward);
        wait_for_files(&desk.second, &left);
        wait_for_status(desk, &desk.second, &dossier, "processing");
        assert!(!lies(&desk.second, erased));

        // A folder that is put back holds it again, until the node is started.
        desk.second_is_put_back(&copy, erased);

        // An order that loses its effect brings nothing back.
        let stolen = desk.province.path("deputy.pem");
        let compromise = ["key", "compromise", &stolen, "--keep-through", "none"];
        desk.province.sign("head.pem", &compromise).with(0);
        converge(&[&desk.province.node, &desk.first]);
        let out = desk.province.path("out");
        let args = ["dossier", "file", CODE, "applicant", "-o", &out];
        let away = soxa(&desk.first.home, &args).with(1);
        assert!(
            away.said.contains("Nobody who is connected holds the file"),
            "{}",
            away.said
        );
        assert!(!lies(&desk.first, erased));
    });
}

#[test]
fn dossiers_past_their_retention_period_are_told() {
    with_desk(|desk| {
        let publish = |args: &[&str]| {
            desk.province
                .sign("operator.pem", &[&["reference", "publish"], args].concat())
        };
        let birth = [
            "procedure",
            "2.000635",
            "--from",
            "2015-01-01",
            "--set",
            "name=Trích lục",
            "field=Hộ tịch",
        ];
        publish(&birth).with(0);
        let period = |years| {
            [
                "retention",
                "ho-tich",
                "--from",
                "2015-01-01",
                "--basis",
                "QĐ 5",
                "--set",
                years,
                "field=Hộ tịch",
            ]
        };
        let refused = publish(&period("period=mãi")).with(1);
        assert!(refused.said.contains("period"), "{}", refused.said);
        publish(&period("period=2 năm")).with(0);
        converge(&[&desk.province.node, &desk.first]);

        let scan = desk.province.file("scan.pdf");
        std::fs::write(&scan, b"a scan").unwrap();
        let (scan, mut codes) = (scan.to_str().unwrap(), Vec::new());
        for day in ["2019-03-04", "2019-03-05"] {
            let at = format!("{day}T10:00:00+07:00");
            let receive = [
                "dossier",
                "receive",
                "--procedure",
                "2.000635",
                "--unit",
                "03847",
                "--at",
                &at,
            ];
            let dossier = created(
                &desk
                    .sign("clerk.pem", &[&receive[..], &["--format", "json"]].concat())
                    .with(0),
            );
            desk.step(&[
                "paper",
                &dossier,
                "--name",
                "Tờ khai",
                "--scan",
                scan,
                "--at",
                &at,
            ]);
            codes.push(dossier);
        }
        let [old, open] = codes.as_slice() else { panic!() };
        let withdraw = [
            "withdraw",
            old,
            "--reason",
            "đổi ý",
            "--at",
            "2019-12-30T10:00:00+07:00",
        ];
        desk.step(&withdraw);
        let past = || {
            let list = ["dossier", "list", "--past-retention", "--format", "json"];
            soxa(&desk.first.home, &list).with(0).json()["dossiers"].clone()
        };
        let told = past();
        assert_eq!(
            (told[0]["id"].as_str(), told.as_array().map(Vec::len)),
            (Some(old.as_str()), Some(1)),
            "{told}"
        );
        assert_eq!(told[0]["kept_until"], json!("2021-12-31"));

        let erase = |dossier: &str, more: &[&str]| {
            let order = [
                "dossier",
                "erase",
                dossier,
                "--all",
                "--ground",
                "retention_over",
                "--basis",
                "QĐ 9",
            ];
            desk.sign("first.pem", &[&order[..], more].concat()).with(0).said
        };
        let said = erase(open, &["--dry-run"]);
        let warned =
            "Warning: This dossier is not finished; after that “ho-tich” (QĐ 5) has it kept for 2 years";
        assert!(said.contains(warned), "{said}");
        let said = erase(old, &[]);
        assert!(
            said.contains("The retention period of this dossier was over on 31/12/2021"),
            "{said}"
        );
        assert_eq!(past(), json!([]));
        wait_for("the erasure of one file", || match kept(&desk.first).len() {
            1 => Ok(()),
            several => Err(several.to_string()),
        });
    });
}

impl Desk {
    /// The second commune's node stops, finds the files of an old copy in its folder, and starts.
    fn second_is_put_back(&self, copy: &Path, erased: &str) {
        soxa(&self.second.home, &["stop"]).with(0);
        copy_attachments(copy, &self.second.home);
        assert!(lies(&self.second, erased));
        let daemon = self.second.start();
        wait_until_gone(&self.second, erased);
        daemon.stop();
    }
}

/// Copies the files of one node's folder into another.
fn copy_attachments(from: &Path, to: &Path) {
    let folders = std::fs::read_dir(from.join("store/attachments")).unwrap();
    for folder in folders.flatten().filter(|folder| folder.path().is_dir()) {
        let into = to.join("store/attachments").join(folder.file_name());
        std::fs::create_dir_all(&into).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            std::fs::copy(file.path(), into.join(file.file_name())).unwrap();
        }
    }
}
