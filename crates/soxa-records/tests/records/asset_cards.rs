//! The card of an asset: cost by source, categories by regime and day, papers and photos.

use soxa_ledger::FileHash;
use soxa_ledger::ids::RecordId;
use soxa_records::asset::{
    AssetOperation, AssetPaper, AssetPhoto, AssetRegister, AssetSet, Class, Cost, Residual, Sources,
};
use soxa_records::mentions::Mentions;
use soxa_records::{Date, Illegality, Quantity, TypedOperation};

use crate::province::{Official, Province, asset_of};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn class(regime: &str, code: &str, from: &str) -> Class {
    Class {
        regime: regime.to_owned(),
        code: code.to_owned(),
        from: date(from),
    }
}

fn paper(number: &str, scan: Option<[u8; 32]>) -> AssetPaper {
    AssetPaper {
        form: "Giấy chứng nhận".to_owned(),
        number: number.to_owned(),
        date: Some(date("2010-05-05")),
        issuer: "UBND huyện".to_owned(),
        scan,
    }
}

fn photo(photo: u8, shows: &str) -> AssetPhoto {
    AssetPhoto {
        photo: [photo; 32],
        shows: shows.to_owned(),
        date: None,
    }
}

fn by_source(budget: i64, other: i64) -> Cost {
    Cost::BySource(Sources { budget, other })
}

/// Does something to an asset, which is valid.
#[track_caller]
fn act(p: &mut Province, by: &Official, asset: RecordId, operation: AssetOperation) {
    let mut at = p.at(asset);
    let op = p.act(by, |c| {
        c.on_asset(&mut at, operation);
    });
    p.expect_valid(op);
}

#[test]
fn one_operation_registers_a_whole_card() {
    let mut p = Province::new();
    let a = p.a.clone();
    let op = p.act(&a, |c| {
        c.register_asset(AssetRegister {
            cost: by_source(1_000, 500),
            residual: Some(Residual {
                dong: 900,
                on: Some(date("2024-12-31")),
            }),
            class: Some(class("TT23/2023", "I.3", "2023-06-10")),
            card: vec![
                AssetSet::Department("Văn phòng".to_owned()),
                AssetSet::FloorArea(Quantity::whole(360)),
                AssetSet::Purchased(date("2014-11-20")),
                AssetSet::Serial("S-1".to_owned()),
            ],
            ..asset_of(a.unit(), "House")
        });
    });
    p.expect_valid(op);
    let view = p.asset_view(op.into());
    assert_eq!(
        [&view.cost, &view.cost_budget, &view.cost_other].map(|field| field.one().copied()),
        [Some(1_500), Some(1_000), Some(500)]
    );
    assert_eq!(view.residual.one(), Some(&900));
    assert_eq!(view.residual_on.one(), Some(&date("2024-12-31")));
    assert_eq!(view.classes, [class("TT23/2023", "I.3", "2023-06-10")]);
    assert_eq!(view.category.one().map(String::as_str), Some("house"));
    assert_eq!(view.department.one().map(String::as_str), Some("Văn phòng"));
    assert_eq!(view.floor_area.one(), Some(&Quantity::whole(360)));
    assert_eq!(view.purchased.one(), Some(&date("2014-11-20")));
    assert_eq!(view.serial.one().map(String::as_str), Some("S-1"));
    assert!(view.land_area.is_empty() && view.maker.is_empty());
}

#[test]
fn a_cost_of_which_no_source_is_known_takes_the_sources_away() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    act(
        &mut p,
        &a,
        asset,
        AssetOperation::Set(AssetSet::Cost(by_source(7, 3))),
    );
    assert_eq!(p.asset_view(asset).cost.one(), Some(&10));
    assert_eq!(p.asset_view(asset).cost_other.one(), Some(&3));
    act(&mut p, &a, asset, AssetOperation::Set(AssetSet::Cost(12.into())));
    let view = p.asset_view(asset);
    assert_eq!(view.cost.one(), Some(&12));
    assert!(view.cost_budget.is_empty() && view.cost_other.is_empty());
}

