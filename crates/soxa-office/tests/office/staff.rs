//! Lists of staff and of posts against what the ledger holds.

use std::collections::BTreeMap;

use soxa_ledger::{OpId, RecordId};
use soxa_office::persons::{NewPerson, Persons, Who};
use soxa_office::plan::{Kind as _, Totals};
use soxa_office::problems::{Notice, Reason};
use soxa_office::rosters::{RosterRow, Rosters};
use soxa_office::table;
use soxa_records::person::view::PersonView;
use soxa_records::person::{PersonClass, WorkField};
use soxa_records::roster::AssignmentKind;
use soxa_records::roster::view::{Assignment, Post, Quota, RosterView};
use soxa_records::{CanonicalState, Date, RecordKind};

use crate::files::{merged, read, texts, xlsx};
use crate::make::{COMMUNE, field, held_by, places, planned};

fn day() -> Date {
    Date::new(2026, 1, 5).unwrap()
}

fn op(number: u8) -> OpId {
    OpId([number; 32])
}

fn person(number: u8, name: &str, birth_year: u16) -> (RecordId, PersonView) {
    let record = RecordId([number; 32]);
    let state = CanonicalState {
        kind: Some(RecordKind::Person),
        ..CanonicalState::default()
    };
    let view = PersonView {
        name: field(name.to_owned()),
        birth_year: field(birth_year),
        class: field(PersonClass::PublicEmployee),
        field: field(WorkField::Culture),
        custody: held_by(record, COMMUNE),
        ..PersonView::of(&state).unwrap()
    };
    (record, view)
}

/// The commune's roster: a head, and two posts of one title of which `holder` has the first.
fn roster(holder: Option<RecordId>) -> Vec<(RecordId, RosterView)> {
    let post = |number: u8, code: &str, title: &str| Post {
        id: op(number),
        code: code.to_owned(),
        title: title.to_owned(),
        field: WorkField::Culture,
        head: code == "GD",
        closed: false,
        holders: holder
            .filter(|_| code == "VH-1")
            .map(|_| op(9))
            .into_iter()
            .collect(),
    };
    let posts = [
        post(1, "GD", "Giám đốc"),
        post(2, "VH-1", "Viên chức văn hóa"),
        post(3, "VH-2", "Viên chức văn hóa"),
    ];
    let term = |person| Assignment {
        id: op(9),
        post: op(2),
        person,
        kind: AssignmentKind::Regular,
        from: day(),
        until: None,
        decision: String::new(),
        released: Vec::new(),
    };
    let view = RosterView {
        unit: field(COMMUNE),
        posts: posts.into_iter().map(|post| (post.id, post)).collect(),
        assignments: holder
            .into_iter()
            .map(|person| (op(9), term(person)))
            .collect::<BTreeMap<_, _>>(),
        quotas: vec![Quota {
            op: op(8),
            class: PersonClass::CivilServant,
            year: 2026,
            number: 24,
            decision: "NQ 30".to_owned(),
        }],
    };
    vec![(RecordId([50; 32]), view)]
}

fn told(new: &[(u32, NewPerson)]) -> Vec<String> {
    let one = |(row, new): &(u32, NewPerson)| {
        let post = new.posting.as_ref().map_or("-", |posting| posting.code.as_str());
        match &new.who {
            Who::New(register, rank) => format!(
                "{row} {} {:?} {} {} «{rank}» {post}",
                register.name, register.birth_year, register.class, register.field
            ),
            Who::Known(..) => format!("{row} known {post}"),
        }
    };
    new.iter().map(one).collect()
}

