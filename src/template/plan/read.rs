//! Columns and proofs, read from places that are known.

// Inlined into the line loop, which is compiled once per instruction set.
#![allow(clippy::inline_always)]

use fearless_simd::{Simd, prelude::*, u8x64};

use super::super::exec;
use super::{Anchor, Group, Part};
use crate::index::{Marks, mask, write_marks};

impl Part {
    /// The places it reads from.
    pub(super) fn anchors(&self) -> impl Iterator<Item = Anchor> {
        let checks = self.checks.iter().map(|c| c.at);
        let direct = self.direct.iter().flat_map(|d| [d.start, d.end]);
        checks.chain(direct).chain(self.groups.iter().flat_map(|g| [g.start, g.end]))
    }

    /// Compares the literals: 0 where all are there. `None` at the very end of a block.
    #[inline(always)]
    pub(super) fn compare(&self, block: &[u8], place: impl Fn(Anchor) -> u32) -> Option<u64> {
        let mut wrong = 0;
        for check in &self.checks {
            wrong |= check.bytes.compare(block, place(check.at))?;
        }
        Some(wrong)
    }

    /// Reads the columns.
    #[inline(always)]
    pub(super) fn read<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        place: impl Fn(Anchor) -> u32,
        put: &mut impl FnMut(u8, u32, u32),
        joints: &mut Marks,
    ) -> Option<()> {
        for direct in &self.direct {
            put(direct.column, place(direct.start), place(direct.end));
        }
        for group in &self.groups {
            if !group.read(simd, block, place(group.start), place(group.end), put, joints) {
                return None;
            }
        }
        Some(())
    }
}

/// Joints of a group, at most.
pub(super) const JOINTS: usize = 60;

impl Group {
    /// Finds the joints between `from` and `to` and takes the wanted words; `false` where there are too few.
    #[inline(always)]
    fn read<S: Simd>(
        &self,
        simd: S,
        block: &[u8],
        from: u32,
        to: u32,
        put: &mut impl FnMut(u8, u32, u32),
        joints: &mut Marks,
    ) -> bool {
        // Joint 0 stands before the group.
        joints[0] = from.wrapping_sub(1);
        let (mut seen, mut at) = (0usize, from);
        while (seen < self.needed || self.exact) && at < to {
            let left = to - at;
            let mut bits = mask(simd, block, at as usize, self.byte);
            if left < 64 {
                bits &= (1 << left) - 1;
            }
            // No more than are needed: the rest is only counted.
            seen += write_marks(simd, bits, joints, (seen, self.needed), at as usize);
            at += 64;
        }
        if seen < self.needed || (self.exact && seen != usize::from(self.joints)) {
            return false;
        }
        let after = |nth: u8| joints.get(usize::from(nth)).map(|joint| joint.wrapping_add(1));
        if let Some((nth, bytes)) = self.time
            && after(nth).and_then(|at| bytes.compare(block, at)) != Some(0)
        {
            return false;
        }
        if let Some((nth, form)) = self.status
            && after(nth).and_then(|at| form.compare(block, at)) != Some(0)
        {
            return false;
        }
        // The last word ends where the group does, whatever it holds.
        if let Some(last) = joints.get_mut(usize::from(self.joints) + 1) {
            *last = to;
        }
        for &(nth, column) in &self.picks {
            let nth = usize::from(nth);
            if let Some(&[before, end]) = joints.get(nth..nth + 2) {
                put(column, before.wrapping_add(1), end);
            }
        }
        true
    }
}

/// Whether a termination state stands there: two or four letters, digits and dashes.
#[inline(always)]
pub(super) fn state_fits(block: &[u8], from: u32, to: u32) -> bool {
    let word = block.get(from as usize..to as usize).unwrap_or_default();
    word == b"----" || exec::is_state_word(word)
}

/// Counters of HAProxy, at least: `n/n/n/n`.
pub(super) const COUNTERS: usize = 4;
/// Slashes before the retries, the last of five.
pub(super) const BEFORE_RETRIES: usize = 4;

/// What stands behind the `slashes` first slashes of a word of counters; `None` where it is none or has fewer.
#[inline(always)]
pub(super) fn counters<S: Simd>(simd: S, block: &[u8], from: u32, end: u32, slashes: usize) -> Option<u32> {
    let width = end.wrapping_sub(from);
    let at = from as usize;
    let inside = block.get(at..at.wrapping_add(64)).and_then(|bytes| bytes.first_chunk::<64>());
    let Some(bytes) = inside.filter(|_| width < 64) else {
        let word = block.get(at..end as usize).filter(|word| exec::counters(word))?;
        let last = memchr::memchr_iter(b'/', word).nth(slashes - 1)?;
        return Some(from + last as u32 + 1);
    };
    let bytes = u8x64::from_slice(simd, bytes);
    let splat = |byte| u8x64::splat(simd, byte);
    // The slash and the digits are neighbours.
    let known = bytes.simd_ge(splat(b'/')).to_bitmask() & bytes.simd_le(splat(b'9')).to_bitmask()
        | bytes.simd_eq(splat(b'+')).to_bitmask();
    let inside = (1u64 << width) - 1;
    let mut found = bytes.simd_eq(splat(b'/')).to_bitmask() & inside;
    for _ in 1..slashes {
        found &= found.wrapping_sub(1);
    }
    (known & inside == inside && found != 0).then(|| from + found.trailing_zeros() + 1)
}
