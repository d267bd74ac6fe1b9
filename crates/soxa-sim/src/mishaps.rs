//! Disks that are put back, copied or lost. Whatever was nowhere but on a disk that is gone is the one thing that may be
//! missing afterwards: it is noted here, at that moment, act by act.

use std::collections::BTreeSet;

use crate::agenda::Coming;
use crate::check::{Act, check_held};
use crate::dice::{Dice, Purpose};
use crate::limits::CLONES_MAX;
use crate::node::SimNode;
use crate::report::Defect;
use crate::run::Simulation;
use crate::schedule::{FOUNDED, Happening};

/// Of a hundred nodes whose disk is put back, copied or lost, how many reach nobody for a while.
const ALONE_PERCENT: u32 = 40;
/// Of a hundred nodes whose store is older than their index, how many keep the index.
const KEEPS_INDEX_PERCENT: u32 = 30;

/// What of a machine is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    /// The store, into its place.
    Store,
    /// The store, and nothing lies beside it any more.
    StoreAlone,
    /// Everything, on another machine or in another folder.
    Elsewhere,
    /// An image of the whole machine: nothing at the node can tell.
    Whole,
}

impl Put {
    const ALL: [Self; 4] = [Self::Store, Self::StoreAlone, Self::Elsewhere, Self::Whole];

    /// The last part of its key in the catalogue of sentences.
    fn word(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::StoreAlone => "store_alone",
            Self::Elsewhere => "elsewhere",
            Self::Whole => "whole",
        }
    }
}

