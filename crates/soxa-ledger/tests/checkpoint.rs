//! Checkpoints, to the byte: what is read, what is refused, and what an independent reader says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use soxa_ledger::checkpoint::{Checkpoint, CheckpointError, LogId, ScopeName, SignedCheckpoint, SplitView};
use soxa_ledger::limits::{COSIGNATURES_MAX, PROVINCE_PLACES};
use soxa_ledger::merkle::{TreeHash, check_inclusion, inclusion};
use soxa_ledger::snapshot::{HeldTip, Snapshot};
use soxa_ledger::{EntryHash, FeedId, NetworkId, NodeKey, RecordId, Scope, SecretKey, Seq, Time};

const NETWORK: NetworkId = NetworkId([7; 32]);
const GOLDEN: &str = include_str!("vectors/checkpoint.txt");

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn tip(number: u8, seq: u64) -> HeldTip {
    HeldTip {
        feed: FeedId([number; 32]),
        seq: Seq(seq),
        hash: EntryHash([seq as u8; 32]),
        closed: false,
    }
}

fn log() -> LogId {
    LogId {
        network: NETWORK,
        node: key(1).node(),
        scope: ScopeName::AllNodes,
        began: Time(1_763_800_000_000),
    }
}

fn leaves(upto: u64) -> Vec<TreeHash> {
    let snapshot = |at| Snapshot::of(Time(1_763_800_000_000 + at), &[tip(1, at), tip(2, 2 * at)]);
    (1..=upto).map(|at| snapshot(at).leaf()).collect()
}

fn cosigned() -> SignedCheckpoint {
    let mut signed = Checkpoint::of(log(), &leaves(5)).sign(&key(1));
    assert!(signed.cosign(&key(2), 1_763_800_100, |_| false));
    assert!(signed.cosign(&key(3), 1_763_800_200, |_| false));
    signed
}

#[test]
fn a_checkpoint_reads_as_written_and_keeps_its_bytes() {
    let signed = cosigned();
    assert_eq!(signed.to_string(), GOLDEN);
    let read = SignedCheckpoint::read(GOLDEN.as_bytes()).unwrap();
    assert_eq!(read, signed);
    assert_eq!(read.checkpoint().size, 5);
    assert_eq!(read.cosignatures()[&key(3).node()].time_s, 1_763_800_200);
    assert_eq!(log().to_string().parse::<LogId>().unwrap(), log());
}

#[test]
fn that_a_tip_was_held_is_shown_in_two_steps() {
    let tips: Vec<HeldTip> = (1..=9)
        .map(|number| tip(number, 40 + u64::from(number)))
        .collect();
    let snapshot = Snapshot::of(Time(9), &tips);
    let tips: Vec<TreeHash> = tips.iter().map(HeldTip::leaf).collect();
    let in_snapshot = inclusion(&tips, 3).unwrap();
    assert_eq!(
        check_inclusion(&in_snapshot, tip(4, 44).leaf(), 3, 9, snapshot.tips),
        Ok(())
    );
    assert!(check_inclusion(&in_snapshot, tip(4, 45).leaf(), 3, 9, snapshot.tips).is_err());
    let all = [leaves(6), vec![snapshot.leaf()]].concat();
    let checkpoint = Checkpoint::of(log(), &all);
    let in_log = inclusion(&all, 6).unwrap();
    assert_eq!(
        check_inclusion(&in_log, snapshot.leaf(), 6, checkpoint.size, checkpoint.root),
        Ok(())
    );
}

#[test]
fn no_bit_can_be_flipped_to_say_something_else() {
    let signed = cosigned();
    for at in 0..GOLDEN.len() {
        for bit in 0..8 {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            // A line under another name is not ours to judge, and left out.
            if let Ok(read) = SignedCheckpoint::read(&bytes) {
                assert_eq!(read.checkpoint(), signed.checkpoint(), "bit {bit} of byte {at}");
                assert_eq!(read.cosignatures().len(), 1, "bit {bit} of byte {at}");
                let known = |(node, cosigned)| signed.cosignatures().get(node) == Some(cosigned);
                assert!(read.cosignatures().iter().all(known));
            }
        }
    }
}

