//! Forwarding across the boundary: the new office gets all of the dossier and goes on with it, a third commune gets nothing.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::province::Node;
use crate::support::wait_for;
use crate::{Desk, at, with_desk};

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
