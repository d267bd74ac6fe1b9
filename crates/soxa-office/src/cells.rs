//! Sums, amounts, years, days and codes as people type them: numbers, serial days, or text in the Vietnamese or the
//! English manner.

use soxa_records::limits::YEARS;
use soxa_records::{Date, Quantity};

use crate::problems::Reason;
use crate::workbook::{Cell, Value};

/// The largest sum read, in đồng: a double holds every whole number up to here, and no province owns as much.
pub const DONG_MAX: i64 = 1 << 53;
/// Parts of a đồng in larger sums come from divisions and are rounded half up; in smaller ones they show that the sum is in
/// another unit.
const ROUNDED_FROM: f64 = 1_000.0;
/// How far a double may be from the whole number that is meant.
const NEARLY: f64 = 0.001;
/// Words that follow a sum.
const CURRENCY: [&str; 6] = ["vnđ", "vnd", "đồng", "dong", "đ", "₫"];
/// Serial days of a day column whose cells have no format of days: 1 January 1950 to 31 December 2199.
const SERIAL_DAYS: std::ops::RangeInclusive<f64> = 18_264.0..=109_939.0;

/// A sum in đồng; the sheet's numbers are so many đồng each.
///
/// # Errors
/// When it is none, is negative, or has a part of a đồng.
pub fn money(cell: &Cell, scale: i64) -> Result<i64, Reason> {
    let shown = || cell.text();
    let dong = match &cell.value {
        Value::Number(number) => *number * scale as f64,
        Value::Text(text) => {
            let mut digits = text.to_lowercase();
            for word in CURRENCY {
                if let Some(rest) = digits.trim_end().strip_suffix(word) {
                    digits = rest.trim_end().to_owned();
                }
            }
            let (whole, decimals) = figures(&digits).ok_or_else(|| Reason::NotMoney(shown()))?;
            return exact(whole, &decimals, scale)
                .ok_or_else(|| Reason::NotMoney(shown()))?
                .ok_or_else(|| Reason::PartOfADong(shown()));
        }
        _ => return Err(Reason::NotMoney(shown())),
    };
    if !(0.0..=DONG_MAX as f64).contains(&dong) {
        return Err(Reason::NotMoney(shown()));
    }
    let whole = dong.round();
    if (dong - whole).abs() > NEARLY && dong < ROUNDED_FROM {
        return Err(Reason::PartOfADong(shown()));
    }
    Ok(whole as i64)
}

/// A sum of digits and decimals times a scale: none when it is too large, none inside when a part of a đồng is left.
fn exact(whole: i64, decimals: &str, scale: i64) -> Option<Option<i64>> {
    let mut sum = i128::from(whole) * i128::from(scale);
    let power = 10_i128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let part = if decimals.is_empty() {
        0
    } else {
        decimals.parse::<i128>().ok()? * i128::from(scale)
    };
    sum += part / power;
    let rest = part % power;
    if rest != 0 && sum < ROUNDED_FROM as i128 {
        return Some(None);
    }
    sum += i128::from(rest * 2 >= power);
    i64::try_from(sum).ok().filter(|sum| *sum <= DONG_MAX).map(Some)
}

/// The whole part and the decimals of a written number. Dots, commas and spaces stand between groups of three; one that
/// stands once, with other than three digits after it, or after another kind, is the decimal mark.
fn figures(text: &str) -> Option<(i64, String)> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '\u{2009}'))
        .collect();
    let marks: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, c)| matches!(c, '.' | ','))
        .collect();
    let decimal = match marks.as_slice() {
        [(at, _)] if text.len() - at != 4 || *at == 0 || *at > 3 || text.starts_with('0') => Some(*at),
        [.., (before, other), (at, last)] if last != other && *before < *at => Some(*at),
        _ => None,
    };
    let (whole, decimals) = match decimal {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text.as_str(), ""),
    };
    let mut groups = whole.split(['.', ',']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let one_mark = marks
        .iter()
        .filter(|(at, _)| Some(*at) != decimal)
        .all(|(_, mark)| Some(*mark) == marks.first().map(|(_, first)| *first));
    let grouped =
        rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3) && one_mark;
    let digits: String = std::iter::once(first).chain(rest).collect();
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if first.is_empty()
        || !grouped
        || !is_number(&digits)
        || !is_number(decimals)
        || (decimal.is_some() && decimals.is_empty())
    {
        return None;
    }
    Some((digits.parse().ok()?, decimals.to_owned()))
}

