//! Every limit of the store, with its unit and its reason.

/// Bytes in the payload of one record. Checked before anything is allocated, so that a damaged length costs
/// nothing. Attachments travel in pieces well below it.
pub const RECORD_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Bytes, framing included, that one append may write. An append is one buffer and lies in one segment, which
/// makes it possible to take it back whole when the disk is full.
pub const APPEND_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes after which a new segment is begun, unless the options say otherwise. The last segment is read whole at
/// every start, which this keeps below a second on a slow disk.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// The highest segment number: eight digits, so that names sort as numbers do.
pub const SEGMENTS_MAX: u32 = 99_999_999;

/// Bytes read from a segment at a time while walking it. A scan holds this much, or one record if that is more.
pub const WALK_CHUNK_BYTES: usize = 256 * 1024;

/// Segment files a [`crate::RealDisk`] keeps open. Beyond it all are closed and opened again as needed.
pub const OPEN_FILES_MAX: usize = 64;

/// Bytes of a small file (`format`, `clean`, `index.position`, the lock) that are looked at. They hold less than
/// a hundred; whatever is longer is not ours.
pub const SMALL_FILE_BYTES_MAX: u64 = 4096;

/// Bytes in one key of the index, the keyspace not counted.
pub const KEY_BYTES_MAX: usize = 1024;

/// Bytes in one value of the index: a record, or a snapshot of a document.
pub const VALUE_BYTES_MAX: usize = RECORD_BYTES_MAX as usize;

/// Changes to the index that sled makes in one atomic step. Of a larger batch it would keep every page that it touches in
/// memory until the end; a crash within one costs a replay of the whole log.
pub const ATOMIC_CHANGES_MAX: usize = 1_000;

/// Bytes of memory sled may use for its cache, unless the options say otherwise. Its own default is 1 GiB, more
/// than a commune's machine can spare.
pub const INDEX_CACHE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// Bytes of changes to the index that are gathered in memory before they are written: some thousand rows of records,
/// so that a record that is worked on is written once and not once for each operation. Unless the options say otherwise.
pub const INDEX_BUFFER_BYTES_DEFAULT: usize = 4 * 1024 * 1024;

/// Times an index that is still locked is tried again. sled's worker threads of an index closed a moment ago in
/// this process hold its file a little longer than its handle.
pub const INDEX_LOCK_ATTEMPTS: u32 = 50;

/// Milliseconds between two such attempts: one second in all.
pub const INDEX_LOCK_RETRY_MS: u64 = 20;

/// Attachments of which a part is here and the rest is still to come. Beyond it the first by name are forgotten.
pub const BEGUN_FILES_MAX: usize = 32;
