//! Fingerprints as words that two people compare over the phone: one word for each byte, in either language.
//!
//! The words are nouns of daily life. Within a language no two are the same without diacritics, and in Vietnamese none
//! where a dialect says l for n, s for x, ch for tr, or d for gi and r.

use crate::folding::fold;
use crate::language::Lang;

/// Words in a fingerprint, which is as many bytes.
pub const WORDS: usize = 6;

/// The words of a fingerprint.
#[must_use]
pub fn fingerprint(lang: Lang, bytes: [u8; WORDS]) -> String {
    let list = list(lang);
    bytes.map(|byte| list[usize::from(byte)]).join(" ")
}

/// The fingerprint that somebody typed, in either language, with or without diacritics; none when it is not one.
#[must_use]
pub fn read_fingerprint(text: &str) -> Option<[u8; WORDS]> {
    let separator = |c: char| c.is_whitespace() || matches!(c, ',' | '-' | '.');
    let words: Vec<String> = text
        .split(separator)
        .filter(|word| !word.is_empty())
        .map(fold)
        .collect();
    let words: [String; WORDS] = words.try_into().ok()?;
    Lang::ALL.into_iter().find_map(|lang| {
        let mut bytes = [0; WORDS];
        for (byte, word) in bytes.iter_mut().zip(&words) {
            let at = list(lang).iter().position(|known| fold(known) == *word)?;
            *byte = u8::try_from(at).ok()?;
        }
        Some(bytes)
    })
}

fn list(lang: Lang) -> &'static [&'static str; 256] {
    match lang {
        Lang::Vi => &VIETNAMESE,
        Lang::En => &ENGLISH,
    }
}

const VIETNAMESE: [&str; 256] = [
    "ấm",
    "anh",
    "áo",
    "bạc",
    "bàn",
    "bánh",
    "báo",
    "bắp",
    "bầu",
    "bay",
    "bến",
    "bếp",
    "bia",
    "biển",
    "bình",
    "bò",
    "bóng",
    "bột",
    "bùn",
    "bưởi",
    "bướm",
    "bút",
    "cá",
    "cam",
    "cân",
    "cầu",
    "cày",
    "chai",
    "chanh",
    "chè",
    "chén",
    "chim",
    "chó",
    "chổi",
    "chuối",
    "chuông",
    "chuột",
    "cỏ",
    "cóc",
    "cối",
    "cơm",
    "con",
    "cột",
    "cua",
    "cúc",
    "củi",
    "cung",
    "cuốc",
    "cừu",
    "đá",
    "đàn",
    "dao",
    "dâu",
    "dê",
    "đèn",
    "đèo",
    "đĩa",
    "diều",
    "đình",
    "đò",
    "đồi",
    "đồng",
    "đũa",
    "đường",
    "ếch",
    "gà",
    "gạch",
    "gạo",
    "gấu",
    "ghế",
    "ghim",
    "giấy",
    "giếng",
    "gỗ",
    "gối",
    "gừng",
    "gương",
    "hạc",
    "hầm",
    "hang",
    "hành",
    "hào",
    "hạt",
    "hàu",
    "hẹ",
    "hến",
    "heo",
    "hổ",
    "hoa",
    "hòn",
    "hồng",
    "hộp",
    "huệ",
    "hương",
    "hươu",
    "kem",
    "kèn",
    "kênh",
    "kẹo",
    "két",
    "khăn",
    "khay",
    "khế",
    "khỉ",
    "khiên",
    "kho",
    "khóa",
    "khoai",
    "khoan",
    "khói",
    "khung",
    "khuy",
    "kiếm",
    "kiến",
    "kiệu",
    "kim",
    "kính",
    "lá",
    "lạc",
    "lan",
    "làng",
    "lê",
    "lều",
    "liềm",
    "lò",
    "lợn",
    "lọng",
    "lụa",
    "lược",
    "lưới",
    "mai",
    "mắm",
    "màn",
    "máng",
    "mành",
    "mây",
    "men",
    "mèo",
    "mì",
    "mía",
    "mít",
    "mỏ",
    "mộc",
    "mũ",
    "mưa",
    "mực",
    "muối",
    "muỗng",
    "mướp",
    "nấm",
    "nến",
    "ngà",
    "nghé",
    "ngô",
    "ngọc",
    "ngói",
    "ngỗng",
    "ngựa",
    "nhà",
    "nhãn",
    "nhím",
    "nho",
    "nhộng",
    "nhung",
    "nia",
    "nôi",
    "núi",
    "nương",
    "ốc",
    "ong",
    "ớt",
    "phà",
    "phấn",
    "phao",
    "phên",
    "phin",
    "phố",
    "phòng",
    "quạ",
    "quần",
    "quạt",
    "quế",
    "quýt",
    "rìu",
    "rơm",
    "rừng",
    "ruốc",
    "rươi",
    "rượu",
    "sả",
    "sách",
    "sao",
    "sắt",
    "sâu",
    "sậy",
    "sen",
    "sếu",
    "sóc",
    "sơn",
    "sóng",
    "sừng",
    "suối",
    "sương",
    "tai",
    "tằm",
    "tàu",
    "tay",
    "tép",
    "thảm",
    "than",
    "thang",
    "tháp",
    "thau",
    "thẻ",
    "thép",
    "thìa",
    "thỏ",
    "thóc",
    "thông",
    "thớt",
    "thư",
    "thùng",
    "thước",
    "thuyền",
    "tiền",
    "tiêu",
    "tim",
    "tơ",
    "tỏi",
    "tôm",
    "trà",
    "trăn",
    "trăng",
    "trâu",
    "trống",
    "trúc",
    "trứng",
    "tủ",
    "tường",
    "tuyết",
    "ủng",
    "vạc",
    "vải",
    "ván",
    "vàng",
    "vẹt",
    "vịt",
    "vó",
    "voi",
    "võng",
    "vườn",
    "xẻng",
    "xoài",
    "xôi",
    "xóm",
    "yên",
];

