//! The payload of minutes, to the byte.

use soxa_ledger::Time;
use soxa_ledger::ids::{NetworkId, RecordId, sha256};
use soxa_ledger::minutes::Party;
use soxa_records::handover::{ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverParty};
use soxa_records::handover_minutes::{SigningParty, latest_minutes, minutes_payload, sign_minutes};
use soxa_records::{LinkId, Quantity};

use crate::province::{Province, date};

fn draft() -> HandoverDraft {
    let party = |n, name: &str| HandoverParty {
        unit: RecordId([n; 32]),
        name: name.to_owned(),
    };
    HandoverDraft {
        kind: HandoverKind::Assets,
        giver: party(1, "Trạm \"cũ\""),
        receiver: party(2, "A\\B"),
        witness: None,
        basis: "dòng 1\ndòng 2\t\u{1f}".to_owned(),
        condition_basis: ConditionBasis::AsIs,
        place: "Mường Chùm".to_owned(),
        date: date(),
        expires: Some(Time(1_763_164_800_000)),
        lines: vec![
            DraftLine {
                subject: RecordId([4; 32]),
                subject_name: "Nhà".to_owned(),
                prev: LinkId([4; 32]),
                depth: 1,
                quantity: Quantity { thousandths: 12_500 },
                condition: String::new(),
                remark: "đ".to_owned(),
                cost: 5,
            };
            2
        ],
    }
}

#[test]
fn the_payload_follows_from_the_draft_to_the_byte() {
    let network = NetworkId([0xaa; 32]);
    let payload = minutes_payload(network, RecordId([0xbb; 32]), &draft());
    let hex = |byte: &str| byte.repeat(32);
    let line = |n: u32| {
        format!(
            r#"{{"line":{n},"subject":"{0}","name":"Nhà","prev":"{0}","depth":1,"quantity":"12.5","condition":"","remark":"đ","cost":5}}"#,
            hex("04")
        )
    };
    let expected = format!(
        r#"{{"type":"soxa-handover-minutes","version":1,"network":"{}","handover":"{}","kind":"assets","giver":{{"unit":"{}","name":"Trạm \"cũ\""}},"receiver":{{"unit":"{}","name":"A\\B"}},"witness":null,"basis":"dòng 1\u000adòng 2\u0009\u001f","condition_basis":"as_is","place":"Mường Chùm","date":"2025-11-15","expires":1763164800000,"lines":[{},{}]}}"#,
        hex("aa"),
        hex("bb"),
        hex("01"),
        hex("02"),
        line(1),
        line(2)
    );
    assert_eq!(String::from_utf8(payload).as_deref(), Ok(expected.as_str()));
}

#[test]
fn a_link_is_named_by_its_handover_and_line() {
    let mut bytes = b"soxa/link/1\0".to_vec();
    bytes.extend([5; 32]);
    bytes.extend([0, 0, 0, 2]);
    assert_eq!(LinkId::of_line(RecordId([5; 32]), 2).0, sha256(&bytes));
    assert_eq!(LinkId::of_registration(RecordId([5; 32])), LinkId([5; 32]));
}

#[test]
fn signatures_gather_on_the_same_payload() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let handover = p.offered(&a, &b, &[asset]);
    let offered = latest_minutes(p.history(handover)).unwrap().clone();
    assert_eq!(offered.signers().len(), 1);
    let both = p.signed(handover, &b, Party::Receiver, &[]);
    both.verify(p.network).unwrap();
    assert_eq!(both.payload(), offered.payload());
    assert_eq!(
        both.signature_id(&both.signers()[0]),
        offered.signature_id(&offered.signers()[0])
    );
    let again = SigningParty {
        party: Party::Receiver,
        appointment: b.appointment(),
        refused: &[],
        key: &b.key,
    };
    assert!(sign_minutes(p.network, both.payload(), Some(&both), again).is_err());
}
