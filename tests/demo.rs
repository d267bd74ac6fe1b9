//! The demonstration as a stranger runs it: real processes, sockets, disks and key files; its result is a contract.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The members of the result and of its parts, in order.
const MEMBERS: &str = "schema nodes converged distinct_state_roots stores_verified centres_open \
    centres_without_head heads_in_charge centres_out_of_bounds warned staff{total culture agriculture} assets{total cost_before cost_after} \
    old_units{staff assets} handovers{assets corrections staff contested} refused{forged unauthorised malformed} \
    voided killed_and_recovered operations proofs_dir proofs_verified seconds memory_mib cpu_seconds";

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soxa"));
    command
        .arg("demo")
        .stdin(Stdio::null())
        .env_remove("SOXA_HOME")
        .env_remove("SOXA_KEY")
        .env("SOXA_LANG", "en");
    command
}

/// The names of an object's members in the order in which they stand in the text.
fn members(text: &str) -> String {
    let mut names: Vec<(usize, &str)> = Vec::new();
    let mut shape = String::new();
    let mut rest = text;
    let mut depth = 0_usize;
    while let Some(at) = rest.find(['"', '{', '}']) {
        let (mark, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = after;
        match mark {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {
                let end = after.find('"').unwrap();
                rest = &after[end + 1..];
                if rest.starts_with(':') {
                    names.push((depth, &after[..end]));
                }
            }
        }
    }
    for (at, (depth, name)) in names.iter().enumerate() {
        let before = at.checked_sub(1).map_or(1, |before| names[before].0);
        match depth.cmp(&before) {
            std::cmp::Ordering::Greater => shape.push('{'),
            std::cmp::Ordering::Less => shape.push_str("} "),
            std::cmp::Ordering::Equal if at > 0 => shape.push(' '),
            std::cmp::Ordering::Equal => {}
        }
        shape.push_str(name);
    }
    shape
}

/// Whether a daemon answers in any home folder below.
fn running(dir: &Path) -> Vec<String> {
    let homes = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    homes
        .filter(|home| UnixStream::connect(home.join("soxa.sock")).is_ok())
        .map(|home| home.display().to_string())
        .collect()
}

#[test]
fn the_demonstration_keeps_its_contract() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("kept");
    let done = demo().args(["--json", "--keep"]).arg(&dir).output().unwrap();
    let (told, said) = (
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{}\n{said}\n{told}", done.status);
    let line = told.lines().last().expect("a last line");
    let result: Value = serde_json::from_str(line).expect("one JSON object");

    assert_eq!(
        members(line),
        MEMBERS.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    let expected = json!({
        "schema": "soxa.demo/1", "nodes": 6, "converged": true, "distinct_state_roots": 1, "stores_verified": 6,
        "centres_open": 5, "centres_without_head": 0, "heads_in_charge": 1, "killed_and_recovered": 1, "proofs_verified": 12,
        "centres_out_of_bounds": 0, "warned": 1,
        "staff": { "total": 46, "culture": 27, "agriculture": 19 },
        "old_units": { "staff": 0, "assets": 0 },
        "handovers": { "assets": 11, "corrections": 1, "staff": 46, "contested": 1 },
        "refused": { "forged": 1, "unauthorised": 1, "malformed": 1 },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&result[name], value, "{name} in {line}");
    }
    let number = |path: &str| result.pointer(path).and_then(Value::as_i64).unwrap_or(i64::MIN);
    assert_eq!(number("/assets/cost_before"), number("/assets/cost_after"));
    assert!(
        number("/assets/total") >= 100 && number("/assets/cost_before") > 0,
        "{line}"
    );
    assert!(number("/operations") >= 1_000 && number("/voided") >= 1, "{line}");
    assert!(number("/memory_mib") > 0 && number("/cpu_seconds") > 0, "{line}");
    let proofs = std::fs::read_dir(result["proofs_dir"].as_str().unwrap()).unwrap();
    assert_eq!(
        (proofs.count(), result["proofs_dir"].as_str()),
        (12, dir.join("proofs").to_str())
    );
    // Told for people on standard error, and every node's folder is kept and at rest.
    assert!(said.lines().count() > 10, "{said}");
    assert_eq!(running(&dir), Vec::<String>::new());
    for code in ["14", "03847", "04144", "03721", "03646", "03980"] {
        assert!(dir.join(code).join("store").is_dir(), "{code}");
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "mine").unwrap();
    let done = demo()
        .args(["--json", "--keep"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("not empty"),
        "{done:?}"
    );
    assert!(done.stdout.is_empty(), "{done:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_interrupted_play_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("kept");
    let mut play = demo()
        .arg("--keep")
        .arg(&dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(play.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    lines
        .find(|line| line.contains("is founded"))
        .expect("the first daemon runs");
    assert_eq!(running(&dir).len(), 1);
    let told = Command::new("kill")
        .args(["-TERM", &play.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    let rest: Vec<String> = lines.collect();
    assert_eq!(play.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("interrupted")), "{rest:?}");
    assert_eq!(running(&dir), Vec::<String>::new());
}
