//! What happens at an event of the schedule: somebody acts, links part, nodes die, disks fill up, clocks jump.

use std::collections::BTreeMap;

use soxa_ledger::Time;

use crate::acts::{self, hostile::Hostile};
use crate::agenda::Coming;
use crate::dice::{Dice, Purpose};
use crate::disk::Image;
use crate::liar::Liar;
use crate::limits::{CLOCK_OFF_MS_MAX, PARTITIONS_MAX};
use crate::report::Defect;
use crate::run::Simulation;
use crate::schedule::{Happening, Planned};

/// What is going wrong at the moment.
#[derive(Debug, Default)]
pub(crate) struct Chaos {
    /// Nodes whose disk is full.
    full: Vec<usize>,
    /// Earlier images of disks, by the events that will put them back.
    pub images: BTreeMap<u32, (usize, Image)>,
    /// The hostile node, away while it acts.
    pub hostile: Option<Hostile>,
}

/// The node that a sabotage is done to.
pub(crate) const VICTIM: usize = 1;
/// Writes until a fuse burns down, at most.
const FUSE_WRITES_MAX: u64 = 10;
/// Of a hundred nodes that come back, how many lose power again while they do.
const DIES_AGAIN_PERCENT: u32 = 15;
/// The latest that a slow node's messages come, in milliseconds: later than others wait.
const SLOW_MS_MAX: u64 = 40_000;

