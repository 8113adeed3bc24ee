//! Choices that the input makes: by its hash, or by its bytes one after the other (`arbitrary`), where a small change of it
//! changes few of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use arbitrary::{Result, Unstructured};

/// Choices by the hash of an input: any change of it changes all of them.
pub struct Dice(u64);

impl Dice {
    pub fn of(data: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        data.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ self.0 >> 33
    }

    /// `0..n`
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }
}

/// Up to 63 of the bytes that come.
pub fn bytes<'a>(choices: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let wanted = choices.int_in_range(0..=63)?;
    choices.bytes(choices.len().min(wanted))
}
