//! Codes of dossiers, by the pattern that the province publishes.
//!
//! A pattern is a text with `{unit}`, `{yyyy}`, `{yy}`, `{mm}`, `{dd}` and, once, `{number}`; the default is the form of Circular
//! 01/2018/TT-VPCP, Art. 19: the unit's code, the day it was received, a number of four digits within the day.

use std::collections::BTreeMap;

use crate::measure::Date;
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion};
use crate::unit::NumberBlock;

/// Digits of a number within the day, unless the pattern's version says otherwise.
const DIGITS: usize = 4;
/// Digits that a pattern may ask for.
const DIGITS_MAX: usize = 9;

/// How codes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePattern {
    before: String,
    after: String,
    digits: usize,
}

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern of codes has {{number}} once, and else only {{unit}}, {{yyyy}}, {{yy}}, {{mm}} and {{dd}} in braces"
)]
pub struct NotAPattern;

impl Default for CodePattern {
    fn default() -> Self {
        Self {
            before: "{unit}-{yy}{mm}{dd}-".to_owned(),
            after: String::new(),
            digits: DIGITS,
        }
    }
}

impl CodePattern {
    /// A pattern with numbers of so many digits.
    ///
    /// # Errors
    /// When the text is no pattern, or the digits are none or more than nine.
    pub fn new(pattern: &str, digits: usize) -> Result<Self, NotAPattern> {
        let (before, after) = pattern.split_once("{number}").ok_or(NotAPattern)?;
        let sound = |text: &str| {
            let rest = ["{unit}", "{yyyy}", "{yy}", "{mm}", "{dd}"]
                .iter()
                .fold(text.to_owned(), |text, known| text.replace(known, ""));
            !rest.contains(['{', '}'])
        };
        if sound(before) && sound(after) && (1..=DIGITS_MAX).contains(&digits) {
            Ok(Self {
                before: before.to_owned(),
                after: after.to_owned(),
                digits,
            })
        } else {
            Err(NotAPattern)
        }
    }

    /// Reads a published pattern: part `pattern`, and `digits` if they are not four.
    ///
    /// # Errors
    /// When the version is of another table, or its parts say no pattern.
    pub fn read(version: &ReferenceVersion) -> Result<Self, BadReference> {
        if version.table != ReferenceTable::CodePattern {
            return Err(version.bad("table", "not a pattern of codes"));
        }
        let digits = version
            .parsed("digits", "not a number of digits")?
            .unwrap_or(DIGITS);
        Self::new(version.text("pattern")?, digits)
            .map_err(|_| version.bad("pattern", "not a pattern of codes"))
    }

    /// The code with a number; none when the number has more digits than the pattern.
    #[must_use]
    pub fn code(&self, unit: &str, day: Date, number: u32) -> Option<String> {
        let width = self.digits;
        let number = format!("{number:0width$}");
        (number.len() == self.digits).then(|| {
            format!(
                "{}{number}{}",
                fill(&self.before, unit, day),
                fill(&self.after, unit, day)
            )
        })
    }

    /// The number of a code of this unit and day; none when it is another's, or not of the pattern.
    #[must_use]
    pub fn number(&self, code: &str, unit: &str, day: Date) -> Option<u32> {
        let rest = code.strip_prefix(&fill(&self.before, unit, day))?;
        let digits = rest.strip_suffix(&fill(&self.after, unit, day))?;
        let good = digits.len() == self.digits && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| digits.parse().ok()).flatten()
    }

    /// What the codes of a unit and day begin with, as far as it is the same for all of them.
    #[must_use]
    pub fn start(&self, unit: &str, day: Date) -> String {
        fill(&self.before, unit, day)
    }

    /// Whether the numbers begin anew each day.
    #[must_use]
    pub fn is_daily(&self) -> bool {
        self.before.contains("{dd}") || self.after.contains("{dd}")
    }

    /// The next code of a unit on a day: in the first of these blocks that has a number above all that were given in it. Numbers
    /// that were only `copied` from a register of another are passed over, and no block ends with one of them. None when all of the
    /// blocks are used up.
    #[must_use]
    pub fn next<'a>(
        &self,
        unit: &str,
        day: Date,
        blocks: &[NumberBlock],
        known: impl Iterator<Item = &'a str>,
        mut copied: impl FnMut(&str) -> bool,
    ) -> Option<String> {
        let numbered = known.filter_map(|code| Some((self.number(code, unit, day)?, code)));
        let known: BTreeMap<u32, &str> = numbered.collect();
        blocks.iter().find_map(|block| {
            let within = |number: &u32| (block.first..=block.last).contains(number);
            let given = |(number, code): &(&u32, &&str)| within(number) && !copied(code);
            let last = known.iter().rev().find(given);
            let first = match last {
                Some((last, _)) => last.checked_add(1)?,
                None => block.first,
            };
            let next = (first..=block.last).find(|number| !known.contains_key(number))?;
            self.code(unit, day, next)
        })
    }
}