impl Simulation<'_> {
    /// One event of the schedule.
    pub fn happen(&mut self, event: Planned) -> Result<(), Defect> {
        self.step = event.number;
        self.played += 1;
        self.dice = Dice::new(self.seed, Purpose::Event(event.number));
        match event.what {
            Happening::Act => acts::act(self),
            Happening::Rivals => acts::rivals(self),
            Happening::Part => {
                self.part(event.number);
                Ok(())
            }
            Happening::Kill => match self.any_up() {
                Some(node) => self.crash(node, false),
                None => Ok(()),
            },
            Happening::CutPower => {
                if let Some(node) = self.any_up() {
                    self.nodes[node].disk.light_fuse(self.dice.below(FUSE_WRITES_MAX));
                }
                Ok(())
            }
            Happening::FillDisk => {
                self.fill_disk();
                Ok(())
            }
            Happening::Restore => self.restore(event.number),
            Happening::LoseDisk => self.lose_disk(event.number),
            Happening::Clone => self.clone_node(event.number),
            Happening::SetClock => {
                self.set_clock();
                Ok(())
            }
            Happening::Slow => {
                self.slow_down();
                Ok(())
            }
            Happening::Lie => {
                self.lie();
                Ok(())
            }
            Happening::Cut => acts::authority::cut(self),
            Happening::Compromise => acts::authority::compromise(self),
            Happening::Join => acts::authority::join(self),
            Happening::Hostile => acts::hostile::act(self),
            Happening::Equivocate => acts::hostile::equivocate(self),
            Happening::StealKey => acts::officials::steal(self),
            Happening::TwoFaced => acts::officials::contradict(self),
        }
    }

    fn any_up(&mut self) -> Option<usize> {
        let up = self.up();
        self.dice.pick(&up).copied()
    }

    fn part(&mut self, number: u32) {
        if self.network.partitions() >= PARTITIONS_MAX {
            return;
        }
        let (shape, blocked) = self.network.part(number, &mut self.dice);
        self.tally.partitions += 1;
        self.tell("-", "parted", &[("shape", &shape), ("links", &blocked.len())]);
        self.parts(number, blocked);
    }

    /// A partition ends some time, and nodes notice that it began.
    pub fn parts(&mut self, number: u32, blocked: Vec<(usize, usize)>) {
        // From a moment to until the very end.
        let longest = self.schedule.tempo().parted_ms_max;
        let longest = [3_000, 60_000, longest / 10, longest][self.dice.index(4)];
        let heals = self.now.plus_ms(self.dice.between(100, longest));
        self.agenda.push(heals, Coming::Heal { partition: number });
        for (node, peer) in blocked {
            // Some connections are seen to break, others are just silent.
            if self.dice.chance(50) {
                let at = self.now.plus_ms(self.dice.between(0, 5_000));
                self.notice(at, node, peer, false);
            }
        }
    }

    pub fn heal(&mut self, partition: u32) {
        let opened = self.network.heal(partition);
        if !opened.is_empty() {
            self.tell("-", "healed", &[("links", &opened.len())]);
        }
        let mut dice = Dice::new(self.seed, Purpose::Healing(partition));
        for (node, peer) in opened {
            for (node, peer) in [(node, peer), (peer, node)] {
                let at = self.now.plus_ms(dice.between(10, 2_000));
                self.notice(at, node, peer, true);
            }
        }
    }

    /// A node will notice that a connection came up or went down.
    fn notice(&mut self, at: Time, node: usize, peer: usize, up: bool) {
        self.agenda.push(at, Coming::Link { node, peer, up });
    }

    /// Chance of how a node's present life ends and the next begins.
    fn life_dice(&self, node: usize) -> Dice {
        let life = self.nodes[node].life;
        Dice::new(self.seed, Purpose::Life { node, life })
    }

    /// A node dies: its process alone, or the machine with it.
    pub fn crash(&mut self, node: usize, power: bool) -> Result<(), Defect> {
        self.tally.crashes += 1;
        self.tell_node(node, if power { "lost_power" } else { "was_killed" }, &[]);
        let mut dice = self.life_dice(node);
        let at = &mut self.nodes[node];
        at.stop();
        if power {
            at.disk.power_returns(&mut |n| dice.below(n));
        } else {
            at.disk.process_ends();
        }
        if dice.chance(25) {
            at.index.lose();
        } else {
            at.index.crash(&mut |n| dice.below(n));
        }
        for peer in self.network.neighbours(node) {
            let seen = self.now.plus_ms(dice.between(1, 4_000));
            self.notice(seen, peer, node, false);
        }
        let back = self.now.plus_ms(dice.between(200, 60_000));
        self.agenda.push(back, Coming::Restart { node });
        Ok(())
    }

    pub fn restart(&mut self, node: usize) -> Result<(), Defect> {
        if self.nodes[node].running.is_some() || self.nodes[node].gone {
            return Ok(());
        }
        // Starting writes too, and may be cut short like anything else.
        let mut dice = self.life_dice(node);
        if !self.calm && self.nodes[node].life > 0 && dice.chance(DIES_AGAIN_PERCENT) {
            self.nodes[node].disk.light_fuse(dice.below(FUSE_WRITES_MAX));
        }
        let (now, network, tempo) = (self.now, self.province.network, self.schedule.tempo());
        let started = self.nodes[node].start(now, network, &tempo);
        if self.nodes[node].disk.is_out() {
            // So that the next attempt throws differently.
            self.nodes[node].life += 1;
            return self.crash(node, true);
        }
        match started {
            Ok(()) => {}
            // With a full disk a node may refuse to start; it is tried again when there is room.
            Err(Defect::Local { .. }) if self.chaos.full.contains(&node) => {
                self.tell_node(node, "cannot_start", &[]);
                self.agenda.push(now.plus_ms(10_000), Coming::Restart { node });
                return Ok(());
            }
            Err(defect) => return Err(defect),
        }
        self.tell_node(node, "is_back", &[]);
        self.tell_life(node);
        self.see_feeds(node, None)?;
        self.watch.check_kept(node, &self.nodes[node])?;
        self.nodes[node].promise();
        for peer in self.network.neighbours(node) {
            let seen = self.now.plus_ms(dice.between(10, 1_000));
            self.notice(seen, peer, node, true);
            self.link(node, peer, true)?;
        }
        Ok(())
    }

    fn fill_disk(&mut self) {
        let Some(node) = self.any_up().filter(|node| !self.chaos.full.contains(node)) else {
            return;
        };
        self.nodes[node].disk.fill(self.dice.below(6_000));
        self.chaos.full.push(node);
        self.tell_node(node, "disk_fills_up", &[]);
        let at = self.now.plus_ms(self.dice.between(5_000, 120_000));
        self.agenda.push(at, Coming::Room { node });
    }

    pub fn room(&mut self, node: usize) {
        self.nodes[node].disk.empty();
        self.chaos.full.retain(|full| *full != node);
    }

    fn set_clock(&mut self) {
        let Some(node) = self.any_up() else { return };
        let off = self.dice.below(2 * CLOCK_OFF_MS_MAX) as i64 - CLOCK_OFF_MS_MAX as i64;
        self.nodes[node].clock_off_ms = off;
        self.tell_node(node, "clock_jumps", &[("seconds", &(off / 1_000))]);
    }

    fn slow_down(&mut self) {
        let Some(node) = self.any_up() else { return };
        let late_ms = self.dice.between(1_000, SLOW_MS_MAX);
        self.network.slow_down(node, late_ms);
        self.tell_node(node, "becomes_slow", &[("seconds", &(late_ms / 1_000))]);
        let longest = self.schedule.tempo().parted_ms_max / 10;
        let at = self.now.plus_ms(self.dice.between(10_000, longest));
        self.agenda.push(at, Coming::Quicken { node });
    }

    fn lie(&mut self) {
        let liars: Vec<usize> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].liar.is_some())
            .collect();
        let Some(node) = self.dice.pick(&liars).copied() else {
            return;
        };
        let liar = Liar::new(self.dice.clone());
        self.tally.byzantine += 1;
        self.tell_node(node, "lies", &[("manner", &liar.manner.word())]);
        self.nodes[node].liar = Some(liar);
    }

    /// Nothing more goes wrong: links work, disks have room and power, all nodes run, none twice. Liars lie on.
    pub fn heal_everything(&mut self) -> Result<(), Defect> {
        self.switch_off_copies()?;
        self.tell("-", "calm", &[]);
        self.calm = true;
        self.network.calm();
        for node in 0..self.nodes.len() {
            self.room(node);
            if self.nodes[node].running.is_some() {
                self.nodes[node].disk.process_ends();
            }
            self.restart(node)?;
        }
        for node in 0..self.nodes.len() {
            for peer in self.network.neighbours(node) {
                self.link(node, peer, true)?;
            }
        }
        Ok(())
    }
}
