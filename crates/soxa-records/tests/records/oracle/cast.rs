//! Who plays in all histories: three units, five people with keys, three nodes with a feed each.

use std::sync::LazyLock;

use soxa_ledger::ids::{EntryHash, FeedId, NodeKey, RecordId};
use soxa_ledger::statement::{Genesis, UnsignedStatement};
use soxa_ledger::verdict::Position;
use soxa_ledger::{SecretKey, Seq, Statement, Time, Verified};
use soxa_records::handover::{HandoverParty, WitnessCapacity, WitnessParty};

use super::seeds::Dice;
use crate::province::{Official, Province};

/// Feeds, each of a founding node.
pub const FEEDS: usize = 3;
/// Entries of each feed; number n has the node time 10 n.
pub const LENGTH: usize = 32;
/// Whose key an appointment names: head and officer of A, head and officer of B, head of C.
pub const PEOPLE: usize = 5;

/// The units and people, the same in all histories.
pub struct Cast {
    pub province: Province,
    pub genesis: Verified<Statement>,
    pub people: [Official; PEOPLE],
}

pub static CAST: LazyLock<Cast> = LazyLock::new(|| {
    let key = |seed| SecretKey::from_seed(&[seed; 32]);
    let mut nodes: Vec<NodeKey> = (2..5).map(|node| key(node).node()).collect();
    nodes.sort_unstable();
    let unsigned = UnsignedStatement::genesis(&Province::genesis(nodes));
    let genesis = unsigned.assemble(vec![unsigned.sign(&key(1))]).unwrap();
    let mut province = Province::of(genesis.network, genesis.as_genesis().unwrap());
    let (a, b, c) = (province.a.clone(), province.b.clone(), province.c.clone());
    let officer_a = province.official(&a, 31);
    let officer_b = province.official(&b, 32);
    Cast {
        province,
        genesis,
        people: [a, officer_a, b, officer_b, c],
    }
});

impl Cast {
    pub fn founding(&self) -> &Genesis {
        self.genesis.as_genesis().unwrap()
    }
}

/// Entry number n of a feed, from 0.
pub fn position(feed: usize, n: usize) -> Position {
    let number = u8::try_from(feed).unwrap();
    Position {
        feed: FeedId([number; 32]),
        node: CAST.founding().nodes[feed],
        seq: Seq(n as u64 + 1),
        hash: EntryHash([u8::try_from(n).unwrap(); 32]),
        time: Time(10 * (n as u64 + 1)),
    }
}

pub fn unit(person: usize) -> RecordId {
    CAST.people[person].unit()
}

pub fn party(person: usize) -> HandoverParty {
    HandoverParty {
        unit: unit(person),
        name: CAST.people[person].person.clone(),
    }
}

pub fn witness(person: usize) -> WitnessParty {
    let HandoverParty { unit, name } = party(person);
    WitnessParty {
        unit,
        name,
        capacity: WitnessCapacity::Witness,
    }
}

/// Somebody of a unit; seldom somebody else.
pub fn somebody_of(unit_of: RecordId, dice: &mut Dice<'_>) -> usize {
    let all: Vec<usize> = (0..PEOPLE).filter(|person| unit(*person) == unit_of).collect();
    if dice.chance(4) || all.is_empty() {
        dice.roll(PEOPLE)
    } else {
        all[dice.roll(all.len())]
    }
}
