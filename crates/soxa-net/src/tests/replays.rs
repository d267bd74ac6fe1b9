//! Gossip frames of before, sent again to a node that was started anew and remembers none of them.

use super::abuse::{honest_is_served, with_honest_and_rogue};
use super::*;
use crate::HintVerdict;
use crate::hints::topic_of;

const OLD: u8 = 20;

fn old_hint(number: u8) -> Vec<u8> {
    vec![number; 100]
}

/// The rogue sends what it once heard, and the node hears each of it.
async fn replay(a: &mut Node, rogue: &mut Rogue, verdict: HintVerdict) {
    rogue.subscribed().await;
    for number in 0..OLD {
        let gossip = &mut rogue.swarm.behaviour_mut().gossip.inner;
        gossip.publish(topic_of(&NETWORK), old_hint(number)).unwrap();
        let heard = a.find(|event| match event {
            NetEvent::Hint { node, id, bytes } => Some((node, id, bytes)),
            _ => None,
        });
        let (from, id, bytes) = rogue.during(heard).await;
        assert_eq!((from, bytes), (node(3), old_hint(number)));
        a.net.hint_verdict(id, verdict).unwrap();
    }
}

#[tokio::test]
async fn a_node_started_anew_passes_on_nothing_old_and_blames_nobody() {
    let (mut a, honest, mut rogue) = with_honest_and_rogue(config(1, &[2, 3])).await;
    replay(&mut a, &mut rogue, HintVerdict::Accept).await;
    honest_is_served(&mut a, honest).await;
    a.net.shutdown().await;

    // Gossip forgot what it had seen. The verdict of those who know the ledger is what stops it.
    let mut a = Node::start(config(1, &[2, 3])).await;
    let mut to_a = config(2, &[1]);
    to_a.dial.push(a.address.clone());
    let mut neighbour = Node::start(to_a).await;
    a.up(neighbour.key).await;
    neighbour.up(a.key).await;
    let mut rogue = Rogue::dialling(&config(3, &[1]), &a).await;
    rogue.during(a.up(node(3))).await;
    replay(&mut a, &mut rogue, HintVerdict::Ignore).await;
    // What is announced now comes through, and nothing came before it.
    let announced = announcing(&a.net, "new", async {
        neighbour
            .find(|event| match event {
                NetEvent::Hint { bytes, .. } => Some(bytes),
                _ => None,
            })
            .await
    });
    let first = rogue.during(announced).await;
    assert!(first.starts_with(b"new "), "{first:?}");
    let conduct = a.net.conduct();
    assert!(
        conduct.values().all(|seen| seen.misconduct.is_empty()),
        "{conduct:?}"
    );
}
