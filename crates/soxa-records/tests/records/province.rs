//! A province in memory: officials, commits without signatures, and all records judged until nothing changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use soxa_ledger::ids::{CommitId, NetworkId, NodeKey, OpId, PublicKey, RecordId, StatementId, sha256};
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::statement::Genesis;
use soxa_ledger::verdict::{Verdict, VoidReason};
use soxa_ledger::{Scope, SecretKey, Time};
use soxa_records::asset::{AssetRegister, AssetView};
use soxa_records::compose::{At, Composer, draft_line};
use soxa_records::handover::minutes::{SigningParty, latest_minutes, minutes_payload, sign_minutes};
use soxa_records::handover::view::HandoverView;
use soxa_records::handover::{
    ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverOperation, HandoverParty, LineOf,
    Subject, WitnessCapacity, WitnessParty,
};
use soxa_records::person::{PersonClass, PersonRegister, WorkField};
use soxa_records::unit::{UnitKind, UnitRegister};
use soxa_records::{
    Actor, Date, History, Illegality, MinutesFacts, OpFacts, OpVerdict, OpVoid, Others, Referred,
    SignerFacts, TypedOperation, founding_unit,
};

/// The moment that commits are made at, plus their number in seconds.
pub const START: u64 = 1_763_164_800_000;
pub const CUT: StatementId = StatementId([0xcc; 32]);

#[derive(Clone)]
pub struct Official {
    pub key: SecretKey,
    pub person: String,
    pub unit_path: Vec<RecordId>,
}

impl Official {
    pub fn unit(&self) -> RecordId {
        *self.unit_path.last().unwrap()
    }

    pub fn appointment(&self) -> StatementId {
        StatementId(self.key.public().0)
    }

    fn actor(&self) -> Actor {
        Actor {
            key: self.key.public(),
            appointment: self.appointment(),
            person: self.person.clone(),
            role: "unit_head".parse().unwrap(),
            unit_path: self.unit_path.clone(),
        }
    }
}

/// What judging sees of the other records.
pub struct World<'a> {
    pub network: NetworkId,
    pub histories: &'a BTreeMap<RecordId, History>,
    pub records: &'a BTreeMap<OpId, RecordId>,
}

impl Others for World<'_> {
    fn network(&self) -> NetworkId {
        self.network
    }

    fn referred(&self, op: &OpId) -> Option<Referred> {
        self.histories.get(self.records.get(op)?)?.referred(op)
    }
}

/// Units: the province, communes A, B, C below it, a centre below A, and the department of finance.
#[derive(Clone)]
pub struct Province {
    pub network: NetworkId,
    pub ops: BTreeMap<OpId, Arc<OpFacts>>,
    pub histories: BTreeMap<RecordId, History>,
    records: BTreeMap<OpId, RecordId>,
    officials: BTreeMap<PublicKey, Official>,
    commits: u64,
    pub top: Official,
    pub a: Official,
    pub b: Official,
    pub c: Official,
    pub centre: Official,
    pub finance: Official,
}

