//! Which addresses are dialled, and when again. No I/O: time and what happened are arguments.

use std::collections::BTreeSet;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use soxa_ledger::NodeKey;
use soxa_ledger::ids::sha256;
use tokio::time::Instant;

use crate::identity::node_of;
use crate::limits::{DIAL_ADDRESSES_MAX, REDIAL_DELAY_MAX, REDIAL_DELAY_MIN, REDIAL_STEADY};

/// The addresses that are to be connected.
#[derive(Debug)]
pub(crate) struct Dialling {
    own: NodeKey,
    targets: Vec<Target>,
}

/// One address.
#[derive(Debug)]
struct Target {
    address: Multiaddr,
    /// The node there: from the address itself, or as found the last time.
    node: Option<NodeKey>,
    /// Whether peers told it: such a one goes when they tell otherwise.
    learnt: bool,
    /// Attempts since the last steady connection.
    attempts: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    /// To be dialled then.
    Waiting { due: Instant },
    /// Being dialled.
    Dialling { connection: ConnectionId },
    /// Its node is connected, by this address or otherwise.
    Connected { since: Instant },
    /// This node's own address, never dialled again.
    Own,
}

impl Dialling {
    pub(crate) fn new(own: NodeKey) -> Self {
        Self {
            own,
            targets: Vec::new(),
        }
    }

    /// Adds an address, due now; one that is known and waits becomes due now. False when the list is full.
    pub(crate) fn add(&mut self, address: Multiaddr, now: Instant) -> bool {
        if let Some(target) = self.targets.iter_mut().find(|target| target.address == address) {
            target.wake(now);
            return true;
        }
        if self.targets.len() >= DIAL_ADDRESSES_MAX {
            return false;
        }
        let node = match address.iter().last() {
            Some(Protocol::P2p(peer)) => node_of(&peer),
            _ => None,
        };
        let state = if node == Some(self.own) {
            State::Own
        } else {
            State::Waiting { due: now }
        };
        self.targets.push(Target {
            address,
            node,
            learnt: false,
            attempts: 0,
            state,
        });
        true
    }

    /// Replaces the addresses that peers told. What was configured stays, whether they told it too or not.
    pub(crate) fn learn(&mut self, addresses: &BTreeSet<Multiaddr>, now: Instant) {
        self.targets
            .retain(|target| !target.learnt || addresses.contains(&target.address));
        for address in addresses {
            let known = self.targets.iter().any(|target| target.address == *address);
            if !known
                && self.add(address.clone(), now)
                && let Some(target) = self.targets.last_mut()
            {
                target.learnt = true;
            }
        }
    }

    /// When the next address is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.targets.iter().filter_map(Target::due).min()
    }

    /// An address that is due; the caller dials it and says so. Those whose node `is_up` need no dial.
    pub(crate) fn take_due(&mut self, now: Instant, is_up: impl Fn(&NodeKey) -> bool) -> Option<Multiaddr> {
        for target in self
            .targets
            .iter_mut()
            .filter(|target| target.due().is_some_and(|due| due <= now))
        {
            if !target.node.as_ref().is_some_and(&is_up) {
                return Some(target.address.clone());
            }
            target.state = State::Connected { since: now };
        }
        None
    }

    /// The address is being dialled.
    pub(crate) fn started(&mut self, address: &Multiaddr, connection: ConnectionId) {
        if let Some(target) = self.targets.iter_mut().find(|target| target.address == *address) {
            target.state = State::Dialling { connection };
        }
    }

    /// A dial failed, having met `met`. Returns its address, which will be dialled again.
    pub(crate) fn failed(
        &mut self,
        connection: ConnectionId,
        met: Option<NodeKey>,
        now: Instant,
    ) -> Option<&Multiaddr> {
        let own = self.own;
        let target = self.of(connection)?;
        target.node = met.or(target.node);
        target.retry(&own, now);
        Some(&target.address)
    }

    /// A dial reached this node itself. Returns the address, which will not be dialled again.
    pub(crate) fn reached_own(&mut self, connection: ConnectionId) -> Option<&Multiaddr> {
        let target = self.of(connection)?;
        target.state = State::Own;
        Some(&target.address)
    }

    /// A node is connected, by the dial of that connection or otherwise.
    pub(crate) fn node_up(&mut self, node: NodeKey, connection: ConnectionId, now: Instant) {
        if let Some(target) = self.of(connection) {
            target.node = Some(node);
            target.state = State::Connected { since: now };
        }
        let waiting = |target: &&mut Target| target.node == Some(node) && target.due().is_some();
        for target in self.targets.iter_mut().filter(waiting) {
            target.state = State::Connected { since: now };
        }
    }

    /// A node is no longer connected.
    pub(crate) fn node_down(&mut self, node: &NodeKey, now: Instant) {
        let own = self.own;
        for target in self
            .targets
            .iter_mut()
            .filter(|target| target.node.as_ref() == Some(node))
        {
            if let State::Connected { since } = target.state {
                if now.saturating_duration_since(since) >= REDIAL_STEADY {
                    target.attempts = 0;
                }
                target.retry(&own, now);
            }
        }
    }

    /// What was refused may be welcome now: all that wait become due.
    pub(crate) fn wake_all(&mut self, now: Instant) {
        for target in &mut self.targets {
            target.wake(now);
        }
    }

    fn of(&mut self, connection: ConnectionId) -> Option<&mut Target> {
        let dialled = |target: &&mut Target| matches!(target.state, State::Dialling { connection: dialled } if dialled == connection);
        self.targets.iter_mut().find(dialled)
    }
}

