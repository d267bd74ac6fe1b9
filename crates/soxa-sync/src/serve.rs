//! Answers to peers' requests: a pure function of the holdings.

use soxa_ledger::limits::HEADER_BYTES_MAX;
use soxa_ledger::replica::{FeedLine, Replica, ReplicaError};
use soxa_ledger::{FeedId, NodeKey, Run};

use crate::holdings::{root, shared_lines, shares};
use crate::limits::{LINES_PER_PAGE_MAX, NAMED_PER_PAGE_MAX, RESPONSE_BYTES_TARGET, RUNS_PER_RESPONSE_MAX};
use crate::message::{Line, Program, Refusal, Request, Response, Want};

/// The answer to a peer's request. A node that is not admitted gets none, whatever it asks.
///
/// It is to be followed by [`crate::Puller::served`].
///
/// # Errors
/// When the store does not give back what it holds; the peer is then told [`Refusal::Unable`].
pub fn answer(replica: &dyn Replica, peer: NodeKey, request: &Request) -> Result<Response, ReplicaError> {
    if replica.unit_of(&peer).is_none() {
        return Ok(Response::Refused {
            reason: Refusal::NotAdmitted,
        });
    }
    Ok(match request {
        Request::Compare { root: theirs, .. } => {
            let lines = shared_lines(replica, peer);
            if root(replica.network(), &lines) == *theirs {
                Response::Equal {
                    program: Program::own(),
                }
            } else {
                let (lines, more) = page(lines, None);
                Response::Differs {
                    lines,
                    more,
                    program: Program::own(),
                }
            }
        }
        Request::Lines { after } => {
            let (lines, more) = page(shared_lines(replica, peer), *after);
            Response::Lines { lines, more }
        }
        Request::Runs { wants } => runs(replica, peer, wants)?,
        Request::Fork { feed } => {
            let line = shared_line(replica, peer, feed);
            let proof = line.and_then(|line| replica.fork_of(&line.id));
            Response::Fork {
                proof: proof.map(|proof| proof.bytes().to_vec()),
            }
        }
        Request::Named { feed, after } => {
            let line = shared_line(replica, peer, feed);
            let mut entries = line.map_or_else(Vec::new, |line| line.named);
            entries.retain(|entry| after.is_none_or(|after| *entry > after));
            let more = entries.len() > NAMED_PER_PAGE_MAX;
            entries.truncate(NAMED_PER_PAGE_MAX);
            Response::Named { entries, more }
        }
        Request::Branch { feed, through, above } => {
            let run = match shared_line(replica, peer, feed) {
                Some(_) => replica.branch(feed, *through, *above, RESPONSE_BYTES_TARGET)?,
                None => None,
            };
            Response::Branch { run }
        }
    })
}

fn shared_line(replica: &dyn Replica, peer: NodeKey, feed: &FeedId) -> Option<FeedLine> {
    let line = replica.line(feed);
    line.filter(|line| shares(replica, &peer, &line.feed.scope))
}

fn page(mut lines: Vec<FeedLine>, after: Option<FeedId>) -> (Vec<Line>, bool) {
    lines.retain(|line| after.is_none_or(|after| line.id > after));
    let more = lines.len() > LINES_PER_PAGE_MAX;
    lines.truncate(LINES_PER_PAGE_MAX);
    (lines.into_iter().map(Line::from).collect(), more)
}

/// Fills a response in the order of the wants. What does not fit is left out: the peer asks again.
fn runs(replica: &dyn Replica, peer: NodeKey, wants: &[Want]) -> Result<Response, ReplicaError> {
    let mut runs = Vec::new();
    let mut unserved = Vec::new();
    let mut room = RESPONSE_BYTES_TARGET;
    for want in wants {
        if shared_line(replica, peer, &want.feed).is_none() {
            unserved.push(want.feed);
            continue;
        }
        let mut after = want.after;
        loop {
            if room == 0 || runs.len() == RUNS_PER_RESPONSE_MAX {
                return Ok(Response::Runs { runs, unserved });
            }
            let next = replica.run_after(&want.feed, after, room)?;
            let Some((run, last)) =
                next.and_then(|run| run.entries.last().map(|e| e.header.seq).map(|l| (run, l)))
            else {
                if after == want.after {
                    unserved.push(want.feed);
                }
                break;
            };
            let weight = weight(&run);
            // One run always fits; a further one that is larger than the room left waits for the next request.
            if weight > room && !runs.is_empty() {
                return Ok(Response::Runs { runs, unserved });
            }
            room = room.saturating_sub(weight);
            after = last;
            runs.push(run);
        }
    }
    Ok(Response::Runs { runs, unserved })
}

/// About the bytes that a run takes on the wire, and never less.
fn weight(run: &Run) -> usize {
    // The feed, the signature and the lengths around an entry.
    const AROUND_RUN: usize = 1 << 10;
    const AROUND_ENTRY: usize = HEADER_BYTES_MAX + 16;
    AROUND_RUN
        + run
            .entries
            .iter()
            .map(|entry| entry.body.len() + AROUND_ENTRY)
            .sum::<usize>()
}
