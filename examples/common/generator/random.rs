//! Randomness that is the same on every machine: a splitmix64, and distributions made of additions and
//! multiplications alone.

/// Steele, Lea and Flood's splitmix64.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `0..n`; 0 where `n` is.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// In `(0, 1]`.
    fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() <= p
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// `0..n`, small ones more often.
    pub(crate) fn skewed(&mut self, n: u64) -> u64 {
        let top = self.below(n) + 1;
        self.below(top)
    }

    /// Gaps of a Poisson process, mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -ln(self.unit())
    }

    /// `exp(sigma * z)` with `z` about normal (the sum of four uniform numbers): median 1.
    pub(crate) fn log_normal(&mut self, sigma: f64) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        let z = (sum as f64 / 65_535.0 - 2.0) * 1.732;
        exp(sigma * z)
    }
}

/// Natural logarithm of a positive number: the power of two apart, the rest by the series of the inverse hyperbolic
/// tangent. The standard library's differs between systems in the last digit.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let power = (bits >> 52) as f64 - 1023.0;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let y = (mantissa - 1.0) / (mantissa + 1.0);
    let square = y * y;
    let (mut sum, mut term) = (0.0, y);
    for k in 0..12 {
        sum += term / f64::from(2 * k + 1);
        term *= square;
    }
    power * std::f64::consts::LN_2 + 2.0 * sum
}

/// The exponential function: its series at `x / 256`, squared eight times.
fn exp(x: f64) -> f64 {
    let y = x / 256.0;
    let mut e = 1.0 + y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0)));
    for _ in 0..8 {
        e *= e;
    }
    e
}