impl Simulation<'_> {
    /// Images are made at any moment between the founding and the event that will put them back.
    pub fn plan_images(&mut self) {
        for event in self.schedule.planned() {
            if event.what == Happening::Restore {
                let mut dice = Dice::new(self.seed, Purpose::Image(event.number));
                let node = dice.index(self.nodes.len());
                let at = FOUNDED.plus_ms(dice.below(event.after_ms));
                let number = event.number;
                self.agenda.push(at, Coming::Image { number, node });
            }
        }
    }

    pub fn keep_image(&mut self, number: u32, node: usize) {
        let image = self.nodes[node].disk.image();
        self.chaos.images.insert(number, (node, image));
    }

    /// The machine goes off, and whatever is done to its disk is done before it comes back.
    fn take_down(&mut self, number: u32, node: usize) -> Result<(), Defect> {
        if self.nodes[node].running.is_some() {
            self.crash(node, false)?;
        }
        if self.dice.chance(ALONE_PERCENT) {
            let blocked = self.network.part_off(number, node);
            self.parts(number, blocked);
            self.tell_node(node, "reaches_nobody", &[]);
        }
        Ok(())
    }

    /// A disk is put back to an earlier image.
    pub fn restore(&mut self, number: u32) -> Result<(), Defect> {
        let Some((node, image)) = self.chaos.images.remove(&number) else {
            return Ok(());
        };
        if !self.nodes[node].is_honest() {
            return Ok(());
        }
        self.take_down(number, node)?;
        let put = Put::ALL[self.dice.index(Put::ALL.len())];
        let keeps_index = self.dice.chance(KEEPS_INDEX_PERCENT);
        let at = &mut self.nodes[node];
        match put {
            Put::Store => at.put_back(&image, false, keeps_index),
            Put::StoreAlone => {
                at.put_back(&image, false, keeps_index);
                at.disk.forget_beside();
            }
            Put::Elsewhere => {
                at.put_back(&image, true, keeps_index);
                at.place = self.dice.bytes();
            }
            Put::Whole => at.put_back(&image, true, keeps_index),
        }
        self.tally.restores += 1;
        self.tell_node(node, "is_put_back", &[("put", &put.word())]);
        if put == Put::Whole {
            self.doubt(node);
        }
        self.see_losses(node);
        Ok(())
    }

    /// A disk is lost; the key is kept, and sometimes what lay beside the store.
    pub fn lose_disk(&mut self, number: u32) -> Result<(), Defect> {
        let node = self.dice.index(self.nodes.len());
        if !self.nodes[node].is_honest() {
            return Ok(());
        }
        if self.nodes[node].key() == self.nodes[0].key() {
            self.name_known_nodes(node);
        }
        self.take_down(number, node)?;
        let all = self.dice.chance(50);
        let keeps_index = self.dice.chance(KEEPS_INDEX_PERCENT);
        self.nodes[node].put_back(&Vec::new(), all, keeps_index);
        self.tally.lost_disks += 1;
        self.tell_node(node, "loses_its_disk", &[]);
        self.see_losses(node);
        Ok(())
    }

    /// The node of the founding will know of nobody but itself: its operator names nodes that can be trusted, and reached.
    fn name_known_nodes(&mut self, node: usize) {
        let neighbours = self.network.neighbours(node);
        let honest = neighbours.iter().map(|peer| &self.nodes[*peer]);
        let keys = honest.filter(|peer| peer.is_honest()).map(SimNode::key).collect();
        self.nodes[node].known_nodes = keys;
    }

    /// A store is copied to a second machine, with or without all that tells machines from each other. Both run.
    pub fn clone_node(&mut self, number: u32) -> Result<(), Defect> {
        let node = self.dice.index(self.nodes.len());
        let key = self.nodes[node].key();
        let copied = |sim: &Self| {
            sim.nodes
                .iter()
                .filter(|other| other.key() == key && !other.gone)
                .count()
                > 1
        };
        if !self.nodes[node].is_honest() || copied(self) || self.tally.clones >= CLONES_MAX {
            return Ok(());
        }
        let other = self.nodes.len();
        let name = format!("{} (2)", self.name(node));
        let mut copy = self.nodes[node].copy(name, &mut self.dice);
        let whole = self.dice.chance(50);
        if whole {
            copy.place = self.nodes[node].place;
        }
        self.nodes.push(copy);
        self.network.add_copy(node);
        if whole {
            self.doubt(other);
        }
        self.tally.clones += 1;
        let put = if whole { "whole" } else { "elsewhere" };
        let name = self.name(other);
        self.tell_node(node, "is_copied", &[("copy", &name), ("put", &put)]);
        if self.dice.chance(ALONE_PERCENT) {
            let blocked = self.network.part_off(number, other);
            self.parts(number, blocked);
        }
        let longest = self.schedule.tempo().parted_ms_max;
        let longest = [60_000, longest / 10, longest][self.dice.index(3)];
        let seen = self.now.plus_ms(self.dice.between(1_000, longest));
        self.agenda.push(seen, Coming::SwitchOff { node, other });
        self.restart(other)
    }

    /// Of two machines with one key, one goes on.
    pub fn switch_off_one(&mut self, node: usize, other: usize) -> Result<(), Defect> {
        if self.nodes[node].gone || self.nodes[other].gone {
            return Ok(());
        }
        let which = Dice::new(self.seed, Purpose::Image(other as u32)).below(2);
        let (off, on) = if which == 0 { (node, other) } else { (other, node) };
        if self.nodes[off].running.is_some() {
            self.crash(off, false)?;
        }
        self.nodes[off].gone = true;
        self.network.go_on(off, on);
        let key = self.nodes[on].key();
        self.by_key.insert(key, on);
        self.tell_node(off, "is_switched_off", &[]);
        self.see_losses(off);
        Ok(())
    }

    /// The same for all that run twice.
    pub fn switch_off_copies(&mut self) -> Result<(), Defect> {
        for other in 0..self.nodes.len() {
            let key = self.nodes[other].key();
            let twin = (0..other).find(|node| self.nodes[*node].key() == key && !self.nodes[*node].gone);
            if let Some(node) = twin {
                self.switch_off_one(node, other)?;
            }
        }
        Ok(())
    }

    /// Nothing at the machines with this key can tell that two histories of the life that is on this disk may be signed.
    fn doubt(&mut self, node: usize) {
        let (key, life) = (self.nodes[node].key(), self.nodes[node].life_on_disk());
        for at in self.nodes.iter_mut().filter(|at| at.key() == key) {
            at.doubtful.extend(life);
            at.promised.clear();
        }
    }

    /// A disk is gone or is as it was earlier: what is on no other disk, nor on this one now, may be missing from now on.
    fn see_losses(&mut self, node: usize) {
        self.watch.forget(node);
        let down = self
            .nodes
            .iter()
            .filter(|at| at.is_honest() && at.running.is_none());
        let on_disks: BTreeSet<Act> = down
            .flat_map(|at| at.disk.bodies())
            .map(|body| self.act_of(&body))
            .collect();
        let is_held = |act: &Act| {
            let mut up = self
                .nodes
                .iter()
                .filter(|at| at.is_honest() && at.running.is_some());
            on_disks.contains(act) || up.any(|at| check_held(act, at).is_ok())
        };
        let lost: Vec<Act> = self
            .watch
            .all_stored()
            .filter(|act| !is_held(act))
            .copied()
            .collect();
        self.watch.except_unanswered(is_held);
        for act in &lost {
            self.watch.except(act);
        }
        self.tally.excepted += lost.len() as u64;
        if !lost.is_empty() {
            self.tell_node(node, "had_alone", &[("acts", &lost.len())]);
        }
    }
}
