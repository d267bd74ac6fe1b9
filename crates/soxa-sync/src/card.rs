//! Cards: where nodes say they are reached, signed by themselves and passed on from node to node.
//!
//! In deterministic CBOR, as in `crates/soxa-ledger/FORMAT.md`:
//!
//! ```text
//! card     = [bytes, signature], the ed25519 signature of the node over "soxa/card/1" ‖ 00 ‖ network ‖ bytes
//! bytes    = CBOR [1, node, [address…], time]
//! greeting = [1, 16, root, session, time, card or null]: what I know, who asks, what my clock shows, where I am
//! answer   = [1, 16, [card…], doubled, time]: what you may lack, and whether your key is heard from two processes
//! ```
//!
//! `node`, `network` and `root` are 32 bytes, `session` 16 random ones of the process; times are milliseconds since 1970; an
//! address is a multiaddress as text. In a greeting a card is a byte string that holds it. `root` is SHA-256 over the SHA-256 of each card
//! known, in the order of their nodes. The 16 tells greetings from the requests of replication, whose kinds are lower.
//!
//! Of one node's cards the newest by its own time counts, of two of one time the smaller bytes. Cards are no part of the
//! ledger: a lost or late one costs a detour, never an entry.

use std::collections::BTreeMap;

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::ids::sha256;
use soxa_ledger::key::Signature;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, Time};

use crate::limits::{
    CARD_ADDRESSES_MAX, CARD_BYTES_MAX, CARD_FUTURE_MS_MAX, CARDS_MAX, TOKEN_ADDRESS_BYTES_MAX,
};
use crate::message::{Root, within};

const VERSION: u64 = 1;
const KIND: u64 = 16;
const DOMAIN: &[u8] = b"soxa/card/1\0";

/// Where a node says it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The node.
    pub node: NodeKey,
    /// Multiaddresses.
    pub addresses: Vec<String>,
    /// When it said so.
    pub time: Time,
}

/// A card whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCard {
    card: Card,
    bytes: Vec<u8>,
}

/// What is wrong with a card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Its form.
    #[error("malformed card: {0}")]
    Malformed(#[from] CborError),
    /// Its signature.
    #[error("forged card: {0}")]
    Forged(#[from] soxa_ledger::key::KeyError),
}

fn signed(network: NetworkId, bytes: &[u8]) -> Vec<u8> {
    [DOMAIN, &network.0, bytes].concat()
}

impl Card {
    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(4).uint(VERSION).bytes(&self.node.0);
        w.array(self.addresses.len());
        for address in &self.addresses {
            w.text(address);
        }
        w.uint(self.time.0);
        w.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        r.tuple("card", 4)?;
        r.version("card version", VERSION)?;
        let card = Self {
            node: NodeKey(r.fixed("node")?),
            addresses: r.list("addresses", CARD_ADDRESSES_MAX, |r| {
                Ok(r.text("address", TOKEN_ADDRESS_BYTES_MAX)?.to_owned())
            })?,
            time: Time(r.uint("time")?),
        };
        expect_canonical("card", bytes, &card.encode())?;
        Ok(card)
    }

    /// The card with its node's signature.
    #[must_use]
    pub fn sign(self, network: NetworkId, key: &SecretKey) -> VerifiedCard {
        let bytes = self.encode();
        let signature = key.sign(&signed(network, &bytes));
        let mut w = Writer::new();
        w.array(2).bytes(&bytes).bytes(&signature.0);
        VerifiedCard {
            card: self,
            bytes: w.into_bytes(),
        }
    }
}

impl VerifiedCard {
    /// Reads a card and checks its signature.
    ///
    /// # Errors
    /// When it is malformed, beyond a limit or not signed by its node.
    pub fn read(network: NetworkId, bytes: &[u8]) -> Result<Self, CardError> {
        within("card", bytes, CARD_BYTES_MAX)?;
        let mut r = Reader::new(bytes);
        r.tuple("signed card", 2)?;
        let inner = r.bytes("card", CARD_BYTES_MAX)?;
        let signature = Signature(r.fixed("signature")?);
        let mut w = Writer::new();
        w.array(2).bytes(inner).bytes(&signature.0);
        expect_canonical("signed card", bytes, &w.into_bytes())?;
        let card = Card::decode(inner)?;
        card.node.public().verify(&signed(network, inner), &signature)?;
        Ok(Self {
            card,
            bytes: bytes.to_vec(),
        })
    }

