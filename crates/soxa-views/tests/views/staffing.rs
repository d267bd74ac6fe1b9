//! Headcount, quotas, posts, secondments and departures.

use soxa_ledger::RecordId;
use soxa_records::person::programme::Programme;
use soxa_records::person::secondment::{Rating, SecondmentStage};
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::staffing::StaffingRule;
use soxa_records::roster::view::{Released, RosterView};
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{UnitKind, UnitStage};
use soxa_views::staffing::{Measures, staffing};
use soxa_views::units::Units;
use soxa_views::{Amount, Asked, Base, By, Group, Name, Report};

use crate::make::{
    PROGRAMME, add_post, assign, check, check_share, day, departure, handed_to, held_by, id, line, measures,
    no_minutes, on, one, op, person, roster, secondment, unit, with_quota,
};

fn told(
    asked: &Asked,
    measures: &Measures,
    units: &[(RecordId, UnitView)],
    persons: Vec<(RecordId, PersonView)>,
    rosters: Vec<(RecordId, RosterView)>,
) -> Report {
    let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
    staffing(asked, measures, &units, &no_minutes(), persons, rosters)
}

fn rule(field: WorkField, min: u32, max: u32) -> StaffingRule {
    StaffingRule {
        key: field.as_str().to_owned(),
        unit_kinds: vec![UnitKind::ServiceCentre],
        fields: vec![field],
        min: Some(min),
        max: Some(max),
        refuses: false,
    }
}

/// Sơn La: 75 centres as the scenario allots them, heads in charge at 13 of them.
#[test]
fn sonla_adds_up() {
    let allotted = [
        (21, 7, 4),
        (18, 3, 4),
        (10, 5, 4),
        (10, 5, 3),
        (9, 5, 2),
        (3, 3, 3),
        (3, 4, 3),
        (1, 4, 2),
    ];
    let (mut units, mut persons, mut rosters) = (Vec::new(), Vec::new(), Vec::new());
    let mut number = 0;
    for (centres, culture, agriculture) in allotted {
        for _ in 0..centres {
            let centre = id(1, units.len() as u32);
            let in_charge = units.len() < 13;
            let mut own = roster(centre);
            let head = add_post(&mut own, 0, WorkField::Management, true);
            let fields = [
                (WorkField::Culture, culture),
                (WorkField::Agriculture, agriculture),
            ];
            for (field, people) in fields {
                for _ in 0..people {
                    number += 1;
                    let somebody = id(2, number);
                    persons.push((somebody, person(centre, "", field)));
                    let first = own.assignments.is_empty() && !in_charge;
                    let post = if first {
                        head
                    } else {
                        add_post(&mut own, number, field, false)
                    };
                    assign(&mut own, 10_000 + number, post, somebody, AssignmentKind::Regular);
                }
            }
            if in_charge {
                let vice_chair = id(3, units.len() as u32);
                persons.push((vice_chair, person(id(4, 0), "", WorkField::Management)));
                assign(&mut own, 9_999, head, vice_chair, AssignmentKind::InCharge);
            }
            units.push((centre, unit(UnitKind::ServiceCentre, "Trung tâm")));
            rosters.push((id(5, units.len() as u32), own));
        }
    }
    let mut asked = on("2025-11-15");
    asked.area = Some(units.iter().map(|(id, _)| *id).collect());
    let measures = Measures {
        rules: vec![rule(WorkField::Culture, 2, 7), rule(WorkField::Agriculture, 2, 5)],
        far_km: 40,
        programmes: Vec::new(),
    };
    let report = told(&asked, &measures, &units, persons.clone(), rosters.clone());
    check(&report, Name::Present, Base::People, Amount::Count(635));
    let field = |field: WorkField| line(&report, By::Field, &Group::Word(field.as_str()))[0];
    let share = |part| Amount::Share {
        part,
        of: 635,
        places: 1,
    };
    assert_eq!(
        (field(WorkField::Culture), field(WorkField::Agriculture)),
        (share(371), share(264))
    );
    assert_eq!(share(371).rounded().unwrap().to_string(), "58.4");
    assert_eq!(share(264).rounded().unwrap().to_string(), "41.6");
    let kind = line(&report, By::UnitKind, &Group::Word("service_centre"));
    assert_eq!(kind[..2], [Amount::Count(75), Amount::Count(635)]);
    assert_eq!(kind[2].rounded().unwrap().to_string(), "8.47");
    check_share(&report, Name::OutOfBounds, Base::RulesForUnits, 0, 150, "0.0");
    check_share(&report, Name::VacantHeads, Base::HeadPosts, 0, 75, "0.0");
    check_share(&report, Name::HeadsInCharge, Base::HeadPosts, 13, 75, "17.3");
    check(&report, Name::InClosedUnits, Base::People, Amount::Count(0));

    // An eighth of culture at one centre is out of bounds, and the list says where and how.
    let mut more = rosters;
    let eighth = add_post(&mut more[0].1, 20_000, WorkField::Culture, false);
    assign(
        &mut more[0].1,
        20_001,
        eighth,
        id(2, 20_000),
        AssignmentKind::Regular,
    );
    persons.push((id(2, 20_000), person(units[0].0, "", WorkField::Culture)));
    let report = told(&asked, &measures, &units, persons, more);
    let broken = report.figure(Name::OutOfBounds, Base::RulesForUnits).unwrap();
    assert_eq!(broken.behind.len(), 1);
    assert_eq!(
        (broken.behind[0].record, broken.behind[0].says.as_str()),
        (units[0].0, "culture: 8 > 7")
    );
}

