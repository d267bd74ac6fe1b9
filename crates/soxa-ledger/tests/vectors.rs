//! Golden vectors: fixed seeds give these bytes and ids, in this program and in every later one.
//!
//! `SOXA_WRITE_VECTORS=1` writes the files anew; without it they are compared. A difference is a change of the
//! signed formats and needs a new format version.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use soxa_ledger::cbor::Writer;
use soxa_ledger::copy::CommitCopy;
use soxa_ledger::entry::{BodyKind, Entry, Header};
use soxa_ledger::fork::Branch;
use soxa_ledger::jws::{Jws, JwsSignature};
use soxa_ledger::key_file::{Derivation, Randomness, encrypt};
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::role::{Permissions, Reach, RoleTable, StatementKind};
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Genesis, Invite,
    Issuer, RootChange, UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::{
    Commit, CommitId, ContentKey, EntryHash, Feed, FeedId, FileHash, ForkProof, Head, Incarnation, NetworkId,
    OpId, OpRef, Operation, PublicKey, RecordId, RecordRef, Run, Scope, SecretKey, Seq, Signed, Statement,
    StatementId, Time, Tip, Verified,
};

fn hex(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(bytes.as_ref())
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

#[track_caller]
fn check(file: &str, value: &Value) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", file]
        .iter()
        .collect();
    if std::env::var_os("SOXA_WRITE_VECTORS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(value).unwrap() + "\n").unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert!(
        kept == *value,
        "{} differs from what this program makes",
        path.display()
    );
}

/// The roles of the vectors' network, pinned here: the defaults of later programs are no matter of the format.
fn roles() -> RoleTable {
    use StatementKind::{Admission, Adoption, Appointment, Compromise, Cut};
    type Row<'a> = (&'a str, &'a str, &'a [StatementKind], &'a str, Reach);
    let officers = "unit_head asset_officer staff_officer dossier_officer finance_witness auditor";
    let rows: [Row<'_>; 7] = [
        (
            "province_operator",
            "unit.* ruling.*",
            &[Admission, Cut, Adoption],
            "",
            Reach::Subtree,
        ),
        (
            "unit_head",
            "unit.* roster.* person.* asset.* handover.* ruling.*",
            &[Appointment, Cut, Compromise, Adoption],
            officers,
            Reach::Children,
        ),
        (
            "asset_officer",
            "asset.* handover.*",
            &[Adoption],
            "",
            Reach::Unit,
        ),
        (
            "staff_officer",
            "person.* roster.* handover.*",
            &[Adoption],
            "",
            Reach::Unit,
        ),
        (
            "dossier_officer",
            "dossier.* handover.*",
            &[Adoption],
            "",
            Reach::Unit,
        ),
        (
            "finance_witness",
            "handover.witness handover.effect asset.custody person.custody",
            &[],
            "",
            Reach::Unit,
        ),
        ("auditor", "", &[], "", Reach::Unit),
    ];
    rows.into_iter()
        .map(|(role, operations, statements, appoints, reach)| {
            let permissions = Permissions {
                operations: operations
                    .split_whitespace()
                    .map(|p| p.parse().unwrap())
                    .collect(),
                statements: statements.to_vec(),
                appoints: appoints.split_whitespace().map(|r| r.parse().unwrap()).collect(),
                reach,
            };
            (role.parse().unwrap(), permissions)
        })
        .collect()
}

fn genesis() -> Verified<Statement> {
    let mut roots: Vec<_> = (1..=3).map(|n| key(n).public()).collect();
    roots.sort_unstable();
    let unsigned = UnsignedStatement::genesis(&Genesis {
        name: "Tỉnh Cao Bằng".to_owned(),
        code: "04".to_owned(),
        roots,
        quorum: 2,
        roles: roles(),
        nodes: vec![key(20).node()],
        created: Time(1_762_214_400_000),
        salt: [0x5a; 32],
    });
    unsigned
        .assemble(vec![unsigned.sign(&key(1)), unsigned.sign(&key(2))])
        .unwrap()
}

fn say(
    network: NetworkId,
    issuer: Issuer,
    fact: &Fact,
    knew: &[FeedPosition],
    keys: &[u8],
) -> Verified<Statement> {
    let unsigned = UnsignedStatement::new(network, issuer, fact, knew);
    unsigned
        .assemble(keys.iter().map(|n| unsigned.sign(&key(*n))).collect())
        .unwrap()
}

fn position(number: u8) -> FeedPosition {
    FeedPosition {
        feed: FeedId([number; 32]),
        seq: Seq(u64::from(number)),
        hash: EntryHash([number + 1; 32]),
    }
}

