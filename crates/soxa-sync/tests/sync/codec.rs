//! The bytes of messages: golden, canonical, bounded, and never a panic.

use proptest::prelude::*;
use soxa_ledger::replica::Replica;
use soxa_ledger::{EntryHash, Feed, FeedId, Incarnation, NodeKey, Scope, Seq};
use soxa_sync::limits::{HINT_BYTES_MAX, LINES_PER_PAGE_MAX, REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use soxa_sync::{Hint, Line, Program, Refusal, Request, Response, Root, Want};

use crate::replica::{Holdings, feed_of, secret, unit};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

fn line(closed: bool, forked: Option<u64>) -> Line {
    let feed = Feed {
        node: NodeKey([1; 32]),
        incarnation: Incarnation([2; 16]),
        scope: Scope::of([unit(3)]).unwrap(),
        follows: Some(FeedId([4; 32])),
    };
    Line {
        feed,
        seq: Seq(300),
        hash: EntryHash([5; 32]),
        closed,
        forked: forked.map(Seq),
        named: forked.map(|_| [6; 32]),
    }
}

/// The bytes of [`line`], without the last three items: whether the feed is closed, where it is forked, what of its branches is named.
fn line_hex() -> String {
    let (node, life) = ("01".repeat(32), "02".repeat(16));
    let (scope, follows, hash) = ("03".repeat(32), "04".repeat(32), "05".repeat(32));
    format!("86 84 5820{node} 50{life} 81 5820{scope} 5820{follows} 19012c 5820{hash}")
}

/// The bytes of [`program`].
const PROGRAM: &str = "67 302e312e302d62";

fn program() -> Program {
    Program::read("0.1.0-b").unwrap()
}

#[test]
fn a_program_is_plain_and_short() {
    for text in ["0.1.0", "1", "1.2.3-rc.1+abc", &"9".repeat(32)] {
        assert_eq!(
            Program::read(text).map(|p| p.as_str().to_owned()).as_deref(),
            Some(text)
        );
    }
    for text in [
        "",
        "0.1 0",
        "0.1\n",
        "\u{1b}[31m",
        "đ",
        "\u{202e}1",
        &"9".repeat(33),
    ] {
        assert_eq!(Program::read(text), None, "{text:?}");
        let mut told = Request::Compare {
            root: Root([7; 32]),
            program: program(),
        }
        .encode();
        told.truncate(told.len() - 8);
        told.extend([0x78, u8::try_from(text.len()).unwrap()]);
        told.extend(text.bytes());
        assert!(Request::decode(&told).is_err());
    }
    assert!(Program::read(Program::own().as_str()).is_some());
}

#[track_caller]
fn check_request(request: &Request, golden: &str) {
    assert_eq!(request.encode(), hex(golden));
    assert_eq!(Request::decode(&hex(golden)).as_ref(), Ok(request));
}

#[track_caller]
fn check_response(response: &Response, golden: &str) {
    assert_eq!(response.encode(), hex(golden));
    assert_eq!(Response::decode(&hex(golden)).as_ref(), Ok(response));
}

#[test]
fn golden_requests() {
    let seven = "07".repeat(32);
    check_request(
        &Request::Compare {
            root: Root([7; 32]),
            program: program(),
        },
        &format!("84 01 00 5820{seven} {PROGRAM}"),
    );
    check_request(&Request::Lines { after: None }, "83 01 01 f6");
    check_request(
        &Request::Lines {
            after: Some(FeedId([7; 32])),
        },
        &format!("83 01 01 5820{seven}"),
    );
    let wants = vec![Want {
        feed: FeedId([7; 32]),
        after: Seq(24),
    }];
    check_request(
        &Request::Runs { wants },
        &format!("83 01 02 81 82 5820{seven} 1818"),
    );
    let feed = FeedId([7; 32]);
    check_request(&Request::Fork { feed }, &format!("83 01 03 5820{seven}"));
    let named = |after| Request::Named { feed, after };
    check_request(&named(None), &format!("84 01 04 5820{seven} f6"));
    let through = (Seq(300), EntryHash([5; 32]));
    let entry = format!("82 19012c 5820{}", "05".repeat(32));
    check_request(&named(Some(through)), &format!("84 01 04 5820{seven} {entry}"));
    let above = Seq(24);
    check_request(
        &Request::Branch { feed, through, above },
        &format!("85 01 05 5820{seven} {entry} 1818"),
    );
}

#[test]
fn golden_responses() {
    let equal = Response::Equal { program: program() };
    check_response(&equal, &format!("83 01 00 {PROGRAM}"));
    let lines = vec![line(false, None), line(true, None), line(false, Some(301))];
    let text = line_hex();
    let named = "06".repeat(32);
    let page = format!("83 {text} f4 f6 f6 {text} f5 f6 f6 {text} f4 19012d 5820{named}");
    check_response(
        &Response::Differs {
            lines: lines.clone(),
            more: true,
            program: program(),
        },
        &format!("85 01 01 {page} f5 {PROGRAM}"),
    );
    check_response(
        &Response::Lines { lines, more: false },
        &format!("84 01 02 {page} f4"),
    );
    let unserved = vec![FeedId([7; 32])];
    let seven = "07".repeat(32);
    check_response(
        &Response::Runs {
            runs: Vec::new(),
            unserved,
        },
        &format!("84 01 03 80 81 5820{seven}"),
    );
    check_response(&Response::Fork { proof: None }, "83 01 05 f6");
    let proof = Some(vec![7, 8]);
    check_response(&Response::Fork { proof }, "83 01 05 42 0708");
    let entries = vec![(Seq(300), EntryHash([5; 32]))];
    let entry = format!("82 19012c 5820{}", "05".repeat(32));
    check_response(
        &Response::Named { entries, more: true },
        &format!("84 01 06 81 {entry} f5"),
    );
    check_response(&Response::Branch { run: None }, "83 01 07 f6");
    for (code, reason) in [
        Refusal::NotAdmitted,
        Refusal::TooLarge,
        Refusal::Busy,
        Refusal::Unable,
    ]
    .into_iter()
    .enumerate()
    {
        check_response(&Response::Refused { reason }, &format!("83 01 04 0{code}"));
    }
}

#[test]
fn what_is_not_exactly_the_encoding_is_refused() {
    let seven = "07".repeat(32);
    for bad in [
        "",
        "83 02 01 f6",          // A newer version.
        "83 01 03 f6",          // An unknown kind.
        "83 01 01 f6 00",       // More bytes.
        "83 01 1801 f6",        // A longer form of one.
        "9f 01 01 f6 ff",       // Indefinite length.
        "83 01 02 9a ffffffff", // A stranger's word for four billion wants.
        "83 01 02 1b ffffffffffffffff",
        &format!("83 01 02 82 82 5820{seven} 00 82 5820{seven} 01"), // One feed twice.
    ] {
        assert!(Request::decode(&hex(bad)).is_err(), "{bad}");
    }
    for bad in [
        "83 01 04 04",
        "82 01 01",
        "84 01 00 80 f4",
        "84 01 03 9a ffffffff 80",
        "84 01 01 9a ffffffff f4",
    ] {
        assert!(Response::decode(&hex(bad)).is_err(), "{bad}");
    }
    assert!(Request::decode(&vec![0x80; REQUEST_BYTES_MAX + 1]).is_err());
    assert!(Response::decode(&vec![0x80; RESPONSE_BYTES_MAX + 1]).is_err());
    assert!(Hint::decode(&[0x80; HINT_BYTES_MAX + 1]).is_err());
    let lines = vec![line(false, None); LINES_PER_PAGE_MAX + 1];
    assert!(Response::decode(&Response::Lines { lines, more: true }.encode()).is_err());
}

#[test]
fn hints_round_trip_and_only_their_node_can_sign_them() {
    let key = secret(1);
    let mut holdings = Holdings::new(key.node(), [(key.node(), unit(1))].into());
    let feed = holdings.append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![1], vec![2]]);
    let hint = Hint::of(&holdings, &feed).unwrap().unwrap();
    let bytes = hint.encode();
    assert!(bytes.len() < 210, "{} bytes", bytes.len());
    assert_eq!(Hint::decode(&bytes).as_ref(), Ok(&hint));
    let verified = hint.verify(holdings.network()).unwrap();
    assert_eq!((verified.feed_id(), verified.seq()), (feed, Seq(2)));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let accepted = Hint::decode(&changed).is_ok_and(|hint| hint.verify(holdings.network()).is_ok());
        assert!(!accepted, "byte {at}");
    }
}

