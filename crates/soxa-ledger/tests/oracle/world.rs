//! A small world to judge: a genesis, a few keys and nodes, feeds with real forked chains, signed statements.

use std::sync::LazyLock;

use soxa_ledger::authority::Stretch;
use soxa_ledger::entry::{BodyKind, Header};
use soxa_ledger::fork::Branch;
use soxa_ledger::role::{Permissions, Reach, RoleTable, StatementKind};
use soxa_ledger::statement::{Fact, FeedPosition, Genesis, Issuer, Supposed, UnsignedStatement};
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Feed, FeedId, ForkProof, Head, Incarnation, NetworkId, PublicKey, RecordId, Scope, SecretKey, Signed,
    Statement, Time, Tip, Verified,
};

/// Entries in each branch of a feed.
pub const LENGTH: u64 = 8;
/// Feeds; the last two belong to one node.
pub const FEEDS: usize = 4;
/// Branches of each feed. The first is the trunk; the others leave it at these numbers.
pub const LEAVES_AT: [u64; 3] = [LENGTH + 1, 3, 5];
/// Officials.
pub const OFFICIALS: usize = 5;

/// What all cases share; making chains and keys once is enough.
pub struct World {
    pub network: NetworkId,
    pub genesis: Verified<Statement>,
    /// A container of the genesis without a quorum.
    pub bare_genesis: Verified<Statement>,
    pub roots: Vec<SecretKey>,
    pub officials: Vec<SecretKey>,
    pub nodes: Vec<SecretKey>,
    pub units: Vec<Vec<RecordId>>,
    feeds: Vec<(Feed, FeedId)>,
    chains: Vec<[Vec<Header>; 3]>,
}

pub static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn key(kind: u8, number: usize) -> SecretKey {
    let mut seed = [kind; 32];
    seed[31] = u8::try_from(number).unwrap();
    SecretKey::from_seed(&seed)
}

