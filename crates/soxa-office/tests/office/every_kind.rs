//! Every hostile file as every kind of table: each gets the same clear answer, whatever it is imported as.

use std::collections::BTreeSet;

use soxa_office::appointments;
use soxa_office::assets::Assets;
use soxa_office::columns::Column;
use soxa_office::dossiers::Dossiers;
use soxa_office::handovers::{counted, going};
use soxa_office::inventories::CountSheet;
use soxa_office::limits::*;
use soxa_office::persons::Persons;
use soxa_office::plan::{self, Kind, Places};
use soxa_office::problems::Problems;
use soxa_office::references::References;
use soxa_office::rosters::Rosters;
use soxa_office::table::Table;
use soxa_office::take::{self, Taking};
use soxa_office::units::Units;
use soxa_office::{table, workbook};
use soxa_records::Date;
use soxa_records::person::PersonClass;

use crate::assets::Published;
use crate::files::{by_hand, by_hand_with};
use crate::make::{COMMUNE, Units as Known};
use crate::{dossiers, inventories, references};

/// What a file is answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// It is no table that is read.
    Unreadable(&'static str),
    /// No sheet has a header.
    NoSheet,
    /// Nothing is signed, for these reasons.
    Refused(BTreeSet<&'static str>),
    /// So many lines would be signed.
    Taken(usize),
}

/// The answer, and the keys of what was noticed.
type Answered = (Answer, BTreeSet<&'static str>);

/// A kind of table: a whole one of two lines, and how a file is answered.
struct Sort {
    name: &'static str,
    headings: &'static [&'static str],
    lines: [&'static [&'static str]; 2],
    answer: fn(&[u8]) -> Answered,
}

/// Every kind that a file can come in as. The first heading is of a text that every line has.
const SORTS: [Sort; 10] = [
    Sort {
        name: "assets",
        headings: &["Tên tài sản", "Mã tài sản", "Nguyên giá"],
        lines: [&["Bàn", "B1", "1500000"], &["Ghế", "B2", "500000"]],
        answer: |bytes| kind(bytes, |_| Assets::of(Vec::new(), Box::new(Published))),
    },
    Sort {
        name: "dossiers",
        headings: &[
            "Mã hồ sơ",
            "Tên thủ tục hành chính",
            "Ngày nhận",
            "Ngày trả",
            "Tình trạng",
        ],
        lines: [
            &[
                "12/SHS",
                "Đăng ký khai sinh",
                "03/11/2025",
                "07/11/2025",
                "Đã trả",
            ],
            &["13/SHS", "Đăng ký khai tử", "04/11/2025", "", "đang giải quyết"],
        ],
        answer: |bytes| kind::<Dossiers>(bytes, |_| dossiers::ledger(Vec::new())),
    },
    Sort {
        name: "inventories",
        headings: &["Mã tài sản", "Dòng", "Số lượng kiểm kê"],
        lines: [&["BAN-1", "1", "4"], &["MT-1", "2", "1"]],
        answer: |bytes| kind::<CountSheet>(bytes, |_| inventories::sheet()),
    },
    Sort {
        name: "persons",
        headings: &["Họ và tên", "Năm sinh", "Lĩnh vực"],
        lines: [
            &["Lò Văn An", "1985", "văn hóa"],
            &["Cà Thị Bình", "1990", "địa chính"],
        ],
        answer: |bytes| {
            kind(bytes, |_| {
                let class = Some(PersonClass::CivilServant);
                Persons::of(Vec::new(), &[]).with_defaults(class, None)
            })
        },
    },
    Sort {
        name: "references",
        headings: &["key", "table", "from", "holiday"],
        lines: [
            &["2025", "calendar", "2025-01-01", "2025-09-02"],
            &["2026", "calendar", "2026-01-01", "2026-09-02"],
        ],
        answer: |bytes| kind::<References>(bytes, |_| references::nothing()),
    },
    Sort {
        name: "rosters",
        headings: &["Mã vị trí", "Tên vị trí việc làm", "Lĩnh vực"],
        lines: [
            &["GD", "Giám đốc", "quản lý"],
            &["VH-1", "Viên chức văn hóa", "văn hóa"],
        ],
        answer: |bytes| kind(bytes, |_| Rosters::default()),
    },
    Sort {
        name: "units",
        headings: &["Tên đơn vị", "Mã số", "Cấp trên"],
        lines: [
            &["Xã Phiêng Cằm", "04144", "Xã Mường Bú"],
            &["Phường Tô Hiệu", "03646", "Xã Mường Bú"],
        ],
        answer: |bytes| {
            let opened = Date::new(2025, 7, 1).ok();
            kind(bytes, |table| Units::of(Vec::new(), table, opened))
        },
    },
    Sort {
        name: "what goes to whom",
        headings: &["Mã tài sản", "Bên nhận", "Địa điểm"],
        lines: [&["MT-01", "Trung tâm", "Kho"], &["MT-02", "Xã Mường Bú", ""]],
        answer: |bytes| {
            lines(bytes, going::COLUMNS, |line, places| {
                going::read(line, places, |text| Ok(text.to_owned()))
            })
        },
    },
    Sort {
        name: "what was counted",
        headings: &["Hiện trạng", "STT", "Số lượng thực tế"],
        lines: [&["tốt", "1", "4"], &["hỏng", "2", "1"]],
        answer: |bytes| {
            let mut read = counted::Counted::default();
            lines(bytes, counted::COLUMNS, |line, _| read.read(line))
        },
    },
    Sort {
        name: "appointments",
        headings: &["Khóa", "Họ và tên", "Vai trò"],
        lines: [
            &["lan.pem", "Lò Lan", "unit_head"],
            &["son.pem", "Cà Sơn", "asset_officer"],
        ],
        answer: |bytes| lines(bytes, appointments::COLUMNS, appointments::read),
    },
];

