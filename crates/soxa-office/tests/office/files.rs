//! Builds the files of the tests: real workbooks by the writing library, odd ones by hand.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};
use soxa_office::workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A workbook of one sheet.
pub fn xlsx(name: &str, fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name).unwrap();
    fill(sheet);
    book.save_to_buffer().unwrap()
}

/// Writes texts into a row from the first column on; empty ones are left out.
pub fn texts(sheet: &mut Worksheet, row: u32, texts: &[&str]) {
    for (column, text) in (0..).zip(texts).filter(|(_, text)| !text.is_empty()) {
        sheet.write_string(row, column, *text).unwrap();
    }
}

pub fn merged(sheet: &mut Worksheet, (top, left): (u32, u16), (bottom, right): (u32, u16), text: &str) {
    sheet
        .merge_range(top, left, bottom, right, text, &Format::new())
        .unwrap();
}

/// An inventory as communes keep it: titles, a header of two merged rows, numbered columns, groups, a row of totals that is a
/// formula, and signatures.
pub fn inventory() -> Vec<u8> {
    xlsx("Kiểm kê 2025", |sheet| {
        merged(sheet, (0, 0), (0, 3), "ỦY BAN NHÂN DÂN XÃ MƯỜNG BÚ");
        merged(
            sheet,
            (2, 0),
            (2, 10),
            "DANH MỤC TÀI SẢN CỐ ĐỊNH ĐẾN NGÀY 31/12/2025",
        );
        sheet.write_string(3, 8, "Đơn vị tính: nghìn đồng").unwrap();
        for (column, heading) in [
            (0, "STT"),
            (1, "Mã tài sản"),
            (2, "Tên tài sản\n(ghi chi tiết)"),
            (3, "ĐVT"),
            (8, "Năm đưa vào sử dụng"),
            (9, "Tình trạng"),
            (10, "Ghi chú"),
        ] {
            merged(sheet, (4, column), (5, column), heading);
        }
        merged(sheet, (4, 4), (4, 5), "Số lượng");
        merged(sheet, (4, 6), (4, 7), "Giá trị theo sổ sách");
        texts(
            sheet,
            5,
            &[
                "",
                "",
                "",
                "",
                "Sổ sách",
                "Kiểm kê",
                "Nguyên giá",
                "Giá trị còn lại",
            ],
        );
        texts(sheet, 6, &["A", "B", "C", "D", "1", "2", "3", "4", "5", "6", "7"]);
        texts(sheet, 7, &["I", "", "Nhà, công trình xây dựng"]);
        let day = Format::new().set_num_format("dd/mm/yyyy");
        let rows: [(&str, &str, &str, f64, f64, f64, &str); 3] = [
            (
                "NHA-001",
                "Nhà làm việc 2 tầng",
                "m²",
                420.5,
                3_650_000.0,
                1_825_000.0,
                "Đang sử dụng",
            ),
            (
                "NHA-002",
                "Nhà văn hóa xã",
                "m²",
                120.0,
                850_000.5,
                0.0,
                "Cần sửa",
            ),
            (
                "MT-001",
                "Máy vi tính để bàn",
                "bộ",
                12.0,
                180_000.0,
                36_000.0,
                "Đang sử dụng",
            ),
        ];
        for (row, (code, name, measure, amount, cost, residual, condition)) in
            [8_u32, 9, 11].into_iter().zip(rows)
        {
            sheet.write_number(row, 0, f64::from(row - 7)).unwrap();
            texts(sheet, row, &["", code, name, measure]);
            sheet.write_number(row, 4, amount).unwrap();
            sheet.write_number(row, 5, amount).unwrap();
            sheet.write_number(row, 6, cost).unwrap();
            sheet.write_number(row, 7, residual).unwrap();
            sheet.write_string(row, 9, condition).unwrap();
        }
        sheet.write_number(8, 8, 2012.0).unwrap();
        sheet.write_number_with_format(9, 8, 42_000.0, &day).unwrap();
        sheet.write_string(11, 8, "15/06/2021").unwrap();
        texts(sheet, 10, &["II", "", "Máy móc, thiết bị"]);
        merged(sheet, (12, 0), (12, 3), "Tổng cộng");
        sheet
            .write_formula(12, 6, Formula::new("=SUM(G9:G12)").set_result("4680000.5"))
            .unwrap();
        texts(
            sheet,
            14,
            &["", "Người lập biểu", "", "", "", "", "", "Thủ trưởng đơn vị"],
        );
        texts(
            sheet,
            18,
            &["", "Lò Thị Lan", "", "", "", "", "", "Quàng Văn Thịnh"],
        );
    })
}

/// Bytes from which a part is packed at the least cost: packing takes longer than all else in these tests.
const LARGE: usize = 100_000;

/// A zip file of these parts.
pub fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let level = (bytes.len() > LARGE).then_some(1);
        let options = SimpleFileOptions::default().compression_level(level);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The least that a workbook of one sheet holds, with this sheet and these shared texts.
pub fn by_hand(sheet: &str, shared: &str) -> Vec<u8> {
    by_hand_with(sheet, shared, &[])
}

/// The same with further parts.
pub fn by_hand_with(sheet: &str, shared: &str, further: &[(&str, &[u8])]) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let root = format!(
        r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let book = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let relations = format!(
        r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#
    );
    let sheet = format!(r#"<worksheet xmlns="{MAIN}">{sheet}</worksheet>"#);
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    if !shared.is_empty() {
        parts.push(("xl/sharedStrings.xml", shared.as_bytes()));
    }
    parts.extend(further);
    zipped(&parts)
}

/// Reads a file that is whole.
#[track_caller]
pub fn read(bytes: &[u8]) -> workbook::Workbook {
    workbook::read(bytes).unwrap()
}
