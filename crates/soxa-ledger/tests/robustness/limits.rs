//! Every limit: what is at it is accepted, what is beyond it refused.

use soxa_ledger::cbor::CborError;
use soxa_ledger::entry::{BodyKind, Header};
use soxa_ledger::fork::{Branch, ForkError};
use soxa_ledger::limits::*;
use soxa_ledger::minutes::{Minutes, Party};
use soxa_ledger::role::{Permissions, Reach, RoleTable};
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Genesis, Invite,
    Issuer, UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::{
    Commit, CommitId, Entry, EntryHash, Feed, FeedId, ForkProof, Head, Incarnation, OpId, OpKind, OpRef,
    Operation, RecordId, RecordRef, Run, Scope, SecretKey, Seq, Signed, StatementId, Time, Tip,
};

use super::samples::SAMPLES;

fn numbered(number: usize) -> [u8; 32] {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    id
}

fn key(number: usize) -> SecretKey {
    SecretKey::from_seed(&numbered(number))
}

fn new_record() -> Operation {
    Operation {
        record: RecordRef::New,
        kind: "asset.register".parse().unwrap(),
        version: 1,
        parents: vec![],
        refs: vec![],
        body: vec![],
    }
}

fn commit(operations: Vec<Operation>) -> Commit {
    Commit {
        author: key(1).public(),
        appointment: StatementId([1; 32]),
        scope: Scope::all_nodes(),
        time: Time(0),
        operations,
        minutes: vec![],
        note: None,
    }
}

#[track_caller]
fn check_commit(commit: &Commit, accepted: bool) {
    let signed = commit.sign(SAMPLES.network, &key(1));
    assert_eq!(signed.is_ok(), accepted, "{:?}", signed.err());
}

#[test]
fn commits() {
    check_commit(&commit(vec![]), false);
    check_commit(&commit(vec![new_record(); COMMIT_OPERATIONS_MAX]), true);
    check_commit(&commit(vec![new_record(); COMMIT_OPERATIONS_MAX + 1]), false);
    let noted = |len| Commit {
        note: Some("x".repeat(len)),
        ..commit(vec![new_record()])
    };
    check_commit(&noted(NOTE_BYTES_MAX), true);
    check_commit(&noted(NOTE_BYTES_MAX + 1), false);
    let small = Minutes::sign(
        b"{}",
        SAMPLES.network,
        StatementId([1; 32]),
        Party::Giver,
        &[],
        "",
        &key(1),
    );
    let small = Minutes::assemble(b"{}", vec![small]).unwrap();
    let with = |count| Commit {
        minutes: vec![small.clone(); count],
        ..commit(vec![new_record()])
    };
    check_commit(&with(COMMIT_MINUTES_MAX), true);
    check_commit(&with(COMMIT_MINUTES_MAX + 1), false);
    let full = Operation {
        body: vec![0; OPERATION_BODY_BYTES_MAX],
        ..new_record()
    };
    check_commit(&commit(vec![full.clone(); 3]), true);
    check_commit(&commit(vec![full; 4]), false);
    assert!(
        commit(vec![new_record()]).sign(SAMPLES.network, &key(2)).is_err(),
        "another's key"
    );
}

#[test]
fn operations() {
    let body = |len| {
        commit(vec![Operation {
            body: vec![0; len],
            ..new_record()
        }])
    };
    check_commit(&body(OPERATION_BODY_BYTES_MAX), true);
    check_commit(&body(OPERATION_BODY_BYTES_MAX + 1), false);
    let refs = |count| {
        (0..count)
            .map(|n| OpRef::Id(OpId(numbered(n))))
            .collect::<Vec<_>>()
    };
    let citing = |count| {
        commit(vec![Operation {
            refs: refs(count),
            ..new_record()
        }])
    };
    check_commit(&citing(OPERATION_REFS_MAX), true);
    check_commit(&citing(OPERATION_REFS_MAX + 1), false);
    let on = |parents| {
        commit(vec![Operation {
            record: RecordRef::Id(RecordId([1; 32])),
            parents,
            ..new_record()
        }])
    };
    check_commit(&on(refs(OPERATION_PARENTS_MAX)), true);
    check_commit(&on(refs(OPERATION_PARENTS_MAX + 1)), false);
    check_commit(&on(vec![]), false);
    check_commit(
        &on(vec![OpRef::Id(OpId([2; 32])), OpRef::Id(OpId([1; 32]))]),
        false,
    );
    check_commit(&on(vec![OpRef::Id(OpId([2; 32])); 2]), false);
    check_commit(
        &commit(vec![Operation {
            parents: refs(1),
            ..new_record()
        }]),
        false,
    );
    // References inside the commit point backwards.
    let here = |index| Operation {
        record: RecordRef::Here(index),
        parents: vec![OpRef::Here(0)],
        ..new_record()
    };
    check_commit(&commit(vec![new_record(), here(0)]), true);
    check_commit(&commit(vec![new_record(), here(1)]), false);
    check_commit(&commit(vec![here(0), new_record()]), false);
    let long = format!("asset.{}", "x".repeat(OPERATION_KIND_BYTES_MAX - 6));
    assert!(long.parse::<OpKind>().is_ok());
    assert!(format!("{long}x").parse::<OpKind>().is_err());
}

