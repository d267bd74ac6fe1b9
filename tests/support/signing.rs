//! Commits that a test signs itself, with an official's key taken out of its file, so that thousands are at hand
//! when they are needed.

use std::path::Path;

use soxa_ledger::{
    Commit, CommitId, NetworkId, OpId, RecordId, Scope, SecretKey, StatementId, Time, key_file,
};
use soxa_records::asset::AssetRegister;
use soxa_records::compose::Composer;

use super::program::PASSPHRASE;

/// An official whose key the test holds.
pub struct Official {
    /// The network.
    pub network: NetworkId,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// The unit.
    pub unit: RecordId,
    /// The key.
    pub key: SecretKey,
}

/// A signed commit.
#[derive(Debug, Clone)]
pub struct Presigned {
    /// Its id.
    pub id: CommitId,
    /// The record that its first operation creates.
    pub record: RecordId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The private key of a key file.
pub fn open_key(file: &Path) -> SecretKey {
    let text = std::fs::read_to_string(file).expect("a key file");
    let pem = &text[text.find("-----BEGIN").expect("a PEM block")..];
    key_file::decrypt(pem, PASSPHRASE.as_bytes()).expect("the test's passphrase")
}

/// Now, as a commit's author tells it: shown, never judged.
pub fn author_time() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time(u64::try_from(since.expect("after 1970").as_millis()).expect("a time"))
}

impl Official {
    /// A commit that registers one asset.
    pub fn register(&self, number: u64) -> Presigned {
        let mut composer = Composer::new();
        composer.register_asset(AssetRegister {
            code: format!("TS-{number:06}"),
            category: "Thiết bị".to_owned(),
            measure: "cái".to_owned(),
            in_use_year: Some(2021),
            ..AssetRegister::new(self.unit, &format!("Bàn làm việc số {number}"), 1_500_000)
        });
        self.sign(composer)
    }

    /// A commit of what was composed.
    pub fn sign(&self, composer: Composer) -> Presigned {
        let (operations, minutes) = composer.finish();
        let commit = Commit {
            author: self.key.public(),
            appointment: self.appointment,
            scope: Scope::all_nodes(),
            time: author_time(),
            operations,
            minutes,
            note: None,
        };
        let signed = commit.sign(self.network, &self.key).expect("a good commit");
        let id = signed.commit_id(self.network);
        Presigned {
            id,
            record: OpId::of(id, 0).into(),
            bytes: signed.bytes().to_vec(),
        }
    }
}
