//! Checking a proof: cheap comparisons first, then hashes and chains, then signatures, then the verdict rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::{Act, Authority, Stretch};
use crate::commit::Commit;
use crate::entry::{Body, BodyKind, Defect, Entry, Header};
use crate::feed::{Head, Seq, Tip};
use crate::fork::ForkProof;
use crate::ids::{CommitId, EntryHash, FeedId, NetworkId, PublicKey, StatementId, sha256};
use crate::limits::PROOF_ENTRIES_MAX;
use crate::minutes::Minutes;
use crate::operation::OpKind;
use crate::scope::Scope;
use crate::signed::{Signed, Verified};
use crate::statement::{Issuer, Statement};
use crate::time::Time;
use crate::verdict::Position;

use super::held::{self, Cosigned};
use super::needed::{Grounds, needed};
use super::{Chain, Fault, Part, Proof, ProofError, Proven, ProvenAct, ProvenCommit};

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
struct Entries<'a> {
    by_body: BTreeMap<(BodyKind, [u8; 32]), Vec<Shown<'a>>>,
    /// The first entry of each chain, until a part is found in it.
    without_part: BTreeMap<Position, Part>,
    newest: Time,
}

/// A part of the file with the entries that carry it. Its signatures have not been looked at.
struct Placed<'a> {
    part: Part,
    header: Header,
    scope: &'a Scope,
    body: &'a [u8],
    at: Vec<Position>,
    chains: BTreeSet<usize>,
}

/// An act's commit and the earlier ones, placed.
struct PlacedAct<'a> {
    minutes: Minutes,
    commit: Placed<'a>,
    carriers: Vec<Placed<'a>>,
}

