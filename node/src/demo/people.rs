//! Invented people: common Vietnamese names combined by counting. Nobody is meant.

use serde::Deserialize;

use super::error::DemoError;

const NAMES: &str = include_str!("../../data/names.json");
/// The first year of birth given out; later people are up to [`BIRTH_YEARS`] years younger.
const BIRTH_YEAR: u16 = 1968;
const BIRTH_YEARS: u16 = 30;

/// An invented person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Family, middle and given name.
    pub name: String,
    /// Year of birth.
    pub birth_year: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Names {
    family: Vec<String>,
    women: Parts,
    men: Parts,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Parts {
    middle: Vec<String>,
    given: Vec<String>,
}

/// Gives out people one after the other, always the same ones, no name twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList {
    names: Names,
    given_out: usize,
}

impl NameList {
    /// The list from its start.
    ///
    /// # Errors
    /// When the embedded file is no list of names: a defect of the program.
    pub fn load() -> Result<Self, DemoError> {
        let names: Names = serde_json::from_str(NAMES).map_err(|e| DemoError::data("names.json", e))?;
        let empty = [
            &names.family,
            &names.women.middle,
            &names.women.given,
            &names.men.middle,
            &names.men.given,
        ]
        .into_iter()
        .any(Vec::is_empty);
        if empty {
            return Err(DemoError::data("names.json", "an empty list"));
        }
        Ok(Self { names, given_out: 0 })
    }

    /// The next person.
    pub fn next(&mut self) -> Person {
        let n = self.given_out;
        self.given_out += 1;
        let parts = if n.is_multiple_of(2) {
            &self.names.women
        } else {
            &self.names.men
        };
        // Lists of different lengths without a common factor run through all combinations before one comes again.
        let pick = |list: &[String]| list[n % list.len()].clone();
        let name = format!(
            "{} {} {}",
            pick(&self.names.family),
            pick(&parts.middle),
            pick(&parts.given)
        );
        let years = u16::try_from(n * 7 % usize::from(BIRTH_YEARS)).unwrap_or_default();
        Person {
            name,
            birth_year: BIRTH_YEAR + years,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thousand_people_have_a_thousand_names() {
        let mut list = NameList::load().unwrap();
        let people: Vec<Person> = (0..1_000).map(|_| list.next()).collect();
        let names: BTreeSet<&str> = people.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(names.len(), 1_000);
        assert!(
            people
                .iter()
                .all(|person| (1968..=1998).contains(&person.birth_year))
        );
        assert_eq!(NameList::load().unwrap().next(), people[0]);
    }
}
