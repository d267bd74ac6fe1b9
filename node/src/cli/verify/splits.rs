//! Checkpoints as proof, for people: the two of a split view are written to files, and checked with no node and no store.

use std::fmt::Display;
use std::path::Path;

use data_encoding::BASE64;
use soxa_lang::{Lang, text};
use soxa_ledger::NetworkId;
use soxa_ledger::checkpoint::{SignedCheckpoint, SplitView};

use crate::control::reports::CheckpointReport;
use crate::failure::Failure;
use crate::home::write_file;
use crate::output::{Cell, Listing, Sheet, say, short};

/// Writes both notes of each split view to files of their own, as `scripts/verify_checkpoint.py` and stock tools read them.
///
/// # Errors
/// When a file cannot be written.
pub fn write(lang: Lang, splits: &[&CheckpointReport], folder: &Path) -> Result<(), Failure> {
    for split in splits {
        for (number, note) in (1_u32..).zip(&split.split_view) {
            let file = folder.join(format!("split-{}-{}-{number}.note", split.node, split.scope));
            write_file(&file, note.as_bytes(), 0o644)?;
            say(&text(lang, "cli.answer.written", &[("file", &file.display())]));
        }
    }
    Ok(())
}

/// Whether a file holds a checkpoint, whose first line is its origin.
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"soxa/")
}

/// Checks every signature of a checkpoint by itself, and that it is of a ledger that the reader trusts.
///
/// # Errors
/// The reason, for people.
pub fn verify(lang: Lang, bytes: &[u8], trusted: &[[u8; 32]]) -> Result<SignedCheckpoint, String> {
    let note = SignedCheckpoint::read(bytes).map_err(|error| error.to_string())?;
    let network: NetworkId = note.checkpoint().log.network;
    if trusted.contains(&network.0) {
        Ok(note)
    } else {
        Err(text(lang, "proof.fault.other_network", &[("network", &network)]))
    }
}

/// Whether one of the others proves with this checkpoint that its node showed different histories.
pub fn is_split<'a>(note: &SignedCheckpoint, mut others: impl Iterator<Item = &'a SignedCheckpoint>) -> bool {
    others.any(|other| SplitView::between(note, other).is_some())
}

/// What a checkpoint shows, with or without another that contradicts it, as a sentence.
pub fn sentence(lang: Lang, note: &SignedCheckpoint, split: bool) -> String {
    let checkpoint = note.checkpoint();
    let root = root_of(note);
    let values: [(&str, &dyn Display); 3] = [
        ("node", &checkpoint.log.node),
        ("snapshots", &checkpoint.size),
        ("root", &root),
    ];
    let key = if split {
        "proof.says.split"
    } else {
        "proof.says.checkpoint"
    };
    text(lang, key, &values)
}

/// The root as the note writes it.
fn root_of(note: &SignedCheckpoint) -> String {
    BASE64.encode(&note.checkpoint().root.0)
}

/// Who co-signed, by their keys: whose nodes these are is not in the file.
pub fn cosigners(note: &SignedCheckpoint) -> String {
    let nodes = note.cosignatures().keys();
    nodes
        .map(|node| short(&node.to_string()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What one checkpoint shows by itself.
pub fn sheet(lang: Lang, file: &Path, note: &SignedCheckpoint) -> Sheet {
    let checkpoint = note.checkpoint();
    let mut sheet = Sheet::new("checkpoint");
    sheet
        .field("file", "cli.label.file", Cell::text(file.display().to_string()))
        .field(
            "says",
            "proof.label.says",
            Cell::text(sentence(lang, note, false)),
        )
        .field(
            "open",
            "proof.label.open",
            Cell::text(text(lang, "proof.open.one_checkpoint", &[])),
        )
        .field(
            "node",
            "cli.label.node_key",
            Cell::text(checkpoint.log.node.to_string()),
        )
        .field(
            "scope",
            "cli.status.scope",
            Cell::text(checkpoint.log.scope.to_string()),
        )
        .field(
            "snapshots",
            "cli.status.snapshots",
            Cell::count(lang, checkpoint.size),
        )
        .field("root", "cli.status.root", Cell::text(root_of(note)));
    let mut cosigners = Listing::new(
        "cosigners",
        &[("node", "cli.status.node"), ("cosigned", "proof.label.cosigned")],
    );
    for (node, cosignature) in note.cosignatures() {
        cosigners.push(vec![
            Cell::id(&node.to_string()),
            Cell::moment(cosignature.time_s.saturating_mul(1_000)),
        ]);
    }
    sheet.list(cosigners);
    sheet
}
