//! Assets by unit, category and condition.

use soxa_records::asset::AssetView;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::{CanonicalState, CustodyView, RecordKind};
use soxa_views::assets::assets;
use soxa_views::units::Units;
use soxa_views::{Amount, Base, By, Group, Name};

use crate::make::{check, held_by, id, line, no_minutes, on, one, two, unit};

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
    let report = assets(&asked, &units, &no_minutes(), all);
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
