//! `soxa import assets`: an inventory into the ledger, whole or not at all; a second run finds everything there.

use std::collections::BTreeSet;

use soxa_lang::{Lang, number, text};
use soxa_ledger::RecordId;
use soxa_office::assets::{COLUMNS, Ledger, Plan, Totals, plan};
use soxa_office::problems::Reason;
use soxa_office::table;
use soxa_office::workbook::Workbook;
use soxa_records::asset::AssetView;
use soxa_records::compose::Composer;

use super::super::session::Units;
use super::super::sign::{BULK_OPERATIONS, Done, Prepared, carry_through, official};
use super::super::{Session, acting::Acting};
use super::{ImportArgs, opened, told};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Listing, Sheet, say};
use crate::progress::Progress;

/// The ledger as an import asks it.
struct Held<'a> {
    units: &'a Units,
    assets: Vec<(RecordId, AssetView)>,
}

impl Ledger for Held<'_> {
    fn unit(&self, text: &str) -> Result<RecordId, Reason> {
        self.units.named(text)
    }

    fn assets(&self) -> &[(RecordId, AssetView)] {
        &self.assets
    }
}

impl Held<'_> {
    /// What units hold.
    fn totals(&self, units: &BTreeSet<RecordId>) -> Totals {
        let mut totals = Totals::default();
        for (_, asset) in &self.assets {
            if asset.custody.custodian.is_some_and(|unit| units.contains(&unit)) {
                let sum = |field: &soxa_records::Field<i64>| field.one().copied();
                totals.add(sum(&asset.cost).unwrap_or(0), sum(&asset.residual));
            }
        }
        totals
    }
}

fn held<'a>(session: &mut Session, units: &'a Units) -> Result<Held<'a>, Failure> {
    let read = session.records("asset")?;
    let assets = read
        .into_iter()
        .filter_map(|read| Some((read.id, AssetView::of(&read.state)?)))
        .collect();
    Ok(Held { units, assets })
}

/// What one run of an import tells.
struct Report<'a> {
    args: &'a ImportArgs,
    sheet: String,
    plan: &'a Plan,
    before: Totals,
}

/// Imports an inventory.
pub fn import(args: &ImportArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let workbook = opened::read(lang, &args.file)?;
    let (sheet, mut notices) = opened::sheet(args, &workbook, COLUMNS)?;
    let table = table::read(sheet, COLUMNS).map_err(|none| opened::no_sheet(&args.file, &none))?;
    notices.extend(table.notices.clone());
    told::notices(lang, &notices);
    let units = session.units()?;
    let unit = args.unit.as_deref().map(|unit| units.find(unit)).transpose()?;
    let progress = Progress::new(lang, "cli.progress.importing", 0);
    let ledger = held(session, &units)?;
    let plan = plan(&table, &ledger, unit);
    drop(progress);
    let report = Report {
        args,
        sheet: sheet.name.clone(),
        plan: &plan,
        before: ledger.totals(&plan.units),
    };
    if !plan.problems.is_empty() {
        return Err(refuse(lang, &report, &workbook)?);
    }
    if args.act.dry_run || plan.new.is_empty() {
        report.print(lang, None, &Done::default())?;
        let key = if args.act.dry_run {
            "cli.answer.dry_run"
        } else {
            "cli.import.all_there"
        };
        say(&text(lang, key, &[]));
        return Ok(report.exit(Exit::Done));
    }
    drop(ledger);
    let (exit, done) = register(session, args, &units, &plan)?;
    let after = held(session, &units)?.totals(&plan.units);
    report.print(lang, Some(after), &done)?;
    Ok(report.exit(exit))
}

/// Nothing is signed while one line is wrong.
fn refuse(lang: Lang, report: &Report<'_>, workbook: &Workbook) -> Result<Failure, Failure> {
    let (args, plan) = (report.args, report.plan);
    opened::annotated(lang, args, workbook, &plan.problems, COLUMNS)?;
    report.print(lang, None, &Done::default())?;
    Ok(Failure::new(
        "errors.import_refused",
        &[("file", &args.file.display()), ("count", &plan.problems.count)],
    ))
}

fn register(
    session: &mut Session,
    args: &ImportArgs,
    units: &Units,
    plan: &Plan,
) -> Result<(Exit, Done), Failure> {
    let prepared: Vec<Prepared> = plan
        .new
        .chunks(BULK_OPERATIONS)
        .map(|chunk| {
            let mut composer = Composer::new();
            for (_, asset) in chunk {
                composer.register_asset(asset.clone());
            }
            Prepared::of(composer)
        })
        .collect();
    let paths: Vec<Vec<RecordId>> = plan.units.iter().map(|unit| units.path(unit)).collect();
    let fits = |acting: &Acting| paths.iter().all(|path| acting.is_at_or_above(path));
    let (mut signer, acting) = official(session, &args.act, &["asset.register"], fits)?;
    let mut done = Done::default();
    let carried = carry_through(session, &args.act, &mut signer, &acting, &prepared, &mut done);
    if let Err(failure) = carried {
        // What was stored before something failed is told all the same; the next run goes on behind it.
        done.report(session.lang, &args.act.read)?;
        return Err(failure);
    }
    let exit = done.exit(session.lang);
    Ok((exit, done))
}

