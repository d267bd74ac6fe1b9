//! Reading a peer's answers: each line and run is a stranger's until it fits what was asked.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::replica::Replica;
use soxa_ledger::{FeedId, ForkProof, NodeKey, Run, Seq, Signed, Time};

use crate::effect::{Effect, Failure, Offence};
use crate::evidence::{Shown, holds, weigh};
use crate::holdings::shared_lines;
use crate::limits::{LINES_PER_PAGE_MAX, PAGES_PER_WALK_MAX};
use crate::message::{EntryId, Line, Request, Response, Want};
use crate::peers::Walk;
use crate::pull::Puller;
use crate::wants::{Purpose, judge};

impl Puller {
    /// Reads an answer to a request.
    pub(crate) fn read(
        &mut self,
        now: Time,
        peer: NodeKey,
        request: Request,
        response: Response,
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) {
        let read = match (request, response) {
            (_, Response::Refused { .. }) => {
                self.set_back(now, peer);
                Ok(())
            }
            (Request::Compare { .. }, Response::Equal { program }) => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.fruitless = 0;
                    known.thrive();
                    known.account.program = Some(program);
                    known.account.equal(now);
                }
                self.compare_later(now, peer);
                Ok(())
            }
            (Request::Compare { .. }, Response::Differs { lines, more, program }) => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.account.program = Some(program);
                }
                self.page(now, peer, None, &lines, more, replica)
            }
            (Request::Lines { after }, Response::Lines { lines, more }) => {
                self.page(now, peer, after, &lines, more, replica)
            }
            (Request::Runs { wants }, Response::Runs { runs, unserved }) => {
                self.runs(now, peer, &wants, runs, &unserved, replica, effects)
            }
            (Request::Fork { feed }, Response::Fork { proof }) => {
                self.fork_shown(peer, feed, proof.as_deref(), replica, effects)
            }
            (Request::Named { feed, after }, Response::Named { entries, more }) => {
                self.named_shown(peer, feed, after, &entries, more, replica, effects)
            }
            (Request::Branch { feed, through, .. }, Response::Branch { run }) => {
                self.branch_shown(peer, feed, through, run, replica, effects)
            }
            _ => Err(Offence::WrongAnswer),
        };
        if let Err(offence) = read {
            self.offended(now, peer, offence, effects);
        }
    }

    /// There is no answer to read.
    pub(crate) fn failed(&mut self, now: Time, peer: NodeKey, failure: Failure, effects: &mut Vec<Effect>) {
        match failure {
            Failure::Timeout | Failure::Unreachable => self.set_back(now, peer),
            Failure::Malformed => self.offended(now, peer, Offence::Malformed, effects),
        }
    }

    /// Leaves the peer alone for a while, then compares afresh: what it offered others may have by then.
    fn set_back(&mut self, now: Time, peer: NodeKey) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.forget_offers();
            known.compare_at = now;
            known.set_back(now, &self.parameters);
        }
    }

    fn page(
        &mut self,
        now: Time,
        peer: NodeKey,
        after: Option<FeedId>,
        lines: &[Line],
        more: bool,
        replica: &dyn Replica,
    ) -> Result<(), Offence> {
        let Some(known) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        let pages = known.walk.map_or(0, |walk| walk.pages) + 1;
        if lines.len() > LINES_PER_PAGE_MAX || (more && (lines.is_empty() || pages >= PAGES_PER_WALK_MAX)) {
            return Err(Offence::Page);
        }
        let network = replica.network();
        let mut last = after;
        known.differs = true;
        let (mut ahead, mut seqs) = (BTreeSet::new(), BTreeMap::new());
        for line in lines {
            let id = line.id(network);
            if last.is_some_and(|last| id <= last) {
                return Err(Offence::Page);
            }
            last = Some(id);
            seqs.insert(id, line.seq);
            let offer = judge(replica, self.life, &peer, id, line).filter(|offer| {
                let settled = self.restored && offer.purpose == Purpose::ProveOwnFeedAhead;
                !settled && known.follows(&id, offer)
            });
            if let Some(offer) = offer {
                if offer.purpose == Purpose::Follow {
                    ahead.insert(id);
                }
                known.offers.insert(id, offer);
            }
        }
        let ours = shared_lines(replica, peer);
        known.account.page(now, after, &ahead, &seqs, more, &ours);
        // With no room left the walk ends here: another comparison finds the rest once these came.
        known.walk = last
            .filter(|_| more && !known.offers.is_full())
            .map(|after| Walk { after, pages });
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one answer and where they go"
    )]
    fn runs(
        &mut self,
        now: Time,
        peer: NodeKey,
        wants: &[Want],
        runs: Vec<Run>,
        unserved: &[FeedId],
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Offence> {
        let Some(known) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        let mut reached: BTreeMap<FeedId, Seq> = wants.iter().map(|want| (want.feed, want.after)).collect();
        let mut findings = Vec::new();
        let mut follow = Vec::new();
        let mut feeds = BTreeSet::new();
        let network = replica.network();
        for run in runs {
            let id = run.feed.id(network);
            let fits = reached.get_mut(&id).zip(run.entries.first());
            match fits {
                Some((after, first)) if first.header.seq == after.next() => {
                    *after = Seq(after.0.saturating_add(run.entries.len() as u64));
                }
                _ => return Err(Offence::Unasked(id)),
            }
            let is_first = feeds.insert(id);
            // What is offered no more came from somebody else meanwhile, or turned out to be another history.
            let Some(offer) = known.offers.get(&id) else {
                continue;
            };
            if offer.purpose == Purpose::Follow {
                follow.push(run);
            } else if is_first {
                known.offers.remove(&id);
                match weigh(replica, offer.purpose, id, &run) {
                    // What a hint says is not the word of the peer that passed it on.
                    Ok(Err(Offence::FalseLine(_))) if offer.tries_left > 0 => {}
                    Ok(shown) => match shown? {
                        Shown::OwnFeedAhead(finding) => findings.push(finding),
                        Shown::Fork(proof) => effects.push(Effect::KeepProof { peer, proof }),
                        Shown::Narrowed(search) => {
                            known.offers.insert(id, offer.with(Purpose::ProveFork(search)));
                        }
                        Shown::Nothing => {}
                    },
                    Err(error) => effects.push(Effect::Fault { error }),
                }
            }
        }
        let mut broken_word = false;
        for feed in unserved
            .iter()
            .filter(|feed| reached.contains_key(feed) && !feeds.contains(feed))
        {
            broken_word |= known.offers.unserved(now, self.parameters.soon_ms, feed);
        }
        if !follow.is_empty() {
            let followed: BTreeSet<FeedId> = follow.iter().map(|run| run.feed.id(network)).collect();
            reached.retain(|feed, _| followed.contains(feed));
            known.taking = Some(reached);
            effects.push(Effect::TakeIn { peer, runs: follow });
        } else if feeds.is_empty() && (broken_word || unserved.is_empty()) {
            known.set_back(now, &self.parameters);
        }
        for finding in findings {
            self.report_restored(peer, finding, effects);
        }
        Ok(())
    }

    /// A peer shows that a feed forked, as its line said.
    fn fork_shown(
        &mut self,
        peer: NodeKey,
        feed: FeedId,
        proof: Option<&[u8]>,
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Offence> {
        let Some(known) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        // It may have come from somebody else meanwhile.
        let Some(said) = known.offers.get(&feed).and_then(|offer| offer.fork()) else {
            return Ok(());
        };
        known.offers.remove(&feed);
        let proof = proof.ok_or(Offence::FalseLine(feed))?;
        let proof = Signed::<ForkProof>::decode(proof)
            .and_then(|proof| proof.verify(replica.network()))
            .map_err(|error| Offence::BadProof { feed, error })?;
        if proof.feed_id() != feed || proof.seq() > said {
            return Err(Offence::FalseLine(feed));
        }
        effects.push(Effect::KeepProof {
            peer,
            proof: Box::new(proof),
        });
        Ok(())
    }

    /// A peer says which entries past a fork it holds because statements name them: the first that we lack is asked for.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one answer and where they go"
    )]
    fn named_shown(
        &mut self,
        peer: NodeKey,
        feed: FeedId,
        after: Option<EntryId>,
        entries: &[EntryId],
        more: bool,
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Offence> {
        let ascending = entries.is_sorted_by(|one, next| one < next);
        if !ascending
            || entries
                .first()
                .is_some_and(|first| after.is_some_and(|after| *first <= after))
        {
            return Err(Offence::Page);
        }
        let Some(known) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        let Some(offer) = known.offers.get(&feed) else {
            return Ok(());
        };
        known.offers.remove(&feed);
        for entry in entries {
            match replica.lacking(&feed, *entry) {
                Ok(Some(through)) => {
                    known.offers.insert(feed, offer.with(Purpose::Branch(through)));
                    return Ok(());
                }
                Ok(None) => {}
                Err(error) => effects.push(Effect::Fault { error }),
            }
        }
        match entries.last().filter(|_| more) {
            Some(last) => {
                known
                    .offers
                    .insert(feed, offer.with(Purpose::LearnNamed(Some(*last))));
                Ok(())
            }
            None if more => Err(Offence::Page),
            None => Ok(()),
        }
    }

    /// A peer shows entries of a branch that it said it holds.
    fn branch_shown(
        &mut self,
        peer: NodeKey,
        feed: FeedId,
        through: EntryId,
        run: Option<Run>,
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Offence> {
        let Some(known) = self.peers.get_mut(&peer) else {
            return Ok(());
        };
        known.offers.remove(&feed);
        let run = run.ok_or(Offence::FalseLine(feed))?;
        holds(replica.network(), feed, through, &run)?;
        let run = Box::new(run);
        effects.push(Effect::KeepBranch { peer, run });
        Ok(())
    }
}
