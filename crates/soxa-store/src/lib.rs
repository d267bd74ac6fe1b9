//! Durable storage of opaque records in append-only segment files, and a key-value index over them that can always
//! be made again from the segments.
//!
//! Start with [`Store`], which holds both in one folder; [`Segments`] is the log and [`Index`] the index. The crate
//! does not know what a record means, has no clock and draws no random numbers. It alone names sled.
//!
//! ```
//! # use soxa_store::{RecordKind, Store, StoreOptions};
//! const NOTE: RecordKind = RecordKind::new(1);
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path();
//! Store::create(folder)?;
//! let (store, opening) = Store::open(folder, StoreOptions::default())?;
//! for record in store.scan(opening.replay_from) {
//!     let (location, record) = record?;
//!     // … put what the record means into a batch, and `store.index().apply(batch, location.end())`
//! }
//! let locations = store.append_and_sync(&[(NOTE, b"hello")])?;
//! assert_eq!(store.read(locations[0])?.payload, b"hello");
//! store.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The folder
//!
//! | name | what | lost or damaged |
//! | --- | --- | --- |
//! | `format` | `soxa-store/1` and a line feed | the store is not opened |
//! | `segments/00000001.seg` … | the log | reported; only a torn tail is cut |
//! | `index/` | the index: sled's files in a numbered folder | replayed from the log |
//! | `index.position` | how far the index had read when its files were last synced | replayed from the log |
//! | `clean` | present after an orderly stop: where the log ended | replayed from `index.position` |
//! | `index.second/` | while a store is verified: an index made anew, to compare with | removed at the next start |
//! | `attachments/` | files that records name, by their hashes; see [`Attachments`] | fetched again from other nodes |
//! | `lock` | locked while the store is open; the process's number | made again |
//!
//! # FORMAT
//!
//! Format 1 of a segment. All numbers are little-endian. CRC32C is Castagnoli's, as in iSCSI.
//!
//! A segment file begins with 16 bytes, whose layout is the same in all formats to come:
//!
//! | bytes | content |
//! | --- | --- |
//! | 0–5 | `soxseg` |
//! | 6–7 | format, `u16`: 1 |
//! | 8–11 | number of the segment, `u32`, from 1 |
//! | 12–15 | CRC32C of bytes 0–11 |
//!
//! Then follow frames without gaps, each a record or a mark:
//!
//! | bytes | content |
//! | --- | --- |
//! | 0–3 | length of the payload, `u32`, at most [`limits::RECORD_BYTES_MAX`] |
//! | 4–7 | CRC32C of bytes 0–3, byte 8 and the payload |
//! | 8 | kind: 0 is a sync mark, all others are the caller's |
//! | 9– | payload |
//!
//! The payload of a **sync mark** is the place of its own frame, a [`LogPosition`]: segment `u32`, offset `u64`. It
//! says that all bytes before it in its file were on the disk before it was written. It is written right after each
//! sync and not synced itself.
//!
//! Zeros are no frame: the CRC32C of five zeros is not zero.
//!
//! # What a crash can do, and why nothing is lost
//!
//! The assumptions: bytes that were synced stay; of bytes that were written later any may be missing, not only the
//! last ones, since a file system may write pages in any order and then shows zeros between them; the name of a
//! created file is safe when its folder was synced.
//!
//! 1. *What was answered for is kept.* [`Segments::sync`] returns after `fdatasync`. A new segment is begun only after
//!    the one before it was synced, and its head and name are synced before its first record is written. So all
//!    unsynced bytes are a suffix of the **last** segment, and a bad byte in any other is damage.
//! 2. *A torn tail is told from damage by what vouches for it.* In the last segment, at the first bytes that are no
//!    frame, there are two explanations: a crash tore bytes that were never synced, or synced bytes were damaged.
//!    They were synced if they lie below a position the caller knows of (`at_least`, from `clean` and
//!    `index.position`), if a sync mark lies anywhere after them, or if a further segment was begun. Then it is
//!    [`StoreError::Damaged`] and nothing is changed. Otherwise they were, as far as anyone can tell, never
//!    answered for, and the file is cut there. That whole *records* follow proves nothing, since pages are written in
//!    any order; and a peer can send a payload that contains whole records. A mark names its own place, so one inside
//!    a payload counts only if its author had known the very byte it would be stored at, and even then it turns a
//!    cut into a refusal, never into a loss.
//! 3. *The doubt that remains* is damage to the records of the very last sync when the mark after them did not reach
//!    the disk, which the system writes within seconds. It cannot be told from a torn tail; the cut is reported.
//! 4. *A refused append leaves no trace.* It is one write in one segment, and the file is cut back to its length
//!    before it.
//! 5. *A failed sync is final.* See the comment in `segments.rs`: the log is cut back to what was synced and stops.
//! 6. *What is found is synced before it is built upon.* Opening syncs the last segment, since after a killed process
//!    its end may be in the system's memory only.
//!
//! # The index
//!
//! Each batch carries the position in the log up to which the index then has read. Changes are gathered in memory and
//! written together, with the position of the newest; what is gathered is lost with the process and replayed. While a
//! large batch is written the index has no position: left in between, it is emptied and replayed from the start. [`Store::checkpoint`] makes the
//! index durable first and then replaces `index.position`. When the store is opened, an index that is missing,
//! unusable, ahead of the log, behind `index.position`, or without one, is emptied, and [`Opening::replay_from`] is
//! zero; after an orderly stop it is the index's own position; otherwise it is the one in `index.position`. So a
//! damaged or lying index costs time, never a record.

pub mod limits;

mod position;

mod error;

mod disk;

mod real_disk;

mod memory_disk;

mod frame;

mod walk;

mod recovery;

mod reader;

mod segments;

mod index;

mod memory_index;

mod buffered_index;

mod index_folder;

mod sled_index;

mod second_index;

mod position_file;

mod opening;

mod lock;

mod store;

mod attachments;

pub use attachments::{Attachment, Attachments};
pub use buffered_index::BufferedIndex;
pub use disk::Disk;
pub use error::StoreError;
pub use frame::{FRAME_HEADER_BYTES, RecordKind, SEGMENT_FORMAT, SEGMENT_HEADER_BYTES};
pub use index::{Batch, Entry, Index, Keyspace};
pub use memory_disk::MemoryDisk;
pub use memory_index::MemoryIndex;
pub use opening::{Distrust, IndexState, Opening};
pub use position::{Location, LogPosition};
pub use reader::{Record, Scan, SegmentReader};
pub use real_disk::RealDisk;
pub use recovery::{CutTail, OpenReport, Shortened};
pub use second_index::SecondIndex;
pub use segments::{SegmentOptions, Segments};
pub use sled_index::{SledIndex, Unusable};
pub use store::{STORE_FORMAT, Store, StoreOptions};
pub use walk::SEGMENTS_FOLDER;
