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
use soxa_ledger::statement::{
    Admission, Appointment, Cut, CutReason, Fact, Genesis, Issuer, StatementError, UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::{
    Commit, Entry, Feed, Head, Header, Incarnation, NetworkId, OpId, OpRef, RecordId, Run, Scope, SecretKey,
    Statement, StatementId, Time, Tip, Verified,
};
use soxa_records::Quantity;
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer};
use soxa_records::unit::{UnitKind, UnitRegister};

use super::dice::Dice;

/// When it all begins: 15 November 2025, milliseconds since 1970.
pub const BEGINNING: Time = Time(1_763_164_800_000);
/// Milliseconds between two acts in a feed.
const STEP_MS: u64 = 1_000;
/// Of so many operations one does not know the newest of its record: somebody else was quicker.
const CONCURRENT_ONE_IN: u64 = 100;

const ASSETS: &[(&str, &str, &str)] = &[
    ("Trụ sở làm việc hai tầng", "Nhà, công trình", "cái"),
    ("Nhà văn hóa bản", "Nhà, công trình", "cái"),
    ("Xe ô tô bán tải", "Phương tiện vận tải", "chiếc"),
    ("Máy vi tính để bàn", "Máy móc, thiết bị", "bộ"),
    ("Máy phát thanh truyền thanh cơ sở", "Máy móc, thiết bị", "bộ"),
    ("Máy chiếu hội trường", "Máy móc, thiết bị", "cái"),
    ("Bàn ghế phòng họp", "Tài sản khác", "bộ"),
    ("Máy bơm nước trạm khuyến nông", "Máy móc, thiết bị", "cái"),
];
const CONDITIONS: &[&str] = &["Tốt", "Trung bình", "Cần sửa chữa", "Hỏng, chờ thanh lý"];
const SITES: &[&str] = &[
    "Trụ sở UBND xã",
    "Nhà văn hóa bản Nà Sàng",
    "Kho trung tâm, tầng 1",
    "Trạm khuyến nông",
    "Phòng họp số 2",
];

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

/// One commune's node, officer and records.
struct Commune {
    node: SecretKey,
    feed: Feed,
    head: Head,
    officer: Official,
    unit: RecordId,
    dice: Dice,
    open: Vec<Open>,
    records: u64,
    acts: u64,
    help: Option<Help>,
}

/// What the deputy has done, and who may end the appointments.
struct Help {
    shape: Deputy,
    done: u64,
    deputy: Official,
    idle: Official,
    head: Official,
}

/// A record that is being worked on.
struct Open {
    record: RecordId,
    /// What the next operation builds on: several after two were made at the same time.
    heads: Vec<OpId>,
    /// What the newest operation builds on.
    below: Vec<OpId>,
    left: u32,
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

/// What a founding puts into the province's feed.
struct Founding {
    network: NetworkId,
    root: SecretKey,
    bodies: Vec<(BodyKind, Vec<u8>)>,
}

impl Founding {
    fn state(&mut self, fact: &Fact, by: Option<&Official>) -> Result<StatementId, HistoryError> {
        let issuer = by.map_or(Issuer::Root, |official| Issuer::Under(official.appointment));
        let key = by.map_or(&self.root, |official| &official.key);
        let statement = state(self.network, issuer, fact, key)?;
        self.bodies
            .push((BodyKind::Statement, statement.bytes().to_vec()));
        Ok(statement.id)
    }

    fn appoint(
        &mut self,
        dice: &mut Dice,
        role: &str,
        path: &[RecordId],
        by: Option<&Official>,
    ) -> Result<Official, HistoryError> {
        let key = SecretKey::from_seed(&dice.bytes());
        let appointment = Appointment {
            key: key.public(),
            person: "Lò Văn Bình".to_owned(),
            unit_path: path.to_vec(),
            role: role
                .parse()
                .map_err(|_| StatementError::Payload("role".to_owned()))?,
            term: Term {
                from: Time(0),
                until: None,
            },
            basis: "Quyết định 01/QĐ-UBND".to_owned(),
        };
        let appointment = self.state(&Fact::Appointment(appointment), by)?;
        Ok(Official { key, appointment })
    }

    fn admit(
        &mut self,
        operator: &Official,
        node: &SecretKey,
        path: &[RecordId],
    ) -> Result<(), HistoryError> {
        let admission = Admission {
            node: node.node(),
            unit_path: path.to_vec(),
            name: "Máy chủ xã".to_owned(),
        };
        self.state(&Fact::Admission(admission), Some(operator))?;
        Ok(())
    }