#[test]
fn what_a_known_copy_does_not_vouch_for_is_checked() {
    let copy = cosigned();
    let read = |bytes: &str| SignedCheckpoint::read_beside(bytes.as_bytes(), Some(&copy));
    assert_eq!(read(GOLDEN).as_ref(), Ok(&copy));
    for at in 0..GOLDEN.len() {
        let mut bytes = GOLDEN.as_bytes().to_vec();
        bytes[at] ^= 1;
        assert_eq!(
            SignedCheckpoint::read_beside(&bytes, Some(&copy)),
            SignedCheckpoint::read(&bytes),
            "byte {at}"
        );
    }
    // Under another text the same signatures are worth nothing.
    let later = GOLDEN.replacen("\n5\n", "\n6\n", 1);
    assert!(matches!(read(&later), Err(CheckpointError::Forged(_))));
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let refused = |note: &str| SignedCheckpoint::read(note.as_bytes()).unwrap_err();
    let other_node = Checkpoint::of(log(), &leaves(5)).sign(&key(2)).to_string();
    assert!(matches!(refused(&other_node), CheckpointError::Forged(_)));
    let (body, lines) = GOLDEN.split_once("\n\n").unwrap();
    assert_eq!(
        refused(&format!("{body}\nextension\n\n{lines}")),
        CheckpointError::Text
    );
    assert_eq!(
        refused(&GOLDEN.replacen("\n5\n", "\n05\n", 1)),
        CheckpointError::Text
    );
    let (own, cosignatures) = lines.split_once('\n').unwrap();
    assert_eq!(
        refused(&format!("{body}\n\n{cosignatures}")),
        CheckpointError::Unsigned
    );
    assert_eq!(
        refused(&format!("{body}\n\n{own}\n{cosignatures}{cosignatures}")),
        CheckpointError::Cosignatures
    );
    assert_eq!(refused(&"x".repeat(9_000)), CheckpointError::Length(9_000));
    assert_eq!(
        refused("no note"),
        CheckpointError::Note(soxa_ledger::note::NoteError::Parts)
    );
}

#[test]
fn cosignatures_come_together() {
    let plain = || Checkpoint::of(log(), &leaves(5)).sign(&key(1));
    let nobody = |_: &NodeKey| false;
    let mut one = plain();
    let mut other = plain();
    one.cosign(&key(2), 1, nobody);
    other.cosign(&key(3), 2, nobody);
    assert!(one.merge(&other, nobody) && !one.merge(&other, nobody));
    assert_eq!(one.cosignatures().len(), 2);
    let mut later = Checkpoint::of(log(), &leaves(6)).sign(&key(1));
    assert!(!later.merge(&one, nobody), "they are of another checkpoint");
}

#[test]
fn nobody_crowds_the_province_or_the_others_out() {
    // Forty nodes in whatever order; three of them are the province's.
    let of_province = |node: &NodeKey| [100, 101, 102].iter().any(|number| key(*number).node() == *node);
    let cosigned = |order: &mut dyn Iterator<Item = u8>| {
        let mut note = Checkpoint::of(log(), &leaves(5)).sign(&key(1));
        for number in order {
            note.cosign(&key(number), 3, of_province);
        }
        note
    };
    let numbers = || (10..47).chain(100..103);
    let early = cosigned(&mut numbers());
    let late = cosigned(&mut numbers().rev());
    assert_eq!(early, late, "who comes first does not matter");
    let kept: Vec<&NodeKey> = early.cosignatures().keys().collect();
    assert_eq!(kept.len(), COSIGNATURES_MAX);
    assert_eq!(kept.iter().filter(|node| of_province(node)).count(), 3);
    let read = SignedCheckpoint::read(early.to_string().as_bytes()).unwrap();
    assert_eq!(read, early, "the largest fits");
    // Copies that met other nodes come to the same.
    let mut half = cosigned(&mut numbers().step_by(2));
    let other = cosigned(&mut numbers().skip(1).step_by(2));
    half.merge(&other, of_province);
    assert_eq!(half, early);
    // A province of many nodes leaves the others their places.
    let many = |node: &NodeKey| (10..40).any(|number| key(number).node() == *node);
    let mut note = Checkpoint::of(log(), &leaves(5)).sign(&key(1));
    for number in (10..40).chain(60..70) {
        note.cosign(&key(number), 3, many);
    }
    let of_many = note.cosignatures().keys().filter(|node| many(node)).count();
    assert!(
        (PROVINCE_PLACES..COSIGNATURES_MAX).contains(&of_many),
        "{of_many}"
    );
    assert!(!note.cosign(&key(71), 3, many) || note.cosignatures().len() == COSIGNATURES_MAX);
}