/// Reads a file as every import does: the workbook, the sheet, its lines.
fn answered(
    bytes: &[u8],
    columns: &[Column],
    take: impl FnOnce(&Table<'_>) -> (usize, Problems),
) -> Answered {
    let nothing = BTreeSet::new();
    let workbook = match workbook::read(bytes) {
        Ok(workbook) => workbook,
        Err(unreadable) => return (Answer::Unreadable(unreadable.key()), nothing),
    };
    let found = table::choose(&workbook, columns, None).and_then(|sheet| table::read(sheet, columns));
    let Ok(table) = found else {
        return (Answer::NoSheet, nothing);
    };
    let notices = workbook.notices.iter().chain(&table.notices);
    let notices = notices.map(soxa_office::problems::Notice::key).collect();
    let (taken, problems) = take(&table);
    if problems.is_empty() {
        return (Answer::Taken(taken), notices);
    }
    let reasons = problems.kept.iter().map(|problem| problem.reason.key());
    (Answer::Refused(reasons.collect()), notices)
}

fn kind<K: Kind>(bytes: &[u8], make: impl FnOnce(&Table<'_>) -> K) -> Answered {
    answered(bytes, K::COLUMNS, |table| {
        let plan = plan::plan(&mut make(table), table, &mut Places::new(&Known, Some(COMMUNE)));
        (plan.new.len(), plan.problems)
    })
}

fn lines<T>(
    bytes: &[u8],
    columns: &[Column],
    mut read: impl FnMut(&mut Taking<'_, '_>, &mut Places<'_>) -> Option<T>,
) -> Answered {
    answered(bytes, columns, |table| {
        let mut places = Places::new(&Known, Some(COMMUNE));
        let (lines, problems) = take::lines(table, |line| read(line, &mut places));
        (lines.len(), problems)
    })
}

fn cell(row: usize, column: usize, inside: &str) -> String {
    let letter = char::from(b'A' + u8::try_from(column).unwrap());
    format!(r#"<c r="{letter}{row}" {inside}</c>"#)
}

fn text(text: &str) -> String {
    format!(r#"t="inlineStr"><is><t>{text}</t></is>"#)
}

impl Sort {
    /// The rows of the whole table, with another cell in the first column of the first line, and rows below.
    fn rows(&self, first: Option<&str>, below: &str) -> String {
        let row = |number: usize, texts: &[&str]| {
            let cells = texts.iter().enumerate().filter(|(_, text)| !text.is_empty());
            let cells = cells.map(|(column, said)| match (number, column, first) {
                (2, 0, Some(inside)) => cell(number, column, inside),
                _ => cell(number, column, &text(said)),
            });
            format!(r#"<row r="{number}">{}</row>"#, cells.collect::<String>())
        };
        let [first, second] = self.lines;
        format!(
            "<sheetData>{}{}{}{below}</sheetData>",
            row(1, self.headings),
            row(2, first),
            row(3, second)
        )
    }

    fn whole(&self) -> Vec<u8> {
        by_hand(&self.rows(None, ""), "")
    }

    /// The table as CSV.
    fn csv(&self) -> String {
        let [first, second] = self.lines;
        [self.headings, first, second]
            .map(|texts| texts.join(";"))
            .join("\n")
    }

    #[track_caller]
    fn is_answered(&self, what: &str, bytes: &[u8], expected: &Answer, notice: Option<&str>) {
        let (answer, notices) = (self.answer)(bytes);
        assert_eq!(answer, *expected, "{what} as {}", self.name);
        assert!(
            notice.is_none_or(|notice| notices.contains(notice)),
            "{what} as {}: {notices:?}",
            self.name
        );
    }

    #[track_caller]
    fn is_refused(&self, what: &str, bytes: &[u8], reason: &str) {
        let (answer, _) = (self.answer)(bytes);
        let is_named = matches!(&answer, Answer::Refused(reasons) if reasons.contains(reason));
        assert!(is_named, "{what} as {}: {answer:?}", self.name);
    }
}

#[test]
fn a_whole_table_is_taken() {
    for sort in &SORTS {
        sort.is_answered("xlsx", &sort.whole(), &Answer::Taken(2), None);
        sort.is_answered("csv", sort.csv().as_bytes(), &Answer::Taken(2), None);
    }
}

#[test]
fn cells_that_are_no_values_are_named_and_nothing_is_taken() {
    for sort in &SORTS {
        let [[said, ..], _] = sort.lines else {
            unreachable!()
        };
        let with = |inside: &str| by_hand(&sort.rows(Some(inside), ""), "");
        let computed = with(&format!(r#"t="str"><f>A9&amp;""</f><v>{said}</v>"#));
        sort.is_answered("a formula", &computed, &Answer::Taken(2), Some("formulas"));
        let uncomputed = with("><f>WEBSERVICE(\"http://a.example\")</f>");
        sort.is_refused("a formula without a value", &uncomputed, "formula_without_value");
        let fault = with(r#"t="e"><v>#REF!</v>"#);
        sort.is_refused("an error value", &fault, "error_value");
        let long = "x".repeat(CELL_CHARACTERS_MAX);
        let long = with(&text(&long));
        sort.is_refused("a long text", &long, "too_long");

        let merged = r#"<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>"#;
        let sheet = format!("{}{merged}", sort.rows(None, ""));
        sort.is_refused("a merged cell in the data", &by_hand(&sheet, ""), "merged");
    }
}

#[test]
fn what_a_workbook_brings_along_is_told_or_refused() {
    let link = br#"<externalLink><externalBook r:id="rId1"/></externalLink>"#;
    for sort in &SORTS {
        let with = |name: &str, part: &[u8]| by_hand_with(&sort.rows(None, ""), "", &[(name, part)]);
        sort.is_answered(
            "macros",
            &with("xl/vbaProject.bin", b"x"),
            &Answer::Unreadable("macros"),
            None,
        );
        sort.is_answered(
            "an external link",
            &with("xl/externalLinks/externalLink1.xml", link),
            &Answer::Taken(2),
            Some("external_links"),
        );
        let compound = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 512]].concat();
        sort.is_answered(
            "an old .xls",
            &compound,
            &Answer::Unreadable("other_format"),
            None,
        );
        sort.is_answered("a PDF", b"%PDF-1.7", &Answer::Unreadable("other_format"), None);
        // A table of another kind, or of none.
        let other = by_hand(&sort.rows(None, "").replace("<t>", "<t>Lịch trực – "), "");
        sort.is_answered("another table", &other, &Answer::NoSheet, None);
    }
}

#[test]
fn files_that_swell_are_stopped() {
    let row = |number: usize| {
        format!(r#"<row r="{number}"><c r="A{number}" s="1"/><c r="B{number}" s="1"/></row>"#)
    };
    let empty: String = (4..=4_000).map(row).collect();
    let corner = format!(r#"{empty}<row r="1048576"><c r="A1048576" s="1"/></row>"#);
    let filled = |number: usize| format!(r#"<row r="{number}"><c r="A{number}"><v>7</v></c></row>"#);
    let endless: String = (4..=ROWS_MAX + 4).map(filled).collect();
    let claimed = r#"<sst uniqueCount="99999999999"><si><t>a</t></si></sst>"#;
    let too_large = Answer::Unreadable("too_large");
    for sort in &SORTS {
        sort.is_answered(
            "a million empty rows",
            &by_hand(&sort.rows(None, &corner), ""),
            &Answer::Taken(2),
            None,
        );
        let sheet = |below: &str| sort.rows(None, below);
        sort.is_answered(
            "rows without end",
            &by_hand(&sheet(&endless), ""),
            &too_large,
            None,
        );
        sort.is_answered(
            "a claimed number of texts",
            &by_hand(&sheet(""), claimed),
            &too_large,
            None,
        );
        let csv = format!("{}\n{}", sort.csv(), "a;b\n".repeat(ROWS_MAX));
        sort.is_answered("lines without end", csv.as_bytes(), &too_large, None);
    }
}

#[test]
fn a_bomb_is_a_bomb_for_every_kind() {
    let zeros = vec![b' '; 90 << 20];
    for sort in &SORTS {
        let parts: [(&str, &[u8]); 3] = [("xl/a.bin", &zeros), ("xl/b.bin", &zeros), ("xl/c.bin", &zeros)];
        let bomb = by_hand_with(&sort.rows(None, ""), "", &parts);
        sort.is_answered("a bomb", &bomb, &Answer::Unreadable("too_large"), None);
    }
}

#[test]
fn damage_is_an_answer_for_every_kind() {
    let damaged = Answer::Unreadable("damaged");
    for sort in &SORTS {
        let whole = sort.whole();
        for cut in [5, whole.len() / 2, whole.len() - 1] {
            sort.is_answered("a broken zip", &whole[..cut], &damaged, None);
        }
        let sheet = sort.rows(None, "");
        let utf_16 = r#"<?xml version="1.0" encoding="UTF-16"?><sst/>"#;
        sort.is_answered("another encoding", &by_hand(&sheet, utf_16), &damaged, None);
        let twice = r#"<row r="4"><c r="A4"><v>1</v></c><c r="A4"><v>1</v></c></row>"#;
        sort.is_answered(
            "a cell twice",
            &by_hand(&sort.rows(None, twice), ""),
            &damaged,
            None,
        );
        let open = sheet.replace("</sheetData>", "<row r=\"4\"><c r=\"A4\"><v>1");
        sort.is_answered("XML that ends early", &by_hand(&open, ""), &damaged, None);
        // Text in no encoding that is known, or that ends in the middle of a letter.
        let letters = [sort.csv().as_bytes(), b"\n\x81\x8d\x8f\x90\x9d;x".as_slice()].concat();
        sort.is_answered(
            "unknown letters",
            &letters,
            &Answer::Unreadable("unknown_text"),
            None,
        );
        let half = b"\xff\xfea\0\x00\xd8b\0".as_slice();
        sort.is_answered("half a letter", half, &Answer::Unreadable("unknown_text"), None);
        sort.is_answered("zeros", &[0; 64], &Answer::Unreadable("unknown_text"), None);
    }
}

#[test]
fn xml_as_deep_as_it_likes_is_an_answer() {
    const DEPTH: usize = 20_000;
    let entities = r#"<!DOCTYPE sst [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    for sort in &SORTS {
        let deep = format!("{}{}", "<row>".repeat(DEPTH), "</row>".repeat(DEPTH));
        let nested = by_hand(&sort.rows(None, &deep), "");
        let shared = format!(
            "<sst>{}{}</sst>",
            "<si><r>".repeat(DEPTH),
            "</r></si>".repeat(DEPTH)
        );
        for bytes in [
            nested,
            by_hand(&sort.rows(None, ""), &shared),
            by_hand(&sort.rows(None, ""), entities),
        ] {
            let (answer, _) = (sort.answer)(&bytes);
            let known = [Answer::Taken(2), Answer::Unreadable("damaged")];
            assert!(known.contains(&answer), "{answer:?} as {}", sort.name);
        }
    }
}
