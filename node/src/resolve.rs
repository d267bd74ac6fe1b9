//! Which record somebody means: by the first digits of its id, its official code, or its name without accents.

use soxa_ledger::RecordId;

use crate::failure::Failure;
use crate::output::short;
use soxa_lang::fold;

/// Digits of an id that are enough to name it; fewer would often name something by accident.
pub const ID_DIGITS_MIN: usize = 4;
/// Candidates that a message lists.
const CANDIDATES_SHOWN: usize = 8;

/// A record as people may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The record.
    pub id: RecordId,
    /// Its codes.
    pub codes: Vec<String>,
    /// Its names: more than one when officials disagree.
    pub names: Vec<String>,
}

impl Candidate {
    fn label(&self) -> String {
        let words: Vec<&str> = self.codes.iter().chain(&self.names).map(String::as_str).collect();
        format!("{} ({})", short(&self.id.to_string()), words.join(" "))
    }
}

/// The one record that the text names. A whole code or name goes before a part of a name; an id counts from its
/// first digits. What fits several records names none.
///
/// # Errors
/// `errors.unknown_record` or `errors.record_ambiguous` with the candidates.
pub fn resolve(text: &str, candidates: &[Candidate]) -> Result<RecordId, Failure> {
    let wanted = fold(text);
    let is_id = wanted.len() >= ID_DIGITS_MIN && wanted.bytes().all(|b| b.is_ascii_hexdigit());
    // Records without a code are not named by no code.
    let exact = |c: &&Candidate| {
        !wanted.is_empty() && {
            (is_id && c.id.to_string().starts_with(&wanted))
                || c.codes.iter().any(|code| fold(code) == wanted)
                || c.names.iter().any(|name| fold(name) == wanted)
        }
    };
    let partly =
        |c: &&Candidate| !wanted.is_empty() && c.names.iter().any(|name| contains(&fold(name), &wanted));
    let mut found: Vec<&Candidate> = candidates.iter().filter(exact).collect();
    if found.is_empty() {
        found = candidates.iter().filter(partly).collect();
    }
    match found.as_slice() {
        [] => Err(Failure::new("errors.unknown_record", &[("id", &text)])),
        [one] => Ok(one.id),
        several => {
            let mut labels: Vec<String> = several.iter().take(CANDIDATES_SHOWN).map(|c| c.label()).collect();
            if several.len() > CANDIDATES_SHOWN {
                labels.push("…".to_owned());
            }
            Err(Failure::new(
                "errors.record_ambiguous",
                &[("id", &text), ("candidates", &labels.join(", "))],
            ))
        }
    }
}

/// Whether the words stand in the name, as whole words.
fn contains(name: &str, words: &str) -> bool {
    format!(" {name} ").contains(&format!(" {words} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate> {
        let unit = |first: u8, second: u8, code: &str, name: &str| {
            let mut id = [0; 32];
            (id[0], id[1]) = (first, second);
            Candidate {
                id: RecordId(id),
                codes: vec![code.to_owned()],
                names: vec![name.to_owned()],
            }
        };
        vec![
            unit(0xab, 0x01, "03847", "Xã Mường Bú"),
            unit(0xab, 0x02, "04144", "Xã Phiêng Cằm"),
            unit(0x03, 0x84, "", "Trung tâm dịch vụ tổng hợp xã Mường Bú"),
            unit(0x05, 0x00, "99999", "Xã Tân Tiến"),
            unit(0x06, 0x00, "99998", "Xã Tân Tiến"),
        ]
    }

    #[track_caller]
    fn check(text: &str, expected: Result<u8, &str>) {
        let resolved = resolve(text, &candidates());
        match expected {
            Ok(second) => assert_eq!(resolved.map(|id| (id.0[0], id.0[1]).1), Ok(second), "{text}"),
            Err(error) => assert_eq!(resolved.unwrap_err().error(), error, "{text}"),
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
    fn a_whole_name_goes_before_a_part_of_another() {
        check("Xã Mường Bú", Ok(0x01));
        check("muong bu", Err("errors.record_ambiguous"));
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
    fn a_code_that_looks_like_an_id_is_never_guessed() {
        let mut all = candidates();
        all[0].id = RecordId([0x04; 32]);
        all[2].id = {
            let mut id = [0; 32];
            id[..2].copy_from_slice(&[0x04, 0x14]);
            id[2] = 0x4f;
            RecordId(id)
        };
        assert_eq!(
            resolve("04144", &all).unwrap_err().error(),
            "errors.record_ambiguous"
        );
    }
}
