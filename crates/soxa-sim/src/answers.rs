//! Handing acts in, and what must be true of each answer.

use soxa_engine::Submitted;
use soxa_ledger::entry::Body;
use soxa_ledger::{Commit, Statement, Verified};

use crate::check::Act;
use crate::report::Defect;
use crate::run::Simulation;
use crate::sabotage::Sabotage;

/// What the answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// It is right as far as the node knows.
    Stored,
    /// It is wrong, and the node knows all that shows it.
    Refused,
    /// Either.
    Any,
}

/// An act to be handed in.
#[derive(Debug, Clone)]
pub(crate) struct Intent {
    /// Who acts.
    pub who: String,
    /// What: the word for the story.
    pub what: &'static str,
    pub body: Body,
    pub expect: Expect,
}

impl Intent {
    pub fn commit(who: &str, what: &'static str, commit: Verified<Commit>, expect: Expect) -> Self {
        Self {
            who: who.to_owned(),
            what,
            body: Body::Commit(commit),
            expect,
        }
    }

    pub fn statement(who: &str, what: &'static str, statement: Verified<Statement>, expect: Expect) -> Self {
        Self {
            who: who.to_owned(),
            what,
            body: Body::Statement(statement),
            expect,
        }
    }
}

impl Simulation<'_> {
    pub fn act_of(&self, body: &Body) -> Act {
        match body {
            Body::Commit(commit) => Act::Commit(commit.commit_id(self.province.network)),
            Body::Statement(statement) => Act::Statement(statement.id),
        }
    }

    /// Hands an act in at a node. Whether it was answered with "stored".
    pub fn submit(&mut self, node: usize, intent: Intent) -> Result<bool, Defect> {
        let Intent {
            who,
            what,
            body,
            expect,
        } = intent;
        let act = self.act_of(&body);
        if let Body::Commit(commit) = &body
            && expect != Expect::Refused
        {
            self.watch.signed_for_few(self.province.network, commit);
        }
        if self.plan.is_sabotaged(Sabotage::AnswerUnheard) && node == 1 && self.step > 0 {
            self.watch.stored(act, node);
            return Ok(true);
        }
        let bytes = match &body {
            Body::Commit(commit) => commit.shared_bytes(),
            Body::Statement(statement) => statement.shared_bytes(),
        };
        let name = self.name(node);
        let Some(answers) = self.submit_bodies(node, vec![body])? else {
            self.watch.unanswered(act);
            self.tell(
                &who,
                what,
                &[("node", &name), ("answer", &"unanswered"), ("act", &act)],
            );
            return Ok(false);
        };
        match answers.into_iter().next() {
            Some(Submitted::Stored(_)) => {
                self.tell(
                    &who,
                    what,
                    &[("node", &name), ("answer", &"stored"), ("act", &act)],
                );
                if expect == Expect::Refused {
                    return Err(Defect::NotRefused {
                        node: name,
                        act: format!("{what} by {who}"),
                    });
                }
                // What a lying node answers counts for nothing.
                if self.nodes[node].is_honest() && !self.nodes[node].disk.has_synced(&bytes) {
                    return Err(Defect::NotDurable {
                        node: name,
                        act: act.to_string(),
                    });
                }
                if self.nodes[node].is_honest() {
                    self.watch.stored(act, node);
                    self.tally.stored += 1;
                } else {
                    self.watch.confided(act);
                }
                self.announce(node)?;
                Ok(true)
            }
            Some(Submitted::Refused(refusal)) => {
                self.tell(
                    &who,
                    what,
                    &[("node", &name), ("answer", &"refused"), ("act", &act)],
                );
                if expect == Expect::Stored {
                    let why = format!("{refusal:?}");
                    return Err(Defect::WronglyRefused {
                        node: name,
                        act: format!("{what} by {who}"),
                        why,
                    });
                }
                self.tally.refused += u64::from(expect == Expect::Refused);
                Ok(false)
            }
            None => Err(Defect::local(&name, "an act without an answer")),
        }
    }

    /// A node's own feed grew: it is remembered, and replication is told.
    pub fn announce(&mut self, node: usize) -> Result<(), Defect> {
        self.nodes[node].check_promises()?;
        self.nodes[node].promise();
        let own = self.nodes[node].own_feeds();
        self.see_feeds(node, Some(&own))?;
        let now = self.now;
        if let Some(r) = self.nodes[node].running.as_mut() {
            r.life.note(&r.engine);
        }
        if self.nodes[node].disk.is_out() {
            return self.crash(node, true);
        }
        self.pull(node, |r| r.puller.appended(now, &own, &r.engine))?;
        // It may have admitted somebody.
        let effects = self.meet(node);
        self.pull(node, |_| effects)
    }
}
