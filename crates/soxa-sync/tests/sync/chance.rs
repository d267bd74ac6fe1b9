//! Chance from a seed, and how bad the network is.

/// SplitMix64: the only chance in these tests.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// How bad the network is, in percent, and how slow.
#[derive(Clone, Copy, Default)]
pub struct Weather {
    pub loss: u64,
    pub doubling: u64,
    pub delay_ms: u64,
}
