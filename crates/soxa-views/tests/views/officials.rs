//! Officials: heads without a key, offices that end, offices of people who moved.

use soxa_ledger::StatementId;
use soxa_records::person::WorkField;
use soxa_records::person::secondment::SecondmentStage;
use soxa_records::person::view::PersonView;
use soxa_records::roster::AssignmentKind;
use soxa_records::unit::UnitKind;
use soxa_records::working_days::at;
use soxa_views::holding::Minutes;
use soxa_views::keys::{Finding, Office, findings};
use soxa_views::units::Units;
use soxa_views::{Amount, Base, Name};

use crate::make::{
    add_post, assign, check, check_share, day, departure, handed_to, id, on, person, roster, secondment, unit,
};

fn office(number: u8, person: &str, unit: u32, until: Option<&str>) -> Office {
    Office {
        appointment: StatementId([number; 32]),
        person: person.to_owned(),
        record: None,
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
    check_share(&report, Name::OfficesUnbound, Base::Offices, 3, 3, "100.0");
    assert_eq!(ask(10).found.len(), 2);
}

/// An office that names a record is that person's, whoever else is called so: known where names say nothing, and never a namesake's.
#[test]
fn an_office_is_its_holders_and_no_namesakes() {
    let places = [(0, "A"), (1, "B")].map(|(n, name)| (id(1, n), unit(UnitKind::Commune, name)));
    let asked = on("2025-11-15");
    let known = Units::on(asked.day, places.iter().map(|(id, view)| (*id, view)));
    let dung = |n| (id(2, n), person(id(1, 0), "Dung", WorkField::Management));
    let (mut moved, mut left, stays, mut guest) = (dung(1), dung(2), dung(3), dung(4));
    moved.1.custody = handed_to(moved.1.custody.clone(), id(7, 1), id(1, 1));
    left.1.departures.push(departure(1, "2025-10-31", None));
    let taken = [(SecondmentStage::Accepted, None)];
    guest.1.secondments.push(secondment(1, id(1, 1), &taken));
    let mut head = roster(id(1, 0));
    let post = add_post(&mut head, 1, WorkField::Management, true);
    assign(&mut head, 100, post, stays.0, AssignmentKind::Regular);
    let of = |number, holder: &(_, PersonView), place| Office {
        record: Some(holder.0),
        ..office(number, "Dung", place, None)
    };
    let offices = [
        of(1, &moved, 0),
        of(2, &left, 0),
        of(3, &stays, 0),
        of(4, &guest, 1),
    ];
    let ask = |offices: Vec<Office>, people: &[_]| {
        let minutes = Minutes::default();
        let rosters = [(id(5, 0), head.clone())];
        findings(&asked, 30, &known, &minutes, people.to_vec(), rosters, offices)
    };
    let everybody = [moved.clone(), left, stays, guest.clone()];
    let found = ask(offices.to_vec(), &everybody);
    let to = |office: &Office, unit| Finding::Moved {
        office: office.clone(),
        to: id(1, unit),
    };
    let gone = Finding::Left {
        office: offices[1].clone(),
    };
    assert_eq!(found.found, [to(&offices[0], 1), gone, to(&offices[3], 0)]);
    let report = found.report();
    check_share(&report, Name::OfficesOfMoved, Base::Offices, 2, 4, "50.0");
    check_share(&report, Name::OfficesOfLeft, Base::Offices, 1, 4, "25.0");
    check_share(&report, Name::OfficesUnbound, Base::Offices, 0, 4, "0.0");
    // A namesake's office is no key of the head's.
    let without = ask(vec![of(1, &moved, 0)], &everybody).found;
    let keyless = Finding::WithoutKey {
        unit: id(1, 0),
        person: "Dung".to_owned(),
    };
    assert_eq!(without, [keyless, to(&offices[0], 1)]);
    // Who came by a handover, or is a guest still, works where the office is.
    let mut back = guest;
    back.1.secondments[0].until = day("2025-11-15");
    let offices = [of(1, &moved, 1), of(4, &back, 1)];
    assert_eq!(ask(offices.to_vec(), &[moved, back]).found, []);
}
