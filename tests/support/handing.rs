//! Two communes of a province that hand assets over, signed with the program.

use super::program::{Daemon, Ended};
use super::province::{Node, Province};
use super::wait_for;

/// A running node with a giver and a receiver.
pub struct Handing {
    pub province: Province,
    daemon: Option<Daemon>,
    giver: String,
    receiver: String,
}

impl Handing {
    #[track_caller]
    pub fn found() -> Self {
        let province = Province::found();
        let daemon = province.node.start();
        let giver = province.add_commune("03847", "Xã Mường Bú", "giver.pem");
        let receiver = province.add_commune("03850", "Xã Phiêng Cằm", "receiver.pem");
        Self {
            province,
            daemon: Some(daemon),
            giver,
            receiver,
        }
    }

    /// Has another node co-sign all that this one holds. A new log of checkpoints is begun for it: the next snapshot of
    /// the present one is minutes away.
    pub fn cosign(&mut self, name: &str) -> (Node, Daemon) {
        let node = &self.province.node;
        self.daemon.take().expect("a daemon").stop();
        std::fs::remove_file(node.home.join("checkpoints")).expect("kept checkpoints");
        self.daemon = Some(node.start());
        let (other, _) = self.province.add_node(name, &node.addresses());
        let daemon = other.start();
        let node = &self.province.node;
        wait_for("a cosignature", || {
            let status = node.status();
            let logs = status["checkpoints"].as_array().expect("checkpoints");
            let own = logs.iter().find(|log| log["node"] == node.key.as_str());
            match own.and_then(|log| log["cosigned_by"].as_array()) {
                Some(by) if !by.is_empty() => Ok(()),
                _ => Err(status["checkpoints"].to_string()),
            }
        });
        (other, daemon)
    }

    pub fn sign(&self, key: &str, args: &[&str]) -> Ended {
        self.province.sign(key, args)
    }

    /// An asset of the giver.
    #[track_caller]
    pub fn register(&self, name: &str) -> String {
        self.province.register_asset("giver.pem", &self.giver, name)
    }

    /// The draft of its handover.
    #[track_caller]
    pub fn draft(&self, asset: &str) -> String {
        let province = &self.province;
        province.draft(&province.node, "assets", "giver.pem", &self.receiver, asset)
    }

    /// A new asset, handed over. Returns the handover.
    #[track_caller]
    pub fn hand_over(&self, name: &str) -> String {
        let (province, asset) = (&self.province, self.register(name));
        let keys = ["giver.pem", "receiver.pem"];
        province.hand_over(&province.node, "assets", keys, &self.receiver, &asset)
    }
}
