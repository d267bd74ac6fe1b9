//! The threat table of `SECURITY.md`: every row says what is threatened, what the design does, which command shows it,
//! and what remains; and every command finds a test.

use crate::{
    rules::Complaints,
    source::{Source, first_word},
    tree::owner_of,
};

/// The head of the table.
const HEAD: &str = "| threat | what the design does | the test that shows it | what remains |";
/// What begins a command that runs tests.
const COMMAND: &str = "cargo test -p ";

/// A test as `cargo test` finds it.
pub struct Test {
    package: String,
    /// What stands behind `--test`; `--lib` or `--bin` for those inside a crate.
    target: String,
    /// Its modules and its name.
    name: String,
}

/// The tests of a file.
pub fn tests_in(source: &Source) -> Vec<Test> {
    let package = match owner_of(&source.path) {
        "node" => "soxa",
        owner => owner,
    };
    let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
    let Some(at) = parts.iter().position(|part| ["src", "tests"].contains(part)) else {
        return Vec::new();
    };
    let (target, modules) = match parts[at] {
        "tests" => (parts[at + 1].to_owned(), &parts[at + 2..]),
        _ if package == "soxa" => ("--bin".to_owned(), &parts[at + 1..]),
        _ => ("--lib".to_owned(), &parts[at + 1..]),
    };
    let modules: String = modules.iter().map(|module| format!("{module}::")).collect();
    let behind_marks = ["#[test]", "#[tokio::test"]
        .into_iter()
        .flat_map(|mark| source.code.split(mark).skip(1));
    let names = behind_marks.filter_map(|item| Some(first_word(item.split_once("fn ")?.1)));
    names
        .map(|name| Test {
            package: package.to_owned(),
            target: target.clone(),
            name: format!("{modules}{name}"),
        })
        .collect()
}

/// Checks the table against the tests that there are.
pub fn threats_without_a_test(page: &str, text: &str, tests: &[Test]) -> Complaints {
    let mut rows = text.lines().enumerate().skip_while(|(_, line)| *line != HEAD);
    if rows.next().is_none() {
        return vec![format!("{page}:1: the table is missing: {HEAD}")];
    }
    let rows = rows.skip(1).take_while(|(_, line)| line.starts_with('|'));
    rows.flat_map(|(index, row)| {
        let complaints = match row.split(" | ").collect::<Vec<_>>()[..] {
            [_, does, shows, remains] if !does.is_empty() && remains.len() > 1 => faults_of(shows, tests),
            _ => vec!["a row has four columns, and none is empty".to_owned()],
        };
        complaints
            .into_iter()
            .map(move |why| format!("{page}:{}: {why}", index + 1))
    })
    .collect()
}

/// What is wrong with the commands of a row.
fn faults_of(cell: &str, tests: &[Test]) -> Vec<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    let commands: Vec<&str> = quoted.filter(|text| text.starts_with(COMMAND)).collect();
    if commands.is_empty() {
        return vec![format!("no `{COMMAND}…` shows it")];
    }
    let mut faults = Vec::new();
    for command in commands {
        let mut words = command[COMMAND.len()..].split(' ').filter(|word| *word != "--");
        let package = words.next().unwrap_or_default();
        let target = match words.next() {
            Some("--test") => words.next().unwrap_or_default(),
            Some("--bin") if words.next() == Some("soxa") => "--bin",
            Some("--lib") => "--lib",
            _ => "",
        };
        let there: Vec<&Test> = tests
            .iter()
            .filter(|test| test.package == package && test.target == target)
            .collect();
        if there.is_empty() {
            faults.push(format!("`{command}`: no such tests"));
            continue;
        }
        let unknown = words.filter(|filter| !there.iter().any(|test| test.name.contains(filter)));
        faults.extend(unknown.map(|filter| format!("`{command}`: no test is called `{filter}`")));
    }
    faults
}
