//! Values of records as they are typed and shown: words, dates, amounts, fields with several values.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use soxa_lang::{Lang, money, text};
use soxa_ledger::{RecordId, Time};
use soxa_office::{cells, workbook};
use soxa_records::custody::CustodyView;
use soxa_records::procedure::closing;
use soxa_records::{Date, Field, Quantity, Value};

use super::session::{Read, Units, shown};
use crate::clock;
use crate::failure::{Failure, Sentence};
use crate::output::{Cell, Listing, short};

/// Reads one of the words of an enumeration; the others are named when it is none.
pub fn words<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(move |one| word(*one)))
        .try_map(move |text| all.iter().copied().find(|one| word(*one) == text).ok_or(text))
}

/// Reads a day: `2025-11-15` or `15/11/2025`.
pub fn date(text: &str) -> Result<Date, String> {
    let refused = || text.to_owned();
    let day = clock::parse_day(text).ok_or_else(refused)?;
    let small = |n: i8| u8::try_from(n).map_err(|_| refused());
    let year = u16::try_from(day.year()).map_err(|_| refused())?;
    Date::new(year, small(day.month())?, small(day.day())?).map_err(|_| refused())
}

/// Today: the day of what is said without one.
///
/// # Errors
/// When the clock stands outside the calendar.
pub fn today() -> Result<Date, Failure> {
    date(&clock::day(clock::now().0)).map_err(|e| Failure::internal("clock", e))
}

/// That a last day, when there is one, is not before the first.
///
/// # Errors
/// `errors.days_backwards` when it is.
pub fn term(from: Date, until: Option<Date>) -> Result<(), Failure> {
    match until.filter(|until| *until < from) {
        None => Ok(()),
        Some(until) => Err(Failure::new(
            "errors.days_backwards",
            &[("from", &day(from)), ("until", &day(until))],
        )),
    }
}

/// Reads a moment: a day, which begins in Viet Nam, or RFC 3339.
pub fn moment(text: &str) -> Result<Time, String> {
    clock::parse_moment(text).ok_or_else(|| text.to_owned())
}

/// Reads a deadline: a day, until its offices close, or RFC 3339.
pub fn deadline(text: &str) -> Result<Time, String> {
    match date(text) {
        Ok(day) => closing(day).ok_or_else(|| text.to_owned()),
        Err(_) => moment(text),
    }
}

/// Reads `field=value`.
pub fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.to_owned(), value.to_owned())),
        _ => Err(text.to_owned()),
    }
}

/// Reads a sum in đồng: digits, with dots, commas or spaces between groups of three.
pub fn dong(text: &str) -> Option<i64> {
    let grouped = text.trim();
    let separator = grouped.chars().find(|c| matches!(c, '.' | ',' | ' '));
    if let Some(separator) = separator {
        let mut groups = grouped.split(separator);
        let first = groups.next()?;
        if first.is_empty() || first.len() > 3 || !groups.all(|group| group.len() == 3) {
            return None;
        }
    }
    let digits: String = grouped.chars().filter(|c| Some(*c) != separator).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Reads a sum in đồng on the command line.
pub fn sum(text: &str) -> Result<i64, String> {
    dong(text).ok_or_else(|| text.to_owned())
}

/// Reads an amount as tables are read: `12,5` and `12.5` have decimals, `1.200` is a group of thousands.
pub fn quantity(text: &str) -> Option<Quantity> {
    cells::amount(&workbook::Cell::typed(workbook::Value::Text(text.trim().into()))).ok()
}

/// The amounts of a field; several become a text.
pub fn amount_cell(lang: Lang, field: &Field<Quantity>) -> Cell {
    match field.one() {
        Some(amount) => Cell::amount(lang, *amount),
        None => field_cell(field),
    }
}

/// How much more an amount is than another, with its sign.
pub fn difference_cell(lang: Lang, amount: Quantity, other: Quantity) -> Cell {
    let plain = amount.signed_difference(other);
    let sign: String = plain.chars().take_while(|c| matches!(c, '+' | '-')).collect();
    let more = soxa_lang::amount(lang, amount.thousandths.abs_diff(other.thousandths));
    Cell::of(format!("{sign}{more}"), serde_json::json!(plain))
}

/// A field name that the record does not have.
pub fn unknown_field(lang: Lang, command: &str, field: &str, known: &[&str]) -> Failure {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("field", &field), ("known", &known.join(", "))];
    Failure::usage(lang, command, &Sentence::new("cli.usage.unknown_field", &values))
}

