//! Stores that were put back, copied or lost: the node gets its own entries back and goes on in a new life, and nothing
//! forks; and what becomes of a fork where nothing could have warned of it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::program::{Daemon, soxa};
use crate::support::province::{Node, Province, converge};
use crate::support::socket::{ask, submit};
use crate::support::wait_for;

/// A province and a stopped node of it, which was copied to `backup` after the first of two assets that it registered.
struct Story {
    province: Province,
    node: Node,
    daemon: Daemon,
}

/// Puts an old image of everything in the place of the present one: nothing at the node can tell.
const IMAGE_BACK: &str =
    "rm -r HOME/store/*; cp -a BACKUP/store/. HOME/store; cp -a BACKUP/incarnation BACKUP/signed HOME";

#[track_caller]
fn register(province: &Province, node: &Node, number: u64) {
    let answer = ask(
        &node.home,
        &submit([province.head().register(number).bytes.as_slice()]),
    );
    assert!(answer["stored"].is_array(), "{answer}");
}

fn assets(node: &Node) -> usize {
    node.records("asset").len()
}

impl Story {
    fn tell() -> Self {
        Self::tell_after(&|_| ())
    }

    /// The same, with something done at the province before the node is there.
    fn tell_after(first: &dyn Fn(&Province)) -> Self {
        let province = Province::found();
        let daemon = province.node.start();
        first(&province);
        let (node, _) = province.add_node("commune", &province.node.addresses());
        let story = Self {
            province,
            node,
            daemon,
        };
        story.work(1);
        story.shell("cp -a HOME BACKUP");
        story.work(2);
        story
    }

    /// The node runs for one more asset, which the province gets.
    fn work(&self, number: u64) {
        let running = self.node.start();
        converge(&[&self.province.node, &self.node]);
        register(&self.province, &self.node, number);
        converge(&[&self.province.node, &self.node]);
        running.stop();
    }

    /// Does something to the folders of the stopped node.
    #[track_caller]
    fn shell(&self, command: &str) {
        let home = self.node.home.display().to_string();
        let command = command
            .replace("HOME", &home)
            .replace("BACKUP", &self.province.path("backup"));
        let done = Command::new("sh").args(["-ec", &command]).status();
        assert!(done.expect("a shell").success(), "{command}");
    }

    /// After something was done to the stopped node, it says why it began a new life, gets all back, and goes on.
    #[track_caller]
    fn check(&self, change: &str, why: &Value) {
        self.shell(change);
        let running = self.node.start();
        wait_for("the new life with its own entries", || {
            let status = self.node.status();
            if status["begun"] == *why && status["read_only"].is_null() && assets(&self.node) == 2 {
                Ok(())
            } else {
                Err(status.to_string())
            }
        });
        assert_ne!(self.node.status()["earlier_feeds"], json!(0));
        let said = soxa(&self.node.home, &["status"]).said;
        assert!(said.contains("has begun a new life"), "{said}");
        register(&self.province, &self.node, 3);
        converge(&[&self.province.node, &self.node]);
        assert_eq!(assets(&self.province.node), 3);
        for node in [&self.province.node, &self.node] {
            let status = node.status();
            let (forks, void) = (&status["forks"], &status["void"]);
            assert_eq!((forks, void), (&json!([]), &json!(0)), "{status}");
        }
        running.stop();
        self.node.verify();
    }
}

#[test]
fn a_node_brought_back_from_an_old_copy_goes_on_in_a_new_life() {
    let story = Story::tell();
    story.check("rm -r HOME; cp -a BACKUP HOME", &json!("other_place"));
}

#[test]
fn an_old_store_put_back_into_its_place_is_told_by_the_journal_beside_it() {
    let story = Story::tell();
    let change = "rm -r HOME/store/*; cp -a BACKUP/store/. HOME/store";
    story.check(change, &json!("shorter"));
}

#[test]
fn an_image_of_everything_put_back_is_told_by_the_peers() {
    Story::tell().check(IMAGE_BACK, &json!("peers_ahead"));
}

