//! What is seen in files as offices have them.

use soxa_office::assets::COLUMNS;
use soxa_office::problems::Notice;
use soxa_office::table::{self, NoSheet};
use soxa_office::workbook::{Unreadable, Value, Workbook, read as read_bytes};

use crate::files::{by_hand, inventory, merged, read, texts, xlsx};

fn only_sheet_of(workbook: &Workbook) -> table::Table<'_> {
    table::read(table::choose(workbook, COLUMNS, None).unwrap(), COLUMNS).unwrap()
}

#[test]
fn a_form_is_told_from_its_titles_groups_totals_and_signatures() {
    let workbook = read(&inventory());
    assert_eq!(workbook.notices, [Notice::Formulas(1)]);
    let table = only_sheet_of(&workbook);
    assert_eq!((table.header.top, table.header.bottom), (5, 6));
    assert_eq!(
        table.lines.iter().map(|line| line.row).collect::<Vec<_>>(),
        [9, 10, 12]
    );
    assert!(table.problems.is_empty(), "{:?}", table.problems);
    let cost = table.heading("cost").unwrap();
    assert_eq!(
        (cost.at, cost.scale, cost.shown.as_str()),
        (6, 1_000, "Giá trị theo sổ sách – Nguyên giá")
    );
    let not_read = |kind, rows: &[u32]| Notice::RowsNotRead {
        kind,
        rows: rows.to_vec(),
    };
    assert!(
        table.notices.contains(&not_read("group", &[8, 11])),
        "{:?}",
        table.notices
    );
    assert!(
        table.notices.contains(&not_read("footer", &[7, 15, 19])),
        "{:?}",
        table.notices
    );
    let unknown = vec!["Số lượng – Kiểm kê".to_owned()];
    assert!(
        table.notices.contains(&Notice::ColumnsNotRead(unknown)),
        "{:?}",
        table.notices
    );
    assert!(
        !table
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::TotalDiffers { .. }))
    );
}

#[test]
fn only_a_row_that_counts_the_columns_from_the_left_is_their_numbering() {
    let rows_of = |text: &str| {
        let workbook = read(text.as_bytes());
        let table = only_sheet_of(&workbook);
        let rows: Vec<u32> = table.lines.iter().map(|line| line.row).collect();
        (rows, table.notices)
    };
    let heading = "Mã tài sản;Tên tài sản;Số lượng;Nguyên giá\n";
    let numbered = |row: &str| rows_of(&format!("{heading}{row}\nB1;Bàn;2;5.000\n"));
    for row in ["1;2;3;4", "A;B;1;2", "(1);(2);(3);(4=3x2)"] {
        let (rows, notices) = numbered(row);
        assert_eq!(rows, [3], "{row}");
        let kind = "footer";
        assert!(
            notices.contains(&Notice::RowsNotRead { kind, rows: vec![2] }),
            "{row}"
        );
    }
    // Things that are called by figures are things.
    for row in ["1;2;2;9", "7;5;3;1"] {
        assert_eq!(numbered(row).0, [2, 3], "{row}");
    }
}

#[test]
fn a_last_line_that_lacks_what_every_line_has_is_data_and_signatures_are_none() {
    let rows_of = |below: &str| {
        let text =
            format!("Mã tài sản;Tên tài sản;Nguyên giá;Hiện trạng;Ghi chú\nB1;Bàn;5.000;tốt;\n{below}");
        let workbook = read(text.as_bytes());
        let table = only_sheet_of(&workbook);
        table.lines.iter().map(|line| line.row).collect::<Vec<_>>()
    };
    assert_eq!(rows_of("B2;Ghế;;hỏng;\n"), [2, 3]);
    assert_eq!(rows_of("B2;Ghế;;hỏng;\nB3;Tủ;;;mất\n"), [2, 3, 4]);
    for below in [
        "Người lập;;;Thủ trưởng;\n",
        ";;;;\nNgười lập;Kế toán;;Thủ trưởng;\n",
        "Cộng;2;5.000;;\n",
    ] {
        assert_eq!(rows_of(below), [2], "{below}");
    }
}

#[test]
fn a_row_of_totals_that_does_not_agree_is_told() {
    let workbook = read("STT;Tên tài sản;Nguyên giá\n1;Bàn;5.000\n2;Cổng sắt;7.000\n3;Tổng đài điện thoại;1.000\n;Cộng;12.999\n".as_bytes());
    let table = only_sheet_of(&workbook);
    assert_eq!(table.lines.len(), 3);
    let differs = Notice::TotalDiffers {
        row: 5,
        heading: "Nguyên giá".to_owned(),
        written: 12_999,
        counted: 13_000,
    };
    assert!(table.notices.contains(&differs), "{:?}", table.notices);
}

