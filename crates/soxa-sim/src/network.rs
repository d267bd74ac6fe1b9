//! [`Network`]: links that delay, lose, double and reorder messages, and part in any shape.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::Time;
use soxa_sync::RequestId;

use crate::dice::Dice;
use crate::plan::Faults;
use crate::schedule::{Coming, Schedule};

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
}

#[derive(Debug)]
pub(crate) struct Network {
    dice: Dice,
    /// Who can know whom: the province knows all, communes some.
    neighbours: Vec<BTreeSet<usize>>,
    /// Directed links that each partition blocks.
    partitions: BTreeMap<u64, BTreeSet<(usize, usize)>>,
    next_partition: u64,
    loss_percent: u32,
    double_percent: u32,
    delay_ms_max: u64,
}

/// The shortest delay of a message, in milliseconds.
const DELAY_MS_MIN: u64 = 5;
/// Of a hundred pairs of communes, how many know each other.
const PAIRS_PERCENT: u32 = 40;

impl Network {
    pub fn new(mut dice: Dice, faults: &Faults) -> Self {
        let loss_percent = dice.below(u64::from(faults.loss_percent_max) + 1) as u32;
        let double_percent = dice.below(u64::from(faults.double_percent_max) + 1) as u32;
        let delay_ms_max = DELAY_MS_MIN + dice.below(faults.delay_ms_max + 1);
        Self {
            dice,
            neighbours: Vec::new(),
            partitions: BTreeMap::new(),
            next_partition: 0,
            loss_percent,
            double_percent,
            delay_ms_max,
        }
    }

    /// One more node: it knows the province's, and some others.
    pub fn add_node(&mut self) {
        let new = self.neighbours.len();
        self.neighbours.push(BTreeSet::new());
        for other in 0..new {
            if other == 0 || self.dice.chance(PAIRS_PERCENT) {
                self.neighbours[new].insert(other);
                self.neighbours[other].insert(new);
            }
        }
    }

    pub fn neighbours(&self, node: usize) -> Vec<usize> {
        self.neighbours.get(node).into_iter().flatten().copied().collect()
    }

    pub fn is_open(&self, from: usize, to: usize) -> bool {
        !self
            .partitions
            .values()
            .any(|blocked| blocked.contains(&(from, to)))
    }

    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// Sends a message. Whether it comes, how often and when is decided here; what is blocked when it arrives is
    /// lost then.
    pub fn send(&mut self, now: Time, letter: Letter, schedule: &mut Schedule) {
        if self.dice.chance(self.loss_percent) {
            return;
        }
        if self.dice.chance(self.double_percent) {
            let at = self.arrival(now);
            schedule.push(at, Coming::Letter(letter.clone()));
        }
        let at = self.arrival(now);
        schedule.push(at, Coming::Letter(letter));
    }

    fn arrival(&mut self, now: Time) -> Time {
        now.plus_ms(self.dice.between(DELAY_MS_MIN, self.delay_ms_max))
    }

    /// Parts the nodes in a shape drawn at random. Returns the partition's number, the word for its shape, and the
    /// links that are blocked now.
    pub fn part(&mut self) -> (u64, &'static str, BTreeSet<(usize, usize)>) {
        let nodes = self.neighbours.len();
        let all = (0..nodes)
            .flat_map(|a| (0..nodes).map(move |b| (a, b)))
            .filter(|(a, b)| a != b);
        let (shape, blocked): (&str, BTreeSet<_>) = match self.dice.below(4) {
            0 => {
                let alone = self.dice.index(nodes);
                ("alone", all.filter(|(a, b)| *a == alone || *b == alone).collect())
            }
            1 => {
                let (a, b) = (self.dice.index(nodes), self.dice.index(nodes));
                ("one_way", all.filter(|link| *link == (a, b)).collect())
            }
            2 => {
                let groups = self.dice.between(2, 4);
                let side: Vec<u64> = (0..nodes).map(|_| self.dice.below(groups)).collect();
                ("groups", all.filter(|(a, b)| side[*a] != side[*b]).collect())
            }
            _ => {
                let blocked = all.filter(|_| self.dice.chance(50)).collect();
                ("any", blocked)
            }
        };
        let number = self.next_partition;
        self.next_partition += 1;
        self.partitions.insert(number, blocked.clone());
        (number, shape, blocked)
    }

    /// Ends a partition. Returns the links that are open again.
    pub fn heal(&mut self, partition: u64) -> Vec<(usize, usize)> {
        let blocked = self.partitions.remove(&partition).unwrap_or_default();
        blocked
            .into_iter()
            .filter(|(from, to)| self.is_open(*from, *to))
            .collect()
    }

    /// All partitions end and messages come once and soon.
    pub fn calm(&mut self) {
        self.partitions.clear();
        self.loss_percent = 0;
        self.double_percent = 0;
        self.delay_ms_max = self.delay_ms_max.min(200);
    }

    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}
