//! Fork proofs for people: listed, written to files, and checked with no node and no store.

use std::path::Path;

use data_encoding::BASE64;
use soxa_lang::{Lang, text};
use soxa_ledger::{ForkProof, NetworkId, Seq, Signed, Verified};

use crate::control::reports::ForkReport;
use crate::failure::Failure;
use crate::home::write_file;
use crate::output::{Cell, Listing, Sheet, say, short};

/// The feeds that are proved to be forked, as a listing.
pub fn listing(lang: Lang, forks: &[ForkReport]) -> Listing {
    let mut listing = Listing::new(
        "forks",
        &[
            ("node", "cli.status.node"),
            ("feed", "cli.label.feed"),
            ("seq", "cli.label.fork_seq"),
            ("awaited", "cli.label.awaited"),
        ],
    );
    for fork in forks {
        listing.push(vec![
            Cell::id(&fork.node),
            Cell::id(&fork.feed),
            Cell::count(lang, fork.seq),
            Cell::option(awaited(lang, fork)),
        ]);
    }
    listing
}

/// The entries that a statement names and that nobody reached so far holds, if any are.
pub fn awaited(lang: Lang, fork: &ForkReport) -> Option<String> {
    let named = fork.awaited.iter();
    let named: Vec<String> = named
        .map(|entry| format!("{} ({})", soxa_lang::number(lang, entry.seq), short(&entry.hash)))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// Writes each proof to a file of its own in a folder.
///
/// # Errors
/// When a file cannot be written, or the daemon sent no proof.
pub fn write(lang: Lang, forks: &[ForkReport], folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::io(folder, &error))?;
    for fork in forks {
        let bytes = BASE64
            .decode(fork.proof.as_bytes())
            .map_err(|error| Failure::internal("fork proof", error))?;
        let file = folder.join(format!("fork-{}.cbor", fork.feed));
        write_file(&file, &bytes, 0o644)?;
        say(&text(lang, "cli.answer.written", &[("file", &file.display())]));
    }
    Ok(())
}

/// Whether a file holds a fork proof rather than the proof of a handover or a checkpoint, which are texts.
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| !first.is_ascii())
}

/// Checks a fork proof by itself. Only the ledger's id is needed: among what the reader trusts it is tried which is one.
///
/// # Errors
/// The reason, for people.
pub fn verify(bytes: &[u8], trusted: &[[u8; 32]]) -> Result<Verified<ForkProof>, String> {
    let signed = Signed::<ForkProof>::decode(bytes).map_err(|error| error.to_string())?;
    let mut reason = String::new();
    for id in trusted {
        match signed.clone().verify(NetworkId(*id)) {
            Ok(proof) => return Ok(proof),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

/// What a fork proof shows, as a sentence.
pub fn sentence(lang: Lang, proof: &ForkProof) -> String {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("node", &proof.feed().node), ("seq", &proof.seq())];
    text(lang, "proof.says.forked", &values)
}

/// What a fork proof shows.
pub fn sheet(lang: Lang, file: &Path, proof: &ForkProof) -> Sheet {
    let mut sheet = Sheet::new("fork_proof");
    sheet
        .field("file", "cli.label.file", Cell::text(file.display().to_string()))
        .field("says", "proof.label.says", Cell::text(sentence(lang, proof)))
        .field(
            "node",
            "cli.label.node_key",
            Cell::text(proof.feed().node.to_string()),
        )
        .field("seq", "cli.label.fork_seq", Cell::count(lang, proof.seq().0));
    let mut branches = Listing::new(
        "branches",
        &[
            ("from", "cli.label.fork_seq"),
            ("to", "cli.label.signed_tip"),
            ("hash", "cli.label.entry_hash"),
        ],
    );
    for branch in proof.branches() {
        let last = branch.headers.last();
        branches.push(vec![
            Cell::count(lang, proof.seq().0),
            Cell::count(lang, last.map_or(Seq(0), |last| last.seq).0),
            Cell::text(last.map(|last| last.hash().to_string()).unwrap_or_default()),
        ]);
    }
    sheet.list(branches);
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::reports::EntryReport;

    #[test]
    fn what_a_statement_names_and_nobody_holds_is_told_by_place_and_hash() {
        let mut fork = ForkReport {
            feed: "f".repeat(64),
            node: "n".repeat(64),
            seq: 3,
            awaited: Vec::new(),
            proof: String::new(),
        };
        assert_eq!(awaited(Lang::En, &fork), None);
        let entry = |seq: u64, digit: &str| EntryReport {
            seq,
            hash: digit.repeat(64),
        };
        fork.awaited = vec![entry(4, "a"), entry(1_200, "b")];
        let told = awaited(Lang::En, &fork).expect("two entries");
        assert_eq!(told, "4 (aaaaaaaa), 1,200 (bbbbbbbb)");
    }
}
