//! `soxa reference`: what the province publishes for everybody, version by version.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use soxa_ledger::{OpId, RecordId};
use soxa_office::references::check;
use soxa_records::Date;
use soxa_records::asset::category::AssetCategories;
use soxa_records::compose::{At, Composer};
use soxa_records::reference::{
    BadReference, Reference, ReferencePart, ReferenceTable, ReferenceVersion, ReferenceView,
};
use soxa_records::working_days::{WorkingDays, day_of};

use super::session::{Read, shown};
use super::sign::{ActArgs, Prepared, carry_out, official};
use super::{ReadArgs, Session, fields};
use crate::clock;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Cell, Listing, Sheet};

/// What can be done with reference records.
#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// Publish a version.
    #[command(after_help = r#"
        soxa reference publish procedure 1.001193 --from 2025-07-01
            --set "name=Đăng ký khai sinh" limit_days=5 --key operator.pem"#)]
    Publish(PublishArgs),
    /// What holds today.
    #[command(after_help = "soxa reference list procedure --on 2025-11-15")]
    List(ListArgs),
    /// One record with all its versions.
    #[command(after_help = "soxa reference show procedure 1.001193")]
    Show(ShowArgs),
}

/// `soxa reference publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    #[arg(value_name = "TABLE", value_parser = fields::words(ReferenceTable::ALL, ReferenceTable::as_str))]
    table: ReferenceTable,
    #[arg(value_name = "KEY")]
    entry: String,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    from: Date,
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    until: Option<Date>,
    #[arg(long, num_args = 1.., value_name = "NAME=TEXT", value_parser = fields::assignment)]
    set: Vec<(String, String)>,
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    act: ActArgs,
}

/// `soxa reference list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[arg(value_name = "TABLE", value_parser = fields::words(ReferenceTable::ALL, ReferenceTable::as_str))]
    table: Option<ReferenceTable>,
    /// What holds on this day.
    #[arg(long, value_name = "DATE", value_parser = fields::date)]
    on: Option<Date>,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa reference show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(value_name = "TABLE", value_parser = fields::words(ReferenceTable::ALL, ReferenceTable::as_str))]
    table: ReferenceTable,
    #[arg(value_name = "KEY")]
    entry: String,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(command: ReferenceCommand, session: &mut Session) -> Result<Exit, Failure> {
    match command {
        ReferenceCommand::Publish(args) => publish(&args, session),
        ReferenceCommand::List(args) => list(&args, session),
        ReferenceCommand::Show(args) => show(&args, session),
    }
}

/// The published records, as this node knows them.
#[derive(Debug)]
pub struct Published {
    all: Vec<Reference>,
    read: BTreeMap<RecordId, Read>,
}

impl Published {
    /// Reads them all.
    ///
    /// # Errors
    /// When the daemon cannot be asked.
    pub fn read(session: &mut Session) -> Result<Self, Failure> {
        let read = session.records("reference")?;
        let viewed = read.iter();
        let viewed = viewed.filter_map(|read| Some((read.id, ReferenceView::of(&read.state)?)));
        Ok(Self {
            all: Reference::merged(viewed),
            read: read.into_iter().map(|read| (read.id, read)).collect(),
        })
    }

    /// All of them, by table and key.
    pub fn all(&self) -> &[Reference] {
        &self.all
    }

    /// Where a next version goes: upon what each record of the key holds, so that it takes the place of all.
    ///
    /// # Errors
    /// When the daemon told no such record.
    pub fn heads(&self, records: &[RecordId]) -> Result<Vec<At>, Failure> {
        let read = records.iter().filter_map(|record| self.read.get(record));
        read.map(Read::at).collect()
    }

    fn find(&self, table: ReferenceTable, key: &str) -> Option<&Reference> {
        let is = |view: &ReferenceView| {
            view.table.one() == Some(&table) && view.key.one().is_some_and(|k| k == key)
        };
        self.all.iter().find(|reference| is(&reference.view))
    }

    /// The version of a record that holds on a day, with the operation that published it.
    pub fn on(&self, table: ReferenceTable, key: &str, day: Date) -> Option<&(OpId, ReferenceVersion)> {
        self.find(table, key)?.view.on(day)
    }

    /// The records of a table with all their versions.
    pub fn of_table(&self, table: ReferenceTable) -> impl Iterator<Item = &Reference> {
        let all = self.all.iter();
        all.filter(move |reference| reference.view.table.one() == Some(&table))
    }

    /// The categories of assets.
    pub fn asset_categories(&self) -> AssetCategories {
        AssetCategories::of(
            self.of_table(ReferenceTable::AssetCategory)
                .map(|reference| &reference.view),
        )
    }

