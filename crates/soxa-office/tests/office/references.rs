//! Tables of reference records, those of the repository among them.

use soxa_ledger::{OpId, RecordId};
use soxa_office::references::{NewVersion, References};
use soxa_records::Date;
use soxa_records::reference::{Reference, ReferenceTable, ReferenceView};

use crate::make::{field, places, planned};

const PROVINCE: RecordId = RecordId([9; 32]);

pub fn nothing() -> References {
    References::of(PROVINCE, &[])
}

fn configured(name: &str) -> Vec<u8> {
    let file = format!("{}/../../config/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(file).unwrap()
}

/// The ledger after these were published.
fn published(new: &[(u32, NewVersion)]) -> References {
    let views: Vec<(RecordId, ReferenceView)> = new
        .iter()
        .map(|(row, new)| {
            let record = RecordId([u8::try_from(*row).unwrap(); 32]);
            let view = ReferenceView {
                table: field(new.version.table),
                key: field(new.version.key.clone()),
                versions: vec![(OpId([1; 32]), new.version.clone())],
            };
            (record, view)
        })
        .collect();
    References::of(PROVINCE, &Reference::merged(views))
}

#[test]
fn the_tables_of_the_repository_can_be_published_once() {
    for (file, table, lines) in [
        ("asset_categories.csv", ReferenceTable::AssetCategory, 30),
        ("calendars.csv", ReferenceTable::Calendar, 2),
        ("code_patterns.csv", ReferenceTable::CodePattern, 1),
        ("dossier_statuses.csv", ReferenceTable::DossierStatus, 10),
        ("procedures.csv", ReferenceTable::Procedure, 28),
        ("staffing_rules.csv", ReferenceTable::StaffingRule, 2),
    ] {
        let plan = planned(&mut nothing(), &configured(file), None);
        assert!(plan.problems.is_empty(), "{file}: {:?}", plan.problems);
        assert_eq!(plan.new.len(), lines, "{file}");
        assert!(
            plan.new.iter().all(|(_, new)| new.version.table == table),
            "{file}"
        );
        let again = planned(&mut published(&plan.new), &configured(file), None);
        assert_eq!((again.same, again.new.len()), (lines as u64, 0), "{file}");
    }
    let calendars = planned(&mut nothing(), &configured("calendars.csv"), None);
    assert_eq!(calendars.new[0].1.version.texts("holiday").count(), 12);
}

#[test]
fn what_a_line_says_otherwise_is_published_again() {
    let first = "Danh mục;Mã;Từ ngày;Tên;Thời hạn (ngày làm việc)\nprocedure;1.1;01/07/2025;Khai sinh;5\nprocedure;1.2;01/07/2025;Khai tử;3\n";
    let plan = planned(&mut nothing(), first.as_bytes(), None);
    let changed = format!(
        "{}procedure;1.2;01/01/2026;Khai tử;2\n",
        first.replace("sinh;5", "sinh;4")
    );
    let again = planned(&mut published(&plan.new), changed.as_bytes(), None);
    let told: Vec<(u32, bool, &str)> = again
        .new
        .iter()
        .map(|(row, new)| {
            (
                *row,
                !new.records.is_empty(),
                new.version.text("limit_days").unwrap(),
            )
        })
        .collect();
    // The second is a new version of a record that there is.
    assert_eq!((told, again.same), (vec![(2, true, "4"), (4, true, "2")], 1));
    assert_eq!(again.new[1].1.version.from, Date::new(2026, 1, 1).unwrap());
}

#[test]
fn what_no_program_could_read_is_refused_with_its_place() {
    let bad = "table;key;from;name;limit_days;pattern;work_field;min;action\n\
               procedure;1;01/07/2025;;;;;;\n\
               procedure;2;01/07/2025;A;viele;;;;\n\
               code_pattern;dossier;01/07/2025;;;{desk};;;\n\
               staffing_rule;A;01/07/2025;;;;magic;1;warn\n\
               planet;B;;;;;;;\n";
    let plan = planned(&mut nothing(), bad.as_bytes(), None);
    let expected = [
        (2, "D", "bad_part"),
        (3, "E", "bad_part"),
        (4, "F", "bad_part"),
        (5, "G", "bad_part"),
        (6, "A", "not_a_word"),
        (6, "C", "empty"),
    ];
    let expected = expected.map(|(row, letters, key)| (row, letters.to_owned(), key));
    assert_eq!(places(&plan.problems), expected);
}
