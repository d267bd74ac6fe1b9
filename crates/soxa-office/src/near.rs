//! What a problem offers in place of a text that nothing is called: what has a word of it, else the first of what there is.

use soxa_lang::fold;

use crate::columns::words;
use crate::limits::NEAR_SHOWN;

/// The labels that come near a text, in order, each once.
#[must_use]
pub fn near(said: &str, labels: impl Iterator<Item = String>) -> Vec<String> {
    let all: Vec<String> = labels.collect();
    let said = words(said);
    let alike = |label: &&String| {
        let label = words(label);
        let mut shared = said.split(' ').filter(|word| word.len() > 1);
        shared.any(|word| label.split(' ').any(|other| other == word))
    };
    let mut found: Vec<String> = all.iter().filter(alike).cloned().collect();
    if found.is_empty() {
        found = all;
    }
    found.sort_by_cached_key(|label| {
        let label = words(label);
        let shared = said
            .split(' ')
            .filter(|word| label.split(' ').any(|other| other == *word));
        (std::cmp::Reverse(shared.count()), fold(&label), label)
    });
    found.dedup();
    found.truncate(NEAR_SHOWN);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_most_words_comes_first_and_something_is_always_offered() {
        let labels = ["Đăng ký khai tử", "Đăng ký khai sinh", "Chứng thực"];
        let near = |said| near(said, labels.iter().map(|label| (*label).to_owned()));
        assert_eq!(
            near("dang ky khai sinh lại"),
            ["Đăng ký khai sinh", "Đăng ký khai tử"]
        );
        assert_eq!(near("xyz").len(), 3);
    }
}
