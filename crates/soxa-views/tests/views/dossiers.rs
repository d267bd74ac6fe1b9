//! Dossiers: the generated loads of the seeds, rows from views, the load of days.

use std::collections::BTreeSet;

use soxa_records::dossier::view::{Act, DossierView, Punctuality, Transcribed};
use soxa_records::dossier::{Asked, Channel, DossierStatus};
use soxa_records::unit::UnitKind;
use soxa_records::working_days::{WorkingDays, at};
use soxa_records::{CanonicalState, Date, Field, RecordKind};
use soxa_views::dossiers::{Cause, DossierRow, End, Home, dossiers};
use soxa_views::units::Units;
use soxa_views::{Amount, Base, By, Group, Name, Period, Report};

use crate::make::{check, check_share, day, id, line, on, one, op, unit};

/// A dossier that was taken in on a day.
pub fn row(received: Date) -> DossierRow {
    DossierRow {
        receiving: Some(id(1, 0)),
        competent: Some(id(1, 0)),
        offices: vec![id(1, 0)],
        home: Home::Unknown,
        procedure: Group::Text("1.001193".to_owned()),
        status: Group::Word("received"),
        online: false,
        submitted: Some(received),
        received: Some(received),
        official: None,
        end: End::Open,
        returned: false,
        punctuality: Punctuality::Running,
        late: None,
        fee: 0,
        paid_online: 0,
        papers: 0,
        digitised: 0,
        synced: false,
        awaits_papers: false,
        awaits_payment: false,
        awaits_signature: false,
        originals: BTreeSet::new(),
    }
}

fn told(text: &str, rows: impl Iterator<Item = DossierRow>) -> Report {
    let units = [
        (id(1, 0), unit(UnitKind::Ward, "Phường")),
        (id(1, 1), unit(UnitKind::Province, "Tỉnh")),
    ];
    let asked = on(text);
    let units = Units::on(asked.day, units.iter().map(|(id, view)| (*id, view)));
    let rows = (0..).zip(rows).map(|(n, row)| (id(9, n), row));
    dossiers(&asked, &units, &WorkingDays::default(), rows)
}

/// Cần Thơ: 190,295 received, 174,683 decided, 169,865 of them early, 165,631 acknowledged by the portal.
#[test]
fn cantho_gives_the_printed_percentages() {
    let rows = (0..190_295_u32).map(|n| {
        let mut row = row(day("2025-07-15"));
        if n < 174_683 {
            row.end = End::Decided;
            row.punctuality = if n < 169_865 {
                Punctuality::Early
            } else {
                Punctuality::OnDueDay
            };
            row.synced = n < 165_631;
        }
        row
    });
    let report = told("2025-10-19", rows);
    check_share(&report, Name::Resolved, Base::Received, 174_683, 190_295, "91.80");
    check_share(&report, Name::Early, Base::Resolved, 169_865, 174_683, "97.24");
    check_share(&report, Name::Early, Base::Received, 169_865, 190_295, "89.26");
    check_share(&report, Name::NotEarly, Base::Resolved, 4_818, 174_683, "2.76");
    check_share(&report, Name::Pending, Base::Received, 15_612, 190_295, "8.20");
    check_share(&report, Name::Synced, Base::Received, 165_631, 190_295, "87.04");
    check_share(&report, Name::Synced, Base::Resolved, 165_631, 174_683, "94.82");
}