    /// The versions of a table's records that hold on a day.
    pub fn all_on(&self, table: ReferenceTable, day: Date) -> impl Iterator<Item = &ReferenceVersion> {
        let of_table = self.of_table(table);
        of_table.filter_map(move |reference| reference.view.on(day).map(|(_, version)| version))
    }

    /// The working days of all years whose calendars are published.
    ///
    /// # Errors
    /// When one does not say what a calendar says.
    pub fn working_days(&self) -> Result<WorkingDays, Failure> {
        let calendars = self.of_table(ReferenceTable::Calendar);
        WorkingDays::of(calendars.map(|reference| &reference.view)).map_err(|bad| bad_reference(&bad))
    }
}

/// A published version that does not say what it should, as a failure.
pub fn bad_reference(bad: &BadReference) -> Failure {
    Failure::new(
        "errors.bad_reference",
        &[
            ("table", &bad.table),
            ("key", &bad.key),
            ("part", &bad.part),
            ("reason", &bad.what),
        ],
    )
}

fn publish(args: &PublishArgs, session: &mut Session) -> Result<Exit, Failure> {
    let part = |(name, text): &(String, String)| ReferencePart {
        name: name.clone(),
        text: text.clone(),
    };
    let version = ReferenceVersion {
        table: args.table,
        key: args.entry.clone(),
        from: args.from,
        until: args.until,
        parts: args.set.iter().map(part).collect(),
        basis: args.basis.clone(),
    };
    check(&version).map_err(|bad| bad_reference(&bad))?;
    let published = Published::read(session)?;
    let mut composer = Composer::new();
    let kind = match published.find(args.table, &args.entry) {
        Some(reference) => {
            for mut at in published.heads(&reference.records)? {
                composer.revise(&mut at, version.clone());
            }
            "reference.revise"
        }
        None => {
            composer.publish(version);
            "reference.publish"
        }
    };
    let (signer, acting) = official(session, &args.act, &[kind], |acting| acting.unit_path.len() == 1)?;
    carry_out(session, &args.act, signer, &acting, &[Prepared::of(composer)])
}

/// Today in Viet Nam.
pub fn today() -> Option<Date> {
    day_of(clock::now()).map(|(day, _)| day)
}

fn list(args: &ListArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let published = Published::read(session)?;
    let mut listing = Listing::new(
        "references",
        &[
            ("table", "cli.label.table"),
            ("key", "cli.label.key_of_table"),
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("says", "cli.label.says"),
            ("id", "records.field.id"),
        ],
    );
    for Reference { records, view } in &published.all {
        let (Some(table), Some(day)) = (view.table.one(), args.on.or_else(today)) else {
            continue;
        };
        let wanted = args.table.is_none_or(|wanted| wanted == *table);
        if let Some((_, version)) = view.on(day).filter(|_| wanted) {
            listing.push(vec![
                fields::translated(lang, "records.reference_table", table.as_str()),
                Cell::text(version.key.clone()),
                fields::day_cell(version.from),
                version.until.map_or_else(Cell::none, fields::day_cell),
                says(version),
                records
                    .first()
                    .map_or_else(Cell::none, |record| Cell::id(&record.to_string())),
            ]);
        }
    }
    listing.sort(&["table", "key"]);
    args.read.print_listing(lang, &listing)?;
    Ok(Exit::Done)
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let published = Published::read(session)?;
    let Reference { records, view } = published
        .find(args.table, &args.entry)
        .ok_or_else(|| Failure::new("errors.unknown_record", &[("id", &args.entry)]))?;
    let mut sheet = Sheet::new("reference");
    sheet
        .field("id", "records.field.id", Cell::text(shown(records.clone())))
        .field(
            "table",
            "cli.label.table",
            fields::translated(lang, "records.reference_table", args.table.as_str()),
        )
        .field("key", "cli.label.key_of_table", Cell::text(args.entry.clone()));
    let mut listing = Listing::new(
        "versions",
        &[
            ("from", "records.field.from"),
            ("until", "records.field.until"),
            ("says", "cli.label.says"),
            ("basis", "records.field.legal_basis"),
            ("operation", "cli.label.operation"),
        ],
    );
    for (op, version) in &view.versions {
        listing.push(vec![
            fields::day_cell(version.from),
            version.until.map_or_else(Cell::none, fields::day_cell),
            says(version),
            Cell::text(version.basis.clone()),
            Cell::id(&op.to_string()),
        ]);
    }
    sheet.list(listing);
    args.read.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

fn says(version: &ReferenceVersion) -> Cell {
    let shown: Vec<String> = version
        .parts
        .iter()
        .map(|part| format!("{}={}", part.name, part.text))
        .collect();
    let value: Vec<serde_json::Value> = version
        .parts
        .iter()
        .map(|part| serde_json::json!([part.name, part.text]))
        .collect();
    Cell::of(shown.join("; "), serde_json::Value::Array(value))
}
