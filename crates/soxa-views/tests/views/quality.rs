//! The data themselves: right, sufficient, clean.

use soxa_ledger::RecordId;
use soxa_records::asset::state::AssetState;
use soxa_records::person::WorkField;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_records::{Field, RecordKind};
use soxa_views::quality::{QualityRow, quality};
use soxa_views::{Amount, Base, By, Group, Name};

use crate::assets::asset;
use crate::make::{check, check_share, day, id, line, on, one, person, unit};

fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn row(kind: RecordKind, disputed: bool, lacks: &[&'static str], identity: Option<&str>) -> QualityRow {
    QualityRow {
        kind,
        units: vec![id(1, 0)],
        disputed,
        lacks: lacks.to_vec(),
        identity: identity.map(|text| vec![text.to_owned()]),
    }
}

#[test]
fn a_record_is_right_sufficient_and_clean_each_by_itself() {
    use RecordKind::{Asset, Person};
    let rows = [
        row(Asset, false, &[], Some("a")),
        row(Asset, true, &[], Some("b")),
        row(Asset, false, &["code", "site"], None),
        row(Asset, false, &["site"], None),
        // One code of two assets; somebody of the same name is another sort of record.
        row(Asset, false, &[], Some("c")),
        row(Asset, false, &[], Some("c")),
        row(Person, false, &[], Some("c")),
    ];
    let mut rows: Vec<(RecordId, QualityRow)> = (0..).map(|n| id(6, n)).zip(rows).collect();
    let asked = on("2026-01-01");
    let report = quality(&asked, rows.clone());
    let shares = [
        (Name::Right, 6, "85.71"),
        (Name::Sufficient, 5, "71.43"),
        (Name::Clean, 5, "71.43"),
        (Name::Faultless, 2, "28.57"),
    ];
    for (name, part, percent) in shares {
        check_share(&report, name, Base::Records, part, 7, percent);
    }
    for (name, count) in [
        (Name::Records, 7),
        (Name::DisputedValues, 1),
        (Name::Insufficient, 2),
        (Name::Doubled, 2),
    ] {
        check(&report, name, Base::Records, Amount::Count(count));
    }
    let lacking = report.figure(Name::Insufficient, Base::Records).unwrap();
    assert_eq!(lacking.behind[0].says, "code, site");
    let of = |field: &'static str| line(&report, By::LackingField, &Group::Word(field))[0];
    assert_eq!((of("code"), of("site")), (Amount::Count(1), Amount::Count(2)));
    assert_eq!(
        line(&report, By::RecordKind, &Group::Word("person"))[0],
        Amount::Count(1)
    );

    // What doubles a record may stand in another unit than the one that is asked about.
    rows[4].1.units = vec![id(1, 1)];
    let mut own = asked;
    own.area = Some([id(1, 1)].into());
    let report = quality(&own, rows);
    check_share(&report, Name::Clean, Base::Records, 0, 1, "0.00");
}

#[test]
fn rows_say_what_records_lack() {
    let mut car = asset(0, 1, None);
    car.states = vec![AssetState::InUse];
    car.code = one("XE-1".to_owned());
    car.condition = one(" ".to_owned());
    let of_car = QualityRow::asset(&car, false, fold).unwrap();
    assert!(of_car.lacks.contains(&"condition") && !of_car.lacks.contains(&"code"));
    assert_eq!(
        of_car.identity,
        Some(vec![id(1, 0).to_string(), "xe-1".to_owned()])
    );
    // Who disagrees on its life disagrees on it; who says that it is gone counts no more.
    car.states = vec![AssetState::InUse, AssetState::Mistaken];
    assert!(QualityRow::asset(&car, false, fold).unwrap().disputed);
    car.states = vec![AssetState::Mistaken];
    assert_eq!(QualityRow::asset(&car, false, fold), None);

    let mut an = person(id(1, 0), "Lò Văn An", WorkField::Land);
    an.birth_year = Field::default();
    let of_an = QualityRow::person(&an, false, day("2026-01-01"), fold).unwrap();
    assert!(of_an.lacks.contains(&"birth_year"));
    assert_eq!(of_an.identity, None, "a name alone is no identity");

    let mut planned = unit(UnitKind::Commune, "Xã");
    assert!(QualityRow::unit(id(1, 0), &planned, false, fold).is_some());
    planned.stage = UnitStage::Planned;
    assert_eq!(QualityRow::unit(id(1, 0), &planned, false, fold), None);
}
