//! Officials: heads without a key, offices that end, offices of people who moved.

use soxa_ledger::StatementId;
use soxa_records::person::WorkField;
use soxa_records::roster::AssignmentKind;
use soxa_records::unit::UnitKind;
use soxa_records::working_days::at;
use soxa_views::holding::Minutes;
use soxa_views::keys::{Finding, Office, findings};
use soxa_views::units::Units;
use soxa_views::{Amount, Base, Name};

use crate::make::{add_post, assign, check, check_share, day, handed_to, id, on, person, roster, unit};

fn office(number: u8, person: &str, unit: u32, until: Option<&str>) -> Office {
    Office {
        appointment: StatementId([number; 32]),
        person: person.to_owned(),
        role: "unit_head".to_owned(),
        path: vec![id(1, 99), id(1, unit)],
        until: until.and_then(|text| at(day(text), 0)),
    }
}

#[test]
fn keys_are_missed_end_and_stay_behind() {
    let units = [
        (id(1, 0), unit(UnitKind::Commune, "A")),
        (id(1, 1), unit(UnitKind::Commune, "B")),
    ];
    let asked = on("2025-11-15");
    let known = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
    let mut persons: Vec<_> = ["An", "Bình", "Chi", "Dung", "Dung"]
        .into_iter()
        .zip(1_u32..)
        .map(|(name, n)| (id(2, n), person(id(1, 0), name, WorkField::Management)))
        .collect();
    for moved in [2, 3, 4] {
        let custody = persons[moved].1.custody.clone();
        persons[moved].1.custody = handed_to(custody, id(7, 1), id(1, 1));
    }
    let rosters = [(0, id(2, 1)), (1, id(2, 2))].map(|(n, head)| {
        let mut own = roster(id(1, n));
        let post = add_post(&mut own, n, WorkField::Management, true);
        assign(&mut own, 100 + n, post, head, AssignmentKind::InCharge);
        (id(5, n), own)
    });
    let offices = [
        office(1, "An", 0, Some("2025-12-01")),
        office(2, "Chi", 0, Some("2025-12-31")),
        office(3, "Dung", 0, None),
    ];
    let ask = |within| {
        findings(
            &asked,
            within,
            &known,
            &Minutes::default(),
            persons.clone(),
            rosters.clone(),
            offices.clone(),
        )
    };
    let found = ask(30);
    assert_eq!(
        found.found,
        [
            Finding::WithoutKey {
                unit: id(1, 1),
                person: "Bình".to_owned()
            },
            Finding::Ending {
                office: offices[0].clone(),
                days: 16
            },
            // Nothing is said of two people of one name.
            Finding::Moved {
                office: offices[1].clone(),
                to: id(1, 1)
            },
        ]
    );
    let report = found.report();
    check(&report, Name::Offices, Base::Offices, Amount::Count(3));
    check_share(&report, Name::WithoutKey, Base::Heads, 1, 2, "50.0");
    check_share(&report, Name::OfficesEnding, Base::Offices, 1, 3, "33.3");
    assert_eq!(ask(10).found.len(), 2);
}