#[test]
fn the_sheet_that_fits_is_found_and_two_are_not_guessed_between() {
    let build = |second: &[&str]| {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, headings) in [
            ("Ghi chú", &["Tháng", "Nội dung"][..]),
            ("Tài sản", &["Mã tài sản", "Tên tài sản", "Nguyên giá"]),
            ("Nữa", second),
        ] {
            let sheet = book.add_worksheet();
            sheet.set_name(name).unwrap();
            texts(sheet, 0, headings);
            texts(sheet, 1, &["1", "2", "3"]);
        }
        read(&book.save_to_buffer().unwrap())
    };
    let one = build(&["x"]);
    assert_eq!(
        table::choose(&one, COLUMNS, None).map(|sheet| sheet.name.as_str()),
        Ok("Tài sản")
    );
    assert_eq!(
        table::choose(&one, COLUMNS, Some("ghi chu")).map(|sheet| sheet.name.as_str()),
        Ok("Ghi chú")
    );
    let all = ["Ghi chú", "Tài sản", "Nữa"].map(str::to_owned).to_vec();
    assert_eq!(
        table::choose(&one, COLUMNS, Some("Q")),
        Err(NoSheet::Unknown(all))
    );
    let two = build(&["Mã tài sản", "Tên tài sản", "Nguyên giá"]);
    assert_eq!(
        table::choose(&two, COLUMNS, None),
        Err(NoSheet::Several(["Tài sản", "Nữa"].map(str::to_owned).to_vec()))
    );
    assert_eq!(
        table::choose(&read(b"a;b\n1;2\n"), COLUMNS, None),
        Err(NoSheet::None)
    );
}

#[test]
fn csv_comes_in_every_encoding_that_offices_have() {
    let content = "Mã;Tên tài sản;Nguyên giá\nB1;Bàn làm việc;1.500.000\n";
    let utf16 = |mark: u16, join: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark)
            .chain(content.encode_utf16())
            .flat_map(join)
            .collect()
    };
    // As an old program writes it: one byte a letter, in the codes of TCVN3.
    let tcvn3: Vec<u8> = "M·;Tªn tµi s¶n;Nguyªn gi¸\nB1;Bµn lµm viÖc;1.500.000\n"
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let expected = read(content.as_bytes()).sheets;
    for bytes in [
        [b"\xef\xbb\xbf".as_slice(), content.as_bytes()].concat(),
        utf16(0xfeff, u16::to_le_bytes),
        utf16(0xfeff, u16::to_be_bytes),
    ] {
        assert_eq!(read(&bytes).sheets, expected);
    }
    let old = read(&tcvn3);
    assert_eq!(old.sheets, expected);
    assert_eq!(
        old.notices,
        [Notice::Converted {
            encoding: "TCVN3",
            count: 4
        }]
    );
    assert_eq!(
        read_bytes(b"Code;Name\nB1;\xff\xfe\xfd\n"),
        Err(Unreadable::UnknownText)
    );
    assert_eq!(read_bytes(b"Code;Name\nB1;\x00\n"), Err(Unreadable::UnknownText));
}

#[test]
fn lines_are_numbered_as_an_editor_numbers_them_however_they_end() {
    let rows = [
        "",
        "Mã;Tên tài sản;Nguyên giá",
        "B1;\"Bàn{}làm việc\";5",
        "",
        "B2;Ghế;6",
        "B3;Tủ;7",
    ];
    for end in ["\n", "\r\n", "\r"] {
        let text = rows.join(end).replace("{}", end);
        let workbook = read(text.as_bytes());
        let table = only_sheet_of(&workbook);
        assert_eq!(table.header.bottom, 2, "{end:?}");
        let numbers: Vec<u32> = table.lines.iter().map(|line| line.row).collect();
        assert_eq!(numbers, [3, 6, 7], "{end:?}");
    }
}