/// A value that does not fit its field.
pub fn bad_value(lang: Lang, command: &str, field: &str, value: &str) -> Failure {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("argument", &field), ("value", &value)];
    Failure::usage(lang, command, &Sentence::new("cli.usage.invalid_value", &values))
}

/// A line that stands twice among an argument's.
pub fn line_twice(lang: Lang, command: &str, argument: &str, line: &str) -> Failure {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("argument", &argument), ("line", &line)];
    Failure::usage(lang, command, &Sentence::new("cli.usage.line_twice", &values))
}

/// A record that turned out to be something else.
pub fn not_that_kind(read: &Read) -> Failure {
    Failure::new("errors.unknown_record", &[("id", &short(&read.id.to_string()))])
}

/// All values of a field, each once.
pub fn field_cell<T: std::fmt::Display + PartialEq>(field: &Field<T>) -> Cell {
    if field.is_empty() {
        Cell::none()
    } else {
        Cell::text(shown(field.distinct()))
    }
}

/// A whole number field; several values become a text.
pub fn number_cell<T: Copy + Into<i64> + PartialEq>(lang: Lang, field: &Field<T>) -> Cell {
    match (field.one(), field.is_empty()) {
        (Some(value), _) => Cell::number(lang, (*value).into()),
        (None, true) => Cell::none(),
        (None, false) => Cell::text(shown(
            field
                .distinct()
                .into_iter()
                .map(|v| (*v).into())
                .collect::<Vec<i64>>(),
        )),
    }
}

/// A day as people write it.
pub fn day(date: Date) -> String {
    soxa_lang::date(date.year(), date.month(), date.day())
}

/// A date field.
pub fn date_cell(field: &Field<Date>) -> Cell {
    let days: Vec<String> = field.distinct().into_iter().map(|date| day(*date)).collect();
    let machine = shown(field.distinct());
    if days.is_empty() {
        Cell::none()
    } else {
        Cell::word(days.join(" / "), &machine)
    }
}

/// A day.
pub fn day_cell(date: Date) -> Cell {
    Cell::word(day(date), &date.to_string())
}

/// A word of an enumeration with its translation below `section`, for example `records.unit_kind`.
pub fn translated(lang: Lang, section: &str, word: &str) -> Cell {
    Cell::word(translation(lang, section, word), word)
}

/// The translation of a word; the word itself when the catalogue lacks it.
pub fn translation(lang: Lang, section: &str, word: &str) -> String {
    let key = format!("{section}.{word}");
    if soxa_lang::has(&key) {
        text(lang, &key, &[])
    } else {
        word.to_owned()
    }
}

/// All words of a field, translated.
pub fn word_cell<T: Copy + std::fmt::Display + PartialEq>(
    lang: Lang,
    section: &str,
    field: &Field<T>,
) -> Cell {
    let words: Vec<String> = field.distinct().into_iter().map(ToString::to_string).collect();
    let translations: Vec<String> = words
        .iter()
        .map(|word| translation(lang, section, word))
        .collect();
    if words.is_empty() {
        Cell::none()
    } else {
        Cell::word(translations.join(" / "), &words.join(" / "))
    }
}

/// A unit by its name for people and its id for programs.
pub fn unit_cell(units: &Units, unit: Option<&RecordId>) -> Cell {
    unit.map_or_else(Cell::none, |unit| Cell::word(units.name(unit), &unit.to_string()))
}