#[test]
fn scopes() {
    let of = |count| Scope::of((0..count).map(|n| RecordId(numbered(n))));
    assert!(of(SCOPE_UNITS_MAX).is_some());
    assert!(of(SCOPE_UNITS_MAX + 1).is_none());
    let scope = of(3).unwrap();
    let mut bytes = Commit {
        scope: scope.clone(),
        ..commit(vec![new_record()])
    }
    .encode();
    assert_eq!(Commit::decode(&bytes).unwrap().scope, scope);
    // Swap the second and third unit: each is a head of two bytes and 32 more.
    let at = bytes
        .windows(34)
        .position(|w| w[..2] == [0x58, 32] && w[2..] == numbered(1))
        .unwrap();
    let (one, other) = (bytes[at..at + 34].to_vec(), bytes[at + 34..at + 68].to_vec());
    bytes.splice(at..at + 68, [other, one].concat());
    assert!(Commit::decode(&bytes).is_err(), "units out of order");
}

fn stands(count: usize) -> Vec<FeedPosition> {
    let position = |n| FeedPosition {
        feed: FeedId(numbered(n)),
        seq: Seq(1),
        hash: EntryHash([0; 32]),
    };
    (0..count).map(position).collect()
}

#[track_caller]
fn check_fact(fact: &Fact, knew: &[FeedPosition], accepted: bool) {
    let unsigned = UnsignedStatement::new(SAMPLES.network, Issuer::Root, fact, knew);
    let statement = unsigned.assemble(vec![unsigned.sign(&key(1))]);
    assert_eq!(statement.is_ok(), accepted, "{:?}", statement.err());
}

fn cut(remark: usize, stands: Vec<FeedPosition>) -> Fact {
    let target = StatementId([1; 32]);
    Fact::Cut(Cut {
        target,
        reason: CutReason::Transfer,
        remark: "x".repeat(remark),
        stands,
    })
}

#[test]
fn statements() {
    check_fact(&cut(TEXT_BYTES_MAX, stands(0)), &[], true);
    check_fact(&cut(TEXT_BYTES_MAX + 1, stands(0)), &[], false);
    check_fact(&cut(0, stands(0)), &stands(KNOWN_TIPS_MAX), true);
    check_fact(&cut(0, stands(0)), &stands(KNOWN_TIPS_MAX + 1), false);
    let mut swapped = stands(2);
    swapped.reverse();
    check_fact(&cut(0, swapped), &[], false);
    check_fact(&cut(0, vec![stands(1)[0]; 2]), &[], false);
    check_fact(&cut(0, stands(CUT_POSITIONS_MAX + 1)), &[], false);
    let compromise = |count| {
        Fact::Compromise(Compromise {
            key: key(1).public(),
            remark: String::new(),
            stands: stands(count),
        })
    };
    check_fact(&compromise(CUT_POSITIONS_MAX), &[], true);
    check_fact(&compromise(CUT_POSITIONS_MAX + 1), &[], false);
    let admission = |units| {
        let unit_path = vec![RecordId([1; 32]); units];
        Fact::Admission(Admission {
            node: key(1).node(),
            unit_path,
            name: String::new(),
        })
    };
    check_fact(&admission(0), &[], false);
    check_fact(&admission(UNIT_PATH_MAX), &[], true);
    check_fact(&admission(UNIT_PATH_MAX + 1), &[], false);
    let invite = |units, name: usize| {
        Fact::Invite(Invite {
            key: key(1).public(),
            node: key(2).node(),
            unit_path: vec![RecordId([1; 32]); units],
            name: "x".repeat(name),
            expires: Time(1),
        })
    };
    check_fact(&invite(0, 1), &[], false);
    check_fact(&invite(UNIT_PATH_MAX, TEXT_BYTES_MAX), &[], true);
    check_fact(&invite(UNIT_PATH_MAX + 1, 1), &[], false);
    check_fact(&invite(1, TEXT_BYTES_MAX + 1), &[], false);
    let adoption = |commits: u32| {
        let id = |n: u32| {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            CommitId(id)
        };
        Fact::Adoption(Adoption {
            commits: (0..commits).map(id).collect(),
            remark: "x".repeat(TEXT_BYTES_MAX),
        })
    };
    let most = u32::try_from(ADOPTED_COMMITS_MAX).unwrap();
    check_fact(&adoption(0), &[], false);
    check_fact(&adoption(most), &[], true);
    check_fact(&adoption(most + 1), &[], false);
    let appointment = |until| {
        Fact::Appointment(Appointment {
            key: key(1).public(),
            person: String::new(),
            record: None,
            unit_path: vec![RecordId([1; 32])],
            role: "auditor".parse().unwrap(),
            term: Term { from: Time(5), until },
            basis: String::new(),
        })
    };
    check_fact(&appointment(Some(Time(6))), &[], true);
    check_fact(&appointment(Some(Time(5))), &[], false);
    let unsigned = UnsignedStatement::new(SAMPLES.network, Issuer::Root, &cut(0, vec![]), &[]);
    let signed_by = |count| unsigned.assemble((0..count).map(|n| unsigned.sign(&key(n))).collect());
    assert!(signed_by(JWS_SIGNATURES_MAX).is_ok());
    assert!(signed_by(JWS_SIGNATURES_MAX + 1).is_err());
    let huge = vec![b'x'; STATEMENT_BYTES_MAX + 1];
    assert!(Signed::<soxa_ledger::Statement>::decode(&huge).is_err());
}

