//! A province in a temporary folder: key files, founding, nodes and their daemons.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use soxa_lang::Lang;
use tempfile::TempDir;

use super::clock::Clock;
use super::program::{Daemon, Ended, PASSPHRASE, soxa, soxa_signed, soxa_with};
use super::signing::{Official, open_key};
use super::socket::Socket;
use super::wait_for;

/// Any free port of the loopback.
pub const LOOPBACK: &str = "/ip4/127.0.0.1/tcp/0";

/// A node's home folder.
#[derive(Debug, Clone)]
pub struct Node {
    /// The folder.
    pub home: PathBuf,
    /// The node's key, as `soxa init` told it.
    pub key: String,
    /// Addresses to dial first.
    peers: Vec<String>,
}

/// A founded province: its folder, its officials' key files and its first node.
pub struct Province {
    folder: TempDir,
    /// The network.
    pub network: String,
    /// The province's own unit.
    pub unit: String,
    /// The head's appointment.
    pub head_appointment: String,
    /// The first node.
    pub node: Node,
}

impl Province {
    /// Founds a province with one root key, a head and an operator. No daemon runs yet.
    #[track_caller]
    pub fn found() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str| folder.path().join(name);
        let path = |name: &str| file(name).to_str().expect("a path of ASCII").to_owned();
        for (name, owner) in [
            ("root.pem", "Sở Nội vụ"),
            ("head.pem", "Lò Thị Lan"),
            ("operator.pem", "Cà Văn Ơn"),
        ] {
            new_key(&file(name), owner);
        }
        let home = file("province");
        let args = [
            "init",
            "province",
            "--name",
            "Sơn La",
            "--code",
            "14",
            "--root-key",
            &path("root.pem"),
            "--head-key",
            &path("head.pem"),
            "--head-name",
            "Lò Thị Lan",
            "--operator-key",
            &path("operator.pem"),
            "--operator-name",
            "Cà Văn Ơn",
            "--listen",
            LOOPBACK,
            "--format",
            "json",
        ];
        let founded = soxa_signed(&home, &args).with(0).json();
        let text = |name: &str| {
            founded[name]
                .as_str()
                .unwrap_or_else(|| panic!("{name} in {founded}"))
                .to_owned()
        };
        let node = Node {
            home,
            key: text("node"),
            peers: Vec::new(),
        };
        node.configure("");
        Self {
            network: text("network"),
            unit: text("province_unit"),
            head_appointment: text("head_appointment"),
            node,
            folder,
        }
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in it as an argument.
    pub fn path(&self, name: &str) -> String {
        self.file(name).to_str().expect("a path of ASCII").to_owned()
    }

    /// Sets up another node that dials these, and has it admitted for the province's unit. The province's daemon runs.
    /// Returns the node and its admission.
    #[track_caller]
    pub fn add_node(&self, name: &str, peers: &[String]) -> (Node, String) {
        self.add_node_of(&self.unit, name, peers)
    }

    /// The same for any unit.
    #[track_caller]
    pub fn add_node_of(&self, unit: &str, name: &str, peers: &[String]) -> (Node, String) {
        let home = self.file(name);
        let network = self.node.home.join("network.jws");
        let args = [
            "init",
            "node",
            "--network",
            network.to_str().expect("a path of ASCII"),
            "--listen",
            LOOPBACK,
            "--format",
            "json",
        ];
        let made = soxa(&home, &args).with(0).json();
        let key = made["node"].as_str().expect("a node key").to_owned();
        let node = Node {
            home,
            key,
            peers: peers.to_vec(),
        };
        node.configure("");
        let args = [
            "node", "admit", &node.key, "--unit", unit, "--name", name, "--format", "json",
        ];
        let admitted = self.sign("operator.pem", &args).with(0).json();
        let id = admitted["stored"][0]["id"]
            .as_str()
            .expect("the admission's id")
            .to_owned();
        (node, id)
    }

    /// Registers and opens a unit below the province and gives it a head with a key file of this name. Returns the
    /// unit's id. The province's daemon runs.
    #[track_caller]
    pub fn add_commune(&self, code: &str, name: &str, key: &str) -> String {
        let args = [
            "unit",
            "register",
            "--kind",
            "commune",
            "--name",
            name,
            "--code",
            code,
            "--parent",
            &self.unit,
            "--open",
            "2025-07-01",
            "--format",
            "json",
        ];
        let unit = created(&self.sign("head.pem", &args).with(0));
        new_key(&self.file(key), name);
        let args = [
            "key",
            "appoint",
            "--holder",
            &self.path(key),
            "--person",
            name,
            "--unit",
            &unit,
            "--role",
            "unit_head",
        ];
        self.sign("head.pem", &args).with(0);
        unit
    }

    /// A command at the province's node that is signed with the key file of this name.
    pub fn sign(&self, key: &str, args: &[&str]) -> Ended {
        soxa_signed(&self.node.home, &[args, &["--key", &self.path(key)]].concat())
    }

    /// The same in a language, with this passphrase.
    pub fn sign_with(&self, key: &str, lang: Lang, passphrase: &str, args: &[&str]) -> Ended {
        let path = self.path(key);
        let args = [args, &["--key", &path, "--yes", "--passphrase-stdin"]].concat();
        soxa_with(&self.node.home, lang, &args, &format!("{passphrase}\n"))
    }

    /// The head, as one who signs in the test itself.
    pub fn head(&self) -> Official {
        Official {
            network: self.network.parse().expect("a network id"),
            appointment: self.head_appointment.parse().expect("an appointment"),
            unit: self.unit.parse().expect("a unit"),
            key: open_key(&self.file("head.pem")),
        }
    }
}

