//! A made-up history of a province to measure with: the same from the same shape, made run by run, so that a million
//! operations need no more memory than the records that are being worked on.
//!
//! Every operation is a commit of its own with its author's signature. Each commune's node has a feed, each commune's
//! asset officer registers assets and then keeps their condition, place, value and name. Work goes on on many assets
//! at once, so neighbouring entries of a feed mostly belong to different records. Nearly all operations build on the
//! one before; a few are made at the same time as another.

use soxa_ledger::commit::CommitError;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::role::default_table;
use soxa_ledger::statement::{Cut, CutReason, Fact, Genesis, Issuer, StatementError, UnsignedStatement};
use soxa_ledger::{
    Commit, Entry, Feed, Head, Header, Incarnation, NetworkId, Run, Scope, SecretKey, Statement, StatementId,
    Time, Tip, Verified,
};
use soxa_records::compose::Composer;

mod commune;
mod founding;

use self::commune::{Commune, Help};
use self::founding::Founding;
use super::dice::Dice;

/// When it all begins: 15 November 2025, milliseconds since 1970.
pub const BEGINNING: Time = Time(1_763_164_800_000);
/// Milliseconds between two acts in a feed.
const STEP_MS: u64 = 1_000;

/// What history is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// From which all chance comes.
    pub seed: u64,
    /// Communes, each with a node that has one feed.
    pub communes: usize,
    /// Operations of one record.
    pub record_operations: u32,
    /// Records that a commune works on at the same time.
    pub records_open: usize,
    /// Entries under one signed tip, at most what the format allows.
    pub run_entries: usize,
    /// Who helps the first commune's officer.
    pub deputy: Option<Deputy>,
}

/// A second asset officer of the first commune, who keeps the records that the first one registers, and a third who does
/// nothing: two appointments to end.
#[derive(Debug, Clone, Copy)]
pub struct Deputy {
    /// How many of the commune's acts are the deputy's, spread evenly.
    pub acts: u64,
    /// Over so many of the commune's first acts, of which at least half must be the officer's own.
    pub among: u64,
}

/// Whose appointment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The deputy's.
    Deputy,
    /// The one's who does nothing.
    Idle,
}

