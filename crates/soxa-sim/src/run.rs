//! The loop: what comes next, and the end of a run.

use std::collections::BTreeMap;

use soxa_engine::limits::{CARRY_AFTER_MS, CARRY_AGAIN_MS, CARRY_STEP_MS};
use soxa_ledger::{Feed, FeedId, NodeKey, Time};

use crate::agenda::{Agenda, Coming};
use crate::check::Watch;
use crate::dice::Dice;
use crate::limits::{FILES_SETTLE_MS, MESSAGES_PER_LOOK, SETTLE_LOOK_MS, SETTLE_ROUNDS_MAX};
use crate::network::Network;
use crate::node::SimNode;
use crate::plan::Plan;
use crate::province::Province;
use crate::report::{Defect, Failure, Report};
use crate::schedule::Schedule;
use crate::story::Story;
use crate::{acts, chaos, compare, founding};

/// A province at one moment of a run.
pub(crate) struct Simulation<'p> {
    pub plan: &'p Plan,
    pub schedule: &'p Schedule,
    pub seed: u64,
    /// Chance of what happens now: each event brings its own.
    pub dice: Dice,
    pub now: Time,
    /// The number of the newest event.
    pub step: u32,
    /// Events so far.
    pub played: u32,
    /// Everything was healed; nothing more goes wrong.
    pub calm: bool,
    pub agenda: Agenda,
    pub network: Network,
    pub province: Province,
    pub nodes: Vec<SimNode>,
    pub by_key: BTreeMap<NodeKey, usize>,
    pub chaos: chaos::Chaos,
    pub watch: Watch,
    pub story: Story,
    pub tally: Report,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Events that were played.
    pub played: u32,
    /// Simulated time.
    pub now: Time,
    /// Messages that arrived.
    pub messages: u64,
}

/// Plays a plan from a seed.
///
/// # Errors
/// What did not hold, with the seed and the step.
pub fn run(seed: u64, plan: &Plan) -> Result<Report, Failure> {
    play(&Schedule::draw(seed, plan), plan)
}

/// Plays a schedule, whole or with events left out, of the plan it was drawn for.
///
/// # Errors
/// What did not hold, with the seed and the step.
pub fn play(schedule: &Schedule, plan: &Plan) -> Result<Report, Failure> {
    play_watched(schedule, plan, &mut |_| {})
}

/// The same, and says again and again how far it is.
///
/// # Errors
/// What did not hold, with the seed and the step.
pub fn play_watched(
    schedule: &Schedule,
    plan: &Plan,
    watch: &mut dyn FnMut(Moment),
) -> Result<Report, Failure> {
    let failure = |step, defect, story: Story| Failure {
        seed: schedule.seed(),
        step,
        defect: Box::new(defect),
        story: story.into_lines(),
    };
    plan.switch_rules();
    let mut simulation = match founding::begin(schedule, plan) {
        Ok(simulation) => simulation,
        Err(defect) => return Err(failure(0, defect, Story::default())),
    };
    match simulation.play(watch) {
        Ok(()) => {
            let Simulation {
                mut tally,
                story,
                played,
                nodes,
                ..
            } = simulation;
            tally.seed = schedule.seed();
            tally.steps = played;
            tally.nodes = nodes.len();
            tally.story_hash = story.hash();
            tally.story = story.into_lines();
            Ok(tally)
        }
        Err(defect) => Err(failure(simulation.step, defect, simulation.story)),
    }
}

