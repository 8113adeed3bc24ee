//! One hash for everything that must come out the same on every machine: client slots and what the budget folds.

/// 64 bits of `text`, the same on every platform and in every version: a multiply-and-fold over eight bytes at a time,
/// the last eight overlapping the ones before, and a finaliser.
#[inline]
pub(crate) fn stable(text: &[u8], seed: u64) -> u64 {
    finish(mix(seed, text))
}

const K: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes `text` and its length into a hash that goes on.
#[inline]
pub(super) fn mix(state: u64, text: &[u8]) -> u64 {
    let mut h = state ^ (text.len() as u64 + 1).wrapping_mul(K);
    let (chunks, rest) = text.as_chunks::<8>();
    for chunk in chunks {
        h = fold(h, u64::from_le_bytes(*chunk));
    }
    match (text.last_chunk::<8>(), rest) {
        (_, []) => h,
        (Some(last), _) => fold(h, u64::from_le_bytes(*last)),
        (None, _) => fold(h, short(rest)),
    }
}

/// [`stable`] without a seed for 8 to 15 bytes, given as their first and last eight.
#[inline]
pub(super) fn stable_of_two(first: u64, last: u64, len: usize) -> u64 {
    let one = fold((len as u64 + 1).wrapping_mul(K), first);
    let two = fold(one, last);
    finish(if len == 8 { one } else { two })
}

/// Fewer than eight bytes as a number; with the length it is unambiguous.
#[inline]
fn short(text: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    match *text {
        [a] => u64::from(a),
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        _ => 0,
    }
}

#[inline]
fn fold(h: u64, word: u64) -> u64 {
    let product = u128::from(h ^ word) * u128::from(K);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Murmur's finaliser: every input bit reaches every output bit.
#[inline]
pub(super) fn finish(h: u64) -> u64 {
    let h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed once, by another program.
    #[test]
    fn values_are_pinned_since_partials_of_other_machines_rely_on_them() {
        let pinned: &[(&[u8], u64, u64)] = &[
            (b"", 0, 0x9ca0_66f1_a4ab_2eea),
            (b"", 1, 0x25b7_75fa_eca8_f520),
            (b"a", 0, 0x7ea1_5051_e10d_27a0),
            (b"abc", 0, 0x1ee6_1360_bf58_a159),
            (b"abcdefg", 0, 0xeb2a_cd06_6632_8cfb),
            (b"10.0.0.1", 0, 0x7155_d6b2_940c_479d),
            (b"10.0.0.1:8080", 0, 0x51fb_6d81_3b74_6317),
            (b"checkout-canary.prod", 7, 0x485a_7267_a240_caf4),
            (&[0xff; 24], u64::MAX, 0x75b0_0a4c_ee74_66c2),
        ];
        for &(text, seed, value) in pinned {
            assert_eq!(stable(text, seed), value, "{text:?} {seed}");
        }
        assert_ne!(stable(b"10.0.0.1", 0), stable(b"10.0.0.2", 0));
        assert_ne!(stable(b"a", 0), stable(b"a\0", 0));
        assert_ne!(stable(b"a", 0), stable(b"a", 1));
    }

    #[test]
    fn two_overlapping_words_hash_like_the_whole() {
        let text = b"203.0.113.15:80";
        for len in 8..=15 {
            let part = &text[..len];
            let word = |at: usize| u64::from_le_bytes(part[at..at + 8].try_into().unwrap());
            assert_eq!(stable_of_two(word(0), word(len - 8), len), stable(part, 0), "{len}");
        }
    }

    #[test]
    fn slots_of_neighbouring_addresses_are_even() {
        let mut slots = [0u32; 64];
        for i in 0..6400u32 {
            slots[(stable(format!("10.1.{}.{}", i / 256, i % 256).as_bytes(), 0) & 63) as usize] += 1;
        }
        assert!(slots.iter().all(|&n| (60..=145).contains(&n)), "{slots:?}");
    }
}
