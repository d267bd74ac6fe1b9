//! Percentages and means: rounded half up, once, from whole numbers. Rounded parts are never summed.

/// A number with a fixed number of decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    /// The number without its decimal mark.
    pub units: i128,
    /// How many of its digits are decimals.
    pub places: u32,
}

impl Decimal {
    /// `part` of `whole`, rounded half up, halves away from zero; none when `whole` is zero.
    #[must_use]
    pub fn ratio(part: i128, whole: u64, places: u32) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let whole = i128::from(whole);
        let scale = 10_i128.checked_pow(places)?;
        let doubled = part.checked_mul(2)?.checked_mul(scale)?;
        let units = doubled.unsigned_abs().checked_add(whole.unsigned_abs())? / (2 * whole.unsigned_abs());
        let units = i128::try_from(units).ok()?;
        Some(Self {
            units: units * doubled.signum(),
            places,
        })
    }

    /// `part` of `whole` in per cent; none when `whole` is zero.
    #[must_use]
    pub fn percent(part: u64, whole: u64, places: u32) -> Option<Self> {
        Self::ratio(i128::from(part) * 100, whole, places)
    }
}

impl std::fmt::Display for Decimal {
    /// With a decimal point, for programs: `91.80`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = 10_u128.checked_pow(self.places).unwrap_or(1);
        let sign = if self.units < 0 { "-" } else { "" };
        let (before, after) = (
            self.units.unsigned_abs() / scale,
            self.units.unsigned_abs() % scale,
        );
        match usize::try_from(self.places) {
            Ok(places) if places > 0 => write!(f, "{sign}{before}.{after:0places$}"),
            _ => write!(f, "{sign}{before}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: u64, whole: u64, places: u32, expected: &str) {
        let found = Decimal::percent(part, whole, places).map(|decimal| decimal.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{part} of {whole}");
    }

    /// Published figures of provinces, as they were printed, and halves.
    #[test]
    fn percentages_round_half_up() {
        check(174_683, 190_295, 2, "91.80");
        check(1_867, 2_005, 2, "93.12");
        check(1_868, 2_005, 2, "93.17");
        check(26, 103, 1, "25.2");
        check(2_352, 2_719, 1, "86.5");
        check(1, 2_000, 1, "0.1");
        check(1, 2_001, 1, "0.0");
        check(1, 8, 0, "13");
        check(u64::MAX, 1, 2, "1844674407370955161500.00");
        assert_eq!(Decimal::percent(3, 0, 2), None);
    }

    #[test]
    fn means_round_half_up_and_halves_go_away_from_zero() {
        let mean = |sum, over, places| Decimal::ratio(sum, over, places).map(|decimal| decimal.to_string());
        assert_eq!(mean(635, 75, 2).as_deref(), Some("8.47"));
        assert_eq!(mean(-5, 2, 0).as_deref(), Some("-3"));
        assert_eq!(mean(-1, 8, 2).as_deref(), Some("-0.13"));
        assert_eq!(mean(2_464_000_000_000, 2_352, 0).as_deref(), Some("1047619048"));
        assert_eq!(mean(i128::MAX, 1, 2), None);
    }
}