const ENGLISH: [&str; 256] = [
    "acorn", "anchor", "apple", "arrow", "axe", "badge", "bagel", "baker", "balloon", "bamboo", "banana",
    "barn", "basket", "beach", "bear", "beetle", "bell", "berry", "bicycle", "bird", "blanket", "boat",
    "book", "bottle", "bowl", "box", "bread", "brick", "bridge", "broom", "brush", "bucket", "bus", "butter",
    "button", "cabin", "cactus", "cake", "camel", "camera", "candle", "canoe", "carpet", "carrot", "castle",
    "cat", "chair", "chalk", "cheese", "cherry", "chicken", "circle", "clock", "cloud", "coal", "coconut",
    "coffee", "coin", "comb", "copper", "cotton", "cow", "crab", "crane", "cricket", "crown", "cup",
    "curtain", "daisy", "deer", "desert", "diamond", "dog", "dolphin", "donkey", "door", "dragon", "dream",
    "drum", "duck", "eagle", "egg", "elbow", "elephant", "engine", "falcon", "farm", "feather", "fence",
    "field", "finger", "fire", "fish", "flag", "flower", "flute", "forest", "fork", "fountain", "frog",
    "garden", "garlic", "gate", "giant", "giraffe", "glass", "glove", "gold", "goose", "grape", "guitar",
    "hammer", "harbor", "hawk", "heart", "hill", "honey", "horse", "hotel", "igloo", "iron", "island",
    "ivory", "jacket", "jaguar", "jelly", "jewel", "juice", "jungle", "kangaroo", "kettle", "key", "king",
    "kitchen", "kite", "knife", "ladder", "lamp", "lemon", "letter", "lion", "lizard", "lobster", "lotus",
    "magnet", "mango", "map", "marble", "market", "mask", "medal", "melon", "milk", "mirror", "moon",
    "mouse", "mushroom", "music", "nail", "needle", "nest", "night", "noodle", "nose", "ocean", "octopus",
    "olive", "onion", "orange", "orchid", "oven", "oyster", "paddle", "paint", "palace", "panda", "paper",
    "peanut", "pearl", "pencil", "pepper", "piano", "pig", "pillow", "pilot", "pirate", "pizza", "planet",
    "plate", "pocket", "pond", "potato", "pumpkin", "puppet", "queen", "rabbit", "radio", "rain", "raven",
    "ribbon", "river", "robot", "rope", "salt", "sand", "scarf", "seal", "shark", "sheep", "shell", "ship",
    "shirt", "silver", "smoke", "snake", "soap", "spider", "spoon", "spring", "star", "stone", "storm",
    "sugar", "summer", "sun", "swan", "table", "taxi", "tea", "temple", "tent", "tiger", "toast", "tomato",
    "tower", "tree", "trumpet", "tunnel", "turtle", "umbrella", "valley", "vase", "velvet", "village",
    "violin", "volcano", "wagon", "walnut", "watch", "water", "whale", "wheat", "wheel", "window", "winter",
    "wolf",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// As some dialects say it.
    fn heard(word: &str) -> String {
        let word = fold(word);
        let pairs = [("tr", "ch"), ("gi", "d"), ("x", "s"), ("r", "d")];
        for (said, heard) in pairs {
            if let Some(rest) = word.strip_prefix(said) {
                return format!("{heard}{rest}");
            }
        }
        match word.strip_prefix('n') {
            Some(rest) if !rest.starts_with(['g', 'h']) => format!("l{rest}"),
            _ => word,
        }
    }

    #[test]
    fn words_are_clearly_different() {
        let vietnamese: BTreeSet<String> = VIETNAMESE.iter().map(|word| heard(word)).collect();
        let english: BTreeSet<&str> = ENGLISH.into_iter().collect();
        assert_eq!((vietnamese.len(), english.len()), (256, 256));
        let common = VIETNAMESE
            .iter()
            .find(|word| english.contains(fold(word).as_str()));
        assert_eq!(common, None, "a word of both languages with two meanings");
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for lang in Lang::ALL {
            for start in (0..=250).step_by(6) {
                let bytes: [u8; WORDS] = std::array::from_fn(|i| start + u8::try_from(i).unwrap());
                let words = fingerprint(lang, bytes);
                assert_eq!(read_fingerprint(&words), Some(bytes), "{words}");
                assert_eq!(read_fingerprint(&fold(&words).to_uppercase()), Some(bytes));
                assert_eq!(read_fingerprint(&words.replace(' ', " - ")), Some(bytes));
            }
        }
        let words = fingerprint(Lang::En, [1; WORDS]);
        for wrong in [
            "",
            "acorn",
            &format!("{words} acorn"),
            &words.replacen("anchor", "xyz", 1),
        ] {
            assert_eq!(read_fingerprint(wrong), None, "{wrong}");
        }
    }
}