#[test]
fn a_residual_value_of_another_day_takes_the_day_along() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    let residual = |dong, on: Option<&str>| {
        AssetOperation::Set(AssetSet::Residual(Residual {
            dong,
            on: on.map(date),
        }))
    };
    act(&mut p, &a, asset, residual(5, Some("2024-12-31")));
    assert_eq!(p.asset_view(asset).residual_on.one(), Some(&date("2024-12-31")));
    act(&mut p, &a, asset, residual(4, None));
    let view = p.asset_view(asset);
    assert_eq!(view.residual.one(), Some(&4));
    assert!(view.residual_on.is_empty());
}

#[test]
fn categories_of_several_regimes_stand_beside_each_other() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    let old = class("TT23/2023", "I.3", "2023-06-10");
    let wrong = class("TT141/2025", "0104", "2026-01-01");
    let right = class("TT141/2025", "0103", "2026-01-01");
    let earlier = class("TT141/2025", "0102", "2025-12-01");
    for class in [&old, &wrong] {
        act(&mut p, &a, asset, AssetOperation::Classify(class.clone()));
    }
    assert_eq!(p.asset_view(asset).classes, [old.clone(), wrong]);
    act(&mut p, &a, asset, AssetOperation::Classify(right));
    act(&mut p, &a, asset, AssetOperation::Classify(earlier.clone()));
    assert_eq!(
        p.asset_view(asset).classes,
        [old.clone(), earlier.clone()],
        "what begins later is taken back"
    );
    let later = class("TT141/2025", "0103", "2026-07-01");
    act(&mut p, &a, asset, AssetOperation::Classify(later.clone()));
    assert_eq!(p.asset_view(asset).classes, [old, earlier, later]);
}

#[test]
fn a_paper_is_written_again_with_its_scan_and_a_photo_with_other_words() {
    let mut p = Province::new();
    let a = p.a.clone();
    let asset = p.asset(&a, "House");
    let acts = [
        AssetOperation::Paper(paper("BK 1", None)),
        AssetOperation::Paper(paper("BK 2", None)),
        AssetOperation::Paper(paper("BK 1", Some([9; 32]))),
        AssetOperation::Photo(photo(1, "mặt trước")),
        AssetOperation::Photo(photo(2, "mặt sau")),
        AssetOperation::Photo(photo(1, "cổng")),
    ];
    for operation in acts {
        act(&mut p, &a, asset, operation);
    }
    let view = p.asset_view(asset);
    assert_eq!(view.papers, [paper("BK 2", None), paper("BK 1", Some([9; 32]))]);
    assert_eq!(view.photos, [photo(2, "mặt sau"), photo(1, "cổng")]);
}

#[test]
fn only_the_custodian_fills_the_card() {
    let mut p = Province::new();
    let (top, a, b) = (p.top.clone(), p.a.clone(), p.b.clone());
    let asset = p.asset(&a, "House");
    let acts = [
        AssetOperation::Classify(class("TT23/2023", "I.3", "2023-06-10")),
        AssetOperation::Paper(paper("BK 1", None)),
        AssetOperation::Photo(photo(1, "mặt trước")),
        AssetOperation::Set(AssetSet::Maker("VN".to_owned())),
        AssetOperation::Set(AssetSet::Cost(1.into())),
    ];
    for operation in acts {
        for stranger in [&top, &b] {
            let mut at = p.at(asset);
            let op = p.act(stranger, |c| {
                c.on_asset(&mut at, operation.clone());
            });
            p.expect_illegal(
                op,
                Illegality::NotCustodian {
                    custodian: Some(a.unit()),
                    actor: Some(stranger.unit()),
                },
            );
        }
        act(&mut p, &a, asset, operation);
    }
}

#[test]
fn scans_and_photos_are_files_of_the_asset() {
    let files = |operation| Mentions::of(&TypedOperation::Asset(operation)).files;
    assert_eq!(
        files(AssetOperation::Paper(paper("BK 1", Some([9; 32])))),
        [FileHash([9; 32])]
    );
    assert_eq!(files(AssetOperation::Paper(paper("BK 1", None))), []);
    assert_eq!(files(AssetOperation::Photo(photo(1, ""))), [FileHash([1; 32])]);
}
