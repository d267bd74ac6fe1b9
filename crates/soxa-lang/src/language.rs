//! The two languages, and how one is chosen from the environment.

use std::{fmt, str::FromStr};

/// A language that a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Lang; 2] = [Lang::Vi, Lang::En];

    /// The language that the values of `LC_ALL` and `LANG` ask for: Vietnamese if the first of them that is
    /// not empty names it, otherwise English (also for `C`, `POSIX` and other languages).
    pub fn from_environment(lc_all: Option<&str>, lang: Option<&str>) -> Lang {
        let asked = [lc_all, lang]
            .into_iter()
            .flatten()
            .find(|value| !value.is_empty());
        let language = asked.and_then(|value| value.split(['_', '.', '@', '-']).next());
        match language {
            Some(language) if language.eq_ignore_ascii_case("vi") => Lang::Vi,
            _ => Lang::En,
        }
    }

    /// The ISO 639 code, which is also the language's name in the locale files.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A language was named that is neither `vi` nor `en`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLanguage(
    /// What was given.
    pub String,
);

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown language `{}`: give `vi` or `en`", self.0)
    }
}

impl std::error::Error for UnknownLanguage {}

impl FromStr for Lang {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Lang, UnknownLanguage> {
        Lang::ALL
            .into_iter()
            .find(|lang| lang.code() == code)
            .ok_or_else(|| UnknownLanguage(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lc_all: Option<&str>, lang: Option<&str>, expected: Lang) {
        assert_eq!(
            Lang::from_environment(lc_all, lang),
            expected,
            "LC_ALL={lc_all:?} LANG={lang:?}"
        );
    }

    #[test]
    fn the_environment_chooses() {
        check(None, None, Lang::En);
        check(None, Some("C"), Lang::En);
        check(None, Some("C.UTF-8"), Lang::En);
        check(None, Some("vi_VN.UTF-8"), Lang::Vi);
        check(None, Some("vi"), Lang::Vi);
        check(Some("vi_VN"), Some("en_GB.UTF-8"), Lang::Vi);
        check(Some("C"), Some("vi_VN"), Lang::En);
        check(Some(""), Some("vi_VN"), Lang::Vi);
        check(None, Some("vietnamese"), Lang::En);
        check(None, Some("fr_FR"), Lang::En);
    }

    #[test]
    fn codes_go_there_and_back() {
        for lang in Lang::ALL {
            assert_eq!(lang.to_string().parse(), Ok(lang));
        }
        assert_eq!("fr".parse::<Lang>(), Err(UnknownLanguage("fr".to_owned())));
    }
}
