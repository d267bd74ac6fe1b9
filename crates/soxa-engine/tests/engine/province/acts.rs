//! Acts on assets, made as an official's program makes them: from the state that a node shows.

use std::collections::BTreeMap;

use soxa_ledger::minutes::Party;
use soxa_ledger::{Body, Commit, RecordId, Verified};
use soxa_records::asset::{AssetRegister, AssetSet};
use soxa_records::compose::{At, Composer, draft_line};
use soxa_records::handover::minutes::{SigningParty, latest_minutes, minutes_payload, sign_minutes};
use soxa_records::handover::{ConditionBasis, HandoverDraft, HandoverKind, HandoverOperation, HandoverParty};
use soxa_records::ruling::Ruling;
use soxa_records::{Date, LinkId, RecordKind, TypedOperation};

use super::{Node, Official, Province};

pub fn asset(unit: RecordId, code: &str) -> AssetRegister {
    AssetRegister {
        code: code.to_owned(),
        category: "Máy móc".to_owned(),
        measure: "cái".to_owned(),
        in_use_year: Some(2020),
        condition: "tốt".to_owned(),
        ..AssetRegister::new(unit, &format!("Máy {code}"), 1_000_000)
    }
}

/// Registers assets with the official's own unit.
pub fn register(province: &Province, by: &Official, codes: &[&str]) -> Verified<Commit> {
    let mut composer = Composer::new();
    for code in codes {
        composer.register_asset(asset(by.unit(), code));
    }
    province.commit(by, composer)
}

/// Notes the condition of an asset as the node shows it.
pub fn set_condition(
    province: &Province,
    node: &Node,
    subject: RecordId,
    by: &Official,
    text: &str,
) -> Verified<Commit> {
    let mut composer = Composer::new();
    let mut at = At::of(&node.history(subject)).unwrap();
    composer.set_asset(&mut at, AssetSet::Condition(text.to_owned()));
    province.commit(by, composer)
}

/// Rules which link of an asset stands on another, by the state that a node shows.
pub fn rule(
    province: &Province,
    node: &Node,
    by: &Official,
    asset: RecordId,
    [on, stands]: [LinkId; 2],
) -> Verified<Commit> {
    let history = node.history(asset);
    let ruling = Ruling {
        on,
        stands,
        reason: "Quyết định 15".to_owned(),
    };
    let units = ruling.units(history.state()).unwrap();
    let mut composer = Composer::new();
    composer.rule(&mut At::of(&history).unwrap(), RecordKind::Asset, ruling, units);
    province.commit(by, composer)
}

/// The three commits of a handover between two officers, as they come about one after the other at a node: draft,
/// offer, and acceptance with its effect. They are stored there.
pub fn hand_over(
    province: &Province,
    node: &mut Node,
    subject: RecordId,
    from: &Official,
    to: &Official,
) -> [Body; 3] {
    hand_over_slowly(province, node, subject, from, to, 0)
}

/// The same with so many milliseconds between offer and acceptance.
pub fn hand_over_slowly(
    province: &Province,
    node: &mut Node,
    subject: RecordId,
    from: &Official,
    to: &Official,
    pause_ms: u64,
) -> [Body; 3] {
    let (draft, offer, accept) = handover(province, node, subject, [from, to], pause_ms);
    [draft, offer, accept].map(Body::Commit)
}

/// The same, as commits.
fn handover(
    province: &Province,
    node: &mut Node,
    subject: RecordId,
    [from, to]: [&Official; 2],
    pause_ms: u64,
) -> (Verified<Commit>, Verified<Commit>, Verified<Commit>) {
    let history = node.history(subject);
    let (line, link) = draft_line(subject, history.state()).unwrap();
    let party = |official: &Official| HandoverParty {
        unit: official.unit(),
        name: "Bên".to_owned(),
    };
    let draft = HandoverDraft {
        kind: HandoverKind::Assets,
        giver: party(from),
        receiver: party(to),
        witness: None,
        corrects: None,
        basis: "Quyết định 2".to_owned(),
        condition_basis: ConditionBasis::AsIs,
        place: "Sơn La".to_owned(),
        date: Date::new(2025, 11, 15).unwrap(),
        expires: None,
        duties: String::new(),
        lines: vec![line],
    };
    let mut composer = Composer::new();
    composer.draft_handover(draft.clone(), vec![link]);
    let drafted = province.commit(from, composer);
    node.store(vec![Body::Commit(drafted.clone())]);
    let id = RecordId::from(soxa_ledger::OpId::of(drafted.commit_id(province.network), 0));

    let payload = minutes_payload(province.network, id, &draft);
    let sign = |official: &Official, party, earlier: Option<&soxa_ledger::minutes::Minutes>| {
        let by = SigningParty {
            party,
            appointment: official.appointment,
            refused: &[],
            remark: "",
            key: &official.key,
        };
        sign_minutes(province.network, &payload, earlier, by).unwrap()
    };
    let mut composer = Composer::new();
    let mut at = At::of(&node.history(id)).unwrap();
    composer.offer(&mut at, &sign(from, Party::Giver, None));
    let offered = province.commit(from, composer);
    node.store(vec![Body::Commit(offered.clone())]);
    node.clock = node.clock.plus_ms(pause_ms);

    let history = node.history(id);
    let Some(TypedOperation::Handover(HandoverOperation::Draft(draft))) = history.typed(&id.into()) else {
        panic!("no draft");
    };
    let minutes = sign(to, Party::Receiver, latest_minutes(&history));
    let mut subjects = BTreeMap::from([(subject, At::of(&node.history(subject)).unwrap())]);
    let mut at = At::of(&history).unwrap();
    let mut composer = Composer::new();
    composer
        .accept(&mut at, id, draft, &minutes, &mut subjects)
        .unwrap();
    let accepted = province.commit(to, composer);
    node.store(vec![Body::Commit(accepted.clone())]);
    (drafted, offered, accepted)
}
