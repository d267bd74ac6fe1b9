//! Greetings: nodes tell each other where nodes are reached, and notice when two machines use one key.
//!
//! What is known of addresses is kept in a file of the home folder, so that a node that was off for weeks still finds
//! somebody. The file is a cache: without it the configured peers are asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use data_encoding::BASE64;
use soxa_ledger::authority::Authority;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, Time};
use soxa_net::{NetHandle, neighbours_of};
use soxa_sync::card::{Card, Cards, Greeting, GreetingAnswer, VerifiedCard};
use soxa_sync::clocks::Clocks;
use soxa_sync::limits::{CARD_BYTES_MAX, CARDS_MAX, SESSION_REMEMBERED_MS};
use soxa_sync::sessions::Sessions;

use crate::clock::{now, steady};
use crate::home::{read_limited, write_file};

/// Ids of greetings among the requests to peers: replication counts from below.
const IDS_FROM: u64 = 1 << 63;
/// Milliseconds between greetings at most: two machines with one key are to be noticed within minutes.
const INTERVAL_MS_MAX: u64 = 120_000;
/// What greetings have told.
pub struct Greetings {
    key: SecretKey,
    network: NetworkId,
    file: PathBuf,
    session: [u8; 16],
    cards: Cards,
    sessions: Sessions,
    connected: BTreeSet<NodeKey>,
    last: Option<NodeKey>,
    interval_ms: u64,
    next: Time,
    asked: u64,
    learnt: BTreeMap<NodeKey, Vec<String>>,
    /// Whether cards have come since the last look at whom to dial.
    news: bool,
    /// What the clocks of the connected peers said.
    clocks: Clocks,
    /// When a peer last said that another process uses this node's key.
    doubled_at: Option<Time>,
}

impl Greetings {
    /// Reads what earlier greetings told, and makes this node's own card when what it announces has changed.
    pub fn new(
        key: SecretKey,
        network: NetworkId,
        file: PathBuf,
        session: [u8; 16],
        announce: &[String],
        interval_ms: u64,
    ) -> Self {
        let mut cards = Cards::default();
        for card in read_cards(&file, network) {
            // Others' cards were in time once; a clock that was set back makes none of them false. Of its own a node
            // makes another when the one it has is of a time to come, which nobody would take.
            let own = card.card().node == key.node();
            cards.insert(card, if own { now() } else { Time(u64::MAX) });
        }
        let own = cards.get(&key.node()).map(|card| card.card().clone());
        let unchanged = match &own {
            Some(own) => own.addresses == announce,
            None => announce.is_empty(),
        };
        if !unchanged {
            let after = own.map_or(0, |own| own.time.0 + 1);
            let card = Card {
                node: key.node(),
                addresses: announce.to_vec(),
                time: Time(now().0.max(after)),
            };
            cards.insert(card.sign(network, &key), now());
        }
        let greetings = Self {
            key,
            network,
            file,
            session,
            cards,
            sessions: Sessions::default(),
            connected: BTreeSet::new(),
            last: None,
            interval_ms: interval_ms.min(INTERVAL_MS_MAX),
            next: steady(),
            asked: 0,
            learnt: BTreeMap::new(),
            news: true,
            clocks: Clocks::default(),
            doubled_at: None,
        };
        if !unchanged {
            greetings.keep();
        }
        greetings
    }

    /// When the next greeting is due.
    pub fn wake(&self) -> Option<Time> {
        (!self.connected.is_empty()).then_some(self.next)
    }

    /// A peer is connected: it is greeted at once.
    pub fn peer_up(&mut self, net: &NetHandle, node: NodeKey) {
        self.connected.insert(node);
        self.greet(net, node);
    }

    /// A peer is gone.
    pub fn peer_down(&mut self, node: &NodeKey) {
        self.connected.remove(node);
        self.clocks.forget(node);
    }

    /// Greets the next peer when it is time, and dials whom the authority and the cards make neighbours.
    pub fn tick(&mut self, net: &NetHandle, authority: &Authority) {
        let now = steady();
        if !self.news && now < self.next {
            return;
        }
        self.news = false;
        // A new node does not know of its own admission yet.
        let own = self.key.node();
        let stays = |node: &NodeKey| *node == own || authority.unit_of_node(node).is_some();
        if self.cards.retain(stays) {
            self.keep();
        }
        let learnt = neighbours(own, authority, &self.cards);
        if learnt != self.learnt {
            net.learn(learnt.clone());
            self.learnt = learnt;
        }
        if now < self.next {
            return;
        }
        self.next = now.plus_ms(self.interval_ms);
        let after = self.last.and_then(|last| self.connected.range(last..).nth(1));
        if let Some(node) = after.or_else(|| self.connected.first()).copied() {
            self.last = Some(node);
            self.greet(net, node);
        }
    }

