//! Files that mean harm: each gets a clear answer, in bounded memory.

use soxa_office::limits::*;
use soxa_office::problems::Notice;
use soxa_office::workbook::{Unreadable, Workbook, read};

use crate::files::{by_hand, by_hand_with, zipped};

#[track_caller]
fn check(bytes: &[u8], expected: &str) -> Unreadable {
    let refused = read(bytes).unwrap_err();
    assert_eq!(refused.key(), expected, "{refused}");
    refused
}

fn cells(inside: &str) -> String {
    format!("<sheetData>{inside}</sheetData>")
}

#[test]
fn a_zip_bomb_is_stopped_by_what_it_swells_up_to() {
    let zeros = vec![b' '; 100 << 20];
    let bomb = by_hand_with(
        &cells(""),
        "",
        &[("xl/a.xml", &zeros), ("xl/b.bin", &zeros), ("xl/c.xml", &zeros)],
    );
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    check(&bomb, "too_large");
}

#[test]
fn empty_rows_without_end_cost_nothing() {
    let mut rows = String::from(r#"<row r="1"><c r="A1"><v>7</v></c></row>"#);
    for row in 2..=60_000 {
        rows.push_str(&format!(
            r#"<row r="{row}"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>"#
        ));
    }
    let workbook = read(&by_hand(&cells(&rows), "")).unwrap();
    assert_eq!(workbook.sheets[0].rows.len(), 1);
    // One cell in the last corner is one cell.
    let corner = cells(r#"<row r="1048576"><c r="A1048576"><v>7</v></c></row>"#);
    assert_eq!(
        read(&by_hand(&corner, "")).unwrap().sheets[0].rows[0].number,
        1_048_576
    );
}

#[test]
fn more_rows_columns_and_texts_than_the_limits_are_refused() {
    let row = |row: usize| format!(r#"<row r="{row}"><c r="A{row}"><v>7</v></c></row>"#);
    let rows: String = (1..=ROWS_MAX + 1).map(row).collect();
    check(&by_hand(&cells(&rows), ""), "too_large");
    check(
        &by_hand(&cells(r#"<row r="1"><c r="XFD1"><v>7</v></c></row>"#), ""),
        "too_large",
    );
    check(&vec![b'a'; FILE_BYTES_MAX + 1], "too_large");
    let lines = "a;b\n".repeat(ROWS_MAX + 1);
    check(lines.as_bytes(), "too_large");
    let wide = "a;".repeat(COLUMNS_MAX as usize + 1);
    check(wide.as_bytes(), "too_large");
    // One text shared by many cells is counted in each.
    let text = "x".repeat(30_000);
    let shared = format!("<sst><si><t>{text}</t></si></sst>");
    let cell = |row: usize| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#);
    let many: String = (1..=TEXT_BYTES_MAX / text.len() + 1).map(cell).collect();
    check(&by_hand(&cells(&many), &shared), "too_large");
    let long = format!(
        "<sst><si><t>{}</t></si></sst>",
        "x".repeat(CELL_CHARACTERS_MAX + 1)
    );
    check(&by_hand(&cells(&cell(1)), &long), "too_large");
}

#[test]
fn a_claimed_number_of_texts_reserves_nothing() {
    for count in ["99999999999", "18446744073709551615", "99999999999999999999999"] {
        let shared = format!(r#"<sst uniqueCount = "{count}"><si><t>a</t></si></sst>"#);
        check(&by_hand(&cells(""), &shared), "too_large");
    }
    // In another encoding the claim would not be seen.
    let hidden: Vec<u8> = r#"<?xml version="1.0" encoding="UTF-16"?><sst uniqueCount="99999999999"/>"#
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    check(
        &by_hand_with(&cells(""), "", &[("xl/SharedStrings.xml", &hidden)]),
        "damaged",
    );
    check(
        &by_hand(
            &cells(""),
            r#"<?xml version="1.0" encoding="windows-1252"?><sst/>"#,
        ),
        "damaged",
    );
}

#[test]
fn macros_passwords_and_other_formats_are_named() {
    check(
        &by_hand_with(&cells(""), "", &[("xl/vbaProject.bin", b"x")]),
        "macros",
    );
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    check(&[compound.as_slice(), &[0; 512]].concat(), "other_format");
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    check(&[compound.as_slice(), &[0; 512], &name].concat(), "protected");
    check(b"%PDF-1.7", "other_format");
    check(
        &zipped(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]),
        "other_format",
    );
    check(&zipped(&[("a.txt", b"a")]), "other_format");
}

#[test]
fn other_files_that_a_workbook_refers_to_are_told_and_never_opened() {
    let link = br#"<externalLink><externalBook r:id="rId1"/></externalLink>"#;
    let workbook: Workbook = read(&by_hand_with(
        &cells(""),
        "",
        &[("xl/externalLinks/externalLink1.xml", link)],
    ))
    .unwrap();
    assert_eq!(workbook.notices, [Notice::ExternalLinks]);
}

#[test]
fn damage_is_damage() {
    let whole = by_hand(
        &cells(r#"<row r="1"><c r="A1" t="s"><v>9</v></c></row>"#),
        "<sst/>",
    );
    check(&whole, "damaged");
    for cut in [5, whole.len() / 2, whole.len() - 1] {
        check(&whole[..cut], "damaged");
    }
    for odd in [
        r#"<row r="99999999999999"><c><v>1</v></c></row>"#,
        r#"<row r="1"><c r="ZZZZZZZZZZZZ1"><v>1</v></c></row>"#,
        r#"<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A1" t="d"><v>1</v></c><c r="B1"><v>1</v>"#,
    ] {
        let refused = read(&by_hand(&cells(odd), "")).unwrap_err();
        assert!(
            ["damaged", "too_large"].contains(&refused.key()),
            "{odd}: {refused}"
        );
    }
}