fn statements() -> Vec<(&'static str, Verified<Statement>)> {
    let genesis = genesis();
    let network = genesis.network;
    let unit_path = vec![network.province_unit(), RecordId([0x11; 32])];
    let appointment = Fact::Appointment(Appointment {
        key: key(10).public(),
        person: "Nông Thị \"Mai\"\n\u{1}".to_owned(),
        unit_path: unit_path.clone(),
        role: "unit_head".parse().unwrap(),
        term: Term {
            from: Time(1_762_214_400_000),
            until: Some(Time(1_793_750_400_000)),
        },
        basis: "Quyết định 15/QĐ-UBND ngày 04/11/2025".to_owned(),
    });
    let head = say(
        network,
        Issuer::Root,
        &appointment,
        &[position(1), position(2)],
        &[1, 3],
    );
    let under_head = Issuer::Under(head.id);
    let officer = Fact::Appointment(Appointment {
        key: key(11).public(),
        person: "Hoàng Văn Đức".to_owned(),
        unit_path: unit_path.clone(),
        role: "asset_officer".parse().unwrap(),
        term: Term {
            from: Time(0),
            until: None,
        },
        basis: String::new(),
    });
    let officer = say(network, under_head, &officer, &[], &[10]);
    let stands = vec![position(3), position(4)];
    let cut = Fact::Cut(Cut {
        target: officer.id,
        reason: CutReason::Transfer,
        remark: "Điều động".to_owned(),
        stands: stands.clone(),
    });
    let compromise = Fact::Compromise(Compromise {
        key: key(11).public(),
        remark: "Mất thẻ".to_owned(),
        stands,
    });
    let invite = Invite {
        key: key(12).public(),
        node: key(20).node(),
        unit_path: unit_path.clone(),
        name: "Máy xã Đông Khê".to_owned(),
        expires: Time(1_762_819_200_000),
    };
    let admission_invited = Fact::Admission(invite.admission(key(22).node()));
    let invite = say(network, under_head, &Fact::Invite(invite), &[], &[10]);
    let under_invite = Issuer::Under(invite.id);
    let admission = Fact::Admission(Admission {
        node: key(21).node(),
        unit_path,
        name: "Máy xã Đông Khê".to_owned(),
    });
    let adoption = Fact::Adoption(Adoption {
        commits: vec![CommitId([0x21; 32]), CommitId([0x22; 32])],
        remark: "Công nhận theo QĐ 21/QĐ-UBND".to_owned(),
    });
    let mut roots: Vec<_> = [1, 2, 4].map(|n| key(n).public()).to_vec();
    roots.sort_unstable();
    let change = Fact::Roots(RootChange {
        roots,
        quorum: 2,
        follows: genesis.id,
        remark: "Thay khóa gốc bị mất".to_owned(),
        stands: vec![position(3)],
    });
    let unknown = Fact::Unknown {
        kind: "quota/1".to_owned(),
    };
    vec![
        ("appointment by the root", head.clone()),
        ("cut", say(network, under_head, &cut, &[], &[10])),
        ("compromise", say(network, under_head, &compromise, &[], &[10])),
        ("admission", say(network, Issuer::Root, &admission, &[], &[2, 1])),
        (
            "change of the root keys",
            say(network, Issuer::Root, &change, &[], &[1, 3]),
        ),
        ("adoption", say(network, under_head, &adoption, &[], &[10])),
        ("invite", invite),
        (
            "admission under an invite",
            say(network, under_invite, &admission_invited, &[], &[12]),
        ),
        (
            "a kind of a later program",
            say(network, under_head, &unknown, &[], &[10]),
        ),
        ("appointment under another", officer),
        ("genesis", genesis),
    ]
}

