//! Standard output is data, standard error is talk. A reader that goes away early is no error.
//!
//! Every reading command fills a [`Sheet`] or a [`Listing`] once; table, JSON and CSV are made from it. JSON carries
//! `"schema": "soxa.<thing>/1"`. Tables are for people (short ids, local dates); JSON and CSV are for programs (whole
//! ids, RFC 3339, plain numbers).

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use comfy_table::{
    Cell as TableCell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use serde_json::{Map, Value, json};
use soxa_lang::{Lang, collated, number, text};
use soxa_office::write::Entry;
use soxa_records::Quantity;

use crate::clock;
use crate::failure::Failure;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One object.
    Json,
    /// Rows with a heading.
    Csv,
}

/// The blanks on both sides of what stands in a column of a table.
const PADDING: u16 = 2;
/// Those and the line, or the place of one, that follows.
const BETWEEN_COLUMNS: u16 = PADDING + 1;

/// One value in its two forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    shown: String,
    value: Value,
    right: bool,
}

impl Cell {
    /// A text, the same for people and programs.
    pub fn text(text: impl Into<String>) -> Self {
        let shown = text.into();
        Self {
            value: Value::String(shown.clone()),
            shown,
            right: false,
        }
    }

    /// An amount. Programs get a decimal number as text, which with three decimals would read like a group of thousands.
    pub fn amount(lang: Lang, amount: Quantity) -> Self {
        let zero = if amount.thousandths.is_multiple_of(10) {
            ""
        } else {
            "0"
        };
        Self::of(
            soxa_lang::amount(lang, amount.thousandths),
            json!(format!("{amount}{zero}")),
        )
    }

    /// A word of the program with its translation.
    pub fn word(shown: impl Into<String>, word: &str) -> Self {
        Self {
            shown: shown.into(),
            value: json!(word),
            right: false,
        }
    }

    /// Nothing.
    pub fn none() -> Self {
        Self {
            shown: String::new(),
            value: Value::Null,
            right: false,
        }
    }

    /// A text or nothing.
    pub fn option(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(Self::none, Self::text)
    }

    /// An id: people see its first digits.
    pub fn id(id: &str) -> Self {
        Self {
            shown: short(id),
            value: json!(id),
            right: false,
        }
    }

    /// A whole number.
    pub fn number(lang: Lang, value: i64) -> Self {
        Self {
            shown: number(lang, value),
            value: json!(value),
            right: true,
        }
    }

    /// A count.
    pub fn count(lang: Lang, value: u64) -> Self {
        Self {
            shown: number(lang, value),
            value: json!(value),
            right: true,
        }
    }

    /// A number as people write it, for tables alone.
    pub fn right(shown: impl Into<String>) -> Self {
        Self {
            right: true,
            ..Self::text(shown)
        }
    }

    /// A moment.
    pub fn moment(time_ms: u64) -> Self {
        Self {
            shown: clock::moment(time_ms),
            value: json!(clock::machine(time_ms)),
            right: false,
        }
    }

    /// Yes or no.
    pub fn yes_no(lang: Lang, yes: bool) -> Self {
        let key = if yes { "cli.label.yes" } else { "cli.label.no" };
        Self {
            shown: text(lang, key, &[]),
            value: json!(yes),
            right: false,
        }
    }

    /// Any value with the form that people see.
    pub fn of(shown: impl Into<String>, value: Value) -> Self {
        let right = value.is_number();
        Self {
            shown: shown.into(),
            value,
            right,
        }
    }

    /// As an entry of a file. Ids stand there in full: files are searched by them.
    pub fn entry(&self) -> Entry {
        match &self.value {
            Value::Null => Entry::Empty,
            Value::Number(number) => number
                .as_u64()
                .map_or_else(|| Entry::text(number.to_string()), Entry::Count),
            Value::String(id) if short(id) == self.shown => Entry::text(id.clone()),
            Value::String(plain) => Entry::Told {
                shown: self.shown.clone(),
                plain: plain.clone(),
            },
            _ => Entry::text(self.shown.clone()),
        }
    }

