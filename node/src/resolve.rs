//! Which record somebody means: by the first digits of its id, its code, or its name, as it is now, was, or is called
//! elsewhere, without accents.
//!
//! What fits best decides, in this order: an id or what a record is called now, in full; what it was called, or what a closed unit
//! is called; a name without the word for the kind of unit (“Mường Bú” for “Xã Mường Bú”); whole words of a name; the beginning of a
//! name or code; a part of a code. Several that fit equally well name none, and are listed; so is what is spelt nearly so when nothing fits.

use soxa_lang::{collated, fold};
use soxa_ledger::RecordId;

use crate::failure::Failure;
use crate::output::short;
use crate::search::PartOfCode;

/// Digits of an id that are enough to name it; fewer would often name something by accident.
pub const ID_DIGITS_MIN: usize = 4;
/// Letters that are enough for the beginning of a name or code.
const BEGINNING_MIN: usize = 3;
/// Candidates that a message lists.
const CANDIDATES_SHOWN: usize = 8;
/// Digits of the code of a commune.
const CODE_DIGITS: usize = 5;
/// Letters of a name for each one that may be wrong in it.
const LETTERS_PER_SLIP: usize = 4;

/// The words for kinds of places, folded; the longer ones first.
const PLACES: [&str; 9] = [
    "thanh pho",
    "thi tran",
    "dac khu",
    "thi xa",
    "phuong",
    "huyen",
    "quan",
    "tinh",
    "xa",
];
/// Their abbreviations.
const ABBREVIATIONS: [(&str, &str); 8] = [
    ("tp.", "thanh pho"),
    ("tt.", "thi tran"),
    ("tx.", "thi xa"),
    ("dk.", "dac khu"),
    ("p.", "phuong"),
    ("h.", "huyen"),
    ("q.", "quan"),
    ("x.", "xa"),
];

/// A record as people may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub id: RecordId,
    /// Its codes.
    pub codes: Vec<String>,
    /// Its names: more than one when officials disagree.
    pub names: Vec<String>,
    /// Codes that it had or has elsewhere.
    pub other_codes: Vec<String>,
    /// Names that it had or has elsewhere.
    pub other_names: Vec<String>,
    /// Whether it has ended: another record that has its name or code now goes before it.
    pub ended: bool,
    /// What tells it apart from others of its name where they are listed; it is not found by that.
    pub apart: String,
}

impl Candidate {
    /// A record that was never called otherwise and has not ended.
    pub fn new(id: RecordId, codes: Vec<String>, names: Vec<String>) -> Self {
        Self {
            id,
            codes,
            names,
            other_codes: Vec::new(),
            other_names: Vec::new(),
            ended: false,
            apart: String::new(),
        }
    }

    /// The same, told apart by this.
    pub fn told_apart_by(self, apart: String) -> Self {
        Self { apart, ..self }
    }

    fn label(&self) -> String {
        let words = self.codes.iter().chain(&self.names).chain([&self.apart]);
        let words: Vec<&str> = words
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        format!("{} ({})", short(&self.id.to_string()), words.join(" "))
    }
}

/// How well a text fits a record; the first fits best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Now,
    Otherwise,
    Bare,
    Words,
    Beginning,
    Part,
}

/// What a text may mean that names nothing in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unnamed {
    /// None is called so; these nearly.
    Nearly(Vec<String>),
    /// Several are called so.
    Several(Vec<String>),
}

/// Records that can be looked up.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    candidate: Candidate,
    id: String,
    now: Vec<String>,
    otherwise: Vec<String>,
    /// Names of any time, folded.
    names: Vec<String>,
}

impl Entry {
    fn of(candidate: Candidate) -> Self {
        let compared = |texts: &[String]| -> Vec<String> {
            let texts = texts.iter().map(|text| comparable(text));
            texts.filter(|text| !text.is_empty()).collect()
        };
        let names = compared(&candidate.names);
        let other_names = compared(&candidate.other_names);
        let now = [compared(&candidate.codes), names.clone()].concat();
        let otherwise = [compared(&candidate.other_codes), other_names.clone()].concat();
        let names = [names, other_names].concat();
        let (now, otherwise) = match candidate.ended {
            true => (Vec::new(), [now, otherwise].concat()),
            false => (now, otherwise),
        };
        Self {
            id: candidate.id.to_string(),
            candidate,
            now,
            otherwise,
            names,
        }
    }