#[test]
fn a_list_of_staff_becomes_people_with_posts_and_leaves_personal_data_out() {
    let list = xlsx("CBCCVC", |sheet| {
        merged(sheet, (0, 0), (0, 7), "DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC");
        texts(
            sheet,
            2,
            &[
                "STT",
                "Họ và tên",
                "Ngày sinh",
                "Đối tượng",
                "Ngạch",
                "Chức vụ",
                "Số CCCD",
                "Điện thoại",
            ],
        );
        texts(
            sheet,
            3,
            &[
                "1",
                "Lò Văn An",
                "15/11/1979",
                "VC",
                "V.10.07.23",
                "Viên chức văn hóa",
                "014079000001",
                "0912",
            ],
        );
        texts(
            sheet,
            4,
            &["2", "Cầm Thị Bé", "1985", "Công chức", "", "gd", "", ""],
        );
        texts(
            sheet,
            5,
            &[
                "3",
                "Lò Văn An",
                "1990",
                "viên chức",
                "",
                "Viên chức văn hóa",
                "",
                "",
            ],
        );
        texts(sheet, 6, &["", "Tổng cộng: 3 người"]);
    });
    let sheets = read(&list);
    let table = table::read(&sheets.sheets[0], Persons::COLUMNS).unwrap();
    let left_out = Notice::PersonalLeftOut(vec!["Số CCCD".to_owned(), "Điện thoại".to_owned()]);
    assert!(table.notices.contains(&left_out), "{:?}", table.notices);
    let mut kind = Persons::of(Vec::new(), &roster(None)).with_defaults(None, Some(day()));
    let plan = planned(&mut kind, &list, Some(COMMUNE));
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    assert_eq!(
        told(&plan.new),
        [
            "4 Lò Văn An Some(1979) public_employee culture «V.10.07.23» VH-1",
            "5 Cầm Thị Bé Some(1985) civil_servant culture «» GD",
            "6 Lò Văn An Some(1990) public_employee culture «» VH-2",
        ]
    );
    assert_eq!(
        plan.added,
        Totals {
            count: 3,
            sums: [3, 0, 0],
            ..Totals::default()
        }
    );
}

#[test]
fn people_are_known_again_by_name_and_year_of_birth_and_may_get_a_post() {
    let people = || vec![person(10, "Lò Văn Hoà", 1979), person(11, "Lò Văn Hoà", 1990)];
    let file = "Họ tên;Năm sinh;Loại;Đối tượng;Vị trí việc làm\n\
                lò văn hòa;1979;;VC;Viên chức văn hóa\n\
                Lò Văn Hòa;1990;;Công chức;Viên chức văn hóa\n\
                Lò Văn Hòa;2000;;VC;\n";
    let mut kind = Persons::of(people(), &roster(Some(RecordId([10; 32])))).with_defaults(None, Some(day()));
    let plan = planned(&mut kind, file.as_bytes(), Some(COMMUNE));
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    // The first holds that very post, the second gets the other one, the third is somebody else.
    assert_eq!(
        told(&plan.new),
        [
            "3 known VH-2",
            "4 Lò Văn Hòa Some(2000) public_employee other «» -"
        ]
    );
    assert_eq!(plan.same, 1);
    let differing: Vec<_> = plan
        .differences
        .iter()
        .map(|one| (one.row, one.column, one.file.as_str()))
        .collect();
    assert_eq!(differing, [(3, "class", "civil_servant")]);
}

#[test]
fn what_a_line_of_staff_lacks_is_named_with_what_there_is() {
    let file = "Họ tên;Năm sinh;Đối tượng;Vị trí việc làm;Đơn vị\n\
                ;1979;VC;;03847\n\
                A;79;nông dân;;03847\n\
                B;;VC;Kế toán;03847\n\
                C;;;GD;03847\n\
                D;;VC;GD;Xã Mường Pú\n\
                E;;VC;VH-1;03847\n\
                F;;VC;GD;03847\n";
    let plan = planned(
        &mut Persons::of(Vec::new(), &roster(Some(RecordId([10; 32])))),
        file.as_bytes(),
        None,
    );
    let expected = [
        (2, "A", "empty"),
        (3, "B", "not_a_year"),
        (3, "C", "not_a_word"),
        (4, "D", "unknown_post_near"),
        (5, "", "no_day"),
        (6, "E", "unknown_unit_near"),
        (7, "D", "post_held"),
        (8, "D", "post_held"),
    ];
    let expected = expected.map(|(row, letters, key)| (row, letters.to_owned(), key));
    assert_eq!(places(&plan.problems), expected);
    let Reason::UnknownPost { near, .. } = &plan.problems.kept[3].reason else {
        panic!("{:?}", plan.problems.kept[3]);
    };
    assert_eq!(near[0], "GD (Giám đốc)");
}

