//! Checking a proof: cheap comparisons first, then hashes and chains, then signatures, then the verdict rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::{Act, Authority};
use crate::entry::{Body, BodyKind, Entry, Header};
use crate::feed::{Head, Seq, Tip};
use crate::fork::ForkProof;
use crate::ids::{FeedId, NetworkId, PublicKey, StatementId, sha256};
use crate::minutes::Minutes;
use crate::operation::OpKind;
use crate::scope::Scope;
use crate::signed::{Signed, Verified};
use crate::statement::{Genesis, Statement};
use crate::time::Time;
use crate::verdict::Position;

use super::needed::{Grounds, needed};
use super::{Chain, Fault, Part, Proof, ProofError, Proven, ProvenAct};

/// An entry that a chain shows.
struct Shown<'a> {
    header: &'a Header,
    scope: &'a Scope,
    at: Position,
}

/// All entries that the chains show, by what their headers say of the body.
#[derive(Default)]
struct Entries<'a> {
    by_body: BTreeMap<(BodyKind, [u8; 32]), Vec<Shown<'a>>>,
    /// The first entry of each chain, until a part is found in it.
    without_part: BTreeMap<Position, Part>,
    newest: Time,
}

pub(super) fn verify(proof: &Proof, roots: &[[u8; 32]]) -> Result<Proven, ProofError> {
    let network = proof.network;
    let mut entries = chains(network, &proof.chains)?;
    let statements = statements(proof, &mut entries)?;
    let acts = acts(proof, &mut entries)?;
    if let Some(part) = entries.without_part.values().min() {
        return Err(part.is(Fault::Unneeded));
    }
    trusted(network, &statements, roots)?;
    for (number, chain) in (1..).zip(&proof.chains) {
        tip(network, chain).map_err(|fault| Part::Chain(number).is(fault))?;
    }

    let mut authority = Authority::new(network);
    for (statement, at) in &statements {
        for at in at {
            authority.insert(statement, *at);
        }
    }
    for fork in forks(proof)? {
        authority.insert_fork(&fork);
    }
    judge(&authority, &statements, &acts)?;
    Ok(Proven {
        network,
        authority,
        acts,
        newest: entries.newest,
    })
}

/// The chains, link by link; the tips are left for later, when all cheaper comparisons have been made.
fn chains(network: NetworkId, chains: &[Chain]) -> Result<Entries<'_>, ProofError> {
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
                .push(Shown { header, scope, at });
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

fn tip(network: NetworkId, chain: &Chain) -> Result<(), Fault> {
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

impl Entries<'_> {
    /// The body with every signature in it checked, and where it stands.
    fn open(
        &mut self,
        network: NetworkId,
        kind: BodyKind,
        body: &[u8],
    ) -> Result<(Body, Vec<Position>), Fault> {
        let shown = self
            .by_body
            .get(&(kind, sha256(body)))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let first = shown.first().ok_or(Fault::NoEntry)?;
        let mut at = Vec::with_capacity(shown.len());
        for one in shown {
            if one.header.body_len as usize != body.len() || one.scope != first.scope {
                return Err(Fault::NoEntry);
            }
            self.without_part.remove(&one.at);
            at.push(one.at);
        }
        let entry = Entry {
            header: *first.header,
            body: body.to_vec(),
        };
        at.sort_unstable();
        Ok((entry.open(network, first.scope)?, at))
    }
}

type StatementAt = (Verified<Statement>, Vec<Position>);

fn statements(proof: &Proof, entries: &mut Entries<'_>) -> Result<Vec<StatementAt>, ProofError> {
    let mut found: Vec<StatementAt> = Vec::with_capacity(proof.statements.len());
    for (number, container) in (1..).zip(&proof.statements) {
        let part = Part::Statement(number);
        let opened = entries.open(proof.network, BodyKind::Statement, container);
        let (Body::Statement(statement), at) = opened.map_err(|fault| part.is(fault))? else {
            return Err(part.is(Fault::NoEntry));
        };
        if number == 1 && statement.as_genesis().is_none() {
            return Err(part.is(Fault::NoGenesis));
        }
        // The genesis comes first, wherever its id would stand, and once.
        let again = number > 1 && statement.id.0 == proof.network.0;
        if again || (number > 2 && found.last().is_some_and(|(last, _)| last.id >= statement.id)) {
            return Err(part.is(Fault::Order));
        }
        found.push((statement, at));
    }
    Ok(found)
}