    /// Whether a name of it, or its last words, are written so with all accents, in whatever case.
    fn is_spelt(&self, text: &str) -> bool {
        let wanted = collated(&text.to_lowercase());
        let ends_so = |name: &String| {
            let name = name.to_lowercase();
            let starts = name.match_indices(' ').map(|(at, _)| at + 1);
            std::iter::once(0)
                .chain(starts)
                .any(|at| name.get(at..).is_some_and(|end| collated(end) == wanted))
        };
        let mut names = self.candidate.names.iter().chain(&self.candidate.other_names);
        names.any(ends_so)
    }

    fn has_code(&self, code: &str) -> bool {
        let candidate = &self.candidate;
        let mut codes = candidate.codes.iter().chain(&candidate.other_codes);
        codes.any(|known| known == code)
    }

    fn fit(&self, wanted: &str, part: &PartOfCode, is_id: bool) -> Option<Fit> {
        let is = |text: &String| text == wanted;
        let mut words = self.names.iter();
        if (is_id && self.id.starts_with(wanted)) || self.now.iter().any(is) {
            Some(Fit::Now)
        } else if self.otherwise.iter().any(is) {
            Some(Fit::Otherwise)
        } else if self.names.iter().any(|name| bare(name) == wanted) {
            Some(Fit::Bare)
        } else if words.any(|name| contains(name, wanted)) {
            Some(Fit::Words)
        } else {
            let mut all = self.now.iter().chain(&self.otherwise);
            let begins = |text: &String| text.starts_with(wanted) || bare(text).starts_with(wanted);
            let beginning = wanted.len() >= BEGINNING_MIN && all.any(begins);
            let part = || part.names_something() && self.candidate.codes.iter().any(|code| part.is_in(code));
            let fit = beginning.then_some(Fit::Beginning);
            fit.or_else(|| part().then_some(Fit::Part))
        }
    }
}

impl Directory {
    /// A directory of these records.
    pub fn of(candidates: impl IntoIterator<Item = Candidate>) -> Self {
        Self {
            entries: candidates.into_iter().map(Entry::of).collect(),
        }
    }

    /// The one record that the text names.
    ///
    /// # Errors
    /// `errors.unknown_record`, `errors.unknown_near` with what is spelt nearly so, or `errors.record_ambiguous` with the
    /// candidates.
    pub fn find(&self, text: &str) -> Result<RecordId, Failure> {
        let mut found = self.fitting(text);
        let best = found.first().map(|(fit, _)| *fit);
        found.retain(|(fit, _)| Some(*fit) == best);
        if found.len() > 1 && !text.is_ascii() {
            // Who writes accents means them.
            let spelt: Vec<(Fit, &Entry)> = found
                .iter()
                .filter(|(_, one)| one.is_spelt(text))
                .copied()
                .collect();
            if spelt.len() == 1 {
                found = spelt;
            }
        }
        match found.as_slice() {
            [] => Err(self.unknown(text)),
            [(_, one)] => Ok(one.candidate.id),
            several => {
                let several = several.iter().map(|(_, entry)| *entry);
                let values: [(&str, &dyn std::fmt::Display); 2] =
                    [("id", &text), ("candidates", &listed(several))];
                Err(Failure::new("errors.record_ambiguous", &values))
            }
        }
    }

    /// The one record that a text names in full, for tables that nobody looks at line by line: by its whole id, a code or a
    /// name of any time, or a name without the word for the kind of place. Codes lose their zeros in spreadsheets.
    ///
    /// # Errors
    /// Those that it may mean, and whether they fit equally well.
    pub fn named(&self, text: &str) -> Result<RecordId, Unnamed> {
        let is_code = text.len() < CODE_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
        let padded = format!("{text:0>CODE_DIGITS$}");
        let is_known = |text: &str| self.entries.iter().any(|entry| entry.has_code(text));
        // Provinces and old districts have codes of two and three digits.
        let text = if is_code && !is_known(text) {
            padded.as_str()
        } else {
            text
        };
        let fitting = self.fitting(text);
        let is_part_of_an_id = |fit: Fit, entry: &Entry| {
            let wanted = comparable(text);
            fit == Fit::Now && entry.id != wanted && !entry.now.contains(&wanted)
        };
        let mut full = fitting.clone();
        full.retain(|(fit, entry)| *fit <= Fit::Bare && !is_part_of_an_id(*fit, entry));
        let best = full.first().map(|(fit, _)| *fit);
        full.retain(|(fit, _)| Some(*fit) == best);
        let labels = |entries: &mut dyn Iterator<Item = &Entry>| {
            entries
                .take(CANDIDATES_SHOWN)
                .map(|entry| entry.candidate.label())
                .collect()
        };
        match full.as_slice() {
            [(_, one)] => Ok(one.candidate.id),
            [] if fitting.is_empty() => Err(Unnamed::Nearly(labels(&mut self.near(text).into_iter()))),
            [] => Err(Unnamed::Nearly(labels(
                &mut fitting.iter().map(|(_, entry)| *entry),
            ))),
            several => Err(Unnamed::Several(labels(
                &mut several.iter().map(|(_, entry)| *entry),
            ))),
        }
    }

