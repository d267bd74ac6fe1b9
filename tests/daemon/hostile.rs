//! An admitted node that turns hostile: it is named in `status` with what it did, dropped, and honest nodes go on.

use std::collections::BTreeSet;

use serde_json::Value;
use soxa_lang::Lang;
use soxa_ledger::cbor::Writer;
use soxa_ledger::{EntryHash, Feed, Incarnation, NetworkId, NodeKey, Scope, SecretKey, Seq, Signature, Tip};
use soxa_net::{CommandRefused, Net, NetConfig, NetEvent, NetHandle};
use soxa_sync::{Line, Program, Request, Response};

use crate::support::program::soxa_with;
use crate::support::province::{Node, Province, converge};
use crate::support::socket::submit;
use crate::support::wait_for;

fn key() -> SecretKey {
    SecretKey::from_seed(&[0x66; 32])
}

fn feed(life: u64) -> Feed {
    let mut incarnation = [0; 16];
    incarnation[..8].copy_from_slice(&life.to_be_bytes());
    Feed {
        node: key().node(),
        incarnation: Incarnation(incarnation),
        scope: Scope::all_nodes(),
        follows: None,
    }
}

/// A page of one line that always says that more follow: the next after `after` among a thousand invented feeds.
fn endless_page(network: NetworkId, after: Option<soxa_ledger::FeedId>) -> Vec<Line> {
    let mut ids: Vec<_> = (0..1_000).map(|life| (feed(life).id(network), life)).collect();
    ids.sort();
    let next = ids
        .into_iter()
        .find(|(id, _)| after.is_none_or(|after| *id > after));
    let line = |(_, life)| Line {
        feed: feed(life),
        seq: Seq(0),
        hash: EntryHash([7; 32]),
        closed: false,
        forked: None,
        named: None,
    };
    next.map(line).into_iter().collect()
}

/// What it says when it is asked: pages without end, and nothing to them.
fn answer(network: NetworkId, bytes: &[u8]) -> Response {
    match Request::decode(bytes) {
        Ok(Request::Compare { .. }) => Response::Differs {
            lines: endless_page(network, None),
            more: true,
            program: Program::read("6.6.6").expect("a version"),
        },
        Ok(Request::Lines { after }) => Response::Lines {
            lines: endless_page(network, after),
            more: true,
        },
        _ => Response::Runs {
            runs: Vec::new(),
            unserved: Vec::new(),
        },
    }
}

/// A hint that looks right, signature and all, for an entry that does not exist.
fn hint(network: NetworkId, seq: u64) -> Vec<u8> {
    let (feed, hash) = (feed(1), EntryHash([5; 32]));
    let tip = Tip {
        feed: feed.id(network),
        seq: Seq(seq),
        hash,
    };
    let Signature(signature) = tip.sign(network, &key());
    let mut w = Writer::new();
    w.array(5).uint(1);
    feed.write(&mut w);
    w.uint(seq).bytes(&hash.0).bytes(&signature);
    w.into_bytes()
}

/// Joins the network under the admitted key and answers whatever it is asked, on a thread of its own.
fn start(province: &Province, host: &Node) -> NetHandle {
    let network = province.network.parse().expect("a network id");
    let mut config = NetConfig::new(key(), network);
    config.dial = host.addresses();
    config.admitted = BTreeSet::from([host.key.parse::<NodeKey>().expect("a node key")]);
    let (started, handle) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (net, mut events) = Net::start(config).await.expect("its network");
            started.send(net.clone()).expect("the test waits");
            while let Some(event) = events.recv().await {
                if let NetEvent::Asked { bytes, reply, .. } = event {
                    // The host may have hung up meanwhile.
                    let _ = net.reply(reply, answer(network, &bytes).encode());
                }
            }
        });
    });
    handle.recv().expect("its network")
}

/// What the node's status says of the hostile one.
fn seen(node: &Node) -> Value {
    let status = node.status();
    let peers = status["peers"].as_array().expect("peers");
    let hostile = key().node().to_string();
    let seen = peers.iter().find(|peer| peer["node"] == hostile.as_str());
    seen.cloned().unwrap_or_default()
}

fn offence(seen: &Value, what: &str) -> u64 {
    let offences = seen["offences"].as_array().into_iter().flatten();
    let counts = offences.filter(|offence| offence["what"] == what);
    counts.filter_map(|offence| offence["count"].as_u64()).sum()
}

#[track_caller]
fn wait_for_offence(node: &Node, what: &str, count: u64) -> Value {
    wait_for(what, || {
        let seen = seen(node);
        if offence(&seen, what) >= count {
            Ok(seen)
        } else {
            Err(seen.to_string())
        }
    })
}

/// Does something until it is taken.
fn insist(mut act: impl FnMut() -> Result<(), CommandRefused>) {
    while act() == Err(CommandRefused::Busy) {
        std::thread::yield_now();
    }
}

#[test]
fn a_hostile_node_is_named_and_dropped_and_honest_ones_go_on() {
    let province = Province::found();
    let node = &province.node;
    let _daemon = node.start();
    let (other, _) = province.add_node("other", &node.addresses());
    let _other_daemon = other.start();
    let hostile = key().node().to_string();
    let admit = ["node", "admit", &hostile, "--unit", &province.unit, "--name", "x"];
    province.sign("operator.pem", &admit).with(0);
    converge(&[node, &other]);
    let net = start(&province, node);

    let paging = wait_for_offence(node, "endless_pages", 1);
    assert_eq!(paging["program"], "6.6.6");
    // Each of these is an offence, and the third is the last.
    let host: NodeKey = node.key.parse().expect("a node key");
    insist(|| net.ask(host, 0, b"what is this?".to_vec()));
    wait_for_offence(node, "bad_request", 1);
    let network = province.network.parse().expect("a network id");
    for seq in 1..1_000 {
        insist(|| net.announce(hint(network, seq)));
    }
    let dropped = wait_for("the hostile node's end", || {
        let seen = seen(node);
        if seen["connected"] == false && seen["dropped_until_ms"].is_u64() {
            Ok(seen)
        } else {
            Err(seen.to_string())
        }
    });
    for what in ["endless_pages", "bad_request"] {
        assert!(offence(&dropped, what) >= 1, "{what} is remembered: {dropped}");
    }

    // People are told in their language, and honest nodes have hardly noticed.
    for (lang, words) in [
        (Lang::En, "endless pages"),
        (Lang::Vi, "trang dữ liệu không có điểm dừng"),
    ] {
        let shown = soxa_with(&node.home, lang, &["status"], "").with(0).told;
        assert!(words.split(' ').all(|word| shown.contains(word)), "{shown}");
    }
    let act = province.head().register(1);
    crate::support::socket::ask(&node.home, &submit([act.bytes.as_slice()]));
    converge(&[node, &other]);
    assert_eq!(other.records("asset").len(), 1);
}