#[test]
fn formulas_count_by_their_values_and_one_without_is_named() {
    let book = by_hand(
        r#"<sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>[1]Sheet1!A1</f></c><c r="C1" t="e"><v>#REF!</v></c></row></sheetData>"#,
        "",
    );
    let workbook = read(&book);
    let values: Vec<(bool, Value)> = workbook.sheets[0].rows[0]
        .cells
        .iter()
        .map(|(_, cell)| (cell.computed, cell.value.clone()))
        .collect();
    assert_eq!(
        values,
        [
            (true, Value::Number(2.0)),
            (true, Value::Uncomputed),
            (false, Value::Fault("#REF!".to_owned()))
        ]
    );
}

#[test]
fn the_form_of_the_circular_parts_the_cost_below_two_groups() {
    let workbook = read(&xlsx("04a", |sheet| {
        texts(sheet, 0, &["Mẫu số 04a-ĐK/TSC"]);
        for (column, heading) in [(0, "STT"), (1, "Tài sản"), (2, "Năm sử dụng"), (7, "Nơi sử dụng")]
        {
            merged(sheet, (2, column), (4, column), heading);
        }
        merged(sheet, (2, 3), (2, 6), "Giá trị theo sổ kế toán (nghìn đồng)");
        merged(sheet, (3, 3), (3, 5), "Nguyên giá");
        merged(sheet, (3, 6), (4, 6), "Giá trị còn lại");
        texts(sheet, 4, &["", "", "", "Tổng cộng", "Nguồn NS", "Nguồn khác"]);
        texts(
            sheet,
            5,
            &[
                "1",
                "Nhà làm việc",
                "2010",
                "5.200.000",
                "5.000.000",
                "200.000",
                "2.600.000",
                "Văn phòng",
            ],
        );
        texts(
            sheet,
            6,
            &[
                "",
                "Tổng cộng",
                "",
                "5.200.001",
                "5.000.000",
                "200.000",
                "2.600.000",
            ],
        );
    }));
    let table = only_sheet_of(&workbook);
    assert!(table.problems.is_empty(), "{:?}", table.problems);
    assert_eq!((table.header.top, table.header.bottom), (3, 5));
    for (column, at, scale) in [
        ("cost", 3, 1_000),
        ("cost_budget", 4, 1_000),
        ("cost_other", 5, 1_000),
        ("residual", 6, 1_000),
        ("department", 7, 1),
    ] {
        let heading = table.heading(column).unwrap_or_else(|| panic!("{column}"));
        assert_eq!((heading.at, heading.scale), (at, scale), "{column}");
    }
    let rows: Vec<u32> = table.lines.iter().map(|line| line.row).collect();
    assert_eq!(rows, [6]);
    let differ = |notice: &&Notice| matches!(notice, Notice::TotalDiffers { .. });
    assert_eq!(
        table.notices.iter().filter(differ).count(),
        1,
        "{:?}",
        table.notices
    );
}

#[test]
fn merged_cells_over_lines_of_data_are_named() {
    let workbook = read(&xlsx("A", |sheet| {
        texts(sheet, 0, &["Mã", "Tên", "Nguyên giá", "Đơn vị"]);
        texts(sheet, 1, &["B1", "Bàn", "5"]);
        texts(sheet, 2, &["B2", "Ghế", "6"]);
        merged(sheet, (1, 3), (2, 3), "Xã Mường Bú");
    }));
    let table = only_sheet_of(&workbook);
    let found: Vec<(u32, String)> = table
        .problems
        .kept
        .iter()
        .map(|p| (p.place.row, p.reason.key().to_owned() + &p.place.letters()))
        .collect();
    assert_eq!(found, [(2, "mergedD".to_owned())]);
}

#[test]
fn a_row_that_could_be_data_is_data_and_sums_of_groups_are_not() {
    let workbook = read(
        "STT;Mã;Tên tài sản;Nguyên giá\nI;;Nhà;7.000\n1;N1;Nhà kho;7.000\nII;;Máy;6.000\n2;M1;;6.000\n;M2;Máy in;\n;;;9.000\n;Người lập;;Kế toán\n"
            .as_bytes(),
    );
    let table = only_sheet_of(&workbook);
    assert_eq!(
        table.lines.iter().map(|line| line.row).collect::<Vec<_>>(),
        [3, 5, 6, 7]
    );
    assert!(
        table.notices.contains(&Notice::RowsNotRead {
            kind: "group",
            rows: vec![2, 4]
        }),
        "{:?}",
        table.notices
    );
    assert!(
        table.notices.contains(&Notice::RowsNotRead {
            kind: "footer",
            rows: vec![8]
        }),
        "{:?}",
        table.notices
    );
}