    /// Every record that the text may mean, the best first; when none fits, those that are spelt nearly so.
    pub fn search(&self, text: &str) -> Vec<RecordId> {
        let found = self.fitting(text);
        if found.is_empty() {
            return self.near(text).iter().map(|entry| entry.candidate.id).collect();
        }
        found.iter().map(|(_, entry)| entry.candidate.id).collect()
    }

    fn fitting(&self, text: &str) -> Vec<(Fit, &Entry)> {
        let wanted = comparable(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        let is_id = wanted.len() >= ID_DIGITS_MIN && wanted.bytes().all(|b| b.is_ascii_hexdigit());
        let (entries, part) = (self.entries.iter(), PartOfCode::of(text));
        let mut found: Vec<(Fit, &Entry)> = entries
            .filter_map(|entry| Some((entry.fit(&wanted, &part, is_id)?, entry)))
            .collect();
        found.sort_by_key(|(fit, _)| *fit);
        found
    }

    fn unknown(&self, text: &str) -> Failure {
        let near = self.near(text);
        if near.is_empty() {
            return Failure::new("errors.unknown_record", &[("id", &text)]);
        }
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("id", &text), ("candidates", &listed(near.into_iter()))];
        Failure::new("errors.unknown_near", &values)
    }

    /// The records whose name is written with a few other letters, the nearest first.
    fn near(&self, text: &str) -> Vec<&Entry> {
        let wanted = comparable(text);
        let wanted: Vec<char> = bare(&wanted).chars().collect();
        let slips_max = wanted.len() / LETTERS_PER_SLIP;
        let slips = |entry: &Entry| {
            let names = entry
                .names
                .iter()
                .map(|name| bare(name).chars().collect::<Vec<_>>());
            names.filter_map(|name| slips(&wanted, &name, slips_max)).min()
        };
        let mut near: Vec<(usize, &Entry)> = self
            .entries
            .iter()
            .filter_map(|entry| Some((slips(entry)?, entry)))
            .collect();
        near.sort_by_key(|(slips, _)| *slips);
        let nearest = near.into_iter().take(CANDIDATES_SHOWN);
        nearest.map(|(_, entry)| entry).collect()
    }
}

fn listed<'a>(entries: impl ExactSizeIterator<Item = &'a Entry>) -> String {
    let more = entries.len() > CANDIDATES_SHOWN;
    let shown = entries.take(CANDIDATES_SHOWN);
    let mut labels: Vec<String> = shown.map(|entry| entry.candidate.label()).collect();
    if more {
        labels.push("…".to_owned());
    }
    labels.join(", ")
}

/// Folded, with abbreviations of kinds of places written out.
pub fn comparable(text: &str) -> String {
    let folded = fold(text);
    let long = ABBREVIATIONS.iter().find_map(|(short, long)| {
        let rest = folded.strip_prefix(short)?;
        Some(format!("{long} {}", rest.trim_start()))
    });
    long.unwrap_or(folded)
}

/// A folded name without the word for the kind of place.
pub fn bare(name: &str) -> &str {
    let stripped = PLACES
        .iter()
        .find_map(|place| name.strip_prefix(place)?.strip_prefix(' '));
    stripped.unwrap_or(name)
}

/// Whether the words stand in the name, as whole words.
fn contains(name: &str, words: &str) -> bool {
    format!(" {name} ").contains(&format!(" {words} "))
}