    fn csv(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// The first digits of an id.
pub fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// Rows under headings.
#[derive(Debug, Clone)]
pub struct Listing {
    name: Cow<'static, str>,
    columns: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    rows: Vec<Vec<Cell>>,
}

impl Listing {
    /// An empty list. `name` is the plural of what the rows are; each column has its name in JSON and CSV and the
    /// key of its heading.
    pub fn new(name: &'static str, columns: &[(&'static str, &'static str)]) -> Self {
        let column = |(name, heading): &(&'static str, &'static str)| ((*name).into(), (*heading).into());
        Self::of(name, columns.iter().map(column).collect())
    }

    /// The same with names that are made while the program runs.
    pub fn of(
        name: impl Into<Cow<'static, str>>,
        columns: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    ) -> Self {
        Self {
            name: name.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has one cell for each column.
    pub fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "a row of {}", self.name);
        self.rows.push(row);
    }

    /// Puts the rows in the Vietnamese order of what these columns show, the first column before the next.
    pub fn sort(&mut self, columns: &[&str]) {
        let place = |wanted: &&str| self.columns.iter().position(|(name, _)| name == *wanted);
        let places: Vec<usize> = columns.iter().filter_map(place).collect();
        debug_assert_eq!(places.len(), columns.len(), "columns of {}", self.name);
        self.rows.sort_by_cached_key(|row| {
            let shown = places.iter().filter_map(|at| row.get(*at));
            shown.map(|cell| collated(&cell.shown)).collect::<Vec<_>>()
        });
    }

    /// The rows as those of a file.
    pub fn entries(&self) -> Vec<Vec<Entry>> {
        let row = |row: &Vec<Cell>| row.iter().map(Cell::entry).collect();
        self.rows.iter().map(row).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn json_rows(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let pairs = self
                .columns
                .iter()
                .zip(row)
                .map(|((name, _), cell)| (name.to_string(), cell.value.clone()));
            Value::Object(pairs.collect())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }

    fn table(&self, lang: Lang, room: Option<u16>) -> String {
        let mut table = new_table(room);
        table.set_header(self.headings(lang));
        for row in &self.rows {
            table.add_row(row.iter().map(table_cell));
        }
        let Some(room) = room else {
            return table.to_string();
        };
        let words = self.longest_words(lang);
        let least = words.iter().map(|word| word + BETWEEN_COLUMNS).sum::<u16>() + 1;
        if least > room {
            return self.one_below_the_other(lang, room);
        }
        for (column, word) in table.column_iter_mut().zip(words) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(word + PADDING)));
        }
        table.to_string()
    }

    fn headings(&self, lang: Lang) -> impl Iterator<Item = String> {
        self.columns
            .iter()
            .map(move |(_, heading)| text(lang, heading, &[]))
    }

    /// How many characters the longest word of each column has: a number or an id that is broken is another one.
    fn longest_words(&self, lang: Lang) -> Vec<u16> {
        let longest = |(at, heading): (usize, String)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            let texts = std::iter::once(heading.as_str()).chain(cells.map(|cell| cell.shown.as_str()));
            let words = texts.flat_map(str::split_whitespace);
            words.map(|word| word.chars().count()).max().unwrap_or(1)
        };
        let longest = self.headings(lang).enumerate().map(longest);
        longest
            .map(|word| u16::try_from(word).unwrap_or(u16::MAX / 64))
            .collect()
    }

    /// Each row with its headings down the page, for terminals that are too narrow to show them side by side.
    fn one_below_the_other(&self, lang: Lang, room: u16) -> String {
        let mut table = new_table(Some(room));
        for (at, row) in self.rows.iter().enumerate() {
            if at > 0 {
                table.add_row(vec![TableCell::new(""), TableCell::new("")]);
            }
            let filled = self
                .headings(lang)
                .zip(row)
                .filter(|(_, cell)| !cell.shown.is_empty());
            for (heading, cell) in filled {
                table.add_row(vec![TableCell::new(heading), TableCell::new(&cell.shown)]);
            }
        }
        table.to_string()
    }

    /// The rows under the names of their columns.
    ///
    /// # Errors
    /// When a row has not one cell for each column.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name.as_ref()))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::csv))?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }
}