/// What cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A commit that the format refuses.
    #[error("making a commit of the history: {0}")]
    Commit(#[from] CommitError),
    /// A statement that the format refuses.
    #[error("making a statement of the history: {0}")]
    Statement(#[from] StatementError),
}

/// A province and the rest of its history, which is made when it is asked for.
pub struct History {
    /// The network.
    pub network: NetworkId,
    /// What a node must know before it takes anything in.
    pub genesis: Verified<Statement>,
    /// The first run of all: authority and units, in the feed of the province's node.
    pub founding: Run,
    /// The key of the province's node.
    pub province_node: SecretKey,
    shape: Shape,
    communes: Vec<Commune>,
}

#[derive(Clone)]
struct Official {
    key: SecretKey,
    appointment: StatementId,
}

impl History {
    /// Founds the province.
    ///
    /// # Errors
    /// When the format refuses what was made.
    pub fn new(shape: Shape) -> Result<Self, HistoryError> {
        let mut dice = Dice::new(shape.seed);
        let root = SecretKey::from_seed(&dice.bytes());
        let province_node = SecretKey::from_seed(&dice.bytes());
        let genesis = Genesis {
            name: "Tỉnh Sơn La".to_owned(),
            code: "14".to_owned(),
            roots: vec![root.public()],
            quorum: 1,
            roles: default_table(),
            nodes: vec![province_node.node()],
            created: BEGINNING,
            salt: dice.bytes(),
        };
        let unsigned = UnsignedStatement::genesis(&genesis);
        let genesis = unsigned.assemble(vec![unsigned.sign(&root)])?;
        let network = genesis.network;
        let mut founding = Founding {
            network,
            root,
            bodies: vec![(BodyKind::Statement, genesis.bytes().to_vec())],
        };
        let province = vec![network.province_unit()];
        let head = founding.appoint(&mut dice, "unit_head", &province, None)?;
        let operator = founding.appoint(&mut dice, "province_operator", &province, None)?;
        let units = founding.register_communes(&operator, shape.communes)?;
        let mut communes = Vec::with_capacity(units.len());
        for unit in units {
            let path = vec![network.province_unit(), unit];
            let node = SecretKey::from_seed(&dice.bytes());
            founding.admit(&operator, &node, &path)?;
            let commune_head = founding.appoint(&mut dice, "unit_head", &path, Some(&head))?;
            let officer = founding.appoint(&mut dice, "asset_officer", &path, Some(&commune_head))?;
            let mut commune = Commune::new(network, node, officer, unit, dice.fork());
            if let Some(shape) = shape.deputy.filter(|_| communes.is_empty()) {
                let mut appoint = || founding.appoint(&mut dice, "asset_officer", &path, Some(&commune_head));
                commune.help = Some(Help {
                    shape,
                    done: 0,
                    deputy: appoint()?,
                    idle: appoint()?,
                    head: commune_head,
                });
            }
            communes.push(commune);
        }
        let (feed, empty) = feed_of(network, &province_node);
        let (founding, _) = run(network, &province_node, &feed, empty, founding.bodies);
        Ok(Self {
            network,
            genesis,
            founding,
            province_node,
            shape,
            communes,
        })
    }

    /// The next operations, in runs; all communes go on evenly, each made on a core of its own.
    ///
    /// # Errors
    /// When the format refuses what was made.
    pub fn go_on(&mut self, operations: u64) -> Result<Vec<Run>, HistoryError> {
        let (network, shape) = (self.network, self.shape);
        let communes = self.communes.len() as u64;
        let made: Vec<Result<Vec<Run>, HistoryError>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0_u64..)
                .zip(&mut self.communes)
                .map(|(at, commune)| {
                    // Each its part; the first ones take the rest.
                    let part = operations / communes + u64::from(at < operations % communes);
                    scope.spawn(move || commune.go_on(network, &shape, part))
                })
                .collect();
            let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined
                .map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
        // One run of each feed in turn, as they come in from several nodes.
        let mut runs = Vec::new();
        while made.iter().any(|runs| !runs.is_empty()) {
            runs.extend(
                made.iter_mut()
                    .filter(|runs| !runs.is_empty())
                    .map(|runs| runs.remove(0)),
            );
        }
        Ok(runs)
    }

    /// The key of a commune's node.
    #[must_use]
    pub fn commune_node(&self, commune: usize) -> Option<&SecretKey> {
        self.communes.get(commune).map(|commune| &commune.node)
    }

    /// The key of a commune's officer.
    #[must_use]
    pub fn officer(&self, commune: usize) -> Option<&SecretKey> {
        self.communes.get(commune).map(|commune| &commune.officer.key)
    }

    /// The next act of a commune's officer, signed and in no feed yet.
    #[must_use]
    pub fn next_commit(&mut self, commune: usize) -> Option<Vec<u8>> {
        let commune = self.communes.get_mut(commune)?;
        Some(commune.act(self.network, &self.shape))
    }

    /// The next run of the first commune's feed: its head ends an appointment from the beginning on. None in a history
    /// without a deputy.
    ///
    /// # Errors
    /// When the format refuses what was made.
    pub fn end(&mut self, ended: Ended) -> Result<Option<Run>, HistoryError> {
        let Some(commune) = self.communes.first_mut() else {
            return Ok(None);
        };
        let Some(help) = &commune.help else {
            return Ok(None);
        };
        let official = match ended {
            Ended::Deputy => &help.deputy,
            Ended::Idle => &help.idle,
        };
        let cut = Cut {
            target: official.appointment,
            reason: CutReason::Compromise,
            remark: "Khóa bị lộ".to_owned(),
            stands: Vec::new(),
        };
        let issuer = Issuer::Under(help.head.appointment);
        let cut = state(self.network, issuer, &Fact::Cut(cut), &help.head.key)?;
        let bodies = vec![(BodyKind::Statement, cut.bytes().to_vec())];
        let (run, head) = run(self.network, &commune.node, &commune.feed, commune.head, bodies);
        commune.head = head;
        Ok(Some(run))
    }

    /// How many records were begun.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.communes.iter().map(|commune| commune.records).sum()
    }
}

