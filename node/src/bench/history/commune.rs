//! A commune at work: its officers' acts, record by record, and the runs of its node's feed.

use soxa_ledger::entry::BodyKind;
use soxa_ledger::{Feed, Head, NetworkId, OpId, RecordId, Run, SecretKey};
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer};

use super::super::dice::Dice;
use super::{BEGINNING, Deputy, HistoryError, Official, STEP_MS, Shape, commit, feed_of, run};

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

/// One commune's node, officer and records.
pub(super) struct Commune {
    pub(super) node: SecretKey,
    pub(super) feed: Feed,
    pub(super) head: Head,
    pub(super) officer: Official,
    unit: RecordId,
    dice: Dice,
    open: Vec<Open>,
    pub(super) records: u64,
    acts: u64,
    pub(super) help: Option<Help>,
}

/// What the deputy has done, and who may end the appointments.
pub(super) struct Help {
    pub(super) shape: Deputy,
    pub(super) done: u64,
    pub(super) deputy: Official,
    pub(super) idle: Official,
    pub(super) head: Official,
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

impl Commune {
    pub(super) fn new(
        network: NetworkId,
        node: SecretKey,
        officer: Official,
        unit: RecordId,
        dice: Dice,
    ) -> Self {
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

    pub(super) fn go_on(
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
    pub(super) fn act(&mut self, network: NetworkId, shape: &Shape) -> Vec<u8> {
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
            category: category.to_owned(),
            measure: measure.to_owned(),
            cost: (1_000_000 * (1 + self.dice.below(900) as i64)).into(),
            in_use_year: Some(2008 + self.dice.below(17) as u16),
            condition: self.dice.one_of(CONDITIONS).to_owned(),
            site: self.dice.one_of(SITES).to_owned(),
            ..AssetRegister::new(self.unit, name, 0)
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
        6 => AssetSet::Residual((100_000 * dice.below(900) as i64).into()),
        _ => AssetSet::Remark(format!("Biên bản kiểm kê số {}", dice.below(500))),
    }
}