#[test]
fn lines_of_a_roster_are_posts_or_quotas() {
    let file = "Mã vị trí;Tên vị trí việc làm;Lĩnh vực;Đứng đầu;Đối tượng;Năm;Biên chế;Quyết định\n\
                GD;Giám đốc;văn hóa;x;;;;\n\
                KT-1;Kế toán;Kế toán;;;;;\n\
                ;;;;Công chức;2026;25;NQ 30\n\
                ;;;;VC;2026;11;NQ 30\n";
    let plan = planned(&mut Rosters::of(&roster(None)), file.as_bytes(), Some(COMMUNE));
    assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    let new: Vec<String> = plan
        .new
        .iter()
        .map(|(row, new)| format!("{row} {:?}", new.row))
        .collect();
    assert_eq!((plan.same, new.len()), (1, 2), "{new:?}");
    assert!(
        matches!(&plan.new[0].1.row, RosterRow::Post(post) if post.code == "KT-1" && post.field == WorkField::Finance)
    );
    assert!(matches!(&plan.new[1].1.row, RosterRow::Quota(quota) if quota.number == 11));
    let differing: Vec<_> = plan
        .differences
        .iter()
        .map(|one| (one.row, one.column, one.ledger.as_str()))
        .collect();
    assert_eq!(differing, [(4, "number", "24")]);
    assert_eq!((plan.before.sums[0], plan.file.sums[0]), (24, 36));

    let bad = "Mã vị trí;Tên vị trí việc làm;Đối tượng;Năm;Biên chế\n\
               A;Văn thư;;;\n\
               a;Văn thư;;;\n\
               B;Thủ quỹ;VC;2026;3\n\
               ;;VC;;3\n\
               ;;VC;2026;2,5\n";
    let plan = planned(&mut Rosters::default(), bad.as_bytes(), Some(COMMUNE));
    let expected = [
        (3, "A", "twice"),
        (4, "E", "post_or_quota"),
        (5, "D", "empty"),
        (6, "E", "not_a_count"),
    ];
    let found = places(&plan.problems);
    for (row, letters, key) in expected {
        assert!(
            found.contains(&(row, letters.to_owned(), key)),
            "{row} {key} in {found:?}"
        );
    }
}

#[test]
fn a_value_that_stands_once_for_several_people_is_nobodys() {
    let list = xlsx("A", |sheet| {
        texts(sheet, 0, &["Họ và tên", "Đối tượng", "Lĩnh vực"]);
        texts(sheet, 1, &["A", "VC"]);
        texts(sheet, 2, &["B", "VC"]);
        merged(sheet, (1, 2), (2, 2), "văn hóa");
    });
    let plan = planned(&mut Persons::default(), &list, Some(COMMUNE));
    assert_eq!(plan.problems.kept[0].reason, Reason::Merged("C2:C3".to_owned()));
}

#[test]
fn men_and_women_may_have_a_column_of_birth_each() {
    let list = xlsx("Danh sách", |sheet| {
        for (column, heading) in [(0, "STT"), (1, "Họ và tên"), (4, "Đối tượng")] {
            merged(sheet, (0, column), (1, column), heading);
        }
        merged(sheet, (0, 2), (0, 3), "Ngày, tháng, năm sinh");
        texts(sheet, 1, &["", "", "Nam", "Nữ"]);
        texts(sheet, 2, &["1", "Lò Văn An", "15/11/1979", "", "công chức"]);
        texts(sheet, 3, &["2", "Cà Thị Ánh", "-", "1985", "công chức"]);
        texts(sheet, 4, &["3", "Vì Thị Xuân", "1985", "1986", "công chức"]);
        texts(sheet, 5, &["4", "Vì Thị Mai", "", "sáu", "công chức"]);
    });
    let mut kind = Persons::of(Vec::new(), &roster(None)).with_defaults(None, Some(day()));
    let plan = planned(&mut kind, &list, Some(COMMUNE));
    let problems = [(5, "D", "column_twice"), (6, "D", "not_a_year")];
    assert_eq!(
        places(&plan.problems),
        problems.map(|(row, letters, key)| (row, letters.to_owned(), key))
    );
    let known = |line: &String| {
        line.starts_with("3 Lò Văn An Some(1979)") || line.starts_with("4 Cà Thị Ánh Some(1985)")
    };
    assert_eq!(
        told(&plan.new).iter().filter(|line| known(line)).count(),
        2,
        "{:?}",
        told(&plan.new)
    );
}

#[test]
fn a_code_that_stands_twice_is_named_as_it_stands() {
    let file = "Mã vị trí;Tên vị trí việc làm\nDC-1;Địa chính\ndc-1;Môi trường\n";
    let plan = planned(&mut Rosters::of(&[]), file.as_bytes(), Some(COMMUNE));
    let twice = Reason::Twice {
        value: "dc-1".to_owned(),
        row: 2,
    };
    assert_eq!(plan.problems.kept[0].reason, twice);
    let both = "Mã vị trí;Tên vị trí việc làm;Số lượng;Biên chế\nDC-1;Địa chính;1;\n";
    let plan = planned(&mut Rosters::of(&[]), both.as_bytes(), Some(COMMUNE));
    assert_eq!(plan.problems.kept[0].reason, Reason::ColumnTwice);
}