fn state(
    network: NetworkId,
    issuer: Issuer,
    fact: &Fact,
    key: &SecretKey,
) -> Result<Verified<Statement>, StatementError> {
    let unsigned = UnsignedStatement::new(network, issuer, fact, &[]);
    unsigned.assemble(vec![unsigned.sign(key)])
}

fn commit(by: &Official, composer: Composer, time: Time) -> Commit {
    let (operations, minutes) = composer.finish();
    Commit {
        author: by.key.public(),
        appointment: by.appointment,
        scope: Scope::all_nodes(),
        time,
        operations,
        minutes,
        note: None,
    }
}

fn feed_of(network: NetworkId, node: &SecretKey) -> (Feed, Head) {
    let mut incarnation = [0; 16];
    incarnation.copy_from_slice(&node.node().0[..16]);
    let feed = Feed {
        node: node.node(),
        incarnation: Incarnation(incarnation),
        scope: Scope::all_nodes(),
        follows: None,
    };
    let empty = Head::empty(feed.id(network));
    (feed, empty)
}

/// The bodies as the next run of a feed, and where the feed ends with it.
fn run(
    network: NetworkId,
    node: &SecretKey,
    feed: &Feed,
    mut head: Head,
    bodies: Vec<(BodyKind, Vec<u8>)>,
) -> (Run, Head) {
    let id = feed.id(network);
    let mut entries = Vec::with_capacity(bodies.len());
    for (kind, body) in bodies {
        let clock = head.time.max(BEGINNING).plus_ms(STEP_MS);
        let header = Header::following(id, &head, clock, kind, &body);
        head = header.head();
        entries.push(Entry { header, body });
    }
    let tip = Tip {
        feed: id,
        seq: head.seq,
        hash: head.hash,
    };
    let tip = tip.sign(network, node);
    let feed = feed.clone();
    (Run { feed, entries, tip }, head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            seed: 7,
            communes: 2,
            record_operations: 4,
            records_open: 5,
            run_entries: 8,
            deputy: None,
        }
    }

    #[test]
    fn the_deputy_does_exactly_what_is_asked_and_begins_nothing() {
        let deputy = Deputy { acts: 9, among: 20 };
        let mut history = History::new(Shape {
            deputy: Some(deputy),
            ..shape()
        })
        .unwrap();
        let runs = history.go_on(50).unwrap();
        let key = history.communes[0].help.as_ref().unwrap().deputy.key.public();
        let mut acts = 0;
        for entry in runs.iter().flat_map(|run| &run.entries) {
            let commit = soxa_ledger::Signed::<Commit>::decode(&entry.body).unwrap();
            let commit = commit.unchecked();
            if commit.author == key {
                acts += 1;
                let record = &commit.operations[0].record;
                assert!(matches!(record, soxa_ledger::RecordRef::Id(_)), "{record:?}");
            }
        }
        assert_eq!(acts, 9);
    }

    #[test]
    fn the_same_shape_gives_the_same_history() {
        let make = || {
            let mut history = History::new(shape()).unwrap();
            let mut runs = vec![history.founding.clone()];
            runs.extend(history.go_on(30).unwrap());
            runs.extend(history.go_on(11).unwrap());
            runs
        };
        let runs = make();
        assert_eq!(runs, make());
        let acts: usize = runs.iter().skip(1).map(|run| run.entries.len()).sum();
        assert_eq!(acts, 41);
    }
}