/// Who holds a subject; on a tie all of the tied, marked as contested.
pub fn custodian_cell(lang: Lang, units: &Units, custody: &CustodyView) -> Cell {
    match custody.custodian {
        Some(unit) => unit_cell(units, Some(&unit)),
        None => {
            let tied: Vec<String> = custody.tied.iter().map(|unit| units.name(unit)).collect();
            let contested = text(lang, "records.handover_state.contested", &[]);
            Cell::of(
                format!("{contested}: {}", tied.join(" / ")),
                serde_json::Value::Null,
            )
        }
    }
}

/// What is wrong with a custody, in words; empty when nothing is.
pub fn custody_remark(lang: Lang, custody: &CustodyView) -> Cell {
    let mut words = Vec::new();
    if custody.contested.is_some() {
        words.push("contested");
    }
    if custody.provisional || !custody.unfounded.is_empty() {
        words.push("unfounded");
    }
    if words.is_empty() {
        return Cell::none();
    }
    let shown: Vec<String> = words
        .iter()
        .map(|word| translation(lang, "records.handover_state", word))
        .collect();
    Cell::word(shown.join(", "), &words.join(" "))
}

/// The chain of custody of an asset or person.
pub fn chain(units: &Units, custody: &CustodyView) -> Listing {
    let mut listing = Listing::new(
        "custody",
        &[
            ("depth", "cli.label.number"),
            ("unit", "records.field.custodian"),
            ("from", "records.field.giver"),
            ("handover", "cli.label.handover"),
            ("current", "cli.label.current"),
            ("unfounded", "cli.label.unfounded"),
            ("set_aside", "cli.label.set_aside"),
        ],
    );
    for link in &custody.links {
        let handover = link.handover.map(|(handover, line)| (handover.to_string(), line));
        listing.push(vec![
            Cell::of(link.depth.to_string(), serde_json::json!(link.depth)),
            unit_cell(units, Some(&link.to)),
            unit_cell(units, link.from.as_ref()),
            handover.map_or_else(Cell::none, |(id, line)| {
                Cell::of(
                    format!("{} / {line}", short(&id)),
                    serde_json::json!({ "id": id, "line": line }),
                )
            }),
            mark(custody.current == Some(link.link)),
            mark(custody.unfounded.contains(&link.link)),
            mark(custody.set_aside.contains(&link.link)),
        ]);
    }
    listing
}

/// A tick or nothing.
pub fn mark(yes: bool) -> Cell {
    Cell::of(if yes { "✓" } else { "" }, serde_json::json!(yes))
}

/// Fields of states that hold words, with the section of the catalogue that translates them.
const WORDS: &[(&str, &str)] = &[
    ("capacity", "records.witness_capacity"),
    ("channel", "records.channel"),
    ("class", "records.person_class"),
    ("condition_basis", "records.condition_basis"),
    ("field", "records.work_field"),
    ("ground", "records.ground"),
    ("handover_state", "records.handover_state"),
    ("inventory_stage", "records.inventory_stage"),
    ("kind", "records.unit_kind"),
    ("kind", "records.handover_kind"),
    ("outcome", "records.outcome"),
    ("rating", "records.rating"),
    ("secondment_stage", "records.secondment_stage"),
    ("stage", "records.unit_stage"),
    ("state", "records.asset_state"),
    ("status", "records.dossier_status"),
    ("table", "records.reference_table"),
    ("topic", "records.note_topic"),
];
/// Fields of states that hold sums in đồng.
const SUMS: &[&str] = &["amount", "cost", "fee", "monthly", "residual"];
/// Fields of states that hold days.
const DAYS: &[&str] = &[
    "closed",
    "date",
    "decision_day",
    "from",
    "last_day",
    "opened",
    "until",
];
/// Fields of states that hold moments.
const MOMENTS: &[&str] = &["at", "due", "expires", "received", "submitted"];

