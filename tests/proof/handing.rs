//! Two communes of a province that hand assets over, signed with the program.

use crate::support::program::{Daemon, Ended};
use crate::support::province::Province;

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
