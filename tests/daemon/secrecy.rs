//! A private key never leaves the command that signs: what it writes to the local socket is recorded and searched.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::Value;

use crate::support::program::{PASSPHRASE, soxa_signed};
use crate::support::province::Province;
use crate::support::signing::open_key;

/// Listens in the place of a daemon, hands everything on to it, and keeps what the commands wrote.
fn record(own: &Path, daemon: &Path) -> Arc<Mutex<Vec<u8>>> {
    let listener = UnixListener::bind(own).expect("a socket");
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let (kept, daemon) = (Arc::clone(&recorded), daemon.to_owned());
    std::thread::spawn(move || {
        for command in listener.incoming() {
            let command = command.expect("a command");
            let server = UnixStream::connect(&daemon).expect("the daemon");
            let (mut from, mut to) = (
                server.try_clone().expect("a handle"),
                command.try_clone().expect("a handle"),
            );
            // Ends when the daemon closes the connection.
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            carry(command, server, &kept);
        }
    });
    recorded
}

/// Carries one command's requests until it goes away.
fn carry(mut command: UnixStream, mut server: UnixStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = command.read(&mut buffer) {
        kept.lock()
            .expect("no panic")
            .extend_from_slice(&buffer[..length]);
        server.write_all(&buffer[..length]).expect("the daemon");
    }
    // Fails when the daemon has closed it.
    let _ = server.shutdown(std::net::Shutdown::Both);
}

/// The bytes as recorded, and everything in them that is base64, decoded.
fn layers(recorded: &[u8]) -> Vec<Vec<u8>> {
    fn texts(value: &Value, into: &mut Vec<Vec<u8>>) {
        match value {
            Value::String(text) => {
                into.extend(BASE64.decode(text.as_bytes()));
                into.extend(BASE64URL_NOPAD.decode(text.as_bytes()));
            }
            Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
            Value::Object(members) => members.values().for_each(|member| texts(member, into)),
            _ => {}
        }
    }
    let mut all = vec![recorded.to_vec()];
    for line in recorded
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        texts(&serde_json::from_slice(line).expect("a request"), &mut all);
    }
    all
}

fn holds(all: &[Vec<u8>], part: &[u8]) -> bool {
    all.iter()
        .any(|bytes| bytes.windows(part.len()).any(|window| window == part))
}

#[test]
fn no_private_key_travels() {
    let province = Province::found();
    let _daemon = province.node.start();
    // A home folder like the node's, but with the recorder in the daemon's place.
    let home = province.file("recorded");
    std::fs::create_dir(&home).expect("a folder");
    for name in ["network.jws", "config.toml", "node.key"] {
        std::fs::copy(province.node.home.join(name), home.join(name)).expect("a file");
    }
    let recorded = record(&home.join("soxa.sock"), &province.node.home.join("soxa.sock"));
    let sign = |key: &str, args: &[&str]| {
        soxa_signed(&home, &[args, &["--key", &province.path(key)]].concat()).with(0);
    };
    let unit = province.unit.as_str();
    sign(
        "head.pem",
        &[
            "asset", "register", "--unit", unit, "--code", "B1", "--name", "Bàn", "--cost", "1500000",
        ],
    );
    sign(
        "operator.pem",
        &["node", "admit", &"17".repeat(32), "--unit", unit, "--name", "x"],
    );

    let all = layers(&recorded.lock().expect("no panic"));
    // The recorder saw the acts: the commit with the author's public key, and the statement.
    let head = open_key(&province.file("head.pem"));
    assert!(holds(&all, b"submit") && holds(&all, b"submit_statements"));
    assert!(holds(&all, &head.public().0), "no signed commit was recorded");
    for key in ["head.pem", "operator.pem"] {
        let secret = open_key(&province.file(key));
        let seed = secret.seed();
        let pem = std::fs::read_to_string(province.file(key)).expect("a key file");
        let body = pem
            .lines()
            .skip_while(|line| !line.starts_with("-----BEGIN"))
            .nth(1)
            .expect("its first line");
        for (what, part) in [
            ("the seed", &seed[..]),
            ("a half of the seed", &seed[..16]),
            ("the other half", &seed[16..]),
            ("the seed in digits", HEXLOWER.encode(&seed[..]).as_bytes()),
            ("the PEM's heading", b"-----BEGIN"),
            ("the PEM's content", body.as_bytes()),
            ("the passphrase", PASSPHRASE.as_bytes()),
        ] {
            assert!(!holds(&all, part), "{what} of {key} went over the socket");
        }
    }
}
