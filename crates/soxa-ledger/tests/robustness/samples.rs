//! Valid bytes of every structure, from the golden vectors, and everything that can be done with bytes.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use serde_json::Value;
use soxa_ledger::cbor::Reader;
use soxa_ledger::copy::CommitCopy;
use soxa_ledger::fork::ForkError;
use soxa_ledger::jws::Jws;
use soxa_ledger::minutes::Minutes;
use soxa_ledger::{Commit, Feed, ForkProof, Head, Header, NetworkId, Run, Scope, Signed, Statement};

/// What a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    SignedCommit,
    Commit,
    Header,
    Run,
    ForkProof,
    Copy,
    Statement,
    Minutes,
}

pub const KINDS: [Kind; 8] = [
    Kind::SignedCommit,
    Kind::Commit,
    Kind::Header,
    Kind::Run,
    Kind::ForkProof,
    Kind::Copy,
    Kind::Statement,
    Kind::Minutes,
];

pub struct Samples {
    pub network: NetworkId,
    pub all: Vec<(Kind, Vec<u8>)>,
}

fn file(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

pub static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let mut all = Vec::new();
    for vector in file("commits")["commits"].as_array().unwrap() {
        let signed = bytes(&vector["signed"]);
        let commit = Signed::<Commit>::decode(&signed).unwrap().unchecked().clone();
        all.push((Kind::Commit, commit.encode()));
        all.extend(commit.minutes.iter().map(|m| (Kind::Minutes, m.bytes().to_vec())));
        all.push((Kind::SignedCommit, signed));
    }
    let feeds = file("feeds");
    for vector in feeds["entries"].as_array().unwrap() {
        all.push((Kind::Header, bytes(&vector["header"])));
    }
    all.push((Kind::Run, bytes(&feeds["run"])));
    for vector in file("forks")["proofs"].as_array().unwrap() {
        all.push((Kind::ForkProof, bytes(&vector["proof"])));
    }
    for vector in file("copies")["copies"].as_array().unwrap() {
        all.push((Kind::Copy, bytes(&vector["copy"])));
    }
    for vector in file("statements")["statements"].as_array().unwrap() {
        all.push((
            Kind::Statement,
            vector["container"].as_str().unwrap().as_bytes().to_vec(),
        ));
    }
    let network = feeds["network"].as_str().unwrap().parse().unwrap();
    Samples { network, all }
});

/// Decodes bytes as one kind and checks the signatures as well. Gives back what the value is written as, and whether
/// its signatures held; none when the bytes are refused.
pub fn take_in(kind: Kind, bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let network = SAMPLES.network;
    Some(match kind {
        Kind::SignedCommit => {
            let signed = Signed::<Commit>::decode(bytes).ok()?;
            let kept = signed.bytes().to_vec();
            let verified = signed.verify(network);
            if let Ok(commit) = &verified {
                let id = commit.commit_id(network);
                assert_eq!(commit.operations_of(id).count(), commit.operations.len());
            }
            (kept, verified.is_ok())
        }
        Kind::Commit => (Commit::decode(bytes).ok()?.encode(), true),
        Kind::Header => (Header::decode(bytes).ok()?.encode(), true),
        Kind::Run => {
            let run = Run::decode(bytes).ok()?;
            assert_eq!(Run::decode(&run.encode()).as_ref(), Ok(&run));
            let head = Head::empty(run.feed.id(network));
            let verified = run.clone().verify(network, &head).is_ok();
            let known = |(kind, sample): &(Kind, Vec<u8>)| {
                *kind == Kind::Run && Run::decode(sample).as_ref() == Ok(&run)
            };
            assert!(
                !verified || SAMPLES.all.iter().any(known),
                "a changed run verifies"
            );
            // It may be packed in several ways.
            (bytes.to_vec(), verified)
        }
        Kind::ForkProof => {
            let signed = Signed::<ForkProof>::decode(bytes).ok()?;
            let encoded = signed.unchecked().encode();
            let verified: Result<_, ForkError> = signed.verify(network);
            (encoded, verified.is_ok())
        }
        Kind::Copy => {
            let copy = CommitCopy::decode(bytes).ok()?;
            let verified =
                copy.verify_origin(network).is_ok() && copy.commit().clone().verify(network).is_ok();
            (copy.encode(), verified)
        }
        Kind::Statement => {
            let signed = Signed::<Statement>::decode(bytes).ok()?;
            let jws = Jws::decode(bytes, usize::MAX).ok()?;
            (jws.encode(), signed.verify(network).is_ok())
        }
        Kind::Minutes => {
            let minutes = Minutes::decode(bytes).ok()?;
            let jws = Jws::decode(bytes, usize::MAX).ok()?;
            (jws.encode(), minutes.verify(network).is_ok())
        }
    })
}

/// Bytes as every kind, and as the parts that have no decoder of their own.
pub fn take_in_as_everything(bytes: &[u8]) {
    for kind in KINDS {
        take_in(kind, bytes);
    }
    let _ = Feed::read(&mut Reader::new(bytes));
    let _ = Scope::read(&mut Reader::new(bytes));
}
