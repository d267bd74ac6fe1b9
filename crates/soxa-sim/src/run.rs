//! The loop: what comes next, and the end of a run.

use soxa_ledger::{NodeKey, Time};

use crate::check::Watch;
use crate::dice::Dice;
use crate::limits::{SETTLE_LOOK_MS, SETTLE_MS_MAX};
use crate::network::Network;
use crate::node::SimNode;
use crate::plan::Plan;
use crate::province::Province;
use crate::report::{Defect, Failure, Report};
use crate::schedule::{Coming, Schedule};
use crate::story::Story;
use crate::{acts, chaos, compare, founding};

/// The first moment: 1 July 2025, 00:00 UTC.
pub(crate) const BEGINNING: Time = Time(1_751_328_000_000);

/// A province at one moment of a run.
pub(crate) struct Simulation<'p> {
    pub plan: &'p Plan,
    pub seed: u64,
    /// Chance of what officials do.
    pub dice: Dice,
    /// Chance of what goes wrong.
    pub faults: Dice,
    pub now: Time,
    pub step: u32,
    /// Everything was healed; nothing more goes wrong.
    pub calm: bool,
    pub schedule: Schedule,
    pub network: Network,
    pub province: Province,
    pub nodes: Vec<SimNode>,
    pub chaos: chaos::Chaos,
    pub watch: Watch,
    pub story: Story,
    pub tally: Report,
}

/// Plays a plan from a seed.
///
/// # Errors
/// What did not hold, with the seed and the step.
pub fn run(seed: u64, plan: &Plan) -> Result<Report, Failure> {
    let failure = |step, defect, story: Story| Failure {
        seed,
        step,
        defect: Box::new(defect),
        story: story.into_lines(),
    };
    let mut simulation = match founding::begin(seed, plan) {
        Ok(simulation) => simulation,
        Err(defect) => return Err(failure(0, defect, Story::default())),
    };
    match simulation.play() {
        Ok(()) => {
            let Simulation {
                mut tally,
                story,
                step,
                nodes,
                ..
            } = simulation;
            tally.seed = seed;
            tally.steps = step;
            tally.nodes = nodes.len();
            tally.story_hash = story.hash();
            tally.story = story.into_lines();
            Ok(tally)
        }
        Err(defect) => Err(failure(simulation.step, defect, simulation.story)),
    }
}

impl Simulation<'_> {
    fn play(&mut self) -> Result<(), Defect> {
        founding::found(self)?;
        self.schedule.push(self.now.plus_ms(1_000), Coming::Step);
        let mut healed_at = None;
        while let Some((at, coming)) = self.schedule.pop() {
            self.now = self.now.max(at);
            match coming {
                Coming::Letter(letter) => self.deliver(letter)?,
                Coming::Wake { node } => self.wake(node, at)?,
                Coming::Link { node, peer, up } => self.link(node, peer, up)?,
                Coming::Restart { node } => self.restart(node)?,
                Coming::Heal { partition } => self.heal(partition),
                Coming::Room { node } => self.room(node),
                Coming::Step if self.step == self.plan.steps => {
                    self.heal_everything()?;
                    healed_at = Some(self.now);
                    self.schedule.push(self.now.plus_ms(SETTLE_LOOK_MS), Coming::Look);
                }
                Coming::Step => {
                    self.step += 1;
                    let pause = chaos::step(self)?;
                    self.schedule.push(self.now.plus_ms(pause), Coming::Step);
                }
                Coming::Look => {
                    acts::authority::readmit(self, 0)?;
                    let Some(difference) = compare::holdings(&self.nodes) else {
                        break;
                    };
                    if healed_at.is_some_and(|healed| self.now > healed.plus_ms(SETTLE_MS_MAX)) {
                        return Err(difference);
                    }
                    self.schedule.push(self.now.plus_ms(SETTLE_LOOK_MS), Coming::Look);
                }
            }
        }
        self.tell("-", "agreed", &[("nodes", &self.nodes.len())]);
        compare::everything(self)
    }

    /// Tells an event of the network or of nobody in particular.
    pub fn tell(&mut self, who: &str, what: &'static str, values: &[(&'static str, &dyn std::fmt::Display)]) {
        self.story.tell(self.now, who, what, values);
    }

    pub fn tell_node(
        &mut self,
        node: usize,
        what: &'static str,
        values: &[(&'static str, &dyn std::fmt::Display)],
    ) {
        let name = self
            .nodes
            .get(node)
            .map_or_else(String::new, |node| node.name.clone());
        self.story.tell(self.now, &name, what, values);
    }

    pub fn node_by_key(&self, key: &NodeKey) -> Option<usize> {
        self.nodes.iter().position(|node| node.key() == *key)
    }

    pub fn name(&self, node: usize) -> String {
        self.nodes
            .get(node)
            .map_or_else(String::new, |node| node.name.clone())
    }

    /// Nodes that run now.
    pub fn up(&self) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|at| self.nodes[*at].running.is_some())
            .collect()
    }
}
