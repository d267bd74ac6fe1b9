//! What stands when authority ends: the positions that a cut or a declaration of compromise names.

use std::collections::BTreeMap;

use clap::Args;
use soxa_lang::{Lang, text};
use soxa_ledger::Seq;
use soxa_ledger::limits::CUT_POSITIONS_MAX;
use soxa_ledger::statement::FeedPosition;

use super::statements::positions;
use crate::clock;
use crate::control::reports::PositionReport;
use crate::failure::{Failure, Sentence};

/// What stands when authority ends.
#[derive(Debug, Args)]
pub struct KeptArgs {
    /// `now`, `none`, a moment, or positions.
    #[arg(long, default_value = "now", num_args = 1.., value_name = "now|none|DATE|FEED:SEQ:HASH")]
    keep_through: Vec<String>,
    /// A remark for people.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub remark: String,
}

impl KeptArgs {
    /// The moment before which acts stand, when one is named: what the daemon is asked for.
    pub fn before_ms(&self) -> Option<u64> {
        match self.keep_through.as_slice() {
            [word] => clock::parse_moment(word).map(|moment| moment.0),
            _ => None,
        }
    }
}

/// What stands when authority ends, and the same in plain words: of the positions found (earlier than the moment named,
/// if one is).
pub fn kept(
    lang: Lang,
    args: &KeptArgs,
    found: Vec<PositionReport>,
) -> Result<(Vec<FeedPosition>, String), Failure> {
    let all = found.len();
    let words: Vec<&str> = args.keep_through.iter().map(String::as_str).collect();
    let until = |stands: &[FeedPosition], key: &str, moment: &str| {
        text(lang, key, &[("feeds", &stands.len()), ("moment", &moment)])
    };
    match words.as_slice() {
        ["none"] => Ok((Vec::new(), text(lang, "preview.kept.none", &[("count", &all)]))),
        ["now"] => through_now(lang, found),
        [word] if clock::parse_moment(word).is_some() => {
            let moment = clock::parse_moment(word).unwrap_or_default();
            let stands = last_of_each_feed(found)?;
            let said = until(&stands, "preview.kept.through", &clock::moment(moment.0));
            Ok((stands, said))
        }
        given => {
            let parse = |word: &&str| {
                parse_position(word).ok_or_else(|| {
                    let values: [(&str, &dyn std::fmt::Display); 2] =
                        [("argument", &"--keep-through"), ("value", word)];
                    Failure::usage(
                        lang,
                        "key cut",
                        &Sentence::new("cli.usage.invalid_value", &values),
                    )
                })
            };
            let mut stands = given.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
            stands.sort_by_key(|position| position.feed);
            let said = until(&stands, "preview.kept.positions", "");
            Ok((stands, said))
        }
    }
}

/// All that is known here stands; the same in plain words.
///
/// # Errors
/// When there are more feeds than a cut can name.
pub fn through_now(lang: Lang, found: Vec<PositionReport>) -> Result<(Vec<FeedPosition>, String), Failure> {
    let stands = last_of_each_feed(found)?;
    let values: [(&str, &dyn std::fmt::Display); 2] = [
        ("feeds", &stands.len()),
        ("moment", &clock::moment(clock::now().0)),
    ];
    let said = text(lang, "preview.kept.through", &values);
    Ok((stands, said))
}

/// What stands when an appointment ends: in each feed the last of these positions.
///
/// # Errors
/// When there are more feeds than a cut can name.
fn last_of_each_feed(found: Vec<PositionReport>) -> Result<Vec<FeedPosition>, Failure> {
    let mut last: BTreeMap<String, PositionReport> = BTreeMap::new();
    for position in found {
        match last.get(&position.feed) {
            Some(known) if known.seq >= position.seq => {}
            _ => {
                last.insert(position.feed.clone(), position);
            }
        }
    }
    if last.len() > CUT_POSITIONS_MAX {
        let reason = format!("{} feeds, at most {CUT_POSITIONS_MAX}", last.len());
        return Err(Failure::new("errors.statement_malformed", &[("reason", &reason)]));
    }
    positions(&last.into_values().collect::<Vec<_>>())
}

/// Reads `FEED:SEQ:HASH`.
fn parse_position(text: &str) -> Option<FeedPosition> {
    let mut parts = text.split(':');
    let position = FeedPosition {
        feed: parts.next()?.parse().ok()?,
        seq: Seq(parts.next()?.parse().ok()?),
        hash: parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(feed: u8, seq: u64) -> PositionReport {
        PositionReport {
            feed: format!("{feed:02x}").repeat(32),
            node: "00".repeat(32),
            seq,
            hash: format!("{seq:02x}").repeat(32),
            time_ms: seq,
        }
    }

    #[test]
    fn a_cut_keeps_the_last_position_of_each_feed_in_order() {
        let found = vec![position(2, 7), position(1, 3), position(2, 9), position(2, 8)];
        let kept = last_of_each_feed(found).unwrap();
        let short: Vec<(u8, u64)> = kept.iter().map(|p| (p.feed.0[0], p.seq.0)).collect();
        assert_eq!(short, [(1, 3), (2, 9)]);
    }

    #[test]
    fn positions_are_read_as_feed_number_and_hash() {
        let text = format!("{}:7:{}", "ab".repeat(32), "cd".repeat(32));
        assert_eq!(parse_position(&text).map(|p| p.seq), Some(Seq(7)));
        for wrong in ["", "ab:7:cd", &format!("{text}:1"), &text.replace(":7:", ":x:")] {
            assert_eq!(parse_position(wrong), None, "{wrong}");
        }
    }
}