/// How wide the terminal is; none where there is none, or where it does not say.
fn room() -> Option<u16> {
    Table::new().width().filter(|room| *room > 0)
}

/// A table that fits into so many columns; else it is as wide as it comes.
fn new_table(room: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    match room {
        Some(room) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(room),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn table_cell(cell: &Cell) -> TableCell {
    let alignment = if cell.right {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    };
    TableCell::new(&cell.shown).set_alignment(alignment)
}

/// One thing with its fields, and lists that belong to it.
#[derive(Debug, Clone)]
pub struct Sheet {
    thing: &'static str,
    fields: Vec<(&'static str, &'static str, Cell)>,
    lists: Vec<Listing>,
}

impl Sheet {
    /// An empty sheet about one thing.
    pub fn new(thing: &'static str) -> Self {
        Self {
            thing,
            fields: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Adds a field by its name in JSON and the key of its label.
    pub fn field(&mut self, name: &'static str, label: &'static str, cell: Cell) -> &mut Self {
        self.fields.push((name, label, cell));
        self
    }

    /// Adds a list.
    pub fn list(&mut self, listing: Listing) -> &mut Self {
        self.lists.push(listing);
        self
    }

    fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("schema".to_owned(), json!(format!("soxa.{}/1", self.thing)));
        for (name, _, cell) in &self.fields {
            object.insert((*name).to_owned(), cell.value.clone());
        }
        for list in &self.lists {
            object.insert(list.name.to_string(), list.json_rows());
        }
        Value::Object(object)
    }

    /// The sheet and its lists as tables.
    pub fn table(&self, lang: Lang) -> String {
        let mut table = new_table(room());
        for (_, label, cell) in self.fields.iter().filter(|(_, _, cell)| !cell.shown.is_empty()) {
            table.add_row(vec![
                TableCell::new(text(lang, label, &[])),
                TableCell::new(&cell.shown),
            ]);
        }
        let mut shown = table.to_string();
        for list in self.lists.iter().filter(|list| !list.is_empty()) {
            shown.push('\n');
            shown.push_str(&list.table(lang, room()));
        }
        shown
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_record(["field", "value"])?;
        for (name, _, cell) in &self.fields {
            writer.write_record([*name, &cell.csv()])?;
        }
        let mut bytes = writer
            .into_inner()
            .map_err(|e| csv::Error::from(e.into_error()))?;
        for list in self.lists.iter().filter(|list| !list.is_empty()) {
            bytes.push(b'\n');
            bytes.extend(list.csv()?);
        }
        Ok(bytes)
    }
}

/// Prints a list; JSON is `{"schema": "soxa.<name>/1", "<name>": […]}`.
///
/// # Errors
/// When standard output cannot be written, except that nobody reads it any more.
pub fn print_listing(lang: Lang, format: Format, listing: &Listing) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let schema = format!("soxa.{}/1", listing.name);
            print_json(&json!({ "schema": schema, listing.name.as_ref(): listing.json_rows() }))
        }
        Format::Csv => print(&listing.csv().map_err(|e| Failure::internal("output", e))?),
        Format::Table if listing.is_empty() => {
            say(&text(lang, "cli.answer.none_found", &[]));
            Ok(())
        }
        Format::Table => print(format!("{}\n", listing.table(lang, room())).as_bytes()),
    }
}

