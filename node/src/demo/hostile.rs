//! A node that was admitted and then misbehaves. It answers sync requests over libp2p with runs made by hand.
//!
//! Its feeds are of three incarnations, because a forged body ends a feed: one commit whose signature is false, one
//! that claims somebody else's appointment, and one whose operation is malformed under a valid signature.

use std::collections::BTreeSet;

use soxa_ledger::entry::BodyKind;
use soxa_ledger::{
    Commit, Entry, Feed, Head, Header, Incarnation, NetworkId, NodeKey, OpRef, Operation, RecordId,
    RecordRef, Run, Scope, SecretKey, StatementId, Time, Tip,
};
use soxa_net::{Net, NetConfig, NetEvent, NetHandle};
use soxa_records::TypedOperation;
use soxa_records::unit::{UnitField, UnitOperation, UnitSet};
use soxa_sync::message::{Line, Program, Request, Response};
use tokio::runtime::Handle;

use super::error::DemoError;

/// What the hostile node is given to work with.
pub struct Plan {
    /// The network.
    pub network: NetworkId,
    /// The node's own, admitted key.
    pub node: SecretKey,
    /// A key that nobody appointed.
    pub stranger: SecretKey,
    /// Somebody else's appointment, which the stranger claims.
    pub claimed: StatementId,
    /// An official's key, in the hands of the node.
    pub official: SecretKey,
    /// That official's own appointment, for acts on assets.
    pub appointment: StatementId,
    /// An asset.
    pub asset: RecordId,
    /// A unit.
    pub unit: RecordId,
    /// Now.
    pub now: Time,
}

impl Plan {
    /// The three runs: forged, unauthorised, malformed.
    ///
    /// # Errors
    /// When a commit cannot even be made: a defect of the program.
    pub fn runs(&self) -> Result<[Run; 3], DemoError> {
        Ok([
            self.run(1, self.forged()?),
            self.run(2, self.unauthorised()?),
            self.run(3, self.malformed()?),
        ])
    }

    /// A commit of the official with one bit of the signature turned.
    fn forged(&self) -> Result<Vec<u8>, DemoError> {
        let mut bytes = self.signed(&self.official, self.appointment, self.rename_unit())?;
        // The signature is the last thing in the container.
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        Ok(bytes)
    }

    /// A commit of a key without a role, which claims somebody else's appointment.
    fn unauthorised(&self) -> Result<Vec<u8>, DemoError> {
        self.signed(&self.stranger, self.claimed, self.rename_unit())
    }

    /// A commit whose signature and authority hold and whose operation says nothing that anybody can read.
    fn malformed(&self) -> Result<Vec<u8>, DemoError> {
        let kind = "asset.set"
            .parse()
            .map_err(|e| DemoError::Unexpected(format!("asset.set: {e}")))?;
        let operation = Operation {
            record: RecordRef::Id(self.asset),
            kind,
            version: 1,
            parents: vec![OpRef::Id(self.asset.into())],
            refs: Vec::new(),
            body: b"\xff\xff\xff".to_vec(),
        };
        self.signed(&self.official, self.appointment, operation)
    }

    fn rename_unit(&self) -> Operation {
        let value = "Xã của kẻ gian".to_owned();
        let typed = TypedOperation::Unit(UnitOperation::Set(UnitSet {
            field: UnitField::Name,
            value,
        }));
        Operation {
            record: RecordRef::Id(self.unit),
            kind: typed.kind(),
            version: typed.version(),
            parents: vec![OpRef::Id(self.unit.into())],
            refs: Vec::new(),
            body: typed.body(),
        }
    }

    fn signed(
        &self,
        key: &SecretKey,
        appointment: StatementId,
        operation: Operation,
    ) -> Result<Vec<u8>, DemoError> {
        let commit = Commit {
            author: key.public(),
            appointment,
            scope: Scope::all_nodes(),
            time: self.now,
            operations: vec![operation],
            minutes: Vec::new(),
            note: None,
        };
        let signed = commit
            .sign(self.network, key)
            .map_err(|e| DemoError::Unexpected(e.to_string()))?;
        Ok(signed.bytes().to_vec())
    }

    /// A run of one entry, the first of an incarnation's feed, under the node's own valid tip signature.
    fn run(&self, life: u8, body: Vec<u8>) -> Run {
        let feed = Feed {
            node: self.node.node(),
            incarnation: Incarnation([life; 16]),
            scope: Scope::all_nodes(),
            follows: None,
        };
        let id = feed.id(self.network);
        let header = Header::following(id, &Head::empty(id), self.now, BodyKind::Commit, &body);
        let tip = Tip {
            feed: id,
            seq: header.seq,
            hash: header.hash(),
        }
        .sign(self.network, &self.node);
        Run {
            feed,
            entries: vec![Entry { header, body }],
            tip,
        }
    }
}

/// The hostile node at work. Dropping it takes it off the network.
pub struct Hostile {
    net: NetHandle,
}

