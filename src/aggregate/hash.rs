//! One hash for everything that must come out the same on every machine: client slots and what the budget folds.

/// 64 bits of `text`, the same on every platform and in every version: a multiply-and-fold over eight bytes at a time.
#[inline]
pub(super) fn stable(text: &[u8], seed: u64) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |h: u64, word: u64| {
        let product = u128::from(h ^ word) * u128::from(K);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut h = seed ^ (text.len() as u64).wrapping_mul(K) ^ K.rotate_left(32);
    let (chunks, rest) = text.as_chunks::<8>();
    for chunk in chunks {
        h = fold(h, u64::from_le_bytes(*chunk));
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    h = fold(h, u64::from_le_bytes(last));
    // Murmur's finaliser: every input bit reaches every output bit.
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed once, by another program.
    #[test]
    fn values_are_pinned_since_partials_of_other_machines_rely_on_them() {
        let pinned: &[(&[u8], u64, u64)] = &[
            (b"", 0, 0x46a6_a802_6fbf_d4cd),
            (b"", 1, 0x1f82_da1f_3508_6447),
            (b"a", 0, 0x729e_ab2a_d9f8_23fa),
            (b"10.0.0.1", 0, 0xdcc8_30e1_d48b_1439),
            (b"10.0.0.1:8080", 0, 0x5b39_d083_1f74_f354),
            (b"checkout-canary.prod", 7, 0x975e_89ba_8996_e8d8),
            (&[0xff; 24], u64::MAX, 0xa52a_daf7_f8ab_ab8a),
        ];
        for &(text, seed, value) in pinned {
            assert_eq!(stable(text, seed), value, "{text:?} {seed}");
        }
        assert_ne!(stable(b"10.0.0.1", 0), stable(b"10.0.0.2", 0));
        assert_ne!(stable(b"a", 0), stable(b"a\0", 0));
        assert_ne!(stable(b"a", 0), stable(b"a", 1));
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
