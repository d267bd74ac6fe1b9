//! Assets by unit, category and condition.

use soxa_records::asset::category::AssetCategories;
use soxa_records::asset::state::AssetState;
use soxa_records::asset::{AssetPaper, AssetView, Class};
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion, ReferenceView};
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::{CanonicalState, CustodyView, RecordKind};
use soxa_views::assets::assets;
use soxa_views::units::Units;
use soxa_views::{Amount, Base, By, Group, Name};

use crate::make::{check, day, held_by, id, line, no_minutes, on, one, two, unit};

pub fn asset(unit: u32, cost: i64, residual: Option<i64>) -> AssetView {
    let state = CanonicalState {
        kind: Some(RecordKind::Asset),
        ..CanonicalState::default()
    };
    let mut view = AssetView::of(&state).expect("an asset");
    view.cost = one(cost);
    view.residual = residual.map(one).unwrap_or_default();
    view.category = one("2.01".to_owned());
    view.condition = one(String::new());
    view.custody = held_by(id(1, unit));
    view
}

#[test]
fn values_are_summed_where_they_are_known() {
    let mut closed = unit(UnitKind::DistrictStation, "Trạm");
    closed.stage = UnitStage::Closed;
    let units = [(id(1, 0), unit(UnitKind::Commune, "Xã")), (id(1, 1), closed)];
    let asked = on("2025-11-15");
    let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
    let mut contested = asset(0, 5, Some(5));
    contested.custody = CustodyView {
        custodian: None,
        current: None,
        tied: vec![id(1, 0), id(1, 1)],
        ..contested.custody
    };
    let mut doubtful = asset(0, 100, None);
    doubtful.residual = two(70, 30);
    let all = vec![
        (id(6, 0), asset(0, 1_000, Some(400))),
        (id(6, 1), asset(1, 2_000, None)),
        (id(6, 2), contested),
        (id(6, 3), doubtful),
    ];
    let report = assets(&asked, &units, &no_minutes(), &AssetCategories::default(), all);
    check(&report, Name::Assets, Base::Assets, Amount::Count(4));
    check(&report, Name::Cost, Base::Assets, Amount::Dong(3_105));
    check(
        &report,
        Name::Residual,
        Base::AssetsWithResidual,
        Amount::Dong(435),
    );
    check(
        &report,
        Name::Accumulated,
        Base::AssetsWithResidual,
        Amount::Dong(670),
    );
    for (name, record) in [
        (Name::ResidualUnknown, 1),
        (Name::InClosedUnits, 1),
        (Name::DisputedCustody, 2),
        (Name::DisputedValues, 3),
    ] {
        let figure = report.figure(name, Base::Assets).unwrap();
        let records: Vec<_> = figure.behind.iter().map(|behind| behind.record).collect();
        assert_eq!(records, [id(6, record)], "{name:?}");
    }
    assert_eq!(line(&report, By::Unit, &Group::Disputed)[1], Amount::Dong(5));
    assert_eq!(
        line(&report, By::Unit, &Group::Unit(id(1, 0)))[1],
        Amount::Dong(1_100)
    );
    assert_eq!(line(&report, By::Condition, &Group::None)[0], Amount::Count(4));
}

