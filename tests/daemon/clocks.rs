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

    // It has begun when its clock was right.
    node.start().stop();
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

/// Nobody was there to tell: what was signed in 2099 stands, and nothing that follows is of that time.
#[test]
fn what_was_signed_alone_in_2099_stands_and_the_node_goes_on_in_a_new_life() {
    let province = Province::found();
    let daemon = province.node.start();
    let (mut node, _) = province.add_node("commune", &province.node.addresses());
    let running = node.start();
    converge(&[&province.node, &node]);
    running.stop();
    daemon.stop();

    let clock = Clock::ahead(&province, TO_2099);
    let running = node.start_with(&clock);
    assert!(register(&province, &node, 1)["stored"].is_array());
    clock.set(0);
    wait_for_read_only(&node, &json!("ahead"));
    let said = soxa(&node.home, &["status"]).with(3).said;
    assert!(said.contains("time to come"), "{said}");
    running.stop();

    let daemon = province.node.start();
    node.dial(&province.node.addresses());
    let running = node.start_with(&clock);
    wait_for("the new life", || {
        let status = node.status();
        if status["begun"] == "clock_ahead" && status["read_only"].is_null() {
            Ok(())
        } else {
            Err(status.to_string())
        }
    });
    let said = soxa(&node.home, &["status"]).said;
    assert!(
        said.contains("the clock was wrong when they were signed"),
        "{said}"
    );
    assert!(register(&province, &node, 2)["stored"].is_array());
    converge(&[&province.node, &node]);
    for one in [&province.node, &node] {
        let status = one.status();
        let (forks, void) = (&status["forks"], &status["void"]);
        assert_eq!((forks, void), (&json!([]), &json!(0)), "{status}");
        assert_eq!(one.records("asset").len(), 2);
    }
    running.stop();
    // The new feed is of the right time: its life goes on.
    let running = node.start_with(&clock);
    assert_eq!(
        (
            node.status()["begun"].clone(),
            node.status()["earlier_feeds"].clone()
        ),
        (Value::Null, json!(1))
    );
    converge(&[&province.node, &node]);
    running.stop();
    daemon.stop();
    node.verify();
}
