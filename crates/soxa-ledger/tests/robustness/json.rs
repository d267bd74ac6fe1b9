//! What the JSON of statements and minutes refuses and keeps.

use data_encoding::BASE64URL_NOPAD;
use soxa_ledger::jws::{Jws, JwsSignature};
use soxa_ledger::minutes::{Minutes, Party};
use soxa_ledger::statement::{Fact, Issuer, StatementError, UnsignedStatement};
use soxa_ledger::{NetworkId, PublicKey, SecretKey, Signed, Statement, StatementId};

use super::samples::{Kind, SAMPLES};

fn key() -> SecretKey {
    SecretKey::from_seed(&[10; 32])
}

fn header(alg: &str, typ: &str) -> Vec<u8> {
    format!(r#"{{"alg":"{alg}","kid":"{}","typ":"{typ}"}}"#, key().public()).into_bytes()
}

fn network() -> NetworkId {
    SAMPLES.network
}

/// The payload of a cut, ready to be spoilt.
fn payload() -> String {
    let zeros = "0".repeat(64);
    format!(
        concat!(
            r#"{{"soxa":"cut/1","network":"{}","under":null,"knew":[],"fact":"#,
            r#"{{"target":"{}","reason":"transfer","remark":"Điều động","stands":[]}}}}"#
        ),
        network(),
        zeros
    )
}

#[track_caller]
fn check_payload(payload: &str, accepted: bool) {
    let jws = Jws {
        payload: payload.into(),
        signatures: vec![Jws::sign(
            payload.as_bytes(),
            header("EdDSA", "soxa-statement"),
            &key(),
        )],
    };
    let decoded = Signed::<Statement>::decode(&jws.encode());
    assert_eq!(decoded.is_ok(), accepted, "{payload}: {decoded:?}");
    if let Ok(signed) = decoded {
        signed.verify(network()).unwrap();
    }
}

#[test]
fn payloads_have_one_form() {
    let good = payload();
    check_payload(&good, true);
    let spoilt = [
        good.replace(r#""knew":[]"#, r#""knew": []"#),
        good.replace(r#""reason":"transfer""#, r#""reason":"transfer" "#),
        good.replace(
            r#""reason":"transfer""#,
            r#""reason":"transfer","reason":"transfer""#,
        ),
        good.replace(r#""knew":[]"#, r#""knew":[],"knew":[]"#),
        good.replace(r#""knew":[]"#, r#""knew":[],"more":1"#),
        good.replace(r#""remark":"#, r#""more":1,"remark":"#),
        good.replace("transfer", "holiday"),
        good.replace("transfer", r"transfe\u0072"),
        good.replace("Điều", r"\u0110iều"),
        good.replace(r#""soxa":"cut/1","#, ""),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace(&network().to_string(), &network().to_string().to_uppercase()),
        format!(
            r#"["cut/1","{}",null,[],["{}","transfer","",[]]]"#,
            network(),
            "0".repeat(64)
        ),
        good.replace(r#""under":null,"#, ""),
    ];
    for payload in spoilt {
        assert_ne!(payload, good);
        check_payload(&payload, false);
    }
}

#[test]
fn unknown_kinds_are_kept_as_they_are() {
    let strange = payload()
        .replace("cut/1", "cut/2")
        .replace(r#""reason":"transfer""#, r#""reason":[1.5, {"x": null}]"#);
    check_payload(&strange, true);
    let unsigned = UnsignedStatement::from_payload(strange.clone().into_bytes());
    let statement = unsigned.assemble(vec![unsigned.sign(&key())]).unwrap();
    assert_eq!(
        statement.fact,
        Fact::Unknown {
            kind: "cut/2".to_owned()
        }
    );
    assert_eq!(statement.issuer, Issuer::Root);
    assert_eq!(
        Jws::decode(statement.bytes(), usize::MAX).unwrap().payload,
        strange.as_bytes()
    );
}

#[track_caller]
fn check_header(header: Vec<u8>, accepted: bool) {
    let payload = payload();
    let jws = Jws {
        payload: payload.clone().into(),
        signatures: vec![Jws::sign(payload.as_bytes(), header.clone(), &key())],
    };
    let decoded = Signed::<Statement>::decode(&jws.encode());
    assert_eq!(decoded.is_ok(), accepted, "{}", String::from_utf8_lossy(&header));
}

#[test]
fn statement_headers_have_one_form() {
    let good = String::from_utf8(header("EdDSA", "soxa-statement")).unwrap();
    check_header(good.clone().into(), true);
    check_header(header("none", "soxa-statement"), false);
    check_header(header("HS256", "soxa-statement"), false);
    check_header(header("Ed25519", "soxa-statement"), false);
    check_header(header("EdDSA", "soxa-minutes"), false);
    check_header(header("EdDSA", "JWT"), false);
    check_header(good.replace(r#""typ""#, r#""crit":["x"],"typ""#).into(), false);
    check_header(
        good.replace(r#""alg":"EdDSA","#, r#""alg":"EdDSA","alg":"EdDSA","#)
            .into(),
        false,
    );
    check_header(good.replace("{\"alg\"", "{ \"alg\"").into(), false);
    check_header(Vec::new(), false);
    check_header(b"[]".to_vec(), false);
}

#[test]
fn containers_have_one_form() {
    let (_, good) = SAMPLES
        .all
        .iter()
        .find(|(kind, _)| *kind == Kind::Statement)
        .unwrap();
    let good = std::str::from_utf8(good).unwrap();
    let refused = |container: String| {
        assert_ne!(container, good);
        assert!(
            Signed::<Statement>::decode(container.as_bytes()).is_err(),
            "{container}"
        );
    };
    refused(good.replacen(r#""protected""#, r#""header":{"alg":"none"},"protected""#, 1));
    refused(good.replacen(r#""payload""#, r#""payload":"","payload""#, 1));
    refused(good.replacen(r#"{"payload""#, r#"{"more":1,"payload""#, 1));
    refused(good.replacen(r#"{"payload""#, r#"{ "payload""#, 1));
    refused(good.replacen(r#""signatures":["#, r#""signatures":[],"more":["#, 1));
    refused(format!("{good} "));
    refused(format!(
        r#"{{"payload":"{}","signatures":[]}}"#,
        BASE64URL_NOPAD.encode(payload().as_bytes())
    ));
    // The flattened and the compact serialization of RFC 7515.
    refused(r#"{"payload":"e30","protected":"e30","signature":"AA"}"#.to_owned());
    refused("e30.e30.AA".to_owned());
}

#[test]
fn one_key_signs_once() {
    let unsigned = UnsignedStatement::from_payload(payload().into_bytes());
    let twice = unsigned.assemble(vec![unsigned.sign(&key()), unsigned.sign(&key())]);
    assert_eq!(twice.unwrap_err(), StatementError::Twice(key().public()));
}

#[test]
fn false_signatures_and_other_networks_are_forgeries() {
    let unsigned = UnsignedStatement::from_payload(payload().into_bytes());
    let mut signature = unsigned.sign(&key());
    signature.signature[5] ^= 1;
    assert!(unsigned.assemble(vec![signature]).unwrap_err().is_forgery());
    let mut short = unsigned.sign(&key());
    short.signature.pop();
    assert!(unsigned.assemble(vec![short]).unwrap_err().is_forgery());
    let other = NetworkId([3; 32]);
    let statement = unsigned.assemble(vec![unsigned.sign(&key())]).unwrap();
    let again = Signed::<Statement>::decode(statement.bytes()).unwrap();
    assert_eq!(
        again.verify(other).unwrap_err(),
        StatementError::Network(network())
    );
}

#[test]
fn weak_keys_get_no_rights() {
    // The neutral element, and a point of order eight (RFC 8032 accepts any signature of zeros for the former).
    let weak = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    let no_point = "0200000000000000000000000000000000000000000000000000000000000000";
    for key in weak.iter().chain([&no_point]) {
        assert!(key.parse::<PublicKey>().unwrap().check().is_err(), "{key}");
        let envelope = |kind: &str, fact: &str| {
            format!(
                r#"{{"soxa":"{kind}","network":"{}","under":null,"knew":[],"fact":{fact}}}"#,
                network()
            )
        };
        let unit = "1".repeat(64);
        let appointment = |key: &str| {
            let fact = format!(
                r#"{{"key":"{key}","person":"","record":null,"unit_path":["{unit}"],"role":"x","from":0,"until":null,"basis":""}}"#
            );
            envelope("appointment/1", &fact)
        };
        let admission = |key: &str| {
            envelope(
                "admission/1",
                &format!(r#"{{"node":"{key}","unit_path":["{unit}"],"name":""}}"#),
            )
        };
        let invite = |key: &str, node: &str| {
            let fact =
                format!(r#"{{"key":"{key}","node":"{node}","unit_path":["{unit}"],"name":"","expires":1}}"#);
            envelope("invite/1", &fact)
        };
        let good = self::key().public().to_string();
        check_payload(&appointment(&good), true);
        check_payload(&admission(&good), true);
        check_payload(&appointment(key), false);
        check_payload(&admission(key), false);
        check_payload(&invite(&good, &good), true);
        check_payload(&invite(key, &good), false);
        check_payload(&invite(&good, key), false);
    }
}

#[test]
fn minutes_keep_other_algorithms_but_not_none() {
    let payload = b"{}";
    let ours = Minutes::sign(
        payload,
        network(),
        StatementId([1; 32]),
        Party::Giver,
        &[],
        "",
        &key(),
    );
    let foreign = |header: &str| JwsSignature {
        protected: BASE64URL_NOPAD.encode(header.as_bytes()),
        header: header.into(),
        signature: vec![1, 2, 3],
    };
    let with = |header: &str| Minutes::assemble(payload, vec![ours.clone(), foreign(header)]);
    let minutes = with(r#"{"alg":"ES256","x5c":["AA=="]}"#).unwrap();
    minutes.verify(network()).unwrap();
    assert_eq!(
        minutes.signers().len(),
        1,
        "what is no ledger signature is evidence only"
    );
    for refused in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"["ES256"]"#,
        "",
        "7",
    ] {
        assert!(with(refused).is_err(), "{refused}");
    }
    assert!(
        Minutes::assemble(payload, vec![ours.clone(), ours.clone()]).is_err(),
        "one key signs once"
    );
    assert!(minutes.verify(NetworkId([3; 32])).is_err());
    let spaced = String::from_utf8(ours.header.clone())
        .unwrap()
        .replacen(':', ": ", 1);
    assert!(Minutes::assemble(payload, vec![Jws::sign(payload, spaced.into(), &key())]).is_err());
}