#[test]
fn genesis() {
    let check = |roots: usize, quorum: u32, nodes: usize, roles: usize, accepted: bool| {
        let mut root_keys: Vec<_> = (0..roots).map(|n| key(n).public()).collect();
        root_keys.sort_unstable();
        let mut node_keys: Vec<_> = (0..nodes).map(|n| key(n).node()).collect();
        node_keys.sort_unstable();
        let role = |n: usize| {
            let name: String = n
                .to_string()
                .bytes()
                .map(|b| char::from(b - b'0' + b'a'))
                .collect();
            let nothing = Permissions {
                operations: vec![],
                statements: vec![],
                appoints: vec![],
                reach: Reach::Unit,
            };
            (name.parse().unwrap(), nothing)
        };
        let unsigned = UnsignedStatement::genesis(&Genesis {
            name: String::new(),
            code: String::new(),
            roots: root_keys,
            quorum,
            roles: (0..roles).map(role).collect::<RoleTable>(),
            nodes: node_keys,
            created: Time(0),
            salt: [0; 32],
        });
        let made = unsigned.assemble(vec![unsigned.sign(&key(0))]);
        assert_eq!(
            made.is_ok(),
            accepted,
            "{roots} {quorum} {nodes} {roles}: {:?}",
            made.err()
        );
    };
    check(1, 1, 1, 0, true);
    check(ROOT_KEYS_MAX, 16, FOUNDING_NODES_MAX, ROLES_MAX, true);
    check(ROOT_KEYS_MAX + 1, 1, 1, 1, false);
    check(1, 1, FOUNDING_NODES_MAX + 1, 1, false);
    check(1, 1, 1, ROLES_MAX + 1, false);
    check(0, 0, 1, 1, false);
    check(2, 0, 1, 1, false);
    check(2, 3, 1, 1, false);
    check(1, 1, 0, 1, false);
}

fn feed() -> Feed {
    Feed {
        node: key(9).node(),
        incarnation: Incarnation([0; 16]),
        scope: Scope::all_nodes(),
        follows: None,
    }
}

/// A run of entries with bodies of some length, the last time as given.
fn run(count: usize, body_len: usize, last_time: u64) -> Run {
    let id = feed().id(SAMPLES.network);
    let mut head = Head::empty(id);
    let entries = (1..=count)
        .map(|number| {
            let body = vec![0; body_len];
            let time = if number == count { last_time } else { 0 };
            let header = Header::following(id, &head, Time(time), BodyKind::Commit, &body);
            head = header.head();
            Entry { header, body }
        })
        .collect();
    let tip = Tip {
        feed: id,
        seq: head.seq,
        hash: head.hash,
    }
    .sign(SAMPLES.network, &key(9));
    Run {
        feed: feed(),
        entries,
        tip,
    }
}

#[test]
fn runs() {
    let check = |run: Run, decodes: bool, verifies: bool| {
        let head = Head::empty(run.feed.id(SAMPLES.network));
        assert_eq!(Run::decode(&run.encode()).is_ok(), decodes);
        assert_eq!(run.verify(SAMPLES.network, &head).is_ok(), verifies);
    };
    check(run(0, 0, 0), true, false);
    check(run(RUN_ENTRIES_MAX, 0, 0), true, true);
    check(run(RUN_ENTRIES_MAX + 1, 0, 0), false, false);
    check(run(RUN_BYTES_MAX / (1 << 20), 1 << 20, 0), true, true);
    check(run(RUN_BYTES_MAX / (1 << 20) + 1, 1 << 20, 0), false, true);
}