pub fn date() -> Date {
    Date::new(2025, 11, 15).unwrap()
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

impl Province {
    pub fn new() -> Self {
        Self::of(
            NetworkId(sha256(b"a province for tests")),
            &Self::genesis(Vec::new()),
        )
    }

    /// The founding statement, with these nodes.
    pub fn genesis(nodes: Vec<NodeKey>) -> Genesis {
        Genesis {
            name: "Sơn La".to_owned(),
            code: "14".to_owned(),
            roots: vec![key(1).public()],
            quorum: 1,
            roles: soxa_ledger::role::default_table(),
            nodes,
            created: Time(START),
            salt: [7; 32],
        }
    }

    pub fn of(network: NetworkId, genesis: &Genesis) -> Self {
        let top = Official {
            key: key(10),
            person: "Operator".to_owned(),
            unit_path: vec![network.province_unit()],
        };
        let mut province = Self {
            network,
            ops: BTreeMap::new(),
            histories: BTreeMap::new(),
            records: BTreeMap::new(),
            officials: BTreeMap::new(),
            commits: 0,
            a: top.clone(),
            b: top.clone(),
            c: top.clone(),
            centre: top.clone(),
            finance: top.clone(),
            top: top.clone(),
        };
        province.officials.insert(top.key.public(), top.clone());
        province.learn(vec![founding_unit(network, genesis)]);
        province.a = province.unit(&top, 11, "Mường Bú", UnitKind::Commune);
        province.b = province.unit(&top, 12, "Thuận Châu", UnitKind::Commune);
        province.c = province.unit(&top, 13, "Phiêng Cằm", UnitKind::Commune);
        province.finance = province.unit(&top, 14, "Sở Tài chính", UnitKind::Department);
        let a = province.a.clone();
        province.centre = province.unit(&a, 15, "Trung tâm Mường Bú", UnitKind::ServiceCentre);
        province
    }

    /// A unit below that of `by`, with its head.
    pub fn unit(&mut self, by: &Official, seed: u8, name: &str, kind: UnitKind) -> Official {
        let mut composer = Composer::new();
        let register = UnitRegister {
            kind,
            name: name.to_owned(),
            code: None,
            path: by.unit_path.clone(),
            basis: "NQ 1681/NQ-UBTVQH15".to_owned(),
        };
        composer.register_unit(soxa_ledger::OpRef::Id(by.unit().into()), register);
        let unit = self.commit(by, composer)[0];
        let mut unit_path = by.unit_path.clone();
        unit_path.push(unit.into());
        let head = Official {
            key: key(seed),
            person: format!("Head of {name}"),
            unit_path,
        };
        self.officials.insert(head.key.public(), head.clone());
        head
    }

    /// An official of a unit with a key of their own.
    pub fn official(&mut self, of: &Official, seed: u8) -> Official {
        let official = Official {
            key: key(seed),
            person: format!("Officer {seed}"),
            unit_path: of.unit_path.clone(),
        };
        self.officials.insert(official.key.public(), official.clone());
        official
    }

    /// The facts of a commit that stands, without taking them in.
    pub fn facts(&mut self, by: &Official, composer: Composer) -> Vec<OpFacts> {
        self.facts_in(by, composer, &Scope::all_nodes())
    }

    /// The facts of a commit of some readers.
    pub fn facts_in(&mut self, by: &Official, composer: Composer, scope: &Scope) -> Vec<OpFacts> {
        self.commits += 1;
        let commit = CommitId(sha256(&self.commits.to_be_bytes()));
        let (operations, minutes) = composer.finish();
        let minutes: Arc<[MinutesFacts]> = minutes.iter().map(|m| self.minutes_facts(m)).collect();
        (0_u32..)
            .zip(operations)
            .map(|(index, operation)| OpFacts {
                id: OpId::of(commit, index),
                commit,
                index,
                record: operation.record_id(commit, index),
                kind: operation.kind.clone(),
                version: operation.version,
                parents: operation.parents.iter().map(|r| r.resolve(commit)).collect(),
                refs: operation.refs.iter().map(|r| r.resolve(commit)).collect(),
                body: operation.body,
                actor: Some(by.actor()),
                author_time: Time(START + self.commits * 1_000),
                verdict: Verdict::Valid,
                minutes: Arc::clone(&minutes),
                note: None,
                scope: scope.clone(),
            })
            .collect()
    }

    fn minutes_facts(&self, minutes: &Minutes) -> MinutesFacts {
        MinutesFacts::of(minutes, |signer| {
            let official = self.officials.get(&signer.key).unwrap();
            SignerFacts {
                party: signer.party,
                key: signer.key,
                person: official.person.clone(),
                unit_path: official.unit_path.clone(),
                refused: signer.refused.clone(),
                remark: signer.remark.clone(),
                verdict: Verdict::Valid,
            }
        })
    }

    /// Takes in a commit and gives the ids of its operations.
    pub fn commit(&mut self, by: &Official, composer: Composer) -> Vec<OpId> {
        let facts = self.facts(by, composer);
        let ids = facts.iter().map(|f| f.id).collect();
        self.learn(facts);
        ids
    }

    /// Takes in a commit of one operation and gives its id.
    pub fn act(&mut self, by: &Official, compose: impl FnOnce(&mut Composer)) -> OpId {
        let mut composer = Composer::new();
        compose(&mut composer);
        self.commit(by, composer)[0]
    }

    pub fn learn(&mut self, facts: Vec<OpFacts>) {
        for facts in facts {
            self.records.insert(facts.id, facts.record);
            self.ops.insert(facts.id, Arc::new(facts));
        }
        self.judge();
    }

    pub fn forget(&mut self, op: OpId) {
        self.ops.remove(&op);
        self.records.remove(&op);
        self.judge();
    }

    /// Goes on with later numbers, so that two provinces that part make different commits.
    pub fn skip_commits(&mut self, count: u64) {
        self.commits += count;
    }

    /// Changes what is known of an operation, as a cut does.
    pub fn change(&mut self, ops: &[OpId], change: impl Fn(&mut OpFacts)) {
        for op in ops {
            let mut facts = self.ops[op].as_ref().clone();
            change(&mut facts);
            self.ops.insert(*op, Arc::new(facts));
        }
        self.judge();
    }

    /// A cut voids the commits of these operations.
    pub fn cut(&mut self, ops: &[OpId]) {
        self.change(ops, |facts| facts.verdict = Verdict::Void(VoidReason::Cut(CUT)));
    }

    /// A cut voids every signature of a key under minutes.
    pub fn cut_signatures(&mut self, signer: &Official, verdict: &Verdict) {
        let key = signer.key.public();
        let all: Vec<OpId> = self.ops.keys().copied().collect();
        self.change(&all, |facts| {
            let mut minutes = facts.minutes.to_vec();
            for signer in minutes
                .iter_mut()
                .flat_map(|m| &mut m.signers)
                .filter(|s| s.key == key)
            {
                signer.verdict = verdict.clone();
            }
            facts.minutes = minutes.into();
        });
    }

    /// Judges every record against the others until nothing changes.
    pub fn judge(&mut self) {
        let mut by_record: BTreeMap<RecordId, Vec<Arc<OpFacts>>> = BTreeMap::new();
        for facts in self.ops.values() {
            by_record.entry(facts.record).or_default().push(Arc::clone(facts));
        }
        loop {
            let world = World {
                network: self.network,
                histories: &self.histories,
                records: &self.records,
            };
            let judged: BTreeMap<RecordId, History> = by_record
                .iter()
                .map(|(id, ops)| (*id, History::judge(ops.clone(), &world)))
                .collect();
            let same = verdicts(&judged) == verdicts(&self.histories);
            self.histories = judged;
            if same {
                return;
            }
        }
    }

    pub fn world(&self) -> World<'_> {
        World {
            network: self.network,
            histories: &self.histories,
            records: &self.records,
        }
    }

    pub fn history(&self, record: RecordId) -> &History {
        &self.histories[&record]
    }

    pub fn at(&self, record: RecordId) -> At {
        At::of(self.history(record)).unwrap()
    }

    pub fn verdict(&self, op: OpId) -> &OpVerdict {
        self.history(self.records[&op]).verdict(&op).unwrap()
    }

    #[track_caller]
    pub fn expect_valid(&self, op: OpId) {
        assert_eq!(self.verdict(op), &OpVerdict::Valid);
    }

    #[track_caller]
    pub fn expect_illegal(&self, op: OpId, illegality: Illegality) {
        assert_eq!(self.verdict(op), &OpVerdict::Void(OpVoid::Illegal(illegality)));
    }

    #[track_caller]
    pub fn expect_void(&self, op: OpId, void: OpVoid) {
        assert_eq!(self.verdict(op), &OpVerdict::Void(void));
    }

    pub fn asset(&mut self, of: &Official, name: &str) -> RecordId {
        self.act(of, |c| {
            c.register_asset(asset_of(of.unit(), name));
        })
        .into()
    }

    pub fn person(&mut self, of: &Official, name: &str) -> RecordId {
        self.act(of, |c| {
            c.register_person(person_of(of.unit(), name));
        })
        .into()
    }

    pub fn asset_view(&self, asset: RecordId) -> AssetView {
        AssetView::of(self.history(asset).state()).unwrap()
    }

    pub fn handover_view(&self, handover: RecordId) -> HandoverView {
        HandoverView::of(self.history(handover).state()).unwrap()
    }

    /// A draft of all these subjects, as their states are.
    pub fn draft(
        &self,
        giver: &Official,
        receiver: &Official,
        subjects: &[RecordId],
    ) -> (HandoverDraft, Composer) {
        self.draft_with(giver, receiver, None, subjects)
    }

    pub fn draft_with(
        &self,
        giver: &Official,
        receiver: &Official,
        witness: Option<&Official>,
        subjects: &[RecordId],
    ) -> (HandoverDraft, Composer) {
        let (lines, links): (Vec<_>, Vec<_>) = subjects
            .iter()
            .map(|s| draft_line(*s, self.history(*s).state()).unwrap())
            .unzip();
        let kind = match self.history(subjects[0]).kind() {
            Some(soxa_records::RecordKind::Person) => HandoverKind::Staff,
            _ => HandoverKind::Assets,
        };
        let party = |o: &Official| HandoverParty {
            unit: o.unit(),
            name: o.person.clone(),
        };
        let draft = HandoverDraft {
            kind,
            giver: party(giver),
            receiver: party(receiver),
            witness: witness.map(|o| WitnessParty {
                unit: o.unit(),
                name: o.person.clone(),
                capacity: WitnessCapacity::Witness,
            }),
            corrects: None,
            basis: "QĐ 2733".to_owned(),
            condition_basis: ConditionBasis::AsIs,
            place: "Mường Chùm".to_owned(),
            date: date(),
            expires: None,
            duties: String::new(),
            lines,
        };
        let mut composer = Composer::new();
        composer.draft_handover(draft.clone(), links);
        (draft, composer)
    }

    /// A handover of these subjects, drafted and offered.
    pub fn offered(&mut self, giver: &Official, receiver: &Official, subjects: &[RecordId]) -> RecordId {
        let (_, composer) = self.draft(giver, receiver, subjects);
        let handover = self.commit(giver, composer)[0].into();
        let minutes = self.signed(handover, giver, Party::Giver, &[]);
        let mut at = self.at(handover);
        self.act(giver, |c| {
            c.offer(&mut at, &minutes);
        });
        handover
    }

    pub fn draft_of(&self, handover: RecordId) -> HandoverDraft {
        match self.history(handover).typed(&handover.into()) {
            Some(TypedOperation::Handover(HandoverOperation::Draft(draft))) => HandoverDraft::clone(draft),
            other => panic!("no draft but {other:?}"),
        }
    }

    /// The latest minutes with one more signature.
    pub fn signed(
        &self,
        handover: RecordId,
        by: &Official,
        party: Party,
        refused: &[RefusedLine],
    ) -> Minutes {
        let payload = minutes_payload(self.network, handover, &self.draft_of(handover));
        let earlier = latest_minutes(self.history(handover));
        let by = SigningParty {
            party,
            appointment: by.appointment(),
            refused,
            remark: "",
            key: &by.key,
        };
        sign_minutes(self.network, &payload, earlier, by).unwrap()
    }

    /// The commit by which the receiver accepts: accept, and without a witness effect and custody.
    pub fn acceptance(&self, handover: RecordId, by: &Official, refused: &[RefusedLine]) -> Composer {
        let minutes = self.signed(handover, by, Party::Receiver, refused);
        let draft = self.draft_of(handover);
        let mut composer = Composer::new();
        let mut subjects = self.subjects(&draft);
        composer
            .accept(&mut self.at(handover), handover, &draft, &minutes, &mut subjects)
            .unwrap();
        composer
    }

    /// The receiver accepts; without a witness the effect is the second operation.
    pub fn accept(&mut self, handover: RecordId, by: &Official, refused: &[RefusedLine]) -> Vec<OpId> {
        let composer = self.acceptance(handover, by, refused);
        self.commit(by, composer)
    }

    pub fn subjects(&self, draft: &HandoverDraft) -> BTreeMap<RecordId, At> {
        draft
            .subjects()
            .map(|(_, subject)| (subject.record, self.at(subject.record)))
            .collect()
    }

    /// A whole handover of subjects.
    pub fn hand_over(&mut self, giver: &Official, receiver: &Official, subjects: &[RecordId]) -> Vec<OpId> {
        let handover = self.offered(giver, receiver, subjects);
        let composer = self.acceptance(handover, receiver, &[]);
        self.commit(receiver, composer)
    }
}

