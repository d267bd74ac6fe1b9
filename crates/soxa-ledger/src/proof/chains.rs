//! The chains of a proof: link by link up to their tips, and which of their entries carry which part of the file.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::Stretch;
use crate::entry::{Body, BodyKind, Entry, Header};
use crate::feed::{Head, Seq, Tip};
use crate::ids::{EntryHash, FeedId, NetworkId, sha256};
use crate::limits::PROOF_ENTRIES_MAX;
use crate::scope::Scope;
use crate::time::Time;
use crate::verdict::Position;

use super::{Chain, Fault, Part, ProofError};

/// An entry that a chain shows.
struct Shown<'a> {
    header: &'a Header,
    scope: &'a Scope,
    at: Position,
    /// The number of its chain.
    chain: usize,
}

/// All entries that the chains show, by what their headers say of the body.
#[derive(Default)]
pub(super) struct Entries<'a> {
    by_body: BTreeMap<(BodyKind, [u8; 32]), Vec<Shown<'a>>>,
    /// The first entry of each chain, until a part is found in it.
    pub(super) without_part: BTreeMap<Position, Part>,
    pub(super) newest: Time,
}

/// A part of the file with the entries that carry it. Its signatures have not been looked at.
pub(super) struct Placed<'a> {
    pub(super) part: Part,
    header: Header,
    scope: &'a Scope,
    pub(super) body: &'a [u8],
    pub(super) at: Vec<Position>,
    pub(super) chains: BTreeSet<usize>,
}

/// The chains, link by link; the tips are left for later, when all cheaper comparisons have been made.
pub(super) fn chains(network: NetworkId, chains: &[Chain]) -> Result<Entries<'_>, ProofError> {
    let mut entries = Entries::default();
    let mut last: Option<(FeedId, Head)> = None;
    for (number, chain) in (1..).zip(chains) {
        let part = Part::Chain(number);
        let feed = chain.feed.id(network);
        let first = chain
            .headers
            .first()
            .ok_or_else(|| part.is(Fault::Form("a chain without headers".to_owned())))?;
        if last.is_some_and(|(other, end)| (feed, first.seq) <= (other, end.seq)) {
            return Err(part.is(Fault::Order));
        }
        let mut before = begins(feed, first);
        for header in &chain.headers {
            let follows = header.seq == before.seq.next()
                && header.prev == before.hash
                && header.node_time >= before.time;
            if header.feed != feed || header.seq.0 == 0 || !follows {
                return Err(part.is(Fault::Broken(header.seq)));
            }
            before = header.head();
            let at = header.position(chain.feed.node);
            if std::ptr::eq(header, first) {
                entries.without_part.insert(at, part);
            }
            entries.newest = entries.newest.max(header.node_time);
            let scope = &chain.feed.scope;
            entries
                .by_body
                .entry((header.kind, header.body_hash))
                .or_default()
                .push(Shown {
                    header,
                    scope,
                    at,
                    chain: number,
                });
        }
        last = Some((feed, before));
    }
    Ok(entries)
}

/// What the first header of a chain has to follow: the empty feed, or whatever it names.
fn begins(feed: FeedId, first: &Header) -> Head {
    if first.seq == Seq(1) {
        return Head::empty(feed);
    }
    Head {
        seq: Seq(first.seq.0.saturating_sub(1)),
        hash: first.prev,
        time: Time(0),
    }
}

pub(super) fn links(chain: &Chain) -> Stretch {
    let first = chain.headers.first();
    Stretch {
        first: first.map(|first| first.seq).unwrap_or_default(),
        prev: first.map_or(EntryHash([0; 32]), |first| first.prev),
        hashes: chain.headers.iter().map(Header::hash).collect(),
    }
}

pub(super) fn tip(network: NetworkId, chain: &Chain) -> Result<(), Fault> {
    let Some(last) = chain.headers.last() else {
        return Err(Fault::Form("a chain without headers".to_owned()));
    };
    let tip = Tip {
        feed: last.feed,
        seq: last.seq,
        hash: last.hash(),
    };
    tip.verify(network, chain.feed.node, &chain.tip)
        .map_err(Fault::Tip)
}

impl<'a> Entries<'a> {
    /// The entries that carry a part.
    pub(super) fn place(
        &mut self,
        part: Part,
        kind: BodyKind,
        body: &'a [u8],
    ) -> Result<Placed<'a>, ProofError> {
        let shown = self.by_body.get(&(kind, sha256(body)));
        let shown = shown.map(Vec::as_slice).unwrap_or_default();
        if shown.len() > PROOF_ENTRIES_MAX {
            let (found, limit) = (shown.len(), PROOF_ENTRIES_MAX);
            return Err(part.is(Fault::Limit { found, limit }));
        }
        let fits = |one: &&Shown<'_>| one.header.body_len as usize == body.len();
        let first = shown
            .first()
            .filter(|first| shown.iter().all(|one| fits(&one) && one.scope == first.scope))
            .ok_or_else(|| part.is(Fault::NoEntry))?;
        let mut at: Vec<Position> = shown.iter().map(|one| one.at).collect();
        at.sort_unstable();
        for at in &at {
            self.without_part.remove(at);
        }
        Ok(Placed {
            part,
            header: *first.header,
            scope: first.scope,
            body,
            at,
            chains: shown.iter().map(|one| one.chain).collect(),
        })
    }
}

impl Placed<'_> {
    /// The body, with every signature in it checked.
    pub(super) fn open(&self, network: NetworkId) -> Result<Body, ProofError> {
        let entry = Entry {
            header: self.header,
            body: self.body.to_vec(),
        };
        entry
            .open(network, self.scope)
            .map_err(|defect| self.part.is(defect))
    }
}