/// Cần Thơ: 5,933 by quota, 4,840 present in 103 units; one of them has a surplus, so the net and the gross shortage differ.
#[test]
fn quotas_give_a_net_and_a_gross_shortage() {
    let units: Vec<_> = (0..103)
        .map(|n| (id(1, n), unit(UnitKind::Commune, "Xã")))
        .collect();
    let mut persons = Vec::new();
    let mut rosters = Vec::new();
    for n in 0..103_u32 {
        // 57.6 allowed and 47 present in each, but 12 more than allowed in the first.
        let quota = 57 + u32::from(n < 62);
        let present = if n == 0 {
            quota + 12
        } else {
            46 + u32::from(n < 79)
        };
        let first = persons.len() as u32;
        persons.extend((first..first + present).map(|p| (id(2, p), person(id(1, n), "", WorkField::Land))));
        rosters.push((id(3, n), with_quota(roster(id(1, n)), quota)));
    }
    let missing = 4_840 - persons.len() as u32;
    let first = persons.len() as u32;
    persons.extend((first..first + missing).map(|p| (id(2, p), person(id(1, 1), "", WorkField::Land))));
    // A worker is of a class that no quota is set for.
    let mut worker = person(id(1, 5), "", WorkField::Other);
    worker.class = one(PersonClass::Worker);
    persons.push((id(2, 99_999), worker));
    let report = told(&on("2025-08-27"), &measures(), &units, persons, rosters);
    check(&report, Name::Quota, Base::UnitsWithQuota, Amount::Count(5_933));
    check(
        &report,
        Name::UnderQuota,
        Base::PeopleUnderQuota,
        Amount::Count(4_840),
    );
    check(
        &report,
        Name::NetShort,
        Base::UnitsWithQuota,
        Amount::Difference(1_093),
    );
    let count = |name| match report.figure(name, Base::UnitsWithQuota).unwrap().amount {
        Amount::Count(count) => count,
        other => panic!("{other:?}"),
    };
    assert_eq!(count(Name::Surplus), 12);
    assert_eq!(count(Name::GrossShort), 1_093 + 12);
    let first = line(&report, By::QuotaUnit, &Group::Unit(id(1, 0)));
    assert_eq!(
        first[2..],
        [Amount::Difference(-12), Amount::Count(0), Amount::Count(12)]
    );
    check(&report, Name::Present, Base::People, Amount::Count(4_841));
}