impl Report<'_> {
    /// Values that the ledger holds otherwise are something to look at.
    fn exit(&self, exit: Exit) -> Exit {
        if self.plan.differences.is_empty() {
            exit
        } else {
            Exit::Findings
        }
    }

    fn print(&self, lang: Lang, after: Option<Totals>, done: &Done) -> Result<(), Failure> {
        let plan = self.plan;
        let count = |count: u64| Cell::count(lang, count);
        let differing: BTreeSet<u32> = plan.differences.iter().map(|difference| difference.row).collect();
        let mut sheet = Sheet::new("import");
        sheet
            .field(
                "file",
                "cli.label.file",
                Cell::text(self.args.file.display().to_string()),
            )
            .field("sheet", "cli.label.sheet", Cell::text(&self.sheet))
            .field("new", "cli.import.new", count(plan.new.len() as u64))
            .field("same", "cli.import.same", count(plan.same))
            .field("different", "cli.import.different", count(differing.len() as u64))
            .field(
                "refused",
                "cli.import.problems",
                count(plan.problems.count as u64),
            );
        sheet.list(self.totals(lang, after));
        if self.args.act.read.format == Format::Json || after.is_some() {
            sheet.list(done.listing(lang));
        }
        sheet.list(self.differences(lang));
        sheet.list(told::problems(
            lang,
            self.args.act.read.format,
            &plan.problems,
            COLUMNS,
        ));
        self.args.act.read.print_sheet(lang, &sheet)
    }

    /// Count, cost and residual value: of the file, of what is new, and of what the units hold before and after.
    fn totals(&self, lang: Lang, after: Option<Totals>) -> Listing {
        let mut listing = Listing::new(
            "totals",
            &[
                ("of", "cli.label.totals_of"),
                ("count", "cli.label.count"),
                ("cost", "records.field.cost"),
                ("residual", "records.field.residual_value"),
            ],
        );
        let rows = [
            ("file", Some(self.plan.file)),
            ("new", Some(self.plan.added)),
            ("before", Some(self.before)),
            ("after", after),
        ];
        for (of, totals) in rows {
            let Some(totals) = totals else { continue };
            listing.push(vec![
                Cell::word(text(lang, &format!("cli.import.totals.{of}"), &[]), of),
                Cell::count(lang, totals.count),
                Cell::number(lang, totals.cost),
                Cell::number(lang, totals.residual),
            ]);
        }
        listing
    }

    fn differences(&self, lang: Lang) -> Listing {
        let mut listing = Listing::new(
            "differences",
            &[
                ("row", "cli.label.row"),
                ("asset", "cli.label.record"),
                ("column", "cli.label.column"),
                ("file", "cli.import.in_file"),
                ("ledger", "cli.import.in_ledger"),
            ],
        );
        for difference in &self.plan.differences {
            let column = COLUMNS.iter().find(|column| column.name == difference.column);
            let shown = column.map_or_else(String::new, |column| column.heading(lang));
            listing.push(vec![
                Cell::of(
                    number(lang, i64::from(difference.row)),
                    serde_json::json!(difference.row),
                ),
                Cell::id(&difference.record.to_string()),
                Cell::word(shown, difference.column),
                Cell::text(&difference.file),
                Cell::text(&difference.ledger),
            ]);
        }
        listing
    }
}

#[cfg(test)]
mod tests {
    use soxa_office::problems::Notice;

    use super::*;

    #[test]
    fn every_column_notice_and_reason_has_its_sentence() {
        for column in COLUMNS {
            assert!(soxa_lang::has(column.label), "{}", column.label);
        }
        let notices = [
            Notice::ColumnsNotRead(Vec::new()),
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
        let unit = |near: &[&str]| Reason::UnknownUnit {
            value: word(),
            near: near.iter().map(|n| (*n).to_owned()).collect(),
        };
        let reasons = [
            Reason::Empty,
            Reason::NotMoney(word()),
            Reason::PartOfADong(word()),
            Reason::NotAnAmount(word()),
            Reason::NotAYear(word()),
            Reason::NotADay(word()),
            Reason::TooLong(1),
            unit(&[]),
            unit(&["a"]),
            Reason::SeveralUnits {
                value: word(),
                near: Vec::new(),
            },
            Reason::NoUnit,
            Reason::Twice {
                value: word(),
                row: 1,
            },
            Reason::FormulaWithoutValue,
            Reason::ErrorValue(word()),
            Reason::Merged(word()),
            Reason::MissingColumn,
            Reason::ColumnTwice,
        ];
        for reason in reasons {
            let key = format!("cli.import.reason.{}", reason.key());
            assert!(soxa_lang::has(&key), "{key}");
        }
    }
}
