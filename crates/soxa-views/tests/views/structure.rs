//! Units: stages, heads, regulations, lineage, old names.

use soxa_records::Date;
use soxa_records::person::WorkField;
use soxa_records::roster::AssignmentKind;
use soxa_records::unit::view::{Note, Succession};
use soxa_records::unit::{Extent, NoteTopic, UnitKind, UnitStage};
use soxa_views::structure::{Called, WrittenName, structure};
use soxa_views::units::Units;
use soxa_views::{Amount, Base, By, Group, Name};

use crate::make::{
    add_post, assign, check, check_share, day, id, line, no_minutes, on, one, op, person, roster, unit,
};

/// What stands in a dossier of who holds its originals; where the office has them nothing does.
fn written() -> Vec<WrittenName> {
    let names = [
        ("Xã", Called::Now),
        ("Thị trấn Tạ Bú", Called::Formerly),
        ("Văn phòng cũ", Called::Nobody),
        ("", Called::Nobody),
    ];
    let written = |(name, means): (&str, Called)| WrittenName {
        record: id(8, 1),
        units: vec![id(1, 3)],
        name: name.to_owned(),
        means,
    };
    names.into_iter().map(written).collect()
}

fn regulation(from: Date) -> Note {
    Note {
        op: op(1),
        topic: NoteTopic::Regulation,
        name: "Quy chế làm việc".to_owned(),
        from: Some(from),
        until: None,
        text: String::new(),
        document: None,
    }
}

/// Cần Thơ: 26 of 103 wards and communes have no full regulation.
#[test]
fn regulations_are_missed_by_kind() {
    let units: Vec<_> = (0..103)
        .map(|n| {
            let kind = if n < 31 { UnitKind::Ward } else { UnitKind::Commune };
            let mut view = unit(kind, "Xã");
            if n >= 26 {
                view.notes.push(regulation(day("2025-08-01")));
            }
            (id(1, n), view)
        })
        .collect();
    let told = |text: &str| {
        let asked = on(text);
        let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
        structure(&asked, &units, &no_minutes(), [], [], [], [])
    };
    let report = told("2025-10-19");
    check_share(&report, Name::WithoutRegulation, Base::OpenUnits, 26, 103, "25.2");
    let wards = line(&report, By::UnitKind, &Group::Word("ward"));
    assert_eq!(
        wards,
        [
            Amount::Count(31),
            Amount::Share {
                part: 26,
                of: 31,
                places: 1
            }
        ]
    );
    check_share(
        &told("2025-07-31"),
        Name::WithoutRegulation,
        Base::OpenUnits,
        103,
        103,
        "100.0",
    );
}

#[test]
fn units_have_heads_successors_and_names() {
    let mut closed = unit(UnitKind::DistrictStation, "Trạm");
    closed.stage = UnitStage::Closed;
    closed.closed = one(day("2025-11-16"));
    closed.successors = vec![Succession {
        op: op(2),
        unit: id(1, 1),
        extent: Extent::Whole,
        date: day("2025-11-16"),
        basis: String::new(),
    }];
    let mut planned = unit(UnitKind::ServiceCentre, "Trung tâm sau");
    planned.stage = UnitStage::Planned;
    let units = [
        (id(1, 0), closed),
        (id(1, 1), unit(UnitKind::ServiceCentre, "Trung tâm mới")),
        (id(1, 2), unit(UnitKind::ServiceCentre, "Trung tâm khác")),
        (id(1, 3), unit(UnitKind::Commune, "Xã")),
        (id(1, 4), planned),
    ];
    let mut headed = roster(id(1, 1));
    let head = add_post(&mut headed, 1, WorkField::Management, true);
    assign(&mut headed, 2, head, id(2, 1), AssignmentKind::InCharge);
    let mut headless = roster(id(1, 2));
    add_post(&mut headless, 3, WorkField::Management, true);
    // The minutes call the receiver otherwise than it is called.
    let mut offered = crate::handovers::effective(id(7, 0), &[1]);
    offered.stage = soxa_records::handover::HandoverStage::Offered;
    let told = |text: &str| {
        let asked = on(text);
        let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
        structure(
            &asked,
            &units,
            &no_minutes(),
            [(id(2, 1), person(id(1, 3), "", WorkField::Management))],
            [(id(5, 1), headed.clone()), (id(5, 2), headless.clone())],
            [(id(7, 0), offered.clone())],
            written(),
        )
    };
    let report = told("2025-11-30");
    check_share(&report, Name::NamesOfOld, Base::NamesWritten, 1, 3, "33.3");
    let unmatched = report.figure(Name::NamesUnmatched, Base::NamesWritten).unwrap();
    let says: Vec<_> = unmatched
        .behind
        .iter()
        .map(|behind| behind.says.as_str())
        .collect();
    assert_eq!(says, ["Văn phòng cũ"]);
    for (name, count) in [(Name::Planned, 1), (Name::Open, 3), (Name::Closed, 1)] {
        check(&report, name, Base::Units, Amount::Count(count));
    }
    check_share(&report, Name::WithoutRoster, Base::OpenUnits, 1, 3, "33.3");
    check_share(
        &report,
        Name::WithoutHead,
        Base::OpenUnitsWithRoster,
        1,
        2,
        "50.0",
    );
    let old = report.figure(Name::OldNames, Base::HandoversWaiting).unwrap();
    let says: Vec<&str> = old.behind.iter().map(|behind| behind.says.as_str()).collect();
    assert_eq!(says, ["Trung tâm"]);
    assert_eq!(
        line(&report, By::ClosedUnit, &Group::Unit(id(1, 0))),
        [Amount::Count(1)]
    );
    // A day before, the old unit was at work.
    let before = told("2025-11-15");
    check(&before, Name::Open, Base::Units, Amount::Count(4));
    assert_eq!(before.by(By::ClosedUnit), None);
}