#[test]
fn a_lost_store_comes_back_from_the_peers() {
    Story::tell().check("rm -r HOME/store", &json!("store_lost"));
}

#[test]
fn a_lost_disk_of_which_only_the_key_was_kept_comes_back_from_the_peers() {
    Story::tell().check(
        "rm -r HOME/store HOME/incarnation HOME/signed",
        &json!("disk_lost"),
    );
}

/// The node of the founding knows of nobody without its store: its operator names a node to ask, with its key.
#[test]
fn the_node_of_the_founding_comes_back_from_a_node_that_its_operator_names() {
    let Story {
        mut province,
        node,
        daemon,
    } = Story::tell();
    let running = node.start();
    converge(&[&province.node, &node]);
    daemon.stop();
    let home = &province.node.home;
    std::fs::remove_dir_all(home.join("store")).expect("the store");
    for file in ["incarnation", "signed"] {
        std::fs::remove_file(home.join(file)).expect("a file of the node's life");
    }
    province.node.dial(&node.addresses());
    province
        .node
        .configure(&format!("known_nodes = [\"{}\"]\n", node.key));
    let daemon = province.node.start();
    wait_for("its own life back", || {
        let status = province.node.status();
        if status["read_only"].is_null() && assets(&province.node) == 2 {
            Ok(())
        } else {
            Err(status.to_string())
        }
    });
    register(&province, &province.node, 3);
    converge(&[&province.node, &node]);
    assert_eq!(assets(&node), 3);
    assert_eq!(node.status()["forks"], json!([]));
    running.stop();
    daemon.stop();
}

#[test]
fn a_copy_on_another_machine_never_signs_in_the_life_of_the_original() {
    let story = Story::tell();
    let (province, node) = (&story.province, &story.node);
    story.shell(&format!("cp -a HOME {}", province.path("copy")));
    let copy = Node::at(province.file("copy"), node.key.clone());
    for (one, number) in [(&copy, 3), (node, 4)] {
        let running = one.start();
        wait_for("leave to append", || match &one.status()["read_only"] {
            Value::Null => Ok(()),
            why => Err(why.to_string()),
        });
        register(province, one, number);
        converge(&[&province.node, one]);
        running.stop();
    }
    let status = province.node.status();
    let (forks, void) = (&status["forks"], &status["void"]);
    assert_eq!((forks, void), (&json!([]), &json!(0)), "{status}");
    assert_eq!(assets(&province.node), 4);
}

/// Nobody is reachable, and nothing at the node tells that it was set back: it signs a second history. When it meets the
/// others, the proof takes the effect of both, and both are carried over: nothing is lost, and the node goes on.
#[test]
fn a_fork_that_nothing_could_warn_of_costs_nobody_anything() {
    let Story {
        province,
        mut node,
        daemon,
    } = {
        let story = Story::tell();
        story.shell(IMAGE_BACK);
        story
    };
    daemon.stop();
    let running = node.start();
    register(&province, &node, 3);
    running.stop();
    let daemon = province.node.start();
    node.dial(&province.node.addresses());
    let running = node.start();
    for one in [&province.node, &node] {
        wait_for("the proof, and all three assets", || {
            let status = one.status();
            let forks = status["forks"].as_array().map_or(0, Vec::len);
            if forks == 1 && assets(one) == 3 && status["read_only"].is_null() {
                Ok(())
            } else {
                Err(status.to_string())
            }
        });
        assert_eq!(one.status()["forks"][0]["node"], node.key.as_str());
    }
    register(&province, &node, 4);
    wait_for("equal states", || {
        let [one, other] = [&province.node, &node].map(|one| one.status()["state_root"].clone());
        if one == other && assets(&province.node) == 4 {
            Ok(())
        } else {
            Err(format!("{one} and {other}"))
        }
    });
    check_proof(&province, &node);
    running.stop();
    daemon.stop();
    node.verify();
    province.node.verify();
}

