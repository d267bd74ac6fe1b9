//! A golden proof, to the byte: contested, ruled on and co-signed.

use soxa_ledger::proof::{Fault, Part, Proof};

const GOLDEN: &[u8] = include_bytes!("vectors/proof.json");

#[test]
fn the_golden_proof_reads_as_written_and_holds() {
    let proof = Proof::decode(GOLDEN).unwrap();
    assert_eq!(proof.encode(), GOLDEN);
    let proven = proof.verify(&[proof.network.0]).unwrap();
    assert_eq!((proven.acts.len(), proven.rulings.len()), (2, 1));
    let cosigned = proven.cosigned.unwrap();
    assert_eq!(cosigned.note.cosignatures().len(), 2);
    assert_eq!(cosigned.nodes().count(), 3);
    // A commit of the file without the step that shows it held.
    for (number, chain) in (1..).zip(&proof.chains) {
        let mut changed = proof.clone();
        changed.chains[number - 1].held = None;
        let verified = changed.verify(&[proof.network.0]).map(|_| ());
        match chain.held {
            Some(_) => {
                let error = verified.unwrap_err();
                assert_eq!((error.part, error.fault), (Part::Chain(number), Fault::NotHeld));
            }
            None => assert_eq!(verified, Ok(())),
        }
    }
}

#[test]
fn members_left_out_or_in_another_place_are_refused() {
    let text = std::str::from_utf8(GOLDEN).unwrap();
    for (good, bad) in [
        (",\"rulings\":", ",\"Rulings\":"),
        ("\"held\":null", "\"held\": null"),
        ("\"closed\":false", "\"closed\":0"),
        ("\"snapshot\":0", "\"snapshot\":00"),
        ("\"snapshot\":0", "\"snapshot\":0.0"),
        ("\"snapshot\":0", "\"snapshot\":-0"),
    ] {
        assert!(text.contains(good), "{good}");
        let changed = text.replacen(good, bad, 1);
        assert!(Proof::decode(changed.as_bytes()).is_err(), "{bad}");
    }
    let (before, _) = text.split_once(",\"checkpoint\":").unwrap();
    assert!(Proof::decode(format!("{before}}}\n").as_bytes()).is_err());
}
