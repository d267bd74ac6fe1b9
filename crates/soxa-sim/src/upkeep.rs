//! What a daemon does besides replication: it carries over what stands past forks.

use soxa_engine::EngineError;
use soxa_store::StoreError;

use crate::report::Defect;
use crate::run::Simulation;
use crate::sabotage::Sabotage;

impl Simulation<'_> {
    /// A node appends what only stands past forks in its own feed, when it is time to.
    pub fn carry_over(&mut self, node: usize) -> Result<(), Defect> {
        let now = self.now;
        let at = &mut self.nodes[node];
        let clock = at.clock(now);
        let Some(running) = at.running.as_mut() else {
            return Ok(());
        };
        let due = running.engine.carry_at().is_some_and(|at| at <= now);
        if !due || self.plan.is_sabotaged(Sabotage::NeverCarryOver) {
            return Ok(());
        }
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