/// Hưng Phú: 2,005 received, 1,867 online. No whole number of 2,005 gives the printed 93.13 %.
#[test]
fn hung_phu_is_counted_from_whole_dossiers() {
    let rows = (0..2_005_u64).map(|n| {
        let mut row = row(day("2025-08-15"));
        row.online = n < 1_867;
        row.end = End::Decided;
        row.punctuality = Punctuality::Early;
        (row.papers, row.digitised) = (4, 4 - u64::from(n.is_multiple_of(13)));
        row.home = match n {
            0..40 => Home::Elsewhere(["Tỉnh An Giang", "Tỉnh Đồng Tháp"][usize::from(n < 15)].to_owned()),
            _ => Home::Here(id(1, 0)),
        };
        row.competent = Some(id(1, u32::from(n < 40)));
        row
    });
    let report = told("2025-10-16", rows);
    check_share(&report, Name::Online, Base::Received, 1_867, 2_005, "93.12");
    check_share(&report, Name::OnTime, Base::Received, 2_005, 2_005, "100.00");
    check_share(&report, Name::Late, Base::Resolved, 0, 2_005, "0.00");
    check_share(
        &report,
        Name::DigitisedPapers,
        Base::Papers,
        7_865,
        8_020,
        "98.07",
    );
    check_share(
        &report,
        Name::DigitisedDossiers,
        Base::ReceivedWithPapers,
        1_850,
        2_005,
        "92.27",
    );
    check_share(&report, Name::FromElsewhere, Base::Received, 40, 2_005, "2.00");
    check_share(&report, Name::BoundaryFree, Base::Received, 40, 2_005, "2.00");
    let from = |group| line(&report, By::Province, &group);
    let counts = |all: u64, free: u64| [Amount::Count(all), Amount::Count(free)];
    assert_eq!(from(Group::Text("Tỉnh Đồng Tháp".to_owned())), counts(15, 15));
    assert_eq!(from(Group::Text("Tỉnh An Giang".to_owned())), counts(25, 25));
    assert_eq!(from(Group::Unit(id(1, 0))), counts(1_965, 0));
}

/// Vĩnh Long: the province and the communes, each with its own base, and both together.
#[test]
fn vinh_long_is_told_by_level() {
    let level = |unit: u32, received: u32, on_time: u32| {
        (0..received).map(move |n| {
            let mut row = row(day("2025-08-01"));
            row.receiving = Some(id(1, unit));
            row.end = End::Decided;
            row.punctuality = if n < on_time {
                Punctuality::Early
            } else {
                Punctuality::Late
            };
            row
        })
    };
    let report = told(
        "2025-08-23",
        level(1, 83_852, 67_585).chain(level(0, 137_998, 129_166)),
    );
    check_share(&report, Name::OnTime, Base::Received, 196_751, 221_850, "88.69");
    let on_time = |kind: UnitKind| {
        let found = line(&report, By::UnitKind, &Group::Word(kind.as_str()))[2];
        found.rounded().unwrap().to_string()
    };
    assert_eq!(
        (on_time(UnitKind::Province), on_time(UnitKind::Ward)),
        ("80.60".to_owned(), "93.60".to_owned())
    );
}

/// Minh Xuân: 3,000 in eight working days by 14 officials.
#[test]
fn the_load_has_a_peak_and_means() {
    let by_day = [
        ("2025-07-01", 340),
        ("2025-07-02", 360),
        ("2025-07-03", 370),
        ("2025-07-04", 380),
        ("2025-07-07", 400),
        ("2025-07-08", 390),
        ("2025-07-09", 385),
        ("2025-07-10", 375),
    ];
    let rows = by_day.into_iter().flat_map(|(text, count)| {
        (0..count).map(move |n| {
            let mut row = row(day(text));
            row.official = Some(format!("Cán bộ {}", n % 14));
            if text == "2025-07-01" && n < 45 {
                row.originals.insert("Chi nhánh đất đai".to_owned());
            }
            row
        })
    });
    let report = told("2025-07-10", rows);
    check(&report, Name::Received, Base::Received, Amount::Count(3_000));
    let peak = report.figure(Name::PeakDay, Base::Received).unwrap();
    assert_eq!(
        (peak.amount, peak.behind[0].says.as_str()),
        (Amount::Count(400), "2025-07-07")
    );
    let mean = |name, base| {
        report
            .figure(name, base)
            .unwrap()
            .amount
            .rounded()
            .unwrap()
            .to_string()
    };
    assert_eq!(mean(Name::PerDay, Base::WorkingDays), "375.0");
    assert_eq!(mean(Name::PerOfficial, Base::Officials), "214.3");
    check(
        &report,
        Name::AwaitingOriginals,
        Base::Received,
        Amount::Count(45),
    );
    let holder = Group::Text("Chi nhánh đất đai".to_owned());
    assert_eq!(line(&report, By::OriginalHeldBy, &holder), [Amount::Count(45)]);
}

