//! Private key files: ours open here and with OpenSSL; others are told apart and cost nothing.

use std::io::Write as _;
use std::process::{Command, Stdio};

use pkcs8::der::Encode as _;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{LineEnding, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};
use soxa_ledger::SecretKey;
use soxa_ledger::key_file::{Derivation, KeyFileError, Randomness, decrypt, encrypt};
use soxa_ledger::limits::KEY_FILE_BYTES_MAX;

const PASSPHRASE: &[u8] = "mật khẩu dài".as_bytes();
const RANDOMNESS: Randomness = Randomness {
    salt: [3; 16],
    iv: [4; 16],
};
/// Little work, for tests that open a file often.
const QUICK: Derivation = Derivation { log_n: 4 };

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

fn file(derivation: Derivation) -> String {
    encrypt(&key(), PASSPHRASE, &RANDOMNESS, derivation)
        .unwrap()
        .to_string()
}

#[track_caller]
fn refused(pem: &str) -> KeyFileError {
    decrypt(pem, PASSPHRASE).unwrap_err()
}

#[test]
fn round_trip() {
    let pem = file(Derivation::default());
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let explained = format!("\u{feff}soxa-owner: Lò Thị Lan\r\n{pem}");
    assert_eq!(decrypt(&explained, PASSPHRASE).unwrap().public(), key().public());
    assert_eq!(decrypt(&pem, PASSPHRASE).unwrap().seed(), key().seed());
    assert_eq!(
        decrypt(&pem.replace('\n', "\r\n"), PASSPHRASE).unwrap().public(),
        key().public()
    );
    assert_eq!(
        decrypt(&format!("{}\n\n", pem.trim_end()), PASSPHRASE)
            .unwrap()
            .public(),
        key().public()
    );
}

#[test]
fn wrong_passphrases() {
    let pem = file(QUICK);
    for wrong in ["", "mật khẩu", "mật khẩu dài ", "MẬT KHẨU DÀI"] {
        assert_eq!(
            decrypt(&pem, wrong.as_bytes()).unwrap_err(),
            KeyFileError::WrongPassphrase,
            "{wrong:?}"
        );
    }
    for number in 0..300_u32 {
        assert_eq!(
            decrypt(&pem, &number.to_be_bytes()).unwrap_err(),
            KeyFileError::WrongPassphrase
        );
    }
}

#[test]
fn truncated_at_every_length() {
    let pem = file(QUICK);
    for end in 0..pem.trim_end().len() {
        assert!(
            matches!(refused(&pem[..end]), KeyFileError::NotPem(_)),
            "cut at {end}"
        );
    }
}

#[test]
fn damage_never_panics_and_may_go_unnoticed() {
    let pem = file(QUICK).into_bytes();
    let mut other_keys = 0;
    for at in 0..pem.len() {
        let mut mutant = pem.clone();
        mutant[at] = if mutant[at] == b'A' { b'B' } else { b'A' };
        let mutant = String::from_utf8(mutant).unwrap();
        // Such files give another key unnoticed; that is why the public key stands beside them.
        if decrypt(&mutant, PASSPHRASE).is_ok_and(|opened| opened.public() != key().public()) {
            other_keys += 1;
        }
    }
    assert!(
        other_keys > 0,
        "the cipher notices every damage: the module's doc says otherwise"
    );
}

#[test]
fn files_of_other_kinds() {
    let ours = file(QUICK);
    for empty in [
        "",
        "\n",
        "no PEM at all",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
    ] {
        assert!(matches!(refused(empty), KeyFileError::NotPem(_)), "{empty:?}");
    }
    assert!(matches!(
        refused(&"A".repeat(KEY_FILE_BYTES_MAX + 1)),
        KeyFileError::NotPem(_)
    ));
    let plain = private_key("1.3.101.112", &[&[4, 32][..], &[42; 32]].concat());
    let plain = SecretDocument::try_from(plain.as_slice())
        .unwrap()
        .to_pem("PRIVATE KEY", LineEnding::LF)
        .unwrap();
    assert_eq!(refused(&plain), KeyFileError::Foreign("PRIVATE KEY".to_owned()));
    let certificate = ours.replace("ENCRYPTED PRIVATE KEY", "CERTIFICATE");
    assert_eq!(
        refused(&certificate),
        KeyFileError::Foreign("CERTIFICATE".to_owned())
    );
}

fn private_key(oid: &str, inner: &[u8]) -> Vec<u8> {
    let oid = ObjectIdentifier::new(oid).unwrap();
    let octets = OctetStringRef::new(inner).unwrap();
    PrivateKeyInfoRef::new(
        AlgorithmIdentifierRef {
            oid,
            parameters: None,
        },
        octets,
    )
    .to_der()
    .unwrap()
}

fn encrypted(document: &[u8], parameters: &pbes2::Parameters) -> String {
    let info = PrivateKeyInfoRef::try_from(document).unwrap();
    let sealed = info.encrypt_with_params(parameters.clone(), PASSPHRASE).unwrap();
    sealed
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .unwrap()
        .to_string()
}

#[test]
fn other_keys_inside() {
    let costs = scrypt::Params::new(4, 8, 1).unwrap();
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(costs, &[1; 16], [2; 16]).unwrap();
    let seed = [&[4, 32][..], &[42; 32]].concat();
    let opens = |oid, inner: &[u8]| decrypt(&encrypted(&private_key(oid, inner), &parameters), PASSPHRASE);
    assert_eq!(opens("1.3.101.112", &seed).unwrap().public(), key().public());
    for (oid, inner) in [
        ("1.3.101.110", seed.as_slice()),
        ("1.2.840.113549.1.1.1", &seed),
        ("1.3.101.112", &seed[..33]),
        ("1.3.101.112", &[seed.as_slice(), &[0]].concat()),
        ("1.3.101.112", &[5; 34]),
        ("1.3.101.112", &[]),
    ] {
        assert_eq!(
            opens(oid, inner).unwrap_err(),
            KeyFileError::NotEd25519,
            "{oid} {}",
            inner.len()
        );
    }
}

