//! Commits, with minutes and without.

use serde_json::{Value, json};
use soxa_ledger::jws::JwsSignature;
use soxa_ledger::minutes::{Minutes, Party, RefusedLine};
use soxa_ledger::{
    Commit, CommitId, NetworkId, OpId, OpRef, Operation, RecordId, RecordRef, Scope, StatementId, Time,
    Verified,
};

use crate::statements::genesis;
use crate::{check, hex, key};

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

pub fn commits(network: NetworkId) -> Vec<(&'static str, Verified<Commit>)> {
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
