//! Machines whose clock is wrong: what they say, what they do not sign, and how they go on when it was put right.

use serde_json::{Value, json};

use crate::support::clock::Clock;
use crate::support::program::soxa;
use crate::support::province::{Node, Province, converge};
use crate::support::socket::{ask, submit};
use crate::support::wait_for;

/// Days from now to about 2099.
const TO_2099: u32 = 26_500;

fn register(province: &Province, node: &Node, number: u64) -> Value {
    let commit = province.head().register(number);
    ask(&node.home, &submit([commit.bytes.as_slice()]))
}

#[track_caller]
fn wait_for_read_only(node: &Node, why: &Value) {
    wait_for(
        "whether the node only reads",
        || match &node.status()["read_only"] {
            said if said == why => Ok(()),
            said => Err(said.to_string()),
        },
    );
}

#[test]
fn a_node_in_2099_only_reads_says_so_and_goes_on_when_its_clock_is_put_right() {
    let province = Province::found();
    let daemon = province.node.start();
    let addresses = province.node.addresses();
    let (other, _) = province.add_node("other", &addresses);
    let (node, _) = province.add_node("commune", &addresses);
    let other_daemon = other.start();
    converge(&[&province.node, &other]);

    let clock = Clock::ahead(&province, TO_2099);
    let running = node.start_with(&clock);
    wait_for_read_only(&node, &json!("clock"));
    let said = soxa(&node.home, &["status"]).with(3).said;
    assert!(said.contains("clock"), "{said}");
    assert_eq!(
        register(&province, &node, 1)["refused"]["read_only"]["why"],
        "clock"
    );
    // It reads on, and those whose clock is right go on without it.
    assert!(register(&province, &province.node, 2)["stored"].is_array());
    converge(&[&province.node, &other, &node]);
    for right in [&province.node, &other] {
        assert_eq!(right.status()["read_only"], Value::Null);
    }

    // Whoever waits does not wait until 2099 now.
    clock.set(0);
    wait_for_read_only(&node, &Value::Null);
    assert!(register(&province, &node, 1)["stored"].is_array());
    converge(&[&province.node, &other, &node]);
    assert!(register(&province, &province.node, 3)["stored"].is_array());
    converge(&[&province.node, &other, &node]);
    assert_eq!(
        node.status()["begun"],
        Value::Null,
        "it had signed nothing of 2099"
    );
    running.stop();
    node.verify();
    other_daemon.stop();
    daemon.stop();
}