impl Target {
    fn due(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { due } => Some(due),
            _ => None,
        }
    }

    fn wake(&mut self, now: Instant) {
        if matches!(self.state, State::Waiting { .. }) {
            self.attempts = 0;
            self.state = State::Waiting { due: now };
        }
    }

    fn retry(&mut self, own: &NodeKey, now: Instant) {
        self.state = State::Waiting {
            due: now + redial_delay(own, &self.address, self.attempts),
        };
        self.attempts = self.attempts.saturating_add(1);
    }
}

/// The delay before dialling again after `attempts` failed ones: doubled each time, and spread over its upper half
/// by a hash, so that the communes of a province do not all come back at the same moment after a power cut.
fn redial_delay(own: &NodeKey, address: &Multiaddr, attempts: u32) -> Duration {
    let doubled = REDIAL_DELAY_MIN.saturating_mul(1_u32.checked_shl(attempts.min(16)).unwrap_or(u32::MAX));
    let half = doubled.min(REDIAL_DELAY_MAX) / 2;
    let seed = [
        own.as_bytes().as_slice(),
        address.as_ref(),
        &attempts.to_be_bytes(),
    ]
    .concat();
    let [first, second, ..] = sha256(&seed);
    half + half * u32::from(u16::from_be_bytes([first, second])) / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use soxa_ledger::SecretKey;

    use super::*;
    use crate::identity::peer_of;

    fn node(seed: u8) -> NodeKey {
        SecretKey::from_seed(&[seed; 32]).node()
    }

    fn address(port: u16) -> Multiaddr {
        format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn delays_double_up_to_the_maximum_and_differ_between_nodes() {
        for attempts in 0..40 {
            let full = REDIAL_DELAY_MIN
                .saturating_mul(1 << attempts.min(10))
                .min(REDIAL_DELAY_MAX);
            let delay = redial_delay(&node(1), &address(1), attempts);
            assert!(full / 2 <= delay && delay <= full, "{attempts}: {delay:?}");
        }
        assert_ne!(
            redial_delay(&node(1), &address(1), 9),
            redial_delay(&node(2), &address(1), 9)
        );
    }

    #[test]
    fn what_peers_told_goes_when_they_tell_otherwise_and_the_configured_stays() {
        let now = Instant::now();
        let mut dialling = Dialling::new(node(0));
        dialling.add(address(1), now);
        dialling.learn(&BTreeSet::from([address(1), address(2)]), now);
        dialling.learn(&BTreeSet::from([address(3)]), now);
        let known: Vec<&Multiaddr> = dialling.targets.iter().map(|target| &target.address).collect();
        assert_eq!(known, [&address(1), &address(3)]);
        dialling.learn(&BTreeSet::new(), now);
        assert_eq!(dialling.take_due(now, |_| false), Some(address(1)));
        assert_eq!(dialling.targets.len(), 1);
    }

    #[test]
    fn an_address_is_dialled_until_its_node_is_connected_and_again_afterwards() {
        let now = Instant::now();
        let mut dialling = Dialling::new(node(0));
        assert!(dialling.add(address(1), now) && dialling.add(address(1), now));
        let dial = |dialling: &mut Dialling, now| {
            let address = dialling.take_due(now, |_| false).unwrap();
            let connection = ConnectionId::new_unchecked(7);
            dialling.started(&address, connection);
            assert_eq!(dialling.take_due(now, |_| false), None);
            assert_eq!(dialling.next_due(), None);
            connection
        };
        let connection = dial(&mut dialling, now);
        assert_eq!(dialling.failed(connection, None, now), Some(&address(1)));
        let due = dialling.next_due().unwrap();
        assert!(due > now && due <= now + REDIAL_DELAY_MIN);
        let connection = dial(&mut dialling, due);
        dialling.node_up(node(1), connection, due);
        assert_eq!(dialling.next_due(), None);
        let quick = due + Duration::from_secs(1);
        dialling.node_down(&node(1), quick);
        assert!(
            dialling.next_due().unwrap() > quick + REDIAL_DELAY_MIN / 2,
            "the delay has grown"
        );
        let other = ConnectionId::new_unchecked(8);
        dialling.node_up(node(1), other, quick);
        assert_eq!(dialling.next_due(), None, "connected from the other side");
        dialling.node_down(&node(1), quick + REDIAL_STEADY);
        assert!(
            dialling.next_due().unwrap() <= quick + REDIAL_STEADY + REDIAL_DELAY_MIN,
            "it has begun anew"
        );
    }

    #[test]
    fn the_own_address_is_not_dialled() {
        let now = Instant::now();
        let mut dialling = Dialling::new(node(0));
        let named = address(1).with(Protocol::P2p(peer_of(&node(0)).unwrap()));
        assert!(dialling.add(named, now));
        assert_eq!(dialling.next_due(), None);
        assert!(dialling.add(address(2), now));
        let connection = ConnectionId::new_unchecked(1);
        dialling.started(&address(2), connection);
        assert_eq!(dialling.reached_own(connection), Some(&address(2)));
        dialling.wake_all(now);
        assert_eq!(dialling.next_due(), None);
    }

    #[test]
    fn the_list_is_bounded() {
        let now = Instant::now();
        let mut dialling = Dialling::new(node(0));
        let ports = 1..=u16::try_from(DIAL_ADDRESSES_MAX).unwrap();
        assert!(ports.clone().all(|port| dialling.add(address(port), now)));
        assert!(!dialling.add(address(9_999), now));
    }
}
