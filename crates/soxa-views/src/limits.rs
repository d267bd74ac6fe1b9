//! Limits of this crate, each with its unit and reason.

/// Days ahead in which the end of a secondment is told: long enough to prepare the rating and the return.
pub const SECONDMENT_ENDS_WITHIN_DAYS: u32 = 14;
/// Decimals of percentages and means: as official figures are printed.
pub const PLACES: u32 = 2;
/// Decimals of shares of people, which are few.
pub const PLACES_OF_PEOPLE: u32 = 1;
