//! An import, the same for every kind of record: the file is read, planned, told, and signed in few commits, whole or not at all;
//! a second run finds everything there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use soxa_lang::{Lang, number, text};
use soxa_ledger::RecordId;
use soxa_office::plan::{self, Kind, Places, Plan, Totals, plan};
use soxa_office::problems::Reason;
use soxa_office::table::{self, Table};
use soxa_office::workbook::Workbook;

use super::super::session::Units;
use super::super::sign::{ActArgs, Done, Prepared, carry_through, official};
use super::super::{Session, acting::Acting};
use super::{opened, told};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Format, Listing, Sheet, say};
use crate::progress::Progress;

/// Options of every import.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A workbook or a CSV file.
    #[arg(value_name = "FILE.xlsx|FILE.csv")]
    pub file: PathBuf,
    /// The sheet to read.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The unit of lines that name none.
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// Where to write a copy with the problems marked.
    #[arg(long, value_name = "OUT.xlsx")]
    pub annotated: Option<PathBuf>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// A round of signing. Bodies name records of earlier commits by their ids, so what is built on new records comes a round later.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// How many rounds there were.
    pub number: usize,
    /// The records made in them, in the order of the operations.
    pub created: &'a [RecordId],
}

/// A kind of record that can be imported here.
pub trait Importable: Kind + Sized {
    /// What is asked for beside the file.
    type Options;
    /// How it is called on the command line.
    const NAME: &'static str;
    /// How its template is called there, if it has one.
    const TEMPLATE: Option<&'static str> = Some(Self::NAME);

    /// Reads what the ledger holds.
    fn known(
        session: &mut Session,
        units: &Units,
        table: &Table<'_>,
        options: &Self::Options,
    ) -> Result<Self, Failure>;

    /// The kinds of operations that a plan takes.
    fn acts(plan: &Plan<Self::New>) -> Vec<&'static str>;

    /// Whether who acts for a unit may do this for the unit with this path.
    fn may_act(acting: &Acting, path: &[RecordId]) -> bool {
        acting.is_at_or_above(path)
    }

    /// The commits of a round; none when nothing is left to do.
    fn round(
        &mut self,
        session: &mut Session,
        units: &Units,
        plan: &Plan<Self::New>,
        round: &Round<'_>,
    ) -> Result<Vec<Prepared>, Failure>;
}

/// A kind of operation, and which lines take one.
pub type Takes<N> = (&'static str, fn(&N) -> bool);

/// The kinds of operations that some line of a plan takes.
pub fn needed<N>(plan: &Plan<N>, kinds: &[Takes<N>]) -> Vec<&'static str> {
    let takes = |(_, takes): &&Takes<N>| plan.new.iter().any(|(_, new)| takes(new));
    kinds.iter().filter(takes).map(|(kind, _)| *kind).collect()
}

impl plan::Units for Units {
    fn unit(&self, text: &str) -> Result<RecordId, Reason> {
        self.named(text)
    }

    fn name(&self, unit: RecordId) -> String {
        self.name(&unit)
    }

    fn at_work(&self, unit: RecordId) -> Result<RecordId, Reason> {
        match self.today(&unit).as_slice() {
            [] => Ok(unit),
            [only] => Ok(*only),
            several => Err(Reason::SeveralUnits {
                value: self.name(&unit),
                near: several.iter().map(|unit| self.name(unit)).collect(),
            }),
        }
    }
}

/// Imports a file.
///
/// # Errors
/// When the file cannot be read, something in it is wrong, or the ledger does not take it.
pub fn import<K: Importable>(
    args: &ImportArgs,
    options: &K::Options,
    session: &mut Session,
) -> Result<Exit, Failure> {
    let lang = session.lang;
    let workbook = opened::read(lang, &args.file)?;
    let no_sheet = |none| opened::no_sheet(lang, &args.file, &none, K::COLUMNS, K::TEMPLATE);
    let (sheet, mut notices) =
        opened::sheet(args.sheet.as_deref(), &workbook, K::COLUMNS).map_err(no_sheet)?;
    let table = table::read(sheet, K::COLUMNS).map_err(no_sheet)?;
    notices.extend(table.notices.clone());
    told::notices(lang, &notices);
    let units = session.units()?;
    let unit = units.find_any(args.unit.as_deref())?;
    let progress = Progress::new(lang, "cli.progress.importing", 0);
    let mut kind = K::known(session, &units, &table, options)?;
    let plan = plan(&mut kind, &table, &mut Places::new(&*units, unit));
    drop(progress);
    let report = Report::<K> {
        args,
        sheet: &sheet.name,
        plan: &plan,
    };
    if !plan.problems.is_empty() {
        return Err(report.refuse(lang, &workbook)?);
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
    let (exit, done) = carry(&mut kind, args, session, &units, &plan)?;
    let units = session.units()?;
    let after = Totals::of(&K::known(session, &units, &table, options)?, &plan.units);
    report.print(lang, Some(&after), &done)?;
    Ok(report.exit(exit))
}

/// Signs and stores round by round.
fn carry<K: Importable>(
    kind: &mut K,
    args: &ImportArgs,
    session: &mut Session,
    units: &Units,
    plan: &Plan<K::New>,
) -> Result<(Exit, Done), Failure> {
    let paths: Vec<Vec<RecordId>> = plan.units.iter().map(|unit| units.path(unit)).collect();
    let fits = |acting: &Acting| paths.iter().all(|path| K::may_act(acting, path));
    let (mut signer, acting) = official(session, &args.act, &K::acts(plan), fits)?;
    let mut done = Done::default();
    for number in 0.. {
        let created = done.created();
        let round = Round {
            number,
            created: &created,
        };
        let carried = kind.round(session, units, plan, &round).and_then(|prepared| {
            let more = !prepared.is_empty();
            if more {
                carry_through(session, &args.act, &mut signer, &acting, &prepared, &mut done)?;
            }
            Ok(more)
        });
        match carried {
            Ok(true) => {}
            Ok(false) => break,
            Err(failure) => {
                // What was stored before something failed is told all the same; the next run goes on behind it.
                done.report(session.lang, &args.act.read)?;
                return Err(failure);
            }
        }
    }
    Ok((done.exit(session.lang), done))
}

/// What one run of an import tells.
struct Report<'a, K: Kind> {
    args: &'a ImportArgs,
    sheet: &'a str,
    plan: &'a Plan<K::New>,
}