/// The record that a signed command created, from its JSON.
#[track_caller]
pub fn created(ended: &Ended) -> String {
    let told = ended.json();
    told["stored"][0]["created"][0]
        .as_str()
        .unwrap_or_else(|| panic!("nothing created in {told}"))
        .to_owned()
}

/// Makes a key file.
#[track_caller]
pub fn new_key(file: &Path, owner: &str) {
    let file = file.to_str().expect("a path of ASCII");
    let args = ["key", "new", file, "--name", owner, "--passphrase-stdin"];
    soxa_with(
        Path::new("/nonexistent"),
        Lang::En,
        &args,
        &format!("{PASSPHRASE}\n"),
    )
    .with(0);
}

impl Node {
    /// A node that was set up in a folder, with the configuration of tests behind its own.
    #[track_caller]
    pub fn at(home: PathBuf, key: String) -> Self {
        let file = home.join("config.toml");
        let written = std::fs::read_to_string(&file).expect("the configuration");
        let quick = written.replace("sync_interval_s = 30", "sync_interval_s = 1");
        std::fs::write(&file, quick).expect("the configuration");
        Self {
            home,
            key,
            peers: Vec::new(),
        }
    }

    /// Writes the configuration: quick rounds, any free port, and further lines.
    pub fn configure(&self, further: &str) {
        self.configure_listen(LOOPBACK, further);
    }

    /// The same with an address to listen on.
    pub fn configure_listen(&self, listen: &str, further: &str) {
        let peers = json!(self.peers);
        let text = format!("listen = [\"{listen}\"]\npeers = {peers}\nsync_interval_s = 1\n{further}");
        std::fs::write(self.home.join("config.toml"), text).expect("the configuration");
    }

    /// Dials these first from the next start on.
    pub fn dial(&mut self, peers: &[String]) {
        self.peers = peers.to_vec();
        self.configure("");
    }

    /// The daemon's log.
    pub fn log(&self) -> PathBuf {
        self.home.with_extension("log")
    }

    /// Starts the daemon and waits until it answers.
    #[track_caller]
    pub fn start(&self) -> Daemon {
        self.start_logging(&self.log())
    }

    /// The same with the daemon's log in another file.
    #[track_caller]
    pub fn start_logging(&self, log: &Path) -> Daemon {
        self.answered(Daemon::spawn(&self.home, Lang::En, log))
    }

    /// The same with a clock that the test sets.
    #[track_caller]
    pub fn start_with(&self, clock: &Clock) -> Daemon {
        let surroundings = clock.surroundings();
        self.answered(Daemon::spawn_among(
            &self.home,
            Lang::En,
            &self.log(),
            &surroundings,
        ))
    }

    #[track_caller]
    fn answered(&self, mut daemon: Daemon) -> Daemon {
        wait_for("the daemon's first answer", || {
            if let Some(status) = daemon.ended() {
                panic!("the daemon ended: {status}\n{}", daemon.said());
            }
            match self.try_status() {
                // The address comes a moment after the socket.
                Some(status) if !status["listening"].as_array().is_none_or(Vec::is_empty) => Ok(()),
                seen => Err(format!("{seen:?}\n{}", daemon.said())),
            }
        });
        daemon
    }

    fn try_status(&self) -> Option<Value> {
        let mut socket = Socket::connect(&self.home).ok()?;
        let mut answer = socket.ask(&json!("status")).ok()??;
        Some(answer["status"].take())
    }

    /// How the running daemon is.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.try_status()
            .unwrap_or_else(|| panic!("no status from {}", self.home.display()))
    }

    /// Where the running daemon listens.
    #[track_caller]
    pub fn addresses(&self) -> Vec<String> {
        let status = self.status();
        let listening = status["listening"].as_array().expect("addresses");
        listening
            .iter()
            .filter_map(|address| Some(address.as_str()?.to_owned()))
            .collect()
    }

    /// What the ledger holds, without what belongs to the moment: equal before and after what changes nothing.
    #[track_caller]
    pub fn held(&self) -> Value {
        let status = self.status();
        let kept = [
            "state_root",
            "feeds",
            "entries",
            "commits",
            "operations",
            "statements",
            "records",
            "valid",
            "void",
        ];
        kept.into_iter()
            .map(|name| (name.to_owned(), status[name].clone()))
            .collect()
    }

    /// The ids of all records of a kind, asked of the running daemon page by page.
    #[track_caller]
    pub fn records(&self, kind: &str) -> Vec<String> {
        let mut socket = Socket::connect(&self.home).expect("a running daemon");
        let mut all: Vec<String> = Vec::new();
        loop {
            let request = json!({ "records": { "kind": kind, "after": all.last() } });
            let answer = socket
                .ask(&request)
                .expect("a running daemon")
                .expect("an answer");
            let page = answer["records"]["records"]
                .as_array()
                .unwrap_or_else(|| panic!("{answer}"));
            all.extend(
                page.iter()
                    .filter_map(|record| Some(record["id"].as_str()?.to_owned())),
            );
            if answer["records"]["more"] != json!(true) {
                return all;
            }
        }
    }

    /// Runs `soxa verify` on the stopped store and expects it to be sound.
    #[track_caller]
    pub fn verify(&self) -> Value {
        soxa(&self.home, &["verify", "--format", "json"]).with(0).json()
    }
}

/// Waits until these running nodes hold the same.
#[track_caller]
pub fn converge(nodes: &[&Node]) -> String {
    wait_for("equal state roots", || {
        let held: Vec<Value> = nodes.iter().map(|node| node.held()).collect();
        let first = &held[0]["state_root"];
        let equal = held
            .iter()
            .all(|one| one["state_root"] == *first && one["entries"] == held[0]["entries"]);
        if equal {
            Ok(first.as_str().expect("a state root").to_owned())
        } else {
            Err(json!(held).to_string())
        }
    })
}
