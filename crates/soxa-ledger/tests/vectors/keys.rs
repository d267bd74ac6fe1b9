//! Key files and sealed files.

use serde_json::json;
use soxa_ledger::key_file::{Derivation, Randomness, encrypt};
use soxa_ledger::{ContentKey, FileHash, PublicKey};

use crate::{check, hex, key};

#[test]
fn key_vectors() {
    let key = key(10);
    let public: PublicKey = key.public();
    let randomness = Randomness {
        salt: [1; 16],
        iv: [2; 16],
    };
    let passphrase = "mật khẩu dài";
    let pem = encrypt(&key, passphrase.as_bytes(), &randomness, Derivation::default()).unwrap();
    check(
        "keys.json",
        &json!({
            "seed": hex(*key.seed()),
            "public": public.to_string(),
            "message": "soxa",
            "signature": hex(key.sign(b"soxa").0),
            "passphrase": passphrase,
            "key_file": pem.to_string(),
        }),
    );
}

#[test]
fn sealed_file_vectors() {
    let content_key = ContentKey::new([5; 32]);
    let plain = "Lò Thị Mai, 014198000123";
    let sealed = content_key.seal(plain.as_bytes()).unwrap();
    check(
        "sealed.json",
        &json!({
            "key": hex(content_key.as_bytes()),
            "plain": plain,
            "sealed": hex(&sealed),
            "file": FileHash::of(&sealed).to_string(),
        }),
    );
}
