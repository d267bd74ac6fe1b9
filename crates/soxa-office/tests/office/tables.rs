//! Tables that one act is made from: what goes to whom, what was counted, who gets which role.

use soxa_office::appointments::{self, Asked};
use soxa_office::handovers::{counted, going};
use soxa_office::problems::Reason;
use soxa_records::Quantity;
use soxa_records::working_days::at;

use crate::files::{merged, texts, xlsx};
use crate::make::{CENTRE, COMMUNE, lines, places};

#[test]
fn a_division_says_what_goes_to_whom() {
    let file = xlsx("Chia tài sản", |sheet| {
        merged(sheet, (0, 0), (0, 3), "DANH SÁCH BÀN GIAO");
        texts(sheet, 2, &["STT", "Mã tài sản", "Đơn vị tiếp nhận", "Địa điểm"]);
        texts(sheet, 3, &["1", "MT-01", "Xã Mường Bú", "Kho"]);
        texts(sheet, 4, &["2", "MT-02", "Trung tâm"]);
        texts(sheet, 6, &["", "", "Người lập"]);
    });
    let named = |text: &str| Ok(text.to_owned());
    let (found, problems) = lines(&file, going::COLUMNS, None, |line, places| {
        going::read(line, places, named)
    });
    assert!(problems.is_empty(), "{problems:?}");
    let found: Vec<_> = found
        .iter()
        .map(|(row, going)| (*row, going.subject.as_str(), going.receiver, going.place.as_str()))
        .collect();
    assert_eq!(found, [(4, "MT-01", COMMUNE, "Kho"), (5, "MT-02", CENTRE, "")]);

    let wrong = "subject,receiver,witness\nMT-01,Xã Mường Pú,\n,Trung tâm,nobody\nMT-02,Trung tâm,\n";
    let none = |text: &str| {
        Err::<(), _>(Reason::NotAWord {
            value: text.to_owned(),
            section: "",
            words: Vec::new(),
        })
    };
    let (_, problems) = lines(wrong.as_bytes(), going::COLUMNS, None, |line, places| {
        going::read(line, places, none)
    });
    assert_eq!(
        places(&problems),
        [
            (2, "A".to_owned(), "not_a_word"),
            (2, "B".to_owned(), "unknown_unit_near"),
            (3, "A".to_owned(), "empty"),
            (3, "C".to_owned(), "unknown_unit_near"),
            (4, "A".to_owned(), "not_a_word"),
        ]
    );
}

#[test]
fn counted_lines_are_taken_once_and_the_others_left() {
    let heading = "STT;Tên;Số lượng;Số lượng thực tế;Hiện trạng\n";
    let read = |rows: &str| {
        let mut counted = counted::Counted::default();
        let file = format!("{heading}{rows}");
        lines(file.as_bytes(), counted::COLUMNS, None, |line, _| {
            counted.read(line)
        })
    };
    let (found, problems) = read("1;Bàn;4;3,5;gãy chân\n2;Ghế;2;;\n3;Tủ;1;1;\n");
    assert!(problems.is_empty(), "{problems:?}");
    let found: Vec<_> = found
        .iter()
        .map(|(_, row)| (row.line, row.quantity, row.condition.as_str()))
        .collect();
    let half = Quantity { thousandths: 3_500 };
    assert_eq!(found, [(1, half, "gãy chân"), (3, Quantity::whole(1), "")]);
    let (_, problems) = read("1;Bàn;4;ba;\n2;Ghế;2;2;\n2;Ghế;2;1;\n0;Tủ;1;1;\nmột;Bảng;1;1;\n");
    assert_eq!(
        places(&problems),
        [
            (2, "D".to_owned(), "not_an_amount"),
            (4, "A".to_owned(), "twice"),
            (5, "A".to_owned(), "no_such_line"),
            (6, "A".to_owned(), "not_a_count"),
        ]
    );
}

#[test]
fn appointments_name_key_person_unit_role_and_term() {
    let table = "Khóa;Họ và tên;Đơn vị;Vai trò;Từ ngày;Đến ngày;Quyết định\n\
                 lan.pem;Lò Lan;;;;;\nson.pem;Cà Sơn;Trung tâm;asset_officer;15/11/2025;01/01/2026 07:30;QĐ 2\n";
    let (found, problems) = lines(
        table.as_bytes(),
        appointments::COLUMNS,
        Some(COMMUNE),
        appointments::read,
    );
    assert!(problems.is_empty(), "{problems:?}");
    let [(2, first), (3, second)] = found.as_slice() else {
        panic!("{found:?}");
    };
    let asked = |holder: &str, person: &str, unit| Asked {
        holder: holder.to_owned(),
        person: person.to_owned(),
        record: String::new(),
        unit,
        role: String::new(),
        from: None,
        until: None,
        basis: String::new(),
    };
    assert_eq!(*first, asked("lan.pem", "Lò Lan", COMMUNE));
    let moment = |day: &str, minutes: u64| at(day.parse().unwrap(), minutes * 60_000);
    let second_said = Asked {
        role: "asset_officer".to_owned(),
        from: moment("2025-11-15", 0),
        until: moment("2026-01-01", 450),
        basis: "QĐ 2".to_owned(),
        ..asked("son.pem", "Cà Sơn", CENTRE)
    };
    assert_eq!(*second, second_said);
    let wrong = "holder;person;from\nlan.pem;Lò Lan;hôm qua\nson.pem;;15/11/2025\nha.pem;Lò Hà;\n";
    let (_, problems) = lines(wrong.as_bytes(), appointments::COLUMNS, None, appointments::read);
    assert_eq!(
        places(&problems),
        [
            (2, "C".to_owned(), "not_a_day"),
            (2, String::new(), "no_unit"),
            (3, "B".to_owned(), "empty"),
            (3, String::new(), "no_unit"),
            (4, String::new(), "no_unit"),
        ]
    );
}
