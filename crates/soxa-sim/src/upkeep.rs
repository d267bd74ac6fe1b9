//! What a daemon does besides replication: it carries over what stands past forks, and begins a new life when its store
//! turns out not to be the one it was.

use soxa_engine::EngineError;
use soxa_engine::life::Why;
use soxa_ledger::Time;
use soxa_store::StoreError;
use soxa_sync::Effect;

use crate::report::Defect;
use crate::run::Simulation;
use crate::sabotage::Sabotage;

impl Simulation<'_> {
    /// Whether a node runs and only reads: own entries of the life before may still come.
    pub fn only_reads(&mut self, node: usize) -> bool {
        let now = self.now;
        let Some(r) = self.nodes[node].running.as_mut() else {
            return false;
        };
        let puller = &r.puller;
        r.life
            .recover(&r.engine, !r.ups.is_empty(), |peer| puller.equal_at(peer), now);
        r.life.is_recovering()
    }

    /// A node begins a new life, and fetches what the one before left.
    pub fn begin_life(&mut self, node: usize, why: Why) -> Result<Vec<Effect>, Defect> {
        let now = self.now;
        let Some(r) = self.nodes[node].running.as_mut() else {
            return Ok(Vec::new());
        };
        let begun = r.life.begin(&mut r.engine, why, now);
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(Vec::new());
        }
        match (begun, self.nodes[node].running.as_mut()) {
            (Ok(()), Some(r)) => {
                let effects = r.puller.begin_life(now, r.life.incarnation(), &r.engine);
                self.tell_life(node);
                Ok(effects)
            }
            (Err(error), _) => Err(Defect::local(&self.nodes[node].name, error)),
            (Ok(()), None) => Ok(Vec::new()),
        }
    }

    /// Tells that a node began a new life, and why.
    pub fn tell_life(&mut self, node: usize) {
        let running = self.nodes[node].running.as_ref();
        if let Some(why) = running.and_then(|r| r.life.why()) {
            self.tally.lives += 1;
            self.tell_node(node, "begins_a_life", &[("begun", &why.word())]);
        }
    }

    /// When a node is to look at what stands past forks next.
    pub fn carry_at(&self, node: usize) -> Option<Time> {
        let running = self.nodes[node].running.as_ref()?;
        let sabotaged = self.plan.is_sabotaged(Sabotage::NeverCarryOver);
        running.engine.carry_at().filter(|_| !sabotaged)
    }

    /// A node appends what only stands past forks in its own feed, when it is time to.
    pub fn carry_over(&mut self, node: usize) -> Result<(), Defect> {
        if self.carry_at(node).is_none_or(|at| self.now < at) || self.only_reads(node) {
            return Ok(());
        }
        let now = self.now;
        let at = &mut self.nodes[node];
        let clock = at.clock(now);
        let Some(running) = at.running.as_mut() else {
            return Ok(());
        };
        let carried = running.engine.carry_over(now, clock);
        if self.nodes[node].disk.is_out() {
            return self.crash(node, true);
        }
        match carried {
            Ok(feeds) if feeds.is_empty() => Ok(()),
            Ok(_) => {
                self.tally.carried += 1;
                self.tell_node(node, "carries_over", &[]);
                self.announce(node)
            }
            Err(EngineError::Store(StoreError::Full { .. })) => {
                self.tell_node(node, "disk_was_full", &[]);
                Ok(())
            }
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }
}