    fn register_communes(
        &mut self,
        operator: &Official,
        count: usize,
    ) -> Result<Vec<RecordId>, HistoryError> {
        let mut units = Vec::with_capacity(count);
        for number in 1..=count {
            let mut composer = Composer::new();
            let register = UnitRegister {
                kind: UnitKind::Commune,
                name: format!("Xã số {number}"),
                code: Some(format!("{number:05}")),
                path: vec![self.network.province_unit()],
                basis: "Nghị quyết 1681/NQ-UBTVQH15".to_owned(),
            };
            composer.register_unit(OpRef::Id(self.network.founding_op()), register);
            let commit = commit(operator, composer, BEGINNING);
            units.push(OpId::of(commit.id(self.network), 0).into());
            let bytes = commit.seal(self.network, &operator.key);
            self.bodies.push((BodyKind::Commit, bytes));
        }
        Ok(units)
    }
}

impl Commune {
    fn new(network: NetworkId, node: SecretKey, officer: Official, unit: RecordId, dice: Dice) -> Self {
        let (feed, head) = feed_of(network, &node);
        Self {
            node,
            feed,
            head,
            officer,
            unit,
            dice,
            open: Vec::new(),
            records: 0,
            acts: 0,
            help: None,
        }
    }

    fn go_on(
        &mut self,
        network: NetworkId,
        shape: &Shape,
        operations: u64,
    ) -> Result<Vec<Run>, HistoryError> {
        let mut runs = Vec::new();
        let mut bodies = Vec::new();
        for left in (0..operations).rev() {
            bodies.push((BodyKind::Commit, self.act(network, shape)));
            if bodies.len() >= shape.run_entries || left == 0 {
                let bodies = std::mem::take(&mut bodies);
                let (run, head) = run(network, &self.node, &self.feed, self.head, bodies);
                self.head = head;
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// Whether the next act is the deputy's, who keeps what is there and begins nothing.
    fn is_deputys(&mut self) -> bool {
        self.acts += 1;
        let Some(help) = &mut self.help else {
            return false;
        };
        let passed = u128::from(self.acts.min(help.shape.among));
        let due = passed * u128::from(help.shape.acts) / u128::from(help.shape.among.max(1));
        let is_due = u128::from(help.done) < due && !self.open.is_empty();
        help.done += u64::from(is_due);
        is_due
    }

    /// The next act of the officer or the deputy, signed.
    fn act(&mut self, network: NetworkId, shape: &Shape) -> Vec<u8> {
        let time = self.head.time.max(BEGINNING).plus_ms(STEP_MS);
        let deputys = self.is_deputys();
        let slots = if deputys {
            self.open.len()
        } else {
            shape.records_open.max(1)
        };
        let at = self.dice.below(slots);
        let mut late = false;
        let composer = match self.open.get(at) {
            None => self.register(),
            Some(open) => {
                late = self.dice.one_in(CONCURRENT_ONE_IN) && !open.below.is_empty();
                let parents = if late { &open.below } else { &open.heads };
                let mut here = At::new(open.record, parents);
                let mut composer = Composer::new();
                composer.set_asset(&mut here, setting(&mut self.dice));
                composer
            }
        };
        let help = self.help.as_ref().filter(|_| deputys);
        let by = help.map_or(&self.officer, |help| &help.deputy);
        let commit = commit(by, composer, time);
        let op = OpId::of(commit.id(network), 0);
        match self.open.get_mut(at) {
            None => self.open.push(Open {
                record: op.into(),
                heads: vec![op],
                below: Vec::new(),
                left: shape.record_operations.saturating_sub(1),
            }),
            Some(open) => {
                if late {
                    open.heads.push(op);
                    open.heads.sort_unstable();
                    open.below.clear();
                } else {
                    open.below = std::mem::replace(&mut open.heads, vec![op]);
                }
                open.left = open.left.saturating_sub(1);
            }
        }
        self.open.retain(|open| open.left > 0);
        commit.seal(network, &by.key)
    }

    fn register(&mut self) -> Composer {
        self.records += 1;
        let (name, category, measure) = self.dice.one_of(ASSETS);
        let register = AssetRegister {
            code: format!("TS-{:06}", self.records),
            name: name.to_owned(),
            category: category.to_owned(),
            unit: self.unit,
            quantity: Quantity::whole(1),
            measure: measure.to_owned(),
            cost: 1_000_000 * (1 + self.dice.below(900) as i64),
            residual: None,
            in_use_year: Some(2008 + self.dice.below(17) as u16),
            condition: self.dice.one_of(CONDITIONS).to_owned(),
            site: self.dice.one_of(SITES).to_owned(),
        };
        let mut composer = Composer::new();
        composer.register_asset(register);
        composer
    }
}

fn setting(dice: &mut Dice) -> AssetSet {
    match dice.below(8) {
        0..=2 => AssetSet::Condition(dice.one_of(CONDITIONS).to_owned()),
        3..=5 => AssetSet::Site(dice.one_of(SITES).to_owned()),
        6 => AssetSet::Residual(100_000 * dice.below(900) as i64),
        _ => AssetSet::Remark(format!("Biên bản kiểm kê số {}", dice.below(500))),
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
