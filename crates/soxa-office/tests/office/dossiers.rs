//! Registers of dossiers against what the ledger holds.

use std::collections::BTreeMap;

use soxa_ledger::{OpId, RecordId, Time};
use soxa_office::dossiers::{Beside, Dossiers, Known, NewDossier, listed, row};
use soxa_office::plan::Plan;
use soxa_office::problems::Reason;
use soxa_office::procedures::Procedures;
use soxa_office::write::List;
use soxa_records::dossier::view::{Act, DossierView, Transcribed};
use soxa_records::dossier::{Channel, DossierStatus};
use soxa_records::reference::{ReferencePart, ReferenceTable, ReferenceVersion, ReferenceView};
use soxa_records::working_days::{WorkingDays, at};
use soxa_records::{CanonicalState, Date, RecordKind};

use crate::files::{merged, texts, xlsx};
use crate::make::{COMMUNE, field, places, planned};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn moment(text: &str, hour: u64) -> Time {
    at(day(text), hour * 60 * 60 * 1_000).unwrap()
}

fn now() -> Time {
    moment("2025-11-20", 9)
}

fn procedure(code: &str, name: &str, from: &str) -> ReferenceView {
    let part = |name: &str, text: &str| ReferencePart {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let version = ReferenceVersion {
        table: ReferenceTable::Procedure,
        key: code.to_owned(),
        from: day(from),
        until: None,
        parts: vec![part("name", name), part("limit_days", "5")],
        basis: String::new(),
    };
    ReferenceView {
        table: field(ReferenceTable::Procedure),
        key: field(code.to_owned()),
        versions: vec![(OpId([7; 32]), version)],
    }
}

pub fn ledger(all: Vec<Known>) -> Dossiers {
    let procedures = Procedures::of([
        procedure("1.001193", "Đăng ký khai sinh", "2025-07-01"),
        procedure("1.000656", "Đăng ký khai tử", "2025-07-01"),
        procedure("2.000815", "Chứng thực bản sao", "2025-11-01"),
    ]);
    Dossiers::of(all, procedures, WorkingDays::default(), now())
}

/// A register as communes keep it: titles, a header of two rows, days as text, signatures.
fn register() -> Vec<u8> {
    xlsx("Sổ theo dõi", |sheet| {
        merged(sheet, (0, 0), (0, 8), "SỔ THEO DÕI HỒ SƠ THỦ TỤC HÀNH CHÍNH");
        let headings = [
            "TT",
            "Mã hồ sơ",
            "Tên thủ tục hành chính",
            "Họ và tên người nộp",
            "Số CCCD",
            "Điện thoại",
            "Địa chỉ",
            "Cơ quan tiếp nhận",
            "Ngày nhận",
            "Ngày hẹn trả",
            "Ngày trả",
            "Tình trạng",
            "Lệ phí (đồng)",
            "Ghi chú",
        ];
        texts(sheet, 2, &headings);
        let lines = [
            [
                "1",
                "12/SHS",
                "Đăng ký khai sinh",
                "Lò Thị Mai",
                "14198000123",
                "912345678",
                "Bản Pùa",
                "Xã Tạ Bú",
                "03/11/2025",
                "10/11/2025",
                "07/11/2025",
                "Đã trả",
                "8.000",
                "nhận thay",
            ],
            [
                "2",
                "13/SHS",
                "1.000656",
                "Cà Văn Hom",
                "",
                "",
                "",
                "",
                "04/11/2025 14:30",
                "",
                "",
                "đang giải quyết",
                "",
                "",
            ],
            [
                "3",
                "14/SHS",
                "đăng ký khai sinh",
                "Quàng Thị Ẻn",
                "014198000777",
                "",
                "",
                "03847",
                "05/11/2025",
                "12/11/2025",
                "",
                "Chờ bổ sung",
                "",
                "",
            ],
        ];
        for (row, line) in (3..).zip(&lines) {
            texts(sheet, row, line);
        }
        texts(sheet, 6, &["", "Tổng cộng: 3 hồ sơ"]);
        texts(sheet, 8, &["", "", "", "", "", "", "", "NGƯỜI LẬP SỔ"]);
    })
}

fn told(plan: &Plan<NewDossier>) -> Vec<String> {
    let one = |(row, new): &(u32, NewDossier)| {
        let day = |time: Option<Time>| {
            time.and_then(soxa_records::working_days::day_of)
                .map_or("-".to_owned(), |(day, _)| day.to_string())
        };
        let said = &new.said;
        let (due, since, returned) = (day(said.due), day(said.since), day(said.returned));
        format!(
            "{row} {} {} «{}» {} {due} {since} {returned} {:?}",
            said.code, new.procedure, said.office, said.status, new.fee
        )
    };
    plan.new.iter().map(one).collect()
}

#[test]
fn a_register_becomes_dossiers_in_their_status_with_the_days_that_it_names() {
    let plan = planned(&mut ledger(Vec::new()), &register(), Some(COMMUNE));
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    assert_eq!(
        told(&plan),
        [
            // The due day stays as it was promised; what ended when is known by the return; the old commune's name is kept.
            "4 12/SHS 1.001193 «Xã Tạ Bú» returned 2025-11-10 2025-11-07 2025-11-07 Some(8000)",
            // Nobody promised a day: five working days from Tuesday afternoon on.
            "5 13/SHS 1.000656 «» processing 2025-11-11 - - None",
            // The clock stands from the import on.
            "6 14/SHS 1.001193 «» awaiting_papers 2025-11-12 2025-11-20 - None",
        ]
    );
    let first = &plan.new[0].1;
    let applicant = first.applicant.as_ref().unwrap();
    // The zeros that Excel took are back.
    assert_eq!(
        (applicant.id_number.as_str(), applicant.phone.as_str()),
        ("014198000123", "0912345678")
    );
    assert_eq!(
        (first.receiving, first.said.note.as_str()),
        (COMMUNE, "nhận thay")
    );
    assert_eq!(
        plan.new[1].1.said.received,
        moment("2025-11-04", 14).max(Time(moment("2025-11-04", 14).0 + 30 * 60_000))
    );
    assert_eq!(plan.file.sums, [8_000, 0, 0]);
    let counts: Vec<(&str, u64)> = plan
        .added
        .words
        .iter()
        .map(|(word, count)| (*word, *count))
        .collect();
    assert_eq!(
        counts,
        [("awaiting_papers", 1), ("processing", 1), ("returned", 1)]
    );
}

/// The ledger after a plan was carried out.
fn after(plan: &Plan<NewDossier>) -> Vec<Known> {
    let view = |new: &NewDossier| {
        let said = &new.said;
        let state = CanonicalState {
            kind: Some(RecordKind::Dossier),
            ..CanonicalState::default()
        };
        let mut view = DossierView::of(&state).unwrap();
        view.status = field(said.status);
        view.code = field(said.code.clone());
        view.procedure = field(new.procedure.clone());
        view.receiving = Some(new.receiving);
        view.channel = field(new.channel);
        view.received = field(said.received);
        view.fee = new.fee.map(field).unwrap_or_default();
        view.acts = vec![Act {
            op: OpId([1; 32]),
            act: "dossier.transcribe".to_owned(),
            asked: None,
            at: Some(said.received),
            note: said.note.clone(),
            to: String::new(),
            pass: None,
            due: said.due,
            amount: said.paid,
            channel: None,
            title: said.result.clone(),
            document: None,
            office: said.office.clone(),
            unit: None,
            ground: None,
            transcribed: Some(Transcribed {
                status: said.status,
                since: said.since,
                returned: said.returned,
            }),
        }];
        view
    };
    let known = |(row, new): &(u32, NewDossier)| Known {
        record: RecordId([u8::try_from(*row).unwrap(); 32]),
        view: view(new),
        competent: "Xã Mường Bú".to_owned(),
        residence: String::new(),
    };
    plan.new.iter().map(known).collect()
}

#[test]
fn a_second_run_finds_everything_there_and_so_does_what_was_exported() {
    let first = planned(&mut ledger(Vec::new()), &register(), Some(COMMUNE));
    let known = after(&first);
    let again = planned(&mut ledger(known.clone()), &register(), Some(COMMUNE));
    assert_eq!(
        (again.new.len(), again.same, again.differences.len()),
        (0, 3, 0),
        "{:?}",
        again.differences
    );
    assert_eq!(again.before, first.file);

    let days = WorkingDays::default();
    let procedures = BTreeMap::from([("1.001193".to_owned(), "Đăng ký khai sinh".to_owned())]);
    // Days later: nobody knows when the clock that stands will run again.
    let later = moment("2025-11-28", 9);
    let rows = known.iter().map(|known| {
        let clock = known.view.clock(later, &days);
        let beside = Beside {
            clock: &clock,
            days: &days,
            punctuality: "running",
            procedures: &procedures,
            receiving: "Xã Mường Bú",
            competent: "Xã Mường Bú",
            residence: "",
        };
        row(&known.view, &beside)
    });
    let list = List {
        name: "Sổ".to_owned(),
        columns: listed(),
        rows: rows.collect(),
    };
    for lang in soxa_lang::Lang::ALL {
        for bytes in [list.csv(lang), list.xlsx(lang, day("2025-11-28")).unwrap()] {
            let back = planned(&mut ledger(known.clone()), &bytes, None);
            assert!(back.problems.is_empty(), "{:?}", back.problems);
            assert_eq!((back.new.len(), back.same), (0, 3), "{:?}", back.differences);
        }
    }
    assert!(
        listed()
            .iter()
            .all(|column| column.name != "applicant" && column.name != "id_number")
    );
}

#[test]
fn what_went_on_in_the_ledger_is_told_and_not_changed() {
    let first = planned(&mut ledger(Vec::new()), &register(), Some(COMMUNE));
    let mut known = after(&first);
    known[1].view.status = field(DossierStatus::Decided);
    known[1].view.channel = field(Channel::Online);
    let again = planned(&mut ledger(known), &register(), Some(COMMUNE));
    let told: Vec<(u32, &str, &str, &str)> = again
        .differences
        .iter()
        .map(|one| (one.row, one.column, one.file.as_str(), one.ledger.as_str()))
        .collect();
    assert_eq!(told, [(5, "status", "processing", "decided")]);
    assert!(again.new.is_empty());
}

#[test]
fn each_problem_of_a_register_has_its_place_and_reason() {
    let first = planned(&mut ledger(Vec::new()), &register(), Some(COMMUNE));
    let bad = "Mã hồ sơ;Thủ tục;Người nộp;Số CCCD;Nơi tiếp nhận;Ngày nhận;Ngày hẹn;Ngày trả;Kết thúc giải quyết;Trạng thái\n\
               ;Đăng ký khai sinh;;;03847;03/11/2025;;;;\n\
               B2;Khai sinh lại;;;03847;03/11/2025;;;;\n\
               B3;Chứng thực bản sao;;;03847;31/10/2025;;;;\n\
               B4;1.001193;;014;03847;03/11/2025;;;;\n\
               B5;1.001193;;;03847;03/11/2025;31/10/2025;;;\n\
               B6;1.001193;;;03847;03/12/2025;;;;\n\
               B7;1.001193;;;03847;03/11/2025;;07/11/2025;;dang xu ly\n\
               B8;1.001193;;;03847;03/11/2025;;;;đã trả\n\
               B9;1.001193;;;03847;03/11/2025;;05/11/2025;07/11/2025;\n\
               B10;1.001193;;;Xã Mường Pú;hôm qua;;;;\n\
               B11;1.001193;;;03847;03/11/2025;;;;mới đăng ký\n\
               12/SHS;1.001193;;;Trung tâm;03/11/2025;;;;\n\
               13/SHS;1.001193;;;03847;03/11/2025;;;;\n\
               B14;1.001193;;;03847;03/11/2025;;;;\n\
               B14;1.001193;;;Trung tâm;03/11/2025;;;;\n";
    let plan = planned(&mut ledger(after(&first)), bad.as_bytes(), None);
    let expected = [
        (2, "A", "empty"),
        (3, "B", "unknown_procedure_near"),
        (4, "B", "not_in_force"),
        (5, "C", "empty"),
        (6, "G", "too_early"),
        (7, "F", "to_come"),
        (8, "J", "status_and_days"),
        (9, "H", "no_end"),
        (10, "H", "too_early"),
        (11, "F", "not_a_day"),
        (11, "E", "unknown_unit_near"),
        (12, "J", "status_and_days"),
        (13, "A", "code_taken"),
        (14, "A", "code_taken"),
        (16, "A", "twice"),
    ];
    let expected = expected.map(|(row, letters, key)| (row, letters.to_owned(), key));
    assert_eq!(places(&plan.problems), expected);
    let Reason::UnknownProcedure { near, .. } = &plan.problems.kept[1].reason else {
        panic!("{:?}", plan.problems.kept[1]);
    };
    assert_eq!(near[0], "Đăng ký khai sinh (1.001193)");
}