/// Changes the costs of a key file: the DER integers after the salt.
fn with_scrypt_costs(n: u64, r: u8, p: u8) -> String {
    let (_, document) = SecretDocument::from_pem(&file(QUICK)).unwrap();
    let der = document.as_bytes();
    // N = 16, r = 8, p = 1 as DER integers, inside SEQUENCEs whose lengths grow along.
    let old = [2, 1, 16, 2, 1, 8, 2, 1, 1];
    let at = der.windows(9).position(|w| w == old).unwrap();
    let mut digits = n.to_be_bytes().to_vec();
    while digits.len() > 1 && digits[0] == 0 {
        digits.remove(0);
    }
    if digits[0] >= 0x80 {
        digits.insert(0, 0);
    }
    let mut new = vec![2, u8::try_from(digits.len()).unwrap()];
    new.extend(digits);
    new.extend([2, 1, r, 2, 1, p]);
    let grown = u8::try_from(new.len() - old.len()).unwrap();
    let mut der = [&der[..at], &new, &der[at + 9..]].concat();
    // All enclosing SEQUENCEs of a file this small have lengths of one byte, or 0x81 and one byte.
    let mut open = 0;
    let mut end = der.len() - usize::from(grown);
    while open < at {
        if der[open] != 0x30 {
            // An object identifier or the salt before the costs.
            open += 2 + usize::from(der[open + 1]);
            continue;
        }
        let (at_length, header) = if der[open + 1] == 0x81 {
            (open + 2, 3)
        } else {
            (open + 1, 2)
        };
        let inside = open + header + usize::from(der[at_length]);
        if at < inside && inside <= end {
            der[at_length] += grown;
            end = inside;
        }
        open += header;
    }
    SecretDocument::try_from(der.as_slice())
        .unwrap()
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .unwrap()
        .to_string()
}

#[test]
fn memory_bombs_are_refused_before_deriving() {
    let costly = KeyFileError::Foreign("a key derivation of unreasonable costs".to_owned());
    assert_eq!(refused(&with_scrypt_costs(1 << 19, 8, 1)), costly, "512 MiB");
    assert_eq!(refused(&with_scrypt_costs(1 << 17, 32, 1)), costly);
    assert_eq!(refused(&with_scrypt_costs(1 << 14, 8, 16)), costly);
    assert_eq!(refused(&with_scrypt_costs(1 << 62, 8, 1)), costly);
    for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (16, 0, 1), (16, 8, 0)] {
        assert_eq!(refused(&with_scrypt_costs(n, r, p)), costly, "{n} {r} {p}");
    }
    // Allowed costs are tried: with other costs than it was made with, the file does not open.
    assert_eq!(
        refused(&with_scrypt_costs(1 << 10, 8, 1)),
        KeyFileError::WrongPassphrase
    );
    let too_many = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(1, &[1; 16], [2; 16]).unwrap();
    assert!(
        decrypt(
            &encrypted(
                &private_key("1.3.101.112", &[&[4, 32][..], &[42; 32]].concat()),
                &too_many
            ),
            PASSPHRASE
        )
        .is_ok()
    );
    for log_n in [0, 22, 63, 64, 255] {
        let made = encrypt(&key(), PASSPHRASE, &RANDOMNESS, Derivation { log_n });
        assert!(matches!(made, Err(KeyFileError::Encrypt(_))), "2^{log_n}");
    }
}

#[test]
fn openssl_opens_our_file() {
    let run = |args: &[&str], input: &str| {
        let mut child = Command::new("openssl")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        child
            .stdin
            .take()
            .into_iter()
            .try_for_each(|mut stdin| stdin.write_all(input.as_bytes()))?;
        child.wait_with_output()
    };
    let pass = format!("pass:{}", String::from_utf8_lossy(PASSPHRASE));
    let opened = match run(
        &["pkey", "-passin", &pass, "-pubout", "-outform", "DER"],
        &file(Derivation::default()),
    ) {
        Ok(opened) => opened,
        Err(error) => {
            eprintln!("SKIP: no openssl command to read the key file with ({error})");
            return;
        }
    };
    assert!(
        opened.status.success(),
        "{}",
        String::from_utf8_lossy(&opened.stderr)
    );
    assert!(
        opened.stdout.ends_with(key().public().as_bytes()),
        "another public key"
    );
    assert_eq!(opened.stdout.len(), 12 + 32);
    // And the other way: a file that OpenSSL encrypted, with PBKDF2.
    let plain = private_key("1.3.101.112", &[&[4, 32][..], &[42; 32]].concat());
    let plain = SecretDocument::try_from(plain.as_slice())
        .unwrap()
        .to_pem("PRIVATE KEY", LineEnding::LF)
        .unwrap();
    let sealed = run(
        &["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", &pass],
        &plain,
    )
    .unwrap();
    assert!(
        sealed.status.success(),
        "{}",
        String::from_utf8_lossy(&sealed.stderr)
    );
    let sealed = String::from_utf8(sealed.stdout).unwrap();
    assert_eq!(decrypt(&sealed, PASSPHRASE).unwrap().public(), key().public());
}
