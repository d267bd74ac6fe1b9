//! Vietnamese text in one form: NFC, single spaces, and the letters of the old fonts TCVN3 (.VnTime) and VNI (VNI-Times)
//! converted, which stand in Unicode files as Latin letters (`Tµi s¶n`, `Taøi saûn`).
//!
//! Which encoding a column is in is told by its words: one that is a Vietnamese syllable when read as TCVN3 and none as it
//! stands is a vote for TCVN3. A column with votes and no letter that only Unicode has is converted whole, so that words
//! which could be either (`Mét`) follow the others; in a mixed column only what is certain is converted.

use std::collections::BTreeMap;
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::problems::Notice;
use crate::workbook::{Sheet, Value};

/// The vowels without tone, then with grave, acute, hook, tilde and dot.
const VOWELS: [[char; 6]; 12] = [
    ['a', 'à', 'á', 'ả', 'ã', 'ạ'],
    ['ă', 'ằ', 'ắ', 'ẳ', 'ẵ', 'ặ'],
    ['â', 'ầ', 'ấ', 'ẩ', 'ẫ', 'ậ'],
    ['e', 'è', 'é', 'ẻ', 'ẽ', 'ẹ'],
    ['ê', 'ề', 'ế', 'ể', 'ễ', 'ệ'],
    ['i', 'ì', 'í', 'ỉ', 'ĩ', 'ị'],
    ['o', 'ò', 'ó', 'ỏ', 'õ', 'ọ'],
    ['ô', 'ồ', 'ố', 'ổ', 'ỗ', 'ộ'],
    ['ơ', 'ờ', 'ớ', 'ở', 'ỡ', 'ợ'],
    ['u', 'ù', 'ú', 'ủ', 'ũ', 'ụ'],
    ['ư', 'ừ', 'ứ', 'ử', 'ữ', 'ự'],
    ['y', 'ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ'],
];

/// TCVN 5712, VN3: the bytes of the letters, as Latin-1 shows them. Capitals with a tone have none of their own: the capital
/// fonts show the small ones as capitals.
const TCVN3: [(&str, &str); 2] = [
    (
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊËÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u{ad}õö÷øùúûüýþ®",
        "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ",
    ),
    ("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ"),
];
/// VNI: letters of their own.
const VNI_LETTERS: (&str, &str) = ("íìæóòñîôö", "íìỉĩịđỵơư");
/// VNI: the letter that follows a vowel and gives it its tone.
const VNI_TONES: &str = "øùûõï";
/// VNI: the letter that follows a, e, o and gives them a circumflex, alone or with a tone.
const VNI_CIRCUMFLEX: &str = "âàáåãä";
/// VNI: the letter that follows a and gives it a breve, alone or with a tone.
const VNI_BREVE: &str = "êèéúüë";

/// What may begin a syllable, longer ones first.
const ONSETS: &[&str] = &[
    "ngh", "ch", "gh", "gi", "kh", "kr", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g", "h",
    "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
];
/// What may follow.
const RIMES: &str = "a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng \
    eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu o oc oi om on ong op ot oa \
    oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ôc ôi ôm ôn ông ôp ôt ô ơ ơi ơm ơn \
    ơp ơt u ua uc ui um un ung up ut uê uêch uênh uy uya uych uyên uyêt uynh uyt uyu uân uâng uât uây uôc uôi uôm uôn uông \
    uôt uơ ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu y yên yêt yêu yêm";

/// An old encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Legacy {
    Tcvn3,
    Vni,
}

impl Legacy {
    const ALL: [Self; 2] = [Self::Tcvn3, Self::Vni];

    fn name(self) -> &'static str {
        match self {
            Self::Tcvn3 => "TCVN3",
            Self::Vni => "VNI",
        }
    }

    fn read(self, text: &str) -> String {
        match self {
            Self::Tcvn3 => text
                .chars()
                .map(|c| {
                    TCVN3
                        .iter()
                        .find_map(|(old, new)| exchanged(c, old, new))
                        .unwrap_or(c)
                })
                .collect(),
            Self::Vni => vni(text),
        }
    }
}

/// The letter at the same place of another row.
fn exchanged(c: char, old: &str, new: &str) -> Option<char> {
    let at = old.chars().position(|one| one == c)?;
    new.chars().nth(at)
}

fn vni(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let small = lower(c);
        let own = exchanged(small, VNI_LETTERS.0, VNI_LETTERS.1).unwrap_or(small);
        let vowel = chars.peek().and_then(|next| marked(own, lower(*next)));
        if vowel.is_some() {
            chars.next();
        }
        let letter = vowel.unwrap_or(own);
        read.extend(if c == small {
            vec![letter]
        } else {
            letter.to_uppercase().collect()
        });
    }
    read
}

