//! The golden vectors read by an independent program in another language, with stock libraries.
//!
//! `SOXA_PYTHON` names a Python that has cbor2, jwcrypto and cryptography; without it `python3` is tried.

use std::path::Path;
use std::process::Command;

const MODULES: &str = "import cbor2, jwcrypto, cryptography";

#[test]
fn python_derives_the_same_ids_and_accepts_every_signature() {
    let asked_for = std::env::var("SOXA_PYTHON").ok();
    let python = asked_for.clone().unwrap_or_else(|| "python3".to_owned());
    if asked_for.is_none() {
        match Command::new(&python).args(["-c", MODULES]).output() {
            Ok(output) if output.status.success() => {}
            Ok(_) => {
                eprintln!(
                    "SKIP: {python} lacks cbor2, jwcrypto or cryptography; set SOXA_PYTHON to one that has them"
                );
                return;
            }
            Err(error) => {
                eprintln!("SKIP: {python} cannot be run ({error}); set SOXA_PYTHON");
                return;
            }
        }
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let output = Command::new(&python)
        .arg(tests.join("read_vectors.py"))
        .arg(tests.join("vectors"))
        .output()
        .unwrap_or_else(|error| panic!("{python} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("signatures checked"), "{said}");
}
