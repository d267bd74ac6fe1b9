//! Submissions: signed acts from the command line, checked and stored.

use soxa_engine::{Engine, EngineError, Refusal as ActRefusal, Submitted};
use soxa_ledger::{Body, Commit, FeedId, NetworkId, Signed, Statement, Time};
use soxa_store::{SEGMENTS_FOLDER, StoreError};
use tokio::sync::oneshot;

use super::answers::{Answers, parse_bytes};
use super::live::Live;
use super::objections::{of_operation, of_statement};
use crate::control::protocol::{Objection, Refusal, Reply, Request};
use crate::control::reports::StoredReport;

/// Acts submitted by one request.
pub struct Submission {
    /// The acts, their signatures checked.
    pub acts: Vec<Body>,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Reply>,
}

impl Submission {
    /// Bytes of the signed acts.
    pub fn bytes(&self) -> usize {
        let bytes = |act: &Body| match act {
            Body::Commit(commit) => commit.bytes().len(),
            Body::Statement(statement) => statement.bytes().len(),
        };
        self.acts.iter().map(bytes).sum()
    }

    /// Reads a request's acts and checks their signatures.
    pub fn read(network: NetworkId, request: &Request, answers: &Answers<'_>) -> Result<Vec<Body>, Refusal> {
        match request {
            Request::Submit { commits } => commits
                .iter()
                .map(|text| {
                    let commit = read_commit(network, &parse_bytes(text)?)?;
                    let advice = answers.advice(&commit)?;
                    if advice.iter().any(|objection| !objection.warning) {
                        return Err(Refusal::Objections(advice));
                    }
                    Ok(Body::Commit(commit))
                })
                .collect(),
            Request::SubmitStatements { statements } => statements
                .iter()
                .map(|text| read_statement(network, &parse_bytes(text)?).map(Body::Statement))
                .collect(),
            _ => Ok(Vec::new()),
        }
    }
}

fn read_commit(network: NetworkId, bytes: &[u8]) -> Result<soxa_ledger::Verified<Commit>, Refusal> {
    Signed::<Commit>::decode(bytes)
        .and_then(|signed| signed.verify(network))
        .map_err(|error| Refusal::BadSignature {
            what: error.to_string(),
        })
}

fn read_statement(network: NetworkId, bytes: &[u8]) -> Result<soxa_ledger::Verified<Statement>, Refusal> {
    Signed::<Statement>::decode(bytes)
        .and_then(|signed| signed.verify(network))
        .map_err(|error| Refusal::BadSignature {
            what: error.to_string(),
        })
}

/// Stores submissions with one sync and answers each. A submission is stored whole or not at all: it is refused when
/// one of its acts would have no effect. Returns the feeds that grew.
///
/// # Errors
/// Local faults that leave the engine unusable. A full disk is answered, not returned: nothing was stored.
pub fn submit(
    engine: &mut Engine,
    live: &Live,
    submissions: Vec<Submission>,
    now: Time,
) -> Result<Vec<FeedId>, EngineError> {
    let groups: Vec<Vec<Body>> = submissions
        .iter()
        .map(|submission| submission.acts.clone())
        .collect();
    let outcomes = match engine.submit(groups, now) {
        Ok(outcomes) => outcomes,
        // Nothing of the call was stored, and the engine goes on.
        Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
            let refusal = match &fault {
                // The store names its files from its own folder.
                StoreError::Full { file, .. } => Refusal::DiskFull {
                    file: live.store.join(file).display().to_string(),
                },
                other => Refusal::Failed {
                    what: other.to_string(),
                },
            };
            for submission in submissions {
                let _ = submission.reply.send(Reply::Refused(refusal.clone()));
            }
            return Ok(Vec::new());
        }
        // An index that failed stays failed until the store is opened again.
        Err(fault) => {
            let fault = unfinished(fault);
            for submission in submissions {
                let refusal = Refusal::Unfinished {
                    why: fault.to_string(),
                };
                let _ = submission.reply.send(Reply::Refused(refusal));
            }
            return Err(fault);
        }
    };
    let mut feeds = Vec::new();
    for (submission, outcome) in submissions.into_iter().zip(outcomes) {
        let reply = match outcome {
            Submitted::Stored(positions) => {
                feeds.extend(positions.iter().map(|at| at.feed));
                stored(engine, &submission.acts)
            }
            Submitted::Refused(refusal) => {
                let answers = Answers { engine, live, now };
                Reply::Refused(Refusal::Objections(objections(&refusal, &answers)))
            }
        };
        // The command may have gone away; what it submitted is stored all the same.
        let _ = submission.reply.send(reply);
    }
    Ok(feeds)
}

/// Whether a fault is one of the log that leaves log and index as they were: a full disk, or an append too large.
pub fn is_of_the_log(fault: &StoreError) -> bool {
    match fault {
        StoreError::Full { file, .. } => file.starts_with(SEGMENTS_FOLDER),
        StoreError::TooLarge { .. } => true,
        _ => false,
    }
}

/// The fault as one after which the store has to be opened again.
pub fn unfinished(fault: EngineError) -> EngineError {
    match fault {
        fault @ EngineError::Unfinished(_) => fault,
        fault => EngineError::Unfinished(Box::new(fault)),
    }
}

fn stored(engine: &Engine, acts: &[Body]) -> Reply {
    let network = engine.authority().network();
    let report = |act: &Body| match act {
        Body::Statement(statement) => StoredReport {
            id: statement.id.to_string(),
            verdict: super::objections::statement_word(&engine.authority().judge_statement(&statement.id))
                .to_owned(),
        },
        Body::Commit(commit) => {
            let id = commit.commit_id(network);
            // Void was refused before; what waits for something is pending.
            let valid = engine.is_valid(&id).unwrap_or(false);
            StoredReport {
                id: id.to_string(),
                verdict: if valid { "valid" } else { "pending" }.to_owned(),
            }
        }
    };
    Reply::Stored(acts.iter().map(report).collect())
}

fn objections(refusal: &ActRefusal, answers: &Answers<'_>) -> Vec<Objection> {
    match refusal {
        ActRefusal::Operations(verdicts) => verdicts
            .iter()
            .filter_map(|(index, verdict)| of_operation(verdict, Some(*index), answers))
            .collect(),
        ActRefusal::Statement(_, verdict) => of_statement(verdict).into_iter().collect(),
    }
}