#[test]
fn posts_are_vacant_when_nobody_who_serves_there_holds_them() {
    let (home, other) = (id(1, 0), id(1, 1));
    let units = [
        (home, unit(UnitKind::Commune, "A")),
        (other, unit(UnitKind::Commune, "B")),
    ];
    let mut own = roster(home);
    let posts: Vec<_> = (0..8)
        .map(|n| add_post(&mut own, n, WorkField::Land, n == 0))
        .collect();
    let mut gone = person(home, "", WorkField::Land);
    gone.departures.push(departure(1, "2025-08-01", Some(0)));
    let persons = vec![
        (id(2, 1), person(home, "", WorkField::Land)),
        (id(2, 2), gone),
        (id(2, 3), person(other, "", WorkField::Land)),
        (id(2, 4), person(other, "", WorkField::Land)),
    ];
    assign(&mut own, 101, posts[1], id(2, 1), AssignmentKind::Regular);
    assign(&mut own, 102, posts[2], id(2, 2), AssignmentKind::Regular);
    assign(&mut own, 103, posts[3], id(2, 3), AssignmentKind::Regular);
    assign(&mut own, 104, posts[4], id(2, 4), AssignmentKind::Concurrent);
    assign(&mut own, 105, posts[5], id(2, 1), AssignmentKind::Regular);
    own.assignments.get_mut(&op(105)).unwrap().until = Some(day("2025-07-31"));
    assign(&mut own, 106, posts[6], id(2, 1), AssignmentKind::Regular);
    // The last day of an assignment is one of it.
    own.assignments.get_mut(&op(106)).unwrap().released = vec![Released {
        op: op(200),
        date: day("2025-09-01"),
        reason: String::new(),
    }];
    own.posts.get_mut(&posts[7]).unwrap().closed = true;
    let report = told(
        &on("2025-09-01"),
        &measures(),
        &units,
        persons,
        vec![(id(3, 0), own)],
    );
    let vacant = report.figure(Name::VacantPosts, Base::OpenPosts).unwrap();
    let codes: Vec<&str> = vacant.behind.iter().map(|behind| behind.says.as_str()).collect();
    assert_eq!(codes, ["VT-0", "VT-2", "VT-3", "VT-5"]);
    check_share(&report, Name::VacantPosts, Base::OpenPosts, 4, 7, "57.1");
    check_share(&report, Name::VacantHeads, Base::HeadPosts, 1, 1, "100.0");
    check(&report, Name::ConcurrentPosts, Base::People, Amount::Count(1));
    let double = report.figure(Name::DoublePostings, Base::People).unwrap();
    assert_eq!(double.behind.len(), 1);
    assert_eq!(
        (double.behind[0].record, double.behind[0].says.as_str()),
        (id(2, 1), "VT-1, VT-6")
    );
}

