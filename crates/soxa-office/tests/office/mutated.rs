//! Real files with flipped, cut, doubled and overwritten bytes: whatever comes of it is an answer, never a panic.

use std::io::{Cursor, Read as _};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use soxa_office::assets::COLUMNS;
use soxa_office::{table, workbook};
use zip::ZipArchive;

use crate::files::{inventory, zipped};

/// Mutants of each kind: some seconds in a debug build.
const CASES: u64 = 500;

fn mutate(bytes: &mut Vec<u8>, dice: &mut ChaCha8Rng) {
    for _ in 0..=dice.next_u32() % 4 {
        let length = bytes.len() as u64;
        if length == 0 {
            return;
        }
        let at = (dice.next_u64() % length) as usize;
        match dice.next_u32() % 5 {
            0 => bytes[at] ^= 1 << (dice.next_u32() % 8),
            1 => bytes[at] = b"<>\"&;9,.\n/"[(dice.next_u32() % 10) as usize],
            2 => bytes.truncate(at),
            3 => {
                let end = (at + (dice.next_u32() % 200) as usize).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let end = (at + (dice.next_u32() % 20) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
}

/// Goes the whole way with whatever the bytes are.
fn go(bytes: &[u8]) -> bool {
    let Ok(book) = workbook::read(bytes) else {
        return false;
    };
    let Ok(sheet) = table::choose(&book, COLUMNS, None) else {
        return false;
    };
    table::read(sheet, COLUMNS).is_ok_and(|table| !table.lines.is_empty())
}

#[track_caller]
fn check(mut next: impl FnMut(&mut ChaCha8Rng) -> Vec<u8>) {
    let mut read = 0;
    for seed in 0..CASES {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let bytes = next(&mut dice);
        let taken = std::panic::catch_unwind(|| go(&bytes));
        read += u64::from(taken.unwrap_or_else(|_| panic!("seed {seed} panics")));
    }
    // Most mutants of the inside are still read: the ways behind the first check are gone too.
    assert!(read > CASES / 50, "only {read} of {CASES} were read at all");
}

#[test]
fn mutated_csv_never_panics() {
    let whole = "STT;Mã tài sản;Tên tài sản;ĐVT;Số lượng;Nguyên giá (nghìn đồng);Năm sử dụng\n1;B1;Bàn;cái;2;1.500,5;2019\n;;Cộng;;;1.500,5;\n".as_bytes();
    check(|dice| {
        let mut bytes = whole.to_vec();
        mutate(&mut bytes, dice);
        bytes
    });
}

#[test]
fn mutated_workbooks_never_panic() {
    let whole = inventory();
    let mut archive = ZipArchive::new(Cursor::new(&whole)).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.push((part.name().unwrap().into_owned(), bytes));
    }
    check(|dice| {
        // Of five mutants four are mutated inside and packed again, one as it lies.
        if dice.next_u32() % 5 == 0 {
            let mut bytes = whole.clone();
            mutate(&mut bytes, dice);
            return bytes;
        }
        let at = (dice.next_u32() as usize) % parts.len();
        let mut mutant = parts.clone();
        mutate(&mut mutant[at].1, dice);
        let parts: Vec<(&str, &[u8])> = mutant
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        zipped(&parts)
    });
}
