//! Two communes of a province that hand assets over, signed with the program.

use crate::support::program::{Daemon, Ended};
use crate::support::province::{Province, created};

/// A running node with a giver and a receiver.
pub struct Handing {
    pub province: Province,
    _daemon: Daemon,
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
            _daemon: daemon,
            giver,
            receiver,
        }
    }

    pub fn sign(&self, key: &str, args: &[&str]) -> Ended {
        self.province.sign(key, args)
    }

    /// An asset of the giver.
    #[track_caller]
    pub fn register(&self, name: &str) -> String {
        let args = [
            "asset",
            "register",
            "--unit",
            &self.giver,
            "--code",
            name,
            "--name",
            name,
            "--cost",
            "1000000",
            "--format",
            "json",
        ];
        created(&self.sign("giver.pem", &args).with(0))
    }

    /// The draft of its handover.
    #[track_caller]
    pub fn draft(&self, asset: &str) -> String {
        let args = [
            "handover",
            "draft",
            "--kind",
            "assets",
            "--receiver",
            &self.receiver,
            "--line",
            asset,
            "--basis",
            "Quyết định 2",
            "--date",
            "2025-11-15",
            "--format",
            "json",
        ];
        created(&self.sign("giver.pem", &args).with(0))
    }

    /// A new asset, handed over. Returns the handover.
    #[track_caller]
    pub fn hand_over(&self, name: &str) -> String {
        let handover = self.draft(&self.register(name));
        self.sign("giver.pem", &["handover", "offer", &handover]).with(0);
        self.sign("receiver.pem", &["handover", "accept", &handover])
            .with(0);
        handover
    }
}
