//! Authority in daily life, with real processes: offices and their keys, cuts and what becomes of the work, rulings on
//! custody, root keys and what only they can say.

mod support;

#[path = "authority/custody.rs"]
mod custody;
#[path = "authority/offices.rs"]
mod offices;
#[path = "authority/roots.rs"]
mod roots;
#[path = "authority/voided.rs"]
mod voided;

/// The exit code when there is something to look at.
const FINDINGS: i32 = 3;
