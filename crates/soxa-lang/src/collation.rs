//! The order of Vietnamese words (CLDR `vi`): letters first, a ă â b c d đ e ê … o ô ơ … u ư …, then tones, huyền before hỏi, ngã,
//! sắc, nặng, then small letters before capital ones. People stand in the order of their given names, which are last.

/// The vowels, each with its tones in order.
const VOWELS: [&str; 12] = [
    "aàảãáạ",
    "ăằẳẵắặ",
    "âầẩẫấậ",
    "eèẻẽéẹ",
    "êềểễếệ",
    "iìỉĩíị",
    "oòỏõóọ",
    "ôồổỗốộ",
    "ơờởỡớợ",
    "uùủũúụ",
    "ưừửữứự",
    "yỳỷỹýỵ",
];
/// The letters in order; those of other languages where people expect them.
const LETTERS: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
/// Combining marks of tones in order, from the second on.
const TONE_MARKS: &str = "\u{300}\u{309}\u{303}\u{301}\u{323}";

/// Something that sorts as the text that it was made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Collated {
    letters: Vec<(u8, u32)>,
    tones: Vec<usize>,
    capital: Vec<bool>,
}

/// The place of a text in Vietnamese order, composed or decomposed.
pub fn collated(text: &str) -> Collated {
    let mut found = Collated::default();
    let mut letters: Vec<(char, usize, bool)> = Vec::new();
    for c in text.trim().chars() {
        let small = c.to_lowercase().next().unwrap_or(c);
        match (letters.last_mut(), TONE_MARKS.chars().position(|mark| mark == c)) {
            (Some(last), Some(tone)) => last.1 = tone + 1,
            (Some(last), None) if marked(last.0, c).is_some() => last.0 = marked(last.0, c).unwrap_or(last.0),
            _ => {
                let (letter, tone) = with_tone(small);
                letters.push((letter, tone, small != c));
            }
        }
    }
    for (letter, tone, capital) in letters {
        found.letters.push(place(letter));
        found.tones.push(tone);
        found.capital.push(capital);
    }
    found
}

/// The place of a person: by the given name, then by family and middle names.
pub fn collated_person(name: &str) -> (Collated, Collated) {
    let name = name.trim();
    let (before, given) = name.rsplit_once(char::is_whitespace).unwrap_or(("", name));
    (collated(given), collated(before))
}

fn with_tone(letter: char) -> (char, usize) {
    let found = VOWELS.iter().find_map(|vowel| {
        let tone = vowel.chars().position(|with| with == letter)?;
        Some((vowel.chars().next()?, tone))
    });
    found.unwrap_or((letter, 0))
}

/// A letter with a mark that makes another letter of it.
fn marked(letter: char, mark: char) -> Option<char> {
    match (letter, mark) {
        ('a', '\u{306}') => Some('ă'),
        ('a', '\u{302}') => Some('â'),
        ('e', '\u{302}') => Some('ê'),
        ('o', '\u{302}') => Some('ô'),
        ('o', '\u{31b}') => Some('ơ'),
        ('u', '\u{31b}') => Some('ư'),
        _ => None,
    }
}

/// Spaces, then other signs, then figures, then letters.
fn place(letter: char) -> (u8, u32) {
    if let Some(at) = LETTERS.chars().position(|one| one == letter) {
        return (3, u32::try_from(at).unwrap_or(u32::MAX));
    }
    let group = match letter {
        c if c.is_whitespace() => 0,
        c if c.is_ascii_digit() => 2,
        c if c.is_alphabetic() => 4,
        _ => 1,
    };
    (group, u32::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<K: Ord>(key: impl Fn(&str) -> K, expected: &[&str]) {
        for pair in expected.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn letters_come_before_tones_and_tones_before_capitals() {
        check(
            collated,
            &[
                "1", "2", "a", "A", "à", "ả", "ã", "á", "ạ", "an", "ăn", "ân", "da", "đa", "em", "êm", "om",
                "ôm", "ơm", "un", "ưn", "ý",
            ],
        );
        check(
            collated,
            &[
                "Xã Chiềng An",
                "Xã Chiềng Ân",
                "Xã Chiềng Hoa",
                "Xã Mường Bú",
                "Xã Mường Chùm",
                "Xã Nậm Lầu",
            ],
        );
    }

    #[test]
    fn composed_and_decomposed_texts_are_one() {
        assert_eq!(collated("Mường"), collated("Mu\u{31b}o\u{31b}\u{300}ng"));
        assert_eq!(collated("ộ"), collated("o\u{323}\u{302}"));
        assert_eq!(collated(" An "), collated("An"));
    }

    #[test]
    fn people_stand_by_their_given_names() {
        check(
            collated_person,
            &[
                "Lò Văn An",
                "Quàng Văn An",
                "Cầm Thị Ánh",
                "Nguyễn Bình",
                "Đỗ Dung",
                "An Đức",
            ],
        );
    }
}