    fn greet(&mut self, net: &NetHandle, node: NodeKey) {
        let own = self.cards.get(&self.key.node());
        let greeting = Greeting {
            root: self.cards.root(),
            session: self.session,
            time: now(),
            card: own.map(|card| card.bytes().to_vec()),
        };
        self.asked = self.asked.wrapping_add(1) % IDS_FROM;
        if let Err(refused) = net.ask(node, IDS_FROM + self.asked, greeting.encode()) {
            tracing::debug!(node = %node.short(), %refused, "a greeting could not be sent");
        }
    }

    /// Whether an answer is one to a greeting.
    pub fn is_own(request_id: u64) -> bool {
        request_id >= IDS_FROM
    }

    /// A peer greets. Returns the answer.
    pub fn answer(&mut self, authority: &Authority, node: NodeKey, greeting: &Greeting) -> Vec<u8> {
        self.clocks.hear(node, greeting.time);
        let doubled = self.sessions.hear(node, greeting.session, steady());
        if doubled {
            tracing::warn!(node = %node.short(), "two machines use this node's key");
        }
        if let Some(card) = &greeting.card {
            self.take(authority, std::slice::from_ref(card));
        }
        let cards = if greeting.root == self.cards.root() {
            Vec::new()
        } else {
            self.cards.all().map(|card| card.bytes().to_vec()).collect()
        };
        GreetingAnswer {
            cards,
            doubled,
            time: now(),
        }
        .encode()
    }

    /// A peer answered a greeting.
    pub fn answered(&mut self, authority: &Authority, node: NodeKey, answer: &[u8]) {
        let answer = match GreetingAnswer::decode(answer) {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(node = %node.short(), %error, "an answer to a greeting that does not decode");
                return;
            }
        };
        self.clocks.hear(node, answer.time);
        if answer.doubled {
            tracing::error!(told_by = %node.short(), "another machine uses this node's key");
            self.doubled_at = Some(steady());
        }
        self.take(authority, &answer.cards);
    }

    fn take(&mut self, authority: &Authority, cards: &[Vec<u8>]) {
        let mut news = false;
        for bytes in cards {
            match VerifiedCard::read(self.network, bytes) {
                Ok(card) if authority.unit_of_node(&card.card().node).is_some() => {
                    news |= self.cards.insert(card, now());
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "a card"),
            }
        }
        if news {
            self.news = true;
            self.keep();
        }
    }

    /// Writes the cards down. A failure costs what the file would have spared.
    fn keep(&self) {
        let lines: String = self
            .cards
            .all()
            .map(|card| BASE64.encode(card.bytes()) + "\n")
            .collect();
        if let Err(error) = write_file(&self.file, lines.as_bytes(), 0o644) {
            tracing::warn!(?error, "the addresses of nodes could not be kept");
        }
    }

    /// Whether anybody is connected.
    pub fn is_connected(&self) -> bool {
        !self.connected.is_empty()
    }

    /// Whether any connected peer has said what its clock shows.
    pub fn is_any_clock_heard(&self) -> bool {
        self.clocks.is_any_heard()
    }

    /// Whether this machine's clock is off, as far as the connected peers and the founding of the ledger show.
    pub fn is_clock_off(&self, founded: Option<Time>) -> bool {
        self.clocks.is_off(founded, now())
    }

    /// Where nodes say they are reached.
    pub fn addresses(&self) -> BTreeMap<NodeKey, Vec<String>> {
        self.cards
            .all()
            .map(|card| (card.card().node, card.card().addresses.clone()))
            .collect()
    }

    /// Whether another machine uses this node's key, as peers have said within the last minutes.
    pub fn is_doubled(&self) -> bool {
        self.doubled_at
            .is_some_and(|at| steady().0.saturating_sub(at.0) < SESSION_REMEMBERED_MS)
    }

    /// The connected nodes whose key two machines use, as heard here.
    pub fn doubled_peers(&self) -> Vec<NodeKey> {
        let now = steady();
        let doubled = |node: &&NodeKey| self.sessions.is_doubled(node, now);
        self.connected.iter().filter(doubled).copied().collect()
    }
}

fn read_cards(file: &std::path::Path, network: NetworkId) -> Vec<VerifiedCard> {
    if !file.exists() {
        return Vec::new();
    }
    let read = read_limited(file, (CARDS_MAX * CARD_BYTES_MAX * 2) as u64).ok();
    let text = read
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    let card = |line: &str| VerifiedCard::read(network, &BASE64.decode(line.as_bytes()).ok()?).ok();
    text.lines().filter_map(card).collect()
}

/// Whom to dial of those that announce addresses, see [`neighbours_of`].
fn neighbours(own: NodeKey, authority: &Authority, cards: &Cards) -> BTreeMap<NodeKey, Vec<String>> {
    let province = authority.network().province_unit();
    let told: BTreeMap<NodeKey, &Card> = cards
        .all()
        .map(VerifiedCard::card)
        .filter(|card| !card.addresses.is_empty())
        .map(|card| (card.node, card))
        .collect();
    let of_province = told
        .keys()
        .copied()
        .filter(|node| authority.unit_of_node(node) == Some(province))
        .collect();
    neighbours_of(&own, &of_province, told.keys().copied())
        .into_iter()
        .filter_map(|node| Some((node, told.get(&node)?.addresses.clone())))
        .collect()
}