impl Hostile {
    /// Dials the victims and answers what they ask.
    ///
    /// # Errors
    /// When the network cannot be started.
    pub fn start(
        runtime: &Handle,
        plan: &Plan,
        victims: BTreeSet<NodeKey>,
        addresses: Vec<String>,
    ) -> Result<Self, DemoError> {
        let runs = plan.runs()?;
        let mut config = NetConfig::new(plan.node.clone(), plan.network);
        config.admitted = victims;
        config.dial = addresses;
        let (net, mut events) = runtime
            .block_on(Net::start(config))
            .map_err(|e| DemoError::node("hostile", e))?;
        let (network, answering) = (plan.network, net.clone());
        runtime.spawn(async move {
            while let Some(event) = events.recv().await {
                if let NetEvent::Asked { bytes, reply, .. } = event {
                    // A victim that has gone meanwhile needs no answer.
                    let _ = answering.reply(reply, answer(network, &runs, &bytes).encode());
                }
            }
        });
        Ok(Self { net })
    }

    /// Leaves the network.
    pub fn stop(self, runtime: &Handle) {
        runtime.block_on(self.net.shutdown());
    }
}

/// What the hostile node says: it always claims to hold its three feeds and nothing else.
fn answer(network: NetworkId, runs: &[Run], bytes: &[u8]) -> Response {
    let line = |run: &Run| {
        let newest = run.entries.last()?.header.head();
        Some(Line {
            feed: run.feed.clone(),
            seq: newest.seq,
            hash: newest.hash,
            closed: false,
            forked: None,
            named: None,
        })
    };
    let mut lines: Vec<Line> = runs.iter().filter_map(line).collect();
    lines.sort_by_key(|line| line.id(network));
    match Request::decode(bytes) {
        Ok(Request::Compare { program, .. }) => Response::Differs {
            lines,
            more: false,
            program,
        },
        Ok(Request::Lines { after: None }) => Response::Lines { lines, more: false },
        Ok(Request::Lines { after: Some(after) }) => {
            lines.retain(|line| line.id(network) > after);
            Response::Lines { lines, more: false }
        }
        Ok(Request::Runs { wants }) => {
            let mut given = Vec::new();
            let mut unserved = Vec::new();
            for want in wants {
                let run = runs
                    .iter()
                    .find(|run| run.feed.id(network) == want.feed && want.after.0 == 0);
                match run {
                    Some(run) => given.push(run.clone()),
                    None => unserved.push(want.feed),
                }
            }
            Response::Runs {
                runs: given,
                unserved,
            }
        }
        Ok(Request::Fork { .. }) => Response::Fork { proof: None },
        Ok(Request::Named { .. }) => Response::Named {
            entries: Vec::new(),
            more: false,
        },
        Ok(Request::Branch { .. }) => Response::Branch { run: None },
        Err(_) => Response::Equal {
            program: Program::own(),
        },
    }
}

#[cfg(test)]
mod tests {
    use soxa_ledger::entry::Defect;
    use soxa_ledger::{Body, Seq};
    use soxa_sync::message::Want;

    use super::*;

    /// The commit of a run, or why it is refused.
    fn opened(network: NetworkId, run: &Run) -> Result<Commit, Defect> {
        match run.entries[0].open(network, &run.feed.scope)? {
            Body::Commit(commit) => Ok(commit.value().clone()),
            Body::Statement(_) => unreachable!("only commits are made here"),
        }
    }

    fn plan() -> Plan {
        let key = |n: u8| SecretKey::from_seed(&[n; 32]);
        Plan {
            network: NetworkId([1; 32]),
            node: key(2),
            stranger: key(3),
            claimed: StatementId([4; 32]),
            official: key(5),
            appointment: StatementId([6; 32]),
            asset: RecordId([7; 32]),
            unit: RecordId([8; 32]),
            now: Time(1_763_139_600_000),
        }
    }

    #[test]
    fn the_runs_are_what_they_are_said_to_be() {
        let plan = plan();
        let runs = plan.runs().unwrap();
        for run in &runs {
            let head = Head::empty(run.feed.id(plan.network));
            run.clone()
                .verify(plan.network, &head)
                .expect("the node's own signature holds");
        }
        let [forged, unauthorised, malformed] = runs;
        assert!(opened(plan.network, &forged).unwrap_err().is_forgery());
        let commit = opened(plan.network, &unauthorised).unwrap();
        assert_eq!(
            (commit.author, commit.appointment),
            (plan.stranger.public(), plan.claimed)
        );
        let operation = opened(plan.network, &malformed).unwrap().operations.remove(0);
        let read = soxa_records::decode(&operation.kind, operation.version, &operation.body);
        assert!(
            matches!(read, Err(soxa_records::DecodeError::Malformed(_))),
            "{read:?}"
        );
    }

    #[test]
    fn victims_are_shown_three_feeds_and_given_what_they_ask_for() {
        let plan = plan();
        let runs = plan.runs().unwrap();
        let ask = |request: Request| answer(plan.network, &runs, &request.encode());
        let Response::Lines { lines, more: false } = ask(Request::Lines { after: None }) else {
            panic!("no lines");
        };
        assert_eq!(lines.len(), 3);
        let wants: Vec<Want> = lines
            .iter()
            .map(|line| Want {
                feed: line.id(plan.network),
                after: Seq(0),
            })
            .collect();
        match ask(Request::Runs { wants: wants.clone() }) {
            Response::Runs { runs, unserved } => assert_eq!((runs.len(), unserved.len()), (3, 0)),
            other => panic!("{other:?}"),
        }
        let done = wants
            .into_iter()
            .map(|want| Want {
                after: Seq(1),
                ..want
            })
            .collect();
        match ask(Request::Runs { wants: done }) {
            Response::Runs { runs, unserved } => assert_eq!((runs.len(), unserved.len()), (0, 3)),
            other => panic!("{other:?}"),
        }
    }
}
