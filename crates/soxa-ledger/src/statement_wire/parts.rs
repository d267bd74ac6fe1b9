//! The parts that several kinds of statements share: ids, positions, texts, and the one form of JSON.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::feed::Seq;
use crate::ids::{EntryHash, FeedId, RecordId};
use crate::limits::{TEXT_BYTES_MAX, UNIT_PATH_MAX};
use crate::statement::FeedPosition;

/// What was read, or what is wrong with it.
pub(super) type Outcome<T> = Result<T, String>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WirePosition {
    feed: String,
    seq: u64,
    hash: String,
}

pub(super) fn wire_position(position: &FeedPosition) -> WirePosition {
    WirePosition {
        feed: position.feed.to_string(),
        seq: position.seq.0,
        hash: position.hash.to_string(),
    }
}

pub(super) fn positions(wire: Vec<WirePosition>, limit: usize, field: &str) -> Outcome<Vec<FeedPosition>> {
    if wire.len() > limit {
        return Err(format!(
            "{field}: {} positions exceed the limit of {limit}",
            wire.len()
        ));
    }
    let positions = wire
        .into_iter()
        .map(|p| {
            Ok(FeedPosition {
                feed: FeedId(id(&p.feed, field)?),
                seq: Seq(p.seq),
                hash: EntryHash(id(&p.hash, field)?),
            })
        })
        .collect::<Outcome<Vec<_>>>()?;
    if positions.is_sorted_by(|a, b| a.feed < b.feed) {
        Ok(positions)
    } else {
        Err(format!("{field}: a feed named twice or not in ascending order"))
    }
}

pub(super) fn unit_path(wire: &[String]) -> Outcome<Vec<RecordId>> {
    if wire.is_empty() || wire.len() > UNIT_PATH_MAX {
        return Err(format!("a unit path of {} units", wire.len()));
    }
    wire.iter()
        .map(|unit| id(unit, "unit_path").map(RecordId))
        .collect()
}

pub(super) fn ids<T: PartialOrd>(
    wire: &[String],
    limit: usize,
    field: &str,
    make: impl Fn([u8; 32]) -> T,
) -> Outcome<Vec<T>> {
    if wire.is_empty() || wire.len() > limit {
        return Err(format!("{field}: {} of them, 1 to {limit} allowed", wire.len()));
    }
    let ids = wire
        .iter()
        .map(|text| id(text, field).map(&make))
        .collect::<Outcome<Vec<T>>>()?;
    if ids.is_sorted_by(|a, b| a < b) {
        Ok(ids)
    } else {
        Err(format!("{field}: not in ascending order or doubled"))
    }
}

pub(super) fn id(text: &str, field: &str) -> Outcome<[u8; 32]> {
    HEXLOWER
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("{field}: not 64 lower-case hexadecimal digits"))
}

/// Refuses JSON that is not what encoding the decoded value gives.
pub(super) fn canonical(received: &[u8], encoded: &[u8]) -> Outcome<()> {
    if received == encoded {
        Ok(())
    } else {
        Err("white space, members in another order, or needless escapes".to_owned())
    }
}

pub(super) fn text(text: String, field: &str) -> Outcome<String> {
    if text.len() > TEXT_BYTES_MAX {
        Err(format!("{field}: longer than {TEXT_BYTES_MAX} bytes"))
    } else {
        Ok(text)
    }
}

/// Strings and numbers only: serialising them to memory has no way to fail.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

pub(super) fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
