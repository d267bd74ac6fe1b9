//! The independent checker in Python, on good files and on files with flipped bits.
//!
//! `SOXA_PYTHON` names a Python that has jwcrypto; without it `python3` is tried.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::handing::Handing;
use crate::support::program::soxa;
use crate::{GOLDEN, golden_network};

const SCRIPT: &str = "scripts/verify_proof.py";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Python to use; none, with a word about it, when nobody asked for one and there is none.
fn python() -> Option<String> {
    if let Ok(python) = std::env::var("SOXA_PYTHON") {
        return Some(python);
    }
    let found = Command::new("python3").args(["-c", "import jwcrypto"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some("python3".to_owned());
    }
    eprintln!("SKIP: python3 lacks jwcrypto; set SOXA_PYTHON to one that has it");
    None
}

fn run(python: &str, args: &[&str]) -> Output {
    Command::new(python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(repository())
        .args(args)
        .output()
        .expect("a Python")
}

/// Runs the script; standard output.
#[track_caller]
fn expect(python: &str, args: &[&str], exit: i32) -> String {
    let output = run(python, args);
    let told = String::from_utf8(output.stdout).expect("text");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{told}{said}");
    told
}

/// What the independent checker says of a proof; none where there is no Python for it.
#[track_caller]
pub fn independent(file: &str, root: &str, exit: i32) -> Option<String> {
    python().map(|python| expect(&python, &[SCRIPT, file, "--root", root], exit))
}

#[test]
fn an_independent_checker_agrees() {
    let Some(python) = python() else { return };
    let mut handing = Handing::found();
    let handover = handing.hand_over("Máy cày");
    let file = handing.province.path("bàn giao.json");
    let _other = handing.cosign("Bắc Mê");
    let home = &handing.province.node.home;
    soxa(home, &["handover", "proof", &handover, "-o", &file]).with(0);

    assert!(expect(&python, &[SCRIPT, "--help"], 0).contains("--root"));
    let founding = home.join("network.jws");
    let founding = founding.to_str().expect("a path of ASCII");
    for root in [handing.province.network.as_str(), founding] {
        let told = expect(&python, &[SCRIPT, &file, "--root", root], 0);
        for words in [
            "Xã Mường Bú to Xã Phiêng Cằm",
            "2025-11-15",
            "co-signed by Bắc Mê",
            "issuers lead to the root of Sơn La",
        ] {
            assert!(told.contains(words), "{told}");
        }
    }
    let told = expect(&python, &[SCRIPT, &file, "--root", &"ab".repeat(32)], 1);
    assert!(
        told.contains("neither this ledger nor one of its root keys"),
        "{told}"
    );
}

#[test]
fn an_independent_checker_reads_a_ruling_and_refuses_flipped_bits() {
    let Some(python) = python() else { return };
    let golden = [SCRIPT, GOLDEN, "--root", &golden_network()];
    let told = expect(&python, &golden, 0);
    assert!(told.contains("ruled by") && !told.contains("CONTESTED"), "{told}");
    assert_eq!(told.matches("co-signed by").count(), 2, "{told}");
    let flip = ["tests/proof/flip_bits.py", GOLDEN, &golden_network()];
    let told = expect(&python, &flip, 0);
    assert!(told.contains("all refused"), "{told}");
}