/// Lâm Đồng: 260 seconded for three months; 66, 189, 3 and 2 not rated yet.
#[test]
fn secondments_are_rated_and_nobody_counts_twice() {
    let ratings = [
        (66, Some(Rating::Excellent)),
        (189, Some(Rating::Good)),
        (3, Some(Rating::Completed)),
        (2, None),
    ];
    let home = id(1, 0);
    let mut units = vec![(home, unit(UnitKind::Department, "Sở"))];
    units.extend((1..=124).map(|n| (id(1, n), unit(UnitKind::Commune, "Xã"))));
    let mut persons = Vec::new();
    for (people, rating) in ratings {
        for _ in 0..people {
            let n = persons.len() as u32;
            // Three in the first host, two in the second, the others around.
            let host = match n {
                0..3 => id(1, 1),
                3..5 => id(1, 2),
                _ => id(1, 3 + n % 122),
            };
            let mut stages = vec![(SecondmentStage::Accepted, None)];
            stages.extend(rating.map(|rating| (SecondmentStage::Evaluated, Some(rating))));
            let mut somebody = person(home, "", WorkField::Land);
            somebody.secondments.push(secondment(n, host, &stages));
            persons.push((id(2, n), somebody));
        }
    }
    let ask = |text: &str| told(&on(text), &measures(), &units, persons.clone(), Vec::new());
    let running = ask("2025-10-20");
    check(&running, Name::Seconded, Base::Secondments, Amount::Count(260));
    check(&running, Name::EndingSoon, Base::Secondments, Amount::Count(260));
    check(
        &ask("2025-10-16"),
        Name::EndingSoon,
        Base::Secondments,
        Amount::Count(0),
    );
    // The last day is one of it.
    let last = ask("2025-10-31");
    check(&last, Name::Seconded, Base::Secondments, Amount::Count(260));
    assert_eq!(last.by(By::Rating), None);
    let over = ask("2025-11-30");
    check(&over, Name::Secondments, Base::Secondments, Amount::Count(260));
    check(&over, Name::Seconded, Base::Secondments, Amount::Count(0));
    check_share(&over, Name::OverdueRating, Base::SecondmentsOver, 2, 260, "0.8");
    let shares: Vec<String> = ["excellent", "good", "completed"]
        .into_iter()
        .map(Group::Word)
        .chain([Group::None])
        .map(|group| line(&over, By::Rating, &group)[0].rounded().unwrap().to_string())
        .collect();
    assert_eq!(shares, ["25.4", "72.7", "1.2", "0.8"]);
    assert!(over.by(By::Rating).unwrap().rounding_shows(), "they sum to 100.1");
    let host = |n| line(&over, By::Host, &Group::Unit(id(1, n)))[0];
    assert_eq!((host(1), host(2)), (Amount::Count(3), Amount::Count(2)));
    // Those of the armed forces are counted in another register: a number that the province publishes with the programme.
    let apart = ReferenceVersion {
        table: ReferenceTable::Programme,
        key: "TCX-2025".to_owned(),
        from: day("2025-08-01"),
        until: Some(day("2025-10-31")),
        parts: [
            ("name", PROGRAMME),
            ("apart", "470"),
            ("register", "Lực lượng vũ trang"),
        ]
        .map(|(name, text)| ReferencePart {
            name: name.to_owned(),
            text: text.to_owned(),
        })
        .into(),
        basis: String::new(),
    };
    let programme = Programme::read(&apart).unwrap();
    let measures = Measures {
        programmes: vec![(apart.from, programme)],
        ..measures()
    };
    let ask = |asked: &Asked| told(asked, &measures, &units, persons.clone(), Vec::new());
    let told = ask(&on("2025-11-30"));
    check(&told, Name::Secondments, Base::Secondments, Amount::Count(260));
    check(&told, Name::CountedApart, Base::Programmes, Amount::Count(470));
    check(
        &told,
        Name::WithCountedApart,
        Base::Programmes,
        Amount::Count(730),
    );
    check(&told, Name::Present, Base::People, Amount::Count(260));
    assert_eq!(
        line(&told, By::Programme, &Group::Text(PROGRAMME.to_owned())),
        [260, 0, 470, 730].map(Amount::Count)
    );
    let register = Group::Text("Lực lượng vũ trang".to_owned());
    assert_eq!(line(&told, By::Register, &register), [Amount::Count(470)]);
    // Of one unit, or of another year, nobody knows how many.
    let mut of_one = on("2025-11-30");
    of_one.area = Some([home].into());
    let mut later = on("2025-11-30");
    later.period.from = Some(day("2025-08-02"));
    for asked in [of_one, later] {
        assert_eq!(ask(&asked).figure(Name::CountedApart, Base::Programmes), None);
    }
    // All count at home, before and after.
    for report in [running, over] {
        assert_eq!(line(&report, By::Unit, &Group::Unit(home)), [Amount::Count(260)]);
        assert_eq!(report.by(By::Unit).unwrap().lines.len(), 1);
        check(&report, Name::Present, Base::People, Amount::Count(260));
    }
}

#[test]
fn what_the_host_has_not_taken_waits_and_what_it_declined_is_over() {
    let mut waits = person(id(1, 0), "", WorkField::Land);
    waits.secondments.push(secondment(1, id(1, 1), &[]));
    let mut declined = person(id(1, 0), "", WorkField::Land);
    declined
        .secondments
        .push(secondment(2, id(1, 1), &[(SecondmentStage::Declined, None)]));
    let persons = vec![(id(2, 1), waits), (id(2, 2), declined)];
    let report = told(&on("2025-08-01"), &measures(), &[], persons, Vec::new());
    check(&report, Name::ToAccept, Base::Secondments, Amount::Count(1));
    check(&report, Name::Secondments, Base::Secondments, Amount::Count(0));
}

