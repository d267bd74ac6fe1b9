//! `FORMAT.md` names every limit with its value, and every domain.

use std::collections::BTreeMap;

use soxa_ledger::{commit, feed, limits, minutes, sealed};

const PAGE: &str = include_str!("../FORMAT.md");
const LIMITS: &str = include_str!("../src/limits.rs");

#[test]
fn limits_are_all_in_the_table() {
    let table: BTreeMap<&str, &str> = PAGE
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            Some((cells.next()?, cells.next()?))
        })
        .collect();
    let declared: Vec<&str> = LIMITS
        .lines()
        .filter_map(|line| {
            line.strip_prefix("pub const ")?
                .split_once(':')
                .map(|(name, _)| name)
        })
        .collect();
    assert!(declared.len() > 20);
    for name in &declared {
        assert!(
            table.contains_key(name),
            "{name} is not in the table of FORMAT.md"
        );
    }
    let values: [(&str, usize); 44] = [
        ("FILE_BYTES_MAX", limits::FILE_BYTES_MAX),
        ("COPY_BYTES_MAX", limits::COPY_BYTES_MAX),
        ("PROVINCE_PLACES", limits::PROVINCE_PLACES),
        ("PROOF_RULINGS_MAX", limits::PROOF_RULINGS_MAX),
        ("INCLUSION_STEPS_MAX", limits::INCLUSION_STEPS_MAX),
        ("CHECKPOINT_BYTES_MAX", limits::CHECKPOINT_BYTES_MAX),
        ("COSIGNATURES_MAX", limits::COSIGNATURES_MAX),
        ("COMMIT_BYTES_MAX", limits::COMMIT_BYTES_MAX),
        ("COMMIT_OPERATIONS_MAX", limits::COMMIT_OPERATIONS_MAX),
        ("COMMIT_MINUTES_MAX", limits::COMMIT_MINUTES_MAX),
        ("NOTE_BYTES_MAX", limits::NOTE_BYTES_MAX),
        ("OPERATION_BODY_BYTES_MAX", limits::OPERATION_BODY_BYTES_MAX),
        ("OPERATION_KIND_BYTES_MAX", limits::OPERATION_KIND_BYTES_MAX),
        ("OPERATION_PARENTS_MAX", limits::OPERATION_PARENTS_MAX),
        ("OPERATION_REFS_MAX", limits::OPERATION_REFS_MAX),
        ("SCOPE_UNITS_MAX", limits::SCOPE_UNITS_MAX),
        ("ROOT_CHANGES_MAX", limits::ROOT_CHANGES_MAX),
        ("ADOPTED_COMMITS_MAX", limits::ADOPTED_COMMITS_MAX),
        ("STATEMENT_BYTES_MAX", limits::STATEMENT_BYTES_MAX),
        ("MINUTES_BYTES_MAX", limits::MINUTES_BYTES_MAX),
        ("JWS_SIGNATURES_MAX", limits::JWS_SIGNATURES_MAX),
        ("ROOT_KEYS_MAX", limits::ROOT_KEYS_MAX),
        ("FOUNDING_NODES_MAX", limits::FOUNDING_NODES_MAX),
        ("ROLES_MAX", limits::ROLES_MAX),
        ("CUT_POSITIONS_MAX", limits::CUT_POSITIONS_MAX),
        ("KNOWN_TIPS_MAX", limits::KNOWN_TIPS_MAX),
        ("UNIT_PATH_MAX", limits::UNIT_PATH_MAX),
        ("TEXT_BYTES_MAX", limits::TEXT_BYTES_MAX),
        ("APPOINTMENT_DEPTH_MAX", limits::APPOINTMENT_DEPTH_MAX),
        ("HEADER_BYTES_MAX", limits::HEADER_BYTES_MAX),
        ("RUN_ENTRIES_MAX", limits::RUN_ENTRIES_MAX),
        ("RUN_BYTES_MAX", limits::RUN_BYTES_MAX),
        ("RUN_UNPACKED_BYTES_MAX", limits::RUN_UNPACKED_BYTES_MAX),
        ("FORK_HEADERS_MAX", limits::FORK_HEADERS_MAX),
        ("FORK_PROOF_BYTES_MAX", limits::FORK_PROOF_BYTES_MAX),
        ("PROOF_BYTES_MAX", limits::PROOF_BYTES_MAX),
        ("PROOF_ACTS_MAX", limits::PROOF_ACTS_MAX),
        ("PROOF_STATEMENTS_MAX", limits::PROOF_STATEMENTS_MAX),
        ("PROOF_HEADERS_MAX", limits::PROOF_HEADERS_MAX),
        ("PROOF_ENTRIES_MAX", limits::PROOF_ENTRIES_MAX),
        ("KEY_FILE_BYTES_MAX", limits::KEY_FILE_BYTES_MAX),
        (
            "KEY_FILE_SCRYPT_BYTES_MAX",
            usize::try_from(limits::KEY_FILE_SCRYPT_BYTES_MAX).unwrap(),
        ),
        (
            "KEY_FILE_SCRYPT_PARALLEL_MAX",
            usize::try_from(limits::KEY_FILE_SCRYPT_PARALLEL_MAX).unwrap(),
        ),
        (
            "KEY_FILE_PBKDF2_ROUNDS_MAX",
            usize::try_from(limits::KEY_FILE_PBKDF2_ROUNDS_MAX).unwrap(),
        ),
    ];
    assert_eq!(
        values.len(),
        declared.len(),
        "a limit whose value is not compared here"
    );
    for (name, value) in values {
        assert_eq!(table.get(name), Some(&value.to_string().as_str()), "{name}");
    }
}

#[test]
fn domains_are_all_named() {
    for domain in [
        commit::DOMAIN,
        feed::TIP_DOMAIN,
        minutes::TYPE,
        sealed::KEY_DOMAIN,
    ] {
        assert!(PAGE.contains(domain), "{domain}");
    }
}
