//! Staffing rules, as they are published and read.

use soxa_records::person::WorkField;
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion};
use soxa_records::staffing::{Breach, StaffingRule};
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
