//! What goes wrong: links part, nodes die and come back, disks fill up. Drawn from the seed, step by step.

use crate::acts::{self, hostile::Hostile};
use crate::disk::Image;
use crate::limits::PARTITIONS_MAX;
use crate::plan::Sabotage;
use crate::report::Defect;
use crate::run::Simulation;
use crate::schedule::Coming;

/// What is going wrong at the moment.
#[derive(Debug, Default)]
pub(crate) struct Chaos {
    /// Nodes whose disk is full.
    full: Vec<usize>,
    /// Sabotage: an earlier image of a node's disk.
    image: Option<(usize, Image)>,
    /// The hostile node, away while it acts.
    pub hostile: Option<Hostile>,
}

/// The node that a sabotage is done to.
pub(crate) const VICTIM: usize = 1;
/// Milliseconds of a pause, at most: half an hour, some sixty rounds of comparison.
const PAUSE_MS_MAX: u64 = 30 * 60 * 1_000;

/// One step: perhaps a fault, and an act. Returns the milliseconds until the next one.
pub(crate) fn step(sim: &mut Simulation<'_>) -> Result<u64, Defect> {
    if sim.plan.sabotage == Some(Sabotage::RestoreOldDisk) && sim.step == sim.plan.steps / 4 {
        sim.chaos.image = Some((VICTIM, sim.nodes[VICTIM].disk.image()));
    }
    let mut pause = sim.faults.between(20, 5_000);
    let rates = &sim.plan.faults;
    let rates = [
        rates.partition,
        rates.kill,
        rates.power_cut,
        rates.disk_full,
        rates.cut,
        rates.compromise,
        rates.join,
        rates.hostile,
        rates.pause,
    ];
    let mut thrown = sim.faults.below(1_000);
    let mut fault = rates.len();
    for (at, rate) in rates.into_iter().enumerate() {
        if thrown < rate {
            fault = at;
            break;
        }
        thrown -= rate;
    }
    match fault {
        0 => sim.part(),
        1 => {
            if let Some(node) = sim.any_up() {
                sim.crash(node, false)?;
            }
        }
        2 => {
            if let Some(node) = sim.any_up() {
                let writes = sim.faults.below(10);
                sim.nodes[node].disk.light_fuse(writes);
            }
        }
        3 => sim.fill_disk(),
        4 => acts::authority::cut(sim)?,
        5 => acts::authority::compromise(sim)?,
        6 => acts::authority::join(sim)?,
        7 => acts::hostile::act(sim)?,
        8 => pause = sim.faults.between(60_000, PAUSE_MS_MAX),
        _ => {}
    }
    acts::act(sim)?;
    Ok(pause)
}

impl Simulation<'_> {
    fn any_up(&mut self) -> Option<usize> {
        let up = self.up();
        self.faults.pick(&up).copied()
    }

    fn part(&mut self) {
        if self.network.partitions() >= PARTITIONS_MAX {
            return;
        }
        let (partition, shape, blocked) = self.network.part();
        self.tally.partitions += 1;
        self.tell("-", "parted", &[("shape", &shape), ("links", &blocked.len())]);
        for (node, peer) in blocked {
            // Some connections are seen to break, others are just silent.
            if self.faults.chance(50) {
                let at = self.now.plus_ms(self.faults.between(0, 5_000));
                self.schedule.push(
                    at,
                    Coming::Link {
                        node,
                        peer,
                        up: false,
                    },
                );
            }
        }
        // From a moment to until the very end.
        let longest = [3_000, 60_000, 1_000_000, u64::from(u32::MAX)][self.faults.index(4)];
        let at = self.now.plus_ms(self.faults.between(100, longest));
        self.schedule.push(at, Coming::Heal { partition });
    }

    pub fn heal(&mut self, partition: u64) {
        let opened = self.network.heal(partition);
        if !opened.is_empty() {
            self.tell("-", "healed", &[("links", &opened.len())]);
        }
        for (node, peer) in opened {
            for (node, peer) in [(node, peer), (peer, node)] {
                let at = self.now.plus_ms(self.faults.between(10, 2_000));
                self.schedule.push(at, Coming::Link { node, peer, up: true });
            }
        }
    }

    /// A node dies: its process alone, or the machine with it.
    pub fn crash(&mut self, node: usize, power: bool) -> Result<(), Defect> {
        self.tally.crashes += 1;
        self.tell_node(node, if power { "lost_power" } else { "was_killed" }, &[]);
        let faults = &mut self.faults;
        let at = &mut self.nodes[node];
        at.stop();
        if power {
            at.disk.power_returns(&mut |n| faults.below(n));
        } else {
            at.disk.process_ends();
        }
        if faults.chance(25) {
            at.index.lose();
        } else {
            at.index.crash(&mut |n| faults.below(n));
        }
        if let Some((victim, image)) = self.chaos.image.take_if(|(victim, _)| *victim == node) {
            self.nodes[victim].disk.restore(image);
            self.nodes[victim].index.lose();
        }
        let neighbours = self.network.neighbours(node);
        for peer in neighbours {
            let seen = self.now.plus_ms(self.faults.between(1, 4_000));
            self.schedule.push(
                seen,
                Coming::Link {
                    node: peer,
                    peer: node,
                    up: false,
                },
            );
        }
        let back = self.now.plus_ms(self.faults.between(200, 60_000));
        self.schedule.push(back, Coming::Restart { node });
        Ok(())
    }

    pub fn restart(&mut self, node: usize) -> Result<(), Defect> {
        if self.nodes[node].running.is_some() {
            return Ok(());
        }
        let (now, network, seed) = (self.now, self.province.network, self.seed);
        match self.nodes[node].start(now, network, seed) {
            Ok(()) => {}
            // With a full disk a node may refuse to start; it is tried again when there is room.
            Err(Defect::Local { .. }) if self.chaos.full.contains(&node) => {
                self.tell_node(node, "cannot_start", &[]);
                self.schedule.push(now.plus_ms(10_000), Coming::Restart { node });
                return Ok(());
            }
            Err(defect) => return Err(defect),
        }
        self.tell_node(node, "is_back", &[]);
        self.watch.see_feeds(&self.nodes[node])?;
        self.watch.check_kept(node, &self.nodes[node])?;
        self.nodes[node].promise();
        let neighbours = self.network.neighbours(node);
        for peer in neighbours {
            let seen = self.now.plus_ms(self.faults.between(10, 1_000));
            self.schedule.push(
                seen,
                Coming::Link {
                    node: peer,
                    peer: node,
                    up: true,
                },
            );
            self.link(node, peer, true)?;
        }
        Ok(())
    }

    fn fill_disk(&mut self) {
        let Some(node) = self.any_up().filter(|node| !self.chaos.full.contains(node)) else {
            return;
        };
        self.nodes[node].disk.fill(self.faults.below(6_000));
        self.chaos.full.push(node);
        self.tell_node(node, "disk_fills_up", &[]);
        let at = self.now.plus_ms(self.faults.between(5_000, 120_000));
        self.schedule.push(at, Coming::Room { node });
    }

    pub fn room(&mut self, node: usize) {
        self.nodes[node].disk.empty();
        self.chaos.full.retain(|full| *full != node);
    }

    /// Nothing more goes wrong: links work, disks have room and power, all nodes run.
    pub fn heal_everything(&mut self) -> Result<(), Defect> {
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
