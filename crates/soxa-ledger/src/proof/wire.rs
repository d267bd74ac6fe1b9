//! The file: one line of JSON in one form only. Statements and minutes stand in it as they are, so that any JOSE library
//! reads them; binary parts are base64.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::entry::Header;
use crate::feed::Feed;
use crate::ids::NetworkId;
use crate::key::Signature;
use crate::limits::{
    COMMIT_MINUTES_MAX, HEADER_BYTES_MAX, INCLUSION_STEPS_MAX, PROOF_ACTS_MAX, PROOF_BYTES_MAX,
    PROOF_HEADERS_MAX, PROOF_RULINGS_MAX, PROOF_STATEMENTS_MAX,
};
use crate::merkle::TreeHash;
use crate::snapshot::Snapshot;
use crate::time::Time;

use super::{ActPart, Chain, Fault, Held, Part, Proof, ProofError};

/// What the file says it is.
pub const SCHEMA: &str = "soxa.proof/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProof {
    schema: String,
    network: String,
    acts: Vec<WireAct>,
    rulings: Vec<String>,
    statements: Vec<Box<RawValue>>,
    chains: Vec<WireChain>,
    forks: Vec<String>,
    checkpoint: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAct {
    minutes: Box<RawValue>,
    commit: String,
    carriers: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireChain {
    feed: String,
    headers: Vec<String>,
    tip: String,
    held: Option<WireHeld>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeld {
    closed: bool,
    feed: u64,
    feeds: u64,
    tips: String,
    in_snapshot: Vec<String>,
    time: u64,
    snapshot: u64,
    in_log: Vec<String>,
}

pub(super) fn encode(proof: &Proof) -> Vec<u8> {
    let base64 = |parts: &[Vec<u8>]| parts.iter().map(|part| BASE64.encode(part)).collect();
    let wire = WireProof {
        schema: SCHEMA.to_owned(),
        network: proof.network.to_string(),
        acts: proof
            .acts
            .iter()
            .map(|act| WireAct {
                minutes: raw(&act.minutes),
                commit: BASE64.encode(&act.commit),
                carriers: base64(&act.carriers),
            })
            .collect(),
        rulings: base64(&proof.rulings),
        statements: proof.statements.iter().map(|jws| raw(jws)).collect(),
        chains: proof.chains.iter().map(wire_chain).collect(),
        forks: base64(&proof.forks),
        checkpoint: proof.checkpoint.as_ref().map(|note| BASE64.encode(note)),
    };
    line(&wire)
}

/// JSON as it is; what is no JSON becomes `null`, which no reader takes for a container.
fn raw(json: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(json).into_owned();
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn line(wire: &WireProof) -> Vec<u8> {
    // Strings, and JSON that was read as such: serialising them to memory has no way to fail.
    let mut line = serde_json::to_vec(wire).unwrap_or_default();
    line.push(b'\n');
    line
}

fn wire_chain(chain: &Chain) -> WireChain {
    let mut feed = Writer::new();
    chain.feed.write(&mut feed);
    WireChain {
        feed: BASE64.encode(&feed.into_bytes()),
        headers: chain
            .headers
            .iter()
            .map(|header| BASE64.encode(&header.encode()))
            .collect(),
        tip: BASE64.encode(&chain.tip.0),
        held: chain.held.as_ref().map(wire_held),
    }
}

fn wire_held(held: &Held) -> WireHeld {
    let steps = |steps: &[TreeHash]| steps.iter().map(|step| BASE64.encode(&step.0)).collect();
    WireHeld {
        closed: held.closed,
        feed: held.feed,
        feeds: held.snapshot.feeds,
        tips: BASE64.encode(&held.snapshot.tips.0),
        in_snapshot: steps(&held.in_snapshot),
        time: held.snapshot.time.0,
        snapshot: held.number,
        in_log: steps(&held.in_log),
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<Proof, ProofError> {
    within(Part::File, bytes.len(), PROOF_BYTES_MAX)?;
    let wire: WireProof =
        serde_json::from_slice(bytes).map_err(|error| Part::File.is(Fault::Form(error.to_string())))?;
    if wire.schema != SCHEMA {
        let what = format!("schema {:?} instead of {SCHEMA:?}", wire.schema);
        return Err(Part::File.is(Fault::Form(what)));
    }
    within(Part::File, wire.acts.len(), PROOF_ACTS_MAX)?;
    within(Part::File, wire.rulings.len(), PROOF_RULINGS_MAX)?;
    within(Part::File, wire.statements.len(), PROOF_STATEMENTS_MAX)?;
    let headers = wire.chains.iter().map(|chain| chain.headers.len()).sum();
    within(Part::File, headers, PROOF_HEADERS_MAX)?;
    within(Part::File, wire.chains.len(), PROOF_HEADERS_MAX)?;
    within(Part::File, wire.forks.len(), wire.chains.len())?;
    let network = wire
        .network
        .parse::<NetworkId>()
        .map_err(|error| Part::File.is(Fault::Form(format!("network: {error}"))))?;
    // Members in another order, white space and needless escapes, outside the containers: those are read by themselves.
    if line(&wire) != bytes {
        return Err(Part::File.is(Fault::NotCanonical));
    }
    let each = |wire: &[String], part: &dyn Fn(usize) -> Part| -> Result<Vec<Vec<u8>>, ProofError> {
        (1..)
            .zip(wire)
            .map(|(number, text)| base64(part(number), text))
            .collect()
    };
    let mut acts = Vec::with_capacity(wire.acts.len());
    for (number, act) in (1..).zip(&wire.acts) {
        within(Part::Commit(number), act.carriers.len(), COMMIT_MINUTES_MAX)?;
        acts.push(ActPart {
            minutes: act.minutes.get().as_bytes().to_vec(),
            commit: base64(Part::Commit(number), &act.commit)?,
            carriers: each(&act.carriers, &|at| Part::Carrier(number, at))?,
        });
    }
    Ok(Proof {
        network,
        acts,
        rulings: each(&wire.rulings, &Part::Ruling)?,
        statements: wire
            .statements
            .iter()
            .map(|jws| jws.get().as_bytes().to_vec())
            .collect(),
        chains: (1..)
            .zip(&wire.chains)
            .map(|(number, chain)| read_chain(Part::Chain(number), chain))
            .collect::<Result<_, _>>()?,
        forks: each(&wire.forks, &Part::Fork)?,
        checkpoint: match &wire.checkpoint {
            Some(note) => Some(base64(Part::Checkpoint, note)?),
            None => None,
        },
    })
}

fn within(part: Part, found: usize, limit: usize) -> Result<(), ProofError> {
    if found > limit {
        Err(part.is(Fault::Limit { found, limit }))
    } else {
        Ok(())
    }
}

fn base64(part: Part, text: &str) -> Result<Vec<u8>, ProofError> {
    BASE64
        .decode(text.as_bytes())
        .map_err(|error| part.is(Fault::Form(error.to_string())))
}

fn read_chain(part: Part, wire: &WireChain) -> Result<Chain, ProofError> {
    let form = |error: CborError| part.is(Fault::Form(error.to_string()));
    let mut headers = Vec::with_capacity(wire.headers.len());
    for text in &wire.headers {
        let bytes = base64(part, text)?;
        within(part, bytes.len(), HEADER_BYTES_MAX)?;
        headers.push(Header::decode(&bytes).map_err(form)?);
    }
    let tip: [u8; 64] = base64(part, &wire.tip)?
        .try_into()
        .map_err(|_| part.is(Fault::Form("a tip signature has 64 bytes".to_owned())))?;
    Ok(Chain {
        feed: read_feed(&base64(part, &wire.feed)?).map_err(form)?,
        headers,
        tip: Signature(tip),
        held: match &wire.held {
            Some(held) => Some(read_held(part, held)?),
            None => None,
        },
    })
}

fn read_held(part: Part, wire: &WireHeld) -> Result<Held, ProofError> {
    let hash = |text: &String| {
        let bytes = base64(part, text)?.try_into();
        let bytes = bytes.map_err(|_| part.is(Fault::Form("a tree hash has 32 bytes".to_owned())));
        bytes.map(TreeHash)
    };
    let steps = |steps: &[String]| {
        within(part, steps.len(), INCLUSION_STEPS_MAX)?;
        steps.iter().map(hash).collect::<Result<Vec<_>, _>>()
    };
    Ok(Held {
        closed: wire.closed,
        snapshot: Snapshot {
            time: Time(wire.time),
            feeds: wire.feeds,
            tips: hash(&wire.tips)?,
        },
        feed: wire.feed,
        in_snapshot: steps(&wire.in_snapshot)?,
        number: wire.snapshot,
        in_log: steps(&wire.in_log)?,
    })
}

fn read_feed(bytes: &[u8]) -> Result<Feed, CborError> {
    let feed = Feed::read(&mut Reader::new(bytes))?;
    let mut again = Writer::new();
    feed.write(&mut again);
    expect_canonical("feed", bytes, &again.into_bytes())?;
    Ok(feed)
}