#[test]
fn a_period_is_that_of_taking_in_and_an_area_that_of_the_offices() {
    let units = Units::default();
    let mut asked = on("2025-12-31");
    asked.period = Period {
        from: Some(day("2025-08-01")),
        until: Some(day("2025-08-31")),
    };
    asked.area = Some([id(1, 5)].into());
    let mut rows = Vec::new();
    for (n, (received, office)) in [
        ("2025-07-31", 5),
        ("2025-08-01", 5),
        ("2025-08-31", 6),
        ("2025-08-31", 5),
    ]
    .into_iter()
    .enumerate()
    {
        let mut row = row(day(received));
        row.offices = vec![id(1, 9), id(1, office)];
        rows.push((id(9, n as u32), row));
    }
    let report = dossiers(&asked, &units, &WorkingDays::default(), rows);
    let received = report.figure(Name::Received, Base::Received).unwrap();
    let records: Vec<_> = received.behind.iter().map(|behind| behind.record).collect();
    assert_eq!(records, [id(9, 1), id(9, 3)]);
    // 21 working days of August, whatever day the report is of.
    let per_day = report.figure(Name::PerDay, Base::WorkingDays).unwrap().amount;
    assert_eq!(
        per_day,
        Amount::Mean {
            sum: 2,
            over: 21,
            places: 1
        }
    );
}

fn act(what: &str, number: u32, text: &str) -> Act {
    Act {
        op: op(number),
        act: what.to_owned(),
        at: at(day(text), 10 * 60 * 60 * 1_000),
        note: String::new(),
        to: String::new(),
        pass: None,
        due: None,
        amount: None,
        asked: None,
        channel: None,
        title: String::new(),
        document: None,
        unit: None,
        office: String::new(),
        ground: None,
        transcribed: None,
    }
}

/// A dossier taken in on 3 November, due on the 10th, that waited for papers for a day, decided on the 11th, returned on the
/// 12th.
fn dossier() -> DossierView {
    let state = CanonicalState {
        kind: Some(RecordKind::Dossier),
        ..CanonicalState::default()
    };
    let mut view = DossierView::of(&state).expect("a dossier");
    view.status = one(DossierStatus::Returned);
    view.channel = one(Channel::Online);
    view.receiving = Some(id(1, 0));
    view.competent = Some(id(1, 1));
    view.submitted = one(at(day("2025-11-02"), 0).unwrap());
    let mut receive = act("dossier.receive", 1, "2025-11-03");
    receive.due = at(day("2025-11-10"), 10 * 60 * 60 * 1_000);
    let mut pay = act("dossier.pay", 4, "2025-11-06");
    (pay.amount, pay.channel) = (Some(8_000), Some(Channel::Online));
    let mut report = act("dossier.report", 7, "2025-11-12");
    report.note = "OK".to_owned();
    view.fee = one(8_000);
    view.acts = vec![
        receive,
        act("dossier.process", 2, "2025-11-03"),
        act("dossier.ask", 3, "2025-11-04"),
        pay,
        act("dossier.resume", 5, "2025-11-05"),
        act("decision.sign", 6, "2025-11-11"),
        report,
        act("dossier.return", 8, "2025-11-12"),
    ];
    view
}

#[test]
fn a_row_is_as_of_a_moment() {
    let row = |text: &str| {
        let signer = |act: &Act| (act.op == op(1)).then(|| "Mai".to_owned());
        DossierRow::of(dossier(), on(text).as_of, &WorkingDays::default(), signer)
    };
    assert_eq!(row("2025-11-01"), None);
    let submitted = row("2025-11-02").unwrap();
    assert_eq!(
        (submitted.received, &submitted.status),
        (None, &Group::Word("submitted"))
    );
    let processing = row("2025-11-06").unwrap();
    assert_eq!(
        (processing.end, processing.punctuality),
        (End::Open, Punctuality::Running)
    );
    assert_eq!(processing.official.as_deref(), Some("Mai"));
    assert_eq!(processing.paid_online, 8_000);
    // The day of waiting moved the due day to the 11th.
    let decided = row("2025-11-11").unwrap();
    assert_eq!(
        (decided.end, decided.punctuality),
        (End::Decided, Punctuality::OnDueDay)
    );
    assert!(!decided.returned && !decided.synced);
    let now = row("2025-12-01").unwrap();
    assert!(now.returned && now.synced && now.online && now.home == Home::Unknown);
    assert_eq!(now.status, Group::Word("returned"));

    let mut waiting = dossier();
    waiting.acts.truncate(3);
    waiting.status = one(DossierStatus::AwaitingPapers);
    let waits = DossierRow::of(waiting, on("2025-12-01").as_of, &WorkingDays::default(), |_| None).unwrap();
    assert!(waits.awaits_papers && !waits.awaits_payment);
    assert_eq!(waits.punctuality, Punctuality::Running, "the clock stands");
}