/// What a run claims to unpack to costs no memory beyond what its bytes can give.
#[test]
fn packed_entries() {
    let bodies = run(RUN_ENTRIES_MAX, 1_000, 0);
    let bytes = bodies.encode();
    assert!(bytes.len() < RUN_ENTRIES_MAX * 1_000 / 100, "{}", bytes.len());
    assert_eq!(Run::decode(&bytes), Ok(bodies.clone()));
    let unpacked = u32::try_from(RUN_ENTRIES_MAX * 1_006 + 3).unwrap().to_be_bytes();
    let at = bytes.windows(4).position(|part| part == unpacked).unwrap();
    let claim = |claimed: u32| {
        let mut other = bytes.clone();
        other[at..at + 4].copy_from_slice(&claimed.to_be_bytes());
        Run::decode(&other)
    };
    let honest = u32::from_be_bytes(unpacked);
    assert_eq!(claim(honest), Ok(bodies));
    for wrong in [1, honest - 1, honest + 1, u32::MAX] {
        assert!(claim(wrong).is_err(), "{wrong}");
    }
    let limit = u32::try_from(RUN_UNPACKED_BYTES_MAX).unwrap();
    assert!(matches!(claim(limit + 1), Err(CborError::Limit { .. })));
}

#[test]
fn headers() {
    let id = FeedId([1; 32]);
    let decodes = |kind, len: usize| {
        let header = Header::following(id, &Head::empty(id), Time(0), kind, &vec![0; len]);
        Header::decode(&header.encode()).is_ok()
    };
    assert!(decodes(BodyKind::Commit, COMMIT_BYTES_MAX));
    assert!(!decodes(BodyKind::Commit, COMMIT_BYTES_MAX + 129));
    assert!(decodes(BodyKind::Statement, STATEMENT_BYTES_MAX));
    assert!(!decodes(BodyKind::Statement, STATEMENT_BYTES_MAX + 1));
    let longest = Header {
        feed: id,
        seq: Seq(u64::MAX),
        prev: EntryHash([1; 32]),
        node_time: Time(u64::MAX),
        kind: BodyKind::Commit,
        body_len: u32::MAX,
        body_hash: [1; 32],
    };
    assert!(longest.encode().len() <= HEADER_BYTES_MAX);
}

#[test]
fn fork_proofs() {
    let between =
        |one: &Run, other: &Run| ForkProof::between(feed(), Branch::of_run(one), Branch::of_run(other));
    let (one, other) = (run(3, 0, 1), run(3, 0, 2));
    let proof = between(&one, &other).unwrap();
    assert_eq!(proof.seq(), Seq(3));
    assert_eq!(
        between(&other, &one).unwrap().encode(),
        proof.encode(),
        "whichever comes first"
    );
    assert_eq!(between(&one, &one).unwrap_err(), ForkError::NoFork);
    assert_eq!(
        between(&one, &run(2, 0, 0)).unwrap_err(),
        ForkError::NoFork,
        "one is the other's beginning"
    );
    // All of this run lies past the fork, which only the link of its first entry shows.
    let mut past = run(5, 0, 3);
    past.entries.drain(..3);
    assert_eq!(between(&one, &past).unwrap().seq(), Seq(3));
    let mut unsigned = Branch::of_run(&other);
    unsigned.tip = one.tip;
    let forged = ForkProof::between(feed(), Branch::of_run(&one), unsigned).unwrap();
    let signed = Signed::<ForkProof>::decode(&forged.encode()).unwrap();
    assert!(matches!(signed.verify(SAMPLES.network), Err(ForkError::Tip(_))));
    let elsewhere = Feed {
        incarnation: Incarnation([1; 16]),
        ..feed()
    };
    let misnamed = ForkProof::between(elsewhere, Branch::of_run(&one), Branch::of_run(&other)).unwrap();
    let signed = Signed::<ForkProof>::decode(&misnamed.encode()).unwrap();
    assert_eq!(signed.verify(SAMPLES.network).unwrap_err(), ForkError::Feed);
    let with_gap = |at: usize| {
        let mut branch = Branch::of_run(&run(6, 0, 3));
        branch.headers.remove(at);
        ForkProof::between(feed(), Branch::of_run(&one), branch).unwrap_err()
    };
    assert_eq!(
        (with_gap(3), with_gap(4)),
        (ForkError::Start(3), ForkError::Chain(6))
    );
    let long = |time| run(FORK_HEADERS_MAX + 3, 0, time);
    assert!(
        between(&one, &long(4)).is_ok_and(|proof| proof.seq() == Seq(3)),
        "as many as allowed"
    );
    let longer = run(FORK_HEADERS_MAX + 4, 0, 4);
    assert_eq!(
        between(&one, &longer).unwrap_err(),
        ForkError::Length(FORK_HEADERS_MAX + 1)
    );
}
