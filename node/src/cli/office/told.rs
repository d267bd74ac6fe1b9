//! Problems, notices and differences in the reader's language.

use soxa_lang::{Lang, money, number, text};
use soxa_office::columns::Column;
use soxa_office::problems::{Notice, Problem, Problems, Reason};

use crate::failure::Sentence;
use crate::output::{Cell, Format, Listing, say};

/// Problems that a table for people shows; JSON and CSV have all that were kept.
const PROBLEMS_SHOWN: usize = 100;
/// Rows that a notice names.
const ROWS_SHOWN: usize = 20;

/// Why a value cannot be taken.
pub fn reason(lang: Lang, problem: &Problem, columns: &[Column]) -> Sentence {
    let heading = heading(lang, problem, columns);
    let mut values = problem.reason.values(lang);
    values.push(("heading", heading));
    let values: Vec<(&str, &dyn std::fmt::Display)> = values
        .iter()
        .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
        .collect();
    Sentence::new(format!("cli.import.reason.{}", problem.reason.key()), &values)
}

/// The problems as sentences, for tables that one act is made from.
pub fn details(lang: Lang, problems: &Problems, columns: &[Column]) -> Vec<Sentence> {
    let of = |problem: &Problem| {
        let heading = heading(lang, problem, columns);
        let column = format!("{} «{heading}»", problem.place.letters());
        let why = reason(lang, problem, columns).say(lang);
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("line", &problem.place.row),
            ("column", &column.trim_start()),
            ("problem", &why),
        ];
        Sentence::new("cli.import.problem", &values)
    };
    let mut all: Vec<Sentence> = problems.kept.iter().take(PROBLEMS_SHOWN).map(of).collect();
    if problems.count > all.len() {
        let more = problems.count - all.len();
        all.push(Sentence::new("cli.import.more", &[("count", &more)]));
    }
    all
}

/// What the column is headed with: in the file, or with us when the file lacks it.
fn heading(lang: Lang, problem: &Problem, columns: &[Column]) -> String {
    let place = &problem.place;
    let missing = place.column.is_none() || problem.reason == Reason::MissingColumn;
    let ours = columns
        .iter()
        .find(|column| missing && column.name == place.heading);
    ours.map_or_else(|| place.heading.clone(), |column| column.heading(lang))
}

/// The problems as a list.
pub fn problems(lang: Lang, format: Format, problems: &Problems, columns: &[Column]) -> Listing {
    let mut listing = Listing::new(
        "problems",
        &[
            ("sheet", "cli.label.sheet"),
            ("row", "cli.label.row"),
            ("column", "cli.label.column"),
            ("heading", "cli.label.heading"),
            ("reason", "cli.import.problems"),
        ],
    );
    let shown = if format == Format::Table {
        PROBLEMS_SHOWN
    } else {
        usize::MAX
    };
    for problem in problems.kept.iter().take(shown) {
        listing.push(vec![
            Cell::text(&problem.place.sheet),
            Cell::of(
                problem.place.row.to_string(),
                serde_json::json!(problem.place.row),
            ),
            Cell::text(problem.place.letters()),
            Cell::text(heading(lang, problem, columns)),
            Cell::word(reason(lang, problem, columns).say(lang), problem.reason.key()),
        ]);
    }
    let more = problems.count.saturating_sub(problems.kept.len().min(shown));
    if more > 0 {
        say(&text(
            lang,
            "cli.import.more",
            &[("count", &number(lang, i64::try_from(more).unwrap_or(i64::MAX)))],
        ));
    }
    listing
}

/// Says what was noticed, each in one line.
pub fn notices(lang: Lang, notices: &[Notice]) {
    for notice in notices {
        let values = values(lang, notice);
        let values: Vec<(&str, &dyn std::fmt::Display)> = values
            .iter()
            .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
            .collect();
        say(&text(
            lang,
            &format!("cli.import.notice.{}", notice.key()),
            &values,
        ));
    }
}

fn values(lang: Lang, notice: &Notice) -> Vec<(&'static str, String)> {
    let count = |count: usize| number(lang, i64::try_from(count).unwrap_or(i64::MAX));
    match notice {
        Notice::ColumnsNotRead(names) | Notice::SheetsNotRead(names) | Notice::PersonalLeftOut(names) => {
            vec![("names", names.join(", "))]
        }
        Notice::RowsNotRead { rows, .. } => {
            let mut shown: Vec<String> = rows.iter().take(ROWS_SHOWN).map(ToString::to_string).collect();
            if rows.len() > ROWS_SHOWN {
                shown.push("…".to_owned());
            }
            vec![("rows", shown.join(", "))]
        }
        Notice::Converted {
            encoding,
            count: cells,
        } => {
            vec![("encoding", (*encoding).to_owned()), ("count", count(*cells))]
        }
        Notice::TotalDiffers {
            row,
            heading,
            written,
            counted,
        } => vec![
            ("row", row.to_string()),
            ("heading", heading.clone()),
            ("written", money(lang, *written)),
            ("counted", money(lang, *counted)),
        ],
        Notice::Formulas(cells) => vec![("count", count(*cells))],
        Notice::ExternalLinks => Vec::new(),
        Notice::Scaled { heading, scale } => {
            vec![("heading", heading.clone()), ("scale", money(lang, *scale))]
        }
    }
}