/// A value of a state as people read it.
pub fn value_text(lang: Lang, field: &str, value: &Value) -> String {
    match value {
        Value::Text(word) => {
            let mut keys = WORDS
                .iter()
                .filter(|(name, _)| *name == field)
                .map(|(_, section)| format!("{section}.{word}"));
            keys.find(|key| soxa_lang::has(key))
                .map_or_else(|| word.clone(), |key| text(lang, &key, &[]))
        }
        Value::Int(number) => number_text(lang, field, *number).unwrap_or_else(|| number.to_string()),
        Value::Bool(yes) => text(lang, if *yes { "cli.label.yes" } else { "cli.label.no" }, &[]),
        Value::Id(id) => short(&RecordId(*id).to_string()),
    }
}

/// None for a number that is nothing else.
fn number_text(lang: Lang, field: &str, number: i64) -> Option<String> {
    let whole = u64::try_from(number).ok();
    match field {
        field if SUMS.contains(&field) => Some(money(lang, number)),
        field if DAYS.contains(&field) => Date::from_number(whole?).ok().map(day),
        field if MOMENTS.contains(&field) => whole.map(clock::moment),
        "quantity" => whole.map(|thousandths| soxa_lang::amount(lang, thousandths)),
        _ => None,
    }
}

/// The same for programs as well: plain numbers and whole ids. A quantity is a decimal text in both.
pub fn value_cell(lang: Lang, field: &str, value: &Value) -> Cell {
    let shown = value_text(lang, field, value);
    match value {
        Value::Int(number) if field == "quantity" => {
            let thousandths = u64::try_from(*number).unwrap_or_default();
            Cell::amount(lang, Quantity { thousandths })
        }
        Value::Int(number) => Cell::of(shown, serde_json::json!(number)),
        Value::Text(_) => Cell::text(shown),
        Value::Bool(yes) => Cell::of(shown, serde_json::json!(yes)),
        Value::Id(id) => Cell::word(shown, &RecordId(*id).to_string()),
    }
}

/// The fields of a record in which officials disagree: each value with who signed it.
pub fn disputed(lang: Lang, read: &Read) -> Listing {
    let mut listing = Listing::new(
        "disputed",
        &[
            ("field", "cli.label.field"),
            ("value", "cli.label.value"),
            ("signer", "cli.label.signer"),
            ("unit", "records.field.unit"),
            ("operation", "cli.label.operation"),
        ],
    );
    for (field, values) in read.state.conflicts() {
        for (op, value) in values {
            let id = op.to_string();
            let signer = read.report.signers.iter().find(|signer| signer.operation == id);
            listing.push(vec![
                Cell::text(field.clone()),
                value_cell(lang, &field, &value),
                Cell::option(signer.map(|signer| signer.person.clone())),
                Cell::option(signer.map(|signer| signer.unit.clone())),
                Cell::id(&id),
            ]);
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_with_and_without_groups() {
        for (text, expected) in [
            ("36500000", Some(36_500_000)),
            ("36.500.000", Some(36_500_000)),
            ("36,500,000", Some(36_500_000)),
            (" 0 ", Some(0)),
            ("36.5", None),
            ("1.23.456", None),
            ("-5", None),
            ("", None),
            (".500", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(dong(text), expected, "{text}");
        }
    }

    #[test]
    fn amounts_take_a_comma_or_a_point() {
        assert_eq!(quantity("12,5"), "12.5".parse().ok());
        assert_eq!(quantity("3"), Some(Quantity::whole(3)));
        assert_eq!(quantity("1,2345"), None);
        // As in tables, and as sums are read.
        assert_eq!(quantity("1.200"), Some(Quantity::whole(1_200)));
        assert_eq!(quantity("-1"), None);
    }

    #[test]
    fn days_are_read_in_both_forms() {
        assert_eq!(date("15/11/2025"), date("2025-11-15"));
        assert_eq!(date("15/11/2025").map(day), Ok("15/11/2025".to_owned()));
        assert!(date("30/02/2025").is_err() && date("15/11/9999").is_err());
    }

    #[test]
    fn assignments_have_a_field() {
        assert_eq!(assignment("name=A=B"), Ok(("name".to_owned(), "A=B".to_owned())));
        assert!(assignment("=x").is_err() && assignment("name").is_err());
    }
}