/// Prints one thing.
///
/// # Errors
/// As for [`print_listing`].
pub fn print_sheet(lang: Lang, format: Format, sheet: &Sheet) -> Result<(), Failure> {
    match format {
        Format::Json => print_json(&sheet.json()),
        Format::Csv => print(&sheet.csv().map_err(|e| Failure::internal("output", e))?),
        Format::Table => print(format!("{}\n", sheet.table(lang)).as_bytes()),
    }
}

/// Prints a JSON value as one line.
///
/// # Errors
/// As for [`print_listing`].
pub fn print_json(value: &Value) -> Result<(), Failure> {
    print(format!("{value}\n").as_bytes())
}

/// Writes data to standard output.
///
/// # Errors
/// As for [`print_listing`].
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::io(std::path::Path::new("stdout"), &error))
        }
        _ => Ok(()),
    }
}

/// Says something on standard error; when nobody listens, it goes unsaid.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let mut listing = Listing::new(
            "assets",
            &[("id", "records.field.id"), ("cost", "records.field.cost")],
        );
        listing.push(vec![
            Cell::id(&"ab".repeat(32)),
            Cell::number(Lang::Vi, 1_234_567),
        ]);
        listing.push(vec![Cell::text("a,\"b\""), Cell::none()]);
        listing
    }

    #[test]
    fn tables_are_for_people() {
        let table = listing().table(Lang::Vi, None);
        assert!(
            table.contains("Nguyên giá (đồng)") && table.contains("1.234.567"),
            "{table}"
        );
        assert!(
            table.contains("abababab") && !table.contains("ababababab"),
            "{table}"
        );
    }

    #[test]
    fn no_number_and_no_id_is_broken_where_there_is_little_room() {
        let columns = [
            ("id", "records.field.id"),
            ("cost", "records.field.cost"),
            ("name", "records.field.name"),
        ];
        let mut listing = Listing::new("assets", &columns);
        for (id, cost) in [("ab", 1_234_567), ("cd", 987_654_321_000)] {
            let name = Cell::text("Khu-liên-hợp-thể-thao");
            listing.push(vec![Cell::id(&id.repeat(32)), Cell::number(Lang::Vi, cost), name]);
        }
        for room in 46..100 {
            let table = listing.table(Lang::Vi, Some(room));
            let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(room), "{room}\n{table}");
            for whole in [
                "abababab",
                "cdcdcdcd",
                "1.234.567",
                "987.654.321.000",
                "Khu-liên-hợp-thể-thao",
            ] {
                assert!(table.contains(whole), "{whole} in {room}\n{table}");
            }
        }
        // Side by side where there is room, else one below the other.
        let headings = |room| listing.table(Lang::Vi, room).matches("Nguyên").count();
        assert_eq!((headings(Some(60)), headings(Some(50))), (1, 2));
        // A terminal that does not say how wide it is.
        assert_eq!(listing.table(Lang::Vi, None).lines().count(), 6);
    }

    #[test]
    fn csv_and_json_are_for_programs() {
        let csv = String::from_utf8(listing().csv().unwrap()).unwrap();
        assert_eq!(
            csv,
            format!("id,cost\n{},1234567\n\"a,\"\"b\"\"\",\n", "ab".repeat(32))
        );
        assert_eq!(listing().json_rows()[0]["cost"], json!(1_234_567));
        assert_eq!(listing().json_rows()[1]["cost"], Value::Null);
    }

    #[test]
    fn a_sheet_names_its_schema_and_holds_its_lists() {
        let mut sheet = Sheet::new("unit");
        sheet
            .field("name", "records.field.name", Cell::text("Xã Mường Bú"))
            .list(listing());
        let json = sheet.json();
        assert_eq!(json["schema"], "soxa.unit/1");
        assert_eq!(json["name"], "Xã Mường Bú");
        assert_eq!(json["assets"].as_array().map(Vec::len), Some(2));
        assert!(sheet.table(Lang::En).contains("Name"));
    }
}
