//! What admitted nodes do with each other.

use super::*;
use crate::limits::{ASKS_PER_PEER_MAX, RESPONSE_BYTES_MAX};
use crate::{CommandRefused, HintVerdict};

#[tokio::test]
async fn a_request_has_one_response() {
    let (mut a, b) = pair().await;
    let b_key = b.key;
    let serving = tokio::spawn(serve(b));
    for (request_id, bytes) in [(7, b"abc".to_vec()), (8, Vec::new()), (7, vec![1; 256 << 10])] {
        let reversed = bytes.iter().rev().copied().collect();
        assert_eq!(a.ask(b_key, request_id, bytes).await, Ok(reversed));
    }
    assert_eq!(a.net.counters().answered(), 3);
    a.net.shutdown().await;
    assert!(!serving.is_finished(), "the other side runs on");
}

#[tokio::test]
async fn the_largest_response_arrives() {
    let (mut a, mut b) = pair().await;
    a.net.ask(b.key, 1, b"much".to_vec()).unwrap();
    let reply = b.find(asked).await;
    assert_eq!(reply.node(), a.key);
    b.net.reply(reply, vec![9; RESPONSE_BYTES_MAX]).unwrap();
    assert_eq!(a.answer(1).await.map(|bytes| bytes.len()), Ok(RESPONSE_BYTES_MAX));
}

#[tokio::test]
async fn a_request_that_gets_no_response_says_why() {
    let (mut a, mut b) = pair().await;
    assert_eq!(a.ask(node(3), 1, Vec::new()).await, Err(AskError::NotConnected));
    a.net.ask(b.key, 2, Vec::new()).unwrap();
    drop(b.find(asked).await);
    assert_eq!(a.answer(2).await, Err(AskError::NoReply));
    let many = u64::try_from(ASKS_PER_PEER_MAX).unwrap();
    for request_id in 10..=10 + many {
        a.net.ask(b.key, request_id, Vec::new()).unwrap();
    }
    assert_eq!(a.answer(10 + many).await, Err(AskError::Busy));
    b.net.shutdown().await;
    for request_id in 10..10 + many {
        assert_eq!(
            a.answer(request_id).await,
            Err(AskError::Disconnected),
            "{request_id}"
        );
    }
    a.down(b.key).await;
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let (a, b) = pair().await;
    let too_large = |what, max| {
        Err(CommandRefused::TooLarge {
            what,
            bytes: max + 1,
            max,
        })
    };
    let request = crate::limits::REQUEST_BYTES_MAX;
    assert_eq!(
        a.net.ask(b.key, 1, vec![0; request + 1]),
        too_large("request", request)
    );
    let hint = crate::limits::HINT_BYTES_MAX;
    assert_eq!(a.net.announce(vec![0; hint + 1]), too_large("hint", hint));
}

#[tokio::test]
async fn a_hint_is_passed_on_only_when_accepted() {
    let mut b = Node::start(config(2, &[1, 3])).await;
    let ends = |seed| {
        let mut end = config(seed, &[2]);
        end.dial.push(b.address.clone());
        end
    };
    let (a, mut c) = (Node::start(ends(1)).await, Node::start(ends(3)).await);
    let judging = async {
        loop {
            if let NetEvent::Hint { id, bytes, .. } = b.next().await {
                let verdict = if bytes.starts_with(b"true") {
                    HintVerdict::Accept
                } else {
                    HintVerdict::Ignore
                };
                b.net.hint_verdict(id, verdict).unwrap();
            }
        }
    };
    let receiving = async {
        for _ in 0..3 {
            let (from, bytes) = c.find(hint).await;
            assert_eq!(from, node(2), "named is the neighbour");
            assert!(bytes.starts_with(b"true"), "{}", String::from_utf8_lossy(&bytes));
        }
    };
    tokio::select! {
        () = announcing(&a.net, "false", announcing(&a.net, "true", receiving)) => {}
        () = judging => {}
    }
}

fn asked(event: NetEvent) -> Option<crate::ReplyTo> {
    match event {
        NetEvent::Asked { reply, .. } => Some(reply),
        _ => None,
    }
}

fn hint(event: NetEvent) -> Option<(NodeKey, Vec<u8>)> {
    match event {
        NetEvent::Hint { node, bytes, .. } => Some((node, bytes)),
        _ => None,
    }
}