/// A dossier due on the 10th, in each way in which it may be late, and in time.
#[test]
fn a_late_dossier_has_a_cause() {
    let due = |mut view: DossierView, further: &[Act]| {
        view.acts.truncate(2);
        view.acts.extend_from_slice(further);
        view.fee = Field::default();
        view
    };
    let ask = |what, number, text: &str| Act {
        asked: Some(what),
        ..act("dossier.ask", number, text)
    };
    let sent = |note: &str, number, text: &str| Act {
        to: "Cổng quốc gia".to_owned(),
        note: note.to_owned(),
        ..act("dossier.report", number, text)
    };
    let paid = Act {
        amount: Some(8_000),
        ..act("dossier.pay", 9, "2025-11-20")
    };
    let with_fee = |mut view: DossierView| {
        view.fee = one(8_000);
        view
    };
    let decided = act("decision.sign", 20, "2025-11-18");
    let late = |view: DossierView| {
        let row = DossierRow::of(view, on("2025-11-21").as_of, &WorkingDays::default(), |_| None);
        row.unwrap().late
    };
    let resumed = |text| act("dossier.resume", 12, text);
    let cases = [
        (due(dossier(), &[]), Some(Cause::Work)),
        (due(dossier(), std::slice::from_ref(&decided)), Some(Cause::Work)),
        (due(dossier(), &[act("decision.sign", 20, "2025-11-10")]), None),
        // Asked in time and answered: the due time moved, and the rest is the office's.
        (
            due(
                dossier(),
                &[ask(Asked::Papers, 11, "2025-11-04"), resumed("2025-11-06")],
            ),
            Some(Cause::Work),
        ),
        // Asked when it was late already.
        (
            due(
                dossier(),
                &[
                    ask(Asked::Papers, 11, "2025-11-13"),
                    resumed("2025-11-17"),
                    decided.clone(),
                ],
            ),
            Some(Cause::Papers),
        ),
        (
            due(
                dossier(),
                &[ask(Asked::Payment, 11, "2025-11-14"), resumed("2025-11-17")],
            ),
            Some(Cause::Payment),
        ),
        (with_fee(due(dossier(), &[])), Some(Cause::Payment)),
        (
            with_fee(due(dossier(), std::slice::from_ref(&paid))),
            Some(Cause::Work),
        ),
        // Paid after it was decided is paid too late for the decision.
        (with_fee(due(dossier(), &[decided, paid])), Some(Cause::Payment)),
        (due(dossier(), &[sent("", 13, "2025-11-07")]), Some(Cause::Sync)),
        (
            due(
                dossier(),
                &[sent("", 13, "2025-11-07"), sent("OK", 14, "2025-11-08")],
            ),
            Some(Cause::Work),
        ),
    ];
    for (number, (view, cause)) in cases.into_iter().enumerate() {
        assert_eq!(late(view), cause, "case {number}");
    }
    let rows = [
        (End::Open, Cause::Sync),
        (End::Open, Cause::Work),
        (End::Decided, Cause::Work),
        (End::Withdrawn, Cause::Work),
    ];
    let rows = rows.map(|(end, cause)| DossierRow {
        end,
        punctuality: Punctuality::Late,
        late: Some(cause),
        ..row(day("2025-08-15"))
    });
    let report = told("2025-10-19", rows.into_iter());
    let of = |cause: Cause| line(&report, By::Cause, &Group::Word(cause.as_str()));
    assert_eq!(of(Cause::Work), [Amount::Count(1), Amount::Count(1)]);
    assert_eq!(of(Cause::Sync), [Amount::Count(1), Amount::Count(0)]);
}