#[test]
fn two_roots_of_one_size_are_a_split_view_and_nothing_else_is() {
    let shown = |leaves: &[TreeHash]| Checkpoint::of(log(), leaves).sign(&key(1));
    let mut elsewhere = leaves(5);
    elsewhere[2] = leaves(1)[0];
    let split = SplitView::between(&shown(&leaves(5)), &shown(&elsewhere)).unwrap();
    assert_eq!(split.log(), log());
    assert_eq!(
        SplitView::between(&shown(&elsewhere), &shown(&leaves(5))),
        Some(split)
    );
    assert_eq!(SplitView::between(&shown(&leaves(5)), &shown(&leaves(5))), None);
    assert_eq!(SplitView::between(&shown(&leaves(5)), &shown(&leaves(6))), None);
    let mut begun_again = log();
    begun_again.began = Time(1);
    let other_log = Checkpoint::of(begun_again, &elsewhere).sign(&key(1));
    assert_eq!(SplitView::between(&shown(&leaves(5)), &other_log), None);
}

#[test]
fn a_restricted_scope_is_named_without_its_units() {
    let unit = RecordId([9; 32]);
    let scope = Scope::of([unit]).unwrap();
    let name = ScopeName::of(NETWORK, &scope);
    assert_ne!(name, ScopeName::of(NetworkId([8; 32]), &scope));
    let restricted = LogId { scope: name, ..log() };
    assert!(!restricted.to_string().contains(&"09".repeat(32)));
    assert_eq!(restricted.to_string().parse::<LogId>().unwrap(), restricted);
    assert_eq!(ScopeName::of(NETWORK, &Scope::all_nodes()), ScopeName::AllNodes);
}

/// Runs the reader in Python over notes; none where its libraries are not there and nobody asked for them.
fn python(notes: &[&str], name: &str) -> Option<Output> {
    let asked_for = std::env::var("SOXA_PYTHON").ok();
    let python = asked_for.clone().unwrap_or_else(|| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import cryptography"]).output();
    if asked_for.is_none() && !has.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP: {python} lacks cryptography; set SOXA_PYTHON to one that has it");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let files: Vec<PathBuf> = (0..notes.len()).map(|at| folder.join(at.to_string())).collect();
    for (file, note) in files.iter().zip(notes) {
        std::fs::write(file, note).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/verify_checkpoint.py");
    Some(Command::new(python).arg(script).args(files).output().unwrap())
}

#[test]
fn an_independent_reader_says_the_same() {
    let Some(good) = python(&[GOLDEN], "good") else {
        return;
    };
    let said = String::from_utf8_lossy(&good.stdout);
    assert!(good.status.success(), "{said}");
    assert!(
        said.contains("5 snapshots") && said.matches("co-signed by").count() == 2,
        "{said}"
    );
    let elsewhere = Checkpoint::of(log(), &leaves(1).repeat(5))
        .sign(&key(1))
        .to_string();
    let split = python(&[GOLDEN, &elsewhere], "split").unwrap();
    assert_eq!(split.status.code(), Some(3));
    let later = GOLDEN.replacen("\n5\n", "\n6\n", 1);
    assert_eq!(python(&[&later], "later").unwrap().status.code(), Some(1));
    let other_node = Checkpoint::of(log(), &leaves(5)).sign(&key(2)).to_string();
    assert_eq!(python(&[&other_node], "other").unwrap().status.code(), Some(1));
}
