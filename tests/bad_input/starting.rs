//! A node that cannot start: its configuration, its port, another daemon, no node at all.

use std::net::{Ipv4Addr, TcpListener};

use soxa_lang::Lang;

use crate::support::program::{Ended, soxa_with};
use crate::support::province::{Node, Province};
use crate::support::sentences::{ANY, check_error};

/// Runs a daemon that is expected not to start.
fn run(node: &Node, lang: Lang) -> Ended {
    soxa_with(&node.home, lang, &["run"], "")
}

#[test]
fn a_configuration_with_an_unknown_key() {
    let province = Province::found();
    let node = &province.node;
    let daemon = node.start();
    let before = node.held();
    daemon.stop();
    node.configure("sync_intervall_s = 3\n");
    let file = node.home.join("config.toml");
    for lang in Lang::ALL {
        // Every value of the sentence is expected as it is but the list of known keys.
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("file", &file.display()),
            ("line", &4),
            ("key", &"sync_intervall_s"),
            ("nearest", &"sync_interval_s"),
            ("known", &ANY),
        ];
        let ended = run(node, lang);
        check_error(&ended, 1, lang, "errors.config_unknown_key", &values);
        assert!(
            ended.said.contains("sync_interval_s"),
            "the known key is not named: {}",
            ended.said
        );
    }
    node.configure("");
    let daemon = node.start();
    assert_eq!(node.held(), before);
    daemon.stop();
}

#[test]
fn a_port_that_is_in_use() {
    let province = Province::found();
    let node = &province.node;
    let daemon = node.start();
    let before = node.held();
    daemon.stop();
    let other_program = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = format!(
        "/ip4/127.0.0.1/tcp/{}",
        other_program.local_addr().expect("its port").port()
    );
    node.configure_listen(&address, "");
    for lang in Lang::ALL {
        check_error(
            &run(node, lang),
            1,
            lang,
            "errors.port_in_use",
            &[("address", &address), ("reason", &ANY)],
        );
    }
    drop(other_program);
    // The store was closed in order, and the same address serves once it is free.
    let daemon = node.start();
    assert_eq!(node.held(), before);
    assert_eq!(node.addresses(), [address]);
    daemon.stop();
}

#[test]
fn a_second_daemon_on_one_store() {
    let province = Province::found();
    let node = &province.node;
    let daemon = node.start();
    let before = node.held();
    let store = node.home.join("store");
    for lang in Lang::ALL {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("dir", &store.display()), ("pid", &daemon.pid())];
        // All that opens the store: another daemon, and what works on a stopped one.
        for command in ["run", "verify", "rebuild"] {
            check_error(
                &soxa_with(&node.home, lang, &[command], ""),
                11,
                lang,
                "errors.store_in_use",
                &values,
            );
        }
    }
    // The first one has kept its socket and its store.
    assert_eq!(node.held(), before);
    let args = [
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
    ];
    province.sign("head.pem", &args).with(0);
    daemon.stop();
    node.verify();
}

#[test]
fn a_daemon_that_does_not_run_and_a_folder_without_a_node() {
    let province = Province::found();
    let node = &province.node;
    let nowhere = province.file("nowhere");
    let socket = node.home.join("soxa.sock");
    for lang in Lang::ALL {
        for command in [&["status"][..], &["asset", "list"], &["stop"], &["log", "abcdef"]] {
            let ended = soxa_with(&node.home, lang, command, "");
            check_error(
                &ended,
                1,
                lang,
                "errors.node_not_running",
                &[("socket", &socket.display())],
            );
            let ended = soxa_with(&nowhere, lang, command, "");
            check_error(
                &ended,
                10,
                lang,
                "errors.not_initialised",
                &[("dir", &nowhere.display())],
            );
        }
        for command in ["run", "verify", "rebuild"] {
            let ended = soxa_with(&nowhere, lang, &[command], "");
            check_error(
                &ended,
                10,
                lang,
                "errors.not_initialised",
                &[("dir", &nowhere.display())],
            );
        }
    }
    assert!(!nowhere.exists(), "a command that failed made the folder");
    // A socket that a killed daemon left behind is not a running one either.
    let mut daemon = node.start();
    daemon.kill();
    assert!(socket.exists());
    for lang in Lang::ALL {
        let ended = soxa_with(&node.home, lang, &["status"], "");
        check_error(
            &ended,
            1,
            lang,
            "errors.node_not_running",
            &[("socket", &socket.display())],
        );
    }
    node.start().stop();
}
