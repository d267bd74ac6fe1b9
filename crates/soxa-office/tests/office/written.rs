//! Lists as people open them: filters, a header that stays, a row of totals.

use std::io::{Cursor, Read as _};

use soxa_lang::Lang;
use soxa_office::assets::COLUMNS;
use soxa_office::write::{Entry, List};
use soxa_records::Date;
use zip::ZipArchive;

/// A list of so many assets of 1,500,000 đồng each.
fn list(rows: usize) -> List {
    let row = |at: usize| {
        let of = |name: &str| match name {
            "name" => Entry::Text(format!("Bàn số {at}")),
            "cost" => Entry::Sum(1_500_000),
            _ => Entry::Empty,
        };
        COLUMNS.iter().map(|column| of(column.name)).collect()
    };
    List {
        name: "Tài sản".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: (0..rows).map(row).collect(),
    }
}

/// The XML of the list's sheet.
fn sheet(list: &List) -> String {
    let bytes = list.xlsx(Lang::Vi, Date::new(2025, 12, 31).unwrap()).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    let mut part = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
    part.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_list_has_filters_a_header_that_stays_and_totals_of_what_is_shown() {
    let last = soxa_office::problems::letters(u16::try_from(COLUMNS.len() - 1).unwrap());
    let cost = COLUMNS.iter().position(|column| column.name == "cost").unwrap();
    let cost = soxa_office::problems::letters(u16::try_from(cost).unwrap());
    let text = sheet(&list(3));
    for part in [
        format!(r#"<autoFilter ref="A1:{last}4"/>"#),
        r#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#.to_owned(),
        format!("<f>SUBTOTAL(109,{cost}2:{cost}4)</f><v>4500000</v>"),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
    // Nothing to filter and to add up.
    let empty = sheet(&list(0));
    assert!(!empty.contains("autoFilter") && !empty.contains("SUBTOTAL"));
    assert!(empty.contains("frozen"));
}

#[test]
fn csv_opens_in_excel_and_carries_no_formula() {
    let mut one = list(1);
    let told = Entry::Told {
        shown: "@SUM(A1)".to_owned(),
        plain: "x".to_owned(),
    };
    one.rows[0][0] = Entry::Text("=HYPERLINK(\"http://a.example\")".to_owned());
    one.rows[0][1] = told;
    let bytes = one.csv(Lang::En);
    assert!(bytes.starts_with(b"\xef\xbb\xbf"), "the mark of UTF-8");
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.contains("'=HYPERLINK") && text.contains("'@SUM(A1)"),
        "{text}"
    );
}