/// The numbers from 1 on that none of these blocks has, in order.
#[must_use]
pub fn numbers_beside(blocks: &[NumberBlock]) -> Vec<NumberBlock> {
    let mut blocks = blocks.to_vec();
    blocks.sort_unstable_by_key(|block| block.first);
    let mut beside = Vec::new();
    let mut first = 1;
    for block in blocks {
        if first < block.first {
            let last = block.first - 1;
            beside.push(NumberBlock { first, last });
        }
        first = first.max(block.last.saturating_add(1));
    }
    if first < u32::MAX {
        let last = u32::MAX - 1;
        beside.push(NumberBlock { first, last });
    }
    beside
}

fn fill(text: &str, unit: &str, day: Date) -> String {
    text.replace("{unit}", unit)
        .replace("{yyyy}", &format!("{:04}", day.year()))
        .replace("{yy}", &format!("{:02}", day.year() % 100))
        .replace("{mm}", &format!("{:02}", day.month()))
        .replace("{dd}", &format!("{:02}", day.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Date {
        Date::new(2025, 11, 5).unwrap()
    }

    #[test]
    fn codes_count_up_within_the_day_and_the_unit() {
        let pattern = CodePattern::default();
        let known = [
            "H52.03847-251105-0007",
            "H52.03847-251105-0003",
            "H52.03847-251104-0099",
            "H52.03721-251105-0050",
            "H52.03847-251105-12",
            "H52.03847-251105-00x8",
        ];
        let all = numbers_beside(&[]);
        let next = |unit| pattern.next(unit, day(), &all, known.into_iter(), |_| false);
        assert_eq!(next("H52.03847").as_deref(), Some("H52.03847-251105-0008"));
        assert_eq!(next("H52.04144").as_deref(), Some("H52.04144-251105-0001"));
        let used_up = ["A-251105-9999"].into_iter();
        assert_eq!(pattern.next("A", day(), &all, used_up, |_| false), None);
    }

    #[test]
    fn blocks_are_used_up_one_after_the_other_and_nobody_else_gives_their_numbers() {
        let pattern = CodePattern::default();
        let block = |first, last| NumberBlock { first, last };
        let next = |blocks: &[NumberBlock], known: &[&str]| {
            let code = pattern.next("A", day(), blocks, known.iter().copied(), |_| false);
            code.and_then(|code| pattern.number(&code, "A", day()))
        };
        let blocks = [block(10, 12), block(20, 21)];
        assert_eq!(next(&blocks, &["A-251105-0400"]), Some(10));
        assert_eq!(next(&blocks, &["A-251105-0011", "A-251105-0400"]), Some(12));
        assert_eq!(next(&blocks, &["A-251105-0012"]), Some(20));
        assert_eq!(next(&blocks, &["A-251105-0012", "A-251105-0021"]), None);
        assert_eq!(next(&[], &[]), None);
        let beside = numbers_beside(&blocks);
        assert_eq!(beside[..2], [block(1, 9), block(13, 19)]);
        assert_eq!(next(&beside, &["A-251105-0009", "A-251105-0020"]), Some(13));
        assert_eq!(numbers_beside(&[block(1, 5), block(3, 9)])[0].first, 10);
        assert_eq!(numbers_beside(&[block(1, u32::MAX)]), []);
        assert!(pattern.is_daily());
        assert!(!CodePattern::new("{yyyy}/{number}", 6).unwrap().is_daily());
    }

    #[test]
    fn numbers_of_a_register_that_was_copied_are_passed_over_and_end_no_block() {
        let pattern = CodePattern::default();
        let known = ["A-251105-0001", "A-251105-0002", "A-251105-0004", "A-251105-9999"];
        let all = numbers_beside(&[]);
        let next = |given: &[&str]| {
            let copied = |code: &str| !given.contains(&code);
            pattern.next("A", day(), &all, known.into_iter(), copied)
        };
        assert_eq!(next(&[]).as_deref(), Some("A-251105-0003"));
        assert_eq!(next(&["A-251105-0002"]).as_deref(), Some("A-251105-0003"));
        assert_eq!(next(&["A-251105-0004"]).as_deref(), Some("A-251105-0005"));
        assert_eq!(next(&["A-251105-9999"]), None);
    }

    #[test]
    fn a_pattern_names_the_number_once_and_nothing_unknown() {
        let pattern = CodePattern::new("{yyyy}/{number}/{unit}", 6).unwrap();
        assert_eq!(pattern.code("MB", day(), 12).as_deref(), Some("2025/000012/MB"));
        assert_eq!(pattern.number("2025/000012/MB", "MB", day()), Some(12));
        for (bad, digits) in [
            ("{unit}", 4),
            ("{number}{number}", 4),
            ("{desk}-{number}", 4),
            ("}{number}", 4),
            ("{number}", 0),
            ("{number}", 10),
        ] {
            assert_eq!(CodePattern::new(bad, digits), Err(NotAPattern), "{bad} {digits}");
        }
    }
}