/// Computers under two circulars, each from its day.
fn categories() -> AssetCategories {
    let version = |regime: &str, code: &str, from: &str, until: Option<&str>, rate: &str| {
        let part = |name: &str, text: &str| ReferencePart {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let version = ReferenceVersion {
            table: ReferenceTable::AssetCategory,
            key: format!("{regime} {code}"),
            from: from.parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
            parts: vec![
                part("regime", regime),
                part("name", "Máy vi tính"),
                part("annual_rate_pct", rate),
            ],
            basis: String::new(),
        };
        ReferenceView {
            table: one(version.table),
            key: one(version.key.clone()),
            versions: vec![(soxa_ledger::OpId([0; 32]), version)],
        }
    };
    AssetCategories::of(&[
        version("TT23", "V.1", "2023-06-10", Some("2025-12-31"), "20"),
        version("TT141", "0503", "2026-01-01", None, "14.29"),
    ])
}

fn computer(classes: &[(&str, &str, &str)]) -> AssetView {
    let class = |(regime, code, from): &(&str, &str, &str)| Class {
        regime: (*regime).to_owned(),
        code: (*code).to_owned(),
        from: from.parse().unwrap(),
    };
    AssetView {
        in_use_year: one(2024),
        classes: classes.iter().map(class).collect(),
        ..asset(0, 10_000, None)
    }
}

const OLD: (&str, &str, &str) = ("TT23", "V.1", "2023-06-10");
const NEW: (&str, &str, &str) = ("TT141", "0503", "2026-01-01");

#[test]
fn a_new_circular_changes_categories_and_leaves_nothing_out() {
    let units = [(id(1, 0), unit(UnitKind::Commune, "Xã"))];
    let all = vec![
        (id(6, 0), computer(&[OLD, NEW])),
        (id(6, 1), computer(&[OLD])),
        (id(6, 2), asset(0, 7, Some(3))),
    ];
    let report = |day: &str| {
        let asked = on(day);
        let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
        assets(&asked, &units, &no_minutes(), &categories(), all.clone())
    };
    let group = |key: &str| Group::Text(key.to_owned());
    let before = report("2025-12-31");
    assert_eq!(
        line(&before, By::AssetClass, &group("TT23 V.1"))[0],
        Amount::Count(2)
    );
    assert_eq!(line(&before, By::AssetClass, &Group::None)[0], Amount::Count(1));
    check(&before, Name::Worn, Base::AssetsWithWear, Amount::Dong(8_000));
    check(
        &before,
        Name::LeftAfterWear,
        Base::AssetsWithWear,
        Amount::Dong(12_000),
    );
    check(&before, Name::Residual, Base::AssetsWithResidual, Amount::Dong(3));
    check(&before, Name::WearUnknown, Base::Assets, Amount::Count(1));
    check(&before, Name::WearUnruled, Base::Assets, Amount::Count(0));

    let after = report("2026-12-31");
    assert_eq!(
        line(&after, By::AssetClass, &group("TT23 V.1"))[0],
        Amount::Count(1)
    );
    assert_eq!(
        line(&after, By::AssetClass, &group("TT141 0503"))[0],
        Amount::Count(1)
    );
    check(&after, Name::Worn, Base::AssetsWithWear, Amount::Dong(9_429));
    check(&after, Name::WearUnruled, Base::Assets, Amount::Count(1));
}

#[test]
fn what_stands_idle_is_left_over_or_has_no_papers_is_listed() {
    let units = [(id(1, 0), unit(UnitKind::Commune, "Xã"))];
    let asked = on("2025-11-15");
    let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
    let is = |state: AssetState| AssetView {
        states: vec![state],
        ..asset(0, 1, None)
    };
    let paper = AssetPaper {
        form: "Quyết định".to_owned(),
        number: String::new(),
        date: None,
        issuer: String::new(),
        scan: None,
    };
    let site = AssetView {
        floor_area: one("360.5".parse().unwrap()),
        papers: vec![paper],
        ..is(AssetState::Surplus)
    };
    let gone = AssetView {
        left_books: Some(day("2025-11-16")),
        ..is(AssetState::Mistaken)
    };
    let all = vec![
        (id(6, 0), is(AssetState::Idle)),
        (id(6, 1), site),
        (id(6, 2), is(AssetState::Surplus)),
        (id(6, 3), gone),
    ];
    // On the day after it is in no sum; what it was is told.
    let later = on("2025-11-16");
    let report = assets(&later, &units, &no_minutes(), &categories(), all.clone());
    check(&report, Name::Assets, Base::Assets, Amount::Count(3));
    check(&report, Name::Cost, Base::Assets, Amount::Dong(3));
    let off = report.figure(Name::OffBooks, Base::AssetsOffBooks).unwrap();
    assert_eq!(
        (off.behind[0].record, off.behind[0].says.as_str()),
        (id(6, 3), "mistaken")
    );
    let all = all[..3].to_vec();
    let report = assets(&asked, &units, &no_minutes(), &categories(), all);
    for (name, expected) in [
        (Name::Idle, vec![id(6, 0)]),
        (Name::SurplusSites, vec![id(6, 1)]),
        (Name::WithoutPapers, vec![id(6, 0), id(6, 2)]),
    ] {
        let figure = report.figure(name, Base::Assets).unwrap();
        let records: Vec<_> = figure.behind.iter().map(|behind| behind.record).collect();
        assert_eq!(records, expected, "{name:?}");
    }
    assert_eq!(
        line(&report, By::AssetState, &Group::Word("surplus"))[0],
        Amount::Count(2)
    );
}