/// A register says: received on 3 November, due on the 10th, decided on the 7th, returned on the 12th.
#[test]
fn what_a_register_says_counts_from_the_days_that_it_names() {
    let row = |text: &str| {
        let mut view = dossier();
        let mut said = act("dossier.transcribe", 1, "2025-11-03");
        said.due = at(day("2025-11-10"), 0);
        said.transcribed = Some(Transcribed {
            status: DossierStatus::Returned,
            since: at(day("2025-11-07"), 0),
            returned: at(day("2025-11-12"), 0),
        });
        view.acts = vec![said];
        DossierRow::of(view, on(text).as_of, &WorkingDays::default(), |_| {
            Some("Mai".to_owned())
        })
        .unwrap()
    };
    let open = row("2025-11-06");
    assert_eq!((open.end, &open.status), (End::Open, &Group::Word("processing")));
    // Who copied it took nothing in.
    assert_eq!((open.received, open.official), (Some(day("2025-11-03")), None));
    let decided = row("2025-11-08");
    assert_eq!(
        (decided.end, &decided.status),
        (End::Decided, &Group::Word("decided"))
    );
    assert!(!decided.returned && decided.punctuality == Punctuality::Early);
    let now = row("2025-12-01");
    assert!(now.returned && now.status == Group::Word("returned"));
    // Nobody says whether the fee was paid, and so that is no cause.
    let mut late = dossier();
    late.acts[0].transcribed = Some(Transcribed {
        status: DossierStatus::Processing,
        since: None,
        returned: None,
    });
    late.acts.truncate(1);
    let row = DossierRow::of(late, on("2025-12-01").as_of, &WorkingDays::default(), |_| None);
    assert_eq!(row.unwrap().late, Some(Cause::Work));
}

/// Of ten dossiers with a fee four are paid online in full, one in part, and two at the counter; others have none.
#[test]
fn what_is_paid_online_counts_where_a_fee_is_due_and_paid_in_full() {
    let rows = (0..15_i64).map(|n| {
        let mut row = row(day("2025-08-15"));
        row.fee = if n < 10 { 8_000 } else { 0 };
        row.paid_online = match n {
            0..4 => 8_000,
            4 => 5_000,
            _ => 0,
        };
        row
    });
    let report = told("2025-10-19", rows);
    check_share(&report, Name::PaidOnline, Base::ReceivedWithFee, 4, 10, "40.00");
    let amount = Amount::Dong(37_000);
    check(&report, Name::AmountPaidOnline, Base::ReceivedWithFee, amount);
}

#[test]
fn what_ended_otherwise_is_neither_decided_nor_pending() {
    let ends = [
        (End::Open, Punctuality::Late),
        (End::Decided, Punctuality::Late),
        (End::Decided, Punctuality::NoLimit),
        (End::Withdrawn, Punctuality::Running),
        (End::Stopped, Punctuality::Running),
        (End::Refused, Punctuality::NoLimit),
    ];
    let rows = ends.into_iter().map(|(end, punctuality)| {
        let mut row = row(day("2025-08-15"));
        if end == End::Refused {
            row.received = None;
        }
        (row.end, row.punctuality) = (end, punctuality);
        row
    });
    let report = told("2025-10-19", rows);
    check_share(&report, Name::Refused, Base::Submitted, 1, 6, "16.67");
    check_share(&report, Name::Resolved, Base::Received, 2, 5, "40.00");
    check_share(&report, Name::Pending, Base::Received, 1, 5, "20.00");
    check_share(&report, Name::Late, Base::Resolved, 1, 2, "50.00");
    check_share(&report, Name::OnTime, Base::Resolved, 0, 2, "0.00");
    for name in [Name::Overdue, Name::Withdrawn, Name::Stopped] {
        check(&report, name, Base::Received, Amount::Count(1));
    }
}