/// How many letters have to be put in, left out or changed to make one word of the other; none when more than `max`.
fn slips(one: &[char], other: &[char], max: usize) -> Option<usize> {
    if max == 0 || one.len().abs_diff(other.len()) > max {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, above) in other.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(a != b)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().filter(|slips| *slips <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(first: u8, second: u8, code: &str, name: &str) -> Candidate {
        let mut id = [0; 32];
        (id[0], id[1]) = (first, second);
        Candidate::new(RecordId(id), vec![code.to_owned()], vec![name.to_owned()])
    }

    fn candidates() -> Vec<Candidate> {
        let mut chiem_hoa = unit(0x07, 0x07, "02287", "Xã Chiêm Hóa");
        chiem_hoa.other_names = vec!["Thị trấn Hoá Chiêm".to_owned()];
        chiem_hoa.other_codes = vec!["02288".to_owned()];
        let mut closed = unit(0x08, 0x08, "03847", "Thị trấn Vĩnh Lộc");
        closed.ended = true;
        vec![
            unit(0xab, 0x01, "03847", "Xã Mường Bú"),
            unit(0xab, 0x02, "04144", "Xã Phiêng Cằm"),
            unit(0x03, 0x84, "", "Trung tâm dịch vụ tổng hợp xã Mường Bú"),
            unit(0x05, 0x00, "99999", "Xã Tân Tiến"),
            unit(0x06, 0x01, "99998", "Xã Tân Tiến"),
            unit(0x09, 0x09, "00004", "Phường Ba Đình"),
            chiem_hoa,
            closed,
        ]
    }

    #[track_caller]
    fn check(text: &str, expected: Result<u8, &str>) {
        let found = Directory::of(candidates()).find(text);
        match expected {
            Ok(second) => assert_eq!(found.map(|id| (id.0[0], id.0[1]).1), Ok(second), "{text}"),
            Err(error) => assert_eq!(found.unwrap_err().error(), error, "{text}"),
        }
    }

    #[test]
    fn records_are_named_by_id_code_or_name() {
        check("ab01", Ok(0x01));
        check("AB02", Ok(0x02));
        check("04144", Ok(0x02));
        check("xa phieng cam", Ok(0x02));
        check("phieng cam", Ok(0x02));
        check("Trung tâm dịch vụ tổng hợp xã Mường Bú", Ok(0x84));
    }

    #[test]
    fn what_fits_better_goes_first() {
        check("Xã Mường Bú", Ok(0x01));
        check("muong bu", Ok(0x01));
        check("tong hop", Ok(0x84));
        check("phieng", Ok(0x02));
        check("phi", Ok(0x02));
        check("0414", Ok(0x02));
    }

    #[test]
    fn old_names_codes_and_abbreviations_name_a_record() {
        check("chiem hoa", Ok(0x07));
        check("Chiêm Hoá", Ok(0x07));
        check("TT. Hóa Chiêm", Ok(0x07));
        check("02288", Ok(0x07));
        check("p.ba dinh", Ok(0x09));
        check("thị trấn Vĩnh Lộc", Ok(0x08));
        // A code that was given anew names who has it now.
        check("03847", Ok(0x01));
    }

    #[test]
    fn what_fits_none_or_several_names_none() {
        check("ab", Err("errors.unknown_record"));
        check("", Err("errors.unknown_record"));
        check("ffff", Err("errors.unknown_record"));
        check("Tân Tiến", Err("errors.record_ambiguous"));
        check("99999", Ok(0x00));
    }

    #[test]
    fn of_those_without_accents_alike_the_one_with_the_written_accents_is_meant() {
        let all = vec![
            unit(0x01, 0x01, "", "Lò Văn An"),
            unit(0x02, 0x02, "", "Lò Văn Ân"),
            unit(0x03, 0x03, "", "Xã Cẩm Giàng"),
            unit(0x04, 0x04, "", "Xã Cẩm Giang"),
        ];
        let directory = Directory::of(all);
        let find = |text| directory.find(text).ok().map(|id| id.0[0]);
        assert_eq!(find("lò văn an"), Some(0x01));
        assert_eq!(find("Lo\u{300} Va\u{306}n A\u{302}n"), Some(0x02));
        assert_eq!(find("Cẩm Giàng"), Some(0x03));
        assert_eq!(find("xã cẩm giang"), Some(0x04));
        assert_eq!(find("Lo Van An"), None);
    }

    #[test]
    fn what_is_spelt_nearly_so_is_named() {
        let directory = Directory::of(candidates());
        for (text, near) in [("Phiêng Cắn", "Xã Phiêng Cằm"), ("xã Muong Buu", "Xã Mường Bú")] {
            let failure = directory.find(text).unwrap_err();
            assert_eq!(failure.error(), "errors.unknown_near", "{text}");
            assert!(failure.say(soxa_lang::Lang::En).contains(near), "{text}");
        }
        assert_eq!(directory.search("Phiêng Cắn"), directory.search("Phiêng Cằm"));
        assert_eq!(directory.search("tan tien").len(), 2);
    }

    #[test]
    fn a_code_that_looks_like_an_id_is_never_guessed() {
        let mut all = candidates();
        all[0].id = RecordId([0x04; 32]);
        all[2].id = {
            let mut id = [0; 32];
            id[..2].copy_from_slice(&[0x04, 0x14]);
            id[2] = 0x4f;
            RecordId(id)
        };
        let found = Directory::of(all).find("04144");
        assert_eq!(found.unwrap_err().error(), "errors.record_ambiguous");
    }
}