/// Cần Thơ: 2,719 departures decided, 2,352 paid in full, 2,464 billion đồng.
#[test]
fn departures_are_paid_in_full_in_part_or_not() {
    let mut persons = Vec::new();
    for n in 0..2_719_u32 {
        let mut somebody = person(id(1, 0), "", WorkField::Land);
        let share = 2_464_000_000_000 / 2_352;
        let rest = if n == 0 { 2_464_000_000_000 % 2_352 } else { 0 };
        let mut leaving = departure(n, "2025-09-01", Some(share + rest));
        if n < 2_352 {
            leaving
                .payments
                .push((share + rest, day("2025-09-20"), String::new()));
        } else if n < 2_355 {
            leaving.payments.push((1_000, day("2025-09-20"), String::new()));
        }
        somebody.departures.push(leaving);
        persons.push((id(2, n), somebody));
    }
    let ask = |text: &str| told(&on(text), &measures(), &[], persons.clone(), Vec::new());
    let report = ask("2025-09-30");
    check(&report, Name::Departures, Base::Departures, Amount::Count(2_719));
    check_share(&report, Name::Paid, Base::Departures, 2_352, 2_719, "86.5");
    check_share(&report, Name::Unpaid, Base::Departures, 367, 2_719, "13.5");
    check(&report, Name::PartlyPaid, Base::Departures, Amount::Count(3));
    check(
        &report,
        Name::AmountPaid,
        Base::Departures,
        Amount::Dong(2_464_000_000_000 + 3_000),
    );
    let mean = report
        .figure(Name::MeanPaid, Base::DeparturesPaid)
        .unwrap()
        .amount;
    assert_eq!(mean.rounded().unwrap().to_string(), "1047619048");
    // All have left; the money came later.
    check(&report, Name::Present, Base::People, Amount::Count(0));
    check_share(&ask("2025-09-10"), Name::Paid, Base::Departures, 0, 2_719, "0.0");
    check(
        &ask("2025-09-01"),
        Name::Present,
        Base::People,
        Amount::Count(2_719),
    );
}

#[test]
fn whoever_was_handed_over_counts_where_they_were_on_that_day() {
    let (old, new) = (id(1, 0), id(1, 1));
    let mut closed = unit(UnitKind::DistrictCentre, "Trung tâm cũ");
    closed.stage = UnitStage::Closed;
    closed.closed = one(day("2025-11-16"));
    let units = [
        (old, closed),
        (new, unit(UnitKind::ServiceCentre, "Trung tâm mới")),
    ];
    let mut handover = crate::handovers::effective(id(7, 1), &[0]);
    handover.date = day("2025-11-15");
    let minutes = soxa_views::holding::Minutes::of([(id(7, 1), &handover)]);
    let mut moved = person(old, "", WorkField::Culture);
    moved.custody = handed_to(held_by(old), id(7, 1), new);
    let stays = person(old, "", WorkField::Culture);
    for (text, at_old, at_new, in_closed) in [("2025-11-14", 2, 0, 0), ("2025-11-16", 1, 1, 1)] {
        let asked = on(text);
        let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
        let persons = [(id(2, 1), moved.clone()), (id(2, 2), stays.clone())];
        let report = staffing(&asked, &measures(), &units, &minutes, persons, []);
        let at = |unit| {
            let breakdown = report.by(By::Unit).unwrap();
            let line = breakdown
                .lines
                .iter()
                .find(|line| line.group == Group::Unit(unit));
            line.map_or(0, |line| line.figures[0].behind.len())
        };
        assert_eq!((at(old), at(new)), (at_old, at_new), "{text}");
        check(
            &report,
            Name::InClosedUnits,
            Base::People,
            Amount::Count(in_closed),
        );
    }
}

#[test]
fn long_ways_to_work_are_listed_with_their_length() {
    let mut far = person(id(1, 0), "", WorkField::Culture);
    far.commute_km = one(80);
    let mut near = person(id(1, 0), "", WorkField::Culture);
    near.commute_km = one(39);
    let persons = vec![(id(2, 1), far), (id(2, 2), near)];
    let report = told(&on("2025-11-15"), &measures(), &[], persons, Vec::new());
    let figure = report.figure(Name::LongCommutes, Base::People).unwrap();
    assert_eq!(figure.behind.len(), 1);
    assert_eq!(figure.behind[0].says, "80 km");
}
