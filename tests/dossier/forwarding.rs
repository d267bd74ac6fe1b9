//! Forwarding across the boundary: the new office gets all of the dossier and goes on with it, a third commune gets nothing.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::program::soxa;
use crate::support::province::Node;
use crate::support::wait_for;
use crate::{Desk, at, refused, with_desk};

/// Stands in the dossier's registration and nowhere else.
const MARK: &str = "MARK-d1c45a0f";

/// Whether some file below a folder holds the mark.
pub fn holds_mark(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_mark(&path);
        }
        // A socket is no file.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes())
    })
}

#[track_caller]
pub fn wait_for_status(desk: &Desk, node: &Node, dossier: &str, status: &str) -> Value {
    wait_for(&format!("{status} at {}", node.home.display()), || {
        if !node.records("dossier").contains(&dossier.to_owned()) {
            return Err("not there".to_owned());
        }
        let shown = desk.show(node, dossier);
        if shown["status"] == json!(status) {
            Ok(shown)
        } else {
            Err(shown.to_string())
        }
    })
}

#[test]
fn a_forwarded_dossier_is_finished_elsewhere_and_a_third_commune_holds_nothing_of_it() {
    with_desk(|desk| {
        let third = desk.province.add_commune("03646", "Phường Tô Hiệu", "third.pem");
        let peers = desk.province.node.addresses();
        let (third, _) = desk.province.add_node_of(&third, "to-hieu", &peers);
        let third_daemon = third.start();
        let dossier = desk.receive(&["--assisted-by", MARK]);
        desk.step(&["process", &dossier, "--at", &at(3)]);
        wait_for_status(desk, &desk.province.node, &dossier, "processing");
        assert!(desk.second.records("dossier").is_empty());
        desk.forward(&dossier);
        let there = wait_for_status(desk, &desk.second, &dossier, "processing");
        assert_eq!(there, desk.show(&desk.first, &dossier));

        let code = "03847-251103-0001";
        let finish = |args: &[&str]| {
            let args = [&["dossier"], args].concat();
            desk.province.sign_at(&desk.second, "second.pem", &args).with(0);
        };
        finish(&["sign", code, "--title", "Giấy khai sinh", "--at", &at(5)]);
        finish(&["return", code, "--at", &at(6)]);
        let here = wait_for_status(desk, &desk.first, &dossier, "returned");
        assert_eq!(here, desk.show(&desk.second, &dossier));
        assert_eq!(here["punctuality"], json!("early"));
        wait_for_status(desk, &desk.province.node, &dossier, "returned");

        // A node of the new office that joins later.
        let unit = desk.province.told(0, &["unit", "show", "03721"])["id"].clone();
        let unit = unit.as_str().unwrap();
        let (later, _) = desk.province.add_node_of(unit, "thuan-chau-2", &peers);
        let later_daemon = later.start();
        assert_eq!(wait_for_status(desk, &later, &dossier, "returned"), here);

        // All that everybody reads is everywhere the same.
        wait_for("the third commune's state root", || {
            let roots = [&later, &third, &desk.province.node].map(|node| node.held()["state_root"].clone());
            if roots.iter().all(|root| *root == roots[0]) {
                Ok(())
            } else {
                Err(json!(roots).to_string())
            }
        });
        assert!(third.records("dossier").is_empty());
        later_daemon.stop();
        third_daemon.stop();
        for node in [&desk.first, &desk.second, &later] {
            assert!(holds_mark(&node.home), "{}", node.home.display());
        }
        assert!(!holds_mark(&third.home));
        third.verify();
        later.verify();
    });
}

#[test]
fn all_dossiers_of_an_office_are_given_and_taken_over_under_one_passphrase_each() {
    with_desk(|desk| {
        let dossiers: Vec<String> = (0..4).map(|_| desk.receive(&[])).collect();
        desk.step(&["process", &dossiers[1], "--at", &at(3)]);
        desk.step(&["withdraw", &dossiers[3], "--at", &at(3)]);

        // Two are named, then all that are left go; what has ended stays.
        let reason = ["--to", "03721", "--reason", "bàn giao"];
        desk.step(&[&["forward", &dossiers[0], &dossiers[1]], &reason[..]].concat());
        let all = [&["dossier", "forward", "--all-of-unit", "03847"], &reason[..]].concat();
        desk.sign("clerk.pem", &all).with(0);
        refused(desk.sign("clerk.pem", &all), "No dossier is there");

        for dossier in &dossiers[..3] {
            let here = desk.show(&desk.first, dossier);
            wait_for("all of a forwarded dossier", || {
                let known = desk.second.records("dossier").contains(dossier);
                if known && desk.show(&desk.second, dossier) == here {
                    Ok(())
                } else {
                    Err(dossier.clone())
                }
            });
        }
        let take = ["dossier", "take", "--all-of-unit", "03721", "--at", &at(5)];
        let seen = desk
            .province
            .sign_at(&desk.second, "second.pem", &[&take[..], &["--dry-run"]].concat());
        let said = seen.with(0).said;
        assert!(
            said.contains("3 dossiers: received 2, in processing 1."),
            "{said}"
        );
        // Who gave them cannot say that they were taken over.
        let by_giver = desk.sign("clerk.pem", &["dossier", "take", &dossiers[0]]);
        refused(by_giver, "Nothing waits to be taken over");
        desk.province.sign_at(&desk.second, "second.pem", &take).with(0);
        let again = desk.province.sign_at(&desk.second, "second.pem", &take);
        refused(again, "No dossier is there");
        for dossier in &dossiers[..3] {
            let slip = wait_for("the slip at the giver's", || {
                let acts = desk.show(&desk.first, dossier)["acts"].clone();
                let last = acts.as_array().and_then(|acts| acts.last().cloned());
                let last = last.filter(|act| act["act"] == json!("dossier.take"));
                last.map(|_| acts.clone()).ok_or_else(|| acts.to_string())
            });
            let forwarded = slip.as_array().unwrap().iter();
            let to: Vec<&Value> = forwarded
                .filter(|act| act["act"] == json!("dossier.forward"))
                .collect();
            assert_eq!(to.len(), 1);
            assert_eq!(to[0]["to"], json!("Xã Thuận Châu"));
        }
        assert!(!desk.second.records("dossier").contains(&dossiers[3]));
        let listed = soxa(&desk.second.home, &["dossier", "list", "--format", "json"]);
        assert_eq!(listed.with(0).json()["dossiers"].as_array().unwrap().len(), 3);
    });
}
