//! The payload of minutes, to the byte.

use soxa_ledger::Time;
use soxa_ledger::ids::{NetworkId, RecordId, sha256};
use soxa_ledger::minutes::Party;
use soxa_records::dossier::PaperForm;
use soxa_records::handover::minutes::{
    SigningParty, latest_minutes, minutes_payload, read_minutes_payload, sign_minutes,
};
use soxa_records::handover::{
    ConditionBasis, DraftLine, HandoverDraft, HandoverKind, HandoverParty, LineOf, Paper, Subject,
    WitnessCapacity, WitnessParty,
};
use soxa_records::{LinkId, Quantity};

use crate::province::{Province, date};

fn draft() -> HandoverDraft {
    let party = |n, name: &str| HandoverParty {
        unit: RecordId([n; 32]),
        name: name.to_owned(),
    };
    let house = LineOf::Subject(Subject {
        record: RecordId([4; 32]),
        prev: LinkId([4; 32]),
        depth: 1,
    });
    let deed = LineOf::Paper(Paper {
        form: PaperForm::Original,
        about: Some(1),
        hash: Some([5; 32]),
    });
    HandoverDraft {
        kind: HandoverKind::Assets,
        giver: party(1, "Trạm \"cũ\""),
        receiver: party(2, "A\\B"),
        witness: Some(WitnessParty {
            unit: RecordId([3; 32]),
            name: "Sở".to_owned(),
            capacity: WitnessCapacity::Approver,
        }),
        corrects: Some(RecordId([6; 32])),
        basis: "dòng 1\ndòng 2\t\u{1f}".to_owned(),
        condition_basis: ConditionBasis::AsIs,
        place: "Mường Chùm".to_owned(),
        date: date(),
        expires: Some(Time(1_763_164_800_000)),
        duties: "chìa khóa".to_owned(),
        lines: vec![
            DraftLine {
                quantity: Quantity { thousandths: 12_500 },
                measure: "m2".to_owned(),
                remark: "đ".to_owned(),
                cost: 5,
                ..DraftLine::new(house, "Nhà".to_owned())
            },
            DraftLine {
                residual: Some(3),
                ..DraftLine::new(deed, "Sổ đỏ".to_owned())
            },
            DraftLine::new(LineOf::Restated(7), "Xe".to_owned()),
        ],
    }
}

#[test]
fn the_payload_follows_from_the_draft_to_the_byte() {
    let network = NetworkId([0xaa; 32]);
    let payload = minutes_payload(network, RecordId([0xbb; 32]), &draft());
    let hex = |byte: &str| byte.repeat(32);
    let house = format!(
        r#"{{"line":1,"subject":"{0}","prev":"{0}","depth":1,"name":"Nhà","quantity":"12.5","measure":"m2","condition":"","remark":"đ","cost":5,"residual":null}}"#,
        hex("04")
    );
    let deed = format!(
        r#"{{"line":2,"paper":"original","about":1,"hash":"{}","name":"Sổ đỏ","quantity":"1","measure":"","condition":"","remark":"","cost":0,"residual":3}}"#,
        hex("05")
    );
    let car = r#"{"line":3,"restates":7,"name":"Xe","quantity":"1","measure":"","condition":"","remark":"","cost":0,"residual":null}"#;
    let expected = format!(
        r#"{{"type":"soxa-handover-minutes","version":1,"network":"{}","handover":"{}","kind":"assets","giver":{{"unit":"{}","name":"Trạm \"cũ\""}},"receiver":{{"unit":"{}","name":"A\\B"}},"witness":{{"unit":"{}","name":"Sở","capacity":"approver"}},"corrects":"{}","basis":"dòng 1\u000adòng 2\u0009\u001f","condition_basis":"as_is","place":"Mường Chùm","date":"2025-11-15","expires":1763164800000,"duties":"chìa khóa","lines":[{house},{deed},{car}]}}"#,
        hex("aa"),
        hex("bb"),
        hex("01"),
        hex("02"),
        hex("03"),
        hex("06"),
    );
    assert_eq!(
        String::from_utf8(payload.clone()).as_deref(),
        Ok(expected.as_str())
    );
    let read = read_minutes_payload(&payload);
    assert_eq!(read, Ok((network, RecordId([0xbb; 32]), draft())));
    // A member of another sort of line, and one that is left out, are another payload.
    for (from, to) in [
        (r#""restates":7,"#, r#""restates":7,"depth":1,"#),
        (r#""about":1,"#, ""),
    ] {
        let other = expected.replace(from, to);
        assert!(read_minutes_payload(other.as_bytes()).is_err(), "{to}");
    }
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
        remark: "",
        key: &b.key,
    };
    assert!(sign_minutes(p.network, both.payload(), Some(&both), again).is_err());
}
