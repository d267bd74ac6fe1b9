//! Takes Rust files apart into code, comments and literals, as far as the rules need it: by plain string work.

/// A Rust file, taken apart. `code` and `comments` keep the line breaks of `text`; what does not belong to
/// them is blank.
pub struct Source {
    pub path: String,
    pub text: String,
    pub code: String,
    pub comments: String,
    /// String literals without their quotes, with the line on which each begins.
    pub literals: Vec<(usize, String)>,
    pub is_test: bool,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let mut source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code: String::with_capacity(text.len()),
            comments: String::with_capacity(text.len()),
            literals: Vec::new(),
            is_test: is_test_path(path),
        };
        let mut rest = text;
        let mut line = 1;
        while !rest.is_empty() {
            let (kind, length) = next_token(rest);
            let (token, after) = rest.split_at(length);
            match kind {
                Token::Code => source.code.push_str(token),
                Token::Comment => source.comments.push_str(token),
                Token::Literal => {
                    let inner = token.trim_start_matches(['b', 'c', 'r']).trim_matches('#');
                    source.literals.push((line, inner.trim_matches('"').to_owned()));
                }
                Token::Character => {}
            }
            let breaks = token.matches('\n').count();
            if kind != Token::Code {
                source.code.push(' ');
                source.code.push_str(&"\n".repeat(breaks));
            }
            if kind != Token::Comment {
                source.comments.push_str(&"\n".repeat(breaks));
            }
            line += breaks;
            rest = after;
        }
        source.is_test |= source.code.contains("#![cfg(test)]");
        source
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Code,
    Comment,
    Literal,
    Character,
}

/// The kind and length of the token at the start of `text`; code comes word by word or sign by sign.
fn next_token(text: &str) -> (Token, usize) {
    let first = text.chars().next().unwrap_or_default();
    if text.starts_with("//") {
        return (Token::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Token::Comment, block_comment_length(text));
    }
    if let Some(length) = literal_length(text) {
        return (Token::Literal, length);
    }
    if first == '\'' {
        let mut chars = text.char_indices().skip(1);
        let escaped = chars.next().is_some_and(|(_, c)| c == '\\');
        let closing = text
            .get(3..)
            .filter(|_| escaped)
            .and_then(|rest| Some(rest.find('\'')? + 3));
        let closing = closing.or_else(|| chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at));
        return closing.map_or((Token::Code, 1), |at| (Token::Character, at + 1));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = text.find(|c| !is_word(c)).unwrap_or(text.len());
    (Token::Code, if word == 0 { first.len_utf8() } else { word })
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string literal at the start of `text`, if there is one: plain, raw, of bytes or of C.
fn literal_length(text: &str) -> Option<usize> {
    let opening = text
        .bytes()
        .take(3)
        .position(|byte| byte == b'"' || byte == b'#')?;
    let prefix = &text[..opening];
    if !["", "b", "c", "r", "br", "cr"].contains(&prefix) {
        return None;
    }
    if prefix.ends_with('r') {
        let hashes = text[opening..].chars().take_while(|c| *c == '#').count();
        let start = opening + hashes;
        let body = text[start..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(
            body.find(&end)
                .map_or(text.len(), |at| start + 1 + at + end.len()),
        );
    }
    let body = text[opening..].strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return Some(opening + 1 + at + 1),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

/// `code` with the items behind `#[cfg(test)]` blanked.
pub fn without_test_items(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        let item = &rest[at + MARK.len()..];
        let length = item_length(item);
        kept.push_str(&"\n".repeat(item[..length].matches('\n').count()));
        rest = &item[length..];
    }
    kept.push_str(rest);
    kept
}

/// How far the item at the start of `code` goes: to its closing brace, or to the semicolon before any brace.
pub fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return at + 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The lines on which a crate is named: in a path, or as the whole of a `use`.
pub fn crate_named(code: &str, name: &str) -> Vec<usize> {
    let names_crate = |at: &usize| {
        let (before, after) = (code[..*at].trim_end(), code[at + name.len()..].trim_start());
        let path = before.strip_suffix("::").unwrap_or_default();
        let inside = path.ends_with(|c: char| c.is_alphanumeric() || "_>".contains(c));
        !inside && (after.starts_with("::") || before.ends_with("use") || before.ends_with("extern crate"))
    };
    word_positions(code, name)
        .filter(names_crate)
        .map(|at| line_of(code, at))
        .collect()
}

/// Where `word` stands in `text` as a whole word.
pub fn word_positions<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let whole =
        move |at: &usize| !text[..*at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word);
    text.match_indices(word).map(|(at, _)| at).filter(whole)
}

pub fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len())]
}

/// The members of a `{a, b::{c, d}}` group, given what follows its opening brace.
pub fn group_members(group: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_test_path(path: &str) -> bool {
    path.split('/')
        .any(|part| ["tests", "tests.rs", "benches", "examples"].contains(&part))
        || path.ends_with("_tests.rs")
}