#[test]
fn statement_vectors() {
    let list: Vec<Value> = statements()
        .iter()
        .map(|(name, statement)| {
            let jws = Jws::decode(statement.bytes(), statement.bytes().len()).unwrap();
            json!({
                "name": name,
                "container": String::from_utf8(statement.bytes().to_vec()).unwrap(),
                "payload": String::from_utf8(jws.payload).unwrap(),
                "id": statement.id.to_string(),
                "network": statement.network.to_string(),
                "signers": statement.signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    let network = genesis().network;
    check(
        "statements.json",
        &json!({
            "network": network.to_string(),
            "founding_operation": network.founding_op().to_string(),
            "statements": list,
        }),
    );
}

fn minutes(network: NetworkId) -> Minutes {
    let payload = r#"{"handover":"soxa","lines":[{"line":1},{"line":2}]}"#.as_bytes();
    let sign = |party, refused: &[RefusedLine], number| {
        Minutes::sign(
            payload,
            network,
            StatementId([number; 32]),
            party,
            refused,
            if party == Party::Receiver {
                "Nhận đủ, trừ dòng 2"
            } else {
                ""
            },
            &key(number),
        )
    };
    let refused = [RefusedLine {
        line: 2,
        reason: "Máy in hỏng, thiếu hộp mực".to_owned(),
    }];
    let header = br#"{"alg":"RS256","x5t#S256":"dG9rZW4"}"#;
    let token = JwsSignature {
        protected: data_encoding::BASE64URL_NOPAD.encode(header),
        header: header.to_vec(),
        signature: vec![0xab; 256],
    };
    let signatures = vec![
        sign(Party::Giver, &[], 10),
        sign(Party::Receiver, &refused, 11),
        token,
        sign(Party::Witness, &[], 12),
    ];
    Minutes::assemble(payload, signatures).unwrap()
}

fn commits(network: NetworkId) -> Vec<(&'static str, Verified<Commit>)> {
    let operation = |record, kind: &str, parents: Vec<OpRef>, refs: Vec<OpRef>, body: &[u8]| Operation {
        record,
        kind: kind.parse().unwrap(),
        version: 1,
        parents,
        refs,
        body: body.to_vec(),
    };
    let small = Commit {
        author: key(10).public(),
        appointment: StatementId([0x22; 32]),
        scope: Scope::all_nodes(),
        time: Time(0),
        operations: vec![operation(
            RecordRef::New,
            "asset.register",
            vec![],
            vec![],
            &[0xa0],
        )],
        minutes: vec![],
        note: None,
    };
    let other = RecordId([0x44; 32]);
    let full = Commit {
        author: key(11).public(),
        appointment: StatementId([0x33; 32]),
        scope: Scope::of([RecordId([2; 32]), RecordId([1; 32])]).unwrap(),
        time: Time(1_762_214_400_123),
        operations: vec![
            operation(
                RecordRef::New,
                "dossier.open",
                vec![],
                vec![OpRef::Id(OpId([0x55; 32]))],
                b"\x01",
            ),
            operation(
                RecordRef::Here(0),
                "dossier.pause",
                vec![OpRef::Here(0)],
                vec![],
                &[],
            ),
            operation(
                RecordRef::Id(other),
                "handover.effect",
                vec![OpRef::Id(OpId([0x44; 32])), OpRef::Id(OpId([0x66; 32]))],
                vec![OpRef::Here(1), OpRef::Id(OpId([0x01; 32])), OpRef::Here(0)],
                &[0x58; 300],
            ),
        ],
        minutes: vec![minutes(network)],
        note: Some("Bàn giao nguyên trạng".to_owned()),
    };
    vec![
        ("one operation", small.sign(network, &key(10)).unwrap()),
        ("everything", full.sign(network, &key(11)).unwrap()),
    ]
}

#[test]
fn commit_vectors() {
    let network = genesis().network;
    let list: Vec<Value> = commits(network)
        .iter()
        .map(|(name, commit)| {
            let id: CommitId = commit.commit_id(network);
            let operations: Vec<_> = commit
                .operations_of(id)
                .zip(0..)
                .map(|((op, operation), index)| {
                    json!({
                        "id": op.to_string(),
                        "record": operation.record_id(id, index).to_string(),
                        "kind": operation.kind.to_string(),
                        "parents": operation.parents.iter().map(|p| p.resolve(id).to_string()).collect::<Vec<_>>(),
                        "refs": operation.refs.iter().map(|p| p.resolve(id).to_string()).collect::<Vec<_>>(),
                    })
                })
                .collect();
            let signatures: Vec<_> = commit
                .minutes
                .iter()
                .flat_map(|m| m.signers().iter().map(move |s| hex(m.signature_id(s))))
                .collect();
            json!({
                "name": name,
                "signed": hex(commit.bytes()),
                "id": id.to_string(),
                "author": commit.author.to_string(),
                "operations": operations,
                "minutes_signatures": signatures,
            })
        })
        .collect();
    check(
        "commits.json",
        &json!({ "network": network.to_string(), "commits": list }),
    );
}

/// A feed with a statement and two commits, and its tip.
fn run(network: NetworkId, feed: &Feed, last_time: u64) -> Run {
    let id = feed.id(network);
    let mut head = Head::empty(id);
    let commit = commits(network).remove(0).1.bytes().to_vec();
    let bodies = [
        (BodyKind::Statement, genesis().bytes().to_vec(), 5),
        (BodyKind::Commit, commit.clone(), 3),
        (BodyKind::Commit, commit, last_time),
    ];
    let entries = bodies
        .into_iter()
        .map(|(kind, body, time)| {
            let header = Header::following(id, &head, Time(time), kind, &body);
            head = header.head();
            Entry { header, body }
        })
        .collect();
    let tip = Tip {
        feed: id,
        seq: head.seq,
        hash: head.hash,
    }
    .sign(network, &key(20));
    Run {
        feed: feed.clone(),
        entries,
        tip,
    }
}

fn feeds(network: NetworkId) -> [Feed; 2] {
    let first = Feed {
        node: key(20).node(),
        incarnation: Incarnation([0x77; 16]),
        scope: Scope::all_nodes(),
        follows: None,
    };
    let second = Feed {
        incarnation: Incarnation([0x78; 16]),
        scope: Scope::of([RecordId([1; 32]), RecordId([2; 32])]).unwrap(),
        follows: Some(first.id(network)),
        ..first.clone()
    };
    [first, second]
}

#[test]
fn feed_vectors() {
    let network = genesis().network;
    let list: Vec<Value> = feeds(network)
        .iter()
        .map(|feed| {
            let mut w = Writer::new();
            feed.write(&mut w);
            json!({ "feed": hex(w.into_bytes()), "id": feed.id(network).to_string() })
        })
        .collect();
    let [feed, _] = feeds(network);
    let run = run(network, &feed, 9);
    let entries: Vec<Value> = run
        .entries
        .iter()
        .map(|entry| {
            json!({ "header": hex(entry.header.encode()), "body": hex(&entry.body), "hash": entry.header.hash().to_string() })
        })
        .collect();
    run.clone()
        .verify(network, &Head::empty(feed.id(network)))
        .unwrap();
    assert_eq!(Run::decode(&run.encode()).as_ref(), Ok(&run));
    check(
        "feeds.json",
        &json!({
            "network": network.to_string(),
            "feeds": list,
            "entries": entries,
            "tip": hex(run.tip.0),
            "run": hex(run.encode()),
        }),
    );
}

#[test]
fn copy_vectors() {
    let network = genesis().network;
    let [_, feed] = feeds(network);
    let copy = CommitCopy::from_run(&run(network, &feed, 9), 1).unwrap();
    copy.verify_origin(network).unwrap();
    let at = copy.position();
    assert_eq!(
        CommitCopy::decode(&copy.encode()).unwrap().encode(),
        copy.encode()
    );
    check(
        "copies.json",
        &json!({
            "network": network.to_string(),
            "copies": [{
                "copy": hex(copy.encode()),
                "feed": at.feed.to_string(),
                "seq": at.seq.0,
                "entry": at.hash.to_string(),
                "commit": hex(copy.commit().bytes()),
            }],
        }),
    );
}

#[test]
fn fork_vectors() {
    let network = genesis().network;
    let [feed, _] = feeds(network);
    let (one, other) = (run(network, &feed, 9), run(network, &feed, 10));
    let proof = ForkProof::between(feed.clone(), Branch::of_run(&one), Branch::of_run(&other)).unwrap();
    let signed = Signed::<ForkProof>::decode(&proof.encode())
        .unwrap()
        .verify(network)
        .unwrap();
    assert_eq!(signed.seq(), Seq(3));
    let mut longer = one.clone();
    let header = Header::following(
        feed.id(network),
        &one.entries[2].header.head(),
        Time(11),
        BodyKind::Commit,
        &[],
    );
    longer.entries.push(Entry { header, body: vec![] });
    longer.tip = Tip {
        feed: feed.id(network),
        seq: header.seq,
        hash: header.hash(),
    }
    .sign(network, &key(20));
    let linked = ForkProof::between(feed, Branch::of_run(&longer), Branch::of_run(&other)).unwrap();
    let linked = Signed::<ForkProof>::decode(&linked.encode())
        .unwrap()
        .verify(network)
        .unwrap();
    let vector = |name: &str, proof: &Verified<ForkProof>| json!({ "name": name, "proof": hex(proof.bytes()), "feed": proof.feed_id().to_string(), "seq": proof.seq().0 });
    check(
        "forks.json",
        &json!({
            "network": network.to_string(),
            "proofs": [vector("both tips at the fork", &signed), vector("one branch goes on", &linked)],
        }),
    );
}

#[test]
fn key_vectors() {
    let key = key(10);
    let public: PublicKey = key.public();
    let randomness = Randomness {
        salt: [1; 16],
        iv: [2; 16],
    };
    let passphrase = "mật khẩu dài";
    let pem = encrypt(&key, passphrase.as_bytes(), &randomness, Derivation::default()).unwrap();
    check(
        "keys.json",
        &json!({
            "seed": hex(*key.seed()),
            "public": public.to_string(),
            "message": "soxa",
            "signature": hex(key.sign(b"soxa").0),
            "passphrase": passphrase,
            "key_file": pem.to_string(),
        }),
    );
}

#[test]
fn sealed_file_vectors() {
    let content_key = ContentKey::new([5; 32]);
    let plain = "Lò Thị Mai, 014198000123";
    let sealed = content_key.seal(plain.as_bytes()).unwrap();
    check(
        "sealed.json",
        &json!({
            "key": hex(content_key.as_bytes()),
            "plain": plain,
            "sealed": hex(&sealed),
            "file": FileHash::of(&sealed).to_string(),
        }),
    );
}