/// What was signed past a fork by somebody whose office ended before anybody else saw it is carried over like the rest. It has no
/// effect, is listed with its reason at each of three nodes, and is adopted in one command.
#[test]
fn an_act_past_a_fork_whose_office_ended_meanwhile_is_listed_and_adopted() {
    let officer = |province: &Province| {
        province.appoint(
            "head.pem",
            "officer.pem",
            "Quàng Đức Sơn",
            &province.unit,
            "asset_officer",
            &[],
        );
    };
    let Story {
        province,
        mut node,
        daemon,
    } = {
        let story = Story::tell_after(&officer);
        story.shell(IMAGE_BACK);
        story
    };
    let (other, _) = province.add_node("other", &province.node.addresses());
    let other_daemon = other.start();
    converge(&[&province.node, &other]);
    let addresses = province.node.addresses();

    // Nobody is reachable; nothing at the node tells that it was set back.
    node.dial(&[]);
    let running = node.start();
    wait_for("leave to append", || match &node.status()["read_only"] {
        Value::Null => Ok(()),
        why => Err(why.to_string()),
    });
    let register = [
        "asset",
        "register",
        "--unit",
        &province.unit,
        "--code",
        "TS-3",
        "--name",
        "Máy bơm",
        "--cost",
        "1000000",
    ];
    province.sign_at(&node, "officer.pem", &register).with(0);
    running.stop();
    let offices = province.told(0, &["key", "officials"]);
    let offices = offices["officials"].as_array().expect("a list").clone();
    let office = offices
        .iter()
        .find(|one| one["person"] == "Quàng Đức Sơn")
        .expect("the officer");
    let office = office["id"].as_str().expect("an id");
    province
        .sign("head.pem", &["key", "cut", office, "--reason", "retirement"])
        .with(0);

    node.dial(&addresses);
    let running = node.start();
    let all = [&province.node, &other, &node];
    for one in all {
        wait_for("the fork, and the act without effect", || {
            let status = one.status();
            let forks = status["forks"].as_array().map_or(0, Vec::len);
            if forks == 1 && status["void"] == 1 && assets(one) == 2 && status["read_only"].is_null() {
                Ok(())
            } else {
                Err(status.to_string())
            }
        });
        let listed = soxa(&one.home, &["void", "list", "--format", "json"])
            .with(3)
            .json();
        let void = &listed["void"][0];
        assert_eq!(
            (&void["signer"], &void["adoptable"]),
            (&json!("Quàng Đức Sơn"), &json!(true)),
            "{listed}"
        );
    }
    converge(&all);
    province
        .sign("head.pem", &["void", "adopt", "--signed-by", "Quàng Đức Sơn"])
        .with(0);
    converge(&all);
    for one in all {
        assert_eq!((assets(one), &one.status()["void"]), (3, &json!(0)));
    }
    running.stop();
    other_daemon.stop();
    daemon.stop();
    for one in all {
        one.verify();
    }
}

/// The proof is listed, written, and checked with no node and no store; a flipped bit is found.
#[track_caller]
fn check_proof(province: &Province, node: &Node) {
    let folder = province.path("proofs");
    let listed = soxa(&province.node.home, &["conflicts", "--proofs", &folder]).with(3);
    assert!(listed.said.contains("Written"), "{}", listed.said);
    let mut files = std::fs::read_dir(&folder).expect("the folder");
    let file = files.next().expect("a file").expect("a file").path();
    let (nowhere, network) = (
        province.file("nowhere"),
        province.node.home.join("network.jws").display().to_string(),
    );
    let verify = |file: &Path| {
        let file = file.display().to_string();
        soxa(&nowhere, &["verify", &file, "--root", &network])
    };
    let shown = verify(&file).with(0);
    assert!(shown.told.contains(&node.key[..16]), "{}", shown.told);
    let mut bytes = std::fs::read(&file).expect("the proof");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let flipped = province.file("flipped.cbor");
    std::fs::write(&flipped, bytes).expect("the flipped proof");
    verify(&flipped).with(13);
}
