//! Key files that do not open: the wrong passphrase, a file cut short, a file of another kind.

use std::path::Path;
use std::process::Command;

use soxa_lang::Lang;

use crate::support::program::PASSPHRASE;
use crate::support::province::Province;
use crate::support::sentences::{ANY, check_error};

/// An act that would be stored if the key opened.
fn act(province: &Province) -> [&str; 10] {
    [
        "asset",
        "register",
        "--unit",
        &province.unit,
        "--code",
        "B1",
        "--name",
        "Bàn",
        "--cost",
        "1500000",
    ]
}

/// Tries the act in both languages and expects this error about the key file, and nothing stored.
#[track_caller]
fn check(province: &Province, key: &str, passphrase: &str, exit: i32, error: &str) {
    let before = province.node.held();
    for lang in Lang::ALL {
        let ended = province.sign_with(key, lang, passphrase, &act(province));
        check_error(
            &ended,
            exit,
            lang,
            error,
            &[("file", &province.path(key)), ("reason", &ANY)],
        );
    }
    assert_eq!(province.node.held(), before, "{key}");
}

fn openssl(args: &[&str]) {
    let output = Command::new("openssl").args(args).output().expect("openssl");
    assert!(output.status.success(), "openssl {args:?}: {output:?}");
}

/// Writes the first `length` bytes of one file to another.
fn cut(from: &Path, to: &Path, length: usize) {
    let bytes = std::fs::read(from).expect("a key file");
    std::fs::write(to, &bytes[..length]).expect("a shorter one");
}

#[test]
fn key_files_that_do_not_open() {
    let province = Province::found();
    let _daemon = province.node.start();

    check(
        &province,
        "head.pem",
        "một mật khẩu khác",
        12,
        "errors.wrong_passphrase",
    );
    check(&province, "head.pem", "", 12, "errors.wrong_passphrase");

    let whole = province.file("head.pem");
    let text = std::fs::read_to_string(&whole).expect("a key file");
    let begin = text.find("-----BEGIN").expect("a PEM block");
    // Nothing, in the middle of the key, and without the last line.
    for length in [
        0,
        (begin + text.len()) / 2,
        text.trim_end().rfind('\n').expect("lines"),
    ] {
        cut(&whole, &province.file("cut.pem"), length);
        check(&province, "cut.pem", PASSPHRASE, 1, "errors.key_file_truncated");
    }

    let path = |name: &str| province.path(name);
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &path("plain.pem")]);
    openssl(&[
        "req",
        "-x509",
        "-new",
        "-key",
        &path("plain.pem"),
        "-subj",
        "/CN=Lo Thi Lan",
        "-days",
        "1",
        "-out",
        &path("certificate.pem"),
    ]);
    openssl(&[
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        &path("rsa_plain.pem"),
    ]);
    openssl(&[
        "rsa",
        "-in",
        &path("rsa_plain.pem"),
        "-traditional",
        "-out",
        &path("rsa_traditional.pem"),
    ]);
    openssl(&[
        "pkcs8",
        "-topk8",
        "-scrypt",
        "-in",
        &path("rsa_plain.pem"),
        "-passout",
        &format!("pass:{PASSPHRASE}"),
        "-out",
        &path("rsa_encrypted.pem"),
    ]);
    std::fs::write(province.file("letter.pem"), "Kính gửi: Sở Nội vụ tỉnh Sơn La\n").expect("a letter");
    std::fs::write(province.file("picture.pem"), [0xff, 0xd8, 0xff, 0xe0, 0x00]).expect("a picture");
    for foreign in [
        "plain.pem",
        "certificate.pem",
        "rsa_plain.pem",
        "rsa_traditional.pem",
        "rsa_encrypted.pem",
        "letter.pem",
        "picture.pem",
    ] {
        check(&province, foreign, PASSPHRASE, 1, "errors.key_file_foreign");
    }

    // The same act with the whole file and the right passphrase is stored, so the checks above could fail.
    let before = province.node.held();
    province.sign("head.pem", &act(&province)).with(0);
    assert_ne!(province.node.held(), before);
}
