//! Reference records: who publishes, which version holds on a day, what procedures and calendars say.

use soxa_ledger::Time;
use soxa_ledger::ids::{OpId, RecordId};
use soxa_records::compose::Composer;
use soxa_records::procedure::{Procedure, TimeLimit};
use soxa_records::reference::{Reference, ReferencePart, ReferenceTable, ReferenceVersion, ReferenceView};
use soxa_records::working_days::{WorkingDays, WorkingTime, at, day_of};
use soxa_records::{Date, Illegality};

use crate::province::{Official, Province};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A moment in Viet Nam: a day, an hour and a minute.
fn moment(text: &str, hour: u64, minute: u64) -> Time {
    at(day(text), (hour * 60 + minute) * 60_000).unwrap()
}

pub fn version(table: ReferenceTable, key: &str, from: &str, parts: &[(&str, &str)]) -> ReferenceVersion {
    let part = |(name, text): &(&str, &str)| ReferencePart {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    ReferenceVersion {
        table,
        key: key.to_owned(),
        from: day(from),
        until: None,
        parts: parts.iter().map(part).collect(),
        basis: "QĐ 1".to_owned(),
    }
}

fn publish(p: &mut Province, by: &Official, version: ReferenceVersion) -> OpId {
    p.act(by, |c: &mut Composer| {
        c.publish(version);
    })
}

#[test]
fn only_the_provinces_own_unit_publishes() {
    let mut p = Province::new();
    let (top, a) = (p.top.clone(), p.a.clone());
    let procedure = || {
        version(
            ReferenceTable::Procedure,
            "1.001193",
            "2025-07-01",
            &[("name", "Khai sinh")],
        )
    };
    let op = publish(&mut p, &top, procedure());
    p.expect_valid(op);
    let op = publish(&mut p, &a, procedure());
    p.expect_illegal(op, Illegality::NotProvince);
}

#[test]
fn of_several_versions_the_newest_that_has_begun_holds() {
    let mut p = Province::new();
    let top = p.top.clone();
    let rule = |from, max| version(ReferenceTable::StaffingRule, "culture", from, &[("max", max)]);
    let record: RecordId = publish(&mut p, &top, rule("2025-11-15", "7")).into();
    let mut at = p.at(record);
    let second = p.act(&top, |c| {
        c.revise(&mut at, rule("2026-07-01", "6"));
    });
    let mut ending = rule("2027-01-01", "5");
    ending.until = Some(day("2027-12-31"));
    let mut at = p.at(record);
    let third = p.act(&top, |c| {
        c.revise(&mut at, ending);
    });
    p.expect_valid(second);
    p.expect_valid(third);
    let view = ReferenceView::of(p.history(record).state()).unwrap();
    let max = |on| view.on(day(on)).map(|(_, version)| version.text("max").unwrap());
    assert_eq!(max("2025-11-14"), None);
    assert_eq!(max("2025-11-15"), Some("7"));
    assert_eq!(max("2026-06-30"), Some("7"));
    assert_eq!(max("2026-07-01"), Some("6"));
    assert_eq!(max("2027-05-05"), Some("5"));
    assert_eq!(max("2028-01-01"), Some("6"));
}

#[test]
fn of_two_versions_from_one_day_on_the_last_published_holds() {
    let mut p = Province::new();
    let top = p.top.clone();
    let rule = |from, max| version(ReferenceTable::StaffingRule, "culture", from, &[("max", max)]);
    let record: RecordId = publish(&mut p, &top, rule("2025-11-15", "7")).into();
    for (from, max) in [("2026-07-01", "6"), ("2026-07-01", "5"), ("2025-11-15", "8")] {
        let mut at = p.at(record);
        let mended = p.act(&top, |c| {
            c.revise(&mut at, rule(from, max));
        });
        p.expect_valid(mended);
    }
    let view = ReferenceView::of(p.history(record).state()).unwrap();
    let max = |on| view.on(day(on)).map(|(_, version)| version.text("max").unwrap());
    assert_eq!(max("2026-06-30"), Some("8"));
    assert_eq!(max("2026-07-01"), Some("5"));
}

/// What is published under the only key, with what its rivals on a day say of a part.
fn merged(p: &Province, records: &[RecordId], on: &str) -> (Reference, Vec<String>) {
    let views = records.iter().map(|record| {
        let view = ReferenceView::of(p.history(*record).state()).unwrap();
        (*record, view)
    });
    let mut merged = Reference::merged(views);
    assert_eq!(merged.len(), 1);
    let reference = merged.remove(0);
    let rivals = reference.rivals(day(on), |record| Some(p.history(*record)));
    let rivals = rivals
        .iter()
        .map(|rival| rival.version.text("max").unwrap().to_owned());
    let mut rivals: Vec<String> = rivals.collect();
    rivals.sort();
    (reference, rivals)
}

#[test]
fn a_key_published_twice_is_read_as_one_and_told_until_it_is_published_into_both() {
    let mut p = Province::new();
    let top = p.top.clone();
    let rule = |from, max| version(ReferenceTable::StaffingRule, "culture", from, &[("max", max)]);
    let one: RecordId = publish(&mut p, &top, rule("2025-11-15", "7")).into();
    let other: RecordId = publish(&mut p, &top, rule("2025-11-15", "8")).into();
    let (reference, rivals) = merged(&p, &[one, other], "2025-12-01");
    assert_eq!(rivals, ["7", "8"]);
    // Every node reads them alike, in whatever order it learnt of them.
    assert_eq!(reference, merged(&p, &[other, one], "2025-12-01").0);
    let holds = |reference: &Reference, on| {
        let (_, version) = reference.view.on(day(on)).unwrap();
        version.text("max").unwrap().to_owned()
    };
    assert_eq!(
        holds(&reference, "2025-12-01"),
        if one < other { "8" } else { "7" }
    );

    // A later first day holds whoever published it; the days before it are over.
    let mut at = p.at(one);
    p.act(&top, |c| {
        c.revise(&mut at, rule("2026-07-01", "6"));
    });
    let (reference, rivals) = merged(&p, &[one, other], "2026-07-01");
    assert_eq!(
        (holds(&reference, "2026-07-01"), rivals),
        ("6".to_owned(), Vec::new())
    );
    assert_eq!(merged(&p, &[one, other], "2026-06-30").1, ["7", "8"]);

    // Published once more, into both.
    for record in [one, other] {
        let mut at = p.at(record);
        let again = p.act(&top, |c| {
            c.revise(&mut at, rule("2025-11-15", "9"));
        });
        p.expect_valid(again);
    }
    let (reference, rivals) = merged(&p, &[one, other], "2025-12-01");
    assert_eq!(
        (holds(&reference, "2025-12-01"), rivals),
        ("9".to_owned(), Vec::new())
    );
}

#[test]
fn of_one_record_versions_that_did_not_know_of_each_other_are_rivals() {
    let mut p = Province::new();
    let top = p.top.clone();
    let rule = |from, max| version(ReferenceTable::StaffingRule, "culture", from, &[("max", max)]);
    let record: RecordId = publish(&mut p, &top, rule("2025-11-15", "7")).into();
    let [mut at, mut apart] = [p.at(record), p.at(record)];
    for (at, max) in [(&mut at, "6"), (&mut apart, "5")] {
        let revised = p.act(&top, |c| {
            c.revise(at, rule("2026-07-01", max));
        });
        p.expect_valid(revised);
    }
    assert_eq!(merged(&p, &[record], "2026-08-01").1, ["5", "6"]);
    // One that is still to come is told before.
    assert_eq!(merged(&p, &[record], "2026-01-01").1, ["5", "6"]);
    let mut at = p.at(record);
    p.act(&top, |c| {
        c.revise(&mut at, rule("2026-07-01", "4"));
    });
    assert_eq!(merged(&p, &[record], "2026-08-01").1, Vec::<String>::new());
}

#[test]
fn a_version_of_another_key_is_no_version_of_the_record() {
    let mut p = Province::new();
    let top = p.top.clone();
    let rule = |key| version(ReferenceTable::StaffingRule, key, "2025-11-15", &[]);
    let record: RecordId = publish(&mut p, &top, rule("culture")).into();
    let mut at = p.at(record);
    let op = p.act(&top, |c| {
        c.revise(&mut at, rule("agriculture"));
    });
    p.expect_illegal(op, Illegality::OtherReference);
}

fn calendar() -> WorkingDays {
    let mut days = WorkingDays::default();
    // 1 and 2 September 2025 are a Monday and a Tuesday.
    let holidays = [
        ("holiday", "2025-09-01"),
        ("holiday", "2025-09-02"),
        ("worked", "2025-09-06"),
    ];
    days.add(&version(
        ReferenceTable::Calendar,
        "2025",
        "2025-01-01",
        &holidays,
    ))
    .unwrap();
    days
}

#[test]
fn deadlines_leave_out_weekends_and_holidays() {
    let days = calendar();
    assert!(days.knows(2025) && !days.knows(2026));
    let after = |start, count| days.after(start, WorkingTime::days(count));
    // Friday, over the weekend and the holiday, to Wednesday.
    assert_eq!(after(moment("2025-08-29", 10, 0), 1), moment("2025-09-03", 10, 0));
    // The Saturday that is worked counts.
    assert_eq!(after(moment("2025-09-03", 10, 0), 3), moment("2025-09-06", 10, 0));
    assert_eq!(after(moment("2025-09-03", 10, 0), 4), moment("2025-09-08", 10, 0));
    // What arrives on a free day is counted from the next working day's beginning.
    assert_eq!(after(moment("2025-08-30", 23, 0), 1), moment("2025-09-04", 0, 0));
    assert_eq!(after(moment("2025-09-03", 10, 0), 0), moment("2025-09-03", 10, 0));
}

#[test]
fn a_day_is_judged_by_the_version_of_its_years_calendar_that_holds_on_it() {
    let of = |key, from, until: Option<&str>, holidays: &[&str]| {
        let parts: Vec<_> = holidays.iter().map(|holiday| ("holiday", *holiday)).collect();
        let mut version = version(ReferenceTable::Calendar, key, from, &parts);
        version.until = until.map(day);
        version
    };
    // A Monday in January, the holidays of May and September, a Monday in December.
    let first = of(
        "2025",
        "2025-03-01",
        Some("2025-12-31"),
        &["2025-01-27", "2025-05-01", "2025-09-02"],
    );
    let later = of(
        "2025",
        "2025-06-01",
        None,
        &["2025-05-02", "2025-09-01", "2025-12-29"],
    );
    let next = of("2026", "2026-01-01", Some("2026-12-31"), &["2026-01-01"]);
    let view = |versions: &[ReferenceVersion]| {
        let mut p = Province::new();
        let top = p.top.clone();
        let record: RecordId = publish(&mut p, &top, versions[0].clone()).into();
        let mut at = p.at(record);
        for version in &versions[1..] {
            p.act(&top, |c| {
                c.revise(&mut at, version.clone());
            });
            at = p.at(record);
        }
        ReferenceView::of(p.history(record).state()).unwrap()
    };
    // In whatever order they were published.
    for versions in [[first.clone(), later.clone()], [later.clone(), first.clone()]] {
        let calendars = [view(&versions), view(std::slice::from_ref(&next))];
        let days = WorkingDays::of(&calendars).unwrap();
        let free = [
            "2025-01-27",
            "2025-05-01",
            "2025-09-01",
            "2025-12-29",
            "2026-01-01",
        ];
        assert_eq!(free.map(|free| days.is_working(day(free))), [false; 5]);
        assert_eq!(
            ["2025-05-02", "2025-09-02"].map(|worked| days.is_working(day(worked))),
            [true; 2]
        );
        // Over the turn of the year.
        let (start, due) = (moment("2025-12-30", 17, 0), moment("2026-01-05", 17, 0));
        assert_eq!(days.after(start, WorkingTime::days(3)), due);
    }
}

#[test]
fn working_time_runs_back_and_forth() {
    let days = calendar();
    let start = moment("2025-08-29", 10, 0);
    for hours in [0, 1, 13, 14, 15, 24, 25, 100, 1_000] {
        let span = WorkingTime {
            ms: hours * 3_600_000,
        };
        assert_eq!(days.between(start, days.after(start, span)), span, "{hours} h");
    }
    assert_eq!(
        days.between(moment("2025-08-30", 1, 0), moment("2025-09-02", 23, 0)),
        WorkingTime::default()
    );
    assert_eq!(days.between(start, Time(start.0 - 1)), WorkingTime::default());
    // Beyond what the calendar holds nothing panics.
    assert_eq!(days.between(start, Time(u64::MAX)), WorkingTime::default());
    assert_eq!(days.after(Time(u64::MAX), WorkingTime::days(1)), Time(u64::MAX));
    let end = days.after(moment("2999-12-30", 0, 0), WorkingTime::days(5));
    assert_eq!(day_of(end).unwrap().0, day("2999-12-31"));
}

#[test]
fn a_calendar_that_names_no_day_of_its_year_is_refused_whole() {
    for (key, parts) in [
        (
            "2025",
            &[("holiday", "2025-09-02"), ("holiday", "2026-09-02")][..],
        ),
        ("2025", &[("holiday", "2/9/2025")]),
        ("2025", &[("feast", "2025-09-02")]),
        ("MMXXV", &[("holiday", "2025-09-02")]),
    ] {
        let mut days = WorkingDays::default();
        let bad = version(ReferenceTable::Calendar, key, "2025-01-01", parts);
        assert!(days.add(&bad).is_err(), "{key} {parts:?}");
        assert_eq!(days, WorkingDays::default());
    }
}

fn procedure(parts: &[(&str, &str)]) -> Result<Procedure, soxa_records::reference::BadReference> {
    let all: Vec<(&str, &str)> = [("name", "Đăng ký khai sinh")]
        .iter()
        .chain(parts)
        .copied()
        .collect();
    Procedure::read(&version(
        ReferenceTable::Procedure,
        "1.001193",
        "2025-07-01",
        &all,
    ))
}

#[test]
fn a_same_day_procedure_received_after_its_hour_is_due_on_the_next_working_day() {
    let birth = procedure(&[
        ("same_day_before", "15"),
        ("component", "Giấy chứng sinh"),
        ("component", "Tờ khai"),
    ]);
    let birth = birth.unwrap();
    assert_eq!(birth.components, ["Giấy chứng sinh", "Tờ khai"]);
    let days = calendar();
    let due = |start| birth.due(start, &days).unwrap();
    assert_eq!(due(moment("2025-08-29", 14, 59)), moment("2025-08-29", 17, 0));
    assert_eq!(due(moment("2025-08-29", 15, 0)), moment("2025-09-03", 17, 0));
    assert_eq!(due(moment("2025-08-31", 9, 0)), moment("2025-09-03", 17, 0));
}

#[test]
fn a_procedure_that_says_nonsense_is_refused() {
    assert_eq!(
        procedure(&[("limit_days", "5")]).unwrap().limit,
        Some(TimeLimit::WorkingDays(5))
    );
    assert_eq!(
        procedure(&[])
            .unwrap()
            .due(moment("2025-08-29", 9, 0), &calendar()),
        None
    );
    for parts in [
        &[("limit_days", "0")][..],
        &[("limit_days", "five")],
        &[("limit_days", "5"), ("same_day_before", "15")],
        &[("same_day_before", "25")],
        &[("fee", "-1")],
        &[("name", "twice")],
    ] {
        assert!(procedure(parts).is_err(), "{parts:?}");
    }
}
