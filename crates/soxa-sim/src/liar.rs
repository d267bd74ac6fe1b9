//! [`Liar`]: what a node says that is admitted and does not mean it well. Its own ledger is right; what leaves it is not.

use std::collections::VecDeque;

use soxa_ledger::EntryHash;
use soxa_sync::file_words::FileReply;
use soxa_sync::{Line, Program, Request, Response};

use crate::dice::Dice;
use crate::limits::ANSWERS_KEPT_MAX;

/// How it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It answers nothing.
    Silent,
    /// It asks and answers with bytes that mean nothing.
    Garbage,
    /// It claims to hold entries that do not exist.
    FalseTips,
    /// It says that all is equal and has nothing to give.
    Withholds,
    /// It answers what it answered to somebody before.
    Replays,
    /// A byte of each answer is another one.
    Mangles,
}

impl Manner {
    const ALL: [Self; 6] = [
        Self::Silent,
        Self::Garbage,
        Self::FalseTips,
        Self::Withholds,
        Self::Replays,
        Self::Mangles,
    ];

    /// The last part of its key in the catalogue of sentences.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Garbage => "garbage",
            Self::FalseTips => "false_tips",
            Self::Withholds => "withholds",
            Self::Replays => "replays",
            Self::Mangles => "mangles",
        }
    }
}

/// A lying node's mouth.
#[derive(Debug, Clone)]
pub(crate) struct Liar {
    pub manner: Manner,
    dice: Dice,
    answers: VecDeque<Vec<u8>>,
}

/// Bytes of garbage, at most.
const GARBAGE_BYTES_MAX: u64 = 400;

impl Liar {
    pub fn new(mut dice: Dice) -> Self {
        Self {
            manner: Manner::ALL[dice.index(Manner::ALL.len())],
            dice,
            answers: VecDeque::new(),
        }
    }

    /// What becomes of a question that the node asks.
    pub fn ask(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match self.manner {
            Manner::Garbage => self.garbage(),
            _ => bytes,
        }
    }

    /// What becomes of its answer; none when there is none. `lines` are what it holds.
    pub fn answer(&mut self, request: &Request, response: Response, lines: Vec<Line>) -> Option<Vec<u8>> {
        let honest = response.encode();
        let answer = match self.manner {
            Manner::Silent => None,
            Manner::Garbage => Some(self.garbage()),
            Manner::Withholds => Some(withheld(request, response).encode()),
            Manner::FalseTips => Some(self.false_tips(response, lines).encode()),
            Manner::Replays => {
                let old = self
                    .dice
                    .pick(Vec::from(self.answers.clone()).as_slice())
                    .cloned();
                Some(old.unwrap_or_else(|| honest.clone()))
            }
            Manner::Mangles => Some(self.mangled(honest.clone())),
        };
        if self.answers.len() == ANSWERS_KEPT_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back(honest);
        answer
    }

    /// What becomes of a piece of a file that it sends; none when it sends nothing.
    pub fn send_piece(&mut self, honest: Vec<u8>) -> Option<Vec<u8>> {
        match self.manner {
            Manner::Silent => None,
            Manner::Garbage => Some(self.garbage()),
            Manner::Withholds => Some(FileReply { piece: None }.encode()),
            Manner::Mangles => Some(self.mangled(honest)),
            Manner::FalseTips | Manner::Replays => Some(honest),
        }
    }

    fn mangled(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let at = self.dice.index(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << self.dice.below(8);
        }
        bytes
    }

    fn garbage(&mut self) -> Vec<u8> {
        let len = self.dice.below(GARBAGE_BYTES_MAX);
        (0..len).map(|_| self.dice.below(256) as u8).collect()
    }

    /// The lines of an answer, some of them with entries that nobody made.
    fn false_tips(&mut self, response: Response, held: Vec<Line>) -> Response {
        let program = Program::own();
        match response {
            Response::Equal { .. } => Response::Differs {
                lines: self.falsified(held),
                more: false,
                program,
            },
            Response::Differs { lines, more, program } => Response::Differs {
                lines: self.falsified(lines),
                more,
                program,
            },
            Response::Lines { lines, more } => Response::Lines {
                lines: self.falsified(lines),
                more,
            },
            other => other,
        }
    }

    fn falsified(&mut self, mut lines: Vec<Line>) -> Vec<Line> {
        for line in &mut lines {
            if self.dice.chance(50) {
                line.seq.0 = (line.seq.0 + self.dice.between(0, 5)).max(1);
                line.hash = EntryHash(self.dice.bytes());
            }
        }
        lines
    }
}

fn withheld(request: &Request, response: Response) -> Response {
    match (request, response) {
        (_, Response::Differs { program, .. }) => Response::Equal { program },
        (Request::Runs { wants }, Response::Runs { .. }) => Response::Runs {
            runs: Vec::new(),
            unserved: wants.iter().map(|want| want.feed).collect(),
        },
        (_, other) => other,
    }
}