/// What decides whether the records that cite an operation must be judged again.
fn verdicts(histories: &BTreeMap<RecordId, History>) -> BTreeMap<OpId, (OpVerdict, bool)> {
    histories
        .values()
        .flat_map(|h| {
            h.verdicts()
                .map(|(f, v)| (f.id, (v.clone(), h.is_severed(&f.id))))
        })
        .collect()
}

pub fn asset_of(unit: RecordId, name: &str) -> AssetRegister {
    AssetRegister {
        code: "TS-001".to_owned(),
        category: "house".to_owned(),
        measure: "piece".to_owned(),
        residual: Some(900_000_000.into()),
        in_use_year: Some(2015),
        condition: "good".to_owned(),
        site: "Thuận Châu".to_owned(),
        ..AssetRegister::new(unit, name, 1_500_000_000)
    }
}

pub fn person_of(unit: RecordId, name: &str) -> PersonRegister {
    PersonRegister {
        name: name.to_owned(),
        birth_year: Some(1988),
        class: PersonClass::PublicEmployee,
        field: WorkField::Culture,
        unit,
    }
}

/// The asset or person of a line.
#[track_caller]
pub fn subject_of(line: &mut DraftLine) -> &mut Subject {
    match &mut line.of {
        LineOf::Subject(subject) => subject,
        other => panic!("{other:?}"),
    }
}
