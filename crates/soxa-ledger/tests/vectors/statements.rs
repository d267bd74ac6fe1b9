//! A network's genesis, and one statement of every kind.

use serde_json::{Value, json};
use soxa_ledger::jws::Jws;
use soxa_ledger::role::{Permissions, Reach, RoleTable, StatementKind};
use soxa_ledger::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Genesis, Invite,
    Issuer, RootChange, UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::{CommitId, EntryHash, FeedId, NetworkId, RecordId, Seq, Statement, Time, Verified};

use crate::{check, key};

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

pub fn genesis() -> Verified<Statement> {
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
        record: None,
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
        record: Some(RecordId([0x12; 32])),
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
