//! Dossiers that were forwarded: all of them at every node of their readers, judged alike, and nothing at any other.

use soxa_engine::limits::{CARRY_AFTER_MS, CARRY_STEP_MS};
use soxa_ledger::copy::CommitCopy;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::statement::{Admission, Fact};
use soxa_ledger::{Body, Commit, Head, OpRef, RecordId, Scope, Seq, Time, Verified};
use soxa_records::compose::{At, Composer};
use soxa_records::dossier::view::DossierView;
use soxa_records::dossier::{
    Channel, DossierForward, DossierOperation, DossierReceive, DossierRegister, DossierStatus, Office, Remark,
};
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::unit::{UnitKind, UnitRegister};

use crate::province::{Feeder, NOW, Node, Official, Province, appointment, key, node_key, unsigned_commit};

/// Communes A, B and C with nodes of their own, and a procedure.
pub struct Desk {
    pub province: Province,
    office: Node,
    procedure: OpRef,
    /// The path of commune C.
    third: Vec<RecordId>,
}

/// Numbers of nodes: two at A, two at B, one at C.
pub const A: u8 = 3;
const A2: u8 = 4;
const B: u8 = 5;
const B2: u8 = 6;
const C: u8 = 7;

fn procedure() -> ReferenceVersion {
    let part = |name: &str, text: &str| ReferencePart {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    ReferenceVersion {
        table: ReferenceTable::Procedure,
        key: "1.001193".to_owned(),
        from: "2025-07-01".parse().unwrap(),
        until: None,
        parts: vec![part("name", "Khai sinh")],
        basis: "QĐ 1".to_owned(),
    }
}

fn office(path: &[RecordId]) -> Office {
    let (unit, above) = path.split_last().unwrap();
    Office {
        unit: *unit,
        above: above.to_vec(),
    }
}

impl Desk {
    pub fn new() -> Self {
        let province = Province::new();
        let mut office = Node::founded(&province);
        let mut composer = Composer::new();
        composer.publish(procedure());
        let published = province.commit(&province.operator, composer);
        let mut composer = Composer::new();
        let register = UnitRegister {
            kind: UnitKind::Commune,
            name: "Thuận Châu".to_owned(),
            code: None,
            path: province.head.path.clone(),
            basis: "Nghị quyết 1681".to_owned(),
        };
        composer.register_unit(OpRef::Id(province.network.founding_op()), register);
        let third = province.commit(&province.head, composer);
        let unit = office.record(&third, 0);
        let third_path = vec![province.network.province_unit(), unit];
        let paths = [
            (A, province.communes[0].head.path.clone()),
            (A2, province.communes[0].head.path.clone()),
            (B, province.communes[1].head.path.clone()),
            (B2, province.communes[1].head.path.clone()),
            (C, third_path.clone()),
        ];
        office.store(vec![Body::Commit(published.clone()), Body::Commit(third)]);
        for (number, unit_path) in paths {
            let admission = Admission {
                node: node_key(number).node(),
                unit_path,
                name: format!("nút {number}"),
            };
            let admission = province.state(&Fact::Admission(admission), Some(&province.operator));
            office.store(vec![Body::Statement(admission)]);
        }
        Self {
            procedure: OpRef::Id(office.record(&published, 0).into()),
            province,
            office,
            third: third_path,
        }
    }

    pub fn node(&self, number: u8) -> Node {
        let mut node = Node::new(&self.province, number);
        node.store(vec![Body::Statement(self.province.genesis.clone())]);
        sync(&mut node, &self.office);
        node
    }

    pub fn head(&self, commune: usize) -> Official {
        self.province.communes[commune].head.clone()
    }

    pub fn old_readers(&self) -> Scope {
        Scope::of(self.head(0).path).unwrap()
    }

    fn wider(&self) -> Scope {
        Scope::of(self.head(0).path.into_iter().chain(self.head(1).path)).unwrap()
    }

    pub fn commit(&self, by: &Official, composer: Composer, scope: &Scope) -> Verified<Commit> {
        let commit = Commit {
            scope: scope.clone(),
            ..unsigned_commit(by, composer)
        };
        commit.sign(self.province.network, &by.key).unwrap()
    }

    /// A dossier registered and received at a node of commune A.
    pub fn receive(&self, node: &mut Node, by: &Official) -> RecordId {
        let path = self.head(0).path;
        let register = DossierRegister {
            procedure: "1.001193".to_owned(),
            receiving: office(&path),
            competent: office(&path),
            residence: None,
            province: String::new(),
            channel: Channel::Counter,
            submitted: NOW,
            components: Vec::new(),
            fee: None,
            applicant: None,
            assisted_by: String::new(),
        };
        let mut composer = Composer::new();
        let mut at = composer.register_dossier(register, self.procedure);
        composer.on_dossier(&mut at, received("A-1"));
        let commit = self.commit(by, composer, &self.old_readers());
        node.store(vec![Body::Commit(commit.clone())]);
        node.record(&commit, 0)
    }

    fn act(
        &self,
        node: &mut Node,
        by: &Official,
        dossier: RecordId,
        operation: DossierOperation,
        scope: &Scope,
    ) {
        let (mut at, mut composer) = (At::of(&node.history(dossier)).unwrap(), Composer::new());
        composer.on_dossier(&mut at, operation);
        node.store(vec![Body::Commit(self.commit(by, composer, scope))]);
    }

    fn forward(&self, node: &mut Node, dossier: RecordId) {
        let forward = DossierForward {
            at: NOW,
            office: office(&self.head(1).path),
            reason: "người dân cư trú tại Phiêng Cằm".to_owned(),
        };
        let (head, wider) = (self.head(0), self.wider());
        self.act(node, &head, dossier, DossierOperation::Forward(forward), &wider);
    }
}

fn received(code: &str) -> DossierOperation {
    DossierOperation::Receive(DossierReceive {
        code: code.to_owned(),
        received: NOW,
        due: None,
    })
}

fn remark() -> Remark {
    Remark {
        at: NOW,
        note: String::new(),
    }
}

fn process() -> DossierOperation {
    DossierOperation::Process(remark())
}

/// Brings to a node what another holds and the node's unit may read.
fn sync(to: &mut Node, from: &Node) {
    for _ in 0..2 {
        for line in from.engine.lines() {
            let unit = from.engine.authority().unit_of_node(&to.engine.node());
            if !line.feed.scope.is_all_nodes() && !unit.is_some_and(|unit| line.feed.scope.admits(&unit)) {
                continue;
            }
            let held = to.engine.line(&line.id).map_or(Seq(0), |line| line.head.seq);
            if held < line.head.seq
                && let Some(run) = from.engine.run_after(&line.id, held, 4 << 20).unwrap()
            {
                assert_eq!(to.take_in(vec![run]).faults, []);
            }
        }
    }
}

fn status(node: &Node, dossier: RecordId) -> Option<DossierStatus> {
    let history = node.engine.history(dossier).ok()?;
    DossierView::of(history.state())?.status.one().copied()
}

fn root(node: &Node, scope: &Scope) -> [u8; 32] {
    node.engine.state_root(scope).unwrap()
}

/// Lets a node copy at a moment; whether something was appended.
fn widen(node: &mut Node, at: Time) -> bool {
    !node.engine.carry_over(at, at).unwrap().is_empty()
}

/// When every node's turn has come.
fn late() -> Time {
    NOW.plus_ms(CARRY_AFTER_MS + 10 * CARRY_STEP_MS)
}

#[track_caller]
fn expect_sound(nodes: &[&Node]) {
    for node in nodes {
        assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
        assert_eq!(node.engine.carry_at(), None);
    }
}

#[test]
fn a_forwarded_dossier_is_whole_at_its_new_readers_and_nowhere_else() {
    let desk = Desk::new();
    let (mut a, mut b, mut c) = (desk.node(A), desk.node(B), desk.node(C));
    let (first, second) = (desk.head(0), desk.head(1));
    let dossier = desk.receive(&mut a, &first);
    assert_eq!(a.engine.carry_at(), None);
    desk.forward(&mut a, dossier);
    // The new reader has the forwarding and not what it rests on.
    sync(&mut b, &a);
    assert_eq!(status(&b, dossier), None);
    assert_eq!(a.engine.carry_at(), Some(Time(0)));
    assert!(widen(&mut a, NOW), "its own acts at once");
    assert!(!widen(&mut a, late()), "once");
    sync(&mut b, &a);
    assert_eq!(status(&b, dossier), Some(DossierStatus::Received));

    desk.act(&mut b, &second, dossier, process(), &desk.wider());
    let mut office = desk.node(2);
    sync(&mut a, &b);
    sync(&mut office, &b);
    sync(&mut office, &a);
    sync(&mut c, &a);
    sync(&mut c, &b);
    for node in [&a, &b, &office] {
        assert_eq!(status(node, dossier), Some(DossierStatus::Processing));
        assert_eq!(root(node, &desk.wider()), root(&a, &desk.wider()));
        assert_eq!(
            root(node, &desk.old_readers()),
            root(&b, &Scope::of(desk.third.clone()).unwrap())
        );
    }
    assert!(
        a.engine
            .lines()
            .iter()
            .any(|line| line.feed.scope == desk.old_readers())
    );
    assert!(
        b.engine
            .lines()
            .iter()
            .all(|line| line.feed.scope != desk.old_readers())
    );
    assert!(c.engine.lines().iter().all(|line| line.feed.scope.is_all_nodes()));
    assert!(c.engine.history(dossier).is_err());

    // A node that joins later, and asks a new reader alone.
    let mut later = desk.node(B2);
    sync(&mut later, &b);
    assert_eq!(status(&later, dossier), Some(DossierStatus::Processing));
    assert_eq!(root(&later, &desk.wider()), root(&a, &desk.wider()));
    expect_sound(&[&a, &b, &c, &office, &later]);
}

#[test]
fn what_was_signed_for_the_old_readers_later_reaches_the_new_ones() {
    let desk = Desk::new();
    let (mut a, mut a2, mut b) = (desk.node(A), desk.node(A2), desk.node(B));
    let first = desk.head(0);
    let dossier = desk.receive(&mut a, &first);
    sync(&mut a2, &a);
    desk.forward(&mut a, dossier);
    // Signed at a node that has not heard of it.
    desk.act(&mut a2, &first, dossier, process(), &desk.old_readers());
    widen(&mut a, NOW);
    sync(&mut a, &a2);
    // Node A waits for node A2 to do it, and does it itself when that does not.
    let (mut a, _) = a.reopen();
    assert_eq!(a.engine.carry_at(), Some(Time(0)));
    assert!(!widen(&mut a, NOW));
    let due = a.engine.carry_at().unwrap();
    assert!(due > NOW && due < late());
    assert!(!widen(&mut a, Time(due.0 - 1)));
    assert!(widen(&mut a, due));
    sync(&mut b, &a);
    assert_eq!(status(&b, dossier), Some(DossierStatus::Processing));
    // Node A2 hears of both, and finds nothing left to do.
    sync(&mut a2, &a);
    assert!(!widen(&mut a2, late()));
    // Whoever appended it copies it at once, as far as it knows.
    desk.act(
        &mut a2,
        &first,
        dossier,
        DossierOperation::Stop(remark()),
        &desk.old_readers(),
    );
    assert!(widen(&mut a2, NOW));
    sync(&mut a, &a2);
    sync(&mut b, &a2);
    assert!(!widen(&mut a, late()));
    for node in [&a, &a2, &b] {
        assert_eq!(status(node, dossier), Some(DossierStatus::Stopped));
        assert_eq!(root(node, &desk.wider()), root(&a, &desk.wider()));
    }
    expect_sound(&[&a, &a2, &b]);
}

#[test]
fn new_readers_judge_by_where_an_act_stood_first() {
    let desk = Desk::new();
    let (mut a, mut b) = (desk.node(A), desk.node(B));
    let head = desk.head(0);
    // A clerk whose office ended before the dossier was forwarded, and in whose office no wider feed is named.
    let clerk_key = key(8, 1);
    let term = crate::province::FOREVER;
    let appointed = appointment(&clerk_key, "dossier_officer", &head.path, term);
    let appointed = desk.province.state(&appointed, Some(&head));
    let clerk = Official {
        key: clerk_key,
        appointment: appointed.id,
        path: head.path.clone(),
    };
    a.store(vec![Body::Statement(appointed)]);
    let dossier = desk.receive(&mut a, &clerk);
    let stands = a.engine.positions_under(&clerk.appointment, None).unwrap();
    assert_eq!(stands.len(), 1);
    a.store(vec![desk.province.cut(Some(&head), clerk.appointment, &stands)]);
    // Another node copies it.
    let mut a2 = desk.node(A2);
    sync(&mut a2, &a);
    desk.forward(&mut a2, dossier);
    assert!(!widen(&mut a2, NOW));
    assert!(widen(&mut a2, late()));
    sync(&mut b, &a2);
    sync(&mut a, &a2);
    for node in [&a, &a2, &b] {
        assert_eq!(status(node, dossier), Some(DossierStatus::Received));
        assert_eq!(
            node.engine.positions_under(&clerk.appointment, None).unwrap(),
            stands
        );
    }
    // A cut of the node that bears on the first feed bears on the copies, whoever holds that feed.
    let admission = a
        .engine
        .authority()
        .statements()
        .find_map(|(statement, _)| match &statement.fact {
            Fact::Admission(admission) if admission.node == a.engine.node() => Some(statement.id),
            _ => None,
        });
    let cut = desk.province.cut(None, admission.unwrap(), &[]);
    let mut office = desk.node(2);
    sync(&mut office, &a2);
    office.store(vec![cut]);
    sync(&mut b, &office);
    sync(&mut a, &office);
    sync(&mut a2, &office);
    for node in [&a, &a2, &b, &office] {
        assert_eq!(status(node, dossier), None);
        assert_eq!(root(node, &desk.wider()), root(&a, &desk.wider()));
        assert_eq!(node.engine.verify(&mut |_| {}).unwrap().faults, []);
    }
}

#[test]
fn a_copy_that_proves_nothing_ends_its_feed() {
    let desk = Desk::new();
    let mut a = desk.node(A);
    let dossier = desk.receive(&mut a, &desk.head(0));
    desk.forward(&mut a, dossier);
    widen(&mut a, NOW);
    let lines = a.engine.lines();
    let wide = lines.iter().find(|line| line.feed.scope == desk.wider()).unwrap();
    let mut after = Seq(0);
    let mut copy = None;
    while let Some(run) = a.engine.run_after(&wide.id, after, 1).unwrap() {
        after = run.entries.last().unwrap().header.seq;
        copy = copy.or(run
            .entries
            .into_iter()
            .find(|entry| entry.header.kind == BodyKind::Copy));
    }
    let copy = copy.unwrap().body;
    let network = desk.province.network;
    let run = |life: u8, scope: Scope, body: &[u8]| {
        let mut feeder = Feeder::new(network, node_key(B), life);
        feeder.feed.scope = scope;
        feeder.head = Head::empty(feeder.feed.id(network));
        feeder.run(&[(BodyKind::Copy, body.to_vec())])
    };
    let mut b = desk.node(B);
    // As it is, in another feed of the same readers: anybody may pass it on.
    assert_eq!(b.take_in(vec![run(101, desk.wider(), &copy)]).faults, []);
    assert_eq!(b.engine.refused().unwrap(), []);
    // With another tip signature, another commit, and where it widens nothing.
    let decoded = CommitCopy::decode(&copy).unwrap();
    let tip = copy.len() - decoded.commit().bytes().len() - 8;
    let changed = |at: usize| {
        let mut bytes = copy.clone();
        bytes[at] ^= 1;
        bytes
    };
    let bad = [
        (changed(tip), desk.wider()),
        (changed(copy.len() - 1), desk.wider()),
        (copy.clone(), desk.old_readers()),
    ];
    for (number, (body, scope)) in (102_u8..).zip(bad) {
        assert_eq!(b.take_in(vec![run(number, scope, &body)]).faults, []);
        let refused = b.engine.refused().unwrap();
        assert_eq!(refused.len(), usize::from(number) - 101, "{refused:?}");
    }
}
