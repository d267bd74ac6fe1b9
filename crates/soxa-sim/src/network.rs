//! [`Network`]: links that delay, lose, double and reorder messages, and part in any shape.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::Time;
use soxa_sync::RequestId;

use crate::agenda::{Agenda, Coming};
use crate::dice::{Dice, Purpose};
use crate::limits::{PEERS_PICKED, PROVINCE_PEERS_MAX};
use crate::plan::{Fault, Faults};

/// A message on its way, as the bytes that libp2p would carry.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub from: usize,
    pub to: usize,
    /// The lives of sender and receiver when it was sent: connections do not outlive a process.
    pub lives: (u64, u64),
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Request { id: RequestId, bytes: Vec<u8> },
    Response { id: RequestId, bytes: Vec<u8> },
    Hint { bytes: Vec<u8> },
    FileQuestion { id: u64, bytes: Vec<u8> },
    FileReply { id: u64, bytes: Vec<u8> },
}

/// Which links a partition blocks.
#[derive(Debug, Clone)]
enum Shape {
    /// All links of one node.
    Alone(usize),
    /// One direction of one link.
    OneWay(usize, usize),
    /// Those between nodes that are not in the same group.
    Groups(Vec<u8>),
    /// Each direction of each link or not, as a hash with this number says.
    Any(u64),
}

impl Shape {
    fn draw(dice: &mut Dice, nodes: usize) -> Self {
        match dice.below(4) {
            0 => Self::Alone(dice.index(nodes)),
            1 => Self::OneWay(dice.index(nodes), dice.index(nodes)),
            2 => {
                let groups = dice.between(2, 4);
                Self::Groups((0..nodes).map(|_| dice.below(groups) as u8).collect())
            }
            _ => Self::Any(dice.below(u64::MAX)),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Alone(_) => "alone",
            Self::OneWay(..) => "one_way",
            Self::Groups(_) => "groups",
            Self::Any(_) => "any",
        }
    }

