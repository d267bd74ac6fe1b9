//! Golden vectors: fixed seeds give these bytes and ids, in this program and in every later one.
//!
//! `SOXA_WRITE_VECTORS=1` writes the files anew; without it they are compared. A difference is a change of the
//! signed formats and needs a new format version.

mod commits;
mod feeds;
mod keys;
mod statements;

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde_json::Value;
use soxa_ledger::SecretKey;

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

#[track_caller]
fn check(file: &str, value: &Value) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", file]
        .iter()
        .collect();
    if std::env::var_os("SOXA_WRITE_VECTORS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(value).unwrap() + "\n").unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert!(
        kept == *value,
        "{} differs from what this program makes",
        path.display()
    );
}