pub(super) fn verify(proof: &Proof, roots: &[[u8; 32]]) -> Result<Proven, ProofError> {
    let network = proof.network;
    let mut entries = chains(network, &proof.chains)?;
    let statements = (1..)
        .zip(&proof.statements)
        .map(|(number, body)| entries.place(Part::Statement(number), BodyKind::Statement, body))
        .collect::<Result<Vec<_>, _>>()?;
    let acts = place_acts(proof, &mut entries)?;
    let rulings = place_rulings(proof, &mut entries)?;
    if let Some(part) = entries.without_part.values().min() {
        return Err(part.is(Fault::Unneeded));
    }
    for (number, chain) in (1..).zip(&proof.chains) {
        tip(network, chain).map_err(|fault| Part::Chain(number).is(fault))?;
    }
    let of_acts = acts.iter().flat_map(PlacedAct::chains);
    let with_commits = of_acts.chain(rulings.iter().flat_map(|ruling| &ruling.chains));
    let cosigned = held::check(network, proof, &with_commits.copied().collect())?;
    let statements = open_statements(network, statements)?;
    let acts = open_acts(network, acts)?;
    let rulings = open_rulings(network, rulings)?;

    let mut authority = Authority::new(network);
    for (statement, at) in &statements {
        for at in at {
            authority.insert(statement, *at);
        }
    }
    for fork in forks(proof)? {
        // Of a branch that a cut names what is linked to the named entry counts: the chains are the links.
        for chain in proof.chains.iter().filter(|chain| chain.feed == *fork.feed()) {
            authority.insert_stretch(fork.feed_id(), links(chain));
        }
        authority.insert_fork(&fork);
    }
    trusted(&authority, roots)?;
    judge(&authority, &statements, &acts, &rulings, cosigned.as_ref())?;
    Ok(Proven {
        network,
        authority,
        acts,
        rulings,
        newest: entries.newest,
        cosigned,
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

fn links(chain: &Chain) -> Stretch {
    let first = chain.headers.first();
    Stretch {
        first: first.map(|first| first.seq).unwrap_or_default(),
        prev: first.map_or(EntryHash([0; 32]), |first| first.prev),
        hashes: chain.headers.iter().map(Header::hash).collect(),
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

impl<'a> Entries<'a> {
    /// The entries that carry a part.
    fn place(&mut self, part: Part, kind: BodyKind, body: &'a [u8]) -> Result<Placed<'a>, ProofError> {
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

impl PlacedAct<'_> {
    /// The numbers of the chains that show its commits.
    fn chains(&self) -> impl Iterator<Item = &usize> {
        let carriers = self.carriers.iter().flat_map(|carrier| &carrier.chains);
        self.commit.chains.iter().chain(carriers)
    }
}

impl Placed<'_> {
    /// The body, with every signature in it checked.
    fn open(&self, network: NetworkId) -> Result<Body, ProofError> {
        let entry = Entry {
            header: self.header,
            body: self.body.to_vec(),
        };
        entry
            .open(network, self.scope)
            .map_err(|defect| self.part.is(defect))
    }
}

type StatementAt = (Verified<Statement>, Vec<Position>);

fn open_statements(network: NetworkId, placed: Vec<Placed<'_>>) -> Result<Vec<StatementAt>, ProofError> {
    let mut found: Vec<StatementAt> = Vec::with_capacity(placed.len());
    for (number, placed) in (1..).zip(placed) {
        let part = placed.part;
        let Body::Statement(statement) = placed.open(network)? else {
            return Err(part.is(Fault::NoEntry));
        };
        if number == 1 && statement.as_genesis().is_none() {
            return Err(part.is(Fault::NoGenesis));
        }
        // The genesis comes first, wherever its id would stand, and once.
        let again = number > 1 && statement.id.0 == network.0;
        if again || (number > 2 && found.last().is_some_and(|(last, _)| last.id >= statement.id)) {
            return Err(part.is(Fault::Order));
        }
        found.push((statement, placed.at));
    }
    Ok(found)
}

/// The acts as far as no signature has to be checked: their entries, their order, and that the minutes are theirs.
fn place_acts<'a>(proof: &'a Proof, entries: &mut Entries<'a>) -> Result<Vec<PlacedAct<'a>>, ProofError> {
    if proof.acts.is_empty() {
        return Err(Part::File.is(Fault::Form("a proof of nothing".to_owned())));
    }
    if !proof.acts.iter().skip(1).is_sorted_by(|a, b| a.commit < b.commit) {
        return Err(Part::File.is(Fault::Order));
    }
    let mut acts = Vec::with_capacity(proof.acts.len());
    for (number, act) in (1..).zip(&proof.acts) {
        let commit = entries.place(Part::Commit(number), BodyKind::Commit, &act.commit)?;
        let minutes = Minutes::decode(&act.minutes).map_err(|error| Part::Minutes(number).is(error))?;
        if !carried(&commit)?.contains(&minutes) {
            return Err(Part::Minutes(number).is(Fault::NotCarried));
        }
        let wanted: BTreeSet<[u8; 32]> = signature_ids(&minutes).collect();
        let mut carriers: Vec<Placed<'_>> = Vec::with_capacity(act.carriers.len());
        for (at, bytes) in (1..).zip(&act.carriers) {
            let part = Part::Carrier(number, at);
            if carriers.last().is_some_and(|last| last.body >= bytes.as_slice()) {
                return Err(part.is(Fault::Order));
            }
            let carrier = entries.place(part, BodyKind::Commit, bytes)?;
            let carries = |minutes: &Minutes| signature_ids(minutes).any(|id| wanted.contains(&id));
            if bytes == &act.commit || !carried(&carrier)?.iter().any(carries) {
                return Err(part.is(Fault::Unneeded));
            }
            carriers.push(carrier);
        }
        acts.push(PlacedAct {
            minutes,
            commit,
            carriers,
        });
    }
    Ok(acts)
}

/// The commits that decide, as far as no signature has to be checked.
fn place_rulings<'a>(proof: &'a Proof, entries: &mut Entries<'a>) -> Result<Vec<Placed<'a>>, ProofError> {
    let mut rulings: Vec<Placed<'a>> = Vec::with_capacity(proof.rulings.len());
    for (number, bytes) in (1..).zip(&proof.rulings) {
        let part = Part::Ruling(number);
        if rulings.last().is_some_and(|last| last.body >= bytes.as_slice()) {
            return Err(part.is(Fault::Order));
        }
        rulings.push(entries.place(part, BodyKind::Commit, bytes)?);
    }
    Ok(rulings)
}

/// The minutes that a commit carries, unchecked.
fn carried(commit: &Placed<'_>) -> Result<Vec<Minutes>, ProofError> {
    let decoded =
        Signed::<Commit>::decode(commit.body).map_err(|error| commit.part.is(Defect::from(error)))?;
    Ok(decoded.unchecked().minutes.clone())
}

fn open_commit(
    network: NetworkId,
    placed: Placed<'_>,
) -> Result<(Verified<Commit>, Vec<Position>), ProofError> {
    match placed.open(network)? {
        Body::Commit(commit) => Ok((commit, placed.at)),
        Body::Statement(_) => Err(placed.part.is(Fault::NoEntry)),
    }
}

fn open_rulings(network: NetworkId, placed: Vec<Placed<'_>>) -> Result<Vec<ProvenCommit>, ProofError> {
    let open = |placed| {
        let (commit, at) = open_commit(network, placed)?;
        let id = commit.commit_id(network);
        Ok(ProvenCommit { commit, id, at })
    };
    placed.into_iter().map(open).collect()
}

fn open_acts(network: NetworkId, placed: Vec<PlacedAct<'_>>) -> Result<Vec<ProvenAct>, ProofError> {
    let open = |placed| open_commit(network, placed);
    let mut acts = Vec::with_capacity(placed.len());
    for act in placed {
        let (commit, at) = open(act.commit)?;
        acts.push(ProvenAct {
            id: commit.commit_id(network),
            commit,
            minutes: act.minutes,
            at,
            carriers: act.carriers.into_iter().map(open).collect::<Result<_, _>>()?,
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

/// Whether the ledger is the one that the reader trusts.
fn trusted(authority: &Authority, roots: &[[u8; 32]]) -> Result<(), ProofError> {
    let network = authority.network();
    if authority.genesis().is_none() {
        return Err(Part::File.is(Fault::NoGenesis));
    }
    let keys: BTreeSet<PublicKey> = roots
        .iter()
        .filter(|root| **root != network.0)
        .map(|root| PublicKey(*root))
        .collect();
    let named = |key: &&PublicKey| {
        authority
            .root_sets_in_order()
            .any(|(_, keys, _)| keys.contains(*key))
    };
    if let Some(stranger) = keys.iter().find(|key| !named(key)) {
        return Err(Part::File.is(Fault::OtherRoot(*stranger)));
    }
    if roots.contains(&network.0) || vouched(authority, &keys) {
        Ok(())
    } else {
        Err(Part::Statement(1).is(Fault::RootSilent))
    }
}

/// Whether as many of the keys that the reader trusts as the quorum of a set of root keys asks for, all when fewer are
/// given, have signed: founding keys the genesis, later ones any statement of the root in the file. Each of these names
/// the network.
fn vouched(authority: &Authority, trusted: &BTreeSet<PublicKey>) -> bool {
    let genesis = StatementId(authority.network().0);
    let by_root: Vec<&Statement> = authority
        .statements()
        .filter(|(statement, verdict)| statement.issuer == Issuer::Root && verdict.is_valid())
        .map(|(statement, _)| statement.value())
        .collect();
    authority.root_sets_in_order().any(|(set, keys, quorum)| {
        let spoke = |key: &&PublicKey| {
            let counts = |said: &&&Statement| set != genesis || said.id == genesis;
            let mut said = by_root.iter().filter(counts);
            keys.contains(*key) && said.any(|statement| statement.signers.contains(*key))
        };
        let asked = trusted.len().min(quorum as usize);
        asked > 0 && trusted.iter().filter(spoke).count() >= asked
    })
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

/// Every statement has effect and a purpose, and so has every act's commit and every ruling; who speaks in the checkpoint
/// is admitted.
fn judge(
    authority: &Authority,
    statements: &[StatementAt],
    acts: &[ProvenAct],
    rulings: &[ProvenCommit],
    cosigned: Option<&Cosigned>,
) -> Result<(), ProofError> {
    let mut grounds = Grounds::default();
    grounds.statements.insert(StatementId(authority.network().0));
    for (number, act) in (1..).zip(acts) {
        judge_commit(authority, Part::Commit(number), &act.commit, act.id, &act.at)?;
        grounds.add(act, authority.network());
    }
    for (number, ruling) in (1..).zip(rulings) {
        judge_commit(
            authority,
            Part::Ruling(number),
            &ruling.commit,
            ruling.id,
            &ruling.at,
        )?;
        grounds.commits.insert(ruling.id);
        grounds.statements.insert(ruling.commit.appointment);
        grounds.nodes.extend(ruling.at.iter().map(|at| at.node));
    }
    if let Some(cosigned) = cosigned {
        cosigned.expect_admitted(authority)?;
        grounds.nodes.extend(cosigned.nodes());
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

fn judge_commit(
    authority: &Authority,
    part: Part,
    commit: &Commit,
    id: CommitId,
    at: &[Position],
) -> Result<(), ProofError> {
    let kinds: BTreeSet<&OpKind> = commit.operations.iter().map(|op| &op.kind).collect();
    let act = Act {
        key: commit.author,
        appointment: commit.appointment,
        kinds: kinds.into_iter().collect(),
        commits: vec![id],
    };
    match authority.judge_act(&act, at) {
        verdict if verdict.is_valid() => Ok(()),
        verdict => Err(part.is(Fault::Verdict(verdict))),
    }
}

impl Grounds {
    fn add(&mut self, act: &ProvenAct, network: NetworkId) {
        self.commits.insert(act.id);
        self.commits
            .extend(act.carriers.iter().map(|(carrier, _)| carrier.commit_id(network)));
        self.statements.insert(act.commit.appointment);
        self.statements
            .extend(act.minutes.signers().iter().map(|signer| signer.appointment));
        let carried = act.carriers.iter().flat_map(|(_, at)| at);
        self.nodes.extend(act.at.iter().chain(carried).map(|at| at.node));
    }
}