fn keys(kind: u8, count: usize) -> Vec<SecretKey> {
    let mut keys: Vec<_> = (0..count).map(|number| key(kind, number)).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

fn roles() -> RoleTable {
    use StatementKind::{Admission, Adoption, Appointment, Compromise, Cut};
    let row = |role: &str, operations: &[&str], statements: &[StatementKind], appoints: &[&str], reach| {
        let permissions = Permissions {
            operations: operations.iter().map(|o| o.parse().unwrap()).collect(),
            statements: statements.to_vec(),
            appoints: appoints.iter().map(|r| r.parse().unwrap()).collect(),
            reach,
        };
        (role.parse().unwrap(), permissions)
    };
    let all = [Appointment, Cut, Compromise, Admission, Adoption];
    RoleTable::from([
        row(
            "head",
            &["asset.*", "unit.register"],
            &all,
            &["head", "deputy", "officer"],
            Reach::Subtree,
        ),
        row(
            "deputy",
            &["asset.*"],
            &[Appointment, Cut, Adoption],
            &["officer", "deputy"],
            Reach::Children,
        ),
        row("officer", &["asset.edit"], &[Adoption], &[], Reach::Unit),
    ])
}

/// The roles, from the one that may most; the last is not in the table.
pub const ROLES: [&str; 4] = ["head", "deputy", "officer", "stranger"];
/// Kinds of operations, from the one that most may do.
pub const KINDS: [&str; 3] = ["asset.edit", "asset.move", "unit.register"];

impl World {
    fn new() -> Self {
        // The last two are named by changes only.
        let roots = keys(1, 5);
        let officials = keys(2, OFFICIALS);
        let nodes = keys(3, 3);
        let genesis = Genesis {
            name: "Cao Bằng".to_owned(),
            code: "04".to_owned(),
            roots: roots.iter().take(3).map(SecretKey::public).collect(),
            quorum: 2,
            roles: roles(),
            nodes: vec![nodes[0].node()],
            created: Time(1),
            salt: [9; 32],
        };
        let unsigned = UnsignedStatement::genesis(&genesis);
        let bare_genesis = unsigned.assemble(vec![unsigned.sign(&roots[0])]).unwrap();
        let genesis = unsigned
            .assemble(vec![unsigned.sign(&roots[2]), unsigned.sign(&roots[0])])
            .unwrap();
        let network = genesis.network;
        let unit = |number: u8| RecordId([number; 32]);
        let units = vec![
            vec![network.province_unit()],
            vec![network.province_unit(), unit(1)],
            vec![network.province_unit(), unit(2)],
            vec![network.province_unit(), unit(1), unit(3)],
        ];
        let feeds: Vec<_> = (0..FEEDS)
            .map(|number| {
                let feed = Feed {
                    node: nodes[number.min(2)].node(),
                    incarnation: Incarnation([u8::try_from(number).unwrap(); 16]),
                    scope: Scope::all_nodes(),
                    follows: None,
                };
                let id = feed.id(network);
                (feed, id)
            })
            .collect();
        let chains = feeds.iter().map(|(_, id)| chains(*id)).collect();
        Self {
            network,
            genesis,
            bare_genesis,
            roots,
            officials,
            nodes,
            units,
            feeds,
            chains,
        }
    }

    fn header(&self, feed: usize, seq: u64, branch: usize) -> &Header {
        &self.chains[feed % FEEDS][branch % 3][usize::try_from(seq - 1).unwrap()]
    }

    /// An entry: its number is taken modulo the length. Before a branch leaves the trunk it is the trunk's.
    pub fn position(&self, feed: usize, seq: u64, branch: usize) -> Position {
        let header = self.header(feed, seq % LENGTH + 1, branch);
        Position {
            feed: header.feed,
            node: self.feeds[feed % FEEDS].0.node,
            seq: header.seq,
            hash: header.hash(),
            time: header.node_time,
        }
    }

    pub fn feed_position(&self, feed: usize, seq: u64, branch: usize) -> FeedPosition {
        let at = self.position(feed, seq, branch);
        FeedPosition {
            feed: at.feed,
            seq: at.seq,
            hash: at.hash,
        }
    }

    /// A proof from two branches, known up to two numbers. None when they do not differ by then.
    pub fn fork(
        &self,
        feed: usize,
        one: (usize, u64),
        other: (usize, u64),
    ) -> Option<(Verified<ForkProof>, Signed<ForkProof>)> {
        let (what, id) = &self.feeds[feed % FEEDS];
        let node = self.nodes.iter().find(|node| node.node() == what.node).unwrap();
        let branch = |(branch, up_to): (usize, u64)| {
            let headers: Vec<Header> = (1..=up_to % LENGTH + 1)
                .map(|seq| *self.header(feed, seq, branch))
                .collect();
            let last = headers.last().unwrap();
            let tip = Tip {
                feed: *id,
                seq: last.seq,
                hash: last.hash(),
            }
            .sign(self.network, node);
            Branch { headers, tip }
        };
        let proof = ForkProof::between(what.clone(), branch(one), branch(other)).ok()?;
        let signed = Signed::<ForkProof>::decode(&proof.encode()).unwrap();
        Some((signed.clone().verify(self.network).unwrap(), signed))
    }

    /// The links of a branch from one number to another, both modulo the length.
    pub fn stretch(&self, feed: usize, branch: usize, from: u64, to: u64) -> (FeedId, Stretch) {
        let (from, to) = (from % LENGTH + 1, to % LENGTH + 1);
        let header = |seq| self.header(feed, seq, branch);
        let first = header(from.min(to));
        let stretch = Stretch {
            first: first.seq,
            prev: first.prev,
            hashes: (first.seq.0..=from.max(to))
                .map(|seq| header(seq).hash())
                .collect(),
        };
        (first.feed, stretch)
    }

    pub fn sign(&self, issuer: Issuer, fact: &Fact, signers: &[&SecretKey]) -> Verified<Statement> {
        let unsigned = UnsignedStatement::new(self.network, issuer, fact, &[]);
        unsigned
            .assemble(signers.iter().map(|key| unsigned.sign(key)).collect())
            .unwrap()
    }

    /// The same as if it had been signed.
    pub fn suppose(&self, issuer: Issuer, fact: &Fact, signers: Vec<PublicKey>) -> Supposed {
        let unsigned = UnsignedStatement::new(self.network, issuer, fact, &[]);
        unsigned.suppose(signers).unwrap()
    }
}

fn chains(feed: FeedId) -> [Vec<Header>; 3] {
    LEAVES_AT.map(|leaves_at| {
        let mut head = Head::empty(feed);
        (1..=LENGTH)
            .map(|seq| {
                let branch = if seq < leaves_at {
                    0
                } else {
                    u8::try_from(leaves_at).unwrap()
                };
                let header = Header::following(feed, &head, Time(10 * seq), BodyKind::Commit, &[branch]);
                head = header.head();
                header
            })
            .collect()
    })
}
