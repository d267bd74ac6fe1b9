//! The map as tables: who may use whom, who alone names what, what lies where. It repeats `ARCHITECTURE.md`.

/// What each crate may depend on, and what its tests may use beside that. `node` may use all of them.
pub const EDGES: &[(&str, &[&str], &[&str])] = &[
    ("soxa-engine", &["soxa-ledger", "soxa-records", "soxa-store"], &[]),
    ("soxa-lang", &[], &[]),
    ("soxa-ledger", &[], &[]),
    ("soxa-net", &["soxa-ledger", "soxa-sync"], &["soxa-records"]),
    ("soxa-office", &["soxa-lang", "soxa-ledger", "soxa-records"], &[]),
    ("soxa-records", &["soxa-ledger"], &[]),
    (
        "soxa-sim",
        &[
            "soxa-engine",
            "soxa-lang",
            "soxa-ledger",
            "soxa-office",
            "soxa-records",
            "soxa-store",
            "soxa-sync",
            "soxa-views",
        ],
        // Itself, to switch its feature for tests on.
        &["soxa-sim"],
    ),
    ("soxa-store", &["soxa-ledger"], &["soxa-records"]),
    ("soxa-sync", &["soxa-ledger"], &["soxa-records"]),
    ("soxa-views", &["soxa-ledger", "soxa-records"], &[]),
];

/// Dependencies that one crate alone may name, so that they can be replaced there. A name also covers its
/// family: `libp2p` stands for `libp2p-gossipsub` as well.
pub const OWNERS: &[(&str, &str)] = &[
    ("automerge", "soxa-records"),
    ("axum", "node"),
    ("calamine", "soxa-office"),
    ("chacha20poly1305", "soxa-ledger"),
    ("clap", "node"),
    ("comfy-table", "node"),
    ("ed25519-dalek", "soxa-ledger"),
    ("fs4", "soxa-store"),
    ("icu_normalizer", "soxa-office"),
    ("indicatif", "node"),
    ("libp2p", "soxa-net"),
    ("lz4_flex", "soxa-ledger"),
    ("minicbor", "soxa-ledger"),
    ("pkcs8", "soxa-ledger"),
    ("rpassword", "node"),
    ("rusqlite", "soxa-views"),
    ("rust-i18n", "soxa-lang"),
    ("rust_xlsxwriter", "soxa-office"),
    ("sled", "soxa-store"),
    ("zip", "soxa-office"),
];

/// Crates that know no file, socket, clock, thread or randomness.
pub const PURE: &[&str] = &[
    "soxa-lang",
    "soxa-ledger",
    "soxa-office",
    "soxa-records",
    "soxa-sync",
    "soxa-views",
];
pub const IMPURE_CRATES: &[&str] = &[
    "async-std",
    "getrandom",
    "mio",
    "rand",
    "rand_core",
    "smol",
    "socket2",
    "tokio",
];
pub const IMPURE_STD_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];
pub const CLOCKS: &[&str] = &["Instant", "SystemTime"];

/// The entries of the top level, beside the licences.
pub const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "config",
    "crates",
    "deny.toml",
    "node",
    "rustfmt.toml",
    "scripts",
    "target",
    "tests",
];

/// Names that say nothing: what has no better home shows that the map is wrong.
pub const EMPTY_NAMES: &[&str] = &[
    "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
];

/// Macros that mark unfinished work.
pub const LEFTOVER_MACROS: &[&str] = &["dbg", "todo", "unimplemented"];
/// The most lines a Rust file may have.
pub const MAX_LINES: usize = 700;
/// What follows the dot in names of files, so that `"demo.log"` is not taken for a key of the catalogue.
pub const FILE_ENDINGS: &[&str] = &[
    "csv", "html", "json", "key", "log", "md", "pem", "rs", "toml", "txt", "xlsx", "yml",
];

/// Entries that a fresh clone lacks or that are not files of the project.
pub const NOT_IN_THE_REPOSITORY: &[&str] = &[".git", "target"];

/// Pages whose paths must exist.
pub const PAGES: &[&str] = &[
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "node/MANUAL.md",
];
