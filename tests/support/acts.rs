//! What officials do in tests, each as a command of the program: appoint, register, hand over.

use serde_json::Value;

use super::program::{Daemon, Ended, soxa, soxa_signed};
use super::province::{Node, Province, created, new_key};

/// Whose work the tests of authority are about: an asset officer of the commune Mường Bú, at a province whose daemon runs.
pub struct Officer {
    /// The province.
    pub province: Province,
    /// Its daemon.
    pub daemon: Daemon,
    /// The commune, with a head whose key file is `giver.pem`.
    pub unit: String,
    /// The officer's appointment; the key file is `officer.pem`.
    pub appointment: String,
}

impl Officer {
    /// The person.
    pub const NAME: &str = "Quàng Đức Sơn";

    /// Founds the province, registers the commune and appoints the officer, with these further arguments.
    #[track_caller]
    pub fn appointed(further: &[&str]) -> Self {
        let province = Province::found();
        let daemon = province.node.start();
        let unit = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
        let role = "asset_officer";
        let appointment = province.appoint("giver.pem", "officer.pem", Self::NAME, &unit, role, further);
        Self {
            province,
            daemon,
            unit,
            appointment,
        }
    }
}

impl Province {
    /// What a command at the province's node tells as JSON.
    #[track_caller]
    pub fn told(&self, exit: i32, args: &[&str]) -> Value {
        let args = [args, &["--format", "json"]].concat();
        soxa(&self.node.home, &args).with(exit).json()
    }

    /// A command at any node that is signed with the key file of this name.
    pub fn sign_at(&self, node: &Node, key: &str, args: &[&str]) -> Ended {
        soxa_signed(&node.home, &[args, &["--key", &self.path(key)]].concat())
    }

    /// A command of one or more root keys at the province's node.
    pub fn sign_as_root(&self, key: &str, args: &[&str]) -> Ended {
        soxa_signed(
            &self.node.home,
            &[args, &["--root-key", &self.path(key)]].concat(),
        )
    }

    /// Appoints an official with a key file of this name, which is made when it is not there, signed by `by`; gives the
    /// appointment.
    #[track_caller]
    pub fn appoint(
        &self,
        by: &str,
        key: &str,
        person: &str,
        unit: &str,
        role: &str,
        further: &[&str],
    ) -> String {
        if !self.file(key).exists() {
            new_key(&self.file(key), person);
        }
        let holder = self.path(key);
        let args = [
            "key", "appoint", "--holder", &holder, "--person", person, "--unit", unit, "--role", role,
            "--format", "json",
        ];
        let stored = self.sign(by, &[&args, further].concat()).with(0).json();
        stored["stored"][0]["id"].as_str().expect("an id").to_owned()
    }

    /// Registers an asset of a unit; gives the record.
    #[track_caller]
    pub fn register_asset(&self, key: &str, unit: &str, name: &str) -> String {
        let args = [
            "asset", "register", "--unit", unit, "--code", name, "--name", name, "--cost", "1000000",
            "--format", "json",
        ];
        created(&self.sign(key, &args).with(0))
    }

    /// Drafts the handover of one asset or person, at a node; gives the handover.
    #[track_caller]
    pub fn draft(&self, node: &Node, kind: &str, giver: &str, receiver: &str, subject: &str) -> String {
        let args = [
            "handover",
            "draft",
            "--kind",
            kind,
            "--receiver",
            receiver,
            "--line",
            subject,
            "--basis",
            "Quyết định 2",
            "--date",
            "2025-11-15",
            "--format",
            "json",
        ];
        created(&self.sign_at(node, giver, &args).with(0))
    }

    /// Hands one asset or person over at a node: the key files of giver and receiver, and the receiving unit. Gives the
    /// handover.
    #[track_caller]
    pub fn hand_over(
        &self,
        node: &Node,
        kind: &str,
        [giver, receiver]: [&str; 2],
        to: &str,
        subject: &str,
    ) -> String {
        let handover = self.draft(node, kind, giver, to, subject);
        for (key, act) in [(giver, "offer"), (receiver, "accept")] {
            self.sign_at(node, key, &["handover", act, &handover]).with(0);
        }
        handover
    }
}
