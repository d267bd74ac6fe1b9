//! Staffing rules, as they are published and read.

use soxa_records::person::WorkField;
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::roster::staffing::{Breach, SecondmentRule, StaffingRule};
use soxa_records::unit::UnitKind;

use crate::province::date;

fn version(parts: &[(&str, &str)]) -> ReferenceVersion {
    let part = |(name, text): &(&str, &str)| ReferencePart {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    ReferenceVersion {
        table: ReferenceTable::StaffingRule,
        key: "VH".to_owned(),
        from: date(),
        until: None,
        parts: parts.iter().map(part).collect(),
        basis: String::new(),
    }
}

#[test]
fn a_rule_counts_its_fields_in_its_kinds_of_units() {
    let rule = StaffingRule::read(&version(&[
        ("unit_kind", "service_centre"),
        ("field", "culture"),
        ("min", "2"),
        ("max", "7"),
        ("action", "refuse"),
    ]));
    let rule = rule.unwrap();
    assert!(rule.is_for(UnitKind::ServiceCentre) && !rule.is_for(UnitKind::Commune));
    assert!(rule.counts(WorkField::Culture) && !rule.counts(WorkField::Agriculture));
    assert!(rule.refuses);
    for (people, breach) in [
        (1, Some(Breach::Below(2))),
        (2, None),
        (7, None),
        (8, Some(Breach::Above(7))),
    ] {
        assert_eq!(rule.breach(people), breach, "{people}");
    }
    let all = StaffingRule::read(&version(&[("max", "40"), ("action", "warn")])).unwrap();
    assert!(all.is_for(UnitKind::Commune) && all.counts(WorkField::Land) && !all.refuses);
}

#[test]
fn what_is_no_rule_is_refused_with_the_part_that_is_wrong() {
    for (parts, wrong) in [
        (&[("action", "warn")][..], "max"),
        (&[("max", "7")], "action"),
        (&[("max", "7"), ("action", "shout")], "action"),
        (&[("min", "8"), ("max", "7"), ("action", "warn")], "min"),
        (&[("max", "many"), ("action", "warn")], "max"),
        (&[("max", "7"), ("action", "warn"), ("field", "magic")], "field"),
        (
            &[("max", "7"), ("action", "warn"), ("unit_kind", "village")],
            "unit_kind",
        ),
    ] {
        assert_eq!(
            StaffingRule::read(&version(parts)).unwrap_err().part,
            wrong,
            "{parts:?}"
        );
    }
}

#[test]
fn a_secondment_lasts_so_many_months_to_the_day() {
    let day = |text: &str| text.parse::<soxa_records::Date>().unwrap();
    let rule = version(&[("secondment_months", "36"), ("action", "refuse")]);
    let rule = SecondmentRule::read(&rule).unwrap().unwrap();
    assert!(rule.refuses);
    for (from, until, broken) in [
        ("2026-02-01", "2029-01-31", false),
        ("2026-02-01", "2029-02-01", true),
        // A day that the last month lacks: all of that month is within.
        ("2024-02-29", "2027-02-28", false),
        ("2024-02-29", "2027-03-01", true),
        ("2999-01-01", "2999-12-31", false),
    ] {
        assert_eq!(rule.is_broken(day(from), day(until)), broken, "{from} to {until}");
    }
    // A rule on numbers of people says nothing of secondments.
    let of_people = version(&[("max", "7"), ("action", "warn")]);
    assert_eq!(SecondmentRule::read(&of_people), Ok(None));
    let wrong = version(&[("secondment_months", "long"), ("action", "warn")]);
    assert_eq!(
        SecondmentRule::read(&wrong).unwrap_err().part,
        "secondment_months"
    );
}
