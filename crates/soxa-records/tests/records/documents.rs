//! Documents: snapshots, updates, and what damage does.

use soxa_ledger::ids::OpId;
use soxa_ledger::verdict::{Verdict, VoidReason};
use soxa_records::asset::AssetSet;
use soxa_records::document::{DocumentError, Updated};
use soxa_records::inventory::{CouncilMember, CouncilRole};
use soxa_records::{CanonicalState, RecordDocument, RecordKind};

use crate::inventories::opening;
use crate::province::Province;

fn set(p: &mut Province, asset: soxa_ledger::RecordId, setting: AssetSet) -> OpId {
    let mut at = p.at(asset);
    p.act(&p.a.clone(), |c| {
        c.set_asset(&mut at, setting);
    })
}

#[test]
fn a_document_follows_its_record() {
    let mut p = Province::new();
    let (a, b) = (p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let mut document = RecordDocument::build(p.history(asset)).unwrap();
    assert_eq!(document.update(p.history(asset)), Ok(Updated::Same));
    let op = set(&mut p, asset, AssetSet::Site("here".to_owned()));
    // The same value once more: who wrote it last is part of the state.
    let again = set(&mut p, asset, AssetSet::Site("here".to_owned()));
    p.hand_over(&a, &b, &[asset]);
    assert_eq!(document.update(p.history(asset)), Ok(Updated::Extended));
    assert_eq!(&document.canonical().unwrap(), p.history(asset).state());
    assert_eq!(
        document.canonical().unwrap().fields["site"]
            .keys()
            .collect::<Vec<_>>(),
        [&again]
    );
    assert_eq!(
        document.at_operations(&[op]).unwrap(),
        p.history(asset).state_at(&[op])
    );
    p.change(&[op], |facts| {
        facts.verdict = Verdict::Void(VoidReason::OutsideTerm)
    });
    assert_eq!(document.update(p.history(asset)), Ok(Updated::Rebuilt));
    assert_eq!(&document.canonical().unwrap(), p.history(asset).state());
    assert_eq!(
        document.at_operations(&[op]),
        Err(DocumentError::UnknownOperation(op))
    );
}

#[test]
fn every_kind_of_record_has_a_document() {
    let mut p = Province::new();
    let (a, b, finance) = (p.a.clone(), p.b.clone(), p.finance.clone());
    let person = p.person(&a, "An");
    p.hand_over(&a, &b, &[person]);
    let asset = p.asset(&a, "House");
    let (_, composer) = p.draft_with(&a, &b, Some(&finance), &[asset]);
    p.commit(&a, composer);
    let chair = CouncilMember {
        name: a.person.clone(),
        post: String::new(),
        role: CouncilRole::Chair,
        key: Some(a.key.public()),
    };
    let (open, links) = opening(&p, &a, vec![chair], &[asset]);
    p.act(&a, |c| {
        c.open_inventory(open, None, &links);
    });
    for history in p.histories.values() {
        let document = RecordDocument::build(history).unwrap();
        let loaded = RecordDocument::load(&document.save()).unwrap();
        assert_eq!(&loaded.canonical().unwrap(), history.state());
        assert_eq!(loaded.canonical().unwrap().hash(), history.state_hash());
    }
    let kinds: Vec<_> = p
        .histories
        .values()
        .filter_map(|history| history.kind())
        .collect();
    assert!(
        [
            RecordKind::Unit,
            RecordKind::Person,
            RecordKind::Asset,
            RecordKind::Handover,
            RecordKind::Inventory
        ]
        .iter()
        .all(|kind| kinds.contains(kind))
    );
}

#[test]
fn a_record_that_does_not_exist_has_an_empty_document() {
    let history = soxa_records::History::default();
    let document = RecordDocument::build(&history).unwrap();
    assert_eq!(document.canonical(), Ok(CanonicalState::default()));
    let loaded = RecordDocument::load(&document.save()).unwrap();
    assert_eq!(loaded.canonical(), Ok(CanonicalState::default()));
}

#[test]
fn a_damaged_snapshot_is_an_error() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    set(&mut p, asset, AssetSet::Site("here".to_owned()));
    let good = RecordDocument::build(p.history(asset)).unwrap().save();
    assert!(RecordDocument::load(&good).is_ok());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        assert_eq!(
            RecordDocument::load(&bad).err(),
            Some(DocumentError::Damaged),
            "byte {at}"
        );
        assert_eq!(
            RecordDocument::load(&good[..at]).err(),
            Some(DocumentError::Damaged),
            "cut at {at}"
        );
    }
    // A right checksum over anything else does not help.
    let mut strange = b"soxadoc1".to_vec();
    let content = b"not a document of automerge";
    strange.extend_from_slice(&soxa_ledger::ids::sha256(content));
    strange.extend_from_slice(content);
    assert!(RecordDocument::load(&strange).is_err());
}

#[test]
fn the_canonical_encoding_is_pinned() {
    let p = Province::new();
    let state = p.history(p.network.province_unit()).state();
    let hash = state.hash().to_string();
    assert_eq!(CanonicalState::default().encode(), [0x84, 0x01, 0xf6, 0x80, 0x80]);
    assert_eq!(
        hash,
        "ce8040a9c6b7cd26813b4d9154a0ee457905e73c1f04a5c1a8ee573b0847dfce"
    );
}