impl<K: Importable> Report<'_, K> {
    /// Nothing is signed while one line is wrong.
    fn refuse(&self, lang: Lang, workbook: &Workbook) -> Result<Failure, Failure> {
        opened::annotated(lang, self.args, workbook, &self.plan.problems, K::COLUMNS)?;
        self.print(lang, None, &Done::default())?;
        let values: [(&str, &dyn std::fmt::Display); 2] = [
            ("file", &self.args.file.display()),
            ("count", &self.plan.problems.count),
        ];
        Ok(Failure::new("errors.import_refused", &values))
    }

    /// Values that the ledger holds otherwise are something to look at.
    fn exit(&self, exit: Exit) -> Exit {
        if self.plan.differences.is_empty() {
            exit
        } else {
            Exit::Findings
        }
    }

    fn print(&self, lang: Lang, after: Option<&Totals>, done: &Done) -> Result<(), Failure> {
        let plan = self.plan;
        let read = &self.args.act.read;
        let problems = || told::problems(lang, read.format, &plan.problems, K::COLUMNS);
        // Rows of one kind only: what is to be looked at, else the control totals.
        if read.format == Format::Csv {
            return match (plan.problems.is_empty(), plan.differences.is_empty()) {
                (false, _) => read.print_listing(lang, &problems()),
                (true, false) => read.print_listing(lang, &self.differences(lang)),
                (true, true) => read.print_listing(lang, &self.totals(lang, after)),
            };
        }
        let count = |count: u64| Cell::count(lang, count);
        let differing: BTreeSet<u32> = plan.differences.iter().map(|difference| difference.row).collect();
        let mut sheet = Sheet::new("import");
        sheet
            .field(
                "file",
                "cli.label.file",
                Cell::text(self.args.file.display().to_string()),
            )
            .field("sheet", "cli.label.sheet", Cell::text(self.sheet))
            .field("new", "cli.import.new", count(plan.new.len() as u64))
            .field("same", "cli.import.same", count(plan.same))
            .field("different", "cli.import.different", count(differing.len() as u64))
            .field(
                "refused",
                "cli.import.problems",
                count(plan.problems.count as u64),
            );
        sheet.list(self.totals(lang, after));
        if let Some(section) = K::COUNTED_BY {
            sheet.list(self.by_words(lang, section, after));
        }
        if read.format == Format::Json || after.is_some() {
            sheet.list(done.listing(lang));
        }
        sheet.list(self.differences(lang));
        sheet.list(problems());
        read.print_sheet(lang, &sheet)
    }

    /// Count and sums: of the file, of what is new, and of what the units hold before and after.
    fn totals(&self, lang: Lang, after: Option<&Totals>) -> Listing {
        let mut columns = vec![
            ("of", "cli.label.totals_of"),
            ("count", "cli.import.totals.count"),
        ];
        columns.extend(K::SUMS);
        let mut listing = Listing::new("totals", &columns);
        for (of, label, totals) in self.all_totals(after) {
            let mut row = vec![
                Cell::word(text(lang, label, &[]), of),
                Cell::count(lang, totals.count),
            ];
            let sums = K::SUMS.iter().zip(totals.sums);
            row.extend(sums.map(|(_, sum)| Cell::number(lang, sum)));
            listing.push(row);
        }
        listing
    }

    fn all_totals<'t>(&'t self, after: Option<&'t Totals>) -> Vec<(&'static str, &'static str, &'t Totals)> {
        let plan = self.plan;
        let mut all = vec![
            ("file", "cli.import.totals.file", &plan.file),
            ("new", "cli.import.totals.new", &plan.added),
            ("before", "cli.import.totals.before", &plan.before),
        ];
        all.extend(after.map(|after| ("after", "cli.import.totals.after", after)));
        all
    }

    /// The same counts by what the kind is counted by.
    fn by_words(&self, lang: Lang, section: &str, after: Option<&Totals>) -> Listing {
        let all = self.all_totals(after);
        let mut columns = vec![("status", "cli.label.status")];
        columns.extend(all.iter().map(|(of, label, _)| (*of, *label)));
        let mut listing = Listing::new("counts", &columns);
        let words: BTreeSet<&str> = all
            .iter()
            .flat_map(|(_, _, totals)| totals.words.keys().copied())
            .collect();
        for word in words {
            let mut row = vec![Cell::word(text(lang, &format!("{section}.{word}"), &[]), word)];
            let counts = all
                .iter()
                .map(|(_, _, totals)| totals.words.get(word).copied().unwrap_or(0));
            row.extend(counts.map(|count| Cell::count(lang, count)));
            listing.push(row);
        }
        listing
    }

    fn differences(&self, lang: Lang) -> Listing {
        let mut listing = Listing::new(
            "differences",
            &[
                ("row", "cli.label.row"),
                ("record", "cli.label.record"),
                ("column", "cli.label.column"),
                ("file", "cli.import.in_file"),
                ("ledger", "cli.import.in_ledger"),
            ],
        );
        for difference in &self.plan.differences {
            let column = K::COLUMNS.iter().find(|column| column.name == difference.column);
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