#[cfg(test)]
mod tests {
    use soxa_office::assets::Assets;
    use soxa_office::dossiers::{Dossiers, listed};
    use soxa_office::inventories::CountSheet;
    use soxa_office::persons::Persons;
    use soxa_office::plan::Kind;
    use soxa_office::references::References;
    use soxa_office::rosters::Rosters;
    use soxa_office::units::Units;

    use super::*;

    #[test]
    fn every_column_notice_and_reason_has_its_sentence() {
        fn labels<K: Kind>() -> Vec<&'static str> {
            let columns = K::COLUMNS.iter().map(|column| column.label);
            columns.chain(K::SUMS.iter().map(|(_, label)| *label)).collect()
        }
        let all = [
            labels::<Assets>(),
            labels::<Dossiers>(),
            labels::<CountSheet>(),
            labels::<Persons>(),
            labels::<Rosters>(),
            labels::<Units>(),
            labels::<References>(),
        ]
        .concat();
        let tables = [
            soxa_office::handovers::COLUMNS,
            soxa_office::handovers::going::COLUMNS,
            soxa_office::handovers::counted::COLUMNS,
            soxa_office::appointments::COLUMNS,
        ];
        let tables = tables.concat().into_iter().map(|column| column.label);
        let dossiers = listed().into_iter().map(|column| column.label);
        for label in all.into_iter().chain(tables).chain(dossiers) {
            assert!(soxa_lang::has(label), "{label}");
        }
        let notices = [
            Notice::ColumnsNotRead(Vec::new()),
            Notice::PersonalLeftOut(Vec::new()),
            Notice::RowsNotRead {
                kind: "group",
                rows: Vec::new(),
            },
            Notice::RowsNotRead {
                kind: "footer",
                rows: Vec::new(),
            },
            Notice::Converted {
                encoding: "VNI",
                count: 1,
            },
            Notice::TotalDiffers {
                row: 1,
                heading: String::new(),
                written: 1,
                counted: 2,
            },
            Notice::Formulas(1),
            Notice::ExternalLinks,
            Notice::Scaled {
                heading: String::new(),
                scale: 1_000,
            },
            Notice::SheetsNotRead(Vec::new()),
        ];
        for notice in notices {
            let key = format!("cli.import.notice.{}", notice.key());
            assert!(soxa_lang::has(&key), "{key}");
        }
        let word = String::new;
        let near = |near: &[&str]| near.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let unit = |names: &[&str]| Reason::UnknownUnit {
            value: word(),
            near: near(names),
        };
        let record = |names: &[&str]| Reason::UnknownRecord {
            value: word(),
            near: near(names),
        };
        let reasons = [
            Reason::Empty,
            Reason::NotMoney(word()),
            Reason::PartOfADong(word()),
            Reason::NotAnAmount(word()),
            Reason::NotAYear(word()),
            Reason::NotADay(word()),
            Reason::NotACount(word()),
            Reason::NotATick(word()),
            Reason::NotAWord {
                value: word(),
                section: "records.unit_kind",
                words: vec!["ward"],
            },
            Reason::NoSuchLine(1),
            Reason::OtherThanBook {
                value: word(),
                book: word(),
            },
            Reason::PostOrQuota,
            Reason::UnknownPost {
                value: word(),
                near: Vec::new(),
            },
            Reason::UnknownPost {
                value: word(),
                near: vec![word()],
            },
            Reason::UnknownProcedure {
                value: word(),
                near: Vec::new(),
            },
            Reason::UnknownProcedure {
                value: word(),
                near: vec![word()],
            },
            Reason::NotInForce(word()),
            Reason::CodeTaken {
                value: word(),
                dossier: word(),
            },
            Reason::TooEarly(word()),
            Reason::ToCome(word()),
            Reason::NoEnd,
            Reason::StatusAndDays,
            Reason::PostHeld(word()),
            Reason::BadPart(word()),
            Reason::NoDay,
            Reason::TooDeep(word()),
            Reason::TooMany(1),
            Reason::TooLong(1),
            unit(&[]),
            unit(&["a"]),
            Reason::SeveralUnits {
                value: word(),
                near: Vec::new(),
            },
            Reason::NoUnit,
            Reason::SumDiffers { value: 1, sum: 2 },
            Reason::MoreThanCost { value: 2, cost: 1 },
            Reason::UnknownCategory {
                value: word(),
                near: Vec::new(),
            },
            Reason::UnknownCategory {
                value: word(),
                near: vec![word()],
            },
            Reason::Twice {
                value: word(),
                row: 1,
            },
            Reason::FormulaWithoutValue,
            Reason::ErrorValue(word()),
            Reason::Merged(word()),
            Reason::MissingColumn,
            record(&[]),
            record(&["a"]),
            Reason::SeveralRecords {
                value: word(),
                near: Vec::new(),
            },
            Reason::Refused(word()),
            Reason::ColumnTwice,
        ];
        for reason in reasons {
            let key = format!("cli.import.reason.{}", reason.key());
            assert!(soxa_lang::has(&key), "{key}");
        }
    }
}
