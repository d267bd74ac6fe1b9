//! How a daemon ends in order.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::program::{Daemon, soxa};
use crate::support::province::Province;

/// Tells a daemon to stop in some way and expects an orderly end.
#[track_caller]
fn check(province: &Province, stop: impl FnOnce(&Daemon)) {
    let node = &province.node;
    let (socket, clean) = (node.home.join("soxa.sock"), node.home.join("store/clean"));
    let mut daemon = node.start();
    let held = node.held();
    let mode = std::fs::metadata(&socket)
        .expect("the socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "others can reach the socket");
    assert!(!clean.exists(), "a running store is marked as closed");
    stop(&daemon);
    let status = daemon.wait();
    assert_eq!(status.code(), Some(0), "{status}\n{}", daemon.said());
    assert!(!socket.exists(), "the socket is left behind");
    assert!(clean.exists(), "the store is not marked as closed");
    let daemon = node.start();
    assert_eq!(node.held(), held);
    daemon.stop();
}

#[test]
fn signals_and_the_command_end_it_in_order() {
    let province = Province::found();
    check(&province, |daemon| daemon.signal("TERM"));
    check(&province, |daemon| daemon.signal("INT"));
    check(&province, |_| {
        soxa(&province.node.home, &["stop"]).with(0);
    });
}

#[test]
fn a_killed_daemon_leaves_no_mark_of_an_orderly_end() {
    let province = Province::found();
    let mut daemon = province.node.start();
    daemon.kill();
    assert!(!province.node.home.join("store/clean").exists());
    assert!(province.node.home.join("soxa.sock").exists());
}
