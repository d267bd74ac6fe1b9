//! Merkle trees of RFC 6962, section 2.1: roots, proofs that a leaf is in a tree, and proofs that a tree continues an
//! earlier one. Checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, says.

use std::fmt;

use crate::ids::sha256;

/// The hash of a leaf, of an inner node, or of a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHash(pub [u8; 32]);

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreeHash({})", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// A proof that does not show what it is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Merkle proof does not hold")]
pub struct NotShown;

/// The hash of a leaf.
#[must_use]
pub fn leaf(bytes: &[u8]) -> TreeHash {
    TreeHash(sha256(&[&[0], bytes].concat()))
}

fn inner(left: TreeHash, right: TreeHash) -> TreeHash {
    TreeHash(sha256(&[&[1], left.0.as_slice(), &right.0].concat()))
}

/// Leaves below the left child of a tree of so many, two at least: the largest power of two that is less.
fn left_of(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The root over leaves. That over none is the hash of nothing.
#[must_use]
pub fn root(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => TreeHash(sha256(&[])),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(left_of(leaves.len()));
            inner(root(left), root(right))
        }
    }
}

/// The proof that the leaf of a number is among these, from its sibling up. None when there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[TreeHash], index: usize) -> Option<Vec<TreeHash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut proof, mut leaves, mut index) = (Vec::new(), leaves, index);
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(left_of(leaves.len()));
        if index < left.len() {
            proof.push(root(right));
            leaves = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            leaves = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The proof that the tree over these leaves continues that over the first `from` of them. None when there are fewer.
#[must_use]
pub fn consistency(leaves: &[TreeHash], from: usize) -> Option<Vec<TreeHash>> {
    if from > leaves.len() {
        return None;
    }
    if from == 0 {
        return Some(Vec::new());
    }
    let (mut proof, mut leaves, mut from, mut whole) = (Vec::new(), leaves, from, true);
    while from < leaves.len() {
        let (left, right) = leaves.split_at(left_of(leaves.len()));
        if from <= left.len() {
            proof.push(root(right));
            leaves = left;
        } else {
            proof.push(root(left));
            from -= left.len();
            leaves = right;
            whole = false;
        }
    }
    // What the earlier tree is made of is known to its reader only when it is that tree itself.
    if !whole {
        proof.push(root(leaves));
    }
    proof.reverse();
    Some(proof)
}

/// Checks that a leaf stands at a number in the tree of this size and root.
///
/// # Errors
/// When the proof does not show it.
pub fn check_inclusion(
    proof: &[TreeHash],
    leaf: TreeHash,
    index: u64,
    size: u64,
    root: TreeHash,
) -> Result<(), NotShown> {
    if index >= size {
        return Err(NotShown);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return Err(NotShown);
        }
        if at % 2 == 1 || at == last {
            hash = inner(*step, hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = inner(hash, *step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == root {
        Ok(())
    } else {
        Err(NotShown)
    }
}

/// Checks that the tree of this size and root continues that of an earlier size and root.
///
/// # Errors
/// When the proof does not show it.
pub fn check_consistency(
    proof: &[TreeHash],
    (earlier_size, earlier_root): (u64, TreeHash),
    (size, now): (u64, TreeHash),
) -> Result<(), NotShown> {
    let holds = |held: bool| if held { Ok(()) } else { Err(NotShown) };
    if earlier_size > size {
        return Err(NotShown);
    }
    if earlier_size == size {
        return holds(proof.is_empty() && earlier_root == now);
    }
    if earlier_size == 0 {
        return holds(proof.is_empty() && earlier_root == root(&[]));
    }
    let mut steps = proof.iter().copied();
    let first = if earlier_size.is_power_of_two() {
        earlier_root
    } else {
        steps.next().ok_or(NotShown)?
    };
    let (mut at, mut last) = (earlier_size - 1, size - 1);
    while at % 2 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut before, mut after) = (first, first);
    for step in steps {
        if last == 0 {
            return Err(NotShown);
        }
        if at % 2 == 1 || at == last {
            before = inner(step, before);
            after = inner(step, after);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = inner(after, step);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    holds(last == 0 && before == earlier_root && after == now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u64) -> Vec<TreeHash> {
        (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
    }

    fn hex(hash: TreeHash) -> String {
        data_encoding::HEXLOWER.encode(&hash.0)
    }

    #[test]
    fn roots_are_those_of_other_implementations() {
        // The test vectors of google/certificate-transparency, `merkletree/merkle_tree_test.cc`.
        let inputs: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
                0x6f,
            ],
        ];
        let leaves: Vec<TreeHash> = inputs.iter().map(|bytes| leaf(bytes)).collect();
        let expected = [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ];
        for (size, expected_root) in expected {
            assert_eq!(hex(root(&leaves[..size])), expected_root, "{size}");
        }
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_shows_nothing_else() {
        for size in 0..40 {
            let all = leaves(size);
            let now = root(&all);
            assert_eq!(inclusion(&all, size as usize), None);
            assert_eq!(consistency(&all, size as usize + 1), None);
            for index in 0..size {
                let proof = inclusion(&all, index as usize).unwrap();
                let check = |leaf, at, of| check_inclusion(&proof, leaf, at, of, now);
                assert_eq!(check(all[index as usize], index, size), Ok(()));
                assert_eq!(check(leaf(b"other"), index, size), Err(NotShown));
                for other in (0..size).filter(|other| *other != index) {
                    assert_eq!(
                        check(all[index as usize], other, size),
                        Err(NotShown),
                        "{index} at {other}"
                    );
                }
            }
            for from in 0..=size {
                let earlier = (from, root(&all[..from as usize]));
                let proof = consistency(&all, from as usize).unwrap();
                assert_eq!(
                    check_consistency(&proof, earlier, (size, now)),
                    Ok(()),
                    "{from} of {size}"
                );
                let false_root = (from, leaf(b"other"));
                assert_eq!(check_consistency(&proof, false_root, (size, now)), Err(NotShown));
                if from > 0 {
                    let false_now = (size, leaf(b"other"));
                    assert_eq!(check_consistency(&proof, earlier, false_now), Err(NotShown));
                }
                let longer = [proof.clone(), vec![leaf(b"more")]].concat();
                assert_eq!(check_consistency(&longer, earlier, (size, now)), Err(NotShown));
                if let Some((_, shorter)) = proof.split_last() {
                    assert_eq!(check_consistency(shorter, earlier, (size, now)), Err(NotShown));
                }
            }
        }
    }
}