impl Simulation<'_> {
    fn play(&mut self, watch: &mut dyn FnMut(Moment)) -> Result<(), Defect> {
        watch(self.moment());
        founding::found(self)?;
        for event in self.schedule.planned() {
            self.agenda.push(event.at(), Coming::Planned(*event));
        }
        self.agenda.push(self.schedule.ends_at(), Coming::Calm);
        self.plan_images();
        let settle_ms = FILES_SETTLE_MS.max(SETTLE_ROUNDS_MAX * self.schedule.tempo().interval_ms);
        let (mut healed_at, mut agreed_at) = (None, None);
        let mut told = 0;
        while let Some((at, coming)) = self.agenda.pop() {
            self.now = self.now.max(at);
            if matches!(coming, Coming::Planned(_)) || self.tally.messages >= told + MESSAGES_PER_LOOK {
                told = self.tally.messages;
                watch(self.moment());
            }
            match coming {
                Coming::Letter(letter) => self.deliver(letter)?,
                Coming::Wake { node } => self.wake(node, at)?,
                Coming::Link { node, peer, up } => self.link(node, peer, up)?,
                Coming::Forgive { node, peer } => self.forgive(node, peer)?,
                Coming::Restart { node } => self.restart(node)?,
                Coming::Image { number, node } => self.keep_image(number, node),
                Coming::SwitchOff { node, other } => self.switch_off_one(node, other)?,
                Coming::Exposed(theft) => {
                    acts::officials::expose(self, &theft)?;
                    self.check()?;
                }
                Coming::Unanswered { node, life, peer, id } => self.gives_up(node, life, peer, id)?,
                Coming::Heal { partition } => self.heal(partition),
                Coming::Room { node } => self.room(node),
                Coming::Quicken { node } => self.network.slow_down(node, 0),
                Coming::Planned(event) => {
                    self.happen(event)?;
                    self.check()?;
                }
                Coming::Calm => {
                    self.heal_everything()?;
                    healed_at = Some(self.now);
                    self.agenda.push(self.now.plus_ms(SETTLE_LOOK_MS), Coming::Look);
                }
                Coming::Look => {
                    // Before its entries are back it would take all the others for fallen.
                    let founding = self.node_by_key(&self.nodes[0].key()).unwrap_or(0);
                    if !self.only_reads(founding) {
                        acts::authority::readmit(self, founding)?;
                    }
                    let difference = compare::holdings(&self.nodes)
                        .or_else(|| self.who_waits())
                        .or_else(|| compare::files::missing(self));
                    match difference {
                        None => agreed_at = Some(agreed_at.unwrap_or(self.now)),
                        Some(difference) => {
                            agreed_at = None;
                            if healed_at.is_some_and(|healed| self.now > healed.plus_ms(settle_ms)) {
                                return Err(difference);
                            }
                        }
                    }
                    if agreed_at.is_some_and(|agreed| self.now >= agreed.plus_ms(self.patience_ms())) {
                        break;
                    }
                    self.agenda.push(self.now.plus_ms(SETTLE_LOOK_MS), Coming::Look);
                }
            }
        }
        self.tell("-", "agreed", &[("nodes", &self.nodes.len())]);
        compare::everything(self)
    }

    fn moment(&self) -> Moment {
        Moment {
            played: self.played,
            now: self.now,
            messages: self.tally.messages,
        }
    }

    /// A node that still only reads.
    fn who_waits(&mut self) -> Option<Defect> {
        let waiting = (0..self.nodes.len()).find(|node| self.only_reads(*node))?;
        Some(Defect::local(
            &self.name(waiting),
            "it still waits for its own entries",
        ))
    }

    /// How long nodes have to agree: where something may still be carried over, until each had its turn.
    fn patience_ms(&self) -> u64 {
        if (0..self.nodes.len()).all(|node| self.carry_at(node).is_none()) {
            return 0;
        }
        CARRY_AFTER_MS + CARRY_STEP_MS * self.nodes.len() as u64 + CARRY_AGAIN_MS
    }

    /// Looks at how far a node holds some feeds, or all: none went back or goes on differently.
    pub fn see_feeds(&mut self, node: usize, feeds: Option<&[FeedId]>) -> Result<(), Defect> {
        let (nodes, by_key) = (&self.nodes, &self.by_key);
        let certain = |feed: &Feed| {
            let at = by_key.get(&feed.node).map(|at| &nodes[*at]);
            at.is_some_and(|node| node.liar.is_none() && !node.doubts(feed))
        };
        self.watch.see_feeds(node, &nodes[node], feeds, certain)
    }

    /// After each event: every node holds what it promised, and what it answered for of late. How far it holds each feed was
    /// looked at whenever that changed.
    fn check(&self) -> Result<(), Defect> {
        self.nodes.iter().try_for_each(SimNode::check_promises)?;
        self.watch.check_recent(&self.nodes)
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
        self.by_key.get(key).copied()
    }

    /// The node with a key that another one means: of two machines with one key the one that it is connected with.
    pub fn node_by_key_at(&self, node: usize, key: &NodeKey) -> Option<usize> {
        let running = self.nodes[node].running.as_ref();
        let mut ups = running.into_iter().flat_map(|running| &running.ups);
        let up = ups.find(|up| self.nodes[**up].key() == *key).copied();
        up.or_else(|| self.node_by_key(key))
    }

    /// Whether a feed is that of a node which does as it should, and nothing happened that the node could not know of.
    pub fn is_certain(&self, feed: &Feed) -> bool {
        let at = self.node_by_key(&feed.node).map(|at| &self.nodes[at]);
        at.is_some_and(|node| node.liar.is_none() && !node.doubts(feed))
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
