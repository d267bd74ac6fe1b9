//! Every limit of the operation bodies, with its unit and its reason.
//!
//! A body beyond one is malformed for every node, so none may be changed without a new version of the operation.

/// Bytes of a name or title, UTF-8: the longest unit names have some 200.
pub const NAME_BYTES_MAX: usize = 500;
/// Bytes of a code: asset, post, administrative or account codes.
pub const CODE_BYTES_MAX: usize = 64;
/// Bytes of a free text: basis, place, condition, remark, reason.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// Units above a new unit. Less than [`soxa_ledger::limits::UNIT_PATH_MAX`], so that the unit itself still fits
/// into the path of an appointment.
pub const UNITS_ABOVE_MAX: usize = soxa_ledger::limits::UNIT_PATH_MAX - 1;
/// Successors of a closed unit: an old district's station was split among some dozen communes.
pub const SUCCESSORS_MAX: usize = 64;
/// Lines of one handover. With accept, effect and one custody operation a line, it still fits into one commit.
pub const HANDOVER_LINES_MAX: usize = 500;
/// Book lines of one act of an inventory, and lines that one act counts: as many as a handover has.
pub const INVENTORY_LINES_MAX: usize = 500;
/// Lines of one inventory: with some 350 bytes each and what they cite they fit into the commit that opens it.
pub const INVENTORY_BOOK_MAX: usize = 2_000;
/// Members of a council.
pub const COUNCIL_MAX: usize = 32;
/// Found things noted by one act.
pub const INVENTORY_FOUND_MAX: usize = 200;
/// What one act settles. Each cites an operation of the same commit, which holds 1,000.
pub const INVENTORY_SETTLED_MAX: usize = 500;
/// Papers of one dossier at its registration.
pub const COMPONENTS_MAX: usize = 200;
/// Units that somebody would like to be transferred to: a first wish and a few more.
pub const PREFERRED_UNITS_MAX: usize = 8;
/// Named texts of a version of a reference record: a long procedure has some forty components and steps.
pub const REFERENCE_PARTS_MAX: usize = 400;
/// Custody links of one subject; more than any office life has.
pub const DEPTH_MAX: u32 = 1_000_000;
/// First and last year that a date or year may have.
pub const YEARS: std::ops::RangeInclusive<u16> = 1800..=2999;
/// Bytes of a document snapshot that is read back: far above what [`crate::History`] makes of a record.
pub const SNAPSHOT_BYTES_MAX: usize = 64 << 20;
