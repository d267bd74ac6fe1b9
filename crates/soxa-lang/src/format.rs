//! How numbers, money, percentages and dates are written: `1.234.567` and `91,80%` in Vietnamese,
//! `1,234,567` and `91.80%` in English, `dd/mm/yyyy` in both.

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
whole_from!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

/// How many digits a percentage has after the decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// `25,2%`
    One,
    /// `91,80%`
    Two,
}

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

/// `part` of `whole` in per cent, rounded half up from the whole numbers; a dash if `whole` is zero.
pub fn percent(lang: Lang, part: u64, whole: u64, decimals: Decimals) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let (scale, width) = match decimals {
        Decimals::One => (10, 1),
        Decimals::Two => (100, 2),
    };
    // Both terms fit: 2^64 * 2 * 100 * 100 < 2^128.
    let whole = u128::from(whole);
    let units = (2 * 100 * scale * u128::from(part) + whole) / (2 * whole);
    let mark = decimal_mark(lang);
    // At most 2^64 * 100: the cast loses nothing.
    let before = number(lang, Whole((units / scale) as i128));
    format!("{before}{mark}{:0width$}%", units % scale)
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
    fn check_percent(part: u64, whole: u64, decimals: Decimals, vi: &str) {
        assert_eq!(percent(Lang::Vi, part, whole, decimals), vi);
    }

    /// The first four are published figures of provinces, as they were printed.
    #[test]
    fn percentages_round_half_up() {
        check_percent(174_683, 190_295, Decimals::Two, "91,80%");
        check_percent(169_865, 174_683, Decimals::Two, "97,24%");
        check_percent(165_631, 190_295, Decimals::Two, "87,04%");
        check_percent(26, 103, Decimals::One, "25,2%");
        check_percent(1, 2_000, Decimals::One, "0,1%");
        check_percent(1, 2_001, Decimals::One, "0,0%");
        check_percent(1, 8, Decimals::Two, "12,50%");
        check_percent(1, 1, Decimals::Two, "100,00%");
        check_percent(0, 7, Decimals::Two, "0,00%");
        check_percent(3, 0, Decimals::Two, "–");
        check_percent(u64::MAX, 1, Decimals::Two, "1.844.674.407.370.955.161.500,00%");
        assert_eq!(percent(Lang::En, 174_683, 190_295, Decimals::Two), "91.80%");
    }

    #[test]
    fn dates_have_two_digits_for_day_and_month() {
        assert_eq!(date(2025_i16, 7_i8, 1_i8), "01/07/2025");
        assert_eq!(date(2025_u16, 11_u8, 4_u8), "04/11/2025");
    }
}