/// An amount with at most three decimals.
///
/// # Errors
/// When it is none.
pub fn amount(cell: &Cell) -> Result<Quantity, Reason> {
    let refused = || Reason::NotAnAmount(cell.text());
    match &cell.value {
        Value::Number(number) => {
            let thousandths = (number * 1_000.0).round();
            let fits = (0.0..=DONG_MAX as f64).contains(&thousandths)
                && (number * 1_000.0 - thousandths).abs() <= NEARLY;
            if fits {
                Ok(Quantity {
                    thousandths: thousandths as u64,
                })
            } else {
                Err(refused())
            }
        }
        Value::Text(text) => {
            // A measure may stand behind: «120 m2» is for the column of measures.
            let (whole, decimals) = figures(text).ok_or_else(refused)?;
            let decimals = decimals.trim_end_matches('0');
            let written = if decimals.is_empty() {
                whole.to_string()
            } else {
                format!("{whole}.{decimals}")
            };
            written.parse().map_err(|_| refused())
        }
        _ => Err(refused()),
    }
}

/// A whole number.
///
/// # Errors
/// When it is none, or has more than nine digits.
pub fn count(cell: &Cell) -> Result<u32, Reason> {
    let refused = || Reason::NotACount(cell.text());
    let amount = amount(cell).map_err(|_| refused())?;
    let whole = (amount.thousandths % 1_000 == 0).then_some(amount.thousandths / 1_000);
    let few = whole.filter(|whole| *whole < 1_000_000_000);
    few.and_then(|whole| u32::try_from(whole).ok())
        .ok_or_else(refused)
}

/// A year: as a number, as text, or of a day.
///
/// # Errors
/// When it is none.
pub fn year(cell: &Cell) -> Result<u16, Reason> {
    let refused = || Reason::NotAYear(cell.text());
    let year = match &cell.value {
        Value::Day(date, _) => Some(date.year()),
        Value::Number(number) if number.fract() == 0.0 && (0.0..10_000.0).contains(number) => {
            Some(*number as u16)
        }
        Value::Number(_) => day(cell).ok().map(Date::year),
        Value::Text(text) => {
            // A day or a month names its year last: 15/11/2019, 11/2019.
            let last = text.rsplit(['/', '-', '.', ' ']).next().unwrap_or_default();
            let first = text.split('-').next().unwrap_or_default();
            [last, first]
                .into_iter()
                .find(|part| part.len() == 4)
                .and_then(|part| part.parse().ok())
        }
        _ => None,
    };
    year.filter(|year| YEARS.contains(year)).ok_or_else(refused)
}

/// A day: a cell with a format of days, a serial number, or text as dd/mm/yyyy, with points or dashes too, or yyyy-mm-dd.
///
/// # Errors
/// When it is none.
pub fn day(cell: &Cell) -> Result<Date, Reason> {
    let refused = || Reason::NotADay(cell.text());
    let date = match &cell.value {
        Value::Day(date, _) => Some(*date),
        Value::Number(serial) if SERIAL_DAYS.contains(serial) => of_serial(*serial as i64),
        Value::Text(text) => written_day(text),
        _ => None,
    };
    date.ok_or_else(refused)
}

/// A day as [`day`] reads it, with the minute of the day when the cell tells the time, too: 15/11/2025 14:30.
///
/// # Errors
/// When it is no day, or what stands behind it no time of the day.
pub fn moment(cell: &Cell) -> Result<(Date, Option<u16>), Reason> {
    let date = day(cell)?;
    let minute = match &cell.value {
        Value::Day(_, minute) => Some(*minute).filter(|minute| *minute > 0),
        Value::Text(text) => match text.split_once(' ') {
            Some((_, time)) => Some(written_minute(time).ok_or_else(|| Reason::NotADay(cell.text()))?),
            None => None,
        },
        _ => None,
    };
    Ok((date, minute))
}

/// 14:30, 14:30:00 or 14h30.
fn written_minute(text: &str) -> Option<u16> {
    let mut parts = text.trim().split([':', 'h']);
    let mut next = |most: u16| parts.next()?.parse().ok().filter(|part: &u16| *part < most);
    Some(next(24)? * 60 + next(60)?)
}

