//! Whether this node may append, and in which life of its store.

use soxa_engine::EngineError;
use soxa_engine::life::Why;
use soxa_engine::limits::ALONE_MS;
use soxa_ledger::NodeKey;
use soxa_sync::Effect;
use soxa_sync::limits::CLOCK_MS_MAX;

use super::core::Core;
use super::submission::{is_of_the_log, unfinished};
use crate::clock::{now, steady};

impl Core {
    /// Looks whether this node may append.
    pub(super) fn look_at_life(&mut self) {
        let is_connected = self.greetings.is_connected();
        let equal_at = |node: &NodeKey| self.puller.equal_at(node);
        self.life.recover(&self.engine, is_connected, equal_at, steady());
        self.live.recovering = self.life.is_recovering();
        let lost = self.began_empty && self.engine.earlier_feeds() > 0;
        self.live.begun = self.life.why().or(lost.then_some(Why::DiskLost));
        self.live.doubled_here = self.greetings.is_doubled();
        let founded = self.engine.authority().genesis().map(|genesis| genesis.created);
        self.live.clock_off = self.greetings.is_clock_off(founded);
    }

    /// Leaves feeds whose newest entry is of a time to come: whatever followed it would be of that time too. A clock that was put
    /// right is told from one that was set back by mistake by what peers say; where nobody is reached, it is
    /// believed after a while, as at the beginning of any new life.
    pub(super) fn leave_wrong_time(&mut self) -> Result<Vec<Effect>, EngineError> {
        let latest = now().plus_ms(CLOCK_MS_MAX);
        self.live.ahead = self.engine.signed_until().is_some_and(|last| latest < last);
        if !self.live.ahead {
            self.ahead_since = None;
            return Ok(Vec::new());
        }
        let since = *self.ahead_since.get_or_insert_with(steady);
        let own = self.engine.node();
        let admitted = self.engine.authority().admitted_nodes();
        let is_alone = admitted.iter().all(|(node, _)| *node == own);
        let has_waited = since.plus_ms(ALONE_MS) <= steady();
        if self.live.clock_off || !(is_alone || has_waited || self.greetings.is_any_clock_heard()) {
            return Ok(Vec::new());
        }
        self.live.ahead = false;
        self.begin_life(Why::ClockAhead)
    }

    /// Appends what only stands past forks in this node's own feed, when it is time to.
    pub(super) fn carry_over(&mut self) -> Result<(), EngineError> {
        if self.live.reads_only().is_some() || self.engine.carry_at().is_none_or(|at| steady() < at) {
            return Ok(());
        }
        match self.engine.carry_over(steady(), now()) {
            Ok(feeds) => self.appended(&feeds),
            Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
                tracing::error!(%fault, "what lies past a fork could not be carried over");
                Ok(())
            }
            Err(fault) => Err(unfinished(fault)),
        }
    }

    /// Begins a new life, and fetches what the one before left.
    pub(super) fn begin_life(&mut self, why: Why) -> Result<Vec<Effect>, EngineError> {
        if let Err(failure) = self.life.begin(&mut self.engine, why, steady()) {
            tracing::error!(?failure, "a new life could not be written down");
            return Err(EngineError::OwnFeedForked);
        }
        let incarnation = self.life.incarnation();
        self.look_at_life();
        Ok(self.puller.begin_life(steady(), incarnation, &self.engine))
    }
}
