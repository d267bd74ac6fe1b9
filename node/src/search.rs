//! Finding records of any kind by what people remember of them: folded, so that accents, đ, the place of tones and the Unicode form do
//! not count; whole, by its beginning, or by the beginnings of its words in any order.

use std::collections::BTreeSet;

use crate::resolve::{ID_DIGITS_MIN, bare, comparable};

/// How well a record fits; the first fits best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// One of its names or codes is what was looked for, or its id begins so.
    Exact,
    /// One of them begins so.
    Beginning,
    /// Each word begins one of its words.
    Words,
    /// Each word is a part of one of its codes.
    Part,
}

/// Letters and digits that are enough for a part of a code; fewer stand in very many.
const PART_MIN: usize = 4;

/// A part of a code as people type it: words without accents and case, each of which may stand anywhere in it.
#[derive(Debug, Clone)]
pub struct PartOfCode(Vec<String>);

impl PartOfCode {
    /// Of a text.
    pub fn of(text: &str) -> Self {
        Self(comparable(text).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether it may name something among all that there is: it is not too short, and has a digit.
    pub fn names_something(&self) -> bool {
        let long = self.0.iter().map(String::len).sum::<usize>() >= PART_MIN;
        long && self.0.iter().any(|word| word.bytes().any(|b| b.is_ascii_digit()))
    }

    /// Whether it stands in a code.
    pub fn is_in(&self, code: &str) -> bool {
        let code = comparable(code);
        !self.0.is_empty() && self.0.iter().all(|word| code.contains(word.as_str()))
    }
}

/// What was looked for.
#[derive(Debug, Clone)]
pub struct Sought {
    text: String,
    words: Vec<String>,
    part: PartOfCode,
    is_id: bool,
}

impl Sought {
    /// A text as people type it; none when nothing is left of it.
    pub fn of(text: &str) -> Option<Self> {
        let part = PartOfCode::of(text);
        let text = comparable(text);
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let is_id = text.len() >= ID_DIGITS_MIN && text.bytes().all(|b| b.is_ascii_hexdigit());
        (!words.is_empty()).then_some(Self {
            text,
            words,
            part,
            is_id,
        })
    }

    /// The text as a part of a code, when it may be one.
    pub fn part(&self) -> Option<&str> {
        self.part.names_something().then_some(self.text.as_str())
    }

    /// How a record of this id fits that is called so; none when it does not.
    pub fn fit<'a>(&self, id: &str, called: impl IntoIterator<Item = &'a str>) -> Option<Fit> {
        let texts: Vec<String> = called.into_iter().map(comparable).collect();
        let mut called = texts.iter().map(String::as_str).filter(|text| !text.is_empty());
        let mut best = (self.is_id && id.starts_with(&self.text)).then_some(Fit::Exact);
        let mut words: BTreeSet<&str> = BTreeSet::new();
        for text in called.by_ref() {
            let bare = bare(text);
            let fit = if text == self.text || bare == self.text {
                Some(Fit::Exact)
            } else if text.starts_with(&self.text) || bare.starts_with(&self.text) {
                Some(Fit::Beginning)
            } else {
                None
            };
            best = [best, fit].into_iter().flatten().min();
            words.extend(text.split_whitespace());
            // Codes have points and dashes between their parts.
            words.extend(
                text.split(|c: char| !c.is_alphanumeric())
                    .filter(|part| !part.is_empty()),
            );
        }
        let begun = |wanted: &String| words.iter().any(|word| word.starts_with(wanted.as_str()));
        let part = || {
            let is_in = |text: &String| self.part.is_in(text);
            (self.part.names_something() && texts.iter().any(is_in)).then_some(Fit::Part)
        };
        best.or_else(|| self.words.iter().all(begun).then_some(Fit::Words))
            .or_else(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sought: &str, called: &[&str], expected: Option<Fit>) {
        let sought = Sought::of(sought).expect("words");
        let id = "4f2a91c0".repeat(8);
        assert_eq!(sought.fit(&id, called.iter().copied()), expected, "{called:?}");
    }

    #[test]
    fn accents_order_and_forms_do_not_count() {
        check("Lò Văn An", &["Lò Văn An"], Some(Fit::Exact));
        check("lo van an", &["Lò Văn An"], Some(Fit::Exact));
        check("lo van", &["Lò Văn An"], Some(Fit::Beginning));
        check("an lo", &["Lò Văn An"], Some(Fit::Words));
        check("an l", &["Lò Văn An"], Some(Fit::Words));
        check("an cam", &["Lò Văn An"], None);
        check("dac do", &["Đỗ Đắc"], Some(Fit::Words));
        check("Đắc Đỗ", &["Đỗ Đắc"], Some(Fit::Words));
        check("Chiêm Hoá", &["Xã Chiêm Hóa"], Some(Fit::Exact));
        check(
            "Mu\u{31b}o\u{31b}\u{300}ng Bu\u{301}",
            &["Xã Mường Bú"],
            Some(Fit::Exact),
        );
        check("x. muong", &["Xã Mường Bú"], Some(Fit::Beginning));
        check(
            "TT. Vĩnh Lộc",
            &["Xã Chiêm Hóa", "Thị trấn Vĩnh Lộc"],
            Some(Fit::Exact),
        );
    }

    #[test]
    fn codes_and_ids_are_found_by_their_parts() {
        let code = "000.00.01.H29-240115-0001";
        check(code, &[code], Some(Fit::Exact));
        check("000.00.01.h29", &[code], Some(Fit::Beginning));
        check("240115", &[code], Some(Fit::Words));
        check("h29 0001", &[code], Some(Fit::Words));
        check("0115-0001", &[code], Some(Fit::Part));
        check("5-0001 H29", &[code], Some(Fit::Part));
        check("0-01", &["Đ-10-01"], Some(Fit::Part));
        check("15-", &[code], None);
        check("ông-", &["ông-1"], Some(Fit::Beginning));
        check("ng-bu", &["muong-bu"], None);
        check("4f2a", &["Máy cày"], Some(Fit::Exact));
        check("4f2", &["Máy cày"], None);
        check("máy 03847", &["MT-01", "Máy vi tính", "03847"], Some(Fit::Words));
        assert!(Sought::of("  ").is_none());
    }
}