fn written_day(text: &str) -> Option<Date> {
    let text = text.split_once(' ').map_or(text, |(day, _)| day);
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [first, month, last] = parts.as_slice() else {
        return None;
    };
    let (day, year) = if first.len() == 4 {
        (last, first)
    } else {
        (first, last)
    };
    if year.len() != 4 || day.len() > 2 || month.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The day of a serial number of the 1900 calendar: 25,569 is 1 January 1970.
fn of_serial(serial: i64) -> Option<Date> {
    // Days from the first of March of year 0, so that leap days come last (Howard Hinnant's civil_from_days).
    let days = serial - 25_569 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date::new(
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::typed(Value::Text(text.into()))
    }

    fn number(number: f64) -> Cell {
        Cell::typed(Value::Number(number))
    }

    #[test]
    fn sums_are_read_in_both_manners() {
        for (written, scale, expected) in [
            ("36500000", 1, Some(36_500_000)),
            ("36.500.000", 1, Some(36_500_000)),
            ("36,500,000 đồng", 1, Some(36_500_000)),
            ("36 500 000đ", 1, Some(36_500_000)),
            ("1.234.567,00 VNĐ", 1, Some(1_234_567)),
            ("1,234,567.00", 1, Some(1_234_567)),
            ("1.234", 1, Some(1_234)),
            ("1.234", 1_000, Some(1_234_000)),
            ("36,5", 1_000_000, Some(36_500_000)),
            ("0,75", 1_000_000, Some(750_000)),
            ("0.125", 1_000, Some(125)),
            ("36,5", 1, None),
            ("4.285.714,29", 1, Some(4_285_714)),
            ("4.285.714,5", 1, Some(4_285_715)),
            ("1.23.456", 1, None),
            ("1.234,567.890", 1, None),
            ("12.34567.8", 1, None),
            ("-5", 1, None),
            ("(5.000)", 1, None),
            ("", 1, None),
            (".500", 1, None),
            ("5.", 1, None),
            ("khoảng 5 triệu", 1, None),
            ("99999999999999999999", 1, None),
            ("9007199254740993", 1, None),
        ] {
            assert_eq!(money(&text(written), scale).ok(), expected, "{written}");
        }
        for (given, scale, expected) in [
            (36_500_000.0, 1, Some(36_500_000)),
            (36.5, 1_000_000, Some(36_500_000)),
            (36.5, 1, None),
            (4_285_714.285_7, 1, Some(4_285_714)),
            (-1.0, 1, None),
            (1e18, 1, None),
            (f64::NAN, 1, None),
        ] {
            assert_eq!(money(&number(given), scale).ok(), expected, "{given}");
        }
        assert_eq!(
            money(&number(36.5), 1),
            Err(Reason::PartOfADong("36.5".to_owned()))
        );
    }

    #[test]
    fn amounts_have_three_decimals_at_most() {
        for (written, expected) in [
            ("12,5", Some("12.5")),
            ("3", Some("3")),
            ("1.200", Some("1200")),
            ("1.250,75", Some("1250.75")),
            ("1,2345", None),
            ("hai", None),
        ] {
            assert_eq!(
                amount(&text(written)).ok(),
                expected.and_then(|e| e.parse().ok()),
                "{written}"
            );
        }
        assert_eq!(amount(&number(120.55)).ok(), "120.55".parse().ok());
        assert!(amount(&number(1.00055)).is_err() && amount(&number(-1.0)).is_err());
    }

    #[test]
    fn years_stand_alone_or_in_days() {
        for (written, expected) in [
            ("2019", Some(2019)),
            ("15/11/2019", Some(2019)),
            ("11/2019", Some(2019)),
            ("năm 2019", Some(2019)),
            ("2019-11-15", Some(2019)),
            ("19", None),
            ("0019", None),
            ("x", None),
        ] {
            assert_eq!(year(&text(written)).ok(), expected, "{written}");
        }
        assert_eq!(year(&number(2019.0)), Ok(2019));
        assert_eq!(year(&number(45_976.0)), Ok(2025));
        assert!(year(&number(2019.5)).is_err());
    }

    #[test]
    fn days_are_read_as_text_and_as_serial_numbers() {
        let day_of = |year, month, of_month| Date::new(year, month, of_month).unwrap();
        for written in [
            "15/11/2025",
            "15-11-2025",
            "15.11.2025",
            "2025-11-15",
            "15/11/2025 08:30",
        ] {
            assert_eq!(day(&text(written)), Ok(day_of(2025, 11, 15)), "{written}");
        }
        assert_eq!(day(&text("5/7/2025")), Ok(day_of(2025, 7, 5)));
        for written in ["30/02/2025", "11/15/2025", "15/11/25", "15/11", "x"] {
            assert!(day(&text(written)).is_err(), "{written}");
        }
        assert_eq!(day(&number(45_976.0)), Ok(day_of(2025, 11, 15)));
        assert_eq!(day(&number(36_585.0)), Ok(day_of(2000, 2, 29)));
        assert!(day(&number(5.0)).is_err());
    }
}
