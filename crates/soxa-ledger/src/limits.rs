//! Every limit of the signed formats, with its unit and its reason.
//!
//! A limit here is part of the format: what exceeds one is malformed for every node, so none may be changed
//! without a new format version.

/// Bytes of one signed commit. Leaves room for some thousand small operations under one signature.
pub const COMMIT_BYTES_MAX: usize = 1 << 20;
/// Operations in one commit: a bulk import of 1,000 assets is a few commits.
pub const COMMIT_OPERATIONS_MAX: usize = 1_000;
/// Minutes carried by one commit: one for each handover settled under one signature.
pub const COMMIT_MINUTES_MAX: usize = 200;
/// Bytes of a commit's note, UTF-8.
pub const NOTE_BYTES_MAX: usize = 2_000;
/// Bytes of one operation's body. An operation is one typed act, never a file: scans are blobs.
pub const OPERATION_BODY_BYTES_MAX: usize = 256 << 10;
/// Bytes of an operation kind such as `asset.register`, ASCII.
pub const OPERATION_KIND_BYTES_MAX: usize = 48;
/// Parents of one operation: how many concurrent branches one act can merge.
pub const OPERATION_PARENTS_MAX: usize = 64;
/// Operations of other records that one operation cites: one for each line of a handover, and some.
pub const OPERATION_REFS_MAX: usize = 1_000;
/// Units in a scope: commune, province and those a dossier is forwarded to.
pub const SCOPE_UNITS_MAX: usize = 16;
/// Bytes of one statement in its JWS container.
pub const STATEMENT_BYTES_MAX: usize = 64 << 10;
/// Bytes of one minutes in its JWS container: some hundred lines with remarks.
pub const MINUTES_BYTES_MAX: usize = 512 << 10;
/// Signatures of one JWS: root quorum, or giver, receiver, witness with ledger and token signatures.
pub const JWS_SIGNATURES_MAX: usize = 16;
/// Root keys of a network.
pub const ROOT_KEYS_MAX: usize = 16;
/// Changes of the root keys, one after the other: far more than a ledger's life has.
pub const ROOT_CHANGES_MAX: usize = 64;
/// Founding nodes named in the genesis.
pub const FOUNDING_NODES_MAX: usize = 16;
/// Roles in the genesis table.
pub const ROLES_MAX: usize = 64;
/// Positions in a cut: one for each feed in which the appointment was used.
pub const CUT_POSITIONS_MAX: usize = 256;
/// Commits in one adoption: as many as fit into a statement with room to spare.
pub const ADOPTED_COMMITS_MAX: usize = 512;
/// Tips that a statement cites as known to its author.
pub const KNOWN_TIPS_MAX: usize = 8;
/// Units in a unit path: province, commune, centre, and room for departments below.
pub const UNIT_PATH_MAX: usize = 8;
/// Bytes of a name, basis or reason in a statement, UTF-8.
pub const TEXT_BYTES_MAX: usize = 1_000;
/// Appointments from an official up to the root.
pub const APPOINTMENT_DEPTH_MAX: usize = 16;
/// Bytes of one entry's header.
pub const HEADER_BYTES_MAX: usize = 256;
/// Entries in one run: what one signed tip must cover, so that a page can always end at a signed tip.
pub const RUN_ENTRIES_MAX: usize = 1_024;
/// Bytes of the bodies in one run; larger than the largest body, for the same reason.
pub const RUN_BYTES_MAX: usize = 4 << 20;
/// Bytes of the entries of one run once they are unpacked: their bodies, and 32 bytes for the rest of each.
pub const RUN_UNPACKED_BYTES_MAX: usize = RUN_BYTES_MAX + 32 * RUN_ENTRIES_MAX;
/// Headers of one branch in a fork proof: a signed tip is never further away than a run is long.
pub const FORK_HEADERS_MAX: usize = RUN_ENTRIES_MAX;
/// Bytes of a copy: a commit, and the headers of the run in which it stood first, some 140 each.
pub const COPY_BYTES_MAX: usize = COMMIT_BYTES_MAX + (256 << 10);
/// Bytes of a fork proof: two branches of headers of some 150 bytes.
pub const FORK_PROOF_BYTES_MAX: usize = 512 << 10;
/// Bytes of a proof's file: a commit of the largest size, its minutes, and some hundred statements and chains.
pub const PROOF_BYTES_MAX: usize = 16 << 20;
/// Acts in a proof: a handover and those that contest it.
pub const PROOF_ACTS_MAX: usize = 64;
/// Commits in a proof that decide between its acts: one for each line of a handover.
pub const PROOF_RULINGS_MAX: usize = 1_000;
/// Statements in a proof: the chains of some hundred signers, and cuts on them.
pub const PROOF_STATEMENTS_MAX: usize = 1_024;
/// Headers in all chains of a proof: for each of some dozen entries one run.
pub const PROOF_HEADERS_MAX: usize = 65_536;
/// Entries of a proof that carry one commit or statement: one is enough, and each has to be judged.
pub const PROOF_ENTRIES_MAX: usize = 64;
/// Bytes of a private key file.
pub const KEY_FILE_BYTES_MAX: usize = 16 << 10;
/// Bytes of memory that the key derivation of a foreign key file may ask for: sixteen times that of ours.
pub const KEY_FILE_SCRYPT_BYTES_MAX: u64 = 256 << 20;
/// Rounds over that memory.
pub const KEY_FILE_SCRYPT_PARALLEL_MAX: u64 = 4;
/// Rounds of PBKDF2 that a foreign key file may ask for: a few seconds.
pub const KEY_FILE_PBKDF2_ROUNDS_MAX: u32 = 10_000_000;
/// Bytes of a checkpoint with its cosignatures, some 250 each.
pub const CHECKPOINT_BYTES_MAX: usize = 8 << 10;
/// Cosignatures of one checkpoint: as many as c2sp.org/signed-note asks every reader to take, less the node's own.
pub const COSIGNATURES_MAX: usize = 15;
/// Of these the places of the province's nodes where there are more: half of them.
pub const PROVINCE_PLACES: usize = 8;
/// Hashes in the proof that a leaf is in a tree: one for each doubling of 2^64 leaves.
pub const INCLUSION_STEPS_MAX: usize = 64;
/// Bytes of a file that a record names, as it is stored and sent: a scan of some dozen pages. It is held in memory whole
/// when it is sealed, checked or opened.
pub const FILE_BYTES_MAX: usize = 16 << 20;