    /// What it says.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// As received or signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The newest card of each node.
#[derive(Debug, Clone, Default)]
pub struct Cards {
    kept: BTreeMap<NodeKey, VerifiedCard>,
}

impl Cards {
    /// Takes in a card, if it is newer than what is known of its node. The caller has asked whether the node is
    /// admitted.
    pub fn insert(&mut self, card: VerifiedCard, now: Time) -> bool {
        let in_time = card.card.time.0 <= now.0.saturating_add(CARD_FUTURE_MS_MAX);
        let known = self.kept.get(&card.card.node);
        let newer = known.is_none_or(|known| {
            card.card.time > known.card.time || card.card.time == known.card.time && card.bytes < known.bytes
        });
        let room = known.is_some() || self.kept.len() < CARDS_MAX;
        if in_time && newer && room {
            self.kept.insert(card.card.node, card);
            return true;
        }
        false
    }

    /// Forgets the cards of nodes that are not admitted. True when there were any.
    pub fn retain(&mut self, admitted: impl Fn(&NodeKey) -> bool) -> bool {
        let before = self.kept.len();
        self.kept.retain(|node, _| admitted(node));
        self.kept.len() < before
    }

    /// A hash over all cards: equal for equal sets.
    #[must_use]
    pub fn root(&self) -> Root {
        let all: Vec<u8> = self.kept.values().flat_map(|card| sha256(&card.bytes)).collect();
        Root(sha256(&all))
    }

    /// A node's card.
    #[must_use]
    pub fn get(&self, node: &NodeKey) -> Option<&VerifiedCard> {
        self.kept.get(node)
    }

    /// All cards in the order of their nodes.
    pub fn all(&self) -> impl Iterator<Item = &VerifiedCard> {
        self.kept.values()
    }
}

/// What a node asks of another when they meet, and now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// The root of the asking node's cards.
    pub root: Root,
    /// Random, made when the asking process started.
    pub session: [u8; 16],
    /// What the asking node's clock shows.
    pub time: Time,
    /// The asking node's own card, if it announces any address.
    pub card: Option<Vec<u8>>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreetingAnswer {
    /// All cards, or none when the roots are equal.
    pub cards: Vec<Vec<u8>>,
    /// Whether the asked node hears two processes under the asking node's key.
    pub doubled: bool,
    /// What the asked node's clock shows.
    pub time: Time,
}

fn head(r: &mut Reader<'_>, field: &'static str, len: usize) -> Result<(), CborError> {
    r.tuple(field, len)?;
    r.version(field, VERSION)?;
    if r.uint(field)? == KIND {
        Ok(())
    } else {
        Err(CborError::Value {
            field,
            what: "another kind",
        })
    }
}

impl Greeting {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(6).uint(VERSION).uint(KIND).bytes(&self.root.0);
        w.bytes(&self.session).uint(self.time.0);
        w.option(self.card.as_deref(), |w, card| {
            w.bytes(card);
        });
        w.into_bytes()
    }

    /// Decodes what [`Greeting::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        head(&mut r, "greeting", 6)?;
        let greeting = Self {
            root: Root(r.fixed("root")?),
            session: r.fixed("session")?,
            time: Time(r.uint("time")?),
            card: r.option("card", |r| Ok(r.bytes("card", CARD_BYTES_MAX)?.to_vec()))?,
        };
        expect_canonical("greeting", bytes, &greeting.encode())?;
        Ok(greeting)
    }
}

impl GreetingAnswer {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(5).uint(VERSION).uint(KIND).array(self.cards.len());
        for card in &self.cards {
            w.bytes(card);
        }
        w.bool(self.doubled).uint(self.time.0);
        w.into_bytes()
    }

    /// Decodes what [`GreetingAnswer::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or beyond a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("greeting answer", bytes, CARDS_MAX * (CARD_BYTES_MAX + 4))?;
        let mut r = Reader::new(bytes);
        head(&mut r, "greeting answer", 5)?;
        let answer = Self {
            cards: r.list("cards", CARDS_MAX, |r| {
                Ok(r.bytes("card", CARD_BYTES_MAX)?.to_vec())
            })?,
            doubled: r.bool("doubled")?,
            time: Time(r.uint("time")?),
        };
        expect_canonical("greeting answer", bytes, &answer.encode())?;
        Ok(answer)
    }
}