fn acts(proof: &Proof, entries: &mut Entries<'_>) -> Result<Vec<ProvenAct>, ProofError> {
    let network = proof.network;
    if proof.acts.is_empty() {
        return Err(Part::File.is(Fault::Form("a proof of nothing".to_owned())));
    }
    if !proof.acts.iter().skip(1).is_sorted_by(|a, b| a.commit < b.commit) {
        return Err(Part::File.is(Fault::Order));
    }
    let mut acts = Vec::with_capacity(proof.acts.len());
    for (number, act) in (1..).zip(&proof.acts) {
        let part = Part::Commit(number);
        let mut open = |part: Part, bytes: &[u8]| match entries.open(network, BodyKind::Commit, bytes) {
            Ok((Body::Commit(commit), at)) => Ok((commit, at)),
            Ok((Body::Statement(_), _)) => Err(part.is(Fault::NoEntry)),
            Err(fault) => Err(part.is(fault)),
        };
        let (commit, at) = open(part, &act.commit)?;
        let minutes = Minutes::decode(&act.minutes).map_err(|error| Part::Minutes(number).is(error))?;
        if !commit.minutes.contains(&minutes) {
            return Err(Part::Minutes(number).is(Fault::NotCarried));
        }
        let signatures: BTreeSet<[u8; 32]> = signature_ids(&minutes).collect();
        let mut carriers = Vec::with_capacity(act.carriers.len());
        let mut before: Option<&[u8]> = None;
        for (at, bytes) in (1..).zip(&act.carriers) {
            let part = Part::Carrier(number, at);
            if before
                .replace(bytes)
                .is_some_and(|before| before >= bytes.as_slice())
            {
                return Err(part.is(Fault::Order));
            }
            let (carrier, at) = open(part, bytes)?;
            let carries = |minutes: &Minutes| signature_ids(minutes).any(|id| signatures.contains(&id));
            if bytes == &act.commit || !carrier.minutes.iter().any(carries) {
                return Err(part.is(Fault::Unneeded));
            }
            carriers.push((carrier, at));
        }
        acts.push(ProvenAct {
            id: commit.commit_id(network),
            commit,
            minutes,
            at,
            carriers,
        });
    }
    Ok(acts)
}

fn signature_ids(minutes: &Minutes) -> impl Iterator<Item = [u8; 32]> {
    minutes
        .signers()
        .iter()
        .map(|signer| minutes.signature_id(signer))
}

/// Whether the genesis is the one that the reader trusts.
fn trusted(network: NetworkId, statements: &[StatementAt], roots: &[[u8; 32]]) -> Result<(), ProofError> {
    let Some((first, genesis)) = statements
        .first()
        .and_then(|(statement, _)| Some((statement, statement.as_genesis()?)))
    else {
        return Err(Part::File.is(Fault::NoGenesis));
    };
    let keys: BTreeSet<PublicKey> = roots
        .iter()
        .filter(|root| **root != network.0)
        .map(|root| PublicKey(*root))
        .collect();
    if let Some(stranger) = keys.iter().find(|key| !genesis.roots.contains(key)) {
        return Err(Part::File.is(Fault::OtherRoot(*stranger)));
    }
    if roots.contains(&network.0) || vouched(genesis, &first.signers, &keys) {
        Ok(())
    } else {
        Err(Part::Statement(1).is(Fault::RootSilent))
    }
}

fn vouched(genesis: &Genesis, signers: &[PublicKey], trusted: &BTreeSet<PublicKey>) -> bool {
    let asked = trusted.len().min(genesis.quorum as usize);
    let signed = trusted.iter().filter(|key| signers.contains(key)).count();
    asked > 0 && signed >= asked
}

fn forks(proof: &Proof) -> Result<Vec<Verified<ForkProof>>, ProofError> {
    let shown: BTreeSet<FeedId> = proof
        .chains
        .iter()
        .map(|chain| chain.feed.id(proof.network))
        .collect();
    let mut forks: Vec<Verified<ForkProof>> = Vec::with_capacity(proof.forks.len());
    for (number, bytes) in (1..).zip(&proof.forks) {
        let part = Part::Fork(number);
        let fork = Signed::<ForkProof>::decode(bytes)
            .and_then(|fork| fork.verify(proof.network))
            .map_err(|error| part.is(error))?;
        if !shown.contains(&fork.feed_id()) {
            return Err(part.is(Fault::Unneeded));
        }
        if forks.last().is_some_and(|last| last.feed_id() >= fork.feed_id()) {
            return Err(part.is(Fault::Order));
        }
        forks.push(fork);
    }
    Ok(forks)
}

/// Every statement has effect and a purpose, and so has every act's commit.
fn judge(authority: &Authority, statements: &[StatementAt], acts: &[ProvenAct]) -> Result<(), ProofError> {
    let mut grounds = Grounds::default();
    grounds.statements.insert(StatementId(authority.network().0));
    for (number, act) in (1..).zip(acts) {
        let kinds: BTreeSet<&OpKind> = act.commit.operations.iter().map(|op| &op.kind).collect();
        let judged = Act {
            key: act.commit.author,
            appointment: act.commit.appointment,
            kinds: kinds.into_iter().collect(),
        };
        let verdict = authority.judge_act(&judged, &act.at);
        if !verdict.is_valid() {
            return Err(Part::Commit(number).is(Fault::Verdict(verdict)));
        }
        grounds.add(act);
    }
    let needed = needed(
        statements.iter().map(|(statement, _)| statement.value()),
        &grounds,
    );
    for (number, (statement, _)) in (1..).zip(statements) {
        let part = Part::Statement(number);
        let verdict = authority.judge_statement(&statement.id);
        if !verdict.is_valid() {
            return Err(part.is(Fault::Verdict(verdict)));
        }
        if !needed.contains(&statement.id) {
            return Err(part.is(Fault::Unneeded));
        }
    }
    Ok(())
}

impl Grounds {
    fn add(&mut self, act: &ProvenAct) {
        self.statements.insert(act.commit.appointment);
        self.statements
            .extend(act.minutes.signers().iter().map(|signer| signer.appointment));
        let carried = act.carriers.iter().flat_map(|(_, at)| at);
        self.nodes.extend(act.at.iter().chain(carried).map(|at| at.node));
    }
}
