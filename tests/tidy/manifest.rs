//! Reads the dependencies out of a `Cargo.toml`, with their lines.

#[derive(Debug, PartialEq)]
pub struct Dependency {
    pub name: String,
    pub line: usize,
    pub for_tests: bool,
}

/// The dependencies that a manifest names, under the names they have in the registry.
pub fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut section = "";
    let mut depth = 0_usize;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let opens_section = depth == 0 && line.starts_with('[');
        let opens_entry = depth == 0 && !opens_section && !line.is_empty() && !line.starts_with('#');
        if opens_section {
            section = line.trim_matches(['[', ']']);
        } else {
            depth += line.matches(['[', '{']).count();
            depth = depth.saturating_sub(line.matches([']', '}']).count());
        }
        let Some((table, single)) = section.rsplit_once("dependencies") else {
            continue;
        };
        // `[dependencies.name]` opens one entry, a line below `[dependencies]` another.
        let name = match single.strip_prefix('.') {
            Some(name) => Some(name).filter(|_| opens_section),
            None => line.split(['.', '=', ' ']).next().filter(|_| opens_entry),
        };
        if let Some(name) = name {
            let name = name.trim_matches('"').to_owned();
            found.push(Dependency {
                name,
                line: index + 1,
                for_tests: table.ends_with("dev-"),
            });
        }
        let renamed = line
            .split_once("package = \"")
            .and_then(|(_, rest)| rest.split('"').next());
        if let (Some(package), Some(last)) = (renamed, found.last_mut()) {
            last.name = package.to_owned();
        }
    }
    found
}
