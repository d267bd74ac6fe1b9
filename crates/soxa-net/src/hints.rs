//! How gossip is set up: one topic, anonymous messages named by their content, nothing passed on unjudged.
//!
//! Messages carry no author and no signature of the gossip layer: what a hint says is signed inside it, and a
//! second signature would be checked on every copy. So a message's id is the hash of its content, and a peer
//! answers for what it passes on.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, IdentityTransform, MessageAuthenticity, MessageId, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
    score_parameter_decay,
};
use soxa_ledger::NetworkId;
use soxa_ledger::ids::sha256;

use crate::config::NetConfig;
use crate::error::NetError;
use crate::limits::{GOSSIP_FRAME_BYTES_MAX, GOSSIP_QUEUE_FRAMES};
use crate::meter::Meter;

/// Gossip limited to our own topic, so that a peer's subscriptions to others are ignored, behind a meter.
pub(crate) type Gossip = Meter<Behaviour<IdentityTransform, WhitelistSubscriptionFilter>>;

/// How often the mesh is tended and offers are sent.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long a bad score is remembered across reconnects.
const SCORE_MEMORY: Duration = Duration::from_secs(3_600);
/// How often scores fade.
const SCORE_INTERVAL: Duration = Duration::from_secs(10);
/// One false hint costs this much, n of them n² times as much. Two silence a peer for some minutes.
const FALSE_HINT_WEIGHT: f64 = -20.0;
/// Each message above [`SLOW_MESSAGES_FORGIVEN`] that a peer was too slow to take.
const SLOW_WEIGHT: f64 = -1.0;
/// Late messages that cost nothing: a queue full of them. When a province begins to work all at once, every machine is
/// slow for some seconds, and neighbours that turned away from each other for that would hear nothing for minutes.
const SLOW_MESSAGES_FORGIVEN: f64 = 512.0;
/// How long a hint may wait for a neighbour to take it. Later, its sync timer is as quick.
const HINT_WAITS: Duration = Duration::from_secs(10);
/// Heartbeats for which a hint is kept: it waits that long for the node's verdict, and is offered to others meanwhile.
const HINTS_REMEMBERED: usize = 15;
/// How long a neighbour may take to deliver what it offered.
const PROMISE_LASTS: Duration = Duration::from_secs(10);
/// Broken promises and hasty returns that cost nothing; what is above costs its square, ten times.
const BROKEN_PROMISES_FORGIVEN: f64 = 6.0;

/// The one topic of a network.
pub(crate) fn topic_of(network: &NetworkId) -> IdentTopic {
    IdentTopic::new(format!("soxa/{}/tips", network.short()))
}

/// Gossip of one network, subscribed to its topic.
pub(crate) fn gossip_of(config: &NetConfig) -> Result<Gossip, NetError> {
    gossip_with(config, |_| {})
}

/// The same with other settings, as a peer might make them.
pub(crate) fn gossip_with(
    config: &NetConfig,
    adjust: impl FnOnce(&mut ConfigBuilder),
) -> Result<Gossip, NetError> {
    let (network, frames) = (&config.network, config.gossip_frames);
    let setup = |why: String| NetError::Setup { what: "gossip", why };
    let topic = topic_of(network);
    let mut settings = ConfigBuilder::default();
    settings
        .protocol_id_prefix(format!("/soxa/{}/tips", network.short()))
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::new(&sha256(&message.data)))
        .max_transmit_size(GOSSIP_FRAME_BYTES_MAX)
        .connection_handler_queue_len(GOSSIP_QUEUE_FRAMES)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(HEARTBEAT)
        .history_length(HINTS_REMEMBERED)
        .publish_queue_duration(HINT_WAITS)
        .forward_queue_duration(HINT_WAITS)
        .iwant_followup_time(PROMISE_LASTS)
        // With two to six nodes the mesh is everybody; the publisher does not wait for it to form.
        .flood_publish(true)
        .mesh_outbound_min(1)
        .mesh_n_low(3)
        .mesh_n(6)
        .mesh_n_high(12);
    adjust(&mut settings);
    let config = settings.build().map_err(|error| setup(error.to_string()))?;
    let filter = WhitelistSubscriptionFilter(HashSet::from([topic.hash()]));
    let mut gossip = Behaviour::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
        .map_err(|error| setup(error.to_owned()))?;
    gossip
        .with_peer_score(score_of(&topic), PeerScoreThresholds::default())
        .map_err(setup)?;
    gossip
        .subscribe(&topic)
        .map_err(|error| setup(error.to_string()))?;
    Ok(Meter::new(gossip, frames))
}

/// What costs a peer its standing: false hints, broken gossip promises, slowness. Silence does not, hints are rare.
fn score_of(topic: &IdentTopic) -> PeerScoreParams {
    let on_topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(60),
        time_in_mesh_cap: 60.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: 0.9,
        first_message_deliveries_cap: 50.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: FALSE_HINT_WEIGHT,
        invalid_message_deliveries_decay: score_parameter_decay(Duration::from_secs(600)),
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic.hash(), on_topic)]),
        // Communes sit behind one provincial address translator, a demonstration on one machine.
        ip_colocation_factor_weight: 0.0,
        decay_interval: SCORE_INTERVAL,
        retain_score: SCORE_MEMORY,
        slow_peer_weight: SLOW_WEIGHT,
        slow_peer_threshold: SLOW_MESSAGES_FORGIVEN,
        slow_peer_decay: 0.5,
        behaviour_penalty_threshold: BROKEN_PROMISES_FORGIVEN,
        ..PeerScoreParams::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_accepted_and_name_the_network() {
        let key = soxa_ledger::SecretKey::from_seed(&[1; 32]);
        let gossip = gossip_of(&NetConfig::new(key, NetworkId([0xab; 32]))).unwrap();
        assert_eq!(
            gossip.inner.topics().map(ToString::to_string).collect::<Vec<_>>(),
            ["soxa/abababab/tips"]
        );
    }
}
