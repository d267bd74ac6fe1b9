//! How numbers, money and dates are written: `1.234.567,89` in Vietnamese, `1,234,567.89` in English, `dd/mm/yyyy` in both.

use crate::Lang;

/// A whole number of any size that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole(i128);

macro_rules! whole_from {
    ($($number:ty)*) => { $(
        impl From<$number> for Whole {
            fn from(number: $number) -> Whole {
                Whole(number as i128)
            }
        }
    )* };
}

// `as` widens here for each of them, `usize` included, which has no `From` in the standard library.
whole_from!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize);

/// A whole number with its digits in groups of three.
pub fn number(lang: Lang, value: impl Into<Whole>) -> String {
    let Whole(value) = value.into();
    let digits = value.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(group_mark(lang));
        }
        grouped.push(digit);
    }
    grouped
}

/// An amount in whole đồng, for example `1.234.567 đồng`.
pub fn money(lang: Lang, dong: i64) -> String {
    format!("{} đồng", number(lang, dong))
}

/// A number with so many decimals, from the number without its decimal mark: `9180` with two is `91,80`.
pub fn decimal(lang: Lang, units: i128, places: u32) -> String {
    let scale = 10_u128.checked_pow(places).unwrap_or(1);
    let (before, after) = (units.unsigned_abs() / scale, units.unsigned_abs() % scale);
    let sign = if units < 0 { "-" } else { "" };
    // Only `i128::MIN` without decimals does not fit, to which nothing counts.
    let before = number(lang, i128::try_from(before).unwrap_or(i128::MAX));
    match usize::try_from(places) {
        Ok(width) if width > 0 => format!("{sign}{before}{}{after:0width$}", decimal_mark(lang)),
        _ => format!("{sign}{before}"),
    }
}

/// An amount in thousandths of its measure, without needless decimals: `1500` is `1,5`, `12000000` is `12.000`.
pub fn amount(lang: Lang, thousandths: u64) -> String {
    let (mut units, mut places) = (i128::from(thousandths), 3);
    while places > 0 && units % 10 == 0 {
        (units, places) = (units / 10, places - 1);
    }
    decimal(lang, units, places)
}

/// A date as `dd/mm/yyyy`. The three numbers are written as given: the caller holds a real date.
pub fn date(year: impl Into<i32>, month: impl Into<i32>, day: impl Into<i32>) -> String {
    format!("{:02}/{:02}/{:04}", day.into(), month.into(), year.into())
}

const fn group_mark(lang: Lang) -> char {
    match lang {
        Lang::Vi => '.',
        Lang::En => ',',
    }
}

const fn decimal_mark(lang: Lang) -> char {
    match lang {
        Lang::Vi => ',',
        Lang::En => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: impl Into<Whole>, vi: &str, en: &str) {
        let value = value.into();
        assert_eq!(number(Lang::Vi, value), vi);
        assert_eq!(number(Lang::En, value), en);
    }

    #[test]
    fn numbers_are_grouped() {
        check(0, "0", "0");
        check(999_u32, "999", "999");
        check(1_000_u16, "1.000", "1,000");
        check(-100_i64, "-100", "-100");
        check(1_234_567_usize, "1.234.567", "1,234,567");
        check(-123_456_i64, "-123.456", "-123,456");
        check(
            i64::MIN,
            "-9.223.372.036.854.775.808",
            "-9,223,372,036,854,775,808",
        );
        check(
            u64::MAX,
            "18.446.744.073.709.551.615",
            "18,446,744,073,709,551,615",
        );
    }

    #[test]
    fn money_is_in_dong() {
        assert_eq!(money(Lang::Vi, 36_500_000), "36.500.000 đồng");
        assert_eq!(money(Lang::En, -1_500), "-1,500 đồng");
    }

    #[track_caller]
    fn check_decimal(units: i128, places: u32, vi: &str, en: &str) {
        assert_eq!(decimal(Lang::Vi, units, places), vi);
        assert_eq!(decimal(Lang::En, units, places), en);
    }

    #[test]
    fn decimals_have_a_mark_of_their_language() {
        check_decimal(9_180, 2, "91,80", "91.80");
        check_decimal(123_456_789, 2, "1.234.567,89", "1,234,567.89");
        check_decimal(-5, 1, "-0,5", "-0.5");
        check_decimal(7, 2, "0,07", "0.07");
        check_decimal(1_047_619_048, 0, "1.047.619.048", "1,047,619,048");
    }

    #[test]
    fn dates_have_two_digits_for_day_and_month() {
        assert_eq!(date(2025_i16, 7_i8, 1_i8), "01/07/2025");
        assert_eq!(date(2025_u16, 11_u8, 4_u8), "04/11/2025");
    }
}