    fn blocks(&self, from: usize, to: usize) -> bool {
        match self {
            Self::Alone(node) => from == *node || to == *node,
            Self::OneWay(a, b) => (from, to) == (*a, *b),
            // Who joined later belongs to the first group.
            Self::Groups(groups) => {
                groups.get(from).copied().unwrap_or(0) != groups.get(to).copied().unwrap_or(0)
            }
            Self::Any(number) => {
                let number = *number;
                Dice::new(number, Purpose::Message { from, to, number }).chance(50)
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Network {
    seed: u64,
    /// Who can know whom: the province knows all or many, communes some.
    neighbours: Vec<BTreeSet<usize>>,
    /// Machines that are gone, with those that go on under their keys.
    moved: BTreeMap<usize, usize>,
    partitions: BTreeMap<u32, Shape>,
    /// Messages sent on each link: the next one's fate is thrown by its number.
    sent: BTreeMap<(usize, usize), u64>,
    /// When the newest message on a link arrives, where later ones do not overtake it.
    arrives: BTreeMap<(usize, usize), Time>,
    /// How much later messages of and to slow nodes come, in milliseconds at most.
    slow: BTreeMap<usize, u64>,
    loss_percent: u32,
    double_percent: u32,
    delay_ms_max: u64,
    in_order: bool,
}

/// The shortest delay of a message, in milliseconds.
const DELAY_MS_MIN: u64 = 5;
/// The longest delay where messages do not take their time.
const DELAY_MS_PROMPT: u64 = 50;
/// The longest delay of all, in milliseconds; each run draws its own below it.
const DELAY_MS_MAX: u64 = 4_000;
/// The worst loss of messages; each run draws its own below it.
const LOSS_PERCENT_MAX: u64 = 35;
/// The worst doubling of messages.
const DOUBLE_PERCENT_MAX: u64 = 20;

impl Network {
    pub fn new(seed: u64, faults: &Faults) -> Self {
        let mut dice = Dice::new(seed, Purpose::Links);
        let mut below = |fault, most: u64| {
            if faults.has(fault) {
                dice.below(most + 1)
            } else {
                0
            }
        };
        Self {
            seed,
            neighbours: Vec::new(),
            moved: BTreeMap::new(),
            partitions: BTreeMap::new(),
            sent: BTreeMap::new(),
            arrives: BTreeMap::new(),
            slow: BTreeMap::new(),
            loss_percent: below(Fault::Loss, LOSS_PERCENT_MAX) as u32,
            double_percent: below(Fault::Duplication, DOUBLE_PERCENT_MAX) as u32,
            delay_ms_max: DELAY_MS_PROMPT + below(Fault::Delay, DELAY_MS_MAX),
            in_order: !faults.has(Fault::Reordering),
        }
    }

    /// One more node: it knows the one that invited it, the province's, and some others that it picks.
    pub fn add_node(&mut self, inviting: Option<usize>, dice: &mut Dice) {
        let new = self.neighbours.len();
        self.neighbours.push(BTreeSet::new());
        let mut picked: BTreeSet<usize> = inviting.into_iter().collect();
        if new > 0 && self.neighbours(0).len() < PROVINCE_PEERS_MAX {
            picked.insert(0);
        }
        for _ in 0..PEERS_PICKED.min(new.saturating_sub(1)) {
            picked.insert(1 + dice.index(new - 1));
        }
        for other in picked {
            self.link(new, self.moved.get(&other).copied().unwrap_or(other));
        }
    }

    /// Of two machines with one key one is gone: who knew it learns where the other is.
    pub fn go_on(&mut self, gone: usize, with: usize) {
        self.moved.insert(gone, with);
        for other in self.neighbours(gone).into_iter().filter(|other| *other != with) {
            self.link(other, with);
        }
    }

    fn link(&mut self, one: usize, other: usize) {
        self.neighbours[one].insert(other);
        self.neighbours[other].insert(one);
    }

    /// A second machine with the settings of a node: it knows whom that one knows.
    pub fn add_copy(&mut self, of: usize) {
        let new = self.neighbours.len();
        let known = self.neighbours.get(of).cloned().unwrap_or_default();
        for other in &known {
            self.neighbours[*other].insert(new);
        }
        self.neighbours.push(known);
    }

    pub fn neighbours(&self, node: usize) -> Vec<usize> {
        self.neighbours.get(node).into_iter().flatten().copied().collect()
    }

    pub fn is_open(&self, from: usize, to: usize) -> bool {
        !self.partitions.values().any(|shape| shape.blocks(from, to))
    }

    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// Sends a message. Whether it comes, how often and when is decided here; what is blocked when it arrives is
    /// lost then.
    pub fn send(&mut self, now: Time, letter: Letter, agenda: &mut Agenda) {
        let (from, to) = (letter.from, letter.to);
        let sent = self.sent.entry((from, to)).or_default();
        *sent += 1;
        let message = Purpose::Message {
            from,
            to,
            number: *sent,
        };
        let mut dice = Dice::new(self.seed, message);
        if dice.chance(self.loss_percent) {
            return;
        }
        if dice.chance(self.double_percent) {
            let at = self.arrival(now, from, to, &mut dice);
            agenda.push(at, Coming::Letter(letter.clone()));
        }
        let at = self.arrival(now, from, to, &mut dice);
        agenda.push(at, Coming::Letter(letter));
    }

    fn arrival(&mut self, now: Time, from: usize, to: usize, dice: &mut Dice) -> Time {
        let mut at = now.plus_ms(dice.between(DELAY_MS_MIN, self.delay_ms_max));
        for node in [from, to] {
            if let Some(slow) = self.slow.get(&node) {
                at = at.plus_ms(dice.below(*slow));
            }
        }
        if self.in_order {
            let newest = self.arrives.entry((from, to)).or_insert(at);
            at = at.max(*newest);
            *newest = at;
        }
        at
    }

    /// Parts the nodes in a shape drawn at random. Returns the word for it and the links between neighbours that it
    /// blocks.
    pub fn part(&mut self, number: u32, dice: &mut Dice) -> (&'static str, Vec<(usize, usize)>) {
        let shape = Shape::draw(dice, self.neighbours.len());
        let blocked = self.links().filter(|(a, b)| shape.blocks(*a, *b)).collect();
        let word = shape.word();
        self.partitions.insert(number, shape);
        (word, blocked)
    }

    /// Cuts one node off from all others. Returns the links between neighbours that this blocks.
    pub fn part_off(&mut self, number: u32, node: usize) -> Vec<(usize, usize)> {
        let shape = Shape::Alone(node);
        let blocked = self.links().filter(|(a, b)| shape.blocks(*a, *b)).collect();
        self.partitions.insert(number, shape);
        blocked
    }

    /// Ends a partition. Returns the links between neighbours that are open again.
    pub fn heal(&mut self, number: u32) -> Vec<(usize, usize)> {
        let Some(shape) = self.partitions.remove(&number) else {
            return Vec::new();
        };
        self.links()
            .filter(|(from, to)| shape.blocks(*from, *to) && self.is_open(*from, *to))
            .collect()
    }

    fn links(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = self.neighbours.iter().enumerate();
        all.flat_map(|(node, peers)| peers.iter().map(move |peer| (node, *peer)))
    }

    /// Messages of and to a node come so much later; 0 for as soon as others.
    pub fn slow_down(&mut self, node: usize, late_ms_max: u64) {
        if late_ms_max == 0 {
            self.slow.remove(&node);
        } else {
            self.slow.insert(node, late_ms_max);
        }
    }

    /// All partitions end and messages come once and soon.
    pub fn calm(&mut self) {
        self.partitions.clear();
        self.slow.clear();
        self.loss_percent = 0;
        self.double_percent = 0;
        self.delay_ms_max = self.delay_ms_max.min(200);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(nodes: usize) -> Network {
        let mut network = Network::new(1, &Faults::all());
        let mut dice = Dice::new(1, Purpose::Keys);
        for _ in 0..nodes {
            network.add_node(None, &mut dice);
        }
        network
    }

    #[test]
    fn every_node_is_reached_from_every_other_and_none_knows_too_many() {
        let network = network(600);
        let mut reached = BTreeSet::from([0]);
        let mut waiting = vec![0];
        while let Some(at) = waiting.pop() {
            waiting.extend(
                network
                    .neighbours(at)
                    .into_iter()
                    .filter(|next| reached.insert(*next)),
            );
        }
        assert_eq!(reached.len(), 600);
        assert!((0..600).all(|node| network.neighbours(node).len() <= PROVINCE_PEERS_MAX));
    }

    #[test]
    fn what_a_partition_blocks_is_open_again_when_it_ends() {
        let mut network = network(12);
        let mut dice = Dice::new(2, Purpose::Keys);
        for number in 0..40 {
            let (_, blocked) = network.part(number, &mut dice);
            assert!(blocked.iter().all(|(a, b)| !network.is_open(*a, *b)));
            assert_eq!(network.heal(number), blocked);
            assert!(blocked.iter().all(|(a, b)| network.is_open(*a, *b)));
        }
    }
}