/// A vowel with what the letter after it gives it.
fn marked(vowel: char, mark: char) -> Option<char> {
    let place = |marks: &str| marks.chars().position(|one| one == mark);
    let row = |base: char| VOWELS.iter().find(|row| row.first() == Some(&base));
    let (base, tone) = match vowel {
        'a' | 'e' | 'o' if place(VNI_CIRCUMFLEX).is_some() => {
            let hat = exchanged(vowel, "aeo", "âêô")?;
            (hat, place(VNI_CIRCUMFLEX)?)
        }
        'a' if place(VNI_BREVE).is_some() => ('ă', place(VNI_BREVE)?),
        _ => (vowel, place(VNI_TONES)? + 1),
    };
    row(base)?.get(tone).copied()
}

fn lower(c: char) -> char {
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Whether the word can be a Vietnamese syllable: at most one tone, a beginning and a rime that exist.
fn is_syllable(word: &str) -> bool {
    let (mut tones, mut plain) = (0, String::with_capacity(word.len()));
    for c in word.chars().map(lower) {
        let found = VOWELS.iter().find_map(|row| {
            let tone = row.iter().position(|one| *one == c)?;
            Some((row.first().copied()?, tone))
        });
        let (base, tone) = found.unwrap_or((c, 0));
        tones += usize::from(tone > 0);
        plain.push(base);
    }
    let fits = |onset: &str| {
        plain
            .strip_prefix(onset)
            .is_some_and(|rime| RIMES.split_ascii_whitespace().any(|one| one == rime))
    };
    tones <= 1 && ONSETS.iter().any(|onset| fits(onset))
}

/// The words that hold a Latin letter or sign beyond ASCII, without the figures and signs around them.
fn doubtful(text: &str) -> impl Iterator<Item = &str> {
    let apart =
        |c: char| c.is_ascii() && !c.is_ascii_alphabetic() || matches!(c, '²' | '³' | '°' | ' ' | '\u{a0}');
    text.split(apart).filter(|word| !word.is_ascii())
}

/// Whether all doubtful words are syllables when read so.
fn fits(text: &str, legacy: Legacy) -> bool {
    doubtful(text).all(|word| is_syllable(&legacy.read(word)))
}

/// The encoding that the text must be in: a word of several letters is no syllable as it stands, and all are when read so.
fn vote(text: &str) -> Option<Legacy> {
    let beyond_latin = text.chars().any(|c| c > '\u{ff}');
    let odd = doubtful(text).any(|word| word.chars().nth(1).is_some() && !is_syllable(word));
    (odd && !beyond_latin)
        .then(|| Legacy::ALL.into_iter().find(|legacy| fits(text, *legacy)))
        .flatten()
}

/// The votes of one column.
#[derive(Default)]
struct Votes {
    unicode: bool,
    of: BTreeMap<Legacy, usize>,
}

impl Votes {
    /// The encoding that the whole column is in.
    fn winner(&self) -> Option<Legacy> {
        let most = self.of.iter().max_by_key(|(_, count)| **count);
        most.filter(|_| !self.unicode).map(|(legacy, _)| *legacy)
    }
}

/// Brings all text of a sheet into one form. What was converted from an old encoding is told.
pub fn settle(sheet: &mut Sheet) -> Vec<Notice> {
    let mut columns: BTreeMap<u16, Votes> = BTreeMap::new();
    let cells = sheet.rows.iter_mut().flat_map(|row| &mut row.cells);
    for (column, cell) in cells {
        if let Value::Text(text) = &mut cell.value {
            *text = composed(text);
            if text.is_ascii() {
                continue;
            }
            let votes = columns.entry(*column).or_default();
            votes.unicode |= text.chars().any(is_only_unicode);
            if let Some(legacy) = vote(text) {
                *votes.of.entry(legacy).or_default() += 1;
            }
        }
    }
    columns.retain(|_, votes| !votes.of.is_empty());
    let mut converted: BTreeMap<Legacy, usize> = BTreeMap::new();
    let cells = sheet.rows.iter_mut().flat_map(|row| &mut row.cells);
    for (column, cell) in cells {
        let (Value::Text(text), Some(votes)) = (&mut cell.value, columns.get(column)) else {
            continue;
        };
        let column_wide = votes
            .winner()
            .filter(|legacy| !text.is_ascii() && fits(text, *legacy));
        if let Some(legacy) = column_wide.or_else(|| vote(text)) {
            *text = legacy.read(text).into();
            *converted.entry(legacy).or_default() += 1;
        }
    }
    converted
        .into_iter()
        .map(|(legacy, count)| Notice::Converted {
            encoding: legacy.name(),
            count,
        })
        .collect()
}

/// Vietnamese letters that no old encoding shows as themselves.
fn is_only_unicode(c: char) -> bool {
    matches!(
        c,
        'ă' | 'Ă' | 'đ' | 'Đ' | 'ĩ' | 'Ĩ' | 'ũ' | 'Ũ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}'
    )
}

/// NFC, with single spaces.
fn composed(text: &Arc<str>) -> Arc<str> {
    let normalizer = ComposingNormalizerBorrowed::new_nfc();
    let spaced = text.split(char::is_whitespace).all(|word| !word.is_empty())
        && !text.contains(['\n', '\t', '\r', '\u{a0}']);
    if spaced && (text.is_ascii() || normalizer.is_normalized(text)) {
        return Arc::clone(text);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    normalizer.normalize(&words.join(" ")).as_ref().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{Cell, Row};

    fn settled(columns: &[&[&str]]) -> (Vec<Vec<String>>, Vec<Notice>) {
        let rows = columns.first().map_or(0, |column| column.len());
        let cell = |text: &str| Cell::typed(Value::Text(text.into()));
        let row = |at: usize| Row {
            number: at as u32 + 1,
            cells: (0..)
                .zip(columns)
                .map(|(column, texts)| (column, cell(texts[at])))
                .collect(),
        };
        let mut sheet = Sheet {
            rows: (0..rows).map(row).collect(),
            ..Sheet::default()
        };
        let notices = settle(&mut sheet);
        let texts = (0..columns.len())
            .map(|column| sheet.rows.iter().map(|row| row.cells[column].1.text()).collect());
        (texts.collect(), notices)
    }

    #[track_caller]
    fn check(given: &[&str], expected: &[&str], encoding: Option<&'static str>) {
        let (columns, notices) = settled(&[given]);
        assert_eq!(columns[0], expected);
        let told: Vec<&str> = notices
            .iter()
            .map(|notice| match notice {
                Notice::Converted { encoding, .. } => *encoding,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, encoding.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn tcvn3_is_converted_with_the_words_that_could_be_either() {
        check(
            &[
                "Tµi s¶n",
                "Nhµ lµm viÖc x· M\u{ad}êng Bó",
                "Mét c¸i",
                "§ång hå ®o n\u{ad}íc",
                "Xe « t«",
            ],
            &[
                "Tài sản",
                "Nhà làm việc xã Mường Bú",
                "Một cái",
                "Đồng hồ đo nước",
                "Xe ô tô",
            ],
            Some("TCVN3"),
        );
    }

    #[test]
    fn vni_is_converted() {
        check(
            &[
                "Taøi saûn",
                "Nhaø laøm vieäc xaõ Möôøng Buù",
                "Ñoàng hoà ño nöôùc",
                "Toøa nhaø 3 taàng",
                "UÛY BAN NHAÂN DAÂN",
            ],
            &[
                "Tài sản",
                "Nhà làm việc xã Mường Bú",
                "Đồng hồ đo nước",
                "Tòa nhà 3 tầng",
                "ỦY BAN NHÂN DÂN",
            ],
            Some("VNI"),
        );
    }

    #[test]
    fn both_unicode_forms_become_one_and_nothing_else_changes() {
        check(
            &["Nha\u{300} la\u{300}m vie\u{323}\u{302}c"],
            &["Nhà làm việc"],
            None,
        );
        check(
            &[
                "Máy  lọc\n5 µm",
                "Nhà 120 m²",
                "Máy phát Citroën ®",
                "Bàn, ghế",
                "Sò",
            ],
            &[
                "Máy lọc 5 µm",
                "Nhà 120 m²",
                "Máy phát Citroën ®",
                "Bàn, ghế",
                "Sò",
            ],
            None,
        );
        check(
            &["Hòa", "bàn", "tốt", "Mét vuông"],
            &["Hòa", "bàn", "tốt", "Mét vuông"],
            None,
        );
    }

    #[test]
    fn in_a_mixed_column_only_what_is_certain_is_converted() {
        check(
            &["Trường học", "Tµi s¶n", "Mét"],
            &["Trường học", "Tài sản", "Mét"],
            Some("TCVN3"),
        );
    }
}