#[test]
fn a_hint_of_a_restricted_feed_does_not_decode() {
    let (node, life, scope) = ("01".repeat(32), "02".repeat(16), "03".repeat(32));
    let (hash, signature) = ("05".repeat(32), "06".repeat(64));
    let hint = |scope: &str| {
        hex(&format!(
            "85 01 84 5820{node} 50{life} {scope} f6 07 5820{hash} 5840{signature}"
        ))
    };
    assert!(Hint::decode(&hint("80")).is_ok());
    assert!(Hint::decode(&hint(&format!("81 5820{scope}"))).is_err());
}

fn messages() -> Vec<Vec<u8>> {
    let key = secret(1);
    let mut holdings = Holdings::new(key.node(), [(key.node(), unit(1))].into());
    let feed = holdings.append(&key, &feed_of(&key, Scope::all_nodes()), &[vec![1], vec![2]]);
    let runs = vec![holdings.run_after(&feed, Seq(0), 1 << 20).unwrap().unwrap()];
    let wants = vec![Want { feed, after: Seq(1) }];
    vec![
        Request::Runs { wants }.encode(),
        Request::Compare {
            root: Root([1; 32]),
            program: program(),
        }
        .encode(),
        Response::Runs {
            runs,
            unserved: vec![feed],
        }
        .encode(),
        Response::Differs {
            lines: vec![line(true, None)],
            more: true,
            program: program(),
        }
        .encode(),
        Hint::of(&holdings, &feed).unwrap().unwrap().encode(),
    ]
}

fn decode_all(bytes: &[u8]) {
    if let Ok(request) = Request::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    if let Ok(response) = Response::decode(bytes) {
        // Of runs whatever packing is taken; written again, they are the same.
        if matches!(response, Response::Runs { .. }) {
            assert_eq!(Response::decode(&response.encode()), Ok(response));
        } else {
            assert_eq!(response.encode(), bytes);
        }
    }
    if let Ok(hint) = Hint::decode(bytes) {
        assert_eq!(hint.encode(), bytes);
    }
}

#[test]
fn damaged_messages_are_refused_or_canonical() {
    for message in messages() {
        for at in 0..message.len() {
            decode_all(&message[..at]);
            for bit in 0..8 {
                let mut changed = message.clone();
                changed[at] ^= 1 << bit;
                decode_all(&changed);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        decode_all(&bytes);
        for start in [&[0x83, 1][..], &[0x84, 1], &[0x85, 1, 0x84]] {
            decode_all(&[start, &bytes].concat());
        }
    }
}
